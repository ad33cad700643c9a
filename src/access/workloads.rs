//! Per app, who may call it: the rules in the paths that the app's own proxy sees, after rewrites and splits.

use std::collections::{BTreeMap, BTreeSet};

use super::arrivals::{Seen, alike, keeps_out};
use super::brackets::{self, Brackets};
use super::rules::{Rule, asked, merge_scopes, rules};
use super::space::Space;
use super::virtual_hosts::{duplicate_route, overlap_diagnostic};
use super::{Access, Asked, Guard, GuardedApp, in_order};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, AppId, Host, IssuerId, MethodSet, PathPattern};
use crate::parallel;
use crate::source::Span;

/// Who may call an app.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The issuers whose tokens are verified; empty: none is looked at.
    pub verifies: Vec<IssuerId>,
    /// What lets a request through; a request that no rule matches is refused.
    pub rules: Vec<Rule>,
    /// The hosts that have rules of their own, in sets that have the same ones.
    pub host_blocks: Vec<Vec<Host>>,
    /// Lines of other apps that send a share of their requests here.
    pub imported: Vec<Span>,
    /// What the rules were made from: per scope of hosts the paths, the most specific first.
    pub scopes: Vec<Scope>,
}

/// The paths that hold on some hosts, as the app sees them.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The hosts; `None`: all that no other scope names.
    pub hosts: Option<Vec<Host>>,
    /// The paths, the most specific first.
    pub paths: Vec<SeenPath>,
    /// Whether a path that can be read in two ways could get through with less than its other reading asks for.
    pub(super) has_disguises: bool,
}

impl Workload {
    /// The scopes that requests for one of these hosts of a gateway can meet, with their places: `enters` says of a host
    /// of a block whether its requests are among them.
    pub(super) fn scopes_of(
        &self,
        hosts: &[Host],
        enters: impl Fn(&Host) -> bool,
    ) -> impl Iterator<Item = (usize, &Scope)> {
        let is_named = |host: &Host| self.host_blocks.iter().flatten().any(|block| block.covers(host));
        let others = !hosts.iter().all(is_named);
        let meets = move |scope: &Scope| scope.hosts.as_ref().map_or(others, |listed| listed.iter().any(&enters));
        self.scopes.iter().enumerate().filter(move |(_, scope)| meets(scope))
    }
}

/// A path as the app sees it, and what is let through on it.
#[derive(Debug, Clone)]
pub struct SeenPath {
    /// The paths.
    pub pattern: PathPattern,
    /// What is let through; empty: nothing.
    pub grants: Vec<Grant>,
    /// Of its own paths those with a bracket in these subtrees are refused (`access::brackets`).
    pub(super) bracket_free: Vec<PathPattern>,
    /// The lines that say so.
    pub lines: Vec<Span>,
}

impl SeenPath {
    /// Whether a path that this one owns is refused for a bracket in it.
    pub(super) fn refuses_bracket(&self, path: &str) -> bool {
        brackets::is_refused(path, &self.bracket_free)
    }
}

/// Methods and what a request must bring to use them; never `Refused`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// What a request must bring.
    pub guard: Guard,
    /// The methods.
    pub methods: MethodSet,
}

/// Builds the rules of every app.
pub(super) fn build(access: &Access<'_>, guarded: &[GuardedApp], diagnostics: &mut Vec<Diagnostic>) -> Vec<Workload> {
    let program = access.program;
    let mut seen: Vec<Vec<Seen<'_>>> = program.apps.iter().map(|_| Vec::new()).collect();
    let mut verifies: Vec<BTreeSet<IssuerId>> = guarded.iter().map(|g| g.verifies.iter().copied().collect()).collect();
    let mut imported: Vec<Vec<Span>> = program.apps.iter().map(|_| Vec::new()).collect();
    for (id, app) in program.app_ids() {
        for (route, &guard) in app.routes.iter().zip(&guarded[id.0].guards) {
            // A redirect is answered at the gateway; whoever comes straight to the app is refused there.
            let path = route.options.rewrite.as_ref().unwrap_or(&route.path);
            let rewritten = route.options.rewrite.is_some();
            seen[id.0].push(Seen { path, guard, of: id, route, moved: rewritten });
            for share in &route.options.shares {
                seen[share.app.0].push(Seen { path, guard, of: id, route, moved: true });
                imported[share.app.0].push(route.span);
                if let Guard::Require(requirement) = guard {
                    let named = access.requirement(requirement).alternatives.iter().map(|a| a.issuer);
                    verifies[share.app.0].extend(named);
                }
            }
        }
    }
    for (id, app) in program.app_ids() {
        for route in &app.routes {
            for share in &route.options.shares {
                if verifies[share.app.0] != verifies[id.0] {
                    diagnostics.push(split_issuers(access, id, share, &verifies));
                }
            }
        }
    }
    let parts: Vec<_> = seen.into_iter().zip(verifies).zip(imported).collect();
    let built = parallel::map(&parts, |((seen, verifies), imported)| {
        let mut found = Vec::new();
        (workload(access, seen, verifies, imported, &mut found), found)
    });
    let mut workloads = Vec::with_capacity(built.len());
    for (workload, found) in built {
        workloads.push(workload);
        diagnostics.extend(found);
    }
    workloads
}

fn workload(
    access: &Access<'_>,
    seen: &[Seen<'_>],
    verifies: &BTreeSet<IssuerId>,
    imported: &[Span],
    diagnostics: &mut Vec<Diagnostic>,
) -> Workload {
    let blocks = host_blocks(seen);
    let (mut bodies, mut scopes) = (Vec::new(), Vec::new());
    for hosts in blocks.iter().map(Some).chain([None]) {
        let holds = |s: &&Seen<'_>| match (&s.route.hosts, hosts) {
            (None, _) => true,
            (Some(listed), Some(hosts)) => listed.iter().any(|l| l.covers(&hosts[0])),
            (Some(_), None) => false,
        };
        let (paths, space) = seen_paths(seen.iter().filter(holds).collect(), diagnostics);
        let (paths, alike, brackets) = with_brackets(access, paths, &space);
        bodies.push(rules(access, &paths, &alike, &space, &brackets));
        // Asked of the paths that the app sees: the ones of the gateway may all be open where these are not.
        let asks = paths.iter().map(|path| {
            let SeenPath { pattern, grants, .. } = path;
            Asked { pattern, by_method: asked(grants), passes: !grants.is_empty() }
        });
        let asks: Vec<_> = asks.collect();
        let has_disguises = access.have_disguises(&asks);
        scopes.push(Scope { hosts: hosts.cloned(), paths, has_disguises });
    }
    Workload {
        verifies: verifies.iter().copied().collect(),
        rules: merge_scopes(&blocks, bodies),
        host_blocks: blocks,
        imported: in_order(imported.to_vec()),
        scopes,
    }
}

/// The hosts of `host` blocks, in sets on which the same routes hold.
fn host_blocks(seen: &[Seen<'_>]) -> Vec<Vec<Host>> {
    let hosts: BTreeSet<&Host> = seen.iter().filter_map(|s| s.route.hosts.as_ref()).flatten().collect();
    let mut sets: BTreeMap<Vec<usize>, Vec<Host>> = BTreeMap::new();
    for host in hosts {
        let holds = |s: &Seen<'_>| s.route.hosts.as_ref().is_some_and(|listed| listed.iter().any(|l| l.covers(host)));
        let routes: Vec<usize> = (0..seen.len()).filter(|&i| holds(&seen[i])).collect();
        sets.entry(routes).or_default().push(host.clone());
    }
    let mut blocks: Vec<Vec<Host>> = sets.into_values().collect();
    blocks.sort();
    blocks
}

/// The paths of one scope, the most specific first, and how they lie in each other; empty if the routes contradict each
/// other.
fn seen_paths(mut seen: Vec<&Seen<'_>>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<SeenPath>, Space) {
    seen.sort_by(|a, b| PathPattern::most_specific_first(a.path, b.path));
    let by_path: Vec<&[&Seen<'_>]> = seen.chunk_by(|a, b| a.path == b.path).collect();
    let patterns: Vec<&PathPattern> = by_path.iter().map(|routes| routes[0].path).collect();
    let found = diagnostics.len();
    let outcomes: Vec<Vec<Grant>> = by_path.iter().map(|routes| outcome(routes, diagnostics)).collect();
    let (space, overlaps) = Space::new(&patterns);
    let mut told = BTreeSet::new();
    for overlap in overlaps {
        let (a, b) = (by_path[overlap.first][0], by_path[overlap.second][0]);
        let (a, b) = if a.route.head <= b.route.head { (a, b) } else { (b, a) };
        if !a.moved && !b.moved {
            // One line more mends all the overlaps that have one common part.
            if !told.insert(overlap.common.clone()) {
                continue;
            }
            diagnostics.push(overlap_diagnostic(a.route.head, b.route.head, a.path, b.path, &overlap.common));
        } else if outcomes[overlap.first] != outcomes[overlap.second] {
            diagnostics.push(collision(a, b));
        }
    }
    for (i, ancestors) in space.ancestors.iter().enumerate() {
        for &wider in ancestors {
            let (inner, outer) = (by_path[i], by_path[wider]);
            let moved = inner.iter().find(|s| s.moved).map(|s| (*s, outer[0]));
            let moved = moved.or_else(|| outer.iter().find(|s| s.moved).map(|s| (*s, inner[0])));
            let meet = |_: &_| outcomes[i] != outcomes[wider] && !keeps_out(inner, outer);
            if let Some((a, b)) = moved.filter(meet) {
                diagnostics.push(collision(a, b));
            }
        }
    }
    if diagnostics.len() > found {
        return (Vec::new(), Space::default());
    }
    let lines = |routes: &[&Seen<'_>]| in_order(routes.iter().map(|s| s.route.span).collect());
    let paths = by_path.iter().zip(outcomes).map(|(routes, grants)| SeenPath {
        pattern: routes[0].path.clone(),
        grants,
        bracket_free: Vec::new(),
        lines: lines(routes),
    });
    (paths.collect(), space)
}

/// Finds out which paths let the same requests through, however that is written, and where brackets are refused for what
/// is left. Both the rules and the brackets have to go by this: a rule counts on it that no other stands between.
fn with_brackets(
    access: &Access<'_>,
    mut paths: Vec<SeenPath>,
    space: &Space,
) -> (Vec<SeenPath>, Vec<usize>, Brackets) {
    let grants: Vec<&[Grant]> = paths.iter().map(|path| path.grants.as_slice()).collect();
    let alike = access.alike(&grants);
    let patterns: Vec<&PathPattern> = paths.iter().map(|path| &path.pattern).collect();
    let brackets = Brackets::of(&patterns, space, &alike);
    for (i, path) in paths.iter_mut().enumerate() {
        path.bracket_free = brackets.refused(i).to_vec();
    }
    (paths, alike, brackets)
}

/// What holds on a path, by guard; empty if nothing is let through.
fn outcome(routes: &[&Seen<'_>], diagnostics: &mut Vec<Diagnostic>) -> Vec<Grant> {
    let found = diagnostics.len();
    let mut by_guard: BTreeMap<Guard, MethodSet> = BTreeMap::new();
    let mut listed: Vec<&Seen<'_>> = Vec::with_capacity(routes.len());
    for route in routes {
        let meets = |earlier: &&&Seen<'_>| {
            !std::ptr::eq(earlier.route, route.route)
                && !earlier.route.methods.intersection(route.route.methods).is_empty()
        };
        let plain = |earlier: &&&Seen<'_>| !earlier.moved && !route.moved;
        for earlier in listed.iter().filter(meets).filter(|e| !plain(e) && e.guard != route.guard) {
            diagnostics.push(collision(route, earlier));
        }
        // A line that was told of counts for nothing, so that none is told of twice.
        match listed.iter().filter(plain).find(meets) {
            Some(earlier) => {
                let common = earlier.route.methods.intersection(route.route.methods);
                diagnostics.push(duplicate_route(earlier.route.head, route.route.head, route.path, common));
            }
            None => listed.push(route),
        }
        let methods = by_guard.entry(route.guard).or_default();
        *methods = methods.union(route.route.methods);
    }
    // What a moved line lets through beyond the plain ones would be let through to their path too: the gateway leaves
    // it to the app to refuse a method there.
    let here: Vec<&&Seen<'_>> = routes.iter().filter(|r| !r.moved).collect();
    let all = here.iter().fold(MethodSet::EMPTY, |all, r| all.union(r.route.methods));
    let wider = |r: &&&Seen<'_>| r.moved && !r.route.methods.difference(all).is_empty();
    if let (Some(&&plain), true) = (here.first(), diagnostics.len() == found) {
        diagnostics.extend(routes.iter().find(wider).map(|moved| collision(moved, plain)));
    }
    by_guard.remove(&Guard::Refused);
    by_guard.into_iter().map(|(guard, methods)| Grant { guard, methods }).collect()
}

fn collision(a: &Seen<'_>, b: &Seen<'_>) -> Diagnostic {
    let (moved, other) = if a.moved { (a, b) } else { (b, a) };
    let rewritten = moved.route.options.rewrite.is_some();
    let example = moved.path.meet(other.path).unwrap_or_else(|| moved.path.clone()).example();
    let message = if rewritten {
        format!("`{}` is rewritten to `{}`, for which another line asks something else", moved.route.path, moved.path)
    } else {
        format!("a share of `{}` goes to an app of which another line asks something else", moved.route.path)
    };
    let way =
        [(other, moved), (moved, other)].into_iter().find_map(|(inner, outer)| Some((inner, alike(inner, outer)?)));
    let help = match way {
        Some((inner, target)) => {
            format!("rewrite `{}` alike, to `{target}`, or let both lines ask for the same", inner.route.path)
        }
        None if rewritten => "let both lines ask for the same, or rewrite to a path that no other line has".to_string(),
        None => "let both lines ask for the same, or take one of them out".to_string(),
    };
    Diagnostic::new(codes::REWRITE_COLLISION, message, moved.route.head, format!("the app sees `{example}`"))
        .with_secondary(other.route.head, format!("it sees `{example}` for this line too, and cannot tell them apart"))
        .with_request(format!("{} {example} at the app", moved.route.methods.example()))
        .with_help(help)
}

fn split_issuers(access: &Access<'_>, owner: AppId, share: &ir::Share, verifies: &[BTreeSet<IssuerId>]) -> Diagnostic {
    let names = |app: AppId| {
        let names: Vec<_> = verifies[app.0].iter().map(|&i| format!("`{}`", access.program.issuer(i).name)).collect();
        if names.is_empty() { "no token".to_string() } else { format!("tokens of {}", names.join(" and ")) }
    };
    let (mine, theirs) = (access.program.app(owner), access.program.app(share.app));
    Diagnostic::new(
        codes::SPLIT_ISSUERS,
        format!("apps `{}` and `{}` share requests, but verify different tokens", mine.name, theirs.name),
        share.span,
        format!("`{}` verifies {}, `{}` {}", mine.name, names(owner), theirs.name, names(share.app)),
    )
    .with_secondary(theirs.head, "the other app")
    .with_help("give both apps the same `issuers` line")
}
