//! What the user declares: `ssot.toml`, or `[tool.ssotlint]` of a `pyproject.toml`.
//!
//! Start with [`Settings`]; `read` turns the file into it and tells every mistake at once; `schema` tells
//! editors what may stand in it. Globs speak of paths relative to the
//! root. The ids of rules and the built-in concerns are given by the caller ([`Known`]): settings know no rule.

mod checked;
mod mistake;
mod read;
mod schema;

pub use mistake::SettingsError;
pub use schema::schema;

use crate::catalog::{Entries, ExtraWords};
use crate::finding::{CodeScope, Level};
use crate::source::{self, Glob, Globs, Root, SettingsForm, Span};
use mistake::Document;
use std::collections::BTreeMap;

/// Test code, unless `files.test` says otherwise.
pub const TEST_GLOBS: [&str; 19] = [
    "tests/",
    "test/",
    "*_tests/",
    "test_*/",
    "test_*.py",
    "*_test.py",
    "*_tests.py",
    "*-test.py",
    "*-tests.py",
    "*_unittest.py",
    "*_unittests.py",
    "tests.py",
    "**/settings/test.py",
    "**/settings/testing.py",
    "conftest.py",
    "*_test.rs",
    "*_tests.rs",
    "tests.rs",
    "test.rs",
];

/// Scripts, unless `files.script` says otherwise. Folders called `tools` are scripts at the root only: further down they are
/// what an agent's or an editor's production code calls its tools.
pub const SCRIPT_GLOBS: [&str; 10] = [
    "scripts/",
    ".github/",
    "/tools/",
    "examples/",
    "benches/",
    "benchmarks/",
    "xtask/",
    "build.rs",
    "setup.py",
    "noxfile.py",
];

/// What settings may name, without being explained here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The ids of the rules.
    pub rules: &'a [&'a str],
    /// The built-in concerns.
    pub concerns: &'a [&'a str],
}

/// What the user declares.
#[derive(Debug)]
pub struct Settings {
    /// Files to leave out.
    pub exclude: Globs,
    /// Who may do what: the built-in concerns that have an owner, and the user's own. In the order written.
    pub concerns: Vec<Concern>,
    /// More library knowledge.
    pub catalog: Entries,
    /// More words.
    pub words: ExtraWords,
    /// How much there may be.
    pub budget: Budget,
    /// Findings that are accepted.
    pub waivers: Vec<SettingsWaiver>,
    /// How many days from today a waiver may last.
    pub longest_waiver: Option<u32>,
    test: Globs,
    script: Globs,
    environments: Vec<(String, Globs)>,
    rules: BTreeMap<String, RuleSettings>,
    overrides: Vec<Override>,
    document: Option<Document>,
}

/// A concern and its owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Its name.
    pub name: String,
    /// Who may do its work; at least one.
    pub owners: Vec<Owner>,
    /// The calls it is made of, by path; empty for a built-in concern. A last segment `*` stands for anything below.
    pub calls: Vec<String>,
    /// Where its name is written.
    pub span: Span,
}

/// Code that may do a concern's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// A module, class or function, by dotted or `::` path.
    pub path: String,
    /// The names it may do the work for, `*` standing for any part; empty if for all.
    pub names: Vec<String>,
    /// Where its path is written.
    pub span: Span,
}

impl Owner {
    /// Whether it may do the work for `name`: resolve the secret of that name, say.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|pattern| fits(pattern, name))
    }
}

/// Upper bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Of live auth paths.
    pub auth_paths: Option<Limit>,
    /// Of live auth paths by surface.
    pub surfaces: BTreeMap<String, Limit>,
    /// Of implementations by concern.
    pub concerns: BTreeMap<String, Limit>,
}

/// An upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many and no more.
    pub most: u32,
    /// Where it is written.
    pub span: Span,
}

/// A waiver of the settings file: it speaks for the findings of one rule in one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsWaiver {
    /// The rule's id.
    pub rule: String,
    /// The function, class or module, by dotted or `::` path.
    pub symbol: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it holds, as (year, month, day).
    pub until: Option<(u16, u8, u8)>,
    /// Where its symbol is written.
    pub span: Span,
}

/// The surfaces of auth paths, as `budget.surface` names them.
pub const SURFACES: [&str; 6] = ["http", "websocket", "middleware", "task", "command", "library"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    Off,
    On(Level),
}

impl Switch {
    fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::On(level) => Some(level),
        }
    }
}

#[derive(Debug, Default)]
struct RuleSettings {
    level: Option<Switch>,
    scopes: Option<Vec<CodeScope>>,
}

#[derive(Debug)]
struct Override {
    paths: Globs,
    rules: BTreeMap<String, Switch>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            exclude: Globs::default(),
            concerns: Vec::new(),
            catalog: Entries::default(),
            words: ExtraWords::default(),
            budget: Budget::default(),
            waivers: Vec::new(),
            longest_waiver: None,
            test: built_in(&TEST_GLOBS),
            script: built_in(&SCRIPT_GLOBS),
            environments: Vec::new(),
            rules: BTreeMap::new(),
            overrides: Vec::new(),
            document: None,
        }
    }
}

impl Settings {
    /// Reads the root's settings file; without one, everything is as by default.
    ///
    /// # Errors
    /// All mistakes in the file, in the order they stand.
    pub fn load(root: &Root, known: &Known<'_>) -> Result<Self, Vec<SettingsError>> {
        let Some(file) = &root.settings else {
            return Ok(Self::default());
        };
        let name = source::relative(&root.current, &file.location);
        match source::read_file(&file.location) {
            Ok(text) => Self::parse(&name, text, file.form, known),
            Err(reason) => {
                let message = format!("the settings in `{name}` cannot be read: {reason}");
                let help =
                    "save it as UTF-8 text, name another file with `--config`, or go without settings by `--no-config`";
                Err(vec![SettingsError::new(message, Some(help.to_owned()), None)])
            }
        }
    }

    /// Reads the text of a settings file called `name`.
    ///
    /// # Errors
    /// All mistakes in it, in the order they stand.
    pub fn parse(name: &str, text: String, form: SettingsForm, known: &Known<'_>) -> Result<Self, Vec<SettingsError>> {
        let (settings, mistakes) = read::read(&text, form, known);
        let document = Document::new(miette::NamedSource::new(name, text));
        if mistakes.is_empty() {
            return Ok(Self {
                document: Some(document),
                ..settings
            });
        }
        let shown = mistakes.into_iter().map(|mistake| {
            let place = (Document::clone(&document), mistake.span);
            SettingsError::new(mistake.message, mistake.help, Some(place))
        });
        Err(shown.collect())
    }

    /// A mistake that shows only once the program is known, such as an owner that names nothing.
    #[must_use]
    pub fn mistake(&self, span: Span, message: impl Into<String>, help: impl Into<String>) -> SettingsError {
        let place = self.document.as_ref().map(|document| (Document::clone(document), span));
        SettingsError::new(message.into(), Some(help.into()), place)
    }

    /// The level of a rule for the file at `path`, relative to the root; none if it is off there. `default` is the rule's own.
    #[must_use]
    pub fn level_for(&self, rule: &str, default: Option<Level>, path: &str) -> Option<Level> {
        let overridden = self.overriding(rule, path).map(|(_, switch)| switch);
        let switch = overridden.or_else(|| self.rules.get(rule)?.level);
        switch.map_or(default, Switch::level)
    }

    /// [`Settings::level_for`], or without a path the level outside of all overrides, and where it is said.
    #[must_use]
    pub fn level_and_source(&self, rule: &str, default: Option<Level>, path: Option<&str>) -> (Option<Level>, String) {
        if let Some((entry, switch)) = path.and_then(|path| self.overriding(rule, path)) {
            let paths = entry.paths.written().join(", ");
            return (switch.level(), format!("`[[overrides]]` for {paths}"));
        }
        match self.rules.get(rule).and_then(|settings| settings.level) {
            Some(switch) => (switch.level(), format!("`[rules.{rule}]`")),
            None => (default, "the rule's own".to_owned()),
        }
    }

    /// The last override that speaks of a rule in the file at `path`.
    fn overriding(&self, rule: &str, path: &str) -> Option<(&Override, Switch)> {
        let mut overrides = self.overrides.iter().rev();
        overrides.find_map(|entry| {
            let switch = entry.rules.get(rule)?;
            entry.paths.selects(path).then_some((entry, *switch))
        })
    }

    /// Whether a rule is at work in any file at all. `default` is the rule's own level.
    #[must_use]
    pub fn is_on_anywhere(&self, rule: &str, default: Option<Level>) -> bool {
        let everywhere = self.rules.get(rule).and_then(|settings| settings.level);
        let mut in_parts = self.overrides.iter().filter_map(|entry| entry.rules.get(rule));
        everywhere.map_or(default, Switch::level).is_some() || in_parts.any(|switch| switch.level().is_some())
    }

    /// The scopes a rule speaks of. `default` are the rule's own.
    #[must_use]
    pub fn scopes_for<'a>(&'a self, rule: &str, default: &'a [CodeScope]) -> &'a [CodeScope] {
        let scopes = self.rules.get(rule).and_then(|settings| settings.scopes.as_deref());
        scopes.unwrap_or(default)
    }

    /// What the path of a file, relative to the root, says about the code in it. A test of a script is a test.
    ///
    /// What is configuration is told by a file's language and not by its path, so it is never the answer.
    #[must_use]
    pub fn code_scope(&self, path: &str) -> CodeScope {
        if self.test.selects(path) {
            CodeScope::Test
        } else if self.script.selects(path) {
            CodeScope::Script
        } else {
            CodeScope::Production
        }
    }

    /// The environment that the file at `path`, relative to the root, is declared to belong to.
    #[must_use]
    pub fn environment(&self, path: &str) -> Option<&str> {
        let mut environments = self.environments.iter();
        let found = environments.find(|(_, globs)| globs.selects(path));
        found.map(|(name, _)| name.as_str())
    }

    /// The declared concern of this name.
    #[must_use]
    pub fn concern(&self, name: &str) -> Option<&Concern> {
        self.concerns.iter().find(|concern| concern.name == name)
    }
}

/// Prepares built-in globs, which the tests check to be well-formed.
fn built_in(globs: &[&str]) -> Globs {
    let globs: Vec<Glob> = globs.iter().filter_map(|glob| Glob::parse(glob).ok()).collect();
    Globs::new(&globs).unwrap_or_default()
}

/// Whether `name` fits `pattern`, in which `*` stands for any part.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Known, Owner, SCRIPT_GLOBS, Settings, SettingsError, TEST_GLOBS, built_in, fits};
    use crate::finding::{CodeScope, Level};
    use crate::source::sample::Folder;
    use crate::source::{LineIndex, SettingsChoice, SettingsForm, Span, find_root};
    use miette::Diagnostic;

    const KNOWN: Known<'static> = Known {
        rules: &["direct-secret-read", "skip-auth-flag", "auth-fail-open"],
        concerns: &["token-validation", "token-minting", "secret-resolution"],
    };

    fn parse(text: &str) -> Result<Settings, Vec<SettingsError>> {
        Settings::parse("ssot.toml", text.to_owned(), SettingsForm::Own, &KNOWN)
    }

    /// The mistakes in a text, each as `line: what is underlined: message; advice`.
    fn mistakes(text: &str) -> Vec<String> {
        let mistakes = parse(text).err().unwrap_or_default();
        let shown = mistakes.iter().map(|mistake| {
            let span = mistake.span().unwrap();
            let line = LineIndex::new(text).position(span.start, text).line;
            let underlined = &text[span.start as usize..span.end as usize];
            format!("{line}: {underlined}: {mistake}; {}", mistake.advice().unwrap_or(""))
        });
        shown.collect()
    }

    #[test]
    fn every_mistake_is_told_where_it_stands() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("fils = 1", &["1: fils: unknown key `fils`; did you mean `files`?"]),
            (
                "files = 1",
                &["1: 1: `files` is a whole number, not a table; write `[files]` and its keys below"],
            ),
            (
                "[files]\nexclude = [\"a[\", 3, \"\"]\ntest = \"t/\"",
                &[
                    "2: \"a[\": `a[` is no glob: unclosed character class; missing ']'; globs are written as in a `.gitignore`: \
                     `vendor/`, `*.gen.py`, `deploy/**/dev.env`",
                    "2: 3: `files.exclude` is a list of strings, and this is a whole number; put it in quotes, if it is meant",
                    "2: \"\": an empty string in `files.exclude`; remove it",
                    "3: \"t/\": `files.test` is a string, not a list of strings; put it in brackets: `[\"t/\"]`",
                ],
            ),
            (
                "[concerns.token-minting]\nowner = \"\"\n[concerns.token-validation]\nowner = []\n[concerns.secret-resolution]",
                &[
                    "2: \"\": `concerns.token-minting.owner` is empty; say something, or remove the key",
                    "4: []: `concerns.token-validation.owner` names nobody; name a module, class or function, or remove the concern \
                     to have its owner inferred",
                    "5: secret-resolution: the concern `secret-resolution` has no owner; name the module, class or function that may \
                     do it: `owner = \"auth.client\"`",
                ],
            ),
            (
                "[concerns]\ntoken-validaton.owner = \"a\"\nredis.owner = \"src/auth/secrets.py\"\nredis.calls = [\"redis.*\", \"*\"]",
                &[
                    "2: token-validaton: `token-validaton` is no built-in concern and has no `calls`; did you mean `token-validation`?",
                    "3: \"src/auth/secrets.py\": `concerns.redis.owner` is `src/auth/secrets.py`, which is no path of a module, class \
                     or function; name the module and not its file: `auth.secrets`",
                    "4: \"*\": `concerns.redis.calls` is `*`, which is no path of a module, class or function; write \
                     `package.module.function`, `package.module.*`, or `crate::module::function`",
                ],
            ),
            (
                "[concerns.token-minting]\nowner = [{ names = [\"A\"] }, { path = \"a-b::c\", name = [] }, 7]\ncalls = [\"a.b\"]",
                &[
                    "2: { names = [\"A\"] }: `concerns.token-minting.owner` without `path`; add `path`",
                    "2: \"a-b::c\": `concerns.token-minting.owner` is `a-b::c`, which is no path of a module, class or function; write \
                     `a_b::c`",
                    "2: name: unknown key `name` in `concerns.token-minting.owner`; did you mean `names`?",
                    "2: 7: `concerns.token-minting.owner` is a whole number, not a path, a table with `path` and `names`, or a list \
                     of them; write `owner = \"auth.client\"`",
                    "3: [\"a.b\"]: `token-minting` is a built-in concern; its calls are known by their roles; tell what a call of a \
                     library means with a `[[call]]` and its role",
                ],
            ),
            (
                "[rules]\nskip-auth = { level = \"eror\" }\nskip-auth-flag = \"off\"\n\
                 direct-secret-read = { level = true, scopes = [\"prod\", \"nowhere\"] }\nauth-fail-open.scopes = []",
                &[
                    "2: skip-auth: there is no rule `skip-auth`; did you mean `skip-auth-flag`?",
                    "2: \"eror\": unknown level `eror`; did you mean `error`?",
                    "3: \"off\": `rules.skip-auth-flag` is a string, not a table; write `[rules.skip-auth-flag]` and below it \
                     `level = \"off\"`",
                    "4: true: `rules.direct-secret-read.level` is true or false, not a level; use one of `off`, `note`, `warning`, \
                     `error`",
                    "4: \"prod\": unknown scope `prod`; did you mean `production`?",
                    "4: \"nowhere\": unknown scope `nowhere`; use one of `production`, `script`, `test`, `config`",
                    "5: []: `rules.auth-fail-open.scopes` is empty; to switch the rule off, write `level = \"off\"`",
                ],
            ),
            (
                "overrides = 1\n[[waivers]]\nrule = \"x\"\nuntil = \"2027-02-29\"\nsymbol = \"a.<lambda1>\"\nreason = \" \"",
                &[
                    "1: 1: `overrides` is a whole number, not a list of tables; write `[[overrides]]`",
                    "3: \"x\": there is no rule `x`; `ssotlint rules` lists them",
                    "4: \"2027-02-29\": `waivers.until` is no date; write the last day it holds, as `2027-03-01`",
                    "6: \" \": `waivers.reason` is empty; say something, or remove the key",
                ],
            ),
            (
                "[[overrides]]\nrules = { auth-fail-open = \"of\" }\n[[overrides]]\npaths = []\n[waiver-policy]\nlongest = 180",
                &[
                    "1: [[overrides]]: `overrides` without `paths`; add `paths`",
                    "2: \"of\": unknown level `of`; did you mean `off`?",
                    "3: [[overrides]]: `overrides` without `rules`; add `rules`",
                    "6: 180: `waiver-policy.longest` is no number of days; write `\"180d\"`",
                ],
            ),
            (
                "[[call]]\nrole = \"validate-token\"\npath = 3\nargument = {}\n[[call]]\npath = \"a.b\"\n[[base]]\npath = \"a.B\"",
                &[
                    "2: \"validate-token\": unknown role `validate-token`; did you mean `validates-token`?",
                    "3: 3: invalid type: integer `3`, expected a string; entries are written like those in ssotlint's `rules/catalog/`",
                    "4: argument: unknown key `argument`; did you mean `arguments`?",
                    "5: [[call]]: this says nothing about `a.b`; give it a `role`, or the type it `returns`",
                    "7: [[base]]: missing key `role`; entries are written like those in ssotlint's `rules/catalog/`",
                ],
            ),
            (
                "[words]\nnever_secret = []\n[environments]\nlive = \"x\"\n[budget]\nauth-paths = -1\nsurface.websockets = 0\n\
                 concern.redis = 1",
                &[
                    "2: never_secret: unknown key `never_secret` in `words`; did you mean `never-secret`?",
                    "4: \"x\": `environments.live` is a string, not a list of strings; put it in brackets: `[\"x\"]`",
                    "6: -1: `budget.auth-paths` does not say how many there may be; write a whole number, 0 or more",
                    "7: websockets: unknown key `websockets` in `budget.surface`; did you mean `websocket`?",
                    "8: redis: unknown key `redis` in `budget.concern`; known are `token-validation`, `token-minting`, \
                     `secret-resolution`",
                ],
            ),
            // Broken syntax does not hide the rest, but nothing is guessed about its own line.
            (
                "[rules.skip-auth-flag]\nlevel =\nscopes = [\"prod\"]\n[files]\nexclude = [\"a\"]\nexclude = [\"b\"]",
                &[
                    "2: : the settings are not valid TOML: string values must be quoted, expected literal string; strings stand in quotes, \
                     lists in brackets, and a key once",
                    "3: \"prod\": unknown scope `prod`; did you mean `production`?",
                    "6: exclude: the settings are not valid TOML: duplicate key; strings stand in quotes, lists in brackets, and a key once",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(mistakes(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_a_diagnostic_that_points_into_the_file() {
        let mistake = parse("[files]\nexclud = []").unwrap_err().remove(0);
        let place = mistake.labels().unwrap().next().unwrap();
        let shown = mistake.source_code().unwrap().read_span(place.inner(), 0, 0).unwrap();
        assert_eq!(
            (shown.name(), shown.data(), shown.line()),
            (Some("ssot.toml"), "exclud".as_bytes(), 1)
        );
    }

    #[test]
    fn levels_come_from_the_last_override_then_the_rule_then_the_default() {
        let settings = parse(
            "[rules.skip-auth-flag]\nlevel = \"warning\"\n[rules.auth-fail-open]\nscopes = [\"test\"]\n\
             [[overrides]]\npaths = [\"old/\"]\nrules = { skip-auth-flag = \"off\", direct-secret-read = \"note\" }\n\
             [[overrides]]\npaths = [\"old/kept.py\"]\nrules = { skip-auth-flag = \"error\" }",
        );
        let settings = settings.unwrap();
        let error = Some(Level::Error);
        let cases = [
            ("skip-auth-flag", error, "a.py", Some(Level::Warning)),
            ("skip-auth-flag", error, "old/a.py", None),
            ("skip-auth-flag", error, "old/kept.py", error),
            ("direct-secret-read", error, "a.py", error),
            ("direct-secret-read", error, "old/kept.py", Some(Level::Note)),
            ("auth-fail-open", error, "a.py", error),
            ("auth-fail-open", None, "a.py", None),
        ];
        for (rule, default, path, level) in cases {
            assert_eq!(settings.level_for(rule, default, path), level, "{rule} in {path}");
        }
        assert!(settings.is_on_anywhere("direct-secret-read", None));
        assert!(!settings.is_on_anywhere("auth-fail-open", None));
        let default = [CodeScope::Production];
        assert_eq!(settings.scopes_for("auth-fail-open", &default), [CodeScope::Test]);
        assert_eq!(settings.scopes_for("skip-auth-flag", &default), default);
    }

    #[test]
    fn the_path_says_what_kind_of_code_it_is() {
        let default = Settings::default();
        let own =
            parse("[files]\ntest = [\"checks/\"]\n[environments]\nstaging = [\"deploy/stg/\", \"*.stg.env\"]").unwrap();
        let cases = [
            ("app/auth.py", CodeScope::Production, CodeScope::Production),
            ("tests/a.py", CodeScope::Test, CodeScope::Production),
            ("pkg/tests/fixtures/a.py", CodeScope::Test, CodeScope::Production),
            ("pkg/test_a.py", CodeScope::Test, CodeScope::Production),
            ("pkg/conftest.py", CodeScope::Test, CodeScope::Production),
            ("scripts/test_a.py", CodeScope::Test, CodeScope::Script),
            ("crates/a/src/tests.rs", CodeScope::Test, CodeScope::Production),
            ("checks/a.py", CodeScope::Production, CodeScope::Test),
            ("tools/a.py", CodeScope::Script, CodeScope::Script),
            ("app/tools/a.py", CodeScope::Production, CodeScope::Production),
            ("crates/a/build.rs", CodeScope::Script, CodeScope::Script),
            ("crates/a/examples/b.rs", CodeScope::Script, CodeScope::Script),
            ("pkg/a_unittest.py", CodeScope::Test, CodeScope::Production),
            (".github/publish.py", CodeScope::Script, CodeScope::Script),
            (
                "checks-of-ours/behaviour-tests.py",
                CodeScope::Test,
                CodeScope::Production,
            ),
            ("app/contest.py", CodeScope::Production, CodeScope::Production),
            ("app/latest.py", CodeScope::Production, CodeScope::Production),
        ];
        for (path, by_default, by_own) in cases {
            assert_eq!(default.code_scope(path), by_default, "{path}");
            assert_eq!(own.code_scope(path), by_own, "{path}");
        }
        assert_eq!(own.environment("deploy/stg/app.yaml"), Some("staging"));
        assert_eq!(own.environment("deploy/app.yaml"), None);
        assert_eq!(built_in(&TEST_GLOBS).written(), TEST_GLOBS);
        assert_eq!(built_in(&SCRIPT_GLOBS).written(), SCRIPT_GLOBS);
    }

    #[test]
    fn an_owner_may_be_limited_to_names() {
        let cases = [
            ("A_*", "A_B", true),
            ("A_*", "A", false),
            ("*", "A", true),
            ("*_KEY", "A_KEY", true),
            ("A*C", "ABC", true),
            ("A*B*C", "AxBxC", true),
            ("A*B*C", "ACB", false),
            ("AB*BA", "ABA", false),
            ("A", "AB", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern, name), expected, "{name} in {pattern}");
        }
        let owner = |names: &[&str]| Owner {
            path: "a".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            span: Span::default(),
        };
        assert!(owner(&[]).covers("X"));
        assert!(!owner(&["A_*", "B"]).covers("X"));
    }

    #[test]
    fn settings_are_read_from_either_file() {
        let own = "[concerns.token-minting]\nowner = [\"a.b\", { path = \"c::d\", names = [\"X_*\"] }]\n\
                   [concerns.redis]\nowner = \"e\"\ncalls = [\"redis.*\"]\n[[call]]\npath = \"f.g\"\nrole = \"mints-token\"\n\
                   [words]\nnever-secret = [\"MONKEY\"]\n[budget]\nauth-paths = 1\nconcern.redis = 2\n\
                   [[waivers]]\nrule = \"auth-fail-open\"\nsymbol = \"a.b\"\nreason = \"why\"\nuntil = 2027-03-01\n\
                   [waiver-policy]\nlongest = \"90d\"\n";
        let pyproject = own
            .replace("[[", "[[tool.ssotlint.")
            .replace("\n[", "\n[tool.ssotlint.");
        let pyproject = pyproject
            .replace("[tool.ssotlint.[tool.ssotlint.", "[[tool.ssotlint.")
            .replacen('[', "[tool.ssotlint.", 1);
        let files = [
            ("ssot.toml", own.to_owned()),
            ("pyproject.toml", format!("\u{feff}{pyproject}")),
        ];
        for (name, text) in files {
            let folder = Folder::of(&[(name, &text)]);
            let root = find_root(folder.path(), &[], SettingsChoice::Nearest).unwrap();
            let settings = Settings::load(&root, &KNOWN).unwrap();
            let concerns: Vec<&str> = settings.concerns.iter().map(|concern| concern.name.as_str()).collect();
            assert_eq!(concerns, ["token-minting", "redis"]);
            let minting = settings.concern("token-minting").unwrap();
            assert_eq!(
                (minting.owners[1].path.as_str(), minting.owners[1].names.as_slice()),
                ("c::d", &["X_*".to_owned()][..])
            );
            assert_eq!(settings.concerns[1].calls, ["redis.*"]);
            assert_eq!(settings.catalog.calls[0].path, "f.g");
            assert_eq!(settings.words.never_secret, ["MONKEY"]);
            assert_eq!(settings.budget.auth_paths.map(|limit| limit.most), Some(1));
            assert_eq!(settings.budget.concerns["redis"].most, 2);
            assert_eq!(settings.waivers[0].until, Some((2027, 3, 1)));
            assert_eq!(settings.longest_waiver, Some(90));
            // Spans stay useful once the program is known.
            let span = minting.owners[0].span;
            assert_eq!(&text[span.start as usize..span.end as usize], "\"a.b\"");
            let mistake = settings.mistake(span, "`a.b` names nothing", "name a module, class or function");
            assert!(mistake.source_code().is_some());
        }
        let folder = Folder::of(&[("pyproject.toml", "[project]\n"), ("odd.toml", "\u{0}")]);
        for (name, message) in [
            ("pyproject.toml", "this file has no `[tool.ssotlint]`"),
            ("lost.toml", "the settings in `lost.toml` cannot be read: no such file"),
            ("odd.toml", "the settings in `odd.toml` cannot be read: binary"),
        ] {
            let root = find_root(folder.path(), &[], SettingsChoice::File(name.as_ref())).unwrap();
            assert_eq!(Settings::load(&root, &KNOWN).unwrap_err()[0].to_string(), message);
        }
    }
}
