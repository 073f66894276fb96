//! The callers of what rules ask about, and theirs: only calls of their names are looked at.

use super::edges::RustWalk;
use super::index::{Index, said_names};
use crate::facts::{BindingKind, CallId, ExprId, ExprKind, FunctionId, Name};
use crate::program::Program;
use crate::program::callers::Far;
use crate::program::calls::CallEdge;
use crate::program::names::{FunctionRef, last_name};
use crate::program::trace::Trace;
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// What a worker knows of a type depends on what it was asked before, so that there must be as many of them on every machine.
const WORKERS: usize = 2;

/// A call that may lead to a function whose callers are looked for.
type CallRef = (FileId, CallId);

/// The edges that lead to some functions, and the functions all of whose callers are known by that.
pub(in crate::program) fn follow(
    program: &Program<'_>,
    index: &Index<'_>,
    functions: Vec<(FunctionRef, Far)>,
) -> (Vec<CallEdge>, FxHashSet<FunctionRef>) {
    let mut search = Search {
        program,
        index,
        trace: Trace::default(),
        names: FxHashSet::default(),
        visited: FxHashSet::default(),
    };
    let mut walks: Vec<RustWalk<'_, '_>> = (0..WORKERS).map(|_| RustWalk::new(program, index)).collect();
    let mut edges = Vec::new();
    search.trace.wait_for(functions);
    loop {
        let traced = search.advance();
        if traced.is_empty() {
            break;
        }
        let calls = search.calls_of(&traced);
        let mut shares: Vec<(Vec<CallRef>, Vec<FunctionRef>)> = vec![Default::default(); WORKERS];
        for call in calls {
            shares[call.0.0 as usize % WORKERS].0.push(call);
        }
        for function in &traced {
            shares[function.0.0 as usize % WORKERS].1.push(*function);
        }
        let found = walks.par_iter_mut().zip(shares).map(|(walk, (calls, functions))| {
            for (file, call) in calls {
                walk.visit_call(file, call);
            }
            for (file, function) in functions {
                walk.visit_async_block(file, function);
            }
            walk.take_edges()
        });
        let found: Vec<Vec<CallEdge>> = found.collect();
        for edge in found.into_iter().flatten() {
            search.trace.note(program, edge.caller, edge.callee);
            edges.push(edge);
        }
    }
    edges.sort_by_key(|edge| (edge.caller, edge.site.span.start, edge.callee));
    edges.dedup();
    (edges, search.trace.functions())
}

/// A name that is called, and the type in front of it where it stands behind one.
type Wanted<'p> = (&'p str, Option<&'p str>);

/// Any type at all.
const ANY: &str = "";

struct Search<'p, 'a> {
    program: &'p Program<'a>,
    index: &'p Index<'p>,
    trace: Trace,
    /// The names whose calls were looked at, in all files or those that say another name, too.
    names: FxHashSet<(Wanted<'p>, Option<&'p str>)>,
    visited: FxHashSet<CallRef>,
}

impl<'p> Search<'p, '_> {
    /// Traces what waits, and who is known to call that; what was not traced before, or not that far.
    fn advance(&mut self) -> Vec<FunctionRef> {
        let steps = self.trace.advance(self.program, &FxHashMap::default()).into_iter();
        // What is followed to event loops has all calls of its name looked at.
        let wanted = steps.filter(|step| {
            step.before
                .is_none_or(|before| step.now.is_to_async() && !before.is_to_async())
        });
        let mut functions: Vec<FunctionRef> = wanted.map(|step| step.function).collect();
        functions.sort_unstable();
        functions
    }

    /// The calls that may arrive at some functions, those that were not looked at before.
    fn calls_of(&mut self, functions: &[FunctionRef]) -> Vec<CallRef> {
        let mut by_file: FxHashMap<FileId, FxHashSet<Wanted<'p>>> = FxHashMap::default();
        let mut calls = Vec::new();
        for (file, function) in functions {
            let facts = &self.program[*file].facts;
            let Some(name) = facts[*function].name.map(|name| facts.text(name)) else {
                self.calls_of_closure(*file, *function, &mut by_file, &mut calls);
                continue;
            };
            let near = self.named_nearby(*file, *function, name);
            for owner in self.owners(*file, *function) {
                let near = near.filter(|_| owner.is_none());
                if self.names.insert(((name, owner), near)) {
                    let is_near = |saying: &FileId| {
                        near.is_none_or(|near| self.program[*saying].facts.names.find(near).is_some())
                    };
                    for saying in self.index.saying(name).filter(is_near) {
                        by_file.entry(saying).or_default().insert((name, owner));
                    }
                }
            }
        }
        for (file, wanted) in by_file {
            let facts = &self.program[file].facts;
            let names: FxHashSet<Name> = wanted.iter().filter_map(|(name, _)| facts.names.find(name)).collect();
            let said = said_names(facts).filter(|(_, name, owner)| {
                let owner = owner.map(|owner| facts.text(owner));
                let owner = owner.filter(|owner| !self.index.is_alias(owner));
                let text = facts.text(*name);
                names.contains(name) && (wanted.contains(&(text, owner)) || wanted.contains(&(text, Some(ANY))))
            });
            calls.extend(said.map(|(call, ..)| (file, call)));
        }
        calls.retain(|call| self.visited.insert(*call));
        calls.sort_unstable();
        calls
    }

    /// What a file must say, too, for its calls of a method to be looked at: hardly any of the many calls of a common name are of this
    /// one, and only the way from async code is worth a look at all of them.
    fn named_nearby(&self, file: FileId, function: FunctionId, name: &str) -> Option<&'p str> {
        let facts = &self.program[file].facts;
        let class = facts[function].class?;
        let far = self.trace.far((file, function))?;
        let is_common = self.program.catalog.words().is_common_method_of_rust(name);
        let is_of_type = facts[class].extends.is_some() && is_common && !far.is_to_async();
        is_of_type.then(|| facts.text(facts[class].name))
    }

    /// What may stand in front of a function's name: nothing that tells, its type, or a trait of that.
    fn owners(&self, file: FileId, function: FunctionId) -> Vec<Option<&'p str>> {
        let facts = &self.program[file].facts;
        let mut owners = vec![None];
        if let Some(class) = facts[function].class {
            // What a trait itself gives its methods is called by the names of all that implement it.
            let is_of_trait = facts[class].extends.is_none();
            owners.push(
                Some(facts.text(facts[class].name))
                    .filter(|_| !is_of_trait)
                    .or(Some(ANY)),
            );
            let bases = facts
                .list(facts[class].bases)
                .iter()
                .map(|base| match facts[*base].kind {
                    ExprKind::Index { object, .. } => object,
                    _ => *base,
                });
            owners.extend(bases.filter_map(|base| Some(Some(facts.text(last_name(facts, base)?)))));
        }
        owners
    }

    /// The calls that a closure is handed to where it is written, and the names that it is bound to.
    fn calls_of_closure(
        &self,
        file: FileId,
        function: FunctionId,
        by_file: &mut FxHashMap<FileId, FxHashSet<Wanted<'p>>>,
        calls: &mut Vec<CallRef>,
    ) {
        let facts = &self.program[file].facts;
        let is_it = |expr: ExprId| facts[expr].kind == ExprKind::Lambda(function);
        for (id, call) in facts.numbered_calls() {
            if is_it(call.callee) || facts.arguments(call).iter().any(|argument| is_it(argument.value)) {
                calls.push((file, id));
            }
        }
        for binding in facts.bindings_in(facts[function].parent) {
            if matches!(binding.kind, BindingKind::Value(value) if is_it(value)) {
                by_file
                    .entry(file)
                    .or_default()
                    .insert((facts.text(binding.name), None));
            }
        }
    }
}
