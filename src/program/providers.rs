//! What configuration provides: which file gives which name a value, in which environment and for which service.
//!
//! A name is provided by any setting that is written like an environment variable and is a secret or a flag, or is read by the code:
//! in env files, compose files, manifests of Kubernetes, values of Helm, workflows, Dockerfiles, and in the flags of deploy commands,
//! be they in shell scripts, in steps of workflows and builds, or in argument lists of code. Values never leave this module:
//! provisions are only compared.

use super::deployments::{environment_of, is_template};
use super::{Program, ProgramFile};
use crate::facts::{ExprKind, Language, Scalar, Setting};
use crate::finding::{CodeScope, Site};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

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
    /// Tells values apart; never the value.
    value: u64,
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

/// Flags of deploy commands that map names to secrets of a manager.
const SECRETS_FLAGS: &[&str] = &["--set-secrets", "--update-secrets"];
/// Flags of deploy commands that give names values.
const VARIABLES_FLAGS: &[&str] = &["--set-env-vars", "--update-env-vars"];
/// Keys that name a file which provides names.
const FILE_KEYS: &[&str] = &["--env-file", "--env-vars-file", "--from-env-file", "env_file"];

impl Program<'_> {
    /// Everything that configuration provides, in the order of files and places.
    #[must_use]
    pub fn provisions(&self) -> Vec<Provision> {
        let named = self.named_in_code(self.variables_of_configuration().into_iter());
        self.for_each_file(|file, data| match data.language {
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
            Language::Python if data.scope != CodeScope::Test => self.provisions_of_arguments(file, data),
            _ => Vec::new(),
        })
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
            let named = facts.text(text).trim_start_matches("./");
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

    /// `["gcloud", "run", "deploy", "api", "--set-secrets", "A=b:latest"]`
    fn provisions_of_arguments(&self, file: FileId, data: &ProgramFile) -> Vec<Provision> {
        let facts = &data.facts;
        let mut found = Vec::new();
        for expr in &facts.exprs {
            let ExprKind::Group(elements) = expr.kind else { continue };
            let texts: Vec<(&str, Span)> = facts
                .list(elements)
                .iter()
                .map(|element| match facts[*element].kind {
                    ExprKind::Text(text) => (facts.text(text), facts[*element].span),
                    _ => ("", facts[*element].span),
                })
                .collect();
            let provided = of_flags(&texts);
            if provided.is_empty() {
                continue;
            }
            let deployed = texts.iter().position(|(text, _)| matches!(*text, "deploy" | "update"));
            let service = deployed
                .and_then(|at| texts.get(at + 1))
                .map(|(text, _)| (*text).to_owned());
            let service = service.filter(|name| !name.is_empty() && !name.starts_with('-'));
            let environment = data
                .environment
                .clone()
                .or_else(|| environment_of(&data.path).map(str::to_owned));
            found.extend(provided.into_iter().map(|(name, state, value, span)| Provision {
                name,
                site: Site { file, span },
                value_site: Site { file, span },
                environment: environment.clone(),
                service: service.clone(),
                state,
                value,
            }));
        }
        found
    }
}

/// What the arguments of a deploy command provide: name, state, value and place.
fn of_flags(texts: &[(&str, Span)]) -> Vec<(String, ProvidedState, u64, Span)> {
    let mut found = Vec::new();
    for (at, (text, span)) in texts.iter().enumerate() {
        let (flag, inline) = text.split_once('=').unwrap_or((text, ""));
        let is_secrets = SECRETS_FLAGS.contains(&flag);
        if !is_secrets && !VARIABLES_FLAGS.contains(&flag) {
            continue;
        }
        let (list, span) = match texts.get(at + 1) {
            _ if flag.len() < text.len() => (inline, *span),
            Some((next, span)) => (*next, *span),
            None => continue,
        };
        for part in list.split(',') {
            if let Some((name, value)) = part.split_once('=')
                && is_variable_name(name)
            {
                let state = if is_secrets { mapped(value) } else { state_of(value) };
                found.push((name.to_owned(), state, hash(value), span));
            }
        }
    }
    found
}

struct Settings<'p, 'a> {
    program: &'p Program<'a>,
    file: FileId,
    data: &'p ProgramFile,
    /// The names that code says.
    named: &'p FxHashSet<String>,
}

impl Settings<'_, '_> {
    fn provisions(&self) -> Vec<Provision> {
        let facts = &self.data.facts;
        if facts.config.is_empty() {
            return Vec::new();
        }
        let of_file = self.environment_of_file();
        let mut found = Vec::new();
        for (index, setting) in facts.config.iter().enumerate() {
            let path: Vec<&str> = facts.path(setting.path).iter().map(|name| facts.text(*name)).collect();
            let Some((last, above)) = path.split_last() else {
                continue;
            };
            // Most settings provide nothing that matters: what they are of is only worked out for those that do.
            let add = |name: &str, state: ProvidedState, value: u64, site: Span| {
                let of_path = || {
                    path.iter()
                        .find_map(|segment| environment_of(segment))
                        .map(str::to_owned)
                };
                let environment = self.environment_of_job(&path).or_else(|| of_file.clone()).or_else(|| {
                    if is_variable_name(last) {
                        of_path_above(above)
                    } else {
                        of_path()
                    }
                });
                Provision {
                    name: name.to_owned(),
                    site: Site {
                        file: self.file,
                        span: site,
                    },
                    value_site: Site {
                        file: self.file,
                        span: setting.value_span,
                    },
                    environment,
                    service: service_of(&path),
                    state,
                    value,
                }
            };
            let text = match setting.value {
                Scalar::Text(text) | Scalar::Number(text) => facts.text(text),
                Scalar::Truth(true, _) => "true",
                Scalar::Truth(false, _) => "false",
                Scalar::Nothing => "",
            };
            // `args: [run, deploy, --set-secrets=A=b:latest]`
            if *last == "args" || *last == "command" {
                let next = facts.config.get(index + 1).map_or("", |next| text_of(facts, next));
                let texts = [(text, setting.value_span), (next, setting.value_span)];
                let provided = of_flags(&texts[..if text.contains('=') { 1 } else { 2 }]);
                found.extend(
                    provided
                        .into_iter()
                        .map(|(name, state, value, span)| add(&name, state, value, span)),
                );
                continue;
            }
            // `env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]`
            if *last == "name" && is_variable_name(text) && above.last().is_some_and(|above| *above == "env") {
                let key = self.reference_behind(index);
                found.push(add(text, key, hash(""), setting.value_span));
                continue;
            }
            // `availableSecrets: {secretManager: [{versionName: projects/p/secrets/s/versions/1, env: A}]}`
            if *last == "env" && is_variable_name(text) && above.contains(&"availableSecrets") {
                let beside = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
                let version = beside.filter_map(|beside| facts.config.get(beside)).find(|beside| {
                    let key = facts.path(beside.path).last();
                    key.is_some_and(|key| facts.text(*key) == "versionName")
                });
                let state = version.map_or(ProvidedState::Passed(String::new()), |version| {
                    mapped(text_of(facts, version))
                });
                found.push(add(text, state, hash(""), setting.value_span));
                continue;
            }
            if !is_variable_name(last) || !self.is_of_interest(last) {
                continue;
            }
            let is_mapped = above.iter().any(|above| SECRETS_FLAGS.contains(above));
            let state = if is_mapped { mapped(text) } else { state_of(text) };
            found.push(add(last, state, hash(text), setting.key_span));
        }
        found
    }

    fn is_of_interest(&self, name: &str) -> bool {
        let words = self.program.catalog().words();
        words.is_secret(name) || words.flag(name).is_some() || self.named.contains(name)
    }

    /// The environment of the whole file: as declared, by its path, or by the one that all files it takes names from are of.
    fn environment_of_file(&self) -> Option<String> {
        if let Some(declared) = &self.data.environment {
            return Some(declared.clone());
        }
        if let Some(named) = environment_of(&self.data.path) {
            return Some(named.to_owned());
        }
        let files = self.program.env_files_of(self.file);
        let mut named: Vec<&str> = files
            .iter()
            .filter_map(|(_, file)| environment_of(&self.program[*file].path))
            .collect();
        named.dedup();
        match named[..] {
            [only] => Some(only.to_owned()),
            _ => None,
        }
    }

    /// `jobs: {deploy: {environment: staging}}`, or the job's name.
    fn environment_of_job(&self, path: &[&str]) -> Option<String> {
        let ["jobs", job, ..] = path else { return None };
        let facts = &self.data.facts;
        let declared = facts.config.iter().find_map(|setting| {
            let keys: Vec<&str> = facts.path(setting.path).iter().map(|name| facts.text(*name)).collect();
            let is_it = matches!(&keys[..], ["jobs", other, "environment"] | ["jobs", other, "environment", "name"] if other == job);
            is_it.then(|| text_of(facts, setting)).filter(|text| !text.contains('$'))
        });
        let declared = declared.map(|name| environment_of(name).unwrap_or(name).to_owned());
        declared.or_else(|| environment_of(job).map(str::to_owned))
    }

    /// What the settings behind a `name` refer to: the key of a secret or of a map.
    fn reference_behind(&self, index: usize) -> ProvidedState {
        let facts = &self.data.facts;
        let mut parts = Vec::new();
        for setting in facts.config[index + 1..].iter().take(2) {
            let path = facts.path(setting.path);
            if path
                .iter()
                .any(|key| matches!(facts.text(*key), "secretKeyRef" | "configMapKeyRef"))
            {
                parts.push(text_of(facts, setting));
            }
        }
        if parts.is_empty() {
            ProvidedState::Passed(String::new())
        } else {
            ProvidedState::Mapped(parts.join("/"))
        }
    }
}

fn of_path_above(above: &[&str]) -> Option<String> {
    above
        .iter()
        .find_map(|segment| environment_of(segment))
        .map(str::to_owned)
}

fn text_of<'f>(facts: &'f crate::facts::FileFacts, setting: &Setting) -> &'f str {
    match setting.value {
        Scalar::Text(text) | Scalar::Number(text) => facts.text(text),
        _ => "",
    }
}

/// The service or job that a path of keys stands for, or what a command deploys.
fn service_of(path: &[&str]) -> Option<String> {
    let flag = path.iter().position(|key| key.starts_with("--"));
    if let Some(deployed) = flag.and_then(|flag| path.get(flag.checked_sub(1)?)) {
        return Some((*deployed).to_owned());
    }
    match path {
        ["services" | "jobs", service, ..] => Some((*service).to_owned()),
        [deployed, name] if is_variable_name(name) && !CONTAINERS.contains(deployed) => Some((*deployed).to_owned()),
        _ => None,
    }
}

/// Keys above names that are no service's.
const CONTAINERS: &[&str] = &[
    "ARG",
    "ENV",
    "config",
    "data",
    "default",
    "env",
    "environment",
    "secrets",
    "stringData",
    "variables",
    "vars",
];

/// Whether a key is written like an environment variable.
fn is_variable_name(name: &str) -> bool {
    name.len() > 2
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `secret:version`, `projects/p/secrets/s/versions/latest`
fn mapped(value: &str) -> ProvidedState {
    let value = value.split(':').next().unwrap_or(value);
    let name = match value.split_once("/secrets/") {
        Some((_, behind)) => behind.split('/').next().unwrap_or(behind),
        None => value,
    };
    ProvidedState::Mapped(name.to_owned())
}

fn state_of(value: &str) -> ProvidedState {
    let value = value.trim();
    if value.is_empty() {
        return ProvidedState::Empty;
    }
    // `${{ secrets.NAME }}`
    if let Some((_, name)) = value.split_once("secrets.").filter(|_| value.starts_with("${{")) {
        let end = name
            .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .unwrap_or(name.len());
        return ProvidedState::Mapped(name[..end].to_owned());
    }
    if let Some(name) = value.strip_prefix('$') {
        let name = name.trim_start_matches('{').trim_end_matches('}');
        let end = name
            .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .unwrap_or(name.len());
        return ProvidedState::Passed(name[..end].to_owned());
    }
    if value.contains(['$', '{', '<']) {
        return ProvidedState::Passed(String::new());
    }
    ProvidedState::Given
}

fn hash(value: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    value.trim().hash(&mut hasher);
    hasher.finish()
}
