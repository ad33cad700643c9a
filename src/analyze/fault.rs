//! What is wrong with a value, before it is known where the value stands.

use std::borrow::Cow;

/// What is wrong with a value and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// One sentence with the value in backticks.
    pub message: String,
    /// What stands under the value.
    pub label: Cow<'static, str>,
    /// The way out in words.
    pub help: Option<Cow<'static, str>>,
    /// The text that would be right in its place.
    pub replacement: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, label: impl Into<Cow<'static, str>>) -> Self {
        Fault { message: message.into(), label: label.into(), help: None, replacement: None }
    }

    pub(super) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn write(mut self, replacement: impl Into<String>) -> Self {
        self.replacement = Some(replacement.into());
        self
    }
}
