//! Whether a sidecar stands before a pod: without one no policy is enforced there (A56).

use super::objects::{Injection, Namespace, Pod};

/// What is known of the sidecar of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sidecar {
    /// It is there, and requests to the port come by it.
    There,
    /// Requests do not come by a sidecar, and this is why.
    Missing(String),
    /// The namespaces are not known, and they decide.
    Unknown,
}

/// What is known of the sidecar of a pod; `port` is that of the pod to which requests go, where it is known.
pub(super) fn of(pod: &Pod, namespace: Option<&Namespace>, port: Option<u16>) -> Sidecar {
    let missing = |why: String| Sidecar::Missing(why);
    if pod.host_network {
        return missing("is in the network of its host, where nothing is redirected to a sidecar".to_string());
    }
    if !pod.proxy {
        match injected(pod, namespace) {
            Some(true) => {}
            None => return Sidecar::Unknown,
            Some(false) if pod.inject.as_deref() == Some("false") => {
                return missing("has no sidecar, and says so with `sidecar.istio.io/inject: false`".to_string());
            }
            Some(false) if pod.owns.is_none() => return missing("has no sidecar".to_string()),
            Some(false) => {
                return missing(format!("will have no sidecar, since namespace `{}` gives none", pod.namespace));
            }
        }
    }
    if pod.no_interception {
        return missing(
            "redirects nothing to its sidecar, by the annotation `sidecar.istio.io/interceptionMode: NONE`".to_string(),
        );
    }
    let Some(port) = port else { return Sidecar::There };
    let names = |list: &String| list.split(',').any(|part| part.trim().parse() == Ok(port));
    let annotation = match (&pod.excluded_ports, &pod.included_ports) {
        (Some(excluded), _) if names(excluded) => "excludeInboundPorts",
        (_, Some(included)) if !names(included) => "includeInboundPorts",
        _ => return Sidecar::There,
    };
    missing(format!("lets port {port} go past its sidecar, by the annotation `traffic.sidecar.istio.io/{annotation}`"))
}

/// Whether a pod without the container is given it; of a pod that runs that is known.
fn injected(pod: &Pod, namespace: Option<&Namespace>) -> Option<bool> {
    if pod.owns.is_none() || pod.inject.as_deref() == Some("false") {
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
