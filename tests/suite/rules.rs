//! Runs the examples of the rule pages and the cases of `fixtures/rules/`.

use crate::cases::{Case, CaseFile, Expected, Mark, cases};
use ssotlint::catalog::{Catalog, Entries, ExtraWords};
use ssotlint::finding::{Finding, Level};
use ssotlint::page::Page;
use ssotlint::rules::{Check, RULES, Rule};
use ssotlint::settings::{Known, Settings};
use ssotlint::source::{LineIndex, SettingsForm};
use ssotlint::verdict::{Baseline, Change, Date, Entry, Judged, Verdict};
use ssotlint::{Counting, Parsed, Request};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

/// The rules and concerns that settings may name.
pub fn known_rules() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.id).collect()
}

#[test]
fn pages_and_cases_hold() {
    let mut all: Vec<(&Rule, String, Case)> = Vec::new();
    for rule in RULES {
        let fixture = format!("fixtures/rules/{}.md", rule.id);
        let page = format!("rules/{}.md", rule.id);
        for path in [page, fixture] {
            let location = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
            let Ok(text) = std::fs::read_to_string(location) else {
                continue;
            };
            let cases = cases(&text).unwrap_or_else(|problem| panic!("{path}: {problem}"));
            all.extend(cases.into_iter().map(|case| (rule, path.clone(), case)));
        }
    }
    let run = |(rule, path, case): &(&Rule, String, Case)| match differences(rule, case).as_str() {
        "" => String::new(),
        differences => format!("{path}:{}: {}\n{differences}\n", case.line, case.title),
    };
    // Threads of their own: the pool's must stay free for what the cases hand to it.
    let share = all
        .len()
        .div_ceil(std::thread::available_parallelism().map_or(1, usize::from));
    let problems: String = std::thread::scope(|scope| {
        let threads = all.chunks(share).map(|cases| {
            let thread = std::thread::Builder::new().stack_size(ssotlint::parse::STACK_SIZE);
            thread
                .spawn_scoped(scope, move || cases.iter().map(run).collect::<String>())
                .unwrap()
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = problems.lines().filter(|line| line.starts_with("    ")).count();
    assert!(problems.is_empty(), "{count} expectations are not met:\n\n{problems}");
}

/// Parsing recurses deeply by design.
pub fn on_a_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(ssotlint::parse::STACK_SIZE)
            .spawn_scoped(scope, run);
        thread.unwrap().join().unwrap()
    })
}

/// What a case expects and is not found (`missing`), and what is found and not expected (`noisy`).
fn differences(rule: &Rule, case: &Case) -> String {
    let mut wanted: Vec<(String, u32, Level, String)> = Vec::new();
    let mut missed: Vec<(String, u32, String)> = Vec::new();
    for Mark {
        path,
        line,
        expects,
        keys,
    } in &case.marks
    {
        for key in keys {
            match expects {
                Expected::At(level) => wanted.push((path.clone(), *line, *level, key.clone())),
                Expected::Miss => missed.push((path.clone(), *line, key.clone())),
            }
        }
    }
    let mut found = found(rule, case);
    wanted.sort();
    found.sort();
    let mut out = String::new();
    for one in wanted.iter().filter(|one| !found.contains(one)) {
        let _ = writeln!(out, "    missing  {}:{} {} [{}]", one.0, one.1, one.2, one.3);
    }
    for one in found.iter().filter(|one| !wanted.contains(one)) {
        let known = missed.contains(&(one.0.clone(), one.1, one.3.clone()));
        let word = if known {
            "found at last (take the todo away)"
        } else {
            "noisy"
        };
        let _ = writeln!(out, "    {word}  {}:{} {} [{}]", one.0, one.1, one.2, one.3);
    }
    out
}

/// The pages of all rules.
static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| ssotlint::pages().unwrap());

/// The catalog of settings that add nothing to it: that of almost all cases.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| ssotlint::load_catalog(&Settings::default()).unwrap());

/// The catalog of settings that add something to it.
fn own_catalog(settings: &Settings) -> Option<Catalog> {
    let Entries {
        calls,
        types,
        values,
        items,
        ..
    } = &settings.catalog;
    let adds_nothing = calls.is_empty()
        && types.is_empty()
        && values.is_empty()
        && items.is_empty()
        && settings.words == ExtraWords::default()
        && settings.concerns.iter().all(|concern| concern.calls.is_empty());
    (!adds_nothing).then(|| ssotlint::load_catalog(settings).unwrap())
}

fn found(rule: &Rule, case: &Case) -> Vec<(String, u32, Level, String)> {
    let settings_file = case.files.iter().find(|file| file.path == "ssot.toml");
    let settings = settings_file.map_or_else(Settings::default, |file| {
        let known = Known {
            rules: &known_rules(),
            concerns: &ssotlint::program::BUILT_IN_CONCERNS,
        };
        Settings::parse("ssot.toml", file.text.clone(), SettingsForm::Own, &known)
            .unwrap_or_else(|mistakes| panic!("{}: {mistakes:?}", case.title))
    });
    let own_catalog = own_catalog(&settings);
    let catalog = own_catalog.as_ref().unwrap_or(&CATALOG);
    let declarations = ssotlint::declarations(&settings, settings_file.is_some());
    let program = ssotlint::link(parsed(case.files.iter()), &settings, catalog, &declarations);
    let unresolved: Vec<&str> = program
        .owners()
        .unresolved()
        .iter()
        .map(|owner| owner.path.as_str())
        .collect();
    assert!(
        unresolved.is_empty(),
        "{}: owners name nothing: {unresolved:?}",
        case.title
    );
    let select = match rule.check {
        Check::Program(_) => vec![rule.id.to_owned()],
        Check::Waivers(_) => Vec::new(),
    };
    let mut request = Request {
        select,
        today: Date::from((2026, 11, 21)),
        ..Request::default()
    };
    if !case.before.is_empty() {
        let is_old = |file: &&CaseFile| !case.before.iter().any(|before| before.path == file.path);
        let files = case.files.iter().filter(is_old).chain(&case.before);
        let before = ssotlint::link(parsed(files), &settings, catalog, &declarations);
        let counting = Counting::All;
        let verdict = ssotlint::analyse(
            &before,
            &settings,
            &PAGES,
            &Request {
                counting,
                ..request.clone()
            },
        );
        let entry = |judged: &Judged| Entry::accepting(judged, &before[judged.finding.primary.file].path);
        request.change = Some(Change {
            before: Some(Baseline::of(verdict.kept.iter().map(entry).collect())),
            ..Change::default()
        });
    }
    let verdict: Verdict = ssotlint::analyse(&program, &settings, &PAGES, &request);
    for judged in verdict.kept.iter().filter(|judged| judged.finding.rule == rule.id) {
        assert_worded(rule, &judged.finding);
    }
    let kept = verdict.kept.iter().filter(|judged| judged.finding.rule == rule.id);
    kept.map(|judged| {
        let path = program[judged.finding.primary.file].path.clone();
        let text = case
            .files
            .iter()
            .find(|file| file.path == path)
            .map_or("", |file| &file.text);
        let line = LineIndex::new(text)
            .position(judged.finding.primary.span.start, text)
            .line;
        (path, line, judged.level, judged.finding.message.to_owned())
    })
    .collect()
}

/// The files of a program, as linking takes them.
fn parsed<'a>(files: impl Iterator<Item = &'a CaseFile>) -> Vec<Parsed> {
    let read = files.filter(|file| file.path != "ssot.toml" && ssotlint::parse::language_of(&file.path).is_some());
    let mut files: Vec<Parsed> = read
        .map(|file| Parsed {
            path: file.path.clone(),
            facts: Box::new(ssotlint::parse::parse(&file.path, &file.text)),
            tracked: None,
        })
        .collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

/// The page has the finding's message, and the finding has a value for each of its placeholders.
fn assert_worded(rule: &Rule, finding: &Finding) {
    let page = Page::parse(rule.id, rule.page).unwrap();
    let message = page.messages.get(finding.message);
    let message = message.unwrap_or_else(|| panic!("{}: the page has no message `{}`", rule.id, finding.message));
    for name in message.placeholders() {
        let place = format!("{}: `{}`", rule.id, finding.message);
        assert!(finding.value(name).is_some(), "{place}: no value for `{{{name}}}`");
    }
}
