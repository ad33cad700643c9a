//! The files of a program: found, read and named.
//!
//! A file is called by its path from the program's root: the directory of its `meshc.toml`, or, without one, the deepest
//! directory that holds every path of the command line. So neither the machine nor the working directory can be seen in
//! what is built.

mod root;

pub(super) use root::{is_root, read as read_project};

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::failure::{Failure, io_message, reason};
use super::relative::{common, slashes, way};
use crate::project::{self, ProgramName};
use crate::source::{MAX_FILE_BYTES, SourceMap};
use crate::{Attachments, Parsed};

/// What standard input is called.
const STDIN: &str = "<stdin>";
/// Directories that hold what was built or fetched, not what was written.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// A program as it was read.
#[derive(Debug)]
pub(super) struct Program {
    /// Its files.
    pub sources: SourceMap,
    /// What its `meshc.toml` calls it, if there is one.
    pub name: Option<ProgramName>,
    /// The directory of its `meshc.toml`.
    root: Option<PathBuf>,
    /// Directories below it that are programs of their own.
    pub left_out: Vec<String>,
    /// The way from the working directory to the root: what stands before a path where people read it.
    pub base: String,
    /// Where each file lies, by its name in `sources`. Standard input lies nowhere.
    places: BTreeMap<String, PathBuf>,
}

/// Finds and reads every file that the paths name, as one program.
pub(super) fn load(paths: &[PathBuf]) -> Result<Program, Failure> {
    search(paths, Search::default())
}

/// Finds and reads every file that the paths name, of whatever programs.
pub(super) fn load_files(paths: &[PathBuf]) -> Result<Program, Failure> {
    search(paths, Search { any_program: true, ..Search::default() })
}

fn search(paths: &[PathBuf], mut search: Search) -> Result<Program, Failure> {
    // In one order, whatever the order of the arguments: of two ways to one file the first wins.
    let mut sorted: Vec<&PathBuf> = paths.iter().collect();
    sorted.sort();
    sorted.dedup();
    for path in sorted {
        search.path(path);
    }
    search.read(paths)
}

impl Program {
    /// Where a file lies; none for standard input.
    pub fn place(&self, name: &str) -> Option<&Path> {
        self.places.get(name).map(PathBuf::as_path)
    }

    /// The path of a file as the reader can open it.
    pub fn shown(&self, name: &str) -> String {
        if self.places.contains_key(name) { format!("{}{name}", self.base) } else { name.to_string() }
    }

    /// A file of the program that was not read, if the program has a root: its path from there.
    fn missing_file(&self) -> Result<Option<String>, Failure> {
        let Some(root) = &self.root else { return Ok(None) };
        let whole = load(std::slice::from_ref(root))?;
        let read: BTreeSet<PathBuf> = self.places.values().filter_map(|place| fs::canonicalize(place).ok()).collect();
        let is_missing = |place: &PathBuf| fs::canonicalize(place).is_ok_and(|place| !read.contains(&place));
        Ok(whole.places.iter().find(|(_, place)| is_missing(place)).map(|(name, _)| name.clone()))
    }

    /// The name of the program, if it has one, which needs all of its files: what is not given would be taken for left over.
    pub fn name_of_whole(&self) -> Result<Option<&ProgramName>, Failure> {
        let Some(name) = &self.name else { return Ok(None) };
        match self.missing_file()? {
            None => Ok(Some(name)),
            Some(file) => Err(Failure::new(format!(
                "`{file}` is a part of the program `{name}` and was not given; give the directory of its `{}`",
                project::FILE
            ))),
        }
    }

    /// Reads the files that the program names. What cannot be read is left for the compiler to report, at the line that
    /// names it.
    pub fn attachments(&self, parsed: &Parsed) -> Attachments {
        let mut attachments = Attachments::default();
        for (source, path) in crate::attachments(&self.sources, parsed) {
            let beside = self.place(&source).and_then(Path::parent).unwrap_or(Path::new(""));
            let content = open(&beside.join(&path)).and_then(|file| read(file, MAX_FILE_BYTES));
            let content = content.map_err(|error| reason(&error));
            attachments.insert(source, path, content);
        }
        attachments
    }
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    /// Files by their absolute path, with the path to be shown if they cannot be read.
    files: BTreeMap<PathBuf, PathBuf>,
    /// The directories that the root must hold.
    directories: Vec<PathBuf>,
    /// Directories that were searched, by their true path: a link may lead back to one.
    searched: BTreeSet<PathBuf>,
    /// Directories that were not searched because they are the roots of other programs.
    inner: Vec<PathBuf>,
    /// Whether roots of programs say nothing.
    any_program: bool,
    stdin: bool,
    problems: Vec<String>,
}

impl Search {
    /// Adds a path of the command line.
    fn path(&mut self, path: &Path) {
        if path.as_os_str() == "-" {
            self.stdin = true;
            return;
        }
        if let Err(error) = self.named(path) {
            self.problems.push(io_message("read", path, &error));
        }
    }

    fn named(&mut self, path: &Path) -> io::Result<()> {
        if fs::metadata(path)?.is_dir() {
            let directory = fs::canonicalize(path)?;
            self.directories.push(directory.clone());
            let before = self.files.len();
            let known = self.searched.contains(&directory);
            // `./a.mesh` is `a.mesh`.
            self.directory(&directory, path.strip_prefix(".").unwrap_or(path));
            if self.files.len() == before && !known && self.inner.is_empty() {
                self.problems.push(format!("there is no `.mesh` file in `{}`", path.display()));
            }
            return Ok(());
        }
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let parent = fs::canonicalize(parent)?;
        let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
        self.files.entry(parent.join(name)).or_insert_with(|| path.to_path_buf());
        self.directories.push(parent);
        Ok(())
    }

    /// Searches a directory and those below it. Links are followed, but no directory is searched twice.
    fn directory(&mut self, directory: &Path, shown: &Path) {
        let known = fs::canonicalize(directory).map(|true_path| !self.searched.insert(true_path));
        let entries = match known {
            Ok(true) => return,
            Ok(false) => fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>),
            Err(error) => Err(error),
        };
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(io_message("read", shown, &error)),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let (path, shown) = (directory.join(&name), shown.join(&name));
            let hidden = name.as_encoded_bytes().starts_with(b".");
            let is_mesh = Path::new(&name).extension().is_some_and(|e| e == "mesh");
            if hidden {
                continue;
            }
            match fs::metadata(&path) {
                Ok(data) if data.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) => {
                    if !self.any_program && root::is_root(&path) {
                        self.inner.push(shown);
                    } else {
                        self.directory(&path, &shown);
                    }
                }
                Ok(data) if data.is_file() && is_mesh => {
                    self.files.entry(path).or_insert(shown);
                }
                Err(error) if is_mesh => self.problems.push(io_message("read", &shown, &error)),
                // A pipe, a socket, or a dangling link that is none of ours.
                _ => {}
            }
        }
    }

    /// Reads what was found.
    fn read(mut self, paths: &[PathBuf]) -> Result<Program, Failure> {
        let project = if self.any_program { None } else { self.project() };
        let root = common(std::mem::take(&mut self.directories)).unwrap_or_default();
        let root = project.clone().unwrap_or(root);
        let mut texts = Vec::new();
        let mut places = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (path, shown) in &self.files {
            let name = path.strip_prefix(&root).unwrap_or(path);
            // A file is read once, however many links lead to it.
            if !seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())) {
                continue;
            }
            if name.to_str().is_none() {
                self.problems.push(format!("the name of `{}` is not UTF-8", shown.display()));
                continue;
            }
            match open(path).and_then(|file| read(file, MAX_FILE_BYTES)) {
                Ok(text) => {
                    texts.push((slashes(name), text));
                    places.insert(slashes(name), path.clone());
                }
                Err(error) => self.problems.push(io_message("read", shown, &error)),
            }
        }
        if self.stdin {
            match read(io::stdin().lock(), MAX_FILE_BYTES) {
                Ok(text) => texts.push((STDIN.to_string(), text)),
                Err(error) => self.problems.push(format!("cannot read standard input: {}", reason(&error))),
            }
        }
        if !self.problems.is_empty() {
            return Err(Failure::Messages(self.problems));
        }
        let base = base(&root, paths);
        let name = project.as_deref().map(|root| root::read(root, &base)).transpose()?;
        let left_out = self.inner.iter().map(|inner| slashes(inner)).collect();
        Ok(Program { sources: SourceMap::new(texts), name, root: project, left_out, base, places })
    }

    /// The root of the program that all the paths belong to; none if it has none. What keeps them from being one program
    /// is a problem.
    fn project(&mut self) -> Option<PathBuf> {
        let mut from = self.directories.clone();
        if from.is_empty() {
            // Standard input alone belongs where the files are that it names.
            from.extend(std::env::current_dir().and_then(fs::canonicalize));
        }
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let show = |path: &Path| match &here {
            Ok(here) if path == here => ".".to_string(),
            Ok(here) => way(here, path).trim_end_matches('/').to_string(),
            Err(_) => slashes(path),
        };
        match root::of(&from, show) {
            Ok(Some(root)) => Some(root),
            Ok(None) => {
                if let Some(inner) = self.inner.first() {
                    let (inner, file) = (inner.display(), project::FILE);
                    self.problems.push(format!(
                        "`{inner}` is a program of its own, since it holds a `{file}`; give one program, as `{inner}`"
                    ));
                }
                None
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

/// What stands before the name of a file where people read it: absolute if a path was given so, else the way from the
/// working directory.
fn base(root: &Path, paths: &[PathBuf]) -> String {
    let here = std::env::current_dir().and_then(fs::canonicalize);
    match here {
        _ if root.as_os_str().is_empty() => String::new(),
        Ok(here) if !paths.iter().any(|p| p.is_absolute()) => way(&here, root),
        _ => way(Path::new(""), root),
    }
}

/// Opens a file, which must not be a directory.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    File::open(path)
}

/// Reads a text. Of one that is larger than `most` bytes only so much is read that it can be seen that it is.
pub(super) fn read(from: impl Read, most: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let limit = most + 8;
    from.take(limit as u64).read_to_end(&mut bytes)?;
    if bytes.len() == limit {
        // The cut may go through a character; a wrong byte before it is still an error.
        let cut = std::str::from_utf8(&bytes).err().filter(|e| e.error_len().is_none());
        if let Some(error) = cut {
            bytes.truncate(error.valid_up_to());
        }
    }
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to() + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text, as its byte {byte} shows"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_large_stays_too_large_and_whole() {
        let text = read("é".repeat(MAX_FILE_BYTES).as_bytes(), MAX_FILE_BYTES).unwrap();
        assert!(text.len() > MAX_FILE_BYTES && text.len() <= MAX_FILE_BYTES + 8);
        let odd = format!("x{}", "é".repeat(MAX_FILE_BYTES));
        assert!(read(odd.as_bytes(), MAX_FILE_BYTES).unwrap().len() > MAX_FILE_BYTES);
    }

    #[test]
    fn what_is_not_utf_8_is_refused() {
        assert_eq!(read([b'a', 0xFF].as_slice(), 9).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read("a".as_bytes(), 9).unwrap(), "a");
    }
}
