//! `never` and `always`: kept for a later version, which will prove them. Until then their names and values are
//! looked up, so that a slip is reported now and what they use counts as used.

use super::Analyzer;
use crate::syntax::ast::{File, Item, Subject, Text};

impl<'a> Analyzer<'a> {
    /// Looks up what invariants name.
    pub(super) fn read_invariants(&mut self, files: &'a [File]) {
        for item in files.iter().flat_map(|file| &file.items) {
            match &item.value {
                Item::Never(never) => {
                    if let Subject::Requirement(requirement) = &never.subject.value {
                        self.resolve(requirement);
                    }
                    self.app_reference(&never.app);
                    let exceptions = never.exceptions.iter().map(|exception| &exception.value.path);
                    never.path.iter().chain(exceptions).for_each(|text| self.mention(text));
                }
                Item::Always(always) => {
                    self.resolve(&always.requirement);
                    self.app_reference(&always.app);
                    always.path.iter().for_each(|text| self.mention(text));
                }
                Item::Issuer(_)
                | Item::Policy(_)
                | Item::Gateway(_)
                | Item::App(_)
                | Item::Routes(_)
                | Item::Env(_)
                | Item::Test(_)
                | Item::Error => {}
            }
        }
    }

    /// Looks up the variables of a text.
    fn mention(&mut self, text: &'a Text) {
        self.fill_either(text);
    }
}
