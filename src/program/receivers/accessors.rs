//! What reading, writing and operating on objects calls without a call: properties that are put together, descriptors, special methods.

use super::{Exact, Receivers, Symbol, Thing, Things, python_files};
use crate::facts::{Access, BindingId, BindingKind, CallId, ExprId, ExprKind, Name, ScopeKind};
use crate::finding::Confidence;
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// The methods that expressions call without naming them.
const SPECIAL: [&str; 32] = [
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__len__",
    "__bool__",
    "__str__",
    "__repr__",
    "__format__",
    "__hash__",
    "__iter__",
    "__next__",
    "__reversed__",
    "__int__",
    "__float__",
    "__index__",
    "__bytes__",
    "__abs__",
    "__round__",
    "__dir__",
    "__get__",
    "__set__",
];

impl Receivers<'_, '_> {
    // Properties that are put together, and descriptors

    /// The function that `property(get, set)` gets at a position or by a keyword.
    fn part_of_property(&mut self, file: FileId, call: CallId, position: usize, keyword: &str) -> Things {
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        let by_keyword = arguments
            .iter()
            .find(|argument| argument.keyword.is_some_and(|name| facts.text(name) == keyword));
        let by_position = arguments.get(position).filter(|argument| argument.keyword.is_none());
        let mut functions = Things::default();
        if let Some(argument) = by_keyword.or(by_position) {
            for entry in self.settled(file, argument.value) {
                if let Thing::Function(_) | Thing::Method(_) = entry.thing {
                    functions.add(entry.thing, entry.confidence);
                }
            }
        }
        functions
    }

    /// The functions that a property keeps: `prop.fget`, `prop.fset`.
    pub(super) fn member_of_property(&mut self, file: FileId, call: CallId, name: &str) -> Things {
        let position = ["fget", "fset", "fdel"].into_iter().position(|part| part == name);
        let mut functions = Things::default();
        let Some(position) = position else { return functions };
        for entry in self.part_of_property(file, call, position, name) {
            let thing = match entry.thing {
                Thing::Method(function) => Thing::Function(function),
                other => other,
            };
            functions.add(thing, entry.confidence);
        }
        functions
    }

    /// What reading (or writing) a class's attribute on an object calls, where that is a property or a descriptor.
    pub(super) fn accessors_in(&mut self, thing: Thing, (class, exact): (ClassRef, Exact), access: Access) -> Things {
        let mut called = Things::default();
        match thing {
            Thing::Property(function) if access == Access::Read => {
                called.add(Thing::Bound(function, class, exact), Confidence::Certain)
            }
            Thing::Properties(file, call) => {
                let (position, keyword) = match access {
                    Access::Read => (0, "fget"),
                    Access::Write => (1, "fset"),
                    Access::Delete => (2, "fdel"),
                };
                for entry in self.part_of_property(file, call, position, keyword) {
                    if let Thing::Function(function) | Thing::Method(function) = entry.thing {
                        called.add(Thing::Bound(function, class, exact), entry.confidence);
                    }
                }
            }
            _ => {}
        }
        called
    }

    /// The method of a descriptor that reading (or writing) `object.name` calls, where that is what a class of the object binds.
    pub(super) fn described(&mut self, thing: Thing, class: ClassRef, name: &str, access: Access) -> Things {
        let Thing::Instance(descriptor, how) = thing else {
            return Things::default();
        };
        if !self.is_whole || !self.describes(descriptor) || !self.binds(class, name, thing) {
            return Things::default();
        }
        let name = match access {
            Access::Read => "__get__",
            Access::Write => "__set__",
            Access::Delete => "__delete__",
        };
        self.special(descriptor, how, name)
    }

    /// Whether the body of a class, or of one above, binds a name to a thing, and does not only declare it.
    fn binds(&mut self, class: ClassRef, name: &str, thing: Thing) -> bool {
        let order = self.resolution_order(class);
        for ancestor in order.iter() {
            let super::Ancestor::Project((file, class)) = *ancestor else {
                continue;
            };
            let facts = self.facts(file);
            let Some(name) = facts.names.find(name) else { continue };
            let range = facts.binding_range(facts[class].scope, name);
            if range.is_empty() {
                continue;
            }
            return range.into_iter().any(|index| {
                let bound = match facts.bindings[index].kind {
                    // A declared type speaks of what objects hold.
                    BindingKind::Value(value) => self.value(file, value),
                    BindingKind::Function(function) => self.definition((file, function)),
                    _ => Things::default(),
                };
                bound.iter().any(|entry| entry.thing == thing)
            });
        }
        false
    }

    /// Whether objects of a class stand for attributes of other objects.
    pub(super) fn describes(&mut self, class: ClassRef) -> bool {
        ["__get__", "__set__"].into_iter().any(|name| {
            let symbol = self.symbol_of(name);
            let things = self.attribute(class, symbol, name);
            things.iter().any(|entry| matches!(entry.thing, Thing::Method(_)))
        })
    }

    /// Finds the names of class attributes that are properties or descriptors without a definition of their own.
    pub(super) fn find_accessors(&mut self) {
        for file in python_files(self.program) {
            let facts = self.facts(file);
            for (index, binding) in facts.bindings.iter().enumerate() {
                if !matches!(facts[binding.scope].kind, ScopeKind::Class(_)) {
                    continue;
                }
                let may_be = match binding.kind {
                    BindingKind::Value(value) => matches!(facts[value].kind, ExprKind::Call(_)),
                    BindingKind::Function(function) => facts[function].decorators.len > 0,
                    _ => false,
                };
                if may_be {
                    let things = self.bound(file, BindingId::at(index));
                    let is_accessor = things.iter().any(|entry| match entry.thing {
                        Thing::Properties(..) => true,
                        Thing::Instance(class, _) => self.describes(class),
                        _ => false,
                    });
                    if is_accessor {
                        let symbol = self.symbol(file, binding.name);
                        self.property_names.insert(symbol);
                    }
                }
            }
        }
    }

    // Class statements

    /// The `__init_subclass__` that a class statement calls.
    pub(crate) fn told_of_class(&mut self, class: ClassRef) -> Things {
        let mut told = Things::default();
        if self.facts(class.0)[class.1].bases.len == 0 {
            return told;
        }
        let order = self.resolution_order(class);
        for entry in self.class_level(order.get(1..).unwrap_or_default(), "__init_subclass__") {
            if matches!(entry.thing, Thing::ClassMethod(_)) {
                told.add(entry.thing, entry.confidence);
            }
        }
        told
    }

    /// The `__set_name__` of the objects that the body of a class binds.
    pub(crate) fn told_of_names(&mut self, (file, class): ClassRef) -> Vec<Things> {
        let facts = self.facts(file);
        let mut told = Vec::new();
        for binding in facts.bindings_in(facts[class].scope) {
            let BindingKind::Value(value) = binding.kind else {
                continue;
            };
            if !matches!(facts[value].kind, ExprKind::Call(_)) {
                continue;
            }
            for entry in self.value(file, value) {
                if let Thing::Instance(class, exact) = entry.thing {
                    let named = self.special(class, exact, "__set_name__");
                    told.push(named.at_most(entry.confidence));
                }
            }
        }
        told
    }

    // Special methods

    /// The special methods that classes of the program define.
    pub(crate) fn special_names(&self) -> FxHashSet<&'static str> {
        let mut found = FxHashSet::default();
        for file in python_files(self.program) {
            let facts = self.facts(file);
            for function in &facts.functions {
                if let (Some(name), Some(_)) = (function.name, function.class)
                    && let Some(special) = SPECIAL.into_iter().find(|special| *special == facts.text(name))
                {
                    found.insert(special);
                }
            }
        }
        found
    }

    /// The first of some special methods that the objects an expression can be have, of each.
    pub(crate) fn specials_of(&mut self, file: FileId, object: ExprId, names: &[&str]) -> Things {
        let mut found = Things::default();
        let (objects, surest) = self.objects(file, object);
        for (class, exact, confidence) in objects {
            found.extend(&self.first_special(class, exact, names).at_most(confidence.min(surest)));
        }
        found
    }

    /// The objects of classes of the program that an expression can be, and how sure it is that it is one of those.
    fn objects(&mut self, file: FileId, expr: ExprId) -> (Vec<(ClassRef, Exact, Confidence)>, Confidence) {
        let things = self.settled(file, expr);
        let mut objects = Vec::new();
        let mut surest = Confidence::Certain;
        for entry in things.iter() {
            match entry.thing {
                Thing::Instance(class, exact) => objects.push((class, exact, entry.confidence)),
                other if self.is_nothing(other) => {}
                _ => surest = Confidence::Likely,
            }
        }
        (objects, surest)
    }

    /// The first of some special methods that an object has.
    fn first_special(&mut self, class: ClassRef, exact: Exact, names: &[&str]) -> Things {
        for name in names {
            let symbol = self.symbol_of(name);
            let mut methods = self.object_member(class, exact, symbol, name);
            if methods.is_empty() {
                continue;
            }
            methods.retain(|thing| matches!(thing, Thing::Bound(..)));
            // Only classes below may have it.
            let has_own = !self.attribute(class, symbol, name).is_empty();
            return methods.at_most(if has_own {
                Confidence::Certain
            } else {
                Confidence::Likely
            });
        }
        Things::default()
    }

    /// What reading `object.name` calls of the class itself: what is asked first for all names, and what is asked for those that an
    /// object lacks.
    pub(crate) fn asked_for(&mut self, file: FileId, object: ExprId, name: Name) -> Things {
        let symbol = self.symbol(file, name);
        let text = self.text(file, name);
        let mut found = Things::default();
        let (objects, surest) = self.objects(file, object);
        for (class, exact, confidence) in objects {
            let confidence = confidence.min(surest);
            found.extend(
                &self
                    .first_special(class, exact, &["__getattribute__"])
                    .at_most(confidence),
            );
            if text.starts_with("__") {
                continue;
            }
            let asking = self.first_special(class, exact, &["__getattr__"]);
            if !asking.is_empty()
                && let Some(surest) = self.lacks(class, exact, symbol, text)
            {
                found.extend(&asking.at_most(confidence.min(surest)));
            }
        }
        found
    }

    /// How sure it is that an object does not hold a name that is read; none where it does.
    fn lacks(&mut self, class: ClassRef, exact: Exact, symbol: Symbol, name: &str) -> Option<Confidence> {
        // It may still be written in ways that do not name it.
        if self.plain_member(class, exact, symbol, name).is_empty() {
            return Some(Confidence::Likely);
        }
        let order = self.resolution_order(class);
        if !self.class_level(&order, name).is_empty() {
            return None;
        }
        if self.keeps_elsewhere(&order) {
            return Some(Confidence::Likely);
        }
        // What is written from outside may not be there yet.
        (!self.writes_itself(&order, symbol) && exact != Exact::Receiver).then_some(Confidence::Possible)
    }

    /// Whether methods of a class write an attribute.
    fn writes_itself(&self, order: &[super::Ancestor], symbol: Symbol) -> bool {
        order.iter().any(|ancestor| {
            let super::Ancestor::Project(class) = *ancestor else {
                return false;
            };
            self.stores
                .get(&(class, symbol))
                .is_some_and(|stores| stores.iter().any(|stored| stored.is_own))
        })
    }

    /// Whether a class puts what is written to its objects in another place.
    fn keeps_elsewhere(&mut self, order: &[super::Ancestor]) -> bool {
        let things = self.class_level(order, "__setattr__");
        things.iter().any(|entry| {
            let Thing::Method((file, function)) = entry.thing else {
                return false;
            };
            let facts = self.facts(file);
            let is_set = |call: &crate::facts::Call| {
                last_name(facts, call.callee).is_some_and(|name| facts.text(name) == "__setattr__")
            };
            !facts.calls_within(facts[function].extent).any(|(_, call)| is_set(call))
        })
    }

    /// What a `__getattr__` gives that asks no other object.
    pub(super) fn given_instead(&mut self, class: ClassRef, exact: Exact) -> Things {
        let asking = self.symbol_of("__getattr__");
        let mut things = Things::default();
        for entry in self.attribute(class, asking, "__getattr__") {
            if let Thing::Method(function) = entry.thing {
                things.extend(&self.instead_of(function, class, exact).at_most(Confidence::Likely));
            }
        }
        things
    }

    fn instead_of(&mut self, function: FunctionRef, class: ClassRef, exact: Exact) -> Things {
        let mut things = self.given_to(function, Some((class, exact)), None);
        things.retain(|thing| matches!(thing, Thing::Function(_) | Thing::Bound(..) | Thing::Instance(..)));
        things
    }
}
