//! `meshc why`.

use serde_json::Value;

use crate::support::{BROKEN, ENVIRONMENTS, Place, assert_run};

const PROGRAM: &str = "\
issuer corp {
  url      \"https://issuer.example.com\"
  audience \"my-app\"
}

issuer robots {
  url   \"https://robots.example.com\"
  token header \"x-robot\"
}

gateway edge {
  http  80
  https 443 tls \"edge-cert\"
  https 8443 tls \"edge-cert\"
  redirect http to https
}

app my-app port 8080 {
  hosts   dev.example.com
  issuers corp robots

  GET      /healthz  public
  GET POST /**       require token
  GET      /admin/** require (token from corp and claim groups has \"admins\") or (token from robots and scope has \"admin\")
  ANY      /debug/** deny
}

app catalog port 80 {
  hosts   catalog.example.com
  issuers corp

  GET /v1/** require token from corp {
    rewrite /api/**
    to canary 10%
  }
}

app canary port 8080 {
  issuers corp
}

app shop in team port 80 {
  GET /x public
}

app shop in other port 80 {
  GET /x public
}
";

fn place() -> Place {
    Place::new(&[("access.mesh", PROGRAM)])
}

/// `{"alg":"none"}` and claims, with a signature that is none.
const PAYLOADS: [(&str, &str); 3] = [
    // {"iss":"https://issuer.example.com","sub":"ann","aud":"my-app","groups":["admins"]}
    (
        "admin",
        "eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLmNvbSIsInN1YiI6ImFubiIsImF1ZCI6Im15LWFwcCIsImdyb3VwcyI6WyJhZG1pbnMiXX0",
    ),
    // {"iss":"https://issuer.example.com","sub":"ann","aud":"my-app","exp":1000000000}
    (
        "expired",
        "eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLmNvbSIsInN1YiI6ImFubiIsImF1ZCI6Im15LWFwcCIsImV4cCI6MTAwMDAwMDAwMH0",
    ),
    // {"iss":"https://evil.example.com","sub":"ann"}
    ("stranger", "eyJpc3MiOiJodHRwczovL2V2aWwuZXhhbXBsZS5jb20iLCJzdWIiOiJhbm4ifQ"),
];

#[test]
fn the_answer_names_the_lines_and_what_would_have_been_enough() {
    let place = place();
    let why = |name: &str, arguments: &[&str]| {
        assert_run(&format!("why-{name}"), &place.run(&[&["why"], arguments].concat()).exits(0));
    };
    why("no-token", &["GET https://dev.example.com/admin/x?q=1"]);
    why("not-met", &["GET https://dev.example.com/admin/x", "--with", "corp", "--claims", "{\"groups\":[\"users\"]}"]);
    why("forwarded", &["GET https://catalog.example.com:8443/v1/orders", "--with", "corp"]);
    why("method", &["DELETE dev.example.com/orders", "--with", "corp"]);
    why("method-and-token", &["POST https://dev.example.com/admin/x"]);
    why("denied", &["GET dev.example.com/debug"]);
    why("to-https", &["GET http://dev.example.com/healthz"]);
    why("no-host", &["GET other.example.com/healthz"]);
    why("ambiguous", &["GET dev.example.com//admin"]);
    why("ambiguous-not-listed", &["POST dev.example.com//healthz", "--with", "corp"]);
    why("inside", &["GET /admin/x", "--inside", "my-app", "--with", "robots", "--claims", "{\"scope\":\"read\"}"]);
}

#[test]
fn a_token_is_decoded_and_not_verified() {
    let place = place();
    for (name, payload) in PAYLOADS {
        place.write(&format!("{name}.jwt"), format!("eyJhbGciOiJub25lIn0.{payload}.\n"));
        let file = format!("{name}.jwt");
        let run = place.run(&["why", "GET dev.example.com/admin", "--token", &file]).exits(0);
        assert!(run.stdout.contains("its signature was not verified"), "{run:#?}");
        assert_run(&format!("why-token-{name}"), &run);
    }
    let text = format!("Bearer eyJhbGciOiJub25lIn0.{}.x", PAYLOADS[0].1);
    let run = place.run_with_input(&["why", "GET dev.example.com/admin", "--token", "-"], &text).exits(0);
    assert!(run.stdout.contains("\nreaches `my-app`, which sees `/admin`\n"), "{run:#?}");
    let run = place.run_with_input(&["why", "GET dev.example.com/healthz", "--token", "-"], "nonsense").exits(0);
    assert!(run.stdout.contains("no token at all"), "{run:#?}");
}

#[test]
fn a_claim_that_the_issuer_does_not_declare_is_told_of() {
    let text = PROGRAM.replacen("audience", "claims {\n    groups: list\n  }\n  audience", 1);
    let place = Place::new(&[("access.mesh", &text)]);
    let note = |claims: &str| {
        let run = place.run(&["why", "GET https://dev.example.com/", "--with", "corp", "--claims", claims]).exits(0);
        run.stdout.lines().nth(1).unwrap_or_default().to_string()
    };
    let good = "with a good token of issuer `corp`";
    assert_eq!(note(r#"{"groups": ["a"], "sub": "ann", "aud": "my-app", "scope": "read"}"#), good);
    assert_eq!(note(r#"{"group": ["a"]}"#), format!("{good}; it declares no claim `group`; did you mean `groups`"));
    assert_eq!(note(r#"{"realm_access": {}}"#), format!("{good}; it declares no claim `realm_access`"));
}

#[test]
fn of_a_refused_options_it_is_said_that_it_is_no_preflight() {
    let cors = "  cors {\n    origins \"https://app.example.com\"\n  }\n\n  GET      /healthz  public";
    let text = PROGRAM.replacen("  GET      /healthz  public", cors, 1);
    let place = Place::new(&[("access.mesh", &text)]);
    let said =
        "  this is no preflight from a listed origin, which the gateway would answer\n    access.mesh:22 | cors {\n";
    let run = place.run(&["why", "OPTIONS https://dev.example.com/"]).exits(0);
    assert!(run.stdout.contains(said), "{run:#?}");
    let run = place.run(&["why", "DELETE https://dev.example.com/"]).exits(0);
    assert!(!run.stdout.contains("preflight"), "{run:#?}");
}

#[test]
fn json_says_the_same() {
    let run = place().run(&["why", "GET dev.example.com/admin", "--with", "corp", "--format", "json"]).exits(0);
    let value: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["answers"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        value["answers"][0]["via"],
        serde_json::json!(["gateway `edge`, port 443", "gateway `edge`, port 8443"])
    );
    assert_eq!(value["answers"][0]["reason"], "not-met");
    assert_run("why-json", &run);
}

#[test]
fn a_call_that_says_too_little_is_told_what_is_missing() {
    let place = place();
    let table: [(&[&str], &str); 13] = [
        (&["GET"], "`GET` has no address; write method and address in one argument: 'GET https://…'"),
        (&["get dev.example.com/"], "`get` is not a method; did you mean `GET`"),
        (&["PSOT dev.example.com/"], "`PSOT` is not a method; did you mean `POST`"),
        (&["GET /x"], "no request can be sent to `/x`: there is no host before the path"),
        (
            &["GET *.example.com/x"],
            "no request can be sent to `*.example.com/x`: a request is for one host, without `*`",
        ),
        (&["GET dev.example.com/", "--with", "crop"], "there is no issuer `crop`; did you mean `corp`"),
        (
            &["GET dev.example.com/", "--with", "corp", "--claims", "[]"],
            "`--claims` has to be a JSON object, such as {\"groups\": [\"x\"]}",
        ),
        (
            &["GET dev.example.com/", "--with", "corp", "--claims", "{"],
            "`--claims` is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (&["GET dev.example.com/", "--token", "none.jwt"], "cannot read `none.jwt`: no such file or directory"),
        (&["GET /", "--inside", "my-ap"], "there is no app `my-ap`; did you mean `my-app`"),
        (&["GET /", "--inside", "shop"], "there are several apps `shop`; write `other/shop` or `team/shop`"),
        (&["GET /", "-", "--token", "-"], "token and program cannot both come from standard input"),
        (
            &["GET dev.example.com/", "--env", "dev"],
            "the program has no environments, so there is nothing for `--env` to choose",
        ),
    ];
    for (arguments, message) in table {
        let run = place.run(&[&["why"], arguments].concat()).exits(2);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", format!("error: {message}\n").as_str()));
    }
}

#[test]
fn one_environment_has_to_be_chosen() {
    let place = Place::new(&[("access.mesh", ENVIRONMENTS)]);
    let run = place.run(&["why", "GET shop.example.com/"]).exits(2);
    assert_eq!(run.stderr, "error: choose an environment with `--env`; there are `dev`, `prod`\n");
    let run = place.run(&["why", "GET shop.example.com/", "--env", "prod"]).exits(0);
    assert!(run.stdout.contains("(environment `prod`)"), "{run:#?}");
    place.write("more.mesh", BROKEN);
    place.run(&["why", "GET shop.example.com/", "--env", "prod"]).exits(1);
}

/// The arguments of `meshc why 'GET …' --with corp`: single quotes hold blanks together.
fn arguments(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(i, part)| match i % 2 {
        0 => part.split_whitespace().map(str::to_string).collect(),
        _ => vec![part.to_string()],
    });
    words.collect()
}

#[test]
fn the_page_on_testing_shows_what_is_printed() {
    let page = include_str!("../../docs/testing.md");
    let after = |start: &'static str| page.split(start).skip(1).map(|rest| rest.split("```").next().unwrap());
    let place = Place::new(&[("access.mesh", after("```mesh\n").next().unwrap())]);
    let mut count = 0;
    for session in after("```text\n") {
        let (command, output) = session.split_once('\n').unwrap();
        let words = arguments(command.strip_prefix("$ meshc ").unwrap());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(place.run(&words).exits(0).stdout, output, "{command}");
        count += 1;
    }
    assert_eq!(count, 2);
}

const BRACKETS: &str = "\
issuer corp {
  url \"https://issuer.example.com\"
}

gateway edge {
  http 80
}

app shop port 80 {
  hosts shop.example.com

  GET /** public
  GET /users/*/orders/** require token
}
";

#[test]
fn a_path_with_brackets_gets_an_answer_when_they_are_encoded() {
    let place = Place::new(&[("access.mesh", BRACKETS)]);
    // The path is one of `/**`, which is refused for the line with the `*`.
    for (path, encoded, also) in [
        ("/users/1/[x]", "/users/1/%5Bx%5D", ""),
        ("/users/1/[x]?q=[1]", "/users/1/%5Bx%5D", ""),
        ("/users/1/orders/[x]", "/users/1/orders/%5Bx%5D", ", with `token from corp`"),
    ] {
        let request = format!("GET http://shop.example.com{path}");
        for way_in in [&[][..], &["--inside", "shop"]] {
            let said = place.run(&[&["why", request.as_str()], way_in].concat()).exits(0).stdout;
            let line = "access.mesh:13 | GET /users/*/orders/** require token\n";
            assert!(said.contains(&format!("a policy cannot tell them apart\n    {line}")), "{said}");
            assert!(said.ends_with(&format!("  to get through: the path `{encoded}`{also}\n")), "{said}");
        }
    }
    let run = place.run(&["why", "GET http://shop.example.com/users/1/%5Bx%5D"]).exits(0);
    assert!(run.stdout.contains("reaches"), "{}", run.stdout);
}
