//! A directory with a program in it, and the runs of meshc there.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An app that everybody may read, and the gateway in front of it.
pub const SHOP: &str = "\
gateway edge {
  https 443 tls \"edge-cert\"
}

app shop port 8080 {
  hosts shop.example.com

  GET /** public
}
";

/// One more app.
pub const CART: &str = "\
app cart port 8080 {
  hosts cart.example.com

  GET /** public
}
";

/// Not a statement of the language.
pub const BROKEN: &str = "broken\n";

/// A warning, and nothing worse.
pub const WARNING: &str = "\
issuer corp {
  url  \"https://issuer.example.com\"
  jwks \"https://issuer.example.com/keys\"
}

policy unused = token from corp
";

/// A program with two environments.
pub const ENVIRONMENTS: &str = "\
env dev {
  domain dev.example.com
}

env prod {
  domain example.com
}

gateway edge {
  https 443 tls \"edge-cert\"
}

app shop port 8080 {
  hosts shop.${domain}

  GET /** public
}
";

/// A directory of its own, which goes when the test ends.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    /// Every file below a directory with its text, by its path.
    pub fn files(&self, directory: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let root = self.path().join(directory);
        let mut open: Vec<PathBuf> = vec![root.clone()];
        while let Some(path) = open.pop() {
            for entry in fs::read_dir(&path).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                    files.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        files
    }

    /// The files that a build wrote below a directory, without the list of them.
    pub fn manifests(&self, directory: &str) -> BTreeMap<String, String> {
        let mut files = self.files(directory);
        files.retain(|name, _| name.contains('/'));
        files
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_in("", arguments)
    }

    pub fn run_in(&self, directory: &str, arguments: &[&str]) -> Run {
        Run::of(self.command().current_dir(self.path().join(directory)).args(arguments).output().unwrap())
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    }

    /// meshc in this directory, with nothing in the environment that changes what it writes.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshc"));
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM", "CI"] {
            command.env_remove(name);
        }
        command
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Run {
            code: output.status.code().expect("meshc ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The run, which has to have this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// Compares a run with its snapshot.
#[track_caller]
pub fn assert_run(name: &str, run: &Run) {
    let text = format!("exit code {}\n--- stdout\n{}--- stderr\n{}", run.code, run.stdout, run.stderr);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
