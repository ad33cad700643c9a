//! What stands round the apps of a random program: environments, issuers, policies, gateways and bundles.

use super::super::random::Random;
use super::apps::route;
use super::draft::Part;
use super::formulas::requirement;

/// The environments of a program that has any.
pub const ENVIRONMENTS: [&str; 2] = ["dev", "prod"];
const ISSUERS: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
/// Of `POLICIES`, each may name those before it.
const POLICIES: [&str; 2] = ["member", "staff"];

/// An app's name and its namespace; none is `default`.
pub type AppName = (&'static str, Option<&'static str>);

/// The names of a program.
pub struct World {
    pub environments: bool,
    pub issuers: Vec<&'static str>,
    pub policies: Vec<&'static str>,
    pub gateways: Vec<&'static str>,
    pub bundles: Vec<&'static str>,
    pub apps: Vec<AppName>,
}

impl World {
    pub fn new(random: &mut Random) -> Self {
        let mut gateways = vec!["edge"];
        gateways.extend(random.one_in(3).then_some("inner"));
        gateways.extend(random.one_in(6).then_some("side"));
        let issuers = [1, 1, 2, 2, 3, 3, 4][random.below(7)];
        let spread = random.one_in(3);
        let names = &["one", "two", "three", "four"][..1 + random.below(4)];
        let place = |random: &mut Random| if spread && random.one_in(2) { Some("shop") } else { None };
        let mut apps: Vec<AppName> = names.iter().map(|&name| (name, place(random))).collect();
        // The same name in the other namespace.
        if spread && random.one_in(3) {
            apps.push(("one", if apps[0].1.is_none() { Some("shop") } else { None }));
        }
        World {
            environments: random.one_in(4),
            issuers: ISSUERS[..issuers].to_vec(),
            policies: POLICIES.to_vec(),
            gateways,
            bundles: if random.one_in(3) { vec!["health", "common"] } else { Vec::new() },
            apps,
        }
    }
}

/// Everything but the apps.
pub fn all(random: &mut Random, world: &World) -> Vec<Part> {
    let mut parts = Vec::new();
    if world.environments {
        let values = |domain: &str, role: &str| {
            vec![Part::line(format!("domain {domain}")), Part::line(format!("role \"{role}\""))]
        };
        parts.push(Part::block("env dev", values("x.example.com", "guests")));
        parts.push(Part::block("env prod", values("example.com", "admins")));
    }
    parts.extend(world.issuers.iter().map(|name| issuer(random, name)));
    for (number, name) in world.policies.iter().enumerate() {
        let known = World {
            environments: world.environments,
            issuers: world.issuers.clone(),
            policies: world.policies[..number].to_vec(),
            gateways: Vec::new(),
            bundles: Vec::new(),
            apps: Vec::new(),
        };
        let known = if number == 0 { World { policies: vec!["token"], ..known } } else { known };
        parts.push(Part::line(format!("policy {name} = {}", requirement(random, &known, 1))));
    }
    parts.extend(world.gateways.iter().map(|name| gateway(random, name)));
    for name in &world.bundles {
        let routes = (0..1 + random.below(2)).map(|_| route(random, world, 0)).collect();
        parts.push(Part::block(format!("routes {name}"), routes));
    }
    parts
}

fn issuer(random: &mut Random, name: &str) -> Part {
    let url = match name {
        "beta" => "https://beta.example/".to_string(),
        "gamma" => ["https://gamma.example", "https://alpha.example/", "https://beta.example"][random.below(3)].into(),
        "delta" => ["delta.example", "https://delta.example:8443/realms/x"][random.below(2)].into(),
        _ => format!("https://{name}.example"),
    };
    let mut lines =
        vec![Part::line(format!("url \"{url}\"")), Part::line(format!("jwks \"https://{name}.example/keys\""))];
    let audience = match random.below(7) {
        0 | 1 => "audience \"app\"",
        2 => "audience \"https://api.example/\" \"app\"",
        3 => "audience \"else\" \"a b\"",
        _ => "",
    };
    // Some find the tokens of others.
    let locations: &[&str] = match name {
        "alpha" => &["", "", "header \"x-alpha\" prefix \"Token \"", "header \"authorization\" prefix \"Token \""],
        "beta" => &["", "header \"x-beta\"", "query \"token\"", "query \"access_token\""],
        "gamma" => &[
            "",
            "header \"X-Gamma\" prefix \"Bearer \"",
            "cookie \"session\"",
            "header \"authorization\" prefix \"Bearer \"",
        ],
        _ => &["header \"x-beta\"", "header \"x-delta\" prefix \"My Token \"", "cookie \"id\"", "cookie \"session\""],
    };
    if let Some(location) = Some(random.pick(locations)).filter(|text| !text.is_empty()) {
        lines.push(Part::line(format!("token {location}")));
    }
    lines.extend((!audience.is_empty()).then(|| Part::line(audience)));
    if random.one_in(4) {
        lines.push(Part::line("subject optional"));
    }
    if random.one_in(3) {
        lines.push(Part::line("forward"));
    }
    if random.one_in(5) {
        let claims = ["groups: list", "realm.roles: list", "\"https://x.test/role\": string", "plan: string"];
        lines.push(Part::block("claims", claims.iter().map(|line| Part::line(*line)).collect()));
    }
    Part::block(format!("issuer {name}"), lines)
}

fn gateway(random: &mut Random, name: &str) -> Part {
    let (head, lines): (&str, &[&str]) = match name {
        "inner" => match random.below(3) {
            0 => ("gateway inner in istio-system", &["select istio=inner", "http 8080"]),
            1 => ("gateway inner", &["select istio=inner", "https 8443 tls \"secret\""]),
            _ => ("gateway inner", &["select istio=inner", "http 8080"]),
        },
        // On the pods of `edge`, on a port of its own, or on the same one where their apps' hosts differ.
        "side" => match random.below(3) {
            0 => ("gateway side in shop", &["http 80"]),
            1 => ("gateway side in shop", &["http 8081", "hosts *.example.com"]),
            _ => ("gateway side", &["http 8081"]),
        },
        _ => match random.below(8) {
            0 => ("gateway edge", &["http 80", "https 443 tls \"secret\""]),
            1 => ("gateway edge", &["http 80", "https 443 tls \"secret\"", "redirect http to https"]),
            2 => ("gateway edge", &["http 80", "http 8090"]),
            3 => ("gateway edge in istio-system", &["http 80", "hosts *.example.com other.test"]),
            _ => ("gateway edge", &["http 80"]),
        },
    };
    Part::block(head, lines.iter().map(|line| Part::line(*line)).collect())
}
