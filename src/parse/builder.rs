//! Collects the facts of one file while a front end walks its syntax.
//!
//! The builder knows no grammar: it keeps arenas, hands out ids, and remembers where the walk stands (scope and block).

use crate::facts::{
    Argument, Binding, BindingKind, Block, BlockId, BlockKind, Call, CallId, Class, ClassId, Comment, Exit, Expr,
    ExprId, ExprKind, FileFacts, Function, FunctionId, Import, ImportId, Lists, Module, ModuleId, Name, NameBuilder,
    Parameter, Payload, Places, Problem, Range, Return, Scope, ScopeId, ScopeKind, Setting, Store,
};
use crate::source::Span;
use std::cell::Cell;

/// Facts in the making.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    names: NameBuilder,
    facts: FileFacts,
}

thread_local! {
    /// The builder of the last file that this thread parsed, emptied. Its arenas are as large as files need them, so the next file
    /// grows none, and no thread asks for new memory for each file: fresh memory is slower than all else that is done with it.
    static SPARE: Cell<Option<Builder>> = const { Cell::new(None) };
}

fn id(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn extend<T>(arena: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Range {
    let start = arena.len();
    arena.extend(items);
    Range {
        start: id(start),
        len: id(arena.len() - start),
    }
}

/// What an arena holds, in no more memory than that takes; the arena is empty then.
fn taken<T: Copy>(arena: &mut Vec<T>) -> Vec<T> {
    let taken = arena.as_slice().to_vec();
    arena.clear();
    taken
}

/// Where the bindings of each scope begin among all bindings, which are sorted. Without bindings there is nothing to tell.
fn first_bindings(scopes: usize, bindings: &[Binding]) -> Vec<u32> {
    if bindings.is_empty() {
        return Vec::new();
    }
    let mut next = 0;
    let begin = (0..scopes).map(|scope| {
        let before = bindings[next..]
            .iter()
            .take_while(|binding| (binding.scope.0 as usize) < scope);
        next += before.count();
        id(next)
    });
    begin.collect()
}

impl Builder {
    /// A file with its module scope and module block and nothing in them.
    pub(crate) fn new(text_length: u32) -> Self {
        let mut builder = SPARE.take().unwrap_or_default();
        builder.scope(ScopeKind::Module, None);
        builder.block(Block {
            scope: ScopeId(0),
            parent: None,
            kind: BlockKind::Body,
            exit: Exit::FallsThrough,
            span: Span::new(0, text_length),
        });
        builder
    }

    /// The finished facts: bindings and returns sorted, arenas trimmed.
    pub(crate) fn finish(mut self) -> FileFacts {
        let facts = &mut self.facts;
        facts
            .bindings
            .sort_by_key(|binding| (binding.scope, binding.name, binding.span));
        facts.returns.sort_by_key(|returned| returned.function);
        let first_bindings = first_bindings(facts.scopes.len(), &facts.bindings);
        let bound_names = facts.bindings.iter().map(|binding| binding.name).collect();
        let lists = &mut facts.lists;
        let finished = FileFacts {
            // Names are searched to find out what they are bound to.
            names: self.names.finish(!facts.bindings.is_empty()),
            scopes: taken(&mut facts.scopes),
            bindings: taken(&mut facts.bindings),
            first_bindings,
            bound_names,
            imports: taken(&mut facts.imports),
            functions: taken(&mut facts.functions),
            classes: taken(&mut facts.classes),
            payloads: taken(&mut facts.payloads),
            modules: taken(&mut facts.modules),
            calls: taken(&mut facts.calls),
            asked_types: taken(&mut facts.asked_types),
            blocks: taken(&mut facts.blocks),
            places: Places::of(&facts.exprs),
            exprs: taken(&mut facts.exprs),
            stores: taken(&mut facts.stores),
            deletions: taken(&mut facts.deletions),
            returns: taken(&mut facts.returns),
            config: taken(&mut facts.config),
            tests: taken(&mut facts.tests),
            comments: taken(&mut facts.comments),
            waivers: std::mem::take(&mut facts.waivers),
            problems: std::mem::take(&mut facts.problems),
            imports_end: facts.imports_end.take(),
            lines: std::mem::take(&mut facts.lines),
            lists: Lists {
                exprs: taken(&mut lists.exprs),
                arguments: taken(&mut lists.arguments),
                parameters: taken(&mut lists.parameters),
                names: taken(&mut lists.names),
                entries: taken(&mut lists.entries),
            },
        };
        SPARE.set(Some(self));
        finished
    }

    /// The facts as they stand.
    pub(crate) fn facts(&self) -> &FileFacts {
        &self.facts
    }

    pub(crate) fn name(&mut self, text: &str) -> Name {
        self.names.intern(text)
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        self.names.get(name)
    }

    pub(crate) fn expr(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.facts.exprs.push(Expr { kind, span });
        ExprId(id(self.facts.exprs.len() - 1))
    }

    pub(crate) fn list(&mut self, items: &[ExprId]) -> Range {
        extend(&mut self.facts.lists.exprs, items.iter().copied())
    }

    pub(crate) fn entries(&mut self, items: &[(Option<ExprId>, ExprId)]) -> Range {
        extend(&mut self.facts.lists.entries, items.iter().copied())
    }

    pub(crate) fn path(&mut self, items: &[Name]) -> Range {
        extend(&mut self.facts.lists.names, items.iter().copied())
    }

    pub(crate) fn scope(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        self.facts.scopes.push(Scope { kind, parent });
        ScopeId(id(self.facts.scopes.len() - 1))
    }

    /// Says what makes a scope once that is known: the scope of a function exists before the function does.
    pub(crate) fn set_scope_kind(&mut self, scope: ScopeId, kind: ScopeKind) {
        self.facts.scopes[scope.0 as usize].kind = kind;
    }

    pub(crate) fn block(&mut self, block: Block) -> BlockId {
        self.facts.blocks.push(block);
        BlockId(id(self.facts.blocks.len() - 1))
    }

    /// Says how a block ends once its statements were walked.
    pub(crate) fn set_exit(&mut self, block: BlockId, exit: Exit) {
        self.facts.blocks[block.0 as usize].exit = exit;
    }

    /// Says where a block's statements stand once they were walked.
    pub(crate) fn set_block_span(&mut self, block: BlockId, span: Span) {
        self.facts.blocks[block.0 as usize].span = span;
    }

    pub(crate) fn bind(&mut self, scope: ScopeId, name: Name, kind: BindingKind, span: Span, block: BlockId) {
        self.bind_annotated(scope, name, kind, None, span, block);
    }

    pub(crate) fn bind_annotated(
        &mut self,
        scope: ScopeId,
        name: Name,
        kind: BindingKind,
        annotation: Option<ExprId>,
        span: Span,
        block: BlockId,
    ) {
        self.bind_decorated(scope, name, kind, annotation, Range::default(), span, block);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a binding")]
    pub(crate) fn bind_decorated(
        &mut self,
        scope: ScopeId,
        name: Name,
        kind: BindingKind,
        annotation: Option<ExprId>,
        decorators: Range,
        span: Span,
        block: BlockId,
    ) {
        self.facts.bindings.push(Binding {
            scope,
            name,
            kind,
            annotation,
            decorators,
            span,
            block,
        });
    }

    pub(crate) fn import(&mut self, import: Import) -> ImportId {
        self.facts.imports.push(import);
        ImportId(id(self.facts.imports.len() - 1))
    }

    pub(crate) fn parameters(&mut self, parameters: &[Parameter]) -> Range {
        extend(&mut self.facts.lists.parameters, parameters.iter().copied())
    }

    /// The id the next function will get, for the scope that must name it.
    pub(crate) fn function(&mut self, function: Function) -> FunctionId {
        self.facts.functions.push(function);
        FunctionId(id(self.facts.functions.len() - 1))
    }

    /// Completes a function that was announced before its body was walked.
    pub(crate) fn function_mut(&mut self, function: FunctionId) -> &mut Function {
        &mut self.facts.functions[function.0 as usize]
    }

    pub(crate) fn class(&mut self, class: Class) -> ClassId {
        self.facts.classes.push(class);
        ClassId(id(self.facts.classes.len() - 1))
    }

    pub(crate) fn module(&mut self, module: Module) -> ModuleId {
        self.facts.modules.push(module);
        ModuleId(id(self.facts.modules.len() - 1))
    }

    /// Names the scope of a module that was announced before its body was walked.
    pub(crate) fn set_module_scope(&mut self, module: ModuleId, scope: ScopeId) {
        self.facts.modules[module.0 as usize].scope = Some(scope);
    }

    /// Code that exists in test builds alone.
    pub(crate) fn test_code(&mut self, span: Span) {
        self.facts.tests.push(span);
    }

    /// The type that the call which was made last is told to give.
    pub(crate) fn asked_type(&mut self, asked: ExprId) {
        if let Some(last) = self.facts.calls.len().checked_sub(1) {
            self.facts.asked_types.push((CallId(id(last)), asked));
        }
    }

    /// A call and the expression it is.
    pub(crate) fn call(
        &mut self,
        callee: ExprId,
        arguments: &[Argument],
        scope: ScopeId,
        block: BlockId,
        span: Span,
    ) -> ExprId {
        let arguments = extend(&mut self.facts.lists.arguments, arguments.iter().copied());
        let call = CallId(id(self.facts.calls.len()));
        let expr = self.expr(ExprKind::Call(call), span);
        self.facts.calls.push(Call {
            callee,
            arguments,
            expr,
            block,
            scope,
            awaited: false,
            discarded: false,
        });
        expr
    }

    /// Marks the call that `expr` is, if it is one, as awaited on the spot.
    pub(crate) fn set_awaited(&mut self, expr: ExprId) {
        if let ExprKind::Call(call) = self.facts.exprs[expr.0 as usize].kind {
            self.facts.calls[call.0 as usize].awaited = true;
        }
    }

    /// Marks the call that `expr` is, if it is one, as a statement of its own.
    pub(crate) fn set_discarded(&mut self, expr: ExprId) {
        if let ExprKind::Call(call) = self.facts.exprs[expr.0 as usize].kind {
            self.facts.calls[call.0 as usize].discarded = true;
        }
    }

    pub(crate) fn store(&mut self, store: Store) {
        self.facts.stores.push(store);
    }

    pub(crate) fn deletion(&mut self, member: ExprId) {
        self.facts.deletions.push(member);
    }

    pub(crate) fn payload(&mut self, payload: Payload) {
        self.facts.payloads.push(payload);
    }

    pub(crate) fn returned(&mut self, returned: Return) {
        self.facts.returns.push(returned);
    }

    /// The settings of a configuration file, in the making.
    pub(crate) fn settings(&mut self) -> &mut Vec<Setting> {
        &mut self.facts.config
    }

    /// A comment in the file's `text`: its place from the sign to the end, and what it says without the sign.
    pub(crate) fn comment(&mut self, text: &str, span: Span, content: Name, own_line: bool) {
        let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |length| from + length);
        let beside = if own_line {
            let below = (line_end(span.end as usize) + 1).min(text.len());
            Span::new(id(below), id(line_end(below)))
        } else {
            let start = text[..span.start as usize].rfind('\n').map_or(0, |newline| newline + 1);
            Span::new(id(start), span.start)
        };
        self.facts.comments.push(Comment {
            span,
            text: content,
            own_line,
            beside,
        });
    }

    pub(crate) fn problem(&mut self, message: impl Into<String>, span: Span) {
        self.facts.problems.push(Problem {
            message: message.into(),
            span,
        });
    }

    pub(crate) fn waiver(&mut self, waiver: crate::facts::Waiver) {
        self.facts.waivers.push(waiver);
    }

    /// Says where one more import can stand.
    pub(crate) fn set_imports_end(&mut self, offset: u32) {
        self.facts.imports_end = Some(offset);
    }

    pub(crate) fn set_lines(&mut self, lines: usize) {
        self.facts.lines = id(lines);
    }
}
