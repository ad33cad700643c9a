//! Ways to break the manifests as a wrong lowering would. A judge that does not see each of them is worth nothing.

use serde_json::Value;

/// A way to break the manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A wide path is not kept from the narrower ones.
    NoExclusions,
    /// Disguises of narrower paths are not cut out at the workload.
    NoDisguises,
    /// Tokens of any issuer will do.
    NoIssuerPin,
    /// What is said about claims does not count.
    NoConditions,
    /// What must not be said in a token may be.
    NoNegations,
    /// Policies name no methods.
    NoMethods,
    /// Policies name no hosts.
    NoHosts,
    /// Policies name hosts without their ports.
    NoHostPorts,
    /// Policies name no paths.
    NoPaths,
    /// Tokens for any audience are taken.
    NoAudiences,
    /// Apps get the tokens that they must not get, and not those that they must.
    ForwardTurned,
    /// Every issuer's token travels in the usual place.
    DefaultLocations,
    /// Tokens are not looked at.
    NoAuthentication,
    /// Paths that can be read in two ways are let through by the gateway.
    NoAmbiguityGuard,
    /// So are paths with a bracket that a policy would refuse.
    NoBracketGuard,
    /// The paths of a `*` are kept out of wider rules by templates alone, which match no bracket.
    TemplateCuts,
    /// Routes take every method.
    NoRouteMethods,
    /// A method that a rewritten path does not list falls to a wider path.
    NoMethodRefusal,
    /// `/a/**` takes `/ab` too.
    PlainPrefixes,
    /// The wide paths come first.
    ReversedRoutes,
    /// Apps see paths as they were sent.
    NoRewrites,
    /// Every route leads to the same app.
    OneApp,
    /// Plain HTTP is served where it should be sent to HTTPS.
    NoHttpsRedirect,
    /// Preflights are left to the app.
    NoCors,
    /// An app's policy is missing.
    NoPolicy,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 25] = [
        Mutant::NoExclusions,
        Mutant::NoDisguises,
        Mutant::NoIssuerPin,
        Mutant::NoConditions,
        Mutant::NoNegations,
        Mutant::NoMethods,
        Mutant::NoHosts,
        Mutant::NoHostPorts,
        Mutant::NoPaths,
        Mutant::NoAudiences,
        Mutant::ForwardTurned,
        Mutant::DefaultLocations,
        Mutant::NoAuthentication,
        Mutant::NoAmbiguityGuard,
        Mutant::NoBracketGuard,
        Mutant::TemplateCuts,
        Mutant::NoRouteMethods,
        Mutant::NoMethodRefusal,
        Mutant::PlainPrefixes,
        Mutant::ReversedRoutes,
        Mutant::NoRewrites,
        Mutant::OneApp,
        Mutant::NoHttpsRedirect,
        Mutant::NoCors,
        Mutant::NoPolicy,
    ];

    /// The manifests, broken; `None` where there is nothing to break.
    pub fn of(self, manifests: &[Value]) -> Option<Vec<Value>> {
        let mut broken = manifests.to_vec();
        if self == Mutant::NoAuthentication {
            broken.retain(|o| o["kind"] != "RequestAuthentication");
        } else if self == Mutant::NoPolicy {
            broken.retain(|o| o["kind"] != "AuthorizationPolicy");
        }
        let all = manifests.iter().filter_map(|m| m["spec"]["http"].as_array()).flatten();
        let app = all.filter_map(|rule| rule["route"].as_array()).flatten().map(|to| &to["destination"]).next();
        for object in &mut broken {
            if let (Mutant::OneApp, Some(app)) = (self, app) {
                each(&mut object["spec"], "http", |rule| each(rule, "route", |to| to["destination"] = app.clone()));
            }
            let kind = object["kind"].as_str().unwrap_or_default().to_string();
            let spec = &mut object["spec"];
            match kind.as_str() {
                "AuthorizationPolicy" => each(spec, "rules", |rule| self.policy(rule)),
                "RequestAuthentication" => each(spec, "jwtRules", |rule| self.token(rule)),
                "VirtualService" => self.routes(spec),
                "Gateway" if self == Mutant::NoHttpsRedirect => {
                    each(spec, "servers", |server| {
                        if server["tls"]["httpsRedirect"] == true {
                            remove(server, "tls");
                        }
                    });
                }
                _ => {}
            }
        }
        (broken != manifests).then_some(broken)
    }

    fn policy(self, rule: &mut Value) {
        match self {
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
            // An exclusion is a path or ends in `/*`; a disguise ends in `%*`, `;*` or `//*`.
            let disguise = |path: &Value| {
                let path = path.as_str().unwrap_or_default();
                ["%*", ";*", "//*"].iter().any(|end| path.ends_with(end))
            };
            match self {
                Mutant::NoExclusions => keep(operation, "notPaths", disguise),
                Mutant::NoDisguises => keep(operation, "notPaths", |path| !disguise(path)),
                Mutant::NoMethods => remove(operation, "methods"),
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

    fn token(self, rule: &mut Value) {
        match self {
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

    fn routes(self, spec: &mut Value) {
        let Some(rules) = spec.get_mut("http").and_then(Value::as_array_mut) else { return };
        let answers = |rule: &Value, status: u16| rule["directResponse"]["status"] == status;
        // The guard of a host is the first of its rules.
        let first_guards = rules.first().is_some_and(|rule| {
            answers(rule, 400) && rule["match"][0]["uri"]["regex"].as_str().is_some_and(|r| r.starts_with(".*("))
        });
        let guards = usize::from(first_guards);
        match self {
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
            match self {
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

fn remove(object: &mut Value, key: &str) {
    if let Some(object) = object.as_object_mut() {
        object.shift_remove(key);
    }
}

/// Keeps what passes of a list; an empty list goes away.
fn keep(object: &mut Value, key: &str, test: impl Fn(&Value) -> bool) {
    let Some(list) = object.get_mut(key).and_then(Value::as_array_mut) else { return };
    list.retain(test);
    if list.is_empty() {
        remove(object, key);
    }
}

fn each(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}
