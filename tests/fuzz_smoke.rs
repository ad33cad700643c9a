//! The laws of `fuzz/` on a bounded number of broken programs, for every run of the tests.
#![allow(missing_docs)]

mod common;
mod support;

use common::programs::any_text;
use common::random::Random;

use support::{ALL, generate, laws, mutate};

/// How many programs are tried; the fuzzer tries as many as it has time for.
const ROUNDS: u64 = 200;

#[test]
fn broken_programs_of_every_construct() {
    for seed in 0..ROUNDS {
        let text = mutate::mutate(ALL, seed);
        laws::parse(&text);
        laws::formatted(&text);
    }
}

#[test]
fn broken_programs_made_at_random() {
    for seed in 0..ROUNDS {
        let text = generate::program(seed);
        laws::formatted(&text);
        let text = mutate::mutate(&text, seed);
        laws::parse(&text);
        laws::formatted(&text);
    }
}

#[test]
fn broken_programs_that_are_built() {
    for (name, folder) in common::examples() {
        let sources = common::program(&folder);
        let whole: String = sources.iter().flat_map(|(_, file)| [file.text(), "\n"]).collect();
        laws::built(&whole);
        for seed in 0..20 {
            laws::built(&mutate::mutate(&whole, seed));
        }
        assert!(!whole.is_empty(), "{name}");
    }
    for seed in 0..ROUNDS {
        laws::built(&any_text(&mut Random::new(seed)));
        laws::built(&mutate::mutate(&any_text(&mut Random::new(seed)), seed));
        laws::built(&generate::program(seed));
    }
}

#[test]
fn deep_and_long_texts_end() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("not ", ""),
        ("app x {", "}"),
        ("host y {", "\n}"),
        ("policy a = (\n", ""),
    ] {
        for times in [63, 64, 65, 1_000] {
            let text = format!("policy p = {}a{}", open.repeat(times), close.repeat(times));
            laws::parse(&text);
            laws::parse(&format!("app x {{ GET /x require {}", open.repeat(times)));
            laws::parse(&open.repeat(times));
        }
    }
}
