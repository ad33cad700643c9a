//! The objects of a cluster, and whether a program fits them.
//!
//! A program says which Service an app has, which pods a policy selects, which secret a gateway takes; whether they are
//! there only the cluster knows. What its objects do not tell is not judged, and [`Fit`] says so.

mod fields;
mod fit;
mod istio;
mod objects;
mod protocol;
mod read;
mod shape;
mod sidecar;

use std::collections::BTreeMap;

pub use fit::{Fit, fit};
pub use istio::{IstioObject, Policy, Route, canonical, destinations};
use objects::{Namespace, Object, Pod, Secret, Service};

use crate::ir::Labels;

/// The largest text of objects that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// What is said of objects among which there is none that is looked at.
pub const EMPTY: &str = "the cluster is empty: there is no Service, Pod, workload, Namespace or Secret";

/// What is known of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    namespaces: BTreeMap<String, Namespace>,
    /// By namespace and name.
    services: BTreeMap<String, BTreeMap<String, Service>>,
    /// By namespace; pods that answer, and templates of which none does.
    pods: BTreeMap<String, Vec<Pod>>,
    /// By namespace and name.
    secrets: BTreeMap<String, BTreeMap<String, Secret>>,
    /// In the order of kinds, namespaces and names.
    istio: Vec<IstioObject>,
    /// Whether a list of one of Istio's kinds was given, even an empty one.
    lists_istio: bool,
}

impl Cluster {
    /// Reads the objects of some texts, each with the name by which it is to be called. The order of texts and objects
    /// counts for nothing.
    ///
    /// # Errors
    ///
    /// One sentence for each text that is not YAML or JSON, or does not hold Kubernetes objects; for an object that
    /// stands there twice and differs; and if there is no object at all of a kind that is looked at.
    pub fn read<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Cluster, Vec<String>> {
        let (mut objects, mut problems) = (Vec::new(), Vec::new());
        let mut lists_istio = false;
        for (name, text) in texts {
            match read::items(text).and_then(|found| Ok((known(&found.items)?, found.lists_istio))) {
                Ok((found, lists)) => {
                    objects.extend(found);
                    lists_istio |= lists;
                }
                Err(problem) => problems.push(format!("cannot use `{name}`: {problem}")),
            }
        }
        objects.sort_by(|a, b| a.identity().cmp(&b.identity()).then_with(|| a.cmp(b)));
        objects.dedup();
        for pair in objects.windows(2).filter(|pair| pair[0].identity() == pair[1].identity()) {
            let problem = format!("there are two different objects {}", show(&pair[0]));
            if problems.last() != Some(&problem) {
                problems.push(problem);
            }
        }
        if objects.is_empty() && !lists_istio && problems.is_empty() {
            problems.push(EMPTY.to_string());
        }
        if problems.is_empty() { Ok(Cluster { lists_istio, ..Cluster::new(objects) }) } else { Err(problems) }
    }

    fn new(objects: Vec<Object>) -> Self {
        let mut cluster = Cluster::default();
        for object in objects {
            match object {
                Object::Namespace(namespace) => {
                    cluster.namespaces.insert(namespace.name.clone(), namespace);
                }
                Object::Service(service) => {
                    let services = cluster.services.entry(service.namespace.clone()).or_default();
                    services.insert(service.name.clone(), service);
                }
                Object::Secret(secret) => {
                    let secrets = cluster.secrets.entry(secret.namespace.clone()).or_default();
                    secrets.insert(secret.name.clone(), secret);
                }
                Object::Istio(object) => cluster.istio.push(object),
                Object::Pod(pod) => cluster.pods.entry(pod.namespace.clone()).or_default().push(pod),
            }
        }
        for pods in cluster.pods.values_mut() {
            pods.retain(|pod| !pod.ended);
            // Where pods of a workload run, they say what is; its template only what was asked for.
            let (running, mut templates): (Vec<Pod>, Vec<Pod>) =
                std::mem::take(pods).into_iter().partition(|pod| pod.owns.is_none());
            templates.retain(|template| !running.iter().any(|pod| is_of(pod, template)));
            *pods = running;
            pods.append(&mut templates);
        }
        cluster
    }

    /// What there is, to be shown: `2 services, 5 pods`.
    pub fn summary(&self) -> String {
        let running = |pod: &&Pod| pod.owns.is_none();
        let (pods, templates): (Vec<&Pod>, Vec<&Pod>) = self.pods.values().flatten().partition(running);
        let counts = [
            (self.services.values().map(BTreeMap::len).sum(), "service"),
            (pods.len(), "pod"),
            (templates.len(), "workload without pods"),
            (self.namespaces.len(), "namespace"),
            (self.secrets.values().map(BTreeMap::len).sum::<usize>(), "secret"),
        ];
        let count = |&(count, what): &(usize, &str)| match (count, what) {
            (0, _) => None,
            (1, _) => Some(format!("1 {what}")),
            (_, "workload without pods") => Some(format!("{count} workloads without pods")),
            _ => Some(format!("{count} {what}s")),
        };
        counts.iter().filter_map(count).collect::<Vec<_>>().join(", ")
    }

    /// Whether there is nothing at all that a program could fit, whatever there is of Istio's.
    pub fn fits_nothing(&self) -> bool {
        self.summary().is_empty()
    }

    /// Istio's objects of the kinds that meshc writes, whoever wrote them, in the order of kinds, namespaces and names.
    pub fn istio_objects(&self) -> &[IstioObject] {
        &self.istio
    }

    /// Whether Istio's objects were asked for: there is one, or a list of them that is empty. If neither is there it is not
    /// known what there is of them.
    pub fn knows_istio(&self) -> bool {
        self.lists_istio || !self.istio.is_empty()
    }

    /// Whether there is a pod or a workload at all; where none is, it is not known where pods are.
    pub fn knows_pods(&self) -> bool {
        self.pods.values().any(|pods| !pods.is_empty())
    }

    /// How many pods of a namespace have these labels. A workload without pods counts as one.
    pub fn count_pods(&self, namespace: &str, labels: &Labels) -> usize {
        self.pods_of(namespace).iter().filter(|pod| carries(&pod.labels, labels)).count()
    }

    fn pods_of(&self, namespace: &str) -> &[Pod] {
        self.pods.get(namespace).map_or(&[], Vec::as_slice)
    }

    fn services_of(&self, namespace: &str) -> impl Iterator<Item = &Service> {
        self.services.get(namespace).into_iter().flat_map(BTreeMap::values)
    }
}

fn known(items: &[read::Item]) -> Result<Vec<Object>, String> {
    let mut found = Vec::new();
    for item in items {
        let name = item.value.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or("");
        found.extend(Object::read(item).map_err(|wrong| format!("{} `{name}`: {wrong}", item.kind))?);
    }
    Ok(found)
}

/// The kind of an object, and its name in backticks.
fn show(object: &Object) -> String {
    let (kind, namespace, name) = object.identity();
    if namespace.is_empty() { format!("{kind} `{name}`") } else { format!("{kind} `{namespace}/{name}`") }
}

/// Whether a pod was made from this template.
fn is_of(pod: &Pod, template: &Pod) -> bool {
    carries(&pod.labels, &template.labels) && template.owns.as_ref().is_some_and(|own| carries(&pod.labels, own))
}

/// Whether labels are all among those of a pod.
fn carries(pod: &Labels, labels: &Labels) -> bool {
    labels.iter().all(|(key, value)| pod.get(key) == Some(value))
}
