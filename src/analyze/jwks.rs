//! Key sets that are copied into the manifests: public keys only, and no key is ever shown in a message.

use serde_json::Value;

use super::fault::Fault;

/// The fields that only a private or a symmetric key has (RFC 7518, 6.2.2, 6.3.2, 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The key set of a file in one line, its fields in the order of the file.
pub(super) fn compact(document: &str, name: &str) -> Result<String, Fault> {
    let not = |label: String| Fault::new(format!("`{name}` is not a set of public keys"), label);
    let set: Value = serde_json::from_str(document.strip_prefix('\u{feff}').unwrap_or(document))
        .map_err(|error| not(format!("not JSON at line {}, column {}", error.line(), error.column())))?;
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        return Err(not("has no list `keys`".into()).help("a key set is `{\"keys\": [ … ]}`"));
    };
    if keys.is_empty() {
        return Err(not("its list `keys` is empty".into())
            .help("with no key no token can be verified; export the issuer's keys"));
    }
    for (i, key) in keys.iter().enumerate() {
        let number = i + 1;
        let Some(kind) = key.get("kty").and_then(Value::as_str) else {
            return Err(not(format!("key {number} has no `kty`")));
        };
        if kind == "oct" || PRIVATE.iter().any(|field| key.get(field).is_some()) {
            let what = if kind == "oct" { "a symmetric key" } else { "a private key" };
            return Err(not(format!("key {number} is {what}"))
                .help("everybody who reads the manifests would have the key; export the public keys alone"));
        }
    }
    Ok(set.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_keys_are_written_in_one_line_in_the_order_of_the_file() {
        let document = "{ \"keys\": [\n {\"kty\":\"RSA\", \"n\": \"x\", \"e\":\"AQAB\", \"alg\": \"RS256\"} ] }\n";
        assert_eq!(
            compact(document, "k.json").as_deref(),
            Ok("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"x\",\"e\":\"AQAB\",\"alg\":\"RS256\"}]}")
        );
    }

    #[test]
    fn what_is_no_set_of_public_keys_is_refused_without_showing_any() {
        let table = [
            ("", "not JSON at line 1, column 0"),
            ("{", "not JSON at line 1, column 1"),
            ("[]", "has no list `keys`"),
            ("{\"keys\": 1}", "has no list `keys`"),
            ("{\"keys\": []}", "its list `keys` is empty"),
            ("{\"keys\": [1]}", "key 1 has no `kty`"),
            (
                "{\"keys\": [{\"kty\":\"RSA\",\"n\":\"x\"},{\"kty\":\"RSA\",\"d\":\"SECRET\"}]}",
                "key 2 is a private key",
            ),
            ("{\"keys\": [{\"kty\":\"oct\",\"k\":\"SECRET\"}]}", "key 1 is a symmetric key"),
            ("{\"keys\": [{\"kty\":\"EC\",\"k\":\"SECRET\"}]}", "key 1 is a private key"),
        ];
        for (document, label) in table {
            let fault = compact(document, "k.json").unwrap_err();
            assert_eq!((fault.message.as_str(), fault.label.as_ref()), ("`k.json` is not a set of public keys", label));
            assert!(!format!("{fault:?}").contains("SECRET"));
        }
    }
}
