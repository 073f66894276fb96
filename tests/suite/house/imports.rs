//! Reads our own sources and holds them to the table of who may know whom.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use walkdir::WalkDir;

/// What each module may know of the others, lowest module first: a row names earlier rows only, so arrows go one way.
/// `a::B` allows that one item and what is below it.
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("deploy", &[]),
    ("facts", &["source::Span"]),
    ("finding", &["source::FileId", "source::Span"]),
    ("parse", &["source::LineIndex", "source::Span", "deploy", "facts"]),
    // A catalogued path is of a language; nothing else of what a file says is known here.
    ("catalog", &["facts::Language"]),
    (
        "settings",
        &["source", "catalog", "finding::CodeScope", "finding::Level"],
    ),
    (
        "program",
        &[
            "source::FileId",
            "source::Span",
            "deploy",
            "facts",
            "catalog",
            "finding::CodeScope",
            "finding::Confidence",
            "finding::Site",
            "finding::Step",
        ],
    ),
    ("inventory", &["finding", "program"]),
    ("page", &["facts::Language", "finding"]),
    (
        "rules",
        &[
            "source::FileId",
            "source::Span",
            "facts",
            "catalog::FlagName",
            "catalog::Role",
            "catalog::TokenCheck",
            "catalog::Words",
            "catalog::looks_generated",
            "program",
            "finding",
        ],
    ),
    ("fix", &["source::FileId", "source::Span", "finding"]),
    (
        "verdict",
        &[
            "source::ChangedLines",
            "source::FileId",
            "facts::WaiverText",
            "settings",
            "finding",
        ],
    ),
    ("report", &["source", "finding", "inventory", "page", "verdict"]),
];

/// The pipeline and the command line put the rooms together, and may know all of them.
const CORRIDORS: &[&str] = &["lib", "main", "cli"];

/// Who may use what of the world outside, where it matters. Everyone may use what is not named here.
const OUTSIDE: &[(&str, &[&str])] = &[
    // Parsers: what a grammar looks like stays in one place.
    ("granit_parser", &["parse"]),
    ("jsonc_parser", &["parse"]),
    ("proc_macro2", &["parse"]),
    ("ruff_python_ast", &["parse"]),
    ("ruff_python_parser", &["parse"]),
    ("ruff_text_size", &["parse"]),
    ("syn", &["parse"]),
    ("toml", &["parse", "source", "catalog", "settings", "page"]),
    // Files and processes.
    ("encoding_rs", &["source"]),
    ("globset", &["source"]),
    ("ignore", &["source"]),
    ("similar", &["source", "fix"]),
    ("std::fs", &["source"]),
    ("std::net", &[]),
    ("std::process::Child", &["source"]),
    ("std::process::Command", &["source"]),
    ("std::process::Stdio", &["source"]),
    // `report` asks the environment what the terminal can show.
    ("std::env", &["source", "report::terminal", "cli"]),
    // Output. `report` derives the names of its formats for the command line.
    ("anstream", &["report", "cli", "main"]),
    ("anstyle", &["report", "cli"]),
    ("clap", &["report", "cli", "main"]),
    ("indicatif", &["cli"]),
    ("miette", &["settings", "report", "cli"]),
    (
        "serde_json",
        &["settings::schema", "report", "cli", "verdict::baseline"],
    ),
    ("supports_unicode", &["report", "cli"]),
    ("terminal_size", &["report", "cli"]),
    ("textwrap", &["report", "cli"]),
];

/// Methods of [`Path`] that ask the file system.
const ASKS_DISK: &[&str] = &[
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// Names that say nothing about what a module is for.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "util", "utils"];

#[test]
fn the_table_goes_one_way() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for path in *allowed {
            let below = path.split("::").next().unwrap();
            assert!(
                ROOMS[..at].iter().any(|(name, _)| *name == below),
                "{room} may not know {path}: it stands above"
            );
        }
    }
}

#[test]
fn modules_know_only_what_they_may() {
    let mut problems = Vec::new();
    for file in sources() {
        let room = file.module.first().map_or("lib", String::as_str);
        let row = ROOMS.iter().find(|(name, _)| *name == room);
        if row.is_none() && !CORRIDORS.contains(&room) {
            problems.push(format!("{}: ROOMS has no row `{room}`", file.path));
        }
        for known in &file.knows {
            let place = format!("{}:{}", file.path, known.line);
            match (&known.what, row) {
                (What::Inside(path), Some((_, allowed))) => {
                    let is_own = path.first().is_none_or(|first| first == room);
                    if !is_own && !allowed.iter().any(|allowed| starts_with(path, allowed)) {
                        problems.push(format!("{place}: {room} may not know {}", path.join("::")));
                    }
                }
                (What::Inside(_), None) => {}
                (What::Outside(path), _) => {
                    let rows = OUTSIDE
                        .iter()
                        .filter(|(name, _)| starts_with(path, name) || starts_within(path, name));
                    for (name, rooms) in rows {
                        let is_allowed = rooms
                            .iter()
                            .any(|allowed| room == *allowed || starts_with(&file.module, allowed));
                        if !is_allowed {
                            problems.push(format!("{place}: {} may not use {name}", file.module.join("::")));
                        }
                    }
                }
                (What::Disk(method), _) => {
                    if room != "source" {
                        problems.push(format!("{place}: only source asks the file system: `{method}`"));
                    }
                }
                (What::All(path), _) => {
                    if path != &["rayon", "prelude"] {
                        problems.push(format!(
                            "{place}: names are imported one by one: `{}::*`",
                            path.join("::")
                        ));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A wall that no one could run into is not held by this test.
#[test]
fn paths_are_seen_wherever_they_are_written() {
    let code = "
        use crate::{program::{self, Program}, source as text};
        use std::{fs, process};
        fn f(x: &crate::rules::Rule) -> syn::File { assert!(matches!(x, crate::verdict::Verdict { .. })); super::names::g() }
        #[derive(clap::Parser)] struct S;
        fn h(path: &std::path::Path) -> bool { path.exists() }
        #[cfg(test)] mod tests { use crate::report::Report; }
    ";
    let knows = knows(
        &["facts".to_owned(), "names".to_owned()],
        &syn::parse_file(code).unwrap(),
    );
    let written: BTreeSet<String> = knows
        .iter()
        .map(|known| match &known.what {
            What::Inside(path) => format!("crate::{}", path.join("::")),
            What::Outside(path) | What::All(path) => path.join("::"),
            What::Disk(method) => method.clone(),
        })
        .collect();
    let expected = [
        "clap::Parser",
        "crate::facts::names::g",
        "crate::program",
        "crate::program::Program",
        "crate::rules::Rule",
        "crate::source",
        "crate::verdict::Verdict",
        "exists",
        "std::fs",
        "std::path::Path",
        "std::process",
        "syn::File",
    ];
    assert_eq!(written.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn modules_introduce_themselves_and_have_names_that_say_something() {
    for entry in WalkDir::new(source_folder()) {
        let path = entry.unwrap().into_path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !EMPTY_NAMES.contains(&name.as_str()),
            "{}: what is it for?",
            path.display()
        );
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(
                text.starts_with("//! "),
                "{}: does not begin with `//!`",
                path.display()
            );
        }
    }
}

/// One of our source files and what it knows outside its tests.
struct SourceFile {
    path: String,
    module: Vec<String>,
    knows: Vec<Known>,
}

struct Known {
    line: usize,
    what: What,
}

enum What {
    /// A path below our own crate.
    Inside(Vec<String>),
    /// A path of another crate.
    Outside(Vec<String>),
    /// Everything of a path.
    All(Vec<String>),
    /// A method that asks the file system.
    Disk(String),
}

fn source_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Our sources without those that are compiled for tests only.
fn sources() -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut only_tests: Vec<Vec<String>> = Vec::new();
    let folder = source_folder();
    for entry in WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let path = entry
            .path()
            .strip_prefix(&folder)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for item in &syntax.items {
            if let syn::Item::Mod(child) = item
                && is_for_tests(&child.attrs)
            {
                only_tests.push([&module[..], &[child.ident.to_string()]].concat());
            }
        }
        let knows = knows(&module, &syntax);
        files.push(SourceFile {
            path: format!("src/{path}"),
            module,
            knows,
        });
    }
    files.retain(|file| !only_tests.iter().any(|test| file.module.starts_with(test)));
    files
}

fn knows(module: &[String], syntax: &syn::File) -> Vec<Known> {
    let mut reader = Reader {
        module: module.to_vec(),
        knows: Vec::new(),
    };
    reader.visit_file(syntax);
    reader.knows
}

/// Whether `path` is `name` or below it.
fn starts_with(path: &[String], name: &str) -> bool {
    let mut segments = path.iter();
    name.split("::")
        .all(|segment| segments.next().is_some_and(|other| other == segment))
}

/// Whether `path` leads to `name` with a step still to come: `use std::process;` may go on to `process::Command`.
fn starts_within(path: &[String], name: &str) -> bool {
    path.len() > 1
        && name.split("::").count() > path.len()
        && name.split("::").zip(path).all(|(segment, other)| other == segment)
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || matches!(&attribute.meta, syn::Meta::List(list)
                if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

struct Reader {
    module: Vec<String>,
    knows: Vec<Known>,
}

impl Reader {
    /// Notes a path as it is written in the current module.
    fn note(&mut self, segments: &[String], line: usize) {
        let Some((first, rest)) = segments.split_first() else {
            return;
        };
        let what = match first.as_str() {
            "crate" => What::Inside(rest.to_vec()),
            "self" | "super" => {
                let mut module = self.module.clone();
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                module.truncate(module.len().saturating_sub(ups));
                let skipped = ups.max(1);
                What::Inside([&module[..], &segments[skipped..]].concat())
            }
            "std" => What::Outside(segments.to_vec()),
            _ if OUTSIDE.iter().any(|(name, _)| name == first) => What::Outside(segments.to_vec()),
            _ => return,
        };
        self.knows.push(Known { line, what });
    }

    fn note_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.note_use(&path.tree, &before);
            }
            syn::UseTree::Name(syn::UseName { ident, .. }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                let is_self = ident == "self" && !before.is_empty();
                let path = if is_self {
                    before.to_vec()
                } else {
                    [before, &[ident.to_string()]].concat()
                };
                self.note(&path, line);
            }
            syn::UseTree::Glob(_) => {
                self.note(before, line);
                self.knows.push(Known {
                    line,
                    what: What::All(before.to_vec()),
                });
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.note_use(tree, before);
                }
            }
        }
    }

    /// Notes the paths in what syn leaves as tokens: arguments of macros and attributes.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        // the colons since the last name
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path), line);
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' => colons += 1,
                other => {
                    self.note(&std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.note_tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path, line);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_use(&item.tree, &[]);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // `pub(in crate::report)` says who sees it, not what it knows
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.note(&segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.note_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.note_tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let method = call.method.to_string();
        if ASKS_DISK.contains(&method.as_str()) {
            self.knows.push(Known {
                line: call.method.span().start().line,
                what: What::Disk(method),
            });
        }
        visit::visit_expr_method_call(self, call);
    }
}
