//! Macro calls: what syn leaves as tokens.
//!
//! A macro is a call of its name with a `!`, its arguments read as far as they are expressions. A few of the standard library
//! and of those that everybody uses are read as what they stand for: `vec![…]` is a list, `format!(…)` a template, `json!(…)` a
//! table. The bodies of `macro_rules!` are never read; whatever cannot be read is passed over without a word.

use super::Walk;
use super::items::visibility_start;
use super::statements::{Outflow, Want};
use crate::facts::{Argument, BindingKind, BlockKind, Comparison, Exit, ExprId, ExprKind};
use crate::source::Span;
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseBuffer, ParseStream, Parser as _};
use syn::{
    Attribute, Block, Expr, Ident, Item, Lit, LitStr, Macro, MacroDelimiter, Pat, Path, Token, Type, Visibility,
};

/// How often an expression is looked for among the tokens of one macro that could not be read as a whole.
const ATTEMPTS: u32 = 200;

/// The arguments of a macro in the making.
#[derive(Default)]
struct Reading {
    arguments: Vec<Argument>,
    /// `key => value` pairs.
    entries: Vec<(Option<ExprId>, ExprId)>,
    /// How many arguments stand before the first semicolon.
    before_semicolon: Option<usize>,
    /// Whether they are written as in an attribute: `all(test, feature = "x")`.
    is_meta: bool,
    attempts: u32,
}

impl<'a> Walk<'a> {
    /// A macro call as an expression or statement.
    pub(super) fn macro_call(&mut self, node: &Macro, want: Want) -> Outflow {
        let place = self.macro_span(node);
        let Some(last) = node.path.segments.last() else {
            return (None, Exit::FallsThrough);
        };
        let value = match self.places.ident(&last.ident).0 {
            "vec" => {
                let reading = self.reading(&node.tokens, false);
                // `vec![element; count]`
                let count = reading.before_semicolon.unwrap_or(reading.arguments.len());
                let elements = reading.arguments.iter().take(count);
                let elements: Vec<ExprId> = elements.map(|argument| argument.value).collect();
                let elements = self.builder.list(&elements);
                self.builder.expr(ExprKind::Group(elements), place)
            }
            "concat" => {
                let arguments = self.read(&node.tokens);
                let parts: Vec<ExprId> = arguments.iter().map(|argument| argument.value).collect();
                let parts = self.builder.list(&parts);
                self.builder.expr(ExprKind::Template(parts), place)
            }
            "format" | "format_args" => {
                let arguments = self.read(&node.tokens);
                let arguments = self.formatted(arguments);
                let first = arguments.first().map(|argument| argument.value);
                match first.map(|first| (first, self.builder.facts()[first].kind)) {
                    Some((template, ExprKind::Template(_))) => template,
                    Some((text, _)) => {
                        let parts = self.builder.list(&[text]);
                        self.builder.expr(ExprKind::Template(parts), place)
                    }
                    None => self.builder.expr(ExprKind::Opaque, place),
                }
            }
            "json" => {
                let mut value = None;
                self.parse(&node.tokens, |walk, input| {
                    value = Some(walk.json(input)?);
                    Ok(())
                });
                value.unwrap_or_else(|| self.builder.expr(ExprKind::Opaque, place))
            }
            "matches" => match self.matches(node) {
                Some(condition) => condition,
                None => self.builder.expr(ExprKind::Opaque, place),
            },
            "assert" | "debug_assert" => return self.assertion(node, None),
            "assert_eq" | "debug_assert_eq" => return self.assertion(node, Some(Comparison::Equal)),
            "assert_ne" | "debug_assert_ne" => return self.assertion(node, Some(Comparison::NotEqual)),
            "panic" | "todo" | "unimplemented" | "unreachable" | "bail" => {
                let call = self.plain_macro(node, place);
                return (None, Exit::Raises(Some(call)));
            }
            "select" | "select_biased" => return self.select(node, want),
            "join" | "try_join" => {
                let call = self.plain_macro(node, place);
                if let ExprKind::Call(call) = self.builder.facts()[call].kind {
                    let facts = self.builder.facts();
                    let values: Vec<ExprId> = facts
                        .arguments(&facts[call])
                        .iter()
                        .map(|argument| argument.value)
                        .collect();
                    for value in values {
                        self.awaited(value);
                    }
                }
                call
            }
            "try" => match self.read(&node.tokens).first() {
                Some(argument) => argument.value,
                None => self.builder.expr(ExprKind::Opaque, place),
            },
            "stream" | "try_stream" if is_braced(node) => match self.block_of(node) {
                Some(statements) => self.anonymous(place, place, |walk| walk.statements(&statements, Want::Nothing)),
                None => self.plain_macro(node, place),
            },
            "lazy_static" | "thread_local" => {
                self.statics(node);
                return (None, Exit::FallsThrough);
            }
            "cfg_if" => {
                self.parse(&node.tokens, Self::configured);
                return (None, Exit::FallsThrough);
            }
            name if makes_code(name) => self.builder.expr(ExprKind::Opaque, place),
            _ => {
                if is_braced(node)
                    && let Some(statements) = self.block_of(node).filter(|statements| is_code(statements))
                {
                    self.statements(&statements, Want::Nothing);
                    let callee = self.macro_name(&node.path);
                    self.builder.call(callee, &[], self.scope, self.block, place)
                } else {
                    self.plain_macro(node, place)
                }
            }
        };
        self.hand(value, want)
    }

    /// A macro call in the place of an item.
    pub(super) fn macro_item(&mut self, node: &Macro) {
        let Some(last) = node.path.segments.last() else { return };
        match self.places.ident(&last.ident).0 {
            "lazy_static" | "thread_local" => self.statics(node),
            "cfg_if" => self.parse(&node.tokens, Self::configured),
            "macro_rules" => {}
            name if makes_code(name) => {}
            _ if is_braced(node) => self.parse(&node.tokens, |walk, input| {
                while !input.is_empty() {
                    let item = input.parse::<Item>()?;
                    walk.item(&item);
                }
                Ok(())
            }),
            _ => {
                let place = self.macro_span(node);
                self.plain_macro(node, place);
            }
        }
    }

    /// The arguments of an attribute.
    pub(super) fn token_arguments(&mut self, tokens: &TokenStream) -> Vec<Argument> {
        if tokens.is_empty() {
            return Vec::new();
        }
        self.reading(tokens, true).arguments
    }

    fn macro_span(&self, node: &Macro) -> Span {
        let start = self.path_start(&node.path);
        Span::new(start, self.places.end(node.delimiter.span().close()))
    }

    /// A call of the macro's name.
    fn plain_macro(&mut self, node: &Macro, place: Span) -> ExprId {
        let callee = self.macro_name(&node.path);
        let arguments = if node.tokens.is_empty() {
            Vec::new()
        } else if node.path.is_ident("cfg") {
            self.token_arguments(&node.tokens)
        } else {
            let arguments = self.read(&node.tokens);
            self.formatted(arguments)
        };
        self.builder.call(callee, &arguments, self.scope, self.block, place)
    }

    /// A macro's path, its last segment with the `!`.
    fn macro_name(&mut self, path: &Path) -> ExprId {
        let mut object: Option<ExprId> = None;
        let count = path.segments.len();
        for (index, segment) in path.segments.iter().enumerate() {
            let (text, place) = self.places.ident(&segment.ident);
            let name = if index + 1 == count {
                self.builder.name(&format!("{text}!"))
            } else {
                self.builder.name(text)
            };
            object = Some(match object {
                None => {
                    let scope = self.scope;
                    self.builder.expr(ExprKind::Name { name, scope }, place)
                }
                Some(object) => {
                    let place = Span::new(self.builder.facts()[object].span.start, place.end);
                    self.builder.expr(ExprKind::Member { object, name }, place)
                }
            });
        }
        object.unwrap_or_else(|| self.builder.expr(ExprKind::Opaque, Span::default()))
    }

    // Reading tokens

    /// Parses tokens and walks what comes out on the way; an error ends it, with what came before walked.
    fn parse(&mut self, tokens: &TokenStream, walk_input: impl FnOnce(&mut Self, ParseStream<'_>) -> syn::Result<()>) {
        let parser = |input: ParseStream<'_>| walk_input(self, input);
        // What is left over is no error here.
        _ = parser.parse2(tokens.clone());
    }

    fn read(&mut self, tokens: &TokenStream) -> Vec<Argument> {
        self.reading(tokens, false).arguments
    }

    fn reading(&mut self, tokens: &TokenStream, is_meta: bool) -> Reading {
        let mut reading = Reading {
            is_meta,
            attempts: ATTEMPTS,
            ..Reading::default()
        };
        self.parse(tokens, |walk, input| walk.read_arguments(input, &mut reading));
        if let [(_, first), .., (_, last)] | [(_, first @ last)] = reading.entries[..] {
            let facts = self.builder.facts();
            let place = Span::new(facts[first].span.start, facts[last].span.end);
            let entries = self.builder.entries(&reading.entries);
            let table = self.builder.expr(ExprKind::Table(entries), place);
            reading.arguments.push(self.argument(table));
        }
        reading
    }

    fn read_arguments(&mut self, input: ParseStream<'_>, reading: &mut Reading) -> syn::Result<()> {
        while !input.is_empty() {
            if input.peek(Token![,]) || input.peek(Token![;]) {
                if input.peek(Token![;]) {
                    reading.before_semicolon.get_or_insert(reading.arguments.len());
                }
                input.parse::<TokenTree>()?;
            } else if !self.read_argument(input, reading)? {
                self.salvage(input, reading)?;
            }
        }
        Ok(())
    }

    /// `value`, `keyword = value`, `keyword: value`, `key => value`, with the sigils of tracing (`%value`, `?value`) passed over.
    fn read_argument(&mut self, input: ParseStream<'_>, reading: &mut Reading) -> syn::Result<bool> {
        let keyword = self.keyword(input)?;
        if reading.is_meta && keyword.is_none() && input.peek(Ident::peek_any) && input.peek2(syn::token::Paren) {
            let nested = self.nested_meta(input, reading)?;
            reading.arguments.push(nested);
            return Ok(true);
        }
        if input.peek(Token![%]) || input.peek(Token![?]) {
            input.parse::<TokenTree>()?;
        }
        let ahead = input.fork();
        let Ok(expr) = ahead.parse::<Expr>() else {
            return Ok(false);
        };
        let is_key = ahead.peek(Token![=>]);
        if !(is_key || at_end(&ahead)) {
            return Ok(false);
        }
        input.advance_to(&ahead);
        let value = self.value(&expr);
        if is_key {
            input.parse::<Token![=>]>()?;
            let ahead = input.fork();
            match ahead.parse::<Expr>() {
                Ok(expr) if at_end(&ahead) => {
                    input.advance_to(&ahead);
                    let entry = (Some(value), self.value(&expr));
                    reading.entries.push(entry);
                }
                _ => return Ok(false),
            }
            return Ok(true);
        }
        let mut argument = self.argument(value);
        if let Some((name, place)) = keyword {
            argument.keyword = Some(self.builder.name(&name));
            argument.span = place;
        }
        reading.arguments.push(argument);
        Ok(true)
    }

    /// `all(test, feature = "x")`.
    fn nested_meta(&mut self, input: ParseStream<'_>, reading: &mut Reading) -> syn::Result<Argument> {
        let (text, place) = self.places.ident(&input.call(Ident::parse_any)?);
        let content;
        let parens = syn::parenthesized!(content in input);
        let mut inner = Reading {
            is_meta: true,
            attempts: reading.attempts,
            ..Reading::default()
        };
        if self.depth < super::DEEPEST {
            self.depth += 1;
            let read = self.read_arguments(&content, &mut inner);
            self.depth -= 1;
            read?;
        }
        reading.attempts = inner.attempts;
        let callee = self.constant(text, place);
        let place = Span::new(place.start, self.places.end(parens.span.close()));
        let call = self
            .builder
            .call(callee, &inner.arguments, self.scope, self.block, place);
        Ok(self.argument(call))
    }

    /// `name =`, `a.b =`, `"name" =` or `name:` in front of a value.
    fn keyword(&self, input: ParseStream<'_>) -> syn::Result<Option<(String, Span)>> {
        let is_binding = |input: &ParseBuffer<'_>| {
            (input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]))
                || (input.peek(Token![:]) && !input.peek(Token![::]))
        };
        if input.peek(Lit) && input.peek2(Token![=]) {
            let ahead = input.fork();
            if let Ok(name) = ahead.parse::<LitStr>()
                && is_binding(&ahead)
            {
                ahead.parse::<TokenTree>()?;
                input.advance_to(&ahead);
                return Ok(Some((name.value(), self.places.span(name.span()))));
            }
            return Ok(None);
        }
        if !(input.peek(Ident::peek_any)
            && (input.peek2(Token![=]) || input.peek2(Token![:]) || input.peek2(Token![.])))
        {
            return Ok(None);
        }
        let ahead = input.fork();
        let (first, place) = self.places.ident(&ahead.call(Ident::parse_any)?);
        let mut name = first.to_owned();
        let mut place = place;
        while ahead.peek(Token![.]) && ahead.peek2(Ident::peek_any) {
            ahead.parse::<Token![.]>()?;
            let (part, end) = self.places.ident(&ahead.call(Ident::parse_any)?);
            name.push('.');
            name.push_str(part);
            place.end = end.end;
        }
        if !is_binding(&ahead) {
            return Ok(None);
        }
        ahead.parse::<TokenTree>()?;
        input.advance_to(&ahead);
        Ok(Some((name, place)))
    }

    /// Looks for expressions among tokens that are none as a whole, up to the next comma.
    fn salvage(&mut self, input: ParseStream<'_>, reading: &mut Reading) -> syn::Result<()> {
        while !input.is_empty() && !input.peek(Token![,]) && !input.peek(Token![;]) {
            let begins_call = input.peek(Ident::peek_any)
                && (input.peek2(syn::token::Paren) || input.peek2(Token![::]) || input.peek2(Token![.]));
            if begins_call && reading.attempts > 0 {
                reading.attempts -= 1;
                let ahead = input.fork();
                if let Ok(expr) = ahead.parse::<Expr>() {
                    input.advance_to(&ahead);
                    self.value(&expr);
                    continue;
                }
            }
            match inside(input)? {
                Some(content) if self.depth < super::DEEPEST => {
                    self.depth += 1;
                    let mut inner = Reading {
                        attempts: reading.attempts,
                        ..Reading::default()
                    };
                    let read = self.read_arguments(&content, &mut inner);
                    reading.attempts = inner.attempts;
                    self.depth -= 1;
                    read?;
                }
                Some(_) => {}
                None => _ = input.parse::<TokenTree>()?,
            }
        }
        Ok(())
    }

    fn block_of(&self, node: &Macro) -> Option<Vec<syn::Stmt>> {
        Block::parse_within.parse2(node.tokens.clone()).ok()
    }

    // Macros with a grammar of their own

    /// `assert!(x, y)` is `if !x { panic!(y) }`; two values are compared first.
    fn assertion(&mut self, node: &Macro, operator: Option<Comparison>) -> Outflow {
        let place = self.macro_span(node);
        self.parse(&node.tokens, |walk, input| {
            let expr = input.parse::<Expr>()?;
            let mut condition = walk.value(&expr);
            if let Some(operator) = operator {
                input.parse::<Token![,]>()?;
                let expr = input.parse::<Expr>()?;
                let (left, right) = (condition, walk.value(&expr));
                let compared = ExprKind::Compare { operator, left, right };
                condition = walk.builder.expr(compared, place);
            }
            let start = walk.builder.facts()[condition].span.end.min(place.end);
            let kind = BlockKind::Branch {
                condition,
                holds: false,
            };
            let block = walk.open(kind, Span::new(start, place.end));
            walk.within(block, |walk| {
                let mut reading = Reading {
                    attempts: ATTEMPTS,
                    ..Reading::default()
                };
                _ = walk.read_arguments(input, &mut reading);
                walk.formatted(reading.arguments);
                (None, Exit::Raises(None))
            });
            Ok(())
        });
        (None, Exit::FallsThrough)
    }

    /// `matches!(value, pattern if guard)`.
    fn matches(&mut self, node: &Macro) -> Option<ExprId> {
        let mut condition = None;
        self.parse(&node.tokens, |walk, input| {
            let expr = input.parse::<Expr>()?;
            let subject = walk.value(&expr);
            input.parse::<Token![,]>()?;
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            walk.bind_pattern(&pattern, BindingKind::Value(subject), None);
            let held = walk.pattern_condition(&pattern, subject).unwrap_or(subject);
            condition = Some(held);
            if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                let guard = input.parse::<Expr>()?;
                let guard = walk.value(&guard);
                let facts = walk.builder.facts();
                let place = Span::new(facts[held].span.start, facts[guard].span.end);
                let both = walk.builder.list(&[held, guard]);
                condition = Some(walk.builder.expr(ExprKind::Both(both), place));
            }
            Ok(())
        });
        condition
    }

    /// A value in the notation of JSON, in which keys and values are expressions.
    fn json(&mut self, input: ParseStream<'_>) -> syn::Result<ExprId> {
        let start = self.places.start(input.span());
        if input.peek(syn::token::Brace) {
            let content;
            let braces = syn::braced!(content in input);
            let place = self.delimited(&braces.span);
            let mut entries = Vec::new();
            while !content.is_empty() && self.depth < super::DEEPEST {
                self.depth += 1;
                let entry = self.json_entry(&content);
                self.depth -= 1;
                entries.push(entry?);
                if content.peek(Token![,]) {
                    content.parse::<Token![,]>()?;
                }
            }
            let entries = self.builder.entries(&entries);
            return Ok(self.builder.expr(ExprKind::Table(entries), place));
        }
        if input.peek(syn::token::Bracket) {
            let content;
            let brackets = syn::bracketed!(content in input);
            let place = self.delimited(&brackets.span);
            let mut elements = Vec::new();
            while !content.is_empty() && self.depth < super::DEEPEST {
                self.depth += 1;
                let element = self.json(&content);
                self.depth -= 1;
                elements.push(element?);
                if content.peek(Token![,]) {
                    content.parse::<Token![,]>()?;
                }
            }
            let elements = self.builder.list(&elements);
            return Ok(self.builder.expr(ExprKind::Group(elements), place));
        }
        if input.peek(Ident) {
            let ahead = input.fork();
            let word = ahead.parse::<Ident>()?;
            if word == "null" {
                input.advance_to(&ahead);
                let place = self.places.span(word.span());
                return Ok(self.builder.expr(ExprKind::Nothing, place));
            }
        }
        let ahead = input.fork();
        match ahead.parse::<Expr>() {
            Ok(expr) if at_end(&ahead) => {
                input.advance_to(&ahead);
                Ok(self.value(&expr))
            }
            _ => {
                self.salvage(
                    input,
                    &mut Reading {
                        attempts: ATTEMPTS,
                        ..Reading::default()
                    },
                )?;
                Ok(self.builder.expr(ExprKind::Opaque, Span::new(start, start)))
            }
        }
    }

    fn json_entry(&mut self, content: ParseStream<'_>) -> syn::Result<(Option<ExprId>, ExprId)> {
        let key = if content.peek(syn::token::Paren) {
            let inner;
            syn::parenthesized!(inner in content);
            let expr = inner.parse::<Expr>()?;
            self.value(&expr)
        } else if content.peek(Lit) {
            let literal = content.parse::<Lit>()?;
            self.literal(&literal)
        } else {
            let expr = content.parse::<Path>()?;
            match self.path(None, &expr) {
                Some(path) => path,
                None => return Err(content.error("a key")),
            }
        };
        content.parse::<Token![:]>()?;
        Ok((Some(key), self.json(content)?))
    }

    /// `select! { pattern = future, if condition => handler, else => handler }`: each handler runs when its future is the first.
    fn select(&mut self, node: &Macro, want: Want) -> Outflow {
        let place = self.macro_span(node);
        let mut flows = Vec::new();
        self.parse(&node.tokens, |walk, input| {
            if input.peek(Ident) && input.peek2(Token![;]) {
                input.parse::<TokenTree>()?;
                input.parse::<TokenTree>()?;
            }
            while !input.is_empty() {
                match walk.select_branch(input, want, place) {
                    Ok(flow) => flows.push((flow, None)),
                    Err(_) => {
                        let attempts = ATTEMPTS;
                        return walk.read_arguments(
                            input,
                            &mut Reading {
                                attempts,
                                ..Reading::default()
                            },
                        );
                    }
                }
            }
            Ok(())
        });
        let condition = self.builder.expr(ExprKind::Opaque, place);
        self.join(&flows, condition)
    }

    fn select_branch(&mut self, input: ParseStream<'_>, want: Want, place: Span) -> syn::Result<Outflow> {
        let is_default = input.peek(Ident::peek_any) && input.peek2(Token![=>]);
        let mut bound = None;
        if is_default {
            input.call(Ident::parse_any)?;
        } else {
            let ahead = input.fork();
            let pattern = Pat::parse_multi_with_leading_vert(&ahead)?;
            ahead.parse::<Token![=]>()?;
            let future = ahead.parse::<Expr>()?;
            input.advance_to(&ahead);
            let value = self.value(&future);
            let value = self.awaited(value);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                let condition = input.parse::<Expr>()?;
                self.value(&condition);
            }
            bound = Some((pattern, value));
        }
        input.parse::<Token![=>]>()?;
        let handler = if input.peek(syn::token::Brace) {
            Expr::Block(syn::ExprBlock {
                attrs: Vec::new(),
                label: None,
                block: input.parse()?,
            })
        } else {
            input.parse::<Expr>()?
        };
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
        let Some((pattern, value)) = bound else {
            return Ok(self.control(&handler, want));
        };
        let condition = self.pattern_condition(&pattern, value).unwrap_or(value);
        let span = match &handler {
            Expr::Block(block) => self.brace_span(&block.block),
            other => Span::new(self.start_of(other), place.end),
        };
        let block = self.open(BlockKind::Branch { condition, holds: true }, span);
        Ok(self.within(block, |walk| {
            walk.bind_pattern(&pattern, BindingKind::Value(value), None);
            walk.control(&handler, want)
        }))
    }

    /// `static NAME: Type = value;` and `static ref NAME: …`, as `thread_local!` and `lazy_static!` take them.
    fn statics(&mut self, node: &Macro) {
        self.parse(&node.tokens, |walk, input| {
            while !input.is_empty() {
                let attributes = input.call(Attribute::parse_outer)?;
                let visibility = input.parse::<Visibility>()?;
                input.parse::<Token![static]>()?;
                if input.peek(Token![ref]) {
                    input.parse::<Token![ref]>()?;
                }
                let ident = input.parse::<Ident>()?;
                input.parse::<Token![:]>()?;
                let written = input.parse::<Type>()?;
                input.parse::<Token![=]>()?;
                let expr = input.parse::<Expr>()?;
                if input.peek(Token![;]) {
                    input.parse::<Token![;]>()?;
                }
                let marks = walk.attributes(&attributes);
                let (text, span) = walk.places.ident(&ident);
                let start = visibility_start(&visibility).map_or(span.start, |token| walk.places.start(token));
                let annotation = walk.type_expr(&written);
                let value = walk.value(&expr);
                let end = walk.builder.facts()[value].span.end;
                walk.unit(start, end.max(start));
                let name = walk.builder.name(text);
                let kind = BindingKind::Value(value);
                let decorators = marks.decorators;
                walk.builder
                    .bind_decorated(walk.scope, name, kind, annotation, decorators, span, walk.block);
            }
            Ok(())
        });
    }

    /// `if #[cfg(…)] { … } else if #[cfg(…)] { … } else { … }`: all of them are read.
    fn configured(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            if input.peek(Token![else]) {
                input.parse::<Token![else]>()?;
            }
            let mut attributes = Vec::new();
            if input.peek(Token![if]) {
                input.parse::<Token![if]>()?;
                attributes = input.call(Attribute::parse_outer)?;
            }
            let block = input.parse::<Block>()?;
            let outside = self.testing;
            if self.is_test_only(&attributes) {
                self.testing = true;
                let place = self.brace_span(&block);
                if !outside {
                    self.builder.test_code(place);
                }
            }
            self.statements(&block.stmts, Want::Nothing);
            self.testing = outside;
        }
        Ok(())
    }

    // Templates

    /// Puts the template that the first string among the arguments is in its place, with the values it takes in it.
    fn formatted(&mut self, mut arguments: Vec<Argument>) -> Vec<Argument> {
        let is_text = |argument: &Argument| {
            argument.keyword.is_none() && matches!(self.builder.facts()[argument.value].kind, ExprKind::Text(_))
        };
        let Some(at) = arguments.iter().position(is_text) else {
            return arguments;
        };
        let format = self.builder.facts()[arguments[at].value];
        let ExprKind::Text(text) = format.kind else {
            return arguments;
        };
        let text = self.builder.text(text);
        if !text.contains('{') {
            return arguments;
        }
        let text = text.to_owned();
        let Some(pieces) = super::templates::pieces(&text) else {
            return arguments;
        };
        let positions: Vec<usize> = (at + 1..arguments.len())
            .filter(|index| arguments[*index].keyword.is_none())
            .collect();
        let mut taken = vec![false; arguments.len()];
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            match piece {
                super::templates::Piece::Text(text) => {
                    let kind = self.text(text);
                    parts.push(self.builder.expr(kind, format.span));
                }
                super::templates::Piece::Position(position) => {
                    // More values asked for than given: no template after all.
                    let Some(index) = positions.get(*position) else {
                        return arguments;
                    };
                    taken[*index] = true;
                    parts.push(arguments[*index].value);
                }
                super::templates::Piece::Name { name, at } => {
                    let given = (0..arguments.len()).find(|index| {
                        let keyword = arguments[*index].keyword;
                        keyword.is_some_and(|keyword| self.builder.text(keyword) == *name)
                    });
                    if let Some(index) = given {
                        taken[index] = true;
                        parts.push(arguments[index].value);
                    } else {
                        let place = self.place_in(format.span, *at, name);
                        parts.push(self.constant(name, place));
                    }
                }
            }
        }
        let parts = self.builder.list(&parts);
        let template = self.builder.expr(ExprKind::Template(parts), format.span);
        arguments[at] = self.argument(template);
        let mut index = 0;
        arguments.retain(|_| {
            index += 1;
            !taken[index - 1]
        });
        arguments
    }

    /// Where a name stands inside a string literal; the whole literal if that is spelled otherwise than it reads.
    fn place_in(&self, literal: Span, at: usize, name: &str) -> Span {
        let source = self.places.text;
        let written = source.get(literal.start as usize..literal.end as usize).unwrap_or("");
        let Some(quote) = written.find('"') else { return literal };
        let start = literal.start as usize + quote + 1 + at;
        let end = start + name.len();
        if source.get(start..end) != Some(name) {
            return literal;
        }
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Span::new(start, end),
            _ => literal,
        }
    }
}

/// Whether an expression ended where an argument may end.
fn at_end(input: &ParseBuffer<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}

/// The inside of the bracket that comes next, if one does.
fn inside<'i>(input: &'i ParseBuffer<'_>) -> syn::Result<Option<ParseBuffer<'i>>> {
    let content;
    if input.peek(syn::token::Paren) {
        syn::parenthesized!(content in input);
    } else if input.peek(syn::token::Brace) {
        syn::braced!(content in input);
    } else if input.peek(syn::token::Bracket) {
        syn::bracketed!(content in input);
    } else {
        return Ok(None);
    }
    Ok(Some(content))
}

fn is_braced(node: &Macro) -> bool {
    matches!(node.delimiter, MacroDelimiter::Brace(_))
}

/// Whether the inside of a macro is more than a value.
fn is_code(statements: &[syn::Stmt]) -> bool {
    match statements {
        [] => false,
        [syn::Stmt::Expr(_, semi)] => semi.is_some(),
        _ => true,
    }
}

/// Macros whose arguments are code for elsewhere, not run here.
fn makes_code(name: &str) -> bool {
    matches!(
        name,
        "quote" | "quote_spanned" | "parse_quote" | "parse_quote_spanned" | "stringify" | "compile_error"
    )
}
