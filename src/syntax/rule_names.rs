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
    let error = grammar::failure(rule, text);
    pest::set_error_detail(false);
    drop(guard);
    let Some(attempts) = error.as_ref().and_then(pest::error::Error::parse_attempts) else {
        return Failure { position: 0, expected: Vec::new() };
    };
    let mut expected: Vec<(u8, String)> = Vec::new();
    for stack in attempts.call_stacks() {
        if let Some(name) = stack.deepest.get_rule().and_then(|rule| name(*rule)) {
            expected.push(name);
        }
    }
    for token in attempts.expected_tokens() {
        if let Some(sign) = sign(&token.to_string()) {
            expected.push((3, sign));
        }
    }
    expected.sort();
    expected.dedup();
    Failure { position: attempts.max_position, expected: expected.into_iter().map(|(_, name)| name).collect() }
}

/// Signs are expected as they are; single letters and words are parts of rules that have names.
fn sign(token: &str) -> Option<String> {
    matches!(token, "{" | "}" | "(" | ")" | "[" | "]" | "=" | ":" | "," | "=>" | "%").then(|| format!("`{token}`"))
}

/// The name of a rule, and how early it is named.
fn name(rule: Rule) -> Option<(u8, String)> {
    let fixed = |rank, text: &str| Some((rank, text.to_string()));
    match rule {
        Rule::EOI => fixed(9, END),
        Rule::name => fixed(0, "a name"),
        Rule::string => fixed(1, "a string"),
        Rule::word | Rule::list_word => fixed(0, "a word"),
        Rule::app_reference => fixed(0, "an app"),
        Rule::claim_path => fixed(0, "the name of a claim"),
        Rule::percent => fixed(0, "a share such as `10%`"),
        Rule::method => fixed(5, "a method"),
        Rule::requirement => fixed(0, "a requirement"),
        Rule::status => fixed(4, "a status"),
        Rule::value_word => fixed(2, "`true`, `false` or a number"),
        Rule::list | Rule::value_list => fixed(2, "`[`"),
        Rule::group => fixed(3, "`(`"),
        Rule::subject_public => fixed(2, "`public`"),
        Rule::signed_by_nobody => fixed(4, "`signed by nobody`"),
        Rule::without_subject => fixed(4, "`without subject`"),
        Rule::not_found => fixed(2, "`not found`"),
        Rule::redirected => fixed(2, "`redirect`"),
        Rule::redirect_http_to_https => fixed(2, "`redirect http to https`"),
        Rule::subject_optional => fixed(2, "`subject optional`"),
        Rule::forward | Rule::expired | Rule::refused | Rule::garbage => fixed(2, &format!("`{rule:?}`")),
        Rule::public | Rule::deny | Rule::and | Rule::or | Rule::is | Rule::has | Rule::r#in | Rule::not => {
            fixed(2, &format!("`{rule:?}`"))
        }
        Rule::cors_credentials => fixed(2, "`credentials`"),
        _ => {
            let text = format!("{rule:?}");
            let keyword = text.strip_prefix("kw_")?;
            let keyword = match keyword {
                "max_age" => "max-age".to_string(),
                other => other.replace('_', " "),
            };
            Some((2, format!("`{keyword}`")))
        }
    }
}
