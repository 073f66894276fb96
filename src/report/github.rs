//! Workflow commands, which GitHub Actions shows as annotations beside the code.
//!
//! It shows ten errors and ten warnings a step: the gravest findings come first, and the total comes last, in the log.

use super::places::Places;
use super::{Report, printable, summary};
use crate::finding::Level;
use crate::verdict::Judged;
use std::cmp::Reverse;
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    let mut judged: Vec<&Judged> = report.verdict.kept.iter().collect();
    judged.sort_by_key(|judged| Reverse(judged.level));
    for judged in judged {
        annotation(report, &places, judged, out)?;
    }
    if report.options.quiet {
        return Ok(());
    }
    for unread in report.all_unread() {
        let line = format!("unread: {}: {}", places.path_below_root(&unread.path), unread.reason);
        writeln!(out, "{}", printable::line(&line))?;
    }
    for problem in report.problems {
        let place = places.place(problem.site).start;
        let path = places.path(problem.site.file);
        let line = format!(
            "partly read: {path}:{}:{}: {}",
            place.line, place.column, problem.message
        );
        writeln!(out, "{}", printable::line(&line))?;
    }
    writeln!(out, "{}", summary::one_line(report))
}

fn annotation(report: &Report<'_>, places: &Places<'_>, judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let finding = &judged.finding;
    let place = places.place(finding.primary);
    let command = match judged.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    write!(
        out,
        "::{command} title={} ({}),file={},line={}",
        report.tool.name,
        property(finding.rule),
        property(&places.path(finding.primary.file)),
        place.start.line
    )?;
    // columns mean nothing to GitHub where a region has more than one line
    if place.start.line == place.end.line {
        write!(
            out,
            ",col={},endLine={},endColumn={}",
            place.start.column, place.end.line, place.end.column
        )?;
    } else {
        write!(out, ",endLine={}", place.end.line)?;
    }
    let wording = report.wording(finding);
    let mut message = wording.text;
    if !wording.help.is_empty() {
        message.push_str("\nhelp: ");
        message.push_str(&wording.help);
    }
    for (number, step) in (1..).zip(&finding.trail) {
        let line = places.place(step.site).start.line;
        let path = places.path(step.site.file);
        message.push_str(&format!("\n{number}. {path}:{line} {}: {}", step.symbol, step.note));
    }
    writeln!(out, "::{}", data(&message))
}

/// The text of a command, escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property, escaped.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_or_a_property_is_escaped() {
        assert_eq!(data("50%:\r\na,b"), "50%25:%0D%0Aa,b");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
