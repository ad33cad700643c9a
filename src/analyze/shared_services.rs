//! Apps of one namespace that name one Service. A Service leads to its own pods, whichever app's routes name it: what one
//! app's policy guards would arrive at the pods of the other (A50, V60).

use std::collections::BTreeMap;

use super::Analyzer;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Access, App, may_select_same_pods};

impl Analyzer<'_> {
    /// Refuses a Service that belongs to several apps.
    pub(super) fn refuse_shared_services(&mut self) {
        let mut by_service: BTreeMap<(&str, &str), Vec<&App>> = BTreeMap::new();
        for app in self.apps.iter().filter(|app| !app.service.is_empty()) {
            by_service.entry((&app.namespace, &app.service)).or_default().push(app);
        }
        let mut found = Vec::new();
        for apps in by_service.values().filter(|apps| apps.len() > 1) {
            // The app that is called as the Service is its owner.
            let Some(&owner) = apps.iter().find(|app| app.name == app.service).or(apps.first()) else { continue };
            let others = apps.iter().filter(|app| !std::ptr::eq(**app, owner));
            found.extend(others.map(|other| shared(owner, other)));
        }
        self.diagnostics.extend(found);
    }
}

/// Whether two apps of a namespace name one Service.
pub(super) fn share_service(one: &App, other: &App) -> bool {
    one.namespace == other.namespace && one.service == other.service && !one.service.is_empty()
}

fn shared(owner: &App, other: &App) -> Diagnostic {
    let service = &owner.service;
    let place = |app: &App| app.places.service.unwrap_or(app.head);
    let label = |app: &App| match app.places.service {
        Some(_) => format!("the Service of app `{}`", app.name),
        None => format!("without a line `service` the Service of app `{}` is `{service}`", app.name),
    };
    let found = Diagnostic::new(
        codes::SHARED_SERVICE,
        format!(
            "apps `{}` and `{}` have one Service, `{service}` of namespace `{}`",
            owner.name, other.name, owner.namespace
        ),
        place(other),
        label(other),
    )
    .with_secondary(place(owner), label(owner))
    .with_note(format!(
        "all requests for both apps go to the pods behind `{service}`, where the policy of one of them is not in force"
    ));
    let found = match request(other).or_else(|| request(owner)) {
        Some(request) => found.with_request(request),
        None => found,
    };
    found.with_help(if may_select_same_pods(&owner.selector, &other.selector) {
        "if it is one workload, make one app of it, with all hosts and a `host` block for each; else give each app its \
         own `service` and `select`"
    } else {
        "give each app the Service that leads to its own pods, by `service NAME`; if it is one workload, make one app \
         of it, with all hosts and a `host` block for each"
    })
}

/// A request that one of the app's policies is to guard.
fn request(app: &App) -> Option<String> {
    let host = app.hosts.first()?;
    let route = app.routes.iter().find(|route| matches!(route.access, Access::Require { .. }))?;
    let host = route.hosts.as_ref().and_then(|hosts| hosts.first()).unwrap_or(&host.value);
    Some(format!("{} {}{}", route.methods.example(), host.example(), route.path.example()))
}
