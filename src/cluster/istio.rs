//! Istio's objects in a cluster, as far as it has to be known of them what an earlier build left.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{Fields, Wrong};
use super::read::Item;
use crate::ir::Labels;

/// The kinds that meshc writes, with their API groups.
const KINDS: [(&str, &str); 4] = [
    ("AuthorizationPolicy", "security.istio.io"),
    ("RequestAuthentication", "security.istio.io"),
    ("Gateway", "networking.istio.io"),
    ("VirtualService", "networking.istio.io"),
];

/// An object of one of the kinds that meshc writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioObject {
    /// `AuthorizationPolicy`
    pub kind: &'static str,
    /// `default`
    pub namespace: String,
    /// `shop`
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// What it says, if it is an AuthorizationPolicy.
    pub policy: Option<Policy>,
    /// What it says as [`canonical`] gives it, if it is a RequestAuthentication.
    pub authentication: Option<String>,
    /// What it serves, if it is a VirtualService.
    pub route: Option<Route>,
}

/// What an AuthorizationPolicy says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Policy {
    /// The labels of the pods that it is about; none: all of the namespace.
    pub selector: Labels,
    /// `ALLOW` where nothing is said.
    pub action: String,
    /// Its rules as [`canonical`] gives them; empty if it has none.
    pub rules: Vec<String>,
}

/// What a VirtualService serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// Its hosts.
    pub hosts: Vec<String>,
    /// The gateways that it is bound to, as they are written: `edge` or `default/edge`.
    pub gateways: Vec<String>,
    /// The Services to which it leads.
    pub destinations: Vec<String>,
}

/// The Services to which the `spec` of a VirtualService leads.
pub fn destinations(spec: &Value) -> Vec<String> {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let routes = list(spec, "http").into_iter().flat_map(|http| list(&http, "route"));
    let host = |route: Value| route.pointer("/destination/host").and_then(Value::as_str).map(str::to_string);
    let hosts: BTreeSet<String> = routes.filter_map(host).collect();
    hosts.into_iter().collect()
}

/// A value as a text that is the same for any order of the keys: a cluster gives them back in another one.
pub fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(entries) => {
            let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        scalar => scalar.clone(),
    }
}

/// Whether a list of this kind holds one of Istio's kinds that meshc writes.
pub(super) fn is_list(kind: &str, api_version: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    KINDS.iter().any(|(item, of)| kind.strip_suffix("List") == Some(*item) && *of == group)
}

/// The kind of an object, if it is one of Istio's that meshc writes. `Gateway` is a kind of other groups too.
pub(super) fn kind(item: &Item) -> Option<&'static str> {
    let (group, _) = item.api_version.split_once('/')?;
    KINDS.iter().find(|(kind, of)| *kind == item.kind && *of == group).map(|(kind, _)| *kind)
}

pub(super) fn read(kind: &'static str, object: &Fields<'_>) -> Result<IstioObject, Wrong> {
    let metadata = object.map("metadata")?;
    let name = metadata.text("name")?.ok_or_else(|| Wrong::new("metadata.name", "missing"))?;
    let namespace = metadata.text("namespace")?.unwrap_or_else(|| "default".to_string());
    // They become words of a shell script.
    for (field, text) in [("metadata.name", &name), ("metadata.namespace", &namespace)] {
        if !is_name(text) {
            return Err(Wrong::new(field, "not a name that Kubernetes takes"));
        }
    }
    let spec = object.map("spec")?;
    let policy = if kind == "AuthorizationPolicy" { Some(read_policy(&spec)?) } else { None };
    let authentication =
        (kind == "RequestAuthentication").then(|| object.value("spec").map(canonical).unwrap_or_default());
    let route = if kind == "VirtualService" { Some(read_route(&spec)?) } else { None };
    Ok(IstioObject { kind, namespace, name, labels: metadata.labels("labels")?, policy, authentication, route })
}

fn read_policy(spec: &Fields<'_>) -> Result<Policy, Wrong> {
    Ok(Policy {
        selector: spec.map("selector")?.labels("matchLabels")?,
        action: spec.text("action")?.unwrap_or_else(|| "ALLOW".to_string()),
        rules: spec.list("rules")?.iter().map(canonical).collect(),
    })
}

fn read_route(spec: &Fields<'_>) -> Result<Route, Wrong> {
    let texts = |key: &str| {
        let text = |item: &Value| item.as_str().map(str::to_string);
        let items: Option<Vec<String>> = spec.list(key)?.iter().map(text).collect();
        items.ok_or_else(|| Wrong::new(format!("spec.{key}"), "not a list of strings"))
    };
    let destinations = spec.whole().map(destinations).unwrap_or_default();
    Ok(Route { hosts: texts("hosts")?, gateways: texts("gateways")?, destinations })
}

/// Whether it is a DNS name of lower-case letters, as every object and namespace has.
fn is_name(text: &str) -> bool {
    let outer = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let fine = |b: u8| outer(b) || b == b'-' || b == b'.';
    let (first, last) = (text.bytes().next(), text.bytes().last());
    text.len() <= 253 && text.bytes().all(fine) && first.is_some_and(outer) && last.is_some_and(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_script_and_no_more() {
        assert!(is_name("shop.2") && is_name("a") && is_name("a-b.c"));
        for bad in ["", "--all", "-a", "a-", "a b", "a'b", "$(x)", "a/b", "A", "a\nb", ".a"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_order_of_keys_says_nothing() {
        let of = |text: &str| canonical(&serde_json::from_str(text).unwrap());
        assert_eq!(of(r#"{"b":[{"d":1,"c":2}],"a":3}"#), of(r#"{"a":3,"b":[{"c":2,"d":1}]}"#));
        assert_ne!(of("[1,2]"), of("[2,1]"));
    }
}
