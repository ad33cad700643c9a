//! An Envoy for development, whose configuration can be changed while it runs.
//!
//! Listeners and clusters lie in files that Envoy watches. New ones are written beside and renamed: first the clusters,
//! the old ones too, then the listeners that use them. Envoy checks each before it takes it. It says so on its admin
//! interface, which is a socket in a directory that is the user's alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Fault;
use super::echo::Echoes;
use super::process::Envoy;
use crate::ir::Program;
use crate::target::envoy::{Bootstrap, Endpoint};

/// How long Envoy may take to take a configuration.
const TAKE: Duration = Duration::from_secs(20);

/// The stand-ins for apps that are nowhere: each says which app it is and what it sees.
pub struct StandIns(Echoes);

impl StandIns {
    /// Starts one per app on loopback.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start(program: &Program) -> Result<Self, Fault> {
        Echoes::start(program).map(StandIns)
    }

    /// Where they are, by `namespace/name`.
    pub fn endpoints(&self, program: &Program) -> BTreeMap<String, Endpoint> {
        let endpoint = |id| Endpoint { host: "127.0.0.1".to_string(), port: self.0.port(id) };
        program.app_ids().map(|(id, app)| (app.qualified_name(), endpoint(id))).collect()
    }
}

/// A running gateway; it ends when this is dropped.
pub struct Gateway {
    envoy: Envoy,
    directory: TempDir,
    /// The clusters in use, and those that were before: requests may still be on their way there.
    clusters: Vec<Value>,
    version: usize,
}

impl Gateway {
    /// Starts Envoy with a configuration and waits until it listens on these ports.
    ///
    /// # Errors
    /// Envoy does not start: with its own words.
    pub fn start(program: &Path, bootstrap: &Bootstrap, ports: &[u16]) -> Result<Self, Fault> {
        let directory =
            tempfile::tempdir().map_err(|e| Fault::new(format!("cannot make a directory for Envoy: {e}")))?;
        let mut config = value(bootstrap)?;
        let (listeners, clusters) = resources(&mut config);
        put(&file(directory.path(), CLUSTERS), CLUSTERS, &clusters, 1)?;
        put(&file(directory.path(), LISTENERS), LISTENERS, &listeners, 1)?;
        let watched = |kind: &str| {
            let path = file(directory.path(), kind);
            json!({ "resource_api_version": "V3", "path_config_source": { "path": path } })
        };
        config["node"] = json!({ "id": "meshc", "cluster": "meshc" });
        config["dynamic_resources"] = json!({ "cds_config": watched(CLUSTERS), "lds_config": watched(LISTENERS) });
        config["admin"] = json!({ "address": { "pipe": { "path": socket(directory.path()), "mode": 0o600 } } });
        // Connections of the listeners that go are closed after their next answer; a long one has ten minutes.
        let options = ["--drain-strategy", "immediate", "--drain-time-s", "600"];
        let envoy = Envoy::start_with(program, &config.to_string(), ports, &options)?;
        Ok(Gateway { envoy, directory, clusters, version: 1 })
    }

    /// Puts another configuration in the place of the one that runs, and waits until Envoy has taken it.
    ///
    /// # Errors
    /// Envoy does not take it; it then goes on with the one it had.
    pub fn swap(&mut self, bootstrap: &Bootstrap) -> Result<(), Fault> {
        let mut config = value(bootstrap)?;
        let (listeners, clusters) = resources(&mut config);
        let gone = self.clusters.iter().filter(|old| clusters.iter().all(|new| new["name"] != old["name"]));
        let both: Vec<Value> = clusters.iter().chain(gone).cloned().collect();
        self.give(CLUSTERS, "cluster_manager.cds", &both)?;
        if let Err(fault) = self.give(LISTENERS, "listener_manager.lds", &listeners) {
            // The listeners that stay need their own clusters; if that fails too, the first reason is the one to tell.
            let old = self.clusters.clone();
            let _ = self.give(CLUSTERS, "cluster_manager.cds", &old);
            return Err(fault);
        }
        self.clusters = clusters;
        Ok(())
    }

    /// Envoy's last words, if it has ended by itself.
    pub fn has_ended(&mut self) -> Option<String> {
        self.envoy.has_ended()
    }

    fn give(&mut self, kind: &str, counter: &str, resources: &[Value]) -> Result<(), Fault> {
        self.version += 1;
        let before = self.counts(counter)?;
        put(&file(self.directory.path(), kind), kind, resources, self.version)?;
        let end = Instant::now() + TAKE;
        loop {
            if let Some(words) = self.envoy.has_ended() {
                return Err(Fault::new(format!("Envoy ended: {words}")));
            }
            let now = self.counts(counter)?;
            if now.rejected > before.rejected {
                let words = self.envoy.last_words();
                return Err(Fault::new(format!("Envoy does not take the new configuration: {words}")));
            }
            if now.taken > before.taken {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(Fault::new("Envoy did not take the new configuration in time"));
            }
            sleep(Duration::from_millis(10));
        }
    }

    fn counts(&self, counter: &str) -> Result<Counts, Fault> {
        let text = ask(&socket(self.directory.path()), counter)
            .map_err(|error| Fault::new(format!("Envoy does not tell whether it took the configuration: {error}")))?;
        let count = |name: &str| {
            let wanted = format!("{counter}.{name}: ");
            text.lines().find_map(|line| line.strip_prefix(&wanted)?.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        Ok(Counts { taken: count("update_success"), rejected: count("update_rejected") })
    }
}

/// How often Envoy took what it was given, and how often not.
struct Counts {
    taken: u64,
    rejected: u64,
}

const LISTENERS: &str = "listener.v3.Listener";
const CLUSTERS: &str = "cluster.v3.Cluster";

fn file(directory: &Path, kind: &str) -> PathBuf {
    directory.join(format!("{kind}.json"))
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("admin")
}

fn value(bootstrap: &Bootstrap) -> Result<Value, Fault> {
    serde_json::to_value(bootstrap).map_err(|e| Fault::new(format!("the configuration cannot be written: {e}")))
}

/// Takes listeners and clusters out of a bootstrap.
fn resources(config: &mut Value) -> (Vec<Value>, Vec<Value>) {
    let mut fixed = config.as_object_mut().and_then(|o| o.remove("static_resources")).unwrap_or_default();
    let mut list = |name: &str| match fixed[name].take() {
        Value::Array(list) => list,
        _ => Vec::new(),
    };
    (list("listeners"), list("clusters"))
}

/// Writes a file in one step: Envoy reads it as soon as it is renamed.
fn put(path: &Path, kind: &str, resources: &[Value], version: usize) -> Result<(), Fault> {
    let typed = |resource: &Value| {
        let mut resource = resource.clone();
        resource["@type"] = json!(format!("type.googleapis.com/envoy.config.{kind}"));
        resource
    };
    let resources: Vec<Value> = resources.iter().map(typed).collect();
    let text = json!({ "version_info": version.to_string(), "resources": resources }).to_string();
    let beside = path.with_extension("new");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| Fault::new(format!("cannot write Envoy's configuration: {error}")))
}

/// Asks Envoy's admin interface for the counters whose names hold a text.
#[cfg(unix)]
fn ask(socket: &Path, counter: &str) -> std::io::Result<String> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(TAKE))?;
    write!(stream, "GET /stats?filter={counter} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(not(unix))]
fn ask(_: &Path, _: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}
