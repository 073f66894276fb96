//! What code treats as the way to a secret, and not as the secret: the path of a file that it opens, the name that it looks up.

use super::wrappers;
use crate::catalog::Role;
use crate::facts::{ExprId, ExprKind, FunctionId, Name};
use crate::program::Program;
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// The names and members, by file and function, that lead to what is kept elsewhere.
#[derive(Debug, Default)]
pub struct WaysToSecrets {
    ways: FxHashSet<(FileId, Option<FunctionId>, Name)>,
}

impl Program<'_> {
    /// What is handed to a call that opens a file by it or looks up a setting by it.
    #[must_use]
    pub fn ways_to_secrets(&self) -> WaysToSecrets {
        let looked_up = [
            (Role::OpensFile, "path"),
            (Role::ReadsSetting, "name"),
            (Role::ReadsSecret, "name"),
        ]
        .into_iter()
        .flat_map(|(role, meaning)| {
            let sites = self.sites_of(role);
            sites.filter_map(move |site| Some((site.file, self.argument(site, meaning)?)))
        });
        let through_own = wrappers::naming_parameters(self)
            .into_iter()
            .flat_map(|(function, parameter)| {
                let calls = self.passing_into(function).into_iter();
                calls.filter_map(move |passing| {
                    let argument = self.passed(&passing, function, parameter)?;
                    Some((passing.file, argument.value))
                })
            });
        let ways = looked_up.chain(through_own);
        WaysToSecrets {
            ways: ways.filter_map(|(file, expr)| self.way(file, expr)).collect(),
        }
    }

    /// How a way is told again: a name in its function, a member in the whole file.
    fn way(&self, file: FileId, expr: ExprId) -> Option<(FileId, Option<FunctionId>, Name)> {
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Name { name, scope } => Some((file, facts.function_around(scope), name)),
            ExprKind::Member { name, .. } => Some((file, None, name)),
            ExprKind::Through(inner) => self.way(file, inner),
            _ => None,
        }
    }
}

impl WaysToSecrets {
    /// Whether `expr` is such a way, there or elsewhere in the same code.
    #[must_use]
    pub fn has(&self, program: &Program<'_>, file: FileId, expr: ExprId) -> bool {
        program.way(file, expr).is_some_and(|way| self.ways.contains(&way))
    }
}
