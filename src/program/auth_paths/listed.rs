//! What libraries check themselves where classes of handlers list it, or the settings do for all that list nothing:
//! `permission_classes = [IsAuthenticated]`.

use super::guards::{Guard, LibraryGuard};
use crate::catalog::Role;
use crate::facts::{BindingKind, Class, ExprId, ExprKind, FileFacts, Function, Language, Name};
use crate::finding::{CodeScope, Site};
use crate::program::names::{ClassRef, FunctionRef, Origin, last_name};
use crate::program::{Program, ProgramFile, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// So deep are the classes looked into that a class derives from.
const MOST_BASES: u32 = 8;

/// What lists say that lets requests through.
#[derive(Clone, Debug)]
enum Listed {
    /// A gate of a library.
    Guard(Guard),
    /// Something of the program: it may ask who is calling, or not.
    Own,
    /// Nothing that asks who is calling.
    Nothing,
}

impl Program<'_> {
    /// Whether anything lists what lets requests through: most programs say nothing of the kind.
    pub(super) fn lists_guards(&self) -> bool {
        let words = self.catalog().words();
        let lists = words.guard_lists().iter().chain(words.default_guard_lists());
        let lists: Vec<&String> = lists.collect();
        let mut files = self.files();
        files.any(|(_, data)| lists.iter().any(|list| data.facts.names.find(list).is_some()))
    }

    /// The methods of classes of handlers whose list has a guard, and the handlers that the settings' list holds for.
    pub(super) fn guarded_by_list(
        &self,
        file: FileId,
        data: &ProgramFile,
        names: &FxHashSet<&str>,
        default: Option<&Guard>,
    ) -> Vec<LibraryGuard> {
        let facts = &data.facts;
        let mut found = Vec::new();
        for (id, _) in facts.numbered_classes().filter(|(_, class)| class.bases.len > 0) {
            let guard = match self.listed_by((file, id), names, 0) {
                Some(Listed::Guard(guard)) => Some(guard),
                Some(Listed::Own | Listed::Nothing) => None,
                None => default
                    .filter(|guard| self.derives_from_library_of((file, id), guard))
                    .cloned(),
            };
            let Some(guard) = guard else { continue };
            let methods = facts
                .numbered_functions()
                .filter(|(_, function)| function.class == Some(id));
            let methods = methods.filter(|(_, function)| !self.lists_itself(facts, function));
            found.extend(methods.map(|(method, _)| guard.clone().of((file, method))));
        }
        if let Some(guard) = default {
            let functions = facts.numbered_functions().filter(|(_, function)| {
                function.class.is_none()
                    && self.is_handler_of(file, function, guard)
                    && !self.lists_itself(facts, function)
            });
            found.extend(functions.map(|(function, _)| guard.clone().of((file, function))));
        }
        found
    }

    /// What the list of a class says, or that of the first class with one that it derives from.
    fn listed_by(&self, (file, id): ClassRef, names: &FxHashSet<&str>, step: u32) -> Option<Listed> {
        let facts = &self[file].facts;
        let words = self.catalog().words();
        let class = &facts[id];
        let mut methods = facts.functions.iter().filter(|function| function.class == Some(id));
        if methods.any(|method| method.name.is_some_and(|name| words.makes_guard_list(facts.text(name)))) {
            return Some(Listed::Own);
        }
        let lists = words.guard_lists().iter().filter_map(|list| facts.names.find(list));
        let mut bound = lists.flat_map(|list| facts.bindings_of(class.scope, list));
        if let Some(binding) = bound.next() {
            let BindingKind::Value(value) = binding.kind else {
                return Some(Listed::Own);
            };
            if !self.says_default(facts, value) {
                let guard = self.guard_in(file, facts, value, &facts.names.find_all(names));
                return Some(guard.map_or_else(|| self.own_or_nothing(file, value), Listed::Guard));
            }
        }
        let mut bases = self.bases_in_program((file, class)).filter(|_| step < MOST_BASES);
        bases.find_map(|base| self.listed_by(base, names, step + 1))
    }

    /// `permission_classes = api_settings.DEFAULT_PERMISSION_CLASSES`
    fn says_default(&self, facts: &FileFacts, value: ExprId) -> bool {
        let lists = self.catalog().words().default_guard_lists();
        let mut within = expressions_within(facts, facts[value].span);
        within.any(|expr| match facts[expr].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                lists.iter().any(|list| list == facts.text(name))
            }
            _ => false,
        })
    }

    fn own_or_nothing(&self, file: FileId, value: ExprId) -> Listed {
        let facts = &self[file].facts;
        let mut within = expressions_within(facts, facts[value].span);
        let is_of_library = |expr: ExprId| {
            let values = self.values(file, expr);
            !values.is_empty()
                && values
                    .into_iter()
                    .all(|value| matches!(value.origin, Origin::Library(_) | Origin::Module(_)))
        };
        let is_own = within.any(|expr| {
            matches!(facts[expr].kind, ExprKind::Name { .. } | ExprKind::Member { .. }) && !is_of_library(expr)
        });
        if is_own { Listed::Own } else { Listed::Nothing }
    }

    /// Whether the class of a method lists something of which it is not known whether it asks who is calling.
    pub(super) fn lists_own_guards(&self, (file, function): FunctionRef) -> bool {
        let facts = &self[file].facts;
        let function = &facts[function];
        let listed = function
            .class
            .and_then(|class| self.listed_by((file, class), &FxHashSet::default(), 0));
        matches!(listed, Some(Listed::Own)) && !self.lists_itself(facts, function)
    }

    fn bases_in_program<'p>(&'p self, (file, class): (FileId, &'p Class)) -> impl Iterator<Item = ClassRef> + use<'p> {
        let bases = self[file].facts.list(class.bases).iter();
        bases.flat_map(move |base| {
            self.values(file, *base)
                .into_iter()
                .filter_map(|value| match value.origin {
                    Origin::Class(class) => Some(class),
                    _ => None,
                })
        })
    }

    /// The guard that the settings list for all handlers of its library.
    pub(super) fn default_guard(&self, names: &FxHashSet<&str>) -> Option<Guard> {
        let is_settings = |data: &ProgramFile| data.language == Language::Python && data.scope != CodeScope::Test;
        let mut files = self.files().filter(|(_, data)| is_settings(data));
        files.find_map(|(file, data)| self.default_guard_in(file, data, names))
    }

    fn default_guard_in(&self, file: FileId, data: &ProgramFile, names: &FxHashSet<&str>) -> Option<Guard> {
        let facts = &data.facts;
        let lists = self.catalog().words().default_guard_lists().iter();
        let lists: Vec<Name> = lists.filter_map(|list| facts.names.find(list)).collect();
        let tables = facts.exprs.iter().filter(|_| !lists.is_empty());
        let entries = tables.filter_map(|expr| match expr.kind {
            ExprKind::Table(entries) => Some(facts.entries(entries)),
            _ => None,
        });
        let is_list = |key: Option<ExprId>| {
            key.is_some_and(|key| matches!(facts[key].kind, ExprKind::Text(name) if lists.contains(&name)))
        };
        let mut listed = entries.flatten().filter(|(key, _)| is_list(*key));
        listed.find_map(|(_, value)| {
            let mut within = expressions_within(facts, facts[*value].span);
            within.find_map(|expr| {
                let ExprKind::Text(path) = facts[expr].kind else {
                    return None;
                };
                let path = facts.text(path);
                let is_guard = names.contains(path.rsplit('.').next()?) && self.is_guard_at(path);
                is_guard.then(|| Guard {
                    site: Site {
                        file,
                        span: facts[expr].span,
                    },
                    gate: path.to_owned(),
                })
            })
        })
    }

    fn is_guard_at(&self, path: &str) -> bool {
        let known = self.catalog.find(path).and_then(|node| self.catalog.call(node));
        known.is_some_and(|known| known.role == Some(Role::GuardsHandlers))
    }

    fn derives_from_library_of(&self, class: ClassRef, guard: &Guard) -> bool {
        let mut bases = self.library_bases(class).into_iter();
        bases.any(|base| {
            let handles = self.catalog.base(base).and_then(|base| base.role) == Some(Role::HandlesRequest);
            handles && is_of_one_library(self.catalog.path(base), &guard.gate)
        })
    }

    /// Whether a decorator of a library makes a handler of a function, to which the settings' list of that library applies.
    fn is_handler_of(&self, file: FileId, function: &Function, guard: &Guard) -> bool {
        let facts = &self[file].facts;
        facts.list(function.decorators).iter().any(|decorator| {
            let named = match facts[*decorator].kind {
                ExprKind::Call(call) => facts[call].callee,
                _ => *decorator,
            };
            self.values(file, named).into_iter().any(|value| match value.origin {
                Origin::Library(node) => is_of_one_library(self.catalog.path(node), &guard.gate),
                _ => false,
            })
        })
    }

    /// Whether a handler has a list of its own, in its decorators: `@action(permission_classes=[])`, `@permission_classes([])`.
    fn lists_itself(&self, facts: &FileFacts, function: &Function) -> bool {
        let lists = self.catalog().words().guard_lists();
        let is_list = |name: Name| lists.iter().any(|list| list == facts.text(name));
        facts
            .list(function.decorators)
            .iter()
            .any(|decorator| match facts[*decorator].kind {
                ExprKind::Call(call) => {
                    let call = &facts[call];
                    last_name(facts, call.callee).is_some_and(is_list)
                        || facts
                            .arguments(call)
                            .iter()
                            .any(|argument| argument.keyword.is_some_and(is_list))
                }
                _ => false,
            })
    }
}

fn is_of_one_library(one: &str, other: &str) -> bool {
    one.split('.').next() == other.split('.').next()
}
