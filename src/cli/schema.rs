//! `ssotlint schema`: what editors need to know about `ssot.toml`.

use super::Failed;
use super::console::Console;
use ssotlint::program::BUILT_IN_CONCERNS;
use ssotlint::rules::RULES;
use ssotlint::settings::{Known, schema};
use std::process::ExitCode;

/// Prints the schema.
pub fn run(console: &Console) -> Result<ExitCode, Failed> {
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let known = Known {
        rules: &rules,
        concerns: &BUILT_IN_CONCERNS,
    };
    console.print(&schema(&known))?;
    Ok(ExitCode::SUCCESS)
}
