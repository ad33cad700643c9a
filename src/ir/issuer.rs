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

impl TokenLocation {
    /// Whether a proxy that looks for tokens here comes upon what was put at another place (R7, R24). A prefix is looked
    /// for anywhere in a header.
    pub fn finds(&self, put: &TokenLocation) -> bool {
        self.behind(put).is_some()
    }

    /// Whether it then reads the token that was put there, and not something else.
    pub fn reads(&self, put: &TokenLocation) -> bool {
        let is_of_tokens = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match (self.header(), self.behind(put)) {
            // Without a prefix all of the header is taken.
            (Some((_, "")), Some(rest)) => rest.is_empty(),
            (_, Some(rest)) => !rest.contains(is_of_tokens),
            (_, None) => false,
        }
    }

    /// What stands before the token that was put somewhere, behind the prefix that is looked for here.
    fn behind<'t>(&self, put: &'t TokenLocation) -> Option<&'t str> {
        match put {
            TokenLocation::Default | TokenLocation::Header { .. } => {
                let ((name, prefix), (other, before)) = (self.header()?, put.header()?);
                let at = before.find(prefix).filter(|_| name.eq_ignore_ascii_case(other))?;
                Some(&before[at + prefix.len()..])
            }
            TokenLocation::Query(name) => {
                let mine = match self {
                    TokenLocation::Default => Some("access_token"),
                    TokenLocation::Query(mine) => Some(&**mine),
                    TokenLocation::Header { .. } | TokenLocation::Cookie(_) => None,
                };
                (mine? == name).then_some("")
            }
            TokenLocation::Cookie(_) => (self == put).then_some(""),
        }
    }

    /// The header and the prefix.
    fn header(&self) -> Option<(&str, &str)> {
        match self {
            TokenLocation::Default => Some(("authorization", "Bearer ")),
            TokenLocation::Header { name, prefix } => Some((name, prefix.as_deref().unwrap_or_default())),
            TokenLocation::Query(_) | TokenLocation::Cookie(_) => None,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::TokenLocation;

    #[test]
    fn places_that_overlap_find_each_others_tokens() {
        let header = |name: &str, prefix: &str| TokenLocation::Header {
            name: name.into(),
            prefix: Some(prefix.to_string()).filter(|p| !p.is_empty()),
        };
        let query = |name: &str| TokenLocation::Query(name.into());
        let cookie = |name: &str| TokenLocation::Cookie(name.into());
        let default = TokenLocation::Default;
        // Where is looked, where it was put, whether it is found, whether it is read.
        for (looked, put, found, read) in [
            (&default, &header("authorization", "Bearer "), true, true),
            (&header("authorization", "Bearer "), &default, true, true),
            (&header("authorization", "Bearer"), &default, true, true),
            (&header("authorization", "Token "), &default, false, false),
            (&header("authorization", ""), &default, true, false),
            (&default, &query("access_token"), true, true),
            (&query("access_token"), &default, false, false),
            (&default, &query("token"), false, false),
            (&header("x-jwt", ""), &header("x-jwt", "Token "), true, false),
            (&header("x-jwt", "Token "), &header("x-jwt", ""), false, false),
            (&header("x-jwt", "Token "), &header("x-jwt", "My Token "), true, true),
            (&header("x-jwt", "My "), &header("x-jwt", "My Token "), true, false),
            (&header("x-jwt", ""), &header("x-other", ""), false, false),
            (&cookie("a"), &cookie("a"), true, true),
            (&cookie("a"), &cookie("b"), false, false),
            (&cookie("a"), &query("a"), false, false),
        ] {
            assert_eq!((looked.finds(put), looked.reads(put)), (found, read), "{looked:?} at {put:?}");
        }
    }
}
