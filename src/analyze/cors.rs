//! `cors`: which browsers' calls from other origins are answered at the gateway.

use std::fmt::Display;

use super::fault::Fault;
use super::text::Form;
use super::{Analyzer, labels, numbers, urls};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Cors, MethodSet};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Block, CorsLine, Name, Text};

#[derive(Default)]
struct Lines<'a> {
    origins: Option<Spanned<&'a [Text]>>,
    methods: Option<Spanned<&'a [Name]>>,
    headers: Option<Spanned<&'a [Text]>>,
    expose: Option<Spanned<&'a [Text]>>,
    credentials: Option<Spanned<()>>,
    max_age: Option<Spanned<&'a Text>>,
    unreadable: bool,
}

impl<'a> Analyzer<'a> {
    /// Reads a `cors` block; `None` if it has no origins.
    pub(super) fn cors(&mut self, span: Span, block: &'a Block<CorsLine>, app: &dyn Display) -> Option<Cors> {
        let place = format!("the `cors` of {app}");
        let mut lines = Lines::default();
        for line in &block.lines {
            let span = line.span;
            match &line.value {
                CorsLine::Origins(texts) => self.once(&mut lines.origins, span, texts, "origins", &place),
                CorsLine::Methods(names) => self.once(&mut lines.methods, span, names, "methods", &place),
                CorsLine::Headers(texts) => self.once(&mut lines.headers, span, texts, "headers", &place),
                CorsLine::Expose(texts) => self.once(&mut lines.expose, span, texts, "expose", &place),
                CorsLine::Credentials => self.once(&mut lines.credentials, span, (), "credentials", &place),
                CorsLine::MaxAge(text) => self.once(&mut lines.max_age, span, text, "max-age", &place),
                CorsLine::Error => lines.unreadable = true,
            }
        }
        let origins = self.origins(&lines, span, &place);
        let methods = lines.methods.and_then(|line| self.methods(line.value, false)).unwrap_or(MethodSet::EMPTY);
        let headers = lines.headers.map(|line| self.header_names(line.value, &place)).unwrap_or_default();
        let expose = lines.expose.map(|line| self.header_names(line.value, &place)).unwrap_or_default();
        let max_age = lines
            .max_age
            .and_then(|line| self.read(line.value, Form::Word, codes::INVALID_DURATION, numbers::duration_seconds));
        Some(Cors {
            span,
            origins: origins?,
            methods,
            headers,
            expose,
            credentials: lines.credentials.is_some(),
            max_age: max_age.map(|age| age.value),
        })
    }

    fn origins(&mut self, lines: &Lines<'a>, block: Span, place: &dyn Display) -> Option<Vec<String>> {
        let Some(line) = &lines.origins else {
            if !lines.unreadable {
                let span = Span::new(block.file, block.start, block.end.min(block.start + 4));
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::MISSING_LINE,
                        format!("{place} has no `origins`"),
                        span,
                        "for which origins?",
                    )
                    .with_help("add the origins that may call: `origins \"https://app.example.com\"`"),
                );
            }
            return None;
        };
        let credentials = lines.credentials.as_ref().map(|c| c.span);
        let origin = |text: &str| {
            if text != "*" {
                return urls::origin(text);
            }
            if credentials.is_some() {
                return Err(Fault::new("`*` cannot be an origin where `credentials` are allowed", "every origin")
                    .help("list the origins, or take out `credentials`: browsers refuse both together"));
            }
            Ok(text.to_string())
        };
        let values = self.read_list(line.value, (Form::String, codes::INVALID_URL), origin, Clone::clone, place);
        let mut origins: Vec<String> = values.into_iter().map(|origin| origin.value).collect();
        origins.sort();
        Some(origins)
    }

    fn header_names(&mut self, texts: &'a [Text], place: &dyn Display) -> Vec<String> {
        let form = (Form::Either, codes::INVALID_HEADER);
        let values = self.read_list(texts, form, labels::header, Clone::clone, place);
        let mut names: Vec<String> = values.into_iter().map(|name| name.value).collect();
        names.sort();
        names
    }
}
