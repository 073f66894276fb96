//! `ssotlint report`: the inventory of authentication.

use super::Failed;
use super::console::Console;
use super::program::ProgramArguments;
use super::progress::Progress;
use ssotlint::finding::Site;
use ssotlint::inventory::Inventory;
use ssotlint::report::{InventoryFormat, write_inventory};
use ssotlint::source::{self, FileId, LineIndex};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct ReportCommand {
    #[command(flatten)]
    program: ProgramArguments,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: InventoryFormat,
}

impl ReportCommand {
    /// Takes the inventory and writes it.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| self.write(console))
    }

    fn write(&self, console: &Console) -> Result<ExitCode, Failed> {
        let input = self.program.find(&[], console)?;
        let progress = Progress::new(false);
        let (files, read) = input.read(&progress, console)?;
        let program = input.link(files, &read, &progress, console)?;
        let texts: RefCell<BTreeMap<FileId, Option<(String, LineIndex)>>> = RefCell::default();
        let place = |site: Site| {
            let mut texts = texts.borrow_mut();
            let text = texts.entry(site.file).or_insert_with(|| {
                let text = source::read(&input.sources, site.file).ok()?;
                let lines = LineIndex::new(&text);
                Some((text, lines))
            });
            let line = text
                .as_ref()
                .map_or(1, |(text, lines)| lines.position(site.span.start, text).line);
            (program[site.file].path.clone(), line)
        };
        let inventory = Inventory::of(&program, &place, "the settings name it");
        let mut out = Vec::new();
        write_inventory(self.format, &inventory, &mut out)
            .map_err(|error| console.fail(&format!("cannot write the report: {error}")))?;
        console.print(&String::from_utf8_lossy(&out))?;
        Ok(ExitCode::SUCCESS)
    }
}
