//! `meshc check`: every finding, in every environment; and whether the program fits a cluster.

use super::arguments::Check;
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::load;
use super::{Outcome, cluster, environment};
use crate::cluster::{Cluster, EMPTY, Fit};
use crate::diagnostic::Diagnostic;

pub(super) fn run(verb: &Check, console: &Console) -> Result<Outcome, Failure> {
    let cluster = cluster::load(&verb.cluster, &verb.paths.paths)?;
    if cluster.as_ref().is_some_and(Cluster::fits_nothing) {
        return Err(Failure::new(EMPTY));
    }
    let program = load(&verb.paths.paths)?;
    console.note_what_was_left_out(&program);
    let parsed = crate::parse(&program.sources);
    let attachments = program.attachments(&parsed);
    let one = verb.env.is_some() || cluster.is_some();
    let chosen = if one { environment::one(verb.env.as_deref(), &parsed) } else { Ok(()) };
    let (fit, diagnostics) = match chosen {
        Ok(()) if one => {
            crate::check_one(&program.sources, &parsed, &attachments, verb.env.as_deref(), cluster.as_ref())
        }
        _ => (None, crate::check(&program.sources, &parsed, &attachments)),
    };
    // A program that cannot be read may have environments that are not seen: its errors come first.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        chosen?;
    }
    console.findings(&diagnostics, &program, Findings::Output)?;
    if diagnostics.is_empty() {
        let files = program.sources.len();
        console.note(&format!("no findings in {files} {}", if files == 1 { "file" } else { "files" }));
    }
    if let Some(cluster) = &cluster {
        say_what_was_judged(cluster, fit.as_ref(), console);
    }
    let counts = |d: &Diagnostic| d.is_error() || verb.deny_warnings;
    Ok(if diagnostics.iter().any(counts) { Outcome::Findings } else { Outcome::Fine })
}

/// Silence is no proof: what was not looked at is said in every format.
fn say_what_was_judged(cluster: &Cluster, fit: Option<&Fit>, console: &Console) {
    let Some(fit) = fit else {
        return console.notice("not judged: whether the program fits the cluster, since the program has errors");
    };
    console.note(&format!("held against {}", cluster.summary()));
    for what in &fit.unjudged {
        console.notice(&format!("not judged: {what}"));
    }
}
