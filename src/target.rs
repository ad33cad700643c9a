//! What comes out: typed documents of a target, each with the lines of the program that made it.

pub mod envoy;
mod expression;
pub mod istio;

use crate::source::Span;
use istio::model;

/// One object of a target, ready to be written; or, with another `B`, what was made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<B = Body> {
    /// What the object is called: for order and for file names.
    pub key: DocumentKey,
    /// The object itself, in the order in which its fields are to be written.
    pub body: B,
    /// The declarations and lines that made it, in the order of files and lines, without repetitions.
    pub origins: Vec<Span>,
}

impl Document {
    /// The same document with what `write` makes of it in the place of the object, which is let go.
    pub fn written<B>(self, write: impl FnOnce(&Document) -> B) -> Document<B> {
        let body = write(&self);
        Document { key: self.key, body, origins: self.origins }
    }
}

/// Kind, namespace and name of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentKey {
    /// The order in which objects are applied: lower first.
    pub rank: u8,
    /// `AuthorizationPolicy`
    pub kind: &'static str,
    /// `default`
    pub namespace: String,
    /// `my-app`
    pub name: String,
}

macro_rules! body {
    ($($kind:ident),*) => {
        /// The typed object of a document, one variant per kind.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Body {
            $(
                #[doc = concat!("A ", stringify!($kind), ".")]
                $kind(Box<model::Object<model::$kind>>),
            )*
        }

        $(
            impl From<model::Object<model::$kind>> for Body {
                fn from(object: model::Object<model::$kind>) -> Body {
                    Body::$kind(Box::new(object))
                }
            }
        )*
    };
}

body!(Gateway, VirtualService, RequestAuthentication, AuthorizationPolicy);
