//! Where a token or a key that a caller shows is compared with the one that is expected, in constant time: that lets somebody in
//! without decoding anything.

use super::TokenSite;
use crate::catalog::Role;
use crate::facts::{BindingKind, BlockKind, ExprId, ExprKind, FileFacts, Language, Name, ScopeId};
use crate::program::auth_paths::credentials::Carriers;
use crate::program::{LibrarySite, Outcome, Program, expressions_within};
use crate::source::FileId;

/// What names are bound to is followed this deep.
const DEEPEST: u32 = 2;

/// A credential that a caller shows and that is no token which is decoded.
#[derive(Clone, Debug)]
pub(in crate::program) struct ShownCredential {
    /// Where it is dealt with.
    pub(in crate::program) site: TokenSite,
    /// What brings it into the function around.
    pub(in crate::program) carriers: Carriers,
    /// How it is shown.
    pub(in crate::program) how: Shown,
}

/// How a caller shows a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::program) enum Shown {
    /// Itself: it is compared or looked up.
    Itself,
    /// As what an identity provider sent the caller back with.
    AsLogin,
    /// In a session that says who is calling.
    InSession,
}

impl Program<'_> {
    /// Where credentials that callers show are compared with what is expected, or looked up, with what brings them into the functions
    /// around.
    pub(in crate::program) fn shown_credentials(&self) -> &[ShownCredential] {
        self.shown_credentials.get_or_init(|| {
            let mut shown = self.compared_credentials();
            shown.extend(self.looked_up_credentials());
            shown.extend(self.read_sessions());
            shown
        })
    }

    /// The comparisons of tokens and keys, with what brings them into the functions around them.
    fn compared_credentials(&self) -> Vec<ShownCredential> {
        self.for_each_file(|file, data| match data.language {
            Language::Config => Vec::new(),
            _ => {
                let compares = |site: &&LibrarySite| {
                    self.entry(site)
                        .is_some_and(|entry| entry.role == Some(Role::ComparesDigest))
                };
                let sites = self.sites_in(file).iter().filter(compares);
                sites.filter_map(|site| self.compared_credential(site)).collect()
            }
        })
    }

    fn compared_credential(&self, site: &LibrarySite) -> Option<ShownCredential> {
        let facts = &self[site.file].facts;
        let call = &facts[site.call?];
        let [one, other] = match (facts.arguments(call), facts[call.callee].kind) {
            ([one, other], _) => [one.value, other.value],
            ([other], ExprKind::Member { object, .. }) => [object, other.value],
            _ => return None,
        };
        let words = self.catalog().words();
        let function = facts.function_around(site.scope)?;
        let name = facts[function].name.map(|name| facts.text(name));
        let says = |depth: u32, is_it: &dyn Fn(&str) -> bool| {
            let around = name.into_iter();
            let names = around.chain(self.names_behind(site.file, one, depth));
            let mut names = names.chain(self.names_behind(site.file, other, depth));
            names.any(is_it)
        };
        let is_credential = says(0, &|name| words.is_compared_credential(name));
        if !is_credential || says(DEEPEST, &|name| words.is_compared_otherwise(name)) || self.goes_elsewhere(site) {
            return None;
        }
        let (one, other) = (self.carriers(site.file, one), self.carriers(site.file, other));
        // What came along is held against itself: that proves nothing of who brought it.
        if one == other {
            return None;
        }
        let found = TokenSite {
            primary: self.primary(site),
            scope: site.scope,
            call: self.written(site.file, site.callee),
            confidence: site.confidence,
            hand_rolled: true,
            unbound: false,
            token: None,
        };
        Some(ShownCredential {
            site: found,
            carriers: one.with(other),
            how: Shown::Itself,
        })
    }

    /// Whether code that asks whether both are the same has another way where they are not.
    fn goes_elsewhere(&self, site: &LibrarySite) -> bool {
        let facts = &self[site.file].facts;
        let is_negated = |condition: ExprId| match facts[condition].kind {
            ExprKind::Not(inner) => inner == site.expr,
            _ => false,
        };
        let blocks = facts.numbered_blocks();
        let mut differing = blocks.filter_map(|(id, block)| match block.kind {
            BlockKind::Branch { condition, holds } if condition == site.expr || is_negated(condition) => {
                (holds == is_negated(condition)).then_some(id)
            }
            _ => None,
        });
        differing.any(|block| {
            let outcomes = self.outcomes(site.file, block);
            outcomes.iter().any(|outcome| matches!(outcome, Outcome::Gives(_)))
        })
    }

    /// The names and keys in an expression, and in what the locals in it are made of.
    fn names_behind(&self, file: FileId, expr: ExprId, depth: u32) -> Vec<&str> {
        let facts = &self[file].facts;
        let mut names = Vec::new();
        for inside in expressions_within(facts, facts[expr].span) {
            match facts[inside].kind {
                ExprKind::Name { name, scope } => {
                    names.push(facts.text(name));
                    if depth < DEEPEST {
                        for made in made_of(facts, name, scope) {
                            names.extend(self.names_behind(file, made, depth + 1));
                        }
                    }
                }
                ExprKind::Member { name, .. } | ExprKind::Text(name) => names.push(facts.text(name)),
                _ => {}
            }
        }
        names
    }
}

fn made_of(facts: &FileFacts, name: Name, scope: ScopeId) -> impl Iterator<Item = ExprId> {
    let bindings = crate::program::bindings::lookup(facts, scope, name)
        .unwrap_or(&[])
        .iter();
    bindings.filter_map(|binding| match binding.kind {
        BindingKind::Value(value) | BindingKind::Unpacked { value, .. } | BindingKind::Changed(value) => Some(value),
        _ => None,
    })
}
