//! Which environment a configuration file is of, and which files are only there to be copied, by their paths.

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

/// Whether the file at `path` is a template: `.env.example`, `config.sample.yaml`, `values.yaml.j2`.
#[must_use]
pub fn is_template(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut pieces = name.split(['.', '-', '_']);
    pieces.any(|piece| TEMPLATE_ENDINGS.contains(&piece))
}
