//! The form of documents. What is in a text is judged in `quote`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::yaml::document;
use super::{MAX_SIMPLE_KEY, Writer};

/// The document of a value, which must be read back as the same.
fn written(value: &Value) -> String {
    let text = document(value);
    assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{e}: {text}")), *value, "{text}");
    text
}

#[test]
fn lists_stand_at_the_column_of_their_key_and_maps_two_further_in() {
    let value = json!({
        "a": [1, {"b": "x", "c": ["y", "z"]}, [], {}, [["p", ["q"]], {"r": {"s": null}}]],
        "d": {"e": {}, "f": [], "g": {"h": [true]}},
        "i": -5,
    });
    let expected = "\
a:
- 1
- b: x
  c:
  - 'y'
  - z
- []
- {}
- - - p
    - - q
  - r:
      s: null
d:
  e: {}
  f: []
  g:
    h:
    - true
i: -5
";
    assert_eq!(written(&value), expected);
    for (value, expected) in [(json!([]), "[]\n"), (json!({}), "{}\n"), (json!("a"), "a\n"), (json!(1), "1\n")] {
        assert_eq!(written(&value), expected);
    }
}

#[test]
fn deep_lines_are_indented_as_far_as_they_are_deep() {
    let mut value = json!("x");
    for _ in 0..20 {
        value = json!({"k": [{"m": {"p": value}}]});
    }
    let text = written(&value);
    assert!(text.ends_with(&format!("\n{}p: x\n", " ".repeat(19 * 6 + 4))), "{text}");
}

#[test]
fn fields_variants_and_numbers_are_written_as_they_are() {
    #[derive(Serialize)]
    struct Object {
        on: &'static str,
        y: Option<u16>,
        kind: Kind,
        new: New,
        tuple: (&'static str, bool),
        pair: Pair,
        none: Option<u8>,
        unit: (),
        c: char,
        small: i64,
        large: u64,
    }
    #[derive(Serialize)]
    enum Kind {
        #[serde(rename = "OFF")]
        Off,
    }
    #[derive(Serialize)]
    struct New(&'static str);
    #[derive(Serialize)]
    struct Pair(&'static str, u8);
    let object = Object {
        on: "x",
        y: Some(80),
        kind: Kind::Off,
        new: New("1_0"),
        tuple: ("=", true),
        pair: Pair("a", 1),
        none: None,
        unit: (),
        c: 'n',
        small: i64::MIN,
        large: u64::MAX,
    };
    let expected = "'on': x\n'y': 80\nkind: 'OFF'\nnew: '1_0'\ntuple:\n- '='\n- true\npair:\n- a\n- 1\nnone: null\n\
        unit: null\nc: 'n'\nsmall: -9223372036854775808\nlarge: 18446744073709551615\n";
    assert_eq!(document(&object), expected);
}

#[test]
fn a_line_break_in_a_key_is_an_escape() {
    for (key, escaped) in
        [("a\nb", "a\\nb"), ("\r", "\\r"), ("\u{85}", "\\N"), ("a\u{2028}", "a\\L"), ("\u{2029}", "\\P")]
    {
        assert_eq!(written(&json!({"m": {key: {"k": ["v"]}}})), format!("m:\n  \"{escaped}\":\n    k:\n    - v\n"));
    }
}

#[test]
fn a_line_feed_in_a_text_is_an_escape() {
    for (text, escaped) in [("a\nb", "a\\nb"), ("a\n", "a\\n"), ("\n a\n\n", "\\n a\\n\\n"), ("a\r\nb ", "a\\r\\nb ")] {
        assert_eq!(written(&json!({"k": [text]})), format!("k:\n- \"{escaped}\"\n"));
    }
}

#[test]
fn a_long_key_is_announced_and_its_value_begins_a_line() {
    let long = "k".repeat(MAX_SIMPLE_KEY + 1);
    let cases = [
        (json!("v"), "v\n"),
        (json!([]), "[]\n"),
        (json!({}), "{}\n"),
        (json!(["v", {"a": 1, "b": []}]), "- v\n    - a: 1\n      b: []\n"),
        (json!({"a": 1, "b": {"c": ["d"]}}), "a: 1\n    b:\n      c:\n      - d\n"),
    ];
    for (value, expected) in cases {
        let found = written(&json!({"m": {&long: value, "next": 1}}));
        assert_eq!(found, format!("m:\n  ? {long}\n  : {expected}  next: 1\n"));
    }
    assert_eq!(written(&json!({&long: {&long: 1}})), format!("? {long}\n: ? {long}\n  : 1\n"));
    let short = "k".repeat(MAX_SIMPLE_KEY);
    assert_eq!(written(&json!({&short: 1})), format!("{short}: 1\n"));
    // What counts is the key as it is written, which no reader takes for longer than YAML allows.
    for length in 1..=1_100 {
        for unit in ["a", "0", "'", "\u{1}", "\u{FFFF}"] {
            let found = written(&json!({unit.repeat(length): 1}));
            let key = found.lines().next().unwrap();
            assert!(key.starts_with("? ") || key.len() <= MAX_SIMPLE_KEY + ": 1".len(), "{key}");
        }
    }
}

#[test]
fn a_label_of_the_longest_name_is_read_back() {
    let key = format!("{0}.{0}.{0}.{1}/{0}", "a".repeat(63), "b".repeat(61));
    assert_eq!(key.len(), 317);
    assert_eq!(written(&json!({"labels": {&key: "on"}})), format!("labels:\n  ? {key}\n  : 'on'\n"));
}

#[test]
fn what_no_object_holds_is_an_error_and_no_guess() {
    #[derive(Serialize)]
    enum Kind {
        New(u8),
        Tuple(u8, u8),
        Named { a: u8 },
    }
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"x")
        }
    }
    fn error(value: &impl Serialize) -> String {
        value.serialize(Writer::new(&mut String::new())).unwrap_err().to_string()
    }
    assert_eq!(error(&Bytes), "an object cannot be written: it holds bytes");
    assert_eq!(error(&[0.5]), "an object cannot be written: it holds a number with a fraction");
    assert_eq!(error(&Kind::New(1)), "an object cannot be written: it holds Kind");
    assert_eq!(error(&Kind::Tuple(1, 2)), error(&Kind::Named { a: 1 }));
    assert_eq!(
        error(&BTreeMap::from([(vec![1], 1)])),
        "an object cannot be written: it holds a key that is not a text"
    );
}
