//! The inventory for a terminal: how many paths there are, who does what, and each live path as a numbered chain.

use super::super::summary::counted;
use super::super::{Terminal, printable};
use super::map::entry_label;
use crate::finding::{Confidence, Level};
use crate::inventory::{Counts, EntryRow, Inventory, PathRow};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io;

/// How many entry points of a path are named.
const NAMED_ENTRIES: usize = 4;
/// More paths that are not live are counted, not listed.
const MOST_LISTED: usize = 20;
/// More entry points without validation are counted, not listed.
const MOST_UNGUARDED: usize = 20;

pub(super) fn write(inventory: &Inventory, terminal: Terminal, out: &mut dyn io::Write) -> io::Result<()> {
    let page = TextPage { inventory, terminal };
    let mut text = String::new();
    page.headline(&mut text);
    page.changes(&mut text);
    page.concerns(&mut text);
    page.live_paths(&mut text);
    page.other_paths(&mut text);
    page.unguarded(&mut text);
    page.configuration(&mut text);
    out.write_all(text.as_bytes())
}

struct TextPage<'i> {
    inventory: &'i Inventory,
    terminal: Terminal,
}

impl TextPage<'_> {
    fn headline(&self, text: &mut String) {
        let counts = &self.inventory.counts;
        let past = counts.auth_paths - counts.through_owner;
        let paths = counted(counts.auth_paths, "auth path");
        let headline = self.painted(&paths, Style::new().bold());
        let _ = writeln!(
            text,
            "{headline}: {} through the owner, {past} past it",
            counts.through_owner
        );
        let _ = writeln!(
            text,
            "{}, {}{}",
            counted(counts.entry_points, "entry point"),
            counted(counts.validation_sites, "validation site"),
            not_live(counts)
        );
        text.push('\n');
        let headed = text.len();
        for (surface, count) in counts.by_surface.iter().filter(|(_, count)| **count > 0) {
            let of_surface = self.inventory.live().filter(|path| path.surface == *surface);
            let past = of_surface.filter(|path| !path.through_owner).count();
            let past = if past > 0 {
                format!("  {past} past the owner")
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {surface:<12}{count:>5}{past}");
        }
        for owner in self
            .inventory
            .owners
            .iter()
            .filter(|owner| owner.concern == "token-validation")
        {
            let _ = writeln!(
                text,
                "  owner: {} ({}: {})",
                printable(&owner.path),
                owner.because,
                owner.reason
            );
        }
        if text.len() > headed {
            text.push('\n');
        }
    }

    /// What has changed since another revision.
    fn changes(&self, text: &mut String) {
        let Some(changes) = &self.inventory.since else { return };
        let title = format!(
            "since {}: {} before, {} now",
            printable(&changes.revision),
            counted(changes.auth_paths, "auth path"),
            self.inventory.counts.auth_paths
        );
        let _ = writeln!(text, "  {}", self.painted(&title, Style::new().bold()));
        for (kind, path) in self.inventory.changes() {
            let _ = writeln!(text, "  {kind:<8} {}  ({})", ends(path), path.state);
        }
        text.push('\n');
    }

    fn concerns(&self, text: &mut String) {
        let rows: Vec<[String; 4]> = self
            .inventory
            .concerns
            .iter()
            .map(|concern| {
                let outside = concern.implementations.iter().filter(|one| !one.is_owner).count();
                [
                    concern.concern.clone(),
                    concern.implementations.len().to_string(),
                    if concern.owner.is_some() {
                        outside.to_string()
                    } else {
                        "no owner".to_owned()
                    },
                    concern
                        .severity
                        .map_or_else(|| "-".to_owned(), |level| level.to_string()),
                ]
            })
            .collect();
        if rows.is_empty() {
            return;
        }
        let widest = rows
            .iter()
            .map(|row| row[0].len())
            .max()
            .unwrap_or(0)
            .max("concern".len());
        let line = |row: [&str; 4]| format!("  {:<widest$}  {:>15}  {:>17}  {}\n", row[0], row[1], row[2], row[3]);
        text.push_str(&self.painted(
            &line(["concern", "implementations", "outside the owner", "severity"]),
            Style::new().bold(),
        ));
        for (row, concern) in rows.iter().zip(&self.inventory.concerns) {
            let written = line([&row[0], &row[1], &row[2], &row[3]]);
            text.push_str(&self.painted(&written, level_style(concern.severity)));
        }
        text.push('\n');
    }

    fn live_paths(&self, text: &mut String) {
        let mut live: Vec<&PathRow> = self.inventory.live().collect();
        live.sort_by_key(|path| path.through_owner);
        for (number, path) in live.iter().enumerate() {
            self.path(number + 1, path, text);
        }
    }

    fn path(&self, number: usize, path: &PathRow, text: &mut String) {
        let (mark, style) = if path.through_owner {
            ("through the owner", Style::new())
        } else {
            ("past the owner", AnsiColor::Red.on_default())
        };
        let title = format!("{number:>3}. {} by {}", path.surface, printable(&path.gate));
        let title = self.painted(&title, Style::new().bold());
        let mark = self.painted(mark, style);
        let guess = match path.confidence {
            Confidence::Certain => "",
            Confidence::Likely => ", likely",
            Confidence::Possible => ", possible",
        };
        let _ = writeln!(text, "{title}  {mark}{guess}");
        let _ = writeln!(text, "     from {}", entries(&path.entries));
        for (step, function) in path.chain.iter().enumerate() {
            let _ = writeln!(text, "     {:>2}. {}", step + 1, printable(function));
        }
        let _ = writeln!(
            text,
            "     {:>2}. {}  {}:{}",
            path.chain.len() + 1,
            printable(&path.site.call),
            printable(&path.site.path),
            path.site.line
        );
        if !path.note.is_empty() {
            let _ = writeln!(text, "     {}", path.note);
        }
        text.push('\n');
    }

    fn other_paths(&self, text: &mut String) {
        for (state, title) in [
            ("broken", "broken: they name something that does not exist"),
            ("unmounted", "unmounted: nothing mounts their router"),
            ("unreachable", "unreachable: no entry point leads to them"),
        ] {
            let paths: Vec<&PathRow> = self.inventory.paths.iter().filter(|path| path.state == state).collect();
            if paths.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{} {title}", paths.len());
            for path in paths.iter().take(MOST_LISTED) {
                let note = if path.note.is_empty() {
                    String::new()
                } else {
                    format!("  ({})", path.note)
                };
                let _ = writeln!(text, "  {}{note}", ends(path));
            }
            if paths.len() > MOST_LISTED {
                let _ = writeln!(text, "  and {} more", paths.len() - MOST_LISTED);
            }
            text.push('\n');
        }
    }

    fn unguarded(&self, text: &mut String) {
        let open = &self.inventory.unguarded;
        if open.is_empty() {
            return;
        }
        let _ = writeln!(text, "{} without validation, beside others that have it", open.len());
        for entry in open.iter().take(MOST_UNGUARDED) {
            let _ = writeln!(
                text,
                "  {}  {}:{}",
                printable(&entry_label(entry)),
                printable(&entry.path),
                entry.line
            );
        }
        if open.len() > MOST_UNGUARDED {
            let _ = writeln!(text, "  and {} more", open.len() - MOST_UNGUARDED);
        }
        text.push('\n');
    }

    /// Which environment gives which secret or flag what, where any does.
    fn configuration(&self, text: &mut String) {
        let environments = self.inventory.environments();
        let provided = self
            .inventory
            .configuration
            .iter()
            .filter(|row| !row.provided_by.is_empty());
        let mut table: Vec<Vec<String>> = vec![vec!["secret or flag".to_owned()]];
        table[0].extend(environments.iter().map(|environment| (*environment).to_owned()));
        table[0].push("elsewhere".to_owned());
        for row in provided {
            let mut cells = vec![row.name.clone()];
            let places = environments.iter().copied().map(Some).chain([None]);
            cells.extend(places.map(|environment| row.states_in(environment).join(", ")));
            table.push(cells);
        }
        if table.len() == 1 {
            return;
        }
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
        for (number, row) in table.iter().enumerate() {
            let cells = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{:<width$}", printable(cell)));
            let line = format!("  {}", cells.collect::<Vec<_>>().join("  "));
            let style = if number == 0 { Style::new().bold() } else { Style::new() };
            let _ = writeln!(text, "{}", self.painted(line.trim_end(), style));
        }
        text.push('\n');
    }

    fn painted(&self, text: &str, style: Style) -> String {
        if self.terminal.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

fn level_style(level: Option<Level>) -> Style {
    match level {
        Some(Level::Error) => AnsiColor::Red.on_default(),
        Some(Level::Warning) => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    }
}

/// Where a path begins and ends: its gate and its site.
fn ends(path: &PathRow) -> String {
    let site = &path.site;
    format!(
        "{} -> {}  {}:{}",
        printable(&path.gate),
        printable(&site.call),
        printable(&site.path),
        site.line
    )
}

/// How many paths are not live, to stand behind a number.
fn not_live(counts: &Counts) -> String {
    let others: Vec<String> = counts
        .by_state
        .iter()
        .filter(|(state, count)| **state != "live" && **count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if others.is_empty() {
        String::new()
    } else {
        format!("; besides, paths that are not live: {}", others.join(", "))
    }
}

fn entries(entries: &[EntryRow]) -> String {
    let mut named: Vec<String> = entries
        .iter()
        .map(|entry| printable(&entry_label(entry)).into_owned())
        .collect();
    named.dedup();
    if named.is_empty() {
        return "nowhere".to_owned();
    }
    let more = named.len().saturating_sub(NAMED_ENTRIES);
    named.truncate(NAMED_ENTRIES);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}
