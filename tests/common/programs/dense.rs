//! Random programs whose lines lie close together, with requirements that say the same in other words, or nearly the same.

use std::fmt::Write as _;

use super::super::random::Random;

/// Requirements of which several say the same in other words.
const REQUIREMENTS: [&str; 15] = [
    "token",
    "token from corp",
    "token from corp or token from other",
    "token from other or token from corp and claim g has \"a\"",
    "token and claim g has \"a\"",
    "token and claim g has \"a\" and not claim g.h has \"a\"",
    "token and not claim g has \"a\"",
    "token and (claim g has \"a\" or not claim g has \"a\")",
    "token and (claim g has \"a\" or not claim g in [\"a\", \"b\"] or claim g has \"b\")",
    "token and claim g in [\"a\", \"b\"]",
    "token and not claim g in [\"a\", \"b\"]",
    "token and (claim g has \"a\" or claim g has \"b\")",
    "token and subject is \"ann\"",
    "token and subject in [\"ann\", \"bob\"] and not subject is \"bob\"",
    "token and not subject is \"bob\"",
];

/// Requirements of which the one asks for a little less than the other.
const NEARLY_THE_SAME: [[&str; 2]; 4] = [
    ["token and not claim g has \"a\"", "token and not claim g in [\"a\", \"b\"]"],
    ["token and claim g in [\"a\", \"b\"]", "token and claim g has \"a\""],
    ["token", "token and (claim g has \"a\" or not claim g in [\"a\", \"b\"])"],
    ["token and (claim g has \"a\" or subject is \"ann\")", "token and claim g has \"a\""],
];

/// A small program whose paths lie close together: what a line asks matters to all others.
pub fn dense(random: &mut Random) -> String {
    let two_issuers = random.one_in(2);
    let requirements: Vec<&str> = REQUIREMENTS.into_iter().filter(|r| two_issuers || !r.contains("other")).collect();
    // Few, so that often two lines ask for the same.
    let near = random.one_in(3);
    let pool: Vec<String> = if near {
        random.pick(&NEARLY_THE_SAME).map(|requirement| format!("require {requirement}")).to_vec()
    } else {
        (0..=random.below(3)).map(|_| clause(random, &requirements)).collect()
    };
    let mut text = "issuer corp {\n  url \"https://id.example.com\"\n}\n\ngateway edge {\n  http 80\n}\n".to_string();
    text.push_str("\ngateway inner {\n  select istio=inner\n  http 8080\n}\n");
    if two_issuers {
        text.push_str("\nissuer other {\n  url \"https://other.example.com\"\n  subject optional\n}\n");
    }
    let trusts = if two_issuers { "  issuers corp other\n" } else { "" };
    for (app, hosts, gateway) in [
        ("shop", "shop.example.com *.example.com a.example.com", "edge"),
        ("cart", "b.example.com *.example.com", "edge"),
        ("pay", "a.example.com", "inner"),
    ] {
        let _ = write!(text, "\napp {app} port 80 {{\n  hosts {hosts}\n  via {gateway}\n{trusts}");
        if app == "shop" && (near || random.one_in(2)) {
            let _ = writeln!(text, "  ANY /** {}", pool[0]);
        }
        for _ in 0..=random.below(5) {
            text.push_str(&line(random, &pool, app));
        }
        if random.one_in(2) {
            let block = hosts.split(' ').find(|host| !host.starts_with('*')).unwrap();
            let _ = writeln!(text, "  host {block} {{\n  {}  }}", line(random, &pool, app));
        }
        text.push_str("}\n");
    }
    text
}

fn clause(random: &mut Random, requirements: &[&str]) -> String {
    match random.below(8) {
        0 => "public".to_string(),
        1 => "deny".to_string(),
        2 => "redirect /elsewhere".to_string(),
        _ => format!("require {}", random.pick(requirements)),
    }
}

fn line(random: &mut Random, pool: &[String], app: &str) -> String {
    let mut path = if random.one_in(4) { format!("/{app}") } else { String::new() };
    for _ in 0..=random.below(3) {
        path.push_str(random.pick::<&str>(&["/a", "/b", "/*", "/v:1"]));
    }
    path.push_str(random.pick::<&str>(&["", "/**", "/**"]));
    let methods = random.pick::<&str>(&["ANY", "ANY", "GET", "POST"]);
    let clause = random.pick(pool);
    let passes = !clause.starts_with("deny") && !clause.starts_with("redirect");
    let options = match random.below(8) {
        0 if passes && app == "shop" => random.pick::<&str>(&[" {\n    to cart 30%\n  }", " {\n    to pay 100%\n  }"]),
        1 if passes && path.ends_with("/**") && !path.contains('*') => " {\n    rewrite /x/**\n  }",
        _ => "",
    };
    format!("  {methods} {path} {clause}{options}\n")
}
