//! Laws of random programs: a Service belongs to one app, and what is decided of a token is what the requirement says as it
//! was written, part by part. Some of the tokens break what their issuer declares.

mod common;

use std::collections::BTreeMap;

use common::random::Random;
use common::{programs, requests};
use meshc::access::{Access, Outcome, Presented, Refusal, Token, decide};
use meshc::diagnostic::codes;
use meshc::ir::{self, ClaimType, Condition, Fact, Formula, Program};
use serde_json::Value;

/// A program gets so many requests.
const REQUESTS: usize = 200;

fn holds(formula: &Formula, token: &Token) -> bool {
    match formula {
        Formula::AnyToken => true,
        Formula::Token(issuer) => token.issuer == *issuer,
        Formula::Condition(condition) => is_met(condition, token),
        Formula::And(parts) => parts.iter().all(|part| holds(part, token)),
        Formula::Or(parts) => parts.iter().any(|part| holds(part, token)),
        Formula::Not(inner) => !holds(inner, token),
    }
}

/// The claim is one of these strings, or a list that holds one; `scope` holds one of these words.
fn is_met(Condition { fact, values }: &Condition, token: &Token) -> bool {
    let words = fact.is_space_delimited();
    match claim(fact, token) {
        Some(Value::String(text)) if words => text.split(' ').any(|word| values.contains(word)),
        Some(Value::String(text)) => values.contains(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).any(|item| values.contains(item)),
        _ => false,
    }
}

fn claim<'t>(fact: &Fact, token: &'t Token) -> Option<&'t Value> {
    match fact {
        Fact::Subject => token.claims.get("sub"),
        Fact::Audience => token.claims.get("aud"),
        Fact::Claim(path) => {
            let (first, rest) = path.split_first()?;
            rest.iter().try_fold(token.claims.get(first)?, |value, step| value.get(step))
        }
    }
}

/// Whether a formula asks twice about a claim that its token's issuer declares as a string, and the token has a list there.
fn breaks_declaration(program: &Program, formula: &Formula, token: &Token) -> bool {
    fn facts<'f>(formula: &'f Formula, found: &mut Vec<&'f Fact>) {
        match formula {
            Formula::AnyToken | Formula::Token(_) => {}
            Formula::Condition(condition) => found.push(&condition.fact),
            Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| facts(part, found)),
            Formula::Not(inner) => facts(inner, found),
        }
    }
    let mut asked = Vec::new();
    facts(formula, &mut asked);
    let Some(declared) = &program.issuer(token.issuer).claims else { return false };
    asked.iter().any(|fact| {
        let Fact::Claim(path) = fact else { return false };
        declared.get(path) == Some(&ClaimType::String)
            && asked.iter().filter(|other| *other == fact).count() > 1
            && claim(fact, token).is_some_and(Value::is_array)
    })
}

#[test]
fn random_tokens_pass_where_the_requirement_holds_as_it_is_written() {
    let (mut passed, mut refused, mut broken) = (0, 0, [0, 0]);
    for seed in 1..=600 {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        let program = &generated.program;
        let (access, _) = Access::build(program);
        if access.virtual_hosts.is_empty() {
            continue;
        }
        for _ in 0..REQUESTS {
            let Some((request, _)) = requests::generate(&mut random, &access) else { continue };
            let Some(token) = request.presented.as_ref().and_then(Presented::token) else { continue };
            let decision = decide(&access, &request);
            let lets_through = match decision.outcome {
                Outcome::Forward { .. } => true,
                Outcome::Refused(Refusal::NotMet) => false,
                _ => continue,
            };
            let mut routes = program.apps.iter().flat_map(|app| &app.routes);
            let Some(route) = routes.find(|route| Some(route.head) == decision.line) else { continue };
            let ir::Access::Require { formula, .. } = &route.access else { continue };
            let issuer = program.issuer(token.issuer);
            let has_subject = token.claims.get("sub").is_some_and(|sub| sub.as_str() != Some(""));
            let wanted = holds(formula, token) && (has_subject || issuer.subject_optional);
            assert_eq!(lets_through, wanted, "seed {seed}: {formula:?}\n{token:?}\n{}", generated.text);
            *(if lets_through { &mut passed } else { &mut refused }) += 1;
            broken[usize::from(lets_through)] += usize::from(breaks_declaration(program, formula, token));
        }
    }
    println!("{passed} passed, {refused} refused; of lists where a string is declared {broken:?}");
    assert!(passed > 1000 && refused > 1000, "{passed} passed, {refused} refused");
    assert!(broken.iter().all(|&count| count > 3), "too few lists where a string is declared: {broken:?}");
}

/// How many apps each Service of a program has, by namespace and name, as the lines say.
fn services(text: &str) -> BTreeMap<(String, String), usize> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["app", name, "in", namespace, "port", ..] => found.push((namespace.to_string(), name.to_string())),
            ["app", name, "port", ..] => found.push(("default".to_string(), name.to_string())),
            ["service", name] => found.last_mut().unwrap().1 = name.to_string(),
            _ => {}
        }
    }
    let mut counted = BTreeMap::new();
    for service in found {
        *counted.entry(service).or_default() += 1;
    }
    counted
}

#[test]
fn a_service_of_several_apps_is_always_refused() {
    let mut shared = 0;
    for seed in 1..=200 {
        let text = programs::any_text(&mut Random::new(seed));
        let expected: usize = services(&text).values().map(|apps| apps - 1).sum();
        shared += expected;
        let environment = text.contains("env dev").then_some("dev");
        let (_, findings) = programs::compile_in(&text, environment);
        let found = findings.iter().filter(|d| d.code == codes::SHARED_SERVICE).count();
        assert_eq!(found, expected, "seed {seed}\n{text}");
        // From the same seed, with parts taken out until it compiles.
        if let (true, Some(made)) = (expected > 0, programs::generate(&mut Random::new(seed))) {
            assert!(services(&made.text).values().all(|&apps| apps == 1), "seed {seed}\n{}", made.text);
        }
    }
    println!("{shared} apps name the Service of another one");
    assert!(shared > 4, "only {shared} apps name the Service of another one");
}
