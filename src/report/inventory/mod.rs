//! Writes the inventory of authentication: one file a format.
//!
//! Every format shows the same [`Inventory`] and decides nothing.

mod json;

use crate::inventory::Inventory;
use std::io;

/// The form an inventory is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InventoryFormat {
    /// For programs: version 1 of the report's JSON
    #[default]
    Json,
}

/// Writes an inventory.
///
/// # Errors
/// What `out` says.
pub fn write_inventory(format: InventoryFormat, inventory: &Inventory, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        InventoryFormat::Json => json::write(inventory, out),
    }
}
