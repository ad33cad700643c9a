//! Characters, escapes and variables: what a string or a word may hold, and its text without them.

use super::ast::{Name, Text, TextPart};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// A span over bytes of a text that is no longer than `source::MAX_FILE_BYTES`.
pub(super) fn span(file: FileId, start: usize, end: usize) -> Span {
    let narrow = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    Span::new(file, narrow(start), narrow(end))
}

/// Why a character may not stand in a string or a word.
fn refused(c: char) -> Option<&'static str> {
    match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some("ends a line for some readers"),
        c if c.is_control() => Some("is a control character"),
        '\u{feff}' => Some("is a byte order mark, which cannot be seen"),
        c if turns_text(c) => Some("changes the order in which text is shown"),
        _ => None,
    }
}

/// Characters with which text can be made to look like another text.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn bad_character(c: char, why: &str, span: Span) -> Diagnostic {
    let code = u32::from(c);
    Diagnostic::new(
        codes::BAD_CHARACTER,
        format!("the character U+{code:04X} may not stand here"),
        span,
        format!("it {why}"),
    )
    .with_help("delete the character")
}

/// Reports what may not stand even in a comment.
pub(super) fn check_comment(text: &str, place: Span, errors: &mut Vec<Diagnostic>) {
    if text.is_ascii() {
        return;
    }
    for (at, c) in text.char_indices().filter(|&(_, c)| turns_text(c)) {
        errors.push(bad_character(c, "changes the order in which text is shown", part(place, at, at + c.len_utf8())));
    }
}

/// Reports what may not stand in a bare word.
pub(super) fn check_word(text: &str, place: Span, errors: &mut Vec<Diagnostic>) {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let length = if text[at..].starts_with("${") { variable_length(&text[at..]) } else { c.len_utf8() };
        if length > c.len_utf8() || text[at..].starts_with("${") {
            check_variable(&text[at..at + length], part(place, at, at + length), errors);
        } else if let Some(why) = refused(c) {
            errors.push(bad_character(c, why, part(place, at, at + length)));
        } else if c.is_whitespace() {
            errors.push(bad_character(c, "is a blank that looks like another one", part(place, at, at + length)));
        }
        at += length;
    }
}

/// Reports what may not stand in a string; `text` has its quotes.
pub(super) fn check_string(text: &str, place: Span, errors: &mut Vec<Diagnostic>) {
    let inner = text.len() - 1;
    let mut at = 1;
    while at < inner {
        let rest = &text[at..inner];
        let Some(c) = rest.chars().next() else { break };
        let mut length = c.len_utf8();
        if c == '\\' {
            let escape = escape(rest);
            length = escape.length;
            if escape.value.is_none() {
                let shown = &rest[..length];
                errors.push(
                    Diagnostic::new(
                        codes::BAD_CHARACTER,
                        format!("`{shown}` is no escape"),
                        part(place, at, at + length),
                        "not known",
                    )
                    .with_help("the escapes are `\\\"`, `\\\\`, `\\$` and `\\u{…}`; write `\\\\` for a backslash"),
                );
            } else if let Some((c, why)) = escape.value.and_then(|c| refused(c).map(|why| (c, why))) {
                errors.push(bad_character(c, why, part(place, at, at + length)));
            }
        } else if rest.starts_with("${") {
            length = variable_length(rest);
            check_variable(&rest[..length], part(place, at, at + length), errors);
        } else if let Some(why) = refused(c) {
            errors.push(bad_character(c, why, part(place, at, at + length)));
        }
        at += length;
    }
}

fn check_variable(text: &str, place: Span, errors: &mut Vec<Diagnostic>) {
    if variable_name(text).is_none() {
        let message = "`${` is not followed by a name and `}`";
        errors.push(
            Diagnostic::new(codes::SYNTAX_ERROR, message, place, "expected `${name}`").with_help(
                "write `${name}` for a value of the environment, and `\"\\${\"` for the characters themselves",
            ),
        );
    }
}

fn part(place: Span, start: usize, end: usize) -> Span {
    let base = place.start as usize;
    span(place.file, base + start, base + end)
}

/// How many bytes a text that begins with `${` takes up to its `}`; where there is none, up to the end of the word.
pub(super) fn variable_length(text: &str) -> usize {
    let name = text.get(2..).unwrap_or("");
    let length =
        name.bytes().take_while(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'#' | b'{' | b'}')).count();
    2 + length + usize::from(name.as_bytes().get(length) == Some(&b'}'))
}

/// The name in `${name}`.
fn variable_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && name.bytes().all(is_name_byte)).then_some(name)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

struct Escape {
    length: usize,
    value: Option<char>,
}

/// The escape that a text begins with.
fn escape(text: &str) -> Escape {
    let next = text[1..].chars().next();
    let value = match next {
        Some('u') if text[2..].starts_with('{') => {
            let digits = text[3..].bytes().take_while(u8::is_ascii_hexdigit).count();
            let closed = text.as_bytes().get(3 + digits) == Some(&b'}');
            let number = if digits <= 6 { u32::from_str_radix(&text[3..3 + digits], 16).ok() } else { None };
            return Escape {
                length: 3 + digits + usize::from(closed),
                value: number.filter(|_| closed).and_then(char::from_u32),
            };
        }
        Some(c @ ('"' | '\\' | '$')) => Some(c),
        _ => None,
    };
    Escape { length: 1 + next.map_or(0, char::len_utf8), value }
}

/// The text of a word or, with its quotes, of a string. Characters that may not stand there are left out, so that the
/// diagnostic about them has no followers.
pub(super) fn text(file: FileId, start: usize, raw: &str) -> Text {
    let quoted = raw.starts_with('"');
    let (offset, body) = if quoted { (start + 1, &raw[1..raw.len().max(2) - 1]) } else { (start, raw) };
    let mut reader = Parts { parts: Vec::new(), literal: String::new() };
    if body.bytes().all(|b| b != b'\\' && b != b'$' && (b' '..0x7f).contains(&b)) {
        reader.literal.push_str(body);
    } else {
        reader.read(file, offset, body, quoted);
    }
    Text { span: span(file, start, start + raw.len()), quoted, parts: reader.finish() }
}

struct Parts {
    parts: Vec<TextPart>,
    literal: String,
}

impl Parts {
    fn read(&mut self, file: FileId, offset: usize, body: &str, quoted: bool) {
        let mut at = 0;
        while let Some(c) = body[at..].chars().next() {
            let rest = &body[at..];
            let mut length = c.len_utf8();
            if quoted && c == '\\' {
                let escape = escape(rest);
                length = escape.length;
                self.literal.extend(escape.value.filter(|&c| refused(c).is_none()));
            } else if rest.starts_with("${") {
                length = variable_length(rest);
                match variable_name(&rest[..length]) {
                    Some(name) => {
                        self.flush();
                        let place = span(file, offset + at + 2, offset + at + 2 + name.len());
                        self.parts.push(TextPart::Variable(Name { span: place, text: name.to_string() }));
                    }
                    None => self.literal.push_str(&rest[..length]),
                }
            } else if refused(c).is_none() {
                self.literal.push(c);
            }
            at += length;
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(TextPart::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Vec<TextPart> {
        self.flush();
        self.parts
    }
}
