//! `meshc check --cluster`: which files are read, what is said beside the findings, and with which exit code.

use std::fs;

use crate::common::root;
use crate::support::{BROKEN, ENVIRONMENTS, Place, WARNING, assert_run};

/// A program without a gateway, so that a few objects are enough.
const SHOP: &str = "\
app shop port 80 {
  GET /** public
}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector:
    app: shop
  ports:
  - name: http
    port: 80
    targetPort: 8080
";

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: shop-0
  labels:
    app: shop
spec:
  containers:
  - name: shop
  - name: istio-proxy
";

const NAMESPACE: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: default
";

fn place() -> Place {
    Place::new(&[
        ("access.mesh", SHOP),
        ("service.yaml", SERVICE),
        ("pod.yaml", POD),
        ("namespace.yaml", NAMESPACE),
        ("open.yaml", &POD.replace("app: shop", "app: shop\n    tier: web").replace("  - name: istio-proxy\n", "")),
        ("port.yaml", &SERVICE.replace("port: 80", "port: 8080")),
    ])
}

#[test]
fn what_fits_is_said_with_what_was_looked_at() {
    let place = place();
    let all = ["check", "--cluster", "service.yaml", "--cluster", "pod.yaml", "--cluster", "namespace.yaml"];
    assert_run("cluster-fits", &place.run(&all).exits(0));
    assert_run("cluster-unjudged", &place.run(&["check", "--cluster", "service.yaml"]).exits(0));
    assert_run("cluster-found", &place.run(&["check", "--cluster", "port.yaml", "--cluster", "open.yaml"]).exits(1));
}

#[test]
fn objects_of_istio_alone_are_no_cluster_to_fit() {
    let place = place();
    let built = place.run(&["build"]).exits(0).stdout;
    place.write("istio.yaml", built);
    let run = place.run(&["check", "--cluster", "istio.yaml"]).exits(2);
    assert_eq!(run.stderr, "error: the cluster is empty: there is no Service, Pod, workload, Namespace or Secret\n");
    place.run(&["check", "--cluster", "istio.yaml", "--cluster", "service.yaml"]).exits(0);
}

#[test]
fn findings_are_written_in_every_format_and_the_rest_beside_them() {
    let place = place();
    for format in ["short", "json", "sarif", "github"] {
        let arguments = ["check", "--cluster", "port.yaml", "--cluster", "open.yaml", "--message-format", format];
        let run = place.run(&arguments).exits(1);
        assert_run(&format!("cluster-{format}"), &run);
        if format == "json" {
            for line in run.stdout.lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
            }
        }
        if format == "sarif" {
            let log: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            let results = log["runs"][0]["results"].as_array().unwrap();
            let codes: Vec<&str> = results.iter().map(|r| r["ruleId"].as_str().unwrap()).collect();
            assert_eq!(codes, ["E1007", "E1003"]);
        }
    }
}

#[test]
fn standard_input_is_the_program_or_a_cluster() {
    let place = place();
    let cluster = format!("{SERVICE}---\n{POD}---\n{NAMESPACE}");
    let run = place.run_with_input(&["check", "access.mesh", "--cluster", "-"], &cluster).exits(0);
    assert!(run.stderr.contains("held against 1 service, 1 pod, 1 namespace\n"), "{}", run.stderr);
    place.run_with_input(&["check", "-", "--cluster", "service.yaml"], SHOP).exits(0);
    for wrong in [&["check", "-", "--cluster", "-"][..], &["check", "access.mesh", "--cluster", "-", "--cluster", "-"]]
    {
        let run = place.run_with_input(wrong, "").exits(2);
        assert_eq!(
            run.stderr,
            "error: standard input can be read once: `-` is the program or one file of `--cluster`\n"
        );
    }
    assert_run("cluster-empty-input", &place.run_with_input(&["check", "access.mesh", "--cluster", "-"], "").exits(2));
}

#[test]
fn what_cannot_be_read_is_said_at_once() {
    let place = place();
    place.write("text.yaml", "a: [\n");
    place.write("wrong.yaml", SERVICE.replace("port: 80", "port: none"));
    place.write("latin.yaml", [b'#', 0xE9, b'\n']);
    let files = ["check", "--cluster", "missing.yaml", "--cluster", "latin.yaml", "--cluster", "."];
    assert_run("cluster-unreadable", &place.run(&files).exits(2));
    assert_run(
        "cluster-no-cluster",
        &place.run(&["check", "--cluster", "text.yaml", "--cluster", "wrong.yaml"]).exits(2),
    );
}

#[test]
fn a_cluster_is_one_environment() {
    let place = Place::new(&[("access.mesh", ENVIRONMENTS), ("service.yaml", SERVICE)]);
    assert_run("cluster-which-environment", &place.run(&["check", "--cluster", "service.yaml"]).exits(2));
    place.run(&["check", "--cluster", "service.yaml", "--env", "pord"]).exits(2);
    let run = place.run(&["check", "--cluster", "service.yaml", "--env", "prod"]).exits(1);
    assert!(run.stderr.contains("error[E1003]"), "{}", run.stderr);
    // Without a cluster the option chooses among what is checked.
    place.run(&["check", "--env", "dev"]).exits(0);
    place.run(&["check", "--env", "nothing"]).exits(2);
}

#[test]
fn a_program_with_errors_is_not_held_against_the_cluster() {
    let place = place();
    place.write("more.mesh", BROKEN);
    let run = place.run(&["check", "--cluster", "port.yaml"]).exits(1);
    assert!(run.stderr.contains("error[E0102]") && !run.stderr.contains("E1003"), "{}", run.stderr);
    let line = "not judged: whether the program fits the cluster, since the program has errors\n";
    assert!(run.stderr.ends_with(line), "{}", run.stderr);
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let place = place();
    place.write("guess.yaml", SERVICE.replace("name: http\n    ", ""));
    let run = place.run(&["check", "--cluster", "guess.yaml"]).exits(0);
    assert!(run.stderr.contains("warning[W1013]"), "{}", run.stderr);
    place.run(&["check", "--cluster", "guess.yaml", "--deny-warnings"]).exits(1);
    place.write("more.mesh", WARNING);
    let run = place.run(&["check", "--cluster", "service.yaml"]).exits(0);
    assert!(run.stderr.contains("warning[W08"), "{}", run.stderr);
}

#[test]
fn the_shop_of_the_examples_fits_in_production_and_not_elsewhere() {
    let place = Place::new(&[]);
    for path in crate::common::files(&root().join("examples/shop"), "mesh") {
        place.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
    }
    place.write("prod.yaml", fs::read(root().join("tests/cluster/shop-prod.yaml")).unwrap());
    assert_run("cluster-shop-prod", &place.run(&["check", "--env", "prod", "--cluster", "prod.yaml"]).exits(0));
    assert_run("cluster-shop-dev", &place.run(&["check", "--env", "dev", "--cluster", "prod.yaml"]).exits(1));
}
