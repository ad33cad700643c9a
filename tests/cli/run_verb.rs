//! `meshc run` and `meshc token`: a real Envoy that follows the files.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::real_envoy::{alone, envoy};
use crate::support::{Place, Run};

const PROGRAM: &str = "\
issuer corp {
  url      \"https://id.example.com\"
  jwks     \"https://id.example.com/keys\"
  audience \"shop\"
}

policy admin = token from corp and claim groups has \"admins\"

gateway edge {
  http 80
}

app shop port 80 {
  hosts shop.example.com

  GET /healthz  public
  GET /admin/** require admin
}
";

/// A gateway that runs until this is dropped.
pub struct Running {
    child: Child,
    said: Arc<Mutex<String>>,
    pub port: u16,
}

/// A port of loopback on which nobody listens.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Running {
    /// Starts meshc and waits until the gateway runs.
    pub fn start(place: &Place, arguments: &[&str], port: u16) -> Self {
        let mut command = place.command();
        command.env("MESHC_ENVOY", envoy()).env("XDG_RUNTIME_DIR", place.path().join("runtime"));
        command.arg("run").args(arguments).args(["--port", &port.to_string()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let said = Arc::clone(&said);
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let mut said = said.lock().unwrap();
                    said.push_str(&line);
                    said.push('\n');
                }
            });
        }
        let running = Running { child, said, port };
        running.wait_for("app default/");
        running
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it has said something.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.said().contains(text) {
            assert!(Instant::now() < end, "it never said `{text}` but\n{}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The status of a request.
    pub fn status(&self, host: &str, path: &str, token: Option<&str>) -> u16 {
        let token = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
        let text = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{token}connection: close\r\n\r\n");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        // Envoy closes only after a while.
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().expect("it ends by itself")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended by hand only where a test failed; Envoy then hears of it too.
        if self.child.try_wait().unwrap().is_none() {
            let _ = self.interrupt();
        }
    }
}

fn token(place: &Place, arguments: &[&str]) -> Run {
    let mut command = place.command();
    command.env("XDG_RUNTIME_DIR", place.path().join("runtime")).arg("token").args(arguments);
    Run::of(command.output().unwrap())
}

#[test]
fn tokens_of_this_run_pass_and_everything_goes_with_it() {
    let _alone = alone();
    let place = Place::new(&[("access.mesh", PROGRAM)]);
    let built = place.run(&["build", "--target", "envoy", "access.mesh"]).exits(0).stdout;
    let mut running = Running::start(&place, &["--dev-tokens", "access.mesh"], free_port());
    running.wait_for("# corp: no token\ncurl");
    let said = running.said();
    assert!(said.starts_with(&format!("http://127.0.0.1:{} is gateway edge, port 80\n", running.port)), "{said}");
    assert!(said.contains("    GET  /healthz   shop  everybody\n"), "{said}");
    assert!(said.contains("    GET  /admin/**  shop  token from corp and claim groups has \"admins\"\n"), "{said}");

    // The requests that it prints come out as it says.
    let statuses = said.lines().filter(|line| line.starts_with("curl ")).map(|line| {
        let line = format!("{line} --silent --output /dev/null --write-out '%{{http_code}}'");
        let done = Command::new("sh").args(["-c", &line]).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    });
    assert_eq!(statuses.collect::<Vec<_>>(), ["200", "403", "401", "401"], "{said}");

    let mint = |arguments: &[&str]| token(&place, arguments).exits(0).stdout.trim().to_string();
    let admin = mint(&["corp", "--claims", r#"{"groups":["admins"]}"#]);
    let user = mint(&["corp"]);
    let expired = mint(&["corp", "--claims", r#"{"groups":["admins"]}"#, "--expired"]);
    let nobody = mint(&["corp", "--claims", r#"{"groups":["admins"],"sub":null}"#]);
    let statuses = [&admin, &user, &expired, &nobody].map(|t| running.status("shop.example.com", "/admin/x", Some(t)));
    assert_eq!(statuses, [200, 403, 401, 403]);
    let unknown = token(&place, &["crop"]).exits(2);
    assert_eq!(unknown.stderr, "error: the gateway has no issuer `crop`; did you mean `corp`\n");
    token(&place, &["corp", "--claims", "[]"]).exits(2);

    // The keys are the user's alone, and no build knows of them.
    let state = place.path().join(format!("runtime/meshc/run/gateway-{}.json", running.port));
    let text = fs::read_to_string(&state).unwrap();
    assert!(text.contains("\"key\":\"30"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(state.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let mut command = place.command();
    command.env("XDG_RUNTIME_DIR", place.path().join("runtime")).args(["build", "--target", "envoy", "access.mesh"]);
    let during = Run::of(command.output().unwrap()).exits(0).stdout;
    assert_eq!(during, built);
    assert!(during.contains("remote_jwks") && !during.contains("inline_string\": \"{\\\"keys"), "{during}");

    assert_eq!(running.interrupt(), 0);
    assert!(!state.exists());
    assert!(TcpStream::connect(("127.0.0.1", running.port)).is_err(), "Envoy is still there");
    let none = token(&place, &["corp"]).exits(2);
    assert_eq!(none.stderr, "error: no gateway runs; start one with `meshc run --dev-tokens`\n");
}

#[test]
fn files_are_followed_without_a_request_lost() {
    let _alone = alone();
    let place = Place::new(&[("access.mesh", PROGRAM)]);
    // An app that takes its time: the request is under way while the configuration changes.
    let slow = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("shop={}", slow.local_addr().unwrap());
    let (arrive, arrived) = std::sync::mpsc::channel();
    let (answer, may_answer) = std::sync::mpsc::channel::<()>();
    let app = thread::spawn(move || {
        let (mut stream, _) = slow.accept().unwrap();
        let mut request = [0; 4096];
        let count = stream.read(&mut request).unwrap();
        arrive.send(String::from_utf8_lossy(&request[..count]).into_owned()).unwrap();
        may_answer.recv_timeout(Duration::from_secs(40)).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let mut running = Running::start(&place, &["--endpoint", &endpoint, "access.mesh"], free_port());
    assert!(running.said().contains(&format!("app default/shop is at {}", endpoint.trim_start_matches("shop="))));
    let (done, end) = (AtomicBool::new(false), Instant::now() + Duration::from_secs(60));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| running.status("shop.example.com", "/healthz", None));
        let request = arrived.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(request.starts_with("GET /healthz HTTP/1.1\r\n"), "{request}");
        let more = "\napp cart port 80 {\n  hosts cart.example.com\n\n  GET /** public\n}\n";
        assert_eq!(running.status("cart.example.com", "/", None), 404);
        place.write("access.mesh", format!("{PROGRAM}{more}"));
        running.wait_for("the program has changed");
        assert_eq!(running.status("cart.example.com", "/", None), 200);
        // New connections are never refused, whatever changes.
        let others = scope.spawn(|| {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) && Instant::now() < end {
                assert_eq!(running.status("shop.example.com", "/admin/x", None), 401);
                count += 1;
            }
            count
        });
        for i in 0..5 {
            place.write("access.mesh", format!("{PROGRAM}{}", more.replace("/**", &format!("/offer-{i}"))));
            running.wait_for(&format!("/offer-{i} "));
            assert_eq!(running.status("cart.example.com", &format!("/offer-{i}"), None), 200);
        }
        done.store(true, Ordering::Relaxed);
        let count = others.join().unwrap();
        assert!(count > 20, "{count} requests");
        answer.send(()).unwrap();
        assert_eq!(waiting.join().unwrap(), 200);
        app.join().unwrap();

        // What does not compile changes nothing, and is told with its place.
        place.write("access.mesh", format!("{PROGRAM}{more}broken\n"));
        running.wait_for("the gateway goes on as before");
        assert!(running.said().contains("error[E0102]"), "{}", running.said());
        assert_eq!(running.status("cart.example.com", "/offer-4", None), 200);
        // Neither does a file that is gone; when it is back, it is followed again.
        place.remove("access.mesh");
        running.wait_for("cannot read `access.mesh`");
        assert_eq!(running.status("cart.example.com", "/offer-4", None), 200);
        let denied = more.replace("public", "deny");
        place.write("access.mesh", format!("{PROGRAM}{denied}"));
        running.wait_for("  nobody");
        assert_eq!(running.status("cart.example.com", "/", None), 403);
    });
    assert_eq!(running.interrupt(), 0);
}

#[test]
fn what_cannot_run_is_said_at_once() {
    let place = Place::new(&[("access.mesh", PROGRAM), ("broken/a.mesh", "broken\n")]);
    let run = |arguments: &[&str]| {
        let mut command = place.command();
        command.env("MESHC_ENVOY", envoy()).arg("run").args(arguments);
        Run::of(command.output().unwrap())
    };
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let run_taken = run(&["access.mesh", "--port", &port.to_string()]).exits(2);
    assert_eq!(run_taken.stderr, format!("error: port {port} is taken\n"));
    let unknown = run(&["access.mesh", "--endpoint", "shup=127.0.0.1:1"]).exits(2);
    assert_eq!(unknown.stderr, "error: there is no app `shup`; did you mean `shop`\n");
    let broken = run(&["broken"]).exits(1);
    assert!(broken.stdout.is_empty() && broken.stderr.starts_with("error[E01"), "{broken:#?}");
    let input = run(&["-"]).exits(2);
    assert_eq!(input.stderr, "error: standard input cannot be followed; name a file\n");
    let none = place.run(&["run", "access.mesh", "--envoy", "nothing"]).exits(2);
    assert_eq!(none.stderr, "error: `nothing` is not a file\n");
}
