//! What the request of `meshc why` presents.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::jwt;
use crate::access::{Access, Credential, Presented, Request, Token, usual_location};
use crate::cli::arguments::Why;
use crate::cli::failure::{Failure, io_message, reason};
use crate::diagnostic::suggest;
use crate::ir::{Issuer, IssuerId, TokenLocation};

/// More than any server takes in a header, in bytes.
const MAX_TOKEN: u64 = 1024 * 1024;

/// Claims that need no declaration: those of every token, and `scope`.
const REGISTERED: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope"];

/// What the call gives, before the program is known.
pub(super) enum Given {
    Nothing,
    /// A good token of the issuer of this name, with these claims.
    Good(String, Map<String, Value>),
    /// The text of a token, and what it was read from.
    Text(String, String),
}

/// What is presented.
pub(super) struct Shown {
    /// The credential and where it travels, if that is known without the request.
    credential: Option<(Credential, Option<TokenLocation>)>,
    /// What is to be said about the token.
    pub note: Option<String>,
}

impl Given {
    pub fn read(verb: &Why) -> Result<Given, Failure> {
        if let Some(path) = &verb.token {
            let stdin = path.as_os_str() == "-";
            if stdin && verb.paths.paths.iter().any(|p| p.as_os_str() == "-") {
                return Err(Failure::new("token and program cannot both come from standard input"));
            }
            return read_token(path, stdin);
        }
        let Some(issuer) = &verb.with else { return Ok(Given::Nothing) };
        let claims = match verb.claims.as_deref().map(serde_json::from_str::<Value>) {
            None => Map::new(),
            Some(Ok(Value::Object(claims))) => claims,
            Some(Ok(_)) => {
                return Err(Failure::new("`--claims` has to be a JSON object, such as {\"groups\": [\"x\"]}"));
            }
            Some(Err(error)) => return Err(Failure::new(format!("`--claims` is not JSON: {error}"))),
        };
        Ok(Given::Good(issuer.clone(), claims))
    }

    /// What that is in a program.
    pub fn presented(&self, access: &Access<'_>) -> Result<Shown, Failure> {
        let program = access.program;
        match self {
            Given::Nothing => Ok(Shown { credential: None, note: None }),
            Given::Good(name, claims) => {
                let Some(place) = program.issuers.iter().position(|i| i.name == *name) else {
                    let near = suggest::nearest(name, program.issuers.iter().map(|i| i.name.as_str()));
                    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
                    return Err(Failure::new(format!("there is no issuer `{name}`{hint}")));
                };
                let issuer = IssuerId(place);
                let who = program.issuer(issuer);
                let mut all = who.good_claims();
                all.extend(claims.clone());
                let token = Credential::Token(Token { issuer, flaw: None, claims: all });
                let note = format!("with a good token of issuer `{name}`{}", undeclared(who, claims));
                Ok(Shown { credential: Some((token, Some(who.location.clone()))), note: Some(note) })
            }
            Given::Text(text, source) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
                let (credential, what) = jwt::read(text, program, now);
                let location = match &credential {
                    Credential::Token(token) => Some(program.issuer(token.issuer).location.clone()),
                    Credential::Garbage | Credential::Stranger => None,
                };
                let note = format!("with the token in {source}: {what}; its signature was not verified");
                Ok(Shown { credential: Some((credential, location)), note: Some(note) })
            }
        }
    }
}

impl Shown {
    /// What a request presents.
    pub fn for_request(&self, access: &Access<'_>, request: &Request) -> Option<Presented> {
        let (credential, at) = self.credential.clone()?;
        Some(Presented { at: at.unwrap_or_else(|| usual_location(access, request)), credential })
    }
}

/// What is to be said of claims that the issuer does not declare: the name may be misspelt, and then the answer is that
/// of a token without it.
fn undeclared(issuer: &Issuer, claims: &Map<String, Value>) -> String {
    let Some(declared) = &issuer.claims else { return String::new() };
    let known: BTreeSet<&str> = declared.keys().filter_map(|steps| steps.first()).map(String::as_str).collect();
    let strange = |name: &&String| !REGISTERED.contains(&name.as_str()) && !known.contains(name.as_str());
    let told = claims.keys().filter(strange).map(|name| match suggest::nearest(name, known.iter().copied()) {
        Some(near) => format!("; it declares no claim `{name}`; did you mean `{near}`"),
        None => format!("; it declares no claim `{name}`"),
    });
    told.collect()
}

fn read_token(path: &Path, stdin: bool) -> Result<Given, Failure> {
    let mut text = String::new();
    let read = if stdin {
        io::stdin().lock().take(MAX_TOKEN).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(MAX_TOKEN).read_to_string(&mut text))
    };
    match read {
        Ok(_) => {
            let source = if stdin { "standard input".to_string() } else { format!("`{}`", path.display()) };
            Ok(Given::Text(text, source))
        }
        Err(error) if stdin => Err(Failure::new(format!("cannot read standard input: {}", reason(&error)))),
        Err(error) => Err(Failure::new(io_message("read", path, &error))),
    }
}
