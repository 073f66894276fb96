//! What a method gives for one variant of an enumeration: `Name::Jwt.text()` where the method has an arm for each.

use crate::facts::{Binding, BindingKind, BlockId, BlockKind, Call, ExprId, ExprKind, FileFacts, Language, ScopeKind};
use crate::program::Program;
use crate::program::names::{FunctionRef, Origin, last_name};
use crate::source::FileId;

/// What an arm of a `match` says of a variant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    Own,
    Others,
    Any,
}

impl Program<'_> {
    /// What the method gives that is called on a variant of an enumeration of the program, by its arm for that variant; nothing where
    /// the call is none of such, or the variant has no arm of its own.
    pub(in crate::program) fn given_by_variant(&self, file: FileId, call: &Call) -> Vec<(FileId, ExprId)> {
        let facts = &self[file].facts;
        let ExprKind::Member { object, .. } = facts[call.callee].kind else {
            return Vec::new();
        };
        let variant = self.variant_named(file, object);
        let given = variant.map(|variant| self.arms_of(variant, self.functions_at(file, call.callee)));
        given.unwrap_or_default()
    }

    /// What a variant is where a text is asked for: `Name::Jwt.as_ref()`.
    pub(in crate::program) fn text_of_variant(&self, file: FileId, path: ExprId) -> Vec<(FileId, ExprId)> {
        let Some(variant) = self.variant_named(file, path) else {
            return Vec::new();
        };
        let values = self.values(file, path).into_iter();
        let methods = values.filter(|value| matches!(value.origin, Origin::Instance(_)));
        let methods = methods.flat_map(|value| self.member_of(value, "as_ref"));
        let functions = methods.filter_map(|method| match method.origin {
            Origin::Function(function) => Some(function),
            _ => None,
        });
        self.arms_of(variant, functions)
    }

    fn arms_of(&self, variant: &str, methods: impl Iterator<Item = FunctionRef>) -> Vec<(FileId, ExprId)> {
        let given = methods.flat_map(|(file, function)| {
            let facts = &self[file].facts;
            let returns = facts.returns_of(function).iter();
            let of_variant = returns.filter(move |returned| arm_around(facts, returned.block, variant) == Arm::Own);
            of_variant.filter_map(move |returned| Some((file, returned.value?)))
        });
        given.collect()
    }

    /// The name of the variant that a path names.
    fn variant_named(&self, file: FileId, path: ExprId) -> Option<&str> {
        let facts = &self[file].facts;
        let ExprKind::Member { object, name } = facts[path].kind else {
            return None;
        };
        let name = facts.text(name);
        let begins_large = name.starts_with(char::is_uppercase);
        let is_of_type = last_name(facts, object).is_some_and(|of| facts.text(of).starts_with(char::is_uppercase));
        (self[file].language == Language::Rust && begins_large && is_of_type).then_some(name)
    }
}

/// Whether a binding is a variant of an enumeration without a value of its own. Types that a trait only names are declared, too, but
/// beside functions.
pub(in crate::program) fn is_variant(facts: &FileFacts, binding: &Binding) -> bool {
    let is_declared = matches!(binding.kind, BindingKind::Declared) && binding.annotation.is_none();
    let is_of_class = matches!(facts[binding.scope].kind, ScopeKind::Class(_));
    is_declared
        && is_of_class
        && facts.text(binding.name).starts_with(char::is_uppercase)
        && !facts
            .bindings_in(binding.scope)
            .iter()
            .any(|other| matches!(other.kind, BindingKind::Function(_)))
}

/// What the arms around a block say of a variant.
fn arm_around(facts: &FileFacts, block: BlockId, variant: &str) -> Arm {
    let arms = facts.blocks_around(block).map(|(_, around)| match around.kind {
        BlockKind::Branch { condition, holds: true } => arm_of(facts, condition, variant),
        _ => Arm::Any,
    });
    arms.fold(Arm::Any, |arms, arm| match (arms, arm) {
        (Arm::Others, _) | (_, Arm::Others) => Arm::Others,
        (Arm::Own, _) | (_, Arm::Own) => Arm::Own,
        _ => Arm::Any,
    })
}

fn arm_of(facts: &FileFacts, condition: ExprId, variant: &str) -> Arm {
    match facts[condition].kind {
        ExprKind::Compare { left, right, .. } if is_receiver(facts, left) => match last_name(facts, right) {
            Some(name) if facts.text(name) == variant => Arm::Own,
            _ => Arm::Others,
        },
        ExprKind::Choice { options, .. } => {
            let arms = facts.list(options).iter().map(|option| arm_of(facts, *option, variant));
            arms.reduce(|arms, arm| if arm == Arm::Own { arm } else { arms })
                .unwrap_or(Arm::Any)
        }
        _ => Arm::Any,
    }
}

/// `self`, `*self`.
fn is_receiver(facts: &FileFacts, expr: ExprId) -> bool {
    last_name(facts, expr).is_some_and(|name| facts.text(name) == "self")
}
