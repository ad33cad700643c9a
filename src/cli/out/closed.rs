//! Policies that an earlier build wrote and this one does not: they stay, without rules.
//!
//! Pods that no ALLOW policy selects are open to the whole mesh (A2 of docs/semantics.md), and the pods of an app that has
//! left the program may run on for a while. A policy without rules refuses everything to them. A part of a policy that has
//! become smaller is no different: without rules it adds nothing to what the others allow (A4).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Known, is_file_name, read_list, sum};
use crate::Options;
use crate::cli::arguments::OutputFormat;
use crate::cli::failure::Failure;
use crate::emit;
use crate::ir::Labels;
use crate::project::ProgramName;
use crate::source::SourceMap;
use crate::target::istio::{PART_OF, closed};

/// How the name of a policy's file begins, after its namespace.
const POLICY: &str = "authorizationpolicy-";

const COMMENT: &str = "\
# The program no longer has this policy. Without rules it allows nothing to its pods, which would else be open to the mesh.
# `meshc prune --cluster FILE` says when no pod needs it any more; then remove this file, which does not come back.
";

/// Adds a policy without rules for each that the list of the directory has and the build has not; their files. The form
/// of a file is that of the build, if it has one, else the one that it had. Of a file that was edited there is only the
/// name: what becomes of it is not for the build to say.
pub(in crate::cli) fn close(
    directory: &Path,
    wanted: &mut BTreeMap<String, String>,
    options: &Options,
    format: Option<OutputFormat>,
) -> Result<Vec<String>, Failure> {
    let known = read_list(directory)?;
    let built: BTreeSet<String> = wanted.keys().filter_map(|name| object(name)).map(str::to_string).collect();
    let mut names = Vec::new();
    for name in known.keys() {
        let Some(object) = object(name).filter(|object| !built.contains(*object)) else { continue };
        let Some(policy) = read(directory, name, &known)? else {
            // Edited: the build refuses to touch it, or `--force` gives it up.
            names.extend(directory.join(name).exists().then(|| name.clone()));
            continue;
        };
        let format = format.unwrap_or(if has_json(name) { OutputFormat::Json } else { OutputFormat::Yaml });
        let name = format!("{object}.{}", format.extension());
        wanted.insert(name.clone(), policy.closed(options, format)?);
        names.push(name);
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// What the file of a policy is called without its form: `default/authorizationpolicy-shop`.
fn object(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"))?;
    let (_, file) = stem.split_once('/')?;
    (is_file_name(name) && file.starts_with(POLICY)).then_some(stem)
}

fn has_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// What has to be known of a policy to close it.
struct Policy {
    namespace: String,
    name: String,
    selector: Labels,
    program: Option<ProgramName>,
}

/// Reads a policy from its file; none if the file is gone or was edited.
fn read(directory: &Path, name: &str, known: &Known) -> Result<Option<Policy>, Failure> {
    let path = directory.join(name);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) if path.symlink_metadata().is_ok_and(|data| !data.is_file()) => return Ok(None),
        Err(error) => return Err(Failure::io("read", &path, &error)),
    };
    if known.get(name).is_none_or(|sums| !sums.contains(&sum(&bytes))) {
        return Ok(None);
    }
    let wrong = || Failure::new(format!("`{}` is not a policy that this meshc wrote", path.display()));
    let value: Value = serde_yaml::from_slice(&bytes).map_err(|_| wrong())?;
    policy(&value).map(Some).ok_or_else(wrong)
}

fn policy(value: &Value) -> Option<Policy> {
    let text = |pointer: &str| value.pointer(pointer)?.as_str().map(str::to_string);
    let labels = value.pointer("/spec/selector/matchLabels")?.as_object()?;
    let label = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_string()));
    let program = value.pointer("/metadata/labels").and_then(|labels| labels.get(PART_OF)).and_then(Value::as_str);
    Some(Policy {
        namespace: text("/metadata/namespace")?,
        name: text("/metadata/name")?,
        selector: labels.iter().map(label).collect::<Option<Labels>>()?,
        program: program.and_then(ProgramName::new),
    })
}

impl Policy {
    /// The text of the closed policy. Of a program that has no name any more the policy keeps the old one.
    fn closed(self, options: &Options, format: OutputFormat) -> Result<String, Failure> {
        let mut options = options.for_istio();
        options.program = options.program.or(self.program);
        let document = closed(&self.namespace, &self.name, self.selector, &options);
        let text = match format {
            OutputFormat::Yaml => {
                emit::yaml_object(&document, &SourceMap::default()).map(|text| format!("{COMMENT}{text}"))
            }
            OutputFormat::Json => emit::json_object(&document),
        };
        text.map_err(|error| Failure::new(format!("{error}; please report it")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_policies_are_closed() {
        assert_eq!(object("default/authorizationpolicy-shop.2.yaml"), Some("default/authorizationpolicy-shop.2"));
        assert_eq!(object("a/authorizationpolicy-b.json"), Some("a/authorizationpolicy-b"));
        for other in
            ["default/virtualservice-shop.yaml", "authorizationpolicy-shop.yaml", "../authorizationpolicy-a.yaml"]
        {
            assert_eq!(object(other), None, "{other}");
        }
    }
}
