//! Expressions: syn's tree to [`ExprKind`], with the built-ins of the language lowered.

use super::conversions::{self, Feeds, Method};
use super::items::FunctionParts;
use super::statements::{Outflow, Want};
use super::{DEEPEST, Walk};
use crate::facts::{
    Access, Argument, BindingKind, BlockKind, Comparison, Exit, ExprId, ExprKind, How, Name, Range, Splat, Store,
};
use crate::source::Span;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, BinOp, Expr, ExprAsync, ExprBinary, ExprCall, ExprClosure, ExprMethodCall,
    ExprStruct, GenericArgument, Lit, Member, PathArguments, ReturnType, Token, Type, UnOp,
};

/// Strings longer than this many bytes are documents or data, not names, flags or keys: they are not kept.
const LONGEST_TEXT: usize = 2_048;
/// Arrays of more numbers than this are data, too.
const LONGEST_NUMBERS: usize = 256;

impl Walk<'_> {
    /// The value of an expression; opaque where it has none.
    pub(super) fn value(&mut self, expr: &Expr) -> ExprId {
        if self.depth >= DEEPEST {
            return self.opaque(expr);
        }
        self.depth += 1;
        let value = match self.control(expr, Want::Value).0 {
            Some(value) => value,
            None => self.opaque(expr),
        };
        self.depth -= 1;
        value
    }

    fn opaque(&mut self, expr: &Expr) -> ExprId {
        let start = self.start_of(expr);
        self.builder.expr(ExprKind::Opaque, Span::new(start, start))
    }

    /// The value of an expression that is no control flow.
    pub(super) fn plain_value(&mut self, expr: &Expr) -> ExprId {
        match expr {
            Expr::Lit(node) => self.literal(&node.lit),
            Expr::Path(node) => match self.lone_name(&node.path) {
                Some(_) if node.qself.is_none() => {
                    let (text, place) = self.places.ident(&node.path.segments[0].ident);
                    self.constant(text, place)
                }
                _ => match self.path(node.qself.as_ref(), &node.path) {
                    Some(path) => path,
                    None => self.opaque(expr),
                },
            },
            Expr::Reference(node) => self.value(&node.expr),
            Expr::RawAddr(node) => self.value(&node.expr),
            Expr::Cast(node) => self.value(&node.expr),
            Expr::Unary(node) => match node.op {
                UnOp::Deref(_) => self.value(&node.expr),
                UnOp::Not(_) => {
                    let start = self.start_of(expr);
                    let operand = self.value(&node.expr);
                    let end = self.builder.facts()[operand].span.end;
                    self.builder.expr(ExprKind::Not(operand), Span::new(start, end))
                }
                _ => {
                    let start = self.start_of(expr);
                    let operand = self.value(&node.expr);
                    let end = self.builder.facts()[operand].span.end;
                    self.builder.expr(ExprKind::Opaque, Span::new(start, end))
                }
            },
            Expr::Field(_) | Expr::Index(_) => self.place(expr, Access::Read),
            Expr::Call(node) => self.call(node),
            Expr::MethodCall(node) => self.method_call(node),
            Expr::Struct(node) => self.struct_literal(node),
            Expr::Array(node) => {
                let place = self.delimited(&node.bracket_token.span);
                if node.elems.len() > LONGEST_NUMBERS && node.elems.iter().all(is_number) {
                    return self.builder.expr(ExprKind::Opaque, place);
                }
                let elements = self.list_of(&node.elems);
                self.builder.expr(ExprKind::Group(elements), place)
            }
            Expr::Tuple(node) => {
                let place = self.delimited(&node.paren_token.span);
                if node.elems.is_empty() {
                    return self.builder.expr(ExprKind::Nothing, place);
                }
                let elements = self.list_of(&node.elems);
                self.builder.expr(ExprKind::Group(elements), place)
            }
            Expr::Repeat(node) => {
                let place = self.delimited(&node.bracket_token.span);
                let element = self.value(&node.expr);
                self.value(&node.len);
                let elements = self.builder.list(&[element]);
                self.builder.expr(ExprKind::Group(elements), place)
            }
            Expr::Binary(node) => self.binary(node),
            Expr::Assign(node) => {
                let value = self.value(&node.right);
                self.assign(&node.left, value);
                self.opaque(expr)
            }
            Expr::Range(node) => {
                let start = self.start_of(expr);
                let mut end = start;
                for bound in [&node.start, &node.end].into_iter().flatten() {
                    let bound = self.value(bound);
                    end = self.builder.facts()[bound].span.end;
                }
                self.builder.expr(ExprKind::Opaque, Span::new(start, end))
            }
            Expr::Closure(node) => self.closure(node, None),
            Expr::Async(node) => self.async_block(node),
            Expr::Await(node) => {
                let value = self.value(&node.base);
                self.awaited(value)
            }
            Expr::Let(node) => {
                let subject = self.value(&node.expr);
                self.bind_pattern(&node.pat, BindingKind::Value(subject), None);
                self.pattern_condition(&node.pat, subject).unwrap_or(subject)
            }
            Expr::Yield(node) => {
                let value = node.expr.as_deref().map(|value| self.value(value));
                self.returned(value, true);
                self.opaque(expr)
            }
            _ => self.opaque(expr),
        }
    }

    fn list_of<'e>(&mut self, elements: impl IntoIterator<Item = &'e Expr>) -> Range {
        let lowered: Vec<ExprId> = elements.into_iter().map(|element| self.value(element)).collect();
        self.builder.list(&lowered)
    }

    /// A name that stands alone.
    pub(super) fn constant(&mut self, text: &str, place: Span) -> ExprId {
        let kind = if text == "None" {
            ExprKind::Nothing
        } else {
            ExprKind::Name {
                name: self.builder.name(text),
                scope: self.scope,
            }
        };
        self.builder.expr(kind, place)
    }

    pub(super) fn member(&mut self, member: &Member) -> (Name, Span) {
        match member {
            Member::Named(ident) => {
                let (text, place) = self.places.ident(ident);
                (self.builder.name(text), place)
            }
            Member::Unnamed(index) => {
                let place = self.places.span(index.span);
                (self.builder.name(&index.index.to_string()), place)
            }
        }
    }

    // Literals

    pub(super) fn literal(&mut self, literal: &Lit) -> ExprId {
        let place = self.places.span(literal.span());
        let kind = match literal {
            Lit::Str(text) => match plain_string(self.places.text, place) {
                Some(plain) => self.text(plain),
                None => self.text(&text.value()),
            },
            Lit::ByteStr(bytes) => self.text(&String::from_utf8_lossy(&bytes.value())),
            Lit::CStr(text) => self.text(&text.value().to_string_lossy()),
            Lit::Byte(byte) => self.text(&char::from(byte.value()).to_string()),
            Lit::Char(sign) => self.text(sign.value().encode_utf8(&mut [0; 4])),
            Lit::Int(number) => ExprKind::Number(self.builder.name(number.base10_digits())),
            Lit::Float(number) => ExprKind::Number(self.builder.name(number.base10_digits())),
            Lit::Bool(truth) => ExprKind::Truth(truth.value),
            _ => ExprKind::Opaque,
        };
        self.builder.expr(kind, place)
    }

    pub(super) fn text(&mut self, text: &str) -> ExprKind {
        if text.len() > LONGEST_TEXT {
            ExprKind::Opaque
        } else {
            ExprKind::Text(self.builder.name(text))
        }
    }

    // Places

    /// A member or an item, in the way it is accessed.
    pub(super) fn place(&mut self, expr: &Expr, access: Access) -> ExprId {
        match expr {
            Expr::Field(node) => {
                let object = self.value(&node.base);
                let (name, place) = self.member(&node.member);
                let place = Span::new(self.builder.facts()[object].span.start, place.end);
                self.builder.expr(ExprKind::Member { object, name }, place)
            }
            Expr::Index(node) => {
                let object = self.value(&node.expr);
                let key = self.value(&node.index);
                let end = self.places.end(node.bracket_token.span.close());
                let place = Span::new(self.builder.facts()[object].span.start, end);
                let kind = if matches!(*node.index, Expr::Range(_)) {
                    ExprKind::Slice(object)
                } else {
                    ExprKind::Index { object, key, access }
                };
                self.builder.expr(kind, place)
            }
            other => self.value(other),
        }
    }

    fn assign(&mut self, target: &Expr, value: ExprId) {
        match target {
            Expr::Paren(node) => self.assign(&node.expr, value),
            Expr::Group(node) => self.assign(&node.expr, value),
            Expr::Unary(node) if matches!(node.op, UnOp::Deref(_)) => self.assign(&node.expr, value),
            Expr::Path(node) if node.path.segments.len() == 1 => {
                let (text, place) = self.places.ident(&node.path.segments[0].ident);
                let name = self.builder.name(text);
                self.builder
                    .bind(self.scope, name, BindingKind::Value(value), place, self.block);
            }
            Expr::Tuple(node) => self.assign_positions(&node.elems, value),
            Expr::Array(node) => self.assign_positions(&node.elems, value),
            Expr::Infer(_) => {}
            Expr::Field(_) | Expr::Index(_) | Expr::Path(_) => self.store(target, Some(value)),
            // A guard or a pointer handed out by a call: `*lock() = value`.
            other => _ = self.value(other),
        }
    }

    fn assign_positions(&mut self, targets: &Punctuated<Expr, Token![,]>, value: ExprId) {
        let facts = self.builder.facts();
        let written = match facts[value].kind {
            ExprKind::Group(range) => facts.list(range).to_vec(),
            _ => Vec::new(),
        };
        for (position, target) in targets.iter().enumerate() {
            if written.len() == targets.len() {
                self.assign(target, written[position]);
            } else if let Expr::Path(node) = target
                && node.path.segments.len() == 1
            {
                let (text, place) = self.places.ident(&node.path.segments[0].ident);
                let name = self.builder.name(text);
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                let kind = BindingKind::Unpacked { value, position };
                self.builder.bind(self.scope, name, kind, place, self.block);
            } else if matches!(target, Expr::Field(_) | Expr::Index(_)) {
                self.store(target, None);
            }
        }
    }

    fn store(&mut self, target: &Expr, value: Option<ExprId>) {
        let target = self.place(target, Access::Write);
        self.builder.store(Store {
            target,
            value,
            annotation: None,
            block: self.block,
        });
    }

    // Operators

    /// Operators group to the left, so the operands of a long chain come off from the right.
    fn binary(&mut self, node: &ExprBinary) -> ExprId {
        if is_assignment(&node.op) {
            return self.changed(node);
        }
        let mut spine = vec![node];
        while let Expr::Binary(left) = &*spine[spine.len() - 1].left
            && !is_assignment(&left.op)
        {
            spine.push(left);
        }
        let mut value = self.value(&spine[spine.len() - 1].left);
        let start = self.builder.facts()[value].span.start;
        // The operands of one run of `&&`, of `||` or of `+`.
        let mut run: Vec<ExprId> = Vec::new();
        for (index, node) in spine.iter().enumerate().rev() {
            let right = self.value(&node.right);
            let place = Span::new(start, self.builder.facts()[right].span.end);
            if !is_collected(&node.op) {
                let kind = self.operation(&node.op, value, right);
                value = self.builder.expr(kind, place);
                continue;
            }
            if run.is_empty() {
                run.push(value);
            }
            run.push(right);
            let goes_on = index > 0 && std::mem::discriminant(&node.op) == std::mem::discriminant(&spine[index - 1].op);
            if !goes_on {
                let kind = self.collected(&node.op, &run);
                value = self.builder.expr(kind, place);
                run.clear();
            }
        }
        value
    }

    /// What a run of operands with the same operator between them is.
    fn collected(&mut self, op: &BinOp, run: &[ExprId]) -> ExprKind {
        match op {
            BinOp::And(_) => ExprKind::Both(self.builder.list(run)),
            BinOp::Or(_) => ExprKind::Choice {
                options: self.builder.list(run),
                how: How::FirstPresent,
            },
            // Numbers are added too, but nobody asks for their text.
            _ => {
                let parts: Vec<ExprId> = run.iter().flat_map(|operand| self.parts(*operand)).collect();
                ExprKind::Template(self.builder.list(&parts))
            }
        }
    }

    fn operation(&mut self, op: &BinOp, left: ExprId, right: ExprId) -> ExprKind {
        let operator = match op {
            BinOp::Eq(_) => Comparison::Equal,
            BinOp::Ne(_) => Comparison::NotEqual,
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => Comparison::Order,
            BinOp::BitOr(_) => {
                let options = self.builder.list(&[left, right]);
                let how = How::Either;
                return ExprKind::Choice { options, how };
            }
            _ => return ExprKind::Opaque,
        };
        ExprKind::Compare { operator, left, right }
    }

    fn parts(&self, expr: ExprId) -> Vec<ExprId> {
        let facts = self.builder.facts();
        match facts[expr].kind {
            ExprKind::Template(parts) => facts.list(parts).to_vec(),
            _ => vec![expr],
        }
    }

    /// `target += value` and its kin.
    fn changed(&mut self, node: &ExprBinary) -> ExprId {
        let value = self.value(&node.right);
        let mut target = &*node.left;
        while let Expr::Unary(inner) = target
            && matches!(inner.op, UnOp::Deref(_))
        {
            target = &inner.expr;
        }
        match target {
            Expr::Path(path) if path.path.segments.len() == 1 => {
                let (text, place) = self.places.ident(&path.path.segments[0].ident);
                let name = self.builder.name(text);
                let kind = BindingKind::Changed(value);
                self.builder.bind(self.scope, name, kind, place, self.block);
            }
            Expr::Field(_) | Expr::Index(_) | Expr::Path(_) => self.store(target, Some(value)),
            other => _ = self.value(other),
        }
        self.opaque(&node.left)
    }

    // Calls

    fn call(&mut self, node: &ExprCall) -> ExprId {
        if let (Expr::Path(path), 1) = (&*node.func, node.args.len())
            && path.qself.is_none()
            && self.is_wrapper(&path.path)
        {
            return self.value(&node.args[0]);
        }
        let callee = self.value(&node.func);
        let arguments = self.arguments(&node.args);
        let end = self.places.end(node.paren_token.span.close());
        let place = Span::new(self.builder.facts()[callee].span.start, end);
        let call = self.builder.call(callee, &arguments, self.scope, self.block, place);
        if let Expr::Path(path) = &*node.func
            && let Some(PathArguments::AngleBracketed(written)) = path.path.segments.last().map(|last| &last.arguments)
        {
            self.asked_type(written);
        }
        call
    }

    fn is_wrapper(&self, path: &syn::Path) -> bool {
        let text = |index: usize| self.places.ident(&path.segments[index].ident).0;
        match path.segments.len() {
            1 => conversions::wraps(None, text(0)),
            2 => conversions::wraps(Some(text(0)), text(1)),
            _ => false,
        }
    }

    fn arguments(&mut self, written: &Punctuated<Expr, Token![,]>) -> Vec<Argument> {
        let mut arguments = Vec::with_capacity(written.len());
        for argument in written {
            let value = self.value(argument);
            arguments.push(self.argument(value));
        }
        arguments
    }

    pub(super) fn argument(&self, value: ExprId) -> Argument {
        Argument {
            keyword: None,
            span: self.builder.facts()[value].span,
            value,
            splat: Splat::No,
        }
    }

    /// `Type { field: value, ..rest }` is `Type(field=value, **rest)`.
    fn struct_literal(&mut self, node: &ExprStruct) -> ExprId {
        let place = Span::new(
            self.path_start(&node.path),
            self.places.end(node.brace_token.span.close()),
        );
        let callee = match self.path(node.qself.as_ref(), &node.path) {
            Some(callee) => callee,
            None => self.builder.expr(ExprKind::Opaque, place),
        };
        let mut arguments = Vec::with_capacity(node.fields.len());
        for field in &node.fields {
            let (name, span) = self.member(&field.member);
            arguments.push(Argument {
                keyword: Some(name),
                span,
                value: self.value(&field.expr),
                splat: Splat::No,
            });
        }
        if let Some(rest) = &node.rest {
            let value = self.value(rest);
            arguments.push(Argument {
                splat: Splat::Keywords,
                ..self.argument(value)
            });
        }
        self.builder.call(callee, &arguments, self.scope, self.block, place)
    }

    pub(super) fn awaited(&mut self, value: ExprId) -> ExprId {
        let facts = self.builder.facts();
        let place = facts[value].span;
        match facts[value].kind {
            // An async block that is awaited runs where it stands.
            ExprKind::Lambda(function) if facts[function].is_async => {
                let call = self.builder.call(value, &[], self.scope, self.block, place);
                self.builder.set_awaited(call);
                call
            }
            _ => {
                self.builder.set_awaited(value);
                value
            }
        }
    }

    fn method_call(&mut self, node: &ExprMethodCall) -> ExprId {
        let (text, place) = self.places.ident(&node.method);
        if let Some(method) = conversions::method(text, node.args.len())
            && let Some(value) = self.built_in(method, node)
        {
            return value;
        }
        if text == "expect" && node.args.len() == 1 && is_message(&node.args[0]) {
            return self.value(&node.receiver);
        }
        let object = self.value(&node.receiver);
        let start = self.builder.facts()[object].span.start;
        let name = self.builder.name(text);
        let callee = self
            .builder
            .expr(ExprKind::Member { object, name }, Span::new(start, place.end));
        let mut arguments = Vec::with_capacity(node.args.len());
        for argument in &node.args {
            let value = match argument {
                Expr::Closure(closure) => {
                    let fed = self.fed(text, &node.receiver, object);
                    self.closure(closure, fed)
                }
                other => self.value(other),
            };
            arguments.push(self.argument(value));
        }
        let end = self.places.end(node.paren_token.span.close());
        let call = self
            .builder
            .call(callee, &arguments, self.scope, self.block, Span::new(start, end));
        if let Some(written) = &node.turbofish {
            self.asked_type(written);
        }
        call
    }

    /// Keeps the type that the call made last is told to give, if it can be one of the program: `f::<Settings>()`.
    fn asked_type(&mut self, written: &AngleBracketedGenericArguments) {
        let first = written.args.first();
        if let (Some(GenericArgument::Type(asked @ Type::Path(node))), 1) = (first, written.args.len())
            && let Some(last) = node.path.segments.last()
            && last.arguments.is_none()
            && self.places.ident(&last.ident).0.starts_with(char::is_uppercase)
            && let Some(asked) = self.type_expr(asked)
        {
            self.builder.asked_type(asked);
        }
    }

    /// A method of the prelude, as what it does; nothing if its arguments are not what it takes.
    fn built_in(&mut self, method: Method, node: &ExprMethodCall) -> Option<ExprId> {
        let end = self.places.end(node.paren_token.span.close());
        let compared = |walk: &mut Self, operator: Comparison, swapped: bool| {
            let object = walk.value(&node.receiver);
            let start = walk.builder.facts()[object].span.start;
            let place = Span::new(start, end);
            let other = match node.args.first() {
                Some(other) => walk.value(other),
                None => walk.builder.expr(ExprKind::Nothing, place),
            };
            let (left, right) = if swapped { (other, object) } else { (object, other) };
            walk.builder.expr(ExprKind::Compare { operator, left, right }, place)
        };
        match method {
            Method::Passes => Some(self.value(&node.receiver)),
            Method::Equals => Some(compared(self, Comparison::Equal, false)),
            Method::Contains => Some(compared(self, Comparison::In, true)),
            Method::IsNone => Some(compared(self, Comparison::Equal, false)),
            Method::IsSome => Some(compared(self, Comparison::NotEqual, false)),
            Method::PassesOrFails | Method::PassesOrFailsWith => {
                let value = self.value(&node.receiver);
                let absent = self.absent(value, end);
                self.within(absent, |walk| {
                    let error = if method == Method::PassesOrFails {
                        Some(walk.value(&node.args[0]))
                    } else {
                        walk.made(&node.args[0], BindingKind::Unknown).0.first().copied()
                    };
                    (None, Exit::Raises(error))
                });
                Some(value)
            }
            Method::MapsError => {
                let (attempt, value) = self.attempt(&node.receiver);
                let start = self.builder.facts()[value].span.end;
                let catches = None;
                let rescue = self.open(BlockKind::Rescue { attempt, catches }, Span::new(start, end));
                self.within(rescue, |walk| {
                    let (error, _) = walk.made(&node.args[0], BindingKind::Caught(None));
                    (None, Exit::Raises(error.first().copied()))
                });
                Some(value)
            }
            Method::Otherwise => {
                let value = self.value(&node.receiver);
                let other = self.value(&node.args[0]);
                Some(self.first_present(value, &[other], end))
            }
            Method::OtherwiseCalls => {
                let value = self.value(&node.receiver);
                let others = self.made_if_absent(value, &node.args[0], end);
                Some(self.first_present(value, &others, end))
            }
            Method::OtherwiseEmpty | Method::OtherwiseNothing => {
                let value = self.value(&node.receiver);
                let kind = if method == Method::OtherwiseEmpty {
                    self.text("")
                } else {
                    ExprKind::Nothing
                };
                let start = self.builder.facts()[value].span.end;
                let other = self.builder.expr(kind, Span::new(start, end));
                Some(self.first_present(value, &[other], end))
            }
            Method::MapOr | Method::MapOrElse => {
                let Expr::Closure(present) = &node.args[1] else {
                    return None;
                };
                let value = self.value(&node.receiver);
                let others = if method == Method::MapOr {
                    vec![self.value(&node.args[0])]
                } else {
                    self.made_if_absent(value, &node.args[0], end)
                };
                let holds = true;
                let condition = value;
                let start = self.start_of(&node.args[1]);
                let block = self.open(BlockKind::Branch { condition, holds }, Span::new(start, end));
                let mut mapped = Vec::new();
                self.within(block, |walk| {
                    let exit;
                    (mapped, exit) = walk.inlined(present, BindingKind::Value(value));
                    (None, exit)
                });
                let Some((first, rest)) = mapped.split_first() else {
                    return Some(value);
                };
                let others: Vec<ExprId> = rest.iter().copied().chain(others).collect();
                Some(self.first_present(*first, &others, end))
            }
            Method::ThenSome | Method::Then => {
                let is_called = method == Method::Then;
                if is_called && !matches!(&node.args[0], Expr::Closure(closure) if closure.inputs.is_empty()) {
                    return None;
                }
                let condition = self.value(&node.receiver);
                let start = self.builder.facts()[condition].span.start;
                let block = self.open(BlockKind::Branch { condition, holds: true }, Span::new(start, end));
                let mut values = Vec::new();
                self.within(block, |walk| {
                    if is_called {
                        let exit;
                        (values, exit) = walk.made(&node.args[0], BindingKind::Unknown);
                        (None, exit)
                    } else {
                        values.push(walk.value(&node.args[0]));
                        (None, Exit::FallsThrough)
                    }
                });
                let place = Span::new(start, end);
                values.push(self.builder.expr(ExprKind::Nothing, place));
                values.push(condition);
                let options = self.builder.list(&values);
                let how = How::ByCondition;
                Some(self.builder.expr(ExprKind::Choice { options, how }, place))
            }
        }
    }

    /// The block that runs where `value` is not there.
    fn absent(&mut self, value: ExprId, end: u32) -> crate::facts::BlockId {
        let start = self.builder.facts()[value].span.end;
        let kind = BlockKind::Branch {
            condition: value,
            holds: false,
        };
        self.open(kind, Span::new(start, end))
    }

    fn made_if_absent(&mut self, value: ExprId, maker: &Expr, end: u32) -> Vec<ExprId> {
        let absent = self.absent(value, end);
        let mut values = Vec::new();
        self.within(absent, |walk| {
            let exit;
            (values, exit) = walk.made(maker, BindingKind::Caught(None));
            (None, exit)
        });
        values
    }

    /// What a closure or function gives that is called on the spot; its parameter is bound as `given`.
    ///
    /// A closure that hands back an `Err` gives no value: the error goes on its way.
    fn made(&mut self, maker: &Expr, given: BindingKind) -> (Vec<ExprId>, Exit) {
        match maker {
            Expr::Closure(closure) => self.inlined(closure, given),
            Expr::Path(_) => {
                let callee = self.value(maker);
                let place = self.builder.facts()[callee].span;
                let call = self.builder.call(callee, &[], self.scope, self.block, place);
                (vec![call], Exit::FallsThrough)
            }
            other => (vec![self.value(other)], Exit::FallsThrough),
        }
    }

    fn inlined(&mut self, closure: &ExprClosure, given: BindingKind) -> (Vec<ExprId>, Exit) {
        for (index, input) in closure.inputs.iter().enumerate() {
            let kind = if index == 0 { given } else { BindingKind::Unknown };
            self.bind_pattern(input, kind, None);
        }
        self.closure_values(|walk| {
            if let Some(error) = walk.error_made(&closure.body) {
                return (None, Exit::Raises(error));
            }
            let (value, exit) = walk.control(&closure.body, Want::Value);
            if closure.asyncness.is_some() {
                return (None, exit);
            }
            (value, exit)
        })
    }

    /// `value` if it is there, else the first of `others` that is; chains of these are one choice.
    fn first_present(&mut self, value: ExprId, others: &[ExprId], end: u32) -> ExprId {
        if others.is_empty() {
            return value;
        }
        let facts = self.builder.facts();
        let place = Span::new(facts[value].span.start, end);
        let mut values = match facts[value].kind {
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => facts.list(options).to_vec(),
            _ => vec![value],
        };
        // `.ok().or(…)`: the nothing in between is what the next option stands in for.
        while values.len() > 1 && values.last().is_some_and(|last| facts[*last].kind == ExprKind::Nothing) {
            values.pop();
        }
        for other in others {
            match facts[*other].kind {
                ExprKind::Choice {
                    options,
                    how: How::FirstPresent,
                } => values.extend(facts.list(options)),
                _ => values.push(*other),
            }
        }
        let options = self.builder.list(&values);
        let how = How::FirstPresent;
        self.builder.expr(ExprKind::Choice { options, how }, place)
    }

    // Closures and async blocks

    /// What a closure given to `method` is called with.
    fn fed(&self, method: &str, receiver: &Expr, object: ExprId) -> Option<BindingKind> {
        let over = self.elements_of(object);
        Some(match conversions::feeds(method)? {
            Feeds::Elements => BindingKind::Element { over },
            Feeds::Inside if over != object || self.is_sequence(receiver) => BindingKind::Element { over },
            Feeds::Inside => BindingKind::Value(object),
        })
    }

    fn is_sequence(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Array(_) | Expr::Range(_) => true,
            Expr::Paren(node) => self.is_sequence(&node.expr),
            Expr::MethodCall(node) => conversions::is_iterator(self.places.ident(&node.method).0),
            _ => false,
        }
    }

    /// What the elements of an iterator are elements of: `names.iter().rev()` gives those of `names`.
    pub(super) fn elements_of(&self, mut value: ExprId) -> ExprId {
        let facts = self.builder.facts();
        while let ExprKind::Call(call) = facts[value].kind
            && let ExprKind::Member { object, name } = facts[facts[call].callee].kind
            && conversions::iterates(self.builder.text(name))
        {
            value = object;
        }
        value
    }

    /// A closure; its first parameter is bound as `given` if it is known what it is called with.
    pub(super) fn closure(&mut self, node: &ExprClosure, given: Option<BindingKind>) -> ExprId {
        let start = self.start_of_closure(node);
        let body = match &*node.body {
            Expr::Block(block) => self.brace_span(&block.block),
            other => Span::new(self.start_of(other), self.end_of(other)),
        };
        let place = Span::new(start, body.end);
        let function = self.open_function(FunctionParts {
            name: None,
            span: place,
            extent: place,
            is_async: node.asyncness.is_some(),
            is_test: false,
            decorators: Range::default(),
            body,
        });
        self.enter_function(function, |walk| {
            let mut parameters = Vec::with_capacity(node.inputs.len());
            for (index, input) in node.inputs.iter().enumerate() {
                let given = given.filter(|_| index == 0);
                parameters.push(walk.parameter(input, None, index, given));
            }
            walk.set_parameters(function, &parameters);
            if let ReturnType::Type(_, returns) = &node.output {
                let returns = walk.type_expr(returns);
                walk.builder.function_mut(function).returns = returns;
            }
            walk.control(&node.body, Want::Return)
        });
        self.builder.expr(ExprKind::Lambda(function), place)
    }

    fn start_of_closure(&self, node: &ExprClosure) -> u32 {
        self.places.start(super::extents::closure_start(node))
    }

    fn async_block(&mut self, node: &ExprAsync) -> ExprId {
        let body = self.brace_span(&node.block);
        let place = Span::new(self.places.start(node.async_token.span), body.end);
        self.anonymous(place, body, |walk| walk.statements(&node.block.stmts, Want::Return))
    }

    /// An async function without a name or parameters.
    pub(super) fn anonymous(
        &mut self,
        place: Span,
        body: Span,
        walk_body: impl FnOnce(&mut Self) -> Outflow,
    ) -> ExprId {
        let function = self.open_function(FunctionParts {
            name: None,
            span: place,
            extent: place,
            is_async: true,
            is_test: false,
            decorators: Range::default(),
            body,
        });
        self.enter_function(function, walk_body);
        self.builder.expr(ExprKind::Lambda(function), place)
    }
}

/// The inside of a string literal that is spelled as it reads.
fn plain_string(text: &str, place: Span) -> Option<&str> {
    let written = text.get(place.start as usize..place.end as usize)?;
    let inside = written.strip_prefix('"')?.strip_suffix('"')?;
    (!inside.contains(['\\', '\r'])).then_some(inside)
}

fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(node) => matches!(node.lit, Lit::Int(_) | Lit::Float(_)),
        Expr::Unary(node) => is_number(&node.expr),
        _ => false,
    }
}

fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// Operators whose runs are one list of operands.
fn is_collected(op: &BinOp) -> bool {
    matches!(op, BinOp::And(_) | BinOp::Or(_) | BinOp::Add(_))
}

/// The argument of `.expect(…)` on an option or result, rather than of some other method of that name.
fn is_message(argument: &Expr) -> bool {
    match argument {
        Expr::Lit(node) => matches!(node.lit, Lit::Str(_)),
        Expr::Reference(node) => is_message(&node.expr),
        Expr::Macro(node) => node.mac.path.is_ident("format") || node.mac.path.is_ident("concat"),
        _ => false,
    }
}
