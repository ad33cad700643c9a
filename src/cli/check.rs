//! `meshc check`: every finding, in every environment.

use super::Outcome;
use super::arguments::Check;
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::load;
use crate::diagnostic::Diagnostic;

pub(super) fn run(verb: &Check, console: &Console) -> Result<Outcome, Failure> {
    let program = load(&verb.paths.paths)?;
    let parsed = crate::parse(&program.sources);
    let diagnostics = crate::check(&program.sources, &parsed, &program.attachments(&parsed));
    console.findings(&diagnostics, &program, Findings::Output)?;
    if diagnostics.is_empty() {
        let files = program.sources.len();
        console.note(&format!("no findings in {files} {}", if files == 1 { "file" } else { "files" }));
    }
    let counts = |d: &Diagnostic| d.is_error() || verb.deny_warnings;
    Ok(if diagnostics.iter().any(counts) { Outcome::Findings } else { Outcome::Fine })
}
