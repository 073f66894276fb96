//! Paths and types as expressions.
//!
//! Type arguments are looked through by whoever asks: `Arc<T>` is `Arc[T]`, `Result<T, E>` is `Result[T, E]`, as an annotation in
//! Python would be. References, pointers, lifetimes, `dyn` and `impl` say nothing here and leave the type behind them.

use super::{DEEPEST, Walk};
use crate::facts::{Access, ExprId, ExprKind};
use crate::source::Span;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, ParenthesizedGenericArguments, Path, PathArguments, QSelf,
    ReturnType, Type, TypeParamBound,
};

/// Bounds that say nothing about what a value can do, or only what nearly all values can.
const MARKERS: [&str; 14] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sized",
    "Static",
    "Sync",
    "Unpin",
];

impl Walk<'_> {
    /// The type, or nothing where none is written (`_`) or it is made up of signs alone (`!`).
    pub(super) fn type_expr(&mut self, written: &Type) -> Option<ExprId> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let lowered = self.type_inner(written);
        self.depth -= 1;
        lowered
    }

    fn type_inner(&mut self, written: &Type) -> Option<ExprId> {
        match written {
            Type::Path(node) => self.path_with_arguments(node.qself.as_ref(), &node.path),
            Type::Reference(node) => self.type_expr(&node.elem),
            Type::Ptr(node) => self.type_expr(&node.elem),
            Type::Paren(node) => self.type_expr(&node.elem),
            Type::Group(node) => self.type_expr(&node.elem),
            Type::ImplTrait(node) => self.bounds(&node.bounds),
            Type::TraitObject(node) => self.bounds(&node.bounds),
            Type::Tuple(node) if node.elems.is_empty() => {
                let place = self.delimited(&node.paren_token.span);
                Some(self.builder.expr(ExprKind::Nothing, place))
            }
            Type::Tuple(node) => {
                let place = self.delimited(&node.paren_token.span);
                let elements: Vec<ExprId> = node.elems.iter().filter_map(|elem| self.type_expr(elem)).collect();
                Some(self.group(&elements, place))
            }
            Type::Slice(node) => {
                let place = self.delimited(&node.bracket_token.span);
                let element = self.type_expr(&node.elem)?;
                Some(self.group(&[element], place))
            }
            Type::Array(node) => {
                let place = self.delimited(&node.bracket_token.span);
                let element = self.type_expr(&node.elem)?;
                Some(self.group(&[element], place))
            }
            _ => None,
        }
    }

    fn group(&mut self, elements: &[ExprId], place: Span) -> ExprId {
        let elements = self.builder.list(elements);
        self.builder.expr(ExprKind::Group(elements), place)
    }

    /// The first bound that says what a value can do.
    pub(super) fn bounds<P>(&mut self, bounds: &Punctuated<TypeParamBound, P>) -> Option<ExprId> {
        let traits = || {
            bounds.iter().filter_map(|bound| match bound {
                TypeParamBound::Trait(bound) => Some(&bound.path),
                _ => None,
            })
        };
        let telling = |path: &&Path| {
            let last = path.segments.last();
            last.is_some_and(|last| !MARKERS.iter().any(|marker| last.ident == marker))
        };
        let path = traits().find(telling).or_else(|| traits().next())?;
        self.path_with_arguments(None, path)
    }

    /// A path as a type: its last segment's arguments become an index.
    pub(super) fn path_with_arguments(&mut self, qself: Option<&QSelf>, path: &Path) -> Option<ExprId> {
        let object = self.path(qself, path)?;
        let key = match &path.segments.last()?.arguments {
            PathArguments::None => None,
            PathArguments::AngleBracketed(arguments) => self.type_arguments(arguments),
            PathArguments::Parenthesized(arguments) => Some(self.signature(arguments)),
        };
        let Some(key) = key else { return Some(object) };
        let facts = self.builder.facts();
        let place = Span::new(facts[object].span.start, facts[key].span.end);
        let access = Access::Read;
        Some(self.builder.expr(ExprKind::Index { object, key, access }, place))
    }

    fn type_arguments(&mut self, arguments: &AngleBracketedGenericArguments) -> Option<ExprId> {
        let mut lowered = Vec::new();
        for argument in &arguments.args {
            match argument {
                GenericArgument::Type(inner) => lowered.extend(self.type_expr(inner)),
                GenericArgument::AssocType(inner) => lowered.extend(self.type_expr(&inner.ty)),
                GenericArgument::Const(inner) => lowered.push(self.value(inner)),
                _ => {}
            }
        }
        match lowered[..] {
            [] => None,
            [single] => Some(single),
            [first, .., last] => {
                let facts = self.builder.facts();
                let place = Span::new(facts[first].span.start, facts[last].span.end);
                Some(self.group(&lowered, place))
            }
        }
    }

    /// `Fn(A, B) -> C`: its key is `[A, B], C`, as in Python's `Callable`.
    fn signature(&mut self, written: &ParenthesizedGenericArguments) -> ExprId {
        let place = self.delimited(&written.paren_token.span);
        let inputs: Vec<ExprId> = written
            .inputs
            .iter()
            .filter_map(|input| self.type_expr(&input.ty))
            .collect();
        let inputs = self.group(&inputs, place);
        let output = match &written.output {
            ReturnType::Default => None,
            ReturnType::Type(_, output) => self.type_expr(output),
        };
        let output = output.unwrap_or_else(|| self.builder.expr(ExprKind::Nothing, place));
        let place = Span::new(place.start, self.builder.facts()[output].span.end);
        self.group(&[inputs, output], place)
    }

    /// A path as names alone, its type arguments left out: `a::b::c` is the member `c` of the member `b` of `a`.
    ///
    /// `<T as Trait>::name` is a member of `T`.
    pub(super) fn path(&mut self, qself: Option<&QSelf>, path: &Path) -> Option<ExprId> {
        let mut segments = path.segments.iter();
        let mut scope = self.scope;
        let mut object = qself.and_then(|qself| self.type_expr(&qself.ty));
        if let (Some(qself), Some(_)) = (qself, object) {
            for _ in 0..qself.position {
                segments.next();
            }
        } else if path.segments.len() > 1 && path.segments.first().is_some_and(|first| first.ident == "self") {
            // `self::name` is looked up in the module; a mere `self` would be the method's receiver.
            segments.next();
            scope = self.module;
        }
        for segment in segments {
            let (text, place) = self.places.ident(&segment.ident);
            let name = self.builder.name(text);
            object = Some(match object {
                None => self.builder.expr(ExprKind::Name { name, scope }, place),
                Some(object) => {
                    let place = Span::new(self.builder.facts()[object].span.start, place.end);
                    self.builder.expr(ExprKind::Member { object, name }, place)
                }
            });
        }
        object
    }

    /// From the opening to behind the closing bracket.
    pub(super) fn delimited(&self, span: &proc_macro2::extra::DelimSpan) -> Span {
        Span::new(self.places.start(span.open()), self.places.end(span.close()))
    }
}
