//! What an earlier build left, as Istio reads it: a part of a policy that has become smaller allows what the program
//! refuses, and no longer does so when it is closed or gone.

use std::collections::BTreeMap;

use meshc::Attachments;
use meshc::access::{Access, Outcome, Request};
use meshc::analyze::analyze;
use meshc::cluster::Cluster;
use meshc::ir::Program;
use meshc::leftovers::{self, Identity, ObjectName, Plan};
use meshc::project::ProgramName;
use meshc::source::SourceMap;
use meshc::target::Document;
use meshc::target::istio::{IstioOptions, closed, lower_each};
use meshc::testing;
use serde_json::{Value, json};

use crate::assert_clean;
use crate::case::{probe, question};
use crate::engine::{self, Turn};

const HEAD: &str = "\
issuer corp {
  url \"https://issuer.example.com\"
}

gateway edge {
  http 80
}
";

/// An app with so many lines, each of which asks for a group of its own.
fn shop(lines: usize, more: &str) -> String {
    let line = |i| format!("  GET /r{i} require token from corp and claim groups has \"g{i}\"\n");
    let lines: String = (0..lines).map(line).collect();
    format!("\napp shop in web port 8080 {{\n  hosts shop.example.com\n  via   edge\n\n{lines}{more}}}\n")
}

const CART: &str = "\napp cart in web port 8080 {\n  hosts cart.example.com\n  via   edge\n\n  GET /** public\n}\n";

fn read(text: &str) -> Program {
    let sources = SourceMap::single("access.mesh", text);
    let analysis = analyze(&sources, meshc::parse(&sources).files(), None, &Attachments::default());
    assert!(analysis.diagnostics.iter().all(|d| !d.is_error()), "{:#?}", analysis.diagnostics);
    analysis.program
}

fn options() -> IstioOptions {
    IstioOptions { program: ProgramName::new("shop"), ..IstioOptions::default() }
}

fn build(access: &Access<'_>) -> Vec<Document> {
    let (documents, found) = lower_each(access, &options(), |document| document);
    assert!(found.is_empty() && !documents.is_empty());
    documents
}

type Objects = BTreeMap<(String, String, String), Value>;

fn key(object: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let metadata = &object["metadata"];
    (text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

/// Applies documents over what is there.
fn apply(there: &mut Objects, documents: &[Document]) {
    for document in documents {
        let object = serde_json::to_value(&document.body).unwrap();
        there.insert(key(&object), object);
    }
}

/// What becomes of a request that the program decides about in this way.
fn status(istio: &mut Turn, access: &Access<'_>, there: &Objects, request: &Request) -> u64 {
    let objects: Vec<Value> = there.values().cloned().collect();
    let mut question = question("probe", access.program, &objects);
    question["requests"] = json!([probe(access, &objects, request, 1)]);
    let (answer, _) = istio.ask(&question).unwrap();
    answer["outcomes"][0]["status"].as_u64().unwrap_or_else(|| panic!("{answer}"))
}

/// The one request of the tests of a program, and what the program says of it.
fn request(access: &Access<'_>) -> (Request, Outcome) {
    let report = testing::run(access, &testing::Options::default());
    let case = report.cases().next().unwrap();
    assert!(case.passed());
    let delivery = &case.answers[0].delivery;
    (delivery.request.clone().unwrap(), delivery.decision.outcome.clone())
}

fn plan(built: &[Document], there: &Objects, pods: &[&str]) -> Plan {
    let pod = |app: &&str| {
        let metadata = json!({ "name": app, "namespace": "web", "labels": { "app": app } });
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {} })
    };
    let items: Vec<Value> = there.values().cloned().chain(pods.iter().map(pod)).collect();
    let text = json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string();
    let cluster = Cluster::read([("cluster.json", text.as_str())]).unwrap();
    leftovers::plan(&Identity::from(&options().program.unwrap()), built, &cluster)
}

/// Does what a plan says, and then applies the whole build.
fn roll_out(there: &mut Objects, plan: &Plan, built: &[Document]) {
    let superseded = plan.superseded.iter().map(|policy| &policy.object);
    let deleted = [&plan.routes, &plan.renamed, &plan.policies, &plan.authentications].into_iter().flatten();
    for ObjectName { kind, namespace, name } in deleted.chain(superseded) {
        assert!(there.remove(&(kind.to_string(), namespace.clone(), name.clone())).is_some());
    }
    for policy in &plan.close {
        let ObjectName { namespace, name, .. } = &policy.object;
        apply(there, &[closed(namespace, name, policy.selector.clone(), &options())]);
    }
    apply(there, built);
}

#[test]
fn a_part_that_an_earlier_build_left_is_open_until_it_is_closed_or_gone() {
    let Some(mut istio) = engine::istio() else { return };
    let large = read(&[HEAD, &shop(600, "")].concat());
    // The line asks for another group now, and the program has fewer of them.
    let line = "  GET /r599 require token from corp and claim groups has \"other\"\n";
    let test = "\ntest \"t\" {\n  GET shop.example.com/r599 with corp { groups [\"g599\"] } => refused\n}\n";
    let small = read(&[HEAD, &shop(300, line), test].concat());
    let (large, small) = (Access::build(&large).0, Access::build(&small).0);
    let (before, built) = (build(&large), build(&small));
    let (request, outcome) = request(&small);
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");

    let mut fresh = Objects::new();
    apply(&mut fresh, &built);
    assert_eq!(status(&mut istio, &small, &fresh, &request), 403);
    // Applied over what was there, it is open.
    let mut over = Objects::new();
    apply(&mut over, &before);
    let left = over.clone();
    apply(&mut over, &built);
    assert_eq!(status(&mut istio, &small, &over, &request), 200);
    // `build --out` writes the part without rules.
    let policy = ("AuthorizationPolicy".to_string(), "web".to_string(), "shop.2".to_string());
    let selector = [("app".to_string(), "shop".to_string())].into();
    apply(&mut over, &[closed("web", "shop.2", selector, &options())]);
    assert!(over.contains_key(&policy));
    assert_eq!(status(&mut istio, &small, &over, &request), 403);
    // `prune` deletes it.
    let mut pruned = left.clone();
    roll_out(&mut pruned, &plan(&built, &left, &["shop"]), &built);
    assert!(!pruned.contains_key(&policy));
    assert_eq!(status(&mut istio, &small, &pruned, &request), 403);
    assert_eq!(pruned, fresh);
}

#[test]
fn the_pods_of_an_app_that_is_gone_are_closed_and_not_open() {
    let Some(mut istio) = engine::istio() else { return };
    let test = "\ntest \"t\" {\n  GET cart.example.com/ => cart\n}\n";
    let (both, one) = (read(&[HEAD, &shop(1, ""), CART, test].concat()), read(&[HEAD, &shop(1, "")].concat()));
    let (both, one) = (Access::build(&both).0, Access::build(&one).0);
    let (before, built) = (build(&both), build(&one));
    let (cart, _) = both.program.app_ids().find(|(_, app)| app.name == "cart").unwrap();
    // Asked by a caller inside the mesh, who needs no route.
    let request = Request { via: meshc::access::Via::Inside(cart), ..request(&both).0 };

    let mut there = Objects::new();
    apply(&mut there, &before);
    assert_eq!(status(&mut istio, &both, &there, &request), 200);
    let plan = plan(&built, &there, &["shop", "cart"]);
    roll_out(&mut there, &plan, &built);
    assert_eq!(status(&mut istio, &both, &there, &request), 403);
    assert_clean(&mut istio, both.program, &there.values().cloned().collect::<Vec<_>>(), "a policy without rules");
    // Without a policy that allows, the pods are open to the mesh. One that denies nothing takes its place here, since the
    // judge knows the pods of an app without routes by their policy.
    let policy = ("AuthorizationPolicy".to_string(), "web".to_string(), "cart".to_string());
    let spec = json!({ "selector": { "matchLabels": { "app": "cart" } }, "action": "DENY" });
    there.get_mut(&policy).unwrap()["spec"] = spec;
    assert_eq!(status(&mut istio, &both, &there, &request), 200);
}
