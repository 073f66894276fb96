//! Attributes: what marks test code, and everything else as decorators.

use super::Walk;
use crate::facts::{ExprId, ExprKind, Name, Range};
use crate::source::Span;
use proc_macro2::{TokenStream, TokenTree};
use syn::{AttrStyle, Attribute, Meta};

/// What the attributes of an item say.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) decorators: Range,
    /// Whether the item exists in test builds alone.
    pub(super) is_test: bool,
    /// The file that holds a module: `#[path = "other.rs"]`.
    pub(super) file: Option<Name>,
    /// Where the first attribute that is no documentation stands.
    pub(super) start: Option<u32>,
}

impl Walk<'_> {
    /// `#[name]` is a name, `#[name(a, b = c)]` and `#[name = a]` are calls.
    pub(super) fn attributes(&mut self, attributes: &[Attribute]) -> Marks {
        let mut marks = Marks::default();
        let mut decorators: Vec<ExprId> = Vec::new();
        for attribute in attributes {
            let path = attribute.path();
            let Some(last) = path.segments.last() else { continue };
            let (name, _) = self.places.ident(&last.ident);
            if name == "doc" || path.is_ident("doc") {
                continue;
            }
            if matches!(attribute.style, AttrStyle::Outer) && marks.start.is_none() {
                marks.start = Some(self.places.start(attribute.pound_token.spans[0]));
            }
            marks.is_test |= is_test(attribute, name);
            if is_silent(
                path.segments
                    .first()
                    .map_or("", |first| self.places.ident(&first.ident).0),
            ) {
                continue;
            }
            let Some(callee) = self.path(None, path) else { continue };
            let decorator = match &attribute.meta {
                Meta::Path(_) => callee,
                Meta::List(list) => {
                    let arguments = self.token_arguments(&list.tokens);
                    let start = self.builder.facts()[callee].span.start;
                    let end = self.places.end(list.delimiter.span().close());
                    let place = Span::new(start, end);
                    self.builder.call(callee, &arguments, self.scope, self.block, place)
                }
                Meta::NameValue(pair) => {
                    let value = self.value(&pair.value);
                    let facts = self.builder.facts();
                    if let (true, ExprKind::Text(file)) = (name == "path", facts[value].kind) {
                        marks.file = Some(file);
                    }
                    let place = Span::new(facts[callee].span.start, facts[value].span.end);
                    let arguments = [self.argument(value)];
                    self.builder.call(callee, &arguments, self.scope, self.block, place)
                }
            };
            decorators.push(decorator);
        }
        marks.decorators = self.builder.list(&decorators);
        marks
    }

    /// Whether the attributes say that what they stand on exists in test builds alone.
    pub(super) fn is_test_only(&self, attributes: &[Attribute]) -> bool {
        attributes.iter().any(|attribute| {
            let last = attribute.path().segments.last();
            last.is_some_and(|last| is_test(attribute, self.places.ident(&last.ident).0))
        })
    }
}

/// Attributes of the compiler that say nothing about what the code does.
fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "allow"
            | "automatically_derived"
            | "clippy"
            | "cold"
            | "deny"
            | "deprecated"
            | "expect"
            | "feature"
            | "forbid"
            | "inline"
            | "must_use"
            | "no_mangle"
            | "non_exhaustive"
            | "repr"
            | "rustfmt"
            | "stable"
            | "target_feature"
            | "track_caller"
            | "unstable"
            | "warn"
    )
}

/// `#[test]` and its kin (`#[tokio::test]`, `#[rstest]`, `#[test_case(…)]`, `#[bench]`), `#[cfg(test)]`.
fn is_test(attribute: &Attribute, name: &str) -> bool {
    match (name, &attribute.meta) {
        ("cfg", Meta::List(list)) => asks_for_test(&list.tokens),
        ("bench" | "rstest", _) => true,
        _ => name.split('_').next() == Some("test") || name.rsplit('_').next() == Some("test"),
    }
}

/// Whether a `cfg` predicate holds in test builds alone: `test`, `all(test, …)`, `any(test, …)` of nothing else.
fn asks_for_test(predicates: &TokenStream) -> bool {
    let mut tokens = predicates.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(ident)), None) => ident == "test",
        (Some(TokenTree::Ident(ident)), Some(TokenTree::Group(group))) if tokens.next().is_none() => {
            let predicates = split(group.stream());
            match ident.to_string().as_str() {
                "all" => predicates.iter().any(asks_for_test),
                "any" => !predicates.is_empty() && predicates.iter().all(asks_for_test),
                _ => false,
            }
        }
        _ => false,
    }
}

/// What stands between the commas.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == ',' => parts.push(part.drain(..).collect()),
            token => part.push(token),
        }
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}
