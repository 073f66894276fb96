//! What calls give: what functions of the program return and yield, and what libraries make of the functions they are handed.

use super::classes::Ancestor;
use super::{Entry, Exact, PathId, Receivers, Thing, Things};
use crate::catalog::{Meaning, Role};
use crate::facts::{CallId, ExprId, ExprKind, Splat};
use crate::finding::Confidence;
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;

/// The keyword that stands for all.
const ANY: &str = "*";

/// An argument that a library gets to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handed {
    pub(crate) value: ExprId,
    /// Whether it stands where a coroutine is wanted.
    pub(crate) is_coroutine: bool,
    /// Whether it is a function that gets called: where one is wanted, or one stands for its coroutine.
    pub(crate) is_called: bool,
}

impl Receivers<'_, '_> {
    /// What a function gives: what its annotation says, else what it returns. What it is called on and what callers pass are
    /// still in it as parameters.
    pub(super) fn given(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        let key = self.first_keys[file.0 as usize].given + id.0;
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
                    return receivers.made_by(function).unwrap_or(declared);
                }
            }
            receivers.handed_back(function, false)
        })
    }

    /// What a function gives that makes each of the objects it gives: these very objects, where its annotation leaves open of which
    /// class below they are. `return Client()`, or `self._client = Client()` and `return self._client`.
    fn made_by(&mut self, function: FunctionRef) -> Option<Things> {
        let (file, id) = function;
        let facts = self.facts(file);
        let is_made = |value: ExprId| match facts[value].kind {
            ExprKind::Call(call) => last_name(facts, facts[call].callee)
                .is_some_and(|name| facts.text(name).starts_with(char::is_uppercase)),
            _ => false,
        };
        let is_kept = |value: ExprId| match facts[value].kind {
            ExprKind::Member { name, .. } => facts.stores.iter().any(|store| {
                matches!(facts[store.target].kind, ExprKind::Member { name: to, .. } if to == name)
                    && store.value.is_some_and(is_made)
                    && facts.function_around(facts[store.block].scope) == Some(id)
            }),
            _ => false,
        };
        let returned = self.facts(function.0).returns_of(function.1);
        let mut values = returned.iter().filter_map(|returned| returned.value).peekable();
        if values.peek().is_none() || !values.all(|value| is_made(value) || is_kept(value)) {
            return None;
        }
        let mut made = self.handed_back(function, false);
        made.retain(|thing| !self.is_nothing(thing));
        let is_exact = |entry: Entry| matches!(entry.thing, Thing::Instance(_, Exact::Yes));
        (!made.is_empty() && made.iter().all(is_exact)).then_some(made)
    }

    /// What iterating a generator gives, or entering one as a context.
    pub(super) fn yielded(&mut self, function: FunctionRef) -> Things {
        let (file, id) = function;
        let key = self.first_keys[file.0 as usize].yielded + id.0;
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
        let mut things = Things::default();
        for returned in facts.returns_of(function) {
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
        let key = self.first_keys[file.0 as usize].result + call.0;
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
            Thing::Class(class, exact) => {
                let mut things = Things::one(Thing::Instance(class, exact));
                if self.router_class(class).is_some() {
                    things.add(Thing::Made(file, self.facts(file)[call].expr), Confidence::Certain);
                }
                things
            }
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
                for entry in self.innermost_function(at, binding) {
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

    /// The class of a library that a class of routers or applications derives from.
    pub(crate) fn router_class(&mut self, class: ClassRef) -> Option<PathId> {
        if self.facts(class.0)[class.1].bases.len == 0 {
            return None;
        }
        let catalog = self.program.catalog;
        let ancestors = self.library_ancestors(class);
        ancestors.into_iter().find(|path| {
            let entry = self.paths.node(*path).and_then(|node| catalog.call(node));
            let role = entry.and_then(|entry| entry.role);
            matches!(role, Some(Role::MakesRouter | Role::MakesApplication))
        })
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
                other if self.is_of_another(other, receiver) => {}
                other => things.add(self.seen_from(other, receiver), entry.confidence),
            }
        }
        things
    }

    /// Whether a method of `self` is one that what it was called on does not have: other classes below define it.
    fn is_of_another(&mut self, thing: Thing, receiver: Option<(ClassRef, Exact)>) -> bool {
        let (Thing::Bound(method, class, Exact::Receiver), Some((called_on, exact))) = (thing, receiver) else {
            return false;
        };
        let Some(owner) = self.class_of(method).map(Ancestor::Project) else {
            return false;
        };
        if !self.resolution_order(called_on).contains(&Ancestor::Project(class)) {
            return false;
        }
        let receiving = self.receiving(called_on, exact);
        !receiving
            .iter()
            .any(|class| self.resolution_order(*class).contains(&owner))
    }

    /// `self` and `cls` of a method, once it is known on what it was called.
    pub(super) fn seen_from(&mut self, thing: Thing, receiver: Option<(ClassRef, Exact)>) -> Thing {
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
        let node = self.paths.node(path);
        if node.is_some_and(|node| catalog.keeps(node).is_some() || catalog.holds(node)) {
            let mut things = Things::one(Thing::LibraryInstance(path));
            things.add(Thing::Made(file, self.facts(file)[call].expr), Confidence::Certain);
            return things;
        }
        let entry = node.and_then(|node| catalog.call(node));
        if let Some(entry) = entry {
            if entry.role == Some(Role::ImportsModule) {
                return self.imported_by_name(file, call);
            }
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
                // One router is told from another by the call that makes it.
                Some(Role::MakesRouter | Role::MakesApplication) => {
                    let mut things = Things::one(Thing::LibraryInstance(path));
                    things.add(Thing::Made(file, facts[call].expr), Confidence::Certain);
                    return things;
                }
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

    /// The module that a call imports by its name: `import_module("plugins.alpha")`.
    fn imported_by_name(&mut self, file: FileId, call: CallId) -> Things {
        let facts = self.facts(file);
        let mut things = Things::default();
        if let Some(name) = facts.arguments(&facts[call]).first() {
            for entry in self.settled(file, name.value) {
                if let Thing::Made(at, text) = entry.thing
                    && let ExprKind::Text(text) = self.facts(at)[text].kind
                {
                    things.extend(&self.dotted(file, self.text(at, text)));
                }
            }
        }
        things.at_most(Confidence::Likely)
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
                    Meaning::Keyword(name) => argument
                        .keyword
                        .is_some_and(|keyword| name == ANY || facts.text(keyword) == name),
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

    /// What a library's method runs of the object that it is called on: `start` of a thread its `run`, `delay` of a task the function.
    pub(crate) fn run_of_itself(&mut self, path: PathId, file: FileId, call: CallId) -> Things {
        let catalog = self.program.catalog;
        let entry = self.paths.node(path).and_then(|node| catalog.call(node));
        let facts = self.facts(file);
        let (Some(method), ExprKind::Member { object, .. }) = (
            entry.and_then(|entry| entry.runs_own.as_deref()),
            facts[facts[call].callee].kind,
        ) else {
            return Things::default();
        };
        let mut things = Things::default();
        for entry in self.settled(file, object) {
            match entry.thing {
                Thing::Instance(class, exact) => {
                    things.extend(&self.special(class, exact, method).at_most(entry.confidence));
                }
                Thing::Function(_) | Thing::Bound(..) => things.add(entry.thing, entry.confidence),
                _ => {}
            }
        }
        things
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

    /// The same, where such calls bind arguments to what other such calls give: a function that is handed on from loop to loop may
    /// be made of itself.
    fn innermost_function(&mut self, file: FileId, call: CallId) -> Things {
        let mut functions = Things::default();
        let mut calls = vec![(file, call)];
        let mut next = 0;
        while let Some((file, call)) = calls.get(next).copied() {
            next += 1;
            for entry in self.bound_function(file, call) {
                match entry.thing {
                    Thing::Partial(file, call) if !calls.contains(&(file, call)) => calls.push((file, call)),
                    Thing::Partial(..) => {}
                    thing => functions.add(thing, entry.confidence),
                }
            }
        }
        functions
    }
}

pub(super) fn is_callable(thing: Thing) -> bool {
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
