//! A policy in the place of one that an earlier build left. Pods that no ALLOW policy selects are open to the whole mesh
//! (A2), so that a policy cannot just go while its pods are there.

use super::model::{AuthorizationPolicy, Closed, Metadata, Object, Selector};
use super::{AUTHORIZATION_POLICY, IstioOptions};
use crate::ir::Labels;
use crate::target::{Document, DocumentKey};

/// The policy of this namespace and name that refuses everything to the pods with these labels (A5). Beside others of
/// the same pods it adds nothing, since they are a union (A4).
pub fn closed(namespace: &str, name: &str, selector: Labels, options: &IstioOptions) -> Document {
    let kind = AUTHORIZATION_POLICY;
    let mut metadata = Metadata::new(name, namespace, options.program.as_ref());
    metadata.annotations = Some(Closed);
    // An empty list is written out: `kubectl apply` leaves a field as it is that the object does not name, if somebody
    // else than `kubectl apply` wrote it.
    let spec =
        AuthorizationPolicy { selector: Selector { match_labels: selector }, action: "ALLOW", rules: Vec::new() };
    let object = Object { api_version: options.version.api_version(kind.group), kind: kind.name, metadata, spec };
    let key =
        DocumentKey { rank: kind.rank, kind: kind.name, namespace: namespace.to_string(), name: name.to_string() };
    Document { key, body: object.into(), origins: Vec::new() }
}
