//! Statements: scopes, bindings, blocks, definitions.

use super::{Walk, span, span_of};
use crate::facts::{
    Access, Anchor, BindingKind, Block, BlockId, BlockKind, Class, Comparison, Exit, ExprId, ExprKind, Function,
    FunctionId, Import, MODULE_SCOPE, Name, Parameter, ParameterKind, Range, Return, ScopeId, ScopeKind, Store,
};
use crate::source::Span;
use ruff_python_ast::{
    self as ast, Alias, Decorator, ExceptHandler, Expr, Identifier, Parameters, Pattern, Stmt, StmtClassDef,
    StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom, StmtMatch, StmtTry, StmtWith,
};
use ruff_text_size::Ranged;

impl Walk<'_> {
    pub(super) fn suite(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(node) => self.function_definition(node),
            Stmt::ClassDef(node) => self.class_definition(node),
            Stmt::Return(node) => {
                let value = node.value.as_deref().map(|value| self.expression(value));
                self.returns(value, false);
            }
            Stmt::Delete(node) => {
                for target in &node.targets {
                    self.delete(target);
                }
            }
            Stmt::TypeAlias(node) => {
                let value = self.annotation(&node.value);
                if let Expr::Name(name) = &*node.name {
                    self.bind(name.id.as_str(), BindingKind::Value(value), span(name));
                }
            }
            Stmt::Assign(node) => {
                let value = self.expression(&node.value);
                for target in &node.targets {
                    self.assign(target, value);
                }
            }
            Stmt::AugAssign(node) => {
                let value = self.expression(&node.value);
                match &*node.target {
                    Expr::Name(name) => self.bind(name.id.as_str(), BindingKind::Changed(value), span(name)),
                    target => self.store(target, Some(value), None),
                }
            }
            Stmt::AnnAssign(node) => self.annotated_assignment(node),
            Stmt::For(node) => {
                let over = self.expression(&node.iter);
                let block = self.block_of(
                    BlockKind::Loop {
                        over: Some(over),
                        awaits: node.is_async,
                    },
                    &node.body,
                );
                self.within_block(block, |walk| {
                    walk.loop_target(&node.target, over);
                    walk.suite(&node.body);
                });
                self.close(block, &node.body);
                self.suite(&node.orelse);
            }
            Stmt::While(node) => {
                self.expression(&node.test);
                self.body(
                    BlockKind::Loop {
                        over: None,
                        awaits: false,
                    },
                    &node.body,
                );
                self.suite(&node.orelse);
            }
            Stmt::If(node) => self.if_statement(node),
            Stmt::With(node) => self.with_statement(node),
            Stmt::Match(node) => self.match_statement(node),
            Stmt::Raise(node) => {
                let raised = node.exc.as_ref().map(|error| self.expression(error));
                self.builder.set_exit(self.block, Exit::Raises(raised));
                if let Some(cause) = &node.cause {
                    self.expression(cause);
                }
            }
            Stmt::Try(node) => self.try_statement(node),
            Stmt::Assert(node) => {
                // `assert x, y` is `if not x: raise AssertionError(y)`.
                let condition = self.expression(&node.test);
                let place = node
                    .msg
                    .as_ref()
                    .map_or_else(|| Span::new(span(node).end, span(node).end), |message| span(&**message));
                let block = self.open(
                    BlockKind::Branch {
                        condition,
                        holds: false,
                    },
                    place,
                );
                self.builder.set_exit(block, Exit::Raises(None));
                if let Some(message) = &node.msg {
                    self.within_block(block, |walk| walk.expression(message));
                }
            }
            Stmt::Import(node) => self.import_statement(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Global(node) => self.outer(&node.names, Some(MODULE_SCOPE)),
            Stmt::Nonlocal(node) => self.outer(&node.names, None),
            // A string that stands alone is documentation.
            Stmt::Expr(node) if matches!(&*node.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)) => {}
            Stmt::Expr(node) => {
                let value = self.expression(&node.value);
                self.builder.set_discarded(value);
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    // Definitions

    fn function_definition(&mut self, node: &StmtFunctionDef) {
        let decorators = self.decorators(&node.decorator_list);
        let name = self.builder.name(node.name.as_str());
        let function = self.function(FunctionParts {
            name: Some(name),
            span: span(&node.name),
            extent: span(node),
            is_async: node.is_async,
            decorators,
            parameters: Some(&node.parameters),
            returns: node.returns.as_deref(),
            body_span: body_span(&node.body),
        });
        self.bind(node.name.as_str(), BindingKind::Function(function), span(&node.name));
        self.enter_function(function, |walk, body| {
            walk.suite(&node.body);
            walk.close(body, &node.body);
        });
    }

    /// Announces a function, its parameters bound; its body is walked by [`Walk::enter_function`].
    pub(super) fn function(&mut self, parts: FunctionParts<'_>) -> FunctionId {
        let mut parameters = Vec::new();
        if let Some(declared) = parts.parameters {
            self.parameters(declared, &mut parameters);
        }
        let returns = parts.returns.map(|annotation| self.annotation(annotation));
        let scope = self.builder.scope(ScopeKind::Module, Some(self.scope));
        let body = self.builder.block(Block {
            scope,
            parent: Some(self.block),
            kind: BlockKind::Body,
            exit: Exit::FallsThrough,
            span: parts.body_span,
        });
        let range = self.builder.parameters(&parameters);
        let function = self.builder.function(Function {
            name: parts.name,
            span: parts.span,
            extent: parts.extent,
            parent: self.scope,
            scope,
            class: self.class,
            parameters: range,
            decorators: parts.decorators,
            returns,
            body,
            block: self.block,
            is_async: parts.is_async,
            is_generator: false,
            is_test: false,
        });
        self.builder.set_scope_kind(scope, ScopeKind::Function(function));
        for (index, parameter) in parameters.iter().enumerate() {
            let kind = BindingKind::Parameter(u32::try_from(index).unwrap_or(u32::MAX));
            self.builder
                .bind_annotated(scope, parameter.name, kind, parameter.annotation, parameter.span, body);
        }
        function
    }

    pub(super) fn enter_function(&mut self, function: FunctionId, walk_body: impl FnOnce(&mut Self, BlockId)) {
        let Function { scope, body, .. } = self.builder.facts()[function];
        let outside = (
            self.scope,
            self.block,
            self.function.replace(function),
            self.class.take(),
        );
        (self.scope, self.block) = (scope, body);
        walk_body(self, body);
        (self.scope, self.block, self.function, self.class) = outside;
    }

    fn parameters(&mut self, declared: &Parameters, out: &mut Vec<Parameter>) {
        let groups = [
            (&declared.posonlyargs, ParameterKind::Positional),
            (&declared.args, ParameterKind::Either),
            (&declared.kwonlyargs, ParameterKind::Keyword),
        ];
        for (group, kind) in groups {
            if kind == ParameterKind::Keyword
                && let Some(rest) = &declared.vararg
            {
                out.push(self.parameter(rest, ParameterKind::Rest, None));
            }
            for parameter in group {
                out.push(self.parameter(&parameter.parameter, kind, parameter.default.as_deref()));
            }
        }
        if let Some(rest) = &declared.kwarg {
            out.push(self.parameter(rest, ParameterKind::KeywordRest, None));
        }
    }

    fn parameter(&mut self, parameter: &ast::Parameter, kind: ParameterKind, default: Option<&Expr>) -> Parameter {
        Parameter {
            name: self.builder.name(parameter.name.as_str()),
            kind,
            default: default.map(|default| self.expression(default)),
            annotation: parameter
                .annotation
                .as_deref()
                .map(|annotation| self.annotation(annotation)),
            span: span(&parameter.name),
        }
    }

    fn decorators(&mut self, decorators: &[Decorator]) -> Range {
        let lowered: Vec<ExprId> = decorators
            .iter()
            .map(|decorator| self.expression(&decorator.expression))
            .collect();
        self.builder.list(&lowered)
    }

    fn class_definition(&mut self, node: &StmtClassDef) {
        let decorators = self.decorators(&node.decorator_list);
        let mut bases = Vec::new();
        if let Some(arguments) = &node.arguments {
            bases.extend(arguments.args.iter().map(|base| self.expression(base)));
            for keyword in &arguments.keywords {
                self.expression(&keyword.value);
            }
        }
        let bases = self.builder.list(&bases);
        let scope = self.builder.scope(ScopeKind::Module, Some(self.scope));
        let body = self.builder.block(Block {
            scope,
            parent: Some(self.block),
            kind: BlockKind::Body,
            exit: Exit::FallsThrough,
            span: body_span(&node.body),
        });
        let name = self.builder.name(node.name.as_str());
        let class = self.builder.class(Class {
            name,
            span: span(&node.name),
            extends: None,
            extent: span(node),
            parent: self.scope,
            scope,
            bases,
            decorators,
            body,
            block: self.block,
        });
        self.builder.set_scope_kind(scope, ScopeKind::Class(class));
        self.bind(node.name.as_str(), BindingKind::Class(class), span(&node.name));
        let outside = (self.scope, self.block, self.class.replace(class));
        (self.scope, self.block) = (scope, body);
        self.suite(&node.body);
        (self.scope, self.block, self.class) = outside;
    }

    // Bindings

    /// Binds a name where the walk stands, or where `global` and `nonlocal` say it belongs.
    pub(super) fn bind(&mut self, name: &str, kind: BindingKind, place: Span) {
        let name = self.builder.name(name);
        let scope = self.scope_of(name);
        self.builder.bind(scope, name, kind, place, self.block);
    }

    fn bind_typed(&mut self, name: &str, kind: BindingKind, annotation: Option<ExprId>, place: Span) {
        let name = self.builder.name(name);
        let scope = self.scope_of(name);
        self.builder
            .bind_annotated(scope, name, kind, annotation, place, self.block);
    }

    fn scope_of(&self, name: Name) -> ScopeId {
        self.outer_names.get(&(self.scope, name)).copied().unwrap_or(self.scope)
    }

    /// `global` (with the module as `target`) and `nonlocal` declarations.
    fn outer(&mut self, names: &[Identifier], target: Option<ScopeId>) {
        for name in names {
            let name = self.builder.name(name.as_str());
            let target = target.unwrap_or_else(|| self.enclosing_function_scope());
            self.outer_names.insert((self.scope, name), target);
        }
    }

    fn enclosing_function_scope(&self) -> ScopeId {
        let facts = self.builder.facts();
        let mut scope = self.scope;
        while let Some(parent) = facts[scope].parent {
            if matches!(facts[parent].kind, ScopeKind::Function(_)) {
                return parent;
            }
            scope = parent;
        }
        self.scope
    }

    pub(super) fn assign(&mut self, target: &Expr, value: ExprId) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), BindingKind::Value(value), span(name)),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.unpack(elts, value)
            }
            Expr::Starred(starred) => self.bind_all(&starred.value, BindingKind::Unknown),
            target => self.store(target, Some(value), None),
        }
    }

    /// `a, b = value`: element by element where the value is written out, by position where it is not.
    fn unpack(&mut self, targets: &[Expr], value: ExprId) {
        let facts = self.builder.facts();
        let written = match facts[value].kind {
            ExprKind::Group(range) => facts.list(range).to_vec(),
            _ => Vec::new(),
        };
        let spliced = written
            .iter()
            .any(|element| matches!(self.builder.facts()[*element].kind, ExprKind::Through(_)));
        let rest = targets.iter().position(Expr::is_starred_expr);
        if !spliced && rest.is_none() && written.len() == targets.len() {
            for (target, element) in targets.iter().zip(written) {
                self.assign(target, element);
            }
            return;
        }
        if let Some(rest) = rest
            && !spliced
            && written.len() + 1 >= targets.len()
        {
            // `first, *others, last = a, b, c, d`
            let behind = written.len() - (targets.len() - rest - 1);
            for (target, element) in targets[..rest].iter().zip(&written) {
                self.assign(target, *element);
            }
            let others = self.builder.list(&written[rest..behind]);
            let others = self.builder.expr(ExprKind::Group(others), span(&targets[rest]));
            if let Expr::Starred(starred) = &targets[rest] {
                self.assign(&starred.value, others);
            }
            for (target, element) in targets[rest + 1..].iter().zip(&written[behind..]) {
                self.assign(target, *element);
            }
            return;
        }
        for (position, target) in targets.iter().enumerate() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            match target {
                Expr::Name(name) if rest.is_none_or(|rest| (position as usize) < rest) => {
                    self.bind(name.id.as_str(), BindingKind::Unpacked { value, position }, span(name));
                }
                target => self.bind_all(target, BindingKind::Unknown),
            }
        }
    }

    pub(super) fn loop_target(&mut self, target: &Expr, over: ExprId) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), BindingKind::Element { over }, span(name)),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (position, element) in elts.iter().enumerate() {
                    if let Expr::Name(name) = element {
                        let position = u32::try_from(position).unwrap_or(u32::MAX);
                        self.bind(
                            name.id.as_str(),
                            BindingKind::ElementUnpacked { over, position },
                            span(name),
                        );
                    } else {
                        self.bind_all(element, BindingKind::Unknown);
                    }
                }
            }
            target => self.bind_all(target, BindingKind::Unknown),
        }
    }

    /// Binds every name in a target of any shape; members and items of it are written without a known value.
    fn bind_all(&mut self, target: &Expr, kind: BindingKind) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), kind, span(name)),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for element in elts {
                    self.bind_all(element, kind);
                }
            }
            Expr::Starred(starred) => self.bind_all(&starred.value, kind),
            target => self.store(target, None, None),
        }
    }

    fn annotated_assignment(&mut self, node: &ast::StmtAnnAssign) {
        let annotation = self.annotation(&node.annotation);
        let value = node.value.as_deref().map(|value| self.expression(value));
        match &*node.target {
            Expr::Name(target) => {
                let name = self.builder.name(target.id.as_str());
                let kind = value.map_or(BindingKind::Declared, BindingKind::Value);
                let scope = self.scope_of(name);
                self.builder
                    .bind_annotated(scope, name, kind, Some(annotation), span(target), self.block);
            }
            target => self.store(target, value, Some(annotation)),
        }
    }

    fn store(&mut self, target: &Expr, value: Option<ExprId>, annotation: Option<ExprId>) {
        let target = self.place(target, Access::Write);
        self.builder.store(Store {
            target,
            value,
            annotation,
            block: self.block,
        });
    }

    fn delete(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), BindingKind::Deleted, span(name)),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for element in elts {
                    self.delete(element);
                }
            }
            Expr::Attribute(_) => {
                let member = self.place(target, Access::Delete);
                self.builder.deletion(member);
            }
            target => _ = self.place(target, Access::Delete),
        }
    }

    pub(super) fn returns(&mut self, value: Option<ExprId>, is_yield: bool) {
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

    fn block_of(&mut self, kind: BlockKind, body: &[Stmt]) -> BlockId {
        self.open(kind, body_span(body))
    }

    pub(super) fn open(&mut self, kind: BlockKind, span: Span) -> BlockId {
        self.builder.block(Block {
            scope: self.scope,
            parent: Some(self.block),
            kind,
            exit: Exit::FallsThrough,
            span,
        })
    }

    pub(super) fn within_block<T>(&mut self, block: BlockId, walk_body: impl FnOnce(&mut Self) -> T) -> T {
        let outside = std::mem::replace(&mut self.block, block);
        let result = walk_body(self);
        self.block = outside;
        result
    }

    fn body(&mut self, kind: BlockKind, body: &[Stmt]) -> BlockId {
        let block = self.block_of(kind, body);
        self.within_block(block, |walk| walk.suite(body));
        self.close(block, body);
        block
    }

    /// Says how a walked block ends.
    fn close(&mut self, block: BlockId, body: &[Stmt]) {
        // What it raises was told when the statement was walked.
        if !matches!(body.last(), Some(Stmt::Raise(_))) {
            let exit = self.exit_of(body);
            self.builder.set_exit(block, exit);
        }
    }

    fn exit_of(&self, body: &[Stmt]) -> Exit {
        let facts = self.builder.facts();
        match body.last() {
            Some(Stmt::Return(node)) => {
                // The return was recorded when it was walked, so it need not be lowered again.
                let value = node.value.as_ref().map(|value| span(&**value)).and_then(|place| {
                    let values = facts.returns.iter().rev().filter_map(|returned| returned.value);
                    values.into_iter().find(|value| place.contains(facts[*value].span))
                });
                Exit::Returns(value)
            }
            Some(Stmt::Raise(_)) => Exit::Raises(None),
            Some(Stmt::Break(_) | Stmt::Continue(_)) => Exit::Jumps,
            Some(Stmt::With(node)) if node.items.iter().any(|item| suppresses(&item.context_expr)) => {
                Exit::FallsThrough
            }
            Some(Stmt::With(node)) => self.exit_of(&node.body),
            Some(Stmt::If(node)) => {
                let has_else = node
                    .elif_else_clauses
                    .last()
                    .is_some_and(|clause| clause.test.is_none());
                let mut arms =
                    std::iter::once(&node.body).chain(node.elif_else_clauses.iter().map(|clause| &clause.body));
                if has_else && arms.clone().all(|arm| self.exit_of(arm) != Exit::FallsThrough) {
                    arms.next().map_or(Exit::FallsThrough, |arm| self.exit_of(arm))
                } else {
                    Exit::FallsThrough
                }
            }
            Some(Stmt::Try(node)) => {
                let last = if node.orelse.is_empty() {
                    &node.body
                } else {
                    &node.orelse
                };
                let handlers = node
                    .handlers
                    .iter()
                    .map(|ExceptHandler::ExceptHandler(handler)| &handler.body);
                if handlers.clone().all(|body| self.exit_of(body) != Exit::FallsThrough) {
                    self.exit_of(last)
                } else {
                    Exit::FallsThrough
                }
            }
            _ => Exit::FallsThrough,
        }
    }

    fn if_statement(&mut self, node: &StmtIf) {
        let outside = self.block;
        if is_main_guard(&node.test) {
            self.body(BlockKind::Main, &node.body);
        } else {
            let condition = self.expression(&node.test);
            self.body(BlockKind::Branch { condition, holds: true }, &node.body);
            self.else_clauses(condition, &node.elif_else_clauses, node.range().end().to_u32());
        }
        self.block = outside;
    }

    /// `elif` and `else`: each stands inside the branch in which the condition before it did not hold.
    fn else_clauses(&mut self, mut condition: ExprId, clauses: &[ast::ElifElseClause], end: u32) {
        for clause in clauses {
            let otherwise = BlockKind::Branch {
                condition,
                holds: false,
            };
            let Some(test) = &clause.test else {
                self.body(otherwise, &clause.body);
                return;
            };
            self.block = self.open(otherwise, Span::new(clause.start().to_u32(), end));
            condition = self.expression(test);
            self.body(BlockKind::Branch { condition, holds: true }, &clause.body);
        }
    }

    fn with_statement(&mut self, node: &StmtWith) {
        let outside = self.block;
        let mut opened = Vec::new();
        let mut suppressing = Vec::new();
        for item in &node.items {
            let entered = self.expression(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                let kind = if target.is_name_expr() {
                    BindingKind::Entered(entered)
                } else {
                    BindingKind::Unknown
                };
                self.bind_all(target, kind);
            }
            self.block = self.open(
                BlockKind::Within {
                    entered,
                    awaits: node.is_async,
                },
                body_span(&node.body),
            );
            opened.push(self.block);
            if suppresses(&item.context_expr) {
                self.block = self.open(BlockKind::Attempt, body_span(&node.body));
                opened.push(self.block);
                suppressing.push((self.block, self.arguments_as_one(entered)));
            }
        }
        self.suite(&node.body);
        for block in opened {
            self.close(block, &node.body);
        }
        self.block = outside;
        let end = node.range().end().to_u32();
        for (attempt, catches) in suppressing {
            self.open(BlockKind::Rescue { attempt, catches }, Span::new(end, end));
        }
    }

    /// The arguments of a call as one value: the only one, or a group of them.
    fn arguments_as_one(&mut self, call: ExprId) -> Option<ExprId> {
        let facts = self.builder.facts();
        let ExprKind::Call(call) = facts[call].kind else {
            return None;
        };
        let arguments = facts.arguments(&facts[call]);
        let values: Vec<ExprId> = arguments.iter().map(|argument| argument.value).collect();
        match values[..] {
            [] => None,
            [only] => Some(only),
            [first, .., last] => {
                let place = Span::new(facts[first].span.start, facts[last].span.end);
                let values = self.builder.list(&values);
                Some(self.builder.expr(ExprKind::Group(values), place))
            }
        }
    }

    fn try_statement(&mut self, node: &StmtTry) {
        let attempt = self.body(BlockKind::Attempt, &node.body);
        for ExceptHandler::ExceptHandler(handler) in &node.handlers {
            let catches = handler.type_.as_deref().map(|caught| self.expression(caught));
            let block = self.open(BlockKind::Rescue { attempt, catches }, span(handler));
            self.within_block(block, |walk| {
                if let Some(name) = &handler.name {
                    walk.bind(name.as_str(), BindingKind::Caught(catches), span(name));
                }
                walk.suite(&handler.body);
            });
            self.close(block, &handler.body);
        }
        if !node.orelse.is_empty() {
            self.body(BlockKind::Otherwise { attempt }, &node.orelse);
        }
        if !node.finalbody.is_empty() {
            self.body(BlockKind::Always, &node.finalbody);
        }
    }

    fn match_statement(&mut self, node: &StmtMatch) {
        let subject = self.expression(&node.subject);
        for case in &node.cases {
            let condition = self.pattern(&case.pattern, subject);
            let block = self.block_of(BlockKind::Branch { condition, holds: true }, &case.body);
            self.within_block(block, |walk| {
                walk.captures(&case.pattern, Some(subject));
                if let Some(guard) = &case.guard {
                    walk.expression(guard);
                }
                walk.suite(&case.body);
            });
            self.close(block, &case.body);
        }
    }

    /// The condition under which `subject` has the shape of a pattern, as far as it is one of values.
    fn pattern(&mut self, pattern: &Pattern, subject: ExprId) -> ExprId {
        let place = span(pattern);
        match pattern {
            Pattern::MatchValue(node) => {
                let right = self.expression(&node.value);
                self.builder.expr(
                    ExprKind::Compare {
                        operator: Comparison::Equal,
                        left: subject,
                        right,
                    },
                    place,
                )
            }
            Pattern::MatchOr(node) => {
                let options: Vec<ExprId> = node
                    .patterns
                    .iter()
                    .map(|option| self.pattern(option, subject))
                    .collect();
                let options = self.builder.list(&options);
                self.builder.expr(
                    ExprKind::Choice {
                        options,
                        how: crate::facts::How::FirstPresent,
                    },
                    place,
                )
            }
            Pattern::MatchClass(node) => {
                self.expression(&node.cls);
                self.builder.expr(ExprKind::Opaque, place)
            }
            _ => self.builder.expr(ExprKind::Opaque, place),
        }
    }

    /// Binds the names in a pattern; that of the whole to `subject`, where it is the pattern of a whole.
    fn captures(&mut self, pattern: &Pattern, subject: Option<ExprId>) {
        let capture = |walk: &mut Self, name: &Option<Identifier>| {
            if let Some(name) = name {
                walk.bind(name.as_str(), BindingKind::Unknown, span(name));
            }
        };
        match pattern {
            Pattern::MatchSequence(node) => self.positions(&node.patterns, subject),
            Pattern::MatchOr(node) => node.patterns.iter().for_each(|inner| self.captures(inner, None)),
            Pattern::MatchMapping(node) => {
                for (key, inner) in node.keys.iter().zip(&node.patterns) {
                    let item = subject.map(|object| {
                        let key = self.expression(key);
                        let access = Access::Read;
                        self.builder.expr(ExprKind::Index { object, key, access }, span(inner))
                    });
                    self.captures(inner, item);
                }
                capture(self, &node.rest);
            }
            Pattern::MatchClass(node) => {
                self.positions(&node.arguments.patterns, subject);
                for keyword in &node.arguments.keywords {
                    let member = subject.map(|object| {
                        let name = self.builder.name(keyword.attr.as_str());
                        self.builder.expr(ExprKind::Member { object, name }, span(keyword))
                    });
                    self.captures(&keyword.pattern, member);
                }
            }
            Pattern::MatchStar(node) => capture(self, &node.name),
            Pattern::MatchAs(node) => {
                if let Some(inner) = &node.pattern {
                    self.captures(inner, None);
                }
                match (&node.name, subject) {
                    (Some(name), Some(subject)) => {
                        // `case Move() as move`: what it is called and which class it is of.
                        let class = match node.pattern.as_deref() {
                            Some(Pattern::MatchClass(of)) => Some(self.expression(&of.cls)),
                            _ => None,
                        };
                        self.bind_typed(name.as_str(), BindingKind::Value(subject), class, span(name));
                    }
                    _ => capture(self, &node.name),
                }
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
    }

    /// Binds the names of patterns that stand for the positions of `subject`.
    fn positions(&mut self, patterns: &[Pattern], subject: Option<ExprId>) {
        let mut is_counted = true;
        for (position, pattern) in (0..).zip(patterns) {
            is_counted &= !matches!(pattern, Pattern::MatchStar(_));
            match (pattern, subject.filter(|_| is_counted)) {
                (Pattern::MatchAs(node), Some(value)) if node.pattern.is_none() => {
                    if let Some(name) = &node.name {
                        self.bind(name.as_str(), BindingKind::Unpacked { value, position }, span(name));
                    }
                }
                _ => self.captures(pattern, None),
            }
        }
    }

    // Imports

    fn import_statement(&mut self, node: &StmtImport) {
        for alias in &node.names {
            let segments: Vec<&str> = alias.name.as_str().split('.').collect();
            match &alias.asname {
                // `import a.b` binds `a`; `a.b` is then a member of it.
                None => self.import(alias, &segments[..1], Anchor::Absolute, false),
                Some(_) => self.import(alias, &segments, Anchor::Absolute, false),
            }
        }
    }

    fn import_from(&mut self, node: &StmtImportFrom) {
        let anchor = if node.level == 0 {
            Anchor::Absolute
        } else {
            Anchor::Up(node.level)
        };
        let module = node.module.as_ref().map_or("", |module| module.as_str());
        for alias in &node.names {
            let mut segments: Vec<&str> = module.split('.').filter(|segment| !segment.is_empty()).collect();
            if alias.name.as_str() != "*" {
                segments.push(alias.name.as_str());
            }
            self.import(alias, &segments, anchor, true);
        }
    }

    fn import(&mut self, alias: &Alias, segments: &[&str], anchor: Anchor, member: bool) {
        let star = alias.name.as_str() == "*";
        let names: Vec<Name> = segments.iter().map(|segment| self.builder.name(segment)).collect();
        let path = self.builder.path(&names);
        let place = span(alias.asname.as_ref().unwrap_or(&alias.name));
        let import = self.builder.import(Import {
            anchor,
            path,
            member: member && !star,
            star,
            exported: true,
            scope: self.scope,
            block: self.block,
            span: span_of(alias.name.range()),
        });
        if !star {
            let local = alias
                .asname
                .as_ref()
                .map_or(segments.last().copied().unwrap_or(""), |name| name.as_str());
            self.bind(local, BindingKind::Import(import), place);
        }
    }
}

/// What is known of a function before its body is walked.
pub(super) struct FunctionParts<'a> {
    pub(super) name: Option<Name>,
    pub(super) span: Span,
    pub(super) extent: Span,
    pub(super) is_async: bool,
    pub(super) decorators: Range,
    pub(super) parameters: Option<&'a Parameters>,
    pub(super) returns: Option<&'a Expr>,
    pub(super) body_span: Span,
}

fn body_span(body: &[Stmt]) -> Span {
    match (body.first(), body.last()) {
        (Some(first), Some(last)) => Span::new(first.start().to_u32(), last.end().to_u32()),
        _ => Span::default(),
    }
}

/// `__name__ == "__main__"`, either way round.
fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let [right] = &*compare.comparators else { return false };
    let is_name = |side: &Expr| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__");
    let is_main = |side: &Expr| matches!(side, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    *compare.ops == [ast::CmpOp::Eq]
        && ((is_name(&compare.left) && is_main(right)) || (is_main(&compare.left) && is_name(right)))
}

/// Whether what is entered swallows errors as an empty `except` does: `contextlib.suppress(ValueError)`.
fn suppresses(entered: &Expr) -> bool {
    let Expr::Call(call) = entered else { return false };
    match &*call.func {
        Expr::Name(name) => name.id == "suppress",
        Expr::Attribute(member) => {
            member.attr.as_str() == "suppress" && matches!(&*member.value, Expr::Name(name) if name.id == "contextlib")
        }
        _ => false,
    }
}
