//! Waivers that silence nothing.

use super::Findings;
use crate::facts::MODULE_SCOPE;
use crate::finding::Site;
use crate::program::Program;

/// A waiver for one rule, and whether a finding needed it.
#[derive(Clone, Debug)]
pub struct WaiverUse {
    /// The comment.
    pub comment: Site,
    /// The rule it silences.
    pub rule: String,
    /// Whether it silenced a finding, or would have if it had not expired.
    pub is_needed: bool,
    /// Whether the rule was run at all.
    pub was_checked: bool,
}

/// Reports each rule of a waiver that no finding needed.
pub(super) fn check(program: &Program<'_>, waivers: &[WaiverUse], out: &mut Findings) {
    for waiver in waivers.iter().filter(|waiver| waiver.was_checked && !waiver.is_needed) {
        let scope = program
            .scope_at(waiver.comment.file, waiver.comment.span)
            .unwrap_or(MODULE_SCOPE);
        out.add(
            program,
            waiver.comment,
            scope,
            "unused",
            vec![("rule", waiver.rule.clone())],
        );
    }
}
