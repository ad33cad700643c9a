//! Files that a program names.

use crate::support::{Place, Run};

/// An app whose issuer has its keys in a file.
const INLINE: &str = "\
issuer corp {
  url  \"https://issuer.example.com\"
  jwks file \"keys/corp.json\"
}

gateway edge {
  https 443 tls \"edge-cert\"
}

app shop port 8080 {
  hosts shop.example.com

  GET /** require token from corp
}
";

const KEYS: &str = r#"{"keys": [{"kty": "RSA", "kid": "the-key", "n": "AQAB", "e": "AQAB"}]}"#;

fn refused(run: Run, reason: &str) {
    let run = run.exits(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("error[E0310]") && run.stderr.contains(reason), "{}", run.stderr);
}

#[test]
fn keys_are_read_beside_the_file_that_names_them() {
    let place = Place::new(&[("apps/shop/access.mesh", INLINE), ("apps/shop/keys/corp.json", KEYS)]);
    for run in [place.run(&["build"]), place.run(&["build", "apps"]), place.run_in("apps/shop/keys", &["build", ".."])]
    {
        assert!(run.exits(0).stdout.contains("the-key"));
    }
    // Standard input lies in the working directory.
    let beside = Place::new(&[("keys/corp.json", KEYS)]);
    assert!(beside.run_with_input(&["build", "-"], INLINE).exits(0).stdout.contains("the-key"));
}

#[test]
fn a_file_that_cannot_be_read_is_told_at_the_line_that_names_it() {
    let place = Place::new(&[("access.mesh", INLINE)]);
    refused(place.run(&["build"]), "no such file or directory");
    place.write("keys/corp.json/file", "");
    refused(place.run(&["check"]), "it is a directory");
    let place = Place::new(&[("access.mesh", INLINE)]);
    place.write("keys/corp.json", [0xFF]);
    refused(place.run(&["build"]), "it is not UTF-8 text, as its byte 1 shows");
}

#[test]
fn a_file_that_is_too_large_is_a_finding() {
    let place = Place::new(&[]);
    place.write("access.mesh", "#é\n".repeat(5 * 1024 * 1024));
    let run = place.run(&["check", "--message-format", "short"]).exits(1);
    assert!(run.stderr.starts_with("access.mesh:1:1: error[E0107]: "), "{}", run.stderr);
}
