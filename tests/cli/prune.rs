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
    let script = place.run(&["prune", "--cluster", "cluster.yaml", "--format", "script"]).exits(0);
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
    assert!(
        run.stderr
            .starts_with("left alone: 2 objects that meshc wrote without a program's name; list with `kubectl get ")
    );
    assert!(
        run.stderr.ends_with(" -l 'app.kubernetes.io/managed-by=meshc,!app.kubernetes.io/part-of'`\n"),
        "{}",
        run.stderr
    );
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
    // What is an environment's is not left over from another one: both may be in one cluster.
    let other = place.run(&["prune", "--env", "prod", "--cluster", "cluster.yaml"]).exits(0);
    assert_eq!(other.stderr, "left alone: 1 object of the environment `dev` of this program\n");
}

#[test]
fn two_environments_of_a_cluster_leave_each_other_alone() {
    let program = |more: &str| {
        format!(
            "env dev {{\n  d dev.example.com\n  ns dev\n}}\nenv prod {{\n  d example.com\n  ns prod\n}}\n\
             gateway edge in ${{ns}} {{\n  http 80\n}}\n\
             app shop in ${{ns}} port 80 {{\n  hosts shop.${{d}}\n  GET /** public\n}}\n{more}"
        )
    };
    let cart = "app cart in ${ns} port 80 {\n  hosts cart.${d}\n  GET /** public\n}\n";
    let place = Place::new(&[("access.mesh", &program(cart)), ("meshc.toml", "name = \"market\"\n")]);
    let both = ["dev", "prod"].map(|env| place.run(&["build", "--env", env]).exits(0).stdout);
    place.write("cluster.yaml", format!("{}---\n{}{POD}", both[0], both[1]));
    let run = place.run(&["prune", "--env", "dev", "--cluster", "cluster.yaml"]).exits(0);
    assert_eq!(run.stderr, "left alone: 5 objects of the environment `prod` of this program\n");
    // An app that is gone from both: each removes its own.
    place.write("access.mesh", program(""));
    let run = place.run(&["prune", "--env", "dev", "--cluster", "cluster.yaml"]).exits(1);
    assert!(run.stdout.contains("AuthorizationPolicy dev/cart") && !run.stdout.contains("prod/"), "{}", run.stdout);
    assert_eq!(run.stderr, "left alone: 5 objects of the environment `prod` of this program\n");
}

#[test]
fn a_file_without_istios_objects_is_no_all_clear() {
    let place = place();
    place.write("pods.yaml", POD);
    for format in ["human", "script"] {
        let run = place.run(&["prune", "--cluster", "pods.yaml", "--format", format]).exits(2);
        assert_eq!(run.stdout, "");
        assert!(
            run.stderr.contains("has no object of Istio's; get them with `kubectl get services,pods"),
            "{}",
            run.stderr
        );
    }
    place.run(&["prune", "--cluster", "pods.yaml", "--first"]).exits(0);
    let list = |kind: &str, version: &str| format!("---\nkind: {kind}\napiVersion: {version}\nitems: []\n");
    place.write("list.yaml", format!("{POD}{}", list("VirtualServiceList", "networking.istio.io/v1")));
    place.run(&["prune", "--cluster", "list.yaml"]).exits(0);
    // The Gateway of another group, and a list that does not say of what.
    for (kind, version) in [("GatewayList", "gateway.networking.k8s.io/v1"), ("List", "v1")] {
        place.write("list.yaml", format!("{POD}{}", list(kind, version)));
        place.run(&["prune", "--cluster", "list.yaml"]).exits(2);
    }
}

#[test]
fn objects_of_another_program_stop_the_rollout() {
    let place = place();
    place.write("meshc.toml", "name = \"bazaar\"\n");
    assert_run("prune-foreign", &place.run(&["prune", "--cluster", "cluster.yaml"]).exits(1));
    let run = place.run(&["prune", "--cluster", "cluster.yaml", "--format", "script"]).exits(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("3 objects of this build bear the name `market`"), "{}", run.stderr);
    // If it is the same program under another name, what is left of it goes.
    let run = place.run(&["prune", "--cluster", "cluster.yaml", "--formerly", "market"]).exits(1);
    assert!(run.stdout.starts_with("2 objects are left of earlier builds of `bazaar`"), "{}", run.stdout);
}

#[test]
fn a_host_that_nobody_serves_for_a_while_is_named() {
    let on = |gateway: &str| {
        format!(
            "gateway {gateway} {{\n  http 80\n}}\napp shop port 80 {{\n  hosts shop.example.com\n  GET /** public\n}}\n"
        )
    };
    let place = Place::new(&[("access.mesh", &on("edge")), ("meshc.toml", "name = \"market\"\n")]);
    place.write("cluster.yaml", place.run(&["build"]).exits(0).stdout + POD);
    place.write("access.mesh", on("front"));
    let said = place.run(&["prune", "--cluster", "cluster.yaml"]).exits(1).stdout;
    let wanted = "\nnot served from the first step on until the build is applied:\n   shop.example.com\n";
    assert!(said.contains(wanted), "{said}");
    let script = place.run(&["prune", "--cluster", "cluster.yaml", "--format", "script"]).exits(0).stdout;
    let wanted = "# Not served from here on until the build is applied: shop.example.com\n";
    assert!(script.contains(wanted), "{script}");
}
