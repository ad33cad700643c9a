//! One line of an app: who may call which path with which method, and how the request is passed on.

use super::{AppId, Formula, Host, MethodSet, PathPattern, PolicyId};
use crate::source::Span;

/// A route of an app.
#[derive(Debug, Clone)]
pub struct Route {
    /// The line.
    pub span: Span,
    /// Methods and path alone, for labels.
    pub head: Span,
    /// The hosts of its `host` block; `None`: it holds on all hosts of the app and inside the mesh.
    pub hosts: Option<Vec<Host>>,
    /// The methods that it lists.
    pub methods: MethodSet,
    /// The paths.
    pub path: PathPattern,
    /// Who may.
    pub access: Access,
    /// How the request is passed on.
    pub options: RouteOptions,
}

/// Who may use a route.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everybody.
    Public,
    /// Nobody.
    Deny,
    /// Those whose token meets this.
    Require {
        /// What the token must meet.
        formula: Formula,
        /// Where it was written.
        span: Span,
        /// The policies that stand in it, and those in them.
        policies: Vec<PolicyId>,
    },
    /// Everybody, and is sent elsewhere.
    Redirect(Redirect),
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The new place.
    pub target: RedirectTarget,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// A path on the same host, or another URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectTarget {
    /// A path; scheme and host stay.
    Path(String),
    /// A whole URL.
    Url {
        /// `http` or `https`
        scheme: String,
        /// Host, with its port if there is one.
        authority: String,
        /// The path, at least `/`.
        path: String,
    },
}

/// How a request is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteOptions {
    /// After how many milliseconds the answer must be there; `None`: never cut off.
    pub timeout_ms: Option<u64>,
    /// How often a failed try is repeated; `None`: as the target does by itself.
    pub retries: Option<u32>,
    /// The path that the app sees.
    pub rewrite: Option<PathPattern>,
    /// Shares that go to other apps; the rest goes to the route's own.
    pub shares: Vec<Share>,
}

/// A share of the requests that goes to another app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The other app.
    pub app: AppId,
    /// 1 to 100.
    pub percent: u8,
    /// The line.
    pub span: Span,
}
