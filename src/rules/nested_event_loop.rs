//! Event loops started where one may already be running.

use super::{Findings, others};
use crate::catalog::Role;
use crate::facts::{
    BindingKind, BlockKind, CallId, Comment, ExprId, ExprKind, FileFacts, FunctionId, Language, ScopeKind, Splat,
};
use crate::finding::{Confidence, Edit, Site, Step};
use crate::program::{AsyncWays, LibrarySite, LoopState, Program};
use crate::source::{FileId, Span};

/// Reports the starts of a loop that stand in async functions, those in sync functions that async code calls in its own thread, and
/// those behind a guard that is the wrong way round.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let is_patched = program.sites_of(Role::AllowsNestedLoops).next().is_some();
    for site in program.sites_of(Role::RunsEventLoop) {
        let Some(call) = site.call else { continue };
        let place = program[site.file].facts[site.expr].span;
        if program.expects_panic(site.file, site.scope, place) {
            continue;
        }
        let function = program.symbol(site.file, site.scope);
        let mut values = vec![("call", program.written(site.file, site.callee))];
        let (message, way) = match judge(program, site, call) {
            Verdict::Fine => continue,
            // Behind the question itself the call is only wrong where it is reached: in the branch in which a loop runs.
            Verdict::Inverted if is_patched && is_patched_there(program, site, call) => ("patched", None),
            Verdict::Inverted => ("inverted-guard", None),
            Verdict::InAsync if is_patched => ("patched", None),
            Verdict::InAsync if has_false_guard(program, site, call) => ("false-guard", None),
            Verdict::InAsync => ("in-async", None),
            Verdict::Reached(way) if is_patched => ("reached-patched", Some(way)),
            Verdict::Reached(way) if has_false_guard(program, site, call) => ("reached-false-guard", Some(way)),
            Verdict::Reached(way) => ("reached", Some(way)),
        };
        if message != "inverted-guard" {
            values.push(("function", function.clone()));
        }
        if let Some(way) = &way {
            values.push(("caller", program.symbol_of_caller(way.shortest.calls[0].caller)));
            values.push(("others", others(way.others)));
        }
        let finding = out.add(program, program.primary(site), site.scope, message, values);
        finding.confidence = site.confidence;
        if matches!(message, "in-async" | "patched") && runs_in_async(&program[site.file].facts, site) {
            finding.fix = awaited(program, site.file, call).unwrap_or_default();
        }
        if let Some(way) = way {
            finding.confidence = site.confidence.min(way.shortest.confidence);
            if may_be_another(program, site) {
                finding.confidence = Confidence::Possible;
            }
            finding.trail = program.steps(&way.shortest);
            finding.trail.push(Step {
                site: program.primary(site),
                symbol: function,
                note: "starts the loop".to_owned(),
            });
        }
    }
    made_runtimes(program, out);
}

/// Whether the branch in which the loop is started patches it before (`nest_asyncio.apply(loop)`), or the function that gives the loop.
fn is_patched_there(program: &Program<'_>, site: &LibrarySite, call: CallId) -> bool {
    let facts = &program[site.file].facts;
    let place = facts[site.expr].span;
    let own = facts.blocks_around(facts[call].block);
    let branch = own
        .into_iter()
        .find(|(_, block)| matches!(block.kind, BlockKind::Branch { .. }));
    let in_branch = branch.is_some_and(|(_, branch)| {
        program.sites_of(Role::AllowsNestedLoops).any(|patch| {
            let span = program[patch.file].facts[patch.expr].span;
            patch.file == site.file && branch.span.contains(span) && span.start < place.start
        })
    });
    in_branch || is_given_patched(program, site)
}

/// `loop = patched_loop()`
fn is_given_patched(program: &Program<'_>, site: &LibrarySite) -> bool {
    let facts = &program[site.file].facts;
    let ExprKind::Member { object, .. } = facts[site.callee].kind else {
        return false;
    };
    let ExprKind::Name { name, scope } = facts[object].kind else {
        return false;
    };
    let bindings = facts.bindings_of(scope, name).iter();
    let mut made = bindings.filter_map(|binding| match binding.kind {
        BindingKind::Value(value) => match facts[value].kind {
            ExprKind::Call(made) => Some(made),
            _ => None,
        },
        _ => None,
    });
    let patches = |(file, function): (FileId, FunctionId)| {
        let mut patches = program.sites_of(Role::AllowsNestedLoops);
        patches.any(|patch| patch.file == file && program[file].facts.function_around(patch.scope) == Some(function))
    };
    made.any(|made| program.functions_at(site.file, facts[made].callee).any(patches))
}

/// `asyncio.run(work())` as `await work()`. In a comprehension that would make an asynchronous generator of a generator.
fn awaited(program: &Program<'_>, file: FileId, call: CallId) -> Option<Vec<Edit>> {
    let facts = &program[file].facts;
    let [argument] = facts.arguments(&facts[call]) else {
        return None;
    };
    let whole = facts[facts[call].expr].span;
    let coroutine = facts[argument.value].span;
    let (before, behind) = (
        Span::new(whole.start, coroutine.start),
        Span::new(coroutine.end, whole.end),
    );
    let is_lost = |comment: &Comment| before.contains(comment.span) || behind.contains(comment.span);
    if program[file].language != Language::Python
        || facts[facts[call].scope].kind == ScopeKind::Comprehension
        || argument.splat != Splat::No
        || !program.is_coroutine(file, argument.value)
        || facts.comments.iter().any(is_lost)
    {
        return None;
    }
    let (opening, closing) = if facts[call].awaited || program.is_continued(file, facts[call].expr) {
        ("(await ", ")")
    } else {
        ("await ", "")
    };
    let edit = |span, replacement: &str| Edit {
        site: Site { file, span },
        replacement: replacement.to_owned(),
    };
    Some(vec![edit(before, opening), edit(behind, closing)])
}

/// `#[tokio::main]` makes a function one that starts a loop wherever it is called.
fn made_runtimes(program: &Program<'_>, out: &mut Findings) {
    for (function, attribute) in program.made_runtimes() {
        let Some(ways) = program.ways_from_async(*function) else {
            continue;
        };
        let (file, id) = *function;
        let facts = &program[file].facts;
        let (callee, primary) = match facts[*attribute].kind {
            ExprKind::Call(call) => (facts[call].callee, program.callee_site(file, &facts[call])),
            _ => (
                *attribute,
                Site {
                    file,
                    span: facts[*attribute].span,
                },
            ),
        };
        let name = program.symbol_of_function(*function);
        let values = vec![
            ("call", program.written(file, callee)),
            ("function", name.clone()),
            ("caller", program.symbol_of_caller(ways.shortest.calls[0].caller)),
            ("others", others(ways.others)),
        ];
        let finding = out.add(program, primary, facts[id].scope, "reached", values);
        finding.confidence = ways.shortest.confidence;
        finding.trail = program.steps(&ways.shortest);
        finding.trail.push(Step {
            site: primary,
            symbol: name,
            note: "starts the loop".to_owned(),
        });
    }
}

enum Verdict<'p> {
    Fine,
    Inverted,
    InAsync,
    Reached(AsyncWays<'p>),
}

fn judge<'p>(program: &'p Program<'_>, site: &LibrarySite, call: CallId) -> Verdict<'p> {
    let facts = &program[site.file].facts;
    match program.loop_state(site.file, facts[call].block, site.expr) {
        LoopState::NotRunning => Verdict::Fine,
        LoopState::Running => Verdict::Inverted,
        LoopState::Unknown if falls_back_to_thread(program, site, call) => Verdict::Fine,
        LoopState::Unknown if runs_in_async(facts, site) => Verdict::InAsync,
        LoopState::Unknown => {
            let function = facts.function_around(site.scope).map(|function| (site.file, function));
            function
                .and_then(|function| program.ways_from_async(function))
                .map_or(Verdict::Fine, Verdict::Reached)
        }
    }
}

/// Whether the innermost function around the site, lambdas included, is async: only its own code runs on its loop.
fn runs_in_async(facts: &FileFacts, site: &LibrarySite) -> bool {
    let mut scope = Some(site.scope);
    while let Some(current) = scope {
        match facts[current].kind {
            ScopeKind::Function(function) => return facts[function].is_async,
            ScopeKind::Module | ScopeKind::Inline(_) | ScopeKind::Class(_) => return false,
            ScopeKind::Comprehension => scope = facts[current].parent,
        }
    }
    false
}

/// Whether something around the start looks like a guard and is none: the error is caught, or the loop is a new one.
fn has_false_guard(program: &Program<'_>, site: &LibrarySite, call: CallId) -> bool {
    let facts = &program[site.file].facts;
    let catches_runtime_error = |attempt| {
        facts.blocks.iter().any(|block| match block.kind {
            BlockKind::Rescue {
                attempt: caught,
                catches: Some(catches),
            } => caught == attempt && names_runtime_error(facts, catches),
            _ => false,
        })
    };
    let guarded = facts
        .blocks_around(facts[call].block)
        .any(|(id, block)| match block.kind {
            BlockKind::Attempt => catches_runtime_error(id),
            BlockKind::Rescue {
                catches: Some(catches), ..
            } => names_runtime_error(facts, catches),
            _ => false,
        });
    let new_loop = match facts[site.callee].kind {
        ExprKind::Member { object, .. } => program.all_come_from(site.file, object, Role::MakesEventLoop),
        _ => false,
    };
    guarded || new_loop
}

/// Whether a caller may put something else in the place of what starts the loop: `server = (factory or Server)(config)`.
fn may_be_another(program: &Program<'_>, site: &LibrarySite) -> bool {
    let facts = &program[site.file].facts;
    let ExprKind::Member { object, .. } = facts[site.callee].kind else {
        return false;
    };
    let is_chosen = |value: ExprId| match facts[value].kind {
        ExprKind::Call(call) => matches!(facts[facts[call].callee].kind, ExprKind::Choice { .. }),
        _ => false,
    };
    match facts[object].kind {
        ExprKind::Name { name, scope } => facts
            .bindings_of(scope, name)
            .iter()
            .any(|binding| matches!(binding.kind, BindingKind::Value(value) if is_chosen(value))),
        _ => is_chosen(object),
    }
}

/// Whether the error of a start where a loop runs is caught, and the work given to another thread then.
fn falls_back_to_thread(program: &Program<'_>, site: &LibrarySite, call: CallId) -> bool {
    let facts = &program[site.file].facts;
    let runs_in_thread = |place: Span| {
        program.sites_in(site.file).iter().any(|other| {
            let role = program.entry(other).and_then(|entry| entry.role);
            role == Some(Role::RunsInThread) && place.contains(facts[other.expr].span)
        })
    };
    let attempts = facts.blocks_around(facts[call].block);
    let mut attempts = attempts.filter(|(_, block)| block.kind == BlockKind::Attempt);
    attempts.any(|(id, _)| {
        facts.blocks.iter().any(|block| match block.kind {
            BlockKind::Rescue {
                attempt,
                catches: Some(catches),
            } => attempt == id && names_runtime_error(facts, catches) && runs_in_thread(block.span),
            _ => false,
        })
    })
}

fn names_runtime_error(facts: &FileFacts, caught: ExprId) -> bool {
    match facts[caught].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name) == "RuntimeError",
        ExprKind::Group(types) => facts
            .list(types)
            .iter()
            .any(|caught| names_runtime_error(facts, *caught)),
        _ => false,
    }
}
