//! Whether a value switches a flag on or off, and what switches it the other way.

use super::{Flags, Interesting, default_of};
use crate::catalog::Role;
use crate::facts::{
    BindingKind, CallId, Comparison, ExprId, ExprKind, FileFacts, How, Language, Name, Scalar, ScopeId, Setting,
};
use crate::program::Origin;
use crate::source::Span;

impl Flags<'_> {
    /// What a read comes to where nothing is set: `env::var("SKIP_AUTH").unwrap_or("true")`.
    pub(super) fn default_behind(&self, read: ExprId) -> Option<ExprId> {
        let facts = &self.data.facts;
        let place = facts[read].span;
        // What a closure makes of the value: `.map_or(true, |value| value == "true")`.
        let is_bound = |name: Name, scope: ScopeId, place: Span| {
            let before = facts.bindings_of(scope, name).iter();
            let before = before.filter(|binding| binding.span.start <= place.start);
            let nearest = before.max_by_key(|binding| binding.span.start);
            nearest.is_some_and(|binding| matches!(binding.kind, BindingKind::Value(value) if value == read))
        };
        let is_made_of_it = |made: Span| {
            facts.exprs_within(made).any(
                |(_, expr)| matches!(expr.kind, ExprKind::Name { name, scope } if is_bound(name, scope, expr.span)),
            )
        };
        facts.exprs.iter().find_map(|expr| match expr.kind {
            // `match env::var("REQUIRE_AUTH") { Ok(value) => value == "true", Err(_) => false }`
            ExprKind::Choice {
                options,
                how: How::ByCondition,
            } if self.data.language == Language::Rust => match facts.list(options) {
                [first, second, asked] if *asked == read => {
                    match (is_made_of_it(facts[*first].span), is_made_of_it(facts[*second].span)) {
                        (true, false) => Some(*second),
                        (false, true) => Some(*first),
                        _ => None,
                    }
                }
                _ => None,
            },
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => match facts.list(options) {
                [first, .., last]
                    if facts[*last].kind != ExprKind::Nothing
                        && !facts[*last].span.contains(place)
                        && (facts[*first].span.contains(place) || is_made_of_it(facts[*first].span)) =>
                {
                    Some(*last)
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether a value switches a flag on or off, if it is known.
    pub(super) fn truth(&self, value: ExprId, depth: u32) -> Option<bool> {
        let facts = &self.data.facts;
        if depth > 6 {
            return None;
        }
        match facts[value].kind {
            ExprKind::Truth(truth) => Some(truth),
            ExprKind::Text(text) => self.words().truth(facts.text(text)),
            // Rust has no truth of numbers: a constant that is 1 is a code of some protocol.
            ExprKind::Number(_) if self.data.language == Language::Rust => None,
            ExprKind::Number(number) => self.words().truth(facts.text(number)),
            ExprKind::Not(inner) => self.truth(inner, depth + 1).map(|truth| !truth),
            ExprKind::Compare { operator, left, right } => {
                let (left, right) = (self.text_of(left)?.to_lowercase(), self.text_of(right));
                let equal = match (right, facts[right_of(facts, value)?].kind) {
                    (Some(right), _) => left == right.to_lowercase(),
                    (None, ExprKind::Group(options)) => facts.list(options).iter().any(|option| {
                        matches!(facts[*option].kind, ExprKind::Text(text) if facts.text(text).to_lowercase() == left)
                    }),
                    _ => return None,
                };
                match operator {
                    Comparison::Equal | Comparison::In => Some(equal),
                    Comparison::NotEqual | Comparison::NotIn => Some(!equal),
                    Comparison::Order => None,
                }
            }
            ExprKind::Call(call) => {
                if let Some(default) = self.default_of_call(call) {
                    return self.truth(default, depth + 1);
                }
                match facts.arguments(&facts[call]) {
                    [argument] if argument.keyword.is_none() => self.truth(argument.value, depth + 1),
                    [] => match facts[facts[call].callee].kind {
                        ExprKind::Member { object, .. } => self.truth(object, depth + 1),
                        _ => None,
                    },
                    _ => None,
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                let values = self.program.values(self.file, value);
                match values[..] {
                    [only] => match only.origin {
                        Origin::Written(file, expr) if file == self.file && expr != value => {
                            self.truth(expr, depth + 1)
                        }
                        Origin::Written(file, expr) => match self.program[file].facts[expr].kind {
                            ExprKind::Truth(truth) => Some(truth),
                            _ => None,
                        },
                        _ => None,
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The default of a setting's read or of a field's declaration.
    pub(super) fn default_of_call(&self, call: CallId) -> Option<ExprId> {
        let facts = &self.data.facts;
        let site = self
            .program
            .sites_in(self.file)
            .iter()
            .find(|site| site.call == Some(call));
        if let Some(site) = site
            && let Some(default) = self.program.argument(site, "default")
        {
            return Some(default);
        }
        let named = facts
            .arguments(&facts[call])
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == "default"));
        named.map(|argument| argument.value)
    }

    /// The text a value is, its default if it is read, string methods looked through.
    pub(super) fn text_of(&self, value: ExprId) -> Option<String> {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Text(text) => Some(facts.text(text).to_owned()),
            ExprKind::Call(call) => match self.default_of_call(call) {
                Some(default) => self.text_of(default),
                None => match facts[facts[call].callee].kind {
                    ExprKind::Member { object, .. } => self.text_of(object),
                    _ => None,
                },
            },
            ExprKind::Name { .. } => self
                .program
                .texts(self.file, value)
                .into_iter()
                .next()
                .map(|text| text.text),
            _ => None,
        }
    }

    /// Whether a value comes from a setting that is itself a flag: then the place to report is its default, there.
    pub(super) fn reads_flag(&self, value: ExprId, interesting: &Interesting) -> bool {
        let facts = &self.data.facts;
        let span = facts[value].span;
        self.program.sites_in(self.file).iter().any(|site| {
            span.contains(facts[site.expr].span)
                && self
                    .program
                    .entry(site)
                    .is_some_and(|entry| matches!(entry.role, Some(Role::ReadsSetting | Role::DeclaresOption)))
                && self.program.argument(site, "name").is_some_and(
                    |name| matches!(facts[name].kind, ExprKind::Text(text) if interesting.contains_key(&text)),
                )
        })
    }

    pub(super) fn switched_literal(&self, value: ExprId) -> Option<(Span, String)> {
        let facts = &self.data.facts;
        let span = facts[value].span;
        match facts[value].kind {
            ExprKind::Truth(truth) if self.data.language == Language::Rust => Some((span, (!truth).to_string())),
            ExprKind::Truth(truth) => Some((span, if truth { "False" } else { "True" }.to_owned())),
            ExprKind::Text(text) | ExprKind::Number(text) => self.switched_text(span, facts.text(text)),
            _ => None,
        }
    }

    pub(super) fn switched_setting(&self, setting: &Setting) -> Option<(Span, String)> {
        match setting.value {
            Scalar::Text(text) | Scalar::Number(text) | Scalar::Truth(_, text) if setting.is_verbatim => {
                self.switched_text(setting.value_span, self.data.facts.text(text))
            }
            _ => None,
        }
    }

    /// The part of a text that switches, where it stands in the file just as it reads: by itself or between two quotes.
    pub(super) fn switched_text(&self, span: Span, text: &str) -> Option<(Span, String)> {
        let quote = match length(span).checked_sub(text.len())? {
            0 => 0,
            2 => 1,
            _ => return None,
        };
        let default = default_of(text);
        // The default of an interpolation stands before its closing brace.
        let behind = usize::from(default.len() < text.len()) + quote;
        let end = span.end - u32::try_from(behind).ok()?;
        let start = end.checked_sub(u32::try_from(default.len()).ok()?)?;
        Some((Span::new(start, end), self.words().opposite(default)?))
    }
}

fn length(span: Span) -> usize {
    (span.end - span.start) as usize
}

fn right_of(facts: &FileFacts, compare: ExprId) -> Option<ExprId> {
    match facts[compare].kind {
        ExprKind::Compare { right, .. } => Some(right),
        _ => None,
    }
}
