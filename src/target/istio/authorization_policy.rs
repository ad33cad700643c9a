//! An app's AuthorizationPolicy: ALLOW only and complete, so that whatever it does not name is refused (A2). An app that
//! lets nothing through has one without rules, which refuses everything (A5).

use std::collections::BTreeMap;

use super::model::{AuthorizationPolicy, Condition, From, Operation, Rule, Selector, Source, To};
use super::{AUTHORIZATION_POLICY, Lowering, MAX_OBJECT_BYTES, paths};
use crate::access::{self, Access, Alternative, Extent, Guard, HostScope, Literal, Requirement, RulePaths, Workload};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, App, AppId, Fact, Host, IssuerId};

/// The most rules that one object may hold (CRD schema, semantics.md section 5).
const MAX_RULES: usize = 512;

/// Who calls, and with what kind of token: what rules are grouped by.
type Who = (Vec<String>, Vec<Condition>);

pub(super) fn lower(lowering: &mut Lowering<'_, '_>, id: AppId) {
    let access = lowering.access;
    let app = access.program.app(id);
    let workload = access.workload(id);
    if let Some(diagnostic) = wildcard_block(app, workload) {
        lowering.diagnostics.push(diagnostic);
        return;
    }
    // Who needs nothing first, then by who: independent of the order of the routes.
    let mut groups: BTreeMap<Who, Vec<Operation>> = BTreeMap::new();
    for rule in &workload.rules {
        for grant in &rule.grants {
            for who in callers(access, workload, grant.guard) {
                groups.entry(who).or_default().push(operation(rule, grant.methods));
            }
        }
    }
    let rules: Vec<Rule> = groups.into_iter().map(|(who, operations)| rule(who, operations)).collect();
    let parts = split(rules);
    let several = parts.len() > 1;
    for (i, rules) in parts.into_iter().enumerate() {
        // A dot cannot stand in the name of an app, so that parts never collide with another app's object.
        let name = if several && i > 0 { format!("{}.{}", app.name, i + 1) } else { app.name.clone() };
        let size = rules.iter().map(size).sum::<usize>() + 1024;
        let selector = Selector { match_labels: app.selector.clone() };
        let spec = AuthorizationPolicy { selector, action: "ALLOW", rules };
        let routes = app.routes.iter().map(|r| r.span);
        let origins = routes.chain(workload.imported.iter().copied()).chain([app.head]).collect();
        lowering.push(AUTHORIZATION_POLICY, &app.namespace, name, spec, size, origins);
    }
}

fn rule((principals, when): Who, operations: Vec<Operation>) -> Rule {
    let from = if principals.is_empty() {
        Vec::new()
    } else {
        vec![From { source: Source { request_principals: principals } }]
    };
    // An operation that says nothing is not allowed (A29); as one of several it makes the others say nothing too.
    let to = if operations.contains(&Operation::default()) {
        Vec::new()
    } else {
        operations.into_iter().map(|operation| To { operation }).collect()
    };
    Rule { from, to, when }
}

fn operation(rule: &access::Rule, methods: ir::MethodSet) -> Operation {
    let (hosts, not_hosts) = match &rule.hosts {
        HostScope::Every => (Vec::new(), Vec::new()),
        HostScope::Only(hosts) => (policy_hosts(hosts), Vec::new()),
        HostScope::Except(hosts) => (Vec::new(), policy_hosts(hosts)),
    };
    let RulePaths { pattern, extent, except, except_prefixes } = &rule.paths;
    let mut not_paths: Vec<String> = except.iter().flat_map(paths::policy_paths).collect();
    not_paths.extend(except_prefixes.iter().map(|prefix| [prefix.as_str(), "*"].concat()));
    let paths = match extent {
        Extent::Whole => paths::policy_paths(pattern),
        Extent::Template => paths::template_paths(pattern),
    };
    let methods = if methods.is_any() { Vec::new() } else { methods.iter().map(ir::Method::name).collect() };
    Operation { hosts, not_hosts, methods, paths, not_paths }
}

/// A host and the host with any port: a policy compares the whole authority (A27).
fn policy_hosts(hosts: &[Host]) -> Vec<String> {
    hosts.iter().flat_map(|h| [h.to_string(), format!("{h}:*")]).collect()
}

/// The callers that a guard lets through, each with the conditions on their tokens.
fn callers(access: &Access<'_>, workload: &Workload, guard: Guard) -> Vec<Who> {
    let requirement = match guard {
        Guard::Refused => return Vec::new(),
        Guard::Public => return vec![(Vec::new(), Vec::new())],
        Guard::Require(id) => access.requirement(id),
    };
    if is_any_token(access, workload, requirement) {
        return vec![(vec!["*".to_string()], Vec::new())];
    }
    // Alternatives that differ in the issuer alone are one rule with several principals.
    let mut by_conditions: BTreeMap<Vec<Condition>, Vec<String>> = BTreeMap::new();
    let mut without_subject: BTreeMap<Vec<Condition>, Vec<String>> = BTreeMap::new();
    for alternative in &requirement.alternatives {
        let issuer = access.program.issuer(alternative.issuer);
        let (principals, conditions) = principals(access, alternative);
        if principals.is_empty() {
            without_subject.entry(conditions).or_default().push(issuer.url.clone());
        } else {
            by_conditions.entry(conditions).or_default().extend(principals);
        }
    }
    let pinned = without_subject.into_iter().map(|(mut conditions, mut urls)| {
        urls.sort();
        conditions.insert(0, condition("request.auth.claims[iss]".into(), urls, true));
        (Vec::new(), conditions)
    });
    let named = by_conditions.into_iter().map(|(conditions, mut principals)| {
        principals.sort();
        principals.dedup();
        (principals, conditions)
    });
    named.chain(pinned).collect()
}

/// Whether the requirement was written as `token`, and `*` says the same: a subject is required of every issuer whose
/// tokens the pods verify, no audience is, and all of these are meant (A19).
fn is_any_token(access: &Access<'_>, workload: &Workload, requirement: &Requirement) -> bool {
    let meant: Vec<IssuerId> = requirement.alternatives.iter().map(|a| a.issuer).collect();
    let plain = |issuer: &ir::Issuer| !issuer.subject_optional && issuer.audiences.is_empty();
    requirement.any_token && meant == workload.verifies && meant.iter().all(|&i| plain(access.program.issuer(i)))
}

/// An alternative as principals (`ISS/SUB`, `ISS/*`; none if no subject is required) and conditions. The issuer is pinned
/// in each, because the claims of all issuers lie in one place (P28). So are its audiences: the filter that verifies tokens
/// takes an audience for another one that differs in `http://`, `https://` or a final slash alone, and another policy of
/// the mesh may verify the issuer's tokens without any (P4).
fn principals(access: &Access<'_>, alternative: &Alternative) -> (Vec<String>, Vec<Condition>) {
    let issuer = access.program.issuer(alternative.issuer);
    // The text is split at its last slash (A19): a subject with a slash has to be a condition.
    let in_principal = |literal: &&Literal| {
        literal.holds
            && literal.condition.fact == Fact::Subject
            && literal.condition.values.iter().all(|v| !v.contains('/'))
    };
    let subject = alternative.conditions.iter().find(in_principal);
    let conditions = alternative.conditions.iter().filter(|l| !subject.is_some_and(|s| std::ptr::eq(s, *l)));
    let conditions =
        conditions.map(|l| condition(key(&l.condition.fact), l.condition.values.iter().cloned().collect(), l.holds));
    let audience =
        (!issuer.audiences.is_empty()).then(|| condition(key(&Fact::Audience), issuer.audiences.clone(), true));
    let principals = match subject {
        Some(subject) => subject.condition.values.iter().map(|s| format!("{}/{s}", issuer.url)).collect(),
        None if issuer.subject_optional => Vec::new(),
        None => vec![format!("{}/*", issuer.url)],
    };
    (principals, audience.into_iter().chain(conditions).collect())
}

fn condition(key: String, values: Vec<String>, holds: bool) -> Condition {
    let (values, not_values) = if holds { (values, Vec::new()) } else { (Vec::new(), values) };
    Condition { key, values, not_values }
}

/// The key of a fact (A30, A32): one pair of brackets per step.
fn key(fact: &Fact) -> String {
    match fact {
        Fact::Subject => "request.auth.claims[sub]".to_string(),
        Fact::Audience => "request.auth.audiences".to_string(),
        Fact::Claim(path) => {
            let steps: String = path.iter().flat_map(|step| ["[", step, "]"]).collect();
            format!("request.auth.claims{steps}")
        }
    }
}

/// Spreads rules over objects that are small enough. Several ALLOW policies of the same pods are a union (A4), as the
/// rules of one are, so that nothing changes.
fn split(rules: Vec<Rule>) -> Vec<Vec<Rule>> {
    let mut parts: Vec<Vec<Rule>> = vec![Vec::new()];
    let mut bytes = 0;
    for rule in rules.into_iter().flat_map(split_rule) {
        let size = size(&rule);
        let part = parts.last().map_or(0, Vec::len);
        if part == MAX_RULES || (part > 0 && bytes + size > MAX_OBJECT_BYTES / 2) {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(last) = parts.last_mut() {
            last.push(rule);
        }
    }
    parts
}

/// A rule whose operations are too many for one object becomes several: operations are a union too (A6).
fn split_rule(mut rule: Rule) -> Vec<Rule> {
    let mut parts = Vec::new();
    while size(&rule) > MAX_OBJECT_BYTES / 2 && rule.to.len() > 1 {
        let rest = rule.to.split_off(rule.to.len() / 2);
        parts.extend(split_rule(rule.clone()));
        rule.to = rest;
    }
    parts.push(rule);
    parts
}

/// A rough measure, from above, of what a rule takes in the cluster's store.
fn size(rule: &Rule) -> usize {
    let texts = |list: &[String]| list.iter().map(|t| t.len() + 4).sum::<usize>();
    let principals: usize = rule.from.iter().map(|f| texts(&f.source.request_principals)).sum();
    let operation = |o: &Operation| {
        texts(&o.hosts) + texts(&o.not_hosts) + texts(&o.paths) + texts(&o.not_paths) + o.methods.len() * 10 + 96
    };
    let when: usize = rule.when.iter().map(|c| c.key.len() + texts(&c.values) + texts(&c.not_values) + 48).sum();
    principals + rule.to.iter().map(|t| operation(&t.operation)).sum::<usize>() + when + 64
}

/// A wildcard host with any port cannot be said: a policy's `*.d:*` never matches, and `*.d` does not match a port (A27).
fn wildcard_block(app: &App, workload: &Workload) -> Option<Diagnostic> {
    // Beside `*` even an exact host cannot be kept apart: with a dot at its end it is another host for gateway and policy.
    let any = app.hosts.iter().any(|h| h.value == Host::Any);
    let host = workload.host_blocks.iter().flatten().find(|h| h.is_wildcard() || any)?;
    let route = app.routes.iter().find(|r| r.hosts.as_ref().is_some_and(|hosts| hosts.contains(host)));
    let span = route.map_or(app.head, |r| r.head);
    let (method, path) = route.map_or(("GET", "/".to_string()), |r| (r.methods.example(), r.path.example()));
    Some(
        Diagnostic::new(
            codes::WILDCARD_HOST_BLOCK,
            format!("Istio cannot keep routes to the host `{host}` alone"),
            span,
            format!("holds on `{host}` alone"),
        )
        .with_note(if any {
            "the app has the host `*` too, so that the same name with a dot at its end gets round the block"
        } else {
            "a policy sees the host with its port, and has no pattern for a wildcard host with any port"
        })
        .with_request(format!("{method} {}{}{path}", host.example(), if any { "." } else { ":8443" }))
        .with_help("name the hosts one by one in the `host` block, or make an app of its own for the wildcard host"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide_rule(operations: usize, path_bytes: usize) -> Rule {
        let operation =
            |i: usize| Operation { paths: vec![format!("/{i}{}", "x".repeat(path_bytes))], ..Operation::default() };
        Rule { to: (0..operations).map(|i| To { operation: operation(i) }).collect(), ..Rule::default() }
    }

    #[test]
    fn large_policies_are_split_and_nothing_is_lost() {
        let rules = vec![wide_rule(3000, 1000), wide_rule(1, 10)];
        let wanted: usize = rules.iter().map(|r| r.to.len()).sum();
        let parts = split(rules);
        assert!(parts.len() > 3);
        assert!(parts.iter().all(|p| p.iter().map(size).sum::<usize>() < MAX_OBJECT_BYTES));
        assert_eq!(parts.iter().flatten().map(|r| r.to.len()).sum::<usize>(), wanted);
        let many = split((0..1000).map(|_| wide_rule(1, 1)).collect());
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [512, 488]);
    }

    #[test]
    fn a_policy_without_rules_stays_one_object() {
        assert_eq!(split(Vec::new()), [Vec::<Rule>::new()]);
    }
}
