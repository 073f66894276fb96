//! ssotlint proves that a code base authenticates in one way.
//!
//! A file's text becomes language-neutral **facts**; the facts of all files are linked once into a **program** that answers
//! questions; a **rule** asks questions and makes **findings**; a **verdict** keeps, waives or hides each; a **report** writes them.
//! Arrows go one way only:
//!
//! ```text
//! source ──► parse ──► facts ──► program: modules ► names ► texts ► sites ► owners ──► rules ──► verdict ──► report
//! (files)   (per file, parallel, pure)  ▲                                             (parallel)
//!             catalog: what library names mean (data) ┘      settings: what the user declares ┘
//! ```
//!
//! What a module must not know matters more than what it knows: `parse` knows no other file and no library, `program` no grammar and
//! no rule, `rules` no file's text and no output, `report` nothing of how a finding was found. Only `source` touches the file
//! system. `tests/suite/house.rs` holds the table of who may import whom.
//!
//! The modules below stand in reading order; [`analyse`] is the whole pipeline on one screen.

pub mod source;

pub mod facts;
pub mod parse;

pub mod catalog;
pub mod settings;

pub mod program;

pub mod finding;
pub mod page;
pub mod rules;

pub mod verdict;

pub mod report;

use catalog::Catalog;
use facts::FileFacts;
use finding::{CodeScope, Finding};
use page::Page;
use program::{Concern, Declarations, DeclaredOwner, Program, ProgramFile};
use rayon::prelude::*;
use rules::{Check, Findings, RULES, Rule, WaiverUse};
use settings::Settings;
use source::FileId;
use std::collections::BTreeMap;
use verdict::{CommentWaiver, Court, Date, Policy, Verdict};

/// What a user may ask of one analysis.
#[derive(Clone, Debug)]
pub struct Request {
    /// The rules to run; all if empty.
    pub select: Vec<String>,
    /// Scopes that replace those of every rule.
    pub scopes: Option<Vec<CodeScope>>,
    /// Whether waivers count.
    pub waivers_count: bool,
    /// The day that waivers are held against.
    pub today: Date,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            scopes: None,
            waivers_count: true,
            today: Date::today(),
        }
    }
}

/// One file on its way into the program.
#[derive(Debug)]
pub struct Parsed {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// What it says.
    pub facts: FileFacts,
    /// Whether version control tracks it; `None` where there is none.
    pub tracked: Option<bool>,
}

/// Reads the pages of all rules.
///
/// # Errors
/// The page and what is wrong with it; the tests hold every page against this.
pub fn pages() -> Result<Vec<Page>, String> {
    RULES.iter().map(|rule| Page::parse(rule.id, rule.page)).collect()
}

/// The catalog with what the settings add to it.
///
/// # Errors
/// What is wrong in a built-in catalog file.
pub fn load_catalog(settings: &Settings) -> Result<Catalog, String> {
    let calls: Vec<&[String]> = settings
        .concerns
        .iter()
        .map(|concern| concern.calls.as_slice())
        .collect();
    Catalog::load(&settings.catalog, &settings.words, &calls)
}

/// What the settings declare about the program. `has_settings` says that a settings file joins everything below it into one unit.
#[must_use]
pub fn declarations(settings: &Settings, has_settings: bool) -> Declarations {
    let owner = |owner: &settings::Owner| DeclaredOwner {
        path: owner.path.clone(),
        names: owner.names.clone(),
        span: owner.span,
    };
    let concern = |concern: &settings::Concern| Concern {
        name: concern.name.clone(),
        owners: concern.owners.iter().map(owner).collect(),
        calls: concern.calls.clone(),
    };
    Declarations {
        concerns: settings.concerns.iter().map(concern).collect(),
        joined: has_settings,
    }
}

/// Links parsed files, in the order of their ids, into a program.
#[must_use]
pub fn link<'a>(
    files: Vec<Parsed>,
    settings: &Settings,
    catalog: &'a Catalog,
    declarations: &'a Declarations,
) -> Program<'a> {
    let files = files.into_iter().map(|file| {
        let language = parse::language_of(&file.path).unwrap_or(facts::Language::Config);
        let by_path = settings.code_scope(&file.path);
        // A configuration file is configuration wherever it lies: below `tests/` it configures the tests.
        let scope = if language == facts::Language::Config {
            CodeScope::Config
        } else {
            by_path
        };
        ProgramFile {
            path: file.path,
            facts: file.facts,
            language,
            scope,
            tracked: file.tracked,
        }
    });
    Program::link(files.collect(), catalog, declarations)
}

/// Asks the program with every selected rule and judges what they find.
#[must_use]
pub fn analyse(program: &Program<'_>, settings: &Settings, pages: &[Page], request: &Request) -> Verdict {
    let policies = policies(pages);
    let is_on = |rule: &Rule| {
        let default = policies.get(rule.id).and_then(|policy| policy.level);
        let selected = request.select.is_empty() || request.select.iter().any(|id| id == rule.id);
        selected && settings.is_on_anywhere(rule.id, default)
    };
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| is_on(rule)).collect();
    let found: Vec<Vec<Finding>> = rules.par_iter().map(|rule| run(rule, program)).collect();

    let court = Court {
        settings,
        policies: &policies,
        path: &|file| program[file].path.as_str(),
        scopes: request.scopes.as_deref(),
        waivers_count: request.waivers_count,
        today: request.today,
    };
    let mut waivers = waivers(program);
    let mut verdict = verdict::judge(found.into_iter().flatten().collect(), &mut waivers, &court);

    let uses = uses(&waivers, &rules);
    for rule in &rules {
        if let Check::Waivers(check) = rule.check {
            let mut out = Findings::of(rule.id);
            check(program, &uses, &mut out);
            verdict.extend(verdict::judge(out.into_vec(), &mut waivers, &court));
        }
    }
    verdict
}

fn run(rule: &Rule, program: &Program<'_>) -> Vec<Finding> {
    let mut out = Findings::of(rule.id);
    if let Check::Program(check) = rule.check {
        check(program, &mut out);
    }
    out.into_vec()
}

fn policies(pages: &[Page]) -> BTreeMap<&'static str, Policy> {
    let of_rule = |rule: &Rule| {
        let page = pages.iter().find(|page| page.id == rule.id)?;
        let caps = page
            .messages
            .iter()
            .filter_map(|(key, message)| Some((key.clone(), message.level?)))
            .collect();
        Some((
            rule.id,
            Policy {
                level: page.level,
                scopes: page.scopes.clone(),
                caps,
            },
        ))
    };
    RULES.iter().filter_map(of_rule).collect()
}

fn waivers(program: &Program<'_>) -> Vec<CommentWaiver> {
    let of_file = |(file, data): (FileId, &ProgramFile)| {
        let waivers = data.facts.waivers.iter().filter_map(move |waiver| {
            let says = waiver.says.clone().ok()?;
            Some(CommentWaiver {
                comment: finding::Site {
                    file,
                    span: waiver.span,
                },
                covers: finding::Site {
                    file,
                    span: waiver.covers,
                },
                needed: vec![false; says.rules.len()],
                says,
            })
        });
        waivers.collect::<Vec<_>>()
    };
    program.files().flat_map(of_file).collect()
}

fn uses(waivers: &[CommentWaiver], rules: &[&Rule]) -> Vec<WaiverUse> {
    let uses = waivers.iter().flat_map(|waiver| {
        waiver
            .says
            .rules
            .iter()
            .zip(&waiver.needed)
            .map(|(rule, needed)| WaiverUse {
                comment: waiver.comment,
                rule: rule.clone(),
                is_needed: *needed,
                was_checked: rules
                    .iter()
                    .any(|known| known.id == rule && matches!(known.check, Check::Program(_))),
            })
    });
    uses.collect()
}
