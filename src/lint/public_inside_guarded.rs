//! Public routes inside guarded ones, unless the guarded one is just everything.

use std::collections::BTreeMap;

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Access, App, Host, PathPattern, Route, Segment};
use crate::syntax::ast::File;

pub(super) fn found(_: &[File], analysis: &Analysis) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for app in &analysis.program.apps {
        let guarded = Guarded::of(app);
        if guarded.subtrees.is_empty() && guarded.starred.is_empty() {
            continue;
        }
        for route in app.routes.iter().filter(|r| matches!(r.access, Access::Public)) {
            if let Some(outer) = guarded.around(app, route) {
                found.push(open_inside(app, route, outer));
            }
        }
    }
    found
}

/// The guarded routes of an app that can have others inside: with a named segment, and with `**` or `*`.
struct Guarded<'p> {
    /// Those without `*`, by their named segments.
    subtrees: BTreeMap<&'p [Segment], Vec<usize>>,
    /// Those with `*`.
    starred: Vec<usize>,
}

impl<'p> Guarded<'p> {
    fn of(app: &'p App) -> Self {
        let mut guarded = Guarded { subtrees: BTreeMap::new(), starred: Vec::new() };
        for (i, route) in app.routes.iter().enumerate() {
            let path = &route.path;
            if !matches!(route.access, Access::Require { .. }) || !has_name(path) {
                continue;
            }
            if path.has_star() {
                guarded.starred.push(i);
            } else if path.subtree {
                guarded.subtrees.entry(&path.segments).or_default().push(i);
            }
        }
        guarded
    }

    /// The narrowest guarded route that this one lies strictly inside, on some common host.
    fn around<'r>(&self, app: &'r App, route: &Route) -> Option<&'r Route> {
        let segments = &route.path.segments;
        let prefixes = (1..=segments.len()).rev().filter_map(|n| self.subtrees.get(&segments[..n])).flatten();
        prefixes
            .chain(&self.starred)
            .map(|&i| &app.routes[i])
            .find(|outer| outer.path != route.path && outer.path.includes(&route.path) && share_a_host(outer, route))
    }
}

fn has_name(path: &PathPattern) -> bool {
    path.segments.iter().any(|segment| matches!(segment, Segment::Literal(text) if !text.is_empty()))
}

fn share_a_host(a: &Route, b: &Route) -> bool {
    match (&a.hosts, &b.hosts) {
        (Some(a), Some(b)) => a.iter().any(|a| b.iter().any(|b| a.overlaps(b))),
        _ => true,
    }
}

fn open_inside(app: &App, route: &Route, outer: &Route) -> Diagnostic {
    let host = route.hosts.iter().flatten().next().or_else(|| app.hosts.first().map(|host| &host.value));
    let host = host.map(Host::example).unwrap_or_default();
    Diagnostic::new(
        codes::PUBLIC_INSIDE_GUARDED,
        format!("`{}` is public and lies inside `{}`, which is guarded", route.path, outer.path),
        route.head,
        "open to everybody",
    )
    .with_secondary(outer.head, "a token is required here")
    .with_request(format!("{} {host}{}", route.methods.example(), route.path.example()))
    .with_help("the most specific path decides; if the route is not meant to be open, write `require …`")
}
