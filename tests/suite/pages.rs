//! Whether rule pages say what they must, before any rule runs.

use crate::cases::{Case, CaseFile, Expected, cases};
use ssotlint::facts::Language;
use ssotlint::page::Page;
use ssotlint::rules::RULES;
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::{self, Visit};

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

#[test]
fn every_language_a_page_claims_has_a_bad_and_a_good_example() {
    for (page, cases) in pages() {
        for language in &page.languages {
            let bad = cases.iter().any(|case| {
                let marked = |path: &str| {
                    case.marks
                        .iter()
                        .any(|mark| mark.path == path && mark.expects != Expected::Miss)
                };
                let files = case.files.iter().filter(|file| is_in(file, *language));
                case.section == "Bad" && files.into_iter().any(|file| marked(&file.path))
            });
            let good = cases
                .iter()
                .any(|case| case.section == "Good" && case.files.iter().any(|file| is_in(file, *language)));
            assert!(
                bad && good,
                "{}: {language:?}: bad example {bad}, good example {good}",
                page.id
            );
        }
    }
}

fn is_in(file: &CaseFile, language: Language) -> bool {
    let own = match file.language.as_str() {
        "python" => Language::Python,
        "rust" => Language::Rust,
        _ => Language::Config,
    };
    // our own settings are no configuration of the program
    file.path != "ssot.toml" && own == language
}

#[test]
fn a_rule_is_a_page_a_file_and_a_line() {
    let lines: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert!(
        RULES.is_sorted_by_key(|rule| rule.id),
        "RULES is in the order of the ids"
    );
    assert_eq!(names_in("rules", "md"), lines, "rules/*.md and RULES");
    let mut files = names_in("src/rules", "rs");
    files.remove("mod");
    let ids: BTreeSet<String> = files.iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(ids, lines, "src/rules/*.rs and RULES");
    let cases = names_in("fixtures/rules", "md");
    assert!(
        cases.is_subset(&lines),
        "fixtures/rules/*.md: {:?}",
        cases.difference(&lines)
    );
}

fn names_in(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// What a rule's source says about messages. A rule may share a sibling's function and with it the sibling's messages.
#[test]
fn a_rules_source_and_its_page_have_the_same_messages() {
    for (page, _) in pages() {
        let source = source_of(&page.id);
        for key in page.messages.keys() {
            assert!(source.literals.contains(key), "{}: no finding says `{key}`", page.id);
        }
        let siblings: BTreeSet<String> = source.siblings.iter().map(|name| name.replace('_', "-")).collect();
        let known: BTreeSet<String> = pages()
            .filter(|(other, _)| other.id == page.id || siblings.contains(&other.id))
            .flat_map(|(other, _)| other.messages.into_keys())
            .collect();
        for message in &source.messages {
            assert!(
                known.contains(message),
                "{}: the page has no message `{message}`",
                page.id
            );
        }
    }
}

/// The string literals of a rule's file and of the sibling rules whose functions it uses.
#[derive(Default)]
struct RuleSource {
    literals: BTreeSet<String>,
    /// Those that can only be messages: behind `out.add(program, place, scope, `, and names with a hyphen.
    messages: BTreeSet<String>,
    siblings: BTreeSet<String>,
}

fn source_of(id: &str) -> RuleSource {
    let mut source = RuleSource::default();
    let mut waiting = vec![id.replace('-', "_")];
    while let Some(name) = waiting.pop() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/rules/{name}.rs"));
        let text = std::fs::read_to_string(path).unwrap();
        let before = source.siblings.clone();
        source.visit_file(&syn::parse_file(&text).unwrap());
        waiting.extend(source.siblings.difference(&before).cloned());
    }
    source
}

impl<'ast> Visit<'ast> for RuleSource {
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {
        // tests
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        let text = literal.value();
        let is_key = text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        if is_key && text.contains('-') {
            self.messages.insert(text.clone());
        }
        self.literals.insert(text);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "add"
            && let Some(syn::Expr::Lit(literal)) = call.args.get(3)
            && let syn::Lit::Str(message) = &literal.lit
        {
            self.messages.insert(message.value());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "super"
            && let syn::UseTree::Path(sibling) = &*path.tree
        {
            self.siblings.insert(sibling.ident.to_string());
        }
    }
}
