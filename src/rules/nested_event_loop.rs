//! Event loops started where one may already be running.

use super::Findings;
use crate::catalog::Role;
use crate::facts::{BlockKind, CallId, ExprKind, FileFacts, ScopeKind};
use crate::program::{LibrarySite, LoopState, Program};

/// Reports the starts of a loop that stand in an async function, and those behind a guard that is the wrong way round.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let patched = program.sites_of(Role::AllowsNestedLoops).next().is_some();
    for site in program.sites_of(Role::RunsEventLoop) {
        let Some(call) = site.call else { continue };
        let Some(message) = judge(program, site, call, patched) else {
            continue;
        };
        let mut values = vec![("call", program.written(site.file, site.callee))];
        if message != "inverted-guard" {
            values.push(("function", program.symbol(site.file, site.scope)));
        }
        let finding = out.add(program, program.primary(site), site.scope, message, values);
        finding.confidence = site.confidence;
    }
}

fn judge(program: &Program<'_>, site: &LibrarySite, call: CallId, patched: bool) -> Option<&'static str> {
    let facts = &program[site.file].facts;
    let block = facts[call].block;
    let in_async = runs_in_async(facts, site);
    match program.loop_state(site.file, block, site.expr) {
        LoopState::NotRunning => None,
        // Behind the question itself the call is only wrong where it is reached: in the branch in which a loop runs.
        LoopState::Running => Some("inverted-guard"),
        LoopState::Unknown if !in_async => None,
        LoopState::Unknown if patched => Some("patched"),
        LoopState::Unknown if has_false_guard(program, site, call) => Some("false-guard"),
        LoopState::Unknown => Some("in-async"),
    }
}

/// Whether the innermost function around the site, lambdas included, is async: only its own code runs on its loop.
fn runs_in_async(facts: &FileFacts, site: &LibrarySite) -> bool {
    let mut scope = Some(site.scope);
    while let Some(current) = scope {
        match facts[current].kind {
            ScopeKind::Function(function) => return facts[function].is_async,
            ScopeKind::Module | ScopeKind::Inline(_) | ScopeKind::Class(_) => return false,
            ScopeKind::Comprehension => scope = facts[current].parent,
        }
    }
    false
}

/// Whether something around the start looks like a guard and is none: the error is caught, or the loop is a new one.
fn has_false_guard(program: &Program<'_>, site: &LibrarySite, call: CallId) -> bool {
    let facts = &program[site.file].facts;
    let catches_runtime_error = |attempt| {
        facts.blocks.iter().any(|block| match block.kind {
            BlockKind::Rescue {
                attempt: caught,
                catches: Some(catches),
            } => caught == attempt && names_runtime_error(facts, catches),
            _ => false,
        })
    };
    let guarded = facts
        .blocks_around(facts[call].block)
        .any(|(id, block)| match block.kind {
            BlockKind::Attempt => catches_runtime_error(id),
            BlockKind::Rescue {
                catches: Some(catches), ..
            } => names_runtime_error(facts, catches),
            _ => false,
        });
    let new_loop = match facts[site.callee].kind {
        ExprKind::Member { object, .. } => program.all_come_from(site.file, object, Role::MakesEventLoop),
        _ => false,
    };
    guarded || new_loop
}

fn names_runtime_error(facts: &FileFacts, caught: crate::facts::ExprId) -> bool {
    match facts[caught].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name) == "RuntimeError",
        ExprKind::Group(types) => facts
            .list(types)
            .iter()
            .any(|caught| names_runtime_error(facts, *caught)),
        _ => false,
    }
}
