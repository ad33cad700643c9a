//! A fix as the lines that it takes out and puts in.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use crate::diagnostic::{Edit, Fix};
use crate::source::{FileId, SourceMap};

/// A fix longer than this is cut: it is to be read at a glance.
const MAX_LINES: usize = 12;

/// One line of a patch.
pub(super) struct Line {
    /// The file that it belongs to.
    pub file: FileId,
    /// Its number (from 1), in the old text if it is taken out, in the new one if it is put in.
    pub number: usize,
    /// `-` taken out, `+` put in.
    pub sign: char,
    /// The text, without the line feed.
    pub text: String,
}

/// The lines that a fix changes, and whether there were more than are shown.
pub(super) fn lines(fix: &Fix, sources: &SourceMap) -> (Vec<Line>, bool) {
    let mut edits: Vec<&Edit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut lines = Vec::new();
    for edits in edits.chunk_by(|a, b| a.span.file == b.span.file) {
        changes(edits, sources, &mut lines);
    }
    let cut = lines.len() > MAX_LINES;
    lines.truncate(MAX_LINES);
    (lines, cut)
}

/// Compares the lines round the edits of one file, given in the order of their places, before and after.
fn changes(edits: &[&Edit], sources: &SourceMap, lines: &mut Vec<Line>) {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else { return };
    let file = sources.file(first.span.file);
    let first_line = file.line_index(first.span.start);
    let start = file.line_range(first_line).start;
    let end = file.line_range(file.line_index(last.span.end)).end;
    let before = file.text().get(start..end).unwrap_or("");
    let after = apply(file.text(), start..end, edits);
    let diff = TextDiff::from_lines(before, after.as_str());
    for change in diff.iter_all_changes() {
        let (sign, index) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ('-', change.old_index()),
            ChangeTag::Insert => ('+', change.new_index()),
        };
        let text = change.value().trim_end_matches(['\n', '\r']).to_string();
        lines.push(Line { file: first.span.file, number: first_line + 1 + index.unwrap_or(0), sign, text });
    }
}

/// The part of the text with the edits made. An edit that overlaps the one before it is left out.
fn apply(text: &str, part: Range<usize>, edits: &[&Edit]) -> String {
    let mut out = String::new();
    let mut at = part.start;
    for edit in edits {
        let range = edit.span.range();
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(text.get(at..part.end).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn patch(text: &str, edits: &[(u32, u32, &str)]) -> Vec<String> {
        let sources = SourceMap::single("a.mesh", text);
        let file = sources.iter().next().unwrap().0;
        let edit =
            |&(start, end, text): &(u32, u32, &str)| Edit { span: Span::new(file, start, end), text: text.into() };
        let fix = Fix { message: String::new(), edits: edits.iter().map(edit).collect() };
        lines(&fix, &sources).0.iter().map(|l| format!("{} {} {}", l.number, l.sign, l.text)).collect()
    }

    #[test]
    fn edits_in_any_order_become_whole_lines() {
        let found = patch("one\ntwo\nthree\n", &[(8, 13, "3"), (0, 3, "1")]);
        assert_eq!(found, ["1 - one", "1 + 1", "3 - three", "3 + 3"]);
    }

    #[test]
    fn a_line_can_be_taken_out_and_put_in() {
        assert_eq!(patch("one\ntwo\n", &[(0, 4, "")]), ["1 - one"]);
        assert_eq!(patch("one\ntwo\n", &[(8, 8, "three\n")]), ["3 + three"]);
        assert_eq!(patch("", &[(0, 0, "one\n")]), ["1 + one"]);
    }

    #[test]
    fn overlapping_edits_do_not_panic() {
        assert_eq!(patch("abc\n", &[(0, 2, "x"), (1, 3, "y")]), ["1 - abc", "1 + xc"]);
    }
}
