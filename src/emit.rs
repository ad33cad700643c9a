//! Documents to bytes: the same documents are always the same bytes, on every machine.

mod json;
mod origins;
mod quote;
mod writer;
mod yaml;

pub use json::{json, json_list, json_object};
pub use yaml::{yaml, yaml_object, yaml_stream};

/// An object that could not be written: a mistake in meshc, since every object consists of texts, numbers, lists and maps
/// with texts as keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmitError(String);

impl std::fmt::Display for EmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an object cannot be written: {}", self.0)
    }
}

impl std::error::Error for EmitError {}
