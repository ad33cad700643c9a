//! What several tests of the syntax share.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod generate;
pub mod laws;
pub mod mutate;

use meshc::source::{FileId, SourceMap};

/// The id of a file that stands alone.
pub fn id() -> FileId {
    let map = SourceMap::single("a.mesh", "");
    let first = map.iter().map(|(id, _)| id).next();
    first.unwrap_or_else(|| unreachable!("a map of a single file has one"))
}

/// A program that has every construct of the language.
pub const ALL: &str = include_str!("../syntax/all.mesh");
