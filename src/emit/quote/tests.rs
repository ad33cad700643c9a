//! Every class of text, as a value and as a key, for several readers.

mod schema;
mod texts;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::super::yaml::document;
use super::push;

fn written(text: &str) -> String {
    let mut out = String::new();
    push(&mut out, text);
    out
}

/// What a reader takes for a text, and for nothing else: a number or a boolean is an error.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Only;

        impl Visitor<'_> for Only {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_string()))
            }
        }

        deserializer.deserialize_any(Only)
    }
}

/// Reads the texts back with `yaml_serde`, each as an item, as a key and as a value, and holds what is bare against the
/// types of YAML 1.1 and 1.2.
fn assert_all_come_back(texts: &[String]) {
    for text in texts {
        let written = written(text);
        assert!(!written.contains('\n'), "{written:?}");
        assert!(written != *text || !schema::is_something_else(text), "{text:?} is bare");
    }
    for texts in texts.chunks(1000) {
        let items = document(&texts);
        let read: Vec<Text> = serde_yaml::from_str(&items).unwrap_or_else(|e| panic!("{e}: {}", narrowed(texts)));
        assert!(read.iter().map(|t| &t.0).eq(texts), "{}", narrowed(texts));
        let pairs: IndexMap<&String, &String> = texts.iter().map(|t| (t, t)).collect();
        let map = document(&pairs);
        let read: IndexMap<Text, Text> =
            serde_yaml::from_str(&map).unwrap_or_else(|e| panic!("{e}: {}", narrowed(texts)));
        assert!(read.iter().map(|(k, v)| (&k.0, &v.0)).eq(pairs), "{}", narrowed(texts));
    }
}

/// The first text that does not come back by itself, and how it is written.
fn narrowed(texts: &[String]) -> String {
    let comes_back = |text: &&String| {
        let map: Result<IndexMap<Text, Text>, _> = serde_yaml::from_str(&document(&BTreeMap::from([(text, text)])));
        let items: Result<Vec<Text>, _> = serde_yaml::from_str(&document(&[text]));
        map.is_ok_and(|m| m.iter().all(|(k, v)| k.0 == **text && v.0 == **text))
            && items.is_ok_and(|i| i[0].0 == **text)
    };
    let wrong = texts.iter().find(|text| !comes_back(text));
    wrong.map_or("each by itself comes back".into(), |t| format!("{t:?} as {:?}", document(&[t])))
}

#[test]
fn every_class_comes_back() {
    let texts = texts::all();
    assert!(texts.len() > 2_500, "{}", texts.len());
    assert_all_come_back(&texts);
}

/// Numbers, and what stands in them where a blank or a colon means something.
#[test]
fn all_short_numbers_and_words_come_back() {
    assert_all_come_back(&texts::combinations("018.+-_: exobnYT=<~", 4));
}

/// Indicators, quotes and blanks, with a letter and a digit between them.
#[test]
fn all_short_texts_with_indicators_come_back() {
    assert_all_come_back(&texts::combinations("-?:,[]{}#&*!|>'\"%@`\\~ \t\r\n\u{85}\u{FEFF}a1", 3));
}

/// The places of a text where more than the text decides what stands before it.
#[test]
fn every_class_comes_back_from_every_place() {
    for text in texts::all() {
        let entry = BTreeMap::from([(&text, [&text])]);
        let nested = BTreeMap::from([(&text, BTreeMap::from([(&text, [[&entry]])]))]);
        let places = [document(&text), document(&[&entry]), document(&nested)];
        for place in places {
            let read: serde_yaml::Value = serde_yaml::from_str(&place).unwrap_or_else(|e| panic!("{e}: {place:?}"));
            assert_eq!(others(&read, &text), 0, "{place:?}");
        }
    }
}

/// How many keys and values are not the text.
fn others(value: &serde_yaml::Value, text: &str) -> usize {
    match value {
        serde_yaml::Value::String(s) => usize::from(s != text),
        serde_yaml::Value::Sequence(items) => items.iter().map(|v| others(v, text)).sum(),
        serde_yaml::Value::Mapping(map) => map.iter().map(|(k, v)| others(k, text) + others(v, text)).sum(),
        _ => 1,
    }
}

#[test]
fn a_text_is_quoted_only_where_it_has_to_be() {
    let bare = [
        "/",
        "/api/**",
        "1.2.3.4/8",
        "5s",
        "app-1",
        "not",
        "nose",
        "https://a.example.com",
        "é",
        "a b",
        "a:b",
        "a#b",
        "-w",
        "?a",
        ":a",
        "a'b",
        "a\"b",
        "a\\b",
        "spiffe://cluster.local/ns/a/sa/b",
        "\u{A0}",
        "\u{E000}",
        "\u{E001}no\u{E001}",
        "😀",
        "x-",
        "v1.0",
        "1,000",
        "-.nan",
        "e",
        "ne",
        "$a",
        "^a",
        "(a)",
        ";",
        "request.auth.claims[groups]",
    ];
    for text in bare {
        assert_eq!(written(text), text);
    }
    let single =
        ["*.example.com", "no", "1: 2", "1_000", "12:30", "=", "<<", "", " a", "a ", "a: b", "a:", "a #b", "[a]"];
    for text in single {
        assert_eq!(written(text), format!("'{text}'"));
    }
    assert_eq!(written("'a' ''"), "'''a'' '''''");
    assert_eq!(written("- it's"), "'- it''s'");
}

#[test]
fn what_must_not_be_seen_is_escaped() {
    let escapes = [
        ("\0\u{7}\u{8}\t\n\u{B}\u{C}\r\u{1B}", "\\0\\a\\b\\t\\n\\v\\f\\r\\e"),
        ("\u{1}\u{1F}\u{7F}\u{80}\u{9F}", "\\x01\\x1F\\x7F\\x80\\x9F"),
        ("\u{85}\u{2028}\u{2029}", "\\N\\L\\P"),
        ("\u{FEFF}\u{FFFE}\u{FFFF}", "\\uFEFF\\uFFFE\\uFFFF"),
        ("\t\"'\\ é😀\u{E000}", "\\t\\\"'\\\\ é😀\u{E000}"),
    ];
    for (text, escaped) in escapes {
        assert_eq!(written(text), format!("\"{escaped}\""));
    }
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "(\\PC|[\u{E000}\u{E001}\u{FFFF}\u{85}\u{2028}\u{2029}\u{FEFF}\u{0}-\u{1F}abc'\"\\\\ :#-])*") {
        assert_all_come_back(&[text]);
    }
}

/// Reads the texts with kubectl, which needs no cluster for it. Without kubectl there is nothing to be compared;
/// `MESHC_REQUIRE_KUBECTL=1` makes that a failure.
#[test]
fn kubectl_reads_every_class() {
    let directory = tempfile::tempdir().unwrap();
    let texts = for_other_readers();
    let [values, keys] = config_maps(&texts);
    let found = Command::new("kubectl").args(["version", "--client"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let required = std::env::var("MESHC_REQUIRE_KUBECTL").is_ok_and(|v| v == "1");
        assert!(!required, "kubectl is required and cannot be run");
        eprintln!("kubectl cannot be run: its reading of YAML is not compared");
        return;
    }
    let values = read_with_kubectl(&directory.path().join("values.yaml"), &values);
    let keys = read_with_kubectl(&directory.path().join("keys.yaml"), &keys);
    for (i, text) in texts.iter().enumerate() {
        assert_eq!(values.get(format!("v{i}")), Some(&serde_json::json!(text)), "{text:?}");
        assert_eq!(keys.get(text), Some(&serde_json::json!(format!("k{i}"))), "{text:?}");
    }
}

/// Writes the same two objects and the texts into the directory that `MESHC_YAML_OUT` names, for `tests/yaml/readers`.
#[test]
fn the_objects_are_there_for_other_readers() {
    let texts = for_other_readers();
    let [values, keys] = config_maps(&texts);
    let no = texts.iter().position(|t| t == "no").unwrap();
    assert!(values.contains(&format!("\n  v{no}: 'no'\n")) && keys.contains(&format!("\n  'no': k{no}\n")));
    if let Ok(directory) = std::env::var("MESHC_YAML_OUT") {
        let directory = Path::new(&directory);
        std::fs::write(directory.join("values.yaml"), values).unwrap();
        std::fs::write(directory.join("keys.yaml"), keys).unwrap();
        std::fs::write(directory.join("texts.json"), serde_json::to_string(&texts).unwrap()).unwrap();
    }
}

/// Every class, and all pairs of characters that mean something: as much as readers in other languages read in seconds.
fn for_other_readers() -> Vec<String> {
    let mut texts = texts::all();
    texts.extend(texts::combinations("-?:,[]{}#&*!|>'\"%@`\\~= \t\n01.+_eynNT", 2));
    texts.extend(texts::combinations("0-.: e_#'", 4));
    texts.sort();
    texts.dedup();
    texts
}

fn config_maps(texts: &[String]) -> [String; 2] {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ConfigMap {
        api_version: &'static str,
        kind: &'static str,
        metadata: BTreeMap<&'static str, &'static str>,
        data: IndexMap<String, String>,
    }
    let object =
        |data| ConfigMap { api_version: "v1", kind: "ConfigMap", metadata: BTreeMap::from([("name", "x")]), data };
    let values = texts.iter().enumerate().map(|(i, t)| (format!("v{i}"), t.clone())).collect();
    let keys = texts.iter().enumerate().map(|(i, t)| (t.clone(), format!("k{i}"))).collect();
    [document(&object(values)), document(&object(keys))]
}

fn read_with_kubectl(path: &Path, text: &str) -> serde_json::Value {
    std::fs::write(path, text).unwrap();
    let output = Command::new("kubectl")
        .args(["label", "--local", "-o", "json", "-f"])
        .arg(path)
        .arg("x=y")
        .env("KUBECONFIG", path.with_extension("none"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["data"].take()
}
