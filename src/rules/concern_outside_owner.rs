//! The calls of a concern that the user declared, outside its owner.

use super::Findings;
use crate::facts::CallId;
use crate::finding::Confidence;
use crate::program::{Concern, Program};
use crate::source::FileId;

/// Reports every call that belongs to a declared concern and is not part of its owner.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for (index, concern) in program.concerns().iter().enumerate() {
        for (file, call, confidence) in calls_of(program, index, concern) {
            let facts = &program[file].facts;
            let scope = facts[call].scope;
            let Some(owner) = program.owner_names(&concern.name, file) else {
                continue;
            };
            if program.is_owned(&concern.name, file, scope, &[]) {
                continue;
            }
            let values = vec![
                ("call", program.written(file, facts[call].callee)),
                ("concern", concern.name.clone()),
                ("owner", owner),
            ];
            let finding = out.add(
                program,
                program.callee_site(file, &facts[call]),
                scope,
                "outside-owner",
                values,
            );
            finding.concern = Some(concern.name.clone());
            finding.confidence = confidence;
            finding.related = program.owner_steps(&concern.name, file);
        }
    }
}

/// Reports each place where the work of a built-in concern is done outside its owner; where there is no owner there is nothing to be
/// outside of.
pub(super) fn implementations_outside(program: &Program<'_>, concern: &str, out: &mut Findings) {
    for (site, scope) in program.places_of(concern) {
        let Some(owner) = program.owner_names(concern, site.file) else {
            continue;
        };
        if program.is_owned(concern, site.file, scope, &[]) {
            continue;
        }
        let values = vec![("function", program.symbol(site.file, scope)), ("owner", owner)];
        let finding = out.add(program, site, scope, "outside-owner", values);
        finding.concern = Some(concern.to_owned());
        finding.confidence = Confidence::Likely;
        finding.related = program.owner_steps(concern, site.file);
    }
}

/// The calls that make a concern up: of libraries, and of the program's own functions where a path names one.
fn calls_of(program: &Program<'_>, index: usize, concern: &Concern) -> Vec<(FileId, CallId, Confidence)> {
    let sites = program
        .sites()
        .iter()
        .filter(|site| program.catalog().concerns(site.node).contains(&index));
    let mut calls: Vec<_> = sites
        .filter_map(|site| Some((site.file, site.call?, site.confidence)))
        .collect();
    let own: Vec<_> = concern.calls.iter().flat_map(|path| program.named(path)).collect();
    if !own.is_empty() {
        calls.extend(program.calls_of(&own));
    }
    calls
}
