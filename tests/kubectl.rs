//! A reader that is not ours: kubectl reads every stream that is emitted and gives back the same objects.
//!
//! Without kubectl on the PATH there is nothing to ask; `MESHC_REQUIRE_KUBECTL=1` makes that a failure, as it is in CI.

mod common;

use std::process::{Command, Stdio};

use common::{compile, environments, examples, program};
use meshc::{Options, emit};
use serde_json::Value;

fn kubectl_is_there() -> bool {
    let found =
        Command::new("kubectl").args(["version", "--client"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|s| s.success());
    assert!(found || std::env::var_os("MESHC_REQUIRE_KUBECTL").is_none(), "kubectl is required and is not on the PATH");
    found
}

/// Reads a file with kubectl, without a cluster: `label --local` gives the objects back with one more label.
fn read(path: &std::path::Path) -> Vec<Value> {
    let out = Command::new("kubectl")
        .args(["label", "--local", "-o", "json", "read=back", "-f"])
        .arg(path)
        .output()
        .expect("kubectl is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let objects = serde_json::Deserializer::from_slice(&out.stdout).into_iter::<Value>();
    let mut objects: Vec<Value> = objects.map(|o| o.expect("kubectl writes JSON")).collect();
    for object in &mut objects {
        object["metadata"]["labels"].as_object_mut().expect("labels").remove("read");
    }
    objects
}

#[test]
fn kubectl_reads_the_objects_that_were_meant() {
    if !kubectl_is_there() {
        eprintln!("kubectl is not on the PATH: not asked");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, example) in examples() {
        let sources = program(&example);
        for environment in environments(&sources) {
            let built =
                compile(&sources, &Options { environment, program: common::name(&example), ..Options::default() });
            let meant: Vec<Value> = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap()).collect();
            assert!(!meant.is_empty(), "{name}");
            for (ending, text) in
                [("yaml", emit::yaml(&built.documents, &sources)), ("json", emit::json(&built.documents))]
            {
                let path = folder.path().join(format!("{name}.{ending}"));
                std::fs::write(&path, text.unwrap()).unwrap();
                assert_eq!(read(&path), meant, "{name} as {ending}");
            }
        }
    }
}
