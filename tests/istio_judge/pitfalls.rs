//! The pages of docs/pitfalls: manifests by hand that fall into a trap, the program that cannot, and the same requests
//! to both. What a page says of each answer is what Istio does.
//!
//! A page holds, as fenced blocks:
//!
//! * `yaml`, the manifests by hand; `yaml rejected`, if Envoy does not take what becomes of them: then a `text` block holds
//!   a part of what it says;
//! * `yaml beside`, if need be: what else is in the cluster, for both;
//! * `yaml meshconfig`, if need be: settings of the mesh, for the manifests by hand;
//! * `mesh`, the program; each case of its tests ends in `# by hand: STATUS` or `# by hand: STATUS from NAMESPACE/APP`;
//! * `json requests`, if need be: requests as `conformance/istio` takes them, one a line, for what no test can say.

use std::collections::BTreeSet;
use std::path::Path;

use meshc::Attachments;
use meshc::access::{Access, Request};
use meshc::analyze::analyze;
use meshc::ir::Program;
use meshc::source::{SourceMap, Span};
use meshc::target::istio::IstioVersion;
use meshc::testing;
use serde_json::{Value, json};

use crate::assert_clean;
use crate::case::{compare, manifests, probe, question_of, stream, with_foreign_keys};
use crate::common::{self, Block};
use crate::engine::{self, Turn};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    /// 0: the connection was closed.
    status: u64,
    /// Who answered.
    app: Option<String>,
}

/// A request of a page.
struct Asked {
    what: String,
    probe: Value,
    /// What becomes of it by hand.
    by_hand: Answer,
    /// What is to become of it with meshc, if that is not what is decided.
    with_meshc: Option<u64>,
    /// The request as `decide` takes it.
    request: Option<Request>,
}

#[test]
fn what_the_pages_of_pitfalls_say_is_what_istio_does() {
    let Some(mut istio) = engine::istio() else { return };
    let pages = common::files(&common::root().join("docs/pitfalls"), "md");
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for page in pages.iter().filter(|p| !p.ends_with("README.md")) {
        asked += self::page(&mut istio, page, &mut wrong);
    }
    println!("{} pages, {asked} requests", pages.len() - 1);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 50, "{asked}");
}

/// Asks all of a page; how many requests that were.
fn page(istio: &mut Turn, page: &Path, wrong: &mut Vec<String>) -> usize {
    let name = page.file_stem().unwrap().to_str().unwrap();
    let blocks = common::blocks(&std::fs::read_to_string(page).unwrap());
    let find = |info: &[&str]| blocks.iter().find(|b| b.info == info);
    let by_hand = find(&["yaml"]).or(find(&["yaml", "rejected"])).unwrap_or_else(|| panic!("{name} has no manifests"));
    let beside = find(&["yaml", "beside"]).map_or("", |b| b.text.as_str());
    let mesh = find(&["mesh"]).unwrap_or_else(|| panic!("{name} has no program"));

    let sources = SourceMap::single("access.mesh", mesh.text.clone());
    let parsed = meshc::parse(&sources);
    let program = with_foreign_keys(analyze(&sources, parsed.files(), None, &Attachments::default()).program);
    let (access, _) = Access::build(&program);
    let written = manifests(&access, IstioVersion::default()).unwrap();
    assert_clean(istio, &program, &written, name);
    let all: Vec<Asked> = cases(&access, &written, mesh)
        .into_iter()
        .chain(find(&["json", "requests"]).into_iter().flat_map(probes))
        .collect();
    assert!(!all.is_empty(), "{name} asks nothing");

    let rejected = by_hand.info.len() > 1;
    let config = find(&["yaml", "meshconfig"]).map_or("", |b| b.text.as_str());
    let hand = answers(istio, &program, &format!("{}\n---\n{beside}", by_hand.text), config, &all);
    match &hand {
        Ok(_) if rejected => wrong.push(format!("{name}: Envoy takes the manifests")),
        Err(error) if !rejected => wrong.push(format!("{name}: {error}")),
        Err(error) => {
            let said = find(&["text"]).unwrap_or_else(|| panic!("{name} does not tell what Envoy says"));
            if !error.contains(said.text.trim()) {
                wrong.push(format!("{name}: {error}"));
            }
        }
        Ok(_) => {}
    }
    let closed = vec![json!({ "status": 0 }); all.len()];
    let hand = hand.unwrap_or(closed);
    let ours = answers(istio, &program, &format!("{}\n---\n{beside}", stream(&written)), "", &all);
    let ours = ours.unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut differs = false;
    for ((asked, by_hand), by_meshc) in all.iter().zip(hand).zip(ours) {
        let seen = answer(&by_hand);
        let named = Answer { app: seen.app.clone().filter(|_| asked.by_hand.app.is_some()), ..seen.clone() };
        if named != asked.by_hand {
            wrong.push(format!("{name}: {}: by hand {seen:?} instead of {:?}: {by_hand}", asked.what, asked.by_hand));
        }
        let ours = answer(&by_meshc);
        differs |= ours != seen;
        let fault = match (&asked.request, asked.with_meshc) {
            (Some(request), _) => compare(&access, &written, request, &by_meshc).err().map(|d| d.to_string()),
            (None, status) => (Some(ours.status) != status).then(|| by_meshc.to_string()),
        };
        wrong.extend(fault.map(|fault| format!("{name}: {}: with meshc: {fault}", asked.what)));
    }
    if !differs {
        wrong.push(format!("{name}: no request shows a difference"));
    }
    all.len()
}

/// The cases of the program's tests, with what stands behind each of them.
fn cases(access: &Access<'_>, written: &[Value], block: &Block) -> Vec<Asked> {
    let report = testing::run(access, &testing::Options::default());
    let mut all = Vec::new();
    let mut lines = BTreeSet::new();
    for case in report.cases() {
        assert!(case.passed(), "{}", case.request);
        let line = line_at(&block.text, case.span);
        assert!(lines.insert(line), "two cases in one line: {line}");
        let (_, said) = line.split_once("# by hand: ").unwrap_or_else(|| panic!("nothing by hand: {line}"));
        for answer in &case.answers {
            let request = answer.delivery.request.clone().unwrap_or_else(|| panic!("it is not sent: {line}"));
            all.push(Asked {
                what: line.trim().to_string(),
                // The first form of the token's place.
                probe: probe(access, written, &request, 1),
                by_hand: by_hand(said),
                with_meshc: None,
                request: Some(request),
            });
        }
    }
    all
}

fn line_at(text: &str, span: Span) -> &str {
    let start = text[..span.range().start].rfind('\n').map_or(0, |at| at + 1);
    text[start..].lines().next().unwrap_or_default()
}

/// `STATUS` or `STATUS from NAMESPACE/APP`, or `closed`.
fn by_hand(said: &str) -> Answer {
    let (status, app) = match said.trim().split_once(" from ") {
        Some((status, app)) => (status, Some(app.to_string())),
        None => (said.trim(), None),
    };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("`{said}` is no status"));
    Answer { status: if status == "closed" { 0 } else { number(status) }, app }
}

fn probes(block: &Block) -> Vec<Asked> {
    let read = |line: &str| {
        let mut probe: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let mut take = |name: &str| probe.as_object_mut().and_then(|o| o.remove(name)).and_then(|v| v.as_u64());
        let (status, with_meshc) = (take("by hand").unwrap(), take("meshc"));
        assert!(with_meshc.is_some(), "{line}");
        let by_hand = Answer { status, app: None };
        Asked { what: line.to_string(), probe, by_hand, with_meshc, request: None }
    };
    block.text.lines().map(read).collect()
}

fn answers(
    istio: &mut Turn,
    program: &Program,
    manifests: &str,
    config: &str,
    all: &[Asked],
) -> Result<Vec<Value>, String> {
    let mut question = question_of("probe", program, manifests);
    question["mesh"] = json!(config);
    question["requests"] = all.iter().map(|a| a.probe.clone()).collect();
    let (mut answer, _) = istio.ask(&question)?;
    let outcomes = answer["outcomes"].as_array_mut().map(std::mem::take).unwrap_or_default();
    assert_eq!(outcomes.len(), all.len());
    Ok(outcomes)
}

fn answer(outcome: &Value) -> Answer {
    Answer {
        status: outcome["status"].as_u64().unwrap_or_default(),
        app: outcome["seen"]["app"].as_str().map(str::to_string),
    }
}
