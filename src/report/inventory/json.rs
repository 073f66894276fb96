//! The inventory as JSON, as it is.

use crate::inventory::Inventory;
use std::io;

pub(super) fn write(inventory: &Inventory, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, inventory)?;
    writeln!(out)
}
