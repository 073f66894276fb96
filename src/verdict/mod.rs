//! Keeps, waives or hides each finding, and says at which level it counts.
//!
//! It sees findings, settings and waivers; it knows no rule and no program.

use crate::finding::{CodeScope, Finding, Level, Site};
use std::collections::BTreeMap;

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
