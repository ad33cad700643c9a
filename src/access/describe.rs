//! Outcomes and requirements in words, for those who ask why.
//!
//! A requirement is shown in the language itself: that is what a reader of the program knows, and it can be copied.

use super::decide::{has_subject, literal_holds};
use super::{
    Access, Alternative, Decision, Literal, Need, Outcome, Presented, Refusal, Remedy, Request, RequirementId, Token,
    Via, decide, remedies,
};
use crate::ir::{AppId, ClaimType, Fact, Issuer, Method, RedirectTarget};

/// An outcome as one sentence.
pub fn outcome(access: &Access<'_>, outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotFound => "not found".to_string(),
        Outcome::Malformed => "refused: the path is malformed".to_string(),
        Outcome::RedirectToHttps(port) => format!("redirected to https, port {port}"),
        Outcome::Redirect(redirect) => match &redirect.target {
            RedirectTarget::Path(path) => format!("redirected to `{path}`"),
            RedirectTarget::Url { scheme, authority, path } => format!("redirected to `{scheme}://{authority}{path}`"),
        },
        Outcome::Preflight => "answered at the gateway, as a preflight".to_string(),
        Outcome::Refused(refusal) => format!("refused: {}", self::refusal(*refusal)),
        Outcome::Forward { apps, path } => {
            let names: Vec<String> = apps.iter().map(|&app| format!("`{}`", app_name(access, app))).collect();
            format!("reaches {}, which sees `{path}`", names.join(" or "))
        }
    }
}

/// An outcome as one word for machines, and the reason of a refusal.
pub fn kind(outcome: &Outcome) -> (&'static str, Option<&'static str>) {
    match outcome {
        Outcome::NotFound => ("not-found", None),
        Outcome::Malformed => ("refused", Some("malformed-path")),
        Outcome::RedirectToHttps(_) | Outcome::Redirect(_) => ("redirect", None),
        Outcome::Preflight => ("preflight", None),
        Outcome::Forward { .. } => ("forwarded", None),
        Outcome::Refused(refusal) => {
            let reason = match refusal {
                Refusal::AmbiguousPath => "ambiguous-path",
                Refusal::BadToken => "bad-token",
                Refusal::WrongAudience => "wrong-audience",
                Refusal::NoToken => "no-token",
                Refusal::NotMet => "not-met",
                Refusal::Denied => "denied",
                Refusal::Path => "path",
                Refusal::Method => "method",
            };
            ("refused", Some(reason))
        }
    }
}

/// Why a request is refused, as one sentence.
pub fn refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::AmbiguousPath => "the path can be read in two ways",
        Refusal::BadToken => "the token is not valid",
        Refusal::WrongAudience => "the token is for another audience",
        Refusal::NoToken => "a token is required, and none was presented",
        Refusal::NotMet => "the token does not meet the requirement",
        Refusal::Denied => "the route lets nobody through",
        Refusal::Path => "no route of the app has the path",
        Refusal::Method => "the method is not listed for the path",
    }
}

/// The name of an app, with its namespace where another app has the same name.
pub fn app_name(access: &Access<'_>, app: AppId) -> String {
    let app = access.program.app(app);
    let alone = access.program.apps.iter().filter(|other| other.name == app.name).count() == 1;
    if alone { app.name.clone() } else { app.qualified_name() }
}

/// A requirement, one line per alternative: `token from corp and claim groups has "admins"`.
pub fn requirement(access: &Access<'_>, id: RequirementId) -> Vec<String> {
    access.requirement(id).alternatives.iter().map(|a| alternative(access, a)).collect()
}

fn alternative(access: &Access<'_>, alternative: &Alternative) -> String {
    let issuer = access.program.issuer(alternative.issuer);
    let mut text = format!("token from {}", issuer.name);
    for literal in &alternative.conditions {
        text.push_str(" and ");
        text.push_str(&condition(issuer, literal));
    }
    text
}

/// A condition as a program writes it.
fn condition(issuer: &Issuer, literal: &Literal) -> String {
    let fact = &literal.condition.fact;
    let name = match fact {
        Fact::Claim(path) if matches!(path.as_slice(), [one] if one == "scope") => "scope".to_string(),
        fact => fact.to_string(),
    };
    let is_string = match fact {
        Fact::Subject => true,
        Fact::Audience => false,
        Fact::Claim(path) => issuer.claims.as_ref().and_then(|c| c.get(path)) == Some(&ClaimType::String),
    };
    let mut values = literal.condition.values.iter().map(|v| quoted(v));
    let comparison = match (values.len(), values.next()) {
        (1, Some(value)) if is_string => format!("is {value}"),
        (1, Some(value)) => format!("has {value}"),
        (_, first) => format!("in [{}]", first.into_iter().chain(values).collect::<Vec<_>>().join(", ")),
    };
    format!("{}{name} {comparison}", if literal.holds { "" } else { "not " })
}

fn quoted(value: &str) -> String {
    format!("{value:?}").replace("${", "\\${")
}

/// What would have let a refused request through, one entry per way; empty for a request that was not refused.
pub fn enough(access: &Access<'_>, request: &Request, decision: &Decision) -> Vec<String> {
    let Outcome::Refused(refusal) = decision.outcome else { return Vec::new() };
    let remedies = remedies(access, request, decision);
    if remedies.is_empty() {
        return vec![format!("nothing helps, {}", hopeless(access, request))];
    }
    remedies.iter().map(|remedy| self::remedy(access, remedy, request, refusal)).collect()
}

/// Why nothing helps; what a bad token hides is looked at without it.
fn hopeless(access: &Access<'_>, request: &Request) -> &'static str {
    match decide(access, &Request { presented: None, ..request.clone() }).outcome {
        Outcome::Refused(Refusal::Denied) => "the route is closed",
        Outcome::Refused(Refusal::AmbiguousPath) => "as long as the path can be read in two ways",
        _ => "no line lets such a path through",
    }
}

/// All that has to change, in one line: path, method, token.
fn remedy(access: &Access<'_>, remedy: &Remedy, request: &Request, refusal: Refusal) -> String {
    let mut parts = Vec::new();
    parts.extend(remedy.path.as_ref().map(|path| format!("the path `{path}`")));
    if !remedy.methods.is_empty() {
        let names: Vec<&str> = remedy.methods.iter().map(Method::name).collect();
        parts.push(format!("the method {}", names.join(" or ")));
    }
    let with = if parts.is_empty() { "" } else { "with " };
    match &remedy.need {
        None => {}
        Some(Need::Nothing) => parts.push(format!("{with}no token at all")),
        Some(Need::Token { alternative, own }) => {
            let valid = if refusal == Refusal::BadToken { "a valid " } else { "" };
            let token = request.presented.as_ref().and_then(Presented::token).filter(|_| *own);
            parts.push(format!("{with}{valid}{}", way(access, alternative, token)));
        }
    }
    parts.join(", ")
}

/// An alternative, and what a valid token lacks for it.
fn way(access: &Access<'_>, alternative: &Alternative, token: Option<&Token>) -> String {
    let text = format!("`{}`", self::alternative(access, alternative));
    let issuer = access.program.issuer(alternative.issuer);
    let Some(token) = token else {
        let audiences: Vec<String> = issuer.audiences.iter().map(|a| format!("`{a}`")).collect();
        let joined = audiences.join(" or ");
        return if joined.is_empty() { text } else { format!("{text} for the audience {joined}") };
    };
    if !has_subject(access, token) {
        return format!("{text}; this token has no subject");
    }
    let unmet = alternative.conditions.iter().filter(|literal| !literal_holds(literal, token));
    let unmet: Vec<String> = unmet.map(|literal| format!("`{}`", condition(issuer, literal))).collect();
    if unmet.is_empty() { text } else { format!("{text}; this token does not meet {}", unmet.join(" and ")) }
}

/// Where a request enters, in a few words: `gateway edge, port 80`.
pub fn via(access: &Access<'_>, via: Via) -> String {
    match via {
        Via::Gateway(gateway, port) => format!("gateway `{}`, port {port}", access.program.gateway(gateway).name),
        Via::Inside(app) => format!("from inside the mesh, to app `{}`", app_name(access, app)),
    }
}
