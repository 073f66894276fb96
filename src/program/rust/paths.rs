//! What a path names: through scopes, imports, modules, aliases and types.

use super::{Item, Items, Type, Typing, add};
use crate::facts::{
    Binding, BindingId, BindingKind, ExprId, ExprKind, FileFacts, ImportId, Language, Name, ScopeId, ScopeKind,
};
use crate::finding::Confidence;
use crate::program::bindings::begins_paths;
use crate::program::crates::module_scope;
use crate::program::modules::Place;
use crate::program::names::{Origin, Value};
use crate::source::FileId;

/// In which of Rust's two spaces a name is looked up: a local and a module may have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Types,
    Values,
}

/// Re-exports are followed this far.
const MOST_IMPORTS: u32 = 12;

impl<'p> Typing<'p, '_> {
    /// What the path `expr` names, as a type or the beginning of a longer path.
    pub(super) fn path(&mut self, file: FileId, expr: ExprId) -> Items {
        if let Some(known) = self.paths.get(&(file, expr)) {
            return known.clone();
        }
        self.paths.insert((file, expr), Items::new());
        let facts = self.facts(file);
        let found = self.deeper(|typing| match facts[expr].kind {
            ExprKind::Name { name, scope } => typing.head(file, scope, name, Space::Types),
            ExprKind::Member { object, name } => typing.members(file, object, facts.text(name)),
            ExprKind::Index { object, .. } => typing.path(file, object),
            _ => Items::new(),
        });
        self.paths.insert((file, expr), found.clone());
        found
    }

    /// What the path `expr` names as a value: a function, a constant, a variant.
    pub(super) fn value_path(&mut self, file: FileId, expr: ExprId) -> Items {
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Name { name, scope } => self.head(file, scope, name, Space::Values),
            ExprKind::Member { object, name } if self.is_path(file, expr) => {
                self.members(file, object, facts.text(name))
            }
            _ => Items::new(),
        }
    }

    /// Whether a member is one of a path (`a::b`) and not one of a value (`a.b`).
    pub(super) fn is_path(&mut self, file: FileId, expr: ExprId) -> bool {
        let facts = self.facts(file);
        let ExprKind::Member { object, name } = facts[expr].kind else {
            return false;
        };
        let length = u32::try_from(facts.text(name).len()).unwrap_or(u32::MAX);
        let between = facts[expr].span.end.saturating_sub(length + facts[object].span.end);
        match (between, facts[object].kind) {
            (1, _) | (_, ExprKind::Call(_) | ExprKind::Lambda(_)) => false,
            (2, _) => true,
            // `Type::<T>::new`, or a chain that goes on in the next line.
            (_, ExprKind::Name { name, scope }) => {
                let first = facts.text(name).chars().next();
                first.is_some_and(char::is_uppercase) && local(facts, scope, name).is_none()
            }
            (_, ExprKind::Member { .. }) => self.is_path(file, object),
            _ => false,
        }
    }

    /// The members `name` of what the path `object` names.
    pub(super) fn members(&mut self, file: FileId, object: ExprId, name: &'p str) -> Items {
        let mut found = Items::new();
        for item in self.path(file, object) {
            let members = self.member(item, name);
            add(&mut found, members);
        }
        found
    }

    pub(super) fn member(&mut self, item: Item, name: &'p str) -> Items {
        let mut found = Items::new();
        match item {
            Item::Module(place) => return self.deeper(|typing| typing.module_member(place, name, 0)),
            Item::Library(node) => found.extend(self.program.catalog.child(node, name).map(Item::Library)),
            Item::Class(class) => {
                let targets = self.methods(class, name);
                found.extend(targets.iter().map(|target| Item::Function(target.function)));
                if found.is_empty() {
                    found.extend(self.bound_members(class, name));
                }
            }
            Item::Function(_) => {}
            Item::Bound(..) => {
                for of in self.types_of_item(item) {
                    if let Type::Class(class) = of {
                        let members = self.member(Item::Class(class), name);
                        add(&mut found, members);
                    }
                }
            }
        }
        found
    }

    /// What the innermost scope that has one binds `name` to, in one of the two spaces.
    fn head(&mut self, file: FileId, scope: ScopeId, name: Name, space: Space) -> Items {
        let facts = self.facts(file);
        let mut next = Some(scope);
        while let Some(current) = next {
            let bindings = facts.binding_range(current, name);
            let mut found = Items::new();
            let mut is_bound = false;
            for index in bindings {
                let id = BindingId::at(index);
                if is_in(facts, &facts[id], space) {
                    is_bound = true;
                    let bound = self.bound_item(file, id);
                    add(&mut found, bound);
                }
            }
            if is_bound {
                return found;
            }
            // A module inside a file sees its own names only.
            next = match facts[current].kind {
                ScopeKind::Inline(_) => None,
                _ => facts[current].parent,
            };
        }
        self.free(file, scope, name)
    }

    /// A name that no scope binds.
    fn free(&mut self, file: FileId, scope: ScopeId, name: Name) -> Items {
        let facts = self.facts(file);
        let text = facts.text(name);
        // What `Self` is depends on the type around, everything else on the module.
        let place = if text == "Self" {
            scope
        } else {
            module_scope(facts, scope)
        };
        if let Some(known) = self.free.get(&(file, place, name)) {
            return known.clone();
        }
        let program = self.program;
        let found = items_of(program.free_path(file, place, text));
        self.free.insert((file, place, name), found.clone());
        found
    }

    fn bound_item(&mut self, file: FileId, id: BindingId) -> Items {
        let mut found = Items::new();
        match self.facts(file)[id].kind {
            BindingKind::Import(import) => return self.import(file, import, 0),
            BindingKind::Function(function) => found.push(Item::Function((file, function))),
            BindingKind::Class(class) => found.push(Item::Class(self.program.extended((file, class)))),
            BindingKind::Module(module) => found.extend(items_of(self.program.declared_module(file, module))),
            _ => found.push(Item::Bound(file, id)),
        }
        found
    }

    fn import(&mut self, file: FileId, import: ImportId, step: u32) -> Items {
        if let Some(known) = self.imports.get(&(file, import)) {
            return known.clone();
        }
        self.imports.insert((file, import), Items::new());
        let facts = self.facts(file);
        let program = self.program;
        let mut found = items_of(program.imported(file, &facts[import]));
        if found.is_empty() && step < MOST_IMPORTS {
            // A constant or a static: it is asked for where it stands, which says its type.
            let segments: Vec<&'p str> = facts
                .path(facts[import].path)
                .iter()
                .map(|name| facts.text(*name))
                .collect();
            if let Some((last, above)) = segments.split_last() {
                for above in items_of(program.use_path(file, &facts[import], above)) {
                    if let Item::Module(place) = above {
                        let members = self.module_member(place, last, step + 1);
                        add(&mut found, members);
                    }
                }
            }
        }
        self.imports.insert((file, import), found.clone());
        found
    }

    fn module_member(&mut self, place: Place, name: &str, step: u32) -> Items {
        let mut found = Items::new();
        let Some((file, scope)) = self.program.names_of(place) else {
            return found;
        };
        let facts = self.facts(file);
        let bindings = facts
            .names
            .find(name)
            .map_or(0..0, |name| facts.binding_range(scope, name));
        for index in bindings {
            let id = BindingId::at(index);
            let bound = match facts[id].kind {
                BindingKind::Import(import) => self.import(file, import, step + 1),
                _ => self.bound_item(file, id),
            };
            add(&mut found, bound);
        }
        if found.is_empty() {
            let module = Value {
                origin: Origin::Module(place),
                confidence: Confidence::Certain,
            };
            found = items_of(self.program.member_of(module, name));
        }
        found
    }

    /// The variants, constants and associated types `name` of a class.
    fn bound_members(&self, class: (FileId, crate::facts::ClassId), name: &str) -> Items {
        let mut found = Items::new();
        for (file, body) in self.bodies(class) {
            let facts = self.facts(file);
            let Some(name) = facts.names.find(name) else { continue };
            for index in facts.binding_range(facts[body].scope, name) {
                let id = BindingId::at(index);
                add(&mut found, [Item::Bound(file, id)]);
            }
        }
        found
    }
}

/// The bindings of a name as a local of the function around `scope`, or of one around that.
pub(super) fn local(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<std::ops::Range<usize>> {
    let mut next = Some(scope);
    while let Some(current) = next {
        match facts[current].kind {
            ScopeKind::Function(_) | ScopeKind::Comprehension => {
                let range = facts.binding_range(current, name);
                if !range.is_empty() {
                    let is_local = facts.bindings[range.clone()].iter().any(is_of_locals);
                    return Some(range).filter(|_| is_local);
                }
            }
            _ => return None,
        }
        next = facts[current].parent;
    }
    None
}

fn is_of_locals(binding: &Binding) -> bool {
    !matches!(
        binding.kind,
        BindingKind::Import(_) | BindingKind::Function(_) | BindingKind::Class(_) | BindingKind::Module(_)
    )
}

fn is_in(facts: &FileFacts, binding: &Binding, space: Space) -> bool {
    if space == Space::Types {
        return begins_paths(facts, binding);
    }
    let is_of_type = matches!(facts[binding.scope].kind, ScopeKind::Class(_));
    match binding.kind {
        _ if is_of_type => false,
        BindingKind::Import(_) | BindingKind::Class(_) | BindingKind::Function(_) => true,
        BindingKind::Value(_) => binding.annotation.is_some(),
        _ => false,
    }
}

fn items_of(values: impl IntoIterator<Item = Value>) -> Items {
    let items = values.into_iter().filter_map(|value| match value.origin {
        Origin::Module(place) => Some(Item::Module(place)),
        Origin::Class(class) => Some(Item::Class(class)),
        Origin::Function(function) => Some(Item::Function(function)),
        Origin::Library(node) => Some(Item::Library(node)),
        _ => None,
    });
    items.collect()
}

impl Typing<'_, '_> {
    /// Whether a file belongs to the same crate as another, or says the name of its crate.
    pub(super) fn may_know(&self, file: FileId, other: FileId) -> bool {
        let crates = self.program.modules.crates();
        if crates.root(file) == crates.root(other) {
            return true;
        }
        let name = crates.name(crates.root(other));
        self.program[file].language == Language::Rust && self.facts(file).names.find(name).is_some()
    }
}
