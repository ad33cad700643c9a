//! Rows: where comments go, which blank lines stay, how columns line up.

use crate::source::Span;
use crate::syntax::ast::Comment;

/// Rows that can stand in one run of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Stands alone.
    None,
    /// Lines of an app: one blank after the longest keyword.
    App,
    /// Lines of other blocks, a keyword or name and its value.
    Entry,
    /// `PATH: TYPE`
    Claim,
    /// `policy NAME = …`
    Policy,
    /// Routes.
    Route,
    /// Cases of a test.
    Case,
}

impl Class {
    /// How many blanks stand behind the widest cell of a column.
    fn gap(self) -> usize {
        match self {
            Class::None | Class::App | Class::Claim | Class::Policy => 1,
            Class::Entry | Class::Route | Class::Case => 2,
        }
    }
}

struct Row {
    indent: usize,
    class: Class,
    cells: Vec<String>,
    blank_before: bool,
    comment: Option<String>,
}

/// Collects rows, and puts the comments between them in the order of the text.
pub(super) struct Layout<'a> {
    text: &'a str,
    comments: std::slice::Iter<'a, Comment>,
    rows: Vec<Row>,
    indent: usize,
    /// Where in the text the last thing ends that became a row.
    end: usize,
    /// Nothing stands in this block yet.
    first: bool,
    /// A blank line has to stand before the next row.
    apart: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(text: &'a str, comments: &'a [Comment]) -> Self {
        Layout { text, comments: comments.iter(), rows: Vec::new(), indent: 0, end: 0, first: true, apart: false }
    }

    /// Puts a blank line before what comes next, whatever the text has there.
    pub(super) fn apart(&mut self) {
        self.apart = true;
    }

    /// A row for what stands at `span`. Comments within go before it.
    pub(super) fn row(&mut self, span: Span, class: Class, cells: Vec<String>) {
        self.comments_before(span.start as usize, span.end as usize);
        self.push(span.start as usize, span.end as usize, class, cells);
    }

    /// A row that ends in `{`, its lines, and `}`. `block` is the place of the block, `start` that of the row.
    pub(super) fn block(
        &mut self,
        start: u32,
        block: Span,
        class: Class,
        mut cells: Vec<String>,
        lines: impl FnOnce(&mut Self),
    ) {
        if let Some(last) = cells.last_mut() {
            last.push_str(" {");
        }
        let open = block.start as usize;
        self.comments_before(start as usize, open);
        self.push(start as usize, open + 1, class, cells);
        let head = self.rows.len() - 1;
        self.indent += 1;
        self.first = true;
        lines(self);
        let close = (block.end as usize).saturating_sub(1);
        self.comments_before(close, close);
        self.indent -= 1;
        self.first = true;
        if head + 1 == self.rows.len() && self.rows[head].comment.is_none() {
            if let Some(last) = self.rows[head].cells.last_mut() {
                last.push('}');
            }
            self.end = close + 1;
        } else {
            self.push(close, close + 1, Class::None, vec!["}".to_string()]);
        }
        self.first = false;
    }

    /// All rows as text.
    pub(super) fn finish(mut self) -> String {
        self.comments_before(self.text.len(), self.text.len());
        let mut out = String::with_capacity(self.text.len() + self.text.len() / 4);
        let mut rows = self.rows.as_slice();
        while let Some(first) = rows.first() {
            let more = rows[1..].iter().take_while(|row| {
                first.class != Class::None
                    && row.class == first.class
                    && row.indent == first.indent
                    && !row.blank_before
            });
            let (run, rest) = rows.split_at(1 + more.count());
            write_run(run, &mut out);
            rows = rest;
        }
        out
    }

    fn push(&mut self, start: usize, end: usize, class: Class, cells: Vec<String>) {
        let blank_before = !self.first && (self.apart || self.blank_line(start));
        self.first = false;
        self.apart = false;
        self.end = self.end.max(end);
        self.rows.push(Row { indent: self.indent, class, cells, blank_before, comment: None });
    }

    /// The comments before `until`: behind the last row if they stand on its line, else on lines of their own. `start` is
    /// where the next row begins in the text.
    fn comments_before(&mut self, start: usize, until: usize) {
        while let Some(comment) = self.comments.as_slice().first() {
            let at = comment.span.start as usize;
            if at >= until {
                break;
            }
            self.comments.next();
            let same_line = self.text.get(self.end..at).is_some_and(|between| !between.contains('\n'));
            match self.rows.last_mut() {
                Some(row) if same_line && at < start && row.comment.is_none() => {
                    row.comment = Some(comment.text.clone());
                    self.end = comment.span.end as usize;
                }
                _ => self.push(at.min(start), comment.span.end as usize, Class::None, vec![comment.text.clone()]),
            }
        }
    }

    /// Whether a blank line stands between the last row and a byte.
    fn blank_line(&self, start: usize) -> bool {
        self.text.get(self.end..start).is_some_and(|between| between.matches('\n').count() > 1)
    }
}

/// Writes rows whose columns line up.
fn write_run(run: &[Row], out: &mut String) {
    let gap = if run.len() > 1 { run[0].class.gap() } else { 1 };
    let columns = run.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in run {
        let inner = row.cells.len().saturating_sub(1);
        for (width, cell) in widths.iter_mut().zip(&row.cells[..inner]) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in run {
        if row.blank_before {
            out.push('\n');
        }
        let start = out.len();
        out.extend(std::iter::repeat_n(' ', 2 * row.indent));
        for (at, cell) in row.cells.iter().enumerate() {
            out.push_str(cell);
            if at + 1 < row.cells.len() && widths[at] > 0 {
                out.extend(std::iter::repeat_n(' ', widths[at] - cell.chars().count() + gap));
            }
        }
        let end = start + out[start..].trim_end_matches(' ').len();
        out.truncate(end);
        if let Some(comment) = &row.comment {
            out.push_str("  ");
            out.push_str(comment);
        }
        out.push('\n');
    }
}
