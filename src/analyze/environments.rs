//! The `env` blocks: which environments there are, and what `${name}` stands for in one of them.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use super::labels;
use super::quotes::foreign;
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::source::Span;
use crate::syntax::ast::{Env, EnvLine, File, Item, Name, Text};
use crate::syntax::quotes::stand_around;

/// The `env` blocks of a program, in the order of files and lines.
pub(super) fn blocks(files: &[File]) -> Vec<&Env> {
    let mut blocks: Vec<&Env> = files
        .iter()
        .flat_map(|file| &file.items)
        .filter_map(|item| if let Item::Env(env) = &item.value { Some(env) } else { None })
        .collect();
    blocks.sort_by_key(|env| env.name.span);
    blocks
}

/// A value of the environment.
pub(super) struct Value<'a> {
    /// Where it was given.
    pub(super) span: Span,
    /// The text.
    pub(super) text: &'a str,
    /// Whether it was written in quotes.
    pub(super) quoted: bool,
    /// Whether another environment gives it another type; then its uses are not complained of.
    mixed: bool,
}

/// What `${name}` stands for.
pub(super) struct Values<'a> {
    /// The environment.
    pub(super) environment: Option<&'a str>,
    known: HashMap<&'a str, Option<Value<'a>>>,
    /// The first place of each name, and whether it was used.
    places: BTreeMap<&'a str, (Span, Cell<bool>)>,
    /// Whether some line of an environment could not be read.
    unreadable: bool,
}

/// The answer to a look-up.
pub(super) enum Found<'v, 'a> {
    /// The value.
    Value(&'v Value<'a>),
    /// It has none, and a diagnostic tells of it elsewhere.
    Silent,
    /// No environment defines it.
    Unknown,
}

impl<'a> Values<'a> {
    /// The values of one environment; without a name, those of the first one, if there is any.
    pub(super) fn new(files: &'a [File], environment: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let tables = tables(files, diagnostics);
        let chosen = match environment {
            Some(name) => tables.iter().find(|table| table.env.name.text == name),
            None => tables.iter().min_by_key(|table| &table.env.name.text),
        };
        let mut places: BTreeMap<&'a str, (Span, Cell<bool>)> = BTreeMap::new();
        for (name, (span, _)) in tables.iter().flat_map(|table| &table.values) {
            let place = places.entry(name).or_insert((*span, Cell::new(false)));
            place.0 = place.0.min(*span);
        }
        let mut known = HashMap::new();
        for &name in places.keys() {
            let kinds = || tables.iter().filter_map(|table| table.values.get(name)).map(|(_, text)| text.quoted);
            let mixed = kinds().any(|quoted| quoted) && kinds().any(|quoted| !quoted);
            let value = chosen.and_then(|table| table.values.get(name)).and_then(|(_, text)| {
                let literal = text.literal().filter(|_| foreign_quotes(text).is_none())?;
                Some(Value { span: text.span, text: literal, quoted: text.quoted, mixed })
            });
            known.insert(name, value);
        }
        compare(&tables, &places, diagnostics);
        let unreadable = tables.iter().any(|table| table.unreadable);
        let environment = chosen.map(|table| table.env.name.text.as_str());
        Values { environment, known, places, unreadable }
    }

    /// What a name stands for; marks it as used.
    pub(super) fn find(&self, name: &str) -> Found<'_, 'a> {
        if let Some((_, used)) = self.places.get(name) {
            used.set(true);
        }
        match self.known.get(name) {
            Some(Some(value)) => Found::Value(value),
            Some(None) => Found::Silent,
            None if self.unreadable => Found::Silent,
            None => Found::Unknown,
        }
    }

    /// The error for a name that no environment defines.
    pub(super) fn unknown(&self, name: &Name) -> Diagnostic {
        if self.environment.is_none() {
            return Diagnostic::new(
                codes::UNKNOWN_NAME,
                format!("the program has no environment that defines `{}`", name.text),
                name.span,
                "not defined",
            )
            .with_help(format!("declare one: `env dev {{ {} … }}`", name.text));
        }
        let found = Diagnostic::new(
            codes::UNKNOWN_NAME,
            format!("no environment defines `{}`", name.text),
            name.span,
            "not defined",
        );
        match suggest::nearest(&name.text, self.places.keys().copied()) {
            Some(near) => found.with_help(format!("did you mean `{near}`")),
            None => found.with_help(format!("define `{}` in every `env` block", name.text)),
        }
    }

    /// The names that nothing uses, with the place of their first definition.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&'a str, Span)> {
        self.places.iter().filter(|(_, (_, used))| !used.get()).map(|(name, (span, _))| (*name, *span))
    }
}

impl Value<'_> {
    /// Whether its uses may be complained of for its type.
    pub(super) fn has_one_type(&self) -> bool {
        !self.mixed
    }
}

/// An environment's lines by name.
struct Table<'a> {
    env: &'a Env,
    values: BTreeMap<&'a str, (Span, &'a Text)>,
    unreadable: bool,
}

fn tables<'a>(files: &'a [File], diagnostics: &mut Vec<Diagnostic>) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    for env in blocks(files) {
        if let Err(fault) = labels::dns_label(&env.name.text, "an environment") {
            diagnostics.push(super::text::fault_at(codes::INVALID_LABEL, fault, env.name.span));
        }
        if let Some(first) = tables.iter().find(|table| table.env.name.text == env.name.text) {
            diagnostics.push(super::symbols::declared_twice("environment", &env.name, first.env.name.span));
            continue;
        }
        let mut table = Table { env, values: BTreeMap::new(), unreadable: false };
        for line in &env.body.lines {
            match &line.value {
                EnvLine::Error => table.unreadable = true,
                EnvLine::Value { name, value } => {
                    if let Some((first, _)) = table.values.get(name.text.as_str()) {
                        let env = format!("environment `{}`", env.name.text);
                        diagnostics.push(super::once::repeated(&name.text, &env, name.span, *first));
                    } else {
                        if let Some(found) = foreign_quotes(value) {
                            diagnostics.push(found);
                        }
                        table.values.insert(&name.text, (name.span, value));
                    }
                }
            }
        }
        tables.push(table);
    }
    tables
}

/// The error for a bare value in marks that are no quotes here. Whether a string was meant is not known: a string and a bare
/// value fit in different places.
fn foreign_quotes(value: &Text) -> Option<Diagnostic> {
    let literal = value.literal().filter(|text| !value.quoted && !text.starts_with('/') && stand_around(text))?;
    Some(foreign(literal, value.span).with_help("write a string in double quotes, anything else without quotes"))
}

/// Every environment must define the same names with the same types.
fn compare(tables: &[Table<'_>], places: &BTreeMap<&str, (Span, Cell<bool>)>, diagnostics: &mut Vec<Diagnostic>) {
    for &name in places.keys() {
        let Some(first) = tables.iter().find(|table| table.values.contains_key(name)) else { continue };
        let (place, model) = first.values[name];
        for table in tables {
            let this = &table.env.name;
            match table.values.get(name) {
                None if table.unreadable => {}
                None => diagnostics.push(
                    Diagnostic::new(
                        codes::ENVIRONMENTS_DIFFER,
                        format!("environment `{}` does not define `{name}`", this.text),
                        this.span,
                        format!("`{name}` is missing"),
                    )
                    .with_secondary(place, format!("environment `{}` defines it", first.env.name.text))
                    .with_help("define the same names in every environment"),
                ),
                Some((_, text)) if text.quoted != model.quoted => {
                    let kind = |quoted: bool| if quoted { "a string" } else { "a word" };
                    diagnostics.push(
                        Diagnostic::new(
                            codes::ENVIRONMENT_TYPE,
                            format!(
                                "`{name}` is {} here and {} in another environment",
                                kind(text.quoted),
                                kind(model.quoted)
                            ),
                            text.span,
                            kind(text.quoted),
                        )
                        .with_secondary(model.span, kind(model.quoted))
                        .with_help("write it with quotes in every environment, or without in every one"),
                    );
                }
                Some(_) => {}
            }
        }
    }
}
