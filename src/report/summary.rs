//! Counts what a report shows: totals that several formats write in their own way.

use super::Report;
use crate::finding::{CodeScope, Level};
use std::collections::{BTreeMap, BTreeSet};

/// How many findings there are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// By level.
    pub(super) by_level: BTreeMap<Level, usize>,
    /// By rule and level.
    pub(super) by_rule: BTreeMap<&'static str, BTreeMap<Level, usize>>,
    /// The number of files that have one.
    pub(super) files: usize,
    /// How many come with a fix.
    pub(super) fixable: usize,
    /// How many the scopes hide, with the rules that found them, the commonest first.
    pub(super) hidden: BTreeMap<CodeScope, Vec<(&'static str, usize)>>,
    /// How many are waived.
    pub(super) waived: usize,
    /// How many the baseline accepts.
    pub(super) baselined: usize,
}

impl Totals {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let mut totals = Self {
            waived: report.verdict.waived.len(),
            baselined: report.verdict.baselined.len(),
            ..Self::default()
        };
        let mut files = BTreeSet::new();
        for judged in &report.verdict.kept {
            *totals.by_level.entry(judged.level).or_default() += 1;
            let by_level = totals.by_rule.entry(judged.finding.rule).or_default();
            *by_level.entry(judged.level).or_default() += 1;
            files.insert(judged.finding.primary.file);
            totals.fixable += usize::from(!judged.finding.fix.is_empty());
        }
        totals.files = files.len();
        for (rule, by_scope) in &report.verdict.hidden {
            for (scope, count) in by_scope.iter().filter(|(_, count)| **count > 0) {
                totals.hidden.entry(*scope).or_default().push((rule, *count));
            }
        }
        for rules in totals.hidden.values_mut() {
            rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
        }
        totals
    }

    /// The number of findings.
    pub(super) fn findings(&self) -> usize {
        self.by_level.values().sum()
    }

    /// `3 errors, 1 warning`; empty if there are none.
    pub(super) fn levels(&self) -> String {
        let levels = self.by_level.iter().rev();
        let levels: Vec<String> = levels
            .map(|(level, count)| counted(*count, &level.to_string()))
            .collect();
        levels.join(", ")
    }

    /// How many findings the scopes hide.
    pub(super) fn hidden_findings(&self) -> usize {
        self.hidden.values().flatten().map(|(_, count)| count).sum()
    }
}

/// All of it on one line: findings, files read, and all that is not shown.
#[must_use]
pub fn one_line(report: &Report<'_>) -> String {
    let totals = Totals::of(report);
    let mut line = match totals.findings() {
        0 => "no findings".to_owned(),
        count => format!("{} ({})", counted(count, "finding"), totals.levels()),
    };
    let read: usize = report.files_read.values().sum();
    line.push_str(&format!(" in {}", counted(read, "file")));
    let partly: BTreeSet<_> = report.problems.iter().map(|problem| problem.site.file).collect();
    let also = [
        (report.all_unread().len(), "unread"),
        (partly.len(), "partly read"),
        (totals.hidden_findings(), "hidden by scope"),
        (totals.waived, "waived"),
        (totals.baselined, "in the baseline"),
        (report.verdict.unchanged, "not in the change"),
        (report.verdict.stale.len(), "gone from the baseline"),
    ];
    for (count, what) in also.into_iter().filter(|(count, _)| *count > 0) {
        line.push_str(&format!(", {count} {what}"));
    }
    line
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
