//! Writes what a run found: one file a format.
//!
//! A report is shown everything there is to show ([`Report`]) and decides nothing: not what is found, not what counts. It knows
//! findings, verdicts, pages and sources, and nothing about how anything was found. To add a format, write its file and a line in
//! [`Format`] and in [`write()`].
//!
//! What formats share: `places` turns sites into paths, lines and columns; `summary` counts; `mask` hides secrets wherever source
//! text is shown; `printable` keeps control characters of the sources out of terminals.

mod azure;
mod checkstyle;
mod concise;
mod github;
mod gitlab;
mod graph;
mod inventory;
mod json;
mod junit;
mod markdown;
mod mask;
mod places;
mod printable;
mod rdjson;
mod sarif;
mod summary;
mod terminal;
mod text;
mod xml;

pub use graph::{Arrow, Graph, GraphFormat, graph};
pub use inventory::{INVENTORY_SCHEMA, InventoryFormat, InventoryOptions, write_inventory};
pub use mask::lines_with_secrets;
pub use printable::line as printable;
pub use summary::one_line as summary;
pub use terminal::{Colour, Terminal};

use crate::finding::{Finding, Site};
use crate::page::{Page, Wording};
use crate::source::{FileId, Sources, Unread};
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The JSON schema of [`Format::Json`], version 1.
pub const FINDINGS_SCHEMA: &str = include_str!("schema/findings-v1.schema.json");

/// The form a report is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Format {
    /// For people: source lines, trails and a summary
    #[default]
    Text,
    /// One line a finding: `path:line:column: level[rule] message`
    Concise,
    /// For programs: version 1 of ssotlint's own JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, for annotations in GitHub Actions
    Github,
    /// Code Quality, for GitLab's merge requests
    Gitlab,
    /// JUnit XML, for test results
    Junit,
    /// Tables, for a job's summary (`$GITHUB_STEP_SUMMARY`) or a comment
    Markdown,
    /// Logging commands of Azure Pipelines
    Azure,
    /// Checkstyle XML
    Checkstyle,
    /// Reviewdog Diagnostic Format
    Rdjson,
}

/// Everything a report may show.
pub struct Report<'a> {
    /// The program that writes it.
    pub tool: Tool<'a>,
    /// The files of the run.
    pub sources: &'a Sources,
    /// The pages of all rules, sorted by id.
    pub pages: &'a [Page],
    /// What became of the findings.
    pub verdict: &'a Verdict,
    /// Who owns which concern, in the order they are shown.
    pub owners: &'a [OwnerRow],
    /// How many files were read, by language.
    pub files_read: &'a BTreeMap<&'static str, usize>,
    /// The files that could not be read, beside those that discovery itself names.
    pub unread: &'a [Unread],
    /// What could not be read in files that were read otherwise, in the order of places.
    pub problems: &'a [Problem],
    /// The text of a file: texts are dropped once they are parsed, and read again for the files a report shows.
    pub text: &'a (dyn Fn(FileId) -> Option<String> + Sync),
    /// Whether what a name stands for is a secret: such values are never shown.
    pub is_secret_name: &'a (dyn Fn(&str) -> bool + Sync),
    /// The folder that paths are relative to where people read them; absolute.
    pub current_folder: &'a Path,
    /// What users asked for.
    pub options: Options,
}

/// The program that writes a report.
#[derive(Clone, Copy, Debug)]
pub struct Tool<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Where people read about it, if there is such a place.
    pub information_uri: Option<&'a str>,
}

/// Who owns a concern, and why that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// The concern.
    pub concern: String,
    /// The owner's dotted or `::` path.
    pub path: String,
    /// Why it is taken to be the owner.
    pub because: Because,
    /// The same in words.
    pub reason: String,
}

/// Why something is taken to be a concern's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Because {
    /// The settings say so.
    Declared,
    /// The call graph suggests it.
    Inferred,
}

/// A place that could not be read in a file that was read otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub site: Site,
    /// What, in a few words.
    pub message: String,
}

/// What users asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the report is shown on.
    pub terminal: Terminal,
    /// Whether waived findings are written too, as suppressed (SARIF).
    pub include_waived: bool,
    /// What tells this analysis from others of the same sources (SARIF).
    pub category: Option<String>,
    /// Whether only findings are written.
    pub quiet: bool,
}

/// Writes the report. A reader that closes the pipe early, such as `head`, is no error.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let written = match format {
        Format::Text => text::write(report, &mut out),
        Format::Concise => concise::write(report, &mut out),
        Format::Json => json::write(report, &mut out),
        Format::Sarif => sarif::write(report, &mut out),
        Format::Github => github::write(report, &mut out),
        Format::Gitlab => gitlab::write(report, &mut out),
        Format::Junit => junit::write(report, &mut out),
        Format::Markdown => markdown::write(report, &mut out),
        Format::Azure => azure::write(report, &mut out),
        Format::Checkstyle => checkstyle::write(report, &mut out),
        Format::Rdjson => rdjson::write(report, &mut out),
    };
    match written.and_then(|()| io::Write::flush(&mut out)) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // what is still buffered has no reader either: it must not be written once more when the buffer is dropped
            drop(out.into_parts());
            Ok(())
        }
        result => result,
    }
}

impl Report<'_> {
    /// The page of a rule, with its index among all pages.
    fn page(&self, rule: &str) -> Option<(usize, &Page)> {
        self.pages.iter().enumerate().find(|(_, page)| page.id == rule)
    }

    /// What a finding says. A message without a page says its key: a report never fails over wording.
    fn wording(&self, finding: &Finding) -> Wording {
        let page = self.page(finding.rule).map(|(_, page)| page);
        page.and_then(|page| page.wording(finding)).unwrap_or_else(|| Wording {
            text: finding.message.replace('-', " "),
            help: String::new(),
        })
    }

    /// All files that were not read, sorted by path.
    fn all_unread(&self) -> Vec<&Unread> {
        let mut all: Vec<&Unread> = self.sources.unread.iter().chain(self.unread).collect();
        all.sort();
        all.dedup();
        all
    }
}
