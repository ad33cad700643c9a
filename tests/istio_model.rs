//! Emitted manifests against `decide`: a small model of how Istio reads the four kinds (docs/semantics.md) answers random
//! requests to random programs, and must answer as the language says. Real Istio and real Envoy judge elsewhere; this
//! is the quick check that runs with every `cargo test`.

mod common;
#[path = "istio_judge/limits.rs"]
mod limits;

use std::cell::RefCell;
use std::collections::BTreeMap;

use common::mutants::Mutant;
use common::random::Random;
use common::{programs, requests};
use limits::{as_istio_reads, decide_as_istio, seen_as_istio};
use meshc::access::{Access, Credential, Flaw, Outcome, Refusal, Request, TokenLeft, Via, normalize};
use meshc::diagnostic::Diagnostic;
use meshc::ir::{AppId, Program, TokenLocation};
use meshc::target::istio::{self, IstioVersion};
use regex::Regex;
use serde_json::{Value, json};

/// What a client sees, and the app.
#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Status(u16),
    Redirect(u16, String),
    Preflight,
    /// The apps of which one gets it, the path that it sees, and what became of the token.
    App(Vec<String>, String, TokenLeft),
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn objects<'a>(all: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    all.iter().filter(move |o| o["kind"] == kind)
}

/// The gateway: server, virtual host, first rule that matches (V6, V7, V12, V20, V21).
fn gateway<'m>(
    all: &'m [Value],
    program: &Program,
    request: &Request,
    path: &str,
) -> Result<(Vec<String>, String), Answer> {
    let Via::Gateway(id, port) = request.via else { unreachable!() };
    // Gateways on the same pods serve a port together.
    let here = |g: &&Value| g["spec"]["selector"] == json!(program.gateway(id).selector);
    let servers = objects(all, "Gateway").filter(here);
    let servers = servers.flat_map(|g| list(&g["spec"]["servers"]).iter().map(move |s| (&g["metadata"], s)));
    let servers: Vec<(&Value, &Value)> = servers.filter(|(_, s)| s["port"]["number"] == port).collect();
    // A gateway of its own namespace is named without it.
    let is_on = |service: &Value, gateway: &Value| {
        let (namespace, name) = (text(&gateway["namespace"]), text(&gateway["name"]));
        let near = service["metadata"]["namespace"] == *namespace;
        list(&service["spec"]["gateways"]).iter().any(|g| *g == format!("{namespace}/{name}") || near && *g == *name)
    };
    let host = request.authority.rsplit_once(':').map_or(&*request.authority, |(h, _)| h).to_ascii_lowercase();
    let covers = |pattern: &str| match pattern.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => pattern == host,
    };
    let specific = |pattern: &str| if pattern.starts_with('*') { pattern.len() } else { usize::MAX };
    // A VirtualService is put on the narrower one of each of its hosts and each of the server's (V7b); those of one host
    // are joined, the first by name first (V9).
    let within = |wide: &str, host: &str| match wide.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix),
        None => wide == host,
    };
    let narrower = |a: &'m str, b: &'m str| if within(a, b) { Some(b) } else { within(b, a).then_some(a) };
    let put = servers.iter().flat_map(|(gateway, server)| {
        let services = objects(all, "VirtualService").filter(|s| is_on(s, gateway));
        services.flat_map(|s| list(&s["spec"]["hosts"]).iter().map(move |h| (text(h), s))).flat_map(move |(h, s)| {
            let wide = list(&server["hosts"]).iter();
            wide.filter_map(move |g| Some((narrower(text(g), h)?, s, *server)))
        })
    });
    let put: Vec<(&str, &Value, &Value)> = put.filter(|(h, ..)| covers(h)).collect();
    let found = put.iter().max_by_key(|(h, ..)| specific(h)).map(|(h, _, server)| (*h, *server));
    let Some((found, server)) = found else { return Err(Answer::Status(404)) };
    if server["tls"]["httpsRedirect"] == true {
        return Err(Answer::Redirect(301, "https".into()));
    }
    let rules = put.iter().filter(|(h, ..)| *h == found).flat_map(|(_, s, _)| list(&s["spec"]["http"]));
    let matches = |rule: &&Value| {
        list(&rule["match"]).iter().any(|m| {
            let method = m["method"]["exact"].as_str();
            method.is_none_or(|wanted| wanted == request.method)
                && uri_matches(&m["uri"], path)
                && headers_match(m, request)
        })
    };
    let rule = rules.into_iter().find(matches).ok_or(Answer::Status(404))?;
    // The CORS filter answers where the route leads to a cluster, and nowhere else.
    if let Some(origin) =
        request.preflight_origin.as_ref().filter(|_| request.method == "OPTIONS" && rule.get("route").is_some())
        && list(&rule["corsPolicy"]["allowOrigins"]).iter().any(|o| o["exact"] == **origin || o["exact"] == "*")
    {
        return Err(Answer::Preflight);
    }
    if let Some(status) = rule["directResponse"]["status"].as_u64() {
        return Err(Answer::Status(u16::try_from(status).unwrap()));
    }
    if let Some(uri) = rule["redirect"]["uri"].as_str() {
        let code = u16::try_from(rule["redirect"]["redirectCode"].as_u64().unwrap()).unwrap();
        return Err(Answer::Redirect(code, uri.to_string()));
    }
    let by = list(&rule["match"]).iter().find(|m| uri_matches(&m["uri"], path)).unwrap();
    let seen = match (rule["rewrite"]["uri"].as_str(), rule["rewrite"]["uriRegexRewrite"]["rewrite"].as_str()) {
        (Some(uri), _) => match by["uri"]["prefix"].as_str() {
            Some(prefix) => format!("{uri}{}", &path[prefix.len()..]),
            None => uri.to_string(),
        },
        (None, Some(whole)) => whole.to_string(),
        (None, None) => path.to_string(),
    };
    Ok((list(&rule["route"]).iter().map(|r| text(&r["destination"]["host"]).to_string()).collect(), seen))
}

/// The headers of a match; of a preflight the model knows the origin and that it asks for a method.
fn headers_match(wanted: &Value, request: &Request) -> bool {
    let headers = wanted["headers"].as_object();
    headers.into_iter().flatten().all(|(name, value)| match (name.as_str(), &request.preflight_origin) {
        ("access-control-request-method" | "origin", Some(_)) if value["regex"] == ".+" => true,
        ("origin", Some(origin)) => value["exact"] == **origin,
        _ => false,
    })
}

fn uri_matches(uri: &Value, path: &str) -> bool {
    match (uri["exact"].as_str(), uri["prefix"].as_str(), uri["regex"].as_str()) {
        (Some(exact), _, _) => exact == path,
        (_, Some(prefix), _) => path.starts_with(prefix),
        (_, _, Some(regex)) => is_match(&format!("^(?:{regex})$"), path),
        _ => false,
    }
}

/// The workload: RequestAuthentication, then AuthorizationPolicy (A1, R20 to R23, A6).
fn workload(all: &[Value], program: &Program, app: AppId, request: &Request, path: &str) -> Result<(), u16> {
    let app = program.app(app);
    let selects = |o: &&Value| {
        o["metadata"]["namespace"] == *app.namespace && o["spec"]["selector"]["matchLabels"] == json!(app.selector)
    };
    let rules: Vec<&Value> =
        objects(all, "RequestAuthentication").filter(selects).flat_map(|o| list(&o["spec"]["jwtRules"])).collect();
    let token = verify(&rules, program, request)?;
    let mut policies = objects(all, "AuthorizationPolicy").filter(selects).peekable();
    // Without a policy everything passes (A2).
    if policies.peek().is_none() {
        return Ok(());
    }
    let allowed =
        policies.flat_map(|p| list(&p["spec"]["rules"])).any(|r| rule_matches(r, request, path, token.as_ref()));
    if allowed { Ok(()) } else { Err(403) }
}

/// What becomes of the token of a request that is let through (R6, R6c).
fn token_left(all: &[Value], program: &Program, app: AppId, request: &Request) -> TokenLeft {
    let Some(presented) = &request.presented else { return TokenLeft::Kept };
    let Credential::Token(token) = &presented.credential else { return TokenLeft::Kept };
    let app = program.app(app);
    let selects = |o: &&Value| {
        o["metadata"]["namespace"] == *app.namespace && o["spec"]["selector"]["matchLabels"] == json!(app.selector)
    };
    let mut rules = objects(all, "RequestAuthentication").filter(selects).flat_map(|o| list(&o["spec"]["jwtRules"]));
    let url = &program.issuer(token.issuer).url;
    let removes = |rule: &Value| {
        rule["issuer"] == **url
            && rule["forwardOriginalToken"] != true
            && extract(rule, &presented.at).as_deref() == Some(TOKEN)
            && !matches!(presented.at, TokenLocation::Cookie(_))
    };
    if rules.any(removes) { TokenLeft::Removed } else { TokenLeft::Kept }
}

/// The claims of the token, `None` without one.
fn verify(rules: &[&Value], program: &Program, request: &Request) -> Result<Option<Value>, u16> {
    let Some(presented) = &request.presented else { return Ok(None) };
    let found: Vec<(&&Value, String)> = rules.iter().filter_map(|r| Some((r, extract(r, &presented.at)?))).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let Credential::Token(token) = &presented.credential else { return Err(401) };
    let url = &program.issuer(token.issuer).url;
    let (rule, _) = found.iter().find(|(r, t)| r["issuer"] == **url && t == TOKEN).ok_or(401u16)?;
    let strings = |v: &Value| v.is_string() || v.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    let is = |name: &str, test: &dyn Fn(&Value) -> bool| token.claims.get(name).is_none_or(test);
    let time = |v: &Value| v.as_f64().is_some_and(|t| (0.0..1e19).contains(&t));
    let readable =
        is("sub", &Value::is_string) && is("jti", &Value::is_string) && is("aud", &strings) && is("iat", &time);
    if !readable || matches!(token.flaw, Some(Flaw::Expired | Flaw::NotYetValid)) {
        return Err(401);
    }
    let mut claims = Value::Object(token.claims.clone());
    // Without scheme and final slash (R23b).
    let audiences: Vec<String> = list(&rule["audiences"]).iter().map(|a| bare(text(a))).collect();
    let claimed = match &claims["aud"] {
        Value::Array(all) => all.iter().map(|a| bare(text(a))).collect(),
        one => vec![bare(text(one))],
    };
    if !audiences.is_empty() && !audiences.iter().any(|a| claimed.contains(a)) {
        return Err(403);
    }
    // The signature comes last.
    if token.flaw.is_some() {
        return Err(401);
    }
    claims["iss"] = json!(url);
    for name in ["scope", "permission"] {
        if let Some(words) = claims[name].as_str().map(|s| s.split(' ').map(str::to_string).collect::<Vec<_>>()) {
            claims[name] = json!(words);
        }
    }
    Ok(Some(claims))
}

/// Stands for a token in a header.
const TOKEN: &str = "eyJ.e30.x";

/// What a rule takes for a token of what was put somewhere (R7, R24).
fn extract(rule: &Value, put: &TokenLocation) -> Option<String> {
    let default = ["fromHeaders", "fromParams", "fromCookies"].iter().all(|key| rule[key].is_null());
    let usual = (json!([{ "name": "authorization", "prefix": "Bearer " }]), json!(["access_token"]));
    let (headers, params) = if default { (&usual.0, &usual.1) } else { (&rule["fromHeaders"], &rule["fromParams"]) };
    let whole = |is: bool| is.then(|| TOKEN.to_string());
    let (name, value) = match put {
        TokenLocation::Query(name) => return whole(list(params).contains(&json!(name))),
        TokenLocation::Cookie(name) => return whole(list(&rule["fromCookies"]).contains(&json!(name))),
        TokenLocation::Default => ("authorization", format!("Bearer {TOKEN}")),
        TokenLocation::Header { name, prefix } => (&**name, format!("{}{TOKEN}", prefix.as_deref().unwrap_or(""))),
    };
    let header = list(headers).iter().find(|h| h["name"] == *name)?;
    let prefix = text(&header["prefix"]);
    if prefix.is_empty() {
        return Some(value);
    }
    let rest = &value[value.find(prefix)? + prefix.len()..];
    let is_of_tokens = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    Some(rest.trim_start_matches(|c| !is_of_tokens(c)).chars().take_while(|&c| is_of_tokens(c)).collect())
}

fn bare(audience: &str) -> String {
    let rest = audience.strip_prefix("https://").or_else(|| audience.strip_prefix("http://")).unwrap_or(audience);
    rest.strip_suffix('/').unwrap_or(rest).to_string()
}

/// A value of a policy: `*`, `pre*`, `*suf` or exact.
fn pattern(pattern: &str, text: &str) -> bool {
    match (pattern, pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        ("*", _, _) => !text.is_empty(),
        (_, Some(prefix), _) => text.starts_with(prefix),
        (_, _, Some(suffix)) => text.ends_with(suffix),
        _ => pattern == text,
    }
}

fn claim_is(claim: &Value, wanted: &str) -> bool {
    claim.as_str().is_some_and(|c| pattern(wanted, c))
        || list(claim).iter().any(|c| c.as_str().is_some_and(|c| pattern(wanted, c)))
}

fn policy_path(wanted: &str, path: &str) -> bool {
    if !wanted.contains('{') {
        return pattern(wanted, path);
    }
    let class = "a-zA-Z0-9\\-._~%!$&'()+,;:@=*";
    let escaped = regex::escape(wanted)
        .replace("\\{\\*\\}", &format!("[{class}]+"))
        .replace("\\{\\*\\*\\}", &format!("[{class}/]*"));
    is_match(&format!("^{escaped}$"), path)
}

/// Expressions are compiled once: the same few come again with every request.
fn is_match(expression: &str, text: &str) -> bool {
    thread_local!(static KNOWN: RefCell<BTreeMap<String, Regex>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        let compiled = known.entry(expression.to_string()).or_insert_with(|| Regex::new(expression).unwrap());
        compiled.is_match(text)
    })
}

fn rule_matches(rule: &Value, request: &Request, path: &str, token: Option<&Value>) -> bool {
    let any_or_absent =
        |values: &Value, test: &dyn Fn(&str) -> bool| values.is_null() || list(values).iter().any(|v| test(text(v)));
    let none = |values: &Value, test: &dyn Fn(&str) -> bool| !list(values).iter().any(|v| test(text(v)));
    let authority = request.authority.to_ascii_lowercase();
    let host = |h: &str| pattern(h, &authority);
    let is_path = |p: &str| policy_path(p, path);
    let principal = |p: &str| {
        let Some(token) = token else { return false };
        let (iss, sub) = (text(&token["iss"]), text(&token["sub"]));
        if sub.is_empty() {
            return false;
        }
        match p.rsplit_once('/') {
            None => p == "*",
            Some((i, s)) => i == iss && pattern(s, sub),
        }
    };
    let from = rule["from"].is_null()
        || list(&rule["from"]).iter().any(|f| any_or_absent(&f["source"]["requestPrincipals"], &principal));
    let to = rule["to"].is_null()
        || list(&rule["to"]).iter().map(|t| &t["operation"]).any(|o| {
            any_or_absent(&o["hosts"], &host)
                && none(&o["notHosts"], &host)
                && any_or_absent(&o["methods"], &|m| m == request.method)
                && any_or_absent(&o["paths"], &is_path)
                && none(&o["notPaths"], &is_path)
        });
    let when = list(&rule["when"]).iter().all(|condition| {
        let key = text(&condition["key"]);
        let claim = match key.strip_prefix("request.auth.claims[") {
            Some(rest) => {
                rest.trim_end_matches(']').split("][").fold(token.cloned(), |at, step| at.map(|v| v[step].clone()))
            }
            None => token.map(|t| t["aud"].clone()),
        };
        let holds = |wanted: &str| claim.as_ref().is_some_and(|c| claim_is(c, wanted));
        any_or_absent(&condition["values"], &holds) && none(&condition["notValues"], &holds)
    });
    from && to && when
}

fn by_istio(all: &[Value], access: &Access<'_>, request: &Request) -> Answer {
    let program = access.program;
    let carries = request.presented.is_some();
    let request = &as_istio_reads(access, request);
    let left = |app: AppId| if carries { token_left(all, program, app, request) } else { TokenLeft::None };
    let Some(path) = normalize(&request.target) else {
        let whole_server = request.method == "OPTIONS" && request.target.starts_with('*');
        return Answer::Status(if whole_server { 404 } else { 400 });
    };
    let to_app = |app: AppId, path: &str| workload(all, program, app, request, path);
    if let Via::Inside(app) = request.via {
        return match to_app(app, &path) {
            Ok(()) => Answer::App(vec![program.app(app).name.clone()], path, left(app)),
            Err(status) => Answer::Status(status),
        };
    }
    let (hosts, seen) = match gateway(all, program, request, &path) {
        Ok(forwarded) => forwarded,
        Err(answer) => return answer,
    };
    let service = |h: &String| {
        let is = |(_, a): &(AppId, &meshc::ir::App)| *h == format!("{}.{}.svc.cluster.local", a.service, a.namespace);
        program.app_ids().find(is).expect("the destination is an app").0
    };
    let apps: Vec<AppId> = hosts.iter().map(service).collect();
    let answers: Vec<Result<(), u16>> = apps.iter().map(|&a| to_app(a, &seen)).collect();
    assert!(answers.windows(2).all(|w| w[0] == w[1]), "the apps of a split answer alike");
    match answers[0] {
        Ok(()) => Answer::App(apps.iter().map(|&a| program.app(a).name.clone()).collect(), seen, left(apps[0])),
        Err(status) => Answer::Status(status),
    }
}

/// The language's answer in Istio's statuses (docs/language.md, "Outcomes").
fn by_language(access: &Access<'_>, request: &Request) -> Answer {
    let outcome = decide_as_istio(access, request);
    let left = seen_as_istio(access, request, &outcome).map_or(TokenLeft::None, |seen| seen.token);
    match outcome {
        Outcome::NotFound => Answer::Status(404),
        Outcome::Malformed => Answer::Status(400),
        Outcome::RedirectToHttps(_) => Answer::Redirect(301, "https".into()),
        Outcome::Redirect(redirect) => match redirect.target {
            meshc::ir::RedirectTarget::Path(path) | meshc::ir::RedirectTarget::Url { path, .. } => {
                Answer::Redirect(redirect.status, path)
            }
        },
        Outcome::Preflight => Answer::Preflight,
        Outcome::Refused(Refusal::BadToken) => Answer::Status(401),
        Outcome::Refused(Refusal::AmbiguousPath) if matches!(request.via, Via::Gateway(..)) => Answer::Status(400),
        Outcome::Refused(_) => Answer::Status(403),
        Outcome::Forward { apps, path } => {
            Answer::App(apps.iter().map(|&a| access.program.app(a).name.clone()).collect(), path, left)
        }
    }
}

/// What is written of a random program, and requests to it; `None` if Istio cannot say it.
fn asked(access: &Access<'_>, random: &mut Random) -> Option<(Vec<Value>, Vec<Request>)> {
    let (documents, refused) = istio::lower(access, IstioVersion::default());
    if refused.iter().any(Diagnostic::is_error) || access.virtual_hosts.is_empty() {
        return None;
    }
    let all = documents.iter().map(|d| serde_json::to_value(&d.body).unwrap()).collect();
    let made = (0..100).filter_map(|_| {
        let (mut request, _) = requests::generate(random, access)?;
        requests::move_inside(random, access, &mut request);
        Some(request)
    });
    Some((all, made.collect()))
}

#[test]
fn the_model_sees_every_way_to_break_the_manifests() {
    let mut left = Mutant::all_on_istio().collect::<Vec<_>>();
    for seed in 0..300u64 {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&generated.program);
        let Some((all, requests)) = asked(&access, &mut random) else { continue };
        left.retain(|mutant| {
            let Some(broken) = mutant.of_manifests(&all) else { return true };
            let differs = |request: &Request| by_istio(&broken, &access, request) != by_language(&access, request);
            !requests.iter().any(differs)
        });
        if left.is_empty() {
            break;
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn manifests_answer_random_requests_as_the_language_says() {
    let wanted = 300;
    let (mut programs, mut requests, mut passed) = (0, 0, 0);
    for seed in 0..2 * wanted {
        let mut random = Random::new(seed);
        let Some(generated) = programs::generate(&mut random) else { continue };
        let (access, _) = Access::build(&generated.program);
        let Some((all, asked)) = asked(&access, &mut random) else { continue };
        programs += 1;
        for request in asked {
            requests += 1;
            let (said, seen) = (by_language(&access, &request), by_istio(&all, &access, &request));
            passed += usize::from(matches!(seen, Answer::App(..)));
            assert_eq!(
                seen,
                said,
                "seed {seed}: Istio, then the language\n{request:#?}\n{}\n{}",
                generated.text,
                serde_json::to_string_pretty(&all).unwrap()
            );
        }
        if programs == wanted {
            break;
        }
    }
    assert_eq!(programs, wanted);
    // Both kinds of answers were seen often enough to mean something.
    assert!(passed > requests / 20 && passed < requests * 19 / 20, "{passed} of {requests} passed");
}

#[test]
fn manifests_of_lines_that_lie_close_together_answer_as_the_language_says() {
    let (mut programs, mut passed) = (0, 0);
    for seed in 0..1500 {
        let mut random = Random::new(seed);
        let text = programs::dense::dense(&mut random);
        let (Some(program), _) = programs::compile(&text) else { continue };
        let (access, _) = Access::build(&program);
        let Some((all, asked)) = asked(&access, &mut random) else { continue };
        programs += 1;
        for request in asked {
            let (said, seen) = (by_language(&access, &request), by_istio(&all, &access, &request));
            passed += usize::from(matches!(seen, Answer::App(..)));
            let shown = || serde_json::to_string_pretty(&all).unwrap();
            assert_eq!(seen, said, "seed {seed}: Istio, then the language\n{request:#?}\n{text}\n{}", shown());
        }
    }
    println!("{programs} programs, {passed} requests passed");
    assert!(programs > 100 && passed > 1000, "{programs} programs, {passed} requests passed");
}
