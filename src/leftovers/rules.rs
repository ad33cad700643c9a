//! The policies of a build and what verifies its tokens, and how they stand in a cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ObjectName;
use super::identity::{Identity, Owner};
use crate::cluster::{Cluster, IstioObject, Policy, canonical};
use crate::ir::{Labels, may_select_same_pods};
use crate::target::istio::model;
use crate::target::{Body, Document};

/// Namespace and name of an object.
type Key<'a> = (&'a str, &'a str);

pub(super) struct Rules<'a> {
    policies: BTreeMap<Key<'a>, OfBuild<'a>>,
    authentications: BTreeMap<Key<'a>, State>,
}

struct OfBuild<'a> {
    selector: &'a Labels,
    state: State,
}

/// How an object of the build stands in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As in the build.
    InPlace,
    /// The program's, and says something else.
    Other,
    /// Not there.
    Missing,
    /// Says something else and is not the program's, or is another program's: not to be touched.
    Foreign,
}

impl State {
    fn new(identity: &Identity<'_>, found: Option<&IstioObject>, is_same: impl Fn(&IstioObject) -> bool) -> Self {
        let Some(found) = found else { return State::Missing };
        match identity.owner(found) {
            // Its program may change it at any time.
            Owner::Other(_) => State::Foreign,
            _ if is_same(found) => State::InPlace,
            Owner::Program => State::Other,
            Owner::Unnamed | Owner::Nobody => State::Foreign,
        }
    }
}

impl<'a> Rules<'a> {
    pub fn new(identity: &Identity<'_>, built: &'a [Document], cluster: &Cluster) -> Self {
        let there = cluster.istio_objects().iter().map(|object| (ObjectName::found(object), object));
        let there: BTreeMap<ObjectName, &IstioObject> = there.collect();
        let mut rules = Rules { policies: BTreeMap::new(), authentications: BTreeMap::new() };
        for document in built {
            let key = (document.key.namespace.as_str(), document.key.name.as_str());
            let found = there.get(&ObjectName::of(document)).copied();
            match &document.body {
                Body::AuthorizationPolicy(object) => {
                    let same = as_found(&object.spec);
                    let state = State::new(identity, found, |found| found.policy.as_ref() == Some(&same));
                    let selector = &object.spec.selector.match_labels;
                    rules.policies.insert(key, OfBuild { selector, state });
                }
                Body::RequestAuthentication(object) => {
                    // Texts, lists and maps with texts as keys: there is nothing in it that is not JSON.
                    let same = serde_json::to_value(&object.spec).map(|spec| canonical(&spec)).ok();
                    let state = State::new(identity, found, |found| same.is_some() && found.authentication == same);
                    rules.authentications.insert(key, state);
                }
                Body::Gateway(_) | Body::VirtualService(_) => {}
            }
        }
        rules
    }

    /// Whether every rule of the build is in place, or can be put there.
    pub fn can_all_be_in_place(&self) -> bool {
        let mut states =
            self.policies.values().map(|policy| policy.state).chain(self.authentications.values().copied());
        states.all(|state| state != State::Foreign)
    }

    /// Whether an object of the build can be applied.
    pub fn can_be_applied(&self, object: &ObjectName) -> bool {
        self.state(object).is_some_and(|state| state != State::Foreign)
    }

    /// Whether an object of the build has to be applied so that it is in place.
    pub fn is_missing_or_other(&self, object: &ObjectName) -> bool {
        self.state(object).is_some_and(|state| matches!(state, State::Missing | State::Other))
    }

    fn state(&self, object: &ObjectName) -> Option<State> {
        let key = (object.namespace.as_str(), object.name.as_str());
        match object.kind {
            "AuthorizationPolicy" => self.policies.get(&key).map(|policy| policy.state),
            _ => self.authentications.get(&key).copied(),
        }
    }

    /// The policies of the program that are in the cluster otherwise than in the build.
    pub fn to_be_replaced(&self) -> BTreeSet<Key<'a>> {
        self.policies.iter().filter(|(_, policy)| policy.state == State::Other).map(|(key, _)| *key).collect()
    }

    pub fn is_in_place(&self, key: Key<'a>) -> bool {
        self.policies.get(&key).is_some_and(|policy| policy.state == State::InPlace)
    }

    /// Whether a policy of the build may select a pod for which this RequestAuthentication verifies tokens.
    pub fn may_guard_pods_of(&self, object: &IstioObject) -> bool {
        let spec: Option<Value> = object.authentication.as_ref().and_then(|text| serde_json::from_str(text).ok());
        let labels = spec.as_ref().and_then(|spec| spec.pointer("/selector/matchLabels")?.as_object());
        let selector =
            labels.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.into())));
        let selector: Labels = selector.collect();
        let mut here = self.policies.iter().filter(|((namespace, _), _)| *namespace == object.namespace);
        here.any(|(_, policy)| may_select_same_pods(policy.selector, &selector))
    }

    /// The policy of the build that selects every pod that this one does, now and later, since each label that it asks
    /// for is asked for here too. Of several the first by name, and only one that is in place or can be put there.
    pub fn superseding(&self, object: &IstioObject, policy: &Policy) -> Option<Key<'a>> {
        let covers = |by: &OfBuild<'_>| by.selector.iter().all(|(key, value)| policy.selector.get(key) == Some(value));
        let usable = |by: &OfBuild<'_>| by.state != State::Foreign && covers(by);
        let mut found =
            self.policies.iter().filter(|((namespace, _), by)| *namespace == object.namespace && usable(by));
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
