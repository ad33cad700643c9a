//! Programs that are held against the objects of a cluster: every form and order of the objects says the same, what is
//! no cluster is refused, and each object that a program needs is missed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests end where something is wrong")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::root;
use meshc::Attachments;
use meshc::cluster::{Cluster, Fit};
use meshc::diagnostic::{Diagnostic, codes, render};
use meshc::source::SourceMap;
use serde::Deserialize as _;
use serde_json::{Value, json};

fn read(text: &str) -> Result<Cluster, Vec<String>> {
    Cluster::read([("cluster.yaml", text)])
}

/// The objects of a file, without the list round them.
fn objects(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text).map(|d| Value::deserialize(d).unwrap());
    documents
        .flat_map(|d| d.get("items").map_or_else(|| vec![d.clone()], |items| items.as_array().unwrap().clone()))
        .collect()
}

fn list(objects: &[Value]) -> String {
    json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string()
}

fn held_against(sources: &SourceMap, environment: Option<&str>, cluster: &Cluster) -> (Option<Fit>, Vec<Diagnostic>) {
    meshc::check_one(sources, &meshc::parse(sources), &Attachments::default(), environment, Some(cluster))
}

/// Every program of `tests/ui/cluster` with its objects, and the shop.
fn pairs() -> Vec<(SourceMap, Option<&'static str>, PathBuf)> {
    let mut pairs: Vec<_> = common::files(&root().join("tests/ui/cluster"), "mesh")
        .into_iter()
        .map(|path| {
            (SourceMap::single("a.mesh", fs::read_to_string(&path).unwrap()), None, path.with_extension("yaml"))
        })
        .collect();
    pairs.push((common::program(&root().join("examples/shop")), Some("prod"), shop()));
    pairs.push((common::program(&root().join("examples/shop")), Some("dev"), shop()));
    pairs
}

fn shop() -> PathBuf {
    root().join("tests/cluster/shop-prod.yaml")
}

#[test]
fn every_form_and_order_of_the_objects_says_the_same() {
    for (sources, environment, path) in pairs() {
        let said = |cluster: &Cluster| {
            let (fit, found) = held_against(&sources, environment, cluster);
            format!("{}{}{:?}", cluster.summary(), render::human(&found, &sources), fit.unwrap().unjudged)
        };
        let text = fs::read_to_string(&path).unwrap();
        let first = read(&text).unwrap();
        let objects = objects(&path);
        let mut other: Vec<Value> = objects.clone();
        other.reverse();
        let half = objects.len() / 2;
        let yaml = |objects: &[Value]| {
            let texts: Vec<String> = objects.iter().map(|o| serde_yaml::to_string(o).unwrap()).collect();
            texts.join("---\n")
        };
        let stream: String = other.iter().map(Value::to_string).collect();
        let inner = json!({ "apiVersion": "v1", "kind": "List", "items": [serde_json::from_str::<Value>(&list(&other)).unwrap()] });
        for form in [
            list(&objects),
            list(&other),
            stream,
            yaml(&objects),
            yaml(&other),
            format!("\u{feff}{}", serde_json::to_string_pretty(&inner).unwrap()),
            format!("{text}\n---\n{}\n---\n", yaml(&objects)),
        ] {
            let again = read(&form).unwrap();
            assert_eq!(again, first, "{}", path.display());
            assert_eq!(said(&again), said(&first), "{}", path.display());
        }
        let (a, b) = (list(&objects[half..]), yaml(&objects[..half]));
        let two = Cluster::read([("a.json", a.as_str()), ("b.yaml", b.as_str())]).unwrap();
        assert_eq!(said(&two), said(&first), "{}", path.display());
    }
}

#[test]
fn lists_of_one_kind_need_not_say_what_their_items_are() {
    let typed = r#"{"apiVersion":"v1","kind":"ServiceList","items":[{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}]}"#;
    assert_eq!(read(typed).unwrap().summary(), "1 service");
    let none = r#"{"apiVersion":"v1","kind":"PodList","items":null}"#;
    assert_eq!(Cluster::read([("a", typed), ("b", none)]).unwrap(), read(typed).unwrap());
}

#[test]
fn other_kinds_are_ignored_whatever_they_look_like() {
    let text = "\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: shop}
spec: {ports: no list, selector: 7, template: [x]}
---
apiVersion: example.com/v1
kind: Thing
metadata: {labels: [1, 2], 3: 4, [a, b]: c}
spec: text
data: {x: {y: !odd z}, w: !!binary aGk=}
---
apiVersion: v1
kind: Namespace
metadata: {name: !tag web}
";
    assert_eq!(read(text).unwrap().summary(), "1 namespace");
}

#[test]
fn the_values_of_secrets_are_not_kept() {
    let text = "\
apiVersion: v1
kind: Secret
type: Opaque
metadata:
  name: login
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"stringData\": {\"password\": \"hunter2\"}}'
data: {tls.crt: aHVudGVyMg==, tls.key: &key hunter2}
stringData: {password: hunter2}
";
    for text in [text.to_string(), text.replace("{password: hunter2}", "hunter2")] {
        let said = format!("{:?}", read(&text));
        assert!(!said.contains("hunter2") && !said.contains("aHVudGVyMg"), "{said}");
        assert!(said.contains("login"), "{said}");
    }
}

#[test]
fn what_is_no_cluster_is_refused_with_its_place() {
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n";
    for (text, said) in [
        (String::new(), "the cluster is empty: there is no Service, Pod, workload, Namespace or Secret"),
        (
            "apiVersion: v1\nkind: List\nitems: []\n".into(),
            "the cluster is empty: there is no Service, Pod, workload, Namespace or Secret",
        ),
        (
            "a: [".into(),
            "it is not YAML that can be read: did not find expected node content at line 2 column 1, while parsing a flow node",
        ),
        ("{\"a\": ".into(), "it is not JSON that can be read: EOF while parsing a value at line 1 column 6"),
        ("{\"a\": 1} x".into(), "it is not JSON that can be read: expected value at line 1 column 10"),
        ("just text".into(), "document 1: there is something that is not a Kubernetes object"),
        ("- a\n".into(), "document 1: there is something that is not a Kubernetes object"),
        (
            format!("{service}---\nkind: Pod\n"),
            "document 2: there is something without `kind` and `apiVersion`, which is not a Kubernetes object",
        ),
        ("apiVersion: v1\nkind: List\nitems: {}\n".into(), "document 1: the `items` of a `List` are not a list"),
        (
            "apiVersion: v1\nkind: List\nitems: [{}]\n".into(),
            "document 1: there is something without `kind` and `apiVersion`, which is not a Kubernetes object",
        ),
        ("apiVersion: v1\nkind: Pod\n".into(), "Pod ``: its `metadata.name` is missing"),
        (format!("{service}spec:\n  ports: 80\n"), "Service `a`: its `spec.ports` is not a list"),
        (
            format!("{service}spec:\n  ports:\n  - port: 65536\n"),
            "Service `a`: its `spec.ports.port` is not the number of a port",
        ),
        (
            format!("{service}spec:\n  ports:\n  - port: 99999999999999999999999999\n"),
            "Service `a`: its `spec.ports.port` is not the number of a port",
        ),
        (format!("{service}spec:\n  ports:\n  - name: a\n"), "Service `a`: its `spec.ports.port` is missing"),
        (format!("{service}spec:\n  selector: {{app: 1}}\n"), "Service `a`: its `spec.selector.app` is not a string"),
        (format!("{service}spec:\n  selector: [app]\n"), "Service `a`: its `spec.selector` is not a map"),
        (format!("{service}kind: Pod\n"), "it is not YAML that can be read: the key `kind` stands twice in one map"),
        (
            format!("{service}---\n{service}spec:\n  ports: [{{port: 80}}]\n"),
            "there are two different objects Service `default/a`",
        ),
        (
            format!("apiVersion: v1\nkind: {}", "[".repeat(300)),
            "it is not YAML that can be read: recursion limit exceeded at line 2 column 134",
        ),
    ] {
        let problems = read(&text).unwrap_err();
        let [one] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(one.strip_prefix("cannot use `cluster.yaml`: ").unwrap_or(one), said, "{text}");
    }
}

#[test]
fn aliases_cannot_make_much_of_little() {
    let deep: Vec<String> = (1..30).map(|i| format!("  l{i}: &l{i} [*l{0}, *l{0}, *l{0}, *l{0}]", i - 1)).collect();
    let deep = deep.join("\n");
    let items = "- *pods\n".repeat(4000);
    let many = "  - x\n".repeat(4000);
    let ignored = format!("kind: ConfigMap\ndata: &data\n  x:\n{many}more:\n{}", items.replace("pods", "data"));
    for text in [
        ignored,
        format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n selector:\n  l0: &l0 [a, b]\n{deep}"),
        format!("apiVersion: v1\nkind: List\nmetadata:\n  labels: &pods\n{many}items:\n{items}"),
        "apiVersion: v1\nkind: Pod\nmetadata: &a\n  name: a\n  labels: *a\n".to_string(),
    ] {
        let problems = read(&text).unwrap_err();
        let said = ["repeats itself by aliases without measure", "recursion limit exceeded"];
        assert!(said.iter().any(|s| problems[0].contains(s)), "{problems:?}");
    }
    // An alias as such is no fault.
    let modest = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: &a shop\n  labels: {app: *a}\n";
    assert_eq!(read(modest).unwrap().summary(), "1 pod");
}

#[test]
fn the_shop_fits_its_cluster() {
    let (fit, found) = held_against(
        &common::program(&root().join("examples/shop")),
        Some("prod"),
        &read(&fs::read_to_string(shop()).unwrap()).unwrap(),
    );
    assert_eq!(found, []);
    assert_eq!(fit.unwrap().unjudged, [] as [String; 0]);
}

/// A change of the shop's cluster: kind and name of an object, what is done to it, and the codes that it raises.
type Change = (&'static str, &'static str, fn(&mut Value), &'static [&'static str]);

/// What makes an object another kind, which is ignored: it is gone.
fn gone(object: &mut Value) {
    object["kind"] = json!("Other");
}

#[test]
fn whatever_the_shop_needs_is_missed() {
    let h = "7d9f5c6b8";
    let sources = common::program(&root().join("examples/shop"));
    let changes: &[Change] = &[
        ("Namespace", "web", gone, &["E1001"]),
        ("Namespace", "catalog", gone, &["E1001"]),
        ("Namespace", "istio-system", gone, &["E1001"]),
        ("Service", "catalog", gone, &["E1002"]),
        ("Service", "cart-canary", gone, &["E1002"]),
        ("Service", "session-store", gone, &[]),
        ("Service", "istio-ingressgateway", gone, &["W1016"]),
        ("Service", "cart", |s| s["spec"]["ports"][0]["port"] = json!(80), &["E1003"]),
        ("Service", "stock", |s| s["spec"]["ports"][0]["name"] = json!("tcp-grpc"), &["E1004"]),
        ("Service", "stock", |s| s["spec"]["ports"][0]["name"] = json!("http"), &["W1014"]),
        ("Service", "stock", |s| s["spec"]["ports"][0]["name"] = json!("stock"), &["W1013"]),
        ("Service", "cart", |s| s["spec"]["selector"] = json!({ "app": "session-store" }), &["E1005"]),
        ("Service", "cart", |s| s["spec"]["selector"] = json!({ "app": "nothing" }), &["E1006"]),
        ("Service", "cart", |s| s["spec"]["selector"] = json!({}), &["W1015"]),
        ("Service", "cart", |s| s["spec"] = json!({ "type": "ExternalName", "externalName": "x" }), &["E1008"]),
        ("Service", "istio-ingressgateway", |s| s["spec"]["ports"][2]["port"] = json!(8443), &["E1010"]),
        ("Service", "internal-gateway", |s| s["spec"]["ports"][0]["port"] = json!(8080), &["E1010"]),
        ("Pod", "cart-{h}-hb2cw", gone, &["E1006"]),
        ("Pod", "cart-{h}-hb2cw", |p| p["status"]["phase"] = json!("Failed"), &["E1006"]),
        ("Pod", "cart-{h}-hb2cw", |p| p["spec"]["containers"][1]["name"] = json!("proxy"), &["E1007"]),
        ("Pod", "catalog-{h}-x8m4d", gone, &[]),
        ("Pod", "catalog-{h}-x8m4d", |p| p["spec"]["hostNetwork"] = json!(true), &["E1007"]),
        ("Pod", "stock-0", |p| p["spec"]["initContainers"] = json!([]), &["E1007"]),
        ("Pod", "session-store-0", |p| p["metadata"]["labels"]["app"] = json!("cart"), &["E1007"]),
        ("Pod", "istio-ingressgateway-{h}-qlx7m", gone, &["E1009"]),
        ("Pod", "internal-gateway-{h}-w4kzt", gone, &["E1009"]),
        ("Deployment", "catalog", gone, &[]),
        ("Deployment", "cart-canary", gone, &["E1006"]),
        ("Deployment", "catalog-admin", |d| d["spec"]["template"]["spec"]["hostNetwork"] = json!(true), &["E1007"]),
        ("Secret", "prod-wildcard", gone, &["E1011"]),
        ("Secret", "prod-wildcard", |s| s["metadata"]["namespace"] = json!("web"), &["E1011"]),
        (
            "Secret",
            "prod-wildcard",
            |s| (s["type"], s["data"]) = (json!("Opaque"), json!({ "ca.crt": "" })),
            &["E1012"],
        ),
        ("Secret", "session-store", gone, &[]),
        ("ConfigMap", "settings", gone, &[]),
    ];
    for (i, (kind, name, change, codes)) in changes.iter().enumerate() {
        let mut objects = objects(&shop());
        let name = name.replace("{h}", h);
        let mut meant = objects.iter_mut().filter(|o| o["kind"] == *kind && o["metadata"]["name"] == name.as_str());
        change(meant.next().unwrap_or_else(|| panic!("{kind} {name}")));
        assert!(meant.next().is_none());
        let (_, found) = held_against(&sources, Some("prod"), &read(&list(&objects)).unwrap());
        let raised: Vec<&str> = found.iter().map(|d| d.code.id()).collect();
        assert_eq!(raised, *codes, "change {i} of {kind} {name}: {:#?}", common::told(&found));
    }
}

#[test]
fn what_the_objects_do_not_hold_is_not_judged_and_said() {
    let sources = common::program(&root().join("examples/shop"));
    let all = objects(&shop());
    let without = |kinds: &[&str]| {
        let kept: Vec<Value> = all.iter().filter(|o| !kinds.contains(&o["kind"].as_str().unwrap())).cloned().collect();
        let (fit, found) = held_against(&sources, Some("prod"), &read(&list(&kept)).unwrap());
        assert_eq!(found, [], "without {kinds:?}");
        fit.unwrap().unjudged
    };
    assert_eq!(without(&["Secret"]), ["the certificates of gateways, since no Secret is among the objects"]);
    assert_eq!(
        without(&["Service"]),
        ["Services, their ports and what is behind them, since no Service is among the objects"]
    );
    assert_eq!(
        without(&["Pod", "Deployment"]),
        ["which pods there are, their sidecars, and gateways, since no Pod and no workload is among the objects"]
    );
    assert_eq!(
        without(&["Namespace"]),
        [
            "whether the namespaces are there, since no Namespace is among the objects",
            "whether the pod of Deployment `cart-canary` gets a sidecar, since no Namespace is among the objects",
            "whether the pod of Deployment `catalog-admin` gets a sidecar, since no Namespace is among the objects",
        ]
    );
    let mut empty = all.clone();
    for secret in empty.iter_mut().filter(|o| o["kind"] == "Secret") {
        secret["type"] = json!("Opaque");
        secret.as_object_mut().unwrap().remove("data");
    }
    let (fit, _) = held_against(&sources, Some("prod"), &read(&list(&empty)).unwrap());
    assert_eq!(
        fit.unwrap().unjudged,
        ["whether Secret `istio-system/prod-wildcard` is a certificate, since the keys of its data are left out"]
    );
}

/// Each of these pods answers requests for the app that no sidecar of it has seen.
#[test]
fn ways_past_a_sidecar_are_told() {
    let told = |namespace: &str, running: bool, annotations: &Value| {
        let program = format!("app shop in {namespace} port 80 {{\n  GET /healthz public\n}}\n");
        let sources = SourceMap::single("a.mesh", program);
        let mut containers = vec![json!({ "name": "shop" })];
        containers.extend(running.then(|| json!({ "name": "istio-proxy" })));
        let labels = json!({ "app": "shop" });
        let pod = json!({ "metadata": { "labels": labels, "annotations": annotations }, "spec": { "containers": containers } });
        let here = json!({ "name": "shop", "namespace": namespace });
        let workload = if running {
            let metadata =
                json!({ "name": "shop", "namespace": namespace, "labels": labels, "annotations": annotations });
            json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"] })
        } else {
            let spec = json!({ "selector": { "matchLabels": labels }, "template": pod });
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": here, "spec": spec })
        };
        let label = json!({ "istio-injection": "enabled" });
        let ports = json!([{ "name": "http", "port": 80 }]);
        let all = [
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace, "labels": label } }),
            json!({ "apiVersion": "v1", "kind": "Service", "metadata": here, "spec": { "selector": labels, "ports": ports } }),
            workload,
        ];
        let (_, found) = held_against(&sources, None, &read(&list(&all)).unwrap());
        found.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    let interfaces = |list: &str| json!({ "traffic.sidecar.istio.io/excludeInterfaces": list });
    let templates = |list: &str| json!({ "inject.istio.io/templates": list });
    for running in [true, false] {
        for fine in [json!({}), interfaces("net1"), templates("sidecar"), templates("sidecar,mine"), templates("mine")]
        {
            assert_eq!(told("web", running, &fine), [], "{fine}");
        }
        for past in [interfaces("eth0"), interfaces("net1, eth0"), templates("grpc-agent"), templates("gateway")] {
            assert_eq!(told("web", running, &past), [codes::NOT_ENFORCED], "{past}");
        }
    }
    assert_eq!(told("kube-system", false, &json!({})), [codes::NOT_ENFORCED]);
    assert_eq!(told("kube-system", true, &json!({})), []);
}

#[test]
fn a_program_with_errors_is_not_held_against_anything() {
    let sources = SourceMap::single("a.mesh", "app shop port 80 {\n  GET /** require nobody\n}\n");
    let (fit, found) = held_against(&sources, None, &read(&fs::read_to_string(shop()).unwrap()).unwrap());
    assert_eq!((fit, found.len()), (None, 1));
}

/// Texts that are nearly those of a cluster: cut off, and with characters that mean something put in.
#[test]
fn no_text_makes_the_reader_panic() {
    let mut refused = 0;
    for (_, _, path) in pairs().iter().take(6) {
        let text = fs::read_to_string(path).unwrap();
        let json = list(&objects(path));
        for (text, step) in [(&text, 29), (&json, 37)] {
            for at in (0..text.len()).step_by(step).filter(|at| text.is_char_boundary(*at)) {
                refused += usize::from(read(&text[..at]).is_err());
                let sign =
                    ["*a ", "&a ", "- ", ": ", "{", "]", "\"", "!!map ", "\t", "\u{0}", "? ", "|\n", "---\n"][at % 13];
                refused += usize::from(read(&format!("{}{sign}{}", &text[..at], &text[at..])).is_err());
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
