//! What is left of a declaration with errors.

use super::ast::Item;
use super::lexical;
use super::scan::Slice;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Spanned};

/// Reads a declaration with errors.
pub(super) fn declaration(
    file: FileId,
    _text: &str,
    slice: Slice,
    items: &mut Vec<Spanned<Item>>,
    errors: &mut Vec<Diagnostic>,
) {
    let place = lexical::span(file, slice.start, slice.end);
    items.push(Spanned::new(place, Item::Error));
    errors.push(Diagnostic::new(codes::SYNTAX_ERROR, "this cannot be read", place, "not understood"));
}
