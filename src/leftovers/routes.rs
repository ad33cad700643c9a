//! VirtualServices that an earlier build left: those whose hosts the build still serves, and the others.
//!
//! A VirtualService is called after the first of its hosts. When an app gets one more host its VirtualService may be
//! called otherwise, and the old one must not go before the new one is there: the hosts would lead nowhere.

use std::collections::BTreeSet;

use super::ObjectName;
use crate::cluster::{IstioObject, Route};
use crate::target::{Body, Document};

/// A gateway by namespace and name, and a host on it.
type Door = (String, String, String);

/// The VirtualServices of a build, each with its hosts on its gateways.
pub(super) struct Routes(Vec<(ObjectName, BTreeSet<Door>)>);

impl Routes {
    pub fn new(built: &[Document]) -> Self {
        let routes = built.iter().filter_map(|document| {
            let Body::VirtualService(object) = &document.body else { return None };
            let name = ObjectName::of(document);
            let doors = doors(&name.namespace, &object.spec.gateways, &object.spec.hosts);
            Some((name, doors))
        });
        Routes(routes.collect())
    }

    /// The VirtualServices of the build that together serve every host of this one, on the same gateways; none if there
    /// is one that they do not serve.
    pub fn taking_over(&self, object: &IstioObject, route: &Route) -> Option<Vec<&ObjectName>> {
        let mut left = doors(&object.namespace, &route.gateways, &route.hosts);
        let mut taking = Vec::new();
        for (name, doors) in &self.0 {
            if !left.is_disjoint(doors) {
                left.retain(|door| !doors.contains(door));
                taking.push(name);
            }
        }
        (left.is_empty() && !taking.is_empty()).then_some(taking)
    }
}

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
