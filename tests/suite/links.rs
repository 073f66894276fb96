//! What calls what: the cases of `fixtures/links/`.
//!
//! Below a `###` heading stands a fence for each file of one small program, and one `edges` fence with everything that its functions
//! and modules call of one another, a line each: `main.handler -> auth.validate (thread)`. Words in brackets say how: `scheduled` or
//! `injected`, `thread`, and `possible` where only the method's name speaks for it. `# todo:` before a line marks a known miss,
//! `# noise:` an edge that is found and is none.
//! What is called of libraries need not be listed, but must be there if it is.
//!
//! An `entries` fence lists where the program is entered, and by what: `main.handler (http)`. Without one nobody asks; where there is
//! one, the `edges` may be missing.
//!
//! A `paths` fence lists the auth paths, likewise: `GET /me main.me: main.user > main.decode (http)`. Before the colon stand the entry
//! points, behind it the chain from the gate to the function with the site, in brackets the surface and a state other than live.

use crate::cases::pages_in;
use crate::rules::on_a_large_stack;
use ssotlint::Parsed;
use ssotlint::catalog::Catalog;
use ssotlint::finding::Confidence;
use ssotlint::inventory::{EntryRow, Inventory, PathRow};
use ssotlint::page::{Kind, blocks};
use ssotlint::program::{By, Edge, EntryPoint, Program, Surface, Thread};
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
    let settings = Settings::default();
    let declarations = ssotlint::declarations(&settings, false);
    let program = ssotlint::link(parsed(case), &settings, catalog, &declarations);
    let mut out = String::new();
    if let Some(expected) = &case.edges {
        let (inside, outside) = edges(&program);
        compare(expected, &inside, &outside, &mut out);
    }
    if let Some(expected) = &case.entries {
        compare(expected, &entries(&program), &BTreeSet::new(), &mut out);
    }
    if let Some(expected) = &case.paths {
        compare(expected, &paths(&program), &BTreeSet::new(), &mut out);
    }
    out
}

/// Holds what is found against what is expected; what is found `outside` may be expected too.
fn compare(expected: &Expected<'_>, found: &BTreeSet<String>, outside: &BTreeSet<String>, out: &mut String) {
    for line in &expected.lines {
        if !found.contains(*line) && !outside.contains(*line) {
            let _ = writeln!(out, "    missing  {line}");
        }
    }
    for line in expected.noise.iter().filter(|line| !found.contains(**line)) {
        let _ = writeln!(out, "    gone at last (take the noise away)  {line}");
    }
    for line in found {
        if expected.missed.contains(line.as_str()) {
            let _ = writeln!(out, "    found at last (take the todo away)  {line}");
        } else if !expected.lines.contains(line.as_str()) && !expected.noise.contains(line.as_str()) {
            let _ = writeln!(out, "    noisy  {line}");
        }
    }
}

fn parsed(case: &Case<'_>) -> Vec<Parsed> {
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
    files
}

/// The edges between the functions and modules of the case, and those that lead out of it.
fn edges(program: &Program<'_>) -> (BTreeSet<String>, BTreeSet<String>) {
    let graph = program.call_graph();
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

/// Where the program is entered, as the cases write it.
fn entries(program: &Program<'_>) -> BTreeSet<String> {
    let line = |entry: &EntryPoint| {
        let by = match entry.surface {
            Surface::Http => "http",
            Surface::Websocket => "websocket",
            Surface::Middleware => "middleware",
            Surface::Task => "task",
            Surface::Command => "command",
            Surface::Test => "test",
        };
        format!("{} ({by})", program.symbol_of_function(entry.function))
    };
    program.entry_points().iter().map(line).collect()
}

/// The auth paths, as the cases write them.
fn paths(program: &Program<'_>) -> BTreeSet<String> {
    let inventory = Inventory::of(program, &|site| (program[site.file].path.clone(), 1), "");
    inventory.paths.iter().map(path_line).collect()
}

/// An auth path as the cases write it.
fn path_line(path: &PathRow) -> String {
    let entry = |entry: &EntryRow| {
        let parts = [
            entry.method.as_deref(),
            entry.route.as_deref(),
            Some(entry.name.as_str()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let entries: Vec<String> = path.entries.iter().map(entry).collect();
    let before = if entries.is_empty() {
        String::new()
    } else {
        format!("{}: ", entries.join(", "))
    };
    let state = if path.state == "live" {
        String::new()
    } else {
        format!(", {}", path.state)
    };
    format!("{before}{} ({}{state})", path.chain.join(" > "), path.surface)
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
    edges: Option<Expected<'t>>,
    entries: Option<Expected<'t>>,
    paths: Option<Expected<'t>>,
}

/// What a fence lists.
struct Expected<'t> {
    lines: BTreeSet<&'t str>,
    /// Lines that are right and known not to be found.
    missed: BTreeSet<&'t str>,
    /// Lines that are wrong and known to be found.
    noise: BTreeSet<&'t str>,
}

impl<'t> Expected<'t> {
    fn new(text: &'t str, place: &str) -> Self {
        let (known, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("# "));
        assert!(lines.is_sorted(), "{place} lists its lines in no order");
        let marked = |mark| known.iter().filter_map(move |line| line.strip_prefix(mark)).collect();
        Self {
            lines: lines.into_iter().collect(),
            missed: marked("# todo: "),
            noise: marked("# noise: "),
        }
    }
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for block in blocks(text) {
        match block.kind {
            Kind::Heading { depth: 3, title } => cases.push(Case {
                title,
                line: block.line,
                files: Vec::new(),
                edges: None,
                entries: None,
                paths: None,
            }),
            Kind::Fence { info, text } => {
                let case = cases.last_mut().unwrap();
                let place = format!("line {}: `{}`", block.line, case.title);
                match info.split_once(' ').unwrap_or((info, "")) {
                    ("edges", "") => case.edges = Some(Expected::new(text, &place)),
                    ("entries", "") => case.entries = Some(Expected::new(text, &place)),
                    ("paths", "") => case.paths = Some(Expected::new(text, &place)),
                    ("rust", "") => case.files.push(("src/lib.rs", text)),
                    ("rust" | "toml", path) => case.files.push((path, text)),
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
        assert!(
            case.edges.is_some() || case.entries.is_some() || case.paths.is_some(),
            "`{}` expects nothing",
            case.title
        );
        let edges = case
            .edges
            .iter()
            .flat_map(|edges| edges.lines.iter().chain(&edges.missed));
        let strange = edges.into_iter().find(|line| !line.contains(" -> "));
        assert!(strange.is_none(), "`{}`: {strange:?} is no edge", case.title);
    }
    cases
}
