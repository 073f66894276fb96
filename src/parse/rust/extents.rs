//! Where an expression begins and ends, for those that are not lowered to one with a span.

use super::Walk;
use syn::{Expr, ExprClosure, Path};

impl Walk<'_> {
    /// The offset of an expression's first token.
    pub(super) fn start_of(&self, expr: &Expr) -> u32 {
        let mut expr = expr;
        loop {
            let span = match expr {
                Expr::Assign(node) => {
                    expr = &node.left;
                    continue;
                }
                Expr::Await(node) => {
                    expr = &node.base;
                    continue;
                }
                Expr::Binary(node) => {
                    expr = &node.left;
                    continue;
                }
                Expr::Call(node) => {
                    expr = &node.func;
                    continue;
                }
                Expr::Cast(node) => {
                    expr = &node.expr;
                    continue;
                }
                Expr::Field(node) => {
                    expr = &node.base;
                    continue;
                }
                Expr::Group(node) => {
                    expr = &node.expr;
                    continue;
                }
                Expr::Index(node) => {
                    expr = &node.expr;
                    continue;
                }
                Expr::MethodCall(node) => {
                    expr = &node.receiver;
                    continue;
                }
                Expr::Try(node) => {
                    expr = &node.expr;
                    continue;
                }
                Expr::Range(node) => match (&node.start, &node.limits) {
                    (Some(start), _) => {
                        expr = start;
                        continue;
                    }
                    (None, syn::RangeLimits::HalfOpen(dots)) => dots.spans[0],
                    (None, syn::RangeLimits::Closed(dots)) => dots.spans[0],
                },
                Expr::Array(node) => node.bracket_token.span.open(),
                Expr::Async(node) => node.async_token.span,
                Expr::Block(node) => match &node.label {
                    Some(label) => label.name.apostrophe,
                    None => node.block.brace_token.span.open(),
                },
                Expr::Break(node) => node.break_token.span,
                Expr::Closure(node) => closure_start(node),
                Expr::Const(node) => node.const_token.span,
                Expr::Continue(node) => node.continue_token.span,
                Expr::ForLoop(node) => node.for_token.span,
                Expr::If(node) => node.if_token.span,
                Expr::Infer(node) => node.underscore_token.spans[0],
                Expr::Let(node) => node.let_token.span,
                Expr::Lit(node) => node.lit.span(),
                Expr::Loop(node) => node.loop_token.span,
                Expr::Macro(node) => return self.path_start(&node.mac.path),
                Expr::Match(node) => node.match_token.span,
                Expr::Paren(node) => node.paren_token.span.open(),
                Expr::Path(node) => match &node.qself {
                    Some(qself) => qself.lt_token.spans[0],
                    None => return self.path_start(&node.path),
                },
                Expr::RawAddr(node) => node.and_token.spans[0],
                Expr::Reference(node) => node.and_token.spans[0],
                Expr::Repeat(node) => node.bracket_token.span.open(),
                Expr::Return(node) => node.return_token.span,
                Expr::Struct(node) => return self.path_start(&node.path),
                Expr::TryBlock(node) => node.try_token.span,
                Expr::Tuple(node) => node.paren_token.span.open(),
                Expr::Unary(node) => match &node.op {
                    syn::UnOp::Deref(sign) => sign.spans[0],
                    syn::UnOp::Not(sign) => sign.spans[0],
                    syn::UnOp::Neg(sign) => sign.spans[0],
                    _ => {
                        expr = &node.expr;
                        continue;
                    }
                },
                Expr::Unsafe(node) => node.unsafe_token.span,
                Expr::While(node) => node.while_token.span,
                Expr::Yield(node) => node.yield_token.span,
                // What syn does not understand; the block around it is the nearest place.
                _ => return self.builder.facts()[self.block].span.start,
            };
            return self.places.start(span);
        }
    }

    /// The offset behind an expression that ends with a bracket; for others an offset inside.
    pub(super) fn end_of(&self, expr: &Expr) -> u32 {
        let span = match expr {
            Expr::Call(node) => node.paren_token.span.close(),
            Expr::MethodCall(node) => node.paren_token.span.close(),
            Expr::Macro(node) => node.mac.delimiter.span().close(),
            Expr::Struct(node) => node.brace_token.span.close(),
            Expr::Tuple(node) => node.paren_token.span.close(),
            Expr::Array(node) => node.bracket_token.span.close(),
            Expr::Lit(node) => node.lit.span(),
            Expr::Await(node) => node.await_token.span,
            Expr::Try(node) => node.question_token.spans[0],
            Expr::Closure(node) => return self.end_of(&node.body),
            Expr::Block(node) => node.block.brace_token.span.close(),
            Expr::Return(syn::ExprReturn { expr: Some(expr), .. }) => return self.end_of(expr),
            Expr::Assign(node) => return self.end_of(&node.right),
            Expr::Binary(node) => return self.end_of(&node.right),
            other => return self.start_of(other),
        };
        self.places.end(span)
    }

    pub(super) fn path_start(&self, path: &Path) -> u32 {
        match (&path.leading_colon, path.segments.first()) {
            (Some(colon), _) => self.places.start(colon.spans[0]),
            (None, Some(first)) => self.places.start(first.ident.span()),
            (None, None) => 0,
        }
    }
}

pub(super) fn closure_start(node: &ExprClosure) -> proc_macro2::Span {
    if let Some(token) = &node.constness {
        token.span
    } else if let Some(token) = &node.asyncness {
        token.span
    } else if let Some(token) = &node.capture {
        token.span
    } else {
        node.inputs_begin.spans[0]
    }
}
