//! What becomes of a failure: whether a stretch of code refuses, hands the failure back, or goes on as if nothing had happened.

use crate::facts::{Argument, BindingKind, BlockId, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, Name};
use crate::program::Program;
use crate::program::names::{Origin, last_name};
use crate::source::FileId;

/// One way in which a block of code ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It raises, answers with an error, closes the connection or ends the process.
    Refuses,
    /// It hands back a value that says that something failed: `None`, `False`, an error.
    Fails,
    /// It hands back someone of whom nothing is proven.
    StandsIn(ExprId),
    /// It hands back `True`.
    Accepts(ExprId),
    /// It hands back something else.
    Gives(ExprId),
    /// It leaves a round of a loop.
    Jumps,
    /// It goes on with what follows.
    GoesOn,
}

/// Functions are followed this deep to see whether they refuse.
const DEEPEST: u32 = 2;

impl Program<'_> {
    /// The ways in which `block` ends, those of the branches in it included.
    #[must_use]
    pub fn outcomes(&self, file: FileId, block: BlockId) -> Vec<Outcome> {
        self.outcomes_at(file, block, 0)
    }

    fn outcomes_at(&self, file: FileId, block: BlockId, depth: u32) -> Vec<Outcome> {
        let facts = &self[file].facts;
        if self.refuses_by_call(file, block, depth) {
            return vec![Outcome::Refuses];
        }
        let mut outcomes = Vec::new();
        for child in children(facts, block) {
            let within = self.outcomes_at(file, child, depth);
            outcomes.extend(within.into_iter().filter(|outcome| *outcome != Outcome::GoesOn));
        }
        let own = match facts[block].exit {
            Exit::Raises(_) => Outcome::Refuses,
            Exit::Returns(None) => Outcome::Fails,
            Exit::Returns(Some(value)) => self.given(file, value),
            Exit::Jumps => Outcome::Jumps,
            Exit::FallsThrough => Outcome::GoesOn,
        };
        // A block that ends with branches which all leave has the exit of the first of them.
        let is_counted = own != Outcome::GoesOn && outcomes.contains(&own);
        if !is_counted {
            outcomes.push(own);
        }
        outcomes
    }

    /// What handing back `value` means.
    #[must_use]
    pub fn given(&self, file: FileId, value: ExprId) -> Outcome {
        let facts = &self[file].facts;
        if facts[value].kind == ExprKind::Truth(true) {
            Outcome::Accepts(value)
        } else if self.is_failure(file, value) {
            Outcome::Fails
        } else if self.is_refusal(file, value) {
            Outcome::Refuses
        } else if self.is_stand_in(file, value) {
            Outcome::StandsIn(value)
        } else {
            Outcome::Gives(value)
        }
    }

    /// Whether a value says that something failed: nothing, false, an empty container, a pair of them, a result that says so.
    #[must_use]
    pub fn is_failure(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        match facts[value].kind {
            ExprKind::Nothing | ExprKind::Truth(false) => true,
            ExprKind::Text(text) => facts.text(text).is_empty(),
            ExprKind::Group(elements) => facts
                .list(elements)
                .first()
                .is_none_or(|first| self.is_failure(file, *first)),
            ExprKind::Table(entries) => {
                let entries = facts.entries(entries);
                entries.is_empty()
                    || entries.iter().any(|(key, value)| {
                        key.and_then(|key| self.text_of(file, key))
                            .is_some_and(|key| self.says_failure(file, key, *value))
                    })
            }
            ExprKind::Call(call) => facts.arguments(&facts[call]).iter().any(|argument| {
                argument
                    .keyword
                    .is_some_and(|keyword| self.says_failure(file, facts.text(keyword), argument.value))
            }),
            _ => false,
        }
    }

    /// `ok=False`, `error="expired"`.
    fn says_failure(&self, file: FileId, field: &str, value: ExprId) -> bool {
        let words = self.catalog.words();
        let kind = self[file].facts[value].kind;
        (words.is_success_field(field) && matches!(kind, ExprKind::Truth(false) | ExprKind::Nothing))
            || (words.is_failure_field(field) && !matches!(kind, ExprKind::Nothing))
    }

    /// Whether a value is an answer or an error that refuses: by a status, by its name.
    #[must_use]
    pub fn is_refusal(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        match facts[value].kind {
            ExprKind::Call(call) => {
                let name = last_name(facts, facts[call].callee).map_or("", |name| facts.text(name));
                name == "Err"
                    || words.refuses(name)
                    || words.is_refusing_call(name)
                    || self.has_refusing_status(file, call)
                    || self.is_rendered_refusal(file, call)
            }
            ExprKind::Group(elements) => facts
                .list(elements)
                .iter()
                .any(|element| self.is_status(file, *element)),
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => words.refuses(facts.text(name)),
            _ => false,
        }
    }

    /// `TemplateResponse(request, "401.html", status=401).render()`
    fn is_rendered_refusal(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        match facts[facts[call].callee].kind {
            ExprKind::Member { object, .. } => {
                matches!(facts[object].kind, ExprKind::Call(made) if self.has_refusing_status(file, made))
            }
            _ => false,
        }
    }

    fn has_refusing_status(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let passes_status = |argument: &Argument| self.is_status(file, argument.value);
        facts.arguments(&facts[call]).iter().any(passes_status)
            || match facts[facts[call].callee].kind {
                // `HttpResponse::Unauthorized().json(…)`
                ExprKind::Member { object, .. } => self.is_refusal(file, object),
                _ => false,
            }
    }

    /// `401`, `status.HTTP_401_UNAUTHORIZED`, `StatusCode::FORBIDDEN`.
    fn is_status(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        match facts[value].kind {
            ExprKind::Number(number) => {
                let number = facts.text(number).parse::<u16>().unwrap_or(0);
                (400..600).contains(&number) || (1002..=1015).contains(&number) || (3000..5000).contains(&number)
            }
            ExprKind::Member { .. } | ExprKind::Name { .. } => last_name(facts, value).is_some_and(|name| {
                let name = facts.text(name);
                name.chars().any(char::is_uppercase) && self.catalog.words().refuses(name)
            }),
            ExprKind::Group(elements) => facts
                .list(elements)
                .iter()
                .any(|element| self.is_status(file, *element)),
            _ => false,
        }
    }

    /// Whether a value is someone of whom nothing is proven: by its name, or by the texts in it.
    #[must_use]
    pub fn is_stand_in(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        match facts[value].kind {
            ExprKind::Text(text) => {
                let text = facts.text(text);
                text.len() < 60 && !text.contains(' ') && words.is_stand_in(text)
            }
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                words.is_stand_in(facts.text(name)) && !self.is_foreign(file, value)
            }
            ExprKind::Call(call) => {
                let callee = facts[call].callee;
                self.is_stand_in(file, callee)
                    || self.gives_stand_in(file, callee)
                    || self.is_made_up_user(file, value)
                    || self.wraps_stand_in(file, call)
            }
            ExprKind::Table(_) => self.is_made_up_user(file, value),
            ExprKind::Group(elements) => facts
                .list(elements)
                .first()
                .is_some_and(|first| self.is_stand_in(file, *first)),
            _ => false,
        }
    }

    /// A type around nothing but a stand-in: `CurrentUser(Claims { sub: "guest" })`.
    fn wraps_stand_in(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let name = last_name(facts, facts[call].callee).map_or("", |name| facts.text(name));
        let [wrapped] = facts.arguments(&facts[call]) else {
            return false;
        };
        let is_type = name.starts_with(char::is_uppercase) && !self.catalog.words().refuses(name) && name != "Err";
        is_type
            && matches!(facts[wrapped.value].kind, ExprKind::Call(_) | ExprKind::Table(_))
            && self.is_stand_in(file, wrapped.value)
    }

    /// Whether a value says who somebody is with a text that is written there: `User(id="guest")`, `{"sub": "someone"}`.
    #[must_use]
    pub fn is_made_up_user(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        let is_name = |value: ExprId| {
            let text = self.plain_text(file, value).unwrap_or("");
            !text.is_empty()
                && text.len() < 60
                && (!text.contains(' ') || words.is_stand_in(text))
                && !words.refuses(text)
        };
        match facts[value].kind {
            ExprKind::Call(call) => facts.arguments(&facts[call]).iter().any(|argument| {
                argument
                    .keyword
                    .is_some_and(|keyword| words.is_who_field(facts.text(keyword)))
                    && is_name(argument.value)
            }),
            ExprKind::Table(entries) => facts.entries(entries).iter().any(|(key, value)| {
                key.and_then(|key| self.text_of(file, key))
                    .is_some_and(|key| words.is_who_field(key))
                    && is_name(*value)
            }),
            _ => false,
        }
    }

    /// A literal, conversions of it looked through: `"guest".to_string()`.
    fn plain_text(&self, file: FileId, value: ExprId) -> Option<&str> {
        let facts = &self[file].facts;
        match facts[value].kind {
            ExprKind::Call(call) if facts.arguments(&facts[call]).is_empty() => match facts[facts[call].callee].kind {
                ExprKind::Member { object, .. } => self.text_of(file, object),
                _ => None,
            },
            _ => self.text_of(file, value),
        }
    }

    /// Whether a function of the program gives back nothing else than literals that stand in for somebody.
    fn gives_stand_in(&self, file: FileId, callee: ExprId) -> bool {
        self.functions_at(file, callee).any(|(file, function)| {
            let facts = &self[file].facts;
            let mut returned = facts
                .returns_of(function)
                .iter()
                .filter_map(|returned| returned.value)
                .peekable();
            returned.peek().is_some()
                && returned.all(|value| match facts[value].kind {
                    ExprKind::Table(_) | ExprKind::Text(_) | ExprKind::Name { .. } => self.is_stand_in(file, value),
                    _ => false,
                })
        })
    }

    /// Whether a name comes from a library: who that calls anonymous, it also refuses.
    fn is_foreign(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let Some((name, scope)) = crate::program::names::first_name(facts, expr) else {
            return false;
        };
        let bindings = crate::program::bindings::lookup(facts, scope, name).unwrap_or(&[]);
        let mut kinds = bindings.iter().map(|binding| binding.kind);
        kinds.any(|kind| matches!(kind, BindingKind::Import(_)))
            && !self.values(file, expr).iter().any(|value| {
                matches!(
                    value.origin,
                    Origin::Written(..) | Origin::Function(_) | Origin::Class(_) | Origin::Instance(_)
                )
            })
    }

    /// Whether a call in `block` itself refuses: closes the connection, aborts, or calls a function that always does.
    fn refuses_by_call(&self, file: FileId, block: BlockId, depth: u32) -> bool {
        let facts = &self[file].facts;
        let within = facts.calls_within(facts[block].span);
        let mut own = within.filter(|(_, call)| call.block == block);
        own.any(|(_, call)| {
            let name = last_name(facts, call.callee).map_or("", |name| facts.text(name));
            self.catalog.words().is_refusing_call(name)
                || (depth < DEEPEST && self.always_refuses(file, call.callee, depth))
        })
    }

    /// Whether every function of the program that `callee` can be always raises.
    fn always_refuses(&self, file: FileId, callee: ExprId, depth: u32) -> bool {
        let functions: Vec<_> = self.functions_at(file, callee).collect();
        !functions.is_empty()
            && functions.iter().all(|(file, function)| {
                let body = self[*file].facts[*function].body;
                let outcomes = self.outcomes_at(*file, body, depth + 1);
                outcomes.iter().all(|outcome| *outcome == Outcome::Refuses)
            })
    }

    /// Whether what the arm catches says nothing about the token: a missing module, a cancelled task, a client that left.
    #[must_use]
    pub fn catches_something_else(&self, file: FileId, arm: BlockId) -> bool {
        let facts = &self[file].facts;
        let BlockKind::Rescue {
            catches: Some(catches), ..
        } = facts[arm].kind
        else {
            return false;
        };
        let caught = match facts[catches].kind {
            ExprKind::Group(caught) => facts.list(caught).to_vec(),
            _ => vec![catches],
        };
        caught.iter().all(|caught| {
            let written = self.written(file, *caught);
            let name = written.rsplit(['.', ':']).next().unwrap_or("");
            self.catalog.words().is_unrelated_error(name)
        })
    }

    /// The calls in or below `block` that pass the request on to what it was meant for.
    pub fn passing_on(&self, file: FileId, block: BlockId) -> impl Iterator<Item = CallId> {
        let facts = &self[file].facts;
        let calls = facts.calls_within(facts[block].span);
        let below =
            calls.filter(move |(id, call)| facts.is_below(call.block, block) && self.passes_request_on(file, *id));
        below.map(|(id, _)| id)
    }

    /// Whether what an expression gives is only written to a log: nothing relies on it.
    #[must_use]
    pub fn is_only_logged(&self, file: FileId, expr: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        let mut around = facts.exprs_around(facts[expr].span);
        around.any(|(outer, around)| match around.kind {
            ExprKind::Call(call) if outer != expr => match facts[facts[call].callee].kind {
                ExprKind::Member { object, .. } => {
                    last_name(facts, object).is_some_and(|name| words.is_logger(facts.text(name)))
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether a value says of somebody only that it is nobody: `{"sub": "anonymous"}`.
    #[must_use]
    pub fn is_nobody(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        let says_so = |value: ExprId| {
            let text = self.plain_text(file, value).unwrap_or("");
            words.is_stand_in(text) && !words.is_made_up(text)
        };
        let mut fields: Vec<(&str, ExprId)> = Vec::new();
        match facts[value].kind {
            ExprKind::Call(call) => {
                let named = facts.arguments(&facts[call]).iter();
                fields.extend(named.filter_map(|argument| Some((facts.text(argument.keyword?), argument.value))));
            }
            ExprKind::Table(entries) => {
                let entries = facts.entries(entries).iter();
                fields.extend(entries.filter_map(|(key, value)| Some((self.text_of(file, (*key)?)?, *value))));
            }
            _ => {}
        }
        let mut who = fields
            .into_iter()
            .filter(|(field, _)| words.is_who_field(field))
            .peekable();
        who.peek().is_some() && who.all(|(_, value)| says_so(value))
    }

    /// Whether code in or below `block` passes the request on.
    #[must_use]
    pub fn is_passed_on(&self, file: FileId, block: BlockId) -> bool {
        self.passing_on(file, block).next().is_some()
    }

    /// `call_next(request)`, `next.run(request)`, `self.get_response(request)`, `self.app(scope, receive, send)`.
    #[must_use]
    pub fn passes_request_on(&self, file: FileId, call: CallId) -> bool {
        let facts = &self[file].facts;
        let call = &facts[call];
        let text = |name: Name| facts.text(name);
        if !last_name(facts, call.callee).is_some_and(|name| self.catalog.words().passes_on(text(name))) {
            return false;
        }
        match facts[call.callee].kind {
            ExprKind::Name { name, .. } => text(name) == "call_next" || text(name) == "get_response",
            ExprKind::Member { object, name } => match text(name) {
                "run" => last_name(facts, object).is_some_and(|object| text(object) == "next"),
                "app" => facts.arguments(call).len() == 3,
                "get_response" | "call_next" => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// The text that a literal is.
    pub(in crate::program) fn text_of(&self, file: FileId, expr: ExprId) -> Option<&str> {
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Text(text) => Some(facts.text(text)),
            _ => None,
        }
    }
}

/// The blocks directly inside `block` that are part of the same function.
pub(in crate::program) fn children(facts: &FileFacts, block: BlockId) -> impl Iterator<Item = BlockId> {
    let end = facts[block].span.end;
    let later = facts.numbered_blocks().skip(block.0 as usize + 1);
    later
        .take_while(move |(_, other)| other.span.start <= end)
        .filter(move |(_, other)| other.parent == Some(block) && other.kind != BlockKind::Body)
        .map(|(id, _)| id)
}
