//! The judge is worth something only if it sees what is wrong: each way to break the bootstrap must be caught.

use crate::common::mutants::Mutant;
use crate::common::programs;
use crate::common::random::Random;
use crate::{Count, REQUESTS, judge};

/// After so many programs a broken lowering has to be found out.
const PROGRAMS: u64 = 60;

#[test]
fn every_way_to_break_the_bootstrap_is_caught() {
    let mut missed = Vec::new();
    for mutant in Mutant::all_on_envoy() {
        let caught = (1..=PROGRAMS).find_map(|seed| {
            let mut random = Random::new(seed);
            let generated = programs::generate(&mut random)?;
            let mut count = Count::default();
            judge(&generated.program, &mut random, REQUESTS, Some(mutant), &mut count);
            count.differences.pop().map(|difference| (seed, difference))
        });
        match caught {
            Some((seed, difference)) => println!("{mutant:?}: seed {seed}: {difference}"),
            None => missed.push(mutant),
        }
    }
    assert!(missed.is_empty(), "not caught in {PROGRAMS} programs: {missed:?}");
}
