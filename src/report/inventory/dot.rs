//! The map of the auth paths for Graphviz.

use super::map::{Map, short};
use crate::inventory::Inventory;
use std::fmt::Write as _;
use std::io;

pub(super) fn write(inventory: &Inventory, out: &mut dyn io::Write) -> io::Result<()> {
    let map = Map::of(inventory);
    let mut text = "digraph auth_paths {\n  rankdir=LR;\n  node [shape=box, fontname=\"Helvetica\"];\n".to_owned();
    for (number, gate) in map.gates.iter().enumerate() {
        let style = if gate.state == "live" { "solid" } else { "dashed" };
        let entries = gate.entry_lines().join("\n");
        let _ = writeln!(text, "  e{number} [label={}, shape=oval];", quoted(&entries));
        let _ = writeln!(text, "  g{number} [label={}];", quoted(&short(gate.name)));
        let _ = writeln!(text, "  e{number} -> g{number} [style={style}];");
    }
    for (number, site) in map.sites.iter().enumerate() {
        let label = format!("{}\n{}:{}", site.call, site.path, site.line);
        let colour = if map.is_past_owner(number) { ", color=red" } else { "" };
        let _ = writeln!(text, "  s{number} [label={}{colour}];", quoted(&label));
    }
    for arrow in &map.arrows {
        let style = if arrow.path.state == "live" { "solid" } else { "dashed" };
        let colour = if arrow.path.through_owner { "" } else { ", color=red" };
        let _ = writeln!(text, "  g{} -> s{} [style={style}{colour}];", arrow.gate, arrow.site);
    }
    text.push_str("}\n");
    out.write_all(text.as_bytes())
}

fn quoted(label: &str) -> String {
    let label = label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{label}\"")
}
