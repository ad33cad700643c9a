//! An app's RequestAuthentication: the issuers whose tokens are verified at its pods. An app that requires nothing has
//! none.

use super::model::{JwtHeader, JwtRule, RequestAuthentication, Selector};
use super::{Lowering, REQUEST_AUTHENTICATION};
use crate::ir::{AppId, Issuer, Keys, TokenLocation};

pub(super) fn lower(lowering: &mut Lowering<'_, '_>, id: AppId) {
    let access = lowering.access;
    let app = access.program.app(id);
    let issuers: Vec<&Issuer> = access.workload(id).verifies.iter().map(|&i| access.program.issuer(i)).collect();
    if issuers.is_empty() {
        return;
    }
    let jwt_rules: Vec<JwtRule> = issuers.iter().map(|i| jwt_rule(i)).collect();
    let size = jwt_rules.iter().map(|r| 512 + r.issuer.len() + r.jwks.as_ref().map_or(0, String::len) * 5 / 4).sum();
    let spec = RequestAuthentication { selector: Selector { match_labels: app.selector.clone() }, jwt_rules };
    let origins = issuers.iter().map(|i| i.span).chain([app.head]).collect();
    lowering.push(REQUEST_AUTHENTICATION, &app.namespace, app.name.clone(), spec, size, origins);
}

fn jwt_rule(issuer: &Issuer) -> JwtRule {
    let (jwks_uri, jwks) = match &issuer.keys {
        Keys::Uri(uri) => (Some(uri.clone()), None),
        Keys::Inline(keys) => (None, Some(keys.clone())),
        Keys::Discovery => (None, None),
    };
    let mut rule = JwtRule {
        issuer: issuer.url.clone(),
        audiences: issuer.audiences.clone(),
        jwks_uri,
        jwks,
        from_headers: Vec::new(),
        from_params: Vec::new(),
        from_cookies: Vec::new(),
        forward_original_token: issuer.forward.then_some(true),
    };
    match &issuer.location {
        TokenLocation::Default => {}
        TokenLocation::Header { name, prefix } => {
            rule.from_headers.push(JwtHeader { name: name.clone(), prefix: prefix.clone() });
        }
        TokenLocation::Query(name) => rule.from_params.push(name.clone()),
        TokenLocation::Cookie(name) => rule.from_cookies.push(name.clone()),
    }
    rule
}
