//! `never` and `always`, which nothing evaluates yet.

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{File, Item};

pub(super) fn found(files: &[File], _: &Analysis) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for item in files.iter().flat_map(|file| &file.items) {
        let keyword = match &item.value {
            Item::Never(_) => "never",
            Item::Always(_) => "always",
            Item::Issuer(_)
            | Item::Policy(_)
            | Item::Gateway(_)
            | Item::App(_)
            | Item::Routes(_)
            | Item::Env(_)
            | Item::Test(_)
            | Item::Error => continue,
        };
        let length = u32::try_from(keyword.len()).unwrap_or(0);
        let span = Span::new(item.span.file, item.span.start, item.span.end.min(item.span.start + length));
        found.push(
            Diagnostic::new(
                codes::NOT_YET_PROVED,
                format!("this `{keyword}` is kept, but not yet evaluated by this version"),
                span,
                "nothing is proved by it",
            )
            .with_help("leave it in if you like to: the program need not change when a later version evaluates it"),
        );
    }
    found
}
