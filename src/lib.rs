//! meshc: a compiler from a short description of who may reach which app into Istio manifests.
//!
//! The functions here are the whole pipeline. They touch neither files nor the environment: `cli` reads what they need.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod access;
pub mod analyze;
pub mod cli;
pub mod cluster;
pub mod diagnostic;
pub mod emit;
pub mod format;
pub mod ir;
pub mod judge;
pub mod leftovers;
pub mod lint;
mod parallel;
pub mod project;
pub mod request;
pub mod source;
pub mod spec;
pub mod syntax;
pub mod target;
pub mod testing;

use access::Access;
use cluster::{Cluster, Fit};
use diagnostic::Diagnostic;
use source::SourceMap;
use syntax::ast;
use target::{Body, Document};

use analyze::Analysis;
pub use analyze::Attachments;
use project::ProgramName;
use target::istio::IstioOptions;
pub use target::istio::IstioVersion;

/// What a build is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The environment whose values are taken; none for a program without environments.
    pub environment: Option<String>,
    /// The Istio that the manifests are for.
    pub istio: IstioVersion,
    /// The name of the program, if it has one: every object bears it.
    pub program: Option<ProgramName>,
}

impl Options {
    /// What of it Istio's objects depend on.
    pub fn for_istio(&self) -> IstioOptions {
        IstioOptions { version: self.istio, program: self.program.clone() }
    }
}

/// What a build gives back: objects, or what was made of them.
#[derive(Debug, Clone, Default)]
pub struct Compilation<B = Body> {
    /// The objects, in the order in which they are to be applied. None if there is an error.
    pub documents: Vec<Document<B>>,
    /// All findings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// The trees of all files of a program, and what could not be read in them.
pub struct Parsed {
    files: Vec<ast::File>,
    errors: Vec<Diagnostic>,
}

impl Parsed {
    /// The trees, in the order of the files.
    pub fn files(&self) -> &[ast::File] {
        &self.files
    }

    /// Every syntax error of the program.
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }
}

/// Reads all files of a program.
pub fn parse(sources: &SourceMap) -> Parsed {
    let files: Vec<_> = sources.iter().collect();
    let read = parallel::map_texts(&files, |(_, file)| file.text(), |(id, file)| syntax::parse(*id, file.text()));
    let mut parsed = Parsed { files: Vec::with_capacity(read.len()), errors: Vec::new() };
    for syntax::Parse { file, errors } in read {
        parsed.files.push(file);
        parsed.errors.extend(errors);
    }
    parsed
}

/// The files that the program names (`jwks file "keys.json"`): the path of the naming `.mesh` file and the path as
/// written. Whoever calls [`compile`] or [`check`] reads them and hands them over as [`Attachments`].
pub fn attachments(sources: &SourceMap, parsed: &Parsed) -> Vec<(String, String)> {
    analyze::attachments(sources, &parsed.files)
}

/// The names of the program's environments, in order; empty for a program without.
pub fn environments(parsed: &Parsed) -> Vec<String> {
    analyze::environments(&parsed.files).into_iter().map(|e| e.value).collect()
}

/// Builds the program for one environment.
pub fn compile(sources: &SourceMap, parsed: &Parsed, attachments: &Attachments, options: &Options) -> Compilation {
    let analysis = analyzed(sources, &parsed.files, options.environment.as_deref(), attachments);
    lower(analysis, &parsed.errors, options, |document| document)
}

/// The same as [`compile`] for who wants the objects written and nothing else: each is given to `write` as soon as it is
/// made, from any thread, and only what that gives back is kept. The trees are let go as soon as they are read. So a
/// large program takes far less memory.
pub fn compile_written<B: Send>(
    sources: &SourceMap,
    parsed: Parsed,
    attachments: &Attachments,
    options: &Options,
    write: impl Fn(&Document) -> B + Sync,
) -> Compilation<B> {
    let Parsed { files, errors } = parsed;
    let analysis = analyzed(sources, &files, options.environment.as_deref(), attachments);
    parallel::release(files);
    lower(analysis, &errors, options, |document| document.written(&write))
}

fn lower<B: Send>(
    analysis: Analysis,
    errors: &[Diagnostic],
    options: &Options,
    finish: impl Fn(Document) -> Document<B> + Sync,
) -> Compilation<B> {
    let lower = |access: &Access<'_>| target::istio::lower_each(access, &options.for_istio(), finish);
    let (lowered, mut found) = reduce(analysis, errors, lower);
    let (documents, refused) = lowered.unwrap_or_default();
    found.extend(refused);
    diagnostic::sort(&mut found);
    Compilation { documents, diagnostics: found }
}

/// Reduces the program, in one environment, to who reaches what, and hands it to `ask`. What is asked is answered only
/// if there is no error. The findings are in the order of their places.
pub fn with_access<T>(
    sources: &SourceMap,
    parsed: &Parsed,
    attachments: &Attachments,
    environment: Option<&str>,
    ask: impl FnOnce(&Access<'_>) -> T,
) -> (Option<T>, Vec<Diagnostic>) {
    reduce(analyzed(sources, &parsed.files, environment, attachments), &parsed.errors, ask)
}

/// The analysis, with the warnings that are looked for in the trees.
fn analyzed(
    sources: &SourceMap,
    files: &[ast::File],
    environment: Option<&str>,
    attachments: &Attachments,
) -> Analysis {
    let mut analysis = analyze::analyze(sources, files, environment, attachments);
    let warnings = lint::of_trees(files, &analysis);
    analysis.diagnostics.extend(warnings);
    analysis
}

fn reduce<T>(
    mut analysis: Analysis,
    errors: &[Diagnostic],
    ask: impl FnOnce(&Access<'_>) -> T,
) -> (Option<T>, Vec<Diagnostic>) {
    let mut found = errors.to_vec();
    found.append(&mut analysis.diagnostics);
    let mut answer = None;
    if !found.iter().any(Diagnostic::is_error) {
        found.extend(lint::of_program(&analysis));
        let (access, contradictions) = Access::build(&analysis.program);
        found.extend(contradictions);
        if !found.iter().any(Diagnostic::is_error) {
            found.extend(lint::of_access(&access));
            answer = Some(ask(&access));
        }
        let Access { virtual_hosts, workloads, .. } = access;
        parallel::release(virtual_hosts);
        parallel::release(workloads);
    }
    parallel::release(analysis.program.apps);
    if !errors.is_empty() {
        // What could not be read may be what uses or guards the rest.
        found.retain(Diagnostic::is_error);
    }
    diagnostic::sort(&mut found);
    (answer, found)
}

/// Checks the program in one environment, and holds it against a cluster, if there is one and the program has no error.
/// The findings of both are in the order of their places.
pub fn check_one(
    sources: &SourceMap,
    parsed: &Parsed,
    attachments: &Attachments,
    environment: Option<&str>,
    cluster: Option<&Cluster>,
) -> (Option<Fit>, Vec<Diagnostic>) {
    let ask = |access: &Access<'_>| {
        let (_, refused) =
            target::istio::lower_each(access, &IstioOptions::default(), |document| document.written(|_| ()));
        (refused, cluster.map(|cluster| cluster::fit(access.program, cluster, sources)))
    };
    let (asked, mut found) = with_access(sources, parsed, attachments, environment, ask);
    let (refused, fit) = asked.unwrap_or_default();
    found.extend(refused);
    found.extend(fit.iter().flat_map(|fit| fit.diagnostics.iter().cloned()));
    diagnostic::sort(&mut found);
    (fit, found)
}

/// Checks the program in every environment. What holds in all is told once, what holds in some names them.
pub fn check(sources: &SourceMap, parsed: &Parsed, attachments: &Attachments) -> Vec<Diagnostic> {
    let found_in = |environment: Option<String>| {
        let options = Options { environment, ..Options::default() };
        compile(sources, parsed, attachments, &options).diagnostics
    };
    match environments(parsed) {
        none if none.is_empty() => found_in(None),
        names => diagnostic::merge(names.into_iter().map(|name| (name.clone(), found_in(Some(name)))).collect()),
    }
}
