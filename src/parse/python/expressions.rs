//! Expressions: Ruff's tree to [`ExprKind`], with the built-ins of the language lowered.

use super::statements::FunctionParts;
use super::{Walk, span, span_of};
use crate::facts::{Access, Argument, BlockKind, Comparison, ExprId, ExprKind, How, Range, ScopeKind, Splat};
use crate::source::Span;
use ruff_python_ast::{
    self as ast, BoolOp, CmpOp, Comprehension, Expr, ExprBinOp, ExprCall, ExprCompare, FStringPart,
    InterpolatedStringElement, Operator, UnaryOp,
};
use ruff_text_size::Ranged;

/// Strings longer than this many bytes are documents or data, not names, flags or keys: they are not kept.
const LONGEST_TEXT: usize = 2_048;

impl Walk<'_> {
    pub(super) fn expression(&mut self, expr: &Expr) -> ExprId {
        let place = span(expr);
        let kind = match expr {
            Expr::Name(node) => ExprKind::Name {
                name: self.builder.name(node.id.as_str()),
                scope: self.scope,
            },
            Expr::Attribute(_) | Expr::Subscript(_) => return self.place(expr, Access::Read),
            Expr::Call(node) => return self.call(node),
            Expr::Await(node) => {
                let value = self.expression(&node.value);
                self.builder.set_awaited(value);
                return value;
            }
            Expr::StringLiteral(node) => self.text(node.value.to_str()),
            Expr::BytesLiteral(node) => {
                let bytes: Vec<u8> = node.value.bytes().collect();
                self.text(&String::from_utf8_lossy(&bytes))
            }
            Expr::FString(node) => self.f_string(node),
            Expr::TString(node) => {
                let parts = self.elements(node.value.elements());
                ExprKind::Template(self.builder.list(&parts))
            }
            Expr::BooleanLiteral(node) => ExprKind::Truth(node.value),
            Expr::NoneLiteral(_) => ExprKind::Nothing,
            Expr::NumberLiteral(_) => {
                let written = &self.text[place.start as usize..place.end as usize];
                ExprKind::Number(self.builder.name(written))
            }
            Expr::EllipsisLiteral(_) | Expr::IpyEscapeCommand(_) => ExprKind::Opaque,
            Expr::BoolOp(node) => {
                let values = self.list_of(&node.values);
                match node.op {
                    BoolOp::Or => ExprKind::Choice {
                        options: values,
                        how: How::FirstPresent,
                    },
                    BoolOp::And => ExprKind::Both(values),
                }
            }
            Expr::If(node) => {
                let condition = self.expression(&node.test);
                let holds = self.expression(&node.body);
                let otherwise = self.expression(&node.orelse);
                let options = self.builder.list(&[holds, otherwise, condition]);
                ExprKind::Choice {
                    options,
                    how: How::ByCondition,
                }
            }
            Expr::Compare(node) => self.compare(node),
            Expr::UnaryOp(node) => {
                let operand = self.expression(&node.operand);
                if node.op == UnaryOp::Not {
                    ExprKind::Not(operand)
                } else {
                    ExprKind::Opaque
                }
            }
            Expr::BinOp(node) => self.binary(node),
            Expr::Named(node) => {
                let value = self.expression(&node.value);
                self.named(&node.target, value);
                return value;
            }
            Expr::List(node) => ExprKind::Group(self.list_of(&node.elts)),
            Expr::Tuple(node) => ExprKind::Group(self.list_of(&node.elts)),
            Expr::Set(node) => ExprKind::Group(self.list_of(&node.elts)),
            Expr::Dict(node) => {
                let entries: Vec<(Option<ExprId>, ExprId)> = node
                    .items
                    .iter()
                    .map(|item| {
                        (
                            item.key.as_ref().map(|key| self.expression(key)),
                            self.expression(&item.value),
                        )
                    })
                    .collect();
                ExprKind::Table(self.builder.entries(&entries))
            }
            Expr::ListComp(node) => self.comprehension(&node.generators, None, &node.elt, place),
            Expr::SetComp(node) => self.comprehension(&node.generators, None, &node.elt, place),
            Expr::Generator(node) => self.comprehension(&node.generators, None, &node.elt, place),
            Expr::DictComp(node) => self.comprehension(&node.generators, node.key.as_deref(), &node.value, place),
            Expr::Lambda(node) => {
                let function = self.function(FunctionParts {
                    name: None,
                    span: place,
                    extent: place,
                    is_async: false,
                    decorators: Range::default(),
                    parameters: node.parameters.as_deref(),
                    returns: None,
                    body_span: span(&*node.body),
                });
                self.enter_function(function, |walk, body| {
                    let value = walk.expression(&node.body);
                    walk.returns(Some(value), false);
                    walk.builder.set_exit(body, crate::facts::Exit::Returns(Some(value)));
                });
                ExprKind::Lambda(function)
            }
            Expr::Starred(node) => ExprKind::Through(self.expression(&node.value)),
            Expr::Yield(node) => {
                let value = node.value.as_deref().map(|value| self.expression(value));
                self.returns(value, true);
                ExprKind::Opaque
            }
            Expr::YieldFrom(node) => {
                let value = self.expression(&node.value);
                let each = self.builder.expr(ExprKind::Through(value), span(&*node.value));
                self.returns(Some(each), true);
                ExprKind::Opaque
            }
            Expr::Slice(node) => {
                for bound in [&node.lower, &node.upper, &node.step].into_iter().flatten() {
                    self.expression(bound);
                }
                ExprKind::Opaque
            }
        };
        self.builder.expr(kind, place)
    }

    /// A member or an item, in the way it is accessed.
    pub(super) fn place(&mut self, expr: &Expr, access: Access) -> ExprId {
        let kind = match expr {
            Expr::Attribute(node) => {
                let object = self.expression(&node.value);
                ExprKind::Member {
                    object,
                    name: self.builder.name(node.attr.as_str()),
                }
            }
            Expr::Subscript(node) => {
                let object = self.expression(&node.value);
                let key = self.expression(&node.slice);
                if node.slice.is_slice_expr() {
                    ExprKind::Slice(object)
                } else {
                    ExprKind::Index { object, key, access }
                }
            }
            other => return self.expression(other),
        };
        self.builder.expr(kind, span(expr))
    }

    /// A type: like any expression, but strings in it are read as types.
    pub(super) fn annotation(&mut self, expr: &Expr) -> ExprId {
        match expr {
            Expr::StringLiteral(node) => {
                let [literal] = node.value.as_slice() else {
                    return self.expression(expr);
                };
                match ruff_python_parser::parse_string_annotation(self.text, literal) {
                    Ok(parsed) => self.annotation(parsed.expr()),
                    Err(_) => self.expression(expr),
                }
            }
            Expr::Subscript(node) if !is_literal_type(&node.value) => {
                let object = self.expression(&node.value);
                let key = self.annotation(&node.slice);
                self.builder.expr(
                    ExprKind::Index {
                        object,
                        key,
                        access: Access::Read,
                    },
                    span(expr),
                )
            }
            Expr::Tuple(node) => {
                let elements: Vec<ExprId> = node.elts.iter().map(|element| self.annotation(element)).collect();
                let elements = self.builder.list(&elements);
                self.builder.expr(ExprKind::Group(elements), span(expr))
            }
            Expr::BinOp(node) if node.op == Operator::BitOr => {
                let options = [self.annotation(&node.left), self.annotation(&node.right)];
                let options = self.builder.list(&options);
                self.builder.expr(
                    ExprKind::Choice {
                        options,
                        how: How::Either,
                    },
                    span(expr),
                )
            }
            other => self.expression(other),
        }
    }

    fn list_of(&mut self, elements: &[Expr]) -> Range {
        let lowered: Vec<ExprId> = elements.iter().map(|element| self.expression(element)).collect();
        self.builder.list(&lowered)
    }

    fn text(&mut self, text: &str) -> ExprKind {
        if text.len() > LONGEST_TEXT {
            ExprKind::Opaque
        } else {
            ExprKind::Text(self.builder.name(text))
        }
    }

    fn call(&mut self, node: &ExprCall) -> ExprId {
        let callee = self.expression(&node.func);
        let mut arguments = Vec::with_capacity(node.arguments.args.len() + node.arguments.keywords.len());
        for argument in &node.arguments.args {
            let (value, splat) = match argument {
                Expr::Starred(starred) => (self.expression(&starred.value), Splat::Positions),
                argument => (self.expression(argument), Splat::No),
            };
            arguments.push(Argument {
                keyword: None,
                span: span(argument),
                value,
                splat,
            });
        }
        for keyword in &node.arguments.keywords {
            let value = self.expression(&keyword.value);
            let (name, place, splat) = match &keyword.arg {
                Some(name) => (Some(self.builder.name(name.as_str())), span(name), Splat::No),
                None => (None, span(&keyword.value), Splat::Keywords),
            };
            arguments.push(Argument {
                keyword: name,
                span: place,
                value,
                splat,
            });
        }
        self.builder
            .call(callee, &arguments, self.scope, self.block, span(node))
    }

    fn compare(&mut self, node: &ExprCompare) -> ExprKind {
        let mut left = self.expression(&node.left);
        let mut start = node.left.start();
        let mut pairs = Vec::with_capacity(node.ops.len());
        for (operator, right) in node.ops.iter().zip(&*node.comparators) {
            let place = span_of(ruff_text_size::TextRange::new(start, right.end()));
            start = right.start();
            let right = self.expression(right);
            pairs.push((
                ExprKind::Compare {
                    operator: comparison(*operator),
                    left,
                    right,
                },
                place,
            ));
            left = right;
        }
        if let [(single, _)] = pairs[..] {
            return single;
        }
        let parts: Vec<ExprId> = pairs
            .into_iter()
            .map(|(kind, place)| self.builder.expr(kind, place))
            .collect();
        ExprKind::Both(self.builder.list(&parts))
    }

    fn binary(&mut self, node: &ExprBinOp) -> ExprKind {
        let left = self.expression(&node.left);
        let right = self.expression(&node.right);
        match node.op {
            Operator::Add if self.is_group(left) || self.is_group(right) => {
                let parts = [left, right].map(|side| {
                    let place = self.builder.facts()[side].span;
                    self.builder.expr(ExprKind::Through(side), place)
                });
                ExprKind::Group(self.builder.list(&parts))
            }
            // Numbers are added too, but nobody asks for their text.
            Operator::Add => {
                let mut parts = self.parts(left);
                parts.extend(self.parts(right));
                ExprKind::Template(self.builder.list(&parts))
            }
            Operator::Mod if self.is_text(left) => self.percent_format(left, right),
            Operator::BitOr => {
                let options = self.builder.list(&[left, right]);
                ExprKind::Choice {
                    options,
                    how: How::Either,
                }
            }
            _ => ExprKind::Opaque,
        }
    }

    fn is_group(&self, expr: ExprId) -> bool {
        matches!(self.builder.facts()[expr].kind, ExprKind::Group(_))
    }

    fn is_text(&self, expr: ExprId) -> bool {
        matches!(
            self.builder.facts()[expr].kind,
            ExprKind::Text(_) | ExprKind::Template(_)
        )
    }

    fn parts(&self, expr: ExprId) -> Vec<ExprId> {
        let facts = self.builder.facts();
        match facts[expr].kind {
            ExprKind::Template(parts) => facts.list(parts).to_vec(),
            _ => vec![expr],
        }
    }

    /// `"JWT_%s" % x`: the constant pieces with the values between them.
    fn percent_format(&mut self, format: ExprId, values: ExprId) -> ExprKind {
        let facts = self.builder.facts();
        let place = facts[format].span;
        let ExprKind::Text(text) = facts[format].kind else {
            return ExprKind::Opaque;
        };
        let mut values = match facts[values].kind {
            ExprKind::Group(range) => facts.list(range).to_vec(),
            _ => vec![values],
        }
        .into_iter();
        let format = self.builder.text(text).to_owned();
        let mut parts = Vec::new();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            self.piece(&rest[..at], place, &mut parts);
            let spec = &rest[at + 1..];
            let length = spec
                .find(|sign: char| sign.is_ascii_alphabetic() || sign == '%')
                .map_or(spec.len(), |end| end + 1);
            if spec.starts_with('%') {
                self.piece("%", place, &mut parts);
            } else {
                let value = values
                    .next()
                    .unwrap_or_else(|| self.builder.expr(ExprKind::Opaque, place));
                parts.push(value);
            }
            rest = spec.get(length..).unwrap_or("");
        }
        self.piece(rest, place, &mut parts);
        ExprKind::Template(self.builder.list(&parts))
    }

    fn piece(&mut self, text: &str, place: Span, parts: &mut Vec<ExprId>) {
        if !text.is_empty() {
            let kind = self.text(text);
            parts.push(self.builder.expr(kind, place));
        }
    }

    fn f_string(&mut self, node: &ast::ExprFString) -> ExprKind {
        let mut parts = Vec::new();
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => self.piece(&literal.value, span(literal), &mut parts),
                FStringPart::FString(f_string) => parts.extend(self.elements(f_string.elements.iter())),
            }
        }
        ExprKind::Template(self.builder.list(&parts))
    }

    fn elements<'e>(&mut self, elements: impl Iterator<Item = &'e InterpolatedStringElement>) -> Vec<ExprId> {
        let mut parts = Vec::new();
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => self.piece(&literal.value, span(literal), &mut parts),
                InterpolatedStringElement::Interpolation(inner) => {
                    parts.push(self.expression(&inner.expression));
                    if let Some(format) = &inner.format_spec {
                        self.elements(format.elements.iter());
                    }
                }
            }
        }
        parts
    }

    /// `(name := value)` binds in the scope around all comprehensions it stands in.
    fn named(&mut self, target: &Expr, value: ExprId) {
        let inside = self.scope;
        while let (ScopeKind::Comprehension, Some(parent)) = {
            let scope = self.builder.facts()[self.scope];
            (scope.kind, scope.parent)
        } {
            self.scope = parent;
        }
        self.assign(target, value);
        self.scope = inside;
    }

    fn comprehension(
        &mut self,
        generators: &[Comprehension],
        key: Option<&Expr>,
        element: &Expr,
        place: Span,
    ) -> ExprKind {
        let outside = (self.scope, self.block);
        let scope = self.builder.scope(ScopeKind::Comprehension, Some(self.scope));
        for generator in generators {
            // The first iterable is evaluated outside; the others see the loops before them.
            let over = self.expression(&generator.iter);
            self.scope = scope;
            self.block = self.open(
                BlockKind::Loop {
                    over: Some(over),
                    awaits: generator.is_async,
                },
                place,
            );
            self.loop_target(&generator.target, over);
            for condition in &generator.ifs {
                let condition_id = self.expression(condition);
                self.block = self.open(
                    BlockKind::Branch {
                        condition: condition_id,
                        holds: true,
                    },
                    place,
                );
            }
        }
        let element = match key {
            None => self.expression(element),
            Some(key) => {
                let entry = (Some(self.expression(key)), self.expression(element));
                let entries = self.builder.entries(&[entry]);
                self.builder.expr(ExprKind::Table(entries), place)
            }
        };
        (self.scope, self.block) = outside;
        ExprKind::Each { element, scope }
    }
}

fn comparison(operator: CmpOp) -> Comparison {
    match operator {
        CmpOp::Eq | CmpOp::Is => Comparison::Equal,
        CmpOp::NotEq | CmpOp::IsNot => Comparison::NotEqual,
        CmpOp::In => Comparison::In,
        CmpOp::NotIn => Comparison::NotIn,
        CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => Comparison::Order,
    }
}

/// `Literal[…]`: its strings are values, not types.
fn is_literal_type(object: &Expr) -> bool {
    match object {
        Expr::Name(name) => name.id.as_str() == "Literal",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "Literal",
        _ => false,
    }
}
