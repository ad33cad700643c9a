//! The findings of several environments as one list.

use std::collections::BTreeMap;

use super::codes::Phase;
use super::{Diagnostic, sort};
use crate::source::Span;

/// What makes two findings the same: their places and their code.
type Key = (Vec<Span>, &'static str);

/// Joins what was found in each environment, given by name. What holds in all of them is told once; what holds in some
/// names them in a note.
///
/// Two findings are the same if they have the same code and the same places: a host or a value in their words may
/// differ, since that is all in which environments do. The words are then those of the first environment.
pub fn merge(environments: Vec<(String, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let count = environments.len();
    let without_error = environments.iter().filter(|(_, found)| !found.iter().any(Diagnostic::is_error));
    let without_error: Vec<String> = without_error.map(|(name, _)| name.clone()).collect();
    let mut found: BTreeMap<Key, (Vec<String>, Diagnostic)> = BTreeMap::new();
    for (environment, diagnostics) in environments {
        for diagnostic in diagnostics {
            let key = (diagnostic.places(), diagnostic.code.id());
            let (names, _) = found.entry(key).or_insert_with(|| (Vec::new(), diagnostic));
            if names.last() != Some(&environment) {
                names.push(environment.clone());
            }
        }
    }
    let with_note = |(names, diagnostic): (Vec<String>, Diagnostic)| {
        // An environment with an error says nothing about what is not looked for beside errors.
        let lacks = if diagnostic.code.phase() == Phase::LintOfSound {
            without_error.iter().any(|name| !names.contains(name))
        } else {
            names.len() < count
        };
        if lacks { diagnostic.with_note(note(&names)) } else { diagnostic }
    };
    let mut merged: Vec<Diagnostic> = found.into_values().map(with_note).collect();
    sort(&mut merged);
    merged
}

fn note(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => format!("found in environment {one}"),
        [first @ .., last] => format!("found in environments {} and {last}", first.join(", ")),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, codes};
    use crate::source::SourceMap;

    fn finding(message: &str, start: u32) -> Diagnostic {
        let sources = SourceMap::single("a.mesh", "0123456789");
        let file = sources.iter().next().unwrap().0;
        Diagnostic::new(codes::INVALID_HOST, message, Span::new(file, start, start + 1), "")
    }

    fn merged(environments: &[(&str, &[Diagnostic])]) -> Vec<(String, Vec<String>)> {
        let environments = environments.iter().map(|(name, found)| ((*name).to_string(), found.to_vec())).collect();
        merge(environments).into_iter().map(|d| (d.message, d.notes)).collect()
    }

    #[test]
    fn what_holds_everywhere_is_told_once_and_without_a_note() {
        let found = merged(&[("dev", &[finding("a", 2)]), ("prod", &[finding("a", 2)])]);
        assert_eq!(found, [("a".to_string(), vec![])]);
    }

    #[test]
    fn what_holds_in_some_names_them() {
        let found = merged(&[("a", &[finding("x", 2)]), ("b", &[]), ("c", &[finding("x", 2), finding("y", 1)])]);
        assert_eq!(
            found,
            [
                ("y".to_string(), vec!["found in environment `c`".to_string()]),
                ("x".to_string(), vec!["found in environments `a` and `c`".to_string()]),
            ]
        );
    }

    #[test]
    fn an_environment_with_an_error_does_not_count_for_what_is_not_looked_for_there() {
        let warning = |code: Code| Diagnostic { code, ..finding("spare", 2) };
        let only = |name: &str| vec![format!("found in environment `{name}`")];
        for &code in codes::ALL.iter().filter(|code| code.phase() == Phase::LintOfSound) {
            let found = merged(&[("dev", &[warning(code)]), ("prod", &[finding("bad", 5)])]);
            assert_eq!(found, [("spare".to_string(), vec![]), ("bad".to_string(), only("prod"))]);
            let found = merged(&[("dev", &[warning(code)]), ("prod", &[finding("bad", 5)]), ("test", &[])]);
            assert_eq!(found[0], ("spare".to_string(), only("dev")));
            // An error that is found later does not take it back.
            let found = merged(&[("dev", &[warning(code), finding("bad", 5)]), ("prod", &[])]);
            assert_eq!(found[0], ("spare".to_string(), only("dev")));
        }
        let found = merged(&[("dev", &[warning(codes::PLAIN_HTTP)]), ("prod", &[finding("bad", 5)])]);
        assert_eq!(found[0], ("spare".to_string(), only("dev")));
    }

    #[test]
    fn the_same_places_are_the_same_finding_whatever_the_values() {
        let found = merged(&[("dev", &[finding("dev.example", 2)]), ("prod", &[finding("example", 2)])]);
        assert_eq!(found, [("dev.example".to_string(), vec![])]);
    }
}
