//! Which routers Rust mounts on which: each is put together by a chain of calls, and goes by the call that the chain begins with.

use crate::catalog::Role;
use crate::facts::{CallId, ExprId, ExprKind, Language};
use crate::program::edges::{Mount, Prefix, Router};
use crate::program::names::Origin;
use crate::program::{LibrarySite, Program};
use crate::source::FileId;

/// Names and functions are followed so far to where a chain begins.
const MOST_STEPS: u32 = 12;

/// What is put on routers.
#[derive(Debug, Default)]
pub(in crate::program) struct Mounted {
    /// The calls that take handlers, and the routers that these get to.
    pub(in crate::program) registering: Vec<((FileId, CallId), Router)>,
    /// Routers on routers.
    pub(in crate::program) mounts: Vec<Mount>,
}

/// Everything that Rust files put on routers.
pub(in crate::program) fn mounted(program: &Program<'_>) -> Mounted {
    let mut mounted = Mounted::default();
    for site in program.sites_of(Role::MountsRouter) {
        if program[site.file].language == Language::Rust {
            mounted.add(program, site);
        }
    }
    mounted
}

impl Mounted {
    /// `outer.nest("/berths", inner)`, `outer.merge(inner)`, `outer.route("/berths", get(list).post(book))`
    fn add(&mut self, program: &Program<'_>, site: &LibrarySite) {
        let file = site.file;
        let facts = &program[file].facts;
        let (ExprKind::Member { object, .. }, Some(put)) = (facts[site.callee].kind, program.argument(site, "router"))
        else {
            return;
        };
        let begin = |expr: ExprId| {
            let mut found = Vec::new();
            beginnings(program, file, expr, 0, &mut found);
            found
        };
        let (outers, inners) = (begin(object), begin(put));
        let prefix = program.argument(site, "prefix").map(|text| Prefix {
            file,
            text,
            replaces: false,
        });
        for inner in &inners {
            let others = outers.iter().filter(|outer| *outer != inner).copied().map(Some);
            let mount = |outer: Option<Router>| Mount {
                inner: *inner,
                outer,
                prefix,
            };
            self.mounts.extend(others.map(mount));
            if outers.is_empty() {
                self.mounts.push(mount(None));
            }
        }
        if inners.is_empty() {
            let place = facts[put].span;
            let inside = program.sites_in(file).iter();
            let inside = inside.filter(|handler| place.contains(facts[handler.expr].span));
            for call in inside.filter_map(|handler| handler.call) {
                self.registering
                    .extend(outers.iter().map(|outer| ((file, call), *outer)));
            }
        }
    }
}

/// The calls that the chains of calls begin with which `expr` can be, where these make routers.
fn beginnings(program: &Program<'_>, file: FileId, expr: ExprId, step: u32, out: &mut Vec<Router>) {
    if step > MOST_STEPS {
        return;
    }
    let facts = &program[file].facts;
    match facts[expr].kind {
        ExprKind::Through(inner) => beginnings(program, file, inner, step + 1, out),
        ExprKind::Choice { options, how } => {
            for option in facts.options(options, how) {
                beginnings(program, file, *option, step + 1, out);
            }
        }
        ExprKind::Name { .. } | ExprKind::Member { .. } => {
            for value in program.values(file, expr) {
                if let Origin::Written(at, written) = value.origin
                    && (at, written) != (file, expr)
                {
                    beginnings(program, at, written, step + 1, out);
                }
            }
        }
        ExprKind::Call(call) => {
            let role = program.site_at(file, expr).and_then(|site| program.entry(site)?.role);
            let router = Router::Made(file, expr);
            if role == Some(Role::MakesRouter) {
                if !out.contains(&router) {
                    out.push(router);
                }
                return;
            }
            let callee = facts[call].callee;
            let mut is_own = false;
            for value in program.values(file, callee) {
                if let Origin::Function((at, function)) = value.origin {
                    is_own = true;
                    let returns = program[at].facts.returns.iter();
                    let given = returns.filter(|returned| returned.function == function);
                    for value in given.filter_map(|returned| returned.value) {
                        beginnings(program, at, value, step + 1, out);
                    }
                }
            }
            if let (ExprKind::Member { object, .. }, false) = (facts[callee].kind, is_own) {
                beginnings(program, file, object, step, out);
            }
        }
        _ => {}
    }
}
