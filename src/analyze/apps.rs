//! Apps: service, pods, hosts, gateways, whom they trust, and all their routes.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::rc::Rc;

use super::hosts::HostSet;
use super::once::{Declared, PartOf};
use super::routes::{self, ReadRoute};
use super::symbols::AppEntry;
use super::text::Form;
use super::{Analyzer, labels, numbers};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{App, AppId, AppPlaces, GatewayId, Host, IssuerId, Labels, Protocol};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, AppLine, Block, CorsLine, HostLine, Name, Text};

/// The lines of an app.
#[derive(Default)]
struct Lines<'a> {
    hosts: Option<Spanned<&'a [Text]>>,
    via: Option<Spanned<&'a [Name]>>,
    select: Option<Spanned<&'a [Text]>>,
    service: Option<Spanned<&'a Text>>,
    protocol: Option<Spanned<&'a Name>>,
    issuers: Option<Spanned<&'a [Name]>>,
    cors: Option<Spanned<&'a Block<CorsLine>>>,
    uses: Vec<&'a Name>,
    blocks: Vec<(&'a [Text], &'a Block<HostLine>)>,
    routes: Vec<ReadRoute>,
    unreadable: bool,
}

impl<'a> Analyzer<'a> {
    /// Reads every app, in order of namespace and name.
    pub(super) fn read_apps(&mut self) {
        let entries = Rc::clone(&self.symbols.apps);
        let mut apps: Vec<App> = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            let app = self.read_app(entry, AppId(apps.len()));
            if entry.first {
                apps.push(app);
            }
        }
        self.apps = apps;
    }

    fn read_app(&mut self, entry: &AppEntry<'a>, id: AppId) -> App {
        let node = entry.node;
        let name = &node.name;
        let place = Declared("app", &name.text);
        let mut lines = self.app_lines(node, &place);
        let hosts = lines.hosts.as_ref().map(|line| self.hosts(line.value, &PartOf("hosts", &place)));
        let hosts_missing = hosts.is_none() && !lines.unreadable;
        let hosts = hosts.unwrap_or_default();
        let gateways = self.app_gateways(&lines, name, hosts_missing, &place);
        let issuers = lines.issuers.as_ref().map(|line| {
            let mut issuers = self.names(line.value, Self::issuer, &PartOf("issuers", &place));
            issuers.sort_by_key(|issuer| issuer.value);
            issuers.into_iter().map(|i| Spanned::new(i.span, IssuerId(i.value))).collect::<Vec<_>>()
        });
        let mut read = std::mem::take(&mut lines.routes);
        let uses: Vec<usize> =
            self.uses(std::mem::take(&mut lines.uses), &place).into_iter().map(|(id, _)| id).collect();
        self.add_bundles(&uses, &mut read);
        self.host_blocks(&lines, &hosts, &place, &mut read);
        self.check_routes(&mut read, issuers.as_deref(), entry.first.then_some(id));
        let mut routes: Vec<_> = read.into_iter().map(|r| r.route).collect();
        routes::sort(&mut routes);
        // The list took over the room of what was read, and stays as long as the program.
        routes.shrink_to_fit();
        App {
            name: name.text.clone(),
            head: head(entry),
            span: entry.span,
            places: AppPlaces {
                namespace: node.namespace.as_ref().map(|text| text.span),
                port: node.port.as_ref().map(|text| text.span),
                service: lines.service.as_ref().map(|line| line.value.span),
                select: lines.select.as_ref().map(|line| line.span),
            },
            namespace: entry.namespace.clone(),
            port: self.app_port(node),
            service: self.service(&lines, name),
            selector: match &lines.select {
                Some(line) => self.labels(line.value, &place),
                None => Labels::from([("app".to_string(), name.text.clone())]),
            },
            protocol: self.protocol(&lines),
            hosts,
            gateways,
            issuers,
            cors: lines.cors.as_ref().and_then(|line| self.cors(line.span, line.value, &place)),
            routes,
        }
    }

    fn app_lines(&mut self, app: &'a ast::App, place: &dyn Display) -> Lines<'a> {
        let mut lines = Lines { routes: Vec::with_capacity(app.body.lines.len()), ..Lines::default() };
        for line in &app.body.lines {
            let span = line.span;
            match &line.value {
                AppLine::Hosts(texts) => self.once(&mut lines.hosts, span, texts, "hosts", place),
                AppLine::Via(names) => self.once(&mut lines.via, span, names, "via", place),
                AppLine::Select(pairs) => self.once(&mut lines.select, span, pairs, "select", place),
                AppLine::Service(text) => self.once(&mut lines.service, span, text, "service", place),
                AppLine::Protocol(name) => self.once(&mut lines.protocol, span, name, "protocol", place),
                AppLine::Issuers(names) => self.once(&mut lines.issuers, span, names, "issuers", place),
                AppLine::Cors(block) => self.once(&mut lines.cors, span, block, "cors", place),
                AppLine::Use(names) => lines.uses.extend(names),
                AppLine::Host { hosts, body } => lines.blocks.push((hosts, body)),
                AppLine::Route(route) => lines.routes.extend(self.read_route(span, route)),
                AppLine::Error => lines.unreadable = true,
            }
        }
        lines
    }

    fn app_port(&mut self, app: &'a ast::App) -> u16 {
        let Some(text) = &app.port else {
            let name = &app.name;
            self.diagnostics.push(
                Diagnostic::new(
                    codes::MISSING_LINE,
                    format!("app `{}` has no port", name.text),
                    name.span,
                    "has no port",
                )
                .with_help("add the port of its service behind the name: `port 80`"),
            );
            return 80;
        };
        self.read(text, Form::Word, codes::INVALID_PORT, numbers::port).map_or(80, |port| port.value)
    }

    fn service(&mut self, lines: &Lines<'a>, name: &Name) -> String {
        let Some(line) = &lines.service else { return name.text.clone() };
        let given = self.read(line.value, Form::Word, codes::INVALID_LABEL, |t| labels::dns_label(t, "a service"));
        // What cannot be read is no other app's Service.
        given.map_or_else(String::new, |service| service.value)
    }

    fn protocol(&mut self, lines: &Lines<'a>) -> Protocol {
        let Some(word) = lines.protocol.as_ref().map(|line| line.value) else { return Protocol::Http };
        match word.text.as_str() {
            "http" => Protocol::Http,
            "http2" => Protocol::Http2,
            other => {
                let mut diagnostic = Diagnostic::new(
                    codes::INVALID_WORD,
                    format!("`{other}` is not a protocol"),
                    word.span,
                    "not a protocol",
                )
                .with_help("write `http`, or `http2` for gRPC");
                if matches!(other, "grpc" | "h2" | "h2c") {
                    diagnostic = diagnostic.with_fix("write `http2`", word.span, "http2");
                }
                self.diagnostics.push(diagnostic);
                Protocol::Http
            }
        }
    }

    fn app_gateways(
        &mut self,
        lines: &Lines<'a>,
        name: &Name,
        hosts_missing: bool,
        place: &dyn Display,
    ) -> Vec<GatewayId> {
        if let Some(via) = &lines.via {
            let mut ids = self.names(via.value, Self::gateway, &PartOf("`via`", place));
            if hosts_missing && lines.blocks.is_empty() {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::MISSING_LINE,
                        format!("{place} has a `via` and no `hosts`"),
                        via.span,
                        "for which hosts?",
                    )
                    .with_help("add the hosts by which it is reached: `hosts shop.example.com`"),
                );
            }
            if hosts_missing {
                return Vec::new();
            }
            ids.sort_by_key(|id| id.value);
            return ids.into_iter().map(|id| GatewayId(id.value)).collect();
        }
        if lines.hosts.is_none() || lines.unreadable && self.symbols.gateways.entries.len() != 1 {
            return Vec::new();
        }
        let known = &mut self.symbols.gateways.entries;
        if let [only] = known.as_mut_slice() {
            only.used = true;
            return vec![GatewayId(0)];
        }
        let diagnostic = if known.is_empty() {
            // What could not be read may be one.
            if !self.symbols_are_readable() {
                return Vec::new();
            }
            Diagnostic::new(
                codes::GATEWAY_NOT_CHOSEN,
                format!("{place} has hosts, and no gateway lets requests in"),
                name.span,
                "not reachable by its hosts",
            )
            .with_help("declare one: `gateway edge { http 80 }`")
        } else {
            let names: Vec<String> = known.iter().take(6).map(|g| format!("`{}`", g.name.text)).collect();
            Diagnostic::new(
                codes::GATEWAY_NOT_CHOSEN,
                format!("{place} does not say through which gateway it is reached, and the program has several"),
                name.span,
                "through which gateway?",
            )
            .with_help(format!("add a line `via …` with one or more of {}", names.join(", ")))
        };
        self.diagnostics.push(diagnostic);
        Vec::new()
    }

    fn host_blocks(
        &mut self,
        lines: &Lines<'a>,
        hosts: &[Spanned<Host>],
        place: &dyn Display,
        read: &mut Vec<ReadRoute>,
    ) {
        if lines.blocks.is_empty() {
            return;
        }
        let known = HostSet::new(hosts.iter().map(|host| &host.value));
        for (texts, body) in &lines.blocks {
            let block = self.hosts(texts, &"this block");
            let (mut routes, uses) = self.host_lines(&body.lines, &"this block");
            self.add_bundles(&uses.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), &mut routes);
            if !lines.unreadable {
                for host in block.iter().filter(|host| !known.covers(&host.value)) {
                    self.host_not_of_app(host, hosts, lines.hosts.as_ref().map(|line| line.span), place);
                }
            }
            let block: Vec<Host> = block.into_iter().map(|host| host.value).collect();
            if !block.is_empty() {
                routes::put_on(&block, &mut routes);
                read.append(&mut routes);
            }
        }
    }

    fn host_not_of_app(
        &mut self,
        host: &Spanned<Host>,
        hosts: &[Spanned<Host>],
        line: Option<Span>,
        place: &dyn Display,
    ) {
        let text = host.value.to_string();
        let mut diagnostic = Diagnostic::new(
            codes::HOST_NOT_OF_APP,
            format!("{place} does not have the host `{text}`"),
            host.span,
            "not one of its hosts",
        );
        if let Some(line) = line {
            diagnostic = diagnostic.with_secondary(line, "its hosts");
        }
        diagnostic = match nearest_host(&text, hosts) {
            Some(near) => diagnostic.with_help(format!("did you mean `{near}`; else add `{text}` to the `hosts` line")),
            None => diagnostic.with_help(format!("add `{text}` to the `hosts` line of the app")),
        };
        self.diagnostics.push(diagnostic);
    }

    /// What can be said of routes only in their app: whose claims they ask for, and whether a share goes to itself.
    fn check_routes(&mut self, read: &mut [ReadRoute], issuers: Option<&[Spanned<IssuerId>]>, id: Option<AppId>) {
        let trusted: BTreeSet<IssuerId> = match issuers {
            Some(listed) => listed.iter().map(|issuer| issuer.value).collect(),
            None if self.issuers.len() == 1 => BTreeSet::from([IssuerId(0)]),
            None => BTreeSet::new(),
        };
        for route in read {
            let open = std::mem::take(&mut route.open);
            self.check_open(&open, &trusted, None);
            for share in route.route.options.shares.iter().filter(|share| Some(share.app) == id) {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::SPLIT_SHARES,
                        "an app sends a share to itself",
                        share.span,
                        "the app itself",
                    )
                    .with_help("take the line out: what the shares leave over stays"),
                );
            }
        }
    }
}

/// The host that was probably meant: hosts differ by a slip in their first label or behind it, not by another label.
fn nearest_host(text: &str, hosts: &[Spanned<Host>]) -> Option<String> {
    let (label, domain) = text.split_once('.')?;
    let names: Vec<String> = hosts.iter().map(|h| h.value.to_string()).collect();
    let parts: Vec<(&str, &str)> = names.iter().filter_map(|name| name.split_once('.')).collect();
    let by_label = parts.iter().filter(|(_, d)| *d == domain).map(|(l, _)| *l);
    let by_domain = parts.iter().filter(|(l, _)| *l == label).map(|(_, d)| *d);
    let near = suggest::nearest(label, by_label).map(|near| format!("{near}.{domain}"));
    near.or_else(|| suggest::nearest(domain, by_domain).map(|near| format!("{label}.{near}")))
}

/// The declaration without its lines.
fn head(entry: &AppEntry<'_>) -> Span {
    let app = entry.node;
    let parts = [Some(app.name.span), app.namespace.as_ref().map(|t| t.span), app.port.as_ref().map(|t| t.span)];
    let end = parts.into_iter().flatten().map(|span| span.end).max().unwrap_or(entry.span.end);
    Span::new(entry.span.file, entry.span.start, end)
}
