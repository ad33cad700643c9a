//! A fix never makes a program mean something else than the reader of its message expects. What was meant by an unknown
//! name, a mark too many or the wrong one of two words is guessed: then the message says what might be meant, and the user
//! writes it.

use meshc::diagnostic::{Code, Diagnostic, codes};
use meshc::source::SourceMap;

use super::support::ALL;
use super::support::mutate::mutate;
use super::{applied, common, programs};

/// What a fix may do: the code, why nothing is guessed there, and whether one text may be written for another.
type Sure = (Code, &'static str, fn(&str, &str) -> bool);

/// All codes that may have a fix.
const SURE: &[Sure] = &[
    (codes::SYNTAX_ERROR, "quotes are added, taken away or replaced, and the words within stay", |old, new| {
        bare(old) == bare(new) && !bare(new).is_empty()
    }),
    (codes::INVALID_HOST, "a name in upper case, or with the final dot of DNS, is the same name", |old, new| {
        old.to_ascii_lowercase().trim_end_matches('.') == new
    }),
    (
        codes::INVALID_PATH,
        "a path begins with a slash, and `{id}` is one segment wherever paths are written so",
        |old, new| {
            let segments: Vec<&str> =
                old.trim_start_matches('/').split('/').map(|s| if s.starts_with('{') { "*" } else { s }).collect();
            format!("/{}", segments.join("/")) == new || format!("\"{old}\"") == new
        },
    ),
    (codes::INVALID_LABEL, "Kubernetes has no names in upper case", |old, new| old.to_ascii_lowercase() == new),
    (codes::INVALID_URL, "an origin has no final slash, no usual port, and is in lower case", |old, new| {
        let origin = old.to_ascii_lowercase();
        let origin = origin.trim_matches('"').trim_end_matches('/');
        format!("\"{}\"", origin.trim_end_matches(":443").trim_end_matches(":80")) == new
    }),
    (codes::INVALID_METHOD, "methods are in upper case", |old, new| old.to_ascii_uppercase() == new),
    (codes::INVALID_WORD, "gRPC is HTTP/2", |old, new| matches!(old, "grpc" | "h2" | "h2c") && new == "http2"),
    (codes::PORT_NOT_IN_SERVICE, "the one port of the Service that leads to the port that was named", |old, new| {
        old.parse::<u16>().is_ok() && new.parse::<u16>().is_ok()
    }),
];

/// Marks that people use for quotes, opening and closing ones.
const MARKS: &[(&str, &str)] = &[
    ("'", "'"),
    ("`", "`"),
    ("´", "´"),
    ("“", "”"),
    ("”", "”"),
    ("„", "“"),
    ("„", "”"),
    ("‟", "”"),
    ("‘", "’"),
    ("’", "’"),
    ("‚", "‘"),
    ("«", "»"),
    ("»", "«"),
    ("‹", "›"),
    ("›", "‹"),
    ("「", "」"),
    ("『", "』"),
    ("＂", "＂"),
    ("＇", "＇"),
    ("''", "''"),
    ("``", "''"),
    ("“‘", "’”"),
    ("\\\"", "\\\""),
    ("\\'", "\\'"),
    ("\"\"", "\"\""),
    ("&quot;", "&quot;"),
    ("&ldquo;", "&rdquo;"),
    ("&#39;", "&#39;"),
    ("%22", "%22"),
];

/// A text without any mark around it, the longest marks first: `\"` is one.
fn bare(text: &str) -> &str {
    let mut marks: Vec<&str> = MARKS.iter().flat_map(|&(open, close)| [open, close]).chain(["\"", "\\"]).collect();
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
    let mut rest = text;
    loop {
        let before = rest;
        rest = marks.iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest);
        rest = marks.iter().find_map(|mark| rest.strip_suffix(mark)).unwrap_or(rest);
        if rest == before {
            return rest;
        }
    }
}

/// Whether a finding's fix does only what it may; its code, if it has one.
fn sure(name: &str, finding: &Diagnostic, sources: &SourceMap) -> Option<Code> {
    let fix = finding.fix.as_ref()?;
    let what = format!("{name}: {}: {}", finding.code, finding.message);
    assert!(finding.is_error(), "{what}: after the fix of a warning no request may pass that did not before: test it");
    let entry = SURE.iter().find(|(code, ..)| *code == finding.code);
    let Some((code, _, may)) = entry else {
        panic!("{what}: why is nothing guessed here? Add the code to the table, or make the fix a help");
    };
    for edit in &fix.edits {
        let old = sources.text(edit.span);
        assert!(may(old, &edit.text), "{what}: `{old}` becomes `{}`", edit.text);
    }
    Some(*code)
}

#[test]
fn only_what_is_sure_is_a_fix() {
    let mut used = Vec::new();
    for program in programs() {
        let sources = program.sources();
        used.extend(program.findings(&sources).iter().filter_map(|finding| sure(&program.name, finding, &sources)));
    }
    for (code, reason, _) in SURE {
        assert!(used.contains(code), "no program in tests/ui has a fix of {code}: {reason}");
    }
}

#[test]
fn only_what_is_sure_is_a_fix_in_broken_programs_too() {
    let mut count = 0;
    let texts = programs().into_iter().filter(|p| p.files.len() == 1).map(|p| (p.name, p.files[0].1.clone()));
    let texts = texts.chain([("all".to_string(), ALL.to_string())]);
    for (name, text) in texts {
        for seed in 0..12 {
            // Also with other quotes, and with none.
            let marks = ["\"", "'", "", "“", "`"][usize::try_from(seed).unwrap() % 5];
            let broken = mutate(&text.replace('"', marks), seed);
            let sources = SourceMap::new([("access.mesh".to_string(), broken)]);
            let found = common::check(&sources);
            count += found.iter().filter_map(|finding| sure(&name, finding, &sources)).count();
        }
    }
    assert!(count > 500, "only {count} fixes");
}

/// The text with all fixes made, until there are none.
fn mended(text: &str) -> (String, Vec<Diagnostic>) {
    let mut text = text.to_string();
    for _ in 0..20 {
        let sources = SourceMap::new([("access.mesh".to_string(), text.clone())]);
        let found = common::check(&sources);
        let Some(fix) = found.iter().find_map(|f| f.fix.as_ref()) else { return (text, found) };
        text = applied(fix, &sources, "access.mesh", &text);
    }
    panic!("there is always one more fix: {text}");
}

/// Where a program names what it wants to keep out, and what may be written there.
const PLACES: &[(&str, &str)] = &[
    ("contractor", "  GET /** require token from corp and not claim groups has @"),
    ("contractor", "  GET /** require token from corp and not claim groups in [@, \"guest\"]"),
    ("contractor", "  GET /** require token from corp and not (claim groups has @ or claim groups has \"guest\")"),
    ("/admin/**", "  ANY /** require token from corp\n  ANY @ deny"),
    (
        "/admin/**",
        "  ANY /** require token from corp\n  ANY @ require token from corp and not claim groups has \"contractor\"",
    ),
];

/// A program whose test says what is meant.
fn program(line: &str) -> String {
    format!(
        "issuer corp {{\n  url \"https://id.example.com\"\n}}\n\ngateway edge {{\n  http 80\n}}\n\napp shop port 80 {{\n  \
         hosts shop.example.com\n\n{line}\n}}\n\ntest \"a contractor\" {{\n  \
         GET shop.example.com/admin/x with corp {{ groups [\"contractor\"] }} => refused\n}}\n"
    )
}

#[test]
fn whatever_marks_are_around_a_word_nobody_gets_in() {
    let mut compiled = 0;
    for (word, line) in PLACES {
        let mut written = Vec::new();
        for (open, close) in MARKS {
            let others = MARKS.iter().skip(open.len() % 4).step_by(4).map(|(_, other)| format!("{open}{word}{other}"));
            written.extend(others);
            written.extend([format!("{open}{word}"), format!("{open}{open}{word}{close}{close}")]);
            written.extend([format!("{open} {word} {close}"), format!("{open}{word} x{close}")]);
            written.push(format!("{word}{close}"));
        }
        for written in written {
            let text = program(&line.replace('@', &written));
            let sources = SourceMap::new([("access.mesh".to_string(), text.clone())]);
            assert!(!common::check(&sources).is_empty(), "nothing is said of {written} in {line}");
            let (after, left) = mended(&text);
            // What is left is told: nothing of it was written for the user.
            if !left.is_empty() {
                continue;
            }
            compiled += 1;
            let sources = SourceMap::new([("access.mesh".to_string(), after.clone())]);
            let (report, failed) = common::run_tests(&sources, None);
            assert!(report.cases().count() == 1 && failed.is_empty(), "a contractor passes: {written} became\n{after}");
        }
    }
    assert!(compiled > 50, "only {compiled} had fixes for all that is wrong");
}

#[test]
fn marks_within_a_string_are_told() {
    for (open, close) in MARKS {
        for (open, close) in [(*open, *close), (*open, ""), ("", *close)] {
            let escaped = format!("{open}contractor{close}").replace('\\', "").replace('"', "\\\"");
            let line = format!("  GET /** require token from corp and not claim groups has \"{escaped}\"");
            let sources = SourceMap::new([("access.mesh".to_string(), program(&line))]);
            let found = common::check(&sources);
            assert!(found.iter().any(|f| f.code == codes::QUOTES_IN_STRING), "nothing is said of \"{escaped}\"");
        }
    }
}

#[test]
fn programs_of_which_all_is_mended_do_what_their_tests_say() {
    let (mut whole, mut tested) = (0, 0);
    for ui in programs().iter().filter(|p| p.files.len() == 1 && !p.files[0].1.starts_with("# meshc ")) {
        let text = &ui.files[0].1;
        let found = ui.findings(&ui.sources());
        if found.is_empty() || found.iter().any(|f| f.fix.is_none()) {
            continue;
        }
        let (after, left) = mended(text);
        assert!(left.is_empty(), "{}: {:?}", ui.name, common::told(&left));
        whole += 1;
        let sources = SourceMap::new([("access.mesh".to_string(), after)]);
        let (report, failed) = common::run_tests(&sources, None);
        tested += report.cases().count();
        assert!(failed.is_empty(), "{}: {:?}", ui.name, common::told(&failed));
    }
    assert!(whole > 3 && tested > 5, "{whole} programs, {tested} cases");
}
