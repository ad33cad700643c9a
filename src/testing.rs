//! `test` blocks, run: every case is sent by every way in, and what becomes of it is held against what was expected.

mod failures;

use std::collections::BTreeSet;

pub use failures::failure;

use crate::access::{
    Access, Credential, Decision, Delivery, Flaw, Outcome, Presented, Request, Statuses, Token, Via, deliver,
    usual_location, ways_in, ways_without,
};
use crate::ir::{AppId, Expected, Test, TestCase, TestCredential, TestToken};
use crate::source::{Span, Spanned};

/// Who answers the requests of tests beside [`decide`](crate::access::decide): a proxy that runs.
pub trait Engine {
    /// Sends a request and tells what came.
    ///
    /// # Errors
    /// Nothing came, in one sentence.
    fn ask(&mut self, request: &Request, decision: &Decision) -> Result<Heard, String>;
}

/// What a proxy answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// `namespace/name` of the app that answered; `None` if the proxy did by itself.
    pub app: Option<String>,
    /// What is otherwise than decided, one sentence each: a fault of meshc, or another proxy than it knows.
    pub differences: Vec<String>,
}

/// How tests are run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose statuses are meant where a case expects one.
    pub statuses: Statuses,
    /// Only tests whose name holds this text are run.
    pub filter: Option<String>,
}

/// What came of the tests of a program, in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The tests that were run, in the order of files and lines.
    pub tests: Vec<TestReport>,
    /// Every route that a request through a gateway can reach, and whether a case did.
    pub routes: Vec<RouteReport>,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestReport {
    /// What it is called, and where.
    pub name: Spanned<String>,
    /// Its cases.
    pub cases: Vec<CaseReport>,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseReport {
    /// The line.
    pub span: Span,
    /// Method and address.
    pub request: String,
    /// What was expected, in words, and where it is written.
    pub expected: Spanned<String>,
    /// What became of it, by every way in; at least one.
    pub answers: Vec<Answer>,
}

/// What became of a case by one way in.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The request and its decision.
    pub delivery: Delivery,
    /// What a proxy answered, if one was asked.
    pub heard: Option<Heard>,
    /// Whether it is what was expected.
    pub fits: bool,
}

/// A route, and whether a case reached it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteReport {
    /// Its methods and path, where they are written.
    pub span: Span,
    /// `namespace/name` of its app.
    pub app: String,
    /// `GET POST /admin/**`
    pub text: String,
    /// Whether it decided for a request of a case.
    pub reached: bool,
}

impl CaseReport {
    /// Whether every answer is what was expected.
    pub fn passed(&self) -> bool {
        self.answers.iter().all(|answer| answer.fits)
    }
}

impl Report {
    /// All cases.
    pub fn cases(&self) -> impl Iterator<Item = &CaseReport> {
        self.tests.iter().flat_map(|test| &test.cases)
    }
}

/// Runs the tests of a program: the language itself answers.
pub fn run(access: &Access<'_>, options: &Options) -> Report {
    let cases =
        selected(access, options).map(|test| test.cases.iter().map(|case| decided(access, case, options)).collect());
    report(access, options, cases.collect())
}

/// Runs the tests of a program on a proxy.
///
/// # Errors
/// The proxy does not answer.
pub fn run_on(access: &Access<'_>, options: &Options, engine: &mut dyn Engine) -> Result<Report, String> {
    let mut tests = Vec::new();
    for test in selected(access, options) {
        let mut cases = Vec::new();
        for case in &test.cases {
            cases.push(heard(access, case, options, engine)?);
        }
        tests.push(cases);
    }
    Ok(report(access, options, tests))
}

fn selected<'a>(access: &Access<'a>, options: &Options) -> impl Iterator<Item = &'a Test> {
    let wanted = |name: &str| options.filter.as_ref().is_none_or(|text| name.contains(text.as_str()));
    access.program.tests.iter().filter(move |test| wanted(&test.name.value))
}

fn report(access: &Access<'_>, options: &Options, cases: Vec<Vec<CaseReport>>) -> Report {
    let tests: Vec<TestReport> = selected(access, options)
        .zip(cases)
        .map(|(test, cases)| TestReport { name: test.name.clone(), cases })
        .collect();
    let routes = routes(access, &tests);
    Report { tests, routes }
}

/// A case, answered by the language.
fn decided(access: &Access<'_>, case: &TestCase, options: &Options) -> CaseReport {
    let answer = |delivery: Delivery| {
        let via = delivery.request.as_ref().map(|r| r.via);
        let fits = fits(&delivery.decision.outcome, via, case.expected.value, options.statuses);
        Answer { fits, delivery, heard: None }
    };
    case_report(
        access,
        case,
        deliveries(access, case, &ways_in(access, &case.address)).into_iter().map(answer).collect(),
    )
}

/// A case, answered by a proxy. A host that no gateway has is sent to every port: none may know it.
fn heard(
    access: &Access<'_>,
    case: &TestCase,
    options: &Options,
    engine: &mut dyn Engine,
) -> Result<CaseReport, String> {
    let mut ways = ways_in(access, &case.address);
    if ways.is_empty() {
        ways = ways_without(access, &case.address);
    }
    let mut answers = Vec::new();
    for delivery in deliveries(access, case, &ways) {
        let Some(request) = &delivery.request else {
            let fits = fits(&delivery.decision.outcome, None, case.expected.value, options.statuses);
            answers.push(Answer { delivery, heard: None, fits });
            continue;
        };
        let heard = engine.ask(request, &delivery.decision)?;
        let fits = fits_heard(access, &heard, &delivery.decision, case.expected.value) && heard.differences.is_empty();
        answers.push(Answer { delivery, heard: Some(heard), fits });
    }
    Ok(case_report(access, case, answers))
}

fn deliveries(access: &Access<'_>, case: &TestCase, ways: &[Via]) -> Vec<Delivery> {
    let present = |request: &Request| case.credential.as_ref().map(|c| presented(access, c, request));
    deliver(access, ways, &case.method, &case.address, present)
}

fn case_report(access: &Access<'_>, case: &TestCase, answers: Vec<Answer>) -> CaseReport {
    CaseReport {
        span: case.span,
        request: format!("{} {}", case.method, case.address),
        expected: Spanned::new(case.expected.span, failures::expected(access, case.expected.value)),
        answers,
    }
}

/// What a case presents.
fn presented(access: &Access<'_>, credential: &TestCredential, request: &Request) -> Presented {
    match credential {
        TestCredential::Garbage => Presented { at: usual_location(access, request), credential: Credential::Garbage },
        TestCredential::Token(TestToken { issuer, expired, forged, claims }) => {
            let flaw = match (forged, expired) {
                (true, _) => Some(Flaw::Forged),
                (false, true) => Some(Flaw::Expired),
                (false, false) => None,
            };
            let token = Token { issuer: *issuer, flaw, claims: claims.clone() };
            Presented { at: access.program.issuer(*issuer).location.clone(), credential: Credential::Token(token) }
        }
    }
}

fn fits(outcome: &Outcome, via: Option<Via>, expected: Expected, statuses: Statuses) -> bool {
    match expected {
        Expected::App(app) => matches!(outcome, Outcome::Forward { apps, .. } if apps.contains(&app)),
        Expected::Refused => matches!(outcome, Outcome::Refused(_) | Outcome::Malformed),
        Expected::NotFound => *outcome == Outcome::NotFound,
        Expected::Redirect => matches!(outcome, Outcome::Redirect(_) | Outcome::RedirectToHttps(_)),
        Expected::Status(status) => match via {
            Some(via) => outcome.statuses(via, statuses).contains(&status),
            None => status == 404,
        },
    }
}

/// Whether a proxy's answer is what was expected. What an app answers is not the proxy's word; which of the apps of a
/// split answers is chance.
fn fits_heard(access: &Access<'_>, heard: &Heard, decision: &Decision, expected: Expected) -> bool {
    match (expected, &heard.app) {
        (Expected::App(app), Some(name)) => {
            let split = match &decision.outcome {
                Outcome::Forward { apps, .. } if apps.contains(&app) => apps.as_slice(),
                _ => &[],
            };
            let is = |app: AppId| access.program.app(app).qualified_name() == *name;
            is(app) || split.iter().any(|&other| is(other))
        }
        (Expected::App(_), None) | (_, Some(_)) => false,
        (Expected::Refused, None) => matches!(heard.status, 400 | 401 | 403 | 405),
        (Expected::NotFound, None) => heard.status == 404,
        (Expected::Redirect, None) => (300..400).contains(&heard.status),
        (Expected::Status(status), None) => heard.status == status,
    }
}

fn routes(access: &Access<'_>, tests: &[TestReport]) -> Vec<RouteReport> {
    let answers = tests.iter().flat_map(|t| &t.cases).flat_map(|c| &c.answers);
    let decided: BTreeSet<(AppId, Span)> =
        answers.filter_map(|a| a.delivery.decision.app.zip(a.delivery.decision.line)).collect();
    let mut routes = Vec::new();
    for host in &access.virtual_hosts {
        for node in &host.table.nodes {
            for line in &node.lines {
                routes.push(RouteReport {
                    span: line.head,
                    app: access.program.app(node.app).qualified_name(),
                    text: format!("{} {}", line.methods, node.pattern),
                    reached: decided.contains(&(node.app, line.head)),
                });
            }
        }
    }
    routes.sort();
    routes.dedup();
    routes
}
