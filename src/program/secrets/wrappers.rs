//! Secrets that are read through the program's own functions: `get_env().get("JWT_SECRET")`.
//!
//! A wrapper is any function that reads the setting which one of its parameters names; nothing is configured. From the library's
//! calls we go backwards, caller by caller, until a call says the name.

use super::{ReadBy, SecretRead, is_switch, only_for_presence, sorted};
use crate::catalog::Role;
use crate::facts::{ExprId, ExprKind};
use crate::finding::Confidence;
use crate::program::names::{FunctionRef, Origin};
use crate::program::values::Passing;
use crate::program::{LibrarySite, Program};
use crate::source::FileId;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// A function that reads the setting that a parameter of it names.
#[derive(Clone, Debug)]
struct Wrapper {
    named: Named,
    /// The parameter that it gives back where the setting is not set.
    default: Option<u32>,
    /// The functions it goes through, itself first.
    through: Vec<FunctionRef>,
    confidence: Confidence,
}

/// A setting's name that is, or is put together from, what a caller passes.
#[derive(Clone, Debug)]
struct Named {
    function: FunctionRef,
    parameter: u32,
    before: String,
    behind: String,
}

/// Wrappers of wrappers are followed this deep.
const DEEPEST: usize = 8;

/// The reads through wrappers, each where the name is said.
pub(in crate::program) fn reads(program: &Program<'_>) -> Vec<SecretRead> {
    let mut reads = Vec::new();
    follow(program, |wrapper, passing, argument, confidence| {
        reads.extend(read(program, passing, argument, wrapper, confidence));
    });
    reads
}

/// The functions that read the very setting that a parameter names, and that parameter, in order.
pub(in crate::program) fn naming_parameters(program: &Program<'_>) -> Vec<(FunctionRef, u32)> {
    let wrappers = follow(program, |_, _, _, _| {});
    let plain = wrappers
        .into_iter()
        .filter(|named| named.before.is_empty() && named.behind.is_empty());
    let mut naming: Vec<(FunctionRef, u32)> = plain.map(|named| (named.function, named.parameter)).collect();
    naming.sort_unstable();
    naming
}

/// Goes from the library's calls to their wrappers, and from these to theirs; gives all, and tells `said` of what each call of one
/// passes for the name.
fn follow(program: &Program<'_>, mut said: impl FnMut(&Wrapper, &Passing, ExprId, Confidence)) -> Vec<Named> {
    let innermost = program.sites_of(Role::ReadsSetting).flat_map(|site| {
        let name = program.argument(site, "name");
        let named = name.map(|name| named_by_caller(program, site.file, name));
        let default = program.argument(site, "default");
        let read = named.unwrap_or_default().into_iter();
        read.filter(|named| !puts_back(program, site, named))
            .map(move |named| Wrapper {
                through: vec![named.function],
                default: default.and_then(|default| parameter_of(program, named.function, site.file, default)),
                named,
                confidence: site.confidence,
            })
    });
    let mut waiting: VecDeque<Wrapper> = innermost.collect();
    let mut seen: FxHashSet<(FunctionRef, u32)> = FxHashSet::default();
    let mut wrappers = Vec::new();
    while let Some(wrapper) = waiting.pop_front() {
        if !seen.insert((wrapper.named.function, wrapper.named.parameter)) {
            continue;
        }
        for passing in program.passing_into(wrapper.named.function) {
            let Some(argument) = program.passed(&passing, wrapper.named.function, wrapper.named.parameter) else {
                continue;
            };
            let confidence = wrapper.confidence.min(passing.confidence);
            let outers = named_by_caller(program, passing.file, argument.value).into_iter();
            for outer in outers.filter(|_| wrapper.through.len() < DEEPEST) {
                let default = wrapper.default_passed(program, &passing);
                let default = default.and_then(|default| parameter_of(program, outer.function, passing.file, default));
                waiting.push_back(Wrapper {
                    default,
                    ..wrapper.inside(outer, confidence)
                });
            }
            said(&wrapper, &passing, argument.value, confidence);
        }
        wrappers.push(wrapper.named);
    }
    wrappers
}

impl Wrapper {
    /// The wrapper that calls this one with the name that its own caller passes.
    fn inside(&self, outer: Named, confidence: Confidence) -> Self {
        Self {
            through: std::iter::once(outer.function)
                .chain(self.through.iter().copied())
                .collect(),
            named: Named {
                before: format!("{}{}", self.named.before, outer.before),
                behind: format!("{}{}", outer.behind, self.named.behind),
                ..outer
            },
            default: None,
            confidence,
        }
    }

    /// What a call of it passes as what to give where the setting is not set.
    fn default_passed(&self, program: &Program<'_>, passing: &Passing) -> Option<ExprId> {
        let passed = program.passed(passing, self.named.function, self.default?);
        passed.map(|argument| argument.value)
    }
}

/// Whether a function only keeps the value of a setting to put it back later: it writes the setting, and does not give its value.
fn puts_back(program: &Program<'_>, read: &LibrarySite, named: &Named) -> bool {
    let (file, function) = named.function;
    let facts = &program[file].facts;
    let mut writes = program.sites_in(file).iter().filter(|site| {
        let role = program.entry(site).and_then(|entry| entry.role);
        role == Some(Role::WritesSetting) && facts.function_around(site.scope) == Some(function)
    });
    let writes_it = writes.any(|site| {
        let name = program.argument(site, "name");
        name.is_some_and(|name| parameter_of(program, named.function, file, name) == Some(named.parameter))
    });
    let gives = |value: ExprId| {
        let values = program.values(file, value).into_iter();
        values
            .map(|value| value.origin)
            .any(|origin| origin == Origin::Written(read.file, read.expr))
    };
    let mut returns = facts.returns_of(function).iter();
    writes_it && !returns.any(|returned| returned.value.is_some_and(gives))
}

/// The parameter of `function` that an expression is.
fn parameter_of(program: &Program<'_>, function: FunctionRef, file: FileId, expr: ExprId) -> Option<u32> {
    let values = program.values(file, expr).into_iter();
    let mut parameters = values.filter_map(|value| match value.origin {
        Origin::Parameter(of, parameter) if of == function => Some(parameter),
        _ => None,
    });
    parameters.next()
}

/// The read at a call that says the name of a secret.
fn read(
    program: &Program<'_>,
    passing: &Passing,
    argument: ExprId,
    wrapper: &Wrapper,
    confidence: Confidence,
) -> Option<SecretRead> {
    let file = passing.file;
    let facts = &program[file].facts;
    let call = &facts[passing.call];
    let words = program.catalog().words();
    let listed = program.elements(file, argument, 0).into_iter();
    let listed = listed.flat_map(|(file, element)| program.texts(file, element));
    let texts = program.texts(file, argument).into_iter().chain(listed);
    let names = texts.map(|text| format!("{}{}{}", wrapper.named.before, text.text, wrapper.named.behind));
    let names = sorted(names.filter(|name| words.is_secret(name)));
    let is_switched = facts
        .arguments(call)
        .iter()
        .any(|argument| is_switch(program, facts, argument.value));
    if names.is_empty() || is_switched {
        return None;
    }
    let by = if tells_whether(program, wrapper) || only_for_presence(facts, call.expr) {
        ReadBy::Presence
    } else {
        ReadBy::Name
    };
    Some(SecretRead {
        primary: program.callee_site(file, call),
        scope: call.scope,
        by,
        names,
        subject: program.written(file, call.callee),
        expr: Some(call.expr),
        default: wrapper.default_passed(program, passing),
        confidence,
        through: wrapper.through.clone(),
    })
}

/// Whether a wrapper only says whether there is something: `def is_configured(name) -> bool`.
fn tells_whether(program: &Program<'_>, wrapper: &Wrapper) -> bool {
    let (file, function) = wrapper.named.function;
    let facts = &program[file].facts;
    facts[function]
        .returns
        .is_some_and(|given| matches!(facts[given].kind, ExprKind::Name { name, .. } if facts.text(name) == "bool"))
}

/// The parameters that a setting's name can be, or is put together from: `name`, `name.upper()`, `f"JWT_{name}"`.
fn named_by_caller(program: &Program<'_>, file: FileId, name: ExprId) -> Vec<Named> {
    let facts = &program[file].facts;
    match facts[name].kind {
        ExprKind::Template(parts) => named_by_template(program, file, facts.list(parts))
            .into_iter()
            .collect(),
        ExprKind::Call(call) => match facts[facts[call].callee].kind {
            ExprKind::Member { object, name } if matches!(facts.text(name), "upper" | "strip") => {
                named_by_caller(program, file, object)
            }
            _ => Vec::new(),
        },
        _ => {
            let values = program.values(file, name).into_iter();
            let parameters = values.filter_map(|value| match value.origin {
                Origin::Parameter(function, parameter) => Some(Named {
                    function,
                    parameter,
                    before: String::new(),
                    behind: String::new(),
                }),
                _ => None,
            });
            parameters.collect()
        }
    }
}

fn named_by_template(program: &Program<'_>, file: FileId, parts: &[ExprId]) -> Option<Named> {
    let facts = &program[file].facts;
    let mut found: Option<Named> = None;
    let (mut before, mut behind) = (String::new(), String::new());
    for part in parts {
        let text = match facts[*part].kind {
            ExprKind::Text(text) => facts.text(text),
            _ if found.is_none() => {
                found = named_by_caller(program, file, *part).into_iter().next();
                if found.is_some() { "" } else { "*" }
            }
            _ => "*",
        };
        if found.is_some() { &mut behind } else { &mut before }.push_str(text);
    }
    found.map(|named| Named {
        before,
        behind,
        ..named
    })
}
