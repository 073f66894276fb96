//! Statements and control flow: blocks, what makes them run, how they end, what they hand back.

use super::patterns::Outcome;
use super::{DEEPEST, Walk};
use crate::facts::{BindingKind, Block, BlockId, BlockKind, Exit, ExprId, ExprKind, How, Name, Return};
use crate::source::Span;
use syn::{
    Arm, Expr, ExprBreak, ExprForLoop, ExprIf, ExprLet, ExprLoop, ExprMatch, ExprReturn, ExprWhile, Local, Pat, Stmt,
};

/// What the surroundings do with the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// They drop it.
    Nothing,
    /// They use it.
    Value,
    /// They return it from the function.
    Return,
}

/// The value of an expression, if it is wanted and comes about, and how control leaves the expression.
pub(super) type Outflow = (Option<ExprId>, Exit);

/// Something that `break` or `return` leaves with a value.
pub(super) struct Frame<'a> {
    kind: FrameKind<'a>,
    values: Vec<ExprId>,
}

#[derive(PartialEq, Eq)]
enum FrameKind<'a> {
    Loop(Option<&'a str>),
    Labelled(&'a str),
    /// A closure that is walked where it is called.
    Closure,
}

impl<'a> Walk<'a> {
    /// Walks the statements of a block; the last one may be its value.
    pub(super) fn statements(&mut self, statements: &[Stmt], want: Want) -> Outflow {
        let mut outflow = (None, Exit::FallsThrough);
        for (index, statement) in statements.iter().enumerate() {
            let is_last = index + 1 == statements.len();
            outflow = match statement {
                Stmt::Local(node) => {
                    self.local(node);
                    (None, Exit::FallsThrough)
                }
                Stmt::Item(item) => {
                    self.item(item);
                    (None, Exit::FallsThrough)
                }
                Stmt::Expr(expr, semi) => {
                    let want = if is_last && semi.is_none() { want } else { Want::Nothing };
                    self.statement_unit(expr, semi.as_ref().map(|semi| semi.spans[0]));
                    self.control(expr, want)
                }
                Stmt::Macro(node) => {
                    let want = if is_last && node.semi_token.is_none() {
                        want
                    } else {
                        Want::Nothing
                    };
                    if self.units.is_some() {
                        let start = self.path_start(&node.mac.path);
                        let end = self.places.end(node.mac.delimiter.span().close());
                        self.unit(start, end);
                    }
                    self.macro_call(&node.mac, want)
                }
            };
        }
        outflow
    }

    /// An expression in a place where it may be control flow.
    pub(super) fn control(&mut self, expr: &Expr, want: Want) -> Outflow {
        if self.depth >= DEEPEST {
            return (None, Exit::FallsThrough);
        }
        self.depth += 1;
        let outflow = match expr {
            Expr::If(node) => self.if_expr(node, want),
            Expr::Match(node) => self.match_expr(node, want),
            Expr::Block(node) => match &node.label {
                Some(label) => {
                    let label = self.places.ident(&label.name.ident).0;
                    self.breakable(FrameKind::Labelled(label), want, |walk| {
                        walk.statements(&node.block.stmts, Want::Value)
                    })
                }
                None => self.statements(&node.block.stmts, want),
            },
            Expr::Unsafe(node) => self.statements(&node.block.stmts, want),
            Expr::Const(node) => self.statements(&node.block.stmts, want),
            Expr::TryBlock(node) => {
                let want = if want == Want::Return { Want::Value } else { want };
                self.statements(&node.block.stmts, want)
            }
            Expr::Loop(node) => self.loop_expr(node, want),
            Expr::While(node) => {
                self.while_expr(node);
                (None, Exit::FallsThrough)
            }
            Expr::ForLoop(node) => {
                self.for_expr(node);
                (None, Exit::FallsThrough)
            }
            Expr::Return(node) => (None, self.return_expr(node)),
            Expr::Break(node) => (None, self.break_expr(node)),
            Expr::Continue(_) => (None, Exit::Jumps),
            Expr::Paren(node) => self.control(&node.expr, want),
            Expr::Group(node) => self.control(&node.expr, want),
            Expr::Macro(node) => self.macro_call(&node.mac, want),
            // `Err(e)?` ends the function; so does an `Err(e)` that is returned.
            Expr::Try(node) => match self.error_made(&node.expr) {
                Some(error) => (None, Exit::Raises(error)),
                None => {
                    let value = self.value(&node.expr);
                    self.hand(value, want)
                }
            },
            Expr::Call(_) if want == Want::Return => match self.error_made(expr) {
                Some(error) => (None, Exit::Raises(error)),
                None => {
                    let value = self.plain_value(expr);
                    self.hand(value, want)
                }
            },
            _ => {
                let value = self.plain_value(expr);
                self.hand(value, want)
            }
        };
        self.depth -= 1;
        outflow
    }

    /// The error in `Err(error)`, lowered; none if `expr` is something else.
    pub(super) fn error_made(&mut self, expr: &Expr) -> Option<Option<ExprId>> {
        let Expr::Call(node) = expr else { return None };
        let Expr::Path(path) = &*node.func else { return None };
        if node.args.len() != 1 || self.lone_name(&path.path) != Some("Err") {
            return None;
        }
        Some(Some(self.value(&node.args[0])))
    }

    /// Does with a value what the surroundings want.
    pub(super) fn hand(&mut self, value: ExprId, want: Want) -> Outflow {
        match want {
            Want::Nothing => {
                self.builder.set_discarded(value);
                (None, Exit::FallsThrough)
            }
            Want::Value => (Some(value), Exit::FallsThrough),
            Want::Return => {
                self.returned(Some(value), false);
                (None, Exit::Returns(Some(value)))
            }
        }
    }

    pub(super) fn returned(&mut self, value: Option<ExprId>, is_yield: bool) {
        let Some(function) = self.function else { return };
        self.builder.returned(Return {
            function,
            value,
            block: self.block,
            is_yield,
        });
        if is_yield {
            self.builder.function_mut(function).is_generator = true;
        }
    }

    // Blocks

    pub(super) fn open(&mut self, kind: BlockKind, span: Span) -> BlockId {
        self.builder.block(Block {
            scope: self.scope,
            parent: Some(self.block),
            kind,
            exit: Exit::FallsThrough,
            span,
        })
    }

    /// Walks something inside `block`, and says how it ends.
    pub(super) fn within(&mut self, block: BlockId, walk_inside: impl FnOnce(&mut Self) -> Outflow) -> Outflow {
        let outside = std::mem::replace(&mut self.block, block);
        let outflow = walk_inside(self);
        self.block = outside;
        self.builder.set_exit(block, outflow.1);
        outflow
    }

    /// Lowers `expr` inside a new [`BlockKind::Attempt`].
    pub(super) fn attempt(&mut self, expr: &Expr) -> (BlockId, ExprId) {
        let start = self.start_of(expr);
        let attempt = self.open(BlockKind::Attempt, Span::new(start, start));
        let outside = std::mem::replace(&mut self.block, attempt);
        let value = self.value(expr);
        self.block = outside;
        let end = self.builder.facts()[value].span.end.max(start);
        self.builder.set_block_span(attempt, Span::new(start, end));
        (attempt, value)
    }

    pub(super) fn brace_span(&self, block: &syn::Block) -> Span {
        self.delimited(&block.brace_token.span)
    }

    fn body(&mut self, kind: BlockKind, body: &syn::Block, want: Want) -> Outflow {
        let block = self.open(kind, self.brace_span(body));
        self.within(block, |walk| walk.statements(&body.stmts, want))
    }

    // `let`

    fn local(&mut self, node: &Local) {
        if self.units.is_some() {
            let start = self.places.start(node.let_token.span);
            let end = match node.init.as_ref().and_then(|init| body_start(&init.expr)) {
                Some(brace) => self.places.start(brace),
                None => self.places.end(node.semi_token.spans[0]),
            };
            self.unit(start, end);
        }
        let Some(init) = &node.init else {
            self.bind_pattern(&node.pat, BindingKind::Declared, None);
            return;
        };
        let Some((_, diverge)) = &init.diverge else {
            let value = self.value(&init.expr);
            if matches!(node.pat, Pat::Wild(_)) {
                self.builder.set_discarded(value);
            }
            self.bind_pattern(&node.pat, BindingKind::Value(value), None);
            return;
        };
        let span = match &**diverge {
            Expr::Block(block) => self.brace_span(&block.block),
            other => Span::new(self.start_of(other), self.places.end(node.semi_token.spans[0])),
        };
        if let Some(Outcome::Success(inner)) = self.result_side(&node.pat) {
            let (attempt, value) = self.attempt(&init.expr);
            let catches = None;
            let rescue = self.open(BlockKind::Rescue { attempt, catches }, span);
            self.within(rescue, |walk| walk.control(diverge, Want::Nothing));
            self.bind_pattern(inner, BindingKind::Value(value), None);
        } else {
            let value = self.value(&init.expr);
            let condition = self.pattern_condition(&node.pat, value).unwrap_or(value);
            let holds = false;
            let otherwise = self.open(BlockKind::Branch { condition, holds }, span);
            self.within(otherwise, |walk| walk.control(diverge, Want::Nothing));
            self.bind_pattern(&node.pat, BindingKind::Value(value), None);
        }
    }

    // `if`

    fn if_expr(&mut self, node: &ExprIf, want: Want) -> Outflow {
        // Without an `else` there is no value to be had.
        let want = if node.else_branch.is_some() {
            want
        } else {
            Want::Nothing
        };
        if let Expr::Let(test) = &*node.cond
            && let Some(side) = self.result_side(&test.pat)
        {
            return self.if_result(node, test, side, want);
        }
        let mut captures = Vec::new();
        let condition = self.condition(&node.cond, &mut captures);
        let holds = self.open(
            BlockKind::Branch { condition, holds: true },
            self.brace_span(&node.then_branch),
        );
        let inner = match (&*node.cond, &captures[..]) {
            (Expr::Let(test), [(_, subject)]) => self.inner_name(&test.pat).map(|name| (name, *subject)),
            _ => None,
        };
        let first = self.within(holds, |walk| {
            for (pattern, subject) in captures {
                walk.bind_pattern(pattern, BindingKind::Value(subject), None);
            }
            walk.statements(&node.then_branch.stmts, want)
        });
        let Some((_, otherwise)) = &node.else_branch else {
            return (None, Exit::FallsThrough);
        };
        let kind = BlockKind::Branch {
            condition,
            holds: false,
        };
        let second = self.otherwise(kind, otherwise, want);
        self.join(&[(first, inner), (second, None)], condition)
    }

    /// `if let Ok(x) = …` and `if let Err(e) = …`.
    fn if_result(&mut self, node: &ExprIf, test: &ExprLet, side: Outcome<'_>, want: Want) -> Outflow {
        let (attempt, subject) = self.attempt(&test.expr);
        let span = self.brace_span(&node.then_branch);
        let first = match side {
            Outcome::Success(inner) => {
                let block = self.success(attempt, inner, subject, span);
                self.within(block, |walk| {
                    walk.bind_pattern(inner, BindingKind::Value(subject), None);
                    walk.statements(&node.then_branch.stmts, want)
                })
            }
            Outcome::Failure(inner) => {
                let catches = self.caught(inner);
                let block = self.open(BlockKind::Rescue { attempt, catches }, span);
                self.within(block, |walk| {
                    walk.bind_error(inner, catches);
                    walk.statements(&node.then_branch.stmts, want)
                })
            }
        };
        let Some((_, otherwise)) = &node.else_branch else {
            return (None, Exit::FallsThrough);
        };
        let (kind, inner) = match side {
            Outcome::Success(_) => {
                let inner = self.inner_name(&test.pat).map(|name| (name, subject));
                (BlockKind::Rescue { attempt, catches: None }, inner)
            }
            Outcome::Failure(_) => (BlockKind::Otherwise { attempt }, None),
        };
        let second = self.otherwise(kind, otherwise, want);
        self.join(&[(first, inner), (second, None)], subject)
    }

    /// An `else`, or an `else if`, which stands inside the branch in which the condition before it did not hold.
    fn otherwise(&mut self, kind: BlockKind, otherwise: &Expr, want: Want) -> Outflow {
        match otherwise {
            Expr::Block(node) => self.body(kind, &node.block, want),
            other => {
                let span = Span::new(self.start_of(other), self.end_of_chain(other));
                let block = self.open(kind, span);
                self.within(block, |walk| walk.control(other, want))
            }
        }
    }

    fn end_of_chain(&self, mut expr: &Expr) -> u32 {
        loop {
            match expr {
                Expr::If(node) => match &node.else_branch {
                    Some((_, otherwise)) => expr = otherwise,
                    None => return self.brace_span(&node.then_branch).end,
                },
                Expr::Block(node) => return self.brace_span(&node.block).end,
                other => return self.start_of(other),
            }
        }
    }

    /// A condition; `captures` gets the patterns in it, with what they are held against.
    fn condition<'e>(&mut self, expr: &'e Expr, captures: &mut Vec<(&'e Pat, ExprId)>) -> ExprId {
        let mut parts = Vec::new();
        self.conjuncts(expr, captures, &mut parts);
        match parts[..] {
            [single] => single,
            _ => {
                let facts = self.builder.facts();
                let ends = |id: Option<&ExprId>| id.map_or(Span::default(), |id| facts[*id].span);
                let place = Span::new(ends(parts.first()).start, ends(parts.last()).end);
                let parts = self.builder.list(&parts);
                self.builder.expr(ExprKind::Both(parts), place)
            }
        }
    }

    fn conjuncts<'e>(&mut self, expr: &'e Expr, captures: &mut Vec<(&'e Pat, ExprId)>, parts: &mut Vec<ExprId>) {
        // `a && b && c` groups to the left, so its operands come off from the right.
        let mut spine = Vec::new();
        let mut first = expr;
        while let Expr::Binary(node) = first
            && matches!(node.op, syn::BinOp::And(_))
        {
            spine.push(&*node.right);
            first = &node.left;
        }
        for operand in std::iter::once(first).chain(spine.into_iter().rev()) {
            match operand {
                Expr::Let(node) => {
                    let subject = self.value(&node.expr);
                    captures.push((&node.pat, subject));
                    parts.push(self.pattern_condition(&node.pat, subject).unwrap_or(subject));
                }
                other => parts.push(self.value(other)),
            }
        }
    }

    // `match`

    fn match_expr(&mut self, node: &ExprMatch, want: Want) -> Outflow {
        let sides: Vec<Option<Outcome<'_>>> = node.arms.iter().map(|arm| self.result_side(&arm.pat)).collect();
        let end = self.places.start(node.brace_token.span.close());
        if sides.iter().any(Option::is_some) {
            let (attempt, subject) = self.attempt(&node.expr);
            let mut flows = Vec::with_capacity(node.arms.len());
            for (arm, side) in node.arms.iter().zip(sides) {
                let flow = self.result_arm(arm, side, attempt, subject, end, want);
                let inner = self.inner_name(&arm.pat).map(|name| (name, subject));
                flows.push((flow, inner));
            }
            return self.join(&flows, subject);
        }
        let subject = self.value(&node.expr);
        let mut refused = Vec::new();
        let mut flows = Vec::with_capacity(node.arms.len());
        for arm in &node.arms {
            let flow = self.value_arm(arm, subject, &mut refused, end, want);
            let inner = self.inner_name(&arm.pat).map(|name| (name, subject));
            flows.push((flow, inner));
        }
        self.join(&flows, subject)
    }

    /// An arm of a `match` on a `Result`.
    fn result_arm(
        &mut self,
        arm: &Arm,
        side: Option<Outcome<'_>>,
        attempt: BlockId,
        subject: ExprId,
        end: u32,
        want: Want,
    ) -> Outflow {
        let span = self.arm_span(arm, end);
        match side {
            Some(Outcome::Success(inner)) => {
                let block = self.success(attempt, inner, subject, span);
                self.within(block, |walk| {
                    walk.bind_pattern(inner, BindingKind::Value(subject), None);
                    walk.guarded(arm, span, want)
                })
            }
            Some(Outcome::Failure(inner)) => {
                let catches = self.caught(inner);
                let block = self.open(BlockKind::Rescue { attempt, catches }, span);
                self.within(block, |walk| {
                    walk.bind_error(inner, catches);
                    walk.guarded(arm, span, want)
                })
            }
            // What is left over when `Ok` was taken.
            None => {
                let catches = None;
                let block = self.open(BlockKind::Rescue { attempt, catches }, span);
                self.within(block, |walk| {
                    walk.bind_pattern(&arm.pat, BindingKind::Unknown, None);
                    walk.guarded(arm, span, want)
                })
            }
        }
    }

    /// The block behind an attempt that went well, and the one inside it if the value must have a shape, too.
    fn success(&mut self, attempt: BlockId, inner: &Pat, subject: ExprId, span: Span) -> BlockId {
        // `Ok(Type { … })` is nearly always the type of the value, not one of its variants.
        let is_type = matches!(inner, Pat::Struct(node) if node.path.segments.len() == 1);
        let condition = if is_type {
            None
        } else {
            self.pattern_condition(inner, subject)
        };
        let block = self.open(BlockKind::Otherwise { attempt }, span);
        match condition {
            None => block,
            Some(condition) => {
                let outside = std::mem::replace(&mut self.block, block);
                let inside = self.open(BlockKind::Branch { condition, holds: true }, span);
                self.block = outside;
                inside
            }
        }
    }

    fn bind_error(&mut self, inner: &Pat, catches: Option<ExprId>) {
        let kind = match inner {
            Pat::Ident(_) | Pat::Reference(_) => BindingKind::Caught(catches),
            _ => BindingKind::Unknown,
        };
        self.bind_pattern(inner, kind, None);
    }

    /// An arm of any other `match`; `refused` are the conditions under which an arm before it was taken.
    fn value_arm(&mut self, arm: &Arm, subject: ExprId, refused: &mut Vec<ExprId>, end: u32, want: Want) -> Outflow {
        let span = self.arm_span(arm, end);
        let kind = BindingKind::Value(subject);
        let is_guarded = matches!(arm.pat, Pat::Guard(_));
        let condition = self.pattern_condition(&arm.pat, subject);
        let (condition, holds) = match condition {
            Some(condition) => {
                if !is_guarded {
                    refused.push(condition);
                }
                (Some(condition), true)
            }
            None if is_guarded => (None, true),
            None => (self.either(refused), false),
        };
        let Some(condition) = condition else {
            self.bind_pattern(&arm.pat, kind, None);
            return self.guarded(arm, span, want);
        };
        let block = self.open(BlockKind::Branch { condition, holds }, span);
        self.within(block, |walk| {
            walk.bind_pattern(&arm.pat, kind, None);
            walk.guarded(arm, span, want)
        })
    }

    /// The body of an arm, inside the branch of its guard if it has one.
    fn guarded(&mut self, arm: &Arm, span: Span, want: Want) -> Outflow {
        if self.units.is_some() {
            let start = self.places.start(arm.fat_arrow_token.spans[0]);
            let end = body_start(&arm.body).map_or(span.end, |brace| self.places.start(brace));
            self.unit(start, end);
        }
        let Pat::Guard(guard) = &arm.pat else {
            return self.control(&arm.body, want);
        };
        let mut captures = Vec::new();
        let condition = self.condition(&guard.guard, &mut captures);
        let block = self.open(BlockKind::Branch { condition, holds: true }, span);
        self.within(block, |walk| {
            for (pattern, subject) in captures {
                walk.bind_pattern(pattern, BindingKind::Value(subject), None);
            }
            walk.control(&arm.body, want)
        })
    }

    fn arm_span(&self, arm: &Arm, match_end: u32) -> Span {
        if let Expr::Block(body) = &*arm.body {
            return self.brace_span(&body.block);
        }
        let end = match &arm.comma {
            Some(comma) => self.places.start(comma.spans[0]),
            None => match_end,
        };
        Span::new(self.start_of(&arm.body), end)
    }

    /// What comes of several arms of which one is taken. An arm may give a name to what is inside the subject.
    ///
    /// An arm that ends the function gives no value, so `match x { Some(y) => y, None => return }` is `x`; and with another value
    /// in the place of the `return`, it is the first of both that is there.
    pub(super) fn join(&mut self, flows: &[(Outflow, Option<(Name, ExprId)>)], condition: ExprId) -> Outflow {
        let exits = || flows.iter().map(|((_, exit), _)| *exit);
        let exit = if exits().all(|exit| exit != Exit::FallsThrough) {
            let returning = exits().find(|exit| matches!(exit, Exit::Returns(_)));
            returning.or_else(|| exits().next()).unwrap_or(Exit::FallsThrough)
        } else {
            Exit::FallsThrough
        };
        let mut present = None;
        let mut values = Vec::with_capacity(flows.len() + 1);
        for ((value, _), inner) in flows {
            let Some(value) = *value else { continue };
            let kind = self.builder.facts()[value].kind;
            match inner {
                Some((name, subject)) if matches!(kind, ExprKind::Name { name: given, .. } if given == *name) => {
                    present = Some(*subject);
                }
                _ => values.push(value),
            }
        }
        let how = match present {
            Some(subject) => {
                values.insert(0, subject);
                How::FirstPresent
            }
            None => How::ByCondition,
        };
        match values[..] {
            [] => (None, exit),
            [single] => (Some(single), Exit::FallsThrough),
            _ => {
                let place = self.builder.facts()[condition].span;
                if how == How::ByCondition {
                    values.push(condition);
                }
                let options = self.builder.list(&values);
                let choice = self.builder.expr(ExprKind::Choice { options, how }, place);
                (Some(choice), Exit::FallsThrough)
            }
        }
    }

    // Loops and jumps

    fn loop_expr(&mut self, node: &ExprLoop, want: Want) -> Outflow {
        let label = node.label.as_ref().map(|label| self.places.ident(&label.name.ident).0);
        self.breakable(FrameKind::Loop(label), want, |walk| {
            walk.body(
                BlockKind::Loop {
                    over: None,
                    awaits: false,
                },
                &node.body,
                Want::Nothing,
            );
            (None, Exit::FallsThrough)
        })
    }

    fn while_expr(&mut self, node: &ExprWhile) {
        let label = node.label.as_ref().map(|label| self.places.ident(&label.name.ident).0);
        let mut captures = Vec::new();
        self.condition(&node.cond, &mut captures);
        let block = self.open(
            BlockKind::Loop {
                over: None,
                awaits: false,
            },
            self.brace_span(&node.body),
        );
        self.breakable(FrameKind::Loop(label), Want::Nothing, |walk| {
            walk.within(block, |walk| {
                for (pattern, subject) in captures {
                    walk.bind_pattern(pattern, BindingKind::Value(subject), None);
                }
                walk.statements(&node.body.stmts, Want::Nothing)
            })
        });
    }

    fn for_expr(&mut self, node: &ExprForLoop) {
        let label = node.label.as_ref().map(|label| self.places.ident(&label.name.ident).0);
        let over = self.value(&node.expr);
        let over = self.elements_of(over);
        let block = self.open(
            BlockKind::Loop {
                over: Some(over),
                awaits: false,
            },
            self.brace_span(&node.body),
        );
        self.breakable(FrameKind::Loop(label), Want::Nothing, |walk| {
            walk.within(block, |walk| {
                walk.bind_pattern(&node.pat, BindingKind::Element { over }, None);
                walk.statements(&node.body.stmts, Want::Nothing)
            })
        });
    }

    /// Walks something that `break` leaves with a value.
    fn breakable(
        &mut self,
        kind: FrameKind<'a>,
        want: Want,
        walk_inside: impl FnOnce(&mut Self) -> Outflow,
    ) -> Outflow {
        let (flow, mut values) = self.framed(kind, walk_inside);
        values.extend(flow.0);
        match self.one_of(&values) {
            Some(value) => self.hand(value, want),
            None => (None, flow.1),
        }
    }

    /// Walks a closure where it is called; gives everything it may return.
    pub(super) fn closure_values(&mut self, walk_inside: impl FnOnce(&mut Self) -> Outflow) -> (Vec<ExprId>, Exit) {
        let ((value, exit), mut values) = self.framed(FrameKind::Closure, walk_inside);
        values.extend(value);
        (values, exit)
    }

    fn framed(
        &mut self,
        kind: FrameKind<'a>,
        walk_inside: impl FnOnce(&mut Self) -> Outflow,
    ) -> (Outflow, Vec<ExprId>) {
        let values = Vec::new();
        self.frames.push(Frame { kind, values });
        let flow = walk_inside(self);
        let values = self.frames.pop().map_or_else(Vec::new, |frame| frame.values);
        (flow, values)
    }

    /// Several values that one place may have.
    fn one_of(&mut self, values: &[ExprId]) -> Option<ExprId> {
        match values {
            [] => None,
            [single] => Some(*single),
            [first, ..] => {
                let place = self.builder.facts()[*first].span;
                let condition = self.builder.expr(ExprKind::Opaque, place);
                let mut values = values.to_vec();
                values.push(condition);
                let options = self.builder.list(&values);
                let how = How::ByCondition;
                Some(self.builder.expr(ExprKind::Choice { options, how }, place))
            }
        }
    }

    fn break_expr(&mut self, node: &ExprBreak) -> Exit {
        let Some(expr) = &node.expr else { return Exit::Jumps };
        let value = self.value(expr);
        let label = node.label.as_ref().map(|label| self.places.ident(&label.ident).0);
        let frame = self.frames.iter_mut().rev().find(|frame| match (&frame.kind, label) {
            (FrameKind::Loop(_), None) => true,
            (FrameKind::Loop(Some(own)), Some(label)) => *own == label,
            (FrameKind::Labelled(own), Some(label)) => *own == label,
            _ => false,
        });
        if let Some(frame) = frame {
            frame.values.push(value);
        }
        Exit::Jumps
    }

    fn return_expr(&mut self, node: &ExprReturn) -> Exit {
        let closure = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Closure);
        if let Some(closure) = closure {
            if let Some(expr) = &node.expr {
                let value = self.value(expr);
                self.frames[closure].values.push(value);
            }
            return Exit::Jumps;
        }
        match &node.expr {
            None => {
                self.returned(None, false);
                Exit::Returns(None)
            }
            Some(expr) => match self.control(expr, Want::Return).1 {
                // `return` of something that has no value of its own, such as a loop.
                Exit::FallsThrough => Exit::Returns(None),
                exit => exit,
            },
        }
    }

    // What a waiver can speak for

    pub(super) fn unit(&mut self, start: u32, end: u32) {
        if let Some(units) = &mut self.units {
            units.push(Span::new(start, end));
        }
    }

    /// A statement, or its head if a body follows.
    fn statement_unit(&mut self, expr: &Expr, semi: Option<proc_macro2::Span>) {
        if self.units.is_none() {
            return;
        }
        let start = self.start_of(expr);
        let end = match (body_start(expr), semi) {
            (Some(brace), _) => self.places.start(brace),
            (None, Some(semi)) => self.places.end(semi),
            (None, None) => self.end_of(expr),
        };
        self.unit(start, end);
    }
}

/// The opening brace of a statement with a body.
fn body_start(expr: &Expr) -> Option<proc_macro2::Span> {
    let span = match expr {
        Expr::If(node) => node.then_branch.brace_token.span,
        Expr::Match(node) => node.brace_token.span,
        Expr::While(node) => node.body.brace_token.span,
        Expr::ForLoop(node) => node.body.brace_token.span,
        Expr::Loop(node) => node.body.brace_token.span,
        Expr::Block(node) => node.block.brace_token.span,
        Expr::Unsafe(node) => node.block.brace_token.span,
        _ => return None,
    };
    Some(span.open())
}
