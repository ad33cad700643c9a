//! Strings whose text itself begins or ends with a quotation mark: it would become part of the value, so that
//! `not claim groups has "'contractor'"` would exclude nobody.

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Spanned;
use crate::syntax::ast::File;
use crate::syntax::quotes::within;

pub(super) fn found(_: &[File], analysis: &Analysis) -> Vec<Diagnostic> {
    analysis.quotes.iter().map(warning).collect()
}

fn warning(Spanned { value: text, span }: &Spanned<String>) -> Diagnostic {
    let help = match within(text.trim()) {
        Some(inner) => format!("write `\"{inner}\"`, unless the quotes belong to the value"),
        None if text.starts_with('/') => "leave out the quotes, unless they belong to the path".to_string(),
        None => "leave out the quotes within the string, unless they belong to the value".to_string(),
    };
    let message = format!("the quotes in `{text}` are a part of the value");
    Diagnostic::new(codes::QUOTES_IN_STRING, message, *span, "begins or ends with a quotation mark")
        .with_note("the text is taken as it is; only the `\"` around a string are not a part of it")
        .with_help(help)
}
