//! The files of a program: their text, their spans and the way from a byte to a line.

use std::fmt;

/// The largest file that is read, in bytes. Spans are `u32`, and no access program that people write comes near it.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Which file of the [`SourceMap`] a span lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The position of the file in its [`SourceMap`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of bytes in one file: `start` is the first byte, `end` the one after the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end`, in bytes.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end }
    }

    /// The smallest span that holds both. Both must lie in one file; otherwise `self` is returned.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file == other.file {
            Span::new(self.file, self.start.min(other.start), self.end.max(other.end))
        } else {
            self
        }
    }

    /// The span as a range of `usize`, to slice the text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// A value and the place that it was written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// Where it was written.
    pub span: Span,
    /// What was written.
    pub value: T,
}

impl<T> Spanned<T> {
    /// Puts a value and its place together.
    pub fn new(span: Span, value: T) -> Self {
        Spanned { span, value }
    }
}

/// One file of a program.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: String,
    text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// The path as messages and manifests show it: relative to the program's root, with `/` on every system.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line (from 0) that holds the byte.
    pub fn line_index(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|&start| start <= byte).saturating_sub(1)
    }

    /// The bytes of a line (from 0), its line feed included. Empty past the end.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let end_of_text = self.text.len();
        let start = self.line_starts.get(line).map_or(end_of_text, |&s| s as usize);
        let end = self.line_starts.get(line + 1).map_or(end_of_text, |&s| s as usize);
        start..end
    }

    /// Line and column of a byte, both from 1; the column counts characters (Unicode scalar values).
    pub fn position(&self, byte: u32) -> Position {
        let line = self.line_index(byte);
        let start = self.line_starts[line] as usize;
        let end = (byte as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |t| t.chars().count());
        Position { line: line + 1, column: column + 1 }
    }

    /// How many lines the file has; an empty file has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }
}

/// A place for people: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// All files of a program, in the order of their paths: the order in which they were named changes nothing.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Takes `(path, text)` pairs in any order. Of two files with one path the first is kept.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<SourceFile> = files.into_iter().map(|(path, text)| SourceFile::new(path, text)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|later, first| later.path == first.path);
        SourceMap { files }
    }

    /// A program of a single file.
    pub fn single(path: impl Into<String>, text: impl Into<String>) -> Self {
        SourceMap::new([(path.into(), text.into())])
    }

    /// The files with their ids, in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), f))
    }

    /// The file of an id that this map gave out.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.index()]
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// First and last line of a span, from 1.
    pub fn lines(&self, span: Span) -> (usize, usize) {
        let file = self.file(span.file);
        let last = span.end.max(span.start + 1) - 1;
        (file.line_index(span.start) + 1, file.line_index(last) + 1)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl SourceFile {
    fn new(path: String, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|&(_, b)| b == b'\n');
        let line_starts =
            std::iter::once(0).chain(breaks.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX))).collect();
        SourceFile { path, text, line_starts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_path_and_positions_count_characters() {
        let map = SourceMap::new([("b".into(), "é x\ny".into()), ("a".into(), String::new())]);
        let ids: Vec<_> = map.iter().map(|(_, f)| f.path().to_string()).collect();
        assert_eq!(ids, ["a", "b"]);
        let (_, b) = map.iter().nth(1).unwrap();
        assert_eq!(b.position(3), Position { line: 1, column: 3 });
        assert_eq!(b.position(5), Position { line: 2, column: 1 });
        assert_eq!(b.line_range(0), 0..5);
    }

    #[test]
    fn the_lines_of_a_span_do_not_run_over_its_last_line_feed() {
        let map = SourceMap::single("a", "one\ntwo\nthree\n");
        let (id, _) = map.iter().next().unwrap();
        assert_eq!(map.lines(Span::new(id, 0, 4)), (1, 1));
        assert_eq!(map.lines(Span::new(id, 0, 5)), (1, 2));
    }
}
