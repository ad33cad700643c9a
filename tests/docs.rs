//! Every program in the docs compiles without a finding, or raises the code that stands beside it.

mod common;

use common::{blocks, check, told};
use meshc::Attachments;
use meshc::diagnostic::Code;
use meshc::source::SourceMap;

#[test]
fn every_program_in_the_docs_is_what_it_says_it_is() {
    let root = common::root();
    let mut pages = common::files(&root.join("docs"), "md");
    pages.retain(|p| !p.starts_with(root.join("docs/errors")));
    pages.push(root.join("README.md"));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let blocks = blocks(&text);
        for block in blocks.iter().filter(|b| b.info.first().is_some_and(|w| w == "mesh")) {
            count += 1;
            let sources = SourceMap::single("access.mesh", block.text.clone());
            let found = if block.info.last().is_some_and(|word| word == "--cluster") {
                let cluster = blocks.iter().find(|b| b.info == ["yaml", "cluster"]).expect("the objects of a cluster");
                common::fit(&sources, &Attachments::default(), &cluster.text)
            } else {
                check(&sources)
            };
            let wanted: Vec<Code> = block.info[1..].iter().filter_map(|w| Code::find(w)).collect();
            let mut raised: Vec<Code> = found.iter().map(|d| d.code).collect();
            raised.dedup();
            if raised != wanted {
                let place = page.strip_prefix(root).unwrap().display();
                wrong.push(format!("{place}:{}: wanted {wanted:?}, found {:#?}", block.line, told(&found)));
            }
        }
    }
    assert!(count > 10, "the docs hold programs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_program_in_the_docs_is_formatted() {
    let mut pages = common::files(&common::root().join("docs"), "md");
    pages.push(common::root().join("README.md"));
    let mut unlike = Vec::new();
    for page in pages {
        for block in blocks(&std::fs::read_to_string(&page).unwrap()) {
            let is_program = block.info.first().is_some_and(|w| w == "mesh");
            let parse =
                meshc::syntax::parse(SourceMap::single("access.mesh", "").iter().next().unwrap().0, &block.text);
            if is_program
                && parse.errors.is_empty()
                && meshc::format::format(&block.text, &parse).unwrap() != block.text
            {
                unlike.push(format!("{}:{}", page.display(), block.line));
            }
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}

#[test]
fn the_tests_in_the_docs_pass() {
    let mut cases = 0;
    for page in common::files(&common::root().join("docs"), "md") {
        for block in blocks(&std::fs::read_to_string(&page).unwrap()) {
            let raises_an_error = block.info.get(1).is_some_and(|w| w.starts_with('E'));
            if block.info.first().is_none_or(|w| w != "mesh") || raises_an_error {
                continue;
            }
            let sources = SourceMap::single("access.mesh", block.text.clone());
            for environment in common::environments(&sources) {
                let (report, failures) = common::run_tests(&sources, environment.as_deref());
                assert!(failures.is_empty(), "{}:{}: {:#?}", page.display(), block.line, told(&failures));
                cases += report.cases().count();
            }
        }
    }
    assert!(cases > 10, "{cases} cases");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let root = common::root();
    let mut pages = common::files(&root.join("docs"), "md");
    pages.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "grammar/README.md"].map(|p| root.join(p)));
    let mut broken = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or("");
            if target.is_empty() || target.contains("://") || target.contains(char::is_whitespace) {
                continue;
            }
            if !page.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {link}", page.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_program_of_the_readme_becomes_what_stands_below_it() {
    let text = std::fs::read_to_string(common::root().join("README.md")).unwrap();
    let blocks = blocks(&text);
    let of = |info: &str| blocks.iter().find(|b| b.info.first().is_some_and(|w| w == info)).unwrap();
    let sources = SourceMap::single("access.mesh", of("mesh").text.clone());
    let built = common::compile(&sources, &meshc::Options::default());
    assert_eq!(meshc::emit::yaml(&built.documents, &sources).unwrap(), of("yaml").text);
}

/// What the pages say of answers is asked of Istio by `conformance/run`; here it is made sure that none is left out.
#[test]
fn every_pitfall_has_a_page_or_a_reason_to_have_none() {
    let root = common::root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (facts, index) = (read("docs/semantics.md"), read("docs/pitfalls/README.md"));
    let mut pages = 0;
    for number in 1.. {
        let id = format!("P{number}");
        if !facts.contains(&format!("<a id=\"p{number}\">")) {
            assert!(number > 37, "{id} is no pitfall of docs/semantics.md");
            break;
        }
        let page = root.join(format!("docs/pitfalls/{id}.md"));
        let reason = format!("[{id}](../semantics.md#p{number})");
        assert_ne!(page.exists(), index.contains(&reason), "{id} has a page, or a reason to have none");
        if !page.exists() {
            continue;
        }
        pages += 1;
        let text = std::fs::read_to_string(&page).unwrap();
        let title = text.lines().next().unwrap().strip_prefix(&format!("# {id}: ")).unwrap();
        assert!(index.contains(&format!("| [{id}]({id}.md) | {title} |")), "{id} is not in the index");
        assert!(facts.contains(&format!("[{id}](pitfalls/{id}.md)")), "no link leads to {id}");
        let blocks = blocks(&text);
        let find = |info: &[&str]| blocks.iter().find(|b| b.info == info);
        if let Some(cluster) = find(&["yaml", "mended"]).or(find(&["yaml", "cluster"])) {
            let program = find(&["mesh"]).unwrap();
            let sources = SourceMap::single("access.mesh", program.text.clone());
            let found = common::fit(&sources, &Attachments::default(), &cluster.text);
            assert!(found.is_empty(), "{id}: {:#?}", told(&found));
        }
        let with = |info: &str| blocks.iter().filter(|b| b.info == [info]).count();
        assert_eq!((with("yaml") + usize::from(text.contains("```yaml rejected")), with("mesh")), (1, 1), "{id}");
    }
    assert_eq!(common::files(&root.join("docs/pitfalls"), "md").len(), pages + 1, "a page for no pitfall");
}
