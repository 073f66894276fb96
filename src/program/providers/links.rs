//! What other files have under the names that stand for values: variables of Terraform, values of Helm.

use super::settings::{keys, text_of};
use super::state::{hash, state_of};
use super::{Provision, ProvisionForm};
use crate::facts::{Language, Scalar};
use crate::finding::Site;
use crate::program::providers::deployments::{environment_of, is_template};
use crate::program::{Program, ProgramFile};
use crate::source::FileId;

impl Program<'_> {
    /// What the files that fill in variables give to the names that are provided by them, in the environment of each file.
    pub(super) fn referred(&self, provisions: &[Provision]) -> Vec<Provision> {
        let referring: Vec<(&Provision, Reference<'_>)> = provisions
            .iter()
            .filter_map(|provision| Some((provision, self.reference(provision)?)))
            .collect();
        if referring.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let configuration = self
            .files()
            .filter(|(_, data)| data.language == Language::Config && !is_template(&data.path));
        for (file, data) in configuration {
            for (provision, reference) in &referring {
                if reference.is_filled_by(&data.path) {
                    found.extend(given_by(file, data, provision, reference));
                }
            }
        }
        found
    }

    fn reference<'p>(&'p self, provision: &'p Provision) -> Option<Reference<'p>> {
        let name = provision.reference.as_deref()?;
        let path = &self[provision.site.file].path;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(variable) = name.strip_prefix("var.") {
            return Some(Reference {
                keys: vec![variable],
                folder,
                of: Filled::Terraform,
            });
        }
        let value = name.strip_prefix(".Values.")?;
        let chart = folder.split("/templates").next().unwrap_or(folder);
        Some(Reference {
            keys: value.split('.').collect(),
            folder: if chart == "templates" { "" } else { chart },
            of: Filled::Helm,
        })
    }
}

/// A name that stands for a value.
struct Reference<'p> {
    /// The keys of the setting that has the value.
    keys: Vec<&'p str>,
    /// The folder of what it is used in.
    folder: &'p str,
    of: Filled,
}

/// What is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filled {
    Terraform,
    Helm,
}

impl Reference<'_> {
    /// Whether the file at `path` is one of those that fill in such names.
    fn is_filled_by(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let lies_in = |inner: &str, outer: &str| {
            outer.is_empty()
                || inner
                    .strip_prefix(outer)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.of {
            // `variable "a" { default = … }` beside it, and any `*.tfvars` around or below.
            Filled::Terraform if path.ends_with(".tf") => folder == self.folder,
            Filled::Terraform => {
                path.ends_with(".tfvars") && (lies_in(folder, self.folder) || lies_in(self.folder, folder))
            }
            Filled::Helm => {
                let is_values = name.starts_with("values") || folder.ends_with("values");
                is_values && path.ends_with(".yaml") | path.ends_with(".yml") && lies_in(folder, self.folder)
            }
        }
    }

    fn is(&self, keys: &[&str]) -> bool {
        let keys = match (self.of, keys) {
            (Filled::Terraform, ["variable", keys @ ..]) => keys,
            _ => keys,
        };
        keys == self.keys
    }
}

/// What one file gives to what refers to it.
fn given_by(file: FileId, data: &ProgramFile, provision: &Provision, reference: &Reference<'_>) -> Option<Provision> {
    let facts = &data.facts;
    let setting = facts
        .config
        .iter()
        .find(|setting| reference.is(&keys(facts, setting)))?;
    let text = match setting.value {
        Scalar::Truth(truth, _) => {
            if truth {
                "true"
            } else {
                "false"
            }
        }
        _ => text_of(facts, setting),
    };
    let site = |span| Site { file, span };
    let environment = data.environment.clone();
    Some(Provision {
        name: provision.name.clone(),
        site: site(setting.key_span),
        value_site: site(setting.value_span),
        environment: environment.or_else(|| environment_of(&data.path).map(str::to_owned)),
        service: provision.service.clone(),
        state: state_of(text),
        form: ProvisionForm::Referred,
        reference: None,
        value: hash(text),
    })
}
