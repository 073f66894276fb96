//! The files of a run, by id.

use super::paths;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names a file of the run. Ids follow the order of paths, so ordering by id is ordering by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A file that was found.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// Where it lies on disk.
    pub location: PathBuf,
    /// Whether git tracks it; `None` outside a work tree.
    pub tracked: Option<bool>,
    /// How many bytes it had when it was found.
    pub size: u64,
    /// Its bytes, where they are those of a commit and not those on disk.
    pub content: Option<Arc<[u8]>>,
}

/// A file that was found but not (wholly) read, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// In a few words.
    pub reason: String,
}

/// The files of a run, sorted by path.
#[derive(Debug, Default)]
pub struct Sources {
    /// The root, absolute.
    pub root: PathBuf,
    /// The git top level, if the root lies in a work tree.
    pub repository: Option<PathBuf>,
    /// The files. A [`FileId`] is an index into them.
    pub files: Vec<SourceFile>,
    /// What discovery itself could not follow: symlink loops, unreadable folders. Sorted by path.
    pub unread: Vec<Unread>,
    /// Why git's view could not be taken, where there is a work tree: `.gitignore` files were read instead, and which files are
    /// tracked is not known.
    pub git_failure: Option<String>,
}

impl Sources {
    /// The path of a file as seen from the folder `base`, with forward slashes.
    #[must_use]
    pub fn path_from(&self, base: &Path, file: FileId) -> String {
        paths::relative(base, &self[file].location)
    }

    /// Every file with its id, in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }
}

impl std::ops::Index<FileId> for Sources {
    type Output = SourceFile;
    fn index(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }
}
