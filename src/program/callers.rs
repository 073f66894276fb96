//! The callers of what rules ask about, and theirs: the part of the call graph that leads there.
//!
//! Rules begin at few places and go backwards. So the calls that may arrive at a catalogued library function are worked out first
//! ([`Callers::begin`]); then come the callers of the functions that rules begin in, the callers of those, and so on
//! ([`Callers::follow`]). What nothing of this leads to stays unread: in most programs that is nearly all.

use super::Program;
use super::calls::{Calls, LibraryCall};
use super::edges::{EdgeWalk, Joined, Walked};
use super::entries::EntryPoint;
use super::names::FunctionRef;
use super::receivers::{Receivers, Thing};
use super::trace::Trace;
use crate::catalog::Node;
use crate::facts::{CallId, ExprId};
use crate::finding::Confidence;
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// How far callers are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Far {
    /// So many calls.
    calls: u8,
    /// As long as they are not async.
    to_async: bool,
}

impl Far {
    /// As far as values are traced, and ways in are worth to be shown.
    pub(super) const A_FEW_CALLS: Self = Self {
        calls: 8,
        to_async: false,
    };
    /// The same, and on until functions run on an event loop.
    pub(super) const TO_EVENT_LOOPS: Self = Self {
        calls: 8,
        to_async: true,
    };

    /// Whether callers are followed until functions run on an event loop.
    pub(super) fn is_to_async(self) -> bool {
        self.to_async
    }

    pub(super) fn is_over(self) -> bool {
        self.calls == 0 && !self.to_async
    }

    /// How far on a caller is followed, by how far what it calls is.
    pub(super) fn beyond(self, program: &Program<'_>, (file, caller): FunctionRef) -> Self {
        Self {
            calls: self.calls.saturating_sub(1),
            to_async: self.to_async && !program[file].facts[caller].is_async,
        }
    }

    pub(super) fn farther(self, other: Self) -> Self {
        Self {
            calls: self.calls.max(other.calls),
            to_async: self.to_async || other.to_async,
        }
    }
}

/// Works out who calls what rules ask about.
pub(super) struct Callers<'p, 'a> {
    program: &'p Program<'a>,
    workers: Vec<Receivers<'p, 'a>>,
    trace: Trace,
    /// The library functions that calls arrive at.
    libraries: FxHashMap<(FileId, CallId), LibraryCall>,
    /// What was read off that matters to all files.
    joined: Joined,
    /// The names of the methods among the traced functions that statements call without a call.
    special: FxHashSet<&'p str>,
}

impl<'p, 'a> Callers<'p, 'a> {
    /// Works out the calls that may arrive at a catalogued library function.
    pub(super) fn begin(program: &'p Program<'a>) -> Self {
        let mut callers = Self {
            program,
            workers: Receivers::on_demand(program),
            trace: Trace::default(),
            libraries: FxHashMap::default(),
            joined: Joined::default(),
            special: FxHashSet::default(),
        };
        callers.visit_wanted();
        callers.visit_again(true);
        callers.read_all(|walk| {
            for file in walk.files() {
                walk.visit_declarations(file);
            }
        });
        callers
    }

    /// The library functions that the calls of each file arrive at.
    pub(super) fn libraries(&self) -> Vec<Vec<LibraryCall>> {
        let mut libraries = vec![Vec::new(); self.program.files.len()];
        for ((file, _), call) in &self.libraries {
            libraries[file.0 as usize].push(*call);
        }
        libraries
    }

    /// The library's mapping that an expression holds, by what is known of parameters and attributes.
    pub(super) fn mapping_at(&mut self, file: FileId, object: ExprId) -> Option<(Node, Confidence)> {
        let worker = self.workers.first_mut()?;
        let catalog = self.program.catalog;
        let held = worker.settled(file, object).into_iter();
        let mut mappings = held.filter_map(|entry| match entry.thing {
            Thing::LibraryInstance(path) => Some((worker.paths.node(path)?, entry.confidence)),
            _ => None,
        });
        mappings.find(|(node, _)| catalog.item(*node).is_some())
    }

    /// Where libraries enter the program, as far as that is read off.
    pub(super) fn entries(&self) -> &[EntryPoint] {
        self.joined.entries()
    }

    /// Finds the callers of some functions, and theirs.
    pub(super) fn follow(mut self, functions: impl IntoIterator<Item = (FunctionRef, Far)>) -> Calls {
        self.trace.wait_for(functions);
        Receivers::work(&mut self.workers, Receivers::want_held);
        self.visit_wanted();
        self.trace_all();
        // What they pass may show further ones.
        self.visit_again(false);
        self.trace_all();
        let traced = self.trace.functions();
        let calling = self.trace.calling_files();
        let special = std::mem::take(&mut self.special);
        let read = self.read(|walk| {
            walk.read_properties_of(&traced, &|file| calling.contains(&file));
            for file in walk.files().into_iter().filter(|file| calling.contains(file)) {
                walk.visit_blocks(file, &|name| special.contains(name));
                walk.visit_declarations(file);
            }
            walk.visit_visited(&|file| calling.contains(&file));
        });
        for walked in read {
            self.joined.add(walked);
        }
        let (edges, entries, routers) = self.joined.finish();
        Calls::new(edges, traced, entries, Vec::new()).with_routers(routers)
    }

    /// Finds the callers of the waiting functions, and theirs, as far as they lead.
    fn trace_all(&mut self) {
        loop {
            let traced = self.trace_known();
            if traced.is_empty() {
                break;
            }
            Receivers::work(&mut self.workers, |worker| {
                for function in &traced {
                    worker.ask_for_callers(*function);
                }
            });
            self.visit_wanted();
            self.read_what_is_called_silently(&traced);
        }
    }

    /// Traces the waiting functions and those that are known to call them; the ones that were not traced before.
    fn trace_known(&mut self) -> Vec<FunctionRef> {
        let along = self.joined.traced_along();
        let steps = self.trace.advance(self.program, &along).into_iter();
        let new = steps.filter(|step| step.before.is_none());
        new.map(|step| step.function).collect()
    }

    /// Visits what is wanted, and what is wanted because of that.
    fn visit_wanted(&mut self) {
        while self.workers.iter().any(Receivers::is_waiting) {
            self.visit(Receivers::visit_wanted);
        }
    }

    /// Visits again what was visited, with what is known by now: the calls that may arrive at a library, or the others.
    fn visit_again(&mut self, beginnings: bool) {
        self.visit(|worker| worker.visit_again(beginnings));
        self.visit_wanted();
    }

    /// Lets the workers visit calls, and reads off what these call.
    fn visit(&mut self, visit: impl Fn(&mut Receivers<'p, 'a>) -> Vec<(FileId, CallId)> + Sync) {
        Receivers::begin_round(&mut self.workers);
        let visited = Receivers::work(&mut self.workers, visit);
        let program = self.program;
        let workers = self.workers.par_iter_mut().zip(visited);
        let walks = workers.map(|(worker, calls)| {
            let mut walk = EdgeWalk::new(worker, program);
            walk.visit_calls(&calls);
            walk.finish()
        });
        let walked: Vec<Walked> = walks.collect();
        self.note(walked);
    }

    /// Reads off who gets to functions by properties, decorators, and statements that call special methods.
    fn read_what_is_called_silently(&mut self, functions: &[FunctionRef]) {
        let program = self.program;
        let method = |function: &FunctionRef| {
            let facts = &program[function.0].facts;
            let function = &facts[function.1];
            function.class.and(function.name).map(|name| facts.text(name))
        };
        let names: FxHashSet<&str> = functions
            .iter()
            .filter_map(method)
            .filter(|name| EdgeWalk::is_called_by_statements(name) && !self.special.contains(name))
            .collect();
        let functions: FxHashSet<FunctionRef> = functions.iter().copied().collect();
        self.read_all(|walk| {
            walk.read_properties_of(&functions, &|_| true);
            walk.visit_new_decorators();
            if !names.is_empty() {
                for file in walk.files() {
                    walk.visit_blocks(file, &|name| names.contains(name));
                }
            }
        });
        self.special.extend(names);
    }

    /// Reads edges off in all workers, and notes them.
    fn read_all(&mut self, read: impl Fn(&mut EdgeWalk<'_, 'p, 'a>) + Sync) {
        let walked = self.read(read);
        self.note(walked);
    }

    /// Reads edges off in all workers.
    fn read(&mut self, read: impl Fn(&mut EdgeWalk<'_, 'p, 'a>) + Sync) -> Vec<Walked> {
        let program = self.program;
        let workers = self.workers.par_iter_mut();
        let walks = workers.map(|worker| {
            let mut walk = EdgeWalk::new(worker, program);
            read(&mut walk);
            walk.finish()
        });
        walks.collect()
    }

    /// Notes who calls whom; callers of traced functions wait to be traced.
    fn note(&mut self, walked: Vec<Walked>) {
        for edge in walked.iter().flat_map(|walked| &walked.edges) {
            self.trace.note(self.program, edge.caller, edge.callee);
        }
        for library in walked.iter().flat_map(|walked| &walked.libraries) {
            if let Some(node) = library.node {
                let found = (library.call, node, library.confidence);
                self.libraries.insert((library.file, library.call), found);
            }
        }
        for walked in walked {
            self.joined.learn(walked);
        }
    }
}
