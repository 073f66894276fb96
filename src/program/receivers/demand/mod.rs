//! Which calls are looked at: those that what rules ask leads to, instead of all.
//!
//! A question about a function is one about its callers, and a caller says its name, or the name of something that stands for it. So
//! every question becomes a name that is wanted, and the calls of that name are visited in the next round; what they are made on and
//! what they pass may raise further questions. Two kinds of calls are always visited: those that may arrive at a catalogued library
//! function, since rules begin there, and those of something that is held rather than defined, since their name says nothing.

mod index;

pub(super) use index::{aliases, decorations, imported};

use super::arguments::Passed;
use super::definitions::{runs_parameter, runs_with_fields};
use super::news::News;
use super::{Receivers, Symbol, Thing};
use crate::catalog::Doing;
use crate::facts::{CallId, ExprId, FileFacts, Name, ScopeId, ScopeKind};
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// How far a question is from what rules ask: questions that questions raise are followed this far.
const FURTHEST: u8 = 1;

/// The distance of what nobody asks for.
const NEVER: u8 = u8::MAX;

/// What is wanted, and where its names are called.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// The calls of this worker's files by the number of the symbol they call.
    calls: Vec<Vec<(FileId, CallId)>>,
    decorations: Vec<Decoration>,
    /// The decorations of this worker's files by the name of the decorator.
    decorators: FxHashMap<Symbol, Vec<u32>>,
    /// What the functions of libraries do that have these names, or are given them.
    doing: FxHashMap<Symbol, Doing>,
    /// The names that this worker's files give to what has another name elsewhere, by that name, as far as it is not known what does
    /// anything there.
    other_names: Vec<(Symbol, FileId, Name)>,
    /// The names under which things are held that may be called: variables, fields, attributes.
    held: FxHashSet<Symbol>,
    /// How far from what rules ask each name is whose calls are wanted, and each whose decorated functions' calls are.
    wanted: FxHashMap<(Symbol, Wanted), u8>,
    /// The calls of constructors by their names, in this worker's files.
    constructor_calls: FxHashMap<FileId, Vec<CallId>>,
    /// How far from what rules ask each class is whose constructor is wanted where classes below call it.
    wanted_below: FxHashMap<ClassRef, u8>,
    /// The same for functions, and in which round that was found.
    functions: FxHashMap<FunctionRef, (u8, u32)>,
    /// The same for classes the makers of whose objects are wanted.
    makers: FxHashMap<ClassRef, (u8, u32)>,
    round: u32,
    /// What to visit in the next round, and how far it is from what rules ask.
    waiting: Vec<(u8, Place)>,
    /// Calls of what is held, and those that hand functions to libraries: they wait until what rules ask about is known.
    deferred: Vec<Place>,
    /// Whether it is known: until then it only matters which libraries are called, not what is passed.
    has_begun: bool,
    /// The calls that may arrive at a catalogued library function.
    beginnings: FxHashSet<Place>,
    /// How far that was which was visited.
    visited: FxHashMap<Place, u8>,
    /// The decorators among it, in the order they were visited, and how many of them were told.
    visited_decorations: Vec<u32>,
    told_decorations: usize,
    /// How far that is which is visited now; as far as can be behind a visit.
    distance: u8,
}

/// Whose calls are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// Of what has the name.
    Named,
    /// Of what is decorated with what has the name: what a decorator makes is called by the names of what it decorates.
    Decorated,
}

/// Something to visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Call(FileId, CallId),
    Decoration(u32),
}

/// A decorator and what it is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoration {
    pub(super) file: FileId,
    pub(super) decorator: ExprId,
    pub(super) passed: Passed,
}

impl Receivers<'_, '_> {
    // Questions

    /// Asks for the calls of a function, because rules do.
    pub(crate) fn ask_for_callers(&mut self, function: FunctionRef) {
        self.want(function, 0);
    }

    /// Asks for the calls of a function, because what is visited now depends on what they pass; whether more of them may be found in
    /// the next rounds.
    pub(super) fn want_callers(&mut self, function: FunctionRef) -> bool {
        if let Some(distance) = self.next_distance() {
            self.want(function, distance);
        }
        let Some(demand) = &self.demand else { return true };
        let wanted = demand.functions.get(&function);
        wanted.is_none_or(|(_, round)| demand.is_recent(*round))
    }

    /// The same for the calls that make objects of a class.
    pub(super) fn want_makers(&mut self, class: ClassRef) -> bool {
        if let Some(distance) = self.next_distance() {
            self.want_class(class, distance);
        }
        let Some(demand) = &self.demand else { return true };
        let wanted = demand.makers.get(&class);
        wanted.is_none_or(|(_, round)| demand.is_recent(*round))
    }

    /// Begins a round.
    pub(super) fn next_demand(&mut self) {
        if let Some(demand) = &mut self.demand {
            demand.round += 1;
        }
    }

    fn next_distance(&self) -> Option<u8> {
        let distance = self.demand.as_ref()?.distance;
        (distance < FURTHEST).then_some(distance + 1)
    }

    fn want(&mut self, function: FunctionRef, distance: u8) {
        let Some(demand) = &mut self.demand else { return };
        if !comes_closer_in(
            demand.functions.entry(function).or_insert((NEVER, 0)),
            distance,
            demand.round,
        ) {
            return;
        }
        let (file, id) = function;
        let facts = self.facts(file);
        if let Some(name) = facts[id].name {
            match (facts.text(name), self.class_of(function)) {
                ("__init__" | "__new__" | "__post_init__" | "__call__", Some(class)) => {
                    self.want_class(class, distance);
                    self.learn(News::WantedBelow(class, distance));
                }
                (_, Some(class)) if runs_with_fields(facts, id) => self.want_class(class, distance),
                // Hardly any of the many calls of such a name are of this one: only rules are worth that.
                (text, Some(_))
                    if distance > 0
                        && self.program.catalog.words().is_common_method(text)
                        && !runs_parameter(facts, id) => {}
                _ => self.want_name(file, name, Wanted::Named, distance),
            }
        }
        for around in enclosing(facts, facts[id].parent) {
            self.want_name(file, around, Wanted::Decorated, distance);
        }
    }

    /// Wants the calls of a class and of those below, which may have its constructor.
    fn want_class(&mut self, class: ClassRef, distance: u8) {
        let Some(demand) = &mut self.demand else { return };
        if !comes_closer_in(demand.makers.entry(class).or_insert((NEVER, 0)), distance, demand.round) {
            return;
        }
        self.want_name(class.0, self.facts(class.0)[class.1].name, Wanted::Named, distance);
        for (file, class) in self.all_derived(class) {
            self.want_name(file, self.facts(file)[class].name, Wanted::Named, distance);
        }
    }

    fn want_name(&mut self, file: FileId, name: Name, whose: Wanted, distance: u8) {
        self.learn(News::Wanted(file, name, whose, distance));
    }

    /// Keeps that a name is wanted, and lets its calls of this worker's files wait; whether that was not known before.
    pub(super) fn keep_wanted(&mut self, name: Symbol, whose: Wanted, distance: u8) -> bool {
        let Some(demand) = &mut self.demand else { return false };
        if !comes_closer(demand.wanted.entry((name, whose)).or_insert(NEVER), distance) {
            return false;
        }
        let decorations = demand.decorators.get(&name).map_or(&[][..], Vec::as_slice);
        match whose {
            Wanted::Named => {
                let calls = demand.calls.get(name.0 as usize).into_iter().flatten();
                let calls = calls.map(|(file, call)| Place::Call(*file, *call));
                let places = calls.chain(decorations.iter().map(|index| Place::Decoration(*index)));
                demand.waiting.extend(places.map(|place| (distance, place)));
            }
            Wanted::Decorated => {
                let decorated: Vec<FunctionRef> = decorations
                    .iter()
                    .filter_map(|index| demand.decorations[*index as usize].function())
                    .collect();
                // What a decorator makes gets what it decorates.
                let places = decorations.iter().map(|index| Place::Decoration(*index));
                demand.waiting.extend(places.map(|place| (distance, place)));
                for function in decorated {
                    self.want(function, distance);
                }
            }
        }
        true
    }

    /// Keeps that the constructors are wanted that classes below one call by `super()`; whether that was not known before.
    pub(super) fn keep_wanted_below(&mut self, class: ClassRef, distance: u8) -> bool {
        let below = self.all_derived(class);
        let Some(demand) = &mut self.demand else { return false };
        if !comes_closer(demand.wanted_below.entry(class).or_insert(NEVER), distance) {
            return false;
        }
        for (file, _) in below {
            let calls = demand.constructor_calls.get(&file).into_iter().flatten();
            demand
                .waiting
                .extend(calls.map(|call| (distance, Place::Call(file, *call))));
        }
        true
    }

    /// Keeps that something is held under a name; whether that was not known before.
    pub(super) fn keep_held(&mut self, name: Symbol) -> bool {
        self.demand.as_mut().is_some_and(|demand| demand.held.insert(name))
    }

    // Visits

    /// Whether anything waits to be visited.
    pub(crate) fn is_waiting(&self) -> bool {
        self.demand.as_ref().is_some_and(|demand| !demand.waiting.is_empty())
    }

    /// Visits what waits; the calls that were not visited before.
    pub(crate) fn visit_wanted(&mut self) -> Vec<(FileId, CallId)> {
        let mut calls = Vec::new();
        let waiting = self.demand.as_mut().map(|demand| std::mem::take(&mut demand.waiting));
        let mut waiting = waiting.unwrap_or_default();
        waiting.sort_unstable();
        for (distance, place) in waiting {
            let Some(demand) = &mut self.demand else { break };
            let known = demand.visited.entry(place).or_insert(NEVER);
            let is_first = *known == NEVER;
            if !comes_closer(known, distance) {
                continue;
            }
            self.visit(place, distance);
            if !is_first {
                continue;
            }
            match place {
                Place::Call(file, call) => calls.push((file, call)),
                Place::Decoration(index) => {
                    if let Some(demand) = &mut self.demand {
                        demand.visited_decorations.push(index);
                    }
                }
            }
        }
        calls.sort_unstable();
        calls
    }

    /// Lets the calls of what is held wait to be visited, too, and those that hand functions to libraries.
    pub(crate) fn want_held(&mut self) {
        if let Some(demand) = &mut self.demand {
            demand.has_begun = true;
            let deferred = std::mem::take(&mut demand.deferred);
            for place in &deferred {
                demand.visited.remove(place);
                demand.beginnings.remove(place);
            }
            demand.waiting.extend(deferred.into_iter().map(|place| (0, place)));
        }
    }

    /// Visits again what may have something new to say: the calls that may arrive at a library, or the others; the calls among it.
    pub(crate) fn visit_again(&mut self, beginnings: bool) -> Vec<(FileId, CallId)> {
        let mut calls = Vec::new();
        let Some(demand) = &self.demand else { return calls };
        let visited = demand.visited.iter().map(|(place, distance)| (*distance, *place));
        let mut visited: Vec<(u8, Place)> = visited
            .filter(|(distance, place)| *distance < FURTHEST && demand.beginnings.contains(place) == beginnings)
            .collect();
        visited.sort_unstable();
        for (distance, place) in visited {
            let is_final = match place {
                Place::Call(file, call) => {
                    let callee = self.first_keys[file.0 as usize].callee + call.0;
                    !self.memo.is_stale(callee) && !self.spreads(file, call)
                }
                Place::Decoration(_) => false,
            };
            if !is_final {
                self.visit(place, distance);
                if let Place::Call(file, call) = place {
                    calls.push((file, call));
                }
            }
        }
        calls.sort_unstable();
        calls
    }

    fn visit(&mut self, place: Place, distance: u8) {
        let Some(demand) = &mut self.demand else { return };
        demand.distance = distance;
        match place {
            Place::Call(file, call) if demand.has_begun || !demand.beginnings.contains(&place) => {
                self.visit_call(file, call);
            }
            Place::Call(file, call) => {
                let callees = self.callees(file, call);
                let hands_over = callees.iter().any(|entry| match entry.thing {
                    Thing::Library(path) => self.paths.hands_over(path),
                    _ => false,
                });
                if hands_over || (callees.is_empty() && self.may_hand_over(file, call)) {
                    self.defer(place);
                }
            }
            Place::Decoration(index) => {
                let decoration = demand.decorations[index as usize];
                self.visit_decoration(decoration);
            }
        }
        if let Some(demand) = &mut self.demand {
            demand.distance = FURTHEST;
        }
    }

    /// Whether a call of something unknown may, by its name, hand functions to a library.
    fn may_hand_over(&mut self, file: FileId, call: CallId) -> bool {
        let name = last_name(self.facts(file), self.facts(file)[call].callee);
        let symbol = name.map(|name| self.symbol(file, name));
        let doing = self.demand.as_ref().and_then(|demand| demand.doing.get(&symbol?));
        doing.is_some_and(|doing| doing.hands_over)
    }

    fn defer(&mut self, place: Place) {
        if let Some(demand) = &mut self.demand {
            demand.deferred.push(place);
        }
    }

    /// The calls of this worker's files that were visited, in order; all of them where nothing was asked for in particular.
    pub(crate) fn visited_calls(&self) -> Vec<(FileId, CallId)> {
        let Some(demand) = &self.demand else {
            let calls_of = |file: FileId| (0..self.facts(file).calls.len()).map(move |call| (file, call_id(call)));
            return self.own_files().into_iter().flat_map(calls_of).collect();
        };
        let calls = demand.visited.keys().filter_map(|place| match place {
            Place::Call(file, call) => Some((*file, *call)),
            Place::Decoration(_) => None,
        });
        let mut calls: Vec<_> = calls.collect();
        calls.sort_unstable();
        calls
    }

    /// The decorators of this worker's files that were visited, in order, each with the scope that it stands in.
    pub(crate) fn visited_decorators(&self) -> Vec<(FileId, ExprId, ScopeId)> {
        let Some(demand) = &self.demand else { return Vec::new() };
        let mut visited: Vec<u32> = demand.visited_decorations.clone();
        visited.sort_unstable();
        let decorations = visited.iter().map(|index| demand.decorations[*index as usize]);
        decorations.map(|decoration| self.placed(decoration)).collect()
    }

    /// The same for those that were visited since the last time this was asked.
    pub(crate) fn new_decorators(&mut self) -> Vec<(FileId, ExprId, ScopeId)> {
        let Some(demand) = &mut self.demand else {
            return Vec::new();
        };
        let told = std::mem::replace(&mut demand.told_decorations, demand.visited_decorations.len());
        let new = demand.visited_decorations[told..].iter();
        let new: Vec<Decoration> = new.map(|index| demand.decorations[*index as usize]).collect();
        new.into_iter().map(|decoration| self.placed(decoration)).collect()
    }

    /// A decorator of this worker's files with the scope that it stands in.
    fn placed(
        &self,
        Decoration {
            file,
            decorator,
            passed,
        }: Decoration,
    ) -> (FileId, ExprId, ScopeId) {
        let facts = self.facts(file);
        let scope = match passed {
            Passed::Decorated(function, _) => facts[function].parent,
            Passed::DecoratedClass(class) => facts[class].parent,
            _ => crate::facts::MODULE_SCOPE,
        };
        (file, decorator, scope)
    }
}

impl Demand {
    /// Whether what was wanted in a round may not have been visited, or not have been told to this worker: it is visited in the round
    /// behind, and told at its end.
    fn is_recent(&self, round: u32) -> bool {
        self.round < round + 2
    }

    /// Lets a call of what is held wait: at once where calling an object of a library may do what rules ask about.
    fn wait_for_held(&mut self, place: Place, objects_do: bool) {
        if objects_do {
            self.waiting.push((0, place));
            self.beginnings.insert(place);
        }
        self.deferred.push(place);
    }
}

impl Decoration {
    /// The function that is decorated, if it is one.
    fn function(&self) -> Option<FunctionRef> {
        match self.passed {
            Passed::Decorated(function, _) => Some((self.file, function)),
            _ => None,
        }
    }
}

/// Notes a distance if it is a shorter one.
fn comes_closer(known: &mut u8, distance: u8) -> bool {
    let is_closer = distance < *known;
    if is_closer {
        *known = distance;
    }
    is_closer
}

/// The same, and in which round that was.
fn comes_closer_in(known: &mut (u8, u32), distance: u8, round: u32) -> bool {
    let is_closer = comes_closer(&mut known.0, distance);
    if is_closer {
        known.1 = round;
    }
    is_closer
}

/// The names of the functions and classes around a scope, itself first.
fn enclosing(facts: &FileFacts, scope: ScopeId) -> impl Iterator<Item = Name> {
    let scopes = std::iter::successors(Some(scope), |scope| facts[*scope].parent);
    scopes.filter_map(|scope| match facts[scope].kind {
        ScopeKind::Function(function) => facts[function].name,
        ScopeKind::Class(class) => Some(facts[class].name),
        _ => None,
    })
}

fn call_id(index: usize) -> CallId {
    CallId::at(index)
}
