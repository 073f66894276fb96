//! What an expression can be.

use super::classes::Holder;
use super::{Ancestor, Exact, Receivers, Symbol, Thing, Things};
use crate::catalog::Role;
use crate::facts::{
    Anchor, Binding, BindingId, BindingKind, ExprId, ExprKind, FileFacts, ImportId, Language, MODULE_SCOPE, Name,
    ParameterKind, ScopeId, ScopeKind,
};
use crate::finding::Confidence;
use crate::program::bindings::{at_end_of_scope, bound_value, led_back, lookup_range, reaching};
use crate::program::modules::Place;
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::{FileId, Span};
use std::ops::Range;

impl Receivers<'_, '_> {
    /// What `expr` in `file` can be. Empty where nothing is known.
    pub(crate) fn value(&mut self, file: FileId, expr: ExprId) -> Things {
        self.deeper(|receivers| receivers.value_of_expression(file, expr))
    }

    fn value_of_expression(&mut self, file: FileId, expr: ExprId) -> Things {
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Name { name, scope } => self.name(file, scope, name, facts[expr].span),
            ExprKind::Member { object, name } => {
                let objects = self.settled(file, object);
                let symbol = self.symbol(file, name);
                if self.is_whole && objects.iter().all(|entry| self.is_nothing(entry.thing)) {
                    return self.stored_loosely(symbol);
                }
                self.member(&objects, symbol, facts.text(name))
            }
            ExprKind::Call(call) => self.result(file, call),
            // A type that is given a name of its own.
            ExprKind::Index { object, .. } if is_type_form(facts, object) => Things::one(Thing::Made(file, expr)),
            ExprKind::Index { object, key, .. } => self.item(file, object, key),
            ExprKind::Choice { options, how } => {
                let mut things = Things::default();
                for option in facts.options(options, how) {
                    things.extend(&self.value(file, *option));
                }
                things
            }
            ExprKind::Both(parts) => match facts.list(parts).last() {
                Some(last) => self.value(file, *last),
                None => Things::default(),
            },
            ExprKind::Through(inner) => self.value(file, inner),
            ExprKind::Slice(object) => {
                let mut things = self.settled(file, object);
                things.retain(|thing| !matches!(thing, Thing::Instance(..)));
                things
            }
            ExprKind::Lambda(function) => Things::one(Thing::Function((file, function))),
            ExprKind::Text(_)
            | ExprKind::Template(_)
            | ExprKind::Truth(_)
            | ExprKind::Number(_)
            | ExprKind::Nothing
            | ExprKind::Group(_)
            | ExprKind::Table(_)
            | ExprKind::Each { .. } => Things::one(Thing::Made(file, expr)),
            ExprKind::Compare { .. } | ExprKind::Not(_) | ExprKind::Opaque => Things::default(),
        }
    }

    /// The same, with what callers pass looked up.
    pub(crate) fn settled(&mut self, file: FileId, expr: ExprId) -> Things {
        let things = self.value(file, expr);
        self.settle(things)
    }

    // Names

    fn name(&mut self, file: FileId, scope: ScopeId, name: Name, place: Span) -> Things {
        let facts = self.facts(file);
        let Some(found) = lookup_range(facts, scope, name) else {
            return self.free_name(file, name);
        };
        let found = Self::seen_from_class(facts, scope, name, place).unwrap_or(found);
        let holding = if found.len() == 1 {
            std::iter::once(BindingId::at(found.start)).collect()
        } else {
            let mut holding = reaching(facts, found.clone(), scope, place);
            holding.extend(led_back(facts, found.clone(), place));
            holding
        };
        let mut things = Things::default();
        for binding in holding {
            things.extend(&self.bound(file, binding));
        }
        // Others may have written to the module's name.
        if facts.bindings[found.start].scope == MODULE_SCOPE && !self.module_stores.is_empty() {
            let symbol = self.symbol(file, name);
            for (at, value) in self.module_stores.get(&(file, symbol)).cloned().unwrap_or_default() {
                things.extend(&self.value(at, value).at_most(Confidence::Likely));
            }
        }
        things
    }

    /// `name = wrapped(name)` in the body of a class: before the class binds the name it is that of the scope around.
    fn seen_from_class(facts: &FileFacts, scope: ScopeId, name: Name, place: Span) -> Option<Range<usize>> {
        let ScopeKind::Class(_) = facts[scope].kind else {
            return None;
        };
        let own = facts.binding_range(scope, name);
        let first = facts.bindings.get(own.start).filter(|_| !own.is_empty())?;
        let is_bound_before =
            first.span.end <= place.start && !bound_value(first).is_some_and(|value| facts[value].span.contains(place));
        if is_bound_before {
            return None;
        }
        lookup_range(facts, facts[scope].parent?, name)
    }

    /// A name that no scope of the file binds: from a star import, or built in.
    fn free_name(&mut self, file: FileId, name: Name) -> Things {
        let text = self.text(file, name);
        if self.program.has_stars(file) {
            let starred = self.starred(file, text);
            if !starred.is_empty() {
                return starred;
            }
        }
        let symbol = self.symbol(file, name);
        if let Some(known) = self.free_names.get(&symbol) {
            return known.clone();
        }
        let catalog = self.program.catalog;
        let root = catalog.root(Language::Python);
        let things = if root.is_some_and(|root| catalog.child(root, text).is_some()) {
            // A library that is used without an import: a mistake that is worth a look.
            let path = self.paths.library(catalog, text);
            Things::one(Thing::Library(path)).at_most(Confidence::Possible)
        } else {
            Things::one(Thing::Library(self.paths.builtin(catalog, text)))
        };
        self.free_names.insert(symbol, things.clone());
        things
    }

    /// What a binding binds its name to.
    pub(super) fn bound(&mut self, file: FileId, binding: BindingId) -> Things {
        // What takes no work is not worth remembering.
        let facts = self.facts(file);
        match facts[binding].kind {
            BindingKind::Function(function) => return self.definition((file, function)),
            BindingKind::Class(class) => return Things::one(Thing::Class((file, class), Exact::Yes)),
            BindingKind::Value(value) if facts[binding].annotation.is_none() && is_literal(facts[value].kind) => {
                return Things::one(Thing::Made(file, value));
            }
            _ => {}
        }
        let key = self.first_keys[file.0 as usize].binding + binding.0;
        self.solve(key, |receivers| {
            let binding = &receivers.facts(file)[binding];
            let things = receivers.binding(file, binding);
            match binding.annotation {
                Some(annotation) if !matches!(binding.kind, BindingKind::Parameter(_)) => {
                    let declared = receivers.annotated(file, annotation);
                    // Of what callers pass nothing may be known.
                    let is_known = !receivers.settle(things.clone()).is_empty();
                    if is_known && is_of_program(&things) || !is_of_program(&declared) && !things.is_empty() {
                        things
                    } else {
                        declared
                    }
                }
                _ => things,
            }
        })
    }

    fn binding(&mut self, file: FileId, binding: &Binding) -> Things {
        match binding.kind {
            BindingKind::Import(import) => self.import(file, import),
            BindingKind::Value(value) => self.value(file, value),
            BindingKind::Unpacked { value, position } => {
                let things = self.settled(file, value);
                self.elements_of(&things, Some(position))
            }
            BindingKind::Element { over } => {
                let things = self.settled(file, over);
                self.elements_of(&things, None)
            }
            BindingKind::ElementUnpacked { over, position } => self.pair(file, over, position),
            BindingKind::Parameter(index) => self.parameter(file, binding, index),
            BindingKind::Entered(context) => {
                let contexts = self.settled(file, context);
                self.entered(&contexts)
            }
            BindingKind::Caught(Some(types)) => {
                let mut things = Things::default();
                for caught in self.listed(file, types) {
                    if let Thing::Class(class, _) = caught.thing {
                        things.add(Thing::Instance(class, Exact::OrBelow), caught.confidence);
                    }
                }
                things
            }
            // `d |= other`, `names += more`: still the container it was.
            BindingKind::Changed(value) => self.value(file, value),
            BindingKind::Function(_)
            | BindingKind::Class(_)
            | BindingKind::Module(_)
            | BindingKind::Caught(None)
            | BindingKind::Declared
            | BindingKind::Unknown
            | BindingKind::Deleted => Things::default(),
        }
    }

    /// The classes that stand alone or in a tuple: `except (A, B)`, `isinstance(x, (A, B))`.
    pub(super) fn listed(&mut self, file: FileId, types: ExprId) -> Things {
        let facts = self.facts(file);
        match facts[types].kind {
            ExprKind::Group(listed) => {
                let mut things = Things::default();
                for one in facts.list(listed) {
                    things.extend(&self.settled(file, *one));
                }
                things
            }
            _ => self.settled(file, types),
        }
    }

    fn parameter(&mut self, file: FileId, binding: &Binding, index: u32) -> Things {
        let facts = self.facts(file);
        let ScopeKind::Function(id) = facts[binding.scope].kind else {
            return Things::default();
        };
        let function = (file, id);
        if index == 0
            && let Some(receiver) = self.own_receiver(function)
        {
            return Things::one(receiver);
        }
        let Some(parameter) = facts.parameters(&facts[id]).get(index as usize) else {
            return Things::default();
        };
        if matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest) {
            return Things::one(Thing::Rest(function, index));
        }
        let injected = self.injected(function, index);
        if !injected.is_empty() {
            return match parameter.annotation {
                Some(annotation) if injected.len() > 1 || !injected.iter().all(is_exact) => {
                    let declared = self.annotated(file, annotation);
                    self.of_declared(injected, declared)
                }
                _ => injected,
            };
        }
        if let Some(annotation) = parameter.annotation {
            let mut declared = self.annotated(file, annotation);
            if !declared.is_empty() {
                if self.holds_anything(file, annotation) {
                    declared.add(Thing::Parameter(function, index), Confidence::Certain);
                }
                return declared;
            }
        }
        Things::one(Thing::Parameter(function, index))
    }

    /// Whether a type is that of a container of which it leaves open what it holds: a list of
    /// functions, or of what a variable of types stands for.
    fn holds_anything(&mut self, file: FileId, annotation: ExprId) -> bool {
        let facts = self.facts(file);
        let ExprKind::Index { object, key, .. } = facts[annotation].kind else {
            return false;
        };
        let wrapper = crate::program::names::last_name(facts, object).map_or("", |name| facts.text(name));
        if !is_container(wrapper) {
            return false;
        }
        let inner: Vec<ExprId> = match facts[key].kind {
            ExprKind::Group(options) => facts.list(options).to_vec(),
            _ => vec![key],
        };
        inner.into_iter().any(|inner| self.is_any_type(file, inner))
    }

    /// Whether a type leaves open what a value is: a function, a variable of types, what an alias of such says.
    fn is_any_type(&mut self, file: FileId, annotation: ExprId) -> bool {
        let facts = self.facts(file);
        let named = match facts[annotation].kind {
            ExprKind::Index { object, .. } => object,
            ExprKind::Name { .. } | ExprKind::Member { .. } => annotation,
            _ => return false,
        };
        if self.holds_anything(file, annotation) {
            return true;
        }
        let things = self.settled(file, named);
        if things.is_empty() {
            return true;
        }
        for entry in things.iter() {
            let is_open = match entry.thing {
                Thing::Library(path) => {
                    matches!(self.paths.text(path).rsplit('.').next(), Some("Callable" | "Any"))
                        || self.paths.builtin_name(path).is_some_and(is_type_parameter)
                }
                Thing::Made(at, expr) if (at, expr) != (file, named) => match self.facts(at)[expr].kind {
                    ExprKind::Call(call) => self.bound_of_variable(at, call).is_empty(),
                    ExprKind::Index { .. } => self.holds_anything(at, expr),
                    _ => false,
                },
                _ => false,
            };
            if is_open {
                return true;
            }
        }
        false
    }

    /// Of the objects that may be injected those that are what is declared. A factory of dependencies gives objects of any class, or of
    /// one above all that it is asked for.
    fn of_declared(&mut self, injected: Things, declared: Things) -> Things {
        let class_of = |thing: Thing| match thing {
            Thing::Instance(class, _) => Some(class),
            _ => None,
        };
        let classes = |things: &Things| -> Vec<ClassRef> {
            let classes = things.iter().filter_map(|entry| class_of(entry.thing));
            classes.collect()
        };
        let (own, meant) = (classes(&injected), classes(&declared));
        if meant.is_empty() || meant.len() < declared.len() {
            return injected;
        }
        let mut kept = Things::default();
        for entry in injected.iter() {
            if class_of(entry.thing).is_some_and(|class| self.is_below_any(class, &meant)) {
                kept.add(entry.thing, entry.confidence);
            }
        }
        if !kept.is_empty() {
            return kept;
        }
        match own.is_empty() || meant.iter().any(|class| self.is_below_any(*class, &own)) {
            true => declared,
            false => injected,
        }
    }

    /// Whether a class is one of some, or derives from one.
    fn is_below_any(&mut self, class: ClassRef, others: &[ClassRef]) -> bool {
        let order = self.resolution_order(class);
        let is_other = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Project(own) if others.contains(own));
        order.iter().any(is_other)
    }

    /// What the first parameter of a method is: the object or class it is called on.
    pub(super) fn own_receiver(&mut self, function: (FileId, crate::facts::FunctionId)) -> Option<Thing> {
        let class = self.class_of(function)?;
        let first = self.facts(function.0).parameters(self.function(function)).first()?;
        if !matches!(first.kind, ParameterKind::Positional | ParameterKind::Either) {
            return None;
        }
        match self.kind_of_method(function) {
            super::definitions::MethodKind::Static => None,
            // It is told of classes below.
            super::definitions::MethodKind::OfClass if self.is_named(function, "__init_subclass__") => {
                Some(Thing::Class(class, Exact::OrBelow))
            }
            super::definitions::MethodKind::OfClass => Some(Thing::Class(class, Exact::Receiver)),
            _ => Some(Thing::Instance(class, Exact::Receiver)),
        }
    }

    // Modules

    fn import(&mut self, file: FileId, id: ImportId) -> Things {
        let facts = self.facts(file);
        let import = &facts[id];
        let segments: Vec<Name> = facts.path(import.path).to_vec();
        let (start, rest) = match import.anchor {
            Anchor::Absolute => {
                let Some((first, rest)) = segments.split_first() else {
                    return Things::default();
                };
                let first = facts.text(*first);
                let is_known = self
                    .program
                    .catalog
                    .root(crate::facts::Language::Python)
                    .is_some_and(|root| self.program.catalog.child(root, first).is_some());
                let place = self.program.modules.absolute(file, first, is_known);
                // A namespace folder that lacks the rest may share its name with a library (`google`, `azure`).
                let is_library = |place: Place| {
                    is_known
                        && self.program.modules.init(place).is_none()
                        && rest
                            .first()
                            .is_some_and(|next| self.program.modules.submodule(place, facts.text(*next)).is_none())
                };
                match place.filter(|place| !is_library(*place)) {
                    Some(place) => (place, rest),
                    None => {
                        let mut path = self.paths.library(self.program.catalog, first);
                        for segment in rest {
                            path = self.paths.child(self.program.catalog, path, facts.text(*segment));
                        }
                        return Things::one(self.library(path));
                    }
                }
            }
            Anchor::Up(levels) => match self.program.modules.up(file, levels) {
                Some(place) => (place, &segments[..]),
                None => return Things::default(),
            },
            Anchor::Root => return Things::default(),
        };
        let mut things = Things::one(Thing::Module(start));
        for (index, name) in rest.iter().enumerate() {
            let is_member = import.member && index + 1 == rest.len();
            let text = facts.text(*name);
            let symbol = self.symbol(file, *name);
            let mut next = Things::default();
            for entry in things {
                let Thing::Module(place) = entry.thing else {
                    next.extend(&self.member(&Things::one(entry.thing), symbol, text));
                    continue;
                };
                let submodule = self.program.modules.submodule(place, text);
                match submodule.filter(|_| !is_member || self.names_itself(file, place, text)) {
                    Some(inner) => next.add(Thing::Module(inner), Confidence::Certain),
                    None => next.extend(&self.module_member(place, symbol, text)),
                }
            }
            things = next;
        }
        things
    }

    /// What the dotted names stand for that a module lists under `name`.
    pub(crate) fn things_listed(&mut self, file: FileId, name: &str) -> Things {
        let facts = self.facts(file);
        let mut things = Things::default();
        for value in self.values_bound(file, MODULE_SCOPE, name) {
            if let ExprKind::Text(text) = facts[value].kind {
                things.extend(&self.dotted(file, facts.text(text)));
            }
        }
        things
    }

    /// What a dotted name of the program stands for.
    pub(super) fn dotted(&mut self, file: FileId, name: &str) -> Things {
        let mut segments = name.split('.');
        let first = segments.next().unwrap_or_default();
        let Some(start) = self.program.modules.absolute(file, first, false) else {
            return Things::default();
        };
        segments.fold(Things::one(Thing::Module(start)), |things, segment| {
            let symbol = self.symbol_of(segment);
            self.member(&things, symbol, segment)
        })
    }

    /// What a name is bound to in a scope; each element where that is a list.
    pub(super) fn values_bound(&self, file: FileId, scope: ScopeId, name: &str) -> Vec<ExprId> {
        let facts = self.facts(file);
        let bindings = facts
            .names
            .find(name)
            .map_or(&[][..], |name| facts.bindings_of(scope, name));
        let bound = bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value) | BindingKind::Changed(value) => Some(value),
            _ => None,
        });
        let mut waiting: Vec<ExprId> = bound.rev().collect();
        let mut found = Vec::new();
        while let Some(value) = waiting.pop() {
            match facts[value].kind {
                ExprKind::Group(elements) => waiting.extend(facts.list(elements).iter().rev()),
                ExprKind::Through(inner) => waiting.push(inner),
                _ => found.push(value),
            }
        }
        found
    }

    /// `from . import name` in the package's own file names the submodule, not itself.
    fn names_itself(&self, file: FileId, place: Place, name: &str) -> bool {
        self.program.modules.init(place) == Some(file) && {
            let facts = self.facts(file);
            let bindings = facts
                .names
                .find(name)
                .map_or(&[][..], |name| facts.bindings_of(MODULE_SCOPE, name));
            bindings
                .iter()
                .all(|binding| matches!(binding.kind, BindingKind::Import(_)))
        }
    }

    /// What a module binds `name` to, gets by a star, or has as a submodule.
    pub(super) fn module_member(&mut self, place: Place, symbol: Symbol, name: &str) -> Things {
        let Some((file, scope)) = self.program.names_of(place) else {
            return self.submodule(place, name);
        };
        let key = self.memo.key_of(&mut self.member_keys, (file, scope, symbol));
        self.solve(key, |receivers| {
            receivers.is_open |= receivers.is_collecting;
            let mut things = receivers.own_member(file, scope, name);
            if let Some(stores) = receivers.module_stores.get(&(file, symbol)) {
                for (at, value) in stores.clone() {
                    things.extend(&receivers.value(at, value).at_most(Confidence::Likely));
                }
            }
            if things.is_empty() {
                things = receivers.starred(file, name);
            }
            if things.is_empty() {
                things = receivers.submodule(place, name);
            }
            things
        })
    }

    fn own_member(&mut self, file: FileId, scope: ScopeId, name: &str) -> Things {
        let facts = self.facts(file);
        let mut things = Things::default();
        if let Some(name) = facts.names.find(name) {
            for binding in at_end_of_scope(facts, facts.binding_range(scope, name)) {
                things.extend(&self.bound(file, binding));
            }
        }
        things
    }

    fn submodule(&self, place: Place, name: &str) -> Things {
        let submodule = self.program.modules.submodule(place, name);
        submodule
            .map(|place| Things::one(Thing::Module(place)))
            .unwrap_or_default()
    }

    /// What the star imports of a file bring under `name`.
    fn starred(&mut self, file: FileId, name: &str) -> Things {
        let places = self.program.starred_modules(file, MODULE_SCOPE, name);
        for place in &places {
            if let Some((at, scope)) = self.program.names_of(*place) {
                let found = self.own_member(at, scope, name);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        // A submodule goes by what the package itself binds to its name, be it by a star.
        for place in places {
            let found = self.submodule(place, name);
            if !found.is_empty() {
                return found;
            }
        }
        match self.program.starred_library(file, MODULE_SCOPE, name) {
            Some(node) => {
                let path = self.paths.of_node(self.program.catalog, node);
                Things::one(self.library(path))
            }
            None => Things::default(),
        }
    }

    // Members

    /// A library's thing, or the object that stands at its path.
    pub(super) fn library(&mut self, path: super::PathId) -> Thing {
        let catalog = self.program.catalog;
        match self.paths.node(path).and_then(|node| catalog.value_of(node)) {
            Some(class) => Thing::LibraryInstance(self.paths.of_node(catalog, class)),
            None => Thing::Library(path),
        }
    }

    /// The member `name` of things whose parameters are looked up.
    pub(super) fn member(&mut self, objects: &Things, symbol: Symbol, name: &str) -> Things {
        let mut things = Things::default();
        for entry in objects.iter() {
            let found = match entry.thing {
                Thing::Module(place) => self.module_member(place, symbol, name),
                Thing::Class(class, exact) => self.class_member(class, exact, symbol, name),
                Thing::Instance(class, exact) => self.object_member(class, exact, symbol, name),
                Thing::Super { of, receiver, exact } => self.super_member(of, receiver, exact, name),
                Thing::Library(path) => {
                    let path = self.paths.child(self.program.catalog, path, name);
                    Things::one(self.library(path))
                }
                Thing::LibraryInstance(path) => {
                    let stored = match self.holder(path) {
                        Some(holder) => self.stored_elsewhere(holder, symbol),
                        None => self.stored_loosely(symbol),
                    };
                    Some(stored).filter(|stored| !stored.is_empty()).unwrap_or_else(|| {
                        let path = self.paths.member(self.program.catalog, path, name);
                        Things::one(self.library(path))
                    })
                }
                Thing::Made(file, expr) => self.builtin_member(file, expr, name),
                Thing::Rest(function, index) => self.rest_member(function, index, name),
                Thing::Properties(file, call) => self.member_of_property(file, call, name),
                Thing::Function(_) | Thing::Bound(..) if name == "__wrapped__" => Things::one(entry.thing),
                Thing::Function(function) | Thing::Bound(function, ..) => {
                    let mut found = self.registered_member(function, name);
                    if self.is_whole {
                        found.extend(&self.stored_elsewhere(Holder::Function(function), symbol));
                    }
                    found
                }
                _ => Things::default(),
            };
            things.extend(&found.at_most(entry.confidence));
        }
        things
    }

    /// Whether a thing is `None`.
    pub(super) fn is_nothing(&self, thing: Thing) -> bool {
        matches!(thing, Thing::Made(file, expr) if self.facts(file)[expr].kind == ExprKind::Nothing)
    }

    /// The member of the task or command that a decorator makes of a function: `delay` of Celery's, `command` of a group of click's.
    fn registered_member(&mut self, function: FunctionRef, name: &str) -> Things {
        let (file, id) = function;
        let made = self
            .decorated_with(file, self.facts(file)[id].decorators, |role| {
                matches!(role, Role::RunsTask | Role::RunsCommand)
            })
            .and_then(|(entry, _)| entry.returns);
        let Some(made) = made else { return Things::default() };
        let catalog = self.program.catalog;
        let path = self.paths.of_node(catalog, made);
        let path = self.paths.member(catalog, path, name);
        Things::one(self.library(path))
    }

    /// A method that only its name tells: exactly one class of the program has it, and no container, file or logger.
    pub(super) fn by_name_alone(&mut self, symbol: Symbol) -> Things {
        let Some([method]) = self.methods.get(&symbol).map(Vec::as_slice) else {
            return Things::default();
        };
        let method = *method;
        // Methods of built-in types, files, loggers and the like: their name alone says nothing.
        let name = self.function(method).name.map_or("", |name| self.text(method.0, name));
        if self.program.catalog.words().is_common_method(name) {
            return Things::default();
        }
        let Some(class) = self.class_of(method) else {
            return Things::default();
        };
        let thing = match self.kind_of_method(method) {
            super::definitions::MethodKind::OfObject => Thing::Bound(method, class, Exact::OrBelow),
            super::definitions::MethodKind::OfClass => Thing::Bound(method, class, Exact::OrBelow),
            super::definitions::MethodKind::Static => Thing::Function(method),
            super::definitions::MethodKind::Property => return Things::default(),
        };
        Things::one(thing).at_most(Confidence::Possible)
    }

    /// What an annotation says that a value is: an object of the class it names, optional and union types looked through.
    pub(super) fn annotated(&mut self, file: FileId, annotation: ExprId) -> Things {
        self.deeper(|receivers| receivers.type_of_annotation(file, annotation))
    }

    fn type_of_annotation(&mut self, file: FileId, annotation: ExprId) -> Things {
        let facts = self.facts(file);
        let mut things = Things::default();
        match facts[annotation].kind {
            ExprKind::Choice { options, .. } => {
                for option in facts.list(options) {
                    things.extend(&self.annotated(file, *option));
                }
            }
            ExprKind::Index { object, key, .. } => {
                let wrapper = crate::program::names::last_name(facts, object).map_or("", |name| facts.text(name));
                let inner: Vec<ExprId> = match facts[key].kind {
                    ExprKind::Group(options) => facts.list(options).to_vec(),
                    _ => vec![key],
                };
                match wrapper {
                    "Optional" | "Union" | "Final" | "ClassVar" | "Required" | "NotRequired" | "Awaitable"
                    | "Coroutine" => {
                        let inner = if wrapper == "Coroutine" {
                            &inner[inner.len() - 1..]
                        } else {
                            &inner[..]
                        };
                        for option in inner {
                            things.extend(&self.annotated(file, *option));
                        }
                    }
                    "Annotated" => {
                        if let Some(first) = inner.first() {
                            things = self.annotated(file, *first);
                        }
                    }
                    "Type" | "type" => {
                        for entry in inner
                            .first()
                            .map(|first| self.annotated(file, *first))
                            .unwrap_or_default()
                        {
                            if let Thing::Instance(class, _) = entry.thing {
                                things.add(Thing::Class(class, Exact::OrBelow), entry.confidence);
                            }
                        }
                    }
                    // A container of known things: what it holds is read off when its elements are asked for.
                    _ if is_container(wrapper) => things.add(Thing::Made(file, annotation), Confidence::Certain),
                    _ => things = self.annotated(file, object),
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                for entry in self.settled(file, annotation) {
                    let thing = match entry.thing {
                        Thing::Class(class, _) if !self.is_protocol(class) => Thing::Instance(class, Exact::OrBelow),
                        Thing::Library(path) => match self.paths.builtin_name(path) {
                            Some("object" | "type" | "callable") => continue,
                            Some(name) if is_type_parameter(name) => continue,
                            // An alias of types: `Token = Annotated[…]`.
                            _ if is_no_type(self.paths.text(path)) => continue,
                            _ => Thing::LibraryInstance(path),
                        },
                        Thing::Made(at, expr) if at != file || expr != annotation => {
                            things.extend(&self.annotated_alias(at, expr));
                            continue;
                        }
                        _ => continue,
                    };
                    things.add(thing, entry.confidence);
                }
            }
            _ => {}
        }
        things
    }

    /// What the type that a name stands for says: `Token = Annotated[str, …]`, `T = TypeVar("T", bound=User)`.
    fn annotated_alias(&mut self, file: FileId, expr: ExprId) -> Things {
        match self.facts(file)[expr].kind {
            ExprKind::Index { .. } | ExprKind::Choice { .. } => self.annotated(file, expr),
            ExprKind::Call(call) => self.bound_of_variable(file, call),
            _ => Things::default(),
        }
    }

    /// `T = TypeVar("T", bound=User)`: at least a `User`.
    fn bound_of_variable(&mut self, file: FileId, call: crate::facts::CallId) -> Things {
        let facts = self.facts(file);
        let bound = facts
            .arguments(&facts[call])
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == "bound"));
        let Some(bound) = bound else { return Things::default() };
        match facts[bound.value].kind {
            ExprKind::Text(name) => {
                let mut things = Things::default();
                for entry in self.own_member(file, MODULE_SCOPE, facts.text(name)) {
                    if let Thing::Class(class, _) = entry.thing {
                        things.add(Thing::Instance(class, Exact::OrBelow), entry.confidence);
                    }
                }
                things
            }
            _ => self.annotated(file, bound.value),
        }
    }
}

/// Whether anything speaks of the program's own: what stands in for an object of its own may come from a library.
fn is_of_program(things: &Things) -> bool {
    let is_own = |thing: Thing| !matches!(thing, Thing::Library(_) | Thing::LibraryInstance(_));
    things.iter().any(|entry| is_own(entry.thing))
}

/// Whether subscripting something makes a type of others: `Optional[…]`, `Annotated[…]`.
fn is_type_form(facts: &FileFacts, object: ExprId) -> bool {
    crate::program::names::last_name(facts, object)
        .is_some_and(|name| matches!(facts.text(name), "Annotated" | "Optional" | "Union"))
}

fn is_literal(kind: ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Text(_)
            | ExprKind::Truth(_)
            | ExprKind::Number(_)
            | ExprKind::Nothing
            | ExprKind::Group(_)
            | ExprKind::Table(_)
    )
}

/// Generic types whose argument is what they hold.
fn is_container(name: &str) -> bool {
    matches!(
        name,
        "list"
            | "List"
            | "dict"
            | "Dict"
            | "set"
            | "Set"
            | "frozenset"
            | "FrozenSet"
            | "tuple"
            | "Tuple"
            | "deque"
            | "Deque"
            | "defaultdict"
            | "DefaultDict"
            | "OrderedDict"
            | "Sequence"
            | "MutableSequence"
            | "Iterable"
            | "Iterator"
            | "Collection"
            | "Mapping"
            | "MutableMapping"
            | "AsyncIterator"
            | "AsyncIterable"
            | "Generator"
            | "AsyncGenerator"
    )
}

/// Whether a name that nothing binds, and that is no built-in type, is a type parameter: the `T` of `class Box[T]`.
fn is_type_parameter(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && ![
            "Error",
            "Exception",
            "Warning",
            "Exit",
            "Interrupt",
            "Iteration",
            "Group",
        ]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Types that say nothing of what a value is.
fn is_no_type(path: &str) -> bool {
    matches!(
        path.rsplit('.').next().unwrap_or(""),
        "Any"
            | "Self"
            | "Callable"
            | "TypeVar"
            | "Awaitable"
            | "Coroutine"
            | "Hashable"
            | "Protocol"
            | "Generic"
            | "None"
    )
}

/// Whether it is known which object that is, class and all.
fn is_exact(entry: super::Entry) -> bool {
    !matches!(
        entry.thing,
        Thing::Made(..) | Thing::Parameter(..) | Thing::Instance(_, Exact::OrBelow)
    )
}
