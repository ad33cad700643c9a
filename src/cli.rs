//! The command line: one file per verb. Only what lies here touches files, the environment or the clock.
//!
//! Exit codes: 0 all is well; 1 there are findings (an error in the program, a test that fails, a file that is not
//! formatted, a directory that is out of date); 2 the call was wrong, a file could not be read or written, or meshc itself failed.

mod arguments;
mod build;
mod check;
mod cluster;
mod completions;
mod console;
mod environment;
mod explain;
mod failure;
mod fmt;
mod init;
mod load;
mod man;
mod out;
mod place;
mod prune;
mod relative;
mod run;
mod surroundings;
mod test;
mod token;
mod why;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Verb};
use console::{Console, Findings};
use failure::Failure;

/// What a verb came to, if nothing kept it from its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Fine,
    /// There is something to mend.
    Findings,
}

const FINDINGS: u8 = 1;
const FAILED: u8 = 2;

/// Runs meshc with the arguments of the process.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| Console::error_line(&format!("error: internal: {panic}"))));
    ExitCode::from(guarded(|| run(std::env::args_os())))
}

/// Turns a panic into an ordinary exit code: a script must be able to tell a finding from a crash.
fn guarded(run: impl FnOnce() -> u8) -> u8 {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Console::error_line(
            "this is a mistake in meshc, not in your program; please report it with the program that shows it",
        );
        FAILED
    })
}

fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too. Nobody may be listening any more: that is not an error.
            let _ = error.print();
            return if error.use_stderr() { FAILED } else { 0 };
        }
    };
    let console = Console::new(arguments.message_format, arguments.color);
    let outcome = match &arguments.verb {
        Verb::Build(verb) => build::run(verb, &console),
        Verb::Check(verb) => check::run(verb, &console),
        Verb::Prune(verb) => prune::run(verb, &console),
        Verb::Test(verb) => test::run(verb, &console),
        Verb::Run(verb) => run::run(verb, &console),
        Verb::Token(verb) => token::run(verb),
        Verb::Why(verb) => why::run(verb, &console),
        Verb::Fmt(verb) => fmt::run(verb, &console),
        Verb::Explain(verb) => explain::run(verb),
        Verb::Init(verb) => init::run(verb, &console),
        Verb::Completions(verb) => completions::run(verb),
        Verb::Man(verb) => man::run(verb),
    };
    match outcome {
        Ok(Outcome::Fine) | Err(Failure::ClosedPipe) => 0,
        Ok(Outcome::Findings) => FINDINGS,
        Err(Failure::Findings(diagnostics, program)) => {
            let checks = matches!(arguments.verb, Verb::Check(_));
            let stream = if checks { Findings::Output } else { Findings::Aside };
            // Nobody may be listening any more.
            let _ = console.findings(&diagnostics, &program, stream);
            FINDINGS
        }
        Err(Failure::Messages(messages)) => {
            for message in messages {
                console.failure(&message);
            }
            FAILED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_2() {
        assert_eq!(guarded(|| 1), 1);
        assert_eq!(guarded(|| Vec::<u8>::new()[0]), 2);
    }
}
