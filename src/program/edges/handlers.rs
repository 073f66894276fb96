//! Functions that frameworks, queues and command lines call: by a decorator, by a call that hands them over, or as methods of a class
//! that derives from one of a library.

use super::EdgeWalk;
use crate::catalog::Entry as Known;
use crate::facts::{CallId, ClassId, FileFacts, FunctionId};
use crate::program::argument_that_means;
use crate::program::entries::{EntryPoint, Registration, Surface};
use crate::program::names::{ClassRef, FunctionRef};
use crate::program::receivers::{Handed, PathId, Thing, Things};
use crate::source::FileId;

impl EdgeWalk<'_, '_, '_> {
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
        self.visit_lists(file);
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

    /// `router.add_api_route("/", handler)`: a handler that a library is handed.
    pub(super) fn visit_handed(&mut self, path: PathId, file: FileId, call: CallId) {
        let Some(entry) = self.known(path) else { return };
        let Some(surface) = entry.role.and_then(Surface::of) else {
            return;
        };
        for Handed { value, is_called, .. } in self.receivers.handed_over(path, file, call) {
            if is_called {
                let handed = self.receivers.settled(file, value);
                for given in handed.iter() {
                    if let Thing::Class(class, _) = given.thing {
                        self.add_methods(class, &entry.methods, surface);
                    }
                }
                let registration = registration(self.facts(file), entry, file, call);
                for handler in self.functions_called(handed) {
                    self.add_entry(handler, Some(surface), Some(registration));
                    self.add_handler(entry, file, call, handler);
                }
            }
        }
    }

    /// The methods that a library calls of the objects of a class, its own and those that it inherits from others of the program.
    fn visit_class_of_handlers(&mut self, class: ClassRef) {
        let catalog = self.program.catalog;
        for path in self.receivers.library_ancestors(class) {
            let node = self.receivers.paths.node(path);
            let Some(entry) = node.and_then(|node| catalog.base(node)) else {
                continue;
            };
            if let Some(surface) = entry.role.and_then(Surface::of) {
                self.add_methods(class, &entry.methods, surface);
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
                    Thing::Class(class, _) => self.add_methods(class, &list.methods, surface),
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

    fn add_methods(&mut self, class: ClassRef, patterns: &[String], surface: Surface) {
        for method in self.receivers.methods_of(class) {
            let facts = self.facts(method.0);
            let name = facts[method.1].name.map_or("", |name| facts.text(name));
            if patterns.iter().any(|pattern| is_meant(pattern, name)) {
                self.add_entry(method, Some(surface), None);
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
        call,
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
