//! No other reading of a path gets more than the path itself: whatever a gateway lets through, each app behind it would let
//! through from inside the mesh too, in every way in which a backend may decode, merge and cut what it sees.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests end where something is wrong")]

mod common;

use std::fmt::Write as _;

use common::programs;
use common::random::Random;
use common::requests;
use meshc::access::{Access, Outcome, Refusal, Request, Via, decide};
use meshc::source::SourceMap;
use meshc::{Attachments, parse, with_access};

/// What hides a dot segment, and what hides a slash.
const UP: [&str; 6] = ["..%2f", "..%5C", "%252e%252e/", "..;/", "..%252f", "%2e%2e%2F"];
const SLASH: [&str; 5] = ["//", "/%2f", "/;x/", "%2F", "/.%2f"];

/// A request whose path is one of the gateway, with a way out of it to a path that an app sees.
fn disguised(random: &mut Random, access: &Access<'_>, mut request: Request) -> Request {
    let workload = random.pick(&access.workloads);
    let scope = random.pick(&workload.scopes);
    let hidden = if scope.paths.is_empty() { "/x".to_string() } else { random.pick(&scope.paths).pattern.example() };
    let start = if random.one_in(3) { String::new() } else { request.target.split('?').next().unwrap().to_string() };
    let start = start.trim_end_matches('/').to_string();
    request.target = if random.one_in(3) {
        let at = hidden.match_indices('/').map(|(i, _)| i).collect::<Vec<_>>();
        let at = *random.pick(&at);
        format!("{}{}{}", &hidden[..at], random.pick(&SLASH), &hidden[at + 1..])
    } else {
        let up = random.pick(&UP).repeat(1 + random.below(4));
        format!("{start}/{up}{}", &hidden[1..])
    };
    request
}

fn decoded(path: &str) -> String {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(code @ 0x21..=0x7e) = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            text.push(char::from(code));
            rest = &after[2..];
        } else {
            text.push('%');
            rest = after;
        }
    }
    text + rest
}

fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for (i, part) in parts.iter().enumerate() {
        match *part {
            "." | ".." => {
                if *part == ".." {
                    segments.pop();
                }
                if i + 1 == parts.len() {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    format!("/{}", segments.join("/"))
}

/// What backends may read in a path: they decode it never, once or twice, cut parameters or not, merge slashes or not.
fn readings(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for times in 0..3 {
        let mut text = path.to_string();
        for _ in 0..times {
            text = decoded(&text);
        }
        text = text.replace('\\', "/");
        for cut in [false, true] {
            let segments = text.split('/').map(|s| if cut { s.split(';').next().unwrap() } else { s });
            let text = segments.collect::<Vec<_>>().join("/");
            let mut merged = text.clone();
            while merged.contains("//") {
                merged = merged.replace("//", "/");
            }
            found.extend([without_dots(&text), without_dots(&merged)]);
        }
    }
    found.sort();
    found.dedup();
    found.retain(|read| read != path);
    found
}

/// A small program in which most lines ask for the same, so that there is much to hide behind.
fn plain_program(random: &mut Random) -> String {
    let mut text = "issuer corp {\n  url \"https://id.example.com\"\n}\n\ngateway edge {\n  http 80\n}\n".to_string();
    let mostly = ["public", "public", "require token from corp"][random.below(3)];
    for (app, hosts) in
        [("one", "x.example.com y.example.com"), ("two", ["x.example.com", "two.example.com"][random.below(2)])]
    {
        let _ = write!(text, "\napp {app} port 80 {{\n  hosts {hosts}\n  issuers corp\n");
        let all: String = (0..=random.below(3)).map(|_| plain_route(random, mostly, app)).collect();
        text.push_str(&all);
        if app == "one" && random.one_in(3) {
            for host in ["x", "y"] {
                let routes: String = (0..=random.below(2)).map(|_| plain_route(random, mostly, app)).collect();
                let _ = write!(text, "  host {host}.example.com {{\n{routes}  }}\n");
            }
        }
        text.push_str("}\n");
    }
    text
}

fn plain_route(random: &mut Random, mostly: &str, app: &str) -> String {
    let path = *random.pick(&["/**", "/**", "/**", "/a/**", "/b/**", "/a/b/**", "/a", "/a/*", "/s/**", "/s/a/**"]);
    let methods = if random.one_in(6) { "GET" } else { "ANY" };
    let access = match random.below(12) {
        0 => "deny",
        1 => "redirect \"https://far.example/\"",
        2 => "require token from corp and claim groups has \"admins\"",
        3 => "public",
        _ => mostly,
    };
    let mut options = String::new();
    if !matches!(&access[..3], "den" | "red") {
        if path.ends_with("/**") && random.one_in(3) {
            let target = match path.strip_prefix("/s") {
                Some(rest) => rest,
                None => *random.pick(&["/**", "/a/**", "/p/**", "/p/a/**", "/p"]),
            };
            let _ = writeln!(options, "    rewrite {target}");
        }
        if app == "one" && random.one_in(5) {
            options.push_str("    to two 50%\n");
        }
    }
    let options = if options.is_empty() { String::new() } else { format!(" {{\n{options}  }}") };
    format!("  {methods} {path} {access}{options}\n")
}

/// Asks for disguised paths of a program; how many passed, and how many other readings these had.
fn ask(random: &mut Random, access: &Access<'_>, text: &str) -> (usize, usize) {
    let (mut passed, mut other) = (0, 0);
    if access.virtual_hosts.is_empty() {
        return (0, 0);
    }
    for _ in 0..60 {
        let Some((request, _)) = requests::generate(random, access) else { continue };
        let request = if random.one_in(4) { request } else { disguised(random, access, request) };
        let Outcome::Forward { apps, path } = decide(access, &request).outcome else { continue };
        passed += 1;
        for read in readings(&path) {
            for &app in &apps {
                let inside = Request { via: Via::Inside(app), target: read.clone(), ..request.clone() };
                let answer = decide(access, &inside).outcome;
                other += 1;
                // What is no path, or could be read in two ways again, is served by nobody.
                let fine = matches!(
                    answer,
                    Outcome::Forward { .. } | Outcome::Malformed | Outcome::Refused(Refusal::AmbiguousPath)
                );
                assert!(fine, "`{path}` may be read as `{read}`: {answer:?}\n{request:#?}\n{text}");
            }
        }
    }
    (passed, other)
}

#[test]
fn what_a_backend_may_read_is_never_let_through_with_less() {
    let (mut programs, mut passed, mut other) = (0, 0, 0);
    for seed in 0..600 {
        let mut random = Random::new(seed);
        if seed % 4 == 0 {
            let Some(generated) = programs::generate(&mut random) else { continue };
            let (access, _) = Access::build(&generated.program);
            let (more, read) = ask(&mut random, &access, &generated.text);
            (programs, passed, other) = (programs + 1, passed + more, other + read);
        } else {
            let text = plain_program(&mut random);
            let sources = SourceMap::single("access.mesh", text.clone());
            let (found, _) = with_access(&sources, &parse(&sources), &Attachments::default(), None, |access| {
                ask(&mut random, access, &text)
            });
            let Some((more, read)) = found else { continue };
            (programs, passed, other) = (programs + 1, passed + more, other + read);
        }
    }
    assert!(programs > 100 && passed > 1000 && other > 500, "{programs} {passed} {other}");
}
