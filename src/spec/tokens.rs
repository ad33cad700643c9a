//! Tokens: which one counts, what it meets, and which of two requirements asks for less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::ir::{self, AppId, Condition, Fact, Formula, IssuerId, Program};
use crate::request::{Credential, Flaw, Refusal, Request, Token};

/// What a line asks of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks<'p> {
    /// `public`
    Nothing,
    /// A token that meets this, of one of these issuers.
    Token(&'p Formula, Vec<IssuerId>),
    /// What nobody can bring.
    TooMuch,
}

/// Two requirements look at so many values that comparing them would take too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyTokens;

/// So many tokens of one issuer are tried at most.
const MOST_TOKENS: usize = 1 << 12;

/// "issuers": whom an app trusts.
pub fn trusted(program: &Program, app: AppId) -> Vec<IssuerId> {
    let app = program.app(app);
    match &app.issuers {
        Some(listed) => listed.iter().map(|issuer| issuer.value).collect(),
        None if program.issuers.len() == 1 => vec![IssuerId(0)],
        None => {
            let mut named = BTreeSet::new();
            for route in &app.routes {
                if let ir::Access::Require { formula, .. } = &route.access {
                    each_part(formula, &mut |part| {
                        if let Formula::Token(issuer) = part {
                            named.insert(*issuer);
                        }
                    });
                }
            }
            named.into_iter().collect()
        }
    }
}

/// Whose tokens an app verifies. "Outcomes": none, where no line requires anything. "Options", `to`: those of an app that
/// sends it a share of a line with a requirement count too.
fn verified(program: &Program, app: AppId) -> Vec<IssuerId> {
    let requires = |route: &&ir::Route| matches!(route.access, ir::Access::Require { .. });
    let mut issuers = Vec::new();
    for (of, other) in program.app_ids() {
        let comes = |route: &ir::Route| of == app || route.options.shares.iter().any(|share| share.app == app);
        if other.routes.iter().filter(requires).any(comes) {
            issuers.extend(trusted(program, of));
        }
    }
    issuers
}

/// What the app's proxy takes for a token: whatever stands in a place where it looks.
fn found<'r>(program: &Program, app: AppId, request: &'r Request) -> Option<&'r Credential> {
    let presented = request.presented.as_ref()?;
    let looks = |issuer: &IssuerId| program.issuer(*issuer).location.finds(&presented.at);
    verified(program, app).iter().any(looks).then_some(&presented.credential)
}

/// "Outcomes": why a token is refused on every line of an app, public ones too.
pub fn bad_token(program: &Program, app: AppId, request: &Request) -> Option<Refusal> {
    let Credential::Token(token) = found(program, app, request)? else { return Some(Refusal::BadToken) };
    let issuer = program.issuer(token.issuer);
    let misplaced = request.presented.as_ref().is_some_and(|presented| !issuer.location.reads(&presented.at));
    let out_of_time = matches!(token.flaw, Some(Flaw::Expired | Flaw::NotYetValid));
    if !verified(program, app).contains(&token.issuer) || misplaced || !is_well_formed(&token.claims) || out_of_time {
        return Some(Refusal::BadToken);
    }
    // The audience is looked at before the signature.
    let audiences = Condition { fact: Fact::Audience, values: issuer.audiences.iter().cloned().collect() };
    if !issuer.audiences.is_empty() && !is_met(&audiences, &token.claims) {
        return Some(Refusal::WrongAudience);
    }
    (token.flaw == Some(Flaw::Forged)).then_some(Refusal::BadToken)
}

/// "Outcomes": the types of the claims that proxies read.
fn is_well_formed(claims: &Map<String, Value>) -> bool {
    claims.iter().all(|(name, value)| match name.as_str() {
        "sub" | "jti" => value.is_string(),
        "aud" => value.is_string() || value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        // They are kept in 64 bits.
        "exp" | "nbf" | "iat" => value.as_f64().is_some_and(|time| (0.0..2.0_f64.powi(64)).contains(&time)),
        _ => true,
    })
}

/// Why a request does not get through a line; `None` if it does.
pub fn refusal(program: &Program, app: AppId, request: &Request, asks: &Asks<'_>) -> Option<Refusal> {
    if let Some(bad) = bad_token(program, app, request) {
        return Some(bad);
    }
    match (asks, found(program, app, request)) {
        (Asks::Nothing, _) => None,
        (Asks::TooMuch, _) => Some(Refusal::Denied),
        (Asks::Token(..), None) => Some(Refusal::NoToken),
        (Asks::Token(..), Some(Credential::Token(token))) if passes(program, asks, token) => None,
        (Asks::Token(..), Some(_)) => Some(Refusal::NotMet),
    }
}

/// Whether a valid token gets through.
fn passes(program: &Program, asks: &Asks<'_>, token: &Token) -> bool {
    match asks {
        Asks::Nothing => true,
        Asks::TooMuch => false,
        Asks::Token(formula, trusted) => {
            // "issuer", `subject optional`: without that line, tokens without `sub` do not count.
            let subject = token.claims.get("sub").and_then(Value::as_str).is_some_and(|subject| !subject.is_empty());
            let counts = subject || program.issuer(token.issuer).subject_optional;
            counts && trusted.contains(&token.issuer) && holds(formula, token)
        }
    }
}

/// "Requirements": a formula over what a verified token says.
fn holds(formula: &Formula, token: &Token) -> bool {
    match formula {
        Formula::AnyToken => true,
        Formula::Token(issuer) => token.issuer == *issuer,
        Formula::Condition(condition) => is_met(condition, &token.claims),
        Formula::And(parts) => parts.iter().all(|part| holds(part, token)),
        Formula::Or(parts) => parts.iter().any(|part| holds(part, token)),
        Formula::Not(inner) => !holds(inner, token),
    }
}

/// "Requirements", the table of facts: the claim is one of these strings, or a list that holds one.
fn is_met(condition: &Condition, claims: &Map<String, Value>) -> bool {
    let path = claim(&condition.fact);
    let mut value = claims.get(&path[0]);
    for step in &path[1..] {
        value = value.and_then(|value| value.get(step));
    }
    match value {
        Some(Value::String(text)) if condition.fact.is_space_delimited() => {
            text.split(' ').any(|word| condition.values.contains(word))
        }
        Some(Value::String(text)) => condition.values.contains(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).any(|item| condition.values.contains(item)),
        _ => false,
    }
}

/// The steps to a claim, at least one.
fn claim(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    }
}

/// Whether somebody passes the one and not the other: without a token, or with some valid token, whatever its audience.
pub fn asks_less(program: &Program, mine: &Asks<'_>, theirs: &Asks<'_>) -> Result<bool, TooManyTokens> {
    match (mine, theirs) {
        (Asks::TooMuch, _) | (_, Asks::Nothing) => Ok(false),
        (Asks::Nothing, _) => Ok(true),
        _ if mine == theirs => Ok(false),
        (Asks::Token(..), _) => {
            let tokens = distinguishable([mine, theirs])?;
            Ok(tokens.iter().any(|token| passes(program, mine, token) && !passes(program, theirs, token)))
        }
    }
}

/// Tokens such that any other valid one passes the same of these as one of them does.
///
/// A condition only asks whether a claim has one of its values. So of a claim it counts which of the values are there that
/// the formulas name, and values that stand in the same conditions count as one. A claim can be missing, a string, or a
/// list of any of them, but `sub` is always one string: a value that is named, or another.
fn distinguishable(asks: [&Asks<'_>; 2]) -> Result<Vec<Token>, TooManyTokens> {
    let mut conditions: Vec<&Condition> = Vec::new();
    let mut issuers = BTreeSet::new();
    for asks in asks {
        let Asks::Token(formula, trusted) = asks else { continue };
        issuers.extend(trusted.iter().copied());
        each_part(formula, &mut |part| {
            if let Formula::Condition(condition) = part {
                conditions.push(condition);
            }
        });
    }
    let mut by_claim: BTreeMap<Vec<String>, BTreeMap<Vec<bool>, &String>> = BTreeMap::new();
    for condition in &conditions {
        for value in &condition.values {
            let path = claim(&condition.fact);
            let stands_in = conditions.iter().map(|c| claim(&c.fact) == path && c.values.contains(value)).collect();
            by_claim.entry(path).or_default().insert(stands_in, value);
        }
    }
    let mut all = vec![Map::new()];
    for (path, values) in by_claim {
        let choices = choices(&path, values.into_values().collect());
        if all.len() * choices.len() > MOST_TOKENS {
            return Err(TooManyTokens);
        }
        let mut more = Vec::with_capacity(all.len() * choices.len());
        for claims in &all {
            more.push(claims.clone());
            for choice in &choices {
                let mut claims = claims.clone();
                if put(&mut claims, &path, choice.clone()) {
                    more.push(claims);
                }
            }
        }
        all = more;
    }
    for claims in &mut all {
        claims.entry("sub").or_insert_with(|| Value::from("somebody of whom no condition speaks"));
    }
    all.retain(is_well_formed);
    let of = |issuer: IssuerId| all.iter().map(move |claims| Token { issuer, flaw: None, claims: claims.clone() });
    Ok(issuers.into_iter().flat_map(of).collect())
}

/// What may stand in a claim, if it is there.
fn choices(path: &[String], values: Vec<&String>) -> Vec<Value> {
    if path == ["sub"] {
        return values.into_iter().map(|value| Value::from(value.as_str())).collect();
    }
    let mut lists: Vec<Vec<String>> = vec![Vec::new()];
    for value in values.into_iter().take(MOST_TOKENS.ilog2() as usize + 1) {
        let with = |list: &Vec<String>| list.iter().chain([value]).cloned().collect();
        let longer: Vec<Vec<String>> = lists.iter().map(with).collect();
        lists.extend(longer);
    }
    // The empty list is as good as none.
    lists.into_iter().skip(1).map(Value::from).collect()
}

/// Puts a value where a claim is; `false` if another claim of the token is in the way, as `a` is of `a.b`.
fn put(claims: &mut Map<String, Value>, path: &[String], value: Value) -> bool {
    match path {
        [] => false,
        [last] => claims.insert(last.clone(), value).is_none(),
        [first, rest @ ..] => {
            let inner = claims.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            inner.as_object_mut().is_some_and(|inner| put(inner, rest, value))
        }
    }
}

/// Shows every part of a formula, itself too.
fn each_part<'f>(formula: &'f Formula, see: &mut impl FnMut(&'f Formula)) {
    see(formula);
    match formula {
        Formula::AnyToken | Formula::Token(_) | Formula::Condition(_) => {}
        Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| each_part(part, see)),
        Formula::Not(inner) => each_part(inner, see),
    }
}
