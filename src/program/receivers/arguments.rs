//! What callers pass: from the arguments of every call into the parameters of what it calls.

use super::classes::Holder;
use super::memo::Key;
use super::news::News;
use super::results::Handed;
use super::{Exact, PathId, Receivers, Thing, Things};
use crate::catalog::Role;
use crate::facts::{Argument, CallId, ExprId, ExprKind, FileFacts, FunctionId, Name, Parameter, ParameterKind, Splat};
use crate::finding::Confidence;
use crate::program::argument_that_means;
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;

/// One thing that a caller passes to a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) file: FileId,
    pub(super) passed: Passed,
    /// For `*args` and `**kwargs` under which position or keyword it is found there.
    pub(super) slot: Slot,
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
    Keyword(Name),
}

/// A parameter that gets more literals than this gets any.
const MOST_LITERALS: usize = 6;
/// More callers of one parameter are not told apart.
pub(super) const MOST_FLOWS: usize = 64;

impl Receivers<'_, '_> {
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
    pub(super) fn passed(&mut self, function: FunctionRef, index: u32) -> Things {
        let may_grow = self.want_callers(function);
        self.is_open |= may_grow;
        let key = self.key_of_parameter(function, index);
        self.solve(key, |receivers| {
            receivers.is_open |= may_grow;
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
            things.first(receivers.most_functions()).at_most(Confidence::Likely)
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
    pub(super) fn rest_flows(&mut self, function: FunctionRef, index: u32) -> Vec<Flow> {
        self.is_open |= self.want_callers(function);
        let key = self.key_of_parameter(function, index);
        self.flows.get(&key).cloned().unwrap_or_default()
    }

    pub(super) fn pass(&mut self, function: FunctionRef, index: u32, flow: Flow) {
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
                    for (function, first) in self.functions_of_partial(at, binding) {
                        self.pass_all(function, first, file, call, 0);
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
        self.fill(path, file, call);
        if !self.paths.hands_over(path) {
            return;
        }
        let facts = self.facts(file);
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
        self.pass_listed(path, file, call);
    }

    /// `parser.set_defaults(run=rotate)`: the keywords of a call become attributes of a library's objects.
    fn fill(&mut self, path: PathId, file: FileId, call: CallId) {
        let catalog = self.program.catalog;
        let entry = self.paths.node(path).and_then(|node| catalog.call(node));
        let Some(class) = entry.and_then(|entry| entry.fills) else {
            return;
        };
        let facts = self.facts(file);
        for argument in facts.arguments(&facts[call]) {
            if let Some(keyword) = argument.keyword {
                let holder = Holder::Library(class);
                self.learn(News::StoredElsewhere(holder, keyword, (file, argument.value)));
            }
        }
    }

    /// Passes on what a call lists for the function that it makes a library run: `Thread(target=f, args=(a, b))`,
    /// `task.apply_async((a, b), {"c": c})`. What a task is called with besides, the function gets as it is.
    fn pass_listed(&mut self, path: PathId, file: FileId, call: CallId) {
        let catalog = self.program.catalog;
        let Some(entry) = self.paths.node(path).and_then(|node| catalog.call(node)) else {
            return;
        };
        let facts = self.facts(file);
        let listed = ["positions", "keywords"].map(|meaning| argument_that_means(facts, call, entry, meaning));
        let mut run = self.run_of_itself(path, file, call);
        let as_it_is = !run.is_empty() && !entry.arguments.iter().any(|(meaning, _)| meaning == "positions");
        if listed.iter().any(Option::is_some) {
            for Handed { value, .. } in self.handed_over(path, file, call) {
                run.extend(&self.settled(file, value));
            }
        }
        for thing in run {
            let (function, mut offset) = match thing.thing {
                Thing::Function(function) => (function, self.filled_of_task(function)),
                Thing::Bound(function, ..) => (function, 1),
                _ => continue,
            };
            if as_it_is && entry.role == Some(Role::QueuesTask) {
                self.pass_all(function, offset, file, call, 0);
            }
            if let Some(positions) = listed[0] {
                self.pass_spread(function, &mut offset, file, positions);
            }
            if let Some(keywords) = listed[1] {
                self.pass_spread_keywords(function, file, keywords);
            }
        }
    }

    /// How many parameters of a task its queue fills: `self`, where the decorator says that the task is bound.
    pub(crate) fn filled_of_task(&mut self, (file, id): FunctionRef) -> u32 {
        let facts = self.facts(file);
        let bound = self
            .decorated_with(file, facts[id].decorators, |role| role == Role::RunsTask)
            .and_then(|(entry, call)| argument_that_means(facts, call?, entry, "bound"));
        u32::from(bound.is_some_and(|bound| facts[bound].kind == ExprKind::Truth(true)))
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
        let mut position = offset;
        for argument in arguments {
            match (argument.keyword, argument.splat) {
                (Some(keyword), _) => {
                    self.pass_named(function, file, keyword, Passed::Value(argument.value));
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
            let named: Vec<(FileId, Name, Passed)> = match entry.thing {
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
                self.pass_named(function, at, name, passed);
            }
        }
    }

    /// The parameter of `function` that gets the argument of a call at `index`, where one gets it alone.
    pub(crate) fn parameter_for(
        &self,
        function: FunctionRef,
        offset: u32,
        file: FileId,
        call: CallId,
        index: usize,
    ) -> Option<u32> {
        let parameters = self.facts(function.0).parameters(self.function(function));
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        let found = match arguments[index].keyword {
            Some(keyword) => self.parameter_named(function, file, keyword),
            None if arguments[..=index].iter().all(|argument| argument.splat == Splat::No) => {
                let position = offset + u32::try_from(index).unwrap_or(u32::MAX);
                parameter_at(parameters, position)
            }
            None => None,
        };
        found.filter(|(_, slot)| *slot == Slot::Whole).map(|(index, _)| index)
    }

    /// Passes something to the parameter that has the name, which `file` says, or to `**kwargs`.
    fn pass_named(&mut self, function: FunctionRef, file: FileId, name: Name, passed: Passed) {
        if let Some((index, slot)) = self.parameter_named(function, file, name) {
            self.pass(function, index, Flow { file, passed, slot });
        }
    }

    fn parameter_named(&self, function: FunctionRef, file: FileId, name: Name) -> Option<(u32, Slot)> {
        let parameters = self.facts(function.0).parameters(self.function(function));
        let named = parameters.iter().position(|parameter| {
            !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
                && self.text(function.0, parameter.name) == self.text(file, name)
        });
        match named {
            Some(index) => Some((u32::try_from(index).unwrap_or(u32::MAX), Slot::Whole)),
            None => keyword_rest(parameters).map(|index| (index, Slot::Keyword(name))),
        }
    }

    /// Whether a function can be called with the arguments of a call, its first `offset` parameters filled otherwise. What decorators
    /// make of it may take others.
    pub(crate) fn takes(&self, function: FunctionRef, offset: usize, file: FileId, call: CallId) -> bool {
        let callee = self.facts(function.0);
        let facts = self.facts(file);
        let arguments = facts.arguments(&facts[call]);
        let decorators = callee.list(callee[function.1].decorators);
        if !decorators.iter().all(|decorator| keeps_parameters(callee, *decorator)) {
            return true;
        }
        let parameters = callee.parameters(self.function(function));
        let is_positional =
            |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::Positional | ParameterKind::Either);
        let has = |kind: ParameterKind| parameters.iter().any(|parameter| parameter.kind == kind);
        let places = parameters.iter().filter(is_positional).count();
        let given = arguments
            .iter()
            .filter(|argument| argument.keyword.is_none() && argument.splat == Splat::No)
            .count();
        if given + offset > places && !has(ParameterKind::Rest) {
            return false;
        }
        let is_named = |parameter: &Parameter, argument: &Argument| {
            !matches!(
                parameter.kind,
                ParameterKind::Positional | ParameterKind::Rest | ParameterKind::KeywordRest
            ) && argument
                .keyword
                .is_some_and(|keyword| facts.text(keyword) == callee.text(parameter.name))
        };
        let takes_any_name = has(ParameterKind::KeywordRest);
        let fits = |argument: &Argument| {
            argument.keyword.is_none()
                || takes_any_name
                || parameters.iter().any(|parameter| is_named(parameter, argument))
        };
        let spreads = |splat: Splat| arguments.iter().any(|argument| argument.splat == splat);
        let (spreads_positions, spreads_keywords) = (spreads(Splat::Positions), spreads(Splat::Keywords));
        let is_filled = |(index, parameter): (usize, &Parameter)| {
            parameter.default.is_some()
                || matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
                || (is_positional(&parameter) && (spreads_positions || index < given + offset))
                || arguments.iter().any(|argument| is_named(parameter, argument))
        };
        arguments.iter().all(fits) && (spreads_keywords || parameters.iter().enumerate().all(is_filled))
    }

    /// The `__init__` that a class or one of its bases has, where it is one of the program.
    pub(crate) fn constructor(&mut self, class: ClassRef) -> Option<FunctionRef> {
        self.method_named(class, "__init__")
    }

    /// The method that a class or one of its bases has, where it is one of the program.
    pub(super) fn method_named(&mut self, class: ClassRef, name: &str) -> Option<FunctionRef> {
        let symbol = self.symbol_of(name);
        self.attribute(class, symbol, name)
            .iter()
            .find_map(|entry| match entry.thing {
                Thing::Method(function) | Thing::ClassMethod(function) => Some(function),
                _ => None,
            })
    }
}

/// Decorators that leave a function's parameters as they are.
fn keeps_parameters(facts: &FileFacts, decorator: ExprId) -> bool {
    let name = last_name(facts, decorator).map_or("", |name| facts.text(name));
    matches!(
        name,
        "staticmethod" | "classmethod" | "abstractmethod" | "override" | "overload" | "wraps" | "final"
    )
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
