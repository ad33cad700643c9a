//! Gateways: ports, allow-list, pods; and the pairs of `select`.

use std::fmt::Display;

use super::hosts;
use super::symbols::Entry;
use super::text::Form;
use super::{Analyzer, labels, numbers};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Gateway, Host, Labels, Listener, ListenerProtocol};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, GatewayLine, Text};

/// The lines of a gateway.
#[derive(Default)]
struct Lines<'a> {
    ports: Vec<(Span, &'a Text, Option<&'a Text>)>,
    redirect: Option<Spanned<()>>,
    hosts: Option<Spanned<&'a [Text]>>,
    select: Option<Spanned<&'a [Text]>>,
    unreadable: bool,
}

impl<'a> Analyzer<'a> {
    /// Reads every gateway, in order of name.
    pub(super) fn read_gateways(&mut self) {
        let entries = self.symbols.gateways.entries.clone();
        for entry in &entries {
            let gateway = self.read_gateway(entry);
            self.gateways.push(gateway);
        }
        for entry in &self.symbols.gateways.repeated.clone() {
            self.read_gateway(entry);
        }
    }

    fn read_gateway(&mut self, entry: &Entry<'a, ast::Gateway>) -> Gateway {
        let place = format!("gateway `{}`", entry.name.text);
        let lines = self.gateway_lines(entry.node, &place);
        self.check_ports(entry, &lines, &place);
        let listeners = self.listeners(&lines, &place);
        let allowed = lines.hosts.map(|line| self.hosts(line.value, &format!("the hosts of {place}")));
        let selector = match &lines.select {
            Some(line) => self.labels(line.value, &place),
            None => Labels::from([("istio".to_string(), "ingressgateway".to_string())]),
        };
        let end = entry.node.namespace.as_ref().map_or(entry.name.span.end, |namespace| namespace.span.end);
        Gateway {
            name: entry.name.text.clone(),
            head: Span::new(entry.span.file, entry.span.start, end),
            span: entry.span,
            namespace_place: entry.node.namespace.as_ref().map(|text| text.span),
            select: lines.select.as_ref().map(|line| line.span),
            namespace: self.namespace(entry.node.namespace.as_ref()),
            listeners,
            redirect_to_https: lines.redirect.map(|line| line.span),
            // A list in which nothing could be read must not shut out every app.
            allowed: allowed.filter(|hosts| !hosts.is_empty()),
            selector,
        }
    }

    fn gateway_lines(&mut self, gateway: &'a ast::Gateway, place: &dyn Display) -> Lines<'a> {
        let mut lines = Lines::default();
        for line in &gateway.body.lines {
            let span = line.span;
            match &line.value {
                GatewayLine::Http(port) => lines.ports.push((span, port, None)),
                GatewayLine::Https { port, secret } => lines.ports.push((span, port, Some(secret))),
                GatewayLine::RedirectHttpToHttps => {
                    self.once(&mut lines.redirect, span, (), "redirect http to https", place);
                }
                GatewayLine::Hosts(hosts) => self.once(&mut lines.hosts, span, hosts, "hosts", place),
                GatewayLine::Select(pairs) => self.once(&mut lines.select, span, pairs, "select", place),
                GatewayLine::Error => lines.unreadable = true,
            }
        }
        lines
    }

    /// Whether there are the ports that a gateway, and its redirect, need.
    fn check_ports(&mut self, entry: &Entry<'a, ast::Gateway>, lines: &Lines<'a>, place: &dyn Display) {
        if lines.unreadable {
            return;
        }
        if lines.ports.is_empty() {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::MISSING_LINE,
                    format!("{place} has no port"),
                    entry.name.span,
                    "listens on no port",
                )
                .with_help("add a port: `http 80`, or `https 443 tls \"SECRET\"`"),
            );
        }
        let Some(redirect) = &lines.redirect else { return };
        let http = lines.ports.iter().any(|(.., secret)| secret.is_none());
        let https = lines.ports.iter().any(|(.., secret)| secret.is_some());
        let (label, help) = match (http, https) {
            (true, true) => return,
            (true, false) => ("there is no `https`", "add where to redirect to: `https 443 tls \"SECRET\"`"),
            (false, true) => ("there is no `http`", "add what to redirect: `http 80`"),
            (false, false) => ("there is neither", "add `http 80` and `https 443 tls \"SECRET\"`"),
        };
        self.diagnostics.push(
            Diagnostic::new(
                codes::REDIRECT_NEEDS_BOTH,
                format!("{place} redirects http to https, and needs a port of each"),
                redirect.span,
                label,
            )
            .with_help(help),
        );
    }

    fn listeners(&mut self, lines: &Lines<'a>, place: &dyn Display) -> Vec<Listener> {
        let mut listeners: Vec<Listener> = Vec::with_capacity(lines.ports.len());
        for &(span, port, secret) in &lines.ports {
            let port = self.read(port, Form::Word, codes::INVALID_PORT, numbers::port);
            let protocol = match secret {
                None => Some(ListenerProtocol::Http),
                Some(secret) => self
                    .read(secret, Form::String, codes::INVALID_LABEL, |t| labels::dns_subdomain(t, "a secret"))
                    .map(|secret| ListenerProtocol::Https { secret }),
            };
            let (Some(port), Some(protocol)) = (port, protocol) else { continue };
            if let Some(first) = listeners.iter().find(|l| l.port == port.value) {
                let what = format!("port {}", port.value);
                self.diagnostics.push(super::once::repeated(&what, place, port.span, first.span));
            } else {
                listeners.push(Listener { port: port.value, protocol, span });
            }
        }
        listeners.sort_by_key(|listener| listener.port);
        self.check_redirect(lines, &listeners, place);
        listeners
    }

    /// A redirect to https keeps the host and names no port (G16), so it leads from port 80 to port 443 and from nowhere
    /// else to anywhere else.
    fn check_redirect(&mut self, lines: &Lines<'a>, listeners: &[Listener], place: &dyn Display) {
        let Some(redirect) = &lines.redirect else { return };
        let usual = |l: &&Listener| match l.protocol {
            ListenerProtocol::Http => l.port == 80,
            ListenerProtocol::Https { .. } => l.port == 443,
        };
        let https = listeners.iter().any(|l| l.port == 443 && usual(&l));
        let odd = listeners.iter().find(|l| !usual(l) && (matches!(l.protocol, ListenerProtocol::Http) || !https));
        if let Some(listener) = odd {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::REDIRECT_NEEDS_BOTH,
                    format!("{place} redirects http to https, which leads from port 80 to port 443 alone"),
                    redirect.span,
                    "names no port",
                )
                .with_secondary(listener.span, "another port")
                .with_help("listen on `http 80` and `https 443`, or leave the redirect out"),
            );
        }
    }

    /// Reads hosts, sorted.
    pub(super) fn hosts(&mut self, texts: &'a [Text], place: &dyn Display) -> Vec<Spanned<Host>> {
        let form = (Form::Word, codes::INVALID_HOST);
        let mut hosts = self.read_list(texts, form, hosts::host, ToString::to_string, place);
        hosts.sort_by(|a, b| a.value.cmp(&b.value));
        hosts
    }

    /// Reads the pairs of `select`.
    pub(super) fn labels(&mut self, texts: &'a [Text], place: &dyn Display) -> Labels {
        let mut pairs = Vec::with_capacity(texts.len());
        for text in texts {
            if let Some(pair) = self.read(text, Form::Word, codes::INVALID_LABEL, labels::pair) {
                pairs.push(pair);
            }
        }
        let mut selector = Labels::new();
        let mut first: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        for Spanned { span, value: (key, value) } in pairs {
            if let Some(&earlier) = first.get(&key) {
                let place = format!("the `select` of {place}");
                self.diagnostics.push(super::once::repeated(&key, &place, span, earlier));
                continue;
            }
            first.insert(key.clone(), span);
            selector.insert(key, value);
        }
        selector
    }
}
