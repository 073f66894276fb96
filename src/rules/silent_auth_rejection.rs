//! Handlers that end after a failed validation without a word to the client.

use super::Findings;
use crate::facts::{
    BindingKind, BlockId, BlockKind, CallId, Comparison, Exit, ExprId, ExprKind, FileFacts, FunctionId, Language, Name,
};
use crate::finding::{CodeScope, Site};
use crate::program::{Program, Surface, Validation};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Reports where a handler returns nothing because a token was refused, and tells nobody.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let entries = program.entry_points().iter();
    let handlers: FxHashSet<_> = entries
        .filter(|entry| matches!(entry.surface, Surface::Http | Surface::Websocket))
        .map(|entry| entry.function)
        .collect();
    let mut reported: FxHashSet<(FileId, Span)> = FxHashSet::default();
    for validation in program.validations() {
        let file = validation.file;
        let facts = &program[file].facts;
        let scope = facts[validation.call].scope;
        let Some(function) = facts.function_around(scope) else {
            continue;
        };
        let is_handler = handlers.contains(&(file, function)) || takes_socket(facts, function);
        // What is handed the socket can speak for itself.
        let hands_socket = facts
            .arguments(&facts[validation.call])
            .iter()
            .any(|argument| is_socket(facts, argument.value));
        if !is_handler || hands_socket || program.code_scope(file, scope) == CodeScope::Test {
            continue;
        }
        for block in failed_arms(program, &validation, function) {
            // Who has left is told nothing.
            if program.catches_something_else(file, block) {
                continue;
            }
            let Some(place) = silent_end(program, file, block) else {
                continue;
            };
            if !ends_connection(program, file, validation.call) && reported.insert((file, place)) {
                let call = program.written(file, facts[validation.call].callee);
                let finding = out.add(
                    program,
                    Site { file, span: place },
                    scope,
                    "silent",
                    vec![("call", call)],
                );
                finding.confidence = validation.confidence;
            }
        }
    }
}

/// Whether a function is handed a WebSocket.
fn takes_socket(facts: &FileFacts, function: FunctionId) -> bool {
    facts.parameters(&facts[function]).iter().any(|parameter| {
        let name = facts.text(parameter.name).to_ascii_lowercase();
        matches!(name.as_str(), "socket" | "websocket" | "ws")
    })
}

/// The blocks that run where a validation failed.
fn failed_arms(program: &Program<'_>, validation: &Validation, function: FunctionId) -> Vec<BlockId> {
    let file = validation.file;
    let facts = &program[file].facts;
    let call = &facts[validation.call];
    let place = facts[call.expr].span;
    let attempt = facts
        .blocks_around(call.block)
        .find(|(_, block)| block.kind == BlockKind::Attempt)
        .map(|(id, _)| id);
    let bound: Vec<Name> = facts
        .bindings_in(facts[function].scope)
        .iter()
        .filter(|binding| matches!(binding.kind, BindingKind::Value(value) if facts[value].span.contains(place)))
        .map(|binding| binding.name)
        .collect();
    let blocks = facts.numbered_blocks();
    let failed = blocks.filter(|(_, block)| {
        facts.function_around(block.scope) == Some(function)
            && match block.kind {
                BlockKind::Rescue { attempt: of, .. } => Some(of) == attempt,
                BlockKind::Branch { condition, holds } => says_success(facts, condition, place, &bound) == Some(!holds),
                _ => false,
            }
    });
    failed.map(|(id, _)| id).collect()
}

/// Whether a condition about the validation at `place` holds where that went well.
fn says_success(facts: &FileFacts, condition: ExprId, place: Span, bound: &[Name]) -> Option<bool> {
    let is_result = |expr: ExprId| match facts[expr].kind {
        ExprKind::Name { name, .. } => bound.contains(&name),
        ExprKind::Member { object, .. } => {
            matches!(facts[object].kind, ExprKind::Name { name, .. } if bound.contains(&name))
        }
        ExprKind::Call(_) => facts[expr].span.contains(place),
        _ => false,
    };
    match facts[condition].kind {
        ExprKind::Not(inner) => says_success(facts, inner, place, bound).map(|success| !success),
        ExprKind::Compare { operator, left, right } if facts[right].kind == ExprKind::Nothing && is_result(left) => {
            match operator {
                Comparison::Equal => Some(false),
                Comparison::NotEqual => Some(true),
                _ => None,
            }
        }
        _ if is_result(condition) => Some(true),
        _ => None,
    }
}

/// The end of a block that returns nothing and tells nobody.
fn silent_end(program: &Program<'_>, file: FileId, block: BlockId) -> Option<Span> {
    let facts = &program[file].facts;
    let Exit::Returns(value) = facts[block].exit else {
        return None;
    };
    let is_nothing = value.is_none_or(|value| facts[value].kind == ExprKind::Nothing);
    let mut calls = facts.calls.iter().filter(|call| facts.is_below(call.block, block));
    let tells = calls.any(|call| {
        tells(program, file, call.callee)
            || facts
                .arguments(call)
                .iter()
                .any(|argument| is_socket(facts, argument.value))
    });
    if !is_nothing || tells {
        return None;
    }
    Some(match value {
        Some(value) => facts[value].span,
        None if program[file].language == Language::Python => facts[block].span.tail("return".len()),
        None => Span::new(facts[block].span.start, facts[block].span.start + 1),
    })
}

/// Whether a function that is called ends the connection by itself where the token is refused.
fn ends_connection(program: &Program<'_>, file: FileId, call: CallId) -> bool {
    program.edges_of(file, call).any(|edge| {
        let (file, callee) = edge.callee;
        let facts = &program[file].facts;
        facts.calls.iter().any(|call| {
            let ends = match facts[call.callee].kind {
                ExprKind::Member { object, name } => {
                    facts.text(name) == "disconnect" || (facts.text(name) == "close" && is_socket(facts, object))
                }
                _ => false,
            };
            ends && facts.function_around(call.scope) == Some(callee)
        })
    })
}

/// Whether a call tells somebody: it sends, closes, answers, or refuses.
fn tells(program: &Program<'_>, file: FileId, callee: ExprId) -> bool {
    let written = program.written(file, callee);
    let name = written.rsplit(['.', ':']).next().unwrap_or("");
    let tells = [
        "send",
        "emit",
        "close",
        "reply",
        "respond",
        "reject",
        "error_response",
        "disconnect",
        "write",
    ];
    program.catalog().words().is_refusing_call(name) || tells.iter().any(|word| name.contains(word))
}

fn is_socket(facts: &FileFacts, expr: ExprId) -> bool {
    matches!(facts[expr].kind, ExprKind::Name { name, .. } if matches!(facts.text(name), "socket" | "websocket" | "ws"))
}
