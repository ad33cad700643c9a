//! Gateways that configure the same pods and get into each other's way there (G22 to G24, G27).

use std::collections::BTreeSet;

use super::Analyzer;
use super::hosts::HostSet;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Gateway, Host, Listener, ListenerProtocol, may_select_same_pods};

/// How many hosts a message lists.
const FEW: usize = 3;

impl Analyzer<'_> {
    /// Refuses gateways that share a port of the same pods with another protocol, for the same hosts, or with one
    /// certificate.
    pub(super) fn refuse_gateway_clashes(&mut self) {
        let hosts = std::cell::OnceCell::new();
        let mut found = Vec::new();
        for (i, first) in self.gateways.iter().enumerate() {
            for (j, second) in self.gateways.iter().enumerate().skip(i + 1) {
                if !may_select_same_pods(&first.selector, &second.selector) {
                    continue;
                }
                for a in &first.listeners {
                    if let Some(b) = second.listeners.iter().find(|b| b.port == a.port) {
                        let hosts = hosts.get_or_init(|| self.hosts_by_gateway());
                        found.extend(clash((first, a, &hosts[i]), (second, b, &hosts[j])));
                    }
                }
            }
        }
        self.diagnostics.append(&mut found);
    }

    /// The hosts of the apps that use each gateway.
    fn hosts_by_gateway(&self) -> Vec<BTreeSet<&Host>> {
        let mut hosts: Vec<BTreeSet<&Host>> = vec![BTreeSet::new(); self.gateways.len()];
        for app in &self.apps {
            for id in &app.gateways {
                hosts[id.0].extend(app.hosts.iter().map(|host| &host.value));
            }
        }
        hosts
    }
}

/// A gateway, one of its ports, and its hosts.
type Side<'g> = (&'g Gateway, &'g Listener, &'g BTreeSet<&'g Host>);

/// What is wrong with two gateways on one port, if anything is.
fn clash(first: Side<'_>, second: Side<'_>) -> Option<Diagnostic> {
    let ((g1, a, h1), (g2, b, h2)) = if first.1.span <= second.1.span { (first, second) } else { (second, first) };
    let port = a.port;
    let is_http = |l: &Listener| matches!(l.protocol, ListenerProtocol::Http);
    let help = "give one label of the two `select` lines different values, or use another port";
    if is_http(a) != is_http(b) {
        return Some(
            Diagnostic::new(
                codes::GATEWAY_CLASH,
                format!(
                    "gateways `{}` and `{}` speak different protocols on port {port} of the same pods",
                    g1.name, g2.name
                ),
                b.span,
                format!("`{}` speaks {} here", g2.name, word(b)),
            )
            .with_secondary(a.span, format!("`{}` speaks {} here", g1.name, word(a)))
            .with_help(help),
        );
    }
    let common = common_hosts(h1, h2);
    if common.is_empty() {
        let served = !h1.is_empty() && !h2.is_empty();
        return if served { one_certificate((g1, a), (g2, b)) } else { None };
    }
    let mut shown: Vec<String> = common.iter().take(FEW).map(|host| format!("`{host}`")).collect();
    if common.len() > FEW {
        shown.push(format!("{} more", common.len() - FEW));
    }
    Some(
        Diagnostic::new(
            codes::GATEWAY_CLASH,
            format!("gateways `{}` and `{}` serve the same host on port {port} of the same pods", g1.name, g2.name),
            b.span,
            format!("`{}` serves {} here", g2.name, shown.join(", ")),
        )
        .with_secondary(a.span, format!("so does `{}`", g1.name))
        .with_help(format!("let the apps of these hosts use one of the gateways, or {help}")),
    )
}

/// A client takes a connection that it has for every host of its certificate, but Istio looks for routes in the Gateway
/// for which the connection was made (G27).
fn one_certificate((g1, a): (&Gateway, &Listener), (g2, b): (&Gateway, &Listener)) -> Option<Diagnostic> {
    let (ListenerProtocol::Https { secret }, ListenerProtocol::Https { secret: other }) = (&a.protocol, &b.protocol)
    else {
        return None;
    };
    if secret != other {
        return None;
    }
    Some(
        Diagnostic::new(
            codes::SHARED_CERTIFICATE,
            format!(
                "gateways `{}` and `{}` have the certificate `{secret}` on port {} of the same pods",
                g1.name, g2.name, a.port
            ),
            b.span,
            "a connection for a host of the one is used for hosts of the other, and finds no routes there",
        )
        .with_secondary(a.span, "the same certificate")
        .with_help("let the apps use one gateway, or give each gateway a certificate for its own hosts alone"),
    )
}

fn word(listener: &Listener) -> &'static str {
    match listener.protocol {
        ListenerProtocol::Http => "http",
        ListenerProtocol::Https { .. } => "https",
    }
}

/// The hosts of either set that a host of the other one covers.
fn common_hosts<'h>(a: &BTreeSet<&'h Host>, b: &BTreeSet<&'h Host>) -> BTreeSet<&'h Host> {
    let mut common = BTreeSet::new();
    for (outer, inner) in [(a, b), (b, a)] {
        let set = HostSet::new(outer.iter().copied());
        common.extend(inner.iter().copied().filter(|host| set.covers(host)));
    }
    common
}
