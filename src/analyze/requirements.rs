//! Requirements and policies: names resolved, policies put in where they are named.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::claims::OpenClaim;
use super::cycles::{cycles, dependencies_first};
use super::symbols::Entry;
use super::text::Form;
use super::{Analyzer, labels};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, Condition, Fact, Formula, IssuerId, PolicyId};
use crate::source::Spanned;
use crate::syntax::ast::{Comparison, Name, Policy, Requirement};

/// The deepest nesting of a formula once its policies are put in: far more than anybody can follow.
const MAX_DEPTH: usize = 128;
/// The most parts of a formula once its policies are put in.
const MAX_PARTS: usize = 512;
/// The longest chain of policies that name each other.
const MAX_CHAIN: usize = 64;

/// A requirement with everything put in.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) formula: Formula,
    /// The issuers of which a token must be to meet it, if it says so.
    pub(super) pins: Option<BTreeSet<IssuerId>>,
    /// The claims of which it does not say whose they are.
    pub(super) open: Vec<OpenClaim>,
    /// The policies that were put in, and those in them.
    pub(super) policies: BTreeSet<PolicyId>,
    /// How many policies stand behind each other in it.
    chain: usize,
    depth: usize,
    parts: usize,
}

impl Resolved {
    fn leaf(formula: Formula) -> Self {
        Resolved { formula, pins: None, open: Vec::new(), policies: BTreeSet::new(), chain: 0, depth: 1, parts: 1 }
    }
}

/// What is known of a policy.
pub(super) enum PolicyState {
    /// Not looked at.
    Unknown,
    /// Resolved; `None` where a diagnostic tells why not.
    Done(Option<Rc<Resolved>>),
}

impl<'a> Analyzer<'a> {
    /// Resolves every policy, those that are named before those that name them.
    pub(super) fn resolve_policies(&mut self) {
        let entries = self.symbols.policies.entries.clone();
        let places: BTreeMap<&str, usize> =
            entries.iter().enumerate().map(|(i, e)| (e.name.text.as_str(), i)).collect();
        let mut references: Vec<Vec<(usize, &'a Name)>> = Vec::with_capacity(entries.len());
        for entry in &entries {
            let mut names = Vec::new();
            policy_names(&entry.node.requirement, &mut names);
            references.push(names.into_iter().filter_map(|n| places.get(n.text.as_str()).map(|&i| (i, n))).collect());
        }
        self.policies = entries.iter().map(|_| PolicyState::Unknown).collect();
        let order = dependencies_first(&references);
        for &i in &order {
            let resolved = self.resolve_policy(entries[i].node);
            self.policies[i] = PolicyState::Done(resolved.map(Rc::new));
        }
        let mut stuck: Vec<bool> = vec![true; entries.len()];
        for &i in &order {
            stuck[i] = false;
        }
        for cycle in cycles(&references, &stuck) {
            self.report_cycle(&cycle.iter().map(|&(i, name)| (entries[i].name, name)).collect::<Vec<_>>(), "policy");
        }
        for entry in &self.symbols.policies.repeated.clone() {
            self.resolve(&entry.node.requirement);
        }
    }

    /// The policies for the program. Where one could not be resolved, a stand-in keeps its place.
    pub(super) fn known_policies(&self) -> Vec<ir::Policy> {
        let known = |(entry, state): (&Entry<'a, Policy>, &PolicyState)| {
            let (name, span) = (entry.name.text.clone(), entry.node.requirement.span);
            match state {
                PolicyState::Done(Some(resolved)) => {
                    let names = resolved.policies.iter().copied().collect();
                    ir::Policy { name, span, formula: resolved.formula.clone(), names }
                }
                PolicyState::Done(None) | PolicyState::Unknown => {
                    ir::Policy { name, span, formula: Formula::AnyToken, names: Vec::new() }
                }
            }
        };
        self.symbols.policies.entries.iter().zip(&self.policies).map(known).collect()
    }

    fn resolve_policy(&mut self, policy: &'a Policy) -> Option<Resolved> {
        let mut resolved = self.resolve(&policy.requirement)?;
        resolved.chain += 1;
        if resolved.chain > MAX_CHAIN {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::REQUIREMENT_TOO_LARGE,
                    format!("policy `{}` stands on a chain of more than {MAX_CHAIN} policies", policy.name.text),
                    policy.name.span,
                    "too long a chain",
                )
                .with_help("name the policies that matter directly"),
            );
            return None;
        }
        self.check_open_anywhere(&resolved.open);
        Some(resolved)
    }

    /// Resolves a requirement; `None` if something in it is unknown or wrong, which has been told then.
    pub(super) fn resolve(&mut self, requirement: &'a Spanned<Requirement>) -> Option<Resolved> {
        let resolved = self.resolve_part(requirement)?;
        if resolved.depth > MAX_DEPTH || resolved.parts > MAX_PARTS {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::REQUIREMENT_TOO_LARGE,
                    "this requirement is too large once its policies are put in",
                    requirement.span,
                    "too large",
                )
                .with_help("say the same with fewer policies, or with `in [\"…\", \"…\"]`"),
            );
            return None;
        }
        Some(resolved)
    }

    fn resolve_part(&mut self, requirement: &'a Spanned<Requirement>) -> Option<Resolved> {
        match &requirement.value {
            Requirement::Group(inner) => self.resolve_part(inner),
            Requirement::Not(inner) => {
                let inner = self.resolve_part(inner)?;
                Some(Resolved {
                    formula: Formula::Not(Box::new(inner.formula)),
                    pins: None,
                    depth: inner.depth + 1,
                    parts: inner.parts + 1,
                    ..inner
                })
            }
            Requirement::And(parts) => {
                let parts = self.resolve_all(parts)?;
                let pins =
                    parts.iter().filter_map(|p| p.pins.clone()).reduce(|a, b| a.intersection(&b).copied().collect());
                let mut resolved = join(parts, Formula::And);
                if let Some(pins) = &pins {
                    let open = std::mem::take(&mut resolved.open);
                    self.check_open(&open, pins, Some(requirement.span));
                }
                resolved.pins = pins;
                Some(resolved)
            }
            Requirement::Or(parts) => {
                let parts = self.resolve_all(parts)?;
                let pinned: Option<Vec<&BTreeSet<IssuerId>>> = parts.iter().map(|p| p.pins.as_ref()).collect();
                let pins = pinned.map(|pins| pins.into_iter().flatten().copied().collect());
                Some(Resolved { pins, ..join(parts, Formula::Or) })
            }
            Requirement::Token(None) => {
                self.named_any_token = true;
                Some(Resolved::leaf(Formula::AnyToken))
            }
            Requirement::Token(Some(name)) => {
                let id = IssuerId(self.issuer(name)?);
                Some(Resolved { pins: Some(BTreeSet::from([id])), ..Resolved::leaf(Formula::Token(id)) })
            }
            Requirement::Policy(name) => {
                let id = self.policy(name)?;
                let PolicyState::Done(Some(policy)) = &self.policies[id] else { return None };
                if policy.parts > MAX_PARTS {
                    return None;
                }
                let mut resolved = Resolved::clone(policy);
                resolved.policies.insert(PolicyId(id));
                Some(resolved)
            }
            Requirement::Subject(comparison) => self.condition(comparison, Fact::Subject),
            Requirement::Audience(comparison) => self.condition(comparison, Fact::Audience),
            Requirement::Scope(comparison) => self.condition(comparison, Fact::Claim(vec!["scope".to_string()])),
            Requirement::Claim(path, comparison) => {
                let steps = self.claim_path(path);
                let resolved = self.condition(comparison, Fact::Claim(steps.clone()?))?;
                let open = if self.claims_are_declared {
                    let operator = comparison.operator.value;
                    vec![OpenClaim {
                        steps: steps?,
                        operator,
                        span: path.span,
                        operator_span: comparison.operator.span,
                    }]
                } else {
                    Vec::new()
                };
                Some(Resolved { open, ..resolved })
            }
        }
    }

    /// Resolves all parts, so that every error is told; `None` if one could not be.
    fn resolve_all(&mut self, parts: &'a [Spanned<Requirement>]) -> Option<Vec<Resolved>> {
        let mut resolved = Vec::with_capacity(parts.len());
        let mut size = 0;
        for part in parts {
            let part = self.resolve_part(part);
            size += part.as_ref().map_or(0, |p| p.parts);
            // What is too large is reported as a whole; until then no more of it needs to be kept.
            if size > 2 * MAX_PARTS {
                continue;
            }
            resolved.push(part);
        }
        let all: Option<Vec<Resolved>> = resolved.into_iter().collect();
        all.map(|mut all| {
            if size > 2 * MAX_PARTS {
                for part in &mut all {
                    part.parts = MAX_PARTS + 1;
                }
            }
            all
        })
    }

    fn condition(&mut self, comparison: &'a Comparison, fact: Fact) -> Option<Resolved> {
        let form = (Form::String, codes::PATTERN_IN_LITERAL);
        let values = self.read_list(&comparison.values, form, labels::literal, Clone::clone, &"this list");
        if values.is_empty() {
            return None;
        }
        self.named_condition = true;
        let values = values.into_iter().map(|v| v.value).collect();
        Some(Resolved::leaf(Formula::Condition(Condition { fact, values })))
    }
}

fn join(parts: Vec<Resolved>, make: fn(Vec<Formula>) -> Formula) -> Resolved {
    let mut joined = Resolved::leaf(Formula::AnyToken);
    let mut formulas = Vec::with_capacity(parts.len());
    for part in parts {
        joined.chain = joined.chain.max(part.chain);
        joined.depth = joined.depth.max(part.depth + 1);
        joined.parts += part.parts;
        joined.open.extend(part.open);
        joined.policies.extend(part.policies);
        formulas.push(part.formula);
    }
    joined.formula = make(formulas);
    joined
}

/// The policies that a requirement names, in the order of the text.
fn policy_names<'a>(requirement: &'a Spanned<Requirement>, names: &mut Vec<&'a Name>) {
    match &requirement.value {
        Requirement::Or(parts) | Requirement::And(parts) => parts.iter().for_each(|p| policy_names(p, names)),
        Requirement::Not(inner) | Requirement::Group(inner) => policy_names(inner, names),
        Requirement::Policy(name) => names.push(name),
        Requirement::Token(_)
        | Requirement::Subject(_)
        | Requirement::Audience(_)
        | Requirement::Scope(_)
        | Requirement::Claim(..) => {}
    }
}
