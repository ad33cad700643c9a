//! Where Istio reads a request otherwise than the language (docs/decisions/0006). Every request is compared.

use meshc::access::{Access, Credential, Outcome, Presented, Request, Seen, Via, decide, seen};
use meshc::ir::{Gateway, GatewayId, Host, Program};
use serde_json::Value;

/// What is decided about the request, as Istio reads it.
pub fn decide_as_istio(access: &Access<'_>, request: &Request) -> Outcome {
    let read = as_istio_reads(access, request);
    let written = decide(access, &read).outcome;
    let Some(program) = with_audiences_as_read(access.program, request) else { return written };
    let as_read = decide(&Access::build(&program).0, &read);
    // What is required is said of audiences as they are written, so only lines without a requirement let it through.
    if matches!(as_read.outcome, Outcome::Forward { .. }) && as_read.requirement.is_some() {
        return written;
    }
    as_read.outcome
}

/// The request that Istio takes this one for: a fragment is cut off, where other proxies find the path malformed (A41), and
/// nobody looks at the token of a preflight (R25). Gateways on the same pods are one: who has the host takes the request.
pub fn as_istio_reads(access: &Access<'_>, request: &Request) -> Request {
    let mut request = request.clone();
    if let Via::Gateway(gateway, port) = request.via {
        let pods = &access.program.gateway(gateway).selector;
        let name = request.authority.rsplit_once(':').map_or(&*request.authority, |(name, _)| name);
        let name = Host::Exact(name.to_ascii_lowercase());
        let has_it = |id: GatewayId| {
            access.virtual_hosts.iter().any(|v| v.gateway == id && v.hosts.iter().any(|host| host.covers(&name)))
        };
        let listens = |g: &Gateway| g.selector == *pods && g.listeners.iter().any(|l| l.port == port);
        let other = access.program.gateway_ids().find(|(id, g)| listens(g) && has_it(*id));
        if let (Some((other, _)), false) = (other, has_it(gateway)) {
            request.via = Via::Gateway(other, port);
        }
    }
    if let Some((before, _)) = request.target.split_once('#') {
        request.target = before.to_string();
    }
    if request.preflight_origin.is_some() && request.method == "OPTIONS" {
        request.presented = None;
    }
    request
}

/// What the app gets. Nobody looks at the token of a preflight (R25), so it stays; a fragment is cut off (A41).
pub fn seen_as_istio(access: &Access<'_>, request: &Request, outcome: &Outcome) -> Option<Seen> {
    let read = as_istio_reads(access, request);
    let looked_at = read.presented.is_some();
    let mut sent = Request { presented: request.presented.clone(), ..read };
    if let (Some(presented), false) = (&mut sent.presented, looked_at) {
        presented.credential = Credential::Garbage;
    }
    seen(access, &sent, outcome)
}

/// The program as Istio reads it for the audiences of this request's token: without scheme and final slash (R23b).
fn with_audiences_as_read(program: &Program, request: &Request) -> Option<Program> {
    let Some(Presented { credential: Credential::Token(token), .. }) = &request.presented else { return None };
    let bare = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        rest.strip_suffix('/').unwrap_or(rest).to_string()
    };
    let audiences = &program.issuer(token.issuer).audiences;
    let claimed = match token.claims.get("aud") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![&**one],
        _ => Vec::new(),
    };
    let alike = |c: &&&str| !audiences.iter().any(|a| a == **c) && audiences.iter().any(|a| bare(a) == bare(c));
    let alike: Vec<String> = claimed.iter().filter(alike).map(ToString::to_string).collect();
    if alike.is_empty() {
        return None;
    }
    let mut program = program.clone();
    program.issuers[token.issuer.0].audiences.extend(alike);
    Some(program)
}
