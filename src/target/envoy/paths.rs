//! Patterns of paths, in the router's terms. A match never looks at the query.

use super::model::matcher::{RegexMatchAndSubstitute, RegexMatcher};
use super::model::route::PathSpecifier;
use crate::access::Part;
use crate::ir::PathPattern;
use crate::target::expression;

/// The paths of a part.
pub(super) fn matching_part(part: &Part<'_>) -> PathSpecifier {
    match part {
        Part::Whole(pattern) => matching(pattern),
        Part::WithoutBracket(pattern) => matching_regex(&expression::without_bracket(pattern)),
        Part::WithBracket(below) => matching_regex(&expression::with_bracket(below)),
    }
}

/// The paths of a pattern.
pub(super) fn matching(pattern: &PathPattern) -> PathSpecifier {
    let named = pattern.named();
    if pattern.has_star() {
        matching_regex(&expression::of_starred(pattern))
    } else if !pattern.subtree {
        PathSpecifier::Path(named)
    } else if named.is_empty() {
        PathSpecifier::Prefix("/".to_string())
    } else if named.ends_with('/') {
        // A separated prefix must not end in a slash.
        matching_regex(&expression::of_pattern(pattern, "", "(/.*)?"))
    } else {
        PathSpecifier::PathSeparatedPrefix(named)
    }
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
