//! The house rules that a compiler cannot see: which module may use which, where files are touched, how long a file is.

mod common;

use std::path::Path;

/// Per module, the modules that it may use. Lower modules never use higher ones.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("parallel", &[]),
    ("project", &["source", "diagnostic"]),
    ("diagnostic", &["source"]),
    ("syntax", &["source", "diagnostic"]),
    ("format", &["source", "diagnostic", "syntax"]),
    ("ir", &["source", "diagnostic"]),
    ("analyze", &["source", "diagnostic", "syntax", "ir"]),
    ("cluster", &["source", "diagnostic", "ir"]),
    ("request", &["ir"]),
    // Two answers to one question: what one of them gets wrong, the other must not get from it.
    ("spec", &["ir", "request"]),
    ("access", &["source", "diagnostic", "ir", "request", "parallel"]),
    ("lint", &["source", "diagnostic", "syntax", "ir", "analyze", "access", "parallel"]),
    ("testing", &["source", "diagnostic", "ir", "access"]),
    ("target", &["source", "diagnostic", "project", "ir", "access", "parallel"]),
    ("emit", &["source", "diagnostic", "target", "parallel"]),
    ("leftovers", &["source", "project", "ir", "cluster", "target", "emit"]),
    ("judge", &["source", "diagnostic", "ir", "access", "target"]),
];

fn module(path: &Path) -> String {
    let below = path.strip_prefix(common::root().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_string()
}

/// The code of a file without its tests.
fn code(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap_or("").to_string()
}

/// What a piece of Rust is to the compiler: names and signs, without comments, strings and characters.
fn tokens(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = rest.find('"').unwrap() + 1;
            rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
        } else if c == '"' {
            let mut escaped = false;
            let is_end = |c: char| {
                let was = std::mem::take(&mut escaped);
                escaped = c == '\\' && !was;
                c == '"' && !was
            };
            rest[1..].find(is_end).map_or(rest.len(), |at| at + 2)
        } else if c == '\'' && (rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'')) {
            let start = if rest[1..].starts_with('\\') { 3 } else { 1 };
            rest[start..].find('\'').map_or(rest.len(), |at| start + at + 1)
        } else if c.is_alphanumeric() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(rest[..length].to_string());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { c.len_utf8() };
            found.extend((!c.is_whitespace()).then(|| rest[..length].to_string()));
            length
        };
        rest = &rest[length..];
    }
    found
}

/// How many `#` a raw string begins with, if one begins here.
fn raw_string(text: &str) -> Option<usize> {
    let text = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let rest = text.trim_start_matches('#');
    rest.starts_with('"').then(|| text.len() - rest.len())
}

/// The modules of the crate that a file uses, in whatever way that is written, if it lies so many modules deep. What could
/// be any of them, such as `use crate::*`, is given back as it is written.
fn used_modules(code: &str, depth: usize) -> Vec<String> {
    let tokens = tokens(code);
    let at = |i: usize| tokens.get(i).map_or("", String::as_str);
    let mut used = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let mut end = i;
        match at(i) {
            "crate" => end += 1,
            "super" => {
                let mut ups = 1;
                while at(i + 2 * ups - 1) == "::" && at(i + 2 * ups) == "super" {
                    ups += 1;
                }
                end += 2 * ups - 1;
                if ups < depth {
                    i = end;
                    continue;
                }
            }
            // The crate under its own name, or code from elsewhere.
            "meshc" | "extern" | "include" | "macro_use" | "path" if is_way_in(&tokens, i) => {
                used.push(at(i).to_string());
            }
            _ => {}
        }
        if end > i {
            match (at(end), at(end + 1)) {
                ("::", "{") => used.extend(first_names(&tokens[end + 2..])),
                ("::", name) => used.push(name.to_string()),
                // `pub(crate)` and `pub(super)`
                (")", _) if i > 1 && at(i - 1) == "(" && at(i - 2) == "pub" => {}
                (other, _) => used.push(format!("{} {other}", at(end - 1))),
            }
        }
        i = end.max(i + 1);
    }
    used
}

fn is_way_in(tokens: &[String], i: usize) -> bool {
    let (before, after) = (i.checked_sub(1).map_or("", |b| &*tokens[b]), tokens.get(i + 1).map_or("", String::as_str));
    match &*tokens[i] {
        "meshc" => after == "::",
        "include" => after == "!",
        "macro_use" | "path" => before == "[",
        _ => true,
    }
}

/// The first names of what stands in braces: `a` and `b` of `{a::{c, d}, b}`.
fn first_names(tokens: &[String]) -> Vec<String> {
    let (mut depth, mut is_first, mut names) = (0, true, Vec::new());
    for token in tokens {
        match token.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => depth -= 1,
            "," if depth == 0 => is_first = true,
            name if is_first => {
                names.push(name.to_string());
                is_first = false;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_way_to_use_a_module_is_found() {
    for (code, depth) in [
        ("use crate::access;", 1),
        ("use crate::access::Access;", 2),
        ("use crate :: /* so */ access as other;", 1),
        ("use crate::{access, ir};", 1),
        ("use crate::{ir::{App, Host}, access::{Access, decide}};", 2),
        ("pub use crate::{self as all, access};", 1),
        ("fn f(a: &crate::access::Access<'_>) {}", 1),
        ("use super::access;", 1),
        ("use super::{ir, access};", 1),
        ("use super::super::access::decide;", 2),
        ("let c = '\"'; use super::super::{access};", 2),
        ("let s = \"\\\"\"; crate::access::decide()", 1),
        ("r#\"a\"b\"#; crate::access::decide()", 1),
    ] {
        assert!(used_modules(code, depth).contains(&"access".to_string()), "{code}");
    }
    for (code, depth) in [
        ("use crate as all;", 1),
        ("use crate::*;", 1),
        ("use super::*;", 1),
        ("use super::super as all;", 2),
        ("use meshc::access;", 1),
        ("extern crate self as all;", 1),
        ("include!(\"access.rs\");", 1),
        ("#[path = \"access.rs\"] mod other;", 1),
        ("#[macro_use] mod other;", 1),
    ] {
        let used = used_modules(code, depth);
        assert!(used.iter().any(|name| MAY_USE.iter().all(|(known, _)| known != name)), "{code}: {used:?}");
    }
    for (code, depth) in [
        ("// use crate::access;\nlet a = \"crate::access\"; route.access", 1),
        ("use super::access;", 2),
        ("pub(crate) fn access() {} pub(super) fn f() {}", 1),
        ("let path = 'a'; fn f<'a>(x: &'a str) {}", 1),
    ] {
        assert_eq!(used_modules(code, depth), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn lower_modules_do_not_use_higher_ones() {
    let mut wrong = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        let Some((name, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module(&path)) else { continue };
        let depth = path.strip_prefix(common::root().join("src")).unwrap().components().count();
        // Not even a test of `spec` may know `access`.
        let code = if *name == "spec" { std::fs::read_to_string(&path).unwrap() } else { code(&path) };
        for used in used_modules(&code, depth) {
            if used != *name && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_where_they_belong() {
    let rules: &[(&str, &[&str])] = &[
        ("pest", &["syntax"]),
        ("toml::", &["project"]),
        ("codespan_reporting", &["diagnostic"]),
        ("std::fs", &["cli", "main", "judge"]),
        ("std::env", &["cli", "main", "judge"]),
        ("std::time::SystemTime", &["cli", "main", "judge"]),
        ("HashMap", &["access", "analyze", "syntax"]),
    ];
    let mut wrong = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        let text = code(&path);
        let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        let text: String = lines.collect::<Vec<_>>().join("\n");
        for (library, modules) in rules {
            if text.contains(library) && !modules.contains(&module(&path).as_str()) {
                wrong.push(format!("{} uses {library}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().lines().count() > 600;
    let files: Vec<_> = common::files(&common::root().join("src"), "rs").into_iter().filter(long).collect();
    assert!(files.is_empty(), "{files:?}");
}

/// Which module raises the codes of a phase. One that several modules raise has the phase of the first of them.
const RAISED_BY: &[(&str, &[&str])] = &[
    ("project", &["Project"]),
    ("syntax", &["Syntax"]),
    ("analyze", &["Analysis"]),
    ("lint", &["Lint", "LintOfSound"]),
    ("access", &["Access"]),
    ("target", &["Target"]),
    ("testing", &["Test"]),
    ("cluster", &["Cluster"]),
];

#[test]
fn the_phase_of_a_code_is_that_of_the_module_that_raises_it() {
    let table = std::fs::read_to_string(common::root().join("src/diagnostic/codes.rs")).unwrap();
    let mut used: Vec<(String, String)> = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        for name in code(&path).split("codes::").skip(1) {
            let name = name.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_');
            used.push((module(&path), name.collect()));
        }
    }
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| line.ends_with(';')) {
        let [name, id, _, _, phase] = line.trim_end_matches(';').split_whitespace().collect::<Vec<_>>()[..] else {
            continue;
        };
        if !id.starts_with('"') {
            continue;
        }
        checked += 1;
        let raises = |module: &str| used.iter().any(|(m, code)| m == module && code == name);
        let first = RAISED_BY.iter().find(|(module, _)| raises(module));
        if !first.is_some_and(|(_, phases)| phases.contains(&phase)) {
            wrong.push(format!("{name} is of phase {phase} and raised by {:?}", first.map(|(module, _)| module)));
        }
        // What looks for warnings of programs is in `lint`, and raises nothing else.
        if raises("lint") && RAISED_BY.iter().any(|(module, _)| *module != "lint" && raises(module)) {
            wrong.push(format!("{name} is raised by a lint and elsewhere"));
        }
    }
    assert!(checked > 90, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
