//! Whether rule pages say what they must, before any rule runs.

use crate::cases::{Case, Expected, cases};
use ssotlint::page::Page;
use ssotlint::rules::RULES;
use std::collections::BTreeSet;

fn pages() -> impl Iterator<Item = (Page, Vec<Case>)> {
    RULES.iter().map(|rule| {
        let page = Page::parse(rule.id, rule.page).unwrap();
        let cases = cases(rule.page).unwrap_or_else(|problem| panic!("{}: {problem}", rule.id));
        (page, cases)
    })
}

#[test]
fn pages_explain_their_rule() {
    for (page, _) in pages() {
        for title in ["Why", "Fix", "Bad", "Good"] {
            let text = page.section(title).map_or("", |section| section.text.as_str());
            assert!(!text.is_empty(), "{}: no section `{title}`", page.id);
        }
    }
}

#[test]
fn summaries_and_messages_are_written_alike() {
    for (page, _) in pages() {
        let texts = page
            .messages
            .values()
            .flat_map(|message| [&message.text, &message.help]);
        for text in texts.chain([&page.summary]) {
            let first = text.chars().next();
            assert!(
                !text.ends_with('.') && !text.is_empty(),
                "{}: a full stop: {text}",
                page.id
            );
            assert!(!first.is_some_and(char::is_uppercase), "{}: a capital: {text}", page.id);
            assert!(
                text.matches('`').count() % 2 == 0,
                "{}: a lone backtick: {text}",
                page.id
            );
        }
    }
}

#[test]
fn bad_examples_are_marked_and_good_ones_are_not() {
    for (page, cases) in pages() {
        for case in cases {
            let expects = case.marks.iter().any(|mark| mark.expects != Expected::Miss);
            assert_eq!(expects, case.section == "Bad", "{}: `{}`", page.id, case.title);
        }
    }
}

#[test]
fn every_message_has_an_example_and_every_mark_a_message() {
    for (page, cases) in pages() {
        let keys = cases.iter().flat_map(|case| &case.marks).flat_map(|mark| &mark.keys);
        let marked: BTreeSet<&str> = keys.map(String::as_str).collect();
        let messages: BTreeSet<&str> = page.messages.keys().map(String::as_str).collect();
        assert_eq!(marked, messages, "{}", page.id);
    }
}
