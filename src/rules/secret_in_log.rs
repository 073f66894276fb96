//! Secrets and tokens that get into logs, output and messages of errors.

mod added;

use super::{Findings, is_test_support};
use crate::catalog::Role;
use crate::facts::{
    Access, Binding, BindingKind, BlockKind, Call, CallId, Comparison, Exit, ExprId, ExprKind, FileFacts, How,
    Language, Name, Range, ScopeId,
};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{FunctionRef, PrintedSecrets, Program, ProgramFile, ReadBy, Surface, WaysToSecrets};
use crate::source::{FileId, Span};
use added::Held;
use rustc_hash::FxHashSet;

/// Reports each secret that an argument of such a call, or of a raised error, shows.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let hidden = hidden_by_type(program);
    let printed = program.printed_secrets();
    let ways = program.ways_to_secrets();
    let handlers: FxHashSet<FunctionRef> = program
        .entry_points()
        .iter()
        .filter(|entry| matches!(entry.surface, Surface::Http | Surface::Websocket))
        .map(|entry| entry.function)
        .collect();
    let found = program.for_each_file(|file, data| {
        if data.language == Language::Config {
            return Vec::new();
        }
        let mut leaks = Leaks {
            program,
            file,
            data,
            hidden: &hidden,
            printed: &printed,
            ways: &ways,
            found: Vec::new(),
        };
        leaks.calls();
        leaks.errors();
        leaks.answers(&handlers);
        leaks.found.sort_by_key(|leak| leak.primary);
        leaks.found.dedup_by_key(|leak| leak.primary);
        leaks.found
    });
    for leak in found {
        let (file, scope) = (leak.primary.file, leak.scope);
        if program.code_scope(file, scope) == CodeScope::Test && !is_test_support(program, file, scope) {
            continue;
        }
        let message = match &leak.shows {
            Shows::All => "whole",
            Shows::Part => "part",
            Shows::CutHash => "hash",
            Shows::Object(_) => "object",
        };
        let mut values = vec![("name", leak.name), ("call", leak.call)];
        let mut confidence = Confidence::Certain;
        if let Shows::Object(object) = leak.shows {
            values.push(("type", object.name));
            confidence = object.confidence;
        }
        let finding = out.add(program, leak.primary, scope, message, values);
        finding.confidence = confidence;
    }
}

/// The names of fields and parameters whose type hides what they hold when it is printed.
fn hidden_by_type(program: &Program<'_>) -> FxHashSet<String> {
    let names = program.for_each_file(|_, data| {
        let facts = &data.facts;
        let hiding: Vec<Name> = HIDING_TYPES
            .iter()
            .filter_map(|hiding| facts.names.find(hiding))
            .collect();
        if hiding.is_empty() {
            return Vec::new();
        }
        let named = facts.exprs.iter().filter(|expr| match expr.kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => hiding.contains(&name),
            _ => false,
        });
        let places: Vec<Span> = named.map(|expr| expr.span).collect();
        let bound = facts.bindings.iter().filter(|binding| {
            let annotation = binding.annotation.map(|annotation| facts[annotation].span);
            annotation.is_some_and(|annotation| places.iter().any(|place| annotation.contains(*place)))
        });
        bound.map(|binding| facts.text(binding.name).to_owned()).collect()
    });
    names.into_iter().collect()
}

const HIDING_TYPES: &[&str] = &[
    "Secret",
    "SecretBox",
    "SecretBytes",
    "SecretStr",
    "SecretString",
    "SecretVec",
];

/// What a decoded token says.
const CLAIMS: &[&str] = &["aud", "exp", "iat", "iss", "nbf", "sub"];

/// Methods of loggers.
const LOG_METHODS: &[&str] = &[
    "critical",
    "debug",
    "error",
    "exception",
    "fatal",
    "info",
    "log",
    "trace",
    "warn",
    "warning",
];

/// Macros that write to logs or to the output, and those that panic.
const LOG_MACROS: &[&str] = &[
    "bail!",
    "dbg!",
    "debug!",
    "eprint!",
    "eprintln!",
    "error!",
    "event!",
    "info!",
    "panic!",
    "print!",
    "println!",
    "trace!",
    "warn!",
];

/// What is done with the tokens of a language model.
const VOCABULARY: &[&str] = &["get_vocab", "model_tokenizer", "tokenizer", "vocab"];

/// A secret that gets somewhere.
struct Leak {
    primary: Site,
    scope: ScopeId,
    name: String,
    call: String,
    shows: Shows,
}

/// How much of a secret is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shows {
    All,
    Part,
    CutHash,
    /// All of it, as a part of an object that is shown.
    Object(Object),
}

/// The object that a secret is shown with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    /// The name of its type.
    name: String,
    confidence: Confidence,
}

/// A secret in an expression.
#[derive(Clone, Debug)]
struct Shown {
    span: Span,
    name: String,
    shows: Shows,
    /// Whether it is read from the settings right there.
    is_setting: bool,
}

struct Leaks<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
    hidden: &'p FxHashSet<String>,
    printed: &'p PrintedSecrets,
    ways: &'p WaysToSecrets,
    found: Vec<Leak>,
}

/// Values are followed this deep.
const DEEPEST: u32 = 8;

impl<'p> Leaks<'p> {
    fn facts(&self) -> &'p FileFacts {
        &self.data.facts
    }

    /// Output and logs.
    fn calls(&mut self) {
        let facts = self.facts();
        for call in &facts.calls {
            if self.is_sink(call) {
                self.arguments_of(call, true);
            }
        }
    }

    fn is_sink(&self, call: &Call) -> bool {
        let facts = self.facts();
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } => {
                let name = facts.text(name);
                LOG_MACROS.contains(&name) || (name == "print" && self.data.language == Language::Python)
            }
            ExprKind::Member { object, name } => {
                let name = facts.text(name);
                LOG_MACROS.contains(&name)
                    || (LOG_METHODS.contains(&name) && self.data.language == Language::Python && self.is_logger(object))
            }
            _ => false,
        }
    }

    fn is_logger(&self, object: ExprId) -> bool {
        let facts = self.facts();
        match facts[object].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                self.program.catalog().words().is_logger(facts.text(name))
            }
            ExprKind::Call(call) => self.is_logger(facts[call].callee),
            _ => false,
        }
    }

    /// Messages of errors that are raised.
    fn errors(&mut self) {
        let facts = self.facts();
        for block in &facts.blocks {
            if let Exit::Raises(Some(raised)) = block.exit
                && let ExprKind::Call(call) = facts[raised].kind
                && self.is_class(facts[call].callee)
            {
                self.arguments_of(&facts[call], false);
            }
        }
    }

    /// Whether a name is written like a class's, or a variant's.
    fn is_class(&self, expr: ExprId) -> bool {
        let facts = self.facts();
        match facts[expr].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                facts.text(name).trim_start_matches('_').starts_with(char::is_uppercase)
            }
            _ => false,
        }
    }

    /// Answers of handlers that give away what is a secret of the deployment. (Tokens are there to be given to who logs in.)
    fn answers(&mut self, handlers: &FxHashSet<FunctionRef>) {
        let facts = self.facts();
        for returned in &facts.returns {
            let Some(value) = returned
                .value
                .filter(|_| handlers.contains(&(self.file, returned.function)))
            else {
                continue;
            };
            let parts = match facts[value].kind {
                ExprKind::Call(call) => facts.arguments(&facts[call]).iter().map(|part| part.value).collect(),
                _ => vec![value],
            };
            let shown = parts.into_iter().find_map(|part| self.shown(part, 0));
            if let Some(shown) = shown.filter(|shown| shown.is_setting) {
                self.found.push(Leak {
                    primary: Site {
                        file: self.file,
                        span: shown.span,
                    },
                    scope: facts[returned.function].scope,
                    name: shown.name,
                    call: "the answer".to_owned(),
                    shows: shown.shows,
                });
            }
        }
    }

    /// What the arguments of a call show; `prints` says that objects are written out there, and not kept as they are.
    fn arguments_of(&mut self, call: &Call, prints: bool) {
        let facts = self.facts();
        for argument in facts.arguments(call) {
            let name = argument.keyword.map(|keyword| facts.text(keyword));
            // `raise LoginError(credentials=credentials)`: an error of one's own keeps it.
            if !prints && name.is_some() && self.is_table(argument.value) {
                continue;
            }
            let is_written_out = prints || matches!(facts[argument.value].kind, ExprKind::Template(_));
            let Some(shown) = self
                .shown(argument.value, 0)
                .or_else(|| self.by_key(name, argument.value))
                .or_else(|| self.with_object(argument.value).filter(|_| is_written_out))
            else {
                continue;
            };
            if self.says_masked(call)
                || self.says_public(call, &shown)
                || self.is_no_text(call, shown.span)
                || self.is_missing(call, shown.span)
                || self.is_constant(call, shown.span)
            {
                continue;
            }
            self.found.push(Leak {
                primary: Site {
                    file: self.file,
                    span: shown.span,
                },
                scope: call.scope,
                name: shown.name,
                call: self.program.written(self.file, call.callee),
                shows: shown.shows,
            });
        }
    }

    /// Whether a value is a mapping of several things: `{"name": name, "password": password}`, or a name that is bound to one.
    fn is_table(&self, value: ExprId) -> bool {
        match self.facts()[value].kind {
            ExprKind::Table(_) => true,
            ExprKind::Name { name, scope } => match self.bound(name, scope, value).map(|binding| binding.kind) {
                Some(BindingKind::Value(bound)) => matches!(self.facts()[bound].kind, ExprKind::Table(_)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a text among the arguments says that what is shown is hashed or masked: `"the password hash is {}"`.
    fn says_masked(&self, call: &Call) -> bool {
        let words = self.program.catalog().words();
        self.texts_of(call).any(|text| words.text_says_masked(text))
    }

    /// Whether the texts among the arguments say that the key that is shown is for everybody: `"fetched the public key {}"`.
    fn says_public(&self, call: &Call, shown: &Shown) -> bool {
        let words = self.program.catalog().words();
        let texts: Vec<&str> = self.texts_of(call).collect();
        shown.name.to_ascii_lowercase().ends_with("key") && words.text_says_public(&texts.join(" "))
    }

    fn texts_of(&self, call: &Call) -> impl Iterator<Item = &'p str> {
        let facts = self.facts();
        facts
            .exprs_within(facts[call.expr].span)
            .filter_map(|(_, expr)| match expr.kind {
                ExprKind::Text(text) => Some(facts.text(text)),
                _ => None,
            })
    }

    /// Whether a call stands where what it shows is known not to be there: `if token is None: raise ValueError(f"{token} is empty")`.
    fn is_missing(&self, call: &Call, place: Span) -> bool {
        let facts = self.facts();
        let shown = facts.numbered_exprs().find(|(_, expr)| {
            expr.span == place && matches!(expr.kind, ExprKind::Name { .. } | ExprKind::Member { .. })
        });
        let Some((shown, _)) = shown else { return false };
        let written = self.program.written(self.file, shown);
        facts.blocks_around(call.block).any(|(_, block)| match block.kind {
            BlockKind::Branch { condition, holds } => {
                let parts = match facts[condition].kind {
                    ExprKind::Both(parts) if holds => facts.list(parts).to_vec(),
                    _ => vec![condition],
                };
                let mut absent = parts.into_iter().filter_map(|part| facts.absent(part, holds));
                absent.any(|absent| self.program.written(self.file, absent) == written)
            }
            _ => false,
        })
    }

    /// Whether a call stands where what it shows is known to be what a constant says, to refer to something else, or not to be there:
    /// `if key == PLACEHOLDER: raise ValueError(key)`, `if key.startswith("${")`.
    fn is_constant(&self, call: &Call, place: Span) -> bool {
        let facts = self.facts();
        facts.blocks_around(call.block).any(|(_, block)| match block.kind {
            BlockKind::Branch { condition, holds } => self.is_known(condition, holds, place),
            _ => false,
        })
    }

    /// Whether a condition that holds or does not says what stands in a place.
    fn is_known(&self, condition: ExprId, holds: bool, place: Span) -> bool {
        let facts = self.facts();
        let is_shown = |value: ExprId| {
            let bare = self.without_case(value);
            facts[bare].span != place && self.is_told_at(bare, place)
        };
        let is_constant = |value: ExprId| match facts[value].kind {
            ExprKind::Text(_) | ExprKind::Nothing => true,
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => is_upper_case(facts.text(name)),
            _ => false,
        };
        let of_all = |parts: Range, needs_all: bool| {
            let mut parts = facts.list(parts).iter();
            if needs_all {
                parts.all(|part| self.is_known(*part, holds, place))
            } else {
                parts.any(|part| self.is_known(*part, holds, place))
            }
        };
        match facts[condition].kind {
            ExprKind::Not(inner) => self.is_known(inner, !holds, place) || (holds && is_shown(inner)),
            ExprKind::Both(parts) => of_all(parts, !holds),
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => of_all(options, holds),
            ExprKind::Compare { operator, left, right } => match operator {
                Comparison::Equal => holds && is_shown(left) && is_constant(right),
                Comparison::NotEqual => !holds && is_shown(left) && is_constant(right),
                Comparison::In | Comparison::NotIn => {
                    let is_in = (operator == Comparison::In) == holds;
                    let ExprKind::Group(values) = facts[right].kind else {
                        return false;
                    };
                    is_in && is_shown(left) && facts.list(values).iter().all(|value| is_constant(*value))
                }
                Comparison::Order => false,
            },
            ExprKind::Call(call) => match (facts[facts[call].callee].kind, facts.arguments(&facts[call])) {
                (ExprKind::Member { object, name }, [beginning]) if holds => {
                    let refers = match facts[beginning.value].kind {
                        ExprKind::Text(text) => facts.text(text).starts_with(['$', '{', '%', '<']),
                        _ => false,
                    };
                    matches!(facts.text(name), "startswith" | "starts_with") && refers && is_shown(object)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// A value, whatever its case and the blanks around it: `key` of `key.strip().lower()`.
    fn without_case(&self, value: ExprId) -> ExprId {
        let facts = self.facts();
        match facts[value].kind {
            ExprKind::Call(call) => match (facts[facts[call].callee].kind, facts.arguments(&facts[call])) {
                (ExprKind::Member { object, name }, [])
                    if matches!(facts.text(name), "casefold" | "lower" | "strip" | "upper") =>
                {
                    self.without_case(object)
                }
                _ => value,
            },
            _ => value,
        }
    }

    /// Whether what stands in a place is told again as `value`.
    fn is_told_at(&self, value: ExprId, place: Span) -> bool {
        let facts = self.facts();
        let mut shown = facts.exprs_within(place).filter(|(_, expr)| expr.span == place);
        self.told(value)
            .is_some_and(|told| shown.any(|(shown, _)| self.told(shown).as_ref() == Some(&told)))
    }

    /// Whether a call stands where its value is known to be no text: `if not isinstance(key, str): raise TypeError(key)`.
    fn is_no_text(&self, call: &Call, place: Span) -> bool {
        let facts = self.facts();
        let is_text = |expr: ExprId| match facts[expr].kind {
            ExprKind::Call(asked) => {
                let is_question = matches!(facts[facts[asked].callee].kind, ExprKind::Name { name, .. } if facts.text(name) == "isinstance");
                match facts.arguments(&facts[asked]) {
                    [value, kind] if is_question => {
                        let is_str =
                            matches!(facts[kind.value].kind, ExprKind::Name { name, .. } if facts.text(name) == "str");
                        is_str && self.is_told_at(value.value, place)
                    }
                    _ => false,
                }
            }
            _ => false,
        };
        facts.blocks_around(call.block).any(|(_, block)| match block.kind {
            BlockKind::Branch { condition, holds: true } => {
                let parts = match facts[condition].kind {
                    ExprKind::Both(parts) => facts.list(parts).to_vec(),
                    _ => vec![condition],
                };
                parts
                    .iter()
                    .any(|part| matches!(facts[*part].kind, ExprKind::Not(inner) if is_text(inner)))
            }
            _ => false,
        })
    }

    /// Whether a field's class keeps it hashed or masked: in one of its methods it puts what such a function gives there.
    fn is_masked_by_class(&self, object: ExprId, field: &str) -> bool {
        let facts = self.facts();
        let ExprKind::Name { name, scope } = facts[object].kind else {
            return false;
        };
        let parameter = facts.function_around(scope).and_then(|function| {
            let mut parameters = facts.parameters(&facts[function]).iter();
            parameters.find(|parameter| parameter.name == name)
        });
        let declared = parameter.and_then(|parameter| parameter.annotation);
        let Some(declared) = declared.map(|annotation| facts[annotation].span) else {
            return false;
        };
        let classes: Vec<&str> = facts
            .exprs
            .iter()
            .filter(|expr| declared.contains(expr.span))
            .filter_map(|expr| match expr.kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(facts.text(name)),
                _ => None,
            })
            .collect();
        self.program.files().any(|(_, data)| {
            let mut own = data.facts.classes.iter();
            own.any(|class| {
                classes.contains(&data.facts.text(class.name)) && self.masks(&data.facts, class.extent, field)
            })
        })
    }

    /// Whether code in a place gives a field what a function gives that masks.
    fn masks(&self, facts: &FileFacts, place: Span, field: &str) -> bool {
        let is_masked = |value: ExprId| match facts[value].kind {
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                    self.program.catalog().words().says_masked(facts.text(name))
                }
                _ => false,
            },
            _ => false,
        };
        let is_field = |key: ExprId| matches!(facts[key].kind, ExprKind::Text(key) if facts.text(key) == field);
        let in_table = facts.exprs_within(place).any(|(_, expr)| match expr.kind {
            ExprKind::Table(entries) => facts
                .entries(entries)
                .iter()
                .any(|(key, value)| key.is_some_and(is_field) && is_masked(*value)),
            _ => false,
        });
        in_table
            || facts.stores.iter().any(|store| {
                let is_target = match facts[store.target].kind {
                    ExprKind::Member { name, .. } => facts.text(name) == field,
                    ExprKind::Index { key, .. } => is_field(key),
                    _ => false,
                };
                is_target && place.contains(facts[store.target].span) && store.value.is_some_and(is_masked)
            })
    }

    /// What a name beside a value says of it: `password=value`, `{"password": value}`.
    fn by_key(&self, key: Option<&str>, value: ExprId) -> Option<Shown> {
        let facts = self.facts();
        let is_value = matches!(facts[value].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
        let name = key.filter(|key| is_value && self.is_secret_name(key))?;
        if self.is_harmless(value) || self.is_of_error(value) {
            return None;
        }
        Some(Shown {
            span: facts[value].span,
            name: name.to_owned(),
            shows: Shows::All,
            is_setting: false,
        })
    }

    /// The secret of an object that is printed with all its fields.
    fn with_object(&self, value: ExprId) -> Option<Shown> {
        let facts = self.facts();
        match facts[value].kind {
            ExprKind::Template(parts) | ExprKind::Group(parts) => {
                facts.list(parts).iter().find_map(|part| self.with_object(*part))
            }
            ExprKind::Through(inner) => self.with_object(inner),
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Call(_) => {
                let (name, secret, confidence) = self.printed.of(self.program, self.file, value)?;
                Some(Shown {
                    span: facts[value].span,
                    name: secret.to_owned(),
                    shows: Shows::Object(Object { name, confidence }),
                    is_setting: false,
                })
            }
            _ => None,
        }
    }

    /// Whether a value is what a caught error says: `{"password": error.messages}` tells what is wrong with one.
    fn is_of_error(&self, value: ExprId) -> bool {
        match self.facts()[value].kind {
            ExprKind::Member { object, .. } => self.is_of_error(object),
            ExprKind::Name { name, scope } => {
                let bound = self.bound(name, scope, value);
                bound.is_some_and(|binding| matches!(binding.kind, BindingKind::Caught(_)))
            }
            _ => false,
        }
    }

    /// Whether a name is bound to what gives nothing away.
    fn is_harmless(&self, value: ExprId) -> bool {
        match self.facts()[value].kind {
            ExprKind::Name { name, scope } => match self.bound(name, scope, value).map(|binding| binding.kind) {
                Some(BindingKind::Value(value)) => self.shown(value, 1).is_none(),
                _ => false,
            },
            _ => false,
        }
    }

    /// The secret that an expression shows, if it shows one.
    fn shown(&self, expr: ExprId, depth: u32) -> Option<Shown> {
        if depth > DEEPEST || self.ways.has(self.program, self.file, expr) {
            return None;
        }
        let shown = self.shown_by_name(expr, depth)?;
        (!self.is_path(expr) && !self.is_table_of_claims(expr)).then_some(shown)
    }

    /// The same, by what the expression and its parts are called.
    fn shown_by_name(&self, expr: ExprId, depth: u32) -> Option<Shown> {
        let facts = self.facts();
        let span = facts[expr].span;
        let whole = |name: String| {
            Some(Shown {
                span,
                name,
                shows: Shows::All,
                is_setting: false,
            })
        };
        if let Some(read) = self.program.secret_read_at(self.file, expr) {
            let is_value = matches!(read.by, ReadBy::Name | ReadBy::Manager);
            let is_certain = read.names.iter().any(|name| self.is_secret_name(name));
            let shown = Shown {
                span,
                name: read.names.join(", "),
                shows: Shows::All,
                is_setting: true,
            };
            return Some(shown).filter(|_| is_value && is_certain);
        }
        match facts[expr].kind {
            ExprKind::Template(parts) | ExprKind::Group(parts) => {
                facts.list(parts).iter().find_map(|part| self.shown(*part, depth + 1))
            }
            ExprKind::Table(entries) => self.shown_entry(entries, depth, |_| true),
            ExprKind::Choice { options, how } => facts
                .options(options, how)
                .iter()
                .find_map(|option| self.shown(*option, depth + 1)),
            ExprKind::Both(parts) => self.shown(*facts.list(parts).last()?, depth + 1),
            ExprKind::Through(inner) => self.shown(inner, depth + 1),
            ExprKind::Each { element, .. } => self.shown(element, depth + 1),
            // Some elements of a list are not a part of each.
            ExprKind::Slice(object) if self.is_list(object) => None,
            ExprKind::Slice(object) => {
                if self.is_hash(object, depth + 1) {
                    return Some(Shown {
                        span,
                        name: "a secret".to_owned(),
                        shows: Shows::CutHash,
                        is_setting: false,
                    });
                }
                let shown = self.shown(object, depth + 1)?;
                Some(Shown {
                    span,
                    shows: Shows::Part,
                    ..shown
                })
            }
            ExprKind::Index {
                object,
                key,
                access: Access::Read,
            } => match facts[key].kind {
                ExprKind::Text(key) if self.is_secret_name(facts.text(key)) && !self.is_telling(object) => {
                    whole(facts.text(key).to_owned())
                }
                _ => None,
            },
            // `ErrorCode.INVALID_PASSWORD` is no password.
            ExprKind::Member { object, name } => {
                let name = facts.text(name);
                let is_constant = name.starts_with(char::is_uppercase) && self.is_class(object);
                if is_constant || self.is_name_of_secret(expr, name) {
                    return None;
                }
                let is_secret = self.is_secret_name(name) && !self.hidden.contains(name);
                whole(name.to_owned()).filter(|_| is_secret && !self.is_masked_by_class(object, name))
            }
            ExprKind::Name { name, scope } => self.shown_name(expr, name, scope, depth),
            ExprKind::Call(call) => self.shown_call(call, expr, depth),
            _ => None,
        }
    }

    /// The secret among the entries of a mapping literal that are still there.
    fn shown_entry(&self, entries: Range, depth: u32, is_left: impl Fn(&str) -> bool) -> Option<Shown> {
        let facts = self.facts();
        let entries = facts.entries(entries);
        let name_of = |key: Option<ExprId>| match facts[key?].kind {
            ExprKind::Text(key) => Some(facts.text(key)),
            _ => None,
        };
        entries.iter().enumerate().find_map(|(at, (key, value))| {
            let name = name_of(*key);
            if !name.is_none_or(&is_left) {
                return None;
            }
            // `{**answer, "password": "***"}`
            let is_replaced = |shown: &Shown| {
                let mut later = entries[at + 1..].iter();
                key.is_none() && later.any(|(key, _)| name_of(*key) == Some(shown.name.as_str()))
            };
            let shown = self.shown(*value, depth + 1).filter(|shown| !is_replaced(shown));
            shown.or_else(|| self.by_key(name, *value))
        })
    }

    /// Whether a mapping only says something about what it is looked up by: `messages["invalid_password"]`,
    /// `defaults["signing_alg"]["id_token"]`.
    fn is_telling(&self, object: ExprId) -> bool {
        let facts = self.facts();
        let name = match facts[object].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => name,
            ExprKind::Index { key, .. } => match facts[key].kind {
                ExprKind::Text(key) => key,
                _ => return false,
            },
            _ => return false,
        };
        self.program.catalog().words().is_telling(facts.text(name))
    }

    /// Whether the function around asks whether there is a file of this path.
    fn is_path(&self, expr: ExprId) -> bool {
        let facts = self.facts();
        let written = match facts[expr].kind {
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => self.told(expr),
            _ => None,
        };
        let Some(written) = written else { return false };
        let is_it = |other: ExprId| self.told(other).as_ref() == Some(&written);
        let function_at = |scope: ScopeId| facts.function_around(scope);
        let function = self.program.scope_at(self.file, facts[expr].span).map(function_at);
        let own = facts
            .calls
            .iter()
            .filter(|call| Some(function_at(call.scope)) == function);
        own.into_iter().any(|call| {
            let callee = match facts[call.callee].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
                _ => "",
            };
            let on_it = match facts[call.callee].kind {
                ExprKind::Member { object, .. } => is_it(object),
                _ => false,
            };
            let arguments = facts.arguments(call);
            (matches!(callee, "isfile" | "exists") && matches!(arguments, [only] if is_it(only.value)))
                || (matches!(callee, "is_file" | "exists") && arguments.is_empty() && on_it)
        })
    }

    /// Whether a constant is itself the name of a secret, such as the code of an error: `codes.WRONG_PASSWORD`.
    fn is_name_of_secret(&self, expr: ExprId, name: &str) -> bool {
        if !name.starts_with(char::is_uppercase) {
            return false;
        }
        let words = self.program.catalog().words();
        let texts = self.program.texts(self.file, expr);
        !texts.is_empty() && texts.iter().all(|text| words.is_secret(&text.text))
    }

    /// Whether the function around looks a setting up by a name, which is not what it holds then: `variables.get(private_key)`,
    /// `provider.get_secret(secret_key)`.
    fn is_name_of_setting(&self, name: Name, scope: ScopeId) -> bool {
        let facts = self.facts();
        let words = self.program.catalog().words();
        let is_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { name: other, .. } if other == name);
        let is_looked_up = |object: ExprId| match facts[object].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => words.is_looked_up_by_name(facts.text(name)),
            _ => false,
        };
        facts.calls_in(facts.function_around(scope)).any(|(_, call)| {
            let asks = |method: Name| matches!(facts.text(method), "contains_key" | "get");
            let is_first = facts.arguments(call).first().is_some_and(|first| is_it(first.value));
            is_first
                && match facts[call.callee].kind {
                    ExprKind::Member { object, name } => {
                        (asks(name) && is_looked_up(object)) || words.gives_secret_by_name(facts.text(name))
                    }
                    ExprKind::Name { name, .. } => words.gives_secret_by_name(facts.text(name)),
                    _ => false,
                }
        })
    }

    /// A name, a member or an item of a text, as it is told again elsewhere.
    fn told(&self, expr: ExprId) -> Option<(String, Option<&'p str>)> {
        let facts = self.facts();
        match facts[expr].kind {
            ExprKind::Index { object, key, .. } => match facts[key].kind {
                ExprKind::Text(key) => Some((self.program.written(self.file, object), Some(facts.text(key)))),
                _ => None,
            },
            ExprKind::Name { .. } | ExprKind::Member { .. } => Some((self.program.written(self.file, expr), None)),
            _ => None,
        }
    }

    /// Whether a name is one whose claims are looked up in the same scope: `id_token["aud"]`. That is no token any more.
    fn is_table_of_claims(&self, expr: ExprId) -> bool {
        let facts = self.facts();
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            return false;
        };
        facts.exprs.iter().any(|other| {
            let ExprKind::Index { object, key, .. } = other.kind else {
                return false;
            };
            matches!(facts[object].kind, ExprKind::Name { name: of, scope: there } if of == name && there == scope)
                && matches!(facts[key].kind, ExprKind::Text(claim) if CLAIMS.contains(&facts.text(claim)))
        })
    }

    fn shown_name(&self, expr: ExprId, name: Name, scope: ScopeId, depth: u32) -> Option<Shown> {
        let facts = self.facts();
        let text = facts.text(name);
        let span = facts[expr].span;
        let words = self.program.catalog().words();
        if self.hidden.contains(text) || words.says_masked(text) || words.is_name_of_place(text) {
            return None;
        }
        let by_name = || {
            let is_secret = self.is_secret_name(text) || self.is_checked_as_token(name, scope);
            let is_secret = is_secret && !self.is_key_object(name, scope);
            (is_secret && !self.is_name_of_setting(name, scope)).then(|| Shown {
                span,
                name: text.to_owned(),
                shows: Shows::All,
                is_setting: false,
            })
        };
        let bound = self.bound(name, scope, expr);
        match bound.map(|binding| binding.kind) {
            Some(BindingKind::Value(value)) => {
                let held = Held {
                    name,
                    scope: bound.map_or(scope, |binding| binding.scope),
                    since: facts[value].span,
                    shown: span,
                };
                let shown = match facts[value].kind {
                    ExprKind::Table(entries) => {
                        let replaced = self.replaced(held);
                        self.shown_entry(entries, depth + 1, |key| !replaced.contains(&key))
                    }
                    _ => self.shown(value, depth + 1),
                };
                let shown = shown.or_else(|| self.added(held, depth).filter(|_| self.may_be_added_to(value)));
                let shown = shown.map(|shown| Shown { span, ..shown });
                shown.or_else(|| by_name().filter(|_| self.may_be_whole(value) || self.is_changed(held)))
            }
            Some(
                BindingKind::Import(_)
                | BindingKind::Function(_)
                | BindingKind::Class(_)
                | BindingKind::Module(_)
                | BindingKind::Caught(_),
            ) => None,
            _ => by_name(),
        }
    }

    /// Whether a name holds a list, as far as it is written out.
    fn is_list(&self, expr: ExprId) -> bool {
        let facts = self.facts();
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            return false;
        };
        let bound = self.bound(name, scope, expr).map(|binding| binding.kind);
        matches!(bound, Some(BindingKind::Value(value)) if matches!(facts[value].kind, ExprKind::Group(_) | ExprKind::Each { .. }))
    }

    /// Whether a value is a container or a text that more can be put into, or behind.
    fn may_be_added_to(&self, value: ExprId) -> bool {
        let facts = self.facts();
        match facts[value].kind {
            ExprKind::Group(_) | ExprKind::Table(_) | ExprKind::Each { .. } => true,
            ExprKind::Text(_) | ExprKind::Template(_) => true,
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                // `dict(…)`, `Vec::new()`, `String::new()`
                ExprKind::Name { name, .. } => matches!(facts.text(name), "deque" | "dict" | "list" | "set" | "vec!"),
                ExprKind::Member { name, .. } => matches!(facts.text(name), "copy" | "new" | "with_capacity"),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a parameter is declared to be the object of a key, which shows nothing of it by itself: `private_key: RSAPrivateKey`,
    /// `private_key: PrivateKeyTypes`.
    fn is_key_object(&self, name: Name, scope: ScopeId) -> bool {
        let facts = self.facts();
        let function = facts.function_around(scope);
        let parameters = function.map_or(&[][..], |function| facts.parameters(&facts[function]));
        let declared = parameters.iter().find(|parameter| parameter.name == name);
        let annotation = declared.and_then(|parameter| parameter.annotation);
        self.data.language == Language::Python
            && annotation.is_some_and(|annotation| match facts[annotation].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name).contains("PrivateKey"),
                _ => false,
            })
    }

    /// Whether a value that nothing is known of may be what the name it is bound to says: a call that says so, not a literal.
    fn may_be_whole(&self, value: ExprId) -> bool {
        let facts = self.facts();
        match facts[value].kind {
            ExprKind::Call(call) => {
                let callee = match facts[facts[call].callee].kind {
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
                    _ => return false,
                };
                self.program.catalog().words().gives_secret(callee)
            }
            ExprKind::Index { .. } | ExprKind::Member { .. } | ExprKind::Name { .. } => true,
            _ => false,
        }
    }

    fn shown_call(&self, id: CallId, expr: ExprId, depth: u32) -> Option<Shown> {
        let facts = self.facts();
        let call = &facts[id];
        let arguments = facts.arguments(call);
        let span = facts[expr].span;
        match self.role(expr) {
            Some(Role::MintsToken) => {
                return Some(Shown {
                    span,
                    name: "a token".to_owned(),
                    shows: Shows::All,
                    is_setting: false,
                });
            }
            Some(Role::Hashes | Role::SignsHmac) => return None,
            _ => {}
        }
        let any_argument = || {
            arguments
                .iter()
                .find_map(|argument| self.shown(argument.value, depth + 1))
        };
        match facts[call.callee].kind {
            ExprKind::Member { object, name } => match facts.text(name) {
                "as_str" | "decode" | "encode" | "expose_secret" | "replace" | "strip" | "lstrip" | "rstrip" => {
                    self.shown(object, depth + 1)
                }
                "get_secret_value" => match facts[object].kind {
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(Shown {
                        span,
                        name: facts.text(name).to_owned(),
                        shows: Shows::All,
                        is_setting: false,
                    }),
                    _ => None,
                },
                "dumps" | "format" | "join" | "pformat" => any_argument(),
                "get" | "pop" => match facts[arguments.first()?.value].kind {
                    ExprKind::Text(key) if self.is_secret_name(facts.text(key)) => Some(Shown {
                        span,
                        name: facts.text(key).to_owned(),
                        shows: Shows::All,
                        is_setting: false,
                    }),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Name { name, .. } => match facts.text(name) {
                "dict" | "format" | "list" | "repr" | "str" | "tuple" => any_argument(),
                "dumps" | "pformat" => any_argument(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an expression is a hash of a secret.
    fn is_hash(&self, expr: ExprId, depth: u32) -> bool {
        let facts = self.facts();
        if depth > DEEPEST {
            return false;
        }
        match facts[expr].kind {
            ExprKind::Call(call) => {
                if self.role(expr) == Some(Role::Hashes) {
                    let mut arguments = facts.arguments(&facts[call]).iter();
                    return arguments.any(|argument| self.shown(argument.value, depth + 1).is_some());
                }
                match facts[facts[call].callee].kind {
                    ExprKind::Member { object, name } => {
                        matches!(facts.text(name), "digest" | "hexdigest") && self.is_hash(object, depth + 1)
                    }
                    _ => false,
                }
            }
            ExprKind::Name { name, scope } => match self.bound(name, scope, expr).map(|binding| binding.kind) {
                Some(BindingKind::Value(value)) => self.is_hash(value, depth + 1),
                _ => false,
            },
            _ => false,
        }
    }

    fn role(&self, expr: ExprId) -> Option<Role> {
        let site = self.program.site_at(self.file, expr)?;
        self.program.entry(site)?.role
    }

    /// The binding of a name that is the last one written before a place, in the nearest scope that has any.
    fn bound(&self, name: Name, scope: ScopeId, place: ExprId) -> Option<&'p Binding> {
        let facts = self.facts();
        let place = facts[place].span;
        let mut next = Some(scope);
        while let Some(scope) = next {
            let bindings = facts.bindings_of(scope, name);
            // What is changed was bound before.
            let bindings = bindings
                .iter()
                .filter(|binding| !matches!(binding.kind, BindingKind::Changed(_)));
            let before = bindings.clone().filter(|binding| binding.span.end <= place.start);
            if let Some(last) = before
                .max_by_key(|binding| binding.span.start)
                .or(bindings.clone().next())
            {
                return Some(last);
            }
            next = facts[scope].parent;
        }
        None
    }

    fn is_secret_name(&self, name: &str) -> bool {
        let words = self.program.catalog().words();
        let says_whose = || words.pairs_of(name).any(|pair| self.facts().names.find(pair).is_some());
        words.is_shown_secret(name) && !says_whose() && !self.is_kind(name) && !self.is_of_vocabulary(name)
    }

    /// Whether a token is one of a language model's vocabulary: its number there is told beside it, `bot_token` and `bot_token_id`.
    fn is_of_vocabulary(&self, name: &str) -> bool {
        let names = &self.facts().names;
        name.ends_with("_token")
            && VOCABULARY.iter().any(|word| names.find(word).is_some())
            && ["_id", "_ids"]
                .iter()
                .any(|end| names.find(&format!("{name}{end}")).is_some())
    }

    /// Whether a name is of a type whose values are plain variants: `api_key` beside `ApiKey::Metadata` is one of several kinds.
    fn is_kind(&self, name: &str) -> bool {
        let facts = self.facts();
        if self.data.language != Language::Rust {
            return false;
        }
        let words: Vec<String> = name.split('_').map(capitalised).collect();
        let types = (0..words.len()).map(|from| words[from..].concat());
        types.filter_map(|name| facts.names.find(&name)).any(|of| {
            let variants = facts.numbered_exprs().filter(|(_, expr)| {
                matches!(expr.kind, ExprKind::Member { object, name }
                    if matches!(facts[object].kind, ExprKind::Name { name, .. } if name == of)
                        && facts.text(name).starts_with(char::is_uppercase))
            });
            let mut variants = variants.map(|(id, _)| id).peekable();
            let is_filled = |variant: ExprId| facts.calls.iter().any(|call| call.callee == variant);
            variants.peek().is_some() && !variants.any(is_filled)
        })
    }

    /// Whether the function around hands the name to a library that reads tokens.
    fn is_checked_as_token(&self, name: Name, scope: ScopeId) -> bool {
        let facts = self.facts();
        if !self.program.catalog().words().may_be_token(facts.text(name)) {
            return false;
        }
        let function = facts.function_around(scope);
        self.program.sites_in(self.file).iter().any(|site| {
            let reads = self
                .program
                .entry(site)
                .and_then(|entry| entry.role)
                .is_some_and(Role::decodes);
            reads
                && facts.function_around(site.scope) == function
                && self.program.argument(site, "token").is_some_and(
                    |token| matches!(facts[token].kind, ExprKind::Name { name: other, .. } if other == name),
                )
        })
    }
}

/// Whether a name is written like a constant's.
fn is_upper_case(name: &str) -> bool {
    name.contains(char::is_alphabetic) && !name.contains(char::is_lowercase)
}

fn capitalised(word: &str) -> String {
    let mut signs = word.chars();
    let first = signs.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(signs).collect()
}
