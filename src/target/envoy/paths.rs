//! Patterns of paths, in the router's terms. A match never looks at the query.

use super::model::matcher::{RegexMatchAndSubstitute, RegexMatcher};
use super::model::route::PathSpecifier;
use crate::ir::PathPattern;
use crate::target::expression;

/// The characters of [`is_segment_char`](crate::ir::is_segment_char).
const SEGMENT: &str = r"[A-Za-z0-9._~%!$&'()+,;:@-]";

/// The paths of a pattern; of those with a `*` only the ones that have no odd character.
pub(super) fn matching(pattern: &PathPattern) -> PathSpecifier {
    let named = pattern.named();
    if pattern.has_star() {
        PathSpecifier::SafeRegex(regex(pattern, &format!("{SEGMENT}+"), &format!("(/({SEGMENT}|/)*)?")))
    } else if !pattern.subtree {
        PathSpecifier::Path(named)
    } else if named.is_empty() {
        PathSpecifier::Prefix("/".to_string())
    } else if named.ends_with('/') {
        // A separated prefix must not end in a slash.
        PathSpecifier::SafeRegex(regex(pattern, "", "(/.*)?"))
    } else {
        PathSpecifier::PathSeparatedPrefix(named)
    }
}

/// All the paths of a pattern with a `*`, those with odd characters too.
pub(super) fn matching_odd(pattern: &PathPattern) -> PathSpecifier {
    PathSpecifier::SafeRegex(regex(pattern, "[^/]+", "(/.*)?"))
}

/// Paths that match this expression.
pub(super) fn matching_regex(regex: &str) -> PathSpecifier {
    PathSpecifier::SafeRegex(RegexMatcher { regex: regex.to_string() })
}

/// Every path.
pub(super) fn everything() -> PathSpecifier {
    PathSpecifier::Prefix("/".to_string())
}

/// The text with which every path that matches begins; `/` at least.
pub(super) fn literal_start(path: &PathSpecifier) -> &str {
    match path {
        PathSpecifier::Prefix(text) | PathSpecifier::Path(text) | PathSpecifier::PathSeparatedPrefix(text) => text,
        PathSpecifier::SafeRegex(_) => "/",
    }
}

/// How a path becomes the one that the app sees.
pub(super) enum Rewrite {
    /// The part that matched is replaced.
    Prefix(String),
    /// What the expression finds is replaced.
    Regex(RegexMatchAndSubstitute),
}

/// The rewrite of a pattern's paths to a target without `*`; `None` if it changes nothing.
pub(super) fn rewrite(pattern: &PathPattern, target: &PathPattern) -> Option<Rewrite> {
    let named = target.named();
    if pattern == target {
        return None;
    }
    let replace = |regex: String, substitution: String| {
        Some(Rewrite::Regex(RegexMatchAndSubstitute { pattern: RegexMatcher { regex }, substitution }))
    };
    if !target.subtree {
        return replace("^/.*$".to_string(), named);
    }
    if pattern.segments.is_empty() {
        return Some(Rewrite::Prefix(format!("{named}/")));
    }
    if named.is_empty() {
        // `/api` becomes `/` and `/api/x` becomes `/x`: a prefix would make `//x` of it.
        return replace(format!("^{}(?:/|$)", expression::literal(&pattern.named())), "/".to_string());
    }
    Some(Rewrite::Prefix(named))
}

fn regex(pattern: &PathPattern, star: &str, rest: &str) -> RegexMatcher {
    RegexMatcher { regex: expression::of_pattern(pattern, star, rest) }
}
