//! Which files are a program, and what is said of those that cannot be read.

use crate::support::{CART, Place, SHOP, assert_run};

/// The files of the origins in a build, in order.
fn built_from(place: &Place, arguments: &[&str]) -> Vec<String> {
    let run = place.run(&[&["build"], arguments].concat()).exits(0);
    let comments = run.stdout.lines().filter_map(|line| line.strip_prefix("# from "));
    let mut names: Vec<String> =
        comments.flat_map(|c| c.split(", ").map(|part| part.rsplit_once(':').unwrap().0.to_string())).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn directories_are_searched_and_some_are_skipped() {
    let place = Place::new(&[
        ("shop.mesh", SHOP),
        ("a/b/cart.mesh", CART),
        (".hidden/x.mesh", "broken"),
        ("a/.x.mesh", "broken"),
        ("target/x.mesh", "broken"),
        ("a/node_modules/x.mesh", "broken"),
        ("a/x.mesh.bak", "broken"),
        ("mesh", "broken"),
    ]);
    assert_eq!(built_from(&place, &[]), ["a/b/cart.mesh", "shop.mesh"]);
    // What is named is read, whatever it is called.
    place.run(&["check", "mesh"]).exits(1);
    place.run(&["check", ".hidden"]).exits(1);
}

#[test]
fn a_single_file_is_named_from_its_directory() {
    let place = Place::new(&[("a/b/shop.mesh", SHOP)]);
    assert_eq!(built_from(&place, &["a/b/shop.mesh"]), ["shop.mesh"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once() {
    use std::os::unix::fs::symlink;
    let place = Place::new(&[("a/shop.mesh", SHOP), ("shared/cart.mesh", CART)]);
    symlink("..", place.path().join("a/up")).unwrap();
    symlink("../shared", place.path().join("a/shared")).unwrap();
    symlink("shop.mesh", place.path().join("a/again.mesh")).unwrap();
    let run = place.run(&["build", "a"]).exits(0);
    assert_eq!(
        run.stdout.matches("name: cart\n").count(),
        place.run(&["build", "."]).stdout.matches("name: cart\n").count()
    );
    place.run(&["build", "a", ".", "shared"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_said_to_be_one() {
    let place = Place::new(&[("shop.mesh", SHOP)]);
    std::os::unix::fs::symlink("nowhere", place.path().join("lost.mesh")).unwrap();
    assert_run("paths-dangling", &place.run(&["build"]));
}

#[test]
fn what_cannot_be_read_is_named_all_at_once() {
    let place = Place::new(&[("good.mesh", SHOP), ("empty/readme.txt", "")]);
    place.write("latin.mesh", [b'#', 0xE9, b'\n']);
    assert_run(
        "paths-unreadable",
        &place.run(&["build", "missing.mesh", "empty", "latin.mesh", "good.mesh", "no/such"]),
    );
    assert_run("paths-nothing", &Place::new(&[]).run(&["check"]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new(&[("good.mesh", SHOP)]);
    let name = std::ffi::OsStr::from_bytes(b"b\xFF.mesh");
    std::fs::write(place.path().join(name), "").unwrap();
    let run = place.run(&["build"]).exits(2);
    assert!(run.stderr.contains("is not UTF-8"), "{}", run.stderr);
}

#[test]
fn a_name_cannot_leave_its_comment() {
    if cfg!(windows) {
        return;
    }
    let place = Place::new(&[("a\nkind: Secret.mesh", SHOP)]);
    let run = place.run(&["build"]).exits(0);
    assert!(run.stdout.starts_with("# from a\\u{a}kind: Secret.mesh:"), "{}", run.stdout);
    assert!(!run.stdout.contains("\nkind: Secret"), "{}", run.stdout);
}
