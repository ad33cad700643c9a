//! Requests to try: for each issuer one that passes, and the same with a token that does not. Each was decided first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::table::to_https;
use crate::access::{
    Access, Alternative, Credential, Flaw, Guard, Node, Outcome, Presented, Refusal, Request, Token, Via, VirtualHost,
    decide,
};
use crate::diagnostic::render::printable;
use crate::ir::{ClaimType, Fact, MethodSet, TokenLocation};
use crate::judge::Keyring;
use crate::target::envoy::EnvoyOptions;

/// The requests as lines for a shell.
pub(super) fn write(access: &Access<'_>, options: &EnvoyOptions, keyring: &Keyring) -> String {
    let mut text = String::new();
    let mut shown = BTreeSet::new();
    for host in &access.virtual_hosts {
        let gateway = access.program.gateway(host.gateway);
        let Some(listener) = gateway.listeners.iter().find(|l| !to_https(gateway, l)) else { continue };
        let Some(port) = options.ports.get(&(gateway.name.clone(), listener.port)) else { continue };
        for (node, methods, alternative) in guarded(access, host) {
            if shown.contains(&alternative.issuer) {
                continue;
            }
            let via = Via::Gateway(host.gateway, listener.port);
            let Some(good) = passing(access, host, node, methods, alternative, via) else { continue };
            shown.insert(alternative.issuer);
            let issuer = &access.program.issuer(alternative.issuer).name;
            let mut expired = good.clone();
            if let Some(Presented { credential: Credential::Token(token), .. }) = &mut expired.presented {
                token.flaw = Some(Flaw::Expired);
            }
            let mut without = good.clone();
            without.presented = None;
            let mut variants = vec![("passes", good.clone()), ("its time is over", expired), ("no token", without)];
            if let Some(poor) = not_met(access, good) {
                variants.insert(1, ("does not meet the requirement", poor));
            }
            for (what, request) in variants {
                let line = curl(access, &request, port.bound, keyring);
                // A `String` takes everything that is written to it.
                let _ = writeln!(text, "\n# {issuer}: {what}\n{line}");
            }
        }
    }
    text.lines().map(|line| printable(line) + "\n").collect()
}

/// Every way to pass a guarded route of a host.
fn guarded<'a>(
    access: &'a Access<'_>,
    host: &'a VirtualHost,
) -> impl Iterator<Item = (&'a Node, MethodSet, &'a Alternative)> {
    let lines = host.table.nodes.iter().flat_map(|node| node.lines.iter().map(move |line| (node, line)));
    lines.flat_map(|(node, line)| {
        let alternatives = match line.guard {
            Guard::Require(id) => access.requirement(id).alternatives.as_slice(),
            Guard::Public | Guard::Refused => &[],
        };
        alternatives.iter().map(move |alternative| (node, line.methods, alternative))
    })
}

/// A request that the language lets through, if one is found.
fn passing(
    access: &Access<'_>,
    host: &VirtualHost,
    node: &Node,
    methods: MethodSet,
    alternative: &Alternative,
    via: Via,
) -> Option<Request> {
    let claims = claims(access, alternative);
    let token = Token { issuer: alternative.issuer, flaw: None, claims };
    let request = Request {
        via,
        authority: host.hosts.first()?.example(),
        method: methods.iter().next().map_or("GET", |m| m.name()).to_string(),
        target: node.pattern.example(),
        preflight_origin: None,
        presented: Some(Presented {
            at: access.program.issuer(alternative.issuer).location.clone(),
            credential: Credential::Token(token),
        }),
    };
    matches!(decide(access, &request).outcome, Outcome::Forward { .. }).then_some(request)
}

/// The same with a token that says nothing more than who somebody is, if that is not enough.
fn not_met(access: &Access<'_>, mut request: Request) -> Option<Request> {
    let Some(Presented { credential: Credential::Token(token), .. }) = &mut request.presented else { return None };
    token.claims = access.program.issuer(token.issuer).good_claims();
    (decide(access, &request).outcome == Outcome::Refused(Refusal::NotMet)).then_some(request)
}

/// The claims of a good token that meet what must hold.
fn claims(access: &Access<'_>, alternative: &Alternative) -> Map<String, Value> {
    let issuer = access.program.issuer(alternative.issuer);
    let mut claims = issuer.good_claims();
    for literal in alternative.conditions.iter().filter(|literal| literal.holds) {
        let fact = &literal.condition.fact;
        let Some(value) = literal.condition.values.first() else { continue };
        let path = match fact {
            Fact::Subject => vec!["sub".to_string()],
            Fact::Audience => vec!["aud".to_string()],
            Fact::Claim(path) => path.clone(),
        };
        let declared = issuer.claims.as_ref().and_then(|c| c.get(&path)).copied();
        let is_list =
            matches!(fact, Fact::Claim(_)) && !fact.is_space_delimited() && declared != Some(ClaimType::String);
        put(&mut claims, &path, value, is_list);
    }
    claims
}

fn put(claims: &mut Map<String, Value>, path: &[String], value: &str, is_list: bool) {
    let Some((first, rest)) = path.split_first() else { return };
    if !rest.is_empty() {
        let inner = claims.entry(first.clone()).or_insert_with(|| json!({}));
        if let Value::Object(inner) = inner {
            put(inner, rest, value, is_list);
        }
        return;
    }
    match claims.get_mut(first) {
        Some(Value::Array(known)) => known.push(json!(value)),
        // Two words of one claim: `scope has "a" and scope has "b"`.
        Some(Value::String(known)) if !["sub", "aud"].contains(&first.as_str()) => *known = format!("{known} {value}"),
        _ => {
            claims.insert(first.clone(), if is_list { json!([value]) } else { json!(value) });
        }
    }
}

fn curl(access: &Access<'_>, request: &Request, port: u16, keyring: &Keyring) -> String {
    let mut target = request.target.clone();
    let mut token = String::new();
    if let Some(Presented { at, credential: Credential::Token(presented) }) = &request.presented {
        let minted = keyring.mint(access.program, presented);
        token = match at {
            TokenLocation::Default => format!(" -H 'authorization: Bearer {minted}'"),
            TokenLocation::Header { name, prefix } => {
                format!(" -H '{name}: {}{minted}'", prefix.as_deref().unwrap_or_default())
            }
            TokenLocation::Cookie(name) => format!(" -H 'cookie: {name}={minted}'"),
            TokenLocation::Query(name) => {
                target = format!("{target}?{name}={minted}");
                String::new()
            }
        };
    }
    let method = match request.method.as_str() {
        "GET" => String::new(),
        "HEAD" => " --head".to_string(),
        other => format!(" -X {other}"),
    };
    format!("curl -i{method} -H 'host: {}'{token} 'http://127.0.0.1:{port}{target}'", request.authority)
}
