//! Lines that may stand once in their block, and values that may stand once in their line.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use super::Analyzer;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Span, Spanned};

/// A declaration as messages name it: kind and name.
pub(super) struct Declared<'a>(pub(super) &'static str, pub(super) &'a str);

impl Display for Declared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.0, self.1)
    }
}

/// A part of a declaration, such as its hosts.
pub(super) struct PartOf<'a>(pub(super) &'static str, pub(super) &'a dyn Display);

impl Display for PartOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the {} of {}", self.0, self.1)
    }
}

/// The error for a line or a value that stands twice.
pub(super) fn repeated(what: &str, place: &dyn Display, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_LINE, format!("`{what}` stands twice in {place}"), again, "again here")
        .with_secondary(first, "first here")
        .with_help("keep one of the two")
}

impl Analyzer<'_> {
    /// Keeps the first of lines that may stand once, and reports each further one.
    pub(super) fn once<T>(
        &mut self,
        slot: &mut Option<Spanned<T>>,
        span: Span,
        value: T,
        what: &str,
        place: &dyn Display,
    ) {
        match slot {
            Some(first) => self.diagnostics.push(repeated(what, place, span, first.span)),
            None => *slot = Some(Spanned::new(span, value)),
        }
    }

    /// Drops values that stood before in the same list, and reports them.
    pub(super) fn distinct<T: Eq + Hash + Clone>(
        &mut self,
        values: Vec<Spanned<T>>,
        show: impl Fn(&T) -> String,
        place: &dyn Display,
    ) -> Vec<Spanned<T>> {
        if values.len() < 2 {
            return values;
        }
        let mut first: HashMap<T, Span> = HashMap::with_capacity(values.len());
        let mut kept = Vec::with_capacity(values.len());
        for value in values {
            if let Some(&earlier) = first.get(&value.value) {
                self.diagnostics.push(repeated(&show(&value.value), place, value.span, earlier));
            } else {
                first.insert(value.value.clone(), value.span);
                kept.push(value);
            }
        }
        kept
    }
}
