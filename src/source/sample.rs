//! Folders and repositories for tests.
#![allow(clippy::unwrap_used)]

use super::paths::resolved;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// A temporary folder, removed when the last of its views is dropped.
pub(crate) struct Folder {
    path: PathBuf,
    keeper: Arc<TempDir>,
}

impl Folder {
    /// A folder outside any work tree that holds `files`, given by path and text.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let keeper = tempfile::tempdir().unwrap();
        let folder = Self {
            path: resolved(keeper.path()).unwrap(),
            keeper: Arc::new(keeper),
        };
        folder.write(files);
        folder
    }

    /// A git repository that tracks `files`, without a commit.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Self {
        let folder = Self::of(&[]);
        folder.git(&["init", "-q", "-b", "main"]);
        folder.write(files);
        folder.git(&["add", "-A"]);
        folder
    }

    /// A folder inside this one.
    pub(crate) fn at(&self, path: &str) -> Self {
        Self {
            path: self.path.join(path),
            keeper: Arc::clone(&self.keeper),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.path.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path.join(path)).unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.path.join(path)).unwrap();
    }

    /// Runs git here; it must succeed.
    pub(crate) fn git(&self, arguments: &[&str]) {
        assert!(git(&self.path, arguments), "git {arguments:?}");
    }

    /// Commits everything that is not ignored.
    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "state"]);
    }
}

/// Runs git in `folder`; says whether it succeeded.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> bool {
    let result = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=tester",
            "-c",
            "user.email=tester@example.com",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output();
    result.unwrap().status.success()
}
