//! The files of a folder where git cannot be asked: `.gitignore` files are heeded, nothing else is.

use super::git;
use super::text::reason;
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files below a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files and symlinks.
    pub(super) files: Vec<PathBuf>,
    /// Folders that are repositories of their own; they were not looked into.
    pub(super) nested: Vec<PathBuf>,
    /// What could not be opened, and why.
    pub(super) unread: Vec<(PathBuf, String)>,
}

/// The files below `folder`; with `ignored`, also those that an ignore rule names.
///
/// Hidden files are files like any other, `.git` is not. In a work tree (`in_repository`) the ignore rules of the folders above
/// count up to its top level, as they do for git; elsewhere those below `folder` are all there are, and need no repository.
pub(super) fn list(folder: &Path, in_repository: bool, ignored: bool) -> Listing {
    let nested = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&nested);
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_ignore(!ignored)
        .git_exclude(!ignored)
        .parents(in_repository && !ignored)
        .require_git(in_repository)
        .follow_links(false)
        .filter_entry(move |entry| {
            if entry.depth() == 0 {
                return true;
            }
            if entry.file_name() == ".git" {
                return false;
            }
            let is_repository = is_folder(entry) && git::is_top_level(entry.path());
            if is_repository {
                lock(&seen).push(entry.path().to_path_buf());
            }
            !is_repository
        })
        .build_parallel();
    let found = Mutex::new(Listing::default());
    walk.run(|| {
        let mut mine = Share::of(&found);
        Box::new(move |entry| {
            match entry {
                Ok(entry) if is_folder(&entry) => {}
                Ok(entry) => mine.listing.files.push(entry.into_path()),
                Err(error) => mine.listing.unread.push(unread(&error, folder)),
            }
            WalkState::Continue
        })
    });
    let mut listing = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    listing.nested = std::mem::take(&mut lock(&nested));
    // Threads find files in no particular order; which of several work trees of one repository is entered must not depend on it.
    listing.nested.sort();
    listing
}

/// What one thread of a walk finds; it joins the rest when the thread is done.
struct Share<'w> {
    listing: Listing,
    whole: &'w Mutex<Listing>,
}

impl<'w> Share<'w> {
    fn of(whole: &'w Mutex<Listing>) -> Self {
        Self {
            listing: Listing::default(),
            whole,
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut whole = lock(self.whole);
        whole.files.append(&mut self.listing.files);
        whole.unread.append(&mut self.listing.unread);
    }
}

/// What a lock guards, also behind a thread that panicked: what it had found until then is no less true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// What a walk's error is about and what it says. An error that names no path is about the whole walk.
fn unread(error: &ignore::Error, folder: &Path) -> (PathBuf, String) {
    let mut error = error;
    let mut about = None;
    loop {
        error = match error {
            ignore::Error::WithPath { path, err } => {
                about = Some(path.clone());
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let why = match error {
        ignore::Error::Io(error) => reason(error),
        other => other.to_string(),
    };
    (about.unwrap_or_else(|| folder.to_path_buf()), why)
}
