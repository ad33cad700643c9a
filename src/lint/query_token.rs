//! Tokens in the query. Proxies take a token out of the query by writing the whole query anew, and not as it was (R6b).

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{File, Issuer, IssuerLine, Item, TokenLocation};

pub(super) fn found(files: &[File], _: &Analysis) -> Vec<Diagnostic> {
    let items = files.iter().flat_map(|file| &file.items);
    let issuers = items.filter_map(|item| if let Item::Issuer(issuer) = &item.value { Some(issuer) } else { None });
    issuers.filter_map(|issuer| Some(warning(&issuer.name.text, in_query(issuer)?))).collect()
}

/// The line that says that tokens travel in the query, if they do not stay there.
fn in_query(issuer: &Issuer) -> Option<Span> {
    let lines = || issuer.body.lines.iter();
    let token = lines().find(|line| matches!(line.value, IssuerLine::Token(_)))?;
    // A line that could not be read may be the other one.
    let forward = lines().any(|line| matches!(line.value, IssuerLine::Forward | IssuerLine::Error));
    (!forward && matches!(token.value, IssuerLine::Token(TokenLocation::Query(_)))).then_some(token.span)
}

fn warning(issuer: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::QUERY_TOKEN,
        format!("the query changes when a proxy removes the token of issuer `{issuer}` from it"),
        span,
        "removed from the query",
    )
    .with_note(
        "the proxy decodes all parameters and does not encode them again: `?q=a%26admin%3D1` becomes `?q=a&admin=1`",
    )
    .with_help(
        "add `forward`: the query then stays as it is, and the app sees the token; or let the token travel in a header",
    )
}
