//! One line per finding: `path:line:column: error[E0301]: message`.

use super::{View, printable, word};
use crate::diagnostic::Diagnostic;

pub(super) fn render(diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let place = view.start(diagnostic.primary.span);
        let path = view.path(diagnostic.file());
        let severity = word(diagnostic.code.severity());
        let line = format!(
            "{path}:{}:{}: {severity}[{}]: {}",
            place.line,
            place.column,
            diagnostic.code.id(),
            diagnostic.message
        );
        out.push_str(&printable(&line));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_snapshot, sample};
    use super::*;

    #[test]
    fn short() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "apps/", colour: false };
        assert_snapshot("short", &render(&diagnostics, &view));
    }
}
