//! The registry of codes. A code is never given a second meaning; one that is no longer raised moves to [`RETIRED`].
//!
//! `E01` syntax, `E02` names, `E03` values, `E04` routes, `E05` requirements, `E06` gateways and workloads, `E07` what a
//! target cannot express, `W08` warnings, `E09` tests, `E10` and `W10` the cluster,
//! `E11` and `W11` the file `meshc.toml` and what earlier builds left.

use super::Severity;
use super::page::standalone;

/// A stable code such as `E0301`, with its name and its page.
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

struct Entry {
    id: &'static str,
    name: &'static str,
    severity: Severity,
    phase: Phase,
    page: &'static str,
}

/// What looks for a finding; where several do, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The file `meshc.toml` is read.
    Project,
    /// A file is read.
    Syntax,
    /// Names and values are resolved.
    Analysis,
    /// Warnings that are looked for in every program that can be read, beside errors too.
    Lint,
    /// Warnings that are looked for only where there is no error: what an error hides could be what makes them untrue.
    LintOfSound,
    /// Routes are held against each other.
    Access,
    /// What a target cannot say.
    Target,
    /// The tests of the program.
    Test,
    /// The program is held against a cluster.
    Cluster,
}

impl Code {
    /// `E0301`
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// `invalid-host`
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The page as it stands in `docs/errors`, in Markdown.
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// The page as `meshc explain` prints it: with nothing in it that only those can follow who have the other pages.
    pub fn text(self) -> String {
        standalone(self.page())
    }

    /// How much it weighs.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// What looks for it.
    pub fn phase(self) -> Phase {
        self.0.phase
    }

    /// The code of this id or name, in any case.
    pub fn find(text: &str) -> Option<Code> {
        let is = |code: &Code| code.id().eq_ignore_ascii_case(text) || code.name().eq_ignore_ascii_case(text);
        ALL.iter().copied().find(is)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.id, self.0.name)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}

macro_rules! codes {
    ($($constant:ident $id:literal $name:literal $severity:ident $phase:ident;)*) => {
        $(
            #[doc = concat!($name, ": see `docs/errors/", $id, ".md`.")]
            pub const $constant: Code = Code(&Entry {
                id: $id,
                name: $name,
                severity: Severity::$severity,
                phase: Phase::$phase,
                page: include_str!(concat!("../../docs/errors/", $id, ".md")),
            });
        )*

        /// Every code, in order of id.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    SYNTAX_ERROR "E0101" "syntax-error" Error Syntax;
    UNKNOWN_STATEMENT "E0102" "unknown-statement" Error Syntax;
    UNCLOSED_BRACE "E0103" "unclosed-brace" Error Syntax;
    UNCLOSED_STRING "E0104" "unclosed-string" Error Syntax;
    MISSING_ACCESS "E0105" "missing-access" Error Syntax;
    NESTED_TOO_DEEP "E0106" "nested-too-deep" Error Syntax;
    FILE_TOO_LARGE "E0107" "file-too-large" Error Syntax;
    BAD_CHARACTER "E0108" "bad-character" Error Syntax;

    UNKNOWN_NAME "E0201" "unknown-name" Error Analysis;
    DUPLICATE_NAME "E0202" "duplicate-name" Error Analysis;
    DUPLICATE_LINE "E0203" "duplicate-line" Error Analysis;
    MISSING_LINE "E0204" "missing-line" Error Analysis;
    POLICY_CYCLE "E0205" "policy-cycle" Error Analysis;
    AMBIGUOUS_APP "E0206" "ambiguous-app" Error Analysis;
    GATEWAY_NOT_CHOSEN "E0207" "gateway-not-chosen" Error Analysis;
    ISSUER_NOT_CHOSEN "E0208" "issuer-not-chosen" Error Access;
    ENVIRONMENTS_DIFFER "E0209" "environments-differ" Error Analysis;
    ENVIRONMENT_TYPE "E0210" "environment-type" Error Analysis;

    INVALID_HOST "E0301" "invalid-host" Error Analysis;
    INVALID_PATH "E0302" "invalid-path" Error Syntax;
    INVALID_PORT "E0303" "invalid-port" Error Analysis;
    INVALID_DURATION "E0304" "invalid-duration" Error Analysis;
    INVALID_LABEL "E0305" "invalid-label" Error Analysis;
    INVALID_URL "E0306" "invalid-url" Error Analysis;
    INVALID_HEADER "E0307" "invalid-header" Error Analysis;
    INVALID_METHOD "E0308" "invalid-method" Error Analysis;
    INVALID_NUMBER "E0309" "invalid-number" Error Analysis;
    INVALID_JWKS "E0310" "invalid-jwks" Error Analysis;
    PATTERN_IN_LITERAL "E0311" "pattern-in-literal" Error Analysis;
    INVALID_WORD "E0312" "invalid-word" Error Analysis;

    OVERLAPPING_PATHS "E0401" "overlapping-paths" Error Access;
    DUPLICATE_ROUTE "E0402" "duplicate-route" Error Access;
    SHARED_HOST_CONFLICT "E0403" "shared-host-conflict" Error Access;
    HOST_NOT_OF_APP "E0404" "host-not-of-app" Error Analysis;
    REWRITE_COLLISION "E0405" "rewrite-collision" Error Access;
    REWRITE_SHAPE "E0406" "rewrite-shape" Error Analysis;
    SPLIT_SHARES "E0407" "split-shares" Error Analysis;
    SPLIT_ISSUERS "E0408" "split-issuers" Error Access;
    OPTION_NOT_ALLOWED "E0409" "option-not-allowed" Error Analysis;

    UNSATISFIABLE "E0501" "unsatisfiable" Error Access;
    NEGATION_WITHOUT_TOKEN "E0502" "negation-without-token" Error Access;
    UNDECLARED_CLAIM "E0503" "undeclared-claim" Error Analysis;
    CLAIM_TYPE "E0504" "claim-type" Error Analysis;
    UNTRUSTED_ISSUER "E0505" "untrusted-issuer" Error Access;
    REQUIREMENT_TOO_LARGE "E0506" "requirement-too-large" Error Analysis;
    SAME_ISSUER_TWICE "E0507" "same-issuer-twice" Error Analysis;

    HOST_OUTSIDE_GATEWAY "E0601" "host-outside-gateway" Error Analysis;
    GATEWAY_CLASH "E0602" "gateway-clash" Error Analysis;
    REDIRECT_NEEDS_BOTH "E0603" "redirect-needs-both" Error Analysis;
    SAME_PODS "E0604" "same-pods" Error Analysis;
    SHARED_CERTIFICATE "E0605" "shared-certificate" Error Analysis;
    SHARED_SERVICE "E0606" "shared-service" Error Analysis;

    WILDCARD_HOST_BLOCK "E0702" "wildcard-host-block" Error Target;
    OBJECT_TOO_LARGE "E0703" "object-too-large" Error Target;
    NAMES_COLLIDE "E0704" "names-collide" Error Target;
    CLAIM_NOT_MATCHABLE "E0705" "claim-not-matchable" Error Analysis;
    PATH_NOT_MATCHABLE "E0706" "path-not-matchable" Error Target;
    MISSING_FOR_ENVOY "E0707" "missing-for-envoy" Error Target;

    TEST_FAILED "E0901" "test-failed" Error Test;
    TEST_CLAIM "E0902" "test-claim" Error Analysis;

    NAMESPACE_NOT_THERE "E1001" "namespace-not-there" Error Cluster;
    SERVICE_NOT_THERE "E1002" "service-not-there" Error Cluster;
    PORT_NOT_IN_SERVICE "E1003" "port-not-in-service" Error Cluster;
    PORT_NOT_HTTP "E1004" "port-not-http" Error Cluster;
    UNGUARDED_PODS "E1005" "unguarded-pods" Error Cluster;
    SELECTS_NO_POD "E1006" "selects-no-pod" Error Cluster;
    NOT_ENFORCED "E1007" "not-enforced" Error Cluster;
    SERVICE_LEADS_OUTSIDE "E1008" "service-leads-outside" Error Cluster;
    GATEWAY_SELECTS_NO_POD "E1009" "gateway-selects-no-pod" Error Cluster;
    GATEWAY_PORT_NOT_IN_SERVICE "E1010" "gateway-port-not-in-service" Error Cluster;
    SECRET_NOT_THERE "E1011" "secret-not-there" Error Cluster;
    NOT_A_CERTIFICATE "E1012" "not-a-certificate" Error Cluster;

    INVALID_PROJECT_FILE "E1101" "invalid-project-file" Error Project;
    UNKNOWN_PROJECT_KEY "E1102" "unknown-project-key" Error Project;
    INVALID_PROGRAM_NAME "E1103" "invalid-program-name" Error Project;

    UNUSED_ISSUER "W0801" "unused-issuer" Warning LintOfSound;
    UNUSED_POLICY "W0802" "unused-policy" Warning LintOfSound;
    UNUSED_ROUTES "W0803" "unused-routes" Warning LintOfSound;
    UNUSED_GATEWAY "W0804" "unused-gateway" Warning LintOfSound;
    UNUSED_VALUE "W0805" "unused-value" Warning LintOfSound;
    PUBLIC_INSIDE_GUARDED "W0806" "public-inside-guarded" Warning Lint;
    NOT_YET_PROVED "W0807" "not-yet-proved" Warning Lint;
    PLAIN_HTTP "W0808" "plain-http" Warning Lint;
    TWIN_ASKS_LESS "W0809" "twin-asks-less" Warning LintOfSound;
    NO_ROUTES "W0810" "no-routes" Warning LintOfSound;
    QUERY_TOKEN "W0814" "query-token" Warning Lint;
    QUOTES_IN_STRING "W0815" "quotes-in-string" Warning Lint;

    PORT_GUESSED "W1013" "port-guessed" Warning Cluster;
    PORT_NOT_HTTP2 "W1014" "port-not-http2" Warning Cluster;
    SERVICE_WITHOUT_SELECTOR "W1015" "service-without-selector" Warning Cluster;
    GATEWAY_WITHOUT_SERVICE "W1016" "gateway-without-service" Warning Cluster;
    PORT_DECLARED_TWICE "W1017" "port-declared-twice" Warning Cluster;

    POLICY_IN_PARTS "W1104" "policy-in-parts" Warning Target;
}

/// Ids that were raised once and must not be used again.
pub const RETIRED: &[&str] = &["E0701"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_ordered_and_have_a_page_that_begins_with_them() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id() < pair[1].id(), "{:?} before {:?}", pair[0], pair[1]);
        }
        let mut names: Vec<_> = ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for code in ALL {
            let title = code.page().lines().next().unwrap_or("");
            assert_eq!(title, format!("# {}: {}", code.id(), code.name()));
            assert!(!RETIRED.contains(&code.id()));
            let letter = if code.severity() == Severity::Error { 'E' } else { 'W' };
            assert!(code.id().starts_with(letter), "{code:?} is no {:?}", code.severity());
        }
    }

    #[test]
    fn a_code_is_found_by_id_and_by_name() {
        assert_eq!(Code::find("e0301"), Some(INVALID_HOST));
        assert_eq!(Code::find("invalid-host"), Some(INVALID_HOST));
        assert_eq!(Code::find("E9999"), None);
    }
}
