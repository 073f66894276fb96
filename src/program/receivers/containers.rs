//! Containers: what lists, tuples and mappings hold, and what Python's own functions make of them.

use super::arguments::{Flow, Slot};
use super::news::News;
use super::{Exact, Receivers, Symbol, Thing, Things};
use crate::facts::{Argument, BlockKind, CallId, ExprId, ExprKind, FileFacts, Splat};
use crate::finding::Confidence;
use crate::program::names::FunctionRef;
use crate::source::FileId;

/// Something that is put into a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) file: FileId,
    /// Under which key, where it has one.
    pub(super) key: Option<ExprId>,
    pub(super) value: ExprId,
    /// Whether it is all elements of the value that are put in.
    pub(super) spread: bool,
}

/// What is asked of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Held {
    /// What iterating gives.
    Elements,
    /// What is found under a key; under any where it is not known.
    Under(Option<ItemKey>),
    /// What `object[key]` is where it stands.
    Item(ExprId),
}

/// A key or position, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ItemKey {
    Text(Symbol),
    Number(i64),
}

/// More things in one container are not told apart.
pub(super) const MOST_WRITES: usize = 64;
/// A key is followed to the callers of this many functions.
const MOST_CALLERS_BACK: u32 = 3;
/// A key that can be more than this many texts is not known.
const MOST_KEYS: usize = 8;

impl Receivers<'_, '_> {
    // Items

    /// `object[key]`
    pub(super) fn item(&mut self, file: FileId, object: ExprId, key: ExprId) -> Things {
        let memory = self.container_key((file, object, Held::Item(key)));
        self.solve(memory, |receivers| receivers.item_of(file, object, key))
    }

    fn item_of(&mut self, file: FileId, object: ExprId, key: ExprId) -> Things {
        let containers = self.settled(file, object);
        let keys = self.keys(file, key);
        let place = self.facts(file)[object].span;
        let mut things = Things::default();
        for entry in containers {
            let found = match entry.thing {
                Thing::Made(at, expr) => self.item_of_made(at, expr, &keys, Some((file, place))),
                Thing::Rest(function, index) => self.rest_item(function, index, &keys),
                Thing::Instance(class, exact) => {
                    let symbol = self.symbol_of("__getitem__");
                    let mut given = Things::default();
                    for entry in self.object_member(class, exact, symbol, "__getitem__") {
                        if let Thing::Bound(function, class, exact) = entry.thing {
                            given.extend(&self.given_to(function, Some((class, exact)), None));
                        }
                    }
                    given
                }
                // `Base[T]`
                Thing::Class(..) => Things::one(entry.thing),
                _ => Things::default(),
            };
            things.extend(&found.at_most(entry.confidence));
        }
        things
    }

    /// The texts and numbers that a key can be; empty where it is not known.
    fn keys(&mut self, file: FileId, key: ExprId) -> Vec<ItemKey> {
        let mut keys = Vec::new();
        let given = self.value(file, key);
        let farthest = if self.is_whole { MOST_CALLERS_BACK } else { 1 };
        if given.len() > MOST_KEYS || self.may_be_anything(&given, farthest) {
            return keys;
        }
        for entry in self.settle(given) {
            if let Thing::Made(at, expr) = entry.thing
                && let Some(key) = self.literal_key(at, expr)
            {
                keys.push(key);
            } else {
                return Vec::new();
            }
        }
        keys
    }

    /// Whether a parameter is among the values of which no caller is known, whatever its default is, or that is passed one.
    fn may_be_anything(&mut self, values: &Things, farthest: u32) -> bool {
        let Some(farther) = farthest.checked_sub(1) else {
            return false;
        };
        values.iter().any(|entry| {
            let Thing::Parameter(function, index) = entry.thing else {
                return false;
            };
            let flows = self.rest_flows(function, index);
            flows.is_empty()
                || flows.into_iter().any(|flow| {
                    let passed = self.flowing(flow);
                    self.may_be_anything(&passed, farther)
                })
        })
    }

    fn literal_key(&mut self, file: FileId, expr: ExprId) -> Option<ItemKey> {
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Text(text) => Some(ItemKey::Text(self.symbol(file, text))),
            ExprKind::Number(number) => facts.text(number).parse().ok().map(ItemKey::Number),
            // `-1` is no literal of the grammar.
            _ => None,
        }
    }

    fn item_of_made(
        &mut self,
        file: FileId,
        container: ExprId,
        keys: &[ItemKey],
        asked_at: Option<(FileId, crate::source::Span)>,
    ) -> Things {
        let key = match keys {
            [] => None,
            [key] => Some(*key),
            _ => {
                let mut things = Things::default();
                for key in keys {
                    things.extend(&self.item_of_made(file, container, std::slice::from_ref(key), asked_at));
                }
                return things;
            }
        };
        if let Some(key) = &key
            && let Some(last) = asked_at.and_then(|place| self.last_write(file, container, key, place))
        {
            // What was written under the key just before replaces what the container was made with.
            self.is_open = true;
            return self.deeper(|receivers| receivers.written(last, keys));
        }
        let memory = self.container_key((file, container, Held::Under(key)));
        self.solve(memory, |receivers| {
            receivers
                .item_of_container(file, container, keys)
                .first(receivers.most_functions())
        })
    }

    /// The write under `key` that holds at a place which stands in one run of statements with it and with the container.
    fn last_write(
        &mut self,
        file: FileId,
        container: ExprId,
        key: &ItemKey,
        (at, place): (FileId, crate::source::Span),
    ) -> Option<Write> {
        if at != file {
            return None;
        }
        let mut last: Option<Write> = None;
        for write in self.writes.get(&(file, container)).cloned()? {
            // What another file writes stands in no run of statements of this one.
            if write.file != file {
                continue;
            }
            let begins = |write: &Write| self.facts(file)[write.value].span;
            let is_later = last.as_ref().is_none_or(|last| begins(last) < begins(&write));
            if is_later && self.overwrites(&write, key, file, container, place) {
                last = Some(write);
            }
        }
        last
    }

    /// What a write puts under `keys`.
    fn written(&mut self, write: Write, keys: &[ItemKey]) -> Things {
        if !write.spread {
            return self.value(write.file, write.value);
        }
        let mut things = Things::default();
        for entry in self.settled(write.file, write.value) {
            if let Thing::Made(at, inner) = entry.thing {
                things.extend(&self.item_of_made(at, inner, keys, None));
            }
        }
        things
    }

    fn container_key(&mut self, what: (FileId, ExprId, Held)) -> super::Key {
        self.memo.key_of(&mut self.container_keys, what)
    }

    fn item_of_container(&mut self, file: FileId, container: ExprId, keys: &[ItemKey]) -> Things {
        // More may be put in as long as rounds go on.
        self.is_open = true;
        let facts = self.facts(file);
        let writes = self.writes.get(&(file, container)).cloned().unwrap_or_default();
        let mut things = Things::default();
        match facts[container].kind {
            ExprKind::Table(entries) => {
                for (key, value) in facts.entries(entries) {
                    if things.is_full(self.most_functions()) {
                        break;
                    }
                    match key {
                        Some(key) => {
                            if self.fits(file, *key, keys) {
                                things.extend(&self.value(file, *value));
                            }
                        }
                        None => {
                            for entry in self.settled(file, *value) {
                                if let Thing::Made(at, inner) = entry.thing {
                                    things.extend(&self.item_of_made(at, inner, keys, None));
                                }
                            }
                        }
                    }
                }
            }
            ExprKind::Group(elements) => {
                let elements = facts.list(elements);
                let has_spliced = elements
                    .iter()
                    .any(|element| matches!(facts[*element].kind, ExprKind::Through(_)));
                match keys {
                    [ItemKey::Number(index)] if !has_spliced => {
                        let index = usize::try_from(*index).ok();
                        if let Some(element) = index.and_then(|index| elements.get(index)) {
                            things.extend(&self.value(file, *element));
                        }
                    }
                    _ => things.extend(&self.elements_of(&Things::one(Thing::Made(file, container)), None)),
                }
            }
            ExprKind::Call(call) if self.is_gathered(file, call) => {
                let arguments = facts.arguments(&facts[call]);
                let is_plain = arguments.iter().all(|argument| argument.splat == Splat::No);
                match keys {
                    [ItemKey::Number(index)] if is_plain => {
                        let index = usize::try_from(*index).ok();
                        if let Some(argument) = index.and_then(|index| arguments.get(index)) {
                            things.extend(&self.value(file, argument.value));
                        }
                    }
                    _ => things.extend(&self.gathered(file, call)),
                }
            }
            // `dict(a=f)`: keywords are keys; `defaultdict(f)`: what is not there is made.
            ExprKind::Call(call) => {
                for path in self.keeping(file, call) {
                    things.extend(&self.results_of_callables(path, file, call));
                }
                for argument in facts.arguments(&facts[call]) {
                    if let Some(keyword) = argument.keyword {
                        let text = ItemKey::Text(self.symbol(file, keyword));
                        if keys.is_empty() || keys.contains(&text) {
                            things.extend(&self.value(file, argument.value));
                        }
                    } else {
                        for entry in self.settled(file, argument.value) {
                            if let Thing::Made(at, inner) = entry.thing
                                && (at, inner) != (file, container)
                            {
                                things.extend(&self.item_of_made(at, inner, keys, None));
                            }
                        }
                    }
                }
            }
            ExprKind::Index { object, key: held, .. } => {
                if let Some(held) = declared_item(facts, object, held, keys) {
                    things.extend(&self.annotated(file, held));
                }
            }
            ExprKind::Template(parts) => {
                for part in facts.list(parts) {
                    let containers = self.settled(file, *part);
                    things.extend(&self.held(&containers));
                }
            }
            ExprKind::Each { element, .. } => match facts[element].kind {
                ExprKind::Table(entries) => {
                    for (_, value) in facts.entries(entries) {
                        things.extend(&self.value(file, *value));
                    }
                }
                _ => things.extend(&self.value(file, element)),
            },
            _ => {}
        }
        for write in writes {
            let fits = match write.key {
                Some(key) => self.fits(write.file, key, keys),
                None => true,
            };
            if !fits {
                continue;
            }
            things.extend(&self.written(write, keys));
        }
        things
    }

    /// Whether a written item replaces what the container was made with, for someone who asks at `place` of the same statements.
    fn overwrites(
        &mut self,
        write: &Write,
        key: &ItemKey,
        file: FileId,
        container: ExprId,
        place: crate::source::Span,
    ) -> bool {
        let facts = self.facts(file);
        if facts[write.value].span.end > place.start || facts[write.value].span.start < facts[container].span.end {
            return false;
        }
        let has_key = if write.spread {
            match facts[write.value].kind {
                ExprKind::Table(entries) => facts
                    .entries(entries)
                    .iter()
                    .any(|(own, _)| own.is_some_and(|own| self.literal_key(file, own) == Some(*key))),
                _ => false,
            }
        } else {
            write.key.is_some_and(|own| self.literal_key(file, own) == Some(*key))
        };
        // All three stand in one run of statements.
        let innermost = |span: crate::source::Span| {
            let holding = facts
                .blocks
                .iter()
                .enumerate()
                .filter(|(_, block)| block.span.contains(span));
            holding
                .min_by_key(|(_, block)| block.span.end - block.span.start)
                .map(|(index, _)| index)
        };
        has_key && {
            let block = innermost(facts[write.value].span);
            block.is_some()
                && block == innermost(facts[container].span)
                && block == innermost(place)
                && block.is_some_and(|block| matches!(facts.blocks[block].kind, BlockKind::Body | BlockKind::Main))
        }
    }

    fn fits(&mut self, file: FileId, key: ExprId, wanted: &[ItemKey]) -> bool {
        if wanted.is_empty() {
            return true;
        }
        if let Some(own) = self.literal_key(file, key) {
            return wanted.contains(&own);
        }
        let known = self.keys(file, key);
        known.is_empty() || known.iter().any(|key| wanted.contains(key))
    }

    // Elements

    /// What iterating gives; with `position`, that position of what is unpacked.
    pub(super) fn elements_of(&mut self, containers: &Things, position: Option<u32>) -> Things {
        let mut things = Things::default();
        for entry in containers.iter() {
            let found = match (entry.thing, position) {
                (Thing::Made(file, expr), Some(position)) => {
                    self.item_of_made(file, expr, &[ItemKey::Number(i64::from(position))], None)
                }
                (Thing::Made(file, expr), None) => self.elements_of_made(file, expr),
                (Thing::Rest(function, index), _) => {
                    let keys: Vec<ItemKey> = position
                        .map(|position| ItemKey::Number(i64::from(position)))
                        .into_iter()
                        .collect();
                    self.rest_item(function, index, &keys)
                }
                (Thing::Generator(function, receiver), None) => {
                    let mut given = Things::default();
                    for entry in self.yielded(function) {
                        given.add(self.receiver_of(entry.thing, receiver), entry.confidence);
                    }
                    given
                }
                (Thing::Instance(class, exact), Some(position)) => {
                    let given = self.iterated(class, exact);
                    if given.is_empty() {
                        self.field_at(class, exact, position)
                    } else {
                        given
                    }
                }
                (Thing::Instance(class, exact), None) => self.iterated(class, exact),
                // The members of an enumeration.
                (Thing::Class(class, _), None) => Things::one(Thing::Instance(class, Exact::Yes)),
                _ => Things::default(),
            };
            things.extend(&found.at_most(entry.confidence));
        }
        things
    }

    fn receiver_of(&mut self, thing: Thing, receiver: Option<(crate::program::names::ClassRef, Exact)>) -> Thing {
        match (thing, receiver) {
            (Thing::Instance(_, Exact::Receiver), Some((class, exact))) => Thing::Instance(class, exact),
            (thing, _) => thing,
        }
    }

    /// What `for x in object` gives: `__iter__`, then `__next__`.
    fn iterated(&mut self, class: crate::program::names::ClassRef, exact: Exact) -> Things {
        let mut things = Things::default();
        for (iterate, next) in [("__iter__", "__next__"), ("__aiter__", "__anext__")] {
            let symbol = self.symbol_of(iterate);
            for entry in self.object_member(class, exact, symbol, iterate) {
                let Thing::Bound(function, class, exact) = entry.thing else {
                    continue;
                };
                let iterators = self.given_to(function, Some((class, exact)), None);
                for iterator in iterators.iter() {
                    if let Thing::Instance(class, exact) = iterator.thing {
                        let symbol = self.symbol_of(next);
                        for step in self.object_member(class, exact, symbol, next) {
                            if let Thing::Bound(function, class, exact) = step.thing {
                                things.extend(&self.given_to(function, Some((class, exact)), None));
                            }
                        }
                    } else {
                        things.extend(&self.elements_of(&Things::one(iterator.thing), None));
                    }
                }
            }
        }
        things
    }

    fn elements_of_made(&mut self, file: FileId, expr: ExprId) -> Things {
        let key = self.container_key((file, expr, Held::Elements));
        self.solve(key, |receivers| {
            receivers
                .elements_of_container(file, expr)
                .first(receivers.most_functions())
        })
    }

    fn elements_of_container(&mut self, file: FileId, expr: ExprId) -> Things {
        self.is_open = true;
        let facts = self.facts(file);
        let mut things = Things::default();
        match facts[expr].kind {
            ExprKind::Group(elements) => {
                for element in facts.list(elements) {
                    if things.is_full(self.most_functions()) {
                        break;
                    }
                    match facts[*element].kind {
                        ExprKind::Through(inner) => {
                            let spliced = self.settled(file, inner);
                            things.extend(&self.elements_of(&spliced, None));
                        }
                        _ => things.extend(&self.value(file, *element)),
                    }
                }
            }
            ExprKind::Table(entries) => {
                for (key, _) in facts.entries(entries) {
                    if let Some(key) = key.filter(|_| !things.is_full(self.most_functions())) {
                        things.extend(&self.value(file, key));
                    }
                }
                return things;
            }
            ExprKind::Each { element, .. } => match facts[element].kind {
                ExprKind::Table(entries) => {
                    for (key, _) in facts.entries(entries) {
                        if let Some(key) = key {
                            things.extend(&self.value(file, *key));
                        }
                    }
                }
                _ => things.extend(&self.value(file, element)),
            },
            // `first + second`
            ExprKind::Template(parts) => {
                for part in facts.list(parts) {
                    let containers = self.settled(file, *part);
                    things.extend(&self.elements_of(&containers, None));
                }
            }
            ExprKind::Call(call) if self.is_gathered(file, call) => things.extend(&self.gathered(file, call)),
            ExprKind::Call(call) => {
                let call = facts[call];
                match facts[call.callee].kind {
                    ExprKind::Member { object, name }
                        if matches!(facts.text(name), "values" | "items" | "keys" | "copy") =>
                    {
                        let containers = self.settled(file, object);
                        match facts.text(name) {
                            "values" => things.extend(&self.held(&containers)),
                            "keys" | "copy" => things.extend(&self.elements_of(&containers, None)),
                            _ => {}
                        }
                    }
                    ExprKind::Name { name, .. } if facts.text(name) == "map" => {
                        if let ExprKind::Call(call) = facts[expr].kind {
                            let path = self.paths.builtin(self.program.catalog, "map");
                            things.extend(&self.results_of_callables(path, file, call));
                        }
                    }
                    _ => {
                        for argument in facts.arguments(&call) {
                            if argument.keyword.is_none() {
                                let containers = self.settled(file, argument.value);
                                things.extend(&self.elements_of(&containers, None));
                            }
                        }
                    }
                }
            }
            ExprKind::Index { object, key, .. } => {
                let wrapper = crate::program::names::last_name(facts, object).map_or("", |name| facts.text(name));
                let is_mapping = wrapper.to_ascii_lowercase().ends_with("dict") || wrapper.ends_with("Mapping");
                let held: Vec<ExprId> = match facts[key].kind {
                    ExprKind::Group(options) => facts.list(options).to_vec(),
                    _ => vec![key],
                };
                let count = if is_mapping || wrapper.ends_with("Generator") {
                    1
                } else {
                    held.len()
                };
                for one in &held[..count.min(held.len())] {
                    things.extend(&self.annotated(file, *one));
                }
            }
            _ => {}
        }
        for write in self.writes.get(&(file, expr)).cloned().unwrap_or_default() {
            if write.spread {
                let containers = self.settled(write.file, write.value);
                things.extend(&self.elements_of(&containers, None));
            } else {
                things.extend(&self.value(write.file, write.value));
            }
        }
        things
    }

    /// Whether a call gives the results of several coroutines: `gather(one(), two())`.
    fn is_gathered(&mut self, file: FileId, call: CallId) -> bool {
        self.callees(file, call).iter().any(|entry| match entry.thing {
            Thing::Library(path) => {
                let keeps = self
                    .paths
                    .node(path)
                    .is_some_and(|node| self.program.catalog.keeps(node).is_some());
                !keeps && self.paths.builtin_name(path).is_none() && !self.handed_over(path, file, call).is_empty()
            }
            _ => false,
        })
    }

    /// The classes of libraries that a call makes objects of which keep things as a list or mapping does: `deque()`, `Queue()`.
    fn keeping(&mut self, file: FileId, call: CallId) -> Vec<super::PathId> {
        let catalog = self.program.catalog;
        let callees = self.callees(file, call);
        let libraries = callees.iter().filter_map(|entry| match entry.thing {
            Thing::Library(path) => Some(path),
            _ => None,
        });
        let is_keeping =
            |path: &super::PathId| self.paths.node(*path).is_some_and(|node| catalog.keeps(node).is_some());
        libraries.filter(is_keeping).collect()
    }

    fn gathered(&mut self, file: FileId, call: CallId) -> Things {
        let facts = self.facts(file);
        let mut things = Things::default();
        for argument in facts.arguments(&facts[call]) {
            let values = self.settled(file, argument.value);
            if argument.splat == Splat::Positions {
                things.extend(&self.elements_of(&values, None));
            } else {
                things.extend(&values);
            }
        }
        things
    }

    /// The values that mappings hold, whatever their key.
    fn held(&mut self, mappings: &Things) -> Things {
        let mut things = Things::default();
        for entry in mappings.iter() {
            match entry.thing {
                Thing::Made(file, expr) => things.extend(&self.item_of_made(file, expr, &[], None)),
                Thing::Rest(function, index) => things.extend(&self.rest_item(function, index, &[])),
                _ => {}
            }
        }
        things
    }

    /// One position of each element of `over`: `for key, value in mapping.items()`, `for name, check in checks`.
    pub(super) fn pair(&mut self, file: FileId, over: ExprId, position: u32) -> Things {
        let facts = self.facts(file);
        if let ExprKind::Call(call) = facts[over].kind {
            let call = facts[call];
            match facts[call.callee].kind {
                ExprKind::Member { object, name } if facts.text(name) == "items" => {
                    let containers = self.settled(file, object);
                    return if position == 0 {
                        self.elements_of(&containers, None)
                    } else {
                        self.held(&containers)
                    };
                }
                ExprKind::Name { name, .. } if matches!(facts.text(name), "enumerate" | "zip") => {
                    let index = if facts.text(name) == "zip" {
                        position as usize
                    } else if position == 1 {
                        0
                    } else {
                        return Things::default();
                    };
                    return match facts.arguments(&call).get(index) {
                        Some(argument) => {
                            let containers = self.settled(file, argument.value);
                            self.elements_of(&containers, None)
                        }
                        None => Things::default(),
                    };
                }
                _ => {}
            }
        }
        let containers = self.settled(file, over);
        let elements = self.elements_of(&containers, None);
        let elements = self.settle(elements);
        self.elements_of(&elements, Some(position))
    }

    // `*args` and `**kwargs`

    fn rest_item(&mut self, function: FunctionRef, index: u32, keys: &[ItemKey]) -> Things {
        let mut things = Things::default();
        for flow in self.rest_flows(function, index) {
            let Flow { file, slot, .. } = flow;
            let fits = keys.is_empty()
                || match slot {
                    Slot::Position(at) => keys.contains(&ItemKey::Number(i64::from(at))),
                    Slot::Keyword(name) => keys.contains(&ItemKey::Text(self.symbol(file, name))),
                    Slot::Whole => true,
                };
            if fits {
                let value = self.flowing(flow);
                things.extend(&self.settle(value));
            }
        }
        things.at_most(Confidence::Likely)
    }

    pub(super) fn rest_member(&mut self, function: FunctionRef, index: u32, name: &str) -> Things {
        let kind = self.facts(function.0).parameters(self.function(function))[index as usize].kind;
        let class = if kind == crate::facts::ParameterKind::Rest {
            "tuple"
        } else {
            "dict"
        };
        self.builtin_method(class, name)
    }

    // Contexts

    /// What `with context as name` binds: what `__enter__` gives, or what a generator yields.
    pub(super) fn entered(&mut self, contexts: &Things) -> Things {
        let mut things = Things::default();
        for entry in contexts.iter() {
            let found = match entry.thing {
                Thing::Generator(function, receiver) => {
                    let mut given = Things::default();
                    for entry in self.yielded(function) {
                        given.add(self.receiver_of(entry.thing, receiver), entry.confidence);
                    }
                    given
                }
                Thing::Instance(class, exact) => {
                    let mut given = Things::default();
                    for enter in ["__enter__", "__aenter__"] {
                        let symbol = self.symbol_of(enter);
                        for entry in self.object_member(class, exact, symbol, enter) {
                            if let Thing::Bound(function, class, exact) = entry.thing {
                                given.extend(&self.given_to(function, Some((class, exact)), None));
                            }
                        }
                    }
                    // A context of a library's base class mostly gives itself.
                    if given.is_empty() {
                        Things::one(entry.thing)
                    } else {
                        given
                    }
                }
                thing @ (Thing::LibraryInstance(_) | Thing::Made(..)) => Things::one(thing),
                _ => Things::default(),
            };
            things.extend(&found.at_most(entry.confidence));
        }
        things
    }

    // What is put into containers

    pub(super) fn put(&mut self, containers: &Things, write: Write) {
        for entry in containers.iter() {
            if let Thing::Made(at, container) = entry.thing {
                self.add_write(at, container, write);
            }
        }
    }

    fn add_write(&mut self, file: FileId, container: ExprId, write: Write) {
        if !matches!(
            self.facts(file)[container].kind,
            ExprKind::Group(_)
                | ExprKind::Table(_)
                | ExprKind::Each { .. }
                | ExprKind::Call(_)
                | ExprKind::Index { .. }
        ) {
            return;
        }
        self.learn(News::Written(file, container, write));
    }

    /// `names.append(x)`, `table.update(other)`: what a call puts into the container it is made on.
    pub(super) fn visit_container_call(&mut self, file: FileId, call: CallId) {
        let facts = self.facts(file);
        let call = facts[call];
        let ExprKind::Member { object, name } = facts[call.callee].kind else {
            return;
        };
        let arguments = facts.arguments(&call);
        if arguments.is_empty() {
            return;
        }
        let (key, value, spread) = match facts.text(name) {
            "append" | "add" | "appendleft" | "put" | "put_nowait" => (None, 0, false),
            "set" if arguments.len() == 1 => (None, 0, false),
            "insert" => (None, 1, false),
            "setdefault" => (Some(0), 1, false),
            "extend" | "update" => (None, 0, true),
            _ => return,
        };
        let Some(argument) = arguments.get(value).filter(|argument| argument.splat == Splat::No) else {
            return;
        };
        let key = key.and_then(|key| arguments.get(key)).map(|argument| argument.value);
        if argument.keyword.is_some() || !is_worth_keeping(facts, argument.value) {
            return;
        }
        let containers = self.settled(file, object);
        let value = argument.value;
        self.put(
            &containers,
            Write {
                file,
                key,
                value,
                spread,
            },
        );
    }

    // Python's own types and functions

    /// A method of a literal or container.
    pub(super) fn builtin_member(&mut self, file: FileId, expr: ExprId, name: &str) -> Things {
        // `Color.RED.value`: the member of an enumeration.
        if matches!(name, "value" | "name") {
            return Things::one(Thing::Made(file, expr));
        }
        let facts = self.facts(file);
        let class = match facts[expr].kind {
            ExprKind::Text(_) | ExprKind::Template(_) => "str",
            ExprKind::Table(_) => "dict",
            ExprKind::Group(_) => "list",
            ExprKind::Each { element, .. } if matches!(facts[element].kind, ExprKind::Table(_)) => "dict",
            ExprKind::Each { .. } => "list",
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Name { name: class, .. } => match facts.text(class) {
                    known @ ("dict" | "list" | "set" | "tuple" | "frozenset") => known,
                    _ => return self.kept_member(file, call, name),
                },
                _ => return self.kept_member(file, call, name),
            },
            ExprKind::Index { object, .. } => {
                match crate::program::names::last_name(facts, object).map_or("", |name| facts.text(name)) {
                    "dict" | "Dict" | "Mapping" | "MutableMapping" | "DefaultDict" | "defaultdict" | "OrderedDict" => {
                        "dict"
                    }
                    "set" | "Set" => "set",
                    "tuple" | "Tuple" => "tuple",
                    _ => "list",
                }
            }
            _ => return Things::default(),
        };
        self.builtin_method(class, name)
    }

    /// A method of what a library's class makes that keeps things, or what the call fills it with: `SimpleNamespace(run=rotate).run`.
    fn kept_member(&mut self, file: FileId, call: CallId, name: &str) -> Things {
        let catalog = self.program.catalog;
        let facts = self.facts(file);
        let is_filled = |argument: &&Argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == name);
        if let Some(argument) = facts.arguments(&facts[call]).iter().find(is_filled)
            && self.callees(file, call).iter().any(|entry| self.is_holder(entry.thing))
        {
            return self.value(file, argument.value);
        }
        let keeping = self.keeping(file, call).first().copied();
        let class = keeping.and_then(|path| catalog.keeps(self.paths.node(path)?));
        class.map_or_else(Things::default, |class| self.builtin_method(class, name))
    }

    fn is_holder(&self, class: Thing) -> bool {
        matches!(class, Thing::Library(path) if self.holder(path).is_some())
    }

    fn builtin_method(&mut self, class: &str, name: &str) -> Things {
        let catalog = self.program.catalog;
        let class = self.paths.builtin(catalog, class);
        Things::one(Thing::Library(self.paths.child(catalog, class, name)))
    }

    /// What Python's own functions and methods give; none where nothing is known of them.
    pub(super) fn builtin_result(&mut self, name: &str, file: FileId, call: CallId) -> Option<Things> {
        let facts = self.facts(file);
        let this = facts[call];
        let arguments = facts.arguments(&this);
        let argument = |index: usize| arguments.get(index).map(|argument| argument.value);
        let object = match facts[this.callee].kind {
            ExprKind::Member { object, .. } => Some(object),
            _ => None,
        };
        let made = || Some(Things::one(Thing::Made(file, this.expr)));
        match name {
            "list" | "tuple" | "set" | "frozenset" | "dict" | "sorted" | "reversed" | "iter" | "enumerate" | "zip"
            | "filter" | "map" => made(),
            "next" | "anext" | "min" | "max" => {
                let containers = self.settled(file, argument(0)?);
                let mut found = self.elements_of(&containers, None);
                if found.is_empty() {
                    found = containers;
                    found.retain(|thing| matches!(thing, Thing::Generator(..)));
                }
                Some(found)
            }
            "dict.get" | "dict.pop" | "dict.setdefault" | "dict.__getitem__" => {
                let containers = self.settled(file, object?);
                let keys = self.keys(file, argument(0)?);
                let mut things = Things::default();
                for entry in containers {
                    match entry.thing {
                        Thing::Made(at, expr) => things.extend(&self.item_of_made(at, expr, &keys, None)),
                        Thing::Rest(function, index) => things.extend(&self.rest_item(function, index, &keys)),
                        _ => {}
                    }
                }
                if let Some(default) = argument(1) {
                    things.extend(&self.value(file, default));
                }
                Some(things)
            }
            "list.pop" | "list.popleft" | "list.get" | "list.get_nowait" | "set.pop" | "dict.popitem"
            | "list.__getitem__" => {
                let containers = self.settled(file, object?);
                Some(self.elements_of(&containers, None))
            }
            "dict.values" | "dict.items" | "dict.keys" => made(),
            "dict.copy" | "list.copy" | "set.copy" | "tuple.copy" => Some(self.settled(file, object?)),
            "super" => self.super_object(file, call),
            "property" => Some(Things::one(Thing::Properties(file, call))),
            "object.__new__" => {
                let mut things = Things::default();
                for entry in self.settled(file, argument(0)?) {
                    if let Thing::Class(class, exact) = entry.thing {
                        things.add(Thing::Instance(class, exact), entry.confidence);
                    }
                }
                Some(things)
            }
            // `type(name, (Base,), members)`: a class below.
            "type" if arguments.len() == 3 => {
                let bases = self.settled(file, argument(1)?);
                let mut things = Things::default();
                for entry in self.elements_of(&bases, None) {
                    if let Thing::Class(class, Exact::Yes) = entry.thing {
                        things.add(Thing::Class(class, Exact::OrBelow), entry.confidence);
                    }
                }
                Some(things)
            }
            "type" => {
                let mut things = Things::default();
                for entry in self.settled(file, argument(0)?) {
                    if let Thing::Instance(class, exact) = entry.thing {
                        things.add(Thing::Class(class, exact), entry.confidence);
                    }
                }
                Some(things)
            }
            "getattr" | "object.__getattribute__" => {
                let objects = self.settled(file, argument(0)?);
                let mut things = self.members_named(&objects, file, argument(1)?);
                if let Some(default) = argument(2) {
                    things.extend(&self.value(file, default));
                }
                Some(things)
            }
            "str" | "repr" => made(),
            "staticmethod" | "classmethod" => Some(self.value(file, argument(0)?)),
            _ => {
                let (class, _) = name.split_once('.')?;
                (class == "str").then(|| Things::one(Thing::Made(file, this.expr)))
            }
        }
    }

    /// `super()`, `super(Class, self)`.
    fn super_object(&mut self, file: FileId, call: CallId) -> Option<Things> {
        let facts = self.facts(file);
        let this = facts[call];
        // The class whose body holds the method that this stands in, closures looked through.
        let mut scope = Some(this.scope);
        let mut class = None;
        while let Some(current) = scope {
            if let crate::facts::ScopeKind::Class(found) = facts[current].kind {
                class = Some((file, found));
                break;
            }
            scope = facts[current].parent;
        }
        let own = class?;
        let of = match facts.arguments(&this).first() {
            Some(argument) => {
                let named = self.settled(file, argument.value);
                let found = named.iter().find_map(|entry| match entry.thing {
                    Thing::Class(class, _) => Some(class),
                    _ => None,
                });
                found.unwrap_or(own)
            }
            None => own,
        };
        Some(Things::one(Thing::Super {
            of,
            receiver: own,
            exact: Exact::Receiver,
        }))
    }
}

/// What an annotation says that a container holds under `keys`: `dict[str, User]`, `tuple[Key, User]`.
fn declared_item(facts: &FileFacts, object: ExprId, held: ExprId, keys: &[ItemKey]) -> Option<ExprId> {
    let ExprKind::Group(options) = facts[held].kind else {
        return Some(held);
    };
    let options = facts.list(options);
    let is_tuple = crate::program::names::last_name(facts, object)
        .is_some_and(|name| matches!(facts.text(name), "tuple" | "Tuple"));
    match (is_tuple, keys) {
        // `tuple[User, ...]`
        (true, _) if matches!(options, [_, rest] if facts[*rest].kind == ExprKind::Opaque) => options.first().copied(),
        (true, [ItemKey::Number(position)]) => options.get(usize::try_from(*position).ok()?).copied(),
        _ => options.last().copied(),
    }
}

/// Whether anything will be asked of a value once it is taken out of a container again.
pub(super) fn is_worth_keeping(facts: &FileFacts, value: ExprId) -> bool {
    !matches!(
        facts[value].kind,
        ExprKind::Truth(_)
            | ExprKind::Number(_)
            | ExprKind::Nothing
            | ExprKind::Template(_)
            | ExprKind::Compare { .. }
            | ExprKind::Not(_)
    )
}
