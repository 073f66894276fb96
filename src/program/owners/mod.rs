//! Who may do a concern's work: declared by the user, else inferred from what the code does; `safeguards` is what is built
//! around an owner.

pub(in crate::program) mod safeguards;

use crate::catalog::Role;
use crate::facts::{BindingKind, ExprKind, FunctionId, Language, MODULE_SCOPE, Name, ScopeId, ScopeKind};
use crate::finding::{CodeScope, Confidence, Site, Step};
use crate::program::bindings;
use crate::program::modules::Place;
use crate::program::names::{self, Origin, Value};
use crate::program::owners::safeguards::{AUTH_CACHE, AUTH_CIRCUIT_BREAKER, AUTH_ERROR_HANDLING};
use crate::program::units::UnitId;
use crate::program::{LibrarySite, Program, ProgramFile, TokenSite};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// The concern of decoding and checking tokens.
pub const TOKEN_VALIDATION: &str = "token-validation";
/// The concern of making tokens.
pub const TOKEN_MINTING: &str = "token-minting";
/// The concern of reading secrets.
pub const SECRET_RESOLUTION: &str = "secret-resolution";

/// The concerns that need no declaration; what makes them up is known by role.
pub const BUILT_IN_CONCERNS: [&str; 6] = [
    TOKEN_VALIDATION,
    TOKEN_MINTING,
    SECRET_RESOLUTION,
    AUTH_CACHE,
    AUTH_CIRCUIT_BREAKER,
    AUTH_ERROR_HANDLING,
];

/// A concern and who the user says owns it.
#[derive(Clone, Debug, Default)]
pub struct Concern {
    /// Its name.
    pub name: String,
    /// Its declared owners; empty where the owner is to be inferred.
    pub owners: Vec<DeclaredOwner>,
    /// The calls that make it up; empty for the built-in ones.
    pub calls: Vec<String>,
}

/// An owner as the user wrote it.
#[derive(Clone, Debug, Default)]
pub struct DeclaredOwner {
    /// Dotted or `::` path.
    pub path: String,
    /// Patterns of the settings it may resolve; empty for all.
    pub names: Vec<String>,
    /// Where it is written in the settings file.
    pub span: Span,
}

/// A concern's owner.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The concern's name.
    pub concern: String,
    /// The owner's path, for people.
    pub path: String,
    /// How it came to be the owner.
    pub because: Because,
    pub(in crate::program) origins: Vec<Origin>,
    pub(in crate::program) names: Vec<String>,
    unit: Option<UnitId>,
}

/// A function or module that does the work of a concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    /// Its dotted or `::` name.
    pub name: String,
    /// The first place where it does the work.
    pub site: Site,
    /// The scope of that place.
    pub scope: ScopeId,
    /// Whether it is part of an owner.
    pub is_owner: bool,
}

/// How an owner came to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// The user says so.
    Declared,
    /// The code goes through it; the reason for people.
    Inferred(String),
}

/// The owners of all concerns.
#[derive(Debug, Default)]
pub struct Owners {
    all: Vec<Owner>,
    unresolved: Vec<DeclaredOwner>,
}

/// A place where a concern's work is done.
struct Worked {
    file: FileId,
    scope: ScopeId,
    span: Span,
    /// Whether it is only a glance: a token that is decoded without a check of its signature.
    is_glance: bool,
}

impl Owners {
    /// All owners, by concern.
    #[must_use]
    pub fn all(&self) -> &[Owner] {
        &self.all
    }

    /// The declared owners that name nothing in the program.
    #[must_use]
    pub fn unresolved(&self) -> &[DeclaredOwner] {
        &self.unresolved
    }

    pub(in crate::program) fn decide(program: &Program<'_>, concerns: &[Concern]) -> Self {
        let mut owners = Self::default();
        for concern in concerns {
            for declared in &concern.owners {
                let origins = program.named(&declared.path);
                if origins.is_empty() {
                    owners.unresolved.push(declared.clone());
                }
                owners.all.push(Owner {
                    concern: concern.name.clone(),
                    path: declared.path.clone(),
                    because: Because::Declared,
                    origins,
                    names: declared.names.clone(),
                    unit: None,
                });
            }
        }
        let is_declared = |name: &str| {
            concerns
                .iter()
                .any(|concern| concern.name == name && !concern.owners.is_empty())
        };
        let built_in = [TOKEN_VALIDATION, TOKEN_MINTING, SECRET_RESOLUTION].into_iter();
        let of_user = concerns.iter().filter(|concern| !concern.calls.is_empty());
        let all = built_in.chain(of_user.map(|concern| concern.name.as_str()));
        let undeclared: Vec<(&str, Vec<Worked>)> = all
            .filter(|name| !is_declared(name))
            .map(|name| (name, worked_at(program, name)))
            .collect();
        owners.all.extend(infer(program, &undeclared));
        owners
    }
}

impl Program<'_> {
    /// The owners of `concern` that speak for `file`. One that was inferred does not for code of another language, which cannot call it.
    pub fn owners_of<'p>(&'p self, concern: &'p str, file: FileId) -> impl Iterator<Item = &'p Owner> {
        let unit = self.units.of(file);
        let can_call = move |owner: &Owner| {
            owner.origins.iter().all(|origin| match origin {
                Origin::Module(Place::File(of)) => {
                    let (own, other) = (self[*of].language, self[file].language);
                    own == other || other == Language::Config
                }
                _ => true,
            })
        };
        self.owners.all.iter().filter(move |owner| {
            owner.concern == concern && owner.unit.is_none_or(|own| own == unit && can_call(owner))
        })
    }

    /// The owners of `concern` that speak for `file`, to stand between backticks in a message; none if it has no owner.
    #[must_use]
    pub fn owner_names(&self, concern: &str, file: FileId) -> Option<String> {
        let names: Vec<&str> = self.owners_of(concern, file).map(|owner| owner.path.as_str()).collect();
        if names.is_empty() {
            None
        } else {
            Some(names.join("` or `"))
        }
    }

    /// Where the work of `concern` is done, and in which scopes, in the order of places.
    #[must_use]
    pub fn places_of(&self, concern: &str) -> Vec<(Site, ScopeId)> {
        let place = |worked: Worked| {
            let site = Site {
                file: worked.file,
                span: worked.span,
            };
            (site, worked.scope)
        };
        let mut places: Vec<(Site, ScopeId)> = worked_at(self, concern).into_iter().map(place).collect();
        places.sort_unstable();
        places
    }

    /// Who does the work of `concern` in production code and scripts, by name.
    #[must_use]
    pub fn implementations_of(&self, concern: &str) -> Vec<Implementation> {
        let mut by_name: BTreeMap<String, Implementation> = BTreeMap::new();
        for worked in worked_at(self, concern) {
            let (file, scope) = (worked.file, worked.scope);
            if matches!(self.code_scope(file, scope), CodeScope::Test | CodeScope::Config) {
                continue;
            }
            let site = Site {
                file,
                span: worked.span,
            };
            let name = self.symbol(file, scope);
            let known = by_name.entry(name.clone()).or_insert_with(|| Implementation {
                name,
                site,
                scope,
                is_owner: self.is_owned(concern, file, scope, &[]),
            });
            if site < known.site {
                (known.site, known.scope) = (site, scope);
            }
        }
        by_name.into_values().collect()
    }

    /// Where the owners of `concern` that speak for `file` are defined.
    #[must_use]
    pub fn owner_steps(&self, concern: &str, file: FileId) -> Vec<Step> {
        let origins = self
            .owners_of(concern, file)
            .flat_map(|owner| owner.origins.iter().map(move |origin| (owner, *origin)));
        let places = origins.filter_map(|(owner, origin)| {
            let site = match origin {
                Origin::Module(place) => Site {
                    file: self.modules.init(place)?,
                    span: Span::default(),
                },
                Origin::Class((file, class)) => Site {
                    file,
                    span: self[file].facts[class].span,
                },
                Origin::Function((file, function)) => Site {
                    file,
                    span: self[file].facts[function].span,
                },
                _ => return None,
            };
            Some(Step {
                site,
                symbol: owner.path.clone(),
                note: format!("the owner of {concern}"),
            })
        });
        places.collect()
    }

    /// Whether code at `scope` of `file` belongs to an owner of `concern`. An owner that is limited to some settings owns the work
    /// only where all of `settings` are among them.
    #[must_use]
    pub fn is_owned(&self, concern: &str, file: FileId, scope: ScopeId, settings: &[String]) -> bool {
        self.is_owned_by(&|_| true, concern, file, scope, settings)
    }

    /// The same of owners that the user declares.
    #[must_use]
    pub fn is_owned_as_declared(&self, concern: &str, file: FileId, scope: ScopeId, settings: &[String]) -> bool {
        self.is_owned_by(
            &|owner| owner.because == Because::Declared,
            concern,
            file,
            scope,
            settings,
        )
    }

    fn is_owned_by(
        &self,
        counts: &dyn Fn(&Owner) -> bool,
        concern: &str,
        file: FileId,
        scope: ScopeId,
        settings: &[String],
    ) -> bool {
        self.owners_of(concern, file)
            .filter(|owner| counts(owner))
            .any(|owner| {
                let allowed = owner.names.is_empty()
                    || settings
                        .iter()
                        .all(|name| owner.names.iter().any(|pattern| matches_pattern(pattern, name)));
                allowed && owner.origins.iter().any(|origin| self.lies_in(file, scope, *origin))
            })
    }

    /// Whether code at `scope` of `file` is part of a definition: of a package and what lies below it, a module, class or function.
    pub(in crate::program) fn lies_in(&self, file: FileId, scope: ScopeId, origin: Origin) -> bool {
        let facts = &self[file].facts;
        let around = |is_it: &dyn Fn(ScopeKind) -> bool| {
            let mut next = Some(scope);
            while let Some(scope) = next {
                if is_it(facts[scope].kind) {
                    return true;
                }
                next = facts[scope].parent;
            }
            false
        };
        match origin {
            Origin::Module(Place::Folder(package)) => self.modules.contains(package, file),
            Origin::Module(place) => self.is_below(self.module_around(file, scope), place),
            Origin::Class(class) | Origin::Instance(class) => {
                let class = self.extended(class);
                around(&|kind| matches!(kind, ScopeKind::Class(body) if self.extended((file, body)) == class))
            }
            Origin::Function((at, function)) => at == file && around(&|kind| kind == ScopeKind::Function(function)),
            _ => false,
        }
    }
}

/// Where the work of a concern is done.
fn worked_at(program: &Program<'_>, concern: &str) -> Vec<Worked> {
    let worked = |(primary, scope): (Site, ScopeId)| Worked {
        file: primary.file,
        scope,
        span: primary.span,
        is_glance: false,
    };
    match concern {
        TOKEN_VALIDATION => program
            .validation_sites()
            .iter()
            .map(|site| Worked {
                is_glance: program.is_decoded_unchecked(site.primary)
                    || program.only_takes_apart(site)
                    || is_errand(program, site),
                ..worked((site.primary, site.scope))
            })
            .collect(),
        TOKEN_MINTING => program
            .minting_sites()
            .iter()
            .map(|site| (site.primary, site.scope))
            .map(worked)
            .collect(),
        SECRET_RESOLUTION => {
            let direct = program.secret_reads().iter().filter(|read| read.through.is_empty());
            let reads = direct.map(|read| (read.primary, read.scope));
            // Who reads the setting that a caller names resolves secrets for others.
            let resolvers = program.sites_of(Role::ReadsSetting).filter(|site| {
                let facts = &program[site.file].facts;
                let name = program
                    .argument(site, "name")
                    .and_then(|name| names::first_name(facts, name));
                let bindings = name
                    .and_then(|(name, scope)| bindings::lookup(facts, scope, name))
                    .unwrap_or(&[]);
                bindings
                    .iter()
                    .any(|binding| matches!(binding.kind, BindingKind::Parameter(_)))
            });
            let resolvers = resolvers.map(|site| (program.primary(site), site.scope));
            reads.chain(resolvers).map(worked).collect()
        }
        AUTH_CACHE => program.auth_caches().into_iter().map(worked).collect(),
        AUTH_CIRCUIT_BREAKER => program.auth_circuit_breakers().into_iter().map(worked).collect(),
        AUTH_ERROR_HANDLING => program.auth_error_handlers().into_iter().map(worked).collect(),
        _ => {
            let index = program.concerns().iter().position(|known| known.name == concern);
            let is_of_it =
                |site: &&LibrarySite| index.is_some_and(|index| program.catalog.concerns(site.node).contains(&index));
            let sites = program.sites().iter().filter(is_of_it);
            sites
                .map(|site| (program.primary(site), site.scope))
                .map(worked)
                .collect()
        }
    }
}

/// Whether a token is decoded for a single errand, by the name of the function around: that is nobody to send others to.
fn is_errand(program: &Program<'_>, site: &TokenSite) -> bool {
    let facts = &program[site.primary.file].facts;
    let function = facts.function_around(site.scope);
    let name = function.and_then(|function| facts[function].name);
    name.is_some_and(|name| program.catalog.words().is_errand(facts.text(name)))
}

/// The production sites of a concern in one unit, by file.
type UnitSites<'w> = BTreeMap<FileId, Vec<&'w Worked>>;

/// Infers an owner of each concern for each unit with at least two production sites: the module that does most of the work for most
/// others.
fn infer(program: &Program<'_>, concerns: &[(&str, Vec<Worked>)]) -> Vec<Owner> {
    let by_unit: Vec<BTreeMap<UnitId, UnitSites<'_>>> =
        concerns.iter().map(|(_, worked)| worked_in(program, worked)).collect();
    let users = users(program, &by_unit);
    let mut found: Vec<Owner> = Vec::new();
    for ((concern, _), (units, users)) in concerns.iter().zip(by_unit.iter().zip(&users)) {
        for (unit, sites) in units {
            let of_unit = if *concern == TOKEN_MINTING {
                beside_validation(&found, *unit, sites)
            } else {
                None
            };
            found.extend(of_unit.or_else(|| owner(program, concern, *unit, sites, users)));
        }
    }
    found
}

/// The module that was found to own validation owns minting, too, where it mints.
fn beside_validation(found: &[Owner], unit: UnitId, sites: &UnitSites<'_>) -> Option<Owner> {
    let validation = found
        .iter()
        .find(|owner| owner.concern == TOKEN_VALIDATION && owner.unit == Some(unit))?;
    let mints = validation
        .origins
        .iter()
        .any(|origin| matches!(origin, Origin::Module(Place::File(file)) if sites.contains_key(file)));
    mints.then(|| Owner {
        concern: TOKEN_MINTING.to_owned(),
        because: Because::Inferred("tokens are validated in it, too".to_owned()),
        ..validation.clone()
    })
}

/// The production sites by unit, of units with at least two.
fn worked_in<'w>(program: &Program<'_>, worked: &'w [Worked]) -> BTreeMap<UnitId, UnitSites<'w>> {
    let mut by_unit: BTreeMap<UnitId, UnitSites<'_>> = BTreeMap::new();
    let is_own = |file: FileId| !program.catalog().words().is_vendored(&program[file].path);
    for site in worked {
        if program.code_scope(site.file, site.scope) == CodeScope::Production && is_own(site.file) {
            by_unit
                .entry(program.units.of(site.file))
                .or_default()
                .entry(site.file)
                .or_default()
                .push(site);
        }
    }
    by_unit.retain(|_, sites| sites.values().map(Vec::len).sum::<usize>() >= 2);
    by_unit
}

fn owner(program: &Program<'_>, concern: &str, unit: UnitId, sites: &UnitSites<'_>, users: &Users) -> Option<Owner> {
    let sites = &without_glances(sites);
    let total: usize = sites.values().map(Vec::len).sum();
    // Who calls whom says more than who imports what, but values that are computed once are only imported.
    let user_count = |file: FileId, sites: &[&Worked]| {
        let mut modules = calling_modules(program, file, sites);
        modules.extend(users.get(&file).into_iter().flatten());
        modules.len()
    };
    let counted = sites
        .iter()
        .map(|(file, sites)| (user_count(*file, sites), *file, sites));
    let (count, file, own) =
        counted.max_by_key(|(count, file, sites)| (*count * sites.len(), sites.len(), std::cmp::Reverse(*file)))?;
    let sites = if total == 1 { "site" } else { "sites" };
    let (stand, them) = if own.len() == 1 {
        ("stands", "it")
    } else {
        ("stand", "them")
    };
    let others = match count {
        0 => "no other module goes".to_owned(),
        1 => "one other module goes".to_owned(),
        count => format!("{count} other modules go"),
    };
    let reason = format!(
        "{} of {total} production {sites} {stand} in it, and {others} through {them}",
        own.len()
    );
    Some(Owner {
        concern: concern.to_owned(),
        path: program.symbol(file, MODULE_SCOPE),
        because: Because::Inferred(reason),
        origins: vec![Origin::Module(Place::File(file))],
        names: Vec::new(),
        unit: Some(unit),
    })
}

/// The sites that do the whole work; all where none does. Who only glances at tokens is nobody to send others to.
fn without_glances<'w>(sites: &UnitSites<'w>) -> UnitSites<'w> {
    let mut whole = sites.clone();
    for sites in whole.values_mut() {
        sites.retain(|site| !site.is_glance);
    }
    whole.retain(|_, sites| !sites.is_empty());
    if whole.is_empty() { sites.clone() } else { whole }
}

/// The other production modules whose calls get to the functions of a module in which the sites stand, through others of that module
/// too.
fn calling_modules(program: &Program<'_>, file: FileId, sites: &[&Worked]) -> BTreeSet<FileId> {
    let facts = &program[file].facts;
    let mut modules = BTreeSet::new();
    let mut waiting: Vec<FunctionId> = sites
        .iter()
        .filter_map(|site| facts.function_around(site.scope))
        .collect();
    let mut seen: BTreeSet<FunctionId> = waiting.iter().copied().collect();
    while let Some(function) = waiting.pop() {
        for edge in program.calls_into((file, function)) {
            match edge.caller {
                _ if edge.confidence == Confidence::Possible => {}
                (caller, Some(function)) if caller == file && seen.insert(function) => waiting.push(function),
                (caller, _) if caller != file && program[caller].scope == CodeScope::Production => {
                    modules.insert(caller);
                }
                _ => {}
            }
        }
    }
    modules
}

/// For each module with sites of a concern, the other modules that go through them.
type Users = FxHashMap<FileId, BTreeSet<FileId>>;

/// For each concern and each module with sites, the other production modules that use a definition in which one of the sites stands:
/// a function, a class, or a value that is computed by one. What modules use is looked at once for all concerns.
fn users(program: &Program<'_>, concerns: &[BTreeMap<UnitId, UnitSites<'_>>]) -> Vec<Users> {
    let mut users: Vec<Users> = concerns.iter().map(|_| Users::default()).collect();
    let mut sites: FxHashMap<FileId, Vec<(usize, &Worked)>> = FxHashMap::default();
    for (concern, units) in concerns.iter().enumerate() {
        for (file, worked) in units.values().flatten() {
            let worked = worked.iter().map(|site| (concern, *site));
            sites.entry(*file).or_default().extend(worked);
        }
    }
    if sites.is_empty() {
        return users;
    }
    let goes_through = |origin: Origin, targets: &mut BTreeSet<(usize, FileId)>| {
        let (Origin::Function((at, _)) | Origin::Class((at, _)) | Origin::Instance((at, _)) | Origin::Written(at, _)) =
            origin
        else {
            return;
        };
        let facts = &program[at].facts;
        let covers = |site: &Worked| match origin {
            Origin::Written(_, expr) => facts[expr].span.contains(site.span),
            // A method goes through what the class does.
            Origin::Function((_, function)) if facts[function].class.is_some() => facts[function]
                .class
                .is_some_and(|class| program.lies_in(at, site.scope, Origin::Class((at, class)))),
            origin => program.lies_in(at, site.scope, origin),
        };
        let sites = sites.get(&at).into_iter().flatten();
        targets.extend(
            sites
                .filter(|(_, site)| covers(site))
                .map(|(concern, _)| (*concern, at)),
        );
    };
    let pairs = program.for_each_file(|file, data: &ProgramFile| {
        let mut targets = BTreeSet::new();
        if data.scope != CodeScope::Production {
            return Vec::new();
        }
        let facts = &data.facts;
        let mut modules: FxHashMap<Name, Vec<Value>> = FxHashMap::default();
        for binding in facts
            .bindings
            .iter()
            .filter(|binding| matches!(binding.kind, BindingKind::Import(_)))
        {
            for value in program.bound(file, binding) {
                match value.origin {
                    Origin::Module(place) if program.modules.init(place).is_some() => {
                        modules.entry(binding.name).or_default().push(value);
                    }
                    origin => goes_through(origin, &mut targets),
                }
            }
        }
        let mut seen: FxHashSet<(Name, Name)> = FxHashSet::default();
        for expr in facts.exprs.iter().filter(|_| !modules.is_empty()) {
            if let ExprKind::Member { object, name } = expr.kind
                && let ExprKind::Name { name: module, .. } = facts[object].kind
                && let Some(modules) = modules.get(&module)
                && seen.insert((module, name))
            {
                for module in modules {
                    for member in program.member_of(*module, facts.text(name)) {
                        goes_through(member.origin, &mut targets);
                    }
                }
            }
        }
        let others = targets.into_iter().filter(|(_, target)| *target != file);
        others.map(|(concern, target)| (concern, target, file)).collect()
    });
    for (concern, target, file) in pairs {
        users[concern].entry(target).or_default().insert(file);
    }
    users
}

/// Whether a name fits a pattern in which `*` stands for any text.
#[must_use]
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => {
            let Some(tail) = name.strip_prefix(start) else {
                return false;
            };
            rest.is_empty()
                || tail.char_indices().any(|(at, _)| matches_pattern(rest, &tail[at..]))
                || matches_pattern(rest, "")
        }
    }
}
