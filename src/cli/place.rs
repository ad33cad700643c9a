//! Places of the program in what is written for machines and people.

use serde::Serialize;

use super::load::Program;
use crate::source::Span;

/// A file and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    /// The path, as the reader can open it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place where a span begins.
    pub fn new(program: &Program, span: Span) -> Self {
        let file = program.sources.file(span.file);
        let position = file.position(span.start);
        Place { file: program.shown(file.path()), line: position.line, column: position.column }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The first line of a span, without the blanks around it.
pub(super) fn line(program: &Program, span: Span) -> &str {
    let file = program.sources.file(span.file);
    file.text().get(file.line_range(file.line_index(span.start))).unwrap_or("").trim()
}

/// The text of a span on one line.
pub(super) fn flat(program: &Program, span: Span) -> String {
    program.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
}
