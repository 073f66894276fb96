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
