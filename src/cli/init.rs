//! `ssotlint init`: looks at a program and proposes settings for it.

use super::Failed;
use super::baseline::counted;
use super::console::Console;
use super::program::{Input, ProgramArguments};
use super::progress::Progress;
use ssotlint::facts::Language;
use ssotlint::finding::CodeScope;
use ssotlint::program::{BUILT_IN_CONCERNS, Because, Owner, PathState, Program, TOKEN_MINTING, TOKEN_VALIDATION};
use ssotlint::settings::{SCRIPT_GLOBS, TEST_GLOBS};
use ssotlint::source;
use ssotlint::verdict::Verdict;
use ssotlint::{Request, pages, parse};
use std::collections::BTreeMap;
use std::path::Path;
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
        if !self.force {
            self.spare_settings(&input, &location, console)?;
        }
        let progress = Progress::new(true);
        let (owners, count) = {
            let (files, read) = input.read(&progress, console)?;
            let program = input.link(files, &read, &progress, console)?;
            owners(&program)
        };
        // With these owners other things are found than without any, so they are counted as they will be.
        let head = format!("{}{owners}{}", head(&input), scopes(&input));
        let input = input.under(location.clone(), head.clone(), console)?;
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let verdict = ssotlint::analyse(&program, &input.settings, &pages, &Request::default());
        let text = format!("{head}{}{}", budget(&program), found(&input, &verdict));
        drop(progress);
        source::replace_file(&location, text.as_bytes())
            .map_err(|reason| console.fail(&format!("cannot write `{shown}`: {reason}")))?;
        console.print(&next_steps(&shown, count, &verdict))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Fails if there are settings already, which would be lost.
    fn spare_settings(&self, input: &Input, location: &Path, console: &Console) -> Result<(), Failed> {
        let shown = source::relative(&input.root.current, location);
        if source::is_there(location) {
            return Err(console.fail(&format!(
                "there is `{shown}` already; change it by hand, or write it anew with `ssotlint init --force`"
            )));
        }
        let settings = self.program.root(console)?.settings;
        if let Some(other) = settings.filter(|other| other.location.parent() == location.parent()) {
            let other = source::relative(&input.root.current, &other.location);
            return Err(console.fail(&format!(
                "`{other}` holds settings already, which `{shown}` would take the place of; change them by hand, or take them out and \
                 run `ssotlint init` again"
            )));
        }
        Ok(())
    }
}

fn head(input: &Input) -> String {
    let schema = match source::is_there(&input.root.folder.join(SCHEMA_FILE)) {
        true => format!("#:schema ./{SCHEMA_FILE}\n"),
        false => String::new(),
    };
    format!(
        "{schema}# What ssotlint knows about this program. `ssotlint explain RULE` says what each rule finds and why.\n\n\
         # Who may do what; everything else that does it is a finding. These owners are proposals: correct them.\n"
    )
}

/// The owners that the program seems to have, with the reasons, and how many they are.
fn owners(program: &Program<'_>) -> (String, usize) {
    let mut by_concern: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
    for owner in program.owners().all() {
        // What cannot be named cannot be declared.
        if !program.symbols_named(&owner.path).is_empty() {
            by_concern.entry(&owner.concern).or_default().push(owner);
        }
    }
    let mut text = String::new();
    for concern in BUILT_IN_CONCERNS {
        match by_concern.get(concern) {
            Some(owners) => text.push_str(&proposed(concern, owners)),
            None => text.push_str(&format!("# [concerns.{concern}]\n# owner = \"package.module\"\n\n")),
        }
    }
    (text, by_concern.values().map(Vec::len).sum())
}

/// What counts as test code and scripts.
fn scopes(input: &Input) -> String {
    let count = |scope: CodeScope| {
        let files = input.sources.files.iter();
        let code =
            files.filter(|file| parse::language_of(&file.path).is_some_and(|language| language != Language::Config));
        code.filter(|file| input.settings.code_scope(&file.path) == scope)
            .count()
    };
    let files = |scope: CodeScope| counted(count(scope), "file");
    format!(
        "# Globs in gitignore syntax. These names tell test code ({}) and scripts ({}), unless you say otherwise:\n\
         # [files]\n# exclude = [\"vendor/\"]\n# test = {}\n# script = {}\n\n",
        files(CodeScope::Test),
        files(CodeScope::Script),
        listed(&TEST_GLOBS),
        listed(&SCRIPT_GLOBS)
    )
}

/// As many ways in as there are, and no more.
fn budget(program: &Program<'_>) -> String {
    let found = program.auth_paths();
    let live = || found.paths.iter().filter(|path| path.state == PathState::Live);
    if live().next().is_none() {
        return String::new();
    }
    let mut surfaces: BTreeMap<&str, usize> = BTreeMap::new();
    for path in live() {
        *surfaces.entry(path.surface_name()).or_default() += 1;
    }
    let done = [TOKEN_VALIDATION, TOKEN_MINTING].map(|concern| (concern, program.implementations_of(concern).len()));
    format!(
        "# As many ways in as there are today: `ssotlint report` shows them, and `ssotlint check` fails when there are more. Lower the\n\
         # numbers as ways are closed.\n\
         [budget]\nauth-paths = {}\n# surface = {}\n# concern = {}\n\n",
        live().count(),
        numbered(surfaces),
        numbered(done.into_iter().filter(|(_, count)| *count > 0))
    )
}

fn numbered<'a>(counts: impl IntoIterator<Item = (&'a str, usize)>) -> String {
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(name, count)| format!("{name} = {count}"))
        .collect();
    format!("{{ {} }}", counts.join(", "))
}

/// How much is found today.
fn found(input: &Input, verdict: &Verdict) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in &verdict.kept {
        *counts.entry(judged.finding.rule).or_default() += 1;
    }
    let Some((most, _)) = counts.iter().max_by_key(|(_, count)| **count) else {
        return String::new();
    };
    let rows: String = counts
        .iter()
        .map(|(rule, count)| format!("#   {rule}: {count}\n"))
        .collect();
    format!(
        "# Found with these owners, in {}:\n{rows}\
         # A rule that is not for you yet can be a note, or `off`:\n# [rules.{most}]\n# level = \"note\"\n",
        counted(input.sources.files.len(), "file")
    )
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

fn next_steps(shown: &str, owners: usize, verdict: &Verdict) -> String {
    let owners = match owners {
        0 => "no owner: nothing in it does enough to be one".to_owned(),
        some => counted(some, "proposed owner"),
    };
    let found = match verdict.kept.len() {
        0 => "nothing is found: the tree is clean. Keep it so:".to_owned(),
        some => format!("{} so far. Next:", counted(some, "finding")),
    };
    let steps = match verdict.kept.is_empty() {
        true => [
            (
                "report",
                "see how many ways in there are, and correct the owners in the settings",
            ),
            ("check", "in CI: fails on whatever is found from now on"),
            (
                "check --changed",
                "as a hook before each commit: only what the change touches",
            ),
        ],
        false => [
            ("check", "read what is found, and correct the owners in the settings"),
            ("baseline", "accept what is left for now; commit both files"),
            (
                "check --ratchet",
                "in CI: fails on what is new, and when the baseline could shrink",
            ),
        ],
    };
    let steps = steps.map(|(command, why)| format!("  ssotlint {command:<15}    {why}\n"));
    format!("wrote `{shown}` with {owners}\n{found}\n\n{}", steps.concat())
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
