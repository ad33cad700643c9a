//! Paths that a backend may read as another path than the proxy did.
//!
//! Under Istio's default normalisation (A40) dot segments are resolved, unreserved characters decoded and `\` turned into
//! `/`; doubled slashes, `%2F`, `%5C`, `%25`, `;` and their like stay. A backend that merges, decodes or cuts more than
//! the proxy then sees another route's path. At a gateway every such path can be told ([`Ambiguity`]). A policy at a
//! workload compares prefixes only, so there the disguises of a given path are listed ([`prefixes`]); all of these are
//! paths that a gateway tells too.

use std::collections::BTreeSet;

use super::normalize;
use crate::ir::{PathPattern, Segment};

/// Which paths can be read in two ways: those with doubled slashes, a semicolon, a backslash, an encoded slash,
/// backslash, percent sign, semicolon, `#`, `?` or control character, or a percent sign that encodes nothing; and those
/// that encode a character which a route is written with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ambiguity {
    /// The characters of routes that a proxy does not decode.
    encoded: BTreeSet<char>,
}

impl Ambiguity {
    /// The ambiguity for routes with these paths.
    pub fn of<'a>(patterns: impl IntoIterator<Item = &'a PathPattern>) -> Self {
        let mut encoded = BTreeSet::new();
        for segment in patterns.into_iter().flat_map(|p| &p.segments) {
            if let Segment::Literal(literal) = segment {
                encoded.extend(literal.chars().filter(|&c| !is_unreserved(c)));
            }
        }
        Ambiguity { encoded }
    }

    /// A regular expression (RE2, whole path without query) of these paths.
    pub fn regex(&self) -> String {
        let codes: Vec<String> = self.encoded.iter().flat_map(|&c| encodings(c)).collect();
        let encoded: String = codes.iter().flat_map(|code| [code.trim_start_matches('%'), "|"]).collect();
        format!(".*(//|[;\\\\]|%({encoded}2[35fF]|3[bBfF]|5[cC]|7[fF]|[01][0-9a-fA-F]|[0-9a-fA-F]?([^0-9a-fA-F]|$))).*")
    }

    /// Whether a path is one of them.
    pub fn matches(&self, path: &str) -> bool {
        let bytes = path.as_bytes();
        bytes.iter().enumerate().any(|(i, &byte)| match byte {
            b'/' => bytes.get(i + 1) == Some(&b'/'),
            b';' | b'\\' => true,
            b'%' => match (bytes.get(i + 1).copied().and_then(hex), bytes.get(i + 2).copied().and_then(hex)) {
                (Some(high), Some(low)) => {
                    let code = high * 16 + low;
                    let of_a_route = self.encoded.contains(&char::from(code));
                    of_a_route || code < 0x20 || matches!(code, 0x23 | 0x25 | 0x2f | 0x3b | 0x3f | 0x5c | 0x7f)
                }
                _ => true,
            },
            _ => false,
        })
    }
}

/// The path that a backend reads in a path that can be read in two ways, if it decodes, merges and cuts whatever it can;
/// `None` if that is no path, or no other one.
pub(super) fn plain_reading(target: &str) -> Option<String> {
    let given = normalize(target)?;
    let mut path = given.clone();
    // Each round leaves a shorter path, or the same one.
    for _ in 0..=given.len() {
        let decoded = decoded_once(&path)?.replace('\\', "/");
        let cut = decoded.split('/').map(|segment| segment.split(';').next().unwrap_or(""));
        let mut merged = cut.collect::<Vec<_>>().join("/");
        while merged.contains("//") {
            merged = merged.replace("//", "/");
        }
        let read = normalize(&merged)?;
        if read == path {
            return (path != given).then_some(path);
        }
        path = read;
    }
    None
}

/// A path with its escapes decoded, but for those of characters that must stay encoded; `None` if there is one that no
/// path can have, or a percent sign that encodes nothing.
fn decoded_once(path: &str) -> Option<String> {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let digits = after.get(..2)?;
        match u8::from_str_radix(digits, 16).ok()? {
            ..=0x1f | b'#' | b'?' | 0x7f => return None,
            code @ 0x21..=0x7e if !b"\"<>`{}|^".contains(&code) => text.push(char::from(code)),
            _ => {
                text.push('%');
                text.push_str(digits);
            }
        }
        rest = &after[2..];
    }
    text.push_str(rest);
    Some(text)
}

/// Whether a proxy decodes the character by itself (RFC 3986, 2.3).
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// The ways to percent-encode an ASCII character: upper and lower case where they differ.
fn encodings(c: char) -> Vec<String> {
    let code = u32::from(c);
    let mut found = vec![format!("%{code:02X}"), format!("%{code:02x}")];
    found.dedup();
    found
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// The prefixes of all paths below `wide` that a backend may read as a path of `hidden`, although they are not in it:
/// after any part of its text a percent sign that is itself encoded, in the place of a character that a proxy does not
/// decode its code, beside a slash an encoded slash, a `;` or another slash.
///
/// Two kinds of disguise have no such prefix and are not told: a dot segment hidden behind an encoded slash
/// (`/x/..%2fadmin`), and whatever comes after a `*`.
pub fn prefixes(wide: &PathPattern, hidden: &PathPattern) -> Vec<String> {
    // What stands before the disguise is read as it is, and no segment that is named holds one.
    let named = wide.before_star();
    if hidden.segments.len() <= named.len() || !hidden.segments.starts_with(named) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut text = String::new();
    let mut whole = true;
    for segment in &hidden.segments {
        text.push('/');
        let beside_slash = |text: &str| ["%2F", "%2f", "%5C", "%5c", ";"].map(|trick| format!("{text}{trick}"));
        found.push(format!("{text}/"));
        found.push(format!("{text}%25"));
        found.extend(beside_slash(&text));
        let Segment::Literal(literal) = segment else {
            whole = false;
            break;
        };
        for c in literal.chars() {
            if !is_unreserved(c) {
                found.extend(encodings(c).into_iter().map(|code| format!("{text}{code}")));
            }
            text.push(c);
            found.push(format!("{text}%25"));
        }
        found.extend(beside_slash(&text));
    }
    if whole && hidden.subtree && hidden.segments.is_empty() {
        return Vec::new();
    }
    // `/x//` is below `/x/**`: what is in the hidden path itself needs no cut.
    found.retain(|prefix| may_start_in(wide, prefix) && !(hidden.subtree && starts_in(hidden, prefix)));
    found.sort();
    found.dedup();
    found
}

/// Whether a path with this prefix can be in the pattern.
fn may_start_in(pattern: &PathPattern, prefix: &str) -> bool {
    let Some(rest) = prefix.strip_prefix('/') else { return false };
    let given: Vec<&str> = rest.split('/').collect();
    let last = given.len() - 1;
    for (i, text) in given.iter().enumerate() {
        let Some(segment) = pattern.segments.get(i) else { return pattern.subtree };
        let fits = match segment {
            Segment::Literal(literal) if i == last => literal.starts_with(text),
            Segment::Literal(literal) => literal == text,
            Segment::Star => i == last || !text.is_empty(),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Whether every path with this prefix is in the pattern, which must be a subtree.
fn starts_in(pattern: &PathPattern, prefix: &str) -> bool {
    let Some(rest) = prefix.strip_prefix('/') else { return false };
    let given: Vec<&str> = rest.split('/').collect();
    // The last segment of a prefix may go on, so it is not yet known.
    given.len() > pattern.segments.len()
        && pattern.segments.iter().zip(&given).all(|(segment, text)| match segment {
            Segment::Literal(literal) => literal == text,
            Segment::Star => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPattern {
        PathPattern::written(text)
    }

    #[test]
    fn the_disguises_of_a_path_are_found_by_prefix() {
        let found = prefixes(&path("/**"), &path("/ab/**"));
        let start = ["/%25", "/%2F", "/%2f", "/%5C", "/%5c", "//", "/;"];
        let within = ["/a%25", "/ab%25", "/ab%2F", "/ab%2f", "/ab%5C", "/ab%5c", "/ab;"];
        assert_eq!(found, [start, within].concat());
        let ambiguity = Ambiguity::default();
        for disguise in ["//ab", "/ab;x/y", "/a%2562", "/%2561b", "/ab%2fx", "/;x/ab", "/%5cab"] {
            assert!(found.iter().any(|p| disguise.starts_with(p.as_str())), "{disguise}");
            assert!(ambiguity.matches(disguise), "{disguise}");
        }
        for honest in ["/ab", "/ab/x", "/abc", "/x%20y", "/b;x", "/a%20b", "/%C3%A9"] {
            assert!(!found.iter().any(|p| honest.starts_with(p.as_str())), "{honest}");
        }
    }

    #[test]
    fn a_character_that_the_proxy_does_not_decode_may_be_encoded_in_a_disguise() {
        let found = prefixes(&path("/**"), &path("/a:b"));
        assert!(found.contains(&"/a%3A".to_string()) && found.contains(&"/a%3a".to_string()));
        let ambiguity = Ambiguity::of([&path("/a:b")]);
        assert!(ambiguity.matches("/a%3Ab") && ambiguity.matches("/x%3ay"));
        assert!(!Ambiguity::default().matches("/a%3Ab"));
        assert!(ambiguity.regex().contains("%(3A|3a|2[35fF]"), "{}", ambiguity.regex());
    }

    #[test]
    fn only_prefixes_that_can_lie_in_the_wide_path_are_listed() {
        let found = prefixes(&path("/a/**"), &path("/a/b"));
        assert!(found.contains(&"/a//".to_string()) && found.contains(&"/a/b;".to_string()));
        assert!(found.iter().all(|p| p.starts_with("/a/")), "{found:?}");
        assert!(prefixes(&path("/c/**"), &path("/a/b")).is_empty());
        let found = prefixes(&path("/*"), &path("/a/b"));
        assert!(found.contains(&"/a%2F".to_string()) && !found.contains(&"//".to_string()));
    }

    #[test]
    fn what_can_be_read_in_two_ways_has_at_most_one_plain_reading() {
        for (target, plain) in [
            ("//admin", "/admin"),
            ("/x//?y=//", "/x/"),
            ("/admin;x/y", "/admin/y"),
            ("/healthz/..;/admin", "/admin"),
            ("/%2561dmin", "/admin"),
            ("/%25252fadmin", "/admin"),
            ("/x/..%2fadmin", "/admin"),
            ("/x%5c..%5cadmin", "/admin"),
            ("/a%20b;c", "/a%20b"),
            ("/a%3ab", "/a:b"),
            ("/;x", "/"),
        ] {
            assert_eq!(plain_reading(target).as_deref(), Some(plain), "{target}");
            assert!(!Ambiguity::of([&path("/a:b")]).matches(plain));
        }
        for none in
            ["/admin", "/a%20b", "/a%22b", "/a=b", "/a%3fb", "/a%0a", "/a%", "/a%zz", "/a%+1", "/a%25", "x", "/a%2500"]
        {
            assert_eq!(plain_reading(none), None, "{none}");
        }
    }

    #[test]
    fn ambiguity_is_told_as_by_its_expression() {
        let ambiguity = Ambiguity::default();
        let expression = regex::Regex::new(&format!("^(?:{})$", ambiguity.regex())).unwrap();
        for yes in [
            "//a", "/a;b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%2561", "/a%", "/a%z", "/a%0a", "/a\\b", "/%3b", "/a%4",
            "/%4/x",
        ] {
            assert!(ambiguity.matches(yes) && expression.is_match(yes), "{yes}");
        }
        for no in ["/", "/a/b/", "/a%20b", "/%C3%A9", "/a.b", "/a=b", "/ann%40example.com"] {
            assert!(!ambiguity.matches(no) && !expression.is_match(no), "{no}");
        }
    }
}
