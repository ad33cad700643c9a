//! The formatter, from outside: its style, and its laws on programs made at random.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use meshc::format::{FormatError, format};
use meshc::syntax;
use proptest::prelude::*;
use support::{ALL, generate, id};

fn formatted(text: &str) -> String {
    let parse = syntax::parse(id(), text);
    assert_eq!(parse.errors, [], "{text}");
    format(text, &parse).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_program_with_every_construct_keeps_its_laws() {
    insta::assert_snapshot!(formatted(ALL));
}

#[test]
fn a_program_in_the_style_stays_as_it_is() {
    let text = "\
# access.mesh

issuer corp {
  url   \"https://your-issuer.example.com\"
  jwks  \"https://your-issuer.example.com/.well-known/jwks.json\"
}

policy member = token from corp
policy admin  = member and claim groups has \"admins\"

gateway edge {
  http 80
}

app my-app in default port 8080 {
  hosts dev.example.com test.example.com
  via   edge

  GET       /healthz   public
  GET POST  /**        require member
  GET POST  /admin/**  require admin
}

test \"roles on admin\" {
  GET   dev.example.com/healthz                                   => my-app
  GET   dev.example.com/orders                                    => refused
  GET   dev.example.com/orders   with corp                        => my-app
  POST  dev.example.com/admin/x  with corp { groups [\"users\"] }   => refused
  POST  dev.example.com/admin/x  with corp { groups [\"admins\"] }  => my-app
}

never public reaches my-app except GET /healthz
always my-app at /admin/** requires admin
";
    assert_eq!(formatted(text), text);
}

#[test]
fn comments_stay_where_they_are() {
    let text = "# head\n\n\n# of app\napp a { # after the brace\n\n\n  # alone\n  hosts x # behind\n\n\n  # last\n} # end\n# next line\npolicy p = ( # in\n  a # the\n  # middle\n) # out\n# tail";
    let expected = "\
# head

# of app
app a {  # after the brace
  # alone
  hosts x  # behind

  # last
}  # end

# next line
# in
# the
# middle
policy p = (a)  # out
# tail
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn declarations_are_one_blank_line_apart_unless_they_are_lines_of_a_kind() {
    let text = "policy a = b\npolicy c = d\n\n\n\npolicy longer = d\napp a {}\napp b {}\nnever public reaches a\nalways a requires c";
    let expected = "policy a = b\npolicy c = d\n\npolicy longer = d\n\napp a {}\n\napp b {}\n\nnever public reaches a\nalways a requires c\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn columns_end_at_blank_lines_and_comments() {
    let text = "app a {\n hosts x\n via y\n\n via z\n GET POST /a public\n GET /bbb deny\n # c\n GET /x public\n}";
    let expected = "app a {\n  hosts x\n  via   y\n\n  via z\n  GET POST  /a    public\n  GET       /bbb  deny\n  # c\n  GET /x public\n}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn methods_get_their_order_and_lines_their_end() {
    assert_eq!(
        formatted("routes r {\r\n  ANY FOO TRACE POST GET /x deny }"),
        "routes r {\n  GET POST TRACE ANY FOO /x deny\n}\n"
    );
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\u{feff}\n\n# c"), "# c\n");
}

#[test]
fn escapes_are_kept_where_they_are_needed() {
    let text = "policy a = claim \"\\${x}\".b is \"\\u{a0}\\u{e9}\\\\ \\\" $ \\${x} ${y}\"\n";
    assert_eq!(formatted(text), "policy a = claim \"\\${x}\".b is \"\\u{a0}é\\\\ \\\" $ \\${x} ${y}\"\n");
}

#[test]
fn a_file_with_errors_is_left_alone() {
    let text = "app a {\n";
    assert_eq!(format(text, &syntax::parse(id(), text)), Err(FormatError::SyntaxErrors));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// `format` checks its laws itself and gives an error if one is broken; here it must not.
    #[test]
    fn programs_made_at_random_keep_the_laws(seed in any::<u64>()) {
        let text = generate::program(seed);
        let parse = syntax::parse(id(), &text);
        prop_assert_eq!(&parse.errors, &[], "{}", text);
        let once = format(&text, &parse);
        prop_assert!(once.is_ok(), "{:?}\n{}", once, text);
        let once = once.unwrap();
        let parse = syntax::parse(id(), &once);
        prop_assert_eq!(format(&once, &parse), Ok(once.clone()));
        prop_assert!(once.is_empty() || once.ends_with('\n') && !once.contains('\r') && !once.contains(" \n"));
    }
}
