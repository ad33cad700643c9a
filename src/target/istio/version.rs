//! Which version of Istio the manifests are for.

use std::fmt;
use std::str::FromStr;

/// Istio 1.N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioVersion(u32);

impl IstioVersion {
    /// The oldest version that manifests are made for.
    pub const OLDEST: IstioVersion = IstioVersion(20);
    /// The newest version that manifests were checked against; newer ones get the same.
    pub const NEWEST: IstioVersion = IstioVersion(31);
    /// Serves `v1` of all four kinds (G1), and path templates in policies (A25).
    pub const V1: IstioVersion = IstioVersion(22);
    /// Reads tokens from cookies.
    pub const COOKIES: IstioVersion = IstioVersion(21);

    /// Whether it has path templates.
    pub fn has_path_templates(self) -> bool {
        self >= Self::V1
    }

    /// The `apiVersion` of a group: `v1` where all kinds have it, else `v1beta1` (G1, G2).
    pub fn api_version(self, group: &'static str) -> &'static str {
        match (group, self >= Self::V1) {
            ("networking.istio.io", true) => "networking.istio.io/v1",
            ("networking.istio.io", false) => "networking.istio.io/v1beta1",
            (_, true) => "security.istio.io/v1",
            (_, false) => "security.istio.io/v1beta1",
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
            return Err(format!("Istio {text} is too old; the oldest that meshc knows is {}", Self::OLDEST));
        }
        Ok(IstioVersion(minor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_choose_the_api() {
        let api = |text: &str| text.parse::<IstioVersion>().map(|v| v.api_version("networking.istio.io"));
        assert_eq!(api("1.22"), Ok("networking.istio.io/v1"));
        assert_eq!(api("1.21.3"), Ok("networking.istio.io/v1beta1"));
        for bad in ["1", "2.1", "1.x", "1.19", "1.22.1.1", "", "1.-1"] {
            assert!(api(bad).is_err(), "{bad}");
        }
    }
}
