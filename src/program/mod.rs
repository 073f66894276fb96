//! All files as one program, and every question a rule may ask of it.
//!
//! What any linter of whole programs has, lowest storey first: `modules` and `crates` (which file is which module), `bindings`, `memory`,
//! `names` and `stars` (what an expression refers to), `texts` (which strings it can be), `receivers` (what objects are), `edges` (what a
//! call calls), `trace`, `callers` and `calls` (who calls what rules ask about), `rust` (all of that for Rust, by its types), `call_graph` (all
//! calls, by names), `sites` and `handed` (where library functions of a role are called, or handed on to be called), `entries` (where the
//! program is entered), `values` (what arguments come to), `reach`, `sequences` and `needs` (by which ways control gets somewhere,
//! which calls can follow one another on the way, and what has to be passed along it), `blocks`, `own_loop` and `environments` (under which conditions, on which event loop,
//! depending on where the program runs).
//!
//! On them stands what is about authentication: `secrets` (where they are read, through which functions, what stands in for them, where
//! they are shown), `tokens` (where they are validated and minted, with which keys, what becomes of a failure), `owners` (who may do what,
//! and what is built around it), `auth_paths` (by which gates control gets to validation) and `providers` (which configuration gives which
//! name a value). `units` says what belongs together.
//!
//! The program knows facts, the catalog and what the user declared; it knows no parser, no rule and no wording.

mod auth_paths;
mod bindings;
mod blocks;
mod call_graph;
mod callers;
mod calls;
mod crates;
mod edges;
mod entries;
mod environments;
mod handed;
mod memory;
mod modules;
mod names;
mod needs;
mod own_loop;
mod owners;
mod providers;
mod reach;
mod receivers;
mod rust;
mod secrets;
mod sequences;
mod sites;
mod stars;
mod texts;
mod tokens;
mod trace;
mod units;
mod values;

pub use auth_paths::routes::Routes;
pub use auth_paths::{AuthPath, AuthPaths, PathEntry, PathState};
pub use blocks::LoopState;
pub use call_graph::{CallGraph, Edge, EveryCall};
pub use calls::{By, CallEdge, Caller, Thread};
pub use entries::{EntryPoint, Registration, Surface};
pub use environments::Circumstance;
pub use names::{ClassRef, FunctionRef, Origin, Value};
pub use own_loop::OwnLoop;
pub use owners::safeguards::{AUTH_CACHE, AUTH_CIRCUIT_BREAKER, AUTH_ERROR_HANDLING};
pub use owners::{
    BUILT_IN_CONCERNS, Because, Concern, DeclaredOwner, Implementation, Owner, Owners, SECRET_RESOLUTION,
    TOKEN_MINTING, TOKEN_VALIDATION, matches_pattern,
};
pub use providers::deployments::{is_template, maps_to_secrets};
pub use providers::{ConfiguredName, NameKind, ProvidedState, Provision, ProvisionForm};
pub use reach::{AsyncWays, Way};
pub use secrets::fallbacks::{FallbackEnd, SecretFallback};
pub use secrets::printed::PrintedSecrets;
pub use secrets::rewrites::ResolverCall;
pub use secrets::ways::WaysToSecrets;
pub use secrets::{ReadBy, SecretRead};
pub use sites::LibrarySite;
pub use texts::TextOrigin;
pub use tokens::TokenSite;
pub use tokens::keys::{KeySource, SigningKey};
pub use tokens::refusals::Outcome;
pub use tokens::validation::Validation;
pub use values::{Passing, ValueOrigin};

use crate::catalog::{Catalog, Entry, Node, Role};
use crate::facts::{
    Argument, BindingKind, Call, CallId, ExprId, ExprKind, FileFacts, Language, ScopeId, ScopeKind, Splat,
};
use crate::finding::{CodeScope, Site};
use crate::source::{FileId, Span};
use auth_paths::guards::LibraryGuard;
use auth_paths::missing::MissingGate;
use auth_paths::schemes::SchemeUse;
use callers::{Callers, Far};
use calls::Calls;
use entries::Entries;
use memory::Memory;
use modules::Modules;
use own_loop::is_parameter;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use secrets::rewrites::Resolvers;
use sites::Sites;
use stars::Stars;
use std::ops::Index;
use std::sync::OnceLock;
use tokens::TokenSites;
use tokens::comparisons::ShownCredential;
use tokens::requests::HttpRequest;
use tokens::services::ServiceQuestion;
use tokens::validation::Validations;
use units::Units;

/// One file of the program.
#[derive(Debug)]
pub struct ProgramFile {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// What it says.
    pub facts: Box<FileFacts>,
    /// Its language.
    pub language: Language,
    /// What kind of code its path makes it.
    pub scope: CodeScope,
    /// Whether version control tracks it; `None` where there is none.
    pub tracked: Option<bool>,
    /// The environment that the user declares it to be of.
    pub environment: Option<String>,
}

/// How much of what there may be, and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Live auth paths.
    pub auth_paths: Option<usize>,
    /// Live auth paths by the name of their surface.
    pub surfaces: Vec<(String, usize)>,
    /// Implementations by concern.
    pub concerns: Vec<(String, usize)>,
}

/// What the user declares about the program.
#[derive(Debug, Default)]
pub struct Declarations {
    /// The concerns in the order of the catalog's concern indices; the built-in ones have no calls of their own.
    pub concerns: Vec<Concern>,
    /// Whether a settings file stands above all units and joins them into one.
    pub joined: bool,
    /// How much there may be.
    pub budget: Budget,
}

/// All files, linked.
#[derive(Debug)]
pub struct Program<'a> {
    files: Vec<ProgramFile>,
    catalog: &'a Catalog,
    modules: Modules,
    units: Units,
    /// The blocks that add members to each class, in order.
    extensions: FxHashMap<ClassRef, Vec<ClassRef>>,
    /// The class that each such block adds members to.
    extended_by: FxHashMap<ClassRef, ClassRef>,
    stars: Stars,
    /// What following references gave.
    memory: Memory,
    /// The traits of libraries that each file imports, once that is asked.
    imported_traits: Vec<OnceLock<Vec<Node>>>,
    calls: Calls,
    // Found while the calls are, which look on.
    sites: OnceLock<Sites>,
    tokens: OnceLock<TokenSites>,
    entries: Entries,
    secrets: Vec<SecretRead>,
    /// Which of them an expression is.
    secrets_by_expr: FxHashMap<(FileId, ExprId), usize>,
    owners: Owners,
    auth_paths: OnceLock<AuthPaths>,
    declarations: &'a Declarations,
    // Worked out once a rule asks.
    requests: OnceLock<Vec<HttpRequest>>,
    questions: OnceLock<Vec<ServiceQuestion>>,
    library_guards: OnceLock<Vec<LibraryGuard>>,
    missing_gates: OnceLock<Vec<MissingGate>>,
    shown_credentials: OnceLock<Vec<ShownCredential>>,
    scheme_uses: OnceLock<Vec<SchemeUse>>,
    resolvers: OnceLock<Resolvers>,
    validations: OnceLock<Validations>,
    decorated_names: OnceLock<FxHashSet<String>>,
}

impl Index<FileId> for Program<'_> {
    type Output = ProgramFile;
    fn index(&self, id: FileId) -> &ProgramFile {
        &self.files[id.0 as usize]
    }
}

impl<'a> Program<'a> {
    /// Links `files`, which are in the order of their ids.
    #[must_use]
    pub fn link(files: Vec<ProgramFile>, catalog: &'a Catalog, declarations: &'a Declarations) -> Self {
        let modules = Modules::new(&files);
        let units = Units::new(&files, declarations.joined);
        let memory = Memory::new(files.len());
        let imported_traits = files.iter().map(|_| OnceLock::new()).collect();
        let mut program = Self {
            files,
            catalog,
            modules,
            units,
            extensions: FxHashMap::default(),
            extended_by: FxHashMap::default(),
            stars: Stars::default(),
            memory,
            imported_traits,
            calls: Calls::default(),
            sites: OnceLock::new(),
            tokens: OnceLock::new(),
            entries: Entries::default(),
            secrets: Vec::new(),
            secrets_by_expr: FxHashMap::default(),
            owners: Owners::default(),
            auth_paths: OnceLock::new(),
            declarations,
            requests: OnceLock::new(),
            questions: OnceLock::new(),
            library_guards: OnceLock::new(),
            missing_gates: OnceLock::new(),
            shown_credentials: OnceLock::new(),
            scheme_uses: OnceLock::new(),
            resolvers: OnceLock::new(),
            validations: OnceLock::new(),
            decorated_names: OnceLock::new(),
        };
        program.find_stars();
        program.extend_classes();
        let (calls, direct_reads) = program.find_calls();
        program.calls = calls;
        program.entries = Entries::find(&program);
        program.secrets = secrets::with_wrapped(&program, direct_reads);
        program.secrets_by_expr = secrets::by_expr(&program.secrets);
        program.owners = Owners::decide(&program, &declarations.concerns);
        program
    }

    /// Finds the sites of library functions, those where tokens and secrets are dealt with, and the calls that lead there.
    fn find_calls(&self) -> (Calls, Vec<SecretRead>) {
        let mut callers = Callers::begin(self);
        let libraries = callers.libraries();
        let mapping_at = |file, object| callers.mapping_at(file, object);
        let sites = self.sites.get_or_init(|| Sites::find(self, &libraries, mapping_at));
        let tokens = self.tokens.get_or_init(|| TokenSites::find(self));
        let secrets = secrets::direct(self);
        let function_at = |file: FileId, scope| Some((file, self[file].facts.function_around(scope)?));
        let mut functions: Vec<(FunctionRef, Far)> = Vec::new();
        for site in sites.all() {
            let Some(function) = function_at(site.file, site.scope) else {
                continue;
            };
            let role = self.entry(site).and_then(|entry| entry.role);
            let needs_no_loop = role.is_some_and(|role| match role {
                Role::RunsEventLoop | Role::BlocksThread => true,
                Role::WaitsForResult => self.may_wait_for_own_loop(site),
                _ => false,
            });
            if needs_no_loop {
                functions.push((function, Far::TO_EVENT_LOOPS));
            } else if role.is_some_and(Role::is_asked_backwards) || !self.catalog.concerns(site.node).is_empty() {
                functions.push((function, Far::A_FEW_CALLS));
            }
            if role.is_some_and(Role::decodes) {
                let keeping = self.methods_that_keep_parameters(function).into_iter();
                functions.extend(keeping.map(|method| (method, Far::A_FEW_CALLS)));
            }
        }
        let of_tokens = tokens.validation.iter().chain(&tokens.minting);
        let of_tokens = of_tokens.map(|site| (site.primary.file, site.scope));
        let of_secrets = secrets.iter().map(|read| (read.primary.file, read.scope));
        let of_comparisons = self
            .shown_credentials()
            .iter()
            .map(|shown| (shown.site.primary.file, shown.site.scope));
        let places = of_tokens.chain(of_secrets).chain(of_comparisons);
        let by_work = places.filter_map(|(file, scope)| function_at(file, scope));
        functions.extend(by_work.map(|function| (function, Far::A_FEW_CALLS)));
        let asking = self.asking_functions(callers.entries()).into_iter();
        functions.extend(asking.map(|function| (function, Far::A_FEW_CALLS)));
        let questions = self.questions.get_or_init(|| tokens::services::find(self)).iter();
        functions.extend(questions.map(|question| ((question.file, question.function), Far::A_FEW_CALLS)));
        let of_schemes = self.scheme_uses().iter();
        functions.extend(of_schemes.map(|scheme| ((scheme.file, scheme.function), Far::A_FEW_CALLS)));
        let guarded = self.library_guards().iter();
        functions.extend(guarded.map(|guard| (guard.function, Far::A_FEW_CALLS)));
        let naming_missing = self.missing_gates().iter();
        functions.extend(naming_missing.filter_map(|gate| Some(((gate.site.file, gate.function?), Far::A_FEW_CALLS))));
        let is_rust = |((file, _), _): &(FunctionRef, Far)| self[*file].language == Language::Rust;
        let (rust, others): (Vec<_>, Vec<_>) = functions.into_iter().partition(is_rust);
        let mut calls = callers.follow(others);
        if self.files.iter().any(|file| file.language == Language::Rust) {
            calls.add(self.find_calls_of_rust(rust));
        }
        (calls, secrets)
    }

    /// The calls of Rust that lead to some functions, and to what blocks a thread or makes a runtime wherever it is called.
    fn find_calls_of_rust(&self, mut functions: Vec<(FunctionRef, Far)>) -> Calls {
        let index = rust::Index::new(self);
        let runtimes = rust::made_runtimes(self);
        functions.extend(runtimes.iter().map(|(function, _)| (*function, Far::TO_EVENT_LOOPS)));
        functions.extend(self.blocking_by_name().iter().filter_map(|(file, call)| {
            let facts = &self[*file].facts;
            let function = facts.function_around(facts[*call].scope)?;
            Some(((*file, function), Far::TO_EVENT_LOOPS))
        }));
        let configuring = self.configuring_by_fields().into_iter();
        functions.extend(configuring.map(|function| (function, Far::A_FEW_CALLS)));
        let (edges, traced) = rust::follow(self, &index, functions);
        Calls::new(edges, traced, rust::entries(self, &index), runtimes)
    }

    /// The functions of Rust that write to fields by which libraries are told how to verify tokens.
    fn configuring_by_fields(&self) -> Vec<FunctionRef> {
        let fields = self.catalog.keywords_of(Language::Rust, Role::ConfiguresVerification);
        self.for_each_file(|file, data| {
            if data.language != Language::Rust {
                return Vec::new();
            }
            let facts = &data.facts;
            let writing = facts.stores.iter().filter(|store| match facts[store.target].kind {
                ExprKind::Member { name, .. } => fields.contains(facts.text(name)),
                _ => false,
            });
            let functions = writing.filter_map(|store| facts.function_around(facts[store.block].scope));
            functions.map(|function| (file, function)).collect()
        })
    }

    /// The calls of methods that block the thread by their name alone: the object comes out of a pair, such as a channel's ends.
    #[must_use]
    pub fn blocking_by_name(&self) -> Vec<(FileId, CallId)> {
        let names = self.catalog.names_only_of(Language::Rust, Role::BlocksThread);
        self.for_each_file(|file, data| {
            if data.language != Language::Rust {
                return Vec::new();
            }
            let facts = &data.facts;
            let calls = facts
                .numbered_calls()
                .filter(|(_, call)| match facts[call.callee].kind {
                    ExprKind::Member { name, .. } => {
                        let name = facts.text(name);
                        let is_handed = !facts.arguments(call).is_empty();
                        names.contains(name)
                            && is_handed == self.catalog.is_handed_something(Language::Rust, name)
                            && self.site_at(file, call.expr).is_none()
                    }
                    _ => false,
                });
            calls.map(|(id, _)| (file, id)).collect()
        })
    }

    /// The methods of a method's class that keep what they are passed in attributes, where the method finds it.
    fn methods_that_keep_parameters(&self, (file, function): FunctionRef) -> Vec<FunctionRef> {
        let facts = &self[file].facts;
        let Some(class) = facts[function].class else {
            return Vec::new();
        };
        let keeping = facts.stores.iter().filter_map(|store| {
            let is_attribute = matches!(facts[store.target].kind, ExprKind::Member { .. });
            let method = facts.function_around(facts[store.block].scope)?;
            let keeps = is_attribute && facts[method].class == Some(class) && is_parameter(facts, store.value?);
            keeps.then_some((file, method))
        });
        let mut keeping: Vec<FunctionRef> = keeping.collect();
        keeping.dedup();
        keeping
    }

    /// Finds the class that each block of added members (`impl Type`) speaks of.
    fn extend_classes(&mut self) {
        let found = self.for_each_file(|file, data| {
            let blocks = data.facts.numbered_classes().filter_map(|(id, class)| {
                let block = (file, id);
                let subject = match data.facts[class.extends?].kind {
                    ExprKind::Index { object, .. } => object,
                    _ => class.extends?,
                };
                let extended = self
                    .values(file, subject)
                    .into_iter()
                    .find_map(|value| match value.origin {
                        Origin::Class(class) => Some(class),
                        _ => None,
                    });
                Some((block, extended?))
            });
            blocks.collect()
        });
        for (block, class) in found {
            self.extensions.entry(class).or_default().push(block);
            self.extended_by.insert(block, class);
        }
        self.forget();
    }

    /// Forgets what names were found to refer to, because more is known now.
    fn forget(&mut self) {
        self.memory = Memory::new(self.files.len());
        self.imported_traits = self.files.iter().map(|_| OnceLock::new()).collect();
    }

    /// Every file with its id, in order.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &ProgramFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (file_id(index), file))
    }

    /// `find` for every file in parallel; the results in the order of the files.
    pub fn for_each_file<'s, T: Send>(&'s self, find: impl Fn(FileId, &'s ProgramFile) -> Vec<T> + Sync) -> Vec<T> {
        let found: Vec<Vec<T>> = self
            .files
            .par_iter()
            .enumerate()
            .map(|(index, file)| find(file_id(index), file))
            .collect();
        found.into_iter().flatten().collect()
    }

    /// The innermost scope of `file` whose statements hold `span`; none where the file has no code there.
    #[must_use]
    pub fn scope_at(&self, file: FileId, span: Span) -> Option<ScopeId> {
        let facts = &self[file].facts;
        let holding = facts.blocks.iter().filter(|block| block.span.contains(span));
        holding
            .min_by_key(|block| block.span.end - block.span.start)
            .map(|block| block.scope)
    }

    /// The concerns as the user declared them, in the order of the catalog's concern indices.
    #[must_use]
    pub fn concerns(&self) -> &[Concern] {
        &self.declarations.concerns
    }

    /// How much of what there may be, as the user declared it.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.declarations.budget
    }

    /// What library names and words mean.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// Who owns each concern, and why.
    #[must_use]
    pub fn owners(&self) -> &Owners {
        &self.owners
    }

    /// Every call or item access of a catalogued library function, in order.
    #[must_use]
    pub fn sites(&self) -> &[LibrarySite] {
        self.sites.get().map_or(&[], Sites::all)
    }

    /// The sites of one role, in order.
    pub fn sites_of(&self, role: Role) -> impl Iterator<Item = &LibrarySite> {
        self.sites()
            .iter()
            .filter(move |site| self.entry(site).is_some_and(|entry| entry.role == Some(role)))
    }

    /// Where tokens are decoded or validated, in order.
    #[must_use]
    pub fn validation_sites(&self) -> &[TokenSite] {
        self.tokens.get().map_or(&[], |tokens| &tokens.validation)
    }

    /// Where tokens are made, in order.
    #[must_use]
    pub fn minting_sites(&self) -> &[TokenSite] {
        self.tokens.get().map_or(&[], |tokens| &tokens.minting)
    }

    /// Where secrets are read, in order.
    #[must_use]
    pub fn secret_reads(&self) -> &[SecretRead] {
        &self.secrets
    }

    /// The read of a secret that `expr` itself is, if it is one.
    #[must_use]
    pub fn secret_read_at(&self, file: FileId, expr: ExprId) -> Option<&SecretRead> {
        let index = self.secrets_by_expr.get(&(file, expr))?;
        self.secrets.get(*index)
    }

    /// What the catalog says of a site.
    #[must_use]
    pub fn entry(&self, site: &LibrarySite) -> Option<&Entry> {
        if site.call.is_some() {
            self.catalog.call(site.node)
        } else {
            self.catalog.item(site.node)
        }
    }

    /// The argument of `site` that means `meaning`, if it is written out.
    #[must_use]
    pub fn argument(&self, site: &LibrarySite, meaning: &str) -> Option<ExprId> {
        let facts = &self[site.file].facts;
        let Some(call) = site.call else {
            return site.key.filter(|_| meaning == "name");
        };
        argument_that_means(facts, call, self.entry(site)?, meaning)
    }

    /// Whether `call` in `file` spreads a mapping over its keywords, so that arguments may be there unseen.
    #[must_use]
    pub fn has_unseen_arguments(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        facts
            .arguments(&facts[call])
            .iter()
            .any(|argument| argument.splat != Splat::No)
    }

    /// The dotted name of the innermost named function, class or module around `scope`.
    #[must_use]
    pub fn symbol(&self, file: FileId, scope: ScopeId) -> String {
        let facts = &self[file].facts;
        let mut segments = Vec::new();
        let mut next = Some(scope);
        while let Some(scope) = next {
            match facts[scope].kind {
                ScopeKind::Class(class) => segments.push(facts.text(facts[class].name)),
                ScopeKind::Function(function) => segments.extend(facts[function].name.map(|name| facts.text(name))),
                ScopeKind::Inline(module) => segments.push(facts.text(facts[module].name)),
                ScopeKind::Module | ScopeKind::Comprehension => {}
            }
            next = facts[scope].parent;
        }
        let module = self.modules.name(file);
        segments.extend(Some(module).filter(|module| !module.is_empty()));
        segments.reverse();
        segments.join(if self[file].language == Language::Rust {
            "::"
        } else {
            "."
        })
    }

    /// The name of a file's module; a configuration file's is its path.
    #[must_use]
    pub fn module_name(&self, file: FileId) -> &str {
        self.modules.name(file)
    }

    /// The dotted name of the innermost named function, class or module around a place.
    #[must_use]
    pub fn symbol_at(&self, site: Site) -> String {
        let scope = self
            .scope_at(site.file, site.span)
            .unwrap_or(crate::facts::MODULE_SCOPE);
        self.symbol(site.file, scope)
    }

    /// The name of the innermost named function around `scope`, if it stands in one.
    #[must_use]
    pub fn function_name(&self, file: FileId, scope: ScopeId) -> Option<&str> {
        let facts = &self[file].facts;
        let mut scope = scope;
        loop {
            if let ScopeKind::Function(function) = facts[scope].kind
                && let Some(name) = facts[function].name
            {
                return Some(facts.text(name));
            }
            scope = facts[scope].parent?;
        }
    }

    /// What kind of code stands at `scope` of `file`: the file's kind, or a test where the language itself says so.
    #[must_use]
    pub fn code_scope(&self, file: FileId, scope: ScopeId) -> CodeScope {
        let facts = &self[file].facts;
        if self.modules.crates().is_test(file) {
            return CodeScope::Test;
        }
        let in_test = |extent: Span| facts.tests.iter().any(|test| test.contains(extent));
        let mut next = Some(scope).filter(|_| !facts.tests.is_empty());
        while let Some(scope) = next {
            let is_test = match facts[scope].kind {
                ScopeKind::Function(function) => facts[function].is_test || in_test(facts[function].extent),
                ScopeKind::Class(class) => in_test(facts[class].extent),
                ScopeKind::Inline(module) => in_test(facts[module].extent),
                ScopeKind::Module | ScopeKind::Comprehension => false,
            };
            if is_test {
                return CodeScope::Test;
            }
            next = facts[scope].parent;
        }
        self[file].scope
    }

    /// The path of an expression as it is written: `jwt.decode`, `self.client.get`, `jsonwebtoken::decode`.
    #[must_use]
    pub fn written(&self, file: FileId, expr: ExprId) -> String {
        let facts = &self[file].facts;
        let written = names::written(facts, expr);
        // What begins with a module, a type or a crate is a path; what begins with a local is a chain of members.
        let is_path = self[file].language == Language::Rust
            && names::first_name(facts, expr).is_some_and(|(name, scope)| {
                let bindings = bindings::lookup(facts, scope, name).unwrap_or(&[]);
                facts.text(name) != "self"
                    && bindings.iter().all(|binding| {
                        matches!(
                            binding.kind,
                            BindingKind::Import(_)
                                | BindingKind::Module(_)
                                | BindingKind::Class(_)
                                | BindingKind::Function(_)
                        )
                    })
            });
        if is_path && !written.contains("()") {
            written.replace('.', "::")
        } else {
            written
        }
    }

    /// The place that stands for a call: the called name's token.
    #[must_use]
    pub fn callee_site(&self, file: FileId, call: &Call) -> Site {
        Site {
            file,
            span: names::last_name_span(&self[file].facts, call.callee),
        }
    }
}

fn file_id(index: usize) -> FileId {
    FileId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// The expressions of a file that stand within `span`, those inside one another too.
pub(crate) fn expressions_within(facts: &FileFacts, span: Span) -> impl Iterator<Item = ExprId> {
    facts.exprs_within(span).map(|(id, _)| id)
}

/// The argument of a call that means `meaning` to the library function that `entry` tells of, if it is written out.
pub(crate) fn argument_that_means(facts: &FileFacts, call: CallId, entry: &Entry, meaning: &str) -> Option<ExprId> {
    let (_, meanings) = entry.arguments.iter().find(|(name, _)| name == meaning)?;
    argument_of(facts, facts.arguments(&facts[call]), meanings).map(|argument| argument.value)
}

/// The argument that comes by one of the positions or keywords of `meanings`.
pub(crate) fn argument_of<'f>(
    facts: &FileFacts,
    arguments: &'f [Argument],
    meanings: &[crate::catalog::Meaning],
) -> Option<&'f Argument> {
    use crate::catalog::Meaning;
    meanings.iter().find_map(|meaning| match meaning {
        Meaning::Keyword(name) => arguments
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == name)),
        Meaning::Position(position) => {
            let positional = arguments
                .iter()
                .take_while(|argument| argument.splat == Splat::No && argument.keyword.is_none());
            positional.into_iter().nth(*position as usize)
        }
    })
}
