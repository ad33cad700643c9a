//! What Envoy has to answer where `decide` has decided: the column "Envoy" of the outcomes in `docs/language.md`.

use std::fmt;

use super::client::{Answer, Version};
use crate::access::{Access, Decision, Outcome, Request, Seen, Statuses, seen};
use crate::ir::{Redirect, RedirectTarget};

/// What an answer has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The status.
    pub status: u16,
    /// The apps of which one answers, as `namespace/name`; empty: Envoy does by itself.
    pub apps: Vec<String>,
    /// The path that the app sees.
    pub path: Option<String>,
    /// All that the app sees of the target and the token.
    pub seen: Option<Seen>,
    /// How the place begins to which a redirect leads; after it comes the query.
    pub location: Option<String>,
}

/// A request that was answered otherwise than decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The request.
    pub request: Request,
    /// How it was sent.
    pub version: Version,
    /// What was decided.
    pub expected: Expected,
    /// What came.
    pub answer: Answer,
    /// What differs, one sentence each; at least one.
    pub reasons: Vec<String>,
}

impl Difference {
    /// Whether a request got through that should not, or the other way round: worse than a wrong status.
    pub fn is_about_access(&self) -> bool {
        self.expected.apps.is_empty() != self.answer.app.is_none()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { method, authority, target, presented, preflight_origin, via } = &self.request;
        write!(f, "{method} {authority} {target} ({:?}, {via:?}): {}", self.version, self.reasons.join("; "))?;
        if let Some(origin) = preflight_origin {
            write!(f, "; preflight from {origin}")?;
        }
        if let Some(presented) = presented {
            write!(f, "; with {presented:?}")?;
        }
        if !self.answer.body.is_empty() {
            write!(f, "; body {:.200}", self.answer.body)?;
        }
        Ok(())
    }
}

/// What Envoy has to answer.
pub fn expected(access: &Access<'_>, request: &Request, decision: &Decision) -> Expected {
    let outcome = &decision.outcome;
    // Where the app answers, the echo says 200.
    let status = outcome.statuses(request.via, Statuses::Envoy).first().copied().unwrap_or(200);
    let mut expected = Expected { status, apps: Vec::new(), path: None, seen: None, location: None };
    match outcome {
        Outcome::NotFound | Outcome::Malformed | Outcome::Preflight | Outcome::Refused(_) => {}
        Outcome::RedirectToHttps(port) => {
            let name = request.authority.rsplit_once(':').map_or(request.authority.as_str(), |(name, _)| name);
            expected.location = Some(format!("https://{name}:{port}/"));
        }
        Outcome::Redirect(redirect) => expected.location = Some(location(request, redirect)),
        Outcome::Forward { apps, path } => {
            expected.apps = apps.iter().map(|&app| access.program.app(app).qualified_name()).collect();
            expected.path = Some(path.clone());
            expected.seen = seen(access, request, outcome);
            if expected.seen.as_ref().is_some_and(Seen::is_unsendable) {
                return Expected { status: 503, apps: Vec::new(), path: None, seen: None, location: None };
            }
        }
    }
    expected
}

fn location(request: &Request, redirect: &Redirect) -> String {
    match &redirect.target {
        RedirectTarget::Path(path) => format!("http://{}{path}", request.authority),
        RedirectTarget::Url { scheme, authority, path } => format!("{scheme}://{authority}{path}"),
    }
}

/// What differs.
pub(super) fn compare(expected: &Expected, request: &Request, answer: &Answer) -> Vec<String> {
    let mut reasons = Vec::new();
    if answer.status != expected.status {
        reasons.push(format!("{} instead of {}", answer.status, expected.status));
    }
    match (&answer.app, expected.apps.as_slice()) {
        (None, []) => {}
        (Some(app), apps) if apps.contains(app) => {}
        (Some(app), []) => reasons.push(format!("`{app}` got it")),
        (Some(app), apps) => reasons.push(format!("`{app}` got it instead of `{}`", apps.join("` or `"))),
        (None, apps) => reasons.push(format!("it did not get to `{}`", apps.join("` or `"))),
    }
    if let (Some(target), Some(seen)) = (&answer.target, &expected.seen) {
        reasons.extend(seen.differs(request, target, |header| answer.headers.contains_key(header)));
        if answer.method.as_ref() != Some(&request.method) {
            reasons.push(format!("the app saw the method {:?} instead of {}", answer.method, request.method));
        }
    }
    if let Some(place) = &expected.location {
        let came = answer.location.as_deref().unwrap_or_default();
        let rest = came.strip_prefix(place.as_str());
        let whole = place.starts_with("https://") && expected.status == 301 && place.ends_with('/');
        let fine = rest.is_some_and(|rest| {
            let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
            (whole || path.is_empty()) && request.keeps_query(query)
        });
        if !fine {
            let target = &request.target;
            reasons.push(format!("`{target}` was sent to `{came}` instead of `{place}`"));
        }
    }
    reasons
}
