//! Waivers that cannot be read, or that name rules that do not exist.

use super::{Findings, RULES};
use crate::facts::{MODULE_SCOPE, WaiverMistake};
use crate::finding::Site;
use crate::program::Program;

/// Reports every waiver that silences nothing because of how it is written.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
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
