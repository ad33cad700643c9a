//! How long a large program takes, beside the least that any program could take that writes the same bytes.
//!
//! `cargo bench` makes N apps with five routes each, compiles them with the command line as one process, and runs the
//! floor as another: a loop that formats the same bytes from memory. Both write to a pipe that is read to its end, and
//! the bytes are compared. What counts are ratios within one run: machines differ and are shared.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use meshc::access::Access;
use meshc::source::SourceMap;
use meshc::target::Document;
use meshc::target::istio::{self, IstioOptions, IstioVersion};
use meshc::{Attachments, analyze, emit, parse};

const APPS_PER_FILE: usize = 100;

const PLATFORM: &str = "issuer corp {
  url   \"https://login.example.com\"
  jwks  \"https://login.example.com/jwks.json\"
}

gateway edge {
  http  80
}
";

/// The text of one app: two public routes, two for any token, one for a claim, on a host of its own.
fn app(text: &mut String, i: usize) {
    let team = i / APPS_PER_FILE;
    let _ = write!(
        text,
        "app app-{i:05} in team-{team:04} port 8080 {{
  hosts  app-{i:05}.example.com

  GET       /healthz    public
  GET       /assets/**  public
  GET POST  /orders/**  require token
  GET       /me         require token
  GET POST  /admin/**   require token from corp and claim groups has \"admins\"
}}

"
    );
}

/// The files of a program of `count` apps.
fn files(count: usize) -> Vec<(String, String)> {
    let mut files = vec![("platform.mesh".to_string(), PLATFORM.to_string())];
    for first in (0..count).step_by(APPS_PER_FILE) {
        let mut text = String::new();
        (first..count.min(first + APPS_PER_FILE)).for_each(|i| app(&mut text, i));
        files.push((format!("team-{:04}.mesh", first / APPS_PER_FILE), text));
    }
    files
}

/// The floor: the manifests of `count` apps, formatted by a loop that knows nothing but their form.
fn floor(count: usize) -> String {
    // From one compiled app the loop takes the form of each kind; what differs between apps are these two texts.
    let one = built(&files(1));
    let mut parts = one.split("---\n");
    let [policy, authentication, gateway, service] = [(); 4].map(|()| parts.next().unwrap());
    let lines = |i: usize| {
        let start = (i % APPS_PER_FILE) * 10 + 1;
        (start, start + 3, start + 7)
    };
    let fill = |out: &mut String, form: &[Piece<'_>], i: usize| {
        for piece in form {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::App => write!(out, "{i:05}").unwrap(),
                Piece::Team => write!(out, "{:04}", i / APPS_PER_FILE).unwrap(),
                Piece::Head => write!(out, "{}", lines(i).0).unwrap(),
                Piece::Routes => write!(out, "{}-{}", lines(i).1, lines(i).2).unwrap(),
            }
        }
    };
    let forms = [policy, authentication, service].map(pieces);
    let mut out = String::with_capacity(count * (one.len() + 32));
    (0..count).for_each(|i| {
        if i > 0 {
            out.push_str("---\n");
        }
        fill(&mut out, &forms[0], i);
    });
    (0..count).for_each(|i| {
        out.push_str("---\n");
        fill(&mut out, &forms[1], i);
    });
    out.push_str("---\n");
    let (before, after) = gateway.split_once("    - app-00000.example.com\n").unwrap();
    out.push_str(before);
    (0..count).for_each(|i| writeln!(out, "    - app-{i:05}.example.com").unwrap());
    out.push_str(after);
    (0..count).for_each(|i| {
        out.push_str("---\n");
        fill(&mut out, &forms[2], i);
    });
    out
}

enum Piece<'a> {
    Text(&'a str),
    App,
    Team,
    Head,
    Routes,
}

/// Cuts a compiled document where apps differ.
fn pieces(form: &str) -> Vec<Piece<'static>> {
    let marked = form
        .replace("team-0000.mesh:4-8", "team-\u{2}.mesh:\u{4}")
        .replace("team-0000.mesh:1", "team-\u{2}.mesh:\u{3}")
        .replace("00000", "\u{1}")
        .replace("0000", "\u{2}");
    let mut found = Vec::new();
    for part in marked.leak().split_inclusive(['\u{1}', '\u{2}', '\u{3}', '\u{4}']) {
        let text = part.trim_end_matches(['\u{1}', '\u{2}', '\u{3}', '\u{4}']);
        found.push(Piece::Text(text));
        found.extend(match &part[text.len()..] {
            "\u{1}" => Some(Piece::App),
            "\u{2}" => Some(Piece::Team),
            "\u{3}" => Some(Piece::Head),
            "\u{4}" => Some(Piece::Routes),
            _ => None,
        });
    }
    found
}

fn built(files: &[(String, String)]) -> String {
    let sources = SourceMap::new(files.iter().cloned());
    let parsed = parse(&sources);
    let analysis = analyze::analyze(&sources, parsed.files(), None, &Attachments::default());
    let (access, _) = Access::build(&analysis.program);
    emit::yaml(&istio::lower(&access, IstioVersion::default()).0, &sources).unwrap()
}

/// A process: how long it took, the most memory it held (KiB, where the system tells), what it wrote.
struct Run {
    time: Duration,
    peak: Option<u64>,
    output: Vec<u8>,
}

fn run(command: &mut Command) -> Run {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = Vec::new();
    let mut out = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let mut peak = None;
    loop {
        let read = out.read(&mut buffer).unwrap();
        peak = peak_of(child.id()).max(peak);
        if read == 0 {
            break;
        }
        output.extend_from_slice(&buffer[..read]);
    }
    assert!(child.wait().unwrap().success());
    Run { time: start.elapsed(), peak, output }
}

fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// The best of some runs: the one that the rest of the machine disturbed least.
fn best(mut runs: Vec<Run>) -> Run {
    runs.sort_by_key(|r| r.time);
    runs.swap_remove(0)
}

fn stages(files: &[(String, String)]) {
    let sources = SourceMap::new(files.iter().cloned());
    let mut last = Instant::now();
    let mut lap = |name: &str| {
        println!("    {:7.1} ms  {name}", last.elapsed().as_secs_f64() * 1e3);
        last = Instant::now();
    };
    let parsed = parse(&sources);
    lap("parse");
    let analysis = analyze::analyze(&sources, parsed.files(), None, &Attachments::default());
    lap("analyze");
    let (access, _) = Access::build(&analysis.program);
    lap("access");
    let (documents, _) = istio::lower(&access, IstioVersion::default());
    lap("lower");
    let text = emit::yaml(&documents, &sources).unwrap();
    lap("emit");
    println!("    {} documents, {:.1} MB", documents.len(), text.len() as f64 / 1e6);
    drop((documents, text));
    lap("let go");
    let write = |document: &Document| emit::yaml_object(document, &sources).unwrap();
    let written = istio::lower_each(&access, &IstioOptions::default(), |document| document.written(write));
    lap("lower and emit, object by object, as the command line does");
    drop(written);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(count) = arguments.iter().position(|a| a == "--floor").and_then(|i| arguments.get(i + 1)) {
        std::io::stdout().write_all(floor(count.parse().unwrap()).as_bytes()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut per_app = Vec::new();
    for count in [1_000, 10_000] {
        let program = folder.path().join(count.to_string());
        write(&program, &files(count));
        println!("{count} apps with 5 routes each");
        stages(&files(count));
        let (mut ours, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            ours.push(run(Command::new(env!("CARGO_BIN_EXE_meshc")).arg("build").arg(&program)));
            floors.push(run(Command::new(&arguments[0]).args(["--floor", &count.to_string()])));
        }
        let (ours, floor) = (best(ours), best(floors));
        assert!(ours.output == floor.output, "the floor writes the same bytes");
        let ratio = ours.time.as_secs_f64() / floor.time.as_secs_f64();
        let peak = ours.peak.map_or("unknown".to_string(), |k| format!("{} MB", k / 1024));
        println!(
            "  whole process {:.1} ms, floor {:.1} ms: {ratio:.1} times the floor; peak memory {peak}",
            ours.time.as_secs_f64() * 1e3,
            floor.time.as_secs_f64() * 1e3
        );
        per_app.push(ours.time.as_secs_f64() / count as f64);
    }
    println!("time per app at 10,000 apps: {:.2} times that at 1,000", per_app[1] / per_app[0]);
}

fn write(folder: &Path, files: &[(String, String)]) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}
