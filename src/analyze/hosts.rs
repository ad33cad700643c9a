//! Hosts as a program writes them, and sets of them in which the covering ones are found without looking at all.

use std::collections::HashSet;

use super::fault::Fault;
use super::labels::{MAX_LABEL, MAX_NAME};
use crate::ir::Host;

/// Reads `dev.example.com`, `*.example.com` or `*`.
pub(super) fn host(text: &str) -> Result<Host, Fault> {
    if text == "*" {
        return Ok(Host::Any);
    }
    let name = text.strip_prefix("*.").unwrap_or(text);
    if let Some(fault) = fault(text, name) {
        return Err(fault);
    }
    Ok(if name.len() == text.len() { Host::Exact(text.to_string()) } else { Host::Wildcard(text[1..].to_string()) })
}

/// What is wrong with a host; `name` is the host without a leading `*.`.
fn fault(text: &str, name: &str) -> Option<Fault> {
    let not = |label: String| {
        let fault = Fault::new(format!("`{text}` is not a host"), label);
        Some(fault.help(
            "a host is a domain name of lower-case letters, digits and inner hyphens, such as `shop.example.com`",
        ))
    };
    if let Some((scheme, rest)) = text.split_once("://") {
        let rest = rest.split('/').next().unwrap_or("");
        let fault = Fault::new(format!("`{text}` is a URL, not a host"), format!("a host has no `{scheme}://`"));
        return Some(if host(rest).is_ok() {
            fault.help(format!("write `{rest}`; ports and TLS are the gateway's, paths stand in the routes of the app"))
        } else {
            fault
        });
    }
    if let Some((before, _)) = text.split_once('/') {
        let fault = Fault::new(format!("host `{text}` has a path"), "a host has no path");
        return Some(if host(before).is_ok() {
            fault.help(format!("write `{before}`; paths stand in the routes of the app"))
        } else {
            fault.help("paths stand in the routes of the app")
        });
    }
    if let Some((before, port)) = text.rsplit_once(':') {
        if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) {
            let why =
                "a request that names a port has the same outcome as one without; the ports are those of the gateway";
            let fault = Fault::new(format!("host `{text}` has a port"), "a host has no port");
            return Some(if host(before).is_ok() {
                fault.help(format!("write `{before}`: {why}"))
            } else {
                fault.help(why)
            });
        }
        return not("`:` cannot stand in a host".into());
    }
    if name.contains('*') {
        return Some(
            Fault::new(format!("`{text}` is not a host"), "`*` can only be the whole first label")
                .help("`*.example.com` is every name below `example.com`; `*` is every host"),
        );
    }
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        let lower = text.to_ascii_lowercase();
        let fault = Fault::new(format!("host `{text}` is not in lower case"), "hosts are written in lower case");
        return Some(if host(&lower).is_ok() { fault.write(lower) } else { fault });
    }
    if let Some(shorter) = text.strip_suffix('.').filter(|shorter| *shorter != "*" && host(shorter).is_ok()) {
        let fault = Fault::new(format!("host `{text}` ends in a dot"), "a host has no trailing dot");
        return Some(fault.write(shorter));
    }
    let labels = || name.split('.');
    if name.is_empty() || labels().any(str::is_empty) {
        return not("a label between dots is empty".into());
    }
    if let Some(c) = name.chars().find(|&c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')) {
        return not(format!("`{c}` cannot stand in a host"));
    }
    if let Some(label) = labels().find(|l| l.starts_with('-') || l.ends_with('-')) {
        return not(format!("`{label}` begins or ends with a hyphen"));
    }
    if text.len() > MAX_NAME || labels().any(|l| l.len() > MAX_LABEL) {
        return not("at most 63 characters between dots, and 253 together".into());
    }
    if labels().next_back().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit())) {
        return Some(
            Fault::new(format!("`{text}` is not a host"), "the last label is a number, as in an IP address")
                .help("hosts are domain names; `*` is every host"),
        );
    }
    if text == name && !name.contains('.') {
        return Some(
            Fault::new(format!("`{text}` is not a host"), "has no dot")
                .help("write the whole domain name, such as `shop.example.com`"),
        );
    }
    None
}

/// Hosts, by name: whether one covers a host is found by that host's suffixes.
#[derive(Debug, Default)]
pub(super) struct HostSet<'h> {
    exact: HashSet<&'h str>,
    wildcards: HashSet<&'h str>,
    any: bool,
}

impl<'h> HostSet<'h> {
    /// The set of these hosts.
    pub(super) fn new(hosts: impl IntoIterator<Item = &'h Host>) -> Self {
        let mut set = HostSet::default();
        for host in hosts {
            match host {
                Host::Exact(name) => set.exact.insert(name),
                Host::Wildcard(suffix) => set.wildcards.insert(suffix),
                Host::Any => std::mem::replace(&mut set.any, true),
            };
        }
        set
    }

    /// Whether a host of the set covers this one.
    pub(super) fn covers(&self, host: &Host) -> bool {
        let under_wildcard =
            |name: &str| name.bytes().enumerate().any(|(dot, b)| b == b'.' && self.wildcards.contains(&name[dot..]));
        self.any
            || match host {
                Host::Exact(name) => self.exact.contains(name.as_str()) || under_wildcard(name),
                Host::Wildcard(suffix) => under_wildcard(suffix),
                Host::Any => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_wildcards_and_any_host_are_read() {
        assert_eq!(host("dev.example.com"), Ok(Host::Exact("dev.example.com".into())));
        assert_eq!(host("*.example.com"), Ok(Host::Wildcard(".example.com".into())));
        assert_eq!(host("*.com"), Ok(Host::Wildcard(".com".into())));
        assert_eq!(host("*"), Ok(Host::Any));
        assert!(host(&format!("{}.com", "a".repeat(63))).is_ok());
    }

    #[test]
    fn what_is_no_host_is_told_with_its_reason() {
        let long = format!("{}.com", "a".repeat(64));
        let table = [
            ("", "`` is not a host", "a label between dots is empty"),
            ("*.", "`*.` is not a host", "a label between dots is empty"),
            ("shop", "`shop` is not a host", "has no dot"),
            ("a..b", "`a..b` is not a host", "a label between dots is empty"),
            ("a_b.com", "`a_b.com` is not a host", "`_` cannot stand in a host"),
            ("-a.com", "`-a.com` is not a host", "`-a` begins or ends with a hyphen"),
            ("10.0.0.1", "`10.0.0.1` is not a host", "the last label is a number, as in an IP address"),
            ("*.1", "`*.1` is not a host", "the last label is a number, as in an IP address"),
            ("*foo.com", "`*foo.com` is not a host", "`*` can only be the whole first label"),
            ("a.*.com", "`a.*.com` is not a host", "`*` can only be the whole first label"),
            ("[::1]", "`[::1]` is not a host", "`:` cannot stand in a host"),
            ("a,b.com", "`a,b.com` is not a host", "`,` cannot stand in a host"),
            (&long, &format!("`{long}` is not a host"), "at most 63 characters between dots, and 253 together"),
        ];
        for (text, message, label) in table {
            let fault = host(text).unwrap_err();
            assert_eq!((fault.message.as_str(), fault.label.as_ref()), (message, label));
        }
    }

    #[test]
    fn slips_come_with_the_host_that_was_meant() {
        let table = [
            ("Dev.Example.com", "dev.example.com", "host `Dev.Example.com` is not in lower case"),
            ("a.com:8080", "a.com", "host `a.com:8080` has a port"),
            ("https://a.com/x", "a.com", "`https://a.com/x` is a URL, not a host"),
            ("a.com/x", "a.com", "host `a.com/x` has a path"),
            ("a.com.", "a.com", "host `a.com.` ends in a dot"),
        ];
        for (text, meant, message) in table {
            let fault = host(text).unwrap_err();
            assert_eq!(fault.message, message);
            // A scheme, a port and a path may have been meant to say more than a host can.
            let same = text.to_ascii_lowercase().trim_end_matches('.') == meant;
            assert_eq!(fault.replacement.as_deref(), same.then_some(meant));
            assert!(same || fault.help.is_some_and(|help| help.contains(&format!("`{meant}`"))), "{text}");
        }
    }

    #[test]
    fn a_set_finds_what_covers_a_host_as_the_hosts_say_themselves() {
        let all = ["a.b.com", "*.b.com", "*.com", "*", "b.com", "x.a.b.com", "*.a.b.com"].map(|t| host(t).unwrap());
        for member in &all {
            let set = HostSet::new([member]);
            for other in &all {
                assert_eq!(set.covers(other), member.covers(other), "{member} {other}");
            }
        }
    }
}
