//! What each mutant does to Envoy's bootstrap.

use serde_json::{Value, json};

use super::{Mutant, each, keep, remove};

/// The bootstrap, broken as far as there is something to break.
pub(super) fn broken(mutant: Mutant, bootstrap: &Value) -> Value {
    let mut broken = bootstrap.clone();
    let listeners = &mut broken["static_resources"]["listeners"];
    if mutant == Mutant::NoHttpsRedirect {
        serve_plain_http(listeners);
    }
    let apps = apps(bootstrap);
    for listener in listeners.as_array_mut().into_iter().flatten() {
        let manager = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
        if mutant == Mutant::MergeSlashes {
            manager["merge_slashes"] = json!(true);
        }
        filters(mutant, manager);
        if mutant == Mutant::NoWildcardHosts {
            let wildcard = |domain: &Value| domain.as_str().is_some_and(|d| d.starts_with("*."));
            each(&mut manager["route_config"], "virtual_hosts", |host| keep(host, "domains", |d| !wildcard(d)));
            keep(&mut manager["route_config"], "virtual_hosts", |host| !host["domains"].is_null());
        }
        for list in lists(&mut manager["route_config"]) {
            routes(mutant, list);
            for route in list {
                of_route(mutant, route, &apps);
            }
        }
    }
    broken
}

/// Gives the listeners that send everything to https the hosts of their gateway's https listener.
fn serve_plain_http(listeners: &mut Value) {
    const HOSTS: &str = "/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts";
    let redirects = |listener: &Value| {
        let hosts = listener.pointer(HOSTS).and_then(Value::as_array);
        hosts.into_iter().flatten().any(|host| host["routes"][0]["name"] == "to https")
    };
    // A listener is called `gateway:port`.
    let gateway = |listener: &Value| listener["name"].as_str().and_then(|n| Some(n.rsplit_once(':')?.0.to_string()));
    let all = listeners.as_array().cloned().unwrap_or_default();
    each_of(listeners, |listener| {
        let other = all.iter().find(|other| gateway(other) == gateway(listener) && !redirects(other));
        if let (true, Some(other)) = (redirects(listener), other) {
            let hosts = other.pointer(HOSTS).cloned();
            *listener.pointer_mut(HOSTS).unwrap() = hosts.unwrap();
        }
    });
}

fn each_of(list: &mut Value, change: impl Fn(&mut Value)) {
    list.as_array_mut().into_iter().flatten().for_each(change);
}

/// The clusters of the apps.
fn apps(bootstrap: &Value) -> Vec<&Value> {
    let clusters = bootstrap["static_resources"]["clusters"].as_array().into_iter().flatten();
    // The clusters from which keys are fetched have names with blanks.
    clusters.map(|c| &c["name"]).filter(|name| name.as_str().is_some_and(|n| !n.contains(' '))).collect()
}

fn filters(mutant: Mutant, manager: &mut Value) {
    if mutant == Mutant::NoAudiences {
        keep(manager, "http_filters", |filter| filter["name"] != "meshc.audiences");
    }
    each(manager, "http_filters", |filter| {
        let name = filter["name"].as_str().unwrap_or_default().to_string();
        let config = &mut filter["typed_config"];
        match name.as_str() {
            "envoy.filters.http.jwt_authn" => {
                let providers = config["providers"].as_object_mut().into_iter().flat_map(|all| all.values_mut());
                providers.for_each(|provider| of_provider(mutant, provider));
            }
            "meshc.audiences" if mutant == Mutant::NoIssuerPin => each_principal(config, &share_payload),
            _ => {}
        }
    });
}

fn of_provider(mutant: Mutant, provider: &mut Value) {
    match mutant {
        Mutant::NoIssuerPin => provider["payload_in_metadata"] = json!("payload"),
        Mutant::NoAudiences => remove(provider, "audiences"),
        Mutant::ForwardTurned => provider["forward"] = json!(provider["forward"] != true),
        Mutant::DefaultLocations => {
            provider["from_headers"] = json!([{ "name": "authorization", "value_prefix": "Bearer " }]);
            provider["from_params"] = json!(["access_token"]);
            remove(provider, "from_cookies");
        }
        _ => {}
    }
}

/// The lists of routes of all virtual hosts: one each, or those in the leaves of a tree.
fn lists(route_config: &mut Value) -> Vec<&mut Vec<Value>> {
    let mut found = Vec::new();
    for host in route_config["virtual_hosts"].as_array_mut().into_iter().flatten() {
        if host.get("routes").is_some() {
            found.extend(host["routes"].as_array_mut());
        } else {
            let map = host["matcher"]["matcher_tree"]["prefix_match_map"]["map"].as_object_mut();
            let leaves = map.into_iter().flat_map(|map| map.values_mut());
            found.extend(leaves.filter_map(|leaf| leaf["action"]["typed_config"]["routes"].as_array_mut()));
        }
    }
    found
}

fn name(route: &Value) -> &str {
    route["name"].as_str().unwrap_or_default()
}

/// The guard of a host is the first of its routes.
fn is_guard(route: &Value) -> bool {
    name(route) == "400 ambiguous path"
}

fn answers(route: &Value, status: u16) -> bool {
    route["direct_response"]["status"] == status
}

fn routes(mutant: Mutant, list: &mut Vec<Value>) {
    match mutant {
        Mutant::NoAmbiguityGuard => list.retain(|route| !is_guard(route)),
        Mutant::NoBracketGuard => list.retain(|route| is_guard(route) || !answers(route, 400)),
        Mutant::NoMethodRefusal => list.retain(|route| !answers(route, 405)),
        Mutant::NoDeny => list.retain(|route| !answers(route, 403)),
        Mutant::NoCors => list.retain(|route| !name(route).starts_with("preflight ")),
        Mutant::ReversedRoutes => reverse_paths(list),
        _ => {}
    }
}

/// Turns the order of the paths round; the routes of one path stay in their order. The last word of a route's name is its
/// path. The guard stays the first route and the 404 the last one.
fn reverse_paths(list: &mut Vec<Value>) {
    let path = |route: &Value| name(route).rsplit(' ').next().map(str::to_string);
    let first = usize::from(list.first().is_some_and(is_guard));
    let Some(end) = list.len().checked_sub(1).filter(|end| *end > first) else { return };
    let groups: Vec<Vec<Value>> =
        list[first..end].chunk_by(|a, b| path(a) == path(b)).map(<[Value]>::to_vec).rev().collect();
    list.splice(first..end, groups.into_iter().flatten());
}

fn of_route(mutant: Mutant, route: &mut Value, apps: &[&Value]) {
    let preflight = name(route).starts_with("preflight ");
    match mutant {
        Mutant::NoRouteMethods if !preflight => remove(&mut route["match"], "headers"),
        Mutant::PlainPrefixes => {
            if let Some(prefix) = route["match"].as_object_mut().and_then(|m| m.shift_remove("path_separated_prefix")) {
                route["match"]["prefix"] = prefix;
            }
        }
        Mutant::NoCors => remove(&mut route["typed_per_filter_config"], "envoy.filters.http.cors"),
        _ => {}
    }
    if route.get("route").is_some() {
        let action = &mut route["route"];
        let weighted = |action: &mut Value| action.as_object_mut().and_then(|a| a.shift_remove("weighted_clusters"));
        match mutant {
            Mutant::NoRewrites => {
                remove(action, "prefix_rewrite");
                remove(action, "regex_rewrite");
            }
            Mutant::OneApp => {
                weighted(action);
                action["cluster"] = apps[0].clone();
            }
            Mutant::NoShares => {
                let shared = action
                    .pointer("/weighted_clusters/clusters")
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default();
                let without = apps.iter().find(|app| shared.iter().all(|share| share["name"] != ***app));
                if let (false, Some(other)) = (shared.is_empty(), without) {
                    weighted(action);
                    action["cluster"] = (*other).clone();
                }
            }
            _ => {}
        }
    }
    let filters = &mut route["typed_per_filter_config"];
    let token = &mut filters["envoy.filters.http.jwt_authn"];
    // The requirement that a token may be missing is called `… or none`.
    let optional = token["requirement_name"].as_str().is_some_and(|name| name.ends_with(" or none"));
    if mutant == Mutant::NoAuthentication || (mutant == Mutant::NoTokenOnPublic && optional) {
        remove(token, "requirement_name");
        token["disabled"] = json!(true);
    }
    let rbac = &mut filters["envoy.filters.http.rbac"]["rbac"];
    match mutant {
        Mutant::NoPolicy => {
            let everybody = json!({ "permissions": [{ "any": true }], "principals": [{ "any": true }] });
            rbac["rules"]["policies"] = json!({ "public": everybody });
        }
        Mutant::NoIssuerPin => each_principal(rbac, &|principal| {
            share_payload(principal);
            if asks(principal, "iss") {
                principal["sourced_metadata"]["metadata_matcher"]["value"] =
                    json!({ "string_match": { "safe_regex": { "regex": "(?s).*" } } });
            }
        }),
        Mutant::NoConditions => each_principal(rbac, &|p| keep_parts(p, |part| asks(part, "iss") || is_subject(part))),
        Mutant::NoNegations => each_principal(rbac, &|p| keep_parts(p, |part| part.get("not_id").is_none())),
        Mutant::NoSubject => each_principal(rbac, &|p| keep_parts(p, |part| !is_subject(part))),
        Mutant::NegationOfListsOnly => each_principal(rbac, &|principal| {
            let Some(value) = principal.pointer_mut("/not_id/sourced_metadata/metadata_matcher/value") else { return };
            let mut any = value["or_match"]["value_matchers"].as_array().into_iter().flatten();
            if let Some(in_list) = any.rfind(|matcher| matcher.get("list_match").is_some()).cloned() {
                *value = in_list;
            }
        }),
        _ => {}
    }
}

/// Changes every principal of some rules, those within others too; the outer ones come first.
fn each_principal(rbac: &mut Value, change: &dyn Fn(&mut Value)) {
    fn within(principal: &mut Value, change: &dyn Fn(&mut Value)) {
        change(principal);
        for set in ["and_ids", "or_ids"] {
            if let Some(set) = principal.get_mut(set) {
                each(set, "ids", |part| within(part, change));
            }
        }
        if let Some(inner) = principal.get_mut("not_id") {
            within(inner, change);
        }
    }
    let policies = rbac["rules"]["policies"].as_object_mut();
    for policy in policies.into_iter().flat_map(|policies| policies.values_mut()) {
        each(policy, "principals", |principal| within(principal, change));
    }
}

/// Keeps these parts of what must hold together.
fn keep_parts(principal: &mut Value, test: impl Fn(&Value) -> bool) {
    if let Some(set) = principal.get_mut("and_ids") {
        keep(set, "ids", test);
    }
}

/// All issuers' payloads stand under one key.
fn share_payload(principal: &mut Value) {
    if let Some(first) = principal.pointer_mut("/sourced_metadata/metadata_matcher/path/0/key") {
        *first = json!("payload");
    }
}

/// Whether a principal asks for one text in this claim: conditions ask for a text or a list.
fn asks(principal: &Value, claim: &str) -> bool {
    let matcher = &principal["sourced_metadata"]["metadata_matcher"];
    matcher["path"][1]["key"] == claim && matcher["path"][2].is_null() && !matcher["value"]["string_match"].is_null()
}

/// Whether a principal asks for a subject of some kind.
fn is_subject(principal: &Value) -> bool {
    asks(principal, "sub")
}
