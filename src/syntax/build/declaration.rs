//! Declarations.

use super::{Builder, Line, P, is_text};
use crate::source::Spanned;
use crate::syntax::ast::{
    Always, App, Env, Exception, Gateway, Issuer, Item, Name, Never, Policy, Routes, Subject, Test, Text,
};
use crate::syntax::grammar::{Rule, parts};

/// The first line of a declaration.
pub(in crate::syntax) struct Head<'a> {
    pub(in crate::syntax) name: Name,
    pub(in crate::syntax) namespace: Option<Text>,
    pub(in crate::syntax) port: Option<Text>,
    body: Option<P<'a>>,
}

impl Line for Item {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let mut span = builder.span(&pair);
        let item = match pair.as_rule() {
            Rule::app => Item::App(builder.app(pair)?),
            Rule::routes => {
                let (name, body) = named(pair)?;
                Item::Routes(Routes { name: builder.name(&name), body: builder.block(body) })
            }
            Rule::issuer => {
                let (name, body) = named(pair)?;
                Item::Issuer(Issuer { name: builder.name(&name), body: builder.block(body) })
            }
            Rule::env => {
                let (name, body) = named(pair)?;
                Item::Env(Env { name: builder.name(&name), body: builder.block(body) })
            }
            Rule::test => {
                let (name, body) = named(pair)?;
                Item::Test(Test { name: builder.text(&name), body: builder.block(body) })
            }
            Rule::gateway => Item::Gateway(builder.gateway(pair)?),
            Rule::policy => {
                let mut parts = parts(pair).skip(1);
                let name = builder.name(&parts.next()?);
                let requirement = builder.requirement(parts.next()?)?;
                span.end = requirement.span.end;
                Item::Policy(Policy { name, requirement })
            }
            Rule::never => Item::Never(builder.never(pair)?),
            Rule::always => {
                let always = builder.always(pair)?;
                span.end = always.requirement.span.end;
                Item::Always(always)
            }
            _ => return None,
        };
        Some(Spanned::new(span, item))
    }

    fn error() -> Self {
        Item::Error
    }
}

impl Builder {
    fn app(&mut self, pair: P<'_>) -> Option<App> {
        let mut head = self.head(parts(pair))?;
        let body = self.block(head.body.take()?);
        Some(App { name: head.name, namespace: head.namespace, port: head.port, body })
    }

    fn gateway(&mut self, pair: P<'_>) -> Option<Gateway> {
        let mut head = self.head(parts(pair))?;
        let body = self.block(head.body.take()?);
        Some(Gateway { name: head.name, namespace: head.namespace, body })
    }

    /// `KEYWORD NAME [in NAMESPACE] [port N]`, and the block if it was read with it.
    pub(in crate::syntax) fn head<'a>(&mut self, mut parts: impl Iterator<Item = P<'a>>) -> Option<Head<'a>> {
        let name = self.name(&parts.nth(1)?);
        let mut head = Head { name, namespace: None, port: None, body: None };
        for part in parts {
            match part.as_rule() {
                Rule::in_namespace => head.namespace = self.only_text(part),
                Rule::on_port => head.port = self.only_text(part),
                Rule::EOI => {}
                _ => head.body = Some(part),
            }
        }
        Some(head)
    }

    fn never(&mut self, pair: P<'_>) -> Option<Never> {
        let mut subject = None;
        let mut app = None;
        let mut path = None;
        let mut exceptions = Vec::new();
        for part in parts(pair) {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::subject_public => subject = Some(Spanned::new(place, Subject::Public)),
                Rule::requirement => {
                    let requirement = self.requirement(part)?;
                    subject = Some(Spanned::new(requirement.span, Subject::Requirement(requirement)));
                }
                Rule::app_reference => app = self.app_reference(part),
                Rule::at_path => path = self.only_text(part),
                Rule::exception => exceptions.push(Spanned::new(place, self.exception(part)?)),
                _ => {}
            }
        }
        Some(Never { subject: subject?, app: app?, path, exceptions })
    }

    fn exception(&self, pair: P<'_>) -> Option<Exception> {
        let mut methods = Vec::new();
        let mut path = None;
        for part in parts(pair) {
            if is_text(&part) {
                path = Some(self.text(&part));
            } else {
                methods.push(self.name(&part));
            }
        }
        Some(Exception { methods, path: path? })
    }

    fn always(&mut self, pair: P<'_>) -> Option<Always> {
        let mut app = None;
        let mut path = None;
        let mut requirement = None;
        for part in parts(pair) {
            match part.as_rule() {
                Rule::app_reference => app = self.app_reference(part),
                Rule::at_path => path = self.only_text(part),
                Rule::requirement => requirement = self.requirement(part),
                _ => {}
            }
        }
        Some(Always { app: app?, path, requirement: requirement? })
    }
}

/// `KEYWORD NAME BLOCK`
fn named(pair: P<'_>) -> Option<(P<'_>, P<'_>)> {
    let mut parts = parts(pair).skip(1);
    Some((parts.next()?, parts.next()?))
}
