//! Each thing that Envoy would take in silence is told here.

use super::*;
use crate::access::Access;
use crate::analyze::{Attachments, analyze};
use crate::source::SourceMap;
use crate::target::envoy::model::jwt::JwtRequirementList;
use crate::target::envoy::{EnvoyOptions, lower};

const PROGRAM: &str = r#"
issuer corp {
  url "https://corp.example"
  jwks "https://corp.example/keys"
}

gateway edge {
  http 80
}

app shop port 80 {
  hosts shop.example.com

  GET /**       public
  GET /admin/** require token from corp
}
"#;

fn bootstrap() -> Bootstrap {
    let sources = SourceMap::single("access.mesh", PROGRAM.to_string());
    let parsed = crate::parse(&sources);
    let analysis = analyze(&sources, parsed.files(), None, &Attachments::default());
    let (access, found) = Access::build(&analysis.program);
    assert!(found.is_empty() && analysis.diagnostics.is_empty());
    lower(&access, &EnvoyOptions::default()).unwrap()
}

fn manager(bootstrap: &mut Bootstrap) -> &mut HttpConnectionManager {
    let filter = &mut bootstrap.static_resources.listeners[0].filter_chains[0].filters[0];
    let NetworkFilterConfig::HttpConnectionManager(manager) = &mut filter.typed_config;
    manager
}

fn tokens(bootstrap: &mut Bootstrap) -> &mut JwtAuthentication {
    let filter = manager(bootstrap).http_filters.iter_mut().find(|f| f.name == http::JWT_AUTHN).unwrap();
    let HttpFilterConfig::JwtAuthn(tokens) = &mut filter.typed_config else { panic!("another filter") };
    tokens
}

fn routes(bootstrap: &mut Bootstrap) -> &mut Vec<Route> {
    let Routes::Routes(routes) = &mut manager(bootstrap).route_config.virtual_hosts[0].routes else { panic!("a tree") };
    routes
}

/// The route that needs a token.
fn admin(bootstrap: &mut Bootstrap) -> &mut Route {
    routes(bootstrap).iter_mut().find(|r| r.name == "GET /admin/**").unwrap()
}

fn told(spoil: impl FnOnce(&mut Bootstrap)) -> Vec<String> {
    let mut spoilt = bootstrap();
    spoil(&mut spoilt);
    faults(&spoilt)
}

#[test]
fn what_is_made_has_no_fault() {
    assert_eq!(faults(&bootstrap()), Vec::<String>::new());
}

#[test]
fn names_that_stand_for_nothing_are_told() {
    assert!(!told(|b| b.static_resources.clusters.clear()).is_empty());
    assert!(!told(|b| b.static_resources.clusters[0].load_assignment.cluster_name = "x".into()).is_empty());
    assert!(!told(|b| tokens(b).requirement_map.clear()).is_empty());
    assert!(!told(|b| tokens(b).providers.clear()).is_empty());
    let unknown = JwtPerRoute::PerRoute(PerRouteConfig::RequirementName("x".into()));
    assert!(!told(|b| admin(b).typed_per_filter_config.jwt_authn = unknown).is_empty());
    assert!(!told(|b| manager(b).http_filters[2].name = "rbac").is_empty());
    assert!(!told(|b| manager(b).http_filters.swap(1, 2)).is_empty());
}

#[test]
fn filters_that_are_off_are_told() {
    let off = JwtPerRoute::PerRoute(PerRouteConfig::Disabled(true));
    assert!(!told(|b| admin(b).typed_per_filter_config.jwt_authn = off).is_empty());
    let rules = |route: &mut Route| {
        let RbacPerRouteConfig::PerRoute(rbac) = &mut route.typed_per_filter_config.rbac;
        rbac.rbac.rules.policies.clear();
    };
    assert!(!told(|b| rules(admin(b))).is_empty());
    let everybody = routes(&mut bootstrap()).pop().unwrap().typed_per_filter_config.rbac;
    assert!(!told(|b| admin(b).typed_per_filter_config.rbac = everybody).is_empty());
    let anything = JwtRequirement::RequiresAny(JwtRequirementList { requirements: Vec::new() });
    assert!(!told(|b| tokens(b).requirement_map[0] = anything).is_empty());
    let keys = JwksSource::LocalJwks(DataSource::InlineString(String::new()));
    assert!(!told(|b| tokens(b).providers[0].keys = keys).is_empty());
}

#[test]
fn what_never_matches_is_told() {
    for path in ["", "sec", "/x?y", "/x#y"] {
        assert!(!told(|b| admin(b).matches.path = PathSpecifier::Path(path.into())).is_empty(), "{path}");
    }
    for path in ["/", "/x/", "x"] {
        assert!(
            !told(|b| admin(b).matches.path = PathSpecifier::PathSeparatedPrefix(path.into())).is_empty(),
            "{path}"
        );
    }
    for domain in ["", "dev.*.com", "*.example.*", "SHOP.example.com"] {
        let told = told(|b| manager(b).route_config.virtual_hosts[1].domains.push(domain.into()));
        assert!(!told.is_empty(), "{domain}");
    }
    assert!(!told(|b| routes(b).truncate(2)).is_empty());
    assert!(!told(|b| drop(manager(b).route_config.virtual_hosts.pop())).is_empty());
    let twice = |b: &mut Bootstrap| b.static_resources.listeners.push(bootstrap().static_resources.listeners.remove(0));
    assert!(!told(twice).is_empty());
}

/// The keys are written twice in the model, since an attribute takes no constant.
#[test]
fn the_keys_of_routes_are_the_names_of_filters() {
    let mut bootstrap = bootstrap();
    let json = serde_json::to_value(admin(&mut bootstrap)).unwrap();
    let keys: Vec<&String> = json["typed_per_filter_config"].as_object().unwrap().keys().collect();
    assert_eq!(keys, [http::JWT_AUTHN, http::RBAC]);
    let cors = include_str!("../model/route.rs").contains(&format!("rename = \"{}\"", http::CORS));
    assert!(cors);
}
