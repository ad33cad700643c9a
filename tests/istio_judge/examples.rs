//! The examples: each in all its environments, with its own tests and with random requests.

use meshc::Attachments;
use meshc::access::{Access, Request};
use meshc::analyze::analyze;
use meshc::diagnostic::Diagnostic;
use meshc::target::istio::IstioVersion;
use meshc::testing;

use crate::case::{manifests, with_foreign_keys};
use crate::common::random::Random;
use crate::{Count, REQUESTS, assert_clean, common, engine, judge, requests, said};

#[test]
fn istio_answers_requests_to_the_examples_as_decided() {
    let Some(mut istio) = engine::istio() else { return };
    let mut count = Count::default();
    let (mut sets, mut of_tests) = (0, 0);
    for (name, folder) in common::examples() {
        let sources = common::program(&folder);
        let parsed = meshc::parse(&sources);
        for environment in common::environments(&sources) {
            let what = format!("{name} {environment:?}");
            let analysis = analyze(&sources, parsed.files(), environment.as_deref(), &Attachments::default());
            assert!(!analysis.diagnostics.iter().any(Diagnostic::is_error), "{what}");
            let program = with_foreign_keys(analysis.program);
            let (access, _) = Access::build(&program);
            let written = manifests(&access, IstioVersion::default()).unwrap();
            sets += 1;
            assert_clean(&mut istio, &program, &written, &what);
            let report = testing::run(&access, &testing::Options::default());
            let deliveries = report.cases().flat_map(|case| &case.answers).filter_map(|a| a.delivery.request.clone());
            let mut asked: Vec<Request> = deliveries.collect();
            of_tests += asked.len();
            asked.extend(requests(&mut Random::new(1), &access, REQUESTS, &mut count));
            let differences = judge(&mut istio, &access, &written, &asked, &mut count);
            let differences = differences.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(differences.is_empty(), "{what}\n{}", said(&differences));
        }
    }
    println!("{sets} sets of manifests, {of_tests} requests of tests: {count:?}");
    assert!(of_tests > 0 && count.requests > 1000);
}
