//! `envoy.config.route.v3`.

use indexmap::IndexMap;
use serde::Serialize;

use super::http::CorsPolicy;
use super::jwt::PerRouteConfig;
use super::matcher::{RegexMatchAndSubstitute, RegexMatcher, StringMatcher};
use super::rbac::RbacPerRoute;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteConfiguration {
    pub name: String,
    pub virtual_hosts: Vec<VirtualHost>,
    pub validate_clusters: bool,
    pub ignore_port_in_host_matching: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VirtualHost {
    pub name: String,
    pub domains: Vec<String>,
    #[serde(flatten)]
    pub routes: Routes,
}

/// A list, looked through from its start, or a tree by the beginning of the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Routes {
    Routes(Vec<Route>),
    Matcher(Matcher),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matcher {
    pub matcher_tree: MatcherTree,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatcherTree {
    pub input: MatchInput,
    pub prefix_match_map: MatchMap,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchInput {
    pub name: &'static str,
    pub typed_config: MatchInputConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum MatchInputConfig {
    #[serde(rename = "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput")]
    RequestHeader { header_name: &'static str },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchMap {
    pub map: IndexMap<String, OnMatch>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnMatch {
    pub action: MatchAction,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchAction {
    pub name: String,
    pub typed_config: MatchActionConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum MatchActionConfig {
    #[serde(rename = "type.googleapis.com/envoy.config.route.v3.RouteList")]
    RouteList { routes: Vec<Route> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    pub name: String,
    #[serde(rename = "match")]
    pub matches: RouteMatch,
    #[serde(flatten)]
    pub action: Action,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_headers_to_add: Vec<HeaderValueOption>,
    pub typed_per_filter_config: TypedPerFilterConfig,
}

/// What the filters do on a route. The keys are the names of the filters (`super::http`), one field for each, so that no
/// filter is forgotten and none is misspelt: Envoy takes an unknown key in silence and leaves the filter as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypedPerFilterConfig {
    #[serde(rename = "envoy.filters.http.cors", skip_serializing_if = "Option::is_none")]
    pub cors: Option<CorsPerRoute>,
    #[serde(rename = "envoy.filters.http.jwt_authn")]
    pub jwt_authn: JwtPerRoute,
    #[serde(rename = "envoy.filters.http.rbac")]
    pub rbac: RbacPerRouteConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum CorsPerRoute {
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy")]
    Policy(CorsPolicy),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum JwtPerRoute {
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig")]
    PerRoute(PerRouteConfig),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum RbacPerRouteConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute")]
    PerRoute(RbacPerRoute),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteMatch {
    #[serde(flatten)]
    pub path: PathSpecifier,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderMatcher>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PathSpecifier {
    Prefix(String),
    Path(String),
    PathSeparatedPrefix(String),
    SafeRegex(RegexMatcher),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderMatcher {
    pub name: &'static str,
    #[serde(flatten)]
    pub matches: HeaderMatchSpecifier,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderMatchSpecifier {
    StringMatch(StringMatcher),
    PresentMatch(bool),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Route(Box<RouteAction>),
    Redirect(RedirectAction),
    DirectResponse(DirectResponseAction),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteAction {
    #[serde(flatten)]
    pub cluster: ClusterSpecifier,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_rewrite: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_rewrite: Option<RegexMatchAndSubstitute>,
    pub timeout: String,
    pub idle_timeout: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterSpecifier {
    Cluster(String),
    WeightedClusters(WeightedCluster),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeightedCluster {
    pub clusters: Vec<ClusterWeight>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterWeight {
    pub name: String,
    pub weight: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetryPolicy {
    pub retry_on: &'static str,
    pub num_retries: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RedirectAction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_redirect: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme_redirect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_redirect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_redirect: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_redirect: Option<String>,
    pub response_code: RedirectResponseCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RedirectResponseCode {
    #[default]
    MovedPermanently,
    Found,
    SeeOther,
    TemporaryRedirect,
    PermanentRedirect,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectResponseAction {
    pub status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderValueOption {
    pub header: HeaderValue,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderValue {
    pub key: &'static str,
    pub value: String,
}
