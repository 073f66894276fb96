//! Reads the call edges off what types tell: calls, what is handed to functions that call it, and async blocks.

use super::index::Index;
use super::{Type, Typing};
use crate::catalog::{Node, Role};
use crate::facts::{CallId, ExprId, ExprKind, FunctionId, Language};
use crate::finding::{Confidence, Site};
use crate::program::calls::{By, CallEdge, Caller, Control, Thread, control_of};
use crate::program::names::{self, FunctionRef};
use crate::program::{Program, argument_of};
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is called at once, in the same thread.
const BY_CALL: Control = (Thread::Same, By::Call);
/// A parameter is followed through this many functions that pass it on.
const MOST_PASSES: u32 = 3;

/// Reads the edges off.
pub(in crate::program) struct RustWalk<'p, 'a> {
    typing: Typing<'p, 'a>,
    program: &'p Program<'a>,
    index: &'p Index<'p>,
    edges: Vec<CallEdge>,
    /// The call that each expression of a file is an argument of.
    taking: FxHashMap<FileId, FxHashMap<ExprId, CallId>>,
    handled: FxHashMap<FileId, FxHashSet<FunctionId>>,
    /// How functions run their parameters.
    running: FxHashMap<(FunctionRef, u32), Vec<Run>>,
}

/// What becomes of a function that a call is handed.
#[derive(Clone, Copy)]
struct Run {
    caller: Caller,
    site: Site,
    call: CallId,
    control: Control,
    confidence: Confidence,
}

/// What is known of a type depends on what was asked before, so that the files must be dealt alike on every machine.
const PARTS: usize = 8;

impl<'p, 'a> RustWalk<'p, 'a> {
    pub(in crate::program) fn new(program: &'p Program<'a>, index: &'p Index<'p>) -> Self {
        Self {
            typing: Typing::new(program, index),
            program,
            index,
            edges: Vec::new(),
            taking: FxHashMap::default(),
            handled: FxHashMap::default(),
            running: FxHashMap::default(),
        }
    }

    /// Reads off all edges of a program, in the order of the calling files.
    pub(in crate::program) fn walk_all(program: &'p Program<'a>, index: &'p Index<'p>) -> Vec<CallEdge> {
        let files: Vec<FileId> = program
            .files()
            .filter(|(_, data)| data.language == Language::Rust)
            .map(|(file, _)| file)
            .collect();
        let size = files.len().div_ceil(PARTS).max(1);
        let walks = files.par_chunks(size).map(|files| {
            let mut walk = Self::new(program, index);
            for file in files {
                let facts = &program[*file].facts;
                for call in 0..u32::try_from(facts.calls.len()).unwrap_or(u32::MAX) {
                    walk.visit_call(*file, CallId(call));
                }
                for function in 0..u32::try_from(facts.functions.len()).unwrap_or(u32::MAX) {
                    walk.visit_async_block(*file, FunctionId(function));
                }
            }
            walk.take_edges()
        });
        let walks: Vec<Vec<CallEdge>> = walks.collect();
        walks.into_iter().flatten().collect()
    }

    /// The edges that were read off since the last time.
    pub(super) fn take_edges(&mut self) -> Vec<CallEdge> {
        std::mem::take(&mut self.edges)
    }

    /// Reads off what a call calls, and what becomes of the functions that it is handed.
    pub(super) fn visit_call(&mut self, file: FileId, call: CallId) {
        let called = self.typing.called(file, call);
        let facts = &self.program[file].facts;
        let (caller, site) = self.place(file, call);
        let mut control = None;
        let alternatives = u32::try_from(called.targets.len()).unwrap_or(u32::MAX);
        for target in &called.targets {
            let (at, function) = target.function;
            // What is handed to an executor is what an async function gives: another function has run by then.
            let is_future = self.program[at].facts[function].is_async;
            let (thread, by) = if is_future {
                *control.get_or_insert_with(|| self.control_around(file, facts[call].expr))
            } else {
                BY_CALL
            };
            self.edges.push(CallEdge {
                caller,
                callee: target.function,
                site,
                call: Some(call),
                offset: target.offset,
                thread,
                by,
                confidence: target.confidence,
                alternatives,
            });
        }
        for (position, argument) in facts.arguments(&facts[call]).iter().enumerate() {
            let functions = self.functions_in(file, argument.value);
            if functions.is_empty() {
                continue;
            }
            let runs = self.runs(file, call, &called.targets, called.library, position, argument.value);
            for function in functions {
                for run in &runs {
                    self.add_run(function, run);
                }
            }
        }
    }

    fn add_run(&mut self, function: FunctionRef, run: &Run) {
        let (thread, by) = run.control;
        self.edges.push(CallEdge {
            caller: run.caller,
            callee: function,
            site: run.site,
            call: Some(run.call),
            offset: 0,
            thread,
            by,
            confidence: run.confidence,
            alternatives: 1,
        });
    }

    /// An async block that is no argument runs when whoever gets it awaits it, which is as good as here.
    pub(super) fn visit_async_block(&mut self, file: FileId, function: FunctionId) {
        let facts = &self.program[file].facts;
        if facts[function].name.is_some() || !facts[function].is_async {
            return;
        }
        if self.handled(file).contains(&function) {
            return;
        }
        let span = facts[function].span;
        self.edges.push(CallEdge {
            caller: (file, facts.function_around(facts[function].parent)),
            callee: (file, function),
            site: Site { file, span },
            call: None,
            offset: 0,
            thread: Thread::Same,
            by: By::Call,
            confidence: Confidence::Likely,
            alternatives: 1,
        });
    }

    /// The functions and closures that an argument is.
    pub(super) fn functions_in(&mut self, file: FileId, argument: ExprId) -> Vec<FunctionRef> {
        let facts = &self.program[file].facts;
        match facts[argument].kind {
            ExprKind::Lambda(function) => vec![(file, function)],
            ExprKind::Name { .. } | ExprKind::Member { .. } if self.typing.may_be_function(file, argument) => {
                let values = self.typing.value(file, argument).into_iter();
                let functions = values.filter_map(|of| match of {
                    Type::Function(function) => Some(function),
                    _ => None,
                });
                functions.collect()
            }
            _ => Vec::new(),
        }
    }

    /// How a function comes to run that is argument `position` of a call.
    fn runs(
        &mut self,
        file: FileId,
        call: CallId,
        targets: &super::Targets,
        library: Option<Node>,
        position: usize,
        argument: ExprId,
    ) -> Vec<Run> {
        let facts = &self.program[file].facts;
        let (caller, site) = self.place(file, call);
        let here = |control, confidence| Run {
            caller,
            site,
            call,
            control,
            confidence,
        };
        if let Some(node) = library.filter(|_| targets.is_empty()) {
            if self.is_entered(node) {
                return Vec::new();
            }
            if let Some(control) = self.handing(file, call, node, argument) {
                return vec![here(control, Confidence::Certain)];
            }
        }
        let mut runs = Vec::new();
        for target in targets {
            let index = u32::try_from(position)
                .unwrap_or(u32::MAX)
                .saturating_add(target.offset);
            let run = self.runs_of(target.function, index).into_iter();
            runs.extend(run.map(|run| Run {
                confidence: run.confidence.min(target.confidence),
                ..run
            }));
        }
        if !runs.is_empty() {
            return runs;
        }
        let name = names::last_name(facts, facts[call].callee).map_or("", |name| facts.text(name));
        let is_method = matches!(facts[facts[call].callee].kind, ExprKind::Member { .. });
        if let Some(control) = self
            .by_name(name, file, argument)
            .filter(|_| targets.is_empty() && is_method)
        {
            return vec![here(control, Confidence::Likely)];
        }
        let is_lazy = matches!(facts[facts[call].callee].kind, ExprKind::Member { object, .. }
            if names::last_name(facts, object).is_some_and(|owner| facts.text(owner).starts_with("Lazy")));
        let is_at_once = targets.is_empty() && is_method && (is_lazy || calls_at_once(name));
        let confidence = if is_at_once {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        vec![here(BY_CALL, confidence)]
    }

    /// Whether a library function makes what it is handed an entry point, which is no call of it.
    fn is_entered(&self, node: Node) -> bool {
        let role = self.program.catalog.call(node).and_then(|entry| entry.role);
        role.is_some_and(Role::is_of_entries)
    }

    /// How a library function runs `argument`, if it does.
    fn handing(&self, file: FileId, call: CallId, node: Node, argument: ExprId) -> Option<Control> {
        let entry = self.program.catalog.call(node)?;
        let control = control_of(entry.role?)?;
        let facts = &self.program[file].facts;
        let mut run = entry
            .arguments
            .iter()
            .filter(|(meaning, _)| matches!(meaning.as_str(), "callable" | "coroutine"));
        let is_run = run.any(|(_, by)| {
            argument_of(facts, facts.arguments(&facts[call]), by).is_some_and(|found| found.value == argument)
        });
        is_run.then_some(control)
    }

    /// How a method of this name runs what it is handed, by what the catalogued ones of the name do: `scope.spawn(…)`.
    fn by_name(&self, name: &str, file: FileId, argument: ExprId) -> Option<Control> {
        let facts = &self.program[file].facts;
        let is_async = matches!(facts[argument].kind, ExprKind::Lambda(function) if facts[function].is_async);
        let controls = self.index.handing(name).iter().filter_map(|role| control_of(*role));
        let mut fitting = controls.filter(|(_, by)| (*by == By::Scheduled) == is_async);
        fitting.next()
    }

    /// The closures and async blocks of a file that stand in a call, be it as an argument or to be awaited on the spot.
    fn handled(&mut self, file: FileId) -> &FxHashSet<FunctionId> {
        let program = self.program;
        self.handled.entry(file).or_insert_with(|| {
            let facts = &program[file].facts;
            let in_calls = facts.calls.iter().flat_map(|call| {
                let arguments = facts.arguments(call).iter().map(|argument| argument.value);
                arguments.chain([call.callee])
            });
            let closures = in_calls.filter_map(|expr| match facts[expr].kind {
                ExprKind::Lambda(function) => Some(function),
                _ => None,
            });
            closures.collect()
        })
    }

    /// The call that each expression of a file is an argument of.
    fn taking(&mut self, file: FileId) -> &FxHashMap<ExprId, CallId> {
        let program = self.program;
        self.taking.entry(file).or_insert_with(|| {
            let facts = &program[file].facts;
            let calls = facts.numbered_calls();
            let taken =
                calls.flat_map(|(id, call)| facts.arguments(call).iter().map(move |argument| (argument.value, id)));
            taken.collect()
        })
    }

    /// How the call around an expression runs the future that it is.
    fn control_around(&mut self, file: FileId, expr: ExprId) -> Control {
        let taking = self.taking(file);
        let Some(around) = taking.get(&expr).copied() else {
            return BY_CALL;
        };
        let called = self.typing.called(file, around);
        match called.library.filter(|_| called.targets.is_empty()) {
            Some(node) => self.handing(file, around, node, expr).unwrap_or(BY_CALL),
            None => BY_CALL,
        }
    }

    fn runs_of(&mut self, function: FunctionRef, index: u32) -> Vec<Run> {
        if let Some(known) = self.running.get(&(function, index)) {
            return known.clone();
        }
        let mut runs = Vec::new();
        self.runs_parameter(function, index, Confidence::Certain, 0, &mut runs);
        self.running.insert((function, index), runs.clone());
        runs
    }

    /// Where a function calls its parameter, or hands it on to what does.
    fn runs_parameter(
        &mut self,
        (file, function): FunctionRef,
        index: u32,
        confidence: Confidence,
        depth: u32,
        runs: &mut Vec<Run>,
    ) {
        let facts = &self.program[file].facts;
        let Some(parameter) = facts.parameters(&facts[function]).get(index as usize) else {
            return;
        };
        let extent = facts[function].extent;
        let is_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { name, .. } if name == parameter.name);
        for (id, data) in facts.numbered_calls() {
            if !extent.contains(facts[data.expr].span) {
                continue;
            }
            let call = id;
            let (caller, site) = self.place(file, call);
            if is_it(data.callee) {
                runs.push(Run {
                    caller,
                    site,
                    call,
                    control: BY_CALL,
                    confidence,
                });
            }
            let passed = facts.arguments(data).iter().position(|argument| is_it(argument.value));
            let Some(position) = passed.filter(|_| depth < MOST_PASSES) else {
                continue;
            };
            let called = self.typing.called(file, call);
            if let Some(node) = called.library.filter(|_| called.targets.is_empty()) {
                let argument = facts.arguments(data)[position].value;
                if let Some(control) = self.handing(file, call, node, argument) {
                    runs.push(Run {
                        caller,
                        site,
                        call,
                        control,
                        confidence,
                    });
                }
            }
            for target in called.targets {
                let index = u32::try_from(position)
                    .unwrap_or(u32::MAX)
                    .saturating_add(target.offset);
                let confidence = confidence.min(target.confidence);
                self.runs_parameter(target.function, index, confidence, depth + 1, runs);
            }
        }
    }

    /// Who makes a call, and where it stands.
    fn place(&self, file: FileId, call: CallId) -> (Caller, Site) {
        let facts = &self.program[file].facts;
        let caller = (file, facts.function_around(facts[call].scope));
        (caller, self.program.callee_site(file, &facts[call]))
    }

    /// The library function that a call arrives at.
    pub(super) fn library(&mut self, file: FileId, call: CallId) -> Option<Node> {
        self.typing.called(file, call).library
    }
}

/// Methods of the language's own types that call what they are handed before they return.
fn calls_at_once(method: &str) -> bool {
    matches!(
        method,
        "all"
            | "and_then"
            | "any"
            | "entry"
            | "filter"
            | "filter_map"
            | "find"
            | "find_map"
            | "flat_map"
            | "fold"
            | "for_each"
            | "get_or_init"
            | "get_or_insert_with"
            | "inspect"
            | "is_none_or"
            | "is_ok_and"
            | "is_some_and"
            | "map"
            | "map_or"
            | "map_or_else"
            | "map_while"
            | "max_by_key"
            | "min_by_key"
            | "or_insert_with"
            | "partition"
            | "position"
            | "reduce"
            | "retain"
            | "scan"
            | "skip_while"
            | "sort_by"
            | "sort_by_key"
            | "take_while"
            | "then"
            | "try_fold"
            | "try_for_each"
            | "unwrap_or_else"
            | "update"
            | "with"
    )
}
