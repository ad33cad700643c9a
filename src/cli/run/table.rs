//! What runs, in a table: hosts, routes, and who may pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::access::{Access, Action, Forward, Guard, Line, Node, VirtualHost, describe};
use crate::diagnostic::render::printable;
use crate::ir::{Gateway, Listener, ListenerProtocol, RedirectTarget};
use crate::target::envoy::{Endpoint, EnvoyOptions};

/// The table. `given` is where apps are; the others are echoes.
pub(super) fn write(access: &Access<'_>, options: &EnvoyOptions, given: &BTreeMap<String, Endpoint>) -> String {
    let mut text = String::new();
    for (id, gateway) in access.program.gateway_ids() {
        for listener in &gateway.listeners {
            let Some(port) = options.ports.get(&(gateway.name.clone(), listener.port)) else { continue };
            let (name, own) = (&gateway.name, listener.port);
            // A `String` takes everything that is written to it; so below.
            let _ = writeln!(text, "http://127.0.0.1:{} is gateway {name}, port {own}", port.bound);
            if to_https(gateway, listener) {
                text.push_str("  everything is redirected to https\n");
                continue;
            }
            for host in access.virtual_hosts.iter().filter(|host| host.gateway == id) {
                text.push_str(&of_host(access, host));
            }
        }
    }
    text.push('\n');
    for app in &access.program.apps {
        let place = match given.get(&app.qualified_name()) {
            Some(endpoint) => format!("at {}:{}", endpoint.host, endpoint.port),
            None => "a built-in echo".to_string(),
        };
        let _ = writeln!(text, "app {} is {place}", app.qualified_name());
    }
    text.lines().map(|line| printable(line) + "\n").collect()
}

/// Whether a port sends everything to https.
pub(super) fn to_https(gateway: &Gateway, listener: &Listener) -> bool {
    gateway.redirect_to_https.is_some() && gateway.https().is_some() && listener.protocol == ListenerProtocol::Http
}

fn of_host(access: &Access<'_>, host: &VirtualHost) -> String {
    let names: Vec<String> = host.hosts.iter().map(ToString::to_string).collect();
    let mut text = format!("  {}\n", names.join(", "));
    let lines = host.table.nodes.iter().flat_map(|node| node.lines.iter().map(move |line| (node, line)));
    let rows: Vec<[String; 4]> = lines.map(|(node, line)| row(access, node, line)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (methods, paths, apps) = (width(0), width(1), width(2));
    for [method, path, app, who] in &rows {
        let _ = writeln!(text, "    {method:methods$}  {path:paths$}  {app:apps$}  {who}");
    }
    text
}

fn row(access: &Access<'_>, node: &Node, line: &Line) -> [String; 4] {
    let who = match (&line.action, line.guard) {
        (Action::Redirect(redirect), _) => match &redirect.target {
            RedirectTarget::Path(path) => format!("redirected to {path}"),
            RedirectTarget::Url { scheme, authority, path } => format!("redirected to {scheme}://{authority}{path}"),
        },
        (Action::Refuse, _) => "nobody".to_string(),
        // The table names the route's own app and says who may pass; how a request is passed on is not in it.
        (Action::Forward(Forward { destinations: _, timeout_ms: _, retries: _, rewrite: _ }), guard) => match guard {
            Guard::Refused => "nobody".to_string(),
            Guard::Public => "everybody".to_string(),
            Guard::Require(id) => describe::requirement(access, id).join(" or "),
        },
    };
    [line.methods.to_string(), node.pattern.to_string(), describe::app_name(access, node.app), who]
}
