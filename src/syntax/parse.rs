//! The way through a file: slice by slice, each read whole if it can be, and part by part if not.

use super::ast::{File, Item};
use super::build::Builder;
use super::foreign;
use super::grammar::{self, Rule};
use super::lexical;
use super::recover::Strays;
use super::scan::{Scanner, Slice};
use super::{MAX_NESTING, Parse};
use crate::diagnostic::{self, Diagnostic, codes};
use crate::source::{FileId, MAX_FILE_BYTES, Spanned};

/// Reads a file. Never fails: what cannot be read is an `Error` node in the tree and a diagnostic beside it.
pub fn parse(file: FileId, text: &str) -> Parse {
    let mut tree = File { id: file, items: Vec::new(), comments: Vec::new() };
    if text.len() > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES / (1024 * 1024);
        let message = format!("the file is larger than {limit} MiB");
        let diagnostic = Diagnostic::new(codes::FILE_TOO_LARGE, message, lexical::span(file, 0, 0), "not read")
            .with_help("split the program into several files");
        return Parse { file: tree, errors: vec![diagnostic] };
    }
    if let Some(error) = foreign::yaml(file, text) {
        // Names that others know of the file may be in it.
        tree.items.push(Spanned::new(lexical::span(file, 0, text.len()), Item::Error));
        return Parse { file: tree, errors: vec![error] };
    }
    let mut scanner = Scanner::new(file, text);
    let mut errors = Vec::new();
    let mut strays = Strays::default();
    while let Some(slice) = scanner.next_slice() {
        errors.append(&mut scanner.errors);
        if read_whole(file, text, slice, &mut tree.items, &mut errors) {
            strays.end();
        } else {
            strays.declaration(file, text, slice, &mut tree.items, &mut errors);
        }
    }
    errors.append(&mut scanner.errors);
    diagnostic::sort(&mut errors);
    tree.comments = scanner.comments;
    Parse { file: tree, errors }
}

/// Reads a slice that has no errors; says whether it could.
fn read_whole(
    file: FileId,
    text: &str,
    slice: Slice,
    items: &mut Vec<Spanned<Item>>,
    errors: &mut Vec<Diagnostic>,
) -> bool {
    if let Some(at) = slice.too_deep {
        let message = format!("more than {MAX_NESTING} braces, brackets and parentheses are open");
        let place = lexical::span(file, at, at + 1);
        errors.push(
            Diagnostic::new(codes::NESTED_TOO_DEEP, message, place, "one too many")
                .with_help("name parts of the requirement with `policy`"),
        );
        items.push(Spanned::new(lexical::span(file, slice.start, slice.end), Item::Error));
        return true;
    }
    if slice.unclosed {
        return false;
    }
    let Some(pairs) = grammar::read(Rule::program, &text[slice.start..slice.end]) else { return false };
    let mut builder = Builder::new(file, slice.start);
    for program in pairs {
        for item in grammar::parts(program).filter(|pair| pair.as_rule() != Rule::EOI) {
            items.push(builder.line(item));
        }
    }
    errors.append(&mut builder.errors);
    true
}
