//! Hosts of requests: exact names, wildcards, and any host.

/// A host as a program writes it, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// `dev.example.com`
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: one or more labels before it (V3).
    Wildcard(String),
    /// `*`: every host.
    Any,
}

impl Host {
    /// Whether every request for `other` is a request for this one.
    pub fn covers(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Any, _) => true,
            (Host::Wildcard(suffix), Host::Exact(name)) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            (Host::Wildcard(suffix), Host::Wildcard(inner)) => inner.ends_with(suffix.as_str()),
            (Host::Exact(a), Host::Exact(b)) => a == b,
            (Host::Wildcard(_) | Host::Exact(_), Host::Any) | (Host::Exact(_), Host::Wildcard(_)) => false,
        }
    }

    /// The wildcards that cover this host, the most specific first, itself not among them.
    pub fn wildcards_above(&self) -> Vec<Host> {
        let mut above = Vec::new();
        if let Host::Exact(name) | Host::Wildcard(name) = self {
            let dots = name.char_indices().filter(|&(i, c)| c == '.' && i > 0);
            above.extend(dots.map(|(i, _)| Host::Wildcard(name[i..].to_string())));
            above.push(Host::Any);
        }
        above
    }

    /// Whether a request can be for both.
    pub fn overlaps(&self, other: &Host) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Greater is more specific: exact names above wildcards, longer wildcards above shorter ones, as Envoy picks (V7).
    pub fn specificity(&self) -> usize {
        match self {
            Host::Exact(_) => usize::MAX,
            Host::Wildcard(suffix) => suffix.len(),
            Host::Any => 0,
        }
    }

    /// A host that a request can have, for examples.
    pub fn example(&self) -> String {
        match self {
            Host::Exact(name) => name.clone(),
            Host::Wildcard(suffix) => format!("any{suffix}"),
            Host::Any => "any.example.com".to_string(),
        }
    }

    /// Whether it is not one name alone.
    pub fn is_wildcard(&self) -> bool {
        !matches!(self, Host::Exact(_))
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Host::Exact(name) => f.write_str(name),
            Host::Wildcard(suffix) => write!(f, "*{suffix}"),
            Host::Any => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        match text.strip_prefix('*') {
            Some("") => Host::Any,
            Some(suffix) => Host::Wildcard(suffix.to_string()),
            None => Host::Exact(text.to_string()),
        }
    }

    #[test]
    fn a_wildcard_covers_one_label_and_more_but_not_its_own_domain() {
        assert!(host("*.a.com").covers(&host("x.a.com")));
        assert!(host("*.a.com").covers(&host("x.y.a.com")));
        assert!(host("*.a.com").covers(&host("*.y.a.com")));
        assert!(!host("*.a.com").covers(&host("a.com")));
        assert!(!host("*.y.a.com").covers(&host("*.a.com")));
        assert!(host("*").covers(&host("*.a.com")));
        assert!(!host("x.a.com").covers(&host("*.a.com")));
    }

    #[test]
    fn the_wildcards_above_a_host_are_those_that_cover_it() {
        let above = |text: &str| host(text).wildcards_above().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(above("a.b.com"), ["*.b.com", "*.com", "*"]);
        assert_eq!(above("*.b.com"), ["*.com", "*"]);
        assert!(above("*").is_empty());
        assert!(host("a.b.com").wildcards_above().iter().all(|w| w.covers(&host("a.b.com"))));
    }

    #[test]
    fn specificity_follows_envoys_choice_of_a_virtual_host() {
        let order = ["a.b.com", "*.b.com", "*.com", "*"].map(|t| host(t).specificity());
        assert!(order.windows(2).all(|w| w[0] > w[1]));
    }
}
