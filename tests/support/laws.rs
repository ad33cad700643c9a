//! What holds for every text, correct or not.
#![allow(clippy::panic)]

use meshc::access::Access;
use meshc::diagnostic::{Diagnostic, render};
use meshc::format::{FormatError, format};
use meshc::source::{FileId, SourceMap, Span};
use meshc::target::envoy::{self, EnvoyOptions};
use meshc::{Attachments, Options, emit, syntax};
use serde::Deserialize as _;

fn id() -> FileId {
    let map = SourceMap::single("a.mesh", "");
    let first = map.iter().map(|(id, _)| id).next();
    first.unwrap_or_else(|| unreachable!("a map of a single file has one"))
}

/// Parsing ends, every place is one of the text, every comment is there, and an `Error` node has its diagnostic.
pub fn parse(text: &str) {
    let parse = syntax::parse(id(), text);
    let within = |span: Span| text.get(span.range()).is_some();
    for diagnostic in &parse.errors {
        assert!(within(diagnostic.primary.span), "{diagnostic:?} in {text:?}");
        assert!(diagnostic.secondary.iter().all(|label| within(label.span)), "{diagnostic:?} in {text:?}");
        assert!(!diagnostic.message.is_empty());
    }
    for item in &parse.file.items {
        assert!(within(item.span), "{item:?} in {text:?}");
    }
    for comment in &parse.file.comments {
        assert_eq!(text.get(comment.span.range()), Some(comment.text.as_str()));
        assert!(comment.text.starts_with('#') && !comment.text.contains('\n'));
    }
    assert_eq!(parse.file.comments.len(), comment_count(text), "{text:?}");
    let tree = format!("{:?}", parse.file.items);
    let error = tree.contains("value: Error");
    assert!(!error || !parse.errors.is_empty() || tree.contains("value: Error\""), "{text:?}");
}

/// Formatting changes nothing but the layout, or says that it cannot.
pub fn formatted(text: &str) {
    let parse = syntax::parse(id(), text);
    match format(text, &parse) {
        Ok(once) => {
            let again = syntax::parse(id(), &once);
            assert_eq!(format(&once, &again).as_deref(), Ok(once.as_str()), "{text:?}");
        }
        Err(FormatError::SyntaxErrors) => assert!(!parse.errors.is_empty(), "{text:?}"),
        Err(error) => panic!("{error}: {text:?}"),
    }
}

/// Comments counted in the plainest way: a `#` on a line that is not in a string.
fn comment_count(text: &str) -> usize {
    text.split('\n').filter(|line| has_comment(line)).count()
}

fn has_comment(line: &str) -> bool {
    let mut quoted = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => drop(chars.next()),
            '#' if !quoted => return true,
            _ => {}
        }
    }
    false
}

/// Building ends, in every environment and for both targets: with errors and nothing else, or with objects that a reader
/// of YAML reads back; every place that is told is one of the text.
pub fn built(text: &str) {
    let sources = SourceMap::single("a.mesh", text);
    let parsed = meshc::parse(&sources);
    let names = meshc::environments(&parsed);
    let environments = if names.is_empty() { vec![None] } else { names.into_iter().take(3).map(Some).collect() };
    for environment in environments {
        let options = Options { environment: environment.clone(), ..Options::default() };
        let built = meshc::compile(&sources, &parsed, &Attachments::default(), &options);
        for finding in &built.diagnostics {
            assert!(text.get(finding.primary.span.range()).is_some(), "{finding:?} in {text:?}");
            assert!(!finding.message.is_empty() && !render::human(std::slice::from_ref(finding), &sources).is_empty());
        }
        if built.diagnostics.iter().any(Diagnostic::is_error) {
            assert!(built.documents.is_empty(), "{text:?}");
            continue;
        }
        let written = emit::yaml(&built.documents, &sources).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        let read = serde_yaml::Deserializer::from_str(&written).map(serde_json::Value::deserialize);
        let read: Result<Vec<_>, _> = read.filter(|value| !matches!(value, Ok(serde_json::Value::Null))).collect();
        assert_eq!(read.map(|objects| objects.len()).ok(), Some(built.documents.len()), "{text:?}");
        let lower = |access: &Access<'_>| match envoy::lower(access, &EnvoyOptions::default()) {
            Ok(_) | Err(envoy::Failure::Refused(_)) => {}
            Err(envoy::Failure::Broken(faults)) => panic!("{faults:?}: {text:?}"),
        };
        let environment = environment.as_deref();
        let _ = meshc::with_access(&sources, &parsed, &Attachments::default(), environment, lower);
    }
}
