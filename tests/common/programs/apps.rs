//! Random apps and their routes.

use super::super::random::Random;
use super::draft::Part;
use super::formulas::requirement;
use super::surroundings::World;

const METHODS: [&str; 12] = [
    "GET",
    "GET",
    "POST",
    "GET POST",
    "ANY",
    "ANY",
    "ANY",
    "PUT DELETE",
    "GET HEAD",
    "OPTIONS GET",
    "PATCH TRACE",
    "OPTIONS",
];
/// The few short ones come often, so that paths meet.
const SEGMENTS: [&str; 18] = [
    "a", "b", "a", "b", "a", "b", "admin", "admin", "c.d", "v1", "x=y", "A", "*", "*", "v:1", "(g)", "~a,b", "$&'+!@-_",
];
const HOSTS: [&str; 14] = [
    "x.example.com",
    "x.example.com",
    "y.example.com",
    "y.example.com",
    "*.example.com",
    "*.example.com",
    "*.wild.example.com",
    "x.wild.example.com",
    "a.x.example.com",
    "*.x.example.com",
    "*",
    "other.test",
    "*.test",
    "xexample.com",
];
const CORS: [&[&str]; 4] = [
    &["origins \"https://page.example\"", "methods GET POST", "headers authorization"],
    &[
        "origins \"https://page.example\" \"https://other.example:8443\"",
        "methods GET",
        "expose x-request-id",
        "credentials",
        "max-age 10m",
    ],
    &["origins \"*\"", "methods GET POST"],
    &["origins \"http://page.example\"", "methods ANY"],
];

/// The app of that number.
pub fn app(random: &mut Random, world: &World, number: usize) -> Part {
    let (name, namespace) = world.apps[number];
    let within = namespace.map_or_else(String::new, |namespace| format!(" in {namespace}"));
    let port = if random.one_in(6) { 8080 } else { 80 };
    let mut parts = Vec::new();
    let mut hosts: Vec<String> = (0..[1, 1, 2, 2, 3, 5][random.below(6)]).map(|_| host(random, world)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    // Without hosts an app is called from inside the mesh alone.
    if random.one_in(24) {
        hosts.clear();
    } else {
        parts.push(Part::line(format!("hosts {}", hosts.join(" "))));
        let via: Vec<&str> = world.gateways.iter().copied().filter(|_| !random.one_in(3)).collect();
        let via = if via.is_empty() { vec![*random.pick(&world.gateways)] } else { via };
        if world.gateways.len() > 1 || random.one_in(2) {
            parts.push(Part::line(format!("via {}", via.join(" "))));
        }
    }
    // Apps that share requests must trust the same issuers: most trust all.
    if world.issuers.len() > 1 && !random.one_in(6) {
        parts.push(Part::line(format!("issuers {}", world.issuers.join(" "))));
    }
    if random.one_in(4) {
        parts.push(Part::line("protocol http2"));
    }
    if random.one_in(6) {
        // Sometimes the Service of another app, which is refused where it is of the same namespace.
        let other = random.pick(&world.apps).0;
        let service = if random.one_in(3) { other.to_string() } else { format!("{name}-web") };
        parts.push(Part::line(format!("service {service}")));
    }
    if random.one_in(6) {
        parts.push(Part::line(format!("select app={name} tier=web")));
    }
    if random.one_in(3) && !hosts.is_empty() {
        parts.push(Part::block("cors", random.pick(&CORS).iter().map(|line| Part::line(*line)).collect()));
    }
    parts.extend((0..2 + random.below(7)).map(|_| route(random, world, number)));
    if random.one_in(4) {
        parts.extend((0..2 + random.below(3)).map(|_| stripped(random, world)));
    }
    if random.one_in(2) {
        parts.extend(uses(random, world));
    }
    if random.one_in(3) {
        parts.extend(nested(random, world));
    }
    if random.one_in(100) {
        parts.extend(many_callers(random, world));
    }
    let exact: Vec<&str> = hosts.iter().map(String::as_str).filter(|h| !h.contains('*')).collect();
    if random.one_in(2) && !exact.is_empty() {
        parts.extend((0..[1, 1, 2, 3][random.below(4)]).map(|_| host_block(random, world, number, &exact)));
    }
    Part::block(format!("app {name}{within} port {port}"), parts)
}

fn host(random: &mut Random, world: &World) -> String {
    let host = *random.pick(&HOSTS);
    match host.strip_suffix(".example.com") {
        Some(before) if world.environments && random.one_in(2) => format!("{before}.${{domain}}"),
        _ => host.to_string(),
    }
}

fn uses(random: &mut Random, world: &World) -> Option<Part> {
    (!world.bundles.is_empty()).then(|| Part::line(format!("use {}", random.pick(&world.bundles))))
}

/// A route of the app of that number.
pub fn route(random: &mut Random, world: &World, app: usize) -> Part {
    let path = path(random);
    let access = match random.below(10) {
        0..=2 => "public".to_string(),
        3 => "deny".to_string(),
        4 => {
            let to =
                ["redirect /elsewhere 302", "redirect \"https://far.example/x\" 308", "redirect /b", "redirect / 303"];
            (*random.pick(&to)).to_string()
        }
        5 => format!("require {}", random.pick(&world.policies)),
        _ => format!("require {}", requirement(random, world, 0)),
    };
    let mut options = Vec::new();
    if access.starts_with("public") || access.starts_with("require") {
        if random.one_in(6) {
            let moved = *random.pick(&["/moved", "/moved/too", "/a", ""]);
            let subtree = path.ends_with("/**") && !path.trim_end_matches("/**").contains('*') && !random.one_in(4);
            let target = if subtree { format!("{moved}/**") } else { moved.to_string() };
            let target = if target.is_empty() { "/".to_string() } else { target };
            options.push(Part::line(format!("rewrite {target}")));
        }
        while world.apps.len() > 1 && random.one_in(4) {
            let number = random.below(world.apps.len());
            let (name, namespace) = world.apps[number];
            let of = if random.one_in(3) { format!("{}/", namespace.unwrap_or("default")) } else { String::new() };
            if number != app {
                options.push(Part::line(format!("to {of}{name} {}%", random.pick(&[10, 50, 100]))));
            }
        }
        if random.one_in(8) {
            options.push(Part::line(["timeout 5s", "timeout 1500ms"][random.below(2)]));
            options.push(Part::line(["retries 1", "retries 0"][random.below(2)]));
        }
    }
    Part::Route(format!("{} {path} {access}", random.pick(&METHODS)), options)
}

/// Routes on some of the app's exact hosts.
fn host_block(random: &mut Random, world: &World, app: usize, exact: &[&str]) -> Part {
    let mut routes: Vec<Part> = (0..1 + random.below(3)).map(|_| route(random, world, app)).collect();
    if random.one_in(3) {
        routes.extend(nested(random, world));
    }
    if random.one_in(3) {
        routes.extend(uses(random, world));
    }
    let some: Vec<&str> = exact.iter().copied().filter(|_| random.one_in(2)).collect();
    let of = if some.is_empty() { random.pick(exact).to_string() } else { some.join(" ") };
    Part::block(format!("host {of}"), routes)
}

/// Subtrees within each other, of which often the outermost and the innermost ask for the same.
fn nested(random: &mut Random, world: &World) -> Vec<Part> {
    let methods = *random.pick(&["ANY", "ANY", "GET", "GET POST"]);
    let lines: Vec<String> = (0..2).map(|_| access(random, world)).collect();
    let segments = ["a", "b", "*", "*", "admin", "c.d"];
    let mut path: String = (0..random.below(3)).map(|_| format!("/{}", random.pick(&segments))).collect();
    let mut routes = Vec::new();
    for depth in 0..3 + random.below(2) {
        let access = if random.one_in(6) { self::access(random, world) } else { lines[depth % 2].clone() };
        let end = if depth > 1 && random.one_in(4) { "" } else { "/**" };
        if !(path.is_empty() && end.is_empty()) {
            routes.push(Part::Route(format!("{methods} {path}{end} {access}"), Vec::new()));
        }
        // A sibling without the star, so that the two lie across each other.
        if random.one_in(3) && path.contains('*') {
            let named = path.replacen('*', random.pick::<&str>(&["a", "b", "admin"]), 1);
            let access = self::access(random, world);
            routes.push(Part::Route(format!("{methods} {named}/** {access}"), Vec::new()));
        }
        path = format!("{path}/{}", random.pick(&segments));
    }
    routes
}

/// So many callers that the policy has more rules than one object may hold.
fn many_callers(random: &mut Random, world: &World) -> Vec<Part> {
    let issuer = *random.pick(&world.issuers);
    let route = |i: usize| {
        let text = format!("GET /many/{i} require token from {issuer} and subject is \"caller {i}/x\"");
        Part::Route(text, Vec::new())
    };
    (0..520 + random.below(40)).map(route).collect()
}

fn access(random: &mut Random, world: &World) -> String {
    match random.below(7) {
        0 | 1 => "public".to_string(),
        2 => "deny".to_string(),
        3 => format!("require {}", random.pick(&world.policies)),
        _ => format!("require {}", requirement(random, world, 0)),
    }
}

/// A route below a prefix that the app does not see. All of them are rewritten alike, so they may lie within each other.
fn stripped(random: &mut Random, world: &World) -> Part {
    let path = path(random);
    let access = match random.below(3) {
        0 => "public".to_string(),
        1 => format!("require {}", random.pick(&world.policies)),
        _ => format!("require {}", requirement(random, world, 0)),
    };
    // What a `*` stands for cannot be named in what it becomes.
    let path = path.replace("/*/", "/b/").replace("/*/", "/b/").trim_end_matches("/*").to_string();
    let path = if path.is_empty() { "/**".to_string() } else { path };
    let rewrite = Part::line(format!("rewrite {path}"));
    Part::Route(format!("{} /s{path} {access}", random.pick(&METHODS)), vec![rewrite])
}

fn path(random: &mut Random) -> String {
    let depth = [0, 0, 1, 1, 2, 2, 3, 3, 5, 8][random.below(10)];
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
