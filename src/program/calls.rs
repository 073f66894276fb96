//! Who calls whom: every way by which control passes from one function of the program to another.
//!
//! Read off by `edges` from what `receivers` found: calls, what decorators, contexts, loops and properties call without saying so, functions handed
//! to libraries that call them, and what frameworks fill in. An edge says in which thread the callee runs and whether at once.

use super::Program;
use super::edges::Routers;
use super::entries::EntryPoint;
use super::names::FunctionRef;
use crate::catalog::{Node, Role};
use crate::facts::{CallId, ExprId, FunctionId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

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

/// How what is handed to a library comes to run.
pub(super) type Control = (Thread, By);

/// How a library function with `role` runs what it is handed.
pub(super) fn control_of(role: Role) -> Option<Control> {
    match role {
        Role::RunsInThread => Some((Thread::Other, By::Call)),
        Role::SchedulesOnLoop => Some((Thread::Same, By::Scheduled)),
        Role::SchedulesThreadsafe | Role::RunsAfterwards | Role::RunsAtExit | Role::QueuesTask => {
            Some((Thread::Other, By::Scheduled))
        }
        Role::RunsEventLoop | Role::CallsFunction => Some((Thread::Same, By::Call)),
        _ => None,
    }
}

/// A function that calls, or a module whose own statements do.
pub type Caller = (FileId, Option<FunctionId>);

/// One way by which control passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// How many functions this one call may call, this one included.
    pub alternatives: u32,
}

/// A call, the catalogued function that it arrives at, and how that was resolved.
pub(super) type LibraryCall = (CallId, Node, Confidence);

/// The edges that lead to what rules ask about.
#[derive(Debug, Default)]
pub(super) struct Calls {
    edges: Vec<CallEdge>,
    into: FxHashMap<FunctionRef, Vec<u32>>,
    /// The functions all of whose callers are known.
    traced: FxHashSet<FunctionRef>,
    /// The functions that libraries call, in no order.
    entries: Vec<EntryPoint>,
    /// Functions that an attribute makes event loops of their own, and the attribute.
    runtimes: Vec<(FunctionRef, ExprId)>,
    /// On what frameworks are told to call functions.
    routers: Routers,
}

impl Calls {
    pub(super) fn new(
        edges: Vec<CallEdge>,
        traced: FxHashSet<FunctionRef>,
        entries: Vec<EntryPoint>,
        runtimes: Vec<(FunctionRef, ExprId)>,
    ) -> Self {
        let mut into: FxHashMap<FunctionRef, Vec<u32>> = FxHashMap::default();
        for (index, edge) in edges.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            into.entry(edge.callee).or_default().push(index);
        }
        Self {
            edges,
            into,
            traced,
            entries,
            runtimes,
            routers: Routers::default(),
        }
    }

    /// The same, with the routers of Python.
    pub(super) fn with_routers(self, routers: Routers) -> Self {
        Self { routers, ..self }
    }

    /// Adds those of another language.
    pub(super) fn add(&mut self, other: Self) {
        let before = std::mem::take(self);
        let mut edges = before.edges;
        edges.extend(other.edges);
        edges.sort_by_key(|edge| edge.caller.0);
        let traced = before.traced.into_iter().chain(other.traced).collect();
        let entries = before.entries.into_iter().chain(other.entries).collect();
        *self = Self::new(edges, traced, entries, other.runtimes).with_routers(before.routers);
    }

    /// On what frameworks are told to call functions.
    pub(super) fn routers(&self) -> &Routers {
        &self.routers
    }

    /// The functions that libraries call.
    pub(super) fn entries(&self) -> &[EntryPoint] {
        &self.entries
    }
}

impl Program<'_> {
    /// The call edges, in the order of the calling files: all that lead to what rules ask about, and some others.
    #[must_use]
    pub fn call_edges(&self) -> &[CallEdge] {
        &self.calls.edges
    }

    /// The edges whose callers stand in `file`.
    #[must_use]
    pub fn calls_from(&self, file: FileId) -> &[CallEdge] {
        let edges = &self.calls.edges;
        let start = edges.partition_point(|edge| edge.caller.0 < file);
        let length = edges[start..].partition_point(|edge| edge.caller.0 == file);
        &edges[start..start + length]
    }

    /// The edges of a call: what it may call, and what it hands to a library that calls it.
    pub fn edges_of(&self, file: FileId, call: CallId) -> impl Iterator<Item = &CallEdge> {
        self.calls_from(file).iter().filter(move |edge| edge.call == Some(call))
    }

    /// The functions that an attribute makes event loops of their own (`#[tokio::main]`), those apart where the program begins, and the
    /// attribute.
    #[must_use]
    pub fn made_runtimes(&self) -> &[(FunctionRef, ExprId)] {
        &self.calls.runtimes
    }

    /// Whether all edges that lead into a function are known.
    #[must_use]
    pub fn knows_callers(&self, function: FunctionRef) -> bool {
        self.calls.traced.contains(&function)
    }

    /// The edges that lead into a function; all of them where its callers are known.
    pub fn calls_into(&self, function: FunctionRef) -> impl Iterator<Item = &CallEdge> {
        let edges = self.calls.into.get(&function).map_or(&[][..], Vec::as_slice);
        edges.iter().map(|index| &self.calls.edges[*index as usize])
    }
}
