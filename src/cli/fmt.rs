//! `meshc fmt`: files in the one form that they all have.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use similar::TextDiff;

use super::Outcome;
use super::arguments::Fmt;
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::load_files;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::printable;
use crate::format::{FormatError, format};
use crate::syntax;

pub(super) fn run(verb: &Fmt, console: &Console) -> Result<Outcome, Failure> {
    let program = load_files(&verb.paths.paths)?;
    let mut outcome = Outcome::Fine;
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut output = String::new();
    for (id, file) in program.sources.iter() {
        let parse = syntax::parse(id, file.text());
        let formatted = match format(file.text(), &parse) {
            Ok(formatted) => formatted,
            // A file that cannot be read is left as it is; the others are formatted all the same.
            Err(FormatError::SyntaxErrors) => {
                errors.extend(parse.errors);
                continue;
            }
            Err(error @ FormatError::Internal(_)) => {
                return Err(Failure::new(format!("{}: {error}; please report it", program.shown(file.path()))));
            }
        };
        let place = program.place(file.path());
        let changed = formatted != file.text();
        if verb.check || verb.diff {
            if changed {
                outcome = Outcome::Findings;
                let shown = program.shown(file.path());
                if verb.diff {
                    output.push_str(&diff(&shown, file.text(), &formatted, console.colours_output()));
                } else {
                    output.extend(["would reformat ", &printable(&shown), "\n"]);
                }
            }
        } else if let Some(place) = place {
            if changed {
                replace(place, &formatted).map_err(|e| Failure::io("write", place, &e))?;
            }
        } else {
            output.push_str(&formatted);
        }
    }
    if !errors.is_empty() {
        outcome = Outcome::Findings;
        console.findings(&errors, &program, Findings::Aside)?;
    }
    Console::output(&output)?;
    Ok(outcome)
}

/// A unified diff, coloured by line where that is wanted.
fn diff(shown: &str, before: &str, after: &str, colour: bool) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().header(&printable(shown), &printable(shown)).to_string();
    if !colour {
        return text;
    }
    let paint = |line: &str| match line.bytes().next() {
        Some(b'-') => format!("\u{1b}[31m{line}\u{1b}[0m\n"),
        Some(b'+') => format!("\u{1b}[32m{line}\u{1b}[0m\n"),
        Some(b'@') => format!("\u{1b}[36m{line}\u{1b}[0m\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(paint).collect()
}

/// Puts the text in the file's place in one step, with the permissions that the file has. What a link leads to is
/// replaced, not the link.
fn replace(place: &Path, text: &str) -> io::Result<()> {
    let place = fs::canonicalize(place)?;
    let permissions = fs::metadata(&place)?.permissions();
    // Renaming would get round it.
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let parent = place.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".meshc-").tempfile_in(parent)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(permissions)?;
    beside.persist(&place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_the_file_and_marks_lines() {
        let plain = "--- a.mesh\n+++ a.mesh\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n";
        assert_eq!(diff("a.mesh", "one\ntwo\n", "one\n2\n", false), plain);
        let coloured = diff("a.mesh", "one\ntwo\n", "one\n2\n", true);
        assert!(coloured.contains("\u{1b}[31m-two\u{1b}[0m\n\u{1b}[32m+2\u{1b}[0m\n"), "{coloured:?}");
    }
}
