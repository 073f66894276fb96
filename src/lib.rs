//! ssotlint proves that a code base authenticates in one way.
//!
//! A file's text becomes language-neutral **facts**; the facts of all files are linked once into a **program** that answers
//! questions; a **rule** asks questions and makes **findings**; a **verdict** keeps, waives or hides each; a **report** writes them. Beside the
//! rules an **inventory** is taken of how many auth paths there are, and a report writes that.
//! Arrows go one way only:
//!
//! ```text
//! source ──► parse ──► facts ──► program ──┬──► rules ──► verdict ──► report    (`check`)
//! (files)   (per file, parallel)   ▲       └──► inventory ──────────► report    (`report`)
//!                                  │
//!      catalog: what library names mean (data), settings: what the user declares
//!
//! deploy: what the flags of deploy commands give, for `parse` and `program`
//! fix: which edits of findings go together, and the texts they make; only the command line asks for it
//! program: names ► receivers ► calls ► sites ► owners, and what rules ask for on top of them
//! ```
//!
//! What a module must not know matters more than what it knows: `parse` knows no other file and no library, `program` no grammar and
//! no rule, `rules` no file's text and no output, `report` nothing of how a finding was found. Only `source` touches the file
//! system. `tests/suite/house/imports.rs` holds the table of who may import whom.
//!
//! The modules below stand in reading order; [`analyse`] is the whole pipeline on one screen.

#![forbid(unsafe_code)]

pub mod source;

pub mod deploy;
pub mod facts;
pub mod parse;

pub mod catalog;
pub mod settings;

pub mod program;

pub mod finding;
pub mod inventory;
pub mod page;
pub mod rules;

pub mod fix;
pub mod verdict;

pub mod report;

use catalog::Catalog;
use facts::{FileFacts, Language};
use finding::{CodeScope, Finding};
use page::Page;
use program::{Concern, Declarations, DeclaredOwner, Program, ProgramFile};
use rayon::BroadcastContext;
use rayon::prelude::*;
use rules::{Check, Findings, RULES, Rule, WaiverPlace, WaiverUse};
use settings::Settings;
use source::{FileId, Reader, SourceFile, Sources, Unread};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use verdict::{Baseline, Change, CommentWaiver, Court, Date, Entry, Policy, SymbolWaiver, Verdict};

/// What a user may ask of one analysis.
#[derive(Clone, Debug)]
pub struct Request {
    /// The rules to run; all if empty.
    pub select: Vec<String>,
    /// The files whose findings are reported; all if none are named. The program is the same either way.
    pub only: Option<BTreeSet<FileId>>,
    /// Scopes that replace those of every rule.
    pub scopes: Option<Vec<CodeScope>>,
    /// The findings that are accepted already.
    pub baseline: Option<Baseline>,
    /// The change that is reported; everything if there is none.
    pub change: Option<Change>,
    /// Whether waivers count.
    pub waivers_count: bool,
    /// The day that waivers are held against.
    pub today: Date,
    /// How findings are dealt with that matter only together.
    pub counting: Counting,
}

/// How findings are dealt with that matter only together, where there are more of them than there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// As people are told of them: what is new is told one by one, and what cannot be told apart by one finding that lists it.
    #[default]
    Told,
    /// Each of a number that is exceeded, for a baseline.
    Exceeded,
    /// All, so that another analysis can be held against them.
    All,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            only: None,
            scopes: None,
            baseline: None,
            change: None,
            waivers_count: true,
            today: Date::today(),
            counting: Counting::default(),
        }
    }
}

/// One file on its way into the program.
#[derive(Debug)]
pub struct Parsed {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// What it says. In a box: there are many files, and they are handed on several times.
    pub facts: Box<FileFacts>,
    /// Whether version control tracks it; `None` where there is none.
    pub tracked: Option<bool>,
}

/// What reading and parsing the files of a run gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// One for every file of the sources, in their order, so that an id names the same file here and there. A file that could not
    /// be read is there as if it were empty: what imports it still finds a module of this program.
    pub files: Vec<Parsed>,
    /// How many files were read, by language.
    pub read: BTreeMap<&'static str, usize>,
    /// The files that could not be read, and why.
    pub unread: Vec<Unread>,
}

/// Reads and parses the files of a run in parallel; `done` is called after each. Texts are dropped once they are parsed.
///
/// Call it in a pool whose threads have [`parse::STACK_SIZE`] bytes of stack.
#[must_use]
pub fn read(sources: &Sources, done: &(dyn Fn() + Sync)) -> Reading {
    // The largest first, so that no thread is left alone with a large file at the end.
    let mut order: Vec<FileId> = sources.iter().map(|(file, _)| file).collect();
    order.sort_unstable_by_key(|file| (Reverse(sources[*file].size), *file));
    // Each thread takes the next file as soon as it is done with one: most are so small that to share them out by halves, as
    // parallel iterators do, costs more than some of them take to be read.
    let next = AtomicUsize::new(0);
    let work = |_: BroadcastContext<'_>| {
        let mut reader = Reader::default();
        let mut parsed = Vec::new();
        while let Some(file) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            parsed.push((*file, facts_of(&sources[*file], &mut reader)));
            done();
        }
        parsed
    };
    let mut parsed: Vec<(FileId, Result<Box<FileFacts>, String>)> =
        rayon::broadcast(work).into_iter().flatten().collect();
    parsed.sort_unstable_by_key(|(file, _)| *file);

    let mut reading = Reading::default();
    for (file, facts) in parsed {
        let file = &sources[file];
        match &facts {
            Ok(_) => {
                let language = parse::language_of(&file.path).map_or("other", Language::name);
                *reading.read.entry(language).or_default() += 1;
            }
            Err(reason) => reading.unread.push(Unread {
                path: file.path.clone(),
                reason: reason.clone(),
            }),
        }
        reading.files.push(Parsed {
            path: file.path.clone(),
            facts: facts.unwrap_or_else(|_| Box::new(parse::parse(&file.path, ""))),
            tracked: file.tracked,
        });
    }
    reading
}

/// The facts of a file, or why there are none.
fn facts_of(file: &SourceFile, reader: &mut Reader) -> Result<Box<FileFacts>, String> {
    let text = reader.read(file)?.text;
    let facts = parse::parse(&file.path, &text);
    match facts.problems.first() {
        Some(problem) if facts.is_empty() => Err(problem.message.clone()),
        _ => Ok(Box::new(facts)),
    }
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
        budget: program::Budget {
            auth_paths: settings.budget.auth_paths.map(|limit| limit.most as usize),
            surfaces: limits(&settings.budget.surfaces),
            concerns: limits(&settings.budget.concerns),
        },
    }
}

fn limits(written: &BTreeMap<String, settings::Limit>) -> Vec<(String, usize)> {
    written
        .iter()
        .map(|(name, limit)| (name.clone(), limit.most as usize))
        .collect()
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
        let language = parse::language_of(&file.path).unwrap_or(Language::Config);
        let by_path = settings.code_scope(&file.path);
        // A configuration file is configuration wherever it lies: below `tests/` it configures the tests.
        let scope = if language == Language::Config {
            CodeScope::Config
        } else {
            by_path
        };
        ProgramFile {
            environment: settings.environment(&file.path).map(str::to_owned),
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

    let path = |file: FileId| program[file].path.as_str();
    let is_reported = |file: FileId| request.only.as_ref().is_none_or(|only| only.contains(&file));
    let symbol_waivers = symbol_waivers(program, settings);
    let court = Court {
        settings,
        waivers: &symbol_waivers,
        policies: &policies,
        path: &path,
        module: &|file| program.module_name(file),
        is_reported: &is_reported,
        scopes: request.scopes.as_deref(),
        waivers_count: request.waivers_count,
        today: request.today,
    };
    let mut waivers = waivers(program);
    let mut verdict = verdict::judge(found.into_iter().flatten().collect(), &mut waivers, &court);

    verdict.keep_most_specific(rules::MOST_SPECIFIC_FIRST);

    let mut uses = uses(&waivers, &rules, settings, request.today);
    uses.extend(uses_of_settings(&symbol_waivers, &verdict, &rules, settings));
    for rule in &rules {
        if let Check::Waivers(check) = rule.check {
            let mut out = Findings::of(rule.id);
            check(program, &uses, &mut out);
            verdict.extend(verdict::judge(out.into_vec(), &mut waivers, &court));
        }
    }

    if request.counting != Counting::All {
        verdict.keep_exceeded();
    }
    if let Some(baseline) = &request.baseline {
        let reported: Option<BTreeSet<&str>> = request
            .only
            .as_ref()
            .map(|only| only.iter().copied().map(path).collect());
        let was_run = |entry: &Entry| {
            let is_known = RULES.iter().any(|rule| rule.id == entry.rule);
            !is_known && request.select.is_empty() || rules.iter().any(|rule| rule.id == entry.rule)
        };
        let may_be_stale = |entry: &Entry| {
            let is_reported = reported
                .as_ref()
                .is_none_or(|paths| paths.contains(entry.path.as_str()));
            is_reported && was_run(entry) && request.scopes.is_none()
        };
        verdict.accept(baseline, &path, &may_be_stale, request.today);
        if request.counting == Counting::Told {
            verdict.tell_new_to_baseline();
        }
    }
    if let Some(change) = &request.change {
        verdict.keep_changed(change, &path);
    }
    verdict.retain(|judged| is_reported(judged.finding.primary.file));
    if request.counting == Counting::Told {
        verdict.join_counted();
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

fn symbol_waivers(program: &Program<'_>, settings: &Settings) -> Vec<SymbolWaiver> {
    let waiver = |waiver: &settings::SettingsWaiver| SymbolWaiver {
        rule: waiver.rule.clone(),
        symbols: program.symbols_named(&waiver.symbol),
        reason: waiver.reason.clone(),
        until: waiver.until.map(Date::from),
    };
    settings.waivers.iter().map(waiver).collect()
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

fn uses(waivers: &[CommentWaiver], rules: &[&Rule], settings: &Settings, today: Date) -> Vec<WaiverUse> {
    let latest = settings.longest_waiver.map(|longest| today.plus_days(longest));
    let uses = waivers.iter().flat_map(|waiver| {
        let until = waiver.says.until.map(Date::from);
        let latest = latest.filter(|latest| until.is_none_or(|until| until > *latest));
        waiver
            .says
            .rules
            .iter()
            .zip(&waiver.needed)
            .map(move |(rule, needed)| WaiverUse {
                place: WaiverPlace::Comment(waiver.comment),
                rule: rule.clone(),
                is_needed: *needed,
                was_checked: was_checked(rule, rules),
                latest: latest.map(|latest| latest.to_string()),
            })
    });
    uses.collect()
}

/// The same of the waivers of the settings. Those that last too long are mistakes, and never get here.
fn uses_of_settings(
    waivers: &[SymbolWaiver],
    verdict: &Verdict,
    rules: &[&Rule],
    settings: &Settings,
) -> Vec<WaiverUse> {
    let uses = waivers.iter().zip(&settings.waivers).map(|(waiver, written)| {
        let mut found = verdict.kept.iter().chain(&verdict.waived);
        WaiverUse {
            place: WaiverPlace::Settings(written.symbol.clone()),
            rule: waiver.rule.clone(),
            is_needed: found.any(|judged| waiver.speaks_for(&judged.finding)),
            was_checked: was_checked(&waiver.rule, rules),
            latest: None,
        }
    });
    uses.collect()
}

/// Whether a rule has looked for what a waiver may silence.
fn was_checked(rule: &str, rules: &[&Rule]) -> bool {
    rules
        .iter()
        .any(|known| known.id == rule && matches!(known.check, Check::Program(_)))
}
