//! Tree to program: names resolved, values checked, environments filled in, defaults put in.
//!
//! Every error that can be found is: an unknown name or an unreadable part silences what would follow from it. What
//! decides between routes (overlaps, shared hosts, what a requirement comes to) is not looked at here but in `access`.

mod allow_lists;
mod apps;
mod bundles;
mod claims;
mod clashes;
mod cors;
mod cycles;
mod environments;
mod fault;
mod gateways;
mod hosts;
mod invariants;
mod issuers;
mod jwks;
mod labels;
mod numbers;
mod once;
mod paths;
mod quotes;
mod requirements;
mod routes;
mod same_pods;
mod shared_services;
mod symbols;
mod test_blocks;
mod text;
mod urls;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::diagnostic::{self, Diagnostic};
use crate::ir::{App, Gateway, Issuer, Program, Test};
use crate::source::{SourceMap, Span, Spanned};
use crate::syntax::ast::{File, IssuerLine, Item};

use bundles::Bundle;
use environments::Values;
use requirements::PolicyState;
use symbols::Symbols;

/// Files that a program names (`jwks file "keys.json"`), as they were read: the text, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments(BTreeMap<(String, String), Result<String, String>>);

impl Attachments {
    /// No file at all.
    pub fn empty() -> Self {
        Attachments::default()
    }

    /// Adds what was found of the file `name` that the `.mesh` file `mesh_file` (its path in the [`SourceMap`]) names.
    /// The reason of an error is shown under the name.
    pub fn insert(&mut self, mesh_file: impl Into<String>, name: impl Into<String>, found: Result<String, String>) {
        self.0.insert((mesh_file.into(), name.into()), found);
    }

    /// What was found of a file.
    pub fn get(&self, mesh_file: &str, name: &str) -> Option<Result<&str, &str>> {
        let found = self.0.get(&(mesh_file.to_string(), name.to_string()))?;
        Some(found.as_deref().map_err(String::as_str))
    }
}

/// What [`analyze`] gives back.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The program. If there are errors, stand-ins are where something was wrong, and it is not to be used further.
    pub program: Program,
    /// What is to be said, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The declarations that nothing refers to.
    pub unused: Vec<Unused>,
    /// Strings, filled in, whose text itself begins or ends with a quotation mark.
    pub quotes: Vec<Spanned<String>>,
}

/// A declaration that nothing refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// What is declared.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub span: Span,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the keywords")]
pub enum Kind {
    Issuer,
    Policy,
    Bundle,
    Gateway,
    Value,
}

/// The environments of a program by name, each with the place of its first declaration.
pub fn environments(files: &[File]) -> Vec<Spanned<String>> {
    let mut found: BTreeMap<&str, Span> = BTreeMap::new();
    for env in environments::blocks(files) {
        found.entry(&env.name.text).or_insert(env.name.span);
    }
    found.into_iter().map(|(name, span)| Spanned::new(span, name.to_string())).collect()
}

/// The files that a program names in any of its environments: the path of the `.mesh` file and the name as it stands
/// there, filled in. Sorted, without repetitions.
pub fn attachments(sources: &SourceMap, files: &[File]) -> Vec<(String, String)> {
    let names: Vec<Option<String>> = match environments(files) {
        none if none.is_empty() => vec![None],
        some => some.into_iter().map(|name| Some(name.value)).collect(),
    };
    let mut found = BTreeSet::new();
    let texts: Vec<_> = files
        .iter()
        .flat_map(|file| &file.items)
        .filter_map(|item| if let Item::Issuer(issuer) = &item.value { Some(&issuer.body.lines) } else { None })
        .flatten()
        .filter_map(|line| if let IssuerLine::JwksFile(text) = &line.value { Some(text) } else { None })
        .collect();
    if texts.is_empty() {
        return Vec::new();
    }
    for name in names {
        let values = Values::new(files, name.as_deref(), &mut Vec::new());
        for text in &texts {
            if let Some(file) = text::fill_silently(&values, text) {
                found.insert((sources.file(text.span.file).path().to_string(), file.into_owned()));
            }
        }
    }
    found.into_iter().collect()
}

/// Resolves and checks a program in one environment. `environment` is one of [`environments`], or `None` for a program
/// without any.
pub fn analyze(sources: &SourceMap, files: &[File], environment: Option<&str>, attachments: &Attachments) -> Analysis {
    let mut diagnostics = Vec::new();
    let values = Values::new(files, environment, &mut diagnostics);
    let mut analyzer = Analyzer::new(sources, attachments, values, diagnostics);
    analyzer.run(files);
    let policies = analyzer.known_policies();
    let unused = analyzer.unused();
    let Analyzer { values, issuers, gateways, apps, tests, quotes, mut diagnostics, .. } = analyzer;
    diagnostic::sort(&mut diagnostics);
    let environment = values.environment.map(str::to_string);
    Analysis { program: Program { environment, issuers, policies, gateways, apps, tests }, diagnostics, unused, quotes }
}

/// The state of an analysis; its steps are in the files of this folder, each of which adds methods.
struct Analyzer<'a> {
    sources: &'a SourceMap,
    attachments: &'a Attachments,
    values: Values<'a>,
    symbols: Symbols<'a>,
    issuers: Vec<Issuer>,
    gateways: Vec<Gateway>,
    policies: Vec<PolicyState>,
    bundles: Vec<Bundle>,
    apps: Vec<App>,
    tests: Vec<Test>,
    /// Whether any issuer declares its claims; otherwise none is checked.
    claims_are_declared: bool,
    /// Issuers of whose `claims` something could not be read.
    unreadable_claims: BTreeSet<String>,
    /// Claims of which an error was told.
    reported_claims: HashSet<Span>,
    /// Whether some requirement is about a token without saying whose.
    named_any_token: bool,
    named_condition: bool,
    quotes: Vec<Spanned<String>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Analyzer<'a> {
    fn new(
        sources: &'a SourceMap,
        attachments: &'a Attachments,
        values: Values<'a>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Analyzer {
            sources,
            attachments,
            values,
            symbols: Symbols::default(),
            issuers: Vec::new(),
            gateways: Vec::new(),
            policies: Vec::new(),
            bundles: Vec::new(),
            apps: Vec::new(),
            tests: Vec::new(),
            claims_are_declared: false,
            unreadable_claims: BTreeSet::new(),
            reported_claims: HashSet::new(),
            named_any_token: false,
            named_condition: false,
            quotes: Vec::new(),
            diagnostics,
        }
    }

    fn run(&mut self, files: &'a [File]) {
        self.collect_symbols(files);
        self.read_issuers();
        self.claims_are_declared = self.issuers.iter().any(|issuer| issuer.claims.is_some());
        self.resolve_policies();
        self.read_gateways();
        self.read_bundles();
        self.read_apps();
        self.tests = self.read_tests(files);
        self.read_invariants(files);
        self.refuse_root_namespace();
        self.refuse_shared_services();
        self.refuse_same_pods();
        self.refuse_hosts_outside_gateways();
        self.refuse_gateway_clashes();
    }
}
