//! What is called like a flag and is none: what describes one endpoint, a request or a service, what an object has come to know.

use super::Flags;
use crate::catalog::FlagName;
use crate::facts::{
    Binding, BindingKind, Call, ExprId, ExprKind, Function, Language, Name, Scalar, ScopeId, ScopeKind, Setting,
};
use crate::finding::CodeScope;
use crate::program::Surface;
use crate::source::Span;

/// What declares a column of a table.
const COLUMNS: &[&str] = &["BooleanField", "Column", "NullBooleanField", "mapped_column"];

/// How classes are called that make groups of endpoints.
const ROUTERS: &[&str] = &["Blueprint", "Router"];

/// What describes the endpoints of a service.
const DESCRIBING: &[&str] = &["get_openapi", "openapi"];

/// Methods of a class that make its instances of what was read.
const READING: &[&str] = &[
    "from_dict",
    "from_json",
    "model_validate",
    "model_validate_json",
    "parse_obj",
    "parse_raw",
];

impl Flags<'_> {
    /// Whether the mapping that holds a setting names an endpoint's path: then it describes that endpoint.
    pub(super) fn has_path_beside(&self, index: usize) -> bool {
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

    /// Whether a file describes a request to another system, by an address and a method beside one another: that system says whom it asks.
    pub(super) fn describes_request(&self) -> bool {
        let facts = &self.data.facts;
        let is_method = |setting: &&Setting| {
            let last = facts.path(setting.path).last().map_or("", |name| facts.text(*name));
            let verbs = ["DELETE", "GET", "PATCH", "POST", "PUT"];
            last == "method" && matches!(setting.value, Scalar::Text(text) if verbs.contains(&facts.text(text)))
        };
        let mut methods = facts.config.iter().filter(is_method);
        methods.any(|method| {
            let own = facts.path(method.path);
            facts.config.iter().any(|setting| {
                let path = facts.path(setting.path);
                path.len() == own.len()
                    && path[..path.len() - 1] == own[..own.len() - 1]
                    && matches!(setting.value, Scalar::Text(text) if facts.text(text).starts_with("http"))
            })
        })
    }

    /// Whether a call sends a request, in which a flag of this kind leaves out credentials of its own: `self.request("post", url,
    /// skip_auth=True)`, `self._api_get(url, auth_required=False)`.
    pub(super) fn sends_request(&self, call: &Call, kind: FlagName) -> bool {
        let facts = &self.data.facts;
        let ExprKind::Member { name, .. } = facts[call.callee].kind else {
            return false;
        };
        let name = facts.text(name);
        name == "request" || (kind == FlagName::Requires && self.words().sends_request(name))
    }

    /// Whether a call makes a group of endpoints, of which it says that they are for everybody: `router = AppRouter(require_auth=False)`.
    pub(super) fn makes_router(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                let name = facts.text(name);
                name.starts_with(char::is_uppercase) && ROUTERS.iter().any(|ending| name.ends_with(ending))
            }
            _ => false,
        }
    }

    /// Whether code makes a description of the service, for which it puts routes together that nothing serves.
    pub(super) fn only_describes(&self, scope: ScopeId) -> bool {
        let facts = &self.data.facts;
        let asked = DESCRIBING.iter().any(|name| facts.names.find(name).is_some());
        let Some(function) = facts.function_around(scope).filter(|_| asked) else {
            return false;
        };
        facts
            .calls_in(Some(function))
            .any(|(_, call)| match facts[call.callee].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => DESCRIBING.contains(&facts.text(name)),
                _ => false,
            })
    }

    /// Whether an object is what a decorator was applied to, which it marks and gives back: what it says is of that handler alone.
    pub(super) fn is_marked_handler(&self, object: ExprId) -> bool {
        let facts = &self.data.facts;
        let ExprKind::Name { name, scope } = facts[object].kind else {
            return false;
        };
        let Some(function) = facts.function_around(scope) else {
            return false;
        };
        let [parameter, ..] = facts.parameters(&facts[function]) else {
            return false;
        };
        let gives_back = |value: ExprId| facts[value].kind == ExprKind::Name { name, scope };
        let mut returns = facts.returns_of(function).iter();
        parameter.name == name
            && returns.any(|returned| returned.value.is_some_and(gives_back))
            && facts[function]
                .name
                .is_some_and(|own| self.is_decorator_somewhere(facts.text(own)))
    }

    /// Whether something of this name decorates a function or a class of the program.
    fn is_decorator_somewhere(&self, name: &str) -> bool {
        self.program.files().any(|(_, data)| {
            let facts = &data.facts;
            let Some(name) = facts.names.find(name) else {
                return false;
            };
            let is_it = |decorator: &ExprId| matches!(facts[*decorator].kind, ExprKind::Name { name: of, .. } | ExprKind::Member { name: of, .. } if of == name);
            let functions = facts.functions.iter().map(|function| function.decorators);
            let classes = facts.classes.iter().map(|class| class.decorators);
            functions.chain(classes).any(|decorators| facts.list(decorators).iter().any(is_it))
        })
    }

    /// Whether a call makes one request, or only describes a service.
    pub(super) fn is_request(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        let name = match facts[call.callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
            _ => return false,
        };
        is_type_of_requests(name) || self.words().describes_service(name)
    }

    /// Whether a scope is a class of requests, or of who sends them: who is asked demands what it demands.
    pub(super) fn is_class_of_requests(&self, scope: ScopeId) -> bool {
        let facts = &self.data.facts;
        let ScopeKind::Class(class) = facts[scope].kind else {
            return false;
        };
        let name = facts.text(facts[class].name);
        is_type_of_requests(name) || name.ends_with("Client")
    }

    /// Whether a method only offers what its own name says, and nothing that runs calls it: `fn skip_auth(self)` of a library.
    /// Whoever calls it switches the flag.
    pub(super) fn is_offered(&self, scope: ScopeId) -> bool {
        let facts = &self.data.facts;
        let Some(function) = facts.function_around(scope) else {
            return false;
        };
        let offered = facts[function]
            .name
            .filter(|name| self.said(*name) == Some(FlagName::Skips));
        let is_method = self.data.language == Language::Rust && facts[function].class.is_some();
        offered.is_some_and(|name| is_method && !self.is_called_somewhere(facts.text(name)))
    }

    /// Whether code that is no test calls a method of this name.
    pub(super) fn is_called_somewhere(&self, method: &str) -> bool {
        self.program.files().any(|(file, data)| {
            let facts = &data.facts;
            facts.names.find(method).is_some_and(|method| {
                facts.calls.iter().any(|call| {
                    matches!(facts[call.callee].kind, ExprKind::Member { name, .. } if name == method)
                        && self.program.code_scope(file, call.scope) != CodeScope::Test
                })
            })
        })
    }

    /// Whether a call fills a template: what it is told decides what a page shows.
    pub(super) fn renders(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name).starts_with("render"),
            _ => false,
        }
    }

    /// Whether a call of test code builds one of a list of cases, or a mapping: that configures nothing.
    pub(super) fn is_case_of_test(&self, call: &Call) -> bool {
        let facts = &self.data.facts;
        let place = facts[call.expr].span;
        self.program.code_scope(self.file, call.scope) == CodeScope::Test
            && facts
                .exprs
                .iter()
                .any(|expr| matches!(expr.kind, ExprKind::Group(_)) && expr.span.contains(place))
    }

    /// Whether a local name gets several modes, as it turns out: `if accounts: mode = "enabled"` and `else: mode = "disabled"`. That
    /// tells how the service is set.
    pub(super) fn is_told_apart(&self, binding: &Binding) -> bool {
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
    pub(super) fn is_column(&self, value: ExprId) -> bool {
        let facts = &self.data.facts;
        match facts[value].kind {
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => COLUMNS.contains(&facts.text(name)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a value numbers one of a class's variants: `class AuthType(Enum): NO_AUTH = 1`.
    pub(super) fn is_variant(&self, scope: ScopeId, value: ExprId) -> bool {
        let facts = &self.data.facts;
        let ScopeKind::Class(class) = facts[scope].kind else {
            return false;
        };
        let is_enum = |base: &ExprId| match facts[*base].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name).ends_with("Enum"),
            _ => false,
        };
        !matches!(facts[value].kind, ExprKind::Truth(_)) && facts.list(facts[class].bases).iter().any(is_enum)
    }

    /// Whether a scope is a class of what another service answers, or of a part of that: `Settings.model_validate_json(response.content)`.
    pub(super) fn is_read_from_answer(&self, scope: ScopeId) -> bool {
        let facts = &self.data.facts;
        let ScopeKind::Class(class) = facts[scope].kind else {
            return false;
        };
        let mut parts = vec![facts[class].name];
        let mut at = 0;
        // Whoever has a field of one of these classes is read from the same answer.
        while let Some(part) = parts.get(at).copied() {
            let has_part = |binding: &Binding| {
                let annotation = binding.annotation.map(|annotation| facts[annotation].span);
                annotation.is_some_and(|annotation| {
                    let mut named = facts.exprs_within(annotation);
                    named.any(|(_, expr)| matches!(expr.kind, ExprKind::Name { name, .. } if name == part))
                })
            };
            for whole in &facts.classes {
                if !parts.contains(&whole.name) && facts.bindings_in(whole.scope).iter().any(has_part) {
                    parts.push(whole.name);
                }
            }
            at += 1;
        }
        let is_answer = |value: ExprId| {
            let mut named = facts.exprs_within(facts[value].span);
            named.any(|(_, expr)| match expr.kind {
                ExprKind::Name { name, .. } => self.words().comes_from_server(facts.text(name)),
                _ => false,
            })
        };
        facts.calls.iter().any(|call| {
            let ExprKind::Member { object, name } = facts[call.callee].kind else {
                return false;
            };
            READING.contains(&facts.text(name))
                && matches!(facts[object].kind, ExprKind::Name { name, .. } if parts.contains(&name))
                && facts.arguments(call).iter().any(|argument| is_answer(argument.value))
        })
    }

    /// Whether a call describes one of many things, which needs no login: `Action(name="clipboard", no_auth=True)`. Nothing is told of
    /// how the program itself authenticates.
    pub(super) fn describes_thing(&self, call: &Call, flag: Name) -> bool {
        let facts = &self.data.facts;
        let is_state = facts.text(flag).trim_matches('_').eq_ignore_ascii_case("no_auth");
        let is_class = match facts[call.callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                facts.text(name).starts_with(char::is_uppercase)
            }
            _ => false,
        };
        let mut keywords = facts.arguments(call).iter().filter_map(|argument| argument.keyword);
        is_state && is_class && keywords.any(|keyword| matches!(facts.text(keyword), "name" | "description"))
    }

    /// Whether a function sends a request, as its name or its parameters say, or only describes a service.
    pub(super) fn is_of_a_request(&self, function: &Function) -> bool {
        let facts = &self.data.facts;
        let words = self.words();
        let parameters = || {
            let own = facts.parameters(function).iter();
            own.map(|parameter| facts.text(parameter.name))
        };
        let is_part = |name: &str| {
            matches!(
                name,
                "body" | "data" | "headers" | "json" | "method" | "params" | "payload"
            )
        };
        let name = function.name.map_or("", |name| facts.text(name));
        words.sends_request(name)
            || words.describes_service(name)
            || (parameters().any(|name| words.is_url(name)) && parameters().any(is_part))
    }

    /// Whether a function is given a password by which it makes itself known to another system: `send(host, username, password,
    /// require_auth=False)`.
    pub(super) fn logs_in_elsewhere(&self, function: &Function) -> bool {
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

    /// Whether a table is an element of a group that begins with an endpoint's path: `("/status", Handler, {"skip_auth": True})`.
    pub(super) fn stands_behind_a_path(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        facts.exprs_around(table).any(|(_, expr)| {
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

    /// Whether a table says what an option of the flag's own name does: `{"no-auth": ({"Server": {"no_auth": True}}, "…")}`.
    pub(super) fn is_effect_of_option(&self, table: Span, flag: &str) -> bool {
        let facts = &self.data.facts;
        let is_option = |key: ExprId| {
            matches!(facts[key].kind, ExprKind::Text(text)
                if facts.text(text).trim_start_matches('-').replace('-', "_").eq_ignore_ascii_case(flag))
        };
        facts.exprs_around(table).any(|(_, expr)| match expr.kind {
            ExprKind::Table(entries) if expr.span != table => facts
                .entries(entries)
                .iter()
                .any(|(key, value)| facts[*value].span.contains(table) && key.is_some_and(is_option)),
            _ => false,
        })
    }

    /// Whether a table is what a handler answers: it says how the service is set, and sets nothing.
    pub(super) fn is_answer_of_handler(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        let is_it = |value: ExprId| {
            facts[value].span == table
                || match facts[value].kind {
                    ExprKind::Name { name, scope } => facts
                        .bindings_of(scope, name)
                        .iter()
                        .any(|binding| matches!(binding.kind, BindingKind::Value(value) if facts[value].span == table)),
                    _ => false,
                }
        };
        let returned = facts
            .returns
            .iter()
            .filter(|returned| returned.value.is_some_and(is_it));
        let entries = self.program.entry_points();
        returned.into_iter().any(|returned| {
            let function = (self.file, returned.function);
            let mut entries = entries.iter().filter(|entry| entry.function == function);
            entries.any(|entry| matches!(entry.surface, Surface::Http | Surface::Websocket))
        })
    }

    /// Whether a table is what one call is told of its circumstances: `context = {"ignore_auth": True, "user": name}`. The code
    /// that calls vouches for that call; nothing is set for others. Nor does what is noted about one thing set anything:
    /// `create_token(name, metadata={"auth_mode": "disabled"})`.
    pub(super) fn is_context(&self, table: Span) -> bool {
        let facts = &self.data.facts;
        let is_context = |name: Name| matches!(facts.text(name), "context" | "ctx");
        let is_bound = facts.bindings.iter().any(|binding| {
            matches!(binding.kind, BindingKind::Value(value) if facts[value].span == table)
                && is_context(binding.name)
                && facts.function_around(binding.scope).is_some()
        });
        let mut arguments = facts.calls.iter().flat_map(|call| facts.arguments(call));
        is_bound
            || arguments.any(|argument| {
                let is_told = |keyword: Name| is_context(keyword) || facts.text(keyword) == "metadata";
                argument.keyword.is_some_and(is_told) && facts[argument.value].span == table
            })
    }

    /// Locals and call arguments of test functions configure nothing.
    pub(super) fn is_local_to_test(&self, scope: ScopeId) -> bool {
        self.program.code_scope(self.file, scope) == CodeScope::Test && self.data.facts.function_around(scope).is_some()
    }

    /// Whether named values describe one endpoint: one of them is its path.
    pub(super) fn names_a_path(&self, mut values: impl Iterator<Item = (Option<Name>, ExprId)>) -> bool {
        let facts = &self.data.facts;
        values.any(|(name, value)| {
            let is_path_name = name.is_none_or(|name| is_path_name(facts.text(name)));
            is_path_name
                && match facts[value].kind {
                    // `^login/$` is one, too, for routers that match by patterns.
                    ExprKind::Text(text) => facts.text(text).starts_with(['/', '^']),
                    // A path that is put together says by its name what it is.
                    ExprKind::Template(_) => name.is_some(),
                    _ => false,
                }
        })
    }

    /// `Route::new("/version")`, and what is chained behind it.
    pub(super) fn is_made_of_a_path(&self, object: ExprId) -> bool {
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

    pub(super) fn is_class_of_endpoint(&self, scope: ScopeId) -> bool {
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
    pub(super) fn is_answer(&self, scope: ScopeId) -> bool {
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
    pub(super) fn is_state(&self, class: Option<Name>, field: Name) -> bool {
        let facts = &self.data.facts;
        class.is_some()
            && self.said(field) == Some(FlagName::Requires)
            && facts.stores.iter().any(|store| {
                matches!(facts[store.target].kind, ExprKind::Member { object, name } if name == field && self.is_self(object))
                    && store.value.is_some_and(|value| facts[value].kind == ExprKind::Truth(true))
                    && self.class_name_around(facts[store.block].scope) == class
            })
    }

    pub(super) fn is_self(&self, object: ExprId) -> bool {
        let facts = &self.data.facts;
        matches!(facts[object].kind, ExprKind::Name { name, .. } if facts.text(name) == "self")
    }

    /// The class whose instance one of its own methods makes: `Self { … }`, `Type { … }`.
    pub(super) fn class_made_by(&self, call: &Call) -> Option<Name> {
        let facts = &self.data.facts;
        let class = self.class_name_around(call.scope)?;
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } if name == class || facts.text(name) == "Self" => Some(class),
            _ => None,
        }
    }

    /// The name of the class whose method `scope` is part of.
    pub(super) fn class_name_around(&self, scope: ScopeId) -> Option<Name> {
        let facts = &self.data.facts;
        let mut function = facts.function_around(scope)?;
        loop {
            if let Some(class) = facts[function].class {
                return Some(facts[class].name);
            }
            function = facts.function_around(facts[function].parent)?;
        }
    }

    pub(super) fn is_in_decorator(&self, span: Span) -> bool {
        let facts = &self.data.facts;
        facts.functions.iter().any(|function| {
            facts
                .list(function.decorators)
                .iter()
                .any(|decorator| facts[*decorator].span.contains(span))
        })
    }

    pub(super) fn is_decorator(&self, expr: ExprId) -> bool {
        let facts = &self.data.facts;
        let of_functions = facts.functions.iter().map(|function| function.decorators);
        let of_classes = facts.classes.iter().map(|class| class.decorators);
        of_functions
            .chain(of_classes)
            .any(|decorators| facts.list(decorators).contains(&expr))
    }
}

/// Whether what is called so is an endpoint's path.
fn is_path_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        name.as_str(),
        "path" | "url" | "route" | "endpoint" | "pattern" | "rule"
    )
}

/// Whether a type of this name holds what is sent in one request, or how: `JsonRequest`, `RequestOptions`.
pub(super) fn is_type_of_requests(name: &str) -> bool {
    let named = ["", "Config", "Options"];
    let mut stems = named.iter().filter_map(|end| name.strip_suffix(end));
    name.starts_with(char::is_uppercase) && stems.any(|stem| stem.ends_with("Request"))
}
