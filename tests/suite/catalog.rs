//! Whether the catalog says what it must, and whether the engine arrives at every entry from the entry's own example.

use crate::rules::on_a_large_stack;
use ssotlint::catalog::{Catalog, Entries, Example, Role};
use ssotlint::facts::{ClassId, Language};
use ssotlint::settings::Settings;
use ssotlint::source::FileId;
use ssotlint::{Parsed, load_catalog};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Entries whose example does not arrive yet. The test fails once one of them does: take it off then.
const NOT_YET: &[&str] = &[
    // a decorator is no call of what it names
    "tornado.concurrent.run_on_executor",
];

/// What an argument may mean to a role. An entry without a role takes what its methods are asked for, such as a key.
const MEANINGS: &[(Role, &[&str])] = &[
    (Role::BlocksThread, &["value"]),
    (
        Role::ValidatesToken,
        &["token", "key", "algorithms", "options", "verify", "expiry", "expired"],
    ),
    (
        Role::ConfiguresVerification,
        &["algorithms", "options", "expiry", "audience"],
    ),
    (Role::SwitchesVerificationOff, &["audience", "issuer"]),
    (Role::DecodesUnverified, &["token", "options"]),
    (Role::ReadsTokenHeader, &["token"]),
    (Role::FetchesSigningKey, &["token"]),
    (Role::MintsToken, &["payload", "key", "algorithm"]),
    (Role::ReadsSetting, &["name", "default"]),
    (Role::ReadsAllSettings, &["prefix", "namespace"]),
    (Role::ReadsSecret, &["name"]),
    (Role::LoadsSettings, &["path"]),
    (Role::WritesSetting, &["name", "value"]),
    (Role::DeclaresField, &["name", "default"]),
    (Role::OpensFile, &["path"]),
    (
        Role::DeclaresOption,
        &["name", "default", "action", "environment", "hidden"],
    ),
    (Role::RunsEventLoop, &["coroutine"]),
    (Role::SchedulesOnLoop, &["callable", "coroutine"]),
    (Role::SchedulesThreadsafe, &["callable", "coroutine", "loop"]),
    (Role::RunsAfterwards, &["callable"]),
    (Role::RunsAtExit, &["callable"]),
    (Role::RunsInThread, &["callable", "positions", "keywords"]),
    (Role::RunsCommand, &["callable"]),
    (Role::RunsTask, &["bound"]),
    (Role::QueuesTask, &["callable", "positions", "keywords"]),
    (Role::CallsFunction, &["callable", "coroutine"]),
    (Role::BindsArguments, &["callable"]),
    (Role::InjectsDependency, &["callable"]),
    (Role::ProvidesFixture, &["name", "everywhere"]),
    (Role::MakesRouter, &["dependencies", "prefix", "route"]),
    (Role::MakesApplication, &["dependencies", "prefix"]),
    (
        Role::MountsRouter,
        &["router", "dependencies", "prefix", "whole-prefix"],
    ),
    (Role::HandlesRequest, &["callable", "dependencies", "route"]),
    (Role::HandlesWebsocket, &["callable", "dependencies", "route"]),
    (Role::InterceptsRequests, &["callable"]),
    (Role::MakesRouter, &["dependencies"]),
    (Role::MountsRouter, &["router", "dependencies"]),
    (Role::HandlesRequest, &["callable", "dependencies"]),
    (Role::HandlesWebsocket, &["callable", "dependencies"]),
    (Role::OpensWebsocket, &["url", "headers", "subprotocols"]),
    (Role::DecodesBase64, &["value"]),
    (Role::ParsesJson, &["value"]),
    (Role::SignsHmac, &["key", "message", "digest"]),
    (Role::ComparesDigest, &["key", "message"]),
    (Role::Hashes, &["value"]),
];

/// The catalog files by name.
fn files() -> Vec<(String, Entries)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/catalog");
    let mut files: Vec<(String, Entries)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with("words.toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let entries = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().unwrap().to_string_lossy().into_owned(), entries)
        })
        .collect();
    files.sort_by(|left, right| left.0.cmp(&right.0));
    files
}

#[test]
fn files_say_whose_they_are_and_are_sorted() {
    for (name, file) in files() {
        assert!(file.library.is_some(), "{name}: no `library`");
        assert!(file.language().is_some(), "{name}: no `language`");
        let kinds: [(&str, Vec<&str>); 5] = [
            ("call", file.calls.iter().map(|entry| entry.path.as_str()).collect()),
            ("type", file.types.iter().map(|entry| entry.path.as_str()).collect()),
            ("value", file.values.iter().map(|entry| entry.path.as_str()).collect()),
            ("item", file.items.iter().map(|entry| entry.of.as_str()).collect()),
            ("base", file.bases.iter().map(|entry| entry.path.as_str()).collect()),
        ];
        for (kind, paths) in kinds {
            for pair in paths.windows(2) {
                assert!(
                    pair[0] < pair[1],
                    "{name}: [[{kind}]] `{}` stands behind `{}`",
                    pair[1],
                    pair[0]
                );
            }
        }
    }
}

/// Within one kind of entry and one language, a path (or another path of the same thing) leads to one entry.
#[test]
fn no_path_is_declared_twice() {
    let mut seen: BTreeMap<(&str, bool, String), String> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, file) in files() {
        let is_rust = file.language() == Some(Language::Rust);
        let calls = file
            .calls
            .iter()
            .map(|entry| ("call", &entry.path, entry.also.as_slice()));
        let types = file
            .types
            .iter()
            .map(|entry| ("type", &entry.path, entry.also.as_slice()));
        let values = file
            .values
            .iter()
            .map(|entry| ("value", &entry.path, entry.also.as_slice()));
        let items = file.items.iter().map(|entry| ("item", &entry.of, [].as_slice()));
        let bases = file
            .bases
            .iter()
            .map(|entry| ("base", &entry.path, entry.also.as_slice()));
        for (kind, path, also) in calls.chain(types).chain(values).chain(items).chain(bases) {
            for path in also.iter().chain([path]) {
                if let Some(other) = seen.insert((kind, is_rust, path.clone()), name.clone()) {
                    problems.push(format!("[[{kind}]] `{path}` stands in {other} and in {name}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// `returns`, `is`, `of` and `bases` name a declared type, or something below which entries stand.
#[test]
fn every_type_that_is_named_leads_somewhere() {
    let files = files();
    let mut leads: BTreeSet<String> = BTreeSet::new();
    for (_, file) in &files {
        let types = file
            .types
            .iter()
            .flat_map(|entry| entry.also.iter().chain([&entry.path]));
        leads.extend(types.cloned());
        leads.extend(file.items.iter().map(|entry| entry.of.clone()));
        let calls = file
            .calls
            .iter()
            .flat_map(|entry| entry.also.iter().chain([&entry.path]));
        leads.extend(calls.filter_map(|path| parent(path)));
    }
    let mut problems = Vec::new();
    for (name, file) in &files {
        let returns = file.calls.iter().filter_map(|entry| entry.returns.as_ref());
        let is = file.values.iter().map(|entry| &entry.is);
        let bases = file.types.iter().flat_map(|entry| &entry.bases);
        for path in returns.chain(is).chain(bases) {
            if !leads.contains(path) {
                problems.push(format!("{name}: `{path}` is no type"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn arguments_mean_what_their_role_asks_for() {
    for (name, file) in files() {
        for call in &file.calls {
            let Some(role) = call.role else { continue };
            let known = MEANINGS.iter().find(|(known, _)| *known == role);
            for meaning in call.arguments.keys() {
                assert!(
                    known.is_some_and(|(_, meanings)| meanings.contains(&meaning.as_str())),
                    "{name}: `{}`: nothing asks {role:?} for `{meaning}`",
                    call.path
                );
            }
        }
    }
}

/// The path of what a path is a member of.
fn parent(path: &str) -> Option<String> {
    let at = path.rfind("::").or_else(|| path.rfind('.'))?;
    Some(path[..at].to_owned())
}

#[test]
fn every_example_arrives_at_its_entry() {
    let settings = Settings::default();
    let catalog = load_catalog(&settings).unwrap();
    let mut problems = Vec::new();
    for (name, file) in files() {
        let language = file.language().unwrap();
        for example in file.examples() {
            let Some(code) = example.code else {
                // What only leads on to something with a role is shown by that.
                if example.role.is_none() {
                    continue;
                }
                problems.push(format!("{name}: `{}` has no example", example.path));
                continue;
            };
            let expected = !NOT_YET.contains(&example.path);
            let arrived = on_a_large_stack(|| arrives(&example, code, language, &settings, &catalog));
            match (arrived, expected) {
                (Ok(()), true) | (Err(_), false) => {}
                (Err(instead), true) => problems.push(format!("{name}: `{}` {instead}", example.path)),
                (Ok(()), false) => problems.push(format!("{name}: `{}` arrives: take it off NOT_YET", example.path)),
            }
        }
    }
    let all: Vec<(String, Entries)> = files();
    let known = all
        .iter()
        .flat_map(|(_, file)| file.examples())
        .map(|example| example.path);
    let known: BTreeSet<&str> = known.collect();
    problems.extend(
        NOT_YET
            .iter()
            .filter(|path| !known.contains(*path))
            .map(|path| format!("NOT_YET: no `{path}`")),
    );
    assert!(
        problems.is_empty(),
        "{} examples:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Whether a program of this one file has a site, or a class, that leads to the example's entry; if not, where it leads instead.
fn arrives(
    example: &Example<'_>,
    code: &str,
    language: Language,
    settings: &Settings,
    catalog: &Catalog,
) -> Result<(), String> {
    let path = if language == Language::Rust {
        "src/main.rs"
    } else {
        "main.py"
    };
    let facts = ssotlint::parse::parse(path, code);
    if let Some(problem) = facts.problems.first() {
        return Err(format!("cannot be parsed: {}", problem.message));
    }
    let parsed = Parsed {
        path: path.to_owned(),
        facts: Box::new(facts),
        tracked: None,
    };
    let declarations = ssotlint::declarations(settings, false);
    let program = ssotlint::link(vec![parsed], settings, catalog, &declarations);
    let sites = program.sites().iter().filter_map(|site| program.entry(site));
    let classes = (0..program[FileId(0)].facts.classes.len()).map(|index| ClassId(u32::try_from(index).unwrap()));
    let bases = classes
        .flat_map(|class| program.library_bases((FileId(0), class)))
        .filter_map(|node| catalog.base(node));
    // What does nothing that rules ask about is no site, but calls arrive there.
    let calls = program.every_call();
    let passed = calls.libraries().iter().filter_map(|node| catalog.call(*node));
    let passed = passed.filter(|entry| entry.role.is_none());
    let reached: Vec<&str> = sites
        .chain(bases)
        .chain(passed)
        .map(|entry| entry.path.as_str())
        .collect();
    if reached.contains(&example.path) {
        Ok(())
    } else {
        Err(format!("is not reached, but {reached:?}:\n{}", code.trim()))
    }
}
