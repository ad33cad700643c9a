//! What is said to the user: a code, one sentence, labels on exact places, a request that shows the problem, a fix.

pub mod codes;
mod merge;
mod page;
pub mod render;
pub mod suggest;

use crate::source::{FileId, Span};

pub use codes::Code;
pub use merge::merge;

/// How much a diagnostic weighs. Errors stop the build, warnings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program cannot be compiled.
    Error,
    /// The program compiles, but probably does not say what was meant.
    Warning,
}

/// A place and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said under it; may be empty.
    pub message: String,
}

/// A change of the program that mends what the diagnostic complains of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an order: "write `GET`".
    pub message: String,
    /// The replacements, none of which overlap.
    pub edits: Vec<Edit>,
}

/// One replacement of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// One finding. Built with [`Diagnostic::new`] and the methods that add to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code with its page.
    pub code: Code,
    /// One sentence, lower case, without a full stop; user input in backticks.
    pub message: String,
    /// The place that the message is about.
    pub primary: Label,
    /// The other half of the conflict, where there is one.
    pub secondary: Vec<Label>,
    /// A request that shows the problem, as a user would type it: `GET dev.example.com/a/b`.
    pub request: Option<String>,
    /// Further facts, one sentence each.
    pub notes: Vec<String>,
    /// The way out in words.
    pub help: Option<String>,
    /// The way out as a change.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic with its place; `label` is what stands under the place.
    pub fn new(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: message.into(),
            primary: Label { span, message: label.into() },
            secondary: Vec::new(),
            request: None,
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Adds the other half of a conflict.
    #[must_use]
    pub fn with_secondary(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label { span, message: message.into() });
        self
    }

    /// Adds a request that shows the problem.
    #[must_use]
    pub fn with_request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says the way out in words.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the way out as a replacement of one span.
    #[must_use]
    pub fn with_fix(mut self, message: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { message: message.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }

    /// The place of the finding, then those of the other halves of the conflict.
    pub fn places(&self) -> Vec<Span> {
        std::iter::once(&self.primary).chain(&self.secondary).map(|label| label.span).collect()
    }

    /// The file of the primary place.
    pub fn file(&self) -> FileId {
        self.primary.span.file
    }
}

/// Puts diagnostics into the order in which they are shown (by place) and drops repetitions: findings with the same code
/// and the same places have one cause, however many hosts or apps it shows on. The one with a request is kept.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |d: &Diagnostic| (d.code.id(), d.places(), d.request.is_none(), d.message.clone(), d.request.clone());
    diagnostics.sort_by_cached_key(|d| (d.primary.span, key(d)));
    diagnostics.dedup_by(|again, first| again.code == first.code && again.places() == first.places());
}
