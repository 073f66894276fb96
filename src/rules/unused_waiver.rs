//! Waivers that silence nothing.

use super::Findings;
use crate::facts::MODULE_SCOPE;
use crate::finding::{Edit, Site};
use crate::program::Program;

/// A waiver for one rule, and whether a finding needed it.
#[derive(Clone, Debug)]
pub struct WaiverUse {
    /// Where it stands.
    pub place: WaiverPlace,
    /// The rule it silences.
    pub rule: String,
    /// Whether it silenced a finding, or would have if it had not expired.
    pub is_needed: bool,
    /// Whether the rule was run at all.
    pub was_checked: bool,
    /// The last day that the settings allow, if it lasts longer.
    pub latest: Option<String>,
}

/// Where a waiver stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaiverPlace {
    /// In a comment.
    Comment(Site),
    /// In the settings, for what is called so.
    Settings(String),
}

/// Reports each rule of a waiver that no finding needed.
pub(super) fn check(program: &Program<'_>, waivers: &[WaiverUse], out: &mut Findings) {
    for waiver in waivers.iter().filter(|waiver| waiver.is_unused()) {
        let rule = ("rule", waiver.rule.clone());
        match &waiver.place {
            WaiverPlace::Comment(comment) => {
                let scope = program.scope_at(comment.file, comment.span).unwrap_or(MODULE_SCOPE);
                let finding = out.add(program, *comment, scope, "unused", vec![rule]);
                finding.fix.extend(removal(program, *comment, waivers));
            }
            WaiverPlace::Settings(symbol) => {
                if let Some((site, scope)) = program.definition_named(symbol) {
                    let values = vec![rule, ("symbol", symbol.clone())];
                    out.add(program, site, scope, "unused-in-settings", values);
                }
            }
        }
    }
}

impl WaiverUse {
    fn is_unused(&self) -> bool {
        self.was_checked && !self.is_needed
    }
}

/// Takes out of a comment all rules that it is not needed for, and the comment with the last one.
fn removal(program: &Program<'_>, comment: Site, waivers: &[WaiverUse]) -> Option<Edit> {
    let facts = &program[comment.file].facts;
    let written = facts.waivers.iter().find(|waiver| waiver.span == comment.span)?;
    let of_comment = waivers
        .iter()
        .filter(|waiver| waiver.place == WaiverPlace::Comment(comment));
    let needed = of_comment.filter(|waiver| !waiver.is_unused());
    let needed: Vec<&str> = needed.map(|waiver| waiver.rule.as_str()).collect();
    let span = if needed.is_empty() {
        written.extent
    } else {
        written.list
    };
    Some(Edit {
        site: Site {
            file: comment.file,
            span,
        },
        replacement: needed.join(", "),
    })
}
