//! Keys that are made for one run, and the tokens that are signed with them: RS256 and ES256 by turns.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair};
use serde_json::{Map, Value, json};

use super::Fault;
use crate::access::{Flaw, Token};
use crate::ir::Program;

/// Keys for a number of issuers, and as many that belong to nobody.
#[derive(Debug)]
pub struct Keyring {
    issuers: Vec<Pair>,
    strangers: Vec<Pair>,
}

#[derive(Debug)]
pub(super) enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
}

impl Keyring {
    /// Makes keys for up to so many issuers; further ones share them.
    ///
    /// # Errors
    /// Keys cannot be made on this machine.
    pub fn new(issuers: usize) -> Result<Self, Fault> {
        let make =
            |count: usize| (0..count.max(2)).map(|i| Pair::new(i.is_multiple_of(2))).collect::<Result<Vec<_>, _>>();
        Ok(Keyring { issuers: make(issuers)?, strangers: make(2)? })
    }

    /// Per issuer's name, its public keys as JSON.
    pub fn key_sets(&self, program: &Program) -> BTreeMap<String, String> {
        let names = program.issuers.iter().enumerate();
        names
            .map(|(i, issuer)| (issuer.name.clone(), json!({ "keys": [self.pair(i).public("k")] }).to_string()))
            .collect()
    }

    /// A signed token with all that is wrong with it.
    pub fn mint(&self, program: &Program, token: &Token) -> String {
        let issuer = program.issuer(token.issuer);
        let mut claims = token.claims.clone();
        claims.insert("iss".to_string(), json!(issuer.url));
        let (from, until) = match token.flaw {
            Some(Flaw::Expired) => (-7200, -3600),
            Some(Flaw::NotYetValid) => (3600, 7200),
            Some(Flaw::Forged) | None => (-60, 3600),
        };
        claims.insert("nbf".to_string(), json!(now() + from));
        claims.insert("exp".to_string(), json!(now() + until));
        let own = self.pair(token.issuer.0);
        match token.flaw {
            Some(Flaw::Forged) => self.strangers[usize::from(matches!(own, Pair::Ec(_)))].sign("k", &claims),
            Some(Flaw::Expired | Flaw::NotYetValid) | None => own.sign("k", &claims),
        }
    }

    /// A good token of an issuer that no program knows.
    pub fn of_a_stranger(&self) -> String {
        let claims = json!({ "iss": "https://stranger.example.net", "sub": "somebody", "exp": now() + 3600 });
        self.strangers[0].sign("k", claims.as_object().unwrap_or(&Map::new()))
    }

    pub(super) fn pair(&self, issuer: usize) -> &Pair {
        &self.issuers[issuer % self.issuers.len()]
    }
}

impl Pair {
    fn new(rsa: bool) -> Result<Self, Fault> {
        let fault = |_| Fault::new("no keys can be made on this machine");
        if rsa {
            return Ok(Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).map_err(fault)?)));
        }
        Ok(Pair::Ec(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).map_err(fault)?))
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// The public key as a JWK.
    fn public(&self, id: &str) -> Value {
        let alg = self.algorithm();
        match self {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let n = base64url(key.modulus().big_endian_without_leading_zero());
                let e = base64url(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "use": "sig", "alg": alg, "kid": id, "n": n, "e": e })
            }
            Pair::Ec(pair) => {
                // An uncompressed point: 4, then both coordinates.
                let point = pair.public_key().as_ref();
                let coordinate = |from: usize| base64url(point.get(from..from + 32).unwrap_or_default());
                let (x, y) = (coordinate(1), coordinate(33));
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": id, "x": x, "y": y })
            }
        }
    }

    pub(super) fn sign(&self, id: &str, claims: &Map<String, Value>) -> String {
        let head = json!({ "alg": self.algorithm(), "typ": "JWT", "kid": id }).to_string();
        let body = serde_json::to_string(claims).unwrap_or_default();
        let signed = format!("{}.{}", base64url(head.as_bytes()), base64url(body.as_bytes()));
        let random = SystemRandom::new();
        // A signature that cannot be made is left empty: the token is then refused, and the judge says so.
        let made = match self {
            Pair::Rsa(pair) => {
                let mut made = vec![0; pair.public_modulus_len()];
                let done = pair.sign(&signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut made);
                done.map(|()| made).unwrap_or_default()
            }
            Pair::Ec(pair) => pair.sign(&random, signed.as_bytes()).map(|s| s.as_ref().to_vec()).unwrap_or_default(),
        };
        format!("{signed}.{}", base64url(&made))
    }
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    i64::try_from(since).unwrap_or(0)
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            let letter = (word >> (18 - 6 * i)) & 63;
            text.push(char::from(LETTERS[letter as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn base64_for_urls_has_no_padding() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
