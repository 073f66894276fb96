//! Where a program of Rust is entered: `main`, tests, handlers by their attributes and those that libraries are handed.

use super::edges::RustWalk;
use super::index::Index;
use crate::catalog::{Entry, Role};
use crate::facts::{Call, CallId, ExprId, ExprKind, FileFacts, FunctionId, Language, MODULE_SCOPE, Name};
use crate::program::entries::{EntryPoint, Registration, Surface};
use crate::program::names::{FunctionRef, Origin, last_name};
use crate::program::{Program, ProgramFile, argument_of, argument_that_means};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// The entry points of all Rust files.
pub(in crate::program) fn entries(program: &Program<'_>, index: &Index<'_>) -> Vec<EntryPoint> {
    let mut names = Handed::default();
    for (library, name) in program.catalog.with_role(Language::Rust, Role::is_of_entries) {
        names.entry(library).or_default().insert(name);
    }
    program.for_each_file(|file, data| {
        if data.language != Language::Rust {
            return Vec::new();
        }
        let mut found = declared(program, file, data);
        found.extend(handed(program, index, file, &names));
        found
    })
}

/// The functions that an attribute makes runtimes of their own, with the attribute: `#[tokio::main]` on one that is not where the
/// program begins.
pub(in crate::program) fn made_runtimes(program: &Program<'_>) -> Vec<(FunctionRef, ExprId)> {
    program.for_each_file(|file, data| {
        if data.language != Language::Rust {
            return Vec::new();
        }
        let functions = functions(&data.facts).filter_map(|function| {
            let made = decorator(program, file, function, |role| role == Role::RunsEventLoop)?;
            Some(((file, function), made.1)).filter(|_| !is_main(program, file, &data.facts, function))
        });
        functions.collect()
    })
}

/// What functions say of themselves: by their names, or by attributes.
fn declared(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<EntryPoint> {
    let facts = &data.facts;
    let mut found = Vec::new();
    for function in functions(facts) {
        let mut add = |surface, registration| {
            found.push(EntryPoint {
                function: (file, function),
                surface,
                registration,
            });
        };
        if is_main(program, file, facts, function) {
            add(Surface::Command, None);
        }
        if is_test(facts, function) {
            add(Surface::Test, None);
        }
        let registered = decorator(program, file, function, |role| Surface::of(role).is_some());
        let surface = registered.and_then(|(entry, _)| entry.role).and_then(Surface::of);
        if let Some(surface) = surface.or_else(|| of_class(program, file, facts, function)) {
            let by_attribute = registered.and_then(|(entry, attribute)| registration(facts, entry, file, attribute));
            add(surface, by_attribute);
        }
    }
    found
}

/// `#[get("/berths")]`
fn registration(facts: &FileFacts, entry: &Entry, file: FileId, attribute: ExprId) -> Option<Registration> {
    let ExprKind::Call(call) = facts[attribute].kind else {
        return None;
    };
    let route = argument_that_means(facts, call, entry, "route");
    Some(Registration {
        file,
        call: Some(call),
        route,
    })
}

/// The attribute by which a function says that it is a handler.
pub(super) fn declaring_attribute(program: &Program<'_>, (file, function): FunctionRef) -> Option<CallId> {
    let (_, attribute) = decorator(program, file, function, |role| Surface::of(role).is_some())?;
    match program[file].facts[attribute].kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    }
}

/// The route of the handler that `expr` makes, where the chain that it is part of begins with one, or a call around it mounts that:
/// `resource("/berths").route(get().to(handler))`, `.route("/berths", get(handler))`.
fn route_around(walk: &mut RustWalk<'_, '_>, program: &Program<'_>, file: FileId, expr: ExprId) -> Option<ExprId> {
    let mounted = mounted_at(program, file, expr);
    mounted.or_else(|| {
        let facts = &program[file].facts;
        let place = facts[expr].span;
        let mut around: Vec<&Call> = facts
            .calls
            .iter()
            .filter(|call| facts[call.expr].span.contains(place))
            .collect();
        around.sort_by_key(|call| facts[call.expr].span.end - facts[call.expr].span.start);
        around
            .into_iter()
            .find_map(|call| route_of_chain(walk, program, file, call))
    })
}

/// The route that a chain of calls begins with.
fn route_of_chain<'c>(
    walk: &mut RustWalk<'_, '_>,
    program: &'c Program<'_>,
    file: FileId,
    mut call: &'c Call,
) -> Option<ExprId> {
    let facts = &program[file].facts;
    while let ExprKind::Member { object, .. } = facts[call.callee].kind {
        let ExprKind::Call(before) = facts[object].kind else {
            break;
        };
        call = &facts[before];
    }
    let ExprKind::Call(id) = facts[call.expr].kind else {
        return None;
    };
    let entry = walk.library(file, id).and_then(|node| program.catalog.call(node));
    let entry = entry.filter(|entry| entry.role == Some(Role::MakesRouter))?;
    argument_that_means(facts, id, entry, "route")
}

/// The route that a call around `expr` mounts it at.
fn mounted_at(program: &Program<'_>, file: FileId, expr: ExprId) -> Option<ExprId> {
    let facts = &program[file].facts;
    let mounting: FxHashSet<&str> = program
        .catalog
        .with_role(Language::Rust, |role| role == Role::MountsRouter)
        .map(|(_, name)| name)
        .collect();
    let around = facts.calls.iter().filter_map(|call| {
        let (route, router) = match facts.arguments(call) {
            [route, router, ..] => (route.value, router.value),
            _ => return None,
        };
        let span = facts[router].span;
        let mounts = last_name(facts, call.callee).is_some_and(|name| mounting.contains(facts.text(name)));
        (mounts && span.contains(facts[expr].span)).then_some((span.end - span.start, route))
    });
    around.min_by_key(|(length, _)| *length).map(|(_, route)| route)
}

/// What the attribute of the block around a method makes it.
fn of_class(program: &Program<'_>, file: FileId, facts: &FileFacts, function: FunctionId) -> Option<Surface> {
    let class = &facts[facts[function].class?];
    let is_implementation = class.extends.is_some() && class.bases.len > 0;
    let decorators = facts.list(class.decorators).iter().filter(|_| is_implementation);
    let mut surfaces = decorators.filter_map(|decorator| {
        let entry = known(program, file, *decorator)?;
        Surface::of(entry.role?)
    });
    surfaces.next()
}

/// The names of library functions that are handed handlers, by the library.
type Handed<'p> = FxHashMap<&'p str, FxHashSet<&'p str>>;

/// The functions that calls hand to libraries as handlers, in a file that says a name of the library.
fn handed(program: &Program<'_>, index: &Index<'_>, file: FileId, names: &Handed<'_>) -> Vec<EntryPoint> {
    let facts = &program[file].facts;
    let names: FxHashSet<Name> = names
        .iter()
        .filter(|(library, _)| facts.names.find(library).is_some())
        .flat_map(|(_, names)| names.iter().filter_map(|name| facts.names.find(name)))
        .collect();
    let mut found = Vec::new();
    if names.is_empty() {
        return found;
    }
    let mut walk = RustWalk::new(program, index);
    for (id, call) in facts.numbered_calls() {
        if !last_name(facts, call.callee).is_some_and(|name| names.contains(&name)) {
            continue;
        }
        let Some(entry) = walk.library(file, id).and_then(|node| program.catalog.call(node)) else {
            continue;
        };
        let Some(surface) = entry.role.and_then(Surface::of) else {
            continue;
        };
        let callables = entry.arguments.iter().filter(|(meaning, _)| meaning == "callable");
        for (_, by) in callables {
            if let Some(argument) = argument_of(facts, facts.arguments(call), by) {
                let handlers = walk.functions_in(file, argument.value).into_iter();
                let registration = Some(Registration {
                    file,
                    call: Some(id),
                    route: route_around(&mut walk, program, file, call.expr),
                });
                found.extend(handlers.map(|function| EntryPoint {
                    function,
                    surface,
                    registration,
                }));
            }
        }
    }
    found
}

/// The attribute of a function that the catalog knows to have a role, and what it knows.
fn decorator<'p>(
    program: &'p Program<'_>,
    file: FileId,
    function: FunctionId,
    counts: impl Fn(Role) -> bool,
) -> Option<(&'p Entry, ExprId)> {
    let facts = &program[file].facts;
    let decorators = facts.list(facts[function].decorators).iter();
    let mut known = decorators.filter_map(|decorator| {
        let entry = known(program, file, *decorator)?;
        entry.role.is_some_and(&counts).then_some((entry, *decorator))
    });
    known.next()
}

fn known<'p>(program: &'p Program<'_>, file: FileId, decorator: ExprId) -> Option<&'p Entry> {
    let facts = &program[file].facts;
    let name = last_name(facts, decorator)?;
    if !program.catalog.is_last_name(facts.text(name)) {
        return None;
    }
    let path = match facts[decorator].kind {
        ExprKind::Call(call) => facts[call].callee,
        _ => decorator,
    };
    let values = program.values(file, path).into_iter();
    let mut entries = values.filter_map(|value| match value.origin {
        Origin::Library(node) => program.catalog.call(node),
        _ => None,
    });
    entries.next()
}

fn is_main(program: &Program<'_>, file: FileId, facts: &FileFacts, function: FunctionId) -> bool {
    let is_named = facts[function].name.is_some_and(|name| facts.text(name) == "main");
    is_named && facts[function].parent == MODULE_SCOPE && program.modules.crates().root(file) == file
}

/// Whether a function is a test itself, and does not only stand among tests.
fn is_test(facts: &FileFacts, function: FunctionId) -> bool {
    let says_so = |decorator: &ExprId| {
        let name = last_name(facts, *decorator).map_or("", |name| facts.text(name));
        matches!(name, "bench" | "rstest") || name.split('_').any(|word| word == "test")
    };
    facts[function].is_test && facts.list(facts[function].decorators).iter().any(says_so)
}

fn functions(facts: &FileFacts) -> impl Iterator<Item = FunctionId> + use<> {
    (0..u32::try_from(facts.functions.len()).unwrap_or(u32::MAX)).map(FunctionId)
}
