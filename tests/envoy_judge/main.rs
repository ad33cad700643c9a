//! Envoy against `decide`: random programs and requests around their boundaries, on a real Envoy. Not one answer may
//! differ. `MESHC_JUDGE_PROGRAMS` says how many programs, `MESHC_JUDGE_REQUESTS` how many requests each of them gets (100),
//! `MESHC_JUDGE_SEED` where to begin.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it must be")]
#![allow(clippy::range_plus_one, clippy::format_collect, clippy::unnecessary_wraps, reason = "as it reads")]

#[path = "../common/mod.rs"]
mod common;
mod mutants;
mod places;
mod scale;
mod setup;
mod traps;
mod validate;

use std::collections::BTreeMap;

use common::mutants::Mutant;
use common::random::Random;
use common::{programs, requests};
use meshc::Attachments;
use meshc::access::{Access, decide};
use meshc::analyze::analyze;
use meshc::ir::Program;
use meshc::judge::{Difference, Judge, Setup, Surroundings, expected};

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

/// Sends random requests to a program on Envoy; stops at the first difference where the bootstrap is broken on purpose.
fn judge(program: &Program, random: &mut Random, requests: usize, mutant: Option<Mutant>, count: &mut Count) {
    let (access, _) = Access::build(program);
    if access.virtual_hosts.is_empty() {
        return;
    }
    // Half of the programs have their routes in trees.
    let longest_list = if random.one_in(2) { 0 } else { 200 };
    let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list };
    let _alone = setup::alone();
    let mut judge = match mutant {
        None => Judge::start(&access, &setup).unwrap_or_else(|fault| panic!("{fault}")),
        Some(mutant) => match broken(&access, &setup, mutant) {
            Some(judge) => judge,
            None => return,
        },
    };
    for variant in 0..requests {
        let Some((request, version)) = requests::generate(random, &access) else { continue };
        count.requests += 1;
        match judge.judge(&request, version, variant) {
            Ok(None) => {
                let status = expected(&access, &request, &decide(&access, &request)).status;
                *count.by_status.entry(status).or_default() += 1;
            }
            Ok(Some(difference)) => {
                count.differences.push(difference);
                if mutant.is_some() {
                    return;
                }
            }
            Err(fault) => panic!("{fault}: {request:?}"),
        }
    }
}

/// An Envoy whose bootstrap is broken; `None` where there is nothing to break.
fn broken<'a>(access: &'a Access<'a>, setup: &Setup<'a>, mutant: Mutant) -> Option<Judge<'a>> {
    let surroundings = Surroundings::of(access, setup).unwrap();
    let bootstrap = serde_json::from_str(&surroundings.configuration().unwrap()).unwrap();
    let broken = mutant.of_bootstrap(&bootstrap)?;
    Some(surroundings.start(&broken.to_string()).unwrap_or_else(|fault| panic!("{mutant:?}: {fault}")))
}

#[test]
fn envoy_answers_random_requests_as_decided() {
    let (first, programs) = (number("MESHC_JUDGE_SEED", 1), number("MESHC_JUDGE_PROGRAMS", 20));
    let requests = usize::try_from(number("MESHC_JUDGE_REQUESTS", 100)).unwrap();
    let mut count = Count::default();
    let mut made = 0;
    for seed in first..first + programs {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        made += 1;
        judge(&generated.program, &mut random, requests, None, &mut count);
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

#[test]
fn envoy_answers_requests_to_the_examples_as_decided() {
    let mut count = Count::default();
    for (name, folder) in common::examples() {
        let sources = common::program(&folder);
        let parsed = meshc::parse(&sources);
        for environment in common::environments(&sources) {
            let analysis = analyze(&sources, parsed.files(), environment.as_deref(), &Attachments::default());
            judge(&analysis.program, &mut Random::new(1), 2 * REQUESTS, None, &mut count);
            let all: Vec<String> = count.differences.iter().map(ToString::to_string).collect();
            assert!(all.is_empty(), "{name}:\n{}", all.join("\n"));
        }
    }
    assert!(count.requests > 1000);
}
