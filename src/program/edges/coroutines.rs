//! Coroutines that one function makes and another runs: `spawn(refresh())`, where `spawn` schedules its parameter.

use super::{CallRef, Control, EdgeWalk};
use crate::facts::{CallId, ExprId, ExprKind, FileFacts};
use crate::program::calls::{By, CallEdge, Thread};
use crate::program::names::{FunctionRef, Origin};
use crate::program::receivers::{Handed, PathId, Thing, Things};
use crate::source::FileId;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What is called at once, in the same thread.
pub(super) const BY_CALL: Control = (Thread::Same, By::Call);

/// A parameter of a function.
type ParameterRef = (FunctionRef, u32);

/// What some files say of coroutines that functions pass to one another.
#[derive(Debug, Default)]
pub(in crate::program) struct Coroutines {
    /// How functions run the coroutines that they get as parameters, where not by a call.
    run: FxHashMap<ParameterRef, Control>,
    /// The edges (by number) whose coroutine is passed on at once.
    passed: Vec<(usize, ParameterRef)>,
}

impl Coroutines {
    /// Adds what other files say, whose edges come behind the first `before`.
    pub(super) fn extend(&mut self, other: Self, before: usize) {
        self.run.extend(other.run);
        let passed = other.passed.into_iter();
        self.passed.extend(passed.map(|(edge, to)| (before + edge, to)));
    }

    /// Keeps how functions run coroutines, but not which edges pass some.
    pub(super) fn learn(&mut self, other: Self) {
        self.run.extend(other.run);
    }

    /// The coroutine of some edges is passed to a parameter.
    pub(super) fn passed(&mut self, edges: Range<usize>, to: ParameterRef) {
        self.passed.extend(edges.map(|edge| (edge, to)));
    }

    /// Lets the edges say how the coroutines come to run.
    pub(super) fn apply(&self, edges: &mut [CallEdge]) {
        for (edge, to) in &self.passed {
            if let Some((thread, by)) = self.run.get(to) {
                edges[*edge].thread = *thread;
                edges[*edge].by = *by;
            }
        }
    }
}

/// How the coroutines of calls come to run, by the calls' expressions.
#[derive(Default)]
pub(super) struct Handling {
    pub(super) run: FxHashMap<ExprId, Control>,
    pub(super) passed: FxHashMap<ExprId, ParameterRef>,
}

impl EdgeWalk<'_, '_, '_> {
    /// The coroutine calls of a file that are handed to a function which schedules them, or passed to one of the program.
    pub(super) fn handling(&mut self, calls: &[CallRef], callees: &[Things]) -> Handling {
        let mut handling = Handling::default();
        for ((file, call), called) in calls.iter().zip(callees) {
            for entry in called.iter() {
                match entry.thing {
                    Thing::Library(path) => self.handle(path, *file, *call, &mut handling.run),
                    Thing::Function(function) => self.pass(function, 0, (*file, *call), &mut handling),
                    Thing::Bound(function, ..) => self.pass(function, 1, (*file, *call), &mut handling),
                    _ => {}
                }
            }
        }
        handling
    }

    fn handle(&mut self, path: PathId, file: FileId, call: CallId, out: &mut FxHashMap<ExprId, Control>) {
        let facts = self.facts(file);
        let Some(control) = self.control(path).filter(|control| *control != BY_CALL) else {
            return;
        };
        for Handed {
            value, is_coroutine, ..
        } in self.receivers.handed_over(path, file, call)
        {
            if is_coroutine {
                self.handle_coroutine(file, value, control, out);
            } else if self.runs_coroutines(file, value) {
                // `submit(asyncio.run, work())`
                let arguments = facts.arguments(&facts[call]).iter();
                for argument in arguments.skip_while(|argument| argument.value != value).skip(1) {
                    self.handle_coroutine(file, argument.value, control, out);
                }
            }
        }
    }

    fn handle_coroutine(
        &mut self,
        file: FileId,
        argument: ExprId,
        control: Control,
        out: &mut FxHashMap<ExprId, Control>,
    ) {
        let facts = self.facts(file);
        coroutines_in(facts, argument, control, out);
        // `work = fetch(); create_task(work)`
        for value in self.program.values(file, argument) {
            match value.origin {
                Origin::Written(at, written) if at == file => coroutines_in(facts, written, control, out),
                Origin::Parameter(function, index) => {
                    self.found.coroutines.run.insert((function, index), control);
                }
                _ => {}
            }
        }
    }

    /// Whether what is handed over is itself a library function that runs coroutines.
    fn runs_coroutines(&mut self, file: FileId, callable: ExprId) -> bool {
        let things = self.receivers.settled(file, callable);
        things.iter().any(|entry| match entry.thing {
            Thing::Library(path) => self
                .known(path)
                .is_some_and(|entry| entry.arguments.iter().any(|(meaning, _)| meaning == "coroutine")),
            _ => false,
        })
    }

    fn pass(&mut self, function: FunctionRef, offset: u32, (file, call): CallRef, handling: &mut Handling) {
        let facts = self.facts(file);
        for (index, argument) in facts.arguments(&facts[call]).iter().enumerate() {
            let ExprKind::Call(made) = facts[argument.value].kind else {
                continue;
            };
            if facts[made].awaited || !self.gives_coroutine(file, made) {
                continue;
            }
            if let Some(parameter) = self.receivers.parameter_for(function, offset, file, call, index) {
                handling.passed.insert(argument.value, (function, parameter));
            }
        }
    }

    fn gives_coroutine(&mut self, file: FileId, call: CallId) -> bool {
        let callees = self.receivers.callees(file, call);
        callees.iter().any(|entry| match entry.thing {
            Thing::Function((file, function)) | Thing::Bound((file, function), ..) => {
                self.facts(file)[function].is_async
            }
            _ => false,
        })
    }
}

/// The calls in an argument whose coroutines are what is handed over.
fn coroutines_in(facts: &FileFacts, argument: ExprId, control: Control, out: &mut FxHashMap<ExprId, Control>) {
    match facts[argument].kind {
        ExprKind::Call(_) => {
            out.insert(argument, control);
        }
        ExprKind::Group(elements) => {
            for element in facts.list(elements) {
                coroutines_in(facts, *element, control, out);
            }
        }
        ExprKind::Each { element, .. } => coroutines_in(facts, element, control, out),
        ExprKind::Through(inner) => coroutines_in(facts, inner, control, out),
        ExprKind::Choice { options, .. } => {
            for option in facts.list(options) {
                coroutines_in(facts, *option, control, out);
            }
        }
        _ => {}
    }
}
