//! Holds the schema of `ssot.toml` to the settings that users write: what is well-formed is valid, and what is not is not.

use crate::binary::Folder;
use std::path::Path;

fn location(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(location(path)).unwrap()
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&read("ssot.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

/// Settings as editors see them: JSON, in which a date is a string.
fn as_json(toml: &str) -> serde_json::Value {
    fn convert(value: toml::Value) -> serde_json::Value {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(boolean) => boolean.into(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(list) => list.into_iter().map(convert).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, convert(value))).collect(),
        }
    }
    convert(toml::Value::Table(
        toml.parse().unwrap_or_else(|error| panic!("{error}: {toml}")),
    ))
}

#[test]
fn the_committed_schema_is_what_the_command_writes() {
    let run = Folder::of::<&str, &str>(&[]).run(&["schema"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    if std::env::var_os("SSOTLINT_BLESS").is_some() {
        std::fs::write(location("ssot.schema.json"), &run.stdout).unwrap();
    }
    assert!(
        read("ssot.schema.json") == run.stdout,
        "`SSOTLINT_BLESS=1 cargo test schema` writes ssot.schema.json"
    );
}

#[test]
fn well_formed_settings_are_valid() {
    let validator = validator();
    let readme = read("README.md");
    let examples = readme.split("```toml\n").skip(1);
    let mut settings: Vec<String> = examples
        .map(|rest| rest.split_once("```").unwrap().0.to_owned())
        .collect();
    assert!(settings.len() > 1);
    settings.push(read("ssot.toml"));
    for project in std::fs::read_dir(location("fixtures/projects")).unwrap() {
        settings.extend(std::fs::read_to_string(project.unwrap().path().join("ssot.toml")));
    }
    for text in &settings {
        let errors: Vec<String> = validator
            .iter_errors(&as_json(text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?} in\n{text}");
    }
}

#[test]
fn mistakes_are_not_valid() {
    let validator = validator();
    let mistaken = [
        "fils = 1",
        "files.exclude = \"vendor/\"",
        "files.test = [\"\"]",
        "[concerns.token-minting]",
        "[concerns.token-minting]\nowner = []",
        "[concerns.token-minting]\nowner = \"a\"\ncalls = [\"a.b\"]",
        "[concerns.token-validaton]\nowner = \"a\"",
        "[concerns.redis]\nowner = { names = [\"A\"] }\ncalls = [\"a.b\"]",
        "[rules.skip-auth]\nlevel = \"off\"",
        "[rules]\nskip-auth-flag = \"off\"",
        "[rules.skip-auth-flag]\nlevel = \"eror\"",
        "[rules.skip-auth-flag]\nscopes = []",
        "[[overrides]]\nrules = { skip-auth-flag = \"off\" }",
        "[[call]]\npath = \"a.b\"",
        "[[call]]\npath = \"a.b\"\nrole = \"validate-token\"",
        "[[waivers]]\nrule = \"skip-auth-flag\"\nsymbol = \"a.b\"\nreason = \" \"",
        "[[waivers]]\nrule = \"skip-auth-flag\"\nsymbol = \"a.b\"\nreason = \"b\"\nuntil = 2027-03-01T00:00:00",
        "[budget]\nauth-paths = -1",
        "[budget]\nsurface.websockets = 0",
        "[waiver-policy]\nlongest = 180",
    ];
    for text in mistaken {
        assert!(!validator.is_valid(&as_json(text)), "{text}");
    }
}
