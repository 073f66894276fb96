//! Values that say how to authenticate, and mean not at all.

use super::Flags;
use crate::catalog::FlagName;
use crate::facts::{Binding, BindingKind, ExprId, ExprKind, How, Language, Name, ScopeId, ScopeKind};
use crate::program::Origin;
use crate::source::Span;

impl Flags<'_> {
    /// `mode: AuthMode::Disabled`, whatever name it is given to.
    pub(super) fn modes(&mut self) {
        let facts = &self.data.facts;
        for binding in &facts.bindings {
            match binding.kind {
                BindingKind::Value(value) => self.mode(binding.span, binding.scope, binding.name, value),
                BindingKind::Declared => self.default_variant(binding),
                _ => {}
            }
        }
        for call in &facts.calls {
            for argument in facts.arguments(call) {
                if let Some(keyword) = argument.keyword {
                    self.mode(argument.span, call.scope, keyword, argument.value);
                }
            }
            // A builder: `.auth_mode(AuthMode::Disabled)`.
            if let (ExprKind::Member { name, .. }, [argument]) = (facts[call.callee].kind, facts.arguments(call))
                && (self.mode_types.contains(&name) || self.said(name) == Some(FlagName::Mode))
            {
                let span = facts[call.callee].span.tail(facts.text(name).len());
                self.mode(span, call.scope, name, argument.value);
            }
        }
        for store in &facts.stores {
            if let (ExprKind::Member { name, .. }, Some(value)) = (facts[store.target].kind, store.value) {
                let span = facts[store.target].span.tail(facts.text(name).len());
                self.mode(span, facts[store.block].scope, name, value);
            }
        }
        for function in &facts.functions {
            for parameter in facts.parameters(function) {
                if let Some(default) = parameter.default {
                    self.mode(parameter.span, function.scope, parameter.name, default);
                }
            }
        }
        // `impl Default for AuthMode`
        for returned in &facts.returns {
            let function = &facts[returned.function];
            if let (Some(value), Some(name)) = (returned.value, function.name)
                && facts.text(name) == "default"
            {
                self.mode(facts[value].span, function.scope, name, value);
            }
        }
    }

    pub(super) fn mode(&mut self, span: Span, scope: ScopeId, name: Name, value: ExprId) {
        if let Some(off) = self.mode_off(value)
            && !self.is_local_to_test(scope)
        {
            let shown = self.program.written(self.file, off);
            self.report(span, scope, self.data.facts.text(name), shown, FlagName::Mode, None);
        }
    }

    /// `enum AuthMode { #[default] Disabled }`
    pub(super) fn default_variant(&mut self, variant: &Binding) {
        let facts = &self.data.facts;
        let ScopeKind::Class(class) = facts[variant.scope].kind else {
            return;
        };
        let class = facts[class].name;
        let says_default = |decorator: &ExprId| matches!(facts[*decorator].kind, ExprKind::Name { name, .. } if facts.text(name) == "default");
        let value = facts.text(variant.name);
        if self.mode_types.contains(&class)
            && facts.list(variant.decorators).iter().any(says_default)
            && self.words().is_mode_value_off(facts.text(class), value)
        {
            let (name, value) = (facts.text(class), value.to_owned());
            self.report(variant.span, variant.scope, name, value, FlagName::Mode, None);
        }
    }

    /// The value of such a type that `value` is, or is where nothing else is there, if it means that nothing is authenticated.
    pub(super) fn mode_off(&self, value: ExprId) -> Option<ExprId> {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Through(inner) => self.mode_off(inner),
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => self.mode_off(*facts.list(options).last()?),
            ExprKind::Member { object, name } => {
                let of = match facts[object].kind {
                    ExprKind::Name { name, scope } if facts.text(name) == "Self" => self.class_name_around(scope)?,
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => name,
                    _ => return None,
                };
                let is_type = self.mode_types.contains(&of) && facts.text(of).starts_with(char::is_uppercase);
                let is_off = is_type && self.words().is_mode_value_off(facts.text(of), facts.text(name));
                is_off.then_some(value)
            }
            _ => None,
        }
    }

    /// Whether a field that holds what is required is left empty: `enforce_auth: None`. (Where it may hold a truth value, nothing
    /// leaves the choice to someone else.)
    pub(super) fn is_left_out(&self, class: ExprId, field: Name, value: ExprId) -> bool {
        let facts = &self.data.facts;
        if self.data.language != Language::Rust || facts[value].kind != ExprKind::Nothing {
            return false;
        }
        let classes = self.program.values(self.file, class).into_iter();
        let mut declared = classes.filter_map(|value| match value.origin {
            Origin::Class((file, class)) => {
                let of = &self.program[file].facts;
                let field = of.names.find(facts.text(field))?;
                let field = of.bindings_of(of[class].scope, field).first()?;
                Some((of, field.annotation?))
            }
            _ => None,
        });
        declared.any(|(of, annotation)| match of[annotation].kind {
            ExprKind::Index { key, .. } => {
                !matches!(of[key].kind, ExprKind::Name { name, .. } if of.text(name) == "bool")
            }
            _ => false,
        })
    }
}
