//! What the settings of one configuration file provide.

use super::commands::{deployed, of_words, parts};
use super::state::{hash, is_variable_name, mapped, reference_in, state_of};
use super::{ProvidedState, Provision, ProvisionForm};
use crate::deploy::{self, Gives};
use crate::facts::{FileFacts, Scalar, Setting};
use crate::finding::Site;
use crate::program::providers::deployments::{environment_of, maps_to_secrets};
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// The settings of one file.
pub(super) struct Settings<'p, 'a> {
    pub(super) program: &'p Program<'a>,
    pub(super) file: FileId,
    pub(super) data: &'p ProgramFile,
    /// The names that code says.
    pub(super) named: &'p FxHashSet<String>,
}

/// What one setting gives a name.
struct Given<'s> {
    name: Cow<'s, str>,
    state: ProvidedState,
    value: u64,
    /// Where the name stands.
    site: Span,
    form: ProvisionForm,
    service: Option<String>,
    reference: Option<String>,
}

/// Keys above a list of `{name: A, valueFrom: …}`.
const VARIABLE_LISTS: &[&str] = &["env", "envVars", "environment", "environment_variables", "secrets"];
/// The same, whose items may also only tell which variables there are.
const MENTIONING_LISTS: &[&str] = &[
    "additionalEnv",
    "additionalEnvVars",
    "env_vars",
    "extraEnv",
    "extraEnvVars",
    "secret_environment_variables",
];
/// Keys of such an item that refer to what has the value, or stand above such keys.
const REFERENCES: &[&str] = &[
    "configMapKeyRef",
    "config_map_key_ref",
    "fromDatabase",
    "fromService",
    "secret",
    "secretKeyRef",
    "secretRef",
    "secret_key_ref",
    "secret_name",
    "valueFrom",
];
/// Keys of a mapping that says what a variable has.
const VALUE_KEYS: &[&str] = &["default", "generator", "value"];
/// Inputs of actions that deploy something: lines or lists of variables.
const ACTION_VARIABLES: &[&str] = &["build-args", "env_vars", "environment_variables"];
/// Inputs of actions that deploy something: lines or lists of secrets.
const ACTION_SECRETS: &[&str] = &["secret_environment_variables", "secrets"];
/// Where containers have files that hold secrets.
const SECRET_FILES: &str = "/run/secrets/";

impl Settings<'_, '_> {
    pub(super) fn provisions(&self) -> Vec<Provision> {
        let facts = &self.data.facts;
        if facts.config.is_empty() {
            return Vec::new();
        }
        let of_file = self.environment_of_file();
        let mut found = Vec::new();
        for (index, setting) in facts.config.iter().enumerate() {
            let path = keys(facts, setting);
            // Most settings provide nothing that matters: what they are of is only worked out for those that do.
            for given in self.given(index, &path) {
                let environment = self.environment_of_job(&path).or_else(|| of_file.clone());
                let environment = environment.or_else(|| {
                    let is_name = path.last().is_some_and(|last| is_variable_name(last));
                    let said = &path[..path.len() - usize::from(is_name)];
                    said.iter().find_map(|key| environment_of(key)).map(str::to_owned)
                });
                found.push(Provision {
                    name: given.name.into_owned(),
                    site: Site {
                        file: self.file,
                        span: given.site,
                    },
                    value_site: Site {
                        file: self.file,
                        span: setting.value_span,
                    },
                    environment,
                    service: given.service.or_else(|| service_of(&path)),
                    state: given.state,
                    form: given.form,
                    reference: given.reference,
                    value: given.value,
                });
            }
        }
        found
    }

    /// What the setting `index`, whose keys are `path`, gives to which names.
    fn given<'s>(&'s self, index: usize, path: &[&'s str]) -> Vec<Given<'s>> {
        let facts = &self.data.facts;
        let setting = &facts.config[index];
        let Some((last, above)) = path.split_last() else {
            return Vec::new();
        };
        let around = above.last().copied().unwrap_or("");
        let text = match setting.value {
            Scalar::Text(text) | Scalar::Number(text) => facts.text(text),
            Scalar::Truth(true, _) => "true",
            Scalar::Truth(false, _) => "false",
            Scalar::Nothing => "",
        };
        let one = |name: &'s str, state: ProvidedState| vec![Given::new(name, state, "", setting.value_span)];
        match *last {
            // `args: [run, deploy, --set-secrets=A=b:latest]`
            "args" | "command" => self.of_command(index),
            // `env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]`
            "name" | "key" if is_variable_name(text) && VARIABLE_LISTS.contains(&around) => {
                one(text, self.reference_behind(index))
            }
            "name" | "key" if is_variable_name(text) && MENTIONING_LISTS.contains(&around) => {
                match self.reference_behind(index) {
                    reference @ ProvidedState::Mapped(_) => one(text, reference),
                    _ => Vec::new(),
                }
            }
            // `data: [{secretKey: A, remoteRef: {key: k}}]`
            "secretKey" if is_variable_name(text) => one(text, self.remote_behind(index)),
            // `availableSecrets: {secretManager: [{versionName: projects/p/secrets/s/versions/1, env: A}]}`
            "env" if is_variable_name(text) && above.contains(&"availableSecrets") => {
                one(text, self.version_beside(index))
            }
            // `with: {secrets: "A=b:latest"}`
            input if around == "with" && (ACTION_SECRETS.contains(&input) || ACTION_VARIABLES.contains(&input)) => {
                let service = self.input_beside(index, "service");
                let mut given = of_list(text, ACTION_SECRETS.contains(&input), setting.value_span);
                given.iter_mut().for_each(|given| given.service.clone_from(&service));
                given
            }
            // `services: {api: {secrets: [a, {source: b, target: c}]}}`
            "secrets" | "source" if matches!(path, ["services", _, "secrets", ..]) => self.of_container(index, text),
            // `A: {value: b}`
            key if VALUE_KEYS.contains(&key) && is_variable_name(around) && self.is_of_interest(around) => {
                let state = if key == "generator" { passed() } else { state_of(text) };
                vec![Given::new(around, state, text, setting.key_span)]
            }
            // `A_FILE: /run/secrets/a`
            name if is_variable_name(name) && text.starts_with(SECRET_FILES) && name.ends_with("_FILE") => {
                let mut given = Given::new(
                    &name[..name.len() - "_FILE".len()],
                    state_of(text),
                    "",
                    setting.key_span,
                );
                given.form = ProvisionForm::File;
                vec![given]
            }
            name if is_variable_name(name) && self.is_of_interest(name) => {
                let state = if around == "encryptedData" {
                    passed()
                } else if maps_to_secrets(&self.data.path, around)
                    || above
                        .iter()
                        .any(|above| deploy::given_by("", above) == Some(Gives::Secrets))
                {
                    mapped(text)
                } else {
                    state_of(text)
                };
                vec![Given::new(name, state, text, setting.key_span)]
            }
            _ => Vec::new(),
        }
    }

    fn is_of_interest(&self, name: &str) -> bool {
        let words = self.program.catalog().words();
        words.is_secret(name) || words.flag(name).is_some() || self.named.contains(name)
    }

    /// The words of a command, one setting each, the first of which is `index`.
    fn of_command(&self, index: usize) -> Vec<Given<'_>> {
        let facts = &self.data.facts;
        let own = facts.config[index].path;
        let is_same = |setting: &&Setting| facts.path(setting.path) == facts.path(own);
        if index > 0 && is_same(&&facts.config[index - 1]) {
            return Vec::new();
        }
        let items = facts.config[index..].iter().take_while(is_same);
        let words: Vec<(Cow<'_, str>, Span)> = items
            .map(|item| (Cow::Borrowed(text_of(facts, item)), item.value_span))
            .collect();
        let service = deployed(&words);
        let provided = of_words(&words).into_iter();
        let given = provided.map(|(name, state, value, site)| Given {
            name: Cow::Owned(name),
            state,
            value,
            site,
            form: ProvisionForm::Variable,
            service: service.clone(),
            reference: None,
        });
        given.collect()
    }

    /// Another input of the action that the setting `index` is an input of.
    fn input_beside(&self, index: usize, name: &str) -> Option<String> {
        let facts = &self.data.facts;
        let own = keys(facts, &facts.config[index]);
        let is_input = |setting: &&Setting| {
            let path = keys(facts, setting);
            path.len() == own.len() && path[..path.len() - 1] == own[..own.len() - 1]
        };
        let before = facts.config[..index].iter().rev().take_while(is_input);
        let mut inputs = before.chain(facts.config[index + 1..].iter().take_while(is_input));
        let input = inputs.find(|setting| keys(facts, setting).last() == Some(&name))?;
        Some(text_of(facts, input).to_owned()).filter(|text| !text.contains('$'))
    }

    /// The secret `name` of a compose file that a container has as a file.
    fn of_container(&self, index: usize, name: &str) -> Vec<Given<'_>> {
        let facts = &self.data.facts;
        let target = facts.config.get(index + 1).filter(|next| {
            let (own, next) = (&facts.config[index], keys(facts, next));
            next.last() == Some(&"target") && next[..next.len() - 1] == keys(facts, own)[..next.len() - 1]
        });
        let target = target.map_or(name, |target| text_of(facts, target));
        let upper = target
            .rsplit('/')
            .next()
            .unwrap_or(target)
            .to_ascii_uppercase()
            .replace(['-', '.'], "_");
        if !is_variable_name(&upper) {
            return Vec::new();
        }
        let origin = facts.config.iter().find_map(|setting| match keys(facts, setting)[..] {
            ["secrets", of, "environment"] if of == name => {
                Some(ProvidedState::Passed(text_of(facts, setting).to_owned()))
            }
            _ => None,
        });
        let mut given = Given::new("", ProvidedState::Empty, "", facts.config[index].value_span);
        given.name = Cow::Owned(upper);
        given.state = origin.unwrap_or_else(|| ProvidedState::Mapped(name.to_owned()));
        given.form = ProvisionForm::File;
        vec![given]
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

    /// `jobs: {deploy: {environment: staging}}`, `deploy: {environment: {name: staging}, variables: …}`, or the job's name.
    fn environment_of_job(&self, path: &[&str]) -> Option<String> {
        let job = match path {
            ["jobs", _, ..] => &path[..2],
            [_, "variables", ..] => &path[..1],
            _ => return None,
        };
        let facts = &self.data.facts;
        let declared = facts.config.iter().find_map(|setting| {
            let keys = keys(facts, setting);
            let is_it = matches!(keys.strip_prefix(job), Some(["environment"] | ["environment", "name"]));
            is_it
                .then(|| text_of(facts, setting))
                .filter(|text| !text.contains('$'))
        });
        let declared = declared.map(|name| environment_of(name).unwrap_or(name).to_owned());
        declared.or_else(|| job.last().and_then(|job| environment_of(job)).map(str::to_owned))
    }

    /// What the settings behind a `name` refer to: the key of a secret or of a map.
    fn reference_behind(&self, index: usize) -> ProvidedState {
        let facts = &self.data.facts;
        let own = facts.path(facts.config[index].path);
        let list = &own[..own.len() - 1];
        let behind = facts.config[index + 1..].iter();
        let of_item = behind.take_while(|setting| {
            let path = facts.path(setting.path);
            path != own && path.starts_with(list)
        });
        let is_reference = |setting: &&Setting| {
            let mut keys = facts.path(setting.path)[list.len()..].iter();
            keys.any(|key| REFERENCES.contains(&facts.text(*key)))
        };
        let texts: Vec<&str> = of_item
            .filter(is_reference)
            .take(2)
            .map(|setting| text_of(facts, setting))
            .collect();
        match texts[..] {
            [] => passed(),
            // A version says nothing about which secret it is.
            [only] | [only, "latest"] => mapped(only),
            _ => ProvidedState::Mapped(texts.join("/")),
        }
    }

    /// What the settings behind a `secretKey` refer to: where a secret is, outside.
    fn remote_behind(&self, index: usize) -> ProvidedState {
        let facts = &self.data.facts;
        let behind = facts.config[index + 1..]
            .iter()
            .map(|setting| (keys(facts, setting), setting));
        let remote = behind.take_while(|(path, _)| path.contains(&"remoteRef"));
        let texts: Vec<&str> = remote
            .filter(|(path, _)| matches!(path.last(), Some(&("key" | "property"))))
            .map(|(_, setting)| text_of(facts, setting))
            .collect();
        if texts.is_empty() {
            passed()
        } else {
            ProvidedState::Mapped(texts.join("/"))
        }
    }

    /// The secret that the `versionName` beside a setting names.
    fn version_beside(&self, index: usize) -> ProvidedState {
        let facts = &self.data.facts;
        let beside = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
        let version = beside
            .filter_map(|beside| facts.config.get(beside))
            .find(|beside| keys(facts, beside).last() == Some(&"versionName"));
        version.map_or_else(passed, |version| mapped(text_of(facts, version)))
    }
}

impl<'s> Given<'s> {
    fn new(name: &'s str, state: ProvidedState, text: &str, site: Span) -> Self {
        Self {
            name: Cow::Borrowed(name),
            state,
            value: hash(text),
            site,
            form: ProvisionForm::Variable,
            service: None,
            reference: reference_in(text).map(str::to_owned),
        }
    }
}

/// `A=b` in lines, or with commas between them.
fn of_list(text: &str, is_secret: bool, site: Span) -> Vec<Given<'_>> {
    let lines = text.lines().flat_map(parts).map(str::trim);
    let assignments = lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| is_variable_name(name));
    let given = assignments.map(|(name, value)| {
        let state = if is_secret { mapped(value) } else { state_of(value) };
        Given::new(name, state, value, site)
    });
    given.collect()
}

fn passed() -> ProvidedState {
    ProvidedState::Passed(String::new())
}

/// The keys of a setting.
pub(super) fn keys<'f>(facts: &'f FileFacts, setting: &Setting) -> Vec<&'f str> {
    facts.path(setting.path).iter().map(|name| facts.text(*name)).collect()
}

/// The text of a setting's value.
pub(super) fn text_of<'f>(facts: &'f FileFacts, setting: &Setting) -> &'f str {
    match setting.value {
        Scalar::Text(text) | Scalar::Number(text) => facts.text(text),
        _ => "",
    }
}

/// The service or job that a path of keys stands for, or what a command deploys.
pub(super) fn service_of(path: &[&str]) -> Option<String> {
    let flag = path.iter().position(|key| key.starts_with("--"));
    if let Some(deployed) = flag.and_then(|flag| path.get(flag.checked_sub(1)?)) {
        return Some((*deployed).to_owned());
    }
    match path {
        // What begins so is there for other parts of the file to take.
        [hidden, ..] if hidden.starts_with("x-") || hidden.starts_with('.') => None,
        ["services" | "jobs" | "module", service, ..] | ["resource", _, service, ..] => Some((*service).to_owned()),
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
    "locals",
    "secrets",
    "stringData",
    "substitutions",
    "variable",
    "variables",
    "vars",
];
