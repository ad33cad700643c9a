//! What earlier builds left in a cluster, and in which order it goes.
//!
//! Pods that no ALLOW policy selects are open to the whole mesh (A2 of docs/semantics.md), and several ALLOW policies of
//! the same pods are a union (A4). So routes go first; then the rules of the build have to hold; then what earlier builds
//! allowed is closed or goes; and what verifies tokens goes last, when no rule asks for them any more.

mod routes;
mod rules;
mod script;

use std::collections::BTreeSet;

pub use script::script;

use crate::cluster::{Cluster, IstioObject, Policy};
use crate::ir::Labels;
use crate::project::ProgramName;
use crate::target::Document;
use crate::target::istio::{MANAGED_BY, PART_OF};
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
    /// AuthorizationPolicies, then RequestAuthentications, of the build: applied, since other rules are in the cluster.
    pub apply: Vec<ObjectName>,
    /// AuthorizationPolicies: deleted, since those of the build decide for their pods.
    pub superseded: Vec<Superseded>,
    /// AuthorizationPolicies: replaced by ones without rules, since there may be pods that no other policy guards.
    pub close: Vec<Closed>,
    /// VirtualServices of the build: applied, since they serve the hosts of those that are deleted next.
    pub take_over: Vec<ObjectName>,
    /// VirtualServices: deleted, since others serve their hosts.
    pub renamed: Vec<ObjectName>,
    /// AuthorizationPolicies: deleted, since there are no pods of them.
    pub policies: Vec<ObjectName>,
    /// RequestAuthentications: deleted.
    pub authentications: Vec<ObjectName>,
    /// AuthorizationPolicies that have no rules already and are still needed: nothing is to be done.
    pub stay: Vec<Closed>,
    /// How many objects meshc wrote that bear no program's name and are not in the build: left alone.
    pub unnamed: usize,
}

impl Plan {
    /// How many objects earlier builds left that something has to be done about.
    pub fn count(&self) -> usize {
        let deleted = [&self.routes, &self.renamed, &self.policies, &self.authentications];
        deleted.map(Vec::len).iter().sum::<usize>() + self.superseded.len() + self.close.len()
    }
}

/// Holds what a program becomes against the objects of a cluster. `built` is the whole build of the program of this name.
pub fn plan(program: &ProgramName, built: &[Document], cluster: &Cluster) -> Plan {
    let of_build: BTreeSet<ObjectName> = built.iter().map(ObjectName::of).collect();
    let mut plan = Plan::default();
    let mut left = Vec::new();
    for object in cluster.istio_objects().iter().filter(|object| !of_build.contains(&ObjectName::found(object))) {
        if is_of(object, program) {
            left.push(object);
        } else if is_ours(object) && !object.labels.contains_key(PART_OF) {
            plan.unnamed += 1;
        }
    }
    if left.is_empty() {
        return plan;
    }
    let (rules, routes) = (Rules::new(program, built, cluster), Routes::new(built));
    let mut apply = rules.to_be_replaced();
    let mut take_over = BTreeSet::new();
    for object in left {
        let name = ObjectName::found(object);
        if let Some(route) = &object.route {
            match routes.taking_over(object, route) {
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
        } else {
            plan.authentications.push(name);
        }
    }
    // A VirtualService before the Gateway that it is bound to.
    plan.routes.sort_by_key(|route| route.kind != "VirtualService");
    plan.take_over.extend(take_over.into_iter().cloned());
    if plan.count() > 0 {
        for kind in ["AuthorizationPolicy", "RequestAuthentication"] {
            let of_kind = built.iter().filter(|d| d.key.kind == kind).map(ObjectName::of);
            plan.apply.extend(of_kind.filter(|o| apply.contains(&(o.namespace.as_str(), o.name.as_str()))));
        }
    }
    plan
}

/// Whether meshc wrote it.
fn is_ours(object: &IstioObject) -> bool {
    object.labels.get(MANAGED_BY.0).is_some_and(|by| by == MANAGED_BY.1)
}

/// Whether meshc wrote it for the program of this name.
fn is_of(object: &IstioObject, program: &ProgramName) -> bool {
    is_ours(object) && object.labels.get(PART_OF).is_some_and(|name| name == program.as_str())
}

/// A policy that nothing in the build replaces: without rules as long as there may be pods of it.
fn close(plan: &mut Plan, cluster: &Cluster, object: ObjectName, policy: &Policy) {
    let pods = cluster.knows_pods().then(|| cluster.count_pods(&object.namespace, &policy.selector));
    if pods == Some(0) {
        return plan.policies.push(object);
    }
    let refuses = policy.rules.is_empty() && policy.action == "ALLOW";
    let closed = Closed { object, selector: policy.selector.clone(), pods };
    if refuses { plan.stay.push(closed) } else { plan.close.push(closed) }
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
