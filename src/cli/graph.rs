//! `ssotlint graph`: the graphs that findings are read off.

use super::Failed;
use super::console::Console;
use super::program::ProgramArguments;
use super::progress::Progress;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use ssotlint::finding::Confidence;
use ssotlint::program::{By, Program, Thread};
use ssotlint::report::{Arrow, Graph, GraphFormat, graph};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint graph calls
      Write who calls whom in the program of the current folder, as JSON.
  ssotlint graph calls backend --tier certain --format dot | dot -Tsvg > calls.svg
      Draw the calls of which there is no doubt.

An edge is certain where there is one way to resolve it, likely where a method may be overridden, there are several \
values, or what is asked of an object tells its class, and possible where only the name of a method is known.";

#[derive(Debug, clap::Args)]
pub struct GraphCommand {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Write the call graph of a program
    Calls(CallsArguments),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct CallsArguments {
    #[command(flatten)]
    program: ProgramArguments,

    /// The form of the graph
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: GraphFormat,

    /// How sure the edges must be
    #[arg(
        long,
        value_name = "TIER",
        default_value = "likely",
        value_parser = PossibleValuesParser::new(TIERS.map(|(name, _)| name)).map(|name| tier(&name))
    )]
    tier: Confidence,
}

const TIERS: [(&str, Confidence); 3] = [
    ("certain", Confidence::Certain),
    ("likely", Confidence::Likely),
    ("possible", Confidence::Possible),
];

fn tier(name: &str) -> Confidence {
    let known = TIERS.iter().find(|(known, _)| *known == name);
    known.map_or(Confidence::Likely, |(_, tier)| *tier)
}

impl GraphCommand {
    /// Writes the graph to standard output.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        let Kind::Calls(arguments) = &self.kind;
        let threads = arguments.program.threads(console)?;
        threads.install(|| arguments.write(console))
    }
}

impl CallsArguments {
    fn write(&self, console: &Console) -> Result<ExitCode, Failed> {
        let input = self.program.find(&[], console)?;
        let progress = Progress::new(false);
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        console.print(&graph(&self.arrows(&program), self.format))?;
        Ok(ExitCode::SUCCESS)
    }

    fn arrows(&self, program: &Program<'_>) -> Graph {
        let calls = program.call_graph();
        let mut graph = Graph::default();
        for node in calls.nodes() {
            graph.arrows.entry(node.to_owned()).or_default();
        }
        for edge in calls.edges().iter().filter(|edge| edge.confidence >= self.tier) {
            let arrow = if edge.thread == Thread::Same && edge.by != By::Scheduled {
                Arrow::Plain
            } else {
                Arrow::Dashed
            };
            let successors = graph.arrows.entry(edge.caller.clone()).or_default();
            let known = successors.entry(edge.callee.clone()).or_insert(arrow);
            if arrow == Arrow::Plain {
                *known = arrow;
            }
        }
        graph
    }
}
