//! A JSON Web Token as text: decoded, and nothing verified.

use serde_json::{Map, Value};

use crate::access::{Credential, Flaw, Token};
use crate::ir::{IssuerId, Program};

/// Reads a token, with or without `Bearer` before it, at a time in seconds since 1970. Gives back what it is and the
/// same in words.
pub(super) fn read(text: &str, program: &Program, now: u64) -> (Credential, String) {
    let text = text.trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
    let Some(claims) = payload(text) else {
        return (Credential::Garbage, "it is no JSON Web Token".to_string());
    };
    let Some(url) = claims.get("iss").and_then(Value::as_str) else {
        return (Credential::Stranger, "it names no issuer".to_string());
    };
    let Some(place) = program.issuers.iter().position(|issuer| issuer.url == url) else {
        return (Credential::Stranger, format!("the program has no issuer with the url `{url}`"));
    };
    let flaw = flaw(&claims, now);
    let state = match flaw {
        Some(Flaw::Expired) => ", expired",
        Some(Flaw::NotYetValid) => ", not valid yet",
        Some(Flaw::Forged) | None => "",
    };
    let words = format!("of issuer `{}`{state}", program.issuers[place].name);
    (Credential::Token(Token { issuer: IssuerId(place), flaw, claims }), words)
}

/// By how many seconds the clocks of issuer and proxy may differ.
const TOLERANCE: f64 = 60.0;

/// `exp` in the past, or `nbf` in the future.
fn flaw(claims: &Map<String, Value>, now: u64) -> Option<Flaw> {
    // Whole seconds are exact in an `f64` for longer than there will be tokens.
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    let now = now as f64;
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    if time("exp").is_some_and(|exp| exp + TOLERANCE <= now) {
        return Some(Flaw::Expired);
    }
    time("nbf").is_some_and(|nbf| nbf > now + TOLERANCE).then_some(Flaw::NotYetValid)
}

/// The claims: the middle one of three parts.
fn payload(text: &str) -> Option<Map<String, Value>> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, _signature] = parts.as_slice() else { return None };
    let object = |part: &str| match serde_json::from_slice(&base64url(part)?) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    object(header)?;
    object(payload)
}

/// Base64 with the alphabet for URLs (RFC 4648, 5), without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    (count < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn program() -> Program {
        let sources = SourceMap::single("a.mesh", "issuer corp {\n  url \"https://id.example.com\"\n}\n");
        let parsed = crate::parse(&sources);
        crate::analyze::analyze(&sources, parsed.files(), None, &crate::Attachments::default()).program
    }

    /// The header `{"alg":"none"}`, the claims, and a signature that nobody looks at.
    fn token(claims: &str) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let encode = |text: &str| {
            let bits: Vec<u8> = text.bytes().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1)).collect();
            let value = |six: &[u8]| six.iter().chain([0; 6].iter()).take(6).fold(0, |v, bit| v << 1 | *bit);
            bits.chunks(6).map(|six| char::from(ALPHABET[usize::from(value(six))])).collect::<String>()
        };
        format!("{}.{}.sig", encode("{\"alg\":\"none\"}"), encode(claims))
    }

    #[test]
    fn bytes_are_decoded_whatever_their_number() {
        for (text, bytes) in [("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob")] {
            assert_eq!(base64url(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(base64url("_-8").as_deref(), Some([0xFF, 0xEF].as_slice()));
        for bad in ["Z", "Zg==", "Zg+", "Zm9vY"] {
            assert_eq!(base64url(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_is_what_its_claims_say() {
        let read = |text: &str| read(text, &program(), 1000);
        let (credential, words) =
            read(&format!("Bearer {}\n", token(r#"{"iss":"https://id.example.com","exp":1001}"#)));
        let Credential::Token(Token { flaw: None, claims, .. }) = credential else { panic!("{words}") };
        assert_eq!((claims["exp"].as_u64(), words.as_str()), (Some(1001), "of issuer `corp`"));
        let flaw = |claims: &str| match read(&token(claims)).0 {
            Credential::Token(token) => token.flaw,
            other => panic!("{other:?}"),
        };
        assert_eq!(flaw(r#"{"iss":"https://id.example.com","exp":940}"#), Some(Flaw::Expired));
        assert_eq!(flaw(r#"{"iss":"https://id.example.com","nbf":1060.5}"#), Some(Flaw::NotYetValid));
        assert_eq!(flaw(r#"{"iss":"https://id.example.com","exp":941,"nbf":1060}"#), None);
        assert_eq!(flaw(r#"{"iss":"https://id.example.com"}"#), None);
        assert_eq!(read(&token(r#"{"iss":"https://id.example.com/"}"#)).0, Credential::Stranger);
        assert_eq!(read(&token("{}")).0, Credential::Stranger);
        for garbage in ["", "abc", "a.b.c", "e30.e30", "e30.W10.x", "e30.e30.x.y"] {
            assert_eq!(read(garbage).0, Credential::Garbage, "{garbage}");
        }
    }
}
