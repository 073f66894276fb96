//! Which file is which module, and where an import leads.
//!
//! Python looks a module up in source roots. Which folders are roots is not written down anywhere, so it is read off the tree:
//! the program's root, the folders around top-level packages, `src` folders, and folders with a project file.

use super::crates::Crates;
use super::{ProgramFile, file_id};
use crate::facts::{Language, ScopeId};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// Names a folder that holds Python files, directly or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId(u32);

/// What an import path names: a package's folder (with or without `__init__`), a module's file, or a module inside a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A package.
    Folder(FolderId),
    /// A module.
    File(FileId),
    /// A module whose body stands in a file, by its scope.
    Inline(FileId, ScopeId),
}

/// The module tree.
#[derive(Debug, Default)]
pub(super) struct Modules {
    folders: Vec<Folder>,
    /// The dotted name of each file, by id.
    names: Vec<String>,
    /// The folder each file lies in, by id.
    folder_of: Vec<FolderId>,
    /// For each first segment of an absolute import, the roots that have it: the shallowest first, then by path.
    roots: FxHashMap<Box<str>, Vec<FolderId>>,
    /// The same for Rust.
    crates: Crates,
}

#[derive(Debug, Default)]
struct Folder {
    path: String,
    parent: Option<FolderId>,
    folders: FxHashMap<Box<str>, FolderId>,
    modules: FxHashMap<Box<str>, FileId>,
    init: Option<FileId>,
    is_root: bool,
}

/// Folder names that hold sources without being part of a module's name.
const SOURCE_FOLDERS: [&str; 3] = ["src", "lib", "python"];
/// What is run as a script from its own folder, be that a package or not.
const MANAGING: &str = "manage.py";
/// Files that mark a folder as the top of a project.
const PROJECT_FILES: [&str; 6] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    MANAGING,
    "requirements.txt",
    "Pipfile",
];

impl Modules {
    pub(super) fn new(files: &[ProgramFile]) -> Self {
        let mut modules = Self {
            crates: Crates::new(files),
            ..Self::default()
        };
        modules.folders.push(Folder {
            is_root: true,
            ..Folder::default()
        });
        for (index, file) in files.iter().enumerate() {
            modules.add(file_id(index), file);
        }
        modules.find_roots(files);
        modules
    }

    /// The name of a file's module. Python's is dotted, from the root, a leading `src` left out, and empty for the root package
    /// itself; Rust's begins with the crate; a configuration file's is its path.
    pub(super) fn name(&self, file: FileId) -> &str {
        &self.names[file.0 as usize]
    }

    /// The module trees of Rust.
    pub(super) fn crates(&self) -> &Crates {
        &self.crates
    }

    /// The file that holds the names of a module or package.
    pub(super) fn init(&self, place: Place) -> Option<FileId> {
        match place {
            Place::File(file) | Place::Inline(file, _) => Some(file),
            Place::Folder(folder) => self.folder(folder).init,
        }
    }

    /// The package that `file` is the `__init__` of, or the module that it is.
    pub(super) fn place_of(&self, file: FileId) -> Place {
        let folder = self.folder_of[file.0 as usize];
        if self.folder(folder).init == Some(file) {
            Place::Folder(folder)
        } else {
            Place::File(file)
        }
    }

    /// The submodule `name` of a package.
    pub(super) fn submodule(&self, place: Place, name: &str) -> Option<Place> {
        let Place::Folder(folder) = place else { return None };
        self.child(folder, name)
    }

    /// What the first segment of an absolute import in `from` names, if it is part of the program.
    ///
    /// The nearest root around the importing file wins; then the folder of a file that is no package's part (a script finds its
    /// neighbours); then the root that shares the longest path. Roots that do not lie around the file never hide a library.
    pub(super) fn absolute(&self, from: FileId, name: &str, is_library: bool) -> Option<Place> {
        let own = self.folder_of[from.0 as usize];
        let roots = self.roots.get(name).map_or(&[][..], Vec::as_slice);
        let mut around = Some(own);
        while let Some(folder) = around {
            if roots.contains(&folder)
                && let Some(place) = self.child(folder, name).filter(|place| *place != Place::File(from))
            {
                return Some(place);
            }
            around = self.folder(folder).parent;
        }
        if is_library {
            return None;
        }
        if self.folder(own).init.is_none()
            && let Some(place) = self.child(own, name).filter(|place| *place != Place::File(from))
        {
            return Some(place);
        }
        let shared = |folder: FolderId| common_prefix(&self.folder(folder).path, &self.folder(own).path);
        let best = roots.iter().copied().rev().max_by_key(|folder| shared(*folder))?;
        self.child(best, name)
    }

    /// The `conftest.py` files whose fixtures the tests of a file see, the nearest first.
    pub(super) fn conftests_of(&self, file: FileId) -> Vec<FileId> {
        let mut found = Vec::new();
        let mut next = Some(self.folder_of[file.0 as usize]);
        while let Some(folder) = next {
            found.extend(self.folder(folder).modules.get("conftest"));
            next = self.folder(folder).parent;
        }
        found
    }

    /// Whether `file` lies in a package's folder or below it.
    pub(super) fn contains(&self, package: FolderId, file: FileId) -> bool {
        let mut next = Some(self.folder_of[file.0 as usize]);
        while let Some(folder) = next {
            if folder == package {
                return true;
            }
            next = self.folder(folder).parent;
        }
        false
    }

    /// What `name` can mean as the first segment of a path that someone writes at the program's root.
    pub(super) fn anywhere(&self, name: &str) -> Vec<Place> {
        let roots = self.roots.get(name).map_or(&[][..], Vec::as_slice);
        let crates = self.crates.named(name).into_iter().map(Place::File);
        roots
            .iter()
            .filter_map(|root| self.child(*root, name))
            .chain(crates)
            .collect()
    }

    /// The package `levels` up from the module of `from`: 1 is the package that holds it.
    pub(super) fn up(&self, from: FileId, levels: u32) -> Option<Place> {
        let mut folder = self.folder_of[from.0 as usize];
        for _ in 1..levels {
            folder = self.folder(folder).parent?;
        }
        Some(Place::Folder(folder))
    }

    fn folder(&self, id: FolderId) -> &Folder {
        &self.folders[id.0 as usize]
    }

    /// A package wins over a module of the same name, a module over a folder without `__init__`.
    fn child(&self, folder: FolderId, name: &str) -> Option<Place> {
        let folder = self.folder(folder);
        let package = folder.folders.get(name).copied();
        let regular = package
            .filter(|package| self.folder(*package).init.is_some())
            .map(Place::Folder);
        regular
            .or_else(|| folder.modules.get(name).copied().map(Place::File))
            .or_else(|| package.map(Place::Folder))
    }

    fn add(&mut self, id: FileId, file: &ProgramFile) {
        let (folder_path, file_name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        if file.language != Language::Python {
            let name = if file.language == Language::Rust {
                self.crates.name(id)
            } else {
                &file.path
            };
            self.names.push(name.to_owned());
            self.folder_of.push(FolderId(0));
            return;
        }
        let folder = self.folder_at(folder_path);
        let (stem, extension) = file_name.rsplit_once('.').unwrap_or((file_name, ""));
        let entry = &mut self.folders[folder.0 as usize];
        if stem == "__init__" {
            // A stub never hides the code it describes.
            if extension != "pyi" || entry.init.is_none() {
                entry.init = Some(id);
            }
        } else if extension != "pyi" || !entry.modules.contains_key(stem) {
            entry.modules.insert(stem.into(), id);
        }
        let mut name = folder_path
            .strip_prefix("src/")
            .or(Some(folder_path).filter(|path| *path != "src"))
            .unwrap_or("")
            .replace('/', ".");
        if stem != "__init__" {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(stem);
        }
        self.names.push(name);
        self.folder_of.push(folder);
    }

    fn folder_at(&mut self, path: &str) -> FolderId {
        let mut folder = FolderId(0);
        let mut end = 0;
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            end += segment.len() + usize::from(end > 0);
            folder = match self.folder(folder).folders.get(segment) {
                Some(known) => *known,
                None => {
                    let id = FolderId(u32::try_from(self.folders.len()).unwrap_or(u32::MAX));
                    self.folders.push(Folder {
                        path: path[..end].to_owned(),
                        parent: Some(folder),
                        ..Folder::default()
                    });
                    self.folders[folder.0 as usize].folders.insert(segment.into(), id);
                    id
                }
            };
        }
        folder
    }

    fn find_roots(&mut self, files: &[ProgramFile]) {
        for index in 0..self.folders.len() {
            let folder = &self.folders[index];
            let is_package = folder.init.is_some();
            let is_source_folder =
                !is_package && SOURCE_FOLDERS.contains(&folder.path.rsplit('/').next().unwrap_or(""));
            let parent = folder
                .parent
                .filter(|parent| is_package && self.folder(*parent).init.is_none());
            self.folders[index].is_root |= is_source_folder;
            if let Some(parent) = parent {
                self.folders[parent.0 as usize].is_root = true;
            }
        }
        for file in files {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            if PROJECT_FILES.contains(&name)
                && let Some(folder) = self.find_folder(folder)
                && (self.folder(folder).init.is_none() || name == MANAGING)
            {
                self.folders[folder.0 as usize].is_root = true;
            }
        }
        let mut roots: Vec<FolderId> = Vec::new();
        for (index, folder) in self.folders.iter().enumerate() {
            if folder.is_root {
                roots.push(FolderId(u32::try_from(index).unwrap_or(u32::MAX)));
            }
        }
        roots.sort_by_key(|root| {
            (
                self.folder(*root).path.matches('/').count(),
                self.folder(*root).path.clone(),
            )
        });
        for root in roots {
            let folder = self.folder(root);
            let mut names: Vec<Box<str>> = folder.folders.keys().chain(folder.modules.keys()).cloned().collect();
            names.sort();
            names.dedup();
            for name in names {
                self.roots.entry(name).or_default().push(root);
            }
        }
    }

    fn find_folder(&self, path: &str) -> Option<FolderId> {
        path.split('/')
            .filter(|segment| !segment.is_empty())
            .try_fold(FolderId(0), |folder, segment| {
                self.folder(folder).folders.get(segment).copied()
            })
    }
}

fn common_prefix(left: &str, right: &str) -> usize {
    left.split('/')
        .zip(right.split('/'))
        .take_while(|(left, right)| left == right)
        .count()
}
