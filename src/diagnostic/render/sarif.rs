//! One SARIF 2.1.0 log with one run, for code scanning services and editors.
//!
//! The rules are the codes that occur, each with its page as help. No `helpUri` is given: it would have to be absolute, and the pages come
//! with the program. Columns count Unicode scalar values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{View, word};
use crate::diagnostic::{Code, Diagnostic, Fix};
use crate::source::{FileId, Span};

pub(super) fn render(diagnostics: &[Diagnostic], view: &View<'_>) -> String {
    let codes: BTreeMap<&str, Code> = diagnostics.iter().map(|d| (d.code.id(), d.code)).collect();
    let index: BTreeMap<&str, usize> = codes.keys().enumerate().map(|(i, id)| (*id, i)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, index.get(d.code.id()).copied(), view)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "meshc",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.values().map(|code| rule(*code)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    let page = code.text();
    let title = page.lines().find(|l| !l.is_empty() && !l.starts_with('#'));
    json!({
        "id": code.id(),
        "name": code.name(),
        "shortDescription": { "text": title.unwrap_or(code.name()) },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": word(code.severity()) },
    })
}

fn result(diagnostic: &Diagnostic, rule: Option<usize>, view: &View<'_>) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": rule,
        "level": word(diagnostic.code.severity()),
        "message": { "text": message(diagnostic) },
        "locations": [location(diagnostic.primary.span, &diagnostic.primary.message, view)],
    });
    if !diagnostic.secondary.is_empty() {
        let related = diagnostic.secondary.iter().map(|l| location(l.span, &l.message, view));
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &diagnostic.fix {
        result["fixes"] = json!([{ "description": { "text": fix.message }, "artifactChanges": changes(fix, view) }]);
    }
    result
}

/// The message with what the request, the notes and the help add, as paragraphs.
fn message(diagnostic: &Diagnostic) -> String {
    let mut parts = vec![diagnostic.message.clone()];
    parts.extend(diagnostic.request.iter().map(|r| format!("request: {r}")));
    parts.extend(diagnostic.notes.iter().map(|n| format!("note: {n}")));
    parts.extend(diagnostic.help.iter().map(|h| format!("help: {h}")));
    parts.join("\n")
}

fn location(span: Span, text: &str, view: &View<'_>) -> Value {
    let mut location = json!({
        "physicalLocation": { "artifactLocation": artifact(span.file, view), "region": region(span, view) },
    });
    if !text.is_empty() {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(span: Span, view: &View<'_>) -> Value {
    let (start, end) = (view.start(span), view.end(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// One change per file, in the order of the files.
fn changes(fix: &Fix, view: &View<'_>) -> Vec<Value> {
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = json!({ "deletedRegion": region(edit.span, view), "insertedContent": { "text": edit.text } });
        files.entry(edit.span.file).or_default().push(replacement);
    }
    let change = |(file, edits)| json!({ "artifactLocation": artifact(file, view), "replacements": edits });
    files.into_iter().map(change).collect()
}

fn artifact(file: FileId, view: &View<'_>) -> Value {
    json!({ "uri": uri(&view.path(file)) })
}

/// A relative path as a URI reference: what is not allowed in a path is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => {
                // A `String` takes everything that is written to it.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_snapshot, sample};
    use super::*;

    #[test]
    fn sarif() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: false };
        let text = render(&diagnostics, &view);
        // The pages and the version have their own lives.
        let mut log: Value = serde_json::from_str(&text).unwrap();
        for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
            let id = rule["id"].as_str().unwrap().to_string();
            let page = rule["help"]["markdown"].as_str().unwrap();
            assert!(page.starts_with(&format!("# {id}: ")), "{page}");
            rule["help"] = json!({ "text": "[page]", "markdown": "[page]" });
            rule["shortDescription"]["text"] = json!("[first line]");
        }
        log["runs"][0]["tool"]["driver"]["semanticVersion"] = json!("[version]");
        assert_snapshot("sarif", &format!("{log:#}"));
    }

    #[test]
    fn a_rule_is_where_its_results_say() {
        let (sources, diagnostics) = sample();
        let view = View { sources: &sources, base: "", colour: false };
        let log: Value = serde_json::from_str(&render(&diagnostics, &view)).unwrap();
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }
}
