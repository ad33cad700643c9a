//! What must hold of paths and spaces, on random ones: of inclusion, common parts, rules that cover a space, and the
//! beginnings that are kept out of a rule.

#[path = "../../tests/common/random.rs"]
mod random;

use super::disguise::{Ambiguity, plain_reading, prefixes};
use super::space::Space;
use crate::ir::{PathPattern, Segment};
use random::Random;

/// Every path of up to four segments. No pattern names `z`, so it stands for all other segments.
fn every_path() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut longest = vec![String::new()];
    for _ in 0..4 {
        let longer = |path: &String| ["", "a", "b", "z"].map(|segment| format!("{path}/{segment}"));
        longest = longest.iter().flat_map(longer).collect();
        all.extend(longest.iter().cloned());
    }
    all
}

fn pattern(random: &mut Random) -> PathPattern {
    let mut text: String = (0..random.below(4)).map(|_| *random.pick(&["/a", "/b", "/*"])).collect();
    text.push_str(random.pick::<&str>(&["", "", "/", "/**", "/**"]));
    PathPattern::written(if text.is_empty() { "/" } else { &text })
}

#[test]
fn a_pattern_includes_another_if_it_has_all_its_paths() {
    let (paths, mut random) = (every_path(), Random::new(1));
    let mut included = 0;
    for _ in 0..4000 {
        let (outer, inner) = (pattern(&mut random), pattern(&mut random));
        let has_all = paths.iter().all(|path| !inner.matches(path) || outer.matches(path));
        assert_eq!(outer.includes(&inner), has_all, "{outer} and {inner}");
        included += usize::from(has_all && outer != inner);
    }
    assert!(included > 200, "{included}");
}

#[test]
fn the_common_part_of_two_patterns_has_the_paths_of_both() {
    let (paths, mut random) = (every_path(), Random::new(2));
    let mut met = 0;
    for _ in 0..4000 {
        let (a, b) = (pattern(&mut random), pattern(&mut random));
        let common = a.meet(&b);
        for path in &paths {
            let has = common.as_ref().is_some_and(|common| common.matches(path));
            assert_eq!(has, a.matches(path) && b.matches(path), "{path} of {a} and {b}");
        }
        let is_empty = |common: &PathPattern| !paths.iter().any(|path| common.matches(path));
        assert!(!common.as_ref().is_some_and(is_empty), "{a} and {b}");
        met += usize::from(common.is_some_and(|common| common != a && common != b));
    }
    assert!(met > 100, "{met}");
}

/// Patterns whose overlaps are all listed, the most specific first.
fn listed(random: &mut Random) -> Vec<PathPattern> {
    let mut patterns: Vec<PathPattern> = (0..2 + random.below(6)).map(|_| pattern(random)).collect();
    loop {
        patterns.sort_by(PathPattern::most_specific_first);
        patterns.dedup();
        let (_, overlaps) = Space::new(&patterns.iter().collect::<Vec<_>>());
        match overlaps.into_iter().next() {
            Some(overlap) => patterns.push(overlap.common),
            None => return patterns,
        }
    }
}

#[test]
fn every_path_lies_in_heads_of_its_own_outcome_alone() {
    let (paths, mut random) = (every_path(), Random::new(3));
    let (mut merged, mut cut) = (0, 0);
    for _ in 0..1500 {
        let patterns = listed(&mut random);
        let outcomes: Vec<usize> = patterns.iter().map(|_| random.below(3)).collect();
        let (space, _) = Space::new(&patterns.iter().collect::<Vec<_>>());
        // Whatever else needs a rule of its own.
        let salt = if random.one_in(2) { 3 + random.below(2) } else { 0 };
        let heads = space.cover(&outcomes, |inner, outer| salt > 2 && (inner * 7 + outer * 3 + salt) % 4 == 0);
        merged += patterns.len() - heads.len();
        cut += heads.iter().map(|head| head.cuts.len()).sum::<usize>();
        for path in &paths {
            let holds = |i: usize| patterns[i].matches(path);
            let owner = (0..patterns.len()).find(|&i| holds(i));
            let in_head = heads.iter().filter(|head| holds(head.pattern) && !head.cuts.iter().any(|&cut| holds(cut)));
            let found: Vec<usize> = in_head.map(|head| outcomes[head.pattern]).collect();
            assert_eq!(found.is_empty(), owner.is_none(), "{path} in {patterns:?} with {outcomes:?}");
            let wanted = owner.map(|owner| outcomes[owner]);
            assert!(found.iter().all(|&o| Some(o) == wanted), "{path} in {patterns:?} with {outcomes:?}: {found:?}");
        }
    }
    assert!(merged > 500 && cut > 1000, "{merged} merged, {cut} cut");
}

#[test]
fn a_beginning_that_is_kept_out_can_be_read_as_the_path_that_asks_for_more() {
    let mut random = Random::new(4);
    let mut judged = 0;
    for _ in 0..2000 {
        let named: String = (0..=random.below(3)).map(|_| *random.pick(&["/a", "/bc", "/v:1", "/*"])).collect();
        let hidden = PathPattern::written(&format!("{named}{}", random.pick(&["", "/", "/**"])));
        let wide = PathPattern::written(random.pick::<&str>(&["/**", "/a/**", "/bc/**", "/v:1/**"]));
        let ambiguity = Ambiguity::of([&hidden]);
        let target = hidden.example();
        for prefix in prefixes(&wide, &hidden) {
            // How it may go on: with what is left of the hidden path, with the rest of a code, or out of it and in again.
            let ends: Vec<&str> = (0..=target.len()).map(|at| &target[at..]).collect();
            let mut candidates: Vec<String> = ends.iter().map(|end| format!("{prefix}{end}")).collect();
            for end in ends.iter().filter(|end| !end.is_empty()) {
                let (code, rest) = (end.as_bytes()[0], &end[1..]);
                candidates.push(format!("{prefix}{code:02x}{rest}"));
                candidates.push(format!("{prefix}{code:02x}{}", rest.replace('/', "%2f")));
            }
            candidates.push(format!("{prefix}{}", target.replace('/', "%2f")));
            candidates.push(format!("{prefix}..{target}"));
            candidates.push(format!("{prefix}2f..{target}"));
            let up = "/..".repeat(target.matches('/').count() + 1);
            let up = up.replace('/', "%252f");
            candidates.push(format!("{prefix}%252f..{up}{target}"));
            candidates.push(format!("{prefix}2f..{up}{target}"));
            let is_read = |path: &&String| plain_reading(path).is_some_and(|read| hidden.matches(&read));
            candidates.retain(|path| wide.matches(path) && !hidden.matches(path));
            // A `*` takes every segment, so such a path has the requirement of the hidden one already.
            if candidates.is_empty() && hidden.has_star() {
                continue;
            }
            let found = candidates.iter().find(is_read);
            let found = found.unwrap_or_else(|| panic!("`{prefix}` of {wide} is never read as {hidden}"));
            assert!(ambiguity.matches(found), "the gateway lets {found} through");
            judged += 1;
        }
    }
    assert!(judged > 5000, "{judged}");
}

#[test]
fn a_pattern_in_a_test_is_what_it_says() {
    let root = Segment::Literal(String::new());
    assert_eq!(PathPattern::written("/"), PathPattern { segments: vec![root], subtree: false });
    assert_eq!(PathPattern::written("/**"), PathPattern::everything());
}
