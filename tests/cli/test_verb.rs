//! `meshc test`.

use serde_json::Value;

use crate::support::{BROKEN, ENVIRONMENTS, Place, Run, SHOP, assert_run};

/// An app with members and admins.
pub const ROLES: &str = "\
issuer corp {
  url      \"https://issuer.example.com\"
  audience \"my-app\"
}

policy member = token from corp
policy admin  = member and claim groups has \"admins\"

gateway edge {
  http  80
  https 443 tls \"edge-cert\"
  redirect http to https
}

app my-app port 8080 {
  hosts dev.example.com

  GET      /healthz  public
  GET POST /**       require member
  GET      /admin/** require admin
  GET      /old      redirect /new 308
}
";

const PASSING: &str = "\
test \"roles\" {
  GET  dev.example.com/healthz                                 => my-app
  GET  dev.example.com/orders                                  => 403
  GET  dev.example.com/orders       with corp                  => my-app
  GET  dev.example.com/orders       with corp expired          => 401
  GET  dev.example.com/orders       with corp audience \"other\" => 403
  GET  dev.example.com/orders       with corp without subject  => refused
  GET  dev.example.com/orders       with garbage               => 401
  GET  http://dev.example.com/      with corp                  => redirect
  GET  https://dev.example.com:443/ with corp                  => my-app
  GET  dev.example.com/old                                     => 308
}

test \"elsewhere\" {
  GET other.example.com/   => not found
  GET other.example.com/   => 404
}
";

const FAILING: &str = "\
test \"admins <may> write\" {
  POST dev.example.com/admin/x with corp { groups [\"admins\"] } => my-app
  GET  dev.example.com/admin/x with corp { groups [\"users\"] }  => my-app
  GET  dev.example.com/healthz                                 => refused
  GET  dev.example.com/healthz                                 => 200
  GET  other.example.com/                                      => my-app
}
";

fn place(tests: &str) -> Place {
    Place::new(&[("access.mesh", ROLES), ("tests.mesh", tests)])
}

#[test]
fn tests_that_pass_are_counted_and_routes_without_a_test_are_listed() {
    let run = place(PASSING).run(&["test"]).exits(0);
    assert_run("test-passed", &run);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_failure_stands_on_its_line_with_the_lines_that_decided() {
    assert_run("test-failed", &place(&format!("{FAILING}\n{PASSING}")).run(&["test"]).exits(1));
}

#[test]
fn a_filter_takes_tests_by_their_name() {
    let place = place(&format!("{FAILING}\n{PASSING}"));
    assert_eq!(place.run(&["test", "--filter", "else"]).exits(0).stdout, "2 passed, 0 failed\n");
    assert_eq!(place.run(&["test", "--filter", "admins"]).exits(1).stdout, "0 passed, 5 failed\n");
    let run = place.run(&["test", "--filter", "nothing"]).exits(2);
    assert_eq!(run.stderr, "error: no test has `nothing` in its name\n");
}

#[test]
fn a_status_is_that_of_the_target() {
    let place = place("test \"t\" {\n  GET dev.example.com/orders => 401\n  PUT dev.example.com/orders => 405\n}\n");
    place.run(&["test", "--target", "envoy"]).exits(0);
    let run = place.run(&["test", "--target", "istio"]).exits(1);
    assert!(run.stdout.starts_with("0 passed, 2 failed\n"), "{run:#?}");
}

#[test]
fn tests_run_in_every_environment_or_in_one() {
    let tests = "test \"t\" {\n  GET shop.dev.example.com/ => shop\n  GET shop.${domain}/ => shop\n}\n";
    let place = Place::new(&[("access.mesh", ENVIRONMENTS), ("tests.mesh", tests)]);
    let run = place.run(&["test"]).exits(1);
    assert!(run.stdout.starts_with("3 passed, 1 failed\n"), "{run:#?}");
    assert!(run.stderr.contains("expected is `shop` (in environment `prod`)"), "{run:#?}");
    assert_eq!(place.run(&["test", "--env", "dev"]).exits(0).stdout, "2 passed, 0 failed\n");
    place.run(&["test", "--env", "stage"]).exits(2);
}

#[test]
fn a_program_with_errors_is_not_tested() {
    let place = Place::new(&[("access.mesh", SHOP), ("more.mesh", BROKEN)]);
    let run = place.run(&["test"]).exits(1);
    assert!(run.stdout.is_empty() && run.stderr.starts_with("error[E01"), "{run:#?}");
    let none = Place::new(&[("access.mesh", SHOP)]).run(&["test"]).exits(0);
    assert_eq!(none.stdout, "the program has no tests\n");
}

#[test]
fn json_holds_every_case_with_its_trail() {
    let place = place(&format!("{FAILING}\n{PASSING}"));
    let Run { stdout, stderr, .. } = place.run(&["test", "--format", "json"]).exits(1);
    assert_eq!(stderr, "");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["passed"], &value["failed"]), (&Value::from(12), &Value::from(5)));
    let case = &value["environments"][0]["tests"][0]["cases"][1];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("test-json-case", serde_json::to_string_pretty(case).unwrap()));
}

#[test]
fn junit_is_xml() {
    let run = place(&format!("{FAILING}\n{PASSING}")).run(&["test", "--format", "junit"]).exits(1);
    assert_run("test-junit", &run);
}
