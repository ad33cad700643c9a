//! Requirements that fail because of a policy in them: told once, at the policy.

use std::collections::BTreeMap;

use super::in_order;
use super::requirement::{fault, too_large, unsatisfiable};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::ir::{PolicyId, Program};
use crate::source::Span;

/// A requirement of a route that has no normal form.
pub(super) struct Failure {
    /// What is wrong with it.
    pub(super) diagnostic: Diagnostic,
    /// Where it was written.
    pub(super) span: Span,
    /// The policies in it.
    pub(super) policies: Vec<PolicyId>,
}

/// The findings for all failures. What is wrong with a policy by itself, whoever names it, is told at the policy.
pub(super) fn told(program: &Program, failures: Vec<Failure>) -> Vec<Diagnostic> {
    if failures.is_empty() {
        return Vec::new();
    }
    let faults: Vec<Option<Code>> = program.policies.iter().map(|p| fault(program, &p.formula)).collect();
    let mut found = Vec::new();
    let mut uses: BTreeMap<PolicyId, Vec<Span>> = BTreeMap::new();
    for Failure { diagnostic, span, policies } in failures {
        let is_faulty = |policy: &&PolicyId| faults[policy.0] == Some(diagnostic.code);
        // One that names a faulty one may be faulty for that alone.
        let is_root = |policy: &&PolicyId| !program.policies[policy.0].names.iter().any(|inner| is_faulty(&inner));
        match policies.iter().filter(is_faulty).find(is_root) {
            Some(&policy) => uses.entry(policy).or_default().push(span),
            None => found.push(diagnostic),
        }
    }
    for (policy, spans) in uses {
        let spans = in_order(spans);
        let named = &program.policies[policy.0];
        let what = format!("the policy `{}`", named.name);
        let error = if faults[policy.0] == Some(codes::UNSATISFIABLE) { unsatisfiable } else { too_large };
        let diagnostic = error(&what, named.span);
        let first = spans.iter().take(1);
        let diagnostic = first.fold(diagnostic, |d, &span| d.with_secondary(span, "asked for here"));
        found.push(match spans.len() {
            0 | 1 => diagnostic,
            2 => diagnostic.with_note("another route asks for it too"),
            n => diagnostic.with_note(format!("{} other routes ask for it too", n - 1)),
        });
    }
    found
}
