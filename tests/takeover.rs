//! Routes of a new build that are applied before the build is: only where every rule of the build is in place, and
//! only where the route that they replace can stay so long.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::compile;
use common::random::Random;
use meshc::cluster::Cluster;
use meshc::leftovers::{self, Identity, ObjectName, Plan};
use meshc::project::ProgramName;
use meshc::source::SourceMap;
use meshc::target::Document;
use meshc::target::istio::PART_OF;
use meshc::{Compilation, Options};
use serde_json::{Value, json};

const HEAD: &str = "\
issuer corp {
  url   \"https://issuer.example.com\"
  jwks  \"https://issuer.example.com/keys\"
}

gateway edge {
  http 80
}

gateway inner {
  http 8080
}
";

fn compiled(apps: &str, program: &str) -> Compilation {
    let options = Options { program: ProgramName::new(program), ..Options::default() };
    compile(&SourceMap::single("access.mesh", format!("{HEAD}{apps}")), &options)
}

fn build(apps: &str, program: &str) -> Vec<Document> {
    let built = compiled(apps, program);
    assert!(!built.documents.is_empty(), "{apps}\n{:#?}", common::told(&built.diagnostics));
    built.documents
}

fn objects(documents: &[Document]) -> Vec<Value> {
    documents.iter().map(|document| serde_json::to_value(&document.body).unwrap()).collect()
}

fn plan(built: &[Document], there: &[Value]) -> Plan {
    let text = json!({ "apiVersion": "v1", "kind": "List", "items": there }).to_string();
    let cluster = Cluster::read([("cluster.json", text.as_str())]).unwrap_or_else(|problems| panic!("{problems:?}"));
    leftovers::plan(&Identity::from(&ProgramName::new("shop").unwrap()), built, &cluster)
}

fn pod(app: &str) -> Value {
    let metadata = json!({ "name": format!("{app}-0"), "namespace": "web", "labels": { "app": app } });
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": { "containers": [{ "name": app }] } })
}

fn shown(objects: &[ObjectName]) -> Vec<String> {
    objects.iter().map(|o| format!("{} {}/{}", o.kind, o.namespace, o.name)).collect()
}

fn app(name: &str, gateway: &str, hosts: &str, lines: &str) -> String {
    format!("\napp {name} in web port 8080 {{\n  hosts {hosts}\n  via   {gateway}\n\n{lines}}}\n")
}

const OPEN: &str = "  GET /** public\n";
const GUARDED: &str = "  ANY /admin/** require token\n";

#[test]
fn the_rules_of_a_new_app_are_there_before_a_route_leads_to_it() {
    // The pods of `admin` run before the program has the app: without a policy they are open.
    let mut there = objects(&build(&app("shop", "edge", "shop.example.com", OPEN), "shop"));
    there.extend([pod("shop"), pod("admin")]);
    let hosts = "buy.example.com shop.example.com";
    let new = build(&[app("shop", "edge", hosts, OPEN), app("admin", "edge", hosts, GUARDED)].concat(), "shop");
    let found = plan(&new, &there);
    assert_eq!(shown(&found.take_over), ["VirtualService default/edge.buy.example.com"]);
    assert_eq!(shown(&found.apply), ["AuthorizationPolicy web/admin", "RequestAuthentication web/admin"]);
    // Where another program has the policy, nothing may lead there: the old route goes, and its host is named.
    for kind in ["AuthorizationPolicy", "RequestAuthentication"] {
        let mut there = there.clone();
        let labels = json!({ "app.kubernetes.io/managed-by": "meshc", PART_OF: "other" });
        let metadata = json!({ "name": "admin", "namespace": "web", "labels": labels });
        let version = "security.istio.io/v1";
        there.push(json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": {} }));
        let found = plan(&new, &there);
        assert_eq!((found.take_over.len(), found.apply.len()), (0, 0), "{kind}");
        assert_eq!(shown(&found.routes), ["VirtualService default/edge.shop.example.com"]);
        assert_eq!(found.unserved, BTreeSet::from(["shop.example.com".to_string()]));
    }
}

#[test]
fn a_canary_has_its_rules_before_it_gets_its_share() {
    let route = "  ANY /** require token {\n    to canary 10%\n  }\n";
    let mut there = objects(&build(&app("shop", "edge", "shop.example.com", "  ANY /** require token\n"), "shop"));
    there.extend([pod("shop"), pod("canary")]);
    let new =
        [app("shop", "edge", "buy.example.com shop.example.com", route), "\napp canary in web port 8080 {}\n".into()];
    let found = plan(&build(&new.concat(), "shop"), &there);
    assert_eq!(shown(&found.take_over), ["VirtualService default/edge.buy.example.com"]);
    assert_eq!(shown(&found.apply), ["AuthorizationPolicy web/canary", "RequestAuthentication web/canary"]);
}

#[test]
fn hosts_that_stay_are_served_all_the_time() {
    let mut there = objects(&build(&app("shop", "edge", "a.example.com b.example.com", OPEN), "shop"));
    there.push(pod("shop"));
    let found = plan(&build(&app("shop", "edge", "b.example.com", OPEN), "shop"), &there);
    assert_eq!(shown(&found.take_over), ["VirtualService default/edge.b.example.com"]);
    assert_eq!(shown(&found.renamed), ["VirtualService default/edge.a.example.com"]);
    assert_eq!((found.routes, found.unserved), (vec![], BTreeSet::new()));
    // On another gateway nobody serves it until the build is applied.
    let found = plan(&build(&app("shop", "inner", "b.example.com", OPEN), "shop"), &there);
    assert_eq!(shown(&found.routes), ["VirtualService default/edge.a.example.com", "Gateway default/edge"]);
    assert_eq!((found.take_over, found.unserved), (vec![], BTreeSet::from(["b.example.com".to_string()])));
}

#[test]
fn an_app_that_opens_on_another_gateway_is_not_opened_on_the_old_one() {
    let old = app("shop", "edge", "shop.example.com", "  GET /** require token\n");
    let mut there = objects(&build(&old, "shop"));
    there.extend([pod("shop"), pod("front")]);
    // With the new rules `shop` lets everybody in, whom nothing but `inner` may send there.
    let new = [
        app("front", "edge", "a.example.com shop.example.com", "  GET /** require token\n"),
        app("shop", "inner", "inner.example.com", OPEN),
    ];
    let found = plan(&build(&new.concat(), "shop"), &there);
    assert_eq!(shown(&found.routes), ["VirtualService default/edge.shop.example.com"]);
    assert_eq!(found.take_over, vec![]);
    assert_eq!(found.unserved, BTreeSet::from(["shop.example.com".to_string()]));
}

#[test]
fn a_route_of_another_program_is_not_replaced() {
    let mut there = objects(&build(&app("shop", "edge", "shop.example.com", OPEN), "shop"));
    there.extend(objects(&build(&app("shop", "edge", "buy.example.com", OPEN), "other")).pop());
    there.push(pod("shop"));
    let found = plan(&build(&app("shop", "edge", "buy.example.com shop.example.com", OPEN), "shop"), &there);
    assert_eq!(shown(&found.foreign["other"]), ["VirtualService default/edge.buy.example.com"]);
    assert_eq!((found.take_over, found.renamed), (vec![], vec![]));
    assert_eq!(shown(&found.routes), ["VirtualService default/edge.shop.example.com"]);
}

#[test]
fn a_program_with_an_earlier_name_has_the_objects_of_both() {
    let mut there = objects(&build(&app("cart", "edge", "cart.example.com", OPEN), "market"));
    there.push(pod("shop"));
    let built = build(&app("shop", "edge", "shop.example.com", OPEN), "shop");
    let text = json!({ "apiVersion": "v1", "kind": "List", "items": there }).to_string();
    let cluster = Cluster::read([("cluster.json", text.as_str())]).unwrap();
    let (shop, market) = (ProgramName::new("shop").unwrap(), ProgramName::new("market").unwrap());
    let of = |earlier| Identity { program: &shop, earlier, environments: &[] };
    let found = leftovers::plan(&of(None), &built, &cluster);
    assert_eq!((found.count(), shown(&found.foreign["market"])), (0, strings(&["Gateway default/edge"])));
    let found = leftovers::plan(&of(Some(&market)), &built, &cluster);
    assert_eq!(found.foreign, BTreeMap::new());
    assert_eq!(shown(&found.routes), ["VirtualService default/edge.cart.example.com"]);
    assert_eq!(shown(&found.policies), ["AuthorizationPolicy web/cart"]);
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_string()).collect()
}

/// Some apps on some hosts of some gateways, each with some rules.
fn random_apps(random: &mut Random) -> String {
    let names = ["shop", "admin", "cart"];
    let mut apps = String::new();
    for (number, name) in names.iter().enumerate() {
        if random.one_in(4) && !(number == 2 && apps.is_empty()) {
            continue;
        }
        let gateway = if random.one_in(4) { "inner" } else { "edge" };
        let hosts: Vec<&str> =
            ["a.example.com", "b.example.com", "c.example.com"].into_iter().filter(|_| !random.one_in(3)).collect();
        let hosts = if hosts.is_empty() { vec!["d.example.com"] } else { hosts };
        let access = ["public", "require token", "require token and claim groups has \"admins\""];
        let share = if random.one_in(3) { " {\n    to canary 10%\n  }" } else { "" };
        // Each app has a path of its own, so that any of them may share a host.
        let lines = format!("  GET /{name}/** {}{share}\n", random.pick(&access));
        apps.push_str(&app(name, gateway, &hosts.join(" "), &lines));
    }
    format!("{apps}\napp canary in web port 8080 {{}}\n")
}

/// What a cluster has, by kind, namespace and name.
type State = BTreeMap<String, Value>;

fn key(object: &Value) -> String {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_string();
    format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

/// Objects, and what becomes of each.
type Step<'a> = (&'a [ObjectName], fn(&mut State, &str, &State));

/// The states that a cluster goes through while the script runs, command by command and object by object.
fn states(plan: &Plan, built: &State, start: State) -> Vec<State> {
    let mut states = vec![start];
    let mut step = |change: &dyn Fn(&mut State)| {
        let mut next = states.last().cloned().unwrap_or_default();
        change(&mut next);
        states.push(next);
    };
    let superseded: Vec<ObjectName> = plan.superseded.iter().map(|gone| gone.object.clone()).collect();
    let close: Vec<ObjectName> = plan.close.iter().map(|closed| closed.object.clone()).collect();
    let delete: fn(&mut State, &str, &State) = |state, name, _| drop(state.remove(name));
    let apply: fn(&mut State, &str, &State) = |state, name, built| drop(state.insert(name.into(), built[name].clone()));
    let closes: fn(&mut State, &str, &State) = |state, name, _| {
        if let Some(policy) = state.get_mut(name) {
            policy["spec"]["rules"] = json!([]);
        }
    };
    let steps: [Step<'_>; 9] = [
        (&plan.routes, delete),
        (&plan.verifying, delete),
        (&plan.apply, apply),
        (&superseded, delete),
        (&close, closes),
        (&plan.take_over, apply),
        (&plan.renamed, delete),
        (&plan.policies, delete),
        (&plan.authentications, delete),
    ];
    for (names, change) in steps {
        for name in shown(names) {
            step(&|state| change(state, &name, built));
        }
    }
    states
}

/// The Services of the namespace `web` to which a VirtualService leads, which are called as their apps are.
fn apps_behind(route: &Value) -> Vec<String> {
    let routes = route["spec"]["http"].as_array().into_iter().flatten().filter_map(|http| http["route"].as_array());
    let hosts = routes.flatten().filter_map(|to| to["destination"]["host"].as_str());
    hosts.map(|host| host.split('.').next().unwrap_or_default().to_string()).collect()
}

#[test]
fn no_route_of_the_build_leads_where_a_rule_of_the_build_is_missing() {
    let (mut taken, mut partly) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let mut next = || loop {
            // An app that looks at no token cannot share requests with one that does.
            let apps = random_apps(&mut random);
            if !compiled(&apps, "shop").documents.is_empty() {
                return apps;
            }
        };
        let (old, new) = (next(), next());
        let (before, built) = (objects(&build(&old, "shop")), build(&new, "shop"));
        let mut there = before.clone();
        let mut runs = BTreeSet::from(["shop", "admin", "cart", "canary"]);
        runs.retain(|_| !random.one_in(4));
        there.extend(runs.iter().map(|app| pod(app)));
        let found = plan(&built, &there);
        let of_build: State = objects(&built).into_iter().map(|o| (key(&o), o)).collect();
        let start: State = before.into_iter().map(|o| (key(&o), o)).collect();
        taken += usize::from(!found.take_over.is_empty());
        partly += usize::from(!found.unserved.is_empty());
        let untouched = |name: &String, object: &Value| start.get(name) == Some(object);
        for (step, state) in states(&found, &of_build, start.clone()).iter().enumerate() {
            for (name, route) in state.iter().filter(|(name, _)| name.starts_with("VirtualService")) {
                let put_there = of_build.get(name) == Some(route) && !untouched(name, route);
                for app in apps_behind(route) {
                    let at = format!("seed {seed}, after step {step}: {name} leads to {app}\n{old}\n->\n{new}");
                    let policy = format!("AuthorizationPolicy web/{app}");
                    // No route, old or new, leads to pods without a policy.
                    assert!(state.contains_key(&policy) || !runs.contains(app.as_str()), "{at}");
                    if put_there {
                        let verified = format!("RequestAuthentication web/{app}");
                        assert_eq!(
                            state.get(&policy).map(|p| &p["spec"]),
                            of_build.get(&policy).map(|p| &p["spec"]),
                            "{at}"
                        );
                        let spec = |state: &State| state.get(&verified).map(|a| a["spec"].clone());
                        assert!(spec(&of_build).is_none() || spec(state) == spec(&of_build), "{at}");
                    }
                }
            }
        }
    }
    assert!(taken > 25 && partly > 25, "{taken} take over, {partly} leave hosts");
}
