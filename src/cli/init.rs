//! `meshc init`: a first program.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::arguments::Init;
use super::console::Console;
use super::failure::Failure;
use super::load::is_root;
use crate::project::{self, ProgramName};

const FILE: &str = "access.mesh";
/// The name of a program in a directory whose name cannot be one.
const NAME: &str = "access";
/// A program that compiles, with the comments that a newcomer needs.
const STARTER: &str = include_str!("init/access.mesh");

pub(super) fn run(verb: &Init, console: &Console) -> Result<Outcome, Failure> {
    let directory = &verb.directory;
    fs::create_dir_all(directory).map_err(|e| Failure::io("create", directory, &e))?;
    let within = |file: &str| if directory == Path::new(".") { PathBuf::from(file) } else { directory.join(file) };
    let path = within(FILE);
    if !write_new(&path, STARTER)? {
        return Err(Failure::new(format!("`{}` is already there and is left alone", path.display())));
    }
    let absolute = fs::canonicalize(directory).map_err(|e| Failure::io("read", directory, &e))?;
    let mut wrote = format!("wrote `{}`", path.display());
    // A program within another one would be left out of it.
    if !absolute.ancestors().any(is_root) {
        let (named, project) = (project_of(&absolute), within(project::FILE));
        if write_new(&project, &named)? {
            // A `String` takes everything that is written to it.
            let _ = write!(wrote, " and `{}`", project.display());
        }
    }
    console.note(&format!("{wrote}; `meshc build` compiles the program"));
    Ok(Outcome::Fine)
}

/// Writes a file that is not there yet; false if it is.
fn write_new(path: &Path, text: &str) -> Result<bool, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Failure::io("write", path, &error)),
    }
}

/// A `meshc.toml` for a directory, called as the directory is if that is the name of a program.
fn project_of(directory: &Path) -> String {
    let name = directory.file_name().and_then(OsStr::to_str).and_then(ProgramName::new);
    let name = name.as_ref().map_or(NAME, ProgramName::as_str);
    format!(
        "# The name that every object of this program bears in the cluster, as `app.kubernetes.io/part-of`.\n\
         # What an earlier build left is found by it, so no two programs may share one.\n\
         name = \"{name}\"\n"
    )
}
