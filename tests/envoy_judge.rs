//! Envoy against `decide`: random programs and requests around their boundaries, on a real Envoy. Not one answer may
//! differ. `MESHC_JUDGE_PROGRAMS` says how many programs (100 requests each), `MESHC_JUDGE_SEED` where to begin.

mod common;
#[path = "envoy_judge/programs.rs"]
mod programs;
#[path = "envoy_judge/requests.rs"]
mod requests;
#[path = "envoy_judge/setup.rs"]
mod setup;

use std::collections::BTreeMap;

use common::random::Random;
use meshc::access::Access;
use meshc::ir::Program;
use meshc::judge::{Difference, Judge, Setup};
use meshc::target::envoy::Sabotage;

const REQUESTS: usize = 100;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// What a program's requests came to.
#[derive(Default)]
struct Count {
    requests: usize,
    by_status: BTreeMap<u16, usize>,
    differences: Vec<Difference>,
}

fn judge(program: &Program, random: &mut Random, requests: usize, sabotage: Option<Sabotage>, count: &mut Count) {
    let (access, _) = Access::build(program);
    if access.virtual_hosts.is_empty() {
        return;
    }
    // Half of the programs have their routes in trees.
    let longest_list = if random.one_in(2) { 0 } else { 200 };
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list, sabotage };
    let mut judge = Judge::start(&access, &setup).unwrap_or_else(|fault| panic!("{fault}"));
    for variant in 0..requests {
        let Some((request, version)) = requests::generate(random, &access) else { continue };
        count.requests += 1;
        match judge.judge(&request, version, variant) {
            Ok(None) => {
                let decision = meshc::access::decide(&access, &request);
                let status = meshc::judge::expected(&access, &request, &decision).status;
                *count.by_status.entry(status).or_default() += 1;
            }
            Ok(Some(difference)) => count.differences.push(difference),
            Err(fault) => panic!("{fault}: {request:?}"),
        }
    }
}

#[test]
fn envoy_answers_random_requests_as_decided() {
    let (first, programs) = (number("MESHC_JUDGE_SEED", 1), number("MESHC_JUDGE_PROGRAMS", 20));
    let mut count = Count::default();
    let mut made = 0;
    for seed in first..first + programs {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        made += 1;
        judge(&generated.program, &mut random, REQUESTS, None, &mut count);
        if !count.differences.is_empty() {
            let all: Vec<String> = count.differences.iter().map(ToString::to_string).collect();
            panic!("MESHC_JUDGE_SEED={seed}\n{}\n{}", generated.text, all.join("\n"));
        }
    }
    println!("{made} programs from seed {first}, {} requests: {:?}", count.requests, count.by_status);
    assert!(made * 10 >= programs * 8, "only {made} of {programs} seeds gave a program");
    for status in [200, 400, 401, 403, 404, 405] {
        let seen = count.by_status.get(&status).copied().unwrap_or_default();
        assert!(seen * 200 > count.requests, "only {seen} of {} requests came to {status}", count.requests);
    }
}
