//! Where a credential that a caller shows is looked up in the program's own store, or comes in a cookie that is signed: an opaque token
//! is validated by being found.

use super::TokenSite;
use super::comparisons::{Shown, ShownCredential};
use crate::catalog::Words;
use crate::facts::{BindingKind, Call, Comparison, ExprId, ExprKind, FileFacts, FunctionId, Language, Name};
use crate::finding::{CodeScope, Confidence};
use crate::program::auth_paths::credentials::Carriers;
use crate::program::bindings::lookup;
use crate::program::names::last_name;
use crate::program::{Program, ProgramFile, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// So many names around a call say what it is for: those of its function and of a class.
const NAMES_AROUND: usize = 2;
/// How requests call their headers, and how far what is made of one is followed.
const HEADERS: &str = "headers";
const MOST_STEPS: u32 = 3;

impl Program<'_> {
    /// The look-ups of credentials, and the signed cookies, with what brings them into the functions around them.
    pub(in crate::program) fn looked_up_credentials(&self) -> Vec<ShownCredential> {
        self.for_each_file(|file, data| {
            if data.language != Language::Python || matches!(data.scope, CodeScope::Test | CodeScope::Config) {
                return Vec::new();
            }
            self.looked_up_in(file, data)
        })
    }

    fn looked_up_in(&self, file: FileId, data: &ProgramFile) -> Vec<ShownCredential> {
        let facts = &data.facts;
        let words = self.catalog().words();
        // Most files say none of the names.
        let said: FxHashSet<Name> = words.lookups().filter_map(|word| facts.names.find(word)).collect();
        if said.is_empty() {
            return Vec::new();
        }
        let is_said = |call: &&Call| last_name(facts, call.callee).is_some_and(|name| said.contains(&name));
        let calls: Vec<&Call> = facts.calls.iter().filter(is_said).collect();
        let changing = calls.iter().filter_map(|call| match facts[call.callee].kind {
            ExprKind::Member { object, name } if words.changes_records(facts.text(name)) => Some(object),
            _ => None,
        });
        let changed: FxHashSet<ExprId> = changing.flat_map(|object| queries_before(facts, object)).collect();
        let found = calls.iter().filter_map(|call| {
            let function = facts.function_around(call.scope)?;
            let name = facts.text(last_name(facts, call.callee)?);
            let shown = |carriers, how| ShownCredential {
                site: self.looked_up(file, call),
                carriers,
                how,
            };
            if words.takes_login(name) {
                return Some(shown(Carriers::Any, Shown::AsLogin));
            }
            if words.reads_signed_cookie(name) {
                let is_of_caller = self.is_of_caller(file, call, function);
                return is_of_caller.then(|| shown(Carriers::Any, Shown::Itself));
            }
            let picks = words.picks_records(name) || words.gets_record(name) && is_managed(facts, call, words);
            if !picks || changed.contains(&call.expr) {
                return None;
            }
            let value = self.credential_picked_by(file, call)?;
            let is_for_another = self.is_for_another(file, call) || self.is_made_here(file, value);
            (!is_for_another).then(|| shown(self.carriers_of_key(file, value), Shown::Itself))
        });
        found.collect()
    }

    /// What brings the value along by which records are picked: of a token it may be a hash.
    fn carriers_of_key(&self, file: FileId, value: ExprId) -> Carriers {
        let facts = &self[file].facts;
        let hashed = match facts[value].kind {
            ExprKind::Call(call) => facts.arguments(&facts[call]),
            _ => &[],
        };
        let hashed = hashed.iter().map(|argument| self.carriers(file, argument.value));
        hashed.fold(self.carriers(file, value), Carriers::with)
    }

    fn looked_up(&self, file: FileId, call: &Call) -> TokenSite {
        TokenSite {
            primary: self.callee_site(file, call),
            scope: call.scope,
            call: self.written(file, call.callee),
            confidence: Confidence::Likely,
            hand_rolled: false,
            unbound: false,
            token: None,
        }
    }

    /// Whether a cookie says who is calling, by what it or the function around is called.
    fn is_of_caller(&self, file: FileId, call: &Call, function: FunctionId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog().words();
        let around = facts[function].name.into_iter();
        let arguments = facts.arguments(call).iter();
        let said = arguments.flat_map(|argument| said_within(facts, argument.value));
        let names: Vec<&str> = around.chain(said).map(|name| facts.text(name)).collect();
        let says_otherwise = |name: &&str| words.is_compared_otherwise(name) || words.is_looked_up_otherwise(name);
        names.iter().any(|name| words.identifies_caller(name)) && !names.iter().any(says_otherwise)
    }

    /// Whether what is looked up lets nobody in as a caller, by the names around and in the call.
    fn is_for_another(&self, file: FileId, call: &Call) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog().words();
        let symbol = self.symbol(file, call.scope);
        let says_itself = symbol.rsplit('.').next().is_some_and(|name| words.is_gate(name));
        let mut around = symbol.rsplit('.').take(if says_itself { 1 } else { NAMES_AROUND });
        around.any(|name| words.is_looked_up_otherwise(name))
            || said_within(facts, call.expr).any(|name| words.is_looked_up_otherwise(facts.text(name)))
    }

    /// Whether no caller shows a value: it is written in the code, or some random one that the function has made.
    fn is_made_here(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog().words();
        match facts[value].kind {
            ExprKind::Text(_) => true,
            ExprKind::Name { name, scope } => {
                let bindings = lookup(facts, scope, name).unwrap_or(&[]).iter();
                let mut made = bindings.filter_map(|binding| match binding.kind {
                    BindingKind::Value(value) => Some(value),
                    _ => None,
                });
                made.any(|made| match facts[made].kind {
                    ExprKind::Call(call) => {
                        last_name(facts, facts[call].callee).is_some_and(|name| words.makes_random(facts.text(name)))
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// The value by which a call picks records of a column of credentials: `filter(ApiKey.key == key)`, `objects.get(api_key=key)`,
    /// `find_unique(where={"token": hashed})`.
    fn credential_picked_by(&self, file: FileId, call: &Call) -> Option<ExprId> {
        let facts = &self[file].facts;
        let arguments = facts.arguments(call).iter();
        let is_shown = |value: ExprId| self.is_of_header(file, value, 0);
        let mut picked = arguments.filter_map(|argument| match (argument.keyword, facts[argument.value].kind) {
            (_, ExprKind::Compare { .. } | ExprKind::Table(_)) => self.picked_by(facts, call, argument.value),
            // `or_(...)`, `ApiKey.key == key and ApiKey.is_active`
            (_, ExprKind::Call(_) | ExprKind::Both(_)) => {
                let mut within = expressions_within(facts, facts[argument.value].span);
                within.find_map(|expr| self.picked_by(facts, call, expr))
            }
            (Some(column), _) => {
                let column = facts.text(column);
                let is_shown = || {
                    self.catalog().words().is_plain_credential_column(column)
                        && (is_shown(argument.value) || self.is_handed_to_gate(file, argument.value))
                };
                (self.is_credential_of(facts, column, call.callee) || is_shown()).then_some(argument.value)
            }
            _ => None,
        });
        picked.next()
    }

    /// Whether a value comes out of a header of the request that is handled, in the same function.
    fn is_of_header(&self, file: FileId, value: ExprId, step: u32) -> bool {
        let facts = &self[file].facts;
        let mut within = expressions_within(facts, facts[value].span);
        within.any(|expr| match facts[expr].kind {
            ExprKind::Member { name, .. } => facts.text(name) == HEADERS,
            ExprKind::Name { name, scope } if step < MOST_STEPS => {
                let bindings = lookup(facts, scope, name).unwrap_or(&[]).iter();
                let mut made = bindings.filter_map(|binding| match binding.kind {
                    BindingKind::Value(value) | BindingKind::Unpacked { value, .. } => Some(value),
                    _ => None,
                });
                made.any(|made| self.is_of_header(file, made, step + 1))
            }
            _ => false,
        })
    }

    /// Whether a value is a parameter of a function that says that it authenticates: `authenticate_credentials(self, key)`.
    fn is_handed_to_gate(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self[file].facts;
        let ExprKind::Name { name, scope } = facts[value].kind else {
            return false;
        };
        let around = facts.function_around(scope).and_then(|function| facts[function].name);
        let bindings = lookup(facts, scope, name).unwrap_or(&[]);
        around.is_some_and(|around| self.catalog().words().is_gate(facts.text(around)))
            && !bindings.is_empty()
            && bindings
                .iter()
                .all(|binding| matches!(binding.kind, BindingKind::Parameter(_)))
    }

    fn picked_by(&self, facts: &FileFacts, call: &Call, condition: ExprId) -> Option<ExprId> {
        match facts[condition].kind {
            ExprKind::Compare {
                operator: Comparison::Equal,
                left,
                right,
            } => {
                let ExprKind::Member { object, name } = facts[left].kind else {
                    return None;
                };
                self.is_credential_of(facts, facts.text(name), object).then_some(right)
            }
            ExprKind::Table(entries) => facts.entries(entries).iter().find_map(|(key, value)| {
                let ExprKind::Text(column) = facts[(*key)?].kind else {
                    return None;
                };
                self.is_credential_of(facts, facts.text(column), call.callee)
                    .then_some(*value)
            }),
            _ => None,
        }
    }

    /// Whether a column holds credentials: by its own name, or by that of the records that `of` says.
    fn is_credential_of(&self, facts: &FileFacts, column: &str, of: ExprId) -> bool {
        let words = self.catalog().words();
        let says_credential = |name: Name| words.is_compared_credential(facts.text(name));
        words.is_credential_column(column)
            || words.is_plain_credential_column(column) && said_within(facts, of).any(says_credential)
    }
}

/// Whether a method is called on what asks a store for records of a class: `Token.objects`.
fn is_managed(facts: &FileFacts, call: &Call, words: &Words) -> bool {
    said_within(facts, call.callee).any(|name| words.is_record_manager(facts.text(name)))
}

/// The names, members and texts in an expression.
fn said_within(facts: &FileFacts, expr: ExprId) -> impl Iterator<Item = Name> {
    let within = expressions_within(facts, facts[expr].span);
    within.filter_map(|inside| match facts[inside].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } | ExprKind::Text(name) => Some(name),
        _ => None,
    })
}

/// The calls that an expression is a chain of: `query(...)` and `filter(...)` of `db.query(...).filter(...)`.
fn queries_before(facts: &FileFacts, mut expr: ExprId) -> Vec<ExprId> {
    let mut calls = Vec::new();
    loop {
        expr = match facts[expr].kind {
            ExprKind::Call(call) => {
                calls.push(expr);
                facts[call].callee
            }
            ExprKind::Member { object, .. } => object,
            ExprKind::Through(inner) => inner,
            _ => return calls,
        };
    }
}
