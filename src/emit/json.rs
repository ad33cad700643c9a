//! Objects as JSON: one `v1` `List`, which `kubectl apply -f -` reads.

use serde::Serialize;

use super::EmitError;
use crate::target::Document;

/// All objects as one `List`, indented, with a line feed at the end. JSON has no comments: the origins are left out.
pub fn json(documents: &[Document]) -> Result<String, EmitError> {
    let objects = documents.iter().map(json_object).collect::<Result<Vec<String>, _>>()?;
    Ok(json_list(&objects).collect())
}

/// Objects that [`json_object`] wrote as one `List`, in parts to be written one after the other.
pub fn json_list(objects: &[String]) -> impl Iterator<Item = String> {
    let head = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [";
    let tail = if objects.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" };
    // No text of JSON holds a line feed, so each begins a line of the object.
    let item = |object: &String| format!("\n{}", object.trim_end()).replace('\n', "\n    ");
    let items = objects.iter().enumerate();
    let items = items.map(move |(i, object)| format!("{}{}", if i == 0 { "" } else { "," }, item(object)));
    std::iter::once(head.to_string()).chain(items).chain([tail.to_string()])
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
        #[derive(Serialize)]
        struct List<T> {
            #[serde(rename = "apiVersion")]
            api_version: &'static str,
            kind: &'static str,
            items: Vec<T>,
        }
        let one = serde_json::json!({"a": [1, {"b": "x\ny  "}], "c": {}, "d": []});
        for count in [0, 1, 3] {
            let items: Vec<_> = std::iter::repeat_n(&one, count).collect();
            let objects: Vec<String> = items.iter().map(|item| text(item).unwrap()).collect();
            let list = List { api_version: "v1", kind: "List", items };
            assert_eq!(json_list(&objects).collect::<String>(), text(&list).unwrap());
        }
    }
}
