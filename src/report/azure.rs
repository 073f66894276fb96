//! Logging commands of Azure Pipelines, which it shows as issues of the run.

use super::places::Places;
use super::{Report, summary};
use crate::finding::Level;
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    for judged in &report.verdict.kept {
        let place = places.place(judged.finding.primary).start;
        // Azure knows errors and warnings only.
        let kind = if judged.level == Level::Error {
            "error"
        } else {
            "warning"
        };
        writeln!(
            out,
            "##vso[task.logissue type={kind};sourcepath={};linenumber={};columnnumber={};code={};]{}",
            escaped(&places.path(judged.finding.primary.file)),
            place.line,
            place.column,
            escaped(judged.finding.rule),
            escaped(&report.wording(&judged.finding).text)
        )?;
    }
    if report.options.quiet {
        return Ok(());
    }
    writeln!(out, "{}", summary::one_line(report))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace(';', "%3B")
        .replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_ends_a_command_or_a_property_is_escaped() {
        assert_eq!(escaped("a;b]\n5%"), "a%3Bb%5D%0A5%AZP25");
    }
}
