//! What earlier builds left in a cluster, and in which order it goes.
//!
//! Pods that no ALLOW policy selects are open to the whole mesh (A2 of docs/semantics.md), and several ALLOW policies of
//! the same pods are a union (A4). So routes go first; then the rules of the build have to hold; then what earlier builds
//! allowed is closed or goes; and what verifies tokens goes last, when no rule asks for them any more. But what verifies
//! tokens on pods of the build goes before the rules of the build are applied: a rule for any verified token (A19) would
//! take those of its issuers too. A route of the build is applied only when every rule of the build is in place: a new app
//! has pods before it has a policy.

mod identity;
mod routes;
mod rules;
mod script;

use std::collections::{BTreeMap, BTreeSet};

pub use identity::{Environment, Identity};
pub use script::script;

use crate::cluster::{Cluster, IstioObject, Policy};
use crate::ir::Labels;
use crate::target::Document;
use identity::Owner;
use routes::Routes;
use rules::Rules;

/// Kind, namespace and name of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// `VirtualService`
    pub kind: &'static str,
    /// `default`
    pub namespace: String,
    /// `shop`
    pub name: String,
}

/// A policy that stays, without rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Its name.
    pub object: ObjectName,
    /// The labels of the pods that it is about.
    pub selector: Labels,
    /// How many pods it selects; none if the cluster does not tell of pods.
    pub pods: Option<usize>,
}

/// A policy that goes because another one decides for its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// Its name.
    pub object: ObjectName,
    /// The name of the other one, in the same namespace.
    pub by: String,
}

/// What has to be done, in this order, so that nothing is open on the way that the program refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// VirtualServices, then Gateways: deleted, so that no route leads where no policy is.
    pub routes: Vec<ObjectName>,
    /// RequestAuthentications: deleted, since they verify tokens for pods of the build, whose rules could take these.
    pub verifying: Vec<ObjectName>,
    /// AuthorizationPolicies, then RequestAuthentications, of the build: applied, since other rules are in the cluster,
    /// or none where a route of the build will lead.
    pub apply: Vec<ObjectName>,
    /// AuthorizationPolicies: deleted, since those of the build decide for their pods.
    pub superseded: Vec<Superseded>,
    /// AuthorizationPolicies: replaced by ones without rules, since there may be pods that no other policy guards.
    pub close: Vec<Closed>,
    /// VirtualServices of the build: applied, since they serve the hosts of those that are deleted next.
    pub take_over: Vec<ObjectName>,
    /// VirtualServices: deleted, since others serve those of their hosts that stay.
    pub renamed: Vec<ObjectName>,
    /// AuthorizationPolicies: deleted, since there are no pods of them.
    pub policies: Vec<ObjectName>,
    /// RequestAuthentications: deleted.
    pub authentications: Vec<ObjectName>,
    /// AuthorizationPolicies that have no rules already and are still needed: nothing is to be done.
    pub stay: Vec<Closed>,
    /// Hosts of the build that nothing serves between the first step and the build, since their VirtualService is
    /// deleted and cannot be replaced safely.
    pub unserved: BTreeSet<String>,
    /// Objects of the build that the cluster has as parts of other programs, by the names of those programs: left alone.
    pub foreign: BTreeMap<String, Vec<ObjectName>>,
    /// How many objects belong to other environments of the program, by the names of the environments: left alone.
    pub elsewhere: BTreeMap<String, usize>,
    /// Policies of the build that select pods in the cluster which they do not select in the build, and no other policy of
    /// the build does: nothing will guard these pods.
    pub unguarded: Vec<Closed>,
    /// Policies that bear the program's name and are none that meshc writes: left alone.
    pub strange: Vec<ObjectName>,
    /// How many objects meshc wrote that bear no program's name and are not in the build: left alone.
    pub unnamed: usize,
}

impl Plan {
    /// How many objects earlier builds left that something has to be done about.
    pub fn count(&self) -> usize {
        let deleted = [&self.routes, &self.verifying, &self.renamed, &self.policies, &self.authentications];
        deleted.map(Vec::len).iter().sum::<usize>() + self.superseded.len() + self.close.len()
    }
}

/// Holds what a program becomes against the objects of a cluster. `built` is the whole build of the program.
pub fn plan(identity: &Identity<'_>, built: &[Document], cluster: &Cluster) -> Plan {
    let of_build: BTreeSet<ObjectName> = built.iter().map(ObjectName::of).collect();
    let of_environments = identity.of_environments(built);
    let mut plan = Plan::default();
    let rules = Rules::new(identity, built, cluster);
    let mut left = Vec::new();
    for object in cluster.istio_objects() {
        let name = ObjectName::found(object);
        match (identity.owner(object), of_build.contains(&name)) {
            (Owner::Other(program), true) => plan.foreign.entry(program.to_string()).or_default().push(name),
            (Owner::Unnamed, false) => plan.unnamed += 1,
            (Owner::Program, false) => match (of_environments.holding(object), &object.policy) {
                (Some(environment), _) => *plan.elsewhere.entry(environment.to_string()).or_default() += 1,
                (None, Some(policy)) if policy.action != "ALLOW" || policy.selector.is_empty() => {
                    plan.strange.push(name);
                }
                (None, _) => left.push(object),
            },
            (Owner::Program, true) => {
                let policy = object.policy.as_ref().filter(|policy| rules.superseding(object, policy).is_none());
                plan.unguarded.extend(policy.and_then(|policy| with_pods(cluster, name, policy)));
            }
            _ => {}
        }
    }
    if left.is_empty() {
        return plan;
    }
    let routes = Routes::new(identity, built, cluster);
    let mut apply = rules.to_be_replaced();
    let mut take_over = BTreeSet::new();
    for object in left {
        let name = ObjectName::found(object);
        if let Some(route) = &object.route {
            let taking = routes.taking_over(object, route).filter(|_| rules.can_all_be_in_place());
            plan.unserved.extend(routes.unserved(object, route, taking.as_deref()));
            match taking {
                Some(by) => {
                    take_over.extend(by);
                    plan.renamed.push(name);
                }
                None => plan.routes.push(name),
            }
        } else if let Some(policy) = &object.policy {
            match rules.superseding(object, policy) {
                Some(by) => {
                    apply.extend(Some(by).filter(|by| !rules.is_in_place(*by)));
                    plan.superseded.push(Superseded { object: name, by: by.1.to_string() });
                }
                None => close(&mut plan, cluster, name, policy),
            }
        } else if object.kind == "Gateway" {
            plan.routes.push(name);
        } else if rules.may_guard_pods_of(object) {
            plan.verifying.push(name);
        } else {
            plan.authentications.push(name);
        }
    }
    // A VirtualService before the Gateway that it is bound to.
    plan.routes.sort_by_key(|route| route.kind != "VirtualService");
    plan.take_over.extend(take_over.into_iter().cloned());
    if plan.count() > 0 {
        let all = !plan.take_over.is_empty();
        for kind in ["AuthorizationPolicy", "RequestAuthentication"] {
            let of_kind = built.iter().filter(|d| d.key.kind == kind).map(ObjectName::of);
            plan.apply.extend(of_kind.filter(|object| {
                let key = (object.namespace.as_str(), object.name.as_str());
                let is_asked_for = apply.contains(&key) && rules.can_be_applied(object);
                is_asked_for || all && rules.is_missing_or_other(object)
            }));
        }
    }
    plan
}

/// A policy that nothing in the build replaces: without rules as long as there may be pods of it.
fn close(plan: &mut Plan, cluster: &Cluster, object: ObjectName, policy: &Policy) {
    match with_pods(cluster, object.clone(), policy) {
        None => plan.policies.push(object),
        Some(closed) if policy.rules.is_empty() => plan.stay.push(closed),
        Some(closed) => plan.close.push(closed),
    }
}

/// A policy with the pods that it selects; none if there are no such pods.
fn with_pods(cluster: &Cluster, object: ObjectName, policy: &Policy) -> Option<Closed> {
    let pods = cluster.knows_pods().then(|| cluster.count_pods(&object.namespace, &policy.selector));
    (pods != Some(0)).then(|| Closed { object, selector: policy.selector.clone(), pods })
}

impl ObjectName {
    fn of(document: &Document) -> Self {
        let key = &document.key;
        ObjectName { kind: key.kind, namespace: key.namespace.clone(), name: key.name.clone() }
    }

    fn found(object: &IstioObject) -> Self {
        ObjectName { kind: object.kind, namespace: object.namespace.clone(), name: object.name.clone() }
    }
}
