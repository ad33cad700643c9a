//! What keeps a verb from its work.

use std::io;
use std::path::Path;

use super::load::Program;
use crate::diagnostic::Diagnostic;

/// Why a verb could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// What is wrong with the call or with the files, one sentence each.
    Messages(Vec<String>),
    /// What is wrong with `meshc.toml`, with the file as the one of a program.
    Findings(Vec<Diagnostic>, Box<Program>),
    /// Whoever read the output has gone: `meshc build | head`. Not an error.
    ClosedPipe,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Failure::Messages(vec![message.into()])
    }

    /// `cannot read `a.mesh`: permission denied`
    pub fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Failure::new(io_message(what, path, error))
    }
}

/// `cannot read `a.mesh`: permission denied`
pub(super) fn io_message(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} `{}`: {}", path.display(), reason(error))
}

/// The reason in words that are the same on every system, where there are some.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::IsADirectory => "it is a directory".to_string(),
        io::ErrorKind::NotADirectory => "a part of the path is not a directory".to_string(),
        _ => error.to_string(),
    }
}
