//! Waiting, in the thread of an event loop, for work that this loop has to do.

use super::{Findings, others};
use crate::catalog::Role;
use crate::facts::{
    BindingKind, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, FunctionId, Name, ScopeId, ScopeKind,
};
use crate::finding::{Confidence, Step};
use crate::program::{LibrarySite, LoopState, OwnLoop, Program, Thread};
use crate::source::{FileId, Span};

/// Reports waits for work of the own loop, results that are asked for too early, and waits that hold the loop up.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for site in program.sites() {
        let role = program.entry(site).and_then(|entry| entry.role);
        match (role, site.call) {
            (Some(Role::WaitsForResult), Some(call)) => waiting(program, site, call, out),
            (Some(Role::TakesResult), Some(call)) => taking(program, site, call, out),
            (Some(Role::BlocksThread), Some(call)) => blocking(program, site.file, call, site.confidence, out),
            _ => {}
        }
    }
    blocking_by_name(program, out);
}

/// `future.result()` of what another thread, or this thread's own loop, works on.
fn waiting(program: &Program<'_>, site: &LibrarySite, call: CallId, out: &mut Findings) {
    let facts = &program[site.file].facts;
    if program.loop_state(site.file, facts[call].block, site.expr) == LoopState::NotRunning
        || refuses_own_thread(facts, call)
    {
        return;
    }
    let future = match facts[site.callee].kind {
        ExprKind::Member { object, .. } => Some(object),
        _ => None,
    };
    if future.is_some_and(|future| is_known_done(facts, site, future)) {
        return;
    }
    let function = function_of(facts, site.scope);
    let is_async = function.is_some_and(|function| facts[function].is_async);
    let own_loop = future.and_then(|future| program.own_loop_behind(site, future));
    let confidence = own_loop
        .map_or(Confidence::Certain, |own| own.confidence)
        .min(site.confidence);
    let way = match (own_loop, function) {
        (Some(_), _) if is_async => Some((Vec::new(), confidence)),
        // Where it only runs in threads of its own there is no loop to ask for.
        (Some(OwnLoop { asks: true, .. }), Some(function)) if has_own_thread(program, site.file, function) => None,
        (Some(OwnLoop { asks: true, .. }), _) => Some((Vec::new(), confidence)),
        (Some(OwnLoop { asks: false, .. }), Some(function)) => {
            program.ways_from_async((site.file, function)).map(|ways| {
                let way = ways.shortest;
                (program.steps(&way), confidence.min(way.confidence))
            })
        }
        _ => None,
    };
    let call = program.written(site.file, site.callee);
    if let Some((way, confidence)) = way {
        let message = if way.is_empty() { "own-loop" } else { "reached" };
        let mut values = vec![("call", call)];
        if let Some(first) = way.first() {
            values.push(("function", first.symbol.clone()));
        }
        let finding = out.add(program, program.primary(site), site.scope, message, values);
        finding.confidence = confidence;
        finding.trail = way;
    } else if is_async && own_loop.is_none() && !future.is_some_and(|future| asks_what_went_wrong(facts, site, future))
    {
        let values = vec![("call", call), ("function", program.symbol(site.file, site.scope))];
        let finding = out.add(program, program.primary(site), site.scope, "holds-up", values);
        finding.confidence = confidence;
    }
}

/// Whether all that is known to run a function runs it in another thread: `Thread(target=run)`.
fn has_own_thread(program: &Program<'_>, file: FileId, function: FunctionId) -> bool {
    let mut edges = program.calls_into((file, function)).peekable();
    edges.peek().is_some() && edges.all(|edge| edge.thread == Thread::Other)
}

/// Whether code before a call fails in the loop's own thread: `if threading.current_thread() is self._thread: raise …`,
/// `if loop is asyncio.get_running_loop(): raise …`.
fn refuses_own_thread(facts: &FileFacts, call: CallId) -> bool {
    let asks_for_thread = |condition: ExprId| {
        let place = facts[condition].span;
        facts.exprs_within(place).any(|(_, expr)| {
            matches!(expr.kind, ExprKind::Name { name, .. } | ExprKind::Member { name, .. }
                    if matches!(facts.text(name), "current_thread" | "get_ident" | "get_native_id" | "get_running_loop"))
        })
    };
    facts.blocks_before(&facts[call]).any(|(_, block)| match block.kind {
        BlockKind::Branch { condition, holds: true } => {
            matches!(block.exit, Exit::Raises(_)) && asks_for_thread(condition)
        }
        _ => false,
    })
}

/// `task.result()` of a task that nothing has run yet.
fn taking(program: &Program<'_>, site: &LibrarySite, call: CallId, out: &mut Findings) {
    let facts = &program[site.file].facts;
    let is_async = function_of(facts, site.scope).is_some_and(|function| facts[function].is_async);
    let ExprKind::Member { object, .. } = facts[site.callee].kind else {
        return;
    };
    if !is_async || !is_fresh(program, site, call, object) {
        return;
    }
    let values = vec![("call", program.written(site.file, site.callee))];
    let finding = out.add(program, program.primary(site), site.scope, "unfinished", values);
    finding.confidence = site.confidence;
}

/// Whether a task was made right before, in the same stretch of statements, and nothing was awaited in between.
fn is_fresh(program: &Program<'_>, site: &LibrarySite, call: CallId, task: ExprId) -> bool {
    let facts = &program[site.file].facts;
    let schedules = |expr: ExprId| {
        let made = program.site_at(site.file, expr);
        let role = made.and_then(|made| program.entry(made)).and_then(|entry| entry.role);
        role == Some(Role::SchedulesOnLoop)
    };
    let (name, scope) = match facts[task].kind {
        ExprKind::Call(made) => return schedules(task) && !facts[made].awaited,
        ExprKind::Name { name, scope } => (name, scope),
        _ => return false,
    };
    let before = facts[site.expr].span.start;
    let bound = facts
        .bindings_of(scope, name)
        .iter()
        .filter(|binding| binding.span.end <= before)
        .max_by_key(|binding| binding.span.start);
    let Some(bound) = bound else { return false };
    let BindingKind::Value(made) = bound.kind else {
        return false;
    };
    let is_awaited_when_made = matches!(facts[made].kind, ExprKind::Call(made) if facts[made].awaited);
    if !schedules(made) || is_awaited_when_made || bound.block != facts[call].block {
        return false;
    }
    let between = Span {
        start: facts[made].span.end,
        end: before,
    };
    let lies_between = |span: Span| span.start >= between.start && span.end <= between.end;
    let is_used = facts
        .exprs
        .iter()
        .any(|expr| lies_between(expr.span) && matches!(expr.kind, ExprKind::Name { name: used, .. } if used == name));
    let is_awaited = facts
        .calls
        .iter()
        .any(|call| call.awaited && lies_between(facts[call.expr].span));
    let has_blocks = facts.blocks.iter().any(|block| lies_between(block.span));
    !is_used && !is_awaited && !has_blocks
}

/// Whether a future is known to be done where its result is taken: it was asked, it was given its result, or it was
/// awaited together with others.
fn is_known_done(facts: &FileFacts, site: &LibrarySite, future: ExprId) -> bool {
    let Some(name) = last_name(facts, future).filter(|_| !matches!(facts[future].kind, ExprKind::Call(_))) else {
        return false;
    };
    let function = function_of(facts, site.scope);
    let before = facts[site.expr].span.start;
    facts.calls.iter().any(|call| {
        if function_of(facts, call.scope) != function || facts[call.callee].span.start >= before {
            return false;
        }
        let asked = matches!(facts[call.callee].kind, ExprKind::Member { object, name: method }
            if matches!(facts.text(method), "done" | "set_exception" | "set_result") && last_name(facts, object) == Some(name));
        let awaited = call.awaited
            && facts
                .arguments(call)
                .iter()
                .any(|argument| names_it(facts, argument.value, name, 0));
        asked || awaited
    })
}

/// Whether a kept future is asked with which error it failed: that is asked of one that is done.
fn asks_what_went_wrong(facts: &FileFacts, site: &LibrarySite, future: ExprId) -> bool {
    let is_kept = !matches!(facts[future].kind, ExprKind::Call(_));
    is_kept && last_name(facts, site.callee).is_some_and(|name| facts.text(name) == "exception")
}

/// Whether an argument is the future of this name, or holds or wraps it.
fn names_it(facts: &FileFacts, expr: ExprId, name: Name, depth: u32) -> bool {
    if depth > 4 {
        return false;
    }
    match facts[expr].kind {
        ExprKind::Name { .. } | ExprKind::Member { .. } => last_name(facts, expr) == Some(name),
        ExprKind::Group(elements) => facts
            .list(elements)
            .iter()
            .any(|element| names_it(facts, *element, name, depth + 1)),
        ExprKind::Call(call) => facts
            .arguments(&facts[call])
            .iter()
            .any(|argument| names_it(facts, argument.value, name, depth + 1)),
        ExprKind::Through(inner) => names_it(facts, inner, name, depth + 1),
        _ => false,
    }
}

// Rust

/// A function that blocks the thread, in async code or where async code gets to in its own thread.
fn blocking(program: &Program<'_>, file: FileId, call: CallId, confidence: Confidence, out: &mut Findings) {
    let facts = &program[file].facts;
    let data = &facts[call];
    let Some(function) = function_of(facts, data.scope) else {
        return;
    };
    let is_meant = || program.expects_panic(file, data.scope, facts[data.expr].span);
    if program.loop_state(file, data.block, data.expr) == LoopState::NotRunning || is_meant() {
        return;
    }
    let primary = program.callee_site(file, data);
    let symbol = program.symbol(file, data.scope);
    let mut values = vec![
        ("call", program.written(file, data.callee)),
        ("function", symbol.clone()),
    ];
    if facts[function].is_async {
        let finding = out.add(program, primary, data.scope, "blocks-thread", values);
        finding.confidence = confidence;
    } else if let Some(ways) = program.ways_from_async((file, function)) {
        values.push(("caller", program.symbol_of_caller(ways.shortest.calls[0].caller)));
        values.push(("others", others(ways.others)));
        let finding = out.add(program, primary, data.scope, "blocks-thread-reached", values);
        finding.confidence = confidence.min(ways.shortest.confidence);
        finding.trail = program.steps(&ways.shortest);
        finding.trail.push(Step {
            site: primary,
            symbol,
            note: "blocks the thread".to_owned(),
        });
    }
}

/// Methods whose name alone says so: the object comes out of a pair, such as a channel's ends.
fn blocking_by_name(program: &Program<'_>, out: &mut Findings) {
    for (file, call) in program.blocking_by_name() {
        let facts = &program[file].facts;
        let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
            continue;
        };
        if program.settled_values(file, object).is_empty() {
            blocking(program, file, call, Confidence::Likely, out);
        }
    }
}

/// The innermost function around a scope, lambdas included: only its own code runs on its loop.
fn function_of(facts: &FileFacts, scope: ScopeId) -> Option<FunctionId> {
    let mut scope = Some(scope);
    while let Some(current) = scope {
        match facts[current].kind {
            ScopeKind::Function(function) => return Some(function),
            ScopeKind::Module | ScopeKind::Inline(_) | ScopeKind::Class(_) => return None,
            ScopeKind::Comprehension => scope = facts[current].parent,
        }
    }
    None
}

fn last_name(facts: &FileFacts, expr: ExprId) -> Option<Name> {
    match facts[expr].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(name),
        _ => None,
    }
}
