//! Who calls whom: every way by which control passes from one function of the program to another.
//!
//! Read off what [`Receivers`] found: calls, what decorators, contexts, loops and properties call without saying so, functions handed
//! to libraries that call them, and what frameworks fill in. An edge says in which thread the callee runs and whether at once.

use super::Program;
use super::names::FunctionRef;
use super::receivers::{Depth, Entry, Handed, PathId, Receivers, Thing, Things};
use crate::catalog::{Node, Role};
use crate::facts::{BlockKind, CallId, ExprId, ExprKind, FileFacts, FunctionId, Language, ScopeId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// In which thread a callee runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    /// That of its caller.
    Same,
    /// Another one.
    Other,
}

/// By what a callee comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A call.
    Call,
    /// The event loop, later.
    Scheduled,
    /// A framework that fills a parameter.
    Injected,
}

/// A function that calls, or a module whose own statements do.
pub type Caller = (FileId, Option<FunctionId>);

/// One way by which control passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEdge {
    /// Who calls.
    pub caller: Caller,
    /// Who is called.
    pub callee: FunctionRef,
    /// The expression that does it.
    pub site: Site,
    /// The call, where it is one; also one that hands the callee to a library, which calls it.
    pub call: Option<CallId>,
    /// How many of the callee's first parameters the call itself fills: the object that a method is called on.
    pub offset: u32,
    /// Where the callee runs.
    pub thread: Thread,
    /// By what.
    pub by: By,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// All edges of the program, and the library functions that its calls arrive at.
#[derive(Debug, Default)]
pub(super) struct Calls {
    edges: Vec<CallEdge>,
    into: FxHashMap<FunctionRef, Vec<u32>>,
    /// The catalogued functions that the calls of each file arrive at, in order.
    libraries: Vec<Vec<(CallId, Node, Confidence)>>,
}

impl Calls {
    pub(super) fn find(program: &Program<'_>) -> Self {
        let mut calls = Self {
            libraries: vec![Vec::new(); program.files.len()],
            ..Self::default()
        };
        let walked: Vec<Walked> = Receivers::find(program, Depth::Rules)
            .into_par_iter()
            .map(|mut receivers| EdgeWalk::walk(&mut receivers, program, Getters::ThatCall))
            .collect();
        for Walked { edges, libraries } in walked {
            calls.edges.extend(edges);
            for Library {
                file,
                call,
                node,
                confidence,
                ..
            } in libraries
            {
                if let Some(node) = node {
                    calls.libraries[file.0 as usize].push((call, node, confidence));
                }
            }
        }
        for (index, edge) in calls.edges.iter().enumerate() {
            calls
                .into
                .entry(edge.callee)
                .or_default()
                .push(u32::try_from(index).unwrap_or(u32::MAX));
        }
        calls
    }

    /// The library functions, as far as the catalog has their path, that the calls of a file arrive at; in order.
    pub(super) fn libraries(&self, file: FileId) -> &[(CallId, Node, Confidence)] {
        &self.libraries[file.0 as usize]
    }
}

impl Program<'_> {
    /// Every call edge, in the order of the calling files.
    #[must_use]
    pub fn call_edges(&self) -> &[CallEdge] {
        &self.calls.edges
    }

    /// The edges that lead into a function.
    pub fn calls_into(&self, function: FunctionRef) -> impl Iterator<Item = &CallEdge> {
        let edges = self.calls.into.get(&function).map_or(&[][..], Vec::as_slice);
        edges.iter().map(|index| &self.calls.edges[*index as usize])
    }

    /// The functions and modules that the call graph gives a name.
    #[must_use]
    pub fn functions_named(&self, name: &str) -> Vec<Caller> {
        let names = FunctionNames::new(self);
        let of_file = |(file, data): (FileId, &super::ProgramFile)| {
            let functions =
                (0..data.facts.functions.len()).map(|index| Some(FunctionId(u32::try_from(index).unwrap_or(u32::MAX))));
            let all = std::iter::once(None)
                .chain(functions)
                .map(move |function| (file, function));
            all.filter(|(file, function)| names.of(*file, *function) == name)
                .collect::<Vec<_>>()
        };
        self.files().flat_map(of_file).collect()
    }

    /// The shortest way by calls from one of some functions to one of others; empty where there is none.
    #[must_use]
    pub fn way_between(&self, callers: &[Caller], callees: &[Caller]) -> Vec<&CallEdge> {
        let mut out: FxHashMap<Caller, Vec<&CallEdge>> = FxHashMap::default();
        for edge in &self.calls.edges {
            out.entry(edge.caller).or_default().push(edge);
        }
        let mut before: FxHashMap<Caller, &CallEdge> = FxHashMap::default();
        let mut waiting: VecDeque<Caller> = callers.iter().copied().collect();
        let mut seen: FxHashSet<Caller> = callers.iter().copied().collect();
        while let Some(caller) = waiting.pop_front() {
            for edge in out.get(&caller).into_iter().flatten() {
                let callee = (edge.callee.0, Some(edge.callee.1));
                if callees.contains(&callee) {
                    let mut way = vec![*edge];
                    while let Some(edge) = way.last().and_then(|edge| before.get(&edge.caller)) {
                        way.push(edge);
                    }
                    way.reverse();
                    return way;
                }
                if seen.insert(callee) {
                    before.insert(callee, edge);
                    waiting.push_back(callee);
                }
            }
        }
        Vec::new()
    }

    /// The calls of something called `name` in one of some functions that lead to no function of the program: where they stand and
    /// how they are written.
    #[must_use]
    pub fn unresolved_calls(&self, callers: &[Caller], name: &str) -> Vec<(Site, String)> {
        let resolved: FxHashSet<(FileId, CallId)> = self
            .calls
            .edges
            .iter()
            .filter_map(|edge| Some((edge.site.file, edge.call?)))
            .collect();
        let mut found = Vec::new();
        for (file, function) in callers {
            let facts = &self[*file].facts;
            for (index, call) in facts.calls.iter().enumerate() {
                let id = CallId(u32::try_from(index).unwrap_or(u32::MAX));
                let is_named = super::names::last_name(facts, call.callee).is_some_and(|last| facts.text(last) == name);
                if is_named && facts.function_around(call.scope) == *function && !resolved.contains(&(*file, id)) {
                    found.push((self.callee_site(*file, call), self.written(*file, call.callee)));
                }
            }
        }
        found
    }

    /// The call graph by names: of the program's functions and of what they call in libraries.
    #[must_use]
    pub fn call_graph(&self) -> CallGraph {
        let names = FunctionNames::new(self);
        let mut best: BTreeMap<(String, String, Thread, By), Confidence> = BTreeMap::new();
        let mut add = |caller: String, callee: String, thread, by, confidence| {
            let known = best.entry((caller, callee, thread, by)).or_insert(confidence);
            *known = (*known).max(confidence);
        };
        for mut receivers in Receivers::find(self, Depth::Graph) {
            let Walked { edges, libraries } = EdgeWalk::walk(&mut receivers, self, Getters::All);
            for edge in edges {
                let caller = names.of(edge.caller.0, edge.caller.1);
                let callee = names.of(edge.callee.0, Some(edge.callee.1));
                add(caller, callee, edge.thread, edge.by, edge.confidence);
            }
            for Library {
                file,
                call,
                path,
                confidence,
                ..
            } in libraries
            {
                let facts = &self[file].facts;
                let caller = names.of(file, facts.function_around(facts[call].scope));
                let callee = receivers.paths.text(path).to_owned();
                add(caller, callee, Thread::Same, By::Call, confidence);
            }
        }
        let edges = best
            .into_iter()
            .map(|((caller, callee, thread, by), confidence)| Edge {
                caller,
                callee,
                thread,
                by,
                confidence,
            })
            .collect();
        CallGraph {
            nodes: names.all(),
            edges,
        }
    }
}

/// An edge of the call graph by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The calling function or module.
    pub caller: String,
    /// What it calls.
    pub callee: String,
    /// Where that runs.
    pub thread: Thread,
    /// By what it comes to run.
    pub by: By,
    /// The best of the resolutions that lead there.
    pub confidence: Confidence,
}

/// The call graph by names.
#[derive(Clone, Debug, Default)]
pub struct CallGraph {
    nodes: BTreeSet<String>,
    edges: Vec<Edge>,
}

impl CallGraph {
    /// Every module and every function of the program, sorted.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(String::as_str)
    }

    /// The edges, sorted by caller and callee.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }
}

/// The names of functions as call graphs write them: lambdas are numbered within their scope.
struct FunctionNames {
    modules: Vec<Option<String>>,
    functions: Vec<Vec<String>>,
}

impl FunctionNames {
    fn new(program: &Program<'_>) -> Self {
        let mut names = Self {
            modules: Vec::new(),
            functions: Vec::new(),
        };
        for (file, data) in program.files() {
            let module = match program.modules.name(file) {
                "" => "__init__",
                name => name,
            };
            names
                .modules
                .push((data.language == Language::Python).then(|| module.to_owned()));
            let mut lambdas: FxHashMap<String, u32> = FxHashMap::default();
            let mut own: Vec<String> = Vec::with_capacity(data.facts.functions.len());
            for function in &data.facts.functions {
                let around = Self::scope_name(&data.facts, module, &own, function.parent);
                let name = match function.name {
                    Some(name) => data.facts.text(name).to_owned(),
                    None => {
                        let count = lambdas.entry(around.clone()).or_insert(0);
                        *count += 1;
                        format!("<lambda{count}>")
                    }
                };
                own.push(format!("{around}.{name}"));
            }
            names.functions.push(own);
        }
        names
    }

    fn scope_name(facts: &FileFacts, module: &str, functions: &[String], scope: ScopeId) -> String {
        use crate::facts::ScopeKind;
        match facts[scope].kind {
            ScopeKind::Function(function) => functions
                .get(function.0 as usize)
                .cloned()
                .unwrap_or_else(|| module.to_owned()),
            ScopeKind::Class(class) => {
                let around = Self::scope_name(facts, module, functions, facts[class].parent);
                format!("{around}.{}", facts.text(facts[class].name))
            }
            ScopeKind::Comprehension => match facts[scope].parent {
                Some(parent) => Self::scope_name(facts, module, functions, parent),
                None => module.to_owned(),
            },
            ScopeKind::Module | ScopeKind::Inline(_) => module.to_owned(),
        }
    }

    fn of(&self, file: FileId, function: Option<FunctionId>) -> String {
        let index = file.0 as usize;
        match function {
            Some(function) => self.functions[index][function.0 as usize].clone(),
            None => self.modules[index].clone().unwrap_or_default(),
        }
    }

    fn all(&self) -> BTreeSet<String> {
        let modules = self.modules.iter().flatten().cloned();
        let functions = self
            .modules
            .iter()
            .zip(&self.functions)
            .filter(|(module, _)| module.is_some())
            .flat_map(|(_, functions)| functions.iter().cloned());
        modules.chain(functions).collect()
    }
}

/// Reads the edges off.
struct EdgeWalk<'w, 'p, 'a> {
    receivers: &'w mut Receivers<'p, 'a>,
    program: &'p Program<'a>,
    found: Walked,
}

/// What was read off.
#[derive(Default)]
struct Walked {
    edges: Vec<CallEdge>,
    libraries: Vec<Library>,
}

/// A call that arrives at a library.
struct Library {
    file: FileId,
    call: CallId,
    path: PathId,
    /// The path in the catalog, as far as it has it.
    node: Option<Node>,
    confidence: Confidence,
}

/// Which properties are edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Getters {
    /// Those that do no more than read something lead nowhere and are left out.
    ThatCall,
    /// All.
    All,
}

/// How what is handed to a library comes to run.
type Control = (Thread, By);

impl<'w, 'p, 'a> EdgeWalk<'w, 'p, 'a> {
    /// Reads off the edges of the files that `receivers` knows.
    fn walk(receivers: &'w mut Receivers<'p, 'a>, program: &'p Program<'a>, getters: Getters) -> Walked {
        receivers.find_properties(getters == Getters::All);
        let mut walk = Self {
            receivers,
            program,
            found: Walked::default(),
        };
        for file in walk.receivers.own_files() {
            walk.visit(file);
        }
        walk.found
    }

    fn facts(&self, file: FileId) -> &'p FileFacts {
        &self.program[file].facts
    }

    fn visit(&mut self, file: FileId) {
        let facts = self.facts(file);
        let callees: Vec<Things> = (0..facts.calls.len())
            .map(|index| {
                self.receivers
                    .callees(file, CallId(u32::try_from(index).unwrap_or(u32::MAX)))
            })
            .collect();
        let scheduled = self.scheduled_calls(file, &callees);
        for (index, callees) in callees.into_iter().enumerate() {
            let call = CallId(u32::try_from(index).unwrap_or(u32::MAX));
            let control = scheduled
                .get(&facts[call].expr)
                .copied()
                .unwrap_or((Thread::Same, By::Call));
            self.visit_call(file, call, callees, control);
        }
        self.visit_decorators(file);
        self.visit_blocks(file);
        self.visit_properties(file);
        self.visit_injections(file);
    }

    /// Coroutine calls that are handed to a function which schedules them: `create_task(work())`.
    fn scheduled_calls(&mut self, file: FileId, callees: &[Things]) -> FxHashMap<ExprId, Control> {
        let facts = self.facts(file);
        let mut found = FxHashMap::default();
        for (index, callees) in callees.iter().enumerate() {
            let call = CallId(u32::try_from(index).unwrap_or(u32::MAX));
            for entry in callees.iter() {
                let Thing::Library(path) = entry.thing else { continue };
                let Some(control) = self.control(path) else { continue };
                if control == (Thread::Same, By::Call) {
                    continue;
                }
                for Handed {
                    value: argument,
                    is_coroutine,
                    ..
                } in self.receivers.handed_over(path, file, call)
                {
                    if !is_coroutine {
                        continue;
                    }
                    coroutines_in(facts, argument, control, &mut found);
                    // `work = fetch(); create_task(work)`
                    for value in self.program.values(file, argument) {
                        if let super::Origin::Written(at, written) = value.origin
                            && at == file
                        {
                            coroutines_in(facts, written, control, &mut found);
                        }
                    }
                }
            }
        }
        found
    }

    fn role(&self, path: PathId) -> Option<Role> {
        let entry = self
            .receivers
            .paths
            .node(path)
            .and_then(|node| self.program.catalog.call(node))?;
        entry.role
    }

    /// How a library runs what it is handed.
    fn control(&self, path: PathId) -> Option<Control> {
        if !self.receivers.paths.hands_over(path) {
            return None;
        }
        match self.role(path)? {
            Role::RunsInThread => Some((Thread::Other, By::Call)),
            Role::SchedulesOnLoop => Some((Thread::Same, By::Scheduled)),
            Role::SchedulesThreadsafe | Role::RunsAfterwards => Some((Thread::Other, By::Scheduled)),
            Role::RunsEventLoop | Role::CallsFunction => Some((Thread::Same, By::Call)),
            _ => None,
        }
    }

    fn visit_call(&mut self, file: FileId, call: CallId, mut callees: Things, control: Control) {
        let facts = self.facts(file);
        let caller = (file, facts.function_around(facts[call].scope));
        let site = self.program.callee_site(file, &facts[call]);
        if callees.is_empty() {
            callees = self.receivers.guessed_method(file, facts[call].callee);
        }
        if facts[call].awaited {
            callees = self.awaitable(callees);
        }
        self.add_targets(&callees, caller, site, Some(call), control);
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
            let Thing::Library(path) = entry.thing else { continue };
            let Some(control) = self.control(path) else { continue };
            let runs_afterwards = self.role(path) == Some(Role::RunsAfterwards);
            for Handed { value, is_called, .. } in self.receivers.handed_over(path, file, call) {
                if is_called {
                    let handed = self.receivers.settled(file, value).at_most(entry.confidence);
                    let before = self.found.edges.len();
                    self.add_targets(&handed, caller, site, Some(call), control);
                    if runs_afterwards {
                        // A coroutine function runs on the loop, another one in a thread.
                        for edge in &mut self.found.edges[before..] {
                            if self.program[edge.callee.0].facts[edge.callee.1].is_async {
                                edge.thread = Thread::Same;
                            }
                        }
                    }
                }
            }
        }
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

    /// What is awaited is a coroutine: where some of what may be called give one, the other functions are not meant.
    fn awaitable(&self, mut things: Things) -> Things {
        let is_async = |thing: Thing| match thing {
            Thing::Function((file, function)) | Thing::Bound((file, function), ..) => {
                Some(self.facts(file)[function].is_async)
            }
            _ => None,
        };
        if things.iter().any(|entry| is_async(entry.thing) == Some(true)) {
            things.retain(|thing| is_async(thing) != Some(false));
        }
        things
    }

    /// Adds an edge to every function that calling one of `things` runs.
    fn add_targets(&mut self, things: &Things, caller: Caller, site: Site, call: Option<CallId>, control: Control) {
        let mut targets: Vec<(FunctionRef, u32, Confidence)> = Vec::new();
        for entry in things.iter() {
            self.targets(entry, 0, &mut targets);
        }
        let is_one = targets.len() <= 1;
        for (callee, offset, confidence) in targets {
            let confidence = if is_one {
                confidence
            } else {
                confidence.min(Confidence::Likely)
            };
            self.add(caller, callee, site, call, offset, control, confidence);
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
    fn visit_decorators(&mut self, file: FileId) {
        let facts = self.facts(file);
        let functions = facts
            .functions
            .iter()
            .map(|function| (function.decorators, function.parent));
        let classes = facts.classes.iter().map(|class| (class.decorators, class.parent));
        let decorated: Vec<_> = functions.chain(classes).collect();
        for (decorators, scope) in decorated {
            let caller = (file, facts.function_around(scope));
            for decorator in facts.list(decorators) {
                let things = self.receivers.settled(file, *decorator);
                let site = Site {
                    file,
                    span: super::names::last_name_span(facts, *decorator),
                };
                self.add_targets(&things, caller, site, None, (Thread::Same, By::Call));
            }
        }
    }

    /// Contexts are entered and left, iterables iterated.
    fn visit_blocks(&mut self, file: FileId) {
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
            let caller = (file, facts.function_around(block.scope));
            let site = Site {
                file,
                span: super::names::last_name_span(facts, subject),
            };
            for entry in self.receivers.settled(file, subject) {
                let Thing::Instance(class, exact) = entry.thing else {
                    continue;
                };
                for name in names {
                    let called = self.receivers.special(class, exact, name);
                    self.add_targets(&called, caller, site, None, (Thread::Same, By::Call));
                    let next = match *name {
                        "__iter__" => "__next__",
                        "__aiter__" => "__anext__",
                        _ => continue,
                    };
                    for iterator in self.receivers.results_of(&called) {
                        if let Thing::Instance(class, exact) = iterator.thing {
                            let called = self.receivers.special(class, exact, next);
                            self.add_targets(&called, caller, site, None, (Thread::Same, By::Call));
                        }
                    }
                }
            }
        }
        // A class that is raised is made.
        for block in &facts.blocks {
            if let crate::facts::Exit::Raises(Some(raised)) = block.exit {
                let caller = (file, facts.function_around(block.scope));
                let things = self.receivers.settled(file, raised);
                let site = Site {
                    file,
                    span: super::names::last_name_span(facts, raised),
                };
                let mut classes = things;
                classes.retain(|thing| matches!(thing, Thing::Class(..)));
                self.add_targets(&classes, caller, site, None, (Thread::Same, By::Call));
            }
        }
    }

    /// Reading a property calls its function.
    fn visit_properties(&mut self, file: FileId) {
        let facts = self.facts(file);
        let written: FxHashSet<ExprId> = facts.stores.iter().map(|store| store.target).collect();
        for index in 0..facts.exprs.len() {
            let expr = ExprId(u32::try_from(index).unwrap_or(u32::MAX));
            let ExprKind::Member { object, name } = facts[expr].kind else {
                continue;
            };
            if written.contains(&expr) || !self.receivers.may_be_property(file, name) {
                continue;
            }
            let Some((_, scope)) = super::names::first_name(facts, object) else {
                continue;
            };
            let getters = self.receivers.getters(file, object, name);
            if getters.is_empty() {
                continue;
            }
            let caller = (file, facts.function_around(scope));
            let site = Site {
                file,
                span: super::names::last_name_span(facts, expr),
            };
            self.add_targets(&getters, caller, site, None, (Thread::Same, By::Call));
        }
    }

    /// `@router.get("/", dependencies=[Depends(check)])`: what a handler depends on without a parameter for it.
    fn visit_route_dependencies(&mut self, file: FileId, id: FunctionId) {
        let facts = self.facts(file);
        for decorator in facts.list(facts[id].decorators) {
            let ExprKind::Call(call) = facts[*decorator].kind else {
                continue;
            };
            for argument in facts.arguments(&facts[call]) {
                let is_list = argument
                    .keyword
                    .is_some_and(|keyword| facts.text(keyword) == "dependencies");
                let ExprKind::Group(elements) = facts[argument.value].kind else {
                    continue;
                };
                if !is_list {
                    continue;
                }
                for element in facts.list(elements) {
                    let mut found = Vec::new();
                    self.receivers.dependency_of(file, *element, &mut found);
                    for (dependency, _) in found {
                        let site = Site {
                            file,
                            span: facts[*element].span,
                        };
                        self.add_dependency((file, Some(id)), dependency, site);
                    }
                }
            }
        }
    }

    fn add_dependency(&mut self, caller: Caller, dependency: Thing, site: Site) {
        let mut targets = Vec::new();
        let entry = Entry {
            thing: dependency,
            confidence: Confidence::Certain,
        };
        self.targets(entry, 0, &mut targets);
        for (callee, offset, confidence) in targets {
            // What is no coroutine function runs in a pool of threads, a class too.
            let thread = if self.facts(callee.0)[callee.1].is_async {
                Thread::Same
            } else {
                Thread::Other
            };
            self.add(caller, callee, site, None, offset, (thread, By::Injected), confidence);
        }
    }

    /// Frameworks fill parameters.
    fn visit_injections(&mut self, file: FileId) {
        let facts = self.facts(file);
        for index in 0..facts.functions.len() {
            let id = FunctionId(u32::try_from(index).unwrap_or(u32::MAX));
            let caller = (file, Some(id));
            self.visit_route_dependencies(file, id);
            let parameters = facts.parameters(&facts[id]);
            for (position, parameter) in parameters.iter().enumerate() {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                let site = Site {
                    file,
                    span: parameter.span,
                };
                for (dependency, _) in self.receivers.dependencies((file, id), position) {
                    self.add_dependency(caller, dependency, site);
                }
                if let Some(fixture) = self.receivers.fixture((file, id), position) {
                    self.add(
                        caller,
                        fixture,
                        site,
                        None,
                        0,
                        (Thread::Same, By::Injected),
                        Confidence::Certain,
                    );
                }
            }
        }
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
