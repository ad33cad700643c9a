//! `cargo +nightly fuzz run compile`: from any text to manifests, or to errors and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../tests/support/laws.rs"]
mod laws;

fuzz_target!(|text: &str| laws::built(text));
