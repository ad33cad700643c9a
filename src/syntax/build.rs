//! What pest read, as a tree. One file per kind of thing; here is what all of them use.
//!
//! The functions follow the rules of `grammar/mesh.pest` by name. They give `None` where a rule has not the parts that
//! they look for: then grammar and builder differ, which is reported as a syntax error and never passed over.

mod declaration;
mod lines;
mod requirement;
mod route;

use super::ast::{AppReference, Block, ClaimPath, ClaimSegment, Name, Text, TextPart};
use super::grammar::{Rule, parts};
use super::lexical;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span, Spanned};
use pest::iterators::Pair;

pub(super) use lines::Line;

/// Builds the tree of a part of a file.
pub(super) struct Builder {
    file: FileId,
    /// Where in the file the text begins that pest was given.
    base: usize,
    /// How many `not` stand round what is being built.
    negations: usize,
    /// What the grammar allows and the tree cannot hold.
    pub(super) errors: Vec<Diagnostic>,
}

type P<'a> = Pair<'a, Rule>;

impl Builder {
    pub(super) fn new(file: FileId, base: usize) -> Self {
        Builder { file, base, negations: 0, errors: Vec::new() }
    }

    /// The place of a pair. Where a rule ends with something optional that is not there, pest counts the blanks before
    /// it to the rule; they are taken off.
    pub(super) fn span(&self, pair: &P<'_>) -> Span {
        let span = pair.as_span();
        let text = pair.as_str();
        let blanks = text.len() - text.trim_end_matches([' ', '\t']).len();
        lexical::span(self.file, self.base + span.start(), self.base + span.end() - blanks)
    }

    pub(super) fn name(&self, pair: &P<'_>) -> Name {
        Name { span: self.span(pair), text: pair.as_str().to_string() }
    }

    fn text(&self, pair: &P<'_>) -> Text {
        lexical::text(self.file, self.base + pair.as_span().start(), pair.as_str())
    }

    /// The only text of a line such as `url "…"`.
    fn only_text(&self, pair: P<'_>) -> Option<Text> {
        parts(pair).find(is_text).map(|part| self.text(&part))
    }

    /// All texts of a line such as `hosts a b`.
    pub(super) fn texts(&self, pair: P<'_>) -> Vec<Text> {
        parts(pair).filter(is_text).map(|part| self.text(&part)).collect()
    }

    /// All names of a line such as `via edge`.
    fn names(&self, pair: P<'_>) -> Vec<Name> {
        parts(pair).filter(|part| part.as_rule() == Rule::name).map(|part| self.name(&part)).collect()
    }

    fn app_reference(&self, pair: P<'_>) -> Option<AppReference> {
        let span = self.span(&pair);
        let mut names = self.names(pair);
        let name = names.pop()?;
        Some(AppReference { span, namespace: names.pop(), name })
    }

    fn claim_path(&mut self, pair: P<'_>) -> ClaimPath {
        let span = self.span(&pair);
        let segments = parts(pair).map(|part| self.claim_segment(&part)).collect();
        ClaimPath { span, segments }
    }

    fn claim_segment(&mut self, pair: &P<'_>) -> ClaimSegment {
        let Text { span, quoted, parts } = self.text(pair);
        let mut text = String::new();
        for part in parts {
            match part {
                TextPart::Literal(literal) => text.push_str(&literal),
                TextPart::Variable(name) => {
                    let message = "the name of a claim cannot come from the environment";
                    self.errors.push(
                        Diagnostic::new(codes::SYNTAX_ERROR, message, name.span, "a value of the environment")
                            .with_help("write the claim's own name, or `\\${` for the characters themselves"),
                    );
                }
            }
        }
        ClaimSegment { span, text, quoted }
    }

    /// A block with all its lines.
    fn block<L: Line>(&mut self, pair: P<'_>) -> Block<L> {
        let span = self.span(&pair);
        let lines = parts(pair).map(|line| self.line(line)).collect();
        Block { span, lines }
    }

    /// One line, or a declaration.
    pub(super) fn line<L: Line>(&mut self, pair: P<'_>) -> Spanned<L> {
        let span = self.span(&pair);
        if let Some(line) = L::build(self, pair) {
            return line;
        }
        let message = "this line cannot be read";
        self.errors.push(Diagnostic::new(codes::SYNTAX_ERROR, message, span, "not understood"));
        Spanned::new(span, L::error())
    }
}

fn is_text(pair: &P<'_>) -> bool {
    matches!(pair.as_rule(), Rule::string | Rule::word | Rule::list_word)
}
