//! How a text stands in a document: bare, in single quotes or in double quotes. The decision is made here and nowhere
//! else.
//!
//! Readers of YAML do not agree. kubectl and istioctl read YAML 1.1 and take a bare `no`, `on`, `y`, `1_000`, `12:30`,
//! `=` or `<<` for a boolean, a number, a default or a merge; Envoy does so for the Boolean words; other tools read YAML
//! 1.2. A text is bare only where each of them takes it for that text.

/// Appends a text as a value or as a key, in block style and on one line.
pub(super) fn push(out: &mut String, text: &str) {
    match style(text) {
        Style::Bare => out.push_str(text),
        Style::Single => push_single(out, text),
        Style::Double => push_double(out, text),
    }
}

#[derive(Clone, Copy)]
enum Style {
    Bare,
    /// Only the single quote has a meaning inside.
    Single,
    /// Any character can be written as an escape.
    Double,
}

fn style(text: &str) -> Style {
    if is_plain_word(text) {
        return Style::Bare;
    }
    if text.contains(is_escaped) {
        Style::Double
    } else if is_ambiguous(text) || has_indicator(text) {
        Style::Single
    } else {
        Style::Bare
    }
}

/// Whether the text is of the form that nearly all texts have, and bare: a letter or `/`, then visible ASCII. Without a
/// blank in the text neither `#` nor `:` means anything, unless a `:` is its end.
fn is_plain_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without an early end the loop takes several bytes at a time, and nearly always all of them have to be seen.
    matches!(bytes, [b'a'..=b'z' | b'A'..=b'Z' | b'/', ..])
        && bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
        && bytes.last() != Some(&b':')
        && !is_ambiguous(text)
}

/// Characters that no reader must see as they are. Control characters are not allowed in a document (YAML 1.2.2, section
/// 5.1); readers do not agree whether U+0085, U+2028 and U+2029 end a line, or whether U+FEFF is a part of the text.
fn is_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether some reader of YAML 1.1 or 1.2 takes the bare text for something else than a text. It says yes too often
/// rather than too rarely: quotes never do harm.
fn is_ambiguous(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return true };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
            text.bytes().all(is_numeric)
                || matches!(unsigned, ".inf" | ".Inf" | ".INF")
                || matches!(text, ".nan" | ".NaN" | ".NAN")
        }
        // One reader takes a bare exponent for a number without a value.
        b'e' | b'E' => text.len() > 1 && text.bytes().skip(1).all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')),
        b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' | b't' | b'T' | b'f' | b'F' | b'=' | b'<' | b'~' => {
            let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<", "~"];
            text.len() <= 5 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// A character of a number in any base, of a number in base sixty, of a date or of a time.
fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
        || matches!(
            byte,
            b'_' | b':' | b'.' | b'+' | b'-' | b'x' | b'X' | b'o' | b'O' | b't' | b'T' | b'z' | b'Z' | b' '
        )
}

/// Whether something in the text would be read as YAML, or lost, if the text were bare. The text holds no line break and
/// no tab, which are escaped.
fn has_indicator(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = match bytes {
        [] | [b'-' | b'?'] | [b'-' | b'?', b' ', ..] | [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] => true,
        [first, ..] => b" #,[]{}&*!|>'\"%@`".contains(first),
    };
    begins
        || matches!(bytes, [.., b' ' | b':'])
        || bytes.windows(2).any(|pair| matches!(pair, [b':', b' '] | [b' ', b'#']))
}

fn push_single(out: &mut String, text: &str) {
    out.push('\'');
    let mut parts = text.split('\'');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        out.push_str("''");
        out.push_str(part);
    }
    out.push('\'');
}

fn push_double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_escaped(c) => push_escape(out, c),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// One character of [`is_escaped`], by its letter where YAML has one.
fn push_escape(out: &mut String, c: char) {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{B}' => 'v',
        '\u{C}' => 'f',
        '\r' => 'r',
        '\u{1B}' => 'e',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        // None of the others is beyond U+FFFF.
        c => {
            let code = u32::from(c);
            let (form, digits) = if code <= 0xFF { ("\\x", 2) } else { ("\\u", 4) };
            out.push_str(form);
            out.extend(
                (0..digits)
                    .rev()
                    .filter_map(|i| char::from_digit((code >> (4 * i)) & 0xF, 16))
                    .map(|d| d.to_ascii_uppercase()),
            );
            return;
        }
    };
    out.extend(['\\', letter]);
}

#[cfg(test)]
mod tests;
