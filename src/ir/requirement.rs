//! What a token must meet, as written, names resolved.

use std::collections::BTreeSet;

use super::IssuerId;
use crate::source::Span;

/// A place in [`Program::policies`](super::Program::policies).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub usize);

/// A requirement with a name. Formulas hold what a policy says, not its name; this is kept to tell what is wrong with it.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Where its requirement was written.
    pub span: Span,
    /// What the token must meet.
    pub formula: Formula,
    /// The policies that stand in it, and those in them.
    pub names: Vec<PolicyId>,
}

/// A formula over the facts of one verified token. Without a token every fact is false.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Formula {
    /// Any valid token of an issuer that the app trusts.
    AnyToken,
    /// A valid token of this issuer.
    Token(IssuerId),
    /// A condition on the token.
    Condition(Condition),
    /// All of them.
    And(Vec<Formula>),
    /// One of them.
    Or(Vec<Formula>),
    /// Not this.
    Not(Box<Formula>),
}

/// A fact of the token that must be (or must not be) one of the values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// What is looked at.
    pub fact: Fact,
    /// The values; the fact is one of these, or a list that holds one.
    pub values: BTreeSet<String>,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// The `sub` claim.
    Subject,
    /// The `aud` claim.
    Audience,
    /// A claim, by its path: one step per nested object.
    Claim(Vec<String>),
}

impl Fact {
    /// `scope` and `permission` are strings of words with blanks between them, and count as lists of these words (R6).
    pub fn is_space_delimited(&self) -> bool {
        matches!(self, Fact::Claim(path) if matches!(path.as_slice(), [one] if one == "scope" || one == "permission"))
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Subject => f.write_str("subject"),
            Fact::Audience => f.write_str("audience"),
            Fact::Claim(path) => {
                let steps: Vec<_> =
                    path.iter().map(|s| if s.contains('.') { format!("\"{s}\"") } else { s.clone() }).collect();
                write!(f, "claim {}", steps.join("."))
            }
        }
    }
}
