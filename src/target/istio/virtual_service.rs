//! The VirtualService of hosts that share their routes: exactly one for a host of a gateway (V9, P17), its rules in an
//! order in which the first that matches is the most specific.

use std::collections::BTreeSet;

use super::model::{
    CorsPolicy, Destination, DirectResponse, HttpDestination, HttpMatch, HttpRedirect, HttpRetry, HttpRewrite,
    HttpRoute, PortSelector, RegexRewrite, StringMatch, VirtualService,
};
use super::{Lowering, VIRTUAL_SERVICE, paths};
use crate::access::{self, Access, Action, Forward, Node, Retries, Table, VirtualHost, leads_to};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes;
use crate::ir::{AppId, Cors, Host, MethodSet, Program, Redirect, RedirectTarget};
use crate::source::Span;

pub(super) fn lower(lowering: &mut Lowering<'_, '_>, host: &VirtualHost) {
    let access = lowering.access;
    let gateway = access.program.gateway(host.gateway);
    for node in &host.table.nodes {
        if !paths::fits_template(&node.pattern) {
            lowering.diagnostics.push(not_matchable(node, "a path with a `*` must not hold a `=`"));
        } else if node.parts().iter().any(|(part, _)| paths::is_too_long(part)) {
            lowering.diagnostics.push(not_matchable(node, "its regular expression would be too long"));
        }
    }
    let http = without_dead_matches(rules(access, &host.table));
    let size =
        http.iter().map(estimated_size).sum::<usize>() + host.hosts.iter().map(|h| h.to_string().len()).sum::<usize>();
    let spec = VirtualService {
        hosts: host.hosts.iter().map(ToString::to_string).collect(),
        gateways: vec![gateway.name.clone()],
        http,
    };
    let Some(first) = host.hosts.first() else { return };
    let name = format!("{}.{}", gateway.name, named(first));
    lowering.push(VIRTUAL_SERVICE, &gateway.namespace, name, spec, size, origins(access.program, &host.table));
}

/// A host as part of an object's name.
fn named(host: &Host) -> String {
    match host {
        Host::Exact(name) => name.clone(),
        Host::Wildcard(suffix) => format!("wildcard{suffix}"),
        Host::Any => "wildcard".to_string(),
    }
}

fn origins(program: &Program, table: &Table) -> Vec<Span> {
    let apps = table.nodes.iter().map(|n| program.app(n.app).head);
    apps.chain(table.nodes.iter().flat_map(|n| n.lines.iter().map(|l| l.span))).collect()
}

fn rules(access: &Access<'_>, table: &Table) -> Vec<HttpRoute> {
    let program = access.program;
    let mut http = Vec::new();
    if let Some(ambiguity) = &table.refuse_ambiguous {
        http.push(answer(vec![StringMatch::Regex(ambiguity.regex())], 400));
    }
    for node in table.nodes_with_own_action() {
        for (part, refused) in node.parts() {
            let uris = paths::part_matches(&part);
            if refused {
                http.push(answer(uris, 400));
            } else {
                http.extend(acting(program, node, &uris));
            }
        }
    }
    http
}

/// The rules of a node for these of its paths.
fn acting(program: &Program, node: &Node, uris: &[StringMatch]) -> Vec<HttpRoute> {
    let cors = program.app(node.app).cors.as_ref();
    if let Some(action) = node.uniform_forward() {
        return forward(program, node, uris, &action, None, cors);
    }
    let preflight = cors.map(|cors| preflight(program, node, uris, cors));
    let rules = match node.uniform_redirect() {
        Some(action) => vec![redirect(uris, action, None)],
        None => by_method(program, node, uris, cors),
    };
    preflight.into_iter().chain(rules).collect()
}

/// Drops what an earlier rule takes whole, as `/a` of `/a/**` where `/a` has routes of its own: Istio warns of it (IST0131).
fn without_dead_matches(mut http: Vec<HttpRoute>) -> Vec<HttpRoute> {
    let mut taken = BTreeSet::new();
    for rule in &mut http {
        rule.matches.retain(|m| !taken.contains(&m.uri));
        let whole = rule.matches.iter().filter(|m| m.method.is_none() && m.headers.is_empty());
        taken.extend(whole.map(|m| m.uri.clone()));
    }
    http.retain(|rule| !rule.matches.is_empty());
    http
}

/// Rules for a path whose methods are treated differently; a method that is not listed is refused right here, because
/// the app's policy sees the path only after a rewrite (A51) and could not tell.
fn by_method(program: &Program, node: &Node, uris: &[StringMatch], cors: Option<&Cors>) -> Vec<HttpRoute> {
    let mut http = Vec::new();
    for line in &node.lines {
        let methods = Some(line.methods).filter(|m| !m.is_any());
        match &line.action {
            Action::Forward(action) => http.extend(forward(program, node, uris, action, methods, cors)),
            Action::Redirect(action) => http.push(redirect(uris, action, methods)),
            Action::Refuse => {}
        }
    }
    let listed = node.lines.iter().filter(|l| l.action != Action::Refuse);
    if !listed.fold(MethodSet::EMPTY, |all, l| all.union(l.methods)).is_any() {
        http.push(answer(uris.to_vec(), 403));
    }
    http
}

fn matches(uris: Vec<StringMatch>, methods: Option<MethodSet>) -> Vec<HttpMatch> {
    let of = |uri: StringMatch| match methods {
        None => vec![HttpMatch { uri, method: None, headers: Vec::new() }],
        Some(methods) => {
            let exact = |name: &str| Some(StringMatch::Exact(name.to_string()));
            let of = |name: &str| HttpMatch { uri: uri.clone(), method: exact(name), headers: Vec::new() };
            methods.iter().map(|m| of(m.name())).collect()
        }
    };
    uris.into_iter().flat_map(of).collect()
}

fn answer(uris: Vec<StringMatch>, status: u16) -> HttpRoute {
    let direct_response = Some(DirectResponse { status });
    HttpRoute { matches: matches(uris, None), direct_response, ..HttpRoute::default() }
}

/// Preflights from listed origins, for a path whose other rules lead to no app: Envoy's CORS filter answers a preflight
/// only where the route leads to one. None of these requests gets past that filter.
fn preflight(program: &Program, node: &Node, uris: &[StringMatch], cors: &Cors) -> HttpRoute {
    let given = || StringMatch::Regex(".+".to_string());
    let any = cors.origins.iter().any(|o| o == "*");
    let origins = if any { vec![given()] } else { cors_policy(cors).allow_origins };
    let asks = |uri: &StringMatch, origin: StringMatch| HttpMatch {
        uri: uri.clone(),
        method: Some(StringMatch::Exact("OPTIONS".to_string())),
        headers: vec![("access-control-request-method", given()), ("origin", origin)],
    };
    let matches = uris.iter().flat_map(|uri| origins.iter().map(|o| asks(uri, o.clone()))).collect();
    HttpRoute {
        matches,
        route: vec![destination(program, node.app, None)],
        cors_policy: Some(cors_policy(cors)),
        ..HttpRoute::default()
    }
}

fn redirect(uris: &[StringMatch], redirect: &Redirect, methods: Option<MethodSet>) -> HttpRoute {
    let (uri, authority, scheme) = match &redirect.target {
        RedirectTarget::Path(path) => (path.clone(), None, None),
        RedirectTarget::Url { scheme, authority, path } => {
            (path.clone(), Some(authority.clone()), Some(scheme.clone()))
        }
    };
    let redirect = HttpRedirect { uri, authority, scheme, redirect_code: redirect.status };
    HttpRoute { matches: matches(uris.to_vec(), methods), redirect: Some(redirect), ..HttpRoute::default() }
}

/// One rule, or two where a rewrite of a subtree must keep the slash: `/api` becomes `/v2`, `/api/x` becomes `/v2/x`
/// (V31: a plain prefix rewrite to `/` would make `//x` of it).
fn forward(
    program: &Program,
    node: &Node,
    uris: &[StringMatch],
    forward: &Forward,
    methods: Option<MethodSet>,
    cors: Option<&Cors>,
) -> Vec<HttpRoute> {
    let Forward { destinations: to, timeout_ms, retries, rewrite: target } = forward;
    let rule = |uris: Vec<StringMatch>, rewrite: Option<HttpRewrite>| HttpRoute {
        matches: matches(uris, methods),
        rewrite,
        route: destinations(program, node.app, to),
        timeout: timeout_ms.map(seconds),
        retries: repeated(*retries),
        cors_policy: cors.map(cors_policy),
        ..HttpRoute::default()
    };
    let pattern = &node.pattern;
    let uris = uris.to_vec();
    let Some(target) = target else { return vec![rule(uris, None)] };
    if !target.subtree {
        let whole = if pattern.subtree || pattern.has_star() {
            HttpRewrite::Whole { uri_regex_rewrite: RegexRewrite { pattern: "^/.*$".into(), rewrite: target.named() } }
        } else {
            HttpRewrite::Uri { uri: target.named() }
        };
        return vec![rule(uris, Some(whole))];
    }
    let below = format!("{}/", target.named());
    let at = if target.segments.is_empty() { "/".to_string() } else { target.named() };
    // Of an expression, which no such route has (E0406), all would be replaced, as of an exact path.
    let to = |uri: &StringMatch| match uri {
        StringMatch::Prefix(_) => below.clone(),
        StringMatch::Exact(_) | StringMatch::Regex(_) => at.clone(),
    };
    let rules = uris.into_iter().map(|uri| (HttpRewrite::Uri { uri: to(&uri) }, uri));
    rules.map(|(rewrite, uri)| rule(vec![uri], Some(rewrite))).collect()
}

/// The app's own destination has no weight where it is the only one.
fn destinations(program: &Program, own: AppId, to: &[access::Destination]) -> Vec<HttpDestination> {
    if leads_to(to, own) {
        return vec![destination(program, own, None)];
    }
    to.iter().map(|&access::Destination { app, weight }| destination(program, app, Some(weight))).collect()
}

fn destination(program: &Program, app: AppId, weight: Option<u8>) -> HttpDestination {
    let app = program.app(app);
    let host = [app.service.as_str(), ".", &app.namespace, ".svc.cluster.local"].concat();
    HttpDestination { destination: Destination { host, port: PortSelector { number: app.port } }, weight }
}

/// Istio does by itself what nobody wrote (V35).
fn repeated(Retries { attempts, written }: Retries) -> Option<HttpRetry> {
    written.then_some(HttpRetry { attempts })
}

/// Milliseconds as Istio reads durations: seconds, with a fraction where there is one.
fn seconds(ms: u64) -> String {
    let (whole, rest) = (ms / 1000, ms % 1000);
    if rest == 0 {
        return format!("{whole}s");
    }
    let fraction = format!("{rest:03}");
    format!("{whole}.{}s", fraction.trim_end_matches('0'))
}

fn cors_policy(cors: &Cors) -> CorsPolicy {
    let mut origins = cors.origins.clone();
    origins.sort();
    CorsPolicy {
        allow_origins: origins.into_iter().map(StringMatch::Exact).collect(),
        allow_methods: cors.methods.iter().map(crate::ir::Method::name).collect(),
        allow_headers: cors.headers.clone(),
        expose_headers: cors.expose.clone(),
        max_age: cors.max_age.map(|s| format!("{s}s")),
        allow_credentials: cors.credentials.then_some(true),
    }
}

/// A rough measure, from above, of what a rule takes in the cluster's store.
fn estimated_size(rule: &HttpRoute) -> usize {
    let HttpRoute { matches, route, redirect, direct_response: _, rewrite, timeout: _, retries: _, cors_policy } = rule;
    let text = |matched: &StringMatch| match matched {
        StringMatch::Exact(text) | StringMatch::Prefix(text) | StringMatch::Regex(text) => text.len(),
    };
    let one = |HttpMatch { uri, method: _, headers }: &HttpMatch| {
        text(uri) + 64 + headers.iter().map(|(name, value)| name.len() + text(value) + 32).sum::<usize>()
    };
    let hosts: usize = route.iter().map(|r| r.destination.host.len() + 64).sum();
    let rewrite = rewrite.as_ref().map_or(0, |rewrite| match rewrite {
        HttpRewrite::Uri { uri } => uri.len(),
        HttpRewrite::Whole { uri_regex_rewrite: RegexRewrite { pattern, rewrite } } => pattern.len() + rewrite.len(),
    });
    let redirect = redirect.as_ref().map_or(0, |HttpRedirect { uri, authority, scheme: _, redirect_code: _ }| {
        uri.len() + authority.as_ref().map_or(0, String::len)
    });
    let cors = cors_policy.as_ref().map_or(0, |c| {
        512 + c.allow_origins.len() * 128
            + c.allow_headers.iter().chain(&c.expose_headers).map(|h| h.len() + 4).sum::<usize>()
    });
    // What is left has a bound: the names, a status, a timeout, a number of retries.
    matches.iter().map(one).sum::<usize>() + hosts + rewrite + redirect + cors + 128
}

fn not_matchable(node: &Node, why: &str) -> Diagnostic {
    let span = node.lines.first().map(|l| l.head);
    let message = format!("Istio cannot match `{}`: {why}", node.pattern);
    let Some(span) = span else { unreachable!("a node is made from at least one line") };
    Diagnostic::new(codes::PATH_NOT_MATCHABLE, message, span, "no target can match this")
        .with_help("write the segments without `*`, or end the path in `/**` earlier")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Method;

    #[test]
    fn the_size_of_a_rule_is_estimated_from_above() {
        let text = || "/a".repeat(1000);
        let matches = || matches(vec![StringMatch::Regex(text())], Some(MethodSet::EMPTY.with(Method::Get)));
        let rewrite = RegexRewrite { pattern: "^/.*$".to_string(), rewrite: text() };
        let given = |name| (name, StringMatch::Regex(".+".to_string()));
        let preflight = HttpMatch {
            headers: vec![given("access-control-request-method"), given("origin")],
            ..matches()[0].clone()
        };
        let rules = [
            HttpRoute { matches: matches(), ..HttpRoute::default() },
            HttpRoute { matches: vec![preflight; 100], ..HttpRoute::default() },
            HttpRoute { rewrite: Some(HttpRewrite::Uri { uri: text() }), ..HttpRoute::default() },
            HttpRoute { rewrite: Some(HttpRewrite::Whole { uri_regex_rewrite: rewrite }), ..HttpRoute::default() },
            HttpRoute {
                redirect: Some(HttpRedirect {
                    uri: text(),
                    authority: Some(text()),
                    scheme: Some("https".to_string()),
                    redirect_code: 301,
                }),
                ..HttpRoute::default()
            },
            HttpRoute {
                timeout: Some("18446744073709551.615s".to_string()),
                retries: Some(HttpRetry { attempts: 100 }),
                ..HttpRoute::default()
            },
        ];
        for rule in rules {
            let written = serde_json::to_string(&rule).unwrap();
            assert!(estimated_size(&rule) >= written.len(), "{} of {written:.200}", estimated_size(&rule));
        }
    }

    #[test]
    fn durations_are_seconds_with_a_short_fraction() {
        assert_eq!(seconds(5000), "5s");
        assert_eq!(seconds(1500), "1.5s");
        assert_eq!(seconds(1), "0.001s");
    }
}
