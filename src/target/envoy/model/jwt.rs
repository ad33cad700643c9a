//! `envoy.extensions.filters.http.jwt_authn.v3`.

use indexmap::IndexMap;
use serde::Serialize;

use super::cluster::DataSource;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtAuthentication {
    pub providers: IndexMap<String, JwtProvider>,
    pub requirement_map: IndexMap<String, JwtRequirement>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtProvider {
    pub issuer: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    #[serde(flatten)]
    pub keys: JwksSource,
    pub forward: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_headers: Vec<JwtHeader>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_params: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_cookies: Vec<String>,
    pub payload_in_metadata: String,
    pub failed_status_in_metadata: String,
    pub normalize_payload_in_metadata: NormalizePayload,
    pub jwt_cache_config: JwtCacheConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JwksSource {
    RemoteJwks(RemoteJwks),
    LocalJwks(DataSource),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RemoteJwks {
    pub http_uri: HttpUri,
    pub cache_duration: &'static str,
    pub async_fetch: JwksAsyncFetch,
    pub retry_policy: JwksRetryPolicy,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpUri {
    pub uri: String,
    pub cluster: String,
    pub timeout: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwksAsyncFetch {
    pub fast_listener: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwksRetryPolicy {
    pub num_retries: u32,
    pub retry_back_off: BackoffStrategy,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackoffStrategy {
    pub base_interval: &'static str,
    pub max_interval: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtHeader {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value_prefix: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NormalizePayload {
    pub space_delimited_claims: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtCacheConfig {
    pub jwt_cache_size: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JwtRequirement {
    ProviderName(String),
    RequiresAny(JwtRequirementList),
    AllowMissing(Empty),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtRequirementList {
    pub requirements: Vec<JwtRequirement>,
}

/// `google.protobuf.Empty`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Empty {}

/// What a route says about tokens: never nothing, since that would be "not looked at".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PerRouteConfig {
    Disabled(bool),
    RequirementName(String),
}
