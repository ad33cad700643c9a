//! Paths: which ones a line has, which of two is inside the other, and which ones confuse.

use crate::ir::{PathPattern, Route, Segment};

/// "Path": whether a request path is one of a line's.
pub fn matches(pattern: &PathPattern, path: &str) -> bool {
    let given = segments(path);
    let fits = |(segment, text): (&Segment, &&str)| match segment {
        Segment::Literal(literal) => literal == text,
        Segment::Star => !text.is_empty(),
    };
    let enough =
        if pattern.subtree { given.len() >= pattern.segments.len() } else { given.len() == pattern.segments.len() };
    enough && pattern.segments.iter().zip(&given).all(fits)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

/// Whether every path of `inner` is one of `outer`.
pub fn is_inside(inner: &PathPattern, outer: &PathPattern) -> bool {
    let long_enough = if outer.subtree {
        inner.segments.len() >= outer.segments.len()
    } else {
        !inner.subtree && inner.segments.len() == outer.segments.len()
    };
    let fits = |(inner, outer): (&Segment, &Segment)| match (inner, outer) {
        (Segment::Literal(inner), Segment::Literal(outer)) => inner == outer,
        (Segment::Literal(inner), Segment::Star) => !inner.is_empty(),
        (Segment::Star, Segment::Star) => true,
        (Segment::Star, Segment::Literal(_)) => false,
    };
    long_enough && inner.segments.iter().zip(&outer.segments).all(fits)
}

/// "Which line decides": of these paths the one that lies inside all others.
pub fn most_specific<'p>(paths: &[&'p PathPattern]) -> Option<&'p PathPattern> {
    paths.iter().copied().find(|path| paths.iter().all(|other| is_inside(path, other)))
}

/// Whether one of the named segments is a `*`.
pub fn has_star(pattern: &PathPattern) -> bool {
    pattern.segments.contains(&Segment::Star)
}

/// Whether a path is a subtree or has a `*`: it then has paths that are not written down.
pub fn is_open_ended(pattern: &PathPattern) -> bool {
    pattern.subtree || has_star(pattern)
}

/// Whether a request path begins like a path with `*`, segment by segment, up to its first `*`.
pub fn begins_like(path: &str, starred: &PathPattern) -> bool {
    let named: Vec<Segment> = starred.segments.iter().take_while(|s| **s != Segment::Star).cloned().collect();
    matches(&PathPattern { segments: named, subtree: true }, path)
}

/// "Options", `rewrite`: the path that the app sees.
pub fn rewritten(route: &Route, path: &str) -> String {
    let Some(target) = &route.options.rewrite else { return path.to_string() };
    let named = target.segments.iter().map(|segment| match segment {
        Segment::Literal(literal) => literal.as_str(),
        Segment::Star => "*",
    });
    let given = segments(path);
    let rest = if target.subtree { given.get(route.path.segments.len()..).unwrap_or_default() } else { &[] };
    let all: Vec<&str> = named.chain(rest.iter().copied()).collect();
    format!("/{}", all.join("/"))
}

/// "Confusing paths": whether a path is one, where these are the paths that are written.
pub fn is_confusing<'p>(path: &str, mut written: impl Iterator<Item = &'p PathPattern>) -> bool {
    let codes: Vec<Option<u8>> = path.match_indices('%').map(|(at, _)| code(&path[at + 1..])).collect();
    let always = |code: &u8| *code < 0x20 || *code == 0x7f || br"/\%;#?".contains(code);
    if path.contains("//") || path.contains([';', '\\']) || codes.iter().any(|code| code.as_ref().is_none_or(always)) {
        return true;
    }
    let encoded: Vec<char> = codes.into_iter().flatten().map(char::from).filter(|&c| is_kept_encoded(c)).collect();
    let has_one = |segment: &Segment| matches!(segment, Segment::Literal(text) if text.contains(&*encoded));
    !encoded.is_empty() && written.any(|pattern| pattern.segments.iter().any(has_one))
}

/// What an escape encodes, given the text behind its `%`; `None` if that is nothing.
fn code(text: &str) -> Option<u8> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// Whether proxies leave an encoded character as it is (RFC 3986, 2.3).
fn is_kept_encoded(c: char) -> bool {
    !c.is_ascii_alphanumeric() && !"-._~".contains(c)
}

/// "Confusing paths", callers inside: whether a request path goes like `other` up to some point, and stands there with
/// something that a backend may read as what comes next in `other`, or as nothing.
pub fn begins_confusingly(path: &str, other: &PathPattern) -> bool {
    const BESIDE_A_SLASH: [&str; 5] = [";", "%2F", "%2f", "%5C", "%5c"];
    let mut rest = path;
    for segment in &other.segments {
        let Some(after_slash) = rest.strip_prefix('/') else { return false };
        rest = after_slash;
        if rest.starts_with('/') || rest.starts_with("%25") || BESIDE_A_SLASH.iter().any(|s| rest.starts_with(s)) {
            return true;
        }
        let Segment::Literal(literal) = segment else { return false };
        for c in literal.chars() {
            if is_kept_encoded(c) && rest.starts_with('%') && code(&rest[1..]).map(char::from) == Some(c) {
                return true;
            }
            let Some(after) = rest.strip_prefix(c) else { return false };
            rest = after;
            if rest.starts_with("%25") {
                return true;
            }
        }
        if BESIDE_A_SLASH.iter().any(|s| rest.starts_with(s)) {
            return true;
        }
    }
    false
}
