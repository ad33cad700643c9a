//! Paths with a `[` or `]`, where a path with `*` makes a difference.
//!
//! With `GET /** public` and `GET /users/*/** require token`, who owns `/users/7/[x]` is clear: the second line. But a
//! policy writes that line as a path template, and no template matches a path with a square bracket (A25b). So the
//! policy can neither guard `/users/7/[x]` by the second line nor keep it out of the first. What a policy can keep out
//! is everything that begins with `/users/`; what belongs to the first line there, such as `/users/`, it can give back
//! by the template `/users/{**}`. Then no rule matches a path with a bracket below `/users/`, and it is refused.
//!
//! The rule, for the paths of one space: let `around` be the narrowest pattern without `*` that includes a path with a
//! bracket. If a pattern with `*` inside `around` (or any, where there is no `around`) has another outcome, and the path
//! begins with what stands before its first `*`, the path is refused. Otherwise the path is treated as any other.

use std::collections::{BTreeMap, BTreeSet};

use super::space::Space;
use crate::ir::{PathPattern, Segment};

/// Whether a path has a character that no path template matches (A25b). A proxy encodes or refuses all others that
/// are none of [`is_segment_char`](crate::ir::is_segment_char), `=`, `*` and `/`.
pub fn has_bracket(path: &str) -> bool {
    path.contains(['[', ']'])
}

/// Whether a path has a bracket and lies in one of these subtrees, in which such paths are refused.
pub(super) fn is_refused(path: &str, subtrees: &[PathPattern]) -> bool {
    has_bracket(path) && subtrees.iter().any(|subtree| subtree.matches(path))
}

/// Where paths with a bracket are refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Brackets {
    /// Per pattern of the space: of the paths that it owns, those with a bracket in these subtrees are refused.
    refused: Vec<Vec<PathPattern>>,
    /// The named segments of all subtrees that lie inside a pattern without `*`.
    starts: BTreeSet<Vec<Segment>>,
}

impl Brackets {
    /// For the patterns of a space, with the outcome of each.
    pub fn of<T: PartialEq>(patterns: &[&PathPattern], space: &Space, outcomes: &[T]) -> Self {
        if !patterns.iter().any(|pattern| pattern.has_star()) {
            return Brackets { refused: vec![Vec::new(); patterns.len()], starts: BTreeSet::new() };
        }
        let around = |i: usize| space.ancestors[i].iter().copied().find(|&wider| !patterns[wider].has_star());
        let mut by_around: BTreeMap<Option<usize>, BTreeSet<&[Segment]>> = BTreeMap::new();
        for (i, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| pattern.has_star()) {
            let around = around(i);
            if around.is_none_or(|around| outcomes[around] != outcomes[i]) {
                by_around.entry(around).or_default().insert(pattern.before_star());
            }
        }
        let by_around: BTreeMap<Option<usize>, Vec<&[Segment]>> =
            by_around.into_iter().map(|(around, starts)| (around, without_longer(starts))).collect();
        let refused_in = |i: usize| {
            let pattern = patterns[i];
            if !pattern.has_star() {
                return by_around.get(&Some(i)).into_iter().flatten().map(|start| subtree(start)).collect();
            }
            let starts = by_around.get(&around(i)).map_or(&[][..], Vec::as_slice);
            let own = pattern.before_star();
            // Sorted, and none begins with another: the one that `own` begins with stands just before those that begin
            // with `own`.
            let after = starts.partition_point(|start| *start <= own);
            let before = after.checked_sub(1).map(|before| starts[before]);
            if let Some(start) = before.filter(|start| own.starts_with(start)) {
                return vec![subtree(start)];
            }
            let longer = starts[after..].iter().take_while(|start| start.starts_with(own));
            longer.map(|start| subtree(start)).filter(|region| region.meet(pattern).is_some()).collect()
        };
        let inside_another = by_around.iter().filter(|(around, _)| around.is_some());
        Brackets {
            refused: (0..patterns.len()).map(refused_in).collect(),
            starts: inside_another.flat_map(|(_, starts)| starts.iter().map(|start| start.to_vec())).collect(),
        }
    }

    /// The subtrees in which a path with a bracket is refused that this pattern owns; none lies in another.
    pub fn refused(&self, pattern: usize) -> &[PathPattern] {
        &self.refused[pattern]
    }

    /// Whether `inner`, a pattern without `*` inside `outer`, lies in a subtree that `outer` keeps out for its brackets,
    /// although those of `inner` are not refused.
    pub fn is_apart(&self, inner: &PathPattern, outer: &PathPattern) -> bool {
        let lengths = outer.segments.len()..inner.segments.len();
        inner.subtree
            && !self.starts.is_empty()
            && lengths.into_iter().any(|l| self.starts.contains(&inner.segments[..l]))
    }
}

fn subtree(start: &[Segment]) -> PathPattern {
    PathPattern { segments: start.to_vec(), subtree: true }
}

/// Drops the lists of segments that begin with another one.
fn without_longer(starts: BTreeSet<&[Segment]>) -> Vec<&[Segment]> {
    let mut kept: Vec<&[Segment]> = Vec::new();
    for start in starts {
        // Sorted: a list stands before all that begin with it, and nothing else stands between them.
        if kept.last().is_none_or(|shorter| !start.starts_with(shorter)) {
            kept.push(start);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is refused on each path, for paths with their outcomes.
    fn refused(lines: &[(&str, u8)]) -> Vec<(String, Vec<String>)> {
        let mut lines: Vec<(PathPattern, u8)> = lines.iter().map(|(p, o)| (PathPattern::written(p), *o)).collect();
        lines.sort_by(|a, b| PathPattern::most_specific_first(&a.0, &b.0));
        let patterns: Vec<&PathPattern> = lines.iter().map(|(p, _)| p).collect();
        let outcomes: Vec<u8> = lines.iter().map(|(_, o)| *o).collect();
        let (space, overlaps) = Space::new(&patterns);
        assert!(overlaps.is_empty(), "{overlaps:?}");
        let brackets = Brackets::of(&patterns, &space, &outcomes);
        let show = |i: usize| brackets.refused(i).iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = (0..patterns.len()).map(|i| (patterns[i].to_string(), show(i)));
        all.filter(|(_, regions)| !regions.is_empty()).collect()
    }

    fn expected(lines: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        lines.iter().map(|(path, regions)| (path.to_string(), texts(regions))).collect()
    }

    #[test]
    fn brackets_are_refused_where_a_star_differs_from_what_is_around_it() {
        assert_eq!(
            refused(&[("/**", 0), ("/users/*/**", 1), ("/users/admin/**", 2)]),
            expected(&[("/users/*/**", &["/users/**"]), ("/**", &["/users/**"])])
        );
        assert_eq!(refused(&[("/**", 0), ("/users/*/**", 0)]), []);
        // Where nothing is around it, nothing can stand for it.
        assert_eq!(refused(&[("/users/*", 0)]), expected(&[("/users/*", &["/users/**"])]));
    }

    #[test]
    fn a_star_that_does_not_differ_is_refused_where_another_one_does() {
        assert_eq!(
            refused(&[("/**", 0), ("/*/x/**", 0), ("/a/*/y", 1), ("/a/x/y", 1)]),
            expected(&[("/a/*/y", &["/a/**"]), ("/*/x/**", &["/a/**"]), ("/**", &["/a/**"])])
        );
        // The subtree of the wider one is enough.
        assert_eq!(
            refused(&[("/**", 0), ("/a/*", 1), ("/a/b/*/c", 1)]),
            expected(&[("/a/b/*/c", &["/a/**"]), ("/a/*", &["/a/**"]), ("/**", &["/a/**"])])
        );
    }

    #[test]
    fn a_pattern_of_its_own_inside_is_not_touched() {
        assert_eq!(
            refused(&[("/**", 0), ("/a/b/**", 0), ("/a/*/c", 1), ("/a/b/c", 1)]),
            expected(&[("/a/*/c", &["/a/**"]), ("/**", &["/a/**"])])
        );
    }
}
