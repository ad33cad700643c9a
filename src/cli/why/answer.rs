//! The answer of `meshc why`, in words and as JSON; `docs/cli.md` has the fields.

use std::fmt::Write as _;

use serde::Serialize;

use crate::access::{Access, Delivery, Outcome, Statuses, describe};
use crate::cli::load::Program;
use crate::cli::place::{Place, line};
use crate::diagnostic::render::printable;
use crate::source::Span;

/// What becomes of a request, by every way in.
#[derive(Debug, Serialize)]
pub(super) struct Answers {
    request: String,
    environment: Option<String>,
    token: Option<String>,
    #[serde(rename = "answers")]
    all: Vec<Answer>,
}

/// What becomes of it by some of these ways, alike.
#[derive(Debug, Serialize)]
struct Answer {
    via: Vec<String>,
    outcome: &'static str,
    reason: Option<&'static str>,
    message: String,
    statuses: PerTarget,
    apps: Vec<String>,
    path: Option<String>,
    trail: Vec<Step>,
    requirement: Vec<String>,
    enough: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PerTarget {
    istio: Vec<u16>,
    envoy: Vec<u16>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Step {
    text: String,
    place: Option<Place>,
    #[serde(skip)]
    span: Option<Span>,
}

impl Answers {
    pub fn new(
        access: &Access<'_>,
        deliveries: &[Delivery],
        request: String,
        token: Option<String>,
        program: &Program,
    ) -> Self {
        let mut answers: Vec<Answer> = Vec::new();
        for delivery in deliveries {
            let mut answer = answer(access, delivery, program);
            match answers.iter_mut().find(|earlier| earlier.is_like(&answer)) {
                Some(earlier) => earlier.via.append(&mut answer.via),
                None => answers.push(answer),
            }
        }
        Answers { request, environment: access.program.environment.clone(), token, all: answers }
    }

    /// One object, over several lines.
    pub fn json(&self) -> String {
        // A struct of strings, numbers and lists can always be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The outcome first, then what led to it, each step with its line of the program.
    pub fn human(&self, program: &Program) -> String {
        let mut out = String::new();
        let environment = self.environment.as_ref().map(|e| format!(" (environment `{e}`)")).unwrap_or_default();
        say(&mut out, &format!("{}{environment}", self.request));
        if let Some(token) = &self.token {
            say(&mut out, token);
        }
        for answer in &self.all {
            out.push('\n');
            answer.human(&mut out, program);
        }
        out
    }
}

impl Answer {
    /// Whether it differs by the way in alone, which is the first step.
    fn is_like(&self, other: &Answer) -> bool {
        (self.outcome, &self.message, &self.statuses) == (other.outcome, &other.message, &other.statuses)
            && self.trail.get(1..) == other.trail.get(1..)
    }

    fn human(&self, out: &mut String, program: &Program) {
        say(out, &format!("{}{}", self.message, self.statuses));
        for step in &self.trail {
            say(out, &format!("  {}", step.text));
            if let (Some(place), Some(span)) = (&step.place, step.span) {
                say(out, &format!("    {place} | {}", line(program, span)));
            }
        }
        if let [_, others @ ..] = self.via.as_slice()
            && !others.is_empty()
        {
            say(out, &format!("  the same by {}", others.join("; by ")));
        }
        match self.enough.as_slice() {
            [] => {}
            [only] => say(out, &format!("  to get through: {only}")),
            several => {
                say(out, "  to get through, one of");
                for way in several {
                    say(out, &format!("    {way}"));
                }
            }
        }
    }
}

impl std::fmt::Display for PerTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |statuses: &[u16]| statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
        match (self.istio.is_empty(), self.envoy.is_empty() || self.istio == self.envoy) {
            (true, _) => Ok(()),
            (false, true) => write!(f, " ({})", list(&self.istio)),
            (false, false) => write!(f, " (Istio answers {}, Envoy {})", list(&self.istio), list(&self.envoy)),
        }
    }
}

fn answer(access: &Access<'_>, delivery: &Delivery, program: &Program) -> Answer {
    let (request, decision) = (delivery.request.as_ref(), &delivery.decision);
    let (outcome, reason) = describe::kind(&decision.outcome);
    let statuses = |of| request.map_or(vec![404], |r| decision.outcome.statuses(r.via, of));
    let (apps, path) = match &decision.outcome {
        Outcome::Forward { apps, path } => {
            (apps.iter().map(|&a| access.program.app(a).qualified_name()).collect(), Some(path.clone()))
        }
        _ => (Vec::new(), None),
    };
    let step = |step: &crate::access::Step| Step {
        text: step.text.clone(),
        place: step.span.map(|span| Place::new(program, span)),
        span: step.span,
    };
    Answer {
        via: request.iter().map(|r| describe::via(access, r.via)).collect(),
        outcome,
        reason,
        message: describe::outcome(access, &decision.outcome),
        statuses: PerTarget { istio: statuses(Statuses::Istio), envoy: statuses(Statuses::Envoy) },
        apps,
        path,
        trail: decision.trail.iter().map(step).collect(),
        requirement: decision.requirement.map(|id| describe::requirement(access, id)).unwrap_or_default(),
        enough: request.map(|r| describe::enough(access, r, decision)).unwrap_or_default(),
    }
}

/// A line, with nothing in it that steers the terminal.
fn say(out: &mut String, text: &str) {
    // A `String` takes everything that is written to it.
    let _ = writeln!(out, "{}", printable(text));
}
