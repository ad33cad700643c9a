//! Istio against `decide`: random programs and requests around their boundaries, written for Istio, read by Istio's own
//! control plane and run on Envoy. Not one answer may differ.
//!
//! Runs where `MESHC_ISTIO_JUDGE` names the program that is built from `conformance/istio`, and says so elsewhere;
//! `conformance/istio/run` builds it and calls this. `MESHC_JUDGE_PROGRAMS` says how many programs (a bit more than 100
//! requests each), `MESHC_JUDGE_SEED` where to begin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]
#![allow(clippy::range_plus_one, clippy::format_collect, reason = "as it reads")]

mod case;
#[path = "../common/mod.rs"]
mod common;
mod declarations;
mod engine;
mod examples;
mod leftovers;
mod limits;
mod pitfalls;
mod places;
mod rewrites;

use std::collections::BTreeMap;

use case::{Difference, compare, manifests, probe, question};
use common::mutants::Mutant;
use common::random::Random;
use common::{programs, requests};
use engine::Turn;
use meshc::access::{Access, Request, Via};
use meshc::ir::Program;
use meshc::target::istio::IstioVersion;
use serde_json::{Value, json};

/// How many requests a program gets.
const REQUESTS: usize = 120;

/// After so many programs a broken lowering has to be found out.
const PROGRAMS: u64 = 120;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// What the requests came to.
#[derive(Default, Debug)]
struct Count {
    requests: usize,
    inside: usize,
    by_status: BTreeMap<u16, usize>,
}

/// Random requests to a program: two of three through its gateways, the others from inside the mesh.
fn requests(random: &mut Random, access: &Access<'_>, wanted: usize, count: &mut Count) -> Vec<Request> {
    let mut made = Vec::new();
    if access.virtual_hosts.is_empty() {
        return made;
    }
    for _ in 0..wanted {
        let Some((mut request, _)) = requests::generate(random, access) else { continue };
        requests::move_inside(random, access, &mut request);
        count.inside += usize::from(matches!(request.via, Via::Inside(_)));
        made.push(request);
    }
    made
}

/// Asks Istio about requests to what was written; the differences.
fn judge(
    istio: &mut Turn,
    access: &Access<'_>,
    written: &[Value],
    requests: &[Request],
    count: &mut Count,
) -> Result<Vec<Difference>, String> {
    let mut question = question("probe", access.program, written);
    let probes: Vec<Value> = requests.iter().enumerate().map(|(i, r)| probe(access, written, r, i)).collect();
    question["requests"] = json!(probes);
    let (answer, _) = istio.ask(&question)?;
    let outcomes = answer["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(outcomes.len(), requests.len());
    let mut differences = Vec::new();
    for (request, answer) in requests.iter().zip(outcomes) {
        count.requests += 1;
        match compare(access, written, request, answer) {
            Ok(status) => *count.by_status.entry(status).or_default() += 1,
            Err(difference) => differences.push(*difference),
        }
    }
    Ok(differences)
}

fn said(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// No error, no warning, no message.
fn assert_clean(istio: &mut Turn, program: &Program, written: &[Value], what: &str) {
    for command in ["validate", "analyze"] {
        let (answer, clean) = istio.ask(&question(command, program, written)).unwrap();
        assert!(clean, "{command}: {what}\n{}", serde_json::to_string_pretty(&answer).unwrap());
    }
}

#[test]
fn istio_answers_random_requests_as_decided() {
    let Some(mut istio) = engine::istio() else { return };
    let (first, wanted) = (number("MESHC_JUDGE_SEED", 1), number("MESHC_JUDGE_PROGRAMS", 10));
    let mut count = Count::default();
    let (mut made, mut seed) = (0, first);
    while made < wanted {
        assert!(seed < first + 2 * wanted + 10, "only {made} of {} seeds gave a program", seed - first);
        let mut random = Random::new(seed);
        seed += 1;
        let Some(generated) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&generated.program);
        let Ok(written) = manifests(&access, IstioVersion::default()) else { continue };
        if written.is_empty() {
            continue;
        }
        made += 1;
        let what = format!("MESHC_JUDGE_SEED={}\n{}", seed - 1, generated.text);
        assert_clean(&mut istio, &generated.program, &written, &what);
        let asked = requests(&mut random, &access, REQUESTS, &mut count);
        let differences =
            judge(&mut istio, &access, &written, &asked, &mut count).unwrap_or_else(|e| panic!("{what}\n{e}"));
        assert!(differences.is_empty(), "{what}\n{}", said(&differences));
    }
    println!("{made} programs from seed {first} to {}: {count:?}", seed - 1);
    for status in [200, 400, 401, 403, 404] {
        let came = count.by_status.get(&status).copied().unwrap_or_default();
        assert!(came * 200 > count.requests, "only {came} of {} requests came to {status}", count.requests);
    }
    assert!(count.inside * 10 > count.requests, "{count:?}");
}

#[test]
fn every_way_to_break_the_manifests_is_caught() {
    let Some(mut istio) = engine::istio() else { return };
    let mut missed = Vec::new();
    for mutant in Mutant::all_on_istio() {
        // What hardly any program shows is looked for in those whose lines lie close together.
        let seeds = (1..=PROGRAMS).map(|seed| (seed, false)).chain((1..=8 * PROGRAMS).map(|seed| (seed, true)));
        let caught = seeds.into_iter().find_map(|(seed, is_dense)| {
            let mut random = Random::new(seed);
            let program = if is_dense {
                programs::compile(&programs::dense::dense(&mut random)).0?
            } else {
                programs::generate(&mut random)?.program
            };
            let (access, _) = Access::build(&program);
            let broken = mutant.of_manifests(&manifests(&access, IstioVersion::default()).ok()?)?;
            let mut count = Count::default();
            let asked = requests(&mut random, &access, REQUESTS, &mut count);
            match judge(&mut istio, &access, &broken, &asked, &mut count) {
                Ok(differences) => differences.into_iter().next().map(|d| (seed, d.to_string())),
                Err(error) => panic!("{mutant:?}, seed {seed}: {error}"),
            }
        });
        match caught {
            Some((seed, difference)) => println!("{mutant:?}: seed {seed}: {difference}"),
            None => missed.push(mutant),
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
