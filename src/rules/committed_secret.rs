//! Secrets whose values stand in configuration files that are tracked.

use super::Findings;
use crate::facts::{FileFacts, Language, MODULE_SCOPE, Scalar, Setting};
use crate::finding::{Confidence, Site};
use crate::program::{Program, ProgramFile, is_template, maps_to_secrets};

/// Reports each setting with a secret's name and a value that looks real.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let found = program.for_each_file(|file, data| {
        let is_copy = || program.catalog().words().is_vendored(&data.path);
        if data.language != Language::Config || data.tracked == Some(false) || is_template(&data.path) || is_copy() {
            return Vec::new();
        }
        let shows_keys_only = is_data_of_tests(&data.path) || program.catalog().words().is_file_of_texts(&data.path);
        let settings = data.facts.config.iter();
        let judged =
            settings.filter_map(|setting| Some((file, setting, judge(program, data, setting, shows_keys_only)?)));
        judged.collect()
    });
    for (file, setting, message) in found {
        let facts = &program[file].facts;
        let path: Vec<&str> = facts.path(setting.path).iter().map(|name| facts.text(*name)).collect();
        let primary = Site {
            file,
            span: setting.key_span,
        };
        let name = path.last().map_or("", |name| *name).to_owned();
        let finding = out.add(program, primary, MODULE_SCOPE, message, vec![("name", name)]);
        finding.confidence = Confidence::Certain;
        finding.symbol = path.join(".");
    }
}

/// What is to be said of a setting, if anything. In some files only private keys count, whatever else they say.
fn judge(program: &Program<'_>, data: &ProgramFile, setting: &Setting, shows_keys_only: bool) -> Option<&'static str> {
    let facts = &data.facts;
    let words = program.catalog().words();
    let (name, above) = facts.path(setting.path).split_last()?;
    let Scalar::Text(text) = setting.value else { return None };
    let (name, text) = (facts.text(*name), facts.text(text));
    if text.contains("-----BEGIN ") {
        let is_key = holds_private_key(text) && !text.contains("...") && !words.says_made_up(text);
        return is_key.then_some("private-key");
    }
    let is_reference = |name: &str| words.is_secret_reference(name) || maps_to_secrets(&data.path, name);
    if shows_keys_only || !words.is_secret(name) {
        return None;
    }
    if is_reference(name) || above.iter().any(|above| is_reference(facts.text(*above))) || text.starts_with("pk_") {
        return None;
    }
    // A container that a job of a workflow starts beside itself ends with the job.
    if let [jobs, _, services, ..] = above
        && (facts.text(*jobs), facts.text(*services)) == ("jobs", "services")
    {
        return None;
    }
    let is_certain = words.is_certainly_secret(name);
    let is_secret = words.is_generated_secret(standing_in(text)) && (is_certain || !words.is_fingerprint(text))
        || is_certain
            && words.is_secret_text(name, text)
            && !words.says_local(text)
            && !words.says_local(&data.path)
            && !words.is_common_password(text);
    (is_secret && !describes_interface(facts)).then_some("value")
}

/// Whether a key stands behind its mark: a line that ends there, or what looks like one. (A sentence may name the mark.)
fn holds_private_key(text: &str) -> bool {
    text.split("PRIVATE KEY-----").skip(1).any(|behind| {
        let line = behind.trim_start_matches(' ');
        let is_of_key = |sign: &char| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '/' | '=');
        line.starts_with(['\n', '\r', '\\']) || line.chars().take_while(is_of_key).count() >= 16
    })
}

/// The value itself, or the one that stands in for a variable: `a` of `${NAME:-a}`.
fn standing_in(text: &str) -> &str {
    let inside = text.strip_prefix("${").and_then(|inside| inside.strip_suffix('}'));
    let default = inside.and_then(|inside| inside.split_once(":-"));
    default.map_or(text, |(_, default)| default)
}

/// Whether a file is no configuration but what tests read as an example.
fn is_data_of_tests(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    let is_of_tests = |folder: &str| folder.split(['_', '-']).any(|word| matches!(word, "test" | "tests"));
    path.ends_with(".json") && folders.any(is_of_tests)
}

/// Whether a file describes the interface of a service: what it shows are examples.
fn describes_interface(facts: &FileFacts) -> bool {
    facts.config.iter().any(|setting| {
        matches!(facts.path(setting.path), [name] if matches!(facts.text(*name), "openapi" | "swagger" | "asyncapi"))
    })
}
