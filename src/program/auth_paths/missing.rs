//! Gates that are named and do not exist: code imports them from a module of the program that has no such name (any more).
//!
//! Only what is certain counts: the module is read whole, makes no names as it runs, and nothing rescues the import.

use crate::catalog::Role;
use crate::facts::{Anchor, BindingKind, BlockKind, ExprId, ExprKind, FileFacts, FunctionId, Import, Language};
use crate::finding::{CodeScope, Site};
use crate::program::modules::Place;
use crate::program::names::last_name_span;
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::FxHashMap;

/// Imports that pass a name on are followed so far.
const MOST_IMPORTS: u32 = 8;

/// A use of a gate that does not exist.
#[derive(Debug)]
pub(in crate::program) struct MissingGate {
    /// Where it is used.
    pub(in crate::program) site: Site,
    /// The function that calls it, has it injected or is decorated with it; none for statements of a module.
    pub(in crate::program) function: Option<FunctionId>,
    /// Its dotted path.
    pub(in crate::program) path: String,
}

impl Program<'_> {
    /// The uses of gates that do not exist, outside tests, in the order of files; one for each function and gate.
    pub(in crate::program) fn missing_gates(&self) -> &[MissingGate] {
        self.missing_gates.get_or_init(|| {
            self.for_each_file(|file, data| {
                if data.language != Language::Python || data.scope == CodeScope::Test {
                    return Vec::new();
                }
                missing_in(self, file, data)
            })
        })
    }

    /// The dotted path that a Python import names, if it begins in the program and certainly leads nowhere: a module or package that
    /// was read whole has no such name.
    fn missing_import(&self, file: FileId, import: &Import, step: u32) -> Option<String> {
        let segments = self.segments(file, import);
        let (start, rest) = match import.anchor {
            Anchor::Absolute => (self.modules.absolute(file, segments.first()?, false)?, &segments[1..]),
            Anchor::Up(levels) => (self.modules.up(file, levels)?, &segments[..]),
            Anchor::Root => return None,
        };
        // A package that the file does not lie in may have the name of a library that is meant.
        let is_own = |package: Place| matches!(package, Place::Folder(folder) if self.modules.contains(folder, file));
        let is_beside = |module: Place| {
            self.modules
                .up(file, 1)
                .is_some_and(|folder| self.modules.submodule(folder, segments[0]) == Some(module))
        };
        if !is_own(start) && !is_beside(start) {
            return None;
        }
        let mut place = start;
        for segment in rest {
            if !self.own_member(place, segment).is_empty() || self.is_bound(place, segment, step) {
                return None;
            }
            match self.modules.submodule(place, segment) {
                Some(inner) => place = inner,
                None => {
                    // Another part of a package without a file of its own may lie elsewhere, unless it is the importing file's own.
                    let is_known = match self.names_of(place) {
                        Some((at, _)) => self.has_fixed_names(at),
                        None => is_own(place),
                    };
                    let dots = match import.anchor {
                        Anchor::Up(levels) => ".".repeat(levels as usize),
                        _ => String::new(),
                    };
                    return is_known.then(|| dots + &segments.join("."));
                }
            }
        }
        None
    }

    /// Whether a module gives a name to something, whatever that is, and does not only pass on an import that leads nowhere.
    fn is_bound(&self, place: Place, name: &str, step: u32) -> bool {
        let Some((file, scope)) = self.names_of(place).filter(|_| step < MOST_IMPORTS) else {
            return false;
        };
        let facts = &self[file].facts;
        let bindings = facts
            .names
            .find(name)
            .map_or(0..0, |name| facts.binding_range(scope, name));
        facts.bindings[bindings].iter().any(|binding| match binding.kind {
            BindingKind::Import(import) => self.missing_import(file, &facts[import], step + 1).is_none(),
            _ => true,
        })
    }

    /// Whether a Python file says all names that its module has.
    fn has_fixed_names(&self, file: FileId) -> bool {
        let facts = &self[file].facts;
        let makes_names = ["__getattr__", "globals", "modules", "setattr", "exec"];
        facts.problems.is_empty()
            && !facts.imports.iter().any(|import| import.star)
            && !makes_names.iter().any(|name| facts.names.find(name).is_some())
    }
}

fn missing_in(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<MissingGate> {
    let facts = &data.facts;
    let words = program.catalog().words();
    let imported = facts.bindings.iter().filter_map(|binding| {
        let BindingKind::Import(import) = binding.kind else {
            return None;
        };
        let import = &facts[import];
        let name = facts.path(import.path).last().filter(|_| import.member)?;
        let may_be_missing = words.is_gate(facts.text(*name)) && !is_rescued(facts, import);
        let missing = may_be_missing.then(|| program.missing_import(file, import, 0))??;
        Some(((binding.scope, binding.name), missing))
    });
    let missing: FxHashMap<_, String> = imported.collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<MissingGate> = Vec::new();
    for (expr, span) in uses(program, file, facts) {
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            continue;
        };
        let Some([binding]) = crate::program::bindings::lookup(facts, scope, name) else {
            continue;
        };
        let Some(path) = missing.get(&(binding.scope, name)) else {
            continue;
        };
        let gate = MissingGate {
            site: Site { file, span },
            function: function_of(facts, expr).or_else(|| facts.function_around(scope)),
            path: path.clone(),
        };
        let is_known = |known: &MissingGate| known.function == gate.function && known.path == gate.path;
        if !found.iter().any(is_known) {
            found.push(gate);
        }
    }
    found
}

/// What a file calls, has injected or decorates with, each with its place.
fn uses<'p>(
    program: &'p Program<'_>,
    file: FileId,
    facts: &'p FileFacts,
) -> impl Iterator<Item = (ExprId, Span)> + use<'p> {
    let calls = facts.numbered_calls();
    let called = calls.flat_map(move |(id, call)| {
        let injects = program.site_at(file, call.expr).is_some_and(|site| {
            let entry = program.entry(site);
            site.call == Some(id) && entry.is_some_and(|entry| entry.role == Some(Role::InjectsDependency))
        });
        let arguments = facts.arguments(call).iter().filter(move |_| injects);
        std::iter::once(call.callee).chain(arguments.map(|argument| argument.value))
    });
    let decorators = facts
        .functions
        .iter()
        .flat_map(|function| facts.list(function.decorators));
    let used = called.chain(decorators.copied());
    used.map(|expr| (expr, last_name_span(facts, expr)))
}

/// The function in whose parameters or decorators an expression stands.
fn function_of(facts: &FileFacts, expr: ExprId) -> Option<FunctionId> {
    let place = facts[expr].span;
    let holds = |outer: ExprId| facts[outer].span.contains(place);
    let position = facts.functions.iter().position(|function| {
        let parameters = facts.parameters(function).iter();
        let mut declared = parameters.flat_map(|parameter| [parameter.default, parameter.annotation]);
        declared.any(|declared| declared.is_some_and(holds))
            || facts
                .list(function.decorators)
                .iter()
                .any(|decorator| holds(*decorator))
    });
    position.map(FunctionId::at)
}

/// Whether something is done where an import fails, or it is only one for type checkers.
fn is_rescued(facts: &FileFacts, import: &Import) -> bool {
    let blocks = std::iter::successors(Some(import.block), |block| facts[*block].parent);
    let mut kinds = blocks.map(|block| facts[block].kind);
    kinds.any(|kind| {
        matches!(
            kind,
            BlockKind::Attempt | BlockKind::Rescue { .. } | BlockKind::Otherwise { .. } | BlockKind::Branch { .. }
        )
    })
}
