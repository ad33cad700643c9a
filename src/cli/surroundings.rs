//! What Envoy has to be told of its surroundings, as options say it.

use std::str::FromStr;

use super::arguments::ForEnvoy;
use super::failure::Failure;
use super::why;
use crate::access::Access;
use crate::diagnostic::suggest;
use crate::ir::ListenerProtocol;
use crate::target::envoy::{Endpoint, EnvoyOptions, Https, ListenPort, TlsFiles};

/// `shop=10.0.0.7:8080`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndpointOf {
    app: String,
    endpoint: Endpoint,
}

/// `edge-cert=tls.crt:tls.key`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsOf {
    secret: String,
    files: TlsFiles,
}

/// `edge:443=8443`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListenOf {
    gateway: String,
    port: u16,
    bound: u16,
}

impl FromStr for EndpointOf {
    type Err = String;

    /// Reads `app=host:port`; an IPv6 address stands in brackets.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (app, place) = text.split_once('=')?;
            let (host, port) = place.rsplit_once(':')?;
            let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
            let fine = match inner {
                Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
                None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
            };
            let endpoint = Endpoint { host: inner.unwrap_or(host).to_string(), port: port_of(port)? };
            (fine && !app.is_empty()).then(|| EndpointOf { app: app.to_string(), endpoint })
        };
        parts().ok_or_else(|| "write the app, its host and its port, as in `shop=127.0.0.1:3000`".to_string())
    }
}

impl FromStr for TlsOf {
    type Err = String;

    /// Reads `secret=certificate:key`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (secret, files) = text.split_once('=')?;
            let (certificate, key) = files.split_once(':')?;
            let fine = ![secret, certificate, key].contains(&"") && !key.contains(':');
            let files = TlsFiles { certificate: certificate.to_string(), key: key.to_string() };
            fine.then(|| TlsOf { secret: secret.to_string(), files })
        };
        parts().ok_or_else(|| "write the secret and the two files, as in `edge-cert=tls.crt:tls.key`".to_string())
    }
}

impl FromStr for ListenOf {
    type Err = String;

    /// Reads `gateway:port=port`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (listener, bound) = text.split_once('=')?;
            let (gateway, port) = listener.rsplit_once(':')?;
            let (port, bound) = (port_of(port)?, port_of(bound)?);
            (!gateway.is_empty()).then(|| ListenOf { gateway: gateway.to_string(), port, bound })
        };
        parts().ok_or_else(|| "write the gateway, its port and the port to bind, as in `edge:443=8443`".to_string())
    }
}

fn port_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|&port| port != 0)
}

impl ForEnvoy {
    /// The first option that was given, by its name.
    pub fn first_given(&self) -> Option<&'static str> {
        let given = [
            (!self.endpoint.is_empty(), "--endpoint"),
            (!self.tls.is_empty(), "--tls"),
            (!self.listen.is_empty(), "--listen"),
            (self.trusted_ca.is_some(), "--trusted-ca"),
            (self.admin.is_some(), "--admin"),
            (self.access_log, "--access-log"),
        ];
        given.into_iter().find(|(given, _)| *given).map(|(_, name)| name)
    }

    /// What they say of a program.
    ///
    /// # Errors
    /// They name an app, a secret or a port that the program does not have, or the same twice.
    pub fn options(&self, access: &Access<'_>) -> Result<EnvoyOptions, Failure> {
        let mut options = EnvoyOptions { admin: self.admin, access_log: self.access_log, ..EnvoyOptions::default() };
        if let Some(file) = &self.trusted_ca {
            options.trusted_ca.clone_from(file);
        }
        endpoints(&self.endpoint, access, &mut options)?;
        let mut files = std::collections::BTreeMap::new();
        for TlsOf { secret, files: two } in &self.tls {
            known_secret(access, secret)?;
            if files.insert(secret.clone(), two.clone()).is_some() {
                return Err(twice("--tls", secret));
            }
        }
        options.https = Https::Files(files);
        for ListenOf { gateway, port, bound } in &self.listen {
            known_port(access, gateway, *port)?;
            let ports = ListenPort { bound: *bound, public: *port };
            if options.ports.insert((gateway.clone(), *port), ports).is_some() {
                return Err(twice("--listen", &format!("{gateway}:{port}")));
            }
        }
        Ok(options)
    }
}

/// Puts where apps are into the options.
///
/// # Errors
/// There is no such app, or it is named twice.
pub(super) fn endpoints(given: &[EndpointOf], access: &Access<'_>, options: &mut EnvoyOptions) -> Result<(), Failure> {
    for EndpointOf { app, endpoint } in given {
        let name = access.program.app(why::app(access, app)?).qualified_name();
        if options.endpoints.insert(name, endpoint.clone()).is_some() {
            return Err(twice("--endpoint", app));
        }
    }
    Ok(())
}

fn twice(option: &str, what: &str) -> Failure {
    Failure::new(format!("`{option}` says two things of `{what}`"))
}

fn known_secret(access: &Access<'_>, name: &str) -> Result<(), Failure> {
    let listeners = access.program.gateways.iter().flat_map(|g| &g.listeners);
    let secrets: Vec<&str> = listeners
        .filter_map(|l| match &l.protocol {
            ListenerProtocol::Https { secret } => Some(secret.value.as_str()),
            ListenerProtocol::Http => None,
        })
        .collect();
    if secrets.contains(&name) {
        return Ok(());
    }
    let near = suggest::nearest(name, secrets);
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
    Err(Failure::new(format!("no gateway takes its certificate from a secret `{name}`{hint}")))
}

fn known_port(access: &Access<'_>, name: &str, port: u16) -> Result<(), Failure> {
    let gateways = &access.program.gateways;
    let Some(gateway) = gateways.iter().find(|g| g.name == name) else {
        let near = suggest::nearest(name, gateways.iter().map(|g| g.name.as_str()));
        let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
        return Err(Failure::new(format!("there is no gateway `{name}`{hint}")));
    };
    if gateway.listeners.iter().any(|l| l.port == port) {
        return Ok(());
    }
    Err(Failure::new(format!("gateway `{name}` does not listen on port {port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_an_app_a_host_and_a_port() {
        let read = |text: &str| text.parse::<EndpointOf>().map(|e| (e.app, e.endpoint.host, e.endpoint.port)).ok();
        let some = |app: &str, host: &str, port| Some((app.to_string(), host.to_string(), port));
        assert_eq!(read("a=127.0.0.1:3000"), some("a", "127.0.0.1", 3000));
        assert_eq!(read("n/a=shop.example.com:80"), some("n/a", "shop.example.com", 80));
        assert_eq!(read("a=[::1]:3000"), some("a", "::1", 3000));
        for wrong in ["", "a", "a=b", "=b:1", "a=:1", "a=b:0", "a=b:65536", "a=::1:80", "a=[x]:80", "a=http://b:80"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn certificates_are_two_files() {
        assert!("s=a.crt:b.key".parse::<TlsOf>().is_ok());
        for wrong in ["", "s", "s=a", "s=a:", "s=:b", "=a:b", "s=a:b:c"] {
            assert!(wrong.parse::<TlsOf>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn listeners_are_a_gateway_and_two_ports() {
        assert!("edge:443=8443".parse::<ListenOf>().is_ok());
        for wrong in ["", "edge", "edge:443", "edge=8443", ":443=8443", "edge:443=0", "edge:x=1"] {
            assert!(wrong.parse::<ListenOf>().is_err(), "{wrong}");
        }
    }
}
