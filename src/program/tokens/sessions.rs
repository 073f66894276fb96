//! Where a program reads out of a framework's session who is calling: the session comes in a cookie that the framework has checked, so
//! what it says lets somebody in where those are turned away of whom it says nothing.

use super::TokenSite;
use super::comparisons::{Shown, ShownCredential};
use crate::facts::{Access, BindingKind, Comparison, ExprId, ExprKind, FileFacts, Language, Name};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::auth_paths::credentials::Carriers;
use crate::program::bindings::lookup;
use crate::program::names::{last_name, last_name_span};
use crate::program::{Program, ProgramFile};
use crate::source::FileId;

impl Program<'_> {
    /// The reads of sessions that say who is calling, with what brings the session into the functions around them.
    pub(in crate::program) fn read_sessions(&self) -> Vec<ShownCredential> {
        self.for_each_file(|file, data| {
            if data.language != Language::Python || matches!(data.scope, CodeScope::Test | CodeScope::Config) {
                return Vec::new();
            }
            self.sessions_in(file, data)
        })
    }

    fn sessions_in(&self, file: FileId, data: &ProgramFile) -> Vec<ShownCredential> {
        let mut found = self.sessions_read_in(file, data);
        found.extend(self.users_asked_in(file, data));
        found
    }

    /// Where code asks whether the user that a framework found by the session is one: `current_user.is_authenticated`.
    fn users_asked_in(&self, file: FileId, data: &ProgramFile) -> Vec<ShownCredential> {
        let facts = &data.facts;
        let asked: Vec<Name> = ASKED.iter().filter_map(|asked| facts.names.find(asked)).collect();
        if asked.is_empty() {
            return Vec::new();
        }
        let imports = |library: &str| {
            let mut imports = facts.imports.iter();
            imports.any(|import| {
                self.segments(file, import)
                    .first()
                    .is_some_and(|first| *first == library)
            })
        };
        let is_by_name = USER_GIVING.iter().any(|library| imports(library));
        let is_of_request = REQUEST_USER_GIVING.iter().any(|library| imports(library));
        let users = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Member { object, name } if asked.contains(&name) => Some(object),
            _ => None,
        });
        let users = users.filter(|user| {
            let name = last_name(facts, *user).map_or("", |name| facts.text(name));
            let of = match facts[*user].kind {
                ExprKind::Member { object, .. } => last_name(facts, object).map_or("", |name| facts.text(name)),
                _ => "",
            };
            is_by_name && name == "current_user" || is_of_request && name == "user" && of == "request"
        });
        users.filter_map(|user| self.session_at(file, user)).collect()
    }

    fn sessions_read_in(&self, file: FileId, data: &ProgramFile) -> Vec<ShownCredential> {
        let facts = &data.facts;
        // Most files say it nowhere.
        let Some(name) = facts.names.find(SESSION) else {
            return Vec::new();
        };
        let reads = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Index {
                object,
                key,
                access: Access::Read,
            } => Some((object, key)),
            ExprKind::Compare {
                operator: Comparison::In | Comparison::NotIn,
                left,
                right,
            } => Some((right, left)),
            ExprKind::Call(call) => {
                let call = &facts[call];
                let (ExprKind::Member { object, name }, [key, ..]) = (facts[call.callee].kind, facts.arguments(call))
                else {
                    return None;
                };
                (facts.text(name) == "get").then_some((object, key.value))
            }
            _ => None,
        });
        let sessions =
            reads.filter(|(session, key)| self.is_session(file, facts, *session, name) && self.says_who(facts, *key));
        sessions
            .filter_map(|(session, _)| self.session_at(file, session))
            .collect()
    }

    fn session_at(&self, file: FileId, session: ExprId) -> Option<ShownCredential> {
        let facts = &self[file].facts;
        let scope = self.scope_at(file, facts[session].span)?;
        facts.function_around(scope)?;
        let site = TokenSite {
            primary: Site {
                file,
                span: last_name_span(facts, session),
            },
            scope,
            call: self.written(file, session),
            confidence: Confidence::Likely,
            hand_rolled: true,
            unbound: false,
            token: None,
        };
        Some(ShownCredential {
            carriers: self.carriers_of_session(file, facts, session),
            site,
            how: Shown::InSession,
        })
    }

    /// Whether an expression is a framework's session: of a request, or the one that a framework gives by its name.
    fn is_session(&self, file: FileId, facts: &FileFacts, expr: ExprId, session: Name) -> bool {
        match facts[expr].kind {
            ExprKind::Member { object, name } if name == session => {
                let of = last_name(facts, object).map_or("", |name| facts.text(name));
                REQUESTS.contains(&of)
            }
            ExprKind::Name { name, scope } if name == session => {
                let bindings = lookup(facts, scope, name).unwrap_or(&[]);
                let mut imports = bindings.iter().filter_map(|binding| match binding.kind {
                    BindingKind::Import(import) => Some(&facts[import]),
                    _ => None,
                });
                imports.any(|import| {
                    let segments = self.segments(file, import);
                    segments.first().is_some_and(|first| GIVING.contains(first)) && segments.len() == 2
                })
            }
            _ => false,
        }
    }

    fn says_who(&self, facts: &FileFacts, key: ExprId) -> bool {
        let words = self.catalog().words();
        match facts[key].kind {
            ExprKind::Text(text) => {
                let text = facts.text(text);
                words.identifies_caller(text) && !words.is_compared_otherwise(text)
            }
            _ => false,
        }
    }

    fn carriers_of_session(&self, file: FileId, facts: &FileFacts, session: ExprId) -> Carriers {
        match facts[session].kind {
            ExprKind::Member { object, .. } => match self.carriers(file, object) {
                Carriers::NONE => Carriers::Any,
                carriers => carriers,
            },
            _ => Carriers::Any,
        }
    }
}

/// How frameworks call the session of a request.
const SESSION: &str = "session";
/// How programs call requests and connections that have one.
const REQUESTS: [&str; 4] = ["connection", "request", "req", "websocket"];
/// What users of frameworks are asked for.
const ASKED: [&str; 2] = ["is_anonymous", "is_authenticated"];
/// The libraries that give the user of the session by the name `current_user`, and those that put it on requests themselves.
const USER_GIVING: [&str; 3] = ["flask_login", "flask_security", "quart_auth"];
const REQUEST_USER_GIVING: [&str; 2] = ["django", "rest_framework"];
/// The libraries that give the session of the request that is being handled by its name.
const GIVING: [&str; 2] = ["flask", "quart"];
