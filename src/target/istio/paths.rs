//! Path patterns in the two ways in which Istio matches paths: a VirtualService's `uri`, a policy's `paths`.

use super::model::StringMatch;
use crate::access::Part;
use crate::ir::{PathPattern, Segment};
use crate::target::expression;

/// What a VirtualService matches for a part of a path.
pub fn part_matches(part: &Part<'_>) -> Vec<StringMatch> {
    match part {
        Part::Whole(pattern) => uri_matches(pattern),
        Part::WithoutBracket(pattern) => vec![StringMatch::Regex(expression::without_bracket(pattern))],
        Part::WithBracket(below) => vec![StringMatch::Regex(expression::with_bracket(below))],
    }
}

/// What a VirtualService matches for a pattern. Prefixes end in a slash, so that `/x` never takes `/xy` (V20, P10).
pub fn uri_matches(pattern: &PathPattern) -> Vec<StringMatch> {
    if pattern.has_star() {
        return vec![StringMatch::Regex(expression::of_starred(pattern))];
    }
    let named = pattern.named();
    match (pattern.subtree, named.is_empty()) {
        (true, true) => vec![StringMatch::Prefix("/".into())],
        (true, false) => {
            let below = StringMatch::Prefix([named.as_str(), "/"].concat());
            vec![StringMatch::Exact(named), below]
        }
        (false, _) => vec![StringMatch::Exact(named)],
    }
}

/// Whether a regular expression for the part is longer than Istio takes: 1024 bytes (V21).
pub fn is_too_long(part: &Part<'_>) -> bool {
    if matches!(part, Part::Whole(pattern) if !pattern.has_star()) {
        return false;
    }
    part_matches(part).iter().any(|m| matches!(m, StringMatch::Regex(regex) if regex.len() > 1024))
}

/// What a policy says for the paths of a subtree without `*` that have no bracket (A25b).
pub fn template_paths(subtree: &PathPattern) -> Vec<String> {
    let named = subtree.named();
    let below = [named.as_str(), "/{**}"].concat();
    if named.is_empty() { vec![below] } else { vec![named, below] }
}

/// What a policy's `paths` or `notPaths` says for a pattern; empty for `/**`, which needs nothing.
///
/// Without `*` these are an exact path and a prefix (A24), with `*` path templates (A25).
pub fn policy_paths(pattern: &PathPattern) -> Vec<String> {
    let mut named = String::new();
    for segment in &pattern.segments {
        named.push('/');
        named.push_str(match segment {
            Segment::Literal(literal) => literal,
            Segment::Star => "{*}",
        });
    }
    match (pattern.subtree, named.is_empty(), pattern.has_star()) {
        (true, true, _) => Vec::new(),
        (true, false, starred) => {
            let below = [named.as_str(), if starred { "/{**}" } else { "/*" }].concat();
            vec![named, below]
        }
        (false, _, _) => vec![named],
    }
}

/// Whether a policy can match the pattern at all: Envoy takes no `=` in a path template, although Istio's validation
/// lets it pass, and a listener with such a template does not come up.
pub fn fits_template(pattern: &PathPattern) -> bool {
    let literal_fits = |segment: &Segment| match segment {
        Segment::Star => true,
        Segment::Literal(text) => text.chars().all(crate::ir::is_segment_char),
    };
    !pattern.has_star() || pattern.segments.iter().all(literal_fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPattern {
        PathPattern::written(text)
    }

    #[test]
    fn matches_end_on_segment_boundaries() {
        assert_eq!(uri_matches(&path("/**")), [StringMatch::Prefix("/".into())]);
        assert_eq!(uri_matches(&path("/a/**")), [StringMatch::Exact("/a".into()), StringMatch::Prefix("/a/".into())]);
        assert_eq!(uri_matches(&path("/a")), [StringMatch::Exact("/a".into())]);
        assert_eq!(uri_matches(&path("/")), [StringMatch::Exact("/".into())]);
        assert_eq!(uri_matches(&path("/v1.0/*/**")), [StringMatch::Regex("/v1\\.0/[^/]+(/.*)?".into())]);
    }

    #[test]
    fn policies_use_templates_only_for_stars() {
        assert_eq!(policy_paths(&path("/**")), Vec::<String>::new());
        assert_eq!(policy_paths(&path("/a/**")), ["/a", "/a/*"]);
        assert_eq!(policy_paths(&path("/a/*/b")), ["/a/{*}/b"]);
        assert_eq!(policy_paths(&path("/a/*/**")), ["/a/{*}", "/a/{*}/{**}"]);
        assert_eq!(template_paths(&path("/a/**")), ["/a", "/a/{**}"]);
        assert_eq!(template_paths(&path("/**")), ["/{**}"]);
        assert!(!fits_template(&path("/a=b/*")) && fits_template(&path("/a=b")));
    }
}
