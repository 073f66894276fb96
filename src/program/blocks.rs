//! Under which conditions a place runs, as far as rules ask: whether an event loop is known to run there.

use super::Program;
use super::names::Origin;
use crate::catalog::Role;
use crate::facts::{
    BindingKind, Block, BlockId, BlockKind, CallId, Comparison, Exit, ExprId, ExprKind, FileFacts, FunctionId, How,
    Language, ScopeId,
};
use crate::finding::CodeScope;
use crate::source::{FileId, Span};

/// What the code around a place has found out about the running event loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopState {
    /// Nobody asked.
    Unknown,
    /// The place is reached only without a running loop.
    NotRunning,
    /// The place is reached only with one.
    Running,
}

/// What a name is bound to, and functions that ask other functions, are followed this deep.
const MOST_QUESTIONS: u32 = 3;

impl Program<'_> {
    /// What is known about the running loop where `expr` in `block` of `file` runs.
    ///
    /// Known are: the `RuntimeError` arm and the `else` arm of a `try` that asks for the running loop; branches on what such a
    /// `try` set, on `is_running()` and on a loop that may be `None`; code behind a branch that left.
    #[must_use]
    pub fn loop_state(&self, file: FileId, block: BlockId, expr: ExprId) -> LoopState {
        self.loop_state_at(file, block, expr, 0)
    }

    /// The same, `depth` functions away from where the question was asked: what one's own functions tell is looked up in turn.
    fn loop_state_at(&self, file: FileId, block: BlockId, expr: ExprId, depth: u32) -> LoopState {
        let facts = &self[file].facts;
        let conditional = self.conditional_expression(file, expr, depth);
        if conditional != LoopState::Unknown {
            return conditional;
        }
        for (id, around) in facts.blocks_around(block) {
            let state = match around.kind {
                BlockKind::Rescue { attempt, catches }
                    if self.asks_for_loop(file, attempt)
                        || self.asks_whether_it_runs(file, attempt)
                        || self.gets_loop(file, attempt) =>
                {
                    if catches_runtime_error(facts, catches) {
                        LoopState::NotRunning
                    } else {
                        LoopState::Unknown
                    }
                }
                BlockKind::Otherwise { attempt } if self.asks_for_loop(file, attempt) => LoopState::Running,
                BlockKind::Attempt => self.behind_the_question(file, id, expr),
                BlockKind::Branch { condition, holds } => self.condition(file, condition, holds, depth),
                _ => LoopState::Unknown,
            };
            if state != LoopState::Unknown {
                return state;
            }
            let behind = self.behind_branches(file, id, expr, depth);
            if behind != LoopState::Unknown {
                return behind;
            }
        }
        LoopState::Unknown
    }

    /// Whether a call in `attempt` itself, not in a function defined there, asks for the running loop and raises without one.
    #[must_use]
    pub fn asks_for_loop(&self, file: FileId, attempt: BlockId) -> bool {
        self.questions(file, attempt).next().is_some()
    }

    /// Whether code in `attempt` asks the current loop whether it runs: getting that loop is then what raises where there is none.
    fn asks_whether_it_runs(&self, file: FileId, attempt: BlockId) -> bool {
        let facts = &self[file].facts;
        let mut calls = self.calls_with_role(file, Role::TellsLoopRunning);
        calls.any(|call| facts.blocks_around(facts[call].block).any(|(id, _)| id == attempt))
    }

    /// Whether code in `attempt` gets the loop of the thread: where there is none, none runs.
    fn gets_loop(&self, file: FileId, attempt: BlockId) -> bool {
        let facts = &self[file].facts;
        let mut calls = self.calls_with_role(file, Role::GivesEventLoop);
        calls.any(|call| facts[call].block == attempt)
    }

    fn calls_with_role(&self, file: FileId, role: Role) -> impl Iterator<Item = CallId> {
        let sites = self.sites_in(file).iter();
        let with_role = sites.filter(move |site| self.entry(site).is_some_and(|entry| entry.role == Some(role)));
        with_role.filter_map(|site| site.call)
    }

    /// The calls in `attempt` itself that ask for the running loop.
    fn questions(&self, file: FileId, attempt: BlockId) -> impl Iterator<Item = (CallId, Span)> {
        let facts = &self[file].facts;
        self.sites_in(file).iter().filter_map(move |site| {
            let role = self.entry(site).and_then(|entry| entry.role);
            // Rust's question gives a `Result`, whose `Err` arm is a rescue.
            let asks = self.is_question(file, site.expr)
                || (role == Some(Role::TellsLoopRunning) && self[file].language == Language::Rust);
            let call = site.call.filter(|_| asks)?;
            let runs_there = facts.blocks_around(facts[call].block).any(|(id, _)| id == attempt);
            runs_there.then_some((call, facts[site.expr].span))
        })
    }

    /// In the attempt itself, behind the call that asks: a loop runs, or the call had raised.
    fn behind_the_question(&self, file: FileId, attempt: BlockId, expr: ExprId) -> LoopState {
        let facts = &self[file].facts;
        let start = facts[expr].span.start;
        let asked = self
            .questions(file, attempt)
            .any(|(call, span)| facts[call].block == attempt && span.end <= start);
        if asked { LoopState::Running } else { LoopState::Unknown }
    }

    /// Behind a branch of `block` that left it, its condition is known not to hold; behind a `try` that asked, its outcome.
    fn behind_branches(&self, file: FileId, block: BlockId, expr: ExprId, depth: u32) -> LoopState {
        let facts = &self[file].facts;
        let place = facts[expr].span;
        for other in facts
            .blocks
            .iter()
            .filter(|other| other.parent == Some(block) && other.span.end <= place.start)
        {
            if other.exit == Exit::FallsThrough || other.scope != facts[block].scope {
                continue;
            }
            let state = match other.kind {
                BlockKind::Branch { condition, holds } => self.condition(file, condition, !holds, depth),
                // The attempt returned where a loop runs: what follows runs without one.
                BlockKind::Attempt => self.left_behind(file, other),
                BlockKind::Rescue { attempt, catches }
                    if self.asks_for_loop(file, attempt) && catches_runtime_error(facts, catches) =>
                {
                    LoopState::Running
                }
                BlockKind::Otherwise { attempt } if self.asks_for_loop(file, attempt) => LoopState::NotRunning,
                _ => LoopState::Unknown,
            };
            if state != LoopState::Unknown {
                return state;
            }
        }
        LoopState::Unknown
    }

    fn left_behind(&self, file: FileId, attempt: &Block) -> LoopState {
        let facts = &self[file].facts;
        let index = facts
            .blocks
            .iter()
            .position(|block| std::ptr::eq(block, attempt))
            .unwrap_or(0);
        let id = BlockId::at(index);
        let rescued = facts.blocks.iter().any(|block| matches!(block.kind, BlockKind::Rescue { attempt, catches } if attempt == id && catches_runtime_error(facts, catches) && block.exit == Exit::FallsThrough));
        if rescued && self.asks_for_loop(file, id) {
            LoopState::NotRunning
        } else {
            LoopState::Unknown
        }
    }

    /// `a if condition else b` around the expression.
    fn conditional_expression(&self, file: FileId, expr: ExprId, depth: u32) -> LoopState {
        let facts = &self[file].facts;
        let place = facts[expr].span;
        for other in &facts.exprs {
            if let ExprKind::Choice {
                options,
                how: How::ByCondition,
            } = other.kind
                && other.span.contains(place)
                && let [holds, otherwise, condition] = *facts.list(options)
            {
                let state = if facts[holds].span.contains(place) {
                    self.condition(file, condition, true, depth)
                } else if facts[otherwise].span.contains(place) {
                    self.condition(file, condition, false, depth)
                } else {
                    LoopState::Unknown
                };
                if state != LoopState::Unknown {
                    return state;
                }
            }
        }
        LoopState::Unknown
    }

    /// What it says about the loop that `condition` came out as `holds`.
    fn condition(&self, file: FileId, condition: ExprId, holds: bool, depth: u32) -> LoopState {
        let facts = &self[file].facts;
        match facts[condition].kind {
            // `if True or …:` has no other branch: what stands there never runs.
            ExprKind::Truth(truth) if truth != holds => LoopState::NotRunning,
            ExprKind::Not(inner) => self.condition(file, inner, !holds, depth),
            ExprKind::Both(parts) if holds => self.first_known(file, facts.list(parts), true, depth),
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } if !holds => self.first_known(file, facts.list(options), false, depth),
            // `not loop or not loop.is_running()` holds: either way none runs.
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => {
                let states: Vec<LoopState> = facts
                    .list(options)
                    .iter()
                    .map(|part| self.condition(file, *part, true, depth))
                    .collect();
                agree(&states)
            }
            ExprKind::Both(parts) => {
                let states: Vec<LoopState> = facts
                    .list(parts)
                    .iter()
                    .map(|part| self.condition(file, *part, false, depth))
                    .collect();
                agree(&states)
            }
            ExprKind::Compare { operator, left, right } => {
                let is_nothing = |side: ExprId| facts[side].kind == ExprKind::Nothing;
                let subject = if is_nothing(right) {
                    left
                } else if is_nothing(left) {
                    right
                } else {
                    return LoopState::Unknown;
                };
                let is_equal = match operator {
                    Comparison::Equal => holds,
                    Comparison::NotEqual => !holds,
                    _ => return LoopState::Unknown,
                };
                self.presence(file, subject, !is_equal, depth)
            }
            // `Handle::try_current().is_ok()`
            ExprKind::Call(call) if facts.arguments(&facts[call]).is_empty() => match facts[facts[call].callee].kind {
                ExprKind::Member { object, name } if matches!(facts.text(name), "is_ok" | "is_some") => {
                    self.presence(file, object, holds, depth)
                }
                ExprKind::Member { object, name } if matches!(facts.text(name), "is_err" | "is_none") => {
                    self.presence(file, object, !holds, depth)
                }
                _ => self.presence(file, condition, holds, depth),
            },
            _ => self.presence(file, condition, holds, depth),
        }
    }

    fn first_known(&self, file: FileId, parts: &[ExprId], holds: bool, depth: u32) -> LoopState {
        let states = parts.iter().map(|part| self.condition(file, *part, holds, depth));
        states
            .into_iter()
            .find(|state| *state != LoopState::Unknown)
            .unwrap_or(LoopState::Unknown)
    }

    /// What it says about the loop that `subject` is truthy or present.
    fn presence(&self, file: FileId, subject: ExprId, present: bool, depth: u32) -> LoopState {
        // Names may be bound by what they are themselves.
        if depth > MOST_QUESTIONS {
            return LoopState::Unknown;
        }
        let state = |running: bool| {
            if running {
                LoopState::Running
            } else {
                LoopState::NotRunning
            }
        };
        if self.tells_running(file, subject) {
            return state(present);
        }
        // A closed loop does not run; one that is open may.
        if self.role_of(file, subject) == Some(Role::TellsLoopClosed) {
            return if present {
                LoopState::NotRunning
            } else {
                LoopState::Unknown
            };
        }
        let facts = &self[file].facts;
        if let ExprKind::Call(call) = facts[subject].kind {
            let called = self.values(file, facts[call].callee).into_iter();
            let told = called.map(|value| match value.origin {
                Origin::Function((at, function)) => match self.running_where(at, function, depth) {
                    Some(running_where) => state(running_where == present),
                    None if !present && self.gives_nothing_without_loop(at, function, depth) => LoopState::NotRunning,
                    None => LoopState::Unknown,
                },
                _ => LoopState::Unknown,
            });
            return told
                .into_iter()
                .find(|told| *told != LoopState::Unknown)
                .unwrap_or(LoopState::Unknown);
        }
        let ExprKind::Name { name, scope } = facts[subject].kind else {
            return LoopState::Unknown;
        };
        let bindings = super::bindings::lookup(facts, scope, name).unwrap_or(&[]);
        // A name that the arms of a `try` set: to the loop or a flag where one runs, to nothing or the other flag where none does.
        for binding in bindings {
            let BindingKind::Value(value) = binding.kind else {
                continue;
            };
            if self.tells_running(file, value) {
                return state(present);
            }
            if !present && self.role_of(file, value) == Some(Role::GivesEventLoop) {
                return LoopState::NotRunning;
            }
            // `loop = None if is_running() else own_loop()`: there is one only where none is running.
            if let ExprKind::Choice {
                options,
                how: How::ByCondition,
            } = facts[value].kind
                && let [holds, otherwise, condition] = *facts.list(options)
                && present
            {
                let is_nothing = |side: ExprId| facts[side].kind == ExprKind::Nothing;
                let told = match (is_nothing(holds), is_nothing(otherwise)) {
                    (true, false) => self.condition(file, condition, false, depth + 1),
                    (false, true) => self.condition(file, condition, true, depth + 1),
                    _ => LoopState::Unknown,
                };
                if told != LoopState::Unknown {
                    return told;
                }
            }
            if let ExprKind::Call(_) = facts[value].kind
                && !self.is_question(file, value)
            {
                let told = self.condition(file, value, present, depth + 1);
                if told != LoopState::Unknown {
                    return told;
                }
            }
            let truth = match facts[value].kind {
                ExprKind::Truth(truth) => Some(truth),
                ExprKind::Nothing => Some(false),
                ExprKind::Call(_) if self.is_question(file, value) => Some(true),
                _ => None,
            };
            let arm = match facts[binding.block].kind {
                BlockKind::Rescue { attempt, catches }
                    if self.asks_for_loop(file, attempt) && catches_runtime_error(facts, catches) =>
                {
                    Some(false)
                }
                BlockKind::Attempt if self.asks_for_loop(file, binding.block) => Some(true),
                BlockKind::Otherwise { attempt } if self.asks_for_loop(file, attempt) => Some(true),
                _ => None,
            };
            if let (Some(truth), Some(runs)) = (truth, arm) {
                return state((truth == present) == runs);
            }
        }
        LoopState::Unknown
    }

    /// Whether what a function of the program returns is truthy where a loop is running, if that is what it tells: the contrary
    /// elsewhere.
    fn running_where(&self, file: FileId, function: FunctionId, depth: u32) -> Option<bool> {
        let facts = &self[file].facts;
        let mut told = None;
        for returned in facts.returns_of(function) {
            let value = returned.value?;
            let truth = match facts[value].kind {
                ExprKind::Truth(truth) => truth,
                ExprKind::Nothing => false,
                _ => true,
            };
            let state = if self.is_question(file, value) {
                LoopState::Running
            } else {
                self.loop_state_at(file, returned.block, value, depth + 1)
            };
            let running_where = match state {
                LoopState::Running => truth,
                LoopState::NotRunning => !truth,
                LoopState::Unknown => return None,
            };
            if told.is_some_and(|told| told != running_where) {
                return None;
            }
            told = Some(running_where);
        }
        told
    }

    /// Whether a function of the program returns nothing, or a false flag, only where no loop is running; elsewhere it may return
    /// anything.
    fn gives_nothing_without_loop(&self, file: FileId, function: FunctionId, depth: u32) -> bool {
        if depth > MOST_QUESTIONS {
            return false;
        }
        let facts = &self[file].facts;
        let is_nothing = |value: ExprId| matches!(facts[value].kind, ExprKind::Nothing | ExprKind::Truth(false));
        let is_not_running = |state: LoopState| state == LoopState::NotRunning;
        let mut returns = facts.returns_of(function).iter();
        let mut gives_any = false;
        let all = returns.all(|returned| {
            let Some(value) = returned.value else { return false };
            if is_nothing(value) {
                gives_any = true;
                return is_not_running(self.loop_state_at(file, returned.block, value, depth + 1));
            }
            let ExprKind::Choice {
                options,
                how: How::ByCondition,
            } = facts[value].kind
            else {
                return true;
            };
            let [holds, otherwise, condition] = *facts.list(options) else {
                return false;
            };
            gives_any |= is_nothing(holds) || is_nothing(otherwise);
            (!is_nothing(holds) || is_not_running(self.condition(file, condition, true, depth + 1)))
                && (!is_nothing(otherwise) || is_not_running(self.condition(file, condition, false, depth + 1)))
        });
        gives_any && all && matches!(facts[facts[function].body].exit, Exit::Returns(_) | Exit::Raises(_))
    }

    /// Whether an expression is a call that tells whether a loop runs: not one on a loop that was just made.
    fn tells_running(&self, file: FileId, expr: ExprId) -> bool {
        let Some(site) = self.site_at(file, expr) else {
            return false;
        };
        let of_new_loop = match self[file].facts[site.callee].kind {
            ExprKind::Member { object, .. } => self.all_come_from(file, object, Role::MakesEventLoop),
            _ => false,
        };
        !of_new_loop && self.role_of(file, expr) == Some(Role::TellsLoopRunning)
    }

    fn is_question(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        // `asyncio.all_tasks(loop)` asks the loop that it is given.
        let is_of_another =
            matches!(facts[expr].kind, ExprKind::Call(call) if !facts.arguments(&facts[call]).is_empty());
        self.role_of(file, expr) == Some(Role::AsksRunningLoop) && !is_of_another
    }

    fn role_of(&self, file: FileId, expr: ExprId) -> Option<Role> {
        self.site_at(file, expr)
            .and_then(|site| self.entry(site))
            .and_then(|entry| entry.role)
    }

    /// Whether code is there to panic: in a test that must, or in what is handed to a function that catches it.
    #[must_use]
    pub fn expects_panic(&self, file: FileId, scope: ScopeId, place: Span) -> bool {
        let facts = &self[file].facts;
        let called = |expr: ExprId| match facts[expr].kind {
            ExprKind::Call(call) => super::names::last_name(facts, facts[call].callee),
            _ => super::names::last_name(facts, expr),
        };
        let mut next = Some(scope);
        while let Some(function) = next.and_then(|scope| facts.function_around(scope)) {
            let attributes = facts.list(facts[function].decorators).iter();
            let mut named = attributes.filter_map(|attribute| called(*attribute));
            if named.any(|name| facts.text(name) == "should_panic") {
                return true;
            }
            next = Some(facts[function].parent);
        }
        // What production code catches so is no expectation.
        let is_test = self.code_scope(file, scope) == CodeScope::Test;
        facts.calls.iter().any(|call| {
            let catches = super::names::last_name(facts, call.callee).is_some_and(|name| {
                let name = facts.text(name);
                (name == "catch_unwind" && is_test) || (!name.ends_with('!') && name.contains("panic"))
            });
            let mut arguments = facts.arguments(call).iter();
            catches && arguments.any(|argument| facts[argument.value].span.contains(place))
        })
    }

    /// Whether every known value of `expr` comes from a call of the role.
    #[must_use]
    pub fn all_come_from(&self, file: FileId, expr: ExprId, role: Role) -> bool {
        let values = self.values(file, expr);
        !values.is_empty()
            && values.iter().all(|value| match value.origin {
                Origin::Written(at, written) => self.role_of(at, written) == Some(role),
                _ => false,
            })
    }
}

fn agree(states: &[LoopState]) -> LoopState {
    match states.split_first() {
        Some((first, rest)) if rest.iter().all(|state| state == first) => *first,
        _ => LoopState::Unknown,
    }
}

/// Whether an arm catches what asking without a running loop raises.
pub(super) fn catches_runtime_error(facts: &FileFacts, catches: Option<ExprId>) -> bool {
    let Some(catches) = catches else { return true };
    let is_one = |expr: ExprId| {
        super::names::last_name(facts, expr).is_some_and(|name| {
            matches!(
                facts.text(name),
                "RuntimeError" | "Exception" | "BaseException" | "NoEventLoopError" | "AsyncLibraryNotFoundError"
            )
        })
    };
    match facts[catches].kind {
        ExprKind::Group(types) => facts.list(types).iter().any(|caught| is_one(*caught)),
        _ => is_one(catches),
    }
}
