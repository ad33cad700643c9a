//! Whether a sidecar stands before a pod: without one no policy is enforced there (A56).

use super::objects::{Injection, Namespace, Past, Pod};

/// What is known of the sidecar of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sidecar {
    /// It is there, and requests to the port come by it.
    There,
    /// Requests do not come by a sidecar.
    Missing {
        /// Why, as a sentence about the pod without its subject.
        why: String,
        /// What to do about it.
        help: &'static str,
    },
    /// The namespaces are not known, and they decide.
    Unknown,
}

/// Namespaces in which Istio gives no pod a sidecar, whatever they say (A58).
const OF_THE_SYSTEM: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Istio's templates of proxies to which nothing is redirected (A58).
const NO_SIDECAR: [&str; 5] = ["gateway", "kube-gateway", "waypoint", "grpc-agent", "grpc-simple"];

/// The interface by which requests reach a pod.
const INTERFACE: &str = "eth0";

/// What is known of the sidecar of a pod; `port` is that of the pod to which requests go, where it is known.
pub(super) fn of(pod: &Pod, namespace: Option<&Namespace>, port: Option<u16>) -> Sidecar {
    let missing = |why: String, help| Sidecar::Missing { why, help };
    if pod.past == Some(Past::HostNetwork) {
        let why = "is in the network of its host, where nothing is redirected to a sidecar";
        return missing(why.to_string(), "run the pods of the app without `hostNetwork`");
    }
    if !pod.proxy {
        match injected(pod, namespace) {
            Some(true) => {}
            None => return Sidecar::Unknown,
            Some(false) => {
                let refuses = pod.inject.as_deref() == Some("false");
                let why = if refuses {
                    "has no sidecar, and wants none: `sidecar.istio.io/inject: \"false\"`".to_string()
                } else if pod.owns.is_none() {
                    "has no sidecar".to_string()
                } else {
                    format!("will have no sidecar, since namespace `{}` gives none", pod.namespace)
                };
                let labelled = pod.owns.is_none() && namespace.is_some_and(|n| n.injection == Injection::On);
                let help = if refuses {
                    "take `sidecar.istio.io/inject` away from the pods of the app, and start them again"
                } else if is_of_the_system(pod) {
                    "run the app in a namespace of its own"
                } else if labelled {
                    "start the pods of the app again: their namespace gives each new pod a sidecar"
                } else {
                    "label the namespace `istio-injection=enabled`, and start the pods of the app again"
                };
                return missing(why, help);
            }
        }
    }
    if pod.past == Some(Past::Annotation) {
        let why = "redirects nothing to its sidecar: `sidecar.istio.io/interceptionMode: NONE`";
        return missing(why.to_string(), "take the annotation away from the pods of the app, and start them again");
    }
    let parts = |list: &str| list.split(',').map(|part| part.trim().to_string()).collect::<Vec<String>>();
    if let Some(templates) = &pod.templates
        && parts(templates).iter().all(|template| NO_SIDECAR.contains(&template.as_str()))
    {
        let why = format!("is given a proxy to which nothing is redirected: `inject.istio.io/templates: {templates}`");
        return missing(why, "take the annotation away from the pods of the app, and start them again");
    }
    if pod.excluded_interfaces.as_ref().is_some_and(|list| parts(list).iter().any(|name| name == INTERFACE)) {
        let why = format!(
            "lets its interface `{INTERFACE}` go past its sidecar, by the annotation \
             `traffic.sidecar.istio.io/excludeInterfaces`"
        );
        return missing(why, "take the annotation away from the pods of the app, and start them again");
    }
    let Some(port) = port else { return Sidecar::There };
    let names = |list: &String| list.split(',').any(|part| part.trim().parse() == Ok(port));
    let annotation = match (&pod.excluded_ports, &pod.included_ports) {
        (Some(excluded), _) if names(excluded) => "excludeInboundPorts",
        (_, Some(included)) if !names(included) => "includeInboundPorts",
        _ => return Sidecar::There,
    };
    missing(
        format!("lets port {port} go past its sidecar, by the annotation `traffic.sidecar.istio.io/{annotation}`"),
        "take the annotation away from the pods of the app, and start them again",
    )
}

fn is_of_the_system(pod: &Pod) -> bool {
    OF_THE_SYSTEM.contains(&pod.namespace.as_str())
}

/// Whether a pod without the container is given it; of a pod that runs that is known.
fn injected(pod: &Pod, namespace: Option<&Namespace>) -> Option<bool> {
    let refused = pod.inject.as_deref() == Some("false") || is_of_the_system(pod);
    if pod.owns.is_none() || refused {
        return Some(false);
    }
    let asks = pod.labels.get("sidecar.istio.io/inject").is_some_and(|value| value == "true")
        || pod.labels.contains_key("istio.io/rev");
    Some(match namespace?.injection {
        Injection::On => true,
        Injection::Off => false,
        Injection::Unsaid => asks,
    })
}
