//! Configuration that contradicts itself, the code, or another deployment.

use super::Findings;
use crate::catalog::Role;
use crate::facts::{ExprKind, FileFacts, Language, MODULE_SCOPE, Scalar};
use crate::finding::{CodeScope, Confidence, Site, Step};
use crate::program::{FallbackEnd, Program, ProvidedState, Provision, ProvisionForm, ReadBy};
use crate::source::FileId;
use std::collections::{BTreeMap, BTreeSet};

/// Reports each contradiction, each name that nothing reads, each secret that a deployment lacks, and each pair of names that is one
/// secret in one place and two in another.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let provisions = program.provisions();
    let files: BTreeSet<FileId> = provisions.iter().map(|provision| provision.site.file).collect();
    let drift = Drift {
        program,
        provisions,
        env_files: files
            .into_iter()
            .map(|file| (file, program.env_files_of(file)))
            .collect(),
    };
    drift.contradictions(out);
    drift.unread(out);
    drift.missing(out);
    drift.split_names(out);
    default_contradictions(program, out);
}

struct Drift<'p> {
    program: &'p Program<'p>,
    provisions: Vec<Provision>,
    /// The files that each file, or one service in it, takes names from.
    env_files: BTreeMap<FileId, Vec<(Option<String>, FileId)>>,
}

/// What is deployed: one service of one file.
type Deployment = (FileId, Option<String>);

impl Drift<'_> {
    fn env_files_of(&self, file: FileId) -> &[(Option<String>, FileId)] {
        self.env_files.get(&file).map_or(&[], Vec::as_slice)
    }

    fn of_interest(&self, name: &str) -> bool {
        let words = self.program.catalog().words();
        words.is_secret(name) || words.flag(name).is_some()
    }

    fn report(
        &self,
        out: &mut Findings,
        provision: &Provision,
        at: Site,
        message: &'static str,
        more: Vec<(&'static str, String)>,
    ) {
        let mut values = vec![("name", provision.name.clone())];
        values.extend(more);
        let finding = out.add(self.program, at, MODULE_SCOPE, message, values);
        finding.confidence = Confidence::Certain;
        finding.symbol = provision.service.as_ref().map_or_else(
            || provision.name.clone(),
            |service| format!("{service}.{}", provision.name),
        );
    }

    fn step(&self, provision: &Provision, note: &str) -> Step {
        Step {
            site: provision.site,
            symbol: provision.service.clone().unwrap_or_default(),
            note: note.to_owned(),
        }
    }

    fn path(&self, provision: &Provision) -> String {
        self.program[provision.site.file].path.clone()
    }

    // Contradictions

    /// The same name with different values in one environment, where both get to one service.
    fn contradictions(&self, out: &mut Findings) {
        for one in self
            .provisions
            .iter()
            .filter(|one| one.is_given() && is_variable(one) && self.of_interest(&one.name))
        {
            let other = self.provisions.iter().find(|other| {
                other.name == one.name
                    && other.is_given()
                    && is_variable(other)
                    && !other.gives_same(one)
                    && other.environment.is_some()
                    && other.environment == one.environment
                    && (self.meets(one, other) || self.meets(other, one))
            });
            let Some(other) = other else { continue };
            let values = vec![
                ("environment", one.environment.clone().unwrap_or_default()),
                ("other", self.path(other)),
            ];
            self.report(out, one, one.value_site, "contradiction", values);
            out.complete_last(self.step(other, "another value"));
        }
    }

    /// Whether what `file` provides gets to the service that `of_service` provides for: by its env file, or by another file of it.
    fn meets(&self, of_service: &Provision, file: &Provision) -> bool {
        let is_taken = || {
            self.env_files_of(of_service.site.file)
                .iter()
                .any(|(service, path)| *path == file.site.file && (*service == of_service.service || service.is_none()))
        };
        let is_other_file = of_service.site.file != file.site.file;
        // Resources of one name in several folders are several.
        let is_of_folder = [of_service, file]
            .iter()
            .any(|provision| self.path(provision).ends_with(".tf"));
        let is_same_service = of_service.service == file.service && is_other_file && !is_of_folder;
        is_same_service || (file.service.is_none() && is_other_file && is_taken())
    }

    // Names that nothing reads

    fn unread(&self, out: &mut Findings) {
        let names = self.provisions.iter().map(|provision| provision.name.as_str());
        let named = self.program.named_in_code(names);
        let mut is_read_in: BTreeMap<FileId, bool> = BTreeMap::new();
        for provision in &self.provisions {
            let is_read = is_read_in.entry(provision.site.file).or_default();
            *is_read |= named.contains(&provision.name);
        }
        // A name of one word, such as `PORT`, does not say whose it is.
        let served = self
            .provisions
            .iter()
            .filter(|provision| named.contains(&provision.name) && provision.name.contains('_'));
        let served: BTreeSet<(FileId, Option<&str>)> = served
            .map(|provision| (provision.site.file, provision.service.as_deref()))
            .collect();
        let words = self.program.catalog().words();
        let mut seen: BTreeSet<(FileId, &str)> = BTreeSet::new();
        let folders = self
            .program
            .files()
            .filter_map(|(_, data)| data.path.strip_suffix("Chart.yaml"));
        let charts: BTreeSet<&str> = folders.map(|folder| folder.trim_end_matches('/')).collect();
        for provision in &self.provisions {
            let name = provision.name.as_str();
            let serves_code = is_read_in.get(&provision.site.file).copied().unwrap_or(false);
            if !serves_code
                || !is_variable(provision)
                || !self.of_interest(name)
                || words.is_read_by_libraries(name)
                || named.contains(name)
                || self.is_read_by_pattern(name)
                || self.is_used_in_configuration(name)
                || self.is_of_script(provision)
                || self.is_of_foreign_image(provision, &served)
                || self.is_of_action(provision)
                || self.is_read_by_prefix(name)
                || self.is_template_of_others(provision, &charts)
                || !seen.insert((provision.site.file, name))
            {
                continue;
            }
            self.report(out, provision, provision.site, "unread", Vec::new());
        }
    }

    /// Whether code reads names that are put together, of which this is one; or fields of settings classes with a prefix.
    fn is_read_by_pattern(&self, name: &str) -> bool {
        self.program.secret_reads().iter().any(|read| {
            read.names
                .iter()
                .any(|pattern| crate::program::matches_pattern(pattern, name))
        })
    }

    /// Whether a shell script sets a name for itself.
    fn is_of_script(&self, provision: &Provision) -> bool {
        let data = &self.program[provision.site.file];
        let is_script = [".sh", ".bash"].iter().any(|ending| data.path.ends_with(ending));
        is_script && provision.service.is_none()
    }

    /// Whether a file is a template that this program fills in for others: one below `templates/` that belongs to no chart of Helm.
    fn is_template_of_others(&self, provision: &Provision, charts: &BTreeSet<&str>) -> bool {
        let path = self.program[provision.site.file].path.as_str();
        let folder = match path.split_once("/templates/") {
            Some((folder, _)) => folder,
            None if path.starts_with("templates/") => "",
            None => return false,
        };
        !charts.contains(folder)
    }

    /// Whether a name goes to an action of others that a step of a workflow uses, and that reads it.
    fn is_of_action(&self, provision: &Provision) -> bool {
        let facts = &self.program[provision.site.file].facts;
        let key_of_step = |setting: &crate::facts::Setting| {
            let path = facts.path(setting.path);
            let steps = path.iter().position(|key| facts.text(*key) == "steps")?;
            path.get(steps + 1).map(|key| facts.text(*key))
        };
        let mut settings = facts.config.iter();
        let Some(at) = settings.position(|setting| setting.key_span == provision.site.span) else {
            return false;
        };
        if key_of_step(&facts.config[at]) != Some("env") {
            return false;
        }
        // The list of steps has no marks between them: most begin with their name.
        let before = facts.config[..at].iter().rev().map_while(key_of_step);
        let behind = facts.config[at..].iter().map_while(key_of_step);
        let tells = |key: &&str| matches!(*key, "name" | "run" | "uses");
        let told_before = before.into_iter().find(tells).filter(|key| *key != "name");
        told_before.or_else(|| behind.into_iter().find(tells)) == Some("uses")
    }

    /// Whether a name goes to a container whose image is one of those that everybody has, `image: mariadb:11`, or to one of which
    /// the code reads nothing else.
    fn is_of_foreign_image(&self, provision: &Provision, served: &BTreeSet<(FileId, Option<&str>)>) -> bool {
        let facts = &self.program[provision.site.file].facts;
        let Some(own) = facts
            .config
            .iter()
            .find(|setting| setting.key_span == provision.site.span)
        else {
            return false;
        };
        let path = facts.path(own.path);
        let Some(at) = path.iter().position(|key| facts.text(*key) == "services") else {
            return false;
        };
        let beside = |key: &str| {
            facts.config.iter().find(|setting| {
                let other = facts.path(setting.path);
                other.len() > at + 2 && other[..=at + 1] == path[..=at + 1] && facts.text(other[at + 2]) == key
            })
        };
        let image = path.get(at + 1).and_then(|_| beside("image"));
        let is_plain = image.is_some_and(|image| match image.value {
            Scalar::Text(text) => !facts.text(text).contains('/'),
            _ => false,
        });
        let is_served = served.contains(&(provision.site.file, provision.service.as_deref()));
        (is_plain || (image.is_some() && !is_served)) && beside("build").is_none()
    }

    /// Whether code says a beginning of the name, to read whatever begins so: `Environment::with_prefix("HARBOUR_")`.
    fn is_read_by_prefix(&self, name: &str) -> bool {
        self.program.files().any(|(_, data)| {
            let mut names = data.facts.names.iter();
            data.language != Language::Config
                && names.any(|(_, text)| {
                    text.len() > 3 && text.len() < name.len() && text.ends_with('_') && name.starts_with(text)
                })
        })
    }

    /// Whether other settings refer to a name: `${NAME}`.
    fn is_used_in_configuration(&self, name: &str) -> bool {
        self.program.files().any(|(_, data)| {
            let facts = &data.facts;
            data.language == Language::Config
                && facts.config.iter().any(|setting| {
                    let own = facts.path(setting.path).last().map_or("", |own| facts.text(*own));
                    own != name && refers_to(facts, setting.value, name)
                })
        })
    }

    // Secrets that a deployment lacks

    fn missing(&self, out: &mut Findings) {
        let optional = self.optional_names();
        let mut deployments: BTreeMap<Deployment, Vec<&Provision>> = BTreeMap::new();
        for provision in &self.provisions {
            if provision.service.is_some() && provision.environment.is_some() && is_variable(provision) {
                let deployment = (provision.site.file, provision.service.clone());
                deployments.entry(deployment).or_default().push(provision);
            }
        }
        let services: BTreeSet<&str> = deployments
            .keys()
            .filter_map(|(_, service)| service.as_deref())
            .collect();
        for ((file, service), provided) in &deployments {
            let Some(service) = service else { continue };
            let reads = self.reads_of(service, &services);
            let Some(names) = self.provided_to(*file, service) else {
                continue;
            };
            let is_served = provided.iter().any(|provision| {
                reads.contains(provision.name.as_str()) && self.program.catalog().words().is_secret(&provision.name)
            });
            let environment = &provided[0].environment;
            let lacking: Vec<&str> = reads
                .into_iter()
                .filter(|name| !optional.contains(*name) && !names.contains(*name))
                .filter(|name| {
                    self.provisions.iter().any(|other| {
                        other.name == *name && other.environment.is_some() && other.environment != *environment
                    })
                })
                .collect();
            if is_served && !lacking.is_empty() {
                let first = provided[0];
                let more = vec![
                    ("missing", lacking.join(", ")),
                    ("service", service.clone()),
                    ("environment", environment.clone().unwrap_or_default()),
                ];
                self.report(out, first, first.site, "missing", more);
            }
        }
    }

    /// The secrets that something stands in for where they are not set, and what stands in.
    fn optional_names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for fallback in self.program.secret_fallbacks() {
            names.extend(fallback.names);
            if let FallbackEnd::Secret(other) = fallback.end {
                names.extend(other.split(", ").map(str::to_owned));
            }
        }
        names
    }

    /// The secrets that the code of a service reads: what lies in folders of its name, and what lies in those of no service.
    fn reads_of(&self, service: &str, services: &BTreeSet<&str>) -> BTreeSet<&str> {
        let all: Vec<Vec<String>> = services.iter().map(|service| words_of(service)).collect();
        let is_own_word = |word: &String| services.len() == 1 || !all.iter().all(|words| words.contains(word));
        let own: Vec<String> = words_of(service).into_iter().filter(is_own_word).collect();
        let others: Vec<String> = services
            .iter()
            .filter(|other| **other != service)
            .flat_map(|other| words_of(other))
            .filter(is_own_word)
            .filter(|word| !own.contains(word))
            .collect();
        let lies_in = |file: FileId, words: &[String]| {
            let path = &self.program[file].path;
            let top = path.split('/').rev().skip(1).flat_map(words_of).collect::<Vec<_>>();
            top.iter().any(|word| words.contains(word))
        };
        let mut languages: BTreeSet<Language> = BTreeSet::new();
        for (file, data) in self.program.files() {
            if data.language != Language::Config && data.scope == CodeScope::Production && lies_in_top(&data.path, &own)
            {
                languages.insert(self.program[file].language);
            }
        }
        let reads = self.program.secret_reads().iter().filter(|read| {
            let file = read.primary.file;
            let counts = matches!(read.by, ReadBy::Name | ReadBy::Field) && read.default.is_none();
            counts
                && self.program.code_scope(file, read.scope) == CodeScope::Production
                && languages.contains(&self.program[file].language)
                && (lies_in_top(&self.program[file].path, &own) || !lies_in(file, &others))
        });
        reads.flat_map(|read| read.names.iter().map(String::as_str)).collect()
    }

    /// The names that a service gets: its own, those of the file for all, those of its env files, and what files beside that one say
    /// for all environments. Nothing if it takes over what others have.
    fn provided_to(&self, file: FileId, service: &str) -> Option<BTreeSet<&str>> {
        if self.takes_over(file, service) {
            return None;
        }
        let files: Vec<FileId> = self
            .env_files_of(file)
            .iter()
            .filter(|(of, _)| of.as_deref().is_none_or(|of| of == service))
            .map(|(_, file)| *file)
            .collect();
        let gets = |provision: &&Provision| {
            let is_for_it = provision.service.as_deref().is_none_or(|own| own == service);
            let path = &self.program[file].path;
            let is_beside = || folder_of(&self.program[provision.site.file].path) == folder_of(path);
            // What a folder of Terraform has belongs together, whatever its resources are called.
            if path.ends_with(".tf") {
                return is_beside();
            }
            let is_of_all = || provision.environment.is_none() && is_beside();
            (is_for_it && (provision.site.file == file || is_of_all())) || files.contains(&provision.site.file)
        };
        let provided = self.provisions.iter().filter(gets);
        Some(provided.map(|provision| provision.name.as_str()).collect())
    }

    /// Whether a service has more than is said where it stands: it extends another, merges what an anchor has, or is made from a list.
    fn takes_over(&self, file: FileId, service: &str) -> bool {
        let facts = &self.program[file].facts;
        facts.config.iter().any(|setting| {
            let path: Vec<&str> = facts.path(setting.path).iter().map(|key| facts.text(*key)).collect();
            let at = match path[..] {
                ["services" | "jobs" | "module", own, ..] if own == service => 2,
                ["resource", _, own, ..] if own == service => 3,
                _ => return false,
            };
            let is_computed = || {
                let key = path.last().copied().unwrap_or("");
                let text = match setting.value {
                    Scalar::Text(text) => facts.text(text),
                    _ => "",
                };
                TABLES_OF_VARIABLES.contains(&key) && text.starts_with("${")
            };
            path[at..].iter().any(|key| TAKING_OVER.contains(key)) || is_computed()
        })
    }

    // Names of one secret

    /// Two names that are mapped to one secret in one place, and to two in another.
    fn split_names(&self, out: &mut Findings) {
        let mut by_environment: BTreeMap<(&Option<String>, FileId), BTreeMap<&str, &Provision>> = BTreeMap::new();
        for provision in &self.provisions {
            if matches!(provision.state, ProvidedState::Mapped(_)) && is_variable(provision) {
                let place = (&provision.environment, provision.site.file);
                by_environment
                    .entry(place)
                    .or_default()
                    .insert(&provision.name, provision);
            }
        }
        let mut reported: BTreeSet<Site> = BTreeSet::new();
        for names in by_environment.values() {
            for (one, first) in names {
                for (two, second) in
                    names.range::<str, _>((std::ops::Bound::Excluded(*one), std::ops::Bound::Unbounded))
                {
                    if first.state != second.state {
                        continue;
                    }
                    for others in by_environment.values() {
                        let (Some(other), Some(another)) = (others.get(one), others.get(two)) else {
                            continue;
                        };
                        if other.state != another.state && reported.insert(another.site) {
                            let more = vec![("other", (*one).to_owned()), ("place", self.path(first))];
                            self.report(out, another, another.site, "split", more);
                            out.complete_last(self.step(first, "one secret here"));
                        }
                    }
                }
            }
        }
    }
}

/// Defaults of code that contradict one another: the same flag or secret is read with different ones.
fn default_contradictions(program: &Program<'_>, out: &mut Findings) {
    let words = program.catalog().words();
    let mut defaults: BTreeMap<String, Vec<(String, Site, crate::facts::ScopeId)>> = BTreeMap::new();
    for site in program.sites_of(Role::ReadsSetting) {
        let facts = &program[site.file].facts;
        let (Some(name), Some(default)) = (program.argument(site, "name"), program.argument(site, "default")) else {
            continue;
        };
        let (ExprKind::Text(name), ExprKind::Text(text)) = (facts[name].kind, facts[default].kind) else {
            continue;
        };
        let (name, text) = (facts.text(name), facts.text(text));
        let is_flag = words.flag(name).is_some();
        // An empty default says that there is none.
        if text.is_empty()
            || !is_flag && !words.is_secret(name)
            || program.code_scope(site.file, site.scope) == CodeScope::Test
        {
            continue;
        }
        let value = match words.truth(text) {
            Some(truth) if is_flag => truth.to_string(),
            _ => text.to_owned(),
        };
        let place = Site {
            file: site.file,
            span: facts[default].span,
        };
        defaults
            .entry(name.to_owned())
            .or_default()
            .push((value, place, site.scope));
    }
    for (name, places) in defaults {
        let Some((first, at, _)) = places.first() else { continue };
        for (value, place, scope) in &places[1..] {
            if value == first {
                continue;
            }
            let values = vec![("name", name.clone()), ("other", program[at.file].path.clone())];
            let finding = out.add(program, *place, *scope, "defaults", values);
            finding.confidence = Confidence::Certain;
            finding.related.push(Step {
                site: *at,
                symbol: String::new(),
                note: "another default".to_owned(),
            });
        }
    }
}

/// Keys of services and resources that take over what stands elsewhere.
const TAKING_OVER: &[&str] = &["<<", "dynamic", "env_from", "extends"];
/// Keys of Terraform that hold variables.
const TABLES_OF_VARIABLES: &[&str] = &[
    "env",
    "env_vars",
    "environment",
    "environment_variables",
    "secrets",
    "variables",
];

/// Whether a name is given as a variable, where it is said.
fn is_variable(provision: &Provision) -> bool {
    provision.form == ProvisionForm::Variable
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn lies_in_top(path: &str, words: &[String]) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| words_of(folder).iter().any(|word| words.contains(word)))
}

fn words_of(name: &str) -> Vec<String> {
    let words = name.split(|sign: char| !sign.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Whether a value has `$NAME` or `${NAME` in it.
fn refers_to(facts: &FileFacts, value: Scalar, name: &str) -> bool {
    let Scalar::Text(text) = value else { return false };
    let text = facts.text(text);
    let mut at = 0;
    while let Some(found) = text[at..].find(name) {
        let (start, end) = (at + found, at + found + name.len());
        let before = text[..start].ends_with(['$', '{', '.']);
        let behind = text[end..].starts_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        if before && !behind {
            return true;
        }
        at = end;
    }
    false
}
