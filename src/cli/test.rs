//! `meshc test`: the tests of a program, in every environment.

mod engine;
mod junit;
mod record;

use std::collections::BTreeMap;

use super::arguments::{StatusTarget, Test, TestEngine, TestFormat};
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::{Program, load};
use super::place::Place;
use super::{Outcome, environment};
use crate::access::Access;
use crate::diagnostic::render::printable;
use crate::diagnostic::{self, Diagnostic};
use crate::testing::{self, Options, Report, RouteReport};
use engine::OnEnvoy;
use record::{Record, Results, Unreached};

/// What was found in one environment.
struct Run {
    record: Record,
    failures: Vec<Diagnostic>,
    routes: Vec<RouteReport>,
    /// Whether the program has a test at all, also one that was not asked for.
    has_tests: bool,
}

pub(super) fn run(verb: &Test, console: &Console) -> Result<Outcome, Failure> {
    let program = load(&verb.paths.paths)?;
    let parsed = crate::parse(&program.sources);
    let attachments = program.attachments(&parsed);
    let target = match (verb.engine, verb.target) {
        (TestEngine::Envoy, Some(StatusTarget::Istio)) => {
            return Err(Failure::new("`--engine envoy` answers with Envoy's statuses; leave `--target istio` out"));
        }
        (TestEngine::Envoy, _) => StatusTarget::Envoy,
        (TestEngine::Decide, target) => target.unwrap_or_default(),
    };
    let options = Options { statuses: target.into(), filter: verb.filter.clone() };
    let envoy = match verb.engine {
        TestEngine::Decide if verb.envoy.is_some() => {
            return Err(Failure::new("`--envoy` is for `--engine envoy`"));
        }
        TestEngine::Decide => None,
        TestEngine::Envoy => Some(OnEnvoy::find(verb.envoy.as_deref())?),
    };
    let environments = environment::all(verb.env.as_deref(), &parsed);
    let (mut runs, mut found) = (Vec::new(), Vec::new());
    for name in environments.as_ref().map_or([None].as_slice(), Vec::as_slice) {
        let ask = |access: &Access<'_>| match &envoy {
            None => Ok(Ok(run_one(access, testing::run(access, &options), &options, &program))),
            Some(envoy) => {
                let report = envoy.run(access, &options)?;
                Ok(report.map(|report| run_one(access, report, &options, &program)))
            }
        };
        let (run, told) = crate::with_access(&program.sources, &parsed, &attachments, name.as_deref(), ask);
        found.extend(told);
        match run.transpose()? {
            Some(Ok(run)) => runs.push(run),
            Some(Err(refused)) => found.extend(refused),
            None => {}
        }
    }
    // A program that cannot be read may have environments that are not seen: its errors come first.
    found.retain(Diagnostic::is_error);
    if !found.is_empty() {
        diagnostic::sort(&mut found);
        console.findings(&found, &program, Findings::Aside)?;
        return Ok(Outcome::Findings);
    }
    environments?;
    if let Some(filter) = &verb.filter {
        let none = runs.iter().all(|run| run.record.tests.is_empty());
        if none && runs.iter().any(|run| run.has_tests) {
            return Err(Failure::new(format!("no test has `{filter}` in its name")));
        }
    }
    let unreached = if verb.filter.is_none() { unreached(&runs, &program) } else { Vec::new() };
    let failures: Vec<Diagnostic> = runs.iter().flat_map(|run| run.failures.iter().cloned()).collect();
    let results = Results::new(runs.into_iter().map(|run| run.record).collect(), unreached);
    match verb.format {
        TestFormat::Human => {
            console.findings(&failures, &program, Findings::Aside)?;
            Console::output(&summary(&results))?;
        }
        TestFormat::Json => Console::output(&results.json())?,
        TestFormat::Junit => Console::output(&junit::write(&results))?,
    }
    Ok(if results.failed == 0 { Outcome::Fine } else { Outcome::Findings })
}

fn run_one(access: &Access<'_>, report: Report, options: &Options, program: &Program) -> Run {
    let failure = |case| testing::failure(access, case, options.statuses, &program.sources, &program.base);
    Run {
        record: Record::new(access, &report, options.statuses, program),
        failures: report.cases().filter_map(failure).collect(),
        routes: report.routes,
        has_tests: !access.program.tests.is_empty(),
    }
}

/// The routes that no case reached in any environment.
fn unreached(runs: &[Run], program: &Program) -> Vec<Unreached> {
    let mut routes: BTreeMap<_, (&RouteReport, bool)> = BTreeMap::new();
    for route in runs.iter().flat_map(|run| &run.routes) {
        let known = routes.entry((route.span, &route.app)).or_insert((route, false));
        known.1 |= route.reached;
    }
    let missed = routes.values().filter(|(_, reached)| !reached);
    missed
        .map(|(route, _)| Unreached {
            route: route.text.clone(),
            app: route.app.clone(),
            place: Place::new(program, route.span),
        })
        .collect()
}

/// `12 passed, 1 failed`, and what no test reaches.
fn summary(results: &Results) -> String {
    if results.passed + results.failed == 0 {
        return "the program has no tests\n".to_string();
    }
    let mut text = format!("{} passed, {} failed\n", results.passed, results.failed);
    if !results.unreached.is_empty() {
        text.push_str("\nno test reaches\n");
        for Unreached { route, app, place } in &results.unreached {
            text.push_str(&printable(&format!("  {place}: {route} of app {app}")));
            text.push('\n');
        }
    }
    text
}
