//! Where requests and fetches of keys go.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::Lowering;
use super::model::bootstrap::Address;
use super::model::cluster::{
    CertificateValidationContext, CircuitBreakers, Cluster, ClusterLoadAssignment, DataSource, DiscoveryType, Endpoint,
    ExplicitHttpConfig, Http2ProtocolOptions, HttpProtocolOptions, LbEndpoint, LocalityLbEndpoints, ProtocolOptions,
    SubjectAltNameMatcher, Thresholds, UpstreamCommonTlsContext, UpstreamTlsContext, UpstreamTransportSocket,
    UpstreamTransportSocketConfig,
};
use super::model::matcher::StringMatcher;
use crate::ir::{App, Issuer, Protocol};

/// The name of an app's cluster.
pub(super) fn name_of(app: &App) -> String {
    app.qualified_name()
}

/// The name of the cluster from which an issuer's keys are fetched.
pub(super) fn name_of_keys(issuer: &Issuer) -> String {
    format!("keys of {}", issuer.name)
}

/// The cluster of an app: where the options say it is, or its service in Kubernetes.
pub(super) fn of_app(lowering: &Lowering<'_, '_>, app: &App) -> Cluster {
    let (host, port) = match lowering.options.endpoints.get(&app.qualified_name()) {
        Some(endpoint) => (endpoint.host.clone(), endpoint.port),
        None => (format!("{}.{}.svc.cluster.local", app.service, app.namespace), app.port),
    };
    let mut cluster = cluster(name_of(app), &host, port);
    if app.protocol == Protocol::Http2 {
        let explicit_http_config = ExplicitHttpConfig { http2_protocol_options: Http2ProtocolOptions {} };
        let options = ProtocolOptions::Http(HttpProtocolOptions { explicit_http_config });
        cluster.typed_extension_protocol_options =
            IndexMap::from([("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", options)]);
    }
    cluster
}

/// The cluster from which keys are fetched.
pub(super) fn of_keys(lowering: &Lowering<'_, '_>, issuer: &Issuer, url: &HttpUrl<'_>) -> Cluster {
    let mut cluster = cluster(name_of_keys(issuer), url.host, url.port);
    if url.tls {
        let name = SubjectAltNameMatcher {
            san_type: if url.host.parse::<IpAddr>().is_ok() { "IP_ADDRESS" } else { "DNS" },
            matcher: StringMatcher::Exact(url.host.to_string()),
        };
        let validation_context = CertificateValidationContext {
            trusted_ca: DataSource::Filename(lowering.options.trusted_ca.clone()),
            match_typed_subject_alt_names: vec![name],
        };
        let common_tls_context = UpstreamCommonTlsContext { validation_context };
        let tls = UpstreamTlsContext { common_tls_context, sni: url.host.to_string() };
        cluster.transport_socket = Some(UpstreamTransportSocket {
            name: "envoy.transport_sockets.tls",
            typed_config: UpstreamTransportSocketConfig::Tls(tls),
        });
    }
    cluster
}

fn cluster(name: String, host: &str, port: u16) -> Cluster {
    let discovery_type = if host.parse::<IpAddr>().is_ok() { DiscoveryType::Static } else { DiscoveryType::StrictDns };
    let endpoint = Endpoint { address: Address::new(host, port) };
    let endpoints = vec![LocalityLbEndpoints { lb_endpoints: vec![LbEndpoint { endpoint }] }];
    let limits = Thresholds { max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 };
    Cluster {
        connect_timeout: "2s",
        discovery_type,
        per_connection_buffer_limit_bytes: 32768,
        load_assignment: ClusterLoadAssignment { cluster_name: name.clone(), endpoints },
        circuit_breakers: CircuitBreakers { thresholds: vec![limits] },
        typed_extension_protocol_options: IndexMap::new(),
        transport_socket: None,
        name,
    }
}

/// The parts of an `http` or `https` URL that a cluster needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HttpUrl<'a> {
    tls: bool,
    host: &'a str,
    port: u16,
}

impl<'a> HttpUrl<'a> {
    /// `None` if it is no such URL.
    pub(super) fn parse(url: &'a str) -> Option<Self> {
        let (tls, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        (!host.is_empty() && !host.contains('@')).then_some(HttpUrl { tls, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = |text| HttpUrl::parse(text).map(|u| (u.tls, u.host, u.port));
        assert_eq!(url("https://id.example.com/keys"), Some((true, "id.example.com", 443)));
        assert_eq!(url("http://id.example.com:8080"), Some((false, "id.example.com", 8080)));
        assert_eq!(url("https://[::1]:8443/x"), Some((true, "::1", 8443)));
        assert_eq!(url("https://[::1]/x"), Some((true, "::1", 443)));
        assert_eq!(url("ftp://id.example.com"), None);
        assert_eq!(url("https://a@id.example.com"), None);
        assert_eq!(url("https:///keys"), None);
    }
}
