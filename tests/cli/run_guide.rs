//! The commands of the guide do what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::real_envoy::alone;
use crate::common::{blocks, root};
use crate::run_verb::{Running, free_port};
use crate::support::Place;

#[test]
fn the_guide_comes_out_as_written() {
    let _alone = alone();
    let text = fs::read_to_string(root().join("docs/guides/try-your-gateway.md")).unwrap();
    let (place, port) = (Place::new(&[]), free_port());
    let here = |text: &str| text.replace("8080", &port.to_string());
    let program = Path::new(env!("CARGO_BIN_EXE_meshc")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut running: Option<Running> = None;
    let (mut commands, mut last) = (0, String::new());
    for block in blocks(&text) {
        let info: Vec<&str> = block.info.iter().map(String::as_str).collect();
        match info.as_slice() {
            ["mesh", ..] if running.is_some() => {
                place.write("access.mesh", &block.text);
                running.as_ref().unwrap().wait_for("the program has changed");
            }
            ["mesh", ..] => place.write("access.mesh", &block.text),
            ["sh"] if block.text.starts_with("meshc run ") => {
                let arguments: Vec<&str> = block.text.split_whitespace().skip(2).collect();
                running = Some(Running::start(&place, &arguments, port));
                running.as_ref().unwrap().wait_for("# corp: no token\ncurl");
                commands += 1;
            }
            ["sh"] => {
                let mut shell = Command::new("sh");
                shell.args(["-ec", &here(&block.text)]).current_dir(place.path()).env("PATH", &path);
                let done = shell.env("XDG_RUNTIME_DIR", place.path().join("runtime")).output().unwrap();
                last = String::from_utf8(done.stdout).unwrap();
                let errors = String::from_utf8_lossy(&done.stderr).into_owned();
                assert!(done.status.success(), "line {}: {last}{errors}", block.line);
                commands += 1;
            }
            // What the command before says; of the table only its beginning is shown.
            ["text", "table"] => {
                let said = running.as_ref().unwrap().said();
                assert!(said.starts_with(&here(&block.text)), "line {}: {said}", block.line);
            }
            ["text"] => assert_eq!(last, block.text, "line {}", block.line),
            // How Envoy is had: the tests have theirs.
            ["console"] => {}
            other => panic!("line {}: a block of {other:?}", block.line),
        }
    }
    assert!(commands > 4, "{commands} commands");
    assert_eq!(running.expect("the guide runs a gateway").interrupt(), 0);
}
