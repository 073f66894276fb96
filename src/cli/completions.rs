//! `ssotlint completions`: what a shell needs to complete our arguments.

use super::console::Console;
use super::{CommandLine, Failed};
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint completions bash > ~/.local/share/bash-completion/completions/ssotlint
  ssotlint completions zsh > ~/.zfunc/_ssotlint
  ssotlint completions fish > ~/.config/fish/completions/ssotlint.fish";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Prints the completions.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        let mut script = Vec::new();
        generate(
            self.shell,
            &mut CommandLine::command(),
            env!("CARGO_PKG_NAME"),
            &mut script,
        );
        console.print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
