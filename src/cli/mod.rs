//! The command line: what it understands, and one file a command.
//!
//! Commands put the stages of the library in a row and decide nothing themselves. Reports go to standard output; warnings, errors
//! and progress go to standard error ([`console`]). Start with [`run`], then `check`.

mod baseline;
mod check;
mod completions;
mod console;
mod debug;
mod explain;
mod fix;
mod graph;
mod init;
mod output;
mod program;
mod progress;
mod report;
mod rules;
mod schema;
mod settings;
mod timings;
mod waivers;

use clap::{Parser, Subcommand};
use console::Console;
use ssotlint::report::Colour;
use std::process::ExitCode;

const SCHEMA_EXAMPLES: &str = "\
Examples:
  ssotlint schema > ssot.schema.json
      Write it beside the settings, whose first line then is `#:schema ./ssot.schema.json`.";

/// Proves that a code base authenticates in one way.
///
/// ssotlint reads a whole program, Python, Rust and configuration, links it, and finds what gets past the one place that is meant
/// to do a job: validate tokens, mint them, resolve secrets.
#[derive(Debug, Parser)]
#[command(name = "ssotlint", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,

    /// When to use colours
    ///
    /// With `auto`, a terminal gets colours unless NO_COLOR, CLICOLOR=0 or TERM=dumb says otherwise; FORCE_COLOR and
    /// CLICOLOR_FORCE ask for them anywhere.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a program
    Check(Box<check::Check>),
    /// Report how many auth paths a program has, where each begins and ends
    Report(report::ReportCommand),
    /// Propose settings for a program, and what to do next
    Init(init::Init),
    /// Accept what is found today, so that `check` reports what is new
    Baseline(baseline::BaselineCommand),
    /// List what is accepted: waivers of comments and settings, dated entries of the baseline
    Waivers(waivers::Waivers),
    /// Show which settings hold, and where they are said
    Settings(settings::SettingsCommand),
    /// Write the JSON Schema of `ssot.toml`, by which editors complete and check it
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Write a graph of a program
    Graph(graph::GraphCommand),
    /// Explain a rule: what it finds, why that matters, how to mend it, with examples
    Explain(explain::Explain),
    /// List the rules
    #[command(
        after_help = "`ssotlint explain RULE` shows what a rule finds and why; `[rules.RULE]` in ssot.toml sets its level."
    )]
    Rules,
    /// Show what the stages know: the facts of a file, why one function gets to another
    Debug(debug::Debug),
    /// Write the completions of a shell to standard output
    Completions(completions::Completions),
}

const EXAMPLES: &str = "\
Examples:
  ssotlint check                            Check the program in the current folder
  ssotlint check backend                    Report only what is found below backend/
  ssotlint explain direct-secret-read       Read what a rule finds and why

Exit status: 0 if nothing was found, 1 if something was, 2 if the run failed.";

/// The exit status of a run that failed, whatever was found.
const FAILED: u8 = 2;

/// A run that cannot go on. What is wrong has been told on standard error.
#[derive(Debug)]
struct Failed;

/// Does what the arguments of the process ask for.
pub fn run() -> ExitCode {
    report_panics();
    let CommandLine { command, color } = CommandLine::parse();
    let console = Console::new(color);
    let result = match command {
        Command::Check(check) => check.run(&console),
        Command::Report(report) => report.run(&console),
        Command::Init(init) => init.run(&console),
        Command::Baseline(baseline) => baseline.run(&console),
        Command::Waivers(waivers) => waivers.run(&console),
        Command::Settings(settings) => settings.run(&console),
        Command::Schema => schema::run(&console),
        Command::Graph(graph) => graph.run(&console),
        Command::Explain(explain) => explain.run(&console),
        Command::Rules => rules::run(&console),
        Command::Debug(debug) => debug.run(&console),
        Command::Completions(completions) => completions.run(&console),
    };
    result.unwrap_or_else(|Failed| ExitCode::from(FAILED))
}

/// Whether a commit hook runs this: pre-commit and prek say so.
fn is_commit_hook() -> bool {
    is_set("PRE_COMMIT")
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// A bug ends the run as any failure does, and not with the status that an aborted process has.
fn report_panics() {
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        show(panic);
        Console::new(Colour::Auto).error("this is a bug in ssotlint; please report it with the lines above");
        std::process::exit(i32::from(FAILED));
    }));
}
