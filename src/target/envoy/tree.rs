//! A long list of routes as a tree by the beginning of the path: a list costs each request the routes before its own.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::model::route::{
    MatchAction, MatchActionConfig, MatchInput, MatchInputConfig, MatchMap, Matcher, MatcherTree, OnMatch, Route,
    Routes,
};
use super::paths::literal_start;

/// The routes as a list, or as a tree if they are many.
pub(super) fn routes(routes: Vec<Route>, longest_list: usize) -> Routes {
    if routes.len() <= longest_list { Routes::Routes(routes) } else { tree(&routes) }
}

/// Envoy takes the longest key that the path begins with, and in its list the first route that matches. It picks the same
/// route as the list would: each route's literal start is a key itself, so that a route that matches a path has a start
/// that is no longer than the key that was found, and stands in that key's list, which keeps the order.
fn tree(routes: &[Route]) -> Routes {
    let mut by_start: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    by_start.entry("/").or_default();
    for (i, route) in routes.iter().enumerate() {
        by_start.entry(literal_start(&route.matches.path)).or_default().push(i);
    }
    let mut map = IndexMap::new();
    for &key in by_start.keys() {
        let starts = (1..=key.len()).filter_map(|end| key.get(..end));
        let mut found: Vec<usize> = starts.filter_map(|start| by_start.get(start)).flatten().copied().collect();
        found.sort_unstable();
        let list = found.into_iter().map(|i| routes[i].clone()).collect();
        let action = MatchAction { name: key.to_string(), typed_config: MatchActionConfig::RouteList { routes: list } };
        map.insert(key.to_string(), OnMatch { action });
    }
    let typed_config = MatchInputConfig::RequestHeader { header_name: ":path" };
    let input = MatchInput { name: "path", typed_config };
    Routes::Matcher(Matcher { matcher_tree: MatcherTree { input, prefix_match_map: MatchMap { map } } })
}
