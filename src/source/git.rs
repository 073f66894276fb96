//! What git says of a folder: its top level, and the files it sees.
//!
//! git is asked in a way that runs no code of the repository (no file system monitor, no hooks, no filters), heeds no
//! configuration of the user's (global excludes), and does not mind who owns the files.

use super::Untracked;
use super::text::reason;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Variables by which a caller (a hook, say) points git at a repository or an index of its own.
const POINTERS: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_INTERNAL_SUPER_PREFIX",
];

/// The files below a folder, as git sees them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files and symlinks that git tracks. Some may be gone from disk.
    pub(super) tracked: Vec<PathBuf>,
    /// Files and symlinks that git does not track.
    pub(super) untracked: Vec<PathBuf>,
    /// Folders that are submodules or repositories of their own; git does not look into them.
    pub(super) nested: Vec<PathBuf>,
    /// Folders git could not open, and why.
    pub(super) unread: Vec<(PathBuf, String)>,
}

/// The top level of the work tree that holds `folder`, found without git's help.
pub(super) fn top_level(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| is_top_level(folder))
        .map(Path::to_path_buf)
}

/// Whether `folder` is the top level of a work tree: of a clone, a submodule or a linked work tree.
pub(super) fn is_top_level(folder: &Path) -> bool {
    let git = folder.join(".git");
    git.join("HEAD").exists() || linked_directory(folder).is_some()
}

/// The repository behind the work tree at `top`; linked work trees share one.
pub(super) fn repository_of(top: &Path) -> Option<PathBuf> {
    let directory = linked_directory(top).unwrap_or_else(|| top.join(".git"));
    let common = fs::read_to_string(directory.join("commondir")).ok();
    let common = common.map(|path| directory.join(path.trim_end())).unwrap_or(directory);
    common.canonicalize().ok()
}

/// The files below `folder`, which lies in the work tree at `top`. Where `untracked` files are left out, so are folders that git
/// does not track and that are repositories of their own.
///
/// # Errors
/// Why git could not say, in a few words.
pub(super) fn list(folder: &Path, top: &Path, untracked: Untracked) -> Result<Listing, String> {
    let others: Option<&[&str]> = match untracked {
        Untracked::None => None,
        Untracked::Visible => Some(&["ls-files", "-z", "--others", "--exclude-standard"]),
        Untracked::Ignored => Some(&["ls-files", "-z", "--others"]),
    };
    let tracked = start(folder, &["ls-files", "-z", "--cached", "--stage"])?;
    let others = others.map(|arguments| start(folder, arguments));
    let tracked = finish(tracked)?;
    let others = match others {
        Some(others) => finish(others?)?,
        None => Output::default(),
    };

    let mut listing = Listing::default();
    for record in records(&tracked.output) {
        // `mode object stage<TAB>path`
        let Some(tab) = record.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let Some(path) = path_from(&record[tab + 1..]) else {
            continue;
        };
        let list = if record.starts_with(b"160000") {
            &mut listing.nested
        } else {
            &mut listing.tracked
        };
        list.push(folder.join(path));
    }
    for record in records(&others.output) {
        let (list, record) = match record.strip_suffix(b"/") {
            Some(record) => (&mut listing.nested, record),
            None => (&mut listing.untracked, record),
        };
        if let Some(path) = path_from(record) {
            list.push(folder.join(path));
        }
    }
    listing.unread = unopened(&others.messages)
        .map(|(path, why)| (top.join(path), why.to_lowercase()))
        .collect();
    Ok(listing)
}

/// The git directory that a `.git` file in `folder` points to.
fn linked_directory(folder: &Path) -> Option<PathBuf> {
    let link = folder.join(".git");
    if !link.is_file() {
        return None;
    }
    let text = fs::read_to_string(link).ok()?;
    Some(folder.join(text.strip_prefix("gitdir:")?.trim()))
}

#[derive(Default)]
struct Output {
    output: Vec<u8>,
    messages: String,
}

fn start(folder: &Path, arguments: &[&str]) -> Result<Child, String> {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args([
            "-c",
            "core.excludesFile=",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "safe.directory=*",
        ])
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in POINTERS {
        command.env_remove(variable);
    }
    command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "git is not installed".to_owned(),
        _ => format!("git cannot be run: {}", reason(&error)),
    })
}

fn finish(child: Child) -> Result<Output, String> {
    let result = child.wait_with_output().map_err(|error| reason(&error))?;
    let messages = String::from_utf8_lossy(&result.stderr).into_owned();
    if result.status.success() {
        return Ok(Output {
            output: result.stdout,
            messages,
        });
    }
    let fatal = messages.lines().find_map(|line| line.strip_prefix("fatal: "));
    Err(match fatal {
        Some(fatal) => format!("git says: {fatal}"),
        None => format!("git failed ({})", result.status),
    })
}

fn records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

#[cfg(unix)]
fn path_from(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(OsString::from_vec(bytes.to_vec())))
}

#[cfg(not(unix))]
fn path_from(bytes: &[u8]) -> Option<PathBuf> {
    // Elsewhere git writes UTF-8.
    std::str::from_utf8(bytes)
        .ok()
        .map(|path| PathBuf::from(OsString::from(path)))
}

/// The folders, relative to the top level, that git warns it could not open, and why.
fn unopened(messages: &str) -> impl Iterator<Item = (&str, &str)> {
    messages.lines().filter_map(|line| {
        let rest = line.strip_prefix("warning: could not open directory '")?;
        rest.rsplit_once("': ")
    })
}
