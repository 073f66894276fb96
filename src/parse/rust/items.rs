//! Items: modules, functions, types and what belongs to them.

use super::attributes::Marks;
use super::statements::{Outflow, Want};
use super::{DEEPEST, Walk};
use crate::facts::{
    BindingKind, Block, BlockId, BlockKind, Class, ClassId, Exit, ExprId, ExprKind, Function, FunctionId, MODULE_SCOPE,
    Module, Name, Parameter, ParameterKind, Payload, Range, ScopeKind,
};
use crate::source::Span;
use syn::{
    Attribute, Expr, Fields, FnArg, ForeignItem, GenericParam, Generics, ImplItem, Item, ItemEnum, ItemImpl, ItemMod,
    ItemTrait, Pat, PredicateType, ReceiverKind, ReturnType, Signature, TraitItem, Type, Visibility, WherePredicate,
};

/// What is known of a function before its signature and body are walked.
pub(super) struct FunctionParts {
    pub(super) name: Option<Name>,
    pub(super) span: Span,
    pub(super) extent: Span,
    pub(super) is_async: bool,
    pub(super) is_test: bool,
    pub(super) decorators: Range,
    /// The place of the body's statements.
    pub(super) body: Span,
}

/// A type, or a block of members, before its body is walked.
struct ClassParts {
    name: Name,
    span: Span,
    extent: Span,
    extends: Option<ExprId>,
    bases: Vec<ExprId>,
    decorators: Range,
    body: Span,
}

/// A function as an item, a method or a foreign declaration.
struct FunctionItem<'s> {
    attributes: &'s [Attribute],
    visibility: Option<&'s Visibility>,
    signature: &'s Signature,
    body: Option<&'s syn::Block>,
}

/// A named value: a constant, static, field, variant or associated type.
struct Named<'s> {
    attributes: &'s [Attribute],
    ident: &'s syn::Ident,
    annotation: Option<&'s Type>,
    value: Option<&'s Expr>,
    end: u32,
}

impl Walk<'_> {
    pub(super) fn file(&mut self, file: &syn::File) {
        if self.is_test_only(&file.attrs) {
            let end = u32::try_from(self.places.text.len()).unwrap_or(u32::MAX);
            self.testing = true;
            self.builder.test_code(Span::new(0, end));
        }
        for item in &file.items {
            self.item(item);
        }
    }

    pub(super) fn item(&mut self, item: &Item) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        match item {
            Item::Use(node) => self.marked(&node.attrs, node.use_token.span, node.semi_token.spans[0], |walk| {
                walk.use_item(node);
            }),
            Item::ExternCrate(node) => self.extern_crate(node),
            Item::Fn(node) => self.function_item(&FunctionItem {
                attributes: &node.attrs,
                visibility: Some(&node.vis),
                signature: &node.sig,
                body: Some(&node.block),
            }),
            Item::Struct(node) => {
                let end = match (&node.fields, &node.semi_token) {
                    (_, Some(semi)) => self.places.end(semi.spans[0]),
                    (Fields::Named(fields), None) => self.delimited(&fields.brace_token.span).end,
                    _ => self.places.end(node.ident.span()),
                };
                let start = node.struct_token.span;
                self.data_item(
                    &node.attrs,
                    &node.vis,
                    start,
                    &node.ident,
                    &node.generics,
                    end,
                    |walk| {
                        walk.fields(&node.fields);
                    },
                );
            }
            Item::Union(node) => {
                let end = self.delimited(&node.fields.brace_token.span).end;
                let start = node.union_token.span;
                self.data_item(
                    &node.attrs,
                    &node.vis,
                    start,
                    &node.ident,
                    &node.generics,
                    end,
                    |walk| {
                        walk.named_fields(node.fields.named.iter());
                    },
                );
            }
            Item::Enum(node) => {
                let end = self.delimited(&node.brace_token.span).end;
                let start = node.enum_token.span;
                self.data_item(
                    &node.attrs,
                    &node.vis,
                    start,
                    &node.ident,
                    &node.generics,
                    end,
                    |walk| {
                        walk.variants(node);
                    },
                );
            }
            Item::Trait(node) => self.trait_item(node),
            Item::Impl(node) => self.impl_item(node),
            Item::Mod(node) => self.mod_item(node),
            Item::Const(node) => self.named_value(&Named {
                attributes: &node.attrs,
                ident: &node.ident,
                annotation: Some(&node.ty),
                value: Some(&node.expr),
                end: self.places.end(node.semi_token.spans[0]),
            }),
            Item::Static(node) => self.named_value(&Named {
                attributes: &node.attrs,
                ident: &node.ident,
                annotation: Some(&node.ty),
                value: Some(&node.expr),
                end: self.places.end(node.semi_token.spans[0]),
            }),
            Item::Type(node) => {
                let value = self.type_expr(&node.ty);
                self.bind_type(&node.ident, value);
            }
            Item::TraitAlias(node) => {
                let value = self.bounds(&node.bounds);
                self.bind_type(&node.ident, value);
            }
            Item::ForeignMod(node) => {
                for item in &node.items {
                    if let ForeignItem::Fn(node) = item {
                        self.function_item(&FunctionItem {
                            attributes: &node.attrs,
                            visibility: Some(&node.vis),
                            signature: &node.sig,
                            body: None,
                        });
                    }
                }
            }
            Item::Macro(node) => {
                let start = self.path_start(&node.mac.path);
                let end = self.places.end(node.mac.delimiter.span().close());
                self.unit(start, end);
                // A macro's own definition is not code until it is used.
                if node.ident.is_none() {
                    self.macro_item(&node.mac);
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    /// Walks an item that may be marked as test code and has no other use for its attributes.
    fn marked(
        &mut self,
        attributes: &[Attribute],
        start: proc_macro2::Span,
        end: proc_macro2::Span,
        walk_item: impl FnOnce(&mut Self),
    ) {
        if self.units.is_some() || self.is_test_only(attributes) {
            let extent = Span::new(self.places.start(start), self.places.end(end));
            self.unit(extent.start, extent.end);
            if self.is_test_only(attributes) {
                return self.as_test(extent, walk_item);
            }
        }
        walk_item(self);
    }

    /// Walks code that exists in test builds alone.
    fn as_test(&mut self, extent: Span, walk_item: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.testing, true);
        if !outside {
            self.builder.test_code(extent);
        }
        walk_item(self);
        self.testing = outside;
    }

    fn marked_as(&mut self, marks: &Marks, extent: Span, walk_item: impl FnOnce(&mut Self)) {
        if marks.is_test {
            self.as_test(extent, walk_item);
        } else {
            walk_item(self);
        }
    }

    // Functions

    fn function_item(&mut self, item: &FunctionItem<'_>) {
        let marks = self.attributes(item.attributes);
        let signature = item.signature;
        let (text, place) = self.places.ident(&signature.ident);
        let start = marks.start.unwrap_or_else(|| self.function_start(item, place.start));
        let body = match item.body {
            Some(body) => self.brace_span(body),
            None => {
                let end = self.places.end(signature.paren_token.span.close());
                Span::new(end, end)
            }
        };
        let extent = Span::new(start, body.end);
        self.unit(extent.start, body.start);
        self.marked_as(&marks, extent, |walk| {
            let name = walk.builder.name(text);
            let function = walk.open_function(FunctionParts {
                name: Some(name),
                span: place,
                extent,
                is_async: signature.asyncness.is_some(),
                is_test: marks.is_test,
                decorators: marks.decorators,
                body,
            });
            let kind = BindingKind::Function(function);
            walk.builder.bind(walk.scope, name, kind, place, walk.block);
            let is_main = text == "main" && walk.scope == MODULE_SCOPE;
            walk.enter_function(function, |walk| {
                let want = walk.signature_of(function, signature);
                let Some(body) = item.body else {
                    return (None, Exit::FallsThrough);
                };
                if is_main {
                    let main = walk.open(BlockKind::Main, extent);
                    return walk.within(main, |walk| walk.statements(&body.stmts, want));
                }
                walk.statements(&body.stmts, want)
            });
        });
    }

    fn function_start(&self, item: &FunctionItem<'_>, name: u32) -> u32 {
        let signature = item.signature;
        let tokens = [
            signature.constness.as_ref().map(|token| token.span),
            signature.asyncness.as_ref().map(|token| token.span),
            Some(signature.fn_token.span),
        ];
        let first = item.visibility.and_then(visibility_start);
        first
            .into_iter()
            .chain(tokens.into_iter().flatten())
            .map(|span| self.places.start(span))
            .min()
            .unwrap_or(name)
    }

    /// Announces a function; its signature and body are walked by [`Walk::enter_function`].
    pub(super) fn open_function(&mut self, parts: FunctionParts) -> FunctionId {
        let scope = self.builder.scope(ScopeKind::Module, Some(self.scope));
        let body = self.builder.block(Block {
            scope,
            parent: Some(self.block),
            kind: BlockKind::Body,
            exit: Exit::FallsThrough,
            span: parts.body,
        });
        let function = self.builder.function(Function {
            name: parts.name,
            span: parts.span,
            extent: parts.extent,
            parent: self.scope,
            scope,
            class: self.class,
            parameters: Range::default(),
            decorators: parts.decorators,
            returns: None,
            body,
            block: self.block,
            is_async: parts.is_async,
            is_generator: false,
            is_test: parts.is_test || self.testing,
        });
        self.builder.set_scope_kind(scope, ScopeKind::Function(function));
        function
    }

    pub(super) fn enter_function(&mut self, function: FunctionId, walk_body: impl FnOnce(&mut Self) -> Outflow) {
        let Function { scope, body, .. } = self.builder.facts()[function];
        let outside = (
            self.scope,
            self.function.replace(function),
            self.class.take(),
            std::mem::take(&mut self.frames),
        );
        self.scope = scope;
        self.within(body, walk_body);
        (self.scope, self.function, self.class, self.frames) = outside;
    }

    /// Walks a signature; says what becomes of the value of the body.
    fn signature_of(&mut self, function: FunctionId, signature: &Signature) -> Want {
        self.generics(&signature.generics);
        let mut parameters = Vec::with_capacity(signature.inputs.len());
        for (index, input) in signature.inputs.iter().enumerate() {
            parameters.push(match input {
                FnArg::Receiver(receiver) => {
                    let annotation = match &receiver.kind {
                        ReceiverKind::Typed(_, written) => self.type_expr(written),
                        _ => None,
                    };
                    let name = self.builder.name("self");
                    let span = self.places.span(receiver.self_token.span);
                    let kind = BindingKind::Parameter(0);
                    self.builder
                        .bind_annotated(self.scope, name, kind, annotation, span, self.block);
                    Parameter {
                        name,
                        kind: ParameterKind::Positional,
                        default: None,
                        annotation,
                        span,
                    }
                }
                FnArg::Typed(typed) => self.parameter(&typed.pat, Some(&typed.ty), index, None),
            });
        }
        self.set_parameters(function, &parameters);
        match &signature.output {
            ReturnType::Default => Want::Nothing,
            ReturnType::Type(_, returns) => {
                let returns = self.type_expr(returns);
                self.builder.function_mut(function).returns = returns;
                let is_unit = returns.is_some_and(|returns| self.builder.facts()[returns].kind == ExprKind::Nothing);
                if is_unit { Want::Nothing } else { Want::Return }
            }
        }
    }

    pub(super) fn set_parameters(&mut self, function: FunctionId, parameters: &[Parameter]) {
        let range = self.builder.parameters(parameters);
        self.builder.function_mut(function).parameters = range;
    }

    /// A parameter and what its pattern binds: as `given` if it is known what the function is called with.
    pub(super) fn parameter(
        &mut self,
        pattern: &Pat,
        written: Option<&Type>,
        index: usize,
        given: Option<BindingKind>,
    ) -> Parameter {
        let (pattern, written) = match pattern {
            Pat::Type(node) => (&*node.pat, Some(&*node.ty)),
            pattern => (pattern, written),
        };
        let annotation = written.and_then(|written| self.type_expr(written));
        let index = BindingKind::Parameter(u32::try_from(index).unwrap_or(u32::MAX));
        let (text, span) = match self.only_name(pattern) {
            Some(ident) => self.places.ident(ident),
            None => (
                "_",
                annotation.map_or(Span::default(), |id| self.builder.facts()[id].span),
            ),
        };
        self.bind_pattern(pattern, given.unwrap_or(index), annotation);
        Parameter {
            name: self.builder.name(text),
            kind: ParameterKind::Positional,
            default: None,
            annotation,
            span,
        }
    }

    /// Type parameters are names without a known value; their bounds say what they are.
    fn generics(&mut self, generics: &Generics) {
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let bounded: Vec<(&syn::Ident, &PredicateType)> = predicates
            .filter_map(|predicate| match predicate {
                WherePredicate::Type(predicate) => match &predicate.bounded_ty {
                    Type::Path(bounded) => Some((bounded.path.get_ident()?, predicate)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        for parameter in &generics.params {
            if let GenericParam::Type(parameter) = parameter {
                // Bound where it is declared: the parameters that have its type stand before the `where`.
                let below = bounded.iter().find(|(ident, _)| **ident == parameter.ident);
                let bound = match self.bounds(&parameter.bounds) {
                    Some(bound) => Some(bound),
                    None => below.and_then(|(_, predicate)| self.bounds(&predicate.bounds)),
                };
                self.bind_parameter_type(&parameter.ident, bound);
            }
        }
        for (ident, predicate) in bounded {
            let is_declared_here = generics.type_params().any(|parameter| parameter.ident == *ident);
            if !is_declared_here && let Some(bound) = self.bounds(&predicate.bounds) {
                self.bind_parameter_type(ident, Some(bound));
            }
        }
    }

    fn bind_parameter_type(&mut self, ident: &syn::Ident, bound: Option<ExprId>) {
        let (text, place) = self.places.ident(ident);
        let name = self.builder.name(text);
        self.builder
            .bind_annotated(self.scope, name, BindingKind::Unknown, bound, place, self.block);
    }

    // Types

    #[expect(clippy::too_many_arguments, reason = "what structs, unions and enums have in common")]
    fn data_item(
        &mut self,
        attributes: &[Attribute],
        visibility: &Visibility,
        keyword: proc_macro2::Span,
        ident: &syn::Ident,
        generics: &Generics,
        end: u32,
        walk_body: impl FnOnce(&mut Self),
    ) {
        let marks = self.attributes(attributes);
        let (text, span) = self.places.ident(ident);
        let keyword = visibility_start(visibility).unwrap_or(keyword);
        let start = marks.start.unwrap_or_else(|| self.places.start(keyword));
        let extent = Span::new(start, end);
        self.unit(start, span.end);
        self.marked_as(&marks, extent, |walk| {
            let name = walk.builder.name(text);
            let parts = ClassParts {
                name,
                span,
                extent,
                extends: None,
                bases: Vec::new(),
                decorators: marks.decorators,
                body: Span::new(span.end, end),
            };
            walk.class(parts, |walk| {
                walk.generics(generics);
                walk_body(walk);
            });
        });
    }

    /// A class, its name bound if it is a definition of its own, and its body walked.
    fn class(&mut self, parts: ClassParts, walk_body: impl FnOnce(&mut Self)) -> ClassId {
        let scope = self.builder.scope(ScopeKind::Module, Some(self.scope));
        let body = self.builder.block(Block {
            scope,
            parent: Some(self.block),
            kind: BlockKind::Body,
            exit: Exit::FallsThrough,
            span: parts.body,
        });
        let bases = self.builder.list(&parts.bases);
        let class = self.builder.class(Class {
            name: parts.name,
            span: parts.span,
            extends: parts.extends,
            extent: parts.extent,
            parent: self.scope,
            scope,
            bases,
            decorators: parts.decorators,
            body,
            block: self.block,
        });
        self.builder.set_scope_kind(scope, ScopeKind::Class(class));
        if parts.extends.is_none() {
            let kind = BindingKind::Class(class);
            self.builder.bind(self.scope, parts.name, kind, parts.span, self.block);
        }
        let outside = (self.scope, self.block, self.class.replace(class));
        (self.scope, self.block) = (scope, body);
        walk_body(self);
        (self.scope, self.block, self.class) = outside;
        class
    }

    fn fields(&mut self, fields: &Fields) {
        match fields {
            Fields::Named(fields) => self.named_fields(fields.named.iter()),
            Fields::Unnamed(fields) => {
                for (index, field) in fields.unnamed.iter().enumerate() {
                    let marks = self.attributes(&field.attrs);
                    let annotation = self.type_expr(&field.ty);
                    let name = self.builder.name(&index.to_string());
                    let span = annotation.map_or(Span::default(), |id| self.builder.facts()[id].span);
                    let kind = BindingKind::Declared;
                    let decorators = marks.decorators;
                    self.builder
                        .bind_decorated(self.scope, name, kind, annotation, decorators, span, self.block);
                }
            }
            Fields::Unit => {}
        }
    }

    fn named_fields<'f>(&mut self, fields: impl Iterator<Item = &'f syn::Field>) {
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            let end = self.places.end(ident.span());
            self.named_value(&Named {
                attributes: &field.attrs,
                ident,
                annotation: Some(&field.ty),
                value: field.default.as_ref().map(|(_, value)| value),
                end,
            });
        }
    }

    fn variants(&mut self, node: &ItemEnum) {
        for variant in &node.variants {
            let end = self.places.end(variant.ident.span());
            self.named_value(&Named {
                attributes: &variant.attrs,
                ident: &variant.ident,
                annotation: None,
                value: variant.discriminant.as_ref().map(|(_, value)| value),
                end,
            });
            // What a variant holds by name belongs to the whole type: whoever has one of it may have these.
            match &variant.fields {
                Fields::Named(fields) => self.named_fields(fields.named.iter()),
                Fields::Unnamed(fields) => self.payloads(&variant.ident, fields.unnamed.iter()),
                Fields::Unit => {}
            }
        }
    }

    fn payloads<'f>(&mut self, variant: &syn::Ident, fields: impl Iterator<Item = &'f syn::Field>) {
        let Some(class) = self.class else { return };
        let (text, _) = self.places.ident(variant);
        let variant = self.builder.name(text);
        for (position, field) in (0..).zip(fields) {
            if let Some(written) = self.type_expr(&field.ty) {
                self.builder.payload(Payload {
                    class,
                    variant,
                    position,
                    written,
                });
            }
        }
    }

    fn named_value(&mut self, named: &Named<'_>) {
        let marks = self.attributes(named.attributes);
        let (text, span) = self.places.ident(named.ident);
        let extent = Span::new(marks.start.unwrap_or(span.start), named.end);
        self.unit(extent.start, extent.end);
        self.marked_as(&marks, extent, |walk| {
            let annotation = named.annotation.and_then(|written| walk.type_expr(written));
            let kind = match named.value {
                Some(value) => BindingKind::Value(walk.value(value)),
                None => BindingKind::Declared,
            };
            if text == "_" {
                return;
            }
            let name = walk.builder.name(text);
            let decorators = marks.decorators;
            walk.builder
                .bind_decorated(walk.scope, name, kind, annotation, decorators, span, walk.block);
        });
    }

    /// `type Name = T`.
    fn bind_type(&mut self, ident: &syn::Ident, value: Option<ExprId>) {
        let (text, place) = self.places.ident(ident);
        let name = self.builder.name(text);
        let kind = value.map_or(BindingKind::Declared, BindingKind::Value);
        self.builder.bind(self.scope, name, kind, place, self.block);
    }

    fn trait_item(&mut self, node: &ItemTrait) {
        let marks = self.attributes(&node.attrs);
        let (text, span) = self.places.ident(&node.ident);
        let keyword = visibility_start(&node.vis).unwrap_or(node.trait_token.span);
        let start = marks.start.unwrap_or_else(|| self.places.start(keyword));
        let body = self.delimited(&node.brace_token.span);
        let extent = Span::new(start, body.end);
        self.unit(start, body.start);
        self.marked_as(&marks, extent, |walk| {
            let mut bases = Vec::new();
            for bound in &node.supertraits {
                if let syn::TypeParamBound::Trait(bound) = bound {
                    bases.extend(walk.path_with_arguments(None, &bound.path));
                }
            }
            let parts = ClassParts {
                name: walk.builder.name(text),
                span,
                extent,
                extends: None,
                bases,
                decorators: marks.decorators,
                body,
            };
            walk.class(parts, |walk| {
                walk.generics(&node.generics);
                for item in &node.items {
                    walk.trait_member(item);
                }
            });
        });
    }

    fn trait_member(&mut self, item: &TraitItem) {
        match item {
            TraitItem::Fn(node) => self.function_item(&FunctionItem {
                attributes: &node.attrs,
                visibility: None,
                signature: &node.sig,
                body: node.default.as_ref(),
            }),
            TraitItem::Const(node) => self.named_value(&Named {
                attributes: &node.attrs,
                ident: &node.ident,
                annotation: Some(&node.ty),
                value: node.default.as_ref().map(|(_, value)| value),
                end: self.places.end(node.semi_token.spans[0]),
            }),
            TraitItem::Type(node) => {
                let value = match &node.default {
                    Some((_, value)) => self.type_expr(value),
                    None => self.bounds(&node.bounds),
                };
                self.bind_type(&node.ident, value);
            }
            TraitItem::Macro(node) => self.macro_item(&node.mac),
            _ => {}
        }
    }

    fn impl_item(&mut self, node: &ItemImpl) {
        let marks = self.attributes(&node.attrs);
        let start = marks.start.unwrap_or_else(|| self.places.start(node.impl_token.span));
        let body = self.delimited(&node.brace_token.span);
        let extent = Span::new(start, body.end);
        self.unit(start, body.start);
        self.marked_as(&marks, extent, |walk| {
            let extends = match walk.type_expr(&node.self_ty) {
                Some(extends) => extends,
                None => walk.builder.expr(ExprKind::Opaque, Span::new(start, start)),
            };
            let bases = node
                .trait_
                .as_ref()
                .and_then(|(path, _)| walk.path_with_arguments(None, path));
            let (name, span) = walk.last_name(extends);
            let parts = ClassParts {
                name,
                span,
                extent,
                extends: Some(extends),
                bases: bases.into_iter().collect(),
                decorators: marks.decorators,
                body,
            };
            walk.class(parts, |walk| {
                walk.generics(&node.generics);
                for item in &node.items {
                    walk.impl_member(item);
                }
            });
        });
    }

    fn impl_member(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Fn(node) => self.function_item(&FunctionItem {
                attributes: &node.attrs,
                visibility: Some(&node.vis),
                signature: &node.sig,
                body: Some(&node.block),
            }),
            ImplItem::Const(node) => self.named_value(&Named {
                attributes: &node.attrs,
                ident: &node.ident,
                annotation: Some(&node.ty),
                value: Some(&node.expr),
                end: self.places.end(node.semi_token.spans[0]),
            }),
            ImplItem::Type(node) => {
                let value = self.type_expr(&node.ty);
                self.bind_type(&node.ident, value);
            }
            ImplItem::Macro(node) => self.macro_item(&node.mac),
            _ => {}
        }
    }

    /// The last name of a type's path, and its token.
    fn last_name(&mut self, written: ExprId) -> (Name, Span) {
        let mut at = written;
        loop {
            let expr = self.builder.facts()[at];
            match expr.kind {
                ExprKind::Index { object, .. } => at = object,
                ExprKind::Name { name, .. } => return (name, expr.span),
                ExprKind::Member { name, .. } => {
                    let length = self.builder.text(name).len();
                    return (name, expr.span.tail(length));
                }
                _ => return (self.builder.name(""), expr.span),
            }
        }
    }

    // Modules

    fn mod_item(&mut self, node: &ItemMod) {
        let marks = self.attributes(&node.attrs);
        let (text, span) = self.places.ident(&node.ident);
        let keyword = visibility_start(&node.vis).unwrap_or(node.mod_token.span);
        let start = marks.start.unwrap_or_else(|| self.places.start(keyword));
        let body = match (&node.content, &node.semi) {
            (Some((brace, _)), _) => self.delimited(&brace.span),
            (None, Some(semi)) => self.places.span(semi.spans[0]),
            (None, None) => span,
        };
        let extent = Span::new(start, body.end);
        self.unit(start, body.start);
        self.marked_as(&marks, extent, |walk| {
            let name = walk.builder.name(text);
            let module = walk.builder.module(Module {
                name,
                span,
                extent,
                parent: walk.scope,
                scope: None,
                file: marks.file,
                decorators: marks.decorators,
                exported: !matches!(node.vis, Visibility::Inherited),
                block: walk.block,
            });
            let kind = BindingKind::Module(module);
            walk.builder.bind(walk.scope, name, kind, span, walk.block);
            let Some((_, items)) = &node.content else { return };
            let scope = walk.builder.scope(ScopeKind::Inline(module), Some(walk.scope));
            walk.builder.set_module_scope(module, scope);
            let block: BlockId = walk.builder.block(Block {
                scope,
                parent: Some(walk.block),
                kind: BlockKind::Body,
                exit: Exit::FallsThrough,
                span: body,
            });
            let outside = (
                walk.scope,
                walk.block,
                walk.module,
                walk.class.take(),
                walk.function.take(),
            );
            (walk.scope, walk.block, walk.module) = (scope, block, scope);
            for item in items {
                walk.item(item);
            }
            (walk.scope, walk.block, walk.module, walk.class, walk.function) = outside;
        });
    }
}

pub(super) fn visibility_start(visibility: &Visibility) -> Option<proc_macro2::Span> {
    match visibility {
        Visibility::Public(token) => Some(token.span),
        Visibility::Restricted(node) => Some(node.pub_token.span),
        Visibility::Inherited => None,
    }
}
