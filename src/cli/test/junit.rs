//! The results of tests as `JUnit` XML, which CI systems read: a suite per test, a test case per line.

use std::fmt::Write as _;

use super::record::{CaseRecord, Results, TestRecord};
use crate::diagnostic::render::printable;

/// Writes all results as one document.
pub(super) fn write(results: &Results) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total = results.passed + results.failed;
    // A `String` takes everything that is written to it.
    let _ = writeln!(out, "<testsuites name=\"meshc\" tests=\"{total}\" failures=\"{}\">", results.failed);
    for record in &results.environments {
        for test in &record.tests {
            suite(&mut out, test, record.environment.as_deref());
        }
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, test: &TestRecord, environment: Option<&str>) {
    let name = match environment {
        Some(environment) => format!("{} [{environment}]", test.name),
        None => test.name.clone(),
    };
    let failed = test.cases.iter().filter(|case| !case.passed).count();
    let count = test.cases.len();
    let name = escaped(&name);
    let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\">");
    for case in &test.cases {
        self::case(out, case, &name);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, case: &CaseRecord, suite: &str) {
    let (name, file, line) = (escaped(&case.text), escaped(&case.place.file), case.place.line);
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{suite}\" file=\"{file}\" line=\"{line}\"");
    let Some(answer) = case.answers.iter().find(|answer| !answer.passed) else {
        out.push_str("/>\n");
        return;
    };
    let message = format!("{}; expected is {}", answer.message, case.expected);
    let _ = writeln!(out, ">\n      <failure message=\"{}\" type=\"test-failed\">", escaped(&message));
    for step in &answer.trail {
        let place = step.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let _ = writeln!(out, "{}", escaped(&format!("{}{place}", step.text)));
    }
    for way in &answer.enough {
        let _ = writeln!(out, "{}", escaped(&format!("to get through: {way}")));
    }
    out.push_str("      </failure>\n    </testcase>\n");
}

/// A text as it may stand in an attribute or an element. XML 1.0 has no way to write most control characters, so they
/// are shown as in every other output.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_xml_cannot_hold_gets_into_it() {
        assert_eq!(escaped("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; 'd'");
        assert_eq!(escaped("]]>"), "]]&gt;");
        assert_eq!(escaped("a\u{0}\u{1b}\n\u{FFFF}é"), "a\\u{0}\\u{1b}\\u{a}\u{FFFD}é");
    }
}
