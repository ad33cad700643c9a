//! A program, what is written for Istio of it, its requests as the judge's program takes them, and the comparison.

use std::fmt;

use meshc::access::{Access, Credential, Flaw, Outcome, Presented, Request, Seen, Statuses, Token, Via};
use meshc::ir::{AppId, Issuer, Keys, ListenerProtocol, Program, RedirectTarget, TokenLocation};
use meshc::target::istio::{self, IstioVersion};
use serde_json::{Map, Value, json};

use crate::limits::{as_istio_reads, decide_as_istio, seen_as_istio};

/// The keys of all issuers are made by the judge, so none may bring its own.
pub fn with_foreign_keys(mut program: Program) -> Program {
    for Issuer { keys, .. } in &mut program.issuers {
        if matches!(keys, Keys::Inline(_)) {
            *keys = Keys::Uri("https://keys.example/keys".to_string());
        }
    }
    program
}

/// What is written for Istio; `Err` if it cannot be said in this version.
pub fn manifests(access: &Access<'_>, version: IstioVersion) -> Result<Vec<Value>, String> {
    let (documents, found) = istio::lower(access, version);
    match found.iter().find(|d| d.is_error()) {
        Some(error) => Err(error.message.clone()),
        None => Ok(documents.iter().map(|d| serde_json::to_value(&d.body).unwrap()).collect()),
    }
}

/// A question about manifests, with the labels of the pods behind each Service.
pub fn question(command: &str, program: &Program, manifests: &[Value]) -> Value {
    question_of(command, program, &stream(manifests))
}

/// Objects as a stream of documents. JSON is YAML, one document after the other.
pub fn stream(manifests: &[Value]) -> String {
    manifests.iter().map(|m| format!("---\n{m}\n")).collect()
}

/// The same about a stream of documents.
pub fn question_of(command: &str, program: &Program, stream: &str) -> Value {
    let mut selectors = Map::new();
    for app in &program.apps {
        selectors.insert(format!("{}/{}", app.namespace, app.service), json!(app.selector));
    }
    json!({ "command": command, "manifests": stream, "selectors": selectors })
}

/// An app's pod, as the judge names it: like the Service that leads there, or, if no route does, like its policy.
fn pod(manifests: &[Value], program: &Program, app: AppId) -> String {
    let app = program.app(app);
    let host = format!("{}.{}.svc.cluster.local", app.service, app.namespace);
    let name = if is_destination(manifests, &host) { &app.service } else { &app.name };
    format!("{}/{name}", app.namespace)
}

fn is_destination(manifests: &[Value], host: &str) -> bool {
    let rules = manifests.iter().filter_map(|m| m["spec"]["http"].as_array()).flatten();
    let routes = rules.filter_map(|rule| rule["route"].as_array()).flatten();
    routes.into_iter().any(|to| to["destination"]["host"] == *host)
}

/// A request as the judge's program takes it. `variant` picks among the forms that the same request can have.
pub fn probe(access: &Access<'_>, manifests: &[Value], request: &Request, variant: usize) -> Value {
    let program = access.program;
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut target = request.target.clone();
    if let Some(origin) = &request.preflight_origin {
        headers.push(("origin".into(), origin.clone()));
        headers.push(("access-control-request-method".into(), "GET".into()));
    }
    let mut tokens = Vec::new();
    match &request.presented {
        None => {}
        Some(Presented { at, credential: Credential::Garbage }) => {
            let garbage = ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."][variant % 3];
            match at {
                TokenLocation::Default => headers.push(("authorization".into(), format!("Bearer {garbage}"))),
                TokenLocation::Header { name, prefix } => {
                    headers.push((name.clone(), format!("{}{garbage}", prefix.as_deref().unwrap_or_default())));
                }
                TokenLocation::Query(name) => {
                    let (before, fragment) = target.split_at(target.find('#').unwrap_or(target.len()));
                    let joint = if before.contains('?') { '&' } else { '?' };
                    target = format!("{before}{joint}{name}={garbage}{fragment}");
                }
                TokenLocation::Cookie(name) => headers.push(("cookie".into(), format!("{name}={garbage}"))),
            }
        }
        Some(Presented { at, credential: Credential::Stranger }) => {
            tokens.push(at_place(json!({ "issuer": "https://stranger.example.net" }), at));
        }
        Some(Presented { at, credential: Credential::Token(token) }) => {
            tokens.push(at_place(self::token(program, token), at));
        }
    }
    let (to, port, tls) = match request.via {
        Via::Inside(app) => {
            let host = format!("{}.{}.svc.cluster.local", program.app(app).service, program.app(app).namespace);
            let port = if is_destination(manifests, &host) { program.app(app).port } else { 80 };
            (pod(manifests, program, app), port, String::new())
        }
        Via::Gateway(id, port) => {
            let gateway = program.gateway(id);
            let listener = gateway.listeners.iter().find(|l| l.port == port);
            let https = listener.is_some_and(|l| matches!(l.protocol, ListenerProtocol::Https { .. }));
            let tls = if https { server_name(access, request) } else { String::new() };
            (format!("istio-system/{}", gateway_name(&gateway.selector)), port, tls)
        }
    };
    json!({
        "to": to, "port": port.to_string(), "tls": tls, "method": request.method, "host": request.authority,
        "path": target, "headers": headers, "tokens": tokens,
    })
}

/// As `conformance/istio` names the pods of a gateway.
fn gateway_name(selector: &meshc::ir::Labels) -> String {
    if let Some(name) = selector.get("istio") {
        return format!("istio-{name}");
    }
    let labels: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("gateway-{}", labels.join(",").replace(['=', ',', '/', '.', '_'], "-").to_lowercase())
}

/// The server name of a TLS request: the host that is asked for, or, if nobody has it, one that the gateway serves. A
/// gateway takes no connection with another one, so that nothing could be asked.
fn server_name(access: &Access<'_>, request: &Request) -> String {
    let Via::Gateway(gateway, _) = request.via else { return String::new() };
    let name = request.authority.rsplit_once(':').map_or(&*request.authority, |(name, _)| name);
    let name = meshc::ir::Host::Exact(name.to_ascii_lowercase());
    let mut hosts = access.virtual_hosts.iter().filter(|v| v.gateway == gateway).flat_map(|v| &v.hosts);
    let served = hosts.clone().any(|host| host.covers(&name));
    let other = hosts.next().map_or_else(String::new, meshc::ir::Host::example);
    if served { name.to_string() } else { other }
}

fn token(program: &Program, token: &Token) -> Value {
    let mut claims = token.claims.clone();
    // What is not there is left out, though the judge would else make it up.
    let sub = claims.get("sub").cloned().unwrap_or(Value::Null);
    claims.insert("sub".to_string(), sub);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    match token.flaw {
        Some(Flaw::Expired) => drop(claims.insert("exp".to_string(), json!(now - 3600))),
        Some(Flaw::NotYetValid) => {
            claims.insert("nbf".to_string(), json!(now + 3600));
            claims.insert("exp".to_string(), json!(now + 7200));
        }
        Some(Flaw::Forged) | None => {}
    }
    let forged = token.flaw == Some(Flaw::Forged);
    json!({ "issuer": program.issuer(token.issuer).url, "claims": claims, "forged": forged })
}

fn at_place(mut token: Value, at: &TokenLocation) -> Value {
    match at {
        TokenLocation::Default => {}
        TokenLocation::Header { name, prefix } => {
            token["header"] = json!(name);
            token["prefix"] = json!(prefix.as_deref().unwrap_or_default());
        }
        TokenLocation::Query(name) => token["query"] = json!(name),
        TokenLocation::Cookie(name) => token["cookie"] = json!(name),
    }
    token
}

/// A request that Istio answered otherwise than decided.
#[derive(Debug)]
pub struct Difference {
    request: Request,
    outcome: Outcome,
    answer: Value,
    reason: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request { via, authority, method, target, preflight_origin, presented } = &self.request;
        write!(f, "{method} {authority} {target} ({via:?}): {}; decided: {:?}", self.reason, self.outcome)?;
        if let Some(origin) = preflight_origin {
            write!(f, "; preflight from {origin}")?;
        }
        if let Some(presented) = presented {
            write!(f, "; with {presented:?}")?;
        }
        let (status, seen) = (&self.answer["status"], &self.answer["seen"]);
        write!(f, "; Istio: {status}, app {}, path {}", seen["app"], seen["path"])
    }
}

/// A target that the proxy cannot send on is answered with 503 and reaches nobody.
fn unsendable(request: &Request, outcome: Outcome, answer: &Value) -> Result<u16, Box<Difference>> {
    if answer["status"] == 503 && answer["seen"].is_null() {
        return Ok(503);
    }
    let reason = "the query cannot be sent on".to_string();
    Err(Box::new(Difference { request: request.clone(), outcome, answer: answer.clone(), reason }))
}

/// Holds an answer of Istio against what is decided; the status that it had to be, or the difference.
pub fn compare(
    access: &Access<'_>,
    manifests: &[Value],
    request: &Request,
    answer: &Value,
) -> Result<u16, Box<Difference>> {
    let outcome = decide_as_istio(access, request);
    let expected = seen_as_istio(access, request, &outcome);
    if expected.as_ref().is_some_and(Seen::is_unsendable) {
        return unsendable(request, outcome, answer);
    }
    // Where the app answers, it says 200.
    let status = outcome.statuses(request.via, Statuses::Istio).first().copied().unwrap_or(200);
    let mut reasons = Vec::new();
    if let Some(error) = answer["error"].as_str() {
        reasons.push(error.to_string());
    }
    if answer["status"] != status {
        reasons.push(format!("{} instead of {status}", answer["status"]));
    }
    let seen = answer["seen"].as_object();
    match (&outcome, seen) {
        (Outcome::Forward { apps, .. }, Some(seen)) => {
            let pods: Vec<String> = apps.iter().map(|&app| pod(manifests, access.program, app)).collect();
            if !pods.iter().any(|pod| seen["app"] == **pod) {
                reasons.push(format!("{} got it instead of {}", seen["app"], pods.join(" or ")));
            }
            let came = seen["path"].as_str().unwrap_or_default();
            let headers = seen["header"].as_object();
            let has = |name: &str| headers.is_some_and(|all| all.keys().any(|key| key.eq_ignore_ascii_case(name)));
            reasons.extend(expected.iter().flat_map(|expected| expected.differs(request, came, has)));
            if seen["method"] != *request.method {
                reasons.push(format!("the app saw the method {}", seen["method"]));
            }
        }
        (Outcome::Forward { .. }, None) => reasons.push("it did not get to an app".to_string()),
        (_, Some(seen)) => reasons.push(format!("{} got it", seen["app"])),
        (_, None) => {}
    }
    let location = answer["location"].as_str().unwrap_or_default();
    let name = request.authority.rsplit_once(':').map_or(&*request.authority, |(name, _)| name);
    // A fragment is cut off (A41).
    let sent = Request { presented: request.presented.clone(), ..as_istio_reads(access, request) };
    let query = location.find('?').map_or("", |at| &location[at..]);
    let leads = match &outcome {
        Outcome::RedirectToHttps(_) => location.starts_with(&format!("https://{name}")) && sent.keeps_query(query),
        Outcome::Redirect(redirect) => {
            let expected = match &redirect.target {
                RedirectTarget::Path(path) => format!("://{}{path}", request.authority),
                RedirectTarget::Url { scheme, authority, path } => format!("{scheme}://{authority}{path}"),
            };
            let rest = location.find(&expected).map(|at| &location[at + expected.len()..]);
            rest.is_some_and(|rest| sent.keeps_query(rest))
        }
        _ => true,
    };
    if !leads {
        reasons.push(format!("it leads to `{location}`"));
    }
    if reasons.is_empty() {
        return Ok(status);
    }
    let reason = reasons.join("; ");
    Err(Box::new(Difference { request: request.clone(), outcome, answer: answer.clone(), reason }))
}
