//! Keeps, waives or hides each finding, and says at which level it counts.
//!
//! It sees findings, settings and waivers; it knows no rule and no program. Start with [`judge`].

mod baseline;
mod counted;
mod date;
mod fingerprint;

pub use baseline::{BASELINE_FILE, Baseline, BaselineError, Entry};
pub use date::Date;

use crate::facts::WaiverText;
use crate::finding::{CodeScope, Confidence, Finding, Level, Site, Step};
use crate::settings::Settings;
use crate::source::{ChangedLines, FileId};
use fingerprint::Namer;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What became of the findings of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The findings that count, in the order of reports.
    pub kept: Vec<Judged>,
    /// The findings that a waiver speaks for, in the order of reports.
    pub waived: Vec<Judged>,
    /// The findings that the baseline accepts, in the order of reports.
    pub baselined: Vec<Judged>,
    /// The entries of the baseline that accept nothing any more.
    pub stale: Vec<Entry>,
    /// How many findings the change that the report is about has nothing to do with.
    pub unchanged: usize,
    /// How many findings the rules' scopes left out, by rule and scope.
    pub hidden: BTreeMap<&'static str, BTreeMap<CodeScope, usize>>,
}

impl Verdict {
    /// Adds another verdict on the same program; the order of reports is kept.
    pub fn extend(&mut self, other: Self) {
        self.kept.extend(other.kept);
        self.waived.extend(other.waived);
        for judged in [&mut self.kept, &mut self.waived] {
            judged.sort_by(|left, right| left.finding.order().cmp(&right.finding.order()));
        }
        for (rule, scopes) in other.hidden {
            for (scope, count) in scopes {
                *self.hidden.entry(rule).or_default().entry(scope).or_default() += count;
            }
        }
    }

    /// Moves the findings that `baseline` accepts out of those that count. An entry whose last day is over accepts its finding no
    /// longer, but is not stale: the finding is back, and the entry says since when. `may_be_stale` says of which entries the run
    /// has looked for the findings.
    pub fn accept<'a>(
        &mut self,
        baseline: &Baseline,
        path: &dyn Fn(FileId) -> &'a str,
        may_be_stale: &dyn Fn(&Entry) -> bool,
        today: Date,
    ) {
        let accepting = baseline.accepting(&self.kept, path);
        let mut is_free = vec![true; baseline.entries().len()];
        let kept = std::mem::take(&mut self.kept);
        for (mut judged, entry) in kept.into_iter().zip(accepting) {
            let accepted = entry.is_some_and(|entry| {
                is_free[entry] = false;
                let entry = &baseline.entries()[entry];
                if let Some(until) = entry.until.filter(|_| !entry.holds_on(today)) {
                    let site = judged.finding.primary;
                    tell_end(&mut judged.finding, site, "the baseline accepted this", until);
                }
                entry.holds_on(today)
            });
            let list = if accepted { &mut self.baselined } else { &mut self.kept };
            list.push(judged);
        }
        let entries = baseline.entries().iter().zip(is_free);
        let stale = entries.filter(|(entry, is_free)| *is_free && may_be_stale(entry));
        self.stale.extend(stale.map(|(entry, _)| entry.clone()));
    }

    /// Leaves out the findings that a change has nothing to do with: no place of theirs is touched, and they were there before. What is
    /// counted together is of the change where it is new, whatever lines that shows on.
    pub fn keep_changed<'a>(&mut self, change: &Change, path: &dyn Fn(FileId) -> &'a str) {
        let accepting = |before: &Option<Baseline>| before.as_ref().map(|before| before.accepting(&self.kept, path));
        let known = accepting(&change.before);
        let counted = accepting(&change.counted_before);
        let is_new = |known: &Option<Vec<Option<usize>>>, number: usize| {
            known.as_ref().is_some_and(|known| known[number].is_none())
        };
        let is_touched = |judged: &Judged| {
            change
                .lines
                .as_ref()
                .is_some_and(|lines| touches(lines, &judged.finding))
        };
        let kept = std::mem::take(&mut self.kept);
        let all = kept.len();
        let is_of_change = |number: usize, judged: &Judged| {
            if judged.finding.counted.is_some() && (known.is_some() || counted.is_some()) {
                return is_new(if known.is_some() { &known } else { &counted }, number);
            }
            is_new(&known, number) || is_touched(judged)
        };
        let mut others = Vec::new();
        for (number, judged) in kept.into_iter().enumerate() {
            let list = if is_of_change(number, &judged) {
                &mut self.kept
            } else {
                &mut others
            };
            list.push(judged);
        }
        let known = counted::symbols(&others);
        self.kept
            .iter_mut()
            .for_each(|judged| counted::tell_new(judged, &known));
        self.unchanged = all - self.kept.len();
    }

    /// Leaves out the findings that the report is not about.
    pub fn retain(&mut self, is_reported: impl Fn(&Judged) -> bool) {
        for list in [&mut self.kept, &mut self.waived, &mut self.baselined] {
            list.retain(&is_reported);
        }
    }
}

/// A change that a report is about.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The lines that it touches; none if that does not matter.
    pub lines: Option<ChangedLines>,
    /// What was found before it; none if that does not matter.
    pub before: Option<Baseline>,
    /// What was counted before it, where only lines matter otherwise.
    pub counted_before: Option<Baseline>,
}

fn touches(lines: &ChangedLines, finding: &Finding) -> bool {
    let steps = finding.trail.iter().map(|step| step.site);
    std::iter::once(finding.primary)
        .chain(steps)
        .any(|site| lines.touch(site.file, site.span))
}

/// A finding with its level and its lasting name.
#[derive(Debug)]
pub struct Judged {
    /// What was found.
    pub finding: Finding,
    /// The level it counts at, after settings, message and confidence.
    pub level: Level,
    /// Its lasting name: 16 hexadecimal digits made of rule, symbol and message values, never of a line number, a path or a secret.
    pub fingerprint: String,
    /// The waiver that speaks for it.
    pub waiver: Option<WaivedBy>,
}

/// The waiver that speaks for a finding.
#[derive(Clone, Debug)]
pub struct WaivedBy {
    /// Why, in the words of whoever wrote it.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The comment; none for a waiver of the settings file.
    pub comment: Option<Site>,
}

/// What a rule's page says about levels and scopes.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The default level; `None` is off.
    pub level: Option<Level>,
    /// The default scopes.
    pub scopes: Vec<CodeScope>,
    /// The highest level of single messages.
    pub caps: BTreeMap<String, Level>,
}

/// A waiver of a comment, ready to be held against findings.
#[derive(Clone, Debug)]
pub struct CommentWaiver {
    /// The comment.
    pub comment: Site,
    /// The code it speaks for.
    pub covers: Site,
    /// What it says.
    pub says: WaiverText,
    /// For each of its rules: whether a finding needed it.
    pub needed: Vec<bool>,
}

impl CommentWaiver {
    /// Which of its rules it is meant to waive a finding of, whatever day it is.
    fn speaks_for(&self, finding: &Finding) -> Option<usize> {
        let is_covered = self.covers.span.contains(finding.primary.span);
        let rules = &mut self.says.rules.iter();
        rules.position(|rule| is_covered && rule == finding.rule)
    }
}

/// A waiver of the settings, ready to be held against findings.
#[derive(Clone, Debug)]
pub struct SymbolWaiver {
    /// The rule it speaks of.
    pub rule: String,
    /// The functions, classes and modules that it speaks for, and all they hold, by dotted names.
    pub symbols: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
}

impl SymbolWaiver {
    /// Whether it is meant for a finding, whatever day it is.
    #[must_use]
    pub fn speaks_for(&self, finding: &Finding) -> bool {
        let covers = |symbol: &String| {
            let rest = finding.symbol.strip_prefix(symbol.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':']))
        };
        self.rule == finding.rule && self.symbols.iter().any(covers)
    }
}

/// All that a judgement depends on besides the findings.
pub struct Court<'a> {
    /// What the user set.
    pub settings: &'a Settings,
    /// What the pages say, by rule.
    pub policies: &'a BTreeMap<&'static str, Policy>,
    /// The waivers of the settings.
    pub waivers: &'a [SymbolWaiver],
    /// The path of a file.
    pub path: &'a dyn Fn(FileId) -> &'a str,
    /// The name of a file's module.
    pub module: &'a dyn Fn(FileId) -> &'a str,
    /// Whether the report is about a file; findings elsewhere are judged all the same, so that names, waivers and the baseline do
    /// not depend on what is reported, but those that scopes hide are not counted.
    pub is_reported: &'a dyn Fn(FileId) -> bool,
    /// Scopes that replace those of every rule.
    pub scopes: Option<&'a [CodeScope]>,
    /// Whether waivers count.
    pub waivers_count: bool,
    /// The day on which waivers are held against their last day.
    pub today: Date,
}

impl std::fmt::Debug for Court<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Court")
            .field("today", &self.today)
            .finish_non_exhaustive()
    }
}

impl Verdict {
    /// Where several findings speak of one expression, keeps the one whose rule comes first in one of `orders`, and lets it name the
    /// others. What is waived speaks for itself alone.
    pub fn keep_most_specific(&mut self, orders: &[&[&str]]) {
        let mut rules_at: FxHashMap<Site, Vec<&'static str>> = FxHashMap::default();
        for judged in &self.kept {
            let finding = &judged.finding;
            rules_at.entry(finding.primary).or_default().push(finding.rule);
        }
        rules_at.retain(|_, rules| rules.len() > 1);
        let more_specific = |finding: &Finding| {
            let rules = rules_at.get(&finding.primary)?;
            let orders = orders.iter().filter(|order| order.contains(&finding.rule));
            let mut before = orders.filter_map(|order| {
                let mut before = order.iter().take_while(|rule| **rule != finding.rule);
                before.find(|rule| rules.contains(*rule))
            });
            before.next().copied()
        };
        let mut named: Vec<(Site, &str, &'static str)> = Vec::new();
        for judged in &self.kept {
            if let Some(by) = more_specific(&judged.finding) {
                named.push((judged.finding.primary, by, judged.finding.rule));
            }
        }
        self.kept.retain(|judged| more_specific(&judged.finding).is_none());
        for judged in &mut self.kept {
            let finding = &mut judged.finding;
            for (site, by, rule) in &named {
                if *site == finding.primary && *by == finding.rule {
                    finding.related.push(Step {
                        site: *site,
                        symbol: finding.symbol.clone(),
                        note: format!("`{rule}` speaks of this, too"),
                    });
                }
            }
        }
    }
}

/// Judges `findings`, which may come in any order, and notes on each waiver whether it was needed.
#[must_use]
pub fn judge(mut findings: Vec<Finding>, waivers: &mut [CommentWaiver], court: &Court<'_>) -> Verdict {
    findings.sort_by(|left, right| left.order().cmp(&right.order()));
    let mut waivers_of: FxHashMap<FileId, Vec<usize>> = FxHashMap::default();
    for (index, waiver) in waivers.iter().enumerate() {
        waivers_of.entry(waiver.comment.file).or_default().push(index);
    }
    let mut verdict = Verdict::default();
    let mut namer = Namer::default();
    for mut finding in findings {
        let Some(level) = level_of(&finding, court) else {
            continue;
        };
        let scopes = court.scopes.unwrap_or_else(|| {
            let default = court
                .policies
                .get(finding.rule)
                .map_or(&[][..], |policy| &policy.scopes);
            court.settings.scopes_for(finding.rule, default)
        });
        if !scopes.contains(&finding.scope) {
            if (court.is_reported)(finding.primary.file) && finding.counted.is_none() {
                let by_scope = verdict.hidden.entry(finding.rule).or_default();
                *by_scope.entry(finding.scope).or_default() += 1;
            }
            continue;
        }
        let fingerprint = namer.name(&finding, court.module);
        let near = waivers_of.get(&finding.primary.file).map_or(&[][..], Vec::as_slice);
        let waiver = near
            .iter()
            .find_map(|index| waived_by(&finding, &mut waivers[*index], court))
            .or_else(|| waived_by_settings(&finding, court));
        if waiver.is_none() && court.waivers_count {
            let near: Vec<&CommentWaiver> = near.iter().map(|index| &waivers[*index]).collect();
            tell_ended_waiver(&mut finding, &near, court);
        }
        let judged = Judged {
            finding,
            level,
            fingerprint,
            waiver,
        };
        if judged.waiver.is_some() {
            verdict.waived.push(judged)
        } else {
            verdict.kept.push(judged)
        }
    }
    verdict
}

fn level_of(finding: &Finding, court: &Court<'_>) -> Option<Level> {
    let policy = court.policies.get(finding.rule);
    let default = policy.and_then(|policy| policy.level);
    let level = court
        .settings
        .level_for(finding.rule, default, (court.path)(finding.primary.file))?;
    let cap = policy
        .and_then(|policy| policy.caps.get(finding.message).copied())
        .unwrap_or(Level::Error);
    let sure = if finding.confidence == Confidence::Possible {
        Level::Note
    } else {
        Level::Error
    };
    Some(level.min(cap).min(sure))
}

fn waived_by_settings(finding: &Finding, court: &Court<'_>) -> Option<WaivedBy> {
    let holds = |waiver: &&SymbolWaiver| waiver.until.is_none_or(|until| until >= court.today);
    let mut waivers = court.waivers.iter().filter(|_| court.waivers_count).filter(holds);
    let waiver = waivers.find(|waiver| waiver.speaks_for(finding))?;
    Some(WaivedBy {
        reason: waiver.reason.clone(),
        until: waiver.until.map(|until| until.to_string()),
        comment: None,
    })
}

fn waived_by(finding: &Finding, waiver: &mut CommentWaiver, court: &Court<'_>) -> Option<WaivedBy> {
    let index = waiver.speaks_for(finding)?;
    waiver.needed[index] = true;
    let until = waiver.says.until.map(Date::from);
    if !court.waivers_count || until.is_some_and(|until| until < court.today) {
        return None;
    }
    Some(WaivedBy {
        reason: waiver.says.reason.clone(),
        until: until.map(|until| until.to_string()),
        comment: Some(waiver.comment),
    })
}

/// Lets a finding that no waiver speaks for any more say which one did, and until when.
fn tell_ended_waiver(finding: &mut Finding, near: &[&CommentWaiver], court: &Court<'_>) {
    let comment = near.iter().find(|waiver| waiver.speaks_for(finding).is_some());
    if let Some((comment, until)) = comment.and_then(|waiver| Some((waiver.comment, waiver.says.until?))) {
        tell_end(finding, comment, "a waiver spoke for this", until.into());
        return;
    }
    let of_settings = court.waivers.iter().find(|waiver| waiver.speaks_for(finding));
    if let Some(until) = of_settings.and_then(|waiver| waiver.until) {
        tell_end(
            finding,
            finding.primary,
            "a waiver of the settings spoke for this",
            until,
        );
    }
}

fn tell_end(finding: &mut Finding, site: Site, what: &str, until: Date) {
    finding.related.push(Step {
        site,
        symbol: finding.symbol.clone(),
        note: format!("{what} until {until}"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn judged(rule: &'static str, start: u32) -> Judged {
        Judged {
            finding: Finding {
                rule,
                message: "read",
                values: Vec::new(),
                primary: Site {
                    file: FileId(0),
                    span: Span::new(start, start + 4),
                },
                symbol: "app".to_owned(),
                scope: CodeScope::Production,
                concern: None,
                confidence: Confidence::Certain,
                trail: Vec::new(),
                related: Vec::new(),
                fix: Vec::new(),
                counted: None,
            },
            level: Level::Error,
            fingerprint: String::new(),
            waiver: None,
        }
    }

    #[test]
    fn the_most_specific_rule_speaks_and_names_the_others() {
        let mut verdict = Verdict {
            kept: vec![
                judged("hard", 1),
                judged("weak", 1),
                judged("other", 1),
                judged("weak", 9),
            ],
            ..Verdict::default()
        };
        verdict.keep_most_specific(&[&["hard", "weak"]]);
        let kept: Vec<(&str, usize)> = verdict
            .kept
            .iter()
            .map(|judged| (judged.finding.rule, judged.finding.related.len()))
            .collect();
        assert_eq!(kept, [("hard", 1), ("other", 0), ("weak", 0)]);
        assert_eq!(verdict.kept[0].finding.related[0].note, "`weak` speaks of this, too");
    }
}
