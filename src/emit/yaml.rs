//! Objects as one YAML stream.

use serde::Serialize;

use super::writer::Writer;
use super::{EmitError, origins};
use crate::parallel;
use crate::source::{SourceMap, Span};
use crate::target::Document;

/// What stands between two documents.
const SEPARATOR: &str = "---\n";

/// Room for most objects.
const USUAL_BYTES: usize = 4096;

/// All objects as a stream of documents, separated by `---`. Above each stands a comment with the lines that made it:
/// `# from access.mesh:11-19, shared/policies.mesh:4`.
pub fn yaml(documents: &[Document], sources: &SourceMap) -> Result<String, EmitError> {
    let objects = parallel::map(documents, |d| yaml_object(d, sources)).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(yaml_stream(&objects).collect())
}

/// Objects that [`yaml_object`] wrote as one stream, in parts to be written one after the other.
pub fn yaml_stream(objects: &[String]) -> impl Iterator<Item = &str> {
    let separators = std::iter::once("").chain(std::iter::repeat(SEPARATOR));
    separators.zip(objects).flat_map(|(separator, object)| [separator, object])
}

/// One object by itself, with its comment.
pub fn yaml_object(document: &Document, sources: &SourceMap) -> Result<String, EmitError> {
    object(&document.body, &document.origins, sources)
}

fn object<T: Serialize>(object: &T, origins: &[Span], sources: &SourceMap) -> Result<String, EmitError> {
    let mut out = String::with_capacity(USUAL_BYTES);
    let from = origins::line(origins, sources);
    if !from.is_empty() {
        out.extend(["# from ", &from, "\n"]);
    }
    object.serialize(Writer::new(&mut out))?;
    // Many objects are kept until all are written: each takes the room that it needs.
    out.shrink_to_fit();
    Ok(out)
}

/// Any value as a document, for the tests.
#[cfg(test)]
pub(super) fn document<T: Serialize>(value: &T) -> String {
    object(value, &[], &SourceMap::default()).unwrap()
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
        let objects = [(["x"], one.as_slice()), (["no"], both.as_slice()), (["z"], &[])];
        let objects = objects.map(|(value, origins)| object(&value, origins, &sources).unwrap());
        assert_eq!(
            yaml_stream(&objects).collect::<String>(),
            "# from a.mesh:1\n- x\n---\n# from a.mesh:1-2\n- 'no'\n---\n- z\n"
        );
    }

    #[test]
    fn no_document_runs_into_the_next() {
        let texts =
            ["multi\n\n", "a\nb\n", "a\nb", "...", "---", "--- a", "", "#", "\u{2028}", "no", "\u{FEFF}x", "1: 2"];
        let value =
            |text: &str| BTreeMap::from([("k".to_string(), vec![text.to_string()]), (text.to_string(), vec![])]);
        let objects: Vec<_> = texts.iter().flat_map(|a| texts.iter().flat_map(|b| [value(a), value(b)])).collect();
        let written: Vec<String> = objects.iter().map(document).collect();
        let found: String = yaml_stream(&written).collect();
        let read = serde_yaml::Deserializer::from_str(&found).map(|d| Deserialize::deserialize(d).unwrap());
        assert_eq!(read.collect::<Vec<BTreeMap<String, Vec<String>>>>(), objects);
    }
}
