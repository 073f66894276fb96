//! Whose work a future stands for: that of the event loop whose thread would wait for it, or of another thread.

use super::names::last_name;
use super::{LibrarySite, Program};
use crate::catalog::Role;
use crate::facts::{BindingKind, ExprId, ExprKind, FileFacts, FunctionId, ScopeId, ScopeKind};
use crate::finding::Confidence;
use crate::source::FileId;

/// A future stands for work of the loop of the thread that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnLoop {
    /// Whether the waiting function itself asked for the loop, which says that it runs.
    pub asks: bool,
    /// How that is known.
    pub confidence: Confidence,
}

impl Program<'_> {
    /// The loop that the waiting thread itself runs, where `future`, for which `site` waits, stands for work of it.
    #[must_use]
    pub fn own_loop_behind(&self, site: &LibrarySite, future: ExprId) -> Option<OwnLoop> {
        self.origins(site.file, future).into_iter().find_map(|origin| {
            let scheduled = self.site_at(origin.file, origin.expr)?;
            if self.entry(scheduled)?.role != Some(Role::SchedulesThreadsafe) {
                return None;
            }
            let target = self.argument(scheduled, "loop")?;
            let own = self.own_loop(scheduled, target)?;
            // The loop was asked for in another function: there it ran, here perhaps not in this thread.
            let is_here = scheduled.file == site.file && self.innermost(scheduled) == self.innermost(site);
            Some(OwnLoop {
                asks: own.asks && is_here,
                confidence: own.confidence.min(origin.confidence),
            })
        })
    }

    /// Whether by what stands in its own file `site` waits for the own loop, or callers say so.
    pub(super) fn may_wait_for_own_loop(&self, site: &LibrarySite) -> bool {
        let facts = &self[site.file].facts;
        let ExprKind::Member { object: future, .. } = facts[site.callee].kind else {
            return false;
        };
        let scheduled = self.sites_in(site.file).iter().filter(|scheduled| {
            let role = self.entry(scheduled).and_then(|entry| entry.role);
            role == Some(Role::SchedulesThreadsafe) && self.innermost(scheduled) == self.innermost(site)
        });
        let mut targets = scheduled.filter_map(|scheduled| self.argument(scheduled, "loop"));
        is_parameter(facts, future)
            || targets.any(|target| is_parameter(facts, target))
            || self.own_loop_behind(site, future).is_some()
    }

    /// Where every known origin of a loop is the one that runs in the asking thread: whether it is asked for on the spot.
    fn own_loop(&self, scheduled: &LibrarySite, target: ExprId) -> Option<OwnLoop> {
        if self.runs_in_a_thread_of_its_own(scheduled.file, target) {
            return None;
        }
        let mut found: Option<OwnLoop> = None;
        for origin in self.origins(scheduled.file, target) {
            let site = self.site_at(origin.file, origin.expr);
            let role = site.and_then(|site| self.entry(site)).and_then(|entry| entry.role);
            let confidence = origin.confidence;
            match (role, site) {
                (Some(Role::AsksRunningLoop), Some(site)) => {
                    let is_here = site.file == scheduled.file && self.innermost(site) == self.innermost(scheduled);
                    let asks = is_here && found.is_none_or(|found| found.asks);
                    found = Some(OwnLoop { asks, confidence });
                }
                (Some(Role::GivesEventLoop), _) => {
                    found = Some(OwnLoop {
                        asks: false,
                        confidence,
                    })
                }
                (Some(Role::MakesEventLoop), _) => return None,
                _ => {}
            }
        }
        found
    }

    /// Whether something in the file runs the loop of this name: then a thread of its own does, as far as one can tell.
    fn runs_in_a_thread_of_its_own(&self, file: FileId, target: ExprId) -> bool {
        let facts = &self[file].facts;
        let Some(name) = last_name(facts, target) else {
            return false;
        };
        let runs = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Member { object, .. } if last_name(facts, object) == Some(name));
        self.sites_in(file).iter().any(|site| {
            let role = self.entry(site).and_then(|entry| entry.role);
            match role {
                Some(Role::RunsEventLoop) => runs(site.callee),
                // `Thread(target=self.loop.run_forever)`
                Some(Role::RunsInThread) => self.argument(site, "callable").is_some_and(&runs),
                _ => false,
            }
        })
    }

    /// The innermost function around a site, lambdas included: only its own code runs on its loop.
    fn innermost(&self, site: &LibrarySite) -> Option<FunctionId> {
        innermost_function(&self[site.file].facts, site.scope)
    }
}

/// The innermost function around a scope, lambdas included.
fn innermost_function(facts: &FileFacts, scope: ScopeId) -> Option<FunctionId> {
    let mut scopes = std::iter::successors(Some(scope), |scope| facts[*scope].parent);
    scopes.find_map(|scope| match facts[scope].kind {
        ScopeKind::Function(function) => Some(Some(function)),
        ScopeKind::Module | ScopeKind::Inline(_) | ScopeKind::Class(_) => Some(None),
        ScopeKind::Comprehension => None,
    })?
}

/// Whether an expression is a parameter by its name alone.
fn is_parameter(facts: &FileFacts, expr: ExprId) -> bool {
    let ExprKind::Name { name, scope } = facts[expr].kind else {
        return false;
    };
    let bindings = super::bindings::lookup(facts, scope, name).unwrap_or(&[]);
    let mut kinds = bindings.iter().map(|binding| binding.kind);
    kinds.any(|kind| matches!(kind, BindingKind::Parameter(_)))
}
