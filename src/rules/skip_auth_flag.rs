//! Flags that switch authentication off, where they are switched.

use super::Findings;
use crate::catalog::{FlagName, Role};
use crate::facts::{
    Binding, BindingKind, Call, CallId, Comparison, ExprId, ExprKind, FileFacts, Function, How, Language, MODULE_SCOPE,
    Name, Scalar, ScopeId, ScopeKind, Setting,
};
use crate::finding::{CodeScope, Confidence, Edit, Site};
use crate::program::{Origin, Program, ProgramFile, Surface};
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

/// What declares a column of a table.
const COLUMNS: &[&str] = &["BooleanField", "Column", "NullBooleanField", "mapped_column"];

/// The names in code that are flags, and what they say.
type Interesting = FxHashMap<Name, FlagName>;

impl Flags<'_> {
    // Configuration

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
            if is_off && !(kind == FlagName::Requires && self.has_path_beside(index)) {
                self.report(setting.key_span, MODULE_SCOPE, &name, value, kind, key());
                if kind != FlagName::Mode {
                    self.offer(self.switched_setting(setting));
                }
            }
        }
    }

    /// Whether the mapping that holds a setting names an endpoint's path: then it describes that endpoint.
    fn has_path_beside(&self, index: usize) -> bool {
        let facts = &self.data.facts;
        let keys = |setting: &Setting| facts.path(setting.path).to_vec();
        let own = keys(&facts.config[index]);
        let is_neighbour = |setting: &&Setting| {
            let path = keys(setting);
            path.len() == own.len() && path[..path.len() - 1] == own[..own.len() - 1] && path != own
        };
        let is_path = |setting: &Setting| {
            let name = keys(setting).last().map_or("", |name| facts.text(*name));
            is_path_name(name) && matches!(setting.value, Scalar::Text(text) if facts.text(text).starts_with('/'))
        };
        let (before, behind) = (&facts.config[..index], &facts.config[index + 1..]);
        before.iter().rev().take_while(is_neighbour).any(is_path) || behind.iter().take_while(is_neighbour).any(is_path)
    }

    // Code

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
                    && !(*kind == FlagName::Requires && describes(self))
                    && !self.is_state(self.class_made_by(call), keyword)
                    && !(*kind == FlagName::Skips && self.sends_request(call))
                    && !self.renders(call)
                    && !self.is_case_of_test(call)
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

    /// Whether a call sends a request: `self.request("post", url, skip_auth=True)` leaves out credentials of its own.
    fn sends_request(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        matches!(facts[call.callee].kind, ExprKind::Member { name, .. } if facts.text(name) == "request")
    }

    /// Whether a call fills a template: what it is told decides what a page shows.
    fn renders(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name).starts_with("render"),
            _ => false,
        }
    }

    /// Whether a call of test code builds one of a list of cases, or a mapping: that configures nothing.
    fn is_case_of_test(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        let place = facts[call.expr].span;
        self.program.code_scope(self.file, call.scope) == CodeScope::Test
            && facts
                .exprs
                .iter()
                .any(|expr| matches!(expr.kind, ExprKind::Group(_)) && expr.span.contains(place))
    }

    /// `getenv("SKIP_AUTH", "true")`, `add_argument("--skip-auth", default=True)`, `setdefault("SKIP_AUTH", "1")`.
    fn declared_default(&mut self, call: CallId, interesting: &Interesting) {
        let facts = &self.data.facts;
        let flags = facts.arguments(&facts[call]).iter();
        let mut flags = flags
            .filter_map(|argument| match facts[argument.value].kind {
                ExprKind::Text(text) if interesting.contains_key(&text) => Some((facts[argument.value].span, text)),
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

    /// What a read comes to where nothing is set: `env::var("SKIP_AUTH").unwrap_or("true")`.
    fn default_behind(&self, read: ExprId) -> Option<ExprId> {
        let facts = &self.data.facts;
        let place = facts[read].span;
        // What a closure makes of the value: `.map_or(true, |value| value == "true")`.
        let is_bound = |name: Name, scope: ScopeId, place: Span| {
            let before = facts.bindings_of(scope, name).iter();
            let before = before.filter(|binding| binding.span.start <= place.start);
            let nearest = before.max_by_key(|binding| binding.span.start);
            nearest.is_some_and(|binding| matches!(binding.kind, BindingKind::Value(value) if value == read))
        };
        let is_made_of_it = |made: Span| {
            facts.exprs.iter().any(
                |expr| matches!(expr.kind, ExprKind::Name { name, scope } if made.contains(expr.span) && is_bound(name, scope, expr.span)),
            )
        };
        facts.exprs.iter().find_map(|expr| match expr.kind {
            // `match env::var("REQUIRE_AUTH") { Ok(value) => value == "true", Err(_) => false }`
            ExprKind::Choice {
                options,
                how: How::ByCondition,
            } if self.data.language == Language::Rust => match facts.list(options) {
                [first, second, asked] if *asked == read => {
                    match (is_made_of_it(facts[*first].span), is_made_of_it(facts[*second].span)) {
                        (true, false) => Some(*second),
                        (false, true) => Some(*first),
                        _ => None,
                    }
                }
                _ => None,
            },
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => match facts.list(options) {
                [first, .., last]
                    if facts[*last].kind != ExprKind::Nothing
                        && !facts[*last].span.contains(place)
                        && (facts[*first].span.contains(place) || is_made_of_it(facts[*first].span)) =>
                {
                    Some(*last)
                }
                _ => None,
            },
            _ => None,
        })
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
                FlagName::Requires => self.is_class_of_endpoint(binding.scope) || self.is_answer(binding.scope),
                FlagName::Mode => self.is_answer(binding.scope) || self.is_told_apart(binding),
                FlagName::Skips => false,
            };
            if describes || self.is_column(value) {
                continue;
            }
            self.judge(binding.span, binding.scope, facts.text(binding.name), value);
        }
    }

    /// Whether a local name gets several modes, as it turns out: `if accounts: mode = "enabled"` and `else: mode = "disabled"`. That
    /// tells how the service is set.
    fn is_told_apart(&self, binding: &Binding) -> bool {
        let facts = &self.data.facts;
        let is_on = |other: &Binding| match other.kind {
            BindingKind::Value(value) if other.block != binding.block => {
                let mode = self.text_of(value);
                mode.is_some_and(|mode| !self.words().is_mode_off(&mode))
            }
            _ => false,
        };
        let is_local = facts.function_around(binding.scope).is_some();
        is_local && facts.bindings_of(binding.scope, binding.name).iter().any(is_on)
    }

    /// Whether a value declares a column of a table: what a record begins with sets nothing for the system.
    fn is_column(&self, value: ExprId) -> bool {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => COLUMNS.contains(&facts.text(name)),
                _ => false,
            },
            _ => false,
        }
    }

    fn parameters(&mut self, interesting: &Interesting) {
        let facts = &self.data.facts;
        for function in &facts.functions {
            for parameter in facts.parameters(function) {
                if let Some(default) = parameter.default
                    && let Some(kind) = interesting.get(&parameter.name)
                    && !self.is_local_to_test(function.scope)
                    && !(*kind == FlagName::Requires && self.logs_in_elsewhere(function))
                {
                    self.judge(parameter.span, function.scope, facts.text(parameter.name), default);
                }
            }
        }
    }

    /// Whether a function is given a password by which it makes itself known to another system: `send(host, username, password,
    /// require_auth=False)`.
    fn logs_in_elsewhere(&self, function: &Function) -> bool {
        let facts = &self.data.facts;
        let has = |is_meant: &dyn Fn(&str) -> bool| {
            facts
                .parameters(function)
                .iter()
                .any(|parameter| is_meant(facts.text(parameter.name)))
        };
        has(&|name| self.words().is_certainly_secret(name))
            && has(&|name| name.contains("host") || name.contains("user"))
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
                let is_own = object.is_some_and(|object| self.is_self(object));
                is_own && self.is_state(self.class_name_around(scope), name)
            };
            if interesting.contains_key(&name)
                && !self.is_local_to_test(scope)
                && !self.reads_flag(value, interesting)
                && !is_own_state()
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
                || self.names_a_path(entries.map(|(key, value)| (key.map(|(name, _)| name), value)))
                || self.stands_behind_a_path(expr.span)
                || self.is_context(expr.span)
                || self.is_answer_of_handler(expr.span)
                || (self.data.scope == CodeScope::Test && self.is_in_decorator(expr.span))
            {
                continue;
            }
            let scope = self.scope_at(expr.span);
            if self.is_local_to_test(scope) {
                continue;
            }
            for (name, span, value) in flags {
                if !self.reads_flag(value, interesting) {
                    self.judge(span, scope, facts.text(name), value);
                }
            }
        }
    }

    /// Whether a table is an element of a group that begins with an endpoint's path: `("/status", Handler, {"skip_auth": True})`.
    fn stands_behind_a_path(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        facts.exprs.iter().any(|expr| {
            let ExprKind::Group(elements) = expr.kind else {
                return false;
            };
            let [first, others @ ..] = facts.list(elements) else {
                return false;
            };
            let is_path = matches!(facts[*first].kind, ExprKind::Text(text) if facts.text(text).starts_with('/'));
            is_path && others.iter().any(|other| facts[*other].span == table)
        })
    }

    /// Whether a table is what a handler answers: it says how the service is set, and sets nothing.
    fn is_answer_of_handler(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        let returned = facts
            .returns
            .iter()
            .filter(|returned| returned.value.is_some_and(|value| facts[value].span == table));
        let entries = self.program.entry_points();
        returned.into_iter().any(|returned| {
            let function = (self.file, returned.function);
            let mut entries = entries.iter().filter(|entry| entry.function == function);
            entries.any(|entry| matches!(entry.surface, Surface::Http | Surface::Websocket))
        })
    }

    /// Whether a table is what one call is told of its circumstances: `context = {"ignore_auth": True, "user": name}`. The code
    /// that calls vouches for that call; nothing is set for others.
    fn is_context(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        let is_context = |name: Name| matches!(facts.text(name), "context" | "ctx");
        let is_bound = facts.bindings.iter().any(|binding| {
            matches!(binding.kind, BindingKind::Value(value) if facts[value].span == table)
                && is_context(binding.name)
                && facts.function_around(binding.scope).is_some()
        });
        let mut arguments = facts.calls.iter().flat_map(|call| facts.arguments(call));
        is_bound
            || arguments.any(|argument| argument.keyword.is_some_and(is_context) && facts[argument.value].span == table)
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

    // Values that say how to authenticate

    /// `mode: AuthMode::Disabled`, whatever name it is given to.
    fn modes(&mut self) {
        let facts = &self.data.facts;
        for binding in &facts.bindings {
            match binding.kind {
                BindingKind::Value(value) => self.mode(binding.span, binding.scope, binding.name, value),
                BindingKind::Declared => self.default_variant(binding),
                _ => {}
            }
        }
        for call in &facts.calls {
            for argument in facts.arguments(call) {
                if let Some(keyword) = argument.keyword {
                    self.mode(argument.span, call.scope, keyword, argument.value);
                }
            }
            // A builder: `.auth_mode(AuthMode::Disabled)`.
            if let (ExprKind::Member { name, .. }, [argument]) = (facts[call.callee].kind, facts.arguments(call))
                && (self.mode_types.contains(&name) || self.said(name) == Some(FlagName::Mode))
            {
                let span = facts[call.callee].span.tail(facts.text(name).len());
                self.mode(span, call.scope, name, argument.value);
            }
        }
        for store in &facts.stores {
            if let (ExprKind::Member { name, .. }, Some(value)) = (facts[store.target].kind, store.value) {
                let span = facts[store.target].span.tail(facts.text(name).len());
                self.mode(span, facts[store.block].scope, name, value);
            }
        }
        for function in &facts.functions {
            for parameter in facts.parameters(function) {
                if let Some(default) = parameter.default {
                    self.mode(parameter.span, function.scope, parameter.name, default);
                }
            }
        }
        // `impl Default for AuthMode`
        for returned in &facts.returns {
            let function = &facts[returned.function];
            if let (Some(value), Some(name)) = (returned.value, function.name)
                && facts.text(name) == "default"
            {
                self.mode(facts[value].span, function.scope, name, value);
            }
        }
    }

    fn mode(&mut self, span: Span, scope: ScopeId, name: Name, value: ExprId) {
        if let Some(off) = self.mode_off(value)
            && !self.is_local_to_test(scope)
        {
            let shown = self.program.written(self.file, off);
            self.report(span, scope, self.data.facts.text(name), shown, FlagName::Mode, None);
        }
    }

    /// `enum AuthMode { #[default] Disabled }`
    fn default_variant(&mut self, variant: &Binding) {
        let facts = &self.data.facts;
        let ScopeKind::Class(class) = facts[variant.scope].kind else {
            return;
        };
        let class = facts[class].name;
        let says_default = |decorator: &ExprId| matches!(facts[*decorator].kind, ExprKind::Name { name, .. } if facts.text(name) == "default");
        let value = facts.text(variant.name);
        if self.mode_types.contains(&class)
            && facts.list(variant.decorators).iter().any(says_default)
            && self.words().is_mode_value_off(facts.text(class), value)
        {
            let (name, value) = (facts.text(class), value.to_owned());
            self.report(variant.span, variant.scope, name, value, FlagName::Mode, None);
        }
    }

    /// The value of such a type that `value` is, or is where nothing else is there, if it means that nothing is authenticated.
    fn mode_off(&self, value: ExprId) -> Option<ExprId> {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Through(inner) => self.mode_off(inner),
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => self.mode_off(*facts.list(options).last()?),
            ExprKind::Member { object, name } => {
                let of = match facts[object].kind {
                    ExprKind::Name { name, scope } if facts.text(name) == "Self" => self.class_name_around(scope)?,
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => name,
                    _ => return None,
                };
                let is_type = self.mode_types.contains(&of) && facts.text(of).starts_with(char::is_uppercase);
                let is_off = is_type && self.words().is_mode_value_off(facts.text(of), facts.text(name));
                is_off.then_some(value)
            }
            _ => None,
        }
    }

    /// Whether a field that holds what is required is left empty: `enforce_auth: None`. (Where it may hold a truth value, nothing
    /// leaves the choice to someone else.)
    fn is_left_out(&self, class: ExprId, field: Name, value: ExprId) -> bool {
        let facts = &self.data.facts;
        if self.data.language != Language::Rust || facts[value].kind != ExprKind::Nothing {
            return false;
        }
        let classes = self.program.values(self.file, class).into_iter();
        let mut declared = classes.filter_map(|value| match value.origin {
            Origin::Class((file, class)) => {
                let of = &self.program[file].facts;
                let field = of.names.find(facts.text(field))?;
                let field = of.bindings_of(of[class].scope, field).first()?;
                Some((of, field.annotation?))
            }
            _ => None,
        });
        declared.any(|(of, annotation)| match of[annotation].kind {
            ExprKind::Index { key, .. } => {
                !matches!(of[key].kind, ExprKind::Name { name, .. } if of.text(name) == "bool")
            }
            _ => false,
        })
    }

    // Judging

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

    /// Whether a value switches a flag on or off, if it is known.
    fn truth(&self, value: ExprId, depth: u32) -> Option<bool> {
        let facts = &self.data.facts;
        if depth > 6 {
            return None;
        }
        match facts[value].kind {
            ExprKind::Truth(truth) => Some(truth),
            ExprKind::Text(text) => self.words().truth(facts.text(text)),
            // Rust has no truth of numbers: a constant that is 1 is a code of some protocol.
            ExprKind::Number(_) if self.data.language == Language::Rust => None,
            ExprKind::Number(number) => self.words().truth(facts.text(number)),
            ExprKind::Not(inner) => self.truth(inner, depth + 1).map(|truth| !truth),
            ExprKind::Compare { operator, left, right } => {
                let (left, right) = (self.text_of(left)?.to_lowercase(), self.text_of(right));
                let equal = match (right, facts[right_of(facts, value)?].kind) {
                    (Some(right), _) => left == right.to_lowercase(),
                    (None, ExprKind::Group(options)) => facts.list(options).iter().any(|option| {
                        matches!(facts[*option].kind, ExprKind::Text(text) if facts.text(text).to_lowercase() == left)
                    }),
                    _ => return None,
                };
                match operator {
                    Comparison::Equal | Comparison::In => Some(equal),
                    Comparison::NotEqual | Comparison::NotIn => Some(!equal),
                    Comparison::Order => None,
                }
            }
            ExprKind::Call(call) => {
                if let Some(default) = self.default_of_call(call) {
                    return self.truth(default, depth + 1);
                }
                match facts.arguments(&facts[call]) {
                    [argument] if argument.keyword.is_none() => self.truth(argument.value, depth + 1),
                    [] => match facts[facts[call].callee].kind {
                        ExprKind::Member { object, .. } => self.truth(object, depth + 1),
                        _ => None,
                    },
                    _ => None,
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                let values = self.program.values(self.file, value);
                match values[..] {
                    [only] => match only.origin {
                        Origin::Written(file, expr) if file == self.file && expr != value => {
                            self.truth(expr, depth + 1)
                        }
                        Origin::Written(file, expr) => match self.program[file].facts[expr].kind {
                            ExprKind::Truth(truth) => Some(truth),
                            _ => None,
                        },
                        _ => None,
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The default of a setting's read or of a field's declaration.
    fn default_of_call(&self, call: CallId) -> Option<ExprId> {
        let facts = &self.data.facts;
        let site = self
            .program
            .sites_in(self.file)
            .iter()
            .find(|site| site.call == Some(call));
        if let Some(site) = site
            && let Some(default) = self.program.argument(site, "default")
        {
            return Some(default);
        }
        let named = facts
            .arguments(&facts[call])
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == "default"));
        named.map(|argument| argument.value)
    }

    /// The text a value is, its default if it is read, string methods looked through.
    fn text_of(&self, value: ExprId) -> Option<String> {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Text(text) => Some(facts.text(text).to_owned()),
            ExprKind::Call(call) => match self.default_of_call(call) {
                Some(default) => self.text_of(default),
                None => match facts[facts[call].callee].kind {
                    ExprKind::Member { object, .. } => self.text_of(object),
                    _ => None,
                },
            },
            ExprKind::Name { .. } => self
                .program
                .texts(self.file, value)
                .into_iter()
                .next()
                .map(|text| text.text),
            _ => None,
        }
    }

    /// Whether a value comes from a setting that is itself a flag: then the place to report is its default, there.
    fn reads_flag(&self, value: ExprId, interesting: &Interesting) -> bool {
        let facts = &self.data.facts;
        let span = facts[value].span;
        self.program.sites_in(self.file).iter().any(|site| {
            span.contains(facts[site.expr].span)
                && self
                    .program
                    .entry(site)
                    .is_some_and(|entry| matches!(entry.role, Some(Role::ReadsSetting | Role::DeclaresOption)))
                && self.program.argument(site, "name").is_some_and(
                    |name| matches!(facts[name].kind, ExprKind::Text(text) if interesting.contains_key(&text)),
                )
        })
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

    /// Locals and call arguments of test functions configure nothing.
    fn is_local_to_test(&self, scope: ScopeId) -> bool {
        self.program.code_scope(self.file, scope) == CodeScope::Test && self.data.facts.function_around(scope).is_some()
    }

    /// Whether named values describe one endpoint: one of them is its path.
    fn names_a_path(&self, mut values: impl Iterator<Item = (Option<Name>, ExprId)>) -> bool {
        let facts = &self.data.facts;
        values.any(|(name, value)| {
            let is_path_name = name.is_none_or(|name| is_path_name(facts.text(name)));
            is_path_name
                && match facts[value].kind {
                    ExprKind::Text(text) => facts.text(text).starts_with('/'),
                    // A path that is put together says by its name what it is.
                    ExprKind::Template(_) => name.is_some(),
                    _ => false,
                }
        })
    }

    /// `Route::new("/version")`, and what is chained behind it.
    fn is_made_of_a_path(&self, object: ExprId) -> bool {
        let facts = &self.data.facts;
        match facts[object].kind {
            ExprKind::Call(call) => {
                let call = &facts[call];
                self.names_a_path(
                    facts
                        .arguments(call)
                        .iter()
                        .map(|argument| (argument.keyword, argument.value)),
                ) || self.is_made_of_a_path(call.callee)
            }
            ExprKind::Member { object, .. } => self.is_made_of_a_path(object),
            _ => false,
        }
    }

    fn is_class_of_endpoint(&self, scope: ScopeId) -> bool {
        let values = self
            .data
            .facts
            .bindings_in(scope)
            .iter()
            .filter_map(|binding| match binding.kind {
                BindingKind::Value(value) => Some((Some(binding.name), value)),
                _ => None,
            });
        matches!(self.data.facts[scope].kind, ScopeKind::Class(_)) && self.names_a_path(values)
    }

    /// Whether a scope is a class whose instances are answers of the service: they say how it is set, and set nothing.
    fn is_answer(&self, scope: ScopeId) -> bool {
        let ScopeKind::Class(class) = self.data.facts[scope].kind else {
            return false;
        };
        let class = self.data.facts.text(self.data.facts[class].name);
        self.program.files().any(|(_, data)| {
            let facts = &data.facts;
            let Some(keyword) = facts.names.find("response_model") else {
                return false;
            };
            let mut arguments = facts.calls.iter().flat_map(|call| facts.arguments(call));
            arguments.any(|argument| {
                let is_class = |name: Name| facts.text(name) == class;
                argument.keyword == Some(keyword)
                    && match facts[argument.value].kind {
                        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => is_class(name),
                        _ => false,
                    }
            })
        })
    }

    /// Whether a requirement that a class starts without is one that its own methods switch on as they go: what an object has come
    /// to know, and nothing that anybody set. (A method that takes the value as its parameter sets it for somebody.)
    fn is_state(&self, class: Option<Name>, field: Name) -> bool {
        let facts = &self.data.facts;
        class.is_some()
            && self.said(field) == Some(FlagName::Requires)
            && facts.stores.iter().any(|store| {
                matches!(facts[store.target].kind, ExprKind::Member { object, name } if name == field && self.is_self(object))
                    && store.value.is_some_and(|value| facts[value].kind == ExprKind::Truth(true))
                    && self.class_name_around(facts[store.block].scope) == class
            })
    }

    fn is_self(&self, object: ExprId) -> bool {
        let facts = &self.data.facts;
        matches!(facts[object].kind, ExprKind::Name { name, .. } if facts.text(name) == "self")
    }

    /// The class whose instance one of its own methods makes: `Self { … }`, `Type { … }`.
    fn class_made_by(&self, call: &Call) -> Option<Name> {
        let facts = &self.data.facts;
        let class = self.class_name_around(call.scope)?;
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } if name == class || facts.text(name) == "Self" => Some(class),
            _ => None,
        }
    }

    /// The name of the class whose method `scope` is part of.
    fn class_name_around(&self, scope: ScopeId) -> Option<Name> {
        let facts = &self.data.facts;
        let mut function = facts.function_around(scope)?;
        loop {
            if let Some(class) = facts[function].class {
                return Some(facts[class].name);
            }
            function = facts.function_around(facts[function].parent)?;
        }
    }

    fn is_in_decorator(&self, span: Span) -> bool {
        let facts = &self.data.facts;
        facts.functions.iter().any(|function| {
            facts
                .list(function.decorators)
                .iter()
                .any(|decorator| facts[*decorator].span.contains(span))
        })
    }

    fn is_decorator(&self, expr: ExprId) -> bool {
        let facts = &self.data.facts;
        let of_functions = facts.functions.iter().map(|function| function.decorators);
        let of_classes = facts.classes.iter().map(|class| class.decorators);
        of_functions
            .chain(of_classes)
            .any(|decorators| facts.list(decorators).contains(&expr))
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

    fn switched_literal(&self, value: ExprId) -> Option<(Span, String)> {
        let facts = &self.data.facts;
        let span = facts[value].span;
        match facts[value].kind {
            ExprKind::Truth(truth) if self.data.language == Language::Rust => Some((span, (!truth).to_string())),
            ExprKind::Truth(truth) => Some((span, if truth { "False" } else { "True" }.to_owned())),
            ExprKind::Text(text) | ExprKind::Number(text) => self.switched_text(span, facts.text(text)),
            _ => None,
        }
    }

    fn switched_setting(&self, setting: &Setting) -> Option<(Span, String)> {
        match setting.value {
            Scalar::Text(text) | Scalar::Number(text) | Scalar::Truth(_, text) if setting.is_verbatim => {
                self.switched_text(setting.value_span, self.data.facts.text(text))
            }
            _ => None,
        }
    }

    /// The part of a text that switches, where it stands in the file just as it reads: by itself or between two quotes.
    fn switched_text(&self, span: Span, text: &str) -> Option<(Span, String)> {
        let quote = match length(span).checked_sub(text.len())? {
            0 => 0,
            2 => 1,
            _ => return None,
        };
        let default = default_of(text);
        // The default of an interpolation stands before its closing brace.
        let behind = usize::from(default.len() < text.len()) + quote;
        let end = span.end - u32::try_from(behind).ok()?;
        let start = end.checked_sub(u32::try_from(default.len()).ok()?)?;
        Some((Span::new(start, end), self.words().opposite(default)?))
    }
}

fn length(span: Span) -> usize {
    (span.end - span.start) as usize
}

/// Whether what is called so is an endpoint's path.
fn is_path_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "path" | "url" | "route" | "endpoint" | "pattern" | "rule"
    )
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

fn right_of(facts: &FileFacts, compare: ExprId) -> Option<ExprId> {
    match facts[compare].kind {
        ExprKind::Compare { right, .. } => Some(right),
        _ => None,
    }
}
