//! Configuration files: their text to settings with exact places.
//!
//! [`parse`] picks a reader by the file's name ([`Format`]); each reader walks the text once and tells a [`writer::Writer`] what
//! it finds. Formats that nest (YAML, TOML, JSON) do so through a [`tree::Tree`], which keeps the path.
//! Files inside files are read where they stand: a shell script in a workflow step, a dotenv file in a here-document.
//!
//! What a setting's path is made of:
//! - mappings give a segment a level, sequences none: an item has the path of its sequence, and is its own key;
//! - `[{name: A, value: b}]`, `- A=b` and shell assignments are a setting `A` under the path they stand at;
//! - a section of an INI file is one segment, a dotted key of a properties file is split at its dots;
//! - `ENV` and `ARG` of a Dockerfile stand under the instruction's name;
//! - a block of Terraform gives a segment for its type and one for each label, a process of a Procfile one for its name.
//!
//! Values are unquoted, and otherwise as written: `${A:-b}` and `{{ .Values.a }}` stay what they are, an alias of a YAML scalar
//! has the scalar's value, an alias of a collection says nothing but that `<<` merges it (its settings are told once, where they
//! are written). A value that is longer than [`writer::LONG_VALUE`] bytes is kept as its first [`writer::KEPT_OF_LONG_VALUE`].
//!
//! It knows no rule, no catalog and no word that is special to authentication.

mod directives;
mod dockerfile;
mod dotenv;
mod format;
mod hcl;
mod ini;
mod json;
mod shell;
mod templated;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod words;
mod writer;
mod yaml;

use crate::facts::FileFacts;
pub(super) use format::Format;
use writer::Writer;

/// The facts of one configuration file: its settings, comments and waivers. `path` says which format it is; a file of no known
/// format has no settings.
pub(super) fn parse(path: &str, text: &str) -> FileFacts {
    let mut writer = Writer::new(text);
    if let Some(format) = Format::of(path) {
        let whole = writer.whole();
        read(&mut writer, format, whole);
    }
    writer.finish()
}

/// Reads `span` of the writer's text as a file of `format`.
fn read(writer: &mut Writer, format: Format, span: crate::source::Span) {
    match format {
        Format::Dotenv => dotenv::read(writer, span),
        Format::Yaml => yaml::read(writer, span),
        Format::Toml => toml::read(writer, span),
        Format::Json => json::read(writer, span),
        Format::Ini => ini::read(writer, span),
        Format::Properties => ini::read_properties(writer, span),
        Format::Directives => directives::read(writer, span),
        Format::Dockerfile => dockerfile::read(writer, span),
        Format::Shell => shell::read(writer, span, words::Dialect::Shell),
        Format::Hcl => hcl::read(writer, span),
        Format::Procfile => shell::read_procfile(writer, span),
    }
}
