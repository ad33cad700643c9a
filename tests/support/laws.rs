//! What holds for every text, correct or not.
#![allow(clippy::panic)]

use meshc::format::{FormatError, format};
use meshc::source::{FileId, SourceMap, Span};
use meshc::syntax;

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
