//! Warnings: what compiles and is probably not meant. No part of it is needed to build a program.
//!
//! `ALL` is the one list of them. What a lint needs decides when it is called: at the trees and what was made of them,
//! beside errors too; at a program whose names and values have no error; or at one without any error. The phases of its
//! codes say the same ([`Phase`](crate::diagnostic::codes::Phase)).

mod no_routes;
mod not_yet_proved;
mod plain_http;
mod public_inside_guarded;
mod query_token;
mod quotes;
mod trailing_slash;
mod unused;

use crate::access::Access;
use crate::analyze::Analysis;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::syntax::ast::File;

/// A lint: the codes that it raises, and how it is called.
struct Lint {
    codes: &'static [Code],
    look: Look,
}

enum Look {
    /// At the trees and what was made of them, beside errors too.
    Trees(fn(&[File], &Analysis) -> Vec<Diagnostic>),
    /// At what was made of them, where it has no error.
    Program(fn(&Analysis) -> Vec<Diagnostic>),
    /// At who reaches what, where there is no error.
    Access(fn(&Access<'_>) -> Vec<Diagnostic>),
}

/// All lints.
const ALL: &[Lint] = &[
    Lint {
        codes: &[
            codes::UNUSED_ISSUER,
            codes::UNUSED_POLICY,
            codes::UNUSED_ROUTES,
            codes::UNUSED_GATEWAY,
            codes::UNUSED_VALUE,
        ],
        look: Look::Program(unused::found),
    },
    Lint { codes: &[codes::PUBLIC_INSIDE_GUARDED], look: Look::Trees(public_inside_guarded::found) },
    Lint { codes: &[codes::NOT_YET_PROVED], look: Look::Trees(not_yet_proved::found) },
    Lint { codes: &[codes::PLAIN_HTTP], look: Look::Trees(plain_http::found) },
    Lint { codes: &[codes::TWIN_ASKS_LESS], look: Look::Access(trailing_slash::found) },
    Lint { codes: &[codes::NO_ROUTES], look: Look::Program(no_routes::found) },
    Lint { codes: &[codes::QUERY_TOKEN], look: Look::Trees(query_token::found) },
    Lint { codes: &[codes::QUOTES_IN_STRING], look: Look::Trees(quotes::found) },
];

/// The warnings for which it does not matter whether there are errors.
pub fn of_trees(files: &[File], analysis: &Analysis) -> Vec<Diagnostic> {
    collect(|look| if let Look::Trees(found) = look { found(files, analysis) } else { Vec::new() })
}

/// The warnings about a program whose names and values have no error.
pub fn of_program(analysis: &Analysis) -> Vec<Diagnostic> {
    collect(|look| if let Look::Program(found) = look { found(analysis) } else { Vec::new() })
}

/// The warnings about who reaches what, where there is no error.
pub fn of_access(access: &Access<'_>) -> Vec<Diagnostic> {
    collect(|look| if let Look::Access(found) = look { found(access) } else { Vec::new() })
}

fn collect(call: impl Fn(&Look) -> Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for Lint { codes, look } in ALL {
        let found = call(look);
        debug_assert!(found.iter().all(|d| codes.contains(&d.code)), "a lint raises a code that is not its own");
        all.extend(found);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes::Phase;

    fn phase(look: &Look) -> Phase {
        match look {
            Look::Trees(_) => Phase::Lint,
            Look::Program(_) | Look::Access(_) => Phase::LintOfSound,
        }
    }

    #[test]
    fn each_code_of_a_lint_has_its_phase_and_each_code_of_such_a_phase_has_a_lint() {
        let listed: Vec<Code> = ALL.iter().flat_map(|lint| lint.codes).copied().collect();
        for lint in ALL {
            for code in lint.codes {
                assert_eq!(code.phase(), phase(&lint.look), "{code:?}");
            }
        }
        for code in codes::ALL.iter().filter(|code| matches!(code.phase(), Phase::Lint | Phase::LintOfSound)) {
            assert_eq!(listed.iter().filter(|other| *other == code).count(), 1, "{code:?}");
        }
    }
}
