//! What is left of a declaration with errors: it is taken apart into lines by its tokens, each line is read alone, and
//! only those that cannot be read become `Error` nodes with a diagnostic each.

mod blocks;
mod habits;
mod message;
mod structure;

use super::ast::{Block, Item};
use super::build::{Builder, Line};
use super::grammar::{self, Rule};
use super::lexical;
use super::scan::{Scanner, Slice, Token, TokenKind};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span, Spanned};
use std::ops::Range;
use structure::Structure;

/// A kind of line, with what has to be known to take a block of such lines apart.
trait Recover: Line {
    /// The entry of the grammar for one or more lines and nothing else.
    const ONLY: Rule;
    /// The rule for a single line.
    const ONE: Rule;
    /// The words that begin a line; none where names do.
    const KEYWORDS: &'static [&'static str];
    /// Whether a line may be a route.
    const ROUTES: bool = false;

    /// A line with a block, whose head or whose lines have errors. `None` if no such line has a block.
    fn with_block(_recovery: &mut Recovery<'_>, _head: Range<usize>, _open: usize) -> Option<Spanned<Self>> {
        None
    }
}

/// Reads the slices that have errors. One lives as long as a file is read.
#[derive(Default)]
pub(super) struct Strays {
    /// Items, and the diagnostics before them, since the last one that began as a declaration does.
    run: Option<(usize, usize)>,
}

impl Strays {
    /// A slice was read without errors.
    pub(super) fn end(&mut self) {
        self.run = None;
    }

    /// Reads a slice with errors. `errors` holds already what the scanner said of it.
    pub(super) fn declaration(
        &mut self,
        file: FileId,
        text: &str,
        slice: Slice,
        items: &mut Vec<Spanned<Item>>,
        errors: &mut Vec<Diagnostic>,
    ) {
        let start = errors.len();
        let mut recovery = Recovery::new(file, text, slice, std::mem::take(errors));
        let first = recovery.word(0);
        let lone_brace = recovery.tokens.first().is_some_and(|t| t.kind == TokenKind::Close(b'}'));
        if lone_brace && let Some((item, error)) = self.run.take() {
            // Lines without a declaration, then a brace that closes nothing: one brace too many stands before them.
            let before = items[..item].last().map(|item| item.span);
            recovery.join_strays(error, before);
        } else if Item::KEYWORDS.contains(&first) || lone_brace {
            self.run = None;
        } else if self.run.is_none() {
            self.run = Some((items.len(), start));
        }
        let all = 0..recovery.tokens.len();
        items.append(&mut recovery.lines::<Item>(all));
        recovery.unclosed_braces();
        *errors = recovery.errors;
        if errors.len() == start && recovery.lexical.is_empty() {
            // The slice could not be read as a whole, so something is wrong with it, whatever its parts look like.
            let place = lexical::span(file, slice.start, slice.end);
            errors.push(Diagnostic::new(codes::SYNTAX_ERROR, "this cannot be read", place, "not understood"));
        }
    }
}

/// A slice that is being taken apart. Ranges are of tokens.
struct Recovery<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    structure: Structure,
    errors: Vec<Diagnostic>,
    /// Where the scanner found something in this slice.
    lexical: Vec<Span>,
    /// A brace that closes nothing has been told of.
    told: bool,
}

impl<'a> Recovery<'a> {
    fn new(file: FileId, text: &'a str, slice: Slice, errors: Vec<Diagnostic>) -> Self {
        let tokens = Scanner::tokens(file, text, slice);
        let structure = Structure::of(text, &tokens);
        // The scanner's are the last ones: it has just read the slice.
        let lexical = errors.iter().rev().take_while(|d| is_lexical(d)).map(|d| d.primary.span).collect();
        Recovery { file, text, tokens, structure, errors, lexical, told: false }
    }

    /// The lines of a block, or the declarations of a file.
    fn lines<L: Recover>(&mut self, tokens: Range<usize>) -> Vec<Spanned<L>> {
        let mut lines = Vec::new();
        let mut at = tokens.start;
        while at < tokens.end {
            match self.tokens[at].kind {
                TokenKind::Newline => at += 1,
                TokenKind::Close(_) => {
                    self.closes_nothing(at);
                    lines.push(Spanned::new(self.span(at..at + 1), L::error()));
                    at += 1;
                }
                _ => {
                    let end = self.structure.line_end(&self.tokens, at..tokens.end);
                    self.line(at..end, &mut lines);
                    at = end;
                }
            }
        }
        lines
    }

    /// What stands on one line, blocks that begin there included: mostly one line of the language, sometimes several.
    fn line<L: Recover>(&mut self, tokens: Range<usize>, lines: &mut Vec<Spanned<L>>) {
        if self.whole(tokens.clone(), lines) {
            return;
        }
        let mut at = tokens.start;
        while at < tokens.end {
            if self.tokens[at].kind == TokenKind::Newline {
                at += 1;
                continue;
            }
            let rest = at..tokens.end;
            if let Some(next) = self.front(rest.clone(), lines) {
                at = next;
                continue;
            }
            let open = rest.clone().find(|&i| self.tokens[i].kind == TokenKind::Open(b'{'));
            if let Some(open) = open
                && self.path_with_braces(&rest, open)
            {
                lines.push(Spanned::new(self.span(rest), L::error()));
                return;
            }
            if let Some(open) = open
                && let Some(line) = L::with_block(self, at..open, open)
            {
                let end = line.span.end as usize;
                at = rest.clone().find(|&i| self.tokens[i].start >= end).unwrap_or(rest.end);
                lines.push(line);
                continue;
            }
            lines.push(Spanned::new(self.span(rest.clone()), L::error()));
            self.explain::<L>(rest);
            return;
        }
    }

    /// Reads tokens that are lines and nothing else; says whether they are.
    fn whole<L: Recover>(&mut self, tokens: Range<usize>, lines: &mut Vec<Spanned<L>>) -> bool {
        let Some(pairs) = grammar::read(L::ONLY, self.slice(tokens.clone())) else { return false };
        let mut builder = Builder::new(self.file, self.tokens[tokens.start].start);
        for pair in pairs.flat_map(grammar::parts).filter(|pair| pair.as_rule() != Rule::EOI) {
            lines.push(builder.line(pair));
        }
        self.errors.append(&mut builder.errors);
        true
    }

    /// Reads the first of several lines that stand on one; gives the token at which the next begins. Only where it
    /// surely begins: `hosts a,b` is no line `hosts a` with
    /// something behind it.
    fn front<L: Recover>(&mut self, tokens: Range<usize>, lines: &mut Vec<Spanned<L>>) -> Option<usize> {
        let base = self.tokens[tokens.start].start;
        let pair = grammar::read(L::ONE, self.slice(tokens.clone()))?.next()?;
        let mut builder = Builder::new(self.file, base);
        let line = builder.line(pair);
        let end = line.span.end as usize;
        // The first token that is not wholly read; with a part of it read, the line is not what it seems.
        let next = tokens.clone().find(|&i| self.tokens[i].end > end).unwrap_or(tokens.end);
        if next < tokens.end && (self.tokens[next].start < end || !self.begins_line::<L>(next)) {
            return None;
        }
        lines.push(line);
        self.errors.append(&mut builder.errors);
        Some(next)
    }

    /// Whether a token can be the first of a line.
    fn begins_line<L: Recover>(&self, token: usize) -> bool {
        let word = self.word(token);
        if L::KEYWORDS.is_empty() {
            return !matches!(self.tokens[token].kind, TokenKind::Comma | TokenKind::Close(_) | TokenKind::Open(_));
        }
        L::KEYWORDS.contains(&word) || L::ROUTES && is_method(word)
    }

    /// Reads the head of a line with a block, for its parts; tells of what is wrong with it.
    fn head(&mut self, rule: Rule, head: Range<usize>) -> Option<grammar::Read<'a>> {
        let pairs = grammar::read(rule, self.slice(head.clone()));
        if pairs.is_none() {
            self.explain_head(rule, head);
        }
        pairs
    }

    /// The block that begins at a token.
    fn body<L: Recover>(&mut self, open: usize) -> Block<L> {
        let close = self.structure.close(open);
        let lines = self.lines(open + 1..close);
        let end = self.structure.after(open).max(open + 1);
        Block { span: self.span(open..end), lines }
    }

    fn closes_nothing(&mut self, token: usize) {
        if self.told || self.has_lexical_error(&(token..token + 1)) {
            return;
        }
        let sign = self.slice(token..token + 1).to_string();
        self.errors.push(
            Diagnostic::new(
                codes::SYNTAX_ERROR,
                format!("`{sign}` closes nothing"),
                self.span(token..token + 1),
                "nothing is open here",
            )
            .with_help(format!("delete the `{sign}`, or an earlier one that closes too much")),
        );
    }

    /// Replaces what was said of the lines since the last declaration by one diagnostic at the brace after them.
    fn join_strays(&mut self, first: usize, before: Option<Span>) {
        let said = self.errors.split_off(first.min(self.errors.len()));
        self.errors.extend(said.into_iter().filter(is_lexical));
        let place = self.span(0..1);
        let mut diagnostic = Diagnostic::new(codes::SYNTAX_ERROR, "`}` closes nothing", place, "nothing is open here")
            .with_help("delete the brace before these lines");
        if let Some(before) = before.filter(|span| span.end > span.start) {
            let brace = Span::new(self.file, before.end - 1, before.end);
            diagnostic = diagnostic.with_secondary(brace, "the declaration is closed here already");
        }
        self.errors.push(diagnostic);
        self.told = true;
    }

    /// Tells of the braces that are never closed.
    fn unclosed_braces(&mut self) {
        for open in self.structure.unclosed_braces(&self.tokens) {
            let end = self.structure.close(open);
            let last = (open..end).rev().find(|&i| self.tokens[i].kind != TokenKind::Newline).unwrap_or(open);
            let place = self.last_character(0, self.tokens[last].end);
            self.errors.push(
                Diagnostic::new(codes::UNCLOSED_BRACE, "`{` is not closed", place, "expected `}` after this")
                    .with_secondary(self.span(open..open + 1), "opened here")
                    .with_help("write the missing `}`"),
            );
        }
    }

    fn has_lexical_error(&self, tokens: &Range<usize>) -> bool {
        let place = self.span(tokens.clone());
        self.lexical.iter().any(|span| place.contains(*span))
    }

    /// The character that ends before a byte, for what is missing after it.
    fn last_character(&self, from: usize, end: usize) -> Span {
        let length = self.text[from..end].chars().next_back().map_or(0, char::len_utf8);
        lexical::span(self.file, end - length, end)
    }

    /// The text of a token, if it is a word.
    fn word(&self, token: usize) -> &'a str {
        match self.tokens.get(token) {
            Some(t) if t.kind == TokenKind::Word => &self.text[t.start..t.end],
            _ => "",
        }
    }

    fn slice(&self, tokens: Range<usize>) -> &'a str {
        let (start, end) = self.bytes(&tokens);
        &self.text[start..end]
    }

    fn span(&self, tokens: Range<usize>) -> Span {
        let (start, end) = self.bytes(&tokens);
        lexical::span(self.file, start, end)
    }

    /// From the first byte of the first token to the last of the last, newlines at the end left out.
    fn bytes(&self, tokens: &Range<usize>) -> (usize, usize) {
        let all = self.tokens.get(tokens.clone()).unwrap_or(&[]);
        let start = all.first().or(self.tokens.get(tokens.start)).map_or(self.text.len(), |t| t.start);
        let end = all.iter().rev().find(|t| t.kind != TokenKind::Newline).map_or(start, |t| t.end);
        (start, end.max(start))
    }
}

/// Whether a diagnostic is the scanner's. What it concerns needs no second one.
fn is_lexical(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == codes::BAD_CHARACTER
        || diagnostic.code == codes::UNCLOSED_STRING
        || diagnostic.message.starts_with("`${`")
}

fn is_method(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase())
}
