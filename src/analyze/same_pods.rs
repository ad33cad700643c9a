//! Apps of one namespace that could run in the same pods: each would open what the other refuses (A4, R12).

use std::collections::{BTreeMap, HashMap};

use super::Analyzer;
use super::shared_services::share_service;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{App, may_select_same_pods};

/// Istio's root namespace, unless the mesh has another one (`rootNamespace` of its `MeshConfig`).
const ROOT_NAMESPACE: &str = "istio-system";

/// Groups up to this size are compared pair by pair.
const SMALL: usize = 8;

impl Analyzer<'_> {
    /// Refuses apps in Istio's root namespace: a policy there selects pods of every namespace (R1, A4), and would open what
    /// another policy refuses.
    pub(super) fn refuse_root_namespace(&mut self) {
        for app in self.apps.iter().filter(|app| app.namespace == ROOT_NAMESPACE) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::SAME_PODS,
                    format!(
                        "app `{}` is in `{ROOT_NAMESPACE}`, where policies select pods of every namespace",
                        app.name
                    ),
                    app.head,
                    format!("selects {} in all namespaces", show(app)),
                )
                .with_help("run the app in a namespace of its own"),
            );
        }
    }

    /// Refuses apps whose pods cannot be told apart.
    pub(super) fn refuse_same_pods(&mut self) {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut start = 0;
        while start < self.apps.len() {
            let namespace = &self.apps[start].namespace;
            let count = self.apps[start..].iter().take_while(|app| app.namespace == *namespace).count();
            let group: Vec<usize> = (start..start + count).collect();
            search(&self.apps, &group, &mut Vec::new(), &mut found);
            start += count;
        }
        found.sort_unstable();
        found.dedup();
        let mut told = vec![false; self.apps.len()];
        for (a, b) in found {
            let (first, second) = (&self.apps[a], &self.apps[b]);
            // One pair for each app: if many share their pods, all pairs would say the same. Apps that share their Service
            // were told of it, which says more.
            if share_service(first, second) || std::mem::replace(&mut told[b], true) {
                continue;
            }
            self.diagnostics.push(
                Diagnostic::new(
                    codes::SAME_PODS,
                    format!(
                        "apps `{}` and `{}` may run in the same pods of namespace `{}`",
                        first.name, second.name, first.namespace
                    ),
                    second.head,
                    format!("selects {}", show(second)),
                )
                .with_secondary(first.head, format!("selects {}", show(first)))
                .with_help(
                    "give one label two values, such as `select app=…` in each, so that the pods can be told apart",
                ),
            );
        }
    }
}

fn show(app: &App) -> String {
    app.selector.iter().map(|(key, value)| format!("`{key}={value}`")).collect::<Vec<_>>().join(" ")
}

/// Finds pairs that may share pods, at least one for each app that has one. Apps that give a label two values are
/// never compared: the label that most apps have splits them.
fn search<'a>(apps: &'a [App], group: &[usize], split_by: &mut Vec<&'a str>, found: &mut Vec<(usize, usize)>) {
    let key = if group.len() > SMALL { most_common_key(apps, group, split_by) } else { None };
    let Some(key) = key else {
        for (i, &a) in group.iter().enumerate() {
            let other = group[..i].iter().find(|&&b| may_select_same_pods(&apps[a].selector, &apps[b].selector));
            found.extend(other.map(|&b| (b.min(a), b.max(a))));
        }
        return;
    };
    let mut by_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut without: Vec<usize> = Vec::new();
    for &app in group {
        match apps[app].selector.get(key) {
            Some(value) => by_value.entry(value).or_default().push(app),
            None => without.push(app),
        }
    }
    for &a in &without {
        let other = group.iter().find(|&&b| b != a && may_select_same_pods(&apps[a].selector, &apps[b].selector));
        found.extend(other.map(|&b| (b.min(a), b.max(a))));
    }
    split_by.push(key);
    for (_, group) in by_value {
        if group.len() > 1 {
            search(apps, &group, split_by, found);
        }
    }
    split_by.pop();
}

fn most_common_key<'a>(apps: &'a [App], group: &[usize], split_by: &[&str]) -> Option<&'a str> {
    let mut counts: HashMap<&'a str, usize> = HashMap::new();
    for &app in group {
        for key in apps[app].selector.keys().filter(|key| !split_by.contains(&key.as_str())) {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0))).map(|(key, _)| key)
}
