//! The files of a run, by id, and how their text is read.

use std::path::PathBuf;

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
    /// What discovery itself could not follow: symlink loops, unreadable folders.
    pub unread: Vec<Unread>,
}

impl std::ops::Index<FileId> for Sources {
    type Output = SourceFile;
    fn index(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }
}
