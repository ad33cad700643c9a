//! Declarations that nothing refers to.

use crate::analyze::{Analysis, Kind, Unused};
use crate::diagnostic::{Diagnostic, codes};

pub(super) fn found(analysis: &Analysis) -> Vec<Diagnostic> {
    let warning = |unused: &Unused| {
        let (code, kind, why, help) = match unused.kind {
            Kind::Issuer => (
                codes::UNUSED_ISSUER,
                "issuer",
                "no requirement names it and no app trusts it",
                "name it in a requirement, or remove it",
            ),
            Kind::Policy => {
                (codes::UNUSED_POLICY, "policy", "no requirement names it", "name it in a requirement, or remove it")
            }
            Kind::Bundle => {
                (codes::UNUSED_ROUTES, "bundle", "no app uses it", "add a line `use …` to an app, or remove it")
            }
            Kind::Gateway => (
                codes::UNUSED_GATEWAY,
                "gateway",
                "no app is reached through it",
                "add a line `via …` to an app, or remove it",
            ),
            Kind::Value => (codes::UNUSED_VALUE, "value", "nothing uses it", "remove it from every environment"),
        };
        let message = format!("{kind} `{}` is not used", unused.name);
        Diagnostic::new(code, message, unused.span, why).with_help(help)
    };
    analysis.unused.iter().map(warning).collect()
}
