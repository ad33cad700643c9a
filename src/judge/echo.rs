//! An echo in place of each app: says which app it is and what it sees.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

use super::Fault;
use crate::ir::{AppId, Program, Protocol};

/// The header with the name of the app that answered.
pub(super) const APP: &str = "x-echo-app";
/// The header with what the app saw: method, path and query, headers. As JSON in ASCII, since answers to HEAD have no body
/// and a target may hold anything.
pub(super) const SEEN: &str = "x-echo-seen";

/// One server per app, on a thread of their own; they end when this is dropped.
pub(super) struct Echoes {
    ports: Vec<u16>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Echoes {
    pub(super) fn start(program: &Program) -> Result<Self, Fault> {
        let cannot = |error: std::io::Error| Fault::new(format!("no echo can be started: {error}"));
        let mut ports = Vec::new();
        let mut servers = Vec::new();
        for app in &program.apps {
            let socket = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(cannot)?;
            socket.set_nonblocking(true).map_err(cannot)?;
            ports.push(socket.local_addr().map_err(cannot)?.port());
            servers.push((socket, Arc::<str>::from(app.qualified_name()), app.protocol));
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                for (socket, app, protocol) in servers {
                    tokio::spawn(serve(socket, app, protocol));
                }
                // An error means that the other end is gone: the same.
                let _ = stopped.await;
            });
        });
        Ok(Echoes { ports, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) fn port(&self, app: AppId) -> u16 {
        self.ports[app.0]
    }
}

impl Drop for Echoes {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(socket: std::net::TcpListener, app: Arc<str>, protocol: Protocol) {
    let Ok(listener) = TcpListener::from_std(socket) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let app = Arc::clone(&app);
        match protocol {
            Protocol::Http => tokio::spawn(http1(stream, app)),
            Protocol::Http2 => tokio::spawn(http2(stream, app)),
        };
    }
}

/// Requests one after the other. The body is not read: Envoy is told that the connection ends where there is one.
async fn http1(mut stream: TcpStream, app: Arc<str>) {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(count) => read.extend_from_slice(&chunk[..count]),
            }
        };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        read.drain(..end);
        let mut lines = head.lines();
        // A proxy may well send a target with blanks in it: most servers refuse that, and here it is what is asked about.
        let (method, rest) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
        let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
        let headers: Vec<(&str, &str)> = lines.filter_map(|l| l.split_once(": ")).collect();
        let has_body = headers.iter().any(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "content-length" => *value != "0",
            name => name == "transfer-encoding",
        });
        if headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("upgrade") && *value == "websocket") {
            let text = format!(
                "HTTP/1.1 101 Switching Protocols\r\n{APP}: {app}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
            );
            // The client sees by itself whether it came.
            let _ = stream.write_all(text.as_bytes()).await;
            return;
        }
        let body = seen(&app, method, target, headers.into_iter());
        let close = if has_body { "connection: close\r\n" } else { "" };
        let length = body.len();
        let mut text = format!(
            "HTTP/1.1 200 OK\r\n{APP}: {app}\r\n{SEEN}: {body}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{close}\r\n"
        );
        if method != "HEAD" {
            text.push_str(&body);
        }
        if stream.write_all(text.as_bytes()).await.is_err() || has_body {
            return;
        }
    }
}

async fn http2(stream: TcpStream, app: Arc<str>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let target = request.uri().path_and_query().map_or("", |p| p.as_str()).to_string();
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = seen(&app, request.method().as_str(), &target, headers);
        let answer = http::Response::builder().header(APP, &*app).header(SEEN, &body).body(());
        let Ok(answer) = answer else { continue };
        let bodiless = request.method() == http::Method::HEAD;
        if let Ok(mut stream) = respond.send_response(answer, bodiless)
            && !bodiless
        {
            // The client may be gone; then nobody waits for it.
            let _ = stream.send_data(Bytes::from(body), true);
        }
    }
}

fn seen<'h>(app: &str, method: &str, target: &str, headers: impl Iterator<Item = (&'h str, &'h str)>) -> String {
    let headers: Map<String, Value> = headers.map(|(name, value)| (name.to_string(), json!(value))).collect();
    let text = json!({ "app": app, "method": method, "target": target, "headers": headers }).to_string();
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            ascii.push(c);
        } else {
            ascii.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}
