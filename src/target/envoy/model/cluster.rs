//! `envoy.config.cluster.v3` and `envoy.config.endpoint.v3`.

use indexmap::IndexMap;
use serde::Serialize;

use super::bootstrap::Address;
use super::matcher::StringMatcher;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    pub name: String,
    pub connect_timeout: &'static str,
    #[serde(rename = "type")]
    pub discovery_type: DiscoveryType,
    pub per_connection_buffer_limit_bytes: u32,
    pub load_assignment: ClusterLoadAssignment,
    pub circuit_breakers: CircuitBreakers,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub typed_extension_protocol_options: IndexMap<&'static str, ProtocolOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_socket: Option<UpstreamTransportSocket>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiscoveryType {
    Static,
    StrictDns,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterLoadAssignment {
    pub cluster_name: String,
    pub endpoints: Vec<LocalityLbEndpoints>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LocalityLbEndpoints {
    pub lb_endpoints: Vec<LbEndpoint>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LbEndpoint {
    pub endpoint: Endpoint,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Endpoint {
    pub address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CircuitBreakers {
    pub thresholds: Vec<Thresholds>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(clippy::struct_field_names, reason = "Envoy's names")]
pub struct Thresholds {
    pub max_connections: u32,
    pub max_pending_requests: u32,
    pub max_requests: u32,
    pub max_retries: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum ProtocolOptions {
    #[serde(rename = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions")]
    Http(HttpProtocolOptions),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpProtocolOptions {
    pub explicit_http_config: ExplicitHttpConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplicitHttpConfig {
    pub http2_protocol_options: Http2ProtocolOptions,
}

/// Defaults alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Http2ProtocolOptions {}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpstreamTransportSocket {
    pub name: &'static str,
    pub typed_config: UpstreamTransportSocketConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum UpstreamTransportSocketConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext")]
    Tls(UpstreamTlsContext),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpstreamTlsContext {
    pub common_tls_context: UpstreamCommonTlsContext,
    pub sni: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpstreamCommonTlsContext {
    pub validation_context: CertificateValidationContext,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateValidationContext {
    pub trusted_ca: DataSource,
    pub match_typed_subject_alt_names: Vec<SubjectAltNameMatcher>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubjectAltNameMatcher {
    pub san_type: &'static str,
    pub matcher: StringMatcher,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSource {
    Filename(String),
    InlineString(String),
}
