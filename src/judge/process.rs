//! The Envoy that is judged, as a child of this process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Fault;

/// How long Envoy may take until it listens.
const START: Duration = Duration::from_secs(60);

/// A running Envoy; it ends when this is dropped.
pub(super) struct Envoy {
    child: Child,
    directory: TempDir,
}

impl Envoy {
    /// Starts Envoy and waits until it listens on all these ports.
    pub(super) fn start(program: &Path, configuration: &str, ports: &[u16]) -> Result<Self, Fault> {
        Self::start_with(program, configuration, ports, &[])
    }

    /// The same, with further options of Envoy.
    pub(super) fn start_with(
        program: &Path,
        configuration: &str,
        ports: &[u16],
        options: &[&str],
    ) -> Result<Self, Fault> {
        let cannot = |what: &str| {
            let what = what.to_string();
            move |error: std::io::Error| Fault::new(format!("cannot {what}: {error}"))
        };
        let directory = tempfile::tempdir().map_err(cannot("make a directory for Envoy"))?;
        let file = directory.path().join("envoy.json");
        fs::write(&file, configuration).map_err(cannot("write Envoy's configuration"))?;
        let words = File::create(directory.path().join("stderr")).map_err(cannot("write what Envoy says"))?;
        let mut command = Command::new(program);
        command.arg("--config-path").arg(&file);
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]);
        command.args(options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(words);
        let child = command.spawn().map_err(cannot(&format!("run `{}`", program.display())))?;
        let mut envoy = Envoy { child, directory };
        let end = Instant::now() + START;
        for &port in ports {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
                if let Some(words) = envoy.has_ended() {
                    return Err(Fault::new(format!("Envoy does not start: {words}")));
                }
                if Instant::now() > end {
                    return Err(Fault::new("Envoy did not listen in time"));
                }
                sleep(Duration::from_millis(5));
            }
        }
        Ok(envoy)
    }

    /// Its last words, if it has ended.
    pub(super) fn has_ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten()?;
        Some(self.last_words())
    }

    /// The last thing of weight that it said.
    pub(super) fn last_words(&self) -> String {
        let text = fs::read_to_string(self.directory.path().join("stderr")).unwrap_or_default();
        let of_weight =
            |line: &&str| line.contains("[critical]") || line.contains("error") || line.contains("rejected");
        let line = text.lines().rev().find(of_weight).or_else(|| text.lines().last());
        line.unwrap_or("it said nothing").chars().take(600).collect()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
