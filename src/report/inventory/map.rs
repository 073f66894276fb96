//! The picture of the auth paths: entries on the left, gates in the middle, sites on the right. Mermaid, DOT and SVG draw it.

use crate::inventory::{EntryRow, Inventory, PathRow, SiteRow};
use std::collections::{BTreeMap, BTreeSet};

/// With more paths than this only the live ones are drawn: the others would hide them.
const MOST_DRAWN: usize = 60;
/// How many entry points a box names.
const NAMED_ENTRIES: usize = 3;

/// What is drawn.
pub(super) struct Map<'i> {
    /// The gates, with what enters by each, in the order they are drawn.
    pub(super) gates: Vec<Gate<'i>>,
    /// The sites, in the order they are drawn.
    pub(super) sites: Vec<&'i SiteRow>,
    /// The arrows from gates to sites, by position.
    pub(super) arrows: Vec<Arrow<'i>>,
    /// How many paths are not drawn.
    pub(super) left_out: usize,
}

/// A gate and what enters by it.
pub(super) struct Gate<'i> {
    /// Its dotted name.
    pub(super) name: &'i str,
    /// What enters by it; empty where nothing does.
    pub(super) entries: Vec<&'i EntryRow>,
    /// `live` if any of its paths is, which it is drawn by.
    pub(super) state: &'i str,
    /// What enters by it.
    pub(super) surface: &'i str,
}

/// A path as an arrow.
pub(super) struct Arrow<'i> {
    /// The position of its gate.
    pub(super) gate: usize,
    /// The position of its site.
    pub(super) site: usize,
    /// The path.
    pub(super) path: &'i PathRow,
}

impl<'i> Map<'i> {
    pub(super) fn of(inventory: &'i Inventory) -> Self {
        let draws_all = inventory.paths.len() <= MOST_DRAWN;
        let drawn: Vec<&PathRow> = inventory
            .paths
            .iter()
            .filter(|path| draws_all || path.state == "live")
            .collect();
        let mut by_gate: BTreeMap<&str, Vec<&PathRow>> = BTreeMap::new();
        for path in &drawn {
            by_gate.entry(path.gate.as_str()).or_default().push(path);
        }
        // Those that go past the owner come first, live ones before others.
        let rank = |paths: &Vec<&PathRow>| {
            let is_live = paths.iter().any(|path| path.state == "live");
            let is_past = paths.iter().any(|path| !path.through_owner);
            (!is_live, !is_past)
        };
        let mut ranked: Vec<(&str, Vec<&PathRow>)> = by_gate.into_iter().collect();
        ranked.sort_by_key(|(name, paths)| (rank(paths), *name));
        let mut sites: Vec<&SiteRow> = Vec::new();
        let mut arrows = Vec::new();
        let mut gates = Vec::new();
        for (name, paths) in ranked {
            let gate = gates.len();
            let entries: BTreeSet<&EntryRow> = paths.iter().flat_map(|path| &path.entries).collect();
            gates.push(Gate {
                name,
                entries: entries.into_iter().collect(),
                state: paths.iter().map(|path| path.state).min().unwrap_or("live"),
                surface: paths.first().map_or("library", |path| path.surface),
            });
            for path in paths {
                let known = sites.iter().position(|site| **site == path.site);
                let site = known.unwrap_or_else(|| {
                    sites.push(&path.site);
                    sites.len() - 1
                });
                arrows.push(Arrow { gate, site, path });
            }
        }
        Self {
            gates,
            sites,
            left_out: inventory.paths.len() - drawn.len(),
            arrows,
        }
    }

    /// Whether a site is reached by no path through an owner.
    pub(super) fn is_past_owner(&self, site: usize) -> bool {
        let mut paths = self.arrows.iter().filter(|arrow| arrow.site == site);
        paths.all(|arrow| !arrow.path.through_owner)
    }
}

impl Gate<'_> {
    /// The lines of the box of what enters by it: a few by name, the others counted.
    pub(super) fn entry_lines(&self) -> Vec<String> {
        let mut named: Vec<String> = self.entries.iter().map(|entry| entry_label(entry)).collect();
        named.dedup();
        if named.is_empty() {
            return vec!["nothing leads here".to_owned()];
        }
        let more = named.len().saturating_sub(NAMED_ENTRIES);
        named.truncate(NAMED_ENTRIES);
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        named
    }
}

/// `GET /berths`, or the name of what has no route.
pub(super) fn entry_label(entry: &EntryRow) -> String {
    let route = match (&entry.method, &entry.route) {
        (Some(method), Some(route)) => format!("{method} {route}"),
        (None, Some(route)) => route.clone(),
        (_, None) => short(&entry.name),
    };
    if entry.surface == "websocket" && entry.route.is_some() {
        format!("WS {route}")
    } else {
        route
    }
}

/// The last two segments of a dotted name.
pub(super) fn short(name: &str) -> String {
    let (separator, mut segments): (&str, Vec<&str>) = if name.contains("::") {
        ("::", name.split("::").collect())
    } else {
        (".", name.split('.').collect())
    };
    segments.drain(..segments.len().saturating_sub(2));
    segments.join(separator)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_cut_to_what_tells_them_apart() {
        assert_eq!(short("backend.auth.user"), "auth.user");
        assert_eq!(short("gateway::auth::require"), "auth::require");
        assert_eq!(short("main"), "main");
    }
}
