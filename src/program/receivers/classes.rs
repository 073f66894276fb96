//! Classes: in which order members are looked up, what objects hold, which methods override which.

use super::functions::MethodKind;
use super::{Exact, PathId, Receivers, Symbol, Thing, Things};
use crate::facts::{BindingKind, ClassId, ExprId, ExprKind, ScopeKind, Store};
use crate::finding::Confidence;
use crate::program::bindings::{at_end_of_scope, lookup};
use crate::program::names::{ClassRef, FunctionRef};
use crate::program::{Program, file_id};
use crate::source::FileId;
use std::rc::Rc;

/// A class in a resolution order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ancestor {
    /// One of the program.
    Project(ClassRef),
    /// One of a library.
    Library(PathId),
}

/// A value written to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredValue {
    file: FileId,
    value: Option<ExprId>,
    annotation: Option<ExprId>,
    /// Whether it is written to the class, not to an object: functions written there are methods.
    to_class: bool,
}

/// Overriding methods beyond this number make an edge to each of them a guess.
const MOST_OVERRIDES: usize = 12;

impl Receivers<'_, '_> {
    // Resolution order

    /// The classes in which the members of `class` are looked up, itself first: Python's C3 order.
    pub(super) fn resolution_order(&mut self, class: ClassRef) -> Rc<[Ancestor]> {
        if let Some(known) = self.resolution_orders.get(&class) {
            return Rc::clone(known);
        }
        // Where bases go in a circle, the class stands for itself.
        self.resolution_orders.insert(class, Rc::new([Ancestor::Project(class)]));
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
            let Some(next) = lines.iter().map(|line| line[0]).find(is_last).or(lines.first().map(|line| line[0])) else {
                break;
            };
            order.push(next);
            for line in &mut lines {
                line.retain(|one| *one != next);
            }
        }
        let order: Rc<[Ancestor]> = order.into();
        self.resolution_orders.insert(class, Rc::clone(&order));
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
        for index in 0..self.program.files.len() {
            if self.program.files[index].language != crate::facts::Language::Python {
                continue;
            }
            let file = file_id(index);
            for class in 0..self.facts(file).classes.len() {
                let class = (file, ClassId(u32::try_from(class).unwrap_or(u32::MAX)));
                for base in self.bases_of(class) {
                    if let Ancestor::Project(base) = base {
                        self.derived.entry(base).or_default().push(class);
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
        while let Some(class) = found.get(next).copied() {
            next += 1;
            for below in self.derived.get(&class).into_iter().flatten() {
                if !found.contains(below) && found.len() < 512 {
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

    /// A class that describes others and is never made: what its annotation says of a value is only which methods it has.
    pub(super) fn is_protocol(&mut self, class: ClassRef) -> bool {
        let facts = self.facts(class.0);
        facts.list(facts[class.1].bases).iter().any(|base| {
            let named = match facts[*base].kind {
                ExprKind::Index { object, .. } => object,
                _ => *base,
            };
            crate::program::names::last_name(facts, named).is_some_and(|name| facts.text(name) == "Protocol")
        })
    }

    // Members

    /// `class.name`
    pub(super) fn class_member(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        let mut things = Things::default();
        for entry in self.attribute(class, symbol, name) {
            things.extend(&self.looked_up_on_class(entry.thing, class, exact).at_most(entry.confidence));
        }
        if exact != Exact::Yes {
            for entry in self.overrides(class, symbol, name) {
                things.extend(&self.looked_up_on_class(entry.thing, class, exact).at_most(entry.confidence));
            }
        }
        things
    }

    fn looked_up_on_class(&mut self, thing: Thing, class: ClassRef, exact: Exact) -> Things {
        Things::one(match thing {
            Thing::Method(function) => Thing::Function(function),
            Thing::ClassMethod(function) => Thing::Bound(function, class, exact),
            other => other,
        })
    }

    /// `object.name`
    pub(super) fn object_member(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        if name == "__class__" {
            return Things::one(Thing::Class(class, exact));
        }
        let own = self.attribute(class, symbol, name);
        let overrides = if exact == Exact::Yes {
            Things::default()
        } else {
            self.overrides(class, symbol, name)
        };
        let mut things = Things::default();
        for entry in own {
            // What is only declared here and defined below never runs itself.
            if let Thing::Method(function) = entry.thing
                && !overrides.is_empty()
                && self.is_abstract(function)
            {
                continue;
            }
            things.extend(&self.looked_up_on_object(entry.thing, class, exact).at_most(entry.confidence));
        }
        for entry in overrides {
            things.extend(&self.looked_up_on_object(entry.thing, class, exact).at_most(entry.confidence));
        }
        things
    }

    fn looked_up_on_object(&mut self, thing: Thing, class: ClassRef, exact: Exact) -> Things {
        match thing {
            Thing::Method(function) | Thing::ClassMethod(function) => Things::one(Thing::Bound(function, class, exact)),
            Thing::Property(function) => self.given_to(function, Some((class, exact)), None),
            other => Things::one(other),
        }
    }

    /// The properties that `object.name` reads, as methods bound to the object.
    pub(super) fn getters_of(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Things {
        let mut things = self.attribute(class, symbol, name);
        if exact != Exact::Yes {
            things.extend(&self.overrides(class, symbol, name));
        }
        let mut getters = Things::default();
        for entry in things {
            if let Thing::Property(function) = entry.thing {
                getters.add(Thing::Bound(function, class, exact), entry.confidence);
            }
        }
        getters
    }

    /// `super().name`
    pub(super) fn super_member(
        &mut self,
        of: ClassRef,
        receiver: ClassRef,
        exact: Exact,
        symbol: Symbol,
        name: &str,
    ) -> Things {
        let mut things = self.behind(of, receiver, symbol, name);
        // A class below may put others between: co-operative methods.
        if exact != Exact::Yes {
            for below in self.all_derived(receiver) {
                if self.resolution_order(below).len() > self.resolution_order(receiver).len() + 1 {
                    things.extend(&self.behind(of, below, symbol, name).at_most(Confidence::Likely));
                }
            }
        }
        let mut bound = Things::default();
        for entry in things {
            bound.extend(&self.looked_up_on_object(entry.thing, receiver, exact).at_most(entry.confidence));
        }
        bound
    }

    /// What the classes behind `of` in the resolution order of `class` bind `name` to.
    fn behind(&mut self, of: ClassRef, class: ClassRef, symbol: Symbol, name: &str) -> Things {
        let order = self.resolution_order(class);
        let position = order.iter().position(|ancestor| *ancestor == Ancestor::Project(of));
        let behind = position.map_or(&order[..0], |position| &order[position + 1..]);
        self.class_level(behind, symbol, name)
    }

    /// What the objects of a class, or the class, hold under `name`: methods not bound yet.
    pub(super) fn attribute(&mut self, class: ClassRef, symbol: Symbol, name: &str) -> Things {
        let key = match self.attribute_keys.get(&(class, symbol)) {
            Some(key) => *key,
            None => {
                let key = self.memo.new_key();
                self.attribute_keys.insert((class, symbol), key);
                key
            }
        };
        self.solve(key, |receivers| {
            let order = receivers.resolution_order(class);
            let mut things = receivers.stored(&order, symbol);
            things.extend(&receivers.class_level(&order, symbol, name));
            things
        })
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
        known.retain(|thing| !matches!(thing, Thing::Made(..)));
        if known.is_empty() {
            things.extend(&declared);
        }
        things
    }

    /// What the first class of a resolution order that binds `name` in its body binds it to.
    fn class_level(&mut self, order: &[Ancestor], symbol: Symbol, name: &str) -> Things {
        for ancestor in order {
            let found = match *ancestor {
                Ancestor::Project((file, class)) => {
                    let facts = self.facts(file);
                    let Some(written) = facts.names.find(name) else { continue };
                    let range = facts.binding_range(facts[class].scope, written);
                    let mut things = Things::default();
                    for binding in at_end_of_scope(facts, range) {
                        things.extend(&self.bound(file, binding));
                    }
                    let mut methods = Things::default();
                    for entry in things {
                        let thing = match entry.thing {
                            Thing::Function(function) if self.is_plain_in_class(function) => Thing::Method(function),
                            other => other,
                        };
                        methods.add(thing, entry.confidence);
                    }
                    methods
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
        let _ = symbol;
        Things::default()
    }

    /// Whether a function that a class binds gets the object as its first argument.
    fn is_plain_in_class(&mut self, function: FunctionRef) -> bool {
        self.class_of(function).is_none() || self.kind_of_method(function) != MethodKind::Static
    }

    /// What the classes below `class` bind `name` to instead, as far as it is methods.
    fn overrides(&mut self, class: ClassRef, symbol: Symbol, name: &str) -> Things {
        let own = self.attribute(class, symbol, name);
        let is_method = |thing: Thing| matches!(thing, Thing::Method(_) | Thing::ClassMethod(_) | Thing::Property(_));
        if !own.is_empty() && !own.iter().any(|entry| is_method(entry.thing) || matches!(entry.thing, Thing::Library(_))) {
            return Things::default();
        }
        let mut found: Vec<Thing> = Vec::new();
        for below in self.all_derived(class) {
            for entry in self.attribute(below, symbol, name) {
                let is_own = own.iter().any(|known| known.thing == entry.thing);
                // What only the classes below have is theirs, whatever it is.
                if (own.is_empty() || is_method(entry.thing)) && !is_own && !found.contains(&entry.thing) {
                    found.push(entry.thing);
                }
            }
        }
        let confidence = if found.len() > MOST_OVERRIDES {
            Confidence::Possible
        } else {
            Confidence::Likely
        };
        let mut things = Things::default();
        for thing in found {
            things.add(thing, confidence);
        }
        things
    }

    /// Whether a method only says what those below must have.
    fn is_abstract(&self, (file, function): FunctionRef) -> bool {
        crate::program::names::has_decorator(self.facts(file), function, "abstractmethod")
    }

    // Stores

    /// Finds what is written to `self.name`, and to `cls.name`.
    pub(super) fn find_own_stores(&mut self) {
        for index in 0..self.program.files.len() {
            if self.program.files[index].language != crate::facts::Language::Python {
                continue;
            }
            let file = file_id(index);
            for store in &self.facts(file).stores {
                if let Some((class, to_class)) = self.own_target(file, store)
                    && let ExprKind::Member { name, .. } = self.facts(file)[store.target].kind
                {
                    let symbol = self.symbol(file, name);
                    self.add_store(class, symbol, file, store.value, store.annotation, to_class);
                }
            }
        }
    }

    fn add_store(
        &mut self,
        class: ClassRef,
        symbol: Symbol,
        file: FileId,
        value: Option<ExprId>,
        annotation: Option<ExprId>,
        to_class: bool,
    ) -> bool {
        let stored = StoredValue {
            file,
            value,
            annotation,
            to_class,
        };
        let stores = self.stores.entry((class, symbol)).or_default();
        if stores.len() >= 64 || stores.contains(&stored) {
            return false;
        }
        stores.push(stored);
        true
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
        let (BindingKind::Parameter(0), ScopeKind::Function(function)) = (binding.kind, facts[binding.scope].kind) else {
            return None;
        };
        match self.own_receiver((file, function))? {
            Thing::Instance(class, _) => Some((class, false)),
            Thing::Class(class, _) => Some((class, true)),
            _ => None,
        }
    }

    /// Follows what a file writes to members of other things, and to items of containers.
    pub(super) fn visit_stores(&mut self, file: FileId) {
        let facts = self.facts(file);
        for store in &facts.stores {
            match facts[store.target].kind {
                ExprKind::Member { object, name } if self.own_target(file, store).is_none() => {
                    let Some(value) = store.value else { continue };
                    for entry in self.settled(file, object) {
                        let symbol = self.symbol(file, name);
                        let is_new = match entry.thing {
                            Thing::Instance(class, _) => {
                                self.add_store(class, symbol, file, Some(value), store.annotation, false)
                            }
                            Thing::Class(class, _) => {
                                self.add_store(class, symbol, file, Some(value), store.annotation, true)
                            }
                            Thing::Module(place) => self.add_module_store(place, symbol, file, value),
                            _ => false,
                        };
                        self.has_news |= is_new;
                    }
                }
                ExprKind::Index { object, key, .. } => {
                    let Some(value) = store.value else { continue };
                    let containers = self.settled(file, object);
                    self.put(&containers, file, Some(key), value);
                }
                _ => {}
            }
        }
    }

    fn add_module_store(&mut self, place: crate::program::modules::Place, symbol: Symbol, file: FileId, value: ExprId) -> bool {
        let Some((at, _)) = self.program.names_of(place) else {
            return false;
        };
        let stores = self.module_stores.entry((at, symbol)).or_default();
        if stores.len() >= 16 || stores.contains(&(file, value)) {
            return false;
        }
        stores.push((file, value));
        true
    }

    /// Fields that a call of a class without an `__init__` of the program's fills: dataclasses, models, named tuples.
    pub(super) fn fill_fields(&mut self, class: ClassRef, file: FileId, call: crate::facts::CallId) {
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        for argument in arguments {
            let Some(keyword) = argument.keyword else { continue };
            let symbol = self.symbol(file, keyword);
            self.has_news |= self.add_store(class, symbol, file, Some(argument.value), None, false);
        }
        let positional = arguments.iter().take_while(|argument| argument.keyword.is_none()).count();
        if positional == 0 {
            return;
        }
        let fields = self.field_names(class);
        for (argument, symbol) in arguments[..positional].iter().zip(fields) {
            self.has_news |= self.add_store(class, symbol, file, Some(argument.value), None, false);
        }
    }

    /// The annotated names of a class's body in the order they stand, bases first.
    fn field_names(&mut self, class: ClassRef) -> Vec<Symbol> {
        let mut names = Vec::new();
        for ancestor in self.resolution_order(class).iter().rev() {
            let Ancestor::Project((file, class)) = *ancestor else { continue };
            let facts = self.facts(file);
            let mut fields: Vec<_> = facts
                .bindings_in(facts[class].scope)
                .iter()
                .filter(|binding| binding.annotation.is_some())
                .collect();
            fields.sort_by_key(|binding| binding.span);
            for field in fields {
                let symbol = self.symbol(file, field.name);
                if !names.contains(&symbol) {
                    names.push(symbol);
                }
            }
        }
        names
    }

    // Methods by name

    /// Finds the methods that only one class of the program has, for calls of which nothing but the name is known.
    pub(super) fn find_methods(&mut self) {
        for index in 0..self.program.files.len() {
            let file = file_id(index);
            if self.program.files[index].language != crate::facts::Language::Python {
                continue;
            }
            for function in self.functions_of(file) {
                let definition = &self.facts(file)[function];
                let (Some(name), Some(_)) = (definition.name, definition.class) else {
                    continue;
                };
                let symbol = self.symbol(file, name);
                if super::functions::is_property(self.facts(file), function) {
                    self.property_names.insert(symbol);
                }
                let text = self.text(file, name);
                if text.starts_with("__") || is_common_method(self.program, text) {
                    continue;
                }
                let methods = self.methods.entry(symbol).or_default();
                // One class may define a method several times: overloads, branches.
                if methods.len() < 2 && !methods.iter().any(|known| self.program[known.0].facts[known.1].class == definition.class && known.0 == file) {
                    methods.push((file, function));
                }
            }
        }
    }
}

/// Methods of built-in types, files, loggers and the like: their name alone says nothing.
fn is_common_method(program: &Program<'_>, name: &str) -> bool {
    program.catalog.words().is_common_method(name)
}

/// Bases that give their classes nothing that is called by name.
fn is_bare_base(path: &str) -> bool {
    matches!(
        path.rsplit('.').next().unwrap_or(""),
        "object" | "ABC" | "Generic" | "Protocol"
    )
}
