//! The private keys of a gateway for development, as they are handed from one process of the user to another.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaKeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Fault;
use super::keyring::{Keyring, Pair, now};
use crate::ir::Program;

/// An issuer whose tokens can be minted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevIssuer {
    /// Its name in the program.
    pub name: String,
    url: String,
    /// The claims of a token that says nothing of itself.
    claims: Map<String, Value>,
    algorithm: String,
    /// The private key: PKCS #8, in hexadecimal.
    key: String,
}

impl Keyring {
    /// All issuers of a program with their private keys.
    ///
    /// # Errors
    /// A key cannot be written.
    pub fn dev_issuers(&self, program: &Program) -> Result<Vec<DevIssuer>, Fault> {
        let issuer = |(i, issuer): (usize, &crate::ir::Issuer)| {
            let pair = self.pair(i);
            Ok(DevIssuer {
                name: issuer.name.clone(),
                url: issuer.url.clone(),
                claims: issuer.good_claims(),
                algorithm: pair.algorithm().to_string(),
                key: hex(&private(pair)?),
            })
        };
        program.issuers.iter().enumerate().map(issuer).collect()
    }
}

impl DevIssuer {
    /// A signed token with these claims beside the usual ones; its time is over, or it lasts an hour.
    ///
    /// # Errors
    /// The key is not one.
    pub fn mint(&self, more: &Map<String, Value>, expired: bool) -> Result<String, Fault> {
        let fault = || Fault::new("the keys of the running gateway cannot be read");
        let bytes = unhex(&self.key).ok_or_else(fault)?;
        let pair = if self.algorithm == "RS256" {
            Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(&bytes).map_err(|_| fault())?))
        } else {
            let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            Pair::Ec(EcdsaKeyPair::from_pkcs8(kind, &bytes).map_err(|_| fault())?)
        };
        let mut claims = self.claims.clone();
        claims.insert("iss".to_string(), json!(self.url));
        let (from, until) = if expired { (-7200, -3600) } else { (-60, 3600) };
        claims.insert("nbf".to_string(), json!(now() + from));
        claims.insert("exp".to_string(), json!(now() + until));
        claims.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
        // What is null is left out: so a token without a subject can be had.
        claims.retain(|_, value| !value.is_null());
        Ok(pair.sign("k", &claims))
    }
}

fn private(pair: &Pair) -> Result<Vec<u8>, Fault> {
    let fault = |_| Fault::new("the keys cannot be written");
    Ok(match pair {
        Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'static>>::as_der(&**pair).map_err(fault)?.as_ref().to_vec(),
        Pair::Ec(pair) => pair.to_pkcs8v1().map_err(fault)?.as_ref().to_vec(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|d| char::from_digit(d.into(), 16)).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    digits.chunks(2).map(|two| u8::try_from(two[0] << 4 | two[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, unhex};

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(hex(&[0, 255, 18]), "00ff12");
        assert_eq!(unhex("00ff12"), Some(vec![0, 255, 18]));
        assert_eq!((unhex("0"), unhex("0g")), (None, None));
    }
}
