//! The whole way of a team from a sick code base to a required check, on a copy of `fixtures/projects/four-paths`.

use crate::binary::{Folder, Run};
use crate::cases::unmark;
use std::path::Path;
use walkdir::WalkDir;

/// A way in beside the others: it decodes the token itself.
const FIFTH_PATH: &str = "\
\"\"\"Tides.\"\"\"

import jwt
from fastapi import APIRouter, Header

from backend.auth.jwt_secret import get_jwt_secret

router = APIRouter(prefix=\"/tides\")


@router.get(\"\")
async def tides(authorization: str = Header()) -> dict:
    \"\"\"Gives the tides to whoever has a token.\"\"\"
    claims = jwt.decode(authorization, get_jwt_secret(), algorithms=[\"HS256\"])
    return {\"for\": claims[\"sub\"]}
";
const FIFTH_SITE: &str = "    claims = jwt.decode(authorization, get_jwt_secret(), algorithms=[\"HS256\"])\n";
const OLD_PATH: &str = "return json.loads(base64.urlsafe_b64decode(payload + padding))";

#[test]
fn from_a_sick_code_base_to_a_required_check() {
    let (folder, settings) = project();

    // Settings are proposed, and corrected by those who know the program.
    let run = folder.run(&["init"]);
    assert_ends(&run, 0, "wrote `ssot.toml` with 5 proposed owners");
    assert_ends(&folder.run(&["check"]), 1, "duplicate-token-validation");
    assert_counts_hold(&folder);
    folder.write("ssot.toml", settings);

    // What is found today is accepted; from now on the check is green.
    assert_ends(&folder.run(&["baseline"]), 0, "added, 0 removed)");
    assert_ends(&folder.run(&["check", "--ratchet"]), 0, "in the baseline: ");
    folder.commit();

    // A change adds a path of its own: the check fails and names it, and nothing else.
    let live = live_paths(&folder);
    folder.write("backend/routes/tides.py", FIFTH_PATH);
    mount(&folder);
    let named = "backend/routes/tides.py:14:18: error[duplicate-token-validation]";
    for change in [&[][..], &["--changed"], &["--since", "HEAD"]] {
        let run = folder.run(&[&["check", "--format", "concise"], change].concat());
        assert_ends(&run, 1, named);
        assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    }
    assert_eq!(live_paths(&folder), live + 1);

    // It is waived until a day, and comes back behind it.
    let waived = FIFTH_SITE.replace(
        ")\n",
        ")  # ssot: ignore[duplicate-token-validation] until=2027-03-01 moves to the client in spring\n",
    );
    folder.write("backend/routes/tides.py", FIFTH_PATH.replace(FIFTH_SITE, &waived));
    assert_ends(&folder.run(&["check", "--today", "2027-03-01"]), 0, "waived: ");
    assert_ends(
        &folder.run(&["check", "--today", "2027-03-02"]),
        1,
        "a waiver spoke for this until 2027-03-01",
    );
    let run = folder.run(&["waivers", "--today", "2027-03-02"]);
    assert_ends(&run, 0, "ended 2027-03-01  moves to the client in spring");
    folder.commit();

    // A change takes an old path away: the baseline can shrink, and has to.
    let legacy = folder.read("backend/auth/legacy_tokens.py");
    assert!(legacy.contains(OLD_PATH));
    let closed = legacy.replace(OLD_PATH, "raise PermissionError(payload + padding)");
    folder.write("backend/auth/legacy_tokens.py", closed);
    let today = ["--today", "2027-03-01"];
    let check = |arguments: &[&str]| folder.run(&[&["check"], &today[..], arguments].concat());
    assert_ends(
        &check(&[]),
        0,
        "duplicate-token-validation in backend.auth.legacy_tokens",
    );
    let run = check(&["--ratchet"]);
    assert_ends(
        &run,
        1,
        "of what is found no longer in `ssot-baseline.json`: take out what is too much with `ssotlint baseline --prune`",
    );
    assert_ends(&folder.run(&["baseline", "--prune"]), 0, "removed");
    assert_ends(&check(&["--ratchet"]), 0, "in the baseline");
    folder.commit();

    // What can be mended safely is, and the baseline shrinks once more.
    let run = check(&["--no-baseline", "--diff"]);
    assert_ends(
        &run,
        1,
        "-    invoices = asyncio.run(BillingClient().invoices_of(customer))",
    );
    let run = check(&["--no-baseline", "--fix", "--quiet", "--exit-zero"]);
    assert_ends(&run, 0, "");
    assert_ends(
        &check(&["--no-baseline", "--diff"]),
        1,
        "would fix 0 findings in 0 files",
    );
    let billing = folder.read("backend/billing.py");
    assert!(
        billing.contains("invoices = await BillingClient().invoices_of(customer)"),
        "{billing}"
    );
    assert_ends(
        &check(&["--ratchet"]),
        1,
        "nested-event-loop in backend.billing.monthly_statement",
    );
    assert_ends(&check(&["--prune"]), 0, "removed");
    assert_ends(&check(&["--ratchet"]), 0, "in the baseline");
}

/// What the proposed settings say is found is what is found with them, and there is no more than their budget allows.
#[track_caller]
fn assert_counts_hold(folder: &Folder) {
    let settings = folder.read("ssot.toml");
    let run = folder.run(&["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let counts = report["counts"].as_object().unwrap();
    for (rule, count) in counts {
        assert!(
            settings.contains(&format!("#   {rule}: {count}\n")),
            "{rule}: {count} in\n{settings}"
        );
    }
    assert_eq!(settings.matches("\n#   ").count(), counts.len(), "{settings}");
    let budget = format!("[budget]\nauth-paths = {}\n", live_paths(folder));
    assert!(settings.contains(&budget), "{budget}\n{settings}");
    let lower = format!("[budget]\nauth-paths = {}\n", live_paths(folder) - 1);
    folder.write("ssot.toml", settings.replace(&budget, &lower));
    assert_ends(
        &folder.run(&["check", "--select", "auth-path-budget"]),
        1,
        "live auth paths",
    );
}

/// The project without its marks and without its settings, which are given beside it.
fn project() -> (Folder, String) {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects/four-paths");
    let folder = Folder::of::<&str, &str>(&[]);
    let mut settings = String::new();
    for entry in WalkDir::new(&project).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&project).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            match path {
                "ssot.toml" => settings = text,
                _ => folder.write(path, unmark(path, &text).unwrap().0),
            }
        }
    }
    folder.git(&["init", "-q", "-b", "main"]);
    folder.commit();
    (folder, settings)
}

/// Puts the new routes into the application.
fn mount(folder: &Folder) {
    let main = folder.read("backend/main.py");
    folder.write(
        "backend/main.py",
        format!("{main}\n\nfrom backend.routes import tides\n\napp.include_router(tides.router)\n"),
    );
}

fn live_paths(folder: &Folder) -> u64 {
    let run = folder.run(&["report", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    report["counts"]["auth_paths"].as_u64().unwrap()
}

/// The run ends with a status and says something, on either output.
#[track_caller]
fn assert_ends(run: &Run, status: i32, says: &str) {
    let Run { stdout, stderr, .. } = run;
    assert_eq!(run.status, Some(status), "\nstdout:\n{stdout}\nstderr:\n{stderr}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = words(&format!("{stdout}\n{stderr}"));
    assert!(said.contains(&words(says)), "no `{says}` in:\n{stdout}\n{stderr}");
}
