//! The manifests that the project started from come out of a program, and so does each variation that stood beside them.

mod common;

use std::collections::BTreeMap;

use common::{compile, program, root};
use meshc::Options;
use serde_json::{Value, json};

/// The `spec` of every object of an example, by group and kind. Names, labels and the version of the API do not count.
fn specs(example: &str) -> BTreeMap<String, Value> {
    let sources = program(&root().join("examples/seed").join(example));
    let built = compile(&sources, &Options::default());
    let objects = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap());
    by_kind(objects)
}

fn by_kind(objects: impl Iterator<Item = Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for object in objects {
        let group = object["apiVersion"].as_str().unwrap().split('/').next().unwrap().to_string();
        let kind = format!("{group} {}", object["kind"].as_str().unwrap());
        assert!(found.insert(kind, object["spec"].clone()).is_none(), "one object of a kind");
    }
    found
}

#[test]
fn the_manifests_are_those_that_were_written_by_hand() {
    let text = std::fs::read_to_string(root().join("tests/seed/manifests.yaml")).unwrap();
    let by_hand = serde_yaml::Deserializer::from_str(&text).map(|d| serde::Deserialize::deserialize(d).unwrap());
    let by_hand = by_kind(by_hand);
    assert_eq!(by_hand.len(), 4);
    assert_eq!(specs("base"), by_hand);
}

#[test]
fn a_token_in_a_header_of_its_own() {
    let rule = &specs("header")["security.istio.io RequestAuthentication"]["jwtRules"][0];
    assert_eq!(rule["fromHeaders"], json!([{ "name": "x-jwt-token", "prefix": "Bearer " }]));
}

#[test]
fn one_issuer_and_one_subject() {
    let rules = &specs("subject")["security.istio.io AuthorizationPolicy"]["rules"];
    let principals = &rules[0]["from"][0]["source"]["requestPrincipals"];
    assert_eq!(principals, &json!(["https://your-issuer.example.com/user@example.com"]));
}

#[test]
fn a_claim_of_groups() {
    let rules = &specs("groups")["security.istio.io AuthorizationPolicy"]["rules"];
    assert_eq!(rules[0]["when"], json!([{ "key": "request.auth.claims[groups]", "values": ["admins"] }]));
    assert_eq!(rules.as_array().map(Vec::len), Some(1));
}

#[test]
fn several_hosts_share_a_virtual_service_and_one_has_its_own() {
    let sources = program(&root().join("examples/seed/hosts"));
    let built = compile(&sources, &Options::default());
    let objects = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap());
    let hosts: Vec<Value> =
        objects.filter(|o| o["kind"] == "VirtualService").map(|o| o["spec"]["hosts"].clone()).collect();
    assert_eq!(hosts, [json!(["dev.example.com"]), json!(["stage.example.com", "test.example.com"])]);
}
