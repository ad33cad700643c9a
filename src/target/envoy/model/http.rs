//! `envoy.extensions.filters.network.http_connection_manager.v3` and the HTTP filters.

use indexmap::IndexMap;
use serde::Serialize;

use super::jwt::JwtAuthentication;
use super::matcher::StringMatcher;
use super::rbac::Rbac;
use super::route::RouteConfiguration;

/// The names of the filters, which are the keys of a route's `typed_per_filter_config` too.
pub const CORS: &str = "envoy.filters.http.cors";
/// See [`CORS`].
pub const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
/// See [`CORS`].
pub const RBAC: &str = "envoy.filters.http.rbac";
/// The second RBAC filter: no route has a word in it.
pub const AUDIENCES: &str = "meshc.audiences";
/// See [`CORS`].
pub const ROUTER: &str = "envoy.filters.http.router";

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpConnectionManager {
    pub stat_prefix: String,
    pub codec_type: &'static str,
    pub use_remote_address: bool,
    pub xff_num_trusted_hops: u32,
    pub normalize_path: bool,
    pub merge_slashes: bool,
    pub path_with_escaped_slashes_action: &'static str,
    pub forward_client_cert_details: &'static str,
    pub max_request_headers_kb: u32,
    pub request_headers_timeout: &'static str,
    pub stream_idle_timeout: &'static str,
    pub server_name: &'static str,
    pub common_http_protocol_options: HttpProtocolOptions,
    pub http2_protocol_options: Http2ProtocolOptions,
    pub early_header_mutation_extensions: Vec<EarlyHeaderMutation>,
    pub upgrade_configs: Vec<UpgradeConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_log: Vec<AccessLog>,
    pub http_filters: Vec<HttpFilter>,
    pub route_config: RouteConfiguration,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpProtocolOptions {
    pub idle_timeout: &'static str,
    pub max_headers_count: u32,
    pub headers_with_underscores_action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Http2ProtocolOptions {
    pub max_concurrent_streams: u32,
    pub initial_stream_window_size: u32,
    pub initial_connection_window_size: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlyHeaderMutation {
    pub name: &'static str,
    pub typed_config: EarlyHeaderMutationConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum EarlyHeaderMutationConfig {
    #[serde(
        rename = "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    )]
    HeaderMutation { mutations: Vec<HeaderMutation> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderMutation {
    Remove(&'static str),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpgradeConfig {
    pub upgrade_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessLog {
    pub name: &'static str,
    pub typed_config: AccessLogConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum AccessLogConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog")]
    Stdout { log_format: LogFormat },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogFormat {
    pub json_format: IndexMap<&'static str, &'static str>,
    pub formatters: Vec<Formatter>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Formatter {
    pub name: &'static str,
    pub typed_config: FormatterConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum FormatterConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery")]
    ReqWithoutQuery {},
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpFilter {
    pub name: &'static str,
    pub typed_config: HttpFilterConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum HttpFilterConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors")]
    Cors {},
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication")]
    JwtAuthn(Box<JwtAuthentication>),
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC")]
    Rbac(Box<Rbac>),
    #[serde(rename = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router")]
    Router { suppress_envoy_headers: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorsPolicy {
    pub allow_origin_string_match: Vec<StringMatcher>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allow_methods: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allow_headers: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expose_headers: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
}
