//! The client: HTTP/1.1 by hand, so that odd paths go out as they are, and HTTP/2.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use h2::client::SendRequest;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::Fault;
use super::echo::{APP, SEEN};

/// How long an answer may take.
const WAIT: Duration = Duration::from_secs(10);

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1
    Http1,
    /// HTTP/2 without TLS.
    Http2,
}

/// A request as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub method: String,
    pub authority: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where to a redirect leads.
    pub location: Option<String>,
    /// The app that answered, as `namespace/name`; `None` if Envoy did by itself.
    pub app: Option<String>,
    /// The method that the app saw.
    pub method: Option<String>,
    /// Path and query that the app saw.
    pub target: Option<String>,
    /// The headers that the app saw, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, as far as it is text.
    pub body: String,
}

impl Answer {
    fn take(&mut self, name: &str, value: &str) {
        match name {
            "location" => self.location = Some(value.to_string()),
            APP => self.app = Some(value.to_string()),
            SEEN => self.take_seen(&serde_json::from_str(value).unwrap_or_default()),
            _ => {}
        }
    }

    fn take_seen(&mut self, seen: &Value) {
        let text = |value: &Value| value.as_str().map(str::to_string);
        (self.method, self.target) = (text(&seen["method"]), text(&seen["target"]));
        for (name, value) in seen["headers"].as_object().into_iter().flatten() {
            self.headers.insert(name.to_ascii_lowercase(), text(value).unwrap_or_default());
        }
    }
}

/// Connections that are kept open, one for each port and version.
pub(super) struct Client {
    http1: BTreeMap<u16, BufReader<TcpStream>>,
    http2: BTreeMap<u16, SendRequest<bytes::Bytes>>,
    runtime: Runtime,
}

impl Client {
    pub(super) fn new() -> Result<Self, Fault> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::new(format!("no client can be started: {error}")))?;
        Ok(Client { http1: BTreeMap::new(), http2: BTreeMap::new(), runtime })
    }

    pub(super) fn send(&mut self, port: u16, wire: &Wire, version: Version) -> Result<Answer, Fault> {
        match version {
            Version::Http1 => {
                // Envoy may have closed a kept connection meanwhile; a new one is tried once.
                let kept = self.http1.contains_key(&port);
                self.http1(port, wire).or_else(|error| if kept { self.http1(port, wire) } else { Err(error) })
            }
            Version::Http2 => {
                let kept = self.http2.contains_key(&port);
                self.http2(port, wire).or_else(|error| if kept { self.http2(port, wire) } else { Err(error) })
            }
        }
    }

    fn http1(&mut self, port: u16, wire: &Wire) -> Result<Answer, Fault> {
        let fault = |error: std::io::Error| Fault::new(format!("no answer over HTTP/1.1: {error}"));
        let mut stream = match self.http1.remove(&port) {
            Some(stream) => stream,
            None => BufReader::new(connect(port).map_err(fault)?),
        };
        let headers: String = wire.headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
        let text = format!("{} {} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", wire.method, wire.target, wire.authority);
        stream.get_mut().write_all(text.as_bytes()).map_err(fault)?;
        let (answer, keep) = read_answer(&mut stream, &wire.method).map_err(fault)?;
        if keep {
            self.http1.insert(port, stream);
        }
        Ok(answer)
    }

    fn http2(&mut self, port: u16, wire: &Wire) -> Result<Answer, Fault> {
        let fault = |error: &dyn std::fmt::Display| Fault::new(format!("no answer over HTTP/2: {error}"));
        let uri = format!("http://{}{}", wire.authority, wire.target);
        let mut request = http::Request::builder().method(wire.method.as_str()).uri(uri).version(http::Version::HTTP_2);
        for (name, value) in &wire.headers {
            request = request.header(name, value);
        }
        let request = request.body(()).map_err(|error| fault(&error))?;
        let kept = self.http2.remove(&port);
        let work = async {
            let mut sender = match kept {
                Some(sender) => sender,
                None => connect2(port).await?,
            };
            sender = sender.ready().await.map_err(|error| fault(&error))?;
            let (response, _) = sender.send_request(request, true).map_err(|error| fault(&error))?;
            let response = response.await.map_err(|error| fault(&error))?;
            let mut answer = Answer { status: response.status().as_u16(), ..Answer::default() };
            for (name, value) in response.headers() {
                answer.take(name.as_str(), value.to_str().unwrap_or_default());
            }
            let mut body = response.into_body();
            while let Some(chunk) = body.data().await {
                let chunk = chunk.map_err(|error| fault(&error))?;
                answer.body.push_str(&String::from_utf8_lossy(&chunk));
                // Frees the window; it fails only where the stream has ended.
                let _ = body.flow_control().release_capacity(chunk.len());
            }
            Ok::<_, Fault>((answer, sender))
        };
        let done = self.runtime.block_on(async { timeout(WAIT, work).await });
        let (answer, sender) = done.map_err(|_| Fault::new("no answer over HTTP/2 in time"))??;
        self.http2.insert(port, sender);
        Ok(answer)
    }
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn connect2(port: u16) -> Result<SendRequest<bytes::Bytes>, Fault> {
    let fault = |error: &dyn std::fmt::Display| Fault::new(format!("no connection over HTTP/2: {error}"));
    let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| fault(&error))?;
    stream.set_nodelay(true).map_err(|error| fault(&error))?;
    let (sender, connection) = h2::client::handshake(stream).await.map_err(|error| fault(&error))?;
    // Runs while requests are waited for; what goes wrong shows there.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

/// Reads one answer, and says whether the connection can be used again.
fn read_answer(stream: &mut BufReader<TcpStream>, method: &str) -> std::io::Result<(Answer, bool)> {
    let broken = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_string());
    let mut line = String::new();
    let mut next = |stream: &mut BufReader<TcpStream>| -> std::io::Result<String> {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(broken("the connection was closed"));
        }
        Ok(line.trim_end().to_string())
    };
    let status = next(stream)?.split(' ').nth(1).and_then(|s| s.parse().ok());
    let mut answer = Answer { status: status.ok_or_else(|| broken("no status"))?, ..Answer::default() };
    let (mut length, mut chunked, mut keep) = (None, false, true);
    loop {
        let header = next(stream)?;
        let Some((name, value)) = header.split_once(": ") else { break };
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "content-length" => length = value.parse().ok(),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => keep = !value.eq_ignore_ascii_case("close"),
            _ => answer.take(&name, value),
        }
    }
    if answer.status == 101 {
        // From here on the connection speaks something else.
        return Ok((answer, false));
    }
    if method == "HEAD" || answer.status == 204 || answer.status == 304 {
        return Ok((answer, keep));
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = usize::from_str_radix(&next(stream)?, 16).map_err(|_| broken("no size of a chunk"))?;
            let mut chunk = vec![0; size];
            stream.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk);
            next(stream)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = length {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    } else {
        stream.read_to_end(&mut body)?;
        keep = false;
    }
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok((answer, keep))
}
