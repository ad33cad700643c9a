//! `--engine envoy`: the requests of tests go through a real Envoy.

use std::path::{Path, PathBuf};

use crate::access::{Access, Decision, Request};
use crate::cli::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::judge::{Fault, Judge, Keyring, Setup, Version, find_envoy};
use crate::target::envoy::EnvoyOptions;
use crate::testing::{self, Engine, Heard, Options, Report};

/// Tokens travel in the header, where there is a choice: what `with` means by default.
const IN_THE_HEADER: usize = 1;

/// An Envoy that can be started, and the keys of this run.
pub(super) struct OnEnvoy {
    program: PathBuf,
    keyring: Keyring,
}

impl OnEnvoy {
    /// Finds Envoy.
    ///
    /// # Errors
    /// There is none; the message says how to get one.
    pub fn find(named: Option<&Path>) -> Result<Self, Failure> {
        let program = find_envoy(named).map_err(failure)?;
        // One pair per algorithm; further issuers share them.
        let keyring = Keyring::new(2).map_err(failure)?;
        Ok(OnEnvoy { program, keyring })
    }

    /// Runs the tests of a program in one environment; or what Envoy lacks for it.
    ///
    /// # Errors
    /// Envoy does not start or does not answer.
    pub fn run(&self, access: &Access<'_>, options: &Options) -> Result<Result<Report, Vec<Diagnostic>>, Failure> {
        if access.program.tests.is_empty() {
            return Ok(Ok(testing::run(access, options)));
        }
        let longest_list = EnvoyOptions::default().longest_list;
        let setup = Setup { envoy: self.program.clone(), keyring: &self.keyring, longest_list };
        let judge = match Judge::start(access, &setup) {
            Ok(judge) => judge,
            Err(fault) if !fault.refused().is_empty() => return Ok(Err(fault.refused().to_vec())),
            Err(fault) => return Err(failure(fault)),
        };
        testing::run_on(access, options, &mut Through(judge)).map(Ok).map_err(Failure::new)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn failure(fault: Fault) -> Failure {
    Failure::new(fault.to_string())
}

struct Through<'a>(Judge<'a>);

impl Engine for Through<'_> {
    fn ask(&mut self, request: &Request, decision: &Decision) -> Result<Heard, String> {
        let compared = self.0.compare(request, decision, Version::Http1, IN_THE_HEADER);
        let (answer, differences) = compared.map_err(|fault| fault.to_string())?;
        Ok(Heard { status: answer.status, app: answer.app, differences })
    }
}
