//! `meshc build --target envoy`.

use serde_json::Value;

use crate::support::{BROKEN, Place, SHOP};

const TLS: [&str; 2] = ["--tls", "edge-cert=tls.crt:tls.key"];

fn build<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["build", "--target", "envoy"].iter().chain(more).copied().collect()
}

#[test]
fn a_program_becomes_one_bootstrap() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let options = ["--endpoint", "shop=127.0.0.1:3000", "--listen", "edge:443=8443", "--admin", "9901", "--access-log"];
    let run = place.run(&build(&[&TLS[..], &options].concat())).exits(0);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["admin"]["address"]["socket_address"]["port_value"], 9901);
    let listener = &value["static_resources"]["listeners"][0];
    assert_eq!(listener["address"]["socket_address"]["port_value"], 8443);
    assert!(run.stdout.contains("\"filename\": \"tls.crt\"") && run.stdout.contains("\"filename\": \"tls.key\""));
    assert!(run.stdout.contains("envoy.access_loggers.stdout"));
    let cluster = &value["static_resources"]["clusters"][0];
    let address = &cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"];
    assert_eq!(address["socket_address"]["address"], "127.0.0.1");
    assert_eq!(address["socket_address"]["port_value"], 3000);
    let plain = place.run(&build(&TLS)).exits(0).stdout;
    assert!(plain.contains("shop.default.svc.cluster.local") && !plain.contains("admin"), "{plain}");
}

#[test]
fn what_envoy_lacks_is_a_finding_at_its_line() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let run = place.run(&build(&["--message-format", "short"])).exits(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.starts_with("access.mesh:2:") && run.stderr.contains("error[E0707]"), "{run:#?}");
    let broken = Place::new(&[("access.mesh", BROKEN)]).run(&build(&[])).exits(1);
    assert!(broken.stdout.is_empty() && broken.stderr.starts_with("error[E01"), "{broken:#?}");
}

#[test]
fn a_directory_holds_one_file_that_is_kept_up_to_date() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let out = |more: &[&'static str]| place.run(&build(&[&TLS[..], &["--out", "out"], more].concat()));
    let missing = out(&["--check"]).exits(1);
    assert_eq!(missing.stdout, "missing: envoy.json\n");
    out(&[]).exits(0);
    assert_eq!(place.read("out/envoy.json"), place.run(&build(&TLS)).exits(0).stdout);
    out(&["--check"]).exits(0);
    place.write("out/envoy.json", "{}");
    let edited = out(&[]).exits(2);
    assert!(edited.stderr.contains("was edited"), "{edited:#?}");
    out(&["--force"]).exits(0);
    // The directory takes another target's files, and gives them up again.
    place.run(&["build", "--out", "out"]).exits(0);
    assert!(!place.path().join("out/envoy.json").exists() && !place.manifests("out").is_empty());
    out(&[]).exits(0);
    // The policies may be in a cluster: they stay, without rules, until they are given up.
    let left = place.manifests("out");
    assert_eq!(left.keys().collect::<Vec<_>>(), ["default/authorizationpolicy-shop.yaml"]);
    assert!(left.values().all(|text| text.ends_with("  rules: []\n")), "{left:#?}");
    out(&["--force"]).exits(0);
    assert!(place.manifests("out").is_empty());
}

#[test]
fn options_that_say_nothing_of_the_program_or_the_target_are_refused() {
    let place = Place::new(&[("access.mesh", SHOP)]);
    let cases: &[(&[&str], &str)] = &[
        (&["--istio", "1.26"], "`--istio` is not for `--target envoy`"),
        (&["--format", "yaml"], "`--format yaml` is not for `--target envoy`"),
        (&["--endpoint", "shup=a:1"], "there is no app `shup`; did you mean `shop`"),
        (
            &["--endpoint", "shop=a:1", "--endpoint", "default/shop=b:1"],
            "`--endpoint` says two things of `default/shop`",
        ),
        (
            &["--tls", "edge-crt=a:b"],
            "no gateway takes its certificate from a secret `edge-crt`; did you mean `edge-cert`",
        ),
        (&["--listen", "edg:443=1"], "there is no gateway `edg`; did you mean `edge`"),
        (&["--listen", "edge:80=1"], "gateway `edge` does not listen on port 80"),
    ];
    for (options, message) in cases {
        let run = place.run(&build(options)).exits(2);
        assert_eq!((run.stdout.as_str(), run.stderr), ("", format!("error: {message}\n")), "{options:?}");
    }
    for option in [&["--endpoint", "shop=a:1"][..], &TLS, &["--listen", "edge:443=1"], &["--access-log"]] {
        let run = place.run(&[&["build"], option].concat()).exits(2);
        assert_eq!(run.stderr, format!("error: `{}` is not for `--target istio`\n", option[0]));
    }
    place.run(&build(&["--endpoint", "shop"])).exits(2);
    place.run(&build(&["--format", "json", TLS[0], TLS[1]])).exits(0);
}
