//! The parser that pest makes of `grammar/mesh.pest`, and the few ways in which it is called.

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

/// Reads text by the rules of `grammar/mesh.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/mesh.pest"]
struct Mesh;

/// Reads all of `text`, or a beginning of it, as `rule` says. `None` if it is no such thing.
pub(super) fn read(rule: Rule, text: &str) -> Option<Pairs<'_, Rule>> {
    Mesh::parse(rule, text).ok()
}

/// What pest tells of a text that it could not read; more when the error detail is switched on.
pub(super) fn failure(rule: Rule, text: &str) -> Option<pest::error::Error<Rule>> {
    Mesh::parse(rule, text).err()
}

/// The parts of a pair without its comments, which were collected before.
pub(super) fn parts(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|part| part.as_rule() != Rule::comment)
}

/// What was read.
pub(super) type Read<'a> = Pairs<'a, Rule>;
