//! What configuration provides: which file gives which name a value, in which environment and for which service.
//!
//! A name is provided by any setting that is written like an environment variable and is a secret or a flag, or is read by the code:
//! in env files, compose files, manifests of Kubernetes, values of Helm, Terraform, workflows, Dockerfiles, units of systemd, and in
//! the flags of deploy commands, be they in shell scripts, in steps of workflows and builds, or in argument lists of code. Values
//! never leave this module: provisions are only compared.

mod commands;
pub(in crate::program) mod deployments;
mod links;
mod settings;
mod state;

use super::Program;
use super::providers::deployments::is_template;
use crate::catalog::Role;
use crate::facts::{Language, Scalar};
use crate::finding::{CodeScope, Site};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use settings::{Settings, service_of};
use state::{hash, is_variable_name, state_of};
use std::collections::{BTreeMap, BTreeSet};

/// One place that gives a name a value.
#[derive(Clone, Debug)]
pub struct Provision {
    /// The setting's name.
    pub name: String,
    /// Where its key stands.
    pub site: Site,
    /// Where its value stands.
    pub value_site: Site,
    /// The environment, as far as it is known.
    pub environment: Option<String>,
    /// The service, job or resource that gets it.
    pub service: Option<String>,
    /// What it gets, without the value.
    pub state: ProvidedState,
    /// How it gets it.
    pub form: ProvisionForm,
    /// The dotted name that stands for the value, which other files give one: `var.name`, `.Values.a.b`.
    reference: Option<String>,
    /// Tells values apart; never the value.
    value: u64,
}

/// How a name is given what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvisionForm {
    /// As a variable of the environment.
    Variable,
    /// As a file of its own: `/run/secrets/jwt_secret`.
    File,
    /// As what code takes where nothing is provided.
    Default,
    /// As what another file has under the name that stands for it, as a variable of Terraform or a value of Helm.
    Referred,
}

/// What a name is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvidedState {
    /// A value.
    Given,
    /// The secret of a manager, by the name it has there.
    Mapped(String),
    /// What the surroundings have under a name: `${NAME}`.
    Passed(String),
    /// Nothing.
    Empty,
}

/// Whether a name is a secret's or a flag's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    /// A secret.
    Secret,
    /// A flag about authentication.
    Flag,
}

/// A row of the table of names.
#[derive(Clone, Debug)]
pub struct ConfiguredName {
    /// The setting's name.
    pub name: String,
    /// What it is.
    pub kind: NameKind,
    /// Where code reads it.
    pub read_by: Vec<Site>,
    /// Where configuration provides it.
    pub provided_by: Vec<Provision>,
}

impl ConfiguredName {
    /// Whether something provides the name in every environment, rather than passing on what each of them has.
    #[must_use]
    pub fn is_given_everywhere(&self) -> bool {
        let is_referred = |provision: &Provision| provision.form == ProvisionForm::Referred;
        let are_referred = self.provided_by.iter().any(is_referred);
        self.provided_by.iter().any(|provision| {
            let passes_on = provision.reference.is_some() && are_referred;
            provision.environment.is_none() && provision.form != ProvisionForm::Default && !passes_on
        })
    }
}

impl Provision {
    /// Whether two places give the same.
    #[must_use]
    pub fn gives_same(&self, other: &Self) -> bool {
        self.state == other.state && self.value == other.value
    }

    /// Whether a value stands here that can contradict another one.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.state == ProvidedState::Given
    }
}

/// Keys that name a file which provides names.
const FILE_KEYS: &[&str] = &[
    "--env-file",
    "--env-vars-file",
    "--from-env-file",
    "EnvironmentFile",
    "env_file",
    "envs",
];

impl Program<'_> {
    /// Everything that configuration provides, in the order of files and places.
    #[must_use]
    pub fn provisions(&self) -> Vec<Provision> {
        let named = self.named_in_code(self.variables_of_configuration().into_iter());
        let mut provisions = self.for_each_file(|file, data| match data.language {
            Language::Config if is_template(&data.path) => Vec::new(),
            Language::Config => {
                let settings = Settings {
                    program: self,
                    file,
                    data,
                    named: &named,
                };
                settings.provisions()
            }
            Language::Python if data.scope != CodeScope::Test => self.provisions_of_commands(file, data),
            _ => Vec::new(),
        });
        let referred = self.referred(&provisions);
        provisions.extend(referred);
        provisions.sort_by_key(|provision| provision.site);
        provisions
    }

    /// The files that a configuration file, or one service in it, takes names from: the service, and the path.
    #[must_use]
    pub fn env_files_of(&self, file: FileId) -> Vec<(Option<String>, FileId)> {
        let data = &self[file];
        let facts = &data.facts;
        let folder = data.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let settings = facts.config.iter().filter_map(|setting| {
            let keys = facts.path(setting.path).iter().rev().take(2);
            let is_file = keys.into_iter().any(|key| FILE_KEYS.contains(&facts.text(*key)));
            let Scalar::Text(text) = setting.value else { return None };
            if !is_file {
                return None;
            }
            let path: Vec<&str> = facts.path(setting.path).iter().map(|name| facts.text(*name)).collect();
            // systemd ignores that a file is not there if its name begins with `-`.
            let named = facts.text(text).trim_start_matches('-').trim_start_matches("./");
            let beside = if folder.is_empty() {
                named.to_owned()
            } else {
                format!("{folder}/{named}")
            };
            let found = self
                .files()
                .find(|(_, other)| other.path == beside || other.path == named);
            found.map(|(id, _)| (service_of(&path), id))
        });
        settings.collect()
    }

    /// The secrets and flags that code reads or configuration provides, by name.
    #[must_use]
    pub fn configuration(&self) -> Vec<ConfiguredName> {
        let words = self.catalog().words();
        let mut read: BTreeMap<String, Vec<Site>> = BTreeMap::new();
        let mut provided: BTreeMap<String, Vec<Provision>> = BTreeMap::new();
        let reads = self.secret_reads().iter();
        for read_by in reads.filter(|read| self.code_scope(read.primary.file, read.scope) != CodeScope::Test) {
            for name in &read_by.names {
                read.entry(name.clone()).or_default().push(read_by.primary);
            }
        }
        for provision in self.provisions() {
            provided.entry(provision.name.clone()).or_default().push(provision);
        }
        for (name, place) in self.flag_reads() {
            read.entry(name).or_default().push(place);
        }
        // What code takes where nothing is provided is one more that gives the name a value, where others do.
        for default in self.defaults() {
            if let Some(others) = provided.get_mut(&default.name) {
                others.push(default);
            }
        }
        let names: BTreeSet<String> = read.keys().chain(provided.keys()).cloned().collect();
        let rows = names.into_iter().filter_map(|name| {
            let kind = if words.is_secret(&name) {
                NameKind::Secret
            } else if words.flag(&name).is_some() {
                NameKind::Flag
            } else {
                return None;
            };
            Some(ConfiguredName {
                kind,
                read_by: read.remove(&name).unwrap_or_default(),
                provided_by: provided.remove(&name).unwrap_or_default(),
                name,
            })
        });
        rows.collect()
    }

    /// Where code reads flags about authentication by their names.
    fn flag_reads(&self) -> Vec<(String, Site)> {
        let words = self.catalog().words();
        let sites = self.sites_of(Role::ReadsSetting);
        let reads = sites.filter_map(|site| {
            let name = self.text_of(site.file, self.argument(site, "name")?)?;
            let counts = words.flag(name).is_some() && self.code_scope(site.file, site.scope) != CodeScope::Test;
            counts.then(|| (name.to_owned(), self.primary(site)))
        });
        reads.collect()
    }

    /// The texts that code takes for a name where nothing is provided.
    fn defaults(&self) -> Vec<Provision> {
        let words = self.catalog().words();
        let sites = self.sites_of(Role::ReadsSetting);
        let defaults = sites.filter_map(|site| {
            let name = self.text_of(site.file, self.argument(site, "name")?)?;
            let default = self.argument(site, "default")?;
            let text = self.text_of(site.file, default)?;
            let place = Site {
                file: site.file,
                span: self[site.file].facts[default].span,
            };
            let value = match words.truth(text) {
                Some(truth) => hash(&truth.to_string()),
                None => hash(text),
            };
            let is_test = self.code_scope(site.file, site.scope) == CodeScope::Test;
            (!is_test).then(|| Provision {
                name: name.to_owned(),
                site: place,
                value_site: place,
                environment: None,
                service: None,
                state: state_of(text),
                form: ProvisionForm::Default,
                reference: None,
                value,
            })
        });
        defaults.collect()
    }

    /// Those of `names` that code says, as they are or in small letters as the fields of settings classes.
    #[must_use]
    pub fn named_in_code<'n>(&self, names: impl Iterator<Item = &'n str>) -> FxHashSet<String> {
        let mut wanted: FxHashMap<String, &str> = FxHashMap::default();
        for name in names {
            wanted.insert(name.to_owned(), name);
            wanted.insert(name.to_lowercase(), name);
        }
        if wanted.is_empty() {
            return FxHashSet::default();
        }
        let found = self.for_each_file(|_, data| match data.language {
            Language::Config => Vec::new(),
            _ => {
                let names = data.facts.names.iter();
                let named: FxHashSet<&str> = names.filter_map(|(_, text)| wanted.get(text).copied()).collect();
                named.into_iter().collect()
            }
        });
        found.into_iter().map(str::to_owned).collect()
    }

    /// The names that settings of configuration have which are written like environment variables.
    fn variables_of_configuration(&self) -> FxHashSet<&str> {
        let configuration = self.files.iter().filter(|file| file.language == Language::Config);
        let settings = configuration.flat_map(|file| {
            let facts = &file.facts;
            let names = facts
                .config
                .iter()
                .filter_map(|setting| facts.path(setting.path).last());
            names.map(|name| facts.text(*name))
        });
        settings.filter(|name| is_variable_name(name)).collect()
    }
}
