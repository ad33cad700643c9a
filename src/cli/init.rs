//! `meshc init`: a first program.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::arguments::Init;
use super::console::Console;
use super::failure::Failure;
use super::load::{is_root, load, read_project};
use crate::project;

const FILE: &str = "access.mesh";
/// The name of a program in a directory whose name is not near to one either.
const NAME: &str = "access";
/// A program that compiles, with the comments that a newcomer needs.
const STARTER: &str = include_str!("init/access.mesh");

pub(super) fn run(verb: &Init, console: &Console) -> Result<Outcome, Failure> {
    let directory = &verb.directory;
    let within = |file: &str| if directory == Path::new(".") { PathBuf::from(file) } else { directory.join(file) };
    let path = within(FILE);
    // A directory that is not there yet lies in the one above it that is.
    let absolute = std::path::absolute(directory).map_err(|e| Failure::io("find", directory, &e))?;
    let there = absolute.ancestors().find_map(|above| fs::canonicalize(above).ok());
    let root = there.as_deref().and_then(|there| there.ancestors().find(|above| is_root(above)));
    let name = root.and_then(|root| read_project(root, "").ok());
    let program = name.map_or("another program".to_string(), |name| format!("the program `{name}`"));
    if path.symlink_metadata().is_err() && root.is_some() {
        let is_its_first_file =
            fs::canonicalize(directory).ok().as_deref() == root && load(std::slice::from_ref(directory)).is_err();
        if !is_its_first_file {
            return Err(Failure::new(format!(
                "`{}` would become a part of {program} and change it, so nothing was written; choose a directory outside \
                 of that program, or give this one a `{}` of its own first",
                path.display(),
                project::FILE
            )));
        }
    }
    fs::create_dir_all(directory).map_err(|e| Failure::io("create", directory, &e))?;
    if !write_new(&path, STARTER)? {
        return Err(Failure::new(format!("`{}` is already there and is left alone", path.display())));
    }
    let wrote = format!("wrote `{}`", path.display());
    if root.is_some() {
        let part = format!("{wrote}, a part of {program}; no `{}` was written", project::FILE);
        console.note(&format!("{part}; `meshc build` compiles the program"));
        return Ok(Outcome::Fine);
    }
    let absolute = fs::canonicalize(directory).map_err(|e| Failure::io("read", directory, &e))?;
    let (name, project) = (name_for(&absolute), within(project::FILE));
    write_new(&project, &project_of(&name))?;
    console.note(&format!(
        "{wrote} and `{}`, which names the program `{name}`: no other program of the cluster may have this name; `meshc \
         build` compiles the program",
        project.display()
    ));
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

/// The name of a program in a directory: as that is called, or as near to it as the name of a program can be.
fn name_for(directory: &Path) -> String {
    let name = directory.file_name().and_then(OsStr::to_str).and_then(project::nearest_label);
    name.map_or(NAME.to_string(), |name| name.to_string())
}

/// The text of a `meshc.toml`.
fn project_of(name: &str) -> String {
    format!(
        "# The name that every object of this program bears in the cluster, as `app.kubernetes.io/part-of`.\n\
         # What an earlier build left is found by it, so no two programs may share one.\n\
         name = \"{name}\"\n"
    )
}
