//! Whether a program fits a cluster: what it names is there, what it guards is guarded, and nothing else is behind it.
//!
//! A kind of which the objects hold nothing is not judged. Apps that share pods are not looked for: labels that both
//! select one pod give no key two values, and that is an error of the program already (`analyze::same_pods`).

mod gateways;
mod pods;
mod ports;
mod secrets;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use super::objects::Pod;
use super::{Cluster, carries};
use crate::diagnostic::{self, Diagnostic, codes, suggest};
use crate::ir::{App, Labels, Program};
use crate::source::{SourceMap, Span};

/// What came of holding a program against a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// What does not fit, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
    /// What could not be judged and why, one phrase each: silence is no proof.
    pub unjudged: Vec<String>,
}

/// Holds a program, which has no error, against a cluster.
pub fn fit(program: &Program, cluster: &Cluster, sources: &SourceMap) -> Fit {
    let mut fitting = Fitting { program, cluster, sources, diagnostics: Vec::new(), unjudged: BTreeSet::new() };
    fitting.all();
    let Fitting { mut diagnostics, unjudged, .. } = fitting;
    diagnostic::sort(&mut diagnostics);
    Fit { diagnostics, unjudged: unjudged.into_iter().collect() }
}

/// The state of the comparison; its steps are in the files of this folder, each of which adds methods.
struct Fitting<'a> {
    program: &'a Program,
    cluster: &'a Cluster,
    sources: &'a SourceMap,
    diagnostics: Vec<Diagnostic>,
    unjudged: BTreeSet<String>,
}

impl<'a> Fitting<'a> {
    fn all(&mut self) {
        self.missing_kinds();
        let missing = self.missing_namespaces();
        for gateway in self.program.gateways.iter().filter(|gateway| !missing.contains(gateway.namespace.as_str())) {
            self.gateway(gateway);
        }
        for app in self.program.apps.iter().filter(|app| !missing.contains(app.namespace.as_str())) {
            self.app(app);
        }
    }

    fn app(&mut self, app: &'a App) {
        let service = self.service(app);
        let port = service.and_then(|service| self.port(app, service));
        self.pods(app, service, port);
    }

    fn missing_kinds(&mut self) {
        let cluster = self.cluster;
        let mut none = |missing: bool, what: &str, kind: &str| {
            if missing {
                self.unjudged.insert(format!("{what}, since no {kind} is among the objects"));
            }
        };
        none(cluster.services.is_empty(), "Services, their ports and what is behind them", "Service");
        none(cluster.pods.is_empty(), "which pods there are, their sidecars, and gateways", "Pod and no workload");
        none(cluster.namespaces.is_empty(), "whether the namespaces are there", "Namespace");
        let https = self.program.gateways.iter().any(|gateway| gateway.https().is_some());
        none(https && cluster.secrets.is_empty(), "the certificates of gateways", "Secret");
    }

    /// The namespaces of the program that are not there, each of which is told of once. Without any Namespace all are
    /// believed to be there.
    fn missing_namespaces(&mut self) -> BTreeSet<&'a str> {
        let known = &self.cluster.namespaces;
        if known.is_empty() {
            return BTreeSet::new();
        }
        let gateways = self.program.gateways.iter().map(|g| (g.namespace.as_str(), g.head, g.namespace_place));
        let apps = self.program.apps.iter().map(|app| (app.namespace.as_str(), app.head, app.places.namespace));
        let mut missing: BTreeMap<&str, Vec<(Span, Option<Span>)>> = BTreeMap::new();
        // Every cluster has `default`, also one of which only what is to be added is given.
        let there = |name: &str| name == "default" || known.contains_key(name);
        for (name, head, written) in gateways.chain(apps).filter(|(name, ..)| !there(name)) {
            missing.entry(name).or_default().push((head, written));
        }
        for (name, places) in &mut missing {
            places.sort_unstable();
            let (head, written) = places[0];
            let diagnostic = Diagnostic::new(
                codes::NAMESPACE_NOT_THERE,
                format!("the cluster has no namespace `{name}`"),
                written.unwrap_or(head),
                "not in the cluster",
            );
            self.diagnostics.push(offer(diagnostic, name, known.keys(), "create it, or name another one"));
        }
        missing.into_keys().collect()
    }

    /// How a value is to be written in the place of another; `None` if an environment supplies a part of that one.
    fn rewritten(&self, span: Span, value: &str) -> Option<String> {
        let written = self.sources.text(span);
        let filled = written.contains("${");
        (!filled).then(|| if written.starts_with('"') { format!("\"{value}\"") } else { value.to_string() })
    }
}

/// Names the nearest of what is there. Which one was meant is not known, so nothing is written for the user.
fn offer<'n>(
    diagnostic: Diagnostic,
    name: &str,
    known: impl IntoIterator<Item = &'n String>,
    otherwise: &str,
) -> Diagnostic {
    match suggest::nearest(name, known.into_iter().map(String::as_str)) {
        Some(near) => diagnostic.with_help(format!("there is `{near}`; otherwise {otherwise}")),
        None => diagnostic.with_help(otherwise),
    }
}

/// The place of what an app says of its pods.
fn select_place(app: &App) -> Span {
    app.places.select.unwrap_or(app.head)
}

/// `` `app=shop` `tier=web` ``
fn show(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("`{key}={value}`")).collect::<Vec<_>>().join(" ")
}

/// `` Pod `shop-1` ``
fn name(pod: &Pod) -> String {
    if pod.owns.is_none() { format!("Pod `{}`", pod.name) } else { format!("the pod of {} `{}`", pod.kind, pod.name) }
}

/// `1 pod`, `3 pods`
fn count(pods: &[&Pod]) -> String {
    match pods {
        [one] => name(one),
        many => format!("{} pods", many.len()),
    }
}

/// How many of many are named.
const NAMED: usize = 3;

/// Adds a note for each of the first pods, and says how many there are beside them.
fn with_notes(mut diagnostic: Diagnostic, notes: &[String]) -> Diagnostic {
    for note in notes.iter().take(NAMED) {
        diagnostic = diagnostic.with_note(note);
    }
    match notes.len().saturating_sub(NAMED) {
        0 => diagnostic,
        more => diagnostic.with_note(format!("and {more} more")),
    }
}
