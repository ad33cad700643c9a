//! Examples that must hold: requests and what is to come of them.

use serde_json::{Map, Value};

use super::{Address, AppId, Issuer, IssuerId};
use crate::source::{Span, Spanned};

/// The subject of a token that does not say another one.
pub const TEST_SUBJECT: &str = "test-subject";

/// A `test` block.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it is called, and where.
    pub name: Spanned<String>,
    /// Its cases, in the order of the text.
    pub cases: Vec<TestCase>,
}

/// A request and what must come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// The line.
    pub span: Span,
    /// The method.
    pub method: String,
    /// Where it goes.
    pub address: Address,
    /// What it presents, if anything.
    pub credential: Option<TestCredential>,
    /// What must come of it.
    pub expected: Spanned<Expected>,
}

/// What a test's request presents.
#[derive(Debug, Clone, PartialEq)]
pub enum TestCredential {
    /// Something that is no token.
    Garbage,
    /// A token.
    Token(TestToken),
}

/// A token of a test: good, but for what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct TestToken {
    /// Who issued it.
    pub issuer: IssuerId,
    /// Whether its time is over.
    pub expired: bool,
    /// Whether somebody else signed it.
    pub forged: bool,
    /// All its claims: `sub` and `aud` too.
    pub claims: Map<String, Value>,
}

/// What stands after `=>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The request reaches this app; of a split any app counts.
    App(AppId),
    /// It is refused, for whatever reason.
    Refused,
    /// There is no such host or path.
    NotFound,
    /// It is sent elsewhere.
    Redirect,
    /// It is answered with this status by the target.
    Status(u16),
}

impl Issuer {
    /// The claims of a good token: a subject, and the first audience if one is asked for.
    pub fn good_claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".to_string(), Value::from(TEST_SUBJECT));
        if let Some(audience) = self.audiences.first() {
            claims.insert("aud".to_string(), Value::from(audience.as_str()));
        }
        claims
    }
}
