//! The calls of a concern that the user declared, outside its owner.

use super::Findings;
use crate::program::Program;

/// Reports every call that belongs to a declared concern and is not part of its owner.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for site in program.sites() {
        let Some(call) = site.call else { continue };
        for index in program.catalog().concerns(site.node) {
            let Some(concern) = program.concern_name(*index) else {
                continue;
            };
            let Some(owner) = program.owner_names(concern, site.file) else {
                continue;
            };
            if program.is_owned(concern, site.file, site.scope, &[]) {
                continue;
            }
            let facts = &program[site.file].facts;
            let values = vec![
                ("call", program.written(site.file, facts[call].callee)),
                ("concern", concern.to_owned()),
                ("owner", owner),
            ];
            let finding = out.add(program, program.primary(site), site.scope, "outside-owner", values);
            finding.concern = Some(concern.to_owned());
            finding.confidence = site.confidence;
            finding.related = program.owner_steps(concern, site.file);
        }
    }
}
