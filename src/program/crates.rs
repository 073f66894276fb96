//! Which Rust file is which module of which crate.
//!
//! Cargo's manifests say where the crates begin, `mod` declarations what belongs to them. A file that no declaration reaches is a
//! root of its own: a lone script, or a file that is not compiled at all.

use super::{ProgramFile, file_id};
use crate::facts::{FileFacts, Language, Module, ModuleId, Scalar, ScopeId, ScopeKind};
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// The crates of the program and their module trees.
#[derive(Debug, Default)]
pub(super) struct Crates {
    /// The root file of the crate that each file belongs to.
    root_of: FxHashMap<FileId, FileId>,
    /// The module that declares each file: the declaring file, and the scope in it that the declaration stands in.
    declared_in: FxHashMap<FileId, (FileId, ScopeId)>,
    /// The file of each `mod name;`.
    file_of: FxHashMap<(FileId, ModuleId), FileId>,
    /// Library crates by the name that others use them by.
    libraries: FxHashMap<String, FileId>,
    /// The `::` path of each file's module.
    names: FxHashMap<FileId, String>,
    /// The files whose module is declared in test code alone.
    tests: FxHashSet<FileId>,
}

/// Folders whose files are each a crate of their own.
const TARGET_FOLDERS: [&str; 4] = ["src/bin", "examples", "tests", "benches"];

impl Crates {
    pub(super) fn new(files: &[ProgramFile]) -> Self {
        let mut crates = Self::default();
        let is_rust = |file: &ProgramFile| file.language == Language::Rust;
        if !files.iter().any(is_rust) {
            return crates;
        }
        let by_path: FxHashMap<&str, FileId> = files
            .iter()
            .enumerate()
            .filter(|(_, file)| is_rust(file))
            .map(|(index, file)| (file.path.as_str(), file_id(index)))
            .collect();
        for manifest in files
            .iter()
            .filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"))
        {
            for (name, root, is_library) in targets(manifest, &by_path) {
                if is_library {
                    crates.libraries.entry(name.clone()).or_insert(root);
                }
                crates.follow(root, name, files, &by_path);
            }
        }
        // Without a manifest, files with the names of roots first, so that they claim their modules.
        let mut rest: Vec<(&str, FileId)> = by_path.iter().map(|(path, file)| (*path, *file)).collect();
        let is_root_name = |path: &str| matches!(path.rsplit('/').next(), Some("lib.rs" | "main.rs"));
        rest.sort_by_key(|(path, _)| {
            (
                !is_root_name(path),
                path.ends_with("/mod.rs"),
                path.matches('/').count(),
                *path,
            )
        });
        for (path, file) in rest {
            let name = if is_root_name(path) && path.matches('/').count() <= 1 {
                "crate".to_owned()
            } else {
                path_name(path)
            };
            crates.follow(file, name, files, &by_path);
        }
        crates
    }

    /// The `::` path of a Rust file's module.
    pub(super) fn name(&self, file: FileId) -> &str {
        self.names.get(&file).map_or("crate", String::as_str)
    }

    /// The root file of the crate that `file` belongs to.
    pub(super) fn root(&self, file: FileId) -> FileId {
        self.root_of.get(&file).copied().unwrap_or(file)
    }

    /// The module that declares the module of `file`; none for a root.
    pub(super) fn declared_in(&self, file: FileId) -> Option<(FileId, ScopeId)> {
        self.declared_in.get(&file).copied()
    }

    /// The file of a module that `file` declares without a body.
    pub(super) fn file_of(&self, file: FileId, module: ModuleId) -> Option<FileId> {
        self.file_of.get(&(file, module)).copied()
    }

    /// The root file of the library crate that others know as `name`.
    pub(super) fn library(&self, name: &str) -> Option<FileId> {
        self.libraries.get(name).copied()
    }

    /// Whether the module of `file` exists in test builds alone: `#[cfg(test)] mod support;`.
    pub(super) fn is_test(&self, file: FileId) -> bool {
        self.tests.contains(&file)
    }

    /// The root files of the crates that are called `name`, in order.
    pub(super) fn named(&self, name: &str) -> Vec<FileId> {
        let is_root = |file: &FileId| self.root_of.get(file) == Some(file);
        let mut roots: Vec<FileId> = self
            .names
            .iter()
            .filter(|(file, own)| *own == name && is_root(file))
            .map(|(file, _)| *file)
            .collect();
        roots.sort_unstable();
        roots
    }

    /// Claims `root` and the files that its declarations reach, unless another crate has them.
    fn follow(&mut self, root: FileId, name: String, files: &[ProgramFile], by_path: &FxHashMap<&str, FileId>) {
        if self.root_of.contains_key(&root) {
            return;
        }
        self.root_of.insert(root, root);
        self.names.insert(root, name);
        let mut waiting = VecDeque::from([root]);
        while let Some(file) = waiting.pop_front() {
            let data = &files[file.0 as usize];
            let own_folder = folder_of_children(&data.path, file == root);
            let declaring = self.name(file).to_owned();
            for (index, module) in data.facts.modules.iter().enumerate() {
                let id = ModuleId(u32::try_from(index).unwrap_or(u32::MAX));
                if module.scope.is_some() {
                    continue;
                }
                let inner = inline_path(&data.facts, module.parent);
                let Some(child) = file_of_module(&data.facts, module, &data.path, &own_folder, &inner, by_path) else {
                    continue;
                };
                if self.root_of.contains_key(&child) {
                    continue;
                }
                let segments = std::iter::once(declaring.as_str()).chain(inner.iter().map(String::as_str));
                let name = segments
                    .chain([data.facts.text(module.name)])
                    .collect::<Vec<_>>()
                    .join("::");
                let in_test = data.facts.tests.iter().any(|test| test.contains(module.extent));
                if in_test || self.is_test(file) {
                    self.tests.insert(child);
                }
                self.root_of.insert(child, root);
                self.declared_in
                    .insert(child, (file, module_scope(&data.facts, module.parent)));
                self.file_of.insert((file, id), child);
                self.names.insert(child, name);
                waiting.push_back(child);
            }
        }
    }
}

/// The module scope around `scope`: that of an inline module, or the file's.
pub(super) fn module_scope(facts: &FileFacts, mut scope: ScopeId) -> ScopeId {
    loop {
        match (facts[scope].kind, facts[scope].parent) {
            (ScopeKind::Inline(_), _) | (_, None) => return scope,
            (_, Some(parent)) => scope = parent,
        }
    }
}

/// The crates that a manifest declares or implies: name, root file, whether others can depend on it.
fn targets(manifest: &ProgramFile, by_path: &FxHashMap<&str, FileId>) -> Vec<(String, FileId, bool)> {
    let folder = manifest.path.strip_suffix("Cargo.toml").unwrap_or("");
    let facts = &manifest.facts;
    let value = |wanted: &str| {
        facts.config.iter().find_map(|setting| {
            let path: Vec<&str> = facts
                .path(setting.path)
                .iter()
                .map(|segment| facts.text(*segment))
                .collect();
            match setting.value {
                Scalar::Text(text) if path.join(".") == wanted => Some(facts.text(text)),
                _ => None,
            }
        })
    };
    let crate_name = |name: &str| name.replace('-', "_");
    let package = value("package.name")
        .map(crate_name)
        .unwrap_or_else(|| "crate".to_owned());
    let mut found = Vec::new();
    let library = format!("{folder}{}", value("lib.path").unwrap_or("src/lib.rs"));
    if let Some(root) = by_path.get(library.as_str()) {
        found.push((
            value("lib.name").map_or_else(|| package.clone(), crate_name),
            *root,
            true,
        ));
    }
    if let Some(root) = by_path.get(format!("{folder}src/main.rs").as_str()) {
        found.push((package.clone(), *root, false));
    }
    for setting in &facts.config {
        let path: Vec<&str> = facts
            .path(setting.path)
            .iter()
            .map(|segment| facts.text(*segment))
            .collect();
        if let (["bin" | "example" | "test" | "bench", "path"], Scalar::Text(file)) = (&path[..], setting.value)
            && let Some(root) = by_path.get(format!("{folder}{}", facts.text(file)).as_str())
        {
            found.push((path_name(facts.text(file)), *root, false));
        }
    }
    let mut implied: Vec<(&str, FileId)> = by_path
        .iter()
        .filter(|(path, _)| {
            let Some(inside) = path.strip_prefix(folder) else {
                return false;
            };
            let in_target = TARGET_FOLDERS.iter().any(|target| {
                let name = inside.strip_prefix(target).and_then(|rest| rest.strip_prefix('/'));
                name.is_some_and(|name| {
                    !name.contains('/') || (name.matches('/').count() == 1 && name.ends_with("/main.rs"))
                })
            });
            inside == "build.rs" || in_target
        })
        .map(|(path, file)| (*path, *file))
        .collect();
    implied.sort_unstable();
    found.extend(
        implied
            .into_iter()
            .map(|(path, file)| (path_name(&path[folder.len()..]), file, false)),
    );
    found
}

/// `src/bin/serve.rs` is `serve`, `a/b.rs` is `a::b`.
fn path_name(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let stem = stem
        .strip_suffix("/main")
        .or_else(|| stem.strip_suffix("/mod"))
        .unwrap_or(stem);
    let inside = TARGET_FOLDERS
        .iter()
        .find_map(|folder| stem.strip_prefix(folder)?.strip_prefix('/'));
    let inside = inside.or_else(|| stem.strip_prefix("src/")).unwrap_or(stem);
    inside
        .split('/')
        .map(|segment| segment.replace('-', "_"))
        .collect::<Vec<_>>()
        .join("::")
}

/// The folder in which the modules that a file declares lie: its own for roots and `mod.rs`, else the one of its name.
fn folder_of_children(path: &str, is_root: bool) -> String {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (folder, name));
    let prefix = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    if is_root || name == "mod.rs" {
        prefix
    } else {
        format!("{prefix}{}/", name.strip_suffix(".rs").unwrap_or(name))
    }
}

/// The names of the inline modules around a scope, the outermost first.
fn inline_path(facts: &FileFacts, scope: ScopeId) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = Some(scope);
    while let Some(scope) = next {
        if let ScopeKind::Inline(module) = facts[scope].kind {
            names.push(facts.text(facts[module].name).to_owned());
        }
        next = facts[scope].parent;
    }
    names.reverse();
    names
}

fn file_of_module(
    facts: &FileFacts,
    module: &Module,
    declaring: &str,
    own_folder: &str,
    inner: &[String],
    by_path: &FxHashMap<&str, FileId>,
) -> Option<FileId> {
    let inline: String = inner.iter().map(|name| format!("{name}/")).collect();
    if let Some(written) = module.file {
        // `#[path]` is relative to the declaring file's folder, in an inline module to that module's.
        let folder = if inner.is_empty() {
            declaring
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| format!("{folder}/"))
        } else {
            format!("{own_folder}{inline}")
        };
        return by_path
            .get(normalized(&format!("{folder}{}", facts.text(written))).as_str())
            .copied();
    }
    let name = facts.text(module.name).trim_start_matches("r#");
    let base = format!("{own_folder}{inline}{name}");
    by_path
        .get(format!("{base}.rs").as_str())
        .or_else(|| by_path.get(format!("{base}/mod.rs").as_str()))
        .copied()
}

/// A path without `.` and `..`.
fn normalized(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    segments.join("/")
}
