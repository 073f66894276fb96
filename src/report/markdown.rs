//! Markdown, for a job's summary (`$GITHUB_STEP_SUMMARY`) or a comment: what was found by rule, then the gravest findings.

use super::places::Places;
use super::{Report, printable, summary};
use crate::verdict::Judged;
use std::cmp::Reverse;
use std::io;

/// More rows are counted, not shown: GitHub takes 1 MiB of summary from a step, and nobody reads more.
const MOST_ROWS: usize = 200;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let base = report.sources.repository.as_ref().unwrap_or(&report.sources.root);
    let places = Places::seen_from(base, report);
    writeln!(out, "## {}\n\n{}", report.tool.name, summary::one_line(report))?;
    let totals = summary::Totals::of(report);
    if totals.findings() > 0 {
        writeln!(out, "\n| rule | findings |\n|---|---:|")?;
        for (rule, by_level) in &totals.by_rule {
            writeln!(out, "| `{rule}` | {} |", by_level.values().sum::<usize>())?;
        }
        writeln!(out, "\n| place | level | what | what to do |\n|---|---|---|---|")?;
        let mut judged: Vec<&Judged> = report.verdict.kept.iter().collect();
        judged.sort_by_key(|judged| Reverse(judged.level));
        for judged in judged.iter().take(MOST_ROWS) {
            let place = places.place(judged.finding.primary).start;
            let wording = report.wording(&judged.finding);
            writeln!(
                out,
                "| {}:{} | {} | {} | {} |",
                cell(&places.path(judged.finding.primary.file)),
                place.line,
                judged.level,
                cell(&wording.text),
                cell(&wording.help)
            )?;
        }
        if judged.len() > MOST_ROWS {
            writeln!(out, "\nand {} more", judged.len() - MOST_ROWS)?;
        }
    }
    for unread in report.all_unread() {
        let path = places.path_below_root(&unread.path);
        writeln!(out, "\nunread: {}: {}", cell(&path), cell(&unread.reason))?;
    }
    Ok(())
}

/// Text in a cell: what is code stays code, nothing else means anything.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    let mut is_code = false;
    for character in printable::line(text).chars() {
        match character {
            '`' => {
                is_code = !is_code;
                cell.push('`');
            }
            // A table knows no code: a bar ends the cell there, too.
            '|' => cell.push_str("\\|"),
            '<' if !is_code => cell.push_str("&lt;"),
            '\\' | '*' | '_' | '[' | ']' if !is_code => cell.extend(['\\', character]),
            other => cell.push(other),
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn only_code_is_marked_up() {
        assert_eq!(cell("`a_b | c` is *not* <b>"), "`a_b \\| c` is \\*not\\* &lt;b>");
    }
}
