//! The house rules that a compiler cannot see: which module may use which, where files are touched, how long a file is.

mod common;

use std::path::Path;

/// Per module, the modules that it may use. Lower modules never use higher ones.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("parallel", &[]),
    ("project", &["source", "diagnostic"]),
    ("diagnostic", &["source"]),
    ("syntax", &["source", "diagnostic"]),
    ("format", &["source", "diagnostic", "syntax"]),
    ("ir", &["source", "diagnostic"]),
    ("analyze", &["source", "diagnostic", "syntax", "ir"]),
    ("cluster", &["source", "diagnostic", "ir"]),
    ("access", &["source", "diagnostic", "ir", "parallel"]),
    ("lint", &["source", "diagnostic", "syntax", "ir", "analyze", "access", "parallel"]),
    ("testing", &["source", "diagnostic", "ir", "access"]),
    ("target", &["source", "diagnostic", "project", "ir", "access", "parallel"]),
    ("emit", &["source", "diagnostic", "target", "parallel"]),
    ("leftovers", &["source", "project", "ir", "cluster", "target", "emit"]),
    ("judge", &["source", "diagnostic", "ir", "access", "target"]),
];

fn module(path: &Path) -> String {
    let below = path.strip_prefix(common::root().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_string()
}

/// The code of a file without its tests.
fn code(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap_or("").to_string()
}

#[test]
fn lower_modules_do_not_use_higher_ones() {
    let mut wrong = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        let Some((name, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module(&path)) else { continue };
        for used in code(&path).split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used != *name && !used.is_empty() && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_where_they_belong() {
    let rules: &[(&str, &[&str])] = &[
        ("pest", &["syntax"]),
        ("toml::", &["project"]),
        ("codespan_reporting", &["diagnostic"]),
        ("std::fs", &["cli", "main", "judge"]),
        ("std::env", &["cli", "main", "judge"]),
        ("std::time::SystemTime", &["cli", "main", "judge"]),
        ("HashMap", &["access", "analyze", "syntax"]),
    ];
    let mut wrong = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        let text = code(&path);
        let lines = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        let text: String = lines.collect::<Vec<_>>().join("\n");
        for (library, modules) in rules {
            if text.contains(library) && !modules.contains(&module(&path).as_str()) {
                wrong.push(format!("{} uses {library}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().lines().count() > 600;
    let files: Vec<_> = common::files(&common::root().join("src"), "rs").into_iter().filter(long).collect();
    assert!(files.is_empty(), "{files:?}");
}

/// Which module raises the codes of a phase. One that several modules raise has the phase of the first of them.
const RAISED_BY: &[(&str, &[&str])] = &[
    ("project", &["Project"]),
    ("syntax", &["Syntax"]),
    ("analyze", &["Analysis"]),
    ("lint", &["Lint", "LintOfSound"]),
    ("access", &["Access"]),
    ("target", &["Target"]),
    ("testing", &["Test"]),
    ("cluster", &["Cluster"]),
];

#[test]
fn the_phase_of_a_code_is_that_of_the_module_that_raises_it() {
    let table = std::fs::read_to_string(common::root().join("src/diagnostic/codes.rs")).unwrap();
    let mut used: Vec<(String, String)> = Vec::new();
    for path in common::files(&common::root().join("src"), "rs") {
        for name in code(&path).split("codes::").skip(1) {
            let name = name.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_');
            used.push((module(&path), name.collect()));
        }
    }
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| line.ends_with(';')) {
        let [name, id, _, _, phase] = line.trim_end_matches(';').split_whitespace().collect::<Vec<_>>()[..] else {
            continue;
        };
        if !id.starts_with('"') {
            continue;
        }
        checked += 1;
        let raises = |module: &str| used.iter().any(|(m, code)| m == module && code == name);
        let first = RAISED_BY.iter().find(|(module, _)| raises(module));
        if !first.is_some_and(|(_, phases)| phases.contains(&phase)) {
            wrong.push(format!("{name} is of phase {phase} and raised by {:?}", first.map(|(module, _)| module)));
        }
        // What looks for warnings of programs is in `lint`, and raises nothing else.
        if raises("lint") && RAISED_BY.iter().any(|(module, _)| *module != "lint" && raises(module)) {
            wrong.push(format!("{name} is raised by a lint and elsewhere"));
        }
    }
    assert!(checked > 90, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
