//! `meshc completions`: a script for a shell.

use clap::CommandFactory as _;

use super::Outcome;
use super::arguments::{Arguments, Completions};
use super::console::Console;
use super::failure::Failure;

pub(super) fn run(verb: &Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(verb.shell, &mut Arguments::command(), "meshc", &mut script);
    Console::output(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Fine)
}
