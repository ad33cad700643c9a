//! The ways by which a request that people write down gets in, and what becomes of it on each.

use super::decide::virtual_host;
use super::{Access, Decision, Presented, Request, Step, Via, decide, owner};
use crate::ir::{Address, Gateway, Listener, ListenerProtocol, Scheme, TokenLocation};

/// A request on its way, and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The request; `None` if there is no way in for it.
    pub request: Option<Request>,
    /// What becomes of it.
    pub decision: Decision,
}

/// The ports of gateways by which an address is reached: those of every gateway that has the host.
///
/// A scheme chooses the ports that speak it; where no port of a gateway speaks https, TLS is taken to end before it, and
/// its ports for http are meant. A port chooses itself where the gateway listens on it; elsewhere it says
/// nothing, since it says nothing to the gateway either. Without both, ports that send everything to https are left out.
pub fn ways_in(access: &Access<'_>, address: &Address) -> Vec<Via> {
    let mut ways = Vec::new();
    for (id, gateway) in access.program.gateway_ids() {
        if virtual_host(access, id, &address.authority()).is_none() {
            continue;
        }
        let scheme = address.scheme.filter(|&scheme| scheme == Scheme::Http || gateway.https().is_some());
        let speaks = |l: &&Listener| scheme.is_none_or(|scheme| scheme == scheme_of(l));
        let spoken: Vec<&Listener> = gateway.listeners.iter().filter(speaks).collect();
        let named = spoken.iter().find(|l| Some(l.port) == address.port);
        let chosen: Vec<&Listener> = match (named, scheme) {
            (Some(named), _) => vec![named],
            (None, Some(_)) => spoken,
            (None, None) => spoken.into_iter().filter(|l| !only_redirects(gateway, l)).collect(),
        };
        ways.extend(chosen.into_iter().map(|l| Via::Gateway(id, l.port)));
    }
    ways
}

/// The ports of the gateways that do not have the host of an address: where it must be unknown.
pub fn ways_without(access: &Access<'_>, address: &Address) -> Vec<Via> {
    let gateways = access.program.gateway_ids();
    let without = gateways.filter(|&(id, _)| virtual_host(access, id, &address.authority()).is_none());
    without.flat_map(|(id, gateway)| gateway.listeners.iter().map(move |l| Via::Gateway(id, l.port))).collect()
}

fn scheme_of(listener: &Listener) -> Scheme {
    match listener.protocol {
        ListenerProtocol::Http => Scheme::Http,
        ListenerProtocol::Https { .. } => Scheme::Https,
    }
}

fn is_plain(access: &Access<'_>, via: Via) -> bool {
    let Via::Gateway(gateway, port) = via else { return false };
    let listeners = &access.program.gateway(gateway).listeners;
    listeners.iter().any(|l| l.port == port && scheme_of(l) == Scheme::Http)
}

fn only_redirects(gateway: &Gateway, listener: &Listener) -> bool {
    gateway.redirect_to_https.is_some() && gateway.https().is_some() && scheme_of(listener) == Scheme::Http
}

/// Sends a request by every way; at least one delivery. `present` says what it presents, once it is known where it goes.
pub fn deliver(
    access: &Access<'_>,
    ways: &[Via],
    method: &str,
    address: &Address,
    present: impl Fn(&Request) -> Option<Presented>,
) -> Vec<Delivery> {
    if ways.is_empty() {
        let mut decision = Decision::not_found();
        let spoken = if address.scheme == Some(Scheme::Http) { " on a port for http" } else { "" };
        decision.note(None, format!("no gateway has the host `{}`{spoken}", address.host));
        return vec![Delivery { request: None, decision }];
    }
    let send = |&via: &Via| {
        let mut request = Request {
            via,
            authority: address.authority(),
            method: method.to_string(),
            target: address.target.clone(),
            preflight_origin: None,
            presented: None,
        };
        request.presented = present(&request);
        let mut decision = decide(access, &request);
        if address.scheme == Some(Scheme::Https) && is_plain(access, via) {
            let text = "the gateway has no port for https: TLS is taken to end before it";
            let after_entry = decision.trail.len().min(1);
            decision.trail.insert(after_entry, Step { span: None, text: text.to_string() });
        }
        Delivery { request: Some(request), decision }
    };
    ways.iter().map(send).collect()
}

/// Where something that is no token of the program's issuers is looked at: where the tokens of the first issuer travel
/// that the app behind the request verifies.
pub fn usual_location(access: &Access<'_>, request: &Request) -> TokenLocation {
    let app = owner(access, request).map(|app| access.workload(app));
    let first = app.and_then(|app| app.verifies.first());
    first.map_or(TokenLocation::Default, |&issuer| access.program.issuer(issuer).location.clone())
}
