//! Authentication that depends on where the program runs.

use super::auth_bypass_route::is_header;
use super::{Findings, first_line};
use crate::catalog::Role;
use crate::facts::{BlockId, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, ScopeId};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{Circumstance, FunctionRef, Origin, Outcome, Program, Validation};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Reports conditions about the environment that decide whether, or how, a token is validated.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut reported: FxHashSet<(FileId, ExprId)> = FxHashSet::default();
    for gate in gates_put_in_somewhere(program) {
        let facts = &program[gate.file].facts;
        if reported.insert((gate.file, gate.circumstance.expr)) {
            let span = first_line(facts, gate.circumstance.expr);
            let primary = Site { file: gate.file, span };
            let values = vec![("call", gate.name), ("subject", gate.circumstance.subject)];
            let finding = out.add(program, primary, gate.scope, "only-somewhere", values);
            finding.confidence = Confidence::Likely;
        }
    }
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

/// A function that validates and stands in front of all handlers, but in some environments only.
struct Gate {
    file: FileId,
    scope: ScopeId,
    circumstance: Circumstance,
    /// As it is handed to the library.
    name: String,
}

/// `if !args.dev { app = app.layer(from_fn(require_auth)) }`
fn gates_put_in_somewhere(program: &Program<'_>) -> Vec<Gate> {
    let calls = program
        .sites_of(Role::InterceptsRequests)
        .filter_map(|site| Some((site.file, site.call?)));
    let found = calls.filter_map(|(file, call)| {
        let facts = &program[file].facts;
        let scope = facts[call].scope;
        if program.code_scope(file, scope) == CodeScope::Test {
            return None;
        }
        let gate = gate_handed(program, file, facts[facts[call].expr].span)?;
        let branches = branches_around(program, file, call);
        let mut only_somewhere = branches.filter_map(|(arm, condition)| {
            let circumstance = program.circumstance(file, condition)?;
            let others = program.sites_of(Role::InterceptsRequests);
            let mut others = others.filter_map(|other| other.call.filter(|_| other.file == file));
            let is_put_in_too = others.any(|other| {
                is_in_other_arm(facts, facts[other].block, arm, condition)
                    && gate_handed(program, file, facts[facts[other].expr].span).is_some()
            });
            (!is_put_in_too).then_some(circumstance)
        });
        let circumstance = only_somewhere.next()?;
        let name = program.written(file, gate);
        Some(Gate {
            file,
            scope,
            circumstance,
            name,
        })
    });
    found.collect()
}

/// The function or class within a call of a library that validates.
fn gate_handed(program: &Program<'_>, file: FileId, call: Span) -> Option<ExprId> {
    let named = program[file].facts.exprs_within(call);
    let mut named = named.filter(|(_, expr)| matches!(expr.kind, ExprKind::Name { .. } | ExprKind::Member { .. }));
    let validates = |function: FunctionRef| program.is_validator(function) || program.validates_within(function);
    let gate = named.find(|(expr, _)| {
        let values = program.values(file, *expr);
        values.iter().any(|value| match value.origin {
            Origin::Function(function) => validates(function),
            Origin::Class((at, class)) => {
                let functions = program[at].facts.numbered_functions();
                let mut methods = functions.filter(|(_, function)| function.class == Some(class));
                methods.any(|(method, _)| validates((at, method)))
            }
            _ => false,
        })
    });
    gate.map(|(expr, _)| expr)
}

fn branches_around(program: &Program<'_>, file: FileId, call: CallId) -> impl Iterator<Item = (BlockId, ExprId)> {
    let facts = &program[file].facts;
    let around = facts.blocks_around(facts[call].block);
    around.filter_map(|(id, block)| match block.kind {
        BlockKind::Branch { condition, .. } => Some((id, condition)),
        _ => None,
    })
}

/// Whether a block lies in another arm of the same condition than `arm`.
fn is_in_other_arm(facts: &FileFacts, block: BlockId, arm: BlockId, condition: ExprId) -> bool {
    facts.blocks_around(block).any(|(id, around)| {
        id != arm && matches!(around.kind, BlockKind::Branch { condition: other, .. } if other == condition)
    })
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
    let branches = branches_around(program, file, validation.call);
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
