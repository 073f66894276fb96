//! Functions that frameworks, queues and command lines call: by a decorator, by a call that hands them over, or as methods of a class
//! that derives from one of a library.

use super::EdgeWalk;
use crate::catalog::Entry as Known;
use crate::facts::{CallId, ClassId, ExprId, ExprKind, FileFacts, FunctionId};
use crate::program::argument_that_means;
use crate::program::entries::{EntryPoint, Registration, Surface};
use crate::program::names::{ClassRef, FunctionRef};
use crate::program::receivers::{Handed, PathId, Thing, Things};
use crate::source::FileId;

impl<'a> EdgeWalk<'_, '_, 'a> {
    /// The functions of a file that decorators make handlers, and the classes that are full of them.
    pub(super) fn visit_handlers(&mut self, file: FileId) {
        let facts = self.facts(file);
        for id in functions(facts) {
            self.visit_registration(file, id);
        }
        for class in classes(facts) {
            if facts[class].bases.len > 0 {
                self.visit_class_of_handlers((file, class));
            }
        }
        self.visit_decorating_calls(file);
        self.visit_lists(file);
        if self.receivers.is_paired {
            self.visit_pairs(file);
        }
    }

    /// `@router.get("/")`, `@app.before_request`: a handler by its decorator.
    fn visit_registration(&mut self, file: FileId, id: FunctionId) {
        let facts = self.facts(file);
        for decorator in facts.list(facts[id].decorators) {
            let known = self
                .receivers
                .known_decorator(file, *decorator, |role| Surface::of(role).is_some());
            let Some((entry, call)) = known else { continue };
            let registration = call.map(|call| registration(facts, entry, file, call));
            self.add_entry((file, id), entry.role.and_then(Surface::of), registration);
            if let Some(call) = call {
                self.add_handler(entry, file, call, (file, id));
            }
        }
    }

    /// `router.get("/")(handler)`: a handler by what would be its decorator if its definition stood there.
    fn visit_decorating_calls(&mut self, file: FileId) {
        let facts = self.facts(file);
        for call in &facts.calls {
            let (ExprKind::Call(_), [handled, ..]) = (facts[call.callee].kind, facts.arguments(call)) else {
                continue;
            };
            let is_wanted = |role| Surface::of(role).is_some();
            let Some((entry, Some(making))) = self.receivers.known_decorator(file, call.callee, is_wanted) else {
                continue;
            };
            let registration = registration(facts, entry, file, making);
            let handled = self.receivers.settled(file, handled.value);
            for handler in self.functions_called(handled) {
                self.add_entry(handler, entry.role.and_then(Surface::of), Some(registration));
                self.add_handler(entry, file, making, handler);
            }
        }
    }

    /// `router.add_api_route("/", handler)`: a handler that a library is handed.
    pub(super) fn visit_handed(&mut self, path: PathId, file: FileId, call: CallId) {
        let Some(entry) = self.known(path) else { return };
        let Some(surface) = entry.role.and_then(Surface::of) else {
            return;
        };
        for Handed { value, is_called, .. } in self.receivers.handed_over(path, file, call) {
            if is_called {
                let registration = registration(self.facts(file), entry, file, call);
                for (class, base) in self.views(file, value) {
                    self.add_methods(class, &base.methods, surface, Some(registration));
                }
                let handed = self.receivers.settled(file, value);
                for given in handed.iter() {
                    if let Thing::Class(class, _) = given.thing {
                        let base = self.base_of(class);
                        let methods = base.map_or(&entry.methods, |base| &base.methods);
                        self.add_methods(class, methods, surface, Some(registration));
                    }
                }
                for handler in self.functions_called(handed) {
                    self.add_entry(handler, Some(surface), Some(registration));
                    self.add_handler(entry, file, call, handler);
                }
            }
        }
    }

    /// The methods that a library calls of the objects of a class, its own and those that it inherits from others of the program.
    fn visit_class_of_handlers(&mut self, class: ClassRef) {
        if let Some(base) = self.base_of(class)
            && let Some(surface) = base.role.and_then(Surface::of)
        {
            self.add_methods(class, &base.methods, surface, None);
        }
    }

    /// What the catalog knows of the library's class that a class of handlers derives from.
    fn base_of(&mut self, class: ClassRef) -> Option<&'a Known> {
        let catalog = self.program.catalog;
        let ancestors = self.receivers.library_ancestors(class).into_iter();
        let nodes = ancestors.filter_map(|path| self.receivers.paths.node(path));
        let mut bases = nodes.filter_map(|node| catalog.base(node));
        bases.find(|base| base.role.and_then(Surface::of).is_some())
    }

    /// The classes that `Berths.as_view()` makes handlers of, and what is known of them; a decorator may be around it.
    fn views(&mut self, file: FileId, made: ExprId) -> Vec<(ClassRef, &'a Known)> {
        let facts = self.facts(file);
        let mut next = Some(made);
        while let Some(expr) = next {
            let ExprKind::Call(call) = facts[expr].kind else { break };
            if let ExprKind::Member { object, name } = facts[facts[call].callee].kind {
                let maker = facts.text(name);
                let classes = self.receivers.settled(file, object);
                let classes = classes.iter().filter_map(|entry| match entry.thing {
                    Thing::Class(class, _) => Some(class),
                    _ => None,
                });
                let classes: Vec<ClassRef> = classes.collect();
                let known = classes.into_iter().filter_map(|class| {
                    let base = self.base_of(class)?;
                    base.made_by.iter().any(|known| known == maker).then_some((class, base))
                });
                let known: Vec<_> = known.collect();
                if !known.is_empty() {
                    return known;
                }
            }
            next = facts.arguments(&facts[call]).first().map(|argument| argument.value);
        }
        Vec::new()
    }

    /// `[("/berths", Berths)]`: routes that are given to classes of handlers by pairs.
    fn visit_pairs(&mut self, file: FileId) {
        let facts = self.facts(file);
        for expr in &facts.exprs {
            let ExprKind::Group(elements) = expr.kind else { continue };
            let [route, class, ..] = facts.list(elements) else {
                continue;
            };
            let is_route = matches!(
                facts[*route].kind,
                ExprKind::Text(_) | ExprKind::Template(_) | ExprKind::Name { .. }
            );
            let is_class = matches!(facts[*class].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
            if !is_route || !is_class {
                continue;
            }
            for entry in self.receivers.settled(file, *class) {
                let Thing::Class(class, _) = entry.thing else { continue };
                let base = self.base_of(class).filter(|base| base.in_pairs);
                if let Some(base) = base {
                    let registration = Registration {
                        file,
                        call: None,
                        route: Some(*route),
                    };
                    let surface = base.role.and_then(Surface::of).unwrap_or(Surface::Http);
                    self.add_methods(class, &base.methods, surface, Some(registration));
                }
            }
        }
    }

    /// `MIDDLEWARE = ["harbour.middleware.Tokens"]`: classes that a list names, and functions that make handlers.
    fn visit_lists(&mut self, file: FileId) {
        for list in self.program.catalog.lists() {
            let Some(surface) = Surface::of(list.role) else {
                continue;
            };
            for entry in self.receivers.things_listed(file, &list.name) {
                match entry.thing {
                    Thing::Class(class, _) => self.add_methods(class, &list.methods, surface, None),
                    Thing::Function(_) => {
                        let made = self.receivers.results_of(&Things::one(entry.thing));
                        for handler in self.functions_called(made) {
                            self.add_entry(handler, Some(surface), None);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn functions_called(&mut self, things: Things) -> Vec<FunctionRef> {
        let mut targets = Vec::new();
        for entry in things {
            self.targets(entry, 0, &mut targets);
        }
        targets.into_iter().map(|(function, ..)| function).collect()
    }

    fn add_methods(
        &mut self,
        class: ClassRef,
        patterns: &[String],
        surface: Surface,
        registration: Option<Registration>,
    ) {
        for method in self.receivers.methods_of(class) {
            let facts = self.facts(method.0);
            let name = facts[method.1].name.map_or("", |name| facts.text(name));
            if patterns.iter().any(|pattern| is_meant(pattern, name)) {
                self.add_entry(method, Some(surface), registration);
            }
        }
    }

    fn add_entry(&mut self, function: FunctionRef, surface: Option<Surface>, registration: Option<Registration>) {
        let entry = surface.map(|surface| EntryPoint {
            function,
            surface,
            registration,
        });
        self.found.entries.extend(entry);
    }
}

fn registration(facts: &FileFacts, entry: &Known, file: FileId, call: CallId) -> Registration {
    Registration {
        file,
        call: Some(call),
        route: argument_that_means(facts, call, entry, "route"),
    }
}

/// Whether a pattern of the catalog means a name: the name itself, or its beginning (`test*`).
fn is_meant(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

pub(super) fn functions(facts: &FileFacts) -> impl Iterator<Item = FunctionId> + use<> {
    (0..u32::try_from(facts.functions.len()).unwrap_or(u32::MAX)).map(FunctionId)
}

fn classes(facts: &FileFacts) -> impl Iterator<Item = ClassId> + use<> {
    (0..u32::try_from(facts.classes.len()).unwrap_or(u32::MAX)).map(ClassId)
}
