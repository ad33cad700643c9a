//! The judge: a real Envoy with the program's configuration, an echo in place of each app, and requests with real tokens.
//!
//! It answers whether Envoy does what [`decide`] says. It stands above the targets and, beside the
//! command line, is the only part that starts processes, opens sockets and reads the clock. Everything is on loopback,
//! every wait has an end, and the one process that it ends is the Envoy that it started.

mod client;
mod dev_key;
mod echo;
mod find;
mod gateway;
mod keyring;
mod process;
mod stop;
mod verdict;

pub use client::{Answer, Version};
pub use dev_key::DevIssuer;
pub use find::{ENVOY_VERSION, find_envoy};
pub use gateway::{Gateway, StandIns};
pub use keyring::Keyring;
pub use stop::stop_signal;
pub use verdict::{Difference, Expected, expected};

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use crate::access::{Access, Credential, Decision, Presented, Request, Via, decide};
use crate::diagnostic::Diagnostic;
use crate::ir::{GatewayId, TokenLocation};
use crate::target::envoy::{self, Endpoint, EnvoyOptions, Failure, Https, ListenPort};
use client::{Client, Wire};
use echo::Echoes;
use process::Envoy;

/// Why there is no judgement, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    text: String,
    refused: Vec<Diagnostic>,
}

impl Fault {
    fn new(text: impl Into<String>) -> Self {
        Fault { text: text.into(), refused: Vec::new() }
    }

    /// What Envoy lacks for the program, if that is why.
    pub fn refused(&self) -> &[Diagnostic] {
        &self.refused
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

/// What a judge needs.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The program of Envoy: see [`find_envoy`].
    pub envoy: PathBuf,
    /// The keys with which tokens are signed.
    pub keyring: &'a Keyring,
    /// Up to this many routes of a host are a list: see [`EnvoyOptions::longest_list`].
    pub longest_list: usize,
}

/// A running Envoy with echoes behind it. Both end with it.
pub struct Judge<'a> {
    access: &'a Access<'a>,
    keyring: &'a Keyring,
    ports: BTreeMap<(GatewayId, u16), u16>,
    client: Client,
    // Ended before the echoes that it talks to.
    envoy: Envoy,
    _echoes: Echoes,
}

/// What Envoy finds on loopback when it starts: an echo for each app, and a free port for each port of a gateway.
pub struct Surroundings<'a> {
    access: &'a Access<'a>,
    keyring: &'a Keyring,
    envoy: PathBuf,
    longest_list: usize,
    echoes: Echoes,
    ports: BTreeMap<(GatewayId, u16), u16>,
}

impl<'a> Surroundings<'a> {
    /// Starts the echoes and chooses the ports.
    ///
    /// # Errors
    /// There is no free port.
    pub fn of(access: &'a Access<'a>, setup: &Setup<'a>) -> Result<Self, Fault> {
        Ok(Surroundings {
            access,
            keyring: setup.keyring,
            envoy: setup.envoy.clone(),
            longest_list: setup.longest_list,
            echoes: Echoes::start(access.program)?,
            ports: free_ports(access)?,
        })
    }

    /// The configuration (JSON) of the program for these surroundings.
    ///
    /// # Errors
    /// The program cannot be said in Envoy's terms.
    pub fn configuration(&self) -> Result<String, Fault> {
        configuration(self)
    }

    /// Starts Envoy with a configuration and waits until it listens.
    ///
    /// # Errors
    /// Envoy does not start: with its own words.
    pub fn start(self, configuration: &str) -> Result<Judge<'a>, Fault> {
        let Surroundings { access, keyring, envoy, longest_list: _, echoes, ports } = self;
        let bound: Vec<u16> = ports.values().copied().collect();
        let envoy = Envoy::start(&envoy, configuration, &bound)?;
        Ok(Judge { access, keyring, ports, client: Client::new()?, envoy, _echoes: echoes })
    }
}

/// How often ports are chosen anew where another process was faster.
const TRIES: usize = 3;

impl<'a> Judge<'a> {
    /// Starts echoes and Envoy, and waits until it listens.
    ///
    /// # Errors
    /// The program cannot be said in Envoy's terms, or Envoy does not start: with its own words.
    pub fn start(access: &'a Access<'a>, setup: &Setup<'a>) -> Result<Self, Fault> {
        let mut last = Fault::new("Envoy was not started");
        for _ in 0..TRIES {
            let surroundings = Surroundings::of(access, setup)?;
            let configuration = surroundings.configuration()?;
            match surroundings.start(&configuration) {
                Ok(judge) => return Ok(judge),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// Sends a request and gives back what came. `variant` picks among the forms that the same request can have.
    ///
    /// # Errors
    /// The request cannot be sent, or no answer comes in time.
    pub fn ask(&mut self, request: &Request, version: Version, variant: usize) -> Result<Answer, Fault> {
        self.ask_with(request, version, variant, &[])
    }

    /// The same, with further headers, of which `decide` knows nothing.
    ///
    /// # Errors
    /// As [`Judge::ask`].
    pub fn ask_with(
        &mut self,
        request: &Request,
        version: Version,
        variant: usize,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Fault> {
        let Via::Gateway(gateway, port) = request.via else {
            return Err(Fault::new("a request from inside the mesh does not meet the gateway"));
        };
        let Some(&bound) = self.ports.get(&(gateway, port)) else {
            return Err(Fault::new(format!("the gateway does not listen on port {port}")));
        };
        let mut wire = self.wire(request, variant);
        wire.headers.extend(headers.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())));
        let answer = self.client.send(bound, &wire, version);
        answer.map_err(|fault| match self.envoy.has_ended() {
            Some(words) => Fault::new(format!("Envoy ended while it was asked: {words}")),
            None => fault,
        })
    }

    /// Sends a request and compares the answer with the decision; `None` if they agree.
    ///
    /// # Errors
    /// As [`Judge::ask`].
    pub fn judge(&mut self, request: &Request, version: Version, variant: usize) -> Result<Option<Difference>, Fault> {
        let decision = decide(self.access, request);
        let (answer, reasons) = self.compare(request, &decision, version, variant)?;
        let expected = expected(self.access, request, &decision);
        let difference = Difference { request: request.clone(), version, expected, answer, reasons };
        Ok((!difference.reasons.is_empty()).then_some(difference))
    }

    /// Sends a request; what came, and in what it differs from this decision.
    ///
    /// # Errors
    /// As [`Judge::ask`].
    pub fn compare(
        &mut self,
        request: &Request,
        decision: &Decision,
        version: Version,
        variant: usize,
    ) -> Result<(Answer, Vec<String>), Fault> {
        let answer = self.ask(request, version, variant)?;
        let reasons = verdict::compare(&expected(self.access, request, decision), request, &answer);
        Ok((answer, reasons))
    }

    fn wire(&self, request: &Request, variant: usize) -> Wire {
        let mut wire = Wire {
            method: request.method.clone(),
            authority: request.authority.clone(),
            target: request.target.clone(),
            headers: Vec::new(),
        };
        if let Some(origin) = &request.preflight_origin {
            wire.headers.push(("origin".to_string(), origin.clone()));
            wire.headers.push(("access-control-request-method".to_string(), "GET".to_string()));
        }
        if let Some(Presented { at, credential }) = &request.presented {
            let token = match credential {
                Credential::Garbage => ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."][variant % 3].to_string(),
                Credential::Stranger => self.keyring.of_a_stranger(),
                Credential::Token(token) => self.keyring.mint(self.access.program, token),
            };
            put_token(&mut wire, at, &token);
        }
        wire
    }
}

fn put_token(wire: &mut Wire, at: &TokenLocation, token: &str) {
    let mut parameter = |name: &str| {
        let sign = if wire.target.contains('?') { '&' } else { '?' };
        wire.target = format!("{}{sign}{name}={token}", wire.target);
    };
    match at {
        TokenLocation::Query(name) => parameter(name),
        TokenLocation::Default => wire.headers.push(("authorization".to_string(), format!("Bearer {token}"))),
        TokenLocation::Header { name, prefix } => {
            let prefix = prefix.as_deref().unwrap_or_default();
            wire.headers.push((name.to_ascii_lowercase(), format!("{prefix}{token}")));
        }
        TokenLocation::Cookie(name) => wire.headers.push(("cookie".to_string(), format!("other=1; {name}={token}"))),
    }
}

/// Ports of loopback on which nobody listens, one for each port of each gateway.
fn free_ports(access: &Access<'_>) -> Result<BTreeMap<(GatewayId, u16), u16>, Fault> {
    let mut held = Vec::new();
    let mut ports = BTreeMap::new();
    for (id, gateway) in access.program.gateway_ids() {
        for listener in &gateway.listeners {
            let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(no_port)?;
            ports.insert((id, listener.port), socket.local_addr().map_err(no_port)?.port());
            held.push(socket);
        }
    }
    Ok(ports)
}

#[allow(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn no_port(error: std::io::Error) -> Fault {
    Fault::new(format!("no free port on loopback: {error}"))
}

/// The configuration for loopback: echoes for apps, keys of this run for issuers, no TLS.
fn configuration(surroundings: &Surroundings<'_>) -> Result<String, Fault> {
    let Surroundings { access, keyring, envoy: _, longest_list, echoes, ports } = surroundings;
    let program = access.program;
    let listen = |(&(id, port), &bound): (&(GatewayId, u16), &u16)| {
        ((program.gateway(id).name.clone(), port), ListenPort { bound, public: port })
    };
    let endpoint = |(id, app): (crate::ir::AppId, &crate::ir::App)| {
        let endpoint = Endpoint { host: Ipv4Addr::LOCALHOST.to_string(), port: echoes.port(id) };
        (app.qualified_name(), endpoint)
    };
    let options = EnvoyOptions {
        address: Ipv4Addr::LOCALHOST.to_string(),
        ports: ports.iter().map(listen).collect(),
        endpoints: program.app_ids().map(endpoint).collect(),
        keys: keyring.key_sets(program),
        https: Https::Plain,
        longest_list: *longest_list,
        ..EnvoyOptions::default()
    };
    let bootstrap = envoy::lower(access, &options).map_err(|failure| match failure {
        Failure::Refused(diagnostics) => {
            let texts: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
            Fault { text: texts.join("; "), refused: diagnostics }
        }
        Failure::Broken(faults) => Fault::new(format!("a fault of meshc: {}", faults.join("; "))),
    })?;
    bootstrap.to_json().map_err(|error| Fault::new(format!("the configuration cannot be written: {error}")))
}
