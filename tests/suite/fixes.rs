//! Runs the cases of `fixtures/fixes/`: files as they are, and below `after/` as the fixes of one rule leave them.

use crate::binary::{Folder, Run};
use crate::cases::{Case, cases, pages_in};
use std::collections::BTreeMap;

/// Where a case shows what becomes of a file.
const AFTER: &str = "after/";

#[test]
fn fixes_make_of_files_what_the_cases_show() {
    let mut problems = String::new();
    for page in pages_in("fixtures/fixes") {
        let text = std::fs::read_to_string(&page).unwrap();
        let rule = page.file_stem().unwrap().to_string_lossy().into_owned();
        for case in cases(&text).unwrap_or_else(|problem| panic!("{}: {problem}", page.display())) {
            let (before, after) = states(&case);
            // The shown patch and what is written must be the same.
            for made in [fixed, patched] {
                let found = made(&before, &rule);
                for (path, text) in after.iter().filter(|(path, text)| found[*path] != **text) {
                    let place = format!("{}:{}: {} in {path}", page.display(), case.line, case.title);
                    problems.push_str(&format!("{place}\n{}\ninstead of\n{text}\n", found[path]));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

type State = BTreeMap<String, String>;

/// The files of a case before and after.
fn states(case: &Case) -> (State, State) {
    let mut before = State::new();
    let mut after = State::new();
    for file in &case.files {
        match file.path.strip_prefix(AFTER) {
            Some(path) => after.insert(path.to_owned(), file.text.clone()),
            None => before.insert(file.path.clone(), file.text.clone()),
        };
    }
    for path in after.keys() {
        assert!(before.contains_key(path), "{}: `{path}` has no before", case.title);
    }
    let unchanged = before.iter().filter(|(path, _)| !after.contains_key(*path));
    let unchanged: Vec<(String, String)> = unchanged.map(|(path, text)| (path.clone(), text.clone())).collect();
    after.extend(unchanged);
    (before, after)
}

fn folder_of(state: &State) -> Folder {
    let files: Vec<(&String, &String)> = state.iter().collect();
    Folder::of(&files)
}

fn state_of(folder: &Folder, like: &State) -> State {
    like.keys().map(|path| (path.clone(), folder.read(path))).collect()
}

fn arguments<'r>(rule: &'r str, option: &'r str) -> Vec<&'r str> {
    // What a waiver is needed for is known only if all rules are run.
    match rule {
        "unused-waiver" => vec!["check", option],
        rule => vec!["check", option, "--select", rule],
    }
}

#[track_caller]
fn assert_ran(run: &Run) {
    assert!(matches!(run.status, Some(0 | 1)), "{run:?}");
}

fn fixed(before: &State, rule: &str) -> State {
    let folder = folder_of(before);
    assert_ran(&folder.run(&arguments(rule, "--fix")));
    let after = state_of(&folder, before);
    // What could be fixed is gone.
    let again = folder.run(&arguments(rule, "--fix"));
    assert!(again.stderr.contains("fixed 0 findings"), "{again:?}");
    after
}

fn patched(before: &State, rule: &str) -> State {
    let folder = folder_of(before);
    let run = folder.run(&arguments(rule, "--diff"));
    assert_ran(&run);
    assert_eq!(state_of(&folder, before), *before);
    if !run.stdout.is_empty() {
        folder.write("fixes.patch", &run.stdout);
        folder.git(&["apply", "fixes.patch"]);
    }
    state_of(&folder, before)
}

#[test]
fn what_is_not_reported_is_not_fixed() {
    let files = [("a.py", "SKIP_AUTH = True\n"), ("b.py", "SKIP_AUTH = True\n")];
    let folder = Folder::of(&files);
    let run = folder.run(&["check", "--fix", "b.py"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(folder.read("a.py"), "SKIP_AUTH = True\n");
    assert_eq!(folder.read("b.py"), "SKIP_AUTH = False\n");
    folder.run(&["baseline"]);
    folder.run(&["check", "--fix"]);
    assert_eq!(folder.read("a.py"), "SKIP_AUTH = True\n");
    let run = folder.run(&["check", "--fix", "--no-baseline"]);
    assert_eq!(folder.read("a.py"), "SKIP_AUTH = False\n");
    assert!(run.stderr.contains("fixed 1 finding in 1 file"), "{run:?}");
}

#[test]
fn line_ends_encodings_and_permissions_stay() {
    let folder = Folder::of(&[
        ("a.py", &b"\xef\xbb\xbf# \xc3\xa4\r\nSKIP_AUTH = True\r\n"[..]),
        (
            "latin.py",
            &b"# -*- coding: latin-1 -*-\n# \xe4\nSKIP_AUTH = True\n"[..],
        ),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o750);
        std::fs::set_permissions(folder.path().join("a.py"), mode).unwrap();
    }
    let run = folder.run(&["check", "--fix"]);
    let bytes = |path: &str| std::fs::read(folder.path().join(path)).unwrap();
    assert_eq!(bytes("a.py"), b"\xef\xbb\xbf# \xc3\xa4\r\nSKIP_AUTH = False\r\n");
    assert_eq!(
        bytes("latin.py"),
        b"# -*- coding: latin-1 -*-\n# \xe4\nSKIP_AUTH = True\n"
    );
    assert!(run.stderr.contains("1 fix left out: the file is not UTF-8"), "{run:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path().join("a.py"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o750);
    }
}

#[test]
fn a_report_says_how_many_can_be_fixed() {
    let folder = Folder::of(&[("a.py", "SKIP_AUTH = True\n")]);
    let run = folder.run(&["check"]);
    assert!(run.stdout.contains("with a fix: 1; `ssotlint check --fix`"), "{run:?}");
    let run = folder.run(&["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let edit = &report["findings"][0]["fix"][0];
    assert_eq!((&edit["column"], &edit["replacement"]), (&13.into(), &"False".into()));
    let run = folder.run(&["check", "--format", "rdjson"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["diagnostics"][0]["suggestions"][0]["text"], "False");
}
