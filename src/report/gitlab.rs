//! GitLab's Code Quality report, which its merge requests show on every tier.

use super::Report;
use super::places::Places;
use crate::finding::Level;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::io;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    let mut given = FxHashSet::default();
    let issues = report.verdict.kept.iter().map(|judged| {
        let place = places.place(judged.finding.primary);
        let path = places.path(judged.finding.primary.file);
        // GitLab shows one issue for each fingerprint, so those of one name that stand in several files are told apart by the path.
        let mut fingerprint = judged.fingerprint.clone();
        while !given.insert(fingerprint.clone()) {
            fingerprint = format!("{fingerprint}:{path}");
        }
        Issue {
            description: report.wording(&judged.finding).text,
            check_name: judged.finding.rule,
            fingerprint,
            severity: match judged.level {
                Level::Error => "major",
                Level::Warning => "minor",
                Level::Note => "info",
            },
            location: Location {
                path,
                positions: Positions {
                    begin: Position {
                        line: place.start.line,
                        column: place.start.column,
                    },
                    end: Position {
                        line: place.end.line,
                        column: place.end.column,
                    },
                },
            },
        }
    });
    let issues: Vec<Issue<'_>> = issues.collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
