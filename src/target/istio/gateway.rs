//! A gateway's Gateway: its ports, and the hosts of the apps behind it.

use std::collections::BTreeSet;

use super::model::{Gateway, Port, Server, ServerTls};
use super::{GATEWAY, Lowering};
use crate::ir::{self, GatewayId, Host, ListenerProtocol};

pub(super) fn lower(lowering: &mut Lowering<'_, '_>, id: GatewayId) {
    let access = lowering.access;
    let gateway = access.program.gateway(id);
    let here: BTreeSet<&Host> =
        access.virtual_hosts.iter().filter(|v| v.gateway == id).flat_map(|v| &v.hosts).collect();
    if here.is_empty() {
        return;
    }
    // Only the widest: a wildcard's VirtualService is also put on every narrower host that the server names (V7b).
    let widest = here.iter().filter(|h| !h.wildcards_above().iter().any(|above| here.contains(above)));
    let hosts: BTreeSet<String> = widest.map(ToString::to_string).collect();
    let hosts: Vec<String> = hosts.into_iter().collect();
    let servers: Vec<Server> = gateway.listeners.iter().map(|l| server(gateway, l, &hosts)).collect();
    let size = hosts.iter().map(|h| h.len() + 3).sum::<usize>() * servers.len() + 4096;
    let spec = Gateway { selector: gateway.selector.clone(), servers };
    lowering.push(GATEWAY, &gateway.namespace, gateway.name.clone(), spec, size, vec![gateway.span]);
}

fn server(gateway: &ir::Gateway, listener: &ir::Listener, hosts: &[String]) -> Server {
    let (name, protocol, tls) = match &listener.protocol {
        ListenerProtocol::Http => {
            let redirect = ServerTls { mode: None, credential_name: None, https_redirect: Some(true) };
            ("http", "HTTP", gateway.redirect_to_https.map(|_| redirect))
        }
        ListenerProtocol::Https { secret } => {
            let tls =
                ServerTls { mode: Some("SIMPLE"), credential_name: Some(secret.value.clone()), https_redirect: None };
            ("https", "HTTPS", Some(tls))
        }
    };
    let name = match listener.port {
        80 | 443 => name.to_string(),
        port => format!("{name}-{port}"),
    };
    let port = Port { number: listener.port, name: unique(name, gateway, listener), protocol };
    Server { port, tls, hosts: hosts.to_vec() }
}

/// Plain HTTP on 443 beside HTTPS on 80 would else have the other's usual name, which is legal but misleading; names
/// only have to be unique in the Gateway (G8), and a port number stands in it once.
fn unique(name: String, gateway: &ir::Gateway, listener: &ir::Listener) -> String {
    let usual = |l: &ir::Listener| match l.protocol {
        ListenerProtocol::Http => "http",
        ListenerProtocol::Https { .. } => "https",
    };
    let taken = gateway.listeners.iter().any(|l| {
        l.port != listener.port && matches!(l.port, 80 | 443) && matches!(listener.port, 80 | 443) && usual(l) == name
    });
    if taken { format!("{name}-{}", listener.port) } else { name }
}
