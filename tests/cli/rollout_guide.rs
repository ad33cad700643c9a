//! The guide on rolling out: what it shows is what comes out, and its lines are those of the README.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{blocks, root};
use crate::support::Place;

#[test]
fn the_guide_comes_out_as_written() {
    let text = fs::read_to_string(root().join("docs/guides/rolling-out.md")).unwrap();
    let place = Place::new(&[]);
    let program = Path::new(env!("CARGO_BIN_EXE_meshc")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let (mut last, mut shown) = (String::new(), 0);
    for block in blocks(&text) {
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match info.as_slice() {
            ["mesh"] => place.write("access.mesh", &block.text),
            ["toml"] => place.write("meshc.toml", &block.text),
            ["yaml", name] => place.write(name, &block.text),
            ["sh"] => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &block.text]).current_dir(place.path()).env("PATH", &path);
                let done = shell.output().unwrap();
                assert_eq!(String::from_utf8(done.stderr).unwrap(), "", "line {}", block.line);
                assert_eq!(done.status.code(), Some(1), "line {}", block.line);
                last = String::from_utf8(done.stdout).unwrap();
            }
            ["text"] => {
                assert_eq!(last, block.text, "line {}", block.line);
                shown += 1;
            }
            // What needs a cluster.
            ["console"] => {}
            other => panic!("line {}: a block of {other:?}", block.line),
        }
    }
    assert_eq!(shown, 1);
}

#[test]
fn its_lines_are_those_of_the_readme() {
    let of = |path: &str, info: &str| {
        let blocks = blocks(&fs::read_to_string(root().join(path)).unwrap());
        let found = blocks.into_iter().find(|b| b.info == [info] && b.text.contains("meshc prune"));
        let text = found.unwrap_or_else(|| panic!("no lines in {path}")).text;
        text.lines().map(str::to_string).collect::<Vec<_>>()
    };
    let readme = of("README.md", "sh");
    assert_eq!(of("docs/guides/rolling-out.md", "console"), readme);
    assert_eq!(of("docs/errors/W1104.md", "sh"), readme);
}
