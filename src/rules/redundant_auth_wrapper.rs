//! Functions that pass their token on to the owner of validation and add logic of their own.

use super::Findings;
use crate::finding::{Confidence, Site};
use crate::program::{Program, TOKEN_VALIDATION};

/// Reports each of them at its name.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for ((file, function), added) in program.redundant_wrappers() {
        let declared = &program[file].facts[function];
        let Some(owner) = program.owner_names(TOKEN_VALIDATION, file) else {
            continue;
        };
        let site = Site {
            file,
            span: declared.span,
        };
        let name = program.symbol_of_function((file, function));
        let values = vec![("function", name), ("owner", owner), ("added", added.to_owned())];
        let finding = out.add(program, site, declared.scope, "wrapper", values);
        finding.concern = Some(TOKEN_VALIDATION.to_owned());
        finding.confidence = Confidence::Likely;
        finding.related = program.owner_steps(TOKEN_VALIDATION, file);
    }
}
