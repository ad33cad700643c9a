//! Outputs that nobody reads, or that cannot be written.

use std::process::{Command, Stdio};

use crate::support::{BROKEN, Place, Run, SHOP};

/// Runs with a standard output whose reader has gone.
fn run_unread(command: &mut Command) -> Run {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Run::of(command.stdout(Stdio::from(writer)).stderr(Stdio::piped()).output().unwrap())
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    for arguments in [vec!["build"], vec!["explain"], vec!["man"], vec!["completions", "bash"], vec!["--help"]] {
        let run = run_unread(place.command().args(&arguments)).exits(0);
        assert_eq!(run.stderr, "", "{arguments:?}");
    }
}

#[test]
fn nobody_at_standard_error_changes_no_exit_code() {
    let place = Place::new(&[("access.mesh", BROKEN)]);
    for (arguments, code) in [(vec!["build"], 1), (vec!["build", "nowhere"], 2), (vec!["check"], 1), (vec!["wrong"], 2)]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command().args(&arguments).stderr(Stdio::from(writer)).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_exit_code_2() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.command().arg("build").stdout(Stdio::from(full)).stderr(Stdio::piped()).output().unwrap();
    let run = Run::of(output).exits(2);
    assert!(run.stderr.starts_with("error: cannot write to standard output: "), "{}", run.stderr);
}
