//! The form of a catalog file.

use super::Role;
use crate::facts::Language;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A catalog file, or the entries of the same form in `ssot.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// What people call the library.
    #[serde(default)]
    pub library: Option<String>,
    /// `python` or `rust`; in settings the form of the path tells.
    #[serde(default)]
    language: Option<String>,
    /// Functions, and methods of types.
    #[serde(default, rename = "call")]
    pub calls: Vec<CallEntry>,
    /// Classes.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeEntry>,
    /// Values that are instances of a type.
    #[serde(default, rename = "value")]
    pub values: Vec<ValueEntry>,
    /// Subscripts of instances.
    #[serde(default, rename = "item")]
    pub items: Vec<ItemEntry>,
    /// Lists that name classes and functions.
    #[serde(default, rename = "list")]
    pub lists: Vec<ListEntry>,
    /// Classes to derive from.
    #[serde(default, rename = "base")]
    pub bases: Vec<BaseEntry>,
    /// Methods that send requests.
    #[serde(default, rename = "client")]
    pub clients: Vec<ClientEntry>,
}

/// A function, or a method of a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallEntry {
    /// Canonical path.
    pub path: String,
    /// Other public paths of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it does.
    #[serde(default)]
    pub role: Option<Role>,
    /// What each argument means.
    #[serde(default)]
    pub arguments: BTreeMap<String, Vec<Meaning>>,
    /// The type of what it gives.
    #[serde(default)]
    pub returns: Option<String>,
    /// The 0-based position of the argument that it gives back, itself or as a copy.
    #[serde(default, rename = "returns-argument")]
    pub returns_argument: Option<u32>,
    /// The method that it runs of the object it is called on, where that is no argument: `run` for the `start` of a thread. Where a
    /// decorator made a function such an object, the function itself.
    #[serde(default, rename = "runs-own")]
    pub runs_own: Option<String>,
    /// The type of the objects that get its keywords as attributes.
    #[serde(default, rename = "fills")]
    pub fills: Option<String>,
    /// The methods that it calls of objects of a class that it is handed.
    #[serde(default)]
    pub methods: Vec<String>,
    /// The meanings of the arguments without which it accepts anything in their place.
    #[serde(default, rename = "open-without")]
    pub open_without: Vec<String>,
    /// Whether what it signs or reads is data of any kind, so that only the code around it tells whether that is a token.
    #[serde(default, rename = "any-data")]
    pub any_data: bool,
    /// Code that calls it.
    #[serde(default)]
    pub example: Option<String>,
}

/// By which position or keyword an argument comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a position (0, 1, …) or a keyword")]
pub enum Meaning {
    /// 0-based position, `self` not counted.
    Position(u32),
    /// Keyword; `*` is any.
    Keyword(String),
}

/// A class.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeEntry {
    /// Canonical path.
    pub path: String,
    /// Other public paths of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// Types whose methods it has too.
    #[serde(default)]
    pub bases: Vec<String>,
    /// Whether its objects are there to hold what the program writes to their attributes.
    #[serde(default)]
    pub holds: bool,
    /// The built-in type, `list` or `dict`, in whose way its objects keep what the program puts into them.
    #[serde(default)]
    pub keeps: Option<String>,
    /// A trait of Rust, whose methods any type may have: to import it is what brings them.
    #[serde(default, rename = "trait")]
    pub is_trait: bool,
}

/// A value that is an instance of a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueEntry {
    /// Canonical path.
    pub path: String,
    /// Other public paths of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// The type's path.
    pub is: String,
}

/// What subscripting an instance means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemEntry {
    /// The type's path.
    pub of: String,
    /// What it does; the key is the argument `name`.
    pub role: Role,
    /// Code that does it.
    #[serde(default)]
    pub example: Option<String>,
}

/// What deriving from a class means, or (in Rust) the derive macro of a trait.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseEntry {
    /// Canonical path.
    pub path: String,
    /// Other public paths of it.
    #[serde(default)]
    pub also: Vec<String>,
    /// What the derived class is.
    pub role: Role,
    /// The methods that the library calls of objects of the derived class; `test*` are all whose names begin so.
    #[serde(default)]
    pub methods: Vec<String>,
    /// What the keywords of its fields' attributes mean.
    #[serde(default)]
    pub arguments: BTreeMap<String, Vec<Meaning>>,
    /// The methods of the derived class itself that make a handler of it: `as_view`.
    #[serde(default, rename = "made-by")]
    pub made_by: Vec<String>,
    /// Whether routes are given to derived classes by pairs: `("/berths", Berths)`.
    #[serde(default, rename = "in-pairs")]
    pub in_pairs: bool,
    /// Code that does it.
    #[serde(default)]
    pub example: Option<String>,
}

/// A name that modules give to a list of the dotted names of classes and functions which a library calls: `MIDDLEWARE`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEntry {
    /// The name.
    pub name: String,
    /// What is listed.
    pub role: Role,
    /// The methods that the library calls of objects of a listed class; of a listed function it calls what that gives.
    #[serde(default)]
    pub methods: Vec<String>,
}

/// Methods that send a request over HTTP, whatever object of the library they are called on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientEntry {
    /// The first segment of the library's paths: only files that say it send requests by it.
    pub module: String,
    /// Their names.
    pub methods: Vec<String>,
    /// By which position or keyword the URL comes.
    pub url: Vec<Meaning>,
}

/// An entry's example, for the test that every example arrives at its entry.
#[derive(Debug)]
pub struct Example<'a> {
    /// The entry's canonical path.
    pub path: &'a str,
    /// What it does.
    pub role: Option<Role>,
    /// Code that shows it.
    pub code: Option<&'a str>,
}

impl Entries {
    /// The language of the whole file, where it says one.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        match self.language.as_deref() {
            Some("rust") => Some(Language::Rust),
            Some("python") => Some(Language::Python),
            _ => None,
        }
    }

    /// The examples of all entries.
    pub fn examples(&self) -> impl Iterator<Item = Example<'_>> {
        let calls = self.calls.iter().map(|entry| Example {
            path: &entry.path,
            role: entry.role,
            code: entry.example.as_deref(),
        });
        let items = self.items.iter().map(|entry| Example {
            path: &entry.of,
            role: Some(entry.role),
            code: entry.example.as_deref(),
        });
        let bases = self.bases.iter().map(|entry| Example {
            path: &entry.path,
            role: Some(entry.role),
            code: entry.example.as_deref(),
        });
        calls.chain(items).chain(bases)
    }
}
