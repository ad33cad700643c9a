//! The lines of blocks: of each kind, how one is built and what begins one.

use super::{Builder, P, is_text};
use crate::source::Spanned;
use crate::syntax::ast::{
    AppLine, ClaimLine, ClaimValue, ClaimValueLine, CorsLine, EnvLine, GatewayLine, HostLine, IssuerLine, RouteOption,
    Text, TokenLocation,
};
use crate::syntax::grammar::{Rule, parts};

/// A kind of line. The declarations of a file are one of them.
pub(in crate::syntax) trait Line: Sized {
    /// The line of a pair; `None` if the pair is none.
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>>;

    /// The line that stands for one which could not be read.
    fn error() -> Self;
}

impl Line for IssuerLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let line = match pair.as_rule() {
            Rule::url => IssuerLine::Url(builder.only_text(pair)?),
            Rule::jwks => IssuerLine::Jwks(builder.only_text(pair)?),
            Rule::jwks_file => IssuerLine::JwksFile(builder.only_text(pair)?),
            Rule::audience => IssuerLine::Audience(builder.texts(pair)),
            Rule::token_header => {
                let mut texts = builder.texts(pair).into_iter();
                IssuerLine::Token(TokenLocation::Header { name: texts.next()?, prefix: texts.next() })
            }
            Rule::token_query => IssuerLine::Token(TokenLocation::Query(builder.only_text(pair)?)),
            Rule::token_cookie => IssuerLine::Token(TokenLocation::Cookie(builder.only_text(pair)?)),
            Rule::forward => IssuerLine::Forward,
            Rule::claims => {
                let block = parts(pair).find(|part| part.as_rule() == Rule::claims_block)?;
                IssuerLine::Claims(builder.block(block))
            }
            Rule::subject_optional => IssuerLine::SubjectOptional,
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }

    fn error() -> Self {
        IssuerLine::Error
    }
}

impl Line for ClaimLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let mut parts = parts(pair);
        let path = builder.claim_path(parts.next()?);
        let kind = builder.name(&parts.next()?);
        Some(Spanned::new(span, ClaimLine::Claim { path, kind }))
    }

    fn error() -> Self {
        ClaimLine::Error
    }
}

impl Line for GatewayLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let line = match pair.as_rule() {
            Rule::http => GatewayLine::Http(builder.only_text(pair)?),
            Rule::https => {
                let mut texts = builder.texts(pair).into_iter();
                GatewayLine::Https { port: texts.next()?, secret: texts.next()? }
            }
            Rule::redirect_http_to_https => GatewayLine::RedirectHttpToHttps,
            Rule::gateway_hosts => GatewayLine::Hosts(builder.texts(pair)),
            Rule::gateway_select => GatewayLine::Select(builder.texts(pair)),
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }

    fn error() -> Self {
        GatewayLine::Error
    }
}

impl Line for AppLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let line = match pair.as_rule() {
            Rule::route | Rule::odd_route => {
                let route = builder.route(pair)?;
                return Some(Spanned::new(route.span, AppLine::Route(route.value)));
            }
            Rule::hosts => AppLine::Hosts(builder.texts(pair)),
            Rule::via => AppLine::Via(builder.names(pair)),
            Rule::app_use => AppLine::Use(builder.names(pair)),
            Rule::select => AppLine::Select(builder.texts(pair)),
            Rule::service => AppLine::Service(builder.only_text(pair)?),
            Rule::protocol => AppLine::Protocol(builder.names(pair).pop()?),
            Rule::issuers => AppLine::Issuers(builder.names(pair)),
            Rule::cors => {
                let block = parts(pair).find(|part| part.as_rule() == Rule::cors_block)?;
                AppLine::Cors(builder.block(block))
            }
            Rule::host => {
                let mut hosts = Vec::new();
                let mut body = None;
                for part in parts(pair) {
                    match part.as_rule() {
                        Rule::host_block => body = Some(builder.block(part)),
                        _ if is_text(&part) => hosts.push(builder.text(&part)),
                        _ => {}
                    }
                }
                AppLine::Host { hosts, body: body? }
            }
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }

    fn error() -> Self {
        AppLine::Error
    }
}

impl Line for HostLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        match pair.as_rule() {
            Rule::route | Rule::odd_route => {
                let route = builder.route(pair)?;
                Some(Spanned::new(route.span, HostLine::Route(route.value)))
            }
            Rule::host_use => Some(Spanned::new(span, HostLine::Use(builder.names(pair)))),
            _ => None,
        }
    }

    fn error() -> Self {
        HostLine::Error
    }
}

impl Line for CorsLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let line = match pair.as_rule() {
            Rule::cors_origins => CorsLine::Origins(builder.texts(pair)),
            Rule::cors_methods => CorsLine::Methods(builder.names(pair)),
            Rule::cors_headers => CorsLine::Headers(builder.texts(pair)),
            Rule::cors_expose => CorsLine::Expose(builder.texts(pair)),
            Rule::cors_credentials => CorsLine::Credentials,
            Rule::cors_max_age => CorsLine::MaxAge(builder.only_text(pair)?),
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }

    fn error() -> Self {
        CorsLine::Error
    }
}

impl Line for RouteOption {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let line = match pair.as_rule() {
            Rule::timeout => RouteOption::Timeout(builder.only_text(pair)?),
            Rule::retries => RouteOption::Retries(builder.only_text(pair)?),
            Rule::rewrite => RouteOption::Rewrite(builder.only_text(pair)?),
            Rule::to => {
                let mut parts = parts(pair).skip(1);
                let app = builder.app_reference(parts.next()?)?;
                RouteOption::To { app, percent: builder.percent(&parts.next()?) }
            }
            _ => return None,
        };
        Some(Spanned::new(span, line))
    }

    fn error() -> Self {
        RouteOption::Error
    }
}

impl Line for EnvLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let mut parts = parts(pair);
        let name = builder.name(&parts.next()?);
        let value = builder.text(&parts.next()?);
        Some(Spanned::new(span, EnvLine::Value { name, value }))
    }

    fn error() -> Self {
        EnvLine::Error
    }
}

impl Line for ClaimValueLine {
    fn build(builder: &mut Builder, pair: P<'_>) -> Option<Spanned<Self>> {
        let span = builder.span(&pair);
        let mut parts = parts(pair);
        let path = builder.claim_path(parts.next()?);
        let value = parts.next()?;
        let place = builder.span(&value);
        let value = match value.as_rule() {
            Rule::string => ClaimValue::String(builder.text(&value)),
            Rule::list => ClaimValue::List(builder.texts(value)),
            Rule::value_word => ClaimValue::Word(builder.name(&value)),
            _ => return None,
        };
        Some(Spanned::new(span, ClaimValueLine::Value { path, value: Spanned::new(place, value) }))
    }

    fn error() -> Self {
        ClaimValueLine::Error
    }
}

impl Builder {
    /// `10%`: the text and its place are without the `%`.
    fn percent(&self, pair: &P<'_>) -> Text {
        let number = pair.as_str().trim_end_matches('%');
        crate::syntax::lexical::text(self.file, self.base + pair.as_span().start(), number)
    }
}
