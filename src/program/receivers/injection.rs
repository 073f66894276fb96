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
            Thing::Bound(function, ..) if self.function(function).is_generator => self.yielded(function),
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
            let class = parameter.annotation.map(|annotation| (function.0, annotation));
            self.dependency_in(function.0, default, class, &mut found);
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
                    let parts = facts.list(parts);
                    for part in parts {
                        self.dependency_in(file, *part, parts.first().map(|class| (file, *class)), &mut found);
                    }
                }
            }
        }
        found
    }

    /// What a `Depends(…)` expression names.
    pub(crate) fn dependency_of(&mut self, file: FileId, expr: ExprId, out: &mut Vec<(Thing, (FileId, CallId))>) {
        self.dependency_in(file, expr, None, out);
    }

    /// The same; without an argument it is the class that the parameter is annotated with.
    fn dependency_in(
        &mut self,
        file: FileId,
        expr: ExprId,
        class: Option<(FileId, ExprId)>,
        out: &mut Vec<(Thing, (FileId, CallId))>,
    ) {
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
        let named = facts
            .arguments(&facts[call])
            .first()
            .map(|argument| (file, argument.value));
        let Some((at, named)) = named.or(class) else { return };
        for entry in self.settled(at, named) {
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
        if is_parametrized(facts, id, wanted) {
            return None;
        }
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

/// Whether a test's decorator gives the values of a parameter itself: `parametrize("user, token", [...])`.
fn is_parametrized(facts: &crate::facts::FileFacts, function: FunctionId, parameter: &str) -> bool {
    facts.list(facts[function].decorators).iter().any(|decorator| {
        let ExprKind::Call(call) = facts[*decorator].kind else {
            return false;
        };
        let names = facts.arguments(&facts[call]).first().map(|argument| argument.value);
        let is_it = |names: ExprId| match facts[names].kind {
            ExprKind::Text(text) => facts.text(text).split(',').any(|name| name.trim() == parameter),
            _ => false,
        };
        names.is_some_and(|names| match facts[names].kind {
            ExprKind::Group(each) => facts.list(each).iter().any(|name| is_it(*name)),
            _ => is_it(names),
        })
    })
}

/// Whether a function is a fixture of pytest.
pub(crate) fn is_fixture(facts: &crate::facts::FileFacts, function: FunctionId) -> bool {
    has_decorator(facts, function, "fixture")
}
