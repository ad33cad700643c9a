//! What would let a refused request through: everything that has to change, so that [`decide`] passes it on.

use super::brackets::has_bracket;
use super::disguise::plain_reading;
use super::{Access, Alternative, Decision, Outcome, Presented, Refusal, Request, decide};
use crate::ir::{IssuerId, MethodSet};

/// One way to change a refused request so that it is let through: all that it says has to change, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remedy {
    /// This path; `None` if its own may stay.
    pub path: Option<String>,
    /// One of these methods; empty if its own may stay.
    pub methods: MethodSet,
    /// What it has to carry; `None` if that may stay as it is.
    pub need: Option<Need>,
}

/// What a request has to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// No token.
    Nothing,
    /// A valid token that meets this.
    Token {
        /// What it has to meet.
        alternative: Alternative,
        /// Whether the request's own token is a valid one of that issuer, which lacks nothing but conditions.
        own: bool,
    },
}

impl Need {
    fn valid_token(issuer: IssuerId) -> Need {
        Need::Token { alternative: Alternative { issuer, conditions: Vec::new() }, own: false }
    }
}

/// The remedies for a request about which this was decided. None if nothing helps, or if it was not refused.
pub fn remedies(access: &Access<'_>, request: &Request, decision: &Decision) -> Vec<Remedy> {
    let Outcome::Refused(refusal) = decision.outcome else { return Vec::new() };
    match refusal {
        Refusal::AmbiguousPath => by_path(access, request),
        Refusal::Denied | Refusal::Path | Refusal::Method => by_method(access, request, decision.listed),
        Refusal::NoToken | Refusal::NotMet => by_token(access, request, decision),
        Refusal::BadToken | Refusal::WrongAudience => without_the_token(access, request, decision),
    }
}

/// What a changed request still lacks: one remedy that says nothing if it is let through.
fn still(access: &Access<'_>, request: &Request) -> Vec<Remedy> {
    let decision = decide(access, request);
    match decision.outcome {
        Outcome::Forward { .. } => vec![Remedy::default()],
        // What is as ambiguous as before is not asked again.
        Outcome::Refused(Refusal::AmbiguousPath) => Vec::new(),
        _ => remedies(access, request, &decision),
    }
}

/// The path as a backend reads it, or, where its square brackets are the reason, with these encoded: no proxy decodes
/// them, and a path template matches `%5B`.
fn by_path(access: &Access<'_>, request: &Request) -> Vec<Remedy> {
    let plain = plain_reading(&request.target);
    let read = plain.as_deref().or_else(|| request.target.split('?').next());
    let encoded = read.filter(|path| has_bracket(path)).map(|path| path.replace('[', "%5B").replace(']', "%5D"));
    let mut ways = plain.clone().into_iter().chain(encoded).map(|path| on_path(access, request, &path));
    ways.find(|found| !found.is_empty()).unwrap_or_default()
}

fn on_path(access: &Access<'_>, request: &Request, path: &str) -> Vec<Remedy> {
    let rest = still(access, &Request { target: path.to_string(), ..request.clone() });
    rest.into_iter().map(|remedy| Remedy { path: Some(path.to_string()), ..remedy }).collect()
}

/// Methods that need the same are told together.
fn by_method(access: &Access<'_>, request: &Request, listed: MethodSet) -> Vec<Remedy> {
    let mut found: Vec<(MethodSet, Vec<Remedy>)> = Vec::new();
    for method in listed.iter() {
        let rest = still(access, &Request { method: method.name().to_string(), ..request.clone() });
        match found.iter_mut().find(|(_, same)| *same == rest) {
            Some((methods, _)) => *methods = methods.with(method),
            None => found.push((MethodSet::EMPTY.with(method), rest)),
        }
    }
    let told =
        |(methods, rest): (MethodSet, Vec<Remedy>)| rest.into_iter().map(move |remedy| Remedy { methods, ..remedy });
    found.into_iter().flat_map(told).collect()
}

fn by_token(access: &Access<'_>, request: &Request, decision: &Decision) -> Vec<Remedy> {
    let Some(id) = decision.requirement else { return Vec::new() };
    let valid = decision.outcome == Outcome::Refused(Refusal::NotMet);
    let issuer = request.presented.as_ref().and_then(Presented::token).map(|token| token.issuer).filter(|_| valid);
    let need = |alternative: &Alternative| Need::Token {
        alternative: alternative.clone(),
        own: issuer == Some(alternative.issuer),
    };
    let alternatives = access.requirement(id).alternatives.iter();
    alternatives.map(|a| Remedy { need: Some(need(a)), ..Remedy::default() }).collect()
}

/// A bad token is refused before anything else is told, so what else is lacking is asked without it.
fn without_the_token(access: &Access<'_>, request: &Request, decision: &Decision) -> Vec<Remedy> {
    let bare = Request { presented: None, ..request.clone() };
    let rest = match decide(access, &bare) {
        Decision { outcome: Outcome::Forward { .. }, .. } => vec![Remedy::default()],
        decision => remedies(access, &bare, &decision),
    };
    let verified = decision.app.map(|app| access.workload(app).verifies.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    for remedy in rest {
        if remedy.need.is_some() {
            found.push(remedy);
            continue;
        }
        found.push(Remedy { need: Some(Need::Nothing), ..remedy.clone() });
        // On another path it may be another app that looks at the token.
        if remedy.path.is_none() {
            let valid = verified.iter().map(|&issuer| Some(Need::valid_token(issuer)));
            found.extend(valid.map(|need| Remedy { need, ..remedy.clone() }));
        }
    }
    found
}
