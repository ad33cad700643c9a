//! Objects as JSON: one `v1` `List`, which `kubectl apply -f -` reads.

use serde::Serialize;

use super::EmitError;
use crate::target::Document;

#[derive(Serialize)]
struct List<'a, T> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    items: &'a [T],
}

/// All objects as one `List`, indented, with a line feed at the end. JSON has no comments: the origins are left out.
pub fn json(documents: &[Document]) -> Result<String, EmitError> {
    let items: Vec<_> = documents.iter().map(|d| &d.body).collect();
    text(&List { api_version: "v1", kind: "List", items: &items })
}

/// One object by itself.
pub fn json_object(document: &Document) -> Result<String, EmitError> {
    text(&document.body)
}

fn text<T: Serialize>(value: &T) -> Result<String, EmitError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| EmitError(e.to_string()))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_kubernetes_list() {
        let items = ["a", "b"];
        let found = text(&List { api_version: "v1", kind: "List", items: &items }).unwrap();
        let expected =
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    \"a\",\n    \"b\"\n  ]\n}\n";
        assert_eq!(found, expected);
        assert!(json(&[]).unwrap().contains("\"items\": []"));
    }
}
