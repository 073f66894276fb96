//! Which calls validate a token, through as many functions as hand it on: the question of every rule about authentication.
//!
//! From the places where tokens are validated ([`Program::validation_sites`]), or a service is asked about them, we go backwards, caller by caller, as long as a function
//! passes on what it is itself passed. A function that validates a token it got from anywhere else (a client that logs in, a job) does
//! so for itself and not for its callers.

use crate::catalog::Role;
use crate::facts::{BindingKind, BlockId, CallId, ExprId, ExprKind, FileFacts, FunctionId, Name, ScopeId};
use crate::finding::{CodeScope, Confidence};
use crate::program::calls::By;
use crate::program::names::{FunctionRef, Origin};
use crate::program::reach::MOST_ALTERNATIVES;
use crate::program::{Program, TokenSite};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// A call that validates a token, itself or by what it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The file.
    pub file: FileId,
    /// The call.
    pub call: CallId,
    /// How many functions of the program lie between the call and the place that does the work.
    pub hops: u8,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// More functions between a call and the work than this make it a call of something else, which validates besides.
const MOST_HOPS: u8 = 4;
/// What names are bound to is followed this deep.
const DEEPEST: u32 = 6;

/// All calls that validate tokens, and the functions they call.
#[derive(Debug, Default)]
pub(in crate::program) struct Validations {
    by_file: FxHashMap<FileId, Vec<Validation>>,
    functions: FxHashMap<FunctionRef, u8>,
}

impl Validations {
    pub(in crate::program) fn find(program: &Program<'_>) -> Self {
        let mut found = Self::default();
        let mut waiting: VecDeque<(FunctionRef, Confidence)> = VecDeque::new();
        for site in program.validation_sites() {
            found.add_site(program, site, &mut waiting);
        }
        for question in program.questions.get().into_iter().flatten() {
            let function = (question.file, question.function);
            found.add(Validation {
                file: question.file,
                call: question.call,
                hops: 0,
                confidence: Confidence::Likely,
            });
            if found.functions.insert(function, 0).is_none() {
                waiting.push_back((function, Confidence::Likely));
            }
        }
        while let Some((function, confidence)) = waiting.pop_front() {
            let hops = found.functions.get(&function).copied().unwrap_or(0);
            for edge in program.calls_into(function) {
                let is_guess = edge.confidence == Confidence::Possible || edge.alternatives > MOST_ALTERNATIVES;
                let (file, caller) = edge.caller;
                if edge.by != By::Call
                    || is_guess
                    || program[file].scope == CodeScope::Test && program[function.0].scope != CodeScope::Test
                {
                    continue;
                }
                let Some(call) = edge.call else { continue };
                let confidence = confidence.min(edge.confidence);
                if program.calls_what_it_is_handed(file, call) {
                    found.add_handing(program, (file, caller), function, hops, confidence, &mut waiting);
                    continue;
                }
                found.add(Validation {
                    file,
                    call,
                    hops: hops + 1,
                    confidence,
                });
                let Some(caller) = caller else { continue };
                let passes_on = hops < MOST_HOPS && program.passes_on(file, caller, call);
                if passes_on && !found.functions.contains_key(&(file, caller)) {
                    found.functions.insert((file, caller), hops + 1);
                    waiting.push_back(((file, caller), confidence));
                }
            }
        }
        found.add_handed(program);
        for calls in found.by_file.values_mut() {
            calls.sort_by_key(|validation| validation.call);
        }
        found
    }

    fn add_site(&mut self, program: &Program<'_>, site: &TokenSite, waiting: &mut VecDeque<(FunctionRef, Confidence)>) {
        let file = site.primary.file;
        let facts = &program[file].facts;
        let call = (0..facts.calls.len())
            .map(CallId::at)
            .find(|call| program.callee_site(file, &facts[*call]) == site.primary);
        if let Some(call) = call.filter(|_| !site.unbound) {
            self.add(Validation {
                file,
                call,
                hops: 0,
                confidence: site.confidence,
            });
        }
        if let Some(function) = facts.function_around(site.scope).filter(|_| !site.unbound)
            && self.functions.insert((file, function), 0).is_none()
        {
            waiting.push_back(((file, function), site.confidence));
        }
    }

    /// The calls that hand a validating function to one that calls what it is handed: a circuit breaker, a retry.
    fn add_handing(
        &mut self,
        program: &Program<'_>,
        (file, wrapper): (FileId, Option<FunctionId>),
        handed: FunctionRef,
        hops: u8,
        confidence: Confidence,
        waiting: &mut VecDeque<(FunctionRef, Confidence)>,
    ) {
        let Some(wrapper) = wrapper else { return };
        let name = program[handed.0].facts[handed.1].name;
        let name = name.map(|name| program[handed.0].facts.text(name));
        for edge in program.calls_into((file, wrapper)) {
            let facts = &program[edge.site.file].facts;
            let Some(call) = edge.call else { continue };
            let mut passed = facts.arguments(&facts[call]).iter();
            let hands = passed.any(|argument| {
                crate::program::names::last_name(facts, argument.value)
                    .is_some_and(|last| Some(facts.text(last)) == name)
            });
            if !hands {
                continue;
            }
            let confidence = confidence.min(edge.confidence).min(Confidence::Likely);
            self.add(Validation {
                file: edge.site.file,
                call,
                hops: hops + 1,
                confidence,
            });
            let (file, Some(caller)) = edge.caller else { continue };
            let passes_on = hops < MOST_HOPS && program.passes_on(file, caller, call);
            if passes_on && !self.functions.contains_key(&(file, caller)) {
                self.functions.insert((file, caller), hops + 1);
                waiting.push_back(((file, caller), confidence));
            }
        }
    }

    /// The functions that hand a validating function, by a name that says so, to something that calls it (whatever that is), and
    /// the calls of those. Their callers are traced by names alone.
    fn add_handed(&mut self, program: &Program<'_>) {
        let validating: FxHashSet<&str> = self
            .functions
            .keys()
            .filter_map(|function| program.name_of(*function))
            .collect();
        let words = program.catalog.words();
        let validating: Vec<&str> = validating.into_iter().filter(|name| words.verifies(name)).collect();
        let handing = program.for_each_file(|file, data| {
            let facts = &data.facts;
            let validating = facts.names.find_all(&validating);
            if validating.is_empty() {
                return Vec::new();
            }
            let says = |name: Name| validating.contains(&name);
            let calls = facts.numbered_calls().filter(|(_, call)| {
                let mut passed = facts.arguments(call).iter();
                passed.any(|argument| match facts[argument.value].kind {
                    ExprKind::Member { name, .. } => says(name),
                    ExprKind::Name { name, .. } if says(name) => {
                        let values = program.values(file, argument.value);
                        values.iter().any(|value| matches!(value.origin, Origin::Function(_)))
                    }
                    _ => false,
                })
            });
            let functions = calls.filter_map(|(id, call)| Some((file, id, facts.function_around(call.scope)?)));
            functions.collect()
        });
        let mut functions: FxHashSet<FunctionRef> = FxHashSet::default();
        for (file, call, function) in handing {
            if program.passes_on(file, function, call) {
                self.add(Validation {
                    file,
                    call,
                    hops: 1,
                    confidence: Confidence::Likely,
                });
                if self.functions.insert((file, function), 1).is_none() {
                    functions.insert((file, function));
                }
            }
        }
        for (file, call) in program.calls_by_name(&functions) {
            self.add(Validation {
                file,
                call,
                hops: 2,
                confidence: Confidence::Likely,
            });
        }
    }

    fn add(&mut self, validation: Validation) {
        let known = self.by_file.entry(validation.file).or_default();
        if !known.iter().any(|other| other.call == validation.call) {
            known.push(validation);
        }
    }
}

impl Program<'_> {
    /// The calls in `file` that validate tokens, in order.
    #[must_use]
    pub fn validations_in(&self, file: FileId) -> &[Validation] {
        let found = self.validations.get_or_init(|| Validations::find(self));
        found.by_file.get(&file).map_or(&[], Vec::as_slice)
    }

    /// Every call that validates tokens, in the order of files.
    #[must_use]
    pub fn validations(&self) -> Vec<Validation> {
        let all = self.files().flat_map(|(file, _)| self.validations_in(file));
        all.copied().collect()
    }

    /// Whether `function` validates what it is passed.
    #[must_use]
    pub fn is_validator(&self, function: FunctionRef) -> bool {
        let found = self.validations.get_or_init(|| Validations::find(self));
        found.functions.contains_key(&function)
    }

    /// Whether `function` validates a token in its own statements, whosever it is.
    #[must_use]
    pub fn validates_within(&self, (file, function): FunctionRef) -> bool {
        let facts = &self[file].facts;
        let mut calls = self.validations_in(file).iter();
        calls.any(|validation| facts.function_around(facts[validation.call].scope) == Some(function))
    }

    /// The calls that validate tokens somewhere below `block`, functions defined there left out.
    pub fn validations_below(&self, file: FileId, block: BlockId) -> impl Iterator<Item = &Validation> {
        let facts = &self[file].facts;
        let calls = self.validations_in(file).iter();
        calls.filter(move |validation| {
            facts
                .blocks_around(facts[validation.call].block)
                .any(|(id, _)| id == block)
        })
    }

    /// Whether a validating call takes tokens whose signature or claims are not checked, itself or by what it calls.
    #[must_use]
    pub fn is_unverified(&self, validation: &Validation) -> bool {
        self.is_unverified_call(validation.file, validation.call, 0)
    }

    fn is_unverified_call(&self, file: FileId, call: CallId, depth: u32) -> bool {
        if self.leaves_unchecked(file, call) {
            return true;
        }
        let into = self.edges_of(file, call);
        let mut callees = into.map(|edge| edge.callee).peekable();
        depth < DEEPEST
            && callees.peek().is_some()
            && callees.all(|(file, function)| {
                let facts = &self[file].facts;
                let by_hand = self.validation_sites().iter();
                let mut by_hand = by_hand.filter(|site| site.hand_rolled && site.primary.file == file);
                let inner = self.validations_in(file).iter();
                let mut inner = inner
                    .filter(|inner| facts.function_around(facts[inner.call].scope) == Some(function))
                    .peekable();
                by_hand.any(|site| facts.function_around(site.scope) == Some(function))
                    || (inner.peek().is_some()
                        && inner.all(|inner| self.is_unverified_call(file, inner.call, depth + 1)))
            })
    }

    /// Whether a call itself reads a token without checks: by what it calls, or by options that are written there or in a name that it
    /// is passed.
    fn leaves_unchecked(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let span = facts[facts[call].expr].span;
        let is_switched_off = |expr: ExprId| {
            let site = self.site_at(file, expr);
            let role = site.and_then(|site| self.entry(site)).and_then(|entry| entry.role);
            matches!(role, Some(Role::DecodesUnverified | Role::SwitchesVerificationOff))
        };
        let passed = facts
            .arguments(&facts[call])
            .iter()
            .filter_map(|argument| match facts[argument.value].kind {
                ExprKind::Name { name, scope } => Some((name, scope)),
                _ => None,
            });
        let passed: Vec<(Name, ScopeId)> = passed.collect();
        let bound = passed
            .iter()
            .flat_map(|(name, scope)| crate::program::bindings::lookup(facts, *scope, *name).unwrap_or(&[]));
        let values = bound
            .filter_map(crate::program::bindings::bound_value)
            .map(|value| facts[value].span);
        let is_set = |target: ExprId| {
            crate::program::names::first_name(facts, target)
                .is_some_and(|(name, scope)| passed.contains(&(name, scope)))
        };
        let options: Vec<&str> = self
            .catalog
            .words()
            .verification_options()
            .map(|(name, _)| name)
            .collect();
        std::iter::once(span).chain(values).any(|span| {
            crate::program::expressions_within(facts, span)
                .any(|expr| is_switched_off(expr) || self.is_option_off(file, expr, &options))
        }) || facts
            .calls
            .iter()
            .any(|other| is_set(other.callee) && is_switched_off(other.expr))
            || facts.stores.iter().any(|store| {
                let is_off = store
                    .value
                    .is_some_and(|value| facts[value].kind == ExprKind::Truth(false));
                let name = crate::program::names::last_name(facts, store.target).map_or("", |name| facts.text(name));
                is_off && options.contains(&name) && is_set(store.target)
            })
    }

    /// `{"verify_exp": False}`, `verify=False`.
    fn is_option_off(&self, file: FileId, expr: ExprId, options: &[&str]) -> bool {
        let facts = &self[file].facts;
        let is_off = |value: ExprId| facts[value].kind == ExprKind::Truth(false);
        let is_option = |name: &str| options.contains(&name) || name == "verify";
        match facts[expr].kind {
            ExprKind::Table(entries) => facts.entries(entries).iter().any(|(key, value)| {
                is_off(*value) && key.and_then(|key| self.text_of(file, key)).is_some_and(is_option)
            }),
            ExprKind::Call(call) => facts.arguments(&facts[call]).iter().any(|argument| {
                is_off(argument.value) && argument.keyword.is_some_and(|keyword| is_option(facts.text(keyword)))
            }),
            _ => false,
        }
    }

    /// The calls of some functions, as far as names lead.
    fn calls_by_name(&self, functions: &FxHashSet<FunctionRef>) -> Vec<(FileId, CallId)> {
        let names: FxHashSet<&str> = functions
            .iter()
            .filter_map(|function| self.name_of(*function))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        self.for_each_file(|file, data| {
            let facts = &data.facts;
            let names = facts.names.find_all(&names);
            if names.is_empty() {
                return Vec::new();
            }
            let calls = facts.numbered_calls().filter(|(_, call)| {
                let name = crate::program::names::last_name(facts, call.callee);
                name.is_some_and(|name| names.contains(&name))
                    && self.values(file, call.callee).iter().any(
                        |value| matches!(value.origin, Origin::Function(function) if functions.contains(&function)),
                    )
            });
            calls.map(|(id, _)| (file, id)).collect()
        })
    }

    pub(in crate::program) fn name_of(&self, (file, function): FunctionRef) -> Option<&str> {
        let facts = &self[file].facts;
        facts[function].name.map(|name| facts.text(name))
    }

    /// Whether a call calls what its function was handed.
    fn calls_what_it_is_handed(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        crate::program::own_loop::is_parameter(facts, facts[call].callee)
    }

    /// Whether a call in `function` passes on what the function got: one of its parameters, or something taken out of one.
    fn passes_on(&self, file: FileId, function: FunctionId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let passed = facts.arguments(&facts[call]).iter();
        passed
            .map(|argument| argument.value)
            .any(|value| derives_from_parameter(facts, function, facts[value].span, 0))
    }
}

/// Whether what stands at `span` in `function` speaks of one of its parameters, or of something that was made from one.
fn derives_from_parameter(facts: &FileFacts, function: FunctionId, span: Span, depth: u32) -> bool {
    depth < DEEPEST
        && names_within(facts, span).any(|expr| {
            let ExprKind::Name { name, scope } = facts[expr].kind else {
                return false;
            };
            let bindings = crate::program::bindings::lookup(facts, scope, name).unwrap_or(&[]);
            bindings.iter().any(|binding| {
                if facts.function_around(binding.scope) != Some(function) {
                    return false;
                }
                match binding.kind {
                    BindingKind::Parameter(index) => !is_receiver(facts, function, index),
                    _ => crate::program::bindings::bound_value(binding).is_some_and(|value| {
                        !span.contains(facts[value].span)
                            && derives_from_parameter(facts, function, facts[value].span, depth + 1)
                    }),
                }
            })
        })
}

fn is_receiver(facts: &FileFacts, function: FunctionId, index: u32) -> bool {
    let function = &facts[function];
    index == 0
        && function.class.is_some()
        && facts
            .parameters(function)
            .first()
            .is_some_and(|parameter| matches!(facts.text(parameter.name), "self" | "cls"))
}

/// The names that are said within `span`.
pub(in crate::program) fn names_within(facts: &FileFacts, span: Span) -> impl Iterator<Item = ExprId> {
    crate::program::expressions_within(facts, span).filter(|expr| matches!(facts[*expr].kind, ExprKind::Name { .. }))
}
