//! Istio: Gateway, VirtualService, RequestAuthentication and AuthorizationPolicy.
//!
//! Everything about who may pass was decided in [`access`](crate::access); here it is written down in Istio's terms.
//! What Istio cannot say exactly is reported, never approximated. The letters and numbers in comments are those of
//! `docs/semantics.md`.

mod authorization_policy;
mod closed;
mod gateway;
pub mod model;
mod paths;
mod request_authentication;
mod version;
mod virtual_service;

pub use closed::closed;
pub use version::IstioVersion;

use std::collections::BTreeMap;

use super::{Body, Document, DocumentKey};
use crate::access::Access;
use crate::diagnostic::{Diagnostic, codes};
use crate::parallel;
use crate::project::ProgramName;
use crate::source::Span;
use model::{Metadata, Object};

/// The label that every object carries.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "meshc");

/// The label with the name of the program, on the objects of a program that has one.
pub const PART_OF: &str = "app.kubernetes.io/part-of";

/// The annotation of a policy that an earlier build left and that is there only to refuse.
pub const CLOSED: (&str, &str) = ("meshc/closed", "left by an earlier build; without rules it allows nothing");

/// What the objects depend on beside the program itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IstioOptions {
    /// The Istio that they are for.
    pub version: IstioVersion,
    /// The name of the program, which every object bears.
    pub program: Option<ProgramName>,
}

/// The largest object that is written, in bytes of its compact JSON: what etcd stores by default, rounded down.
pub const MAX_OBJECT_BYTES: usize = 1024 * 1024;

/// Lowers an access to Istio's objects, in an order that is safe to apply: policies before routes. Documents are empty
/// if anything could not be said.
pub fn lower(access: &Access<'_>, version: IstioVersion) -> (Vec<Document>, Vec<Diagnostic>) {
    lower_each(access, &IstioOptions { version, program: None }, |document| document)
}

/// The same as [`lower`], with `finish` called on each document as soon as it is made. Where it gives back a text, the
/// objects of a large program never lie in memory together.
pub fn lower_each<B: Send>(
    access: &Access<'_>,
    options: &IstioOptions,
    finish: impl Fn(Document) -> Document<B> + Sync,
) -> (Vec<Document<B>>, Vec<Diagnostic>) {
    let apps: Vec<_> = access.program.app_ids().map(|(id, _)| id).collect();
    let gateways: Vec<_> = access.program.gateway_ids().map(|(id, _)| id).collect();
    let start = || Lowering {
        access,
        version: options.version,
        program: options.program.as_ref(),
        documents: Vec::new(),
        diagnostics: Vec::new(),
    };
    let (mut documents, mut diagnostics) = (Vec::new(), Vec::new());
    let mut add = |parts: Vec<(Vec<Document<B>>, Vec<Diagnostic>)>| {
        for (finished, found) in parts {
            documents.extend(finished);
            diagnostics.extend(found);
        }
    };
    // In the order of their ranks, so that there is little left to sort.
    add(each(&apps, start, |lowering, &id| authorization_policy::lower(lowering, id), &finish));
    add(each(&apps, start, |lowering, &id| request_authentication::lower(lowering, id), &finish));
    add(each(&gateways, start, |lowering, &id| gateway::lower(lowering, id), &finish));
    add(each(&access.virtual_hosts, start, virtual_service::lower, &finish));
    documents.sort_by(|a, b| a.key.cmp(&b.key));
    refuse_names(&documents, &mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        documents.clear();
    }
    (documents, diagnostics)
}

/// Lowers each of some things and finishes what came of it before the next one's turn. What is given back are a few
/// parts, in the order of the things.
fn each<'a, 'p: 'a, T: Sync, B: Send>(
    things: &[T],
    start: impl Fn() -> Lowering<'a, 'p> + Sync,
    lower: impl Fn(&mut Lowering<'a, 'p>, &T) + Sync,
    finish: &(impl Fn(Document) -> Document<B> + Sync),
) -> Vec<(Vec<Document<B>>, Vec<Diagnostic>)> {
    parallel::chunks(things, |things| {
        let mut lowering = start();
        let mut finished = Vec::new();
        for thing in things {
            lower(&mut lowering, thing);
            finished.extend(lowering.documents.drain(..).map(finish));
        }
        (finished, lowering.diagnostics)
    })
}

/// What the kinds share while they are lowered.
struct Lowering<'a, 'p> {
    access: &'a Access<'p>,
    version: IstioVersion,
    program: Option<&'a ProgramName>,
    documents: Vec<Document>,
    diagnostics: Vec<Diagnostic>,
}

impl Lowering<'_, '_> {
    /// Adds an object, unless it is too large to be stored.
    fn push<S>(&mut self, kind: Kind, namespace: &str, name: String, spec: S, size: usize, origins: Vec<Span>)
    where
        Body: From<Object<S>>,
    {
        let origins = crate::access::in_order(origins);
        if size > MAX_OBJECT_BYTES {
            if let Some(&span) = origins.first() {
                self.diagnostics.push(too_large(kind, &name, span));
            }
            return;
        }
        let metadata = Metadata::new(&name, namespace, self.program);
        let object = Object { api_version: self.version.api_version(kind.group), kind: kind.name, metadata, spec };
        let key = DocumentKey { rank: kind.rank, kind: kind.name, namespace: namespace.to_string(), name };
        self.documents.push(Document { key, body: object.into(), origins });
    }
}

/// A warning for each policy that has parts, for who cannot know what an earlier build left in the cluster (A4).
pub fn warn_of_parts<B>(documents: &[Document<B>]) -> Vec<Diagnostic> {
    let mut last: BTreeMap<(&str, &str), &Document<B>> = BTreeMap::new();
    for document in documents.iter().filter(|d| d.key.kind == AUTHORIZATION_POLICY.name) {
        // No app has a dot in its name: what follows one is the number of a part.
        if let Some((app, number)) = document.key.name.split_once('.') {
            let known = last.entry((&document.key.namespace, app)).or_insert(document);
            let count = |d: &Document<B>| d.key.name.rsplit('.').next().and_then(|n| n.parse::<usize>().ok());
            if number.parse().ok() > count(known) {
                *known = document;
            }
        }
    }
    last.into_iter()
        .filter_map(|((_, app), document)| Some(in_parts(app, document, *document.origins.first()?)))
        .collect()
}

fn in_parts<B>(app: &str, last: &Document<B>, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::POLICY_IN_PARTS,
        format!("the AuthorizationPolicy `{app}` is so large that it becomes several, up to `{}`", last.key.name),
        span,
        "made from this",
    )
    .with_note(
        "if the app shrinks, a part that is no longer built stays in the cluster and goes on to allow what it did",
    )
    .with_help(
        "remove what is left with `meshc prune` before a build is applied, or build into a directory with `--out`",
    )
}

/// Reports names that are too long, and names that two objects have. The documents are sorted by name.
fn refuse_names<B>(documents: &[Document<B>], diagnostics: &mut Vec<Diagnostic>) {
    for document in documents.iter().filter(|d| d.key.name.len() > 253) {
        diagnostics.extend(document.origins.first().map(|&span| name_too_long(&document.key, span)));
    }
    for pair in documents.windows(2) {
        if let [one, other] = pair
            && one.key == other.key
        {
            diagnostics.extend(same_name(other, one));
        }
    }
}

/// A kind of object, with its API group and its place in the order of applying.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    group: &'static str,
    rank: u8,
}

const AUTHORIZATION_POLICY: Kind = Kind { name: "AuthorizationPolicy", group: "security.istio.io", rank: 0 };
const REQUEST_AUTHENTICATION: Kind = Kind { name: "RequestAuthentication", group: "security.istio.io", rank: 1 };
const GATEWAY: Kind = Kind { name: "Gateway", group: "networking.istio.io", rank: 2 };
const VIRTUAL_SERVICE: Kind = Kind { name: "VirtualService", group: "networking.istio.io", rank: 3 };

fn too_large(kind: Kind, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::OBJECT_TOO_LARGE,
        format!("the {} `{name}` would be larger than 1 MiB, which a cluster does not store", kind.name),
        span,
        "made from this",
    )
    .with_help(match kind.name {
        "Gateway" => "put some of the apps behind a second gateway, or use a wildcard host",
        "VirtualService" => "spread the routes over several hosts",
        _ => "spread the routes over several apps, or give routes with the same requirement a common path",
    })
}

/// Two objects with one name, told at lines that made one of them alone, if there are such.
fn same_name<B>(a: &Document<B>, b: &Document<B>) -> Option<Diagnostic> {
    let place = |of: &Document<B>, other: &Document<B>| {
        of.origins.iter().find(|span| !other.origins.contains(span)).or(of.origins.first()).copied()
    };
    let (one, other) = (place(a, b)?, place(b, a)?);
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let DocumentKey { kind, namespace, name, .. } = &a.key;
    Some(
        Diagnostic::new(
            codes::NAMES_COLLIDE,
            format!("two objects would be the {kind} `{namespace}/{name}`"),
            second,
            "one is made from this",
        )
        .with_secondary(first, "the other from this")
        .with_note("a wildcard host's object is named as if its `*` were `wildcard`")
        .with_help("change one of the hosts, or put them behind different gateways"),
    )
}

fn name_too_long(key: &DocumentKey, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::NAMES_COLLIDE,
        format!("the {} `{}` would have a name of more than 253 characters", key.kind, key.name),
        span,
        "made from this",
    )
    .with_help("shorten the host or the name of the gateway")
}
