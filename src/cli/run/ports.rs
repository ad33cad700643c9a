//! The ports of loopback on which gateways listen: the same as long as the command runs.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use crate::access::Access;
use crate::cli::failure::Failure;
use crate::target::envoy::ListenPort;

/// Where the search begins.
const FIRST: u16 = 8080;

/// The ports that are in use, and where the next are looked for.
pub(super) struct Ports {
    bound: BTreeMap<(String, u16), u16>,
    next: u16,
    /// The first must be this one.
    asked: Option<u16>,
}

impl Ports {
    pub fn new(asked: Option<u16>) -> Self {
        Ports { bound: BTreeMap::new(), next: asked.unwrap_or(FIRST), asked }
    }

    /// A port for each port of each gateway.
    ///
    /// # Errors
    /// The port that was asked for is taken, or none is free.
    pub fn of(&mut self, access: &Access<'_>) -> Result<BTreeMap<(String, u16), ListenPort>, Failure> {
        let mut ports = BTreeMap::new();
        for gateway in &access.program.gateways {
            for listener in &gateway.listeners {
                let key = (gateway.name.clone(), listener.port);
                let bound = match self.bound.get(&key) {
                    Some(&bound) => bound,
                    None => self.take()?,
                };
                self.bound.insert(key.clone(), bound);
                ports.insert(key, ListenPort { bound, public: bound });
            }
        }
        Ok(ports)
    }

    fn take(&mut self) -> Result<u16, Failure> {
        let asked = self.asked.take();
        while let Some(after) = self.next.checked_add(1) {
            let port = std::mem::replace(&mut self.next, after);
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(port);
            }
            if asked.is_some() {
                return Err(Failure::new(format!("port {port} is taken")));
            }
        }
        Err(Failure::new("no port is free"))
    }
}
