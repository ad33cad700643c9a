//! What a policy cannot tell apart for callers inside the mesh (docs/decisions/0004): the only requests that are not
//! compared.

use meshc::access::{Access, Request, Via, is_odd, normalize};

/// Whether the path has, in the place of a `*` or behind it, a character that a path template does not take. Such a path
/// is refused by the language, and by the gateway; a policy can neither name it nor cut it out.
///
/// The other named limits (hidden dot segments, disguises behind a `*`) need no exception: `decide` does not find them
/// there either, and the answers are compared.
pub fn is_beyond_policies(access: &Access<'_>, request: &Request) -> bool {
    let (Via::Inside(app), Some(path)) = (request.via, normalize(&request.target)) else { return false };
    let mut paths = access.workload(app).scopes.iter().flat_map(|scope| &scope.paths);
    is_odd(&path) && paths.any(|seen| seen.pattern.has_star() && seen.pattern.matches(&path))
}
