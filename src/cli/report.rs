//! `ssotlint report`: the inventory of authentication.

use super::Failed;
use super::console::Console;
use super::program::ProgramArguments;
use super::progress::Progress;
use ssotlint::finding::Site;
use ssotlint::inventory::Inventory;
use ssotlint::program::Program;
use ssotlint::report::{InventoryFormat, InventoryOptions, write_inventory};
use ssotlint::source::{self, FileId, LineIndex, Sources};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint report
      Count the auth paths of the program in the current folder, and show where each begins and ends.
  ssotlint report --format html --output auth-paths.html
      Draw them on one page that needs no network.
  ssotlint report --since v1.4
      Show which paths are gone and which are new since a release.
  ssotlint report --format markdown >> \"$GITHUB_STEP_SUMMARY\"
      Show them in the summary of a job.

An auth path is a pair of a gate, which is the first step of authentication of an entry point, and a place where a \
token is validated. The number counts those that an entry point leads to.

Exit status: 0, however many paths there are; 2 if the run failed. A `[budget]` in ssot.toml makes `ssotlint check` \
fail when there are more.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportCommand {
    #[command(flatten)]
    program: ProgramArguments,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    format: InventoryFormat,

    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,

    /// Set the paths beside those of REV: which are gone, new, changed
    ///
    /// REV is read from git's objects, with the settings of today; nothing is checked out.
    #[arg(long, value_name = "REV", help_heading = "Report")]
    since: Option<String>,

    /// What stands before a file's path in links, such as https://github.com/quay/harbour/blob/main/
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true,
        help_heading = "Report"
    )]
    source_url: String,
}

impl ReportCommand {
    /// Takes the inventory and writes it.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| self.write(console))
    }

    fn write(&self, console: &Console) -> Result<ExitCode, Failed> {
        if let Some(file) = &self.output {
            source::check_output(file)
                .map_err(|reason| console.fail(&format!("cannot write `{}`: {reason}", file.display())))?;
        }
        let outputs: Vec<_> = self.output.as_deref().into_iter().collect();
        let input = self.program.find(&outputs, console)?;
        let progress = Progress::new(self.output.is_some());
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let mut found = inventory(&program, &input.sources, &input.declared_reason());
        if let Some(name) = &self.since {
            let revision = input.revision(name, "--since", console)?;
            let sources = input.sources_of(&revision);
            let before = input.link_others(ssotlint::read(&sources, &|| {}).files);
            let before = inventory(&before, &sources, &input.declared_reason());
            found = found.compared_with(before, name);
        }
        let inventory = found;
        drop(progress);
        let options = InventoryOptions {
            terminal: if self.output.is_some() {
                console.file()
            } else {
                console.output()
            },
            source_url: &self.source_url,
        };
        let mut content = Vec::new();
        let failed = |reason: String| console.fail(&format!("cannot write the report: {reason}"));
        write_inventory(self.format, &inventory, &options, &mut content).map_err(|error| failed(error.to_string()))?;
        match &self.output {
            Some(file) => {
                source::write_output(file, &content).map_err(failed)?;
                console.note(&format!(
                    "{} auth paths; written to `{}`",
                    inventory.counts.auth_paths,
                    file.display()
                ));
            }
            None => console.print(&String::from_utf8_lossy(&content))?,
        }
        // To free a large program piece by piece takes longer than its report.
        std::mem::forget(program);
        std::mem::forget(input);
        Ok(ExitCode::SUCCESS)
    }
}

/// Takes the inventory of a program, with the lines of its sources.
fn inventory(program: &Program<'_>, sources: &Sources, declared: &str) -> Inventory {
    let texts: RefCell<BTreeMap<FileId, Option<(String, LineIndex)>>> = RefCell::default();
    let place = |site: Site| {
        let mut texts = texts.borrow_mut();
        let text = texts.entry(site.file).or_insert_with(|| {
            let text = source::read(sources, site.file).ok()?;
            let lines = LineIndex::new(&text);
            Some((text, lines))
        });
        let line = text
            .as_ref()
            .map_or(1, |(text, lines)| lines.position(site.span.start, text).line);
        (program[site.file].path.clone(), line)
    };
    Inventory::of(program, &place, declared)
}
