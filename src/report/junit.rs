//! JUnit XML, which every CI system shows as test results: a suite for each file, a case for each finding.

use super::Report;
use super::places::Places;
use super::xml::escaped;
use crate::verdict::Judged;
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    let kept = &report.verdict.kept;
    let name = escaped(report.tool.name);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
        kept.len().max(1),
        kept.len()
    )?;
    if kept.is_empty() {
        // A report without a case counts as a broken one.
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"0\">"
        )?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"{name}\"/>")?;
        writeln!(out, "  </testsuite>")?;
    }
    for of_file in kept.chunk_by(|left, right| left.finding.primary.file == right.finding.primary.file) {
        let path = escaped(&places.path(of_file[0].finding.primary.file));
        let count = of_file.len();
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">"
        )?;
        for judged in of_file {
            case(report, &places, judged, &path, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(
    report: &Report<'_>,
    places: &Places<'_>,
    judged: &Judged,
    path: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let place = places.place(judged.finding.primary).start;
    let wording = report.wording(&judged.finding);
    writeln!(
        out,
        "    <testcase name=\"{}.{} line {}\" classname=\"{path}\" file=\"{path}\" line=\"{}\">",
        escaped(report.tool.name),
        escaped(judged.finding.rule),
        place.line,
        place.line,
    )?;
    writeln!(
        out,
        "      <failure type=\"{}\" message=\"{}\">{path}:{}:{}: {}</failure>",
        judged.level,
        escaped(&wording.text),
        place.line,
        place.column,
        escaped(&wording.help)
    )?;
    writeln!(out, "    </testcase>")
}
