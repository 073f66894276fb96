//! Parameters that frameworks fill.

use super::handlers::functions;
use super::{EdgeWalk, Entry};
use crate::finding::{Confidence, Site};
use crate::program::calls::{By, Caller, Thread};
use crate::program::names::FunctionRef;
use crate::program::receivers::Thing;
use crate::source::FileId;

impl EdgeWalk<'_, '_, '_> {
    /// What the parameters of a file's functions are filled with.
    pub(super) fn visit_injections(&mut self, file: FileId) {
        let facts = self.facts(file);
        for id in functions(facts) {
            let caller = (file, Some(id));
            for (position, parameter) in (0..).zip(facts.parameters(&facts[id])) {
                let site = Site {
                    file,
                    span: parameter.span,
                };
                for (dependency, _) in self.receivers.dependencies((file, id), position) {
                    self.add_dependency(caller, dependency, site);
                }
                if let Some(fixture) = self.receivers.fixture((file, id), position) {
                    self.add_fixture(caller, fixture, site);
                }
            }
            for (fixture, span) in self.receivers.fixtures_used((file, id)) {
                self.add_fixture(caller, fixture, Site { file, span });
            }
        }
    }

    fn add_fixture(&mut self, caller: Caller, fixture: FunctionRef, site: Site) {
        let control = (Thread::Same, By::Injected);
        self.add(caller, fixture, site, None, 0, control, Confidence::Certain);
    }

    pub(super) fn add_dependency(&mut self, caller: Caller, dependency: Thing, site: Site) {
        let mut targets = Vec::new();
        let entry = Entry {
            thing: dependency,
            confidence: Confidence::Certain,
        };
        self.targets(entry, 0, &mut targets);
        for (callee, offset, confidence) in targets {
            // What is no coroutine function runs in a pool of threads, a class too.
            let thread = if self.facts(callee.0)[callee.1].is_async {
                Thread::Same
            } else {
                Thread::Other
            };
            self.add(caller, callee, site, None, offset, (thread, By::Injected), confidence);
        }
    }
}
