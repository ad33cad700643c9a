//! A program as a tree of parts, each of which can be taken out.

use std::fmt::Write as _;
use std::ops::Range;

/// A line, or a block with its lines.
pub enum Part {
    /// A line that stands alone.
    Line(String),
    /// A block; without lines it goes away.
    Block(String, Vec<Part>),
    /// A route; without options it is a line.
    Route(String, Vec<Part>),
}

impl Part {
    pub fn line(text: impl Into<String>) -> Self {
        Part::Line(text.into())
    }

    pub fn block(head: impl Into<String>, parts: Vec<Part>) -> Self {
        Part::Block(head.into(), parts)
    }
}

/// Where a part stands: its number among its siblings, after those of the blocks round it.
pub type Place = Vec<usize>;

/// The text of parts, and where each of them is in it.
pub struct Written {
    pub text: String,
    places: Vec<(Range<usize>, Place)>,
}

impl Written {
    pub fn of(parts: &[Part]) -> Self {
        let mut written = Written { text: String::new(), places: Vec::new() };
        written.put(parts, &mut Vec::new());
        written
    }

    fn put(&mut self, parts: &[Part], within: &mut Place) {
        let indent = "  ".repeat(within.len());
        for (number, part) in parts.iter().enumerate() {
            let from = self.text.len();
            within.push(number);
            match part {
                Part::Line(head) => drop(writeln!(self.text, "{indent}{head}")),
                Part::Route(head, parts) if parts.is_empty() => drop(writeln!(self.text, "{indent}{head}")),
                Part::Block(head, parts) | Part::Route(head, parts) => {
                    let _ = writeln!(self.text, "{indent}{head} {{");
                    self.put(parts, within);
                    let _ = writeln!(self.text, "{indent}}}");
                }
            }
            self.places.push((from..self.text.len(), within.clone()));
            within.pop();
            if within.is_empty() {
                self.text.push('\n');
            }
        }
    }

    /// The smallest part at a place of the text.
    pub fn innermost(&self, at: usize) -> Option<&Place> {
        let round = self.places.iter().filter(|(range, _)| range.contains(&at));
        round.min_by_key(|(range, _)| range.len()).map(|(_, place)| place)
    }
}

/// Takes out a part, and the blocks round it that are left empty.
pub fn take_out(parts: &mut Vec<Part>, place: &[usize]) {
    let Some((&number, rest)) = place.split_first() else { return };
    let empty = match &mut parts[number] {
        Part::Block(_, inner) if !rest.is_empty() => {
            take_out(inner, rest);
            inner.is_empty()
        }
        Part::Route(_, inner) if !rest.is_empty() => {
            take_out(inner, rest);
            false
        }
        _ => true,
    };
    if empty {
        parts.remove(number);
    }
}
