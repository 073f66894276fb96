//! Who may do a concern's work: declared by the user, else inferred from what the code does.

use super::modules::Place;
use super::names::Origin;
use super::units::UnitId;
use super::{Program, ProgramFile};
use crate::facts::{MODULE_SCOPE, ScopeId, ScopeKind};
use crate::finding::{CodeScope, Site, Step};
use crate::source::{FileId, Span};
use rustc_hash::FxHashMap;
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
    "auth-cache",
    "auth-circuit-breaker",
    "auth-error-handling",
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
    origins: Vec<Origin>,
    names: Vec<String>,
    unit: Option<UnitId>,
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

    pub(super) fn decide(program: &Program<'_>, concerns: &[Concern]) -> Self {
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
        let mut imports = None;
        for name in [TOKEN_VALIDATION, TOKEN_MINTING, SECRET_RESOLUTION] {
            if !is_declared(name) {
                owners
                    .all
                    .extend(infer(program, name, &worked_at(program, name), &mut imports));
            }
        }
        for (index, concern) in concerns.iter().enumerate() {
            if concern.owners.is_empty() && !concern.calls.is_empty() {
                let sites = program
                    .sites()
                    .iter()
                    .filter(|site| program.catalog().concerns(site.node).contains(&index));
                let worked: Vec<Worked> = sites
                    .map(|site| Worked {
                        file: site.file,
                        scope: site.scope,
                    })
                    .collect();
                owners.all.extend(infer(program, &concern.name, &worked, &mut imports));
            }
        }
        owners
    }
}

impl Program<'_> {
    /// The owners of `concern` that speak for `file`.
    pub fn owners_of<'p>(&'p self, concern: &'p str, file: FileId) -> impl Iterator<Item = &'p Owner> {
        let unit = self.units.of(file);
        self.owners
            .all
            .iter()
            .filter(move |owner| owner.concern == concern && owner.unit.is_none_or(|own| own == unit))
    }

    /// The owners of `concern` that speak for `file`, as people would name them; none if it has no owner.
    #[must_use]
    pub fn owner_names(&self, concern: &str, file: FileId) -> Option<String> {
        let names: Vec<&str> = self.owners_of(concern, file).map(|owner| owner.path.as_str()).collect();
        if names.is_empty() {
            None
        } else {
            Some(names.join(" or "))
        }
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
        self.owners_of(concern, file).any(|owner| {
            let allowed = owner.names.is_empty()
                || settings
                    .iter()
                    .all(|name| owner.names.iter().any(|pattern| matches_pattern(pattern, name)));
            allowed && owner.origins.iter().any(|origin| self.lies_in(file, scope, *origin))
        })
    }

    /// Whether code at `scope` of `file` is part of a definition: of a package and what lies below it, a module, class or function.
    fn lies_in(&self, file: FileId, scope: ScopeId, origin: Origin) -> bool {
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
            Origin::Module(place) => self.modules.contains(place, file),
            Origin::Class((at, class)) | Origin::Instance((at, class)) => {
                at == file && around(&|kind| kind == ScopeKind::Class(class))
            }
            Origin::Function((at, function)) => at == file && around(&|kind| kind == ScopeKind::Function(function)),
            _ => false,
        }
    }
}

/// Where the work of a built-in concern is done.
fn worked_at(program: &Program<'_>, concern: &str) -> Vec<Worked> {
    match concern {
        TOKEN_VALIDATION => program
            .validation_sites()
            .iter()
            .map(|site| Worked {
                file: site.primary.file,
                scope: site.scope,
            })
            .collect(),
        TOKEN_MINTING => program
            .minting_sites()
            .iter()
            .map(|site| Worked {
                file: site.primary.file,
                scope: site.scope,
            })
            .collect(),
        _ => program
            .secret_reads()
            .iter()
            .map(|read| Worked {
                file: read.primary.file,
                scope: read.scope,
            })
            .collect(),
    }
}

/// The modules that each module imports from, by the definition that an import arrives at.
type Imports = FxHashMap<FileId, BTreeSet<FileId>>;

/// Infers an owner for each unit with at least two production sites: the module with a site that most other modules go through.
fn infer(program: &Program<'_>, concern: &str, worked: &[Worked], imports: &mut Option<Imports>) -> Vec<Owner> {
    let mut by_unit: BTreeMap<UnitId, BTreeMap<FileId, usize>> = BTreeMap::new();
    for site in worked {
        if program.code_scope(site.file, site.scope) == CodeScope::Production {
            *by_unit
                .entry(program.units.of(site.file))
                .or_default()
                .entry(site.file)
                .or_default() += 1;
        }
    }
    let mut owners = Vec::new();
    for (unit, sites) in by_unit {
        let total: usize = sites.values().sum();
        if total < 2 {
            continue;
        }
        let importers = imports.get_or_insert_with(|| importers(program));
        let best = sites.iter().max_by_key(|(file, count)| {
            (
                importers.get(file).map_or(0, BTreeSet::len),
                **count,
                std::cmp::Reverse(**file),
            )
        });
        let Some((file, count)) = best else { continue };
        let users = importers.get(file).map_or(0, BTreeSet::len);
        let reason = format!(
            "{} of {total} production sites stand in it, and {users} other {} it, more than any other module with a site",
            count,
            if users == 1 { "module imports" } else { "modules import" },
        );
        owners.push(Owner {
            concern: concern.to_owned(),
            path: program.symbol(*file, MODULE_SCOPE),
            because: Because::Inferred(reason),
            origins: vec![Origin::Module(Place::File(*file))],
            names: Vec::new(),
            unit: Some(unit),
        });
    }
    owners
}

/// For each module, the production modules that import something defined in it.
fn importers(program: &Program<'_>) -> Imports {
    let pairs = program.for_each_file(|file, data: &ProgramFile| {
        if data.scope != CodeScope::Production {
            return Vec::new();
        }
        let mut targets = BTreeSet::new();
        for binding in &data.facts.bindings {
            if let crate::facts::BindingKind::Import(_) = binding.kind {
                for value in program.bound(file, binding, 0) {
                    let target = match value.origin {
                        Origin::Module(place) => program.modules.init(place),
                        Origin::Function((at, _))
                        | Origin::Class((at, _))
                        | Origin::Instance((at, _))
                        | Origin::Written(at, _) => Some(at),
                        _ => None,
                    };
                    targets.extend(target.filter(|target| *target != file));
                }
            }
        }
        targets.into_iter().map(|target| (target, file)).collect()
    });
    let mut importers: Imports = FxHashMap::default();
    for (target, file) in pairs {
        importers.entry(target).or_default().insert(file);
    }
    importers
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
