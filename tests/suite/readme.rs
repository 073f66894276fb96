//! Holds the README to the program: what is made from the program is compared, or written with `UPDATE_README=1`.

use ssotlint::page::Page;
use ssotlint::rules::RULES;
use ssotlint::settings::{Known, Settings};
use ssotlint::source::SettingsForm;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The parts between `<!-- kind:name -->` and `<!-- /kind -->` are made from the program or from files.
#[test]
fn what_is_made_from_the_program_is_up_to_date() {
    let text = read("README.md");
    let mut made = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("<!-- ") {
        let end = at + rest[at..].find("-->").unwrap() + "-->".len();
        let marker = rest[at..end].trim_start_matches("<!-- ").trim_end_matches("-->").trim();
        made.push_str(&rest[..end]);
        rest = &rest[end..];
        let (kind, name) = marker.split_once(':').unwrap_or((marker, ""));
        let close = format!("<!-- /{kind} -->");
        let Some(length) = rest.find(&close) else {
            continue;
        };
        let old = &rest[..length];
        let new = match kind {
            "file" => fenced(old, &read(name)),
            "output" => fenced(old, &outputs(old)),
            "map" => fenced(old, &map(name)),
            "rules" => format!("\n{}", rules()),
            _ => panic!("README.md: what is `{kind}`?"),
        };
        made.push_str(&new);
        made.push_str(&close);
        rest = &rest[length + close.len()..];
    }
    made.push_str(rest);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), made).unwrap();
    } else {
        assert_same_lines(&text, &made);
    }
}

/// The first line that differs says more than two whole files.
fn assert_same_lines(written: &str, made: &str) {
    let lines = written.lines().zip(made.lines());
    let difference = (1..).zip(lines).find(|(_, (written, made))| written != made);
    if let Some((line, (written, made))) = difference {
        panic!("README.md:{line} says\n  {written}\nand should say\n  {made}\n`UPDATE_README=1 cargo test` writes it");
    }
    assert_eq!(written.len(), made.len(), "README.md ends too early or too late");
}

/// `content` in a fence that opens as the old one did.
fn fenced(old: &str, content: &str) -> String {
    let info = old.lines().find(|line| line.starts_with("```")).unwrap_or("```");
    format!("\n{info}\n{}\n```\n", content.trim_end())
}

/// Runs the commands behind `$ ` of a block; each is followed by what it writes to standard output.
fn outputs(old: &str) -> String {
    let mut folder = Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf();
    let mut text = String::new();
    for line in old.lines().filter(|line| line.starts_with("$ ")) {
        let _ = writeln!(text, "{line}");
        let mut words = line.trim_start_matches("$ ").split(' ');
        match words.next() {
            Some("cd") => folder.extend(words),
            Some("ssotlint") => text.push_str(&output(&folder, words)),
            _ => panic!("README.md: {line}"),
        }
    }
    text
}

/// The diagram of a project's report.
fn map(project: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(project);
    let report = output(&folder, ["report", "--format", "markdown"].into_iter());
    let (_, diagram) = report.split_once("```mermaid\n").unwrap();
    diagram.split_once("```").unwrap().0.to_owned()
}

fn output<'a>(folder: &Path, arguments: impl Iterator<Item = &'a str>) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ssotlint"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The table of the rules.
fn rules() -> String {
    let mut table = String::from("| rule | level | finds |\n|---|---|---|\n");
    for rule in RULES {
        let page = Page::parse(rule.id, rule.page).unwrap();
        let level = page.level.map_or_else(|| "off".to_owned(), |level| level.to_string());
        let _ = writeln!(
            table,
            "| [`{0}`](rules/{0}.md) | {level} | {1} |",
            rule.id, page.summary
        );
    }
    table
}

/// The example of settings names no program, but is otherwise as users write it.
#[test]
fn its_settings_are_well_formed() {
    let text = read("README.md");
    let (_, block) = text.split_once("<!-- example:settings -->\n```toml\n").unwrap();
    let (settings, _) = block.split_once("```").unwrap();
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let known = Known {
        rules: &rules,
        concerns: &ssotlint::program::BUILT_IN_CONCERNS,
    };
    Settings::parse("README.md", settings.to_owned(), SettingsForm::Own, &known)
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
}

/// The gate runs the tests by the README's own command, so there must be one to find.
#[test]
fn it_says_how_to_test() {
    let text = read("README.md");
    let (_, section) = text.split_once("\n## Test\n\n```sh\n").unwrap();
    let (command, _) = section.split_once("```").unwrap();
    assert!(command.contains("cargo test"), "{command}");
}
