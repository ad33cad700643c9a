//! The port of an app's Service: whether it is there, and whether Istio takes it for HTTP.

use super::{Fitting, carries};
use crate::cluster::objects::{Pod, Service, ServicePort, Target};
use crate::cluster::protocol::{self, Taken};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{App, Protocol};
use crate::source::Span;

impl<'a> Fitting<'a> {
    /// The port of an app's Service, if it is there.
    pub(super) fn port(&mut self, app: &App, service: &'a Service) -> Option<&'a ServicePort> {
        let place = app.places.port.unwrap_or(app.head);
        // One number may stand there for several transports.
        let mut found: Vec<&ServicePort> = service.ports.iter().filter(|port| port.port == app.port).collect();
        found.sort_by_key(|port| port.transport != "TCP");
        let Some(port) = found.first() else {
            let diagnostic = self.no_port(app, service, place);
            self.diagnostics.push(diagnostic);
            return None;
        };
        self.diagnostics.extend(protocol_of(app, service, port, place));
        Some(port)
    }

    fn no_port(&self, app: &App, service: &Service, place: Span) -> Diagnostic {
        let shown = format!("{}/{}", service.namespace, service.name);
        let diagnostic = Diagnostic::new(
            codes::PORT_NOT_IN_SERVICE,
            format!("Service `{shown}` has no port {}", app.port),
            place,
            "not a port of the Service",
        );
        let pods = self.cluster.pods_of(&service.namespace).iter();
        let behind: Vec<&Pod> =
            pods.filter(|pod| !service.selector.is_empty() && carries(&pod.labels, &service.selector)).collect();
        let leads = |port: &&ServicePort| match &port.target {
            Target::Number(number) => *number == app.port,
            Target::Name(name) => behind.iter().any(|pod| pod.ports.get(name) == Some(&app.port)),
        };
        let leading: Vec<u16> = service.ports.iter().filter(leads).map(|port| port.port).collect();
        match leading.as_slice() {
            [] => diagnostic.with_help(match service.ports.as_slice() {
                [] => "give the Service a port".to_string(),
                [one] => format!("its one port is {}", one.port),
                ports => format!("its ports are {}", list(ports.iter().map(|port| port.port))),
            }),
            [one, others @ ..] => {
                let diagnostic = diagnostic.with_note(format!(
                    "{} is the port of its pods, to which port {one} of the Service leads",
                    app.port
                ));
                let text = one.to_string();
                match self.rewritten(place, &text) {
                    Some(_) if app.places.port.is_some() && others.is_empty() => {
                        diagnostic.with_fix(format!("write `{text}`"), place, text)
                    }
                    _ => diagnostic.with_help(format!("write port {text}")),
                }
            }
        }
    }
}

/// What is to be said of what Istio takes the port for.
fn protocol_of(app: &App, service: &Service, port: &ServicePort, place: Span) -> Option<Diagnostic> {
    let shown = format!("port {} of Service `{}/{}`", port.port, service.namespace, service.name);
    let label = protocol::label(port);
    let wanted = match app.protocol {
        Protocol::Http => "http",
        Protocol::Http2 => "http2",
    };
    let help = if port.transport == "UDP" {
        "let the Service have this port with `protocol: TCP`".to_string()
    } else {
        format!("set `appProtocol: {wanted}` on the port of the Service")
    };
    Some(match (protocol::taken(port), app.protocol) {
        (Taken::Opaque, _) => Diagnostic::new(
            codes::PORT_NOT_HTTP,
            format!("Istio does not take {shown} for HTTP, so no token and no path is looked at"),
            place,
            label,
        )
        .with_note("there a rule that asks for a token, a path or a method lets nothing through")
        .with_help(help),
        (Taken::Guessed, _) => Diagnostic::new(
            codes::PORT_GUESSED,
            format!("what is spoken on {shown} is not declared, and Istio guesses it for each connection"),
            place,
            label,
        )
        .with_note(
            "what it takes for HTTP is guarded as the program says; of anything else no token and no path is seen",
        )
        .with_help(help),
        (Taken::Http, Protocol::Http2) => Diagnostic::new(
            codes::PORT_NOT_HTTP2,
            format!("app `{}` speaks HTTP/2, and {shown} is declared as HTTP/1.1", app.name),
            place,
            label,
        )
        .with_note("requests of gRPC do not get through as HTTP/1.1")
        .with_help(help),
        (Taken::Http | Taken::Http2, _) => return None,
    })
}

/// `80, 443 and 8080`
pub(super) fn list(ports: impl Iterator<Item = u16>) -> String {
    let mut ports: Vec<u16> = ports.collect();
    ports.sort_unstable();
    ports.dedup();
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    match ports.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
