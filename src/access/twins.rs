//! Guarded paths whose twin, the same path with or without a slash at its end, asks for less.
//!
//! The proxies keep the two apart, and so do the routes. Many apps do not.

use std::collections::BTreeMap;

use super::virtual_hosts::line_of;
use super::{Access, Action, Guard, GuardedApp, Line, Node, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{MethodSet, PathPattern, Segment};

/// The warnings for the paths that hold together at an authority.
pub(super) fn warnings(access: &Access<'_>, table: &Table, authority: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let starred: Vec<usize> = (0..table.nodes.len()).filter(|&i| table.nodes[i].pattern.has_star()).collect();
    for (i, node) in table.nodes.iter().enumerate() {
        if node.pattern.subtree || node.lines.iter().all(|line| line.guard == Guard::Public) {
            continue;
        }
        let Some(twin) = twin(&node.pattern) else { continue };
        // Another app serves other things.
        let Some(owner) = owner(table, i, &twin, &starred).filter(|owner| owner.app == node.app) else { continue };
        if let Some((open, line, methods)) = asks_less(access, owner, node) {
            found.push(warning(node, line, &twin, owner, open, methods, authority));
        }
    }
    found
}

/// The same for apps that are reached from inside the mesh alone, whose routes stand in no virtual host.
pub(super) fn inside(access: &Access<'_>, guarded: &[GuardedApp]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, app) in access.program.app_ids().filter(|(_, app)| app.hosts.is_empty() || app.gateways.is_empty()) {
        let mut by_path: BTreeMap<&PathPattern, Vec<Line>> = BTreeMap::new();
        for (route, &guard) in app.routes.iter().zip(&guarded[id.0].guards) {
            by_path.entry(&route.path).or_default().push(line_of(id, route, guard));
        }
        let node = |(pattern, lines): (&PathPattern, Vec<Line>)| Node {
            pattern: pattern.clone(),
            app: id,
            lines,
            bracket_free: Vec::new(),
        };
        let (table, _) = Table::new(by_path.into_iter().map(node).collect());
        let authority = format!("{}.{}.svc.cluster.local", app.service, app.namespace);
        found.extend(warnings(access, &table, &authority));
    }
    found
}

/// The node that owns the twin of a node: the twin itself, one of those round the node, or one with a `*`.
fn owner<'t>(table: &'t Table, node: usize, twin: &PathPattern, starred: &[usize]) -> Option<&'t Node> {
    let nodes = &table.nodes;
    let itself = nodes.binary_search_by(|n| PathPattern::most_specific_first(&n.pattern, twin)).ok();
    let wider = table.space.ancestors[node].iter().chain(starred).filter(|&&i| nodes[i].pattern.includes(twin));
    // The most specific stand first.
    itself.into_iter().chain(wider.copied()).min().map(|i| &nodes[i])
}

/// The path with a slash at its end, or without it. A subtree has both.
fn twin(pattern: &PathPattern) -> Option<PathPattern> {
    if pattern.subtree {
        return None;
    }
    let slash = Segment::Literal(String::new());
    let segments = match pattern.segments.split_last()? {
        (last, []) if *last == slash => return None,
        (last, before) if *last == slash => before.to_vec(),
        _ => pattern.segments.iter().cloned().chain([slash]).collect(),
    };
    Some(PathPattern { segments, subtree: false })
}

/// The line of the owner that asks for less than a line of the node does, that line, and for which methods. Only what
/// the node lists is compared: of other methods nobody said how they are guarded.
fn asks_less<'n>(access: &Access<'_>, owner: &'n Node, node: &'n Node) -> Option<(&'n Line, &'n Line, MethodSet)> {
    // A redirect leads nobody to the app.
    let reach = || owner.lines.iter().filter(|open| matches!(open.action, Action::Forward(_)));
    let pairs = node.lines.iter().flat_map(|line| reach().map(move |open| (open, line)));
    let mut common = pairs.map(|(open, line)| (open, line, open.methods.intersection(line.methods)));
    common.find(|(open, line, methods)| {
        !methods.is_empty() && access.asks_less(&[(*methods, open.guard)], &[(line.methods, line.guard)])
    })
}

fn warning(
    node: &Node,
    line: &Line,
    twin: &PathPattern,
    owner: &Node,
    open: &Line,
    methods: MethodSet,
    authority: &str,
) -> Diagnostic {
    let named = node.pattern.named();
    let below = PathPattern { subtree: true, ..without_slash(&node.pattern) };
    let help = if owner.pattern == below {
        format!("list `{twin}` too, and let it ask for the same")
    } else {
        format!("list `{below}` instead: it is the path with and without the slash, and everything below")
    };
    Diagnostic::new(
        codes::TWIN_ASKS_LESS,
        format!("`{twin}` asks for less than `{named}`, and many apps take the one for the other"),
        line.head,
        format!("says nothing of `{twin}`"),
    )
    .with_secondary(open.head, format!("decides for `{twin}`"))
    .with_request(format!("{} {authority}{}", methods.example(), twin.example()))
    .with_help(help)
}

fn without_slash(pattern: &PathPattern) -> PathPattern {
    let mut segments = pattern.segments.clone();
    if segments.last().is_some_and(|last| *last == Segment::Literal(String::new())) {
        segments.pop();
    }
    PathPattern { segments, subtree: pattern.subtree }
}
