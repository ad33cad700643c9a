//! Programs that are too large to be shown: an object above 1 MiB is refused where it cannot be split, and split where it
//! can.

mod common;

use std::fmt::Write as _;

use common::{check, compile};
use meshc::Options;
use meshc::diagnostic::codes;
use meshc::source::SourceMap;

/// An app with so many routes on one host, each with a path of this length.
fn program(routes: usize, length: usize) -> SourceMap {
    let mut text = String::from(
        "gateway edge {\n  http 80\n}\n\nissuer corp {\n  url \"https://id.example.com\"\n}\n\n\
         app shop port 80 {\n  hosts shop.example.com\n\n",
    );
    for i in 0..routes {
        let path = format!("{i:05}{}", "x".repeat(length - 5));
        // A `String` takes everything that is written to it.
        let _ = writeln!(text, "  GET /{path} require token from corp");
    }
    text.push_str("}\n");
    SourceMap::single("access.mesh", text)
}

#[test]
fn a_virtual_service_above_one_mebibyte_is_refused_at_its_app() {
    let sources = program(1500, 900);
    let found = check(&sources);
    let [finding] = found.as_slice() else { panic!("{:?}", common::told(&found)) };
    assert_eq!(finding.code, codes::OBJECT_TOO_LARGE);
    assert_eq!(
        finding.message,
        "the VirtualService `edge.shop.example.com` would be larger than 1 MiB, which a cluster does not store"
    );
    assert_eq!(sources.text(finding.primary.span), "app shop port 80");
    assert_eq!(finding.help.as_deref(), Some("spread the routes over several hosts"));
    assert!(compile(&sources, &Options::default()).documents.is_empty());
}

#[test]
fn policies_are_split_before_that() {
    let sources = program(700, 900);
    let compilation = compile(&sources, &Options::default());
    assert_eq!(compilation.diagnostics, []);
    let policies: Vec<&str> = compilation
        .documents
        .iter()
        .filter(|d| d.key.kind == "AuthorizationPolicy")
        .map(|d| d.key.name.as_str())
        .collect();
    assert!(policies.len() > 1 && policies.contains(&"shop") && policies.contains(&"shop.2"), "{policies:?}");
}
