//! Ten thousand routes on one host: Envoy loads them, and the last costs no more than the first.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use meshc::access::{Access, Request, Via};
use meshc::analyze::analyze;
use meshc::ir::GatewayId;
use meshc::judge::{Judge, Setup, Version};
use meshc::source::SourceMap;
use meshc::{Attachments, parse};

use crate::setup;

const ROUTES: usize = 10_000;
const REQUESTS: usize = 400;

#[test]
fn the_last_of_ten_thousand_routes_costs_what_the_first_does() {
    let mut text = String::from("gateway edge {\n  http 80\n}\n\napp big port 80 {\n  hosts big.example.com\n");
    for i in 0..ROUTES {
        let _ = writeln!(text, "  GET /r{i:05}/x public");
    }
    text.push_str("}\n");
    let sources = SourceMap::single("access.mesh", text);
    let analysis = analyze(&sources, parse(&sources).files(), None, &Attachments::default());
    let (access, found) = Access::build(&analysis.program);
    assert!(found.is_empty() && analysis.diagnostics.is_empty());
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list: 200, sabotage: None };
    let _alone = setup::alone();
    let started = Instant::now();
    let mut judge = Judge::start(&access, &setup).unwrap();
    println!("{ROUTES} routes are lowered and listened to after {:?}", started.elapsed());
    let mut median = |i: usize| {
        let request = Request {
            via: Via::Gateway(GatewayId(0), 80),
            authority: "big.example.com".into(),
            method: "GET".into(),
            target: format!("/r{i:05}/x"),
            preflight_origin: None,
            presented: None,
        };
        let mut took: Vec<Duration> = (0..REQUESTS)
            .map(|_| {
                let sent = Instant::now();
                assert_eq!(judge.ask(&request, Version::Http1, 0).unwrap().status, 200);
                sent.elapsed()
            })
            .collect();
        took.sort_unstable();
        took[REQUESTS / 2]
    };
    median(ROUTES / 2);
    let (first, last) = (median(0), median(ROUTES - 1));
    println!("first {first:?}, last {last:?}");
    assert!(last.as_secs_f64() <= 1.5 * first.as_secs_f64(), "first {first:?}, last {last:?}");
}
