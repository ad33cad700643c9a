//! The objects of a cluster: the files of `--cluster`.

use std::io;
use std::path::{Path, PathBuf};

use super::failure::{Failure, io_message, reason};
use super::load::{open, read};
use crate::cluster::{Cluster, MAX_BYTES};

/// Reads the files; none if there are none.
pub(super) fn load(files: &[PathBuf], program: &[PathBuf]) -> Result<Option<Cluster>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let is_stdin = |path: &&PathBuf| path.as_os_str() == "-";
    if files.iter().chain(program).filter(is_stdin).count() > 1 {
        return Err(Failure::new("standard input can be read once: `-` is the program or one file of `--cluster`"));
    }
    let (mut texts, mut problems) = (Vec::new(), Vec::new());
    for path in files {
        let (shown, text) = if is_stdin(&path) {
            ("standard input".to_string(), read(io::stdin().lock(), MAX_BYTES))
        } else {
            (path.display().to_string(), open(path).and_then(|file| read(file, MAX_BYTES)))
        };
        match text {
            Ok(text) if text.len() > MAX_BYTES => problems.push(format!(
                "cannot read `{shown}`: it has more than {} MiB; leave out what is not needed",
                MAX_BYTES / 1024 / 1024
            )),
            Ok(text) => texts.push((shown, text)),
            Err(error) => problems.push(problem(path, &error)),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Messages(problems));
    }
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Cluster::read(texts).map(Some).map_err(Failure::Messages)
}

fn problem(path: &Path, error: &io::Error) -> String {
    if path.as_os_str() == "-" {
        format!("cannot read standard input: {}", reason(error))
    } else {
        io_message("read", path, error)
    }
}
