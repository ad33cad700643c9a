//! What an app gets of a request that is let through: path and query, and whether the token is still in its place. A proxy
//! removes a token that it verified, unless the issuer says `forward` (R6).

use std::collections::BTreeMap;

use super::{Access, Credential, Outcome, Presented, Request};
use crate::ir::{AppId, TokenLocation};

/// What an app gets of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path and query as the app gets them. A token that stays in the query is their end; it is left out here, so that the
    /// text ends in `NAME=`.
    pub target: String,
    /// What became of the token.
    pub token: TokenLeft,
}

/// What became of the token of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLeft {
    /// The request has none.
    None,
    /// It is where the client put it.
    Kept,
    /// It is gone, and with it the header or the parameter.
    Removed,
}

impl Seen {
    /// Whether a proxy cannot send this target on, and answers 503 by itself: its query, decoded, holds a control character
    /// (R6b).
    pub fn is_unsendable(&self) -> bool {
        self.target.bytes().any(|b| b.is_ascii_control() && b != b'\t')
    }

    /// What differs from what an app saw of the request: path and query, and whether it got a header, by its name in lower
    /// case.
    pub fn differs(&self, request: &Request, target: &str, has_header: impl Fn(&str) -> bool) -> Vec<String> {
        let mut reasons = Vec::new();
        let place = request.presented.as_ref().map(|presented| &presented.at);
        let in_query = matches!(place, Some(TokenLocation::Query(_))) && self.token == TokenLeft::Kept;
        // The token itself is not compared, only that it is there.
        let is_token =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let (same, token) = if in_query {
            (target.strip_prefix(&*self.target).is_some_and(is_token), "…")
        } else {
            (target == self.target, "")
        };
        if !same {
            reasons.push(format!("the app saw `{target}` instead of `{}{token}`", self.target));
        }
        let header = match place {
            None | Some(TokenLocation::Query(_)) => return reasons,
            Some(TokenLocation::Default) => "authorization".to_string(),
            Some(TokenLocation::Header { name, .. }) => name.to_ascii_lowercase(),
            Some(TokenLocation::Cookie(_)) => "cookie".to_string(),
        };
        let there = has_header(&header);
        if there != (self.token == TokenLeft::Kept) {
            let had = if there { "got" } else { "did not get" };
            reasons.push(format!("the app {had} the header `{header}`, whose token has to be {:?}", self.token));
        }
        reasons
    }
}

impl Request {
    /// Whether a query, with its `?` or empty, is the one of this request as it was sent: with the token, if that is there.
    pub fn keeps_query(&self, query: &str) -> bool {
        let mine = self.target.find('?').map_or("", |at| &self.target[at..]);
        let in_query = self.presented.as_ref().is_some_and(|p| matches!(p.at, TokenLocation::Query(_)));
        if in_query { query.starts_with(mine) && query.len() > mine.len() } else { query == mine }
    }
}

/// What the app gets; `None` where none does. A token in the query is taken to be the last parameter.
pub fn seen(access: &Access<'_>, request: &Request, outcome: &Outcome) -> Option<Seen> {
    let Outcome::Forward { apps, path } = outcome else { return None };
    let token = match &request.presented {
        None => TokenLeft::None,
        Some(presented) if apps.first().is_some_and(|&app| is_removed(access, app, presented)) => TokenLeft::Removed,
        Some(_) => TokenLeft::Kept,
    };
    let query = request.target.find('?').map_or("", |at| &request.target[at..]);
    let target = match request.presented.as_ref().map(|presented| &presented.at) {
        Some(TokenLocation::Query(name)) => {
            let query = format!("{query}{}{name}=", if query.is_empty() { '?' } else { '&' });
            let query = if token == TokenLeft::Removed { without(&query[1..], name) } else { query };
            format!("{path}{query}")
        }
        _ => format!("{path}{query}"),
    };
    Some(Seen { target, token })
}

/// Whether an app's proxy removes a token with which it lets a request through.
fn is_removed(access: &Access<'_>, app: AppId, presented: &Presented) -> bool {
    let Credential::Token(token) = &presented.credential else { return false };
    let issuer = access.program.issuer(token.issuer);
    let verified = access.workload(app).verifies.contains(&token.issuer) && issuer.location.reads(&presented.at);
    // No proxy removes a cookie (R6c).
    verified && !issuer.forward && !matches!(presented.at, TokenLocation::Cookie(_))
}

/// A query as a proxy writes it anew to remove a parameter: names and values decoded and not encoded again, in the order of
/// the names, each with a `=` (R6b). With its `?`, or empty.
fn without(query: &str, name: &str) -> String {
    let mut kept: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    let mut rest = query;
    while !rest.is_empty() {
        let (parameter, after) = rest.split_once('&').unwrap_or((rest, ""));
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        kept.entry(decoded(key)).or_default().push(decoded(value));
        rest = after;
    }
    kept.remove(name.as_bytes());
    let mut written = Vec::new();
    for (key, value) in kept.iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value))) {
        written.push(if written.is_empty() { b'?' } else { b'&' });
        written.extend_from_slice(key);
        written.push(b'=');
        written.extend_from_slice(value);
    }
    String::from_utf8_lossy(&written).into_owned()
}

fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|&b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut made = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(at + 1), digit(at + 2)) {
            made.push(high * 16 + low);
            at += 3;
        } else {
            made.push(byte);
            at += 1;
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_written_anew_as_envoy_1_40_does() {
        for (query, seen) in [
            ("t=T", ""),
            ("t=1&t=2", ""),
            ("%74=T", ""),
            ("x=a%26admin%3D1&t=T", "?x=a&admin=1"),
            ("z=1&a=2&t=T&m=3&a=1", "?a=2&a=1&m=3&z=1"),
            ("flag&t=T", "?flag="),
            ("&&t=T&&", "?=&=&="),
            ("x=a+b%2B&t=T", "?x=a+b+"),
            ("x=a%20b&t=T", "?x=a b"),
            ("x=%2526%zz%4&t=T", "?x=%26%zz%4"),
            ("x=%23%3f&t=T", "?x=#?"),
            ("x==y=&=v&t=T", "?=v&x==y="),
            ("T=t", "?T=t"),
        ] {
            assert_eq!(without(query, "t"), seen, "{query}");
        }
        let seen = |target: &str| Seen { target: target.to_string(), token: TokenLeft::Removed };
        assert!(seen("/?x=\r\n").is_unsendable() && seen("/?x=\u{7f}").is_unsendable());
        assert!(!seen("/?x=\t b").is_unsendable());
    }
}
