//! What is built around the validation of tokens: caches of what came of it, circuit breakers, and handlers that turn its failures into
//! results. Each is a concern of its own, which a system should have once.

use crate::facts::{
    Access, BindingKind, BlockId, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, Language, ScopeId, ScopeKind,
};
use crate::finding::{CodeScope, Site};
use crate::program::names::{self, FunctionRef, Origin};
use crate::program::{By, Outcome, Program, TOKEN_VALIDATION, Validation};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// The concern of keeping the results of validations.
pub const AUTH_CACHE: &str = "auth-cache";
/// The concern of resting after too many failures of validation.
pub const AUTH_CIRCUIT_BREAKER: &str = "auth-circuit-breaker";
/// The concern of turning failures of validation into results.
pub const AUTH_ERROR_HANDLING: &str = "auth-error-handling";

/// A place where such a thing is built.
pub(in crate::program) type Place = (Site, ScopeId);

impl Program<'_> {
    /// Where results of validations are kept: the places where the containers are made, as far as they can be told.
    pub(in crate::program) fn auth_caches(&self) -> Vec<Place> {
        let validating = self.validating_functions();
        let mut found: Vec<Place> = Vec::new();
        let files: BTreeSet<FileId> = validating.iter().map(|(file, _)| *file).collect();
        for file in files {
            let facts = &self[file].facts;
            for store in &facts.stores {
                let ExprKind::Index {
                    object,
                    key,
                    access: Access::Write,
                } = facts[store.target].kind
                else {
                    continue;
                };
                let scope = facts[store.block].scope;
                let around = facts.function_around(scope).map(|function| (file, function));
                let is_validating = around.is_some_and(|function| validating.contains(&function));
                if is_validating && self.names_credential(facts, facts[key].span) && self.outlives_call(facts, object) {
                    found.push(self.container(file, object, scope));
                }
            }
        }
        found.extend(self.cached_validators());
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Functions that validate and are wrapped in a cache: `@lru_cache`.
    fn cached_validators(&self) -> Vec<Place> {
        let mut found = Vec::new();
        for (file, data) in self.files() {
            let facts = &data.facts;
            for (id, function) in facts.numbered_functions() {
                if !self.is_validator((file, id)) {
                    continue;
                }
                let caching = facts.list(function.decorators).iter().find(|decorator| {
                    let name = names::last_name(facts, **decorator);
                    name.is_some_and(|name| self.catalog.words().is_cache(facts.text(name)))
                });
                if let Some(decorator) = caching {
                    let span = names::last_name_span(facts, *decorator);
                    found.push((Site { file, span }, function.scope));
                }
            }
        }
        found
    }

    /// The calls that validate through a circuit breaker.
    pub(in crate::program) fn auth_circuit_breakers(&self) -> Vec<Place> {
        let words = self.catalog.words();
        let mut found: Vec<Place> = Vec::new();
        for Validation { file, call, .. } in self.validations() {
            let facts = &self[file].facts;
            let hands_over = facts.arguments(&facts[call]).iter().any(|argument| {
                matches!(
                    facts[argument.value].kind,
                    ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Lambda(_)
                )
            });
            let written = self.written(file, facts[call].callee);
            let callee = self.edges_of(file, call).next();
            let callee = callee.map(|edge| self.symbol_of_function(edge.callee));
            let says = words.is_breaker(&written) || callee.is_some_and(|callee| words.is_breaker(&callee));
            if hands_over && says {
                found.push((self.callee_site(file, &facts[call]), facts[call].scope));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The arms that turn failures of validation into results: what they catch.
    pub(in crate::program) fn auth_error_handlers(&self) -> Vec<Place> {
        let mut found: Vec<Place> = Vec::new();
        let python = |validation: &Validation| self[validation.file].language == Language::Python;
        for Validation { file, call, .. } in self.validations().into_iter().filter(python) {
            let facts = &self[file].facts;
            let blocks = facts.blocks_around(facts[call].block);
            let attempts = blocks.filter(|(_, block)| block.kind == BlockKind::Attempt);
            for (attempt, _) in attempts {
                for arm in facts.rescues_of(attempt) {
                    if self.makes_result(file, arm) {
                        let span = rescue_place(facts, arm);
                        found.push((Site { file, span }, facts[arm].scope));
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether an arm makes a result of the failure: it neither hands that on in the program's own words nor goes another way in.
    fn makes_result(&self, file: FileId, arm: BlockId) -> bool {
        let facts = &self[file].facts;
        let goes_in = |outcome: &Outcome| matches!(outcome, Outcome::StandsIn(_) | Outcome::Accepts(_));
        if self.validations_below(file, arm).next().is_some() || self.outcomes(file, arm).iter().any(goes_in) {
            return false;
        }
        match facts[arm].exit {
            Exit::Raises(None) => false,
            Exit::Raises(Some(raised)) => {
                let class = match facts[raised].kind {
                    ExprKind::Call(call) => facts[call].callee,
                    _ => raised,
                };
                let origins = self.values(file, class).into_iter().map(|value| value.origin);
                let mut origins = origins.peekable();
                // What a name was caught as is the failure itself.
                origins.peek().is_some() && origins.all(|origin| matches!(origin, Origin::Library(_)))
                    || self.is_imported_from_library(file, class)
            }
            Exit::Returns(_) | Exit::Jumps | Exit::FallsThrough => true,
        }
    }

    /// Whether a name is imported and no file of the program defines it.
    fn is_imported_from_library(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let Some((name, scope)) = names::first_name(facts, expr) else {
            return false;
        };
        let bindings = crate::program::bindings::lookup(facts, scope, name).unwrap_or(&[]);
        let is_import = bindings
            .iter()
            .any(|binding| matches!(binding.kind, BindingKind::Import(_)));
        is_import && self.values(file, expr).into_iter().next().is_none()
    }

    /// Functions that validate a token in their own statements.
    fn validating_functions(&self) -> FxHashSet<FunctionRef> {
        let around = self.validations().into_iter().filter_map(|validation| {
            let facts = &self[validation.file].facts;
            let function = facts.function_around(facts[validation.call].scope)?;
            Some((validation.file, function))
        });
        around.collect()
    }

    /// Whether a container is there for more than one call: an attribute of an object, or a module's own.
    fn outlives_call(&self, facts: &FileFacts, container: ExprId) -> bool {
        match facts[container].kind {
            ExprKind::Member { object, .. } => {
                names::first_name(facts, object).is_some_and(|(name, _)| matches!(facts.text(name), "self" | "cls"))
            }
            ExprKind::Name { name, scope } => {
                let bindings = crate::program::bindings::lookup(facts, scope, name).unwrap_or(&[]);
                bindings
                    .iter()
                    .any(|binding| matches!(facts[binding.scope].kind, ScopeKind::Module | ScopeKind::Class(_)))
            }
            _ => false,
        }
    }

    /// Where a container is made: the first binding of its name, or the first time its attribute is written in its class.
    fn container(&self, file: FileId, container: ExprId, scope: ScopeId) -> Place {
        let facts = &self[file].facts;
        let at = |span: Span, scope| (Site { file, span }, scope);
        match facts[container].kind {
            ExprKind::Member { name, .. } => {
                let class = facts.function_around(scope).and_then(|function| facts[function].class);
                let made = facts.stores.iter().find(|store| {
                    let own = facts.function_around(facts[store.block].scope);
                    let same = own.and_then(|function| facts[function].class) == class;
                    same && matches!(facts[store.target].kind, ExprKind::Member { name: own, .. } if own == name)
                });
                match made {
                    Some(store) => at(names::last_name_span(facts, store.target), facts[store.block].scope),
                    None => at(names::last_name_span(facts, container), scope),
                }
            }
            ExprKind::Name { name, scope: own } => {
                let bindings = crate::program::bindings::lookup(facts, own, name).unwrap_or(&[]);
                match bindings.first() {
                    Some(binding) => at(binding.span, binding.scope),
                    None => at(facts[container].span, scope),
                }
            }
            _ => at(facts[container].span, scope),
        }
    }

    /// The functions that pass their token on to an owner of validation and do more than that: what each of them adds, in a word.
    #[must_use]
    pub fn redundant_wrappers(&self) -> Vec<(FunctionRef, &'static str)> {
        let mut found: Vec<(FunctionRef, &'static str)> = Vec::new();
        let caches = OnceCell::new();
        for Validation { file, call, .. } in self.validations() {
            let facts = &self[file].facts;
            let Some(function) = facts.function_around(facts[call].scope) else {
                continue;
            };
            let scope = facts[function].scope;
            let wraps = self.is_validator((file, function))
                && self.code_scope(file, scope) == CodeScope::Production
                && !self.is_of_owner((file, function))
                && self.leads_to_owner(file, call)
                && !self.is_adapter((file, function));
            if !wraps || found.iter().any(|(known, _)| *known == (file, function)) {
                continue;
            }
            if let Some(added) = self.added(file, call, caches.get_or_init(|| self.auth_caches())) {
                found.push(((file, function), added));
            }
        }
        found
    }

    /// Whether a validating call calls an owner, or hands it to what it calls.
    fn leads_to_owner(&self, file: FileId, call: CallId) -> bool {
        let mut called = self.edges_of(file, call);
        called.any(|edge| self.is_of_owner(edge.callee)) || self.hands_owner(file, call)
    }

    fn is_of_owner(&self, (file, function): FunctionRef) -> bool {
        self.is_owned(TOKEN_VALIDATION, file, self[file].facts[function].scope, &[])
    }

    /// Whether a call is handed a method or a function of an owner, by its name.
    fn hands_owner(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let names: Vec<&str> = facts
            .arguments(&facts[call])
            .iter()
            .filter_map(|argument| names::last_name(facts, argument.value))
            .map(|name| facts.text(name))
            .collect();
        let mut callees = self.edges_of(file, call).map(|edge| edge.callee);
        callees.any(|callee| {
            let inner = self.calls_from(callee.0).iter();
            let inner = inner.filter(|edge| edge.caller == (callee.0, Some(callee.1)));
            let mut run = inner.map(|edge| edge.callee);
            run.any(|run| self.name_of(run).is_some_and(|name| names.contains(&name)) && self.is_of_owner(run))
        })
    }

    /// Whether a function is what an entry point needs between its framework and the owner: an entry point itself, or injected.
    fn is_adapter(&self, function: FunctionRef) -> bool {
        let mut callers = self.calls_into(function);
        self.is_entry_point(function) || callers.any(|edge| edge.by == By::Injected)
    }

    /// What a function adds to a validating call: in which way it does more than to hand its result on.
    fn added(&self, file: FileId, call: CallId, caches: &[Place]) -> Option<&'static str> {
        let facts = &self[file].facts;
        let around: Vec<(BlockId, BlockKind)> = facts
            .blocks_around(facts[call].block)
            .map(|(id, block)| (id, block.kind))
            .collect();
        let is_looped = around.iter().any(|(_, kind)| matches!(kind, BlockKind::Loop { .. }));
        let swallows = around.iter().any(|(id, kind)| {
            *kind == BlockKind::Attempt
                && facts
                    .rescues_of(*id)
                    .any(|arm| !matches!(facts[arm].exit, Exit::Raises(_)))
        });
        let function = facts.function_around(facts[call].scope)?;
        let class = facts[function].class;
        let own = caches.iter().filter(|(site, _)| site.file == file);
        let keeps = own
            .filter_map(|(_, scope)| facts.function_around(*scope))
            .any(|own| own == function || (class.is_some() && facts[own].class == class));
        if is_looped {
            Some("tries again")
        } else if swallows {
            Some("turns failures into results")
        } else {
            keeps.then_some("keeps results")
        }
    }
}

/// The place that stands for an arm: what it catches, or its first word.
fn rescue_place(facts: &FileFacts, arm: BlockId) -> Span {
    match facts[arm].kind {
        BlockKind::Rescue {
            catches: Some(catches), ..
        } => names::last_name_span(facts, catches),
        _ => {
            let span = facts[arm].span;
            Span::new(span.start, span.end.min(span.start + 3))
        }
    }
}
