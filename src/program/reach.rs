//! By which ways control gets to a function: from async code, from an entry point.
//!
//! Ways are looked for backwards, from the few functions that a rule asks about to whoever calls them, so that a whole program is
//! searched only where something is to be found. The shortest way is the witness.

use super::calls::{By, CallEdge, Caller, Thread};
use super::names::FunctionRef;
use super::{LoopState, Program};
use crate::facts::{MODULE_SCOPE, ScopeId};
use crate::finding::{Confidence, Step};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// A way from one function to another, by the calls that it takes.
#[derive(Clone, Debug)]
pub struct Way<'p> {
    /// The calls, the first one first.
    pub calls: Vec<&'p CallEdge>,
    /// The worst of their confidences.
    pub confidence: Confidence,
}

/// The ways from async code to a function.
#[derive(Clone, Debug)]
pub struct AsyncWays<'p> {
    /// The shortest.
    pub shortest: Way<'p>,
    /// How many other async functions get there.
    pub others: usize,
}

/// More functions are not searched: who is called from everywhere is not understood by ways.
const MOST_FUNCTIONS: usize = 20_000;

/// A call of one of more functions than this is a guess for each of them: a wrapper around whatever is decorated, a registry.
pub(super) const MOST_ALTERNATIVES: u32 = 4;

impl Program<'_> {
    /// The ways by which async functions call `function` in their own thread, while their loop is running. Calls that are made only
    /// where no loop runs are no part of such a way.
    #[must_use]
    pub fn ways_from_async(&self, function: FunctionRef) -> Option<AsyncWays<'_>> {
        [Confidence::Certain, Confidence::Likely, Confidence::Possible]
            .into_iter()
            .find_map(|least| self.ways_from_async_of(function, least))
    }

    fn ways_from_async_of(&self, function: FunctionRef, least: Confidence) -> Option<AsyncWays<'_>> {
        let mut next: FxHashMap<FunctionRef, &CallEdge> = FxHashMap::default();
        let mut roots: Vec<&CallEdge> = Vec::new();
        let mut seen_roots: FxHashSet<Caller> = FxHashSet::default();
        let mut waiting = VecDeque::from([function]);
        let mut seen = FxHashSet::from_iter([function]);
        while let Some(callee) = waiting.pop_front() {
            if seen.len() > MOST_FUNCTIONS {
                break;
            }
            for edge in self.calls_into(callee) {
                let (file, Some(caller)) = edge.caller else { continue };
                // What the loop calls later runs on it, whoever asked for that.
                let is_root = self[file].facts[caller].is_async || edge.by == By::Scheduled;
                let is_known = if is_root {
                    seen_roots.contains(&edge.caller)
                } else {
                    seen.contains(&(file, caller))
                };
                // What a framework calls to fill a parameter runs in a pool of threads, a fixture before the loop of its test does.
                let is_another =
                    edge.thread == Thread::Other || edge.by == By::Injected || self.hands_generator_on(edge);
                if is_known
                    || proof(edge) < least
                    || is_another
                    || self.runs_without_loop(edge)
                    || !self.leads_on(edge, &next)
                {
                    continue;
                }
                if is_root {
                    seen_roots.insert(edge.caller);
                    roots.push(edge);
                } else {
                    seen.insert((file, caller));
                    next.insert((file, caller), edge);
                    waiting.push_back((file, caller));
                }
            }
        }
        let first = *roots.first()?;
        let calls = onwards(vec![first], first.callee, &next);
        let confidence = calls.iter().map(|edge| proof(edge)).min()?;
        Some(AsyncWays {
            shortest: Way { calls, confidence },
            others: roots.len() - 1,
        })
    }

    /// Whether a call is made only where its code found that no loop is running.
    fn runs_without_loop(&self, edge: &CallEdge) -> bool {
        let file = edge.site.file;
        let facts = &self[file].facts;
        edge.call
            .is_some_and(|call| self.loop_state(file, facts[call].block, facts[call].expr) == LoopState::NotRunning)
    }

    /// Whether a call only makes a generator, for the caller's own caller to run: `return rows()`.
    fn hands_generator_on(&self, edge: &CallEdge) -> bool {
        let (file, callee) = edge.callee;
        let function = &self[file].facts[callee];
        let facts = &self[edge.site.file].facts;
        let made = edge.call.map(|call| facts[call].expr);
        function.is_generator
            && !function.is_async
            && made.is_some()
            && facts
                .returns
                .iter()
                .any(|returned| !returned.is_yield && returned.value == made)
    }

    /// The steps of a trail: each call of a way, where it stands and what it calls.
    #[must_use]
    pub fn steps(&self, way: &Way<'_>) -> Vec<Step> {
        let step = |edge: &&CallEdge| Step {
            site: edge.site,
            symbol: self.symbol_of_caller(edge.caller),
            note: format!("{} `{}`", verb(edge), self.symbol_of_function(edge.callee)),
        };
        way.calls.iter().map(step).collect()
    }

    /// The scope of a calling function's or module's own statements.
    #[must_use]
    pub fn scope_of_caller(&self, (file, function): Caller) -> ScopeId {
        function.map_or(MODULE_SCOPE, |function| self[file].facts[function].scope)
    }

    /// The dotted name of a calling function or module.
    #[must_use]
    pub fn symbol_of_caller(&self, caller: Caller) -> String {
        self.symbol(caller.0, self.scope_of_caller(caller))
    }

    /// The dotted name of a function.
    #[must_use]
    pub fn symbol_of_function(&self, (file, function): FunctionRef) -> String {
        self.symbol(file, self[file].facts[function].scope)
    }
}

/// The calls of a way and those that lead on from `function`, by the next call of each function that a search came through.
pub(super) fn onwards<'p>(
    mut calls: Vec<&'p CallEdge>,
    mut function: FunctionRef,
    next: &FxHashMap<FunctionRef, &'p CallEdge>,
) -> Vec<&'p CallEdge> {
    while let Some(edge) = next.get(&function) {
        calls.push(edge);
        function = edge.callee;
    }
    calls
}

/// How far an edge proves that its callee runs: a call of one of very many functions proves nothing of any of them.
fn proof(edge: &CallEdge) -> Confidence {
    if edge.alternatives > MOST_ALTERNATIVES {
        Confidence::Possible
    } else {
        edge.confidence
    }
}

fn verb(edge: &CallEdge) -> &'static str {
    match (edge.by, edge.thread) {
        (By::Call, Thread::Same) => "calls",
        (By::Call, Thread::Other) => "runs in another thread",
        (By::Scheduled, _) => "schedules",
        (By::Injected, _) => "depends on",
    }
}
