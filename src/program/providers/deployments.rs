//! Which environment configuration is of, and which files are only there to be copied, by names and paths.

/// Endings of files that are filled in or copied to make the real one.
const TEMPLATE_ENDINGS: &[&str] = &[
    "default",
    "defaults",
    "dist",
    "example",
    "gotmpl",
    "in",
    "j2",
    "jinja",
    "jinja2",
    "sample",
    "template",
    "templates",
    "tmpl",
    "tpl",
];

/// The words that name an environment, and the environment.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("dev", "development"),
    ("devel", "development"),
    ("development", "development"),
    ("live", "production"),
    ("local", "local"),
    ("preprod", "preproduction"),
    ("preproduction", "preproduction"),
    ("prod", "production"),
    ("production", "production"),
    ("qa", "qa"),
    ("sandbox", "sandbox"),
    ("stage", "staging"),
    ("staging", "staging"),
    ("stg", "staging"),
    ("test", "test"),
    ("testing", "test"),
    ("uat", "uat"),
];

/// Blocks of Terraform that say of each variable which secret of a manager it has.
const SECRET_MAPS: &[&str] = &[
    "secret_env_vars",
    "secret_environment_variables",
    "secret_variables",
    "secrets",
];

/// Whether what stands in a file under `key` are names of secrets, and not their values: `secrets = { DB_PASSWORD = "db-password" }`
/// of a module of Terraform.
#[must_use]
pub fn maps_to_secrets(path: &str, key: &str) -> bool {
    path.ends_with(".tf") && SECRET_MAPS.contains(&key)
}

/// Whether the file at `path` is a template: `.env.example`, `config.sample.yaml`, `values.yaml.j2`.
#[must_use]
pub fn is_template(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut pieces = name.split(['.', '-', '_']);
    pieces.any(|piece| TEMPLATE_ENDINGS.contains(&piece))
}

/// The environment that a path or a name says; of a path the segment nearest the file.
pub(in crate::program) fn environment_of(path: &str) -> Option<&'static str> {
    path.rsplit('/').find_map(|segment| {
        let segment = segment.to_ascii_lowercase();
        let words = segment.split(|sign: char| !sign.is_ascii_alphanumeric());
        let known = |word: &str| ENVIRONMENTS.iter().find(|(name, _)| *name == word);
        words
            .filter_map(|word| known(word).map(|(_, environment)| *environment))
            .next_back()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_environments() {
        for (path, environment) in [
            ("deploy/staging.env", Some("staging")),
            ("config/production.yaml", Some("production")),
            ("values-prod.yaml", Some("production")),
            ("compose.dev.yaml", Some("development")),
            ("environments/stg/app.yaml", Some("staging")),
            ("deploy-staging", Some("staging")),
            ("compose.yaml", None),
            ("products/device.yaml", None),
        ] {
            assert_eq!(environment_of(path), environment, "{path}");
        }
        assert!(is_template(".env.example") && !is_template("staging.env"));
    }
}
