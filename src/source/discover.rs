//! Which files a run reads.

use super::text::reason;
use super::{Globs, Root, SourceFile, Sources, Unread, git, paths, walk};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Which files that git does not track are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Untracked {
    /// None. A commit holds none of them.
    None,
    /// Those that no ignore rule names.
    #[default]
    Visible,
    /// Those that an ignore rule names, too.
    Ignored,
}

/// What [`discover`] is to look for.
pub struct Request<'a> {
    /// Where. Files of it that were named are read whatever the rest of the request says.
    pub root: &'a Root,
    /// Paths, relative to the root, to leave out.
    pub exclude: &'a Globs,
    /// What to read beside the files that git tracks.
    pub untracked: Untracked,
    /// Whether a file of this path, relative to the root, is of a language that is read.
    pub is_known: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Finds the files of a run.
///
/// In a work tree these are the files git tracks, even if an ignore rule names them, and the untracked ones that the request asks
/// for; elsewhere all that no `.gitignore` names. Submodules and repositories below the root belong to the program and are seen
/// through git in their turn; other work trees of the same repository are copies of the program and do not. Ignore rules of the
/// user's own (git's global excludes) never count, so that every machine reads the same files.
///
/// Folders that are symlinks are not entered. A symlink to a file stands for the file if that lies below the root and is not
/// read itself.
#[must_use]
pub fn discover(request: &Request<'_>) -> Sources {
    let root = request.root;
    let mut exploration = Exploration {
        root: &root.folder,
        untracked: request.untracked,
        repositories: root
            .repository
            .iter()
            .filter_map(|top| git::repository_of(top))
            .collect(),
        found: Vec::new(),
        unread: Vec::new(),
        git_failure: None,
    };
    exploration.explore(&root.folder, root.repository.as_deref());
    let Exploration {
        found,
        mut unread,
        git_failure,
        ..
    } = exploration;

    let mut candidates = candidates(found, request, &mut unread);
    add_named(&mut candidates, request, &mut unread);
    candidates.par_sort_by(|a, b| a.path.cmp(&b.path).then(b.tracked.cmp(&a.tracked)));
    candidates.dedup_by(|a, b| a.path == b.path);
    let files = on_disk(candidates, &root.folder, &mut unread);

    unread.sort();
    unread.dedup();
    Sources {
        root: root.folder.clone(),
        repository: root.repository.clone(),
        files,
        unread,
        git_failure,
    }
}

/// What is found before anything is known of it but its place.
struct Found {
    location: PathBuf,
    tracked: Option<bool>,
}

struct Exploration<'a> {
    root: &'a Path,
    untracked: Untracked,
    /// The repositories whose work trees have been entered.
    repositories: FxHashSet<PathBuf>,
    found: Vec<Found>,
    unread: Vec<Unread>,
    git_failure: Option<String>,
}

impl Exploration<'_> {
    /// Finds the files below `folder`, which lies in the work tree at `top`, if in any.
    fn explore(&mut self, folder: &Path, top: Option<&Path>) {
        let listing = top.map(|top| git::list(folder, top, self.untracked));
        let (nested, unread) = match listing {
            Some(Ok(listing)) => {
                self.add(listing.tracked, Some(true));
                self.add(listing.untracked, Some(false));
                (listing.nested, listing.unread)
            }
            None | Some(Err(_)) => {
                if let Some(Err(failure)) = listing {
                    self.git_failure.get_or_insert(failure);
                }
                let listing = walk::list(folder, top.is_some(), self.untracked == Untracked::Ignored);
                self.add(listing.files, None);
                (listing.nested, listing.unread)
            }
        };
        for (location, reason) in unread {
            self.unread.push(Unread {
                path: paths::relative(self.root, &location),
                reason,
            });
        }
        for nested in nested {
            // A submodule that was never checked out is an empty folder; one that a symlink replaces may lie anywhere.
            let is_folder = fs::symlink_metadata(&nested).is_ok_and(|metadata| metadata.is_dir());
            if !is_folder || !git::is_top_level(&nested) {
                continue;
            }
            if git::repository_of(&nested).is_none_or(|repository| self.repositories.insert(repository)) {
                self.explore(&nested, Some(&nested));
            }
        }
    }

    fn add(&mut self, locations: Vec<PathBuf>, tracked: Option<bool>) {
        let found = locations.into_iter().map(|location| Found { location, tracked });
        self.found.extend(found);
    }
}

/// Keeps what is of a known language, and either not excluded or named on the command line.
fn candidates(found: Vec<Found>, request: &Request<'_>, unread: &mut Vec<Unread>) -> Vec<SourceFile> {
    let root = &request.root.folder;
    let installed = installed(&found, root);
    let is_left_out = |path: &str| request.exclude.selects(path) || lies_in(path, &installed);
    let is_wanted = |path: &str| {
        let named = &request.root.named;
        (request.is_known)(path) && (!is_left_out(path) || named.iter().any(|named| named == path))
    };
    let mut candidates = Vec::new();
    for Found { location, tracked } in found {
        match paths::inside(root, &location) {
            Some(path) if is_wanted(&path) => candidates.push(SourceFile {
                path,
                location,
                tracked,
                size: 0,
                content: None,
            }),
            Some(_) => {}
            None => {
                let path = paths::relative(root, &location);
                if is_wanted(&path) {
                    let reason = "its name is not UTF-8".to_owned();
                    unread.push(Unread { path, reason });
                }
            }
        }
    }
    candidates
}

/// The folders below the root that Python distributions were installed in: each holds what several of them say of themselves. What
/// else lies there is code of others, as in `site-packages`. (One alone is a distribution that was unpacked, the program itself.)
fn installed(found: &[Found], root: &Path) -> FxHashSet<String> {
    let mut distributions: FxHashMap<&Path, usize> = FxHashMap::default();
    for Found { location, .. } in found {
        let about = location.parent().filter(|_| location.ends_with("METADATA"));
        if let Some(about) = about.filter(|about| about.extension().is_some_and(|extension| extension == "dist-info"))
            && let Some(folder) = about.parent()
        {
            *distributions.entry(folder).or_default() += 1;
        }
    }
    let several = distributions.into_iter().filter(|(_, count)| *count > 1);
    let folders = several.filter_map(|(folder, _)| paths::inside(root, folder));
    folders.filter(|folder| !folder.is_empty()).collect()
}

/// Whether a file lies in one of some folders.
fn lies_in(path: &str, folders: &FxHashSet<String>) -> bool {
    !folders.is_empty() && path.match_indices('/').any(|(end, _)| folders.contains(&path[..end]))
}

/// Adds the files named on the command line that are ignored. Where one was found anyway, that entry knows whether git tracks it
/// and wins when doubles are dropped.
fn add_named(candidates: &mut Vec<SourceFile>, request: &Request<'_>, unread: &mut Vec<Unread>) {
    let root = request.root;
    for path in &root.named {
        if (request.is_known)(path) {
            candidates.push(SourceFile {
                path: path.clone(),
                location: root.folder.join(path),
                tracked: root.repository.as_ref().map(|_| false),
                size: 0,
                content: None,
            });
        } else {
            unread.push(Unread {
                path: path.clone(),
                reason: "not in a language that is read".to_owned(),
            });
        }
    }
}

/// What a path leads to on disk.
enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A symlink to a regular file, by its location and size.
    Link(PathBuf, u64),
    /// Nothing to read, and nothing to tell: gone since git last looked, a folder, a pipe.
    Nothing,
    /// Something that cannot be read.
    Unread(String),
}

/// Keeps what is a file on disk, each file once.
fn on_disk(candidates: Vec<SourceFile>, root: &Path, unread: &mut Vec<Unread>) -> Vec<SourceFile> {
    let kinds: Vec<Kind> = candidates
        .par_iter()
        .map(|candidate| kind(&candidate.location))
        .collect();
    let mut read: FxHashSet<PathBuf> = FxHashSet::default();
    if kinds.iter().any(|kind| matches!(kind, Kind::Link(..))) {
        let regular = candidates
            .iter()
            .zip(&kinds)
            .filter(|(_, kind)| matches!(kind, Kind::File(_)));
        read.extend(regular.map(|(candidate, _)| candidate.location.clone()));
    }
    let mut files = Vec::with_capacity(candidates.len());
    for (candidate, kind) in candidates.into_iter().zip(kinds) {
        let reason = match kind {
            Kind::File(size) => {
                files.push(SourceFile { size, ..candidate });
                continue;
            }
            Kind::Link(target, size) if target.starts_with(root) => {
                if read.insert(target) {
                    files.push(SourceFile { size, ..candidate });
                }
                continue;
            }
            Kind::Nothing => continue,
            Kind::Link(..) => "symlink to a file outside the root".to_owned(),
            Kind::Unread(reason) => reason,
        };
        unread.push(Unread {
            path: candidate.path,
            reason,
        });
    }
    files
}

fn kind(location: &Path) -> Kind {
    let metadata = match fs::symlink_metadata(location) {
        Ok(metadata) => metadata,
        Err(error) if is_gone(&error) => return Kind::Nothing,
        Err(error) => return Kind::Unread(reason(&error)),
    };
    if metadata.is_file() {
        return Kind::File(metadata.len());
    }
    if !metadata.is_symlink() {
        return Kind::Nothing;
    }
    let target = paths::resolved(location).and_then(|target| Ok((fs::metadata(&target)?, target)));
    match target {
        Ok((metadata, target)) if metadata.is_file() => Kind::Link(target, metadata.len()),
        Ok(_) => Kind::Nothing,
        Err(error) if is_gone(&error) => Kind::Unread("dangling symlink".to_owned()),
        Err(error) => Kind::Unread(format!("symlink that cannot be followed: {}", reason(&error))),
    }
}

/// Whether a path that git lists is no longer there: deleted, or a file now stands where its folder was.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{Folder, git};
    use super::{Request, Sources, Untracked, discover};
    use crate::source::{Glob, Globs, SettingsChoice, find_root};
    use std::path::PathBuf;

    struct Options {
        named: &'static [&'static str],
        exclude: &'static [&'static str],
        untracked: Untracked,
    }

    const PLAIN: Options = Options {
        named: &[],
        exclude: &[],
        untracked: Untracked::Visible,
    };

    fn sources(folder: &Folder, options: &Options) -> Sources {
        let mut paths = vec![PathBuf::from(".")];
        paths.extend(options.named.iter().map(PathBuf::from));
        let root = find_root(folder.path(), &paths, SettingsChoice::Off).unwrap();
        let globs: Vec<Glob> = options.exclude.iter().map(|glob| Glob::parse(glob).unwrap()).collect();
        discover(&Request {
            root: &root,
            exclude: &Globs::new(&globs).unwrap(),
            untracked: options.untracked,
            is_known: &|path| path.ends_with(".py") || path.ends_with(".env"),
        })
    }

    /// The paths found, with `+` where git tracks them and `-` where it does not.
    fn listed(sources: &Sources) -> Vec<String> {
        let mark = |tracked| match tracked {
            Some(true) => "+",
            Some(false) => "-",
            None => "",
        };
        let files = sources.files.iter();
        files
            .map(|file| format!("{}{}", mark(file.tracked), file.path))
            .collect()
    }

    fn unread(sources: &Sources) -> Vec<String> {
        let unread = sources.unread.iter();
        unread
            .map(|unread| format!("{}: {}", unread.path, unread.reason))
            .collect()
    }

    #[test]
    fn a_work_tree_is_seen_as_git_sees_it() {
        let folder = Folder::repository(&[
            ("kept.py", ""),
            ("build/tracked.py", ""),
            ("gone.py", ""),
            ("notes.txt", ""),
            ("pkg/.env", ""),
        ]);
        folder.commit();
        folder.write(&[(".gitignore", "build/\n*.log.py\n"), (".git/info/exclude", "mine.py\n")]);
        folder.write(&[
            ("new.py", ""),
            ("build/made.py", ""),
            ("x.log.py", ""),
            ("mine.py", ""),
            (".hidden/a.py", ""),
        ]);
        folder.write(&[
            ("line\nbreak.py", ""),
            ("d\u{e9}j\u{e0}.py", ""),
            (".git/hooks/a.py", ""),
        ]);
        folder.remove("gone.py");

        let plain = sources(&folder, &PLAIN);
        assert_eq!(
            listed(&plain),
            [
                "-.hidden/a.py",
                "+build/tracked.py",
                "-d\u{e9}j\u{e0}.py",
                "+kept.py",
                "-line\nbreak.py",
                "-new.py",
                "+pkg/.env"
            ]
        );
        assert_eq!(unread(&plain), [""; 0]);
        assert_eq!(plain.git_failure, None);

        let all = sources(
            &folder,
            &Options {
                untracked: Untracked::Ignored,
                ..PLAIN
            },
        );
        for path in ["-build/made.py", "-x.log.py", "-mine.py"] {
            assert!(listed(&all).contains(&path.to_owned()), "{path}");
        }
        assert!(!listed(&all).iter().any(|path| path.contains(".git/")));

        let committed = Options {
            untracked: Untracked::None,
            named: &["new.py"],
            ..PLAIN
        };
        let committed = sources(&folder, &committed);
        assert_eq!(
            listed(&committed),
            ["+build/tracked.py", "+kept.py", "-new.py", "+pkg/.env"]
        );

        let named = Options {
            named: &["build/made.py", "notes.txt", "kept.py"],
            exclude: &["*.py"],
            ..PLAIN
        };
        let named = sources(&folder, &named);
        assert_eq!(listed(&named), ["-build/made.py", "+kept.py", "+pkg/.env"]);
        assert_eq!(unread(&named), ["notes.txt: not in a language that is read"]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_of_the_repository_is_run_and_nothing_of_the_user_heeded() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::repository(&[("a.py", "")]);
        folder.commit();
        folder.write(&[
            ("b.py", ""),
            ("monitor", "#!/bin/sh\ntouch ran.py\n"),
            ("mine", "b.py\n"),
        ]);
        let monitor = folder.path().join("monitor");
        std::fs::set_permissions(&monitor, std::fs::Permissions::from_mode(0o755)).unwrap();
        folder.git(&["config", "core.fsmonitor", monitor.to_str().unwrap()]);
        folder.git(&[
            "config",
            "core.excludesFile",
            folder.path().join("mine").to_str().unwrap(),
        ]);
        assert_eq!(listed(&sources(&folder, &PLAIN)), ["+a.py", "-b.py"]);
    }

    #[test]
    fn a_folder_below_the_top_level_is_seen_by_itself() {
        let folder = Folder::repository(&[("a.py", ""), ("sub/b.py", ""), (".gitignore", "made.py\n")]);
        folder.write(&[("sub/made.py", ""), ("sub/c.py", "")]);
        folder.git(&["add", "sub/b.py"]);
        assert_eq!(listed(&sources(&folder.at("sub"), &PLAIN)), ["+b.py", "-c.py"]);
    }

    #[test]
    fn the_index_is_enough_to_be_tracked_and_a_conflict_is_one_file() {
        let folder = Folder::repository(&[("a.py", "1")]);
        folder.commit();
        folder.git(&["checkout", "-q", "-b", "other"]);
        folder.write(&[("a.py", "2")]);
        folder.commit();
        folder.git(&["checkout", "-q", "main"]);
        folder.write(&[("a.py", "3")]);
        folder.commit();
        git(folder.path(), &["merge", "-q", "other"]);
        folder.write(&[("b.py", "")]);
        folder.git(&["add", "b.py"]);
        assert_eq!(listed(&sources(&folder, &PLAIN)), ["+a.py", "+b.py"]);
    }

    #[test]
    fn outside_a_work_tree_gitignore_files_count() {
        let folder = Folder::of(&[
            ("a.py", ""),
            (".env", ""),
            (".gitignore", "made/\n"),
            ("made/b.py", ""),
            (".ignore", "c.py"),
            ("c.py", ""),
            ("x/.gitignore", "/d.py"),
            ("x/d.py", ""),
            ("x/y/d.py", ""),
        ]);
        let plain = sources(&folder, &PLAIN);
        assert_eq!(listed(&plain), [".env", "a.py", "c.py", "x/y/d.py"]);
        let excluding = Options {
            exclude: &["x/", ".*"],
            ..PLAIN
        };
        assert_eq!(listed(&sources(&folder, &excluding)), ["a.py", "c.py"]);
        let all = Options {
            untracked: Untracked::Ignored,
            ..PLAIN
        };
        assert_eq!(
            listed(&sources(&folder, &all)),
            [".env", "a.py", "c.py", "made/b.py", "x/d.py", "x/y/d.py"]
        );
    }

    #[test]
    fn distributions_that_were_installed_below_the_root_are_left_out() {
        let folder = Folder::of(&[
            ("app/a.py", ""),
            ("app-1.0.dist-info/METADATA", ""),
            ("app/dist/asgiref/b.py", ""),
            ("app/dist/asgiref-3.4.1.dist-info/METADATA", ""),
            ("app/dist/click/c.py", ""),
            ("app/dist/click-8.0.4.dist-info/METADATA", ""),
            ("other/one/d.py", ""),
            ("other/one-1.0.dist-info/METADATA", ""),
        ]);
        assert_eq!(listed(&sources(&folder, &PLAIN)), ["app/a.py", "other/one/d.py"]);
    }

    #[test]
    fn submodules_and_repositories_inside_are_part_of_the_program() {
        let library = Folder::repository(&[("lib.py", ""), (".gitignore", "lib_made.py\n")]);
        library.commit();
        let folder = Folder::repository(&[("a.py", "")]);
        let url = library.path().to_str().unwrap();
        folder.git(&[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            url,
            "vendored",
        ]);
        folder.commit();
        folder.write(&[("vendored/lib_new.py", ""), ("vendored/lib_made.py", "")]);
        folder.git(&["init", "-q", "cloned"]);
        folder.write(&[("cloned/b.py", "")]);
        folder.git(&["worktree", "add", "-q", "copy"]);
        assert_eq!(
            listed(&sources(&folder, &PLAIN)),
            ["+a.py", "-cloned/b.py", "+vendored/lib.py", "-vendored/lib_new.py"]
        );
        let committed = Options {
            untracked: Untracked::None,
            ..PLAIN
        };
        assert_eq!(listed(&sources(&folder, &committed)), ["+a.py", "+vendored/lib.py"]);
        assert_eq!(
            listed(&sources(&folder.at("vendored"), &PLAIN)),
            ["+lib.py", "-lib_new.py"]
        );
        assert_eq!(listed(&sources(&folder.at("copy"), &PLAIN)), ["+a.py"]);
    }

    #[test]
    fn repositories_in_a_plain_folder_are_seen_through_git() {
        let folder = Folder::of(&[
            ("top.py", ""),
            ("one/a.py", ""),
            ("two/made.py", ""),
            ("two/.gitignore", "made.py"),
        ]);
        folder.git(&["init", "-q", "two"]);
        git(&folder.path().join("two"), &["add", "-f", "made.py"]);
        assert_eq!(
            listed(&sources(&folder, &PLAIN)),
            ["one/a.py", "top.py", "+two/made.py"]
        );
    }

    #[test]
    fn a_broken_repository_is_read_without_git_and_says_so() {
        let folder = Folder::of(&[
            ("a.py", ""),
            (".gitignore", "made.py"),
            ("made.py", ""),
            (".git/HEAD", "nonsense"),
        ]);
        folder.write(&[
            ("sub/.gitignore", "b.py"),
            ("sub/b.py", ""),
            ("sub/made.py", ""),
            ("sub/c.py", ""),
        ]);
        let plain = sources(&folder, &PLAIN);
        assert_eq!(listed(&plain), ["a.py", "sub/c.py"]);
        assert!(plain.git_failure.is_some());
        // The rules above a folder count up to the top level.
        assert_eq!(listed(&sources(&folder.at("sub"), &PLAIN)), ["c.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_stands_for_a_file_that_is_not_read_itself() {
        let outside = Folder::of(&[("far.py", "")]);
        for folder in [Folder::repository(&[]), Folder::of(&[])] {
            folder.write(&[
                ("a.py", ""),
                ("made/b.py", ""),
                (".gitignore", "made/\n"),
                ("pkg/c.py", ""),
            ]);
            folder.link("a.py", "a_again.py");
            folder.link("made/b.py", "b1.py");
            folder.link("made/b.py", "b2.py");
            folder.link("nowhere.py", "dangling.py");
            folder.link("loop2.py", "loop1.py");
            folder.link("loop1.py", "loop2.py");
            folder.link(".", "pkg/me");
            folder.link("pkg", "folder.py");
            folder.link(outside.path().join("far.py").to_str().unwrap(), "far.py");
            let plain = sources(&folder, &PLAIN);
            let paths: Vec<&str> = plain.files.iter().map(|file| file.path.as_str()).collect();
            assert_eq!(paths, ["a.py", "b1.py", "pkg/c.py"]);
            let unread = unread(&plain);
            assert_eq!(unread.len(), 4, "{unread:?}");
            assert_eq!(unread[0], "dangling.py: dangling symlink");
            assert_eq!(unread[1], "far.py: symlink to a file outside the root");
            assert!(unread[2].starts_with("loop1.py: symlink that cannot be followed"));
            assert!(unread[3].starts_with("loop2.py: symlink that cannot be followed"));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_is_told() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
        for folder in [Folder::repository(&[("a.py", "")]), Folder::of(&[("a.py", "")])] {
            std::fs::write(folder.path().join(name), "").unwrap();
            let plain = sources(&folder, &PLAIN);
            assert_eq!(plain.files.len(), 1);
            assert_eq!(unread(&plain), ["caf\u{fffd}.py: its name is not UTF-8"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_opened_is_told() {
        use std::os::unix::fs::PermissionsExt;
        for folder in [Folder::repository(&[]), Folder::of(&[])] {
            folder.write(&[("a.py", ""), ("x/shut/b.py", "")]);
            let shut = folder.path().join("x/shut");
            std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o000)).unwrap();
            let privileged = std::fs::read_dir(&shut).is_ok();
            let plain = sources(&folder, &PLAIN);
            std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o755)).unwrap();
            if !privileged {
                assert_eq!(plain.files.len(), 1);
                assert_eq!(unread(&plain), ["x/shut: permission denied"]);
            }
        }
    }
}
