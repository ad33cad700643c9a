//! Which brace closes which, in a text where some are missing.

use crate::syntax::scan::{Token, TokenKind, opener_of};
use std::ops::Range;

/// For each opening sign, where what it opens ends.
pub(super) struct Structure {
    ends: Vec<Option<End>>,
}

#[derive(Clone, Copy)]
struct End {
    /// The closing token, or the first token that does not belong to it any more.
    token: usize,
    /// Whether `token` closes it.
    closed: bool,
}

impl Structure {
    /// Pairs the signs of a slice. Where braces are missing, the indentation of the closing ones tells which.
    pub(super) fn of(text: &str, tokens: &[Token]) -> Self {
        let count = |sign| tokens.iter().filter(|t| t.kind == sign).count();
        let short = count(TokenKind::Open(b'{')) > count(TokenKind::Close(b'}'));
        let mut ends: Vec<Option<End>> = vec![None; tokens.len()];
        let mut open: Vec<usize> = Vec::new();
        let mut line = Line { first: true, indent: 0 };
        let mut indents = vec![0; tokens.len()];
        for (at, token) in tokens.iter().enumerate() {
            if line.first {
                line.indent = indent(text, token.start);
            }
            indents[at] = line.indent;
            match token.kind {
                TokenKind::Open(_) => open.push(at),
                TokenKind::Close(sign) => {
                    let opener = TokenKind::Open(opener_of(sign));
                    let fits =
                        |&i: &usize| tokens[i].kind == opener && (!short || !line.first || indents[i] <= line.indent);
                    let found = open
                        .iter()
                        .rposition(fits)
                        .or_else(|| open.iter().rposition(|&i| tokens[i].kind == opener))
                        // A parenthesis never closes what is outside of the block that it stands in.
                        .filter(|&i| {
                            sign == b'}' || open[i..].iter().all(|&o| tokens[o].kind != TokenKind::Open(b'{'))
                        });
                    if let Some(found) = found {
                        for missed in open.drain(found + 1..) {
                            ends[missed] = Some(End { token: at, closed: false });
                        }
                        ends[open.remove(found)] = Some(End { token: at, closed: true });
                    }
                }
                _ => {}
            }
            line.first = token.kind == TokenKind::Newline;
        }
        for missed in open {
            ends[missed] = Some(End { token: tokens.len(), closed: false });
        }
        let mut structure = Structure { ends };
        structure.end_parentheses(tokens, &indents);
        structure
    }

    /// A parenthesis that is not closed ends before the next line that is not indented more than its own.
    fn end_parentheses(&mut self, tokens: &[Token], indents: &[usize]) {
        for open in 0..tokens.len() {
            let Some(end) = self.ends[open] else { continue };
            if end.closed || tokens[open].kind == TokenKind::Open(b'{') {
                continue;
            }
            let newline = (open..end.token).find(|&i| {
                tokens[i].kind == TokenKind::Newline
                    && tokens
                        .get(i + 1)
                        .is_none_or(|next| next.kind != TokenKind::Newline && indents[i + 1] <= indents[open])
            });
            self.ends[open] = Some(End { token: newline.unwrap_or(end.token), closed: false });
        }
    }

    /// The first token that is not inside: the closing one, or where the text goes on without one.
    pub(super) fn close(&self, open: usize) -> usize {
        self.ends[open].map_or(open + 1, |end| end.token.max(open + 1))
    }

    /// The first token after the closing one.
    pub(super) fn after(&self, open: usize) -> usize {
        self.close(open) + usize::from(self.is_closed(open))
    }

    /// Whether what is opened here is closed.
    pub(super) fn is_closed(&self, open: usize) -> bool {
        self.ends[open].is_some_and(|end| end.closed)
    }

    /// The end of the line that begins with a token: its newline, or a closing sign that belongs to no part of it.
    pub(super) fn line_end(&self, tokens: &[Token], line: Range<usize>) -> usize {
        let mut at = line.start;
        while at < line.end {
            match tokens[at].kind {
                TokenKind::Newline | TokenKind::Close(b'}') => return at,
                TokenKind::Open(_) => at = self.after(at),
                _ => at += 1,
            }
        }
        line.end
    }

    /// The braces that are not closed, in the order of the text.
    pub(super) fn unclosed_braces(&self, tokens: &[Token]) -> Vec<usize> {
        (0..tokens.len())
            .filter(|&i| tokens[i].kind == TokenKind::Open(b'{') && self.ends[i].is_some() && !self.is_closed(i))
            .collect()
    }
}

struct Line {
    first: bool,
    indent: usize,
}

/// How many blanks stand before a byte on its line.
fn indent(text: &str, byte: usize) -> usize {
    text[..byte].bytes().rev().take_while(|b| matches!(b, b' ' | b'\t')).count()
}
