//! Regular expressions as the targets read them (RE2, the whole text), for texts and for patterns of paths.

use crate::ir::{PathPattern, Segment};

/// The characters that mean something else than themselves (in RE2, outside of brackets).
const SPECIAL: &str = ".$()+*?[]{}|^\\";

/// A text as an expression that matches it alone.
pub(super) fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if SPECIAL.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A pattern, with these expressions for a `*` and for what follows the named segments of a subtree.
pub(super) fn of_pattern(pattern: &PathPattern, star: &str, below: &str) -> String {
    let mut expression = String::new();
    for segment in &pattern.segments {
        expression.push('/');
        match segment {
            Segment::Star => expression.push_str(star),
            Segment::Literal(text) => expression.push_str(&literal(text)),
        }
    }
    if pattern.subtree {
        expression.push_str(below);
    }
    expression
}

/// All paths of a pattern with a `*`.
pub(super) fn of_starred(pattern: &PathPattern) -> String {
    of_pattern(pattern, "[^/]+", "(/.*)?")
}

/// The paths of a pattern with a `*` that have no square bracket.
pub(super) fn without_bracket(pattern: &PathPattern) -> String {
    of_pattern(pattern, r"[^/\[\]]+", r"(/[^\[\]]*)?")
}

/// The paths below the named segments of a subtree without `*` that have a square bracket.
pub(super) fn with_bracket(subtree: &PathPattern) -> String {
    of_pattern(subtree, "", r"/.*[\[\]].*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_matches_itself_alone() {
        let printable: Vec<char> = (' '..='~').collect();
        for &c in &printable {
            let expression = regex::Regex::new(&format!("^(?:{})$", literal(&c.to_string()))).unwrap();
            let taken: Vec<char> = printable.iter().copied().filter(|o| expression.is_match(&o.to_string())).collect();
            assert_eq!(taken, [c]);
        }
        assert_eq!(literal("https://a-b.example.com:8443"), "https://a-b\\.example\\.com:8443");
    }

    #[test]
    fn everything_that_may_stand_in_a_path_is_written_with_as_few_escapes_as_need_be() {
        let pattern = PathPattern::written("/a.b/~c/d=e,f/(g)!$&'+:@-_/*/**");
        assert_eq!(of_pattern(&pattern, "[^/]+", "(/.*)?"), "/a\\.b/~c/d=e,f/\\(g\\)!\\$&'\\+:@-_/[^/]+(/.*)?");
    }
}
