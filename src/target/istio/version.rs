//! Which version of Istio the manifests are for.

use std::fmt;
use std::str::FromStr;

/// Istio 1.N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioVersion(u32);

impl IstioVersion {
    /// The oldest version that manifests are made for: the first of which every release reads them as they are meant
    /// (I1 to I4).
    pub const OLDEST: IstioVersion = IstioVersion(22);
    /// The newest version that manifests were checked against; newer ones get the same.
    pub const NEWEST: IstioVersion = IstioVersion(31);

    /// The `apiVersion` of a group. All versions that manifests are made for serve `v1` of all kinds (G1, G2).
    #[allow(clippy::unused_self, reason = "it is the version that says what is served")]
    pub fn api_version(self, group: &'static str) -> &'static str {
        match group {
            "networking.istio.io" => "networking.istio.io/v1",
            _ => "security.istio.io/v1",
        }
    }
}

impl Default for IstioVersion {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for IstioVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

impl FromStr for IstioVersion {
    type Err = String;

    /// Reads `1.N` or `1.N.P`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a version of Istio such as `1.26`");
        let numbers: Vec<u32> = text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let ([1, minor] | [1, minor, _]) = numbers[..] else { return Err(wrong()) };
        if minor < Self::OLDEST.0 {
            return Err(format!("meshc writes for Istio {} and later; {}", Self::OLDEST, why_not(minor)));
        }
        Ok(IstioVersion(minor))
    }
}

/// Why manifests are not made for Istio 1.N.
fn why_not(minor: u32) -> &'static str {
    match minor {
        // I2, I3
        21 => "1.21.0 to 1.21.2 read principals and audiences of a policy in another way",
        // I1
        _ => {
            "up to 1.20 a policy lets through an issuer whose url only begins as that of the one that is meant, and cuts claims \
             at blanks"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let version = |text: &str| text.parse::<IstioVersion>();
        assert_eq!(version("1.22"), Ok(IstioVersion::OLDEST));
        assert_eq!(version("1.22.3"), Ok(IstioVersion::OLDEST));
        assert_eq!(version("1.31"), Ok(IstioVersion::NEWEST));
        assert!(version("1.40").is_ok());
        for bad in ["1", "2.1", "1.x", "1.22.1.1", "", "1.-1"] {
            assert_eq!(version(bad), Err(format!("`{bad}` is not a version of Istio such as `1.26`")));
        }
    }

    #[test]
    fn what_reads_policies_otherwise_is_refused_and_told_why() {
        for (old, why) in
            [("1.19", "begins"), ("1.20", "begins"), ("1.20.8", "begins"), ("1.21", "1.21.2"), ("1.21.6", "1.21.2")]
        {
            let error = old.parse::<IstioVersion>().unwrap_err();
            assert!(error.contains("Istio 1.22 and later") && error.contains(why), "{old}: {error}");
        }
    }
}
