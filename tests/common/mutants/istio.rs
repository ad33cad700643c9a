//! What each mutant does to Istio's manifests.

use serde_json::Value;

use super::{Mutant, each, keep, remove};

/// The manifests, broken as far as there is something to break.
pub(super) fn broken(mutant: Mutant, manifests: &[Value]) -> Vec<Value> {
    let mut broken = manifests.to_vec();
    if mutant == Mutant::NoAuthentication {
        broken.retain(|o| o["kind"] != "RequestAuthentication");
    } else if mutant == Mutant::NoPolicy {
        broken.retain(|o| o["kind"] != "AuthorizationPolicy");
    }
    let all = manifests.iter().filter_map(|m| m["spec"]["http"].as_array()).flatten();
    let app = all.filter_map(|rule| rule["route"].as_array()).flatten().map(|to| &to["destination"]).next();
    for object in &mut broken {
        if let (Mutant::OneApp, Some(app)) = (mutant, app) {
            each(&mut object["spec"], "http", |rule| each(rule, "route", |to| to["destination"] = app.clone()));
        }
        let kind = object["kind"].as_str().unwrap_or_default().to_string();
        let spec = &mut object["spec"];
        match kind.as_str() {
            "AuthorizationPolicy" => each(spec, "rules", |rule| policy(mutant, rule)),
            "RequestAuthentication" => each(spec, "jwtRules", |rule| token(mutant, rule)),
            "VirtualService" => routes(mutant, spec),
            "Gateway" if mutant == Mutant::NoHttpsRedirect => {
                each(spec, "servers", |server| {
                    if server["tls"]["httpsRedirect"] == true {
                        remove(server, "tls");
                    }
                });
            }
            _ => {}
        }
    }
    broken
}

fn policy(mutant: Mutant, rule: &mut Value) {
    match mutant {
        Mutant::NoIssuerPin => {
            each(rule, "from", |from| from["source"]["requestPrincipals"] = Value::from(vec!["*"]));
            keep(rule, "when", |condition| condition["key"] != "request.auth.claims[iss]");
        }
        Mutant::NoConditions => keep(rule, "when", |condition| condition["key"] == "request.auth.claims[iss]"),
        Mutant::NoNegations => keep(rule, "when", |condition| condition["notValues"].is_null()),
        Mutant::TemplateCuts => template_cuts(rule),
        _ => {}
    }
    each(rule, "to", |to| {
        let operation = &mut to["operation"];
        // An exclusion is a path or ends in `/*`; a confusing path ends in `%*`, `;*` or `//*`.
        let confusing = |path: &Value| {
            let path = path.as_str().unwrap_or_default();
            ["%*", ";*", "//*"].iter().any(|end| path.ends_with(end))
        };
        match mutant {
            Mutant::NoExclusions => keep(operation, "notPaths", confusing),
            Mutant::NoConfusingPaths => keep(operation, "notPaths", |path| !confusing(path)),
            Mutant::NoPolicyMethods => remove(operation, "methods"),
            Mutant::NoPaths => remove(operation, "paths"),
            Mutant::NoHosts => {
                remove(operation, "hosts");
                remove(operation, "notHosts");
            }
            Mutant::NoHostPorts => {
                let without_port = |host: &Value| !host.as_str().unwrap_or_default().ends_with(":*");
                keep(operation, "hosts", without_port);
                keep(operation, "notHosts", without_port);
            }
            _ => {}
        }
    });
    // An operation that says nothing is not allowed; the others then say nothing either.
    let says_nothing = |to: &Value| to["operation"].as_object().is_none_or(serde_json::Map::is_empty);
    if rule["to"].as_array().is_some_and(|all| all.iter().any(says_nothing)) {
        remove(rule, "to");
    }
}

fn token(mutant: Mutant, rule: &mut Value) {
    match mutant {
        Mutant::NoAudiences => remove(rule, "audiences"),
        Mutant::ForwardTurned if rule["forwardOriginalToken"] == true => remove(rule, "forwardOriginalToken"),
        Mutant::ForwardTurned => rule["forwardOriginalToken"] = Value::from(true),
        Mutant::DefaultLocations => {
            for place in ["fromHeaders", "fromParams", "fromCookies"] {
                remove(rule, place);
            }
        }
        _ => {}
    }
}

fn routes(mutant: Mutant, spec: &mut Value) {
    let Some(rules) = spec.get_mut("http").and_then(Value::as_array_mut) else { return };
    let answers = |rule: &Value, status: u16| rule["directResponse"]["status"] == status;
    // The guard of a host is the first of its rules.
    let first_guards = rules.first().is_some_and(|rule| {
        answers(rule, 400) && rule["match"][0]["uri"]["regex"].as_str().is_some_and(|r| r.starts_with(".*("))
    });
    let guards = usize::from(first_guards);
    match mutant {
        Mutant::NoAmbiguityGuard => drop(rules.drain(..guards)),
        Mutant::NoBracketGuard => {
            let mut at = 0;
            rules.retain(|rule| {
                at += 1;
                at <= guards || !answers(rule, 400)
            });
        }
        Mutant::NoMethodRefusal => rules.retain(|rule| !answers(rule, 403)),
        Mutant::ReversedRoutes => rules[guards..].reverse(),
        _ => {}
    }
    for rule in rules {
        match mutant {
            Mutant::NoRouteMethods => each(rule, "match", |m| remove(m, "method")),
            Mutant::PlainPrefixes => each(rule, "match", |m| {
                if let Some(prefix) = m["uri"]["prefix"].as_str().filter(|p| p.len() > 1) {
                    m["uri"]["prefix"] = Value::from(prefix.trim_end_matches('/'));
                }
            }),
            Mutant::NoRewrites => remove(rule, "rewrite"),
            Mutant::NoCors => remove(rule, "corsPolicy"),
            _ => {}
        }
    }
}

/// Puts what the operation of a template keeps out in the place of the prefix that the other operations keep out.
fn template_cuts(rule: &mut Value) {
    let operations = rule["to"].as_array().into_iter().flatten().map(|to| &to["operation"]);
    let given_back = operations.filter_map(|operation| {
        let last = operation["paths"].as_array()?.last()?.as_str()?;
        let start = last.strip_suffix("{**}").filter(|start| !start.contains('{'))?;
        Some((format!("{start}*"), operation["notPaths"].as_array().cloned().unwrap_or_default()))
    });
    let given_back: Vec<(String, Vec<Value>)> = given_back.collect();
    each(rule, "to", |to| {
        let Some(kept_out) = to["operation"]["notPaths"].as_array_mut() else { return };
        for (prefix, instead) in &given_back {
            if let Some(at) = kept_out.iter().position(|path| path == prefix) {
                kept_out.splice(at..=at, instead.iter().cloned());
            }
        }
    });
}
