//! The inventory for a pull request or an audit: tables, the map as a diagram, and each path as a numbered chain.

use super::map::{Map, entry_label};
use super::mermaid;
use crate::inventory::{Counts, Inventory, PathRow};
use std::fmt::Write as _;
use std::io;

/// More paths that are not live are counted, not listed.
const MOST_LISTED: usize = 40;
/// How many entry points of a path are named.
const NAMED_ENTRIES: usize = 8;

pub(super) fn write(inventory: &Inventory, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::new();
    let Counts { auth_paths, .. } = inventory.counts;
    let _ = writeln!(text, "# {}\n", headline(auth_paths));
    summary(inventory, &mut text);
    changes(inventory, &mut text);
    concerns(inventory, &mut text);
    let map = Map::of(inventory);
    if !map.arrows.is_empty() {
        let _ = writeln!(text, "## The map\n\n```mermaid\n{}```\n", mermaid::diagram(&map));
        if map.left_out > 0 {
            let _ = writeln!(text, "{} paths that are not live are not drawn.\n", map.left_out);
        }
    }
    paths(inventory, &mut text);
    unguarded(inventory, &mut text);
    configuration(inventory, &mut text);
    out.write_all(text.trim_end().as_bytes())?;
    writeln!(out)
}

fn headline(paths: usize) -> String {
    match paths {
        1 => "1 auth path".to_owned(),
        count => format!("{count} auth paths"),
    }
}

fn summary(inventory: &Inventory, text: &mut String) {
    let counts = &inventory.counts;
    let past = counts.auth_paths - counts.through_owner;
    let _ = writeln!(
        text,
        "{} go through the owner of token validation, {past} past it. {} entry points, {} places where tokens are validated.\n",
        counts.through_owner, counts.entry_points, counts.validation_sites
    );
    let _ = writeln!(text, "| surface | live paths |\n|---|---:|");
    for (surface, count) in counts.by_surface.iter().filter(|(_, count)| **count > 0) {
        let _ = writeln!(text, "| {surface} | {count} |");
    }
    let _ = writeln!(text, "\n| state | paths |\n|---|---:|");
    for (state, count) in &counts.by_state {
        let _ = writeln!(text, "| {state} | {count} |");
    }
    text.push('\n');
}

fn changes(inventory: &Inventory, text: &mut String) {
    let Some(changes) = &inventory.since else { return };
    let _ = writeln!(
        text,
        "## Since `{}`\n\n{} before, {} now.\n",
        changes.revision,
        headline(changes.auth_paths),
        inventory.counts.auth_paths
    );
    for (kind, path) in inventory.changes() {
        let _ = writeln!(
            text,
            "- {kind}: `{}` → `{}` in {}:{} ({})",
            path.gate, path.site.call, path.site.path, path.site.line, path.state
        );
    }
    text.push('\n');
}

fn concerns(inventory: &Inventory, text: &mut String) {
    if inventory.concerns.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "## Who does what\n\n| concern | owner | implementations | outside the owner | severity |\n|---|---|---:|---|---|"
    );
    for concern in &inventory.concerns {
        let outside: Vec<String> = concern
            .implementations
            .iter()
            .filter(|one| !one.is_owner)
            .map(|one| format!("`{}` ({}:{})", one.name, one.path, one.line))
            .collect();
        let severity = concern.severity.map_or_else(String::new, |level| level.to_string());
        let owner = concern
            .owner
            .as_ref()
            .map_or("none".to_owned(), |owner| format!("`{owner}`"));
        let _ = writeln!(
            text,
            "| {} | {owner} | {} | {} | {severity} |",
            concern.concern,
            concern.implementations.len(),
            outside.join("<br>"),
        );
    }
    text.push('\n');
}

fn paths(inventory: &Inventory, text: &mut String) {
    for (state, title) in [
        ("live", "Live paths"),
        ("broken", "Broken paths"),
        ("unmounted", "Paths of routers that are not mounted"),
        ("unreachable", "Paths that nothing leads to"),
    ] {
        let of_state: Vec<&PathRow> = inventory.paths.iter().filter(|path| path.state == state).collect();
        if of_state.is_empty() {
            continue;
        }
        let _ = writeln!(text, "## {title}\n");
        let shown = if state == "live" { of_state.len() } else { MOST_LISTED };
        for path in of_state.iter().take(shown) {
            one_path(path, text);
        }
        if of_state.len() > shown {
            let _ = writeln!(text, "and {} more.\n", of_state.len() - shown);
        }
    }
}

fn one_path(path: &PathRow, text: &mut String) {
    let mark = if path.through_owner { "" } else { " — past the owner" };
    let _ = writeln!(text, "### `{}` → `{}`{mark}\n", path.gate, path.site.call);
    let mut entries: Vec<String> = path
        .entries
        .iter()
        .map(|entry| format!("`{}`", entry_label(entry)))
        .collect();
    entries.dedup();
    if !entries.is_empty() {
        let more = entries.len().saturating_sub(NAMED_ENTRIES);
        entries.truncate(NAMED_ENTRIES);
        if more > 0 {
            entries.push(format!("{more} more"));
        }
        let _ = writeln!(text, "{}: {}\n", path.surface, entries.join(", "));
    }
    for (number, function) in path.chain.iter().enumerate() {
        let _ = writeln!(text, "{}. `{function}`", number + 1);
    }
    let _ = writeln!(
        text,
        "{}. `{}` in {}:{}\n",
        path.chain.len() + 1,
        path.site.call,
        path.site.path,
        path.site.line
    );
    if !path.note.is_empty() {
        let _ = writeln!(text, "{}.\n", path.note);
    }
}

fn unguarded(inventory: &Inventory, text: &mut String) {
    if inventory.unguarded.is_empty() {
        return;
    }
    let _ = writeln!(text, "## Entry points without validation beside others that have it\n");
    for entry in &inventory.unguarded {
        let _ = writeln!(text, "- `{}` ({}:{})", entry_label(entry), entry.path, entry.line);
    }
    text.push('\n');
}

fn configuration(inventory: &Inventory, text: &mut String) {
    if inventory.configuration.is_empty() {
        return;
    }
    let environments = inventory.environments();
    let mut columns = vec!["name", "kind", "read by"];
    columns.extend(&environments);
    columns.push("elsewhere");
    let _ = writeln!(text, "## Secrets and flags\n");
    let _ = writeln!(text, "| {} |", columns.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
    for setting in &inventory.configuration {
        let read_by: Vec<String> = setting.read_by.iter().map(|reader| format!("`{reader}`")).collect();
        let mut cells = vec![
            format!("`{}`", setting.name),
            setting.kind.to_owned(),
            read_by.join("<br>"),
        ];
        let places = environments.iter().copied().map(Some).chain([None]);
        cells.extend(places.map(|environment| setting.states_in(environment).join(", ")));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}
