//! What is said of quotation marks that are none here. They would become part of the value, so that
//! `not claim groups has 'contractor'` would exclude nobody.

use super::Analyzer;
use super::text::Form;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Span, Spanned};
use crate::syntax::ast::Text;
use crate::syntax::quotes::{stand_around, stand_in_path, within};

const HELP: &str = "strings stand in double quotes, as in `\"shop\"`; any other mark would be a part of the text";

impl Analyzer<'_> {
    /// Reports marks of quotation around a bare word; says whether there were any. `fits`: what may stand there.
    pub(super) fn foreign_quotes(&mut self, text: &Text, form: Form, fits: impl Fn(&str) -> bool) -> bool {
        let written = self.sources.text(text.span);
        // A path may hold an apostrophe.
        let in_doubt = if written.starts_with('/') { false } else { stand_around(written) };
        if text.quoted || !in_doubt {
            return false;
        }
        let sure = |inner: &&str| fits(inner) && !self.goes_on(text.span);
        let mended = within(written).filter(sure).map(|inner| match form {
            Form::Word => inner.to_string(),
            Form::String | Form::Either => format!("\"{inner}\""),
        });
        let mut found = foreign(written, text.span).with_help(match form {
            Form::Word if written.contains("://") => "a URL stands in double quotes, a host without scheme and quotes",
            Form::Word => "leave out the quotes: hosts, paths, names and numbers have none",
            Form::String | Form::Either => HELP,
        });
        if let Some(mended) = mended {
            found = found.with_fix(format!("write `{mended}`"), text.span, mended);
        }
        self.diagnostics.push(found);
        true
    }

    /// Notes a string whose text itself begins or ends with such a mark: `lint` warns of it.
    pub(super) fn note_quotes_inside(&mut self, text: &str, span: Span) {
        if stand_around(text) || stand_in_path(text) {
            self.quotes.push(Spanned::new(span, text.to_string()));
        }
    }

    /// Whether a bare word ends only because the next character can stand in none, as in `a#b`: what was meant goes on.
    pub(super) fn goes_on(&self, span: Span) -> bool {
        let file = self.sources.file(span.file).text();
        let before = file[..span.start as usize].chars().next_back();
        let after = file[span.end as usize..].chars().next();
        let parts = |c: char, signs: &str| c.is_whitespace() || signs.contains(c);
        !before.is_none_or(|c| parts(c, "([,{")) || !after.is_none_or(|c| parts(c, ")],}"))
    }
}

/// The error for a bare word with marks around it.
pub(super) fn foreign(written: &str, span: Span) -> Diagnostic {
    let message = format!("`{written}` is not in the quotes of this language");
    Diagnostic::new(codes::SYNTAX_ERROR, message, span, "other quotation marks")
}
