//! Routes and headers for tests that lead to a token, or past its validation, in production code.

use super::Findings;
use crate::catalog::Words;
use crate::facts::{BindingKind, BlockKind, Call, ExprId, ExprKind, FileFacts, FunctionId, Language};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{FunctionRef, Outcome, Program};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;
use std::collections::VecDeque;

/// Reports routes that are called after a test and give out tokens, and headers that are called so and change who gets in.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let minters = minters(program);
    let found = program.for_each_file(|file, data| {
        if data.language == Language::Config || data.scope == CodeScope::Test {
            return Vec::new();
        }
        let mut found = routes(program, file, &minters);
        found.extend(headers(program, file));
        found
    });
    for Door {
        file,
        place,
        message,
        name,
    } in found
    {
        let Some(scope) = program.scope_at(file, place) else {
            continue;
        };
        if program.code_scope(file, scope) != CodeScope::Test {
            let finding = out.add(
                program,
                Site { file, span: place },
                scope,
                message,
                vec![("name", name)],
            );
            finding.confidence = Confidence::Likely;
        }
    }
}

/// A way in that is not meant for everybody.
struct Door {
    file: FileId,
    place: Span,
    message: &'static str,
    name: String,
}

/// More calls between a route and the place that makes a token are not followed.
const MOST_CALLS: u8 = 3;

/// The functions that make tokens, themselves or by what they call.
fn minters(program: &Program<'_>) -> FxHashSet<FunctionRef> {
    let sites = program.minting_sites().iter();
    let direct = sites.filter_map(|site| {
        let file = site.primary.file;
        Some((file, program[file].facts.function_around(site.scope)?))
    });
    let mut found: FxHashSet<FunctionRef> = direct.collect();
    let mut waiting: VecDeque<(FunctionRef, u8)> = found.iter().map(|function| (*function, 0)).collect();
    while let Some((function, calls)) = waiting.pop_front() {
        let callers = program.calls_into(function).filter_map(|edge| match edge.caller {
            (file, Some(caller)) if edge.confidence != Confidence::Possible => Some((file, caller)),
            _ => None,
        });
        for caller in callers.collect::<Vec<_>>() {
            if calls < MOST_CALLS && found.insert(caller) {
                waiting.push_back((caller, calls + 1));
            }
        }
    }
    found
}

/// Routes with a path such as `/auth/e2e/token` whose handler makes a token.
fn routes(program: &Program<'_>, file: FileId, minters: &FxHashSet<FunctionRef>) -> Vec<Door> {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let mut found = Vec::new();
    for call in &facts.calls {
        let path = facts
            .arguments(call)
            .iter()
            .find_map(|argument| match facts[argument.value].kind {
                ExprKind::Text(text) if facts.text(text).starts_with('/') || is_router_of_rests(facts, call) => {
                    Some((facts.text(text), facts[argument.value].span))
                }
                _ => None,
            });
        let Some((path, place)) = path else { continue };
        if !words.is_test_route(path) || !words.is_token_route(path) {
            continue;
        }
        let handlers = decorated(facts, call.expr).map(|function| vec![(file, function)]);
        let handlers = handlers.unwrap_or_else(|| handed(program, file, facts[call.expr].span));
        let is_handler = |function: &FunctionRef| minters.contains(function);
        if handlers.iter().any(is_handler) {
            found.push(Door {
                file,
                place,
                message: "route",
                name: path.to_owned(),
            });
        }
    }
    found
}

/// Django's `path("auth/test-login/", …)`: what it is given has no `/` in front.
fn is_router_of_rests(facts: &FileFacts, call: &Call) -> bool {
    let name = match facts[call.callee].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
        _ => "",
    };
    matches!(name, "path" | "re_path" | "url") && facts.arguments(call).len() > 1
}

/// The function that an expression decorates.
fn decorated(facts: &FileFacts, decorator: ExprId) -> Option<FunctionId> {
    let functions = facts.numbered_functions();
    let mut decorated = functions.filter(|(_, function)| facts.list(function.decorators).contains(&decorator));
    decorated.next().map(|(id, _)| id)
}

/// The functions that are named within a call: `route("/token", post(give_token))`.
fn handed(program: &Program<'_>, file: FileId, span: Span) -> Vec<FunctionRef> {
    let facts = &program[file].facts;
    let within = facts.exprs_within(span);
    let names = within.filter(|(_, expr)| matches!(expr.kind, ExprKind::Name { .. } | ExprKind::Member { .. }));
    names.flat_map(|(id, _)| program.functions_at(file, id)).collect()
}

/// Headers such as `X-Test-Mode` that decide in code about authentication who gets in.
fn headers(program: &Program<'_>, file: FileId) -> Vec<Door> {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let mut found = Vec::new();
    for expr in &facts.exprs {
        let ExprKind::Text(text) = expr.kind else { continue };
        let name = facts.text(text);
        if !is_header(words, name) {
            continue;
        }
        let Some(scope) = program.scope_at(file, expr.span) else {
            continue;
        };
        let Some(function) = facts.function_around(scope) else {
            continue;
        };
        if is_gate(program, file, function) && lets_in(program, file, function, expr.span) {
            found.push(Door {
                file,
                place: expr.span,
                message: "header",
                name: name.to_owned(),
            });
        }
    }
    found.extend(asked_headers(program, file));
    found
}

/// The same for a header that a parameter asks for: `x_test_user: str = Header(None)`.
fn asked_headers(program: &Program<'_>, file: FileId) -> Vec<Door> {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let mut found = Vec::new();
    for (function, data) in facts.numbered_functions() {
        for parameter in facts.parameters(data) {
            let name = facts.text(parameter.name);
            let Some(default) = parameter.default else { continue };
            if !is_header(words, &name.replace('_', "-")) || !is_made_by(facts, default, "Header") {
                continue;
            }
            let speaks = |condition: ExprId| {
                let mut within = facts.exprs_within(facts[condition].span);
                within.any(|(_, expr)| matches!(expr.kind, ExprKind::Name { name, .. } if name == parameter.name))
            };
            if is_gate(program, file, function) && is_let_in(program, file, function, speaks) {
                found.push(Door {
                    file,
                    place: parameter.span,
                    message: "header",
                    name: name.to_owned(),
                });
            }
        }
    }
    found
}

/// Whether a value is what a function of this name gives.
fn is_made_by(facts: &FileFacts, value: ExprId, maker: &str) -> bool {
    match facts[value].kind {
        ExprKind::Call(call) => match facts[facts[call].callee].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name) == maker,
            _ => false,
        },
        _ => false,
    }
}

/// Whether the name of a header speaks of a test or a bypass.
pub(super) fn is_header(words: &Words, name: &str) -> bool {
    let begins = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    begins && words.is_test_door(name)
}

/// Whether a function validates, passes requests on, or is called after authentication.
fn is_gate(program: &Program<'_>, file: FileId, function: FunctionId) -> bool {
    let facts = &program[file].facts;
    let name = facts[function].name.map_or("", |name| facts.text(name));
    program.validates_within((file, function))
        || program.is_passed_on(file, facts[function].body)
        || program.catalog().words().is_gate(name)
}

/// Whether a condition about what stands at `place`, or about the name that it is bound to, lets somebody in.
fn lets_in(program: &Program<'_>, file: FileId, function: FunctionId, place: Span) -> bool {
    let facts = &program[file].facts;
    let bound: Vec<_> = facts
        .bindings_in(facts[function].scope)
        .iter()
        .filter(|binding| matches!(binding.kind, BindingKind::Value(value) if facts[value].span.contains(place)))
        .map(|binding| binding.name)
        .collect();
    let speaks = |condition: ExprId| {
        let span = facts[condition].span;
        span.contains(place)
            || facts
                .exprs_within(span)
                .any(|(_, expr)| matches!(expr.kind, ExprKind::Name { name, .. } if bound.contains(&name)))
    };
    is_let_in(program, file, function, speaks)
}

/// Whether a condition that `speaks` of something lets somebody in.
fn is_let_in(program: &Program<'_>, file: FileId, function: FunctionId, speaks: impl Fn(ExprId) -> bool) -> bool {
    let facts = &program[file].facts;
    let blocks = facts.numbered_blocks();
    let mut branches = blocks.filter(|(_, block)| {
        facts.function_around(block.scope) == Some(function)
            && matches!(block.kind, BlockKind::Branch { condition, .. } if speaks(condition))
    });
    branches.any(|(id, _)| {
        let is_let_in =
            |outcome: &Outcome| matches!(outcome, Outcome::StandsIn(_) | Outcome::Accepts(_) | Outcome::Gives(_));
        program.is_passed_on(file, id) || program.outcomes(file, id).iter().any(is_let_in)
    })
}
