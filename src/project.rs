//! `meshc.toml`: the file that marks the root of a program and names it.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::source::{FileId, SourceMap, Span};

/// What the file is called.
pub const FILE: &str = "meshc.toml";

/// The keys that there are.
const KEYS: [&str; 1] = ["name"];

/// The longest DNS label, and the longest value of a label in Kubernetes.
const MAX_NAME: usize = 63;

/// The name of a program: a DNS label, so that it can be the value of a label in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramName(String);

impl ProgramName {
    /// The name, if the text is a DNS label: lower-case letters, digits and `-`, which neither begins nor ends it.
    pub fn new(text: &str) -> Option<Self> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let dash = text.starts_with('-') || text.ends_with('-');
        let is_label = (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fine) && !dash;
        is_label.then(|| ProgramName(text.to_string()))
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the one file of the map; gives the program's name, or what is wrong with the file.
pub fn read(sources: &SourceMap) -> Result<ProgramName, Vec<Diagnostic>> {
    let Some((file, source)) = sources.iter().next() else { return Err(Vec::new()) };
    let reader = Reader { file, text: source.text() };
    let table = DeTable::parse(source.text()).map_err(|error| vec![reader.not_toml(&error)])?;
    let mut found: Vec<Diagnostic> =
        table.get_ref().keys().filter_map(|key| reader.unknown_key(key, table.get_ref())).collect();
    let mut name = None;
    if let Some(value) = table.get_ref().get("name") {
        match reader.name(value) {
            Ok(read) => name = Some(read),
            Err(diagnostic) => found.push(*diagnostic),
        }
    } else if found.is_empty() {
        // Otherwise a key was misspelled, which is what there is to be said.
        found.push(reader.no_name());
    }
    found.sort_by_key(|diagnostic| diagnostic.primary.span);
    name.filter(|_| found.is_empty()).ok_or(found)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
}

impl Reader<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        // A file is far smaller than what `u32` counts: `source::MAX_FILE_BYTES`.
        let at = |byte: usize| u32::try_from(byte.min(self.text.len())).unwrap_or(u32::MAX);
        Span::new(self.file, at(range.start), at(range.end))
    }

    fn not_toml(&self, error: &toml::de::Error) -> Diagnostic {
        let said = error.message().replace('\n', ", ");
        let range = error.span().unwrap_or(0..0);
        let is_curly = self.text[range.start.min(self.text.len())..].starts_with(['“', '”', '„', '‘', '’', '«', '»']);
        let span = self.span(range);
        let help = if is_curly {
            "write straight quotes, as in `name = \"shop\"`"
        } else {
            "write one key and its value on each line, as in `name = \"shop\"`"
        };
        Diagnostic::new(codes::INVALID_PROJECT_FILE, format!("`{FILE}` is not TOML: {said}"), span, "not TOML")
            .with_help(help)
    }

    fn no_name(&self) -> Diagnostic {
        Diagnostic::new(
            codes::INVALID_PROJECT_FILE,
            format!("`{FILE}` does not name the program"),
            self.span(0..0),
            "`name` is missing",
        )
        .with_help("add a line such as `name = \"shop\"`, or remove the file: a program needs no name")
    }

    fn unknown_key(&self, key: &Spanned<impl AsRef<str>>, table: &DeTable<'_>) -> Option<Diagnostic> {
        let written = key.get_ref().as_ref();
        if KEYS.contains(&written) {
            return None;
        }
        let span = self.span(key.span());
        let diagnostic = Diagnostic::new(
            codes::UNKNOWN_PROJECT_KEY,
            format!("`{FILE}` has no key `{written}`"),
            span,
            "not a known key",
        );
        let has_name =
            |value: &Spanned<DeValue<'_>>| value.get_ref().as_table().is_some_and(|inner| inner.get("name").is_some());
        if table.get(written).is_some_and(has_name) && table.get("name").is_none() {
            return Some(diagnostic.with_help("put `name` on top, without a table"));
        }
        let near = suggest::nearest(written, KEYS);
        Some(match near.filter(|near| table.get(*near).is_none()) {
            Some(near) => diagnostic.with_fix(format!("write `{near}`"), span, near),
            None => diagnostic.with_help("remove it; the one key is `name`"),
        })
    }

    fn name(&self, value: &Spanned<DeValue<'_>>) -> Result<ProgramName, Box<Diagnostic>> {
        let span = self.span(value.span());
        let Some(text) = value.get_ref().as_str() else {
            let kind = value.get_ref().type_str();
            let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
            let message = format!("the value of `name` is {article} {kind} and not a string");
            let diagnostic = Diagnostic::new(codes::INVALID_PROJECT_FILE, message, span, "not a string");
            return Err(Box::new(diagnostic.with_help("write the name in quotes, as in `name = \"shop\"`")));
        };
        ProgramName::new(text).ok_or_else(|| {
            let diagnostic = Diagnostic::new(
                codes::INVALID_PROGRAM_NAME,
                format!("a program cannot be called `{text}`"),
                span,
                "not a DNS label",
            )
            .with_note("the name becomes the value of a label of every object, and has the form of a DNS label");
            Box::new(match nearest_label(text) {
                Some(name) => diagnostic.with_fix(format!("write `{name}`"), span, format!("\"{name}\"")),
                None => diagnostic.with_help(format!(
                    "use at most {MAX_NAME} lower-case letters, digits and `-`, which cannot stand at either end"
                )),
            })
        })
    }
}

/// The name of a program that is nearest to a text: of `My Shop` it is `my-shop`.
pub fn nearest_label(text: &str) -> Option<ProgramName> {
    let lower = text.trim().to_ascii_lowercase();
    let dashed: String = lower.chars().map(|c| if matches!(c, ' ' | '_' | '.' | '/') { '-' } else { c }).collect();
    ProgramName::new(dashed.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, message and place of each finding, or the name.
    fn told(text: &str) -> Result<String, Vec<String>> {
        let sources = SourceMap::single(FILE, text);
        let show = |d: &Diagnostic| {
            let place = sources.file(d.primary.span.file).position(d.primary.span.start);
            format!("{} {}:{} {}", d.code, place.line, place.column, d.message)
        };
        read(&sources).map(|name| name.to_string()).map_err(|found| found.iter().map(show).collect())
    }

    #[test]
    fn a_name_is_read() {
        assert_eq!(told("name = \"shop\""), Ok("shop".into()));
        assert_eq!(told("# who we are\nname = 'a-1' # here\n"), Ok("a-1".into()));
        assert_eq!(told(&format!("name = \"{}\"", "a".repeat(63))), Ok("a".repeat(63)));
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let one = |text: &str| {
            let found = told(text).unwrap_err();
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            found[0].clone()
        };
        assert_eq!(one(""), "E1101 1:1 `meshc.toml` does not name the program");
        assert_eq!(one("\nname = 7"), "E1101 2:8 the value of `name` is an integer and not a string");
        assert_eq!(one("[name]\nx = 1"), "E1101 1:1 the value of `name` is a table and not a string");
        assert_eq!(one("name = [\"a\"]"), "E1101 1:8 the value of `name` is an array and not a string");
        assert_eq!(one("x = 1\nname = \"a\""), "E1102 1:1 `meshc.toml` has no key `x`");
        assert_eq!(one("nmae = \"a\""), "E1102 1:1 `meshc.toml` has no key `nmae`");
        assert_eq!(one("\"\" = 1\nname = \"a\""), "E1102 1:1 `meshc.toml` has no key ``");
        assert!(one("name = \"a\"\nname = \"b\"").starts_with("E1101 2:1 `meshc.toml` is not TOML: duplicate key"));
        assert!(one("name = shop").starts_with("E1101 1:8 `meshc.toml` is not TOML: "));
        assert!(one("name = \"shop").starts_with("E1101 1:"));
        for name in ["", "-a", "a-", "My Shop", "a.b", "ä", "a\\nb", &"a".repeat(64)] {
            assert!(one(&format!("name = \"{name}\"")).starts_with("E1103 1:8 "), "{name}");
        }
    }

    #[test]
    fn the_way_out_is_the_nearest_key_or_name() {
        let fix = |text: &str| {
            let found = read(&SourceMap::single(FILE, text)).unwrap_err();
            found[0].fix.as_ref().map(|fix| fix.message.clone())
        };
        assert_eq!(fix("nmae = \"a\""), Some("write `name`".into()));
        assert_eq!(fix("nmae = \"a\"\nname = \"b\""), None);
        assert_eq!(fix("name = \"My Shop\""), Some("write `my-shop`".into()));
        assert_eq!(fix("name = \"???\""), None);
        let help = |text: &str| format!("{:?}", read(&SourceMap::single(FILE, text)).unwrap_err());
        assert!(help("name = “shop”").contains("write straight quotes"));
        assert!(!help("name = shop").contains("straight"));
        assert!(help("[project]\nname = \"shop\"").contains("put `name` on top, without a table"));
        assert!(!help("name = \"a\"\n[project]\nname = \"shop\"").contains("on top"));
    }
}
