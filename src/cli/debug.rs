//! `ssotlint debug`: what the stages know, for whoever wonders about a finding or works on ssotlint.

use super::Failed;
use super::console::Console;
use super::program::{Input, ProgramArguments};
use super::progress::Progress;
use ssotlint::facts::dump;
use ssotlint::finding::Site;
use ssotlint::parse;
use ssotlint::program::{By, CallEdge, Caller, Program, Thread};
use ssotlint::source::{self, LineIndex};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Debug {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show what is read from a file
    Facts(FactsArguments),
    /// Show by which calls one function gets to another, or where that stops
    Why(WhyArguments),
}

const WHY_EXAMPLES: &str = "\
Examples:
  ssotlint debug why backend.main.serve backend.auth.AuthClient.validate
      Show the calls that lead from one to the other, or where the way ends.

`ssotlint graph calls` lists the functions by name.";

#[derive(Debug, clap::Args)]
struct FactsArguments {
    /// The file
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = WHY_EXAMPLES)]
struct WhyArguments {
    /// The calling function or module, by the name that `graph calls` gives it
    caller: String,

    /// The called function
    callee: String,

    #[command(flatten)]
    program: ProgramArguments,
}

impl Debug {
    /// Shows what is asked for.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        match &self.what {
            What::Facts(arguments) => arguments.show(console),
            What::Why(arguments) => {
                let threads = arguments.program.threads(console)?;
                threads.install(|| arguments.show(console))
            }
        }
    }
}

impl FactsArguments {
    fn show(&self, console: &Console) -> Result<ExitCode, Failed> {
        let shown = self.file.display();
        let text = source::read_file(&self.file)
            .map_err(|error| console.fail(&format!("`{shown}` cannot be read: {error}")))?;
        let path = self.file.to_string_lossy();
        if parse::language_of(&path).is_none() {
            return Err(console.fail(&format!("`{shown}` is in no language that is read")));
        }
        // Parsing recurses deeply by design.
        let facts = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(parse::STACK_SIZE);
            let facts = thread.spawn_scoped(scope, || dump(&parse::parse(&path, &text)));
            facts.ok().and_then(|facts| facts.join().ok())
        });
        match facts {
            Some(facts) => console.print(&facts)?,
            None => return Err(console.fail("the thread to parse in could not be started")),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl WhyArguments {
    fn show(&self, console: &Console) -> Result<ExitCode, Failed> {
        let input = self.program.find(&[], console)?;
        let progress = Progress::new(false);
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let find = |name: &str| {
            let found = program.functions_named(name);
            if found.is_empty() {
                return Err(console.fail(&format!(
                    "`{name}` is no function or module of the program; `ssotlint graph calls` lists them by name"
                )));
            }
            Ok(found)
        };
        let answer = Answer {
            program: &program,
            input: &input,
            callers: &find(&self.caller)?,
            callees: &find(&self.callee)?,
        };
        console.print(&answer.text(&self.caller, &self.callee))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What there is to say about two functions.
struct Answer<'a> {
    program: &'a Program<'a>,
    input: &'a Input,
    callers: &'a [Caller],
    callees: &'a [Caller],
}

impl Answer<'_> {
    fn text(&self, caller: &str, callee: &str) -> String {
        let mut text = String::new();
        let calls = self.program.every_call();
        let way = calls.way_between(self.callers, self.callees);
        for edge in &way {
            let _ = writeln!(text, "{}", self.edge(edge));
        }
        if !way.is_empty() {
            return text;
        }
        let _ = writeln!(text, "no call of `{caller}` gets to `{callee}`");
        let name = callee.rsplit(['.', ':']).next().unwrap_or(callee);
        let unresolved = calls.unresolved_calls(self.callers, name);
        if !unresolved.is_empty() {
            let _ = writeln!(text, "\ncalls of a `{name}` in `{caller}` that lead nowhere known:");
        }
        for (site, written) in unresolved {
            let _ = writeln!(text, "  {}: `{written}`", self.place(site));
        }
        let _ = writeln!(text, "\nwhat `{caller}` calls:");
        for edge in calls.edges().iter().filter(|edge| self.callers.contains(&edge.caller)) {
            let _ = writeln!(text, "  {}", self.edge(edge));
        }
        let _ = writeln!(text, "\nwho calls `{callee}`:");
        let is_callee = |edge: &&CallEdge| self.callees.contains(&(edge.callee.0, Some(edge.callee.1)));
        for edge in calls.edges().iter().filter(is_callee) {
            let _ = writeln!(text, "  {}", self.edge(edge));
        }
        text
    }

    fn edge(&self, edge: &CallEdge) -> String {
        let how = match (edge.by, edge.thread) {
            (By::Call, Thread::Same) => "calls",
            (By::Call, Thread::Other) => "runs in another thread",
            (By::Scheduled, _) => "schedules",
            (By::Injected, _) => "depends on",
        };
        format!(
            "{}: `{}` {how} `{}` ({})",
            self.place(edge.site),
            self.program.symbol_of_caller(edge.caller),
            self.program.symbol_of_function(edge.callee),
            format!("{:?}", edge.confidence).to_lowercase()
        )
    }

    fn place(&self, site: Site) -> String {
        let path = &self.program[site.file].path;
        let line = source::read(&self.input.sources, site.file)
            .map_or(0, |text| LineIndex::new(&text).position(site.span.start, &text).line);
        format!("{path}:{line}")
    }
}
