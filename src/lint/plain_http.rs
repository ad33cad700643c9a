//! Keys that are fetched without TLS.

use crate::analyze::Analysis;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Issuer, Keys};
use crate::syntax::ast::{File, IssuerLine, Item, Text};

pub(super) fn found(files: &[File], analysis: &Analysis) -> Vec<Diagnostic> {
    let warning = |issuer: &Issuer| {
        let Keys::Uri(url) = &issuer.keys else { return None };
        if !url.starts_with("http://") {
            return None;
        }
        Some(
            Diagnostic::new(
                codes::PLAIN_HTTP,
                format!("the keys at `{url}` are fetched without TLS"),
                text(files, issuer)?.span,
                "whoever can change the answer can sign tokens",
            )
            .with_help("use `https://`, or put the keys into the manifests: `jwks file \"keys.json\"`"),
        )
    };
    analysis.program.issuers.iter().filter_map(warning).collect()
}

/// The place where an issuer's keys are named.
fn text<'a>(files: &'a [File], issuer: &Issuer) -> Option<&'a Text> {
    let item = files.iter().flat_map(|file| &file.items).find(|item| item.span == issuer.span)?;
    let Item::Issuer(declared) = &item.value else { return None };
    declared.body.lines.iter().find_map(|line| if let IssuerLine::Jwks(text) = &line.value { Some(text) } else { None })
}
