//! The status by which a target tells of an outcome: the table of `docs/language.md`, "Outcomes".

use super::{Outcome, Refusal, Via};

/// Whose column of the table is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statuses {
    /// Istio's.
    #[default]
    Istio,
    /// Envoy's.
    Envoy,
}

impl Outcome {
    /// The statuses that tell of it; none where the app answers, nor from Envoy by itself to a caller inside the mesh:
    /// there it has no door.
    pub fn statuses(&self, via: Via, of: Statuses) -> Vec<u16> {
        match (self, of) {
            (_, Statuses::Envoy) if matches!(via, Via::Inside(_)) => Vec::new(),
            (Outcome::Forward { .. }, _) => Vec::new(),
            (Outcome::Preflight, _) => vec![200],
            (Outcome::NotFound, _) => vec![404],
            (Outcome::RedirectToHttps(_), _) => vec![301],
            (Outcome::Redirect(redirect), _) => vec![redirect.status],
            (Outcome::Malformed, _) | (Outcome::Refused(Refusal::AmbiguousPath), Statuses::Envoy) => vec![400],
            (Outcome::Refused(Refusal::AmbiguousPath), Statuses::Istio) => match via {
                Via::Gateway(..) => vec![400],
                Via::Inside(_) => vec![403],
            },
            (Outcome::Refused(Refusal::BadToken), _) | (Outcome::Refused(Refusal::NoToken), Statuses::Envoy) => {
                vec![401]
            }
            (Outcome::Refused(Refusal::Method), Statuses::Envoy) => vec![405],
            (Outcome::Refused(Refusal::NoToken | Refusal::Method), Statuses::Istio)
            | (Outcome::Refused(Refusal::WrongAudience | Refusal::NotMet | Refusal::Denied | Refusal::Path), _) => {
                vec![403]
            }
        }
    }
}
