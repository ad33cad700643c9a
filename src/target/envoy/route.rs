//! The routes of a virtual host, in an order in which the first that matches decides alone: where the request goes, which
//! tokens are looked at, and who may pass.

use super::model::http::CorsPolicy;
use super::model::jwt::PerRouteConfig;
use super::model::matcher::StringMatcher;
use super::model::rbac::RbacPerRoute;
use super::model::route::{
    Action, ClusterSpecifier, ClusterWeight, CorsPerRoute, DirectResponseAction, HeaderMatchSpecifier, HeaderMatcher,
    HeaderValue, HeaderValueOption, JwtPerRoute, PathSpecifier, RbacPerRouteConfig, RedirectAction,
    RedirectResponseCode, RetryPolicy, Route, RouteAction, RouteMatch, TypedPerFilterConfig, WeightedCluster,
};
use super::paths::{self, Rewrite};
use super::tokens::{self, Token};
use super::{Lowering, cluster, principal};
use crate::access::{self, Destination, Forward, Guard, Line, Node, Retries, Table};
use crate::ir::{AppId, Cors, Method, MethodSet, Redirect, RedirectTarget};
use crate::target::expression;

/// All routes of a table; the last one answers 404.
pub(super) fn of_table(lowering: &Lowering<'_, '_>, table: &Table) -> Vec<Route> {
    let mut routes = Vec::new();
    if let Some(ambiguity) = &table.refuse_ambiguous {
        routes.push(answer("400 ambiguous path".into(), paths::matching_regex(&ambiguity.regex()), 400));
    }
    routes.extend(table.nodes.iter().flat_map(|node| of_node(lowering, node)));
    routes.push(not_found());
    routes
}

/// The route of what has no other: it has to stand in each virtual host, because without a route RBAC would answer.
pub(super) fn not_found() -> Route {
    answer("404".into(), paths::everything(), 404)
}

/// The route that sends everything to https.
pub(super) fn to_https(port: u16) -> Route {
    let redirect =
        RedirectAction { https_redirect: Some(true), port_redirect: Some(port), ..RedirectAction::default() };
    Route {
        action: Action::Redirect(redirect),
        name: "to https".to_string(),
        ..answer(String::new(), paths::everything(), 301)
    }
}

fn of_node(lowering: &Lowering<'_, '_>, node: &Node) -> Vec<Route> {
    let mut routes = Vec::new();
    for (part, refused) in node.parts() {
        let path = paths::matching_part(&part);
        if refused {
            routes.push(answer(format!("400 {}", node.pattern), path, 400));
        } else {
            routes.extend(acting(lowering, node, &path));
        }
    }
    routes
}

/// The routes of a node for these of its paths.
fn acting(lowering: &Lowering<'_, '_>, node: &Node, path: &PathSpecifier) -> Vec<Route> {
    let app = lowering.access.program.app(node.app);
    // Where the app behind could not tell what is refused, Istio refuses at the gateway, before any token is looked at.
    let refused = if node.uniform_forward().is_none() { None } else { Some(node) };
    let mut routes: Vec<Route> = node.lines.iter().map(|line| of_line(lowering, node, path, line, refused)).collect();
    let listed = node.lines.iter().fold(MethodSet::EMPTY, |all, line| all.union(line.methods));
    if !listed.is_any() {
        // Without this the request would fall through to a wider path.
        let mut route = answer(format!("405 {}", node.pattern), path.clone(), 405);
        route.typed_per_filter_config = refusing(lowering, refused);
        let names: Vec<&str> = listed.iter().map(Method::name).collect();
        route
            .response_headers_to_add
            .push(HeaderValueOption { header: HeaderValue { key: "allow", value: names.join(", ") } });
        routes.push(route);
    }
    if let Some(cors) = &app.cors {
        for route in &mut routes {
            route.typed_per_filter_config.cors = Some(CorsPerRoute::Policy(cors_policy(cors)));
        }
        routes.insert(0, preflight(lowering, node, path, cors));
    }
    routes
}

fn of_line(
    lowering: &Lowering<'_, '_>,
    node: &Node,
    path: &PathSpecifier,
    line: &Line,
    refused: Option<&Node>,
) -> Route {
    let name = format!("{} {}", line.methods, node.pattern);
    let mut route = match &line.action {
        access::Action::Redirect(redirect) => {
            Route { action: Action::Redirect(redirect_action(redirect)), ..answer(name, path.clone(), redirect.status) }
        }
        access::Action::Refuse => {
            let mut route = answer(name, path.clone(), 403);
            route.typed_per_filter_config = refusing(lowering, refused);
            route
        }
        access::Action::Forward(forward) => forwarding(lowering, node, path, line.guard, forward, name),
    };
    if !line.methods.is_any() {
        route.matches.headers.push(HeaderMatcher { name: ":method", matches: of_methods(line.methods) });
    }
    route
}

/// `HEAD` is a method of its own.
fn of_methods(methods: MethodSet) -> HeaderMatchSpecifier {
    let names: Vec<&str> = methods.iter().map(Method::name).collect();
    HeaderMatchSpecifier::StringMatch(match names.as_slice() {
        [one] => StringMatcher::Exact((*one).to_string()),
        _ => StringMatcher::regex(names.join("|")),
    })
}

/// The route of preflights from listed origins. The CORS filter answers them, but only on a route that leads to a
/// cluster; whoever got past it would be refused.
fn preflight(lowering: &Lowering<'_, '_>, node: &Node, path: &PathSpecifier, cors: &Cors) -> Route {
    let mut route = answer(format!("preflight {}", node.pattern), path.clone(), 200);
    let exact = |text: &str| HeaderMatchSpecifier::StringMatch(StringMatcher::Exact(text.to_string()));
    let origin = if cors.origins.iter().any(|o| o == "*") {
        HeaderMatchSpecifier::PresentMatch(true)
    } else {
        let origins: Vec<String> = cors.origins.iter().map(|o| expression::literal(o)).collect();
        HeaderMatchSpecifier::StringMatch(StringMatcher::regex(origins.join("|")))
    };
    route.matches.headers = vec![
        HeaderMatcher { name: ":method", matches: exact("OPTIONS") },
        HeaderMatcher { name: "origin", matches: origin },
        HeaderMatcher { name: "access-control-request-method", matches: HeaderMatchSpecifier::PresentMatch(true) },
    ];
    let cluster = ClusterSpecifier::Cluster(cluster::name_of(lowering.access.program.app(node.app)));
    route.action = Action::Route(Box::new(RouteAction {
        cluster,
        prefix_rewrite: None,
        regex_rewrite: None,
        timeout: "1s".to_string(),
        idle_timeout: "1s",
        retry_policy: None,
    }));
    route.typed_per_filter_config = filters(PerRouteConfig::Disabled(true), principal::nobody());
    route.typed_per_filter_config.cors = Some(CorsPerRoute::Policy(cors_policy(cors)));
    route
}

/// A route that is answered without a look at tokens.
fn answer(name: String, path: PathSpecifier, status: u16) -> Route {
    Route {
        name,
        matches: RouteMatch { path, headers: Vec::new() },
        action: Action::DirectResponse(DirectResponseAction { status }),
        response_headers_to_add: Vec::new(),
        typed_per_filter_config: filters(PerRouteConfig::Disabled(true), principal::everybody()),
    }
}

/// What the filters do where a request is refused anyway: a bad token is told before that, if the app's own proxy would.
fn refusing(lowering: &Lowering<'_, '_>, refused: Option<&Node>) -> TypedPerFilterConfig {
    let tokens = refused.map_or(PerRouteConfig::Disabled(true), |n| tokens::on_route(lowering, n.app, Token::Optional));
    filters(tokens, principal::everybody())
}

fn filters(jwt_authn: PerRouteConfig, rbac: RbacPerRoute) -> TypedPerFilterConfig {
    TypedPerFilterConfig {
        cors: None,
        jwt_authn: JwtPerRoute::PerRoute(jwt_authn),
        rbac: RbacPerRouteConfig::PerRoute(rbac),
    }
}

fn forwarding(
    lowering: &Lowering<'_, '_>,
    node: &Node,
    path: &PathSpecifier,
    guard: Guard,
    forward: &Forward,
    name: String,
) -> Route {
    let mut route = answer(name, path.clone(), 403);
    route.typed_per_filter_config = match guard {
        Guard::Refused => return route,
        Guard::Public => filters(tokens::on_route(lowering, node.app, Token::Optional), principal::everybody()),
        Guard::Require(requirement) => filters(
            tokens::on_route(lowering, node.app, Token::Needed),
            principal::those_who_meet(lowering, requirement),
        ),
    };
    let Forward { destinations: to, timeout_ms, retries, rewrite } = forward;
    let (prefix_rewrite, regex_rewrite) = match rewrite.as_ref().and_then(|t| paths::rewrite(&node.pattern, t)) {
        None => (None, None),
        Some(Rewrite::Prefix(text)) => (Some(text), None),
        Some(Rewrite::Regex(regex)) => (None, Some(regex)),
    };
    route.action = Action::Route(Box::new(RouteAction {
        cluster: destinations(lowering, node.app, to),
        prefix_rewrite,
        regex_rewrite,
        timeout: timeout_ms.map_or_else(|| "0s".to_string(), seconds),
        // A stream on which nothing moves for an hour is cut; the listener's five minutes would cut those that wait.
        idle_timeout: "3600s",
        retry_policy: match *retries {
            Retries { attempts: 0, written: _ } => None,
            Retries { attempts, written: _ } => Some(RetryPolicy { retry_on: RETRY_ON, num_retries: attempts }),
        },
    }));
    route
}

/// When no answer came (V35): nothing that the app may have acted upon is tried again.
const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,cancelled";

fn destinations(lowering: &Lowering<'_, '_>, own: AppId, to: &[Destination]) -> ClusterSpecifier {
    let name = |app| cluster::name_of(lowering.access.program.app(app));
    if access::leads_to(to, own) {
        return ClusterSpecifier::Cluster(name(own));
    }
    let weighted =
        |&Destination { app, weight }: &Destination| ClusterWeight { name: name(app), weight: weight.into() };
    ClusterSpecifier::WeightedClusters(WeightedCluster { clusters: to.iter().map(weighted).collect() })
}

fn redirect_action(redirect: &Redirect) -> RedirectAction {
    let response_code = match redirect.status {
        302 => RedirectResponseCode::Found,
        303 => RedirectResponseCode::SeeOther,
        307 => RedirectResponseCode::TemporaryRedirect,
        308 => RedirectResponseCode::PermanentRedirect,
        _ => RedirectResponseCode::MovedPermanently,
    };
    let (scheme_redirect, host_redirect, path) = match &redirect.target {
        RedirectTarget::Path(path) => (None, None, path),
        RedirectTarget::Url { scheme, authority, path } => (Some(scheme.clone()), Some(authority.clone()), path),
    };
    RedirectAction {
        scheme_redirect,
        host_redirect,
        path_redirect: Some(path.clone()),
        response_code,
        ..RedirectAction::default()
    }
}

fn cors_policy(cors: &Cors) -> CorsPolicy {
    let mut origins = cors.origins.clone();
    origins.sort();
    let methods: Vec<&str> = cors.methods.iter().map(Method::name).collect();
    CorsPolicy {
        allow_origin_string_match: origins.into_iter().map(StringMatcher::Exact).collect(),
        allow_methods: methods.join(","),
        allow_headers: cors.headers.join(","),
        expose_headers: cors.expose.join(","),
        max_age: cors.max_age.map(|seconds| seconds.to_string()),
        allow_credentials: cors.credentials.then_some(true),
    }
}

/// Milliseconds as protobuf's JSON writes a duration.
fn seconds(ms: u64) -> String {
    let (whole, rest) = (ms / 1000, ms % 1000);
    if rest == 0 { format!("{whole}s") } else { format!("{whole}.{rest:03}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        assert_eq!(seconds(5000), "5s");
        assert_eq!(seconds(1), "0.001s");
        assert_eq!(seconds(61_500), "61.500s");
    }
}
