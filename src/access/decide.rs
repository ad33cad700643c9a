//! What becomes of a request: the text of `docs/language.md` as a program.
//!
//! It looks at the tables and paths that were written, not at the rules that the targets get, so that targets and proofs can
//! be measured against it. What it takes from the rest of `access` is measured against `spec`, which takes nothing from it.

use serde_json::Value;

use super::rules::disguises;
use super::workloads::{Grant, Scope, SeenPath};
use super::{Access, Action, Forward, Guard, Literal, Node, RequirementId, VirtualHost, describe};
use crate::ir::{AppId, Fact, GatewayId, Host, ListenerProtocol, MethodSet, PathPattern};
use crate::request::{Credential, Flaw, Outcome, Refusal, Request, Token, Via, normalize};
use crate::source::Span;

/// An outcome and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of the request.
    pub outcome: Outcome,
    /// What decided, from the gateway to the app.
    pub trail: Vec<Step>,
    /// The requirement of the line that decided, if it has one.
    pub requirement: Option<RequirementId>,
    /// The app whose path it is, once that is known.
    pub app: Option<AppId>,
    /// The methods that are let through on the path that decided, by whatever token; empty if no path did.
    pub listed: MethodSet,
    /// Methods and path of the line that decided, if one did.
    pub line: Option<Span>,
}

/// Something that decided, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is written.
    pub span: Option<Span>,
    /// What it did.
    pub text: String,
}

/// What is said of a path that is refused for a bracket (`access::brackets`).
const BRACKET: &str = "the path has a `[` or `]`, and begins like a path with `*` that asks for something else: a policy cannot tell them apart";

/// The proxies keep times in 64 bits.
const MAX_TIME: f64 = 18_446_744_073_709_551_616.0;

/// Decides a request.
pub fn decide(access: &Access<'_>, request: &Request) -> Decision {
    let mut decision = Decision::not_found();
    decision.outcome = match (normalize(&request.target), request.via) {
        // The proxies take `OPTIONS *`, which asks about a server as a whole, and then find no path.
        (None, _) if request.method == "OPTIONS" && request.target.starts_with('*') => {
            decision.note(None, "`*` is no path of a route");
            Outcome::NotFound
        }
        (None, _) => {
            decision.note(None, "the path is malformed");
            Outcome::Malformed
        }
        (Some(path), Via::Gateway(gateway, port)) => at_gateway(access, request, gateway, port, &path, &mut decision),
        (Some(path), Via::Inside(app)) => at_workload(access, request, app, &path, &mut decision),
    };
    decision
}

/// The app that owns the path of a request, if one does.
pub fn owner(access: &Access<'_>, request: &Request) -> Option<AppId> {
    let path = normalize(&request.target)?;
    match request.via {
        Via::Gateway(gateway, _) => {
            virtual_host(access, gateway, &request.authority)?.table.owner(&path).map(|n| n.app)
        }
        Via::Inside(app) => Some(app),
    }
}

impl Decision {
    /// What becomes of a request that nothing takes.
    pub fn not_found() -> Self {
        Decision {
            outcome: Outcome::NotFound,
            trail: Vec::new(),
            requirement: None,
            app: None,
            listed: MethodSet::EMPTY,
            line: None,
        }
    }

    /// Adds a step to the trail.
    pub fn note(&mut self, span: Option<Span>, text: impl Into<String>) {
        self.trail.push(Step { span, text: text.into() });
    }
}

fn at_gateway(
    access: &Access<'_>,
    request: &Request,
    gateway: GatewayId,
    port: u16,
    path: &str,
    decision: &mut Decision,
) -> Outcome {
    let declared = access.program.gateway(gateway);
    let Some(listener) = declared.listeners.iter().find(|l| l.port == port) else {
        decision.note(Some(declared.span), format!("gateway `{}` does not listen on port {port}", declared.name));
        return Outcome::NotFound;
    };
    decision.note(Some(listener.span), format!("enters by gateway `{}`, port {port}", declared.name));
    let Some(host) = virtual_host(access, gateway, &request.authority) else {
        decision.note(None, format!("no app has the host `{}` there", request.authority));
        return Outcome::NotFound;
    };
    if let (ListenerProtocol::Http, Some(span), Some(https)) =
        (&listener.protocol, declared.redirect_to_https, declared.https())
    {
        decision.note(Some(span), "every request is sent to https");
        return Outcome::RedirectToHttps(https.port);
    }
    if host.table.refuse_ambiguous.as_ref().is_some_and(|ambiguity| ambiguity.matches(path)) {
        decision.note(None, "the path can be read in two ways, and the readings ask for different things");
        return Outcome::Refused(Refusal::AmbiguousPath);
    }
    let Some(node) = host.table.owner(path) else {
        decision.note(None, format!("no route has the path `{path}`"));
        return Outcome::NotFound;
    };
    decision.app = Some(node.app);
    if node.refuses_bracket(path) {
        let asks = |node: &Node| node.lines.iter().map(|l| (l.methods, l.guard)).collect::<Vec<_>>();
        let is_reason = |other: &&Node| has_star_before(&other.pattern, path) && asks(other) != asks(node);
        let reason = host.table.nodes.iter().find(is_reason).filter(|_| !node.pattern.has_star()).unwrap_or(node);
        decision.note(reason.lines.first().map(|l| l.head), BRACKET);
        return Outcome::Refused(Refusal::AmbiguousPath);
    }
    let app = access.program.app(node.app);
    if let (Some(cors), Some(origin)) = (&app.cors, &request.preflight_origin)
        && request.method == "OPTIONS"
        && cors.origins.iter().any(|o| o == "*" || o == origin)
    {
        decision.note(Some(cors.span), "a preflight from a listed origin is answered at the gateway");
        return Outcome::Preflight;
    }
    on_route(access, request, node, path, decision)
}

/// The virtual host of an authority: its port and its letters' case do not count (V6); the most specific wins (V7).
pub(super) fn virtual_host<'a>(access: &'a Access<'_>, gateway: GatewayId, authority: &str) -> Option<&'a VirtualHost> {
    let name = host_name(authority);
    let here = access.virtual_hosts.iter().filter(|v| v.gateway == gateway);
    let matching = here.flat_map(|v| v.hosts.iter().filter(|h| h.covers(&name)).map(move |h| (h.specificity(), v)));
    matching.max_by_key(|&(specificity, _)| specificity).map(|(_, v)| v)
}

fn host_name(authority: &str) -> Host {
    Host::Exact(authority.rsplit_once(':').map_or(authority, |(name, _)| name).to_ascii_lowercase())
}

/// The path has an owner: now the method decides, then the token.
fn on_route(access: &Access<'_>, request: &Request, node: &Node, path: &str, decision: &mut Decision) -> Outcome {
    let app = access.program.app(node.app);
    let passing = node.lines.iter().filter(|l| l.guard != Guard::Refused);
    decision.listed = passing.fold(MethodSet::EMPTY, |all, line| all.union(line.methods));
    let line = node.lines.iter().find(|l| l.methods.contains_name(&request.method));
    let Some(line) = line else {
        let first = node.lines.first().map(|l| l.head);
        let text = format!("`{}` of app `{}` decides, and does not list {}", node.pattern, app.name, request.method);
        decision.note(first, text);
        if let Some(cors) = app.cors.as_ref().filter(|_| request.method == "OPTIONS") {
            decision.note(Some(cors.span), "this is no preflight from a listed origin, which the gateway would answer");
        }
        return refused_on(access, request, node, Refusal::Method, decision);
    };
    decision.line = Some(line.head);
    decision.note(Some(line.head), format!("`{}` of app `{}` decides for `{path}`", node.pattern, app.name));
    match &line.action {
        Action::Redirect(redirect) => Outcome::Redirect(redirect.clone()),
        Action::Refuse => refused_on(access, request, node, Refusal::Denied, decision),
        // How long an app may take, and how often it is tried, is no part of the outcome.
        Action::Forward(Forward { destinations, timeout_ms: _, retries: _, rewrite }) => {
            match guarded(access, request, node.app, line.guard, decision) {
                Some(refusal) => Outcome::Refused(refusal),
                None => Outcome::Forward {
                    apps: destinations.iter().map(|to| to.app).collect(),
                    path: seen_path(&node.pattern, rewrite.as_ref(), path),
                },
            }
        }
    }
}

/// A method that nothing lets through. On a path that is rewritten or redirected it is refused at the gateway, before
/// any token is looked at: the app could not tell.
fn refused_on(access: &Access<'_>, request: &Request, node: &Node, why: Refusal, decision: &mut Decision) -> Outcome {
    match node.uniform_forward() {
        Some(_) => refused(access, request, node.app, why, decision),
        None => Outcome::Refused(why),
    }
}

/// Refused at an app's proxy, which looks at the token first.
fn refused(access: &Access<'_>, request: &Request, app: AppId, why: Refusal, decision: &mut Decision) -> Outcome {
    Outcome::Refused(bad_token(access, app, request, decision).unwrap_or(why))
}

/// The path that the app sees: the rest below a subtree is kept, everything else is replaced.
fn seen_path(pattern: &PathPattern, rewrite: Option<&PathPattern>, path: &str) -> String {
    let Some(target) = rewrite else { return path.to_string() };
    if !target.subtree {
        return target.named();
    }
    let rest = &path[pattern.named().len()..];
    // `/**` keeps its leading slash; `/api` without a rest becomes the target itself.
    let rest = if pattern.segments.is_empty() || !rest.is_empty() { rest } else { "" };
    let seen = format!("{}{rest}", target.named());
    if seen.is_empty() { "/".to_string() } else { seen }
}

fn at_workload(access: &Access<'_>, request: &Request, app: AppId, path: &str, decision: &mut Decision) -> Outcome {
    let workload = access.workload(app);
    let name = Host::Exact(request.authority.to_ascii_lowercase());
    let plain = host_name(&request.authority);
    let is_for =
        |s: &&Scope| s.hosts.as_ref().is_some_and(|hosts| hosts.iter().any(|h| h.covers(&name) || h.covers(&plain)));
    let scope = workload.scopes.iter().find(is_for).or_else(|| workload.scopes.iter().find(|s| s.hosts.is_none()));
    decision
        .note(Some(access.program.app(app).head), format!("comes straight to app `{}`", access.program.app(app).name));
    decision.app = Some(app);
    let Some(owner) = scope.and_then(|s| s.paths.iter().find(|p| p.pattern.matches(path))) else {
        decision.note(None, format!("no route of the app has the path `{path}`"));
        return refused(access, request, app, Refusal::Path, decision);
    };
    decision.listed = owner.grants.iter().fold(MethodSet::EMPTY, |all, grant| all.union(grant.methods));
    decision.note(owner.lines.first().copied(), format!("`{}` decides for `{path}`", owner.pattern));
    let disguised = |other: &SeenPath| {
        disguises(access, &owner.pattern, &owner.grants, other).iter().any(|prefix| path.starts_with(prefix.as_str()))
    };
    // Lines that arrive by a rewrite or a share may lie across the owner without a line for the common part.
    let paths = scope.map_or(&[][..], |s| s.paths.as_slice());
    let around = paths.iter().find(|p| !p.pattern.has_star() && p.pattern.matches(path));
    if around.unwrap_or(owner).refuses_bracket(path) {
        let is_reason = |other: &&SeenPath| has_star_before(&other.pattern, path) && other.grants != owner.grants;
        let reason = paths.iter().find(is_reason).filter(|_| !owner.pattern.has_star()).unwrap_or(owner);
        decision.note(reason.lines.first().copied(), BRACKET);
        return refused(access, request, app, Refusal::AmbiguousPath, decision);
    }
    if scope.is_some_and(|s| s.paths.iter().any(disguised)) {
        decision.note(None, "the path can be read in two ways, and the readings ask for different things");
        return refused(access, request, app, Refusal::AmbiguousPath, decision);
    }
    match grant_of(&owner.grants, &request.method) {
        None => {
            decision.note(None, format!("`{}` does not let {} through", owner.pattern, request.method));
            refused(access, request, app, Refusal::Method, decision)
        }
        Some(guard) => match guarded(access, request, app, guard, decision) {
            Some(refusal) => Outcome::Refused(refusal),
            None => Outcome::Forward { apps: vec![app], path: path.to_string() },
        },
    }
}

/// Whether a path begins like a pattern with a `*`, up to that.
fn has_star_before(pattern: &PathPattern, path: &str) -> bool {
    let start = PathPattern { segments: pattern.before_star().to_vec(), subtree: true };
    pattern.has_star() && start.matches(path)
}

fn grant_of(grants: &[Grant], method: &str) -> Option<Guard> {
    grants.iter().find(|g: &&Grant| MethodSet::contains_name(g.methods, method)).map(|g| g.guard)
}

/// Why the guard does not let the request through; `None` if it does. A bad token is refused even where none is needed.
fn guarded(
    access: &Access<'_>,
    request: &Request,
    app: AppId,
    guard: Guard,
    decision: &mut Decision,
) -> Option<Refusal> {
    if let Guard::Require(requirement) = guard {
        decision.requirement = Some(requirement);
        let alternatives: Vec<String> =
            describe::requirement(access, requirement).iter().map(|a| format!("`{a}`")).collect();
        decision.note(None, format!("required is {}", alternatives.join(" or ")));
    }
    if let Some(bad) = bad_token(access, app, request, decision) {
        return Some(bad);
    }
    match guard {
        Guard::Public => None,
        Guard::Refused => Some(Refusal::Denied),
        Guard::Require(requirement) => match recognised(access, app, request) {
            Some(Credential::Token(token)) if meets(access, requirement, token) => {
                decision.note(None, "the token meets the requirement");
                None
            }
            Some(_) => Some(Refusal::NotMet),
            None => Some(Refusal::NoToken),
        },
    }
}

/// What the app's proxy takes for a token: something in a place where one of its issuers' tokens travel.
fn recognised<'r>(access: &Access<'_>, app: AppId, request: &'r Request) -> Option<&'r Credential> {
    let presented = request.presented.as_ref()?;
    let known = access.workload(app).verifies.iter().any(|&i| access.program.issuer(i).location.finds(&presented.at));
    known.then_some(&presented.credential)
}

/// Why a token is refused wherever it is looked at.
fn bad_token(access: &Access<'_>, app: AppId, request: &Request, decision: &mut Decision) -> Option<Refusal> {
    let (refusal, text) = fault(access, app, request)?;
    decision.note(None, text);
    Some(refusal)
}

/// What is wrong with the token that an app's proxy finds, if anything.
fn fault(access: &Access<'_>, app: AppId, request: &Request) -> Option<(Refusal, String)> {
    let bad = |text: String| Some((Refusal::BadToken, text));
    let token = match recognised(access, app, request)? {
        Credential::Garbage => return bad("what stands in the token's place is no token".to_string()),
        Credential::Stranger => return bad("the program does not know who issued the token".to_string()),
        Credential::Token(token) => token,
    };
    let issuer = access.program.issuer(token.issuer);
    if !access.workload(app).verifies.contains(&token.issuer) {
        return bad(format!("app `{}` does not take tokens of `{}`", access.program.app(app).name, issuer.name));
    }
    if request.presented.as_ref().is_some_and(|p| !issuer.location.reads(&p.at)) {
        return bad(format!("a token of `{}` travels elsewhere", issuer.name));
    }
    if !is_well_formed(token) {
        return bad("`sub`, `aud`, `jti` or a time of the token is not of its type".to_string());
    }
    match token.flaw {
        Some(Flaw::Expired) => return bad("the token is expired".to_string()),
        Some(Flaw::NotYetValid) => return bad("the token is not valid yet".to_string()),
        Some(Flaw::Forged) | None => {}
    }
    // The proxies look at the audience before the signature.
    let named = |audience: &String| holds(&token.claims, &["aud".to_string()], audience, false);
    if !issuer.audiences.is_empty() && !issuer.audiences.iter().any(named) {
        let wanted: Vec<String> = issuer.audiences.iter().map(|a| format!("`{a}`")).collect();
        return Some((Refusal::WrongAudience, format!("the token is not for {}", wanted.join(" or "))));
    }
    let forged = token.flaw == Some(Flaw::Forged);
    forged.then(|| (Refusal::BadToken, format!("the token is not signed by `{}`", issuer.name)))
}

/// A token is read only if `sub` and `jti` are strings, `aud` a string or a list of strings, and its times numbers that are
/// not negative, where they are there at all (R21).
fn is_well_formed(token: &Token) -> bool {
    let is = |name: &str, test: fn(&Value) -> bool| token.claims.get(name).is_none_or(test);
    let strings = |aud: &Value| aud.is_string() || aud.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    let time = |value: &Value| value.as_f64().is_some_and(|seconds| (0.0..MAX_TIME).contains(&seconds));
    is("sub", Value::is_string)
        && is("jti", Value::is_string)
        && is("aud", strings)
        && ["exp", "nbf", "iat"].into_iter().all(|name| is(name, time))
}

/// Whether a valid token meets a requirement.
fn meets(access: &Access<'_>, requirement: RequirementId, token: &Token) -> bool {
    access.requirement(requirement).alternatives.iter().any(|alternative| {
        alternative.issuer == token.issuer
            && has_subject(access, token)
            && alternative.conditions.iter().all(|literal| literal_holds(literal, token))
    })
}

/// Whether a token names its subject, or need not.
pub(super) fn has_subject(access: &Access<'_>, token: &Token) -> bool {
    let subject = matches!(token.claims.get("sub"), Some(Value::String(s)) if !s.is_empty());
    subject || access.program.issuer(token.issuer).subject_optional
}

/// Whether a condition of a requirement holds for a valid token.
pub(super) fn literal_holds(literal: &Literal, token: &Token) -> bool {
    let words = literal.condition.fact.is_space_delimited();
    let path = match &literal.condition.fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    };
    literal.condition.values.iter().any(|value| holds(&token.claims, &path, value, words)) == literal.holds
}

/// Whether a claim is this string, or a list that holds it (A32). `words`: a string is a list of words.
fn holds(claims: &serde_json::Map<String, Value>, path: &[String], wanted: &str, words: bool) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let object = parents.iter().try_fold(claims, |object, step| object.get(step).and_then(Value::as_object));
    match object.and_then(|o| o.get(last)) {
        Some(Value::String(text)) if words => text.split(' ').any(|w| w == wanted),
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(items)) => items.iter().any(|i| i.as_str() == Some(wanted)),
        _ => false,
    }
}
