//! Which bindings of a name can hold at a place.

use crate::facts::{
    Binding, BindingId, BindingKind, Block, BlockId, BlockKind, Exit, ExprId, FileFacts, Name, ScopeId, ScopeKind,
};
use crate::source::Span;
use smallvec::SmallVec;
use std::ops::Range;

/// The bindings that can hold, in the order they stand.
pub(super) type Holding = SmallVec<[BindingId; 2]>;

/// The bindings of `name` in the innermost scope that has any: class scopes are seen from their own statements only.
pub(super) fn lookup(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<&[Binding]> {
    lookup_range(facts, scope, name).map(|range| &facts.bindings[range])
}

/// The same as a stretch of [`FileFacts::bindings`].
pub(super) fn lookup_range(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<Range<usize>> {
    let mut next = Some(scope);
    while let Some(current) = next {
        let visible = current == scope || !matches!(facts[current].kind, ScopeKind::Class(_));
        if visible {
            let range = facts.binding_range(current, name);
            if !range.is_empty() {
                return Some(range);
            }
        }
        // A module inside a file sees its own names only.
        next = match facts[current].kind {
            ScopeKind::Inline(_) => None,
            _ => facts[current].parent,
        };
    }
    None
}

/// The bindings of `name` that a path of Rust can begin with (`name::…`), in the innermost scope that has any: modules and types have
/// names of their own, so that no variable or function hides them.
pub(super) fn lookup_path_start(facts: &FileFacts, scope: ScopeId, name: Name) -> Holding {
    let mut next = Some(scope);
    while let Some(current) = next {
        let bound = facts.binding_range(current, name);
        let found: Holding = bound
            .filter(|index| begins_paths(facts, &facts.bindings[*index]))
            .map(id)
            .collect();
        if !found.is_empty() {
            return found;
        }
        next = match facts[current].kind {
            ScopeKind::Inline(_) => None,
            _ => facts[current].parent,
        };
    }
    Holding::new()
}

/// Whether a binding of Rust binds a name of modules and types, not one of values.
pub(super) fn begins_paths(facts: &FileFacts, binding: &Binding) -> bool {
    let is_capital = || facts.text(binding.name).starts_with(char::is_uppercase);
    match binding.kind {
        // Members are named by paths; what else stands in the scope of a type are its parameters.
        BindingKind::Unknown => is_capital(),
        _ if matches!(facts[binding.scope].kind, ScopeKind::Class(_)) => false,
        BindingKind::Import(_) | BindingKind::Class(_) | BindingKind::Module(_) => true,
        BindingKind::Value(_) | BindingKind::Declared => binding.annotation.is_none() && is_capital(),
        _ => false,
    }
}

/// The bindings of one name that can hold at `place`, which lies in `scope`.
///
/// Within the binding scope these are the last one that every way to the place passes, and those after it on some of the ways; a
/// later one counts if a loop leads back. From another scope, any that can hold at the end.
pub(super) fn reaching(facts: &FileFacts, bindings: Range<usize>, scope: ScopeId, place: Span) -> Holding {
    let Some(first) = facts.bindings.get(bindings.start) else {
        return Holding::new();
    };
    if facts.function_around(first.scope) != facts.function_around(scope) {
        return at_end_of_scope(facts, bindings);
    }
    let mut found = Holding::new();
    for index in bindings.clone().rev() {
        let binding = &facts.bindings[index];
        // `x = x.strip()`: the name still has the value from before.
        if bound_value(binding).is_some_and(|value| facts[value].span.contains(place)) {
            continue;
        }
        if binding.span.start >= place.start {
            let looped = facts
                .blocks_around(binding.block)
                .any(|(_, block)| matches!(block.kind, BlockKind::Loop { .. }) && block.span.contains(place));
            // `for x in …` and comprehensions bind their variable before the body, wherever it is written.
            let element = matches!(
                binding.kind,
                BindingKind::Element { .. } | BindingKind::ElementUnpacked { .. }
            );
            if looped || (element && facts[binding.block].span.contains(place)) {
                found.push(id(index));
            }
            continue;
        }
        if excluded(facts, binding.block, place) {
            continue;
        }
        found.push(id(index));
        if always_passed(facts, binding.block, place) {
            break;
        }
    }
    if found.is_empty() {
        return at_end_of_scope(facts, bindings);
    }
    in_order(facts, found)
}

/// The binding whose value `place` stands in, where a loop leads back to it: `app = layer(app)` takes what it gave the round before.
pub(super) fn led_back(facts: &FileFacts, bindings: Range<usize>, place: Span) -> Option<BindingId> {
    let index = bindings.into_iter().find(|index| {
        let binding = &facts.bindings[*index];
        matches!(binding.kind, BindingKind::Value(value) if facts[value].span.contains(place))
            && facts
                .blocks_around(binding.block)
                .any(|(_, block)| matches!(block.kind, BlockKind::Loop { .. }) && block.span.contains(place))
    })?;
    Some(id(index))
}

/// The bindings that can hold once all statements of their scope ran.
pub(super) fn at_end_of_scope(facts: &FileFacts, bindings: Range<usize>) -> Holding {
    let mut found = Holding::new();
    for index in bindings.rev() {
        let binding = &facts.bindings[index];
        found.push(id(index));
        // A value that is only changed still has what it was before.
        let replaces = !matches!(binding.kind, BindingKind::Changed(_) | BindingKind::Declared);
        if replaces && is_body(facts, binding.block) && runs_with_its_scope(facts, binding) {
            break;
        }
    }
    in_order(facts, found)
}

fn id(index: usize) -> BindingId {
    BindingId::at(index)
}

fn in_order(facts: &FileFacts, mut found: Holding) -> Holding {
    found.retain(|binding| facts[*binding].kind != BindingKind::Deleted);
    found.reverse();
    found
}

/// The expression that a binding's value is computed from.
pub(super) fn bound_value(binding: &Binding) -> Option<ExprId> {
    match binding.kind {
        BindingKind::Value(value)
        | BindingKind::Changed(value)
        | BindingKind::Entered(value)
        | BindingKind::Unpacked { value, .. }
        | BindingKind::Element { over: value }
        | BindingKind::ElementUnpacked { over: value, .. } => Some(value),
        _ => None,
    }
}

/// Whether a binding runs when its scope does, not only when some function declares it `global`.
fn runs_with_its_scope(facts: &FileFacts, binding: &Binding) -> bool {
    facts[binding.block].scope == binding.scope
}

fn is_body(facts: &FileFacts, block: BlockId) -> bool {
    let mut block = &facts[block];
    while let BlockKind::Within { .. } = block.kind {
        match block.parent {
            Some(parent) => block = &facts[parent],
            None => return true,
        }
    }
    matches!(block.kind, BlockKind::Body)
}

/// Whether every way to `place` runs `block`: the place lies in it, or in what follows it unconditionally.
fn always_passed(facts: &FileFacts, block: BlockId, place: Span) -> bool {
    let Block { kind, span, parent, .. } = facts[block];
    if span.contains(place) || kind == BlockKind::Body {
        return true;
    }
    match kind {
        BlockKind::Within { .. } | BlockKind::Always => {
            parent.is_some_and(|parent| always_passed(facts, parent, place))
        }
        _ => false,
    }
}

/// Whether no way leads from `block` to `place`, which stands behind it: they are the two arms of one condition, or of one attempt, or
/// the arm is left.
fn excluded(facts: &FileFacts, block: BlockId, place: Span) -> bool {
    facts.blocks_around(block).any(|(id, around)| {
        if around.span.contains(place) {
            return false;
        }
        // Blocks are numbered as they begin, so an arm that holds the place comes later and begins before it.
        let is_in_other_arm = |is_other: &dyn Fn(BlockKind) -> bool| {
            let later = facts.blocks[id.0 as usize + 1..].iter();
            let mut begun = later.take_while(|other| other.span.start <= place.start);
            begun.any(|other| other.span.contains(place) && is_other(other.kind))
        };
        let is_arm = match around.kind {
            BlockKind::Branch { condition, holds } => is_in_other_arm(&|other| {
                matches!(other, BlockKind::Branch { condition: same, holds: opposite } if same == condition && opposite != holds)
            }),
            BlockKind::Rescue { attempt, .. } => is_in_other_arm(&|other| {
                matches!(other, BlockKind::Rescue { attempt: same, .. } | BlockKind::Otherwise { attempt: same } if same == attempt)
            }),
            _ => false,
        };
        let leaves = around.exit != Exit::FallsThrough;
        is_arm || (leaves && !matches!(around.kind, BlockKind::Loop { .. } | BlockKind::Attempt | BlockKind::Body))
    })
}
