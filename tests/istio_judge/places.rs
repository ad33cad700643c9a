//! What the app gets of a request with a token in each place, with Istio's own code: whole target, and whether the token is
//! still there.

use meshc::target::istio::IstioVersion;
use serde_json::{Value, json};

use crate::case::{compare, manifests, probe, question};
use crate::common::places;
use crate::engine;

#[test]
fn the_app_gets_what_is_left_of_target_and_token() {
    let Some(mut istio) = engine::istio() else { return };
    places::ask(|access, cases| {
        let written = manifests(access, IstioVersion::default()).unwrap();
        let mut question = question("probe", access.program, &written);
        let probes: Vec<Value> = cases.iter().map(|case| probe(access, &written, &case.request, 0)).collect();
        question["requests"] = json!(probes);
        let (answer, _) = istio.ask(&question).unwrap();
        let outcomes = answer["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), cases.len());
        for (case, answer) in cases.iter().zip(outcomes) {
            let (request, seen) = (&case.request, &answer["seen"]);
            match case.target {
                None => assert_eq!((&answer["status"], seen), (&json!(503), &Value::Null), "{request:?}"),
                Some(target) => {
                    let names: Vec<&String> = seen["header"].as_object().unwrap().keys().collect();
                    places::assert_nothing_is_added(request, names.iter().map(|name| name.as_str()));
                    let came = seen["path"].as_str().unwrap_or_else(|| panic!("{answer} to {request:?}"));
                    let same = if target.ends_with('=') { came.starts_with(target) } else { came == target };
                    assert!(same, "the app saw {came} of {request:?}");
                    if let Some(header) = places::header(request) {
                        let there = names.iter().any(|name| name.eq_ignore_ascii_case(&header));
                        assert_eq!(there, case.kept, "{header} of {request:?}");
                    }
                }
            }
            // And that is what is decided.
            compare(access, &written, request, answer).unwrap_or_else(|difference| panic!("{difference}"));
        }
    });
}
