//! Keeps, waives or hides each finding, and says at which level it counts.
//!
//! It sees findings, settings and waivers; it knows no rule and no program. Start with [`judge`].

mod date;

pub use date::Date;

use crate::facts::WaiverText;
use crate::finding::{CodeScope, Confidence, Finding, Level, Site, Step};
use crate::settings::Settings;
use crate::source::FileId;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

/// What became of the findings of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The findings that count, in the order of reports.
    pub kept: Vec<Judged>,
    /// The findings that a waiver speaks for, in the order of reports.
    pub waived: Vec<Judged>,
    /// How many findings the rules' scopes left out, by rule and scope.
    pub hidden: BTreeMap<&'static str, BTreeMap<CodeScope, usize>>,
}

impl Verdict {
    /// Adds another verdict on the same program; the order of reports is kept.
    pub fn extend(&mut self, other: Self) {
        self.kept.extend(other.kept);
        self.kept
            .sort_by(|left, right| left.finding.order().cmp(&right.finding.order()));
        self.waived.extend(other.waived);
        self.waived
            .sort_by(|left, right| left.finding.order().cmp(&right.finding.order()));
        for (rule, scopes) in other.hidden {
            for (scope, count) in scopes {
                *self.hidden.entry(rule).or_default().entry(scope).or_default() += count;
            }
        }
    }
}

/// A finding with its level and its lasting name.
#[derive(Debug)]
pub struct Judged {
    /// What was found.
    pub finding: Finding,
    /// The level it counts at, after settings, message and confidence.
    pub level: Level,
    /// Its lasting name: 16 hexadecimal digits made of rule, symbol and message values, never of a line number or a secret.
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

/// All that a judgement depends on besides the findings.
pub struct Court<'a> {
    /// What the user set.
    pub settings: &'a Settings,
    /// What the pages say, by rule.
    pub policies: &'a BTreeMap<&'static str, Policy>,
    /// The path of a file.
    pub path: &'a dyn Fn(FileId) -> &'a str,
    /// Whether the report is about a file; findings elsewhere are judged and then left out, so that names and waivers do not depend
    /// on what is reported.
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
    let mut ordinals: FxHashMap<String, usize> = FxHashMap::default();
    for finding in findings {
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
        let is_reported = (court.is_reported)(finding.primary.file);
        if !scopes.contains(&finding.scope) {
            if is_reported {
                let by_scope = verdict.hidden.entry(finding.rule).or_default();
                *by_scope.entry(finding.scope).or_default() += 1;
            }
            continue;
        }
        let fingerprint = fingerprint(&finding, &mut ordinals);
        let near = waivers_of.get(&finding.primary.file).map_or(&[][..], Vec::as_slice);
        let waiver = near
            .iter()
            .find_map(|index| waived_by(&finding, &mut waivers[*index], court));
        if !is_reported {
            continue;
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

fn waived_by(finding: &Finding, waiver: &mut CommentWaiver, court: &Court<'_>) -> Option<WaivedBy> {
    let index = waiver.says.rules.iter().position(|rule| rule == finding.rule)?;
    if !waiver.covers.span.contains(finding.primary.span) {
        return None;
    }
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

/// The lasting name of a finding: no line, no path, so that it survives moved code; the ordinal tells equal findings of one symbol
/// apart.
fn fingerprint(finding: &Finding, ordinals: &mut FxHashMap<String, usize>) -> String {
    let mut key = format!("{}\n{}\n{}", finding.rule, finding.symbol, finding.message);
    for (name, value) in &finding.values {
        // The owner can move without making a finding a new one.
        if *name != "owner" {
            let _ = write!(
                key,
                "\n{name}={}",
                value.split_whitespace().collect::<Vec<_>>().join(" ")
            );
        }
    }
    let ordinal = ordinals.entry(key.clone()).or_default();
    *ordinal += 1;
    let _ = write!(key, "\n{ordinal}");
    format!("{:016x}", xxh3_64(key.as_bytes()))
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
