//! ssotlint's own JSON, version 1, for programs. Its fields are a promise (`schema/findings-v1.schema.json`): the types here are
//! written for it alone and name every field that is written.

use super::places::Places;
use super::{Because, Report, summary};
use crate::finding::{CodeScope, Confidence, Edit, Finding, Level, Step};
use crate::source::Unread;
use crate::verdict::Judged;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::collections::BTreeMap;
use std::io;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from(&report.sources.root, report);
    let totals = summary::Totals::of(report);
    let document = Document {
        version: 1,
        tool: Tool {
            name: report.tool.name,
            version: report.tool.version,
        },
        root: ".",
        findings: report
            .verdict
            .kept
            .iter()
            .map(|judged| written_finding(judged, report, &places))
            .collect(),
        owners: report
            .owners
            .iter()
            .map(|owner| Owner {
                concern: &owner.concern,
                path: &owner.path,
                because: owner.because,
                reason: &owner.reason,
            })
            .collect(),
        files: Files {
            read: report.files_read.values().sum(),
            by_language: report.files_read,
            unread: unread(report, &places),
        },
        hidden: &report.verdict.hidden,
        counts: totals
            .by_rule
            .iter()
            .map(|(rule, by_level)| (*rule, by_level.values().sum()))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool<'a>,
    root: &'static str,
    findings: Vec<WrittenFinding<'a>>,
    owners: Vec<Owner<'a>>,
    files: Files<'a>,
    hidden: &'a BTreeMap<&'static str, BTreeMap<CodeScope, usize>>,
    counts: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct WrittenFinding<'a> {
    rule: &'a str,
    level: Level,
    confidence: Confidence,
    message: String,
    #[serde(flatten)]
    region: Region,
    symbol: &'a str,
    scope: CodeScope,
    concern: Option<&'a str>,
    values: Values<'a>,
    trail: Vec<WrittenStep<'a>>,
    related: Vec<WrittenStep<'a>>,
    fix: Option<Vec<WrittenEdit<'a>>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Region {
    path: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct WrittenStep<'a> {
    path: String,
    line: u32,
    column: u32,
    symbol: &'a str,
    note: &'a str,
}

#[derive(Serialize)]
struct WrittenEdit<'a> {
    #[serde(flatten)]
    region: Region,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Owner<'a> {
    concern: &'a str,
    path: &'a str,
    because: Because,
    reason: &'a str,
}

#[derive(Serialize)]
struct Files<'a> {
    read: usize,
    by_language: &'a BTreeMap<&'static str, usize>,
    unread: Vec<WrittenUnread>,
}

#[derive(Serialize)]
struct WrittenUnread {
    path: String,
    reason: String,
}

/// The values of a finding, in the rule's order.
struct Values<'a>(&'a [(&'static str, String)]);

impl Serialize for Values<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn written_finding<'a>(judged: &'a Judged, report: &Report<'_>, places: &Places<'_>) -> WrittenFinding<'a> {
    let finding: &Finding = &judged.finding;
    let steps = |steps: &'a [Step]| steps.iter().map(|step| written_step(step, places)).collect();
    WrittenFinding {
        rule: finding.rule,
        level: judged.level,
        confidence: finding.confidence,
        message: report.wording(finding).text,
        region: region(finding.primary, places),
        symbol: &finding.symbol,
        scope: finding.scope,
        concern: finding.concern.as_deref(),
        values: Values(&finding.values),
        trail: steps(&finding.trail),
        related: steps(&finding.related),
        fix: (!finding.fix.is_empty()).then(|| finding.fix.iter().map(|edit| written_edit(edit, places)).collect()),
        fingerprint: &judged.fingerprint,
    }
}

fn written_step<'a>(step: &'a Step, places: &Places<'_>) -> WrittenStep<'a> {
    let start = places.place(step.site).start;
    WrittenStep {
        path: places.path(step.site.file),
        line: start.line,
        column: start.column,
        symbol: &step.symbol,
        note: &step.note,
    }
}

fn written_edit<'a>(edit: &'a Edit, places: &Places<'_>) -> WrittenEdit<'a> {
    WrittenEdit {
        region: region(edit.site, places),
        replacement: &edit.replacement,
    }
}

fn region(site: crate::finding::Site, places: &Places<'_>) -> Region {
    let place = places.place(site);
    Region {
        path: places.path(site.file),
        line: place.start.line,
        column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    }
}

/// What was not read, and what was read only partly.
fn unread(report: &Report<'_>, places: &Places<'_>) -> Vec<WrittenUnread> {
    let wholly = report
        .all_unread()
        .into_iter()
        .map(|Unread { path, reason }| WrittenUnread {
            path: path.clone(),
            reason: reason.clone(),
        });
    let partly = report.problems.iter().map(|problem| {
        let start = places.place(problem.site).start;
        WrittenUnread {
            path: places.path(problem.site.file),
            reason: format!("partly read: line {}: {}", start.line, problem.message),
        }
    });
    let mut unread: Vec<WrittenUnread> = wholly.chain(partly).collect();
    unread.sort_by(|left, right| left.path.cmp(&right.path));
    unread
}
