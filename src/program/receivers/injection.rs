//! Parameters that a framework fills: with what dependencies of web frameworks and fixtures of tests give.

use super::{Receivers, Thing, Things};
use crate::catalog::Role;
use crate::facts::{CallId, ExprId, ExprKind};
use crate::program::names::FunctionRef;
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
        let mut found = Vec::new();
        if !self.is_injected {
            return found;
        }
        let facts = self.facts(function.0);
        let parameter = facts.parameters(self.function(function))[index as usize];
        if let Some(default) = parameter.default {
            let class = parameter.annotation.map(|annotation| (function.0, annotation));
            for (file, written) in self.program.written_values(function.0, default) {
                self.dependency_in(file, written, class, &mut found);
            }
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
}
