//! How a team takes ssotlint up: what it accepts for now, what a change adds and takes away.

use crate::binary::{Folder, Run};

/// One finding of `nested-event-loop` for each call, in need of no settings.
const SICK: &str =
    "import asyncio\n\n\nasync def job():\n    return 1\n\n\nasync def main():\n    asyncio.run(job())\n";
const MORE: &str = "\n\nasync def other():\n    asyncio.run(job())\n";

#[track_caller]
fn assert_status(run: &Run, status: i32) {
    let Run { stdout, stderr, .. } = run;
    assert_eq!(run.status, Some(status), "\nstdout:\n{stdout}\nstderr:\n{stderr}");
    assert!(!run.stderr.contains("panicked"), "{stderr}");
}

#[track_caller]
fn assert_says(text: &str, part: &str) {
    assert!(text.contains(part), "no `{part}` in:\n{text}");
}

mod budget {
    use super::{Folder, assert_says, assert_status};

    const AUTH: &str = "\
import jwt
from fastapi import Header


def current(authorization: str = Header()):
    return jwt.decode(authorization, KEY, algorithms=[\"HS256\"])
";
    const APP: &str = "\
from fastapi import Depends, FastAPI

from harbour.auth import current

app = FastAPI()


@app.get(\"/me\")
def me(who=Depends(current)):
    return who
";
    const FEED: &str = "

def feed_user(token: str):
    return jwt.decode(token, FEED_KEY, algorithms=[\"HS256\"])


@app.get(\"/feed\")
def feed(who=Depends(feed_user)):
    return who
";
    const SETTINGS: &str = "[concerns.token-validation]\nowner = \"harbour.auth\"\n[budget]\nauth-paths = 1\n";

    fn harbour() -> Folder {
        let folder = Folder::of(&[
            ("harbour/auth.py", AUTH),
            ("harbour/main.py", APP),
            ("ssot.toml", SETTINGS),
        ]);
        folder.git(&["init", "-q"]);
        folder.commit();
        folder
    }

    fn with_feed() -> String {
        format!("import jwt\n{APP}{FEED}")
    }

    /// The lines of what `check` reports of the budget, each a finding.
    fn told(folder: &Folder, change: &[&str]) -> Vec<String> {
        let check = [
            "check",
            "--select",
            "auth-path-budget",
            "--format",
            "concise",
            "--exit-zero",
        ];
        let run = folder.run(&[&check, change].concat());
        assert_status(&run, 0);
        let lines = run.stdout.lines().filter(|line| line.contains("[auth-path-budget]"));
        lines.map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_tells(folder: &Folder, change: &[&str], expected: &[&str]) {
        let told = told(folder, change);
        assert_eq!(told.len(), expected.len(), "{change:?}: {told:#?}");
        for (line, expected) in told.iter().zip(expected) {
            assert_says(line, expected);
        }
    }

    #[test]
    fn the_path_that_a_change_adds_is_named() {
        let folder = harbour();
        folder.write("harbour/main.py", with_feed());
        let new = "harbour/main.py:14:5: error[auth-path-budget] a new way in, by `harbour.main.feed_user` to `jwt.decode`, makes 2 live";
        assert_tells(&folder, &["--changed"], &[new]);
        assert_tells(&folder, &["--since", "HEAD"], &[new]);
        assert_tells(&folder, &["--changed", "--since", "HEAD"], &[new]);
        assert_tells(
            &folder,
            &[],
            &["2 live auth paths, and the budget allows 1; what goes past"],
        );
        folder.commit();
        assert_tells(&folder, &["--since", "HEAD~1"], &[new]);
        assert_tells(&folder, &["--changed=HEAD~1"], &[new]);

        // What was too much before is not what a later change adds.
        folder.write("harbour/main.py", format!("{}\n\nVERSION = 2\n", with_feed()));
        assert_tells(&folder, &["--changed"], &[]);
        assert_tells(&folder, &["--since", "HEAD"], &[]);
    }

    #[test]
    fn a_path_that_a_mount_brings_to_life_is_named_though_no_line_of_it_is_changed() {
        let folder = harbour();
        let router = "import jwt\nfrom fastapi import APIRouter, Depends\n\napp = APIRouter()\n";
        folder.write("harbour/feeds.py", format!("{router}{FEED}"));
        folder.commit();
        let mounting = "\nfrom harbour import feeds\n\napp.include_router(feeds.app)\n";
        folder.write("harbour/main.py", format!("{APP}{mounting}"));
        let new = "harbour/feeds.py:7:5: error[auth-path-budget] a new way in, by `harbour.feeds.feed_user`";
        assert_tells(&folder, &["--changed"], &[new]);
        assert_tells(&folder, &["--since", "HEAD"], &[new]);
    }

    #[test]
    fn what_is_renamed_or_moved_is_not_new() {
        let folder = harbour();
        // The gate, its file and the file of the handlers are called otherwise, and a path is added.
        std::fs::remove_file(folder.path().join("harbour/auth.py")).unwrap();
        std::fs::remove_file(folder.path().join("harbour/main.py")).unwrap();
        folder.write("harbour/access.py", AUTH.replace("current", "current_user"));
        let renamed = with_feed()
            .replace("current", "current_user")
            .replace("auth import", "access import");
        folder.write("harbour/server.py", &renamed);
        folder.write("ssot.toml", SETTINGS.replace("harbour.auth", "harbour.access"));
        let new = "harbour/server.py:14:5: error[auth-path-budget] a new way in, by `harbour.server.feed_user`";
        assert_tells(&folder, &["--changed"], &[new]);
        assert_tells(&folder, &["--since", "HEAD"], &[new]);
    }

    #[test]
    fn what_takes_the_place_of_another_one_is_within_the_budget() {
        let folder = harbour();
        folder.write(
            "harbour/main.py",
            with_feed().replace("who=Depends(current)", "who=None"),
        );
        assert_tells(&folder, &["--since", "HEAD"], &[]);
        assert_tells(&folder, &["--changed"], &[]);
        assert_tells(&folder, &[], &[]);
    }

    #[test]
    fn what_the_baseline_does_not_know_is_new() {
        let folder = harbour();
        folder.write("harbour/main.py", with_feed());
        assert_status(&folder.run(&["baseline"]), 0);
        assert_status(&folder.run(&["check", "--ratchet"]), 0);

        // A third one is the only one that is told; taken away again, nothing is.
        let third = FEED.replace("feed", "tide");
        folder.write("harbour/main.py", format!("{}{third}", with_feed()));
        assert_tells(
            &folder,
            &[],
            &["harbour/main.py:23:5: error[auth-path-budget] a new way in, by `harbour.main.tide_user`"],
        );
        folder.write("harbour/main.py", with_feed().replace("feed", "tide"));
        assert_tells(&folder, &[], &[]);
        folder.write("harbour/main.py", APP);
        assert_tells(&folder, &[], &[]);
        assert_says(&folder.run(&["check"]).stdout, "gone from the baseline");
    }

    #[test]
    fn what_ends_where_the_baseline_accepts_nothing_is_new() {
        let folder = harbour();
        folder.write("harbour/main.py", with_feed());
        folder.write("ssot.toml", SETTINGS.replace("auth-paths = 1", "auth-paths = 2"));
        assert_status(&folder.run(&["baseline"]), 0);
        assert!(!folder.read("ssot-baseline.json").contains("auth-path-budget"));
        folder.write(
            "harbour/main.py",
            format!("{}{}", with_feed(), FEED.replace("feed", "tide")),
        );
        let run = folder.run(&["check", "--format", "concise"]);
        assert_status(&run, 1);
        assert_says(
            &run.stdout,
            "harbour/main.py:23:5: error[auth-path-budget] a new way in, by `harbour.main.tide_user`",
        );
        assert!(!run.stdout.contains("feed_user"), "{}", run.stdout);
    }
}

mod baseline {
    use super::{Folder, MORE, SICK, assert_says, assert_status};

    #[test]
    fn what_is_accepted_is_not_reported_and_what_is_new_is() {
        let folder = Folder::of(&[("app/jobs.py", SICK)]);
        assert_status(&folder.run(&["check"]), 1);
        let run = folder.run(&["baseline"]);
        assert_status(&run, 0);
        assert_says(
            &run.stderr,
            "`ssot-baseline.json` accepts 1 finding (1 added, 0 removed)",
        );
        let written = folder.read("ssot-baseline.json");
        assert_eq!(written.lines().count(), 3, "{written}");
        assert_says(
            &written,
            "{\"rule\":\"nested-event-loop\",\"symbol\":\"app.jobs.main\",\"path\":\"app/jobs.py\"",
        );

        let run = folder.run(&["check"]);
        assert_status(&run, 0);
        assert_says(&run.stdout, "in the baseline: 1; shown with `--no-baseline`");
        assert_status(&folder.run(&["check", "--no-baseline"]), 1);

        // The same in another file is another one, also where the report is about that file alone.
        folder.write("app/more.py", SICK);
        let run = folder.run(&["check", "app/more.py", "--format", "concise"]);
        assert_says(&run.stdout, "1 finding (1 error)");
        std::fs::remove_file(folder.path().join("app/more.py")).unwrap();

        // Moved down, in a renamed file, it is the same finding.
        std::fs::remove_file(folder.path().join("app/jobs.py")).unwrap();
        folder.write("app/tasks.py", format!("import os\n\n\n{SICK}"));
        assert_status(&folder.run(&["check", "--ratchet"]), 0);

        // One like it is another one.
        folder.write("app/tasks.py", format!("{SICK}    asyncio.run(job())\n{MORE}"));
        let run = folder.run(&["check", "--format", "concise"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "2 findings (2 errors) in 1 file, 1 in the baseline");
    }

    #[test]
    fn what_is_gone_is_told_and_taken_out() {
        let folder = Folder::of(&[("jobs.py", &format!("{SICK}{MORE}")), ("more.py", &SICK.to_owned())]);
        folder.run(&["baseline"]);
        folder.write("jobs.py", SICK);
        let run = folder.run(&["check"]);
        assert_status(&run, 0);
        assert_says(
            &run.stdout,
            "gone from the baseline: 1 (nested-event-loop in jobs.other)",
        );
        let run = folder.run(&["check", "--ratchet"]);
        assert_status(&run, 1);
        assert_says(
            &run.stderr,
            "error: --ratchet: 1 entry of what is found no longer in `ssot-baseline.json`",
        );
        // What was not looked for is not gone.
        for arguments in [
            ["check", "more.py"],
            ["check", "--select=skip-auth-flag"],
            ["check", "--scopes=test"],
        ] {
            let run = folder.run(&[&arguments[..], &["--ratchet"]].concat());
            assert_status(&run, 0);
        }
        let run = folder.run(&["check", "--prune"]);
        assert_status(&run, 0);
        assert_says(&run.stderr, "`ssot-baseline.json`: 1 entry removed, 2 left");
        assert_status(&folder.run(&["check", "--ratchet"]), 0);

        folder.write("more.py", "");
        assert_says(&folder.run(&["baseline", "--prune"]).stderr, "1 entry removed, 1 left");
        folder.write("more.py", SICK);
        assert_status(&folder.run(&["check"]), 1);
    }

    #[test]
    fn an_entry_may_have_a_reason_and_a_last_day() {
        let folder = Folder::of(&[("jobs.py", SICK)]);
        folder.run(&["baseline"]);
        let written = folder.read("ssot-baseline.json");
        let dated = written.replace("\"}", "\",\"reason\":\"next quarter\",\"until\":\"2027-03-01\"}");
        folder.write("ssot-baseline.json", &dated);
        assert_status(&folder.run(&["check", "--today", "2027-03-01"]), 0);
        let run = folder.run(&["check", "--today", "2027-03-02", "--ratchet"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "nested-event-loop");
        assert_says(&run.stdout, "the baseline accepted this until 2027-03-01");
        // Written anew, it keeps both.
        folder.write("more.py", SICK);
        folder.run(&["baseline"]);
        assert_says(&folder.read("ssot-baseline.json"), "\"until\":\"2027-03-01\"");
    }

    #[test]
    fn what_is_like_an_accepted_finding_can_be_accepted_too() {
        let folder = Folder::of(&[("jobs.py", SICK)]);
        folder.run(&["baseline"]);
        folder.write("more.py", SICK);
        assert_status(&folder.run(&["check"]), 1);
        assert_says(
            &folder.run(&["baseline"]).stderr,
            "accepts 2 findings (1 added, 0 removed)",
        );
        assert_status(&folder.run(&["check", "--ratchet"]), 0);
    }

    #[test]
    fn branches_that_accept_something_each_can_be_merged() {
        let before: Vec<(String, &str)> = ["b", "d", "f", "h"].map(|name| (format!("{name}.py"), SICK)).into();
        let folder = Folder::of(&before);
        folder.run(&["baseline"]);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.commit();
        for (branch, file) in [("one", "c.py"), ("two", "g.py")] {
            folder.git(&["checkout", "-q", "-b", branch, "main"]);
            folder.write(file, SICK);
            assert_says(&folder.run(&["baseline"]).stderr, "(1 added, 0 removed)");
            folder.commit();
        }
        folder.git(&["merge", "-q", "-m", "both", "one"]);
        assert_eq!(folder.read("ssot-baseline.json").lines().count(), 8);
        assert_status(&folder.run(&["check", "--ratchet"]), 0);
    }

    #[test]
    fn of_two_sides_of_a_merge_all_lines_can_be_kept() {
        let folder = Folder::of(&[("b.py", SICK), (".gitattributes", "ssot-baseline.json merge=union\n")]);
        folder.run(&["baseline"]);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.commit();
        // Both add lines at the end, where there is no comma.
        for (branch, file) in [("one", "x.py"), ("two", "y.py")] {
            folder.git(&["checkout", "-q", "-b", branch, "main"]);
            folder.write(file, SICK);
            folder.run(&["baseline"]);
            folder.commit();
        }
        folder.git(&["merge", "-q", "-m", "both", "one"]);
        assert_status(&folder.run(&["check", "--ratchet"]), 0);
        // A comma that is too much, where the last entry was taken out by hand.
        let written = folder.read("ssot-baseline.json");
        let lines: Vec<&str> = written.lines().filter(|line| !line.contains("y.main")).collect();
        folder.write("ssot-baseline.json", lines.join("\n"));
        assert_says(
            &folder.run(&["check", "--format", "concise"]).stdout,
            "y.py:9:13: error",
        );
    }

    #[test]
    fn a_broken_file_is_told_with_its_line() {
        let folder = Folder::of(&[("jobs.py", SICK)]);
        let run = folder.run(&["baseline", "--prune"]);
        assert_status(&run, 2);
        assert_says(
            &run.stderr,
            "there is no `ssot-baseline.json` to prune; `ssotlint baseline` writes one",
        );
        folder.run(&["baseline"]);
        let written = folder.read("ssot-baseline.json");
        let cases = [
            (
                written.replace("\"}", "\",\"until\":\"soon\"}"),
                ":2:",
                "`until` is no date: `soon`",
            ),
            (written.replace("\"path\"", "\"file\""), ":2:", "unknown field `file`"),
            (
                written.replace("[\n", "[\n<<<<<<< ours\n"),
                ":2:1:",
                "keep the lines of both sides",
            ),
            (written.replace(": 1", ": 7"), ":1:1:", "version 7 is not known"),
        ];
        for (text, place, message) in cases {
            folder.write("ssot-baseline.json", text);
            let run = folder.run(&["check"]);
            assert_status(&run, 2);
            assert_says(&run.stderr, &format!("ssot-baseline.json{place}"));
            assert_says(&run.stderr, message);
        }
    }
}

mod change {
    use super::{Folder, MORE, SICK, assert_says, assert_status};

    /// A repository with one commit.
    fn repository(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::of(files);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.commit();
        folder
    }

    #[test]
    fn only_what_a_change_touches_is_reported() {
        let folder = repository(&[("a.py", SICK), ("b.py", SICK)]);
        assert_status(&folder.run(&["check"]), 1);
        let run = folder.run(&["check", "--changed"]);
        assert_status(&run, 0);
        assert_says(
            &run.stdout,
            "not in the change: 2; shown without `--changed` and `--since`",
        );

        folder.write("a.py", format!("{SICK}{MORE}"));
        for changed in [&["--changed"][..], &["--changed", "HEAD"], &["--changed=main"]] {
            let run = folder.run(&[&["check", "--format", "concise"], changed].concat());
            assert_status(&run, 1);
            assert_says(&run.stdout, "a.py:13:13");
            assert_says(&run.stdout, "1 finding (1 error) in 2 files, 2 not in the change");
        }
        // Committed, it is touched no longer, but still new against the commit before.
        folder.commit();
        assert_status(&folder.run(&["check", "--changed"]), 0);
        assert_status(&folder.run(&["check", "--changed", "HEAD~1"]), 1);
        assert_status(&folder.run(&["check", "--since", "HEAD"]), 0);
        let run = folder.run(&["check", "--since", "HEAD~1", "--format", "concise"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "1 finding (1 error) in 2 files, 2 not in the change");
    }

    #[test]
    fn what_a_change_causes_elsewhere_is_new() {
        let jobs = "import asyncio\n\n\nasync def job():\n    return 1\n\n\ndef run():\n    asyncio.run(job())\n";
        let folder = repository(&[
            ("jobs.py", jobs),
            ("main.py", "import jobs\n\n\ndef main():\n    jobs.run()\n"),
        ]);
        assert_status(&folder.run(&["check"]), 0);
        // The loop is started in jobs.py; the change is that a coroutine gets there.
        folder.write("main.py", "import jobs\n\n\nasync def main():\n    jobs.run()\n");
        let run = folder.run(&["check", "--format", "concise", "--since", "HEAD"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "jobs.py:9:13: error[nested-event-loop]");
        // With the call itself on a changed line, a step of the way is touched.
        folder.write("main.py", "import jobs\n\n\nasync def main():\n    return jobs.run()\n");
        let run = folder.run(&["check", "--format", "concise", "--changed"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "jobs.py:9:13: error[nested-event-loop]");
    }

    #[test]
    fn a_renamed_file_is_no_change() {
        let folder = repository(&[("a.py", SICK)]);
        folder.git(&["mv", "a.py", "b.py"]);
        for option in [["--changed", "HEAD"], ["--since", "HEAD"]] {
            assert_status(&folder.run(&[&["check"][..], &option].concat()), 0);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        let folder = Folder::of(&[("a.py", SICK)]);
        let run = folder.run(&["check", "--changed"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "this is no git work tree; `--changed` needs one");
        let folder = repository(&[("a.py", SICK)]);
        let run = folder.run(&["check", "--since", "lost"]);
        assert_status(&run, 2);
        assert_says(
            &run.stderr,
            "there is no revision `lost`; name a commit, a branch or a tag",
        );
        let run = folder.run(&["check", "--changed", "a.py"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "write `--changed=HEAD a.py`");
    }
}

mod waivers {
    use super::{Folder, SICK, assert_says, assert_status};

    #[test]
    fn the_settings_waive_a_rule_in_a_symbol_until_a_day() {
        let waiver = "[[waivers]]\nrule = \"nested-event-loop\"\nsymbol = \"jobs.main\"\nreason = \"a stand-in\"\n\
                      until = 2027-03-01\n";
        let folder = Folder::of(&[("jobs.py", SICK), ("ssot.toml", waiver)]);
        let run = folder.run(&["check", "--today", "2027-03-01"]);
        assert_status(&run, 0);
        assert_says(&run.stdout, "waived: 1");
        let run = folder.run(&["check", "--today", "2027-03-02"]);
        assert_status(&run, 1);
        assert_says(&run.stdout, "a waiver of the settings spoke for this until 2027-03-01");
        assert_status(&folder.run(&["check", "--no-waivers"]), 1);
        // A module is waived with all that it holds, another function is not.
        folder.write("ssot.toml", waiver.replace("jobs.main", "jobs"));
        assert_status(&folder.run(&["check", "--today", "2027-03-01"]), 0);
        folder.write("ssot.toml", waiver.replace("jobs.main", "jobs.job"));
        assert_status(&folder.run(&["check", "--today", "2027-03-01"]), 1);
        folder.write("ssot.toml", waiver.replace("jobs.main", "jobs.lost"));
        let run = folder.run(&["check"]);
        assert_status(&run, 2);
        assert_says(
            &run.stderr,
            "the waived symbol `jobs.lost` names nothing in the program",
        );
        folder.write(
            "ssot.toml",
            format!("{waiver}[waiver-policy]\nlongest = \"1d\"\n").replace("2027", "2999"),
        );
        let run = folder.run(&["check"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "lasts longer than `waiver-policy.longest` allows");
    }

    #[test]
    fn all_waivers_are_listed_with_their_age() {
        let comment = "# ssot: ignore[nested-event-loop] until=2027-03-01 a stand-in";
        let waiver =
            "[[waivers]]\nrule = \"nested-event-loop\"\nsymbol = \"jobs\"\nreason = \"no time\"\nowner = \"ops\"\n";
        let code = SICK.replace("run(job())", &format!("run(job())  {comment}"));
        let folder = Folder::of(&[("jobs.py", code.as_str()), ("ssot.toml", waiver)]);
        folder.git(&["init", "-q"]);
        folder.commit();
        folder.write("more.py", &code);
        let run = folder.run(&["waivers", "--today", "2999-01-01"]);
        assert_status(&run, 0);
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(lines.len(), 4, "{}", run.stdout);
        assert!(
            lines[0].starts_with("jobs.py:9 ") && lines[0].contains(" days "),
            "{}",
            lines[0]
        );
        assert!(lines[0].ends_with("ended 2027-03-01  a stand-in"), "{}", lines[0]);
        assert!(
            lines[1].starts_with("more.py:9 ") && lines[1].contains(" not committed "),
            "{}",
            lines[1]
        );
        assert!(
            lines[2].starts_with("ssot.toml:3 ") && lines[2].ends_with("no end            no time (ops)"),
            "{}",
            lines[2]
        );
        assert_eq!(lines[3], "3 waivers");
    }
}

mod init {
    use super::{Folder, SICK, assert_says, assert_status};

    #[test]
    fn settings_are_proposed_with_their_reasons_and_the_next_commands() {
        let reads = "import os\n\n\ndef key():\n    return os.environ[\"JWT_SECRET\"]\n\n\ndef salt():\n    \
                     return os.environ[\"PASSWORD_SALT\"]\n";
        let folder = Folder::of(&[("app/secrets.py", reads), ("app/jobs.py", SICK)]);
        let run = folder.run(&["init"]);
        assert_status(&run, 0);
        assert_says(
            &run.stdout,
            "wrote `ssot.toml` with 1 proposed owner\n1 finding so far. Next:",
        );
        assert_says(&run.stdout, "ssotlint baseline");
        let written = folder.read("ssot.toml");
        assert_says(&written, "[concerns.secret-resolution]\nowner = \"app.secrets\"");
        assert_says(&written, "# app.secrets: ");
        assert_says(&written, "#   nested-event-loop: 1\n");
        // What was proposed can be used as it is, and so can all of it that is a comment.
        assert_status(&folder.run(&["check"]), 1);
        let run = folder.run(&["init"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "there is `ssot.toml` already");
        assert_status(&folder.run(&["init", "--force"]), 0);
        assert_eq!(folder.read("ssot.toml"), written);
        // With the schema beside them, editors are told of it.
        folder.write("ssot.schema.json", folder.run(&["schema"]).stdout);
        folder.run(&["init", "--force"]);
        let written = folder.read("ssot.toml");
        assert!(written.starts_with("#:schema ./ssot.schema.json\n"), "{written}");
        assert_status(&folder.run(&["check"]), 1);
    }

    #[test]
    fn a_clean_tree_is_told_to_stay_clean() {
        let folder = Folder::of(&[("a.py", "x = 1\n")]);
        let run = folder.run(&["init"]);
        assert_says(&run.stdout, "with no owner: nothing in it does enough to be one\n");
        assert_says(&run.stdout, "the tree is clean");
        let commands = run.stdout.lines().filter(|line| line.starts_with("  ssotlint "));
        assert_eq!(commands.count(), 3, "{}", run.stdout);
        assert_status(&folder.run(&["check"]), 0);
    }

    #[test]
    fn settings_that_are_there_are_spared() {
        let folder = Folder::of(&[
            ("a.py", "x = 1\n"),
            ("pyproject.toml", "[tool.ssotlint.files]\nexclude = [\"b/\"]\n"),
        ]);
        let run = folder.run(&["init"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "`pyproject.toml` holds settings already");
        assert!(!folder.path().join("ssot.toml").exists());
        assert_status(&folder.run(&["init", "--force"]), 0);
        // They speak for the folders below, too.
        folder.write("app/main.py", "x = 1\n");
        let run = folder.run(&["init", "app"]);
        assert_status(&run, 2);
        assert_says(&run.stderr, "there is `ssot.toml` already");
        // Nothing to read, nothing to propose.
        let folder = Folder::of::<&str, &str>(&[]);
        assert_status(&folder.run(&["init"]), 2);
        assert!(!folder.path().join("ssot.toml").exists());
    }
}

#[test]
fn settings_are_shown_with_where_they_are_said() {
    let settings = "[rules.skip-auth-flag]\nlevel = \"warning\"\n[[overrides]]\npaths = [\"old/\"]\n\
                    rules = { skip-auth-flag = \"off\" }\n";
    let folder = Folder::of(&[("old/a.py", SICK), ("tests/b.py", SICK), ("ssot.toml", settings)]);
    let line = |arguments: &[&str], start: &str| {
        let run = folder.run(arguments);
        assert_status(&run, 0);
        let found = run.stdout.lines().find(|line| line.starts_with(start));
        found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let skip = |arguments: &[&str]| line(arguments, "skip-auth-flag").unwrap();
    assert!(skip(&["settings"]).ends_with("(`[rules.skip-auth-flag]`)"));
    assert!(skip(&["settings", "old/a.py"]).starts_with("skip-auth-flag off"));
    assert!(skip(&["settings", "old/a.py"]).ends_with("(`[[overrides]]` for old/)"));
    folder.write(
        "ssot.toml",
        format!("{settings}[budget]\nauth-paths = 3\nsurface.http = 2\n[waiver-policy]\nlongest = \"90d\"\n"),
    );
    assert_eq!(line(&["settings"], "budget").as_deref(), Some("budget auth-paths: 3"));
    assert_eq!(
        line(&["settings"], "waivers").as_deref(),
        Some("waivers last 90 days at most")
    );
    let code = line(&["settings", "tests/b.py"], "code");
    assert_eq!(code.as_deref(), Some("code test, by `files.test`"));
}
