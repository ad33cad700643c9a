//! Text to tree. Parsing never fails: it gives back the tree, the comments and what could not be read.
//!
//! pest is used here and nowhere else.

pub mod ast;
mod build;
mod foreign;
mod grammar;
mod lexical;
mod parse;
pub(crate) mod quotes;
mod recover;
mod rule_names;
mod scan;

use crate::diagnostic::Diagnostic;

pub use parse::parse;

/// The deepest nesting of braces, brackets and parentheses that is read. Deeper text is reported, not parsed.
pub const MAX_NESTING: usize = 64;

/// What [`parse`] gives back.
#[derive(Debug, Clone)]
pub struct Parse {
    /// The tree; `Error` nodes stand where something could not be read.
    pub file: ast::File,
    /// Every syntax error of the file, in the order of the text.
    pub errors: Vec<Diagnostic>,
}
