//! Which format a configuration file has, by its name alone.

/// A format of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parse) enum Format {
    /// `KEY=value` lines.
    Dotenv,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// JSON, with comments and what else JSON5 allows.
    Json,
    /// Sections of `key = value`.
    Ini,
    /// Java's properties.
    Properties,
    /// `.conf`: INI, or words of a directive (nginx, redis, Apache).
    Directives,
    /// Dockerfile.
    Dockerfile,
    /// A POSIX shell, bash or zsh script.
    Shell,
    /// Terraform's language.
    Hcl,
    /// What a service manager starts, a line a process: `web: A=b command`.
    Procfile,
}

/// Endings of files that are filled in or copied to make the real one: `values.yaml.j2`, `.env.example`.
const TEMPLATE_SUFFIXES: &[&str] = &[
    "default", "defaults", "dist", "example", "gotmpl", "in", "j2", "jinja", "jinja2", "sample", "template", "tmpl",
    "tpl",
];

/// What `.env.` and `Dockerfile.` may stand in front of without making the file one of them.
const OTHER_EXTENSIONS: &[&str] = &[
    "age",
    "asc",
    "cjs",
    "cs",
    "css",
    "dockerignore",
    "enc",
    "go",
    "gpg",
    "gz",
    "html",
    "java",
    "js",
    "jsx",
    "kt",
    "lock",
    "md",
    "mjs",
    "mts",
    "php",
    "png",
    "py",
    "rb",
    "rs",
    "rst",
    "svg",
    "swift",
    "ts",
    "tsx",
    "vue",
    "zip",
];

/// Records that tools write about what they resolved: hashes and versions, no settings.
const LOCK_FILES: &[&str] = &[
    ".cargo-checksum.json",
    ".terraform.lock.hcl",
    "cargo.lock",
    "conda-lock.yml",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
];

/// Folders of texts for people, one file or folder a language: `translations/pt-BR.json`, `locales/en/admin.yml`. They are as many
/// as languages times components, and set nothing.
const MESSAGE_FOLDERS: &[&str] = &["i18n", "l10n", "locale", "locales", "translations"];

impl Format {
    /// The format of the file at `path`, or none if it is no configuration file.
    pub(in crate::parse) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
        let mut name = name.as_str();
        if LOCK_FILES.contains(&name) || is_messages(path) {
            return None;
        }
        let whole = name;
        while let Some((stem, _)) = name
            .rsplit_once('.')
            .filter(|(stem, suffix)| !stem.is_empty() && TEMPLATE_SUFFIXES.contains(suffix))
        {
            name = stem;
        }
        if name != whole && matches!(name, "env" | "dotenv") {
            return Some(Self::Dotenv);
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" | "jsonc" | "json5" => Some(Self::Json),
            "tf" | "tfvars" | "hcl" => Some(Self::Hcl),
            "ini" | "cfg" | "service" => Some(Self::Ini),
            "conf" => Some(Self::Directives),
            "properties" => Some(Self::Properties),
            "env" | "flaskenv" => Some(Self::Dotenv),
            "sh" | "bash" | "zsh" | "ksh" | "envrc" => Some(Self::Shell),
            "dockerfile" | "containerfile" => Some(Self::Dockerfile),
            _ if OTHER_EXTENSIONS.contains(&extension) => None,
            _ if is_kind(name, "dockerfile") || is_kind(name, "containerfile") => Some(Self::Dockerfile),
            _ if is_kind(name, ".env") || name.contains(".env.") => Some(Self::Dotenv),
            _ if name == "pipfile" => Some(Self::Toml),
            _ if is_kind(name, "procfile") => Some(Self::Procfile),
            _ => None,
        }
    }
}

/// Whether the JSON or YAML file at `path` holds messages in a language: in a folder of such texts, and under a language's name.
fn is_messages(path: &str) -> bool {
    let Some((path, "json" | "yaml" | "yml")) = path.rsplit_once('.') else {
        return false;
    };
    let mut parts = path.split('/').skip_while(|part| !MESSAGE_FOLDERS.contains(part));
    // `translations/sensor.pt-BR.json`
    parts.next().is_some() && parts.any(|part| is_language(part.rsplit('.').next().unwrap_or(part)))
}

/// Whether `text` looks like a language tag: `en`, `pt-BR`, `zh_Hant`, `es-419`.
fn is_language(text: &str) -> bool {
    let mut subtags = text.split(['-', '_']);
    let language = subtags.next().unwrap_or("");
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && subtags
            .all(|subtag| (2..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether `name` is `kind` itself or a variant of it: `Dockerfile`, `Dockerfile.api`, `Dockerfile-api`.
fn is_kind(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
}

#[cfg(test)]
mod tests {
    use super::Format::{self, *};

    #[test]
    fn a_name_tells_the_format() {
        let cases = [
            (".env", Some(Dotenv)),
            ("deploy/.env.staging", Some(Dotenv)),
            (".env-sample", Some(Dotenv)),
            (".ENV.local", Some(Dotenv)),
            ("staging.env", Some(Dotenv)),
            (".env.example", Some(Dotenv)),
            ("app.env.dist", Some(Dotenv)),
            ("app.env.prod", Some(Dotenv)),
            ("env.example", Some(Dotenv)),
            (".flaskenv", Some(Dotenv)),
            ("env.d.ts", None),
            ("app.env.ts", None),
            (".env.enc", None),
            (".environment", None),
            ("env", None),
            (".env.yaml", Some(Yaml)),
            ("values.yaml.gotmpl", Some(Yaml)),
            ("docker-compose.override.yml", Some(Yaml)),
            ("playbook.yml.j2", Some(Yaml)),
            ("pyproject.toml", Some(Toml)),
            ("Pipfile", Some(Toml)),
            ("tsconfig.json", Some(Json)),
            ("devcontainer.jsonc", Some(Json)),
            ("setup.cfg", Some(Ini)),
            ("alembic.ini", Some(Ini)),
            ("application-prod.properties", Some(Properties)),
            ("nginx.conf.template", Some(Directives)),
            ("Dockerfile", Some(Dockerfile)),
            ("docker/Dockerfile.api", Some(Dockerfile)),
            ("Containerfile", Some(Dockerfile)),
            ("api.Dockerfile", Some(Dockerfile)),
            ("Dockerfile.j2", Some(Dockerfile)),
            ("Dockerfile.md", None),
            ("Dockerfiles", None),
            ("Dockerfile.dockerignore", None),
            ("entrypoint.sh", Some(Shell)),
            (".envrc", Some(Shell)),
            ("main.tf", Some(Hcl)),
            ("production.auto.tfvars", Some(Hcl)),
            ("terraform.tfvars.example", Some(Hcl)),
            (".terraform.lock.hcl", None),
            ("terraform.tfstate", None),
            ("Procfile", Some(Procfile)),
            ("Procfile.staging", Some(Procfile)),
            ("deploy/api.service", Some(Ini)),
            ("Cargo.lock", None),
            ("package-lock.json", None),
            ("pnpm-lock.yaml", None),
            ("uv.lock", None),
            ("app/translations/pt-BR.json", None),
            ("app/translations/sensor.zh-Hant.json", None),
            ("config/locales/en.yml", None),
            ("ui/i18n/locales/es_419/admin.json", None),
            ("ui/locales/settings.json", Some(Json)),
            ("translations.json", Some(Json)),
            ("en.json", Some(Json)),
            ("i18n/en/.env", Some(Dotenv)),
            ("main.rs", None),
            ("README.md", None),
            (".example", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(Format::of(path), expected, "{path}");
        }
    }
}
