//! What the judge of these tests needs.

use std::sync::OnceLock;

use meshc::judge::Keyring;

#[allow(unused_imports, reason = "each test binary uses its own part")]
pub use crate::common::real_envoy::{alone, envoy};

/// The keys of this run: making them takes a while.
pub fn keyring() -> &'static Keyring {
    static KEYS: OnceLock<Keyring> = OnceLock::new();
    KEYS.get_or_init(|| Keyring::new(4).unwrap())
}
