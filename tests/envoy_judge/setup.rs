//! What the judge of these tests needs.

use std::sync::{Mutex, MutexGuard, OnceLock};

use meshc::judge::Keyring;

pub use crate::common::real_envoy::envoy;

/// The keys of this run: making them takes a while.
pub fn keyring() -> &'static Keyring {
    static KEYS: OnceLock<Keyring> = OnceLock::new();
    KEYS.get_or_init(|| Keyring::new(3).unwrap())
}

/// One Envoy at a time: two that choose their ports at once could get the same, and share it without a word.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
