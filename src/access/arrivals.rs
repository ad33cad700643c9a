//! Where the requests of a route arrive at an app, after rewrites, and whether those of one route can arrive among those
//! of another.

use super::Guard;
use crate::ir::{AppId, PathPattern, Route, Segment};

/// A route as the app behind it sees it.
pub(super) struct Seen<'a> {
    /// The path that the app sees.
    pub path: &'a PathPattern,
    pub guard: Guard,
    /// The app that the route stands in.
    pub of: AppId,
    pub route: &'a Route,
    /// Rewritten, or sent here by another app: then it must not meet anything else.
    pub moved: bool,
}

/// Whether no request of `outer` arrives in the paths of `inner`, which lie within its own: where the gateway would send
/// one there, a line of `inner` owns it. So it is where both strip one prefix: of `/shop/**` rewritten to `/**` nothing
/// arrives below `/admin`, if `/shop/admin/**` is rewritten to `/admin/**`. All of `inner` have one path, and so have all
/// of `outer`.
pub(super) fn keeps_out(inner: &[&Seen<'_>], outer: &[&Seen<'_>]) -> bool {
    outer.iter().all(|outer| {
        let Some(sent) = inner.first().and_then(|inner| sent_to(inner.path, outer)) else { return false };
        // Of one app, so that both hold on the same hosts.
        let owns = |inner: &Seen<'_>| {
            let path = &inner.route.path;
            inner.of == outer.of && *path != outer.route.path && outer.route.path.includes(path) && path.includes(&sent)
        };
        inner.iter().any(|inner| owns(inner))
    })
}

/// The paths that a client asks for, of those that arrive in `arrived` by this route; `None` if a pattern cannot say.
fn sent_to(arrived: &PathPattern, route: &Seen<'_>) -> Option<PathPattern> {
    let Some(target) = &route.route.options.rewrite else { return Some(arrived.clone()) };
    let from = &route.route.path;
    // `/` is what becomes of the named path itself and of the path with a slash at its end.
    let is_root = *arrived == PathPattern { segments: vec![Segment::Literal(String::new())], subtree: false };
    if !from.subtree || !target.subtree || target.segments.is_empty() && is_root {
        return None;
    }
    carried(arrived, target, from)
}

/// A path with the named segments of `to` in place of those of `from`; `None` if it does not begin with them.
fn carried(path: &PathPattern, from: &PathPattern, to: &PathPattern) -> Option<PathPattern> {
    let rest = path.segments.strip_prefix(from.segments.as_slice())?;
    Some(PathPattern { segments: to.segments.iter().chain(rest).cloned().collect(), subtree: path.subtree })
}

/// Where `inner`, which lies within `outer`, would have to be rewritten for both to lose one prefix, so that `outer` is
/// kept out; `None` if it does not lie within, or is rewritten so already.
pub(super) fn alike(inner: &Seen<'_>, outer: &Seen<'_>) -> Option<PathPattern> {
    let (from, to) = (&outer.route.path, outer.route.options.rewrite.as_ref()?);
    let path = &inner.route.path;
    if inner.of != outer.of || path == from || !from.subtree || !to.subtree || !from.includes(path) {
        return None;
    }
    // A `*` cannot be rewritten to.
    carried(path, from, to).filter(|alike| !alike.has_star() && inner.path != alike)
}
