//! Where a program asks another service whether a token is good: a request to an address that says so.

use super::validation::names_within;
use crate::facts::{Argument, Call, CallId, ExprId, ExprKind, FunctionId, Language};
use crate::finding::CodeScope;
use crate::program::names::last_name;
use crate::program::{Program, ProgramFile};
use crate::source::FileId;

/// A request that asks about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::program) struct ServiceQuestion {
    /// The file.
    pub(in crate::program) file: FileId,
    /// The function that asks.
    pub(in crate::program) function: FunctionId,
    /// The call that does.
    pub(in crate::program) call: CallId,
}

/// All such requests, in the order of files.
pub(in crate::program) fn find(program: &Program<'_>) -> Vec<ServiceQuestion> {
    program.for_each_file(|file, data| {
        if data.language == Language::Config || data.scope == CodeScope::Test {
            return Vec::new();
        }
        in_file(program, file, data)
    })
}

fn in_file(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<ServiceQuestion> {
    let facts = &data.facts;
    let words = program.catalog.words();
    if facts
        .names
        .searched(|texts, from| words.question_stem(texts, from))
        .is_empty()
    {
        return Vec::new();
    }
    let calls = facts.numbered_calls();
    let asking = calls.filter_map(|(id, call)| {
        let name = facts.text(last_name(facts, call.callee)?);
        let mut arguments = facts.arguments(call).iter();
        let function = facts.function_around(call.scope).filter(|_| words.is_request(name))?;
        let asks = arguments.any(|argument| is_question(program, file, argument.value));
        let asks = asks || words.is_plain_request(name) && asks_for_caller(program, file, function, call);
        if !asks {
            return None;
        }
        let mut parameters = facts.parameters(&facts[function]).iter();
        let mut passed = facts.arguments(call).iter();
        let is_about_token = parameters.any(|parameter| words.may_be_credential(facts.text(parameter.name)))
            || passed.any(|argument| {
                let mut names = names_within(facts, facts[argument.value].span);
                names.any(|name| last_name(facts, name).is_some_and(|name| words.may_be_credential(facts.text(name))))
            });
        is_about_token.then_some(ServiceQuestion {
            file,
            function,
            call: id,
        })
    });
    asking.collect()
}

/// Whether a function that says that it validates tokens sends on the one that it is passed.
fn asks_for_caller(program: &Program<'_>, file: FileId, function: FunctionId, call: &Call) -> bool {
    let facts = &program[file].facts;
    let words = program.catalog.words();
    let says_so = facts[function]
        .name
        .is_some_and(|name| words.asks_about_token(facts.text(name)));
    let sends = |argument: &Argument| {
        let carriers = program.carriers(file, argument.value);
        let mut passed = carriers.positions();
        passed.any(|position| {
            let parameter = facts.parameters(&facts[function]).get(position as usize);
            parameter.is_some_and(|parameter| words.may_be_credential(facts.text(parameter.name)))
        })
    };
    // The first argument is the address.
    says_so && facts.arguments(call).iter().skip(1).any(sends)
}

/// Whether an address asks about a token: `f"{base}/auth/validate"`, `self.introspection_url`.
fn is_question(program: &Program<'_>, file: FileId, address: ExprId) -> bool {
    let facts = &program[file].facts;
    let words = program.catalog.words();
    match facts[address].kind {
        ExprKind::Text(text) => facts.text(text).contains('/') && words.asks_about_token(facts.text(text)),
        ExprKind::Template(parts) => {
            let texts = facts.list(parts).iter().filter_map(|part| match facts[*part].kind {
                ExprKind::Text(text) => Some(facts.text(text)),
                _ => None,
            });
            let text: Vec<&str> = texts.collect();
            let text = text.join("*");
            text.contains('/') && words.asks_about_token(&text)
        }
        ExprKind::Name { name, .. } => {
            let name = facts.text(name);
            words.is_path_name(name) && words.asks_about_token(name)
        }
        // `self.introspection_url`, `self.introspection.url`
        ExprKind::Member { object, name } => {
            let of = last_name(facts, object).map_or("", |name| facts.text(name));
            let name = facts.text(name);
            words.is_path_name(name)
                && (words.asks_about_token(name) || words.asks_about_token(&format!("{of}_{name}")))
        }
        _ => false,
    }
}
