//! What the rules of the grammar are called in messages, and where pest got stuck.

use super::grammar::{self, Rule};
use std::sync::{Mutex, PoisonError};

/// The end of what was read. What that is depends on what was read.
pub(super) const END: &str = "the end of the line";

/// Where a text could not be read on, and what could have stood there.
pub(super) struct Failure {
    /// The byte.
    pub(super) position: usize,
    /// In words that people know, without repetitions, the likeliest first.
    pub(super) expected: Vec<String>,
}

/// Reads a text that is known to be wrong, with pest's bookkeeping of attempts, which halves its speed. The switch is one
/// for the whole process: whoever reads a file at the same time is slower for a moment, and gets the same result.
pub(super) fn failure(rule: Rule, text: &str) -> Failure {
    static SWITCH: Mutex<()> = Mutex::new(());
    let guard = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    // With a blank at its end a keyword is read to its end, and what is missing is what stands after it.
    let text = &format!("{text} ");
    let error = grammar::failure(rule, text);
    pest::set_error_detail(false);
    drop(guard);
    let Some(attempts) = error.as_ref().and_then(pest::error::Error::parse_attempts) else {
        return Failure { position: 0, expected: Vec::new() };
    };
    let position = attempts.max_position;
    let tokens: Vec<String> = attempts.expected_tokens().iter().map(ToString::to_string).collect();
    let within = text.get(..position).is_some_and(|t| t.ends_with(|c: char| c.is_ascii_alphanumeric()));
    let mut expected: Vec<(u8, String)> = words(&tokens, within);
    if !within {
        expected.extend(attempts.call_stacks().iter().filter_map(|stack| name(*stack.deepest.get_rule()?)));
    }
    expected.sort();
    expected.dedup();
    // A requirement may be a name, and a comparison follows one: neither is worth a word of its own.
    let covers_names = |name: &str| matches!(name, "a requirement" | "`is`" | "`has`");
    if expected.iter().any(|(_, name)| covers_names(name)) {
        expected.retain(|(_, name)| name != "a name");
    }
    Failure { position, expected: expected.into_iter().map(|(_, name)| name).collect() }
}

/// What the characters and words are parts of that pest looked for; with each how early it is named.
fn words(tokens: &[String], within: bool) -> Vec<(u8, String)> {
    let has = |token: &str| tokens.iter().any(|t| t == token);
    // Only the rule for what follows a keyword looks for a carriage return alone, and for all signs besides.
    let after_keyword = has("\r");
    let word = has("%..z") || has("-..Z");
    // All that can begin a requirement.
    let requirement = has("claim") && has("scope");
    let mut expected = Vec::new();
    if requirement {
        expected.push((0, "a requirement".to_string()));
    }
    if word && !within {
        expected.push((0, "a word".to_string()));
    } else if has("a..z") && !within && !requirement {
        expected.push((0, "a name".to_string()));
    }
    for token in tokens {
        match token.as_str() {
            "\n" if !after_keyword && !has("]") && !has(")") => expected.push((9, END.to_string())),
            "\"" if !after_keyword => expected.push((1, "a string".to_string())),
            "{" | "}" | "(" | ")" | "[" | "]" | "," if after_keyword => {}
            "(" | "claim" | "scope" | "token" | "subject" | "audience" | "not" if requirement => {}
            "{" | "}" | "(" | ")" | "[" | "]" | "=" | ":" | "," | "=>" => expected.push((3, format!("`{token}`"))),
            "public" | "GET" => expected.push((1, format!("`{token}`"))),
            _ if token.len() > 1 && token.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') => {
                expected.push((2, format!("`{token}`")));
            }
            _ => {}
        }
    }
    expected
}

/// The name of a rule that is more than its characters.
fn name(rule: Rule) -> Option<(u8, String)> {
    let (rank, name) = match rule {
        Rule::EOI => (9, END),
        Rule::name => (0, "a name"),
        Rule::app_reference => (0, "an app"),
        Rule::claim_path => (0, "the name of a claim"),
        Rule::percent => (0, "a share such as `10%`"),
        Rule::requirement => (0, "a requirement"),
        Rule::status => (4, "a status"),
        _ => return None,
    };
    Some((rank, name.to_string()))
}
