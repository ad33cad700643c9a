//! `decide` on the traps of paths, tokens, methods and hosts, each with the outcome that the language gives it; and on
//! whatever else comes, without a panic.

mod common;

use common::programs;
use common::random::Random;
use meshc::access::{
    Access, Alternative, Credential, Flaw, Need, Outcome, Presented, Refusal, Remedy, Request, Statuses, Token, Via,
    decide, describe, remedies,
};
use meshc::diagnostic::codes;
use meshc::ir::{AppId, Fact, GatewayId, IssuerId, MethodSet, TokenLocation};
use meshc::source::SourceMap;
use meshc::{Attachments, parse, with_access};
use serde_json::{Value, json};

const PROGRAM: &str = r#"
issuer a {
  url      "https://a.example"
  audience "my-api"
}

issuer b {
  url   "https://b.example"
  token header "x-b"
}

gateway edge {
  http 80
}

app my-app port 80 {
  hosts   dev.example.com
  issuers a b

  ANY      /**       public
  ANY      /admin/** require token from a and claim groups has "admins"
  ANY      /any      require token from a
  ANY      /b        require token from b
  ANY      /either   require token
  ANY      /mixed    require (token from a and claim groups has "admins") or token from b
  ANY      /nested   require token from a and claim realm_access.roles has "ops"
  ANY      /flat     require token from a and claim "realm_access.roles" has "ops"
  ANY      /scope    require token from a and scope has "write"
  ANY      /not      require token from a and not claim groups has "contractors"
  ANY      /me       require token from a and subject is "ann"
  ANY      /aud      require token from a and audience has "other-api"
  GET POST /items    public
  ANY      /closed   deny
}

app open port 80 {
  hosts open.example.com

  GET /** public
}
"#;

fn with_program<T>(text: &str, ask: impl FnOnce(&Access<'_>) -> T) -> T {
    let sources = SourceMap::single("access.mesh", text);
    let (answer, found) = with_access(&sources, &parse(&sources), &Attachments::default(), None, ask);
    answer.unwrap_or_else(|| panic!("{:#?}", common::told(&found)))
}

fn request(method: &str, authority: &str, target: &str, presented: Option<Presented>) -> Request {
    Request {
        via: Via::Gateway(GatewayId(0), 80),
        authority: authority.to_string(),
        method: method.to_string(),
        target: target.to_string(),
        preflight_origin: None,
        presented,
    }
}

/// An outcome in a word: the path that the app sees, `404`, or why it is refused.
fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Forward { path, .. } => path.clone(),
        Outcome::Refused(refusal) => format!("{refusal:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn paths_that_a_backend_may_read_in_another_way_never_get_past_admin() {
    // Without a token: a path is what the open route passes on.
    let table = [
        ("/admin", "NoToken"),
        ("/admin/", "NoToken"),
        ("/admin/x", "NoToken"),
        ("/admin?x", "NoToken"),
        ("//admin", "AmbiguousPath"),
        ("///admin", "AmbiguousPath"),
        ("/./admin", "NoToken"),
        ("/x/../admin", "NoToken"),
        ("/%61dmin", "NoToken"),
        ("/ad%6din", "NoToken"),
        ("/%2561dmin", "AmbiguousPath"),
        ("/admin;x", "AmbiguousPath"),
        ("/admin;x/y", "AmbiguousPath"),
        ("/;x/admin", "AmbiguousPath"),
        ("/healthz/..;/admin", "AmbiguousPath"),
        ("/ADMIN", "/ADMIN"),
        ("/%41dmin", "/Admin"),
        ("/adminx", "/adminx"),
        ("/admin.json", "/admin.json"),
        ("/admin%2F..", "AmbiguousPath"),
        ("/admin%2fx", "AmbiguousPath"),
        ("/x%2f..%2fadmin", "AmbiguousPath"),
        ("/x/..%2fadmin", "AmbiguousPath"),
        ("/..%2fadmin", "AmbiguousPath"),
        ("/%2fadmin", "AmbiguousPath"),
        ("/%2e/admin", "NoToken"),
        ("/%2e%2e/admin", "NoToken"),
        ("/x/%2e%2e/admin", "NoToken"),
        ("/x/.%2e/admin", "NoToken"),
        ("/%252e/admin", "AmbiguousPath"),
        ("/admin%00", "Malformed"),
        ("/admin%20", "/admin%20"),
        ("/admin%3fx", "AmbiguousPath"),
        ("/admin%23", "AmbiguousPath"),
        ("/admin#x", "Malformed"),
        ("/x#/admin", "Malformed"),
        ("\\admin", "Malformed"),
        ("/\\admin", "AmbiguousPath"),
        ("/x\\..\\admin", "NoToken"),
        ("/%5cadmin", "AmbiguousPath"),
        ("/x%5c..%5cadmin", "AmbiguousPath"),
        ("/admin/..", "/"),
        ("/admin/../healthz", "/healthz"),
        ("/healthz/../admin", "NoToken"),
        ("/x//../admin", "/x/admin"),
        ("dev.example.com/admin", "Malformed"),
        ("admin", "Malformed"),
        ("*", "Malformed"),
        ("?", "Malformed"),
        ("", "Malformed"),
        ("/admin%0a", "AmbiguousPath"),
        ("/admin%", "AmbiguousPath"),
        ("/admin%zz", "AmbiguousPath"),
        ("/ádmin", "Malformed"),
        ("/a%64min%2f", "AmbiguousPath"),
        ("/?x=/admin", "/"),
        ("/x?a=%2F;b", "/x"),
        ("/admin|x", "/admin%7Cx"),
        ("/admin\"", "/admin%22"),
        ("/admin^", "/admin%5E"),
        ("/..", "/"),
        ("/../../admin", "NoToken"),
        ("/admin%2e", "/admin."),
    ];
    with_program(PROGRAM, |access| {
        for (target, expected) in table {
            let decision = decide(access, &request("GET", "dev.example.com", target, None));
            assert_eq!(short(&decision.outcome), expected, "{target}");
        }
        // Where nothing is guarded there is nothing to be hidden behind a second reading.
        for target in ["//admin", "/admin;x", "/x%2fy"] {
            let decision = decide(access, &request("GET", "open.example.com", target, None));
            assert_eq!(short(&decision.outcome), target);
        }
    });
}

/// Every path of the first host is open, and an app that decodes more would serve what only the second host's routes open.
#[test]
fn another_reading_of_a_rewritten_path_does_not_get_round_the_other_routes_of_the_app() {
    let program = "issuer a {\n  url \"https://a.example\"\n}\n\ngateway edge {\n  http 80\n}\n\napp one port 80 {\n  \
                   hosts x.example.com y.example.com\n\n  host x.example.com {\n    GET /** public {\n      \
                   rewrite /pub/**\n    }\n  }\n  host y.example.com {\n    GET /** require token {\n      \
                   rewrite /admin/**\n    }\n  }\n}\n";
    with_program(program, |access| {
        for (target, expected) in [
            ("/..%2fadmin/x", "AmbiguousPath"),
            ("/x/..;/..;/admin", "AmbiguousPath"),
            ("/%252e%252e/admin", "AmbiguousPath"),
            ("/admin/x", "/pub/admin/x"),
            ("/a%20b", "/pub/a%20b"),
        ] {
            let decision = decide(access, &request("GET", "x.example.com", target, None));
            assert_eq!(short(&decision.outcome), expected, "{target}");
        }
    });
}

#[test]
fn inside_the_mesh_disguises_of_a_guarded_path_are_refused_too() {
    let table = [
        ("/admin", "NoToken"),
        ("/x/../admin", "NoToken"),
        ("//admin", "AmbiguousPath"),
        ("/admin;x", "AmbiguousPath"),
        ("/%2561dmin", "AmbiguousPath"),
        ("/admin%2fx", "AmbiguousPath"),
        ("/adminx", "/adminx"),
        ("/x;y", "/x;y"),
        // The limit of decision 0004: no prefix tells it.
        ("/x/..%2fadmin", "/x/..%2fadmin"),
    ];
    with_program(PROGRAM, |access| {
        for (target, expected) in table {
            let mut request = request("GET", "my-app.default.svc.cluster.local", target, None);
            request.via = Via::Inside(AppId(0));
            assert_eq!(short(&decide(access, &request).outcome), expected, "{target}");
        }
    });
}

const A: IssuerId = IssuerId(0);
const B: IssuerId = IssuerId(1);

fn good(issuer: IssuerId, claims: Value) -> Token {
    let Value::Object(given) = claims else { panic!("claims are an object") };
    let Value::Object(mut all) = json!({ "sub": "ann", "aud": "my-api" }) else { unreachable!() };
    all.extend(given);
    Token { issuer, flaw: None, claims: all }
}

/// A request with a credential where the tokens of issuer `at` travel.
fn asked(access: &Access<'_>, target: &str, at: IssuerId, credential: Credential) -> String {
    let at = access.program.issuer(at).location.clone();
    let presented = Some(Presented { at, credential });
    short(&decide(access, &request("GET", "dev.example.com", target, presented)).outcome)
}

#[test]
fn tokens_that_are_not_good_are_refused_with_their_reason() {
    let flawed = |flaw| Credential::Token(Token { flaw: Some(flaw), ..good(A, json!({})) });
    let of = |issuer, claims| Credential::Token(good(issuer, claims));
    with_program(PROGRAM, |access| {
        let table = [
            ("/any", A, of(A, json!({})), "/any"),
            ("/any", A, flawed(Flaw::Expired), "BadToken"),
            ("/any", A, flawed(Flaw::NotYetValid), "BadToken"),
            ("/any", A, flawed(Flaw::Forged), "BadToken"),
            ("/any", A, Credential::Stranger, "BadToken"),
            ("/any", A, Credential::Garbage, "BadToken"),
            ("/any", A, of(A, json!({ "aud": "other" })), "WrongAudience"),
            ("/any", A, of(A, json!({ "aud": ["x", "my-api"] })), "/any"),
            ("/any", A, of(A, json!({ "aud": null })), "BadToken"),
            ("/any", A, of(A, json!({ "aud": 7 })), "BadToken"),
            ("/any", A, of(A, json!({ "aud": ["my-api", 7] })), "BadToken"),
            ("/any", A, of(A, json!({ "aud": [] })), "WrongAudience"),
            ("/any", A, of(A, json!({ "sub": null })), "BadToken"),
            ("/any", A, of(A, json!({ "sub": "" })), "NotMet"),
            ("/any", B, of(B, json!({})), "NotMet"),
            // Envoy, and so Istio, reads no token with one of these.
            ("/any", A, of(A, json!({ "iat": "never" })), "BadToken"),
            ("/any", A, of(A, json!({ "iat": -1 })), "BadToken"),
            ("/any", A, of(A, json!({ "iat": 1e30 })), "BadToken"),
            ("/any", A, of(A, json!({ "iat": 1.5 })), "/any"),
            ("/any", A, of(A, json!({ "exp": true })), "BadToken"),
            ("/any", A, of(A, json!({ "nbf": null })), "BadToken"),
            ("/any", A, of(A, json!({ "jti": 7 })), "BadToken"),
            ("/any", A, of(A, json!({ "jti": "7" })), "/any"),
            ("/b", B, of(B, json!({})), "/b"),
            ("/b", A, of(A, json!({})), "NotMet"),
            // A token of the right issuer in the wrong place.
            ("/b", A, of(B, json!({})), "BadToken"),
            ("/any", B, of(A, json!({})), "BadToken"),
            ("/either", A, of(A, json!({})), "/either"),
            ("/either", B, of(B, json!({})), "/either"),
            ("/mixed", A, of(A, json!({})), "NotMet"),
            ("/mixed", A, of(A, json!({ "groups": ["admins"] })), "/mixed"),
            ("/mixed", B, of(B, json!({})), "/mixed"),
            // Bad tokens are refused on public and on closed routes too.
            ("/", A, flawed(Flaw::Expired), "BadToken"),
            ("/", A, Credential::Garbage, "BadToken"),
            ("/", A, of(A, json!({ "aud": "other" })), "WrongAudience"),
            ("/closed", A, Credential::Garbage, "BadToken"),
            ("/closed", A, of(A, json!({})), "Denied"),
            ("/aud", A, of(A, json!({ "aud": "other-api" })), "WrongAudience"),
            ("/aud", A, of(A, json!({ "aud": ["my-api", "other-api"] })), "/aud"),
            ("/aud", A, of(A, json!({})), "NotMet"),
            ("/me", A, of(A, json!({})), "/me"),
            ("/me", A, of(A, json!({ "sub": "bob" })), "NotMet"),
            ("/me", A, of(A, json!({ "sub": ["ann"] })), "BadToken"),
        ];
        for (target, at, credential, expected) in table {
            let shown = format!("{target} {credential:?}");
            assert_eq!(asked(access, target, at, credential), expected, "{shown}");
        }
        for (claim, expected) in [("sub", "NotMet"), ("aud", "WrongAudience")] {
            let mut token = good(A, json!({}));
            token.claims.shift_remove(claim);
            assert_eq!(asked(access, "/any", A, Credential::Token(token)), expected, "without `{claim}`");
        }
        for target in ["/any", "/b", "/either", "/mixed", "/nested", "/scope", "/not", "/me"] {
            let nothing = decide(access, &request("GET", "dev.example.com", target, None));
            assert_eq!(nothing.outcome, Outcome::Refused(Refusal::NoToken), "{target}");
            let elsewhere = Presented { at: TokenLocation::Cookie("t".into()), credential: of(A, json!({})) };
            let unseen = decide(access, &request("GET", "dev.example.com", target, Some(elsewhere)));
            assert_eq!(unseen.outcome, Outcome::Refused(Refusal::NoToken), "{target}");
        }
        // The other one of the usual places, and the usual header by its name.
        for (at, expected) in [
            (TokenLocation::Query("access_token".into()), "/any"),
            (TokenLocation::Header { name: "authorization".into(), prefix: Some("Bearer ".into()) }, "/any"),
            (TokenLocation::Header { name: "authorization".into(), prefix: Some("Bearer Bearer ".into()) }, "BadToken"),
            (TokenLocation::Header { name: "authorization".into(), prefix: Some("Token ".into()) }, "NoToken"),
            (TokenLocation::Header { name: "x-b".into(), prefix: Some("Bearer ".into()) }, "BadToken"),
        ] {
            let presented = Presented { at, credential: of(A, json!({})) };
            let shown = format!("{presented:?}");
            let decision = decide(access, &request("GET", "dev.example.com", "/any", Some(presented)));
            assert_eq!(short(&decision.outcome), expected, "{shown}");
        }
        // An app that requires nothing looks at no token.
        let garbage = Presented { at: TokenLocation::Default, credential: Credential::Garbage };
        let decision = decide(access, &request("GET", "open.example.com", "/", Some(garbage)));
        assert_eq!(short(&decision.outcome), "/");
    });
}

#[test]
fn the_same_requirement_asks_each_app_for_tokens_that_it_trusts() {
    const ISSUERS: &str = "issuer a { url \"https://a.example\" }
issuer b { url \"https://b.example\"
  token header \"x-b\" }
gateway edge { http 80 }
";
    let app = |name: &str, lines: &str| format!("app {name} port 80 {{ hosts {name}.example.com\n {lines} }}\n");
    let only = |issuer: &str| format!("issuers {issuer}\n GET / require token");
    let text = [ISSUERS, &app("first", &only("a")), &app("second", &only("b"))].concat();
    with_program(&text, |access| {
        for (host, at, expected) in [
            ("first.example.com", A, "/"),
            ("first.example.com", B, "NoToken"),
            ("second.example.com", A, "NoToken"),
            ("second.example.com", B, "/"),
        ] {
            let credential = Credential::Token(good(at, json!({})));
            let presented = Presented { at: access.program.issuer(at).location.clone(), credential };
            let decision = decide(access, &request("GET", host, "/", Some(presented)));
            assert_eq!(short(&decision.outcome), expected, "a token of issuer {} at {host}", at.0);
        }
    });
    // Whom the second trusts is the same, but it does not say so.
    let names = "GET /a require token from a\n GET /b require token from b\n GET / require token";
    let text = [ISSUERS, &app("first", &only("a b")), &app("second", names)].concat();
    let found = common::check(&SourceMap::single("access.mesh", &text));
    assert_eq!(found.len(), 1, "{:#?}", common::told(&found));
    assert_eq!(found[0].code, codes::ISSUER_NOT_CHOSEN);
}

#[test]
fn claims_match_strings_and_lists_of_strings_and_nothing_else() {
    let table = [
        ("/admin", json!({ "groups": ["admins", "x"] }), true),
        ("/admin", json!({ "groups": ["x"] }), false),
        ("/admin", json!({ "groups": "admins" }), true),
        ("/admin", json!({ "groups": "x admins" }), false),
        ("/admin", json!({}), false),
        ("/admin", json!({ "groups": [] }), false),
        ("/admin", json!({ "groups": null }), false),
        ("/admin", json!({ "groups": 1 }), false),
        ("/admin", json!({ "groups": true }), false),
        ("/admin", json!({ "groups": ["Admins"] }), false),
        ("/admin", json!({ "groups": [["admins"]] }), false),
        ("/admin", json!({ "groups": [1, "admins"] }), true),
        ("/admin", json!({ "groups": { "admins": true } }), false),
        ("/admin", json!({ "groups": ["admins "] }), false),
        ("/admin", json!({ "groups": ["superadmins"] }), false),
        ("/nested", json!({ "realm_access": { "roles": ["ops"] } }), true),
        ("/nested", json!({ "realm_access": { "roles": "ops" } }), true),
        ("/nested", json!({ "realm_access": { "roles": ["x"] } }), false),
        ("/nested", json!({ "realm_access.roles": ["ops"] }), false),
        ("/nested", json!({ "realm_access": "ops" }), false),
        ("/flat", json!({ "realm_access.roles": ["ops"] }), true),
        ("/flat", json!({ "realm_access": { "roles": ["ops"] } }), false),
        ("/scope", json!({ "scope": "read write" }), true),
        ("/scope", json!({ "scope": "read" }), false),
        ("/scope", json!({ "scope": "writer read" }), false),
        ("/scope", json!({ "scope": ["read", "write"] }), true),
        ("/scope", json!({ "scope": "write" }), true),
        ("/scope", json!({ "scope": "read  write" }), true),
        ("/scope", json!({ "scope": "read\twrite" }), false),
        ("/scope", json!({}), false),
        ("/not", json!({}), true),
        ("/not", json!({ "groups": ["x"] }), true),
        ("/not", json!({ "groups": ["contractors"] }), false),
        ("/not", json!({ "groups": "contractors" }), false),
    ];
    with_program(PROGRAM, |access| {
        for (target, claims, passes) in table {
            let shown = format!("{target} {claims}");
            let outcome = asked(access, target, A, Credential::Token(good(A, claims)));
            assert_eq!(outcome, if passes { target } else { "NotMet" }, "{shown}");
        }
        // The same claim of another issuer opens nothing.
        let other = Credential::Token(good(B, json!({ "groups": ["admins"] })));
        assert_eq!(asked(access, "/admin", B, other), "NotMet");
    });
}

#[test]
fn methods_and_hosts_are_taken_as_they_are() {
    with_program(PROGRAM, |access| {
        let by = |method: &str, authority: &str, target: &str| {
            short(&decide(access, &request(method, authority, target, None)).outcome)
        };
        for method in ["GET", "POST"] {
            assert_eq!(by(method, "dev.example.com", "/items"), "/items");
        }
        for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "FOO", ""] {
            assert_eq!(by(method, "dev.example.com", "/items"), "Method", "{method}");
        }
        for authority in ["dev.example.com", "dev.example.com:80", "dev.example.com:9999", "DEV.Example.COM"] {
            assert_eq!(by("GET", authority, "/x"), "/x", "{authority}");
        }
        for authority in ["dev.example.com.", "example.com", "xdev.example.com", "a@dev.example.com", "", ":80", "*"] {
            assert_eq!(by("GET", authority, "/x"), "NotFound", "{authority}");
        }
        assert_eq!(by("GET", "dev.example.com", "/closed"), "Denied");
        // The proxies take it and find no path, whatever the host.
        for authority in ["dev.example.com", "unknown.test"] {
            assert_eq!(by("OPTIONS", authority, "*"), "NotFound", "{authority}");
            assert_eq!(by("OPTIONS", authority, "*x?y"), "NotFound", "{authority}");
        }
        assert_eq!(by("OPTIONS", "dev.example.com", "admin"), "Malformed");
        assert_eq!(by("GET", "dev.example.com", "*"), "Malformed");
    });
}

#[test]
fn statuses_are_those_of_the_table() {
    let gateway = Via::Gateway(GatewayId(0), 80);
    let table = [
        (Outcome::NotFound, gateway, vec![404], vec![404]),
        (Outcome::Malformed, gateway, vec![400], vec![400]),
        (Outcome::RedirectToHttps(443), gateway, vec![301], vec![301]),
        (Outcome::Refused(Refusal::AmbiguousPath), gateway, vec![400], vec![400]),
        (Outcome::Refused(Refusal::AmbiguousPath), Via::Inside(AppId(0)), vec![403], vec![]),
        (Outcome::Refused(Refusal::Path), Via::Inside(AppId(0)), vec![403], vec![]),
        (Outcome::Refused(Refusal::BadToken), gateway, vec![401], vec![401]),
        (Outcome::Refused(Refusal::WrongAudience), gateway, vec![403], vec![403]),
        (Outcome::Refused(Refusal::NoToken), gateway, vec![403], vec![401]),
        (Outcome::Refused(Refusal::NotMet), gateway, vec![403], vec![403]),
        (Outcome::Refused(Refusal::Denied), gateway, vec![403], vec![403]),
        (Outcome::Refused(Refusal::Method), gateway, vec![403], vec![405]),
        (Outcome::Forward { apps: vec![AppId(0)], path: "/".into() }, gateway, vec![], vec![]),
    ];
    for (outcome, via, istio, envoy) in table {
        assert_eq!(outcome.statuses(via, Statuses::Istio), istio, "{outcome:?}");
        assert_eq!(outcome.statuses(via, Statuses::Envoy), envoy, "{outcome:?}");
    }
}

const PIECES: [&str; 30] = [
    "/",
    "/",
    "/",
    "a",
    "b",
    "admin",
    "c.d",
    "%2f",
    "%",
    "%2",
    "%zz",
    "%00",
    "..",
    ".",
    ";",
    "\\",
    "*",
    "**",
    "é",
    "\u{0}",
    "?",
    "#",
    "=",
    " ",
    "\"",
    "{x}",
    "%e2%82%ac",
    ":",
    "@",
    "moved",
];

fn noise(random: &mut Random, length: usize) -> String {
    (0..random.below(length)).map(|_| *random.pick(&PIECES)).collect()
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth > 2 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(random.one_in(2)),
        2 => json!(random.below(9)),
        3 => json!(random.pick(&["admins", "guests", "read write", "ann", "app", ""])),
        4 => json!(noise(random, 4)),
        5 => (0..random.below(3)).map(|_| value(random, depth + 1)).collect(),
        _ => json!({ "groups": value(random, depth + 1) }),
    }
}

fn any_request(random: &mut Random, access: &Access<'_>) -> Request {
    let program = access.program;
    let via = if random.one_in(3) {
        Via::Inside(AppId(random.below(program.apps.len())))
    } else {
        Via::Gateway(GatewayId(0), [80, 443, 0, 8080][random.below(4)])
    };
    let authority = match random.below(3) {
        0 => noise(random, 6),
        1 => format!("x.example.com{}", noise(random, 3)),
        _ => "x.example.com".to_string(),
    };
    let target = if random.one_in(4) { noise(random, 8) } else { format!("/{}", noise(random, 8)) };
    let method = (*random.pick(&["GET", "POST", "OPTIONS", "get", "", "PROPFIND", "é"])).to_string();
    let issuer = IssuerId(random.below(program.issuers.len()));
    let credential = match random.below(4) {
        0 => Credential::Garbage,
        1 => Credential::Stranger,
        _ => {
            let claims =
                ["sub", "aud", "groups", "scope", "iat", "jti"].map(|name| (name.to_string(), value(random, 0)));
            let flaw = [None, None, Some(Flaw::Expired), Some(Flaw::Forged)][random.below(4)];
            Credential::Token(Token { issuer, flaw, claims: claims.into_iter().collect() })
        }
    };
    let at = [TokenLocation::Default, program.issuer(issuer).location.clone()][random.below(2)].clone();
    let presented = (!random.one_in(4)).then_some(Presented { at, credential });
    let preflight_origin = random.one_in(4).then(|| noise(random, 3));
    Request { via, authority, method, target, preflight_origin, presented }
}

#[test]
fn no_request_to_any_program_ends_in_a_panic() {
    let (mut programs, mut refused) = (0, 0);
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&generated.program);
        for _ in 0..50 {
            let request = any_request(&mut random, &access);
            let decision = decide(&access, &request);
            let enough = describe::enough(&access, &request, &decision);
            let is_refused = matches!(decision.outcome, Outcome::Refused(_));
            assert_eq!(!enough.is_empty(), is_refused, "seed {seed}: {request:?}");
            assert!(!decision.trail.is_empty(), "seed {seed}: {request:?}");
            assert_ne!(describe::outcome(&access, &decision.outcome), "");
            refused += usize::from(is_refused);
        }
        programs += 1;
    }
    assert!(programs > 120, "{programs} programs");
    assert!(refused > 1000, "{refused} requests were refused");
}

/// A good token that meets an alternative with the claims of [`programs::generate`].
fn meeting(access: &Access<'_>, alternative: &Alternative) -> Presented {
    let issuer = access.program.issuer(alternative.issuer);
    let mut claims = issuer.good_claims();
    for literal in alternative.conditions.iter().filter(|literal| literal.holds) {
        let refused = |value: &&String| {
            let mut others = alternative.conditions.iter().filter(|l| !l.holds).map(|l| &l.condition);
            others.any(|c| c.fact == literal.condition.fact && c.values.contains(*value))
        };
        let Some(value) = literal.condition.values.iter().find(|value| !refused(value)) else { continue };
        match &literal.condition.fact {
            Fact::Subject => drop(claims.insert("sub".to_string(), json!(value))),
            // Beside one that the issuer's line asks for.
            Fact::Audience => add(claims.entry("aud").or_insert_with(|| json!([])), value),
            Fact::Claim(path) => {
                let mut place = claims.entry(path[0].clone()).or_insert(Value::Null);
                for name in &path[1..] {
                    place = &mut place[name];
                }
                add(place, value);
            }
        }
    }
    let token = Token { issuer: alternative.issuer, flaw: None, claims };
    Presented { at: issuer.location.clone(), credential: Credential::Token(token) }
}

/// Adds a value to a claim, which becomes a list.
fn add(claim: &mut Value, value: &str) {
    let mut all = match claim.take() {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    all.push(json!(value));
    *claim = Value::Array(all);
}

/// The request, changed as a remedy says, once per method that it names.
fn changed(access: &Access<'_>, request: &Request, remedy: &Remedy) -> Vec<Request> {
    let mut request = request.clone();
    request.target = remedy.path.clone().unwrap_or(request.target);
    match &remedy.need {
        None => {}
        Some(Need::Nothing) => request.presented = None,
        Some(Need::Token { alternative, .. }) => request.presented = Some(meeting(access, alternative)),
    }
    if remedy.methods.is_empty() {
        return vec![request];
    }
    remedy.methods.iter().map(|m| Request { method: m.name().to_string(), ..request.clone() }).collect()
}

#[test]
fn a_request_that_is_changed_as_a_remedy_says_is_let_through() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let Some(programs::Generated { text, program, .. }) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&program);
        for _ in 0..80 {
            let mut request = any_request(&mut random, &access);
            if random.one_in(2) {
                let path = ["/a", "/a/b", "/b/admin", "//a", "/a;x/b", "/a/c.d", "/%2561/b", "/v:1"];
                request.target = (*random.pick(&path)).to_string();
            }
            let decision = decide(&access, &request);
            let Outcome::Refused(refusal) = decision.outcome else { continue };
            for remedy in remedies(&access, &request, &decision) {
                assert_ne!(remedy, Remedy::default(), "seed {seed}: {request:?}");
                for changed in changed(&access, &request, &remedy) {
                    let outcome = decide(&access, &changed).outcome;
                    let through = matches!(outcome, Outcome::Forward { .. });
                    assert!(through, "{text}seed {seed}: {refusal:?}, {request:?}\n{remedy:?}\n{outcome:?}");
                }
                let Remedy { path, methods, need } = remedy;
                *kinds.entry((path.is_some(), methods != MethodSet::EMPTY, need.is_some())).or_insert(0) += 1;
            }
        }
    }
    // Each of the three, alone and with each of the others, and all at once.
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert!(kinds.values().all(|&n| n > 10), "{kinds:?}");
}
