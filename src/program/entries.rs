//! Entry points: the functions that frameworks, test runners and people start, and the ways that lead from them.

use super::calls::CallEdge;
use super::names::FunctionRef;
use super::reach::onwards;
use super::{Program, Way};
use crate::catalog::Role;
use crate::facts::{BlockKind, CallId, ExprId, ExprKind, Language, ScopeId};
use crate::finding::{CodeScope, Confidence, Site, Step};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Where a program is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// A request over HTTP.
    Http,
    /// A WebSocket connection.
    Websocket,
    /// Every request, around its handler or before it.
    Middleware,
    /// A task of a queue.
    Task,
    /// The command line.
    Command,
    /// A test.
    Test,
}

impl Surface {
    /// Its name, as settings and reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Websocket => "websocket",
            Self::Middleware => "middleware",
            Self::Task => "task",
            Self::Command => "command",
            Self::Test => "test",
        }
    }

    /// What enters a function that a library with `role` calls.
    pub(super) fn of(role: Role) -> Option<Self> {
        match role {
            Role::HandlesRequest => Some(Self::Http),
            Role::HandlesWebsocket => Some(Self::Websocket),
            Role::InterceptsRequests => Some(Self::Middleware),
            Role::RunsTask | Role::QueuesTask => Some(Self::Task),
            Role::RunsCommand => Some(Self::Command),
            Role::RunsTest => Some(Self::Test),
            _ => None,
        }
    }
}

/// A function that is not called by the program but by what runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// The function.
    pub function: FunctionRef,
    /// What enters there.
    pub surface: Surface,
    /// By what it was made one; none where its name or its class says so.
    pub registration: Option<Registration>,
}

/// What makes a function an entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Registration {
    /// The file where that stands.
    pub file: FileId,
    /// The call: `router.get("/berths")`; none where a pair of a route and a class does it.
    pub call: Option<CallId>,
    /// The route that it names.
    pub route: Option<ExprId>,
}

/// All entry points.
#[derive(Debug, Default)]
pub(super) struct Entries {
    all: Vec<EntryPoint>,
    functions: FxHashSet<FunctionRef>,
}

impl Entries {
    pub(super) fn find(program: &Program<'_>) -> Self {
        let mut all = program.calls.entries().to_vec();
        all.extend(tests(program));
        all.sort_unstable();
        all.dedup();
        // What is an entry point by its class alone has nothing to add to where its class is registered.
        let registered = all.iter().filter(|entry| entry.registration.is_some());
        let registered: FxHashSet<(FunctionRef, Surface)> =
            registered.map(|entry| (entry.function, entry.surface)).collect();
        all.retain(|entry| entry.registration.is_some() || !registered.contains(&(entry.function, entry.surface)));
        let functions = all.iter().map(|entry| entry.function).collect();
        Self { all, functions }
    }
}

/// Test functions and methods, by the names that test runners go by.
fn tests(program: &Program<'_>) -> Vec<EntryPoint> {
    program.for_each_file(|file, data| {
        if data.scope != CodeScope::Test || data.language != Language::Python {
            return Vec::new();
        }
        let functions = data.facts.numbered_functions().filter(|(_, function)| {
            function
                .name
                .is_some_and(|name| data.facts.text(name).starts_with("test"))
        });
        functions
            .map(|(id, _)| EntryPoint {
                function: (file, id),
                surface: Surface::Test,
                registration: None,
            })
            .collect()
    })
}

impl Program<'_> {
    /// Where the program is entered, in the order of files.
    #[must_use]
    pub fn entry_points(&self) -> &[EntryPoint] {
        &self.entries.all
    }

    /// Whether a function is an entry point.
    #[must_use]
    pub fn is_entry_point(&self, function: FunctionRef) -> bool {
        self.entries.functions.contains(&function)
    }

    /// The shortest way from an entry point to `function`, by whatever control passes; from a test only where nothing else leads
    /// there. The way has no calls where the function is an entry point itself.
    #[must_use]
    pub fn way_from_entry(&self, function: FunctionRef) -> Option<Way<'_>> {
        let is_test = |file: FileId| self[file].scope == CodeScope::Test;
        self.way_to(function, &|file| !is_test(file))
            .or_else(|| self.way_to(function, &|_| true))
    }

    /// The trail from an entry point to a place in `scope` of `file`; empty where no entry point leads there.
    #[must_use]
    pub fn trail_to(&self, file: FileId, scope: ScopeId, place: Site) -> Vec<Step> {
        let function = self[file].facts.function_around(scope).map(|function| (file, function));
        let way = function.and_then(|function| self.way_from_entry(function));
        let Some(way) = way.filter(|way| !way.calls.is_empty()) else {
            return Vec::new();
        };
        let mut steps = self.steps(&way);
        steps.push(Step {
            site: place,
            symbol: self.symbol(file, scope),
            note: "does the work".to_owned(),
        });
        steps
    }

    fn way_to(&self, function: FunctionRef, counts: &dyn Fn(FileId) -> bool) -> Option<Way<'_>> {
        let is_entry = |function: FunctionRef| self.is_entry_point(function) && counts(function.0);
        let way = |calls: Vec<_>| Way {
            confidence: calls
                .iter()
                .map(|edge: &&CallEdge| edge.confidence)
                .min()
                .unwrap_or(Confidence::Certain),
            calls,
        };
        let mut next: FxHashMap<FunctionRef, &CallEdge> = FxHashMap::default();
        let mut waiting = VecDeque::from([function]);
        let mut seen = FxHashSet::from_iter([function]);
        while let Some(callee) = waiting.pop_front() {
            if is_entry(callee) {
                return Some(way(onwards(Vec::new(), callee, &next)));
            }
            for edge in self.calls_into(callee) {
                if edge.confidence == Confidence::Possible {
                    continue;
                }
                match edge.caller {
                    (file, Some(caller)) if seen.insert((file, caller)) => {
                        next.insert((file, caller), edge);
                        waiting.push_back((file, caller));
                    }
                    // `if __name__ == "__main__":` is where people enter.
                    (file, None) if self.is_main(edge) && counts(file) => {
                        return Some(way(onwards(vec![edge], callee, &next)));
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// Whether a call stands under `if __name__ == "__main__":`.
    pub(super) fn is_main(&self, edge: &CallEdge) -> bool {
        let facts = &self[edge.site.file].facts;
        edge.call.is_some_and(|call| {
            facts
                .blocks_around(facts[call].block)
                .any(|(_, block)| block.kind == BlockKind::Main)
                && matches!(facts[facts[call].expr].kind, ExprKind::Call(_))
        })
    }
}
