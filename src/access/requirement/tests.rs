//! The normal form against the formula, for every formula over two facts up to a size, and every token that can tell them
//! apart: tokens that break their issuer's declaration too, since nothing but the issuer keeps it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Literal, Requirement, normalise};
use crate::access::Token;
use crate::access::decide::literal_holds;
use crate::diagnostic::codes;
use crate::ir::{
    App, AppPlaces, ClaimType, Condition, Fact, Formula, Issuer, IssuerId, Keys, Labels, Program, Protocol,
    TokenLocation,
};
use crate::source::{SourceMap, Span, Spanned};

/// One bit for each token.
type Tokens = Vec<u64>;

fn at() -> Span {
    let sources = SourceMap::single("access.mesh", String::new());
    Span::new(sources.iter().next().unwrap().0, 0, 0)
}

fn claim(name: &str) -> Fact {
    Fact::Claim(name.split('.').map(str::to_string).collect())
}

/// The first issuer declares its claims, the second does not; the app trusts both.
fn program() -> (Program, App) {
    let declared = [
        ("role", ClaimType::String),
        ("realm.plan", ClaimType::String),
        ("groups", ClaimType::List),
        ("scope", ClaimType::String),
    ];
    let issuer = |name: &str, claims| Issuer {
        name: name.to_string(),
        span: at(),
        url: format!("https://{name}.example"),
        keys: Keys::Discovery,
        audiences: Vec::new(),
        location: TokenLocation::Default,
        forward: false,
        subject_optional: true,
        claims,
    };
    let path = |name: &str| name.split('.').map(str::to_string).collect::<Vec<_>>();
    let claims = declared.iter().map(|(name, kind)| (path(name), *kind)).collect();
    let program = Program { issuers: vec![issuer("alpha", Some(claims)), issuer("beta", None)], ..Program::default() };
    let trusted = [0, 1].map(|i| Spanned { value: IssuerId(i), span: at() });
    let app = App {
        name: "app".to_string(),
        head: at(),
        span: at(),
        places: AppPlaces { namespace: None, port: None, service: None, select: None },
        namespace: "default".to_string(),
        port: 80,
        service: "app".to_string(),
        selector: Labels::new(),
        protocol: Protocol::Http,
        hosts: Vec::new(),
        gateways: Vec::new(),
        issuers: Some(trusted.to_vec()),
        cors: None,
        routes: Vec::new(),
    };
    (program, app)
}

/// What a token may hold for a fact; `None`: nothing. Tokens whose `sub` or `aud` is not of its type are not valid (R21).
fn held(fact: &Fact) -> Vec<Option<Value>> {
    let strings = ["a", "b", "c", "", "a b"].map(|text| Some(json!(text)));
    let lists = [json!([]), json!(["a"]), json!(["b"]), json!(["c"]), json!(["a", "b"]), json!(["c", "b"])];
    let longer = [json!(["a", "b", "c"]), json!(["a b"]), json!(["", "a"])];
    let mixed = [json!(["a", "a b"]), json!(["a b", "b"]), json!(["a", "a b", "b"])];
    let odd = [json!(7), json!(true), json!(null), json!({ "a": "b" }), json!([7, "a"]), json!([["b"]])];
    let mut all = vec![None];
    all.extend(strings);
    if *fact != Fact::Subject {
        all.extend(lists.into_iter().chain(longer).chain(mixed).map(Some));
    }
    if matches!(fact, Fact::Claim(_)) {
        all.extend(odd.into_iter().map(Some));
    }
    all
}

/// The words of the language reference: the claim is this string, or a list that holds it; `scope` holds this word.
fn is_or_holds(fact: &Fact, value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(text)) if *fact == claim("scope") => text.split(' ').any(|word| word == wanted),
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(items)) => items.contains(&json!(wanted)),
        _ => false,
    }
}

/// Whether a token of an issuer that declares its claims would hold this.
fn keeps_to(declared: Option<ClaimType>, fact: &Fact, value: Option<&Value>) -> bool {
    let is_word = |item: &Value| item.as_str().is_some_and(|text| !text.contains(' '));
    match (value, declared) {
        (None, _) => true,
        (Some(Value::Array(items)), _) if *fact == claim("scope") => items.iter().all(is_word),
        (_, _) if *fact == claim("scope") => true,
        (Some(value), Some(ClaimType::String)) => value.is_string(),
        (Some(value), Some(ClaimType::List)) => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        (Some(_), _) => true,
    }
}

/// All tokens that two facts can tell apart.
struct World {
    program: Program,
    app: App,
    tokens: Vec<Token>,
    /// What holds without further ado: per issuer, and per condition.
    issuers: [Tokens; 2],
    conditions: BTreeMap<Condition, Tokens>,
    /// The tokens whose claims are as declared.
    declared: Tokens,
    known: BTreeMap<Literal, Tokens>,
}

impl World {
    fn new(facts: &[Fact; 2], conditions: &[Condition]) -> Self {
        let (program, app) = program();
        let mut all = Vec::new();
        for issuer in [IssuerId(0), IssuerId(1)] {
            for first in held(&facts[0]) {
                all.extend(held(&facts[1]).into_iter().map(|second| (issuer, [first.clone(), second])));
            }
        }
        let set = |test: &dyn Fn(IssuerId, &[Option<Value>; 2]) -> bool| {
            let mut bits = vec![0; all.len().div_ceil(64)];
            for (i, (issuer, values)) in all.iter().enumerate() {
                bits[i / 64] |= u64::from(test(*issuer, values)) << (i % 64);
            }
            bits
        };
        let place = |condition: &Condition| usize::from(condition.fact != facts[0]);
        let holds = |condition: &Condition| {
            let test = |values: &[Option<Value>; 2]| {
                let value = values[place(condition)].as_ref();
                condition.values.iter().any(|wanted| is_or_holds(&condition.fact, value, wanted))
            };
            (condition.clone(), set(&|_, values| test(values)))
        };
        let type_of = |issuer: IssuerId, fact: &Fact| match fact {
            Fact::Claim(path) => program.issuer(issuer).claims.as_ref().and_then(|c| c.get(path)).copied(),
            Fact::Subject | Fact::Audience => None,
        };
        let declared = set(&|issuer, values| {
            facts.iter().zip(values).all(|(fact, value)| keeps_to(type_of(issuer, fact), fact, value.as_ref()))
        });
        let issuers = [0, 1].map(|wanted| set(&|issuer, _| issuer == IssuerId(wanted)));
        let conditions = conditions.iter().map(holds).collect();
        let token = |(issuer, values): &(IssuerId, [Option<Value>; 2])| {
            let mut claims = Map::new();
            for (fact, value) in facts.iter().zip(values) {
                put(&mut claims, fact, value.as_ref());
            }
            Token { issuer: *issuer, flaw: None, claims }
        };
        let tokens = all.iter().map(token).collect();
        World { program, app, tokens, issuers, conditions, declared, known: BTreeMap::new() }
    }

    fn all(&self, holds: bool) -> Tokens {
        let some = self.issuers[0].iter().zip(&self.issuers[1]).map(|(a, b)| if holds { a | b } else { 0 });
        some.collect()
    }

    /// The formula, part by part.
    fn formula(&self, formula: &Formula) -> Tokens {
        let join = |parts: &[Formula], holds: bool, with: fn(u64, u64) -> u64| {
            parts.iter().fold(self.all(holds), |all, part| zip(&all, &self.formula(part), with))
        };
        match formula {
            Formula::AnyToken => self.all(true),
            Formula::Token(issuer) => self.issuers[issuer.0].clone(),
            Formula::Condition(condition) => self.conditions[condition].clone(),
            Formula::And(parts) => join(parts, true, |a, b| a & b),
            Formula::Or(parts) => join(parts, false, |a, b| a | b),
            Formula::Not(inner) => zip(&self.all(true), &self.formula(inner), |all, inner| all & !inner),
        }
    }

    /// What the normal form lets through, as `decide` reads its conditions.
    fn requirement(&mut self, requirement: &Requirement) -> Tokens {
        let mut passes = self.all(false);
        for alternative in &requirement.alternatives {
            let mut met = self.issuers[alternative.issuer.0].clone();
            for literal in &alternative.conditions {
                let tokens = &self.tokens;
                let known = self.known.entry(literal.clone()).or_insert_with(|| {
                    let mut bits = vec![0; tokens.len().div_ceil(64)];
                    for (i, token) in tokens.iter().enumerate() {
                        bits[i / 64] |= u64::from(literal_holds(literal, token)) << (i % 64);
                    }
                    bits
                });
                met = zip(&met, known, |a, b| a & b);
            }
            passes = zip(&passes, &met, |a, b| a | b);
        }
        passes
    }

    fn shown(&self, tokens: &[u64]) -> String {
        let first = (0..self.tokens.len()).find(|i| tokens[i / 64] >> (i % 64) & 1 == 1);
        first.map_or_else(String::new, |i| format!("{:?}", self.tokens[i]))
    }
}

fn zip(a: &[u64], b: &[u64], with: fn(u64, u64) -> u64) -> Tokens {
    a.iter().zip(b).map(|(a, b)| with(*a, *b)).collect()
}

fn is_empty(tokens: &[u64]) -> bool {
    tokens.iter().all(|&bits| bits == 0)
}

fn put(claims: &mut Map<String, Value>, fact: &Fact, value: Option<&Value>) {
    let path = match fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    };
    let Some(value) = value else { return };
    let (last, parents) = path.split_last().unwrap();
    let inner = parents
        .iter()
        .fold(claims, |object, step| object.entry(step.clone()).or_insert_with(|| json!({})).as_object_mut().unwrap());
    inner.insert(last.clone(), value.clone());
}

fn conditions(fact: &Fact) -> Vec<Condition> {
    let sets: &[&[&str]] = if *fact == claim("scope") {
        &[&["a"], &["b"], &["a b"], &["a", "a b"]]
    } else {
        &[&["a"], &["b"], &["a", "b"]]
    };
    let set = |values: &&[&str]| values.iter().map(|v| (*v).to_string()).collect::<BTreeSet<_>>();
    sets.iter().map(|values| Condition { fact: fact.clone(), values: set(values) }).collect()
}

fn not(formula: &Formula) -> Formula {
    Formula::Not(Box::new(formula.clone()))
}

fn pair(one: &Formula, other: &Formula) -> [Formula; 2] {
    let both = vec![one.clone(), other.clone()];
    [Formula::And(both.clone()), Formula::Or(both)]
}

/// Every formula of up to three of these atoms, each and their pairs negated or not; and every four of one fact at once.
fn formulas(atoms: &[Formula], of_one_fact: &[Formula]) -> Vec<Formula> {
    let signed = |atoms: &[Formula]| atoms.iter().flat_map(|atom| [atom.clone(), not(atom)]).collect::<Vec<_>>();
    let one = signed(atoms);
    let two: Vec<Formula> =
        one.iter().enumerate().flat_map(|(i, a)| one[i..].iter().flat_map(move |b| pair(a, b))).collect();
    let two = signed(&two);
    let three: Vec<Formula> = one.iter().flat_map(|a| two.iter().flat_map(move |b| pair(a, b))).collect();
    let mut four = vec![Vec::new()];
    for _ in 0..4 {
        let more = |known: &Vec<Formula>| {
            let known = known.clone();
            signed(of_one_fact).into_iter().map(move |atom| [known.clone(), vec![atom]].concat())
        };
        four = four.iter().flat_map(more).collect();
    }
    let four = four.into_iter().flat_map(|parts| [Formula::And(parts.clone()), Formula::Or(parts)]);
    one.into_iter().chain(two).chain(three).chain(four).collect()
}

#[test]
fn normal_forms_say_what_the_formulas_say() {
    let of_two: [[Fact; 2]; 5] = [
        [claim("role"), claim("groups")],
        [claim("realm.plan"), claim("other")],
        [claim("scope"), claim("role")],
        [Fact::Subject, Fact::Audience],
        [claim("scope"), Fact::Subject],
    ];
    let span = at();
    for facts in of_two {
        let of_each = facts.each_ref().map(conditions);
        let mut world = World::new(&facts, &of_each.concat());
        let atoms = |conditions: &[Condition]| conditions.iter().cloned().map(Formula::Condition).collect::<Vec<_>>();
        let mut all = atoms(&of_each.concat());
        all.extend([Formula::AnyToken, Formula::Token(IssuerId(0)), Formula::Token(IssuerId(1))]);
        let (mut judged, mut refused) = (0, 0);
        let mut found: BTreeMap<Requirement, Tokens> = BTreeMap::new();
        for formula in formulas(&all, &atoms(&of_each[0])) {
            let trusted = [IssuerId(0), IssuerId(1)];
            let normal_form = |formula: &Formula| normalise(&world.program, &world.app, &trusted, formula, span);
            let (formula, normal_form) = match normal_form(&formula) {
                // What would hold without a token needs one beside it.
                Err(error) if error.code == codes::NEGATION_WITHOUT_TOKEN => {
                    let pinned = Formula::And(vec![Formula::AnyToken, formula]);
                    let normal_form = normal_form(&pinned);
                    (pinned, normal_form)
                }
                normal_form => (formula, normal_form),
            };
            let wanted = world.formula(&formula);
            let by_the_book = zip(&wanted, &world.declared, |a, b| a & b);
            match normal_form {
                Ok(requirement) => {
                    let passes = world.requirement(&requirement);
                    let wrong = zip(&passes, &wanted, |a, b| a ^ b);
                    assert!(is_empty(&wrong), "{formula:?}\n{requirement:?}\n{}", world.shown(&wrong));
                    assert!(!is_empty(&by_the_book), "no declared token meets this: {formula:?}");
                    judged += 1;
                    if found.len() < 400 {
                        found.insert(requirement, passes);
                    }
                }
                Err(error) => {
                    assert_eq!(error.code, codes::UNSATISFIABLE, "{formula:?}");
                    assert!(is_empty(&by_the_book), "{formula:?}\n{}", world.shown(&by_the_book));
                    refused += 1;
                }
            }
        }
        for (one, passes) in &found {
            for (other, passes_other) in &found {
                let beyond = zip(passes, passes_other, |a, b| a & !b);
                assert_eq!(one.implies(other), is_empty(&beyond), "{one:?}\n{other:?}\n{}", world.shown(&beyond));
            }
        }
        assert!(judged > 20_000 && refused > 500, "{facts:?}: {judged} judged, {refused} refused");
    }
}
