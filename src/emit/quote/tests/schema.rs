//! What readers take a bare text for, written down from the specifications: the types of YAML 1.1 (yaml.org/type) and
//! the core schema of YAML 1.2.2, section 10.3.2.

use std::sync::OnceLock;

use regex::Regex;

const SOMETHING_ELSE: &[&str] = &[
    // Null, merge and default.
    r"~|null|Null|NULL|",
    r"<<|=",
    // Booleans.
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    // Integers of YAML 1.1, those in base sixty among them, and of YAML 1.2.
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+",
    r"[-+]?[0-9]+|[-+]?0o[0-7]+",
    // Floats of YAML 1.1, where a reader leaves the sign of the exponent out as YAML 1.2 does.
    r"[-+]?([0-9][0-9_]*)?\.[0-9.]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*",
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    // A bare exponent, which one reader takes for a number without a value.
    r"[eE][-+]?[0-9]+",
    // Dates and times.
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?(([ \t]*)(Z|[-+][0-9]{1,2}(:?[0-9]{2})?))?",
];

/// Whether YAML 1.1 or 1.2 takes the bare word for anything but a text.
pub(super) fn is_something_else(word: &str) -> bool {
    static ANY: OnceLock<Regex> = OnceLock::new();
    // No other character begins one of them.
    if !word.starts_with(|c: char| c.is_ascii_digit() || "+-.~<=nNyYtTfFoOeE".contains(c)) {
        return word.is_empty();
    }
    let any = || SOMETHING_ELSE.iter().map(|form| format!("(?:{form})")).collect::<Vec<_>>().join("|");
    ANY.get_or_init(|| Regex::new(&format!("^(?:{})$", any())).unwrap()).is_match(word)
}
