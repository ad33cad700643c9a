//! The README's lines for rolling out, run with the real kubectl against an API server that keeps a log: what an earlier
//! build left goes, in all namespaces, in an order in which nothing is open on the way, and nothing else is touched.
//!
//! `conformance/kubectl/run` builds kubectl and runs these tests; `cargo test` alone ignores them, and says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end where something is wrong")]

#[path = "../common/mod.rs"]
mod common;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use server::{Change, Objects, Server};

/// A directory with a program, a cluster, and kubectl and meshc to go between them.
struct Place {
    folder: tempfile::TempDir,
    server: Server,
    path: String,
}

impl Place {
    fn new() -> Self {
        let kubectl = PathBuf::from(std::env::var_os("MESHC_KUBECTL").expect("MESHC_KUBECTL names kubectl"));
        let meshc = Path::new(env!("CARGO_BIN_EXE_meshc")).parent().unwrap();
        let system = std::env::var("PATH").unwrap();
        let path = format!("{}:{}:{system}", meshc.display(), kubectl.parent().unwrap().display());
        let place = Place { folder: tempfile::tempdir().unwrap(), server: Server::start(), path };
        let server = format!("http://127.0.0.1:{}", place.server.port);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{ "name": "test", "cluster": { "server": server } }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "" } }],
        });
        place.write("kubeconfig", &config.to_string());
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Runs lines of a shell in the directory of the program.
    fn sh(&self, lines: &str) {
        let (success, said) = self.try_sh(lines);
        assert!(success, "{said}");
    }

    /// Whether all is well at the end, and what was said.
    fn try_sh(&self, lines: &str) -> (bool, String) {
        let folder = self.folder.path();
        let mut shell = Command::new("sh");
        shell.args(["-c", lines]).current_dir(folder).env("PATH", &self.path);
        shell.env("HOME", folder).env("KUBECONFIG", folder.join("kubeconfig"));
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            shell.env_remove(name);
        }
        let done = shell.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.success(), format!("{out}{err}"))
    }

    /// Rolls a program out as the README says; what was changed.
    fn roll_out(&self, program: &str) -> Vec<Change> {
        self.write("access.mesh", program);
        self.write("meshc.toml", "name = \"shop\"\n");
        self.sh(&readme(!self.server.objects().keys().any(|(resource, ..)| resource.contains("istio.io"))));
        self.server.changes()
    }

    fn pod(&self, namespace: &str, app: &str) {
        let metadata = json!({ "name": format!("{app}-0"), "namespace": namespace, "labels": { "app": app } });
        self.server.put(&json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {} }));
    }
}

/// The lines of the README that say how a program is rolled out; `first` if the cluster has none of Istio's objects.
fn readme(first: bool) -> String {
    let text = fs::read_to_string(common::root().join("README.md")).unwrap();
    let blocks = common::blocks(&text);
    let lines = blocks.iter().find(|b| b.info == ["sh"] && b.text.contains("meshc prune")).expect("lines to roll out");
    if first { lines.text.replace("meshc prune ", "meshc prune --first ") } else { lines.text.clone() }
}

const HEAD: &str = "\
issuer corp {
  url   \"https://issuer.example.com\"
  jwks  \"https://issuer.example.com/keys\"
}

gateway edge {
  http 80
}
";

/// An app in namespace `web` whose lines each ask for something else.
fn shop(lines: usize, hosts: &str) -> String {
    let line = |i| format!("  GET /r{i} require token from corp and claim groups has \"g{i}\"\n");
    let lines: String = (0..lines).map(line).collect();
    format!("\napp shop in web port 8080 {{\n  hosts {hosts}\n  via   edge\n\n{lines}}}\n")
}

fn small(app: &str, namespace: &str, gateway: &str) -> String {
    let hosts = format!("{app}.example.com");
    format!(
        "\napp {app} in {namespace} port 8080 {{\n  hosts {hosts}\n  via   {gateway}\n\n  GET /** require token\n}}\n"
    )
}

/// What an earlier build of the program was: a large app, one that will go while its pods run on, and one with a gateway
/// and a namespace of its own, of which nothing will be left.
fn before() -> String {
    let old = "\ngateway back in old {\n  http 8081\n}\n";
    [HEAD, old, &shop(600, "shop.example.com"), &small("cart", "web", "edge"), &small("left", "old", "back")].concat()
}

/// What it is now: half of the large app, which has one more host.
fn after() -> String {
    [HEAD, &shop(300, "shop.example.com new.example.com")].concat()
}

fn find<'a>(objects: &'a Objects, resource: &str, namespace: &str, name: &str) -> Option<&'a Value> {
    let found =
        objects.iter().find(|((of, n, o), _)| of.ends_with(&format!("/{resource}")) && n == namespace && o == name);
    found.map(|(_, object)| object)
}

fn rules(policy: &Value) -> usize {
    policy["spec"]["rules"].as_array().map_or(0, Vec::len)
}

/// No route leads to an app that has no policy.
fn assert_guarded(change: &Change) {
    for route in change.after.values().filter(|object| object["kind"] == "VirtualService") {
        for rule in route["spec"]["http"].as_array().into_iter().flatten() {
            for to in rule["route"].as_array().into_iter().flatten() {
                let host = to["destination"]["host"].as_str().unwrap();
                let (app, rest) = host.split_once('.').unwrap();
                let namespace = rest.split('.').next().unwrap();
                let policy = find(&change.after, "authorizationpolicies", namespace, app);
                let verified = find(&change.after, "requestauthentications", namespace, app);
                assert!(policy.is_some_and(|p| rules(p) > 0), "after {}: {host} has no policy", change.what);
                assert!(verified.is_some(), "after {}: nobody verifies tokens at {host}", change.what);
            }
        }
    }
}

fn what(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.what.as_str()).collect()
}

/// The objects of another program and of nobody, which have the names that those of this one once had.
fn others() -> Vec<Value> {
    let object = |version: &str, kind: &str, namespace: &str, name: &str, labels: Value| {
        let metadata = json!({ "name": name, "namespace": namespace, "labels": labels });
        json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": {} })
    };
    let of = |name: &str| json!({ "app.kubernetes.io/managed-by": "meshc", "app.kubernetes.io/part-of": name });
    vec![
        object("security.istio.io/v1", "AuthorizationPolicy", "web", "other", of("other")),
        object("security.istio.io/v1", "RequestAuthentication", "old", "other", of("other")),
        object("networking.istio.io/v1", "VirtualService", "default", "edge.other.example.com", of("other")),
        object("networking.istio.io/v1", "Gateway", "old", "other", json!({ "app.kubernetes.io/part-of": "shop" })),
        object("security.istio.io/v1", "AuthorizationPolicy", "old", "nobody", json!({})),
        object(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "web",
            "unnamed",
            json!({
                "app.kubernetes.io/managed-by": "meshc",
            }),
        ),
    ]
}

#[test]
#[ignore = "needs the kubectl that conformance/kubectl/run builds"]
fn the_lines_of_the_readme_leave_nothing_open() {
    let place = Place::new();
    let others = others();
    for object in &others {
        place.server.put(object);
    }
    for app in ["shop", "cart"] {
        place.pod("web", app);
    }
    let first = place.roll_out(&before());
    assert!(first.iter().all(|change| change.what.starts_with("POST ")), "{:?}", what(&first));
    first.iter().for_each(assert_guarded);
    let there = place.server.objects();
    assert_eq!(find(&there, "authorizationpolicies", "web", "shop.2").map(rules), Some(88));

    let second = place.roll_out(&after());
    assert_eq!(
        what(&second),
        [
            "DELETE virtualservices default/edge.cart.example.com",
            "DELETE virtualservices old/back.left.example.com",
            "DELETE gateways old/back",
            "PATCH authorizationpolicies web/shop",
            "DELETE authorizationpolicies web/shop.2",
            "PATCH authorizationpolicies web/cart",
            "POST virtualservices default/edge.new.example.com",
            "DELETE virtualservices default/edge.shop.example.com",
            "DELETE authorizationpolicies old/left",
            "DELETE requestauthentications old/left",
            "DELETE requestauthentications web/cart",
            "PATCH gateways default/edge",
        ]
    );
    second.iter().for_each(assert_guarded);
    // The new host is there only when nothing allows any more what the program refuses, and the old one all the time.
    for change in &second {
        let has_host = |object: &Value| object["spec"]["hosts"].to_string().contains("shop.example.com");
        let served = change.after.values().any(|object| object["kind"] == "VirtualService" && has_host(object));
        assert!(served, "after {}", change.what);
        let is_new = |object: &Value| object["spec"]["hosts"].to_string().contains("new.example.com");
        if change.after.values().any(is_new) {
            assert_eq!(find(&change.after, "authorizationpolicies", "web", "shop.2"), None, "after {}", change.what);
            assert_eq!(find(&change.after, "authorizationpolicies", "web", "shop").map(rules), Some(300));
        }
    }
    let there = place.server.objects();
    let cart = find(&there, "authorizationpolicies", "web", "cart").expect("closed, since its pod is there");
    assert_eq!(
        cart["spec"],
        json!({
            "action": "ALLOW", "rules": [], "selector": { "matchLabels": { "app": "cart" } },
        })
    );
    assert_eq!(cart["metadata"]["labels"]["app.kubernetes.io/part-of"], "shop");
    for object in &others {
        assert!(there.values().any(|found| found == object), "{object}");
    }

    // The same once more changes nothing.
    assert_eq!(what(&place.roll_out(&after())), Vec::<&str>::new());
    place.server.end_pods("cart");
    assert_eq!(what(&place.roll_out(&after())), ["DELETE authorizationpolicies web/cart"]);
    // The app comes back.
    let third = place.roll_out(&before());
    assert_eq!(find(&place.server.objects(), "authorizationpolicies", "web", "cart").map(rules), Some(1));
    third.iter().for_each(assert_guarded);
}

#[test]
#[ignore = "needs the kubectl that conformance/kubectl/run builds"]
fn a_closed_policy_opens_again_with_its_app() {
    let place = Place::new();
    for app in ["shop", "cart"] {
        place.pod("web", app);
    }
    place.roll_out(&before());
    place.roll_out(&after());
    assert_eq!(find(&place.server.objects(), "authorizationpolicies", "web", "cart").map(rules), Some(0));
    place.roll_out(&before());
    let there = place.server.objects();
    let cart = find(&there, "authorizationpolicies", "web", "cart").unwrap();
    assert_eq!((rules(cart), cart["metadata"]["annotations"]["meshc/closed"].clone()), (1, Value::Null));
}

#[test]
#[ignore = "needs the kubectl that conformance/kubectl/run builds"]
fn a_policy_that_somebody_else_applied_is_closed_all_the_same() {
    let place = Place::new();
    place.pod("web", "cart");
    let labels = json!({ "app.kubernetes.io/managed-by": "meshc", "app.kubernetes.io/part-of": "shop" });
    // As `kubectl apply --server-side` or a controller leaves it: without the annotation of `kubectl apply`.
    place.server.put(&json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": { "name": "cart", "namespace": "web", "labels": labels },
        "spec": { "selector": { "matchLabels": { "app": "cart" } }, "action": "ALLOW", "rules": [{}] },
    }));
    place.roll_out(&after());
    assert_eq!(find(&place.server.objects(), "authorizationpolicies", "web", "cart").map(rules), Some(0));
}

#[test]
#[ignore = "needs the kubectl that conformance/kubectl/run builds"]
fn without_a_program_nothing_is_deleted() {
    let place = Place::new();
    place.pod("web", "shop");
    place.roll_out(&before());
    place.write("access.mesh", "broken\n");
    let there = place.server.objects();
    // No line after the first does anything: there is no plan, and no build.
    let (success, said) = place.try_sh(&readme(false));
    assert!(!success && said.contains("no plan, since the program has errors"), "{said}");
    assert_eq!(what(&place.server.changes()), Vec::<&str>::new());
    assert_eq!(place.server.objects(), there);
}

#[test]
#[ignore = "needs the kubectl that conformance/kubectl/run builds"]
fn the_rules_of_a_new_app_are_there_before_its_route() {
    let place = Place::new();
    // The pods of `admin` run before the program has the app.
    for app in ["shop", "admin"] {
        place.pod("web", app);
    }
    let app = |name: &str, hosts: &str, line: &str| {
        format!("\napp {name} in web port 8080 {{\n  hosts {hosts}\n  via   edge\n\n  {line}\n}}\n")
    };
    let token = "GET /** require token";
    place.roll_out(&[HEAD, &app("shop", "shop.example.com", token)].concat());
    let hosts = "buy.example.com shop.example.com";
    let new = [HEAD, &app("shop", hosts, token), &app("admin", hosts, "ANY /admin/** require token")].concat();
    let changes = place.roll_out(&new);
    assert_eq!(
        what(&changes)[..4],
        [
            "POST authorizationpolicies web/admin",
            "POST requestauthentications web/admin",
            "POST virtualservices default/edge.buy.example.com",
            "DELETE virtualservices default/edge.shop.example.com",
        ]
    );
    changes.iter().for_each(assert_guarded);
}
