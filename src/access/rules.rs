//! The rules of an app: what a policy is made of. They are disjoint, because each keeps out the paths on which something
//! else holds.

use std::collections::{BTreeMap, BTreeSet};

use super::brackets::Brackets;
use super::space::{Head, Space};
use super::workloads::{Grant, SeenPath};
use super::{Access, Guard, disguise};
use crate::ir::{Host, MethodSet, PathPattern};

/// Paths on which methods meet the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// On which hosts it holds.
    pub hosts: HostScope,
    /// The paths, and what is kept out of them.
    pub paths: RulePaths,
    /// What is let through, at least one.
    pub grants: Vec<Grant>,
}

/// The paths of a rule, as the app sees them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RulePaths {
    /// The pattern.
    pub pattern: PathPattern,
    /// Which of its paths are meant.
    pub extent: Extent,
    /// The narrower patterns that are kept out, because something else holds there.
    pub except: Vec<PathPattern>,
    /// Prefixes of paths that are kept out, because the app may read them as another rule's path that asks for more.
    pub except_prefixes: Vec<String>,
}

/// Which paths of a pattern a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All of them.
    Whole,
    /// Those without a bracket, as a path template matches them (A25b).
    Template,
}

/// On which hosts a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostScope {
    /// On all.
    Every,
    /// On these.
    Only(Vec<Host>),
    /// On all but these.
    Except(Vec<Host>),
}

/// A rule without its hosts.
pub(super) type RuleBody = (RulePaths, Vec<Grant>);

/// The rules of one scope: disjoint, because each cuts out the narrower paths on which something else holds. Paths that
/// let the same through have the same number in `outcomes`.
pub(super) fn rules(
    access: &Access<'_>,
    paths: &[SeenPath],
    outcomes: &[usize],
    space: &Space,
    brackets: &Brackets,
) -> Vec<RuleBody> {
    let inside = space.inside();
    let hidden = distinct(paths);
    let heads = space.cover(outcomes, |i, head| brackets.is_apart(&paths[i].pattern, &paths[head].pattern));
    let mut closed = closed(paths, space, outcomes, &heads);
    let mut bodies = Vec::new();
    for head in heads {
        let SeenPath { pattern, grants, .. } = &paths[head.pattern];
        if grants.is_empty() {
            continue;
        }
        // Only a path inside another one can be disguised as one of its paths; a `*` may stand for anything.
        let others: Vec<usize> = match (pattern.has_star(), pattern.subtree) {
            (true, _) => hidden.clone(),
            (false, true) => inside[head.pattern].clone(),
            (false, false) => Vec::new(),
        };
        let prefixes = others.into_iter().flat_map(|i| disguises(access, pattern, grants, &paths[i])).collect();
        let mut except: Vec<PathPattern> = head.cuts.iter().map(|&c| paths[c].pattern.clone()).collect();
        except.sort();
        let whole = RulePaths {
            pattern: pattern.clone(),
            extent: Extent::Whole,
            except,
            except_prefixes: without_longer(prefixes),
        };
        let parts = parts(whole, closed.remove(&head.pattern).unwrap_or_default());
        bodies.extend(parts.into_iter().map(|paths| (paths, grants.clone())));
    }
    bodies
}

/// Per head: the subtrees that its rule keeps out, because of their paths with a bracket. None lies in another.
fn closed(
    paths: &[SeenPath],
    space: &Space,
    outcomes: &[usize],
    heads: &[Head],
) -> BTreeMap<usize, BTreeSet<PathPattern>> {
    let is_head: BTreeSet<usize> = heads.iter().map(|head| head.pattern).collect();
    let mut closed: BTreeMap<usize, BTreeSet<PathPattern>> = BTreeMap::new();
    for (i, path) in paths.iter().enumerate().filter(|(_, p)| !p.pattern.has_star() && !p.bracket_free.is_empty()) {
        let stands_for = |&&head: &&usize| {
            !paths[head].pattern.has_star() && outcomes[head] == outcomes[i] && !space.is_parted(i, head, outcomes)
        };
        for &head in space.ancestors[i].iter().filter(stands_for).chain([&i]).filter(|head| is_head.contains(head)) {
            closed.entry(head).or_default().extend(path.bracket_free.iter().cloned());
        }
    }
    for regions in closed.values_mut() {
        let all = regions.clone();
        regions.retain(|region| !all.iter().any(|other| other != region && other.includes(region)));
    }
    closed
}

/// The paths whose confusing forms have prefixes of their own: for those of a path with `*` only what stands before its
/// first `*` counts.
fn distinct(paths: &[SeenPath]) -> Vec<usize> {
    let mut known = BTreeSet::new();
    let is_new = |&i: &usize| {
        let SeenPath { pattern, grants, .. } = &paths[i];
        !pattern.has_star() || known.insert((pattern.before_star(), grants))
    };
    (0..paths.len()).filter(is_new).collect()
}

/// The parts of a rule that keeps out subtrees: what is outside of them, and what a template gives back of each.
fn parts(mut outside: RulePaths, closed: BTreeSet<PathPattern>) -> Vec<RulePaths> {
    let mut parts: Vec<RulePaths> = Vec::with_capacity(1 + closed.len());
    for region in &closed {
        let below = format!("{}/", region.named());
        parts.push(RulePaths {
            pattern: region.clone(),
            extent: Extent::Template,
            except: outside.except.extract_if(.., |path| region.includes(path)).collect(),
            except_prefixes: outside.except_prefixes.extract_if(.., |prefix| prefix.starts_with(&below)).collect(),
        });
    }
    if !closed.contains(&outside.pattern) {
        outside.except.extend(closed);
        outside.except.sort();
        parts.push(outside);
    }
    parts
}

/// The prefixes of paths in `pattern` that an app may read as those of `other`, if that one asks for more.
pub(super) fn disguises(access: &Access<'_>, pattern: &PathPattern, grants: &[Grant], other: &SeenPath) -> Vec<String> {
    // The paths are compared first: with many routes that is what keeps most pairs from the dearer question.
    let prefixes = disguise::prefixes(pattern, &other.pattern);
    if prefixes.is_empty() || access.asks_less(&asked(grants), &asked(&other.grants)) { prefixes } else { Vec::new() }
}

/// Drops prefixes that a shorter one covers.
fn without_longer(prefixes: BTreeSet<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for prefix in prefixes {
        // Sorted: a prefix of a text stands before it, and whatever stands between them begins with it too.
        if kept.last().is_none_or(|shorter| !prefix.starts_with(shorter.as_str())) {
            kept.push(prefix);
        }
    }
    kept
}

pub(super) fn asked(grants: &[Grant]) -> Vec<(MethodSet, Guard)> {
    grants.iter().map(|g| (g.methods, g.guard)).collect()
}

/// Joins rules that are the same in several scopes. The last scope is that of all other hosts.
pub(super) fn merge_scopes(blocks: &[Vec<Host>], scopes: Vec<Vec<RuleBody>>) -> Vec<Rule> {
    let mut order: BTreeMap<RuleBody, Vec<usize>> = BTreeMap::new();
    let count = scopes.len();
    for (scope, bodies) in scopes.into_iter().enumerate() {
        for body in bodies {
            order.entry(body).or_default().push(scope);
        }
    }
    let rest = blocks.len();
    let hosts_of = |scopes: &mut dyn Iterator<Item = usize>| {
        let mut hosts: Vec<Host> = scopes.flat_map(|s| blocks[s].iter().cloned()).collect();
        hosts.sort();
        hosts
    };
    let mut rules: Vec<Rule> = order
        .into_iter()
        .map(|((paths, grants), scopes)| {
            let hosts = if scopes.len() == count {
                HostScope::Every
            } else if scopes.contains(&rest) {
                HostScope::Except(hosts_of(&mut (0..rest).filter(|s| !scopes.contains(s))))
            } else {
                HostScope::Only(hosts_of(&mut scopes.iter().copied()))
            };
            Rule { hosts, paths, grants }
        })
        .collect();
    rules.sort_by(|a, b| {
        PathPattern::most_specific_first(&a.paths.pattern, &b.paths.pattern)
            .then_with(|| a.hosts.cmp(&b.hosts))
            .then_with(|| a.cmp(b))
    });
    rules
}
