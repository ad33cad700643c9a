//! Workflow commands: `::error file=…,line=…,col=…::message`, one line per finding.
//!
//! A message is one line in which `%`, carriage return and line feed are escaped; in a property also `:` and `,`.

use std::fmt::Write as _;

use super::{View, printable, word};
use crate::diagnostic::Diagnostic;

pub(super) fn render(diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let (start, end) = (view.start(diagnostic.primary.span), view.end(diagnostic.primary.span));
        let mut properties = vec![
            ("file", view.path(diagnostic.file())),
            ("line", start.line.to_string()),
            ("col", start.column.to_string()),
            ("endLine", end.line.to_string()),
        ];
        // GitHub refuses columns that belong to different lines.
        if start.line == end.line {
            properties.push(("endColumn", end.column.to_string()));
        }
        properties.push(("title", format!("{} {}", diagnostic.code.id(), diagnostic.code.name())));
        let properties: Vec<_> = properties.into_iter().map(|(k, v)| format!("{k}={}", property(&v))).collect();
        let message = data(&text(diagnostic));
        // A `String` takes everything that is written to it.
        let _ = writeln!(out, "::{} {}::{message}", word(diagnostic.code.severity()), properties.join(","));
    }
    out
}

/// The message, and below it what the label, the request, the notes and the help add.
fn text(diagnostic: &Diagnostic) -> String {
    let mut lines = vec![diagnostic.message.clone()];
    if !diagnostic.primary.message.is_empty() {
        lines.push(diagnostic.primary.message.clone());
    }
    lines.extend(diagnostic.request.iter().map(|r| format!("request: {r}")));
    lines.extend(diagnostic.notes.iter().map(|n| format!("note: {n}")));
    lines.extend(diagnostic.help.iter().map(|h| format!("help: {h}")));
    lines.extend(diagnostic.fix.iter().map(|f| format!("fix: {}", f.message)));
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    lines.join("\n")
}

/// Escapes the part after the second `::`.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_snapshot, sample};
    use super::*;

    #[test]
    fn github() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: false };
        assert_snapshot("github", &render(&diagnostics, &view));
    }

    #[test]
    fn a_command_cannot_be_broken_out_of() {
        assert_eq!(data("a\n::error::%"), "a%0A::error::%25");
        assert_eq!(property("a,b:c\n"), "a%2Cb%3Ac\\u{a}");
    }
}
