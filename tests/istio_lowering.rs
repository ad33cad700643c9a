//! What Istio's own code found in what was written for it, each as a program that showed it.

mod common;

use common::compile;
use meshc::Options;
use meshc::diagnostic::codes;
use meshc::source::SourceMap;
use serde_json::Value;

fn written(program: &str, kind: &str) -> Vec<Value> {
    let built = compile(&SourceMap::single("access.mesh", program.to_string()), &Options::default());
    assert!(built.diagnostics.is_empty(), "{:#?}", built.diagnostics);
    let all = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap());
    all.filter(|o| o["kind"] == kind).collect()
}

/// Had the Gateway named `x.example.com` too, the wildcard's rules would have stood on it first (V7b): `GET /` would have
/// been redirected.
#[test]
fn a_gateway_names_only_its_widest_hosts() {
    let program = "gateway edge {\n  http 80\n}\n\n\
        app one port 80 {\n  hosts *.example.com *.deep.example.com y.test\n  GET /** redirect /b\n}\n\n\
        app two port 80 {\n  hosts x.example.com\n  GET / public\n}\n";
    let gateways = written(program, "Gateway");
    assert_eq!(gateways[0]["spec"]["servers"][0]["hosts"], serde_json::json!(["*.example.com", "y.test"]));
}

/// `/a/**` is an exact `/a` and a prefix; the exact one is never reached where `/a` has routes of its own (IST0131).
#[test]
fn no_match_stands_behind_one_that_takes_it_all() {
    let program = "gateway edge {\n  http 80\n}\n\n\
        app one port 80 {\n  hosts x.example.com\n  GET /a redirect /b\n  GET /a/** public {\n    rewrite /c/**\n  }\n}\n";
    let services = written(program, "VirtualService");
    let rules = services[0]["spec"]["http"].as_array().unwrap();
    let matches: Vec<&Value> = rules.iter().flat_map(|r| r["match"].as_array().unwrap()).collect();
    let whole = |uri: &Value| matches.iter().position(|m| m["uri"] == *uri && m.get("method").is_none());
    for (i, one) in matches.iter().enumerate() {
        assert!(whole(&one["uri"]).is_none_or(|taken| taken >= i), "{rules:#?}");
    }
    assert!(matches.iter().any(|m| m["uri"]["exact"] == "/a") && matches.iter().any(|m| m["uri"]["prefix"] == "/a/"));
}

/// The app sees `/` for both lines, and its policy would let `POST /` through, which the program does not list.
#[test]
fn a_rewrite_must_not_bring_methods_to_another_path() {
    let with = |methods: &str| {
        let program = format!(
            "gateway edge {{\n  http 80\n}}\n\napp one port 80 {{\n  hosts x.example.com\n  \
             {methods} /a/ public {{\n    rewrite /\n  }}\n  GET HEAD / public\n}}\n"
        );
        compile(&SourceMap::single("access.mesh", program), &Options::default()).diagnostics
    };
    let found = with("GET POST");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [codes::REWRITE_COLLISION], "{found:#?}");
    assert!(with("GET").is_empty());
}
