//! What git says of a folder: its top level, the files it sees, and what they were in a commit.
//!
//! git is asked in a way that runs no code of the repository (no file system monitor, no hooks, no filters), heeds no
//! configuration of the user's (global excludes), and does not mind who owns the files.

use super::Untracked;
use super::text::reason;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
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

/// A file that differs between a commit and the work tree.
#[derive(Debug)]
pub(super) struct Difference {
    /// Where it lies now, or lay then.
    pub(super) location: PathBuf,
    /// The blob it was in the commit; none if it was not there, or was no regular file.
    pub(super) blob: Option<String>,
    /// Whether it is a regular file of the work tree.
    pub(super) is_there: bool,
}

/// The tree of a commit called `revision` in the work tree at `top`. Where there is no commit yet, `HEAD` is the empty tree.
///
/// # Errors
/// Why there is none, in a few words.
pub(super) fn tree_of(top: &Path, revision: &str) -> Result<String, String> {
    let wanted = format!("{revision}^{{tree}}");
    let parsed = run(top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
    match parsed {
        Ok(output) => Ok(String::from_utf8_lossy(&output.output).trim().to_owned()),
        Err(_) if revision == "HEAD" && run(top, &["rev-parse", "--git-dir"]).is_ok() => {
            let empty = run(top, &["hash-object", "-t", "tree", "--stdin"])?;
            Ok(String::from_utf8_lossy(&empty.output).trim().to_owned())
        }
        Err(failure) if failure.starts_with("git failed") => Err(format!("there is no revision `{revision}`")),
        Err(failure) => Err(failure),
    }
}

/// The files that may differ between `tree` and the work tree at `top`, by path. git looks at the files' dates and sizes only: one
/// that was touched is named even if it says the same.
///
/// # Errors
/// Why git could not say, in a few words.
pub(super) fn differences(top: &Path, tree: &str) -> Result<Vec<Difference>, String> {
    let output = run(
        top,
        &["diff-index", "-z", "--raw", "--no-renames", "--no-ext-diff", tree, "--"],
    )?;
    let mut fields = records(&output.output);
    let mut differences = Vec::new();
    // `:old-mode new-mode old-object new-object status`, then the path
    while let (Some(state), Some(path)) = (fields.next(), fields.next()) {
        let state = String::from_utf8_lossy(state);
        let mut words = state.trim_start_matches(':').split(' ');
        let (Some(old_mode), Some(new_mode), Some(object)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let is_file = |mode: &str| mode.starts_with("100");
        if let Some(path) = path_from(path) {
            differences.push(Difference {
                location: top.join(path),
                blob: is_file(old_mode).then(|| object.to_owned()),
                is_there: is_file(new_mode),
            });
        }
    }
    Ok(differences)
}

/// The contents of blobs, in their order.
///
/// # Errors
/// Why git could not give one, in a few words.
pub(super) fn blobs(top: &Path, objects: &[String]) -> Result<Vec<Vec<u8>>, String> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let mut asked = objects.join("\n");
    asked.push('\n');
    let mut child = spawn(top, &["cat-file", "--batch"], Stdio::piped())?;
    // git answers while it is still asked: who only writes would wait for it for ever.
    let input = child.stdin.take();
    let asking = std::thread::spawn(move || input.map(|mut input| input.write_all(asked.as_bytes())));
    let output = finish(child)?.output;
    // What could not be asked was not answered either, which is found below.
    let _ = asking.join();
    let mut rest = output.as_slice();
    let mut contents = Vec::with_capacity(objects.len());
    for object in objects {
        // `object blob size<LF>content<LF>`
        let content = answer(&mut rest).ok_or_else(|| format!("git does not have the object {object}"))?;
        contents.push(content.to_vec());
    }
    Ok(contents)
}

/// The object that a commit has at `path`, relative to the top level.
pub(super) fn object_of(top: &Path, revision: &str, path: &str) -> Option<String> {
    let wanted = format!("{revision}:{path}");
    let parsed = run(top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
    Some(String::from_utf8_lossy(&parsed.ok()?.output).trim().to_owned())
}

/// When the line `line`, counted from 1, came to be as it is in HEAD, in seconds since 1970; none if git does not know.
pub(super) fn line_time(top: &Path, path: &str, line: usize) -> Option<i64> {
    let range = format!("{line},{line}");
    let blame = run(
        top,
        &[
            "blame",
            "--no-textconv",
            "--porcelain",
            "-L",
            &range,
            "HEAD",
            "--",
            path,
        ],
    )
    .ok()?;
    let text = String::from_utf8_lossy(&blame.output).into_owned();
    let time = text.lines().find_map(|line| line.strip_prefix("committer-time "));
    time?.parse().ok()
}

fn answer<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let header = std::str::from_utf8(&rest[..end]).ok()?;
    let size: usize = header.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(end + 1..end + 1 + size)?;
    *rest = rest.get(end + 2 + size..)?;
    Some(content)
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

fn run(folder: &Path, arguments: &[&str]) -> Result<Output, String> {
    finish(start(folder, arguments)?)
}

fn start(folder: &Path, arguments: &[&str]) -> Result<Child, String> {
    spawn(folder, arguments, Stdio::null())
}

fn spawn(folder: &Path, arguments: &[&str], input: Stdio) -> Result<Child, String> {
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
        .stdin(input)
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
