//! `meshc build --out`: what is written, replaced and removed, and what is left alone.

use std::fs;
use std::path::Path;

use crate::support::{BROKEN, CART, Place, SHOP, assert_run};

/// A program that was built once into `out`.
fn built() -> Place {
    let place = Place::new(&[("src/shop.mesh", SHOP), ("src/cart.mesh", CART)]);
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(place.manifests("out").len() >= 2);
    place
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

/// The name of a file that goes when the app `cart` goes, and the name of one that stays.
fn cart_and_shop(place: &Place) -> (String, String) {
    let alone = Place::new(&[("src/shop.mesh", SHOP)]);
    alone.run(&["build", "src", "--out", "out"]).exits(0);
    let (all, few) = (place.manifests("out"), alone.manifests("out"));
    let cart = all.keys().find(|name| !few.contains_key(*name)).unwrap();
    let shop = few.keys().find(|name| all.contains_key(*name)).unwrap();
    (cart.clone(), shop.clone())
}

#[test]
fn every_object_has_a_file_and_every_file_is_one_of_the_stream() {
    let place = built();
    let mut stream: Vec<String> = place.run(&["build", "src"]).stdout.split("---\n").map(String::from).collect();
    let mut files: Vec<String> = place.manifests("out").into_values().collect();
    stream.sort();
    files.sort();
    assert_eq!(files, stream);
    let names: Vec<String> = place.manifests("out").into_keys().collect();
    let fine =
        |name: &String| name.split_once('/').is_some_and(|(_, f)| f.contains('-')) && has_extension(name, "yaml");
    assert!(names.iter().all(fine), "{names:?}");
}

#[test]
fn the_same_program_writes_nothing_again() {
    let place = built();
    let times = |place: &Place| -> Vec<_> {
        let time = |name: &String| fs::metadata(place.path().join("out").join(name)).unwrap().modified().unwrap();
        place.files("out").keys().map(time).collect()
    };
    let (files, before) = (place.files("out"), times(&place));
    let run = place.run(&["build", "--out", "out", "src/shop.mesh", "src/cart.mesh"]).exits(0);
    assert!(run.stderr.ends_with(&format!("0 written, {} unchanged, 0 removed\n", files.len() - 1)), "{}", run.stderr);
    assert_eq!((place.files("out"), times(&place)), (files, before));
}

#[test]
fn what_no_longer_belongs_goes_and_what_is_foreign_stays() {
    let place = built();
    place.write("out/README", "mine");
    place.write("out/default/notes.txt", "mine");
    place.remove("src/cart.mesh");
    place.run(&["build", "src", "--out", "out"]).exits(0);

    let fresh = Place::new(&[("src/shop.mesh", SHOP)]);
    fresh.run(&["build", "src", "--out", "out"]).exits(0);
    let mut expected = fresh.manifests("out");
    expected.insert("default/notes.txt".into(), "mine".into());
    let mut found = place.manifests("out");
    assert!(found.remove(POLICY).is_some(), "the policy stays");
    assert_eq!(found, expected);
    assert_eq!(place.read("out/README"), "mine");
}

/// The policy of the app `cart`.
const POLICY: &str = "default/authorizationpolicy-cart.yaml";

/// The rules of a policy in YAML.
fn rules(text: &str) -> Vec<serde_json::Value> {
    let policy: serde_json::Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(policy["spec"]["selector"]["matchLabels"], serde_json::json!({ "app": "cart" }));
    assert_eq!(policy["spec"]["action"], "ALLOW");
    policy["spec"]["rules"].as_array().cloned().unwrap_or_default()
}

#[test]
fn the_policy_of_an_app_that_is_gone_stays_without_rules() {
    let place = built();
    assert_eq!(rules(&place.read(&format!("out/{POLICY}"))).len(), 1);
    place.remove("src/cart.mesh");
    let run = place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(run.stderr.contains(&format!("kept without rules: `{POLICY}`; ")), "{}", run.stderr);
    let closed = place.read(&format!("out/{POLICY}"));
    assert_eq!(rules(&closed), Vec::<serde_json::Value>::new());
    assert!(closed.contains("    app.kubernetes.io/managed-by: meshc\n"), "{closed}");
    // Another build changes nothing, and says so again.
    let before = place.files("out");
    assert_eq!(place.run(&["build", "src", "--out", "out", "--check"]).exits(0).stdout, "");
    let run = place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(run.stderr.contains("kept without rules") && run.stderr.contains("0 written"), "{}", run.stderr);
    assert_eq!(place.files("out"), before);
    // In the other form it is the same policy.
    place.run(&["build", "src", "--out", "out", "--format", "json"]).exits(0);
    let json = place.manifests("out");
    assert_eq!(rules(&json[&POLICY.replace("yaml", "json")]), Vec::<serde_json::Value>::new());
    assert!(!json.contains_key(POLICY));
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert_eq!(place.files("out"), before);
    // The app comes back.
    place.write("src/cart.mesh", CART);
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert_eq!(rules(&place.read(&format!("out/{POLICY}"))).len(), 1);
}

#[test]
fn a_policy_without_rules_goes_when_it_is_given_up() {
    let place = built();
    place.remove("src/cart.mesh");
    place.run(&["build", "src", "--out", "out"]).exits(0);
    let run = place.run(&["build", "src", "--out", "out", "--force"]).exits(0);
    assert!(!place.path().join("out").join(POLICY).exists());
    let wanted = format!("removed: `{POLICY}`; pods that no other policy selects are open to the mesh\n");
    assert!(run.stderr.ends_with(&wanted), "{}", run.stderr);
    assert_eq!(place.run(&["build", "src", "--out", "out", "--check"]).exits(0).stdout, "");
}

#[test]
fn a_policy_without_rules_bears_the_name_of_the_program() {
    let place = Place::new(&[("src/shop.mesh", SHOP), ("src/cart.mesh", CART)]);
    place.run(&["build", "src", "--out", "out"]).exits(0);
    place.remove("src/cart.mesh");
    place.write("src/meshc.toml", "name = \"market\"\n");
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(place.read(&format!("out/{POLICY}")).contains("    app.kubernetes.io/part-of: market\n"));
    // It is what an earlier build left, so it keeps the name that the program has no more.
    place.remove("src/meshc.toml");
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(place.read(&format!("out/{POLICY}")).contains("    app.kubernetes.io/part-of: market\n"));
}

/// A program whose policy has so many rules.
fn many(rules: usize) -> String {
    let line = |i| format!("  GET /r{i} require token from corp and claim groups has \"g{i}\"\n");
    let lines: String = (0..rules).map(line).collect();
    let issuer = &crate::support::WARNING[..crate::support::WARNING.find("policy").unwrap()];
    format!("{issuer}app cart port 8080 {{\n{lines}}}\n")
}

#[test]
fn a_part_that_is_no_longer_needed_allows_nothing() {
    let place = Place::new(&[("cart.mesh", &many(600))]);
    place.run(&["build", "--out", "out"]).exits(0);
    let part = "out/default/authorizationpolicy-cart.2.yaml";
    assert_eq!(rules(&place.read(part)).len(), 88);
    place.write("cart.mesh", many(300));
    place.run(&["build", "--out", "out"]).exits(0);
    assert_eq!(rules(&place.read(part)), Vec::<serde_json::Value>::new());
    assert_eq!(rules(&place.read(&format!("out/{POLICY}"))).len(), 300);
    place.write("cart.mesh", many(550));
    place.run(&["build", "--out", "out"]).exits(0);
    assert_eq!(rules(&place.read(part)).len(), 38);
}

#[test]
fn a_stream_says_that_a_policy_has_parts() {
    let place = Place::new(&[("cart.mesh", &many(600))]);
    let run = place.run(&["build", "--message-format", "short"]).exits(0);
    assert_eq!(
        run.stderr,
        "cart.mesh:6:1: warning[W1104]: the AuthorizationPolicy `cart` is so large that it becomes several, up to \
         `cart.2`\n"
    );
    // A directory has a list, and a check writes nothing.
    assert!(!place.run(&["build", "--out", "out", "--message-format", "short"]).exits(0).stderr.contains("W1104"));
    assert_eq!(place.run(&["check", "--deny-warnings", "--message-format", "short"]).exits(0).stderr, "");
    place.write("cart.mesh", many(512));
    assert_eq!(place.run(&["build", "--message-format", "short"]).exits(0).stderr, "");
}

#[test]
fn an_empty_directory_of_a_namespace_goes() {
    let other = CART.replace("app cart", "app cart in web");
    let place = Place::new(&[("src/shop.mesh", SHOP), ("src/cart.mesh", &other)]);
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert!(place.path().join("out/web").is_dir());
    place.remove("src/cart.mesh");
    // Without `--force` the policy of the app stays in it.
    place.run(&["build", "src", "--out", "out", "--force"]).exits(0);
    assert!(!place.path().join("out/web").exists());
}

#[test]
fn a_build_that_fails_changes_nothing() {
    let place = built();
    let before = place.files("out");
    place.write("src/cart.mesh", BROKEN);
    let run = place.run(&["build", "src", "--out", "out"]).exits(1);
    assert_eq!(run.stdout, "");
    assert_eq!(place.files("out"), before);

    let place = Place::new(&[("src/wrong.mesh", BROKEN)]);
    place.run(&["build", "src", "--out", "out"]).exits(1);
    assert!(!place.path().join("out").exists());
}

#[test]
fn a_foreign_file_in_the_way_is_never_replaced() {
    let place = built();
    let (cart, _) = cart_and_shop(&place);
    let other = Place::new(&[("src/shop.mesh", SHOP), ("src/cart.mesh", CART)]);
    other.write(&format!("out/{cart}"), "mine");
    let before = other.files("out");
    for arguments in [vec!["build", "src", "--out", "out"], vec!["build", "src", "--out", "out", "--force"]] {
        let run = other.run(&arguments).exits(2);
        assert!(run.stderr.contains("was not written by meshc"), "{}", run.stderr);
        assert_eq!(other.files("out"), before);
    }
    // A directory in the way is no better.
    other.remove(&format!("out/{cart}"));
    other.write(&format!("out/{cart}/file"), "mine");
    other.run(&["build", "src", "--out", "out"]).exits(2);
    // Nor is a file in the way of a directory.
    let third = Place::new(&[("src/shop.mesh", SHOP), ("out/default", "mine")]);
    third.run(&["build", "src", "--out", "out"]).exits(2);
    assert_eq!(third.files("out").len(), 1);
}

#[test]
fn an_edited_file_is_kept_unless_it_is_given_up() {
    let place = built();
    let (cart, shop) = cart_and_shop(&place);
    let good = place.files("out");
    place.write(&format!("out/{shop}"), "edited");
    let edited = place.files("out");
    let run = place.run(&["build", "src", "--out", "out"]).exits(2);
    assert!(run.stderr.contains("was edited since meshc wrote it"), "{}", run.stderr);
    assert_eq!(place.files("out"), edited);
    place.run(&["build", "src", "--out", "out", "--force"]).exits(0);
    assert_eq!(place.files("out"), good);

    place.write(&format!("out/{cart}"), "edited");
    place.remove("src/cart.mesh");
    place.run(&["build", "src", "--out", "out"]).exits(2);
    assert_eq!(place.read(&format!("out/{cart}")), "edited");
    let run = place.run(&["build", "src", "--out", "out", "--force"]).exits(0);
    assert!(run.stderr.contains(&format!("removed: `{cart}`; ")), "{}", run.stderr);
    assert!(!place.path().join("out").join(&cart).exists());
}

#[test]
fn a_file_that_is_already_right_is_taken_over() {
    let place = built();
    let before = place.files("out");
    place.remove("out/.meshc-files.json");
    place.run(&["build", "src", "--out", "out"]).exits(0);
    assert_eq!(place.files("out"), before);
}

#[test]
fn the_list_cannot_lead_out_of_the_directory() {
    let place = built();
    place.write("victim", "mine");
    for name in ["../victim", "/etc/hostname", "default/../../victim", "victim"] {
        place.write("out/.meshc-files.json", format!("{{\"version\":1,\"files\":{{\"{name}\":[\"0\"]}}}}"));
        let run = place.run(&["build", "src", "--out", "out", "--force"]).exits(2);
        assert!(run.stderr.contains("is not a list that this meshc wrote"), "{}", run.stderr);
        assert_eq!(place.read("victim"), "mine");
    }
    place.write("out/.meshc-files.json", "{\"version\":2,\"files\":{}}");
    place.run(&["build", "src", "--out", "out"]).exits(2);
}

#[test]
fn the_other_format_replaces_the_files() {
    let place = built();
    let count = place.manifests("out").len();
    place.run(&["build", "src", "--out", "out", "--format", "json"]).exits(0);
    let files = place.manifests("out");
    assert_eq!(files.len(), count);
    for (name, text) in files {
        assert!(has_extension(&name, "json"), "{name}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["kind"].is_string());
    }
}

#[test]
fn check_says_what_differs_and_writes_nothing() {
    let place = built();
    assert_eq!(place.run(&["build", "src", "--out", "out", "--check"]).exits(0).stdout, "");
    let (cart, shop) = cart_and_shop(&place);
    place.write(&format!("out/{shop}"), "edited");
    let before = place.files("out");
    let run = place.run(&["build", "src", "--out", "out", "--check"]).exits(1);
    assert_eq!(run.stdout, format!("different: {shop}\n"));
    place.remove(&format!("out/{shop}"));
    let run = place.run(&["build", "src", "--out", "out", "--check"]).exits(1);
    assert_eq!(run.stdout, format!("missing: {shop}\n"));
    place.write(&format!("out/{shop}"), &before[&shop]);
    place.run(&["build", "src", "--out", "out", "--force"]).exits(0);
    place.remove("src/cart.mesh");
    let before = place.files("out");
    let run = place.run(&["build", "src", "--out", "out", "--check"]).exits(1);
    assert!(run.stdout.contains(&format!("different: {cart}\n")), "{}", run.stdout);
    assert!(run.stdout.contains("superfluous: default/virtualservice-"), "{}", run.stdout);
    assert_eq!(place.files("out"), before);
    // A directory that is not there is only missing files.
    let run = place.run(&["build", "src", "--out", "nowhere", "--check"]).exits(1);
    assert!(run.stdout.lines().all(|line| line.starts_with("missing: ")), "{}", run.stdout);
    assert!(!place.path().join("nowhere").exists());
}

#[test]
fn the_list_is_what_it_is_documented_to_be() {
    let place = built();
    let list: serde_json::Value = serde_json::from_str(&place.read("out/.meshc-files.json")).unwrap();
    assert_eq!(list["version"], 1);
    let names: Vec<&String> = list["files"].as_object().unwrap().keys().collect();
    let manifests = place.manifests("out");
    assert_eq!(names, manifests.keys().collect::<Vec<_>>());
    assert!(!place.files("out").keys().any(|name| name.contains(".meshc-") && name != ".meshc-files.json"));
}

#[cfg(unix)]
#[test]
fn files_can_be_read_by_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = built();
    place.write("plain", "x");
    let mode = |name: &str| fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    let (_, shop) = cart_and_shop(&place);
    assert_eq!(mode(&format!("out/{shop}")), mode("plain"));
    assert_eq!(mode("out/.meshc-files.json"), mode("plain"));
}

#[test]
fn a_directory_that_cannot_be_made_is_exit_code_2() {
    let place = Place::new(&[("src/shop.mesh", SHOP), ("file", "mine")]);
    assert_run("out-is-a-file", &place.run(&["build", "src", "--out", "file"]));
    assert_eq!(place.read("file"), "mine");
}

#[test]
fn the_directory_of_another_program_is_left_alone() {
    let place = Place::new(&[
        ("a/shop.mesh", SHOP),
        ("a/meshc.toml", "name = \"market\"\n"),
        ("b/shop.mesh", SHOP),
        ("b/meshc.toml", "name = \"bazaar\"\n"),
    ]);
    place.run(&["build", "a", "--out", "out"]).exits(0);
    let before = place.files("out");
    let list: serde_json::Value = serde_json::from_str(&before[".meshc-files.json"]).unwrap();
    assert_eq!(list["program"], "market");
    for more in [&[][..], &["--check"], &["--force"]] {
        let run = place.run(&[&["build", "b", "--out", "out"], more].concat()).exits(2);
        assert_eq!(
            run.stderr,
            "error: `out` holds what was built from the program `market`, and this program is `bazaar`; choose another \
             directory, or, if `market` is called `bazaar` now, remove the line `\"program\"` of its `.meshc-files.json`\n"
        );
        assert_eq!(place.files("out"), before);
    }
    // A list from before lists had names is taken over.
    place.write("out/.meshc-files.json", before[".meshc-files.json"].replace("  \"program\": \"market\",\n", ""));
    place.run(&["build", "b", "--out", "out"]).exits(0);
    assert!(place.read("out/.meshc-files.json").contains("\"program\": \"bazaar\""));
}

#[test]
fn a_part_of_a_named_program_is_not_built_into_a_directory() {
    let place = Place::new(&[("shop.mesh", SHOP), ("cart.mesh", CART), ("meshc.toml", "name = \"market\"\n")]);
    place.run(&["build", "--out", "out"]).exits(0);
    let before = place.files("out");
    let run = place.run(&["build", "shop.mesh", "--out", "out"]).exits(2);
    let wanted = "error: `cart.mesh` is a part of the program `market` and was not given; give the directory of its \
                  `meshc.toml`\n";
    assert_eq!((run.stderr.as_str(), place.files("out")), (wanted, before));
    place.run(&["build", "shop.mesh"]).exits(0);
}
