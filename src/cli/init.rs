//! `ssotlint init`: looks at a program and proposes settings for it.

use super::Failed;
use super::baseline::counted;
use super::console::Console;
use super::program::{Input, ProgramArguments};
use super::progress::Progress;
use ssotlint::program::{BUILT_IN_CONCERNS, Because, Owner, Program};
use ssotlint::settings::{SCRIPT_GLOBS, TEST_GLOBS};
use ssotlint::source;
use ssotlint::verdict::Verdict;
use ssotlint::{Request, pages};
use std::collections::BTreeMap;
use std::process::ExitCode;

const SETTINGS_FILE: &str = "ssot.toml";
/// Where `ssotlint schema` is written to, for editors.
const SCHEMA_FILE: &str = "ssot.schema.json";

const EXAMPLES: &str = "\
Examples:
  ssotlint init
      Look at the program in the current folder and write a commented `ssot.toml`.
  ssotlint init --force
      Write it anew, over the one that is there.";

/// Propose settings for a program
///
/// Reads the program, takes for each concern the code that does most of its work for others to be the owner, and writes that with
/// the reasons to `ssot.toml`. Read it and correct it: what is declared there is certain.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    #[command(flatten)]
    program: ProgramArguments,

    /// Write over the `ssot.toml` that is there
    #[arg(long)]
    force: bool,
}

impl Init {
    /// Writes the settings.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| self.write(console))
    }

    fn write(&self, console: &Console) -> Result<ExitCode, Failed> {
        let pages = pages().map_err(|error| console.fail(&error))?;
        // What settings say must not be what they are made from.
        let input = self.program.without_settings().find(&[], console)?;
        let location = input.root.folder.join(SETTINGS_FILE);
        let shown = source::relative(&input.root.current, &location);
        if source::is_there(&location) && !self.force {
            return Err(console.fail(&format!(
                "there is `{shown}` already; change it by hand, or write it anew with `ssotlint init --force`"
            )));
        }
        let progress = Progress::new(true);
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let verdict = ssotlint::analyse(&program, &input.settings, &pages, &Request::default());
        drop(progress);
        let text = proposal(&input, &program, &verdict);
        source::replace_file(&location, text.as_bytes())
            .map_err(|reason| console.fail(&format!("cannot write `{shown}`: {reason}")))?;
        console.print(&next_steps(&shown, &program, &verdict))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The settings, as text.
fn proposal(input: &Input, program: &Program<'_>, verdict: &Verdict) -> String {
    let mut text = String::new();
    if source::is_there(&input.root.folder.join(SCHEMA_FILE)) {
        text.push_str(&format!("#:schema ./{SCHEMA_FILE}\n"));
    }
    text.push_str(
        "# What ssotlint knows about this program. `ssotlint explain RULE` says what each rule finds and why.\n\n\
         # Who may do what; everything else that does it is a finding. These owners are proposals: correct them.\n",
    );
    let mut by_concern: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
    for owner in program.owners().all() {
        by_concern.entry(&owner.concern).or_default().push(owner);
    }
    for concern in BUILT_IN_CONCERNS {
        match by_concern.get(concern) {
            Some(owners) => text.push_str(&proposed(concern, owners)),
            None => text.push_str(&format!("# [concerns.{concern}]\n# owner = \"package.module\"\n\n")),
        }
    }
    text.push_str(&format!(
        "# Globs in gitignore syntax. Test code and scripts are told by these names, unless you say otherwise:\n\
         # [files]\n# exclude = [\"vendor/\"]\n# test = {}\n# script = {}\n\n",
        listed(&TEST_GLOBS),
        listed(&SCRIPT_GLOBS)
    ));
    let counts = counts(verdict);
    if !counts.is_empty() {
        let files = input.sources.files.len();
        text.push_str(&format!("# Found with these owners, in {}:\n", counted(files, "file")));
        for (rule, count) in counts {
            text.push_str(&format!("#   {rule}: {count}\n"));
        }
        text.push_str(
            "# A rule that is not for you yet can be a note:\n# [rules.skip-auth-flag]\n# level = \"note\"\n",
        );
    }
    text
}

fn proposed(concern: &str, owners: &[&Owner]) -> String {
    let mut text = String::new();
    for owner in owners {
        if let Because::Inferred(reason) = &owner.because {
            text.push_str(&format!("# {}: {reason}\n", owner.path));
        }
    }
    let paths: Vec<&str> = owners.iter().map(|owner| owner.path.as_str()).collect();
    let paths = match paths.as_slice() {
        [path] => format!("{path:?}"),
        several => listed(several),
    };
    text.push_str(&format!("[concerns.{concern}]\nowner = {paths}\n\n"));
    text
}

fn next_steps(shown: &str, program: &Program<'_>, verdict: &Verdict) -> String {
    let owners = program.owners().all().len();
    let mut text = format!("wrote `{shown}` with {}\n", counted(owners, "proposed owner"));
    let found = verdict.kept.len();
    if found == 0 {
        text.push_str("nothing is found: the tree is clean. Keep it so:\n\n");
        text.push_str("  ssotlint check              in CI, and as a hook before each commit\n");
        return text;
    }
    text.push_str(&format!("{} so far. Next:\n\n", counted(found, "finding")));
    text.push_str("  ssotlint check              read what is found, and correct the owners in the settings\n");
    text.push_str("  ssotlint baseline           accept what is left for now; commit both files\n");
    text.push_str("  ssotlint check --ratchet    in CI: fails on what is new, and when the baseline could shrink\n");
    text
}

fn counts(verdict: &Verdict) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for judged in &verdict.kept {
        *counts.entry(judged.finding.rule).or_default() += 1;
    }
    counts
}

fn listed(words: &[impl AsRef<str>]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{:?}", word.as_ref())).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_are_written_as_toml() {
        assert_eq!(listed(&["a", "b/**"]), "[\"a\", \"b/**\"]");
    }
}
