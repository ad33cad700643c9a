//! Tokens that break what their issuer declares, and those whose claims no proxy takes.

use meshc::access::{Access, Credential, Outcome, Presented, Refusal, Request, Token, Via, decide};
use meshc::ir::{GatewayId, IssuerId, TokenLocation};
use meshc::target::istio::IstioVersion;
use serde_json::{Map, Value, json};

use crate::case::{manifests, probe, question};
use crate::common::programs::compile;
use crate::engine;

const PROGRAM: &str = r#"
issuer corp {
  url  "https://id.example.com"
  jwks "https://id.example.com/keys"

  claims {
    role: string
  }
}

gateway edge {
  http 80
}

app shop port 80 {
  hosts shop.example.com

  GET /admin  require token from corp and claim role is "admin" and not claim role is "suspended"
  GET /either require token from corp and claim role in ["admin", "buyer"] and claim role in ["admin", "seller"]
  GET /slash  require token from corp and subject is "a/b"
  GET /other  require token from corp and not subject is "a/b"
}
"#;

/// Path, claims beside `sub`, `sub`, status.
fn asked() -> Vec<(&'static str, Value, Value, u16)> {
    let ann = || json!("ann");
    vec![
        ("/admin", json!({ "role": "admin" }), ann(), 200),
        ("/admin", json!({ "role": ["admin"] }), ann(), 200),
        // A condition that a declared type took away let this one through.
        ("/admin", json!({ "role": ["admin", "suspended"] }), ann(), 403),
        ("/admin", json!({ "role": "suspended" }), ann(), 403),
        ("/admin", json!({}), ann(), 403),
        ("/either", json!({ "role": "admin" }), ann(), 200),
        ("/either", json!({ "role": ["buyer", "seller"] }), ann(), 200),
        ("/either", json!({ "role": ["buyer"] }), ann(), 403),
        // `sub` is a string in every token that is taken, so one condition on it is enough.
        ("/slash", json!({}), json!("a/b"), 200),
        ("/slash", json!({}), json!(["a/b"]), 401),
        ("/slash", json!({}), json!(["a/b", "ann"]), 401),
        ("/other", json!({}), ann(), 200),
        ("/other", json!({}), json!("a/b"), 403),
        ("/other", json!({}), json!(["a/b"]), 401),
        ("/other", json!({}), json!({ "a/b": true }), 401),
    ]
}

fn request(path: &str, claims: &Value, subject: &Value) -> Request {
    let mut claims: Map<String, Value> = claims.as_object().unwrap().clone();
    claims.insert("sub".to_string(), subject.clone());
    let token = Token { issuer: IssuerId(0), flaw: None, claims };
    Request {
        via: Via::Gateway(GatewayId(0), 80),
        authority: "shop.example.com".to_string(),
        method: "GET".to_string(),
        target: path.to_string(),
        preflight_origin: None,
        presented: Some(Presented { at: TokenLocation::Default, credential: Credential::Token(token) }),
    }
}

fn status(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Forward { .. } => 200,
        Outcome::Refused(Refusal::BadToken) => 401,
        Outcome::Refused(Refusal::NotMet) => 403,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tokens_that_break_a_declaration_are_held_against_every_condition() {
    let (program, _) = compile(PROGRAM);
    let program = program.unwrap();
    let (access, _) = Access::build(&program);
    let requests: Vec<(Request, u16)> =
        asked().iter().map(|(path, claims, subject, status)| (request(path, claims, subject), *status)).collect();
    for (request, wanted) in &requests {
        assert_eq!(status(&decide(&access, request).outcome), *wanted, "{request:?}");
    }
    let Some(mut istio) = engine::istio() else { return };
    let written = manifests(&access, IstioVersion::default()).unwrap();
    let mut question = question("probe", &program, &written);
    question["requests"] = requests.iter().map(|(request, _)| probe(&access, &written, request, 1)).collect();
    let (answer, _) = istio.ask(&question).unwrap();
    for ((request, wanted), answer) in requests.iter().zip(answer["outcomes"].as_array().unwrap()) {
        assert_eq!(answer["status"], *wanted, "{request:?}: {answer}");
    }
}
