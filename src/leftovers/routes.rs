//! VirtualServices that an earlier build left: those whose hosts the build still serves, and the others.
//!
//! A VirtualService is called after the first of its hosts. When an app gets one more host its VirtualService may be
//! called otherwise, and the old one must not go before the new one is there: the hosts would lead nowhere.
//!
//! Until then the old one is there while the rules of the build hold. That is safe if the build leads from the same
//! gateways to every app that the old one leads to: what such a route then lets through, the build lets through too. An
//! app that moves to another gateway may be open there, and the old route would open it on the gateway that it leaves. So
//! may an app that has no hosts any more, for callers inside the mesh.

use std::collections::{BTreeMap, BTreeSet};

use super::ObjectName;
use super::identity::{Identity, Owner};
use crate::cluster::{Cluster, IstioObject, Route, destinations};
use crate::target::{Body, Document};

/// A gateway by namespace and name, and a host on it or a Service behind it.
type Door = (String, String, String);

/// A VirtualService of a build.
struct OfBuild {
    name: ObjectName,
    /// Its hosts on its gateways.
    doors: BTreeSet<Door>,
    /// Whether it can be applied: the one of this name in the cluster is the program's, or there is none.
    usable: bool,
}

/// The VirtualServices of a build.
pub(super) struct Routes {
    all: Vec<OfBuild>,
    /// The Services to which the build leads, and from which gateways.
    backends: BTreeSet<Door>,
    hosts: BTreeSet<String>,
}

impl Routes {
    pub fn new(identity: &Identity<'_>, built: &[Document], cluster: &Cluster) -> Self {
        let there = cluster.istio_objects().iter().map(|object| (ObjectName::found(object), identity.owner(object)));
        let there: BTreeMap<ObjectName, Owner<'_>> = there.collect();
        let mut routes = Routes { all: Vec::new(), backends: BTreeSet::new(), hosts: BTreeSet::new() };
        for document in built {
            let Body::VirtualService(object) = &document.body else { continue };
            let (name, spec) = (ObjectName::of(document), &object.spec);
            // A VirtualService is texts, lists and maps with texts as keys: there is nothing in it that is not JSON.
            let spec_value = serde_json::to_value(spec).unwrap_or_default();
            let services = destinations(&spec_value);
            routes.backends.extend(doors(&name.namespace, &spec.gateways, &services));
            routes.hosts.extend(spec.hosts.iter().cloned());
            let usable = there.get(&name).is_none_or(|owner| *owner == Owner::Program);
            routes.all.push(OfBuild { doors: doors(&name.namespace, &spec.gateways, &spec.hosts), name, usable });
        }
        routes
    }

    /// The VirtualServices of the build that serve hosts of this one on the same gateways; none if there are none, or if
    /// this one cannot stay until they are there.
    pub fn taking_over(&self, object: &IstioObject, route: &Route) -> Option<Vec<&ObjectName>> {
        let old = doors(&object.namespace, &route.gateways, &route.hosts);
        let taking: Vec<&OfBuild> = self.all.iter().filter(|new| !old.is_disjoint(&new.doors)).collect();
        let leads_alike = doors(&object.namespace, &route.gateways, &route.destinations).is_subset(&self.backends);
        let can_wait = leads_alike && !taking.is_empty() && taking.iter().all(|new| new.usable);
        can_wait.then(|| taking.iter().map(|new| &new.name).collect())
    }

    /// Hosts of this VirtualService that the build serves too, and that nobody serves from when this one is deleted until
    /// the build is applied. `taking` are those of the build that are applied before.
    pub fn unserved(&self, object: &IstioObject, route: &Route, taking: Option<&[&ObjectName]>) -> BTreeSet<String> {
        let mut left = doors(&object.namespace, &route.gateways, &route.hosts);
        let taking = taking.unwrap_or_default();
        for new in self.all.iter().filter(|new| taking.contains(&&new.name)) {
            left.retain(|door| !new.doors.contains(door));
        }
        left.into_iter().map(|(_, _, host)| host).filter(|host| self.hosts.contains(host)).collect()
    }
}

/// Each gateway with each of the hosts or Services.
fn doors(namespace: &str, gateways: &[String], hosts: &[String]) -> BTreeSet<Door> {
    // A gateway without a namespace is one of the namespace of the VirtualService.
    let of = |gateway: &String| {
        gateway
            .split_once('/')
            .map_or((namespace.to_string(), gateway.clone()), |(n, g)| (n.to_string(), g.to_string()))
    };
    let each = |gateway: &String| {
        let (namespace, name) = of(gateway);
        hosts.iter().map(move |host| (namespace.clone(), name.clone(), host.clone())).collect::<Vec<_>>()
    };
    gateways.iter().flat_map(each).collect()
}
