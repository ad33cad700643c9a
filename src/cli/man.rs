//! `meshc man`: the manual.

use std::fs;

use clap::CommandFactory as _;

use super::Outcome;
use super::arguments::{Arguments, Man};
use super::console::Console;
use super::failure::Failure;

pub(super) fn run(verb: &Man) -> Result<Outcome, Failure> {
    // `meshc help` has nothing to say that the pages do not.
    let command = Arguments::command().disable_help_subcommand(true);
    if let Some(directory) = &verb.dir {
        let written = fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory));
        written.map_err(|e| Failure::io("write to", directory, &e))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(|e| Failure::new(e.to_string()))?;
        Console::output(&String::from_utf8_lossy(&page))?;
    }
    Ok(Outcome::Fine)
}
