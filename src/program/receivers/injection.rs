//! Parameters that a framework fills: dependencies of web frameworks, fixtures of tests.

use super::{Receivers, Thing, Things};
use crate::catalog::Role;
use crate::facts::{CallId, ExprId, ExprKind, FunctionId, ParameterKind};
use crate::finding::CodeScope;
use crate::program::names::{FunctionRef, has_decorator};
use crate::source::FileId;

impl Receivers<'_, '_> {
    /// What a framework passes to a parameter: what its dependency or its fixture gives.
    pub(super) fn injected(&mut self, function: FunctionRef, index: u32) -> Things {
        let mut things = Things::default();
        for (dependency, _) in self.dependencies(function, index) {
            things.extend(&self.given_or_yielded(dependency));
        }
        if let Some(fixture) = self.fixture(function, index) {
            things.extend(&self.given_or_yielded(Thing::Function(fixture)));
        }
        things
    }

    fn given_or_yielded(&mut self, dependency: Thing) -> Things {
        match dependency {
            Thing::Function(function) | Thing::Method(function) if self.function(function).is_generator => {
                self.yielded(function)
            }
            Thing::Function(function) | Thing::Method(function) => self.given_to(function, None, None),
            Thing::Bound(function, class, exact) if self.function(function).is_generator => {
                let _ = (class, exact);
                self.yielded(function)
            }
            Thing::Bound(function, class, exact) => self.given_to(function, Some((class, exact)), None),
            Thing::Class(class, exact) => Things::one(Thing::Instance(class, exact)),
            Thing::Instance(class, exact) => {
                let symbol = self.symbol_of("__call__");
                let mut things = Things::default();
                for entry in self.object_member(class, exact, symbol, "__call__") {
                    things.extend(&self.given_or_yielded(entry.thing));
                }
                things
            }
            _ => Things::default(),
        }
    }

    /// What a parameter depends on by `Depends(…)`, in its default or its annotation, and the call that says so.
    pub(crate) fn dependencies(&mut self, function: FunctionRef, index: u32) -> Vec<(Thing, (FileId, CallId))> {
        let facts = self.facts(function.0);
        let parameter = facts.parameters(self.function(function))[index as usize];
        let mut found = Vec::new();
        if let Some(default) = parameter.default {
            self.dependency_of(function.0, default, &mut found);
        }
        if let Some(annotation) = parameter.annotation {
            let mut forms = vec![(function.0, annotation)];
            if matches!(facts[annotation].kind, ExprKind::Name { .. } | ExprKind::Member { .. }) {
                forms = Vec::new();
                for entry in self.settled(function.0, annotation) {
                    if let Thing::Made(file, form) = entry.thing {
                        forms.push((file, form));
                    }
                }
            }
            for (file, form) in forms {
                let facts = self.facts(file);
                if let ExprKind::Index { object, key, .. } = facts[form].kind
                    && crate::program::names::last_name(facts, object)
                        .is_some_and(|name| facts.text(name) == "Annotated")
                    && let ExprKind::Group(parts) = facts[key].kind
                {
                    for part in facts.list(parts) {
                        self.dependency_of(file, *part, &mut found);
                    }
                }
            }
        }
        found
    }

    /// What a `Depends(…)` expression names; without an argument it is the annotated class, which is found as such.
    pub(crate) fn dependency_of(&mut self, file: FileId, expr: ExprId, out: &mut Vec<(Thing, (FileId, CallId))>) {
        let facts = self.facts(file);
        let ExprKind::Call(call) = facts[expr].kind else {
            return;
        };
        let is_dependency = self.callees(file, call).iter().any(|entry| match entry.thing {
            Thing::Library(path) => self
                .paths
                .node(path)
                .and_then(|node| self.program.catalog.call(node))
                .is_some_and(|entry| entry.role == Some(Role::InjectsDependency)),
            _ => false,
        });
        if !is_dependency {
            return;
        }
        let Some(argument) = facts.arguments(&facts[call]).first() else {
            return;
        };
        for entry in self.settled(file, argument.value) {
            out.push((entry.thing, (file, call)));
        }
    }

    /// The fixture that a test or another fixture gets by a parameter's name: of its class, its module, or the nearest conftest.
    pub(crate) fn fixture(&mut self, function: FunctionRef, index: u32) -> Option<FunctionRef> {
        let (file, id) = function;
        let facts = self.facts(file);
        if self.program[file].scope != CodeScope::Test && !self.program[file].path.ends_with("conftest.py") {
            return None;
        }
        let definition = &facts[id];
        let name = facts.text(definition.name?);
        if !(name.starts_with("test") || is_fixture(facts, id)) {
            return None;
        }
        let parameter = facts.parameters(definition)[index as usize];
        if parameter.default.is_some() || matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest) {
            return None;
        }
        let wanted = facts.text(parameter.name);
        let class_scope = definition.class.map(|class| facts[class].scope);
        let own = class_scope
            .and_then(|scope| self.fixture_in(file, scope, wanted, function))
            .or_else(|| self.fixture_in(file, crate::facts::MODULE_SCOPE, wanted, function));
        own.or_else(|| {
            let conftests = self.program.modules.conftests_of(file);
            conftests
                .into_iter()
                .find_map(|conftest| self.fixture_in(conftest, crate::facts::MODULE_SCOPE, wanted, function))
        })
    }

    /// A fixture by its function's name, or by the name its decorator gives it.
    fn fixture_in(
        &mut self,
        file: FileId,
        scope: crate::facts::ScopeId,
        wanted: &str,
        asking: FunctionRef,
    ) -> Option<FunctionRef> {
        let facts = self.facts(file);
        let by_name = facts
            .names
            .find(wanted)
            .into_iter()
            .flat_map(|name| facts.bindings_of(scope, name));
        let mut found: Option<FunctionRef> = None;
        for binding in by_name {
            if let crate::facts::BindingKind::Function(function) = binding.kind
                && is_fixture(facts, function)
                && (file, function) != asking
            {
                found = Some((file, function));
            }
        }
        found
    }
}

/// Whether a function is a fixture of pytest.
pub(crate) fn is_fixture(facts: &crate::facts::FileFacts, function: FunctionId) -> bool {
    has_decorator(facts, function, "fixture")
}
