//! Waivers that cannot be read, that name rules that do not exist, or that last too long.

use super::{Findings, RULES, WaiverPlace, WaiverUse};
use crate::facts::{MODULE_SCOPE, WaiverMistake};
use crate::finding::Site;
use crate::program::Program;

/// Reports every waiver that silences nothing because of how it is written, and those that last longer than the settings allow.
pub(super) fn check(program: &Program<'_>, uses: &[WaiverUse], out: &mut Findings) {
    unreadable(program, out);
    let mut lasting: Vec<(Site, &String)> = uses
        .iter()
        .filter_map(|waiver| match (&waiver.place, &waiver.latest) {
            (WaiverPlace::Comment(comment), Some(latest)) => Some((*comment, latest)),
            _ => None,
        })
        .collect();
    // A comment may waive several rules.
    lasting.dedup();
    for (comment, latest) in lasting {
        let scope = program.scope_at(comment.file, comment.span).unwrap_or(MODULE_SCOPE);
        out.add(program, comment, scope, "too-long", vec![("latest", latest.clone())]);
    }
}

fn unreadable(program: &Program<'_>, out: &mut Findings) {
    for (file, data) in program.files() {
        for waiver in &data.facts.waivers {
            let primary = Site {
                file,
                span: waiver.span,
            };
            let scope = program.scope_at(file, waiver.span);
            match &waiver.says {
                Err(mistake) => {
                    let message = match mistake {
                        WaiverMistake::Form => "form",
                        WaiverMistake::NoRule => "no-rule",
                        WaiverMistake::NoReason => "no-reason",
                        WaiverMistake::Date => "date",
                    };
                    out.add(program, primary, scope.unwrap_or(MODULE_SCOPE), message, Vec::new());
                }
                Ok(says) => {
                    for rule in says
                        .rules
                        .iter()
                        .filter(|rule| !RULES.iter().any(|known| known.id == **rule))
                    {
                        out.add(
                            program,
                            primary,
                            scope.unwrap_or(MODULE_SCOPE),
                            "unknown-rule",
                            vec![("rule", rule.clone())],
                        );
                    }
                }
            }
        }
    }
}
