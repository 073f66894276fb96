//! Whether a call can be followed by the calls behind it on one and the same way.
//!
//! Each edge of a way may come about while the way as a whole may not: what a caller passes decides in which branch the callee goes on,
//! and whose method an object runs is known from the method that called it.

use super::Program;
use super::calls::{By, CallEdge};
use super::names::{FunctionRef, last_name};
use super::reach::Route;
use crate::catalog::Role;
use crate::facts::{BlockKind, CallId, ClassId, ExprId, ExprKind, FileFacts, Language};
use crate::source::FileId;
use rustc_hash::FxHashSet;

impl Program<'_> {
    /// Whether control that takes `edge` to the stop at `at` can take the calls behind it, too.
    pub(super) fn leads_on(&self, edge: &CallEdge, route: &Route<'_>, at: usize) -> bool {
        let ends = match route.calls(at).next() {
            Some(_) => self.is_overridden(edge, route, at),
            None => self.awaits_result(edge),
        };
        !ends
            && !self.is_ruled_out(edge, &route.stops[at].needs)
            && !self.asks_for_coroutine(edge)
            && !route.stops[at]
                .wrapped
                .is_some_and(|wrapped| self.names_another(edge, wrapped))
            && !self.awaits_nothing(edge, route, at)
    }

    /// Whether a call runs a wrapper of something else than the wrapper goes on with: what decorators made of each function looks alike,
    /// and is called by that function's name.
    fn names_another(&self, edge: &CallEdge, wrapped: &CallEdge) -> bool {
        let facts = &self[edge.caller.0].facts;
        let Some(called) = edge.call.and_then(|call| last_name(facts, facts[call].callee)) else {
            return false;
        };
        let called = facts.text(called);
        let (file, function) = wrapped.callee;
        let is_meant = self[file].facts[function]
            .name
            .is_none_or(|name| self[file].facts.text(name) == called);
        !is_meant && self.decorated_names().contains(called)
    }

    /// The names of the functions of the program that have decorators.
    fn decorated_names(&self) -> &FxHashSet<String> {
        self.decorated_names.get_or_init(|| {
            let files = self.files.iter().filter(|file| file.language == Language::Python);
            let decorated = files.flat_map(|data| {
                let functions = data.facts.functions.iter();
                let decorated = functions.filter(|function| function.decorators.len > 0);
                decorated.filter_map(|function| Some(data.facts.text(function.name?).to_owned()))
            });
            decorated.collect()
        })
    }

    /// Whether something is called only where it turned out to be a coroutine function, which what is called is not: `if
    /// iscoroutinefunction(function):` around the call, or around the wrapper that makes it.
    fn asks_for_coroutine(&self, edge: &CallEdge) -> bool {
        let (file, function) = edge.callee;
        let facts = &self[edge.caller.0].facts;
        if self[file].facts[function].is_async || !self.asks_of_coroutines(facts) {
            return false;
        }
        let Some(call) = edge.call else { return false };
        let ExprKind::Name { name, .. } = facts[facts[call].callee].kind else {
            return false;
        };
        let asks = |condition: ExprId| match facts[condition].kind {
            ExprKind::Call(question) => {
                let asked = last_name(facts, facts[question].callee).map_or("", |name| facts.text(name));
                let mut arguments = facts.arguments(&facts[question]).iter();
                self.catalog.words().asks_for_coroutine(asked)
                    && arguments.any(
                        |argument| matches!(facts[argument.value].kind, ExprKind::Name { name: of, .. } if of == name),
                    )
            }
            _ => false,
        };
        let mut around = Some(facts[call].block);
        while let Some(block) = around {
            if matches!(facts[block].kind, BlockKind::Branch { condition, holds: true } if asks(condition)) {
                return true;
            }
            around = facts[block].parent;
        }
        false
    }

    /// Whether a file asks of anything whether it is a coroutine function.
    fn asks_of_coroutines(&self, facts: &FileFacts) -> bool {
        let mut questions = self.catalog.words().questions_for_coroutines();
        questions.any(|question| facts.names.find(question).is_some())
    }

    /// Whether what is called gives what its own loop came to, and the call waits for that as only a coroutine is waited for: then
    /// something else of that name is called.
    fn awaits_result(&self, edge: &CallEdge) -> bool {
        let (file, function) = edge.callee;
        let facts = &self[file].facts;
        self.awaits(edge)
            && facts
                .returns_of(function)
                .iter()
                .any(|returned| returned.value.is_some_and(|value| self.runs_loop(file, value)))
    }

    /// Whether a call waits for what a function gives that is no coroutine: it has to give something that can be waited for.
    fn awaits(&self, edge: &CallEdge) -> bool {
        let waits = edge.call.is_some_and(|call| self[edge.caller.0].facts[call].awaited);
        let (file, function) = edge.callee;
        waits && edge.by == By::Call && !self[file].facts[function].is_async
    }

    fn runs_loop(&self, file: FileId, value: ExprId) -> bool {
        let site = self.site_at(file, value);
        let entry = site.and_then(|site| self.entry(site));
        entry.and_then(|entry| entry.role) == Some(Role::RunsEventLoop)
    }

    /// Whether what a call waits for is given before the way goes on, and nothing behind: `if run_async: return Server(...)`, and then
    /// `loop.run_until_complete(...)`. Who waits there has taken the other way.
    fn awaits_nothing(&self, edge: &CallEdge, route: &Route<'_>, at: usize) -> bool {
        if !self.awaits(edge) || self[edge.callee.0].language != Language::Python {
            return false;
        }
        let (mut file, mut function) = edge.callee;
        for onward in route.calls(at) {
            let facts = &self[file].facts;
            let Some(call) = onward.call.filter(|_| onward.by == By::Call) else {
                return false;
            };
            let given = facts[call].expr;
            let mut returns = facts.returns_of(function).iter();
            if !returns.any(|returned| returned.value == Some(given)) {
                return self.gives_nothing_behind((file, function), facts[given].span.start);
            }
            (file, function) = onward.callee;
            if self[file].facts[function].is_async {
                return false;
            }
        }
        let facts = &self[file].facts;
        let runs = self.sites_in(file).iter().filter(|site| {
            facts.function_around(site.scope) == Some(function)
                && self.entry(site).and_then(|entry| entry.role) == Some(Role::RunsEventLoop)
        });
        let first = runs.map(|site| facts[site.expr].span.start).min();
        first.is_some_and(|first| self.gives_nothing_behind((file, function), first))
    }

    /// Whether a function gives something only before a place, or is a plain one that gives nothing at all.
    fn gives_nothing_behind(&self, (file, function): FunctionRef, place: u32) -> bool {
        let facts = &self[file].facts;
        let returned = facts.returns_of(function).iter();
        let mut given = returned
            .filter_map(|returned| returned.value)
            .filter(|value| facts[*value].kind != ExprKind::Nothing)
            .peekable();
        let is_plain = facts[function].decorators.len == 0 && !facts[function].is_generator;
        match given.peek() {
            Some(_) => !facts[function].is_generator && given.all(|value| facts[value].span.end <= place),
            None => is_plain,
        }
    }

    /// Whether the way goes from a class to the code of one above it, and on to a method there that the class has one of its own for.
    fn is_overridden(&self, edge: &CallEdge, route: &Route<'_>, at: usize) -> bool {
        let (file, Some(caller)) = edge.caller else {
            return false;
        };
        let Some(class) = self[file].facts[caller].class else {
            return false;
        };
        let Some(above) = self.class_of(edge.callee) else {
            return false;
        };
        if above == (file, class) || !edge.call.is_some_and(|call| self.calls_above(file, class, call, above)) {
            return false;
        }
        let mut at_file = edge.callee.0;
        for onward in route.calls(at) {
            let facts = &self[at_file].facts;
            let is_own = onward.call.is_some_and(|call| is_called_on_self(facts, call));
            if !is_own || self.class_of(onward.callee) != Some(above) {
                return false;
            }
            let (called_in, function) = onward.callee;
            let called = &self[called_in].facts;
            let name = called[function].name.map(|name| called.text(name));
            if name.is_some_and(|name| has_method(&self[file].facts, class, name)) {
                return true;
            }
            at_file = called_in;
        }
        false
    }

    fn class_of(&self, (file, function): FunctionRef) -> Option<(FileId, ClassId)> {
        self[file].facts[function].class.map(|class| (file, class))
    }

    /// Whether a call in a method asks for what a class above its own does: `super().close()`, or a method that this one inherits.
    fn calls_above(&self, file: FileId, class: ClassId, call: CallId, above: (FileId, ClassId)) -> bool {
        let facts = &self[file].facts;
        let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
            return false;
        };
        let is_super = matches!(facts[object].kind, ExprKind::Call(made)
            if last_name(facts, facts[made].callee).is_some_and(|name| facts.text(name) == "super"));
        let theirs = &self[above.0].facts;
        let above_name = facts.names.find(theirs.text(theirs[above.1].name));
        let inherits = || {
            facts
                .list(facts[class].bases)
                .iter()
                .any(|base| last_name(facts, *base).is_some_and(|name| Some(name) == above_name))
        };
        is_super || (is_called_on_self(facts, call) && inherits())
    }
}

/// Whether a method is called on the object whose method calls: `self.close()`.
fn is_called_on_self(facts: &FileFacts, call: CallId) -> bool {
    match facts[facts[call].callee].kind {
        ExprKind::Member { object, .. } => {
            matches!(facts[object].kind, ExprKind::Name { name, .. } if facts.text(name) == "self")
        }
        _ => false,
    }
}

fn has_method(facts: &FileFacts, class: ClassId, name: &str) -> bool {
    facts
        .functions
        .iter()
        .any(|function| function.class == Some(class) && function.name.is_some_and(|own| facts.text(own) == name))
}
