//! `--out DIR`: one file per object, kept up to date.
//!
//! A list of what meshc wrote lies in the directory, with a check sum of each file. With it a later build knows what it
//! may replace or remove: its own files that nobody has touched since, and nothing else. Everything is written beside
//! its place first and then renamed, so that a build that fails on the way leaves whole files.

mod closed;

pub(super) use closed::close;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::console::Console;
use super::failure::Failure;
use crate::project::ProgramName;

/// The list of what was written.
const LIST: &str = ".meshc-files.json";

/// Files with the check sums that they may have. While a build is on its way a file may have its old or its new text.
type Known = BTreeMap<String, BTreeSet<String>>;

#[derive(Serialize, Deserialize)]
struct List {
    /// The form of the list.
    version: u32,
    /// The name of the program that was built. Older lists have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    files: Known,
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As it should be.
    Same,
    /// Not there.
    Missing,
    /// Ours, with an earlier text.
    Old,
    /// Ours, and no longer wanted.
    Superfluous,
    /// Ours, but edited since.
    Edited,
    /// Ours, no longer wanted, but edited since.
    EditedSuperfluous,
    /// Not ours.
    Foreign,
}

/// Refuses a directory that another program was built into. A program without a name is none other.
pub(super) fn refuse_another_program(directory: &Path, name: Option<&ProgramName>) -> Result<(), Failure> {
    match (read(directory)?.program, name) {
        (Some(wrote), Some(name)) if wrote != name.as_str() => Err(Failure::new(format!(
            "`{}` holds what was built from the program `{wrote}`, and this program is `{name}`; choose another \
             directory, or, if `{wrote}` is called `{name}` now, remove the line `\"program\"` of its `{LIST}`",
            directory.display()
        ))),
        _ => Ok(()),
    }
}

/// Says which files are missing, different or superfluous.
pub(super) fn check(directory: &Path, wanted: &BTreeMap<String, String>) -> Result<Outcome, Failure> {
    let known = read_list(directory)?;
    let mut lines = String::new();
    for (name, state) in compare(directory, wanted, &known)? {
        let word = match state {
            State::Same => continue,
            State::Missing => "missing",
            State::Old | State::Edited | State::Foreign => "different",
            State::Superfluous | State::EditedSuperfluous => "superfluous",
        };
        lines.extend([word, ": ", &name, "\n"]);
    }
    Console::output(&lines)?;
    Ok(if lines.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// Makes the directory hold exactly the wanted files, of those that are meshc's.
pub(super) fn write(
    directory: &Path,
    wanted: &BTreeMap<String, String>,
    name: Option<&ProgramName>,
    force: bool,
    console: &Console,
) -> Result<Outcome, Failure> {
    let List { files: known, program: before, .. } = read(directory)?;
    // A program that has lost its name is still the one that was built here.
    let program = name.map(ToString::to_string).or_else(|| before.clone());
    let states = compare(directory, wanted, &known)?;
    refuse(directory, &states, force)?;

    let kept: Known =
        wanted.iter().map(|(name, text)| (name.clone(), BTreeSet::from([sum(text.as_bytes())]))).collect();
    let of = |wanted: &[State]| -> Vec<&str> {
        states.iter().filter(|(_, s)| wanted.contains(s)).map(|(name, _)| name.as_str()).collect()
    };
    let changed = of(&[State::Missing, State::Old, State::Edited]);
    let gone = of(&[State::Superfluous, State::EditedSuperfluous]);
    if known != kept || program != before || !changed.is_empty() {
        let texts = changed.iter().filter_map(|name| Some((*name, wanted.get(*name)?.as_str()))).collect();
        let kept = List { version: 1, program, files: kept };
        replace(directory, &texts, &gone, &known, &kept).map_err(|e| Failure::io("write to", directory, &e))?;
    }
    let same = wanted.len() - changed.len();
    console.note(&format!("{} written, {same} unchanged, {} removed", changed.len(), gone.len()));
    Ok(Outcome::Fine)
}

/// Refuses to touch what is not meshc's, or no longer.
fn refuse(directory: &Path, states: &[(String, State)], force: bool) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for (name, state) in states {
        let path = directory.join(name);
        match state {
            State::Foreign => problems.push(format!(
                "`{}` was not written by meshc and is left alone; move it away or choose another directory",
                path.display()
            )),
            State::Edited | State::EditedSuperfluous if !force => problems
                .push(format!("`{}` was edited since meshc wrote it; `--force` gives the edits up", path.display())),
            _ => {}
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Messages(problems)) }
}

/// Writes the texts beside their places, then puts them there and removes the rest.
fn replace(
    directory: &Path,
    texts: &BTreeMap<&str, &str>,
    gone: &[&str],
    known: &Known,
    kept: &List,
) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let beside = tempfile::Builder::new().prefix(".meshc-").tempdir_in(directory)?;
    let staged: Vec<_> = (0..texts.len()).map(|i| beside.path().join(i.to_string())).collect();
    for (path, text) in staged.iter().zip(texts.values()) {
        fs::write(path, text)?;
    }
    // From here on both texts of a file are ours, should the build be stopped half way.
    let mut both = known.clone();
    for (name, sums) in &kept.files {
        both.entry(name.clone()).or_default().extend(sums.iter().cloned());
    }
    let half_way = List { version: kept.version, program: kept.program.clone(), files: both };
    write_list(directory, beside.path(), &half_way)?;
    for (path, name) in staged.iter().zip(texts.keys()) {
        let place = directory.join(name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(path, &place)?;
    }
    for name in gone {
        let place = directory.join(name);
        fs::remove_file(&place)?;
        // Refused unless it is empty, which is what is wanted.
        let _ = place.parent().filter(|parent| *parent != directory).map(fs::remove_dir);
    }
    write_list(directory, beside.path(), kept)
}

/// Every file that is wanted or known, and what is the matter with it.
fn compare(
    directory: &Path,
    wanted: &BTreeMap<String, String>,
    known: &Known,
) -> Result<Vec<(String, State)>, Failure> {
    let mut states = Vec::new();
    let names: BTreeSet<&String> = wanted.keys().chain(known.keys()).collect();
    for name in names {
        let path = directory.join(name);
        let found = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // A directory or the like: something that meshc does not write.
            Err(_) if path.symlink_metadata().is_ok_and(|data| !data.is_file()) => {
                states.push((name.clone(), State::Foreign));
                continue;
            }
            Err(error) => return Err(Failure::io("read", &path, &error)),
        };
        let untouched = |bytes: &[u8]| known.get(name).map(|sums| sums.contains(&sum(bytes)));
        let state = match (wanted.get(name), found) {
            (Some(_), None) => State::Missing,
            (Some(text), Some(bytes)) if bytes == text.as_bytes() => State::Same,
            (Some(_), Some(bytes)) => match untouched(&bytes) {
                Some(true) => State::Old,
                Some(false) => State::Edited,
                None => State::Foreign,
            },
            (None, Some(bytes)) if untouched(&bytes) == Some(true) => State::Superfluous,
            (None, Some(_)) => State::EditedSuperfluous,
            (None, None) => continue,
        };
        states.push((name.clone(), state));
    }
    Ok(states)
}

fn read_list(directory: &Path) -> Result<Known, Failure> {
    Ok(read(directory)?.files)
}

fn read(directory: &Path) -> Result<List, Failure> {
    let path = directory.join(LIST);
    if fs::metadata(directory).is_ok_and(|data| !data.is_dir()) {
        return Err(Failure::new(format!("`{}` is not a directory", directory.display())));
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(List { version: 1, program: None, files: Known::new() });
        }
        Err(error) => return Err(Failure::io("read", &path, &error)),
    };
    let list = serde_json::from_str::<List>(&text).ok().filter(|list| list.version == 1);
    // A list that names other places is not ours: nothing outside the directory is ever removed.
    list.filter(|list| list.files.keys().all(|name| is_file_name(name)))
        .ok_or_else(|| Failure::new(format!("`{}` is not a list that this meshc wrote", path.display())))
}

fn write_list(directory: &Path, beside: &Path, list: &List) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(list).map_err(io::Error::other)?;
    text.push('\n');
    let staged = beside.join("list");
    fs::write(&staged, text)?;
    fs::rename(staged, directory.join(LIST))
}

/// The file of a configuration for Envoy.
pub(super) const ENVOY: &str = "envoy.json";

/// Whether it is `namespace/file`, both of characters that occur in the names of objects, or [`ENVOY`].
pub(super) fn is_file_name(name: &str) -> bool {
    let part = |part: &str| {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(fine)
    };
    name == ENVOY || name.split_once('/').is_some_and(|(namespace, file)| part(namespace) && part(file))
}

/// FNV-1a over the bytes. It finds edits, it does not withstand an attack.
fn sum(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_fnv_1a() {
        assert_eq!(sum(b""), "cbf29ce484222325");
        assert_eq!(sum(b"a"), "af63dc4c8601ec8c");
    }

    #[test]
    fn names_stay_in_the_directory() {
        assert!(is_file_name("default/virtualservice-a.yaml") && is_file_name(ENVOY));
        for wrong in ["a", "/a", "a/", "../a", "a/..", "a/../b", "a/b/c", "A/b", "a/b\n", "a\\b/c", ".git/config"] {
            assert!(!is_file_name(wrong), "{wrong}");
        }
    }
}
