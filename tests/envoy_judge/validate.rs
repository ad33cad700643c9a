//! What the judge does not run: TLS, keys that are fetched, the access log and the admin port. Envoy must take it.

use std::collections::BTreeMap;
use std::process::Command;

use meshc::access::Access;
use meshc::target::envoy::{EnvoyOptions, Failure, Https, TlsFiles, lower};

use crate::common::programs;
use crate::setup;

const PROGRAM: &str = r#"
issuer corp {
  url  "https://corp.example"
  jwks "https://corp.example/keys"
}

issuer near {
  url  "http://near.example:8080"
  jwks "http://near.example:8080/keys"
  token cookie "session"
}

gateway edge {
  http  80
  https 443 tls "shop-cert"
  redirect http to https
}

app shop in shop port 80 {
  hosts   shop.example.com *.shop.example.com
  issuers corp near
  cors {
    origins "https://page.example"
    methods GET POST
    headers authorization
    expose  x-request-id
    credentials
    max-age 10m
  }

  GET  /**         require token from corp
  GET  /users/*/o  public
  GET  /v1/**      require token from corp {
    timeout 1500ms
    retries 0
    rewrite /v2/**
    to canary 25%
  }
}

app canary in shop port 81 {
  hosts    canary.example.com
  issuers  corp near
  protocol http2

  GET /** require token from corp
}
"#;

#[test]
fn envoy_takes_what_is_made_for_production() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (place("certificate.pem"), place("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=shop.example.com", "-keyout", &key, "-out", &certificate])
        .output();
    assert!(made.is_ok_and(|m| m.status.success()), "this test needs `openssl` to make a certificate");
    let (program, findings) = programs::compile(PROGRAM);
    let program = program.unwrap_or_else(|| panic!("{findings:?}"));
    let (access, _) = Access::build(&program);
    let mut options = EnvoyOptions {
        admin: Some(9901),
        access_log: true,
        trusted_ca: certificate.clone(),
        ..EnvoyOptions::default()
    };
    let Err(Failure::Refused(refused)) = lower(&access, &options) else { panic!("a secret has no file") };
    assert!(refused[0].message.contains("`shop-cert`"), "{refused:?}");
    options.https = Https::Files(BTreeMap::from([("shop-cert".to_string(), TlsFiles { certificate, key })]));
    for longest_list in [0, 200] {
        options.longest_list = longest_list;
        let bootstrap = lower(&access, &options).unwrap();
        let file = place("envoy.json");
        std::fs::write(&file, bootstrap.to_json().unwrap()).unwrap();
        let told = Command::new(setup::envoy())
            .args(["--mode", "validate", "--log-level", "warning", "--config-path", &file])
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.success(), "{words}");
        assert!(!words.contains("warning") && !words.contains("deprecated"), "{words}");
    }
}
