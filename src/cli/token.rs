//! `meshc token`: a token for a gateway that runs with `--dev-tokens`.

use serde_json::{Map, Value};

use super::Outcome;
use super::arguments::Token;
use super::console::Console;
use super::failure::Failure;
use super::run::state;
use crate::diagnostic::suggest;

pub(super) fn run(verb: &Token) -> Result<Outcome, Failure> {
    let claims = match verb.claims.as_deref().map(serde_json::from_str::<Map<String, Value>>) {
        None => Map::new(),
        Some(Ok(claims)) => claims,
        Some(Err(error)) => return Err(Failure::new(format!("`--claims` is not a JSON object: {error}"))),
    };
    let running = state::running()?;
    let ports: Vec<String> = running.iter().map(|(port, _)| port.to_string()).collect();
    let mut chosen = running.into_iter().filter(|(port, _)| verb.port.is_none_or(|wanted| wanted == *port));
    let issuers = match (chosen.next(), chosen.next()) {
        (Some((_, issuers)), None) => issuers,
        (None, _) => {
            let place = verb.port.map_or(String::new(), |port| format!(" on port {port}"));
            return Err(Failure::new(format!("no gateway runs{place}; start one with `meshc run --dev-tokens`")));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::new(format!("several gateways run; choose one with `--port`: {}", ports.join(", "))));
        }
    };
    let Some(issuer) = issuers.iter().find(|issuer| issuer.name == verb.issuer) else {
        let near = suggest::nearest(&verb.issuer, issuers.iter().map(|i| i.name.as_str()));
        let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
        return Err(Failure::new(format!("the gateway has no issuer `{}`{hint}", verb.issuer)));
    };
    let token = issuer.mint(&claims, verb.expired).map_err(|fault| Failure::new(fault.to_string()))?;
    Console::output(&format!("{token}\n"))?;
    Ok(Outcome::Fine)
}
