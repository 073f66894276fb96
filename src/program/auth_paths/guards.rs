//! What libraries check themselves: decorators, dependencies and base classes that let nobody on whose credential they have not
//! validated. The gate stands in the library then, and all that it guards enters by one path.

use super::schemes::SchemeUse;
use crate::catalog::Role;
use crate::facts::{ClassId, ExprId, ExprKind, FileFacts, FunctionId, Language, Name};
use crate::finding::{CodeScope, Site};
use crate::program::names::{FunctionRef, Origin, last_name, last_name_span};
use crate::program::{Program, ProgramFile, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// A function that a library guards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::program) struct LibraryGuard {
    /// Where that is said.
    pub(in crate::program) site: Site,
    /// The function.
    pub(in crate::program) function: FunctionRef,
    /// The library's gate, by its path.
    pub(in crate::program) gate: String,
}

impl Program<'_> {
    /// The functions that libraries guard, outside tests, in the order of files.
    pub(in crate::program) fn library_guards(&self) -> &[LibraryGuard] {
        self.library_guards.get_or_init(|| self.find_library_guards())
    }

    fn find_library_guards(&self) -> Vec<LibraryGuard> {
        let is_guard = |role| role == Role::GuardsHandlers;
        let names: FxHashSet<&str> = self
            .catalog
            .with_role(Language::Python, is_guard)
            .map(|(_, name)| name)
            .collect();
        let bases: FxHashSet<&str> = self.catalog.base_names(Role::GuardsHandlers).collect();
        let mut files = self.files();
        let any_base = files.any(|(_, data)| bases.iter().any(|base| data.facts.names.find(base).is_some()));
        let any_list = self.lists_guards();
        let default = any_list.then(|| self.default_guard(&names)).flatten();
        let mut found = self.for_each_file(|file, data| {
            if data.language != Language::Python || matches!(data.scope, CodeScope::Test | CodeScope::Config) {
                return Vec::new();
            }
            let mut found = self.guarded_by_name(file, data, &names);
            if any_base {
                found.extend(self.guarded_by_class(file, data));
            }
            if any_list {
                found.extend(self.guarded_by_list(file, data, &names, default.as_ref()));
            }
            found
        });
        let injected = self
            .scheme_uses()
            .iter()
            .filter(|scheme| scheme.role == Role::GuardsHandlers);
        found.extend(injected.map(SchemeUse::guard));
        found.sort();
        found.dedup_by(|one, other| (one.function, &one.gate) == (other.function, &other.gate));
        found
    }

    /// The functions and the methods of classes that have a guard in their decorators, and the functions that are handed to one.
    fn guarded_by_name(&self, file: FileId, data: &ProgramFile, names: &FxHashSet<&str>) -> Vec<LibraryGuard> {
        let facts = &data.facts;
        let said = facts.names.find_all(names);
        if said.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (id, function) in facts.numbered_functions() {
            for decorator in facts.list(function.decorators) {
                found.extend(
                    self.guard_in(file, facts, *decorator, &said)
                        .map(|guard| guard.of((file, id))),
                );
            }
        }
        for (id, class) in facts.numbered_classes() {
            for decorator in facts.list(class.decorators) {
                let guard = self.guard_in(file, facts, *decorator, &said);
                found.extend(guard.into_iter().flat_map(|guard| methods(facts, file, id, guard)));
            }
        }
        for call in &facts.calls {
            let [handed, ..] = facts.arguments(call) else { continue };
            let Some(guard) = self.guard_named(file, facts, call.callee, &said) else {
                continue;
            };
            found.extend(
                self.values(file, handed.value)
                    .into_iter()
                    .filter_map(|value| match value.origin {
                        Origin::Function(function) => Some(guard.clone().of(function)),
                        _ => None,
                    }),
            );
        }
        found
    }

    /// The methods of classes that derive from a guard.
    fn guarded_by_class(&self, file: FileId, data: &ProgramFile) -> Vec<LibraryGuard> {
        let facts = &data.facts;
        let classes = facts.numbered_classes().filter(|(_, class)| class.bases.len > 0);
        let guarded = classes.flat_map(|(id, class)| {
            let bases = self.library_bases((file, id)).into_iter();
            let mut guards = bases.filter(|node| {
                let base = self.catalog.base(*node);
                base.is_some_and(|base| base.role == Some(Role::GuardsHandlers))
            });
            let guard = guards.next().map(|node| Guard {
                site: Site { file, span: class.span },
                gate: self.catalog.path(node).to_owned(),
            });
            guard.into_iter().flat_map(move |guard| methods(facts, file, id, guard))
        });
        guarded.collect()
    }

    /// The guard that a decorator is, or is made with: `method_decorator(login_required)`.
    pub(super) fn guard_in(
        &self,
        file: FileId,
        facts: &FileFacts,
        decorator: ExprId,
        said: &FxHashSet<Name>,
    ) -> Option<Guard> {
        let mut within = expressions_within(facts, facts[decorator].span);
        within.find_map(|expr| self.guard_named(file, facts, expr, said))
    }

    pub(super) fn guard_named(
        &self,
        file: FileId,
        facts: &FileFacts,
        expr: ExprId,
        said: &FxHashSet<Name>,
    ) -> Option<Guard> {
        let is_named = matches!(facts[expr].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
        let name = last_name(facts, expr).filter(|_| is_named)?;
        if !said.contains(&name) {
            return None;
        }
        self.values(file, expr).into_iter().find_map(|value| {
            let Origin::Library(node) = value.origin else {
                return None;
            };
            let known = self.catalog.call(node)?;
            (known.role == Some(Role::GuardsHandlers)).then(|| Guard {
                site: Site {
                    file,
                    span: last_name_span(facts, expr),
                },
                gate: self.catalog.path(node).to_owned(),
            })
        })
    }
}

/// A library's gate, and where it is named.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) site: Site,
    pub(super) gate: String,
}

impl Guard {
    pub(super) fn of(self, function: FunctionRef) -> LibraryGuard {
        LibraryGuard {
            site: self.site,
            function,
            gate: self.gate,
        }
    }
}

fn methods(facts: &FileFacts, file: FileId, class: ClassId, guard: Guard) -> impl Iterator<Item = LibraryGuard> {
    let methods = facts.numbered_functions();
    let methods = methods.filter(move |(_, function)| function.class == Some(class));
    methods.map(move |(id, _): (FunctionId, _)| guard.clone().of((file, id)))
}
