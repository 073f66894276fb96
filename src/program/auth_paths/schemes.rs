//! Security schemes that a framework is told of and whose credential nothing checks: a bearer scheme only sees to it that something is
//! shown.

use crate::catalog::Role;
use crate::facts::{BindingKind, BlockKind, ExprId, ExprKind, FileFacts, FunctionId, Language};
use crate::finding::{CodeScope, Site};
use crate::program::auth_paths::guards::LibraryGuard;
use crate::program::calls::{By, Caller};
use crate::program::names::{FunctionRef, first_name, last_name_span};
use crate::program::{LibrarySite, Program, ProgramFile, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// A function that gets a credential by a security scheme.
#[derive(Clone, Debug)]
pub(in crate::program) struct SchemeUse {
    /// Where the scheme is declared as a dependency.
    pub(in crate::program) site: Site,
    /// The file of the function, which may name the scheme by what another one declares.
    pub(in crate::program) file: FileId,
    pub(in crate::program) function: FunctionId,
    /// The parameter that holds the credential.
    pub(in crate::program) position: u32,
    /// The scheme, as it is written; where it validates the credential itself, its path.
    pub(in crate::program) scheme: String,
    /// What it does: it gives the credential, or it validates it.
    pub(in crate::program) role: Role,
}

impl SchemeUse {
    /// The same as the guard of the function.
    pub(in crate::program) fn guard(&self) -> LibraryGuard {
        LibraryGuard {
            site: self.site,
            function: (self.file, self.function),
            gate: self.scheme.clone(),
        }
    }
}

/// A `Depends(scheme)`.
#[derive(Clone, Debug)]
pub(in crate::program) struct InjectedScheme {
    at: Site,
    /// Where the scheme is named.
    pub(in crate::program) site: Site,
    pub(in crate::program) scheme: String,
    pub(in crate::program) role: Role,
}

/// What a dependency of a library does that needs no function of the program.
const SCHEMES: [Role; 2] = [Role::MakesSecurityScheme, Role::GuardsHandlers];

impl Program<'_> {
    /// The schemes whose credential no function looks at that gets it, outside tests, in the order of files.
    pub(in crate::program) fn unchecked_schemes(&self) -> Vec<SchemeUse> {
        let uses = self.scheme_uses().iter();
        let uses = uses.filter(|scheme| scheme.role == Role::MakesSecurityScheme);
        let unchecked = uses.filter(|scheme| self.is_only_asked_for((scheme.file, scheme.function), scheme.position));
        unchecked.cloned().collect()
    }

    /// The functions that get a credential by a security scheme, outside tests, in the order of files.
    pub(in crate::program) fn scheme_uses(&self) -> &[SchemeUse] {
        self.scheme_uses.get_or_init(|| self.find_scheme_uses())
    }

    fn find_scheme_uses(&self) -> Vec<SchemeUse> {
        let role = |site: &LibrarySite| self.entry(site).and_then(|entry| entry.role);
        let sites = self.sites.get().into_iter().flat_map(|sites| sites.all());
        // Most programs have none.
        if !sites
            .into_iter()
            .any(|site| role(site).is_some_and(|role| SCHEMES.contains(&role)))
        {
            return Vec::new();
        }
        let injected = self.for_each_file(|file, _| self.schemes_in(file));
        if injected.is_empty() {
            return Vec::new();
        }
        self.for_each_file(|file, data| {
            if data.language != Language::Python || data.scope == CodeScope::Test {
                return Vec::new();
            }
            self.uses_in(file, data, &injected)
        })
    }

    fn uses_in(&self, file: FileId, data: &ProgramFile, injected: &[InjectedScheme]) -> Vec<SchemeUse> {
        let facts = &data.facts;
        let is_in = |place: Site| {
            let mut within = injected.iter();
            within.find(|scheme| scheme.at.file == place.file && place.span.contains(scheme.at.span))
        };
        // `user: Token`, where that is `Annotated[str, Depends(scheme)]`
        let is_alias = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
        let scheme_of = |declared: ExprId| {
            let span = facts[declared].span;
            is_in(Site { file, span }).or_else(|| {
                let elsewhere = self.written_values(file, declared).into_iter();
                let mut elsewhere = elsewhere.filter(|_| is_alias(declared));
                elsewhere.find_map(|(file, written)| {
                    let span = self[file].facts[written].span;
                    is_in(Site { file, span })
                })
            })
        };
        let mut found = Vec::new();
        for (id, function) in facts.numbered_functions() {
            for (position, parameter) in (0..).zip(facts.parameters(function)) {
                let mut declared = parameter.default.into_iter().chain(parameter.annotation);
                found.extend(declared.find_map(scheme_of).map(|scheme| SchemeUse {
                    site: scheme.site,
                    file,
                    function: id,
                    position,
                    scheme: scheme.scheme.clone(),
                    role: scheme.role,
                }));
            }
        }
        found
    }

    /// The security schemes that a file injects.
    fn schemes_in(&self, file: FileId) -> Vec<InjectedScheme> {
        let schemes = self.sites_in(file).iter().filter_map(|site| {
            let site = self.site_with(file, site.expr, Role::InjectsDependency)?;
            self.scheme_injected_by(file, site.expr)
        });
        schemes.collect()
    }

    /// The security scheme that a dependency names.
    pub(in crate::program) fn scheme_injected_by(&self, file: FileId, injecting: ExprId) -> Option<InjectedScheme> {
        let facts = &self[file].facts;
        let ExprKind::Call(call) = facts[injecting].kind else {
            return None;
        };
        let dependency = facts.arguments(&facts[call]).first()?.value;
        let made = self.written_values(file, dependency);
        let (role, scheme) = SCHEMES.iter().find_map(|role| {
            let site = made.iter().find_map(|(at, made)| self.site_with(*at, *made, *role))?;
            let path = self.catalog.path(site.node).to_owned();
            Some((*role, path))
        })?;
        Some(InjectedScheme {
            at: Site {
                file,
                span: facts[injecting].span,
            },
            site: Site {
                file,
                span: last_name_span(facts, dependency),
            },
            scheme: match role {
                Role::GuardsHandlers => scheme,
                _ => self.written(file, dependency),
            },
            role,
        })
    }

    fn site_with(&self, file: FileId, expr: ExprId, role: Role) -> Option<&LibrarySite> {
        let site = self.site_at(file, expr)?;
        let entry = self.entry(site).filter(|_| site.call.is_some());
        entry.is_some_and(|entry| entry.role == Some(role)).then_some(site)
    }

    /// Whether all that is done with what a parameter holds is to ask whether it is there, and to hand it back.
    fn is_only_asked_for(&self, (file, function): FunctionRef, position: u32) -> bool {
        let facts = &self[file].facts;
        let asking = asking(facts);
        let own = facts.returns_of(function).iter();
        let returned: Vec<ExprId> = own.filter_map(|returned| returned.value).collect();
        uses(facts, function, position).all(|expr| {
            let hands_back = || returned.iter().any(|value| is_member_of(facts, *value, expr));
            asking.contains(&expr) || hands_back()
        })
    }

    /// Whether a function that gets what another one gives, filled in by a framework, only asks for it, too.
    pub(in crate::program) fn only_asks(&self, caller: Caller, callee: Caller) -> bool {
        let (Some(function), (at, Some(asked))) = (caller.1, callee) else {
            return false;
        };
        let facts = &self[caller.0].facts;
        let mut edges = self.calls_into((at, asked)).filter(|edge| edge.caller == caller);
        edges.all(|edge| {
            let mut parameters = (0..).zip(facts.parameters(&facts[function]));
            let filled = parameters.find(|(_, parameter)| parameter.span == edge.site.span);
            edge.by == By::Injected
                && filled.is_none_or(|(position, _)| self.is_only_asked_for((caller.0, function), position))
        })
    }
}

/// The uses of a parameter, in its function and in those inside.
fn uses(facts: &FileFacts, function: FunctionId, position: u32) -> impl Iterator<Item = ExprId> {
    let inside = expressions_within(facts, facts[function].extent);
    inside.filter_map(move |expr| {
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            return None;
        };
        let mut bindings = crate::program::bindings::lookup(facts, scope, name)?.iter();
        let is_it = bindings
            .any(|binding| binding.kind == BindingKind::Parameter(position) && binding.scope == facts[function].scope);
        is_it.then_some(expr)
    })
}

/// The expressions of which code only asks whether they are something.
fn asking(facts: &FileFacts) -> FxHashSet<ExprId> {
    let conditions = facts.blocks.iter().filter_map(|block| match block.kind {
        BlockKind::Branch { condition, .. } => Some(condition),
        _ => None,
    });
    let is_nothing = |expr: ExprId| facts[expr].kind == ExprKind::Nothing;
    let compared = facts.exprs.iter().filter_map(|expr| match expr.kind {
        ExprKind::Not(inner) => Some(inner),
        ExprKind::Compare { left, right, .. } if is_nothing(right) => Some(left),
        _ => None,
    });
    conditions.chain(compared).collect()
}

/// Whether a value is what a name holds, or a member of it: `credentials.credentials`.
fn is_member_of(facts: &FileFacts, value: ExprId, name: ExprId) -> bool {
    let is_chain = matches!(facts[value].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
    is_chain && facts[value].span.contains(facts[name].span) && first_name(facts, value).is_some()
}
