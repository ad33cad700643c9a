//! The parser, from outside: all constructs, all kinds of errors, all comments.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use meshc::source::SourceMap;
use meshc::syntax::ast::{Item, Requirement};
use meshc::syntax::{self, MAX_NESTING, Parse};
use support::{ALL, id};

fn parse(text: &str) -> Parse {
    syntax::parse(id(), text)
}

/// Line, code and text of every diagnostic.
fn errors(text: &str) -> Vec<String> {
    let map = SourceMap::single("a.mesh", text);
    let (id, file) = map.iter().next().unwrap();
    let show = |d: &meshc::diagnostic::Diagnostic| {
        let line = file.position(d.primary.span.start).line;
        format!("{line} {} `{}`", d.code, map.text(d.primary.span))
    };
    syntax::parse(id, text).errors.iter().map(show).collect()
}

/// The only message about a text.
fn message(text: &str) -> String {
    let parse = parse(text);
    assert_eq!(parse.errors.len(), 1, "{:?}", parse.errors);
    parse.errors[0].message.clone()
}

#[test]
fn every_construct_is_read() {
    let parse = parse(ALL);
    assert_eq!(parse.errors, []);
    assert!(!parse.file.items.iter().any(|item| item.value == Item::Error));
    assert_eq!(parse.file.items.len(), 23);
}

#[test]
fn requirements_bind_as_they_should() {
    let parse = parse("policy a = b or not c and d\n");
    let Item::Policy(policy) = &parse.file.items[0].value else { panic!() };
    let Requirement::Or(parts) = &policy.requirement.value else { panic!() };
    assert!(matches!(parts[0].value, Requirement::Policy(_)));
    let Requirement::And(parts) = &parts[1].value else { panic!() };
    assert!(matches!(parts[0].value, Requirement::Not(_)));
}

#[test]
fn every_error_of_a_file_is_told_at_its_place() {
    let text = "\
app shop in default port 8080 {
  hots shop.example.com
  via edge.x
  GET /healthz
  GET /a require claim groups haz \"admins\"
  GET /b require (member or
  GET /c require member {
    timeuot 5s
    retries
  }
  GET /ok public
}
ap second { hosts a }
policy x = a and
app third port 8080 in x in y { hosts third }
";
    let expected = [
        "2 E0102 `hots`",
        "3 E0101 `edge.x`",
        "4 E0105 `GET /healthz`",
        "5 E0101 `haz`",
        "6 E0101 `r`",
        "8 E0102 `timeuot`",
        "9 E0101 `s`",
        "13 E0102 `ap`",
        "14 E0101 `d`",
        "15 E0101 `in`",
    ];
    assert_eq!(errors(text), expected);
    // What is right stays a tree: the app with its good route, and the last one with its name.
    let parse = parse(text);
    let Item::App(app) = &parse.file.items[0].value else { panic!() };
    assert_eq!(app.body.lines.len(), 7);
    assert!(matches!(&parse.file.items[3].value, Item::App(app) if app.name.text == "third"));
}

#[test]
fn messages_say_what_was_expected() {
    assert_eq!(message("app a { GET /x pubic }"), "expected `public`, `deny`, `redirect` or `require`, found `pubic`");
    assert_eq!(message("policy a = b adn c"), "expected `and`, `or` or the end of the line, found `adn`");
    assert_eq!(message("app a prot 80 {}"), "expected `in` or `port`, found `prot`");
    assert_eq!(message("app a in b port 1 in c {}"), "expected `{`, found `in`");
    assert_eq!(message("policy = a"), "expected a name, found `=`");
    assert_eq!(message("app a {\n  GET /x { timeout 5s }\n}"), "the route does not say who may use it");
    assert_eq!(message("test \"x\" { GET a/b = c }"), "expected `with` or `=>`, found `=`");
}

#[test]
fn a_missing_access_clause_is_never_mended_by_itself() {
    let parse = parse("app a {\n  GET /x\n}\n");
    assert_eq!(parse.errors[0].help.as_deref(), Some("say who may: `public`, `require …`, `deny` or `redirect …`"));
    assert_eq!(parse.errors[0].fix, None);
}

#[test]
fn an_unknown_word_comes_with_the_nearest() {
    let parse = parse("gateway a {\n  htpp 1\n}\n");
    assert_eq!(parse.errors[0].help.as_deref(), Some("did you mean `http`"));
    assert_eq!(parse.errors[0].fix, None, "`htpps` is as near to `http` as to `https`");
}

#[test]
fn a_missing_brace_does_not_swallow_the_next_declaration() {
    let text = "app a {\n  hosts x\n  host y {\n    GET /x public\n}\n\napp b {\n  hosts z\n}\n";
    let parse = parse(text);
    assert_eq!(errors(text), ["4 E0103 `c`"]);
    assert_eq!(parse.errors[0].secondary[0].span.range(), text.find("{\n    GET").map(|at| at..at + 1).unwrap());
    assert!(matches!(&parse.file.items[1].value, Item::App(app) if app.name.text == "b"));
    assert_eq!(errors("app a {\n  hosts x\napp b {\n}\n"), ["2 E0103 `x`"]);
}

#[test]
fn a_brace_too_many_is_one_error() {
    assert_eq!(errors("app a {\n  hosts x\n  }\n  via edge\n  GET /x public\n}\napp b {}\n"), ["6 E0101 `}`"]);
    assert_eq!(errors("app a {} }\napp b {}\n"), ["1 E0101 `}`"]);
}

#[test]
fn strings_and_characters_are_told_once() {
    assert_eq!(errors("app a {\n  hosts \"x\n  via b\n}\n"), ["2 E0104 `\"x`"]);
    assert_eq!(errors("app a { hosts \"a\\q\" }"), ["1 E0108 `\\q`"]);
    assert_eq!(errors("app a { hosts x\u{feff}y \"\u{2028}\" }"), ["1 E0108 `\u{feff}`", "1 E0108 `\u{2028}`"]);
    assert_eq!(errors("app a { hosts \"\u{e000}\\u{e001}\u{f8ff}\" }"), [""; 0]);
    assert_eq!(errors("app a { hosts ${x \n}"), ["1 E0101 `${x`"]);
    assert_eq!(errors("app a {\u{a0}hosts x }"), ["1 E0108 `\u{a0}`"]);
}

#[test]
fn deep_nesting_is_told_and_not_read() {
    let nested = |depth| format!("policy a = {}b{}\napp b {{}}\n", "(".repeat(depth), ")".repeat(depth));
    assert!(errors(&nested(MAX_NESTING)).is_empty());
    assert_eq!(errors(&nested(MAX_NESTING + 1)), ["1 E0106 `(`"]);
    assert_eq!(errors(&format!("policy a = {}b", "not ".repeat(MAX_NESTING + 1))), ["1 E0106 `not`"]);
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let text = " ".repeat(meshc::source::MAX_FILE_BYTES + 1);
    assert_eq!(parse(&text).errors[0].code, meshc::diagnostic::codes::FILE_TOO_LARGE);
}

#[test]
fn line_ends_of_both_kinds_and_tabs_are_read() {
    let text = "app a {\r\n\thosts x y # c\r\n\tGET\t/x\tpublic\r\n}\r\n";
    let parse = parse(text);
    assert_eq!(parse.errors, []);
    assert_eq!(parse.file.comments[0].text, "# c");
}

#[test]
fn comments_are_kept_also_where_nothing_else_is() {
    let text = "# 1\napp a { # 2\n  oops # 3\n  GET /x require ( # 4\n  b # 5\n  ) # 6\n  hosts \"# no\" # 7\n}} # 8\nwhat # 9\n# 10";
    let parse = parse(text);
    let comments: Vec<_> = parse.file.comments.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(comments, ["# 1", "# 2", "# 3", "# 4", "# 5", "# 6", "# 7", "# 8", "# 9", "# 10"]);
    assert!(parse.file.comments.iter().all(|c| text.get(c.span.range()) == Some(c.text.as_str())));
}

#[test]
#[ignore = "a measurement, not a test: cargo test --release --test syntax speed -- --ignored --nocapture"]
fn speed() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for i in 0..10_000 {
        write!(
            text,
            "app app-{i} in shop port 8080 {{\n  hosts app-{i}.example.com\n  via edge\n\n  GET /healthz public\n  \
             GET POST /v{i}/orders/** require member\n  DELETE /v{i}/orders/* require admin or claim groups has \"ops\"\n  \
             ANY /internal/** deny\n  GET /old redirect /new 301\n}}\n\n"
        )
        .unwrap();
    }
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let parse = parse(&text);
        let time = start.elapsed();
        #[allow(clippy::cast_precision_loss)]
        let rate = text.len() as f64 / 1e6 / time.as_secs_f64();
        assert_eq!((parse.errors.len(), parse.file.items.len()), (0, 10_000));
        println!("{} bytes in {time:?}: {rate:.1} MB/s", text.len());
    }
}
