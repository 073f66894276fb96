//! Who calls whom: every way by which control passes from one function of the program to another.
//!
//! Read off what [`Receivers`] found: calls, what decorators, contexts, loops and properties call without saying so, functions handed
//! to libraries that call them, and what frameworks fill in. An edge says in which thread the callee runs and whether at once.

use super::Program;
use super::edges::{EdgeWalk, Getters, Joined, Library, Walked};
use super::entries::EntryPoint;
use super::names::FunctionRef;
use super::receivers::{Depth, Receivers};
use crate::catalog::Node;
use crate::facts::{CallId, FunctionId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

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
    /// How many functions this one call may call, this one included.
    pub alternatives: u32,
}

/// All edges of the program, and the library functions that its calls arrive at.
#[derive(Debug, Default)]
pub(super) struct Calls {
    edges: Vec<CallEdge>,
    into: FxHashMap<FunctionRef, Vec<u32>>,
    /// The functions that libraries call, in no order.
    entries: Vec<EntryPoint>,
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
        let mut joined = Joined::default();
        for walked in walked {
            for Library {
                file,
                call,
                node,
                confidence,
                ..
            } in joined.add(walked)
            {
                if let Some(node) = node {
                    calls.libraries[file.0 as usize].push((call, node, confidence));
                }
            }
        }
        (calls.edges, calls.entries) = joined.finish();
        for (index, edge) in calls.edges.iter().enumerate() {
            calls
                .into
                .entry(edge.callee)
                .or_default()
                .push(u32::try_from(index).unwrap_or(u32::MAX));
        }
        calls
    }

    /// The functions that libraries call.
    pub(super) fn entries(&self) -> &[EntryPoint] {
        &self.entries
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
}
