//! URLs: of keys, of issuers, of origins, of redirects.

use super::fault::Fault;
use super::numbers;
use super::paths;
use crate::ir::RedirectTarget;

/// The longest URL of keys that Istio takes (R6).
const MAX_URL: usize = 2048;

/// An absolute `http` or `https` URL, taken apart.
struct Url<'a> {
    scheme: &'a str,
    authority: &'a str,
    /// Everything after the authority: empty, or path and query.
    rest: &'a str,
}

fn split<'a>(text: &'a str, what: &str) -> Result<Url<'a>, Fault> {
    let not = |label: &'static str| Fault::new(format!("`{text}` is not {what}"), label);
    let Some((scheme, after)) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")) else {
        return Err(not("does not begin with `https://` or `http://`")
            .help("write the whole URL, such as `https://id.example.com/x`"));
    };
    if text.len() > MAX_URL {
        return Err(not("has more than 2048 characters"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
        return Err(not("holds a character that a URL cannot hold"));
    }
    if text.contains('#') {
        return Err(not("has a fragment: leave out what begins with `#`"));
    }
    let (authority, rest) = after.find(['/', '?']).map_or((after, ""), |at| after.split_at(at));
    if authority.contains('@') {
        return Err(not("holds a user name").help("leave out what stands before the `@`"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() || host.bytes().any(|b| !(b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))) {
        return Err(not("has no host"));
    }
    if port.is_some_and(|p| numbers::port(p).is_err()) {
        return Err(not("its port is not a number from 1 to 65535"));
    }
    Ok(Url { scheme, authority, rest })
}

/// The URL of a key set; whether it is plain `http` too.
pub(super) fn keys(text: &str) -> Result<String, Fault> {
    split(text, "a URL of keys").map(|_| text.to_string())
}

/// The URL of an issuer whose keys are found by discovery.
pub(super) fn discovery(text: &str) -> Result<(), Fault> {
    split(text, "a URL at which keys can be found")
        .map(|_| ())
        .map_err(|fault| fault.help("give the place of the keys: `jwks \"https://…\"`"))
}

/// An origin as a browser sends it: scheme, host, and the port unless it is the usual one.
pub(super) fn origin(text: &str) -> Result<String, Fault> {
    let url = split(text, "an origin")
        .map_err(|fault| fault.help("write scheme and host, such as `https://app.example.com`"))?;
    if !url.rest.is_empty() {
        let mended = format!("{}://{}", url.scheme, url.authority);
        let fault = Fault::new(format!("`{text}` is not an origin"), "an origin has no path");
        return Err(if url.rest == "/" {
            fault.write(mended)
        } else {
            fault.help(format!("the origin is `{mended}`"))
        });
    }
    let usual = if url.scheme == "http" { ":80" } else { ":443" };
    if let Some(host) = url.authority.strip_suffix(usual) {
        return Err(Fault::new(format!("`{text}` is not an origin"), "browsers leave out the usual port")
            .write(format!("{}://{host}", url.scheme)));
    }
    if url.authority.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(Fault::new(format!("`{text}` is not an origin"), "browsers write the host in lower case")
            .write(text.to_ascii_lowercase()));
    }
    Ok(text.to_string())
}

/// Where a redirect to another place leads.
pub(super) fn redirect(text: &str) -> Result<RedirectTarget, Fault> {
    let url = split(text, "a URL to redirect to")?;
    if url.rest.contains('?') {
        return Err(Fault::new(format!("`{text}` is not a URL to redirect to"), "a target has no query")
            .help("the query of the request is kept"));
    }
    let path = if url.rest.is_empty() {
        "/".to_string()
    } else {
        paths::target(url.rest).map_err(|fault| Fault {
            message: format!("`{text}` is not a URL to redirect to"),
            replacement: None,
            ..fault
        })?
    };
    Ok(RedirectTarget::Url { scheme: url.scheme.to_string(), authority: url.authority.to_string(), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_of_keys_are_absolute() {
        assert_eq!(keys("https://a.com/k?x=1"), Ok("https://a.com/k?x=1".into()));
        assert_eq!(keys("http://keys.ns.svc:8080/k"), Ok("http://keys.ns.svc:8080/k".into()));
        assert!(keys("https://[::1]:8443/k").is_ok());
        let bad = [
            ("a.com/keys", "does not begin with `https://` or `http://`"),
            ("ftp://a.com", "does not begin with `https://` or `http://`"),
            ("https://", "has no host"),
            ("https:///k", "has no host"),
            ("https://u:p@a.com/k", "holds a user name"),
            ("https://a.com/k#x", "has a fragment: leave out what begins with `#`"),
            ("https://a.com/a b", "holds a character that a URL cannot hold"),
            ("https://a.com:0/", "its port is not a number from 1 to 65535"),
            ("https://a.com:x/", "its port is not a number from 1 to 65535"),
        ];
        for (text, label) in bad {
            let fault = keys(text).unwrap_err();
            assert_eq!((fault.message, fault.label.as_ref()), (format!("`{text}` is not a URL of keys"), label));
        }
        assert!(keys(&format!("https://a.com/{}", "a".repeat(2048))).is_err());
    }

    #[test]
    fn origins_are_as_a_browser_sends_them() {
        assert_eq!(origin("https://a.com:8443").as_deref(), Ok("https://a.com:8443"));
        let table = [
            ("https://a.com/", "https://a.com"),
            ("https://a.com:443", "https://a.com"),
            ("http://a.com:80", "http://a.com"),
            ("https://A.com", "https://a.com"),
        ];
        for (text, meant) in table {
            assert_eq!(origin(text).unwrap_err().replacement.as_deref(), Some(meant));
        }
    }

    #[test]
    fn redirects_keep_their_parts() {
        let url = |path: &str| {
            Ok(RedirectTarget::Url { scheme: "https".into(), authority: "a.com:8443".into(), path: path.into() })
        };
        assert_eq!(redirect("https://a.com:8443"), url("/"));
        assert_eq!(redirect("https://a.com:8443/x/"), url("/x/"));
        assert_eq!(redirect("https://a.com/?q").unwrap_err().label, "a target has no query");
        assert_eq!(
            redirect("https://a.com/a//b").unwrap_err().message,
            "`https://a.com/a//b` is not a URL to redirect to"
        );
        assert_eq!(
            redirect("https://a.com/%2f").unwrap_err().label,
            "`%` encodes a character, and proxy and app may decode it differently"
        );
    }
}
