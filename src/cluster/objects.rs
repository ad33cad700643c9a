//! The objects that are looked at, with what is needed of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Fields, Wrong};
use super::istio::{self, IstioObject};
use super::read::Item;
use crate::ir::Labels;

/// An object of a kind that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    Namespace(Namespace),
    Service(Service),
    Pod(Pod),
    Secret(Secret),
    Istio(IstioObject),
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Namespace {
    pub name: String,
    /// What new pods in it get.
    pub injection: Injection,
    /// Whether its pods are in ambient mode.
    pub ambient: bool,
}

/// Whether the pods of a namespace get a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Injection {
    /// They do, unless they say no.
    On,
    /// They do not, whatever they say.
    Off,
    /// Only those that ask for it.
    Unsaid,
}

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Service {
    pub namespace: String,
    pub name: String,
    /// Empty: whoever writes its endpoints decides.
    pub selector: Labels,
    /// The name outside the cluster that it stands for.
    pub external: Option<String>,
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServicePort {
    pub port: u16,
    pub name: Option<String>,
    /// `TCP`, `UDP` or `SCTP`.
    pub transport: String,
    pub app_protocol: Option<String>,
    pub target: Target,
}

/// Where a port of a Service leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// To this port of the pod.
    Number(u16),
    /// To the port of a container with this name.
    Name(String),
}

/// A pod, or the template of pods that do not run yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pod {
    pub namespace: String,
    /// `Pod`, or the kind of the workload whose template it is.
    pub kind: String,
    pub name: String,
    pub labels: Labels,
    /// Of a workload: the labels of the pods that are its own.
    pub owns: Option<Labels>,
    /// Why nothing at all is redirected to a sidecar, if that is so.
    pub past: Option<Past>,
    /// Whether it has a container of the name that sidecars have.
    pub proxy: bool,
    /// What it says itself of being given a sidecar.
    pub inject: Option<String>,
    /// The only ports that reach the sidecar, if not all do.
    pub included_ports: Option<String>,
    /// Ports that go past the sidecar.
    pub excluded_ports: Option<String>,
    /// Network interfaces that go past the sidecar.
    pub excluded_interfaces: Option<String>,
    /// The kinds of proxies that it is given, if it says so.
    pub templates: Option<String>,
    /// The numbers of its containers' ports, by name.
    pub ports: BTreeMap<String, u16>,
    /// Whether it has ended and answers nothing any more.
    pub ended: bool,
}

/// Why requests go past a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Past {
    /// The pod is in the network of its host.
    HostNetwork,
    /// An annotation says so.
    Annotation,
}

/// A Secret, without its content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Secret {
    pub namespace: String,
    pub name: String,
    /// Whether it holds a certificate and a key; `None` if the keys of its data were left out.
    pub tls: Option<bool>,
}

/// The container that a sidecar is.
const PROXY: &str = "istio-proxy";

impl Object {
    /// Reads an object; `None` if it is of a kind that is not looked at.
    pub fn read(item: &Item) -> Result<Option<Object>, Wrong> {
        if let Some(kind) = istio::kind(item) {
            return istio::read(kind, &Fields::of(&item.value)).map(|object| Some(Object::Istio(object)));
        }
        let workload = matches!(item.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet");
        let core = matches!(item.kind.as_str(), "Namespace" | "Service" | "Pod" | "Secret");
        // `Service` is the name of other things too: only those of Kubernetes itself are meant.
        let known = core && item.api_version == "v1" || workload && item.api_version == "apps/v1";
        if !known {
            return Ok(None);
        }
        let object = Fields::of(&item.value);
        let metadata = object.map("metadata")?;
        let name = metadata.text("name")?.ok_or_else(|| Wrong::new("metadata.name", "missing"))?;
        let namespace = metadata.text("namespace")?.unwrap_or_else(|| "default".to_string());
        let read = match item.kind.as_str() {
            "Namespace" => Object::Namespace(read_namespace(name.clone(), &metadata)?),
            "Service" => Object::Service(read_service(namespace.clone(), name.clone(), &object.map("spec")?)?),
            "Secret" => {
                let tls = holds_certificate(&object)?;
                Object::Secret(Secret { namespace: namespace.clone(), name: name.clone(), tls })
            }
            // The ReplicaSets of a Deployment are its past and its present; the present has pods.
            "ReplicaSet" if !metadata.list("ownerReferences")?.is_empty() => return Ok(None),
            "Pod" => {
                let phase = object.map("status")?.text("phase")?;
                let mut pod = read_pod(&item.kind, namespace.clone(), name.clone(), &metadata, &object.map("spec")?)?;
                pod.ended = phase.is_some_and(|phase| matches!(phase.as_str(), "Succeeded" | "Failed"));
                Object::Pod(pod)
            }
            kind => {
                let spec = object.map("spec")?;
                let template = spec.map("template")?;
                let (metadata, pod) = (template.map("metadata")?, template.map("spec")?);
                let mut pod = read_pod(kind, namespace.clone(), name.clone(), &metadata, &pod)?;
                pod.owns = Some(spec.map("selector")?.labels("matchLabels")?);
                Object::Pod(pod)
            }
        };
        Ok(Some(read))
    }

    /// What makes it this object and no other: kind, namespace and name.
    pub fn identity(&self) -> (&str, &str, &str) {
        match self {
            Object::Namespace(namespace) => ("Namespace", "", &namespace.name),
            Object::Service(service) => ("Service", &service.namespace, &service.name),
            Object::Pod(pod) => (&pod.kind, &pod.namespace, &pod.name),
            Object::Secret(secret) => ("Secret", &secret.namespace, &secret.name),
            Object::Istio(object) => (object.kind, &object.namespace, &object.name),
        }
    }
}

fn read_namespace(name: String, metadata: &Fields<'_>) -> Result<Namespace, Wrong> {
    let labels = metadata.labels("labels")?;
    // The older label goes before the label of a revision.
    let injection = match labels.get("istio-injection").map(String::as_str) {
        Some("enabled") => Injection::On,
        Some(_) => Injection::Off,
        None if labels.contains_key("istio.io/rev") => Injection::On,
        None => Injection::Unsaid,
    };
    let ambient = labels.get("istio.io/dataplane-mode").is_some_and(|mode| mode == "ambient");
    Ok(Namespace { name, injection, ambient })
}

fn read_service(namespace: String, name: String, spec: &Fields<'_>) -> Result<Service, Wrong> {
    let external = spec.text("type")?.is_some_and(|kind| kind == "ExternalName");
    let external = if external { Some(spec.text("externalName")?.unwrap_or_default()) } else { None };
    let mut ports = Vec::new();
    for port in spec.list("ports")? {
        let port = Fields::item("spec.ports", port);
        let number = port.port("port")?.ok_or_else(|| Wrong::new("spec.ports.port", "missing"))?;
        let target = match port.value("targetPort") {
            None => Target::Number(number),
            Some(Value::String(name)) => name.parse().map_or_else(|_| Target::Name(name.clone()), Target::Number),
            // A Service without pods may say 0, which means the same as nothing.
            Some(Value::Number(zero)) if zero.as_u64() == Some(0) => Target::Number(number),
            Some(_) => Target::Number(port.port("targetPort")?.unwrap_or(number)),
        };
        ports.push(ServicePort {
            port: number,
            name: port.text("name")?.filter(|name| !name.is_empty()),
            transport: port.text("protocol")?.unwrap_or_else(|| "TCP".to_string()),
            app_protocol: port.text("appProtocol")?,
            target,
        });
    }
    ports.sort();
    Ok(Service { namespace, name, selector: spec.labels("selector")?, external, ports })
}

fn read_pod(
    kind: &str,
    namespace: String,
    name: String,
    metadata: &Fields<'_>,
    spec: &Fields<'_>,
) -> Result<Pod, Wrong> {
    let labels = metadata.labels("labels")?;
    let annotations = metadata.map("annotations")?;
    let annotation = |name: &str| annotations.text(&format!("traffic.sidecar.istio.io/{name}"));
    let mut proxy = false;
    let mut ports = BTreeMap::new();
    for list in ["containers", "initContainers"] {
        for container in spec.list(list)? {
            let container = Fields::item(list, container);
            proxy |= container.text("name")?.is_some_and(|name| name == PROXY);
            for port in container.list("ports")? {
                let port = Fields::item("ports", port);
                if let (Some(name), Some(number)) = (port.text("name")?, port.port("containerPort")?) {
                    ports.entry(name).or_insert(number);
                }
            }
        }
    }
    // The label goes before the annotation.
    let inject = labels.get("sidecar.istio.io/inject").cloned();
    let inject = if inject.is_some() { inject } else { annotations.text("sidecar.istio.io/inject")? };
    let annotated = annotations.text("sidecar.istio.io/interceptionMode")?.is_some_and(|mode| mode == "NONE");
    let host_network = spec.flag("hostNetwork")?;
    let past = if host_network { Some(Past::HostNetwork) } else { annotated.then_some(Past::Annotation) };
    Ok(Pod {
        namespace,
        kind: kind.to_string(),
        name,
        labels,
        owns: None,
        past,
        proxy,
        inject,
        included_ports: annotation("includeInboundPorts")?.filter(|ports| ports.trim() != "*"),
        excluded_ports: annotation("excludeInboundPorts")?,
        excluded_interfaces: annotation("excludeInterfaces")?,
        templates: annotations.text("inject.istio.io/templates")?,
        ports,
        ended: false,
    })
}

/// Whether Istio finds a certificate in a Secret: it takes `tls.crt` and `tls.key`, or `cert` and `key` (G17b).
fn holds_certificate(object: &Fields<'_>) -> Result<Option<bool>, Wrong> {
    if object.text("type")?.is_some_and(|kind| kind == "kubernetes.io/tls") {
        return Ok(Some(true));
    }
    let (data, string_data) = (object.map("data")?, object.map("stringData")?);
    if data.is_absent() && string_data.is_absent() {
        return Ok(None);
    }
    let has = |key: &str| data.has(key) || string_data.has(key);
    Ok(Some(has("tls.crt") && has("tls.key") || has("cert") && has("key")))
}
