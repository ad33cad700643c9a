//! What is known to go wrong elsewhere (docs/semantics.md), each with the status that it must have here.

use std::fmt::Write as _;

use meshc::access::{Access, Credential, Flaw, Presented, Request, Token, Via};
use meshc::ir::{GatewayId, IssuerId, TokenLocation};
use meshc::judge::{Answer, Judge, Setup, Version};
use serde_json::{Value, json};

use crate::common::programs;
use crate::setup;

const PROGRAM: &str = r#"
issuer corp {
  url      "https://corp.example"
  jwks     "https://corp.example/keys"
  audience "my-api"
}

issuer partner {
  url     "https://partner.example"
  jwks    "https://partner.example/keys"
  subject optional
}

gateway edge {
  http 80
}

app my-app port 80 {
  hosts   dev.example.com
  issuers corp partner

  GET  /**         public
  ANY  /admin/**   require token from corp and claim groups has "admins"
  GET  /guests     require token from corp and not claim groups has "guests"
  GET  /scoped     require token from corp and scope has "write"
  GET  /nested     require token from corp and claim realm_access.roles has "ops"
  GET  /mixed      require token from partner or (token from corp and claim groups has "admins")
  GET POST /items  require token from corp
  ANY  /secret     deny
}

app pages port 80 {
  hosts pages.example.com
  cors {
    origins "https://page.example"
    methods GET POST
  }

  GET  /open/** public
  ANY  /closed  deny
  GET  /old     redirect /new
  GET  /members require token from corp
  POST /moved   public {
    rewrite /here
  }
}

app plain port 80 {
  hosts plain.example.com

  GET /** public
}
"#;

/// Runs some checks on one Envoy with the program above.
fn on_envoy(checks: impl FnOnce(&mut dyn FnMut(&Request) -> Answer)) {
    with_judge(|judge| {
        checks(&mut |request| {
            // The decision, too, must be what Envoy does.
            let difference = judge.judge(request, Version::Http1, 1).unwrap();
            assert!(difference.is_none() || request.target.contains("..;"), "{}", difference.unwrap());
            judge.ask(request, Version::Http1, 1).unwrap()
        });
    });
}

fn with_judge(checks: impl FnOnce(&mut Judge<'_>)) {
    let (program, findings) = programs::compile(PROGRAM);
    let program = program.unwrap_or_else(|| panic!("{findings:?}"));
    let (access, _) = Access::build(&program);
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list: 200 };
    let _alone = setup::alone();
    let mut judge = Judge::start(&access, &setup).unwrap();
    checks(&mut judge);
}

fn get(target: &str, presented: Option<Presented>) -> Request {
    Request {
        via: Via::Gateway(GatewayId(0), 80),
        authority: "dev.example.com".into(),
        method: "GET".into(),
        target: target.into(),
        preflight_origin: None,
        presented,
    }
}

fn bearer(credential: Credential) -> Option<Presented> {
    Some(Presented { at: TokenLocation::Default, credential })
}

fn token(issuer: usize, claims: &Value) -> Option<Presented> {
    let claims = claims.as_object().unwrap().clone();
    bearer(Credential::Token(Token { issuer: IssuerId(issuer), flaw: None, claims }))
}

fn corp(more: &Value) -> Option<Presented> {
    let mut claims = json!({ "sub": "ann", "aud": "my-api" });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    token(0, &claims)
}

fn flawed(flaw: Flaw) -> Option<Presented> {
    let claims = json!({ "sub": "ann", "aud": "my-api", "groups": ["admins"] }).as_object().unwrap().clone();
    bearer(Credential::Token(Token { issuer: IssuerId(0), flaw: Some(flaw), claims }))
}

/// The audience is looked at before the signature.
fn forged_for_another() -> Option<Presented> {
    let claims = json!({ "sub": "ann", "aud": "x", "groups": ["admins"] }).as_object().unwrap().clone();
    bearer(Credential::Token(Token { issuer: IssuerId(0), flaw: Some(Flaw::Forged), claims }))
}

#[test]
fn no_disguise_of_a_path_gets_past_its_requirement() {
    on_envoy(|ask| {
        for (target, status) in [
            ("/admin", 401),
            ("/admin/", 401),
            ("/adminx", 200),
            ("/ADMIN", 200),
            ("//admin", 400),
            ("///admin", 400),
            ("/./admin", 401),
            ("/x/../admin", 401),
            ("/%61dmin", 401),
            ("/%2561dmin", 400),
            ("/admin;x", 400),
            ("/admin;x/y", 400),
            ("/;x/admin", 400),
            ("/admin%2F..", 400),
            ("/admin%2fx", 400),
            ("/x%2f..%2fadmin", 400),
            ("/..%2fadmin", 400),
            ("/%2fadmin", 400),
            ("/%2e/admin", 401),
            ("/%2e%2e/admin", 401),
            ("/x/%2e%2e/admin", 401),
            ("/%252e/admin", 400),
            ("/%%32e/admin", 400),
            ("/admin%00", 400),
            ("/admin%20", 200),
            ("/admin%3fx", 400),
            ("/admin%23", 400),
            ("/admin#x", 400),
            ("/x#/admin", 400),
            ("\\admin", 400),
            ("/\\admin", 400),
            ("/x\\..\\admin", 401),
            ("/%5cadmin", 400),
            ("/x%5c..%5cadmin", 400),
            ("/admin/..", 200),
            ("/admin/../healthz", 200),
            ("/healthz/../admin", 401),
            ("/x//../admin", 200),
            ("/admin%0a", 400),
            ("/admin%", 400),
            ("/admin%zz", 400),
            ("/ad%6din", 401),
            ("/a%64min%2f", 400),
            ("/?x=/admin", 200),
            ("/x?a=%2F;b//c", 200),
            ("/admin|x", 200),
            ("/../../admin", 401),
            ("/admin%2e", 200),
            ("/secret", 403),
            ("/secret/", 200),
        ] {
            assert_eq!(ask(&get(target, None)).status, status, "{target}");
        }
    });
}

/// Envoy resolves `..;` as it does `..` since 1.39.1; before, the guard of ambiguous paths meets it. No version lets it
/// through with less than the path asks for that is behind it.
#[test]
fn a_dot_segment_with_a_parameter_gets_no_further_than_without() {
    on_envoy(|ask| {
        for target in ["/healthz/..;/admin", "/x/..;a=b/admin/y", "/admin/..;/admin", "/x/y/..;/..;/admin"] {
            let status = ask(&get(target, None)).status;
            assert!(status == 401 || status == 400, "{target}: {status}");
        }
    });
}

#[test]
fn no_bad_token_gets_through_and_none_is_taken_where_it_is_looked_at() {
    on_envoy(|ask| {
        let admins = json!({ "groups": ["admins"] });
        for (name, presented, on_admin, on_public) in [
            ("none", None, 401, 200),
            ("good", corp(&admins), 200, 200),
            ("garbage", bearer(Credential::Garbage), 401, 401),
            ("stranger", bearer(Credential::Stranger), 401, 401),
            ("expired", flawed(Flaw::Expired), 401, 401),
            ("not yet valid", flawed(Flaw::NotYetValid), 401, 401),
            ("forged", flawed(Flaw::Forged), 401, 401),
            ("forged for another audience", forged_for_another(), 403, 403),
            ("wrong audience", token(0, &json!({ "sub": "ann", "aud": "x", "groups": ["admins"] })), 403, 403),
            (
                "audience with a slash",
                token(0, &json!({ "sub": "ann", "aud": "my-api/", "groups": ["admins"] })),
                403,
                403,
            ),
            ("audience with a scheme", token(0, &json!({ "sub": "ann", "aud": "https://my-api" })), 403, 403),
            ("no audience", token(0, &json!({ "sub": "ann", "groups": ["admins"] })), 403, 403),
            (
                "audience in a list",
                token(0, &json!({ "sub": "a", "aud": ["x", "my-api"], "groups": ["admins"] })),
                200,
                200,
            ),
            ("no subject", token(0, &json!({ "aud": "my-api", "groups": ["admins"] })), 403, 200),
            ("empty subject", token(0, &json!({ "sub": "", "aud": "my-api", "groups": ["admins"] })), 403, 200),
            (
                "subject in a list",
                token(0, &json!({ "sub": ["ann"], "aud": "my-api", "groups": ["admins"] })),
                401,
                401,
            ),
            ("a time in words", corp(&json!({ "groups": ["admins"], "iat": "never" })), 401, 401),
            ("a time before all", corp(&json!({ "groups": ["admins"], "iat": -1 })), 401, 401),
            ("a time past all", corp(&json!({ "groups": ["admins"], "iat": 1e30 })), 401, 401),
            ("a broken time", corp(&json!({ "groups": ["admins"], "iat": 1.5 })), 200, 200),
            ("an id that is a number", corp(&json!({ "groups": ["admins"], "jti": 7 })), 401, 401),
            ("other issuer's", token(1, &json!({ "sub": "ann", "aud": "my-api", "groups": ["admins"] })), 403, 200),
            ("a string", corp(&json!({ "groups": "admins" })), 200, 200),
            ("words", corp(&json!({ "groups": "x admins" })), 403, 200),
            ("a list in a list", corp(&json!({ "groups": [["admins"]] })), 403, 200),
            ("an object", corp(&json!({ "groups": { "admins": true } })), 403, 200),
            ("another case", corp(&json!({ "groups": ["Admins"] })), 403, 200),
            ("null", corp(&json!({ "groups": null })), 403, 200),
        ] {
            assert_eq!(ask(&get("/admin", presented.clone())).status, on_admin, "{name} on /admin");
            assert_eq!(ask(&get("/", presented.clone())).status, on_public, "{name} on /");
            let mut plain = get("/", presented);
            plain.authority = "plain.example.com".into();
            assert_eq!(ask(&plain).status, 200, "{name} where no token is looked at");
        }
    });
}

#[test]
fn claims_are_compared_as_written() {
    on_envoy(|ask| {
        for (target, claims, status) in [
            ("/guests", json!({}), 200),
            ("/guests", json!({ "groups": "guests" }), 403),
            ("/guests", json!({ "groups": ["guests"] }), 403),
            ("/guests", json!({ "groups": ["others"] }), 200),
            ("/scoped", json!({ "scope": "read write" }), 200),
            ("/scoped", json!({ "scope": "read  write" }), 200),
            ("/scoped", json!({ "scope": "writer read" }), 403),
            ("/scoped", json!({ "scope": "read\twrite" }), 403),
            ("/scoped", json!({ "scope": ["read", "write"] }), 200),
            ("/nested", json!({ "realm_access": { "roles": ["ops"] } }), 200),
            ("/nested", json!({ "realm_access.roles": ["ops"] }), 403),
            ("/nested", json!({ "realm_access": "ops" }), 403),
            ("/mixed", json!({ "groups": ["admins"] }), 200),
            ("/mixed", json!({}), 403),
        ] {
            assert_eq!(ask(&get(target, corp(&claims))).status, status, "{target} with {claims}");
        }
        assert_eq!(ask(&get("/mixed", token(1, &json!({})))).status, 200);
    });
}

#[test]
fn hosts_and_methods_are_neither_more_nor_less_than_listed() {
    on_envoy(|ask| {
        for (authority, status) in [
            ("dev.example.com", 200),
            ("DEV.Example.COM", 200),
            ("dev.example.com:80", 200),
            ("dev.example.com:9999", 200),
            ("dev.example.com.", 404),
            ("xdev.example.com", 404),
            ("example.com", 404),
            ("127.0.0.1", 404),
        ] {
            let mut request = get("/", None);
            request.authority = authority.into();
            assert_eq!(ask(&request).status, status, "{authority}");
        }
        for (method, status) in
            [("GET", 200), ("POST", 200), ("HEAD", 405), ("PUT", 405), ("OPTIONS", 405), ("TRACE", 405)]
        {
            let mut request = get("/items", corp(&json!({})));
            request.method = method.into();
            assert_eq!(ask(&request).status, status, "{method}");
        }
        // It asks about the server as a whole.
        for (method, target, status) in [("OPTIONS", "*", 404), ("OPTIONS", "*x?y", 404), ("GET", "*", 400)] {
            let mut request = get(target, None);
            request.method = method.into();
            assert_eq!(ask(&request).status, status, "{method} {target}");
        }
    });
}

/// Envoy's CORS filter is blind on routes that answer by themselves: preflights have a route of their own.
#[test]
fn preflights_are_answered_whatever_the_route_does() {
    on_envoy(|ask| {
        for target in ["/open/x", "/closed", "/old", "/members", "/moved"] {
            for (origin, answered) in [("https://page.example", true), ("https://evil.example", false)] {
                let mut request = get(target, None);
                request.authority = "pages.example.com".into();
                request.method = "OPTIONS".into();
                request.preflight_origin = Some(origin.into());
                let status = ask(&request).status;
                assert_eq!(status == 200, answered, "{target} from {origin}: {status}");
            }
        }
    });
}

/// The app must not be told another path, host, method or user than the one that was decided upon.
#[test]
fn an_app_sees_nothing_that_only_looks_decided() {
    with_judge(|judge| {
        let given = [
            ("x-original-url", "/admin"),
            ("x-rewrite-url", "/admin"),
            ("x-http-method-override", "DELETE"),
            ("x-forwarded-host", "other.example.com"),
            ("x_user", "admin"),
            ("x-kept", "yes"),
        ];
        let admins = corp(&json!({ "groups": ["admins"] }));
        let answer = judge.ask_with(&get("/admin", admins), Version::Http1, 1, &given).unwrap();
        let seen: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(seen["headers"]["x-kept"], "yes");
        for gone in
            ["x-original-url", "x-rewrite-url", "x-http-method-override", "x-forwarded-host", "x_user", "authorization"]
        {
            assert_eq!(seen["headers"][gone], Value::Null, "{gone}");
        }
    });
}

#[test]
fn a_websocket_is_opened_where_its_route_lets_it_through() {
    with_judge(|judge| {
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
        let mut status = |presented| {
            let request = get("/admin/socket", presented);
            judge.ask_with(&request, Version::Http1, 1, &upgrade).unwrap().status
        };
        assert_eq!(status(corp(&json!({ "groups": ["admins"] }))), 101);
        assert_eq!(status(corp(&json!({}))), 403);
        assert_eq!(status(None), 401);
    });
}

/// Several tokens in one header are no token.
#[test]
fn two_tokens_are_not_better_than_one() {
    with_judge(|judge| {
        let admins = corp(&json!({ "groups": ["admins"] }));
        for second in ["Bearer garbage", "Basic YTpi"] {
            let answer =
                judge.ask_with(&get("/admin", admins.clone()), Version::Http1, 1, &[("authorization", second)]);
            assert_eq!(answer.unwrap().status, 401, "{second}");
        }
        for scheme in ["bearer x.y.z", "BEARER x.y.z", "Basic YTpi", "x.y.z", "Bearer "] {
            let answer = judge.ask_with(&get("/admin", None), Version::Http1, 1, &[("authorization", scheme)]);
            assert_eq!(answer.unwrap().status, 401, "{scheme}");
        }
    });
}

/// A proxy comes upon tokens that were put there for another issuer; a prefix is looked for anywhere in a header.
#[test]
fn places_of_tokens_that_overlap_are_read_as_decided() {
    let places = [
        "",
        "header \"authorization\" prefix \"Bearer \"",
        "header \"authorization\" prefix \"Token \"",
        "header \"authorization\"",
        "query \"access_token\"",
        "header \"x-jwt\"",
        "header \"x-jwt\" prefix \"Token \"",
        "header \"x-jwt\" prefix \"My Token \"",
    ];
    let mut text = "gateway edge {\n  http 80\n}\n\n".to_string();
    let names: Vec<String> = (0..places.len()).map(|i| format!("issuer-{i}")).collect();
    for (name, place) in names.iter().zip(places) {
        let line = if place.is_empty() { String::new() } else { format!("  token {place}\n") };
        let _ = writeln!(
            text,
            "issuer {name} {{\n  url \"https://{name}.example\"\n  jwks \"https://{name}.example/keys\"\n{line}}}\n"
        );
    }
    // Each issuer alone, neighbours together, and all.
    let mut trusted: Vec<String> = names.clone();
    trusted.extend(names.windows(2).map(|two| two.join(" ")));
    trusted.push(names.join(" "));
    for (i, issuers) in trusted.iter().enumerate() {
        let _ = writeln!(
            text,
            "app app-{i} port 80 {{\n  hosts a{i}.example.com\n  issuers {issuers}\n  GET /** require token\n  GET /open public\n}}\n"
        );
    }
    let (program, findings) = programs::compile(&text);
    let program = program.unwrap_or_else(|| panic!("{findings:?}"));
    let (access, _) = Access::build(&program);
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list: 200 };
    let _alone = setup::alone();
    let mut judge = Judge::start(&access, &setup).unwrap();
    let mut differences = Vec::new();
    let mut passed = 0;
    for app in 0..trusted.len() {
        for put in &program.issuers {
            for issuer in 0..=program.issuers.len() {
                for target in ["/x", "/open"] {
                    let claims = json!({ "sub": "ann" }).as_object().unwrap().clone();
                    let token = Credential::Token(Token { issuer: IssuerId(issuer), flaw: None, claims });
                    let credential = if issuer == program.issuers.len() { Credential::Garbage } else { token };
                    let mut request = get(target, Some(Presented { at: put.location.clone(), credential }));
                    request.authority = format!("a{app}.example.com");
                    differences.extend(judge.judge(&request, Version::Http1, 1).unwrap().map(|d| d.to_string()));
                    passed += usize::from(judge.ask(&request, Version::Http1, 1).unwrap().status == 200);
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(passed > 100, "{passed}");
}
