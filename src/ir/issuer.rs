//! Who signs tokens, and where a token of theirs is found.

use std::collections::BTreeMap;

use crate::source::Span;

/// An issuer of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerId(pub usize);

/// Who signs tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name in the program.
    pub name: String,
    /// The declaration.
    pub span: Span,
    /// The exact text of the `iss` claim.
    pub url: String,
    /// Where its public keys are.
    pub keys: Keys,
    /// The audiences of which a token must name one; empty: not looked at.
    pub audiences: Vec<String>,
    /// Where its tokens travel.
    pub location: TokenLocation,
    /// Whether the app sees the token too.
    pub forward: bool,
    /// Whether a token without `sub` counts.
    pub subject_optional: bool,
    /// The declared claims; `None`: any claim may be asked for.
    pub claims: Option<BTreeMap<Vec<String>, ClaimType>>,
}

/// Where an issuer's public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// A JWKS document at this URL.
    Uri(String),
    /// The JWKS document itself, as compact JSON.
    Inline(String),
    /// By OpenID Connect discovery from the issuer's URL.
    Discovery,
}

/// Where an issuer's tokens travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenLocation {
    /// Not said: `Authorization: Bearer …`, or the query parameter `access_token` (R7).
    Default,
    /// In a header, after a prefix.
    Header {
        /// The header.
        name: String,
        /// The prefix, if any.
        prefix: Option<String>,
    },
    /// In a query parameter.
    Query(String),
    /// In a cookie.
    Cookie(String),
}

/// What a declared claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimType {
    /// One string.
    String,
    /// A list of strings.
    List,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
}

impl ClaimType {
    /// The word that stands for the type in a program.
    pub fn word(self) -> &'static str {
        match self {
            ClaimType::String => "string",
            ClaimType::List => "list",
            ClaimType::Boolean => "boolean",
            ClaimType::Number => "number",
        }
    }

    /// The type of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [ClaimType::String, ClaimType::List, ClaimType::Boolean, ClaimType::Number]
            .into_iter()
            .find(|t| t.word() == word)
    }
}
