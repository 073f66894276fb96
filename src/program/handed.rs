//! Library functions that are handed on instead of called: `run_in_executor(None, jwt.decode, token, key)`, `map(os.getenv, NAMES)`,
//! `names.iter().flat_map(env::var)`.
//!
//! What is handed to a function of the program is called there, and found there. What is handed to a library, or to something
//! unknown, is called out of sight: so the reference itself is where the work is done.

use super::names::{Origin, first_name, last_name, last_name_span};
use super::{Program, ProgramFile, bindings};
use crate::catalog::{Entry, Node};
use crate::facts::{BindingKind, CallId, ExprId, ExprKind, Language, ScopeId, Splat};
use crate::finding::{Confidence, Site};
use crate::source::FileId;

/// A library function that is an argument.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandedOn {
    /// The file.
    pub(super) file: FileId,
    /// The argument.
    pub(super) reference: ExprId,
    /// The function.
    pub(super) node: Node,
    /// The scope it is handed on in.
    pub(super) scope: ScopeId,
    /// How it was resolved.
    pub(super) confidence: Confidence,
    /// The call that it is handed to, and its position there.
    call: CallId,
    position: usize,
}

/// The library functions that a file hands on, in order.
pub(super) fn find_in(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<HandedOn> {
    let facts = &data.facts;
    let mut found = Vec::new();
    for (id, call) in facts.numbered_calls() {
        for (position, argument) in facts.arguments(call).iter().enumerate() {
            if argument.splat != Splat::No || !may_be_library(program, data, argument.value) {
                continue;
            }
            let Some((node, confidence)) = function_of_library(program, file, argument.value) else {
                continue;
            };
            if program.catalog.call(node).is_some() && !calls_it_itself(program, file, call.callee) {
                found.push(HandedOn {
                    file,
                    reference: argument.value,
                    node,
                    scope: call.scope,
                    confidence,
                    call: id,
                    position,
                });
            }
        }
    }
    found
}

impl HandedOn {
    /// What the catalog says that the function does.
    pub(super) fn entry<'a>(&self, program: &'a Program<'_>) -> Option<&'a Entry> {
        program.catalog.call(self.node)
    }

    /// The place that stands for it: the function's name.
    pub(super) fn primary(&self, program: &Program<'_>) -> Site {
        Site {
            file: self.file,
            span: last_name_span(&program[self.file].facts, self.reference),
        }
    }

    /// What it is called with, as far as that is handed on beside it: the arguments behind it, or what a chain of iterators begins
    /// with.
    pub(super) fn passed(&self, program: &Program<'_>) -> Vec<ExprId> {
        let facts = &program[self.file].facts;
        let behind = facts.arguments(&facts[self.call]).get(self.position + 1..);
        let behind: Vec<ExprId> = behind.unwrap_or(&[]).iter().map(|argument| argument.value).collect();
        if !behind.is_empty() {
            return behind;
        }
        let object = |expr: ExprId| match facts[expr].kind {
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Member { object, .. } => Some(object),
                _ => None,
            },
            _ => None,
        };
        let chain = std::iter::successors(object(facts[self.call].expr), |link| object(*link));
        chain.last().into_iter().collect()
    }
}

/// A cheap look at the names: the last is one of the catalog's, and the first is imported or begins a path.
fn may_be_library(program: &Program<'_>, data: &ProgramFile, value: ExprId) -> bool {
    let facts = &data.facts;
    if !matches!(facts[value].kind, ExprKind::Name { .. } | ExprKind::Member { .. }) {
        return false;
    }
    let is_catalogued = last_name(facts, value).is_some_and(|name| program.catalog.is_last_name(facts.text(name)));
    is_catalogued
        && first_name(facts, value).is_some_and(|(name, scope)| match bindings::lookup(facts, scope, name) {
            None => data.language == Language::Rust,
            Some(bindings) => bindings
                .iter()
                .any(|binding| matches!(binding.kind, BindingKind::Import(_))),
        })
}

/// The library function, no type, that an expression refers to.
fn function_of_library(program: &Program<'_>, file: FileId, value: ExprId) -> Option<(Node, Confidence)> {
    program
        .values(file, value)
        .into_iter()
        .find_map(|value| match value.origin {
            Origin::Library(node) if !program.catalog.is_type(node) => Some((node, value.confidence)),
            _ => None,
        })
}

/// Whether something of the program gets what is handed on: the call is found there.
fn calls_it_itself(program: &Program<'_>, file: FileId, callee: ExprId) -> bool {
    let values = program.values(file, callee);
    values
        .iter()
        .any(|value| matches!(value.origin, Origin::Function(_) | Origin::Class(_)))
}
