//! Per gateway and host, the table of all routes that hold there, whichever app they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::table::{Action, Line, Node, Table};
use super::{Access, Ambiguity, Asked, Forward, Guard, GuardedApp};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, App, AppId, GatewayId, Host, MethodSet, PathPattern, Route};
use crate::parallel;
use crate::source::Span;

/// Hosts of a gateway that share their routes.
#[derive(Debug, Clone)]
pub struct VirtualHost {
    /// The gateway.
    pub gateway: GatewayId,
    /// The hosts, sorted; none covers another.
    pub hosts: Vec<Host>,
    /// The routes.
    pub table: Arc<Table>,
}

/// A route that holds on a host: how specific the host was with which it got there, its app, its place in the app.
type Contribution = (usize, AppId, usize);

/// The routes of a host, and the scopes that its requests meet at the apps with `host` blocks behind it.
type Behind = (Vec<Contribution>, BTreeSet<(AppId, usize)>);

/// Builds the tables of every gateway.
pub(super) fn build(
    access: &Access<'_>,
    guarded: &[GuardedApp],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<VirtualHost> {
    let mut built = Vec::new();
    for (gateway, _) in access.program.gateway_ids() {
        let lines = HostLines::of(access, gateway);
        let mut groups: BTreeMap<Behind, Vec<Host>> = BTreeMap::new();
        let hosts: Vec<&Host> = lines.hosts().collect();
        let behind = parallel::map(&hosts, |host| {
            let contributions = lines.contributions(host);
            let scopes = scopes_behind(access, &lines, host, &contributions);
            (contributions, scopes)
        });
        for (host, behind) in hosts.into_iter().zip(behind) {
            groups.entry(behind).or_default().push(host.clone());
        }
        let groups: Vec<(Behind, Vec<Host>)> = groups.into_iter().collect();
        let tables = parallel::map(&groups, |((contributions, _), hosts)| {
            let mut found = Vec::new();
            let table = build_table(access, guarded, (hosts, &lines), contributions, &mut found);
            (without_covered(hosts, &lines), Arc::new(table), found)
        });
        for (hosts, table, found) in tables {
            let apart = apart(hosts).into_iter();
            built.extend(apart.map(|hosts| VirtualHost { gateway, hosts, table: Arc::clone(&table) }));
            diagnostics.extend(found);
        }
    }
    built
}

/// The scopes that requests for a host meet at the apps behind it, by their place, of apps with `host` blocks alone.
fn scopes_behind(
    access: &Access<'_>,
    lines: &HostLines<'_>,
    host: &Host,
    contributions: &[Contribution],
) -> BTreeSet<(AppId, usize)> {
    let shares = |&(_, app, line): &Contribution| {
        let shares = access.program.app(app).routes[line].options.shares.iter().map(|share| share.app);
        shares.chain([app])
    };
    let apps: BTreeSet<AppId> = contributions.iter().flat_map(shares).collect();
    let enters = |block: &Host| lines.above(block).first().is_some_and(|nearest| *nearest == host);
    let mut found = BTreeSet::new();
    for app in apps.into_iter().filter(|&app| !access.workload(app).host_blocks.is_empty()) {
        let scopes = access.workload(app).scopes_of(std::slice::from_ref(host), enters);
        found.extend(scopes.map(|(place, _)| (app, place)));
    }
    found
}

/// Drops hosts that the nearest wildcard above them serves with the same table: Envoy then picks that wildcard (V7).
fn without_covered(hosts: &[Host], lines: &HostLines<'_>) -> Vec<Host> {
    let nearest = |host: &Host| lines.above(host).into_iter().find(|above| *above != host);
    let mut kept: Vec<Host> =
        hosts.iter().filter(|host| nearest(host).is_none_or(|above| !hosts.contains(above))).cloned().collect();
    kept.sort();
    kept
}

/// Parts hosts so that none covers another of its part: a wildcard and a host below it can have the same routes though a
/// wildcard between them has others, and Istio takes no two such hosts in one object (V7c).
fn apart(hosts: Vec<Host>) -> Vec<Vec<Host>> {
    let all: BTreeSet<Host> = hosts.iter().filter(|host| host.is_wildcard()).cloned().collect();
    let depth = |host: &Host| host.wildcards_above().iter().filter(|above| all.contains(above)).count();
    let mut by_depth: BTreeMap<usize, Vec<Host>> = BTreeMap::new();
    for host in hosts {
        by_depth.entry(depth(&host)).or_default().push(host);
    }
    by_depth.into_values().collect()
}

/// Which routes were written for which host pattern of a gateway.
struct HostLines<'a> {
    by_host: BTreeMap<&'a Host, Vec<(AppId, usize)>>,
}

impl<'a> HostLines<'a> {
    fn of(access: &Access<'a>, gateway: GatewayId) -> Self {
        let mut by_host: BTreeMap<&Host, Vec<(AppId, usize)>> = BTreeMap::new();
        for (id, app) in access.program.app_ids().filter(|(_, app)| app.gateways.contains(&gateway)) {
            for (i, route) in app.routes.iter().enumerate() {
                let all = app.hosts.iter().filter(|_| route.hosts.is_none()).map(|h| &h.value);
                for host in route.hosts.iter().flatten().chain(all) {
                    by_host.entry(host).or_default().push((id, i));
                }
            }
        }
        HostLines { by_host }
    }

    fn hosts(&self) -> impl Iterator<Item = &'a Host> {
        self.by_host.keys().copied()
    }

    /// The written patterns that cover a host, the most specific first, the host itself among them.
    fn above(&self, host: &Host) -> Vec<&'a Host> {
        let known = |host: &Host| self.by_host.get_key_value(host).map(|(&known, _)| known);
        known(host).into_iter().chain(host.wildcards_above().iter().filter_map(known)).collect()
    }

    /// Every route that holds on a host, with the rank of the pattern that brought it (0 is the most specific). A route
    /// that comes by several patterns counts with the most specific.
    fn contributions(&self, host: &Host) -> Vec<Contribution> {
        let mut best: BTreeMap<(AppId, usize), usize> = BTreeMap::new();
        for (rank, pattern) in self.above(host).into_iter().enumerate() {
            for &line in &self.by_host[pattern] {
                best.entry(line).or_insert(rank);
            }
        }
        let mut ranks: Vec<usize> = best.values().copied().collect();
        ranks.sort_unstable();
        ranks.dedup();
        let dense = |rank: usize| ranks.binary_search(&rank).unwrap_or(0);
        let mut contributions: Vec<Contribution> =
            best.into_iter().map(|((app, line), rank)| (dense(rank), app, line)).collect();
        contributions.sort_unstable();
        contributions
    }
}

fn build_table(
    access: &Access<'_>,
    guarded: &[GuardedApp],
    (hosts, lines): (&[Host], &HostLines<'_>),
    contributions: &[Contribution],
    diagnostics: &mut Vec<Diagnostic>,
) -> Table {
    let (program, host) = (access.program, &hosts[0]);
    let mut by_path: BTreeMap<&PathPattern, Vec<(usize, AppId, usize)>> = BTreeMap::new();
    for &(rank, app, line) in contributions {
        by_path.entry(&program.app(app).routes[line].path).or_default().push((rank, app, line));
    }
    let mut nodes = Vec::with_capacity(by_path.len());
    for (pattern, found) in by_path {
        // For one path the app with the more specific host wins as a whole; its own lines all count.
        let Some(&(best, owner, first)) = found.iter().min() else { continue };
        if let Some(&(_, other, line)) = found.iter().find(|&&(rank, app, _)| rank == best && app != owner) {
            diagnostics.push(shared_path(program.app(owner), first, program.app(other), line, host));
        }
        // Most paths have one line, and there are many paths: no room is kept for more.
        let room = Vec::with_capacity(found.len());
        let mut node = Node { pattern: pattern.clone(), app: owner, lines: room, bracket_free: Vec::new() };
        for (_, app, line) in found.into_iter().filter(|&(_, app, _)| app == owner) {
            let route = &program.app(app).routes[line];
            if let Some(earlier) = node.lines.iter().find(|l| !l.methods.intersection(route.methods).is_empty()) {
                diagnostics.push(duplicate(earlier, route, host));
                continue;
            }
            node.lines.push(line_of(owner, route, guarded[app.0].guards[line]));
        }
        nodes.push(node);
    }
    let (mut table, overlaps) = Table::new(nodes);
    let mut told = BTreeSet::new();
    for overlap in overlaps {
        // One line more mends all the overlaps that have one common part.
        if !told.insert(overlap.common.clone()) {
            continue;
        }
        let (a, b) = (&table.nodes[overlap.first], &table.nodes[overlap.second]);
        diagnostics.push(overlapping(a, b, &overlap.common, host));
    }
    // A host of a block that is served here by itself has a table of its own.
    let enters = |block: &Host| lines.above(block).first().is_some_and(|nearest| hosts.contains(nearest));
    mark_refusals(access, &mut table, hosts, enters);
    mark_brackets(access, &mut table, hosts, enters);
    table
}

/// The table of an app's own routes, as if they held on one host.
pub(super) fn table_of_app(id: AppId, app: &App, guards: &[Guard]) -> Table {
    let mut by_path: BTreeMap<&PathPattern, Vec<Line>> = BTreeMap::new();
    for (route, &guard) in app.routes.iter().zip(guards) {
        by_path.entry(&route.path).or_default().push(line_of(id, route, guard));
    }
    let node = |(pattern, lines): (&PathPattern, Vec<Line>)| Node {
        pattern: pattern.clone(),
        app: id,
        lines,
        bracket_free: Vec::new(),
    };
    Table::new(by_path.into_iter().map(node).collect()).0
}

fn line_of(app: AppId, route: &Route, guard: Guard) -> Line {
    let (guard, action) = match &route.access {
        ir::Access::Public | ir::Access::Require { .. } => (guard, Action::Forward(Forward::of(app, &route.options))),
        ir::Access::Deny => (Guard::Refused, Action::Refuse),
        ir::Access::Redirect(redirect) => (Guard::Public, Action::Redirect(redirect.clone())),
    };
    Line { methods: route.methods, guard, action, span: route.span, head: route.head }
}

/// Finds out whether a path that can be read in two ways could get through with less than its other reading asks for,
/// on these hosts or at one of the apps behind them: what an app refuses, the gateway refuses before it.
fn mark_refusals(access: &Access<'_>, table: &mut Table, hosts: &[Host], enters: impl Fn(&Host) -> bool) {
    let nodes = &table.nodes;
    let by_method = |node: &Node| node.lines.iter().map(|l| (l.methods, l.guard)).collect::<Vec<_>>();
    let passes = |node: &Node| node.lines.iter().any(|l| matches!(l.action, Action::Forward(_)));
    let asks = nodes.iter().map(|n| Asked { pattern: &n.pattern, by_method: by_method(n), passes: passes(n) });
    let asks: Vec<_> = asks.collect();
    let refuses = |app: AppId| access.workload(app).scopes_of(hosts, &enters).any(|(_, scope)| scope.has_disguises);
    let apps = nodes.iter().flat_map(|n| n.lines.iter().flat_map(Line::destinations).chain([n.app]));
    let apps: BTreeSet<AppId> = apps.collect();
    if access.have_disguises(&asks) || apps.iter().any(|&app| refuses(app)) {
        let seen = apps.iter().flat_map(|&app| access.workload(app).scopes.iter().flat_map(|s| &s.paths));
        table.refuse_ambiguous =
            Some(Ambiguity::of(nodes.iter().map(|n| &n.pattern).chain(seen.map(|path| &path.pattern))));
    }
}

/// Finds out where the apps behind the nodes refuse paths with a bracket.
fn mark_brackets(access: &Access<'_>, table: &mut Table, hosts: &[Host], enters: impl Fn(&Host) -> bool) {
    for node in &mut table.nodes {
        let mut found = BTreeSet::new();
        for line in &node.lines {
            let Action::Forward(Forward { destinations, timeout_ms: _, retries: _, rewrite }) = &line.action else {
                continue;
            };
            let seen = rewrite.as_ref().unwrap_or(&node.pattern);
            for to in destinations {
                for (_, scope) in access.workload(to.app).scopes_of(hosts, &enters) {
                    let path = scope.paths.binary_search_by(|p| PathPattern::most_specific_first(&p.pattern, seen));
                    let regions = path.ok().map_or(&[][..], |at| &scope.paths[at].bracket_free);
                    found.extend(regions.iter().filter_map(|region| before_rewrite(region, seen, &node.pattern)));
                }
            }
        }
        node.bracket_free = found.into_iter().collect();
    }
}

/// The paths that a client asks for, of those that an app sees in a subtree below `seen`.
fn before_rewrite(region: &PathPattern, seen: &PathPattern, asked: &PathPattern) -> Option<PathPattern> {
    if seen == asked {
        return Some(region.clone());
    }
    // Of a path that is replaced as a whole nothing is left that could have a bracket.
    let rest = region.segments.strip_prefix(seen.segments.as_slice()).filter(|_| seen.subtree && asked.subtree)?;
    Some(PathPattern { segments: asked.segments.iter().chain(rest).cloned().collect(), subtree: true })
}

fn shared_path(a: &App, first: usize, b: &App, second: usize, host: &Host) -> Diagnostic {
    let mut sides = [(a, &a.routes[first]), (b, &b.routes[second])];
    sides.sort_by_key(|(_, route)| route.head);
    let [(a, mine), (b, theirs)] = sides;
    Diagnostic::new(
        codes::SHARED_HOST_CONFLICT,
        format!("apps `{}` and `{}` both have `{}` on host `{host}`", a.name, b.name, mine.path),
        theirs.head,
        format!("app `{}` has it here", b.name),
    )
    .with_secondary(mine.head, format!("app `{}` has it here", a.name))
    .with_request(format!("{} {}{}", theirs.methods.example(), host.example(), mine.path.example()))
    .with_help("give the path to one of the apps, or put the apps on different hosts")
}

fn duplicate(earlier: &Line, route: &Route, host: &Host) -> Diagnostic {
    let common: MethodSet = earlier.methods.intersection(route.methods);
    duplicate_route(earlier.head, route.head, &route.path, common).with_request(format!(
        "{} {}{}",
        common.example(),
        host.example(),
        route.path.example()
    ))
}

/// The error for a method that is listed twice for a path.
pub(super) fn duplicate_route(one: Span, other: Span, path: &PathPattern, common: MethodSet) -> Diagnostic {
    let (first, again) = if one <= other { (one, other) } else { (other, one) };
    Diagnostic::new(
        codes::DUPLICATE_ROUTE,
        format!("`{common}` is listed twice for `{path}`"),
        again,
        "listed again here",
    )
    .with_secondary(first, "first listed here")
    .with_help("keep one of the two lines; no order of lines decides between them")
}

fn overlapping(a: &Node, b: &Node, common: &PathPattern, host: &Host) -> Diagnostic {
    overlapping_paths(a, b, common).with_request(format!(
        "{} {}{}",
        b.lines.first().map_or("GET", |l| l.methods.example()),
        host.example(),
        common.example()
    ))
}

/// The error for two paths of which neither includes the other.
fn overlapping_paths(a: &Node, b: &Node, common: &PathPattern) -> Diagnostic {
    let (Some(first), Some(second)) = (a.lines.first(), b.lines.first()) else {
        unreachable!("a node is made from at least one line")
    };
    if first.head <= second.head {
        overlap_diagnostic(first.head, second.head, &a.pattern, &b.pattern, common)
    } else {
        overlap_diagnostic(second.head, first.head, &b.pattern, &a.pattern, common)
    }
}

/// The error for two overlapping paths, by the places where they are written.
pub(super) fn overlap_diagnostic(
    first: Span,
    second: Span,
    a: &PathPattern,
    b: &PathPattern,
    common: &PathPattern,
) -> Diagnostic {
    Diagnostic::new(
        codes::OVERLAPPING_PATHS,
        format!("`{a}` and `{b}` overlap, and neither is inside the other"),
        second,
        "which of the two owns a path that both match?",
    )
    .with_secondary(first, "overlaps with this")
    .with_help(format!("add a line for `{common}`, the part that they share: it then decides there"))
}
