//! The call graph by names, for whoever looks at it from outside.

use super::calls::{By, CallEdge, Caller, Thread};
use super::edges::{EdgeWalk, Joined, Library};
use super::receivers::Receivers;
use super::rust::{Index, RustWalk};
use super::{Program, ProgramFile};
use crate::catalog::Node;
use crate::facts::{CallId, FileFacts, FunctionId, Language, ScopeId, ScopeKind};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

/// Every call edge of a program.
#[derive(Debug)]
pub struct EveryCall<'p> {
    edges: Vec<CallEdge>,
    libraries: Vec<Node>,
    program: &'p Program<'p>,
}

impl Program<'_> {
    /// The functions and modules that the call graph gives a name.
    #[must_use]
    pub fn functions_named(&self, name: &str) -> Vec<Caller> {
        let names = FunctionNames::new(self);
        let of_file = |(file, data): (FileId, &ProgramFile)| {
            let functions = (0..data.facts.functions.len()).map(|index| Some(FunctionId::at(index)));
            let all = std::iter::once(None)
                .chain(functions)
                .map(move |function| (file, function));
            all.filter(|(file, function)| names.of(*file, *function) == name)
                .collect::<Vec<_>>()
        };
        self.files().flat_map(of_file).collect()
    }

    /// Every call edge, in the order of the calling files.
    #[must_use]
    pub fn every_call(&self) -> EveryCall<'_> {
        let mut joined = Joined::default();
        let mut libraries = Vec::new();
        for mut receivers in Receivers::of_all_calls(self) {
            let found = joined.add(EdgeWalk::walk_all(&mut receivers, self));
            libraries.extend(found.into_iter().filter_map(|library| library.node));
        }
        let mut edges = joined.finish().0;
        edges.extend(self.every_call_of_rust());
        edges.sort_by_key(|edge| edge.caller.0);
        EveryCall {
            edges,
            libraries,
            program: self,
        }
    }

    fn every_call_of_rust(&self) -> Vec<CallEdge> {
        if self.files.iter().any(|file| file.language == Language::Rust) {
            RustWalk::walk_all(self, &Index::new(self))
        } else {
            Vec::new()
        }
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
        let mut joined = Joined::default();
        for mut receivers in Receivers::of_all_calls(self) {
            let walked = EdgeWalk::walk_all(&mut receivers, self);
            for Library {
                file,
                call,
                path,
                confidence,
                ..
            } in joined.add(walked)
            {
                let facts = &self[file].facts;
                let caller = names.of(file, facts.function_around(facts[call].scope));
                let callee = receivers.paths.text(path).to_owned();
                add(caller, callee, Thread::Same, By::Call, confidence);
            }
        }
        for edge in joined.finish().0.into_iter().chain(self.every_call_of_rust()) {
            let caller = names.of(edge.caller.0, edge.caller.1);
            let callee = names.of(edge.callee.0, Some(edge.callee.1));
            add(caller, callee, edge.thread, edge.by, edge.confidence);
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

impl EveryCall<'_> {
    /// The edges.
    #[must_use]
    pub fn edges(&self) -> &[CallEdge] {
        &self.edges
    }

    /// The catalogued library paths that calls arrive at, in the order of the calling files.
    #[must_use]
    pub fn libraries(&self) -> &[Node] {
        &self.libraries
    }

    /// The shortest way by calls from one of some functions to one of others; empty where there is none.
    #[must_use]
    pub fn way_between(&self, callers: &[Caller], callees: &[Caller]) -> Vec<&CallEdge> {
        let mut out: FxHashMap<Caller, Vec<&CallEdge>> = FxHashMap::default();
        for edge in &self.edges {
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
            .edges
            .iter()
            .filter_map(|edge| Some((edge.site.file, edge.call?)))
            .collect();
        let mut found = Vec::new();
        for (file, function) in callers {
            let facts = &self.program[*file].facts;
            for (id, call) in facts.numbered_calls() {
                let is_named = super::names::last_name(facts, call.callee).is_some_and(|last| facts.text(last) == name);
                if is_named && facts.function_around(call.scope) == *function && !resolved.contains(&(*file, id)) {
                    found.push((
                        self.program.callee_site(*file, call),
                        self.program.written(*file, call.callee),
                    ));
                }
            }
        }
        found
    }
}

/// What stands between the names of a path.
fn separator(language: Language) -> &'static str {
    if language == Language::Rust { "::" } else { "." }
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
                .push((data.language != Language::Config).then(|| module.to_owned()));
            let separator = separator(data.language);
            let mut lambdas: FxHashMap<String, u32> = FxHashMap::default();
            let mut own: Vec<String> = Vec::with_capacity(data.facts.functions.len());
            for function in &data.facts.functions {
                let around = Self::scope_name(&data.facts, module, &own, function.parent, separator);
                let name = match function.name {
                    Some(name) => data.facts.text(name).to_owned(),
                    None => {
                        let count = lambdas.entry(around.clone()).or_insert(0);
                        *count += 1;
                        let word = if data.language == Language::Rust {
                            "closure"
                        } else {
                            "lambda"
                        };
                        format!("<{word}{count}>")
                    }
                };
                own.push(format!("{around}{separator}{name}"));
            }
            names.functions.push(own);
        }
        names
    }

    fn scope_name(facts: &FileFacts, module: &str, functions: &[String], scope: ScopeId, separator: &str) -> String {
        let name_of = |scope| Self::scope_name(facts, module, functions, scope, separator);
        match facts[scope].kind {
            ScopeKind::Function(function) => functions
                .get(function.0 as usize)
                .cloned()
                .unwrap_or_else(|| module.to_owned()),
            ScopeKind::Class(class) => {
                let around = name_of(facts[class].parent);
                format!("{around}{separator}{}", facts.text(facts[class].name))
            }
            ScopeKind::Comprehension => match facts[scope].parent {
                Some(parent) => name_of(parent),
                None => module.to_owned(),
            },
            ScopeKind::Inline(inline) => {
                let around = name_of(facts[inline].parent);
                format!("{around}{separator}{}", facts.text(facts[inline].name))
            }
            ScopeKind::Module => module.to_owned(),
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
