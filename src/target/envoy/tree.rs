//! A long list of routes as a tree by the beginning of the path: a list costs each request the routes before its own.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::model::route::{
    MatchAction, MatchActionConfig, MatchInput, MatchInputConfig, MatchMap, Matcher, MatcherTree, OnMatch, Route,
    Routes,
};
use super::paths::literal_start;

/// The routes as a list, or as a tree of shorter lists if they are many.
pub(super) fn routes(routes: Vec<Route>, longest_list: usize) -> Routes {
    if routes.len() <= longest_list { Routes::Routes(routes) } else { tree(&routes, (longest_list / 8).max(1)) }
}

/// Envoy takes the longest key that the path begins with, and in its list the first route that matches. It picks the same
/// route as the whole list would, because the key's list holds, in order, every route that can match the path: the text
/// with which such a route begins is either part of the key, or goes on after it, and then no longer key does, because
/// the path would begin with that one too.
fn tree(routes: &[Route], longest: usize) -> Routes {
    let mut by_start: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    by_start.entry("/").or_default();
    for (i, route) in routes.iter().enumerate() {
        by_start.entry(literal_start(&route.matches.path)).or_default().push(i);
    }
    let starts: Vec<(&str, usize)> = by_start.iter().map(|(start, found)| (*start, found.len())).collect();
    let mut lists: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    cut(&starts, longest, &mut lists);
    for (start, found) in &by_start {
        let key = beginnings(start).rev().find(|beginning| lists.contains_key(beginning));
        if let Some(list) = key.and_then(|key| lists.get_mut(key)) {
            list.extend(found);
        }
    }
    let mut map = IndexMap::new();
    for (key, mut list) in lists {
        let shorter = beginnings(key).filter(|beginning| beginning.len() < key.len());
        list.extend(shorter.filter_map(|beginning| by_start.get(beginning)).flatten());
        list.sort_unstable();
        let routes = list.into_iter().map(|i| routes[i].clone()).collect();
        let action = MatchAction { name: key.to_string(), typed_config: MatchActionConfig::RouteList { routes } };
        map.insert(key.to_string(), OnMatch { action });
    }
    let typed_config = MatchInputConfig::RequestHeader { header_name: ":path" };
    let input = MatchInput { name: "path", typed_config };
    Routes::Matcher(Matcher { matcher_tree: MatcherTree { input, prefix_match_map: MatchMap { map } } })
}

/// All texts with which a text begins, itself among them, the shortest first.
fn beginnings(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    (1..=text.len()).filter_map(|end| text.get(..end))
}

/// Puts keys (with empty lists) so that no more routes than `longest` go on after one of them, as far as they differ.
/// The starts are sorted and have some text in common.
fn cut<'a>(starts: &[(&'a str, usize)], longest: usize, lists: &mut BTreeMap<&'a str, Vec<usize>>) {
    let (Some(&(first, _)), Some(&(last, _))) = (starts.first(), starts.last()) else { return };
    let common = beginnings(first).take_while(|beginning| last.starts_with(beginning)).last().unwrap_or(first);
    lists.entry(common).or_default();
    if starts.iter().map(|(_, count)| count).sum::<usize>() <= longest {
        return;
    }
    let after = |start: &str| start.get(common.len()..).and_then(|rest| rest.chars().next());
    for group in starts.chunk_by(|(a, _), (b, _)| after(a) == after(b)) {
        if after(group[0].0).is_some() {
            cut(group, longest, lists);
        }
    }
}
