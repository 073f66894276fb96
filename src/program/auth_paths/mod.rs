//! The auth paths of a program: by which gates control gets from entry points to the places where tokens are validated.
//!
//! A **site** is a place where a token is decoded or validated, or where the owner asks a service to do it. A **gate** is the first step
//! of authentication: the function that a handler calls, or that is injected into it, on the way to a site; a middleware is one itself.
//! A **path** is a pair of a gate and a site, with the shortest chain of functions between them as its witness. Sites are few, so
//! paths are looked for backwards from them.
//!
//! `credentials` (what brings a token into a function), `decorated` (what decorators put around handlers), `guards` (what libraries check
//! themselves), `listed` (the same where classes of handlers list it), `schemes` (what only asks for a credential), `missing` (gates that do not exist), `routes` (where handlers are mounted).

pub(in crate::program) mod credentials;
pub(in crate::program) mod decorated;
pub(in crate::program) mod guards;
pub(in crate::program) mod listed;
pub(in crate::program) mod missing;
pub(in crate::program) mod routes;
pub(in crate::program) mod schemes;

use crate::catalog::Role;
use crate::facts::{BindingKind, BlockKind, CallId, ExprId, ExprKind, FileFacts, FunctionId, Name, ScopeId, ScopeKind};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::auth_paths::credentials::Carriers;
use crate::program::auth_paths::decorated::Decorated;
use crate::program::auth_paths::guards::LibraryGuard;
use crate::program::auth_paths::routes::{RouteTable, Routes};
use crate::program::auth_paths::schemes::InjectedScheme;
use crate::program::bindings::lookup;
use crate::program::calls::{By, CallEdge, Caller};
use crate::program::entries::{EntryPoint, Surface};
use crate::program::names::{FunctionRef, Origin, first_name, last_name, last_name_span};
use crate::program::own_loop::is_parameter;
use crate::program::reach::MOST_ALTERNATIVES;
use crate::program::tokens::comparisons::Shown;
use crate::program::tokens::requests::arrives_at;
use crate::program::tokens::services::ServiceQuestion;
use crate::program::values::Passing;
use crate::program::{Outcome, Program, TOKEN_VALIDATION, TokenSite, expressions_within};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, VecDeque};

/// More functions are not searched for one site: who is called from everywhere is not understood by paths.
const MOST_FUNCTIONS: usize = 20_000;
/// What is farther from an entry point than this is no step of letting it in.
const MOST_CALLS: u32 = 10;
/// So far from an entry point a program asks another service who that is; farther away it asks about what else it deals with.
const MOST_CALLS_TO_QUESTION: u32 = 4;

/// So near to where a token is taken apart callers are turned away by it.
const MOST_CALLS_TO_REFUSAL: usize = 3;

/// How a path stands with what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathState {
    /// An entry point leads to it.
    Live,
    /// Only entry points lead to it whose router is never mounted.
    Unmounted,
    /// No entry point leads to it.
    Unreachable,
    /// It ends at a gate that does not exist, or at a scheme whose credential nothing checks.
    Broken,
}

/// An entry point of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathEntry {
    /// The function; none for statements of a module.
    pub caller: Caller,
    /// What enters there.
    pub surface: Surface,
    /// Where it is reached.
    pub routes: Routes,
}

/// One auth path.
#[derive(Clone, Debug)]
pub struct AuthPath {
    /// The first step of authentication; of a gate of a library the first function that it guards.
    pub gate: Caller,
    /// The gate's path where a library has it.
    pub gate_of_library: Option<String>,
    /// The functions from the gate to the one in which the site stands, both included.
    pub chain: Vec<Caller>,
    /// Where each step of the chain calls the next one.
    pub calls: Vec<Site>,
    /// The place where the token is validated.
    pub site: Site,
    /// The call there, as it is written.
    pub call: String,
    /// The entry points that lead to the gate, sorted; none where nothing does.
    pub entries: Vec<PathEntry>,
    /// What enters by it; none where nothing does.
    pub surface: Option<Surface>,
    /// How it stands with what runs.
    pub state: PathState,
    /// Whether it goes through an owner of token validation.
    pub through_owner: bool,
    /// The worst resolution on its way.
    pub confidence: Confidence,
    /// What else there is to say, in a few words; empty if nothing.
    pub note: String,
}

impl AuthPath {
    /// The gate's dotted name.
    #[must_use]
    pub fn gate_name(&self, program: &Program<'_>) -> String {
        let of_library = self.gate_of_library.clone();
        of_library.unwrap_or_else(|| program.symbol_of_caller(self.gate))
    }

    /// The dotted names of the functions from the gate to the one in which the site stands.
    #[must_use]
    pub fn chain_names(&self, program: &Program<'_>) -> Vec<String> {
        let behind = self.chain[1..].iter().map(|caller| program.symbol_of_caller(*caller));
        std::iter::once(self.gate_name(program)).chain(behind).collect()
    }

    /// By what it is known again when functions are renamed or moved: its gate, or those who enter by it.
    #[must_use]
    pub fn marks(&self, program: &Program<'_>) -> Vec<String> {
        let entries = self.entries.iter().flat_map(|entry| {
            let method = entry.routes.method.as_deref().unwrap_or_default();
            let routes = entry.routes.routes.iter().map(move |route| format!("{method} {route}"));
            routes.chain([program.symbol_of_caller(entry.caller)])
        });
        let mut marks: Vec<String> = entries.chain([self.gate_name(program)]).collect();
        marks.sort();
        marks.dedup();
        marks
    }

    /// The name of what enters by it; a function of a library is entered by whoever calls it.
    #[must_use]
    pub fn surface_name(&self) -> &'static str {
        self.surface.map_or("library", Surface::name)
    }
}

/// The auth paths of a program, and its entry points.
#[derive(Debug, Default)]
pub struct AuthPaths {
    /// The paths, by gate and site.
    pub paths: Vec<AuthPath>,
    /// The entry points outside tests, with where each is reached, by function.
    pub entries: Vec<PathEntry>,
    /// The entry points, among those, of which some siblings are guarded and which no validation is in reach of.
    pub unguarded: Vec<PathEntry>,
    /// The function that all live paths go through, where nobody else owns validation.
    pub shared: Option<Caller>,
}

/// A place where validation is done.
struct ValidationSite {
    site: Site,
    at: Caller,
    call: String,
    confidence: Confidence,
    /// What brings the token to its function.
    carriers: Carriers,
    /// Whether it is a gate that is named and does not exist.
    is_missing: bool,
    /// Whether the token is only taken apart there: what is read out of it is believed, or it is only looked at.
    is_look: bool,
    /// Whether it is a framework's session that says who is calling.
    is_of_session: bool,
    /// What there is to say of paths that end there, in a few words; empty if nothing.
    note: &'static str,
    /// What is farther away than this many calls does not go by it.
    most_calls: u32,
}

impl ValidationSite {
    /// Where ways end that lead to no validation: at a gate that does not exist, at a scheme whose credential nothing checks.
    fn without_validation(site: Site, at: Caller, call: String) -> Self {
        Self {
            site,
            at,
            call,
            confidence: Confidence::Certain,
            carriers: Carriers::Any,
            is_missing: true,
            is_look: false,
            is_of_session: false,
            note: "",
            most_calls: MOST_CALLS,
        }
    }
}

/// A step of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    /// A function.
    caller: Caller,
    /// By what the way leads on from it.
    onward: Onward,
    /// What brings the token into it.
    carriers: Carriers,
}

/// By what a way leads on from a function, as far as it matters to who gets to the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Onward {
    /// Whoever calls the function gets there.
    Always,
    /// A framework fills it in: who calls the function itself does not get what frameworks fill in.
    Injected,
    /// The function calls its parameter at a position: only who hands it this function there gets on.
    Handed(FunctionRef, u32),
}

impl Program<'_> {
    /// The auth paths; worked out when first asked for.
    #[must_use]
    pub fn auth_paths(&self) -> &AuthPaths {
        self.auth_paths.get_or_init(|| Search::new(self).run())
    }

    /// Whether there are more auth paths, or more implementations of a concern, than the budget allows.
    #[must_use]
    pub fn exceeds_budget(&self) -> bool {
        let budget = self.budget();
        let live = |surface: Option<&str>| {
            let live = self.auth_paths().paths.iter();
            let live = live.filter(|path| path.state == PathState::Live);
            live.filter(|path| surface.is_none_or(|surface| path.surface_name() == surface))
                .count()
        };
        let surfaces = &budget.surfaces;
        let concerns = &budget.concerns;
        budget.auth_paths.is_some_and(|most| live(None) > most)
            || surfaces.iter().any(|(surface, most)| live(Some(surface)) > *most)
            || concerns
                .iter()
                .any(|(concern, most)| self.implementations_of(concern).len() > *most)
    }

    /// The functions that ask a service to validate a token, as far as that can be said before their callers are known: who sends
    /// a request to a route of the program, or from inside a declared owner, and handles a credential.
    pub(in crate::program) fn asking_functions(&self, entries: &[EntryPoint]) -> Vec<FunctionRef> {
        let requests = self.requests();
        if requests.is_empty() {
            return Vec::new();
        }
        let owners: Vec<crate::program::Origin> = self
            .concerns()
            .iter()
            .filter(|concern| concern.name == TOKEN_VALIDATION)
            .flat_map(|concern| &concern.owners)
            .flat_map(|owner| self.named(&owner.path))
            .collect();
        let routes: FxHashSet<String> = entries
            .iter()
            .filter_map(|entry| entry.registration)
            .filter_map(|registration| {
                let route = self.texts(registration.file, registration.route?);
                route.into_iter().next().map(|route| route.text)
            })
            .collect();
        let asking = requests.iter().filter(|request| {
            let scope = self[request.file].facts[request.call].scope;
            let is_owned = owners.iter().any(|owner| self.lies_in(request.file, scope, *owner));
            let ends_in = |route: &String| request.path.as_ref().is_some_and(|path| path.ends_with(route.as_str()));
            is_owned || (request.path.is_some() && routes.iter().any(ends_in))
        });
        let functions = asking.filter_map(|request| self.sender(request));
        functions
            .filter(|function| self.handles_credential(*function))
            .collect()
    }

    /// The decorator that makes a function an entry point, where it is one that is called.
    fn registering_decorator(&self, entry: &EntryPoint) -> Option<Span> {
        let registration = entry.registration?;
        let (file, function) = entry.function;
        let facts = &self[file].facts;
        let call = registration.call.filter(|_| registration.file == file)?;
        let span = facts[facts[call].expr].span;
        let decorators = facts.list(facts[function].decorators);
        decorators
            .iter()
            .any(|decorator| facts[*decorator].span.contains(span))
            .then_some(span)
    }

    /// Whether the call of an edge may hand `function` to its callee, for the parameter at `position`: by the function's name, by one
    /// that is only known to callers, or without saying so.
    fn may_hand(&self, edge: &CallEdge, function: FunctionRef, position: u32) -> bool {
        let Some(passing) = self.passing(edge) else { return true };
        let Some(argument) = self.passed(&passing, edge.callee, position) else {
            return true;
        };
        let name = self[function.0].facts[function.1].name;
        let name = name.map(|name| self[function.0].facts.text(name));
        let facts = &self[passing.file].facts;
        let inside = facts[argument.value].span;
        let says = |expr: ExprId| match facts[expr].kind {
            ExprKind::Name { name: own, .. } | ExprKind::Member { name: own, .. } => Some(facts.text(own)) == name,
            ExprKind::Lambda(_) => true,
            _ => false,
        };
        name.is_none() || is_parameter(facts, argument.value) || expressions_within(facts, inside).any(says)
    }
}

/// Who fills in a dependency that a function declares which no framework calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Injecting {
    /// Nobody is known to call the function.
    Nobody,
    /// Its callers do: what they hand it was validated where they got it.
    Handed,
    /// Some caller leaves it out: the declaration itself arrives, and cannot act.
    Forgotten,
}

struct Search<'p, 'a> {
    program: &'p Program<'a>,
    entries: BTreeMap<Caller, Vec<PathEntry>>,
    /// The requests that arrive at handlers of the program: who sends them, where.
    hops: FxHashMap<FunctionRef, Vec<CallEdge>>,
    /// By what frameworks fill the parameters of functions: where that is declared, and with the result of which function.
    injected: FxHashMap<Caller, Vec<(Span, FunctionRef)>>,
    /// What decorators of the program put around functions.
    decorated: Decorated,
    /// Where the decorators begin that register functions: what stands above them is not called.
    registered: FxHashMap<Caller, Span>,
}

/// What a search backwards from one site found.
#[derive(Default)]
struct Reached<'e> {
    /// The call that leads on from each node, and where to.
    next: FxHashMap<Node, (&'e CallEdge, Node)>,
    /// The nodes in the order they were found: the nearest first.
    order: Vec<Node>,
}

impl<'p, 'a> Search<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Self {
        let table = RouteTable::new(program, program.calls.routers());
        let mut entries: BTreeMap<Caller, Vec<PathEntry>> = BTreeMap::new();
        let mut registered: FxHashMap<Caller, Span> = FxHashMap::default();
        for entry in program.entry_points() {
            let (file, function) = entry.function;
            let scope = program[file].facts[function].scope;
            if entry.surface == Surface::Test || program.code_scope(file, scope) == CodeScope::Test {
                continue;
            }
            let caller = (file, Some(function));
            if entry.surface == Surface::Middleware && is_called_itself(program, (file, function)) {
                continue;
            }
            if let Some(span) = program.registering_decorator(entry) {
                let outermost = registered.entry(caller).or_insert(span);
                *outermost = span.min(*outermost);
            }
            entries.entry(caller).or_default().push(PathEntry {
                caller,
                surface: entry.surface,
                routes: table.of(entry),
            });
        }
        let mut search = Self {
            program,
            entries,
            hops: FxHashMap::default(),
            injected: FxHashMap::default(),
            decorated: Decorated::find(program),
            registered,
        };
        search.hops = search.find_hops();
        for (file, _) in program.files() {
            for edge in program.calls_from(file).iter().filter(|edge| edge.by == By::Injected) {
                let filled = search.injected.entry(edge.caller).or_default();
                filled.push((edge.site.span, edge.callee));
            }
        }
        search
    }

    fn run(self) -> AuthPaths {
        let mut paths = Vec::new();
        let mut guarded: FxHashSet<Caller> = FxHashSet::default();
        let mut of_sessions: FxHashSet<(Caller, Caller)> = FxHashSet::default();
        for site in self.sites() {
            let reached = self.reached(&site);
            guarded.extend(reached.order.iter().map(|node| node.caller));
            let found = self.paths_to(&site, &reached).into_iter();
            // A function asks the session in several ways who that is: one question.
            paths.extend(found.filter(|path| !site.is_of_session || of_sessions.insert((path.gate, site.at))));
        }
        paths.extend(self.guarded_by_libraries(&mut guarded));
        paths.extend(self.unchecked(&guarded));
        paths.sort_by_key(|path| (path.gate, path.site));
        let unguarded = self.unguarded(&guarded, &self.minting());
        let shared = self.shared(&paths);
        for path in &mut paths {
            path.through_owner |= shared.is_some_and(|function| path.chain.contains(&function));
        }
        AuthPaths {
            shared,
            paths,
            entries: self.entries.into_values().flatten().collect(),
            unguarded,
        }
    }

    /// The ways that lead through gates of libraries. What a library guards directly enters by one path for each of its gates.
    fn guarded_by_libraries(&self, guarded: &mut FxHashSet<Caller>) -> Vec<AuthPath> {
        let mut paths = Vec::new();
        for guard in self.library_guards() {
            let (file, function) = guard.function;
            let site = ValidationSite {
                site: guard.site,
                at: (file, Some(function)),
                call: guard.gate,
                confidence: Confidence::Certain,
                carriers: Carriers::Any,
                is_missing: false,
                is_look: false,
                is_of_session: false,
                note: "",
                most_calls: MOST_CALLS,
            };
            let reached = self.reached(&site);
            guarded.extend(reached.order.iter().map(|node| node.caller));
            paths.extend(self.paths_to(&site, &reached));
        }
        // What is guarded itself enters there, whatever it calls that is guarded likewise.
        let own: FxHashSet<(Caller, String)> = paths
            .iter()
            .filter(|path| path.chain.len() == 1)
            .map(|path| (path.gate, path.call.clone()))
            .collect();
        for path in &mut paths {
            let (gate, call) = (path.gate, &path.call);
            let is_guarded = |entry: &PathEntry| own.contains(&(entry.caller, call.clone()));
            path.entries.retain(|entry| entry.caller == gate || !is_guarded(entry));
        }
        // That nothing is known to lead to what a library guards is most often for want of knowing how.
        paths.retain(|path| !path.entries.is_empty());
        joined_at_libraries(paths)
    }

    /// What libraries guard, by itself or by the routers that it is registered on.
    fn library_guards(&self) -> Vec<LibraryGuard> {
        let program = self.program;
        let is_handled = |guard: &&LibraryGuard| {
            // Of a class only the methods that handle requests are guarded.
            let (file, function) = guard.function;
            program[file].facts[function].class.is_none() || self.entries.contains_key(&(file, Some(function)))
        };
        let mut guards: Vec<LibraryGuard> = program.library_guards().iter().filter(is_handled).cloned().collect();
        let of_routers = self.required_of_libraries().into_iter();
        let of_routers = of_routers.filter(|(_, scheme)| scheme.role == Role::GuardsHandlers);
        guards.extend(of_routers.map(|(function, scheme)| LibraryGuard {
            site: scheme.site,
            function,
            gate: scheme.scheme,
        }));
        guards.sort();
        guards.dedup_by(|one, other| (one.function, &one.gate) == (other.function, &other.gate));
        guards
    }

    /// The security schemes that handlers depend on without a parameter for them, by their routers most often.
    fn required_of_libraries(&self) -> Vec<(FunctionRef, InjectedScheme)> {
        let required = self.program.calls.routers().handlers_with_library_dependencies();
        let schemes = required.into_iter().filter_map(|(handler, file, injecting)| {
            let is_entry = self.entries.contains_key(&(handler.0, Some(handler.1)));
            let scheme = self.program.scheme_injected_by(file, injecting).filter(|_| is_entry)?;
            Some((handler, scheme))
        });
        let mut schemes: Vec<(FunctionRef, InjectedScheme)> = schemes.collect();
        schemes.sort_by_key(|(handler, scheme)| (*handler, scheme.site));
        schemes
    }

    /// The ways that end in a security scheme whose credential nothing checks, for the entry points that nothing else guards.
    fn unchecked(&self, guarded: &FxHashSet<Caller>) -> Vec<AuthPath> {
        let program = self.program;
        let mut found = Vec::new();
        if self.is_guarded_around(guarded) {
            return found;
        }
        for scheme in program.unchecked_schemes() {
            let at = (scheme.file, Some(scheme.function));
            if guarded.contains(&at) {
                continue;
            }
            let site = ValidationSite::without_validation(scheme.site, at, scheme.scheme);
            let note = unchecked_note(&site.call);
            for mut path in self.paths_to(&site, &self.reached(&site)) {
                let is_unchecked =
                    |entry: &PathEntry| !guarded.contains(&entry.caller) && program.only_asks(entry.caller, path.gate);
                path.entries.retain(is_unchecked);
                let is_handed_on = path.chain.windows(2).all(|step| program.only_asks(step[0], step[1]));
                if is_handed_on && !path.entries.is_empty() {
                    path.note.clone_from(&note);
                    found.push(path);
                }
            }
        }
        found.extend(self.unchecked_at_routers(guarded));
        found
    }

    /// The same for handlers that get nothing of the credential, since only their routers ask for it.
    fn unchecked_at_routers(&self, guarded: &FxHashSet<Caller>) -> Vec<AuthPath> {
        let mut paths = Vec::new();
        for ((file, handler), scheme) in self.required_of_libraries() {
            let at = (file, Some(handler));
            let is_checked = guarded.contains(&at) || self.program.handles_credential((file, handler));
            if scheme.role != Role::MakesSecurityScheme || is_checked {
                continue;
            }
            let site = ValidationSite::without_validation(scheme.site, at, scheme.scheme);
            let note = unchecked_note(&site.call);
            let gates = self.paths_to(&site, &self.reached(&site)).into_iter();
            let own = gates.filter(|path| path.gate == at && !path.entries.is_empty());
            paths.extend(own.map(|path| AuthPath {
                note: note.clone(),
                ..path
            }));
        }
        joined_at_libraries(paths)
    }

    /// Whether a middleware validates for all handlers.
    fn is_guarded_around(&self, guarded: &FxHashSet<Caller>) -> bool {
        let mut entries = self.entries.values().flatten();
        entries.any(|entry| entry.surface == Surface::Middleware && guarded.contains(&entry.caller))
    }

    /// The lowest function that several live paths all go through, where no owner is known.
    fn shared(&self, paths: &[AuthPath]) -> Option<Caller> {
        let mut owners = self.program.owners().all().iter();
        if owners.any(|owner| owner.concern == TOKEN_VALIDATION) {
            return None;
        }
        let mut live = paths.iter().filter(|path| path.state == PathState::Live);
        let (first, others) = (live.next()?, live);
        let others: Vec<&AuthPath> = others.collect();
        let is_shared = |function: &Caller| others.iter().all(|path| path.chain.contains(function));
        let lowest = first.chain.iter().rev().copied().find(is_shared);
        lowest.filter(|(_, function)| function.is_some() && !others.is_empty())
    }

    /// The places where tokens are validated, outside tests.
    fn sites(&self) -> Vec<ValidationSite> {
        let program = self.program;
        let is_tested = |site: Site, scope| program.code_scope(site.file, scope) == CodeScope::Test;
        let decoding = program.validation_sites().iter();
        let mut sites: Vec<ValidationSite> = decoding
            .filter(|site| !is_tested(site.primary, site.scope))
            .map(|site| {
                let carriers = site.token.map(|token| program.carriers(site.primary.file, token));
                self.site(site, carriers.unwrap_or(Carriers::Any))
            })
            .collect();
        let shown = program.shown_credentials().iter();
        let logging_in = self.logging_in();
        let shown = shown.filter(|shown| {
            let (file, scope) = (shown.site.primary.file, shown.site.scope);
            let at = (file, program[file].facts.function_around(scope));
            !is_tested(shown.site.primary, scope) && (shown.how == Shown::AsLogin || !logging_in.contains(&at))
        });
        sites.extend(shown.map(|shown| ValidationSite {
            is_of_session: shown.how == Shown::InSession,
            is_look: shown.how == Shown::InSession || self.program.only_takes_apart(&shown.site),
            note: match shown.how {
                Shown::Itself => "",
                Shown::AsLogin => "takes what an identity provider sent a caller back with",
                Shown::InSession => "goes by the framework's session",
            },
            ..self.site(&shown.site, shown.carriers)
        }));
        sites.extend(self.asked());
        sites.extend(self.missing());
        sites.sort_by_key(|site| site.site);
        sites
    }

    /// A place where a token is dealt with, as a search begins there.
    fn site(&self, site: &TokenSite, carriers: Carriers) -> ValidationSite {
        let file = site.primary.file;
        ValidationSite {
            site: site.primary,
            at: (file, self.program[file].facts.function_around(site.scope)),
            call: site.call.clone(),
            confidence: site.confidence,
            carriers,
            is_missing: false,
            is_look: self.program.only_takes_apart(site),
            is_of_session: false,
            note: "",
            most_calls: MOST_CALLS,
        }
    }

    /// The gates that are named and do not exist: what would be behind them cannot be known.
    fn missing(&self) -> impl Iterator<Item = ValidationSite> {
        let missing = self.program.missing_gates().iter();
        missing.map(|gate| {
            let at = (gate.site.file, gate.function);
            ValidationSite::without_validation(gate.site, at, gate.path.clone())
        })
    }

    /// The requests by which owners ask a service, where that is no handler of the program.
    fn asked(&self) -> Vec<ValidationSite> {
        let program = self.program;
        let hopping: FxHashSet<Site> = self.hops.values().flatten().map(|edge| edge.site).collect();
        let asking = program.requests().iter().filter_map(|request| {
            let facts = &program[request.file].facts;
            let call = &facts[request.call];
            let function = program.sender(request)?;
            let site = program.callee_site(request.file, call);
            let is_declared = program
                .owners_of(TOKEN_VALIDATION, request.file)
                .any(|owner| owner.because == crate::program::Because::Declared);
            let asks = is_declared
                && program.is_owned(TOKEN_VALIDATION, request.file, call.scope, &[])
                && program.handles_credential(function)
                && !hopping.contains(&site);
            asks.then(|| ValidationSite {
                site,
                at: (request.file, Some(function.1)),
                call: program.written(request.file, call.callee),
                confidence: Confidence::Likely,
                carriers: Carriers::Any,
                is_missing: false,
                is_look: false,
                is_of_session: false,
                note: "",
                most_calls: MOST_CALLS,
            })
        });
        let asking: Vec<ValidationSite> = asking.collect();
        let known: FxHashSet<Site> = asking.iter().map(|site| site.site).chain(hopping).collect();
        let mut asking_functions: FxHashSet<FunctionRef> = FxHashSet::default();
        let questions = program.questions.get().into_iter().flatten();
        // A function asks in several ways what is one question.
        let questions = questions.filter(|question| asking_functions.insert((question.file, question.function)));
        let questions = questions.map(|question| self.question(question));
        let questions: Vec<ValidationSite> = questions.filter(|site| !known.contains(&site.site)).collect();
        asking.into_iter().chain(questions).collect()
    }

    /// The question to a service whether the token of a caller is good.
    fn question(&self, question: &ServiceQuestion) -> ValidationSite {
        let program = self.program;
        let file = question.file;
        let facts = &program[file].facts;
        let call = &facts[question.call];
        let passed = facts.arguments(call).iter();
        let about = passed.filter(|argument| program.names_credential(facts, facts[argument.value].span));
        let carriers = about.map(|argument| program.carriers(file, argument.value));
        ValidationSite {
            site: program.callee_site(file, call),
            at: (file, Some(question.function)),
            call: program.written(file, call.callee),
            confidence: Confidence::Likely,
            carriers: carriers.reduce(Carriers::with).unwrap_or(Carriers::Any),
            is_missing: false,
            is_look: false,
            is_of_session: false,
            note: "asks another service",
            most_calls: MOST_CALLS_TO_QUESTION,
        }
    }

    /// The requests that arrive at handlers of the program.
    fn find_hops(&self) -> FxHashMap<FunctionRef, Vec<CallEdge>> {
        let program = self.program;
        let mut hops: FxHashMap<FunctionRef, Vec<CallEdge>> = FxHashMap::default();
        for request in program.requests() {
            let (Some(path), Some(sender)) = (&request.path, program.sender(request)) else {
                continue;
            };
            let scope = program[request.file].facts[request.call].scope;
            let is_ownerless = program.owners_of(TOKEN_VALIDATION, request.file).next().is_none();
            let is_owned = program.is_owned(TOKEN_VALIDATION, request.file, scope, &[]);
            if !(is_owned || is_ownerless) || !program.handles_credential(sender) {
                continue;
            }
            let method = program.method_of(request.file, request.call);
            let handlers = self.entries.values().flatten().filter(|entry| {
                let fits = entry.routes.method.is_none() || method.is_none() || entry.routes.method == method;
                entry.surface == Surface::Http
                    && fits
                    && entry.routes.routes.iter().any(|route| arrives_at(path, route))
            });
            for handler in handlers {
                let (file, Some(function)) = handler.caller else {
                    continue;
                };
                hops.entry((file, function)).or_default().push(CallEdge {
                    caller: (request.file, Some(sender.1)),
                    callee: (file, function),
                    site: program.callee_site(request.file, &program[request.file].facts[request.call]),
                    call: None,
                    offset: 0,
                    thread: crate::program::Thread::Other,
                    by: By::Call,
                    confidence: Confidence::Likely,
                    alternatives: 1,
                });
            }
        }
        hops
    }

    /// The name of a method, if code outside tests calls one of this name of which nothing is known.
    fn not_understood(&self, (file, function): Caller) -> Option<&str> {
        let program = self.program;
        let facts = &program[file].facts;
        let function = function.map(|function| &facts[function])?;
        let text = facts.text(function.class.and(function.name)?);
        if program.catalog().words().is_common_method(text) {
            return None;
        }
        let is_known = |edge: &CallEdge, call: CallId| {
            edge.call == Some(call) && edge.confidence > Confidence::Possible && edge.alternatives <= MOST_ALTERNATIVES
        };
        let mut files = program.files().filter(|(_, data)| data.scope != CodeScope::Test);
        let is_called = files.any(|(file, data)| {
            let facts = &data.facts;
            facts.names.find(text).is_some_and(|own| {
                let mut calls = facts.numbered_calls();
                calls.any(|(id, call)| {
                    let is_of_name = matches!(facts[call.callee].kind, ExprKind::Member { name, .. } if name == own);
                    is_of_name
                        && program.site_at(file, call.expr).is_none()
                        && !program.calls_from(file).iter().any(|edge| is_known(edge, id))
                })
            })
        });
        is_called.then_some(text)
    }

    /// Who gets to a site, by which calls.
    fn reached<'e>(&'e self, site: &ValidationSite) -> Reached<'e>
    where
        'p: 'e,
    {
        let mut reached = Reached::default();
        let start = Node {
            caller: site.at,
            onward: Onward::Always,
            carriers: site.carriers,
        };
        if site.carriers == Carriers::NONE {
            return reached;
        }
        let mut waiting = VecDeque::from([(start, 0)]);
        let mut seen: FxHashSet<Node> = FxHashSet::from_iter([start]);
        reached.order.push(start);
        while let Some((node, far)) = waiting.pop_front() {
            if far == site.most_calls {
                break;
            }
            for edge in self.edges_into(node) {
                let Some(next) = self.before(edge, node) else { continue };
                if reached.order.len() < MOST_FUNCTIONS && seen.insert(next) {
                    reached.next.insert(next, (edge, node));
                    reached.order.push(next);
                    waiting.push_back((next, far + 1));
                }
            }
        }
        reached
    }

    /// The step before `node` on the way of `edge`; none where the caller passes on nothing that it got from outside.
    fn before(&self, edge: &CallEdge, node: Node) -> Option<Node> {
        let carriers = self.carriers_before(edge, node.carriers);
        (carriers != Carriers::NONE).then(|| Node {
            caller: edge.caller,
            onward: self.onward(edge),
            carriers,
        })
    }

    fn carriers_before(&self, edge: &CallEdge, carriers: Carriers) -> Carriers {
        if carriers == Carriers::Any || edge.by == By::Injected {
            return Carriers::Any;
        }
        let Some(passing) = self.program.passing(edge) else {
            return Carriers::Any;
        };
        if leaves_out(&self.program[passing.file].facts, passing.call) {
            return Carriers::NONE;
        }
        if carriers == Carriers::Itself {
            return self.program.carriers_of_object(passing.file, passing.call);
        }
        let mut before = Carriers::NONE;
        for position in carriers.positions() {
            let passed = self.program.passed(&passing, edge.callee, position);
            before = before.with(match passed {
                Some(argument) if self.is_filled_by_validation(edge.caller, argument.value) => Carriers::NONE,
                Some(argument) => self.program.carriers(passing.file, argument.value),
                None if edge.by == By::Call && self.is_left_out(&passing, edge.callee, position) => Carriers::NONE,
                None => Carriers::Any,
            });
        }
        before
    }

    /// Whether what is passed is, or is taken from, what a framework filled in that was validated for it: who is calling, and no token.
    fn is_filled_by_validation(&self, caller: Caller, passed: ExprId) -> bool {
        let (file, Some(function)) = caller else { return false };
        let facts = &self.program[file].facts;
        let root = first_name(facts, passed);
        if root.is_some_and(|(name, scope)| self.is_result_of_validation(file, name, scope)) {
            return true;
        }
        let position = root.and_then(|(name, scope)| parameter_named(facts, name, scope, function));
        let parameter = position.and_then(|position| facts.parameters(&facts[function]).get(position as usize));
        parameter.is_some_and(|parameter| {
            let injected = self.injected.get(&caller).into_iter().flatten();
            let mut filling = injected.filter(|(span, _)| *span == parameter.span).peekable();
            filling.peek().is_some() && filling.all(|(_, dependency)| self.validates(*dependency, 0))
        })
    }

    /// Whether a name holds what functions of the program gave that validate tokens, and nothing else: `user = authenticate(request)`.
    fn is_result_of_validation(&self, file: FileId, name: Name, scope: ScopeId) -> bool {
        let facts = &self.program[file].facts;
        let bindings = lookup(facts, scope, name).unwrap_or(&[]);
        let is_validated = |value: ExprId| {
            let mut value = value;
            while let ExprKind::Through(inner) = facts[value].kind {
                value = inner;
            }
            let ExprKind::Call(call) = facts[value].kind else {
                return false;
            };
            let called = self.program.values(file, facts[call].callee);
            !called.is_empty()
                && called.iter().all(|value| match value.origin {
                    Origin::Function(function) => self.program.validates_within(function),
                    _ => false,
                })
        };
        !bindings.is_empty()
            && bindings.iter().all(|binding| match binding.kind {
                BindingKind::Value(value) => is_validated(value),
                _ => false,
            })
    }

    /// Whether a dependency validates a token, itself or by what it depends on.
    fn validates(&self, (file, function): FunctionRef, step: u32) -> bool {
        let further = self.injected.get(&(file, Some(function))).into_iter().flatten();
        self.program.validates_within((file, function))
            || step < MOST_CALLS && further.into_iter().any(|(_, next)| self.validates(*next, step + 1))
    }

    /// Whether a call leaves a parameter to its default.
    fn is_left_out(&self, passing: &Passing, (file, function): FunctionRef, position: u32) -> bool {
        let facts = &self.program[file].facts;
        let parameter = facts.parameters(&facts[function]).get(position as usize);
        parameter.is_some_and(|parameter| parameter.default.is_some())
            && !self.program.has_unseen_arguments(passing.file, passing.call)
    }

    fn onward(&self, edge: &CallEdge) -> Onward {
        if edge.by == By::Injected {
            return Onward::Injected;
        }
        let facts = &self.program[edge.caller.0].facts;
        let position = edge
            .call
            .and_then(|call| parameter_position(facts, facts[call].callee, edge.caller.1?));
        position.map_or(Onward::Always, |position| Onward::Handed(edge.callee, position))
    }

    /// The calls that get to a function in a way that counts.
    fn edges_into<'e>(&'e self, Node { caller, onward, .. }: Node) -> impl Iterator<Item = &'e CallEdge>
    where
        'p: 'e,
    {
        let (file, function): (FileId, Option<FunctionId>) = caller;
        let program = self.program;
        let calls = function
            .into_iter()
            .flat_map(move |function| program.calls_into((file, function)));
        let hops = function.and_then(|function| self.hops.get(&(file, function)));
        // What a decorator put around a function calls it for those that called the function: they are looked for themselves.
        let around = function.map_or(&[][..], |function| self.decorated.around((file, function)));
        let calls = calls.filter(move |edge| !is_among(around, edge.caller));
        let calls = calls.chain(
            function
                .into_iter()
                .flat_map(move |function| self.calls_around((file, function))),
        );
        let within = function
            .into_iter()
            .flat_map(move |function| self.decorated.within((file, function)));
        let within = within.filter(move |edge| onward == Onward::Always && self.is_around_entry(edge));
        // Who sends a request to a handler that only lets guests in who were validated before asks for something else.
        let hops = hops.into_iter().flatten().filter(move |_| onward == Onward::Always);
        let counts = move |edge: &&CallEdge| {
            let is_test = || program.code_scope(edge.caller.0, program.scope_of_caller(edge.caller)) == CodeScope::Test;
            edge.confidence > Confidence::Possible
                && edge.alternatives <= MOST_ALTERNATIVES
                && match onward {
                    Onward::Always => true,
                    Onward::Injected => edge.by == By::Injected,
                    Onward::Handed(function, position) => program.may_hand(edge, function, position),
                }
                && !is_test()
        };
        // Whoever runs a command enters there: what leads to it by the program's own statements is how it is dispatched.
        let is_command = self.is_command(caller);
        let all = calls.filter(counts).chain(within).chain(hops);
        all.filter(move |_| !is_command)
    }

    fn is_command(&self, caller: Caller) -> bool {
        let mut entries = self.entries.get(&caller).into_iter().flatten();
        entries.any(|entry| entry.surface == Surface::Command)
    }

    /// Whether a decorator stands around what a framework is told to call.
    fn is_around_entry(&self, edge: &CallEdge) -> bool {
        let registering = self.registered.get(&edge.caller);
        self.entries.contains_key(&edge.caller) && registering.is_none_or(|registering| *registering < edge.site.span)
    }

    /// The calls of a function by its name that arrive at what a decorator put around it.
    fn calls_around<'e>(&'e self, function: FunctionRef) -> impl Iterator<Item = &'e CallEdge>
    where
        'p: 'e,
    {
        let program = self.program;
        let wrappers = self.decorated.around(function).iter();
        wrappers
            .flat_map(move |wrapper| program.calls_into(*wrapper))
            .filter(move |edge| program.says_name(edge, function))
    }

    /// The paths that end in a site.
    fn paths_to(&self, site: &ValidationSite, reached: &Reached<'_>) -> Vec<AuthPath> {
        let mut gates: BTreeMap<Caller, (Node, Vec<PathEntry>)> = BTreeMap::new();
        let mut called: FxHashSet<Caller> = FxHashSet::default();
        let mut add = |gate: Node, entries: &[PathEntry]| {
            let known = gates.entry(gate.caller).or_insert_with(|| (gate, Vec::new()));
            known.1.extend(entries.iter().cloned());
        };
        for node in &reached.order {
            // Each call that leads from the function towards the site begins a path where it is an entry point.
            for edge in self.edges_into(*node) {
                called.insert(node.caller);
                if self.before(edge, *node).is_none() {
                    continue;
                }
                let entries = self.entries_at(edge.caller, Some(edge));
                let passing = entries.iter().filter(|entry| entry.surface != Surface::Middleware);
                let passing: Vec<PathEntry> = passing.cloned().collect();
                if !passing.is_empty() && !self.is_far_end(edge.caller) && !self.goes_on_as(node.caller, edge.caller) {
                    add(*node, &passing);
                }
            }
            let entries = self.entries_at(node.caller, None);
            let (around, handling): (Vec<PathEntry>, Vec<PathEntry>) = entries
                .into_iter()
                .partition(|entry| entry.surface == Surface::Middleware);
            if !around.is_empty() {
                add(*node, &around);
            }
            if !handling.is_empty() && node.caller == site.at && !self.is_far_end(node.caller) {
                add(*node, &handling);
            }
        }
        for node in &reached.order {
            let is_entry = self.entries.contains_key(&node.caller) || node.caller.1.is_none();
            let is_gate = gates.contains_key(&node.caller);
            let acts = || self.injecting(*node, reached) != Injecting::Handed;
            if !called.contains(&node.caller) && !is_entry && !is_gate && acts() {
                gates.insert(node.caller, (*node, Vec::new()));
            }
        }
        let paths = gates.into_values();
        let paths = paths.map(|(gate, entries)| self.path(site, reached, gate, entries));
        paths.filter(|path| !site.is_look || self.lets_in(path, site)).collect()
    }

    /// Whether an entry point is the method that another one of the same routes replaces and calls: what it does, that one does.
    fn goes_on_as(&self, replaced: Caller, replacing: Caller) -> bool {
        let name = |(file, function): Caller| {
            let facts = &self.program[file].facts;
            let function = &facts[function?];
            function.class?;
            Some(facts.text(function.name?))
        };
        let routes = |caller: Caller| -> FxHashSet<&String> {
            let entries = self.entries.get(&caller).into_iter().flatten();
            entries.flat_map(|entry| &entry.routes.routes).collect()
        };
        name(replaced).is_some_and(|replaced| name(replacing) == Some(replaced))
            && replaced != replacing
            && self.entries.contains_key(&replaced)
            && routes(replacing).is_subset(&routes(replaced))
    }

    /// Whether something depends on what is read out of a token that nobody checks: near by, a function turns callers away, checks
    /// tokens itself, or says that it authenticates. Who looks at a token to choose a provider does nothing of that.
    fn lets_in(&self, path: &AuthPath, site: &ValidationSite) -> bool {
        let program = self.program;
        // That nothing is known to lead to a function that asks a framework is most often for want of knowing how.
        if site.is_of_session {
            return !path.entries.is_empty() && self.turns_away_strangers(path, site);
        }
        let chain = path.chain.iter().rev().take(MOST_CALLS_TO_REFUSAL).copied();
        let is_near = path.chain.len() < MOST_CALLS_TO_REFUSAL;
        let entries = path.entries.iter().filter(|_| is_near).map(|entry| entry.caller);
        let mut near = chain
            .chain(entries)
            .filter_map(|(file, function)| Some((file, function?)));
        near.any(|(file, function)| {
            let facts = &program[file].facts;
            let is_site = (file, Some(function)) == site.at;
            let name = facts[function].name.map_or("", |name| facts.text(name));
            let says_so = !is_site && program.catalog().words().is_gate(name);
            let checks = !is_site && self.checks_within((file, function));
            let outcomes = program.outcomes(file, facts[function].body);
            says_so || checks || outcomes.contains(&Outcome::Refuses)
        })
    }

    /// Whether those are turned away of whom the session says nothing: right where it is read, or by a function that says so.
    fn turns_away_strangers(&self, path: &AuthPath, site: &ValidationSite) -> bool {
        let program = self.program;
        let (file, read) = (site.site.file, site.site.span);
        let facts = &program[file].facts;
        let kept = facts.bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value) if facts[value].span.contains(read) => Some((binding.name, binding.scope)),
            _ => None,
        });
        let kept: FxHashSet<(Name, ScopeId)> = kept.collect();
        let is_about_it = |condition: ExprId| {
            let span = facts[condition].span;
            let mut within = expressions_within(facts, span);
            span.contains(read)
                || within.any(|expr| match facts[expr].kind {
                    ExprKind::Name { name, scope } => kept.contains(&(name, scope)),
                    _ => false,
                })
        };
        let known = asks_for_known(facts, read);
        let is_of_strangers = |condition: ExprId, holds: bool| {
            let mut within = expressions_within(facts, facts[condition].span);
            let is_negated = within.any(|expr| match facts[expr].kind {
                ExprKind::Not(inner) => facts[inner].span.contains(read),
                _ => false,
            });
            known.is_none_or(|known| holds != (known ^ is_negated))
        };
        let mut branches = facts.numbered_blocks().filter_map(|(id, block)| match block.kind {
            BlockKind::Branch { condition, holds } => {
                (is_about_it(condition) && is_of_strangers(condition, holds)).then_some(id)
            }
            _ => None,
        });
        let refuses = |outcome: &Outcome| *outcome == Outcome::Refuses;
        // Who turns away everybody is asked what to say to whom, and lets nobody in.
        let turns_all_away = || {
            let (file, Some(function)) = site.at else { return false };
            let outcomes = program.outcomes(file, program[file].facts[function].body);
            outcomes.iter().all(refuses)
        };
        self.says_that_it_asks(path, site)
            || branches.any(|block| program.outcomes(file, block).iter().all(refuses)) && !turns_all_away()
    }

    /// Whether a function that reads a session, or one that is handed what it says of who is calling, says that it authenticates.
    fn says_that_it_asks(&self, path: &AuthPath, site: &ValidationSite) -> bool {
        let program = self.program;
        let words = program.catalog().words();
        let (file, read) = (site.site.file, site.site.span);
        let facts = &program[file].facts;
        let gives_answer = || {
            let around = site.at.1.map(|function| facts[function].body);
            let outcomes = around.map(|body| program.outcomes(file, body)).unwrap_or_default();
            let mut given = outcomes.iter();
            given.any(|outcome| matches!(outcome, Outcome::Gives(value) if facts[*value].span.contains(read)))
        };
        // Whether there is somebody is asked for other reasons, too, such as what to show: that says nothing to callers.
        let is_answered = asks_for_known(facts, read).is_none() || gives_answer();
        let steps = if is_answered { MOST_CALLS_TO_REFUSAL } else { 1 };
        let asking = path.chain.iter().rev().take(steps);
        let mut names = asking
            .filter(|caller| !self.is_page(**caller))
            .filter_map(|(file, function)| {
                let facts = &program[*file].facts;
                facts[(*function)?].name.map(|name| facts.text(name))
            });
        names.any(|name| words.is_gate(name) && !words.is_login_page(name) && !words.refuses(name))
    }

    /// Whether a function handles requests: a page about whoever is calling is called after that, and lets nobody in.
    fn is_page(&self, caller: Caller) -> bool {
        let is_method = caller
            .1
            .is_some_and(|function| self.program[caller.0].facts[function].class.is_some());
        let mut entries = self.entries.get(&caller).into_iter().flatten();
        entries.any(|entry| {
            matches!(entry.surface, Surface::Http | Surface::Websocket) && (entry.routes.method.is_some() || !is_method)
        })
    }

    /// Whether a function decodes a token by a library in its own statements.
    fn checks_within(&self, (file, function): FunctionRef) -> bool {
        let facts = &self.program[file].facts;
        let sites = self.program.validation_sites().iter();
        let mut own = sites.filter(|site| site.primary.file == file && !site.hand_rolled);
        own.any(|site| facts.function_around(site.scope) == Some(function))
    }

    /// Who fills in what a function without an entry point declares as a dependency.
    fn injecting(&self, node: Node, reached: &Reached<'_>) -> Injecting {
        let (file, Some(function)) = node.caller else {
            return Injecting::Nobody;
        };
        let injected = reached.next.get(&node).map(|(edge, _)| edge);
        let Some(injected) = injected.filter(|edge| edge.by == By::Injected) else {
            return Injecting::Nobody;
        };
        let facts = &self.program[file].facts;
        let mut parameters = (0..).zip(facts.parameters(&facts[function]));
        let Some((position, parameter)) = parameters.find(|(_, parameter)| parameter.span == injected.site.span) else {
            return Injecting::Nobody;
        };
        let mut calling = self.program.passing_into((file, function)).into_iter().peekable();
        let is_called = calling.peek().is_some();
        let is_handed = |passing: Passing| {
            let passed = self.program.passed(&passing, (file, function), position);
            passed.is_some() || self.program.has_unseen_arguments(passing.file, passing.call)
        };
        match (is_called, parameter.default.is_none() || calling.all(is_handed)) {
            // Whoever is handed the function calls it with what that needs.
            (false, _) if self.is_handed_on((file, function)) => Injecting::Handed,
            (false, _) => Injecting::Nobody,
            (true, true) => Injecting::Handed,
            (true, false) => Injecting::Forgotten,
        }
    }

    /// Whether code outside tests hands a function on by its name: `run(job=Ingestion.perform)`.
    fn is_handed_on(&self, (file, function): FunctionRef) -> bool {
        let own = &self.program[file].facts;
        let Some(text) = own[function].name.map(|name| own.text(name)) else {
            return false;
        };
        let mut files = self.program.files().filter(|(_, data)| data.scope != CodeScope::Test);
        files.any(|(_, data)| {
            let facts = &data.facts;
            let is_it = |expr: ExprId, name: Name| match facts[expr].kind {
                ExprKind::Name { name: own, .. } | ExprKind::Member { name: own, .. } => own == name,
                _ => false,
            };
            facts.names.find(text).is_some_and(|name| {
                let mut calls = facts.calls.iter();
                calls.any(|call| facts.arguments(call).iter().any(|argument| is_it(argument.value, name)))
            })
        })
    }

    /// Whether a handler is the other end of requests that the program itself sends with a credential: those that send them are the
    /// ones that are let in.
    fn is_far_end(&self, (file, function): Caller) -> bool {
        function.is_some_and(|function| self.hops.contains_key(&(file, function)))
    }

    /// As what a function is an entry point; statements under `if __name__ == "__main__"` are a command.
    fn entries_at(&self, caller: Caller, edge: Option<&CallEdge>) -> Vec<PathEntry> {
        let mut entries = self.entries.get(&caller).cloned().unwrap_or_default();
        if caller.1.is_none() && edge.is_some_and(|edge| self.program.is_main(edge)) {
            entries.push(PathEntry {
                caller,
                surface: Surface::Command,
                routes: Routes {
                    is_mounted: true,
                    ..Routes::default()
                },
            });
        }
        entries
    }

    fn path(&self, site: &ValidationSite, reached: &Reached<'_>, gate: Node, mut entries: Vec<PathEntry>) -> AuthPath {
        entries.sort_by(|one, other| {
            let key = |entry: &PathEntry| (entry.caller, entry.surface);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.routes.routes.cmp(&other.routes.routes))
        });
        entries.dedup();
        let mut chain = vec![gate.caller];
        let mut calls = Vec::new();
        let mut confidence = site.confidence;
        let mut node = gate;
        // Ways lead to what was found before, so they end.
        while let Some((edge, onwards)) = reached.next.get(&node) {
            calls.push(edge.site);
            confidence = confidence.min(edge.confidence);
            chain.push(onwards.caller);
            node = *onwards;
        }
        let is_forgotten = entries.is_empty() && self.injecting(gate, reached) == Injecting::Forgotten;
        let is_owned = |caller: &Caller| {
            let scope = self.program.scope_of_caller(*caller);
            self.program.is_owned(TOKEN_VALIDATION, caller.0, scope, &[])
        };
        let through_owner = chain.iter().any(is_owned);
        let mounted = entries.iter().filter(|entry| entry.routes.is_mounted);
        let surface = mounted.map(|entry| entry.surface).min();
        let state = match (surface, entries.is_empty()) {
            _ if site.is_missing => PathState::Broken,
            (Some(_), _) => PathState::Live,
            (None, false) => PathState::Unmounted,
            (None, true) => PathState::Unreachable,
        };
        let is_unreachable = state == PathState::Unreachable && !is_forgotten;
        let unknown = is_unreachable.then(|| self.not_understood(gate.caller)).flatten();
        AuthPath {
            gate: gate.caller,
            gate_of_library: None,
            chain,
            calls,
            site: site.site,
            call: site.call.clone(),
            surface: surface.or_else(|| entries.iter().map(|entry| entry.surface).min()),
            entries,
            state,
            through_owner,
            confidence,
            note: if site.is_missing {
                format!("`{}` does not exist", site.call)
            } else if let Some(name) = unknown {
                format!("something calls a `{name}`, of what is not known")
            } else {
                note(is_forgotten, site).to_owned()
            },
        }
    }

    /// The functions that get to where tokens are minted: who has no token yet comes to them.
    fn minting(&self) -> FxHashSet<Caller> {
        let sites = self.program.minting_sites().iter();
        let sites = sites.map(|site| self.site(site, Carriers::Any));
        let reached = sites.flat_map(|site| self.reached(&site).order);
        reached.map(|node| node.caller).collect()
    }

    /// The functions that mint tokens, themselves or by the next call: what is compared there is asked of who has no token yet.
    fn logging_in(&self) -> FxHashSet<Caller> {
        let sites = self.program.minting_sites().iter();
        let minting = sites.map(|site| self.site(site, Carriers::Any).at);
        let around = |at: Caller| {
            let calls =
                at.1.into_iter()
                    .flat_map(move |function| self.program.calls_into((at.0, function)));
            calls.map(|edge| edge.caller).chain([at])
        };
        minting.flat_map(around).collect()
    }

    /// Handlers that neither validate nor mint, though handlers beside them validate: in the same file, where no middleware does for
    /// all.
    fn unguarded(&self, guarded: &FxHashSet<Caller>, minting: &FxHashSet<Caller>) -> Vec<PathEntry> {
        // What browsers ask ahead they ask without credentials.
        let is_preflight = |entry: &&PathEntry| entry.routes.method.as_deref() == Some("OPTIONS");
        let is_handler =
            |entry: &&PathEntry| matches!(entry.surface, Surface::Http | Surface::Websocket) && !is_preflight(entry);
        if self.is_guarded_around(guarded) {
            return Vec::new();
        }
        let guarded_files: FxHashSet<_> = self
            .entries
            .values()
            .flatten()
            .filter(is_handler)
            .filter(|entry| guarded.contains(&entry.caller))
            .map(|entry| entry.caller.0)
            .collect();
        let shielded = self.shielded_routes(guarded);
        let open = self.entries.values().flatten().filter(is_handler).filter(|entry| {
            entry.routes.is_mounted
                && !minting.contains(&entry.caller)
                && !guarded.contains(&entry.caller)
                && guarded_files.contains(&entry.caller.0)
                && (entry.routes.routes.is_empty()
                    || !entry
                        .routes
                        .routes
                        .iter()
                        .all(|route| shielded.contains(route.as_str())))
                && !self.says_that_it_is_guarded(entry.caller)
        });
        open.cloned().collect()
    }

    /// The routes of classes of handlers of which a guarded method is called before each of the others.
    fn shielded_routes(&self, guarded: &FxHashSet<Caller>) -> FxHashSet<&str> {
        let program = self.program;
        let words = program.catalog().words();
        let is_before = |(file, function): Caller| {
            let facts = &program[file].facts;
            let function = function.map(|function| &facts[function]);
            let name = function
                .filter(|function| function.class.is_some())
                .and_then(|function| function.name);
            name.is_some_and(|name| words.runs_before_handlers(facts.text(name)))
        };
        let entries = self.entries.values().flatten();
        let before = entries.filter(|entry| guarded.contains(&entry.caller) && is_before(entry.caller));
        before
            .flat_map(|entry| entry.routes.routes.iter().map(String::as_str))
            .collect()
    }

    /// Whether a handler has a decorator or a dependency that says that it authenticates, though nothing is known of how.
    fn says_that_it_is_guarded(&self, caller: Caller) -> bool {
        let (file, Some(function)) = caller else { return false };
        let program = self.program;
        let words = program.catalog().words();
        let facts = &program[file].facts;
        let says_so = |expr: ExprId| {
            let named = match facts[expr].kind {
                ExprKind::Call(call) => facts[call].callee,
                _ => expr,
            };
            last_name(facts, named).is_some_and(|name| words.is_gate(facts.text(name)))
        };
        let declared = facts.parameters(&facts[function]).iter();
        let declared = declared
            .flat_map(|parameter| [parameter.default, parameter.annotation])
            .flatten();
        let handed = declared.flat_map(|declared| {
            let span = facts[declared].span;
            let within = facts
                .calls
                .iter()
                .filter(move |call| span.contains(facts[call.expr].span));
            within
                .flat_map(|call| facts.arguments(call))
                .map(|argument| argument.value)
        });
        let mut named = facts.list(facts[function].decorators).iter().copied().chain(handed);
        named.any(says_so) || self.is_filled_by_gate(caller, 0) || program.lists_own_guards((file, function))
    }

    /// Whether a framework fills in what a function gives that says that it authenticates.
    fn is_filled_by_gate(&self, caller: Caller, step: u32) -> bool {
        let words = self.program.catalog().words();
        let mut filling = self.injected.get(&caller).into_iter().flatten();
        filling.any(|(_, dependency)| {
            let dependency = (dependency.0, Some(dependency.1));
            let symbol = self.program.symbol_of_caller(dependency);
            let mut names = symbol.rsplit('.').take(2);
            names.any(|name| words.is_gate(name)) || step < MOST_CALLS && self.is_filled_by_gate(dependency, step + 1)
        })
    }
}

/// Whether code outside its class calls a method itself that a framework would call in a middleware: then it is none.
fn is_called_itself(program: &Program<'_>, (file, function): FunctionRef) -> bool {
    let facts = &program[file].facts;
    let own = &facts[function];
    let Some(class) = own.class else { return false };
    let name = own.name.map(|name| facts.text(name));
    let mut calls = program.calls_into((file, function));
    calls.any(|edge| {
        let (from, calling) = edge.caller;
        let facts = &program[from].facts;
        let calling = calling.map(|calling| &facts[calling]);
        let is_beside = calling.is_some_and(|calling| from == file && calling.class == Some(class));
        let is_same = calling.and_then(|calling| calling.name).map(|name| facts.text(name)) == name;
        edge.by == By::Call
            && edge.confidence > Confidence::Possible
            && !is_beside
            && !is_same
            && program.code_scope(from, program.scope_of_caller(edge.caller)) != CodeScope::Test
    })
}

/// Whether the user at `span` is asked whether it is somebody, or whether it is nobody; nothing where it is not asked for either.
fn asks_for_known(facts: &FileFacts, span: Span) -> Option<bool> {
    facts.exprs.iter().find_map(|expr| match expr.kind {
        ExprKind::Member { object, name } if last_name_span(facts, object) == span => match facts.text(name) {
            "is_authenticated" => Some(true),
            "is_anonymous" => Some(false),
            _ => None,
        },
        _ => None,
    })
}

/// Makes one path of those that a gate of a library alone lies on, from the function that it guards.
fn joined_at_libraries(paths: Vec<AuthPath>) -> Vec<AuthPath> {
    let mut joined: BTreeMap<(String, PathState), AuthPath> = BTreeMap::new();
    let mut others = Vec::new();
    for path in paths {
        let is_guarded = |entry: &PathEntry| entry.caller == path.gate;
        if path.chain.len() > 1 || !path.entries.iter().all(is_guarded) {
            others.push(path);
            continue;
        }
        let known = joined
            .entry((path.call.clone(), path.state))
            .or_insert_with(|| AuthPath {
                gate_of_library: Some(path.call.clone()),
                entries: Vec::new(),
                ..path.clone()
            });
        if path.site < known.site {
            (known.site, known.gate, known.chain) = (path.site, path.gate, path.chain);
        }
        known.surface = [known.surface, path.surface].into_iter().flatten().min();
        known.entries.extend(path.entries);
    }
    others.extend(joined.into_values());
    others
}

fn unchecked_note(scheme: &str) -> String {
    format!("`{scheme}` only sees to it that a credential is shown: nothing checks it")
}

/// Whether a comprehension leaves out what a call is true of: what callers must not pass on, such as their own credentials, is told from
/// the rest, and nobody is let in by that.
fn leaves_out(facts: &FileFacts, call: CallId) -> bool {
    let call = &facts[call];
    let is_condition = |condition: ExprId| {
        let mut within = expressions_within(facts, facts[condition].span);
        within.any(|expr| facts[expr].kind == ExprKind::Not(call.expr))
    };
    facts[call.scope].kind == ScopeKind::Comprehension
        && facts.blocks.iter().any(|block| match block.kind {
            BlockKind::Branch { condition, .. } => is_condition(condition),
            _ => false,
        })
}

fn is_among(functions: &[FunctionRef], (file, function): Caller) -> bool {
    function.is_some_and(|function| functions.contains(&(file, function)))
}

/// What there is to say of a path beside its parts.
fn note(is_forgotten: bool, site: &ValidationSite) -> &'static str {
    if is_forgotten {
        "declared as a dependency of a function that is only called directly, where it cannot act"
    } else {
        site.note
    }
}

/// The position of the parameter of `function` that `expr` names.
fn parameter_position(facts: &FileFacts, expr: ExprId, function: FunctionId) -> Option<u32> {
    match facts[expr].kind {
        ExprKind::Name { name, scope } => parameter_named(facts, name, scope, function),
        _ => None,
    }
}

fn parameter_named(facts: &FileFacts, name: Name, scope: ScopeId, function: FunctionId) -> Option<u32> {
    let bindings = lookup(facts, scope, name)?.iter();
    let mut positions = bindings.filter_map(|binding| match binding.kind {
        BindingKind::Parameter(position) if binding.scope == facts[function].scope => Some(position),
        _ => None,
    });
    positions.next()
}
