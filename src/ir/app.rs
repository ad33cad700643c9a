//! A workload with its service, its hosts and its routes.

use super::{GatewayId, Host, IssuerId, Labels, MethodSet, Route};
use crate::source::{Span, Spanned};

/// An app of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(pub usize);

/// A workload with its service.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The declaration, without its lines.
    pub head: Span,
    /// The whole declaration.
    pub span: Span,
    /// The places of what it says of its cluster.
    pub places: AppPlaces,
    /// The namespace of its pods and its service.
    pub namespace: String,
    /// The port of its *Service* (V62).
    pub port: u16,
    /// The name of its service.
    pub service: String,
    /// The labels of its pods.
    pub selector: Labels,
    /// What the service speaks.
    pub protocol: Protocol,
    /// The hosts on which its routes hold.
    pub hosts: Vec<Spanned<Host>>,
    /// The gateways through which it is reached; empty: from inside the mesh only.
    pub gateways: Vec<GatewayId>,
    /// The issuers whom it trusts, if it says so.
    pub issuers: Option<Vec<Spanned<IssuerId>>>,
    /// How browsers of other origins may call it.
    pub cors: Option<Cors>,
    /// Its routes, those of its `host` blocks and of the bundles that it uses among them.
    pub routes: Vec<Route>,
}

impl App {
    /// `namespace/name`
    pub fn qualified_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Where an app says what must be there in its cluster; `None`: it is left out, and a default holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppPlaces {
    /// The namespace behind `in`.
    pub namespace: Option<Span>,
    /// The number behind `port`.
    pub port: Option<Span>,
    /// The name behind `service`.
    pub service: Option<Span>,
    /// The line `select`.
    pub select: Option<Span>,
}

/// What a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1
    Http,
    /// HTTP/2 without TLS: gRPC.
    Http2,
}

/// Which browsers' calls from other origins are answered at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// The block.
    pub span: Span,
    /// The origins, as a browser writes them.
    pub origins: Vec<String>,
    /// The methods that may be used.
    pub methods: MethodSet,
    /// The headers that may be sent.
    pub headers: Vec<String>,
    /// The headers that the page may read.
    pub expose: Vec<String>,
    /// Whether cookies and `Authorization` may be sent.
    pub credentials: bool,
    /// How long the answer may be kept, in seconds.
    pub max_age: Option<u64>,
}
