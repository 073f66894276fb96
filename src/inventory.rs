//! The inventory of authentication: what `ssotlint report` shows, as data.
//!
//! It asks the program for its auth paths, entry points, concerns and settings, and gives everything the names, files and lines by which
//! people know it. Its shape is version 1 of the report's JSON (`report/schema/inventory-v1.schema.json`), which is a promise: every
//! format shows parts of it and nothing else.

use crate::finding::{CodeScope, Confidence, Level, Site, known_again, shared_marks};
use crate::program::{
    AuthPath, BUILT_IN_CONCERNS, Because, Caller, ConfiguredName, Implementation, NameKind, PathEntry, PathState,
    Program, ProvidedState, Provision, ProvisionForm, SECRET_RESOLUTION, TOKEN_MINTING, TOKEN_VALIDATION,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// The version of [`Inventory`]'s shape.
pub const VERSION: u32 = 1;

/// How many auth paths there are, where each begins and ends, who does the work of each concern.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// The version of this shape.
    pub version: u32,
    /// How many there are of everything.
    pub counts: Counts,
    /// Who owns which concern.
    pub owners: Vec<OwnerRow>,
    /// The auth paths, by gate and site.
    pub paths: Vec<PathRow>,
    /// Who does the work of each concern.
    pub concerns: Vec<ConcernRow>,
    /// Entry points that no validation is in reach of, though those beside them have one.
    pub unguarded: Vec<EntryRow>,
    /// The secrets and flags that code reads.
    pub configuration: Vec<SettingRow>,
    /// What has changed since another revision, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Changes>,
}

/// What has changed since another revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The revision, as it was asked for.
    pub revision: String,
    /// How many live paths there were.
    pub auth_paths: usize,
    /// The paths that are gone.
    pub gone: Vec<PathRow>,
    /// The ids of paths that are new.
    pub new: Vec<String>,
    /// The ids of paths whose entries, chain, state or owner are others, or which are called otherwise.
    pub changed: Vec<String>,
}

/// How many there are of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Live paths: the headline.
    pub auth_paths: usize,
    /// All paths, by state.
    pub by_state: BTreeMap<&'static str, usize>,
    /// Live paths, by surface.
    pub by_surface: BTreeMap<&'static str, usize>,
    /// Live paths that go through an owner.
    pub through_owner: usize,
    /// Places where tokens are validated.
    pub validation_sites: usize,
    /// Entry points outside tests.
    pub entry_points: usize,
    /// Entry points without validation beside others that have it.
    pub unguarded: usize,
}

/// Who owns a concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerRow {
    /// The concern.
    pub concern: String,
    /// The owner's path.
    pub path: String,
    /// `declared` or `inferred`.
    pub because: &'static str,
    /// The same in words.
    pub reason: String,
}

/// An auth path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathRow {
    /// Names the path in every report of every revision in which gate and site are called the same.
    pub id: String,
    /// The concern.
    pub concern: String,
    /// What enters by it.
    pub surface: &'static str,
    /// `live`, `unmounted`, `unreachable` or `broken`.
    pub state: &'static str,
    /// The first step of authentication.
    pub gate: String,
    /// Where it begins.
    pub entries: Vec<EntryRow>,
    /// The functions from the gate to the one in which the site stands.
    pub chain: Vec<String>,
    /// Where it ends.
    pub site: SiteRow,
    /// Whether it goes through an owner.
    pub through_owner: bool,
    /// How sure its calls are resolved: the worst of them.
    pub confidence: Confidence,
    /// What else there is to say, in a few words; empty if nothing.
    pub note: String,
    /// By what it is known again in another revision where it is called otherwise.
    #[serde(skip)]
    pub marks: Vec<String>,
}

/// An entry point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct EntryRow {
    /// The function's dotted name.
    pub name: String,
    /// The full route, where one is written.
    pub route: Option<String>,
    /// The HTTP method, where one is named.
    pub method: Option<String>,
    /// What enters there.
    pub surface: &'static str,
    /// The file.
    pub path: String,
    /// The 1-based line.
    pub line: u32,
}

/// The end of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteRow {
    /// The file.
    pub path: String,
    /// The 1-based line.
    pub line: u32,
    /// The call, as it is written.
    pub call: String,
}

/// Who does the work of a concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConcernRow {
    /// The concern.
    pub concern: String,
    /// Its owners, joined by commas; none where it has none.
    pub owner: Option<String>,
    /// Who does its work, by name.
    pub implementations: Vec<ImplementationRow>,
    /// How bad it is that others than the owner do it; none where nobody does.
    pub severity: Option<Level>,
}

/// A function that does the work of a concern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ImplementationRow {
    /// The function's or module's dotted name.
    pub name: String,
    /// The file.
    pub path: String,
    /// The 1-based line of the first place where it does the work.
    pub line: u32,
    /// What kind of code it is.
    pub scope: CodeScope,
    /// Whether it is part of an owner.
    pub is_owner: bool,
}

/// A secret or a flag that code reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingRow {
    /// Its name.
    pub name: String,
    /// `secret` or `flag`.
    pub kind: &'static str,
    /// Who reads it: dotted names, sorted.
    pub read_by: Vec<String>,
    /// What provides it.
    pub provided_by: Vec<ProviderRow>,
}

impl PathRow {
    /// Whether two paths lead the same way, wherever the lines stand by now.
    fn is_same_way_as(&self, other: &Self) -> bool {
        let entries = |path: &Self| -> Vec<(String, Option<String>, Option<String>)> {
            let entries = path.entries.iter();
            entries
                .map(|entry| (entry.name.clone(), entry.method.clone(), entry.route.clone()))
                .collect()
        };
        (self.state, self.through_owner, &self.chain) == (other.state, other.through_owner, &other.chain)
            && entries(self) == entries(other)
    }
}

impl SettingRow {
    /// What the setting is given in an environment, or (without one) where no environment is known.
    #[must_use]
    pub fn states_in(&self, environment: Option<&str>) -> Vec<&str> {
        let own = self
            .provided_by
            .iter()
            .filter(|provider| provider.environment.as_deref() == environment);
        let states: BTreeSet<&str> = own.map(|provider| provider.state.as_str()).collect();
        states.into_iter().collect()
    }
}

/// Something that provides a setting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ProviderRow {
    /// The file and line; empty where it is missing.
    #[serde(rename = "where")]
    pub place: String,
    /// The environment, where one is known.
    pub environment: Option<String>,
    /// What is provided, never the value itself: `same` as in the first place, `differs`, `missing`, `empty`, `default`, `mapped to X`, `passed
    /// from X`.
    pub state: String,
}

/// Where a site is, for people: the file and the 1-based line.
pub type Placing<'a> = &'a dyn Fn(Site) -> (String, u32);

impl Inventory {
    /// Takes the inventory of a program. `place` says where sites are; `declared` how it is said that an owner is declared.
    #[must_use]
    pub fn of(program: &Program<'_>, place: Placing<'_>, declared: &str) -> Self {
        let found = program.auth_paths();
        let clerk = Clerk { program, place };
        let mut paths: Vec<PathRow> = found.paths.iter().map(|path| clerk.path(path)).collect();
        paths.sort_by(|one, other| {
            let key = |path: &PathRow| {
                (
                    path.gate.clone(),
                    path.site.path.clone(),
                    path.site.line,
                    path.id.clone(),
                )
            };
            key(one).cmp(&key(other))
        });
        number_equal_ids(&mut paths);
        let mut unguarded: Vec<EntryRow> = found.unguarded.iter().flat_map(|entry| clerk.entries(entry)).collect();
        unguarded.sort();
        let owners = program.owners().all().iter().map(|owner| {
            let (because, reason) = match &owner.because {
                Because::Declared => ("declared", declared.to_owned()),
                Because::Inferred(reason) => ("inferred", reason.clone()),
            };
            OwnerRow {
                concern: owner.concern.clone(),
                path: owner.path.clone(),
                because,
                reason,
            }
        });
        let shared = found.shared.map(|function| OwnerRow {
            concern: TOKEN_VALIDATION.to_owned(),
            path: program.symbol_of_caller(function),
            because: "inferred",
            reason: "all live paths go through it".to_owned(),
        });
        let sites: BTreeSet<Site> = found.paths.iter().map(|path| path.site).collect();
        Self {
            version: VERSION,
            counts: Counts {
                validation_sites: sites.len(),
                entry_points: found.entries.len(),
                unguarded: unguarded.len(),
                ..counts(&paths)
            },
            owners: shared.into_iter().chain(owners).collect(),
            concerns: clerk.concerns(),
            unguarded,
            configuration: clerk.configuration(),
            since: None,
            paths,
        }
    }

    /// The same, with what has changed since the inventory `before` of `revision`.
    #[must_use]
    pub fn compared_with(self, before: Self, revision: &str) -> Self {
        let known: BTreeMap<&str, &PathRow> = before.paths.iter().map(|path| (path.id.as_str(), path)).collect();
        let ids: BTreeSet<&str> = self.paths.iter().map(|path| path.id.as_str()).collect();
        let unknown = |path: &PathRow| !known.contains_key(path.id.as_str());
        let new: Vec<usize> = positions(&self.paths, &unknown);
        let gone: Vec<usize> = positions(&before.paths, &|path| !ids.contains(path.id.as_str()));
        let shared = |new: usize, gone: usize| shared_marks(&self.paths[new].marks, &before.paths[gone].marks);
        let (renamed, were): (BTreeSet<usize>, BTreeSet<usize>) = known_again(&new, &gone, &shared).into_iter().unzip();
        let is_changed = |(position, path): &(usize, &PathRow)| match known.get(path.id.as_str()) {
            Some(before) => !before.is_same_way_as(path),
            None => renamed.contains(position),
        };
        let changed = self.paths.iter().enumerate().filter(is_changed);
        let left =
            |all: Vec<usize>, known: &BTreeSet<usize>| all.into_iter().filter(|one| !known.contains(one)).collect();
        let (new, gone): (Vec<usize>, Vec<usize>) = (left(new, &renamed), left(gone, &were));
        let changes = Changes {
            revision: revision.to_owned(),
            auth_paths: before.counts.auth_paths,
            changed: changed.map(|(_, path)| path.id.clone()).collect(),
            new: new
                .into_iter()
                .map(|position| self.paths[position].id.clone())
                .collect(),
            gone: gone
                .into_iter()
                .map(|position| before.paths[position].clone())
                .collect(),
        };
        Self {
            since: Some(changes),
            ..self
        }
    }

    /// The paths that are `new`, `gone` and `changed` since the other revision, each after what it is.
    pub fn changes(&self) -> impl Iterator<Item = (&'static str, &PathRow)> {
        let of = |kind, ids: fn(&Changes) -> &Vec<String>| {
            let ids = self.since.iter().flat_map(ids);
            let paths = ids.filter_map(|id| self.paths.iter().find(|path| path.id == *id));
            paths.map(move |path| (kind, path))
        };
        let gone = self.since.iter().flat_map(|changes| &changes.gone);
        of("new", |changes| &changes.new)
            .chain(gone.map(|path| ("gone", path)))
            .chain(of("changed", |changes| &changes.changed))
    }

    /// The environments that configuration speaks of, sorted.
    #[must_use]
    pub fn environments(&self) -> Vec<&str> {
        let providers = self.configuration.iter().flat_map(|row| &row.provided_by);
        let named: BTreeSet<&str> = providers
            .filter_map(|provider| provider.environment.as_deref())
            .collect();
        named.into_iter().collect()
    }

    /// The live paths.
    pub fn live(&self) -> impl Iterator<Item = &PathRow> {
        self.paths.iter().filter(|path| path.state == "live")
    }
}

fn positions(paths: &[PathRow], is_it: &dyn Fn(&PathRow) -> bool) -> Vec<usize> {
    (0..paths.len()).filter(|position| is_it(&paths[*position])).collect()
}

fn counts(paths: &[PathRow]) -> Counts {
    let mut counts = Counts::default();
    for state in ["live", "unmounted", "unreachable", "broken"] {
        let of_state = paths.iter().filter(|path| path.state == state);
        counts.by_state.insert(state, of_state.count());
    }
    let live = || paths.iter().filter(|path| path.state == "live");
    for surface in ["http", "websocket", "middleware", "task", "command", "library"] {
        let of_surface = live().filter(|path| path.surface == surface);
        counts.by_surface.insert(surface, of_surface.count());
    }
    counts.auth_paths = live().count();
    counts.through_owner = live().filter(|path| path.through_owner).count();
    counts
}

/// Two paths may be called the same, such as those to two sites in one function: the later ones get a number.
fn number_equal_ids(paths: &mut [PathRow]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        let count = seen.entry(path.id.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            path.id = format!("{}-{count}", path.id);
        }
    }
}

/// Gives what the program found the names and places by which people know it.
struct Clerk<'i, 'p> {
    program: &'i Program<'p>,
    place: Placing<'i>,
}

impl Clerk<'_, '_> {
    fn path(&self, path: &AuthPath) -> PathRow {
        let (gate, chain) = (path.gate_name(self.program), path.chain_names(self.program));
        let (file, line) = (self.place)(path.site);
        let mut entries: Vec<EntryRow> = path.entries.iter().flat_map(|entry| self.entries(entry)).collect();
        entries.sort();
        entries.dedup();
        let end = chain.last().cloned().unwrap_or_default();
        PathRow {
            id: format!(
                "{:08x}",
                xxh3_64(format!("{gate}|{end}|{}", path.call).as_bytes()) >> 32
            ),
            concern: TOKEN_VALIDATION.to_owned(),
            surface: path.surface_name(),
            state: match path.state {
                PathState::Live => "live",
                PathState::Unmounted => "unmounted",
                PathState::Unreachable => "unreachable",
                PathState::Broken => "broken",
            },
            gate,
            entries,
            chain,
            site: SiteRow {
                path: file,
                line,
                call: path.call.clone(),
            },
            through_owner: path.through_owner,
            confidence: path.confidence,
            note: path.note.clone(),
            marks: path.marks(self.program),
        }
    }

    /// An entry point, once for each of its routes.
    fn entries(&self, entry: &PathEntry) -> Vec<EntryRow> {
        let (path, line) = (self.place)(self.site_of(entry.caller));
        let row = |route: Option<String>| EntryRow {
            name: self.program.symbol_of_caller(entry.caller),
            route,
            method: entry.routes.method.clone(),
            surface: entry.surface.name(),
            path: path.clone(),
            line,
        };
        if entry.routes.routes.is_empty() {
            vec![row(None)]
        } else {
            entry
                .routes
                .routes
                .iter()
                .cloned()
                .map(|route| row(Some(route)))
                .collect()
        }
    }

    fn site_of(&self, (file, function): Caller) -> Site {
        let span = function.map(|function| self.program[file].facts[function].span);
        Site {
            file,
            span: span.unwrap_or_default(),
        }
    }

    fn concerns(&self) -> Vec<ConcernRow> {
        let program = self.program;
        let mut names: Vec<&str> = BUILT_IN_CONCERNS.to_vec();
        names.extend(program.concerns().iter().map(|concern| concern.name.as_str()));
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let rows = names.into_iter().map(|name| self.concern(name));
        rows.filter(|row| row.owner.is_some() || !row.implementations.is_empty())
            .collect()
    }

    fn concern(&self, concern: &str) -> ConcernRow {
        let program = self.program;
        let row = |one: Implementation| {
            let (path, line) = (self.place)(one.site);
            ImplementationRow {
                scope: program.code_scope(one.site.file, one.scope),
                name: one.name,
                path,
                line,
                is_owner: one.is_owner,
            }
        };
        let implementations: Vec<ImplementationRow> =
            program.implementations_of(concern).into_iter().map(row).collect();
        let owners: Vec<&str> = program
            .owners()
            .all()
            .iter()
            .filter(|owner| owner.concern == concern)
            .map(|owner| owner.path.as_str())
            .collect();
        let outside = implementations.iter().filter(|one| !one.is_owner).count();
        let severity = match concern {
            TOKEN_VALIDATION | TOKEN_MINTING | SECRET_RESOLUTION => Level::Error,
            _ if BUILT_IN_CONCERNS.contains(&concern) => Level::Note,
            _ => Level::Error,
        };
        ConcernRow {
            concern: concern.to_owned(),
            severity: (outside > 0 && (!owners.is_empty() || implementations.len() > 1)).then_some(severity),
            owner: (!owners.is_empty()).then(|| owners.join(", ")),
            implementations,
        }
    }

    fn configuration(&self) -> Vec<SettingRow> {
        let names = self.program.configuration();
        let mut rows: Vec<SettingRow> = names.iter().map(|name| self.setting(name)).collect();
        let environments: BTreeSet<String> = rows
            .iter()
            .flat_map(|row| &row.provided_by)
            .filter_map(|provider| provider.environment.clone())
            .collect();
        // What one environment is given and another one is not is missing there.
        for (name, row) in names.iter().zip(&mut rows) {
            let given = |environment: &String| {
                let mut provided = row.provided_by.iter();
                name.is_given_everywhere()
                    || provided.any(|provider| provider.environment.as_ref() == Some(environment))
            };
            let missing: Vec<ProviderRow> = environments
                .iter()
                .filter(|environment| !row.provided_by.is_empty() && !given(environment))
                .map(|environment| ProviderRow {
                    place: String::new(),
                    environment: Some(environment.clone()),
                    state: "missing".to_owned(),
                })
                .collect();
            row.provided_by.extend(missing);
            row.provided_by.sort();
        }
        rows
    }

    fn setting(&self, name: &ConfiguredName) -> SettingRow {
        let mut given = name.provided_by.iter().filter(|provision| provision.is_given());
        let first = given.find(|provision| provision.form != ProvisionForm::Default);
        let provider = |provision: &Provision| {
            let (path, line) = (self.place)(provision.site);
            ProviderRow {
                place: format!("{path}:{line}"),
                environment: provision.environment.clone(),
                state: match &provision.state {
                    ProvidedState::Given if provision.form == ProvisionForm::Default => match first {
                        Some(first) if !first.gives_same(provision) => "default differs".to_owned(),
                        _ => "default".to_owned(),
                    },
                    ProvidedState::Given if first.is_none_or(|first| first.gives_same(provision)) => "same".to_owned(),
                    ProvidedState::Given => "differs".to_owned(),
                    ProvidedState::Mapped(secret) => format!("mapped to {secret}"),
                    ProvidedState::Passed(variable) if variable.is_empty() => "passed".to_owned(),
                    ProvidedState::Passed(variable) => format!("passed from {variable}"),
                    ProvidedState::Empty => "empty".to_owned(),
                },
            }
        };
        let mut provided_by: Vec<ProviderRow> = name.provided_by.iter().map(provider).collect();
        provided_by.sort();
        provided_by.dedup();
        let readers: BTreeSet<String> = name.read_by.iter().map(|site| self.program.symbol_at(*site)).collect();
        SettingRow {
            name: name.name.clone(),
            kind: match name.kind {
                NameKind::Secret => "secret",
                NameKind::Flag => "flag",
            },
            read_by: readers.into_iter().collect(),
            provided_by,
        }
    }
}
