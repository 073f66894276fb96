//! What a type is that stands in the code.

use super::{Item, Type, Types, Typing, add};
use crate::facts::{BindingKind, ExprId, ExprKind};
use crate::program::names::{is_transparent, last_name};
use crate::source::FileId;

/// Wrappers that code never sees: what it awaits, iterates or locks is what is inside.
fn is_looked_through(wrapper: &str) -> bool {
    is_transparent(wrapper)
        || matches!(
            wrapper,
            "Arc"
                | "ArcSwap"
                | "BoxFuture"
                | "Future"
                | "IntoFuture"
                | "JoinHandle"
                | "LocalBoxFuture"
                | "ManuallyDrop"
                | "OwnedMutexGuard"
                | "OwnedRwLockReadGuard"
                | "OwnedRwLockWriteGuard"
                | "Poll"
                | "Ref"
                | "RefMut"
                | "Reverse"
                | "RwLockReadGuard"
                | "RwLockWriteGuard"
                | "Weak"
        )
}

impl Typing<'_, '_> {
    /// What a value is whose type is written as `expr`.
    pub(super) fn written(&mut self, file: FileId, expr: ExprId) -> Types {
        if let Some(known) = self.written.get(&(file, expr)) {
            return known.clone();
        }
        self.written.insert((file, expr), Types::new());
        let found = self.deeper(|typing| typing.find_written(file, expr));
        self.written.insert((file, expr), found.clone());
        found
    }

    fn find_written(&mut self, file: FileId, expr: ExprId) -> Types {
        let facts = self.facts(file);
        let mut found = Types::new();
        match facts[expr].kind {
            ExprKind::Group(_) => found.push(Type::Written(file, expr)),
            ExprKind::Index { object, key, .. } => {
                let head = self.written(file, object);
                let is_own = head.iter().any(|of| matches!(of, Type::Class(_)));
                let wrapper = last_name(facts, object).map_or("", |name| facts.text(name));
                if is_own {
                    return head;
                }
                if is_looked_through(wrapper) {
                    let inner = match facts[key].kind {
                        ExprKind::Group(arguments) if !facts.list(arguments).is_empty() => facts.list(arguments)[0],
                        _ => key,
                    };
                    let inner = self.written(file, inner);
                    add(&mut found, inner);
                    // A wrapper that a library gives methods of its own is both.
                    add(&mut found, head.into_iter().filter(|of| *of != Type::Foreign));
                } else {
                    add(&mut found, head.into_iter().filter(|of| *of != Type::Foreign));
                    found.push(Type::Written(file, expr));
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                let items = self.path(file, expr);
                if items.is_empty() {
                    found.push(Type::Foreign);
                }
                for item in items {
                    let types = self.types_of_item(item);
                    add(&mut found, types);
                }
            }
            _ => found.push(Type::Foreign),
        }
        found
    }

    /// What a value is whose type an item is: a class, an alias, a type parameter with its bound.
    pub(super) fn types_of_item(&mut self, item: Item) -> Types {
        let mut found = Types::new();
        match item {
            Item::Class(class) => found.push(Type::Class(self.program.extended(class))),
            Item::Library(node) if self.program.catalog.is_type(node) => found.push(Type::Library(node)),
            Item::Library(_) => found.push(Type::Foreign),
            Item::Bound(file, id) => {
                let binding = self.facts(file)[id];
                match (binding.annotation, binding.kind) {
                    (Some(annotation), _) => return self.deeper(|typing| typing.written(file, annotation)),
                    (None, BindingKind::Value(alias)) => return self.deeper(|typing| typing.written(file, alias)),
                    _ => {}
                }
            }
            Item::Module(_) | Item::Function(_) => {}
        }
        found
    }
}
