//! The source with the places marked, and below it everything else that is to be said. codespan-reporting draws it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use codespan_reporting::diagnostic as drawn;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{self, Config};

use super::{View, is_printable, patch, printable};
use crate::diagnostic::{Diagnostic, Fix, Label, Severity};
use crate::source::{FileId, SourceFile};

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const RESET: &str = "\u{1b}[0m";

pub(super) fn render(diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let shown = Shown::new(view);
    let config = Config::default();
    let mut out = Vec::new();
    let mut explained = BTreeSet::new();
    for diagnostic in diagnostics {
        let first = explained.insert(diagnostic.code.id());
        let picture = draw(diagnostic, view, first);
        let drawn = if view.colour {
            term::emit_to_write_style(&mut Ansi::new(&mut out), &config, &shown, &picture)
        } else {
            term::emit_to_io_write(&mut out, &config, &shown, &picture)
        };
        if drawn.is_err() {
            // Only a span that does not lie in its file comes here; what is to be said is said all the same.
            out.extend_from_slice(format!("{}\n\n", printable(&diagnostic.message)).as_bytes());
        }
    }
    let mut out = String::from_utf8_lossy(&out).into_owned();
    out.push_str(&summary(diagnostics));
    out.push('\n');
    out
}

/// `2 errors, 1 warning`
fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let counts = [(errors, "error"), (diagnostics.len() - errors, "warning")];
    let parts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Turns a finding into codespan's. The page is named where its code occurs for the first time.
fn draw(diagnostic: &Diagnostic, view: &View<'_>, explain: bool) -> drawn::Diagnostic<FileId> {
    let severity = match diagnostic.code.severity() {
        Severity::Error => drawn::Severity::Error,
        Severity::Warning => drawn::Severity::Warning,
    };
    let mut labels = vec![label(drawn::LabelStyle::Primary, &diagnostic.primary, view)];
    labels.extend(diagnostic.secondary.iter().map(|l| label(drawn::LabelStyle::Secondary, l, view)));

    let mut notes: Vec<String> = diagnostic.request.iter().map(|r| format!("request: {}", printable(r))).collect();
    notes.extend(diagnostic.notes.iter().map(|n| format!("note: {}", printable(n))));
    notes.extend(diagnostic.help.iter().map(|h| format!("help: {}", printable(h))));
    notes.extend(diagnostic.fix.iter().map(|f| suggestion(f, diagnostic.file(), view)));
    if explain {
        notes.push(format!("`meshc explain {}` tells more", diagnostic.code.id()));
    }
    drawn::Diagnostic::new(severity)
        .with_code(diagnostic.code.id())
        .with_message(printable(&diagnostic.message))
        .with_labels(labels)
        .with_notes(notes)
}

/// A label that ends with the line it begins on: codespan draws a box round anything longer.
fn label(style: drawn::LabelStyle, label: &Label, view: &View<'_>) -> drawn::Label<FileId> {
    let file = view.sources.file(label.span.file);
    let text = file.text();
    let line = file.line_range(file.line_index(label.span.start));
    let line_end = line.start + text.get(line.clone()).map_or(0, |l| l.trim_end_matches(['\n', '\r']).len());
    let start = floor(text, label.span.start as usize).min(line_end.max(line.start));
    let end = floor(text, label.span.end as usize).clamp(start, line_end.max(start));
    drawn::Label::new(style, label.span.file, start..end).with_message(printable(&label.message))
}

/// The nearest place at or before the byte where a character begins.
fn floor(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|&b| text.is_char_boundary(b)).unwrap_or(0)
}

/// The fix as an order and as a small diff.
fn suggestion(fix: &Fix, home: FileId, view: &View<'_>) -> String {
    let (lines, cut) = patch::lines(fix, view.sources);
    let width = lines.iter().map(|l| l.number.to_string().len()).max().unwrap_or(1);
    let mut out = format!("fix: {}", printable(&fix.message));
    let mut file = home;
    for line in lines {
        if line.file != file {
            file = line.file;
            let _ = write!(out, "\n  in {}", printable(&view.path(file)));
        }
        let text = line.text.replace('\t', "    ");
        let (before, after) = match (view.colour, line.sign) {
            (false, _) => ("", ""),
            (true, '-') => (RED, RESET),
            (true, _) => (GREEN, RESET),
        };
        // A `String` takes everything that is written to it.
        let _ = write!(out, "\n  {:>width$} {before}{} {}{after}", line.number, line.sign, printable(&text));
    }
    if cut {
        out.push_str("\n  …");
    }
    out
}

/// The sources as they may be printed: every byte stays where it is, but nothing can steer the terminal.
struct Shown<'a> {
    files: Vec<(&'a SourceFile, String, Cow<'a, str>)>,
}

impl<'a> Shown<'a> {
    fn new(view: &View<'a>) -> Self {
        let path = |id| printable(&view.path(id)).into_owned();
        Shown { files: view.sources.iter().map(|(id, file)| (file, path(id), tame(file.text()))).collect() }
    }
}

/// Replaces what must not be printed by something of the same length in bytes.
fn tame(text: &str) -> Cow<'_, str> {
    let fine = |c: char| is_printable(c) || matches!(c, '\n' | '\t' | '\r');
    if text.chars().all(fine) {
        return Cow::Borrowed(text);
    }
    let tamed = text.chars().map(|c| match c.len_utf8() {
        _ if fine(c) => c,
        1 => '?',
        2 => '¿',
        _ => '\u{FFFD}',
    });
    Cow::Owned(tamed.collect())
}

impl<'a> Files<'a> for Shown<'_> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.files.get(id.index()).map(|(_, path, _)| path.as_str()).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.files.get(id.index()).map(|(_, _, text)| text.as_ref()).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        let (file, _, _) = self.files.get(id.index()).ok_or(Error::FileMissing)?;
        Ok(file.line_index(u32::try_from(byte).unwrap_or(u32::MAX)))
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let (file, _, _) = self.files.get(id.index()).ok_or(Error::FileMissing)?;
        Ok(file.line_range(line))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_snapshot, sample};
    use super::*;
    use crate::diagnostic::codes;
    use crate::source::{SourceMap, Span};

    #[test]
    fn human() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: false };
        assert_snapshot("human", &render(&diagnostics, &view));
    }

    #[test]
    fn human_in_colour() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: true };
        let text = render(&diagnostics[..1], &view);
        assert_snapshot("human-colour", &text.replace('\u{1b}', "ESC"));
    }

    #[test]
    fn odd_places_are_drawn_too() {
        for text in ["", "\n", "a\n", "a\r\nb", "é", "\u{1b}[2J\u{202e}\n"] {
            let sources = SourceMap::single("a.mesh", text);
            let file = sources.iter().next().unwrap().0;
            let length = u32::try_from(text.len()).unwrap();
            for start in 0..=length {
                for end in start..=length + 1 {
                    let span = Span::new(file, start, end);
                    let diagnostic =
                        Diagnostic::new(codes::SYNTAX_ERROR, "wrong", span, "here").with_fix("x", span, "y");
                    let view = View { sources: &sources, base: "", colour: false };
                    let picture = render(&[diagnostic], &view);
                    assert!(picture.contains("error[E0101]: wrong\n  ┌─ a.mesh:"), "{picture}");
                    assert!(picture.contains("here"), "{picture}");
                    assert!(picture.chars().all(|c| c == '\n' || is_printable(c)), "{picture:?}");
                }
            }
        }
    }
}
