//! Apps that have hosts and nothing on them.

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::App;

pub(super) fn found(analysis: &Analysis) -> Vec<Diagnostic> {
    let warning = |app: &App| {
        let host = app.hosts.first()?;
        let message = format!("app `{}` has hosts and no routes, so nobody reaches it", app.name);
        let help = "add a route, as in `GET /** public`, or remove the hosts";
        Some(Diagnostic::new(codes::NO_ROUTES, message, host.span, "nothing is served here").with_help(help))
    };
    analysis.program.apps.iter().filter(|app| app.routes.is_empty()).filter_map(warning).collect()
}
