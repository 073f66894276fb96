//! Writes the inventory of authentication: one file a format.
//!
//! Every format shows the same [`Inventory`] and decides nothing; `map` lays out the picture that several of them draw.

mod dot;
mod html;
mod json;
mod map;
mod markdown;
mod mermaid;
mod text;

use super::Terminal;
use crate::inventory::Inventory;
use std::io;

/// The JSON schema of [`InventoryFormat::Json`], version 1.
pub const INVENTORY_SCHEMA: &str = include_str!("../schema/inventory-v1.schema.json");

/// The form an inventory is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InventoryFormat {
    /// For people: a table and numbered chains
    #[default]
    Text,
    /// For programs: version 1 of the report's JSON
    Json,
    /// For pull requests and audits: tables, numbered chains and a diagram
    Markdown,
    /// For a wall: one page with the map of all paths, without a request to any network
    Html,
    /// For Graphviz: the map of all paths
    Dot,
}

/// What a report is written for.
#[derive(Clone, Copy, Debug)]
pub struct InventoryOptions<'a> {
    /// What the text is shown on.
    pub terminal: Terminal,
    /// What stands before the path of a file in links to it, such as the address of the repository's files.
    pub source_url: &'a str,
}

/// Writes an inventory.
///
/// # Errors
/// What `out` says.
pub fn write_inventory(
    format: InventoryFormat,
    inventory: &Inventory,
    options: &InventoryOptions<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        InventoryFormat::Text => text::write(inventory, options.terminal, out),
        InventoryFormat::Json => json::write(inventory, out),
        InventoryFormat::Markdown => markdown::write(inventory, out),
        InventoryFormat::Html => html::write(inventory, options, out),
        InventoryFormat::Dot => dot::write(inventory, out),
    }
}
