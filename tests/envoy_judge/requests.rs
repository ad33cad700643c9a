//! Random requests around the boundaries of a program: the neighbours of its paths, hosts, methods and tokens.

use meshc::access::{
    Access, Credential, Flaw, Guard, Literal, Node, Presented, Request, Token, Via, VirtualHost, normalize,
};
use meshc::ir::{Fact, Host, IssuerId, Method, TokenLocation};
use meshc::judge::Version;
use serde_json::{Map, Value, json};

use crate::common::random::Random;

/// A request and how it is sent; `None` where there is nothing to ask, or nothing that can be told apart.
pub fn generate(random: &mut Random, access: &Access<'_>) -> Option<(Request, Version)> {
    let host = random.pick(&access.virtual_hosts);
    let gateway = access.program.gateway(host.gateway);
    let port = random.pick(&gateway.listeners).port;
    let authority = authority(random, host);
    let node = if host.table.nodes.is_empty() { return None } else { random.pick(&host.table.nodes) };
    let target = target(random, &host.table.nodes, node);
    // Envoy since 1.39.1 resolves `..;` as `..`, older ones do not: see the test of that name.
    if normalize(&target).is_some_and(|p| p.contains("..;")) {
        return None;
    }
    let mut request = Request {
        via: Via::Gateway(host.gateway, port),
        authority,
        method: method(random, node),
        target,
        preflight_origin: None,
        presented: presented(random, access, node),
    };
    if random.one_in(12) {
        request.method = if random.one_in(4) { "GET".into() } else { "OPTIONS".into() };
        request.preflight_origin = Some((*random.pick(&["https://page.example", "https://evil.example"])).to_string());
    }
    let version = if random.one_in(3) && fits_http2(&request) { Version::Http2 } else { Version::Http1 };
    Some((request, version))
}

/// The library for HTTP/2 does not send what is malformed, or not as it is.
fn fits_http2(request: &Request) -> bool {
    let uri: Result<http::Uri, _> = format!("http://{}{}", request.authority, request.target).parse();
    let same = |u: &http::Uri| u.path_and_query().is_some_and(|p| p.as_str() == request.target);
    request.target.starts_with('/') && uri.is_ok_and(|u| same(&u))
}

fn authority(random: &mut Random, host: &VirtualHost) -> String {
    let name = match random.pick(&host.hosts) {
        Host::Exact(name) => name.clone(),
        Host::Wildcard(suffix) => {
            let before = random.pick(&["w", "x", "deep.er", "y"]);
            if random.one_in(10) { suffix[1..].to_string() } else { format!("{before}{suffix}") }
        }
        Host::Any => "anything.test".to_string(),
    };
    match random.below(16) {
        0 => name.to_ascii_uppercase(),
        1 => format!("{name}:80"),
        2 => format!("{name}:9999"),
        3 => "unknown.test".to_string(),
        4 => format!("{name}."),
        5 => format!("x{name}"),
        6 => (*random.pick(&["x.example.com", "y.example.com", "x.wild.example.com", "example.com"])).to_string(),
        _ => name,
    }
}

fn method(random: &mut Random, node: &Node) -> String {
    if random.one_in(3) {
        return random.pick(&Method::ALL).name().to_string();
    }
    if random.one_in(30) {
        return "PROPFIND".to_string();
    }
    let methods: Vec<Method> = random.pick(&node.lines).methods.iter().collect();
    random.pick(&methods).name().to_string()
}

fn target(random: &mut Random, nodes: &[Node], node: &Node) -> String {
    let mut path = node.pattern.example();
    if node.pattern.has_star() {
        path = path.replace("/x", random.pick::<&str>(&["/x", "/a", "/q.r", "/s~t"]));
    }
    if node.pattern.subtree && random.one_in(2) {
        let rest = ["x", "a", "admin", "x/y", "", "/z", "b.c"];
        path = format!("{}/{}", path.trim_end_matches('/'), random.pick(&rest));
    }
    for _ in 0..[0, 0, 1, 1, 1, 2][random.below(6)] {
        path = neighbour(random, &path, nodes);
    }
    match random.below(10) {
        0 => path.push_str("?q=/admin;x//%2f"),
        1 => path.push('?'),
        _ => {}
    }
    path
}

/// A path that differs a little from this one.
fn neighbour(random: &mut Random, path: &str, nodes: &[Node]) -> String {
    if path.is_empty() {
        return "/".to_string();
    }
    let at = random.below(path.len());
    let at = (0..=at).rev().find(|&i| path.is_char_boundary(i)).unwrap_or(0);
    let (before, after) = path.split_at(at);
    let slashes: Vec<usize> = path.match_indices('/').map(|(i, _)| i).collect();
    let slash = if slashes.is_empty() { 0 } else { *random.pick(&slashes) };
    let (up_to, from) = path.split_at(slash);
    let other = random.pick(nodes).pattern.example();
    match random.below(26) {
        0 => path.to_ascii_uppercase(),
        1 | 2 => format!("{up_to}/{from}"),
        3 if after.len() > 1 && !after.starts_with('/') => {
            format!("{before}%{:02x}{}", after.as_bytes()[0], &after[1..])
        }
        4 => format!("{up_to}%2f{}", &from[usize::from(!from.is_empty())..]),
        5 => format!("{up_to}%2F{}", &from[usize::from(!from.is_empty())..]),
        6 => format!("{path};x"),
        7 => format!("{path};x/y"),
        8 => format!("{up_to}/.{from}"),
        9 => format!("{up_to}/..{from}"),
        10 => format!("/nowhere/..{path}"),
        11 => format!("/nowhere/%2e%2E{path}"),
        12 => format!("{path}/"),
        13 => format!("{path}istrator"),
        14 => format!("{path}%25"),
        15 => format!("{path}%"),
        16 => format!("{path}%zz"),
        17 => format!("{path}/x"),
        18 => format!("{up_to}\\{}", &from[usize::from(!from.is_empty())..]),
        19 => {
            format!("{path}{}", random.pick(&["=", "%20", "/x=y", "|", "\"", "^", "{", "<", "`", "*", "~", "!", "%3D"]))
        }
        20 => format!("{path}{other}"),
        21 => path.trim_end_matches(|c| c != '/').to_string(),
        22 => format!("{path}/../..{other}"),
        23 => format!("{path}{}", random.pick(&["%00", "#x", "%0a", "%3b", "%5c", "%23", "%3f", "%7f", "%2e", "%61"])),
        24 => path.strip_prefix('/').unwrap_or(path).to_string(),
        _ => other,
    }
}

fn presented(random: &mut Random, access: &Access<'_>, node: &Node) -> Option<Presented> {
    let issuers = access.program.issuers.len();
    if issuers == 0 || random.one_in(5) {
        return None;
    }
    // Mostly a token that is meant to pass the node.
    let mut issuer = IssuerId(random.below(issuers));
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(random.pick(&["ann", "a/b", "bob"])));
    if let Guard::Require(id) = random.pick(&node.lines).guard {
        let alternative = random.pick(&access.requirement(id).alternatives);
        issuer = alternative.issuer;
        for literal in &alternative.conditions {
            satisfy(random, &mut claims, literal);
        }
    }
    let declared = access.program.issuer(issuer);
    if let Some(audience) = declared.audiences.first()
        && !claims.contains_key("aud")
    {
        claims.insert("aud".into(), if random.one_in(2) { json!(audience) } else { json!(["else", audience]) });
    }
    for _ in 0..[0, 0, 0, 1, 2][random.below(5)] {
        spoil(random, &mut claims);
    }
    if random.one_in(12) {
        // Another issuer's token with the same claims.
        issuer = IssuerId(random.below(issuers));
    }
    let flaw = match random.below(16) {
        0 => Some(Flaw::Expired),
        1 => Some(Flaw::NotYetValid),
        2 => Some(Flaw::Forged),
        _ => None,
    };
    // Envoy's filter takes audiences that differ in scheme or final slash, so that it finds the signature wrong before
    // the exact comparison is made: 401 instead of 403, refused both ways.
    let exact = |aud: &Value| matches!(aud.as_str(), None | Some("app" | "App" | "else" | "https://api.example/"));
    let flaw = flaw.filter(|f| *f != Flaw::Forged || claims.get("aud").is_none_or(exact));
    let credential = match random.below(20) {
        0 => Credential::Garbage,
        1 => Credential::Stranger,
        _ => Credential::Token(Token { issuer, flaw, claims }),
    };
    let at = match random.below(12) {
        0 => access.program.issuer(IssuerId(random.below(issuers))).location.clone(),
        1 => TokenLocation::Header { name: "x-other".into(), prefix: None },
        _ => access.program.issuer(issuer).location.clone(),
    };
    Some(Presented { at, credential })
}

/// Sets the claims so that a condition holds.
fn satisfy(random: &mut Random, claims: &mut Map<String, Value>, literal: &Literal) {
    let path = match &literal.condition.fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    };
    let values: Vec<&String> = literal.condition.values.iter().collect();
    if !literal.holds {
        // Sometimes what must not be there.
        if random.one_in(3) && !values.is_empty() {
            let value = random.pick(&values);
            set(claims, &path, if random.one_in(2) { json!(value) } else { json!([value, "more"]) });
        }
        return;
    }
    let value = if values.is_empty() { return } else { random.pick(&values) };
    let words = literal.condition.fact.is_space_delimited();
    let value = match random.below(4) {
        0 if path != ["sub"] => json!([value]),
        1 if path != ["sub"] => json!(["other", value, 7]),
        2 if words => json!(format!("other {value}")),
        _ => json!(value),
    };
    set(claims, &path, value);
}

fn set(claims: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        claims.insert(first.clone(), value);
        return;
    }
    let inner = claims.entry(first.clone()).or_insert_with(|| json!({}));
    if let Some(object) = inner.as_object_mut() {
        set(object, rest, value);
    }
}

/// Changes one claim a little.
fn spoil(random: &mut Random, claims: &mut Map<String, Value>) {
    let (name, value) = match random.below(12) {
        0 => ("sub", None),
        1 => ("sub", Some(json!(random.pick(&["", "eve"])))),
        2 => ("sub", Some(json!(["ann"]))),
        3 => ("groups", Some(json!("admins"))),
        4 => ("groups", Some(json!(["guests", "Admins", ["admins"]]))),
        5 => ("groups", Some(json!({ "admins": true }))),
        6 => ("scope", Some(json!(random.pick(&["reader", "read  write", " read", "none", "read\twrite"])))),
        7 => ("realm.roles", Some(json!(["buyer"]))),
        8 => ("realm", Some(json!(random.pick(&["buyer", "roles"])))),
        9 => ("aud", None),
        10 => {
            let near = ["app", "App", "app/", "http://app", "https://api.example", "api.example", "else"];
            ("aud", Some(json!(random.pick(&near))))
        }
        _ => ("plan", Some(json!(["bronze", 5, null]))),
    };
    match value {
        Some(value) => drop(claims.insert(name.to_string(), value)),
        None => drop(claims.remove(name)),
    }
}
