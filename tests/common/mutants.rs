//! Ways in which a wrong lowering could break what is written. A judge that does not see each of them is worth nothing.
//!
//! There is one list for all judges. A mutant changes the written objects, as JSON: Istio's manifests, Envoy's bootstrap, or
//! both. The compiler itself has no part in it.

mod envoy;
mod istio;

use serde_json::Value;

/// What a mutant changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum In {
    Istio,
    Envoy,
    Both,
}

macro_rules! mutants {
    ($($(#[doc = $doc:literal])+ $name:ident: $place:ident,)+) => {
        /// A way to break what is written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[doc = $doc])+ $name,)+
        }

        /// All of them, and what they change.
        const ALL: &[(Mutant, In)] = &[$((Mutant::$name, In::$place)),+];
    };
}

mutants! {
    /// A wide path is not kept from the narrower ones.
    NoExclusions: Istio,
    /// Confusing forms of narrower paths are not cut out at the workload.
    NoConfusingPaths: Istio,
    /// Tokens of any issuer will do.
    NoIssuerPin: Both,
    /// What is said about claims does not count.
    NoConditions: Both,
    /// What must not be said in a token may be.
    NoNegations: Both,
    /// A negation looks at lists alone, and not at a claim that is one string.
    NegationOfListsOnly: Envoy,
    /// Tokens without a subject pass everywhere.
    NoSubject: Envoy,
    /// Policies name no methods.
    NoPolicyMethods: Istio,
    /// Policies name no hosts.
    NoHosts: Istio,
    /// Policies name hosts without their ports.
    NoHostPorts: Istio,
    /// Policies name no paths.
    NoPaths: Istio,
    /// Tokens for any audience are taken.
    NoAudiences: Both,
    /// Apps get the tokens that they must not get, and not those that they must.
    ForwardTurned: Both,
    /// Every issuer's token travels in the usual place.
    DefaultLocations: Both,
    /// Tokens are not looked at.
    NoAuthentication: Both,
    /// Tokens are not looked at where none is needed.
    NoTokenOnPublic: Envoy,
    /// Paths that can be read in two ways are let through by the gateway.
    NoAmbiguityGuard: Both,
    /// So are paths with a bracket that a policy would refuse.
    NoBracketGuard: Both,
    /// The paths of a `*` are kept out of wider rules by templates alone, which match no bracket.
    TemplateCuts: Istio,
    /// Routes take every method.
    NoRouteMethods: Both,
    /// A method that a path does not list falls to a wider path; on Istio the gateway refuses it for rewritten paths.
    NoMethodRefusal: Both,
    /// The routes of `deny` are left out.
    NoDeny: Envoy,
    /// `/a/**` takes `/ab` too.
    PlainPrefixes: Both,
    /// The wide paths come first.
    ReversedRoutes: Both,
    /// Doubled slashes are merged.
    MergeSlashes: Envoy,
    /// Apps see paths as they were sent.
    NoRewrites: Both,
    /// Every route leads to the same app.
    OneApp: Both,
    /// Where requests are shared among apps, one that has no share gets all.
    NoShares: Envoy,
    /// Wildcard hosts are not served.
    NoWildcardHosts: Envoy,
    /// Plain HTTP is served where it should be sent to HTTPS.
    NoHttpsRedirect: Both,
    /// Preflights are left to the app.
    NoCors: Both,
    /// No policy says who may pass.
    NoPolicy: Both,
}

impl Mutant {
    /// Those that break Istio's manifests.
    pub fn all_on_istio() -> impl Iterator<Item = Mutant> {
        ALL.iter().filter(|(_, place)| matches!(place, In::Istio | In::Both)).map(|(mutant, _)| *mutant)
    }

    /// Those that break Envoy's bootstrap.
    pub fn all_on_envoy() -> impl Iterator<Item = Mutant> {
        ALL.iter().filter(|(_, place)| matches!(place, In::Envoy | In::Both)).map(|(mutant, _)| *mutant)
    }

    /// The manifests, broken; `None` where there is nothing to break.
    pub fn of_manifests(self, manifests: &[Value]) -> Option<Vec<Value>> {
        let broken = istio::broken(self, manifests);
        (broken != manifests).then_some(broken)
    }

    /// The bootstrap, broken; `None` where there is nothing to break.
    pub fn of_bootstrap(self, bootstrap: &Value) -> Option<Value> {
        let broken = envoy::broken(self, bootstrap);
        (broken != *bootstrap).then_some(broken)
    }
}

fn remove(object: &mut Value, key: &str) {
    if let Some(object) = object.as_object_mut() {
        object.shift_remove(key);
    }
}

/// Keeps what passes of a list; an empty list goes away.
fn keep(object: &mut Value, key: &str, test: impl Fn(&Value) -> bool) {
    let Some(list) = object.get_mut(key).and_then(Value::as_array_mut) else { return };
    list.retain(test);
    if list.is_empty() {
        remove(object, key);
    }
}

fn each(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}
