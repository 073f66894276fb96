//! Authentication that depends on where the program runs.

use super::auth_bypass_route::is_header;
use super::{Findings, first_line};
use crate::facts::{BlockId, BlockKind, CallId, Exit, ExprId, ExprKind};
use crate::finding::{CodeScope, Site};
use crate::program::{Circumstance, Outcome, Program, Validation};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// Reports conditions about the environment that decide whether, or how, a token is validated.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut reported: FxHashSet<(FileId, ExprId)> = FxHashSet::default();
    for validation in program.validations() {
        let file = validation.file;
        let scope = program[file].facts[validation.call].scope;
        if program.code_scope(file, scope) == CodeScope::Test {
            continue;
        }
        let mut found = only_somewhere(program, &validation);
        found.extend(left_out(program, &validation));
        found.extend(weakened(program, &validation));
        for (message, circumstance) in found {
            let facts = &program[file].facts;
            if asks_for_header(program, file, circumstance.expr) || !reported.insert((file, circumstance.expr)) {
                continue;
            }
            let primary = Site {
                file,
                span: first_line(facts, circumstance.expr),
            };
            let call = program.written(file, facts[validation.call].callee);
            let values = vec![("call", call), ("subject", circumstance.subject)];
            let finding = out.add(program, primary, scope, message, values);
            finding.confidence = validation.confidence;
        }
    }
}

/// Whether a condition also asks for a header that is meant for tests: what lets in then is that, and `auth-bypass-route` says so.
fn asks_for_header(program: &Program<'_>, file: FileId, condition: ExprId) -> bool {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let span = facts[condition].span;
    facts.exprs_within(span).any(|(_, expr)| match expr.kind {
        ExprKind::Text(text) => is_header(words, facts.text(text)),
        _ => false,
    })
}

/// The branches around a validation that are taken in some environments only.
fn only_somewhere(program: &Program<'_>, validation: &Validation) -> Vec<(&'static str, Circumstance)> {
    let file = validation.file;
    let facts = &program[file].facts;
    let around = facts.blocks_around(facts[validation.call].block);
    let branches = around.filter_map(|(id, block)| match block.kind {
        BlockKind::Branch { condition, .. } => Some((id, condition)),
        _ => None,
    });
    let asked = branches.filter_map(|(id, condition)| {
        let circumstance = program.circumstance(file, condition)?;
        (!validates_either_way(program, validation, id, condition)).then_some(("only-somewhere", circumstance))
    });
    asked.collect()
}

/// Whether the other arm of the same condition makes the same call.
fn validates_either_way(program: &Program<'_>, validation: &Validation, arm: BlockId, condition: ExprId) -> bool {
    let file = validation.file;
    let facts = &program[file].facts;
    let written = |call: CallId| program.written(file, facts[call].callee);
    let others = facts.numbered_blocks();
    let mut others = others.filter(|(id, block)| {
        *id != arm && matches!(block.kind, BlockKind::Branch { condition: other, .. } if other == condition)
    });
    others.any(|(id, _)| {
        program
            .validations_below(file, id)
            .any(|other| written(other.call) == written(validation.call))
    })
}

/// The branches before a validation that leave the function in some environments, other than by refusing.
fn left_out(program: &Program<'_>, validation: &Validation) -> Vec<(&'static str, Circumstance)> {
    let file = validation.file;
    let facts = &program[file].facts;
    let before = facts.blocks_before(&facts[validation.call]);
    let before = before.filter(|(_, block)| block.exit != Exit::FallsThrough);
    let left = before.filter_map(|(id, block)| {
        let BlockKind::Branch { condition, .. } = block.kind else {
            return None;
        };
        let lets_in = program
            .outcomes(file, id)
            .iter()
            .any(|outcome| matches!(outcome, Outcome::StandsIn(_) | Outcome::Accepts(_) | Outcome::Gives(_)));
        let circumstance = program.circumstance(file, condition)?;
        let validates = program.validations_below(file, id).next().is_some();
        (lets_in && !validates).then_some(("left-out", circumstance))
    });
    left.collect()
}

/// Options of a validation that depend on the environment.
fn weakened(program: &Program<'_>, validation: &Validation) -> Vec<(&'static str, Circumstance)> {
    let file = validation.file;
    let facts = &program[file].facts;
    if validation.hops > 0 {
        return Vec::new();
    }
    let words = program.catalog().words();
    let is_option = |name: &str| words.verification_options().any(|(option, _)| option == name) || name == "verify";
    let mut asked = Vec::new();
    for argument in facts.arguments(&facts[validation.call]) {
        match facts[argument.value].kind {
            ExprKind::Table(entries) => {
                for (key, value) in facts.entries(entries) {
                    let is_named = key.is_some_and(
                        |key| matches!(facts[key].kind, ExprKind::Text(name) if is_option(facts.text(name))),
                    );
                    asked.extend(is_named.then(|| program.circumstance(file, *value)).flatten());
                }
            }
            _ if argument.keyword.is_some_and(|keyword| is_option(facts.text(keyword))) => {
                asked.extend(program.circumstance(file, argument.value));
            }
            _ => {}
        }
    }
    asked
        .into_iter()
        .map(|circumstance| ("weakened", circumstance))
        .collect()
}
