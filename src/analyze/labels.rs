//! Names as Kubernetes and HTTP want them: DNS labels, subdomains, pairs of `select`, headers, plain strings.

use super::fault::Fault;

/// The longest DNS label.
pub(super) const MAX_LABEL: usize = 63;
/// The longest DNS name.
pub(super) const MAX_NAME: usize = 253;

/// Whether a text is a DNS label: lower-case letters, digits and inner hyphens, 1 to 63 of them.
pub(super) fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=MAX_LABEL).contains(&bytes.len())
        && bytes.iter().all(|&b| inner(b))
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

/// A DNS label, such as the name of an app; `what` is what it names.
pub(super) fn dns_label(text: &str, what: &str) -> Result<String, Fault> {
    if is_dns_label(text) {
        return Ok(text.to_string());
    }
    if text.len() > MAX_LABEL {
        return Err(Fault::new(
            format!("the name of {what} has {} characters, and {MAX_LABEL} are allowed", text.chars().count()),
            "too long",
        ));
    }
    let fault = Fault::new(format!("`{text}` cannot be the name of {what}"), "not a DNS label")
        .help("a name holds lower-case letters, digits and inner hyphens, at most 63");
    Err(in_lower_case(fault, text, is_dns_label))
}

/// A DNS subdomain: DNS labels with dots between them, such as the name of a secret.
pub(super) fn dns_subdomain(text: &str, what: &str) -> Result<String, Fault> {
    if is_dns_subdomain(text) {
        return Ok(text.to_string());
    }
    let fault = Fault::new(format!("`{text}` cannot be the name of {what}"), "not a DNS name")
        .help("a name holds lower-case letters, digits, inner hyphens and dots, at most 253");
    Err(in_lower_case(fault, text, is_dns_subdomain))
}

/// Nothing in Kubernetes has a name in upper case, so the same name in lower case is sure. What stands in place of a `_`
/// is not: it may be a hyphen, or nothing.
fn in_lower_case(fault: Fault, text: &str, is_name: fn(&str) -> bool) -> Fault {
    let lower = text.to_ascii_lowercase();
    if is_name(&lower) {
        return fault.write(lower);
    }
    let near = lower.replace('_', "-");
    if is_name(&near) {
        let help = fault.help.clone().unwrap_or_default();
        return fault.help(format!("did you mean `{near}`; {help}"));
    }
    fault
}

fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= MAX_NAME && text.split('.').all(is_dns_label)
}

/// A pair `KEY=VALUE` of `select`.
pub(super) fn pair(text: &str) -> Result<(String, String), Fault> {
    let wrong =
        |message: String, label: &'static str| Err(Fault::new(message, label).help("write pairs like `app=shop`"));
    let Some((key, value)) = text.split_once('=') else {
        return wrong(format!("`{text}` is not a pair `KEY=VALUE`"), "there is no `=`");
    };
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if prefix.is_some_and(|p| !is_dns_subdomain(p)) || !is_label_text(name) {
        return wrong(format!("`{key}` cannot be the key of a label"), "not a label's key");
    }
    if !value.is_empty() && !is_label_text(value) {
        return wrong(format!("`{value}` cannot be the value of a label"), "not a label's value");
    }
    Ok((key.to_string(), value.to_string()))
}

/// A label's value or the name of its key: letters, digits and inner `-_.`, 1 to 63.
fn is_label_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=MAX_LABEL).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether a text is a token as HTTP has it (RFC 9110, 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// The name of a header, in lower case.
pub(super) fn header(text: &str) -> Result<String, Fault> {
    if !is_token(text) {
        return Err(Fault::new(format!("`{text}` cannot be the name of a header"), "not a header's name")
            .help("a header's name holds letters, digits and hyphens, such as `x-jwt-token`"));
    }
    let name = text.to_ascii_lowercase();
    if name == "host" {
        return Err(Fault::new("the header `host` cannot be used here", "names the host of the request")
            .help("use a header of its own, such as `x-jwt-token`"));
    }
    Ok(name)
}

/// The name of a query parameter or a cookie; `what` says which.
pub(super) fn parameter(text: &str, what: &str) -> Result<String, Fault> {
    if is_token(text) {
        return Ok(text.to_string());
    }
    Err(Fault::new(format!("`{text}` cannot be the name of a {what}"), format!("not a {what}'s name"))
        .help("a name holds letters, digits and hyphens"))
}

/// A string that is taken as it is; `what` says what it is for.
pub(super) fn plain(text: &str, what: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(format!("{what} is empty"), "empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new(format!("{what} holds a control character"), "holds a control character"));
    }
    Ok(text.to_string())
}

/// A value that a token's fact is compared with. Istio reads a `*` at either end as "anything" and cannot escape it
/// (A24, A31).
pub(super) fn literal(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new("an empty string matches no token", "empty")
            .help("write the value that is meant, or leave the comparison out"));
    }
    if text.starts_with('*') || text.ends_with('*') {
        return Err(Fault::new(
            format!("`{text}` would be read as a pattern"),
            if text.starts_with('*') { "begins with `*`" } else { "ends with `*`" },
        )
        .help("values are compared as they are; list the values that are meant: `in [\"a\", \"b\"]`"));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new("the value holds a control character", "holds a control character"));
    }
    Ok(text.to_string())
}

/// Whether a text is a name such as `realm_access`: a letter or `_`, then letters, digits, `_` and `-`.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
        result.unwrap_err().message
    }

    #[test]
    fn names_are_dns_labels() {
        for good in ["a", "my-app", "0", "a--b", &"a".repeat(63)] {
            assert_eq!(dns_label(good, "an app").as_deref(), Ok(good));
        }
        for bad in ["", "-a", "a-", "a.b", "é", "a b"] {
            assert_eq!(refused(dns_label(bad, "an app")), format!("`{bad}` cannot be the name of an app"));
        }
        assert_eq!(
            refused(dns_label(&"a".repeat(64), "an app")),
            "the name of an app has 64 characters, and 63 are allowed"
        );
        assert_eq!(dns_label("TeamA", "a namespace").unwrap_err().replacement.as_deref(), Some("teama"));
        let guessed = dns_label("Team_A", "a namespace").unwrap_err();
        assert!(guessed.replacement.is_none() && guessed.help.is_some_and(|help| help.contains("`team-a`")));
    }

    #[test]
    fn secrets_are_dns_subdomains() {
        assert!(dns_subdomain("shop.cert-1", "a secret").is_ok());
        for bad in ["", "a..b", ".a", "a/b", "-"] {
            assert!(dns_subdomain(bad, "a secret").is_err(), "{bad}");
        }
    }

    #[test]
    fn pairs_follow_the_rules_of_labels() {
        assert_eq!(pair("app.kubernetes.io/name=shop_1"), Ok(("app.kubernetes.io/name".into(), "shop_1".into())));
        assert_eq!(pair("empty="), Ok(("empty".into(), String::new())));
        assert_eq!(refused(pair("app")), "`app` is not a pair `KEY=VALUE`");
        assert_eq!(refused(pair("=x")), "`` cannot be the key of a label");
        assert_eq!(refused(pair("a/b/c=x")), "`a/b/c` cannot be the key of a label");
        assert_eq!(refused(pair("app=*")), "`*` cannot be the value of a label");
        assert_eq!(refused(pair("app=a=b")), "`a=b` cannot be the value of a label");
    }

    #[test]
    fn headers_are_tokens_in_lower_case() {
        assert_eq!(header("X-Jwt-Token").as_deref(), Ok("x-jwt-token"));
        for bad in ["", "x token", ":path", "é", "a:b"] {
            assert_eq!(refused(header(bad)), format!("`{bad}` cannot be the name of a header"));
        }
        assert_eq!(refused(header("Host")), "the header `host` cannot be used here");
    }

    #[test]
    fn literals_that_a_target_reads_as_patterns_are_refused() {
        assert_eq!(literal("a*b").as_deref(), Ok("a*b"));
        for bad in ["*", "*a", "a*"] {
            assert_eq!(refused(literal(bad)), format!("`{bad}` would be read as a pattern"));
        }
        assert_eq!(refused(literal("")), "an empty string matches no token");
    }
}
