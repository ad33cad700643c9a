//! Every example compiles without a finding, is formatted, and gives the manifests that its snapshot holds.

mod common;

use common::{compile, environments, examples, program, snapshots, told};
use meshc::{Options, emit};

#[test]
fn every_example_gives_the_manifests_of_its_snapshot() {
    let settings = snapshots("");
    for (name, folder) in examples() {
        let sources = program(&folder);
        for environment in environments(&sources) {
            let options = Options { environment: environment.clone(), ..Options::default() };
            let built = compile(&sources, &options);
            let untested = |d: &&meshc::diagnostic::Diagnostic| d.code.name() != "not-yet-proved";
            let findings: Vec<_> = built.diagnostics.iter().filter(untested).cloned().collect();
            assert!(findings.is_empty(), "{name}: {:#?}", told(&findings));
            let text = emit::yaml(&built.documents, &sources).unwrap();
            let file = environment.map_or(format!("{name}.istio"), |e| format!("{name}.{e}.istio"));
            settings.bind(|| insta::assert_snapshot!(file, text));
        }
    }
}

#[test]
fn every_example_is_formatted() {
    for (name, folder) in examples() {
        for (id, file) in program(&folder).iter() {
            let parse = meshc::syntax::parse(id, file.text());
            let formatted = meshc::format::format(file.text(), &parse);
            assert_eq!(formatted.as_deref().ok(), Some(file.text()), "{name}/{}", file.path());
        }
    }
}

#[test]
fn the_order_of_files_changes_nothing() {
    let (_, folder) = examples().into_iter().find(|(name, _)| name == "shop").unwrap();
    let sources = program(&folder);
    let texts: Vec<_> = sources.iter().map(|(_, f)| (f.path().to_string(), f.text().to_string())).collect();
    let options = Options { environment: Some("prod".into()), ..Options::default() };
    let build = |texts: Vec<(String, String)>| {
        let sources = meshc::source::SourceMap::new(texts);
        emit::yaml(&compile(&sources, &options).documents, &sources).unwrap()
    };
    let straight = build(texts.clone());
    assert_eq!(straight, build(texts.into_iter().rev().collect()));
    assert!(straight.contains("kind: VirtualService"));
}
