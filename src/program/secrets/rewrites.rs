//! What may stand in the place of other code, for the fixes of rules: where a value can be awaited, and which call gives a secret.

use super::wrappers;
use super::{ReadBy, SecretRead};
use crate::catalog::Role;
use crate::facts::{
    Anchor, BindingKind, Block, BlockKind, Exit, ExprId, ExprKind, Import, Language, MODULE_SCOPE, ParameterKind,
};
use crate::program::modules::Place;
use crate::program::names::{self, FunctionRef, Origin};
use crate::program::owners::{SECRET_RESOLUTION, matches_pattern};
use crate::program::{LibrarySite, Program, ProgramFile};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// A call that gives what a read of a secret gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverCall {
    /// How it is written.
    pub written: String,
    /// The import that it needs, and where that can stand; none if the name is there already.
    pub import: Option<(u32, String)>,
}

/// What is needed to put resolvers in the place of reads.
#[derive(Debug)]
pub(in crate::program) struct Resolvers {
    functions: Vec<Resolver>,
    /// The top-level packages and modules that the program imports from.
    imported_roots: FxHashSet<String>,
}

/// A function that gives others a secret.
#[derive(Clone, Copy, Debug)]
struct Resolver {
    function: FunctionRef,
    by: Gives,
}

/// What becomes of a secret that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absence {
    /// An error: `environ[name]`.
    Fails,
    /// Nothing: `environ.get(name)`.
    GivesNothing,
}

#[derive(Clone, Copy, Debug)]
enum Gives {
    /// The secret that its only argument names.
    Named,
    /// The one that it reads, at this place of the program's reads.
    Read(usize),
}

impl Program<'_> {
    /// Whether an expression is a call that gives a coroutine of the program.
    #[must_use]
    pub fn is_coroutine(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let ExprKind::Call(call) = facts[expr].kind else {
            return false;
        };
        let named = self.values(file, facts[call].callee).into_iter();
        let mut called: Vec<Option<FunctionRef>> = named
            .map(|value| match value.origin {
                Origin::Function(function) => Some(function),
                _ => None,
            })
            .collect();
        if called.is_empty() {
            called.extend(self.edges_of(file, call).map(|edge| Some(edge.callee)));
        }
        let is_async = |(file, function): FunctionRef| {
            let function = &self[file].facts[function];
            function.is_async && !function.is_generator
        };
        !called.is_empty() && called.into_iter().all(|function| function.is_some_and(is_async))
    }

    /// Whether something is asked of an expression right behind it: a member, an item, a call. (An operator binds less.)
    #[must_use]
    pub fn is_continued(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let is_called = facts.calls.iter().any(|call| call.callee == expr);
        is_called
            || facts.exprs_around(facts[expr].span).any(|(_, other)| match other.kind {
                ExprKind::Member { object, .. } | ExprKind::Index { object, .. } | ExprKind::Slice(object) => {
                    object == expr
                }
                _ => false,
            })
    }

    /// The call of the owner of secrets that can stand in the place of a direct read, if there is just one, and its module can be
    /// imported where the read stands.
    #[must_use]
    pub fn resolver_call(&self, read: &SecretRead) -> Option<ResolverCall> {
        let file = read.primary.file;
        let ([name], Some(expr)) = (read.names.as_slice(), read.expr) else {
            return None;
        };
        let is_plain = read.by == ReadBy::Name && read.default.is_none() && read.through.is_empty();
        if self[file].language != Language::Python || !is_plain || name.contains('*') {
            return None;
        }
        let resolver = self.resolver_of(file, name)?;
        let absence = self.absence(file, expr)?;
        if self.absence_in(resolver.function) != Some(absence) || self.is_provided_for(file, expr) {
            return None;
        }
        let (owner, function) = resolver.function;
        let function_name = self[owner].facts.text(self[owner].facts[function].name?);
        let argument = match resolver.by {
            Gives::Named => format!("\"{name}\""),
            Gives::Read(_) => String::new(),
        };
        let written = format!("{function_name}({argument})");
        let facts = &self[file].facts;
        let known = facts.names.find(function_name);
        let bindings = facts.bindings.iter().filter(|binding| Some(binding.name) == known);
        let bindings: Vec<_> = bindings.collect();
        let import = match bindings.as_slice() {
            [] => {
                let module = self.importable_name(file, owner)?;
                let place = facts.imports_end.filter(|end| *end <= facts[expr].span.start)?;
                Some((place, format!("from {module} import {function_name}\n")))
            }
            [only] if only.scope == MODULE_SCOPE && matches!(only.kind, BindingKind::Import(_)) => {
                let values = self.bound(file, only).into_iter();
                let mut origins = values.map(|value| value.origin);
                let is_resolver =
                    origins.next() == Some(Origin::Function(resolver.function)) && origins.next().is_none();
                if !is_resolver {
                    return None;
                }
                None
            }
            _ => return None,
        };
        Some(ResolverCall { written, import })
    }

    /// What a read gives where the setting is not set.
    fn absence(&self, file: FileId, read: ExprId) -> Option<Absence> {
        let facts = &self[file].facts;
        match facts[read].kind {
            ExprKind::Index { .. } => Some(Absence::Fails),
            ExprKind::Call(call) => {
                let method = names::last_name(facts, facts[call].callee).map(|name| facts.text(name));
                matches!(method, Some("get" | "getenv")).then_some(Absence::GivesNothing)
            }
            _ => None,
        }
    }

    /// The same of a function that gives secrets.
    fn absence_in(&self, (file, function): FunctionRef) -> Option<Absence> {
        let facts = &self[file].facts;
        let is_in_it = |scope| facts.function_around(scope) == Some(function);
        let raises = |block: &Block| matches!(block.exit, Exit::Raises(_)) && is_in_it(block.scope);
        if facts.blocks.iter().any(raises) {
            return Some(Absence::Fails);
        }
        let is_read = |site: &&LibrarySite| {
            self.entry(site)
                .is_some_and(|entry| entry.role == Some(Role::ReadsSetting))
        };
        let mut reads = self
            .sites_in(file)
            .iter()
            .filter(|site| is_in_it(site.scope))
            .filter(is_read);
        match (reads.next(), reads.next()) {
            (Some(site), None) if self.argument(site, "default").is_none() => self.absence(file, site.expr),
            _ => None,
        }
    }

    /// Whether the code around a read has an answer of its own to a secret that is not there.
    fn is_provided_for(&self, file: FileId, read: ExprId) -> bool {
        let facts = &self[file].facts;
        let span = facts[read].span;
        let is_option = facts.exprs_around(span).any(|(_, expr)| {
            matches!(
                expr.kind,
                ExprKind::Choice { .. } | ExprKind::Compare { .. } | ExprKind::Not(_) | ExprKind::Both(_)
            )
        });
        let is_attempt = facts.blocks.iter().any(|block| {
            let is_caught = matches!(block.kind, BlockKind::Attempt) && block.span.contains(span);
            let is_condition =
                matches!(block.kind, BlockKind::Branch { condition, .. } if facts[condition].span.contains(span));
            is_caught || is_condition
        });
        is_option || is_attempt
    }

    /// The one function of the owners that speak for `file` that gives the secret `name`: one that reads just this secret, else one
    /// that takes its name.
    fn resolver_of(&self, file: FileId, name: &str) -> Option<Resolver> {
        let owned: Vec<&Resolver> = self
            .resolvers()
            .functions
            .iter()
            .filter(|resolver| self.resolves(resolver, file, name))
            .collect();
        let reads_it = |resolver: &&&Resolver| match resolver.by {
            Gives::Read(read) => self.secrets[read].names.iter().any(|read| read == name),
            Gives::Named => false,
        };
        let own: Vec<&&Resolver> = owned.iter().filter(reads_it).collect();
        let by_name: Vec<&&Resolver> = owned
            .iter()
            .filter(|resolver| matches!(resolver.by, Gives::Named))
            .collect();
        match (own.as_slice(), by_name.as_slice()) {
            ([only], _) | ([], [only]) => Some(***only),
            _ => None,
        }
    }

    /// Whether a resolver belongs to an owner that speaks for `file` and may resolve `name`.
    fn resolves(&self, resolver: &Resolver, file: FileId, name: &str) -> bool {
        let (at, function) = resolver.function;
        self.owners_of(SECRET_RESOLUTION, file).any(|owner| {
            let may = owner.names.is_empty() || owner.names.iter().any(|pattern| matches_pattern(pattern, name));
            let scope = self[at].facts[function].scope;
            may && at != file && owner.origins.iter().any(|origin| self.lies_in(at, scope, *origin))
        })
    }

    /// The name under which the module of `owner` can be imported in `file` without going round in circles.
    fn importable_name(&self, file: FileId, owner: FileId) -> Option<String> {
        let segments: Vec<&str> = self.module_name(owner).split('.').collect();
        let place = self.modules.place_of(owner);
        let names = (0..segments.len()).map(|from| &segments[from..]);
        let mut leading_there = names.filter(|name| {
            self.module_at(file, name) == Some(place) && self.resolvers().imported_roots.contains(name[0])
        });
        let name = leading_there.next()?;
        (!self.imports_in_turn(owner, file)).then(|| name.join("."))
    }

    fn resolvers(&self) -> &Resolvers {
        self.resolvers.get_or_init(|| Resolvers {
            functions: resolvers(self),
            imported_roots: imported_roots(self),
        })
    }

    /// Where an absolute import of `name` in `file` leads, in the program.
    fn module_at(&self, file: FileId, name: &[&str]) -> Option<Place> {
        let (first, rest) = name.split_first()?;
        let root = self.catalog.root(Language::Python);
        let is_library = root.is_some_and(|root| self.catalog.child(root, first).is_some());
        let start = self.modules.absolute(file, first, is_library)?;
        rest.iter()
            .try_fold(start, |place, segment| self.modules.submodule(place, segment))
    }

    /// Whether what `module` imports when it is imported leads to `file`.
    fn imports_in_turn(&self, module: FileId, file: FileId) -> bool {
        let mut seen: FxHashSet<FileId> = FxHashSet::default();
        let mut waiting = vec![module];
        while let Some(next) = waiting.pop() {
            if next == file {
                return true;
            }
            if seen.insert(next) {
                let imports = self[next].facts.imports.iter();
                waiting.extend(
                    imports
                        .filter(|import| import.scope == MODULE_SCOPE)
                        .flat_map(|import| self.run_by(next, import)),
                );
            }
        }
        false
    }

    /// The files that an import runs.
    fn run_by(&self, file: FileId, import: &Import) -> Vec<FileId> {
        let facts = &self[file].facts;
        let names: Vec<&str> = facts.path(import.path).iter().map(|name| facts.text(*name)).collect();
        let (start, rest) = match import.anchor {
            Anchor::Absolute => match names.split_first() {
                Some((first, rest)) => (self.module_at(file, &[first]), rest),
                None => (None, &names[..]),
            },
            Anchor::Up(levels) => (self.modules.up(file, levels), &names[..]),
            Anchor::Root => (None, &names[..]),
        };
        let mut place = start;
        let mut run = Vec::new();
        for segment in rest.iter().map(Some).chain([None]) {
            let Some(here) = place else { break };
            run.extend(self.modules.init(here));
            place = segment.and_then(|segment| self.modules.submodule(here, segment));
        }
        run
    }
}

fn imported_roots(program: &Program<'_>) -> FxHashSet<String> {
    let of_file = |(_, data): (FileId, &'_ ProgramFile)| {
        let absolute = data
            .facts
            .imports
            .iter()
            .filter(|import| import.anchor == Anchor::Absolute);
        let roots = absolute.filter_map(|import| data.facts.path(import.path).first());
        let roots: FxHashSet<String> = roots.map(|root| data.facts.text(*root).to_owned()).collect();
        roots
    };
    program.files().flat_map(of_file).collect()
}

/// The functions that owners of secrets may have for others: public ones of modules that need no more than a secret's name.
fn resolvers(program: &Program<'_>) -> Vec<Resolver> {
    let by_name = wrappers::naming_parameters(program).into_iter();
    let by_name =
        by_name.filter(|(function, parameter)| required(program, *function).as_deref() == Some(&[*parameter]));
    let own = program.secrets.iter().enumerate().filter_map(|(index, read)| {
        let file = read.primary.file;
        let function = (file, program[file].facts.function_around(read.scope)?);
        let is_one = matches!(read.names.as_slice(), [name] if !name.contains('*'));
        let needs_nothing = required(program, function).is_some_and(|required| required.is_empty());
        (is_one && needs_nothing && gives_back(program, function, read.expr?)).then_some(Resolver {
            function,
            by: Gives::Read(index),
        })
    });
    let named = by_name.map(|(function, _)| Resolver {
        function,
        by: Gives::Named,
    });
    named
        .chain(own)
        .filter(|resolver| is_offered(program, resolver.function))
        .collect()
}

/// The parameters without which a function cannot be called; none if not all of them come by position.
fn required(program: &Program<'_>, (file, function): FunctionRef) -> Option<Vec<u32>> {
    let facts = &program[file].facts;
    let parameters = (0u32..).zip(facts.parameters(&facts[function]));
    let required: Vec<_> = parameters
        .filter(|(_, parameter)| {
            let is_rest = matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest);
            parameter.default.is_none() && !is_rest
        })
        .collect();
    let by_position = |(index, parameter): &(u32, &crate::facts::Parameter)| {
        (parameter.kind != ParameterKind::Keyword).then_some(*index)
    };
    required.iter().map(by_position).collect()
}

/// Whether a function's only way back hands out what `read` gives.
fn gives_back(program: &Program<'_>, (file, function): FunctionRef, read: ExprId) -> bool {
    let facts = &program[file].facts;
    let mut returns = facts.returns_of(function).iter();
    match (returns.next().and_then(|given| given.value), returns.next()) {
        (Some(value), None) => program.written_values(file, value) == [(file, read)],
        _ => false,
    }
}

/// Whether a function can be called from another module and gives its value at once.
fn is_offered(program: &Program<'_>, (file, function): FunctionRef) -> bool {
    let facts = &program[file].facts;
    let function = &facts[function];
    let is_public = function.name.is_some_and(|name| !facts.text(name).starts_with('_'));
    is_public
        && program[file].language == Language::Python
        && function.parent == MODULE_SCOPE
        && !function.is_async
        && !function.is_generator
        && facts.list(function.decorators).is_empty()
}
