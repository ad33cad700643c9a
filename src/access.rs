//! Who reaches what: the program reduced to the things that decide a request.
//!
//! Overlap, precedence, exclusion and defaults are settled here, once, for every target. What a request meets first is
//! a [`VirtualHost`] of a gateway, whose [`Table`] says which app owns a path; behind it stands the app's
//! [`Workload`], whose [`Rule`]s say who may pass. Rules are a union, as Istio's are (A6), and disjoint by construction.

mod arrivals;
mod brackets;
mod decide;
pub mod describe;
mod disguise;
mod forward;
mod policies;
mod remedy;
mod requirement;
mod rules;
mod seen;
mod space;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod virtual_hosts;
mod ways;
mod workloads;

pub use brackets::has_bracket;
pub use decide::{Decision, Step, decide, owner};
pub use disguise::Ambiguity;
pub use forward::{Destination, Forward, Retries, leads_to};
pub use remedy::{Need, Remedy, remedies};
pub use requirement::{Alternative, Literal, Requirement};
pub use rules::{Extent, HostScope, Rule, RulePaths};
pub use seen::{Seen, TokenLeft, seen};
pub use status::Statuses;
pub use table::{Action, Line, Node, Part, Table};
pub use virtual_hosts::VirtualHost;
pub use ways::{Delivery, deliver, usual_location, ways_in, ways_without};
pub use workloads::{Grant, Scope, SeenPath, Workload};

pub use crate::request::{Credential, Flaw, Outcome, Presented, Refusal, Request, Token, Via, normalize};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;

use crate::diagnostic::Diagnostic;
use crate::ir::{self, AppId, Formula, IssuerId, MethodSet, PathPattern, Program};
use crate::source::Span;

/// A requirement of an [`Access`]; equal requirements have equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(usize);

/// What a request must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Nothing helps.
    Refused,
    /// A token that meets this.
    Require(RequirementId),
    /// Nothing.
    Public,
}

/// What a path asks for, by method.
struct Asked<'p> {
    pattern: &'p PathPattern,
    by_method: Vec<(MethodSet, Guard)>,
    /// Whether anything gets through to an app.
    passes: bool,
}

/// The whole answer to "who reaches what".
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The program that it was made from.
    pub program: &'a Program,
    /// Per gateway and host: which route owns a path. In order of gateway and host.
    pub virtual_hosts: Vec<VirtualHost>,
    /// Per app, in order of app: who may call it.
    pub workloads: Vec<Workload>,
    requirements: IndexSet<Requirement>,
    /// Per app, in order of app.
    guarded: Vec<GuardedApp>,
}

impl<'a> Access<'a> {
    /// Reduces a program. Where routes contradict each other the diagnostics say so; the result is then not to be used.
    pub fn build(program: &'a Program) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut access = Access {
            program,
            virtual_hosts: Vec::new(),
            workloads: Vec::new(),
            requirements: IndexSet::new(),
            guarded: Vec::new(),
        };
        let guarded = access.resolve_guards(&mut diagnostics);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return (access, diagnostics);
        }
        access.workloads = workloads::build(&access, &guarded, &mut diagnostics);
        let mut virtual_hosts = virtual_hosts::build(&access, &guarded, &mut diagnostics);
        virtual_hosts.sort_by(|a, b| (a.gateway, &a.hosts).cmp(&(b.gateway, &b.hosts)));
        access.virtual_hosts = virtual_hosts;
        access.guarded = guarded;
        (access, diagnostics)
    }

    /// The requirement of an id that this access gave out.
    pub fn requirement(&self, id: RequirementId) -> &Requirement {
        &self.requirements[id.0]
    }

    /// All requirements with their ids.
    pub fn requirements(&self) -> impl Iterator<Item = (RequirementId, &Requirement)> {
        self.requirements.iter().enumerate().map(|(i, r)| (RequirementId(i), r))
    }

    /// The workload of an app.
    pub fn workload(&self, app: AppId) -> &Workload {
        &self.workloads[app.0]
    }

    /// Whether whoever passes `strict` passes `loose` too.
    pub fn implies(&self, strict: Guard, loose: Guard) -> bool {
        match (strict, loose) {
            (Guard::Refused, _) | (_, Guard::Public) => true,
            (_, Guard::Refused) | (Guard::Public, _) => false,
            (Guard::Require(a), Guard::Require(b)) => a == b || self.requirement(a).implies(self.requirement(b)),
        }
    }

    /// All tables, each with an authority at which it holds: those of the virtual hosts, and those of the apps that are
    /// reached from inside the mesh alone, whose routes stand in no virtual host.
    pub fn tables(&self) -> Vec<(String, Arc<Table>)> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for host in &self.virtual_hosts {
            if let (true, Some(first)) = (seen.insert(Arc::as_ptr(&host.table)), host.hosts.first()) {
                found.push((first.example(), Arc::clone(&host.table)));
            }
        }
        for (id, app) in self.program.app_ids().filter(|(_, app)| app.hosts.is_empty() || app.gateways.is_empty()) {
            let Some(guarded) = self.guarded.get(id.0) else { continue };
            let authority = format!("{}.{}.svc.cluster.local", app.service, app.namespace);
            found.push((authority, Arc::new(virtual_hosts::table_of_app(id, app, &guarded.guards))));
        }
        found
    }

    /// Whether one of these paths may be read as another of which more is asked, or as one that no line opens.
    fn have_disguises(&self, paths: &[Asked<'_>]) -> bool {
        let open_ended = || paths.iter().filter(|p| p.pattern.subtree || p.pattern.has_star());
        // Without a `/**` there are paths that no line opens; they are closed, and must not be read into an open subtree.
        let whole = paths.iter().any(|p| *p.pattern == PathPattern::everything());
        if !whole && open_ended().any(|p| p.passes) {
            return true;
        }
        // Paths that ask for the same are one kind: there are few kinds, however many routes there are.
        let kinds: BTreeSet<_> = paths.iter().map(|p| &p.by_method).collect();
        let wide: BTreeSet<_> = open_ended().map(|p| &p.by_method).collect();
        wide.iter().any(|wide| kinds.iter().any(|other| self.asks_less(wide, other)))
    }

    /// Whether some method gets through with less in `mine` than `theirs` asks for it. A method that is not listed is
    /// refused; none is listed twice.
    pub(crate) fn asks_less(&self, mine: &[(MethodSet, Guard)], theirs: &[(MethodSet, Guard)]) -> bool {
        mine.iter().any(|&(methods, guard)| {
            let mut rest = methods;
            for &(listed, asked) in theirs {
                let common = rest.intersection(listed);
                if !common.is_empty() && !self.implies(guard, asked) {
                    return true;
                }
                rest = rest.difference(common);
            }
            !rest.is_empty() && guard != Guard::Refused
        })
    }

    /// Numbers such that grants have the same one if they let the same requests through, however that is written.
    fn alike<'g>(&self, all: &[&'g [Grant]]) -> Vec<usize> {
        let mut known: BTreeMap<&'g [Grant], usize> = BTreeMap::new();
        let mut kinds: Vec<Vec<(MethodSet, Guard)>> = Vec::new();
        let mut numbers = Vec::with_capacity(all.len());
        for &grants in all {
            let number = *known.entry(grants).or_insert_with(|| {
                let asked = rules::asked(grants);
                let is_same = |kind: &Vec<_>| !self.asks_less(&asked, kind) && !self.asks_less(kind, &asked);
                kinds.iter().position(is_same).unwrap_or_else(|| {
                    kinds.push(asked);
                    kinds.len() - 1
                })
            });
            numbers.push(number);
        }
        numbers
    }

    /// The normal form of every route's access, per app and route, and whom each app trusts.
    fn resolve_guards(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Vec<GuardedApp> {
        let program = self.program;
        let mut guarded = Vec::with_capacity(program.apps.len());
        let mut failures = Vec::new();
        // The same requirement stands in many routes. What it comes to hangs on whom the app trusts, and says so or not.
        let mut known: BTreeMap<(bool, Vec<IssuerId>), BTreeMap<&Formula, Guard>> = BTreeMap::new();
        for app in &program.apps {
            let trusted = requirement::trusted_issuers(program, app);
            let known = known.entry((app.issuers.is_some(), trusted.clone())).or_default();
            let mut guards = Vec::with_capacity(app.routes.len());
            for route in &app.routes {
                let guard = match &route.access {
                    ir::Access::Public => Guard::Public,
                    ir::Access::Deny | ir::Access::Redirect(_) => Guard::Refused,
                    ir::Access::Require { formula, .. } if known.contains_key(formula) => known[formula],
                    ir::Access::Require { formula, span, policies } => {
                        match requirement::normalise(program, app, &trusted, formula, *span) {
                            Ok(requirement) => {
                                let guard = Guard::Require(RequirementId(self.requirements.insert_full(requirement).0));
                                known.insert(formula, guard);
                                guard
                            }
                            Err(diagnostic) => {
                                let policies = policies.clone();
                                failures.push(policies::Failure { diagnostic: *diagnostic, span: *span, policies });
                                Guard::Refused
                            }
                        }
                    }
                };
                guards.push(guard);
            }
            let verifies = if guards.iter().any(|g| matches!(g, Guard::Require(_))) { trusted } else { Vec::new() };
            guarded.push(GuardedApp { guards, verifies });
        }
        diagnostics.extend(policies::told(program, failures));
        guarded
    }
}

/// What [`Access::resolve_guards`] finds for an app.
#[derive(Debug, Clone)]
struct GuardedApp {
    /// Per route of the app: what a request must bring. `Refused` for `deny` and `redirect`.
    guards: Vec<Guard>,
    /// The issuers whose tokens its own routes verify; empty if none requires anything.
    verifies: Vec<IssuerId>,
}

/// Puts spans into the order of files and lines, without repetitions.
pub(crate) fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup();
    spans
}
