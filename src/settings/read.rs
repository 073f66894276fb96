//! From TOML to [`Settings`], with every mistake at its place.

use super::checked::{Mistake, Value, in_order, kind, listed, quoted, span};
use super::{Budget, Concern, Known, Limit, Override, Owner, RuleSettings, SURFACES, Settings, SettingsWaiver, Switch};
use crate::catalog::{CallEntry, Entries};
use crate::finding::{CodeScope, Level};
use crate::source::{Glob, Globs, SettingsForm, Span};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::value::Datetime;

/// The levels that settings may give a rule.
pub(super) const LEVELS: [&str; 4] = ["off", "note", "warning", "error"];

/// The scopes that settings may give a rule.
pub(super) const SCOPES: [&str; 4] = ["production", "script", "test", "config"];

/// Reads the text of a settings file: what it declares, as far as it can be understood, and all its mistakes in the order they
/// stand.
pub(super) fn read(text: &str, form: SettingsForm, known: &Known<'_>) -> (Settings, Vec<Mistake>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        known,
        mistakes: Vec::new(),
    };
    let mut settings = Settings::default();
    match form {
        SettingsForm::Own => reader.settings(document.get_ref(), &mut settings),
        SettingsForm::Pyproject => {
            let ours = document
                .get_ref()
                .get("tool")
                .and_then(|tool| tool.get_ref().get("ssotlint"));
            match ours {
                Some(ours) => {
                    if let Some(table) = reader.table("tool.ssotlint", ours) {
                        reader.settings(table, &mut settings);
                    }
                }
                None if errors.is_empty() => {
                    let help = "add the table, or put the settings into an `ssot.toml`";
                    reader.mistake(0..0, "this file has no `[tool.ssotlint]`", help);
                }
                None => {}
            }
        }
    }
    let mut mistakes = reader.mistakes;
    // Where the syntax is broken, what was understood of the line is a guess, and mistakes in it would confuse.
    let broken: Vec<Mistake> = errors.iter().map(|error| syntax_mistake(text, error)).collect();
    mistakes.retain(|mistake| {
        broken
            .iter()
            .all(|broken| !share_a_line(text, mistake.span, broken.span))
    });
    mistakes.extend(broken);
    mistakes.sort_by_key(|mistake| mistake.span);
    (settings, mistakes)
}

/// Reads the settings' tables; the checks of single values are in `checked`.
pub(super) struct Reader<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn settings(&mut self, table: &DeTable<'_>, settings: &mut Settings) {
        let keys = [
            "files",
            "concerns",
            "rules",
            "overrides",
            "call",
            "type",
            "value",
            "item",
            "base",
            "words",
            "environments",
            "budget",
            "waivers",
            "waiver-policy",
        ];
        self.keys(table, "", &keys);
        if let Some(files) = self.child(table, "", "files") {
            self.files(files, settings);
        }
        if let Some(concerns) = self.child(table, "", "concerns") {
            settings.concerns = self.concerns(concerns);
        }
        if let Some(rules) = self.child(table, "", "rules") {
            settings.rules = self.rules(rules);
        }
        settings.overrides = self.entries(table, "overrides", Self::override_entry);
        settings.catalog = self.catalog(table);
        if let Some(words) = self.child(table, "", "words") {
            self.keys(words, "words", &["secret", "never-secret", "skip", "never-skip"]);
            settings.words.secret = self.phrases(words, "secret");
            settings.words.never_secret = self.phrases(words, "never-secret");
            settings.words.skip = self.phrases(words, "skip");
            settings.words.never_skip = self.phrases(words, "never-skip");
        }
        if let Some(environments) = self.child(table, "", "environments") {
            for (name, value) in in_order(environments) {
                let globs = self.globs(&format!("environments.{}", name.get_ref()), value);
                settings.environments.push((name.get_ref().to_string(), globs));
            }
        }
        if let Some(budget) = self.child(table, "", "budget") {
            settings.budget = self.budget(budget, &settings.concerns);
        }
        settings.waivers = self.entries(table, "waivers", Self::waiver);
        if let Some(policy) = self.child(table, "", "waiver-policy") {
            self.keys(policy, "waiver-policy", &["longest"]);
            if let Some(value) = policy.get("longest") {
                settings.longest_waiver = self.days("waiver-policy.longest", value);
            }
        }
    }

    fn files(&mut self, files: &DeTable<'_>, settings: &mut Settings) {
        self.keys(files, "files", &["exclude", "test", "script"]);
        let lists = [
            ("exclude", &mut settings.exclude),
            ("test", &mut settings.test),
            ("script", &mut settings.script),
        ];
        for (key, globs) in lists {
            if let Some(value) = files.get(key) {
                *globs = self.globs(&format!("files.{key}"), value);
            }
        }
    }

    fn concerns(&mut self, concerns: &DeTable<'_>) -> Vec<Concern> {
        let mut read = Vec::new();
        for (key, value) in in_order(concerns) {
            let name: &str = key.get_ref();
            let is_built_in = self.known.concerns.contains(&name);
            let at = format!("concerns.{name}");
            let Some(table) = self.table(&at, value) else {
                continue;
            };
            self.keys(table, &at, &["owner", "calls"]);
            let owners = match table.get("owner") {
                Some(value) => self.owners(&format!("{at}.owner"), value),
                // Whoever declares a concern by its calls may leave its owner to be inferred.
                None if !is_built_in && table.contains_key("calls") => Vec::new(),
                None => {
                    let help = "name the module, class or function that may do it: `owner = \"auth.client\"`";
                    self.mistake(key.span(), format!("the concern `{name}` has no owner"), help);
                    Vec::new()
                }
            };
            let calls = match table.get("calls") {
                Some(value) if is_built_in => {
                    let help = "tell what a call of a library means with a `[[call]]` and its role";
                    let message = format!("`{name}` is a built-in concern; its calls are known by their roles");
                    self.mistake(value.span(), message, help);
                    Vec::new()
                }
                Some(value) => self.calls(&format!("{at}.calls"), value),
                None if is_built_in => Vec::new(),
                None => {
                    let help = self.suggestion(name, self.known.concerns).unwrap_or_else(|| {
                        format!(
                            "say which calls make it up, `calls = [\"redis.Redis\"]`, or use one of {}",
                            listed(self.known.concerns)
                        )
                    });
                    self.mistake(
                        key.span(),
                        format!("`{name}` is no built-in concern and has no `calls`"),
                        help,
                    );
                    Vec::new()
                }
            };
            read.push(Concern {
                name: name.to_owned(),
                owners,
                calls,
                span: span(key.span()),
            });
        }
        read
    }

    /// One owner or a list of them.
    fn owners(&mut self, at: &str, value: &Value<'_>) -> Vec<Owner> {
        let DeValue::Array(list) = value.get_ref() else {
            return self.owner(at, value).into_iter().collect();
        };
        if list.is_empty() {
            let help = "name a module, class or function, or remove the concern to have its owner inferred";
            self.mistake(value.span(), format!("`{at}` names nobody"), help);
        }
        list.iter().filter_map(|value| self.owner(at, value)).collect()
    }

    /// A path, or a table of a path and the names it owns.
    fn owner(&mut self, at: &str, value: &Value<'_>) -> Option<Owner> {
        let (path, names) = match value.get_ref() {
            DeValue::String(_) => (value, Vec::new()),
            DeValue::Table(table) => {
                self.keys(table, at, &["path", "names"]);
                let names = table
                    .get("names")
                    .map(|value| self.names(&format!("{at}.names"), value));
                (self.required(table, at, value, "path")?, names.unwrap_or_default())
            }
            other => {
                let message = format!(
                    "`{at}` is {}, not a path, a table with `path` and `names`, or a list of them",
                    kind(other)
                );
                self.mistake(value.span(), message, "write `owner = \"auth.client\"`");
                return None;
            }
        };
        let text = self.text(at, path)?;
        self.path(at, text, path, false).then(|| Owner {
            path: text.to_owned(),
            names,
            span: span(path.span()),
        })
    }

    fn names(&mut self, at: &str, value: &Value<'_>) -> Vec<String> {
        let names = self.strings(at, value);
        if names.is_empty() && value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            let help = "leave `names` out to own all of them";
            self.mistake(value.span(), format!("`{at}` is empty, so it owns none"), help);
        }
        let names = names.into_iter().map(|(name, _)| name.to_owned());
        names.collect()
    }

    fn calls(&mut self, at: &str, value: &Value<'_>) -> Vec<String> {
        if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            let help = "name the calls by their paths: `calls = [\"redis.Redis\", \"redis.asyncio.*\"]`";
            self.mistake(value.span(), format!("`{at}` is empty"), help);
        }
        let mut calls = Vec::new();
        for (path, value) in self.strings(at, value) {
            if self.path(at, path, value, true) {
                calls.push(path.to_owned());
            }
        }
        calls
    }

    fn rules(&mut self, rules: &DeTable<'_>) -> BTreeMap<String, RuleSettings> {
        let mut read = BTreeMap::new();
        for (key, value) in in_order(rules) {
            let name: &str = key.get_ref();
            self.rule(name, key.span());
            let at = format!("rules.{name}");
            let DeValue::Table(table) = value.get_ref() else {
                let message = format!("`{at}` is {}, not a table", kind(value.get_ref()));
                let level = value.get_ref().as_str().unwrap_or("warning");
                let help = format!("write `[{at}]` and below it `level = {level:?}`");
                self.mistake(value.span(), message, help);
                continue;
            };
            self.keys(table, &at, &["level", "scopes"]);
            let level = table
                .get("level")
                .and_then(|value| self.level(&format!("{at}.level"), value));
            let scopes = table
                .get("scopes")
                .map(|value| self.scopes(&format!("{at}.scopes"), value));
            read.insert(name.to_owned(), RuleSettings { level, scopes });
        }
        read
    }

    fn override_entry(&mut self, at: &str, table: &DeTable<'_>, whole: &Value<'_>) -> Option<Override> {
        self.keys(table, at, &["paths", "rules"]);
        let paths = self.required(table, at, whole, "paths");
        let paths = paths.map(|value| self.globs(&format!("{at}.paths"), value));
        let rules = self.required(table, at, whole, "rules")?;
        let mut levels = BTreeMap::new();
        for (key, value) in in_order(self.table(&format!("{at}.rules"), rules)?) {
            let name: &str = key.get_ref();
            self.rule(name, key.span());
            if let Some(level) = self.level(&format!("{at}.rules.{name}"), value) {
                levels.insert(name.to_owned(), level);
            }
        }
        Some(Override {
            paths: paths?,
            rules: levels,
        })
    }

    fn catalog(&mut self, table: &DeTable<'_>) -> Entries {
        let mut entries = Entries::default();
        entries.calls = self.entries(table, "call", Self::catalogued_call);
        entries.types = self.entries(table, "type", Self::catalogued);
        entries.values = self.entries(table, "value", Self::catalogued);
        entries.items = self.entries(table, "item", Self::catalogued);
        entries.bases = self.entries(table, "base", Self::catalogued);
        entries
    }

    fn catalogued_call(&mut self, at: &str, table: &DeTable<'_>, whole: &Value<'_>) -> Option<CallEntry> {
        let entry: CallEntry = self.catalogued(at, table, whole)?;
        if let Some(path) = table.get("path") {
            self.path("call.path", &entry.path, path, false);
        }
        if entry.role.is_none() && entry.returns.is_none() {
            let help = "give it a `role`, or the type it `returns`";
            self.mistake(whole.span(), format!("this says nothing about `{}`", entry.path), help);
        }
        Some(entry)
    }

    /// An entry whose form the catalog knows. It tells one mistake at a time, so what it complains about is left out and the rest
    /// tried again.
    fn catalogued<T: DeserializeOwned>(&mut self, _: &str, table: &DeTable<'_>, whole: &Value<'_>) -> Option<T> {
        let mut rest = table.clone();
        loop {
            let entry = Spanned::new(whole.span(), DeValue::Table(rest.clone()));
            let error = match T::deserialize(ValueDeserializer::from(entry)) {
                Ok(entry) => return (rest.len() == table.len()).then_some(entry),
                Err(error) => error,
            };
            let at = error.span().unwrap_or(whole.span());
            let mistaken = rest
                .iter()
                .find(|(key, value)| holds(&key.span(), &at) || holds(&value.span(), &at));
            let Some(mistaken) = mistaken.map(|(key, _)| key.get_ref().to_string()) else {
                let was_left_out = |key: &str| table.contains_key(key) && !rest.contains_key(key);
                if !quoted(error.message()).first().is_some_and(|key| was_left_out(key)) {
                    self.entry_mistake(&error, at);
                }
                return None;
            };
            self.entry_mistake(&error, at);
            rest.remove(mistaken.as_str());
        }
    }

    /// Tells a catalog entry's mistake: `missing field `path``, or what was written and then what may be, as in `unknown variant
    /// `x`, expected one of `a`, `b``.
    fn entry_mistake(&mut self, error: &toml::de::Error, at: Range<usize>) {
        let message = error
            .message()
            .replace("field `", "key `")
            .replace("variant `", "role `");
        let split = message
            .split_once(", expected")
            .map(|(said, expected)| (said, quoted(expected)));
        match split {
            Some((said, expected)) if !expected.is_empty() => {
                let written = quoted(said);
                let suggestion = written.first().and_then(|written| self.suggestion(written, &expected));
                let help = suggestion.unwrap_or_else(|| format!("use one of {}", listed(&expected)));
                self.mistake(at, said, help);
            }
            _ => self.mistake(
                at,
                message,
                "entries are written like those in ssotlint's `rules/catalog/`",
            ),
        }
    }

    fn budget(&mut self, budget: &DeTable<'_>, concerns: &[Concern]) -> Budget {
        self.keys(budget, "budget", &["auth-paths", "surface", "concern"]);
        let auth_paths = budget.get("auth-paths");
        let auth_paths = auth_paths.and_then(|value| self.limit("budget.auth-paths", value));
        let known: Vec<&str> = self
            .known
            .concerns
            .iter()
            .copied()
            .chain(concerns.iter().map(|concern| concern.name.as_str()))
            .collect();
        Budget {
            auth_paths,
            surfaces: self.limits(budget, "surface", &SURFACES),
            concerns: self.limits(budget, "concern", &known),
        }
    }

    fn limits(&mut self, budget: &DeTable<'_>, key: &str, names: &[&str]) -> BTreeMap<String, Limit> {
        let mut limits = BTreeMap::new();
        if let Some(table) = self.child(budget, "budget", key) {
            let at = format!("budget.{key}");
            self.keys(table, &at, names);
            for (name, value) in table {
                let name: &str = name.get_ref();
                if let Some(limit) = self.limit(&format!("{at}.{name}"), value) {
                    limits.insert(name.to_owned(), limit);
                }
            }
        }
        limits
    }

    fn limit(&mut self, at: &str, value: &Value<'_>) -> Option<Limit> {
        let number = value.get_ref().as_integer();
        let most = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        if most.is_none() {
            let message = format!("`{at}` does not say how many there may be");
            self.mistake(value.span(), message, "write a whole number, 0 or more");
        }
        let span = span(value.span());
        most.map(|most| Limit { most, span })
    }

    fn waiver(&mut self, at: &str, table: &DeTable<'_>, whole: &Value<'_>) -> Option<SettingsWaiver> {
        self.keys(table, at, &["rule", "symbol", "reason", "owner", "until"]);
        let rule = self.required_text(table, at, whole, "rule");
        if let Some((rule, value)) = rule {
            self.rule(rule, value.span());
        }
        let symbol = self.required_text(table, at, whole, "symbol");
        let symbol = symbol.filter(|(symbol, value)| self.path(&format!("{at}.symbol"), symbol, value, false));
        let reason = self.required_text(table, at, whole, "reason");
        let owner = table
            .get("owner")
            .and_then(|value| self.text(&format!("{at}.owner"), value));
        let until = table.get("until").map(|value| self.date(&format!("{at}.until"), value));
        let (symbol, value) = symbol?;
        Some(SettingsWaiver {
            rule: rule?.0.to_owned(),
            symbol: symbol.to_owned(),
            reason: reason?.0.to_owned(),
            owner: owner.map(str::to_owned),
            until: match until {
                Some(until) => Some(until?),
                None => None,
            },
            span: span(value.span()),
        })
    }

    fn date(&mut self, at: &str, value: &Value<'_>) -> Option<(u16, u8, u8)> {
        let written = match value.get_ref() {
            DeValue::Datetime(date) => Some(*date),
            DeValue::String(text) => Datetime::from_str(text).ok(),
            _ => None,
        };
        let date = written
            .filter(|written| written.time.is_none())
            .and_then(|written| written.date);
        if date.is_none() {
            self.mistake(
                value.span(),
                format!("`{at}` is no date"),
                "write the last day it holds, as `2027-03-01`",
            );
        }
        date.map(|date| (date.year, date.month, date.day))
    }

    /// A number of days, written `180d`.
    fn days(&mut self, at: &str, value: &Value<'_>) -> Option<u32> {
        let days = value
            .get_ref()
            .as_str()
            .and_then(|text| text.strip_suffix('d')?.trim().parse().ok());
        if days.is_none() {
            self.mistake(value.span(), format!("`{at}` is no number of days"), "write `\"180d\"`");
        }
        days
    }

    /// `off`, `note`, `warning` or `error`.
    fn level(&mut self, at: &str, value: &Value<'_>) -> Option<Switch> {
        if let DeValue::Boolean(_) = value.get_ref() {
            let message = format!("`{at}` is {}, not a level", kind(value.get_ref()));
            self.mistake(value.span(), message, format!("use one of {}", listed(&LEVELS)));
            return None;
        }
        let text = self.string(at, value)?;
        let level = match text {
            "off" => Switch::Off,
            "note" => Switch::On(Level::Note),
            "warning" => Switch::On(Level::Warning),
            "error" => Switch::On(Level::Error),
            other => {
                self.unknown("level", other, value.span(), &LEVELS);
                return None;
            }
        };
        Some(level)
    }

    fn scopes(&mut self, at: &str, value: &Value<'_>) -> Vec<CodeScope> {
        if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            let help = "to switch the rule off, write `level = \"off\"`";
            self.mistake(value.span(), format!("`{at}` is empty"), help);
        }
        let mut scopes = Vec::new();
        for (text, value) in self.strings(at, value) {
            scopes.push(match text {
                "production" => CodeScope::Production,
                "script" => CodeScope::Script,
                "test" => CodeScope::Test,
                "config" => CodeScope::Config,
                other => {
                    self.unknown("scope", other, value.span(), &SCOPES);
                    continue;
                }
            });
        }
        scopes
    }

    fn globs(&mut self, at: &str, value: &Value<'_>) -> Globs {
        let mut globs = Vec::new();
        for (text, glob) in self.strings(at, value) {
            match Glob::parse(text) {
                Ok(glob) => globs.push(glob),
                Err(reason) => {
                    let help = "globs are written as in a `.gitignore`: `vendor/`, `*.gen.py`, `deploy/**/dev.env`";
                    self.mistake(glob.span(), format!("`{text}` is no glob: {reason}"), help);
                }
            }
        }
        Globs::new(&globs).unwrap_or_else(|reason| {
            self.mistake(
                value.span(),
                format!("the globs of `{at}` cannot be used: {reason}"),
                "use fewer or simpler ones",
            );
            Globs::default()
        })
    }

    fn phrases(&mut self, words: &DeTable<'_>, key: &str) -> Vec<String> {
        let at = format!("words.{key}");
        let phrases = words.get(key).map(|value| self.strings(&at, value));
        phrases.into_iter().flatten().map(|(text, _)| text.to_owned()).collect()
    }

    /// Tells a rule id that no rule has.
    fn rule(&mut self, id: &str, at: Range<usize>) {
        if self.known.rules.contains(&id) {
            return;
        }
        let help = self.suggestion(id, self.known.rules);
        let help = help.unwrap_or_else(|| "`ssotlint rules` lists them".to_owned());
        self.mistake(at, format!("there is no rule `{id}`"), help);
    }

    /// Whether `text` is a dotted or `::` path; with `open`, its last segment may be `*`. Tells it if not.
    fn path(&mut self, at: &str, text: &str, value: &Value<'_>, open: bool) -> bool {
        let separator = if text.contains("::") { "::" } else { "." };
        let mut segments: Vec<&str> = text.split(separator).collect();
        if open && segments.len() > 1 && segments.last() == Some(&"*") {
            segments.pop();
        }
        let is_lambda = |segment: &str| segment.starts_with('<') && segment.ends_with('>');
        if segments
            .iter()
            .all(|segment| is_identifier(segment) || is_lambda(segment))
        {
            return true;
        }
        let without_hyphens = text.replace('-', "_");
        let help = match without_file_form(text) {
            Some(path) => format!("name the module and not its file: `{path}`"),
            None if without_hyphens.split(separator).all(is_identifier) => format!("write `{without_hyphens}`"),
            None if open => {
                "write `package.module.function`, `package.module.*`, or `crate::module::function`".to_owned()
            }
            None => "write `package.module.function` or `crate::module::function`".to_owned(),
        };
        self.mistake(
            value.span(),
            format!("`{at}` is `{text}`, which is no path of a module, class or function"),
            help,
        );
        false
    }
}

fn syntax_mistake(text: &str, error: &toml::de::Error) -> Mistake {
    let at = error.span().unwrap_or(text.len()..text.len());
    Mistake {
        span: span(at),
        message: format!("the settings are not valid TOML: {}", error.message()),
        help: Some("strings stand in quotes, lists in brackets, and a key once".to_owned()),
    }
}

fn share_a_line(text: &str, a: Span, b: Span) -> bool {
    let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
    let between = text.as_bytes().get(first.end as usize..second.start as usize);
    between.is_none_or(|between| !between.contains(&b'\n'))
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|character| character == '_' || character.is_alphanumeric())
}

/// The module path that a file's path stands for: `auth/client.py` is `auth.client`.
fn without_file_form(text: &str) -> Option<String> {
    let (path, separator) = match text.rsplit_once('.') {
        Some((path, "py" | "pyi")) => (path, "."),
        Some((path, "rs")) => (path, "::"),
        _ if text.contains('/') => (text, "."),
        _ => return None,
    };
    let path = path.trim_start_matches("./").trim_matches('/');
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix("/__init__").unwrap_or(path);
    path.split('/').all(is_identifier).then(|| path.replace('/', separator))
}
