//! Envoy: one static v3 bootstrap for all gateways of a program.
//!
//! Everything about who may pass was decided in [`access`](crate::access); here it is written down in Envoy's terms. The
//! router matches a request once; the route that it finds says where the request goes, which tokens are looked at
//! (`jwt_authn`) and who may pass (RBAC, which refuses what no route lets through). So the three cannot disagree.

mod cluster;
mod listener;
mod model;
mod options;
mod paths;
mod principal;
mod route;
mod tokens;
mod tree;
mod verify;

pub use model::Bootstrap;
pub use options::{Endpoint, EnvoyOptions, Https, ListenPort, TlsFiles};

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::access::{Access, Node};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{AppId, is_segment_char};
use crate::ir::{Gateway, Listener, Segment};
use model::bootstrap::{
    Address, Admin, LayeredRuntime, OverloadAction, OverloadManager, ResourceMonitor, ResourceMonitorConfig,
    RuntimeLayer, StaticResources, Threshold, Trigger,
};
use model::cluster::Cluster;
use model::http::HttpFilterConfig;

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The program, or what the options say of its surroundings, is not enough for Envoy.
    Refused(Vec<Diagnostic>),
    /// A fault of meshc: what it made would be accepted by Envoy, and not do what it should.
    Broken(Vec<String>),
}

/// Lowers an access to the configuration of one Envoy that serves all its gateways.
///
/// # Errors
/// What Envoy lacks for this program; or, as a fault of meshc, what Envoy would take in silence and get wrong.
pub fn lower(access: &Access<'_>, options: &EnvoyOptions) -> Result<Bootstrap, Failure> {
    let mut lowering = Lowering { access, options, clusters: Vec::new(), diagnostics: Vec::new() };
    lowering.refuse_unmatchable();
    lowering.refuse_shared_ports();
    let tokens = HttpFilterConfig::JwtAuthn(Box::new(tokens::authentication(&mut lowering)));
    let mut listeners = Vec::new();
    for (id, gateway) in access.program.gateway_ids() {
        for port in &gateway.listeners {
            listeners.extend(listener::of_port(&mut lowering, id, port, &tokens));
        }
    }
    let apps = lowering.reached().into_iter();
    let mut clusters: Vec<Cluster> = apps.map(|app| cluster::of_app(&lowering, access.program.app(app))).collect();
    clusters.append(&mut lowering.clusters);
    if !lowering.diagnostics.is_empty() {
        return Err(Failure::Refused(lowering.diagnostics));
    }
    let bootstrap = Bootstrap {
        admin: options.admin.map(|port| Admin { address: Address::new("127.0.0.1", port) }),
        static_resources: StaticResources { listeners, clusters },
        overload_manager: overload_manager(),
        // Envoy's own limit of 100 is too small for paths with several `*`; Istio's is this one.
        layered_runtime: LayeredRuntime {
            layers: vec![RuntimeLayer {
                name: "static",
                static_layer: IndexMap::from([("re2.max_program_size.error_level", 32_768)]),
            }],
        },
    };
    let faults = verify::faults(&bootstrap);
    if faults.is_empty() { Ok(bootstrap) } else { Err(Failure::Broken(faults)) }
}

/// What the parts share while they are lowered.
struct Lowering<'a, 'p> {
    access: &'a Access<'p>,
    options: &'a EnvoyOptions,
    /// Where keys are fetched.
    clusters: Vec<Cluster>,
    diagnostics: Vec<Diagnostic>,
}

impl Lowering<'_, '_> {
    fn port(&self, gateway: &str, port: u16) -> ListenPort {
        let own = ListenPort { bound: port, public: port };
        self.options.ports.get(&(gateway.to_string(), port)).copied().unwrap_or(own)
    }

    /// The apps that a gateway can pass a request to: the others are called from inside the mesh alone.
    fn reached(&self) -> Vec<AppId> {
        let mut reached: Vec<AppId> = Vec::new();
        for node in self.access.virtual_hosts.iter().flat_map(|v| &v.table.nodes) {
            reached.push(node.app);
            for line in &node.lines {
                reached.extend(line.destinations());
            }
        }
        reached.sort_unstable();
        reached.dedup();
        reached
    }

    /// A path with a `*` has no other characters than those of a segment: any path of it would be odd.
    fn refuse_unmatchable(&mut self) {
        let odd = |n: &&Node| {
            n.pattern.has_star()
                && n.pattern
                    .segments
                    .iter()
                    .any(|s| matches!(s, Segment::Literal(t) if !t.chars().all(is_segment_char)))
        };
        for node in self.access.virtual_hosts.iter().flat_map(|v| v.table.nodes.iter().filter(odd)) {
            let Some(line) = node.lines.first() else { continue };
            let diagnostic = Diagnostic::new(
                codes::PATH_NOT_MATCHABLE,
                format!("`{}` cannot be matched: a path with a `*` must not hold a `=`", node.pattern),
                line.head,
                "a `*` and a `=` in one path",
            );
            self.diagnostics.push(diagnostic.with_help("write the segments without `*`, or use `/**` after the `=`"));
        }
    }

    /// One Envoy has each port once.
    fn refuse_shared_ports(&mut self) {
        let mut seen: BTreeMap<u16, (&Gateway, &Listener)> = BTreeMap::new();
        let program = self.access.program;
        for (gateway, listener) in program.gateways.iter().flat_map(|g| g.listeners.iter().map(move |l| (g, l))) {
            let bound = self.port(&gateway.name, listener.port).bound;
            let Some((other, first)) = seen.insert(bound, (gateway, listener)) else { continue };
            self.diagnostics.push(
                Diagnostic::new(
                    codes::MISSING_FOR_ENVOY,
                    format!(
                        "gateways `{}` and `{}` would both listen on port {bound} of one Envoy",
                        other.name, gateway.name
                    ),
                    listener.span,
                    format!("port {bound} again"),
                )
                .with_secondary(first.span, "taken here")
                .with_help(format!("bind one of them elsewhere: `--listen {}:{}=PORT`", gateway.name, listener.port)),
            );
        }
    }
}

/// Memory and connections have an end; Envoy knows none by itself.
fn overload_manager() -> OverloadManager {
    const HEAP: &str = "envoy.resource_monitors.fixed_heap";
    let action =
        |name, value| OverloadAction { name, triggers: vec![Trigger { name: HEAP, threshold: Threshold { value } }] };
    OverloadManager {
        refresh_interval: "0.25s",
        resource_monitors: vec![
            ResourceMonitor {
                name: HEAP,
                typed_config: ResourceMonitorConfig::FixedHeap { max_heap_size_bytes: 1 << 30 },
            },
            ResourceMonitor {
                name: "envoy.resource_monitors.global_downstream_max_connections",
                typed_config: ResourceMonitorConfig::DownstreamConnections {
                    max_active_downstream_connections: 50_000,
                },
            },
        ],
        actions: vec![
            action("envoy.overload_actions.shrink_heap", 0.9),
            action("envoy.overload_actions.stop_accepting_requests", 0.95),
        ],
    }
}
