//! Claims that are asked for, held against the claims that issuers declare.
//!
//! Whose claim a comparison is about is said by the `token from` beside it, or else by whom the app trusts. As long as
//! neither is known the claim is *open*. Nothing is complained of as long as one issuer in question may have the claim.

use std::collections::BTreeSet;

use super::Analyzer;
use super::issuers::show_claim;
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{ClaimType, IssuerId};
use crate::source::Span;
use crate::syntax::ast::Operator;

/// A comparison of a claim of an issuer that is not known yet.
#[derive(Debug, Clone)]
pub(super) struct OpenClaim {
    pub(super) steps: Vec<String>,
    pub(super) operator: Operator,
    /// The claim's path.
    pub(super) span: Span,
    /// `is`, `has` or `in`.
    pub(super) operator_span: Span,
}

/// How a comparison lies to what an issuer declares.
enum Verdict {
    Fits,
    Undeclared,
    WrongType(ClaimType),
    Unmatchable(ClaimType),
}

impl Analyzer<'_> {
    /// Checks claims against the issuers that they are about. `beside` is the place that says who they are.
    pub(super) fn check_open(&mut self, open: &[OpenClaim], issuers: &BTreeSet<IssuerId>, beside: Option<Span>) {
        for claim in open {
            self.check_claim(claim, issuers, beside);
        }
    }

    /// Checks claims of a policy that does not say whose they are: some issuer must have them.
    pub(super) fn check_open_anywhere(&mut self, open: &[OpenClaim]) {
        if open.is_empty() {
            return;
        }
        let all: BTreeSet<IssuerId> = (0..self.issuers.len()).map(IssuerId).collect();
        for claim in open {
            self.check_claim(claim, &all, None);
        }
    }

    fn check_claim(&mut self, claim: &OpenClaim, issuers: &BTreeSet<IssuerId>, beside: Option<Span>) {
        let mut first = None;
        for &issuer in issuers {
            match self.verdict(claim, issuer) {
                Verdict::Fits => return,
                Verdict::Undeclared => first = first.or(Some((issuer, Verdict::Undeclared))),
                // A declared claim of the wrong type tells more than one that is not declared.
                wrong => first = first.filter(|(_, v)| !matches!(v, Verdict::Undeclared)).or(Some((issuer, wrong))),
            }
        }
        let Some((issuer, verdict)) = first else { return };
        if !self.reported_claims.insert(claim.span) {
            return;
        }
        let name = show_claim(&claim.steps);
        let who = &self.issuers[issuer.0];
        let issuer_name = &who.name;
        let mut diagnostic = match verdict {
            Verdict::Fits => return,
            Verdict::Undeclared => {
                let known: Vec<String> = who.claims.iter().flatten().map(|(steps, _)| show_claim(steps)).collect();
                let message = format!("issuer `{issuer_name}` declares no claim `{name}`");
                let found = Diagnostic::new(codes::UNDECLARED_CLAIM, message, claim.span, "not declared");
                match suggest::nearest(&name, known.iter().map(String::as_str)) {
                    Some(near) => found.with_help(format!("did you mean `{near}`")),
                    None => found.with_help(format!("declare it in the `claims` of `{issuer_name}`: `{name}: list`")),
                }
            }
            Verdict::WrongType(kind) => {
                let (operator, fitting) = match claim.operator {
                    Operator::Is => ("is", "has"),
                    Operator::Has => ("has", "is"),
                    Operator::In => ("in", "in"),
                };
                Diagnostic::new(
                    codes::CLAIM_TYPE,
                    format!("`{operator}` does not fit the claim `{name}`, which is a {}", kind.word()),
                    claim.operator_span,
                    format!("`{name}` is a {}", kind.word()),
                )
                .with_help(format!(
                    "write `{fitting}` if the tokens hold a {}; else declare `{name}` as what they hold",
                    kind.word()
                ))
            }
            Verdict::Unmatchable(kind) => Diagnostic::new(
                codes::CLAIM_NOT_MATCHABLE,
                format!("Istio cannot match the claim `{name}`, which is a {}", kind.word()),
                claim.span,
                format!("a {}", kind.word()),
            )
            .with_note("Istio compares claims that are strings or lists of strings")
            .with_help("let the issuer write the claim as a string or as an entry of a list"),
        };
        diagnostic =
            diagnostic.with_secondary(self.symbols.issuers.entries[issuer.0].name.span, "the issuer and its claims");
        if let Some(beside) = beside.filter(|b| !b.contains(claim.span)) {
            diagnostic = diagnostic.with_secondary(beside, format!("asked of a token of `{issuer_name}` here"));
        }
        self.diagnostics.push(diagnostic);
    }

    fn verdict(&self, claim: &OpenClaim, issuer: IssuerId) -> Verdict {
        let issuer = &self.issuers[issuer.0];
        let Some(declared) = issuer.claims.as_ref().filter(|_| !self.unreadable_claims.contains(&issuer.name)) else {
            return Verdict::Fits;
        };
        match (declared.get(&claim.steps), claim.operator) {
            (None, _) => Verdict::Undeclared,
            (Some(&kind @ (ClaimType::Boolean | ClaimType::Number)), _) => Verdict::Unmatchable(kind),
            (Some(ClaimType::String), Operator::Is | Operator::In)
            | (Some(ClaimType::List), Operator::Has | Operator::In) => Verdict::Fits,
            (Some(&kind), _) => Verdict::WrongType(kind),
        }
    }
}
