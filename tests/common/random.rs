//! Random programs and requests, from a seed that a failing test prints.

use std::fmt::Write as _;

/// A small generator of random numbers (xorshift64*): the same seed gives the same program on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % limit
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const SEGMENTS: [&str; 7] = ["a", "b", "a", "c.d", "admin", "v:1", "*"];
const METHODS: [&str; 7] = ["GET", "POST", "GET POST", "ANY", "PUT DELETE", "GET HEAD", "OPTIONS"];

/// A program. It may contradict itself: then the compiler must say so, and the next seed is taken.
pub fn program(random: &mut Random) -> String {
    let mut text = String::new();
    let issuers = 1 + random.below(3);
    for name in &["alpha", "beta", "gamma"][..issuers] {
        let url = if *name == "beta" { "https://beta.example/" } else { &format!("https://{name}.example") };
        let _ = writeln!(text, "issuer {name} {{\n  url \"{url}\"\n  jwks \"https://{name}.example/keys\"");
        if random.one_in(3) {
            text.push_str("  audience \"app\"\n");
        }
        if *name == "gamma" {
            text.push_str("  token header \"x-gamma\"\n");
        }
        if random.one_in(4) {
            text.push_str("  subject optional\n");
        }
        text.push_str("}\n");
    }
    let names = &["alpha", "beta", "gamma"][..issuers];
    let _ = writeln!(text, "policy member = {}", requirement(random, names, 0));
    text.push_str("gateway edge {\n  http 80\n");
    if random.one_in(3) {
        text.push_str("  https 443 tls \"secret\"\n");
        if random.one_in(2) {
            text.push_str("  redirect http to https\n");
        }
    }
    text.push_str("}\n");
    for app in &["one", "two", "three"][..=random.below(3)] {
        self::app(random, &mut text, app, names);
    }
    text
}

fn app(random: &mut Random, text: &mut String, name: &str, issuers: &[&str]) {
    let _ = writeln!(text, "app {name} port 80 {{");
    let hosts = ["x.example.com", "y.example.com", "*.wild.example.com", "x.wild.example.com", name];
    let mut host = (*random.pick(&hosts)).to_string();
    if host == name {
        host = format!("{name}.example.com");
    }
    let _ = writeln!(text, "  hosts {host}");
    if issuers.len() > 1 || random.one_in(2) {
        let _ = writeln!(text, "  issuers {}", issuers.join(" "));
    }
    if random.one_in(4) {
        text.push_str("  cors {\n    origins \"https://page.example\"\n    methods GET POST\n  }\n");
    }
    for _ in 0..=random.below(5) {
        route(random, text, issuers, "  ");
    }
    if random.one_in(3) && !host.starts_with('*') {
        let _ = writeln!(text, "  host {host} {{");
        route(random, text, issuers, "    ");
        text.push_str("  }\n");
    }
    text.push_str("}\n");
}

fn route(random: &mut Random, text: &mut String, issuers: &[&str], indent: &str) {
    let methods = random.pick(&METHODS);
    let path = path(random);
    let access = match random.below(8) {
        0 | 1 => "public".to_string(),
        2 => "deny".to_string(),
        3 => "redirect /elsewhere 302".to_string(),
        4 => "require member".to_string(),
        _ => format!("require {}", requirement(random, issuers, 0)),
    };
    let _ = write!(text, "{indent}{methods} {path} {access}");
    if random.one_in(6) && !access.starts_with("deny") && !access.starts_with("redirect") {
        let target = if path.ends_with("/**") { "/moved/**" } else { "/moved" };
        let _ = write!(text, " {{\n{indent}  rewrite {target}\n{indent}}}");
    }
    text.push('\n');
}

fn path(random: &mut Random) -> String {
    let depth = random.below(4);
    let mut path = String::new();
    for _ in 0..depth {
        path.push('/');
        let segment: &&str = random.pick(&SEGMENTS);
        path.push_str(segment);
    }
    match random.below(6) {
        0..=2 => path.push_str("/**"),
        3 => path.push('/'),
        _ => {}
    }
    if path.is_empty() { "/".to_string() } else { path }
}

/// A formula that is false without a token.
fn requirement(random: &mut Random, issuers: &[&str], depth: usize) -> String {
    let issuer = random.pick(issuers);
    match random.below(if depth > 1 { 6 } else { 9 }) {
        0 => format!("token from {issuer}"),
        1 => "token".to_string(),
        2 => "token and claim groups has \"admins\"".to_string(),
        3 => format!("token from {issuer} and subject in [\"ann\", \"a/b\"]"),
        4 => "scope has \"read\"".to_string(),
        5 => format!("token from {issuer} and not claim groups in [\"guests\", \"admins\"]"),
        6 => format!("({}) and ({})", requirement(random, issuers, depth + 1), requirement(random, issuers, depth + 1)),
        _ => format!("({}) or ({})", requirement(random, issuers, depth + 1), requirement(random, issuers, depth + 1)),
    }
}
