//! Ten thousand routes on one host: Envoy loads them, and each of them is where it belongs. What they cost is a benchmark,
//! `benches/envoy.rs`.

use meshc::access::Access;
use meshc::judge::{Judge, Setup, Version};

use crate::common::many_routes::{ROUTES, program, request};
use crate::setup;

#[test]
fn envoy_takes_ten_thousand_routes_and_finds_them() {
    let program = program();
    let (access, found) = Access::build(&program);
    assert!(found.is_empty());
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list: 200 };
    let _alone = setup::alone();
    let mut judge = Judge::start(&access, &setup).unwrap();
    for route in (0..ROUTES).step_by(101).chain([ROUTES - 1]) {
        let answer = judge.ask(&request(route), Version::Http1, 0).unwrap();
        assert_eq!(answer.status, 200, "route {route}");
    }
    assert_eq!(judge.ask(&request(ROUTES), Version::Http1, 0).unwrap().status, 404);
}
