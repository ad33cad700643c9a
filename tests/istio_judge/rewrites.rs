//! What a VirtualService's `rewrite` makes of the paths that its `match` takes (V31), with manifests by hand.

use serde_json::{Value, json};

use crate::case::stream;
use crate::engine;

/// A path that is sent, and what the app sees; `None`: not found.
type Seen = (&'static str, Option<&'static str>);

/// `match` on the path, `rewrite`, and paths.
const SEEN: &[(&str, &str, &[Seen])] = &[
    (r#"{"exact": "/foo"}"#, r#"{"uri": "/bar"}"#, &[("/foo", Some("/bar")), ("/foo?a=b", Some("/bar?a=b"))]),
    (r#"{"exact": "/foo"}"#, r#"{"uri": "/"}"#, &[("/foo", Some("/")), ("/foo/", None)]),
    // The text of the prefix is replaced, not the segments.
    (
        r#"{"prefix": "/foo"}"#,
        r#"{"uri": "/"}"#,
        &[("/foo", Some("/")), ("/foo/bar", Some("//bar")), ("/fool", Some("/l"))],
    ),
    (r#"{"prefix": "/foo/"}"#, r#"{"uri": "/"}"#, &[("/foo/", Some("/")), ("/foo/bar?a=b", Some("/bar?a=b"))]),
    (r#"{"prefix": "/foo/"}"#, r#"{"uri": "/x/y/"}"#, &[("/foo/bar", Some("/x/y/bar")), ("/foo", None)]),
    // The whole path, which is what the expression takes; groups mean nothing.
    (r#"{"regex": "/foo/[^/]+"}"#, r#"{"uri": "/bar"}"#, &[("/foo/x", Some("/bar")), ("/foo/x?a=b", Some("/bar?a=b"))]),
    (r#"{"regex": "/foo(/.*)?"}"#, r#"{"uri": "/bar"}"#, &[("/foo", Some("/bar")), ("/foo/x/y", Some("/bar"))]),
    (r#"{"regex": "/foo/(.*)"}"#, r#"{"uri": "/$1"}"#, &[("/foo/x", Some("/$1"))]),
    // Every part of the path that the expression of the rewrite takes, whatever the match.
    (
        r#"{"prefix": "/foo/"}"#,
        r#"{"uriRegexRewrite": {"match": "^/.*$", "rewrite": "/bar"}}"#,
        &[("/foo/", Some("/bar")), ("/foo/x/y?a=b", Some("/bar?a=b"))],
    ),
    (
        r#"{"prefix": "/foo/"}"#,
        r#"{"uriRegexRewrite": {"match": "o", "rewrite": "u"}}"#,
        &[("/foo/x", Some("/fuu/x")), ("/foo/oo", Some("/fuu/uu"))],
    ),
    (
        r#"{"regex": "/foo/[^/]+"}"#,
        r#"{"uriRegexRewrite": {"match": "^/foo/(.*)$", "rewrite": "/\\1/bar"}}"#,
        &[("/foo/x", Some("/x/bar"))],
    ),
    (
        r#"{"exact": "/foo"}"#,
        r#"{"uriRegexRewrite": {"match": "^/other$", "rewrite": "/bar"}}"#,
        &[("/foo", Some("/foo"))],
    ),
];

fn manifests() -> Vec<Value> {
    let host = |i: usize| format!("h{i}.example.com");
    let hosts: Vec<String> = (0..SEEN.len()).map(host).collect();
    let gateway = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": { "name": "edge", "namespace": "default" },
        "spec": {
            "selector": { "istio": "ingressgateway" },
            "servers": [{ "port": { "number": 80, "name": "http", "protocol": "HTTP" }, "hosts": hosts }],
        },
    });
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let service = |(i, (uri, rewrite, _)): (usize, &(&str, &str, _))| {
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
            "metadata": { "name": format!("h{i}"), "namespace": "default" },
            "spec": {
                "hosts": [host(i)],
                "gateways": ["edge"],
                "http": [{
                    "match": [{ "uri": read(uri) }],
                    "rewrite": read(rewrite),
                    "route": [{ "destination": { "host": "shop.default.svc.cluster.local", "port": { "number": 80 } } }],
                }],
            },
        })
    };
    std::iter::once(gateway).chain(SEEN.iter().enumerate().map(service)).collect()
}

#[test]
fn rewrites_do_what_the_semantics_say() {
    let Some(mut istio) = engine::istio() else { return };
    let asked: Vec<(usize, &str, Option<&str>)> = SEEN
        .iter()
        .enumerate()
        .flat_map(|(i, (_, _, paths))| paths.iter().map(move |(sent, seen)| (i, *sent, *seen)))
        .collect();
    let probe = |(i, sent, _): &(usize, &str, _)| {
        json!({
            "to": "istio-system/istio-ingressgateway", "port": "80", "method": "GET", "path": sent,
            "host": format!("h{i}.example.com"),
        })
    };
    let requests: Vec<Value> = asked.iter().map(probe).collect();
    let question = json!({
        "command": "probe", "manifests": stream(&manifests()),
        "selectors": { "default/shop": { "app": "shop" } }, "requests": requests,
    });
    let (answer, _) = istio.ask(&question).unwrap();
    for ((i, sent, wanted), answer) in asked.iter().zip(answer["outcomes"].as_array().unwrap()) {
        let seen = answer["seen"]["path"].as_str();
        assert_eq!(seen, *wanted, "{} with {}: {sent}: {answer}", SEEN[*i].0, SEEN[*i].1);
        assert_eq!(answer["status"], if wanted.is_some() { 200 } else { 404 }, "{sent}: {answer}");
    }
}
