//! Fixtures of tests: which ones a file sees, and which ones a test gets, by a parameter's name, by a mark, or without asking.

use super::classes::Ancestor;
use super::{Receivers, Symbol, Thing};
use crate::catalog::Role;
use crate::facts::{BindingKind, ExprId, ExprKind, FunctionId, MODULE_SCOPE, ParameterKind, ScopeId, ScopeKind};
use crate::finding::CodeScope;
use crate::program::argument_that_means;
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::{FileId, Span};
use std::sync::Arc;

/// A fixture, as a file sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixture {
    /// What tests call it.
    name: Symbol,
    function: FunctionRef,
    /// Whether every test gets it.
    everywhere: bool,
}

/// The name that a module or a class gives to marks for all tests in it.
const MARKS: &str = "pytestmark";
/// The name that a conftest gives to the modules whose fixtures it brings.
const PLUGINS: &str = "pytest_plugins";

impl Receivers<'_, '_> {
    /// The fixture that a test or another fixture gets by a parameter's name.
    pub(crate) fn fixture(&mut self, function: FunctionRef, index: u32) -> Option<FunctionRef> {
        let (file, id) = function;
        if !self.may_have_fixtures(file) || !(self.is_test(function) || self.is_fixture(function)) {
            return None;
        }
        let facts = self.facts(file);
        let parameter = facts.parameters(&facts[id])[index as usize];
        if parameter.default.is_some()
            || matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest)
            || is_parametrized(facts, id, facts.text(parameter.name))
        {
            return None;
        }
        let wanted = self.symbol(file, parameter.name);
        self.fixture_named(function, wanted)
    }

    /// The fixtures that a test uses without a parameter for them, and where that is said.
    pub(crate) fn fixtures_used(&mut self, test: FunctionRef) -> Vec<(FunctionRef, Span)> {
        if !self.may_have_fixtures(test.0) || !self.is_test(test) {
            return Vec::new();
        }
        let mut found = self.fixtures_marked(test);
        let own = self.function(test).span;
        for fixtures in self.fixtures_around(test) {
            let everywhere = fixtures.iter().filter(|fixture| fixture.everywhere);
            found.extend(everywhere.map(|fixture| (fixture.function, own)));
        }
        found
    }

    fn may_have_fixtures(&self, file: FileId) -> bool {
        let file = &self.program[file];
        file.scope == CodeScope::Test || file.path.ends_with("conftest.py")
    }

    /// Whether a function is a test by its name: one of a module or a class.
    fn is_test(&self, (file, id): FunctionRef) -> bool {
        let facts = self.facts(file);
        let is_named = facts[id].name.is_some_and(|name| facts.text(name).starts_with("test"));
        is_named && !matches!(facts[facts[id].parent].kind, ScopeKind::Function(_))
    }

    fn is_fixture(&mut self, (file, id): FunctionRef) -> bool {
        let decorators = self.facts(file)[id].decorators;
        self.decorated_with(file, decorators, |role| role == Role::ProvidesFixture)
            .is_some()
    }

    /// The nearest fixture of that name; one of the same name as the function that asks extends another.
    fn fixture_named(&mut self, asking: FunctionRef, wanted: Symbol) -> Option<FunctionRef> {
        self.fixtures_around(asking).iter().find_map(|fixtures| {
            let named = fixtures
                .iter()
                .rfind(|fixture| fixture.name == wanted && fixture.function != asking);
            named.map(|fixture| fixture.function)
        })
    }

    /// The fixtures of the class, the module and the conftests around a function, the nearest first.
    fn fixtures_around(&mut self, (file, id): FunctionRef) -> Vec<Arc<[Fixture]>> {
        let class = self.class_of((file, id));
        let mut found: Vec<Arc<[Fixture]>> = class.map_or_else(Vec::new, |class| self.fixtures_of_class(class));
        found.push(self.fixtures_of_module(file));
        for conftest in self.program.modules.conftests_of(file) {
            if conftest != file {
                found.push(self.fixtures_of_module(conftest));
            }
        }
        found
    }

    fn fixtures_of_class(&mut self, class: ClassRef) -> Vec<Arc<[Fixture]>> {
        let order = self.resolution_order(class);
        let classes = order.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Project((file, class)) => Some((*file, self.facts(*file)[*class].scope)),
            Ancestor::Library(_) => None,
        });
        let classes: Vec<(FileId, ScopeId)> = classes.collect();
        classes
            .into_iter()
            .map(|(file, scope)| self.fixtures_in(file, scope))
            .collect()
    }

    fn fixtures_of_module(&mut self, file: FileId) -> Arc<[Fixture]> {
        self.fixtures_in(file, MODULE_SCOPE)
    }

    /// The fixtures that are defined in a scope or imported there.
    fn fixtures_in(&mut self, file: FileId, scope: ScopeId) -> Arc<[Fixture]> {
        if let Some(known) = self.fixtures.get(&(file, scope)) {
            return Arc::clone(known);
        }
        // Modules that import one another have what the first of them has so far.
        self.fixtures.insert((file, scope), Arc::new([]));
        let mut found = Vec::new();
        if scope == MODULE_SCOPE {
            for module in self.modules_of_fixtures(file) {
                found.extend(self.fixtures_of_module(module).iter().copied());
            }
            found.extend(self.fixtures_imported(file));
        }
        for id in self.functions_of(file) {
            if self.facts(file)[id].parent == scope {
                found.extend(self.provided((file, id)));
            }
        }
        let found: Arc<[Fixture]> = found.into();
        self.fixtures.insert((file, scope), Arc::clone(&found));
        found
    }

    /// The fixture that a function is.
    fn provided(&mut self, function: FunctionRef) -> Option<Fixture> {
        let (file, id) = function;
        let facts = self.facts(file);
        let (entry, call) = self.decorated_with(file, facts[id].decorators, |role| role == Role::ProvidesFixture)?;
        let argument = |meaning: &str| {
            let argument = argument_that_means(facts, call?, entry, meaning)?;
            Some(facts[argument].kind)
        };
        let name = match argument("name") {
            Some(ExprKind::Text(name)) => name,
            _ => facts[id].name?,
        };
        Some(Fixture {
            name: self.symbol(file, name),
            function,
            everywhere: argument("everywhere") == Some(ExprKind::Truth(true)),
        })
    }

    fn fixtures_imported(&mut self, file: FileId) -> Vec<Fixture> {
        let facts = self.facts(file);
        let mut found = Vec::new();
        for (id, binding) in facts.numbered_bindings() {
            if binding.scope != MODULE_SCOPE {
                break;
            }
            if !matches!(binding.kind, BindingKind::Import(_)) {
                continue;
            }
            for entry in self.bound(file, id) {
                if let Thing::Function(function) = entry.thing {
                    found.extend(self.provided(function));
                }
            }
        }
        found
    }

    /// The modules that a file has all fixtures of: by a star import, or as plugins.
    fn modules_of_fixtures(&mut self, file: FileId) -> Vec<FileId> {
        let mut found = self.program.starred_files(file);
        for thing in self.things_listed(file, PLUGINS) {
            if let Thing::Module(place) = thing.thing {
                found.extend(self.program.modules.init(place));
            }
        }
        found
    }

    /// The fixtures that marks of a test, its class and its module name.
    fn fixtures_marked(&mut self, test: FunctionRef) -> Vec<(FunctionRef, Span)> {
        let mut found = Vec::new();
        for (file, mark) in self.marks_of(test) {
            let facts = self.facts(file);
            let Some((_, Some(call))) = self.known_decorator(file, mark, |role| role == Role::UsesFixtures) else {
                continue;
            };
            for argument in facts.arguments(&facts[call]) {
                if let ExprKind::Text(name) = facts[argument.value].kind {
                    let wanted = self.symbol(file, name);
                    let fixture = self.fixture_named(test, wanted);
                    let place = if file == test.0 {
                        argument.span
                    } else {
                        self.function(test).span
                    };
                    found.extend(fixture.map(|fixture| (fixture, place)));
                }
            }
        }
        found
    }

    /// The marks of a test, of its class and the bases of that, of its module.
    fn marks_of(&mut self, test: FunctionRef) -> Vec<(FileId, ExprId)> {
        let (file, id) = test;
        let facts = self.facts(file);
        let in_file = |file: FileId, marks: &[ExprId]| marks.iter().map(|mark| (file, *mark)).collect::<Vec<_>>();
        let mut found = in_file(file, facts.list(facts[id].decorators));
        if let Some(class) = self.class_of(test) {
            for ancestor in self.resolution_order(class).iter() {
                if let Ancestor::Project((file, class)) = *ancestor {
                    let facts = self.facts(file);
                    found.extend(in_file(file, facts.list(facts[class].decorators)));
                    found.extend(in_file(file, &self.values_bound(file, facts[class].scope, MARKS)));
                }
            }
        }
        found.extend(in_file(file, &self.values_bound(file, MODULE_SCOPE, MARKS)));
        found
    }
}

/// Whether a test's decorator gives the values of a parameter itself: `parametrize("user, token", [...])`. With `indirect` it gives
/// them to the fixture.
fn is_parametrized(facts: &crate::facts::FileFacts, function: FunctionId, parameter: &str) -> bool {
    facts.list(facts[function].decorators).iter().any(|decorator| {
        let ExprKind::Call(call) = facts[*decorator].kind else {
            return false;
        };
        let arguments = facts.arguments(&facts[call]);
        let is_indirect = arguments.iter().any(|argument| {
            argument
                .keyword
                .is_some_and(|keyword| facts.text(keyword) == "indirect")
        });
        let is_it = |names: ExprId| match facts[names].kind {
            ExprKind::Text(text) => facts.text(text).split(',').any(|name| name.trim() == parameter),
            _ => false,
        };
        let names = arguments
            .first()
            .map(|argument| argument.value)
            .filter(|_| !is_indirect);
        names.is_some_and(|names| match facts[names].kind {
            ExprKind::Group(each) => facts.list(each).iter().any(|name| is_it(*name)),
            _ => is_it(names),
        })
    })
}
