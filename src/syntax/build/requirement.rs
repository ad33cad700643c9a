//! Requirements: the flat list that the grammar reads becomes a tree by the strength of `or`, `and` and `not`.

use super::{Builder, P};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Span, Spanned};
use crate::syntax::MAX_NESTING;
use crate::syntax::ast::{Comparison, Operator, Requirement};
use crate::syntax::grammar::{Rule, parts};

type Node = Spanned<Requirement>;

impl Builder {
    /// `TERM and TERM or TERM …`
    pub(super) fn requirement(&mut self, pair: P<'_>) -> Option<Node> {
        let mut alternatives = Vec::new();
        let mut conjunction = Vec::new();
        let mut negations: Vec<Span> = Vec::new();
        for part in parts(pair) {
            match part.as_rule() {
                Rule::not => {
                    negations.push(self.span(&part));
                    self.negations += 1;
                }
                Rule::and => {}
                Rule::or => alternatives.push(join(std::mem::take(&mut conjunction), Requirement::And)?),
                _ => {
                    let deepest = negations.last().copied().filter(|_| self.negations > MAX_NESTING);
                    let term = self.term(part);
                    self.negations -= negations.len();
                    let mut term = term?;
                    if let Some(span) = deepest {
                        let message = format!("more than {MAX_NESTING} `not` stand within each other");
                        self.errors.push(
                            Diagnostic::new(codes::NESTED_TOO_DEEP, message, span, "one too many")
                                .with_help("`not not` is nothing at all"),
                        );
                        negations.clear();
                    }
                    while let Some(not) = negations.pop() {
                        term = Spanned::new(not.to(term.span), Requirement::Not(Box::new(term)));
                    }
                    conjunction.push(term);
                }
            }
        }
        alternatives.push(join(conjunction, Requirement::And)?);
        join(alternatives, Requirement::Or)
    }

    fn term(&mut self, pair: P<'_>) -> Option<Node> {
        let mut span = self.span(&pair);
        let requirement = match pair.as_rule() {
            Rule::name => Requirement::Policy(self.name(&pair)),
            Rule::group => Requirement::Group(Box::new(self.requirement(parts(pair).next()?)?)),
            Rule::token => {
                let keyword = self.span(&parts(pair.clone()).next()?);
                let issuer = self.names(pair).pop();
                // A `token` without an issuer runs on over blanks, and in parentheses over comments.
                span = issuer.as_ref().map_or(keyword, |name| keyword.to(name.span));
                Requirement::Token(issuer)
            }
            Rule::claim => {
                let mut parts = parts(pair).skip(1);
                let path = self.claim_path(parts.next()?);
                Requirement::Claim(path, self.comparison(parts)?)
            }
            Rule::scope => Requirement::Scope(self.comparison(parts(pair).skip(1))?),
            Rule::subject => Requirement::Subject(self.comparison(parts(pair).skip(1))?),
            Rule::audience_has => Requirement::Audience(self.comparison(parts(pair).skip(1))?),
            _ => return None,
        };
        Some(Spanned::new(span, requirement))
    }

    fn comparison<'a>(&self, mut parts: impl Iterator<Item = P<'a>>) -> Option<Comparison> {
        let operator = parts.next()?;
        let span = self.span(&operator);
        let value = parts.next()?;
        let (operator, values) = match operator.as_rule() {
            Rule::is => (Operator::Is, vec![self.text(&value)]),
            Rule::has => (Operator::Has, vec![self.text(&value)]),
            Rule::r#in => (Operator::In, self.texts(value)),
            _ => return None,
        };
        Some(Comparison { operator: Spanned::new(span, operator), values })
    }
}

/// One node of several; a single one stays as it is.
fn join(mut nodes: Vec<Node>, of: fn(Vec<Node>) -> Requirement) -> Option<Node> {
    if nodes.len() < 2 {
        return nodes.pop();
    }
    let span = nodes.first()?.span.to(nodes.last()?.span);
    Some(Spanned::new(span, of(nodes)))
}
