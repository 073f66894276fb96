//! What is declared for many handlers at once: dependencies of a router, of the place where it is mounted, of one route without a
//! parameter for it; what stands in for a dependency wherever it is injected; the commands of a group.
//!
//! A router is made in one file, gets its handlers in others and is mounted in a third: each walk collects what its files declare, and
//! [`Routers::edges`] puts it together.

use super::EdgeWalk;
use crate::catalog::{Entry as Known, Role};
use crate::facts::{Access, CallId, ExprId, ExprKind, FileFacts};
use crate::finding::{Confidence, Site};
use crate::program::argument_that_means;
use crate::program::calls::{By, CallEdge, Caller, Thread};
use crate::program::names::FunctionRef;
use crate::program::receivers::{PathId, Thing, Things};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;

/// Something that handlers or commands are registered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::program) enum Router {
    /// A router, by the call that makes it.
    Made(FileId, ExprId),
    /// A group of commands, by the function that a decorator made it of.
    Group(FunctionRef),
}

/// A router on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::program) struct Mount {
    /// What is mounted.
    pub(in crate::program) inner: Router,
    /// On what; none where that is not known.
    pub(in crate::program) outer: Option<Router>,
    /// What all its routes begin with there.
    pub(in crate::program) prefix: Option<Prefix>,
}

/// A router, as the call that makes it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::program) struct Making {
    pub(in crate::program) router: Router,
    /// Whether it is served wherever it is mounted.
    pub(in crate::program) is_application: bool,
    /// What all its routes begin with.
    pub(in crate::program) prefix: Option<Prefix>,
}

/// Where the beginning of routes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::program) struct Prefix {
    pub(in crate::program) file: FileId,
    pub(in crate::program) text: ExprId,
    /// Whether it stands in the place of the router's own one.
    pub(in crate::program) replaces: bool,
}

/// What some files declare of routers; the same files may be read several times.
#[derive(Debug, Default)]
pub(in crate::program) struct Routers {
    handlers: FxHashSet<(Router, FunctionRef)>,
    /// The routers that calls register handlers on.
    registering: FxHashSet<(FileId, CallId, Router)>,
    making: FxHashSet<Making>,
    mounted: FxHashSet<Mount>,
    /// What each handler of a router depends on; the caller is still the place that says so.
    required: FxHashSet<(Router, CallEdge)>,
    /// The same where it is no function of the program: where it is declared.
    required_of_libraries: FxHashSet<(Router, FileId, ExprId)>,
    /// What single handlers depend on that is no function of the program.
    required_by_handlers: FxHashSet<(FunctionRef, FileId, ExprId)>,
    /// What stands in for a dependency, likewise.
    replaced: FxHashSet<(FunctionRef, CallEdge)>,
    /// Who calls what may be a group of commands, and where.
    called: FxHashSet<(Router, Caller, Site)>,
}

impl Routers {
    /// Adds what other files declare.
    pub(in crate::program) fn extend(&mut self, other: Self) {
        self.handlers.extend(other.handlers);
        self.registering.extend(other.registering);
        self.making.extend(other.making);
        self.mounted.extend(other.mounted);
        self.required.extend(other.required);
        self.required_of_libraries.extend(other.required_of_libraries);
        self.required_by_handlers.extend(other.required_by_handlers);
        self.replaced.extend(other.replaced);
        self.called.extend(other.called);
    }

    /// The calls that register handlers, and on what, in no order.
    pub(in crate::program) fn registering(&self) -> impl Iterator<Item = (FileId, CallId, Router)> {
        self.registering.iter().copied()
    }

    /// The routers that calls make, in no order.
    pub(in crate::program) fn making(&self) -> impl Iterator<Item = &Making> {
        self.making.iter()
    }

    /// Where routers are mounted, in no order.
    pub(in crate::program) fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounted.iter()
    }

    /// The handlers that depend on what is no function of the program, without a parameter for it, and where that is declared; in no
    /// order.
    pub(in crate::program) fn handlers_with_library_dependencies(&self) -> Vec<(FunctionRef, FileId, ExprId)> {
        let mut found: Vec<_> = self.required_by_handlers.iter().copied().collect();
        if !self.required_of_libraries.is_empty() {
            let handlers = grouped(self.registered());
            found.extend(self.required_of_libraries.iter().flat_map(|(router, file, expr)| {
                let handlers = handlers.get(router).into_iter().flatten();
                handlers.map(|handler| (*handler, *file, *expr))
            }));
        }
        found
    }

    /// Whose callers lead to a function as its own do: the handlers of routers that depend on it, the dependencies that it stands in
    /// for, the groups that it is a command of.
    pub(super) fn traced_along(&self) -> FxHashMap<FunctionRef, Vec<FunctionRef>> {
        let registered: Vec<(Router, FunctionRef)> = self.registered().collect();
        let handlers = grouped(registered.iter().copied());
        let of_routers = self.required.iter().flat_map(|(router, edge)| {
            let handlers = handlers.get(router).into_iter().flatten();
            handlers.map(|handler| (edge.callee, *handler))
        });
        let replaced = self
            .replaced
            .iter()
            .map(|(dependency, edge)| (edge.callee, *dependency));
        let of_groups = registered.iter().filter_map(|(router, command)| match router {
            Router::Group(group) => Some((*command, *group)),
            Router::Made(..) => None,
        });
        let called = self.called.iter().flat_map(|(router, caller, _)| {
            let commands = handlers.get(router).into_iter().flatten();
            commands.filter_map(|command| Some((*command, (caller.0, caller.1?))))
        });
        grouped(of_routers.chain(replaced).chain(of_groups).chain(called))
    }

    /// What handlers depend on by their routers, what stands in for the dependencies of `edges` and of these, and the commands that
    /// calls of groups run.
    pub(in crate::program) fn edges(&self, edges: &[CallEdge]) -> Vec<CallEdge> {
        let mut found = self.dependencies();
        let replacements = self.replacements(edges.iter().chain(&found));
        found.extend(replacements);
        found.extend(self.commands(edges));
        found
    }

    fn dependencies(&self) -> Vec<CallEdge> {
        if self.required.is_empty() {
            return Vec::new();
        }
        let required = grouped(self.required.iter().map(|(router, edge)| (*router, edge)));
        let mut found = Vec::new();
        for (router, (file, handler)) in self.registered() {
            let edges = required.get(&router).into_iter().flatten();
            found.extend(edges.map(|edge| called_by((file, Some(handler)), edge)));
        }
        found
    }

    fn replacements<'e>(&self, edges: impl Iterator<Item = &'e CallEdge>) -> Vec<CallEdge> {
        if self.replaced.is_empty() {
            return Vec::new();
        }
        let replaced = grouped(self.replaced.iter().map(|(dependency, edge)| (*dependency, edge)));
        let injected = edges.filter(|edge| edge.by == By::Injected);
        let replacing = injected.flat_map(|edge| {
            let replacements = replaced.get(&edge.callee).into_iter().flatten();
            replacements.map(|replacement| called_by(edge.caller, replacement))
        });
        replacing.collect()
    }

    fn commands(&self, edges: &[CallEdge]) -> Vec<CallEdge> {
        let has_groups = self
            .handlers
            .iter()
            .any(|(router, _)| matches!(router, Router::Group(_)));
        if !has_groups && self.called.is_empty() {
            return Vec::new();
        }
        let commands = grouped(self.registered());
        let of_groups = edges.iter().filter(|edge| edge.by == By::Call);
        let of_groups = of_groups.map(|edge| (Router::Group(edge.callee), edge.caller, edge.site));
        let called = self.called.iter().copied().chain(of_groups);
        let running = called.flat_map(|(router, caller, site)| {
            let commands = commands.get(&router).into_iter().flatten();
            commands.map(move |command| CallEdge {
                caller,
                callee: *command,
                site,
                call: None,
                offset: 0,
                thread: Thread::Same,
                by: By::Call,
                confidence: Confidence::Likely,
                alternatives: 1,
            })
        });
        running.collect()
    }

    /// The handlers of each router: its own, and those of the routers that are mounted on it.
    fn registered(&self) -> impl Iterator<Item = (Router, FunctionRef)> {
        // A command that is itself a group stands on the one that it belongs to.
        let groups = self
            .handlers
            .iter()
            .map(|(router, handler)| (Router::Group(*handler), *router));
        // An application inside another one keeps to what it depends on itself.
        let applications = self.making.iter().filter(|making| making.is_application);
        let applications: FxHashSet<Router> = applications.map(|making| making.router).collect();
        let joining = self.mounted.iter().filter(|mount| !applications.contains(&mount.inner));
        let mounted = joining.filter_map(|mount| Some((mount.inner, mount.outer?)));
        let mounted = grouped(mounted.chain(groups));
        self.handlers.iter().flat_map(move |(router, handler)| {
            let above = with_all_above(*router, &mounted).into_iter();
            above.map(|router| (router, *handler))
        })
    }
}

/// What a call says that handlers depend on.
#[derive(Default)]
struct Required {
    /// Functions; the caller is the place that says so.
    edges: Vec<CallEdge>,
    /// What is none of the program: where it is declared.
    of_libraries: Vec<(FileId, ExprId)>,
}

impl Routers {
    fn require(&mut self, router: Router, required: &Required) {
        self.required.extend(required.edges.iter().map(|edge| (router, *edge)));
        let of_libraries = required.of_libraries.iter();
        self.required_of_libraries
            .extend(of_libraries.map(|(file, expr)| (router, *file, *expr)));
    }
}

fn grouped<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> FxHashMap<K, Vec<V>> {
    let mut groups: FxHashMap<K, Vec<V>> = FxHashMap::default();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

fn called_by(caller: Caller, edge: &CallEdge) -> CallEdge {
    CallEdge { caller, ..*edge }
}

/// What a call that makes or mounts a router says that its routes begin with.
fn prefix(facts: &FileFacts, entry: &Known, file: FileId, call: CallId) -> Option<Prefix> {
    let written = |meaning| argument_that_means(facts, call, entry, meaning);
    let (text, replaces) = match written("whole-prefix") {
        Some(text) => (text, true),
        None => (written("prefix")?, false),
    };
    Some(Prefix { file, text, replaces })
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
            Some(role @ (Role::MakesRouter | Role::MakesApplication)) => {
                let required = self.required(entry, file, call);
                let router = Router::Made(file, facts[call].expr);
                self.found.routers.making.insert(Making {
                    router,
                    is_application: role == Role::MakesApplication,
                    prefix: prefix(facts, entry, file, call),
                });
                self.found.routers.require(router, &required);
            }
            Some(Role::MountsRouter) => {
                let inner = argument_that_means(facts, call, entry, "router");
                let inner = inner.map_or_else(Vec::new, |inner| self.routers(file, inner));
                let outer = self.routers_called(file, call);
                let required = self.required(entry, file, call);
                let prefix = prefix(facts, entry, file, call);
                for inner in inner {
                    let declared = &mut self.found.routers;
                    declared.require(inner, &required);
                    let outers = outer.iter().copied().map(Some);
                    let unknown = outer.is_empty().then_some(None);
                    declared
                        .mounted
                        .extend(outers.chain(unknown).map(|outer| Mount { inner, outer, prefix }));
                }
            }
            _ => {}
        }
    }

    /// `app()`, which runs a command where `app` holds some.
    pub(super) fn visit_called(&mut self, things: &Things, caller: Caller, site: Site) {
        for entry in things.iter() {
            if let Thing::Made(file, made) = entry.thing
                && matches!(self.facts(file)[made].kind, ExprKind::Call(_))
            {
                self.found
                    .routers
                    .called
                    .insert((Router::Made(file, made), caller, site));
            }
        }
    }

    /// `app.dependency_overrides[dependency] = other`
    pub(super) fn visit_replacements(&mut self, file: FileId) {
        if !self.receivers.is_injected {
            return;
        }
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
        let required = self.required(entry, file, call);
        let edges = required.edges.iter().map(|edge| called_by((at, Some(handler)), edge));
        self.found.edges.extend(edges);
        let of_libraries = required.of_libraries.iter();
        let of_libraries = of_libraries.map(|(file, expr)| ((at, handler), *file, *expr));
        self.found.routers.required_by_handlers.extend(of_libraries);
        // What stands around routes has none of what is injected into routes.
        let is_route = entry.role != Some(Role::InterceptsRequests);
        for router in self.routers_called(file, call) {
            if is_route {
                self.found.routers.handlers.insert((router, (at, handler)));
            }
            self.found.routers.registering.insert((file, call, router));
        }
    }

    /// What a call says that handlers depend on.
    fn required(&mut self, entry: &Known, file: FileId, call: CallId) -> Required {
        let Some(list) = argument_that_means(self.facts(file), call, entry, "dependencies") else {
            return Required::default();
        };
        let written = self.written_in(file, list);
        let mut of_libraries = Vec::new();
        let edges = self.apart(|walk| {
            for (file, expr) in written {
                let site = Site {
                    file,
                    span: walk.facts(file)[expr].span,
                };
                let mut found = Vec::new();
                walk.receivers.dependency_of(file, expr, &mut found);
                let before = walk.found.edges.len();
                for (dependency, _) in found {
                    walk.add_dependency((file, None), dependency, site);
                }
                if walk.found.edges.len() == before {
                    of_libraries.push((file, expr));
                }
            }
        });
        Required { edges, of_libraries }
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
                _ => self.program.written_values(file, expr),
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
        let callee = self.facts(file)[call].callee;
        let written = match self.facts(file)[callee].kind {
            ExprKind::Name { .. } => self.program.written_values(file, callee),
            _ => vec![(file, callee)],
        };
        let objects = written.into_iter().filter_map(|(file, expr)| {
            let facts = self.facts(file);
            match facts[expr].kind {
                ExprKind::Member { object, .. } => Some((file, object)),
                // `getattr(router, method)`
                ExprKind::Call(call) => Some((file, facts.arguments(&facts[call]).first()?.value)),
                _ => None,
            }
        });
        let objects: Vec<(FileId, ExprId)> = objects.collect();
        let routers = objects
            .into_iter()
            .flat_map(|(file, object)| self.routers(file, object));
        routers.collect()
    }

    fn routers(&mut self, file: FileId, expr: ExprId) -> Vec<Router> {
        let things = self.receivers.settled(file, expr).into_iter();
        let made = things.filter_map(|entry| match entry.thing {
            Thing::Made(file, call) => Some(Router::Made(file, call)),
            Thing::Function(function) => Some(Router::Group(function)),
            _ => None,
        });
        made.collect()
    }
}
