//! `meshc why`: what becomes of one request, which lines decide, and what would have been enough.

mod answer;
mod jwt;
mod token;

use super::arguments::{Why, WhyFormat};
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::load;
use super::{Outcome, environment};
use crate::access::{Access, Via, deliver, ways_in};
use crate::diagnostic::{Diagnostic, suggest};
use crate::ir::{Address, AppId, Method};

pub(super) fn run(verb: &Why, console: &Console) -> Result<Outcome, Failure> {
    let (method, address) = request(&verb.request)?;
    let given = token::Given::read(verb)?;
    let program = load(&verb.paths.paths)?;
    let parsed = crate::parse(&program.sources);
    let attachments = program.attachments(&parsed);
    let chosen = environment::one(verb.env.as_deref(), &parsed);
    let name = verb.env.clone().or_else(|| crate::environments(&parsed).into_iter().next());
    let ask = |access: &Access<'_>| {
        chosen?;
        let inside = verb.inside.as_deref().map(|name| app(access, name)).transpose()?;
        let address = read_address(access, address, inside)?;
        let ways = match inside {
            Some(app) => vec![Via::Inside(app)],
            None => ways_in(access, &address),
        };
        let shown = given.presented(access)?;
        let deliveries = deliver(access, &ways, method, &address, |request| shown.for_request(access, request));
        let answers = answer::Answers::new(access, &deliveries, format!("{method} {address}"), shown.note, &program);
        Ok(match verb.format {
            WhyFormat::Human => answers.human(&program),
            WhyFormat::Json => answers.json(),
        })
    };
    let (answer, mut found) = crate::with_access(&program.sources, &parsed, &attachments, name.as_deref(), ask);
    let Some(text) = answer else {
        found.retain(Diagnostic::is_error);
        console.findings(&found, &program, Findings::Aside)?;
        return Ok(Outcome::Findings);
    };
    Console::output(&text?)?;
    Ok(Outcome::Fine)
}

/// Method and address of `GET https://shop.example.com/`; without a method it is `GET`.
fn request(text: &str) -> Result<(&'static str, &str), Failure> {
    let text = text.trim();
    let Some((method, address)) = text.split_once(char::is_whitespace) else {
        if Method::from_name(&text.to_ascii_uppercase()).is_some() {
            return Err(Failure::new(format!(
                "`{text}` has no address; write method and address in one argument: '{text} https://…'"
            )));
        }
        return Ok(("GET", text));
    };
    if let Some(found) = Method::from_name(method) {
        return Ok((found.name(), address.trim()));
    }
    let upper = Method::from_name(&method.to_ascii_uppercase()).map(Method::name);
    let near = upper.or_else(|| suggest::nearest(method, Method::ALL.map(Method::name)));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
    Err(Failure::new(format!("`{method}` is not a method{hint}")))
}

/// Reads an address; for a caller inside the mesh a path is one, at the app's own name.
fn read_address(access: &Access<'_>, text: &str, inside: Option<AppId>) -> Result<Address, Failure> {
    let whole = match inside.map(|app| access.program.app(app)) {
        Some(app) if text.starts_with('/') => format!("{}.{}.svc.cluster.local{text}", app.service, app.namespace),
        _ => text.to_string(),
    };
    Address::parse(&whole)
        .map_err(|fault| Failure::new(format!("no request can be sent to `{text}`: {}", fault.text())))
}

/// The app of a name, or of `namespace/name`.
pub(super) fn app(access: &Access<'_>, name: &str) -> Result<AppId, Failure> {
    let program = access.program;
    let matching: Vec<AppId> =
        program.app_ids().filter(|(_, a)| a.name == name || a.qualified_name() == name).map(|(id, _)| id).collect();
    match matching.as_slice() {
        [only] => Ok(*only),
        [] => {
            let near = suggest::nearest(name, program.apps.iter().map(|a| a.name.as_str()));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
            Err(Failure::new(format!("there is no app `{name}`{hint}")))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|&a| format!("`{}`", program.app(a).qualified_name())).collect();
            Err(Failure::new(format!("there are several apps `{name}`; write {}", names.join(" or "))))
        }
    }
}
