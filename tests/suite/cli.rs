//! The command line from outside: what users type, what they get, and the exit status.

use crate::binary::{Folder, Run};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

/// An event loop inside an event loop: one error of `nested-event-loop`, which needs no settings.
const BAD: &str = "import asyncio\n\n\nasync def main():\n    asyncio.run(main())\n";
const GOOD: &str = "import asyncio\n\n\nasync def main():\n    return 1\n\n\nasyncio.run(main())\n";
/// Reads a secret twice, so that an owner is inferred.
const SECRETS: &str = "import os\n\n\ndef key():\n    return os.environ[\"JWT_SECRET\"]\n\n\ndef salt():\n    return os.environ[\"PASSWORD_SALT\"]\n";

#[track_caller]
fn assert_status(run: &Run, status: i32) {
    assert_eq!(
        run.status,
        Some(status),
        "\nstdout:\n{}\nstderr:\n{}",
        run.stdout,
        run.stderr
    );
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

/// A run that ends with status 2 and one line on standard error.
#[track_caller]
fn assert_fails(run: &Run, line: &str) {
    assert_status(run, 2);
    assert_eq!(run.stderr.trim_end(), line);
    assert_eq!(run.stdout, "");
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The paths of unread files, with their reasons.
fn unread(report: &Value) -> Vec<(String, String)> {
    let unread = report["files"]["unread"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    unread
        .map(|unread| (text(&unread["path"]), text(&unread["reason"])))
        .collect()
}

/// The paths of the findings.
fn found_in(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["path"].as_str().unwrap())
        .collect()
}

#[test]
fn the_exit_status_tells_whether_something_was_found() {
    let clean = Folder::of(&[("a.py", GOOD)]);
    let run = clean.run(&["check"]);
    assert_status(&run, 0);
    assert_eq!(run.stdout, "✓ no findings in 1 file (1 python)\n");
    assert_eq!(run.stderr, "");

    let folder = Folder::of(&[("a.py", BAD)]);
    for format in ["text", "concise", "json", "sarif", "github"] {
        let run = folder.run(&["check", "--format", format]);
        assert_status(&run, 1);
        assert!(run.stdout.contains("nested-event-loop"), "{format}: {}", run.stdout);
        assert_eq!(run.stderr, "");
    }
    assert_status(&folder.run(&["check", "--exit-zero"]), 0);
    assert_status(&folder.run(&["check", "--fail-on", "error"]), 1);
    assert_status(&folder.run(&["check", "--select", "skip-auth-flag"]), 0);

    folder.write("ssot.toml", "[rules.nested-event-loop]\nlevel = \"warning\"\n");
    assert_status(&folder.run(&["check"]), 1);
    assert_status(&folder.run(&["check", "--fail-on", "error"]), 0);
    assert_status(&folder.run(&["check", "--fail-on", "error", "--no-config"]), 1);
    folder.write("ssot.toml", "[rules.nested-event-loop]\nlevel = \"note\"\n");
    assert_status(&folder.run(&["check"]), 0);
    assert_status(&folder.run(&["check", "--fail-on", "note"]), 1);
}

#[test]
fn wrong_usage_says_what_is_right() {
    let folder = Folder::of(&[("a.py", GOOD)]);
    let cases: [(&[&str], &str); 8] = [
        (&["check", "--select", "skip-auth"], "skip-auth-flag"),
        (&["check", "--scopes", "prod"], "production"),
        (&["check", "--format", "jsn"], "json"),
        (&["check", "--fail-on", "eror"], "error"),
        (&["check", "--threads", "0"], "1..=256"),
        (&["explain", "skip-auth"], "skip-auth-flag"),
        (&["chek"], "check"),
        (&["check", "--config", "a.toml", "--no-config"], "cannot be used with"),
    ];
    for (arguments, hint) in cases {
        let run = folder.run(arguments);
        assert_status(&run, 2);
        assert!(run.stderr.contains(hint), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    let run = folder.run(&[]);
    assert_status(&run, 2);
    assert!(run.stderr.contains("ssotlint check"), "{}", run.stderr);
    let run = folder.run(&["check", "--help"]);
    assert_status(&run, 0);
    assert!(run.stdout.contains("Examples:") && run.stdout.contains("--only-files"));
}

#[test]
fn paths_that_lead_nowhere_are_told_in_one_line() {
    let folder = Folder::of(&[("a.py", GOOD), ("out/b.py", GOOD)]);
    let cases: [(&[&str], &str); 6] = [
        (
            &["check", "lost"],
            "error: cannot read `lost`: no such file; name a file or folder that is there and can be read",
        ),
        (
            &["check", "--output", "lost/a.txt"],
            "error: cannot write `lost/a.txt`: there is no folder `lost`; create it first",
        ),
        (
            &["check", "--output", "json=out"],
            "error: cannot write `out`: it is a folder; name a file in it",
        ),
        (
            &["check", "--output", "a.txt", "--output", "json=a.txt"],
            "error: two reports go to `a.txt`; give each a file of its own",
        ),
        (
            &["check", "--output", "-", "--output", "json=-"],
            "error: two reports go to `-`; give each a file of its own",
        ),
        (
            &["check", "--output", "/dev/full"],
            "error: cannot write `/dev/full`: no space left on device",
        ),
    ];
    for (arguments, line) in cases {
        if !arguments.contains(&"/dev/full") || cfg!(target_os = "linux") {
            assert_fails(&folder.run(arguments), line);
        }
    }
    let run = folder.run(&["check", "--config", "lost.toml"]);
    assert_status(&run, 2);
    assert!(
        run.stderr
            .contains("the settings in `lost.toml` cannot be read: no such file\n  help: "),
        "{}",
        run.stderr
    );
    let run = folder.run(&["check", "--output", "yaml=a.txt"]);
    assert_status(&run, 2);
    assert!(
        run.stderr
            .contains("there is no format `yaml`; use one of text, concise"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_run_that_reads_no_file_fails() {
    let folder = Folder::of(&[("README", ""), ("docs/a.txt", ""), ("a.txt", "")]);
    let hint = "there is none in a language that is read, or all are left out; `--no-ignore` reads what git ignores, and \
                `files.exclude` in the settings leaves files out";
    assert_fails(
        &folder.run(&["check"]),
        &format!("error: no file was read in `.`: {hint}"),
    );
    folder.write("a.py", GOOD);
    assert_fails(
        &folder.run(&["check", "docs", "a.txt"]),
        "error: no file was read in `docs`, `a.txt`: `a.txt` (not in a language that is read)",
    );
    folder.write(".gitignore", "a.py\n");
    assert_fails(
        &folder.run(&["check"]),
        &format!("error: no file was read in `.`: {hint}"),
    );
    assert_status(&folder.run(&["check", "--no-ignore"]), 0);
    assert_status(&folder.run(&["check", "a.py"]), 0);

    let binary = Folder::of(&[("a.py", b"\0\0")]);
    assert_fails(
        &binary.run(&["check", "--format", "sarif"]),
        "error: no file was read in `.`: `a.py` (binary)",
    );
    binary.write("below/b.py", GOOD);
    assert_status(&binary.run(&["check"]), 0);
    assert_fails(
        &binary.run(&["check", "a.py"]),
        "error: no file was read in `a.py`: `a.py` (binary)",
    );
}

#[test]
fn a_commit_hook_reads_tracked_and_staged_files_only() {
    let folder = Folder::of(&[("a.py", GOOD), ("scratch.py", BAD), (".env.staging", "PORT=80\n")]);
    let git = |arguments: &[&str]| folder.git(arguments);
    git(&["init", "-q"]);
    git(&["add", "a.py", ".env.staging"]);
    let hook = |arguments: &[&str]| Run::of(folder.command(arguments).env("PRE_COMMIT", "1").output().unwrap());
    assert_status(&folder.run(&["check"]), 1);
    assert_status(&hook(&["check"]), 0);
    assert_status(&hook(&["check", "--only-files", "a.py", "scratch.py"]), 0);
    // Asked for by name, or with everything else: read all the same.
    assert_status(&hook(&["check", "scratch.py"]), 1);
    assert_status(&hook(&["check", "--no-ignore"]), 1);

    folder.write(".env.staging", "SKIP_AUTH=true\n");
    let run = hook(&["check", "--format", "concise"]);
    assert_status(&run, 1);
    assert!(run.stdout.contains(".env.staging:1"), "{}", run.stdout);
    git(&["rm", "-q", "--cached", "-f", "a.py", ".env.staging"]);
    let run = hook(&["check"]);
    assert_status(&run, 2);
    assert!(run.stderr.contains("PRE_COMMIT is set"), "{}", run.stderr);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = Folder::of(&[
        ("binary.py", b"\x00\x01\x02".as_slice()),
        ("deep/chain.py", format!("x = {}1\n", "1 + ".repeat(100_000)).as_bytes()),
        ("deep/dots.py", format!("x = a{}\n", ".b".repeat(100_000)).as_bytes()),
        (
            "deep/lambda.py",
            format!("x = {}1\n", "lambda: ".repeat(100_000)).as_bytes(),
        ),
        ("deep/minus.py", format!("x = {}1\n", "-".repeat(100_000)).as_bytes()),
        ("deep/open.py", "(".repeat(100_000).as_bytes()),
        (
            "deep/parens.py",
            format!("x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000)).as_bytes(),
        ),
        ("empty.py", b""),
        ("escape.py", b"x = '\\ud800'\n"),
        ("fine.py", GOOD.as_bytes()),
        ("latin.py", b"# coding: latin-1\nx = '\xe9'\n"),
        ("surrogate.py", b"x = '\xed\xa0\x80'\n"),
        ("utf16.py", b"\xff\xfex\x00"),
        ("wrong.py", b"x = '\xe9'\n"),
    ]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("loop.py", folder.path().join("loop.py")).unwrap();
        std::os::unix::fs::symlink("gone.py", folder.path().join("dangling.py")).unwrap();
    }
    let run = folder.run(&["check", "--format", "json"]);
    assert_status(&run, 0);
    let report = json(&run.stdout);
    let unread = unread(&report);
    let reason = |path: &str| {
        let found = unread.iter().find(|(unread, _)| unread == path);
        found.map(|(_, reason)| reason.as_str())
    };
    let deep = Some("too deeply nested");
    let mut cases = vec![
        ("binary.py", Some("binary")),
        ("deep/chain.py", deep),
        ("deep/dots.py", deep),
        ("deep/minus.py", deep),
        ("deep/open.py", deep),
        ("deep/parens.py", deep),
        ("empty.py", None),
        ("escape.py", None),
        ("fine.py", None),
        ("latin.py", None),
        ("surrogate.py", Some("not UTF-8 at byte 5")),
        ("utf16.py", Some("UTF-16, not UTF-8")),
        ("wrong.py", Some("not UTF-8 at byte 5")),
    ];
    if cfg!(unix) {
        cases.push(("dangling.py", Some("dangling symlink")));
    }
    for (path, expected) in cases {
        assert_eq!(reason(path), expected, "{path}");
    }
    if cfg!(unix) {
        assert!(
            reason("loop.py")
                .unwrap()
                .starts_with("symlink that cannot be followed")
        );
    }
    let read = report["files"]["read"].as_u64().unwrap();
    let links = if cfg!(unix) { 2 } else { 0 };
    assert_eq!(read as usize + unread.len(), 14 + links, "{unread:?}");
    assert_eq!(report["files"]["by_language"]["python"], read);

    let strict = folder.run(&["check", "--strict", "--exit-zero"]);
    assert_status(&strict, 2);
    assert!(
        strict
            .stderr
            .starts_with("error: --strict: not all files were read: `binary.py` (binary), ")
    );
    assert!(strict.stdout.contains("no findings in"), "{}", strict.stdout);
    assert_status(&folder.run(&["check", "--strict", "fine.py"]), 2);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_opened_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::of(&[("a.py", GOOD), ("shut.py", GOOD), ("shut/b.py", GOOD)]);
    let shut = |path: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.path().join(path), permissions).unwrap();
    };
    shut("shut.py", 0);
    shut("shut", 0);
    let is_superuser = std::fs::read(folder.path().join("shut.py")).is_ok();
    let run = folder.run(&["check", "--format", "json"]);
    shut("shut", 0o700);
    assert_status(&run, 0);
    let denied = |path: &str| (path.to_owned(), "permission denied".to_owned());
    let expected = if is_superuser {
        vec![]
    } else {
        vec![denied("shut"), denied("shut.py")]
    };
    assert_eq!(unread(&json(&run.stdout)), expected);
}

#[test]
fn a_file_that_is_partly_read_is_no_unread_file() {
    let folder = Folder::of(&[(
        "a.py",
        "import asyncio\n\nasync def main():\n    asyncio.run(main())\n\nx = = 1\n",
    )]);
    let run = folder.run(&["check", "--strict"]);
    assert_status(&run, 1);
    assert!(run.stdout.contains("partly read 1 file:"), "{}", run.stdout);
}

#[test]
fn one_analysis_writes_several_reports() {
    let folder = Folder::of(&[("a.py", BAD), ("out/keep", "")]);
    let run = folder.run(&[
        "check",
        "--output",
        "sarif=out/a.sarif",
        "--output",
        "json=a.json",
        "--output",
        "a.txt",
        "--output",
        "concise=-",
    ]);
    assert_status(&run, 1);
    assert!(
        run.stdout.starts_with("a.py:5:13: error[nested-event-loop] "),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "");
    assert_eq!(json(&folder.read("out/a.sarif"))["version"], "2.1.0");
    assert_eq!(json(&folder.read("a.json"))["counts"]["nested-event-loop"], 1);
    assert!(folder.read("a.txt").contains("1 finding in 1 file"));

    // What a run writes, it does not read.
    let again = folder.run(&["check", "--output", "json=a.json", "--output", "-"]);
    assert!(again.stdout.contains("\nread 1 file (1 python)\n"), "{}", again.stdout);
    std::fs::remove_file(folder.path().join("a.json")).unwrap();

    // Nobody is left in the dark if all reports go to files.
    let run = folder.run(&["check", "--format", "github", "--output", "a.txt"]);
    assert_status(&run, 1);
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr, "1 finding (1 error) in 1 file; written to `a.txt`\n");
    assert!(folder.read("a.txt").starts_with("::error "));
    let run = folder.run(&["check", "--quiet", "--output", "a.txt"]);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn a_path_filters_the_report_and_not_the_program() {
    let settings = "[concerns.secret-resolution]\nowner = \"shared.secrets\"\n";
    let folder = Folder::of(&[
        ("ssot.toml", settings),
        ("shared/secrets.py", SECRETS),
        ("backend/a.py", SECRETS),
        ("backend/b.py", SECRETS),
        ("scripts/c.py", SECRETS),
        ("tests/d.py", SECRETS),
    ]);
    let paths = |arguments: &[&str]| {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        let run = folder.run(&all);
        let report = json(&run.stdout);
        let fingerprints = report["findings"].as_array().unwrap().iter();
        let fingerprints: Vec<String> = fingerprints.map(|finding| finding["fingerprint"].to_string()).collect();
        let mut paths: Vec<String> = found_in(&report).into_iter().map(str::to_owned).collect();
        paths.dedup();
        (paths, fingerprints, report["hidden"].to_string())
    };
    let (all, fingerprints, hidden) = paths(&[]);
    assert_eq!(all, ["backend/a.py", "backend/b.py", "scripts/c.py"]);
    assert_eq!(hidden, "{\"direct-secret-read\":{\"test\":2}}");
    let (some, part, hidden) = paths(&["backend/b.py", "scripts"]);
    assert_eq!(some, ["backend/b.py", "scripts/c.py"]);
    assert_eq!(part, fingerprints[2..]);
    assert_eq!(hidden, "{}");
    assert_eq!(paths(&["backend"]).0, ["backend/a.py", "backend/b.py"]);
    assert_eq!(
        paths(&["--only-files", "backend/b.py", "ssot.toml", "README"]).0,
        ["backend/b.py"]
    );
    assert_eq!(paths(&["scripts", "--only-files", "backend/b.py"]).0, [""; 0]);
    assert_eq!(paths(&["--scopes", "test"]).0, ["tests/d.py"]);

    let run = folder.run(&["check", "--only-files", "shared/secrets.py", "lost.py"]);
    assert_status(&run, 0);
    assert_eq!(
        run.stderr,
        "warning: `lost.py` of --only-files is no file of the program: nothing is reported of it\n"
    );
    // Paths are shown as seen from where the run was started.
    let mut below = folder.command(&["check", "--format", "concise", "../scripts"]);
    let below = Run::of(below.current_dir(folder.path().join("backend")).output().unwrap());
    assert_status(&below, 1);
    assert!(below.stdout.starts_with("../scripts/c.py:5:"), "{}", below.stdout);
}

#[test]
fn settings_that_are_wrong_are_shown_where_they_stand() {
    let folder = Folder::of(&[("a.py", GOOD), ("ssot.toml", "[rules.skip-auth]\nlevel = \"error\"\n")]);
    let run = folder.run(&["check"]);
    assert_status(&run, 2);
    assert!(run.stderr.contains("there is no rule `skip-auth`"), "{}", run.stderr);
    assert!(run.stderr.contains("ssot.toml:1:"), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `skip-auth-flag`?"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_status(&folder.run(&["check", "--no-config"]), 0);
}

#[test]
fn owners_must_be_there() {
    let folder = Folder::of(&[
        ("auth/secrets.py", SECRETS),
        ("backend/a.py", SECRETS),
        (
            "ssot.toml",
            "[concerns.secret-resolution]\nowner = [\n  \"auth.secrets.key\",\n  \"auth.secret\",\n]\n",
        ),
    ]);
    let run = folder.run(&["check", "backend"]);
    assert_status(&run, 2);
    assert!(
        run.stderr
            .contains("the owner `auth.secret` names nothing in the program"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("ssot.toml:4:3"), "{}", run.stderr);
    assert!(!run.stderr.contains("not read"), "{}", run.stderr);
    folder.write("auth/secret.py", b"x = '\xe9'\n");
    let run = folder.run(&["check", "backend"]);
    assert_status(&run, 1);
    folder.write("ssot.toml", "concerns.secret-resolution.owner = \"auth.secret.key\"\n");
    let run = folder.run(&["check", "backend"]);
    assert_status(&run, 2);
    assert!(run.stderr.contains("not read"), "{}", run.stderr);
    assert!(
        run.stderr.contains("`auth/secret.py` (not UTF-8 at byte 5)"),
        "{}",
        run.stderr
    );
}

#[test]
fn waivers_can_be_left_out_of_account() {
    let waived = BAD.replace(
        "main())\n",
        "main())  # ssot: ignore[nested-event-loop] it is patched\n",
    );
    let folder = Folder::of(&[("a.py", waived)]);
    assert_status(&folder.run(&["check"]), 0);
    let run = folder.run(&["check", "--no-waivers"]);
    assert_status(&run, 1);
    assert!(!run.stdout.contains("unused-waiver"), "{}", run.stdout);
    let results = |arguments: &[&str]| {
        let run = folder.run(arguments);
        assert_status(&run, 0);
        json(&run.stdout)["runs"][0].clone()
    };
    let plain = results(&["check", "--format", "sarif"]);
    assert_eq!(plain["results"].as_array().unwrap().len(), 0);
    let with = results(&["check", "--format", "sarif", "--include-waived", "--category", "ci"]);
    assert_eq!(with["results"][0]["suppressions"][0]["justification"], "it is patched");
    assert_eq!(with["automationDetails"]["id"], "ci/");
}

#[test]
fn a_rule_that_was_selected_but_is_off_is_told() {
    let folder = Folder::of(&[
        ("a.py", BAD),
        ("ssot.toml", "rules.nested-event-loop.level = \"off\"\n"),
    ]);
    let run = folder.run(&["check", "--select", "nested-event-loop"]);
    assert_status(&run, 0);
    assert!(
        run.stderr
            .starts_with("warning: `nested-event-loop` was selected, but is off; "),
        "{}",
        run.stderr
    );
    assert_eq!(
        folder
            .run(&["check", "--quiet", "--select", "nested-event-loop"])
            .stderr,
        ""
    );
}

#[test]
fn a_repository_that_git_cannot_read_is_told() {
    let folder = Folder::of(&[("a.py", GOOD), (".git/HEAD", "nonsense\n")]);
    let run = folder.run(&["check"]);
    assert_status(&run, 0);
    assert!(run.stderr.starts_with("warning: git says: "), "{}", run.stderr);
    assert!(
        run.stderr.contains("`.gitignore` files were read instead"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut files: Vec<(String, String)> = Vec::new();
    for number in 0..40 {
        files.push((
            format!("pkg{}/m{number}.py", number % 5),
            format!("{BAD}{}", "x = 1\n".repeat(number * 7)),
        ));
        files.push((format!("pkg{}/s{number}.py", number % 3), SECRETS.to_owned()));
    }
    files.push(("broken.py".to_owned(), "def f(:\n".to_owned()));
    let folder = Folder::of(&files);
    for format in ["text", "json", "sarif"] {
        let one = folder.run(&["check", "--threads", "1", "--format", format]);
        assert_status(&one, 1);
        for threads in ["2", "7"] {
            let more = folder.run(&["check", "--threads", threads, "--format", format]);
            assert_eq!(one.stdout, more.stdout);
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let files: Vec<(String, &str)> = (0..500).map(|number| (format!("m{number}.py"), BAD)).collect();
    let folder = Folder::of(&files);
    for arguments in [
        &["check"][..],
        &["check", "--format", "json"],
        &["rules"],
        &["explain", "direct-secret-read"],
    ] {
        let mut child = folder
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run = Run::of(child.wait_with_output().unwrap());
        assert_status(&run, i32::from(arguments[0] == "check"));
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn colours_are_as_users_and_the_environment_want_them() {
    let folder = Folder::of(&[("a.py", BAD)]);
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = folder.command(arguments);
        command.envs(variables.iter().copied());
        Run::of(command.output().unwrap()).stdout.contains('\x1b')
    };
    type Variables = &'static [(&'static str, &'static str)];
    let cases: [(&str, Variables, bool); 8] = [
        ("auto", &[], false),
        ("always", &[], true),
        ("always", &[("NO_COLOR", "1")], true),
        ("never", &[("FORCE_COLOR", "1")], false),
        ("auto", &[("FORCE_COLOR", "1")], true),
        ("auto", &[("FORCE_COLOR", "0")], false),
        ("auto", &[("CLICOLOR_FORCE", "1")], true),
        ("auto", &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
    ];
    for (color, variables, expected) in cases {
        for command in [&["check"][..], &["rules"], &["explain", "skip-auth-flag"]] {
            let arguments = [command, &["--color", color]].concat();
            assert_eq!(coloured(&arguments, variables), expected, "{arguments:?} {variables:?}");
        }
    }
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = Folder::of(&[("a.py", GOOD)]);
    let list = folder.run(&["rules"]);
    assert_status(&list, 0);
    for rule in ssotlint::rules::RULES {
        assert!(list.stdout.lines().any(|line| line.starts_with(rule.id)), "{}", rule.id);
        let run = folder.run(&["explain", rule.id]);
        assert_status(&run, 0);
        let page = run.stdout;
        assert!(page.starts_with(&format!("{}\n", rule.id)), "{page}");
        assert!(page.contains("\nWHY\n") && page.contains("\nFIX\n"), "{page}");
        for word in ["toml rule", "# error: [", "# warning: [", "```", "\n\n\n\n"] {
            assert!(!page.contains(word), "{}: {word:?}", rule.id);
        }
    }
    let run = folder.run(&["completions", "bash"]);
    assert_status(&run, 0);
    assert!(run.stdout.contains("--only-files"));
}

/// A handler that gets to a loop through an object that a module makes.
const CALLS: [(&str, &str); 2] = [
    (
        "auth.py",
        "import asyncio\n\n\nclass Client:\n    def check_token(self):\n        return asyncio.run(fetch())\n\n\nasync def fetch():\n    return 1\n\n\nclient = Client()\n",
    ),
    (
        "main.py",
        "from auth import client\n\n\nasync def handler():\n    return client.check_token()\n\n\ndef other(thing):\n    return thing.check_token() or thing.legacy\n",
    ),
];

#[test]
fn the_call_graph_is_written_in_three_forms() {
    let folder = Folder::of(&CALLS);
    let run = folder.run(&["graph", "calls"]);
    assert_status(&run, 0);
    let graph = json(&run.stdout);
    assert_eq!(graph["main.handler"], serde_json::json!(["auth.Client.check_token"]));
    assert_eq!(
        graph["auth.Client.check_token"],
        serde_json::json!(["asyncio.run", "auth.fetch"])
    );
    assert_eq!(graph["main.other"], serde_json::json!([]));
    assert_eq!(graph["main"], serde_json::json!([]));

    let run = folder.run(&["graph", "calls", "--tier", "possible", "--format", "dot"]);
    assert_status(&run, 0);
    let guess = "\"main.other\" -> \"auth.Client.check_token\";";
    assert!(
        run.stdout.starts_with("digraph calls {") && run.stdout.contains(guess),
        "{}",
        run.stdout
    );

    let run = folder.run(&["graph", "calls", "--format", "mermaid"]);
    assert_status(&run, 0);
    assert!(
        run.stdout.starts_with("flowchart LR\n  n1[\"auth\"]\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn why_an_edge_is_there_is_told() {
    let folder = Folder::of(&CALLS);
    let run = folder.run(&["debug", "why", "main.handler", "auth.fetch"]);
    assert_status(&run, 0);
    let way = "main.py:5: `main.handler` calls `auth.Client.check_token` (certain)\nauth.py:6: `auth.Client.check_token` calls `auth.fetch` (certain)\n";
    assert_eq!(run.stdout, way);

    let run = folder.run(&["debug", "why", "main", "auth.fetch"]);
    assert_status(&run, 0);
    assert!(
        run.stdout.starts_with("no call of `main` gets to `auth.fetch`\n"),
        "{}",
        run.stdout
    );

    let run = folder.run(&["debug", "why", "main.nobody", "auth.fetch"]);
    assert_status(&run, 2);
    assert!(
        run.stderr
            .contains("`main.nobody` is no function or module of the program"),
        "{}",
        run.stderr
    );

    let run = folder.run(&["debug", "facts", "main.py"]);
    assert_status(&run, 0);
    assert!(run.stdout.contains("handler"), "{}", run.stdout);
}

/// The report of a program, in one format.
fn inventory(project: &str, arguments: &[&str]) -> String {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join(project);
    let folder = Folder::of::<&str, &str>(&[]);
    let mut all = vec!["report"];
    all.extend(arguments);
    let project = project.to_string_lossy();
    all.push(&project);
    let run = folder.run(&all);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    run.stdout
}

#[test]
fn an_inventory_is_what_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(ssotlint::report::INVENTORY_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for project in ["fixtures/projects/four-paths", "fixtures/projects/one-path"] {
        let report = serde_json::from_str(&inventory(project, &["--format", "json"])).unwrap();
        let mistakes: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{mistakes:?}");
    }
}

#[test]
fn an_inventory_is_the_same_on_every_run() {
    for format in ["text", "json", "markdown", "html", "dot"] {
        let one = inventory("fixtures/projects/four-paths", &["--format", format, "--threads", "1"]);
        let many = inventory("fixtures/projects/four-paths", &["--format", format, "--threads", "7"]);
        assert_eq!(one, many);
        assert!(one.contains("pre_connection_check"), "{format}");
    }
}

#[test]
fn an_inventory_tells_what_each_environment_is_given() {
    let folder = Folder::of(&[
        (
            "app.py",
            "import os\n\nos.environ[\"JWT_SECRET\"], os.environ[\"API_TOKEN\"], os.environ[\"DB_PASSWORD\"]\nos.getenv(\"SKIP_AUTH\", \"false\")\n",
        ),
        (
            "main.tf",
            "resource \"google_cloud_run_v2_service\" \"api\" {\n  env {\n    name  = \"JWT_SECRET\"\n    value = var.jwt_secret\n  }\n  env {\n    name = \"API_TOKEN\"\n    value_source {\n      secret_key_ref {\n        secret  = google_secret_manager_secret.token.secret_id\n        version = \"latest\"\n      }\n    }\n  }\n}\n",
        ),
        ("production.tfvars", "jwt_secret = \"fake-one\"\n"),
        ("staging.tfvars", "jwt_secret = \"fake-two\"\n"),
        ("qa.tfvars", "other = 1\n"),
        (
            "chart/templates/api.yaml",
            "env:\n  - name: SKIP_AUTH\n    value: {{ .Values.auth.skip | quote }}\n",
        ),
        ("chart/values-prod.yaml", "auth:\n  skip: false\n"),
        ("chart/values-qa.yaml", "auth:\n  skip: true\n"),
        (
            "compose.staging.yaml",
            "services:\n  api:\n    secrets: [db_password]\nsecrets:\n  db_password:\n    environment: DB\n",
        ),
    ]);
    let run = folder.run(&["report"]);
    let table = run.stdout.split_once("secret or flag").map_or("", |(_, table)| table);
    let rows: Vec<String> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows[..5],
        [
            "production qa staging elsewhere",
            "API_TOKEN mapped to token",
            "DB_PASSWORD missing missing passed from DB",
            "JWT_SECRET same missing differs passed from jwt_secret",
            "SKIP_AUTH same differs missing default, passed from auth.skip",
        ],
        "{table}"
    );
    assert!(!run.stdout.contains("fake"), "{}", run.stdout);
}

#[test]
fn an_inventory_of_nothing_says_so() {
    let run = Folder::of(&[("main.py", "x = 1\n")]).run(&["report"]);
    assert_eq!(run.status, Some(0));
    assert!(run.stdout.starts_with("0 auth paths"), "{}", run.stdout);
}

#[test]
fn what_all_live_paths_share_owns_them() {
    let main = "\
import jwt
from flask import Flask, request

app = Flask(__name__)


def claims(token):
    return jwt.decode(token, KEY, algorithms=[\"HS256\"])


def by_header():
    return claims(request.headers[\"authorization\"])


def by_cookie():
    return claims(request.cookies[\"token\"])


@app.get(\"/me\")
def me():
    return by_header()


@app.get(\"/you\")
def you():
    return by_cookie()
";
    let owners = |main: &str| {
        let folder = Folder::of(&[("main.py", main)]);
        let run = folder.run(&["report", "--format", "json"]);
        let report = json(&run.stdout);
        let owners = report["owners"].as_array().unwrap().iter();
        let owners: Vec<String> = owners
            .map(|owner| format!("{}: {}", owner["path"], owner["reason"]))
            .collect();
        (owners, report["counts"]["through_owner"].as_u64())
    };
    let shared = "\"main.claims\": \"all live paths go through it\"".to_owned();
    assert_eq!(owners(main), (vec![shared], Some(2)));
    let alone = main
        .replace("return by_cookie()", "return 1")
        .replace("def by_cookie", "def _by_cookie");
    assert_eq!(owners(&alone), (Vec::new(), Some(0)));
}

#[test]
fn a_path_that_nothing_leads_to_says_so_if_a_call_is_not_understood() {
    let main = "import jwt\n\n\nclass User:\n    def knows(self, token):\n        return jwt.decode(token, KEY, algorithms=[\"HS256\"])\n";
    let folder = Folder::of(&[("main.py", main.to_owned())]);
    let note = "(something calls a `knows`, of what is not known)";
    assert!(!folder.run(&["report"]).stdout.contains(note));
    folder.write(
        "pages.py",
        "def page(request):\n    return request.user.knows(request.token)\n",
    );
    let written = folder.run(&["report"]).stdout;
    assert!(written.contains(note), "{written}");
}

#[test]
fn an_inventory_is_set_beside_that_of_a_revision() {
    let handler = |name: &str| {
        format!(
            "import jwt\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/{name}\")\ndef {name}():\n    \
             return jwt.decode(request.headers[\"authorization\"], KEY, algorithms=[\"HS256\"])\n"
        )
    };
    let folder = Folder::of(&[("main.py", handler("me"))]);
    folder.git(&["init", "-q"]);
    folder.commit();
    folder.write("main.py", handler("you"));
    let run = folder.run(&["report", "--since", "HEAD"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    for line in [
        "  since HEAD: 1 auth path before, 1 now",
        "  new      main.you -> jwt.decode  main.py:9  (live)",
        "  gone     main.me -> jwt.decode  main.py:9  (live)",
    ] {
        assert!(
            run.stdout.lines().any(|written| written == line),
            "{line}\n{}",
            run.stdout
        );
    }
    // What is only called otherwise has changed: nothing is gone, nothing is new.
    folder.write("main.py", handler("me").replace("def me", "def myself"));
    let run = folder.run(&["report", "--since", "HEAD"]);
    let changes: Vec<&str> = run
        .stdout
        .lines()
        .skip_while(|line| !line.contains("since HEAD"))
        .collect();
    assert_eq!(
        changes.get(1),
        Some(&"  changed  main.myself -> jwt.decode  main.py:9  (live)"),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("gone ") && !run.stdout.contains("new  "),
        "{}",
        run.stdout
    );
}
