//! Where a request goes, as people write it: `[http://|https://]HOST[:PORT]/PATH[?QUERY]`.

/// A request's way in and what it asks for. Host and path are as sent: what they come to is decided elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `http` or `https`, if it was written.
    pub scheme: Option<Scheme>,
    /// The host, without its port, in the case in which it was written.
    pub host: String,
    /// The port, if it was written.
    pub port: Option<u16>,
    /// Path and query; at least `/`.
    pub target: String,
}

/// What is spoken to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// Why a text is no [`Address`], in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressFault {
    /// The host is none.
    Host(String),
    /// The port is none.
    Port(String),
    /// No client could send the path.
    Path(String),
}

impl Address {
    /// Reads an address. A missing path is `/`, as every client has it.
    ///
    /// # Errors
    /// A host, port or path that no client could send; `*` in place of a segment, since a request has one path.
    pub fn parse(text: &str) -> Result<Address, AddressFault> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
            Some((scheme, _)) if !scheme.contains(['/', '?']) => {
                return Err(AddressFault::Host(format!("`{scheme}://` is not `http://` or `https://`")));
            }
            _ => (None, text),
        };
        let (authority, target) = match rest.find(['/', '?']) {
            Some(at) if rest[at..].starts_with('/') => (&rest[..at], rest[at..].to_string()),
            Some(at) => (&rest[..at], format!("/{}", &rest[at..])),
            None => (rest, "/".to_string()),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(read_port(port)?)),
            None => (authority, None),
        };
        check_host(host)?;
        check_target(&target)?;
        Ok(Address { scheme, host: host.to_string(), port, target })
    }

    /// What a client sends as `Host` or `:authority`.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

impl AddressFault {
    /// The words.
    pub fn text(&self) -> &str {
        match self {
            AddressFault::Host(text) | AddressFault::Port(text) | AddressFault::Path(text) => text,
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scheme {
            Some(Scheme::Http) => f.write_str("http://")?,
            Some(Scheme::Https) => f.write_str("https://")?,
            None => {}
        }
        write!(f, "{}{}", self.authority(), self.target)
    }
}

fn read_port(text: &str) -> Result<u16, AddressFault> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().ok().filter(|&port: &u16| port > 0) } else { None };
    port.ok_or_else(|| AddressFault::Port(format!("`{text}` is not a port")))
}

fn check_host(host: &str) -> Result<(), AddressFault> {
    let wrong = |text: String| Err(AddressFault::Host(text));
    if host.is_empty() {
        return wrong("there is no host before the path".to_string());
    }
    if host.contains('*') {
        return wrong("a request is for one host, without `*`".to_string());
    }
    match host.chars().find(|&c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))) {
        Some(c) => wrong(format!("`{}` cannot stand in a host", c.escape_default())),
        None => Ok(()),
    }
}

fn check_target(target: &str) -> Result<(), AddressFault> {
    let wrong = |text: String| Err(AddressFault::Path(text));
    let path = target.split('?').next().unwrap_or("");
    if path.split('/').any(|segment| segment == "*" || segment == "**") {
        return wrong("a request has one path, without `*`".to_string());
    }
    if target.contains('#') {
        return wrong("what follows `#` is never sent".to_string());
    }
    match target.chars().find(|&c| !c.is_ascii_graphic()) {
        Some(c) => wrong(format!("`{}` is sent encoded, as `%…`", c.escape_default())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read_and_shown_again() {
        let whole = Address::parse("https://Dev.example.com:8443/a//b;c?x=/y:1").unwrap();
        assert_eq!(whole.scheme, Some(Scheme::Https));
        assert_eq!((whole.host.as_str(), whole.port), ("Dev.example.com", Some(8443)));
        assert_eq!(whole.target, "/a//b;c?x=/y:1");
        for text in ["https://Dev.example.com:8443/a//b;c?x=/y:1", "a.com/", "http://a.com/%2fx", "a.com./x://y"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_missing_path_is_the_root() {
        assert_eq!(Address::parse("a.com").unwrap().target, "/");
        assert_eq!(Address::parse("a.com?q").unwrap().target, "/?q");
    }

    #[test]
    fn what_no_client_sends_is_refused() {
        let table = [
            ("/admin", "there is no host before the path"),
            ("", "there is no host before the path"),
            ("ftp://a.com/", "`ftp://` is not `http://` or `https://`"),
            ("*.a.com/", "a request is for one host, without `*`"),
            ("a@b.com/", "`@` cannot stand in a host"),
            ("a.com:/", "`` is not a port"),
            ("a.com:0/", "`0` is not a port"),
            ("a.com:65536/", "`65536` is not a port"),
            ("a.com:1:2/", "`1:2` is not a port"),
            ("a.com/x/**", "a request has one path, without `*`"),
            ("a.com/x#y", "what follows `#` is never sent"),
            ("a.com/é", "`\\u{e9}` is sent encoded, as `%…`"),
            ("a.com/a b", "` ` is sent encoded, as `%…`"),
        ];
        for (text, words) in table {
            assert_eq!(Address::parse(text).unwrap_err().text(), words, "{text}");
        }
    }
}
