//! Which routers Rust mounts on which: each is put together by a chain of calls, and goes by the call that the chain begins with.

use super::entries::declaring_attribute;
use crate::catalog::Role;
use crate::facts::{CallId, ExprId, ExprKind, Language};
use crate::program::edges::{Making, Mount, Prefix, Router};
use crate::program::names::{FunctionRef, Origin};
use crate::program::{LibrarySite, Program, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// Names and functions are followed so far to where a chain begins.
const MOST_STEPS: u32 = 12;

/// What is put on routers.
#[derive(Debug, Default)]
pub(in crate::program) struct Mounted {
    /// The calls that take handlers, and the routers that these get to.
    pub(in crate::program) registering: Vec<((FileId, CallId), Router)>,
    /// The routers whose routes begin with something of their own.
    pub(in crate::program) making: Vec<Making>,
    /// Routers on routers.
    pub(in crate::program) mounts: Vec<Mount>,
}

/// Everything that Rust files put on routers.
pub(in crate::program) fn mounted(program: &Program<'_>) -> Mounted {
    let of_rust = |role: Role| {
        let sites = program.sites_of(role);
        sites.filter(|site| program[site.file].language == Language::Rust)
    };
    let chains = Chains {
        program,
        configured: configured(program, of_rust(Role::MountsRouter)),
    };
    let mut mounted = Mounted::default();
    for site in of_rust(Role::MakesRouter) {
        mounted.making.push(Making {
            router: Router::Made(site.file, site.expr),
            is_application: true,
            prefix: prefix(program, site),
        });
    }
    for site in of_rust(Role::MountsRouter) {
        mounted.add(&chains, site);
    }
    for site in of_rust(Role::HandlesRequest) {
        mounted.add_handled(&chains, site);
    }
    mounted
}

fn prefix(program: &Program<'_>, site: &LibrarySite) -> Option<Prefix> {
    program.argument(site, "prefix").map(|text| Prefix {
        file: site.file,
        text,
        replaces: false,
    })
}

/// The functions that are handed a router to put things on, and the routers: `app.configure(routes)`.
fn configured<'s>(
    program: &Program<'_>,
    mounting: impl Iterator<Item = &'s LibrarySite>,
) -> FxHashMap<FunctionRef, Vec<(FileId, ExprId)>> {
    let mut configured: FxHashMap<FunctionRef, Vec<(FileId, ExprId)>> = FxHashMap::default();
    for site in mounting {
        let ExprKind::Member { object, .. } = program[site.file].facts[site.callee].kind else {
            continue;
        };
        let put = program.argument(site, "router");
        for value in put.into_iter().flat_map(|put| program.values(site.file, put)) {
            if let Origin::Function(function) = value.origin {
                configured.entry(function).or_default().push((site.file, object));
            }
        }
    }
    configured
}

impl Mounted {
    /// `outer.nest("/berths", inner)`, `outer.merge(inner)`, `outer.route("/berths", get(list).post(book))`, `outer.service(list)`
    fn add(&mut self, chains: &Chains<'_, '_>, site: &LibrarySite) {
        let program = chains.program;
        let file = site.file;
        let facts = &program[file].facts;
        let (ExprKind::Member { object, .. }, Some(put)) = (facts[site.callee].kind, program.argument(site, "router"))
        else {
            return;
        };
        let outers = chains.of(file, object).routers;
        let put = chains.of(file, put);
        let prefix = prefix(program, site);
        for inner in &put.routers {
            self.mount(*inner, &outers, prefix);
        }
        for (at, other) in put.others {
            let facts = &program[at].facts;
            let place = facts[other].span;
            let inside = program.sites_in(at).iter();
            let inside = inside.filter(|handler| place.contains(facts[handler.expr].span));
            for call in inside.filter_map(|handler| handler.call) {
                self.registering.extend(outers.iter().map(|outer| ((at, call), *outer)));
            }
            // What says its route itself is put there as one of a group.
            let declared = chains.declared_within(at, other);
            if !declared.is_empty() {
                let group = Router::Made(at, other);
                self.registering.extend(declared.into_iter().map(|call| (call, group)));
                self.mount(group, &outers, prefix);
            }
        }
    }

    fn mount(&mut self, inner: Router, outers: &[Router], prefix: Option<Prefix>) {
        let others = outers.iter().filter(|outer| **outer != inner).copied().map(Some);
        let mount = |outer: Option<Router>| Mount { inner, outer, prefix };
        self.mounts.extend(others.map(mount));
        if outers.is_empty() {
            self.mounts.push(mount(None));
        }
    }

    /// `resource("/berths").to(list)`
    fn add_handled(&mut self, chains: &Chains<'_, '_>, site: &LibrarySite) {
        let facts = &chains.program[site.file].facts;
        let (ExprKind::Member { object, .. }, Some(call)) = (facts[site.callee].kind, site.call) else {
            return;
        };
        let routers = chains.of(site.file, object).routers.into_iter();
        self.registering
            .extend(routers.map(|router| ((site.file, call), router)));
    }
}

/// What chains of calls begin with.
struct Chains<'p, 'a> {
    program: &'p Program<'a>,
    configured: FxHashMap<FunctionRef, Vec<(FileId, ExprId)>>,
}

/// What an expression can be.
#[derive(Debug, Default)]
struct Beginnings {
    /// The calls that make routers.
    routers: Vec<Router>,
    /// Anything else: handlers, lists of them.
    others: Vec<(FileId, ExprId)>,
}

impl Beginnings {
    fn add_router(&mut self, router: Router) {
        if !self.routers.contains(&router) {
            self.routers.push(router);
        }
    }

    fn add_other(&mut self, other: (FileId, ExprId)) {
        if !self.others.contains(&other) {
            self.others.push(other);
        }
    }
}

impl Chains<'_, '_> {
    /// What the chains of calls begin with which `expr` can be.
    fn of(&self, file: FileId, expr: ExprId) -> Beginnings {
        let mut found = Beginnings::default();
        self.add(file, expr, 0, &mut found);
        found
    }

    fn add(&self, file: FileId, expr: ExprId, step: u32, out: &mut Beginnings) {
        if step > MOST_STEPS {
            return;
        }
        let facts = &self.program[file].facts;
        match facts[expr].kind {
            ExprKind::Through(inner) => self.add(file, inner, step + 1, out),
            ExprKind::Choice { options, how } => {
                for option in facts.options(options, how) {
                    self.add(file, *option, step + 1, out);
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                for value in self.program.values(file, expr) {
                    match value.origin {
                        Origin::Written(at, written) if (at, written) != (file, expr) => {
                            self.add(at, written, step + 1, out);
                        }
                        Origin::Parameter(function, 0) => {
                            for (at, handed) in self.configured.get(&function).into_iter().flatten() {
                                self.add(*at, *handed, step + 1, out);
                            }
                        }
                        Origin::Function(_) => out.add_other((file, expr)),
                        _ => {}
                    }
                }
            }
            ExprKind::Call(call) => self.add_call(file, expr, call, step, out),
            _ => out.add_other((file, expr)),
        }
    }

    fn add_call(&self, file: FileId, expr: ExprId, call: CallId, step: u32, out: &mut Beginnings) {
        let program = self.program;
        let facts = &program[file].facts;
        let role = program.site_at(file, expr).and_then(|site| program.entry(site)?.role);
        if role == Some(Role::MakesRouter) {
            out.add_router(Router::Made(file, expr));
            return;
        }
        let callee = facts[call].callee;
        let mut is_own = false;
        for value in program.values(file, callee) {
            if let Origin::Function((at, function)) = value.origin {
                is_own = true;
                let given = program[at].facts.returns_of(function).iter();
                for value in given.filter_map(|returned| returned.value) {
                    self.add(at, value, step + 1, out);
                }
            }
        }
        if is_own {
            return;
        }
        let mut chain = Beginnings::default();
        if let ExprKind::Member { object, .. } = facts[callee].kind {
            self.add(file, object, step, &mut chain);
        }
        if chain.routers.is_empty() {
            out.add_other((file, expr));
        }
        for router in chain.routers {
            out.add_router(router);
        }
    }

    /// The attributes that register the handlers which are named in an expression: `routes![list, book]`.
    fn declared_within(&self, file: FileId, expr: ExprId) -> Vec<(FileId, CallId)> {
        let program = self.program;
        let facts = &program[file].facts;
        let named = expressions_within(facts, facts[expr].span)
            .filter(|inner| matches!(facts[*inner].kind, ExprKind::Name { .. } | ExprKind::Member { .. }));
        let mut found: Vec<(FileId, CallId)> = Vec::new();
        for value in named.flat_map(|inner| program.values(file, inner)) {
            if let Origin::Function(function) = value.origin {
                found.extend(declaring_attribute(program, function).map(|call| (function.0, call)));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
