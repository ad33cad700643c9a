//! Texts of every class that a reader of YAML has ever taken for something else.

use std::collections::BTreeSet;

/// Texts that readers took for something else or damaged, then every class, each text once and in order.
pub(super) fn all() -> Vec<String> {
    let known: Vec<String> = serde_json::from_str(include_str!("../../../../tests/yaml/tricky.json")).unwrap();
    let mut texts: BTreeSet<String> = known.into_iter().collect();
    texts.extend(words());
    texts.extend(NUMBERS.iter().chain(DOCUMENTS).chain(LINES).map(ToString::to_string));
    texts.extend(around(&characters()));
    texts
        .extend(around(&["--", "..", ": ", " :", " #", "# ", "'", "\"", "\\", "\\n", "\\x41", "''", ", ", "{}", "\t"]));
    texts.extend(long());
    texts.into_iter().collect()
}

/// All texts of these characters up to the length.
pub(super) fn combinations(alphabet: &str, length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = 0;
    for _ in 0..length {
        let longer = all[last..].iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}")));
        let longer: Vec<String> = longer.collect();
        last = all.len();
        all.extend(longer);
    }
    all
}

/// The words of YAML 1.1 and 1.2 in every case, and what is nearly one of them.
fn words() -> impl Iterator<Item = String> {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "infinity", "~", "=", "<<"];
    words.into_iter().flat_map(|word| {
        let upper = word.to_uppercase();
        let title = upper[..1].to_string() + &word[1..];
        let mixed = word[..1].to_string() + &upper[1..];
        let cases = [word.to_string(), title, upper, mixed];
        cases.into_iter().flat_map(|w| [format!("{w}s"), format!(".{w}"), format!("-.{w}"), format!("{w} "), w])
    })
}

/// Integers in all bases, floats, numbers in base sixty, dates, times, and the same with more round them.
const NUMBERS: &[&str] = &[
    "0",
    "00",
    "08",
    "09.5",
    "017",
    "0o17",
    "-0o17",
    "0x1F",
    "+0x1f",
    "0b101",
    "-0b1_0",
    "1_000",
    "_1",
    "1__0",
    "+1",
    "-1",
    "--1",
    "1.",
    ".5",
    "+.5",
    "-.5",
    "1.5",
    "1..5",
    ".",
    "..",
    "1e3",
    "1E3",
    "1e+3",
    "1.5e-3",
    ".5e3",
    "1e",
    "e1",
    "E+1",
    "-e1",
    "1e3e3",
    "0.0.0.0",
    "1:30",
    "1:3",
    "190:20:30",
    "-1:30",
    "190:20:30.15",
    "1:60",
    "0:0",
    "2001-12-14",
    "2001-1-1",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14T21:59:43Z",
    "2001-12-14 21:59:43.10 -5",
    "2001-12-15 2:59:43.10",
    "9999999999999999999999",
    "-9223372036854775809",
    "18446744073709551616",
    "1,000",
    "1 000",
    "1: 2",
    "1: 2: 3",
    "2001-12-14: 1",
    "-: 1",
    "+1: 2",
    "0x1: 2",
    "1:",
    "1: ",
    " 1",
    "1 ",
    " 1: 2 ",
    "- 1",
    "1 #2",
    "1 -",
    "1 - 2",
    "- - 1",
    "1'2",
    "'1'",
    "\"1\"",
    "1\\",
    "1\t",
    "1\n",
    "1f",
    "1i",
    "1L",
    "１",
    "٣",
    "1\u{a0}000",
    "½",
];

const DOCUMENTS: &[&str] = &[
    "---",
    "--- a",
    "---a",
    "----",
    "--- ",
    "...",
    "... a",
    "...a",
    "....",
    "%YAML 1.2",
    "%TAG ! !",
    "!!str a",
    "!a b",
    "&a b",
    "*a",
    "*a b",
    "&a",
    "!",
    "<<: *a",
    "? a",
    "? a : b",
    ": a",
    ":a",
    "?a",
    "-a",
    "- a",
    "a: b",
    "a : b",
    "a:b",
    "a:",
    "a: ",
    "a :",
    "a #b",
    "a#b",
    "#a",
    "{a: b}",
    "[a, b]",
    "{a",
    "a}",
    "[",
    "| a",
    "|",
    ">-",
    ">",
    "@a",
    "`a`",
    "% a",
    "a, b",
    "a]",
    "key: [a",
    "key: {a: 'b'}",
    "key: 'a",
    "a: |",
    "a: >+",
    "spiffe://cluster.local/ns/a/sa/b",
    "*.a.b",
    "request.auth.claims[1: 2]",
    "^(?:[^/]+)$",
];

/// Line breaks and blanks at all places.
const LINES: &[&str] = &[
    "",
    " ",
    "  ",
    "\n",
    "\n\n",
    " \n",
    "\n ",
    "a\n",
    "\na",
    "a\n\n",
    "\n\na",
    "a\nb",
    "a\n\nb",
    "a \nb",
    "a\n b",
    "a\n  b\nc",
    " a\nb",
    "a\r",
    "\ra",
    "a\rb",
    "a\r\nb",
    "a\r\n",
    "\r\n",
    "a\n---\nb",
    "a\n...\nb",
    "a\n# b",
    "a: b\nc: d",
    "- a\n- b",
    "no\n",
    "1\n2",
    "a\tb",
    "\ta",
    "a\t",
    "\t",
    "a \t",
    " a",
    "a ",
    "a  b",
    "  a",
    "a  ",
    "a\u{85}b",
    "\u{85}",
    "a\u{2028}",
    "\u{2029}a",
    "a\n\u{85}\u{2028}b ",
    "'a\nb'",
    "\"a\nb\"",
    "a\\\nb",
    "\\",
];

/// Each visible ASCII character that is not a letter or a digit, every control character, and the borders of the ranges
/// that readers tell apart.
fn characters() -> Vec<String> {
    let visible = (' '..='~').filter(|c| !c.is_ascii_alphanumeric());
    let control = ('\0'..='\u{1F}').chain('\u{7F}'..='\u{A0}');
    let borders = "\u{AD}é\u{200B}\u{200D}\u{2028}\u{2029}\u{202E}\u{2060}\u{3000}\u{D7FF}\u{E000}\u{E001}\u{E002}\
        \u{F8FF}\u{FDD0}\u{FEFE}\u{FEFF}\u{FF00}\u{FFFD}\u{FFFE}\u{FFFF}\u{10000}\u{1F600}\u{1FFFE}\u{10FFFF}";
    visible.chain(control).chain(borders.chars()).map(String::from).collect()
}

/// A part alone, twice, and at the start, inside and at the end of other texts, with blanks and without.
fn around(parts: &[impl AsRef<str>]) -> Vec<String> {
    let forms = |part: &str| {
        [
            part.to_string(),
            format!("{part}{part}"),
            format!("{part}a"),
            format!("{part} a"),
            format!("a{part}"),
            format!("a {part}"),
            format!("a{part}b"),
            format!("a {part} b"),
            format!("a {part}b"),
            format!("a{part} b"),
            format!("{part}1"),
            format!("1{part}2"),
            format!("1{part} 2"),
            format!("no{part}"),
            format!(" {part} "),
        ]
    };
    parts.iter().flat_map(|part| forms(part.as_ref())).collect()
}

/// On both sides of what a key on one line may have, here (128 bytes) and by YAML (1024 characters), and far beyond.
fn long() -> impl Iterator<Item = String> {
    let lengths = (124..=130).chain([317, 1000]).chain(1020..=1028).chain([5_000, 70_000]);
    let units = ["a", "0", "'", "\u{1}", "\u{FFFF}", "é", "a: ", "# ", "\n"];
    lengths.flat_map(move |length| {
        let of = |unit: &str| format!("{}{}", &"x".repeat(length % unit.len()), unit.repeat(length / unit.len()));
        units.map(of)
    })
}
