//! The parser, from outside: all constructs, all kinds of errors, all comments.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use meshc::diagnostic::codes;
use meshc::source::{FileId, SourceMap};
use meshc::syntax::ast::Item;
use meshc::syntax::{self, Parse};

fn id() -> FileId {
    SourceMap::single("a.mesh", "").iter().next().unwrap().0
}

fn parse(text: &str) -> Parse {
    syntax::parse(id(), text)
}

/// A program that has every construct of the language.
const ALL: &str = include_str!("syntax/all.mesh");

#[test]
fn every_construct_is_read() {
    let parse = parse(ALL);
    assert_eq!(parse.errors, []);
    assert!(!parse.file.items.iter().any(|item| item.value == Item::Error));
    assert!(parse.errors.iter().all(|d| d.code != codes::SYNTAX_ERROR));
}

#[test]
#[ignore = "a measurement, not a test: cargo test --release --test syntax speed -- --ignored --nocapture"]
fn speed() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for i in 0..std::env::var("N").map_or(10_000, |n| n.parse().unwrap()) {
        write!(
            text,
            "app app-{i} in shop port 8080 {{\n  hosts app-{i}.example.com\n  via edge\n\n  GET /healthz public\n  \
             GET POST /v{i}/orders/** require member\n  DELETE /v{i}/orders/* require admin or claim groups has \"ops\"\n  \
             ANY /internal/** deny\n  GET /old redirect /new 301\n}}\n\n"
        )
        .unwrap();
    }
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let parse = parse(&text);
        let time = start.elapsed();
        assert_eq!((parse.errors.len(), parse.file.items.len()), (0, parse.file.items.len()));
        println!("{} bytes in {time:?}: {:.1} MB/s", text.len(), text.len() as f64 / 1e6 / time.as_secs_f64());
    }
}
