//! Diagnostics to text: one file per format, all of them pure functions of the findings and the sources.

mod github;
mod human;
mod json;
mod patch;
mod sarif;
mod short;

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Position, SourceMap, Span};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The source with the place marked, for people.
    #[default]
    Human,
    /// One line per finding.
    Short,
    /// One JSON object per line; `render/json.rs` has the schema.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines of a change.
    Github,
}

/// The sources, and how they are to be shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The program.
    pub sources: &'a SourceMap,
    /// What stands before each path: the way from the reader's directory to the program's root, empty or with a `/` at
    /// its end.
    pub base: &'a str,
    /// Whether ANSI colours are written (by the human format alone).
    pub colour: bool,
}

/// Writes findings in the order in which they are given.
pub fn render(format: Format, diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    match format {
        Format::Human => human::render(diagnostics, view),
        Format::Short => short::render(diagnostics, view),
        Format::Json => json::render(diagnostics, view),
        Format::Sarif => sarif::render(diagnostics, view),
        Format::Github => github::render(diagnostics, view),
    }
}

/// Writes findings for people without colours, with paths as the program has them.
pub fn human(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    human::render(diagnostics, &View { sources, base: "", colour: false })
}

impl View<'_> {
    /// The path of a file as the reader can open it.
    fn path(&self, file: FileId) -> String {
        let path = self.sources.file(file).path();
        // `<stdin>` is not a file and lies nowhere.
        if path.starts_with('<') { path.to_string() } else { format!("{}{path}", self.base) }
    }

    fn start(&self, span: Span) -> Position {
        self.sources.file(span.file).position(span.start)
    }

    fn end(&self, span: Span) -> Position {
        self.sources.file(span.file).position(span.end)
    }
}

pub(crate) use github::data as github_data;

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Whether a character may be sent to a terminal or stand in a comment: everything but control characters and those
/// that reorder or hide the text around them.
pub(crate) fn is_printable(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'))
}

/// The text with what must not be printed written as `\u{…}`, so that no program can steer the reader's terminal.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printable) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().map(|c| if is_printable(c) { c.to_string() } else { c.escape_unicode().to_string() });
    Cow::Owned(escaped.collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::diagnostic::codes;

    const ACCESS: &str = "\
app my-app in default port 8080 {
  hosts Dev.example.com test.example.com
  GTE /healthz public
  GET /a/* public
  GET /*/b require member
";

    fn span(sources: &SourceMap, path: &str, text: &str) -> Span {
        let (id, file) = sources.iter().find(|(_, f)| f.path() == path).unwrap();
        let start = file.text().find(text).unwrap();
        Span::new(id, u32::try_from(start).unwrap(), u32::try_from(start + text.len()).unwrap())
    }

    /// Findings with every part that a finding can have.
    pub(crate) fn sample() -> (SourceMap, Vec<Diagnostic>) {
        let sources = SourceMap::new([
            ("access.mesh".to_string(), ACCESS.to_string()),
            ("shared/policies, 100%.mesh".to_string(), "policy member = token from corp\n\u{1b}[2J é x\n".to_string()),
        ]);
        let at = |text| span(&sources, "access.mesh", text);
        let in_policies = |text| span(&sources, "shared/policies, 100%.mesh", text);
        let end_of_input = Span::new(at("app").file, at("member\n").end, at("member\n").end);
        let diagnostics = vec![
            Diagnostic::new(
                codes::INVALID_HOST,
                "`Dev.example.com` is not a host",
                at("Dev.example.com"),
                "upper case",
            )
            .with_note("hosts are compared without regard to case, so they are written in one way")
            .with_help("write it in lower case")
            .with_fix("write `dev.example.com`", at("Dev.example.com"), "dev.example.com"),
            Diagnostic::new(codes::INVALID_METHOD, "`GTE` is not a method", at("GTE"), "").with_fix(
                "write `GET`",
                at("GTE"),
                "GET",
            ),
            Diagnostic::new(
                codes::OVERLAPPING_PATHS,
                "`/a/*` and `/*/b` overlap, and neither is more specific",
                at("/a/* public\n  GET /*/b"),
                "this path",
            )
            .with_secondary(at("/*/b"), "and this one")
            .with_secondary(in_policies("member"), "asks for more")
            .with_request("GET dev.example.com/a/b"),
            Diagnostic::new(codes::UNCLOSED_BRACE, "a `{` is never closed", end_of_input, "`}` expected")
                .with_secondary(at("{"), "opened here")
                .with_fix("close it", end_of_input, "}\n"),
            Diagnostic::new(codes::UNUSED_POLICY, "nothing uses \u{1b}[31m100%", in_policies("x\n"), "line\u{7}one"),
        ];
        (sources, diagnostics)
    }

    pub(crate) fn assert_snapshot(name: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/diagnostic"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(printable("a é"), "a é");
        assert_eq!(printable("\u{1b}[2J\u{202e}"), "\\u{1b}[2J\\u{202e}");
    }

    #[test]
    fn paths_lead_from_the_reader_to_the_file() {
        let sources = SourceMap::new([("a.mesh".into(), String::new()), ("<stdin>".into(), String::new())]);
        let view = View { sources: &sources, base: "apps/", colour: false };
        let paths: Vec<_> = sources.iter().map(|(id, _)| view.path(id)).collect();
        assert_eq!(paths, ["<stdin>", "apps/a.mesh"]);
    }

    #[test]
    fn no_findings_are_no_text_but_in_sarif() {
        let sources = SourceMap::default();
        let view = View { sources: &sources, base: "", colour: false };
        for format in [Format::Human, Format::Short, Format::Json, Format::Github] {
            assert_eq!(render(format, &[], &view), "", "{format:?}");
        }
        assert!(render(Format::Sarif, &[], &view).contains("\"results\": []"));
    }
}
