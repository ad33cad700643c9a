//! The formatter, from outside: its style, and its laws on generated and on broken programs.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use meshc::format::{FormatError, format};
use meshc::source::{FileId, SourceMap};
use meshc::syntax;

fn id() -> FileId {
    SourceMap::single("a.mesh", "").iter().next().unwrap().0
}

fn formatted(text: &str) -> String {
    let parse = syntax::parse(id(), text);
    assert_eq!(parse.errors, [], "{text}");
    format(text, &parse).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_program_with_every_construct_keeps_its_laws() {
    insta::assert_snapshot!(formatted(include_str!("syntax/all.mesh")));
}
