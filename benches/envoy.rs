//! What the last of ten thousand routes costs on a real Envoy, beside the first.
//!
//! `cargo bench --bench envoy` starts one Envoy, asks for both in turns from one client, and prints the medians and their
//! ratio. What counts is the ratio: machines differ and are shared.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use meshc::access::Access;
use meshc::judge::{Judge, Keyring, Setup, Version};

/// Requests to each of the two.
const REQUESTS: usize = 2000;

fn main() {
    let program = common::many_routes::program();
    let (access, _) = Access::build(&program);
    let keyring = Keyring::new(1).unwrap();
    let setup = Setup { envoy: common::real_envoy::envoy(), keyring: &keyring, longest_list: 200 };
    let started = Instant::now();
    let mut judge = Judge::start(&access, &setup).unwrap();
    println!("{} routes are lowered and listened to after {:.1?}", common::many_routes::ROUTES, started.elapsed());
    let mut ask = |route: usize| {
        let sent = Instant::now();
        assert_eq!(judge.ask(&common::many_routes::request(route), Version::Http1, 0).unwrap().status, 200);
        sent.elapsed()
    };
    let places = [0, common::many_routes::ROUTES - 1];
    let mut took: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for turn in 0..REQUESTS + 100 {
        for (times, route) in took.iter_mut().zip(places) {
            let time = ask(route);
            // The first ones warm up.
            if turn >= 100 {
                times.push(time);
            }
        }
    }
    let [first, last] = took.map(|mut times| {
        times.sort_unstable();
        times[REQUESTS / 2]
    });
    println!("first {first:?}, last {last:?}, ratio {:.2}", last.as_secs_f64() / first.as_secs_f64());
}
