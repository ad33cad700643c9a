//! Objects as one YAML stream.

use std::fmt::Write as _;

use serde::Serialize;

use super::quote::{self, Quoted};
use super::{EmitError, origins};
use crate::source::{SourceMap, Span};
use crate::target::Document;

/// All objects as a stream of documents, separated by `---`. Above each stands a comment with the lines that made it:
/// `# from access.mesh:11-19, shared/policies.mesh:4`.
pub fn yaml(documents: &[Document], sources: &SourceMap) -> Result<String, EmitError> {
    Ok(yaml_parts(documents, sources)?.concat())
}

/// The same stream in a few parts, to be written one after the other.
pub fn yaml_parts(documents: &[Document], sources: &SourceMap) -> Result<Vec<String>, EmitError> {
    let part = |chunk: &[Document]| stream(chunk.iter().map(|d| (&d.body, d.origins.as_slice())), sources);
    let mut parts = crate::parallel::chunks(documents, part).into_iter().collect::<Result<Vec<String>, _>>()?;
    let filled = parts.len();
    for part in parts.iter_mut().take(filled.saturating_sub(1)) {
        part.push_str("---\n");
    }
    Ok(parts)
}

/// One object by itself, with its comment.
pub fn yaml_object(document: &Document, sources: &SourceMap) -> Result<String, EmitError> {
    stream([(&document.body, document.origins.as_slice())], sources)
}

fn stream<'a, T: Serialize + 'a>(
    objects: impl IntoIterator<Item = (&'a T, &'a [Span])>,
    sources: &SourceMap,
) -> Result<String, EmitError> {
    let mut out = String::new();
    let mut bytes = Vec::new();
    for (i, (object, spans)) in objects.into_iter().enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        let from = origins::line(spans, sources);
        if !from.is_empty() {
            let _ = writeln!(out, "# from {from}");
        }
        bytes.clear();
        let mut serializer = serde_yaml::Serializer::new(&mut bytes);
        object.serialize(Quoted(&mut serializer)).map_err(|e| EmitError(e.to_string()))?;
        drop(serializer);
        let text = std::str::from_utf8(&bytes).map_err(|e| EmitError(e.to_string()))?;
        quote::finish(text, &mut out);
    }
    Ok(out)
}

/// Any value as a document, for the tests of the quote guard.
#[cfg(test)]
pub(super) fn document<T: Serialize>(value: &T) -> String {
    stream([(value, [].as_slice())], &SourceMap::default()).unwrap()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[test]
    fn documents_are_separated_and_name_their_lines() {
        let sources = SourceMap::single("a.mesh", "one\ntwo\n");
        let id = sources.iter().next().unwrap().0;
        let one = [Span::new(id, 0, 3)];
        let both = [Span::new(id, 0, 7)];
        let objects = [(&["x"], one.as_slice()), (&["no"], both.as_slice()), (&["z"], &[])];
        let found = stream(objects, &sources).unwrap();
        assert_eq!(found, "# from a.mesh:1\n- x\n---\n# from a.mesh:1-2\n- 'no'\n---\n- z\n");
    }

    #[test]
    fn no_document_runs_into_the_next() {
        let texts = ["multi\n\n", "a\nb\n", "a\nb", "...", "---", "--- a", "", "#", "\u{2028}", "no", "\u{FEFF}x"];
        let object =
            |text: &str| BTreeMap::from([("k".to_string(), vec![text.to_string()]), (text.to_string(), vec![])]);
        let objects: Vec<_> = texts.iter().flat_map(|a| texts.iter().flat_map(|b| [object(a), object(b)])).collect();
        let found = stream(objects.iter().map(|o| (o, [].as_slice())), &SourceMap::default()).unwrap();
        let read = serde_yaml::Deserializer::from_str(&found).map(|d| Deserialize::deserialize(d).unwrap());
        assert_eq!(read.collect::<Vec<BTreeMap<String, Vec<String>>>>(), objects);
    }

    #[test]
    fn what_yaml_cannot_say_is_an_error() {
        assert!(stream([(&serde_bytes(), [].as_slice())], &SourceMap::default()).is_err());
    }

    /// A value that serialises as bytes, for which YAML has no word.
    fn serde_bytes() -> impl Serialize {
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(b"x")
            }
        }
        Bytes
    }
}
