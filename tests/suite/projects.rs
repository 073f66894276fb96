//! Runs the binary on the whole projects of `fixtures/projects/`, where marks name the rules that must find something.

use crate::binary::Folder;
use crate::cases::{Expected, unmark};
use ssotlint::finding::Level;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A finding: path, line, level and rule.
type Row = (String, u64, String, String);

#[test]
fn projects_hold() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let mut projects: Vec<PathBuf> = std::fs::read_dir(&all)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    projects.sort();
    assert!(!projects.is_empty());
    let mut problems = String::new();
    for project in &projects {
        let differences = differences(project);
        if !differences.is_empty() {
            let name = project.file_name().unwrap().to_string_lossy();
            let _ = writeln!(problems, "{name}\n{differences}");
        }
    }
    let count = problems.lines().filter(|line| line.starts_with("    ")).count();
    assert!(problems.is_empty(), "{count} expectations are not met:\n\n{problems}");
}

/// The tables of `fixtures/projects/README.md` were counted by hand: what `ssotlint report` finds is what they say, in their order.
#[test]
fn auth_paths_are_those_counted_by_hand() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let text = std::fs::read_to_string(all.join("README.md")).unwrap();
    let found: Vec<String> = ["four-paths", "one-path"]
        .into_iter()
        .flat_map(|project| path_rows(&all.join(project)))
        .collect();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let counted: Vec<String> = rows
        .map(|row| row.splitn(3, '|').nth(2).unwrap().trim().to_owned())
        .collect();
    assert_eq!(found, counted);
}

/// The paths of a project as the rows of a table, those that are live first.
fn path_rows(project: &Path) -> Vec<String> {
    let run = Folder::of::<&str, &str>(&[]).run(&["report", "--format", "json", &project.to_string_lossy()]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let last = |name: &serde_json::Value| {
        let name = name.as_str().unwrap();
        format!("`{}`", name.rsplit(['.', ':']).next().unwrap())
    };
    let row = |path: &serde_json::Value| {
        let mut chain: Vec<String> = path["chain"].as_array().unwrap().iter().skip(1).map(last).collect();
        chain.push(format!("`{}`", path["site"]["call"].as_str().unwrap()));
        let state = path["state"].as_str().unwrap();
        let owner = if path["through_owner"] == true { "yes" } else { "no" };
        let row = format!(
            "`{}` | {} | {} | {state} | {owner} |",
            path["gate"].as_str().unwrap(),
            chain.join(" → "),
            path["surface"].as_str().unwrap()
        );
        let order = ["live", "unmounted", "unreachable", "broken"]
            .iter()
            .position(|one| *one == state);
        (order, row)
    };
    let mut rows: Vec<_> = report["paths"].as_array().unwrap().iter().map(row).collect();
    rows.sort_by_key(|(order, _)| *order);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What the marks of a project expect and is not found (`missing`), and what is found and not expected (`noisy`).
fn differences(project: &Path) -> String {
    let folder = Folder::of::<&str, &str>(&[]);
    let mut wanted: BTreeSet<Row> = BTreeSet::new();
    let mut missed: BTreeSet<(String, u64, String)> = BTreeSet::new();
    for entry in WalkDir::new(project).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(project).unwrap();
        let path = path.to_str().unwrap().replace('\\', "/");
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let (plain, marks) = unmark(&path, &text).unwrap_or_else(|problem| panic!("{problem}"));
        folder.write(&path, plain);
        for mark in marks {
            for rule in mark.keys {
                let place = (mark.path.clone(), u64::from(mark.line));
                match mark.expects {
                    Expected::At(level) => {
                        wanted.insert((place.0, place.1, level.to_string(), rule));
                    }
                    Expected::Miss => {
                        missed.insert((place.0, place.1, rule));
                    }
                }
            }
        }
    }

    let run = folder.run(&["check", "--format", "json"]);
    let Ok(report) = serde_json::from_str::<serde_json::Value>(&run.stdout) else {
        return format!("    no report: {}\n", run.stderr);
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let found: BTreeSet<Row> = findings
        .iter()
        .map(|one| {
            let line = one["line"].as_u64().unwrap();
            (text(&one["path"]), line, text(&one["level"]), text(&one["rule"]))
        })
        .collect();

    let mut out = String::new();
    for (path, line, level, rule) in wanted.difference(&found) {
        let _ = writeln!(out, "    missing  {path}:{line} {level} [{rule}]");
    }
    for (path, line, level, rule) in found.difference(&wanted) {
        let known = missed.contains(&(path.clone(), *line, rule.clone()));
        let word = if known {
            "found at last (take the todo away)"
        } else {
            "noisy"
        };
        let _ = writeln!(out, "    {word}  {path}:{line} {level} [{rule}]");
    }
    for unread in report["files"]["unread"].as_array().unwrap() {
        let _ = writeln!(
            out,
            "    unread  {}: {}",
            text(&unread["path"]),
            text(&unread["reason"])
        );
    }
    let fails = found.iter().any(|(_, _, level, _)| *level != Level::Note.to_string());
    if run.status != Some(i32::from(fails)) {
        let _ = writeln!(out, "    exit status {:?}: {}", run.status, run.stderr);
    }
    out
}
