//! Random programs with all features of the language. A line that contradicts another is taken out again, as the
//! compiler's findings tell, so that every seed gives a program that compiles.

use std::fmt::Write as _;
use std::ops::Range;

use meshc::access::Access;
use meshc::analyze::analyze;
use meshc::diagnostic::Diagnostic;
use meshc::ir::Program;
use meshc::source::SourceMap;
use meshc::{Attachments, parse};

use crate::common::random::Random;

const METHODS: [&str; 9] =
    ["GET", "POST", "GET POST", "ANY", "ANY", "PUT DELETE", "GET HEAD", "OPTIONS GET", "PATCH TRACE"];
const SEGMENTS: [&str; 10] = ["a", "b", "a", "b", "admin", "c.d", "v1", "x=y", "A", "*"];
const ISSUERS: [&str; 3] = ["alpha", "beta", "gamma"];
const HOSTS: [&str; 8] = [
    "x.example.com",
    "y.example.com",
    "x.example.com",
    "*.example.com",
    "*.wild.example.com",
    "x.wild.example.com",
    "*",
    "other.test",
];

/// A program as text, with the lines that may be taken out.
struct Draft {
    head: String,
    apps: Vec<App>,
}

struct App {
    head: String,
    routes: Vec<String>,
    block: Option<(String, Vec<String>)>,
}

/// A program and its text.
pub struct Generated {
    pub text: String,
    pub program: Program,
}

/// Makes a program; `None` if the findings are not about routes.
pub fn generate(random: &mut Random) -> Option<Generated> {
    let mut draft = draft(random);
    for _ in 0..200 {
        let (text, lines) = draft.text();
        let (program, findings) = compile(&text);
        let Some(program) = program else {
            let found = findings.iter().find(|d| d.is_error())?;
            let at = usize::try_from(found.primary.span.start).unwrap();
            let &(_, app, line) = lines.iter().find(|(range, _, _)| range.contains(&at))?;
            draft.apps[app].take_out(line);
            continue;
        };
        return Some(Generated { text, program });
    }
    None
}

/// The program of a text, and what was found.
pub fn compile(text: &str) -> (Option<Program>, Vec<Diagnostic>) {
    let sources = SourceMap::single("access.mesh", text.to_string());
    let parsed = parse(&sources);
    let mut findings = parsed.errors().to_vec();
    let analysis = analyze(&sources, parsed.files(), None, &Attachments::default());
    findings.extend(analysis.diagnostics);
    if findings.iter().any(Diagnostic::is_error) {
        return (None, findings);
    }
    let (_, contradictions) = Access::build(&analysis.program);
    let sound = !contradictions.iter().any(Diagnostic::is_error);
    findings.extend(contradictions);
    (sound.then_some(analysis.program), findings)
}

impl Draft {
    fn text(&self) -> (String, Vec<(Range<usize>, usize, usize)>) {
        let mut text = self.head.clone();
        let mut lines = Vec::new();
        for (i, app) in self.apps.iter().enumerate() {
            text.push_str(&app.head);
            let mut put = |text: &mut String, line: &str, number: usize| {
                let from = text.len();
                text.push_str(line);
                lines.push((from..text.len(), i, number));
            };
            for (number, line) in app.routes.iter().enumerate() {
                put(&mut text, line, number);
            }
            if let Some((hosts, block)) = &app.block {
                let _ = writeln!(text, "  host {hosts} {{");
                for (number, line) in block.iter().enumerate() {
                    put(&mut text, line, app.routes.len() + number);
                }
                text.push_str("  }\n");
            }
            text.push_str("}\n\n");
        }
        (text, lines)
    }
}

impl App {
    fn take_out(&mut self, line: usize) {
        if line < self.routes.len() {
            self.routes.remove(line);
        } else if let Some((_, block)) = &mut self.block {
            block.remove(line - self.routes.len());
            if block.is_empty() {
                self.block = None;
            }
        }
    }
}

fn draft(random: &mut Random) -> Draft {
    let mut head = String::new();
    let issuers = &ISSUERS[..1 + random.below(3)];
    for name in issuers {
        issuer(random, &mut head, name);
    }
    let _ = writeln!(head, "policy member = {}\n", requirement(random, issuers, 1));
    head.push_str("gateway edge {\n  http 80\n");
    if random.one_in(3) {
        head.push_str("  https 443 tls \"secret\"\n");
        if random.one_in(2) {
            head.push_str("  redirect http to https\n");
        }
    }
    head.push_str("}\n\n");
    let inner = random.one_in(3);
    if inner {
        head.push_str("gateway inner {\n  select istio=inner\n  http 8080\n}\n\n");
    }
    let names = &["one", "two", "three", "four"][..1 + random.below(4)];
    let apps = names.iter().map(|name| app(random, name, names, issuers, inner)).collect();
    Draft { head, apps }
}

fn issuer(random: &mut Random, text: &mut String, name: &str) {
    let url = if name == "beta" { "https://beta.example/".to_string() } else { format!("https://{name}.example") };
    let _ = writeln!(text, "issuer {name} {{\n  url \"{url}\"\n  jwks \"https://{name}.example/keys\"");
    match random.below(6) {
        0 | 1 => text.push_str("  audience \"app\"\n"),
        2 => text.push_str("  audience \"https://api.example/\" \"app\"\n"),
        _ => {}
    }
    let location = match (name, random.below(3)) {
        ("beta", 0) => "  token header \"x-beta\"\n",
        ("beta", 1) => "  token query \"token\"\n",
        ("gamma", 0) => "  token header \"X-Gamma\" prefix \"Bearer \"\n",
        ("gamma", 1) => "  token cookie \"session\"\n",
        _ => "",
    };
    text.push_str(location);
    if random.one_in(4) {
        text.push_str("  subject optional\n");
    }
    if random.one_in(3) {
        text.push_str("  forward\n");
    }
    text.push_str("}\n\n");
}

fn app(random: &mut Random, name: &str, apps: &[&str], issuers: &[&str], inner: bool) -> App {
    let mut head = format!("app {name} port 80 {{\n");
    let mut hosts: Vec<&str> = (0..1 + random.below(2)).map(|_| *random.pick(&HOSTS)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let _ = writeln!(head, "  hosts {}", hosts.join(" "));
    let via = if inner { *random.pick(&["edge", "inner", "edge inner"]) } else { "edge" };
    let _ = writeln!(head, "  via {via}");
    // Apps that share requests must trust the same issuers: most trust all.
    if issuers.len() > 1 && !random.one_in(6) {
        let _ = writeln!(head, "  issuers {}", issuers.join(" "));
    }
    if random.one_in(4) {
        head.push_str("  protocol http2\n");
    }
    if random.one_in(3) {
        head.push_str(
            "  cors {\n    origins \"https://page.example\"\n    methods GET POST\n    headers authorization\n  }\n",
        );
    }
    let routes = (0..2 + random.below(7)).map(|_| route(random, name, apps, issuers)).collect();
    let exact: Vec<&str> = hosts.into_iter().filter(|h| !h.contains('*')).collect();
    let block = (random.one_in(3) && !exact.is_empty()).then(|| {
        let routes = (0..1 + random.below(3)).map(|_| route(random, name, apps, issuers)).collect();
        (exact.join(" "), routes)
    });
    App { head, routes, block }
}

fn route(random: &mut Random, app: &str, apps: &[&str], issuers: &[&str]) -> String {
    let path = path(random);
    let access = match random.below(10) {
        0..=2 => "public".to_string(),
        3 => "deny".to_string(),
        4 => (*random.pick(&["redirect /elsewhere 302", "redirect \"https://far.example/x\" 308", "redirect /b"]))
            .to_string(),
        5 => "require member".to_string(),
        _ => format!("require {}", requirement(random, issuers, 0)),
    };
    let mut line = format!("  {} {path} {access}", random.pick(&METHODS));
    let mut options = String::new();
    if access.starts_with("public") || access.starts_with("require") {
        if random.one_in(6) {
            let moved = *random.pick(&["/moved", "/moved/too", ""]);
            let target = if path.ends_with("/**") && !path.contains('*') && !random.one_in(4) { "/**" } else { "" };
            let target = if path.ends_with("/**") && !path.trim_end_matches("/**").contains('*') && !random.one_in(4) {
                "/**"
            } else {
                target
            };
            let target = if moved.is_empty() && target.is_empty() { "/" } else { target };
            let _ = writeln!(options, "    rewrite {moved}{target}");
        }
        if apps.len() > 1 && random.one_in(8) {
            let other = random.pick(apps);
            if *other != app {
                let _ = writeln!(options, "    to {other} {}%", random.pick(&[10, 50, 100]));
            }
        }
        if random.one_in(8) {
            options.push_str("    timeout 5s\n    retries 1\n");
        }
    }
    if options.is_empty() {
        line.push('\n');
    } else {
        let _ = write!(line, " {{\n{options}  }}\n");
    }
    line
}

fn path(random: &mut Random) -> String {
    let depth = random.below(4);
    let mut path: String = (0..depth).map(|_| format!("/{}", random.pick(&SEGMENTS))).collect();
    if path.contains('*') {
        path = path.replace("x=y", "b");
    }
    match random.below(8) {
        0..=3 => path.push_str("/**"),
        4 => path.push('/'),
        _ => {}
    }
    if path.is_empty() { "/".to_string() } else { path }
}

/// A formula that is false without a token.
fn requirement(random: &mut Random, issuers: &[&str], depth: usize) -> String {
    let issuer = random.pick(issuers);
    match random.below(if depth > 1 { 11 } else { 14 }) {
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
        11 => {
            format!("({}) and ({})", requirement(random, issuers, depth + 1), requirement(random, issuers, depth + 1))
        }
        _ => format!("({}) or ({})", requirement(random, issuers, depth + 1), requirement(random, issuers, depth + 1)),
    }
}
