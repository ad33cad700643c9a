//! The first look at a text: comments, characters that have no place in it, and where one declaration ends and the next
//! begins. pest then reads one declaration at a time, so an error in one hides nothing in the next.

use super::ast::Comment;
use super::{MAX_NESTING, lexical};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// A declaration, as far as counting braces can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte that belongs to it.
    pub(super) end: usize,
    /// The first brace, bracket or parenthesis that is nested too deeply.
    pub(super) too_deep: Option<usize>,
    /// Whether it ended because the next declaration begins, or the text ends, before its braces were closed.
    pub(super) unclosed: bool,
}

/// What a token is, as far as recovery has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A bare word, a keyword, a sign such as `=`.
    Word,
    /// A string, closed or not.
    String,
    /// `{`, `(` or `[`
    Open(u8),
    /// `}`, `)` or `]`
    Close(u8),
    /// `,`
    Comma,
    /// The end of a line.
    Newline,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// Walks over a text once, slice by slice.
pub(super) struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    /// The tokens, where they are wanted.
    tokens: Option<Vec<Token>>,
    /// All comments up to here.
    pub(super) comments: Vec<Comment>,
    /// Strings that do not end and characters that have no place, up to here.
    pub(super) errors: Vec<Diagnostic>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        // A byte order mark at the very beginning says nothing about the program.
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Scanner { file, text, at, tokens: None, comments: Vec::new(), errors: Vec::new() }
    }

    /// The tokens of a slice that was found before.
    pub(super) fn tokens(file: FileId, text: &'a str, slice: Slice) -> Vec<Token> {
        let mut scanner = Scanner::new(file, &text[..slice.end]);
        scanner.at = slice.start;
        scanner.tokens = Some(Vec::new());
        while scanner.next_slice().is_some() {}
        scanner.tokens.unwrap_or_default()
    }

    /// The next declaration, or what stands in the place of one.
    pub(super) fn next_slice(&mut self) -> Option<Slice> {
        let bytes = self.text.as_bytes();
        self.skip_blank_lines();
        if self.at >= bytes.len() {
            return None;
        }
        let start = self.at;
        let mut last = start;
        let mut open: Vec<u8> = Vec::new();
        let mut too_deep = None;
        let mut unclosed = false;
        while let Some(&byte) = bytes.get(self.at) {
            let first = self.at;
            let kind = match byte {
                b' ' | b'\t' => {
                    self.at += 1;
                    continue;
                }
                b'\r' if bytes.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 1;
                    continue;
                }
                b'\n' => {
                    self.at += 1;
                    self.record(TokenKind::Newline, first);
                    if open.is_empty() {
                        break;
                    }
                    if begins_declaration(&self.text[self.at..]) {
                        unclosed = true;
                        break;
                    }
                    continue;
                }
                b'#' => {
                    self.comment();
                    continue;
                }
                b'"' => {
                    self.string();
                    TokenKind::String
                }
                b'{' | b'(' | b'[' => {
                    open.push(byte);
                    if open.len() > MAX_NESTING {
                        too_deep = too_deep.or(Some(self.at));
                    }
                    self.at += 1;
                    TokenKind::Open(byte)
                }
                b'}' => {
                    // Parentheses that were not closed before the brace never will be.
                    while open.pop().is_some_and(|opener| opener != b'{') {}
                    self.at += 1;
                    TokenKind::Close(byte)
                }
                b')' | b']' => {
                    if open.last() == Some(&opener_of(byte)) {
                        open.pop();
                    }
                    self.at += 1;
                    TokenKind::Close(byte)
                }
                b',' => {
                    self.at += 1;
                    TokenKind::Comma
                }
                _ => {
                    self.word(open.last().is_some_and(|&opener| opener != b'{'));
                    TokenKind::Word
                }
            };
            self.record(kind, first);
            last = self.at;
        }
        Some(Slice { start, end: last, too_deep, unclosed: unclosed || !open.is_empty() })
    }

    fn record(&mut self, kind: TokenKind, start: usize) {
        if let Some(tokens) = &mut self.tokens {
            tokens.push(Token { kind, start, end: self.at });
        }
    }

    fn skip_blank_lines(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' => self.at += 1,
                b'\r' if bytes.get(self.at + 1) == Some(&b'\n') => self.at += 1,
                b'#' => self.comment(),
                _ => break,
            }
        }
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let text = line.trim_end_matches([' ', '\t', '\r']);
        let span = self.span(self.at, self.at + text.len());
        lexical::check_comment(text, span, &mut self.errors);
        self.comments.push(Comment { span, text: text.to_string() });
        self.at += line.len();
    }

    fn string(&mut self) {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut plain = true;
        self.at += 1;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') if !matches!(bytes.get(self.at + 1), None | Some(b'\n')) => {
                    plain = false;
                    self.at += 2;
                    while !self.text.is_char_boundary(self.at) {
                        self.at += 1;
                    }
                }
                None | Some(b'\n') => {
                    let end = start + self.text[start..self.at].trim_end().len();
                    let message = "the string is not closed on its line";
                    let diagnostic =
                        Diagnostic::new(codes::UNCLOSED_STRING, message, self.span(start, end), "begins here")
                            .with_help("end the string with `\"` on the same line");
                    self.errors.push(diagnostic);
                    return;
                }
                Some(&byte) => {
                    plain &= (b' '..0x7f).contains(&byte) && byte != b'$';
                    self.at += 1;
                }
            }
        }
        if !plain {
            lexical::check_string(&self.text[start..self.at], self.span(start, self.at), &mut self.errors);
        }
    }

    /// A bare word. `listed` says whether brackets or parentheses are open round it; outside of them they belong to a
    /// word that has a `/`, as in `/a(b)`.
    fn word(&mut self, listed: bool) {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut plain = true;
        let mut slash = false;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'{' | b'}' | b'"' | b'#' => break,
                b'\r' if bytes.get(self.at + 1) == Some(&b'\n') => break,
                b'(' | b')' | b'[' | b']' | b',' if listed || !slash => break,
                b'/' => slash = true,
                b'$' if bytes.get(self.at + 1) == Some(&b'{') => {
                    plain = false;
                    self.at += lexical::variable_length(&self.text[self.at..]);
                    continue;
                }
                _ => plain &= byte > b' ' && byte < 0x7f,
            }
            self.at += 1;
        }
        if !plain {
            lexical::check_word(&self.text[start..self.at], self.span(start, self.at), &mut self.errors);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        lexical::span(self.file, start, end)
    }
}

/// The opening sign of a closing one.
pub(super) fn opener_of(closer: u8) -> u8 {
    match closer {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

/// Whether a text begins, without indentation, with what can only be the first line of a declaration. It is asked where
/// braces are still open, so the keyword alone is not enough: a value of an environment may be called `app`.
fn begins_declaration(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return false;
    }
    let line = text.lines().next().unwrap_or("");
    let Some((word, rest)) = line.split_once([' ', '\t']) else { return false };
    match word {
        "app" | "issuer" | "gateway" | "routes" | "env" | "test" => rest.contains('{'),
        "policy" => rest.contains('='),
        "never" => rest.contains(" reaches "),
        "always" => rest.contains(" requires "),
        _ => false,
    }
}
