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
    page: &'static str,
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

    /// Errors begin with `E`, warnings with `W`.
    pub fn severity(self) -> Severity {
        if self.0.id.starts_with('W') { Severity::Warning } else { Severity::Error }
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
    ($($constant:ident $id:literal $name:literal;)*) => {
        $(
            #[doc = concat!($name, ": see `docs/errors/", $id, ".md`.")]
            pub const $constant: Code = Code(&Entry {
                id: $id,
                name: $name,
                page: include_str!(concat!("../../docs/errors/", $id, ".md")),
            });
        )*

        /// Every code, in order of id.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    SYNTAX_ERROR "E0101" "syntax-error";
    UNKNOWN_STATEMENT "E0102" "unknown-statement";
    UNCLOSED_BRACE "E0103" "unclosed-brace";
    UNCLOSED_STRING "E0104" "unclosed-string";
    MISSING_ACCESS "E0105" "missing-access";
    NESTED_TOO_DEEP "E0106" "nested-too-deep";
    FILE_TOO_LARGE "E0107" "file-too-large";
    BAD_CHARACTER "E0108" "bad-character";

    UNKNOWN_NAME "E0201" "unknown-name";
    DUPLICATE_NAME "E0202" "duplicate-name";
    DUPLICATE_LINE "E0203" "duplicate-line";
    MISSING_LINE "E0204" "missing-line";
    POLICY_CYCLE "E0205" "policy-cycle";
    AMBIGUOUS_APP "E0206" "ambiguous-app";
    GATEWAY_NOT_CHOSEN "E0207" "gateway-not-chosen";
    ISSUER_NOT_CHOSEN "E0208" "issuer-not-chosen";
    ENVIRONMENTS_DIFFER "E0209" "environments-differ";
    ENVIRONMENT_TYPE "E0210" "environment-type";

    INVALID_HOST "E0301" "invalid-host";
    INVALID_PATH "E0302" "invalid-path";
    INVALID_PORT "E0303" "invalid-port";
    INVALID_DURATION "E0304" "invalid-duration";
    INVALID_LABEL "E0305" "invalid-label";
    INVALID_URL "E0306" "invalid-url";
    INVALID_HEADER "E0307" "invalid-header";
    INVALID_METHOD "E0308" "invalid-method";
    INVALID_NUMBER "E0309" "invalid-number";
    INVALID_JWKS "E0310" "invalid-jwks";
    PATTERN_IN_LITERAL "E0311" "pattern-in-literal";
    INVALID_WORD "E0312" "invalid-word";

    OVERLAPPING_PATHS "E0401" "overlapping-paths";
    DUPLICATE_ROUTE "E0402" "duplicate-route";
    SHARED_HOST_CONFLICT "E0403" "shared-host-conflict";
    HOST_NOT_OF_APP "E0404" "host-not-of-app";
    REWRITE_COLLISION "E0405" "rewrite-collision";
    REWRITE_SHAPE "E0406" "rewrite-shape";
    SPLIT_SHARES "E0407" "split-shares";
    SPLIT_ISSUERS "E0408" "split-issuers";
    OPTION_NOT_ALLOWED "E0409" "option-not-allowed";

    UNSATISFIABLE "E0501" "unsatisfiable";
    NEGATION_WITHOUT_TOKEN "E0502" "negation-without-token";
    UNDECLARED_CLAIM "E0503" "undeclared-claim";
    CLAIM_TYPE "E0504" "claim-type";
    UNTRUSTED_ISSUER "E0505" "untrusted-issuer";
    REQUIREMENT_TOO_LARGE "E0506" "requirement-too-large";
    SAME_ISSUER_TWICE "E0507" "same-issuer-twice";

    HOST_OUTSIDE_GATEWAY "E0601" "host-outside-gateway";
    GATEWAY_CLASH "E0602" "gateway-clash";
    REDIRECT_NEEDS_BOTH "E0603" "redirect-needs-both";
    SAME_PODS "E0604" "same-pods";
    SHARED_CERTIFICATE "E0605" "shared-certificate";
    SHARED_SERVICE "E0606" "shared-service";

    WILDCARD_HOST_BLOCK "E0702" "wildcard-host-block";
    OBJECT_TOO_LARGE "E0703" "object-too-large";
    NAMES_COLLIDE "E0704" "names-collide";
    CLAIM_NOT_MATCHABLE "E0705" "claim-not-matchable";
    PATH_NOT_MATCHABLE "E0706" "path-not-matchable";
    MISSING_FOR_ENVOY "E0707" "missing-for-envoy";

    TEST_FAILED "E0901" "test-failed";
    TEST_CLAIM "E0902" "test-claim";

    NAMESPACE_NOT_THERE "E1001" "namespace-not-there";
    SERVICE_NOT_THERE "E1002" "service-not-there";
    PORT_NOT_IN_SERVICE "E1003" "port-not-in-service";
    PORT_NOT_HTTP "E1004" "port-not-http";
    UNGUARDED_PODS "E1005" "unguarded-pods";
    SELECTS_NO_POD "E1006" "selects-no-pod";
    NOT_ENFORCED "E1007" "not-enforced";
    SERVICE_LEADS_OUTSIDE "E1008" "service-leads-outside";
    GATEWAY_SELECTS_NO_POD "E1009" "gateway-selects-no-pod";
    GATEWAY_PORT_NOT_IN_SERVICE "E1010" "gateway-port-not-in-service";
    SECRET_NOT_THERE "E1011" "secret-not-there";
    NOT_A_CERTIFICATE "E1012" "not-a-certificate";

    INVALID_PROJECT_FILE "E1101" "invalid-project-file";
    UNKNOWN_PROJECT_KEY "E1102" "unknown-project-key";
    INVALID_PROGRAM_NAME "E1103" "invalid-program-name";

    UNUSED_ISSUER "W0801" "unused-issuer";
    UNUSED_POLICY "W0802" "unused-policy";
    UNUSED_ROUTES "W0803" "unused-routes";
    UNUSED_GATEWAY "W0804" "unused-gateway";
    UNUSED_VALUE "W0805" "unused-value";
    PUBLIC_INSIDE_GUARDED "W0806" "public-inside-guarded";
    NOT_YET_PROVED "W0807" "not-yet-proved";
    PLAIN_HTTP "W0808" "plain-http";
    TWIN_ASKS_LESS "W0809" "twin-asks-less";
    NO_ROUTES "W0810" "no-routes";
    QUERY_TOKEN "W0814" "query-token";
    QUOTES_IN_STRING "W0815" "quotes-in-string";

    PORT_GUESSED "W1013" "port-guessed";
    PORT_NOT_HTTP2 "W1014" "port-not-http2";
    SERVICE_WITHOUT_SELECTOR "W1015" "service-without-selector";
    GATEWAY_WITHOUT_SERVICE "W1016" "gateway-without-service";
    PORT_DECLARED_TWICE "W1017" "port-declared-twice";

    POLICY_IN_PARTS "W1104" "policy-in-parts";
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
        }
    }

    #[test]
    fn a_code_is_found_by_id_and_by_name() {
        assert_eq!(Code::find("e0301"), Some(INVALID_HOST));
        assert_eq!(Code::find("invalid-host"), Some(INVALID_HOST));
        assert_eq!(Code::find("E9999"), None);
    }
}
