//! How a request is passed on, with nothing left to decide. Whoever uses a [`Forward`] takes it apart by a pattern without
//! `..`, so that a new option does not compile until each says what it does with it.

use crate::ir::{AppId, PathPattern, RouteOptions};

/// How often Istio by itself tries again when no answer came (V35). Every target does the same.
const USUAL_RETRIES: u32 = 2;

/// How a request is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The apps of which one gets it; the route's own comes first, if it gets any. The weights add up to 100.
    pub destinations: Vec<Destination>,
    /// After how many milliseconds the answer must be there; `None`: it is never cut off.
    pub timeout_ms: Option<u64>,
    /// How often it is tried again.
    pub retries: Retries,
    /// The path that the app sees; `None`: the one that was asked for.
    pub rewrite: Option<PathPattern>,
}

/// An app that gets a part of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// The app.
    pub app: AppId,
    /// 1 to 100.
    pub weight: u8,
}

/// How often a failed try is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// At most so many further attempts; 0 for none.
    pub attempts: u32,
    /// Whether the program says so. If not, it is what Istio does without a word about it.
    pub written: bool,
}

impl Forward {
    /// What the options of a route of an app come to.
    pub(super) fn of(app: AppId, options: &RouteOptions) -> Self {
        let RouteOptions { timeout_ms, retries, rewrite, shares } = options;
        let given = shares.iter().fold(0u8, |given, share| given.saturating_add(share.percent));
        let own = Destination { app, weight: 100u8.saturating_sub(given) };
        let others = shares.iter().map(|share| Destination { app: share.app, weight: share.percent });
        Forward {
            destinations: Some(own).filter(|own| own.weight > 0).into_iter().chain(others).collect(),
            timeout_ms: *timeout_ms,
            retries: Retries { attempts: retries.unwrap_or(USUAL_RETRIES), written: retries.is_some() },
            rewrite: rewrite.clone(),
        }
    }
}

/// Whether one app alone gets all requests, and this is it.
pub fn leads_to(destinations: &[Destination], app: AppId) -> bool {
    matches!(destinations, [only] if only.app == app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Share;
    use crate::source::{SourceMap, Span};

    fn share(app: usize, percent: u8) -> Share {
        let sources = SourceMap::single("a.mesh", "");
        let file = sources.iter().next().unwrap().0;
        Share { app: AppId(app), percent, span: Span::new(file, 0, 0) }
    }

    fn weights(shares: Vec<Share>) -> Vec<(usize, u8)> {
        let forward = Forward::of(AppId(7), &RouteOptions { shares, ..RouteOptions::default() });
        forward.destinations.iter().map(|to| (to.app.0, to.weight)).collect()
    }

    #[test]
    fn the_weights_add_up_with_the_rest_for_the_own_app() {
        assert_eq!(weights(vec![]), [(7, 100)]);
        assert_eq!(weights(vec![share(1, 10), share(9, 20)]), [(7, 70), (1, 10), (9, 20)]);
        assert_eq!(weights(vec![share(1, 100)]), [(1, 100)]);
    }

    #[test]
    fn what_is_not_written_is_decided() {
        let plain = Forward::of(AppId(7), &RouteOptions::default());
        assert_eq!(plain.retries, Retries { attempts: 2, written: false });
        assert!(leads_to(&plain.destinations, AppId(7)) && !leads_to(&plain.destinations, AppId(1)));
        let none = Forward::of(AppId(7), &RouteOptions { retries: Some(0), ..RouteOptions::default() });
        assert_eq!(none.retries, Retries { attempts: 0, written: true });
    }
}
