//! The routes of a host, by path: which app owns a path, and what each method meets there.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::space::{Overlap, Space};
use super::{Ambiguity, Forward, Guard, brackets, leads_to};
use crate::ir::{AppId, MethodSet, PathPattern, Redirect, RouteOptions};
use crate::source::Span;

/// The routes of a host. Nodes stand the most specific first; the first whose pattern matches owns a path.
#[derive(Debug, Clone)]
pub struct Table {
    /// The paths.
    pub nodes: Vec<Node>,
    pub(super) space: Space,
    /// The paths that can be read in two ways, if they must be refused because the other reading may be another node's,
    /// which asks for more.
    pub refuse_ambiguous: Option<Ambiguity>,
}

/// A path of a host, with the methods that are listed for it. Any other method is refused.
#[derive(Debug, Clone)]
pub struct Node {
    /// The paths.
    pub pattern: PathPattern,
    /// The app that the path belongs to.
    pub app: AppId,
    /// What is listed, in order of methods. No method stands in two lines.
    pub lines: Vec<Line>,
    /// Of its own paths those with a bracket in these subtrees are refused, because an app behind it would refuse them
    /// (`access::brackets`).
    pub(super) bracket_free: Vec<PathPattern>,
}

/// A part of a node's paths that a target has to tell from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// All paths of a pattern.
    Whole(Cow<'a, PathPattern>),
    /// Those of a pattern with a `*` that have no bracket.
    WithoutBracket(PathPattern),
    /// Those below the named segments of a subtree without `*` that have a bracket.
    WithBracket(&'a PathPattern),
}

/// Methods of a path that meet the same.
#[derive(Debug, Clone)]
pub struct Line {
    /// The methods.
    pub methods: MethodSet,
    /// What a request must bring to be passed on; `Refused` for `deny`, `Public` for a redirect.
    pub guard: Guard,
    /// What is done with it.
    pub action: Action,
    /// The line of the program.
    pub span: Span,
    /// Methods and path of that line.
    pub head: Span,
}

/// What a gateway does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Passes it on.
    Forward(Forward),
    /// Sends the client elsewhere.
    Redirect(Redirect),
    /// Refuses it: `deny`.
    Refuse,
}

impl Table {
    /// Builds a table of distinct nodes in any order; overlaps are given back and make the table unusable.
    pub(super) fn new(mut nodes: Vec<Node>) -> (Self, Vec<Overlap>) {
        nodes.sort_by(|a, b| PathPattern::most_specific_first(&a.pattern, &b.pattern));
        for node in &mut nodes {
            node.lines.sort_by_key(|l| (l.methods, l.span));
        }
        let patterns: Vec<&PathPattern> = nodes.iter().map(|n| &n.pattern).collect();
        let (space, overlaps) = Space::new(&patterns);
        (Table { nodes, space, refuse_ambiguous: None }, overlaps)
    }

    /// The wider nodes round a node, the most specific first.
    pub(crate) fn around(&self, node: usize) -> &[usize] {
        &self.space.ancestors[node]
    }

    /// The node that owns a path.
    pub fn owner(&self, path: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.pattern.matches(path))
    }

    /// The nodes whose action is not already that of every node around them: the others need no rule of their own,
    /// because a request in them is treated alike by the next wider node.
    pub fn nodes_with_own_action(&self) -> Vec<&Node> {
        let kept = |i: &usize| {
            let node = &self.nodes[*i];
            let mut parents = self.space.parents(*i).map(|p| &self.nodes[p]).peekable();
            parents.peek().is_none() || !parents.all(|wider| node.acts_like(wider) && node.refuses_like(wider))
        };
        (0..self.nodes.len()).filter(kept).map(|i| &self.nodes[i]).collect()
    }
}

impl Line {
    /// The apps that get requests of this line.
    pub fn destinations(&self) -> impl Iterator<Item = AppId> {
        let destinations = match &self.action {
            Action::Forward(Forward { destinations, timeout_ms: _, retries: _, rewrite: _ }) => destinations.as_slice(),
            Action::Redirect(_) | Action::Refuse => &[],
        };
        destinations.iter().map(|to| to.app)
    }
}

impl Node {
    /// The guard of a method: `Refused` where it is not listed.
    pub fn guard_of(&self, methods: MethodSet) -> Guard {
        self.lines.iter().find(|l| !l.methods.intersection(methods).is_empty()).map_or(Guard::Refused, |l| l.guard)
    }

    /// The one way in which the node passes every request on, whatever its method: possible where the workload behind
    /// it refuses what is not listed. `None` if methods are treated differently, if the path is rewritten or shared with
    /// other apps (the workload then cannot tell, or has lines of its own for the other methods), or if the client is
    /// redirected.
    pub fn uniform_forward(&self) -> Option<Forward> {
        let mut found: Option<&Forward> = None;
        for line in &self.lines {
            match &line.action {
                Action::Forward(forward) => {
                    // Timeout and retries are the gateway's alone: it is enough that they are the same for all methods.
                    let Forward { destinations, timeout_ms: _, retries: _, rewrite } = forward;
                    if rewrite.is_some() || !leads_to(destinations, self.app) || found.is_some_and(|f| f != forward) {
                        return None;
                    }
                    found = Some(forward);
                }
                Action::Redirect(_) => return None,
                Action::Refuse => {}
            }
        }
        Some(found.cloned().unwrap_or_else(|| Forward::of(self.app, &RouteOptions::default())))
    }

    /// Whether a path that the node owns is refused for a bracket in it.
    pub(super) fn refuses_bracket(&self, path: &str) -> bool {
        brackets::is_refused(path, &self.bracket_free)
    }

    /// The node's paths in parts, in an order in which the first that takes a path decides, and whether it is refused.
    pub fn parts(&self) -> Vec<(Part<'_>, bool)> {
        let whole = (Part::Whole(Cow::Borrowed(&self.pattern)), false);
        if !self.pattern.has_star() {
            let refused = self.bracket_free.iter().map(|below| (Part::WithBracket(below), true));
            return refused.chain([whole]).collect();
        }
        let met: Vec<PathPattern> = self.bracket_free.iter().filter_map(|below| below.meet(&self.pattern)).collect();
        let rest = (!met.contains(&self.pattern)).then_some(whole);
        let fine: Vec<_> = met.iter().map(|pattern| (Part::WithoutBracket(pattern.clone()), false)).collect();
        let refused = met.into_iter().map(|pattern| (Part::Whole(Cow::Owned(pattern)), true));
        fine.into_iter().chain(refused).chain(rest).collect()
    }

    /// Whether of the node's paths the other one, which is wider, refuses the same ones for a bracket.
    fn refuses_like(&self, wider: &Node) -> bool {
        let of = |node: &Node| -> BTreeSet<PathPattern> {
            node.bracket_free.iter().filter_map(|below| below.meet(&self.pattern)).collect()
        };
        self.bracket_free.is_empty() && wider.bracket_free.is_empty() || of(self) == of(wider)
    }

    fn acts_like(&self, other: &Node) -> bool {
        matches!((self.uniform_forward(), other.uniform_forward()), (Some(a), Some(b)) if a == b)
    }

    /// The node's redirect, if every method is redirected.
    pub fn uniform_redirect(&self) -> Option<&Redirect> {
        match self.lines.as_slice() {
            [Line { methods, action: Action::Redirect(redirect), .. }] if methods.is_any() => Some(redirect),
            _ => None,
        }
    }
}
