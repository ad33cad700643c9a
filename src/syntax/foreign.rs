//! Files that are no mesh programs at all, told by how they begin.

use super::lexical;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::FileId;

/// The error for a file that is a manifest in YAML, as Kubernetes reads it. Only the first line that says something is
/// looked at: no line of a program begins with one of these words and a colon.
pub(super) fn yaml(file: FileId, text: &str) -> Option<Diagnostic> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches('\u{feff}');
        let at = start + line.len() - content.len();
        start += line.len();
        let content = content.trim_end();
        if content.is_empty() || content == "---" || content.starts_with(['#', '%']) {
            continue;
        }
        // A list of manifests may have no other head.
        let key = content.trim_start_matches("- ");
        let at = at + content.len() - key.len();
        let word = key.split_whitespace().next().filter(|word| ["apiVersion:", "kind:"].contains(word))?;
        return Some(
            Diagnostic::new(
                codes::UNKNOWN_STATEMENT,
                "this is a manifest in YAML, not a mesh program",
                lexical::span(file, at, at + word.len()),
                "so a manifest begins",
            )
            .with_note("nothing else in the file was looked at")
            .with_help("name the program that manifests are made from; its files end in `.mesh`"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    /// Where the text is told to be YAML.
    fn told(text: &str) -> Option<String> {
        let sources = SourceMap::single("a.mesh", text);
        let file = sources.iter().next().unwrap().0;
        yaml(file, text).map(|found| sources.text(found.primary.span).to_string())
    }

    #[test]
    fn manifests_are_told_by_their_first_line() {
        for text in [
            "apiVersion: v1\nkind: Service\n",
            "# made by something\n\n---\napiVersion: v1\n",
            "%YAML 1.2\n---\r\napiVersion: v1\r\n",
            "\u{feff}apiVersion: v1\n",
            "- apiVersion: v1\n",
            "apiVersion:",
        ] {
            assert_eq!(told(text).as_deref(), Some("apiVersion:"), "{text}");
        }
        assert_eq!(told("kind: List\n").as_deref(), Some("kind:"));
    }

    #[test]
    fn programs_with_errors_are_not_taken_for_manifests() {
        for text in [
            "",
            "# apiVersion: v1\napp kind port 80 {\n}\n",
            "app: my-app\n",
            "gateway edge\napiVersion: v1\n",
            "issuer corp {\n  claims {\n    kind: string\n  }\n}\n",
            "kind {\n}\n",
            "kindred: x\n",
            "--- kind: x\n",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
