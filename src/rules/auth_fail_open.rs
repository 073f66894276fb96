//! Failures of authentication that are swallowed.

use super::{Findings, first_line};
use crate::facts::{
    Argument, BindingKind, BlockId, BlockKind, CallId, ExprId, ExprKind, FileFacts, FunctionId, How, Language, Name,
    ScopeId, Store,
};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{Origin, Outcome, Program, Validation};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Reports where code goes on after a token was refused, as if nothing had happened.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut judge = Judge {
        program,
        out,
        reported: FxHashSet::default(),
    };
    for validation in program.validations() {
        if program.code_scope(validation.file, scope_of(program, &validation)) == CodeScope::Test {
            continue;
        }
        judge.rescues(&validation);
        judge.alternatives(&validation);
        judge.ignored(&validation);
        judge.missing(&validation);
    }
    judge.made_up();
    judge.own_tokens();
}

fn scope_of(program: &Program<'_>, validation: &Validation) -> ScopeId {
    program[validation.file].facts[validation.call].scope
}

/// A failure that is swallowed.
struct Swallowed {
    file: FileId,
    place: Span,
    scope: ScopeId,
    message: &'static str,
    values: Vec<(&'static str, String)>,
    confidence: Confidence,
}

struct Judge<'j, 'p> {
    program: &'j Program<'p>,
    out: &'j mut Findings,
    reported: FxHashSet<(FileId, Span)>,
}

impl Judge<'_, '_> {
    // The arms that run when a validation fails

    fn rescues(&mut self, validation: &Validation) {
        let facts = &self.program[validation.file].facts;
        let block = facts[validation.call].block;
        let around = facts.blocks_around(block).map(|(id, _)| id);
        for attempt in around.filter(|id| facts[*id].kind == BlockKind::Attempt) {
            let arms: Vec<BlockId> = facts.rescues_of(attempt).collect();
            for arm in &arms {
                self.arm(validation, attempt, *arm);
            }
            if !arms.is_empty() {
                break;
            }
        }
    }

    fn arm(&mut self, validation: &Validation, attempt: BlockId, arm: BlockId) {
        let program = self.program;
        let file = validation.file;
        let facts = &program[file].facts;
        if program.catches_something_else(file, arm) {
            return;
        }
        let outcomes = program.outcomes(file, arm);
        let mut others = program.validations_below(file, arm);
        if let Some(other) = others.find(|other| !program.is_only_logged(file, facts[other.call].expr)) {
            let other = *other;
            let keeps = facts.stores.iter().any(|store| facts.is_below(store.block, arm));
            let fails = |outcome: &Outcome| match outcome {
                Outcome::Refuses => true,
                // What is said of a token that is not let in changes nothing.
                Outcome::Fails => !keeps,
                _ => false,
            };
            if !outcomes.iter().all(fails) {
                self.other_way(validation, &other, rescue_place(facts, arm));
            }
            return;
        }
        let message = outcomes
            .into_iter()
            .find_map(|outcome| match outcome {
                Outcome::StandsIn(_) => Some("stand-in"),
                // `is_expired` says yes of a token that is not good.
                Outcome::Accepts(_) => (!self.asks_for_failure(file, validation)).then_some("accepts"),
                Outcome::Gives(value) => self.gives_stand_in(file, arm, value).then_some("stand-in"),
                Outcome::GoesOn => self.goes_on(validation, attempt, arm),
                Outcome::Refuses | Outcome::Fails | Outcome::Jumps => None,
            })
            .or_else(|| {
                let leaves_word = leaves_word(facts, arm);
                (!leaves_word && program.is_passed_on(file, arm)).then_some("passes-on")
            });
        if let Some(message) = message {
            let values = vec![("call", self.written(validation))];
            self.report(validation, rescue_place(facts, arm), message, values);
        }
    }

    /// Whether the function around a validation asks whether the token is not good: `is_token_expired`.
    fn asks_for_failure(&self, file: FileId, validation: &Validation) -> bool {
        let name = self.program.function_name(file, scope_of(self.program, validation));
        name.is_some_and(|name| self.program.catalog().words().refuses(name))
    }

    /// What goes on behind the arm although the token was refused.
    fn goes_on(&self, validation: &Validation, attempt: BlockId, arm: BlockId) -> Option<&'static str> {
        let program = self.program;
        let file = validation.file;
        let facts = &program[file].facts;
        let bound = facts
            .bindings
            .iter()
            .filter(|binding| facts.is_below(binding.block, arm));
        let mut values = bound.filter_map(|binding| match binding.kind {
            BindingKind::Value(value) => Some(value),
            _ => None,
        });
        let mut stored = facts
            .stores
            .iter()
            .filter(|store| facts.is_below(store.block, arm))
            .filter_map(|store| store.value);
        let stands_in = |value: ExprId| program.is_stand_in(file, value);
        if values.any(stands_in) || stored.any(stands_in) || self.is_replaced_later(validation, arm) {
            return Some("stand-in");
        }
        if leaves_word(facts, arm) || hands_out(facts, attempt, validation.call) {
            return None;
        }
        if accepts_in_any_case(facts, attempt, arm) {
            return Some("accepts");
        }
        let function = facts.function_around(facts[validation.call].scope)?;
        let place = facts[arm].span;
        let passed_on = program
            .passing_on(file, facts[function].body)
            .any(|call| facts[facts[call].expr].span.start >= place.end);
        if passed_on {
            return Some("passes-on");
        }
        let says_more = facts
            .returns_of(function)
            .iter()
            .any(|returned| returned.value.is_some());
        let goes_further = facts
            .blocks
            .iter()
            .any(|block| block.span.start >= place.end && facts.function_around(block.scope) == Some(function));
        let is_asked = program.is_validator((file, function));
        (is_asked && !says_more && !goes_further).then_some("swallowed")
    }

    /// Whether the name that was to hold what came of the validation gets a stand-in behind the arm.
    fn is_replaced_later(&self, validation: &Validation, arm: BlockId) -> bool {
        let facts = &self.program[validation.file].facts;
        let call = &facts[validation.call];
        let (span, place) = (facts[call.expr].span, facts[arm].span);
        let bindings = facts.bindings_in(call.scope);
        let holding = bindings
            .iter()
            .filter(|binding| matches!(binding.kind, BindingKind::Value(value) if facts[value].span.contains(span)));
        holding.into_iter().any(|holding| {
            facts.bindings_of(call.scope, holding.name).iter().any(|binding| {
                matches!(binding.kind, BindingKind::Value(value)
                    if binding.span.start >= place.end && self.program.is_stand_in(validation.file, value))
            })
        })
    }

    /// A name that the arm bound to a stand-in.
    fn gives_stand_in(&self, file: FileId, arm: BlockId, value: ExprId) -> bool {
        let facts = &self.program[file].facts;
        let ExprKind::Name { name, scope } = facts[value].kind else {
            return false;
        };
        let bindings = facts.bindings_of(scope, name).iter();
        let mut bound = bindings.filter(|binding| facts.is_below(binding.block, arm));
        bound.any(|binding| matches!(binding.kind, BindingKind::Value(value) if self.program.is_stand_in(file, value)))
    }

    // The same in one expression: `validate(token).unwrap_or_else(…)`, `validate(token) or ANONYMOUS`

    fn alternatives(&mut self, validation: &Validation) {
        let program = self.program;
        let file = validation.file;
        let facts = &program[file].facts;
        let call = facts[validation.call].expr;
        for expr in &facts.exprs {
            let ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } = expr.kind
            else {
                continue;
            };
            let [first, others @ ..] = facts.list(options) else {
                continue;
            };
            if *first != call && !is_made_from(facts, *first, call) {
                continue;
            }
            for other in others {
                let span = facts[*other].span;
                if self
                    .reported
                    .iter()
                    .any(|(at, place)| *at == file && place.contains(span))
                {
                    continue;
                }
                // The front end writes a `match` whose arms give values in this way, too.
                let arms = facts.numbered_blocks();
                let arm = arms
                    .filter(|(_, block)| matches!(block.kind, BlockKind::Rescue { .. }) && block.span.contains(span))
                    .map(|(id, _)| id)
                    .next_back();
                let place = arm.map_or(span, |arm| rescue_place(facts, arm));
                let second = program.validations_in(file).iter().find(|second| {
                    second.call != validation.call && span.contains(facts[facts[second.call].expr].span)
                });
                match second.copied() {
                    Some(second) if arm.is_none() => self.other_way(validation, &second, place),
                    None if program.is_stand_in(file, *other) || self.is_default_user(validation, *other) => {
                        let values = vec![("call", self.written(validation))];
                        self.report(validation, place, "stand-in", values);
                    }
                    _ => {}
                }
            }
        }
    }

    /// `validate(token).unwrap_or_default()`, where the validator gives one of the program's own types.
    fn is_default_user(&self, validation: &Validation, other: ExprId) -> bool {
        let program = self.program;
        let is_default = matches!(program[validation.file].facts[other].kind, ExprKind::Text(text)
            if program[validation.file].facts.text(text).is_empty());
        if program[validation.file].language != Language::Rust || !is_default {
            return false;
        }
        let is_own = |file: FileId, named: ExprId| {
            let values = program.values(file, named);
            values.iter().any(|value| matches!(value.origin, Origin::Class(_)))
        };
        // `decode::<Claims>(token, …)`
        let asked = program[validation.file].facts.asked_type(validation.call);
        if asked.is_some_and(|asked| is_own(validation.file, asked)) {
            return true;
        }
        let into = program.edges_of(validation.file, validation.call);
        let mut callees = into.map(|edge| edge.callee);
        callees.any(|(file, function)| {
            let facts = &program[file].facts;
            let Some(declared) = facts[function].returns else {
                return false;
            };
            let within = facts.exprs_within(facts[declared].span);
            let mut names = within.filter(|(_, expr)| matches!(expr.kind, ExprKind::Name { .. }));
            names.any(|(name, _)| is_own(file, name))
        })
    }

    fn other_way(&mut self, validation: &Validation, other: &Validation, place: Span) {
        let message = if !self.is_same_token(validation, other) || self.is_repeated(validation, other) {
            return;
        } else if self.program.is_unverified(other) {
            "unverified-way"
        } else if self.written(validation) != self.written(other) {
            "other-way"
        } else {
            // The same again, with another key or after a rest.
            return;
        };
        let values = vec![("call", self.written(validation)), ("other", self.written(other))];
        self.report(validation, place, message, values);
    }

    /// Whether two validations are the same call with the same arguments: whatever it checks, it is asked again.
    fn is_repeated(&self, validation: &Validation, other: &Validation) -> bool {
        let facts = &self.program[validation.file].facts;
        let told = |argument: &Argument| match facts[argument.value].kind {
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                Some((argument.keyword, self.program.written(validation.file, argument.value)))
            }
            _ => None,
        };
        let passed = |call: CallId| -> Option<Vec<_>> { facts.arguments(&facts[call]).iter().map(told).collect() };
        let first = passed(validation.call);
        self.written(validation) == self.written(other) && first.is_some() && first == passed(other.call)
    }

    /// Whether two validations share something that they are passed: a second credential is judged by itself.
    fn is_same_token(&self, validation: &Validation, other: &Validation) -> bool {
        let facts = &self.program[validation.file].facts;
        let passed = |call: CallId| facts.arguments(&facts[call]).iter().map(|argument| argument.value);
        let is_said = |value: ExprId| {
            matches!(
                facts[value].kind,
                ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Call(_)
            )
        };
        let name = |value: ExprId| self.program.written(validation.file, value);
        let shared = passed(validation.call).next();
        shared.is_some_and(|first| is_said(first) && passed(other.call).any(|second| name(second) == name(first)))
    }

    // A failure that is told by a value which nobody looks at

    fn ignored(&mut self, validation: &Validation) {
        let program = self.program;
        let facts = &program[validation.file].facts;
        let call = &facts[validation.call];
        if validation.hops == 0 || !call.discarded {
            return;
        }
        let into = program.edges_of(validation.file, validation.call);
        let mut callees = into.map(|edge| edge.callee).peekable();
        let is_told_by_value = callees.peek().is_some() && callees.all(|callee| self.fails_by_value(callee));
        if is_told_by_value {
            let place = program.callee_site(validation.file, call).span;
            let values = vec![("call", self.written(validation))];
            self.report(validation, place, "ignored", values);
        }
    }

    /// Whether a function tells by what it returns that a token is not good, and by nothing else.
    fn fails_by_value(&self, (file, function): (FileId, FunctionId)) -> bool {
        let program = self.program;
        let facts = &program[file].facts;
        // Who leaves is not let in, whatever becomes of the token, and what cannot be refreshed stays as it is.
        let words = program.catalog().words();
        let leaves = |name| words.ends_session(facts.text(name)) || words.refreshes(facts.text(name));
        if facts[function].name.is_some_and(leaves) || empties_first(program, file, function) {
            return false;
        }
        let own = program.validations_in(file).iter();
        let mut own = own
            .filter(|validation| facts.function_around(facts[validation.call].scope) == Some(function))
            .peekable();
        let mut returns = facts.returns_of(function).iter();
        let says_something = returns.any(|returned| {
            let value = returned.value.filter(|value| facts[*value].kind != ExprKind::Nothing);
            value.is_some()
        });
        let declared = facts[function].returns;
        let gives_nothing = declared.is_some_and(|declared| facts[declared].kind == ExprKind::Nothing);
        own.peek().is_some()
            && says_something
            && !gives_nothing
            && own.all(|validation| {
                let attempt = facts
                    .blocks_around(facts[validation.call].block)
                    .find(|(_, block)| block.kind == BlockKind::Attempt);
                let Some((attempt, _)) = attempt else { return false };
                let mut arms = facts.rescues_of(attempt).peekable();
                arms.peek().is_some()
                    && arms.all(|arm| {
                        let outcomes = program.outcomes(file, arm);
                        outcomes.iter().all(|outcome| *outcome == Outcome::Fails)
                    })
            })
    }

    // What lets everybody in where something that validating needs is not there: `if not self.secret: return True`

    fn missing(&mut self, validation: &Validation) {
        let program = self.program;
        let file = validation.file;
        let facts = &program[file].facts;
        // Where nothing can be refreshed, what there is stays as it is.
        let name = program.function_name(file, scope_of(program, validation)).unwrap_or("");
        if program.catalog().words().refreshes(name) {
            return;
        }
        let before = facts.blocks_before(&facts[validation.call]);
        let open = before.filter_map(|(id, block)| {
            let BlockKind::Branch { condition, holds } = block.kind else {
                return None;
            };
            let subject = facts
                .absent(condition, holds)
                .filter(|subject| self.is_part_of_the_set_up(file, *subject))?;
            // What is checked itself is a credential that somebody may leave out, and no part of the set-up.
            let arguments = facts.arguments(&facts[validation.call]);
            let written = program.written(file, subject);
            if arguments
                .first()
                .is_some_and(|token| program.written(file, token.value) == written)
            {
                return None;
            }
            let lets_in = |outcome: &Outcome| matches!(outcome, Outcome::Accepts(_) | Outcome::StandsIn(_));
            let is_open = program.is_passed_on(file, id) || program.outcomes(file, id).iter().any(lets_in);
            is_open.then_some(subject)
        });
        for subject in open.collect::<Vec<_>>() {
            let values = vec![("subject", program.written(file, subject))];
            self.report(validation, facts[subject].span, "missing", values);
        }
    }

    /// Whether a name is a field of the own object or something of the module, and no switch: a key, a client, a database.
    fn is_part_of_the_set_up(&self, file: FileId, subject: ExprId) -> bool {
        let facts = &self.program[file].facts;
        let words = self.program.catalog().words();
        let written = self.program.written(file, subject);
        let last = written.rsplit(['.', ':']).next().unwrap_or("");
        let is_own = written.starts_with("self.");
        let is_setting =
            words.is_secret(last) && (written.contains(['.', ':']) || !last.chars().any(char::is_lowercase));
        matches!(facts[subject].kind, ExprKind::Name { .. } | ExprKind::Member { .. })
            && (is_own || is_setting)
            && !words.is_switch(last)
    }

    // Users that are made up without any failure: `if not self.db: return TEST_USER`

    fn made_up(&mut self) {
        let program = self.program;
        let found = program.for_each_file(|file, data| {
            let facts = &data.facts;
            let functions: FxHashSet<FunctionId> = program
                .validations_in(file)
                .iter()
                .filter_map(|validation| facts.function_around(facts[validation.call].scope))
                .filter(|function| program.code_scope(file, facts[*function].scope) != CodeScope::Test)
                .collect();
            let mut found = Vec::new();
            for function in functions {
                let returned = facts.returns_of(function).iter();
                for (value, block) in returned.filter_map(|returned| Some((returned.value?, returned.block))) {
                    if program.is_nobody(file, value) && self.is_without_token(file, function, block) {
                        continue;
                    }
                    found.extend(self.made_up_in(file, value).map(|place| (file, function, place)));
                }
                let extent = facts[function].extent;
                for (_, choice) in facts.exprs_within(extent) {
                    let ExprKind::Choice { options, how } = choice.kind else {
                        continue;
                    };
                    for option in facts.options(options, how) {
                        found.extend(self.made_up_in(file, *option).map(|place| (file, function, place)));
                    }
                }
            }
            found
        });
        for (file, function, place) in found {
            let facts = &program[file].facts;
            // What is reported by the arm, or by the condition, that leads there is not said twice.
            let in_arm = facts.blocks.iter().any(|block| {
                block.span.contains(place)
                    && match block.kind {
                        BlockKind::Rescue { .. } => true,
                        BlockKind::Branch { condition, .. } => {
                            let span = facts[condition].span;
                            self.reported
                                .iter()
                                .any(|(at, known)| *at == file && span.contains(*known))
                        }
                        _ => false,
                    }
            });
            if !in_arm {
                self.add(Swallowed {
                    file,
                    place,
                    scope: facts[function].scope,
                    message: "made-up",
                    values: Vec::new(),
                    confidence: Confidence::Likely,
                });
            }
        }
    }

    /// Whether a block runs only where nobody gave the token that its function validates.
    fn is_without_token(&self, file: FileId, function: FunctionId, block: BlockId) -> bool {
        let facts = &self.program[file].facts;
        let validations = self.program.validations_in(file).iter();
        let own = validations.filter(|own| facts.function_around(facts[own.call].scope) == Some(function));
        let tokens: Vec<String> = own
            .flat_map(|own| facts.arguments(&facts[own.call]))
            .map(|argument| self.program.written(file, argument.value))
            .collect();
        facts.blocks_around(block).any(|(_, around)| match around.kind {
            BlockKind::Branch { condition, holds } => facts
                .absent(condition, holds)
                .is_some_and(|subject| tokens.contains(&self.program.written(file, subject))),
            _ => false,
        })
    }

    fn made_up_in(&self, file: FileId, value: ExprId) -> Option<Span> {
        let facts = &self.program[file].facts;
        let words = self.program.catalog().words();
        let says = match facts[value].kind {
            ExprKind::Text(text) => facts.text(text).to_owned(),
            // Who calls says who it is.
            ExprKind::Name { name, scope } if is_left_to_callers(facts, name, scope) => return None,
            ExprKind::Name { .. } | ExprKind::Member { .. } => self.program.written(file, value),
            ExprKind::Table(_) | ExprKind::Call(_) if self.program.is_made_up_user(file, value) => {
                return Some(first_line(facts, value));
            }
            ExprKind::Call(call) => self.program.written(file, facts[call].callee),
            _ => return None,
        };
        let last = says
            .rsplit(['.', ':', '('])
            .find(|part| !part.is_empty() && *part != ")")?;
        (words.is_made_up(last) && self.program.is_stand_in(file, value)).then_some(first_line(facts, value))
    }

    // Tokens that are made where none was given

    fn own_tokens(&mut self) {
        let program = self.program;
        for minting in program.minting_sites() {
            let file = minting.primary.file;
            let facts = &program[file].facts;
            let call = facts
                .calls
                .iter()
                .find(|call| program.callee_site(file, call) == minting.primary);
            let Some(call) = call else { continue };
            let arm = facts
                .blocks_around(call.block)
                .find(|(_, block)| matches!(block.kind, BlockKind::Rescue { .. }));
            let Some((arm, block)) = arm else { continue };
            let BlockKind::Rescue { attempt, .. } = block.kind else {
                continue;
            };
            if self.is_test_function(file, call.scope) || !self.asks_for_token(file, attempt) {
                continue;
            }
            self.add(Swallowed {
                file,
                place: rescue_place(facts, arm),
                scope: call.scope,
                message: "own-token",
                values: vec![("call", minting.call.clone())],
                confidence: minting.confidence,
            });
        }
    }

    /// Whether code in an attempt logs in: a call of something that is called so, or of such an address.
    fn asks_for_token(&self, file: FileId, attempt: BlockId) -> bool {
        let program = self.program;
        let facts = &program[file].facts;
        let words = program.catalog().words();
        let mut calls = facts.calls.iter().filter(|call| facts.is_below(call.block, attempt));
        calls.any(|call| {
            let written = program.written(file, call.callee);
            words.is_gate(written.rsplit(['.', ':']).next().unwrap_or(""))
                || facts.arguments(call).iter().any(|argument| {
                    let texts = program.texts(file, argument.value);
                    texts
                        .iter()
                        .any(|text| text.text.contains('/') && words.is_gate(&text.text))
                })
        })
    }

    fn is_test_function(&self, file: FileId, scope: ScopeId) -> bool {
        let name = self.program.function_name(file, scope).unwrap_or("");
        self.program[file].language == Language::Python && name.starts_with("test")
    }

    // Reporting

    fn report(
        &mut self,
        validation: &Validation,
        place: Span,
        message: &'static str,
        values: Vec<(&'static str, String)>,
    ) {
        self.add(Swallowed {
            file: validation.file,
            place,
            scope: scope_of(self.program, validation),
            message,
            values,
            confidence: validation.confidence,
        });
    }

    fn add(&mut self, swallowed: Swallowed) {
        let Swallowed { file, place, scope, .. } = swallowed;
        if !self.reported.insert((file, place)) {
            return;
        }
        let primary = Site { file, span: place };
        let finding = self
            .out
            .add(self.program, primary, scope, swallowed.message, swallowed.values);
        finding.confidence = swallowed.confidence;
        finding.trail = self.program.trail_to(file, scope, primary);
    }

    fn written(&self, validation: &Validation) -> String {
        let facts = &self.program[validation.file].facts;
        self.program.written(validation.file, facts[validation.call].callee)
    }
}

/// The place that stands for an arm: what it catches, or its first word.
fn rescue_place(facts: &FileFacts, arm: BlockId) -> Span {
    match facts[arm].kind {
        BlockKind::Rescue {
            catches: Some(catches), ..
        } => first_line(facts, catches),
        _ => {
            let span = facts[arm].span;
            Span::new(span.start, span.end.min(span.start + 3))
        }
    }
}

/// Whether an arm leaves word of the failure for those who come behind it: sets a name or a field, counts.
fn leaves_word(facts: &FileFacts, arm: BlockId) -> bool {
    let binds = facts
        .bindings
        .iter()
        .any(|binding| facts.is_below(binding.block, arm) && !matches!(binding.kind, BindingKind::Caught(_)));
    binds || facts.stores.iter().any(|store| facts.is_below(store.block, arm))
}

/// Whether a function empties a field before it fills it, so that others can see there whether it went well.
fn empties_first(program: &Program<'_>, file: FileId, function: FunctionId) -> bool {
    let facts = &program[file].facts;
    let own = |store: &&Store| facts.function_around(facts[store.block].scope) == Some(function);
    let stores: Vec<&Store> = facts.stores.iter().filter(own).collect();
    let is_emptied = |store: &Store| {
        store.block == facts[function].body && store.value.is_some_and(|value| facts[value].kind == ExprKind::Nothing)
    };
    stores.iter().enumerate().any(|(index, first)| {
        let mut later = stores.iter().skip(index + 1);
        is_emptied(first)
            && later.any(|store| program.written(file, store.target) == program.written(file, first.target))
    })
}

/// Whether an attempt keeps or gives back what came of its validation, so that others can see whether it went well.
fn hands_out(facts: &FileFacts, attempt: BlockId, call: CallId) -> bool {
    let span = facts[facts[call].expr].span;
    let holds = |value: ExprId| facts[value].span.contains(span);
    let binds = facts.bindings.iter().any(|binding| match binding.kind {
        BindingKind::Value(value) | BindingKind::Unpacked { value, .. } => holds(value),
        _ => false,
    });
    binds
        || facts.stores.iter().any(|store| facts.is_below(store.block, attempt))
        || facts
            .returns
            .iter()
            .any(|returned| facts.is_below(returned.block, attempt))
}

/// Whether the function goes on to say yes, whatever became of an attempt that leaves no word of it: nothing is asked on the way.
fn accepts_in_any_case(facts: &FileFacts, attempt: BlockId, arm: BlockId) -> bool {
    let mut around = facts.blocks_around(attempt).skip(1);
    let around = around.find_map(|(id, block)| (!matches!(block.kind, BlockKind::Within { .. })).then_some(id));
    let Some(function) = facts.function_around(facts[attempt].scope) else {
        return false;
    };
    let behind = facts[arm].span.end;
    let answer = facts.returns_of(function).iter().find_map(|returned| {
        let value = returned.value.filter(|_| Some(returned.block) == around)?;
        (facts[value].span.start >= behind).then_some(value)
    });
    let Some(answer) = answer.filter(|answer| facts[*answer].kind == ExprKind::Truth(true)) else {
        return false;
    };
    let leaves_word = facts
        .bindings
        .iter()
        .any(|binding| facts.is_below(binding.block, attempt));
    let is_asked = facts.numbered_blocks().filter(|(id, _)| *id != arm).any(|(id, block)| {
        let is_between = behind <= block.span.start && block.span.start < facts[answer].span.start;
        let is_otherwise = matches!(block.kind, BlockKind::Otherwise { attempt: of } if of == attempt);
        (is_between || is_otherwise || facts.is_below(id, arm)) && facts.function_around(block.scope) == Some(function)
    });
    !leaves_word && !is_asked
}

/// Whether `outer` is `call` with methods called on it.
fn is_made_from(facts: &FileFacts, outer: ExprId, call: ExprId) -> bool {
    match facts[outer].kind {
        ExprKind::Call(other) => match facts[facts[other].callee].kind {
            ExprKind::Member { object, .. } => object == call || is_made_from(facts, object, call),
            _ => false,
        },
        ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => {
            object == call || is_made_from(facts, object, call)
        }
        _ => false,
    }
}

/// Whether a name is a parameter that is empty where nobody passes it.
fn is_left_to_callers(facts: &FileFacts, name: Name, scope: ScopeId) -> bool {
    let function = facts.function_around(scope);
    function.is_some_and(|function| {
        facts.parameters(&facts[function]).iter().any(|parameter| {
            let is_empty = |default: ExprId| facts[default].kind == ExprKind::Nothing;
            parameter.name == name && parameter.default.is_none_or(is_empty)
        })
    })
}
