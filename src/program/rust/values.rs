//! What type the value of an expression has.

use super::paths::local;
use super::{Item, Targets, Type, Types, Typing, add};
use crate::facts::{
    Binding, BindingId, BindingKind, BlockKind, CallId, ExprId, ExprKind, FileFacts, FunctionId, Name, ScopeKind,
};
use crate::program::bindings::reaching;
use crate::program::names::{FunctionRef, last_name};
use crate::source::FileId;
use smallvec::SmallVec;

/// What a call calls.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Functions of the program.
    pub(super) targets: Targets,
    /// A path of the catalog.
    pub(super) library: Option<crate::catalog::Node>,
    /// What is made, where a type or one of its variants is called.
    made: Types,
    /// What the method is called on.
    pub(super) receiver: Types,
}

/// Methods of containers that give one of their elements.
fn gives_element(method: &str) -> bool {
    matches!(
        method,
        "back"
            | "back_mut"
            | "entry"
            | "find"
            | "first"
            | "first_mut"
            | "front"
            | "front_mut"
            | "get"
            | "get_mut"
            | "last"
            | "last_mut"
            | "max_by"
            | "max_by_key"
            | "min_by"
            | "min_by_key"
            | "next"
            | "next_back"
            | "nth"
            | "peek"
            | "pop"
            | "pop_back"
            | "pop_front"
            | "recv"
            | "recv_async"
            | "remove"
            | "swap_remove"
            | "try_recv"
            | "value"
            | "value_mut"
    )
}

/// Methods of containers and iterators that give the same elements in another wrapping.
fn gives_elements(method: &str) -> bool {
    matches!(
        method,
        "as_mut_slice"
            | "as_slice"
            | "by_ref"
            | "chain"
            | "collect"
            | "drain"
            | "filter"
            | "fuse"
            | "inspect"
            | "into_iter"
            | "into_par_iter"
            | "iter"
            | "iter_mut"
            | "par_iter"
            | "par_iter_mut"
            | "peekable"
            | "rev"
            | "skip"
            | "skip_while"
            | "sorted"
            | "step_by"
            | "take"
            | "take_while"
    )
}

/// Methods that give what a function makes of what they are called on.
fn gives_result(method: &str) -> bool {
    matches!(
        method,
        "and_then"
            | "filter_map"
            | "find_map"
            | "get_or_init"
            | "get_or_insert_with"
            | "get_or_try_init"
            | "map"
            | "map_while"
            | "or_insert_with"
            | "scope"
            | "then"
            | "with"
    )
}

/// Associated functions of wrappers that wrap their argument.
fn wraps(function: &str) -> bool {
    matches!(
        function,
        "clone" | "downgrade" | "from" | "from_pointee" | "new" | "pin" | "pin_slice"
    )
}

impl<'p> Typing<'p, '_> {
    /// The types that the value of `expr` can have.
    pub(super) fn value(&mut self, file: FileId, expr: ExprId) -> Types {
        if let Some(known) = self.values.get(&(file, expr)) {
            return known.clone();
        }
        self.values.insert((file, expr), Types::new());
        let found = self.deeper(|typing| typing.find_value(file, expr));
        self.values.insert((file, expr), found.clone());
        found
    }

    fn find_value(&mut self, file: FileId, expr: ExprId) -> Types {
        let facts = self.facts(file);
        let mut found = Types::new();
        match facts[expr].kind {
            ExprKind::Name { name, scope } => match local(facts, scope, name) {
                Some(bindings) => {
                    for id in reaching(facts, bindings, scope, facts[expr].span) {
                        let bound = self.bound(file, id);
                        add(&mut found, bound);
                    }
                }
                None => return self.constant(file, expr),
            },
            ExprKind::Member { object, name } => {
                if self.is_path(file, expr) {
                    return self.constant(file, expr);
                }
                let objects = self.value(file, object);
                return self.field_of(&objects, facts.text(name));
            }
            ExprKind::Call(call) => return self.result(file, call),
            ExprKind::Lambda(function) => found.push(Type::Function((file, function))),
            ExprKind::Through(inner) => return self.value(file, inner),
            ExprKind::Choice { options, how } => {
                for option in facts.options(options, how) {
                    let value = self.value(file, *option);
                    add(&mut found, value);
                }
                // One that is known speaks for those that are nothing.
                if found.iter().any(|of| *of != Type::Foreign) {
                    found.retain(|of| *of != Type::Foreign);
                }
            }
            ExprKind::Group(_) => found.push(Type::Group(file, expr)),
            ExprKind::Index { object, key, .. } => {
                let is_index = !matches!(facts[key].kind, ExprKind::Opaque);
                let objects = self.value(file, object);
                if is_index {
                    return self.element(&objects, true);
                }
                return objects;
            }
            ExprKind::Slice(object) => return self.value(file, object),
            ExprKind::Opaque => {}
            _ => found.push(Type::Foreign),
        }
        found
    }

    /// Whether an argument may be a function or closure, by a look at what it is bound to.
    pub(super) fn may_be_function(&mut self, file: FileId, argument: ExprId) -> bool {
        let facts = self.facts(file);
        let ExprKind::Name { name, scope } = facts[argument].kind else {
            return self.is_path(file, argument);
        };
        let Some(bindings) = local(facts, scope, name) else {
            return true;
        };
        facts.bindings[bindings].iter().any(|binding| match binding.kind {
            BindingKind::Value(value) => matches!(
                facts[value].kind,
                ExprKind::Lambda(_) | ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Choice { .. }
            ),
            BindingKind::Function(_) => true,
            _ => false,
        })
    }

    /// What a function, constant, static, unit type or variant is as a value.
    fn constant(&mut self, file: FileId, expr: ExprId) -> Types {
        let mut found = Types::new();
        for item in self.value_path(file, expr) {
            match item {
                Item::Function(function) => add(&mut found, [Type::Function(function)]),
                Item::Bound(at, id) if self.facts(at)[id].annotation.is_none() => {
                    add(&mut found, self.variant_of(at, id));
                }
                item => {
                    let types = self.types_of_item(item);
                    add(&mut found, types);
                }
            }
        }
        found
    }

    /// The enumeration of a variant.
    fn variant_of(&self, file: FileId, id: BindingId) -> Option<Type> {
        let facts = self.facts(file);
        match facts[facts[id].scope].kind {
            ScopeKind::Class(class) => Some(Type::Class(self.program.extended((file, class)))),
            _ => None,
        }
    }

    fn field_of(&mut self, objects: &Types, name: &str) -> Types {
        let mut found = Types::new();
        for of in objects {
            match of {
                Type::Class(class) => {
                    if let Some((file, annotation)) = self.field(*class, name) {
                        let types = self.written(file, annotation);
                        add(&mut found, types);
                    }
                }
                Type::Written(..) | Type::Group(..) => {
                    if let Ok(position) = name.parse() {
                        let types = self.position(&Types::from_slice(&[*of]), position);
                        add(&mut found, types);
                    }
                }
                Type::Library(_) | Type::Foreign => add(&mut found, [Type::Foreign]),
                Type::Function(_) => {}
            }
        }
        found
    }

    // Bindings

    fn bound(&mut self, file: FileId, id: BindingId) -> Types {
        let facts = self.facts(file);
        let binding = &facts[id];
        if let Some(annotation) = binding.annotation {
            let written = self.written(file, annotation);
            if written.iter().any(|of| *of != Type::Foreign) || matches!(binding.kind, BindingKind::Parameter(_)) {
                return written;
            }
        }
        match binding.kind {
            BindingKind::Value(value) => {
                let variants = variants_around(facts, binding, value);
                if variants.is_empty() {
                    return self.value(file, value);
                }
                self.payload(file, value, &variants, 0)
            }
            BindingKind::Unpacked { value, position } => {
                let variants = variants_around(facts, binding, value);
                if !variants.is_empty() {
                    return self.payload(file, value, &variants, position);
                }
                let value = self.value(file, value);
                self.position(&value, position)
            }
            BindingKind::Element { over } => self.elements(file, over),
            BindingKind::ElementUnpacked { over, position } => self.element_position(file, over, position),
            BindingKind::Parameter(_) => self.receiver(file, binding),
            BindingKind::Function(function) => Types::from_slice(&[Type::Function((file, function))]),
            _ => Types::new(),
        }
    }

    /// What variants of the enumeration that `value` is of hold at a position.
    fn payload(&mut self, file: FileId, value: ExprId, variants: &[Name], position: u32) -> Types {
        let facts = self.facts(file);
        let mut found = Types::new();
        for of in self.value(file, value) {
            let Type::Class((at, class)) = of else { continue };
            let held = self.facts(at).payloads.iter().filter(|held| {
                let name = self.facts(at).text(held.variant);
                held.class == class
                    && held.position == position
                    && variants.iter().any(|variant| facts.text(*variant) == name)
            });
            let held: SmallVec<[ExprId; 2]> = held.map(|held| held.written).collect();
            for written in held {
                let types = self.written(at, written);
                add(&mut found, types);
            }
        }
        found
    }

    /// `self`.
    fn receiver(&self, file: FileId, binding: &Binding) -> Types {
        let facts = self.facts(file);
        let ScopeKind::Function(function) = facts[binding.scope].kind else {
            return Types::new();
        };
        let class = facts[function].class.filter(|_| facts.text(binding.name) == "self");
        let class = class.map(|class| Type::Class(self.program.extended((file, class))));
        class.into_iter().collect()
    }

    // Containers

    /// One position of a tuple.
    fn position(&mut self, types: &Types, position: u32) -> Types {
        let mut found = Types::new();
        for of in types {
            let (Type::Written(file, expr) | Type::Group(file, expr)) = *of else {
                continue;
            };
            let facts = self.facts(file);
            let ExprKind::Group(parts) = facts[expr].kind else {
                continue;
            };
            let Some(part) = facts.list(parts).get(position as usize) else {
                continue;
            };
            let part = match of {
                Type::Written(..) => self.written(file, *part),
                _ => self.value(file, *part),
            };
            add(&mut found, part);
        }
        found
    }

    /// What the containers of some types hold; of a mapping its values, where one is looked up by its key.
    fn element(&mut self, types: &Types, by_key: bool) -> Types {
        let mut found = Types::new();
        for of in types {
            match *of {
                Type::Written(file, expr) => {
                    let facts = self.facts(file);
                    match facts[expr].kind {
                        ExprKind::Group(parts) if parts.len == 1 => {
                            let element = self.written(file, facts.list(parts)[0]);
                            add(&mut found, element);
                        }
                        ExprKind::Index { object, key, .. } => {
                            let element = self.element_of(file, object, key, by_key);
                            add(&mut found, element);
                        }
                        _ => {}
                    }
                }
                Type::Group(file, expr) => {
                    let facts = self.facts(file);
                    if let ExprKind::Group(parts) = facts[expr].kind {
                        for part in facts.list(parts).iter().take(4) {
                            let element = self.value(file, *part);
                            add(&mut found, element);
                        }
                    }
                }
                Type::Class(class) => {
                    for target in self.methods(class, "next") {
                        let element = self.given(target.function, &Types::new());
                        add(&mut found, element);
                    }
                }
                Type::Foreign => add(&mut found, [Type::Foreign]),
                Type::Library(_) | Type::Function(_) => {}
            }
        }
        found
    }

    fn element_of(&mut self, file: FileId, container: ExprId, arguments: ExprId, by_key: bool) -> Types {
        let facts = self.facts(file);
        let is_map = last_name(facts, container).is_some_and(|name| facts.text(name).contains("Map"));
        match facts[arguments].kind {
            ExprKind::Group(parts) if is_map && by_key && parts.len > 1 => self.written(file, facts.list(parts)[1]),
            ExprKind::Group(_) if is_map => Types::from_slice(&[Type::Written(file, arguments)]),
            ExprKind::Group(parts) if parts.len > 1 => self.written(file, facts.list(parts)[0]),
            _ => self.written(file, arguments),
        }
    }

    /// What a loop over `over` gets.
    fn elements(&mut self, file: FileId, over: ExprId) -> Types {
        let facts = self.facts(file);
        if let ExprKind::Call(call) = facts[over].kind
            && let ExprKind::Member { object, name } = facts[facts[call].callee].kind
        {
            let name = facts.text(name);
            if self.called(file, call).targets.is_empty() {
                if gives_elements(name) {
                    return self.elements(file, object);
                }
                if matches!(name, "values" | "values_mut" | "into_values") {
                    let map = self.value(file, object);
                    return self.element(&map, true);
                }
                if gives_result(name) {
                    return self.value(file, over);
                }
            }
        }
        let container = self.value(file, over);
        self.element(&container, false)
    }

    fn element_position(&mut self, file: FileId, over: ExprId, position: u32) -> Types {
        let facts = self.facts(file);
        if let ExprKind::Call(call) = facts[over].kind
            && let ExprKind::Member { object, name } = facts[facts[call].callee].kind
            && facts.text(name) == "enumerate"
        {
            return if position == 1 {
                self.elements(file, object)
            } else {
                Types::new()
            };
        }
        let element = self.elements(file, over);
        self.position(&element, position)
    }

    // Calls

    /// What a call calls.
    pub(super) fn called(&mut self, file: FileId, call: CallId) -> Called {
        let facts = self.facts(file);
        let callee = facts[call].callee;
        let mut called = Called::default();
        match facts[callee].kind {
            ExprKind::Member { object, name } if self.is_path(file, callee) => {
                let name = facts.text(name);
                for item in self.path(file, object) {
                    self.call_member(item, name, &mut called);
                }
            }
            ExprKind::Member { object, name } => {
                let name = facts.text(name);
                called.receiver = self.value(file, object);
                let receiver = called.receiver.clone();
                called.targets = self.methods_on(file, &receiver, name);
                called.library = receiver.iter().find_map(|of| match of {
                    Type::Library(node) => self.program.catalog.child(*node, name),
                    _ => None,
                });
            }
            ExprKind::Name { name, scope } if local(facts, scope, name).is_none() => {
                for item in self.value_path(file, callee) {
                    self.call_item(item, &mut called);
                }
            }
            _ => {
                for of in self.value(file, callee) {
                    if let Type::Function(function) = of {
                        self.call_item(Item::Function(function), &mut called);
                    }
                }
            }
        }
        called
    }

    fn call_member(&mut self, item: Item, name: &'p str, called: &mut Called) {
        match item {
            Item::Class(class) => {
                let methods = self.methods(class, name);
                if methods.is_empty() {
                    for item in self.member(item, name) {
                        self.call_item(item, called);
                    }
                }
                called.targets.extend(methods);
            }
            Item::Bound(..) => {
                for of in self.types_of_item(item) {
                    match of {
                        Type::Class(class) => self.call_member(Item::Class(class), name, called),
                        Type::Library(node) => self.call_member(Item::Library(node), name, called),
                        _ => {}
                    }
                }
            }
            item => {
                for item in self.member(item, name) {
                    self.call_item(item, called);
                }
            }
        }
    }

    fn call_item(&mut self, item: Item, called: &mut Called) {
        match item {
            Item::Function(function) => called.targets.push(super::Target {
                function,
                offset: 0,
                confidence: crate::finding::Confidence::Certain,
            }),
            Item::Class(class) => called.made.push(Type::Class(self.program.extended(class))),
            Item::Library(node) => called.library = Some(node),
            Item::Bound(file, id) => match self.variant_of(file, id) {
                Some(made) => called.made.push(made),
                None => called.made.extend(self.types_of_item(item)),
            },
            Item::Module(_) => {}
        }
    }

    /// What a call gives.
    fn result(&mut self, file: FileId, call: CallId) -> Types {
        let called = self.called(file, call);
        let mut found = called.made;
        for target in &called.targets {
            let given = self.given(target.function, &called.receiver);
            add(&mut found, given);
        }
        if let Some(entry) = called.library.and_then(|node| self.program.catalog.call(node)) {
            add(&mut found, entry.returns.map(Type::Library));
        } else if let Some(node) = called.library.filter(|node| self.program.catalog.is_type(*node)) {
            add(&mut found, [Type::Library(node)]);
        }
        if found.is_empty() && called.targets.is_empty() {
            return self.result_of_language(file, call, &called.receiver);
        }
        found
    }

    /// What a call gives by what the methods of Rust's own wrappers and containers promise.
    fn result_of_language(&mut self, file: FileId, call: CallId, receiver: &Types) -> Types {
        let facts = self.facts(file);
        let callee = facts[call].callee;
        let first = facts.arguments(&facts[call]).first().map(|argument| argument.value);
        let ExprKind::Member { object, name } = facts[callee].kind else {
            return Types::new();
        };
        let name = facts.text(name);
        if self.is_path(file, callee) {
            let wrapped = first.filter(|_| wraps(name));
            let owner = last_name(facts, object).map_or("", |name| facts.text(name));
            return match wrapped {
                Some(wrapped) if !self.path_is_own(file, object) => self.unwrapped(file, wrapped),
                // A type of a library makes values of its own.
                _ if owner.starts_with(char::is_uppercase) => Types::from_slice(&[Type::Foreign]),
                _ => Types::new(),
            };
        }
        let by_function = first
            .filter(|_| gives_result(name))
            .map(|first| self.unwrapped(file, first));
        if let Some(found) = by_function.filter(|found| !found.is_empty()) {
            return found;
        }
        let holds = |of: &Type| matches!(of, Type::Written(..) | Type::Group(..));
        if gives_element(name) && (receiver.iter().any(holds) || receiver.is_empty()) {
            return match facts[object].kind {
                ExprKind::Call(_) => self.elements(file, object),
                _ => self.element(receiver, true),
            };
        }
        if gives_elements(name) && receiver.iter().any(holds) {
            return receiver.clone();
        }
        // Wrappers have methods of their own (`lock`, `await`, `take`): they lead to what is inside.
        let inside = receiver
            .iter()
            .filter(|of| **of != Type::Foreign && is_of_wrappers(name));
        inside.copied().collect()
    }

    fn path_is_own(&mut self, file: FileId, expr: ExprId) -> bool {
        self.path(file, expr)
            .iter()
            .any(|item| matches!(item, Item::Class(_) | Item::Module(_)))
    }

    /// The value of an argument; of a function what it gives.
    fn unwrapped(&mut self, file: FileId, expr: ExprId) -> Types {
        let mut found = Types::new();
        for of in self.value(file, expr) {
            match of {
                Type::Function(function) => {
                    let given = self.given(function, &Types::new());
                    add(&mut found, given);
                }
                of => add(&mut found, [of]),
            }
        }
        found
    }

    /// What a function gives, called on something of the types of `receiver`.
    fn given(&mut self, (file, function): FunctionRef, receiver: &Types) -> Types {
        let facts = self.facts(file);
        if let Some(written) = facts[function].returns {
            let is_self = matches!(last_name(facts, inner(facts, written)), Some(name) if facts.text(name) == "Self");
            let own: Types = receiver
                .iter()
                .filter(|of| matches!(of, Type::Class(_)))
                .copied()
                .collect();
            return if is_self && !own.is_empty() {
                own
            } else {
                self.written(file, written)
            };
        }
        if facts[function].name.is_some() {
            return Types::from_slice(&[Type::Foreign]);
        }
        self.returned(file, function)
    }

    /// What a closure or an async block gives.
    fn returned(&mut self, file: FileId, function: FunctionId) -> Types {
        let facts = self.facts(file);
        let returns = facts.returns_of(function).iter();
        let values: Vec<ExprId> = returns.filter_map(|returned| returned.value).take(4).collect();
        let mut found = Types::new();
        for value in values {
            let value = self.value(file, value);
            add(&mut found, value);
        }
        found
    }
}

/// The type inside wrappers, as it is written.
fn inner(facts: &crate::facts::FileFacts, mut written: ExprId) -> ExprId {
    while let ExprKind::Index { key, .. } = facts[written].kind {
        written = match facts[key].kind {
            ExprKind::Group(parts) if parts.len > 0 => facts.list(parts)[0],
            _ => key,
        };
    }
    written
}

/// Methods of wrappers that hand out what is inside.
pub(in crate::program) fn is_of_wrappers(method: &str) -> bool {
    matches!(
        method,
        "as_deref"
            | "as_pin_mut"
            | "blocking_lock"
            | "blocking_read"
            | "blocking_write"
            | "boxed"
            | "context"
            | "expect"
            | "filter"
            | "get"
            | "get_mut"
            | "get_or_insert"
            | "get_ref"
            | "in_current_span"
            | "insert"
            | "inspect"
            | "inspect_err"
            | "instrument"
            | "into_inner"
            | "join"
            | "load"
            | "load_full"
            | "lock"
            | "lock_owned"
            | "or_insert"
            | "or_insert_with"
            | "read"
            | "replace"
            | "shared"
            | "take"
            | "transpose"
            | "try_lock"
            | "try_read"
            | "try_write"
            | "unwrap_unchecked"
            | "upgrade"
            | "with_context"
            | "write"
    )
}

/// The variants of `value` what is inside of which a name stands for: `Shape::Circle(circle)`.
fn variants_around(facts: &FileFacts, binding: &Binding, value: ExprId) -> SmallVec<[Name; 1]> {
    let mut variants = SmallVec::new();
    if let BlockKind::Branch { condition, holds: true } = facts[binding.block].kind {
        compared(facts, condition, value, binding.span.start, 0, &mut variants);
    }
    variants
}

fn compared(
    facts: &FileFacts,
    condition: ExprId,
    value: ExprId,
    before: u32,
    depth: u32,
    out: &mut SmallVec<[Name; 1]>,
) {
    match facts[condition].kind {
        ExprKind::Compare { left, right, .. } if left == value && facts[right].span.end <= before => {
            out.extend(last_name(facts, right));
        }
        ExprKind::Both(parts) | ExprKind::Choice { options: parts, .. } if depth < 4 => {
            for part in facts.list(parts) {
                compared(facts, *part, value, before, depth + 1, out);
            }
        }
        _ => {}
    }
}
