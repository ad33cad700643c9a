//! `meshc build --target envoy`: one configuration, as JSON.

use std::collections::BTreeMap;

use super::{options, put};
use crate::access::Access;
use crate::cli::arguments::Build;
use crate::cli::console::{Console, Findings};
use crate::cli::failure::Failure;
use crate::cli::load::Program;
use crate::cli::{Outcome, out};
use crate::diagnostic::{self, Diagnostic};
use crate::target::envoy;
use crate::{Attachments, Parsed};

pub(super) fn run(
    verb: &Build,
    program: &Program,
    parsed: &Parsed,
    attachments: &Attachments,
    console: &Console,
) -> Result<Outcome, Failure> {
    let lower = |access: &Access<'_>| {
        let options = verb.envoy.options(access)?;
        Ok::<_, Failure>(envoy::lower(access, &options))
    };
    let (lowered, mut found) = crate::with_access(&program.sources, parsed, attachments, verb.env.as_deref(), lower);
    let bootstrap = match lowered.transpose()? {
        Some(Ok(bootstrap)) => Some(bootstrap),
        Some(Err(envoy::Failure::Refused(refused))) => {
            found.extend(refused);
            diagnostic::sort(&mut found);
            None
        }
        Some(Err(envoy::Failure::Broken(faults))) => {
            let report = |fault| format!("Envoy would take this and get it wrong: {fault}; please report it");
            return Err(Failure::Messages(faults.into_iter().map(report).collect()));
        }
        None => None,
    };
    console.findings(&found, program, Findings::Aside)?;
    let Some(bootstrap) = bootstrap.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        return Ok(Outcome::Findings);
    };
    let written = bootstrap.to_json();
    let mut text =
        written.map_err(|e| Failure::new(format!("the configuration cannot be written: {e}; please report it")))?;
    text.push('\n');
    match &verb.out {
        Some(directory) => {
            let files = BTreeMap::from([(out::ENVOY.to_string(), text)]);
            put(verb, directory, files, &options(verb, program), console)
        }
        None => Console::output(&text).map(|()| Outcome::Fine),
    }
}
