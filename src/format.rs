//! The tree and the comments as text, in the one style that there is.
//!
//! Two blanks of indentation, one entry on a line, columns in runs of lines that belong together. A file with syntax errors
//! is left alone. What comes out is read again before it is given away: same tree, same comments, and formatting it once
//! more changes nothing.

mod compare;
mod items;
mod layout;
mod lines;
mod requirement;
mod text;

use crate::syntax::{self, Parse};
use std::fmt;

/// Why a file was not formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatError {
    /// The file has syntax errors; [`Parse::errors`] tells of them.
    SyntaxErrors,
    /// The formatter made something else of the file than what it says. A fault of the formatter; the file is as it was.
    Internal(&'static str),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatError::SyntaxErrors => f.write_str("a file with syntax errors cannot be formatted"),
            FormatError::Internal(what) => write!(f, "the formatter would have changed the program: {what}"),
        }
    }
}

impl std::error::Error for FormatError {}

/// Formats a file: `text` and what [`syntax::parse`] read in it.
pub fn format(text: &str, parse: &Parse) -> Result<String, FormatError> {
    if !parse.errors.is_empty() {
        return Err(FormatError::SyntaxErrors);
    }
    let formatted = items::print(text, &parse.file);
    if formatted == text {
        return Ok(formatted);
    }
    let again = syntax::parse(parse.file.id, &formatted);
    if !again.errors.is_empty() {
        return Err(FormatError::Internal("it cannot be read any more"));
    }
    if !compare::same_tree(&parse.file, &again.file) {
        return Err(FormatError::Internal("the tree is another one"));
    }
    if !compare::same_comments(&parse.file, &again.file) {
        return Err(FormatError::Internal("the comments are others"));
    }
    if items::print(&formatted, &again.file) != formatted {
        return Err(FormatError::Internal("formatting again gives another text"));
    }
    Ok(formatted)
}
