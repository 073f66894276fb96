//! The map of the auth paths as Mermaid, which GitHub and GitLab draw in Markdown.

use super::map::{Map, short};
use std::fmt::Write as _;

/// The diagram, without its fence.
pub(super) fn diagram(map: &Map<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (number, gate) in map.gates.iter().enumerate() {
        let entries: Vec<String> = gate.entry_lines().iter().map(|line| quoted(line)).collect();
        let _ = writeln!(text, "  e{number}([\"{}\"])", entries.join("<br/>"));
        let _ = writeln!(text, "  g{number}[\"{}\"]", quoted(&short(gate.name)));
    }
    for (number, site) in map.sites.iter().enumerate() {
        let place = format!("{}:{}", site.path, site.line);
        let _ = writeln!(text, "  s{number}[[\"{}<br/>{}\"]]", quoted(&site.call), quoted(&place));
    }
    for (number, gate) in map.gates.iter().enumerate() {
        let line = if gate.state == "live" { "-->" } else { "-.->" };
        let _ = writeln!(text, "  e{number} {line} g{number}");
    }
    for arrow in &map.arrows {
        let line = if arrow.path.state == "live" { "-->" } else { "-.->" };
        let _ = writeln!(text, "  g{} {line} s{}", arrow.gate, arrow.site);
    }
    let past: Vec<String> = (0..map.sites.len())
        .filter(|site| map.is_past_owner(*site))
        .map(|site| format!("s{site}"))
        .collect();
    if !past.is_empty() {
        text.push_str("  classDef past fill:#fde8e8,stroke:#c53030,color:#742a2a\n");
        let _ = writeln!(text, "  class {} past", past.join(","));
    }
    text
}

/// Quotes and angle brackets mean something in a label.
fn quoted(label: &str) -> String {
    label
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "'")
}
