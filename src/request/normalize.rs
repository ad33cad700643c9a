//! The path as the proxies see it: Istio's default normalisation (A40), which is Envoy's `normalize_path`.
//!
//! Percent-encoded unreserved characters are decoded, `\` becomes `/`, dot segments (encoded ones too) are resolved.
//! Slashes are not merged, and every other `%XX` stays.

/// The path of a request target, without query, as routes and policies compare it. `None` if the proxy answers 400 by
/// itself: no leading slash, a NUL, a fragment, or a byte outside of ASCII.
pub fn normalize(target: &str) -> Option<String> {
    let path = target.split('?').next().unwrap_or("");
    if !path.starts_with('/') || target.contains('#') || !path.bytes().all(|b| (0x21..0x7f).contains(&b)) {
        return None;
    }
    let decoded = decode(path)?;
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = decoded[1..].split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." if last => segments.push(""),
            "." => {}
            ".." => {
                segments.pop();
                if last {
                    segments.push("");
                }
            }
            _ => segments.push(part),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

fn decode(path: &str) -> Option<String> {
    let mut text = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut stray: Option<usize> = None;
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let code = match (byte, bytes.get(i + 1..i + 3)) {
            (b'%', Some(digits)) => std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()),
            _ => None,
        };
        match code {
            Some(0) => return None,
            Some(code) if code.is_ascii_alphanumeric() || b"-._~".contains(&code) => {
                text.push(char::from(code));
                i += 3;
                if let Some(at) = stray {
                    keep_apart(&mut text, at, bytes.get(i).copied());
                }
            }
            _ => {
                if byte == b'%' && code.is_none() {
                    stray = Some(text.len());
                }
                match byte {
                    b'\\' => text.push('/'),
                    b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'^' => {
                        text.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
                    }
                    _ => text.push(char::from(byte)),
                }
                i += 1;
            }
        }
    }
    Some(text)
}

/// What was decoded must not become an escape with a stray `%` before it (`%%32e`): that `%` is then encoded itself.
fn keep_apart(text: &mut String, stray: usize, next: Option<u8>) {
    let after = text.as_bytes().get(stray + 1..).unwrap_or_default();
    let digits = match (after, next) {
        (&[one], Some(next)) => [one, next],
        (&[one, two], _) => [one, two],
        _ => return,
    };
    if digits.iter().all(u8::is_ascii_hexdigit) {
        text.insert_str(stray + 1, "25");
    }
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(value & 15)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_as_envoy_was_seen_to_do() {
        for (target, seen) in [
            ("/admin", "/admin"),
            ("//admin", "//admin"),
            ("/./admin", "/admin"),
            ("/x/../admin", "/admin"),
            ("/%61dmin", "/admin"),
            ("/%2561dmin", "/%2561dmin"),
            ("/%2e%2e/admin", "/admin"),
            ("/x/.%2e/admin", "/admin"),
            ("/admin%2fx", "/admin%2fx"),
            ("/\\admin", "//admin"),
            ("/x\\..\\admin", "/admin"),
            ("/x//../admin", "/x/admin"),
            ("/..", "/"),
            ("/admin/..", "/"),
            ("/a/b/..", "/a/"),
            ("/../../admin", "/admin"),
            ("/admin%2e", "/admin."),
            ("/a%64min%2f", "/admin%2f"),
            ("/admin|x", "/admin%7Cx"),
            ("/admin^", "/admin%5E"),
            ("/?x=/admin", "/"),
            ("/admin;x", "/admin;x"),
            ("/%%32e/x", "/%252e/x"),
            ("/%2%35x", "/%2525x"),
            ("/%z%32e", "/%z2e"),
        ] {
            assert_eq!(normalize(target).as_deref(), Some(seen), "{target}");
        }
        for bad in ["admin", "", "?", "*", "/a#x", "/a%00", "/é"] {
            assert_eq!(normalize(bad), None, "{bad}");
        }
    }
}
