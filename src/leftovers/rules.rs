//! The policies of a build, and how they stand in a cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::is_of;
use crate::cluster::{Cluster, IstioObject, Policy, canonical};
use crate::ir::Labels;
use crate::project::ProgramName;
use crate::target::istio::model;
use crate::target::{Body, Document};

/// Namespace and name of a policy.
type Key<'a> = (&'a str, &'a str);

pub(super) struct Rules<'a>(BTreeMap<Key<'a>, OfBuild<'a>>);

struct OfBuild<'a> {
    selector: &'a Labels,
    state: State,
}

/// How a policy of the build stands in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As in the build.
    InPlace,
    /// The program's, with other rules or for other pods.
    Other,
    /// Not there.
    Missing,
    /// With other rules or for other pods, and not this program's: not to be touched.
    Foreign,
}

impl<'a> Rules<'a> {
    pub fn new(program: &ProgramName, built: &'a [Document], cluster: &Cluster) -> Self {
        let there = cluster.istio_objects().iter().filter_map(|object| {
            let policy = object.policy.as_ref()?;
            Some(((object.namespace.as_str(), object.name.as_str()), (object, policy)))
        });
        let there: BTreeMap<Key<'_>, (&IstioObject, &Policy)> = there.collect();
        let state = |key: Key<'_>, spec: &model::AuthorizationPolicy| match there.get(&key) {
            None => State::Missing,
            Some((_, found)) if **found == as_found(spec) => State::InPlace,
            Some((object, _)) if is_of(object, program) => State::Other,
            Some(_) => State::Foreign,
        };
        let of_build = built.iter().filter_map(|document| {
            let Body::AuthorizationPolicy(object) = &document.body else { return None };
            let key = (document.key.namespace.as_str(), document.key.name.as_str());
            let selector = &object.spec.selector.match_labels;
            Some((key, OfBuild { selector, state: state(key, &object.spec) }))
        });
        Rules(of_build.collect())
    }

    /// The policies of the program that are in the cluster otherwise than in the build.
    pub fn to_be_replaced(&self) -> BTreeSet<Key<'a>> {
        self.0.iter().filter(|(_, policy)| policy.state == State::Other).map(|(key, _)| *key).collect()
    }

    pub fn is_in_place(&self, key: Key<'a>) -> bool {
        self.0.get(&key).is_some_and(|policy| policy.state == State::InPlace)
    }

    /// The policy of the build that selects every pod that this one does, now and later, since each label that it asks
    /// for is asked for here too. Of several the first by name, and only one that is in place or can be put there.
    pub fn superseding(&self, object: &IstioObject, policy: &Policy) -> Option<Key<'a>> {
        let covers = |by: &OfBuild<'_>| by.selector.iter().all(|(key, value)| policy.selector.get(key) == Some(value));
        let usable = |by: &OfBuild<'_>| by.state != State::Foreign && covers(by);
        let mut found = self.0.iter().filter(|((namespace, _), by)| *namespace == object.namespace && usable(by));
        found.next().map(|(key, _)| *key)
    }
}

/// A policy of the build as it would be read from a cluster.
fn as_found(spec: &model::AuthorizationPolicy) -> Policy {
    // Rules are texts, lists and maps with texts as keys: there is nothing in one that is not JSON.
    let rules = spec.rules.iter().filter_map(|rule| serde_json::to_value(rule).ok());
    Policy {
        selector: spec.selector.match_labels.clone(),
        action: spec.action.to_string(),
        rules: rules.map(|rule| canonical(&rule)).collect(),
    }
}
