//! Which functions' callers are looked for, who calls them, and how far on.

use super::Program;
use super::callers::Far;
use super::calls::Caller;
use super::names::FunctionRef;
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions whose callers are looked for, and the callers that were found.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Who calls a function, by the edges read off so far.
    into: FxHashMap<FunctionRef, Vec<Caller>>,
    /// The functions whose callers are found, and how far on.
    traced: FxHashMap<FunctionRef, Far>,
    /// Functions whose callers are to be found, and how far on.
    waiting: Vec<(FunctionRef, Far)>,
}

/// A function that was traced just now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) function: FunctionRef,
    /// How far it was traced before, if it was.
    pub(super) before: Option<Far>,
    /// How far it is now.
    pub(super) now: Far,
}

impl Trace {
    /// Lets functions wait to be traced.
    pub(super) fn wait_for(&mut self, functions: impl IntoIterator<Item = (FunctionRef, Far)>) {
        self.waiting.extend(functions);
    }

    /// Notes who calls a function; the caller waits where that is traced.
    pub(super) fn note(&mut self, program: &Program<'_>, caller: Caller, callee: FunctionRef) {
        let known = self.into.entry(callee).or_default();
        if known.contains(&caller) {
            return;
        }
        known.push(caller);
        if let (Some(far), Some(caller)) = (self.traced.get(&callee), function_of(caller)) {
            self.waiting.push((caller, far.beyond(program, caller)));
        }
    }

    /// Traces the waiting functions and those that are known to call them. The callers of each of `along` are found where its own
    /// must be.
    pub(super) fn advance(
        &mut self,
        program: &Program<'_>,
        along: &FxHashMap<FunctionRef, Vec<FunctionRef>>,
    ) -> Vec<Step> {
        for (function, others) in along {
            if let Some(far) = self.traced.get(function) {
                self.waiting.extend(others.iter().map(|other| (*other, *far)));
            }
        }
        let mut steps = Vec::new();
        while let Some((function, far)) = self.waiting.pop() {
            let before = self.traced.get(&function).copied();
            let now = before.map_or(far, |before| before.farther(far));
            if far.is_over() || before == Some(now) {
                continue;
            }
            self.traced.insert(function, now);
            steps.push(Step { function, before, now });
            let callers = self.into.get(&function).into_iter().flatten().copied();
            let callers = callers.filter_map(function_of);
            self.waiting
                .extend(callers.map(|caller| (caller, now.beyond(program, caller))));
            let others = along.get(&function).into_iter().flatten();
            self.waiting.extend(others.map(|other| (*other, now)));
        }
        steps
    }

    /// How far a function is traced, if it is.
    pub(super) fn far(&self, function: FunctionRef) -> Option<Far> {
        self.traced.get(&function).copied()
    }

    /// The traced functions.
    pub(super) fn functions(&self) -> FxHashSet<FunctionRef> {
        self.traced.keys().copied().collect()
    }

    /// The files that call traced functions.
    pub(super) fn calling_files(&self) -> FxHashSet<FileId> {
        let callers = self.traced.keys().filter_map(|function| self.into.get(function));
        callers.flatten().map(|(file, _)| *file).collect()
    }
}

fn function_of((file, function): Caller) -> Option<FunctionRef> {
    function.map(|function| (file, function))
}
