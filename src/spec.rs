//! What becomes of a request, straight from the words of `docs/language.md`: slow, plain, and without `access`.
//!
//! Nothing is prepared. Every request looks at all lines of all apps, compares paths pair by pair and follows formulas as
//! they are written. [`access::decide`](crate::access::decide) answers the same question from tables and normal forms, and
//! `tests/spec.rs` holds the two against each other. A reviewer reads this module beside the page, heading by heading.

mod paths;
mod places;
mod tokens;

pub use tokens::TooManyTokens;

use crate::ir::{AppId, GatewayId, Host, ListenerProtocol, PathPattern, Program, Route};
use crate::request::{Outcome, Refusal, Request, Via, normalize};
use places::{Line, Place};

/// Decides a request to a program that compiles.
///
/// # Errors
/// Two requirements have to be compared that can be told apart by too many tokens.
pub fn decide(program: &Program, request: &Request) -> Result<Outcome, TooManyTokens> {
    // "Outcomes": `OPTIONS *` is not found; any other path that does not begin with `/` is malformed.
    let Some(path) = normalize(&request.target) else {
        let whole_server = request.method == "OPTIONS" && request.target.starts_with('*');
        return Ok(if whole_server { Outcome::NotFound } else { Outcome::Malformed });
    };
    // "Outcomes": a host in upper case, or with a port, is the same host.
    let name = request.authority.rsplit_once(':').map_or(&*request.authority, |(name, _)| name).to_ascii_lowercase();
    match request.via {
        Via::Gateway(gateway, port) => at_gateway(program, request, gateway, port, &Host::Exact(name), &path),
        Via::Inside(app) => at_app(program, request, app, &Host::Exact(name), &path),
    }
}

fn at_gateway(
    program: &Program,
    request: &Request,
    gateway: GatewayId,
    port: u16,
    name: &Host,
    path: &str,
) -> Result<Outcome, TooManyTokens> {
    let declared = program.gateway(gateway);
    let Some(listener) = declared.listeners.iter().find(|listener| listener.port == port) else {
        return Ok(Outcome::NotFound);
    };
    let Some(host) = places::host_of(program, gateway, name) else { return Ok(Outcome::NotFound) };
    // "gateway": with `redirect http to https` every plain request is answered with 301.
    if let (ListenerProtocol::Http, Some(_), Some(https)) =
        (&listener.protocol, declared.redirect_to_https, declared.https())
    {
        return Ok(Outcome::RedirectToHttps(https.port));
    }
    let place = places::host(program, gateway, host);
    if refuses_confusing_path(program, gateway, &place, host, path)? {
        return Ok(Outcome::Refused(Refusal::AmbiguousPath));
    }
    let lines = place.owner(path);
    let Some(first) = lines.first() else { return Ok(Outcome::NotFound) };
    if refuses_bracket(program, gateway, &lines, host, path)? {
        return Ok(Outcome::Refused(Refusal::AmbiguousPath));
    }
    // "Browsers": a preflight from a listed origin is answered at the gateway, without a token.
    let app = first.app;
    if let (Some(cors), Some(origin), "OPTIONS") = (&program.app(app).cors, &request.preflight_origin, &*request.method)
        && cors.origins.iter().any(|listed| listed == "*" || listed == origin)
    {
        return Ok(Outcome::Preflight);
    }
    // "Which line decides": a method that no line of that exact path lists is refused.
    let Some(line) = lines.iter().find(|line| line.route.methods.contains_name(&request.method)) else {
        return Ok(closed(program, request, &lines, Refusal::Method));
    };
    Ok(match &line.route.access {
        crate::ir::Access::Redirect(redirect) => Outcome::Redirect(redirect.clone()),
        crate::ir::Access::Deny => closed(program, request, &lines, Refusal::Denied),
        crate::ir::Access::Public | crate::ir::Access::Require { .. } => {
            match tokens::refusal(program, app, request, &line.asks(program)) {
                Some(refusal) => Outcome::Refused(refusal),
                None => Outcome::Forward { apps: apps_of(line), path: paths::rewritten(line.route, path) },
            }
        }
    })
}

/// "Outcomes", paths that could be read in two ways: whether this is one, and the host refuses them.
fn refuses_confusing_path(
    program: &Program,
    gateway: GatewayId,
    place: &Place<'_>,
    host: &Host,
    path: &str,
) -> Result<bool, TooManyTokens> {
    let behind = place.apps();
    let seen: Vec<Place<'_>> = behind.iter().map(|&app| places::app(program, app)).collect();
    let written = place.lines.iter().chain(seen.iter().flat_map(|seen| &seen.lines)).map(|line| line.path);
    if !paths::is_confusing(path, written) {
        return Ok(false);
    }
    if place.is_mixed(program)? {
        return Ok(true);
    }
    for (app, seen) in behind.into_iter().zip(&seen) {
        for on in places::names(program, gateway, host, app) {
            if seen.on(on).is_mixed(program)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// "Path", the rule for brackets: a gateway refuses what an app behind it refuses.
fn refuses_bracket(
    program: &Program,
    gateway: GatewayId,
    lines: &[&Line<'_>],
    host: &Host,
    path: &str,
) -> Result<bool, TooManyTokens> {
    for line in lines.iter().filter(|line| line.reaches_app()) {
        let seen = paths::rewritten(line.route, path);
        for app in [line.app].into_iter().chain(line.route.options.shares.iter().map(|share| share.app)) {
            for on in places::names(program, gateway, host, app) {
                if places::app(program, app).on(on).refuses_bracket(program, &seen)? {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// "Outcomes": where the gateway hands every method of a path on alike, the app refuses, and looks at the token first.
fn closed(program: &Program, request: &Request, lines: &[&Line<'_>], why: Refusal) -> Outcome {
    let redirects = lines.iter().any(|line| matches!(line.route.access, crate::ir::Access::Redirect(_)));
    let handed_on: Vec<&Route> = lines.iter().filter(|line| line.reaches_app()).map(|line| line.route).collect();
    let moved = |route: &&Route| route.options.rewrite.is_some() || !route.options.shares.is_empty();
    let differ = handed_on.iter().any(|route| route.options != handed_on[0].options);
    if redirects || differ || handed_on.iter().any(moved) {
        return Outcome::Refused(why);
    }
    Outcome::Refused(tokens::bad_token(program, lines[0].app, request).unwrap_or(why))
}

/// "Options", `to`: what the shares leave over stays.
fn apps_of(line: &Line<'_>) -> Vec<AppId> {
    let shares = &line.route.options.shares;
    let given: u32 = shares.iter().map(|share| u32::from(share.percent)).sum();
    let own = Some(line.app).filter(|_| given < 100);
    own.into_iter().chain(shares.iter().map(|share| share.app)).collect()
}

/// A caller inside the mesh comes straight to an app.
fn at_app(program: &Program, request: &Request, app: AppId, name: &Host, path: &str) -> Result<Outcome, TooManyTokens> {
    let place = places::app(program, app).on(Some(name));
    let refused = |why| Ok(Outcome::Refused(tokens::bad_token(program, app, request).unwrap_or(why)));
    let lines = place.owner(path);
    let Some(first) = lines.first() else { return refused(Refusal::Path) };
    if place.refuses_bracket(program, path)? || refuses_beginning(program, &place, first.path, path)? {
        return refused(Refusal::AmbiguousPath);
    }
    // "Options": `deny` and `redirect` let nobody through to an app, as a method that is not listed.
    let lists = |line: &&&Line<'_>| line.route.methods.contains_name(&request.method) && line.reaches_app();
    let Some(line) = lines.iter().find(lists) else { return refused(Refusal::Method) };
    Ok(match tokens::refusal(program, app, request, &line.asks(program)) {
        Some(refusal) => Outcome::Refused(refusal),
        None => Outcome::Forward { apps: vec![app], path: path.to_string() },
    })
}

/// "Confusing paths", callers inside: whether a path begins in a confusing way like one of which more is asked.
fn refuses_beginning(
    program: &Program,
    place: &Place<'_>,
    owner: &PathPattern,
    path: &str,
) -> Result<bool, TooManyTokens> {
    for other in place.paths().into_iter().filter(|other| paths::begins_confusingly(path, other)) {
        if place.asks_less(program, owner, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}
