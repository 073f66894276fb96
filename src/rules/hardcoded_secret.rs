//! Literals of the code that are keys or that a secret's name stands for.

use super::{Findings, is_for_tests};
use crate::catalog::Role;
use crate::facts::{
    Binding, BindingKind, BlockKind, Comparison, Expr, ExprId, ExprKind, Language, MODULE_SCOPE, ScopeId,
};
use crate::finding::{Confidence, Site, Step};
use crate::program::{KeySource, Outcome, Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Reports each such literal once: as the key of a call where it is one, else by the name it is bound to.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut reported: FxHashSet<Site> = FxHashSet::default();
    for key in program.signing_keys() {
        let (file, expr, message) = match key.source {
            KeySource::Literal { file, expr, is_hashed } => {
                (file, expr, if is_hashed { "signing-derived" } else { "signing" })
            }
            KeySource::Embedded { file, expr, .. } if key.signs || program.secret_read_at(file, expr).is_some() => {
                (file, expr, "embedded")
            }
            KeySource::Embedded { .. } | KeySource::Secret(_) => continue,
        };
        if is_benchmark(&program[file].path) {
            continue;
        }
        let facts = &program[file].facts;
        // `pbkdf2_hmac("sha256", password or "", …)`: a hash of nothing is no key either.
        let can_be = |text: String| match message {
            "signing" => can_be_key(program, &text),
            "signing-derived" => !text.is_empty(),
            _ => true,
        };
        if !literal_text(program, file, expr).is_none_or(can_be) {
            continue;
        }
        let primary = Site {
            file,
            span: facts[expr].span,
        };
        let Some(scope) = program.scope_at(file, primary.span) else {
            continue;
        };
        if !reported.insert(primary) {
            continue;
        }
        // The call may stand elsewhere; another one of several may be found first when code moves.
        let mut values = vec![("user", key.call.clone())];
        if let KeySource::Embedded { path, .. } = key.source {
            values = vec![("name", path)];
        }
        let finding = out.add(program, primary, scope, message, values);
        finding.confidence = key.confidence;
        finding.trail.extend(key.trail);
        let at = program.scope_at(key.site.file, key.site.span).unwrap_or(scope);
        finding.related.push(Step {
            site: key.site,
            symbol: program.symbol(key.site.file, at),
            note: "is the key here".to_owned(),
        });
    }
    let named = program.for_each_file(|file, data| match data.language {
        Language::Config => Vec::new(),
        _ if program.catalog().words().is_file_of_texts(&data.path) => Vec::new(),
        _ => Literals { program, file, data }.all(),
    });
    for literal in named {
        if reported.insert(literal.primary) {
            let message = match literal.kind {
                Kind::Literal => "named",
                Kind::Derived => "derived",
                Kind::Embedded => "embedded",
            };
            let values = vec![("name", literal.name)];
            let finding = out.add(program, literal.primary, literal.scope, message, values);
            finding.confidence = Confidence::Certain;
        }
    }
}

/// What a literal reads, be it of one piece or of several.
fn literal_text(program: &Program<'_>, file: FileId, expr: ExprId) -> Option<String> {
    match program[file].facts[expr].kind {
        // What it reads may look like a pattern for several.
        ExprKind::Text(text) => Some(program[file].facts.text(text).to_owned()),
        ExprKind::Template(_) => program.texts(file, expr).into_iter().next().map(|text| text.text),
        _ => None,
    }
}

/// Whether a text can be a secret key: there is one, and it is no public key.
fn can_be_key(program: &Program<'_>, text: &str) -> bool {
    let is_public = text.contains("-BEGIN ") && !text.contains("PRIVATE");
    let is_key_set = text.trim_start().starts_with('{') || text.contains("://");
    // `--passphrase-fd`, but not `-----BEGIN …`
    let is_option = text.starts_with("--") && !text.starts_with("---");
    !is_public && !is_key_set && !is_option && !program.catalog().words().means_nothing(text)
}

/// What examples are called.
const EXAMPLES: &[&str] = &[
    "description_placeholders",
    "example",
    "examples",
    "json_schema_extra",
    "openapi_examples",
    "placeholders",
];

/// Whether a file measures how fast something is: its keys protect nothing.
fn is_benchmark(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| folder == "benches")
}

/// A literal that a secret's name stands for.
struct NamedLiteral {
    primary: Site,
    scope: ScopeId,
    name: String,
    kind: Kind,
    /// The call or the table that it is handed on in, which may show it as an example.
    around: Option<Span>,
}

/// How what a secret's name stands for is known from the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It stands there.
    Literal,
    /// It is computed from what stands there.
    Derived,
    /// It is a file that is compiled into the program.
    Embedded,
}

struct Literals<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
}

/// A literal, and whether a value is derived from it.
#[derive(Clone, Copy)]
struct Literal {
    expr: ExprId,
    is_derived: bool,
}

impl<'p> Literals<'p> {
    fn all(&self) -> Vec<NamedLiteral> {
        let mut found: Vec<NamedLiteral> = Vec::new();
        self.bound(&mut found);
        self.stored(&mut found);
        self.passed(&mut found);
        self.in_tables(&mut found);
        if found.iter().any(|literal| literal.around.is_some()) {
            let examples = self.examples();
            let is_shown = |place: Span| examples.iter().any(|example| example.contains(place));
            found.retain(|literal| !literal.around.is_some_and(is_shown));
        }
        found.sort_by_key(|literal| literal.primary);
        found
    }

    /// Assignments, fields, constants, defaults of parameters.
    fn bound(&self, out: &mut Vec<NamedLiteral>) {
        let facts = &self.data.facts;
        for binding in &facts.bindings {
            if let BindingKind::Value(value) = binding.kind {
                let before = out.len();
                self.judge(facts.text(binding.name), value, binding.scope, out);
                if out.len() > before && (self.is_only_compared(binding) || self.is_only_key(binding)) {
                    out.truncate(before);
                }
            }
        }
        for function in &facts.functions {
            for parameter in facts.parameters(function) {
                if let Some(default) = parameter.default {
                    self.judge(facts.text(parameter.name), default, function.scope, out);
                }
            }
        }
    }

    /// `self.jwt_secret = …`, `os.environ["JWT_SECRET"] = …`, `config["secret_key"] = …`
    fn stored(&self, out: &mut Vec<NamedLiteral>) {
        let facts = &self.data.facts;
        for store in &facts.stores {
            let name = match facts[store.target].kind {
                ExprKind::Member { name, .. } => facts.text(name),
                ExprKind::Index { key, .. } => match facts[key].kind {
                    ExprKind::Text(name) => facts.text(name),
                    _ => continue,
                },
                _ => continue,
            };
            // `self.api_key = "none"`, `options["apiKey"] = "none"`: the same as what a library is handed. (What is written to the
            // environment is judged as such.)
            let is_setting = match facts[store.target].kind {
                ExprKind::Index { object, .. } => self.is_environment(object),
                _ => false,
            };
            if let Some(value) = store.value
                && (is_setting || !self.is_made_up_key(name, value))
            {
                self.judge(name, value, facts[store.block].scope, out);
            }
        }
    }

    /// Whether a mapping is the environment, or is called like what settings are looked up in: `os.environ`, `app.config`.
    fn is_environment(&self, object: ExprId) -> bool {
        let facts = &self.data.facts;
        match facts[object].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                self.program.catalog().words().is_looked_up_by_name(facts.text(name))
            }
            _ => false,
        }
    }

    /// Whether a constant of the module is only compared with: `if secret == DEFAULT_SECRET: raise …`.
    fn is_only_compared(&self, constant: &Binding) -> bool {
        let facts = &self.data.facts;
        let is_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { name, .. } if name == constant.name);
        let comparisons = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Compare { operator, left, right } => {
                let side = [left, right].into_iter().find(|side| is_it(*side))?;
                Some((expr.span, operator, facts[side].span))
            }
            _ => None,
        });
        let comparisons: Vec<(Span, Comparison, Span)> = comparisons.collect();
        let compared: Vec<Span> = comparisons.iter().map(|(_, _, side)| *side).collect();
        let name = facts.text(constant.name);
        constant.scope == MODULE_SCOPE
            && !compared.is_empty()
            && !comparisons
                .iter()
                .any(|(place, operator, _)| self.is_demanded(*place, *operator))
            && facts.exprs.iter().all(|expr| {
                let is_it = matches!(expr.kind, ExprKind::Name { name, .. } if name == constant.name);
                !is_it || expr.span == constant.span || compared.contains(&expr.span)
            })
            && !self
                .program
                .files()
                .any(|(file, other)| file != self.file && other.facts.names.find(name).is_some())
    }

    /// Whether a comparison refuses whoever does not know what is compared with: `if token != ADMIN_TOKEN: raise …`,
    /// `return token == ADMIN_TOKEN`.
    fn is_demanded(&self, comparison: Span, operator: Comparison) -> bool {
        let facts = &self.data.facts;
        let is_equal = operator == Comparison::Equal;
        let is_answer = is_equal
            && facts.returns.iter().any(|returned| {
                let value = returned.value;
                value.is_some_and(|value| facts[value].span.contains(comparison))
            });
        is_answer
            || facts.numbered_blocks().any(|(id, block)| match block.kind {
                BlockKind::Branch { condition, holds } => {
                    let is_other = holds != is_equal && facts[condition].span.contains(comparison);
                    let mut outcomes = self.program.outcomes(self.file, id).into_iter();
                    is_other && outcomes.all(|outcome| outcome == Outcome::Refuses)
                }
                _ => false,
            })
    }

    /// Whether all that a file does with a constant of its own is to look things up by it: `session[AUTH_KEY]`, `answer.get(AUTH_KEY)`.
    /// That is a name, if it reads like one.
    fn is_only_key(&self, constant: &Binding) -> bool {
        let facts = &self.data.facts;
        let words = self.program.catalog().words();
        let is_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { name, .. } if name == constant.name);
        let is_plain = match constant.kind {
            BindingKind::Value(value) => {
                matches!(facts[value].kind, ExprKind::Text(text) if !words.is_generated_secret(facts.text(text)))
            }
            _ => false,
        };
        if constant.scope != MODULE_SCOPE || !is_plain {
            return false;
        }
        let of_indexes = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Index { key, .. } if is_it(key) => Some(facts[key].span),
            _ => None,
        });
        let of_calls = facts.calls.iter().filter_map(|call| {
            let ExprKind::Member { name, .. } = facts[call.callee].kind else {
                return None;
            };
            let first = facts.arguments(call).first()?.value;
            (matches!(facts.text(name), "get" | "pop" | "setdefault") && is_it(first)).then(|| facts[first].span)
        });
        let keys: Vec<Span> = of_indexes.chain(of_calls).collect();
        let is_other = |expr: &Expr| {
            matches!(expr.kind, ExprKind::Name { name, .. } if name == constant.name)
                && expr.span != constant.span
                && !keys.contains(&expr.span)
        };
        !keys.is_empty() && !facts.exprs.iter().any(is_other)
    }

    /// Keyword arguments, fields of struct literals, what is written to the environment, defaults of options.
    fn passed(&self, out: &mut Vec<NamedLiteral>) {
        let facts = &self.data.facts;
        for call in &facts.calls {
            for argument in facts.arguments(call) {
                if let Some(keyword) = argument.keyword {
                    let (keyword, before) = (facts.text(keyword), out.len());
                    self.judge_in(keyword, argument.value, call.scope, Some(facts[call.expr].span), out);
                    if out.len() > before && self.is_made_up_key(keyword, argument.value) {
                        out.truncate(before);
                    }
                }
            }
        }
        for site in self.program.sites_in(self.file) {
            let value = match self.program.entry(site).and_then(|entry| entry.role) {
                Some(Role::WritesSetting) => self.program.argument(site, "value"),
                Some(Role::DeclaresOption) => self.program.argument(site, "default"),
                _ => None,
            };
            let name = self.program.argument(site, "name");
            if let (Some(value), Some(name)) = (value, name)
                && let ExprKind::Text(name) = facts[name].kind
            {
                self.judge(facts.text(name).trim_start_matches('-'), value, site.scope, out);
            }
        }
    }

    /// `OpenAIConfig(api_key="gateway")`: a library asks for a key where none is needed.
    fn is_made_up_key(&self, name: &str, value: ExprId) -> bool {
        let facts = &self.data.facts;
        let words = self.program.catalog().words();
        matches!(facts[value].kind, ExprKind::Text(text) if words.is_made_up_key(name, facts.text(text)))
    }

    fn in_tables(&self, out: &mut Vec<NamedLiteral>) {
        let facts = &self.data.facts;
        let words = self.program.catalog().words();
        for expr in &facts.exprs {
            let ExprKind::Table(entries) = expr.kind else { continue };
            for (key, value) in facts.entries(entries) {
                if let Some(key) = key
                    && self.may_be_literal(*value)
                    && let ExprKind::Text(name) = facts[*key].kind
                    && words.is_secret(facts.text(name))
                    && self.may_be_secret(facts.text(name), *value)
                    && !facts
                        .entries(entries)
                        .iter()
                        .any(|(_, other)| other != value && self.is_row(*other))
                    && let Some(scope) = self.program.scope_at(self.file, expr.span)
                {
                    self.judge_in(facts.text(name), *value, scope, Some(expr.span), out);
                }
            }
        }
    }

    /// Whether a value is a row of signs, as those who make up a sample type it: `abcdefgh`.
    fn is_row(&self, value: ExprId) -> bool {
        let facts = &self.data.facts;
        matches!(facts[value].kind, ExprKind::Text(text) if self.program.catalog().words().is_row(facts.text(text)))
    }

    /// What documentation and forms show as an example: `{"example": {"access_token": "…"}}`, `examples=[…]`, `placeholders = {…}`,
    /// `connection_args_example = dict(…)`.
    fn examples(&self) -> Vec<Span> {
        let facts = &self.data.facts;
        let is_example =
            |name: &str| EXAMPLES.contains(&name) || name.ends_with("_example") || name.ends_with("_examples");
        let bound = facts.bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value) if is_example(facts.text(binding.name)) => Some(facts[value].span),
            _ => None,
        });
        let mut found: Vec<Span> = bound.collect();
        for expr in &facts.exprs {
            match expr.kind {
                ExprKind::Table(entries) => {
                    let named = facts.entries(entries).iter().filter(|(key, _)| {
                        key.is_some_and(
                            |key| matches!(facts[key].kind, ExprKind::Text(name) if is_example(facts.text(name))),
                        )
                    });
                    found.extend(named.map(|(_, value)| facts[*value].span));
                }
                ExprKind::Call(call) => {
                    let named = facts.arguments(&facts[call]).iter();
                    // What an address is put together of is not what opens it: `reverse("order", kwargs={"secret": "…"})`.
                    let makes_address = self.makes_address(facts[call].callee);
                    let is_named = |keyword: &str| is_example(keyword) || (makes_address && keyword == "kwargs");
                    let named =
                        named.filter(|argument| argument.keyword.is_some_and(|keyword| is_named(facts.text(keyword))));
                    found.extend(named.map(|argument| facts[argument.value].span));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether a function is called as those that put together the address of a route.
    fn makes_address(&self, callee: ExprId) -> bool {
        let facts = &self.data.facts;
        match facts[callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                let name = facts.text(name);
                ["reverse", "uri", "url"].iter().any(|word| name.contains(word))
            }
            _ => false,
        }
    }

    fn judge(&self, name: &str, value: ExprId, scope: ScopeId, out: &mut Vec<NamedLiteral>) {
        self.judge_in(name, value, scope, None, out);
    }

    /// Keeps what a name stands for if that is a secret; `around` is the call or the table in which it is handed on.
    fn judge_in(&self, name: &str, value: ExprId, scope: ScopeId, around: Option<Span>, out: &mut Vec<NamedLiteral>) {
        // Nearly all values of a program are no literals, or have another name.
        if !self.may_be_literal(value) || !self.program.catalog().words().is_secret(name) {
            return;
        }
        if let Some(path) = self.embedded(name, value) {
            out.push(NamedLiteral {
                primary: Site {
                    file: self.file,
                    span: self.data.facts[value].span,
                },
                scope,
                name: path,
                kind: Kind::Embedded,
                around,
            });
            return;
        }
        if !self.may_be_secret(name, value) {
            return;
        }
        let Some(literal) = self.literal(value, false, 0) else {
            return;
        };
        out.push(NamedLiteral {
            primary: Site {
                file: self.file,
                span: self.span(literal),
            },
            scope,
            name: name.to_owned(),
            kind: if literal.is_derived {
                Kind::Derived
            } else {
                Kind::Literal
            },
            around,
        });
    }

    /// The file that is compiled into the program as what a secret's name stands for.
    fn embedded(&self, name: &str, value: ExprId) -> Option<String> {
        let words = self.program.catalog().words();
        if !matches!(self.data.facts[value].kind, ExprKind::Call(_)) {
            return None;
        }
        let path = self.program.embedded_file(self.file, value)?;
        let is_secret = words.is_certainly_secret(name) || self.program.secret_read_at(self.file, value).is_some();
        Some(path).filter(|path| is_secret && !words.is_public_file(path) && !words.says_local(path))
    }

    fn span(&self, literal: Literal) -> Span {
        self.data.facts[literal.expr].span
    }

    fn may_be_secret(&self, name: &str, value: ExprId) -> bool {
        let words = self.program.catalog().words();
        let Some(literal) = self.literal(value, false, 0).filter(|_| !words.is_shipped(name)) else {
            return false;
        };
        // `access_key` beside `secret_key`
        if words.pairs_of(name).any(|pair| self.says(pair)) {
            return false;
        }
        let is_certain = words.is_certainly_secret(name);
        let is_open = matches!(self.data.facts[literal.expr].kind, ExprKind::Template(_)) && literal.is_derived;
        let text = literal_text(self.program, self.file, literal.expr).filter(|_| !is_open);
        let Some(text) = text.as_deref() else {
            return is_certain;
        };
        match (is_certain, literal.is_derived) {
            (true, true) => !words.means_nothing(text),
            (true, false) => {
                words.is_secret_text(name, text)
                    && can_be_key(self.program, text)
                    && (words.is_generated_secret(text) || !is_for_tests(&self.data.path))
            }
            (false, false) => {
                words.is_generated_secret(text)
                    && !words.is_fingerprint(text)
                    && words.is_secret(name)
                    && can_be_key(self.program, text)
            }
            (false, true) => false,
        }
    }

    /// Whether a value is of a kind that literals come in.
    fn may_be_literal(&self, value: ExprId) -> bool {
        matches!(
            self.data.facts[value].kind,
            ExprKind::Text(_) | ExprKind::Template(_) | ExprKind::Through(_) | ExprKind::Call(_)
        )
    }

    /// Whether the file says a name, as a name or as a text of its own, however it is written.
    fn says(&self, name: &str) -> bool {
        let names = &self.data.facts.names;
        names.find(name).is_some() || names.find(&name.to_ascii_uppercase()).is_some()
    }

    /// The literal that a value is, or is derived from.
    fn literal(&self, value: ExprId, is_derived: bool, depth: u32) -> Option<Literal> {
        let facts = &self.data.facts;
        if depth > 6 {
            return None;
        }
        match facts[value].kind {
            ExprKind::Text(_) => Some(Literal {
                expr: value,
                is_derived,
            }),
            ExprKind::Template(parts)
                if facts
                    .list(parts)
                    .iter()
                    .all(|part| matches!(facts[*part].kind, ExprKind::Text(_))) =>
            {
                Some(Literal {
                    expr: value,
                    is_derived,
                })
            }
            ExprKind::Template(parts) if is_derived => {
                let is_open = self.program.is_open_template(self.file, facts.list(parts));
                is_open.then_some(Literal {
                    expr: value,
                    is_derived,
                })
            }
            ExprKind::Through(inner) => self.literal(inner, is_derived, depth + 1),
            ExprKind::Call(call) => {
                if let Some(site) = self.program.site_at(self.file, value) {
                    match self.program.entry(site).and_then(|entry| entry.role) {
                        Some(Role::Hashes) => {
                            return self.literal(self.program.argument(site, "value")?, true, depth + 1);
                        }
                        Some(Role::DeclaresField) => {
                            return self.literal(self.program.argument(site, "default")?, is_derived, depth + 1);
                        }
                        _ => {}
                    }
                }
                match facts[facts[call].callee].kind {
                    ExprKind::Member { object, name }
                        if matches!(facts.text(name), "decode" | "digest" | "encode" | "hexdigest") =>
                    {
                        self.literal(object, is_derived, depth + 1)
                    }
                    ExprKind::Name { name, .. }
                        if matches!(
                            facts.text(name),
                            "SecretStr" | "SecretBytes" | "Secret" | "bytes" | "str"
                        ) =>
                    {
                        let argument = facts.arguments(&facts[call]).first()?;
                        self.literal(argument.value, is_derived, depth + 1)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
