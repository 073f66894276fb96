//! Checkstyle XML, for the many tools that read it.

use super::Report;
use super::places::Places;
use super::xml::escaped;
use crate::finding::Level;
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"4.3\">")?;
    let kept = &report.verdict.kept;
    for of_file in kept.chunk_by(|left, right| left.finding.primary.file == right.finding.primary.file) {
        let path = places.path(of_file[0].finding.primary.file);
        writeln!(out, "  <file name=\"{}\">", escaped(&path))?;
        for judged in of_file {
            let place = places.place(judged.finding.primary).start;
            let severity = match judged.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "info",
            };
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" source=\"ssot.{}\"/>",
                place.line,
                place.column,
                escaped(&report.wording(&judged.finding).text),
                escaped(judged.finding.rule)
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
