//! What is declared under which name, in all files, whatever their order.

use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;

use super::text::{Form, fault_at};
use super::{Analyzer, Kind, Unused, labels};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::AppId;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, AppReference, File, Item, Name};

/// How many known names are told beside an unknown one.
const FEW: usize = 6;
/// After so many unknown names no nearest one is searched for any more: a program with so many is not one of slips.
const MAX_SUGGESTIONS: usize = 100;

/// The declarations of one kind, by name.
pub(super) struct Table<'a, T> {
    /// Each name's first declaration, sorted by name; its place in here is its id.
    pub(super) entries: Vec<Entry<'a, T>>,
    /// Declarations of names that were declared before. They are looked at, but count for nothing.
    pub(super) repeated: Vec<Entry<'a, T>>,
    ids: HashMap<&'a str, usize>,
}

/// A declaration.
pub(super) struct Entry<'a, T> {
    pub(super) name: &'a Name,
    pub(super) node: &'a T,
    /// The whole declaration.
    pub(super) span: Span,
    /// Whether something refers to it.
    pub(super) used: bool,
}

impl<T> Clone for Entry<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Entry<'_, T> {}

impl<T> Default for Table<'_, T> {
    fn default() -> Self {
        Table { entries: Vec::new(), repeated: Vec::new(), ids: HashMap::new() }
    }
}

impl<'a, T> Table<'a, T> {
    fn new(mut found: Vec<Entry<'a, T>>, kind: &str, diagnostics: &mut Vec<Diagnostic>) -> Self {
        found.sort_by(|a, b| (&a.name.text, a.name.span).cmp(&(&b.name.text, b.name.span)));
        let mut table = Table::default();
        for entry in found {
            if let Err(fault) = labels::dns_label(&entry.name.text, &with_article(kind)) {
                diagnostics.push(fault_at(codes::INVALID_LABEL, fault, entry.name.span));
            }
            match table.entries.last() {
                Some(first) if first.name.text == entry.name.text => {
                    diagnostics.push(declared_twice(kind, entry.name, first.name.span));
                    table.repeated.push(entry);
                }
                _ => {
                    table.ids.insert(&entry.name.text, table.entries.len());
                    table.entries.push(entry);
                }
            }
        }
        table
    }

    fn names(&self) -> Vec<&'a str> {
        self.entries.iter().map(|entry| entry.name.text.as_str()).collect()
    }

    fn unused(&self, kind: Kind) -> Vec<Unused> {
        let unused = self.entries.iter().filter(|entry| !entry.used);
        unused.map(|entry| Unused { kind, name: entry.name.text.clone(), span: entry.name.span }).collect()
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let id = *self.ids.get(name)?;
        self.entries[id].used = true;
        Some(id)
    }
}

/// An app, once the text of its namespace is known.
pub(super) struct AppEntry<'a> {
    pub(super) node: &'a ast::App,
    pub(super) namespace: String,
    pub(super) span: Span,
    /// Whether it is the first of its name; others are looked at, but count for nothing.
    pub(super) first: bool,
}

/// Everything that has a name.
#[derive(Default)]
pub(super) struct Symbols<'a> {
    pub(super) issuers: Table<'a, ast::Issuer>,
    pub(super) policies: Table<'a, ast::Policy>,
    pub(super) gateways: Table<'a, ast::Gateway>,
    pub(super) bundles: Table<'a, ast::Routes>,
    /// By namespace and name; those that count have the ids 0, 1, 2, … in this order.
    pub(super) apps: Rc<Vec<AppEntry<'a>>>,
    app_ids: HashMap<&'a str, Vec<AppId>>,
    /// The namespace of each id.
    app_namespaces: Vec<String>,
    /// Declarations that could not be read: a name in one of them is not called unknown.
    unreadable: Vec<Span>,
    suggested: usize,
}

impl<'a> Symbols<'a> {
    fn app_names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.apps.iter().map(|entry| entry.node.name.text.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl<'a> Analyzer<'a> {
    /// Collects what is declared.
    pub(super) fn collect_symbols(&mut self, files: &'a [File]) {
        let (mut issuers, mut policies, mut gateways, mut bundles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut apps: Vec<(&'a ast::App, Span)> = Vec::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let span = item.span;
            match &item.value {
                Item::Issuer(node) => issuers.push(Entry { name: &node.name, node, span, used: false }),
                Item::Policy(node) => policies.push(Entry { name: &node.name, node, span, used: false }),
                Item::Gateway(node) => gateways.push(Entry { name: &node.name, node, span, used: false }),
                Item::Routes(node) => bundles.push(Entry { name: &node.name, node, span, used: false }),
                Item::App(node) => apps.push((node, span)),
                Item::Error => self.symbols.unreadable.push(span),
                Item::Env(_) | Item::Test(_) | Item::Never(_) | Item::Always(_) => {}
            }
        }
        self.symbols.issuers = Table::new(issuers, "issuer", &mut self.diagnostics);
        self.symbols.policies = Table::new(policies, "policy", &mut self.diagnostics);
        self.symbols.gateways = Table::new(gateways, "gateway", &mut self.diagnostics);
        self.symbols.bundles = Table::new(bundles, "bundle", &mut self.diagnostics);
        self.collect_apps(apps);
    }

    fn collect_apps(&mut self, apps: Vec<(&'a ast::App, Span)>) {
        let mut entries = Vec::with_capacity(apps.len());
        for (node, span) in apps {
            if let Err(fault) = labels::dns_label(&node.name.text, "an app") {
                self.diagnostics.push(fault_at(codes::INVALID_LABEL, fault, node.name.span));
            }
            let namespace = self.namespace(node.namespace.as_ref());
            entries.push(AppEntry { node, namespace, span, first: true });
        }
        entries.sort_by(|a, b| {
            let key = |e: &AppEntry<'a>| (e.node.name.span, e.span);
            (&a.namespace, &a.node.name.text).cmp(&(&b.namespace, &b.node.name.text)).then_with(|| key(a).cmp(&key(b)))
        });
        let mut last: Option<(String, &'a Name)> = None;
        for entry in &mut entries {
            let name = &entry.node.name;
            if let Some((_, first)) =
                last.as_ref().filter(|(ns, first)| *ns == entry.namespace && first.text == name.text)
            {
                self.diagnostics.push(declared_twice("app", name, first.span));
                entry.first = false;
                continue;
            }
            let id = AppId(self.symbols.app_namespaces.len());
            self.symbols.app_ids.entry(&name.text).or_default().push(id);
            self.symbols.app_namespaces.push(entry.namespace.clone());
            last = Some((entry.namespace.clone(), name));
        }
        self.symbols.apps = Rc::new(entries);
    }

    /// The text of `in NAMESPACE`, or `default`.
    pub(super) fn namespace(&mut self, text: Option<&'a ast::Text>) -> String {
        text.and_then(|text| self.read(text, Form::Word, codes::INVALID_LABEL, |t| labels::dns_label(t, "a namespace")))
            .map_or_else(|| "default".to_string(), |namespace| namespace.value)
    }

    /// The issuer of a name.
    pub(super) fn issuer(&mut self, name: &'a Name) -> Option<usize> {
        let found = self.symbols.issuers.find(&name.text);
        if found.is_none() {
            self.unknown("issuer", name, |symbols| symbols.issuers.names());
        }
        found
    }

    /// The policy of a name.
    pub(super) fn policy(&mut self, name: &'a Name) -> Option<usize> {
        let found = self.symbols.policies.find(&name.text);
        if found.is_none() {
            self.unknown("policy", name, |symbols| symbols.policies.names());
        }
        found
    }

    /// The gateway of a name.
    pub(super) fn gateway(&mut self, name: &'a Name) -> Option<usize> {
        let found = self.symbols.gateways.find(&name.text);
        if found.is_none() {
            self.unknown("gateway", name, |symbols| symbols.gateways.names());
        }
        found
    }

    /// The bundle of a name.
    pub(super) fn bundle(&mut self, name: &'a Name) -> Option<usize> {
        let found = self.symbols.bundles.find(&name.text);
        if found.is_none() {
            self.unknown("bundle", name, |symbols| symbols.bundles.names());
        }
        found
    }

    /// The app that a reference names.
    pub(super) fn app_reference(&mut self, reference: &'a AppReference) -> Option<AppId> {
        let name = &reference.name;
        let Some(ids) = self.symbols.app_ids.get(name.text.as_str()) else {
            self.unknown("app", name, Symbols::app_names);
            return None;
        };
        let namespaces = &self.symbols.app_namespaces;
        if let Some(wanted) = &reference.namespace {
            let found = ids.iter().copied().find(|id| namespaces[id.0] == wanted.text);
            if found.is_none() {
                let known = list(ids.iter().map(|id| namespaces[id.0].as_str()));
                let near = suggest::nearest(&wanted.text, ids.iter().map(|id| namespaces[id.0].as_str()));
                let mut diagnostic = Diagnostic::new(
                    codes::UNKNOWN_NAME,
                    format!("there is no app `{}` in namespace `{}`", name.text, wanted.text),
                    wanted.span,
                    "not there",
                )
                .with_note(format!("app `{}` is in {known}", name.text));
                if let Some(near) =
                    near.or_else(|| ids.first().filter(|_| ids.len() == 1).map(|id| namespaces[id.0].as_str()))
                {
                    diagnostic = diagnostic.with_help(format!("did you mean `{near}/{}`", name.text));
                }
                self.diagnostics.push(diagnostic);
            }
            return found;
        }
        if let [id] = ids.as_slice() {
            return Some(*id);
        }
        let choices: Vec<String> = ids.iter().map(|id| format!("{}/{}", namespaces[id.0], name.text)).collect();
        self.diagnostics.push(
            Diagnostic::new(
                codes::AMBIGUOUS_APP,
                format!("there are {} apps `{}`, in different namespaces", ids.len(), name.text),
                reference.span,
                "which one?",
            )
            .with_help(format!(
                "write {}",
                choices.iter().take(FEW).map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" or ")
            )),
        );
        None
    }

    /// Whether a declaration that could not be read holds this word.
    pub(super) fn may_be_unreadable(&self, word: &str) -> bool {
        self.symbols.unreadable.iter().any(|&span| self.sources.text(span).contains(word))
    }

    /// The declarations that nothing refers to.
    pub(super) fn unused(&mut self) -> Vec<Unused> {
        if let [only] = self.symbols.issuers.entries.as_mut_slice() {
            // With one issuer, a requirement need not say whose token it is about.
            only.used |= self.named_any_token || self.named_condition;
        }
        let mut found = self.symbols.issuers.unused(Kind::Issuer);
        found.extend(self.symbols.policies.unused(Kind::Policy));
        found.extend(self.symbols.bundles.unused(Kind::Bundle));
        found.extend(self.symbols.gateways.unused(Kind::Gateway));
        let value = |(name, span): (&str, Span)| Unused { kind: Kind::Value, name: name.to_string(), span };
        found.extend(self.values.unused().map(value));
        found
    }

    /// Whether every declaration could be read.
    pub(super) fn symbols_are_readable(&self) -> bool {
        self.symbols.unreadable.is_empty()
    }

    /// Reports a name that is not declared.
    fn unknown(&mut self, kind: &str, name: &Name, known: impl FnOnce(&Symbols<'a>) -> Vec<&'a str>) {
        if self.may_be_unreadable(&name.text) {
            return;
        }
        let message = format!("there is no {kind} `{}`", name.text);
        let mut diagnostic = Diagnostic::new(codes::UNKNOWN_NAME, message, name.span, "not declared");
        self.symbols.suggested += 1;
        if self.symbols.suggested <= MAX_SUGGESTIONS {
            let known = known(&self.symbols);
            diagnostic = match suggest::nearest(&name.text, known.iter().copied()) {
                Some(near) => diagnostic.with_help(format!("did you mean `{near}`")),
                None => diagnostic.with_help("declare it, or name the file that does on the command line too"),
            };
            if known.is_empty() {
                diagnostic = diagnostic.with_note(format!("the program declares no {kind}"));
            } else if known.len() <= FEW {
                diagnostic = diagnostic.with_note(format!("declared: {}", list(known.into_iter())));
            }
        }
        self.diagnostics.push(diagnostic);
    }

    /// Reads names as ids, without repetitions.
    pub(super) fn names(
        &mut self,
        names: &'a [Name],
        find: impl Fn(&mut Self, &'a Name) -> Option<usize>,
        place: &dyn Display,
    ) -> Vec<Spanned<usize>> {
        let found =
            names.iter().filter_map(|name| find(self, name).map(|id| Spanned::new(name.span, (id, &name.text))));
        let found = found.collect();
        let kept = self.distinct(found, |(_, name)| (*name).clone(), place);
        kept.into_iter().map(|name| Spanned::new(name.span, name.value.0)).collect()
    }
}

/// The error for a name that is declared twice.
pub(super) fn declared_twice(kind: &str, name: &Name, first: Span) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        format!("{kind} `{}` is declared twice", name.text),
        name.span,
        "declared again here",
    )
    .with_secondary(first, "first declared here")
    .with_help("give one of the two another name, or remove it")
}

fn with_article(kind: &str) -> String {
    match kind {
        "issuer" => "an issuer".to_string(),
        _ => format!("a {kind}"),
    }
}

fn list<'s>(names: impl Iterator<Item = &'s str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
