//! Whether the same construct gives the same facts in every language: `fixtures/facts/*.md`.
//!
//! Below a `###` heading stands a fence for each language that has the construct, and one `facts` fence with what is read from
//! each of them. `SSOTLINT_BLESS=1` writes what the first language gives into the `facts` fences.

use crate::cases::pages_in;
use ssotlint::facts::dump;
use ssotlint::page::{Kind, blocks};
use ssotlint::parse::{STACK_SIZE, parse};
use std::fmt::Write as _;

#[test]
fn the_same_construct_gives_the_same_facts() {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(compare);
    let failures = thread.unwrap().join().unwrap();
    assert!(failures.is_empty(), "{failures}");
}

/// What stands within and around an expression is found by the order in which expressions stand: it must be what a look at each finds.
#[test]
fn what_stands_within_and_around_is_found() {
    let mut looked_at = 0;
    for path in pages_in("fixtures/facts") {
        let text = std::fs::read_to_string(&path).unwrap();
        let programs: Vec<_> = cases(&text).into_iter().flat_map(|case| case.programs).collect();
        for (language, program) in programs {
            let facts = parse(file_of(language), program);
            for (_, expr) in facts.numbered_exprs() {
                let all = || facts.numbered_exprs();
                let within = all().filter(|(_, other)| expr.span.contains(other.span));
                let around = all().filter(|(_, other)| other.span.contains(expr.span));
                assert!(
                    facts
                        .exprs_within(expr.span)
                        .map(|(id, _)| id)
                        .eq(within.map(|(id, _)| id))
                );
                assert!(
                    facts
                        .exprs_around(expr.span)
                        .map(|(id, _)| id)
                        .eq(around.map(|(id, _)| id))
                );
                let calls = facts.numbered_calls();
                let calls = calls.filter(|(_, call)| expr.span.contains(facts[call.expr].span));
                assert!(
                    facts
                        .calls_within(expr.span)
                        .map(|(id, _)| id)
                        .eq(calls.map(|(id, _)| id))
                );
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 1_000, "{looked_at} expressions are too few to tell");
}

fn compare() -> String {
    let mut failures = String::new();
    for path in pages_in("fixtures/facts") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut blessed = text.clone();
        for case in cases(&text) {
            let mut given = case
                .programs
                .iter()
                .map(|(language, program)| (language, read(language, program)));
            if std::env::var_os("SSOTLINT_BLESS").is_some() {
                let (_, first) = given.next().unwrap();
                let heading = blessed.find(&format!("### {}\n", case.title)).unwrap();
                let (before, after) = blessed.split_at(heading);
                let old = format!("```facts\n{}```", case.facts);
                blessed = format!("{before}{}", after.replacen(&old, &format!("```facts\n{first}```"), 1));
                continue;
            }
            for (language, given) in given {
                if given != case.facts {
                    let place = format!("{}: {}", path.display(), case.title);
                    let expected = case.facts;
                    writeln!(failures, "\n{place}: {language} gives\n{given}\ninstead of\n{expected}").unwrap();
                }
            }
        }
        if blessed != text {
            std::fs::write(&path, blessed).unwrap();
        }
    }
    failures
}

fn read(language: &str, program: &str) -> String {
    dump(&parse(file_of(language), program))
}

fn file_of(language: &str) -> &'static str {
    match language {
        "python" => "main.py",
        "rust" => "main.rs",
        other => panic!("no such language: {other}"),
    }
}

struct Case<'t> {
    title: &'t str,
    programs: Vec<(&'t str, &'t str)>,
    facts: &'t str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for block in blocks(text) {
        match block.kind {
            Kind::Heading { depth: 3, title } => cases.push(Case {
                title,
                programs: Vec::new(),
                facts: "",
            }),
            Kind::Fence { info, text } => {
                let case = cases.last_mut().unwrap();
                if info == "facts" {
                    case.facts = text;
                } else {
                    case.programs.push((info, text));
                }
            }
            _ => {}
        }
    }
    for case in &cases {
        assert!(!case.programs.is_empty(), "`{}` shows no program", case.title);
    }
    cases
}
