//! One line a finding, for editors and people who grep: `path:line:column: level[rule] message`.

use super::places::Places;
use super::{Report, printable, summary};
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from(report.current_folder, report);
    for judged in &report.verdict.kept {
        let finding = &judged.finding;
        let place = places.place(finding.primary);
        let line = format!(
            "{}:{}:{}: {}[{}] {}",
            places.path(finding.primary.file),
            place.start.line,
            place.start.column,
            judged.level,
            finding.rule,
            report.wording(finding).text
        );
        writeln!(out, "{}", printable::line(&line))?;
    }
    if !report.options.quiet {
        writeln!(out, "{}", summary::one_line(report))?;
    }
    Ok(())
}
