//! A reader that is not ours: kubectl reads every stream that is emitted and gives back the same objects.
//!
//! Without kubectl on the PATH there is nothing to ask; `MESHC_REQUIRE_KUBECTL=1` makes that a failure, as it is in CI.

mod common;

use std::process::{Command, Stdio};

use common::{compile, environments, examples, program, told};
use meshc::source::SourceMap;
use meshc::{Options, emit};
use serde::Deserialize as _;
use serde_json::{Value, json};

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

/// The objects of a program, as they were meant and as they are written.
fn built(sources: &SourceMap, options: &Options) -> (Vec<Value>, [(&'static str, String); 2]) {
    let built = compile(sources, options);
    let meant: Vec<Value> = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap()).collect();
    assert!(!meant.is_empty(), "{:?}", told(&built.diagnostics));
    let yaml = emit::yaml(&built.documents, sources).unwrap();
    (meant, [("yaml", yaml), ("json", emit::json(&built.documents).unwrap())])
}

fn assert_read_with_kubectl(name: &str, meant: &[Value], written: &[(&str, String)]) {
    let folder = tempfile::tempdir().unwrap();
    for (ending, text) in written {
        let path = folder.path().join(format!("{name}.{ending}"));
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(&path), meant, "{name} as {ending}");
    }
}

#[test]
fn kubectl_reads_the_objects_that_were_meant() {
    if !kubectl_is_there() {
        eprintln!("kubectl is not on the PATH: not asked");
        return;
    }
    for (name, example) in examples() {
        let sources = program(&example);
        for environment in environments(&sources) {
            let options = Options { environment, program: common::name(&example), ..Options::default() };
            let (meant, written) = built(&sources, &options);
            assert_read_with_kubectl(&name, &meant, &written);
        }
    }
}

/// Texts that look like YAML, at every place where a program may have them: values and names of claims, audiences,
/// subjects, labels and their keys, one of which is as long as Kubernetes allows.
fn texts_that_look_like_yaml() -> SourceMap {
    let long = format!("{0}.{0}.{0}.{1}/{2}", "a".repeat(63), "b".repeat(61), "1".repeat(63));
    let text = format!(
        r#"issuer corp {{
  url "https://login.example.com"
  audience "1: 2" "no" "a: b"
}}

gateway edge {{
  http 80
  select 1e3=on y=n
}}

app shop port 80 {{
  hosts shop.example.com
  select 1e3=on y=n 12=0x1F 1.5=null 1_0=no {long}=1_000

  GET /slot    require token from corp and claim slot has "1: 2"
  GET /name    require token from corp and claim "1: 2" has "2001-12-14: 1" and not claim "a: b #c" has "- it's"
  GET /nested  require token from corp and claim nested."x: y" in ["+1: 2", "no", "\u{{e000}}1: 2\u{{e001}}", "\u{{e001}}"]
}}
"#
    );
    SourceMap::single("access.mesh", text)
}

#[test]
fn texts_that_look_like_yaml_are_read_as_they_were_meant() {
    let (meant, written) = built(&texts_that_look_like_yaml(), &Options::default());
    let slot = json!({"key": "request.auth.claims[slot]", "values": ["1: 2"]});
    let rules = meant[0]["spec"]["rules"].as_array().unwrap();
    let conditions: Vec<_> = rules.iter().filter_map(|rule| rule["when"].as_array()).flatten().collect();
    assert!(conditions.contains(&&slot), "{rules:#?}");
    let read = serde_yaml::Deserializer::from_str(&written[0].1).map(|d| Value::deserialize(d).unwrap());
    assert_eq!(read.collect::<Vec<_>>(), meant);
    if kubectl_is_there() {
        assert_read_with_kubectl("texts", &meant, &written);
    }
}
