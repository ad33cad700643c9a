//! What Istio takes a port of a Service for (V65, V65b).

use super::objects::ServicePort;

/// What Istio takes a port for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// HTTP/1.1: tokens and paths are looked at.
    Http,
    /// HTTP/2: tokens and paths are looked at.
    Http2,
    /// Bytes: nothing is looked at.
    Opaque,
    /// Each connection is looked at to see what it is.
    Guessed,
}

/// Ports for which nothing is guessed: who speaks there waits for the server's first word.
const SILENT: [u16; 4] = [25, 53, 3306, 27017];

/// What Istio takes a port for.
pub(super) fn taken(port: &ServicePort) -> Taken {
    match word(port) {
        _ if port.transport == "UDP" => Taken::Opaque,
        Word::Is(taken) => taken,
        Word::Unknown if SILENT.contains(&port.port) => Taken::Opaque,
        Word::Unknown => Taken::Guessed,
    }
}

/// What the declaration of a port says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Is(Taken),
    Unknown,
}

fn word(port: &ServicePort) -> Word {
    match port.app_protocol.as_deref() {
        Some("kubernetes.io/h2c") => return Word::Is(Taken::Http2),
        Some("kubernetes.io/ws") => return Word::Is(Taken::Http),
        Some("kubernetes.io/wss") => return Word::Is(Taken::Opaque),
        _ => {}
    }
    // `appProtocol` goes before the name, even where it says nothing that Istio knows.
    let word = port.app_protocol.as_deref().or(port.name.as_deref()).unwrap_or("").to_ascii_lowercase();
    if word.starts_with("grpc-web") {
        return Word::Is(Taken::Http2);
    }
    Word::Is(match word.split('-').next().unwrap_or("") {
        "http" | "http_proxy" => Taken::Http,
        "http2" | "grpc" => Taken::Http2,
        "tcp" | "udp" | "https" | "tls" | "mongo" | "redis" | "mysql" => Taken::Opaque,
        _ => return Word::Unknown,
    })
}

/// What stands under a port that is not what it should be: what it is, and by what.
pub(super) fn label(port: &ServicePort) -> String {
    let taken = taken(port);
    let is = match taken {
        Taken::Http => "HTTP/1.1",
        Taken::Http2 => "HTTP/2",
        Taken::Opaque => "not HTTP",
        Taken::Guessed => "not declared",
    };
    match (&port.app_protocol, &port.name) {
        _ if port.transport == "UDP" => format!("{is}: `protocol: UDP`"),
        _ if taken == Taken::Opaque && SILENT.contains(&port.port) && word(port) == Word::Unknown => {
            format!("{is}: what has no declared protocol on port {} is not looked at", port.port)
        }
        (Some(protocol), _) => format!("{is}: `appProtocol: {protocol}`"),
        (None, Some(name)) => format!("{is}: the name is `{name}`"),
        (None, None) => format!("{is}: no `appProtocol`, and no name"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::objects::Target;
    use super::*;

    fn port(number: u16, name: &str, app_protocol: Option<&str>, transport: &str) -> ServicePort {
        ServicePort {
            port: number,
            name: Some(name.to_string()).filter(|name| !name.is_empty()),
            transport: transport.to_string(),
            app_protocol: app_protocol.map(str::to_string),
            target: Target::Number(number),
        }
    }

    #[test]
    fn the_name_says_it_up_to_the_first_hyphen() {
        for (name, is) in [
            ("http", Taken::Http),
            ("HTTP-web", Taken::Http),
            ("http2", Taken::Http2),
            ("grpc", Taken::Http2),
            ("grpc-web", Taken::Http2),
            ("grpc-web-x", Taken::Http2),
            ("grpc-webby", Taken::Http2),
            ("tcp-web", Taken::Opaque),
            ("https", Taken::Opaque),
            ("tls", Taken::Opaque),
            ("redis", Taken::Opaque),
            ("web", Taken::Guessed),
            ("httpx", Taken::Guessed),
            ("", Taken::Guessed),
        ] {
            assert_eq!(taken(&port(80, name, None, "TCP")), is, "{name}");
        }
    }

    #[test]
    fn the_protocol_of_the_app_goes_before_the_name() {
        assert_eq!(taken(&port(80, "tcp", Some("http"), "TCP")), Taken::Http);
        assert_eq!(taken(&port(80, "http", Some("tcp"), "TCP")), Taken::Opaque);
        assert_eq!(taken(&port(80, "http", Some("example.com/mine"), "TCP")), Taken::Guessed);
        assert_eq!(taken(&port(80, "tcp", Some("kubernetes.io/h2c"), "TCP")), Taken::Http2);
        assert_eq!(taken(&port(80, "tcp", Some("kubernetes.io/ws"), "TCP")), Taken::Http);
        assert_eq!(taken(&port(80, "http", Some("kubernetes.io/wss"), "TCP")), Taken::Opaque);
    }

    #[test]
    fn some_ports_are_never_guessed_and_datagrams_are_nothing() {
        assert_eq!(taken(&port(3306, "", None, "TCP")), Taken::Opaque);
        assert_eq!(taken(&port(3306, "http", None, "TCP")), Taken::Http);
        assert_eq!(taken(&port(80, "http", Some("http"), "UDP")), Taken::Opaque);
    }
}
