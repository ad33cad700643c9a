//! The analysis of whole programs: what it makes of correct ones, and where it finds which error.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use meshc::analyze::{self, Analysis, Attachments};
use meshc::diagnostic::{self, Diagnostic};
use meshc::ir::{Access, Expected, Formula, Keys, Program, TestCredential};
use meshc::lint;
use meshc::source::SourceMap;
use meshc::syntax;

/// Analyses a program of several files in one environment. The texts must be free of syntax errors.
fn analyze_files(
    files: &[(&str, &str)],
    environment: Option<&str>,
    attachments: &Attachments,
) -> (SourceMap, Analysis) {
    let sources = SourceMap::new(files.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string())));
    let mut trees = Vec::new();
    for (id, file) in sources.iter() {
        let parse = syntax::parse(id, file.text());
        assert_eq!(parse.errors, [], "{}", file.text());
        trees.push(parse.file);
    }
    let mut analysis = analyze::analyze(&sources, &trees, environment, attachments);
    let mut warnings = lint::of_trees(&trees, &analysis);
    if !analysis.diagnostics.iter().any(Diagnostic::is_error) {
        warnings.extend(lint::of_program(&analysis));
    }
    analysis.diagnostics.extend(warnings);
    diagnostic::sort(&mut analysis.diagnostics);
    (sources, analysis)
}

/// Every diagnostic as its code and the text under its label.
fn told(text: &str, environment: Option<&str>) -> Vec<String> {
    let (sources, analysis) = analyze_files(&[("a.mesh", text)], environment, &Attachments::empty());
    let show = |d: &meshc::diagnostic::Diagnostic| format!("{} {}", d.code, sources.text(d.primary.span));
    analysis.diagnostics.iter().map(show).collect()
}

fn program(text: &str) -> Program {
    let (_, analysis) = analyze_files(&[("a.mesh", text)], None, &Attachments::empty());
    assert_eq!(analysis.diagnostics, [], "{text}");
    analysis.program
}

/// A sound gateway and issuer, for programs that are about something else.
const BASE: &str = "
gateway edge { http 80 }
issuer corp { url \"https://id.example.com\" }
";

/// An app with these lines, and everything else that it needs.
fn with_app(lines: &str) -> String {
    format!("{BASE}app shop port 80 {{ hosts shop.example.com\n GET /guarded require token from corp\n {lines} }}")
}

#[track_caller]
fn expect(text: &str, expected: &[&str]) {
    assert_eq!(told(text, None), expected, "{text}");
}

#[test]
fn a_correct_program_comes_out_typed_sorted_and_with_its_defaults() {
    let program = program(
        "
        issuer corp {
          url \"https://id.example.com\"
          audience \"b\" \"a\"
        }
        policy admin = member and claim groups has \"admins\"
        policy member = token from corp
        gateway edge { http 80 }
        app web port 8080 {
          hosts b.example.com a.example.com
          GET POST /** require member
          ANY /admin/** require admin { timeout 5s }
        }
        app api in shop port 80 { GET /** deny }
        ",
    );
    let names: Vec<_> = program.apps.iter().map(meshc::ir::App::qualified_name).collect();
    assert_eq!(names, ["default/web", "shop/api"]);
    let (web, api) = (&program.apps[0], &program.apps[1]);
    assert_eq!((web.service.as_str(), web.port, web.selector["app"].as_str()), ("web", 8080, "web"));
    assert_eq!(web.hosts.iter().map(|h| h.value.to_string()).collect::<Vec<_>>(), ["a.example.com", "b.example.com"]);
    assert_eq!((web.gateways.len(), api.gateways.len()), (1, 0));
    assert_eq!(program.gateways[0].selector["istio"], "ingressgateway");
    assert_eq!(program.issuers[0].audiences, ["a", "b"]);
    assert_eq!(program.issuers[0].keys, Keys::Discovery);
    let shown: Vec<_> = web.routes.iter().map(|r| format!("{} {}", r.methods, r.path)).collect();
    assert_eq!(shown, ["GET POST /**", "ANY /admin/**"]);
    let Access::Require { formula, .. } = &web.routes[1].access else { panic!("not guarded") };
    let Formula::And(parts) = formula else { panic!("{formula:?}") };
    assert_eq!(parts.len(), 2);
    assert_eq!(web.routes[1].options.timeout_ms, Some(5000));
}

#[test]
fn the_order_of_files_and_lines_changes_nothing() {
    let parts = [
        "gateway edge { http 80 }\n",
        "issuer corp { url \"https://id.example.com\" }\n",
        "policy member = token from corp\n",
        "app a port 80 { hosts a.example.com\n GET /x require member\n POST /x require member }\n",
        "app b port 80 { hosts b.example.com\n use health }\n",
        "routes health { GET /healthz public }\n",
    ];
    let shape = |order: &[usize]| {
        let files: Vec<(String, String)> =
            order.iter().enumerate().map(|(i, &part)| (format!("{i}.mesh"), parts[part].to_string())).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let (_, analysis) = analyze_files(&files, None, &Attachments::empty());
        assert_eq!(analysis.diagnostics, []);
        let app = |app: &meshc::ir::App| {
            let routes: Vec<_> = app.routes.iter().map(|r| format!("{} {}", r.methods, r.path)).collect();
            format!("{} {routes:?}", app.qualified_name())
        };
        analysis.program.apps.iter().map(app).collect::<Vec<_>>()
    };
    assert_eq!(shape(&[0, 1, 2, 3, 4, 5]), shape(&[5, 4, 3, 2, 1, 0]));
    assert_eq!(shape(&[3, 0, 5, 1, 4, 2]), shape(&[0, 1, 2, 3, 4, 5]));
}

#[test]
fn unknown_names_are_told_with_the_nearest_and_silence_what_follows() {
    let text = with_app("via egde\n issuers crop\n use helth\n GET /x require membr\n GET /y public { to shpo 10% }");
    expect(&text, &["E0201 egde", "E0201 crop", "E0201 helth", "E0201 membr", "E0201 shpo"]);
    let (_, analysis) = analyze_files(&[("a.mesh", &text)], None, &Attachments::empty());
    // Named, not written: which one was meant is guessed.
    assert!(analysis.diagnostics.iter().all(|d| d.fix.is_none()));
    let near =
        |d: &Diagnostic| d.help.as_deref().and_then(|help| help.strip_prefix("did you mean ")).map(str::to_string);
    let near: Vec<_> = analysis.diagnostics.iter().map(near).collect();
    let named = |name: &str| Some(format!("`{name}`"));
    assert_eq!(near, [named("edge"), named("corp"), None, None, named("shop")]);
}

#[test]
fn a_name_is_declared_once_for_its_kind_and_an_app_for_its_namespace() {
    expect(
        &format!(
            "{BASE}{BASE}policy p = token from corp\npolicy p = token from corp\napp a port 80 {{ GET / require p }}\napp a in x port 80 {{ GET / require p }}\napp a in default port 80 {{ GET / public }}"
        ),
        &["E0202 edge", "E0202 corp", "E0202 p", "E0202 a"],
    );
    expect("app A port 80 { GET / public }", &["E0305 A"]);
}

#[test]
fn a_line_stands_once_in_its_block_and_a_value_once_in_its_line() {
    expect(
        "issuer corp { url \"https://a.example.com\"\n url \"https://b.example.com\"\n jwks \"https://a.example.com/k\"\n jwks file \"k\"\n forward\n forward }",
        &["E0203 url \"https://b.example.com\"", "E0203 jwks file \"k\"", "E0203 forward"],
    );
    expect(
        "gateway edge { http 80\n https 80 tls \"s\"\n http 81\n hosts *.a.com *.b.com *.a.com }",
        &["E0203 80", "E0203 *.a.com"],
    );
    expect(&with_app("hosts a.example.com"), &["E0203 hosts a.example.com"]);
    expect(&with_app("select app=x app=y"), &["E0203 app=y"]);
    expect(&with_app("GET GET /x public"), &["E0203 GET"]);
    expect(&with_app("GET /x public { timeout 1s\n timeout 2s }"), &["E0203 timeout 2s"]);
    expect(&with_app("GET /x require token from corp and claim a in [\"x\", \"y\", \"x\"]"), &["E0203 \"x\""]);
    expect(&with_app("cors { origins \"https://a.com\" \"https://a.com\" }"), &["E0203 \"https://a.com\""]);
}

#[test]
fn what_must_be_there_is_asked_for() {
    expect("issuer corp { forward }", &["E0204 corp"]);
    expect("gateway edge { hosts *.example.com }", &["E0204 edge"]);
    expect("app shop { GET / public }", &["E0204 shop"]);
    expect(&format!("{BASE}app shop port 80 {{ via edge\n GET / public }}"), &["E0204 via edge"]);
    expect(&with_app("cors { credentials }"), &["E0204 cors"]);
}

#[test]
fn cycles_of_policies_and_bundles_are_told_once() {
    let text =
        format!("{BASE}policy a = b\npolicy b = c and token from corp\npolicy c = a\npolicy d = a\npolicy e = e\n");
    expect(&format!("{text}app shop port 80 {{ GET / require d\n GET /e require e }}"), &["E0205 b", "E0205 e"]);
    let (_, analysis) = analyze_files(&[("a.mesh", &text)], None, &Attachments::empty());
    assert_eq!(analysis.diagnostics[0].message, "policy `a` is defined by itself: `a` → `b` → `c` → `a`");
    expect("routes a { use b }\nroutes b { use a\n GET / public }\napp shop port 80 { use a }", &["E0205 b"]);
}

#[test]
fn chains_of_policies_and_their_size_are_bounded() {
    use std::fmt::Write as _;
    let mut chain = "issuer corp { url \"https://a.example.com\" }\npolicy p0 = token from corp\n".to_string();
    for i in 1..5000 {
        writeln!(chain, "policy p{i} = p{}", i - 1).unwrap();
    }
    expect(&chain, &["E0506 p64"]);
    let mut doubled = "issuer corp { url \"https://a.example.com\" }\npolicy p0 = token from corp\n".to_string();
    for i in 1..60 {
        writeln!(doubled, "policy p{i} = p{0} and p{0}", i - 1).unwrap();
    }
    expect(&doubled, &["E0506 p8 and p8"]);
}

#[test]
fn a_reference_to_an_app_says_which_one() {
    let apps = "app a in x port 80 { GET / public }\napp a in y port 80 { GET / public }\n";
    let app = |to: &str| format!("{apps}app b port 80 {{ GET / public {{ to {to} 10% }} }}");
    expect(&app("a"), &["E0206 a"]);
    expect(&app("z/a"), &["E0201 z"]);
    expect(&app("y/a"), &[]);
}

#[test]
fn an_app_with_hosts_needs_a_gateway() {
    expect("app shop port 80 { hosts a.example.com\n GET / public }", &["E0207 shop"]);
    let two = "gateway a { http 80 }\ngateway b { select istio=b\n http 80 }\n";
    expect(&format!("{two}app shop port 80 {{ hosts a.example.com\n GET / public }}"), &["E0207 shop"]);
    expect(&format!("{two}app shop port 80 {{ hosts a.example.com\n via a b\n GET / public }}"), &[]);
}

#[test]
fn environments_define_the_same_names_with_the_same_types() {
    let text = format!(
        "env dev {{ domain dev.example.com\n idp \"x\"\n wait 5s }}\nenv prod {{ domain \"example.com\"\n wait 5s }}\n{BASE}app shop port 80 {{ hosts shop.${{domain}}\n GET / require token {{ timeout ${{wait}} }}\n GET /x require subject is \"${{idp}}-${{wait}}\" }}"
    );
    let expected = ["E0209 prod", "E0210 \"example.com\""];
    assert_eq!(told(&text, Some("dev")), expected);
    assert_eq!(told(&text, Some("prod")), expected);
}

#[test]
fn values_of_the_environment_are_filled_in_and_their_faults_point_to_both_places() {
    let text = format!(
        "env dev {{ domain DEV.example.com\n idp \"x\"\n other y }}\n{BASE}app shop port 80 {{ hosts shop.${{domain}} ${{idp}}.com\n GET /${{nope}} require token }}"
    );
    assert_eq!(told(&text, Some("dev")), ["E0301 shop.${domain}", "E0210 idp", "E0201 nope"]);
    let (sources, analysis) = analyze_files(&[("a.mesh", &text)], Some("dev"), &Attachments::empty());
    let host = &analysis.diagnostics[0];
    assert_eq!(host.message, "host `shop.DEV.example.com` is not in lower case");
    assert_eq!(sources.text(host.secondary[0].span), "DEV.example.com");
    assert_eq!(host.fix, None, "the text that would be replaced is not what is wrong");
    expect(&with_app("GET /${x} public"), &["E0201 x"]);
    let sound = format!("env dev {{ unused y\n x z }}\n{}", with_app("GET /${x} public"));
    assert_eq!(told(&sound, Some("dev")), ["W0805 unused"]);
}

#[test]
fn each_kind_of_value_is_checked_where_it_stands() {
    let table: [(&str, &[&str]); 20] = [
        ("GET /a//b public", &["E0302 /a//b"]),
        ("GET /x public { timeout 5 }", &["E0304 5"]),
        ("GET /x public { retries 101 }", &["E0309 101"]),
        ("GET /x redirect /y 304", &["E0309 304"]),
        ("GET /x redirect /y/**", &["E0302 /y/**"]),
        ("GET /x redirect \"ftp://a.com\"", &["E0306 \"ftp://a.com\""]),
        ("GET /x redirect https://a.com/", &["E0302 https://a.com/"]),
        ("service My_App", &["E0305 My_App"]),
        ("select app", &["E0305 app"]),
        ("protocol grpc", &["E0312 grpc"]),
        ("CONNECT /x public", &["E0308 CONNECT"]),
        ("ANY GET /x public", &["E0308 ANY"]),
        ("cors { origins \"https://a.com/\" }", &["E0306 \"https://a.com/\""]),
        ("cors { origins \"*\"\n credentials }", &["E0306 \"*\""]),
        ("cors { origins \"*\"\n headers x:y }", &["E0307 x:y"]),
        ("cors { origins \"*\"\n max-age 1500ms }", &["E0304 1500ms"]),
        ("cors { origins \"*\"\n methods ANY }", &["E0308 ANY"]),
        ("GET /x require token from corp and subject is \"*\"", &["E0311 \"*\""]),
        ("GET /x require token from corp and claim \"a[b]\" is \"x\"", &["E0311 \"a[b]\""]),
        ("GET /x require token from corp and claim a is b", &["E0101 b"]),
    ];
    for (line, expected) in table {
        expect(&with_app(line), expected);
    }
    expect("gateway edge { http 0 }", &["E0303 0"]);
    expect("gateway edge { https 443 tls \"A_B\" }", &["E0305 \"A_B\""]);
    expect("app shop in X port 70000 { GET \"/x\" public }", &["E0305 X", "E0303 70000", "E0101 \"/x\""]);
}

#[test]
fn issuers_are_checked() {
    let issuer = |lines: &str| format!("issuer corp {{ {lines} }}");
    expect(&issuer("url \"corp\""), &["E0306 \"corp\""]);
    expect(&issuer("url \"*.corp\"\n jwks \"https://a.com/k\""), &["E0311 \"*.corp\""]);
    expect(&issuer("url \"\"\n jwks \"https://a.com/k\""), &["E0306 \"\""]);
    expect(&issuer("url \"x\"\n jwks \"https://u@a.com/k\""), &["E0306 \"https://u@a.com/k\""]);
    expect(&issuer("url \"x\"\n jwks \"https://a.com/k\"\n token header \"host\""), &["E0307 \"host\""]);
    expect(&issuer("url \"x\"\n jwks \"https://a.com/k\"\n token cookie \"a b\""), &["E0307 \"a b\""]);
    expect(&issuer("url \"https://a.com\"\n claims { a: strng\n b: list\n b: list }"), &["E0312 strng", "E0203 b"]);
    expect(&issuer("url \"corp\"\n jwks \"http://a.com/k\""), &["W0801 corp", "W0808 \"http://a.com/k\""]);
    expect("issuer a { url \"https://x.com\" }\nissuer b { url \"https://x.com\" }", &["E0507 url \"https://x.com\""]);
}

#[test]
fn key_files_are_read_from_what_was_handed_over() {
    let text = "env dev { keys \"dev\" }\nissuer corp { url \"corp\"\n jwks file \"${keys}.json\" }\napp a port 80 { GET / require token }";
    let sources = SourceMap::single("dir/a.mesh", text);
    let (id, file) = sources.iter().next().unwrap();
    let trees = [syntax::parse(id, file.text()).file];
    assert_eq!(analyze::attachments(&sources, &trees), [("dir/a.mesh".to_string(), "dev.json".to_string())]);
    assert_eq!(analyze::environments(&trees).iter().map(|e| e.value.as_str()).collect::<Vec<_>>(), ["dev"]);

    let run = |found: Option<Result<String, String>>| {
        let mut attachments = Attachments::empty();
        if let Some(found) = found {
            attachments.insert("dir/a.mesh", "dev.json", found);
        }
        analyze::analyze(&sources, &trees, Some("dev"), &attachments)
    };
    let good = run(Some(Ok("{ \"keys\": [ { \"kty\": \"RSA\" } ] }".to_string())));
    assert_eq!(good.diagnostics, []);
    assert_eq!(good.program.issuers[0].keys, Keys::Inline("{\"keys\":[{\"kty\":\"RSA\"}]}".to_string()));
    let labels = [
        (None, "it was not read"),
        (Some(Err("no such file".to_string())), "no such file"),
        (Some(Ok("{".to_string())), "not JSON at line 1, column 1"),
        (Some(Ok("{\"keys\":[{\"kty\":\"oct\",\"k\":\"SECRET\"}]}".to_string())), "key 1 is a symmetric key"),
    ];
    for (found, label) in labels {
        let diagnostics = run(found).diagnostics;
        let told: Vec<_> = diagnostics.iter().map(|d| (d.code.id(), d.primary.message.as_str())).collect();
        assert_eq!(told, [("E0310", label)]);
        assert!(!format!("{diagnostics:?}").contains("SECRET"));
    }
}

#[test]
fn claims_are_held_against_what_the_issuer_declares() {
    let issuers = "
        issuer corp { url \"https://a.example.com\"\n claims { groups: list\n email: string\n admin: boolean\n realm.roles: list } }
        issuer open { url \"https://b.example.com\" }
        policy staff = claim gropus has \"staff\"
        policy member = token from corp
    ";
    let app = |requirement: &str| {
        format!(
            "{issuers}app a port 80 {{ GET / require {requirement}\n GET /s require staff and token from open\n GET /m require member }}"
        )
    };
    let table: [(&str, &[&str]); 11] = [
        ("token from corp and claim gropus has \"x\"", &["E0503 gropus"]),
        ("member and claim groups is \"x\"", &["E0504 is"]),
        ("member and claim email has \"x\"", &["E0504 has"]),
        ("member and (claim email in [\"x\"] or claim groups in [\"x\"])", &[]),
        ("member and claim admin is \"true\"", &["E0705 admin"]),
        ("member and claim realm.roles has \"x\"", &[]),
        ("member and claim roles has \"x\"", &["E0503 roles"]),
        ("member and scope has \"x\" and subject is \"x\" and audience has \"x\"", &[]),
        ("token from open and claim gropus has \"x\"", &[]),
        ("(token from corp or token from open) and claim gropus has \"x\"", &[]),
        ("member and not claim gropus has \"x\"", &["E0503 gropus"]),
    ];
    for (requirement, expected) in table {
        expect(&app(requirement), expected);
    }
    // A policy that does not say whose claim it is: told where it is used with an issuer that lacks it.
    let told = told(&app("member and staff"), None);
    assert_eq!(told, ["E0503 gropus"]);
    let listed = issuers
        .replace("policy staff", "app b port 80 { issuers corp\n GET / require claim nope has \"x\" }\npolicy staff");
    expect(&format!("{listed}app a port 80 {{ GET / require member and token from open or staff }}"), &["E0503 nope"]);
}

#[test]
fn host_blocks_are_for_hosts_of_the_app() {
    expect(&with_app("host shpo.example.com { GET /x public }"), &["E0404 shpo.example.com"]);
    expect(&with_app("host shop.example.com { GET /x public }"), &[]);
    let wild = format!(
        "{BASE}app shop port 80 {{ hosts *.example.com\n GET / require token\n host a.example.com {{ GET /x public }} }}"
    );
    expect(&wild, &[]);
}

#[test]
fn bundles_are_copied_once_however_often_they_are_reached() {
    let program = program(
        "gateway edge { http 80 }
        routes health { GET /healthz public }
        routes ops { use health\n GET /metrics deny }
        app shop port 80 { hosts a.example.com b.example.com\n use ops health\n host b.example.com { use health } }",
    );
    let shown: Vec<_> = program.apps[0].routes.iter().map(|r| (r.path.to_string(), r.hosts.is_some())).collect();
    assert_eq!(
        shown,
        [("/healthz".to_string(), false), ("/metrics".to_string(), false), ("/healthz".to_string(), true)]
    );
    expect(
        &with_app("use health health").replace("app shop", "routes health { GET /h public }\napp shop"),
        &["E0203 health"],
    );
}

#[test]
fn options_fit_their_route() {
    expect(&with_app("GET /x deny { timeout 5s }"), &["E0409 timeout 5s"]);
    expect(&with_app("GET /x redirect /y { retries 1 }"), &["E0409 retries 1"]);
    let table: [(&str, &str, bool); 8] = [
        ("/v1/**", "/v2/**", true),
        ("/v1/**", "/v2", true),
        ("/v1", "/v2", true),
        ("/v1/*", "/v2", true),
        ("/v1/**", "/v2/*", false),
        ("/v1", "/v2/**", false),
        ("/v1/*", "/v2/**", false),
        ("/*/v1/**", "/v2/**", false),
    ];
    for (path, target, good) in table {
        let text = with_app(&format!("GET {path} public {{ rewrite {target} }}"));
        let wrong = format!("E0406 {target}");
        expect(
            &text,
            if good { &[] } else { std::slice::from_ref(&wrong) }
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice(),
        );
    }
}

#[test]
fn shares_are_at_most_a_hundred_and_never_to_the_app_itself() {
    let apps = "app a port 80 { GET / public }\napp b port 80 { GET / public }\n";
    let app = |to: &str| format!("{apps}app shop port 80 {{ GET /x public {{ {to} }} }}");
    expect(&app("to a 50%\n to b 50%"), &[]);
    expect(&app("to a 50%\n to b 51%"), &["E0407 to b 51%"]);
    expect(&app("to a 50%\n to a 10%"), &["E0407 a"]);
    expect(&app("to shop 50%"), &["E0407 to shop 50%"]);
    expect(&app("to a 0%"), &["E0309 0"]);
}

#[test]
fn gateways_let_in_what_they_list_and_do_not_clash() {
    let app = |gateways: &str, lines: &str| format!("{gateways}\napp shop port 80 {{ {lines}\n GET / public }}");
    expect(
        &app("gateway edge { http 80\n hosts *.a.com }", "hosts x.a.com a.com b.com"),
        &["E0601 a.com", "E0601 b.com"],
    );
    expect("gateway edge { http 80\n redirect http to https }", &["E0603 redirect http to https"]);
    let two = "gateway a { http 80 }\ngateway b { http 80 }";
    let clash = ["E0602 http 80"];
    expect(&app(two, "hosts x.com\n via a b"), &clash);
    let second = "app other port 80 { hosts *.com\n via b\n GET /o public }";
    expect(&format!("{}\n{second}", app(two, "hosts x.com\n via a")), &clash);
    expect(&format!("{}\n{}", app(two, "hosts x.org\n via a"), second), &[]);
    let other_pods = "gateway a { http 80 }\ngateway b { select istio=b\n http 80 }";
    expect(&app(other_pods, "hosts x.com\n via a b"), &[]);
    let protocols = "gateway a { http 80 }\ngateway b { https 80 tls \"s\" }";
    expect(&app(protocols, "hosts x.com\n via a"), &["E0602 https 80 tls \"s\""]);
}

#[test]
fn apps_of_a_namespace_have_pods_of_their_own() {
    let app = |name: &str, select: &str| format!("app {name} port 80 {{ {select}\n GET / public }}\n");
    let many: String = (0..40).map(|i| app(&format!("a{i}"), "")).collect();
    expect(&many, &[]);
    expect(&format!("{many}{}", app("b", "select app=a7")), &["E0604 app b port 80"]);
    expect(&format!("{many}{}", app("b", "select tier=x")), &["E0604 app b port 80"]);
    expect(&format!("{many}{}", app("b in other", "select app=a7")), &[]);
    let tiers: String = (0..40).map(|i| app(&format!("t{i}"), &format!("select app=x tier=t{i}"))).collect();
    expect(&format!("{many}{tiers}"), &[]);
    expect(&format!("{many}{tiers}{}", app("u", "select app=x tier=t9 more=y")), &["E0604 app u port 80"]);
}

#[test]
fn what_nothing_uses_and_what_is_open_inside_guards_is_warned_of() {
    expect(
        "issuer corp { url \"https://a.com\" }\npolicy p = token from corp\nroutes r { GET / public }\ngateway edge { http 80 }\napp a port 80 { GET / public }",
        &["W0802 p", "W0803 r", "W0804 edge"],
    );
    expect(
        "issuer a { url \"https://a.com\" }\nissuer b { url \"https://b.com\" }\napp x port 80 { issuers a\n GET / require token }",
        &["W0801 b"],
    );
    let table: [(&str, &[&str]); 6] = [
        ("ANY /admin/** require token\n GET /admin/x public", &["W0806 GET /admin/x"]),
        ("ANY /admin/** require token\n GET /admin/** public", &[]),
        ("ANY /** require token\n GET /x public", &[]),
        ("ANY /admin require token\n GET /admin/x public", &[]),
        ("ANY /u/*/** require token\n GET /u/x/y public", &["W0806 GET /u/x/y"]),
        ("ANY /*/** require token\n GET /x public", &[]),
    ];
    for (lines, expected) in table {
        expect(&with_app(lines), expected);
    }
}

#[test]
fn invariants_are_looked_up_and_kept() {
    let text = with_app("")
        + "\ntest \"t\" { GET shop.example.com/ with crop => shpo }\nnever public reaches shop\nalways shop requires nobody";
    expect(&text, &["E0201 crop", "E0201 shpo", "W0807 never", "W0807 always", "E0201 nobody"]);
}

/// A program with one case.
fn with_case(case: &str) -> String {
    format!(
        "{BASE}issuer typed {{ url \"https://typed.example.com\"\n audience \"b\" \"a\"\n claims {{ groups: list\n role: string\n \
         level: number\n vip: boolean\n a.b: string }} }}\napp shop port 80 {{ hosts shop.example.com\n issuers corp typed\n \
         GET / require token }}\ntest \"t\" {{ {case} }}"
    )
}

#[test]
fn cases_become_requests_with_tokens() {
    let text = with_case(
        "GET https://Shop.example.com:444/x?q with typed { groups [\"a\", \"b\"]  level 7  vip true  a.b \"c\"  scope \"r\" } => shop\n \
         POST shop.example.com with typed audience \"x\" without subject expired => 401\n \
         GET shop.example.com/ with corp signed by nobody { sub \"ann\"  any.claim \"x\" } => refused\n \
         GET other.example.com/ with garbage => not found\n GET shop.example.com/ => redirect",
    );
    let block = &program(&text).tests[0];
    let case = |i: usize| &block.cases[i];
    let token = |i: usize| match &case(i).credential {
        Some(TestCredential::Token(token)) => token.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((block.name.value.as_str(), block.cases.len()), ("t", 5));
    assert_eq!(case(0).address.to_string(), "https://Shop.example.com:444/x?q");
    let claims =
        r#"{"sub":"test-subject","aud":"a","groups":["a","b"],"level":7,"vip":true,"a":{"b":"c"},"scope":"r"}"#;
    assert_eq!(serde_json::to_string(&token(0).claims).unwrap(), claims);
    assert_eq!(serde_json::to_string(&token(1).claims).unwrap(), r#"{"aud":"x"}"#);
    assert!(token(1).expired && !token(1).forged && token(2).forged);
    assert_eq!(serde_json::to_string(&token(2).claims).unwrap(), r#"{"sub":"ann","any":{"claim":"x"}}"#);
    assert_eq!(case(3).credential, Some(TestCredential::Garbage));
    assert_eq!(case(4).credential, None);
    let expected: Vec<Expected> = block.cases.iter().map(|c| c.expected.value).collect();
    let app = meshc::ir::AppId(0);
    assert_eq!(
        expected,
        [Expected::App(app), Expected::Status(401), Expected::Refused, Expected::NotFound, Expected::Redirect]
    );
}

#[test]
fn what_is_wrong_with_a_case_is_told_at_its_place() {
    let table = [
        ("get shop.example.com/ => shop", "E0308 get"),
        ("ANY shop.example.com/ => shop", "E0308 ANY"),
        ("GET /x => shop", "E0301 /x"),
        ("GET *.example.com/x => shop", "E0301 *.example.com/x"),
        ("GET ftp://shop.example.com/x => shop", "E0301 ftp://shop.example.com/x"),
        ("GET shop.example.com:99999/x => shop", "E0303 shop.example.com:99999/x"),
        ("GET shop.example.com/x/** => shop", "E0302 shop.example.com/x/**"),
        ("GET \"shop.example.com/a b\" => shop", "E0302 \"shop.example.com/a b\""),
        ("GET shop.example.com/ => 99", "E0309 99"),
        ("GET shop.example.com/ => shpo", "E0201 shpo"),
        ("GET shop.example.com/ => team/shop", "E0201 team"),
        ("GET shop.example.com/ with crop => shop", "E0201 crop"),
        ("GET shop.example.com/ with corp expired expired => shop", "E0203 expired"),
        ("GET shop.example.com/ with typed { grups [\"a\"] } => shop", "E0503 grups"),
        ("GET shop.example.com/ with typed { groups \"a\" } => shop", "E0504 \"a\""),
        ("GET shop.example.com/ with typed { role [\"a\"] } => shop", "E0504 [\"a\"]"),
        ("GET shop.example.com/ with typed { level true } => shop", "E0504 true"),
        ("GET shop.example.com/ with typed { vip 1 } => shop", "E0504 1"),
        ("GET shop.example.com/ with corp { a yes } => shop", "E0312 yes"),
        ("GET shop.example.com/ with corp { a \"x\"  a \"y\" } => shop", "E0203 a"),
        ("GET shop.example.com/ with corp { a.b \"x\"  a \"y\" } => shop", "E0203 a"),
        ("GET shop.example.com/ with corp { aud \"x\" } => shop", "E0902 aud"),
        ("GET shop.example.com/ with corp { exp 1 } => shop", "E0902 exp"),
        ("GET shop.example.com/ with corp { iss \"x\" } => shop", "E0902 iss"),
        ("GET shop.example.com/ with corp without subject { sub \"x\" } => shop", "E0902 sub"),
        ("GET shop.example.com/${x} => shop", "E0201 x"),
    ];
    for (case, wanted) in table {
        expect(&with_case(case), &[wanted]);
    }
    let both = with_case("PSOT shop.example.com/ with typed { grups [\"a\"] } => shpo");
    expect(&both, &["E0308 PSOT", "E0503 grups", "E0201 shpo"]);
    let two =
        with_case("GET shop.example.com/ => shop").replace("test \"t\"", "app shop in team port 80 { }\ntest \"t\"");
    expect(&two, &["E0206 shop"]);
}

#[test]
#[ignore = "a measurement, not a test: cargo test --release --test analyze speed -- --ignored --nocapture"]
fn speed() {
    use std::fmt::Write as _;
    let mut text =
        format!("{BASE}policy member = token from corp\npolicy admin = member and claim groups has \"admins\"\n");
    for i in 0..10_000 {
        write!(
            text,
            "app app-{i} in ns-{} port 8080 {{\n  hosts app-{i}.example.com\n  GET /healthz public\n  GET POST /v{i}/orders/** require member\n  \
             DELETE /v{i}/orders/* require admin or claim groups has \"ops\"\n  ANY /internal/** deny\n  GET /old redirect /new 301\n}}\n",
            i % 3
        )
        .unwrap();
    }
    let sources = SourceMap::single("a.mesh", text);
    let (id, file) = sources.iter().next().unwrap();
    let trees = [syntax::parse(id, file.text()).file];
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let analysis = analyze::analyze(&sources, &trees, None, &Attachments::empty());
        println!("{:?}", start.elapsed());
        assert_eq!(analysis.diagnostics, []);
        assert_eq!(analysis.program.apps.len(), 10_000);
    }
}
