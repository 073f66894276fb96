//! `ssotlint waivers`: everything that somebody has decided not to see, with its age.

use super::Failed;
use super::baseline;
use super::check::day;
use super::console::Console;
use super::program::{Input, ProgramArguments};
use super::progress::Progress;
use ssotlint::source::{self, LineIndex};
use ssotlint::verdict::Date;
use std::path::Path;
use std::process::ExitCode;

const SECONDS_A_DAY: i64 = 86_400;

const EXAMPLES: &str = "\
Examples:
  ssotlint waivers
      List what is waived in the program of the current folder, how old each decision is and when it ends.
  ssotlint waivers backend
      List what is waived below backend/.

A waiver that ended is marked so: mend what it speaks of, or give it a later day. One that is not needed any more is reported by \
`ssotlint check`, and taken out by `ssotlint check --fix`.";

/// List all waivers with their age
///
/// One line each: where it stands, its rules, its age since it was committed, when it ends, and the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Waivers {
    #[command(flatten)]
    program: ProgramArguments,

    /// The day that ages and last days are counted from
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, hide = true)]
    today: Option<Date>,
}

/// One waiver as it is listed.
struct Row {
    place: String,
    what: String,
    age: String,
    ends: String,
    reason: String,
}

impl Waivers {
    /// Prints the list.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        self.program.threads(console)?.install(|| self.list(console))
    }

    fn list(&self, console: &Console) -> Result<ExitCode, Failed> {
        let today = self.today.unwrap_or_else(Date::today);
        let input = self.program.find(&[], console)?;
        let mut rows = self.comments(&input, today, console)?;
        rows.extend(of_settings(&input, today));
        rows.extend(of_baseline(&input, today, console)?);
        if rows.is_empty() {
            console.print("no waivers\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        let width = |cell: fn(&Row) -> &String| rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0);
        let widths = [
            width(|row| &row.place),
            width(|row| &row.what),
            width(|row| &row.age),
            width(|row| &row.ends),
        ];
        let [place, what, age, ends] = widths;
        let lines = rows.iter().map(|row| {
            format!(
                "{:place$}  {:what$}  {:age$}  {:ends$}  {}\n",
                row.place, row.what, row.age, row.ends, row.reason
            )
        });
        let lines: String = lines.collect();
        console.print(&format!("{lines}{}\n", baseline::counted(rows.len(), "waiver")))?;
        Ok(ExitCode::SUCCESS)
    }

    fn comments(&self, input: &Input, today: Date, console: &Console) -> Result<Vec<Row>, Failed> {
        let (files, _) = input.read(&Progress::new(true), console)?;
        let mut rows = Vec::new();
        for (file, source) in files.iter().zip(&input.sources.files) {
            if file.facts.waivers.is_empty() || !input.root.reports(&file.path) {
                continue;
            }
            let Ok(text) = source::read_file(&source.location) else {
                continue;
            };
            let lines = LineIndex::new(&text);
            for waiver in &file.facts.waivers {
                let line = lines.line(waiver.span.start);
                let (what, until, reason) = match &waiver.says {
                    Ok(says) => (says.rules.join(", "), says.until.map(Date::from), says.reason.clone()),
                    Err(_) => ("malformed".to_owned(), None, "it waives nothing".to_owned()),
                };
                rows.push(Row {
                    place: place(input, &source.location, line),
                    what,
                    age: age(input, &source.location, &text, line, today),
                    ends: ends(until, today),
                    reason,
                });
            }
        }
        Ok(rows)
    }
}

fn of_settings(input: &Input, today: Date) -> Vec<Row> {
    let Some(file) = &input.root.settings else {
        return Vec::new();
    };
    let text = source::read_file(&file.location).unwrap_or_default();
    let lines = LineIndex::new(&text);
    let row = |waiver: &ssotlint::settings::SettingsWaiver| {
        let line = lines.line(waiver.span.start);
        let owner = waiver.owner.as_ref().map(|owner| format!(" ({owner})"));
        Row {
            place: place(input, &file.location, line),
            what: format!("{} in {}", waiver.rule, waiver.symbol),
            age: age(input, &file.location, &text, line, today),
            ends: ends(waiver.until.map(Date::from), today),
            reason: format!("{}{}", waiver.reason, owner.unwrap_or_default()),
        }
    };
    input.settings.waivers.iter().map(row).collect()
}

/// The entries of the baseline that say more than that they are accepted.
fn of_baseline(input: &Input, today: Date, console: &Console) -> Result<Vec<Row>, Failed> {
    let Some(accepted) = baseline::load(input, console)? else {
        return Ok(Vec::new());
    };
    let location = baseline::location(input);
    let text = source::read_file(&location).unwrap_or_default();
    let explained = accepted
        .entries()
        .iter()
        .filter(|entry| entry.reason.is_some() || entry.until.is_some());
    let row = |entry: &ssotlint::verdict::Entry| {
        let line = text
            .lines()
            .position(|line| line.contains(&entry.fingerprint))
            .unwrap_or(0);
        Row {
            place: place(input, &location, line),
            what: format!("{} in {}", entry.rule, entry.symbol),
            age: age(input, &location, &text, line, today),
            ends: ends(entry.until, today),
            reason: entry.reason.clone().unwrap_or_default(),
        }
    };
    Ok(explained.map(row).collect())
}

fn place(input: &Input, location: &Path, line: usize) -> String {
    format!("{}:{}", source::relative(&input.root.current, location), line + 1)
}

fn age(input: &Input, location: &Path, text: &str, line: usize, today: Date) -> String {
    match source::line_time(&input.root, location, text, line) {
        Some(seconds) => {
            let days = (today.days() - seconds.div_euclid(SECONDS_A_DAY)).max(0);
            baseline::counted(usize::try_from(days).unwrap_or(0), "day")
        }
        None => "not committed".to_owned(),
    }
}

fn ends(until: Option<Date>, today: Date) -> String {
    match until {
        None => "no end".to_owned(),
        Some(until) if until < today => format!("ended {until}"),
        Some(until) => format!("until {until}"),
    }
}
