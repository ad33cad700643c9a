//! What the tests share: programs from folders and from Markdown, built as the command line builds them.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::range_plus_one, clippy::format_collect, reason = "as it reads")]

pub mod many_routes;
pub mod mutants;
pub mod places;
pub mod programs;
pub mod random;
pub mod real_envoy;
pub mod requests;

use std::fs;
use std::path::{Path, PathBuf};

use meshc::access::Access;
use meshc::cluster::Cluster;
use meshc::diagnostic::Diagnostic;
use meshc::project::{self, ProgramName};
use meshc::source::SourceMap;
use meshc::target::envoy::{self, EnvoyOptions};
use meshc::testing::{self, Report};
use meshc::{Attachments, Compilation, Options};

/// The root of the package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder with this ending, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every example: its name (`seed-base`) and its folder. A folder with `.mesh` files in it is one program.
pub fn examples() -> Vec<(String, PathBuf)> {
    let base = root().join("examples");
    let mut folders: Vec<PathBuf> = files(&base, "mesh").iter().map(|f| f.parent().unwrap().to_path_buf()).collect();
    folders.dedup();
    let name = |f: &Path| f.strip_prefix(&base).unwrap().to_str().unwrap().replace(['/', '\\'], "-");
    folders.into_iter().map(|f| (name(&f), f)).collect()
}

/// A program of all `.mesh` files of a folder.
pub fn program(folder: &Path) -> SourceMap {
    let text = |p: &PathBuf| fs::read_to_string(p).unwrap().replace("\r\n", "\n");
    let name = |p: &Path| p.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    SourceMap::new(files(folder, "mesh").iter().map(|p| (name(p), text(p))))
}

/// The name that the `meshc.toml` of a folder gives.
pub fn name(folder: &Path) -> Option<ProgramName> {
    let text = fs::read_to_string(folder.join(project::FILE)).ok()?;
    Some(project::read(&SourceMap::single(project::FILE, text)).unwrap_or_else(|found| panic!("{:#?}", told(&found))))
}

/// The names of a program's environments, or `None` once for a program without.
pub fn environments(sources: &SourceMap) -> Vec<Option<String>> {
    let names = meshc::environments(&meshc::parse(sources));
    if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() }
}

/// Builds a program that names no other files.
pub fn compile(sources: &SourceMap, options: &Options) -> Compilation {
    meshc::compile(sources, &meshc::parse(sources), &Attachments::default(), options)
}

/// Checks a program that names no other files, in all its environments.
pub fn check(sources: &SourceMap) -> Vec<Diagnostic> {
    meshc::check(sources, &meshc::parse(sources), &Attachments::default())
}

/// What is found in a program that is checked or, with flags as the command line has them, built or tested:
/// `--istio 1.N`, `--target envoy`, `--test` (as `meshc test` does).
pub fn findings(sources: &SourceMap, flags: &[&str], attachments: &Attachments) -> Vec<Diagnostic> {
    let parsed = meshc::parse(sources);
    match flags {
        [] => meshc::check(sources, &parsed, attachments),
        ["--istio", version] => {
            let options = Options { istio: version.parse().unwrap(), ..Options::default() };
            meshc::compile(sources, &parsed, attachments, &options).diagnostics
        }
        ["--target", "envoy"] => {
            let lower = |access: &Access<'_>| match envoy::lower(access, &EnvoyOptions::default()) {
                Ok(_) => Vec::new(),
                Err(envoy::Failure::Refused(refused)) => refused,
                Err(envoy::Failure::Broken(faults)) => panic!("{faults:?}"),
            };
            let (refused, mut found) = meshc::with_access(sources, &parsed, attachments, None, lower);
            found.extend(refused.unwrap_or_default());
            found
        }
        ["--test"] => {
            let run = |access: &Access<'_>| {
                let options = testing::Options::default();
                let report = testing::run(access, &options);
                let cases = report.cases();
                cases.filter_map(|case| testing::failure(access, case, options.statuses, sources, "")).collect()
            };
            let (failed, mut found): (Option<Vec<Diagnostic>>, _) =
                meshc::with_access(sources, &parsed, attachments, None, run);
            found.extend(failed.unwrap_or_default());
            found
        }
        other => panic!("flags that no test knows: {other:?}"),
    }
}

/// What is found in a program without environments that is held against the objects of a cluster.
pub fn fit(sources: &SourceMap, attachments: &Attachments, cluster: &str) -> Vec<Diagnostic> {
    let cluster = Cluster::read([("cluster.yaml", cluster)]).unwrap_or_else(|problems| panic!("{problems:?}"));
    meshc::check_one(sources, &meshc::parse(sources), attachments, None, Some(&cluster)).1
}

/// Runs the tests of a program that names no other files and has no error; the report, and a finding per failed case.
pub fn run_tests(sources: &SourceMap, environment: Option<&str>) -> (Report, Vec<Diagnostic>) {
    let options = testing::Options::default();
    let run = |access: &Access<'_>| {
        let report = testing::run(access, &options);
        let failure = |case| testing::failure(access, case, options.statuses, sources, "");
        let failures = report.cases().filter_map(failure).collect();
        (report, failures)
    };
    let (ran, found) = meshc::with_access(sources, &meshc::parse(sources), &Attachments::default(), environment, run);
    ran.unwrap_or_else(|| panic!("{:#?}", told(&found)))
}

/// `E0301 invalid-host: message` for every finding.
pub fn told(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|d| format!("{:?}: {}", d.code, d.message)).collect()
}

/// A fenced block of a Markdown file.
pub struct Block {
    /// The words after the fence.
    pub info: Vec<String>,
    /// What stands in it.
    pub text: String,
    /// The line of the fence, from 1.
    pub line: usize,
}

/// All fenced blocks of a Markdown text.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (i, line) in markdown.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_string).collect();
                open = Some(Block { info, text: String::new(), line: i + 1 });
            }
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// Snapshots in `snapshots/<folder>`, named as asked.
pub fn snapshots(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
