//! `meshc explain`, `init`, `completions` and `man`.

use meshc::diagnostic::codes;

use crate::support::{Place, assert_run};

#[test]
fn every_code_has_its_page() {
    let place = Place::new(&[]);
    let list = place.run(&["explain"]).exits(0).stdout;
    assert_eq!(list.lines().count(), codes::ALL.len());
    for code in [codes::INVALID_HOST, codes::UNUSED_ISSUER] {
        assert!(list.contains(&format!("{} {}\n", code.id(), code.name())));
        for name in [code.id().to_string(), code.id().to_lowercase(), code.name().to_string()] {
            assert_eq!(place.run(&["explain", &name]).exits(0).stdout, code.text());
        }
    }
}

#[test]
fn an_unknown_code_is_answered_with_the_nearest() {
    let place = Place::new(&[]);
    assert_run("explain-near", &place.run(&["explain", "invalid-hots"]));
    assert_run("explain-unknown", &place.run(&["explain", "nonsense"]));
}

#[test]
fn the_first_program_is_a_good_one_and_replaces_nothing() {
    let place = Place::new(&[]);
    place.run(&["init", "new/mesh"]).exits(0);
    let text = place.read("new/mesh/access.mesh");
    place.run(&["check", "new/mesh"]).exits(0);
    place.run(&["fmt", "--check", "new/mesh"]).exits(0);
    assert!(place.run(&["build", "new/mesh"]).exits(0).stdout.contains("my-app"));

    place.write("new/mesh/access.mesh", "mine");
    assert_run("init-again", &place.run_in("new/mesh", &["init"]));
    assert_eq!(place.read("new/mesh/access.mesh"), "mine");
    assert_ne!(text, "");
}

#[test]
fn completions_know_the_verbs() {
    let place = Place::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains("explain") && script.contains("message-format"), "{shell}");
    }
    place.run(&["completions", "command.com"]).exits(2);
}

#[test]
fn the_manual_has_a_page_per_verb() {
    let place = Place::new(&[]);
    let page = place.run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH meshc 1"), "{page}");
    place.run(&["man", "--dir", "man"]).exits(0);
    let pages = place.files("man");
    for verb in ["build", "check", "prune", "test", "why", "fmt", "explain", "init", "completions", "man"] {
        assert!(pages.contains_key(&format!("meshc-{verb}.1")), "{verb}");
    }
    assert_eq!(pages["meshc.1"], page);
}
