//! `meshc init`: a first program.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::arguments::Init;
use super::console::Console;
use super::failure::Failure;

const FILE: &str = "access.mesh";
/// A program that compiles, with the comments that a newcomer needs.
const STARTER: &str = include_str!("init/access.mesh");

pub(super) fn run(verb: &Init, console: &Console) -> Result<Outcome, Failure> {
    let directory = &verb.directory;
    fs::create_dir_all(directory).map_err(|e| Failure::io("create", directory, &e))?;
    let path = if directory == Path::new(".") { PathBuf::from(FILE) } else { directory.join(FILE) };
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    match file.and_then(|mut file| file.write_all(STARTER.as_bytes())) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(format!("`{}` is already there and is left alone", path.display())));
        }
        Err(error) => return Err(Failure::io("write", &path, &error)),
    }
    console.note(&format!("wrote `{}`; `meshc build` compiles it", path.display()));
    Ok(Outcome::Fine)
}
