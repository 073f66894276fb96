//! `ssotlint baseline`: accepts what is found today, so that `check` tells what is new.

use super::Failed;
use super::console::Console;
use super::program::{FilesRead, Input, ProgramArguments};
use super::progress::Progress;
use ssotlint::source;
use ssotlint::verdict::{BASELINE_FILE, Baseline, Entry, Verdict};
use ssotlint::{Counting, Request, pages};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint baseline
      Accept everything that is found today. From then on `ssotlint check` reports what is new.
  ssotlint baseline --prune
      Only take out what is found no longer; accept nothing new.

The file is `ssot-baseline.json` in the root. Commit it. An entry may be given a `reason` and, as `until`, a last day \
(\"2027-03-01\"), after which the finding is back.";

/// Accept what is found today
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BaselineCommand {
    #[command(flatten)]
    program: ProgramArguments,

    /// Only remove the entries whose findings are gone
    #[arg(long)]
    prune: bool,
}

impl BaselineCommand {
    /// Writes the file.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| self.write(console))
    }

    fn write(&self, console: &Console) -> Result<ExitCode, Failed> {
        let pages = pages().map_err(|error| console.fail(&error))?;
        let input = self.program.find(&[], console)?;
        let old = load(&input, console)?;
        let progress = Progress::new(true);
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let request = Request {
            only: input.reported(None),
            baseline: Some(old.clone().unwrap_or_default()),
            counting: Counting::Exceeded,
            ..Request::default()
        };
        let mut verdict = ssotlint::analyse(&program, &input.settings, &pages, &request);
        drop(progress);
        forgive_unread(&mut verdict, &read);
        if self.prune {
            let Some(old) = old else {
                return Err(console.fail(&format!(
                    "there is no `{}` to prune; `ssotlint baseline` writes one",
                    shown(&input)
                )));
            };
            prune(&input, &old, &verdict, console)?;
            return Ok(ExitCode::SUCCESS);
        }

        let stale: BTreeSet<&Entry> = verdict.stale.iter().collect();
        let old = old.unwrap_or_default();
        let mut entries: Vec<Entry> = old
            .entries()
            .iter()
            .filter(|entry| !stale.contains(entry))
            .cloned()
            .collect();
        // An entry whose last day is over stays as it is: a new one beside it would make that day mean nothing.
        let expired = old.entries().iter().filter(|entry| !entry.holds_on(request.today));
        let expired = Baseline::of(expired.cloned().collect());
        let accepting = expired.accepting(&verdict.kept, &|file| input.sources[file].path.as_str());
        let new = verdict.kept.iter().zip(accepting).filter(|(_, entry)| entry.is_none());
        let before = entries.len();
        entries
            .extend(new.map(|(judged, _)| Entry::accepting(judged, &input.sources[judged.finding.primary.file].path)));
        let added = entries.len() - before;
        let baseline = Baseline::of(entries);
        save(&input, &baseline, console)?;
        console.note(&format!(
            "`{}` accepts {} ({added} added, {} removed)",
            shown(&input),
            counted(baseline.entries().len(), "finding"),
            stale.len()
        ));
        console.note(
            "commit it; `ssotlint check` reports what is new from now on, `ssotlint check --no-baseline` everything",
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// The baseline of the program, if it has one.
pub fn load(input: &Input, console: &Console) -> Result<Option<Baseline>, Failed> {
    let location = location(input);
    if !source::is_there(&location) {
        return Ok(None);
    }
    let text = source::read_file(&location)
        .map_err(|reason| console.fail(&format!("`{}` cannot be read: {reason}", shown(input))))?;
    let baseline = Baseline::parse(&text).map_err(|error| {
        let advice = if text.contains("<<<<<<<") {
            "keep the lines of both sides of the merge, then run `ssotlint baseline --prune`"
        } else {
            "mend the line, or remove the file and run `ssotlint baseline`"
        };
        let place = format!("{}:{}:{}", shown(input), error.line, error.column);
        console.fail(&format!("{place}: {}; {advice}", error.message))
    })?;
    Ok(Some(baseline))
}

/// What was found in files that could not be read this time is not gone.
pub fn forgive_unread(verdict: &mut Verdict, read: &FilesRead) {
    let unread: BTreeSet<&str> = read.unread.iter().map(|unread| unread.path.as_str()).collect();
    verdict.stale.retain(|entry| !unread.contains(entry.path.as_str()));
}

/// Takes the stale entries out of the file, and tells so.
pub fn prune(input: &Input, baseline: &Baseline, verdict: &Verdict, console: &Console) -> Result<(), Failed> {
    let stale = &verdict.stale;
    if !stale.is_empty() {
        let entries = baseline
            .entries()
            .iter()
            .filter(|entry| !stale.contains(entry))
            .cloned();
        save(input, &Baseline::of(entries.collect()), console)?;
    }
    let left = baseline.entries().len() - stale.len();
    let removed = counted(stale.len(), "entry");
    console.note(&format!("`{}`: {removed} removed, {left} left", shown(input)));
    Ok(())
}

/// How the file is called where people read it.
pub fn shown(input: &Input) -> String {
    source::relative(&input.root.current, &location(input))
}

/// `1 entry`, `2 entries`.
pub fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if stem.ends_with('r') => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// Where the file lies.
pub fn location(input: &Input) -> PathBuf {
    input.root.folder.join(BASELINE_FILE)
}

fn save(input: &Input, baseline: &Baseline, console: &Console) -> Result<(), Failed> {
    source::replace_file(&location(input), baseline.written().as_bytes())
        .map_err(|reason| console.fail(&format!("cannot write `{}`: {reason}", shown(input))))
}
