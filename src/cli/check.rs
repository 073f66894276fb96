//! `ssotlint check`: the whole way from files to a report.

use super::baseline;
use super::console::Console;
use super::fix::Fixes;
use super::output::OutputArguments;
use super::program::{FilesRead, Input, ProgramArguments};
use super::progress::Progress;
use super::timings::Timings;
use super::{FAILED, Failed};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ssotlint::finding::{CodeScope, Level, Site};
use ssotlint::page::Page;
use ssotlint::program::{self, Program};
use ssotlint::report::{Because, OwnerRow, Problem, Report, Tool};
use ssotlint::rules::RULES;
use ssotlint::source::{self, FileId, Revision};
use ssotlint::verdict::{Baseline, Change, Date, Entry, Judged, Verdict};
use ssotlint::{Counting, Request, pages};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint check
      Check the program in the current folder.
  ssotlint check --select direct-secret-read,skip-auth-flag backend
      Report what two rules find below backend/.
  ssotlint check --output sarif=ssot.sarif --output -
      Write SARIF for code scanning to a file, and the report for people to standard output.
  ssotlint check --only-files a.py b.py
      Analyse the whole program and report these files only.
  ssotlint check --changed
      Report only what lies on lines that were changed since the last commit, or is reached from there.
  ssotlint check --since origin/main
      Report only what the branch adds, wherever it shows.
  ssotlint check --fix
      Mend what can be mended safely, and report the rest; `--diff` shows the changes instead.
  ssotlint check --no-waivers --exit-zero
      See everything, waived or not, and fail nothing.

Exit status:
  0  nothing at or above the level of --fail-on
  1  findings at or above it
  2  wrong usage or settings, or no file was read; with --strict, also if any file was not read";

/// Check a program
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    program: ProgramArguments,

    /// Report these files only; the whole root is analysed all the same
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Program")]
    only_files: Option<Vec<PathBuf>>,

    /// Report only what the changes since REV touch; HEAD if no REV is named
    ///
    /// The whole program is analysed. Reported are findings whose place, or any step of the way that leads there, lies on a line that
    /// is changed or new in the work tree, staged or not.
    #[arg(
        long,
        value_name = "REV",
        num_args = 0..=1,
        default_missing_value = "HEAD",
        help_heading = "Change"
    )]
    changed: Option<String>,

    /// Report only what was not found in REV, wherever it stands
    ///
    /// Both sides are analysed, with the settings of today; REV is read from git's objects, and nothing is checked out. Together with
    /// `--changed`, what either of them asks for is reported.
    #[arg(long, value_name = "REV", help_heading = "Change")]
    since: Option<String>,

    /// Run these rules only
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(RULES.iter().map(|rule| rule.id)),
        hide_possible_values = true,
        help_heading = "Rules"
    )]
    select: Vec<String>,

    /// Report findings in code of these kinds, whatever rules and settings say
    #[arg(
        long,
        value_name = "SCOPE",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(SCOPES.map(|(name, _)| name)).map(|name| scope(&name)),
        help_heading = "Rules"
    )]
    scopes: Option<Vec<CodeScope>>,

    /// Report findings that are waived, too
    #[arg(long, help_heading = "Rules")]
    no_waivers: bool,

    /// Hold waivers and the baseline against this day instead of today, to see what will be back then
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, hide = true)]
    today: Option<Date>,

    #[command(flatten)]
    baseline: BaselineArguments,

    #[command(flatten)]
    fix: FixArguments,

    #[command(flatten)]
    output: OutputArguments,

    /// The lowest level of findings that make the exit status 1
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warning",
        value_parser = PossibleValuesParser::new(LEVELS.map(|(name, _)| name)).map(|name| level(&name)),
        help_heading = "Exit status"
    )]
    fail_on: Level,

    /// Exit with 0 even if there are findings
    #[arg(long, help_heading = "Exit status")]
    exit_zero: bool,

    /// Exit with 2 if any file was not read
    #[arg(long, help_heading = "Exit status")]
    strict: bool,

    /// Tell on standard error how long each stage took
    #[arg(long, hide = true)]
    timings: bool,
}

/// How the baseline is dealt with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Baseline")]
struct BaselineArguments {
    /// Report findings that `ssot-baseline.json` accepts, too
    #[arg(long, conflicts_with_all = ["prune", "ratchet"])]
    no_baseline: bool,

    /// Remove the entries whose findings are gone from `ssot-baseline.json`
    #[arg(long)]
    prune: bool,

    /// Exit with 1 if there are entries whose findings are gone
    #[arg(long, conflicts_with = "prune")]
    ratchet: bool,
}

/// What is done with the fixes that findings come with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fixes")]
struct FixArguments {
    /// Make the fixes of what is reported, and report the rest
    ///
    /// A fix is made only if the file can still be parsed with it and the finding is gone; a file is written wholly or not at all.
    #[arg(long, conflicts_with = "diff")]
    fix: bool,

    /// Show the fixes of what is reported as a patch, instead of a report, and change nothing
    #[arg(long, conflicts_with_all = ["format", "output", "prune"])]
    diff: bool,
}

/// The rule that counts.
const BUDGET: &str = "auth-path-budget";

pub const SCOPES: [(&str, CodeScope); 4] = [
    ("production", CodeScope::Production),
    ("script", CodeScope::Script),
    ("test", CodeScope::Test),
    ("config", CodeScope::Config),
];

const LEVELS: [(&str, Level); 3] = [
    ("note", Level::Note),
    ("warning", Level::Warning),
    ("error", Level::Error),
];

fn scope(name: &str) -> CodeScope {
    let known = SCOPES.iter().find(|(known, _)| *known == name);
    known.map_or(CodeScope::Production, |(_, scope)| *scope)
}

fn level(name: &str) -> Level {
    let known = LEVELS.iter().find(|(known, _)| *known == name);
    known.map_or(Level::Warning, |(_, level)| *level)
}

/// A day of the command line.
pub fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "that is no day; write it as `2027-03-01`".to_owned())
}

impl Check {
    /// Checks the program and writes the reports; gives the exit status.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| {
            if self.fix.diff {
                return self.diff(console);
            }
            if self.fix.fix {
                self.fix(console)?;
            }
            self.analyse(console)
        })
    }

    /// Makes the fixes. What is left is analysed anew: lines have moved, and with them what a change touches.
    fn fix(&self, console: &Console) -> Result<(), Failed> {
        self.with_fixes(console, |fixes, _| {
            fixes.write(console)?;
            if !self.output.is_quiet() {
                fixes.tell("fixed", console);
            }
            Ok(())
        })
    }

    /// Shows the fixes; gives the exit status of what is found without them.
    fn diff(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.with_fixes(console, |mut fixes, status| {
            console.print(&fixes.diff())?;
            if !self.output.is_quiet() {
                fixes.tell("`--fix` would fix", console);
            }
            Ok(status)
        })
    }

    fn with_fixes<T>(
        &self,
        console: &Console,
        deal: impl FnOnce(Fixes<'_>, ExitCode) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let pages = pages().map_err(|error| console.fail(&error))?;
        let input = self.program.find(&self.output.outputs(console)?.files(), console)?;
        let mut request = self.request(&input, &pages, console)?;
        let progress = Progress::new(!self.output.is_quiet());
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        self.count_before(&mut request, &program, &input, &pages, console)?;
        let verdict = ssotlint::analyse(&program, &input.settings, &pages, &request);
        let again = Request {
            only: None,
            baseline: None,
            change: None,
            ..request
        };
        let fixes = Fixes::find(&input, &pages, &verdict, &again);
        drop(progress);
        let status = match self.fix.diff {
            true => self.status(&verdict, &input, &read, console),
            false => ExitCode::SUCCESS,
        };
        deal(fixes, status)
    }

    /// What is asked of the analysis.
    fn request(&self, input: &Input, pages: &[Page], console: &Console) -> Result<Request, Failed> {
        let baseline = match self.baseline.no_baseline {
            true => None,
            false => baseline::load(input, console)?,
        };
        Ok(Request {
            select: self.select.clone(),
            only: self.reported(input, console),
            scopes: self.scopes.clone(),
            baseline,
            change: self.change(input, pages, console)?,
            waivers_count: !self.no_waivers,
            today: self.today(),
            counting: Counting::default(),
        })
    }

    fn analyse(&self, console: &Console) -> Result<ExitCode, Failed> {
        let mut timings = Timings::start();
        let outputs = self.output.outputs(console)?;
        let pages = pages().map_err(|error| console.fail(&error))?;
        let input = self.program.find(&outputs.files(), console)?;
        timings.end("find settings and files");
        let mut request = self.request(&input, &pages, console)?;
        let progress = Progress::new(outputs.leave_room_for_progress());
        timings.end("read the change");
        let (files, read) = input.read(&progress, console)?;
        timings.end("read and parse");
        let program = input.link(files, &read, &progress, console)?;
        timings.end("link");
        self.count_before(&mut request, &program, &input, &pages, console)?;
        let mut verdict = ssotlint::analyse(&program, &input.settings, &pages, &request);
        baseline::forgive_unread(&mut verdict, &read);
        timings.end("ask and judge");
        drop(progress);

        if !self.output.is_quiet() {
            self.warn(&input, &pages, console);
        }
        let mut report = Report {
            tool: Tool {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                information_uri: Some(env!("CARGO_PKG_HOMEPAGE")),
            },
            sources: &input.sources,
            pages: &pages,
            verdict: &verdict,
            owners: &owners(&program, &input),
            files_read: &read.by_language,
            unread: &read.unread,
            problems: &problems(&program),
            text: &|file| source::read(&input.sources, file).ok(),
            is_secret_name: &|name| input.catalog.words().is_secret(name),
            current_folder: &input.root.current,
            options: self.output.options(),
        };
        outputs.write(&mut report, console)?;
        timings.end("report");
        if self.timings {
            timings.tell(console);
        }
        if let Some(baseline) = request.baseline.filter(|_| self.baseline.prune) {
            baseline::prune(&input, &baseline, &verdict, console)?;
        }
        let status = self.status(&verdict, &input, &read, console);
        // The run ends here. To free a large program piece by piece, in one thread, takes longer than its report.
        std::mem::forget(program);
        std::mem::forget(input);
        Ok(status)
    }

    fn today(&self) -> Date {
        self.today.unwrap_or_else(Date::today)
    }

    /// The change that is reported, if not everything is.
    fn change(&self, input: &Input, pages: &[Page], console: &Console) -> Result<Option<Change>, Failed> {
        let revision = |name: &Option<String>, option: &str| {
            let read = name.as_ref().map(|name| input.revision(name, option, console));
            read.transpose()
        };
        let changed = revision(&self.changed, "--changed")?;
        let since = revision(&self.since, "--since")?;
        if changed.is_none() && since.is_none() {
            return Ok(None);
        }
        Ok(Some(Change {
            lines: changed.as_ref().map(|revision| revision.changed_lines(&input.sources)),
            before: since.map(|revision| self.found_in(&revision, &self.select, input, pages)),
            counted_before: None,
        }))
    }

    /// Completes the change by what a commit had of what is counted, if a number is exceeded: which lines are changed does not tell what
    /// is new of it.
    fn count_before(
        &self,
        request: &mut Request,
        program: &Program<'_>,
        input: &Input,
        pages: &[Page],
        console: &Console,
    ) -> Result<(), Failed> {
        let (Some(change), Some(name)) = (&mut request.change, &self.changed) else {
            return Ok(());
        };
        let is_counted = self.select.is_empty() || self.select.iter().any(|rule| rule == BUDGET);
        if change.before.is_none() && is_counted && program.exceeds_budget() {
            let revision = input.revision(name, "--changed", console)?;
            change.counted_before = Some(self.found_in(&revision, &[BUDGET.to_owned()], input, pages));
        }
        Ok(())
    }

    /// What rules, or all, found in a commit.
    fn found_in(&self, revision: &Revision, select: &[String], input: &Input, pages: &[Page]) -> Baseline {
        let sources = input.sources_of(revision);
        let program = input.link_others(ssotlint::read(&sources, &|| {}).files);
        let request = Request {
            select: select.to_vec(),
            scopes: self.scopes.clone(),
            waivers_count: !self.no_waivers,
            today: self.today(),
            counting: Counting::All,
            ..Request::default()
        };
        let verdict = ssotlint::analyse(&program, &input.settings, pages, &request);
        let entry = |judged: &Judged| Entry::accepting(judged, &sources[judged.finding.primary.file].path);
        Baseline::of(verdict.kept.iter().map(entry).collect())
    }

    /// The files that are reported; nothing if all are.
    fn reported(&self, input: &Input, console: &Console) -> Option<BTreeSet<FileId>> {
        let only: Option<BTreeSet<String>> = self.only_files.as_ref().map(|files| {
            let path_of = |file: &PathBuf| {
                let path = input.root.path_of(file);
                if path.is_none() && !self.output.is_quiet() {
                    let file = file.display();
                    console.warning(&format!(
                        "`{file}` of --only-files is no file of the program: nothing is reported of it"
                    ));
                }
                path
            };
            files.iter().filter_map(path_of).collect()
        });
        input.reported(only.as_ref())
    }

    /// Tells what makes the report worth less than it looks.
    fn warn(&self, input: &Input, pages: &[Page], console: &Console) {
        if let Some(failure) = &input.sources.git_failure {
            console.warning(&format!(
                "{failure}; `.gitignore` files were read instead, and which files are tracked is not known"
            ));
        }
        for page in pages.iter().filter(|page| self.select.contains(&page.id)) {
            if !input.settings.is_on_anywhere(&page.id, page.level) {
                console.warning(&format!(
                    "`{}` was selected, but is off; a `level` in `[rules.{}]` of the settings switches it on",
                    page.id, page.id
                ));
            }
        }
    }

    fn status(&self, verdict: &Verdict, input: &Input, read: &FilesRead, console: &Console) -> ExitCode {
        if let Some(unread) = input.unread_files(read, |_| self.strict) {
            console.error(&format!("--strict: not all files were read: {unread}"));
            return ExitCode::from(FAILED);
        }
        let has_findings = verdict.kept.iter().any(|judged| judged.level >= self.fail_on);
        let can_shrink = self.baseline.ratchet && !verdict.stale.is_empty();
        if can_shrink {
            console.error(&format!(
                "--ratchet: {} of what is found no longer in `{}`: take out what is too much with `ssotlint baseline --prune`, and commit the file",
                baseline::counted(verdict.stale.len(), "entry"),
                baseline::shown(input)
            ));
        }
        let fails = has_findings || can_shrink;
        ExitCode::from(u8::from(fails && !self.exit_zero))
    }
}

/// The owners of the program, as a report shows them.
fn owners(program: &Program<'_>, input: &Input) -> Vec<OwnerRow> {
    let declared = input.declared_reason();
    let row = |owner: &program::Owner| {
        let (because, reason) = match &owner.because {
            program::Because::Declared => (Because::Declared, declared.clone()),
            program::Because::Inferred(reason) => (Because::Inferred, reason.clone()),
        };
        OwnerRow {
            concern: owner.concern.clone(),
            path: owner.path.clone(),
            because,
            reason,
        }
    };
    program.owners().all().iter().map(row).collect()
}

/// What could not be read in files that were read otherwise.
fn problems(program: &Program<'_>) -> Vec<Problem> {
    let of_file = |(file, data): (FileId, &program::ProgramFile)| {
        let problem = move |problem: &ssotlint::facts::Problem| Problem {
            site: Site {
                file,
                span: problem.span,
            },
            message: problem.message.clone(),
        };
        data.facts.problems.iter().map(problem).collect::<Vec<_>>()
    };
    program.files().flat_map(of_file).collect()
}
