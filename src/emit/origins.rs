//! Which lines of the program made an object, in one line of a comment.

use std::fmt::Write as _;

use crate::diagnostic::render::printable;
use crate::source::{FileId, SourceMap, Span};

/// How many ranges are named before the rest is only counted.
const MAX_RANGES: usize = 8;

/// `access.mesh:11-19, shared/policies.mesh:4`, or nothing where there are no origins. Ranges that touch are one. The
/// text never holds a line feed or another control character, whatever the files are called.
pub(super) fn line(origins: &[Span], sources: &SourceMap) -> String {
    let ranges = ranges(origins, sources);
    let mut out = String::new();
    for (i, (file, first, last)) in ranges.iter().take(MAX_RANGES).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let path = printable(sources.file(*file).path());
        // A `String` takes everything that is written to it.
        let _ = write!(out, "{comma}{path}:{first}");
        if last > first {
            let _ = write!(out, "-{last}");
        }
    }
    if ranges.len() > MAX_RANGES {
        let _ = write!(out, " and {} more", ranges.len() - MAX_RANGES);
    }
    out
}

/// The lines of the origins by file, sorted and merged.
fn ranges(origins: &[Span], sources: &SourceMap) -> Vec<(FileId, usize, usize)> {
    let in_file = |span: &Span| {
        let (first, last) = sources.lines(*span);
        (span.file, first, last)
    };
    let mut lines: Vec<_> = origins.iter().map(in_file).collect();
    lines.sort_unstable();
    let mut merged: Vec<(FileId, usize, usize)> = Vec::with_capacity(lines.len());
    for (file, first, last) in lines {
        match merged.last_mut() {
            Some((f, _, end)) if *f == file && first <= *end + 1 => *end = last.max(*end),
            _ => merged.push((file, first, last)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(sources: &SourceMap, lines: &[(usize, usize, usize)]) -> Vec<Span> {
        let span = |&(file, first, last): &(usize, usize, usize)| {
            let (id, file) = sources.iter().nth(file).unwrap();
            let start = file.line_range(first - 1).start;
            let end = file.line_range(last - 1).end;
            Span::new(id, u32::try_from(start).unwrap(), u32::try_from(end).unwrap())
        };
        lines.iter().map(span).collect()
    }

    #[test]
    fn lines_are_sorted_and_merged() {
        let text = "line\n".repeat(40);
        let sources = SourceMap::new([("b.mesh".into(), text.clone()), ("a.mesh".into(), text)]);
        let origins = spans(&sources, &[(1, 4, 4), (0, 15, 19), (0, 11, 14), (0, 12, 12), (0, 21, 21)]);
        assert_eq!(line(&origins, &sources), "a.mesh:11-19, a.mesh:21, b.mesh:4");
        assert_eq!(line(&[], &sources), "");
    }

    #[test]
    fn a_long_list_is_cut() {
        let sources = SourceMap::single("a", "line\n".repeat(40));
        let lines: Vec<_> = (1..=10).map(|i| (0, i * 2, i * 2)).collect();
        let found = line(&spans(&sources, &lines), &sources);
        assert_eq!(found, "a:2, a:4, a:6, a:8, a:10, a:12, a:14, a:16 and 2 more");
    }

    #[test]
    fn no_path_leaves_the_comment() {
        let sources = SourceMap::single("a\nkind: Secret\r\u{85}\u{2028}.mesh", "x");
        let found = line(&spans(&sources, &[(0, 1, 1)]), &sources);
        assert_eq!(found, "a\\u{a}kind: Secret\\u{d}\\u{85}\\u{2028}.mesh:1");
    }
}
