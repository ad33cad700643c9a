//! `spec`, which reads the language word by word, against `access`, which every target is made from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it must be")]

mod common;

use std::collections::BTreeMap;

use common::random::Random;
use common::{programs, requests};
use meshc::access::{Access, decide};
use meshc::ir::{AppId, GatewayId, IssuerId, Program, TokenLocation};
use meshc::request::{Credential, Outcome, Presented, Request, Token, Via};
use meshc::spec;
use serde_json::{Map, json};

/// How many of an environment variable, or so many.
fn count(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// What hides a slash or a dot segment, and what else may stand in the way.
const CONFUSING: [&str; 16] = [
    "//",
    "/;",
    "/%2f",
    "/%5C",
    "/%25",
    "%25",
    "%2F",
    "%5c",
    ";x",
    "/..%2f",
    "/%252e%252e/",
    "%3b",
    "%0a",
    "%",
    "%zz",
    "/[x]/",
];

/// A request for a path that some app sees, with something confusing in it.
fn confused(random: &mut Random, program: &Program, request: &mut Request) {
    let app = random.pick(&program.apps);
    if app.routes.is_empty() {
        return;
    }
    let route = random.pick(&app.routes);
    let path = route.options.rewrite.as_ref().filter(|_| random.one_in(2)).unwrap_or(&route.path).example();
    let at = random.below(path.len());
    let (before, after) = path.split_at(at);
    request.target = match after.bytes().next() {
        Some(byte) if random.one_in(3) => format!("{before}%{byte:02x}{}", &after[1..]),
        Some(b'/') => format!("{before}{}{}", random.pick(&CONFUSING), &after[1..]),
        _ => format!("{before}{}{after}", random.pick(&CONFUSING)),
    };
    if random.one_in(3) {
        request.target.push_str(random.pick::<&str>(&["/x", "/", "/admin", ";y", "%2fx"]));
    }
}

/// What was found by holding the two against each other.
#[derive(Default)]
struct Seen {
    agreed: BTreeMap<String, usize>,
    /// Requests for which two requirements would have to be compared that too many tokens can tell apart.
    uncompared: usize,
    wrong: Vec<String>,
}

impl Seen {
    fn compare(&mut self, access: &Access<'_>, request: &Request, seed: u64) {
        let fast = decide(access, request).outcome;
        match spec::decide(access.program, request) {
            Ok(plain) if plain == fast => *self.agreed.entry(kind(request, &plain)).or_default() += 1,
            Ok(plain) => self.wrong.push(format!("seed {seed}: {request:?}\n  spec {plain:?}\n  access {fast:?}")),
            Err(spec::TooManyTokens) => self.uncompared += 1,
        }
    }

    /// Sends random requests to a program.
    fn ask(&mut self, random: &mut Random, access: &Access<'_>, requests: u64, seed: u64) {
        for _ in 0..requests {
            let Some((mut request, _)) = requests::generate(random, access) else { continue };
            if random.one_in(3) {
                confused(random, access.program, &mut request);
            }
            requests::move_inside(random, access, &mut request);
            self.compare(access, &request, seed);
        }
    }

    /// Every kind of outcome has to be among what was compared.
    fn check(&self, kinds: &[&str]) {
        println!("{:#?}\nnot compared: {}, wrong: {}", self.agreed, self.uncompared, self.wrong.len());
        assert!(self.wrong.is_empty(), "{}", self.wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n"));
        assert_eq!(self.uncompared, 0, "requirements that are too large to be compared");
        for kind in kinds {
            let count = self.agreed.get(*kind).copied().unwrap_or_default();
            assert!(count > 20, "only {count} of {kind}");
        }
    }
}

/// From which place and with which outcome.
fn kind(request: &Request, outcome: &Outcome) -> String {
    let from = match request.via {
        Via::Gateway(..) => "gateway",
        Via::Inside(_) => "inside",
    };
    let what = match outcome {
        Outcome::Refused(refusal) => format!("{refusal:?}"),
        other => format!("{other:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
    };
    format!("{from} {what}")
}

const KINDS: [&str; 19] = [
    "gateway AmbiguousPath",
    "gateway BadToken",
    "gateway Denied",
    "gateway Forward",
    "gateway Malformed",
    "gateway Method",
    "gateway NoToken",
    "gateway NotFound",
    "gateway NotMet",
    "gateway Redirect",
    "gateway RedirectToHttps",
    "gateway WrongAudience",
    "inside AmbiguousPath",
    "inside BadToken",
    "inside Forward",
    "inside Method",
    "inside NoToken",
    "inside NotMet",
    "inside Path",
];

#[test]
fn random_requests_are_decided_as_the_words_say() {
    let first = count("MESHC_SPEC_SEED", 1);
    let mut seen = Seen::default();
    for seed in first..first + count("MESHC_SPEC_PROGRAMS", 100) {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&generated.program);
        if !access.virtual_hosts.is_empty() {
            seen.ask(&mut random, &access, count("MESHC_SPEC_REQUESTS", 200), seed);
        }
    }
    seen.check(&KINDS);
}

#[test]
fn lines_that_lie_close_together_are_decided_as_the_words_say() {
    let first = count("MESHC_SPEC_SEED", 1);
    let mut seen = Seen::default();
    let mut compiled = 0;
    for seed in first..first + count("MESHC_SPEC_DENSE", 1500) {
        let mut random = Random::new(seed);
        let text = programs::dense::dense(&mut random);
        let (Some(program), _) = programs::compile(&text) else { continue };
        compiled += 1;
        let (access, _) = Access::build(&program);
        seen.ask(&mut random, &access, 100, seed);
    }
    println!("{compiled} programs");
    assert!(compiled > 150, "only {compiled} programs compile");
    let kinds: Vec<&str> = KINDS.into_iter().filter(|k| !k.ends_with("Https") && !k.ends_with("Audience")).collect();
    seen.check(&kinds);
}

/// Where a request comes from, its address, and what becomes of it.
type Case = (&'static str, &'static str, &'static str);

/// Requests of which an earlier version decided otherwise, or which the words decide on their own: the lines of an app, and
/// what is asked.
const BY_HAND: &[(&str, &[Case])] = &[
    // All paths of the wildcard ask for the same; only the block's host has another one.
    (
        "  hosts *.example.com a.example.com\n  GET /** public\n  host a.example.com {\n    GET /admin/** require token\n    \
         GET /users/*/** require token\n  }\n",
        &[
            ("gateway", "b.example.com//admin", "Forward"),
            ("gateway", "b.example.com/users/7/[x]", "Forward"),
            ("gateway", "a.example.com//admin", "AmbiguousPath"),
            ("gateway", "A.example.com:80//admin", "AmbiguousPath"),
            ("gateway", "a.example.com/users/7/[x]", "AmbiguousPath"),
            ("inside", "b.example.com//admin", "Forward"),
            ("inside", "a.example.com//admin", "AmbiguousPath"),
            ("inside", "a.example.com/users/7/[x]", "AmbiguousPath"),
            ("inside", "a.example.com/admin;x", "AmbiguousPath"),
            ("inside", "a.example.com/admin%3Bx", "Forward"),
        ],
    ),
    // The same requirement in other words.
    (
        "  hosts a.example.com\n  GET /** require token\n  GET /admin/** require token from corp\n  GET /users/*/** \
         require token and (claim g has \"a\" or not claim g has \"a\")\n",
        &[
            ("gateway with token", "a.example.com//admin", "Forward"),
            ("gateway with token", "a.example.com/users/7/[x]", "Forward"),
            ("gateway", "a.example.com/users/7/[x]", "NoToken"),
            ("inside with token", "a.example.com//admin", "Forward"),
            ("inside with token", "a.example.com/users/7/[x]", "Forward"),
            ("inside", "a.example.com/users/7/[x]", "NoToken"),
        ],
    ),
    // One that is only nearly the same.
    (
        "  hosts a.example.com\n  GET /** require token\n  GET /users/*/** require token and (claim g has \"a\" or not claim \
         g in [\"a\", \"b\"])\n",
        &[
            ("gateway with token", "a.example.com//users/7", "AmbiguousPath"),
            ("gateway with token", "a.example.com/users/7/[x]", "AmbiguousPath"),
            ("inside with token", "a.example.com/users/7/[x]", "AmbiguousPath"),
        ],
    ),
    // A line with another requirement lies under one that says the same as what is around it.
    (
        "  hosts a.example.com\n  GET /** require token\n  GET /users/*/** require token from corp\n  GET /users/admin/** \
         deny\n",
        &[
            ("gateway with token", "a.example.com/users/7/[x]", "Forward"),
            ("gateway with token", "a.example.com/users/admin/[x]", "Denied"),
            ("inside with token", "a.example.com/users/admin/[x]", "Method"),
            ("inside with token", "a.example.com/users//admin", "AmbiguousPath"),
            ("inside with token", "a.example.com/users/%25", "AmbiguousPath"),
        ],
    ),
    // No line for `/**`.
    (
        "  hosts a.example.com\n  GET /a/** public\n",
        &[("gateway", "a.example.com/a//b", "AmbiguousPath"), ("inside", "a.example.com/a//b", "Forward")],
    ),
];

#[test]
fn requests_are_decided_by_hand_as_by_both() {
    for (lines, requests) in BY_HAND {
        let text = format!(
            "issuer corp {{\n  url \"https://id.example.com\"\n}}\n\ngateway edge {{\n  http 80\n}}\n\napp shop port 80 {{\n{lines}}}\n"
        );
        let (program, findings) = programs::compile(&text);
        let program = program.unwrap_or_else(|| panic!("{text}\n{:#?}", common::told(&findings)));
        let (access, _) = Access::build(&program);
        for (from, address, wanted) in *requests {
            let (authority, path) = address.split_once('/').unwrap();
            let claims = Map::from_iter([("sub".to_string(), json!("ann"))]);
            let token = Token { issuer: IssuerId(0), flaw: None, claims };
            let presented = Presented { at: TokenLocation::Default, credential: Credential::Token(token) };
            let inside = from.starts_with("inside");
            let request = Request {
                via: if inside { Via::Inside(AppId(0)) } else { Via::Gateway(GatewayId(0), 80) },
                authority: authority.to_string(),
                method: "GET".to_string(),
                target: format!("/{path}"),
                preflight_origin: None,
                presented: from.ends_with("token").then_some(presented),
            };
            let wanted = format!("{} {wanted}", if inside { "inside" } else { "gateway" });
            let plain = spec::decide(&program, &request).unwrap();
            assert_eq!(kind(&request, &plain), wanted, "spec: {from} {address}\n{text}");
            let fast = decide(&access, &request).outcome;
            assert_eq!(fast, plain, "access: {from} {address}\n{text}");
        }
    }
}

#[test]
#[ignore = "shows the program of a seed, for who looks for a difference"]
fn program_of_a_seed() {
    let seed = count("MESHC_SPEC_SEED", 1);
    println!("{}", programs::dense::dense(&mut Random::new(seed)));
    if let Some(generated) = programs::generate(&mut Random::new(seed)) {
        println!("{}", generated.text);
    }
}
