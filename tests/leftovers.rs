//! What earlier builds left in a cluster: what is found, what is left alone, and in which order it goes.

mod common;

use std::collections::BTreeMap;

use common::compile;
use meshc::cluster::Cluster;
use meshc::leftovers::{self, Identity, ObjectName, Plan};
use meshc::project::ProgramName;
use meshc::source::SourceMap;
use meshc::target::Document;
use meshc::target::istio::{PART_OF, closed};
use meshc::{Options, emit};
use serde_json::{Value, json};

/// Two apps behind a gateway, one of which wants tokens.
const BOTH: &str = "\
issuer corp {
  url   \"https://issuer.example.com\"
  jwks  \"https://issuer.example.com/keys\"
}

gateway edge {
  http 80
}

app shop in web port 8080 {
  hosts shop.example.com

  GET /** public
}

app cart in web port 8080 {
  hosts cart.example.com

  GET /** require token
}
";

/// The program without the app `cart`.
const ONE: &str = "\
gateway edge {
  http 80
}

app shop in web port 8080 {
  hosts shop.example.com

  GET /** public
}
";

fn name(text: &str) -> ProgramName {
    ProgramName::new(text).expect("a name")
}

fn options(program: Option<&str>) -> Options {
    Options { program: program.map(name), ..Options::default() }
}

fn build(text: &str, program: Option<&str>) -> Vec<Document> {
    let built = compile(&SourceMap::single("access.mesh", text), &options(program));
    assert!(!built.documents.is_empty(), "{:#?}", common::told(&built.diagnostics));
    built.documents
}

fn objects(documents: &[Document]) -> Vec<Value> {
    documents.iter().map(|document| serde_json::to_value(&document.body).unwrap()).collect()
}

fn pod(namespace: &str, app: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": format!("{app}-0"), "namespace": namespace, "labels": { "app": app, "tier": "web" } },
        "spec": { "containers": [{ "name": app }, { "name": "istio-proxy" }] },
    })
}

fn plan(built: &[Document], there: &[Value]) -> Plan {
    let text = json!({ "apiVersion": "v1", "kind": "List", "items": there }).to_string();
    let cluster = Cluster::read([("cluster.json", text.as_str())]).unwrap_or_else(|problems| panic!("{problems:?}"));
    leftovers::plan(&Identity::from(&name("shop")), built, &cluster)
}

fn shown(objects: &[ObjectName]) -> Vec<String> {
    objects.iter().map(|o| format!("{} {}/{}", o.kind, o.namespace, o.name)).collect()
}

/// Routes that are deleted, what is applied, policies that are closed, policies that are deleted, and
/// RequestAuthentications that are.
fn steps(plan: &Plan) -> [Vec<String>; 5] {
    let close: Vec<ObjectName> = plan.close.iter().map(|policy| policy.object.clone()).collect();
    let superseded = plan.superseded.iter().map(|policy| policy.object.clone());
    let gone: Vec<ObjectName> = superseded.chain(plan.policies.iter().cloned()).collect();
    [&plan.routes, &plan.apply, &close, &gone, &plan.authentications].map(|objects| shown(objects))
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_in_the_build_is_not_left_over() {
    let built = build(BOTH, Some("shop"));
    let mut there = objects(&built);
    there.push(pod("web", "cart"));
    assert_eq!(plan(&built, &there), Plan::default());
}

#[test]
fn routes_go_first_and_what_verifies_tokens_goes_last() {
    let mut there = objects(&build(BOTH, Some("shop")));
    there.extend([pod("web", "cart"), pod("web", "shop")]);
    let found = plan(&build(ONE, Some("shop")), &there);
    let [routes, apply, close, gone, authentications] = steps(&found);
    assert_eq!(routes, ["VirtualService default/edge.cart.example.com"]);
    assert_eq!(apply, strings(&[]));
    assert_eq!(close, ["AuthorizationPolicy web/cart"]);
    assert_eq!(gone, strings(&[]));
    assert_eq!(authentications, ["RequestAuthentication web/cart"]);
    assert_eq!((found.count(), found.close[0].pods), (3, Some(1)));
}

#[test]
fn the_policy_of_an_app_that_is_gone_goes_when_its_pods_are_gone() {
    let mut there = objects(&build(BOTH, Some("shop")));
    let built = build(ONE, Some("shop"));
    // Nothing is known of pods: they may be there.
    let [_, _, close, gone, _] = steps(&plan(&built, &there));
    assert_eq!((close, gone), (strings(&["AuthorizationPolicy web/cart"]), strings(&[])));
    // A pod of the same labels elsewhere is none of it.
    there.extend([pod("web", "shop"), pod("other", "cart")]);
    let [_, _, close, gone, _] = steps(&plan(&built, &there));
    assert_eq!((close, gone), (strings(&[]), strings(&["AuthorizationPolicy web/cart"])));
    // A workload without pods may have some at any time.
    let template = json!({ "metadata": { "labels": { "app": "cart" } }, "spec": {} });
    let spec = json!({ "selector": { "matchLabels": { "app": "cart" } }, "template": template });
    let metadata = json!({ "name": "cart", "namespace": "web" });
    there.push(json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec }));
    let [_, _, close, gone, _] = steps(&plan(&built, &there));
    assert_eq!((close, gone), (strings(&["AuthorizationPolicy web/cart"]), strings(&[])));
}

#[test]
fn a_policy_without_rules_stays_and_is_nothing_to_do() {
    let options = options(Some("shop")).for_istio();
    let selector = [("app".to_string(), "cart".to_string())].into();
    let built = build(ONE, Some("shop"));
    let mut there = objects(&built);
    there.extend(objects(&[closed("web", "cart", selector, &options)]));
    there.push(pod("web", "cart"));
    let found = plan(&built, &there);
    assert_eq!((found.count(), found.stay.len()), (0, 1));
    assert_eq!(shown(&[found.stay[0].object.clone()]), ["AuthorizationPolicy web/cart"]);
    there.pop();
    there.push(pod("web", "shop"));
    let [_, _, _, gone, _] = steps(&plan(&built, &there));
    assert_eq!(gone, ["AuthorizationPolicy web/cart"]);
}

/// An app with so many lines, each of which asks for something else.
fn many(lines: usize) -> String {
    let line = |i| format!("  GET /r{i} require token from corp and claim groups has \"g{i}\"\n");
    let lines: String = (0..lines).map(line).collect();
    format!(
        "{}app shop in web port 8080 {{\n  hosts shop.example.com\n\n{lines}}}\n",
        &BOTH[..BOTH.find("app").unwrap()]
    )
}

#[test]
fn a_part_goes_once_the_smaller_policy_is_in_place() {
    let (large, small) = (build(&many(600), Some("shop")), build(&many(300), Some("shop")));
    let policies = |documents: &[Document]| documents.iter().filter(|d| d.key.kind == "AuthorizationPolicy").count();
    assert_eq!((policies(&large), policies(&small)), (2, 1));
    let mut there = objects(&large);
    there.push(pod("web", "shop"));
    let found = plan(&small, &there);
    let [_, apply, close, gone, _] = steps(&found);
    assert_eq!(apply, ["AuthorizationPolicy web/shop", "RequestAuthentication web/shop"]);
    assert_eq!((close, gone), (strings(&[]), strings(&["AuthorizationPolicy web/shop.2"])));
    assert_eq!(found.superseded[0].by, "shop");
    // With the new one in place only the part is left, in whatever order the cluster gives the keys back.
    let part = there.into_iter().find(|o| o["metadata"]["name"] == "shop.2").unwrap();
    let mut there = objects(&small);
    let policy = there.iter_mut().find(|o| o["kind"] == "AuthorizationPolicy").unwrap();
    let rule = policy["spec"]["rules"][0].take();
    let reversed: serde_json::Map<String, Value> = rule.as_object().unwrap().clone().into_iter().rev().collect();
    policy["spec"]["rules"][0] = Value::Object(reversed);
    there.extend([part, pod("web", "shop")]);
    let [_, apply, _, gone, _] = steps(&plan(&small, &there));
    assert_eq!((apply, gone), (strings(&[]), strings(&["AuthorizationPolicy web/shop.2"])));
}

#[test]
fn an_app_with_other_pods_leaves_its_parts_closed() {
    let mut there = objects(&build(&many(600), Some("shop")));
    there.push(pod("web", "shop"));
    // The new policy `shop` is about other pods, so it decides nothing for those of the old one.
    let other = many(300).replace("  hosts", "  select app=store\n  hosts");
    let [_, apply, close, gone, _] = steps(&plan(&build(&other, Some("shop")), &there));
    assert_eq!(apply, ["AuthorizationPolicy web/shop", "RequestAuthentication web/shop"]);
    assert_eq!((close, gone), (strings(&["AuthorizationPolicy web/shop.2"]), strings(&[])));
}

#[test]
fn an_app_that_is_called_otherwise_takes_over() {
    let mut there = objects(&build(ONE, Some("shop")));
    there.push(pod("web", "shop"));
    let renamed = ONE.replace("app shop in web", "app store in web").replace("  hosts", "  select app=shop\n  hosts");
    let found = plan(&build(&renamed, Some("shop")), &there);
    let [_, apply, close, gone, _] = steps(&found);
    // The new one is put there first, so that the pods are never without a policy.
    assert_eq!(apply, ["AuthorizationPolicy web/store"]);
    assert_eq!((close, gone), (strings(&[]), strings(&["AuthorizationPolicy web/shop"])));
    // A policy that asks for one label more leaves pods out.
    let narrow = renamed.replace("app=shop", "app=shop tier=web");
    let [_, apply, close, gone, _] = steps(&plan(&build(&narrow, Some("shop")), &there));
    assert_eq!((apply, gone), (strings(&[]), strings(&[])));
    assert_eq!(close, ["AuthorizationPolicy web/shop"]);
}

#[test]
fn a_route_that_is_called_otherwise_goes_when_the_new_one_is_there() {
    let mut there = objects(&build(ONE, Some("shop")));
    there.push(pod("web", "shop"));
    let wider = ONE.replace("hosts shop.example.com", "hosts a.example.com shop.example.com");
    let found = plan(&build(&wider, Some("shop")), &there);
    assert_eq!(shown(&found.take_over), ["VirtualService default/edge.a.example.com"]);
    assert_eq!(shown(&found.renamed), ["VirtualService default/edge.shop.example.com"]);
    assert_eq!((found.count(), found.routes), (1, vec![]));
    // A host that is gone, or that only another gateway serves, goes first.
    let other = ONE.replace("hosts shop.example.com", "hosts a.example.com");
    let moved = wider.replace("gateway edge {", "gateway front {");
    for program in [other, moved] {
        let found = plan(&build(&program, Some("shop")), &there);
        assert_eq!(shown(&found.routes)[0], "VirtualService default/edge.shop.example.com");
        assert_eq!((found.take_over, found.renamed), (vec![], vec![]));
    }
}

#[test]
fn what_others_wrote_is_left_alone() {
    let built = build(ONE, Some("shop"));
    let mut there = objects(&build(BOTH, Some("other")));
    there.push(pod("web", "shop"));
    // What the build has too is reported, since applying the build would take it away from the other program.
    let found = plan(&built, &there);
    assert_eq!(
        shown(&found.foreign["other"]),
        ["AuthorizationPolicy web/shop", "Gateway default/edge", "VirtualService default/edge.shop.example.com"]
    );
    assert_eq!(Plan { foreign: BTreeMap::new(), ..found }, Plan::default());
    // What bears no name is counted, unless it is in the build and gets the name with it.
    let mut there = objects(&build(BOTH, None));
    there.push(pod("web", "shop"));
    assert_eq!(plan(&built, &there), Plan { unnamed: 3, ..Plan::default() });
    // What is not meshc's is nothing, also with the program's name.
    let mut there = objects(&build(BOTH, Some("shop")));
    for object in &mut there {
        object["metadata"]["labels"] = json!({ PART_OF: "shop" });
    }
    assert_eq!(plan(&built, &there), Plan::default());
    // Nor is it replaced where the build has it too.
    let mut there = objects(&build(BOTH, Some("shop")));
    let shop = there.iter_mut().find(|o| o["metadata"]["name"] == "shop").unwrap();
    shop["metadata"]["labels"][PART_OF] = json!("other");
    shop["spec"]["rules"] = json!([{}]);
    there.push(pod("web", "cart"));
    let [_, apply, ..] = steps(&plan(&built, &there));
    assert_eq!(apply, strings(&[]));
}

#[test]
fn a_gateway_of_kubernetes_is_none_of_istio() {
    let built = build(ONE, Some("shop"));
    let labels = json!({ "app.kubernetes.io/managed-by": "meshc", PART_OF: "shop" });
    let gateway = |group: &str| {
        let metadata = json!({ "name": "old", "namespace": "web", "labels": labels });
        json!({ "apiVersion": format!("{group}/v1"), "kind": "Gateway", "metadata": metadata, "spec": {} })
    };
    let there = [pod("web", "shop"), gateway("gateway.networking.k8s.io")];
    assert_eq!(plan(&built, &there).count(), 0);
    assert_eq!(shown(&plan(&built, &[pod("web", "shop"), gateway("networking.istio.io")]).routes), ["Gateway web/old"]);
}

#[test]
fn the_script_keeps_the_order() {
    let sources = SourceMap::single("access.mesh", ONE);
    let built = build(ONE, Some("shop"));
    let mut there = objects(&build(&BOTH.replace("GET /** public", "GET /** require token"), Some("shop")));
    there.extend([pod("web", "cart"), pod("web", "shop")]);
    let found = plan(&built, &there);
    let script = leftovers::script(&found, &built, &sources, &options(Some("shop")).for_istio()).unwrap();
    let mut settings = common::snapshots("");
    settings.set_description("what the script of a plan does, in its order");
    settings.bind(|| insta::assert_snapshot!("prune-script", script));
    // The rules of the build are those that the build writes.
    let policy = built.iter().find(|d| d.key.kind == "AuthorizationPolicy").unwrap();
    assert!(script.contains(&emit::yaml_object(policy, &sources).unwrap()));
}

#[test]
fn a_policy_too_large_for_an_annotation_is_applied_on_the_server() {
    let wide = |lines: usize| many(lines).replace("/r", &format!("/{}/r", "x".repeat(400)));
    let sources = SourceMap::single("access.mesh", wide(500));
    let built = compile(&sources, &options(Some("shop"))).documents;
    let mut there = objects(&build(&many(600), Some("shop")));
    there.push(pod("web", "shop"));
    let script = |built: &[Document]| {
        leftovers::script(&plan(built, &there), built, &sources, &options(Some("shop")).for_istio()).unwrap()
    };
    assert!(script(&built).contains("kubectl apply --server-side -f -"));
    assert!(script(&build(&many(300), Some("shop"))).contains("kubectl apply -f -"));
}

#[test]
fn a_name_that_is_no_name_is_refused() {
    let metadata = json!({ "name": "--all", "namespace": "web" });
    let object = json!({ "apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": metadata, "spec": {} });
    let problems = Cluster::read([("cluster.json", object.to_string().as_str())]).unwrap_err();
    assert_eq!(
        problems,
        ["cannot use `cluster.json`: Gateway `--all`: its `metadata.name` is not a name that Kubernetes takes"]
    );
}

/// The new policy lets any verified token through (A19): what the old app's issuers verified must go before it is applied.
#[test]
fn what_verifies_tokens_on_pods_of_the_build_goes_before_its_rules() {
    let two = BOTH
        .replace("GET /** require token\n}", "GET /** require token from issuer-b\n}")
        .replace("issuer corp {", "issuer issuer-b {\n  url \"https://b.example.com\"\n}\n\nissuer corp {");
    let mut there = objects(&build(&two, Some("shop")));
    there.extend([pod("web", "cart"), pod("web", "shop")]);
    let renamed =
        BOTH.replace("app cart in web port 8080 {", "app basket in web port 8080 {\n  select app=cart\n  service cart");
    let found = plan(&build(&renamed, Some("shop")), &there);
    assert_eq!(shown(&found.verifying), ["RequestAuthentication web/cart"]);
    assert_eq!(found.authentications, vec![]);
}

/// Pods that a policy selects now and none selects after the build are open to the mesh.
#[test]
fn pods_that_a_changed_selector_leaves_are_reported() {
    let mut there = objects(&build(ONE, Some("shop")));
    there.push(pod("web", "shop"));
    let other = ONE.replace("port 8080 {", "port 8080 {\n  select app=shop-v2");
    let found = plan(&build(&other, Some("shop")), &there);
    assert_eq!(
        (shown(&[found.unguarded[0].object.clone()]), found.unguarded[0].pods),
        (strings(&["AuthorizationPolicy web/shop"]), Some(1))
    );
    // A selector that asks for less selects them too.
    let mut there =
        objects(&build(&ONE.replace("port 8080 {", "port 8080 {\n  select app=shop tier=web"), Some("shop")));
    there.push(pod("web", "shop"));
    assert_eq!(plan(&build(ONE, Some("shop")), &there).unguarded, vec![]);
}

/// meshc writes no DENY and none for a whole namespace: somebody copied the labels, and what they guard stays guarded.
#[test]
fn a_policy_that_meshc_does_not_write_is_left_alone() {
    let deny = objects(&build(BOTH, Some("shop")));
    let mut there: Vec<Value> =
        deny.into_iter().filter(|o| o["kind"] == "AuthorizationPolicy" && o["metadata"]["name"] == "cart").collect();
    there[0]["spec"]["action"] = json!("DENY");
    there.extend([pod("web", "shop"), pod("web", "cart")]);
    let found = plan(&build(ONE, Some("shop")), &there);
    assert_eq!(shown(&found.strange), ["AuthorizationPolicy web/cart"]);
    assert_eq!(found.count(), 0);
}
