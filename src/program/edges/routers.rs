//! What is declared for many handlers at once: dependencies of a router, of the place where it is mounted, of one route without a
//! parameter for it; and what stands in for a dependency wherever it is injected.
//!
//! A router is made in one file, gets its handlers in others and is mounted in a third: each walk collects what its files declare, and
//! [`Routers::edges`] puts it together.

use super::EdgeWalk;
use crate::catalog::{Entry as Known, Role};
use crate::facts::{Access, CallId, ExprId, ExprKind};
use crate::finding::{Confidence, Site};
use crate::program::argument_that_means;
use crate::program::calls::{By, CallEdge, Caller};
use crate::program::names::{FunctionRef, Origin};
use crate::program::receivers::{PathId, Thing};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// A router, by the call that makes it.
type Router = (FileId, ExprId);

/// What some files declare of routers.
#[derive(Debug, Default)]
pub(in crate::program) struct Routers {
    handlers: Vec<(Router, Caller)>,
    /// Each router and the one that it is mounted on.
    mounted: Vec<(Router, Router)>,
    /// What each handler of a router depends on; the caller is still the place that says so.
    required: Vec<(Router, CallEdge)>,
    /// What stands in for a dependency, likewise.
    replaced: Vec<(FunctionRef, CallEdge)>,
}

impl Routers {
    /// Adds what other files declare.
    pub(in crate::program) fn extend(&mut self, other: Self) {
        self.handlers.extend(other.handlers);
        self.mounted.extend(other.mounted);
        self.required.extend(other.required);
        self.replaced.extend(other.replaced);
    }

    /// What handlers depend on by their routers, and what stands in for the dependencies of `edges` and of these.
    pub(in crate::program) fn edges(&self, edges: &[CallEdge]) -> Vec<CallEdge> {
        let mut found = self.of_handlers();
        let mut replacements: FxHashMap<FunctionRef, Vec<&CallEdge>> = FxHashMap::default();
        for (dependency, replacement) in &self.replaced {
            replacements.entry(*dependency).or_default().push(replacement);
        }
        if !replacements.is_empty() {
            let injected = edges.iter().chain(&found).filter(|edge| edge.by == By::Injected);
            let replacing = injected.flat_map(|edge| {
                let replacements = replacements.get(&edge.callee).into_iter().flatten();
                replacements.map(|replacement| called_by(edge.caller, replacement))
            });
            let replacing: Vec<CallEdge> = replacing.collect();
            found.extend(replacing);
        }
        found
    }

    fn of_handlers(&self) -> Vec<CallEdge> {
        if self.required.is_empty() {
            return Vec::new();
        }
        let mut required: FxHashMap<Router, Vec<&CallEdge>> = FxHashMap::default();
        for (router, edge) in &self.required {
            required.entry(*router).or_default().push(edge);
        }
        let mut mounted: FxHashMap<Router, Vec<Router>> = FxHashMap::default();
        for (inner, outer) in &self.mounted {
            mounted.entry(*inner).or_default().push(*outer);
        }
        let mut found = Vec::new();
        for (router, handler) in &self.handlers {
            for router in with_all_above(*router, &mounted) {
                let edges = required.get(&router).into_iter().flatten();
                found.extend(edges.map(|edge| called_by(*handler, edge)));
            }
        }
        found
    }
}

fn called_by(caller: Caller, edge: &CallEdge) -> CallEdge {
    CallEdge { caller, ..*edge }
}

/// A router and all that it is mounted on, directly or not.
fn with_all_above(router: Router, mounted: &FxHashMap<Router, Vec<Router>>) -> Vec<Router> {
    let mut found = vec![router];
    let mut next = 0;
    while let Some(router) = found.get(next) {
        for outer in mounted.get(router).into_iter().flatten() {
            if !found.contains(outer) {
                found.push(*outer);
            }
        }
        next += 1;
    }
    found
}

impl EdgeWalk<'_, '_, '_> {
    /// A call that makes or mounts a router.
    pub(super) fn visit_router_call(&mut self, path: PathId, file: FileId, call: CallId) {
        let facts = self.facts(file);
        let Some(entry) = self.known(path) else { return };
        match entry.role {
            Some(Role::MakesRouter) => {
                let required = self.required(entry, file, call);
                let router = (file, facts[call].expr);
                let required = required.into_iter().map(|edge| (router, edge));
                self.found.routers.required.extend(required);
            }
            Some(Role::MountsRouter) => {
                let inner = argument_that_means(facts, call, entry, "router");
                let inner = inner.map_or_else(Vec::new, |inner| self.routers(file, inner));
                let outer = self.routers_called(file, call);
                let required = self.required(entry, file, call);
                for inner in inner {
                    let declared = &mut self.found.routers;
                    declared.required.extend(required.iter().map(|edge| (inner, *edge)));
                    declared.mounted.extend(outer.iter().map(|outer| (inner, *outer)));
                }
            }
            _ => {}
        }
    }

    /// `app.dependency_overrides[dependency] = other`
    pub(super) fn visit_replacements(&mut self, file: FileId) {
        let facts = self.facts(file);
        for store in &facts.stores {
            let ExprKind::Index {
                object,
                key,
                access: Access::Write,
            } = facts[store.target].kind
            else {
                continue;
            };
            if let Some(value) = store.value
                && matches!(facts[object].kind, ExprKind::Member { .. })
                && self.replaces_dependencies(file, object)
            {
                self.replace(file, key, value);
            }
        }
    }

    fn replaces_dependencies(&mut self, file: FileId, mapping: ExprId) -> bool {
        let catalog = self.program.catalog;
        self.receivers.settled(file, mapping).iter().any(|entry| {
            let Thing::LibraryInstance(path) = entry.thing else {
                return false;
            };
            let item = self.receivers.paths.node(path).and_then(|node| catalog.item(node));
            item.is_some_and(|item| item.role == Some(Role::ReplacesDependency))
        })
    }

    fn replace(&mut self, file: FileId, dependency: ExprId, other: ExprId) {
        let site = Site {
            file,
            span: crate::program::names::last_name_span(self.facts(file), other),
        };
        let others = self.receivers.settled(file, other);
        let mut replacements = self.apart(|walk| {
            for entry in others {
                walk.add_dependency((file, None), entry.thing, site);
            }
        });
        for replacement in &mut replacements {
            replacement.confidence = replacement.confidence.min(Confidence::Likely);
        }
        for entry in self.receivers.settled(file, dependency) {
            let mut targets = Vec::new();
            self.targets(entry, 0, &mut targets);
            for (dependency, ..) in targets {
                let replaced = replacements.iter().map(|replacement| (dependency, *replacement));
                self.found.routers.replaced.extend(replaced);
            }
        }
    }

    /// Adds a handler that `call` makes one: to the router that it is called on, and with what it depends on itself.
    pub(super) fn add_handler(&mut self, entry: &Known, file: FileId, call: CallId, (at, handler): FunctionRef) {
        let handler = (at, Some(handler));
        let required = self.required(entry, file, call);
        let required = required.iter().map(|edge| called_by(handler, edge));
        self.found.edges.extend(required);
        let routers = self.routers_called(file, call).into_iter();
        self.found
            .routers
            .handlers
            .extend(routers.map(|router| (router, handler)));
    }

    /// What a call says that handlers depend on.
    fn required(&mut self, entry: &Known, file: FileId, call: CallId) -> Vec<CallEdge> {
        let Some(list) = argument_that_means(self.facts(file), call, entry, "dependencies") else {
            return Vec::new();
        };
        let written = self.written_in(file, list);
        self.apart(|walk| {
            for (file, expr) in written {
                let site = Site {
                    file,
                    span: walk.facts(file)[expr].span,
                };
                let mut found = Vec::new();
                walk.receivers.dependency_of(file, expr, &mut found);
                for (dependency, _) in found {
                    walk.add_dependency((file, None), dependency, site);
                }
            }
        })
    }

    /// The edges that `find` finds, kept apart from all others.
    fn apart(&mut self, find: impl FnOnce(&mut Self)) -> Vec<CallEdge> {
        let before = self.found.edges.len();
        find(self);
        self.found.edges.split_off(before)
    }

    /// The elements that are written in a list, through the names that lists and elements have.
    fn written_in(&self, file: FileId, list: ExprId) -> Vec<(FileId, ExprId)> {
        let mut found = Vec::new();
        let mut waiting = vec![(file, list)];
        let mut next = 0;
        while let Some((file, expr)) = waiting.get(next).copied() {
            let facts = self.facts(file);
            let inner: Vec<(FileId, ExprId)> = match facts[expr].kind {
                ExprKind::Group(elements) => facts.list(elements).iter().map(|one| (file, *one)).collect(),
                ExprKind::Through(inner) => vec![(file, inner)],
                ExprKind::Call(_) => {
                    found.push((file, expr));
                    Vec::new()
                }
                _ => {
                    let values = self.program.values(file, expr).into_iter();
                    let written = values.filter_map(|value| match value.origin {
                        Origin::Written(file, expr) => Some((file, expr)),
                        _ => None,
                    });
                    written.collect()
                }
            };
            for one in inner {
                if !waiting.contains(&one) {
                    waiting.push(one);
                }
            }
            next += 1;
        }
        found
    }

    /// The routers that a method is called on.
    fn routers_called(&mut self, file: FileId, call: CallId) -> Vec<Router> {
        let facts = self.facts(file);
        match facts[facts[call].callee].kind {
            ExprKind::Member { object, .. } => self.routers(file, object),
            _ => Vec::new(),
        }
    }

    fn routers(&mut self, file: FileId, expr: ExprId) -> Vec<Router> {
        let things = self.receivers.settled(file, expr).into_iter();
        let made = things.filter_map(|entry| match entry.thing {
            Thing::Made(file, call) => Some((file, call)),
            _ => None,
        });
        made.collect()
    }
}
