//! The root of a program: the directory that holds its `meshc.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Program, open, read as read_text};
use crate::cli::failure::{Failure, io_message};
use crate::project::{self, ProgramName};
use crate::source::SourceMap;

/// Far more than a few keys and comments need, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Whether the directory is the root of a program. A link that leads nowhere and a directory of this name count: a name
/// must not be lost in silence.
pub(in crate::cli) fn is_root(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(project::FILE)).is_ok()
}

/// The root that all of the directories lie in or below; none if none of them does. They are absolute, and `show` says
/// how a message names one.
///
/// # Errors
/// One sentence if they belong to different programs.
pub(super) fn of(directories: &[PathBuf], show: impl Fn(&Path) -> String) -> Result<Option<PathBuf>, String> {
    let above = |directory: &PathBuf| directory.ancestors().find(|a| is_root(a)).map(Path::to_path_buf);
    let mut roots = directories.iter().map(|directory| (directory, above(directory)));
    let Some((first, root)) = roots.next() else { return Ok(None) };
    let Some((other, its)) = roots.find(|(_, its)| *its != root) else { return Ok(root) };
    let tell = |directory: &Path, root: &Option<PathBuf>| match root {
        Some(root) => format!("`{}` to that of `{}`", show(directory), show(&root.join(project::FILE))),
        None => format!("`{}` to none with a `{}`", show(directory), project::FILE),
    };
    Err(format!(
        "the paths belong to different programs, {} and {}; give one program",
        tell(first, &root),
        tell(other, &its)
    ))
}

/// The name that the `meshc.toml` of a root gives; `base` is the way to the root.
pub(in crate::cli) fn read(directory: &Path, base: &str) -> Result<ProgramName, Failure> {
    let place = directory.join(project::FILE);
    let shown = PathBuf::from(format!("{base}{}", project::FILE));
    match fs::metadata(&place) {
        Ok(data) if !data.is_file() => return Err(Failure::new(format!("`{}` is not a file", shown.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::new(format!("`{}` is a link that leads nowhere; remove the link", shown.display())));
        }
        _ => {}
    }
    let text = open(&place).and_then(|file| read_text(file, MAX_BYTES));
    let text = text.map_err(|error| Failure::new(io_message("read", &shown, &error)))?;
    if text.len() > MAX_BYTES {
        return Err(Failure::new(format!("`{}` is larger than {} KiB", shown.display(), MAX_BYTES / 1024)));
    }
    let sources = SourceMap::single(project::FILE, text);
    project::read(&sources).map_err(|found| {
        let places = BTreeMap::from([(project::FILE.to_string(), place)]);
        let (name, root, left_out) = (None, None, Vec::new());
        let program = Program { sources, name, root, left_out, base: base.to_string(), places };
        Failure::Findings(found, Box::new(program))
    })
}
