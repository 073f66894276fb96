//! WebSockets that are opened before anybody knows for whom.

use super::Findings;
use crate::catalog::Role;
use crate::facts::{BlockKind, Call, CallId, ExprId, ExprKind, FileFacts, Language};
use crate::finding::{CodeScope, Confidence};
use crate::program::{By, FunctionRef, LibrarySite, Program, Surface};
use crate::source::{FileId, Span};

/// Reports handlers that accept before they validate or that never do, and test clients that connect without what others send.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    servers(program, out);
    clients(program, out);
}

// Servers

fn servers(program: &Program<'_>, out: &mut Findings) {
    let sites = program.validation_sites().iter();
    let validates = sites.filter(|site| program.code_scope(site.primary.file, site.scope) == CodeScope::Production);
    if validates.count() == 0 || has_asgi_gate(program) {
        return;
    }
    for entry in program.entry_points() {
        let (file, function) = entry.function;
        let scope = program[file].facts[function].scope;
        let is_server = entry.surface == Surface::Websocket && program[file].language == Language::Python;
        if !is_server || program.code_scope(file, scope) == CodeScope::Test || is_guarded(program, entry.function) {
            continue;
        }
        let Some(accepts) = accepting_call(program, entry.function) else {
            continue;
        };
        let facts = &program[file].facts;
        let place = facts[facts[accepts].expr].span;
        let message = match first_check(program, entry.function) {
            Some(first) if first.start < place.start => continue,
            _ if asks_for_user_before(program, entry.function, place) => continue,
            Some(_) => "accepts-first",
            None => "never-validates",
        };
        let primary = program.callee_site(file, &facts[accepts]);
        let values = vec![("handler", program.symbol(file, scope))];
        out.add(program, primary, scope, message, values).confidence = Confidence::Likely;
    }
}

/// Whether a middleware around everything validates: a callable of ASGI.
fn has_asgi_gate(program: &Program<'_>) -> bool {
    program.validations().iter().any(|validation| {
        let facts = &program[validation.file].facts;
        let function = facts.function_around(facts[validation.call].scope);
        function.is_some_and(|function| {
            let names = facts
                .parameters(&facts[function])
                .iter()
                .map(|parameter| facts.text(parameter.name));
            let names: Vec<&str> = names.collect();
            ["scope", "receive", "send"].iter().all(|name| names.contains(name))
        })
    })
}

/// Whether something validates before the handler runs: what is injected into it, its decorators, or another method of its class.
fn is_guarded(program: &Program<'_>, (file, function): FunctionRef) -> bool {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let injected = program.calls_from(file).iter().any(|edge| {
        edge.caller == (file, Some(function))
            && edge.by == By::Injected
            && (program.is_validator(edge.callee) || program.validates_within(edge.callee))
    });
    let definition = &facts[function];
    let names_gate = |span: Span| {
        facts.exprs_within(span).any(|(_, expr)| match expr.kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                let name = facts.text(name);
                words.is_gate(name) || words.verifies(name) || name.to_ascii_lowercase().contains("user")
            }
            _ => false,
        })
    };
    let mut parameters = facts.parameters(definition).iter();
    let by_parameter = parameters.any(|parameter| {
        let parts = [parameter.default, parameter.annotation];
        parts.into_iter().flatten().any(|part| names_gate(facts[part].span))
    });
    let by_decorator = facts
        .list(definition.decorators)
        .iter()
        .any(|decorator| names_gate(facts[*decorator].span));
    let by_class = definition.class.is_some_and(|class| {
        let mut bases = facts.list(facts[class].bases).iter();
        let mut methods = facts.numbered_functions();
        bases.any(|base| names_gate(facts[*base].span))
            || methods.any(|(other, method)| {
                method.class == Some(class) && other != function && program.validates_within((file, other))
            })
    });
    injected || by_parameter || by_decorator || by_class
}

/// The call in a handler that accepts the connection, itself or by a function that it calls.
fn accepting_call(program: &Program<'_>, (file, function): FunctionRef) -> Option<CallId> {
    let facts = &program[file].facts;
    let mut calls = facts.calls_in(Some(function));
    calls
        .find(|(_, call)| is_named(facts, call, &["accept"]))
        .map(|(id, _)| id)
}

/// The first call in a handler that validates wherever the program runs, or that is called so.
fn first_check(program: &Program<'_>, (file, function): FunctionRef) -> Option<Span> {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let validating = program.validations_in(file).iter().map(|validation| validation.call);
    let validating = validating.filter(|call| facts.function_around(facts[*call].scope) == Some(function));
    let by_name = facts.calls_in(Some(function)).filter(|(_, call)| {
        let written = program.written(file, call.callee);
        let name = written.rsplit('.').next().unwrap_or("");
        let gets = ["get_", "token_", "extract_"]
            .iter()
            .any(|start| name.starts_with(start))
            && !name.contains("user");
        (words.is_gate(name) || words.verifies(name) || name.contains("user")) && !gets
    });
    let always = validating.chain(by_name.map(|(id, _)| id)).filter(|call| {
        let mut around = facts.blocks_around(facts[*call].block);
        !around.any(|(_, block)| match block.kind {
            BlockKind::Branch { condition, .. } => program.circumstance(file, condition).is_some(),
            _ => false,
        })
    });
    let spans = always.map(|call| facts[facts[call].expr].span);
    spans.min_by_key(|span| span.start)
}

/// Whether a handler asks before a place whether somebody has logged in, whom a middleware found: `self.user.is_authenticated`.
fn asks_for_user_before(program: &Program<'_>, (file, function): FunctionRef, place: Span) -> bool {
    let facts = &program[file].facts;
    let body = facts[facts[function].body].span;
    let asks = |condition: ExprId| {
        let asked = facts[condition].span;
        facts.exprs.iter().any(|expr| {
            asked.contains(expr.span)
                && matches!(expr.kind, ExprKind::Member { name, .. }
                    if matches!(facts.text(name), "is_anonymous" | "is_authenticated"))
        })
    };
    facts.blocks.iter().any(|block| match block.kind {
        BlockKind::Branch { condition, .. } => {
            body.contains(block.span) && facts[condition].span.start < place.start && asks(condition)
        }
        _ => false,
    })
}

fn is_named(facts: &FileFacts, call: &Call, names: &[&str]) -> bool {
    matches!(facts[call.callee].kind, ExprKind::Member { name, .. } if names.contains(&facts.text(name)))
}

// Clients of tests

fn clients(program: &Program<'_>, out: &mut Findings) {
    let sites: Vec<&LibrarySite> = program.sites_of(Role::OpensWebsocket).collect();
    if !sites.iter().any(|site| brings_credentials(program, site)) {
        return;
    }
    for site in sites {
        let is_test = program.code_scope(site.file, site.scope) == CodeScope::Test;
        if !is_test || brings_credentials(program, site) || expects_refusal(program, site.file, site) {
            continue;
        }
        let primary = program.primary(site);
        let values = vec![("call", program.written(site.file, site.callee))];
        out.add(program, primary, site.scope, "client", values).confidence = site.confidence;
    }
}

/// Whether a client sends headers, subprotocols, a token in the address, or things that cannot be seen.
fn brings_credentials(program: &Program<'_>, site: &LibrarySite) -> bool {
    let by_argument = ["headers", "subprotocols"]
        .iter()
        .any(|meaning| program.argument(site, meaning).is_some());
    let url = program.argument(site, "url");
    let by_url = url.is_some_and(|url| {
        program
            .texts(site.file, url)
            .iter()
            .any(|text| text.text.contains("token="))
    });
    by_argument
        || by_url
        || site
            .call
            .is_some_and(|call| program.has_unseen_arguments(site.file, call))
}

/// Whether a test means to be refused: it stands in `pytest.raises`, or in a `try`.
fn expects_refusal(program: &Program<'_>, file: FileId, site: &LibrarySite) -> bool {
    let facts = &program[file].facts;
    let Some(call) = site.call else { return false };
    let place = facts[site.expr].span;
    let is_raises = |written: &str| written.contains("raises") || written.contains("assertRaises");
    facts.blocks.iter().any(|block| match block.kind {
        BlockKind::Within { entered, .. } => block.span.contains(place) && is_raises(&program.written(file, entered)),
        _ => false,
    }) || facts
        .blocks_around(facts[call].block)
        .any(|(_, block)| match block.kind {
            BlockKind::Within { entered, .. } => is_raises(&program.written(file, entered)),
            BlockKind::Attempt => true,
            _ => false,
        })
}
