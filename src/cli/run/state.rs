//! The keys of a running gateway, in a file that the user alone can read: `meshc token` looks there.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::judge::DevIssuer;

/// A file with keys; it goes when this is dropped.
pub(super) struct State(PathBuf);

#[derive(Serialize, Deserialize)]
struct Content {
    /// The form of the file.
    version: u32,
    port: u16,
    issuers: Vec<DevIssuer>,
}

impl State {
    /// Writes the keys of the gateway whose first port this is.
    ///
    /// # Errors
    /// There is no place for it, or it cannot be written.
    pub fn write(port: u16, issuers: &[DevIssuer]) -> Result<Self, Failure> {
        let directory = directory()?;
        let path = directory.join(format!("gateway-{port}.json"));
        let text = serde_json::to_string(&Content { version: 1, port, issuers: issuers.to_vec() });
        let written = text.map_err(io::Error::other).and_then(|text| write(&directory, &path, &text));
        written.map_err(|error| Failure::io("write", &path, &error))?;
        Ok(State(path))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = fs::remove_file(&self.0);
    }
}

/// The issuers of the gateways that run, by their first port.
///
/// # Errors
/// The directory cannot be read.
pub(in crate::cli) fn running() -> Result<Vec<(u16, Vec<DevIssuer>)>, Failure> {
    let directory = directory()?;
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::io("read", &directory, &error)),
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let content = serde_json::from_str::<Content>(&text).ok().filter(|c| c.version == 1);
        // A gateway that was killed leaves its file; nobody listens there any more.
        let listens = |port| TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), WAIT).is_ok();
        if let Some(content) = content.filter(|c| listens(c.port)) {
            found.push((content.port, content.issuers));
        }
    }
    found.sort_by_key(|(port, _)| *port);
    Ok(found)
}

/// How long a gateway may take to take a connection.
const WAIT: Duration = Duration::from_millis(500);

/// The user's own place: gone with the session where the system has one, otherwise in the cache.
fn directory() -> Result<PathBuf, Failure> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let base = variable("XDG_RUNTIME_DIR").or_else(cache);
    let base = base.ok_or_else(|| Failure::new("there is no place for the keys: HOME is not set"))?;
    Ok(base.join("meshc").join("run"))
}

#[cfg(unix)]
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    remove(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    remove(path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// What a gateway left that was killed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
