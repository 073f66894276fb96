//! By which ways control gets to a function: from async code, from an entry point.
//!
//! Ways are looked for backwards, from the few functions that a rule asks about to whoever calls them, so that a whole program is
//! searched only where something is to be found. The shortest way is the witness.

use super::bindings::lookup;
use super::calls::{By, CallEdge, Caller, Thread};
use super::names::{FunctionRef, last_name};
use super::needs::Need;
use super::{LoopState, Program};
use crate::catalog::Role;
use crate::facts::{BindingKind, Block, BlockKind, CallId, ExprId, ExprKind, FileFacts, MODULE_SCOPE, Name, ScopeId};
use crate::finding::{Confidence, Step};
use crate::source::FileId;
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

/// Built-in functions that run a generator to its end, or as far as it gives something.
const DRAWING: &[&str] = &[
    "all",
    "any",
    "dict",
    "enumerate",
    "filter",
    "frozenset",
    "join",
    "list",
    "map",
    "max",
    "min",
    "next",
    "set",
    "sorted",
    "sum",
    "tuple",
    "zip",
];

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
        let mut route = Route::to(function);
        let mut roots: Vec<(&CallEdge, usize)> = Vec::new();
        let mut seen_roots: FxHashSet<Caller> = FxHashSet::default();
        let mut waiting = VecDeque::from([0]);
        // A wrapper goes on with what it was made for: with something else in it, it is another one.
        let mut seen = FxHashSet::from_iter([(function, None)]);
        while let Some(at) = waiting.pop_front() {
            if seen.len() > MOST_FUNCTIONS {
                break;
            }
            for edge in self.calls_into(route.stops[at].function) {
                let (file, Some(caller)) = edge.caller else { continue };
                // What the loop calls later runs on it, whoever asked for that.
                let is_root = self[file].facts[caller].is_async || edge.by == By::Scheduled;
                let wrapped = self.wrapped_behind(edge, &route.stops[at]);
                let stop = ((file, caller), wrapped.map(|edge| edge.callee));
                let is_known = if is_root {
                    seen_roots.contains(&edge.caller)
                } else {
                    seen.contains(&stop)
                };
                // What a framework calls to fill a parameter runs in a pool of threads, a fixture before the loop of its test does.
                let is_another =
                    edge.thread == Thread::Other || edge.by == By::Injected || self.only_makes_generator(edge);
                if is_known
                    || proof(edge) < least
                    || is_another
                    || self.runs_without_loop(edge)
                    || !self.leads_on(edge, &route, at)
                {
                    continue;
                }
                if is_root {
                    seen_roots.insert(edge.caller);
                    roots.push((edge, at));
                } else {
                    seen.insert(stop);
                    let needs = self.needs(edge, &route.stops[at].needs);
                    route.stops.push(Stop {
                        function: (file, caller),
                        onward: Some((edge, at)),
                        wrapped,
                        needs,
                    });
                    waiting.push_back(route.stops.len() - 1);
                }
            }
        }
        let (first, at) = *roots.first()?;
        let calls: Vec<&CallEdge> = std::iter::once(first).chain(route.calls(at)).collect();
        let confidence = calls.iter().map(|edge| proof(edge)).min()?;
        Some(AsyncWays {
            shortest: Way { calls, confidence },
            others: roots.len() - 1,
        })
    }

    /// The call that runs what a wrapper was made for, where an edge is made by one: `return function(*args)` in a decorator, itself or
    /// by another wrapper in it.
    fn wrapped_behind<'p>(&self, edge: &'p CallEdge, stop: &Stop<'p>) -> Option<&'p CallEdge> {
        let facts = &self[edge.caller.0].facts;
        let is_handed = edge
            .call
            .is_some_and(|call| is_parameter_of_function_around(facts, call));
        is_handed.then(|| stop.wrapped.unwrap_or(edge))
    }

    /// Whether a call is made only where its code found that no loop is running.
    fn runs_without_loop(&self, edge: &CallEdge) -> bool {
        let file = edge.site.file;
        let facts = &self[file].facts;
        edge.call
            .is_some_and(|call| self.loop_state(file, facts[call].block, facts[call].expr) == LoopState::NotRunning)
    }

    /// Whether a call only makes a generator, for others to run: `return rows()`, or `found = rows()` and `return found`.
    fn only_makes_generator(&self, edge: &CallEdge) -> bool {
        let (file, callee) = edge.callee;
        let function = &self[file].facts[callee];
        let Some(call) = edge.call.filter(|_| function.is_generator && !function.is_async) else {
            return false;
        };
        let facts = &self[edge.site.file].facts;
        let is_returned = |value: ExprId| {
            let mut returns = facts.returns.iter();
            returns.any(|returned| !returned.is_yield && returned.value == Some(value))
        };
        let made = facts[call].expr;
        is_returned(made) || {
            let bindings = facts.bindings_in(facts[call].scope).iter();
            let mut holding =
                bindings.filter(|binding| matches!(binding.kind, BindingKind::Value(value) if value == made));
            holding
                .next()
                .is_some_and(|holding| self.is_run_elsewhere(edge.site.file, holding.scope, holding.name))
        }
    }

    /// Whether a local name is given back, or handed to threads, and nothing in its function runs over it.
    fn is_run_elsewhere(&self, file: FileId, scope: ScopeId, name: Name) -> bool {
        let facts = &self[file].facts;
        let is_it = |expr: ExprId| facts[expr].kind == ExprKind::Name { name, scope };
        let is_returned = facts
            .returns
            .iter()
            .any(|returned| !returned.is_yield && returned.value.is_some_and(is_it));
        let runs_over = |block: &Block| matches!(block.kind, BlockKind::Loop { over: Some(over), .. } if is_it(over));
        if facts.blocks.iter().any(runs_over) {
            return false;
        }
        let mut to_threads = false;
        for call in &facts.calls {
            if facts.arguments(call).iter().any(|argument| is_it(argument.value)) {
                let site = self.site_at(file, call.expr);
                let role = site.and_then(|site| self.entry(site)).and_then(|entry| entry.role);
                let called = last_name(facts, call.callee).map_or("", |name| facts.text(name));
                if role == Some(Role::RunsInThread) {
                    to_threads = true;
                } else if !is_returned || DRAWING.contains(&called) {
                    return false;
                }
            }
        }
        is_returned || to_threads
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

/// A function on the way to the one that is asked about.
#[derive(Debug)]
pub(super) struct Stop<'p> {
    function: FunctionRef,
    /// The call by which it goes on, and the stop that this leads to.
    onward: Option<(&'p CallEdge, usize)>,
    /// In a wrapper: the call that runs what it was made for.
    pub(super) wrapped: Option<&'p CallEdge>,
    /// What it has to be passed to go on so.
    pub(super) needs: Vec<Need>,
}

/// The ways to a function that a search has found.
#[derive(Debug)]
pub(super) struct Route<'p> {
    pub(super) stops: Vec<Stop<'p>>,
}

impl<'p> Route<'p> {
    fn to(function: FunctionRef) -> Self {
        let stop = Stop {
            function,
            onward: None,
            wrapped: None,
            needs: Vec::new(),
        };
        Self { stops: vec![stop] }
    }

    /// The calls by which a stop leads on to the end.
    pub(super) fn calls(&self, at: usize) -> impl Iterator<Item = &'p CallEdge> {
        let mut next = self.stops[at].onward;
        std::iter::from_fn(move || {
            let (edge, at) = next?;
            next = self.stops[at].onward;
            Some(edge)
        })
    }
}

/// Whether a call runs a parameter of a function that stands around its own: what a decorator was applied to.
fn is_parameter_of_function_around(facts: &FileFacts, call: CallId) -> bool {
    let ExprKind::Name { name, scope } = facts[facts[call].callee].kind else {
        return false;
    };
    let bindings = lookup(facts, scope, name).unwrap_or(&[]);
    let own = facts.function_around(facts[call].scope);
    bindings
        .iter()
        .any(|binding| matches!(binding.kind, BindingKind::Parameter(_)) && facts.function_around(binding.scope) != own)
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
