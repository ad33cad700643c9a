//! Random requests around the boundaries of a program: the neighbours of its paths, hosts, methods and tokens.

mod tokens;

use meshc::access::{Access, Node, Outcome, Request, Via, VirtualHost, decide, normalize, seen};
use meshc::ir::{AppId, Host, Method, Protocol};
use meshc::judge::Version;

use super::random::Random;
use tokens::presented;

/// Origins that programs list, and one that none does.
const ORIGINS: [&str; 4] =
    ["https://page.example", "https://other.example:8443", "http://page.example", "https://evil.example"];

/// Queries that look different once they are decoded, sorted or written anew.
const QUERIES: [&str; 9] = [
    "?x=a%26admin%3D1",
    "?z=1&a=2&&flag&a=%61",
    "?q=100%25+1&%41=b",
    "?q=a%20b",
    "?q=%23%3F%2526",
    "?q=a%0Db",
    "?q==&=v&",
    "?q=%c3%a4&q=/../%2e",
    "?access%5ftoken2=1",
];

/// A request and how it is sent; `None` where there is nothing to ask, or nothing that can be told apart.
pub fn generate(random: &mut Random, access: &Access<'_>) -> Option<(Request, Version)> {
    let host = random.pick(&access.virtual_hosts);
    let gateway = access.program.gateway(host.gateway);
    let port = random.pick(&gateway.listeners).port;
    let authority = authority(random, host, &access.virtual_hosts);
    // Sometimes a path that another host has.
    let of = if random.one_in(12) { random.pick(&access.virtual_hosts) } else { host };
    let node = if of.table.nodes.is_empty() { return None } else { random.pick(&of.table.nodes) };
    let target = target(random, &of.table.nodes, node);
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
        request.preflight_origin = Some((*random.pick(&ORIGINS)).to_string());
    }
    if is_lost_on_the_way(access, &request) {
        return None;
    }
    let version = if random.one_in(3) && fits_http2(&request) { Version::Http2 } else { Version::Http1 };
    Some((request, version))
}

/// Makes some requests ones from inside the mesh: mostly straight to the app that the gateway would choose, with the path
/// that it would be shown.
pub fn move_inside(random: &mut Random, access: &Access<'_>, request: &mut Request) {
    if !random.one_in(3) {
        return;
    }
    let outcome = decide(access, request).outcome;
    let mut app = AppId(random.below(access.program.apps.len()));
    if let (Outcome::Forward { apps, path }, false) = (outcome, random.one_in(4)) {
        app = *random.pick(&apps);
        if random.one_in(2) && normalize(&path).is_some() {
            request.target = path;
        }
    }
    request.via = Via::Inside(app);
}

/// The echo of an app that speaks HTTP/2 cannot say what it got of a query that is no query: one that a proxy wrote anew.
fn is_lost_on_the_way(access: &Access<'_>, request: &Request) -> bool {
    let outcome = decide(access, request).outcome;
    let Some(seen) = seen(access, request, &outcome) else { return false };
    let Outcome::Forward { apps, .. } = outcome else { return false };
    let http2 = apps.iter().any(|&app| access.program.app(app).protocol == Protocol::Http2);
    http2 && !seen.is_unsendable() && !seen.target.bytes().all(|b| b.is_ascii_graphic() && b != b'#')
}

/// The library for HTTP/2 does not send what is malformed, or not as it is.
fn fits_http2(request: &Request) -> bool {
    let uri: Result<http::Uri, _> = format!("http://{}{}", request.authority, request.target).parse();
    let same = |u: &http::Uri| u.path_and_query().is_some_and(|p| p.as_str() == request.target);
    request.target.starts_with('/') && uri.is_ok_and(|u| same(&u))
}

fn authority(random: &mut Random, host: &VirtualHost, all: &[VirtualHost]) -> String {
    let mine = name(random, &host.hosts);
    match random.below(22) {
        0 => mine.to_ascii_uppercase(),
        1 => format!("{mine}:80"),
        2 => format!("{mine}:9999"),
        3 => "unknown.test".to_string(),
        4 => format!("{mine}."),
        5 => format!("x{mine}"),
        6 => (*random.pick(&["x.example.com", "y.example.com", "x.wild.example.com", "example.com"])).to_string(),
        7 => {
            let other = random.pick(all);
            name(random, &other.hosts)
        }
        8 => format!("x.{mine}"),
        _ => mine,
    }
}

/// A name that one of the hosts covers, or nearly.
fn name(random: &mut Random, hosts: &[Host]) -> String {
    match random.pick(hosts) {
        Host::Exact(name) => name.clone(),
        Host::Wildcard(suffix) => {
            let before = random.pick(&["w", "x", "deep.er", "y"]);
            if random.one_in(10) { suffix[1..].to_string() } else { format!("{before}{suffix}") }
        }
        Host::Any => "anything.test".to_string(),
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
        path = path.replace("/x", random.pick::<&str>(&["/x", "/a", "/q.r", "/s~t", "/k=v", "/[x]", "/x*", "/b"]));
    }
    if node.pattern.subtree && random.one_in(2) {
        let rest = ["x", "a", "admin", "x/y", "", "/z", "b.c", "[x]", "a/x]", "[/admin", "x/a=b", "*/b"];
        path = format!("{}/{}", path.trim_end_matches('/'), random.pick(&rest));
    }
    for _ in 0..[0, 0, 0, 1, 1, 2][random.below(6)] {
        path = neighbour(random, &path, nodes);
    }
    match random.below(10) {
        0 => path.push_str("?q=/admin;x//%2f"),
        1 => path.push('?'),
        2 => path.push_str(random.pick::<&str>(&QUERIES)),
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
    match random.below(29) {
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
        // In the middle of a segment, and as a segment of its own.
        25 | 26 => format!("{before}{}{after}", random.pick(&["[", "]", "=", "*", "[]"])),
        27 => format!("{up_to}/{}{from}", random.pick(&["[x]", "x]", "*", "k=v", "["])),
        _ => other,
    }
}
