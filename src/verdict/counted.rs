//! Findings that matter only together: where there are more of them than there may be.
//!
//! Each is judged by itself first, so that waivers, the baseline and what another commit had tell which of them are known. What is left
//! of a number that is exceeded is either known to be new, and told one by one, or there is nothing to tell that by, and one finding
//! lists them all.

use super::{Baseline, Judged, Verdict};
use crate::finding::{Site, Step, known_again, shared_marks};
use std::collections::{BTreeMap, BTreeSet};

/// More of what is counted is not listed behind the first.
const MOST_LISTED: usize = 20;

/// A number: the rule that counts, and what.
type Number = (&'static str, String);

fn number(judged: &Judged) -> Option<Number> {
    let counted = judged.finding.counted.as_ref()?;
    Some((judged.finding.rule, counted.what.clone()))
}

impl Verdict {
    /// Leaves out what is counted of numbers that stay within their limit. What a waiver speaks for is not counted.
    pub fn keep_exceeded(&mut self) {
        let exceeded: BTreeSet<Number> = counts(&self.kept)
            .into_iter()
            .filter(|(_, (count, most))| count > most)
            .map(|(number, _)| number)
            .collect();
        self.kept
            .retain(|judged| number(judged).is_none_or(|number| exceeded.contains(&number)));
    }

    /// After the baseline has accepted what it knows: tells what it cannot have known of the numbers that are exceeded.
    pub fn tell_new_to_baseline(&mut self) {
        self.accept_renamed();
        let accepted = counts(&self.baselined);
        let found: BTreeSet<Site> = self.sites_of_kept();
        let is_past_baseline = |judged: &Judged| {
            let end = judged.finding.counted.as_ref().map(|counted| counted.end);
            end.is_some_and(|end| found.contains(&end))
        };
        let mut told: BTreeSet<Number> = accepted.into_keys().collect();
        let kept = self.kept.iter().filter(|judged| is_past_baseline(judged));
        let by_site: BTreeSet<Number> = kept
            .filter_map(number)
            .filter(|number| !told.contains(number))
            .collect();
        self.kept.retain(|judged| {
            let is_judged_by_site = number(judged).is_some_and(|number| by_site.contains(&number));
            !is_judged_by_site || is_past_baseline(judged)
        });
        told.extend(by_site);
        let known = symbols(&self.baselined);
        for judged in &mut self.kept {
            if number(judged).is_some_and(|number| told.contains(&number)) {
                tell_new(judged, &known);
            }
        }
    }

    /// As many entries of the baseline as there are unknown findings have lost theirs: these were renamed, and no number has risen.
    fn accept_renamed(&mut self) {
        let rules: BTreeSet<&'static str> = self.kept.iter().filter_map(number).map(|(rule, _)| rule).collect();
        for rule in rules {
            let is_of_rule = |judged: &Judged| judged.finding.rule == rule && judged.finding.counted.is_some();
            let lost = self.stale.iter().filter(|entry| entry.rule == rule).count();
            if self.kept.iter().filter(|judged| is_of_rule(judged)).count() > lost {
                continue;
            }
            let (renamed, kept) = std::mem::take(&mut self.kept).into_iter().partition(is_of_rule);
            let renamed: Vec<Judged> = renamed;
            self.kept = kept;
            self.baselined.extend(renamed);
        }
        self.baselined
            .sort_by(|left, right| left.finding.order().cmp(&right.finding.order()));
    }

    /// Where findings stand that speak for themselves and nobody has accepted.
    fn sites_of_kept(&self) -> BTreeSet<Site> {
        let kept = self.kept.iter().filter(|judged| judged.finding.counted.is_none());
        kept.map(|judged| judged.finding.primary).collect()
    }

    /// Makes one finding of those that are counted together and not known to be new: the first, which lists the others.
    pub fn join_counted(&mut self) {
        let mut together: BTreeMap<Number, Vec<Judged>> = BTreeMap::new();
        let mut kept = Vec::new();
        for judged in std::mem::take(&mut self.kept) {
            match number(&judged).filter(|_| !is_told_new(&judged)) {
                Some(number) => together.entry(number).or_default().push(judged),
                None => kept.push(judged),
            }
        }
        kept.extend(together.into_values().filter_map(joined));
        kept.sort_by(|left, right| left.finding.order().cmp(&right.finding.order()));
        self.kept = kept;
    }
}

/// How many there are of each number, and how many there may be.
fn counts(list: &[Judged]) -> BTreeMap<Number, (usize, usize)> {
    let mut counts: BTreeMap<Number, (usize, usize)> = BTreeMap::new();
    for judged in list {
        if let (Some(number), Some(counted)) = (number(judged), &judged.finding.counted) {
            counts.entry(number).or_insert((0, counted.most)).0 += 1;
        }
    }
    counts
}

/// The symbols that findings which are counted stand in.
pub(super) fn symbols<'j>(list: impl IntoIterator<Item = &'j Judged>) -> BTreeSet<String> {
    let counted = list.into_iter().filter(|judged| judged.finding.counted.is_some());
    counted.map(|judged| judged.finding.symbol.clone()).collect()
}

/// Lets a finding say that it is new. It stands where what is new begins: at its end, where what it stands at is `known`.
pub(super) fn tell_new(judged: &mut Judged, known: &BTreeSet<String>) {
    let finding = &mut judged.finding;
    if let Some(counted) = &finding.counted {
        finding.message = counted.when_new;
        if known.contains(&finding.symbol) {
            finding.primary = counted.end;
        }
    }
}

fn is_told_new(judged: &Judged) -> bool {
    let finding = &judged.finding;
    finding
        .counted
        .as_ref()
        .is_some_and(|counted| counted.when_new == finding.message)
}

fn joined(mut together: Vec<Judged>) -> Option<Judged> {
    together.sort_by_key(|judged| judged.finding.counted.as_ref().map(|counted| counted.rank));
    let level = together.iter().map(|judged| judged.level).max()?;
    let confidence = together.iter().map(|judged| judged.finding.confidence).max()?;
    let mut together = together.into_iter();
    let mut first = together.next()?;
    let others = together.take(MOST_LISTED).map(|judged| Step {
        site: judged.finding.primary,
        symbol: judged.finding.symbol,
        note: judged.finding.counted.map_or_else(String::new, |counted| counted.note),
    });
    first.finding.related.extend(others);
    first.finding.confidence = confidence;
    first.level = level;
    Some(first)
}

impl Baseline {
    /// Completes what `accepting` says of `findings`: what is counted and has lost its entry was renamed if an entry of the same number
    /// that has lost its finding has marks of it. The more marks they share, the likelier.
    pub(super) fn accept_renamed(&self, findings: &[Judged], accepting: &mut [Option<usize>]) {
        let taken: BTreeSet<usize> = accepting.iter().flatten().copied().collect();
        let is_new = |finding: &usize| accepting[*finding].is_none() && findings[*finding].finding.counted.is_some();
        let new: Vec<usize> = (0..findings.len()).filter(is_new).collect();
        let gone: Vec<usize> = (0..self.entries().len())
            .filter(|entry| !taken.contains(entry))
            .collect();
        let shared = |finding: usize, entry: usize| {
            let (own, other) = (&findings[finding].finding, &self.entries()[entry]);
            let counted = own.counted.as_ref().zip(other.counted.as_ref());
            let counted = counted.filter(|(counted, known)| own.rule == other.rule && counted.what == known.what);
            counted.map_or(0, |(counted, known)| shared_marks(&counted.marks, &known.marks))
        };
        for (finding, entry) in known_again(&new, &gone, &shared) {
            accepting[finding] = Some(entry);
        }
    }
}
