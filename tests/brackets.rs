//! Paths with a square bracket where a line has a `*`. No path template of Istio matches such a path, so it is refused
//! wherever the `*` makes a difference; everywhere else it is a path like any other (docs/language.md, "Routes").

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it must be")]

mod common;

use std::fmt::Write as _;

use common::programs::compile;
use common::random::Random;
use meshc::access::{Access, Credential, Outcome, Presented, Refusal, Request, Token, Via, decide};
use meshc::ir::{AppId, GatewayId, IssuerId, Program, TokenLocation};
use serde_json::json;

/// Who may use a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Nobody,
    Admin,
    Member,
    Anybody,
}

impl Asks {
    const ALL: [Asks; 4] = [Asks::Nobody, Asks::Admin, Asks::Member, Asks::Anybody];

    fn clause(self) -> &'static str {
        match self {
            Asks::Nobody => "deny",
            Asks::Admin => "require token and claim groups has \"admins\"",
            Asks::Member => "require token",
            Asks::Anybody => "public",
        }
    }

    /// The least credential that passes: none, a member's token, an admin's.
    fn passes(self, credential: usize) -> bool {
        match self {
            Asks::Nobody => false,
            Asks::Admin => credential == 2,
            Asks::Member => credential > 0,
            Asks::Anybody => true,
        }
    }
}

/// A line: the segments of its path, whether it is a subtree, and what it asks.
type Line = (Vec<String>, bool, Asks);

fn program(lines: &[Line]) -> Option<Program> {
    let mut text = "issuer corp {\n  url \"https://id.example.com\"\n}\n\ngateway edge {\n  http 80\n}\n\n\
        app shop port 80 {\n  hosts shop.example.com\n"
        .to_string();
    for (segments, subtree, asks) in lines {
        let named: String = segments.iter().flat_map(|s| ["/", s]).collect();
        let path = format!("{named}{}", if *subtree { "/**" } else { "" });
        let _ = writeln!(text, "  ANY {path} {}", asks.clause());
    }
    text.push_str("}\n");
    let (program, _) = compile(&text);
    program
}

fn request(via: Via, target: &str, credential: usize) -> Request {
    let mut claims = serde_json::Map::new();
    claims.insert("sub".into(), json!("ann"));
    if credential == 2 {
        claims.insert("groups".into(), json!(["admins"]));
    }
    let token = Credential::Token(Token { issuer: IssuerId(0), flaw: None, claims });
    Request {
        via,
        authority: "shop.example.com".into(),
        method: "GET".into(),
        target: target.into(),
        preflight_origin: None,
        presented: (credential > 0).then_some(Presented { at: TokenLocation::Default, credential: token }),
    }
}

fn takes(line: &Line, path: &[&str]) -> bool {
    let (segments, subtree, _) = line;
    let fits = if *subtree { path.len() >= segments.len() } else { path.len() == segments.len() };
    fits && segments.iter().zip(path).all(|(s, p)| if s == "*" { !p.is_empty() } else { s == p })
}

fn is_inside(inner: &Line, outer: &Line) -> bool {
    let fits = if outer.1 { inner.0.len() >= outer.0.len() } else { !inner.1 && inner.0.len() == outer.0.len() };
    fits && outer.0.iter().zip(&inner.0).all(|(o, i)| o == "*" || o == i)
}

fn narrowest<'l>(lines: &[&'l Line]) -> Option<&'l Line> {
    lines.iter().copied().find(|one| lines.iter().all(|other| is_inside(one, other)))
}

/// The words of the language: the line that decides, or nothing where the path is refused or nobody has it.
fn said(lines: &[Line], path: &str) -> Option<Asks> {
    let given: Vec<&str> = path.split('/').skip(1).collect();
    let takers: Vec<&Line> = lines.iter().filter(|line| takes(line, &given)).collect();
    let owner = narrowest(&takers)?;
    if !path.contains(['[', ']']) {
        return Some(owner.2);
    }
    let has_star = |line: &Line| line.0.iter().any(|s| s == "*");
    let plain: Vec<&Line> = takers.into_iter().filter(|line| !has_star(line)).collect();
    let around = narrowest(&plain);
    let begins = |line: &Line| {
        let start: Vec<&str> = line.0.iter().take_while(|s| *s != "*").map(String::as_str).collect();
        given.len() > start.len() && given.starts_with(&start)
    };
    let differs = |line: &Line| match around {
        Some(around) => is_inside(line, around) && line.2 != around.2,
        None => true,
    };
    let refused = lines.iter().any(|line| has_star(line) && begins(line) && differs(line));
    (!refused).then_some(owner.2)
}

fn passes(access: &Access<'_>, via: Via, path: &str, credential: usize) -> bool {
    matches!(decide(access, &request(via, path, credential)).outcome, Outcome::Forward { .. })
}

/// Every way of `[` and its like in each segment of every path of the lines.
fn probes(lines: &[Line]) -> Vec<String> {
    let mut found = Vec::new();
    for (segments, subtree, _) in lines {
        let mut path: Vec<String> = segments.iter().map(|s| if s == "*" { "b".into() } else { s.clone() }).collect();
        if *subtree {
            path.push("b".into());
        }
        found.push(path.clone());
        for at in 0..path.len() {
            for text in ["[", "x]y", "a=b", "*", "a"] {
                let mut changed = path.clone();
                changed[at] = text.to_string();
                found.push(changed.clone());
                changed.push("x".into());
                found.push(changed);
            }
        }
    }
    found.into_iter().map(|path| format!("/{}", path.join("/"))).collect()
}

#[test]
fn a_path_with_a_bracket_is_what_the_language_says_at_the_gateway_and_inside() {
    let (mut programs, mut refused, mut passed) = (0, 0, 0);
    for seed in 0..800 {
        let mut random = Random::new(seed);
        let mut lines: Vec<Line> = vec![(Vec::new(), true, *random.pick(&Asks::ALL))];
        lines.retain(|_| !random.one_in(6));
        for _ in 0..2 + random.below(4) {
            let depth = 1 + random.below(4);
            let segments = (0..depth).map(|_| (*random.pick(&["a", "b", "*", "*"])).to_string()).collect();
            lines.push((segments, random.one_in(2), *random.pick(&Asks::ALL)));
        }
        let Some(program) = program(&lines) else { continue };
        let (access, _) = Access::build(&program);
        programs += 1;
        for path in probes(&lines) {
            for (credential, via) in
                (0..3).flat_map(|c| [(c, Via::Gateway(GatewayId(0), 80)), (c, Via::Inside(AppId(0)))])
            {
                let wanted = said(&lines, &path).is_some_and(|asks| asks.passes(credential));
                let came = passes(&access, via, &path, credential);
                assert_eq!(came, wanted, "seed {seed}: {path} with {credential} by {via:?}\n{lines:#?}");
                if path.contains(['[', ']']) {
                    passed += usize::from(came);
                    refused += usize::from(!came);
                }
            }
        }
    }
    assert!(programs > 300 && refused > 5_000 && passed > 5_000, "{programs} {refused} {passed}");
}

/// The requests that 0.1.0 let through without a token although a line refuses them, and those of callers inside.
#[test]
fn no_bracket_gets_past_a_guarded_subtree_below_a_star() {
    let line = |path: &str, asks: Asks| {
        let (named, subtree) = path.strip_suffix("/**").map_or((path, false), |named| (named, true));
        (named.split('/').skip(1).map(str::to_string).collect(), subtree, asks)
    };
    for inner in [Asks::Nobody, Asks::Admin] {
        let lines: [Line; 3] =
            [line("/**", Asks::Anybody), line("/users/*/**", Asks::Member), line("/users/admin/**", inner)];
        let program = program(&lines).unwrap();
        let (access, _) = Access::build(&program);
        let (outside, inside) = (Via::Gateway(GatewayId(0), 80), Via::Inside(AppId(0)));
        for path in ["/users/admin/[x]", "/users/admin/a]", "/users/b/[x]", "/users/[", "/users/[x]/y"] {
            for via in [outside, inside] {
                assert!(!passes(&access, via, path, 0), "{path} {via:?}");
            }
        }
        let to_admins = decide(&access, &request(outside, "/users/admin/[x]", 2)).outcome;
        assert_eq!(matches!(to_admins, Outcome::Forward { .. }), inner == Asks::Admin, "{to_admins:?}");
        let to_users = decide(&access, &request(outside, "/users/b/[x]", 2)).outcome;
        assert_eq!(to_users, Outcome::Refused(Refusal::AmbiguousPath));
        // What no `*` has anything to do with is open as before.
        for path in ["/files/[x]", "/[", "/users", "/users/"] {
            assert!(passes(&access, inside, path, 0), "{path}");
        }
        assert!(passes(&access, outside, "/files/[x]", 0));
    }
}

/// The language's answer for callers inside is the policy's: the path begins like a confusing form of `/a/*`.
#[test]
fn a_confusing_form_counts_whatever_line_has_the_path() {
    let text = "issuer corp {\n  url \"https://id.example.com\"\n}\n\ngateway edge {\n  http 80\n}\n\n\
        app shop port 80 {\n  hosts shop.example.com\n\n  GET /** require token\n\
        \x20 GET /a/* require token and claim groups has \"admins\"\n  GET /a/*/users require token\n}\n";
    let program = compile(text).0.unwrap();
    let (access, _) = Access::build(&program);
    for path in ["/a/;/users", "/a/%25/users", "/a/%2F/users"] {
        let answer = decide(&access, &request(Via::Inside(AppId(0)), path, 1)).outcome;
        assert_eq!(answer, Outcome::Refused(Refusal::AmbiguousPath), "{path}");
    }
    assert!(passes(&access, Via::Inside(AppId(0)), "/a/x/users", 1));
}

fn compiled(app_lines: &str) -> Program {
    let text = format!(
        "issuer corp {{\n  url \"https://id.example.com\"\n}}\n\ngateway edge {{\n  http 80\n}}\n\n{app_lines}"
    );
    compile(&text).0.unwrap()
}

/// Two lines may lie across each other without a line for what they share where one of them arrives by a rewrite. What is
/// around the path decides, and not what is around the line that owns it.
#[test]
fn what_is_around_the_path_decides_where_a_moved_line_lies_across() {
    let program = compiled(
        "app shop port 80 {\n  hosts shop.example.com\n\n  GET /s/t/a/** require token {\n    rewrite /a/**\n  }\n  GET /*/*/b require token\n}\n",
    );
    let (access, _) = Access::build(&program);
    assert!(passes(&access, Via::Inside(AppId(0)), "/a/[x]/b", 1));
    assert!(!passes(&access, Via::Inside(AppId(0)), "/a/[x]/b", 0));
    assert!(!passes(&access, Via::Inside(AppId(0)), "/c/[x]/b", 1));
}

/// Only the app that gets a request can refuse it, by the lines that hold on the host of the request.
#[test]
fn the_gateway_refuses_no_bracket_for_an_app_or_a_host_that_does_not_get_it() {
    let program = compiled(
        "app shop port 80 {\n  hosts *.example.com y.example.com\n\n  GET /** public\n\n  host y.example.com {\n    GET /*/a deny\n  }\n}\n",
    );
    let (access, _) = Access::build(&program);
    let at = Via::Gateway(GatewayId(0), 80);
    let on = |host: &str| Request { authority: host.into(), ..request(at, "/[x]", 0) };
    assert!(matches!(decide(&access, &on("foo.example.com")).outcome, Outcome::Forward { .. }));
    assert_eq!(decide(&access, &on("y.example.com")).outcome, Outcome::Refused(Refusal::AmbiguousPath));

    let program = compiled(
        "app shop port 80 {\n  hosts shop.example.com\n\n  GET POST /** public\n  GET /*/a/** public {\n    to side 100%\n  }\n}\n\napp side port 80 {\n  hosts y.example.com\n\n  GET /** public\n}\n",
    );
    let (access, _) = Access::build(&program);
    assert!(passes(&access, at, "/a/a/[x]", 0));
}
