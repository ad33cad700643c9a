//! `meshc check`, and how findings are written.

use crate::support::{BROKEN, Place, SHOP, WARNING};

fn shop_and(text: &str) -> Place {
    Place::new(&[("access.mesh", SHOP), ("more.mesh", text)])
}

#[test]
fn a_good_program_has_no_findings() {
    let run = Place::new(&[("access.mesh", SHOP)]).run(&["check"]).exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "no findings in 1 file\n"));
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let place = shop_and(WARNING);
    let run = place.run(&["check"]).exits(0);
    assert!(run.stderr.contains("warning[W08"), "{}", run.stderr);
    place.run(&["check", "--deny-warnings"]).exits(1);
    place.run(&["build"]).exits(0);
}

#[test]
fn findings_for_people_go_to_standard_error() {
    let place = shop_and(BROKEN);
    for (format, begins) in
        [("human", "error[E01"), ("short", "more.mesh:1:1: error[E01"), ("github", "::error file=more.mesh,line=1,")]
    {
        let run = place.run(&["check", "--message-format", format]).exits(1);
        assert_eq!(run.stdout, "", "{format}");
        assert!(run.stderr.starts_with(begins), "{format}: {}", run.stderr);
    }
}

#[test]
fn findings_for_machines_are_the_output_of_check_alone() {
    let place = shop_and(BROKEN);
    for format in ["json", "sarif"] {
        let check = place.run(&["check", "--message-format", format]).exits(1);
        assert_eq!(check.stderr, "", "{format}");
        let build = place.run(&["build", "--message-format", format]).exits(1);
        assert_eq!(build.stdout, "", "{format}");
        assert_eq!(build.stderr, check.stdout, "{format}");
        let text = check.stdout.lines().next().filter(|_| format == "json").unwrap_or(&check.stdout);
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(value.is_object());
    }
    let quiet = Place::new(&[("access.mesh", SHOP)]);
    let run = quiet.run(&["check", "--message-format", "sarif"]).exits(0);
    let log: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(quiet.run(&["check", "--message-format", "json"]).exits(0).stdout, "");
}

#[test]
fn paths_are_those_that_the_reader_can_open() {
    let place = Place::new(&[("apps/deep/wrong.mesh", BROKEN), ("apps/shop.mesh", SHOP)]);
    let first = |run: crate::support::Run| run.exits(1).stderr.split(':').next().unwrap().to_string();
    let short = ["--message-format", "short"];
    assert_eq!(first(place.run(&[&["check", "apps"], &short[..]].concat())), "apps/deep/wrong.mesh");
    assert_eq!(first(place.run_in("apps/deep", &[&["check", ".."], &short[..]].concat())), "../deep/wrong.mesh");
    assert_eq!(
        first(place.run_in("apps/deep", &[&["check", "../.."], &short[..]].concat())),
        "../../apps/deep/wrong.mesh"
    );
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let place = shop_and(BROKEN);
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = place.command();
        command.arg("check").args(arguments).envs(environment.iter().copied());
        String::from_utf8(command.output().unwrap().stderr).unwrap().contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color", "always", "--message-format", "short"], &[]));
}
