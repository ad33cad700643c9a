//! Paths as messages and manifests show them.

use std::path::{Component, Path, PathBuf};

/// The deepest directory that holds all of the given ones. None if there is none, as on two drives of Windows.
pub(super) fn common(directories: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    directories.into_iter().map(Some).reduce(|a, b| {
        let (a, b) = (a?, b?);
        let both = a.components().zip(b.components()).take_while(|(x, y)| x == y);
        let common: PathBuf = both.map(|(x, _)| x).collect();
        (!common.as_os_str().is_empty()).then_some(common)
    })?
}

/// The way from one directory to another, both absolute: empty, or with a `/` at its end. `to` itself if they have
/// nothing in common.
pub(super) fn way(from: &Path, to: &Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return format!("{}/", slashes(to));
    }
    let up = from.components().count() - shared;
    let down: PathBuf = to.components().skip(shared).collect();
    let mut out = "../".repeat(up);
    if !down.as_os_str().is_empty() {
        out.push_str(&slashes(&down));
        out.push('/');
    }
    out
}

/// The path with `/` on every system.
pub(super) fn slashes(path: &Path) -> String {
    let mut out = String::new();
    for component in path.components() {
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        match component {
            Component::RootDir => out.push('/'),
            other => out.push_str(&other.as_os_str().to_string_lossy()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_directory_is_the_deepest() {
        let found = |paths: &[&str]| common(paths.iter().map(PathBuf::from));
        assert_eq!(found(&["/a/b", "/a/b/c", "/a/b/d"]), Some("/a/b".into()));
        assert_eq!(found(&["/a/bc", "/a/b"]), Some("/a".into()));
        assert_eq!(found(&["/a/b"]), Some("/a/b".into()));
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn the_way_goes_up_and_down() {
        let way = |from: &str, to: &str| super::way(Path::new(from), Path::new(to));
        assert_eq!(way("/a/b", "/a/b"), "");
        assert_eq!(way("/a", "/a/b/c"), "b/c/");
        assert_eq!(way("/a/b/c", "/a/d"), "../../d/");
    }
}
