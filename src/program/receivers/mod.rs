//! What objects are: on what a method is called, what a function gives, what its callers pass.
//!
//! The storey between `names` (what a written path refers to) and `calls` (who calls whom). [`Receivers::of_all_calls`] works out what
//! every call of the program calls, [`Receivers::on_demand`] only what is asked for. The steps, each in a file of its own: `expressions` (names, members, items, choices), `classes`
//! (resolution order, attributes, overriding), `definitions` (decorators), `results` (what calls give), `arguments` (what callers
//! pass), `containers` (elements of lists and mappings), `named` (members whose names are values), `injection` and `fixtures`
//! (parameters that a framework fills), `accessors` (what is called without a call), `shapes` (what an object must be by what is asked of it), `records` (what a store gives). `things` says what a value can be,
//! `memo` how circles among all that end, `demand` which calls are looked at, `news` how the workers that share the files tell one
//! another what they learn.
//!
//! Left out on purpose: what differs from object to object of one class, and from one call of a function to the next; types that
//! only a type checker can tell. Arguments flow into parameters, results out of calls, both without regard to the calling context,
//! but a parameter that is handed back is the argument of that very call.

mod accessors;
mod arguments;
mod classes;
mod containers;
mod definitions;
mod demand;
mod expressions;
mod fixtures;
mod injection;
mod memo;
mod named;
mod news;
mod paths;
mod records;
mod results;
mod shapes;
mod things;

pub(crate) use named::asked_by_text;
pub(crate) use paths::{PathId, Paths};
pub(crate) use results::Handed;
pub(crate) use things::{Entry, Exact, Thing, Things};

use super::Program;
use super::names::{ClassRef, FunctionRef, has_decorator};
use crate::catalog::Role;
use crate::facts::{Access, CallId, ExprId, FileFacts, FunctionId, Language, Name, ScopeId, Splat};
use crate::finding::Confidence;
use crate::source::FileId;
use arguments::Flow;
use classes::{Ancestor, Holder};
use containers::{Held, Write};
use definitions::runs_with_fields;
use demand::{Demand, imported};
use memo::{Key, Known, Memo};
use named::KeyedTexts;
use news::News;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use shapes::Askings;
use std::ops::Range;
use std::sync::Arc;

/// What callers pass is followed this often: until it has settled, on all programs that were measured. Each round finds who is told
/// what to call by one that was told in the round before.
const MOST_ROUNDS: usize = 3;

/// Values are followed this deep.
const DEEPEST: u32 = 160;

/// Works out what things are, remembering what it found.
#[derive(Debug)]
pub(crate) struct Receivers<'p, 'a> {
    program: &'p Program<'a>,
    /// Whether every call is looked at, to know all that it may call; not only what rules ask for.
    is_whole: bool,
    /// Whether all that callers pass is known, so that calls of whose object nothing is known are followed by what is asked of it.
    is_guessing: bool,
    /// Whether the program uses a library that fills parameters by what they depend on.
    pub(crate) is_injected: bool,
    /// Whether it uses one that gives routes to classes by pairs.
    pub(crate) is_paired: bool,
    pub(crate) paths: Paths,
    memo: Memo,
    /// Where the keys of each file's facts begin.
    first_keys: Vec<FirstKeys>,
    /// Keys of what is not numbered in advance: attributes of classes, members of modules.
    attribute_keys: FxHashMap<(ClassRef, Symbol), Key>,
    dispatch_keys: FxHashMap<(ClassRef, Symbol), Key>,
    elsewhere_keys: FxHashMap<(Holder, Symbol), Key>,
    member_keys: FxHashMap<(FileId, ScopeId, Symbol), Key>,
    container_keys: FxHashMap<(FileId, ExprId, Held), Key>,
    symbols: FxHashMap<Box<str>, Symbol>,
    /// What names stand for that no scope binds.
    free_names: FxHashMap<Symbol, Things>,
    /// The symbols of the names of each file, plus one; 0 where not asked for yet.
    symbols_of: Vec<Vec<u32>>,
    /// What callers pass, by the parameter's key.
    flows: FxHashMap<Key, Vec<Flow>>,
    /// Values written to attributes of a class's objects.
    stores: FxHashMap<(ClassRef, Symbol), Vec<classes::StoredValue>>,
    /// Values written to names of a module from outside.
    module_stores: FxHashMap<(FileId, Symbol), Vec<(FileId, ExprId)>>,
    /// Values written to attributes of what is no object of the program's.
    other_stores: FxHashMap<(Holder, Symbol), Vec<(FileId, ExprId)>>,
    /// Names of attributes that the program writes from outside and none of its classes has; only where every call is looked at.
    loose_names: FxHashSet<Symbol>,
    /// The functions that stand in for one that dispatches by type.
    registered: FxHashMap<FunctionRef, Vec<FunctionRef>>,
    /// What is put into a container, by the expression that makes it.
    writes: FxHashMap<(FileId, ExprId), Vec<Write>>,
    resolution_orders: FxHashMap<ClassRef, Arc<[Ancestor]>>,
    /// The classes that derive from a class, directly.
    derived: FxHashMap<ClassRef, Vec<ClassRef>>,
    /// The names of classes with classes above or below them.
    related: FxHashSet<Symbol>,
    /// The classes of which objects are made.
    made: FxHashSet<ClassRef>,
    /// The classes that an object can be of, by the class it is known to be of; for this round.
    receiving_of: FxHashMap<ClassRef, Arc<[ClassRef]>>,
    /// The methods of each name, as far as they are few enough to tell something.
    methods: FxHashMap<Symbol, Vec<FunctionRef>>,
    /// What is read from what names hold, for the files where it was asked for.
    askings: Askings,
    /// What texts stand under what keys, once it was asked for.
    keyed_texts: Option<KeyedTexts>,
    /// The fixtures that are seen in a class or a module of tests.
    fixtures: FxHashMap<(FileId, ScopeId), Arc<[fixtures::Fixture]>>,
    /// Names of properties.
    pub(crate) property_names: FxHashSet<Symbol>,
    /// Stores and decorators whose objects may change in the next round.
    open_stores: FxHashSet<(FileId, u32)>,
    open_decorators: FxHashSet<(FileId, ExprId)>,
    /// The names that are being asked of other objects by a `__getattr__`: a circle of them ends.
    handing_on: Vec<(FunctionId, Symbol)>,
    /// Whether it is still being collected what is written where: whatever depends on it may change.
    is_collecting: bool,
    /// Whether what is being worked out may change in the next round.
    is_open: bool,
    depth: u32,
    /// The files of the program that are this worker's: whose calls and stores it visits.
    own: Range<usize>,
    /// What this worker learnt and the others have not heard of.
    news: Vec<News>,
    /// Whether something new was learnt in this round that others may have missed.
    has_news: bool,
    /// Which calls are looked at; none where all are.
    demand: Option<Demand>,
}

/// Where the keys of a file's facts begin.
#[derive(Clone, Copy, Debug, Default)]
struct FirstKeys {
    binding: Key,
    callee: Key,
    result: Key,
    definition: Key,
    given: Key,
    yielded: Key,
    parameter: Key,
}

/// An attribute's name, the same for all files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(u32);

impl<'p, 'a> Receivers<'p, 'a> {
    /// Works out what every call of the program calls: the workers, each of which knows it of its own files.
    pub(crate) fn of_all_calls(program: &'p Program<'a>) -> Vec<Self> {
        let mut workers = Self::workers(program, true, &imported(program));
        Self::work(&mut workers, |worker| {
            worker.find_loose_names();
            worker.find_registered();
        });
        Self::visit_rounds(&mut workers, true);
        // Only now it is known of what nothing is known.
        for worker in &mut workers {
            worker.is_guessing = true;
        }
        Self::visit_rounds(&mut workers, false);
        workers
    }

    fn visit_rounds(workers: &mut [Self], is_first: bool) {
        for round in 0..MOST_ROUNDS {
            Self::begin_round(workers);
            Self::work(workers, |worker| worker.visit_all(is_first && round == 0));
            if workers.iter().all(|worker| !worker.has_news) {
                break;
            }
        }
    }

    /// Works out what those calls call that may arrive at a catalogued library function, and what is asked for afterwards.
    pub(crate) fn on_demand(program: &'p Program<'a>) -> Vec<Self> {
        let imported = imported(program);
        let mut workers = Self::workers(program, false, &imported);
        let doing = program.catalog.doing(Language::Python, &imported);
        for worker in &mut workers {
            worker.demand = Some(Demand::default());
        }
        Self::work(&mut workers, |worker| {
            worker.find_held();
            worker.keep_all_doing(&doing);
        });
        Self::work(&mut workers, Self::find_other_names);
        while Self::work(&mut workers, |worker| {
            worker.follow_other_names();
            worker.has_news
        })
        .contains(&true)
        {}
        Self::work(&mut workers, Self::index_calls);
        workers
    }

    /// The workers, with what they know before any call is looked at; `imported` are the libraries that the program imports.
    fn workers(program: &'p Program<'a>, is_whole: bool, imported: &FxHashSet<&str>) -> Vec<Self> {
        let is_injected = program
            .catalog
            .any_does(Role::InjectsDependency, Language::Python, imported);
        let is_paired = program.catalog.any_in_pairs(imported);
        let mut workers: Vec<Self> = shares(program)
            .into_par_iter()
            .map(|own| Self {
                is_whole,
                is_injected,
                is_paired,
                ..Self::new(program, own)
            })
            .collect();
        Self::work(&mut workers, Self::find_derived);
        Self::work(&mut workers, |worker| {
            worker.find_methods();
            worker.find_own_stores();
        });
        Self::work(&mut workers, Self::find_writes);
        workers
    }

    /// Lets all workers do a piece of work, and then hear what the others learnt; what the work gave, by worker.
    pub(crate) fn work<T: Send>(workers: &mut [Self], work: impl Fn(&mut Self) -> T + Sync) -> Vec<T> {
        let done: Vec<(T, Vec<News>)> = workers
            .par_iter_mut()
            .map(|worker| {
                worker.has_news = false;
                let result = work(worker);
                (result, worker.take_news())
            })
            .collect();
        let (results, news): (Vec<T>, Vec<Vec<News>>) = done.into_iter().unzip();
        workers.par_iter_mut().enumerate().for_each(|(index, worker)| {
            for (from, news) in news.iter().enumerate() {
                if from != index {
                    worker.hear(news);
                }
            }
        });
        results
    }

    /// Begins a round: what may have changed is worked out again where it is asked for.
    pub(crate) fn begin_round(workers: &mut [Self]) {
        for worker in workers {
            worker.memo.next_round();
            worker.receiving_of.clear();
            worker.next_demand();
        }
    }

    fn new(program: &'p Program<'a>, own: Range<usize>) -> Self {
        let mut next: Key = 0;
        let mut take = |count: usize| {
            let start = next;
            next += u32::try_from(count).unwrap_or(u32::MAX);
            start
        };
        let mut first_keys = Vec::with_capacity(program.files.len());
        for file in &program.files {
            if file.language != Language::Python {
                first_keys.push(FirstKeys::default());
                continue;
            }
            let facts = &file.facts;
            first_keys.push(FirstKeys {
                binding: take(facts.bindings.len()),
                callee: take(facts.calls.len()),
                result: take(facts.calls.len()),
                definition: take(facts.functions.len()),
                given: take(facts.functions.len()),
                yielded: take(facts.functions.len()),
                parameter: take(facts.lists.parameters.len()),
            });
        }
        Self {
            program,
            is_whole: false,
            is_guessing: false,
            is_injected: false,
            is_paired: false,
            paths: Paths::new(program.catalog, Language::Python),
            memo: Memo::new(next as usize),
            first_keys,
            attribute_keys: FxHashMap::default(),
            dispatch_keys: FxHashMap::default(),
            elsewhere_keys: FxHashMap::default(),
            member_keys: FxHashMap::default(),
            container_keys: FxHashMap::default(),
            symbols: FxHashMap::default(),
            free_names: FxHashMap::default(),
            symbols_of: vec![Vec::new(); program.files.len()],
            flows: FxHashMap::default(),
            stores: FxHashMap::default(),
            module_stores: FxHashMap::default(),
            other_stores: FxHashMap::default(),
            loose_names: FxHashSet::default(),
            registered: FxHashMap::default(),
            writes: FxHashMap::default(),
            resolution_orders: FxHashMap::default(),
            derived: FxHashMap::default(),
            related: FxHashSet::default(),
            made: FxHashSet::default(),
            receiving_of: FxHashMap::default(),
            methods: FxHashMap::default(),
            askings: Askings::default(),
            keyed_texts: None,
            fixtures: FxHashMap::default(),
            property_names: FxHashSet::default(),
            open_stores: FxHashSet::default(),
            open_decorators: FxHashSet::default(),
            handing_on: Vec::new(),
            is_collecting: false,
            is_open: false,
            depth: 0,
            own,
            news: Vec::new(),
            has_news: false,
            demand: None,
        }
    }

    /// Finds what is written to members of other things and put into containers, and which classes are made, before anything else is
    /// asked: most answers are then final in the first round.
    fn find_writes(&mut self) {
        self.is_collecting = true;
        for file in self.own_files() {
            self.find_made(file);
            self.visit_stores(file, true);
            for call in 0..self.facts(file).calls.len() {
                self.visit_container_call(file, CallId::at(call));
            }
        }
        self.is_collecting = false;
    }

    /// Visits every call and every store that may have something new to say: what they call, what they hand over, what they put where.
    fn visit_all(&mut self, is_first: bool) {
        for file in self.own_files() {
            let callees = self.first_keys[file.0 as usize].callee;
            for call in 0..self.facts(file).calls.len() {
                let call = CallId::at(call);
                if is_first || self.memo.is_stale(callees + call.0) || self.spreads(file, call) {
                    self.visit_call(file, call);
                }
            }
            self.visit_stores(file, false);
            self.visit_decorators(file, is_first);
        }
    }

    /// Whether a call hands on what other calls pass in ways that are not written out: `f(*args, **options)`. What a wrapper hands on to
    /// all the functions that it wraps is not known to be for any one of them.
    pub(super) fn spreads(&mut self, file: FileId, call: CallId) -> bool {
        let facts = self.facts(file);
        let mut arguments = facts.arguments(&facts[call]).iter();
        arguments.any(|argument| argument.splat != Splat::No) && self.callees(file, call).len() <= FEW_WRAPPED
    }

    /// This worker's files.
    pub(crate) fn own_files(&self) -> Vec<FileId> {
        python_files(self.program)
            .filter(|file| self.own.contains(&(file.0 as usize)))
            .collect()
    }

    /// What `work_out` gives, and whether that may change in the next round.
    fn watched<T>(&mut self, work_out: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let around = std::mem::replace(&mut self.is_open, false);
        let result = work_out(self);
        let is_open = self.is_open;
        self.is_open |= around;
        (result, is_open)
    }

    /// So many functions and classes that come by one parameter or container are told apart: what is registered to be called is many.
    /// What rules ask for is found among few.
    fn most_functions(&self) -> usize {
        if self.is_whole {
            MOST_REGISTERED
        } else {
            things::MOST_FLOWING
        }
    }

    // What `calls` asks

    /// A special method of an object: `__call__`, `__enter__`.
    pub(crate) fn special(&mut self, class: ClassRef, exact: Exact, name: &str) -> Things {
        let symbol = self.symbol_of(name);
        let mut methods = self.object_member(class, exact, symbol, name);
        methods.retain(|thing| matches!(thing, Thing::Bound(..)));
        methods
    }

    /// What calling functions and bound methods gives.
    pub(crate) fn results_of(&mut self, callables: &Things) -> Things {
        let mut things = Things::default();
        for entry in callables.iter() {
            match entry.thing {
                Thing::Function(function) => things.extend(&self.given_to(function, None, None)),
                Thing::Bound(function, class, exact) => {
                    things.extend(&self.given_to(function, Some((class, exact)), None));
                }
                _ => {}
            }
        }
        things
    }

    /// What calling a class runs, where `cls` may be one below it.
    pub(crate) fn constructors(&mut self, class: ClassRef, exact: Exact) -> Vec<FunctionRef> {
        let mut found = Vec::new();
        for class in self.receiving(class, exact).iter() {
            // What a dataclass has for its own `__init__` ends with `__post_init__`.
            let own = self
                .constructor(*class)
                .or_else(|| self.method_named(*class, "__post_init__"));
            let first = self.method_named(*class, "__new__");
            let validators = match own {
                None => self.validators(*class),
                Some(_) => Vec::new(),
            };
            for function in first.into_iter().chain(own).chain(validators) {
                if !found.contains(&function) {
                    found.push(function);
                }
            }
        }
        found
    }

    fn validators(&mut self, class: ClassRef) -> Vec<FunctionRef> {
        let mut methods = self.methods_of(class);
        methods.retain(|(file, method)| runs_with_fields(self.facts(*file), *method));
        methods
    }

    /// Whether any class of the program has a property of this name.
    pub(crate) fn may_be_property(&mut self, file: FileId, name: Name) -> bool {
        let symbol = self.symbol(file, name);
        self.property_names.contains(&symbol)
    }

    /// The functions that writing (or deleting) `object.name` calls.
    pub(crate) fn setters(&mut self, file: FileId, object: ExprId, name: Name, access: Access) -> Things {
        let decorator = if access == Access::Delete { "deleter" } else { "setter" };
        let symbol = self.symbol(file, name);
        let text = self.text(file, name);
        let mut found = Things::default();
        for entry in self.settled(file, object) {
            let Thing::Instance(class, exact) = entry.thing else {
                continue;
            };
            found.extend(
                &self
                    .accessors_of(class, exact, (symbol, text), access)
                    .at_most(entry.confidence),
            );
            let is_setter = |(file, id): &FunctionRef| {
                let facts = &self.program[*file].facts;
                facts[*id].name.is_some_and(|name| facts.text(name) == text) && has_decorator(facts, *id, decorator)
            };
            if let Some(setter) = self.methods_of(class).iter().find(|method| is_setter(method)) {
                found.add(Thing::Bound(*setter, class, exact), entry.confidence);
            }
        }
        found
    }

    /// The functions that reading `object.name` calls.
    pub(crate) fn getters(&mut self, file: FileId, object: ExprId, name: Name) -> Things {
        let symbol = self.symbol(file, name);
        let text = self.text(file, name);
        let mut found = Things::default();
        for entry in self.settled(file, object) {
            if let Thing::Instance(class, exact) = entry.thing {
                found.extend(
                    &self
                        .accessors_of(class, exact, (symbol, text), Access::Read)
                        .at_most(entry.confidence),
                );
            }
        }
        found
    }

    fn facts(&self, file: FileId) -> &'p FileFacts {
        &self.program[file].facts
    }

    fn text(&self, file: FileId, name: Name) -> &'p str {
        self.facts(file).text(name)
    }

    /// What `key` comes to: remembered, or worked out now.
    fn solve(&mut self, key: Key, work_out: impl FnOnce(&mut Self) -> Things) -> Things {
        match self.memo.start(key) {
            Known::Things { things, is_open } => {
                self.is_open |= is_open;
                things
            }
            Known::Nothing => {
                let around = std::mem::replace(&mut self.is_open, false);
                let things = self.deeper(work_out);
                let is_open = self.is_open;
                self.is_open |= around;
                self.memo.finish(key, things, is_open)
            }
        }
    }

    /// Works something out one step deeper; nothing where that is too deep.
    fn deeper(&mut self, work_out: impl FnOnce(&mut Self) -> Things) -> Things {
        if self.depth >= DEEPEST {
            self.is_open = true;
            return Things::default();
        }
        self.depth += 1;
        let things = work_out(self);
        self.depth -= 1;
        things
    }

    /// What a call calls.
    pub(crate) fn callees(&mut self, file: FileId, call: CallId) -> Things {
        let key = self.first_keys[file.0 as usize].callee + call.0;
        self.solve(key, |receivers| {
            let facts = receivers.facts(file);
            let callee = facts[call].callee;
            let things = receivers.value(file, callee);
            let mut things = receivers.settle(things);
            // What is no function is not what is called.
            let is_known = things.iter().any(|entry| !matches!(entry.thing, Thing::Made(..)));
            if receivers.is_guessing && !is_known {
                for entry in receivers.guessed_method(file, call) {
                    if entry.confidence >= Confidence::Likely {
                        things.add(entry.thing, entry.confidence);
                    }
                }
            }
            things
        })
    }

    /// The symbol of a file's name.
    fn symbol(&mut self, file: FileId, name: Name) -> Symbol {
        let facts = self.facts(file);
        let cache = &mut self.symbols_of[file.0 as usize];
        if cache.is_empty() {
            cache.resize(facts.names.len(), 0);
        }
        let known = cache[name.0 as usize];
        if known != 0 {
            return Symbol(known - 1);
        }
        let symbol = self.symbol_of(facts.text(name));
        self.symbols_of[file.0 as usize][name.0 as usize] = symbol.0 + 1;
        symbol
    }

    fn symbol_of(&mut self, text: &str) -> Symbol {
        if let Some(known) = self.symbols.get(text) {
            return *known;
        }
        let symbol = Symbol(u32::try_from(self.symbols.len()).unwrap_or(u32::MAX));
        self.symbols.insert(text.into(), symbol);
        symbol
    }

    fn function(&self, (file, function): FunctionRef) -> &'p crate::facts::Function {
        &self.facts(file)[function]
    }

    fn key_of_parameter(&self, (file, function): FunctionRef, index: u32) -> Key {
        self.first_keys[file.0 as usize].parameter + self.facts(file)[function].parameters.start + index
    }

    /// Whether a function has a name.
    fn is_named(&self, (file, function): FunctionRef, name: &str) -> bool {
        let facts = self.facts(file);
        facts[function].name.is_some_and(|own| facts.text(own) == name)
    }

    /// The class whose body holds a function directly.
    fn class_of(&self, (file, function): FunctionRef) -> Option<ClassRef> {
        self.facts(file)[function].class.map(|class| (file, class))
    }

    /// The functions of a file.
    fn functions_of(&self, file: FileId) -> impl Iterator<Item = FunctionId> + use<> {
        (0..u32::try_from(self.facts(file).functions.len()).unwrap_or(u32::MAX)).map(FunctionId)
    }
}

/// A wrapper of more functions than these mixes up what it hands on to them.
const FEW_WRAPPED: usize = 2;

/// More functions and classes in one registry are not told apart.
const MOST_REGISTERED: usize = 64;

/// Workers beyond this number would each work out again what all files share.
const WORKERS: usize = 2;

/// The share of each worker: stretches of files with about as many calls.
fn shares(program: &Program<'_>) -> Vec<Range<usize>> {
    let calls = |file: FileId| program[file].facts.calls.len();
    let total: usize = python_files(program).map(calls).sum();
    let mut shares = Vec::new();
    let (mut start, mut seen) = (0, 0);
    for file in python_files(program) {
        seen += calls(file);
        let end = file.0 as usize + 1;
        if seen * WORKERS >= total * (shares.len() + 1) && shares.len() + 1 < WORKERS {
            shares.push(start..end);
            start = end;
        }
    }
    shares.push(start..program.files.len());
    shares
}

fn python_files(program: &Program<'_>) -> impl Iterator<Item = FileId> {
    let files = program.files().filter(|(_, file)| file.language == Language::Python);
    files.map(|(file, _)| file)
}
