//! The commands of the guide on clusters do what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{blocks, root};
use crate::support::Place;

#[test]
fn the_guide_comes_out_as_written() {
    let text = fs::read_to_string(root().join("docs/guides/does-it-fit-the-cluster.md")).unwrap();
    let place = Place::new(&[]);
    let program = Path::new(env!("CARGO_BIN_EXE_meshc")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let (mut commands, mut shown, mut last) = (0, 0, String::new());
    for block in blocks(&text) {
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match info.as_slice() {
            ["mesh"] => place.write("access.mesh", &block.text),
            ["yaml", name] => place.write(name, &block.text),
            ["sh"] => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &block.text]).current_dir(place.path()).env("PATH", &path);
                let done = shell.output().unwrap();
                // Findings are on standard error, and nothing else is there for people.
                last = String::from_utf8(done.stderr).unwrap();
                assert_eq!(done.stdout, b"", "line {}", block.line);
                assert_eq!(done.status.code(), Some(i32::from(last.contains("error"))), "line {}: {last}", block.line);
                commands += 1;
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
    assert_eq!((commands, shown), (2, 2));
}
