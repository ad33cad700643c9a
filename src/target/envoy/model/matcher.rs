//! `envoy.type.matcher.v3`.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StringMatcher {
    Exact(String),
    SafeRegex(RegexMatcher),
}

impl StringMatcher {
    pub fn regex(regex: impl Into<String>) -> Self {
        StringMatcher::SafeRegex(RegexMatcher { regex: regex.into() })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegexMatcher {
    pub regex: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegexMatchAndSubstitute {
    pub pattern: RegexMatcher,
    pub substitution: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetadataMatcher {
    pub filter: &'static str,
    pub path: Vec<PathSegment>,
    pub value: ValueMatcher,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathSegment {
    pub key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::enum_variant_names, reason = "Envoy's names")]
pub enum ValueMatcher {
    StringMatch(StringMatcher),
    ListMatch(ListMatcher),
    OrMatch(OrMatcher),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListMatcher {
    OneOf(Box<ValueMatcher>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrMatcher {
    pub value_matchers: Vec<ValueMatcher>,
}
