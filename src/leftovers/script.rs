//! A plan as a script for kubectl.

use std::fmt::Write as _;

use super::{ObjectName, Plan};
use crate::emit::{self, EmitError};
use crate::source::SourceMap;
use crate::target::Document;
use crate::target::istio::{IstioOptions, closed};

/// What ends the manifests in the script. No line of YAML that meshc writes is this.
const END: &str = "END_OF_MANIFESTS";

/// From this size on, an object does not fit into the annotation that `kubectl apply` keeps of it, which has at most
/// 256 KiB.
const LARGE: usize = 200 * 1024;

/// The plan as a script for a POSIX shell, which stops at the first command that fails. `built` is what the plan was made
/// of, `options` are those of the build.
pub fn script(
    plan: &Plan,
    built: &[Document],
    sources: &SourceMap,
    options: &IstioOptions,
) -> Result<String, EmitError> {
    let mut out = "#!/bin/sh\n".to_string();
    if let Some(name) = &options.program {
        // A `String` takes everything that is written to it.
        let _ = writeln!(out, "# What earlier builds of `{name}` left in the cluster, in a safe order.");
    }
    out.push_str("set -eu\n");
    if plan.count() == 0 {
        out.push_str("\n# Nothing has to go.\n");
        return Ok(out);
    }
    if !plan.unserved.is_empty() {
        let hosts: Vec<&str> = plan.unserved.iter().map(String::as_str).collect();
        let _ = writeln!(out, "\n# Not served from here on until the build is applied: {}", hosts.join(", "));
    }
    for policy in &plan.unguarded {
        let ObjectName { namespace, name, .. } = &policy.object;
        let _ = writeln!(out, "\n# The build leaves pods in {namespace} open that {name} selects now: end them first.");
    }
    delete(&mut out, "Routes go first, so that none leads where no policy is.", &plan.routes);
    let of_build = |names: &[ObjectName]| -> Vec<&Document> {
        built.iter().filter(|document| names.contains(&ObjectName::of(document))).collect()
    };
    delete(&mut out, "These verify tokens of issuers that the rules of the new build must not meet.", &plan.verifying);
    apply(&mut out, "From here on the rules of the new build hold.", of_build(&plan.apply), sources)?;
    let superseded: Vec<ObjectName> = plan.superseded.iter().map(|policy| policy.object.clone()).collect();
    delete(&mut out, "The policies of the new build decide for the pods of these.", &superseded);
    let policies = plan.close.iter().map(|policy| {
        let ObjectName { namespace, name, .. } = &policy.object;
        closed(namespace, name, policy.selector.clone(), options)
    });
    let policies: Vec<Document> = policies.collect();
    apply(&mut out, "Without rules these refuse every request to the pods of apps that are gone.", &policies, sources)?;
    apply(&mut out, "These serve the hosts of those that go next.", of_build(&plan.take_over), sources)?;
    delete(&mut out, "Others serve those hosts of these that stay.", &plan.renamed);
    delete(&mut out, "These have no pods any more.", &plan.policies);
    delete(&mut out, "No rule asks for what these verify any more.", &plan.authentications);
    Ok(out)
}

fn delete(out: &mut String, why: &str, objects: &[ObjectName]) {
    if objects.is_empty() {
        return;
    }
    // A `String` takes everything that is written to it.
    let _ = writeln!(out, "\n# {why}");
    for ObjectName { kind, namespace, name } in objects {
        let (namespace, object) = (quoted(namespace), quoted(&format!("{}/{name}", resource(kind))));
        let _ = writeln!(out, "kubectl delete --ignore-not-found --namespace={namespace} {object}");
    }
}

fn apply<'a>(
    out: &mut String,
    why: &str,
    documents: impl IntoIterator<Item = &'a Document>,
    sources: &SourceMap,
) -> Result<(), EmitError> {
    let texts = documents.into_iter().map(|d| emit::yaml_object(d, sources)).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() {
        return Ok(());
    }
    let how = if texts.iter().any(|text| text.len() > LARGE) { " --server-side" } else { "" };
    let _ = writeln!(out, "\n# {why}\nkubectl apply{how} -f - <<'{END}'");
    out.extend(emit::yaml_stream(&texts));
    out.extend([END, "\n"]);
    Ok(())
}

/// The resource of a kind, with its group: the names of Istio's kinds are those of other groups too.
fn resource(kind: &str) -> &'static str {
    match kind {
        "VirtualService" => "virtualservices.networking.istio.io",
        "Gateway" => "gateways.networking.istio.io",
        "RequestAuthentication" => "requestauthentications.security.istio.io",
        _ => "authorizationpolicies.security.istio.io",
    }
}

/// One word of a shell, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_a_word() {
        assert_eq!(quoted("shop.2"), "'shop.2'");
        assert_eq!(quoted("a'; rm -r /"), r"'a'\''; rm -r /'");
    }
}
