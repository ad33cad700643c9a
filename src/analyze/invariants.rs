//! `never` and `always`: kept for a later version, which will prove them. Until then their names and values are
//! looked up, so that a slip is told now and what they use counts as used.

use super::Analyzer;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{File, Item, Subject, Text};

impl<'a> Analyzer<'a> {
    /// Looks up what invariants name, and says that they are not proved.
    pub(super) fn read_invariants(&mut self, files: &'a [File]) {
        for item in files.iter().flat_map(|file| &file.items) {
            let keyword = match &item.value {
                Item::Never(never) => {
                    if let Subject::Requirement(requirement) = &never.subject.value {
                        self.resolve(requirement);
                    }
                    self.app_reference(&never.app);
                    let exceptions = never.exceptions.iter().map(|exception| &exception.value.path);
                    never.path.iter().chain(exceptions).for_each(|text| self.mention(text));
                    "never"
                }
                Item::Always(always) => {
                    self.resolve(&always.requirement);
                    self.app_reference(&always.app);
                    always.path.iter().for_each(|text| self.mention(text));
                    "always"
                }
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
            self.diagnostics.push(
                Diagnostic::new(
                    codes::NOT_YET_PROVED,
                    format!("this `{keyword}` is kept, but not yet evaluated by this version"),
                    span,
                    "nothing is proved by it",
                )
                .with_help("leave it in if you like to: the program need not change when a later version evaluates it"),
            );
        }
    }

    /// Looks up the variables of a text.
    fn mention(&mut self, text: &'a Text) {
        self.fill_either(text);
    }
}
