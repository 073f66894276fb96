//! What calls what: the cases of `fixtures/links/`.
//!
//! Below a `###` heading stands a fence for each file of one small program, and one `edges` fence with everything that its functions
//! and modules call of one another, a line each: `main.handler -> auth.validate (thread)`. Words in brackets say how: `scheduled` or
//! `injected`, `thread`, and `possible` where only the method's name speaks for it. `# todo:` before a line marks a known miss,
//! `# noise:` an edge that is found and is none.
//! What is called of libraries need not be listed, but must be there if it is.

use crate::cases::pages_in;
use crate::rules::on_a_large_stack;
use ssotlint::Parsed;
use ssotlint::catalog::Catalog;
use ssotlint::finding::Confidence;
use ssotlint::page::{Kind, blocks};
use ssotlint::program::{By, Edge, Thread};
use ssotlint::settings::Settings;
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[test]
fn functions_call_what_the_cases_say() {
    let catalog = ssotlint::load_catalog(&Settings::default()).unwrap();
    let mut problems = String::new();
    for path in pages_in("fixtures/links") {
        let text = std::fs::read_to_string(&path).unwrap();
        let page = path.file_name().unwrap().to_string_lossy();
        for case in cases(&text) {
            let differences = on_a_large_stack(|| differences(&case, &catalog));
            if !differences.is_empty() {
                let _ = writeln!(
                    problems,
                    "fixtures/links/{page}:{}: {}\n{differences}",
                    case.line, case.title
                );
            }
        }
    }
    let count = problems.lines().filter(|line| line.starts_with("    ")).count();
    assert!(problems.is_empty(), "{count} expectations are not met:\n\n{problems}");
}

/// What a case lists and is not found (`missing`), and what is found between its functions and not listed (`noisy`).
fn differences(case: &Case<'_>, catalog: &Catalog) -> String {
    let (found, outside) = found(case, catalog);
    let mut out = String::new();
    for line in &case.edges {
        if !found.contains(*line) && !outside.contains(*line) {
            let _ = writeln!(out, "    missing  {line}");
        }
    }
    for line in case.noise.iter().filter(|line| !found.contains(**line)) {
        let _ = writeln!(out, "    gone at last (take the noise away)  {line}");
    }
    for line in &found {
        if case.missed.contains(line.as_str()) {
            let _ = writeln!(out, "    found at last (take the todo away)  {line}");
        } else if !case.edges.contains(line.as_str()) && !case.noise.contains(line.as_str()) {
            let _ = writeln!(out, "    noisy  {line}");
        }
    }
    out
}

/// The edges between the functions and modules of the case, and those that lead out of it.
fn found(case: &Case<'_>, catalog: &Catalog) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut files: Vec<Parsed> = case
        .files
        .iter()
        .map(|(path, text)| Parsed {
            path: (*path).to_owned(),
            facts: Box::new(ssotlint::parse::parse(path, text)),
            tracked: None,
        })
        .collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let settings = Settings::default();
    let declarations = ssotlint::declarations(&settings, false);
    let graph = ssotlint::link(files, &settings, catalog, &declarations).call_graph();
    let nodes: BTreeSet<&str> = graph.nodes().collect();
    let (inside, outside): (Vec<&Edge>, Vec<&Edge>) = graph
        .edges()
        .iter()
        .partition(|edge| nodes.contains(edge.callee.as_str()));
    (
        inside.into_iter().map(line).collect(),
        outside.into_iter().map(line).collect(),
    )
}

/// An edge as the cases write it.
fn line(edge: &Edge) -> String {
    let by = match edge.by {
        By::Call => None,
        By::Scheduled => Some("scheduled"),
        By::Injected => Some("injected"),
    };
    let thread = match edge.thread {
        Thread::Same => None,
        Thread::Other => Some("thread"),
    };
    let possible = matches!(edge.confidence, Confidence::Possible).then_some("possible");
    let words: Vec<&str> = [by, thread, possible].into_iter().flatten().collect();
    let call = format!("{} -> {}", edge.caller, edge.callee);
    if words.is_empty() {
        call
    } else {
        format!("{call} ({})", words.join(", "))
    }
}

struct Case<'t> {
    title: &'t str,
    /// The heading's 1-based line.
    line: usize,
    /// The path and the text of each file.
    files: Vec<(&'t str, &'t str)>,
    edges: BTreeSet<&'t str>,
    /// Edges that are there and known not to be found.
    missed: BTreeSet<&'t str>,
    /// Edges that are not there and known to be found.
    noise: BTreeSet<&'t str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for block in blocks(text) {
        match block.kind {
            Kind::Heading { depth: 3, title } => cases.push(Case {
                title,
                line: block.line,
                files: Vec::new(),
                edges: BTreeSet::new(),
                missed: BTreeSet::new(),
                noise: BTreeSet::new(),
            }),
            Kind::Fence { info, text } => {
                let case = cases.last_mut().unwrap();
                let place = format!("line {}: `{}`", block.line, case.title);
                match info.split_once(' ').unwrap_or((info, "")) {
                    ("edges", "") => {
                        let (known, edges): (Vec<&str>, Vec<&str>) =
                            text.lines().partition(|line| line.starts_with("# "));
                        assert!(edges.is_sorted(), "{place} lists its edges in no order");
                        case.edges.extend(edges);
                        let marked = |mark| known.iter().filter_map(move |line| line.strip_prefix(mark));
                        case.missed.extend(marked("# todo: "));
                        case.noise.extend(marked("# noise: "));
                    }
                    ("python", "") => case.files.push(("main.py", text)),
                    ("python", path) => case.files.push((path, text)),
                    _ => panic!("{place} has a fence `{info}`"),
                }
            }
            _ => {}
        }
    }
    for case in &cases {
        assert!(!case.files.is_empty(), "`{}` shows no program", case.title);
        let strange = case
            .edges
            .iter()
            .chain(&case.missed)
            .find(|line| !line.contains(" -> "));
        assert!(strange.is_none(), "`{}`: {strange:?} is no edge", case.title);
    }
    cases
}
