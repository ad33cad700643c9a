//! Requests and what becomes of them, in the words of `docs/language.md`.
//!
//! This lies below `access` and `spec`, which decide the same question in two ways and share these types alone.

mod normalize;

pub use normalize::normalize;

use serde_json::Value;

use crate::ir::{AppId, GatewayId, IssuerId, Redirect, TokenLocation};

/// A request as a client sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Where it enters.
    pub via: Via,
    /// `Host` or `:authority`, with the port if the client sends one.
    pub authority: String,
    /// The method, in upper case.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The `Origin` of a CORS preflight, if it is one (it then has an `Access-Control-Request-Method` too).
    pub preflight_origin: Option<String>,
    /// The token that it carries.
    pub presented: Option<Presented>,
}

/// Where a request enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Through a gateway, at one of its ports.
    Gateway(GatewayId, u16),
    /// From inside the mesh, straight to an app.
    Inside(AppId),
}

/// A token and where it travels.
#[derive(Debug, Clone, PartialEq)]
pub struct Presented {
    /// The place. `Default` is the header here; [`TokenLocation::Query`] is the other of the two.
    pub at: TokenLocation,
    /// What is there.
    pub credential: Credential,
}

impl Presented {
    /// The token, if it is one of the program's issuers.
    pub fn token(&self) -> Option<&Token> {
        match &self.credential {
            Credential::Token(token) => Some(token),
            Credential::Garbage | Credential::Stranger => None,
        }
    }
}

/// What a request carries in the place of a token.
#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    /// Something that is no token.
    Garbage,
    /// A token of an issuer that the program does not know.
    Stranger,
    /// A token.
    Token(Token),
}

/// A token of one of the program's issuers.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Who issued it.
    pub issuer: IssuerId,
    /// What is wrong with it, if anything.
    pub flaw: Option<Flaw>,
    /// All its claims: `sub` and `aud` too.
    pub claims: serde_json::Map<String, Value>,
}

/// What makes a token invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is no longer valid.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// Its signature is not the issuer's.
    Forged,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No such host, or no route for the path.
    NotFound,
    /// The proxy itself does not take the request: its path is malformed.
    Malformed,
    /// Sent from http to https, to this port.
    RedirectToHttps(u16),
    /// Sent elsewhere.
    Redirect(Redirect),
    /// A CORS preflight, answered at the gateway.
    Preflight,
    /// Not let through.
    Refused(Refusal),
    /// Passed on to one of these apps (several if the route is split), which sees this path.
    Forward {
        /// The apps.
        apps: Vec<AppId>,
        /// The path, without query.
        path: String,
    },
}

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Its path can be read in two ways.
    AmbiguousPath,
    /// Its token is not valid, or of an issuer that the app does not know.
    BadToken,
    /// Its token is for another audience.
    WrongAudience,
    /// It has no token, and needs one.
    NoToken,
    /// Its token does not meet the requirement.
    NotMet,
    /// `deny`
    Denied,
    /// No route of the app has its path; through a gateway that is "not found".
    Path,
    /// The path is known, the method is not listed.
    Method,
}
