//! What compiles and is probably not meant: what nothing uses, and open routes inside guarded ones.

use std::collections::BTreeMap;

use super::Analyzer;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::ir::{Access, App, Host, PathPattern, Route, Segment};
use crate::source::Span;

impl Analyzer<'_> {
    /// Warns of declarations that nothing refers to.
    pub(super) fn warn_of_unused(&mut self) {
        if let [only] = self.symbols.issuers.entries.as_mut_slice() {
            // With one issuer, a requirement need not say whose token it is about.
            only.used |= self.named_any_token || self.named_condition;
        }
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut warn = |code: Code, kind: &str, name: &str, span: Span, why: &str, help: &str| {
            let message = format!("{kind} `{name}` is not used");
            found.push(Diagnostic::new(code, message, span, why.to_string()).with_help(help));
        };
        for e in self.symbols.issuers.entries.iter().filter(|e| !e.used) {
            let why = "no requirement names it and no app trusts it";
            warn(
                codes::UNUSED_ISSUER,
                "issuer",
                &e.name.text,
                e.name.span,
                why,
                "name it in a requirement, or remove it",
            );
        }
        for e in self.symbols.policies.entries.iter().filter(|e| !e.used) {
            let why = "no requirement names it";
            warn(
                codes::UNUSED_POLICY,
                "policy",
                &e.name.text,
                e.name.span,
                why,
                "name it in a requirement, or remove it",
            );
        }
        for e in self.symbols.bundles.entries.iter().filter(|e| !e.used) {
            let why = "no app uses it";
            warn(
                codes::UNUSED_ROUTES,
                "bundle",
                &e.name.text,
                e.name.span,
                why,
                "add a line `use …` to an app, or remove it",
            );
        }
        for e in self.symbols.gateways.entries.iter().filter(|e| !e.used) {
            let why = "no app is reached through it";
            warn(
                codes::UNUSED_GATEWAY,
                "gateway",
                &e.name.text,
                e.name.span,
                why,
                "add a line `via …` to an app, or remove it",
            );
        }
        for (name, span) in self.values.unused() {
            warn(codes::UNUSED_VALUE, "value", name, span, "nothing uses it", "remove it from every environment");
        }
        self.diagnostics.append(&mut found);
    }

    /// Warns of apps that have hosts and nothing on them.
    pub(super) fn warn_of_empty_apps(&mut self) {
        let empty = self.apps.iter().filter(|app| app.routes.is_empty());
        let found = empty.filter_map(|app| {
            let host = app.hosts.first()?;
            let message = format!("app `{}` has hosts and no routes, so nobody reaches it", app.name);
            let help = "add a route, as in `GET /** public`, or remove the hosts";
            Some(Diagnostic::new(codes::NO_ROUTES, message, host.span, "nothing is served here").with_help(help))
        });
        self.diagnostics.extend(found.collect::<Vec<_>>());
    }

    /// Warns of public routes inside guarded ones, unless the guarded one is just everything.
    pub(super) fn warn_of_open_routes(&mut self) {
        let mut found = Vec::new();
        for app in &self.apps {
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
        self.diagnostics.append(&mut found);
    }
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
