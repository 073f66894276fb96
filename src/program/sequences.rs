//! Whether a call can be followed by the calls behind it on one and the same way.
//!
//! Each edge of a way may come about while the way as a whole may not: what a caller passes decides in which branch the callee goes on,
//! and whose method an object runs is known from the method that called it.

use super::Program;
use super::calls::{By, CallEdge};
use super::names::{FunctionRef, last_name};
use crate::catalog::Role;
use crate::facts::{
    BindingKind, BlockKind, CallId, ClassId, Exit, ExprId, ExprKind, FileFacts, Name, ParameterKind, ScopeId, Splat,
};
use crate::source::FileId;
use rustc_hash::FxHashMap;

impl Program<'_> {
    /// Whether control that takes `edge` can take the calls behind it, too; `next` has the next call of each function.
    pub(super) fn leads_on(&self, edge: &CallEdge, next: &FxHashMap<FunctionRef, &CallEdge>) -> bool {
        let Some(onward) = next.get(&edge.callee) else {
            return !self.awaits_result(edge);
        };
        !self.passes_what_rules_out(edge, onward) && !self.is_overridden(edge, next)
    }

    /// Whether what is called gives what its own loop came to, and the call waits for that as only a coroutine is waited for: then
    /// something else of that name is called.
    fn awaits_result(&self, edge: &CallEdge) -> bool {
        let waits = edge.call.is_some_and(|call| self[edge.caller.0].facts[call].awaited);
        let (file, function) = edge.callee;
        let facts = &self[file].facts;
        let runs_loop = |value: ExprId| {
            let site = self.site_at(file, value);
            let entry = site.and_then(|site| self.entry(site));
            entry.and_then(|entry| entry.role) == Some(Role::RunsEventLoop)
        };
        waits
            && edge.by == By::Call
            && !facts[function].is_async
            && facts
                .returns_of(function)
                .iter()
                .any(|returned| returned.value.is_some_and(runs_loop))
    }

    /// Whether a call passes a truth by which its callee never gets to `onward`: `serve(threaded=True)` and `if not threaded: run()`.
    fn passes_what_rules_out(&self, edge: &CallEdge, onward: &CallEdge) -> bool {
        let (file, function) = edge.callee;
        let facts = &self[file].facts;
        let Some(call) = onward.call.filter(|_| edge.by == By::Call) else {
            return false;
        };
        let call = &facts[call];
        let around = facts
            .blocks_around(call.block)
            .filter_map(|(_, block)| match block.kind {
                BlockKind::Branch { condition, holds } => Some((condition, holds)),
                _ => None,
            });
        // A branch that leaves: behind it its condition came out the other way.
        let before = facts.blocks_before(call).filter_map(|(_, block)| match block.kind {
            BlockKind::Branch { condition, holds } if leaves(block.exit) => Some((condition, !holds)),
            _ => None,
        });
        let mut needed = around.chain(before).filter_map(|(condition, holds)| {
            let (name, scope, holds) = plain_condition(facts, condition, holds)?;
            (scope == facts[function].scope).then_some((name, holds))
        });
        needed.any(|(name, holds)| self.truth_passed(edge, name).is_some_and(|passed| passed != holds))
    }

    /// The truth that the call of an edge passes as a parameter of its callee, or leaves at its default.
    fn truth_passed(&self, edge: &CallEdge, name: Name) -> Option<bool> {
        let (file, function) = edge.callee;
        let facts = &self[file].facts;
        let scope = facts[function].scope;
        let parameters = facts.parameters(&facts[function]);
        let index = parameters.iter().position(|parameter| parameter.name == name)?;
        let is_rebound = facts.bindings_of(scope, name).iter().any(|binding| {
            matches!(binding.kind, BindingKind::Value(_))
                && Some(binding.span) != parameters.get(index).map(|own| own.span)
        });
        if is_rebound || matches!(parameters[index].kind, ParameterKind::Rest | ParameterKind::KeywordRest) {
            return None;
        }
        let passing = self.passing(edge)?;
        let calling = &self[passing.file].facts;
        let passed = self.passed(&passing, edge.callee, u32::try_from(index).ok()?);
        match passed {
            Some(argument) => truth(calling, argument.value),
            None => {
                let arguments = calling.arguments(&calling[passing.call]);
                let is_spliced = arguments.iter().any(|argument| argument.splat != Splat::No);
                parameters[index]
                    .default
                    .filter(|_| !is_spliced)
                    .and_then(|default| truth(facts, default))
            }
        }
    }

    /// Whether the way goes from a class to the code of one above it, and on to a method there that the class has one of its own for.
    fn is_overridden(&self, edge: &CallEdge, next: &FxHashMap<FunctionRef, &CallEdge>) -> bool {
        let (file, Some(caller)) = edge.caller else {
            return false;
        };
        let Some(class) = self[file].facts[caller].class else {
            return false;
        };
        let Some(above) = self.class_of(edge.callee) else {
            return false;
        };
        if above == (file, class) || !edge.call.is_some_and(|call| self.calls_above(file, class, call, above)) {
            return false;
        }
        let mut at = edge.callee;
        while let Some(onward) = next.get(&at) {
            let facts = &self[at.0].facts;
            let is_own = onward.call.is_some_and(|call| is_called_on_self(facts, call));
            if !is_own || self.class_of(onward.callee) != Some(above) {
                return false;
            }
            let (called_in, function) = onward.callee;
            let called = &self[called_in].facts;
            let name = called[function].name.map(|name| called.text(name));
            if name.is_some_and(|name| has_method(&self[file].facts, class, name)) {
                return true;
            }
            at = onward.callee;
        }
        false
    }

    fn class_of(&self, (file, function): FunctionRef) -> Option<(FileId, ClassId)> {
        self[file].facts[function].class.map(|class| (file, class))
    }

    /// Whether a call in a method asks for what a class above its own does: `super().close()`, or a method that this one inherits.
    fn calls_above(&self, file: FileId, class: ClassId, call: CallId, above: (FileId, ClassId)) -> bool {
        let facts = &self[file].facts;
        let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
            return false;
        };
        let is_super = matches!(facts[object].kind, ExprKind::Call(made)
            if last_name(facts, facts[made].callee).is_some_and(|name| facts.text(name) == "super"));
        let theirs = &self[above.0].facts;
        let above_name = facts.names.find(theirs.text(theirs[above.1].name));
        let inherits = || {
            facts
                .list(facts[class].bases)
                .iter()
                .any(|base| last_name(facts, *base).is_some_and(|name| Some(name) == above_name))
        };
        is_super || (is_called_on_self(facts, call) && inherits())
    }
}

/// Whether a block ends by leaving what stands around it.
fn leaves(exit: Exit) -> bool {
    matches!(exit, Exit::Returns(_) | Exit::Raises(_) | Exit::Jumps)
}

/// The name that a condition asks for, and how it comes out there.
fn plain_condition(facts: &FileFacts, condition: ExprId, holds: bool) -> Option<(Name, ScopeId, bool)> {
    match facts[condition].kind {
        ExprKind::Name { name, scope } => Some((name, scope, holds)),
        ExprKind::Not(inner) => plain_condition(facts, inner, !holds),
        _ => None,
    }
}

fn truth(facts: &FileFacts, expr: ExprId) -> Option<bool> {
    match facts[expr].kind {
        ExprKind::Truth(truth) => Some(truth),
        ExprKind::Nothing => Some(false),
        _ => None,
    }
}

/// Whether a method is called on the object whose method calls: `self.close()`.
fn is_called_on_self(facts: &FileFacts, call: CallId) -> bool {
    match facts[facts[call].callee].kind {
        ExprKind::Member { object, .. } => {
            matches!(facts[object].kind, ExprKind::Name { name, .. } if facts.text(name) == "self")
        }
        _ => false,
    }
}

fn has_method(facts: &FileFacts, class: ClassId, name: &str) -> bool {
    facts
        .functions
        .iter()
        .any(|function| function.class == Some(class) && function.name.is_some_and(|own| facts.text(own) == name))
}
