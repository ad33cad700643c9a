//! What the program does not say, and a static configuration has to.

use std::collections::BTreeMap;

/// Where things are on the machine and in the net that the configuration is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvoyOptions {
    /// The address on which all listeners are bound.
    pub address: String,
    /// Per gateway's name and port of the program, the port that is listened on; otherwise it is the same.
    pub ports: BTreeMap<(String, u16), ListenPort>,
    /// Per `namespace/name` of an app, where it is; otherwise the DNS name of its service in the cluster.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Per issuer's name, the key set (JSON) that is taken instead of the issuer's own: for tests and development.
    pub keys: BTreeMap<String, String>,
    /// What `https` listeners do.
    pub https: Https,
    /// The file with the authorities that are believed when keys are fetched.
    pub trusted_ca: String,
    /// The port of the admin interface on loopback; none if it is left out.
    pub admin: Option<u16>,
    /// Whether each request is logged to standard output, with the route that decided and why.
    pub access_log: bool,
    /// Up to this many routes of a host are a list; more are a tree, so that the last costs no more than the first.
    pub longest_list: usize,
}

impl Default for EnvoyOptions {
    fn default() -> Self {
        EnvoyOptions {
            address: "0.0.0.0".to_string(),
            ports: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            keys: BTreeMap::new(),
            https: Https::Files(BTreeMap::new()),
            trusted_ca: "/etc/ssl/certs/ca-certificates.crt".to_string(),
            admin: None,
            access_log: false,
            longest_list: 200,
        }
    }
}

/// The two numbers of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenPort {
    /// The one that Envoy binds.
    pub bound: u16,
    /// The one that clients use: redirects name it.
    pub public: u16,
}

/// Where an app is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// An IP address or a DNS name.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What `https` listeners do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Https {
    /// TLS, with these files per name of a secret.
    Files(BTreeMap<String, TlsFiles>),
    /// No TLS: for tests and development on loopback.
    Plain,
}

/// The files of a certificate, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that lead up to the authority.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}
