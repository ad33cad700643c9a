//! What `envoy --mode validate` takes in silence although it is wrong: names that stand for nothing, hosts and paths that
//! never match, filters that are off. None of it is made; this sees that it stays so.

use std::collections::BTreeSet;

use super::Bootstrap;
use super::model::bootstrap::{Listener, NetworkFilterConfig};
use super::model::cluster::DataSource;
use super::model::http::{self, HttpConnectionManager, HttpFilter, HttpFilterConfig};
use super::model::jwt::{JwksSource, JwtAuthentication, JwtRequirement, PerRouteConfig};
use super::model::rbac::{Action as RbacAction, Principal, Rules};
use super::model::route::{
    Action, ClusterSpecifier, JwtPerRoute, MatchActionConfig, PathSpecifier, RbacPerRouteConfig, Route, Routes,
    VirtualHost,
};

/// Everything that is wrong, in words; empty if all is well.
pub(super) fn faults(bootstrap: &Bootstrap) -> Vec<String> {
    let mut faults = Vec::new();
    let mut clusters = BTreeSet::new();
    for cluster in &bootstrap.static_resources.clusters {
        if !clusters.insert(cluster.name.as_str()) {
            faults.push(format!("two clusters `{}`", cluster.name));
        }
        if cluster.load_assignment.cluster_name != cluster.name {
            faults.push(format!("cluster `{}` has the endpoints of another", cluster.name));
        }
    }
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for listener in &bootstrap.static_resources.listeners {
        let address = &listener.address.socket_address;
        if !names.insert(&listener.name) || !addresses.insert((&address.address, address.port_value)) {
            faults.push(format!("a listener `{}` is there already, by name or by address", listener.name));
        }
        in_listener(listener, &clusters, &mut faults);
    }
    faults
}

fn in_listener(listener: &Listener, clusters: &BTreeSet<&str>, faults: &mut Vec<String>) {
    for filter in listener.filter_chains.iter().flat_map(|c| &c.filters) {
        let NetworkFilterConfig::HttpConnectionManager(manager) = &filter.typed_config;
        let tokens = in_filters(&manager.http_filters, faults);
        if let Some(tokens) = tokens {
            in_tokens(tokens, clusters, faults);
            in_routes(manager, tokens, clusters, faults);
        }
        let config = &manager.route_config;
        if !config.validate_clusters {
            faults.push("clusters of routes are not validated".to_string());
        }
        let mut domains = BTreeSet::new();
        for domain in config.virtual_hosts.iter().flat_map(|v| &v.domains) {
            let rest = domain.strip_prefix('*').unwrap_or(domain);
            if domain.is_empty() || rest.contains('*') || !domains.insert(domain.to_ascii_lowercase()) {
                faults.push(format!("the domain `{domain}` never matches, or is there twice"));
            }
        }
        if !domains.contains("*") {
            faults.push("no virtual host for unknown hosts".to_string());
        }
    }
}

/// The filters are there under their names, in their order: a route's words for a filter that is not there count for
/// nothing.
fn in_filters<'a>(filters: &'a [HttpFilter], faults: &mut Vec<String>) -> Option<&'a JwtAuthentication> {
    let names: Vec<&str> = filters.iter().map(|f| f.name).filter(|n| *n != http::AUDIENCES).collect();
    if names != [http::CORS, http::JWT_AUTHN, http::RBAC, http::ROUTER] {
        faults.push(format!("the filters are {names:?}"));
    }
    let mut tokens = None;
    for filter in filters {
        match &filter.typed_config {
            HttpFilterConfig::JwtAuthn(config) if filter.name == http::JWT_AUTHN => tokens = Some(config.as_ref()),
            HttpFilterConfig::Rbac(rbac) if filter.name == http::RBAC => {
                if rbac.rules.action != RbacAction::Allow || !rbac.rules.policies.is_empty() {
                    faults.push("what no route lets through is not refused".to_string());
                }
            }
            HttpFilterConfig::Rbac(rbac) if filter.name == http::AUDIENCES => has_policies(&rbac.rules, faults),
            HttpFilterConfig::Cors {} if filter.name == http::CORS => {}
            HttpFilterConfig::Router { .. } if filter.name == http::ROUTER => {}
            _ => faults.push(format!("the filter `{}` is of another kind", filter.name)),
        }
    }
    if tokens.is_none() {
        faults.push("no filter looks at tokens".to_string());
    }
    tokens
}

fn in_tokens(tokens: &JwtAuthentication, clusters: &BTreeSet<&str>, faults: &mut Vec<String>) {
    let mut payloads = BTreeSet::new();
    for (name, provider) in &tokens.providers {
        match &provider.keys {
            JwksSource::RemoteJwks(remote) if !clusters.contains(remote.http_uri.cluster.as_str()) => {
                faults.push(format!("the keys of `{name}` are fetched from a cluster that is not there"));
            }
            JwksSource::LocalJwks(DataSource::InlineString(keys)) if keys.trim().is_empty() => {
                faults.push(format!("issuer `{name}` has no keys"));
            }
            JwksSource::RemoteJwks(_) | JwksSource::LocalJwks(_) => {}
        }
        let places = provider.from_headers.len() + provider.from_params.len() + provider.from_cookies.len();
        if places == 0 || !payloads.insert(&provider.payload_in_metadata) {
            faults.push(format!("issuer `{name}` has no place for its tokens, or shares its payload with another"));
        }
    }
    for (name, requirement) in &tokens.requirement_map {
        let known = |r: &JwtRequirement| match r {
            JwtRequirement::ProviderName(provider) => tokens.providers.contains_key(provider),
            JwtRequirement::AllowMissing(_) => true,
            JwtRequirement::RequiresAny(_) => false,
        };
        let fine = match requirement {
            JwtRequirement::RequiresAny(list) => list.requirements.len() > 1 && list.requirements.iter().all(known),
            JwtRequirement::ProviderName(_) => known(requirement),
            JwtRequirement::AllowMissing(_) => false,
        };
        if !fine {
            faults.push(format!("the requirement `{name}` asks for nothing, or for an issuer that is not there"));
        }
    }
}

fn in_routes(
    manager: &HttpConnectionManager,
    tokens: &JwtAuthentication,
    clusters: &BTreeSet<&str>,
    faults: &mut Vec<String>,
) {
    for host in &manager.route_config.virtual_hosts {
        for list in lists(host) {
            let last = list.last().map(|r| &r.matches);
            if last.is_none_or(|m| m.path != PathSpecifier::Prefix("/".to_string()) || !m.headers.is_empty()) {
                faults.push(format!("the routes of `{}` do not end in one for everything", host.name));
            }
            for route in list {
                in_route(route, tokens, clusters, faults);
            }
        }
    }
}

fn lists(host: &VirtualHost) -> Vec<&[Route]> {
    match &host.routes {
        Routes::Routes(routes) => vec![routes],
        Routes::Matcher(matcher) => {
            let entries = matcher.matcher_tree.prefix_match_map.map.values();
            entries
                .map(|e| match &e.action.typed_config {
                    MatchActionConfig::RouteList { routes } => routes.as_slice(),
                })
                .collect()
        }
    }
}

fn in_route(route: &Route, tokens: &JwtAuthentication, clusters: &BTreeSet<&str>, faults: &mut Vec<String>) {
    let name = &route.name;
    let matches = match &route.matches.path {
        PathSpecifier::Prefix(path) | PathSpecifier::Path(path) => path.starts_with('/') && !path.contains(['?', '#']),
        PathSpecifier::PathSeparatedPrefix(path) => {
            path.starts_with('/') && path.len() > 1 && !path.ends_with('/') && !path.contains(['?', '#'])
        }
        PathSpecifier::SafeRegex(regex) => !regex.regex.is_empty(),
    };
    if !matches {
        faults.push(format!("the route `{name}` never matches"));
    }
    let RbacPerRouteConfig::PerRoute(rbac) = &route.typed_per_filter_config.rbac;
    if rbac.rbac.rules.action != RbacAction::Allow {
        faults.push(format!("the route `{name}` lets through whatever it does not name"));
    }
    has_policies(&rbac.rbac.rules, faults);
    let JwtPerRoute::PerRoute(token) = &route.typed_per_filter_config.jwt_authn;
    let mut principals = rbac.rbac.rules.policies.values().flat_map(|p| &p.principals);
    let anybody = principals.clone().any(|p| !is_pinned(p));
    let pinned = principals.any(is_pinned);
    match token {
        PerRouteConfig::Disabled(disabled) if !disabled || pinned => {
            faults.push(format!("the route `{name}` needs a token and does not look at any"));
        }
        PerRouteConfig::Disabled(_) => {}
        PerRouteConfig::RequirementName(requirement) => match tokens.requirement_map.get(requirement) {
            None => faults.push(format!("the route `{name}` has an unknown requirement")),
            Some(requirement) if anybody && !may_be_missing(requirement) => {
                faults.push(format!("the route `{name}` needs a token and lets everybody through"));
            }
            Some(_) => {}
        },
    }
    if let Action::Route(action) = &route.action {
        let to: Vec<&str> = match &action.cluster {
            ClusterSpecifier::Cluster(name) => vec![name],
            ClusterSpecifier::WeightedClusters(weighted) => weighted.clusters.iter().map(|c| c.name.as_str()).collect(),
        };
        if to.is_empty() || to.iter().any(|c| !clusters.contains(c)) {
            faults.push(format!("the route `{name}` leads to a cluster that is not there"));
        }
    }
}

/// A filter whose rules have no policy, or a policy that is empty, is off or refuses everything.
fn has_policies(rules: &Rules, faults: &mut Vec<String>) {
    let empty = |p: &super::model::rbac::Policy| p.permissions.is_empty() || p.principals.is_empty();
    if rules.policies.is_empty() || rules.policies.values().any(empty) {
        faults.push("rules without a policy".to_string());
    }
}

/// Whether a principal holds only with a token of one issuer.
fn is_pinned(principal: &Principal) -> bool {
    match principal {
        Principal::SourcedMetadata(metadata) => {
            metadata.metadata_matcher.path.len() == 2 && metadata.metadata_matcher.path[1].key == "iss"
        }
        Principal::AndIds(set) => set.ids.iter().any(is_pinned),
        Principal::OrIds(set) => !set.ids.is_empty() && set.ids.iter().all(is_pinned),
        Principal::Any(_) | Principal::NotId(_) => false,
    }
}

fn may_be_missing(requirement: &JwtRequirement) -> bool {
    match requirement {
        JwtRequirement::AllowMissing(_) => true,
        JwtRequirement::ProviderName(_) => false,
        JwtRequirement::RequiresAny(list) => list.requirements.iter().any(may_be_missing),
    }
}

#[cfg(test)]
mod tests;
