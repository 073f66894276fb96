//! Whether what is written about the project is true, and speaks of nothing but the project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use walkdir::WalkDir;

/// Hosts that tracked files may name, beside those that are reserved for examples.
const HOSTS: &[&str] = &[
    "github.com",
    "json-schema.org",
    "json.schemastore.org",
    "www.apache.org",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the project, relative to the root: git's, or without git all but what is built.
fn tracked() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    if let Ok(listed) = listed
        && listed.status.success()
    {
        let paths = String::from_utf8(listed.stdout).unwrap();
        return paths
            .split_terminator('\0')
            .map(PathBuf::from)
            .filter(|path| root().join(path).is_file())
            .collect();
    }
    let entries = WalkDir::new(root())
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "target");
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| entry.path().strip_prefix(root()).unwrap().to_path_buf())
        .collect()
}

/// The tracked files that are text, with their text.
fn texts() -> impl Iterator<Item = (String, String)> {
    tracked().into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(root().join(&path)).ok()?;
        Some((path.to_string_lossy().replace('\\', "/"), text))
    })
}

/// Where the project writes about itself: documents, and comments of the sources.
fn prose() -> impl Iterator<Item = (String, usize, String)> {
    let is_document = |path: &str| path == "README.md" || path.ends_with("/README.md");
    texts().flat_map(move |(path, text)| {
        let is_source = path.ends_with(".rs");
        let lines = text.lines().enumerate().filter_map(|(index, line)| {
            let comment = line.trim_start().strip_prefix("//");
            let line = if is_document(&path) {
                Some(line)
            } else {
                comment.filter(|_| is_source)
            };
            Some((path.clone(), index + 1, line?.to_owned()))
        });
        lines.collect::<Vec<_>>()
    })
}

#[test]
fn paths_that_are_named_exist() {
    let top: BTreeSet<String> = tracked()
        .iter()
        .map(|path| path.iter().next().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut problems = Vec::new();
    for (file, line, text) in prose() {
        let code = text.split('`').skip(1).step_by(2);
        let links = text
            .match_indices("](")
            .filter_map(|(at, _)| text[at + 2..].split(')').next());
        let links: Vec<&str> = links
            .filter(|link| !link.contains("://") && !link.starts_with('#'))
            .collect();
        let words = code.flat_map(|code| code.split(' ')).filter(|word| {
            let mut parts = word.split('/');
            let (first, second) = (parts.next().unwrap_or(""), parts.next());
            // Comments also speak of the trees of others, such as `src/bin/serve.rs`.
            let is_ours = file.ends_with(".md")
                || matches!(first, "rules" | "fixtures")
                || second.is_some_and(|second| root().join(first).join(second).exists());
            second.is_some() && top.contains(first) && is_ours && !word.contains('…')
        });
        for path in links.iter().copied().chain(words) {
            if !exists(path) {
                problems.push(format!("{file}:{line}: there is no `{path}`"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whether a path exists, up to the first part that stands for many: `rules/<id>.md`, `src/rules/*.rs`.
fn exists(path: &str) -> bool {
    let fixed = path.split(['<', '*', '{']).next().unwrap_or(path);
    let fixed = if fixed == path {
        path
    } else {
        fixed.rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    root().join(fixed.trim_end_matches(['.', ',', ':'])).exists()
}

#[test]
fn files_speak_of_no_machine() {
    let mut places = vec![root().to_path_buf()];
    places.extend(
        root()
            .parent()
            .filter(|parent| parent.iter().count() > 2)
            .map(Path::to_path_buf),
    );
    places.extend(
        ["HOME", "CARGO_HOME", "RUSTUP_HOME"]
            .iter()
            .filter_map(std::env::var_os)
            .map(PathBuf::from),
    );
    let places: Vec<String> = places
        .iter()
        .map(|place| format!("{}/", place.display()))
        .filter(|place| place.len() > 2)
        .collect();
    let mut problems = Vec::new();
    for (file, text) in texts() {
        for (line, text) in (1..).zip(text.lines()) {
            if let Some(place) = places.iter().find(|place| text.contains(place.as_str())) {
                problems.push(format!("{file}:{line}: names `{place}`"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn files_name_only_hosts_that_everyone_knows() {
    let mut problems = Vec::new();
    for (file, text) in texts() {
        for (line, text) in (1..).zip(text.lines()) {
            for (at, _) in text.match_indices("://") {
                let host = host(&text[at + 3..]);
                if !HOSTS.contains(&host) && !is_reserved(host) {
                    problems.push(format!("{file}:{line}: names the host `{host}`"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The host that the text behind `://` begins with.
fn host(text: &str) -> &str {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-');
    let authority = text
        .split(['/', '?', '#', '"', '\'', '`', ' ', ')', '>', ']'])
        .next()
        .unwrap_or("");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(|sign| !is_part(sign)).next().unwrap_or("")
}

/// Names that are nobody's: single words, and those set aside for examples.
fn is_reserved(host: &str) -> bool {
    let ends = [
        ".example",
        ".internal",
        ".invalid",
        ".localhost",
        ".test",
        "example.com",
        "example.org",
    ];
    !host.contains('.') || ends.iter().any(|end| host.ends_with(end)) || host.starts_with("127.") || host == "0.0.0.0"
}

#[test]
fn packages_are_locked_to_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for source in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(
            source,
            "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        );
    }
}
