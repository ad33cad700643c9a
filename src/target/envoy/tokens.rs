//! Which tokens are looked at: the providers of `jwt_authn` and its requirements.
//!
//! Each issuer puts its payload under a key of its own, so that a claim can never be another issuer's. Whether a token is
//! good enough is not decided here but by RBAC, which reads these payloads.

use indexmap::IndexMap;

use super::cluster::{HttpUrl, name_of_keys};
use super::model::cluster::DataSource;
use super::model::jwt::{
    BackoffStrategy, Empty, HttpUri, JwksAsyncFetch, JwksRetryPolicy, JwksSource, JwtAuthentication, JwtCacheConfig,
    JwtHeader, JwtProvider, JwtRequirement, JwtRequirementList, NormalizePayload, PerRouteConfig, RemoteJwks,
};
use super::{Lowering, cluster};
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{AppId, Issuer, IssuerId, Keys, TokenLocation};

/// Whether a route can do without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// One that is there must be good (as on Istio, R21); there need not be one.
    Optional,
    /// There must be one.
    Needed,
}

/// The providers of all issuers whose tokens some app verifies, and a requirement for each set of issuers.
pub(super) fn authentication(lowering: &mut Lowering<'_, '_>) -> JwtAuthentication {
    let program = lowering.access.program;
    let mut providers = IndexMap::new();
    let mut requirement_map = IndexMap::new();
    for app in lowering.reached() {
        let verifies = &lowering.access.workload(app).verifies;
        for &id in verifies {
            let issuer = program.issuer(id);
            if !providers.contains_key(&issuer.name)
                && let Some(keys) = keys(lowering, issuer)
            {
                providers.insert(issuer.name.clone(), provider(issuer, keys));
            }
        }
        if !verifies.is_empty() {
            for token in [Token::Optional, Token::Needed] {
                let (name, requirement) = requirement(lowering, verifies, token);
                requirement_map.insert(name, requirement);
            }
        }
    }
    JwtAuthentication { providers, requirement_map }
}

/// What a route of an app says about tokens.
pub(super) fn on_route(lowering: &Lowering<'_, '_>, app: AppId, token: Token) -> PerRouteConfig {
    let verifies = &lowering.access.workload(app).verifies;
    if verifies.is_empty() {
        return PerRouteConfig::Disabled(true);
    }
    PerRouteConfig::RequirementName(requirement_name(lowering, verifies, token))
}

fn requirement_name(lowering: &Lowering<'_, '_>, verifies: &[IssuerId], token: Token) -> String {
    let names: Vec<&str> = verifies.iter().map(|&i| lowering.access.program.issuer(i).name.as_str()).collect();
    let all = names.join(" or ");
    match token {
        Token::Needed => all,
        Token::Optional => format!("{all} or none"),
    }
}

/// All the issuers that the app verifies, not only those that the route asks for: a bad token is refused with 401
/// wherever it is looked at, and a good one of another issuer with 403 by RBAC.
fn requirement(lowering: &Lowering<'_, '_>, verifies: &[IssuerId], token: Token) -> (String, JwtRequirement) {
    let name = requirement_name(lowering, verifies, token);
    let provider = |&id: &IssuerId| JwtRequirement::ProviderName(lowering.access.program.issuer(id).name.clone());
    let mut requirements: Vec<JwtRequirement> = verifies.iter().map(provider).collect();
    if token == Token::Optional {
        requirements.push(JwtRequirement::AllowMissing(Empty {}));
    }
    match requirements.as_slice() {
        [one] => (name, one.clone()),
        _ => (name, JwtRequirement::RequiresAny(JwtRequirementList { requirements })),
    }
}

/// `require_expiration` stays off: a token without `exp` is accepted on Istio (R8), and means the same here.
fn provider(issuer: &Issuer, keys: JwksSource) -> JwtProvider {
    let (mut from_headers, mut from_params, mut from_cookies) = (Vec::new(), Vec::new(), Vec::new());
    match &issuer.location {
        // Envoy's own default, said aloud (R7).
        TokenLocation::Default => {
            from_headers.push(JwtHeader { name: "authorization".into(), value_prefix: "Bearer ".into() });
            from_params.push("access_token".to_string());
        }
        TokenLocation::Header { name, prefix } => {
            from_headers.push(JwtHeader { name: name.clone(), value_prefix: prefix.clone().unwrap_or_default() });
        }
        TokenLocation::Query(name) => from_params.push(name.clone()),
        TokenLocation::Cookie(name) => from_cookies.push(name.clone()),
    }
    JwtProvider {
        issuer: issuer.url.clone(),
        audiences: issuer.audiences.clone(),
        keys,
        forward: issuer.forward,
        from_headers,
        from_params,
        from_cookies,
        payload_in_metadata: payload_key(issuer),
        failed_status_in_metadata: format!("failed {}", issuer.name),
        normalize_payload_in_metadata: NormalizePayload { space_delimited_claims: vec!["scope", "permission"] },
        jwt_cache_config: JwtCacheConfig { jwt_cache_size: 1000 },
    }
}

/// The key under which an issuer's payload stands.
pub(super) fn payload_key(issuer: &Issuer) -> String {
    issuer.name.clone()
}

fn keys(lowering: &mut Lowering<'_, '_>, issuer: &Issuer) -> Option<JwksSource> {
    let inline = |text: &str| JwksSource::LocalJwks(DataSource::InlineString(text.to_string()));
    if let Some(replaced) = lowering.options.keys.get(&issuer.name) {
        return Some(inline(replaced));
    }
    let uri = match &issuer.keys {
        Keys::Inline(text) => return Some(inline(text)),
        Keys::Uri(uri) => uri,
        Keys::Discovery => {
            lowering.diagnostics.push(
                Diagnostic::new(
                    codes::MISSING_FOR_ENVOY,
                    format!(
                        "the keys of issuer `{}` would have to be discovered, which Envoy does not do",
                        issuer.name
                    ),
                    issuer.span,
                    "has no `jwks`",
                )
                .with_help("say where its keys are: `jwks \"https://…\"`, or `jwks file \"…\"`"),
            );
            return None;
        }
    };
    let Some(url) = HttpUrl::parse(uri) else {
        lowering.diagnostics.push(
            Diagnostic::new(
                codes::MISSING_FOR_ENVOY,
                format!("the keys of issuer `{}` are at `{uri}`, from where Envoy cannot fetch them", issuer.name),
                issuer.span,
                "its keys are not at an http or https URL",
            )
            .with_help("give an `https://` URL without user and password"),
        );
        return None;
    };
    let cluster = cluster::of_keys(lowering, issuer, &url);
    lowering.clusters.push(cluster);
    let back_off = BackoffStrategy { base_interval: "0.2s", max_interval: "2s" };
    Some(JwksSource::RemoteJwks(RemoteJwks {
        http_uri: HttpUri { uri: uri.clone(), cluster: name_of_keys(issuer), timeout: "2s" },
        cache_duration: "300s",
        // Old keys go on working while new ones cannot be had.
        async_fetch: JwksAsyncFetch { fast_listener: false },
        retry_policy: JwksRetryPolicy { num_retries: 2, retry_back_off: back_off },
    }))
}
