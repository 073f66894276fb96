//! Functions: what decorators make of them, what they give, what their callers pass.

use super::classes::Ancestor;
use super::memo::Key;
use super::news::News;
use super::things::MOST_FLOWING;
use super::{Exact, PathId, Receivers, Thing, Things};
use crate::catalog::{Meaning, Role};
use crate::facts::{Argument, CallId, ExprId, ExprKind, FileFacts, FunctionId, Parameter, ParameterKind, Splat};
use crate::finding::Confidence;
use crate::program::names::{ClassRef, FunctionRef, has_decorator, last_name};
use crate::source::FileId;

/// What the first parameter of a function in a class body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MethodKind {
    /// The object.
    OfObject,
    /// The class.
    OfClass,
    /// An ordinary argument.
    Static,
    /// The object, and reading the name calls it.
    Property,
}

/// One thing that a caller passes to a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) file: FileId,
    pub(super) passed: Passed,
    /// For `*args` and `**kwargs` under which position or keyword it is found there.
    pub(super) slot: Slot,
}

/// An argument that a library gets to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handed {
    pub(crate) value: ExprId,
    /// Whether it stands where a coroutine is wanted.
    pub(crate) is_coroutine: bool,
    /// Whether it is a function that gets called: where one is wanted, or one stands for its coroutine.
    pub(crate) is_called: bool,
}

/// What is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// The value of an expression.
    Value(ExprId),
    /// Each element of it.
    Elements(ExprId),
    /// A function, to its decorator: with what the decorators behind that position made of it.
    Decorated(FunctionId, u32),
    /// The object that a function is called on.
    Receiver(ClassRef, Exact),
    /// A class, to its decorator.
    DecoratedClass(crate::facts::ClassId),
}

/// Where a passed value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// In the parameter itself.
    Whole,
    /// At a position of `*args`.
    Position(u32),
    /// At a keyword of `**kwargs`, named in the flow's file.
    Keyword(crate::facts::Name),
}

/// A parameter that gets more literals than this gets any.
const MOST_LITERALS: usize = 6;
/// More callers of one parameter are not told apart.
pub(super) const MOST_FLOWS: usize = 64;

impl Receivers<'_, '_> {
    // Definitions

    /// What a function's name stands for once its decorators are applied.
    pub(super) fn definition(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        if self.facts(file)[id].decorators.len == 0 {
            return self.decorated_from(function, 0);
        }
        let key = self.bases[file.0 as usize].definition + id.0;
        self.solve(key, |receivers| receivers.decorated_from(function, 0))
    }

    /// What the decorators of a function, the first `skipped` left out, make of it.
    fn decorated_from(&mut self, function: FunctionRef, skipped: usize) -> Things {
        let (file, id) = function;
        let facts = self.facts(file);
        let plain = if facts[id].class.is_some() {
            match self.kind_of_method(function) {
                MethodKind::OfObject => Thing::Method(function),
                MethodKind::OfClass => Thing::ClassMethod(function),
                MethodKind::Property => Thing::Property(function),
                MethodKind::Static => Thing::Function(function),
            }
        } else {
            Thing::Function(function)
        };
        let mut things = Things::one(plain);
        for decorator in facts.list(facts[id].decorators)[skipped..].iter().rev() {
            // `@name.setter`: reading the name still calls the getter that stood before.
            if let ExprKind::Member { object, name } = facts[*decorator].kind
                && matches!(facts.text(name), "setter" | "deleter")
            {
                let getter = self.value(file, object);
                if getter.iter().any(|entry| matches!(entry.thing, Thing::Property(_))) {
                    return getter;
                }
            }
            let made = self.decorated(file, *decorator, &things);
            if !made.is_empty() {
                things = made;
            }
        }
        things
    }

    /// What a decorator makes of what it is applied to; nothing where it gives the same back, or nobody knows.
    fn decorated(&mut self, file: FileId, decorator: ExprId, subject: &Things) -> Things {
        let mut made = Things::default();
        for entry in self.settled(file, decorator) {
            let given = match entry.thing {
                Thing::Function(function) => self.substituted(function, None, subject),
                Thing::Bound(function, class, exact) => self.substituted(function, Some((class, exact)), subject),
                Thing::Class(class, _) if self.has_call_method(class) => {
                    Things::one(Thing::Instance(class, Exact::Yes))
                }
                Thing::Instance(class, exact) => {
                    let symbol = self.symbol_of("__call__");
                    let mut given = Things::default();
                    for call in self.object_member(class, exact, symbol, "__call__") {
                        if let Thing::Bound(function, class, exact) = call.thing {
                            given.extend(&self.substituted(function, Some((class, exact)), subject));
                        }
                    }
                    given
                }
                _ => Things::default(),
            };
            made.extend(&given.at_most(entry.confidence));
        }
        let mut callable = made.clone();
        callable.retain(is_callable);
        // A method that is wrapped is still looked up as one.
        if subject.iter().any(|entry| matches!(entry.thing, Thing::Method(_))) {
            let mut methods = Things::default();
            for entry in callable {
                let thing = match entry.thing {
                    Thing::Function(function) => Thing::Method(function),
                    other => other,
                };
                methods.add(thing, entry.confidence);
            }
            return methods;
        }
        callable
    }

    fn has_call_method(&mut self, class: ClassRef) -> bool {
        let symbol = self.symbol_of("__call__");
        self.attribute(class, symbol, "__call__")
            .iter()
            .any(|entry| matches!(entry.thing, Thing::Method(_)))
    }

    /// What `decorator(subject)` gives.
    fn substituted(&mut self, decorator: FunctionRef, receiver: Option<(ClassRef, Exact)>, subject: &Things) -> Things {
        let first = u32::from(receiver.is_some());
        let mut given = Things::default();
        for entry in self.given(decorator) {
            match entry.thing {
                Thing::Parameter(function, index) if function == decorator => {
                    if index == first {
                        given.extend(subject);
                    }
                }
                other => given.add(self.seen_from(other, receiver), entry.confidence),
            }
        }
        given
    }

    /// Follows what the decorators of a file's functions and classes get.
    pub(super) fn visit_decorators(&mut self, file: FileId, is_first: bool) {
        let facts = self.facts(file);
        let mut all: Vec<(ExprId, Passed)> = Vec::new();
        for function in self.functions_of(file) {
            for (index, decorator) in facts.list(facts[function].decorators).iter().enumerate() {
                let behind = u32::try_from(index + 1).unwrap_or(u32::MAX);
                all.push((*decorator, Passed::Decorated(function, behind)));
            }
        }
        for (index, class) in facts.classes.iter().enumerate() {
            let class_id = crate::facts::ClassId(u32::try_from(index).unwrap_or(u32::MAX));
            for decorator in facts.list(class.decorators) {
                all.push((*decorator, Passed::DecoratedClass(class_id)));
            }
        }
        for (decorator, passed) in all {
            if !is_first && !self.open_decorators.contains(&(file, decorator)) {
                continue;
            }
            let ((), is_open) = self.watched(|receivers| receivers.pass_decorated(file, decorator, passed));
            if is_open {
                self.open_decorators.insert((file, decorator));
            }
        }
    }

    fn pass_decorated(&mut self, file: FileId, decorator: ExprId, passed: Passed) {
        for entry in self.settled(file, decorator) {
            let (function, first) = match entry.thing {
                Thing::Function(function) => (function, 0),
                Thing::Bound(function, ..) => (function, 1),
                Thing::Class(class, _) => match self.constructor(class) {
                    Some(function) => (function, 1),
                    None => continue,
                },
                Thing::Instance(class, exact) => {
                    let symbol = self.symbol_of("__call__");
                    let calls = self.object_member(class, exact, symbol, "__call__");
                    match calls.iter().next().map(|entry| entry.thing) {
                        Some(Thing::Bound(function, ..)) => (function, 1),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            let parameters = self.facts(function.0).parameters(self.function(function));
            if let Some(parameter) = parameters.get(first) {
                let index = u32::try_from(first).unwrap_or(u32::MAX);
                let slot = match parameter.kind {
                    ParameterKind::Rest => Slot::Position(0),
                    _ => Slot::Whole,
                };
                self.pass(function, index, Flow { file, passed, slot });
            }
        }
    }

    /// How a function of a class body is called.
    pub(super) fn kind_of_method(&self, (file, function): FunctionRef) -> MethodKind {
        let facts = self.facts(file);
        if has_decorator(facts, function, "staticmethod") {
            return MethodKind::Static;
        }
        if is_property(facts, function) {
            return MethodKind::Property;
        }
        let name = facts[function].name.map_or("", |name| facts.text(name));
        if has_decorator(facts, function, "classmethod")
            || matches!(name, "__new__" | "__init_subclass__" | "__class_getitem__")
            || is_validator(facts, function)
        {
            return MethodKind::OfClass;
        }
        MethodKind::OfObject
    }

    // Results

    /// What a function gives: what its annotation says, else what it returns. What it is called on and what callers pass are
    /// still in it as parameters.
    pub(super) fn given(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        let key = self.bases[file.0 as usize].given + id.0;
        self.solve(key, |receivers| {
            let facts = receivers.facts(file);
            if let Some(annotation) = facts[id].returns {
                let declared = receivers.annotated(file, annotation);
                let mut known = declared.clone();
                known.retain(|thing| {
                    matches!(
                        thing,
                        Thing::Instance(..) | Thing::LibraryInstance(_) | Thing::Class(..)
                    )
                });
                if !known.is_empty() {
                    return declared;
                }
            }
            receivers.handed_back(function, false)
        })
    }

    /// What iterating a generator gives, or entering one as a context.
    pub(super) fn yielded(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        let key = self.bases[file.0 as usize].yielded + id.0;
        self.solve(key, |receivers| {
            let facts = receivers.facts(file);
            let mut written = receivers.handed_back(function, true);
            let mut known = written.clone();
            known.retain(|thing| !matches!(thing, Thing::Parameter(..)));
            if known.is_empty()
                && let Some(annotation) = facts[id].returns
                && let ExprKind::Index { key, .. } = facts[annotation].kind
            {
                let element = match facts[key].kind {
                    ExprKind::Group(options) => facts.list(options).first().copied(),
                    _ => Some(key),
                };
                if let Some(element) = element {
                    written.extend(&receivers.annotated(file, element));
                }
            }
            written
        })
    }

    fn handed_back(&mut self, (file, function): FunctionRef, yields: bool) -> Things {
        let facts = self.facts(file);
        let order = &self.returns[file.0 as usize];
        let start = order.partition_point(|index| facts.returns[*index as usize].function < function);
        let own: Vec<u32> = order[start..]
            .iter()
            .copied()
            .take_while(|index| facts.returns[*index as usize].function == function)
            .collect();
        let mut things = Things::default();
        for index in own {
            let returned = facts.returns[index as usize];
            if let Some(value) = returned.value.filter(|_| returned.is_yield == yields) {
                // `yield from other`
                if let ExprKind::Through(inner) = facts[value].kind
                    && yields
                {
                    let spread = self.settled(file, inner);
                    things.extend(&self.elements_of(&spread, None));
                } else {
                    things.extend(&self.value(file, value));
                }
            }
        }
        things
    }

    /// What a call gives.
    pub(super) fn result(&mut self, file: FileId, call: CallId) -> Things {
        let key = self.bases[file.0 as usize].result + call.0;
        self.solve(key, |receivers| {
            let callees = receivers.callees(file, call);
            let mut things = Things::default();
            for entry in callees {
                things.extend(&receivers.result_of(entry.thing, file, call).at_most(entry.confidence));
            }
            things
        })
    }

    fn result_of(&mut self, callee: Thing, file: FileId, call: CallId) -> Things {
        match callee {
            Thing::Function(function) | Thing::Method(function) => self.given_to(function, None, Some((file, call))),
            Thing::Bound(function, class, exact) => self.given_to(function, Some((class, exact)), Some((file, call))),
            Thing::ClassMethod(function) => match self.class_of(function) {
                Some(class) => self.given_to(function, Some((class, Exact::Yes)), Some((file, call))),
                None => Things::default(),
            },
            Thing::Class(class, exact) => Things::one(Thing::Instance(class, exact)),
            Thing::Instance(class, exact) => {
                let symbol = self.symbol_of("__call__");
                let mut things = Things::default();
                for entry in self.object_member(class, exact, symbol, "__call__") {
                    if let Thing::Bound(function, class, exact) = entry.thing {
                        things.extend(&self.given_to(function, Some((class, exact)), Some((file, call))));
                    }
                }
                things
            }
            Thing::Partial(at, binding) => {
                let mut things = Things::default();
                for entry in self.bound_function(at, binding) {
                    things.extend(&self.result_of(entry.thing, file, call));
                }
                things
            }
            Thing::Library(path) => self.library_result(path, file, call),
            Thing::LibraryInstance(path) => {
                let path = self.paths.child(self.program.catalog, path, "__call__");
                self.library_result(path, file, call)
            }
            _ => Things::default(),
        }
    }

    /// What a function gives to one call of it: its own parameters are that call's arguments, `self` is what it is called on.
    pub(super) fn given_to(
        &mut self,
        function: FunctionRef,
        receiver: Option<(ClassRef, Exact)>,
        call: Option<(FileId, CallId)>,
    ) -> Things {
        if self.function(function).is_generator {
            return Things::one(Thing::Generator(function, receiver));
        }
        let mut things = Things::default();
        for entry in self.given(function) {
            match entry.thing {
                Thing::Parameter(of, index) if of == function => {
                    things.extend(
                        &self
                            .argument_value(function, index, receiver, call)
                            .at_most(entry.confidence),
                    );
                }
                other => things.add(self.seen_from(other, receiver), entry.confidence),
            }
        }
        things
    }

    /// `self` and `cls` of a method, once it is known on what it was called.
    fn seen_from(&mut self, thing: Thing, receiver: Option<(ClassRef, Exact)>) -> Thing {
        let Some((called_on, exact)) = receiver else {
            return thing;
        };
        let is_below = |receivers: &mut Self, class: ClassRef| {
            receivers
                .resolution_order(called_on)
                .contains(&Ancestor::Project(class))
        };
        match thing {
            Thing::Instance(class, Exact::Receiver) if is_below(self, class) => Thing::Instance(called_on, exact),
            Thing::Class(class, Exact::Receiver) if is_below(self, class) => Thing::Class(called_on, exact),
            other => other,
        }
    }

    fn argument_value(
        &mut self,
        function: FunctionRef,
        index: u32,
        receiver: Option<(ClassRef, Exact)>,
        call: Option<(FileId, CallId)>,
    ) -> Things {
        if index == 0
            && let Some((class, exact)) = receiver
        {
            return Things::one(Thing::Instance(class, exact));
        }
        let parameter = self.facts(function.0).parameters(self.function(function))[index as usize];
        if let Some((file, call)) = call {
            let offset = u32::from(receiver.is_some());
            if let Some(argument) = self.argument_for(function, index, offset, file, call) {
                return self.value(file, argument);
            }
        }
        match parameter.default {
            Some(default) => self.value(function.0, default),
            None => Things::one(Thing::Parameter(function, index)),
        }
    }

    /// The argument that a call passes to one parameter, where it is written out.
    fn argument_for(
        &self,
        function: FunctionRef,
        index: u32,
        offset: u32,
        file: FileId,
        call: CallId,
    ) -> Option<ExprId> {
        let parameters = self.facts(function.0).parameters(self.function(function));
        let parameter = parameters[index as usize];
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        let name = self.text(function.0, parameter.name);
        let by_keyword = arguments
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == name));
        if let Some(argument) = by_keyword {
            return Some(argument.value);
        }
        let position = index.checked_sub(offset)? as usize;
        let argument = arguments
            .iter()
            .take_while(|argument| argument.keyword.is_none() && argument.splat == Splat::No)
            .nth(position)?;
        Some(argument.value)
    }

    /// What a library's function gives, as far as the catalog knows.
    fn library_result(&mut self, path: PathId, file: FileId, call: CallId) -> Things {
        let catalog = self.program.catalog;
        if let Some(name) = self.paths.builtin_name(path).map(str::to_owned)
            && let Some(found) = self.builtin_result(&name, file, call)
        {
            return found;
        }
        // What a variable of types stands for is said by its call.
        if self.paths.text(path).ends_with("TypeVar") {
            return Things::one(Thing::Made(file, self.facts(file)[call].expr));
        }
        let entry = self.paths.node(path).and_then(|node| catalog.call(node));
        if let Some(entry) = entry {
            if let Some(returned) = entry.returns {
                let mut things = Things::one(Thing::LibraryInstance(self.paths.of_node(catalog, returned)));
                // What is awaited in the end is what the coroutine gives.
                if matches!(entry.role, Some(Role::SchedulesOnLoop | Role::RunsInThread)) {
                    things.extend(&self.results_of_callables(path, file, call));
                }
                return things;
            }
            let facts = self.facts(file);
            let arguments = facts.arguments(&facts[call]);
            if let Some(argument) = entry
                .returns_argument
                .and_then(|position| arguments.get(position as usize))
            {
                return self.value(file, argument.value);
            }
            match entry.role {
                Some(Role::BindsArguments) => return Things::one(Thing::Partial(file, call)),
                Some(
                    Role::RunsInThread
                    | Role::SchedulesOnLoop
                    | Role::RunsEventLoop
                    | Role::CallsFunction
                    | Role::InjectsDependency,
                ) => {
                    return self.results_of_callables(path, file, call);
                }
                _ => {}
            }
        }
        let is_class = self.paths.node(path).is_some_and(|node| catalog.is_type(node))
            || self
                .paths
                .text(path)
                .rsplit('.')
                .next()
                .is_some_and(|name| name.starts_with(char::is_uppercase));
        if is_class {
            Things::one(Thing::LibraryInstance(path))
        } else {
            Things::default()
        }
    }

    /// What the functions that are handed to a library give, since it hands that on: `await to_thread(f)`, `run(main())`.
    pub(super) fn results_of_callables(&mut self, path: PathId, file: FileId, call: CallId) -> Things {
        let mut things = Things::default();
        let handed = self.handed_over(path, file, call);
        if self.gathers(path) || handed.iter().any(|handed| self.is_spread(file, call, handed.value)) {
            // `first, second = await gather(one(), two())`
            things.add(Thing::Made(file, self.facts(file)[call].expr), Confidence::Certain);
            return things;
        }
        for Handed { value, is_called, .. } in handed {
            let values = self.settled(file, value);
            if !is_called {
                things.extend(&values);
                continue;
            }
            // What is no function is the coroutine's result, or a future of it.
            let mut others = values.clone();
            others.retain(|thing| !is_callable(thing) || matches!(thing, Thing::Instance(..)));
            things.extend(&others);
            for entry in values {
                let given = match entry.thing {
                    Thing::Function(function) => self.given_to(function, None, None),
                    Thing::Bound(function, class, exact) => self.given_to(function, Some((class, exact)), None),
                    Thing::Class(class, _) => Things::one(Thing::Instance(class, Exact::Yes)),
                    Thing::Partial(at, binding) => {
                        let mut given = Things::default();
                        for inner in self.bound_function(at, binding) {
                            given.extend(&match inner.thing {
                                Thing::Function(function) => self.given_to(function, None, Some((at, binding))),
                                Thing::Bound(function, class, exact) => {
                                    self.given_to(function, Some((class, exact)), Some((at, binding)))
                                }
                                _ => Things::default(),
                            });
                        }
                        given
                    }
                    _ => Things::default(),
                };
                things.extend(&given.at_most(entry.confidence));
            }
        }
        things
    }

    /// The arguments of a library call that are functions it calls, or coroutines it runs.
    pub(crate) fn handed_over(&self, path: PathId, file: FileId, call: CallId) -> Vec<Handed> {
        let catalog = self.program.catalog;
        let entry = self.paths.node(path).and_then(|node| catalog.call(node));
        let Some(entry) = entry.filter(|_| self.paths.hands_over(path)) else {
            return Vec::new();
        };
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        let mut found = Vec::new();
        for meaning in ["callable", "coroutine"] {
            let Some((_, places)) = entry.arguments.iter().find(|(name, _)| name == meaning) else {
                continue;
            };
            for (position, argument) in arguments.iter().enumerate() {
                let is_meant = places.iter().any(|place| match place {
                    Meaning::Position(wanted) => argument.keyword.is_none() && *wanted as usize == position,
                    Meaning::Keyword(name) => argument.keyword.is_some_and(|keyword| facts.text(keyword) == name),
                });
                if is_meant {
                    // A coroutine function may stand for its coroutine: `anyio.run(main)`.
                    let is_reference = matches!(
                        facts[argument.value].kind,
                        ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Lambda(_)
                    );
                    found.push(Handed {
                        value: argument.value,
                        is_coroutine: meaning == "coroutine",
                        is_called: meaning == "callable" || is_reference,
                    });
                }
            }
        }
        found
    }

    /// Whether a library function runs several coroutines and gives all results.
    fn gathers(&self, path: PathId) -> bool {
        let catalog = self.program.catalog;
        let entry = self.paths.node(path).and_then(|node| catalog.call(node));
        let coroutines = entry.and_then(|entry| entry.arguments.iter().find(|(name, _)| name == "coroutine"));
        coroutines.is_some_and(|(_, places)| {
            places
                .iter()
                .filter(|place| matches!(place, Meaning::Position(_)))
                .count()
                > 1
        })
    }

    fn is_spread(&self, file: FileId, call: CallId, argument: ExprId) -> bool {
        let facts = self.facts(file);
        facts
            .arguments(&facts[call])
            .iter()
            .any(|passed| passed.value == argument && passed.splat != Splat::No)
    }

    /// The functions that a call like `partial(f, x)` binds arguments to.
    pub(crate) fn bound_function(&mut self, file: FileId, call: CallId) -> Things {
        let facts = self.facts(file);
        match facts.arguments(&facts[call]).first() {
            Some(argument) => self.settled(file, argument.value),
            None => Things::default(),
        }
    }

    // What callers pass

    /// The things with parameters replaced by what is known that callers pass.
    pub(super) fn settle(&mut self, things: Things) -> Things {
        if !things.iter().any(|entry| matches!(entry.thing, Thing::Parameter(..))) {
            return things;
        }
        let mut settled = Things::default();
        for entry in things {
            match entry.thing {
                Thing::Parameter(function, index) => {
                    settled.extend(&self.passed(function, index).at_most(entry.confidence));
                }
                thing => settled.add(thing, entry.confidence),
            }
        }
        settled
    }

    /// What callers pass to a parameter, and its default.
    fn passed(&mut self, function: FunctionRef, index: u32) -> Things {
        // More callers may be found as long as rounds go on.
        self.is_open = true;
        let key = self.key_of_parameter(function, index);
        self.solve(key, |receivers| {
            receivers.is_open = true;
            let mut things = Things::default();
            let parameter = receivers.facts(function.0).parameters(receivers.function(function))[index as usize];
            for flow in receivers.flows.get(&key).cloned().unwrap_or_default() {
                let value = receivers.flowing(flow);
                things.extend(&receivers.settle(value));
            }
            if let Some(default) = parameter.default {
                let value = receivers.value(function.0, default);
                things.extend(&receivers.settle(value));
            }
            receivers.forget_literals(&mut things);
            things.first(MOST_FLOWING).at_most(Confidence::Likely)
        })
    }

    /// Leaves out texts and numbers where there are so many that none of them says anything.
    fn forget_literals(&self, things: &mut Things) {
        let is_literal = |thing: Thing| match thing {
            Thing::Made(file, expr) => matches!(
                self.facts(file)[expr].kind,
                ExprKind::Text(_)
                    | ExprKind::Template(_)
                    | ExprKind::Truth(_)
                    | ExprKind::Number(_)
                    | ExprKind::Nothing
            ),
            _ => false,
        };
        if things.iter().filter(|entry| is_literal(entry.thing)).count() > MOST_LITERALS {
            things.retain(|thing| !is_literal(thing));
        }
    }

    /// The value of what a caller passes.
    pub(super) fn flowing(&mut self, flow: Flow) -> Things {
        match flow.passed {
            Passed::Value(value) => self.value(flow.file, value),
            Passed::Elements(container) => {
                let containers = self.settled(flow.file, container);
                self.elements_of(&containers, None)
            }
            Passed::Decorated(function, skipped) => {
                let mut things = Things::default();
                for entry in self.decorated_from((flow.file, function), skipped as usize) {
                    let thing = match entry.thing {
                        Thing::Method(function) | Thing::ClassMethod(function) | Thing::Property(function) => {
                            Thing::Function(function)
                        }
                        other => other,
                    };
                    things.add(thing, entry.confidence);
                }
                things
            }
            Passed::Receiver(class, exact) => Things::one(Thing::Instance(class, exact)),
            Passed::DecoratedClass(class) => Things::one(Thing::Class((flow.file, class), Exact::Yes)),
        }
    }

    /// What reaches `*args` or `**kwargs` of a function.
    pub(super) fn rest_flows(&self, function: FunctionRef, index: u32) -> Vec<Flow> {
        let key = self.key_of_parameter(function, index);
        self.flows.get(&key).cloned().unwrap_or_default()
    }

    fn pass(&mut self, function: FunctionRef, index: u32, flow: Flow) {
        let key: Key = self.key_of_parameter(function, index);
        self.learn(News::Passed(key, flow));
    }

    /// Follows the arguments of a call into the parameters of what it calls.
    pub(super) fn visit_call(&mut self, file: FileId, call: CallId) {
        for entry in self.callees(file, call) {
            match entry.thing {
                Thing::Function(function) | Thing::Method(function) => self.pass_all(function, 0, file, call, 0),
                Thing::Bound(function, class, exact) => {
                    // A function that became a method, by a decorator or an assignment.
                    if self.class_of(function).is_none() {
                        self.pass_one(function, 0, file, Passed::Receiver(class, exact));
                    }
                    self.pass_all(function, 1, file, call, 0);
                }
                Thing::ClassMethod(function) => self.pass_all(function, 1, file, call, 0),
                Thing::Class(class, _) => match self.constructor(class) {
                    Some(function) => self.pass_all(function, 1, file, call, 0),
                    None => self.fill_fields(class, file, call),
                },
                Thing::Instance(class, exact) => {
                    let symbol = self.symbol_of("__call__");
                    for entry in self.object_member(class, exact, symbol, "__call__") {
                        if let Thing::Bound(function, ..) = entry.thing {
                            self.pass_all(function, 1, file, call, 0);
                        }
                    }
                }
                Thing::Partial(at, binding) => {
                    for entry in self.bound_function(at, binding) {
                        let bound = u32::try_from(
                            self.facts(at)
                                .arguments(&self.facts(at)[binding])
                                .iter()
                                .filter(|argument| argument.keyword.is_none())
                                .count(),
                        )
                        .unwrap_or(1)
                        .saturating_sub(1);
                        match entry.thing {
                            Thing::Function(function) => self.pass_all(function, bound, file, call, 0),
                            Thing::Bound(function, ..) => self.pass_all(function, bound + 1, file, call, 0),
                            _ => {}
                        }
                    }
                }
                Thing::Library(path) => self.visit_library_call(path, file, call),
                _ => {}
            }
        }
        self.visit_container_call(file, call);
    }

    /// Arguments behind a function that is handed to a library are passed on to it: `submit(f, x)`, `partial(f, x)`, `map(f, xs)`.
    fn visit_library_call(&mut self, path: PathId, file: FileId, call: CallId) {
        if !self.paths.hands_over(path) {
            return;
        }
        let facts = self.facts(file);
        let role = self
            .paths
            .node(path)
            .and_then(|node| self.program.catalog.call(node))
            .and_then(|entry| entry.role);
        let handed = self.handed_over(path, file, call);
        let maps = self
            .paths
            .builtin_name(path)
            .is_some_and(|name| matches!(name, "map" | "filter"));
        for Handed {
            value: callable,
            is_called,
            ..
        } in handed
        {
            if !is_called {
                continue;
            }
            let arguments = facts.arguments(&facts[call]);
            let position = arguments
                .iter()
                .position(|argument| argument.value == callable)
                .unwrap_or(0);
            for entry in self.settled(file, callable) {
                let (function, offset) = match entry.thing {
                    Thing::Function(function) => (function, 0),
                    Thing::Bound(function, ..) => (function, 1),
                    Thing::Class(class, _) => match self.constructor(class) {
                        Some(function) => (function, 1),
                        None => continue,
                    },
                    _ => continue,
                };
                if maps {
                    for (index, argument) in arguments[position + 1..].iter().enumerate() {
                        self.pass_one(
                            function,
                            offset + u32::try_from(index).unwrap_or(u32::MAX),
                            file,
                            Passed::Elements(argument.value),
                        );
                    }
                } else {
                    self.pass_all(function, offset, file, call, position + 1);
                }
            }
        }
        // `Thread(target=f, args=(a, b))`
        if role == Some(Role::RunsInThread)
            && let Some(passed) = facts
                .arguments(&facts[call])
                .iter()
                .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == "args"))
            && let ExprKind::Group(elements) = facts[passed.value].kind
        {
            for Handed { value, .. } in self.handed_over(path, file, call) {
                for entry in self.settled(file, value) {
                    let (function, offset) = match entry.thing {
                        Thing::Function(function) => (function, 0),
                        Thing::Bound(function, ..) => (function, 1),
                        _ => continue,
                    };
                    for (index, element) in facts.list(elements).iter().enumerate() {
                        self.pass_one(
                            function,
                            offset + u32::try_from(index).unwrap_or(u32::MAX),
                            file,
                            Passed::Value(*element),
                        );
                    }
                }
            }
        }
    }

    fn pass_one(&mut self, function: FunctionRef, position: u32, file: FileId, passed: Passed) {
        let parameters = self.facts(function.0).parameters(self.function(function));
        if let Some((index, slot)) = parameter_at(parameters, position) {
            self.pass(function, index, Flow { file, passed, slot });
        }
    }

    /// Passes the arguments of a call, the first `skipped` left out, to the parameters of `function` behind the first `offset`.
    fn pass_all(&mut self, function: FunctionRef, offset: u32, file: FileId, call: CallId, skipped: usize) {
        let facts = self.facts(file);
        let arguments: &[Argument] = facts.arguments(&facts[call]);
        let arguments = arguments.get(skipped..).unwrap_or(&[]);
        let parameters = self.facts(function.0).parameters(self.function(function));
        let mut position = offset;
        for argument in arguments {
            match (argument.keyword, argument.splat) {
                (Some(keyword), _) => {
                    let name = facts.text(keyword);
                    let named = parameters.iter().position(|parameter| {
                        !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
                            && self.text(function.0, parameter.name) == name
                    });
                    let passed = Passed::Value(argument.value);
                    if let Some(index) = named {
                        let index = u32::try_from(index).unwrap_or(u32::MAX);
                        self.pass(
                            function,
                            index,
                            Flow {
                                file,
                                passed,
                                slot: Slot::Whole,
                            },
                        );
                    } else if let Some(index) = keyword_rest(parameters) {
                        let slot = Slot::Keyword(keyword);
                        self.pass(function, index, Flow { file, passed, slot });
                    }
                }
                (None, Splat::No) => {
                    self.pass_one(function, position, file, Passed::Value(argument.value));
                    position += 1;
                }
                (None, Splat::Positions) => self.pass_spread(function, &mut position, file, argument.value),
                (None, Splat::Keywords) => self.pass_spread_keywords(function, file, argument.value),
            }
        }
    }

    /// `f(*values)`: each value to its position, where they are known.
    fn pass_spread(&mut self, function: FunctionRef, position: &mut u32, file: FileId, values: ExprId) {
        for entry in self.settled(file, values) {
            match entry.thing {
                Thing::Rest(of, index) => {
                    for flow in self.rest_flows(of, index) {
                        let Slot::Position(at) = flow.slot else { continue };
                        let parameters = self.facts(function.0).parameters(self.function(function));
                        if let Some((index, slot)) = parameter_at(parameters, *position + at) {
                            self.pass(function, index, Flow { slot, ..flow });
                        }
                    }
                }
                Thing::Made(at, expr) => {
                    if let ExprKind::Group(elements) = self.facts(at)[expr].kind {
                        for (index, element) in self.facts(at).list(elements).iter().enumerate() {
                            let position = *position + u32::try_from(index).unwrap_or(u32::MAX);
                            self.pass_one(function, position, at, Passed::Value(*element));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// `f(**values)`: each value to the parameter of its name.
    fn pass_spread_keywords(&mut self, function: FunctionRef, file: FileId, values: ExprId) {
        for entry in self.settled(file, values) {
            let named: Vec<(FileId, crate::facts::Name, Passed)> = match entry.thing {
                Thing::Rest(of, index) => self
                    .rest_flows(of, index)
                    .into_iter()
                    .filter_map(|flow| match flow.slot {
                        Slot::Keyword(name) => Some((flow.file, name, flow.passed)),
                        _ => None,
                    })
                    .collect(),
                Thing::Made(at, expr) => match self.facts(at)[expr].kind {
                    ExprKind::Table(entries) => {
                        let facts = self.facts(at);
                        let entries = facts.entries(entries).iter();
                        let texts = entries.filter_map(|(key, value)| match facts[(*key)?].kind {
                            ExprKind::Text(text) => Some((at, text, Passed::Value(*value))),
                            _ => None,
                        });
                        texts.collect()
                    }
                    // `dict(a=1)`
                    ExprKind::Call(call) => {
                        let facts = self.facts(at);
                        let arguments = facts.arguments(&facts[call]).iter();
                        let keywords = arguments
                            .filter_map(|argument| Some((at, argument.keyword?, Passed::Value(argument.value))));
                        keywords.collect()
                    }
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            for (at, name, passed) in named {
                let text = self.text(at, name);
                let parameters = self.facts(function.0).parameters(self.function(function));
                let index = parameters.iter().position(|parameter| {
                    !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
                        && self.text(function.0, parameter.name) == text
                });
                match index {
                    Some(index) => {
                        let index = u32::try_from(index).unwrap_or(u32::MAX);
                        self.pass(
                            function,
                            index,
                            Flow {
                                file: at,
                                passed,
                                slot: Slot::Whole,
                            },
                        );
                    }
                    None => {
                        if let Some(index) = keyword_rest(parameters) {
                            self.pass(
                                function,
                                index,
                                Flow {
                                    file: at,
                                    passed,
                                    slot: Slot::Keyword(name),
                                },
                            );
                        }
                    }
                }
            }
        }
    }

    /// The `__init__` that a class or one of its bases has, where it is one of the program.
    pub(crate) fn constructor(&mut self, class: ClassRef) -> Option<FunctionRef> {
        let symbol = self.symbol_of("__init__");
        self.attribute(class, symbol, "__init__")
            .iter()
            .find_map(|entry| match entry.thing {
                Thing::Method(function) => Some(function),
                _ => None,
            })
    }
}

/// Which parameter gets the argument at a position.
fn parameter_at(parameters: &[Parameter], position: u32) -> Option<(u32, Slot)> {
    let mut seen = 0;
    for (index, parameter) in parameters.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        match parameter.kind {
            ParameterKind::Positional | ParameterKind::Either => {
                if seen == position {
                    return Some((index, Slot::Whole));
                }
                seen += 1;
            }
            ParameterKind::Rest => return Some((index, Slot::Position(position - seen))),
            ParameterKind::Keyword | ParameterKind::KeywordRest => return None,
        }
    }
    None
}

fn keyword_rest(parameters: &[Parameter]) -> Option<u32> {
    let index = parameters
        .iter()
        .position(|parameter| parameter.kind == ParameterKind::KeywordRest)?;
    u32::try_from(index).ok()
}

fn is_callable(thing: Thing) -> bool {
    matches!(
        thing,
        Thing::Function(_)
            | Thing::Bound(..)
            | Thing::Method(_)
            | Thing::ClassMethod(_)
            | Thing::Property(_)
            | Thing::Class(..)
            | Thing::Instance(..)
            | Thing::Partial(..)
    )
}

/// Whether reading a method's name calls it.
pub(super) fn is_property(facts: &FileFacts, function: FunctionId) -> bool {
    facts.list(facts[function].decorators).iter().any(|decorator| {
        let Some(name) = last_name(facts, *decorator) else {
            return false;
        };
        let text = facts.text(name);
        text.ends_with("property") || matches!(text, "reify" | "setter")
    })
}

/// Validators of pydantic are class methods without saying so.
fn is_validator(facts: &FileFacts, function: FunctionId) -> bool {
    facts.list(facts[function].decorators).iter().any(|decorator| {
        last_name(facts, *decorator)
            .is_some_and(|name| matches!(facts.text(name), "validator" | "root_validator" | "field_validator"))
    })
}
