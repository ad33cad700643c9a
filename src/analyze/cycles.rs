//! Declarations that are defined by themselves, and an order for those that are not.

use super::Analyzer;
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::ast::Name;

/// What each declaration refers to, with the name by which it does.
pub(super) type References<'a> = [Vec<(usize, &'a Name)>];

impl<'a> Analyzer<'a> {
    /// A chain of declarations that ends where it began; each with the name by which it leads on.
    pub(super) fn report_cycle(&mut self, cycle: &[(&'a Name, &'a Name)], kind: &str) {
        let Some(&(first, leads_on)) = cycle.first() else { return };
        let chain: Vec<String> =
            cycle.iter().map(|(name, _)| name).chain([&first]).map(|n| format!("`{}`", n.text)).collect();
        let (verb, leads) = if kind == "bundle" { ("uses", "is made of") } else { ("names", "is defined by") };
        let message = if cycle.len() == 1 {
            format!("{kind} `{}` {leads} itself", first.text)
        } else {
            format!("{kind} `{}` {leads} itself: {}", first.text, chain.join(" → "))
        };
        let label = |name: &Name, next: &Name| {
            if name.text == next.text {
                format!("{verb} itself")
            } else {
                format!("`{}` {verb} `{}`", name.text, next.text)
            }
        };
        let mut diagnostic = Diagnostic::new(codes::POLICY_CYCLE, message, leads_on.span, label(first, leads_on))
            .with_help("take one of the names out of the chain");
        for (name, leads_on) in cycle.iter().skip(1) {
            diagnostic = diagnostic.with_secondary(leads_on.span, label(name, leads_on));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// An order in which everything comes after what it refers to. What lies on a cycle or leads to one is left out.
pub(super) fn dependencies_first(references: &References<'_>) -> Vec<usize> {
    let mut waiting: Vec<usize> = references.iter().map(Vec::len).collect();
    let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); references.len()];
    for (i, referred) in references.iter().enumerate() {
        for &(to, _) in referred {
            referrers[to].push(i);
        }
    }
    let mut order: Vec<usize> = (0..references.len()).filter(|&i| waiting[i] == 0).collect();
    let mut next = 0;
    while let Some(&done) = order.get(next) {
        next += 1;
        for &referrer in &referrers[done] {
            waiting[referrer] -= 1;
            if waiting[referrer] == 0 {
                order.push(referrer);
            }
        }
    }
    order
}

/// Cycles among what is stuck, each from its lowest member on, with the name by which each member leads on.
pub(super) fn cycles<'a>(references: &References<'a>, stuck: &[bool]) -> Vec<Vec<(usize, &'a Name)>> {
    let mut seen: Vec<Option<usize>> = vec![None; references.len()];
    let mut cycles = Vec::new();
    for start in (0..references.len()).filter(|&i| stuck[i]) {
        let mut path: Vec<(usize, &'a Name)> = Vec::new();
        let mut at = start;
        while seen[at].is_none() {
            seen[at] = Some(start);
            let Some(&(next, name)) = references[at].iter().find(|(to, _)| stuck[*to]) else { break };
            path.push((at, name));
            at = next;
        }
        // A path that runs into one of an earlier start leads to a cycle that was found then.
        if seen[at] == Some(start)
            && let Some(begin) = path.iter().position(|&(i, _)| i == at)
        {
            let mut cycle = path.split_off(begin);
            let lowest = cycle.iter().enumerate().min_by_key(|(_, (i, _))| *i).map_or(0, |(place, _)| place);
            cycle.rotate_left(lowest);
            cycles.push(cycle);
        }
    }
    cycles
}
