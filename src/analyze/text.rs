//! Texts with their `${…}` filled in, read as what they have to be.

use std::borrow::Cow;
use std::fmt::Display;

use super::Analyzer;
use super::environments::{Found, Values};
use super::fault::Fault;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Text, TextPart};
use crate::syntax::quotes::{stand_in, stand_in_path};

/// How a value has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Bare, as hosts, paths and numbers are.
    Word,
    /// In quotes, as all that comes from elsewhere.
    String,
    /// As the writer likes.
    Either,
}

/// A text with its variables filled in.
pub(super) struct Filled<'a> {
    pub(super) text: Cow<'a, str>,
    /// Name and place of the values that went into it.
    pub(super) from: Vec<(String, Span)>,
}

/// Fills in the variables; nothing is said where they are unknown.
pub(super) fn fill_silently<'a>(values: &Values<'_>, text: &'a Text) -> Option<Cow<'a, str>> {
    if let Some(literal) = text.literal() {
        return Some(Cow::Borrowed(literal));
    }
    let mut filled = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal(literal) => filled.push_str(literal),
            TextPart::Variable(name) => match values.find(&name.text) {
                Found::Value(value) => filled.push_str(value.text),
                Found::Silent | Found::Unknown => return None,
            },
        }
    }
    Some(Cow::Owned(filled))
}

/// A diagnostic for what is wrong with a value that was written as it is.
pub(super) fn fault_at(code: Code, fault: Fault, span: Span) -> Diagnostic {
    let Fault { message, label, help, replacement } = fault;
    let mut diagnostic = Diagnostic::new(code, message, span, label);
    if let Some(help) = help {
        diagnostic = diagnostic.with_help(help);
    }
    if let Some(text) = replacement {
        diagnostic = diagnostic.with_fix(format!("write `{text}`"), span, text);
    }
    diagnostic
}

/// A text without apostrophes between two letters, as in `o'neil`, which are no quotes.
fn between_letters(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric());
    let apostrophe = |at: usize| matches!(chars[at], '\'' | '’') && letter(at.checked_sub(1)) && letter(Some(at + 1));
    (0..chars.len()).filter(|&at| !apostrophe(at)).map(|at| chars[at]).collect()
}

impl<'a> Analyzer<'a> {
    /// Fills in the variables; `None` if that cannot be done, which has been told then.
    pub(super) fn fill(&mut self, text: &'a Text) -> Option<Filled<'a>> {
        let filled = self.filled(text)?;
        if text.quoted {
            self.note_quotes_inside(&filled.text, text.span);
        }
        Some(filled)
    }

    /// The same for a text that may be written with quotes or without.
    pub(super) fn fill_either(&mut self, text: &'a Text) -> Option<Filled<'a>> {
        if self.foreign_quotes(text, Form::Either, |_| true) {
            return None;
        }
        self.fill(text)
    }

    /// The same for a name, which is prose: its quotes mean nothing.
    pub(super) fn fill_name(&mut self, text: &'a Text) -> Option<Filled<'a>> {
        if self.foreign_quotes(text, Form::Either, |_| true) {
            return None;
        }
        self.filled(text)
    }

    fn filled(&mut self, text: &'a Text) -> Option<Filled<'a>> {
        if let Some(literal) = text.literal() {
            return Some(Filled { text: Cow::Borrowed(literal), from: Vec::new() });
        }
        let mut filled = String::new();
        let mut from = Vec::new();
        let mut sound = true;
        for part in &text.parts {
            let name = match part {
                TextPart::Literal(literal) => {
                    filled.push_str(literal);
                    continue;
                }
                TextPart::Variable(name) => name,
            };
            match self.values.find(&name.text) {
                Found::Value(value) if value.quoted && !text.quoted => {
                    if value.has_one_type() {
                        let diagnostic = Diagnostic::new(
                            codes::ENVIRONMENT_TYPE,
                            format!("`{}` is a string and cannot stand in a bare word", name.text),
                            name.span,
                            "a string",
                        )
                        .with_secondary(value.span, "written in quotes here")
                        .with_help("write the value without quotes in every environment");
                        self.diagnostics.push(diagnostic);
                    }
                    sound = false;
                }
                Found::Value(value) => {
                    filled.push_str(value.text);
                    from.push((name.text.clone(), value.span));
                }
                Found::Silent => sound = false,
                Found::Unknown => {
                    let diagnostic = self.values.unknown(name);
                    self.diagnostics.push(diagnostic);
                    sound = false;
                }
            }
        }
        sound.then_some(Filled { text: Cow::Owned(filled), from })
    }

    /// Reads a text as a value; what is wrong with it is reported under `code`.
    pub(super) fn read<T>(
        &mut self,
        text: &'a Text,
        form: Form,
        code: Code,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Spanned<T>> {
        if self.foreign_quotes(text, form, |mended| parse(mended).is_ok()) {
            return None;
        }
        let formed = self.check_form(text, form, |mended| parse(mended).is_ok());
        let filled = self.filled(text)?;
        if formed && (text.quoted || stand_in_path(&filled.text)) {
            self.note_quotes_inside(&filled.text, text.span);
        }
        match parse(&filled.text) {
            Ok(value) if formed => Some(Spanned::new(text.span, value)),
            Ok(_) => None,
            Err(mut fault) => {
                if !filled.from.is_empty() || !formed || self.goes_on(text.span) {
                    fault.replacement = None;
                } else if text.quoted {
                    fault.replacement = fault.replacement.map(|mended| format!("\"{mended}\""));
                }
                let mut diagnostic = fault_at(code, fault, text.span);
                for (name, span) in filled.from {
                    diagnostic = diagnostic.with_secondary(span, format!("`{name}` is set here"));
                }
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Reads each text of a list, and reports values that stand in it twice.
    pub(super) fn read_list<T: Eq + std::hash::Hash + Clone>(
        &mut self,
        texts: &'a [Text],
        (form, code): (Form, Code),
        parse: impl Fn(&str) -> Result<T, Fault>,
        show: impl Fn(&T) -> String,
        place: &dyn Display,
    ) -> Vec<Spanned<T>> {
        let values = texts.iter().filter_map(|text| self.read(text, form, code, &parse)).collect();
        self.distinct(values, show, place)
    }

    /// Whether a text has quotes if and only if it should. A fix is offered where the text then is what it was before, and is
    /// a value that may stand there.
    fn check_form(&mut self, text: &Text, form: Form, fits: impl Fn(&str) -> bool) -> bool {
        let wanted = match form {
            Form::Either => return true,
            Form::Word => false,
            Form::String => true,
        };
        if text.quoted == wanted {
            return true;
        }
        let written = self.sources.text(text.span);
        // A value of the environment is looked at where it is filled in.
        let fits = |bare: &str| text.literal().is_none() || fits(bare);
        let (message, label, mended) = if wanted {
            // A backslash is one in a bare word, and begins an escape in a string.
            let sure = !written.contains('\\') && !stand_in(&between_letters(written)) && !self.goes_on(text.span);
            let mended = (sure && fits(written)).then(|| format!("\"{written}\""));
            (format!("`{written}` has to be in quotes"), "needs quotes", mended)
        } else {
            let bare = written.trim_matches('"');
            // What else may stand in a string would end the word, or begin a comment.
            let holds = |c: char| c.is_ascii_alphanumeric() || "-._~/*:@=+%${}".contains(c);
            let mended = (!bare.is_empty() && bare.chars().all(holds) && fits(bare)).then(|| bare.to_string());
            (format!("`{written}` has to be written without quotes"), "no quotes here", mended)
        };
        let mut diagnostic = Diagnostic::new(codes::SYNTAX_ERROR, message, text.span, label);
        diagnostic = match mended {
            Some(mended) => diagnostic.with_fix(format!("write `{mended}`"), text.span, mended),
            None if wanted => {
                diagnostic.with_help("write the whole text in double quotes, with `\\\\` for a backslash")
            }
            None => diagnostic.with_help("leave out the quotes"),
        };
        self.diagnostics.push(diagnostic);
        false
    }
}
