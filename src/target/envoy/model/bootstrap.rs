//! `envoy.config.bootstrap.v3` and `envoy.config.listener.v3`.

use indexmap::IndexMap;
use serde::Serialize;

use super::cluster::{Cluster, DataSource};
use super::http::HttpConnectionManager;

/// The whole configuration of an Envoy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bootstrap {
    /// The port for operators; none unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<Admin>,
    /// Listeners and clusters.
    pub static_resources: StaticResources,
    /// What is done when memory or connections run out.
    pub overload_manager: OverloadManager,
    /// Values that are read while it runs.
    pub layered_runtime: LayeredRuntime,
}

impl Bootstrap {
    /// The configuration as Envoy reads it: JSON loads five times faster than YAML, and has no words that are not text.
    /// A line for each value, indented by one blank: in large ones, most of the text is indentation.
    ///
    /// # Errors
    /// None that the types allow; serde says otherwise.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
        bytes.push(b'\n');
        String::from_utf8(bytes).map_err(serde::ser::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Admin {
    pub address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StaticResources {
    pub listeners: Vec<Listener>,
    pub clusters: Vec<Cluster>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    pub socket_address: SocketAddress,
}

impl Address {
    pub fn new(address: impl Into<String>, port: u16) -> Self {
        Address { socket_address: SocketAddress { address: address.into(), port_value: port } }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SocketAddress {
    pub address: String,
    pub port_value: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listener {
    pub name: String,
    pub address: Address,
    pub per_connection_buffer_limit_bytes: u32,
    pub filter_chains: Vec<FilterChain>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilterChain {
    pub filters: Vec<NetworkFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_socket: Option<DownstreamTransportSocket>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkFilter {
    pub name: &'static str,
    pub typed_config: NetworkFilterConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum NetworkFilterConfig {
    #[serde(
        rename = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    )]
    HttpConnectionManager(Box<HttpConnectionManager>),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DownstreamTransportSocket {
    pub name: &'static str,
    pub typed_config: DownstreamTransportSocketConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum DownstreamTransportSocketConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext")]
    Tls(DownstreamTlsContext),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DownstreamTlsContext {
    pub common_tls_context: DownstreamCommonTlsContext,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DownstreamCommonTlsContext {
    pub tls_params: TlsParameters,
    pub tls_certificates: Vec<TlsCertificate>,
    pub alpn_protocols: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TlsParameters {
    pub tls_minimum_protocol_version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TlsCertificate {
    pub certificate_chain: DataSource,
    pub private_key: DataSource,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverloadManager {
    pub refresh_interval: &'static str,
    pub resource_monitors: Vec<ResourceMonitor>,
    pub actions: Vec<OverloadAction>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceMonitor {
    pub name: &'static str,
    pub typed_config: ResourceMonitorConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "@type")]
pub enum ResourceMonitorConfig {
    #[serde(rename = "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig")]
    FixedHeap { max_heap_size_bytes: u64 },
    #[serde(
        rename = "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    )]
    DownstreamConnections { max_active_downstream_connections: u64 },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverloadAction {
    pub name: &'static str,
    pub triggers: Vec<Trigger>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trigger {
    pub name: &'static str,
    pub threshold: Threshold,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    pub value: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayeredRuntime {
    pub layers: Vec<RuntimeLayer>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuntimeLayer {
    pub name: &'static str,
    pub static_layer: IndexMap<&'static str, u32>,
}
