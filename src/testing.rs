//! `test` blocks, run: every case is sent by every way in, and what becomes of it is held against what was expected.

mod failures;

use std::collections::BTreeSet;

pub use failures::failure;

use crate::access::{
    Access, Credential, Delivery, Flaw, Outcome, Presented, Request, Statuses, Token, Via, deliver, usual_location,
    ways_in,
};
use crate::ir::{AppId, Expected, TestCase, TestCredential, TestToken};
use crate::source::{Span, Spanned};

/// Who answers the requests of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// [`decide`](crate::access::decide), the language itself.
    #[default]
    Decide,
}

/// How tests are run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Who answers.
    pub engine: Engine,
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

/// Runs the tests of a program.
pub fn run(access: &Access<'_>, options: &Options) -> Report {
    let wanted = |name: &str| options.filter.as_ref().is_none_or(|text| name.contains(text.as_str()));
    let tests = access.program.tests.iter().filter(|test| wanted(&test.name.value));
    let tests: Vec<TestReport> = tests
        .map(|test| TestReport {
            name: test.name.clone(),
            cases: test.cases.iter().map(|case| run_case(access, case, options)).collect(),
        })
        .collect();
    let routes = routes(access, &tests);
    Report { tests, routes }
}

fn run_case(access: &Access<'_>, case: &TestCase, options: &Options) -> CaseReport {
    let deliveries = match options.engine {
        Engine::Decide => {
            let present = |request: &Request| case.credential.as_ref().map(|c| presented(access, c, request));
            deliver(access, &ways_in(access, &case.address), &case.method, &case.address, present)
        }
    };
    let answer = |delivery: Delivery| {
        let via = delivery.request.as_ref().map(|r| r.via);
        Answer { fits: fits(&delivery.decision.outcome, via, case.expected.value, options.statuses), delivery }
    };
    CaseReport {
        span: case.span,
        request: format!("{} {}", case.method, case.address),
        expected: Spanned::new(case.expected.span, failures::expected(access, case.expected.value)),
        answers: deliveries.into_iter().map(answer).collect(),
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
