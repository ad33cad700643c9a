//! Random requirements.

use super::super::random::Random;
use super::surroundings::World;

/// Claims as a program writes them, with values that tokens have.
const CLAIMS: [(&str, &[&str]); 6] = [
    ("groups", &["admins", "guests", "a b", "x.*y"]),
    ("realm.roles", &["buyer"]),
    ("\"https://x.test/role\"", &["boss", "50%", "a\\\"b"]),
    ("plan", &["gold", "silver", "\\$1", ""]),
    ("\"realm.roles\"", &["buyer"]),
    ("a.b.c", &["é", "deep"]),
];

/// Mostly a formula that is false without a token.
pub fn requirement(random: &mut Random, world: &World, depth: usize) -> String {
    let issuer = random.pick(&world.issuers);
    match random.below(if depth > 1 { 16 } else { 20 }) {
        0 | 1 => format!("token from {issuer}"),
        2 => "token".to_string(),
        3 => format!("token from {issuer} and claim groups has \"admins\""),
        4 => format!("token from {issuer} and subject in [\"ann\", \"a/b\"]"),
        5 => format!("token from {issuer} and scope has \"read\""),
        6 => format!("token from {issuer} and not claim groups in [\"guests\", \"admins\"]"),
        7 => format!("token from {issuer} and claim realm.roles has \"buyer\""),
        8 => format!("token from {issuer} and claim \"https://x.test/role\" is \"boss\""),
        9 => format!("token from {issuer} and audience has \"app\""),
        10 => "token and claim plan in [\"gold\", \"silver\"] and not scope has \"none\"".to_string(),
        11 => format!("token from {issuer} and {}", comparison(random, world)),
        12 => format!("token and not ({} and {})", comparison(random, world), comparison(random, world)),
        13 => format!("{} and {}", random.pick(&world.policies), comparison(random, world)),
        14 => {
            let but = if random.one_in(2) { "subject is \"bob\"" } else { &format!("token from {issuer}") };
            format!("token and not {but}")
        }
        // What some issuers declare as strings, though a token may hold a list.
        15 => {
            let (claim, one, other) =
                [("plan", "gold", "silver"), ("\"https://x.test/role\"", "boss", "50%")][random.below(2)];
            let and = *random.pick(&["and not", "and not", "and"]);
            format!("token from {issuer} and claim {claim} in [\"{one}\", \"more\"] {and} claim {claim} is \"{other}\"")
        }
        16 | 17 => {
            format!("({}) and ({})", requirement(random, world, depth + 1), requirement(random, world, depth + 1))
        }
        _ => format!("({}) or ({})", requirement(random, world, depth + 1), requirement(random, world, depth + 1)),
    }
}

fn comparison(random: &mut Random, world: &World) -> String {
    match random.below(8) {
        0 => "subject is \"a/b\"".to_string(),
        1 => "audience has \"else\"".to_string(),
        2 => "scope in [\"read\", \"write\"]".to_string(),
        3 if world.environments => "claim groups has \"${role}\"".to_string(),
        _ => {
            let &(claim, values) = random.pick(&CLAIMS);
            let value = random.pick(values);
            let operator = *random.pick(&["is", "has", "in"]);
            match operator {
                "in" => format!("claim {claim} in [\"{value}\", \"more\"]"),
                _ => format!("claim {claim} {operator} \"{value}\""),
            }
        }
    }
}
