//! `ssotlint settings`: what holds, for the program or for one file, and where that is said.

use super::Failed;
use super::console::Console;
use super::program::{Input, ProgramArguments};
use ssotlint::finding::CodeScope;
use ssotlint::page::Page;
use ssotlint::{pages, parse, source};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint settings
      Show the root, the settings file, who owns what and the level of each rule.
  ssotlint settings legacy/app.py
      Show what holds for one file: whether it is test code, and which override sets which level.

A level is set by `[rules.RULE]` in ssot.toml, for a part of the tree by `[[overrides]]`; `ssotlint explain RULE` says what a rule finds.";

/// Show which settings hold, and where they are said
///
/// Without a FILE, for the program as a whole; with one, for that file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SettingsCommand {
    #[command(flatten)]
    program: ProgramArguments,
}

impl SettingsCommand {
    /// Prints them.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        let pages = pages().map_err(|error| console.fail(&error))?;
        let input = self.program.find(&[], console)?;
        let mut text = program(&input);
        for path in &input.root.named {
            text.push_str(&file(&input, path));
        }
        // The levels of the first file that is named stand for it, without one those of the whole program.
        text.push_str(&rules(&input, input.root.named.first(), &pages));
        console.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn program(input: &Input) -> String {
    let seen = |path: &std::path::Path| source::relative(&input.root.current, path);
    let settings = input.root.settings.as_ref();
    let settings = settings.map_or_else(
        || "none; everything is as by default".to_owned(),
        |file| seen(&file.location),
    );
    let mut text = format!("root      {}\nsettings  {settings}\n", seen(&input.root.folder));
    for concern in &input.settings.concerns {
        let owners: Vec<&str> = concern.owners.iter().map(|owner| owner.path.as_str()).collect();
        let owners = if owners.is_empty() {
            "inferred".to_owned()
        } else {
            owners.join(", ")
        };
        text.push_str(&format!("owner     {}: {owners}\n", concern.name));
    }
    let exclude = input.settings.exclude.written();
    if !exclude.is_empty() {
        text.push_str(&format!("exclude   {}\n", exclude.join(", ")));
    }
    let budget = &input.settings.budget;
    let named = budget.surfaces.iter().chain(&budget.concerns);
    let all = budget.auth_paths.iter().map(|limit| ("auth-paths", limit));
    for (name, limit) in all.chain(named.map(|(name, limit)| (name.as_str(), limit))) {
        text.push_str(&format!("budget    {name}: {}\n", limit.most));
    }
    if let Some(days) = input.settings.longest_waiver {
        text.push_str(&format!("waivers   last {days} days at most\n"));
    }
    text
}

fn file(input: &Input, path: &str) -> String {
    let language = parse::language_of(path).map_or("none that is read", ssotlint::facts::Language::name);
    let scope = match input.settings.code_scope(path) {
        _ if language == "config" => "config",
        CodeScope::Production => "production",
        CodeScope::Script => "script, by `files.script`",
        CodeScope::Test => "test, by `files.test`",
        CodeScope::Config => "config",
    };
    let mut text = format!("file      {path}\nlanguage  {language}\ncode      {scope}\n");
    if input.settings.exclude.selects(path) {
        text.push_str("excluded  by `files.exclude`; it is read only where it is named\n");
    }
    if let Some(environment) = input.settings.environment(path) {
        text.push_str(&format!("environment  {environment}\n"));
    }
    text
}

fn rules(input: &Input, path: Option<&String>, pages: &[Page]) -> String {
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for page in pages {
        let (level, said) = input
            .settings
            .level_and_source(&page.id, page.level, path.map(String::as_str));
        let level = level.map_or_else(|| "off".to_owned(), |level| level.to_string());
        let scopes = input.settings.scopes_for(&page.id, &page.scopes);
        let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope:?}").to_lowercase()).collect();
        text.push_str(&format!(
            "{:width$}  {level:7}  {}  ({said})\n",
            page.id,
            scopes.join(", ")
        ));
    }
    text
}
