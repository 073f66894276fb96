//! The inventory as one HTML page: the map of all paths, filters, and each path as a numbered chain.
//!
//! The page makes no request: its policy allows the style and the script that stand in it, by their hashes, and nothing else. Without
//! the script all is there, unfiltered.

use super::InventoryOptions;
use super::map::{Arrow, Gate, Map, entry_label, short};
use crate::inventory::{Inventory, PathRow, SiteRow};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::io;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The SHA-256 of [`STYLE`] in base64, as a content security policy names it. A test holds it against the file.
const STYLE_HASH: &str = "s0+W/xtqjGNgnTJbowu34oIP3dmKtpcHbNNv6oA2CVI=";
/// The same of [`SCRIPT`].
const SCRIPT_HASH: &str = "pbn+EJY2vuni8jIG1zylo9CC7TChcDg9y4k5vhGYrzQ=";

/// Sizes of the map, in pixels of its own coordinates.
const LINE: usize = 17;
const PADDING: usize = 9;
const GAP: usize = 14;
const GROUP_TITLE: usize = 26;
const TOP: usize = 34;
/// Where each column begins, and how wide its boxes are.
const ENTRIES: (usize, usize) = (4, 270);
const GATES: (usize, usize) = (354, 330);
const SITES: (usize, usize) = (800, 396);
const WIDTH: usize = 1200;
/// More characters do not fit in a box.
const ENTRY_CHARACTERS: usize = 36;
const GATE_CHARACTERS: usize = 42;
const SITE_CHARACTERS: usize = 50;
/// How many entry points of a path are listed below the map.
const NAMED_ENTRIES: usize = 40;

pub(super) fn write(inventory: &Inventory, options: &InventoryOptions<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let page = Page { inventory, options };
    out.write_all(page.document().into_string().as_bytes())?;
    writeln!(out)
}

struct Page<'i> {
    inventory: &'i Inventory,
    options: &'i InventoryOptions<'i>,
}

/// A box of the map: where it begins and how high it is.
#[derive(Clone, Copy)]
struct Place {
    top: usize,
    height: usize,
}

/// The frame around some of the sites.
struct Frame {
    title: &'static str,
    place: Place,
    is_past: bool,
}

impl Place {
    fn middle(self) -> usize {
        self.top + self.height / 2
    }
}

impl Page<'_> {
    fn document(&self) -> Markup {
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{STYLE_HASH}'; script-src 'sha256-{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'"
        );
        // No name of a folder: the same tree has the same report wherever it lies.
        let title = format!("{} auth paths", self.inventory.counts.auth_paths);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="generator" content="ssotlint";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.header())
                    main {
                        (self.changes())
                        (self.filters())
                        (self.map())
                        (self.paths())
                        (self.concerns())
                        (self.unguarded())
                        (self.configuration())
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let counts = &self.inventory.counts;
        let past = counts.auth_paths - counts.through_owner;
        let others = counts
            .by_state
            .iter()
            .filter(|(state, count)| **state != "live" && **count > 0);
        html! {
            header {
                h1 {
                    span.number { (counts.auth_paths) } " "
                    (if counts.auth_paths == 1 { "auth path" } else { "auth paths" })
                }
                ul.figures {
                    li { b { (counts.through_owner) } " through the owner" }
                    li.past[past > 0] { b { (past) } " past it" }
                    @for (state, count) in others { li { b { (count) } " " (state) } }
                    li { b { (counts.entry_points) } " entry points" }
                    li { b { (counts.validation_sites) } " places of validation" }
                    @if counts.unguarded > 0 { li.past { b { (counts.unguarded) } " unguarded" } }
                }
                @for owner in self.inventory.owners.iter().filter(|owner| owner.concern == "token-validation") {
                    p.owner { "Owner of token validation: " code { (owner.path) } " (" (owner.because) ": " (owner.reason) ")" }
                }
            }
        }
    }

    fn changes(&self) -> Markup {
        let Some(changes) = &self.inventory.since else {
            return html! {};
        };
        html! {
            section aria-labelledby="since-title" {
                h2 #since-title { "Since " code { (changes.revision) } }
                p { (changes.auth_paths) " live paths before, " (self.inventory.counts.auth_paths) " now." }
                ul {
                    @for (kind, path) in self.inventory.changes() {
                        li { span.badge { (kind) } " " code { (path.gate) } " → " code { (path.site.call) } " in " (self.place(&path.site.path, path.site.line)) }
                    }
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let surfaces = self.inventory.counts.by_surface.iter().filter(|(_, count)| **count > 0);
        html! {
            form.filters role="search" aria-label="Filter the paths" {
                label { "Search " input #search type="search" placeholder="a route, a function, a file"; }
                label { "Surface " select #surface {
                    option value="" { "all" }
                    @for (surface, count) in surfaces { option value=(surface) { (surface) " (" (count) ")" } }
                } }
                label { input #past type="checkbox"; " only past the owner" }
                label { input #live type="checkbox"; " only live" }
                output #shown aria-live="polite" {}
            }
        }
    }

    fn map(&self) -> Markup {
        let map = Map::of(self.inventory);
        if map.arrows.is_empty() {
            return html! { p.empty { "No path leads to a place where a token is validated." } };
        }
        let gates = gate_places(&map);
        let order = site_order(&map, &gates);
        let (sites, frames, sites_end) = site_places(&map, &order);
        let gates_end = gates.last().map_or(TOP, |place| place.top + place.height);
        let height = gates_end.max(sites_end) + GAP;
        html! {
            section aria-labelledby="map-title" {
                h2 #map-title { "The map" }
                p.legend {
                    "From the entry points on the left through each gate to the places where tokens are validated. "
                    span.past { "Red" } " goes past the owner, dashed lines are not live."
                    @if map.left_out > 0 { " " (map.left_out) " paths that are not live are not drawn." }
                }
                div.scroll tabindex="0" role="region" aria-label="Map of the auth paths" {
                    svg.map viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) {
                        (column_title(ENTRIES.0, "Entry points")) (column_title(GATES.0, "Gates")) (column_title(SITES.0, "Validation"))
                        @for frame in &frames { (framed(frame)) }
                        @for (number, gate) in map.gates.iter().enumerate() {
                            (self.entry_line(gate, gates[number]))
                        }
                        @for arrow in &map.arrows { (arrow_line(arrow, gates[arrow.gate], sites[arrow.site])) }
                        @for (number, gate) in map.gates.iter().enumerate() {
                            (self.entry_box(gate, gates[number], &keys(&map, |arrow| arrow.gate == number)))
                            (self.gate_box(gate, gates[number], &keys(&map, |arrow| arrow.gate == number)))
                        }
                        @for (number, site) in map.sites.iter().enumerate() {
                            (self.site_box(site, sites[number], map.is_past_owner(number), &keys(&map, |arrow| arrow.site == number)))
                        }
                    }
                }
            }
        }
    }

    fn entry_line(&self, gate: &Gate<'_>, place: Place) -> Markup {
        let (from, to, y) = (ENTRIES.0 + ENTRIES.1, GATES.0, place.middle());
        let class = if gate.state == "live" { "line" } else { "line dead" };
        html! { path class=(class) d=(format!("M{from} {y} H{to}")) {} }
    }

    fn entry_box(&self, gate: &Gate<'_>, place: Place, keys: &str) -> Markup {
        let href = gate.entries.first().map(|entry| self.link(&entry.path, entry.line));
        let class = if gate.entries.is_empty() {
            "box entry none"
        } else {
            "box entry"
        };
        let content = html! {
            title { (gate.entries.iter().map(|entry| entry_label(entry)).collect::<Vec<_>>().join("\n")) }
            rect x=(ENTRIES.0) y=(place.top) width=(ENTRIES.1) height=(place.height) rx="14" {}
            @for (number, line) in gate.entry_lines().iter().enumerate() {
                text x=(ENTRIES.0 + 14) y=(place.top + PADDING + 12 + number * LINE) { (cut(line, ENTRY_CHARACTERS)) }
            }
        };
        html! {
            g class=(class) data-keys=(keys) {
                @if let Some(href) = href { a href=(href) { (content) } } @else { (content) }
            }
        }
    }

    fn gate_box(&self, gate: &Gate<'_>, place: Place, keys: &str) -> Markup {
        let height = 2 * LINE + 2 * PADDING;
        let top = place.middle() - height / 2;
        let is_past = self.paths_of(gate.name).all(|path| !path.through_owner);
        let class = if is_past { "box gate past" } else { "box gate" };
        html! {
            g class=(class) data-keys=(keys) {
                title { (gate.name) }
                rect x=(GATES.0) y=(top) width=(GATES.1) height=(height) rx="4" {}
                text.name x=(GATES.0 + 14) y=(top + PADDING + 12) { (cut(&short(gate.name), GATE_CHARACTERS)) }
                text.place x=(GATES.0 + 14) y=(top + PADDING + 12 + LINE) { (gate.surface) ", " (gate.state) }
            }
        }
    }

    fn site_box(&self, site: &SiteRow, place: Place, is_past: bool, keys: &str) -> Markup {
        let class = if is_past { "box site past" } else { "box site" };
        html! {
            g class=(class) data-keys=(keys) {
                a href=(self.link(&site.path, site.line)) {
                    title { (site.call) " in " (site.path) ":" (site.line) }
                    rect x=(SITES.0 + 12) y=(place.top) width=(SITES.1 - 24) height=(place.height) rx="4" {}
                    text.name x=(SITES.0 + 26) y=(place.top + PADDING + 12) { (cut(&site.call, SITE_CHARACTERS)) }
                    text.place x=(SITES.0 + 26) y=(place.top + PADDING + 12 + LINE) {
                        (cut_before(&format!("{}:{}", site.path, site.line), SITE_CHARACTERS))
                    }
                }
            }
        }
    }

    fn paths_of<'s>(&'s self, gate: &'s str) -> impl Iterator<Item = &'s PathRow> {
        self.inventory.paths.iter().filter(move |path| path.gate == gate)
    }

    fn paths(&self) -> Markup {
        html! {
            section aria-labelledby="paths-title" {
                h2 #paths-title { "The paths" }
                @for path in &self.inventory.paths { (self.path(path)) }
            }
        }
    }

    fn path(&self, path: &PathRow) -> Markup {
        let mut labels: Vec<String> = path.entries.iter().map(entry_label).collect();
        labels.dedup();
        let more = labels.len().saturating_sub(NAMED_ENTRIES);
        let said = [
            &path.gate,
            &path.site.path,
            &path.site.call,
            &labels.join(" "),
            &path.chain.join(" "),
        ];
        let said = said.map(|text| text.to_lowercase()).join(" ");
        let first = path.entries.first();
        html! {
            details.path id=(path.id) data-key=(path.id) data-surface=(path.surface) data-state=(path.state)
                data-owner=(path.through_owner) data-text=(said) {
                summary {
                    span class=(if path.through_owner { "badge" } else { "badge past" }) {
                        (if path.through_owner { "through the owner" } else { "past the owner" })
                    }
                    " " span.badge { (path.surface) }
                    @if path.state != "live" { " " span.badge { (path.state) } }
                    " " code { (path.gate) } " → " code { (path.site.call) }
                }
                @if !path.note.is_empty() { p.note { (path.note) } }
                @if let Some(entry) = first {
                    p.entries {
                        "Entered by "
                        @for (number, label) in labels.iter().take(NAMED_ENTRIES).enumerate() {
                            @if number > 0 { ", " } code { (label) }
                        }
                        @if more > 0 { " and " (more) " more" }
                        " (first: " (self.place(&entry.path, entry.line)) ")"
                    }
                }
                ol {
                    @for function in &path.chain { li { code { (function) } } }
                    li { code { (path.site.call) } " in " (self.place(&path.site.path, path.site.line)) }
                }
            }
        }
    }

    fn concerns(&self) -> Markup {
        html! {
            section aria-labelledby="concerns-title" {
                h2 #concerns-title { "Who does what" }
                div.scroll tabindex="0" role="region" aria-label="Table of concerns" {
                    table {
                        thead { tr { th scope="col" { "Concern" } th scope="col" { "Owner" } th scope="col" { "Implementations" } th scope="col" { "Outside the owner" } th scope="col" { "Severity" } } }
                        tbody {
                            @for concern in &self.inventory.concerns {
                                tr {
                                    th scope="row" { (concern.concern) }
                                    td { @match &concern.owner { Some(owner) => code { (owner) }, None => "none" } }
                                    td.count { (concern.implementations.len()) }
                                    td {
                                        @for one in concern.implementations.iter().filter(|one| !one.is_owner) {
                                            div { code { (one.name) } " " (self.place(&one.path, one.line)) }
                                        }
                                    }
                                    td { @if let Some(level) = concern.severity { span class=(format!("badge {level}")) { (level) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn unguarded(&self) -> Markup {
        html! {
            @if !self.inventory.unguarded.is_empty() {
                section aria-labelledby="unguarded-title" {
                    h2 #unguarded-title { "Without validation, beside others that have it" }
                    ul {
                        @for entry in &self.inventory.unguarded {
                            li { code { (entry_label(entry)) } " " (self.place(&entry.path, entry.line)) }
                        }
                    }
                }
            }
        }
    }

    fn configuration(&self) -> Markup {
        let environments = self.inventory.environments();
        html! {
            @if !self.inventory.configuration.is_empty() {
                section aria-labelledby="settings-title" {
                    h2 #settings-title { "Secrets and flags" }
                    div.scroll tabindex="0" role="region" aria-label="Table of secrets and flags" {
                        table {
                            thead { tr { th scope="col" { "Name" } th scope="col" { "Kind" } th scope="col" { "Read by" } @for environment in &environments { th scope="col" { (environment) } } th scope="col" { "Elsewhere" } } }
                            tbody {
                                @for setting in &self.inventory.configuration {
                                    tr {
                                        th scope="row" { code { (setting.name) } }
                                        td { (setting.kind) }
                                        td { @for reader in &setting.read_by { div { code { (reader) } } } }
                                        @for environment in environments.iter().copied().map(Some).chain([None]) { td { (setting.states_in(environment).join(", ")) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn link(&self, path: &str, line: u32) -> String {
        format!("{}{path}#L{line}", self.options.source_url)
    }

    fn place(&self, path: &str, line: u32) -> Markup {
        html! { a href=(self.link(path, line)) { (path) ":" (line) } }
    }
}

fn column_title(x: usize, title: &str) -> Markup {
    html! { text.column x=(x) y="18" { (title) } }
}

fn framed(frame: &Frame) -> Markup {
    let Frame { title, place, is_past } = frame;
    let class = if *is_past { "group past" } else { "group" };
    html! {
        g class=(class) {
            rect x=(SITES.0) y=(place.top) width=(SITES.1) height=(place.height) rx="8" {}
            text x=(SITES.0 + 14) y=(place.top + 18) { (title) }
        }
    }
}

fn arrow_line(arrow: &Arrow<'_>, gate: Place, site: Place) -> Markup {
    let (from, to) = (GATES.0 + GATES.1, SITES.0 + 12);
    let (start, end, half) = (gate.middle(), site.middle(), usize::midpoint(from, to));
    let past = if arrow.path.through_owner { "" } else { " past" };
    let dead = if arrow.path.state == "live" { "" } else { " dead" };
    html! {
        path class=(format!("line{past}{dead}")) data-keys=(arrow.path.id)
            d=(format!("M{from} {start} C{half} {start} {half} {end} {to} {end}")) {}
    }
}

/// The paths that a box is part of, as the script asks for them.
fn keys(map: &Map<'_>, is_part: impl Fn(&Arrow<'_>) -> bool) -> String {
    let keys: Vec<&str> = map
        .arrows
        .iter()
        .filter(|arrow| is_part(arrow))
        .map(|arrow| arrow.path.id.as_str())
        .collect();
    keys.join(" ")
}

fn gate_places(map: &Map<'_>) -> Vec<Place> {
    let mut top = TOP;
    let place = |gate: &Gate<'_>| {
        let lines = gate.entry_lines().len().max(2);
        let place = Place {
            top,
            height: lines * LINE + 2 * PADDING,
        };
        top += place.height + GAP;
        place
    };
    map.gates.iter().map(place).collect()
}

/// The sites from top to bottom: those of the owner first, and each as near as can be to the gates that lead there.
fn site_order(map: &Map<'_>, gates: &[Place]) -> Vec<usize> {
    let height_of = |site: usize| {
        let heights: Vec<usize> = map
            .arrows
            .iter()
            .filter(|arrow| arrow.site == site)
            .map(|arrow| gates[arrow.gate].middle())
            .collect();
        heights.iter().sum::<usize>() / heights.len().max(1)
    };
    let mut order: Vec<usize> = (0..map.sites.len()).collect();
    order.sort_by_key(|site| (!map.is_past_owner(*site), height_of(*site), *site));
    order
}

/// Where each site stands, the frames around those past the owner and those of it, and where all end.
fn site_places(map: &Map<'_>, order: &[usize]) -> (Vec<Place>, Vec<Frame>, usize) {
    let height = 2 * LINE + 2 * PADDING;
    let mut places = vec![Place { top: 0, height }; map.sites.len()];
    let mut frames = Vec::new();
    let mut top = TOP;
    for (is_past, title) in [(true, "Past the owner"), (false, "Through the owner")] {
        let start = top;
        let of_group: Vec<usize> = order
            .iter()
            .copied()
            .filter(|site| map.is_past_owner(*site) == is_past)
            .collect();
        if of_group.is_empty() {
            continue;
        }
        top += GROUP_TITLE;
        for site in of_group {
            places[site].top = top;
            top += height + GAP;
        }
        let height = top - start;
        frames.push(Frame {
            title,
            place: Place { top: start, height },
            is_past,
        });
        top += GAP;
    }
    (places, frames, top)
}

/// The beginning of a text that is too long.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

/// The end of a text that is too long.
fn cut_before(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length + 1 - most).collect();
    format!("…{kept}")
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    /// A page whose policy names other hashes shows neither its style nor its script.
    #[test]
    fn the_policy_names_what_stands_in_the_page() {
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert_eq!(STYLE_HASH, hash(STYLE), "of page.css");
        assert_eq!(SCRIPT_HASH, hash(SCRIPT), "of page.js");
    }
}
