//! Tokens decoded or validated outside the owner.

use super::Findings;
use crate::program::{Program, TOKEN_VALIDATION, TokenSite};

/// Reports every validation site that is not part of the owner.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    outside_owner(program, TOKEN_VALIDATION, program.validation_sites(), out);
}

/// Reports the token sites that are no part of the owner of `concern`; where there is no owner there is nothing to be outside of.
pub(super) fn outside_owner(program: &Program<'_>, concern: &str, sites: &[TokenSite], out: &mut Findings) {
    for site in sites {
        let file = site.primary.file;
        let Some(owner) = program.owner_names(concern, file) else {
            continue;
        };
        if program.is_owned(concern, file, site.scope, &[]) {
            continue;
        }
        let (message, subject) = if site.hand_rolled {
            ("hand-rolled", ("function", program.symbol(file, site.scope)))
        } else if site.unbound && concern == TOKEN_VALIDATION {
            ("unbound", ("call", site.call.clone()))
        } else {
            ("outside-owner", ("call", site.call.clone()))
        };
        let finding = out.add(
            program,
            site.primary,
            site.scope,
            message,
            vec![subject, ("owner", owner)],
        );
        finding.concern = Some(concern.to_owned());
        finding.confidence = site.confidence;
        finding.trail = program.trail_to(file, site.scope, site.primary);
        finding.related = program.owner_steps(concern, file);
    }
}
