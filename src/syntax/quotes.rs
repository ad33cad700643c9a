//! Quotation marks that are none here. Strings stand in `"`; other marks come along where text is pasted from a chat, a web
//! page or another language.

/// Marks that open a quotation somewhere, each with those that close it.
const PAIRS: &[(&str, &[&str])] = &[
    ("\"", &["\""]),
    ("'", &["'"]),
    ("`", &["`", "'", "´"]),
    ("´", &["´"]),
    ("“", &["”", "“"]),
    ("”", &["”"]),
    ("„", &["“", "”", "\""]),
    ("‟", &["”", "‟"]),
    ("‘", &["’", "‘"]),
    ("’", &["’"]),
    ("‚", &["‘", "’"]),
    ("‛", &["’", "‛"]),
    ("«", &["»"]),
    ("»", &["«", "»"]),
    ("‹", &["›"]),
    ("›", &["‹", "›"]),
    ("「", &["」"]),
    ("『", &["』"]),
    ("｢", &["｣"]),
    ("〝", &["〞", "〟"]),
    ("❝", &["❞"]),
    ("❛", &["❜"]),
    ("＂", &["＂"]),
    ("＇", &["＇"]),
    ("′", &["′"]),
    ("″", &["″"]),
    ("\\\"", &["\\\""]),
    ("\\'", &["\\'"]),
    ("&quot;", &["&quot;"]),
    ("&apos;", &["&apos;"]),
    ("&#34;", &["&#34;"]),
    ("&#39;", &["&#39;"]),
    ("&#x22;", &["&#x22;"]),
    ("&#x27;", &["&#x27;"]),
    ("&ldquo;", &["&rdquo;"]),
    ("&lsquo;", &["&rsquo;"]),
    ("&laquo;", &["&raquo;"]),
    ("%22", &["%22"]),
    ("%27", &["%27"]),
];

fn marks() -> impl Iterator<Item = &'static str> {
    PAIRS.iter().flat_map(|(open, close)| std::iter::once(*open).chain(close.iter().copied()))
}

/// Whether two texts are the same but for the case of what stands for a mark: `&QUOT;`.
fn begins(text: &str, mark: &str) -> bool {
    text.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark))
}

fn ends(text: &str, mark: &str) -> bool {
    text.len().checked_sub(mark.len()).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(mark))
}

/// Whether a text begins or ends with a mark of quotation.
pub(crate) fn stand_around(text: &str) -> bool {
    let text = text.trim();
    marks().any(|mark| begins(text, mark) || ends(text, mark))
}

/// Whether there is a mark of quotation anywhere.
pub(crate) fn stand_in(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    marks().any(|mark| lower.contains(mark))
}

/// Whether a segment of a path begins or ends with an apostrophe, the only mark that a path may hold.
pub(crate) fn stand_in_path(text: &str) -> bool {
    text.starts_with('/') && text.split('/').any(|segment| segment.starts_with('\'') || segment.ends_with('\''))
}

/// The text within marks that fit each other, layer by layer; `None` where that leaves room for doubt: one mark is missing,
/// nothing is left, or what is left holds a mark, a blank at its end or a backslash.
pub(crate) fn within(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((open, close)) = PAIRS.iter().rev().find_map(|(open, closes)| {
        let close = closes.iter().find(|close| begins(rest, open) && ends(rest, close))?;
        (rest.len() > open.len() + close.len()).then_some((open.len(), close.len()))
    }) {
        rest = &rest[open..rest.len() - close];
    }
    let sure = !rest.is_empty() && rest.trim() == rest && !stand_in(rest) && !rest.contains('\\');
    (sure && rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_within_is_found_where_the_marks_fit() {
        for text in [
            "'a'",
            "`a`",
            "´a´",
            "“a”",
            "„a“",
            "„a”",
            "‟a”",
            "‘a’",
            "‚a‘",
            "«a»",
            "»a«",
            "‹a›",
            "「a」",
            "＂a＂",
            "＇a＇",
            "''a''",
            "“‘a’”",
            "\\\"a\\\"",
            "\\'a\\'",
            "&quot;a&quot;",
            "&QUOT;a&quot;",
            "&#39;a&#39;",
            "%22a%22",
            "```a```",
            "``a''",
        ] {
            assert_eq!(within(text), Some("a"), "{text}");
            assert!(stand_around(text), "{text}");
        }
        for text in ["'a", "a'", "“a'", "'a”", "''", "'", "' a '", "'a''", "'o'neil'", "&quot;a", "'a\\'", "a", "\\a\\"]
        {
            assert_eq!(within(text), None, "{text}");
        }
        assert!(
            stand_in_path("/admin'") && stand_in_path("/'a'/b") && !stand_in_path("/it's") && !stand_in_path("'a'")
        );
        assert_eq!(within("'a b'"), Some("a b"));
        assert!(!stand_around("a'b") && stand_in("a'b") && !stand_around("") && !stand_in("a b"));
    }
}
