//! Lines of blocks.

use super::layout::{Class, Layout};
use super::requirement::requirement;
use super::text::{app as app_reference, claim, list, methods, names, text, texts};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    Access, AppLine, Block, ClaimLine, ClaimValue, ClaimValueLine, CorsLine, Credential, EnvLine, Expected, Flaw,
    GatewayLine, HostLine, IssuerLine, Route, RouteOption, TestCase, TestLine, TokenLocation,
};

/// A row with a block and its lines.
pub(super) fn entries<L>(
    start: u32,
    block: &Block<L>,
    class: Class,
    head: Vec<String>,
    layout: &mut Layout<'_>,
    line: fn(&Spanned<L>, &mut Layout<'_>),
) {
    layout.block(start, block.span, class, head, |layout| {
        for entry in &block.lines {
            line(entry, layout);
        }
    });
}

fn entry(span: Span, class: Class, keyword: &str, value: String, layout: &mut Layout<'_>) {
    layout.row(span, class, vec![keyword.to_string(), value]);
}

pub(super) fn issuer(line: &Spanned<IssuerLine>, layout: &mut Layout<'_>) {
    let (keyword, value) = match &line.value {
        IssuerLine::Url(url) => ("url", text(url)),
        IssuerLine::Jwks(jwks) => ("jwks", text(jwks)),
        IssuerLine::JwksFile(file) => ("jwks", format!("file {}", text(file))),
        IssuerLine::Audience(values) => ("audience", texts(values)),
        IssuerLine::Token(TokenLocation::Header { name, prefix: None }) => ("token", format!("header {}", text(name))),
        IssuerLine::Token(TokenLocation::Header { name, prefix: Some(prefix) }) => {
            ("token", format!("header {} prefix {}", text(name), text(prefix)))
        }
        IssuerLine::Token(TokenLocation::Query(name)) => ("token", format!("query {}", text(name))),
        IssuerLine::Token(TokenLocation::Cookie(name)) => ("token", format!("cookie {}", text(name))),
        IssuerLine::Forward => return layout.row(line.span, Class::Entry, vec!["forward".to_string()]),
        IssuerLine::SubjectOptional => ("subject", "optional".to_string()),
        IssuerLine::Claims(block) => {
            return entries(line.span.start, block, Class::None, vec!["claims".to_string()], layout, claim_line);
        }
        IssuerLine::Error => return,
    };
    entry(line.span, Class::Entry, keyword, value, layout);
}

fn claim_line(line: &Spanned<ClaimLine>, layout: &mut Layout<'_>) {
    if let ClaimLine::Claim { path, kind } = &line.value {
        entry(line.span, Class::Claim, &format!("{}:", claim(path)), kind.text.clone(), layout);
    }
}

pub(super) fn gateway(line: &Spanned<GatewayLine>, layout: &mut Layout<'_>) {
    let (keyword, value) = match &line.value {
        GatewayLine::Http(port) => ("http", text(port)),
        GatewayLine::Https { port, secret } => ("https", format!("{} tls {}", text(port), text(secret))),
        GatewayLine::RedirectHttpToHttps => ("redirect", "http to https".to_string()),
        GatewayLine::Hosts(hosts) => ("hosts", texts(hosts)),
        GatewayLine::Select(labels) => ("select", texts(labels)),
        GatewayLine::Error => return,
    };
    entry(line.span, Class::Entry, keyword, value, layout);
}

pub(super) fn app(line: &Spanned<AppLine>, layout: &mut Layout<'_>) {
    let (keyword, value) = match &line.value {
        AppLine::Hosts(hosts) => ("hosts", texts(hosts)),
        AppLine::Via(gateways) => ("via", names(gateways)),
        AppLine::Select(labels) => ("select", texts(labels)),
        AppLine::Service(name) => ("service", text(name)),
        AppLine::Protocol(name) => ("protocol", name.text.clone()),
        AppLine::Issuers(issuers) => ("issuers", names(issuers)),
        AppLine::Use(routes) => ("use", names(routes)),
        AppLine::Cors(block) => {
            return entries(line.span.start, block, Class::None, vec!["cors".to_string()], layout, cors);
        }
        AppLine::Host { hosts, body } => {
            let head = vec![format!("host {}", texts(hosts))];
            return entries(line.span.start, body, Class::None, head, layout, host);
        }
        AppLine::Route(it) => return route(line.span, it, layout),
        AppLine::Error => return,
    };
    entry(line.span, Class::App, keyword, value, layout);
}

pub(super) fn host(line: &Spanned<HostLine>, layout: &mut Layout<'_>) {
    match &line.value {
        HostLine::Use(routes) => entry(line.span, Class::App, "use", names(routes), layout),
        HostLine::Route(it) => route(line.span, it, layout),
        HostLine::Error => {}
    }
}

fn cors(line: &Spanned<CorsLine>, layout: &mut Layout<'_>) {
    let (keyword, value) = match &line.value {
        CorsLine::Origins(origins) => ("origins", texts(origins)),
        CorsLine::Methods(names) => ("methods", methods(names)),
        CorsLine::Headers(headers) => ("headers", texts(headers)),
        CorsLine::Expose(headers) => ("expose", texts(headers)),
        CorsLine::Credentials => return layout.row(line.span, Class::Entry, vec!["credentials".to_string()]),
        CorsLine::MaxAge(duration) => ("max-age", text(duration)),
        CorsLine::Error => return,
    };
    entry(line.span, Class::Entry, keyword, value, layout);
}

fn route(span: Span, route: &Route, layout: &mut Layout<'_>) {
    let access = match &route.access.value {
        Access::Public => "public".to_string(),
        Access::Deny => "deny".to_string(),
        Access::Require(it) => format!("require {}", requirement(&it.value)),
        Access::Redirect { target, status: None } => format!("redirect {}", text(target)),
        Access::Redirect { target, status: Some(status) } => format!("redirect {} {}", text(target), text(status)),
    };
    let cells = vec![methods(&route.methods), text(&route.path), access];
    match &route.options {
        None => layout.row(span, Class::Route, cells),
        Some(options) => entries(span.start, options, Class::Route, cells, layout, option),
    }
}

fn option(line: &Spanned<RouteOption>, layout: &mut Layout<'_>) {
    let (keyword, value) = match &line.value {
        RouteOption::Timeout(duration) => ("timeout", text(duration)),
        RouteOption::Retries(number) => ("retries", text(number)),
        RouteOption::Rewrite(path) => ("rewrite", text(path)),
        RouteOption::To { app, percent } => ("to", format!("{} {}%", app_reference(app), text(percent))),
        RouteOption::Error => return,
    };
    entry(line.span, Class::Entry, keyword, value, layout);
}

pub(super) fn env(line: &Spanned<EnvLine>, layout: &mut Layout<'_>) {
    if let EnvLine::Value { name, value } = &line.value {
        entry(line.span, Class::Entry, &name.text, text(value), layout);
    }
}

pub(super) fn test(line: &Spanned<TestLine>, layout: &mut Layout<'_>) {
    let TestLine::Case(TestCase { method, target, credential: sent, expected }) = &line.value else { return };
    let sent = sent.as_ref().map(|sent| format!("with {}", credential(&sent.value))).unwrap_or_default();
    let expected = match &expected.value {
        Expected::App(app) => app_reference(app),
        Expected::Refused => "refused".to_string(),
        Expected::NotFound => "not found".to_string(),
        Expected::Redirect => "redirect".to_string(),
        Expected::Status(status) => status.text.clone(),
    };
    let cells = vec![method.text.clone(), text(target), sent, format!("=> {expected}")];
    layout.row(line.span, Class::Case, cells);
}

/// A token on the line of its case, its claims included.
fn credential(credential: &Credential) -> String {
    let Credential::Token { issuer, flaws, claims } = credential else { return "garbage".to_string() };
    let mut out = issuer.text.clone();
    for flaw in flaws {
        out.push(' ');
        match &flaw.value {
            Flaw::Expired => out.push_str("expired"),
            Flaw::SignedByNobody => out.push_str("signed by nobody"),
            Flaw::WithoutSubject => out.push_str("without subject"),
            Flaw::Audience(audience) => out.extend(["audience ", &text(audience)]),
        }
    }
    if let Some(block) = claims {
        let values: Vec<String> = block.lines.iter().map(|line| claim_value(&line.value)).collect();
        if values.is_empty() {
            out.push_str(" {}");
        } else {
            out.extend([" { ", &values.join("  "), " }"]);
        }
    }
    out
}

fn claim_value(line: &ClaimValueLine) -> String {
    let ClaimValueLine::Value { path, value } = line else { return String::new() };
    let value = match &value.value {
        ClaimValue::String(it) => text(it),
        ClaimValue::List(values) => list(values),
        ClaimValue::Word(word) => word.text.clone(),
    };
    format!("{} {value}", claim(path))
}
