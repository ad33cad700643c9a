//! Where traffic enters.

use super::{Host, Labels};
use crate::source::{Span, Spanned};

/// A gateway of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayId(pub usize);

/// Where traffic enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its name.
    pub name: String,
    /// The declaration, without its lines.
    pub head: Span,
    /// The whole declaration.
    pub span: Span,
    /// The line `select`, if there is one.
    pub select: Option<Span>,
    /// The namespace behind `in`, if it was written.
    pub namespace_place: Option<Span>,
    /// The namespace of the object.
    pub namespace: String,
    /// The ports it listens on, by number.
    pub listeners: Vec<Listener>,
    /// `redirect http to https`, and where it was written.
    pub redirect_to_https: Option<Span>,
    /// The hosts that its apps may have; `None`: any.
    pub allowed: Option<Vec<Spanned<Host>>>,
    /// The pods that it configures.
    pub selector: Labels,
}

impl Gateway {
    /// The HTTPS listener with the lowest port: where `redirect http to https` leads.
    pub fn https(&self) -> Option<&Listener> {
        self.listeners.iter().find(|l| matches!(l.protocol, ListenerProtocol::Https { .. }))
    }
}

/// A port of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The port, 1 to 65535.
    pub port: u16,
    /// What is spoken on it.
    pub protocol: ListenerProtocol,
    /// The line.
    pub span: Span,
}

/// What is spoken on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerProtocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https {
        /// The secret that holds the certificate and its key.
        secret: Spanned<String>,
    },
}
