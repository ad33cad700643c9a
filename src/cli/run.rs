//! `meshc run`: a program on an Envoy of this machine, which follows the files.

mod ports;
mod requests;
pub(super) mod state;
mod table;

use std::sync::mpsc::RecvTimeoutError;
use std::thread::sleep;
use std::time::Duration;

use super::arguments::Run;
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::{Program, load};
use super::surroundings::endpoints;
use super::{Outcome, environment};
use crate::Attachments;
use crate::access::Access;
use crate::diagnostic::{self, Diagnostic};
use crate::judge::{DevIssuer, Fault, Gateway, Keyring, StandIns, find_envoy, stop_signal};
use crate::target::envoy::{self, Bootstrap, EnvoyOptions, Https};
use ports::Ports;
use state::State;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(300);

/// How long a change must last to be one.
const SETTLE: Duration = Duration::from_millis(50);

/// As many pairs of keys as are made; further issuers share them.
const KEYS: usize = 4;

pub(super) fn run(verb: &Run, console: &Console) -> Result<Outcome, Failure> {
    if verb.paths.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("standard input cannot be followed; name a file"));
    }
    let envoy = find_envoy(verb.envoy.as_deref()).map_err(failure)?;
    let keyring = if verb.dev_tokens { Some(Keyring::new(KEYS).map_err(failure)?) } else { None };
    let mut ports = Ports::new(verb.port);
    let mut seen = Seen::read(verb)?;
    let Some(first) = prepare(verb, &seen, &mut ports, keyring.as_ref(), console)? else {
        return Ok(Outcome::Findings);
    };
    // From here on Ctrl-C ends the loop below, so that everything is cleared away.
    let stop = stop_signal().map_err(failure)?;
    let mut gateway = Gateway::start(&envoy, &first.bootstrap, &first.ports).map_err(failure)?;
    let name = first.ports.first().copied().unwrap_or_default();
    let mut state = first.issuers.as_ref().map(|issuers| State::write(name, issuers)).transpose()?;
    Console::output(&first.text)?;
    let mut running = first;
    // Requests may be on their way to the stand-ins of the configuration before.
    let mut before: Option<Ready> = None;
    while stop.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if let Some(words) = gateway.has_ended() {
            return Err(Failure::new(format!("Envoy ended by itself: {words}")));
        }
        let Some(now) = seen.changed(verb) else { continue };
        let swapped = now.and_then(|now| {
            seen = now;
            let Some(next) = prepare(verb, &seen, &mut ports, keyring.as_ref(), console)? else { return Ok(None) };
            gateway.swap(&next.bootstrap).map_err(failure)?;
            if let Some(issuers) = &next.issuers {
                // The old file goes before the new one is there: a token of keys that are gone helps nobody.
                drop(state.take());
                state = Some(State::write(name, issuers)?);
            }
            Ok(Some(next))
        });
        match swapped {
            Ok(Some(next)) => {
                Console::output(&format!("\nthe program has changed\n\n{}", next.text))?;
                before = Some(std::mem::replace(&mut running, next));
            }
            Ok(None) => console.note("the gateway goes on as before"),
            Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
            Err(Failure::Messages(messages)) => {
                for message in messages {
                    console.failure(&message);
                }
                console.note("the gateway goes on as before");
            }
            Err(Failure::Findings(diagnostics, program)) => {
                console.findings(&diagnostics, &program, Findings::Aside)?;
                console.note("the gateway goes on as before");
            }
        }
    }
    drop((gateway, before));
    Ok(Outcome::Fine)
}

#[allow(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn failure(fault: Fault) -> Failure {
    Failure::new(fault.to_string())
}

/// The files as they were read last.
struct Seen {
    program: Program,
    parsed: crate::Parsed,
    attachments: Attachments,
    /// What could not be read then.
    fault: Option<String>,
}

impl Seen {
    fn read(verb: &Run) -> Result<Self, Failure> {
        let program = load(&verb.paths.paths)?;
        let parsed = crate::parse(&program.sources);
        let attachments = program.attachments(&parsed);
        Ok(Seen { program, parsed, attachments, fault: None })
    }

    /// The files, if they are others than before; or why they cannot be read, which is told once.
    fn changed(&mut self, verb: &Run) -> Option<Result<Self, Failure>> {
        let same = |now: &Program| same_files(now, &self.program) && now.attachments(&self.parsed) == self.attachments;
        if self.fault.is_none() && load(&verb.paths.paths).is_ok_and(|now| same(&now)) {
            return None;
        }
        let read = Seen::read(verb);
        // An editor may be writing: a file that is half there says something else than it will.
        sleep(SETTLE);
        match (read, Seen::read(verb)) {
            (Ok(now), Ok(again)) => again.is_as(&now).then_some(Ok(again)),
            (Err(_), Err(failure)) => {
                let text = format!("{failure:?}");
                let known = self.fault.replace(text.clone());
                (known != Some(text)).then_some(Err(failure))
            }
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => None,
        }
    }

    fn is_as(&self, other: &Seen) -> bool {
        same_files(&self.program, &other.program) && self.attachments == other.attachments
    }
}

fn same_files(a: &Program, b: &Program) -> bool {
    fn files(program: &Program) -> impl Iterator<Item = (&str, &str)> {
        program.sources.iter().map(|(_, file)| (file.path(), file.text()))
    }
    files(a).eq(files(b))
}

/// A program that can be run.
struct Ready {
    bootstrap: Bootstrap,
    /// The ports of loopback, in the order of gateways and their ports.
    ports: Vec<u16>,
    text: String,
    issuers: Option<Vec<DevIssuer>>,
    /// Held as long as requests may go there.
    _stand_ins: StandIns,
}

/// Compiles what was read; `None` if there are errors, which have been shown.
fn prepare(
    verb: &Run,
    seen: &Seen,
    ports: &mut Ports,
    keyring: Option<&Keyring>,
    console: &Console,
) -> Result<Option<Ready>, Failure> {
    let chosen = environment::one(verb.env.as_deref(), &seen.parsed);
    let name = verb.env.clone().or_else(|| crate::environments(&seen.parsed).into_iter().next());
    let ask = |access: &Access<'_>| {
        chosen?;
        ready(verb, access, ports, keyring)
    };
    let sources = &seen.program.sources;
    let (ready, mut found) = crate::with_access(sources, &seen.parsed, &seen.attachments, name.as_deref(), ask);
    let ready = match ready.transpose()? {
        Some(Ok(ready)) => Some(ready),
        Some(Err(refused)) => {
            found.extend(refused);
            None
        }
        None => None,
    };
    diagnostic::sort(&mut found);
    // Warnings are `check`'s matter: here they would come again with every change.
    found.retain(Diagnostic::is_error);
    console.findings(&found, &seen.program, Findings::Aside)?;
    Ok(ready)
}

fn ready(
    verb: &Run,
    access: &Access<'_>,
    ports: &mut Ports,
    keyring: Option<&Keyring>,
) -> Result<Result<Ready, Vec<Diagnostic>>, Failure> {
    let stand_ins = StandIns::start(access.program).map_err(failure)?;
    let mut options = EnvoyOptions {
        address: "127.0.0.1".to_string(),
        ports: ports.of(access)?,
        keys: keyring.map(|k| k.key_sets(access.program)).unwrap_or_default(),
        https: Https::Plain,
        ..EnvoyOptions::default()
    };
    endpoints(&verb.endpoint, access, &mut options)?;
    let given = options.endpoints.clone();
    for (app, endpoint) in stand_ins.endpoints(access.program) {
        options.endpoints.entry(app).or_insert(endpoint);
    }
    let bootstrap = match envoy::lower(access, &options) {
        Ok(bootstrap) => bootstrap,
        Err(envoy::Failure::Refused(refused)) => return Ok(Err(refused)),
        Err(envoy::Failure::Broken(faults)) => {
            let report = |fault| format!("Envoy would take this and get it wrong: {fault}; please report it");
            return Err(Failure::Messages(faults.into_iter().map(report).collect()));
        }
    };
    let issuers = keyring.map(|k| k.dev_issuers(access.program)).transpose().map_err(failure)?;
    let mut text = table::write(access, &options, &given);
    if let Some(keyring) = keyring {
        text.push_str(&requests::write(access, &options, keyring));
    }
    let in_order =
        access.program.gateways.iter().flat_map(|g| g.listeners.iter().map(move |l| (g.name.clone(), l.port)));
    let ports = in_order.filter_map(|key| options.ports.get(&key)).map(|p| p.bound).collect();
    Ok(Ok(Ready { bootstrap, ports, text, issuers, _stand_ins: stand_ins }))
}
