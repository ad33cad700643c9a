//! Bundles of routes: read once, and copied into what uses them.

use std::fmt::Display;

use super::Analyzer;
use super::cycles::{cycles, dependencies_first};
use super::routes::ReadRoute;
use crate::source::Spanned;
use crate::syntax::ast::{HostLine, Name};

/// The lines of a bundle.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    routes: Vec<ReadRoute>,
    uses: Vec<usize>,
}

impl<'a> Analyzer<'a> {
    /// Reads every bundle once; apps copy what they use.
    pub(super) fn read_bundles(&mut self) {
        let entries = self.symbols.bundles.entries.clone();
        let mut references: Vec<Vec<(usize, &'a Name)>> = Vec::with_capacity(entries.len());
        for entry in entries.iter().chain(&self.symbols.bundles.repeated.clone()) {
            let place = format!("bundle `{}`", entry.name.text);
            let (routes, uses) = self.host_lines(&entry.node.body.lines, &place);
            references.push(uses.iter().map(|&(id, name)| (id, name)).collect());
            self.bundles.push(Bundle { routes, uses: uses.into_iter().map(|(id, _)| id).collect() });
        }
        references.truncate(entries.len());
        self.bundles.truncate(entries.len());
        let mut stuck = vec![true; entries.len()];
        for i in dependencies_first(&references) {
            stuck[i] = false;
        }
        for cycle in cycles(&references, &stuck) {
            self.report_cycle(&cycle.iter().map(|&(i, name)| (entries[i].name, name)).collect::<Vec<_>>(), "bundle");
        }
    }

    /// The routes of lines, and the bundles that they use.
    pub(super) fn host_lines(
        &mut self,
        lines: &'a [Spanned<HostLine>],
        place: &dyn Display,
    ) -> (Vec<ReadRoute>, Vec<(usize, &'a Name)>) {
        let mut routes = Vec::with_capacity(lines.len());
        let mut names: Vec<&'a Name> = Vec::new();
        for line in lines {
            match &line.value {
                HostLine::Route(route) => routes.extend(self.read_route(line.span, route)),
                HostLine::Use(used) => names.extend(used),
                HostLine::Error => {}
            }
        }
        let uses = self.uses(names, place);
        (routes, uses)
    }

    /// The bundles of `use` lines, each at most once.
    pub(super) fn uses(&mut self, names: Vec<&'a Name>, place: &dyn Display) -> Vec<(usize, &'a Name)> {
        let mut found: Vec<(usize, &'a Name)> = Vec::with_capacity(names.len());
        for name in names {
            let Some(id) = self.bundle(name) else { continue };
            match found.iter().find(|(known, _)| *known == id) {
                Some((_, first)) => {
                    self.diagnostics.push(super::once::repeated(&name.text, place, name.span, first.span));
                }
                None => found.push((id, name)),
            }
        }
        found
    }

    /// Adds the routes of bundles, and of the bundles that they use, each once.
    pub(super) fn add_bundles(&self, uses: &[usize], routes: &mut Vec<ReadRoute>) {
        let mut added = vec![false; if uses.is_empty() { 0 } else { self.bundles.len() }];
        let mut waiting: Vec<usize> = uses.to_vec();
        while let Some(id) = waiting.pop() {
            if !std::mem::replace(&mut added[id], true) {
                routes.extend(self.bundles[id].routes.iter().cloned());
                waiting.extend(&self.bundles[id].uses);
            }
        }
    }
}
