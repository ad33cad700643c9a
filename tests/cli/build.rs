//! `meshc build` to standard output.

use crate::support::{BROKEN, CART, ENVIRONMENTS, Place, SHOP, assert_run};

#[test]
fn a_program_becomes_a_stream_that_names_its_lines() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let run = place.run(&["build"]).exits(0);
    assert!(run.stdout.starts_with("# from access.mesh:"), "{}", run.stdout);
    for document in run.stdout.split("---\n") {
        assert!(document.contains("\napiVersion: ") && document.contains("\nkind: "), "{document}");
    }
}

#[test]
fn json_is_one_list() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let run = place.run(&["build", "--format", "json"]).exits(0);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&"v1".into(), &"List".into()));
    let yaml = place.run(&["build"]).exits(0).stdout;
    assert_eq!(list["items"].as_array().unwrap().len(), yaml.split("---\n").count());
}

#[test]
fn neither_order_nor_place_can_be_seen_in_the_output() {
    let place = Place::new(&[("apps/a.mesh", SHOP), ("apps/deep/b.mesh", CART)]);
    let expected = place.run(&["build", "apps"]).exits(0);
    let absolute = place.path().join("apps").to_str().unwrap().to_string();
    let runs = [
        place.run(&["build", "apps/a.mesh", "apps/deep/b.mesh"]),
        place.run(&["build", "apps/deep/b.mesh", "apps/a.mesh"]),
        place.run(&["build", "apps/deep", "apps/a.mesh", "./apps//deep/../a.mesh"]),
        place.run(&["build", "apps", "apps/deep/b.mesh", "apps"]),
        place.run(&["build", &absolute]),
        place.run_in("apps", &["build"]),
        place.run_in("apps/deep", &["build", ".."]),
    ];
    for run in runs {
        assert_eq!(run.exits(0).stdout, expected.stdout);
    }
}

#[test]
fn an_error_leaves_standard_output_empty() {
    let place = Place::new(&[("access.mesh", SHOP), ("wrong.mesh", BROKEN)]);
    let run = place.run(&["build"]).exits(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("error[E01"), "{}", run.stderr);
    assert!(run.stderr.contains("wrong.mesh:1:1"), "{}", run.stderr);
}

#[test]
fn standard_input_is_a_file_without_a_place() {
    let place = Place::new(&[]);
    let run = place.run_with_input(&["build", "-"], SHOP).exits(0);
    assert!(run.stdout.starts_with("# from <stdin>:"), "{}", run.stdout);
    let run = place.run_with_input(&["build", "-", "--message-format", "short"], BROKEN).exits(1);
    assert!(run.stderr.starts_with("<stdin>:1:1: error[E01"), "{}", run.stderr);
}

#[test]
fn an_environment_is_chosen_where_there_are_some() {
    let place = Place::new(&[("access.mesh", ENVIRONMENTS), ("plain/access.mesh", SHOP)]);
    assert_run("build-environment-not-chosen", &place.run(&["build", "access.mesh"]));
    assert_run("build-environment-unknown", &place.run(&["build", "access.mesh", "--env", "prd"]));
    assert_run("build-environment-none", &place.run(&["build", "plain", "--env", "prod"]));
    place.run(&["build", "access.mesh", "--env", "prod"]).exits(0);
    place.run(&["check", "access.mesh"]).exits(0);
}

#[test]
fn errors_come_before_a_wrong_environment() {
    let place = Place::new(&[("access.mesh", BROKEN)]);
    let run = place.run(&["build", "--env", "prod"]).exits(1);
    assert!(run.stderr.contains("error[E01"), "{}", run.stderr);
}

#[test]
fn a_wrong_call_is_exit_code_2() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    for wrong in [
        vec!["build", "--istio", "new"],
        vec!["build", "--format", "toml"],
        vec!["build", "--target", "apache"],
        vec!["build", "--check"],
        vec!["build", "--force"],
        vec!["build", "--unknown"],
        vec!["unknown"],
        vec![],
    ] {
        let run = place.run(&wrong).exits(2);
        assert_eq!(run.stdout, "", "{wrong:?}");
        assert_ne!(run.stderr, "", "{wrong:?}");
    }
}

#[test]
fn an_istio_that_reads_policies_otherwise_is_refused() {
    let place = Place::new(&[("access.mesh", &SHOP.replace("/**", "/status/*"))]);
    place.run(&["build", "--istio", "1.22"]).exits(0);
    for (version, why) in [("1.21", "1.21.2"), ("1.20", "an issuer whose url only begins as"), ("1.20.8", "up to 1.20")]
    {
        let run = place.run(&["build", "--istio", version]).exits(2);
        assert_eq!(run.stdout, "", "{version}");
        assert!(run.stderr.contains("Istio 1.22 and later") && run.stderr.contains(why), "{version}: {}", run.stderr);
    }
}
