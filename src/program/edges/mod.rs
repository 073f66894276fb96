//! Reads the call edges off what receivers know: calls, what is called without saying so, what libraries and frameworks call.
//!
//! Coroutines that are handed on are in `coroutines`, where libraries enter the program in `handlers`, what frameworks fill in in `injections`, what operators and accesses call in `operators`, what is declared for whole routers in
//! `routers`.

mod coroutines;
mod handlers;
mod injections;
mod operators;
mod routers;

use super::Program;
use super::bindings::lookup;
use super::calls::{CallEdge, Caller, Control, Thread, control_of};
use super::entries::EntryPoint;
use super::names::FunctionRef;
use super::receivers::{Entry, Handed, PathId, Receivers, Thing, Things, asked_by_text};
use crate::catalog::{Entry as Known, Node, Role};
use crate::facts::{Access, BlockKind, CallId, ExprId, ExprKind, FileFacts, ScopeId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use coroutines::{BY_CALL, Coroutines};
pub(super) use routers::{Making, Mount, Prefix, Router, Routers};
use rustc_hash::{FxHashMap, FxHashSet};

/// Reads the edges off.
pub(super) struct EdgeWalk<'w, 'p, 'a> {
    receivers: &'w mut Receivers<'p, 'a>,
    program: &'p Program<'a>,
    found: Walked,
}

/// What was read off.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) edges: Vec<CallEdge>,
    pub(super) libraries: Vec<Library>,
    routers: Routers,
    coroutines: Coroutines,
    entries: Vec<EntryPoint>,
}

/// What all walks read off, put together.
#[derive(Default)]
pub(super) struct Joined {
    edges: Vec<CallEdge>,
    routers: Routers,
    coroutines: Coroutines,
    entries: Vec<EntryPoint>,
}

impl Joined {
    /// Adds what one walk read off; the calls that arrive at libraries come back.
    pub(super) fn add(&mut self, walked: Walked) -> Vec<Library> {
        self.coroutines.extend(walked.coroutines, self.edges.len());
        self.edges.extend(walked.edges);
        self.routers.extend(walked.routers);
        self.entries.extend(walked.entries);
        walked.libraries
    }

    /// Keeps what one walk read off that matters beyond its files, but none of its edges.
    pub(super) fn learn(&mut self, walked: Walked) {
        self.coroutines.learn(walked.coroutines);
        self.routers.extend(walked.routers);
        self.entries.extend(walked.entries);
    }

    /// Whose callers must be known, too, where those of a function must.
    pub(super) fn traced_along(&self) -> FxHashMap<FunctionRef, Vec<FunctionRef>> {
        self.routers.traced_along()
    }

    /// Where libraries enter the program, in no order.
    pub(super) fn entries(&self) -> &[EntryPoint] {
        &self.entries
    }

    /// All edges, in the order of the calling files, where libraries enter the program, and on which routers.
    pub(super) fn finish(mut self) -> (Vec<CallEdge>, Vec<EntryPoint>, Routers) {
        self.coroutines.apply(&mut self.edges);
        let of_routers = self.routers.edges(&self.edges);
        self.edges.extend(of_routers);
        self.edges.sort_by_key(|edge| edge.caller.0);
        (self.edges, self.entries, self.routers)
    }
}

/// A call that arrives at a library.
pub(super) struct Library {
    pub(super) file: FileId,
    pub(super) call: CallId,
    pub(super) path: PathId,
    /// The path in the catalog, as far as it has it.
    pub(super) node: Option<Node>,
    pub(super) confidence: Confidence,
}

/// A call of the program.
type CallRef = (FileId, CallId);

impl<'w, 'p, 'a> EdgeWalk<'w, 'p, 'a> {
    /// Reads off all edges of the files that `receivers` knows.
    pub(super) fn walk_all(receivers: &'w mut Receivers<'p, 'a>, program: &'p Program<'a>) -> Walked {
        receivers.find_properties();
        let calls = receivers.visited_calls();
        let special = receivers.special_names();
        let mut walk = Self::new(receivers, program);
        walk.visit_calls(&calls);
        for file in walk.receivers.own_files() {
            for (decorator, scope) in decorators(walk.facts(file)) {
                walk.visit_decorator(file, decorator, scope);
            }
            walk.visit_blocks(file, &|_| true);
            walk.visit_properties(file);
            walk.visit_operators(file, &special);
            walk.visit_class_statements(file);
            walk.visit_declarations(file);
        }
        walk.found
    }

    /// Reads off what a file tells frameworks to call, and to fill in.
    pub(super) fn visit_declarations(&mut self, file: FileId) {
        self.visit_handlers(file);
        self.visit_injections(file);
        self.visit_replacements(file);
    }

    /// Begins with nothing read off.
    pub(super) fn new(receivers: &'w mut Receivers<'p, 'a>, program: &'p Program<'a>) -> Self {
        Self {
            receivers,
            program,
            found: Walked::default(),
        }
    }

    /// What was read off.
    pub(super) fn finish(self) -> Walked {
        self.found
    }

    /// The files that `receivers` knows.
    pub(super) fn files(&self) -> Vec<FileId> {
        self.receivers.own_files()
    }

    /// Whether statements call methods of this name without saying so.
    pub(super) fn is_called_by_statements(name: &str) -> bool {
        matches!(
            name,
            "__init__"
                | "__enter__"
                | "__exit__"
                | "__aenter__"
                | "__aexit__"
                | "__iter__"
                | "__next__"
                | "__aiter__"
                | "__anext__"
        )
    }

    /// Reads off the visited calls and decorators of the files that `counts` names.
    pub(super) fn visit_visited(&mut self, counts: &dyn Fn(FileId) -> bool) {
        let mut calls = self.receivers.visited_calls();
        calls.retain(|(file, _)| counts(*file));
        self.visit_calls(&calls);
        for (file, decorator, scope) in self.receivers.visited_decorators() {
            if counts(file) {
                self.visit_decorator(file, decorator, scope);
            }
        }
    }

    /// Reads off the decorators that were visited since the last time.
    pub(super) fn visit_new_decorators(&mut self) {
        for (file, decorator, scope) in self.receivers.new_decorators() {
            self.visit_decorator(file, decorator, scope);
        }
    }

    /// Reads off who reads those of some functions that are properties, in the files that `counts` names.
    pub(super) fn read_properties_of(&mut self, functions: &FxHashSet<FunctionRef>, counts: &dyn Fn(FileId) -> bool) {
        self.receivers.property_names.clear();
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for function in functions {
            names.extend(self.receivers.add_property(*function));
        }
        if names.is_empty() {
            return;
        }
        for file in self.files().into_iter().filter(|file| counts(*file)) {
            let says = &self.facts(file).names;
            if names.iter().any(|name| says.find(name).is_some()) {
                self.visit_properties(file);
            }
        }
    }

    fn facts(&self, file: FileId) -> &'p FileFacts {
        &self.program[file].facts
    }

    /// Reads off what calls call, which come in the order of files.
    pub(super) fn visit_calls(&mut self, calls: &[CallRef]) {
        for calls in calls.chunk_by(|one, next| one.0 == next.0) {
            let file = calls[0].0;
            let facts = self.facts(file);
            let callees: Vec<Things> = calls
                .iter()
                .map(|(_, call)| self.receivers.callees(file, *call))
                .collect();
            let handling = self.handling(calls, &callees);
            for ((_, call), callees) in calls.iter().zip(callees) {
                let expr = facts[*call].expr;
                let control = handling.run.get(&expr).copied().unwrap_or(BY_CALL);
                let before = self.found.edges.len();
                self.visit_call(file, *call, callees, control);
                if let Some(to) = handling.passed.get(&expr) {
                    let made = before..self.found.edges.len();
                    self.found.coroutines.passed(made, *to);
                }
            }
        }
    }

    /// What the catalog says of calling `path`.
    fn known(&self, path: PathId) -> Option<&'p Known> {
        let node = self.receivers.paths.node(path)?;
        self.program.catalog.call(node)
    }

    fn role(&self, path: PathId) -> Option<Role> {
        self.known(path)?.role
    }

    /// Whether a library function gets the arguments for what it runs as a list.
    fn lists_positions(&self, path: PathId) -> bool {
        self.known(path)
            .is_some_and(|entry| entry.arguments.iter().any(|(meaning, _)| meaning == "positions"))
    }

    /// How a library runs what it is handed.
    fn control(&self, path: PathId) -> Option<Control> {
        if !self.receivers.paths.hands_over(path) {
            return None;
        }
        control_of(self.role(path)?)
    }

    fn visit_call(&mut self, file: FileId, call: CallId, mut callees: Things, control: Control) {
        let (caller, site) = self.place(file, call);
        if callees.is_empty() {
            callees = self.receivers.guessed_method(file, call);
        } else if self.is_unknown_library(&callees) {
            callees.extend(&self.receivers.below_library(file, call));
        }
        let (known, before) = (callees.len(), self.found.edges.len());
        callees = self.meant(callees, file, call);
        self.add_targets(&callees, caller, site, Some(call), control);
        // Of very many only some are known: that few of these are meant does not make them few.
        for edge in &mut self.found.edges[before..] {
            edge.alternatives = edge.alternatives.max(u32::try_from(known).unwrap_or(u32::MAX));
        }
        if let Some((path, confidence)) = self.library(&callees) {
            self.found.libraries.push(Library {
                file,
                call,
                path,
                node: self.receivers.paths.node(path),
                confidence,
            });
        }
        for entry in callees {
            if let Thing::Class(class, _) = entry.thing
                && let Some(path) = self.receivers.router_class(class)
            {
                self.visit_router_call(path, file, call);
            }
            if let Thing::Library(path) = entry.thing {
                self.visit_router_call(path, file, call);
                self.visit_handed(path, file, call);
                if let Some(control) = self.control(path) {
                    self.add_own(path, (file, call), control, entry.confidence);
                    self.add_handed(path, (file, call), control, entry.confidence);
                }
            }
        }
    }

    /// Whether all that is called is of libraries, and nothing that the catalog knows.
    fn is_unknown_library(&self, things: &Things) -> bool {
        things
            .iter()
            .all(|entry| matches!(entry.thing, Thing::Library(path) if self.known(path).is_none()))
    }

    /// What a library runs of the object that its method is called on.
    fn add_own(&mut self, path: PathId, (file, call): CallRef, control: Control, confidence: Confidence) {
        let own = self.receivers.run_of_itself(path, file, call).at_most(confidence);
        let (caller, site) = self.place(file, call);
        // The arguments of the task itself may lie in one of the call.
        let passing = Some(call).filter(|_| !self.lists_positions(path));
        let before = self.found.edges.len();
        self.add_targets(&own, caller, site, passing, control);
        for index in before..self.found.edges.len() {
            let filled = self.receivers.filled_of_task(self.found.edges[index].callee);
            self.found.edges[index].offset += filled;
        }
    }

    /// What a library runs of what it is handed.
    fn add_handed(&mut self, path: PathId, (file, call): CallRef, control: Control, confidence: Confidence) {
        let (caller, site) = self.place(file, call);
        let before = self.found.edges.len();
        for Handed { value, is_called, .. } in self.receivers.handed_over(path, file, call) {
            if is_called {
                let handed = self.receivers.settled(file, value).at_most(confidence);
                self.add_targets(&handed, caller, site, Some(call), control);
            }
        }
        if self.role(path) == Some(Role::RunsAfterwards) {
            // A coroutine function runs on the loop, another one in a thread.
            for edge in &mut self.found.edges[before..] {
                if self.program[edge.callee.0].facts[edge.callee.1].is_async {
                    edge.thread = Thread::Same;
                }
            }
        }
    }

    /// Who makes a call, and where it stands.
    fn place(&self, file: FileId, call: CallId) -> (Caller, Site) {
        let facts = self.facts(file);
        let caller = (file, facts.function_around(facts[call].scope));
        (caller, self.program.callee_site(file, &facts[call]))
    }

    /// The library function that calling one of `things` runs: one that the catalog knows to do something, if there is any.
    fn library(&mut self, things: &Things) -> Option<(PathId, Confidence)> {
        let catalog = self.program.catalog;
        let mut found: Option<(PathId, Confidence)> = None;
        for entry in things.iter() {
            let path = match entry.thing {
                Thing::Library(path) => path,
                Thing::LibraryInstance(path) => {
                    let call = self.receivers.paths.child(catalog, path, "__call__");
                    if self.receivers.paths.node(call).is_none() {
                        continue;
                    }
                    call
                }
                _ => continue,
            };
            let node = self.receivers.paths.node(path);
            if node.is_some_and(|node| catalog.call(node).is_some() || !catalog.concerns(node).is_empty()) {
                return Some((path, entry.confidence));
            }
            found = found.or(Some((path, entry.confidence)));
        }
        found
    }

    /// Of several functions that may be called those that the call can mean: they take its arguments, and what is awaited, and only
    /// that, is a coroutine.
    fn meant(&self, things: Things, file: FileId, call: CallId) -> Things {
        if things.len() < 2 {
            return things;
        }
        let takes = |thing: Thing| match thing {
            Thing::Function(function) => self.receivers.takes(function, 0, file, call),
            Thing::Bound(function, ..) => self.receivers.takes(function, 1, file, call),
            _ => true,
        };
        let things = narrowed(things, takes);
        let is_async = |thing: Thing| match thing {
            Thing::Function((file, function)) | Thing::Bound((file, function), ..) => {
                let function = &self.facts(file)[function];
                Some(function.is_async && !function.is_generator)
            }
            _ => None,
        };
        if self.facts(file)[call].awaited {
            narrowed(things, |thing| is_async(thing) != Some(false))
        } else if things.iter().any(|entry| is_async(entry.thing) == Some(false)) && self.is_used_up(file, call) {
            narrowed(things, |thing| is_async(thing) != Some(true))
        } else {
            things
        }
    }

    /// Whether a call's result goes nowhere from where it could be awaited later: not out of the function, not into another call.
    fn is_used_up(&self, file: FileId, call: CallId) -> bool {
        let facts = self.facts(file);
        let expr = facts[call].expr;
        let is_async = facts
            .function_around(facts[call].scope)
            .is_some_and(|function| facts[function].is_async);
        !is_async
            && !facts.returns.iter().any(|returned| returned.value == Some(expr))
            && !facts
                .calls
                .iter()
                .any(|other| facts.arguments(other).iter().any(|argument| argument.value == expr))
    }

    /// Adds an edge to every function that calling one of `things` runs.
    fn add_targets(&mut self, things: &Things, caller: Caller, site: Site, call: Option<CallId>, control: Control) {
        self.visit_called(things, caller, site);
        let mut targets: Vec<(FunctionRef, u32, Confidence)> = Vec::new();
        for entry in things.iter() {
            self.targets(entry, 0, &mut targets);
        }
        let alternatives = u32::try_from(targets.len()).unwrap_or(u32::MAX);
        let is_one = alternatives <= 1;
        for (callee, offset, confidence) in targets {
            let confidence = if is_one {
                confidence
            } else {
                confidence.min(Confidence::Likely)
            };
            self.add(caller, callee, site, call, offset, control, confidence);
            if let Some(edge) = self.found.edges.last_mut() {
                edge.alternatives = alternatives;
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an edge")]
    fn add(
        &mut self,
        caller: Caller,
        callee: FunctionRef,
        site: Site,
        call: Option<CallId>,
        offset: u32,
        (thread, by): Control,
        confidence: Confidence,
    ) {
        self.found.edges.push(CallEdge {
            caller,
            callee,
            site,
            call,
            offset,
            thread,
            by,
            confidence,
            alternatives: 1,
        });
    }

    /// The functions that calling a thing runs, and how many parameters what it is called on fills.
    fn targets(&mut self, entry: Entry, depth: u32, out: &mut Vec<(FunctionRef, u32, Confidence)>) {
        let confidence = entry.confidence;
        let mut add = |function: FunctionRef, offset: u32| match out.iter_mut().find(|(known, ..)| *known == function) {
            Some((_, _, known)) => *known = (*known).max(confidence),
            None => out.push((function, offset, confidence)),
        };
        match entry.thing {
            Thing::Function(function) | Thing::Method(function) => add(function, 0),
            Thing::Bound(function, ..) | Thing::ClassMethod(function) => add(function, 1),
            Thing::Class(class, exact) => {
                for function in self.receivers.constructors(class, exact) {
                    add(function, 1);
                }
            }
            Thing::Instance(class, exact) if depth < 4 => {
                for entry in self.receivers.special(class, exact, "__call__") {
                    self.targets(entry, depth + 1, out);
                }
            }
            Thing::Partial(file, call) if depth < 4 => {
                for entry in self.receivers.bound_function(file, call) {
                    self.targets(entry, depth + 1, out);
                }
            }
            _ => {}
        }
    }

    // What is called without a call

    /// A decorator is called by the scope it stands in.
    pub(super) fn visit_decorator(&mut self, file: FileId, decorator: ExprId, scope: ScopeId) {
        let facts = self.facts(file);
        let caller = (file, facts.function_around(scope));
        let things = self.receivers.settled(file, decorator);
        let site = Site {
            file,
            span: super::names::last_name_span(facts, decorator),
        };
        self.add_targets(&things, caller, site, None, BY_CALL);
    }

    /// Contexts are entered and left, iterables iterated, classes raised: where that calls a method whose name `counts`.
    pub(super) fn visit_blocks(&mut self, file: FileId, counts: &dyn Fn(&str) -> bool) {
        let facts = self.facts(file);
        for block in &facts.blocks {
            let (subject, names): (ExprId, &[&str]) = match block.kind {
                BlockKind::Within { entered, awaits: false } => (entered, &["__enter__", "__exit__"]),
                BlockKind::Within { entered, awaits: true } => (entered, &["__aenter__", "__aexit__"]),
                BlockKind::Loop {
                    over: Some(over),
                    awaits: false,
                } => (over, &["__iter__"]),
                BlockKind::Loop {
                    over: Some(over),
                    awaits: true,
                } => (over, &["__aiter__"]),
                _ => continue,
            };
            if !names
                .iter()
                .any(|name| counts(name) || next_of(name).is_some_and(counts))
            {
                continue;
            }
            let is_loop = matches!(block.kind, BlockKind::Loop { .. });
            if self.is_built_in(file, subject, is_loop) {
                continue;
            }
            let caller = (file, facts.function_around(block.scope));
            let site = Site {
                file,
                span: super::names::last_name_span(facts, subject),
            };
            let subjects = self.receivers.settled(file, subject);
            for name in names {
                let called = self.specials(&subjects, name);
                self.add_targets(&called, caller, site, None, BY_CALL);
                let Some(next) = next_of(name) else { continue };
                let iterators = self.receivers.results_of(&called);
                let called = self.specials(&iterators, next);
                self.add_targets(&called, caller, site, None, BY_CALL);
            }
        }
        // A class that is raised is made.
        for block in &facts.blocks {
            if let crate::facts::Exit::Raises(Some(raised)) = block.exit
                && counts("__init__")
            {
                let caller = (file, facts.function_around(block.scope));
                let things = self.receivers.settled(file, raised);
                let site = Site {
                    file,
                    span: super::names::last_name_span(facts, raised),
                };
                let mut classes = things;
                classes.retain(|thing| matches!(thing, Thing::Class(..)));
                self.add_targets(&classes, caller, site, None, BY_CALL);
            }
        }
    }

    /// A special method of all objects among some things.
    fn specials(&mut self, things: &Things, name: &str) -> Things {
        let mut called = Things::default();
        for entry in things.iter() {
            if let Thing::Instance(class, exact) = entry.thing {
                let methods = self.receivers.special(class, exact, name);
                called.extend(&methods.at_most(entry.confidence));
            }
        }
        called
    }

    /// Whether something is made by the language itself, as what loops run over and `with` enters mostly is: a literal, what a built-in
    /// function gives, or in a loop a method that built-in types have.
    fn is_built_in(&self, file: FileId, expr: ExprId, is_loop: bool) -> bool {
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Group(_) | ExprKind::Table(_) | ExprKind::Text(_) | ExprKind::Template(_) => true,
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Name { name, scope } => lookup(facts, scope, name).is_none() && !self.program.has_stars(file),
                ExprKind::Member { name, .. } => {
                    is_loop && self.program.catalog.words().is_common_method(facts.text(name))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Reading a property calls its function, writing it the one that sets it.
    pub(super) fn visit_properties(&mut self, file: FileId) {
        let facts = self.facts(file);
        let written: FxHashSet<ExprId> = facts.stores.iter().map(|store| store.target).collect();
        for index in 0..facts.exprs.len() {
            let expr = ExprId::at(index);
            let ExprKind::Member { object, name } = facts[expr].kind else {
                continue;
            };
            if !self.receivers.may_be_property(file, name) {
                continue;
            }
            let Some((_, scope)) = super::names::first_name(facts, object) else {
                continue;
            };
            let called = if written.contains(&expr) {
                self.receivers.setters(file, object, name, Access::Write)
            } else if facts.deletions.contains(&expr) {
                self.receivers.setters(file, object, name, Access::Delete)
            } else {
                self.receivers.getters(file, object, name)
            };
            if called.is_empty() {
                continue;
            }
            let caller = (file, facts.function_around(scope));
            let site = Site {
                file,
                span: super::names::last_name_span(facts, expr),
            };
            self.add_targets(&called, caller, site, None, BY_CALL);
        }
        for (id, call) in facts.numbered_calls() {
            if let Some((object, name)) = asked_by_text(facts, id)
                && self.receivers.may_be_property(file, name)
            {
                let getters = self.receivers.getters(file, object, name);
                let caller = (file, facts.function_around(call.scope));
                let site = self.program.callee_site(file, call);
                self.add_targets(&getters, caller, site, None, BY_CALL);
            }
        }
    }
}

/// The decorators of all functions and classes of a file, and the scope that each stands in.
fn decorators(facts: &FileFacts) -> impl Iterator<Item = (ExprId, ScopeId)> {
    let functions = facts
        .functions
        .iter()
        .map(|function| (function.decorators, function.parent));
    let classes = facts.classes.iter().map(|class| (class.decorators, class.parent));
    functions
        .chain(classes)
        .flat_map(|(decorators, scope)| facts.list(decorators).iter().map(move |decorator| (*decorator, scope)))
}

/// The method by which a loop goes on, by the one by which it begins.
fn next_of(begins: &str) -> Option<&'static str> {
    match begins {
        "__iter__" => Some("__next__"),
        "__aiter__" => Some("__anext__"),
        _ => None,
    }
}

/// The things that are meant, or all where none is.
fn narrowed(mut things: Things, is_meant: impl Fn(Thing) -> bool) -> Things {
    if things.iter().any(|entry| is_meant(entry.thing)) {
        things.retain(is_meant);
    }
    things
}
