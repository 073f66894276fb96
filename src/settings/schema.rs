//! The JSON Schema of `ssot.toml`, by which editors complete and check it while it is written.
//!
//! `read` decides what settings may say; this tells it to editors. The tests hold the keys of one to those of the other.

use super::checked::quoted;
use super::read::{LEVELS, SCOPES};
use super::{Known, SURFACES};
use crate::catalog::Role;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde_json::{Map, Value, json};

/// The schema of a settings file (draft 2020-12) in which `known` may be named, as text.
#[must_use]
pub fn schema(known: &Known<'_>) -> String {
    let tables = json!({
        "files": files(),
        "concerns": concerns(known),
        "rules": by_rule("Level and scopes by rule.", known, "rule"),
        "overrides": list("Levels in part of the tree; the last that speaks of a file counts.", override_entry(known)),
        "call": list("What functions and methods of libraries mean.", call()),
        "type": list("Classes of libraries.", type_entry()),
        "value": list("Values of libraries that are instances of a type.", value_entry()),
        "item": list("What subscripts of instances mean.", item()),
        "base": list("What deriving from a class means.", base()),
        "words": words(),
        "environments": described("The environment that files belong to: globs by its name.", json!({
            "type": "object",
            "additionalProperties": reference("globs"),
        })),
        "budget": budget(known),
        "waivers": list("Findings that are accepted.", waiver(known)),
        "waiver-policy": table("What waivers must keep to.", &[], json!({
            "longest": described("How far ahead the last day of a waiver may lie.", json!({
                "type": "string", "pattern": "^[0-9]+d$", "examples": ["180d"],
            })),
        })),
    });
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ssot.toml",
    });
    merge(&mut schema, table("Settings of ssotlint.", &[], tables));
    merge(&mut schema, json!({ "$defs": definitions() }));
    format!("{schema:#}\n")
}

/// What several tables speak of.
fn definitions() -> Value {
    json!({
        "text": { "type": "string", "pattern": "\\S" },
        "texts": { "type": "array", "items": reference("text") },
        "globs": described("Globs in gitignore syntax, relative to the settings file.", reference("texts")),
        "path": described("A module, class or function, by dotted or `::` path.", reference("text")),
        "paths": { "type": "array", "items": reference("path") },
        "level": { "enum": LEVELS },
        "limit": described("So many and no more.", json!({ "type": "integer", "minimum": 0 })),
        "role": described("What it does, as the rules ask.", json!({ "enum": roles() })),
        "rule": table("What a rule reports.", &[], json!({
            "level": reference("level"),
            "scopes": described("The kinds of code it speaks of.", json!({
                "type": "array", "items": { "enum": SCOPES }, "minItems": 1,
            })),
        })),
        "owner": described("A path, or a path and the names it owns; `*` stands for any part of a name.", json!({
            "anyOf": [
                reference("path"),
                table("A path and the names it owns.", &["path"], json!({
                    "path": reference("path"),
                    "names": at_least_one("texts"),
                })),
            ],
        })),
        "owners": described("Who may do it: one owner or a list of them.", json!({
            "anyOf": [
                reference("owner"),
                { "type": "array", "items": reference("owner"), "minItems": 1 },
            ],
        })),
        "built-in-concern": table("A built-in concern.", &["owner"], json!({ "owner": reference("owners") })),
        "arguments": described("By which positions (0-based) or keywords arguments come, by what they mean.", json!({
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": { "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }] },
            },
        })),
    })
}

fn files() -> Value {
    let properties = json!({
        "exclude": described("Files to leave out.", reference("globs")),
        "test": described("Which files are tests, in place of the defaults.", reference("globs")),
        "script": described("Which files are scripts, in place of the defaults.", reference("globs")),
    });
    table("Which files are read, and as what kind of code.", &[], properties)
}

fn concerns(known: &Known<'_>) -> Value {
    let own = json!({
        "owner": reference("owners"),
        "calls": described("The calls it is made of, by path; a last `*` is anything below.", at_least_one("paths")),
    });
    described(
        "Who may do what; everything else that does it is a finding.",
        json!({
            "type": "object",
            "properties": by_name(known.concerns, || reference("built-in-concern")),
            "additionalProperties": table("A concern of your own.", &["calls"], own),
        }),
    )
}

fn override_entry(known: &Known<'_>) -> Value {
    let properties = json!({
        "paths": reference("globs"),
        "rules": by_rule("Levels by rule.", known, "level"),
    });
    table("Levels in part of the tree.", &["paths", "rules"], properties)
}

fn by_rule(description: &str, known: &Known<'_>, definition: &str) -> Value {
    table(description, &[], by_name(known.rules, || reference(definition)))
}

fn call() -> Value {
    let properties = json!({
        "path": reference("path"),
        "also": described("Other public paths of it.", reference("paths")),
        "role": reference("role"),
        "arguments": reference("arguments"),
        "returns": described("The type of what it gives.", reference("text")),
        "returns-argument": described("The position (0-based) of the argument that it gives back.", json!({
            "type": "integer", "minimum": 0,
        })),
        "runs-own": described("The method that it runs of the object it is called on.", reference("text")),
        "fills": described("The type of the objects that get its keywords as attributes.", reference("text")),
        "methods": described("The methods that it calls of objects of a class that it is handed.", reference("texts")),
        "open-without": described("The meanings of the arguments without which it accepts anything.", reference("texts")),
        "any-data": described("Whether only the code around it tells whether what it signs or reads is a token.", json!({ "type": "boolean" })),
        "example": example(),
    });
    let mut call = table("A function, or a method of a type.", &["path"], properties);
    merge(
        &mut call,
        json!({ "anyOf": [{ "required": ["role"] }, { "required": ["returns"] }] }),
    );
    call
}

fn type_entry() -> Value {
    let properties = json!({
        "path": reference("path"),
        "also": described("Other public paths of it.", reference("paths")),
        "bases": described("Types whose methods it has too.", reference("paths")),
        "holds": described("Whether its objects hold what the program writes to their attributes.", json!({ "type": "boolean" })),
        "keeps": described("The built-in type in whose way its objects keep what the program puts into them.", json!({ "enum": ["list", "dict"] })),
        "trait": described("Whether it is a trait of Rust.", json!({ "type": "boolean" })),
    });
    table("A class.", &["path"], properties)
}

fn value_entry() -> Value {
    let properties = json!({
        "path": reference("path"),
        "also": described("Other public paths of it.", reference("paths")),
        "is": described("The path of its type.", reference("text")),
    });
    table("A value that is an instance of a type.", &["path", "is"], properties)
}

fn item() -> Value {
    let properties = json!({
        "of": described("The path of the type.", reference("text")),
        "role": reference("role"),
        "example": example(),
    });
    table("What subscripts of instances mean.", &["of", "role"], properties)
}

fn base() -> Value {
    let properties = json!({
        "path": reference("path"),
        "also": described("Other public paths of it.", reference("paths")),
        "role": reference("role"),
        "methods": described("The methods that the library calls of objects of the derived class.", reference("texts")),
        "arguments": reference("arguments"),
        "made-by": described("The methods of the derived class itself that make a handler of it.", reference("texts")),
        "in-pairs": described("Whether routes are given to derived classes by pairs of a route and the class.", json!({ "type": "boolean" })),
        "example": example(),
    });
    table("A class to derive from.", &["path", "role"], properties)
}

fn example() -> Value {
    described("Code that shows it.", json!({ "type": "string" }))
}

fn words() -> Value {
    let properties = json!({
        "secret": described("Names that mean a secret.", reference("texts")),
        "never-secret": described("Names that do not mean a secret.", reference("texts")),
        "skip": described("Names that mean that authentication is skipped.", reference("texts")),
        "never-skip": described("Names that do not mean that authentication is skipped.", reference("texts")),
    });
    table("What names mean, beside the built-in words.", &[], properties)
}

fn budget(known: &Known<'_>) -> Value {
    let limit = || reference("limit");
    let properties = json!({
        "auth-paths": described("Of live auth paths.", reference("limit")),
        "surface": table("Of live auth paths by surface.", &[], by_name(&SURFACES, limit)),
        // The user's own concerns may be named, too.
        "concern": described("Of implementations by concern.", json!({
            "type": "object",
            "properties": by_name(known.concerns, limit),
            "additionalProperties": reference("limit"),
        })),
    });
    table(
        "How much there may be; `check` fails when there is more.",
        &[],
        properties,
    )
}

fn waiver(known: &Known<'_>) -> Value {
    let properties = json!({
        "rule": { "enum": known.rules },
        "symbol": reference("path"),
        "reason": described("Why the finding is right to stay.", reference("text")),
        "owner": described("Who answers for it.", reference("text")),
        "until": described("The last day it holds.", json!({
            "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        })),
    });
    table(
        "A waiver of a rule in a symbol.",
        &["rule", "symbol", "reason"],
        properties,
    )
}

/// A table that has these keys and no others.
fn table(description: &str, required: &[&str], properties: Value) -> Value {
    let table = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    described(description, table)
}

fn list(description: &str, entry: Value) -> Value {
    described(description, json!({ "type": "array", "items": entry }))
}

fn by_name(names: &[&str], each: impl Fn() -> Value) -> Value {
    let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), each())).collect();
    properties.into()
}

fn described(description: &str, schema: Value) -> Value {
    let mut described = json!({ "description": description });
    merge(&mut described, schema);
    described
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn at_least_one(definition: &str) -> Value {
    let mut list = reference(definition);
    merge(&mut list, json!({ "minItems": 1 }));
    list
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// The names of the roles, which their form in the catalog tells when it is given none of them.
fn roles() -> Vec<String> {
    let none: Result<Role, Error> = Role::deserialize("".into_deserializer());
    let told = none.err().map(|error| error.to_string()).unwrap_or_default();
    let names = told.split_once(", expected").map(|(_, names)| quoted(names));
    names.into_iter().flatten().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{quoted, schema};
    use crate::settings::{Known, Settings};
    use crate::source::SettingsForm;
    use serde_json::Value;
    use std::collections::BTreeSet;

    const KNOWN: Known<'static> = Known {
        rules: &["direct-secret-read", "skip-auth-flag"],
        concerns: &["token-minting", "token-validation"],
    };

    /// Settings with the unknown key `zzz`, and where the schema tells the keys that may stand there.
    const TABLES: [(&str, &str); 16] = [
        ("zzz = 0", ""),
        ("[files]\nzzz = 0", "/properties/files"),
        (
            "[concerns.own]\ncalls = [\"a\"]\nzzz = 0",
            "/properties/concerns/additionalProperties",
        ),
        (
            "[concerns.own]\ncalls = [\"a\"]\nowner = { path = \"a\", zzz = 0 }",
            "/$defs/owner/anyOf/1",
        ),
        ("[rules.skip-auth-flag]\nzzz = 0", "/$defs/rule"),
        (
            "[[overrides]]\npaths = [\"a\"]\nrules = {}\nzzz = 0",
            "/properties/overrides/items",
        ),
        (
            "[[call]]\npath = \"a\"\nrole = \"mints-token\"\nzzz = 0",
            "/properties/call/items",
        ),
        ("[[type]]\npath = \"a\"\nzzz = 0", "/properties/type/items"),
        (
            "[[value]]\npath = \"a\"\nis = \"b\"\nzzz = 0",
            "/properties/value/items",
        ),
        (
            "[[item]]\nof = \"a\"\nrole = \"reads-setting\"\nzzz = 0",
            "/properties/item/items",
        ),
        (
            "[[base]]\npath = \"a\"\nrole = \"settings-class\"\nzzz = 0",
            "/properties/base/items",
        ),
        ("[words]\nzzz = 0", "/properties/words"),
        ("[budget]\nzzz = 0", "/properties/budget"),
        ("[budget.surface]\nzzz = 0", "/properties/budget/properties/surface"),
        (
            "[[waivers]]\nrule = \"skip-auth-flag\"\nsymbol = \"a\"\nreason = \"b\"\nzzz = 0",
            "/properties/waivers/items",
        ),
        ("[waiver-policy]\nzzz = 0", "/properties/waiver-policy"),
    ];

    fn made() -> Value {
        serde_json::from_str(&schema(&KNOWN)).unwrap()
    }

    /// What the advice against a single mistake offers instead.
    fn offered(text: &str) -> BTreeSet<String> {
        let mistakes = Settings::parse("ssot.toml", text.to_owned(), SettingsForm::Own, &KNOWN).unwrap_err();
        let [mistake] = &mistakes[..] else {
            panic!("{text}: {mistakes:?}");
        };
        quoted(mistake.advice().unwrap())
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn its_keys_are_those_that_settings_are_read_by() {
        let schema = made();
        for (text, place) in TABLES {
            let table = schema.pointer(place).unwrap_or_else(|| panic!("{place}"));
            let properties = table["properties"].as_object().unwrap();
            assert_eq!(
                properties.keys().cloned().collect::<BTreeSet<_>>(),
                offered(text),
                "{text}"
            );
            assert_eq!(table["additionalProperties"], false, "{text}");
        }
    }

    /// Whatever has keys of its own is held to those that are read, or names rules, which are told otherwise.
    #[test]
    fn no_table_is_left_out() {
        let schema = made();
        let mut closed = Vec::new();
        add_closed(&schema, &mut closed);
        let by_rule = ["/properties/rules", "/properties/overrides/items/properties/rules"];
        for place in by_rule {
            let rules: Vec<&String> = schema.pointer(place).unwrap()["properties"]
                .as_object()
                .unwrap()
                .keys()
                .collect();
            assert_eq!(rules, KNOWN.rules);
        }
        // Of a built-in concern, reading knows the key `calls` only to say that it cannot be.
        let built_in = &schema["$defs"]["built-in-concern"];
        assert_eq!(
            built_in["properties"].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["owner"]
        );
        assert!(closed.contains(&built_in));
        assert_eq!(closed.len(), TABLES.len() + by_rule.len() + 1, "{closed:#?}");
    }

    fn add_closed<'s>(schema: &'s Value, closed: &mut Vec<&'s Value>) {
        match schema {
            Value::Object(map) => {
                if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                    closed.push(schema);
                }
                for value in map.values() {
                    add_closed(value, closed);
                }
            }
            Value::Array(list) => {
                for value in list {
                    add_closed(value, closed);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn it_has_the_words_that_settings_are_read_by() {
        let schema = made();
        let cases = [
            ("[rules.skip-auth-flag]\nlevel = \"zzz\"", "/$defs/level/enum"),
            (
                "[rules.skip-auth-flag]\nscopes = [\"zzz\"]",
                "/$defs/rule/properties/scopes/items/enum",
            ),
            ("[[item]]\nof = \"a\"\nrole = \"zzz\"", "/$defs/role/enum"),
        ];
        for (text, place) in cases {
            let words = schema.pointer(place).unwrap().as_array().unwrap();
            let words: BTreeSet<String> = words.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
            assert_eq!(words, offered(text), "{text}");
            assert!(words.len() > 3);
        }
    }
}
