//! Tokens that are put together by hand: `format!("{header}.{payload}.{signature}")`.

use super::{TokenSite, encodes_base64, hand_rolled_by};
use crate::facts::{ExprId, ExprKind, FileFacts, FunctionId, Language};
use crate::finding::{Confidence, Site};
use crate::program::{Program, ProgramFile};
use crate::source::FileId;

/// A header, a payload and a signature that are put together, whatever signs them, in functions that are not known to mint.
pub(super) fn minting(program: &Program<'_>, file: FileId, data: &ProgramFile, known: &[TokenSite]) -> Vec<TokenSite> {
    let facts = &data.facts;
    // Most files say nowhere what a token is joined by.
    if facts.names.find(".").is_none() {
        return Vec::new();
    }
    let is_rust = data.language == Language::Rust;
    let mut found: Vec<TokenSite> = Vec::new();
    for (id, expr) in facts.numbered_exprs() {
        let ExprKind::Template(parts) = expr.kind else {
            continue;
        };
        let Some(parts) = parts_of_token(program, file, facts.list(parts), 0) else {
            continue;
        };
        let encoded = parts.iter().filter(|part| is_encoded(program, **part, is_rust)).count();
        if parts.len() != 3 || encoded < 2 {
            continue;
        }
        let Some(scope) = program.scope_at(file, expr.span) else {
            continue;
        };
        let function = facts.function_around(scope);
        let is_known = |site: &TokenSite| facts.function_around(site.scope) == function;
        if names_algorithm(facts, function) && !known.iter().chain(&found).any(is_known) {
            let primary = Site { file, span: expr.span };
            found.push(hand_rolled_by(program, primary, scope, id, Confidence::Likely));
        }
    }
    found
}

/// What a template joins by dots and nothing else: `{header}.{payload}`, also where the first of these is such a template.
fn parts_of_token(
    program: &Program<'_>,
    file: FileId,
    template: &[ExprId],
    depth: u32,
) -> Option<Vec<(FileId, ExprId)>> {
    let facts = &program[file].facts;
    let mut parts = Vec::new();
    for (index, part) in template.iter().enumerate() {
        match facts[*part].kind {
            ExprKind::Text(text) if index % 2 == 1 && facts.text(text) == "." => {}
            ExprKind::Text(_) => return None,
            _ if index % 2 == 1 => return None,
            _ => {
                let inner = program
                    .written_values(file, *part)
                    .into_iter()
                    .find_map(|(at, written)| {
                        let facts = &program[at].facts;
                        match facts[written].kind {
                            ExprKind::Template(inner) if depth == 0 => {
                                parts_of_token(program, at, facts.list(inner), depth + 1)
                            }
                            _ => None,
                        }
                    });
                parts.extend(inner.unwrap_or_else(|| vec![(file, *part)]));
            }
        }
    }
    Some(parts)
}

/// Whether a value is base64 of something.
fn is_encoded(program: &Program<'_>, (file, value): (FileId, ExprId), is_rust: bool) -> bool {
    let written = program.written_values(file, value).into_iter();
    let mut calls = written.filter_map(|(at, written)| match program[at].facts[written].kind {
        ExprKind::Call(call) => Some((at, call)),
        _ => None,
    });
    calls.any(|(at, call)| encodes_base64(&program[at].facts, &program[at].facts[call], is_rust))
}

/// Whether a function says by which algorithm a token is signed, as the header of a token does.
fn names_algorithm(facts: &FileFacts, function: Option<FunctionId>) -> bool {
    let extent = function.map_or(facts.blocks[0].span, |function| facts[function].extent);
    let mut fields = facts.calls_in(function).flat_map(|(_, call)| facts.arguments(call));
    fields.any(|field| field.keyword.is_some_and(|name| facts.text(name) == "alg"))
        || facts.exprs.iter().any(|expr| match expr.kind {
            ExprKind::Text(text) if extent.contains(expr.span) => {
                let text = facts.text(text);
                text == "alg" || text.contains("\"alg\"")
            }
            _ => false,
        })
}
