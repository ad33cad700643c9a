//! `meshc prune`: what it says and how it ends. What is found is asked in `tests/leftovers.rs`, and what kubectl does
//! with it in `tests/rollout`.

use crate::support::{BROKEN, CART, ENVIRONMENTS, Place, SHOP, assert_run};

const POD: &str = "\
---
apiVersion: v1
kind: Pod
metadata:
  name: cart-0
  namespace: default
  labels:
    app: cart
spec: {}
";

/// A program that had one app more, and the cluster in which that build is.
fn place() -> Place {
    let place = Place::new(&[("shop.mesh", SHOP), ("cart.mesh", CART), ("meshc.toml", "name = \"market\"\n")]);
    let before = place.run(&["build"]).exits(0).stdout;
    place.write("cluster.yaml", format!("{before}{POD}"));
    place.write("no-pods.yaml", before);
    place.remove("cart.mesh");
    place
}

#[test]
fn what_is_left_is_said_with_what_to_do() {
    let place = place();
    assert_run("prune", &place.run(&["prune", "--cluster", "cluster.yaml"]).exits(1));
    assert_run("prune-no-pods", &place.run(&["prune", "--cluster", "no-pods.yaml"]).exits(1));
    let script = place.run(&["prune", "--cluster", "-", "--format", "script"]);
    assert_eq!(script.code, 2);
    let now = place.run(&["build"]).exits(0).stdout;
    place.write("now.yaml", format!("{now}{POD}"));
    assert_run("prune-nothing", &place.run(&["prune", "--cluster", "now.yaml"]).exits(0));
    let script = place.run(&["prune", "--cluster", "now.yaml", "--format", "script"]).exits(0).stdout;
    assert!(script.lines().all(|line| line.is_empty() || line.starts_with('#') || line == "set -eu"), "{script}");
}

#[test]
fn the_script_can_be_read_by_a_shell() {
    let place = place();
    let script = place.run(&["prune", "--cluster", "cluster.yaml", "--format", "script"]).exits(1);
    assert_eq!(script.stderr, "");
    place.write("prune.sh", &script.stdout);
    let read = std::process::Command::new("sh").arg("-n").arg(place.path().join("prune.sh")).status().unwrap();
    assert!(read.success());
    assert!(script.stdout.contains("kubectl delete --ignore-not-found --namespace='default'"), "{}", script.stdout);
}

#[test]
fn objects_without_a_name_are_counted_and_left_alone() {
    let place = place();
    let before = place.read("cluster.yaml").replace("    app.kubernetes.io/part-of: market\n", "");
    place.write("old.yaml", before);
    let run = place.run(&["prune", "--cluster", "old.yaml"]).exits(0);
    assert_eq!(run.stderr, "left alone: 2 objects that meshc wrote and that bear no program's name\n");
}

#[test]
fn a_program_needs_a_name_and_all_of_its_files() {
    let place = place();
    let run = place.run(&["prune", "shop.mesh", "--cluster", "cluster.yaml"]).exits(1);
    place.write("more/cart.mesh", CART);
    let part = place.run(&["prune", "shop.mesh", "--cluster", "cluster.yaml"]).exits(2);
    assert_eq!(
        part.stderr,
        "error: `more/cart.mesh` is a part of the program `market` and was not given; give the directory of its \
         `meshc.toml`\n"
    );
    assert_eq!(part.stdout, "");
    assert_ne!(run.stdout, "");
    place.remove("meshc.toml");
    assert_run("prune-no-name", &place.run(&["prune", "--cluster", "cluster.yaml"]).exits(2));
    place.run(&["prune"]).exits(2);
}

#[test]
fn a_program_with_errors_has_no_plan() {
    let place = place();
    place.write("broken.mesh", BROKEN);
    for format in ["human", "script"] {
        let run = place.run(&["prune", "--cluster", "cluster.yaml", "--format", format]).exits(1);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("E0102") && run.stderr.contains("no plan, since the program has errors"));
    }
}

#[test]
fn an_environment_is_asked_for() {
    let place = Place::new(&[("access.mesh", ENVIRONMENTS), ("meshc.toml", "name = \"market\"\n")]);
    let build = place.run(&["build", "--env", "dev"]).exits(0).stdout;
    place.write("cluster.yaml", format!("{build}{POD}"));
    let run = place.run(&["prune", "--cluster", "cluster.yaml"]).exits(2);
    assert!(run.stderr.contains("choose an environment with `--env`"), "{}", run.stderr);
    place.run(&["prune", "--env", "dev", "--cluster", "cluster.yaml"]).exits(0);
    let other = place.run(&["prune", "--env", "prod", "--cluster", "cluster.yaml"]).exits(1).stdout;
    assert!(other.contains("VirtualService default/edge.shop.dev.example.com"), "{other}");
}
