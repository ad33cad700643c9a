//! The kinds of lines: their entries in the grammar, their keywords, and those that have blocks of their own.

use super::{Recover, Recovery};
use crate::source::Spanned;
use crate::syntax::ast::{
    App, AppLine, ClaimLine, ClaimValueLine, CorsLine, Env, EnvLine, Gateway, GatewayLine, HostLine, Issuer,
    IssuerLine, Item, Name, Route, RouteOption, Routes, Test, TestLine, Text,
};
use crate::syntax::build::{Builder, Line};
use crate::syntax::grammar::{self, Rule};
use std::ops::Range;

impl Recover for Item {
    const ONLY: Rule = Rule::only_items;
    const ONE: Rule = Rule::item;
    const KEYWORDS: &'static [&'static str] =
        &["app", "policy", "issuer", "gateway", "routes", "env", "test", "never", "always"];

    fn with_block(recovery: &mut Recovery<'_>, head: Range<usize>, open: usize) -> Option<Spanned<Self>> {
        let rule = match recovery.word(head.start) {
            "app" => Rule::only_app_head,
            "issuer" => Rule::only_issuer_head,
            "gateway" => Rule::only_gateway_head,
            "routes" => Rule::only_routes_head,
            "env" => Rule::only_env_head,
            "test" => Rule::only_test_head,
            _ => return None,
        };
        let end = recovery.structure.after(open);
        let span = recovery.span(head.start..end);
        if rule == Rule::only_test_head {
            let name = recovery.head(rule, head.clone()).and_then(|pairs| {
                let builder = recovery.builder(head.start);
                pairs.flat_map(|pair| builder.texts(pair)).next()
            });
            let body = recovery.body(open);
            return Some(Spanned::new(span, name.map_or(Item::Error, |name| Item::Test(Test { name, body }))));
        }
        let mut namespace = None;
        let mut port = None;
        let mut name = None;
        let mut builder = recovery.builder(head.start);
        if let Some(pairs) = recovery.head(rule, head.clone()) {
            if let Some(read) = builder.head(pairs.flat_map(grammar::parts)) {
                (namespace, port, name) = (read.namespace, read.port, Some(read.name));
            }
        } else {
            name = recovery.name_after_keyword(head);
        }
        Some(Spanned::new(span, recovery.declaration(rule, open, name, namespace, port)))
    }
}

impl Recovery<'_> {
    fn builder(&self, token: usize) -> Builder {
        Builder::new(self.file, self.tokens[token].start)
    }

    /// The name of a declaration whose head is wrong further on.
    fn name_after_keyword(&self, head: Range<usize>) -> Option<Name> {
        let builder = self.builder(head.start);
        let pair = grammar::read(Rule::named, self.slice(head))?.next()?;
        grammar::parts(pair).nth(1).map(|name| builder.name(&name))
    }

    fn declaration(
        &mut self,
        rule: Rule,
        open: usize,
        name: Option<Name>,
        namespace: Option<Text>,
        port: Option<Text>,
    ) -> Item {
        match rule {
            Rule::only_app_head => {
                let body = self.body(open);
                name.map_or(Item::Error, |name| Item::App(App { name, namespace, port, body }))
            }
            Rule::only_gateway_head => {
                let body = self.body(open);
                name.map_or(Item::Error, |name| Item::Gateway(Gateway { name, namespace, body }))
            }
            Rule::only_issuer_head => {
                let body = self.body(open);
                name.map_or(Item::Error, |name| Item::Issuer(Issuer { name, body }))
            }
            Rule::only_routes_head => {
                let body = self.body(open);
                name.map_or(Item::Error, |name| Item::Routes(Routes { name, body }))
            }
            _ => {
                let body = self.body(open);
                name.map_or(Item::Error, |name| Item::Env(Env { name, body }))
            }
        }
    }

    /// A route with its options. Without a head that can be read, only the errors of the options remain.
    fn route(&mut self, head: Range<usize>, open: usize) -> Option<Route> {
        let mut builder = self.builder(head.start);
        let route =
            self.head(Rule::only_route_head, head).and_then(|mut pairs| builder.route(pairs.next()?)).map(|r| r.value);
        self.errors.append(&mut builder.errors);
        let options = self.body(open);
        route.map(|route| Route { options: Some(options), ..route })
    }

    fn begins_route(&self, head: &Range<usize>) -> bool {
        super::is_method(self.word(head.start)) || self.word(head.start + 1).starts_with('/') && head.len() > 1
    }
}

impl Recover for AppLine {
    const ONLY: Rule = Rule::only_app;
    const ONE: Rule = Rule::app_line;
    const KEYWORDS: &'static [&'static str] =
        &["hosts", "via", "use", "select", "service", "protocol", "issuers", "cors", "host"];
    const ROUTES: bool = true;

    fn with_block(recovery: &mut Recovery<'_>, head: Range<usize>, open: usize) -> Option<Spanned<Self>> {
        let span = recovery.span(head.start..recovery.structure.after(open));
        let line = match recovery.word(head.start) {
            "cors" => {
                let read = recovery.head(Rule::only_cors_head, head).is_some();
                let body = recovery.body(open);
                if read { AppLine::Cors(body) } else { AppLine::Error }
            }
            "host" => {
                let builder = recovery.builder(head.start);
                let hosts: Option<Vec<_>> = recovery
                    .head(Rule::only_host_head, head)
                    .map(|pairs| pairs.flat_map(|pair| builder.texts(pair)).collect());
                let body = recovery.body(open);
                hosts.map_or(AppLine::Error, |hosts| AppLine::Host { hosts, body })
            }
            _ if recovery.begins_route(&head) => recovery.route(head, open).map_or(AppLine::Error, AppLine::Route),
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }
}

impl Recover for HostLine {
    const ONLY: Rule = Rule::only_host;
    const ONE: Rule = Rule::host_line;
    const KEYWORDS: &'static [&'static str] = &["use"];
    const ROUTES: bool = true;

    fn with_block(recovery: &mut Recovery<'_>, head: Range<usize>, open: usize) -> Option<Spanned<Self>> {
        if !recovery.begins_route(&head) {
            return None;
        }
        let span = recovery.span(head.start..recovery.structure.after(open));
        Some(Spanned::new(span, recovery.route(head, open).map_or(HostLine::Error, HostLine::Route)))
    }
}

impl Recover for IssuerLine {
    const ONLY: Rule = Rule::only_issuer;
    const ONE: Rule = Rule::issuer_line;
    const KEYWORDS: &'static [&'static str] = &["url", "jwks", "audience", "token", "forward", "claims", "subject"];

    fn with_block(recovery: &mut Recovery<'_>, head: Range<usize>, open: usize) -> Option<Spanned<Self>> {
        if recovery.word(head.start) != "claims" {
            return None;
        }
        let span = recovery.span(head.start..recovery.structure.after(open));
        let read = recovery.head(Rule::only_claims_head, head).is_some();
        let body = recovery.body(open);
        Some(Spanned::new(span, if read { IssuerLine::Claims(body) } else { IssuerLine::Error }))
    }
}

impl Recover for TestLine {
    const ONLY: Rule = Rule::only_test;
    const ONE: Rule = Rule::test_line;
    const KEYWORDS: &'static [&'static str] = &[];

    /// The claims stand in the middle of a case: their errors are told, the case as a whole cannot be read.
    fn with_block(recovery: &mut Recovery<'_>, head: Range<usize>, open: usize) -> Option<Spanned<Self>> {
        let before = recovery.errors.len();
        recovery.body::<ClaimValueLine>(open);
        if recovery.errors.len() == before {
            return None;
        }
        let after = recovery.structure.after(open);
        let end = recovery.structure.line_end(&recovery.tokens, after..recovery.tokens.len());
        Some(Spanned::new(recovery.span(head.start..end), TestLine::error()))
    }
}

impl Recover for ClaimLine {
    const ONLY: Rule = Rule::only_claims;
    const ONE: Rule = Rule::claim_line;
    const KEYWORDS: &'static [&'static str] = &[];
}

impl Recover for GatewayLine {
    const ONLY: Rule = Rule::only_gateway;
    const ONE: Rule = Rule::gateway_line;
    const KEYWORDS: &'static [&'static str] = &["http", "https", "redirect", "hosts", "select"];
}

impl Recover for CorsLine {
    const ONLY: Rule = Rule::only_cors;
    const ONE: Rule = Rule::cors_line;
    const KEYWORDS: &'static [&'static str] = &["origins", "methods", "headers", "expose", "credentials", "max-age"];
}

impl Recover for RouteOption {
    const ONLY: Rule = Rule::only_option;
    const ONE: Rule = Rule::option_line;
    const KEYWORDS: &'static [&'static str] = &["timeout", "retries", "rewrite", "to"];
}

impl Recover for EnvLine {
    const ONLY: Rule = Rule::only_env;
    const ONE: Rule = Rule::env_line;
    const KEYWORDS: &'static [&'static str] = &[];
}

impl Recover for ClaimValueLine {
    const ONLY: Rule = Rule::only_token;
    const ONE: Rule = Rule::token_line;
    const KEYWORDS: &'static [&'static str] = &[];
}
