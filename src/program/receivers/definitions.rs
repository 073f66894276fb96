//! Functions: how they are called, and what their decorators make of them.

use super::arguments::{Flow, Slot};
use super::demand::{Decoration, decorations};
use super::news::News;
use super::results::is_callable;
use super::{Exact, Receivers, Thing, Things};
use crate::catalog::{Entry, Role};
use crate::facts::{BindingKind, CallId, Exit, ExprId, ExprKind, FileFacts, FunctionId, ParameterKind, Range};
use crate::finding::Confidence;
use crate::program::bindings::lookup;
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

impl<'a> Receivers<'_, 'a> {
    /// What a function's name stands for once its decorators are applied.
    pub(super) fn definition(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        if self.facts(file)[id].decorators.len == 0 {
            return self.decorated_from(function, 0);
        }
        let key = self.first_keys[file.0 as usize].definition + id.0;
        self.solve(key, |receivers| {
            let mut things = receivers.decorated_from(function, 0);
            if receivers.is_whole {
                things.extend(&receivers.registered_for(function));
            }
            things
        })
    }

    /// The functions that stand in for one that dispatches by type.
    fn registered_for(&mut self, function: FunctionRef) -> Things {
        self.is_open |= self.is_collecting;
        let mut things = Things::default();
        for registered in self.registered.get(&function).cloned().unwrap_or_default() {
            things.extend(&self.definition(registered).at_most(Confidence::Likely));
        }
        things
    }

    /// Finds the functions that are registered to stand in for others: `@dump.register`, `@dump.register(list)`.
    pub(super) fn find_registered(&mut self) {
        self.is_collecting = true;
        for file in self.own_files() {
            let facts = self.facts(file);
            let Some(register) = facts.names.find("register") else {
                continue;
            };
            for function in self.functions_of(file) {
                for decorator in facts.list(facts[function].decorators) {
                    let named = match facts[*decorator].kind {
                        ExprKind::Call(call) => facts[call].callee,
                        _ => *decorator,
                    };
                    if let ExprKind::Member { object, name } = facts[named].kind
                        && name == register
                    {
                        self.register(file, object, function);
                    }
                }
            }
        }
        self.is_collecting = false;
    }

    fn register(&mut self, file: FileId, dispatcher: ExprId, function: FunctionId) {
        for entry in self.settled(file, dispatcher) {
            let (Thing::Function(of) | Thing::Method(of)) = entry.thing else {
                continue;
            };
            let decorators = self.facts(of.0)[of.1].decorators;
            let dispatches = |role: Role| role == Role::DispatchesByType;
            if of != (file, function) && self.decorated_with(of.0, decorators, dispatches).is_some() {
                self.learn(News::Registered {
                    of,
                    function: (file, function),
                });
            }
        }
    }

    /// What the decorators of a function, the first `skipped` left out, make of it.
    pub(super) fn decorated_from(&mut self, function: FunctionRef, skipped: usize) -> Things {
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
    pub(super) fn decorated(&mut self, file: FileId, decorator: ExprId, subject: &Things) -> Things {
        let mut made = Things::default();
        for entry in self.settled(file, decorator) {
            let given = match entry.thing {
                Thing::Function(function) => self.substituted(function, None, subject),
                Thing::Bound(function, class, exact) => self.substituted(function, Some((class, exact)), subject),
                // `@task(name="ship")` of `def task(function=None, *, name): … return partial(task, name=name)`
                Thing::Partial(at, binding) => {
                    let mut given = Things::default();
                    for (function, first) in self.functions_of_partial(at, binding) {
                        given.extend(&self.substituted_at(function, first, None, subject));
                    }
                    given
                }
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
        self.substituted_at(decorator, u32::from(receiver.is_some()), receiver, subject)
    }

    /// The same, where the subject is the parameter at `first`.
    fn substituted_at(
        &mut self,
        decorator: FunctionRef,
        first: u32,
        receiver: Option<(ClassRef, Exact)>,
        subject: &Things,
    ) -> Things {
        let mut given = Things::default();
        for entry in self.given(decorator) {
            match entry.thing {
                Thing::Parameter(function, index) if function == decorator => {
                    if index == first {
                        given.extend(subject);
                    }
                }
                // What it gives where it gets nothing to decorate yet.
                Thing::Partial(..) => {}
                other => given.add(self.seen_from(other, receiver), entry.confidence),
            }
        }
        given
    }

    /// The functions that a call like `partial(f, x)` binds arguments to, and the parameter that gets the next one.
    pub(super) fn functions_of_partial(&mut self, file: FileId, call: CallId) -> Vec<(FunctionRef, u32)> {
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]).iter();
        let positional = arguments.filter(|argument| argument.keyword.is_none()).count();
        let bound = u32::try_from(positional).unwrap_or(1).saturating_sub(1);
        let functions = self.bound_function(file, call);
        let functions = functions.iter().filter_map(|entry| match entry.thing {
            Thing::Function(function) => Some((function, bound)),
            Thing::Bound(function, ..) => Some((function, bound + 1)),
            _ => None,
        });
        functions.collect()
    }

    /// Follows what the decorators of a file's functions and classes get.
    pub(super) fn visit_decorators(&mut self, file: FileId, is_first: bool) {
        for (decorator, passed) in decorations(self.facts(file)) {
            if is_first || self.open_decorators.contains(&(file, decorator)) {
                let decoration = Decoration {
                    file,
                    decorator,
                    passed,
                };
                let ((), is_open) = self.watched(|receivers| receivers.visit_decoration(decoration));
                if is_open {
                    self.open_decorators.insert((file, decorator));
                }
            }
        }
    }

    /// Follows what one decorator gets.
    pub(super) fn visit_decoration(
        &mut self,
        Decoration {
            file,
            decorator,
            passed,
        }: Decoration,
    ) {
        for entry in self.settled(file, decorator) {
            let decorating: Vec<(FunctionRef, u32)> = match entry.thing {
                Thing::Function(function) => vec![(function, 0)],
                Thing::Bound(function, ..) => vec![(function, 1)],
                Thing::Class(class, _) => self
                    .constructor(class)
                    .map(|function| (function, 1))
                    .into_iter()
                    .collect(),
                Thing::Instance(class, exact) => {
                    let symbol = self.symbol_of("__call__");
                    let calls = self.object_member(class, exact, symbol, "__call__");
                    match calls.iter().next().map(|entry| entry.thing) {
                        Some(Thing::Bound(function, ..)) => vec![(function, 1)],
                        _ => continue,
                    }
                }
                Thing::Partial(at, call) => self.functions_of_partial(at, call),
                _ => continue,
            };
            for (function, index) in decorating {
                let parameters = self.facts(function.0).parameters(self.function(function));
                let Some(parameter) = parameters.get(index as usize) else {
                    continue;
                };
                let slot = match parameter.kind {
                    ParameterKind::Rest => Slot::Position(0),
                    _ => Slot::Whole,
                };
                self.pass(function, index, Flow { file, passed, slot });
            }
        }
    }

    /// Whether a method only says that others must define it.
    pub(super) fn is_abstract(&self, (file, function): FunctionRef) -> bool {
        let facts = self.facts(file);
        has_decorator(facts, function, "abstractmethod")
            || self.always_raises((file, function)).is_some_and(|raised| {
                last_name(facts, raised).is_some_and(|name| facts.text(name) == "NotImplementedError")
            })
    }

    /// What a function raises that does nothing else.
    pub(super) fn always_raises(&self, (file, function): FunctionRef) -> Option<ExprId> {
        let facts = self.facts(file);
        let body = facts[function].body;
        let Exit::Raises(Some(raised)) = facts[body].exit else {
            return None;
        };
        let has_more = facts.blocks.iter().any(|block| block.parent == Some(body));
        (!has_more).then_some(raised)
    }

    /// What the catalog says of the library function that a decorator is, or that makes it, where it has a role that is wanted.
    pub(crate) fn known_decorator(
        &mut self,
        file: FileId,
        decorator: ExprId,
        is_wanted: impl Fn(Role) -> bool,
    ) -> Option<(&'a Entry, Option<CallId>)> {
        let (things, call) = match self.facts(file)[decorator].kind {
            ExprKind::Call(call) => (self.callees(file, call), Some(call)),
            _ => (self.settled(file, decorator), None),
        };
        let known = things.iter().find_map(|entry| match entry.thing {
            Thing::Library(path) => {
                let node = self.paths.node(path)?;
                self.program
                    .catalog
                    .call(node)
                    .filter(|entry| entry.role.is_some_and(&is_wanted))
            }
            _ => None,
        });
        known.map(|entry| (entry, call))
    }

    /// The same of the first of some decorators of which it says anything.
    pub(super) fn decorated_with(
        &mut self,
        file: FileId,
        decorators: Range,
        is_wanted: impl Fn(Role) -> bool,
    ) -> Option<(&'a Entry, Option<CallId>)> {
        let decorators = self.facts(file).list(decorators);
        decorators
            .iter()
            .find_map(|decorator| self.known_decorator(file, *decorator, &is_wanted))
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

/// Whether a model of pydantic runs a method when an object is made.
pub(super) fn runs_with_fields(facts: &FileFacts, function: FunctionId) -> bool {
    is_validator(facts, function) || has_decorator(facts, function, "model_validator")
}

/// Whether a function calls what it is handed, as retry helpers and circuit breakers do.
pub(super) fn runs_parameter(facts: &FileFacts, function: FunctionId) -> bool {
    let inside = facts[function].extent;
    let own = facts[function].scope;
    facts.calls_within(inside).any(|(_, call)| {
        let ExprKind::Name { name, scope } = facts[call.callee].kind else {
            return false;
        };
        lookup(facts, scope, name).is_some_and(|bindings| {
            let mut bindings = bindings.iter();
            bindings.any(|binding| binding.scope == own && matches!(binding.kind, BindingKind::Parameter(_)))
        })
    })
}

/// Validators of pydantic are class methods without saying so.
fn is_validator(facts: &FileFacts, function: FunctionId) -> bool {
    facts.list(facts[function].decorators).iter().any(|decorator| {
        last_name(facts, *decorator)
            .is_some_and(|name| matches!(facts.text(name), "validator" | "root_validator" | "field_validator"))
    })
}
