//! The objects, with the names and fields that Istio's API gives them, in the order in which they are written.

use serde::{Serialize, Serializer};

use super::{CLOSED, MANAGED_BY, PART_OF};
use crate::ir::Labels;
use crate::project::ProgramName;

/// A Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object<S> {
    /// Group and version.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// Name, namespace, labels.
    pub metadata: Metadata,
    /// What the object says.
    pub spec: S,
}

/// Name, namespace, labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// Who made it, and of which program it is a part.
    pub labels: Marks,
    /// Said of a policy that is there only to refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Closed>,
}

/// The labels that an object carries: `app.kubernetes.io/managed-by: meshc`, and the name of its program if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// `app.kubernetes.io/part-of`
    pub program: Option<ProgramName>,
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let program = self.program.as_ref().map(|name| (PART_OF, name.as_str()));
        serializer.collect_map(std::iter::once(MANAGED_BY).chain(program))
    }
}

/// The annotation of a policy that is there only to refuse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closed;

impl Serialize for Closed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([CLOSED])
    }
}

impl Metadata {
    /// Metadata with the labels of the program's objects.
    pub fn new(name: &str, namespace: &str, program: Option<&ProgramName>) -> Self {
        let labels = Marks { program: program.cloned() };
        Metadata { name: name.to_string(), namespace: namespace.to_string(), labels, annotations: None }
    }
}

/// `networking.istio.io` Gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gateway {
    /// The gateway pods.
    pub selector: Labels,
    /// Its ports.
    pub servers: Vec<Server>,
}

/// A port of a Gateway and the hosts that it lets in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Server {
    /// The port.
    pub port: Port,
    /// TLS, or the redirect to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ServerTls>,
    /// The hosts.
    pub hosts: Vec<String>,
}

/// A port of a Gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Port {
    /// Number.
    pub number: u16,
    /// Name, unique in the Gateway (G8).
    pub name: String,
    /// `HTTP` or `HTTPS`.
    pub protocol: &'static str,
}

/// TLS settings of a port.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerTls {
    /// Always printed with a certificate: left out it means PASSTHROUGH (G13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// The secret with the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_name: Option<String>,
    /// Redirects to https (G16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_redirect: Option<bool>,
}

/// `networking.istio.io` VirtualService.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VirtualService {
    /// Its hosts.
    pub hosts: Vec<String>,
    /// The gateways that it is bound to.
    pub gateways: Vec<String>,
    /// Its rules; the first that matches is taken (V12).
    pub http: Vec<HttpRoute>,
}

/// A rule of a VirtualService.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct HttpRoute {
    /// One of these must match.
    #[serde(rename = "match")]
    pub matches: Vec<HttpMatch>,
    /// Sends the client elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<HttpRedirect>,
    /// Answers right away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_response: Option<DirectResponse>,
    /// Changes the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<HttpRewrite>,
    /// Where the request goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<HttpDestination>,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// How often it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<HttpRetry>,
    /// Which browsers' calls are answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors_policy: Option<CorsPolicy>,
}

/// What a rule matches: all that is said must hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpMatch {
    /// The path, without its query.
    pub uri: StringMatch,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<StringMatch>,
    /// Headers, by name in lower case (V23).
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub headers: Vec<(&'static str, StringMatch)>,
}

fn as_map<S: Serializer>(headers: &[(&'static str, StringMatch)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// How a text is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StringMatch {
    /// The same text.
    Exact(String),
    /// A text that begins so (V20).
    Prefix(String),
    /// A text that the expression matches as a whole (V21).
    Regex(String),
}

/// As Istio's API has it: an object with one field. (A YAML writer would make a tag of an enum's name.)
impl Serialize for StringMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, text) = match self {
            StringMatch::Exact(text) => ("exact", text),
            StringMatch::Prefix(text) => ("prefix", text),
            StringMatch::Regex(text) => ("regex", text),
        };
        serializer.collect_map([(name, text)])
    }
}

/// A redirect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRedirect {
    /// The path.
    pub uri: String,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The status.
    pub redirect_code: u16,
}

/// An answer without an app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DirectResponse {
    /// The status.
    pub status: u16,
}

/// A change of the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum HttpRewrite {
    /// Takes the place of what matched.
    Uri {
        /// The new text.
        uri: String,
    },
    /// Takes the place of the whole path.
    Whole {
        /// What is replaced, and by what.
        #[serde(rename = "uriRegexRewrite")]
        uri_regex_rewrite: RegexRewrite,
    },
}

/// A replacement by a regular expression.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegexRewrite {
    /// What is replaced.
    #[serde(rename = "match")]
    pub pattern: String,
    /// What it becomes.
    pub rewrite: String,
}

/// A destination with its share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpDestination {
    /// Where to.
    pub destination: Destination,
    /// Percent; only where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Destination {
    /// Fully qualified (V60).
    pub host: String,
    /// The Service port (V62).
    pub port: PortSelector,
}

/// A port by number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortSelector {
    /// The number.
    pub number: u16,
}

/// How often a request is tried again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpRetry {
    /// 0: never.
    pub attempts: u32,
}

/// Which browsers' calls are answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CorsPolicy {
    /// From where.
    pub allow_origins: Vec<StringMatch>,
    /// With which methods.
    pub allow_methods: Vec<&'static str>,
    /// With which headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// Which headers the page sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// How long the answer may be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// Whether cookies may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
}

/// Selects pods.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// All of these labels.
    pub match_labels: Labels,
}

/// `security.istio.io` RequestAuthentication.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestAuthentication {
    /// The pods.
    pub selector: Selector,
    /// The issuers.
    pub jwt_rules: Vec<JwtRule>,
}

/// An issuer whose tokens are verified.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtRule {
    /// The exact `iss`.
    pub issuer: String,
    /// One of these must be in `aud`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Where the keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The keys themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    /// Headers that hold the token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_headers: Vec<JwtHeader>,
    /// Query parameters that hold the token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_params: Vec<String>,
    /// Cookies that hold the token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from_cookies: Vec<String>,
    /// Whether the app sees the token too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_original_token: Option<bool>,
}

/// A header that holds a token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JwtHeader {
    /// Its name.
    pub name: String,
    /// What stands before the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// `security.istio.io` AuthorizationPolicy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthorizationPolicy {
    /// The pods.
    pub selector: Selector,
    /// Always `ALLOW`.
    pub action: &'static str,
    /// One of these must match; none: nothing is let through (A5). Written also where there is none: kubectl leaves a field
    /// of an object in the cluster as it is that the new one does not name.
    pub rules: Vec<Rule>,
}

/// A rule of an AuthorizationPolicy: from, to and when must all hold (A6).
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Rule {
    /// Who calls: one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<From>,
    /// What is called: one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<To>,
    /// Conditions: all of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
}

/// `from:`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct From {
    /// Who calls.
    pub source: Source,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// `ISSUER/SUBJECT`, split at the last slash (A19).
    pub request_principals: Vec<String>,
}

/// `to:`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct To {
    /// What is called.
    pub operation: Operation,
}

/// What is called: all that is said must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Hosts with and without port (A27).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Hosts that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_hosts: Vec<String>,
    /// Methods (A23).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<&'static str>,
    /// Paths (A24, A25).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Paths that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_paths: Vec<String>,
}

/// A condition on a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is looked at (A30).
    pub key: String,
    /// One of these must be in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// None of these may be in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_values: Vec<String>,
}
