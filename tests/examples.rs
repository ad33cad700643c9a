//! Every example compiles without a finding, is formatted, and gives the manifests and the configuration that its snapshots hold.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{compile, environments, examples, program, run_tests, snapshots, told};
use meshc::access::Access;
use meshc::ir::ListenerProtocol;
use meshc::source::SourceMap;
use meshc::target::envoy::{self, EnvoyOptions, Https, ListenPort, TlsFiles};
use meshc::{Attachments, Options, emit};

#[test]
fn every_example_gives_the_manifests_of_its_snapshot() {
    let settings = snapshots("");
    for (name, folder) in examples() {
        let sources = program(&folder);
        for environment in environments(&sources) {
            let program = common::name(&folder);
            assert!(program.is_some(), "{name} has no meshc.toml");
            let options = Options { environment: environment.clone(), program, ..Options::default() };
            let built = compile(&sources, &options);
            assert!(built.diagnostics.is_empty(), "{name}: {:#?}", told(&built.diagnostics));
            let text = emit::yaml(&built.documents, &sources).unwrap();
            let file = environment.map_or(format!("{name}.istio"), |e| format!("{name}.{e}.istio"));
            settings.bind(|| insta::assert_snapshot!(file, text));
        }
    }
}

#[test]
fn every_example_gives_the_configuration_of_its_snapshot() {
    let settings = snapshots("");
    for (name, folder) in examples() {
        let sources = program(&folder);
        for environment in environments(&sources) {
            let text = bootstrap(&sources, environment.as_deref()).unwrap_or_else(|why| panic!("{name}: {why:#?}"));
            let file = environment.map_or(format!("{name}.envoy"), |e| format!("{name}.{e}.envoy"));
            settings.bind(|| insta::assert_snapshot!(file, text));
        }
    }
}

/// The program for one Envoy: with files for every certificate, and with each port bound once.
fn bootstrap(sources: &SourceMap, environment: Option<&str>) -> Result<String, Vec<String>> {
    let lower = |access: &Access<'_>| {
        let (mut files, mut options, mut taken) = (BTreeMap::new(), EnvoyOptions::default(), BTreeSet::new());
        for (gateway, listener) in access.program.gateways.iter().flat_map(|g| g.listeners.iter().map(move |l| (g, l)))
        {
            if let ListenerProtocol::Https { secret } = &listener.protocol {
                let secret = &secret.value;
                let file = |name: &str| format!("/etc/envoy/{secret}/{name}");
                files.insert(secret.clone(), TlsFiles { certificate: file("tls.crt"), key: file("tls.key") });
            }
            let bound = (0..8).map(|i| listener.port + 8000 * i).find(|port| taken.insert(*port)).unwrap();
            if bound != listener.port {
                let port = ListenPort { bound, public: listener.port };
                options.ports.insert((gateway.name.clone(), listener.port), port);
            }
        }
        options.https = Https::Files(files);
        envoy::lower(access, &options)
    };
    let parsed = meshc::parse(sources);
    let (lowered, found) = meshc::with_access(sources, &parsed, &Attachments::default(), environment, lower);
    match lowered.ok_or_else(|| told(&found))? {
        Ok(bootstrap) => Ok(bootstrap.to_json().unwrap()),
        Err(envoy::Failure::Refused(refused)) => Err(told(&refused)),
        Err(envoy::Failure::Broken(faults)) => Err(faults),
    }
}

#[test]
fn the_tests_of_every_example_pass_and_reach_every_route() {
    let mut cases = 0;
    for (name, folder) in examples() {
        let sources = program(&folder);
        let mut reached: BTreeMap<String, bool> = BTreeMap::new();
        let mut has_tests = false;
        for environment in environments(&sources) {
            let (report, failures) = run_tests(&sources, environment.as_deref());
            assert!(failures.is_empty(), "{name}: {:#?}", told(&failures));
            cases += report.cases().count();
            has_tests |= !report.tests.is_empty();
            for route in report.routes {
                *reached.entry(format!("{} of {} {:?}", route.text, route.app, route.span)).or_default() |=
                    route.reached;
            }
        }
        let missed: Vec<&String> = reached.iter().filter(|(_, reached)| !**reached).map(|(route, _)| route).collect();
        assert!(!has_tests || missed.is_empty(), "{name}: no test reaches {missed:#?}");
    }
    assert!(cases > 100, "{cases} cases");
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
