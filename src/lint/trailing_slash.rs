//! Guarded paths for which the same path with or without a slash at its end asks for less.
//!
//! The proxies keep the two apart, and so do the routes. Many apps do not.

use crate::access::{Access, Action, Guard, Line, Node, Table};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{MethodSet, PathPattern, Segment};
use crate::parallel;

pub(super) fn found(access: &Access<'_>) -> Vec<Diagnostic> {
    parallel::map(&access.tables(), |(authority, table)| in_table(access, table, authority))
        .into_iter()
        .flatten()
        .collect()
}

/// The warnings for the paths that hold together at an authority.
fn in_table(access: &Access<'_>, table: &Table, authority: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let starred: Vec<usize> = (0..table.nodes.len()).filter(|&i| table.nodes[i].pattern.has_star()).collect();
    for (i, node) in table.nodes.iter().enumerate() {
        if node.pattern.subtree || node.lines.iter().all(|line| line.guard == Guard::Public) {
            continue;
        }
        let Some(other) = other(&node.pattern) else { continue };
        // Another app serves other things.
        let Some(owner) = owner(table, i, &other, &starred).filter(|owner| owner.app == node.app) else { continue };
        if let Some((open, line, methods)) = asks_less(access, owner, node) {
            found.push(warning(node, line, &other, owner, open, methods, authority));
        }
    }
    found
}

/// The node that owns the other path of a node: that path itself, one of those round the node, or one with a `*`.
fn owner<'t>(table: &'t Table, node: usize, other: &PathPattern, starred: &[usize]) -> Option<&'t Node> {
    let nodes = &table.nodes;
    let itself = nodes.binary_search_by(|n| PathPattern::most_specific_first(&n.pattern, other)).ok();
    let wider = table.around(node).iter().chain(starred).filter(|&&i| nodes[i].pattern.includes(other));
    // The most specific stand first.
    itself.into_iter().chain(wider.copied()).min().map(|i| &nodes[i])
}

/// The path with a slash at its end, or without it. A subtree has both.
fn other(pattern: &PathPattern) -> Option<PathPattern> {
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
    other: &PathPattern,
    owner: &Node,
    open: &Line,
    methods: MethodSet,
    authority: &str,
) -> Diagnostic {
    let named = node.pattern.named();
    let below = PathPattern { subtree: true, ..without_slash(&node.pattern) };
    let help = if owner.pattern == below {
        format!("list `{other}` too, and let it ask for the same")
    } else {
        format!("list `{below}` instead: it is the path with and without the slash, and everything below")
    };
    Diagnostic::new(
        codes::TWIN_ASKS_LESS,
        format!("`{other}` asks for less than `{named}`, and many apps take the one for the other"),
        line.head,
        format!("says nothing of `{other}`"),
    )
    .with_secondary(open.head, format!("decides for `{other}`"))
    .with_request(format!("{} {authority}{}", methods.example(), other.example()))
    .with_help(help)
}

fn without_slash(pattern: &PathPattern) -> PathPattern {
    let mut segments = pattern.segments.clone();
    if segments.last().is_some_and(|last| *last == Segment::Literal(String::new())) {
        segments.pop();
    }
    PathPattern { segments, subtree: pattern.subtree }
}
