//! `ssotlint rules`: one line a rule.

use super::Failed;
use super::console::Console;
use ssotlint::page::Page;
use std::process::ExitCode;

/// Prints the table.
pub fn run(console: &Console) -> Result<ExitCode, Failed> {
    let pages = ssotlint::pages().map_err(|error| console.fail(&error))?;
    let rows: Vec<[String; 4]> = pages.iter().map(row).collect();
    let heading = ["rule", "level", "scopes", "finds"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&heading]).map(|row| row[column].len());
        cells.max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    let terminal = console.output();
    let line = |row: &[String; 4]| {
        let [id, level, scopes, summary] = row;
        let [first, second, third] = widths;
        format!("{id:first$}  {level:second$}  {scopes:third$}  {summary}\n")
    };
    let mut text = line(&heading);
    if terminal.colour {
        let bold = anstyle::Style::new().bold();
        text = format!("{bold}{}{bold:#}\n", text.trim_end());
    }
    text.extend(rows.iter().map(line));
    console.print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn row(page: &Page) -> [String; 4] {
    [
        page.id.clone(),
        super::explain::level(page),
        super::explain::scopes(page),
        page.summary.clone(),
    ]
}
