//! Reviewdog Diagnostic Format, for reviewdog, which comments on pull requests wherever they are.

use super::Report;
use super::places::Places;
use crate::finding::{Finding, Level, Site};
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Source<'a>,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestions: Option<[Suggestion<'a>; 1]>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// Unlike elsewhere, columns count bytes.
#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    let kept = report.verdict.kept.iter();
    let result = DiagnosticResult {
        source: Source {
            name: report.tool.name,
            url: report.tool.information_uri,
        },
        diagnostics: kept
            .map(|judged| Diagnostic {
                message: report.wording(&judged.finding).text,
                location: Location {
                    path: places.path(judged.finding.primary.file),
                    range: range(judged.finding.primary, &places),
                },
                severity: match judged.level {
                    Level::Error => "ERROR",
                    Level::Warning => "WARNING",
                    Level::Note => "INFO",
                },
                code: Code {
                    value: judged.finding.rule,
                },
                suggestions: suggestion(&judged.finding, &places).map(|suggestion| [suggestion]),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &result)?;
    writeln!(out)
}

/// The fix, if it is one edit of the file: each suggestion is offered by itself, and half a fix mends nothing.
fn suggestion<'a>(finding: &'a Finding, places: &Places<'_>) -> Option<Suggestion<'a>> {
    match finding.fix.as_slice() {
        [edit] if edit.site.file == finding.primary.file => Some(Suggestion {
            range: range(edit.site, places),
            text: &edit.replacement,
        }),
        _ => None,
    }
}

fn range(site: Site, places: &Places<'_>) -> Range {
    let (start, end) = places.in_bytes(site);
    let position = |(line, column)| Position { line, column };
    Range {
        start: position(start),
        end: position(end),
    }
}
