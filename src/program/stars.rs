//! Star imports: `from package import *`, `use module::*`.
//!
//! What a star brings may come through further stars, and stars may go in circles. So the modules that each star names are
//! resolved once, and a name is looked up in breadth, no module twice.

use super::modules::Place;
use super::names::{Origin, Value, Values, declared_exports};
use super::{Program, crates};
use crate::catalog::Node;
use crate::facts::{Language, MODULE_SCOPE, ScopeId};
use crate::source::FileId;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// What the star imports of each module name, the last import first.
#[derive(Debug, Default)]
pub(super) struct Stars {
    targets: FxHashMap<(FileId, ScopeId), Vec<Value>>,
}

/// Generated bindings star hundreds of modules into one another; a name that is not found in this many is left unknown.
const MOST_MODULES: usize = 64;

impl Program<'_> {
    /// Resolves what stars name. A star's own path may lead through other stars, which the second round knows.
    pub(super) fn find_stars(&mut self) {
        for _ in 0..2 {
            let found = self.for_each_file(|file, data| {
                let facts = &data.facts;
                let stars = facts.imports.iter().rev().filter(|import| import.star);
                let targets = stars.map(|import| {
                    let scope = match data.language {
                        Language::Rust => crates::module_scope(facts, import.scope),
                        _ => MODULE_SCOPE,
                    };
                    ((file, scope), self.imported(file, import))
                });
                targets.collect()
            });
            let mut targets: FxHashMap<(FileId, ScopeId), Vec<Value>> = FxHashMap::default();
            for (module, values) in found {
                targets.entry(module).or_default().extend(values);
            }
            self.stars = Stars { targets };
            self.forget();
        }
    }

    /// Whether a file has star imports.
    pub(super) fn has_stars(&self, file: FileId) -> bool {
        self.stars.targets.contains_key(&(file, MODULE_SCOPE))
    }

    /// The modules that may give `name` to the module at `scope` of `file` by a star, the first to ask first.
    pub(super) fn starred_modules(&self, file: FileId, scope: ScopeId, name: &str) -> Vec<Place> {
        let mut waiting: VecDeque<Value> = self
            .stars
            .targets
            .get(&(file, scope))
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let mut seen: Vec<Place> = Vec::new();
        while let Some(target) = waiting.pop_front().filter(|_| seen.len() <= MOST_MODULES) {
            let Origin::Module(place) = target.origin else { continue };
            if seen.contains(&place) || !self.exports(place, name) {
                continue;
            }
            seen.push(place);
            if let Some(stars) = self.names_of(place).and_then(|module| self.stars.targets.get(&module)) {
                waiting.extend(stars);
            }
        }
        seen
    }

    /// The files whose names the star imports of a file bring, directly.
    pub(super) fn starred_files(&self, file: FileId) -> Vec<FileId> {
        let targets = self.stars.targets.get(&(file, MODULE_SCOPE)).into_iter().flatten();
        let files = targets.filter_map(|target| match target.origin {
            Origin::Module(place) => self.modules.init(place),
            _ => None,
        });
        files.collect()
    }

    /// What a star import of a library gives to the module at `scope` of `file` under `name`, as far as the catalog knows.
    pub(super) fn starred_library(&self, file: FileId, scope: ScopeId, name: &str) -> Option<Node> {
        let targets = self.stars.targets.get(&(file, scope))?;
        targets.iter().find_map(|target| match target.origin {
            Origin::Library(node) => self.catalog.child(node, name),
            _ => None,
        })
    }

    /// What the star imports of the module at `scope` of `file` bring under `name`.
    pub(super) fn starred(&self, file: FileId, scope: ScopeId, name: &str) -> Values {
        let Some(direct) = self.stars.targets.get(&(file, scope)) else {
            return Values::default();
        };
        let mut waiting: VecDeque<Value> = direct.iter().copied().collect();
        let mut seen: Vec<Place> = vec![self.module_around(file, scope)];
        while let Some(target) = waiting.pop_front().filter(|_| seen.len() <= MOST_MODULES) {
            let found = match target.origin {
                Origin::Module(place) => {
                    if seen.contains(&place) || !self.exports(place, name) {
                        continue;
                    }
                    seen.push(place);
                    let own = self.own_member(place, name);
                    if own.is_empty()
                        && let Some(stars) = self.names_of(place).and_then(|module| self.stars.targets.get(&module))
                    {
                        waiting.extend(stars);
                    }
                    own
                }
                // `use Mode::*` brings the variants of an enumeration.
                Origin::Library(_) | Origin::Class(_) if !name.starts_with('_') => self.member_of(target, name),
                _ => Values::default(),
            };
            if !found.is_empty() {
                return found;
            }
        }
        Values::default()
    }

    /// Whether a star gives `name` of a module away: Python lists such names in `__all__`, or hides those with an underscore.
    fn exports(&self, place: Place, name: &str) -> bool {
        match self.modules.init(place) {
            Some(file) if self[file].language == Language::Python => {
                declared_exports(&self[file].facts).map_or(!name.starts_with('_'), |exports| exports.contains(&name))
            }
            file => file.is_some(),
        }
    }
}
