//! Text to objects: YAML or JSON, a `List` or a stream.

use serde::de::DeserializeSeed as _;
use serde_json::Value;

use super::istio;
use super::shape::{Budget, Keep, OBJECT};

/// An object as it stands in a text, with what it says of itself.
pub(super) struct Item {
    pub kind: String,
    pub api_version: String,
    pub value: Value,
}

/// What a text holds.
#[derive(Default)]
pub(super) struct Found {
    pub items: Vec<Item>,
    /// Whether there is a list of one of Istio's kinds, even an empty one.
    pub lists_istio: bool,
}

/// Reads every object of a text; what is wrong with it is one sentence, with the place as far as it is known.
pub(super) fn items(text: &str) -> Result<Found, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found = Found::default();
    for (i, document) in documents(text)?.into_iter().enumerate() {
        if !document.is_null() {
            flatten(document, None, &mut found).map_err(|fault| format!("document {}: {fault}", i + 1))?;
        }
    }
    Ok(found)
}

fn documents(text: &str) -> Result<Vec<Value>, String> {
    if !text.trim_start().starts_with('{') {
        return yaml(text);
    }
    // JSON is YAML too, and read faster as what it is; some YAML begins as JSON does.
    json(text).or_else(|fault| yaml(text).map_err(|_| fault))
}

fn yaml(text: &str) -> Result<Vec<Value>, String> {
    let budget = Budget::new(text.len());
    let mut found = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value = Keep { shape: &OBJECT, budget: &budget }.deserialize(document);
        found.push(value.map_err(|error| format!("it is not YAML that can be read: {error}"))?);
    }
    Ok(found)
}

fn json(text: &str) -> Result<Vec<Value>, String> {
    let budget = Budget::unlimited();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut found = Vec::new();
    while deserializer.end().is_err() {
        let value = Keep { shape: &OBJECT, budget: &budget }.deserialize(&mut deserializer);
        found.push(value.map_err(|error| format!("it is not JSON that can be read: {error}"))?);
    }
    Ok(found)
}

/// Takes lists apart. The items of a `PodList` do not say that they are Pods; `of` is then what they are.
fn flatten(value: Value, of: Option<(&str, &str)>, found: &mut Found) -> Result<(), String> {
    let Value::Object(mut object) = value else {
        return Err("there is something that is not a Kubernetes object".to_string());
    };
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_string);
    let kind = text("kind").or_else(|| of.map(|(kind, _)| kind.to_string()));
    let api_version = text("apiVersion").or_else(|| of.map(|(_, version)| version.to_string()));
    let (Some(kind), Some(api_version)) = (kind, api_version) else {
        return Err("there is something without `kind` and `apiVersion`, which is not a Kubernetes object".to_string());
    };
    let Some(of) = kind.strip_suffix("List").filter(|_| object.contains_key("items")) else {
        found.items.push(Item { kind, api_version, value: Value::Object(object) });
        return Ok(());
    };
    found.lists_istio |= istio::is_list(&kind, &api_version);
    match object.remove("items") {
        Some(Value::Array(items)) => {
            let of = Some((of, api_version.as_str())).filter(|(kind, _)| !kind.is_empty());
            items.into_iter().try_for_each(|item| flatten(item, of, found))
        }
        // An empty list of Go.
        Some(Value::Null) => Ok(()),
        _ => Err(format!("the `items` of a `{kind}` are not a list")),
    }
}
