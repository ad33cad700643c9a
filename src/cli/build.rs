//! `meshc build`: the manifests, to standard output or into a directory.

mod envoy;

use std::collections::BTreeMap;
use std::path::Path;

use super::arguments::{Build, OutputFormat, Target};
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::{Program, load};
use super::{Outcome, environment, out};
use crate::diagnostic::{self, Diagnostic};
use crate::emit::{self, EmitError};
use crate::target::istio::warn_of_parts;
use crate::target::{Document, DocumentKey};
use crate::{Compilation, Options};

pub(super) fn run(verb: &Build, console: &Console) -> Result<Outcome, Failure> {
    refuse_what_the_target_lacks(verb)?;
    let program = load(&verb.paths.paths)?;
    console.note_what_was_left_out(&program);
    if verb.out.is_some() {
        // The directory holds the whole program: what is not given would be removed from it.
        program.name_of_whole()?;
    }
    let parsed = crate::parse(&program.sources);
    let attachments = program.attachments(&parsed);
    if let Err(failure) = environment::one(verb.env.as_deref(), &parsed) {
        // A program that cannot be read may have environments that are not seen: its errors come first.
        let diagnostics = crate::check(&program.sources, &parsed, &attachments);
        if diagnostics.iter().any(Diagnostic::is_error) {
            console.findings(&diagnostics, &program, Findings::Aside)?;
            return Ok(Outcome::Findings);
        }
        return Err(failure);
    }
    if verb.target == Target::Envoy {
        return envoy::run(verb, &program, &parsed, &attachments, console);
    }
    let options = options(verb, &program);
    let format = verb.format.unwrap_or_default();
    let sources = &program.sources;
    let write = |document: &Document| match format {
        OutputFormat::Yaml => emit::yaml_object(document, sources),
        OutputFormat::Json => emit::json_object(document),
    };
    let built = crate::compile_written(sources, parsed, &attachments, &options, write);
    let Compilation { documents, mut diagnostics } = built;
    if verb.out.is_none() {
        // A directory has a list of what was written; who reads a stream has none.
        diagnostics.extend(warn_of_parts(&documents));
        diagnostic::sort(&mut diagnostics);
    }
    console.findings(&diagnostics, &program, Findings::Aside)?;
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Outcome::Findings);
    }
    // Nothing is written before everything could be.
    let mut keys = Vec::with_capacity(documents.len());
    let mut texts = Vec::with_capacity(documents.len());
    for document in documents {
        keys.push(document.key);
        texts.push(document.body.map_err(|e| not_written(&e))?);
    }
    let Some(directory) = &verb.out else {
        match format {
            OutputFormat::Yaml => Console::output_parts(emit::yaml_stream(&texts))?,
            OutputFormat::Json => Console::output_parts(emit::json_list(&texts))?,
        }
        return Ok(Outcome::Fine);
    };
    let files = files(&keys, texts, format)?;
    put(verb, directory, files, &options, console)
}

/// What the build is for.
fn options(verb: &Build, program: &Program) -> Options {
    let istio = verb.istio.unwrap_or_default();
    Options { environment: verb.env.clone(), istio, program: program.name.clone() }
}

/// Writes the files into the directory, or says how they differ. Policies that an earlier build wrote there and this one
/// does not are kept without rules, unless that is given up.
fn put(
    verb: &Build,
    directory: &Path,
    files: BTreeMap<String, String>,
    options: &Options,
    console: &Console,
) -> Result<Outcome, Failure> {
    let format = if verb.target == Target::Istio { Some(verb.format.unwrap_or_default()) } else { None };
    let name = options.program.as_ref();
    out::refuse_another_program(directory, name)?;
    let mut kept = files.clone();
    let closed = out::close(directory, &mut kept, options, format)?;
    let wanted = if verb.force { files } else { kept };
    if verb.check {
        return out::check(directory, &wanted);
    }
    let outcome = out::write(directory, &wanted, name, verb.force, console)?;
    if !closed.is_empty() {
        console.notice(&say_what_became_of(&closed, verb.force));
    }
    Ok(outcome)
}

/// What became of policies that the program no longer has.
fn say_what_became_of(policies: &[String], removed: bool) -> String {
    let names: Vec<String> = policies.iter().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    if removed {
        return format!("removed: {names}; pods that no other policy selects are open to the mesh");
    }
    let (it, goes, file) = match policies.len() {
        1 => ("it", "it can go", "the file"),
        _ => ("them", "they can go", "a file"),
    };
    format!(
        "kept without rules: {names}; the program no longer has {it}, and pods without a policy are open to the mesh; \
         `meshc prune --cluster FILE` says when {goes}; then remove {file}, which does not come back, or all of them with `--force`, which also gives up edits"
    )
}

/// An option that would change nothing is a mistake of who calls.
fn refuse_what_the_target_lacks(verb: &Build) -> Result<(), Failure> {
    let refuse = |option: &str, target: &str| Err(Failure::new(format!("`{option}` is not for `--target {target}`")));
    match verb.target {
        Target::Istio => match verb.envoy.first_given() {
            Some(option) => refuse(option, "istio"),
            None => Ok(()),
        },
        Target::Envoy if verb.istio.is_some() => refuse("--istio", "envoy"),
        Target::Envoy if verb.format == Some(OutputFormat::Yaml) => refuse("--format yaml", "envoy"),
        Target::Envoy => Ok(()),
    }
}

/// One file per object.
fn files(keys: &[DocumentKey], texts: Vec<String>, format: OutputFormat) -> Result<BTreeMap<String, String>, Failure> {
    let extension = format.extension();
    let mut files = BTreeMap::new();
    for (key, text) in keys.iter().zip(texts) {
        let name = file_name(key, extension)?;
        if files.insert(name.clone(), text).is_some() {
            return Err(Failure::new(format!("two objects want to be written to `{name}`; please report it")));
        }
    }
    Ok(files)
}

/// `default/virtualservice-my-app.yaml`. No two objects share a name: a namespace holds no `/`, and a kind no `-`.
fn file_name(key: &DocumentKey, extension: &str) -> Result<String, Failure> {
    let kind = key.kind.to_ascii_lowercase();
    let namespace = if key.namespace.is_empty() { "_cluster" } else { &key.namespace };
    let name = format!("{namespace}/{kind}-{}.{extension}", key.name);
    if out::is_file_name(&name) {
        Ok(name)
    } else {
        Err(Failure::new(format!("`{name}` cannot be the name of a file; please report it")))
    }
}

fn not_written(error: &EmitError) -> Failure {
    Failure::new(format!("{error}; please report it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_its_file() {
        let key = |namespace: &str, name: &str| DocumentKey {
            rank: 0,
            kind: "VirtualService",
            namespace: namespace.into(),
            name: name.into(),
        };
        let name = |namespace, name| file_name(&key(namespace, name), "yaml").ok();
        assert_eq!(name("default", "my-app"), Some("default/virtualservice-my-app.yaml".into()));
        assert_eq!(name("", "a.b"), Some("_cluster/virtualservice-a.b.yaml".into()));
        assert_eq!(name("..", "x"), None);
        assert_eq!(name("a", "../x"), None);
        assert_eq!(name("a/b", "x"), None);
    }
}
