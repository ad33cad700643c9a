//! The results of tests as they are written for machines; `docs/cli.md` has the fields.

use serde::Serialize;

use crate::access::{Access, Statuses, Step, describe};
use crate::cli::load::Program;
use crate::cli::place::{Place, flat};
use crate::testing::{Answer, CaseReport, Report, TestReport};

/// The results of all environments.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub passed: usize,
    pub failed: usize,
    pub environments: Vec<Record>,
    pub unreached: Vec<Unreached>,
}

/// The results in one environment.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    pub environment: Option<String>,
    pub tests: Vec<TestRecord>,
}

/// A test.
#[derive(Debug, Serialize)]
pub(super) struct TestRecord {
    pub name: String,
    pub place: Place,
    pub cases: Vec<CaseRecord>,
}

/// A case.
#[derive(Debug, Serialize)]
pub(super) struct CaseRecord {
    pub text: String,
    pub request: String,
    pub expected: String,
    pub place: Place,
    pub passed: bool,
    pub answers: Vec<AnswerRecord>,
}

/// What became of a case by one way in.
#[derive(Debug, Serialize)]
pub(super) struct AnswerRecord {
    pub via: Option<String>,
    pub passed: bool,
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub message: String,
    pub statuses: Vec<u16>,
    pub heard: Option<HeardRecord>,
    pub trail: Vec<StepRecord>,
    pub enough: Vec<String>,
}

/// What a proxy answered.
#[derive(Debug, Serialize)]
pub(super) struct HeardRecord {
    pub status: u16,
    pub app: Option<String>,
}

/// A step of a trail.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct StepRecord {
    pub text: String,
    pub place: Option<Place>,
}

/// A route that no test reaches.
#[derive(Debug, Serialize)]
pub(super) struct Unreached {
    pub route: String,
    pub app: String,
    pub place: Place,
}

impl Results {
    pub fn new(environments: Vec<Record>, unreached: Vec<Unreached>) -> Self {
        let cases = environments.iter().flat_map(|e| &e.tests).flat_map(|t| &t.cases);
        let (passed, failed): (Vec<&CaseRecord>, Vec<&CaseRecord>) = cases.partition(|case| case.passed);
        Results { passed: passed.len(), failed: failed.len(), environments, unreached }
    }

    /// One object, over several lines.
    pub fn json(&self) -> String {
        // A struct of strings, numbers and lists can always be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Record {
    pub fn new(access: &Access<'_>, report: &Report, statuses: Statuses, program: &Program) -> Self {
        let test = |test: &TestReport| TestRecord {
            name: test.name.value.clone(),
            place: Place::new(program, test.name.span),
            cases: test.cases.iter().map(|case| case_record(access, case, statuses, program)).collect(),
        };
        Record { environment: access.program.environment.clone(), tests: report.tests.iter().map(test).collect() }
    }
}

impl StepRecord {
    pub fn new(step: &Step, program: &Program) -> Self {
        StepRecord { text: step.text.clone(), place: step.span.map(|span| Place::new(program, span)) }
    }
}

fn case_record(access: &Access<'_>, case: &CaseReport, statuses: Statuses, program: &Program) -> CaseRecord {
    let answer = |answer: &Answer| {
        let (request, decision) = (answer.delivery.request.as_ref(), &answer.delivery.decision);
        let (outcome, reason) = describe::kind(&decision.outcome);
        AnswerRecord {
            via: request.map(|r| describe::via(access, r.via)),
            passed: answer.fits,
            outcome,
            reason,
            message: describe::outcome(access, &decision.outcome),
            statuses: request.map_or(vec![404], |r| decision.outcome.statuses(r.via, statuses)),
            heard: answer.heard.as_ref().map(|h| HeardRecord { status: h.status, app: h.app.clone() }),
            trail: decision.trail.iter().map(|step| StepRecord::new(step, program)).collect(),
            enough: request.map(|r| describe::enough(access, r, decision)).unwrap_or_default(),
        }
    };
    CaseRecord {
        text: flat(program, case.span),
        request: case.request.clone(),
        expected: case.expected.value.clone(),
        place: Place::new(program, case.span),
        passed: case.passed(),
        answers: case.answers.iter().map(answer).collect(),
    }
}
