//! Routes, and the cases of a test, which name them.

use super::{Builder, Line, P, is_text};
use crate::source::Spanned;
use crate::syntax::ast::{Access, Credential, Expected, Flaw, Route, TestCase, TestLine};
use crate::syntax::grammar::{Rule, parts};

impl Builder {
    /// `METHODS PATH ACCESS [{ … }]`
    pub(in crate::syntax) fn route(&mut self, pair: P<'_>) -> Option<Spanned<Route>> {
        let mut span = self.span(&pair);
        let mut methods = Vec::new();
        let mut path = None;
        let mut access = None;
        let mut options = None;
        for part in parts(pair) {
            match part.as_rule() {
                Rule::method | Rule::name => methods.push(self.name(&part)),
                Rule::option_block => options = Some(self.block(part)),
                Rule::EOI => {}
                _ if is_text(&part) => path = Some(self.text(&part)),
                _ => access = Some(self.access(part)?),
            }
        }
        let access = access?;
        // Without options the pair may run on over blanks; the access clause knows where it ends.
        span.end = options.as_ref().map_or(access.span.end, |block| block.span.end);
        Some(Spanned::new(span, Route { methods, path: path?, access, options }))
    }

    fn access(&mut self, pair: P<'_>) -> Option<Spanned<Access>> {
        let mut span = self.span(&pair);
        let access = match pair.as_rule() {
            Rule::public => Access::Public,
            Rule::deny => Access::Deny,
            Rule::require => {
                let requirement = self.requirement(parts(pair).nth(1)?)?;
                span.end = requirement.span.end;
                Access::Require(requirement)
            }
            Rule::redirect => {
                let mut texts = parts(pair).skip(1).map(|part| self.text(&part));
                Access::Redirect { target: texts.next()?, status: texts.next() }
            }
            _ => return None,
        };
        Some(Spanned::new(span, access))
    }

    fn credential(&mut self, pair: P<'_>) -> Option<Spanned<Credential>> {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::garbage {
            return Some(Spanned::new(span, Credential::Garbage));
        }
        let mut issuer = None;
        let mut flaws = Vec::new();
        let mut claims = None;
        for part in parts(pair) {
            let place = self.span(&part);
            let flaw = match part.as_rule() {
                Rule::name => {
                    issuer = Some(self.name(&part));
                    continue;
                }
                Rule::token_block => {
                    claims = Some(self.block(part));
                    continue;
                }
                Rule::expired => Flaw::Expired,
                Rule::signed_by_nobody => Flaw::SignedByNobody,
                Rule::without_subject => Flaw::WithoutSubject,
                Rule::other_audience => Flaw::Audience(self.only_text(part)?),
                _ => return None,
            };
            flaws.push(Spanned::new(place, flaw));
        }
        Some(Spanned::new(span, Credential::Token { issuer: issuer?, flaws, claims }))
    }

    fn expected(&mut self, pair: P<'_>) -> Option<Spanned<Expected>> {
        let span = self.span(&pair);
        let expected = match pair.as_rule() {
            Rule::refused => Expected::Refused,
            Rule::not_found => Expected::NotFound,
            Rule::redirected => Expected::Redirect,
            Rule::status => Expected::Status(self.name(&pair)),
            Rule::app_reference => Expected::App(self.app_reference(pair)?),
            _ => return None,
        };
        Some(Spanned::new(span, expected))
    }
}

impl Line for TestLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let mut method = None;
        let mut target = None;
        let mut credential = None;
        let mut expected = None;
        for part in parts(pair) {
            match part.as_rule() {
                Rule::name => method = Some(builder.name(&part)),
                Rule::kw_with => {}
                Rule::garbage | Rule::credential => credential = Some(builder.credential(part)?),
                _ if is_text(&part) => target = Some(builder.text(&part)),
                _ => expected = Some(builder.expected(part)?),
            }
        }
        let case = TestCase { method: method?, target: target?, credential, expected: expected? };
        Some(Spanned::new(span, TestLine::Case(case)))
    }

    fn error() -> Self {
        TestLine::Error
    }
}
