//! What an app must get of a request whose token travels in each of the places: both judges are asked.

use meshc::access::{Access, Credential, Presented, Request, Token, Via};
use meshc::ir::{GatewayId, IssuerId, Program, TokenLocation};
use serde_json::{Map, json};

/// Issuers whose tokens travel in each place, with `forward` and without it.
pub const PROGRAM: &str = r#"
issuer a-usual {
  url  "https://usual.example"
  jwks "https://usual.example/keys"
}

issuer b-usual-kept {
  url  "https://usual-kept.example"
  jwks "https://usual-kept.example/keys"
  forward
}

issuer c-header {
  url   "https://header.example"
  jwks  "https://header.example/keys"
  token header "Authorization" prefix "Bearer "
}

issuer d-header-kept {
  url   "https://header-kept.example"
  jwks  "https://header-kept.example/keys"
  token header "x-kept"
  forward
}

issuer e-query {
  url   "https://query.example"
  jwks  "https://query.example/keys"
  token query "t"
}

issuer f-query-kept {
  url   "https://query-kept.example"
  jwks  "https://query-kept.example/keys"
  token query "k"
  forward
}

issuer g-cookie {
  url   "https://cookie.example"
  jwks  "https://cookie.example/keys"
  token cookie "session"
}

issuer h-cookie-kept {
  url   "https://cookie-kept.example"
  jwks  "https://cookie-kept.example/keys"
  token cookie "kept"
  forward
}

gateway edge {
  http 80
}

app shop port 80 {
  hosts   shop.example.com
  issuers a-usual b-usual-kept c-header d-header-kept e-query f-query-kept g-cookie h-cookie-kept

  GET  /**       public
  GET  /mine/**  require token
}

app open port 80 {
  hosts open.example.com

  GET /** public
}
"#;

/// A request, what the app must see of its target, and whether its token is still there.
pub struct Case {
    pub request: Request,
    /// The target; where the token stays in the query, up to the token. `None`: the proxy cannot send it on.
    pub target: Option<&'static str>,
    pub kept: bool,
}

/// All cases, on a public path and on a guarded one.
pub fn cases(program: &Program) -> Vec<Case> {
    let query = || TokenLocation::Query("access_token".into());
    let by = |name: &str| IssuerId(program.issuers.iter().position(|i| i.name == name).unwrap());
    let at = |name: &str| program.issuer(by(name)).location.clone();
    let mut cases = Vec::new();
    let mut case = |host: &str, target: &str, from: &str, at: TokenLocation, seen: Option<&'static str>, kept: bool| {
        let mut claims = Map::new();
        claims.insert("sub".to_string(), json!("ann"));
        let credential = Credential::Token(Token { issuer: by(from), flaw: None, claims });
        let request = Request {
            via: Via::Gateway(GatewayId(0), 80),
            authority: host.to_string(),
            method: "GET".to_string(),
            target: target.to_string(),
            preflight_origin: None,
            presented: Some(Presented { at, credential }),
        };
        cases.push(Case { request, target: seen, kept });
    };
    // The request with which a query was changed.
    for from in ["a-usual", "e-query"] {
        let place = || if from == "a-usual" { query() } else { at(from) };
        case("shop.example.com", "/q?x=a%26admin%3D1", from, place(), Some("/q?x=a&admin=1"), false);
        case("shop.example.com", "/mine/q?x=a%26admin%3D1", from, place(), Some("/mine/q?x=a&admin=1"), false);
        case("shop.example.com", "/mine/q?x=a%20b", from, place(), Some("/mine/q?x=a b"), false);
        case("shop.example.com", "/mine/q?z=1&flag&a=%41", from, place(), Some("/mine/q?a=A&flag=&z=1"), false);
        case("shop.example.com", "/mine/q?x=%0d%0aevil:%201", from, place(), None, false);
        case("shop.example.com", "/mine/q", from, place(), Some("/mine/q"), false);
    }
    for (from, name) in [("b-usual-kept", "access_token="), ("f-query-kept", "k=")] {
        let place = || if name == "k=" { at(from) } else { query() };
        let (open, mine) = match name {
            "k=" => ("/q?x=a%26admin%3D1&k=", "/mine/q?x=a%20b&z&a=%0A&k="),
            _ => ("/q?x=a%26admin%3D1&access_token=", "/mine/q?x=a%20b&z&a=%0A&access_token="),
        };
        case("shop.example.com", "/q?x=a%26admin%3D1", from, place(), Some(open), true);
        case("shop.example.com", "/mine/q?x=a%20b&z&a=%0A", from, place(), Some(mine), true);
    }
    // In headers and cookies the query stays as it is.
    for (from, kept) in [
        ("a-usual", false),
        ("b-usual-kept", true),
        ("c-header", false),
        ("d-header-kept", true),
        ("g-cookie", true),
        ("h-cookie-kept", true),
    ] {
        case("shop.example.com", "/q?x=a%26b&t", from, at(from), Some("/q?x=a%26b&t"), kept);
        case("shop.example.com", "/mine/q?x=a%20b", from, at(from), Some("/mine/q?x=a%20b"), kept);
    }
    // An app that verifies nothing gets what was sent.
    case("open.example.com", "/q?x=a%26b", "e-query", at("e-query"), Some("/q?x=a%26b&t="), true);
    case("open.example.com", "/q?x=a%26b", "a-usual", at("a-usual"), Some("/q?x=a%26b"), true);
    cases
}

/// The header in which a token travels, if it does in one.
pub fn header(request: &Request) -> Option<String> {
    match &request.presented.as_ref()?.at {
        TokenLocation::Default => Some("authorization".to_string()),
        TokenLocation::Header { name, .. } => Some(name.to_ascii_lowercase()),
        TokenLocation::Cookie(_) => Some("cookie".to_string()),
        TokenLocation::Query(_) => None,
    }
}

/// The headers that proxies add by themselves.
const ADDED: [&str; 6] = [
    "host",
    "x-envoy-attempt-count",
    "x-envoy-external-address",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// Whatever else an app gets was sent by the client: nothing of a token's payload, above all.
pub fn assert_nothing_is_added<'a>(request: &Request, headers: impl Iterator<Item = &'a str>) {
    let sent = header(request);
    for name in headers.map(str::to_ascii_lowercase) {
        assert!(ADDED.contains(&&*name) || sent.as_ref() == Some(&name), "{name} was added to {request:?}");
    }
}

/// Compiles the program and asks about all cases.
pub fn ask(ask: impl FnOnce(&Access<'_>, &[Case])) {
    let (program, findings) = super::programs::compile(PROGRAM);
    let program = program.unwrap_or_else(|| panic!("{findings:?}"));
    let (access, found) = Access::build(&program);
    assert!(found.is_empty(), "{found:?}");
    ask(&access, &cases(&program));
}
