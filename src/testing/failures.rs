//! A case that failed, as a finding on its line.

use std::fmt::Write as _;

use crate::access::{Access, Outcome, Statuses, describe};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::Expected;
use crate::source::{SourceMap, Span};

use super::{Answer, CaseReport};

/// What was expected, as the language writes it.
pub(super) fn expected(access: &Access<'_>, expected: Expected) -> String {
    match expected {
        Expected::App(app) => describe::app_name(access, app),
        Expected::Refused => "refused".to_string(),
        Expected::NotFound => "not found".to_string(),
        Expected::Redirect => "redirect".to_string(),
        Expected::Status(status) => status.to_string(),
    }
}

/// The finding for a case; `None` if it passed. `base` is what stands before paths where people read them.
pub fn failure(
    access: &Access<'_>,
    case: &CaseReport,
    statuses: Statuses,
    sources: &SourceMap,
    base: &str,
) -> Option<Diagnostic> {
    let answer = case.answers.iter().find(|answer| !answer.fits)?;
    let decision = &answer.delivery.decision;
    let became = became(access, answer, statuses);
    let mut message = format!("`{}` {became}; expected is `{}`", case.request, case.expected.value);
    if let Some(environment) = &access.program.environment {
        // A `String` takes everything that is written to it.
        let _ = write!(message, " (in environment `{environment}`)");
    }
    let mut found = Diagnostic::new(codes::TEST_FAILED, message, case.expected.span, "expected");
    for difference in answer.heard.iter().flat_map(|heard| &heard.differences) {
        found = found.with_note(format!("the language decides otherwise: {difference}; please report it"));
    }
    if let Some(line) = decision.line {
        found = found.with_secondary(line, "this line decides");
    }
    for step in &decision.trail {
        found = found.with_note(match step.span {
            Some(span) => format!("{} ({})", step.text, place(sources, base, span)),
            None => step.text.clone(),
        });
    }
    if let Some(request) = &answer.delivery.request {
        let enough = describe::enough(access, request, decision);
        if !enough.is_empty() {
            found = found.with_help(format!("to get through: {}", enough.join(", or ")));
        }
    }
    let app_answers = matches!(decision.outcome, Outcome::Forward { .. });
    if app_answers && case.expected.value.parse::<u16>().is_ok() {
        found = found.with_help("write the name of the app: which status it answers is its own matter");
    }
    Some(found)
}

/// What became of a request, as the verb of a sentence.
fn became(access: &Access<'_>, answer: &Answer, statuses: Statuses) -> String {
    if let Some(heard) = &answer.heard {
        return match &heard.app {
            Some(app) => format!("reaches `{app}` through the proxy"),
            None => format!("is answered by the proxy ({})", heard.status),
        };
    }
    let outcome = &answer.delivery.decision.outcome;
    let words = describe::outcome(access, outcome);
    let status = answer.delivery.request.as_ref().map_or(vec![404], |r| outcome.statuses(r.via, statuses));
    let verb = if words.starts_with("reaches") { "" } else { "is " };
    match status.as_slice() {
        [] => format!("{verb}{words}"),
        some => {
            let some: Vec<String> = some.iter().map(u16::to_string).collect();
            format!("{verb}{words} ({})", some.join(" or "))
        }
    }
}

/// `shop/access.mesh:12`
fn place(sources: &SourceMap, base: &str, span: Span) -> String {
    let file = sources.file(span.file);
    let line = file.position(span.start).line;
    let base = if file.path().starts_with('<') { "" } else { base };
    format!("{base}{}:{line}", file.path())
}
