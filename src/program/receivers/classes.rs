//! Classes: in which order members are looked up, what objects hold, which methods override which.

use super::containers::{Write, is_worth_keeping};
use super::definitions::MethodKind;
use super::demand::aliases;
use super::news::News;
use super::{Exact, PathId, Receivers, Symbol, Thing, Things, python_files};
use crate::catalog::Node;
use crate::facts::{
    Access, BindingId, BindingKind, BlockKind, ClassId, ExprId, ExprKind, FileFacts, MODULE_SCOPE, Name, ScopeKind,
    Store,
};
use crate::finding::Confidence;
use crate::program::bindings::{at_end_of_scope, lookup};
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A class in a resolution order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ancestor {
    /// One of the program.
    Project(ClassRef),
    /// One of a library.
    Library(PathId),
}

/// What is no object of the program's and still holds what it writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// Objects of a library's class.
    Library(Node),
    /// A function of the program: `view.render = html`.
    Function(FunctionRef),
    /// Something of which nothing is known.
    Unknown,
}

/// A value written to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredValue {
    pub(super) file: FileId,
    pub(super) value: Option<ExprId>,
    pub(super) annotation: Option<ExprId>,
    /// Whether it is written to the class, not to an object: functions written there are methods.
    pub(super) to_class: bool,
    /// Whether a method of the class writes it.
    pub(super) is_own: bool,
}

/// A name that is written in more places to what is not known tells nothing.
const MOST_LOOSE: usize = 4;
/// Where an object can be of more classes than this, what each of them overrides is not looked at: every edge would be a guess.
const MOST_RECEIVING: usize = 64;
/// More classes below one are not looked at.
const MOST_DERIVED: usize = 512;
/// Overriding methods beyond this number make an edge to each of them a guess.
const MOST_OVERRIDES: usize = 40;

impl<'p> Receivers<'p, '_> {
    // Resolution order

    /// The classes in which the members of `class` are looked up, itself first: Python's C3 order.
    pub(super) fn resolution_order(&mut self, class: ClassRef) -> Arc<[Ancestor]> {
        if let Some(known) = self.resolution_orders.get(&class) {
            return Arc::clone(known);
        }
        // Where bases go in a circle, the class stands for itself.
        self.resolution_orders
            .insert(class, Arc::new([Ancestor::Project(class)]));
        let bases = self.bases_of(class);
        let mut lines: Vec<Vec<Ancestor>> = bases
            .iter()
            .map(|base| match base {
                Ancestor::Project(base) => self.resolution_order(*base).to_vec(),
                Ancestor::Library(_) => vec![*base],
            })
            .collect();
        lines.push(bases);
        let mut order = vec![Ancestor::Project(class)];
        loop {
            lines.retain(|line| !line.is_empty());
            let is_last = |candidate: &Ancestor| lines.iter().all(|line| !line[1..].contains(candidate));
            // A hierarchy that Python would refuse is read from left to right.
            let Some(next) = lines
                .iter()
                .map(|line| line[0])
                .find(is_last)
                .or(lines.first().map(|line| line[0]))
            else {
                break;
            };
            order.push(next);
            for line in &mut lines {
                line.retain(|one| *one != next);
            }
        }
        let order: Arc<[Ancestor]> = order.into();
        self.resolution_orders.insert(class, Arc::clone(&order));
        order
    }

    fn bases_of(&mut self, (file, class): ClassRef) -> Vec<Ancestor> {
        let facts = self.facts(file);
        let mut bases = Vec::new();
        for base in facts.list(facts[class].bases) {
            let named = match facts[*base].kind {
                // `Base[T]`
                ExprKind::Index { object, .. } => object,
                _ => *base,
            };
            for entry in self.settled(file, named) {
                let ancestor = match entry.thing {
                    Thing::Class(base, _) => Ancestor::Project(base),
                    Thing::Library(path) => Ancestor::Library(path),
                    _ => continue,
                };
                if ancestor != Ancestor::Project((file, class)) && !bases.contains(&ancestor) {
                    bases.push(ancestor);
                }
            }
        }
        bases
    }

    /// Finds which classes derive from which.
    pub(super) fn find_derived(&mut self) {
        for file in self.own_files() {
            for class in 0..self.facts(file).classes.len() {
                let class = (file, ClassId::at(class));
                for base in self.bases_of(class) {
                    if let Ancestor::Project(base) = base {
                        self.learn(News::Derived { base, class });
                    }
                }
            }
        }
    }

    /// The classes below `class`, all the way down, each once.
    pub(super) fn all_derived(&self, class: ClassRef) -> Vec<ClassRef> {
        let mut found: Vec<ClassRef> = Vec::new();
        let mut next = 0;
        found.extend(self.derived.get(&class).into_iter().flatten());
        let mut known: FxHashSet<ClassRef> = found.iter().copied().collect();
        while let Some(class) = found.get(next).copied() {
            next += 1;
            for below in self.derived.get(&class).into_iter().flatten() {
                if found.len() < MOST_DERIVED && known.insert(*below) {
                    found.push(*below);
                }
            }
        }
        found
    }

    /// The library classes that `class` derives from.
    pub(crate) fn library_ancestors(&mut self, class: ClassRef) -> Vec<PathId> {
        let order = self.resolution_order(class);
        let libraries = order.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Library(path) => Some(*path),
            Ancestor::Project(_) => None,
        });
        libraries.collect()
    }

    /// The functions in the bodies of a class and of the classes of the program that it derives from.
    pub(crate) fn methods_of(&mut self, class: ClassRef) -> Vec<FunctionRef> {
        let order = self.resolution_order(class);
        let mut found = Vec::new();
        for ancestor in order.iter() {
            if let Ancestor::Project((file, class)) = *ancestor {
                let facts = self.facts(file);
                let bindings = facts.bindings_in(facts[class].scope).iter();
                found.extend(bindings.filter_map(|binding| match binding.kind {
                    BindingKind::Function(function) => Some((file, function)),
                    _ => None,
                }));
            }
        }
        found
    }

    /// A class that describes others and is never made: what its annotation says of a value is only which methods it has.
    pub(super) fn is_protocol(&mut self, class: ClassRef) -> bool {
        let facts = self.facts(class.0);
        // Classes that say that they follow it are found as any that derive from it.
        !self.derived.contains_key(&class)
            && facts.list(facts[class.1].bases).iter().any(|base| {
                let named = match facts[*base].kind {
                    ExprKind::Index { object, .. } => object,
                    _ => *base,
                };
                crate::program::names::last_name(facts, named).is_some_and(|name| facts.text(name) == "Protocol")
            })
    }

    // Members

    /// The class of a library's object, where that is there to hold what the program writes to its attributes.
    pub(super) fn holder(&self, path: PathId) -> Option<Holder> {
        let catalog = self.program.catalog;
        let node = self.paths.node(path).filter(|node| catalog.holds(*node))?;
        Some(Holder::Library(node))
    }

    /// What is written to an attribute of such objects.
    pub(super) fn stored_elsewhere(&mut self, holder: Holder, symbol: Symbol) -> Things {
        // More may be written as long as rounds go on: by functions that are passed the object.
        self.is_open = true;
        let Some(stored) = self.other_stores.get(&(holder, symbol)).cloned() else {
            return Things::default();
        };
        let key = self.memo.key_of(&mut self.elsewhere_keys, (holder, symbol));
        // What is written may be read from such an object in turn: `node.next = node.next.next`.
        self.solve(key, |receivers| {
            receivers.is_open = true;
            let mut things = Things::default();
            for (file, value) in stored {
                things.extend(&receivers.value(file, value).at_most(Confidence::Likely));
            }
            things
        })
    }

    /// What an object of which nothing is known holds under a name that the program writes only to such objects:
    /// `app.login_manager = self`, read as `current_app.login_manager`.
    pub(super) fn stored_loosely(&mut self, symbol: Symbol) -> Things {
        if !self.loose_names.contains(&symbol) {
            return Things::default();
        }
        self.is_open = true;
        let writers = self.other_stores.get(&(Holder::Unknown, symbol)).map_or(0, Vec::len);
        if writers > MOST_LOOSE {
            return Things::default();
        }
        let mut things = self.stored_elsewhere(Holder::Unknown, symbol);
        things.retain(|thing| !matches!(thing, Thing::Library(_) | Thing::LibraryInstance(_)));
        things
    }

    /// Finds the names of attributes that are written from outside and that no class of the program has.
    pub(super) fn find_loose_names(&mut self) {
        let mut own: FxHashSet<Symbol> = FxHashSet::default();
        for file in python_files(self.program) {
            let facts = self.facts(file);
            for store in &facts.stores {
                if let ExprKind::Member { object, name } = facts[store.target].kind {
                    let symbol = self.symbol(file, name);
                    if self.own_target(file, store).is_some() {
                        own.insert(symbol);
                    } else if matches!(facts[object].kind, ExprKind::Name { .. }) {
                        self.loose_names.insert(symbol);
                    }
                }
            }
            for binding in &facts.bindings {
                if matches!(facts[binding.scope].kind, ScopeKind::Class(_)) {
                    own.insert(self.symbol(file, binding.name));
                }
            }
        }
        self.loose_names.retain(|symbol| !own.contains(symbol));
    }

    /// `class.name`
    pub(super) fn class_member(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        let mut things = Things::default();
        for entry in self.dispatched(class, exact, symbol, name) {
            things.extend(
                &self
                    .looked_up_on_class(entry.thing, class, exact)
                    .at_most(entry.confidence),
            );
        }
        things
    }

    fn looked_up_on_class(&mut self, thing: Thing, class: ClassRef, exact: Exact) -> Things {
        Things::one(match thing {
            Thing::Method(function) => Thing::Function(function),
            Thing::ClassMethod(function) => {
                // It may well make one.
                if exact == Exact::Yes {
                    self.make(class);
                }
                Thing::Bound(function, class, exact)
            }
            other => other,
        })
    }

    /// `object.name`
    pub(super) fn object_member(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        if name == "__class__" {
            return Things::one(Thing::Class(class, exact));
        }
        let mut things = Things::default();
        for entry in self.dispatched(class, exact, symbol, name) {
            let getters = self.described(entry.thing, class, name, Access::Read);
            let mut found = self.results_of(&getters);
            if found.is_empty() {
                found = self.looked_up_on_object(entry.thing, class, exact);
            }
            things.extend(&found.at_most(entry.confidence));
        }
        if things.is_empty() && !name.starts_with("__") {
            things = self.handed_on((class, exact), symbol, name);
            if things.is_empty() && self.is_whole {
                things = self.given_instead(class, exact);
            }
        }
        things
    }

    /// What `__getattr__` gives for a name that a class lacks: the same of another object, `return getattr(self.wrapped, name)`.
    fn handed_on(&mut self, (class, exact): (ClassRef, Exact), symbol: Symbol, name: &str) -> Things {
        let mut things = Things::default();
        let asking = self.symbol_of("__getattr__");
        for entry in self.attribute(class, asking, "__getattr__") {
            let Thing::Method((file, function)) = entry.thing else {
                continue;
            };
            if self.handing_on.contains(&(function, symbol)) {
                continue;
            }
            self.handing_on.push((function, symbol));
            for other in self.asked_instead((file, function)) {
                let others = self.settled(file, other);
                let mut seen = Things::default();
                for entry in others {
                    seen.add(self.seen_from(entry.thing, Some((class, exact))), entry.confidence);
                }
                things.extend(&self.member(&seen, symbol, name).at_most(Confidence::Likely));
            }
            self.handing_on.pop();
        }
        things
    }

    /// The objects that a `__getattr__` asks for the name that it is asked for.
    fn asked_instead(&self, (file, function): FunctionRef) -> Vec<ExprId> {
        let facts = self.facts(file);
        let is_asked_name = |expr: ExprId| match facts[expr].kind {
            ExprKind::Name { name, scope } => lookup(facts, scope, name).is_some_and(|bindings| {
                bindings
                    .iter()
                    .any(|binding| binding.kind == BindingKind::Parameter(1) && binding.scope == facts[function].scope)
            }),
            _ => false,
        };
        let calls = facts.calls.iter().filter_map(|call| match facts.arguments(call) {
            [object, asked, ..] if is_asked_name(asked.value) => {
                let callee = crate::program::names::last_name(facts, call.callee)?;
                (facts.text(callee) == "getattr").then_some(object.value)
            }
            _ => None,
        });
        calls.collect()
    }

    fn looked_up_on_object(&mut self, thing: Thing, class: ClassRef, exact: Exact) -> Things {
        match thing {
            Thing::Method(function) | Thing::ClassMethod(function) => Things::one(Thing::Bound(function, class, exact)),
            Thing::Property(function) => self.given_to(function, Some((class, exact)), None),
            Thing::Properties(..) => {
                let getters = self.accessors_in(thing, (class, exact), Access::Read);
                self.results_of(&getters)
            }
            other => Things::one(other),
        }
    }

    /// What reading (or writing) `object.name` calls: functions of properties bound to the object, methods of descriptors.
    pub(super) fn accessors_of(
        &mut self,
        class: ClassRef,
        exact: Exact,
        (symbol, name): (Symbol, &str),
        access: Access,
    ) -> Things {
        let mut called = Things::default();
        for entry in self.dispatched(class, exact, symbol, name) {
            let mut found = self.accessors_in(entry.thing, (class, exact), access);
            found.extend(&self.described(entry.thing, class, name, access));
            called.extend(&found.at_most(entry.confidence));
        }
        called
    }

    /// What an object holds under a name, whatever its class gives for names that it lacks.
    pub(super) fn plain_member(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        self.dispatched(class, exact, symbol, name)
    }

    /// `super().name`
    pub(super) fn super_member(&mut self, of: ClassRef, receiver: ClassRef, exact: Exact, name: &str) -> Things {
        // A class below may put others between: co-operative methods.
        let mut things = Things::default();
        for class in self.receiving(receiver, exact).iter() {
            things.extend(&self.behind(of, *class, name));
        }
        if things.len() > 1 {
            things = things.at_most(Confidence::Likely);
        }
        let mut bound = Things::default();
        for entry in things {
            bound.extend(
                &self
                    .looked_up_on_object(entry.thing, receiver, exact)
                    .at_most(entry.confidence),
            );
        }
        if bound.is_empty() && name == "__new__" {
            let catalog = self.program.catalog;
            let object = self.paths.builtin(catalog, "object");
            bound = Things::one(Thing::Library(self.paths.child(catalog, object, name)));
        }
        bound
    }

    /// What the classes behind `of` in the resolution order of `class` bind `name` to.
    fn behind(&mut self, of: ClassRef, class: ClassRef, name: &str) -> Things {
        let order = self.resolution_order(class);
        let position = order.iter().position(|ancestor| *ancestor == Ancestor::Project(of));
        let behind = position.map_or(&order[..0], |position| &order[position + 1..]);
        self.class_level(behind, name)
    }

    /// What the objects of a class, or the class, hold under `name`: methods not bound yet.
    pub(super) fn attribute(&mut self, class: ClassRef, symbol: Symbol, name: &str) -> Things {
        let key = self.memo.key_of(&mut self.attribute_keys, (class, symbol));
        self.solve(key, |receivers| {
            // Functions that are passed an object or a class may write to it as long as rounds go on.
            receivers.is_open |= receivers.is_collecting || receivers.is_whole;
            let order = receivers.resolution_order(class);
            receivers.want_fillers(class, &order, name);
            let mut things = receivers.stored(&order, symbol);
            things.extend(&receivers.class_level(&order, name));
            things
        })
    }

    /// A field without a constructor is filled by the calls that make the object.
    fn want_fillers(&mut self, class: ClassRef, order: &[Ancestor], name: &str) {
        let is_field = |ancestor: &Ancestor| {
            let Ancestor::Project((file, class)) = *ancestor else {
                return false;
            };
            let facts = self.facts(file);
            let written = facts.names.find(name);
            let bindings = written.map_or(&[][..], |name| facts.bindings_of(facts[class].scope, name));
            bindings.iter().any(|binding| binding.annotation.is_some())
        };
        if self.demand.is_some() && order.iter().any(is_field) {
            self.is_open |= self.want_makers(class);
        }
    }

    /// What is written to `self.name` in any method along a resolution order. Annotations speak where no value is known.
    fn stored(&mut self, order: &[Ancestor], symbol: Symbol) -> Things {
        let mut things = Things::default();
        let mut declared = Things::default();
        for ancestor in order {
            let Ancestor::Project(class) = *ancestor else { continue };
            let Some(stores) = self.stores.get(&(class, symbol)) else {
                continue;
            };
            for store in stores.clone() {
                if let Some(annotation) = store.annotation {
                    declared.extend(&self.annotated(store.file, annotation));
                }
                if let Some(value) = store.value {
                    let mut written = self.value(store.file, value);
                    if store.to_class {
                        let mut methods = Things::default();
                        for entry in written {
                            let thing = match entry.thing {
                                Thing::Function(function) => Thing::Method(function),
                                other => other,
                            };
                            methods.add(thing, entry.confidence);
                        }
                        written = methods;
                    }
                    things.extend(&written);
                }
            }
        }
        let mut known = things.clone();
        known.retain(|thing| !matches!(thing, Thing::Made(..) | Thing::Parameter(..)));
        if known.is_empty() {
            things.extend(&declared);
        }
        things
    }

    /// What the first class of a resolution order that binds `name` in its body binds it to.
    pub(super) fn class_level(&mut self, order: &[Ancestor], name: &str) -> Things {
        for ancestor in order {
            let found = match *ancestor {
                Ancestor::Project((file, class)) => {
                    let facts = self.facts(file);
                    let Some(written) = facts.names.find(name) else {
                        continue;
                    };
                    let range = facts.binding_range(facts[class].scope, written);
                    let mut members = Things::default();
                    let is_run = |binding: &BindingId| !is_only_declared(facts, *binding);
                    for binding in at_end_of_scope(facts, range).into_iter().filter(is_run) {
                        let is_static = makes_static(facts, facts[binding].kind);
                        for entry in self.bound(file, binding) {
                            let thing = match entry.thing {
                                Thing::Function(function) if !is_static && self.is_plain_in_class(function) => {
                                    Thing::Method(function)
                                }
                                other => other,
                            };
                            members.add(thing, entry.confidence);
                        }
                    }
                    members
                }
                Ancestor::Library(path) => {
                    // A catalogued class of a library is known to lack what the catalog does not list; others may have anything.
                    let member = self.paths.child(self.program.catalog, path, name);
                    if is_bare_base(self.paths.text(path)) {
                        continue;
                    }
                    Things::one(self.library(member)).at_most(Confidence::Likely)
                }
            };
            if !found.is_empty() {
                return found;
            }
        }
        Things::default()
    }

    /// Whether a function that a class binds gets the object as its first argument.
    fn is_plain_in_class(&mut self, function: FunctionRef) -> bool {
        self.class_of(function).is_none() || self.kind_of_method(function) != MethodKind::Static
    }

    /// The names of the methods that an object can have, each with a file that says it.
    pub(super) fn method_names(&mut self, class: ClassRef, exact: Exact) -> Vec<(FileId, Name)> {
        let mut names: Vec<(FileId, Name)> = Vec::new();
        for class in self.receiving(class, exact).iter() {
            for ancestor in self.resolution_order(*class).iter() {
                let Ancestor::Project((file, class)) = *ancestor else {
                    continue;
                };
                let facts = self.facts(file);
                for binding in facts.bindings_in(facts[class].scope) {
                    let is_known = || {
                        names
                            .iter()
                            .any(|(at, name)| self.text(*at, *name) == facts.text(binding.name))
                    };
                    if matches!(binding.kind, BindingKind::Function(_)) && !is_known() {
                        names.push((file, binding.name));
                    }
                }
            }
        }
        names
    }

    // Overriding

    /// What `name` is on an object of `class`, or of any class below that it may be of instead.
    fn dispatched(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        if self.is_exactly(class, exact) {
            return self.attribute(class, symbol, name);
        }
        let receiving = self.receiving(class, exact);
        if let [only] = receiving[..] {
            return self.attribute(only, symbol, name);
        }
        if receiving.len() > MOST_RECEIVING {
            return self.attribute(class, symbol, name);
        }
        let key = self.memo.key_of(&mut self.dispatch_keys, (class, symbol));
        self.solve(key, |receivers| {
            receivers.dispatched_to(class, &receiving, symbol, name)
        })
    }

    fn dispatched_to(&mut self, class: ClassRef, receiving: &[ClassRef], symbol: Symbol, name: &str) -> Things {
        let own = self.attribute(class, symbol, name);
        let mut things = Things::default();
        for class in receiving.iter() {
            for entry in self.attribute(*class, symbol, name) {
                things.add(entry.thing, entry.confidence);
            }
        }
        if things.len() <= 1 {
            return things;
        }
        self.drop_abstract(&mut things);
        // Each of very many overriders is a guess.
        let is_own = |thing: Thing| own.iter().any(|entry| entry.thing == thing);
        let is_crowd = things.len() > MOST_OVERRIDES;
        let mut dispatched = Things::default();
        for entry in things {
            let best = if is_crowd && !is_own(entry.thing) {
                Confidence::Possible
            } else {
                Confidence::Likely
            };
            dispatched.add(entry.thing, entry.confidence.min(best));
        }
        dispatched
    }

    /// Where others define a method, one that only says that they must is not called.
    fn drop_abstract(&mut self, methods: &mut Things) {
        let is_abstract = |thing: Thing| matches!(thing, Thing::Method(function) if self.is_abstract(function));
        if !methods.iter().all(|entry| is_abstract(entry.thing)) {
            methods.retain(|thing| !is_abstract(thing));
        }
    }

    /// The classes that an object known as one of `class` can be of: those, itself and below, that the program makes objects of. Where
    /// it makes none of them, others do, and it can be of any.
    pub(super) fn receiving(&mut self, class: ClassRef, exact: Exact) -> Arc<[ClassRef]> {
        if self.is_exactly(class, exact) {
            return Arc::new([class]);
        }
        self.is_open |= self.is_collecting;
        if let Some(known) = self.receiving_of.get(&class) {
            return Arc::clone(known);
        }
        let mut all = vec![class];
        all.extend(self.all_derived(class));
        let mut made = Vec::new();
        for class in &all {
            if self.is_made(*class) {
                made.push(*class);
            }
        }
        let receiving: Arc<[ClassRef]> = if made.is_empty() { all.into() } else { made.into() };
        self.receiving_of.insert(class, Arc::clone(&receiving));
        receiving
    }

    /// Whether an object known as one of `class` is of no other.
    fn is_exactly(&self, class: ClassRef, exact: Exact) -> bool {
        exact == Exact::Yes || !self.derived.contains_key(&class)
    }

    /// Whether objects of a class are made: by the program, or by the library that its base is of.
    fn is_made(&mut self, class: ClassRef) -> bool {
        if self.made.contains(&class) {
            return true;
        }
        let libraries = self.library_ancestors(class);
        libraries.iter().any(|path| !is_bare_base(self.paths.text(*path)))
    }

    /// Notes that objects of a class are made.
    pub(super) fn make(&mut self, class: ClassRef) {
        if !self.made.contains(&class) {
            self.learn(News::Made(class));
        }
    }

    /// Notes the classes of which the program makes objects, or which it hands to others that may.
    pub(super) fn find_made(&mut self, file: FileId) {
        let facts = self.facts(file);
        // Of a class that stands alone nobody asks whether it is made.
        let aliases = aliases(facts);
        let mut is_related: FxHashMap<Name, bool> = FxHashMap::default();
        let mut handed: Vec<ExprId> = Vec::new();
        for call in &facts.calls {
            handed.push(call.callee);
            handed.extend(facts.arguments(call).iter().map(|argument| argument.value));
        }
        for expr in &facts.exprs {
            match expr.kind {
                ExprKind::Group(elements) => handed.extend(facts.list(elements)),
                ExprKind::Table(entries) => handed.extend(facts.entries(entries).iter().map(|(_, value)| *value)),
                _ => {}
            }
        }
        handed.extend(facts.bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value) => Some(value),
            _ => None,
        }));
        handed.extend(facts.stores.iter().filter_map(|store| store.value));
        handed.extend(facts.returns.iter().filter_map(|returned| returned.value));
        // A class that hears of those below it may make them.
        for (id, _) in facts.numbered_classes() {
            if !self.told_of_class((file, id)).is_empty() {
                self.make((file, id));
            }
        }
        // What a package gives away, its users make.
        let gives_away = self.program[file].path.ends_with("__init__.py");
        let exported = crate::program::names::declared_exports(facts).unwrap_or_default();
        for index in facts.bindings_range_in(MODULE_SCOPE) {
            let binding = &facts.bindings[index];
            let is_given = (gives_away && matches!(binding.kind, BindingKind::Import(_)))
                || exported.contains(&facts.text(binding.name));
            if is_given {
                let id = crate::facts::BindingId::at(index);
                for entry in self.bound(file, id) {
                    if let Thing::Class(class, _) = entry.thing {
                        self.make(class);
                    }
                }
            }
        }
        if gives_away {
            for place in self.program.starred_modules(file, MODULE_SCOPE, "A") {
                let Some((at, _)) = self.program.names_of(place) else {
                    continue;
                };
                for (id, class) in self.facts(at).numbered_classes() {
                    if class.parent == MODULE_SCOPE && !self.text(at, class.name).starts_with('_') {
                        self.make((at, id));
                    }
                }
            }
        }
        for expr in handed {
            let (ExprKind::Name { name, .. } | ExprKind::Member { name, .. }) = facts[expr].kind else {
                continue;
            };
            if let ExprKind::Member { object, .. } = facts[expr].kind
                && let Some(owner) = crate::program::names::last_name(facts, object)
                && self.is_related(file, aliases.get(&owner).copied().unwrap_or(owner))
            {
                // What a class method is called on, that makes.
                self.settled(file, expr);
            }
            let original = aliases.get(&name).copied().unwrap_or(name);
            if *is_related
                .entry(name)
                .or_insert_with(|| self.is_related(file, original))
            {
                for entry in self.settled(file, expr) {
                    if let Thing::Class(class, _) = entry.thing {
                        self.make(class);
                    }
                }
            }
        }
    }

    /// Whether a name is that of a class with classes above or below it.
    fn is_related(&mut self, file: FileId, name: Name) -> bool {
        let symbol = self.symbol(file, name);
        self.related.contains(&symbol)
    }

    // Stores

    /// Finds what is written to `self.name`, and to `cls.name`.
    pub(super) fn find_own_stores(&mut self) {
        for file in self.own_files() {
            let facts = self.facts(file);
            for store in &facts.stores {
                if let Some((class, to_class)) = self.own_target(file, store)
                    && let ExprKind::Member { name, .. } = facts[store.target].kind
                {
                    self.add_store(class, name, file, store.value, store.annotation, (to_class, true));
                }
            }
        }
    }

    fn add_store(
        &mut self,
        class: ClassRef,
        name: Name,
        file: FileId,
        value: Option<ExprId>,
        annotation: Option<ExprId>,
        (to_class, is_own): (bool, bool),
    ) {
        let stored = StoredValue {
            file,
            value,
            annotation,
            to_class,
            is_own,
        };
        self.learn(News::Stored(class, name, stored));
    }

    /// The class whose object a store writes to, where the target is a member of a method's first parameter.
    fn own_target(&mut self, file: FileId, store: &Store) -> Option<(ClassRef, bool)> {
        let facts = self.facts(file);
        let ExprKind::Member { object, .. } = facts[store.target].kind else {
            return None;
        };
        let ExprKind::Name { name, scope } = facts[object].kind else {
            return None;
        };
        let [binding] = lookup(facts, scope, name)? else {
            return None;
        };
        let (BindingKind::Parameter(0), ScopeKind::Function(function)) = (binding.kind, facts[binding.scope].kind)
        else {
            return None;
        };
        match self.own_receiver((file, function))? {
            Thing::Instance(class, _) => Some((class, false)),
            Thing::Class(class, _) => Some((class, true)),
            _ => None,
        }
    }

    /// Follows what a file writes to members of other things, and to items of containers: all of it, or what may have changed.
    pub(super) fn visit_stores(&mut self, file: FileId, is_first: bool) {
        for (index, store) in self.facts(file).stores.iter().enumerate() {
            let place = (file, u32::try_from(index).unwrap_or(u32::MAX));
            if is_first || self.open_stores.contains(&place) {
                let ((), is_open) = self.watched(|receivers| receivers.visit_store(file, store));
                if is_open {
                    self.open_stores.insert(place);
                }
            }
        }
    }

    fn visit_store(&mut self, file: FileId, store: &Store) {
        let facts = self.facts(file);
        let Some(value) = store.value else { return };
        match facts[store.target].kind {
            ExprKind::Member { object, name }
                if self.own_target(file, store).is_none() && !puts_back(facts, store.target, value) =>
            {
                let objects = self.settled(file, object);
                let is_unknown = objects.iter().all(|entry| self.is_nothing(entry.thing));
                for entry in objects {
                    match entry.thing {
                        Thing::Instance(class, _) => {
                            self.add_store(class, name, file, Some(value), store.annotation, (false, false));
                        }
                        Thing::Class(class, _) => {
                            self.add_store(class, name, file, Some(value), store.annotation, (true, false));
                        }
                        Thing::Module(place) => {
                            if let Some((at, _)) = self.program.names_of(place) {
                                self.learn(News::StoredInModule(at, name, (file, value)));
                            }
                        }
                        Thing::LibraryInstance(path) => {
                            let holder = self.holder(path).unwrap_or(Holder::Unknown);
                            if self.is_whole || holder != Holder::Unknown {
                                self.learn(News::StoredElsewhere(holder, name, (file, value)));
                            }
                        }
                        Thing::Function(function) | Thing::Bound(function, ..) if self.is_whole => {
                            let holder = Holder::Function(function);
                            self.learn(News::StoredElsewhere(holder, name, (file, value)));
                        }
                        _ => {}
                    }
                }
                if is_unknown && self.is_guessing {
                    self.learn(News::StoredElsewhere(Holder::Unknown, name, (file, value)));
                }
            }
            ExprKind::Index { object, key, .. } if is_worth_keeping(facts, value) => {
                let containers = self.settled(file, object);
                let write = Write {
                    file,
                    key: Some(key),
                    value,
                    spread: false,
                };
                self.put(&containers, write);
            }
            _ => {}
        }
    }

    /// Fields that a call of a class without an `__init__` of the program's fills: dataclasses, models, named tuples.
    pub(super) fn fill_fields(&mut self, class: ClassRef, file: FileId, call: crate::facts::CallId) {
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        for argument in arguments {
            let Some(keyword) = argument.keyword else { continue };
            self.add_store(class, keyword, file, Some(argument.value), None, (false, true));
        }
        let positional = arguments
            .iter()
            .take_while(|argument| argument.keyword.is_none())
            .count();
        if positional == 0 {
            return;
        }
        let fields = self.field_names(class);
        for (argument, field) in arguments[..positional].iter().zip(fields) {
            self.learn(News::Filled(class, field, file, argument.value));
        }
    }

    /// The field of an object at a position: of a named tuple, or of what a pattern takes apart.
    pub(super) fn field_at(&mut self, class: ClassRef, exact: Exact, position: u32) -> Things {
        let fields = self.field_names(class);
        let Some((file, name)) = fields.get(position as usize).copied() else {
            return Things::default();
        };
        let symbol = self.symbol(file, name);
        let name = self.text(file, name);
        self.object_member(class, exact, symbol, name)
    }

    /// The annotated names of a class's body in the order they stand, bases first.
    fn field_names(&mut self, class: ClassRef) -> Vec<(FileId, Name)> {
        let mut names: Vec<(FileId, Name)> = Vec::new();
        for ancestor in self.resolution_order(class).iter().rev() {
            let Ancestor::Project((file, class)) = *ancestor else {
                continue;
            };
            let facts = self.facts(file);
            let mut fields: Vec<_> = facts
                .bindings_in(facts[class].scope)
                .iter()
                .filter(|binding| binding.annotation.is_some())
                .collect();
            fields.sort_by_key(|binding| binding.span);
            for field in fields {
                let is_known = names
                    .iter()
                    .any(|(at, known)| self.text(*at, *known) == facts.text(field.name));
                if !is_known {
                    names.push((file, field.name));
                }
            }
        }
        names
    }

    // Properties and methods by name

    /// Finds the names of all properties.
    pub(crate) fn find_properties(&mut self) {
        for file in super::python_files(self.program) {
            for function in self.functions_of(file) {
                self.add_property((file, function));
            }
        }
        self.find_accessors();
    }

    /// Adds a function to the properties, if it is one; the property's name.
    pub(crate) fn add_property(&mut self, (file, function): FunctionRef) -> Option<&'p str> {
        let facts = self.facts(file);
        let is_getter = facts[function].class.is_some() && super::definitions::is_property(facts, function);
        let name = facts[function].name.filter(|_| is_getter)?;
        let symbol = self.symbol(file, name);
        self.property_names.insert(symbol);
        Some(facts.text(name))
    }

    /// Finds which methods have which name, for calls of whose object nothing is known.
    pub(super) fn find_methods(&mut self) {
        for file in self.own_files() {
            let facts = self.facts(file);
            for function in self.functions_of(file) {
                let definition = &facts[function];
                let (Some(name), Some(_)) = (definition.name, definition.class) else {
                    continue;
                };
                let text = facts.text(name);
                let may_tell = self.is_whole || !self.program.catalog.words().is_common_method(text);
                if may_tell && !text.starts_with("__") {
                    self.learn(News::Method(name, (file, function)));
                }
            }
        }
    }
}

/// `name = staticmethod(function)`: not bound to the object it is looked up on.
fn makes_static(facts: &FileFacts, binding: BindingKind) -> bool {
    let BindingKind::Value(value) = binding else {
        return false;
    };
    let ExprKind::Call(call) = facts[value].kind else {
        return false;
    };
    matches!(facts[facts[call].callee].kind, ExprKind::Name { name, .. } if facts.text(name) == "staticmethod")
}

/// A method that only a type checker sees: what runs is that of a class above.
fn is_only_declared(facts: &FileFacts, binding: BindingId) -> bool {
    let binding = &facts[binding];
    let Some(checking) = facts.names.find("TYPE_CHECKING") else {
        return false;
    };
    matches!(binding.kind, BindingKind::Function(_))
        && facts.blocks_around(binding.block).any(|(_, block)| match block.kind {
            BlockKind::Branch { condition, holds: true } => last_name(facts, condition) == Some(checking),
            _ => false,
        })
}

/// Bases that give their classes nothing that is called by name.
pub(super) fn is_bare_base(path: &str) -> bool {
    matches!(
        path.rsplit('.').next().unwrap_or(""),
        "object" | "ABC" | "Generic" | "Protocol"
    )
}

/// Whether a store gives an attribute what it held before: `saved = task.execute`, and later `task.execute = saved`.
fn puts_back(facts: &FileFacts, target: ExprId, value: ExprId) -> bool {
    let ExprKind::Name { name, scope } = facts[value].kind else {
        return false;
    };
    let Some([binding]) = lookup(facts, scope, name) else {
        return false;
    };
    match binding.kind {
        BindingKind::Value(held) => is_same_member(facts, target, held),
        _ => false,
    }
}

/// Whether two expressions read the same members of the same name.
fn is_same_member(facts: &FileFacts, one: ExprId, other: ExprId) -> bool {
    match (facts[one].kind, facts[other].kind) {
        (
            ExprKind::Member { object, name },
            ExprKind::Member {
                object: of_other,
                name: other,
            },
        ) => name == other && is_same_member(facts, object, of_other),
        (ExprKind::Name { name, .. }, ExprKind::Name { name: other, .. }) => name == other,
        _ => false,
    }
}
