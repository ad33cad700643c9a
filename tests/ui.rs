//! What users see when a program is wrong. Each file in `tests/ui` is a program; `# error: E0301` at the end of a line
//! says that this line is the place of a finding with that code. The rendered text is in a snapshot.

mod common;

use std::path::Path;

use common::{check, root, snapshots};
use meshc::diagnostic::{codes, render};
use meshc::source::SourceMap;

/// The marks of a text: line (from 1) and code.
fn marks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for mark in ["# error: ", "# warning: "] {
            if let Some((_, codes)) = line.split_once(mark) {
                found.extend(codes.split_whitespace().map(|c| (i + 1, c.to_string())));
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    let below = path.strip_prefix(root().join("tests/ui")).unwrap();
    below.with_extension("").to_str().unwrap().replace(['/', '\\'], "-")
}

#[test]
fn findings_are_where_the_marks_are_and_read_as_the_snapshots() {
    let settings = snapshots("ui");
    let mut wrong = Vec::new();
    for path in common::files(&root().join("tests/ui"), "mesh") {
        let text = std::fs::read_to_string(&path).unwrap();
        let sources = SourceMap::single(format!("{}.mesh", name(&path)), text.clone());
        let found = check(&sources);
        let place = |d: &meshc::diagnostic::Diagnostic| {
            let line = sources.file(d.file()).position(d.primary.span.start).line;
            (line, d.code.id().to_string())
        };
        let mut places: Vec<_> = found.iter().map(place).collect();
        places.sort();
        if places != marks(&text) {
            wrong.push(format!("{}: marked {:?}, found {places:?}", name(&path), marks(&text)));
        }
        let rendered = render::human(&found, &sources);
        settings.bind(|| insta::assert_snapshot!(name(&path), format!("{text}\n-----\n{rendered}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_raised_by_a_program_in_ui() {
    let texts = common::files(&root().join("tests/ui"), "mesh").into_iter().map(|p| std::fs::read_to_string(p).unwrap());
    let marked: Vec<String> = texts.flat_map(|t| marks(&t)).map(|(_, code)| code).collect();
    // Raised elsewhere: by the command line's tests (files, flags) and by tests of the lowering (sizes).
    let elsewhere = [codes::FILE_TOO_LARGE, codes::OBJECT_TOO_LARGE, codes::NEEDS_NEWER_ISTIO, codes::INVALID_JWKS];
    let missing: Vec<_> = codes::ALL.iter().filter(|c| !elsewhere.contains(c) && !marked.iter().any(|m| m == c.id())).collect();
    assert!(missing.is_empty(), "no program in tests/ui raises {missing:?}");
}
