//! One JSON object per line and finding. All fields are always there.
//!
//! | field | type | says |
//! | --- | --- | --- |
//! | `code` | string | `E0301`, `W0802` |
//! | `name` | string | `invalid-host` |
//! | `severity` | string | `error` or `warning` |
//! | `message` | string | one sentence, without a full stop |
//! | `place` | place | what the message is about |
//! | `label` | string | what is said of the place; may be empty |
//! | `related` | list of `{place, label}` | the other half of the conflict |
//! | `request` | string or null | a request that shows the problem |
//! | `notes` | list of strings | further facts |
//! | `help` | string or null | the way out in words |
//! | `fix` | null or `{message, edits}` | the way out as a change; `edits` is a list of `{place, text}` that do not overlap |
//!
//! A place has `file` (the path from the reader's directory), `line` and `column` of its first character, `end_line`
//! and `end_column` of the one after its last (all from 1; columns count Unicode scalar values), and `start` and `end`,
//! the same in bytes from 0.

use serde::Serialize;

use super::{View, word};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::Span;

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    place: Place,
    label: &'a str,
    related: Vec<Related<'a>>,
    request: Option<&'a str>,
    notes: &'a [String],
    help: Option<&'a str>,
    fix: Option<Change<'a>>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    place: Place,
    label: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    message: &'a str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    place: Place,
    text: &'a str,
}

pub(super) fn render(diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        // A struct of strings and numbers can always be written.
        out.push_str(&serde_json::to_string(&finding(diagnostic, view)).unwrap_or_default());
        out.push('\n');
    }
    out
}

fn finding<'a>(diagnostic: &'a Diagnostic, view: &View<'_>) -> Finding<'a> {
    let related = |label: &'a Label| Related { place: place(label.span, view), label: &label.message };
    let change = diagnostic.fix.as_ref().map(|fix| Change {
        message: &fix.message,
        edits: fix.edits.iter().map(|e| Replacement { place: place(e.span, view), text: &e.text }).collect(),
    });
    Finding {
        code: diagnostic.code.id(),
        name: diagnostic.code.name(),
        severity: word(diagnostic.code.severity()),
        message: &diagnostic.message,
        place: place(diagnostic.primary.span, view),
        label: &diagnostic.primary.message,
        related: diagnostic.secondary.iter().map(related).collect(),
        request: diagnostic.request.as_deref(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fix: change,
    }
}

fn place(span: Span, view: &View<'_>) -> Place {
    let (start, end) = (view.start(span), view.end(span));
    Place {
        file: view.path(span.file),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start: span.start,
        end: span.end,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_snapshot, sample};
    use super::*;

    #[test]
    fn json() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: false };
        let text = render(&diagnostics, &view);
        assert_eq!(text.lines().count(), diagnostics.len());
        let values: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(values[4]["message"], "nothing uses \u{1b}[31m100%");
        assert_snapshot("json", &text);
    }
}
