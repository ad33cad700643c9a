//! `meshc fmt`.

use crate::support::{BROKEN, CART, Place, assert_run};

/// The app with a blank too many.
fn untidy() -> String {
    CART.replace(" port", "  port")
}

#[test]
fn files_are_written_in_place_and_only_those_that_change() {
    let place = Place::new(&[("a.mesh", &untidy()), ("deep/b.mesh", CART)]);
    let run = place.run(&["fmt"]).exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    assert_eq!(place.read("a.mesh"), CART);
    assert_eq!(place.files("").len(), 2);
    place.run(&["fmt", "--check"]).exits(0);
}

#[test]
fn check_and_diff_write_nothing() {
    let place = Place::new(&[("a.mesh", &untidy()), ("b.mesh", CART)]);
    assert_run("fmt-check", &place.run(&["fmt", "--check"]));
    assert_run("fmt-diff", &place.run(&["fmt", "--diff"]));
    assert_eq!(place.read("a.mesh"), untidy());
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let place = Place::new(&[]);
    assert_eq!(place.run_with_input(&["fmt", "-"], &untidy()).exits(0).stdout, CART);
    assert_eq!(place.run_with_input(&["fmt", "-"], CART).exits(0).stdout, CART);
    let run = place.run_with_input(&["fmt", "-", "--check"], &untidy()).exits(1);
    assert_eq!(run.stdout, "would reformat <stdin>\n");
}

#[test]
fn a_file_with_errors_is_left_alone_and_the_others_are_formatted() {
    let wrong = format!("{BROKEN}{}", untidy());
    let place = Place::new(&[("a.mesh", &wrong), ("b.mesh", &untidy())]);
    let run = place.run(&["fmt"]).exits(1);
    assert!(run.stderr.contains("error[E01"), "{}", run.stderr);
    assert_eq!((place.read("a.mesh"), place.read("b.mesh")), (wrong, CART.to_string()));
    let run = place.run_with_input(&["fmt", "-"], BROKEN).exits(1);
    assert_eq!(run.stdout, "");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let place = Place::new(&[("real/a.mesh", &untidy())]);
    let real = place.path().join("real/a.mesh");
    fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.mesh", place.path().join("link.mesh")).unwrap();
    place.run(&["fmt", "link.mesh"]).exits(0);
    assert!(place.path().join("link.mesh").symlink_metadata().unwrap().is_symlink());
    assert_eq!(place.read("real/a.mesh"), CART);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_not_got_round() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new(&[("a.mesh", &untidy())]);
    fs::set_permissions(place.path().join("a.mesh"), Permissions::from_mode(0o444)).unwrap();
    let run = place.run(&["fmt"]).exits(2);
    assert!(run.stderr.contains("permission denied"), "{}", run.stderr);
    assert_eq!(place.read("a.mesh"), untidy());
}
