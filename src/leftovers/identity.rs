//! Whose an object of a cluster is: the program's, another one's, or nobody's that is known.

use std::collections::BTreeSet;

use super::ObjectName;
use crate::cluster::IstioObject;
use crate::project::ProgramName;
use crate::target::istio::{MANAGED_BY, PART_OF};
use crate::target::{Body, Document};

/// By what the objects of a program are known.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The name of the program.
    pub program: &'a ProgramName,
    /// The name that it had before, whose objects are this program's too.
    pub earlier: Option<&'a ProgramName>,
    /// What the program becomes in its other environments. They may be in the same cluster.
    pub environments: &'a [Environment],
}

/// What a program becomes in an environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// `prod`
    pub name: String,
    /// The whole build.
    pub built: Vec<Document>,
}

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// Built from the program.
    Program,
    /// Built from the program of this name.
    Other(&'a str),
    /// Built from a program without a name.
    Unnamed,
    /// Not built by meshc.
    Nobody,
}

impl<'a> From<&'a ProgramName> for Identity<'a> {
    fn from(program: &'a ProgramName) -> Self {
        Identity { program, earlier: None, environments: &[] }
    }
}

impl Identity<'_> {
    pub(super) fn owner<'o>(&self, object: &'o IstioObject) -> Owner<'o> {
        if object.labels.get(MANAGED_BY.0).is_none_or(|by| by != MANAGED_BY.1) {
            return Owner::Nobody;
        }
        match object.labels.get(PART_OF) {
            None => Owner::Unnamed,
            Some(name) if std::iter::once(self.program).chain(self.earlier).any(|own| own.as_str() == name) => {
                Owner::Program
            }
            Some(name) => Owner::Other(name),
        }
    }

    /// What the other environments have and this build has not.
    pub(super) fn of_environments(&self, built: &[Document]) -> OfEnvironments<'_> {
        let (own_namespaces, own_hosts) = (namespaces(built), hosts(built));
        let part = |environment: &'_ Environment| Part {
            objects: environment.built.iter().map(ObjectName::of).collect(),
            namespaces: namespaces(&environment.built).difference(&own_namespaces).cloned().collect(),
            hosts: hosts(&environment.built).difference(&own_hosts).cloned().collect(),
        };
        OfEnvironments(self.environments.iter().map(|e| (e.name.as_str(), part(e))).collect())
    }
}

pub(super) struct OfEnvironments<'a>(Vec<(&'a str, Part)>);

struct Part {
    objects: BTreeSet<ObjectName>,
    /// Without those of the build itself.
    namespaces: BTreeSet<String>,
    /// Without those of the build itself.
    hosts: BTreeSet<String>,
}

impl OfEnvironments<'_> {
    /// The environment whose object it is: one that its build has, one in a namespace that only this environment has, or
    /// a VirtualService of hosts that only this environment has.
    pub fn holding(&self, object: &IstioObject) -> Option<&str> {
        let name = ObjectName::found(object);
        let has = |part: &Part| {
            let serves = object.route.as_ref().is_some_and(|route| {
                !route.hosts.is_empty() && route.hosts.iter().all(|host| part.hosts.contains(host))
            });
            part.objects.contains(&name) || part.namespaces.contains(&name.namespace) || serves
        };
        self.0.iter().find(|(_, part)| has(part)).map(|(environment, _)| *environment)
    }
}

fn namespaces(built: &[Document]) -> BTreeSet<String> {
    built.iter().map(|document| document.key.namespace.clone()).collect()
}

fn hosts(built: &[Document]) -> BTreeSet<String> {
    let of = |document: &Document| match &document.body {
        Body::VirtualService(object) => object.spec.hosts.clone(),
        _ => Vec::new(),
    };
    built.iter().flat_map(of).collect()
}
