//! What depends on where the program runs: conditions about the environment's name, a testing flag, debug, or a flag that skips.

use super::names::{Origin, last_name};
use super::{Program, bindings};
use crate::catalog::FlagName;
use crate::facts::{BindingKind, Comparison, ExprId, ExprKind, How};
use crate::source::FileId;

/// What a condition asks about where the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstance {
    /// What it asks for, as it is written.
    pub subject: String,
    /// The expression that asks.
    pub expr: ExprId,
}

/// Names and the functions of the program are followed this deep.
const DEEPEST: u32 = 4;

impl Program<'_> {
    /// What `condition` asks about where the program runs, if it does.
    #[must_use]
    pub fn circumstance(&self, file: FileId, condition: ExprId) -> Option<Circumstance> {
        let subject = self.circumstance_at(file, condition, 0)?;
        Some(Circumstance {
            subject,
            expr: condition,
        })
    }

    fn circumstance_at(&self, file: FileId, condition: ExprId, depth: u32) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let facts = &self[file].facts;
        let deeper = |expr: ExprId| self.circumstance_at(file, expr, depth + 1);
        let words = self.catalog.words();
        match facts[condition].kind {
            ExprKind::Not(inner) | ExprKind::Through(inner) => deeper(inner),
            ExprKind::Both(parts) => facts.list(parts).iter().find_map(|part| deeper(*part)),
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => facts.list(options).iter().find_map(|part| deeper(*part)),
            ExprKind::Compare { operator, left, right } => {
                if operator == Comparison::Order {
                    return None;
                }
                let sides = [(left, right), (right, left)];
                let named = sides.into_iter().find(|(subject, other)| {
                    self.is_environment_name(file, *subject, 0) && self.is_environment(file, *other)
                });
                let named = named.map(|(subject, _)| self.written(file, subject));
                // `"PYTEST_CURRENT_TEST" in os.environ`
                let asked = || {
                    let text = self
                        .text_of(file, left)
                        .filter(|text| words.is_environment_switch(text));
                    text.map(str::to_owned)
                };
                named.or_else(asked).or_else(|| deeper(left))
            }
            ExprKind::Call(call) => {
                let call = &facts[call];
                let texts = facts.arguments(call).iter().filter_map(|argument| {
                    let written = self.text_of(file, argument.value);
                    written
                        .map(str::to_owned)
                        .or_else(|| Some(facts.text(argument.keyword?).to_owned()))
                });
                let says =
                    |text: &String| words.is_environment_switch(text) || words.flag(text) == Some(FlagName::Skips);
                let mut texts =
                    texts.chain(facts.arguments(call).iter().filter_map(|argument| {
                        last_name(facts, argument.value).map(|name| facts.text(name).to_owned())
                    }));
                texts
                    .find(says)
                    .or_else(|| self.switch(file, call.callee))
                    .or_else(|| match facts[call.callee].kind {
                        // `os.getenv("TESTING", "").lower()`
                        ExprKind::Member { object, .. } => deeper(object),
                        _ => None,
                    })
            }
            ExprKind::Index { key, .. } => {
                let key = self.text_of(file, key)?;
                words.is_environment_switch(key).then(|| key.to_owned())
            }
            ExprKind::Member { .. } => self.switch(file, condition),
            ExprKind::Name { name, scope } => self.switch(file, condition).or_else(|| {
                let bound = bindings::lookup(facts, scope, name).unwrap_or(&[]);
                bound.iter().find_map(|binding| match binding.kind {
                    BindingKind::Value(value) if facts[value].kind != facts[condition].kind => deeper(value),
                    _ => None,
                })
            }),
            _ => None,
        }
    }

    /// A name that is itself a switch: `settings.testing`, `IS_PRODUCTION`, `config.skip_auth`.
    fn switch(&self, file: FileId, expr: ExprId) -> Option<String> {
        let facts = &self[file].facts;
        let name = facts.text(last_name(facts, expr)?);
        let words = self.catalog.words();
        let says = words.is_environment_switch(name) || words.flag(name) == Some(FlagName::Skips);
        says.then(|| self.written(file, expr))
    }

    /// Whether an expression gives the environment's name: it is called so, or reads a setting that is.
    fn is_environment_name(&self, file: FileId, expr: ExprId, depth: u32) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        let by_name = last_name(facts, expr).is_some_and(|name| words.is_environment_name(facts.text(name)));
        if by_name || depth > DEEPEST {
            return by_name;
        }
        match facts[expr].kind {
            ExprKind::Call(call) => {
                let call = &facts[call];
                let by_text = facts.arguments(call).iter().any(|argument| {
                    self.text_of(file, argument.value)
                        .is_some_and(|text| words.is_environment_name(text))
                });
                by_text
                    || match facts[call.callee].kind {
                        ExprKind::Member { object, .. } => self.is_environment_name(file, object, depth + 1),
                        _ => false,
                    }
            }
            ExprKind::Index { key, .. } => self
                .text_of(file, key)
                .is_some_and(|text| words.is_environment_name(text)),
            ExprKind::Choice { options, how } => facts
                .options(options, how)
                .iter()
                .any(|option| self.is_environment_name(file, *option, depth + 1)),
            ExprKind::Name { .. } => self.values(file, expr).iter().any(|value| match value.origin {
                Origin::Written(at, written) if (at, written) != (file, expr) => {
                    self.is_environment_name(at, written, depth + 1)
                }
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether a text, or one of several, names an environment; a variant or a constant may do so, too.
    fn is_environment(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        match facts[expr].kind {
            ExprKind::Text(text) => words.is_environment(facts.text(text)),
            ExprKind::Group(elements) => facts
                .list(elements)
                .iter()
                .any(|element| self.is_environment(file, *element)),
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                last_name(facts, expr).is_some_and(|name| words.is_environment(facts.text(name)))
                    || self
                        .texts(file, expr)
                        .iter()
                        .any(|text| words.is_environment(&text.text))
            }
            _ => false,
        }
    }
}
