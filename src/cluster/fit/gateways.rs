//! The pods of a gateway, and the Service that leads to them.

use std::collections::BTreeSet;

use super::ports::list;
use super::{Fitting, carries, show};
use crate::cluster::objects::{Pod, Service, Target};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{Gateway, Listener};

impl Fitting<'_> {
    pub(super) fn gateway(&mut self, gateway: &Gateway) {
        let cluster = self.cluster;
        if cluster.pods.is_empty() {
            return;
        }
        // Of every namespace (G19).
        let of = |pod: &&Pod| carries(&pod.labels, &gateway.selector);
        let pods: Vec<&Pod> = cluster.pods.values().flatten().filter(of).collect();
        if pods.is_empty() {
            let diagnostic = self.no_gateway_pod(gateway);
            self.diagnostics.push(diagnostic);
            return;
        }
        let namespaces: BTreeSet<&str> = pods.iter().map(|pod| pod.namespace.as_str()).collect();
        for listener in &gateway.listeners {
            self.secret(gateway, listener, &namespaces);
        }
        if !cluster.services.is_empty() {
            self.gateway_services(gateway, &pods, &namespaces);
        }
    }

    fn no_gateway_pod(&self, gateway: &Gateway) -> Diagnostic {
        let diagnostic = Diagnostic::new(
            codes::GATEWAY_SELECTS_NO_POD,
            format!("gateway `{}` selects no pod in any namespace", gateway.name),
            gateway.select.unwrap_or(gateway.head),
            format!("selects {}", show(&gateway.selector)),
        );
        let pods = || self.cluster.pods.values().flatten();
        let near = gateway.selector.iter().find_map(|(key, value)| {
            let known: BTreeSet<&str> = pods().filter_map(|pod| pod.labels.get(key)).map(String::as_str).collect();
            if known.contains(value.as_str()) {
                return None;
            }
            // A label that is the gateway's own, such as `istio`, has few values: the right one is among them.
            let near = suggest::nearest(value, known.iter().copied());
            let near = near.or_else(|| known.first().copied().filter(|_| known.len() == 1));
            near.map(|near| format!("there are pods with `{key}={near}`"))
        });
        diagnostic.with_help(near.unwrap_or_else(|| {
            "select the labels that the gateway's pods have, with a line `select KEY=VALUE`".to_string()
        }))
    }

    /// The ports of the Services that lead to the gateway's pods, in each namespace that has any.
    fn gateway_services(&mut self, gateway: &Gateway, pods: &[&Pod], namespaces: &BTreeSet<&str>) {
        let mut found = false;
        for namespace in namespaces {
            let leads = |service: &&Service| {
                let mut here = pods.iter().filter(|pod| pod.namespace == *namespace);
                !service.selector.is_empty() && here.any(|pod| carries(&pod.labels, &service.selector))
            };
            let services: Vec<&Service> = self.cluster.services_of(namespace).filter(leads).collect();
            if services.is_empty() {
                continue;
            }
            found = true;
            for listener in &gateway.listeners {
                let has = |service: &&Service| {
                    service.ports.iter().any(|port| port.port == listener.port && port.transport != "UDP")
                };
                if !services.iter().any(has) {
                    self.diagnostics.push(no_port(gateway, listener, &services));
                }
            }
        }
        if !found {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::GATEWAY_WITHOUT_SERVICE,
                    format!("no Service leads to the pods of gateway `{}`", gateway.name),
                    gateway.select.unwrap_or(gateway.head),
                    "reached at the addresses of its pods only",
                )
                .with_help("create a Service that selects the gateway's pods, with the ports of the gateway"),
            );
        }
    }
}

fn no_port(gateway: &Gateway, listener: &Listener, services: &[&Service]) -> Diagnostic {
    let shown: Vec<String> = services.iter().map(|s| format!("`{}/{}`", s.namespace, s.name)).collect();
    let (noun, verb) = if services.len() == 1 { ("Service", "has") } else { ("Services", "have") };
    let diagnostic = Diagnostic::new(
        codes::GATEWAY_PORT_NOT_IN_SERVICE,
        format!("{noun} {} of gateway `{}` {verb} no port {}", shown.join(", "), gateway.name, listener.port),
        listener.span,
        "nobody can connect to it",
    );
    let ports = || services.iter().flat_map(|service| &service.ports).filter(|port| port.transport != "UDP");
    if let Some(port) = ports().find(|port| port.target == Target::Number(listener.port)) {
        let note =
            format!("{} is the port of its pods, to which port {} of the Service leads", listener.port, port.port);
        return diagnostic.with_note(note).with_help(format!("listen on port {}", port.port));
    }
    let known = list(ports().map(|port| port.port));
    diagnostic.with_help(if known.is_empty() {
        format!("give it a port {}", listener.port)
    } else {
        format!("give it a port {}, or listen on what it has: {known}", listener.port)
    })
}
