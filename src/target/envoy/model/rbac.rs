//! `envoy.config.rbac.v3` and `envoy.extensions.filters.http.rbac.v3`.

use indexmap::IndexMap;
use serde::Serialize;

use super::matcher::MetadataMatcher;

/// The filter. With `rules` that have no policy it refuses everything; without `rules` it would refuse nothing, so that
/// they are not optional here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rbac {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_stat_prefix: Option<&'static str>,
    pub rules: Rules,
}

/// What a route puts in place of the filter's rules. Without `rbac` the filter would be off, so that it is not optional.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RbacPerRoute {
    pub rbac: Rbac,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rules {
    pub action: Action,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub policies: IndexMap<String, Policy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    pub permissions: Vec<Permission>,
    pub principals: Vec<Principal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    Any(bool),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    Any(bool),
    AndIds(PrincipalSet),
    OrIds(PrincipalSet),
    NotId(Box<Principal>),
    SourcedMetadata(SourcedMetadata),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrincipalSet {
    pub ids: Vec<Principal>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourcedMetadata {
    pub metadata_matcher: MetadataMatcher,
}
