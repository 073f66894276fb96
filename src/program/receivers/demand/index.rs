//! Which names say what: under which things are held, which functions of libraries they are of, and where they are called.

use super::super::arguments::Passed;
use super::super::news::News;
use super::super::{Receivers, Symbol};
use super::{Decoration, FURTHEST, Place, call_id};
use crate::catalog::{Doing, Role};
use crate::facts::{BindingKind, Call, ExprId, ExprKind, FileFacts, Language, Name, ScopeId, ScopeKind};
use crate::program::Program;
use crate::program::bindings::lookup;
use crate::program::names::{first_name, last_name};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// Classes that have methods of common names and are no library's.
const PLAIN_DATA: [&str; 10] = [
    "Any",
    "Dict",
    "List",
    "Mapping",
    "MutableMapping",
    "bytes",
    "dict",
    "list",
    "set",
    "str",
];

impl Receivers<'_, '_> {
    /// Finds the names under which this worker's files hold what may be called.
    pub(in crate::program::receivers) fn find_held(&mut self) {
        let words = self.program.catalog.words();
        for file in self.own_files() {
            let facts = self.facts(file);
            let shared = facts.bindings.iter().filter(|binding| {
                matches!(facts[binding.scope].kind, ScopeKind::Module | ScopeKind::Class(_))
                    && holds(facts, binding.kind)
            });
            let mut names: Vec<Name> = shared.map(|binding| binding.name).collect();
            names.extend(facts.stores.iter().filter_map(|store| {
                match facts[store.target].kind {
                    ExprKind::Member { name, .. } => store
                        .value
                        .is_none_or(|value| may_be_called(facts, value))
                        .then_some(name),
                    _ => None,
                }
            }));
            names.sort_unstable();
            names.dedup();
            for name in names {
                // Of the many calls of such a name hardly any is of what one class or test puts there.
                let text = facts.text(name);
                if !text.starts_with("__") && !words.is_common_method(text) {
                    self.learn(News::Held(file, name));
                }
            }
        }
    }

    /// Whether a method is called of what may be a record of a store: of what a loop goes over, of the first of several.
    pub(in crate::program::receivers) fn is_of_record(&self, facts: &FileFacts, callee: ExprId) -> bool {
        let ExprKind::Member { object, .. } = facts[callee].kind else {
            return false;
        };
        let ExprKind::Name { name, scope } = facts[object].kind else {
            return false;
        };
        let words = self.program.catalog.words();
        let bindings = lookup(facts, scope, name).unwrap_or(&[]);
        bindings.iter().any(|binding| match binding.kind {
            BindingKind::Element { .. } => true,
            BindingKind::Value(value) => called_last(facts, value).is_some_and(|name| words.gives_record(name)),
            _ => false,
        })
    }

    /// Whether what is called is imported from a library that has objects there: `from decouple import config`.
    fn is_object_of_library(&self, file: FileId, callee: ExprId) -> bool {
        let facts = self.facts(file);
        let ExprKind::Name { name, scope } = facts[callee].kind else {
            return false;
        };
        let catalog = self.program.catalog;
        lookup(facts, scope, name).is_some_and(|bindings| {
            let mut imports = bindings.iter().filter_map(|binding| match binding.kind {
                BindingKind::Import(import) => Some(facts.path(facts[import].path)),
                _ => None,
            });
            imports.any(|path| {
                let root = catalog.root(Language::Python);
                let node = path
                    .iter()
                    .fold(root, |node, segment| catalog.child(node?, facts.text(*segment)));
                node.is_some_and(|node| catalog.value_of(node).is_some())
            })
        })
    }

    /// Whether a call takes a field out of plain data, as its key tells: `payload.get("title")`. Addresses have slashes, settings have
    /// capitals, and secrets are called so.
    fn asks_for_field(&self, facts: &FileFacts, call: &Call) -> bool {
        let key = facts.arguments(call).first();
        let key = key.filter(|argument| argument.keyword.is_none());
        let Some(ExprKind::Text(key)) = key.map(|argument| facts[argument.value].kind) else {
            return false;
        };
        let key = facts.text(key);
        let words = self.program.catalog.words();
        let is_plain = |sign: u8| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'_';
        !key.is_empty() && key.bytes().all(is_plain) && !words.is_secret(key)
    }

    /// Whether what is called begins with a catalogued library that no scope imports: a mistake that is worth a look.
    fn is_unbound_library(&self, file: FileId, callee: ExprId) -> bool {
        let facts = self.facts(file);
        let catalog = self.program.catalog;
        first_name(facts, callee).is_some_and(|(name, scope)| {
            let is_catalogued = || {
                let root = catalog.root(Language::Python);
                root.is_some_and(|root| catalog.child(root, facts.text(name)).is_some())
            };
            lookup(facts, scope, name).is_none() && is_catalogued()
        })
    }

    /// Keeps what the functions of libraries do that the program can get at.
    pub(in crate::program::receivers) fn keep_all_doing(&mut self, doing: &FxHashMap<&str, Doing>) {
        for (name, doing) in doing {
            let symbol = self.symbol_of(name);
            self.keep_doing(symbol, *doing);
        }
    }

    /// Finds the names that this worker's files give to what has another name elsewhere: `from jwt import decode as read`, `read = decode`;
    /// and to classes of routers, `class Berths(APIRouter)`.
    pub(in crate::program::receivers) fn find_other_names(&mut self) {
        let makes = |role| matches!(role, Role::MakesRouter | Role::MakesApplication);
        let routers: FxHashSet<&str> = self
            .program
            .catalog
            .with_role(Language::Python, makes)
            .map(|(_, name)| name)
            .collect();
        let mut found = Vec::new();
        for file in self.own_files() {
            let facts = self.facts(file);
            for binding in &facts.bindings {
                let original = match binding.kind {
                    BindingKind::Import(import) if facts[import].member => {
                        facts.path(facts[import].path).last().copied()
                    }
                    BindingKind::Value(value) => match facts[value].kind {
                        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(name),
                        _ => None,
                    },
                    BindingKind::Class(class) => {
                        let mut bases = facts
                            .list(facts[class].bases)
                            .iter()
                            .filter_map(|base| last_name(facts, *base));
                        bases.find(|base| routers.contains(facts.text(*base)))
                    }
                    _ => None,
                };
                if let Some(original) = original {
                    found.push((self.symbol(file, original), file, binding.name));
                }
            }
        }
        if let Some(demand) = &mut self.demand {
            demand.other_names = found;
        }
    }

    /// Finds the other names of functions that do something, as far as these are known by now.
    pub(in crate::program::receivers) fn follow_other_names(&mut self) {
        let Some(demand) = &mut self.demand else { return };
        let mut doing: Vec<(FileId, Name, Doing)> = Vec::new();
        let known = &demand.doing;
        demand.other_names.retain(|(original, file, name)| {
            let found = known.get(original);
            doing.extend(found.map(|doing| (*file, *name, *doing)));
            found.is_none()
        });
        for (file, name, doing) in doing {
            let doing = Doing {
                only_methods: false,
                ..doing
            };
            self.learn(News::Doing(file, name, doing));
        }
    }

    /// Keeps what functions of a name do; whether it was not known before.
    pub(in crate::program::receivers) fn keep_doing(&mut self, name: Symbol, doing: Doing) -> bool {
        self.demand
            .as_mut()
            .is_some_and(|demand| match demand.doing.entry(name) {
                Entry::Occupied(mut known) => {
                    let is_new = known.get().only_methods && !doing.only_methods;
                    known.get_mut().only_methods &= doing.only_methods;
                    is_new
                }
                Entry::Vacant(place) => {
                    place.insert(doing);
                    true
                }
            })
    }

    /// Notes where this worker's files call what, and lets those calls wait that are always visited.
    pub(in crate::program::receivers) fn index_calls(&mut self) {
        let mut demand = self.demand.take().unwrap_or_default();
        let call = self.symbol_of("__call__");
        let objects_do = demand.doing.contains_key(&call);
        let wild = self.program.catalog.wild_roots(Language::Python);
        for file in self.own_files() {
            let facts = self.facts(file);
            let aliases = aliases(facts);
            let original = |name: Name| aliases.get(&name).copied().unwrap_or(name);
            let is_wild = imports_any(facts, &wild);
            let asks_store = self
                .program
                .catalog
                .words()
                .queries()
                .any(|name| facts.names.find(name).is_some());
            let constructor = facts.names.find("__init__");
            let decorators: FxHashSet<ExprId> = decorations(facts).map(|(decorator, _)| decorator).collect();
            for (index, call) in facts.calls.iter().enumerate() {
                let place = Place::Call(file, call_id(index));
                let (name, is_member) = match facts[call.callee].kind {
                    ExprKind::Name { name, .. } => (original(name), false),
                    ExprKind::Member { name, .. } => (name, true),
                    _ => {
                        demand.wait_for_held(place, objects_do);
                        continue;
                    }
                };
                // Nearly all calls of `get` are of built-in types: what they are made on is not followed to callers.
                let is_common = is_member && self.program.catalog.words().is_common_method(facts.text(name));
                let is_plain = is_common && !decorators.contains(&call.expr) && !passes_function(facts, call);
                let may_be_meant = || {
                    may_be_of_library(facts, call.callee, false) || asks_store && self.is_of_record(facts, call.callee)
                };
                if is_plain && !may_be_meant() {
                    continue;
                }
                let symbol = self.symbol(file, name);
                let number = symbol.0 as usize;
                if number >= demand.calls.len() {
                    demand.calls.resize_with(number + 1, Vec::new);
                }
                demand.calls[number].push((file, call_id(index)));
                if Some(name) == constructor {
                    demand.constructor_calls.entry(file).or_default().push(call_id(index));
                }
                let doing = demand.doing.get(&symbol).copied();
                let doing = doing.filter(|doing| is_member || !doing.only_methods);
                let is_plain = |doing: &Doing| is_common && (is_plain || !doing.hands_over);
                if let Some(doing) = doing.filter(is_plain) {
                    let asks_for_field = doing.any_settings && self.asks_for_field(facts, call);
                    if !asks_for_field && may_be_of_library(facts, call.callee, doing.only_settings) {
                        demand.waiting.push((FURTHEST, place));
                        if !doing.only_settings {
                            demand.beginnings.insert(place);
                        }
                    }
                } else if doing.is_some()
                    || (is_wild && is_imported(facts, call.callee))
                    || (objects_do && !is_member && self.is_object_of_library(file, call.callee))
                    || (is_member && self.is_unbound_library(file, call.callee))
                {
                    let is_asked = doing.is_none_or(|doing| doing.is_worth_following);
                    demand.waiting.push((if is_asked { 0 } else { FURTHEST }, place));
                    demand.beginnings.insert(place);
                } else if demand.held.contains(&symbol) || is_local(facts, call.callee) {
                    demand.wait_for_held(place, objects_do);
                }
            }
            for (decorator, passed) in decorations(facts) {
                let Some(name) = last_name(facts, decorator) else {
                    continue;
                };
                let symbol = self.symbol(file, original(name));
                let index = u32::try_from(demand.decorations.len()).unwrap_or(u32::MAX);
                demand.decorators.entry(symbol).or_default().push(index);
                demand.decorations.push(Decoration {
                    file,
                    decorator,
                    passed,
                });
            }
        }
        self.demand = Some(demand);
    }
}

/// The first segments of everything that the program imports.
pub(in crate::program::receivers) fn imported<'p>(program: &'p Program<'_>) -> FxHashSet<&'p str> {
    let of_files = program.for_each_file(|_, data| {
        let facts = &data.facts;
        let imports = facts.imports.iter().filter(|_| data.language == Language::Python);
        let mut firsts: Vec<Name> = imports
            .filter_map(|import| facts.path(import.path).first().copied())
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        firsts.into_iter().map(|first| facts.text(first)).collect()
    });
    of_files.into_iter().collect()
}

/// The decorators of all functions and classes of a file, and what each is applied to.
pub(in crate::program::receivers) fn decorations(facts: &FileFacts) -> impl Iterator<Item = (ExprId, Passed)> {
    let functions = facts.numbered_functions().flat_map(|(id, function)| {
        let decorators = facts.list(function.decorators).iter().enumerate();
        decorators.map(move |(position, decorator)| {
            let behind = u32::try_from(position + 1).unwrap_or(u32::MAX);
            (*decorator, Passed::Decorated(id, behind))
        })
    });
    let classes = facts.numbered_classes().flat_map(|(id, class)| {
        let decorators = facts.list(class.decorators).iter();
        decorators.map(move |decorator| (*decorator, Passed::DecoratedClass(id)))
    });
    functions.chain(classes)
}

/// Whether a name that is bound so holds something that may be called and is not defined under that name.
fn holds(facts: &FileFacts, kind: BindingKind) -> bool {
    match kind {
        BindingKind::Value(value) => may_be_called(facts, value),
        BindingKind::Import(_)
        | BindingKind::Function(_)
        | BindingKind::Class(_)
        | BindingKind::Module(_)
        | BindingKind::Changed(_)
        | BindingKind::Deleted => false,
        BindingKind::Unpacked { .. }
        | BindingKind::Element { .. }
        | BindingKind::ElementUnpacked { .. }
        | BindingKind::Parameter(_)
        | BindingKind::Entered(_)
        | BindingKind::Caught(_)
        | BindingKind::Declared
        | BindingKind::Unknown => true,
    }
}

/// Whether a value may be a function or an object that can be called.
fn may_be_called(facts: &FileFacts, value: ExprId) -> bool {
    matches!(
        facts[value].kind,
        ExprKind::Name { .. }
            | ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::Call(_)
            | ExprKind::Choice { .. }
            | ExprKind::Both(_)
            | ExprKind::Lambda(_)
    )
}

/// Whether a plain name is called that a function binds to something it holds.
fn is_local(facts: &FileFacts, callee: ExprId) -> bool {
    let ExprKind::Name { name, scope } = facts[callee].kind else {
        return false;
    };
    lookup(facts, scope, name).is_some_and(|bindings| bindings.iter().any(|binding| holds(facts, binding.kind)))
}

/// Whether a method is called of something that may be a library's, as far as can be told without following it to callers: of what a
/// module, an object or a call gives, but not of an item or of what a parameter holds, unless it has a class to be of. Settings are
/// held by mappings of no class in particular.
fn may_be_of_library(facts: &FileFacts, callee: ExprId, only_settings: bool) -> bool {
    let ExprKind::Member { object, .. } = facts[callee].kind else {
        return true;
    };
    let may_be = |scope: ScopeId, index: u32| {
        is_first_or_defaulted(facts, scope, index) || (!only_settings && is_annotated(facts, scope, index))
    };
    match facts[object].kind {
        ExprKind::Index { .. }
        | ExprKind::Table(_)
        | ExprKind::Group(_)
        | ExprKind::Text(_)
        | ExprKind::Template(_) => false,
        ExprKind::Name { name, scope } => lookup(facts, scope, name).is_none_or(|bindings| {
            bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(value) => {
                    may_be_called(facts, value) && !matches!(facts[value].kind, ExprKind::Index { .. })
                }
                BindingKind::Parameter(index) => may_be(binding.scope, index),
                BindingKind::Import(_)
                | BindingKind::Function(_)
                | BindingKind::Class(_)
                | BindingKind::Entered(_)
                | BindingKind::Declared => true,
                _ => false,
            })
        }),
        ExprKind::Member { .. } => first_name(facts, object).is_some_and(|(name, scope)| {
            lookup(facts, scope, name).is_none_or(|bindings| {
                bindings.iter().any(|binding| match binding.kind {
                    BindingKind::Parameter(index) => may_be(binding.scope, index),
                    _ => true,
                })
            })
        }),
        _ => true,
    }
}

/// The name of the method or function that a value is the result of.
fn called_last(facts: &FileFacts, value: ExprId) -> Option<&str> {
    match facts[value].kind {
        ExprKind::Call(call) => last_name(facts, facts[call].callee).map(|name| facts.text(name)),
        ExprKind::Through(inner) => called_last(facts, inner),
        _ => None,
    }
}

/// Whether a call may pass a function, as far as its arguments tell.
fn passes_function(facts: &FileFacts, call: &Call) -> bool {
    let mut arguments = facts.arguments(call).iter();
    arguments.any(|argument| match facts[argument.value].kind {
        ExprKind::Lambda(_) | ExprKind::Member { .. } | ExprKind::Call(_) => true,
        ExprKind::Name { name, scope } => lookup(facts, scope, name).is_none_or(|bindings| {
            bindings.iter().any(|binding| match binding.kind {
                BindingKind::Function(_) | BindingKind::Import(_) => true,
                BindingKind::Value(value) => may_be_called(facts, value),
                _ => false,
            })
        }),
        _ => false,
    })
}

/// Whether a parameter says what it takes, and that is no plain data.
fn is_annotated(facts: &FileFacts, scope: ScopeId, index: u32) -> bool {
    let ScopeKind::Function(function) = facts[scope].kind else {
        return false;
    };
    let parameter = facts.parameters(&facts[function]).get(index as usize);
    let Some(annotation) = parameter.and_then(|parameter| parameter.annotation) else {
        return false;
    };
    let class = match facts[annotation].kind {
        ExprKind::Index { object, .. } => object,
        _ => annotation,
    };
    last_name(facts, class).is_none_or(|name| !PLAIN_DATA.contains(&facts.text(name)))
}

/// Whether a parameter is that of the object itself, or has a value without a caller.
fn is_first_or_defaulted(facts: &FileFacts, scope: ScopeId, index: u32) -> bool {
    let ScopeKind::Function(function) = facts[scope].kind else {
        return true;
    };
    let parameter = facts.parameters(&facts[function]).get(index as usize);
    (index == 0 && facts[function].class.is_some()) || parameter.is_some_and(|parameter| parameter.default.is_some())
}

/// Whether what is called begins with a name that the file imports.
fn is_imported(facts: &FileFacts, callee: ExprId) -> bool {
    first_name(facts, callee)
        .and_then(|(name, scope)| lookup(facts, scope, name))
        .is_some_and(|bindings| {
            let kinds = bindings.iter().map(|binding| binding.kind);
            kinds.into_iter().any(|kind| matches!(kind, BindingKind::Import(_)))
        })
}

/// Whether a file imports anything of libraries with these names.
fn imports_any(facts: &FileFacts, libraries: &FxHashSet<&str>) -> bool {
    !libraries.is_empty()
        && facts.imports.iter().any(|import| {
            let first = facts.path(import.path).first();
            first.is_some_and(|first| libraries.contains(facts.text(*first)))
        })
}

/// The names that a file gives to what it imports, with those it has where it is defined.
pub(in crate::program::receivers) fn aliases(facts: &FileFacts) -> FxHashMap<Name, Name> {
    let aliased = facts.bindings.iter().filter_map(|binding| {
        let BindingKind::Import(import) = binding.kind else {
            return None;
        };
        let original = *facts.path(facts[import].path).last()?;
        (facts[import].member && original != binding.name).then_some((binding.name, original))
    });
    aliased.collect()
}
