//! `cargo +nightly fuzz run parse`: the laws of tests/support/laws.rs on any text.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../tests/support/laws.rs"]
mod laws;

fuzz_target!(|text: &str| laws::parse(text));
