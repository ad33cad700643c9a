//! Every tricky text, as a value, as a key, in a list and nested, for several readers.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::super::yaml::document;

/// Texts that some reader has taken for something else, or damaged.
fn tricky() -> Vec<String> {
    let texts: Vec<String> = serde_json::from_str(include_str!("../../../tests/yaml/tricky.json")).unwrap();
    assert_eq!(texts.len(), 99);
    texts
}

/// The four places of a text, each with what stands before it in the document.
fn places(text: &str) -> [(String, &'static str); 4] {
    [
        (document(&BTreeMap::from([("v", text)])), "v: "),
        (document(&BTreeMap::from([(text, 1)])), ""),
        (document(&[text]), "- "),
        (document(&BTreeMap::from([("a", [BTreeMap::from([("b", text)])])])), "a:\n- b: "),
    ]
}

/// A strict reader of bare words: whether YAML 1.1 or the core schema of YAML 1.2 takes it for anything but a text.
fn is_something_else(word: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let cased = |w: &str| {
        let title = w[..1].to_uppercase() + &w[1..];
        word == w || word == w.to_uppercase() || word == title
    };
    if matches!(word, "" | "~" | "=" | "<<") || words.into_iter().any(cased) {
        return true;
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&unsigned) {
        return true;
    }
    let of = |text: &str, allowed: &str| !text.is_empty() && text.chars().all(|c| allowed.contains(c));
    let based = |prefix: &str, digits: &str| unsigned.strip_prefix(prefix).is_some_and(|rest| of(rest, digits));
    if based("0b", "01_") || based("0o", "01234567_") || based("0x", "0123456789abcdefABCDEF_") {
        return true;
    }
    let digits = "0123456789";
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let exponent = exponent.is_none_or(|e| of(e.strip_prefix(['+', '-']).unwrap_or(e), digits));
    let power = word.strip_prefix(['e', 'E']).map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    if power.is_some_and(|e| of(e, digits)) {
        return true;
    }
    if exponent && of(mantissa, "0123456789_.") && mantissa.starts_with(|c: char| c == '.' || c.is_ascii_digit()) {
        return mantissa != "..." && mantissa != ".." && mantissa != "." || word != mantissa;
    }
    if unsigned.contains(':') && of(unsigned, "0123456789_:.") && unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let date: Vec<&str> = word.splitn(3, '-').collect();
    matches!(date.as_slice(), [year, month, day]
        if year.len() == 4 && of(year, digits) && of(month, digits) && day.starts_with(|c: char| c.is_ascii_digit()))
}

/// The bare word at the beginning of the text, if there is one.
fn bare(text: &str) -> Option<&str> {
    let line = text.lines().next().unwrap_or("");
    (!line.starts_with(['\'', '"', '|', '?', '>'])).then_some(line)
}

#[test]
fn every_tricky_text_comes_back() {
    for text in tricky() {
        for (written, _) in places(&text) {
            let value: serde_yaml::Value =
                serde_yaml::from_str(&written).unwrap_or_else(|e| panic!("{written:?}: {e}"));
            assert!(contains(&value, &text), "{text:?} in {written:?}");
        }
    }
}

fn contains(value: &serde_yaml::Value, text: &str) -> bool {
    match value {
        serde_yaml::Value::String(s) => s == text,
        serde_yaml::Value::Sequence(items) => items.iter().any(|v| contains(v, text)),
        serde_yaml::Value::Mapping(map) => map.iter().any(|(k, v)| contains(k, text) || contains(v, text)),
        _ => false,
    }
}

#[test]
fn no_tricky_text_is_bare_where_a_reader_takes_it_for_something_else() {
    for text in tricky() {
        for (written, before) in places(&text) {
            let after = written.strip_prefix(before).unwrap_or_else(|| panic!("{written:?} begins with {before:?}"));
            if let Some(word) = bare(after) {
                let word = if before.is_empty() { word.strip_suffix(": 1").unwrap_or(word) } else { word };
                assert_eq!(word, text, "{written:?}");
                assert!(!is_something_else(word), "{written:?}");
            }
        }
    }
}

#[test]
fn all_short_words_are_safe() {
    let alphabet = ['0', '1', '8', '.', '+', '-', '_', ':', 'e', 'x', 'o', 'b', 'n', 'Y', 'T', '=', '<', '~'];
    let mut words = vec![String::new()];
    let mut last = words.clone();
    for _ in 0..4 {
        last = last.iter().flat_map(|w| alphabet.iter().map(move |c| format!("{w}{c}"))).collect();
        words.extend(last.iter().cloned());
    }
    let written = document(&words);
    assert_eq!(serde_yaml::from_str::<Vec<String>>(&written).unwrap(), words);
    for line in written.lines() {
        if let Some(word) = bare(line.strip_prefix("- ").unwrap()) {
            assert!(!is_something_else(word), "{word:?}");
        }
    }
}

#[test]
fn harmless_texts_stay_bare() {
    for text in ["*.example.com", "/api/**", "1.2.3.4/8", "5s", "app-1", "not", "nose", "https://a.example.com", "é"] {
        let written = document(&[text]);
        let expected = if text.starts_with('*') { format!("- '{text}'\n") } else { format!("- {text}\n") };
        assert_eq!(written, expected);
    }
}

#[test]
fn fields_variants_and_numbers_are_written_as_they_are() {
    #[derive(serde::Serialize)]
    struct Object {
        on: &'static str,
        y: Option<u16>,
        kind: Kind,
        new: New,
        tuple: (&'static str, bool),
        none: Option<u8>,
        c: char,
        number: f64,
    }
    #[derive(serde::Serialize)]
    enum Kind {
        #[serde(rename = "OFF")]
        Off,
    }
    #[derive(serde::Serialize)]
    struct New(&'static str);
    let object = Object {
        on: "x",
        y: Some(80),
        kind: Kind::Off,
        new: New("1_0"),
        tuple: ("=", true),
        none: None,
        c: 'n',
        number: 0.5,
    };
    let expected =
        "'on': x\n'y': 80\nkind: 'OFF'\nnew: '1_0'\ntuple:\n- '='\n- true\nnone: null\nc: 'n'\nnumber: 0.5\n";
    assert_eq!(document(&object), expected);
}

proptest! {
    #[test]
    fn every_text_comes_back(text in "(\\PC|[\u{E000}\u{E001}\u{FFFF}\u{85}\u{2028}\u{2029}\u{FEFF}abc'\"\\\\\n ])*") {
        let written = document(&BTreeMap::from([(&text, &text)]));
        let read: BTreeMap<String, String> = serde_yaml::from_str(&written).unwrap();
        prop_assert_eq!(read, BTreeMap::from([(text.clone(), text)]), "{:?}", written);
    }
}

/// Reads the texts with kubectl, which needs no cluster for it. Without kubectl there is nothing to be compared;
/// `MESHC_REQUIRE_KUBECTL=1` makes that a failure.
#[test]
fn kubectl_reads_every_tricky_text() {
    let directory = tempfile::tempdir().unwrap();
    let texts = tricky();
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

/// Writes the same two objects into the directory that `MESHC_YAML_OUT` names, for `tests/yaml/readers`.
#[test]
fn the_objects_are_there_for_other_readers() {
    let [values, keys] = config_maps(&tricky());
    assert!(values.contains("v0: 'no'\n") && keys.contains("'no': k0\n"));
    if let Ok(directory) = std::env::var("MESHC_YAML_OUT") {
        std::fs::write(Path::new(&directory).join("values.yaml"), values).unwrap();
        std::fs::write(Path::new(&directory).join("keys.yaml"), keys).unwrap();
    }
}

fn config_maps(texts: &[String]) -> [String; 2] {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ConfigMap {
        api_version: &'static str,
        kind: &'static str,
        metadata: BTreeMap<&'static str, &'static str>,
        data: indexmap::IndexMap<String, String>,
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
