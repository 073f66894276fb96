//! What is added to what a name holds before it is shown: `parts.append(password)`, `data["key"] = secret`, `message += token`; and what
//! is taken out of it again.

use super::{Leaks, Shown};
use crate::facts::{Access, BindingKind, ExprId, ExprKind, Name, ScopeId};
use crate::source::Span;

/// What happens to what a name holds.
enum Happening<'p> {
    /// Something is put in, under a key if that is written out.
    Put { key: Option<&'p str>, value: ExprId },
    /// What stands under a key is taken out.
    Taken { key: &'p str },
}

impl<'p> Happening<'p> {
    /// The key under which nothing is left of what stood there before.
    fn replaces(&self) -> Option<&'p str> {
        match *self {
            Self::Put { key, .. } => key,
            Self::Taken { key } => Some(key),
        }
    }
}

/// A name whose value is shown.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) name: Name,
    pub(super) scope: ScopeId,
    /// What it was bound to at first.
    pub(super) since: Span,
    /// Where it is shown.
    pub(super) shown: Span,
}

impl Held {
    /// Whether something stands behind where the name is bound, and before it is shown.
    fn is_before(self, place: Span) -> bool {
        self.since.end <= place.start && place.end <= self.shown.start
    }
}

impl<'p> Leaks<'p> {
    /// The first secret among what was added to what a name holds, before that is shown, and is still there then.
    pub(super) fn added(&self, held: Held, depth: u32) -> Option<Shown> {
        let happened = self.happened(held);
        let mut behind = happened.as_slice();
        while let Some((happening, later)) = behind.split_first() {
            behind = later;
            let Happening::Put { key, value } = *happening else {
                continue;
            };
            if !key.is_some_and(|key| later.iter().any(|later| later.replaces() == Some(key)))
                && let Some(shown) = self.shown(value, depth + 1).or_else(|| self.by_key(key, value))
            {
                return Some(shown);
            }
        }
        None
    }

    /// The keys under which a name no longer holds what it was bound to when it is shown.
    pub(super) fn replaced(&self, held: Held) -> Vec<&'p str> {
        let happened = self.happened(held).into_iter();
        let keys = happened.filter_map(|happening| happening.replaces());
        keys.collect()
    }

    /// Whether a name is not only bound but changed before it is shown: `token += sign`.
    pub(super) fn is_changed(&self, held: Held) -> bool {
        let mut bindings = self.facts().bindings_of(held.scope, held.name).iter();
        bindings.any(|binding| matches!(binding.kind, BindingKind::Changed(_)) && held.is_before(binding.span))
    }

    /// What happens to what a name holds, in order.
    fn happened(&self, held: Held) -> Vec<Happening<'p>> {
        let facts = self.facts();
        let is_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { name, .. } if name == held.name);
        let function = facts.function_around(held.scope);
        let text_of = |expr: ExprId| match facts[expr].kind {
            ExprKind::Text(text) => Some(facts.text(text)),
            _ => None,
        };
        let mut happened: Vec<(Span, Happening<'p>)> = Vec::new();
        for (_, call) in facts.calls_in(function) {
            let place = facts[call.expr].span;
            let ExprKind::Member { object, name } = facts[call.callee].kind else {
                continue;
            };
            if !held.is_before(place) || !is_it(object) {
                continue;
            }
            let arguments = facts.arguments(call);
            let first = arguments.first().map(|argument| argument.value);
            let mut put = |key: Option<&'p str>, value: ExprId| happened.push((place, Happening::Put { key, value }));
            match (facts.text(name), arguments) {
                ("append" | "appendleft" | "add" | "push" | "push_back" | "push_str" | "put" | "insert", [only]) => {
                    put(None, only.value);
                }
                ("insert" | "setdefault", [key, value]) => put(text_of(key.value), value.value),
                ("extend" | "update", arguments) => {
                    for argument in arguments {
                        put(argument.keyword.map(|keyword| facts.text(keyword)), argument.value);
                    }
                }
                ("pop" | "remove", _) => {
                    let key = first.and_then(text_of);
                    happened.extend(key.map(|key| (place, Happening::Taken { key })));
                }
                _ => {}
            }
        }
        for store in &facts.stores {
            if let ExprKind::Index { object, key, .. } = facts[store.target].kind
                && let Some(value) = store.value
                && held.is_before(facts[store.target].span)
                && is_it(object)
            {
                let key = text_of(key);
                happened.push((facts[store.target].span, Happening::Put { key, value }));
            }
        }
        let between = Span::new(held.since.end, held.shown.start);
        for (_, expr) in facts.exprs_within(between) {
            if let ExprKind::Index {
                object,
                key,
                access: Access::Delete,
            } = expr.kind
                && is_it(object)
            {
                let key = text_of(key);
                happened.extend(key.map(|key| (expr.span, Happening::Taken { key })));
            }
        }
        for binding in facts.bindings_of(held.scope, held.name) {
            if let BindingKind::Changed(value) = binding.kind
                && held.is_before(binding.span)
            {
                happened.push((binding.span, Happening::Put { key: None, value }));
            }
        }
        happened.sort_by_key(|(place, _)| place.start);
        happened.into_iter().map(|(_, happening)| happening).collect()
    }
}
