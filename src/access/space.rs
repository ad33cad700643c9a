//! A space of path patterns, and how they lie inside each other.

use std::collections::BTreeMap;

use crate::ir::{PathPattern, Segment};

/// Distinct patterns, the most specific first, with those that strictly include each.
#[derive(Debug, Clone, Default)]
pub struct Space {
    /// Per pattern: whether it has a `*`, so that a policy cannot name every path that is in it (`access::brackets`).
    starred: Vec<bool>,
    /// Per pattern: the indices of all patterns that strictly include it, ascending.
    pub ancestors: Vec<Vec<usize>>,
}

/// Two patterns that overlap although neither includes the other, and the path of the first that both match.
#[derive(Debug, Clone)]
pub struct Overlap {
    /// The index of one.
    pub first: usize,
    /// The index of the other.
    pub second: usize,
    /// Their common part, which is not itself a pattern of the space.
    pub common: PathPattern,
}

impl Space {
    /// Takes patterns sorted by [`PathPattern::most_specific_first`] without repetitions.
    pub fn new(patterns: &[&PathPattern]) -> (Self, Vec<Overlap>) {
        let index = Index::new(patterns);
        let mut ancestors: Vec<Vec<usize>> = patterns.iter().map(|p| index.including(patterns, p)).collect();
        for (i, list) in ancestors.iter_mut().enumerate() {
            list.retain(|&j| j != i);
        }
        (Space { starred: patterns.iter().map(|p| p.has_star()).collect(), ancestors }, index.overlaps(patterns))
    }

    /// Per pattern: the indices of all patterns that lie strictly inside it, ascending.
    pub fn inside(&self) -> Vec<Vec<usize>> {
        let mut inside = vec![Vec::new(); self.ancestors.len()];
        for (i, ancestors) in self.ancestors.iter().enumerate() {
            for &wider in ancestors {
                inside[wider].push(i);
            }
        }
        inside
    }

    /// Those of the ancestors that include no other ancestor.
    pub fn parents(&self, i: usize) -> impl Iterator<Item = usize> {
        let ancestors = &self.ancestors[i];
        ancestors
            .iter()
            .copied()
            .filter(move |&p| !ancestors.iter().any(|&q| self.ancestors[q].binary_search(&p).is_ok()))
    }

    /// Covers the space with as few patterns as say the same: given what holds for each pattern, gives back the patterns
    /// that need a rule of their own (heads), each with the patterns inside it that must be cut out because something
    /// else holds there.
    ///
    /// A path lies in exactly the heads, minus their cuts, whose outcome is that of the path's own (most specific)
    /// pattern: a cut is made wherever a pattern inside a head has another outcome, and a pattern without a head of its
    /// own lies in a head of the same outcome of which no cut contains it. A head with a `*` stands for no pattern without
    /// one, since a policy cannot name every path of a `*`; `apart` says (of a pattern and a head around it) where else a
    /// pattern needs a rule of its own.
    pub fn cover<T: PartialEq>(&self, outcomes: &[T], apart: impl Fn(usize, usize) -> bool) -> Vec<Head> {
        let count = outcomes.len();
        let differs_below = |head: usize, i: usize| outcomes[i] != outcomes[head];
        let mut is_head = vec![false; count];
        let mut by_width: Vec<usize> = (0..count).collect();
        by_width.sort_by_key(|&i| self.ancestors[i].len());
        for i in by_width {
            let covered = self.ancestors[i].iter().any(|&h| {
                is_head[h]
                    && outcomes[h] == outcomes[i]
                    && (self.starred[i] || !self.starred[h])
                    && !self.is_parted(i, h, outcomes)
                    && !apart(i, h)
            });
            is_head[i] = !covered;
        }
        let mut cuts: Vec<Vec<usize>> = vec![Vec::new(); count];
        for i in 0..count {
            for &h in &self.ancestors[i] {
                if is_head[h] && differs_below(h, i) && !self.is_parted(i, h, outcomes) {
                    cuts[h].push(i);
                }
            }
        }
        let heads = (0..count).filter(|&i| is_head[i]);
        heads.map(|i| Head { pattern: i, cuts: std::mem::take(&mut cuts[i]) }).collect()
    }

    /// Whether a pattern of another outcome than `outer` lies between `inner` and `outer`.
    pub fn is_parted<T: PartialEq>(&self, inner: usize, outer: usize, outcomes: &[T]) -> bool {
        let differs = |&between: &usize| outcomes[between] != outcomes[outer];
        let between = self.ancestors[inner].iter().filter(|&&i| self.ancestors[i].binary_search(&outer).is_ok());
        between.into_iter().any(differs)
    }
}

/// A pattern with a rule of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its index.
    pub pattern: usize,
    /// The widest patterns inside it where something else holds.
    pub cuts: Vec<usize>,
}

/// Finds the patterns that include one: those without `*` by their segments, the few others one by one.
struct Index<'p> {
    exact: BTreeMap<&'p [Segment], usize>,
    subtrees: BTreeMap<&'p [Segment], usize>,
    starred: Vec<usize>,
}

impl<'p> Index<'p> {
    fn new(patterns: &[&'p PathPattern]) -> Self {
        let mut index = Index { exact: BTreeMap::new(), subtrees: BTreeMap::new(), starred: Vec::new() };
        for (i, pattern) in patterns.iter().enumerate() {
            if pattern.has_star() {
                index.starred.push(i);
            } else if pattern.subtree {
                index.subtrees.insert(&pattern.segments, i);
            } else {
                index.exact.insert(&pattern.segments, i);
            }
        }
        index
    }

    /// All patterns that include this one, itself among them if it is one of them, ascending.
    fn including(&self, patterns: &[&PathPattern], inner: &PathPattern) -> Vec<usize> {
        let literal = inner.segments.iter().take_while(|segment| **segment != Segment::Star).count();
        let above = (0..=literal).filter_map(|named| self.subtrees.get(&inner.segments[..named]));
        let mut found: Vec<usize> = above.copied().collect();
        if !inner.subtree && !inner.has_star() {
            found.extend(self.exact.get(inner.segments.as_slice()));
        }
        found.extend(self.starred.iter().copied().filter(|&s| patterns[s].includes(inner)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Only a `*` lets two patterns overlap without one including the other.
    fn overlaps(&self, patterns: &[&PathPattern]) -> Vec<Overlap> {
        let mut overlaps = Vec::new();
        for &starred in &self.starred {
            for (other, pattern) in patterns.iter().enumerate() {
                if other == starred || (pattern.has_star() && other < starred) {
                    continue;
                }
                let Some(common) = patterns[starred].meet(pattern) else { continue };
                if common == *patterns[starred] || common == **pattern {
                    continue;
                }
                let listed = self.including(patterns, &common).into_iter().any(|i| *patterns[i] == common);
                if !listed {
                    overlaps.push(Overlap { first: starred.min(other), second: starred.max(other), common });
                }
            }
        }
        overlaps
    }
}
