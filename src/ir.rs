//! The program, resolved and typed: names are references, values are checked, environments are filled in.
//!
//! Nothing here knows of a target. Collections are sorted by name, so that the order of files and lines is gone.

mod address;
mod app;
mod gateway;
mod host;
mod issuer;
mod method;
mod path;
mod requirement;
mod route;
mod test;

pub use address::{Address, AddressFault, Scheme};
pub use app::{App, AppId, Cors, Protocol};
pub use gateway::{Gateway, GatewayId, Listener, ListenerProtocol};
pub use host::Host;
pub use issuer::{ClaimType, Issuer, IssuerId, Keys, TokenLocation};
pub use method::{Method, MethodSet};
pub use path::{PathPattern, Segment, is_segment_char};
pub use requirement::{Condition, Fact, Formula, Policy, PolicyId};
pub use route::{Access, Redirect, RedirectTarget, Route, RouteOptions, Share};
pub use test::{Expected, TEST_SUBJECT, Test, TestCase, TestCredential, TestToken};

use std::collections::BTreeMap;

/// Labels that select pods: all of them must be there.
pub type Labels = BTreeMap<String, String>;

/// A whole program in one environment.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The environment whose values were filled in, if the program has environments.
    pub environment: Option<String>,
    /// Issuers by name.
    pub issuers: Vec<Issuer>,
    /// The policies that could be read, by name.
    pub policies: Vec<Policy>,
    /// Gateways by name.
    pub gateways: Vec<Gateway>,
    /// Apps by namespace and name.
    pub apps: Vec<App>,
    /// Tests, in the order of files and lines.
    pub tests: Vec<Test>,
}

impl Program {
    /// The issuer of an id that this program gave out.
    pub fn issuer(&self, id: IssuerId) -> &Issuer {
        &self.issuers[id.0]
    }

    /// The gateway of an id that this program gave out.
    pub fn gateway(&self, id: GatewayId) -> &Gateway {
        &self.gateways[id.0]
    }

    /// The app of an id that this program gave out.
    pub fn app(&self, id: AppId) -> &App {
        &self.apps[id.0]
    }

    /// All apps with their ids.
    pub fn app_ids(&self) -> impl Iterator<Item = (AppId, &App)> {
        self.apps.iter().enumerate().map(|(i, app)| (AppId(i), app))
    }

    /// All gateways with their ids.
    pub fn gateway_ids(&self) -> impl Iterator<Item = (GatewayId, &Gateway)> {
        self.gateways.iter().enumerate().map(|(i, gateway)| (GatewayId(i), gateway))
    }
}

/// Whether a pod can carry both sets of labels: no key stands in both with different values.
pub fn may_select_same_pods(a: &Labels, b: &Labels) -> bool {
    a.iter().all(|(key, value)| b.get(key).is_none_or(|other| other == value))
}
