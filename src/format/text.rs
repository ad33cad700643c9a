//! Names, words, strings and lists of them.

use crate::syntax::ast::{AppReference, ClaimPath, Name, Text, TextPart};

/// The methods of HTTP in the order in which they are written.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// Where a method stands in the order; others come last, as they were written.
pub(super) fn method_rank(method: &Name) -> usize {
    METHODS.iter().position(|known| *known == method.text).unwrap_or(METHODS.len())
}

/// Methods in their order.
pub(super) fn methods(methods: &[Name]) -> String {
    let mut methods: Vec<&Name> = methods.iter().collect();
    methods.sort_by_key(|name| method_rank(name));
    let words: Vec<&str> = methods.iter().map(|name| name.text.as_str()).collect();
    words.join(" ")
}

/// Names with blanks between them.
pub(super) fn names(names: &[Name]) -> String {
    let words: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    words.join(" ")
}

/// Texts with blanks between them.
pub(super) fn texts(texts: &[Text]) -> String {
    let words: Vec<String> = texts.iter().map(text).collect();
    words.join(" ")
}

/// `["a", "b"]`
pub(super) fn list(texts: &[Text]) -> String {
    let words: Vec<String> = texts.iter().map(text).collect();
    format!("[{}]", words.join(", "))
}

/// A word or a string, quoted as it was.
pub(super) fn text(text: &Text) -> String {
    let mut out = String::new();
    if text.quoted {
        out.push('"');
    }
    for part in &text.parts {
        match part {
            TextPart::Literal(literal) if text.quoted => escape(literal, &mut out),
            TextPart::Literal(literal) => out.push_str(literal),
            TextPart::Variable(name) => {
                out.push_str("${");
                out.push_str(&name.text);
                out.push('}');
            }
        }
    }
    if text.quoted {
        out.push('"');
    }
    out
}

/// `NAMESPACE/APP`
pub(super) fn app(app: &AppReference) -> String {
    match &app.namespace {
        Some(namespace) => format!("{}/{}", namespace.text, app.name.text),
        None => app.name.text.clone(),
    }
}

/// `a.b."c d"`
pub(super) fn claim(path: &ClaimPath) -> String {
    let segments: Vec<String> = path
        .segments
        .iter()
        .map(|segment| {
            if !segment.quoted {
                return segment.text.clone();
            }
            let mut out = String::from('"');
            escape(&segment.text, &mut out);
            out.push('"');
            out
        })
        .collect();
    segments.join(".")
}

fn escape(literal: &str, out: &mut String) {
    for (at, c) in literal.char_indices() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' if literal[at + 1..].starts_with('{') => out.push_str("\\$"),
            c if cannot_be_seen(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
}

/// Characters that look like a blank or like nothing: they are written as escapes.
fn cannot_be_seen(c: char) -> bool {
    c != ' ' && c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}')
}
