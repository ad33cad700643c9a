//! Who may pass, in RBAC's terms. RBAC decides alone: it pins every alternative to its issuer, and would refuse
//! everything if no token had been verified.

use indexmap::IndexMap;

use super::Lowering;
use super::model::http;
use super::model::matcher::{ListMatcher, MetadataMatcher, OrMatcher, PathSegment, StringMatcher, ValueMatcher};
use super::model::rbac::{
    Action, Permission, Policy, Principal, PrincipalSet, Rbac, RbacPerRoute, Rules, SourcedMetadata,
};
use super::tokens::payload_key;
use crate::access::{Alternative, Literal, RequirementId};
use crate::ir::{Fact, Issuer};

/// Lets everybody through.
pub(super) fn everybody() -> RbacPerRoute {
    allow(IndexMap::from([("public".to_string(), policy(Principal::Any(true)))]))
}

/// Lets nobody through.
pub(super) fn nobody() -> RbacPerRoute {
    allow(IndexMap::from([("nobody".to_string(), policy(Principal::NotId(Box::new(Principal::Any(true)))))]))
}

/// Lets those through who meet a requirement: one policy for each alternative, named as it reads.
pub(super) fn those_who_meet(lowering: &Lowering<'_, '_>, requirement: RequirementId) -> RbacPerRoute {
    let alternatives = &lowering.access.requirement(requirement).alternatives;
    let policies = alternatives.iter().map(|a| (named(lowering, a), policy(principal(lowering, a))));
    allow(policies.collect())
}

/// Refuses tokens whose `aud` is not literally one of the issuer's audiences: `jwt_authn` compares them without scheme
/// and final slash. `None` if no issuer that is verified has audiences.
pub(super) fn audiences(lowering: &Lowering<'_, '_>) -> Option<Rbac> {
    let program = lowering.access.program;
    let verified = |i: &usize| lowering.access.workloads.iter().any(|w| w.verifies.iter().any(|v| v.0 == *i));
    let mut policies = IndexMap::new();
    for issuer in (0..program.issuers.len()).filter(verified).map(|i| &program.issuers[i]) {
        if issuer.audiences.is_empty() {
            continue;
        }
        let named = one_of(issuer.audiences.iter());
        let other = Principal::NotId(Box::new(metadata(issuer, &["aud".to_string()], named)));
        policies.insert(format!("audience of {}", issuer.name), policy(all_of(vec![pin(issuer), other])));
    }
    let rules = Rules { action: Action::Deny, policies };
    (!rules.policies.is_empty()).then_some(Rbac { rules_stat_prefix: Some("audiences_"), rules })
}

fn allow(policies: IndexMap<String, Policy>) -> RbacPerRoute {
    RbacPerRoute { rbac: Rbac { rules_stat_prefix: None, rules: Rules { action: Action::Allow, policies } } }
}

fn policy(principal: Principal) -> Policy {
    Policy { permissions: vec![Permission::Any(true)], principals: vec![principal] }
}

fn principal(lowering: &Lowering<'_, '_>, alternative: &Alternative) -> Principal {
    let issuer = lowering.access.program.issuer(alternative.issuer);
    let mut ids = vec![pin(issuer)];
    if !issuer.subject_optional {
        let some = ValueMatcher::StringMatch(StringMatcher::regex("(?s).+"));
        ids.push(metadata(issuer, &["sub".to_string()], some));
    }
    ids.extend(alternative.conditions.iter().map(|literal| condition(issuer, literal)));
    all_of(ids)
}

fn all_of(mut ids: Vec<Principal>) -> Principal {
    match (ids.pop(), ids.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            ids.extend(last);
            Principal::AndIds(PrincipalSet { ids })
        }
    }
}

/// The token was issued by this issuer, and verified.
fn pin(issuer: &Issuer) -> Principal {
    let url = ValueMatcher::StringMatch(StringMatcher::Exact(issuer.url.clone()));
    metadata(issuer, &["iss".to_string()], url)
}

fn condition(issuer: &Issuer, literal: &Literal) -> Principal {
    let path = match &literal.condition.fact {
        Fact::Subject => vec!["sub".to_string()],
        Fact::Audience => vec!["aud".to_string()],
        Fact::Claim(path) => path.clone(),
    };
    let values = literal.condition.values.iter();
    if literal.holds {
        return metadata(issuer, &path, one_of(values));
    }
    // What is negated is the whole of "this string, or a list with it".
    Principal::NotId(Box::new(metadata(issuer, &path, one_of(values))))
}

/// One of these strings, or a list that holds one.
fn one_of<'v>(values: impl Iterator<Item = &'v String> + Clone) -> ValueMatcher {
    let exact = |value: &String| ValueMatcher::StringMatch(StringMatcher::Exact(value.clone()));
    let mut value_matchers: Vec<ValueMatcher> = values.clone().map(exact).collect();
    value_matchers.push(in_list(values));
    ValueMatcher::OrMatch(OrMatcher { value_matchers })
}

fn in_list<'v>(values: impl Iterator<Item = &'v String>) -> ValueMatcher {
    let exact = |value: &String| ValueMatcher::StringMatch(StringMatcher::Exact(value.clone()));
    let mut exact: Vec<ValueMatcher> = values.map(exact).collect();
    let any = match (exact.pop(), exact.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            exact.extend(last);
            ValueMatcher::OrMatch(OrMatcher { value_matchers: exact })
        }
    };
    ValueMatcher::ListMatch(ListMatcher::OneOf(Box::new(any)))
}

fn metadata(issuer: &Issuer, path: &[String], value: ValueMatcher) -> Principal {
    let steps = std::iter::once(payload_key(issuer)).chain(path.iter().cloned());
    let path = steps.map(|key| PathSegment { key }).collect();
    Principal::SourcedMetadata(SourcedMetadata {
        metadata_matcher: MetadataMatcher { filter: http::JWT_AUTHN, path, value },
    })
}

/// An alternative as it reads: the name of its policy, which the access log shows.
fn named(lowering: &Lowering<'_, '_>, alternative: &Alternative) -> String {
    let mut parts = vec![lowering.access.program.issuer(alternative.issuer).name.clone()];
    for Literal { condition, holds } in &alternative.conditions {
        let values: Vec<String> = condition.values.iter().map(|v| format!("{v:?}")).collect();
        let not = if *holds { "" } else { "not " };
        parts.push(format!("{not}{} in [{}]", condition.fact, values.join(", ")));
    }
    parts.join(" and ")
}
