//! `meshc explain`: the page of a code, or the list of all codes.

use super::Outcome;
use super::arguments::Explain;
use super::console::Console;
use super::failure::Failure;
use crate::diagnostic::codes::{ALL, RETIRED};
use crate::diagnostic::{Code, suggest};

pub(super) fn run(verb: &Explain) -> Result<Outcome, Failure> {
    match &verb.code {
        None => Console::output(&list())?,
        Some(text) => match Code::find(text) {
            Some(code) => Console::output(&code.text())?,
            None => return Err(unknown(text)),
        },
    }
    Ok(Outcome::Fine)
}

fn list() -> String {
    ALL.iter().flat_map(|code| [code.id(), " ", code.name(), "\n"]).collect()
}

fn unknown(text: &str) -> Failure {
    let retired = RETIRED.iter().find(|id| id.eq_ignore_ascii_case(text));
    if let Some(id) = retired {
        return Failure::new(format!("`{id}` is no longer raised"));
    }
    let known = ALL.iter().flat_map(|code| [code.id(), code.name()]);
    let way_out = match suggest::nearest(text, known) {
        Some(near) => format!("did you mean `{near}`"),
        None => "`meshc explain` lists them".to_string(),
    };
    Failure::new(format!("there is no code `{text}`; {way_out}"))
}
