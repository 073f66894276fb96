//! What an expression refers to: through scopes, imports, aliases, re-exports and stars to a definition or a library path.

use super::Program;
use super::bindings::{at_end_of_scope, lookup_path_start, lookup_range, reaching};
use super::crates;
use super::memory::{self, Question};
use super::modules::Place;
use super::rust;
use crate::catalog::Node;
use crate::facts::{
    Anchor, Binding, BindingKind, Call, ClassId, ExprId, ExprKind, FileFacts, FunctionId, How, Import, ImportId,
    Language, MODULE_SCOPE, ModuleId, Name, ParameterKind, ScopeId, ScopeKind,
};
use crate::finding::{Confidence, Site};
use crate::source::{FileId, Span};
use smallvec::{SmallVec, smallvec};

/// A function of the program.
pub type FunctionRef = (FileId, FunctionId);
/// A class of the program.
pub type ClassRef = (FileId, ClassId);

/// Something an expression can be, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub origin: Origin,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// Where a value comes from, as far as names lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An expression that is no reference: a literal, a container, a call.
    Written(FileId, ExprId),
    /// A module or package.
    Module(Place),
    /// A function of the program.
    Function(FunctionRef),
    /// A class of the program.
    Class(ClassRef),
    /// An instance of a class of the program.
    Instance(ClassRef),
    /// Something of a library.
    Library(Node),
    /// An instance of a library's class.
    LibraryInstance(Node),
    /// What a caller passes.
    Parameter(FunctionRef, u32),
    /// Each element of a container in turn, or one position of each.
    Element {
        file: FileId,
        over: ExprId,
        position: Option<u32>,
    },
}

/// More values than this are not followed: what has so many origins has no known one.
const MOST_VALUES: usize = 8;

/// A bounded set of values, in the order they were found.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(SmallVec<[Value; 1]>);

impl Values {
    pub(super) fn one(origin: Origin) -> Self {
        Self(smallvec![Value {
            origin,
            confidence: Confidence::Certain,
        }])
    }

    fn add(&mut self, value: Value) {
        if self.0.len() < MOST_VALUES && !self.0.iter().any(|known| known.origin == value.origin) {
            self.0.push(value);
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        for value in other.0 {
            self.add(value);
        }
    }

    fn at_most(mut self, confidence: Confidence) -> Self {
        for value in &mut self.0 {
            value.confidence = value.confidence.min(confidence);
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Values {
    type Item = Value;
    type IntoIter = smallvec::IntoIter<[Value; 1]>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Program<'_> {
    /// What `expr` in `file` can be. Empty where nothing is known.
    #[must_use]
    pub fn values(&self, file: FileId, expr: ExprId) -> Vec<Value> {
        self.follow(file, expr).into_iter().collect()
    }

    /// The functions of the program that `expr` can be.
    pub fn functions_at(&self, file: FileId, expr: ExprId) -> impl Iterator<Item = FunctionRef> {
        let values = self.values(file, expr).into_iter();
        values.filter_map(|value| match value.origin {
            Origin::Function(function) => Some(function),
            _ => None,
        })
    }

    /// The same as [`Program::values`], with calls looked through to what they give.
    #[must_use]
    pub fn settled_values(&self, file: FileId, expr: ExprId) -> Vec<Value> {
        self.follow_settled(file, expr).into_iter().collect()
    }

    /// The expressions that a name leads to which are no references themselves: literals, containers, calls. What is no name is one.
    pub(super) fn written_values(&self, file: FileId, expr: ExprId) -> Vec<(FileId, ExprId)> {
        let is_reference = matches!(
            self[file].facts[expr].kind,
            ExprKind::Name { .. } | ExprKind::Member { .. }
        );
        if !is_reference {
            return vec![(file, expr)];
        }
        let values = self.values(file, expr).into_iter();
        let written = values.filter_map(|value| match value.origin {
            Origin::Written(file, expr) => Some((file, expr)),
            _ => None,
        });
        written.collect()
    }

    /// What a call of `expr`, or entering it as a context, can give.
    pub(super) fn results(&self, file: FileId, expr: ExprId) -> Values {
        let mut results = Values::default();
        for value in self.follow(file, expr).0 {
            results.extend(self.result_of(value).at_most(value.confidence));
        }
        results
    }

    /// What `origin` is once calls are looked through: the type a library function returns, an instance of a called class.
    pub(super) fn settled(&self, value: Value) -> Values {
        let Origin::Written(file, expr) = value.origin else {
            return Values(smallvec![value]);
        };
        let facts = &self[file].facts;
        let ExprKind::Call(call) = facts[expr].kind else {
            return Values(smallvec![value]);
        };
        let given = self.asked(file, Question::Called(expr), || self.given_by_call(file, &facts[call]));
        given.at_most(value.confidence)
    }

    /// What a call gives.
    fn given_by_call(&self, file: FileId, call: &Call) -> Values {
        let facts = &self[file].facts;
        let mut results = Values::default();
        let callees = self.follow(file, call.callee);
        let is_own = callees
            .0
            .iter()
            .any(|callee| matches!(callee.origin, Origin::Function(_)));
        for callee in callees {
            let copied = match callee.origin {
                Origin::Library(node) => self.catalog.call(node).and_then(|entry| entry.returns_argument),
                _ => None,
            };
            let argument = copied.and_then(|position| facts.arguments(call).get(position as usize));
            let given = match argument {
                Some(argument) => self.follow_settled(file, argument.value),
                None => self.result_of(callee),
            };
            results.extend(given.at_most(callee.confidence));
        }
        if results.is_empty() && !is_own && self[file].language == Language::Rust {
            results = self.unwrapped(file, call);
        }
        results
    }

    /// The object inside a wrapper of Rust that a method hands out: `self.client.lock()`, `CLIENT.get()`.
    fn unwrapped(&self, file: FileId, call: &Call) -> Values {
        let facts = &self[file].facts;
        let mut objects = Values::default();
        if let ExprKind::Member { object, name } = facts[call.callee].kind
            && facts.arguments(call).is_empty()
            && rust::is_of_wrappers(facts.text(name))
        {
            for value in self.follow_settled(file, object) {
                if matches!(value.origin, Origin::Instance(_) | Origin::LibraryInstance(_)) {
                    objects.add(value);
                }
            }
        }
        objects.at_most(Confidence::Likely)
    }

    /// What `expr` can be once calls are looked through.
    pub(super) fn follow_settled(&self, file: FileId, expr: ExprId) -> Values {
        let mut settled = Values::default();
        for value in self.follow(file, expr) {
            settled.extend(self.settled(value));
        }
        settled
    }

    fn result_of(&self, callee: Value) -> Values {
        match callee.origin {
            Origin::Class(class) => Values::one(Origin::Instance(class)),
            Origin::Library(node) => {
                if let Some(returned) = self.catalog.call(node).and_then(|entry| entry.returns) {
                    Values::one(Origin::LibraryInstance(returned))
                } else if self.catalog.is_type(node) {
                    Values::one(Origin::LibraryInstance(node))
                } else {
                    Values::default()
                }
            }
            Origin::LibraryInstance(node) => match self.catalog.child(node, "__call__") {
                Some(call) => self.result_of(Value {
                    origin: Origin::Library(call),
                    ..callee
                }),
                None => Values::default(),
            },
            Origin::Function((file, function)) => self.asked(file, Question::Returned(function), || {
                self.returned(file, function).at_most(Confidence::Likely)
            }),
            _ => Values::default(),
        }
    }

    fn returned(&self, file: FileId, function: FunctionId) -> Values {
        let facts = &self[file].facts;
        let mut results = Values::default();
        if let Some(annotation) = facts[function].returns {
            results = self.annotated(file, annotation);
        }
        let returns = facts.returns_of(function).iter();
        for returned in returns.filter(|returned| !returned.is_yield) {
            if let Some(value) = returned.value {
                results.extend(self.follow(file, value));
            }
        }
        results
    }

    /// The answer to a question about a file, which is found once.
    fn asked(&self, file: FileId, question: Question, find: impl FnOnce() -> Values) -> Values {
        self.memory.answer((file, question), find)
    }

    pub(super) fn follow(&self, file: FileId, expr: ExprId) -> Values {
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Name { name, scope } => self.asked(file, Question::Followed(expr), || {
                self.name(file, scope, name, facts[expr].span)
            }),
            ExprKind::Member { object, name } => self.asked(file, Question::Followed(expr), || {
                let name = facts.text(name);
                match path_start(facts, expr) {
                    Some((scope, start)) if self[file].language == Language::Rust => {
                        self.path_member(file, scope, start, name)
                    }
                    _ => self.member(file, object, name),
                }
            }),
            ExprKind::Through(inner) => self.follow(file, inner),
            ExprKind::Choice { options, how } => {
                let mut values = Values::default();
                for option in facts.options(options, how) {
                    values.extend(self.follow(file, *option));
                }
                values
            }
            _ => Values::one(Origin::Written(file, expr)),
        }
    }

    // Names

    fn name(&self, file: FileId, scope: ScopeId, name: Name, place: Span) -> Values {
        let facts = &self[file].facts;
        let Some(found) = lookup_range(facts, scope, name) else {
            return match self[file].language {
                Language::Rust => self.free_path(file, scope, facts.text(name)),
                _ => self.free_name(file, facts.text(name)),
            };
        };
        let mut values = Values::default();
        for binding in reaching(facts, found, scope, place) {
            values.extend(self.bound(file, &facts[binding]));
        }
        values
    }

    /// The member `name` of what a path begins with, which no variable is.
    fn path_member(&self, file: FileId, scope: ScopeId, start: Name, name: &str) -> Values {
        let facts = &self[file].facts;
        let bindings = lookup_path_start(facts, scope, start);
        let mut starts = Values::default();
        for binding in &bindings {
            starts.extend(self.bound(file, &facts[*binding]));
        }
        if bindings.is_empty() {
            starts = self.free_path(file, scope, facts.text(start));
        }
        let mut values = Values::default();
        for start in starts {
            values.extend(self.member_of(start, name));
        }
        self.or_trait_method(values, file, name)
    }

    /// What a binding binds its name to.
    pub(super) fn bound(&self, file: FileId, binding: &Binding) -> Values {
        let values = match binding.kind {
            BindingKind::Import(import) => self.import(file, import),
            BindingKind::Function(function) => Values::one(Origin::Function((file, function))),
            BindingKind::Class(class) => Values::one(Origin::Class((file, class))),
            BindingKind::Module(module) => self.declared_module(file, module),
            BindingKind::Value(value) => self.follow(file, value),
            BindingKind::Unpacked { value, position } => self.position(file, value, position),
            BindingKind::Element { over } => Values::one(Origin::Element {
                file,
                over,
                position: None,
            }),
            BindingKind::ElementUnpacked { over, position } => Values::one(Origin::Element {
                file,
                over,
                position: Some(position),
            }),
            BindingKind::Entered(context) => {
                let mut entered = Values::default();
                entered.extend(self.follow_settled(file, context));
                entered
            }
            BindingKind::Parameter(index) => return self.parameter(file, binding, index),
            BindingKind::Declared => self.variant(file, binding),
            _ => Values::default(),
        };
        match binding.annotation {
            Some(annotation) if values.is_empty() => self.annotated(file, annotation),
            // What Rust declares holds, whatever is known of the call that gives it.
            Some(annotation) if self[file].language == Language::Rust && self.is_made_by_call(file, binding) => {
                let mut values = values;
                values.extend(self.annotated(file, annotation));
                values
            }
            _ => values,
        }
    }

    /// A variant of Rust is one of the values of its enumeration.
    fn variant(&self, file: FileId, binding: &Binding) -> Values {
        let facts = &self[file].facts;
        match facts[binding.scope].kind {
            ScopeKind::Class(class) if rust::is_variant(facts, binding) => {
                Values::one(Origin::Instance(self.extended((file, class))))
            }
            _ => Values::default(),
        }
    }

    fn is_made_by_call(&self, file: FileId, binding: &Binding) -> bool {
        let facts = &self[file].facts;
        let BindingKind::Value(mut value) = binding.kind else {
            return false;
        };
        while let ExprKind::Through(inner) = facts[value].kind {
            value = inner;
        }
        matches!(facts[value].kind, ExprKind::Call(_))
    }

    fn parameter(&self, file: FileId, binding: &Binding, index: u32) -> Values {
        let facts = &self[file].facts;
        let ScopeKind::Function(function) = facts[binding.scope].kind else {
            return Values::default();
        };
        let definition = &facts[function];
        if let (0, Some(class)) = (index, definition.class) {
            let is_receiver = match self[file].language {
                Language::Rust => facts.text(binding.name) == "self",
                _ => !has_decorator(facts, function, "staticmethod"),
            };
            let class = self.extended((file, class));
            if is_receiver && has_decorator(facts, function, "classmethod") {
                return Values::one(Origin::Class(class)).at_most(Confidence::Likely);
            }
            if is_receiver {
                return self.receiver_of(class);
            }
        }
        let mut values = Values::one(Origin::Parameter((file, function), index));
        let is_one_value = facts
            .parameters(definition)
            .get(index as usize)
            .is_some_and(|parameter| !matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest));
        if let Some(annotation) = binding.annotation.filter(|_| is_one_value) {
            values.extend(self.annotated(file, annotation));
        }
        values
    }

    /// What a method's receiver is: an instance of its class, and of what is not of this program where a block adds methods to that.
    fn receiver_of(&self, class: ClassRef) -> Values {
        let mut values = Values::one(Origin::Instance(class));
        if let Some(extends) = self[class.0].facts[class.1].extends {
            values.extend(self.annotated(class.0, extends));
        }
        values.at_most(Confidence::Likely)
    }

    /// An instance of what an annotation names, optional and union types looked through.
    fn annotated(&self, file: FileId, annotation: ExprId) -> Values {
        let facts = &self[file].facts;
        let mut values = Values::default();
        match facts[annotation].kind {
            ExprKind::Choice {
                options,
                how: How::Either,
            } => {
                for option in facts.list(options) {
                    values.extend(self.annotated(file, *option));
                }
            }
            ExprKind::Index { object, key, .. } => {
                let wrapper = last_name(facts, object).map(|name| facts.text(name));
                if self[file].language == Language::Rust {
                    let inner = match facts[key].kind {
                        ExprKind::Group(arguments) => facts.list(arguments).first().copied(),
                        _ => Some(key),
                    };
                    let looked_through = inner.filter(|_| wrapper.is_some_and(is_transparent));
                    let mut values = self.annotated(file, looked_through.unwrap_or(object));
                    // A wrapper that a library gives methods of its own is both.
                    if looked_through.is_some() {
                        values.extend(self.annotated(file, object));
                    }
                    return values;
                }
                if matches!(
                    wrapper,
                    Some("Optional" | "Union" | "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired")
                ) {
                    match facts[key].kind {
                        ExprKind::Group(options) => {
                            let options = facts.list(options);
                            let options = if wrapper == Some("Annotated") {
                                &options[..options.len().min(1)]
                            } else {
                                options
                            };
                            for option in options {
                                values.extend(self.annotated(file, *option));
                            }
                        }
                        _ => values.extend(self.annotated(file, key)),
                    }
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                return self.asked(file, Question::Annotated(annotation), || {
                    self.instance_named(file, annotation)
                });
            }
            _ => {}
        }
        values
    }

    /// An instance of what a name in an annotation names.
    fn instance_named(&self, file: FileId, annotation: ExprId) -> Values {
        let mut values = Values::default();
        for value in self.follow(file, annotation).0 {
            let origin = match value.origin {
                Origin::Class(class) => Origin::Instance(self.extended(class)),
                Origin::Library(node) if self.catalog.is_type(node) => Origin::LibraryInstance(node),
                // A type parameter of Rust is known by its bound: `key: &K`, where `K: MACLike`.
                Origin::Instance(_) | Origin::LibraryInstance(_) if self[file].language == Language::Rust => {
                    value.origin
                }
                // `type Answer = TokenResponse<Fields>`
                Origin::Written(at, written)
                    if self[file].language == Language::Rust
                        && matches!(self[at].facts[written].kind, ExprKind::Index { .. }) =>
                {
                    values.extend(self.annotated(at, written));
                    continue;
                }
                _ => continue,
            };
            values.add(Value {
                origin,
                confidence: value.confidence,
            });
        }
        values
    }

    /// One position of a value that is unpacked.
    fn position(&self, file: FileId, value: ExprId, position: u32) -> Values {
        let mut values = Values::default();
        for value in self.follow(file, value).0 {
            if let Origin::Written(at, expr) = value.origin
                && let ExprKind::Group(elements) = self[at].facts[expr].kind
                && let Some(element) = self[at].facts.list(elements).get(position as usize)
            {
                values.extend(self.follow(at, *element));
            }
        }
        values
    }

    /// A name that no scope binds: from a star import, a built-in, or nothing that is known.
    fn free_name(&self, file: FileId, name: &str) -> Values {
        let starred = self.starred(file, MODULE_SCOPE, name);
        if !starred.is_empty() {
            return starred;
        }
        let root = self.catalog.root(Language::Python);
        let built_in = root
            .and_then(|root| self.catalog.child(root, "builtins"))
            .and_then(|node| self.catalog.child(node, name));
        if let Some(node) = built_in {
            return Values::one(Origin::Library(node));
        }
        match root.and_then(|root| self.catalog.child(root, name)) {
            Some(node) => Values::one(Origin::Library(node)).at_most(Confidence::Possible),
            None => Values::default(),
        }
    }

    // Imports

    fn import(&self, file: FileId, id: ImportId) -> Values {
        self.asked(file, Question::Imported(id), || {
            self.imported(file, &self[file].facts[id])
        })
    }

    /// What the path of an import names: for a star the module whose names it brings.
    pub(super) fn imported(&self, file: FileId, import: &Import) -> Values {
        self.path(file, import, &self.segments(file, import))
    }

    /// The segments of the path that an import writes.
    pub(super) fn segments(&self, file: FileId, import: &Import) -> Vec<&str> {
        let facts = &self[file].facts;
        let path = facts.path(import.path).iter();
        path.map(|segment| facts.text(*segment)).collect()
    }

    fn path(&self, file: FileId, import: &Import, segments: &[&str]) -> Values {
        if self[file].language == Language::Rust {
            return self.use_path(file, import, segments);
        }
        let (start, rest) = match import.anchor {
            Anchor::Absolute => {
                let Some((first, rest)) = segments.split_first() else {
                    return Values::default();
                };
                let library = self
                    .catalog
                    .root(self[file].language)
                    .and_then(|root| self.catalog.child(root, first));
                let Some(place) = self.modules.absolute(file, first, library.is_some()) else {
                    return self.library_path(library, rest);
                };
                // A namespace folder that lacks the rest may share its name with a library (`google`, `azure`).
                if let (Some(library), Some(next), None) = (library, rest.first(), self.modules.init(place))
                    && self.modules.submodule(place, next).is_none()
                {
                    return self.library_path(Some(library), rest);
                }
                (place, rest)
            }
            Anchor::Up(levels) => match self.modules.up(file, levels) {
                Some(place) => (place, segments),
                None => return Values::default(),
            },
            Anchor::Root => return Values::default(),
        };
        let mut place = start;
        for (index, segment) in rest.iter().enumerate() {
            let is_last = index + 1 == rest.len();
            if is_last && import.member {
                return self.module_member(place, segment);
            }
            match self.modules.submodule(place, segment) {
                Some(inner) => place = inner,
                // `import package.name` where the package re-exports a module under that name.
                None => {
                    let mut values = self.module_member(place, segment);
                    for segment in &rest[index + 1..] {
                        let mut next = Values::default();
                        for value in values.0 {
                            next.extend(self.member_of(value, segment));
                        }
                        values = next;
                    }
                    return values;
                }
            }
        }
        Values::one(Origin::Module(place))
    }

    fn library_path(&self, start: Option<Node>, rest: &[&str]) -> Values {
        let node = rest.iter().try_fold(start, |node, segment| {
            node.map(|node| self.catalog.child(node, segment))
        });
        node.flatten().map(|node| self.library(node)).unwrap_or_default()
    }

    /// A library path, or the instance that stands at it.
    fn library(&self, node: Node) -> Values {
        Values::one(
            self.catalog
                .value_of(node)
                .map_or(Origin::Library(node), Origin::LibraryInstance),
        )
    }

    /// What a module binds `name` to, or its submodule of that name.
    fn module_member(&self, place: Place, name: &str) -> Values {
        let own = self.own_member(place, name);
        if !own.is_empty() {
            return own;
        }
        let starred = self
            .names_of(place)
            .map(|(file, scope)| self.starred(file, scope, name));
        starred
            .filter(|found| !found.is_empty())
            .unwrap_or_else(|| self.submodule(place, name))
    }

    /// The file and scope that hold the names of a module or package.
    pub(super) fn names_of(&self, place: Place) -> Option<(FileId, ScopeId)> {
        let scope = match place {
            Place::Inline(_, scope) => scope,
            Place::File(_) | Place::Folder(_) => MODULE_SCOPE,
        };
        self.modules.init(place).map(|file| (file, scope))
    }

    fn submodule(&self, place: Place, name: &str) -> Values {
        let submodule = self.modules.submodule(place, name);
        submodule
            .map(|place| Values::one(Origin::Module(place)))
            .unwrap_or_default()
    }

    /// What a module itself binds `name` to, stars left out.
    pub(super) fn own_member(&self, place: Place, name: &str) -> Values {
        let Some((file, scope)) = self.names_of(place) else {
            return Values::default();
        };
        let facts = &self[file].facts;
        let bindings = facts
            .names
            .find(name)
            .map_or(0..0, |name| facts.binding_range(scope, name));
        let mut values = Values::default();
        for binding in at_end_of_scope(facts, bindings) {
            let binding = &facts[binding];
            // `from . import name` in the package's own file names the submodule, not itself.
            let names_itself = matches!(binding.kind, BindingKind::Import(import)
                if facts[import].member && facts.path(facts[import].path).len() == 1 && facts[import].anchor == Anchor::Up(1)
                    && facts.text(facts.path(facts[import].path)[0]) == name && self.modules.place_of(file) == place);
            values.extend(if names_itself {
                self.submodule(place, name)
            } else {
                self.bound(file, binding)
            });
        }
        values
    }

    // Paths of Rust

    /// The module whose code stands at `scope` of a Rust file.
    pub(super) fn module_around(&self, file: FileId, scope: ScopeId) -> Place {
        let scope = crates::module_scope(&self[file].facts, scope);
        if scope == MODULE_SCOPE {
            Place::File(file)
        } else {
            Place::Inline(file, scope)
        }
    }

    /// The module around a module.
    fn module_above(&self, place: Place) -> Option<Place> {
        match place {
            Place::Inline(file, scope) => Some(self.module_around(file, self[file].facts[scope].parent?)),
            Place::File(file) => {
                let (file, scope) = self.modules.crates().declared_in(file)?;
                Some(self.module_around(file, scope))
            }
            Place::Folder(_) => None,
        }
    }

    /// Whether a module is `above` or lies below it.
    pub(super) fn is_below(&self, module: Place, above: Place) -> bool {
        let mut next = Some(module);
        while let Some(module) = next {
            if module == above {
                return true;
            }
            next = self.module_above(module);
        }
        false
    }

    pub(super) fn declared_module(&self, file: FileId, module: ModuleId) -> Values {
        let place = match self[file].facts[module].scope {
            Some(scope) => Some(Place::Inline(file, scope)),
            None => self.modules.crates().file_of(file, module).map(Place::File),
        };
        place
            .map(|place| Values::one(Origin::Module(place)))
            .unwrap_or_default()
    }

    /// A name that no scope of a Rust file binds: the beginning of a path, a macro, a crate, or something of a glob import.
    pub(super) fn free_path(&self, file: FileId, scope: ScopeId, name: &str) -> Values {
        let facts = &self[file].facts;
        let module = |place: Place| Values::one(Origin::Module(place));
        match name {
            "crate" | "$crate" => return module(Place::File(self.modules.crates().root(file))),
            "self" => return module(self.module_around(file, scope)),
            "super" => {
                let above = self.module_above(self.module_around(file, scope));
                return above.map(module).unwrap_or_default();
            }
            "Self" => {
                let mut next = Some(scope);
                while let Some(scope) = next {
                    if let ScopeKind::Class(class) = facts[scope].kind {
                        return Values::one(Origin::Class(self.extended((file, class))));
                    }
                    next = facts[scope].parent;
                }
                return Values::default();
            }
            _ => {}
        }
        // A macro is imported by its name without the sign.
        if let Some(plain) = name.strip_suffix('!') {
            for import in &facts.imports {
                let mut segments: Vec<&str> = facts
                    .path(import.path)
                    .iter()
                    .map(|segment| facts.text(*segment))
                    .collect();
                if segments.last() == Some(&plain) && import.anchor == Anchor::Absolute {
                    segments.pop();
                    segments.push(name);
                    let found = self.use_path(file, import, &segments);
                    if !found.is_empty() {
                        return found;
                    }
                }
            }
        }
        let starred = self.starred(file, crates::module_scope(facts, scope), name);
        if starred.is_empty() {
            self.extern_crate(file, name)
        } else {
            starred
        }
    }

    /// A crate of the program or of the catalog.
    fn extern_crate(&self, file: FileId, name: &str) -> Values {
        let crates = self.modules.crates();
        let own_name = crates.own_name(file, name);
        let root = self.catalog.root(Language::Rust);
        let known = |name: &str| root.and_then(|root| self.catalog.child(root, name));
        // A fork that goes by the name of what it was forked from does what that does.
        let node = known(own_name).or_else(|| known(name));
        // What the catalog knows of a library is more than its vendored source tells.
        let own = crates
            .library(own_name)
            .filter(|root| node.is_none() || !crates.is_published(*root));
        match own {
            Some(root) => Values::one(Origin::Module(Place::File(root))),
            None => node.map(|node| self.library(node)).unwrap_or_default(),
        }
    }

    /// What a `use` path names.
    pub(super) fn use_path(&self, file: FileId, import: &Import, segments: &[&str]) -> Values {
        let start = match import.anchor {
            Anchor::Root => Some(Place::File(self.modules.crates().root(file))),
            Anchor::Up(levels) => (0..levels).try_fold(self.module_around(file, import.scope), |place, _| {
                self.module_above(place)
            }),
            Anchor::Absolute => None,
        };
        let (mut values, rest) = match (start, import.anchor, segments.split_first()) {
            (Some(place), ..) => (Values::one(Origin::Module(place)), segments),
            (None, Anchor::Absolute, Some((first, rest))) => (self.first_of_path(file, import, first), rest),
            _ => return Values::default(),
        };
        for segment in rest {
            let mut next = Values::default();
            for value in values {
                next.extend(self.member_of(value, segment));
            }
            values = next;
        }
        values
    }

    /// The first segment of a path without an anchor: a name of the module itself, but not through the import that asks, else a crate.
    fn first_of_path(&self, file: FileId, import: &Import, first: &str) -> Values {
        let facts = &self[file].facts;
        let name = facts.names.find(first);
        let bindings = name.map(|name| lookup_path_start(facts, import.scope, name));
        let mut values = Values::default();
        for binding in bindings.into_iter().flatten().map(|id| &facts[id]) {
            let asks_itself = match binding.kind {
                BindingKind::Import(id) => {
                    facts[id].path == import.path
                        || (facts[id].anchor == Anchor::Absolute
                            && facts
                                .path(facts[id].path)
                                .first()
                                .is_some_and(|segment| facts.text(*segment) == first))
                }
                _ => false,
            };
            if !asks_itself {
                values.extend(self.bound(file, binding));
            }
        }
        if values.is_empty() {
            self.extern_crate(file, first)
        } else {
            values
        }
    }

    // Members

    fn member(&self, file: FileId, object: ExprId, name: &str) -> Values {
        let mut values = Values::default();
        for object in self.follow_settled(file, object) {
            values.extend(self.member_of(object, name));
        }
        match self[file].language {
            Language::Rust => self.or_trait_method(values, file, name),
            _ => values,
        }
    }

    fn or_trait_method(&self, values: Values, file: FileId, name: &str) -> Values {
        if values.is_empty() && self.catalog.is_last_name(name) {
            return self.trait_method(file, name).at_most(Confidence::Likely);
        }
        values
    }

    /// The method of a library's trait that the file imports: in Rust only its name tells that it is called.
    fn trait_method(&self, file: FileId, name: &str) -> Values {
        let mut found = Values::default();
        for library_trait in self.imported_traits(file) {
            if let Some(method) = self.catalog.child(*library_trait, name) {
                found.extend(self.library(method));
            }
        }
        found
    }

    /// The traits of libraries that a file imports.
    fn imported_traits(&self, file: FileId) -> &[Node] {
        // To find what an import names takes no method.
        if memory::is_aside() {
            return &[];
        }
        self.imported_traits[file.0 as usize].get_or_init(|| {
            let imports = self[file].facts.imports.iter().filter(|import| !import.star);
            let named = imports.flat_map(|import| memory::aside(|| self.imported(file, import)));
            let traits = named.filter_map(|value| match value.origin {
                Origin::Library(node) if self.catalog.is_trait(node) => Some(node),
                _ => None,
            });
            traits.collect()
        })
    }

    /// The member `name` of a module, class, instance or library thing.
    pub(super) fn member_of(&self, object: Value, name: &str) -> Values {
        let members = match object.origin {
            Origin::Module(place) => self.module_member(place, name),
            Origin::Library(node) | Origin::LibraryInstance(node) => self
                .catalog
                .child(node, name)
                .map(|node| self.library(node))
                .unwrap_or_default(),
            Origin::Class(class) | Origin::Instance(class) => self.class_member(class, name),
            _ => Values::default(),
        };
        members.at_most(object.confidence)
    }

    /// What a class, a block that adds members to it, or the nearest of its bases binds `name` to.
    fn class_member(&self, class: ClassRef, name: &str) -> Values {
        self.own_or_inherited(class, name, &mut Vec::new())
    }

    /// The same, with the classes that were looked into before: code that is being written may derive classes from one another.
    fn own_or_inherited(&self, class: ClassRef, name: &str, seen: &mut Vec<ClassRef>) -> Values {
        let class = self.extended(class);
        if seen.contains(&class) {
            return Values::default();
        }
        seen.push(class);
        let blocks = self.extensions.get(&class).map_or(&[][..], Vec::as_slice);
        let bodies = || std::iter::once(&class).chain(blocks);
        let mut values = Values::default();
        for (file, body) in bodies() {
            let facts = &self[*file].facts;
            let bindings = facts
                .names
                .find(name)
                .map_or(0..0, |name| facts.binding_range(facts[*body].scope, name));
            for binding in at_end_of_scope(facts, bindings) {
                values.extend(self.bound(*file, &facts[binding]));
            }
        }
        if !values.is_empty() {
            return values;
        }
        for (file, body) in bodies() {
            let facts = &self[*file].facts;
            for base in facts.list(facts[*body].bases) {
                for base in self.follow(*file, *base).0 {
                    let inherited = match base.origin {
                        Origin::Class(class) | Origin::Instance(class) => {
                            self.own_or_inherited(class, name, seen).at_most(base.confidence)
                        }
                        _ => self.member_of(base, name),
                    };
                    if !inherited.is_empty() {
                        return inherited;
                    }
                }
            }
        }
        Values::default()
    }

    /// The class that a block adds members to; the class itself where it is a definition, or extends nothing of the program.
    pub(super) fn extended(&self, (file, class): ClassRef) -> ClassRef {
        self.extended_by.get(&(file, class)).copied().unwrap_or((file, class))
    }

    /// The library classes and traits that a class derives from, through the program's own.
    #[must_use]
    pub fn library_bases(&self, class: ClassRef) -> Vec<Node> {
        let mut found = Vec::new();
        let mut waiting = vec![class];
        let mut seen = Vec::new();
        while let Some(class) = waiting.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            let (file, id) = class;
            let facts = &self[file].facts;
            for base in facts.list(facts[id].bases).iter().copied().chain(derived(facts, id)) {
                for value in self.values(file, base) {
                    match value.origin {
                        Origin::Class(base) => waiting.push(base),
                        Origin::Library(node) => found.push(node),
                        _ => {}
                    }
                }
            }
        }
        found
    }

    /// The definitions that a dotted (or `::`) path names from the program's root: through packages, re-exports and classes.
    #[must_use]
    pub fn named(&self, path: &str) -> Vec<Origin> {
        let segments: Vec<&str> = path.split("::").flat_map(|part| part.split('.')).collect();
        let Some((first, rest)) = segments.split_first() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for place in self.modules.anywhere(first) {
            let mut values = Values::one(Origin::Module(place));
            for segment in rest {
                let mut next = Values::default();
                for value in values.0 {
                    next.extend(self.member_of(value, segment));
                }
                values = next;
            }
            found.extend(values.0.into_iter().map(|value| value.origin));
        }
        found
    }
}

impl Program<'_> {
    /// The dotted names, where they are defined, of the modules, classes and functions that `path` names through any re-export.
    #[must_use]
    pub fn symbols_named(&self, path: &str) -> Vec<String> {
        let origins = self.named(path).into_iter();
        let symbols = origins.filter_map(|origin| match origin {
            Origin::Module(Place::Inline(file, scope)) => Some(self.symbol(file, scope)),
            Origin::Module(place) => Some(self.module_name(self.modules.init(place)?).to_owned()),
            Origin::Class((file, class)) => Some(self.symbol(file, self[file].facts[class].scope)),
            Origin::Function((file, function)) => Some(self.symbol(file, self[file].facts[function].scope)),
            _ => None,
        });
        symbols.collect()
    }

    /// Where the first of them is defined, and the scope that it makes.
    #[must_use]
    pub fn definition_named(&self, path: &str) -> Option<(Site, ScopeId)> {
        self.named(path).into_iter().find_map(|origin| {
            let (file, scope, span) = match origin {
                Origin::Module(place) => {
                    let (file, scope) = self.names_of(place)?;
                    (file, scope, Span::default())
                }
                Origin::Class((file, class)) => {
                    let class = &self[file].facts[class];
                    (file, class.scope, class.span)
                }
                Origin::Function((file, function)) => {
                    let function = &self[file].facts[function];
                    (file, function.scope, function.span)
                }
                _ => return None,
            };
            Some((Site { file, span }, scope))
        })
    }
}

/// The traits of `#[derive(…)]`.
fn derived(facts: &FileFacts, class: ClassId) -> impl Iterator<Item = ExprId> {
    facts.list(facts[class].decorators).iter().flat_map(|decorator| {
        let call = match facts[*decorator].kind {
            ExprKind::Call(call) => Some(&facts[call]),
            _ => None,
        };
        let derive = call.filter(|call| last_name(facts, call.callee).is_some_and(|name| facts.text(name) == "derive"));
        let traits = derive.map(|call| facts.arguments(call)).unwrap_or_default();
        traits.iter().map(|argument| argument.value)
    })
}

/// Wrappers of Rust whose inner type has the members that code asks for.
pub(super) fn is_transparent(wrapper: &str) -> bool {
    matches!(
        wrapper,
        "Arc"
            | "ArcSwap"
            | "ArcSwapOption"
            | "Box"
            | "Cell"
            | "Cow"
            | "Data"
            | "Extension"
            | "Lazy"
            | "LazyLock"
            | "Mutex"
            | "MutexGuard"
            | "OnceCell"
            | "OnceLock"
            | "Option"
            | "Pin"
            | "Rc"
            | "RefCell"
            | "Result"
            | "RwLock"
            | "State"
    )
}

/// The names that a module's `__all__` lists; none if it has none.
pub(super) fn declared_exports(facts: &FileFacts) -> Option<Vec<&str>> {
    let name = facts.names.find("__all__")?;
    let bindings = facts.bindings_of(MODULE_SCOPE, name);
    if bindings.is_empty() {
        return None;
    }
    let mut exports = Vec::new();
    for binding in bindings {
        if let BindingKind::Value(value) | BindingKind::Changed(value) = binding.kind {
            texts_in(facts, value, &mut exports);
        }
    }
    // `__all__.extend([...])`, `__all__.append("x")`
    for call in &facts.calls {
        if let ExprKind::Member { object, .. } = facts[call.callee].kind
            && matches!(facts[object].kind, ExprKind::Name { name: called, .. } if called == name)
        {
            for argument in facts.arguments(call) {
                texts_in(facts, argument.value, &mut exports);
            }
        }
    }
    Some(exports)
}

fn texts_in<'f>(facts: &'f FileFacts, expr: ExprId, out: &mut Vec<&'f str>) {
    match facts[expr].kind {
        ExprKind::Text(text) => out.push(facts.text(text)),
        ExprKind::Group(elements) => elements_in(facts, facts.list(elements), out),
        _ => {}
    }
}

fn elements_in<'f>(facts: &'f FileFacts, elements: &[ExprId], out: &mut Vec<&'f str>) {
    for element in elements {
        texts_in(facts, *element, out);
    }
}

/// Whether a function carries a decorator whose last name is `name`.
pub(super) fn has_decorator(facts: &FileFacts, function: FunctionId, name: &str) -> bool {
    facts
        .list(facts[function].decorators)
        .iter()
        .any(|decorator| last_name(facts, *decorator).is_some_and(|last| facts.text(last) == name))
}

/// The name that a path of Rust begins with, where `expr` is its first two segments (`api::routes`) and no field or method.
fn path_start(facts: &FileFacts, expr: ExprId) -> Option<(ScopeId, Name)> {
    let ExprKind::Member { object, name } = facts[expr].kind else {
        return None;
    };
    let ExprKind::Name { name: start, scope } = facts[object].kind else {
        return None;
    };
    let length = u32::try_from(facts.text(name).len()).unwrap_or(u32::MAX);
    let between = facts[expr]
        .span
        .end
        .checked_sub(length)?
        .checked_sub(facts[object].span.end)?;
    (between == 2).then_some((scope, start))
}

/// The last name of a dotted expression.
pub(super) fn last_name(facts: &FileFacts, expr: ExprId) -> Option<Name> {
    match facts[expr].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(name),
        ExprKind::Call(call) => last_name(facts, facts[call].callee),
        _ => None,
    }
}

/// The first name of a dotted expression, calls and subscripts looked through.
pub(super) fn first_name(facts: &FileFacts, expr: ExprId) -> Option<(Name, ScopeId)> {
    match facts[expr].kind {
        ExprKind::Name { name, scope } => Some((name, scope)),
        ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => first_name(facts, object),
        ExprKind::Call(call) => first_name(facts, facts[call].callee),
        _ => None,
    }
}

/// The token of the last name of a dotted expression; where it ends in none, its last character.
pub(super) fn last_name_span(facts: &FileFacts, expr: ExprId) -> Span {
    let span = facts[expr].span;
    match facts[expr].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => span.tail(facts.text(name).len()),
        ExprKind::Call(call) => last_name_span(facts, facts[call].callee),
        _ => span,
    }
}

/// A dotted expression as text; what is no name is left out as `(…)`, `[…]`.
pub(super) fn written(facts: &FileFacts, expr: ExprId) -> String {
    match facts[expr].kind {
        ExprKind::Name { name, .. } => facts.text(name).to_owned(),
        ExprKind::Member { object, name } => format!("{}.{}", written(facts, object), facts.text(name)),
        ExprKind::Call(call) => format!("{}()", written(facts, facts[call].callee)),
        ExprKind::Index { object, .. } => format!("{}[…]", written(facts, object)),
        _ => "(…)".to_owned(),
    }
}
