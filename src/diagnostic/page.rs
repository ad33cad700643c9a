//! The pages of codes for readers who have nothing else: links to what does not come with them are taken out.

/// A page without its links to other files. What is cited in parentheses is left out, of other links the text stays, and
/// that of another code says how to see its page.
pub(super) fn standalone(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut in_program = false;
    for line in page.split_inclusive('\n') {
        let is_fence = line.starts_with("```");
        if is_fence || in_program {
            in_program ^= is_fence;
            out.push_str(line);
        } else {
            without_links(line, &mut out);
        }
    }
    out
}

fn without_links(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['[', ' ']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = citations(rest) {
            rest = after;
        } else if let Some((link, after)) = link(rest) {
            match link.code() {
                Some(code) => out.extend([link.text, " (`meshc explain ", code, "`)"]),
                None if link.is_here() => out.push_str(link.text),
                None => out.push_str(&rest[..rest.len() - after.len()]),
            }
            rest = after;
        } else {
            // `[` and ` ` have one byte.
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

/// `[text](target)`
struct Link<'a> {
    text: &'a str,
    target: &'a str,
}

impl<'a> Link<'a> {
    /// Whether the target is a file beside the page.
    fn is_here(&self) -> bool {
        !self.target.contains("://")
    }

    /// The code whose page the target is.
    fn code(&self) -> Option<&'a str> {
        let code = self.target.strip_suffix(".md")?;
        (!code.contains('/')).then_some(code)
    }
}

/// The link with which a text begins, and what comes after it.
fn link(text: &str) -> Option<(Link<'_>, &str)> {
    let (text, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, rest) = rest.split_once(')')?;
    (!text.contains(['[', ']'])).then_some((Link { text, target }, rest))
}

/// What comes after ` ([…](…), […](…))`, if the text begins so and all the links lead to facts or decisions.
fn citations(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix(" (")?;
    loop {
        let (link, after) = link(rest)?;
        if !link.is_here() || link.code().is_some() {
            return None;
        }
        if let Some(end) = after.strip_prefix(')') {
            return Some(end);
        }
        rest = after.strip_prefix(", ")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn links_become_what_can_be_read_without_the_other_pages() {
        for (page, text) in [
            ("A host ([G4](../semantics.md#g4), [G5](../semantics.md#g5)).\n", "A host.\n"),
            ("As [the language](../language.md) has it [1].", "As the language has it [1]."),
            ("See [E0301](E0301.md).", "See E0301 (`meshc explain E0301`)."),
            ("See ([E0301](E0301.md)).", "See (E0301 (`meshc explain E0301`))."),
            (
                "[RFC](https://example.com/rfc) (see [it](https://example.com))",
                "[RFC](https://example.com/rfc) (see [it](https://example.com))",
            ),
            ("```mesh\n# [a](b.md)\n```\n[a](../b.md)\n", "```mesh\n# [a](b.md)\n```\na\n"),
            ("in [\"x\", \"y\"] (or not)", "in [\"x\", \"y\"] (or not)"),
        ] {
            assert_eq!(standalone(page), text);
        }
    }

    #[test]
    fn no_page_names_a_file_that_does_not_come_with_it() {
        for code in codes::ALL {
            let text = code.text();
            assert!(text.starts_with(&format!("# {}: {}\n", code.id(), code.name())));
            for left in ["](..", ".md", "decisions/", "semantics", " ."] {
                assert!(!text.contains(left), "{code}: {left}");
            }
        }
    }
}
