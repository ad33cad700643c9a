//! The Service of an app.

use super::Fitting;
use crate::cluster::objects::Service;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::App;

impl<'a> Fitting<'a> {
    /// The Service of an app, if it is there and pods are behind it.
    pub(super) fn service(&mut self, app: &App) -> Option<&'a Service> {
        let cluster = self.cluster;
        if cluster.services.is_empty() {
            return None;
        }
        let here = cluster.services.get(&app.namespace);
        let Some(service) = here.and_then(|services| services.get(&app.service)) else {
            let diagnostic = self.no_service(app);
            self.diagnostics.push(diagnostic);
            return None;
        };
        let place = app.places.service.unwrap_or(app.head);
        let shown = format!("{}/{}", service.namespace, service.name);
        if let Some(outside) = &service.external {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::SERVICE_LEADS_OUTSIDE,
                    format!("Service `{shown}` stands for `{outside}`, where no policy holds"),
                    place,
                    "an `ExternalName`",
                )
                .with_help("name the Service of the app's own pods"),
            );
            return None;
        }
        if service.selector.is_empty() {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::SERVICE_WITHOUT_SELECTOR,
                    format!("Service `{shown}` has no selector, so what answers behind it cannot be seen"),
                    place,
                    "leads wherever its endpoints say",
                )
                .with_help("give the Service a selector, or see to it that its endpoints are pods of the app"),
            );
        }
        Some(service)
    }

    fn no_service(&self, app: &App) -> Diagnostic {
        let (namespace, name) = (&app.namespace, &app.service);
        let place = app.places.service.unwrap_or(app.head);
        let mut diagnostic = Diagnostic::new(
            codes::SERVICE_NOT_THERE,
            format!("namespace `{namespace}` has no Service `{name}`"),
            place,
            "requests have nowhere to go",
        );
        let services = &self.cluster.services;
        let elsewhere: Vec<String> =
            services.iter().filter(|(_, s)| s.contains_key(name)).map(|(n, _)| format!("`{n}`")).collect();
        if !elsewhere.is_empty() {
            diagnostic = diagnostic.with_note(format!("there is one in namespace {}", elsewhere.join(", ")));
        } else if !services.contains_key(namespace) && !self.cluster.pods.contains_key(namespace) {
            diagnostic = diagnostic.with_note(format!("the objects hold nothing of namespace `{namespace}`"));
        }
        let known = services.get(namespace).into_iter().flat_map(|services| services.keys());
        let help = match app.places.service {
            Some(_) => "create it, or name the Service of the app",
            None => "create it, or name the Service of the app with a line `service NAME`",
        };
        super::offer(diagnostic, name, known, help)
    }
}
