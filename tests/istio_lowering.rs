//! What Istio's own code found in what was written for it, each as a program that showed it.

mod common;

use common::compile;
use meshc::Options;
use meshc::diagnostic::codes;
use meshc::source::SourceMap;
use serde_json::Value;

fn written(program: &str, kind: &str) -> Vec<Value> {
    let built = compile(&SourceMap::single("access.mesh", program.to_string()), &Options::default());
    assert!(built.diagnostics.is_empty(), "{:#?}", built.diagnostics);
    let all = built.documents.iter().map(|d| serde_json::to_value(&d.body).unwrap());
    all.filter(|o| o["kind"] == kind).collect()
}

/// Had the Gateway named `x.example.com` too, the wildcard's rules would have stood on it first (V7b): `GET /` would have
/// been redirected.
#[test]
fn a_gateway_names_only_its_widest_hosts() {
    let program = "gateway edge {\n  http 80\n}\n\n\
        app one port 80 {\n  hosts *.example.com *.deep.example.com y.test\n  GET /** redirect /b\n}\n\n\
        app two port 80 {\n  hosts x.example.com\n  GET / public\n}\n";
    let gateways = written(program, "Gateway");
    assert_eq!(gateways[0]["spec"]["servers"][0]["hosts"], serde_json::json!(["*.example.com", "y.test"]));
}

/// `x.wild.example.com` has the routes of `*.example.com`, and not those of the wildcard between them. Istio refuses both in
/// one VirtualService: "duplicate hosts in virtual service" (V7c).
#[test]
fn no_host_of_a_virtual_service_covers_another() {
    let program = "gateway edge {\n  http 80\n}\n\n\
        app one port 80 {\n  hosts *.example.com x.wild.example.com\n  GET / public\n}\n\n\
        app two port 80 {\n  hosts * *.wild.example.com\n  GET /** public\n}\n";
    let services = written(program, "VirtualService");
    let mut hosts: Vec<String> = services.iter().map(|s| s["spec"]["hosts"].to_string()).collect();
    hosts.sort();
    assert_eq!(hosts, [r#"["*"]"#, r#"["*.example.com"]"#, r#"["*.wild.example.com"]"#, r#"["x.wild.example.com"]"#]);
}

/// `/a/**` is an exact `/a` and a prefix; the exact one is never reached where `/a` has routes of its own (IST0131).
#[test]
fn no_match_stands_behind_one_that_takes_it_all() {
    let program = "gateway edge {\n  http 80\n}\n\n\
        app one port 80 {\n  hosts x.example.com\n  GET /a redirect /b\n  GET /a/** public {\n    rewrite /c/**\n  }\n}\n";
    let services = written(program, "VirtualService");
    let rules = services[0]["spec"]["http"].as_array().unwrap();
    let matches: Vec<&Value> = rules.iter().flat_map(|r| r["match"].as_array().unwrap()).collect();
    let whole = |uri: &Value| matches.iter().position(|m| m["uri"] == *uri && m.get("method").is_none());
    for (i, one) in matches.iter().enumerate() {
        assert!(whole(&one["uri"]).is_none_or(|taken| taken >= i), "{rules:#?}");
    }
    assert!(matches.iter().any(|m| m["uri"]["exact"] == "/a") && matches.iter().any(|m| m["uri"]["prefix"] == "/a/"));
}

/// The app sees `/` for both lines, and its policy would let `POST /` through, which the program does not list.
#[test]
fn a_rewrite_must_not_bring_methods_to_another_path() {
    let with = |methods: &str| {
        let program = format!(
            "gateway edge {{\n  http 80\n}}\n\napp one port 80 {{\n  hosts x.example.com\n  \
             {methods} /a/ public {{\n    rewrite /\n  }}\n  GET HEAD / public\n}}\n"
        );
        compile(&SourceMap::single("access.mesh", program), &Options::default()).diagnostics
    };
    let found = with("GET POST");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [codes::REWRITE_COLLISION], "{found:#?}");
    assert!(with("GET").is_empty());
}

/// Where both lines take the same prefix away, nothing that the wider one lets through arrives where the narrower one
/// guards; everywhere else the app could not tell them apart.
#[test]
fn lines_within_each_other_may_differ_only_if_they_are_rewritten_alike() {
    let with = |outer: &str, inner: &str| {
        let mut codes = codes_of(&format!(
            "issuer corp {{\n  url \"https://id.example.com\"\n}}\n\napp one port 80 {{\n  hosts x.example.com\n  \
             GET {outer}\n  GET {inner}\n}}\n"
        ));
        codes.retain(|code| code.id().starts_with('E'));
        codes
    };
    let outer = "/shop/** public {\n    rewrite /**\n  }";
    let guarded = |path: &str, target: &str| format!("{path} require token {{\n    rewrite {target}\n  }}");
    let collides = [codes::REWRITE_COLLISION];
    assert_eq!(with(outer, &guarded("/shop/admin/**", "/admin/**")), []);
    // What the wider line would send to `/x/admin` belongs to the narrower one.
    assert_eq!(with(outer, &guarded("/shop/*/admin", "/x/admin")), []);
    // `/shop/admin/x` of the open line arrives as `/admin/x`.
    assert_eq!(with(outer, &guarded("/shop/secret/**", "/admin/**")), collides);
    assert_eq!(with(outer, "/admin/** require token"), collides);
    assert_eq!(with(outer, "/shop/admin/** require token"), collides);
    // `/shop` arrives as `/`, as `/shop/` does.
    assert_eq!(with(outer, &guarded("/shop/", "/")), collides);
    assert_eq!(with(outer, &guarded("/shop", "/")), collides);
    // `/a/b/c` belongs to the line with the longer path, and arrives among what the other one guards.
    let longer = "/a/** public {\n    rewrite /z/c/**\n  }";
    assert_eq!(with(longer, &guarded("/a/b/**", "/z/**")), collides);
}

fn codes_of(program: &str) -> Vec<meshc::diagnostic::Code> {
    let program = format!("gateway edge {{\n  http 80\n}}\n\n{program}");
    let found = compile(&SourceMap::single("access.mesh", program), &Options::default()).diagnostics;
    found.iter().map(|d| d.code).collect()
}

fn rules(program: &str) -> Vec<Value> {
    let program = format!("gateway edge {{\n  http 80\n}}\n\n{program}");
    let services = written(&program, "VirtualService");
    services.iter().flat_map(|s| s["spec"]["http"].as_array().cloned().unwrap_or_default()).collect()
}

/// `DELETE http://shop.example.com/x` is not listed, but the app that gets the share has a line of its own for it.
#[test]
fn a_share_brings_no_method_that_the_route_does_not_list() {
    let rules = rules(
        "app v2 port 80 {\n  hosts v2.example.com\n  GET POST DELETE /** public\n}\n\n\
         app v1 port 80 {\n  hosts shop.example.com\n  GET /** public {\n    to v2 10%\n  }\n}\n",
    );
    let shared = rules.iter().find(|r| r["route"].as_array().is_some_and(|to| to.len() == 2)).unwrap();
    assert_eq!(shared["match"][0]["method"]["exact"], "GET");
    let refused = rules.iter().position(|r| r["directResponse"]["status"] == 403).unwrap();
    assert!(rules.iter().position(|r| r == shared).unwrap() < refused, "what is not listed is refused after it");
}

/// `GET http://shop.example.com/x` without a token: the policy of the app in `istio-system` selects the other one's pods.
#[test]
fn an_app_in_the_root_namespace_is_refused() {
    let app = |namespace: &str| {
        format!("app shop in {namespace} port 80 {{\n  hosts {namespace}.example.com\n  GET / public\n}}\n")
    };
    assert_eq!(codes_of(&app("istio-system")), [codes::SAME_PODS]);
    assert!(codes_of(&app("shop")).is_empty());
}

/// `GET /static/..%2fadmin` must not reach what no line opens.
#[test]
fn what_no_line_opens_is_not_reached_through_an_open_subtree() {
    let first = |program: &str| rules(program)[0]["directResponse"]["status"].clone();
    assert_eq!(first("app a port 80 {\n  hosts a.example.com\n  GET /static/** public\n}\n"), 400);
    // A redirect of a subtree for the same methods does not stand for the subtree that leads to the app.
    let redirected = "app a port 80 {\n  hosts a.example.com\n  GET /static/** public\n  GET /z/** redirect /x\n}\n";
    assert_eq!(first(redirected), 400);
    assert_eq!(first("app a port 80 {\n  hosts a.example.com\n  GET /** public\n}\n"), Value::Null);
}

/// What the app sees is what counts: though every path of the host is open, a backend that decodes `%2F` reads these
/// requests as paths that no line opens at the app, or as some that are guarded there.
#[test]
fn paths_that_are_closed_at_the_app_are_not_reached_by_another_reading() {
    let issuer = "issuer corp {\n  url \"https://id.example.com\"\n}\n\n";
    let guarded = "    GET /** require token {\n      rewrite /admin/**\n    }\n";
    for (program, first) in [
        // `GET /..%2fadmin` arrives as `/pub/..%2fadmin`.
        ("app a port 80 {\n  hosts a.example.com\n  GET /** public {\n    rewrite /pub/**\n  }\n}\n".to_string(), 400),
        // `GET /..%2fadmin` for `a.example.com`; the routes of `b.example.com` are guarded.
        (
            format!(
                "{issuer}app a port 80 {{\n  hosts a.example.com b.example.com\n  host a.example.com {{\n    \
                 GET /** public {{\n      rewrite /pub/**\n    }}\n  }}\n  host b.example.com {{\n{guarded}  }}\n}}\n"
            ),
            400,
        ),
        // `GET /api/..%2fadmin`: the gateway sends `/admin` elsewhere, and the app refuses it.
        (
            "app a port 80 {\n  hosts a.example.com\n  ANY /api/** public\n  \
             ANY /** redirect \"https://new.example.com/\"\n}\n"
                .to_string(),
            400,
        ),
        // `GET /cart/..%2fadmin`: `/admin` is open, but not at this app.
        (
            "app shop port 80 {\n  hosts a.example.com\n  ANY /** public\n}\n\n\
             app cart port 80 {\n  hosts a.example.com\n  ANY /cart/** public\n}\n"
                .to_string(),
            400,
        ),
        // Nothing is closed here: `/pub` is taken away, and the app sees every path.
        (
            "app a port 80 {\n  hosts a.example.com\n  GET /** public\n  GET /pub/** public {\n    \
             rewrite /**\n  }\n}\n"
                .to_string(),
            0,
        ),
    ] {
        let rules = rules(&program);
        assert_eq!(rules[0]["directResponse"]["status"].as_u64().unwrap_or(0), first, "{program}");
    }
}

/// `GET /admin/x` for `a.example.com.` gets round a block for `a.example.com` where the app has the host `*` too.
#[test]
fn a_host_block_beside_any_host_is_refused() {
    let program = "app a port 80 {\n  hosts * a.example.com\n  GET /** public\n  host a.example.com {\n    ANY /admin/** deny\n  }\n}\n";
    assert_eq!(codes_of(program), [codes::WILDCARD_HOST_BLOCK]);
}

/// `POST /admin` from inside the mesh: the path's line is a redirect, which only the gateway answers.
#[test]
fn a_redirect_line_keeps_its_path_closed_at_the_app() {
    let program = "gateway edge {\n  http 80\n}\n\napp a port 80 {\n  hosts a.example.com\n  ANY /** public\n  GET /admin redirect /login\n}\n";
    let policies = written(program, "AuthorizationPolicy");
    let operation = &policies[0]["spec"]["rules"][0]["to"][0]["operation"];
    assert!(operation["notPaths"].as_array().unwrap().contains(&Value::from("/admin")), "{operation:#}");
}

/// kubectl leaves a field as it is that an object does not name: without `rules` those of an earlier build would stay.
#[test]
fn a_policy_that_lets_nothing_through_names_its_rules() {
    let program = "gateway edge {\n  http 80\n}\n\napp a port 80 {\n  hosts a.example.com\n  ANY /** deny\n}\n";
    let policies = written(program, "AuthorizationPolicy");
    assert_eq!(policies[0]["spec"]["rules"], serde_json::json!([]));
}

/// A VirtualService with a longer expression would be rejected, and its host would lose all routes (V21).
#[test]
fn a_path_whose_expression_is_too_long_is_refused() {
    let program = format!(
        "app a port 80 {{\n  hosts a.example.com\n  GET {} public\n}}\n",
        format_args!("/*/{}a", "a.".repeat(400))
    );
    assert_eq!(codes_of(&program), [codes::PATH_NOT_MATCHABLE]);
}

/// The redirect of `http 8080` would lead to `https://host:8080`.
#[test]
fn a_redirect_to_https_from_another_port_is_refused() {
    let program = "gateway edge {\n  http 8080\n  https 8443 tls \"s\"\n  redirect http to https\n}\n\n\
                   app a port 80 {\n  hosts a.example.com\n  GET / public\n}\n";
    let found = compile(&SourceMap::single("access.mesh", program.to_string()), &Options::default()).diagnostics;
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [codes::REDIRECT_NEEDS_BOTH]);
}
