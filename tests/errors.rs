//! The page of every code: its first program raises that code and nothing else, its second is in order.

mod common;

use common::{Block, blocks, told};
use meshc::Attachments;
use meshc::diagnostic::{Code, Diagnostic, codes};
use meshc::project;
use meshc::source::SourceMap;

/// What a block raises; its info string may hold flags such as `--istio 1.N`. With `--cluster` the objects are those of
/// the last `yaml cluster` block before it.
fn findings(block: &Block, page: &[Block]) -> Vec<Diagnostic> {
    if block.info[0] == "toml" {
        return project::read(&SourceMap::single(project::FILE, block.text.clone())).err().unwrap_or_default();
    }
    let sources = SourceMap::single("access.mesh", block.text.clone());
    let flags: Vec<&str> = block.info.iter().skip_while(|w| !w.starts_with("--")).map(String::as_str).collect();
    if flags == ["--cluster"] {
        let cluster = page.iter().rfind(|b| b.info == ["yaml", "cluster"] && b.line < block.line);
        return common::fit(&sources, &Attachments::default(), &cluster.expect("a cluster above the program").text);
    }
    common::findings(&sources, &flags, &Attachments::default())
}

#[test]
fn every_page_shows_a_program_that_raises_its_code_and_one_that_does_not() {
    // Not to be shown in a few lines: a file of 16 MiB, an object of 1 MiB, a policy of 513 rules.
    let without = [codes::FILE_TOO_LARGE, codes::OBJECT_TOO_LARGE, codes::POLICY_IN_PARTS];
    let mut wrong = Vec::new();
    for &code in codes::ALL {
        let blocks = blocks(code.page());
        let kind = if code.id().starts_with("E11") { "toml" } else { "mesh" };
        let programs: Vec<&Block> = blocks.iter().filter(|b| b.info.first().is_some_and(|w| w == kind)).collect();
        let raising = programs.iter().filter(|b| b.info.get(1).is_some_and(|w| w == code.id())).count();
        let mended = programs.iter().filter(|b| b.info.get(1).is_none_or(|w| w.starts_with("--"))).count();
        if (raising == 0 || mended == 0) && !without.contains(&code) {
            wrong.push(format!("{code}: {raising} programs that raise it, {mended} mended ones"));
        }
        for block in programs {
            let found = findings(block, &blocks);
            let wanted: Vec<Code> = block.info.get(1).and_then(|w| Code::find(w)).into_iter().collect();
            let mut raised: Vec<Code> = found.iter().map(|d| d.code).collect();
            raised.dedup();
            if raised != wanted {
                wrong.push(format!("{code}, line {}: wanted {wanted:?}, found {:#?}", block.line, told(&found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_in_docs_errors_is_the_page_of_a_code() {
    let pages = common::files(&common::root().join("docs/errors"), "md");
    let ids: Vec<String> = pages.iter().map(|p| p.file_stem().unwrap().to_str().unwrap().to_string()).collect();
    let mut known: Vec<&str> = codes::ALL.iter().map(|c| c.id()).chain(codes::RETIRED.iter().copied()).collect();
    known.sort_unstable();
    let ids: Vec<&str> = ids.iter().map(String::as_str).filter(|id| *id != "README").collect();
    assert_eq!(ids, known);
}
