//! Signs that people bring along from other languages, and how the same is written here.

/// The way out for a word that is written so elsewhere.
pub(super) fn help(word: &str) -> Option<String> {
    let instead = match word {
        "&&" | "&" => "and",
        "||" | "|" => "or",
        _ if word.len() > 1 && word.ends_with(';') => {
            return Some("leave out the `;`: a line ends by itself".to_string());
        }
        _ if word.starts_with('!') => "not",
        _ if word.starts_with("//") => return help_at_start(word).map(str::to_string),
        _ => return None,
    };
    Some(format!("write `{instead}`"))
}

/// The same for a word with which a line begins.
pub(super) fn help_at_start(word: &str) -> Option<&'static str> {
    match word {
        "and" | "or" => Some("a line goes on only inside parentheses"),
        _ if word.starts_with("//") || word.starts_with("/*") => Some("a comment begins with `#`"),
        _ => None,
    }
}

/// Whether a word compares, here or elsewhere, so that a claim was meant before it.
pub(super) fn compares(word: &str) -> bool {
    matches!(word, "is" | "has" | "in" | "=" | "==" | "contains" | "includes" | "equals")
}
