//! `meshc.toml`: where it is looked for, what it changes, and what is said of one that is wrong.

use crate::support::{CART, Place, SHOP, assert_run};

const NAME: &str = "name = \"market\"\n";
const LABEL: &str = "    app.kubernetes.io/part-of: market\n";

#[test]
fn every_object_bears_the_name() {
    let place = Place::new(&[("src/shop.mesh", SHOP), ("meshc.toml", NAME)]);
    let built = place.run(&["build"]).exits(0).stdout;
    assert_eq!(built.matches(LABEL).count(), built.matches("kind: ").count());
    assert!(built.contains("# from src/shop.mesh:"), "{built}");
    // The file is found upwards, and names of files are those from its directory.
    for (directory, path) in [("", "src"), ("src", "."), ("src", "shop.mesh"), ("", "src/shop.mesh")] {
        assert_eq!(place.run_in(directory, &["build", path]).exits(0).stdout, built, "{directory} {path}");
    }
    assert_eq!(place.run_with_input(&["build", "-"], SHOP).stdout.matches(LABEL).count(), built.matches(LABEL).count());
    let json = place.run(&["build", "--format", "json"]).exits(0).stdout;
    assert_eq!(json.matches("\"app.kubernetes.io/part-of\": \"market\"").count(), built.matches(LABEL).count());
}

#[test]
fn without_the_file_objects_bear_no_name() {
    let place = Place::new(&[("shop.mesh", SHOP)]);
    assert!(!place.run(&["build"]).exits(0).stdout.contains("part-of"));
}

#[test]
fn what_is_wrong_with_the_file_is_a_finding_at_its_place() {
    let wrong = [("syntax", "name = market\n"), ("key", "nmae = \"market\"\n"), ("name", "name = \"My Market\"\n")];
    for (what, text) in wrong {
        let place = Place::new(&[("src/shop.mesh", SHOP), ("meshc.toml", text)]);
        assert_run(&format!("project-{what}"), &place.run(&["build", "src"]).exits(1));
    }
    let place = Place::new(&[("src/shop.mesh", SHOP), ("meshc.toml", "name = 7\n")]);
    let run = place.run_in("src", &["check", "--message-format", "short"]).exits(1);
    assert_eq!(run.stderr, "../meshc.toml:1:8: error[E1101]: the value of `name` is an integer and not a string\n");
    for verb in ["check", "build", "test"] {
        assert_eq!(place.run(&[verb]).code, 1, "{verb}");
    }
    assert!(place.run(&["check", "--message-format", "sarif"]).exits(1).stdout.contains("\"E1101\""));
    // Formatting is about files, not about a program.
    place.run(&["fmt", "--check"]).exits(0);
}

#[test]
fn a_file_that_cannot_be_read_is_a_failure() {
    let place = Place::new(&[("shop.mesh", SHOP)]);
    place.write("meshc.toml", [0xFF]);
    let run = place.run(&["build"]).exits(2);
    assert_eq!(run.stderr, "error: cannot read `meshc.toml`: it is not UTF-8 text, as its byte 1 shows\n");
    assert_eq!(run.stdout, "");
    place.write("meshc.toml", "#".repeat(100_000));
    assert_eq!(place.run(&["build"]).exits(2).stderr, "error: `meshc.toml` is larger than 64 KiB\n");
}

#[cfg(unix)]
#[test]
fn a_name_is_not_lost_in_silence() {
    let place = Place::new(&[("shop.mesh", SHOP)]);
    std::os::unix::fs::symlink("nowhere", place.path().join("meshc.toml")).unwrap();
    assert_eq!(
        place.run(&["build"]).exits(2).stderr,
        "error: `meshc.toml` is a link that leads nowhere; remove the link\n"
    );
    place.remove("meshc.toml");
    // A directory of this name is no file either, and not passed over.
    place.write("meshc.toml/file", "");
    assert_eq!(place.run(&["build"]).exits(2).stderr, "error: `meshc.toml` is not a file\n");
    std::fs::remove_dir_all(place.path().join("meshc.toml")).unwrap();
    place.write("other/file", "");
    std::os::unix::fs::symlink("other", place.path().join("meshc.toml")).unwrap();
    assert_eq!(place.run(&["build"]).exits(2).stderr, "error: `meshc.toml` is not a file\n");
}

/// A named program within another directory, which may be a program too.
fn nested() -> Place {
    Place::new(&[("shop.mesh", SHOP), ("inner/cart.mesh", CART), ("inner/meshc.toml", "name = \"cart\"\n")])
}

#[test]
fn a_directory_above_a_program_is_none() {
    let place = nested();
    for verb in ["build", "check", "test"] {
        let run = place.run(&[verb]).exits(2);
        let wanted =
            "error: `inner` is a program of its own, since it holds a `meshc.toml`; give one program, as `inner`\n";
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", wanted), "{verb}");
    }
    place.run(&["fmt", "--check"]).exits(0);
    // Also where it holds no program itself.
    place.remove("shop.mesh");
    assert!(place.run(&["check"]).exits(2).stderr.contains("`inner` is a program of its own"));
}

#[test]
fn a_program_within_a_program_is_left_out() {
    let place = nested();
    place.write("meshc.toml", NAME);
    let run = place.run(&["build"]).exits(0);
    assert!(run.stdout.contains("name: shop") && !run.stdout.contains("cart"), "{}", run.stdout);
    assert!(run.stderr.contains("`inner` is a program of its own and was left out\n"), "{}", run.stderr);
}

#[test]
fn paths_of_two_programs_are_not_one() {
    let place = nested();
    let run = place.run(&["build", "shop.mesh", "inner"]).exits(2);
    assert_eq!(
        run.stderr,
        "error: the paths belong to different programs, `inner` to that of `inner/meshc.toml` and `.` to none with a \
         `meshc.toml`; give one program\n"
    );
    place.write("meshc.toml", NAME);
    let run = place.run(&["check", "shop.mesh", "inner/cart.mesh"]).exits(2);
    assert!(run.stderr.contains("to that of `meshc.toml`"), "{}", run.stderr);
}

#[test]
fn init_names_the_program_after_its_directory() {
    let place = Place::new(&[]);
    place.run(&["init", "my-shop"]).exits(0);
    assert!(place.read("my-shop/meshc.toml").ends_with("name = \"my-shop\"\n"));
    assert!(place.run(&["build", "my-shop"]).exits(0).stdout.contains("part-of: my-shop"));
    // A directory whose name is none of a program gives the nearest one.
    let run = place.run(&["init", "Shop_1"]).exits(0);
    assert!(place.read("Shop_1/meshc.toml").ends_with("name = \"shop-1\"\n"));
    assert_eq!(
        run.stderr,
        "wrote `Shop_1/access.mesh` and `Shop_1/meshc.toml`, which names the program `shop-1`: no other program of the \
         cluster may have this name; `meshc build` compiles the program\n"
    );
    place.run(&["init", "???"]).exits(0);
    assert!(place.read("???/meshc.toml").ends_with("name = \"access\"\n"));
}

#[test]
fn init_joins_no_program_in_silence() {
    // A name that is there stays.
    let place = Place::new(&[("meshc.toml", NAME)]);
    let run = place.run(&["init"]).exits(0);
    let wanted = "wrote `access.mesh`, a part of the program `market`; no `meshc.toml` was written; `meshc build` \
                  compiles the program\n";
    assert_eq!(run.stderr, wanted);
    let before = place.files("");
    assert_eq!(before.keys().collect::<Vec<_>>(), ["access.mesh", "meshc.toml"]);
    assert_eq!(place.read("meshc.toml"), NAME);
    for directory in ["more", "more/and/more"] {
        let run = place.run(&["init", directory]).exits(2);
        let wanted =
            format!("error: `{directory}/access.mesh` would become a part of the program `market` and change it");
        assert!(run.stderr.starts_with(&wanted), "{}", run.stderr);
        assert_eq!(place.files(""), before);
        assert!(!place.path().join("more").exists());
    }
    // Also beside the other files of the program.
    place.write("shop.mesh", SHOP);
    place.remove("access.mesh");
    place.run(&["init"]).exits(2);
    assert_eq!(place.files("").keys().collect::<Vec<_>>(), ["meshc.toml", "shop.mesh"]);
}
