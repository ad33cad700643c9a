//! The help texts: a change of what can be said on the command line is a change of a snapshot.

use crate::support::{Place, assert_run};

#[test]
fn help_texts() {
    let place = Place::new(&[]);
    assert_run("help", &place.run(&["--help"]));
    assert_run("help-nothing-said", &place.run(&[]));
    let verbs =
        ["build", "check", "prune", "test", "run", "token", "why", "fmt", "explain", "init", "completions", "man"];
    for verb in verbs {
        assert_run(&format!("help-{verb}"), &place.run(&[verb, "--help"]));
    }
    assert_run("help-unknown-verb", &place.run(&["biuld"]));
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Place::new(&[]).run(&["--version"]).exits(0);
    assert_eq!(run.stdout, format!("meshc {}\n", env!("CARGO_PKG_VERSION")));
}
