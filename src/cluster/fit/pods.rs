//! The pods of an app: those that its policy selects, and those behind its Service.

use super::{Fitting, carries, count, name, select_place, show, with_notes};
use crate::cluster::objects::{Pod, Service, ServicePort, Target};
use crate::cluster::protocol::{self, Taken};
use crate::cluster::sidecar::{self, Sidecar};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::App;

impl<'a> Fitting<'a> {
    pub(super) fn pods(&mut self, app: &'a App, service: Option<&Service>, port: Option<&ServicePort>) {
        if self.cluster.pods.is_empty() {
            return;
        }
        let pods = self.cluster.pods_of(&app.namespace);
        let selected: Vec<&Pod> = pods.iter().filter(|pod| carries(&pod.labels, &app.selector)).collect();
        let service = service.filter(|service| !service.selector.is_empty());
        let behind = service.map(|service| {
            let behind = pods.iter().filter(|pod| carries(&pod.labels, &service.selector));
            (service, behind.collect::<Vec<&Pod>>())
        });
        if let Some((service, behind)) = &behind {
            let open: Vec<&Pod> = behind.iter().filter(|pod| !carries(&pod.labels, &app.selector)).copied().collect();
            if !open.is_empty() {
                self.unguarded(app, service, &open);
            } else if behind.is_empty() && !selected.is_empty() {
                self.leads_nowhere(app, service);
            }
        }
        if selected.is_empty() && behind.as_ref().is_none_or(|(_, behind)| behind.is_empty()) {
            self.selects_nothing(app, pods);
        }
        if let (Some(service), Some(port)) = (service, port) {
            self.declared_twice(app, (service, port), &selected);
        }
        self.unenforced(app, &selected, port);
    }

    /// The open door: requests for the app reach pods of which its policy knows nothing.
    fn unguarded(&mut self, app: &App, service: &Service, open: &[&Pod]) {
        let (namespace, program) = (&app.namespace, self.program);
        let notes: Vec<String> = open
            .iter()
            .map(|pod| {
                let (key, value) = app
                    .selector
                    .iter()
                    .find(|(key, value)| pod.labels.get(*key) != Some(*value))
                    .map_or(("", ""), |(key, value)| (key.as_str(), value.as_str()));
                let has = match pod.labels.get(key) {
                    Some(other) => format!("has `{key}={other}`, not `{key}={value}`"),
                    None => format!("has no label `{key}`"),
                };
                let of = |other: &&App| other.namespace == *namespace && carries(&pod.labels, &other.selector);
                let other = program.apps.iter().find(of).map(|other| format!("; app `{}` selects it", other.name));
                format!("{} {has}{}", name(pod), other.unwrap_or_default())
            })
            .collect();
        let verb = if open.len() == 1 { "is" } else { "are" };
        let diagnostic = Diagnostic::new(
            codes::UNGUARDED_PODS,
            format!(
                "{} {verb} behind Service `{namespace}/{}`, and the policy of app `{}` does not guard {}",
                count(open),
                service.name,
                app.name,
                if open.len() == 1 { "it" } else { "them" }
            ),
            select_place(app),
            format!("selects {}", show(&app.selector)),
        );
        self.diagnostics.push(with_notes(diagnostic, &notes).with_help(format!(
            "select what the Service selects, {}, or let the Service select the pods of the app alone",
            show(&service.selector)
        )));
    }

    fn leads_nowhere(&mut self, app: &App, service: &Service) {
        self.diagnostics.push(
            Diagnostic::new(
                codes::SELECTS_NO_POD,
                format!("Service `{}/{}` of app `{}` selects no pod", app.namespace, service.name, app.name),
                app.places.service.unwrap_or(app.head),
                format!("selects {}", show(&service.selector)),
            )
            .with_help(format!("let it select what the app selects: {}", show(&app.selector))),
        );
    }

    fn selects_nothing(&mut self, app: &App, pods: &[Pod]) {
        let namespace = &app.namespace;
        let diagnostic = Diagnostic::new(
            codes::SELECTS_NO_POD,
            format!("the policy of app `{}` selects no pod of namespace `{namespace}`", app.name),
            select_place(app),
            format!("selects {}", show(&app.selector)),
        );
        let near = app.selector.iter().find_map(|(key, value)| {
            let known: Vec<&str> = pods.iter().filter_map(|pod| pod.labels.get(key)).map(String::as_str).collect();
            let near = if known.contains(&value.as_str()) { None } else { suggest::nearest(value, known) };
            near.map(|near| format!("there are pods with `{key}={near}`"))
        });
        self.diagnostics.push(diagnostic.with_help(near.unwrap_or_else(|| match app.places.select {
            Some(_) => "select labels that the pods of the app have".to_string(),
            None => "select the labels that the pods of the app have, with a line `select KEY=VALUE`".to_string(),
        })));
    }

    /// Another Service that leads to the same port of a pod and says that it is not HTTP: the older one decides (V65c).
    fn declared_twice(&mut self, app: &App, (service, port): (&Service, &ServicePort), selected: &[&Pod]) {
        let bytes = |port: &ServicePort| protocol::taken(port) == Taken::Opaque;
        if bytes(port) {
            return;
        }
        let others = self.cluster.services_of(&app.namespace).filter(|other| other.name != service.name);
        let found = others.filter(|other| !other.selector.is_empty()).find_map(|other| {
            let mut both = selected
                .iter()
                .filter(|pod| carries(&pod.labels, &service.selector) && carries(&pod.labels, &other.selector));
            both.find_map(|pod| {
                let same = |theirs: &&ServicePort| {
                    theirs.transport != "UDP"
                        && bytes(theirs)
                        && target(theirs, pod).is_some()
                        && target(theirs, pod) == target(port, pod)
                };
                other.ports.iter().find(same).map(|theirs| (other, theirs, *pod))
            })
        });
        let Some((other, theirs, pod)) = found else { return };
        self.diagnostics.push(
            Diagnostic::new(
                codes::PORT_DECLARED_TWICE,
                format!(
                    "Services `{0}/{1}` and `{0}/{2}` lead to one port of {3}, and declare it differently",
                    app.namespace,
                    service.name,
                    other.name,
                    name(pod)
                ),
                app.places.port.unwrap_or(app.head),
                format!("port {} of Service `{}` is {}", theirs.port, other.name, protocol::label(theirs)),
            )
            .with_note("the older of the two decides: if that one does not say HTTP, no token and no path is looked at")
            .with_help("declare the same on both"),
        );
    }

    /// Pods at which the policy is not enforced, since no sidecar is there or requests do not come by it.
    fn unenforced(&mut self, app: &App, selected: &[&Pod], port: Option<&ServicePort>) {
        let namespace = self.cluster.namespaces.get(&app.namespace);
        let (mut open, mut notes, mut helps) = (Vec::new(), Vec::new(), Vec::new());
        for pod in selected {
            let number = port.and_then(|port| target(port, pod));
            match sidecar::of(pod, namespace, number) {
                Sidecar::There => {}
                Sidecar::Unknown => {
                    let what = format!("whether {} gets a sidecar", name(pod));
                    self.unjudged.insert(format!("{what}, since no Namespace is among the objects"));
                }
                Sidecar::Missing { why, help } => {
                    open.push(*pod);
                    helps.push(help);
                    notes.push(format!("{} {why}", name(pod)));
                }
            }
        }
        if open.is_empty() {
            return;
        }
        let whom = match open.as_slice() {
            [one] => name(one),
            _ if open.len() == selected.len() => format!("all its {} pods", open.len()),
            _ => format!("{} of its {} pods", open.len(), selected.len()),
        };
        let diagnostic = Diagnostic::new(
            codes::NOT_ENFORCED,
            format!("nothing enforces the policy of app `{}` at {whom}", app.name),
            select_place(app),
            format!("selects {}", show(&app.selector)),
        );
        let mut diagnostic = with_notes(diagnostic, &notes);
        if namespace.is_some_and(|namespace| namespace.ambient) {
            diagnostic = diagnostic.with_note(format!(
                "namespace `{}` is in ambient mode, in which nothing is judged here: the manifests are for sidecars",
                app.namespace
            ));
        }
        // The first pod's: others can be seen when it is mended.
        self.diagnostics.extend(helps.first().map(|help| diagnostic.with_help(*help)));
    }
}

/// The port of a pod to which a port of a Service leads, where it is known.
fn target(port: &ServicePort, pod: &Pod) -> Option<u16> {
    match &port.target {
        Target::Number(number) => Some(*number),
        Target::Name(name) => pod.ports.get(name).copied(),
    }
}
