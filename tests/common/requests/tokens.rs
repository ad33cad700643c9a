//! Random tokens: mostly one that is meant to pass, then changed a little.

use meshc::access::{Access, Alternative, Credential, Flaw, Guard, Literal, Node, Presented, Token};
use meshc::ir::{Fact, IssuerId, TokenLocation};
use serde_json::{Map, Value, json};

use super::super::random::Random;

/// A token for a path; `None` for none.
pub fn presented(random: &mut Random, access: &Access<'_>, node: &Node) -> Option<Presented> {
    let issuers = access.program.issuers.len();
    if issuers == 0 || random.one_in(5) {
        return None;
    }
    // Mostly a token that is meant to pass the node.
    let mut issuer = IssuerId(random.below(issuers));
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(random.pick(&["ann", "a/b", "bob"])));
    let mut meant: Option<&Alternative> = None;
    if let Guard::Require(id) = random.pick(&node.lines).guard {
        let alternative = random.pick(&access.requirement(id).alternatives);
        meant = Some(alternative);
        issuer = alternative.issuer;
        for literal in &alternative.conditions {
            satisfy(random, &mut claims, literal);
        }
    }
    let declared = access.program.issuer(issuer);
    if let Some(audience) = declared.audiences.first()
        && !claims.contains_key("aud")
    {
        claims.insert("aud".into(), if random.one_in(2) { json!(audience) } else { json!(["other", audience]) });
    }
    if let (Some(alternative), true) = (meant, random.one_in(12)) {
        misplace(random, &mut claims, alternative);
    }
    for _ in 0..[0, 0, 0, 1, 2][random.below(5)] {
        spoil(random, &mut claims);
    }
    if random.one_in(12) {
        // Another issuer's token with the same claims.
        issuer = IssuerId(random.below(issuers));
    }
    let flaw = match random.below(16) {
        0 => Some(Flaw::Expired),
        1 => Some(Flaw::NotYetValid),
        2 => Some(Flaw::Forged),
        _ => None,
    };
    // Envoy's filter takes audiences that differ in scheme or final slash, so that it finds the signature wrong before
    // the exact comparison is made: 401 instead of 403, refused both ways.
    let flaw = flaw.filter(|f| *f != Flaw::Forged || !is_nearly_for(access, issuer, &claims));
    let credential = match random.below(20) {
        0 => Credential::Garbage,
        1 => Credential::Stranger,
        _ => Credential::Token(Token { issuer, flaw, claims }),
    };
    let at = match random.below(12) {
        0 => access.program.issuer(IssuerId(random.below(issuers))).location.clone(),
        1 => TokenLocation::Header { name: "x-other".into(), prefix: None },
        _ => access.program.issuer(issuer).location.clone(),
    };
    // The other one of the usual places.
    let at =
        if at == TokenLocation::Default && random.one_in(4) { TokenLocation::Query("access_token".into()) } else { at };
    Some(Presented { at, credential })
}

/// Whether an audience differs from each of the issuer's ones, and from one of them in scheme or final slash alone.
fn is_nearly_for(access: &Access<'_>, issuer: IssuerId, claims: &Map<String, Value>) -> bool {
    let bare = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        rest.strip_suffix('/').unwrap_or(rest).to_string()
    };
    let listed = &access.program.issuer(issuer).audiences;
    let named: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    !listed.iter().any(|a| named.contains(&&**a)) && listed.iter().any(|a| named.iter().any(|n| bare(a) == bare(n)))
}

/// Sets the claims so that a condition holds.
fn satisfy(random: &mut Random, claims: &mut Map<String, Value>, literal: &Literal) {
    let path = match &literal.condition.fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    };
    let values: Vec<&String> = literal.condition.values.iter().collect();
    if !literal.holds {
        // Sometimes what must not be there, instead of what must be or beside it.
        if random.one_in(3) && !values.is_empty() {
            let value = random.pick(&values);
            let there = get(claims, &path).cloned();
            let value = match there {
                Some(there @ Value::String(_)) if path != ["sub"] && random.one_in(2) => json!([there, value]),
                _ if random.one_in(2) => json!(value),
                _ => json!([value, "more"]),
            };
            set(claims, &path, value);
        }
        return;
    }
    let value = if values.is_empty() { return } else { random.pick(&values) };
    let words = literal.condition.fact.is_space_delimited();
    let value = match random.below(4) {
        0 if path != ["sub"] => json!([value]),
        1 if path != ["sub"] => json!(["other", value, 7]),
        2 if words => json!(format!("other {value}")),
        _ => json!(value),
    };
    set(claims, &path, value);
}

fn set(claims: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        claims.insert(first.clone(), value);
        return;
    }
    let inner = claims.entry(first.clone()).or_insert_with(|| json!({}));
    if let Some(object) = inner.as_object_mut() {
        set(object, rest, value);
    }
}

fn get<'c>(claims: &'c Map<String, Value>, path: &[String]) -> Option<&'c Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(claims.get(first)?, |value, step| value.get(step))
}

/// Puts the value of a claim where it must not be found: a name with dots instead of an object in an object, and the
/// other way round.
fn misplace(random: &mut Random, claims: &mut Map<String, Value>, meant: &Alternative) {
    let Some(Fact::Claim(path)) =
        (!meant.conditions.is_empty()).then(|| &random.pick(&meant.conditions).condition.fact)
    else {
        return;
    };
    let Some(value) = claims.remove(&path[0]) else { return };
    match path.as_slice() {
        [name] if name.contains('.') => {
            let steps: Vec<String> = name.split('.').map(str::to_string).collect();
            set(claims, &steps, value);
        }
        [name] => drop(claims.insert(name.to_ascii_uppercase(), value)),
        steps => drop(claims.insert(steps.join("."), value)),
    }
}

/// Changes one claim a little.
fn spoil(random: &mut Random, claims: &mut Map<String, Value>) {
    let (name, value) = match random.below(19) {
        0 => ("sub", None),
        1 => ("sub", Some(json!(random.pick(&["", "eve"])))),
        2 => ("sub", Some(json!(["ann"]))),
        3 => ("groups", Some(json!("admins"))),
        4 => ("groups", Some(json!(["guests", "Admins", ["admins"]]))),
        5 => ("groups", Some(json!({ "admins": true }))),
        6 => ("scope", Some(json!(random.pick(&["reader", "read  write", " read", "none", "read\twrite"])))),
        7 => ("realm.roles", Some(json!(["buyer"]))),
        8 => ("realm", Some(json!(random.pick(&["buyer", "roles"])))),
        9 => ("aud", None),
        10 => {
            let near = ["app", "App", "app/", "http://app", "https://api.example", "api.example", "else"];
            ("aud", Some(json!(random.pick(&near))))
        }
        11 => {
            let times = [json!("never"), json!(-1), json!(1.5), json!(1e30), json!(7), json!(true)];
            ("iat", Some(random.pick(&times).clone()))
        }
        12 => ("jti", Some(random.pick(&[json!("x"), json!(7)]).clone())),
        13 => ("plan", Some(json!(random.pick(&["", "gold ", "Gold", "gold,silver"])))),
        14 => ("groups", Some(json!([]))),
        // Lists where some issuers declare a string.
        15 | 16 => ("plan", Some(json!(["gold", "silver"]))),
        17 => ("https://x.test/role", Some(json!(["boss", "50%"]))),
        _ => ("plan", Some(json!(["bronze", 5, null]))),
    };
    match value {
        Some(value) => drop(claims.insert(name.to_string(), value)),
        None => drop(claims.remove(name)),
    }
}
