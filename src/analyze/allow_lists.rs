//! The `hosts` of a gateway: what may enter there.

use super::Analyzer;
use super::hosts::HostSet;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Gateway, Host};
use crate::source::{Span, Spanned};

impl Analyzer<'_> {
    /// Refuses hosts of apps that do not fall under the `hosts` of each of their gateways (V2).
    pub(super) fn refuse_hosts_outside_gateways(&mut self) {
        let lists: Vec<Option<(Span, HostSet<'_>)>> = self.gateways.iter().map(list).collect();
        let mut found = Vec::new();
        for app in &self.apps {
            for id in &app.gateways {
                let Some((span, allowed)) = &lists[id.0] else { continue };
                let outside = app.hosts.iter().filter(|host| !allowed.covers(&host.value));
                found.extend(outside.map(|host| host_outside(host, &self.gateways[id.0], *span)));
            }
        }
        self.diagnostics.append(&mut found);
    }
}

fn list(gateway: &Gateway) -> Option<(Span, HostSet<'_>)> {
    let hosts = gateway.allowed.as_ref()?;
    let span = hosts.iter().map(|host| host.span).reduce(Span::to)?;
    Some((span, HostSet::new(hosts.iter().map(|host| &host.value))))
}

fn host_outside(host: &Spanned<Host>, gateway: &Gateway, list: Span) -> Diagnostic {
    let (text, name) = (&host.value, &gateway.name);
    Diagnostic::new(
        codes::HOST_OUTSIDE_GATEWAY,
        format!("host `{text}` is not among the `hosts` of gateway `{name}`"),
        host.span,
        "not let in",
    )
    .with_secondary(list, format!("the hosts that `{name}` lets in"))
    .with_help(format!("add `{text}` to the `hosts` of the gateway, or take it out here"))
}
