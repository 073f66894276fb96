//! What an object must be by what is asked of it, where nothing says what it is.
//!
//! Of a parameter that nobody in the program fills, and of what a library gives, the names that are read from it still tell: where one
//! class of the program, with those that derive from it, has them all and takes the arguments, it is an object of that class. One
//! name is enough if no well-known type has it.

use super::classes::Ancestor;
use super::{Exact, Receivers, Symbol, Thing, Things};
use crate::facts::{BindingKind, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, How, Name};
use crate::finding::{CodeScope, Confidence};
use crate::program::bindings::{lookup, lookup_range};
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// A name that more classes define tells nothing.
pub(super) const MOST_NAMESAKES: usize = 48;
/// Where several families have a method, or well-known types, so many telling names set one of them apart.
const ENOUGH_TO_TELL_APART: usize = 2;
/// Classes of one family that each define a method which their common base lacks.
const MOST_BRANCHES: usize = 16;

/// From a name to what it is bound to and on, when it is asked whether a library gave it.
const MOST_STEPS_BACK: u32 = 4;

/// Where names are read from names, by file: the member expressions by the name they stand behind.
pub(super) type Askings = FxHashMap<FileId, FxHashMap<Name, Vec<ExprId>>>;

impl Receivers<'_, '_> {
    /// The methods that a call can mean of whose object nothing else is known.
    pub(crate) fn guessed_method(&mut self, file: FileId, call: CallId) -> Things {
        let facts = self.facts(file);
        let ExprKind::Member { object, name } = facts[facts[call].callee].kind else {
            return Things::default();
        };
        let symbol = self.symbol(file, name);
        // That it may be nothing says only that a method is not called on it then.
        let mut known = self.settled(file, object);
        known.retain(|thing| !self.is_nothing(thing));
        let asked_for = self.asked_for_class(file, call, object);
        let found = self.member(&asked_for, symbol, self.text(file, name));
        if !found.is_empty() {
            return found.at_most(Confidence::Likely);
        }
        if known.is_empty() && self.comes_from_library(file, object, 0) {
            return Things::default();
        }
        let guessed = match (self.is_whole, known.is_empty()) {
            (true, true) => self.by_shape(file, call, object, (symbol, name)),
            (true, false) => self.below(&known, symbol, self.text(file, name)),
            (false, _) => Things::default(),
        };
        if !guessed.is_empty() || !known.is_empty() {
            return guessed;
        }
        let recorded = self.method_of_record(file, call);
        if !recorded.is_empty() {
            return recorded;
        }
        let mut found = self.by_name_alone(symbol);
        found.retain(|thing| match thing {
            Thing::Bound(function, ..) => self.takes(function, 1, file, call),
            _ => true,
        });
        found
    }

    /// What the branches around a call, and those before it that left, say that a name holds: `if isinstance(node, Leaf): node.value()`.
    fn asked_for_class(&mut self, file: FileId, call: CallId, object: ExprId) -> Things {
        let facts = self.facts(file);
        let (ExprKind::Name { name, .. }, Some(isinstance)) = (facts[object].kind, facts.names.find("isinstance"))
        else {
            return Things::default();
        };
        let asked = established(facts, call).into_iter().find_map(|asked| {
            let ExprKind::Call(asked) = facts[asked].kind else {
                return None;
            };
            let [value, class] = facts.arguments(&facts[asked]) else {
                return None;
            };
            let is_asked = matches!(facts[facts[asked].callee].kind, ExprKind::Name { name, .. } if name == isinstance)
                && matches!(facts[value.value].kind, ExprKind::Name { name: of, .. } if of == name);
            is_asked.then_some(class.value)
        });
        let mut things = Things::default();
        for entry in asked.map(|class| self.listed(file, class)).unwrap_or_default() {
            if let Thing::Class(class, _) = entry.thing {
                things.add(Thing::Instance(class, Exact::OrBelow), entry.confidence);
            }
        }
        things
    }

    /// Whether an object is what a library gives of which nothing is known: it is of none of the program's classes.
    fn comes_from_library(&mut self, file: FileId, object: ExprId, depth: u32) -> bool {
        if depth > MOST_STEPS_BACK {
            return false;
        }
        let facts = self.facts(file);
        match facts[object].kind {
            ExprKind::Call(call) => {
                let callees = self.callees(file, call);
                let is_foreign = |thing: Thing| match thing {
                    Thing::Library(path) => self.paths.builtin_name(path).is_none() && !self.paths.hands_over(path),
                    _ => false,
                };
                if callees.is_empty() {
                    let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
                        return false;
                    };
                    return self.comes_from_library(file, object, depth + 1);
                }
                callees.iter().all(|entry| is_foreign(entry.thing))
            }
            ExprKind::Member { object, .. } | ExprKind::Through(object) => {
                self.comes_from_library(file, object, depth + 1)
            }
            ExprKind::Name { name, scope } => {
                let bindings = lookup(facts, scope, name).unwrap_or(&[]);
                let values = bindings.iter().map(|binding| match binding.kind {
                    BindingKind::Value(value) | BindingKind::Entered(value) => Some(value),
                    _ => None,
                });
                let values: Option<Vec<ExprId>> = values.collect();
                values.is_some_and(|values| {
                    let mut values = values.into_iter().peekable();
                    values.peek().is_some() && values.all(|value| self.comes_from_library(file, value, depth + 1))
                })
            }
            _ => false,
        }
    }

    /// The methods that a call can mean of an object of a library's class: those of the classes of the program below it.
    pub(crate) fn below_library(&mut self, file: FileId, call: CallId) -> Things {
        let mut things = Things::default();
        let facts = self.facts(file);
        let ExprKind::Member { object, name } = facts[facts[call].callee].kind else {
            return things;
        };
        let text = facts.text(name);
        if self.program.catalog.words().is_common_method(text) {
            return things;
        }
        let symbol = self.symbol(file, name);
        for entry in self.settled(file, object) {
            let Thing::LibraryInstance(path) = entry.thing else {
                continue;
            };
            for method in self.namesakes(symbol) {
                if let Some(own) = self.class_of(method)
                    && self.library_ancestors(own).contains(&path)
                {
                    things.extend(&self.object_member(own, Exact::OrBelow, symbol, text));
                }
            }
        }
        things.at_most(Confidence::Likely)
    }

    /// What is called of objects whose classes lack it must be of classes below them that have it.
    fn below(&mut self, known: &Things, symbol: Symbol, name: &str) -> Things {
        let mut things = Things::default();
        for entry in known.iter() {
            let Thing::Instance(class, _) = entry.thing else {
                continue;
            };
            if !self.derived.contains_key(&class) {
                continue;
            }
            for method in self.namesakes(symbol) {
                if let Some(own) = self.class_of(method)
                    && self.resolution_order(own).contains(&Ancestor::Project(class))
                {
                    things.extend(&self.object_member(own, Exact::OrBelow, symbol, name));
                }
            }
        }
        things.at_most(Confidence::Likely)
    }

    /// The methods of a name; none where they are too many to tell anything.
    fn namesakes(&self, symbol: Symbol) -> Vec<FunctionRef> {
        let known = self.methods.get(&symbol);
        known
            .filter(|known| known.len() < MOST_NAMESAKES)
            .cloned()
            .unwrap_or_default()
    }

    /// The methods of the one family of classes that has all that is asked of the object.
    fn by_shape(&mut self, file: FileId, call: CallId, object: ExprId, (symbol, name): (Symbol, Name)) -> Things {
        let is_test = self.program[file].scope == CodeScope::Test;
        let mut namesakes = self.visible_namesakes(symbol, is_test);
        if namesakes.is_empty() {
            return Things::default();
        }
        let asked = self.asked_of(file, object, name);
        if !self.is_enough(file, &asked, is_test) {
            return Things::default();
        }
        namesakes.retain(|method| self.takes(*method, 1, file, call));
        let mut fitting = Vec::new();
        for method in namesakes {
            if let Some(class) = self.class_of(method)
                && asked.iter().all(|name| self.family_has(class, file, *name))
            {
                fitting.push(method);
            }
        }
        let mut things = Things::default();
        for class in self.roots_of(&fitting).unwrap_or_default() {
            things.extend(&self.object_member(class, Exact::OrBelow, symbol, self.text(file, name)));
        }
        things.retain(|thing| match thing {
            Thing::Bound(function, ..) => !self.is_abstract(function) && self.always_raises(function).is_none(),
            _ => true,
        });
        things.at_most(Confidence::Likely)
    }

    /// Whether the names that are asked of an object tell of which family it is: several together, or one that only one family has.
    fn is_enough(&mut self, file: FileId, asked: &[Name], is_test: bool) -> bool {
        let words = self.program.catalog.words();
        let telling = asked
            .iter()
            .filter(|name| !words.is_common_method(self.text(file, **name)));
        let telling: Vec<Name> = telling.copied().collect();
        telling.len() >= ENOUGH_TO_TELL_APART
            || telling.into_iter().any(|name| {
                let symbol = self.symbol(file, name);
                let namesakes = self.visible_namesakes(symbol, is_test);
                self.roots_of(&namesakes).is_some()
            })
    }

    /// The methods of a name, without those of tests where no test asks.
    fn visible_namesakes(&self, symbol: Symbol, is_test: bool) -> Vec<FunctionRef> {
        let mut namesakes = self.namesakes(symbol);
        namesakes.retain(|method| is_test || self.program[method.0].scope != CodeScope::Test);
        namesakes
    }

    /// The names that are read from what stands in `object`, `name` among them.
    fn asked_of(&mut self, file: FileId, object: ExprId, name: Name) -> Vec<Name> {
        let facts = self.facts(file);
        let mut asked = vec![name];
        let ExprKind::Name { name: holder, scope } = facts[object].kind else {
            return asked;
        };
        let Some(found) = lookup_range(facts, scope, holder) else {
            return asked;
        };
        let askings = self.askings.entry(file).or_insert_with(|| {
            let written: FxHashSet<ExprId> = facts.stores.iter().map(|store| store.target).collect();
            let mut askings: FxHashMap<Name, Vec<ExprId>> = FxHashMap::default();
            for index in 0..facts.exprs.len() {
                let expr = ExprId::at(index);
                if let ExprKind::Member { object, .. } = facts[expr].kind
                    && let ExprKind::Name { name, .. } = facts[object].kind
                    && !written.contains(&expr)
                {
                    askings.entry(name).or_default().push(expr);
                }
            }
            askings
        });
        for expr in askings.get(&holder).into_iter().flatten() {
            if let ExprKind::Member { object, name } = facts[*expr].kind
                && let ExprKind::Name { name: holder, scope } = facts[object].kind
                && !asked.contains(&name)
                && lookup_range(facts, scope, holder).as_ref() == Some(&found)
            {
                asked.push(name);
            }
        }
        asked
    }

    /// Whether objects of a class, or of one below it, have a member of the name, which `file` says.
    fn family_has(&mut self, class: ClassRef, file: FileId, name: Name) -> bool {
        self.has_member(class, file, name)
            || self
                .all_derived(class)
                .into_iter()
                .any(|below| self.has_member(below, file, name))
    }

    fn has_member(&mut self, class: ClassRef, file: FileId, name: Name) -> bool {
        let symbol = self.symbol(file, name);
        let text = self.text(file, name);
        text.starts_with("__")
            || self.resolution_order(class).iter().any(|ancestor| match *ancestor {
                Ancestor::Project((at, class)) => {
                    let facts = self.facts(at);
                    self.stores.contains_key(&((at, class), symbol))
                        || facts
                            .names
                            .find(text)
                            .is_some_and(|name| !facts.binding_range(facts[class].scope, name).is_empty())
                }
                Ancestor::Library(path) => !super::classes::is_bare_base(self.paths.text(path)),
            })
    }

    /// The topmost classes that have one of the methods, where all are of one family: they derive from one class of the program.
    fn roots_of(&mut self, methods: &[FunctionRef]) -> Option<Vec<ClassRef>> {
        let classes: Vec<ClassRef> = methods.iter().filter_map(|method| self.class_of(*method)).collect();
        let mut roots: Vec<ClassRef> = Vec::new();
        let mut orders = Vec::new();
        for class in &classes {
            let order = self.resolution_order(*class);
            let is_above = |other: &ClassRef| other != class && order.contains(&Ancestor::Project(*other));
            if !classes.iter().any(is_above) {
                roots.push(*class);
                orders.push(order);
            }
        }
        let (first, others) = orders.split_first()?;
        let is_shared = |ancestor: &Ancestor| {
            matches!(ancestor, Ancestor::Project(_)) && others.iter().all(|order| order.contains(ancestor))
        };
        (roots.len() <= MOST_BRANCHES && first.iter().any(is_shared)).then_some(roots)
    }
}

/// The conditions that hold where a call runs, innermost first: of the branches around it, and behind those that left where they did
/// not hold.
fn established(facts: &FileFacts, call: CallId) -> Vec<ExprId> {
    let mut found = Vec::new();
    let place = facts[facts[call].expr].span;
    for (id, around) in facts.blocks_around(facts[call].block) {
        if let BlockKind::Branch { condition, holds } = around.kind {
            add_established(facts, condition, holds, &mut found);
        }
        for block in &facts.blocks[id.0 as usize + 1..] {
            if block.span.start >= place.start {
                break;
            }
            if let BlockKind::Branch { condition, holds } = block.kind
                && block.parent == Some(id)
                && block.span.end <= place.start
                && block.exit != Exit::FallsThrough
            {
                add_established(facts, condition, !holds, &mut found);
            }
        }
    }
    found
}

/// What is so where a condition came out as `holds`.
fn add_established(facts: &FileFacts, condition: ExprId, holds: bool, found: &mut Vec<ExprId>) {
    match facts[condition].kind {
        ExprKind::Not(inner) => add_established(facts, inner, !holds, found),
        ExprKind::Both(parts) if holds => {
            for part in facts.list(parts) {
                add_established(facts, *part, true, found);
            }
        }
        ExprKind::Choice {
            options,
            how: How::FirstPresent,
        } if !holds => {
            for option in facts.list(options) {
                add_established(facts, *option, false, found);
            }
        }
        _ if holds => found.push(condition),
        _ => {}
    }
}
