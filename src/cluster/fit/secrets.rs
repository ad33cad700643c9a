//! The certificates of a gateway: in the namespaces of its pods (G17), and with what Istio needs.

use std::collections::BTreeSet;

use super::Fitting;
use crate::diagnostic::{Diagnostic, codes};
use crate::ir::{Gateway, Listener, ListenerProtocol};
use crate::source::Spanned;

impl Fitting<'_> {
    /// Looks for the secret of a port in each namespace in which the gateway's pods run.
    pub(super) fn secret(&mut self, gateway: &Gateway, listener: &Listener, namespaces: &BTreeSet<&str>) {
        let ListenerProtocol::Https { secret } = &listener.protocol else { return };
        let cluster = self.cluster;
        if cluster.secrets.is_empty() {
            return;
        }
        for namespace in namespaces {
            let found = cluster.secrets.get(*namespace).and_then(|secrets| secrets.get(&secret.value));
            match found.map(|found| found.tls) {
                None => {
                    let diagnostic = self.no_secret(gateway, secret, namespace);
                    self.diagnostics.push(diagnostic);
                }
                Some(Some(false)) => self.diagnostics.push(
                    Diagnostic::new(
                        codes::NOT_A_CERTIFICATE,
                        format!("Secret `{namespace}/{}` holds no certificate", secret.value),
                        secret.span,
                        "not a certificate with its key",
                    )
                    .with_note("it is not of the type `kubernetes.io/tls`, and has neither `tls.crt` with `tls.key` nor `cert` with `key`")
                    .with_help("make it of a certificate and its key: `kubectl create secret tls`"),
                ),
                Some(None) => {
                    let what = format!("Secret `{namespace}/{}`", secret.value);
                    self.unjudged.insert(format!("whether {what} is a certificate, since the keys of its data are left out"));
                }
                Some(Some(true)) => {}
            }
        }
    }

    fn no_secret(&self, gateway: &Gateway, secret: &Spanned<String>, namespace: &str) -> Diagnostic {
        let name = &secret.value;
        let secrets = &self.cluster.secrets;
        let mut diagnostic = Diagnostic::new(
            codes::SECRET_NOT_THERE,
            format!(
                "namespace `{namespace}`, where the pods of gateway `{}` run, has no Secret `{name}`",
                gateway.name
            ),
            secret.span,
            "connections are reset",
        );
        let elsewhere: Vec<String> =
            secrets.iter().filter(|(_, s)| s.contains_key(name)).map(|(n, _)| format!("`{n}`")).collect();
        if !elsewhere.is_empty() {
            diagnostic = diagnostic.with_note(format!("there is one in namespace {}", elsewhere.join(", ")));
            return diagnostic.with_help(format!("put it into namespace `{namespace}`"));
        }
        let known = secrets.get(namespace).into_iter().flat_map(|secrets| secrets.keys());
        super::offer(diagnostic, name, known, "put the certificate and its key into this namespace")
    }
}
