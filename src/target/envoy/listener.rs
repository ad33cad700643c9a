//! A port of a gateway: TLS, the HTTP connection manager with its filters, and the virtual hosts.

use indexmap::IndexMap;

use super::model::bootstrap::{
    Address, DownstreamCommonTlsContext, DownstreamTlsContext, DownstreamTransportSocket,
    DownstreamTransportSocketConfig, FilterChain, Listener, NetworkFilter, NetworkFilterConfig, TlsCertificate,
    TlsParameters,
};
use super::model::cluster::DataSource;
use super::model::http::{
    self, AccessLog, AccessLogConfig, EarlyHeaderMutation, EarlyHeaderMutationConfig, Formatter, FormatterConfig,
    HeaderMutation, Http2ProtocolOptions, HttpConnectionManager, HttpFilter, HttpFilterConfig, HttpProtocolOptions,
    LogFormat, UpgradeConfig,
};
use super::model::rbac::{Action, Rbac, Rules};
use super::model::route::{RouteConfiguration, Routes, VirtualHost};
use super::{Https, Lowering, principal, route, tree};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{self, GatewayId, ListenerProtocol, TokenLocation};

/// What a client could use to tell the app another path, host or method than the one that was decided upon.
const NEVER_FROM_CLIENTS: [&str; 9] = [
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "forwarded",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// The listener of a gateway's port.
pub(super) fn of_port(
    lowering: &mut Lowering<'_, '_>,
    id: GatewayId,
    port: &ir::Listener,
    token_filter: &HttpFilterConfig,
) -> Option<Listener> {
    let gateway = lowering.access.program.gateway(id);
    let bound = lowering.port(&gateway.name, port.port).bound;
    let name = format!("{}:{}", gateway.name, port.port);
    let transport_socket = match &port.protocol {
        ListenerProtocol::Http => None,
        ListenerProtocol::Https { secret } => match &lowering.options.https {
            Https::Plain => None,
            Https::Files(files) => {
                let Some(files) = files.get(&secret.value) else {
                    lowering.diagnostics.push(no_certificate(gateway, port, &secret.value));
                    return None;
                };
                Some(tls(&files.certificate, &files.key))
            }
        },
    };
    let manager = HttpConnectionManager {
        http_filters: filters(lowering, token_filter),
        route_config: RouteConfiguration {
            name: name.clone(),
            virtual_hosts: virtual_hosts(lowering, id, port),
            validate_clusters: true,
            // As on Istio (V6): the app sees the port that the client sent.
            ignore_port_in_host_matching: true,
        },
        ..manager(lowering, &name)
    };
    let filter = NetworkFilter {
        name: "envoy.filters.network.http_connection_manager",
        typed_config: NetworkFilterConfig::HttpConnectionManager(Box::new(manager)),
    };
    Some(Listener {
        name,
        address: Address::new(lowering.options.address.clone(), bound),
        per_connection_buffer_limit_bytes: 32768,
        filter_chains: vec![FilterChain { filters: vec![filter], transport_socket }],
    })
}

fn virtual_hosts(lowering: &Lowering<'_, '_>, id: GatewayId, port: &ir::Listener) -> Vec<VirtualHost> {
    let gateway = lowering.access.program.gateway(id);
    let to_https = match (&port.protocol, gateway.redirect_to_https, gateway.https()) {
        (ListenerProtocol::Http, Some(_), Some(https)) => Some(lowering.port(&gateway.name, https.port).public),
        _ => None,
    };
    let mut virtual_hosts = Vec::new();
    for host in lowering.access.virtual_hosts.iter().filter(|v| v.gateway == id) {
        let domains: Vec<String> = host.hosts.iter().map(ToString::to_string).collect();
        let Some(name) = domains.first().cloned() else { continue };
        let routes = match to_https {
            Some(port) => Routes::Routes(vec![route::to_https(port)]),
            None => tree::routes(route::of_table(lowering, &host.table), lowering.options.longest_list),
        };
        virtual_hosts.push(VirtualHost { name, domains, routes });
    }
    if !virtual_hosts.iter().any(|v| v.domains.iter().any(|d| d == "*")) {
        virtual_hosts.push(VirtualHost {
            name: "no such host".to_string(),
            domains: vec!["*".to_string()],
            routes: Routes::Routes(vec![route::not_found()]),
        });
    }
    virtual_hosts
}

/// The filters in their order. Tokens come before RBAC, which reads what they say; RBAC without a word of the route
/// refuses everything.
fn filters(lowering: &Lowering<'_, '_>, token_filter: &HttpFilterConfig) -> Vec<HttpFilter> {
    let mut filters = vec![
        HttpFilter { name: http::CORS, typed_config: HttpFilterConfig::Cors {} },
        HttpFilter { name: http::JWT_AUTHN, typed_config: token_filter.clone() },
    ];
    if let Some(rbac) = principal::audiences(lowering) {
        filters.push(HttpFilter { name: http::AUDIENCES, typed_config: HttpFilterConfig::Rbac(Box::new(rbac)) });
    }
    let nobody = Rbac { rules_stat_prefix: None, rules: Rules { action: Action::Allow, policies: IndexMap::new() } };
    filters.push(HttpFilter { name: http::RBAC, typed_config: HttpFilterConfig::Rbac(Box::new(nobody)) });
    let router = HttpFilterConfig::Router { suppress_envoy_headers: true };
    filters.push(HttpFilter { name: http::ROUTER, typed_config: router });
    filters
}

/// The manager's settings: those of Envoy's advice for edges, as far as they leave the outcome of a request alone.
fn manager(lowering: &Lowering<'_, '_>, name: &str) -> HttpConnectionManager {
    let mutations = NEVER_FROM_CLIENTS.into_iter().map(HeaderMutation::Remove).collect();
    HttpConnectionManager {
        stat_prefix: name.replace(':', "_"),
        codec_type: "AUTO",
        use_remote_address: true,
        xff_num_trusted_hops: 0,
        // Paths mean the same as on Istio (A40); what is left of their ambiguity is refused by a route.
        normalize_path: true,
        merge_slashes: false,
        path_with_escaped_slashes_action: "KEEP_UNCHANGED",
        forward_client_cert_details: "SANITIZE",
        max_request_headers_kb: 60,
        request_headers_timeout: "10s",
        stream_idle_timeout: "300s",
        server_name: "meshc",
        common_http_protocol_options: HttpProtocolOptions {
            idle_timeout: "3600s",
            max_headers_count: 100,
            headers_with_underscores_action: if reads_underscores(lowering) { "ALLOW" } else { "DROP_HEADER" },
        },
        http2_protocol_options: Http2ProtocolOptions {
            max_concurrent_streams: 100,
            initial_stream_window_size: 65_536,
            initial_connection_window_size: 1_048_576,
        },
        early_header_mutation_extensions: vec![EarlyHeaderMutation {
            name: "envoy.http.early_header_mutation.header_mutation",
            typed_config: EarlyHeaderMutationConfig::HeaderMutation { mutations },
        }],
        upgrade_configs: vec![UpgradeConfig { upgrade_type: "websocket" }],
        access_log: if lowering.options.access_log { vec![access_log()] } else { Vec::new() },
        http_filters: Vec::new(),
        route_config: RouteConfiguration {
            name: String::new(),
            virtual_hosts: Vec::new(),
            validate_clusters: true,
            ignore_port_in_host_matching: true,
        },
    }
}

/// Many apps read `x_user` as `x-user`, so that a client could get past what is removed or verified by name. Dropped,
/// unless a token travels so.
fn reads_underscores(lowering: &Lowering<'_, '_>) -> bool {
    let in_name = |l: &TokenLocation| matches!(l, TokenLocation::Header { name, .. } if name.contains('_'));
    lowering.access.program.issuers.iter().any(|issuer| in_name(&issuer.location))
}

/// The path is logged without its query, which may hold a token.
fn access_log() -> AccessLog {
    let json_format = IndexMap::from([
        ("status", "%RESPONSE_CODE%"),
        ("why", "%RESPONSE_CODE_DETAILS%"),
        ("route", "%ROUTE_NAME%"),
        ("host", "%REQ(:AUTHORITY)%"),
        ("method", "%REQ(:METHOD)%"),
        ("path", "%REQ_WITHOUT_QUERY(:PATH)%"),
        ("rbac", "%DYNAMIC_METADATA(envoy.filters.http.rbac)%"),
    ]);
    let formatter =
        Formatter { name: "envoy.formatter.req_without_query", typed_config: FormatterConfig::ReqWithoutQuery {} };
    AccessLog {
        name: "envoy.access_loggers.stdout",
        typed_config: AccessLogConfig::Stdout { log_format: LogFormat { json_format, formatters: vec![formatter] } },
    }
}

fn tls(certificate: &str, key: &str) -> DownstreamTransportSocket {
    let certificate = TlsCertificate {
        certificate_chain: DataSource::Filename(certificate.to_string()),
        private_key: DataSource::Filename(key.to_string()),
    };
    let common_tls_context = DownstreamCommonTlsContext {
        tls_params: TlsParameters { tls_minimum_protocol_version: "TLSv1_2" },
        tls_certificates: vec![certificate],
        alpn_protocols: vec!["h2", "http/1.1"],
    };
    DownstreamTransportSocket {
        name: "envoy.transport_sockets.tls",
        typed_config: DownstreamTransportSocketConfig::Tls(DownstreamTlsContext { common_tls_context }),
    }
}

fn no_certificate(gateway: &ir::Gateway, port: &ir::Listener, secret: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MISSING_FOR_ENVOY,
        format!(
            "gateway `{}` takes its certificate from the secret `{secret}`, which Envoy alone cannot fetch",
            gateway.name
        ),
        port.span,
        "no certificate and key for this",
    )
    .with_help(format!("name the files that hold it: `--tls {secret}=CERT:KEY`"))
}
