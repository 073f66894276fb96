//! Flags that switch authentication off, where they are switched; `exempt` is what is called like one and is none, `modes` what says how
//! to authenticate, and `values` whether a value switches a flag.

mod exempt;
mod modes;
mod values;

use self::exempt::is_type_of_requests;
use super::Findings;
use crate::catalog::{FlagName, Role};
use crate::facts::{
    BindingKind, Call, CallId, ExprId, ExprKind, FileFacts, Language, MODULE_SCOPE, Name, Scalar, ScopeId,
};
use crate::finding::{CodeScope, Confidence, Edit, Site};
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;

/// Reports each place that gives such a flag a value that enables it.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let found = program.for_each_file(|file, data| {
        let words = program.catalog().words();
        let hinted = data.facts.names.searched(|texts, from| words.flag_stem(texts, from));
        if hinted.is_empty() {
            return Vec::new();
        }
        let says_mode = |name: &Name| words.is_mode_type(data.facts.text(*name));
        let mode_types = hinted.iter().copied().filter(says_mode).collect();
        let hinted = hinted
            .into_iter()
            .map(|name| (name, words.flag(data.facts.text(name))))
            .collect();
        let mut flags = Flags {
            program,
            file,
            data,
            hinted,
            mode_types,
            found: Vec::new(),
        };
        flags.settings();
        if data.language != Language::Config {
            flags.code();
        }
        flags.found.sort_by_key(|flag| flag.span);
        flags.found.dedup_by_key(|flag| flag.span);
        flags.found
    });
    for flag in found {
        let primary = Site {
            file: flag.file,
            span: flag.span,
        };
        let mut values = vec![("flag", flag.name), ("value", flag.value)];
        let message = match (&flag.comment, flag.kind) {
            (Some(_), _) => "contradicted",
            (None, FlagName::Requires) => "requirement-off",
            (None, FlagName::Skips | FlagName::Mode) => "enabled",
        };
        values.extend(flag.comment.map(|comment| ("comment", comment)));
        let finding = out.add(program, primary, flag.scope, message, values);
        finding.confidence = Confidence::Certain;
        if finding.scope == CodeScope::Test {
            // What is left of test code here is test configuration.
            finding.scope = CodeScope::Config;
        }
        if let Some(key) = flag.key {
            finding.symbol = key;
        }
        let switch = flag.switch.map(|(span, replacement)| Edit {
            site: Site { file: flag.file, span },
            replacement,
        });
        finding.fix.extend(switch);
    }
}

/// A flag that is switched so that authentication is skipped.
struct Flag {
    file: FileId,
    span: Span,
    scope: ScopeId,
    name: String,
    value: String,
    kind: FlagName,
    comment: Option<String>,
    /// In configuration: the whole key.
    key: Option<String>,
    /// The literal that it is given, and what switches it the other way.
    switch: Option<(Span, String)>,
}

struct Flags<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
    /// The names that have a word of flags in them, and what they say if they are flags. No other is one, and most files have none.
    hinted: FxHashMap<Name, Option<FlagName>>,
    /// Those of them that are called like types whose values say how to authenticate.
    mode_types: FxHashSet<Name>,
    found: Vec<Flag>,
}

/// The Cargo features of a manifest that are on by default, and those that they switch on.
fn default_features(facts: &FileFacts) -> FxHashSet<&str> {
    let mut on: FxHashSet<&str> = FxHashSet::default();
    if facts.names.find("features").is_none() {
        return on;
    }
    let mut waiting = vec!["default"];
    while let Some(feature) = waiting.pop() {
        if !on.insert(feature) {
            continue;
        }
        for setting in &facts.config {
            if let Scalar::Text(other) = setting.value
                && let [.., above, last] = facts.path(setting.path)
                && facts.text(*above) == "features"
                && facts.text(*last) == feature
            {
                waiting.push(facts.text(other));
            }
        }
    }
    on
}

/// Whether the mapping that holds the last of some keys is an environment.
fn is_of_environment(facts: &FileFacts, path: &[Name]) -> bool {
    let [.., above, _] = path else { return false };
    matches!(facts.text(*above), "env" | "environment")
}

/// The names in code that are flags, and what they say.
type Interesting = FxHashMap<Name, FlagName>;

impl Flags<'_> {
    fn settings(&mut self) {
        let facts = &self.data.facts;
        let default_features = default_features(facts);
        for (index, setting) in facts.config.iter().enumerate() {
            let path = facts.path(setting.path);
            let Some((last, above)) = path.split_last() else {
                continue;
            };
            let key = || {
                let segments: Vec<&str> = path.iter().map(|segment| facts.text(*segment)).collect();
                Some(segments.join("."))
            };
            let (text, above_text) = (facts.text(*last), above.last().map(|above| facts.text(*above)));
            // A Cargo feature that is on by default, or asked for of a dependency or by a command.
            let asks_for_feature =
                text == "features" || (above_text == Some("features") && default_features.contains(text));
            if let Scalar::Text(feature) = setting.value
                && self.said(feature) == Some(FlagName::Skips)
                && asks_for_feature
            {
                let (name, on) = (facts.text(feature), "on".to_owned());
                self.report(setting.value_span, MODULE_SCOPE, name, on, FlagName::Skips, key());
                continue;
            }
            // `auth: { enabled: false }` says what `auth_enabled: false` says.
            let nests = ["enabled", "disabled", "required", "skip", "bypass", "mode"];
            let (name, kind) = match above_text {
                Some(above) if nests.iter().any(|nested| text.eq_ignore_ascii_case(nested)) => {
                    let name = format!("{above}_{text}");
                    let kind = self.flag(&name);
                    (Cow::Owned(name), kind)
                }
                // `SKIP_AUTH = { value = "1", force = true }`
                Some(above_text) if text == "value" && is_of_environment(facts, above) => {
                    (Cow::Borrowed(above_text), self.flag(above_text))
                }
                _ => (Cow::Borrowed(text), self.said(*last)),
            };
            let Some(kind) = kind else { continue };
            let (value, is_off) = match setting.value {
                Scalar::Truth(truth, _) => (truth.to_string(), enables(kind, Some(truth))),
                Scalar::Text(text) | Scalar::Number(text) => {
                    let text = facts.text(text);
                    let effective = default_of(text);
                    let is_off = match kind {
                        FlagName::Mode => self.words().is_mode_off(effective),
                        FlagName::Skips | FlagName::Requires => enables(kind, self.words().truth(effective)),
                    };
                    (text.to_owned(), is_off)
                }
                Scalar::Nothing => continue,
            };
            if is_off && !(kind == FlagName::Requires && (self.has_path_beside(index) || self.describes_request())) {
                self.report(setting.key_span, MODULE_SCOPE, &name, value, kind, key());
                if kind != FlagName::Mode {
                    self.offer(self.switched_setting(setting));
                }
            }
        }
    }

    fn code(&mut self) {
        let hinted = self.hinted.iter();
        let interesting: Interesting = hinted
            .filter_map(|(name, kind)| Some((*name, (*kind)?)))
            .filter(|(name, _)| self.data.facts.text(*name).len() < 80)
            .collect();
        if !self.mode_types.is_empty() {
            self.modes();
        }
        if interesting.is_empty() {
            return;
        }
        self.calls(&interesting);
        self.bindings(&interesting);
        self.parameters(&interesting);
        self.stores(&interesting);
        self.tables(&interesting);
        if self.data.language == Language::Rust {
            self.pairs(&interesting);
        }
    }

    /// Keyword arguments, defaults of settings that are read, command-line options.
    fn calls(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for (id, call) in facts.numbered_calls() {
            // What a decorator or a route says of itself describes one endpoint.
            let describes = |rule: &Self| {
                let mut values = facts
                    .arguments(call)
                    .iter()
                    .map(|argument| (argument.keyword, argument.value));
                rule.is_decorator(call.expr) || rule.names_a_path(&mut values)
            };
            for argument in facts.arguments(call) {
                if let Some(keyword) = argument.keyword
                    && let Some(kind) = interesting.get(&keyword)
                    && !self.is_local_to_test(call.scope)
                    && !(*kind == FlagName::Requires
                        && (describes(self) || self.is_request(call) || self.makes_router(call)))
                    && !self.only_describes(call.scope)
                    && !self.is_state(self.class_made_by(call), keyword)
                    && !self.sends_request(call, *kind)
                    && !self.renders(call)
                    && !self.is_case_of_test(call)
                    && !self.describes_thing(call, keyword)
                {
                    self.judge(argument.span, call.scope, facts.text(keyword), argument.value);
                    if *kind == FlagName::Requires && self.is_left_out(call.callee, keyword, argument.value) {
                        self.report(
                            argument.span,
                            call.scope,
                            facts.text(keyword),
                            "None".to_owned(),
                            *kind,
                            None,
                        );
                    }
                }
            }
            // A builder: `.skip_auth(true)`.
            if let (ExprKind::Member { object, name }, [argument]) = (facts[call.callee].kind, facts.arguments(call))
                && interesting.contains_key(&name)
                && !self.is_made_of_a_path(object)
                && matches!(facts[argument.value].kind, ExprKind::Truth(_))
                && !self.is_local_to_test(call.scope)
                && !self.is_offered(call.scope)
            {
                let span = facts[call.callee].span.tail(facts.text(name).len());
                self.judge(span, call.scope, facts.text(name), argument.value);
            }
            self.declared_default(id, interesting);
            self.built_option(id, interesting);
        }
    }

    /// `Arg::new("skip-auth").long("skip-auth").default_value("true")`
    fn built_option(&mut self, id: CallId, interesting: &Interesting) {
        let facts = &self.data.facts;
        let call = &facts[id];
        let ExprKind::Member { object, name } = facts[call.callee].kind else {
            return;
        };
        let [default] = facts.arguments(call) else { return };
        if !facts.text(name).starts_with("default_value") {
            return;
        }
        let sites = self.program.sites_in(self.file);
        let Some(site) = sites.iter().find(|site| site.call == Some(id)) else {
            return;
        };
        if self.program.argument(site, "default").is_none() || self.is_local_to_test(call.scope) {
            return;
        }
        let mut at = object;
        while let ExprKind::Call(link) = facts[at].kind {
            if let [named] = facts.arguments(&facts[link])
                && let ExprKind::Text(text) = facts[named.value].kind
                && interesting.contains_key(&text)
            {
                self.judge(facts[named.value].span, call.scope, facts.text(text), default.value);
                return;
            }
            let ExprKind::Member { object, .. } = facts[facts[link].callee].kind else {
                return;
            };
            at = object;
        }
    }

    /// `getenv("SKIP_AUTH", "true")`, `add_argument("--skip-auth", default=True)`, `setdefault("SKIP_AUTH", "1")`.
    fn declared_default(&mut self, call: CallId, interesting: &Interesting) {
        let facts = &self.data.facts;
        let flags = facts.arguments(&facts[call]).iter();
        let mut flags = flags
            .filter_map(|argument| match facts[argument.value].kind {
                // What has spaces tells people about the flag.
                ExprKind::Text(text) if interesting.contains_key(&text) && !facts.text(text).contains(' ') => {
                    Some((facts[argument.value].span, text))
                }
                _ => None,
            })
            .peekable();
        if flags.peek().is_none() {
            return;
        }
        let Some(site) = self
            .program
            .sites_in(self.file)
            .iter()
            .find(|site| site.call == Some(call))
        else {
            return;
        };
        let Some(role) = self.program.entry(site).and_then(|entry| entry.role) else {
            return;
        };
        let value = match role {
            Role::ReadsSetting | Role::DeclaresOption => self
                .program
                .argument(site, "default")
                .or_else(|| self.default_behind(site.expr)),
            Role::WritesSetting => self.program.argument(site, "value"),
            _ => return,
        };
        let Some(value) = value else { return };
        if self.is_local_to_test(site.scope) {
            return;
        }
        for (span, text) in flags {
            // `--require-auth/--no-require-auth` declares both directions of one flag.
            let name = facts.text(text).split('/').next().unwrap_or("");
            self.judge(span, site.scope, name, value);
        }
    }

    /// Assignments and fields of classes.
    fn bindings(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for binding in &facts.bindings {
            let Some(kind) = interesting.get(&binding.name) else {
                continue;
            };
            // `#[arg(default_value_t = true)] skip_auth: bool`
            for decorator in facts.list(binding.decorators) {
                if let ExprKind::Call(call) = facts[*decorator].kind {
                    for argument in facts.arguments(&facts[call]) {
                        let is_default = argument
                            .keyword
                            .is_some_and(|keyword| matches!(facts.text(keyword), "default_value" | "default_value_t"));
                        // `#[serde(default = "function")]`
                        let is_function = argument.keyword.is_some_and(|keyword| facts.text(keyword) == "default");
                        let given = match facts[argument.value].kind {
                            ExprKind::Text(function) if is_function => {
                                self.program.given_by(self.file, facts.text(function))
                            }
                            _ => is_default.then_some(argument.value),
                        };
                        if let Some(value) = given {
                            self.judge(binding.span, binding.scope, facts.text(binding.name), value);
                        }
                    }
                }
            }
            let BindingKind::Value(value) = binding.kind else {
                continue;
            };
            if self.is_local_to_test(binding.scope) || self.reads_flag(value, interesting) {
                continue;
            }
            let describes = match kind {
                FlagName::Requires => {
                    self.is_class_of_endpoint(binding.scope)
                        || self.is_answer(binding.scope)
                        || self.is_class_of_requests(binding.scope)
                }
                FlagName::Mode => self.is_answer(binding.scope) || self.is_told_apart(binding),
                FlagName::Skips => false,
            };
            if describes
                || self.is_column(value)
                || self.is_variant(binding.scope, value)
                || self.is_read_from_answer(binding.scope)
            {
                continue;
            }
            self.judge(binding.span, binding.scope, facts.text(binding.name), value);
        }
    }

    fn parameters(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for function in &facts.functions {
            for parameter in facts.parameters(function) {
                if let Some(default) = parameter.default
                    && let Some(kind) = interesting.get(&parameter.name)
                    && !self.is_local_to_test(function.scope)
                    && !(*kind == FlagName::Requires
                        && (self.logs_in_elsewhere(function) || self.is_of_a_request(function)))
                {
                    self.judge(parameter.span, function.scope, facts.text(parameter.name), default);
                }
            }
        }
    }

    /// `settings.skip_auth = True`, `os.environ["SKIP_AUTH"] = "1"`.
    fn stores(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for store in &facts.stores {
            let Some(value) = store.value else { continue };
            let (name, span, object) = match facts[store.target].kind {
                ExprKind::Member { object, name } => {
                    let span = facts[store.target].span.tail(facts.text(name).len());
                    (name, span, Some(object))
                }
                ExprKind::Index { key, .. } => match facts[key].kind {
                    ExprKind::Text(name) => (name, facts[key].span, None),
                    _ => continue,
                },
                _ => continue,
            };
            let scope = facts[store.block].scope;
            let is_own_state = || {
                let class = self.class_name_around(scope);
                let is_of_requests = class.is_some_and(|class| is_type_of_requests(facts.text(class)));
                let is_own = object.is_some_and(|object| self.is_self(object));
                is_own && (is_of_requests || self.is_state(class, name))
            };
            if interesting.contains_key(&name)
                && !self.is_local_to_test(scope)
                && !self.reads_flag(value, interesting)
                && !is_own_state()
                && !object.is_some_and(|object| self.is_marked_handler(object))
                && !self.is_offered(scope)
            {
                self.judge(span, scope, facts.text(name), value);
            }
        }
    }

    fn tables(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for expr in &facts.exprs {
            let ExprKind::Table(entries) = expr.kind else { continue };
            let named = |(key, value): &(Option<ExprId>, ExprId)| {
                let name = key.and_then(|key| match facts[key].kind {
                    ExprKind::Text(name) => Some((name, facts[key].span)),
                    _ => None,
                });
                (name, *value)
            };
            let entries = facts.entries(entries).iter().map(named);
            let flags = entries.clone().filter_map(|(key, value)| {
                let (name, span) = key.filter(|(name, _)| interesting.contains_key(name))?;
                Some((name, span, value))
            });
            let mut flags = flags.peekable();
            if flags.peek().is_none()
                || self.names_a_path(entries.clone().map(|(key, value)| (key.map(|(name, _)| name), value)))
                || self.stands_behind_a_path(expr.span)
                || self.is_context(expr.span)
                || self.is_answer_of_handler(expr.span)
                || is_table_of_errors(entries.filter_map(|(key, _)| Some(facts.text(key?.0))))
                || (self.data.scope == CodeScope::Test && self.is_in_decorator(expr.span))
            {
                continue;
            }
            let scope = self.scope_at(expr.span);
            if self.is_local_to_test(scope) {
                continue;
            }
            for (name, span, value) in flags {
                if !self.reads_flag(value, interesting) && !self.is_effect_of_option(expr.span, facts.text(name)) {
                    self.judge(span, scope, facts.text(name), value);
                }
            }
        }
    }

    /// `HashMap::from([("SKIP_AUTH", "true")])`, `command.envs([("SKIP_AUTH", "true")])`
    fn pairs(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        let takes_pairs = |call: &&Call| match facts[call.callee].kind {
            ExprKind::Member { object, name } => match facts.text(name) {
                "envs" => true,
                "from" | "from_iter" => matches!(
                    facts[object].kind,
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } if facts.text(name).ends_with("Map")
                ),
                _ => false,
            },
            _ => false,
        };
        for call in facts.calls.iter().filter(takes_pairs) {
            let [argument] = facts.arguments(call) else { continue };
            let ExprKind::Group(pairs) = facts[argument.value].kind else {
                continue;
            };
            for pair in facts.list(pairs) {
                if let ExprKind::Group(parts) = facts[*pair].kind
                    && let [key, value] = *facts.list(parts)
                    && let ExprKind::Text(name) = facts[key].kind
                    && interesting.contains_key(&name)
                    && !self.is_local_to_test(call.scope)
                    && !self.reads_flag(value, interesting)
                {
                    self.judge(facts[key].span, call.scope, facts.text(name), value);
                }
            }
        }
    }

    fn judge(&mut self, span: Span, scope: ScopeId, name: &str, value: ExprId) {
        let Some(kind) = self.flag(name) else { return };
        if kind == FlagName::Mode {
            let off = self.text_of(value).filter(|text| self.words().is_mode_off(text));
            if let Some(text) = off {
                self.report(span, scope, name, text, kind, None);
            } else if let Some(off) = self.mode_off(value) {
                let shown = self.program.written(self.file, off);
                self.report(span, scope, name, shown, kind, None);
            }
            return;
        }
        let truth = self.truth(value, 0);
        // `require_auth=None` leaves the choice to someone else.
        if enables(kind, truth) {
            let shown = match self.data.facts[value].kind {
                ExprKind::Truth(truth) if self.data.language == Language::Rust => truth.to_string(),
                ExprKind::Truth(truth) => if truth { "True" } else { "False" }.to_owned(),
                ExprKind::Text(text) => format!("\"{}\"", self.data.facts.text(text)),
                ExprKind::Number(number) => self.data.facts.text(number).to_owned(),
                _ => if truth == Some(true) { "on" } else { "off" }.to_owned(),
            };
            self.report(span, scope, name, shown, kind, None);
            self.offer(self.switched_literal(value));
        }
    }

    fn flag(&self, name: &str) -> Option<FlagName> {
        self.words().flag(name)
    }

    /// The same of one of the file's names.
    fn said(&self, name: Name) -> Option<FlagName> {
        self.hinted.get(&name).copied().flatten()
    }

    fn words(&self) -> &crate::catalog::Words {
        self.program.catalog().words()
    }

    fn scope_at(&self, span: Span) -> ScopeId {
        self.program.scope_at(self.file, span).unwrap_or(MODULE_SCOPE)
    }

    fn report(&mut self, span: Span, scope: ScopeId, name: &str, value: String, kind: FlagName, key: Option<String>) {
        let facts = &self.data.facts;
        let comment = facts.comments.iter().find(|comment| {
            comment.beside.contains(span)
                && self
                    .words()
                    .demands_authentication(strip_marks(facts.text(comment.text)))
        });
        let comment = comment.map(|comment| strip_marks(facts.text(comment.text)).trim().to_owned());
        self.found.push(Flag {
            file: self.file,
            span,
            scope,
            name: name.to_owned(),
            value,
            kind,
            comment,
            key,
            switch: None,
        });
    }

    /// Notes how the flag that was reported last is switched the other way, if its value is a literal that says so itself.
    fn offer(&mut self, switch: Option<(Span, String)>) {
        if let Some(flag) = self.found.last_mut() {
            flag.switch = switch;
        }
    }
}

/// Whether keys of a table are the codes of errors: `{"FORBIDDEN": False, "AUTHENTICATION_REQUIRED": False}`.
fn is_table_of_errors<'t>(mut keys: impl Iterator<Item = &'t str>) -> bool {
    let ends = ["FORBIDDEN", "NOT_FOUND", "UNAUTHORIZED", "_ERROR", "_FAILED"];
    keys.any(|key| ends.iter().any(|end| key.ends_with(end)))
}

/// What a comment says before another comment begins in it: `requires auth  # noqa`.
fn strip_marks(comment: &str) -> &str {
    comment.split(" #").next().unwrap_or(comment)
}

/// The default of an interpolation: `${SKIP_AUTH:-true}` is `true` where nothing is set.
fn default_of(text: &str) -> &str {
    text.strip_prefix("${")
        .and_then(|inner| inner.strip_suffix('}'))
        .and_then(|inner| inner.split_once(":-").or_else(|| inner.split_once('-')))
        .map_or(text, |(_, default)| default)
}

fn enables(kind: FlagName, truth: Option<bool>) -> bool {
    match kind {
        FlagName::Skips => truth == Some(true),
        FlagName::Requires => truth == Some(false),
        FlagName::Mode => false,
    }
}
