//! The program as it was in a commit, and what has changed since. Read from git's objects: nothing is checked out.
//!
//! What lies in repositories of their own below the root (submodules) is taken to be what it is now.

use super::text::decode;
use super::{FileId, LineIndex, Request, Root, SourceFile, Sources, Span, git, paths};
use rustc_hash::{FxHashMap, FxHashSet};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// From this share of lines that two files have in common, one is taken to be the other under a new name.
const SAME_FILE: f32 = 0.5;

/// More pairs of files are not compared line by line.
const MOST_PAIRS: usize = 10_000;

/// A commit, and what the work tree says otherwise.
#[derive(Debug)]
pub struct Revision {
    /// The files that may differ, by location.
    differences: FxHashMap<PathBuf, Difference>,
}

#[derive(Debug)]
struct Difference {
    /// What the commit has; none if it has no such file.
    before: Option<Arc<[u8]>>,
    is_there: bool,
}

impl Revision {
    /// Reads from git what the commit called `name` has otherwise than the work tree that the root lies in.
    ///
    /// # Errors
    /// Why that cannot be told, in a few words.
    pub fn read(root: &Root, name: &str) -> Result<Self, String> {
        let Some(top) = &root.repository else {
            return Err("this is no git work tree".to_owned());
        };
        let tree = git::tree_of(top, name)?;
        let mut found = git::differences(top, &tree)?;
        found.retain(|difference| difference.location.starts_with(&root.folder));
        let objects: Vec<String> = found.iter().filter_map(|difference| difference.blob.clone()).collect();
        let mut contents = git::blobs(top, &objects)?.into_iter();
        let mut differences = FxHashMap::default();
        for difference in found {
            let before = difference.blob.and_then(|_| contents.next());
            differences.insert(
                difference.location,
                Difference {
                    before: before.map(Arc::from),
                    is_there: difference.is_there,
                },
            );
        }
        Ok(Self { differences })
    }

    /// The files that `discover` would have found in the commit, given those that it found now.
    #[must_use]
    pub fn sources(&self, now: &Sources, request: &Request<'_>) -> Sources {
        let was_there =
            |file: &&SourceFile| file.tracked != Some(false) && !self.differences.contains_key(&file.location);
        let mut files: Vec<SourceFile> = now.files.iter().filter(was_there).cloned().collect();
        for (location, difference) in &self.differences {
            let path = paths::inside(&now.root, location);
            let path = path.filter(|path| (request.is_known)(path) && !request.exclude.selects(path));
            if let (Some(path), Some(before)) = (path, &difference.before) {
                files.push(SourceFile {
                    path,
                    location: location.clone(),
                    tracked: Some(true),
                    size: before.len() as u64,
                    content: Some(Arc::clone(before)),
                });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Sources {
            root: now.root.clone(),
            repository: now.repository.clone(),
            files,
            ..Sources::default()
        }
    }

    /// What of the files of now is not what it was in the commit.
    #[must_use]
    pub fn changed_lines(&self, now: &Sources) -> ChangedLines {
        let mut changed = ChangedLines::default();
        let gone = self.gone(now);
        for (id, file) in now.iter() {
            let before = match self.differences.get(&file.location) {
                None if file.tracked == Some(false) => None,
                None => continue,
                Some(difference) => difference.before.as_deref().and_then(text_of),
            };
            let Ok(text) = super::read(now, id) else {
                continue;
            };
            let before = before.or_else(|| renamed(&text, file, &gone));
            let spans = before.map_or_else(|| vec![everything()], |before| changed_spans(&before, &text));
            changed.by_file.insert(id, spans);
        }
        changed
    }

    /// The texts of the files that are no longer where they were.
    fn gone(&self, now: &Sources) -> Vec<(PathBuf, String)> {
        let there: FxHashSet<&Path> = now.files.iter().map(|file| file.location.as_path()).collect();
        let gone = self
            .differences
            .iter()
            .filter(|(location, difference)| !difference.is_there && !there.contains(location.as_path()));
        let texts =
            gone.filter_map(|(location, difference)| Some((location.clone(), text_of(difference.before.as_deref()?)?)));
        let mut texts: Vec<(PathBuf, String)> = texts.collect();
        texts.sort();
        texts
    }
}

/// When a line of a file was last changed in a commit, in seconds since 1970: the 0-based line `line` of `text`, which is what the
/// file at `location` says now. None if it is not committed, or nobody knows.
#[must_use]
pub fn line_time(root: &Root, location: &Path, text: &str, line: usize) -> Option<i64> {
    let top = root.repository.as_ref()?;
    let path = paths::inside(top, location)?;
    let object = git::object_of(top, "HEAD", &path)?;
    let committed = git::blobs(top, &[object]).ok()?;
    let committed = text_of(committed.first()?)?;
    let wanted = *lines_of(text).get(line)?;
    let same = lines_of(&committed).into_iter().enumerate();
    let same = same.filter(|(_, text)| *text == wanted).map(|(at, _)| at);
    git::line_time(top, &path, same.min_by_key(|at| at.abs_diff(line))? + 1)
}

/// The places that a change touches.
#[derive(Clone, Debug, Default)]
pub struct ChangedLines {
    by_file: FxHashMap<FileId, Vec<Span>>,
}

impl ChangedLines {
    /// Whether the change touches a line that `span` has part in.
    #[must_use]
    pub fn touch(&self, file: FileId, span: Span) -> bool {
        let spans = self.by_file.get(&file).map_or(&[][..], Vec::as_slice);
        spans
            .iter()
            .any(|changed| changed.start <= span.end && span.start < changed.end)
    }
}

fn everything() -> Span {
    Span::new(0, u32::MAX)
}

fn text_of(bytes: &[u8]) -> Option<String> {
    decode(bytes).ok().map(|text| text.text.into_owned())
}

/// The text that a new file had under another name.
fn renamed(text: &str, file: &SourceFile, gone: &[(PathBuf, String)]) -> Option<String> {
    let extension = file.location.extension();
    let alike: Vec<&String> = gone
        .iter()
        .filter(|(location, _)| location.extension() == extension)
        .map(|(_, before)| before)
        .collect();
    if let Some(same) = alike.iter().find(|before| before.as_str() == text) {
        return Some((*same).clone());
    }
    if alike.len() > MOST_PAIRS {
        return None;
    }
    let likeness = |before: &&String| share_of_lines(before, text);
    let (best, likeness) = alike
        .iter()
        .map(|before| (before, likeness(before)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    (likeness >= SAME_FILE).then(|| (**best).clone())
}

/// The share of the longer text's lines that the other one has, too.
fn share_of_lines(one: &str, other: &str) -> f32 {
    let mut counts: FxHashMap<&str, i32> = FxHashMap::default();
    for line in one.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let mut common = 0_u16;
    let mut lines = 0_u16;
    for line in other.lines() {
        lines = lines.saturating_add(1);
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common = common.saturating_add(1);
        }
    }
    let longest = lines.max(u16::try_from(one.lines().count()).unwrap_or(u16::MAX));
    f32::from(common) / f32::from(longest.max(1))
}

/// The lines of `text` that `before` does not have. Where lines are gone, those on both sides are taken to be changed.
fn changed_spans(before: &str, text: &str) -> Vec<Span> {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines_of(before), lines_of(text));
    let lines = LineIndex::new(text);
    let span = |from: usize, to: usize| {
        let last = lines.line_span(to.saturating_sub(1).max(from), text);
        Span::new(lines.line_span(from, text).start, last.end)
    };
    let changed = capture_diff_slices(Algorithm::Myers, &old, &new)
        .into_iter()
        .filter_map(|change| match change {
            DiffOp::Equal { .. } => None,
            DiffOp::Delete { new_index, .. } => Some(span(new_index.saturating_sub(1), new_index + 1)),
            DiffOp::Insert { new_index, new_len, .. } | DiffOp::Replace { new_index, new_len, .. } => {
                Some(span(new_index, new_index + new_len))
            }
        });
    changed.collect()
}

/// The lines of a text, without their ends: git may keep others than the work tree has.
fn lines_of(text: &str) -> Vec<&str> {
    text.split('\n').map(|line| line.trim_end_matches('\r')).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::Folder;
    use super::{Revision, changed_spans};
    use crate::source::{Globs, Request, Root, SettingsChoice, Sources, Untracked, discover, find_root, read};

    fn changed(before: &str, text: &str) -> Vec<String> {
        let spans = changed_spans(before, text).into_iter();
        spans
            .map(|span| text[span.start as usize..span.end as usize].to_owned())
            .collect()
    }

    #[test]
    fn changed_lines_are_those_of_now_and_the_neighbours_of_what_is_gone() {
        assert_eq!(changed("a\nb\nc\n", "a\nx\nc\n"), ["x\n"]);
        assert_eq!(changed("a\nb\n", "a\nb\nc\n"), ["c\n"]);
        assert_eq!(changed("a\nb\nc\nd\n", "a\nb\nd\n"), ["b\nd\n"]);
        assert_eq!(changed("a\r\nb\r\n", "a\nb\n"), [""; 0]);
    }

    fn find(folder: &Folder, look: impl Fn(&Root, &Request<'_>, &Sources)) {
        let root = find_root(folder.path(), &[], SettingsChoice::Off).unwrap();
        let request = Request {
            root: &root,
            exclude: &Globs::default(),
            untracked: Untracked::Visible,
            is_known: &|path| path.ends_with(".py"),
        };
        look(&root, &request, &discover(&request));
    }

    #[test]
    fn a_commit_is_read_without_checking_it_out() {
        let body = "one = 1\ntwo = 2\nthree = 3\nfour = 4\n";
        let folder = Folder::repository(&[
            ("kept.py", "k = 1\n"),
            ("gone.py", "g = 1\n"),
            ("old.py", body),
            ("edit.py", "a = 1\n"),
        ]);
        folder.commit();
        folder.remove("gone.py");
        folder.remove("old.py");
        folder.write(&[
            ("new.py", &format!("{body}five = 5\n")),
            ("edit.py", "a = 1\nb = 2\n"),
            ("loose.py", "l = 1\n"),
        ]);
        folder.git(&["add", "new.py"]);
        find(&folder, |root, request, now| {
            let revision = Revision::read(root, "HEAD").unwrap();
            let then = revision.sources(now, request);
            let texts: Vec<(&str, String)> = then
                .iter()
                .map(|(id, file)| (file.path.as_str(), read(&then, id).unwrap()))
                .collect();
            let text = |text: &str| text.to_owned();
            assert_eq!(
                texts,
                [
                    ("edit.py", text("a = 1\n")),
                    ("gone.py", text("g = 1\n")),
                    ("kept.py", text("k = 1\n")),
                    ("old.py", text(body))
                ]
            );
            let changed = revision.changed_lines(now);
            let touched: Vec<String> = now
                .iter()
                .flat_map(|(id, file)| {
                    let spans = changed.by_file.get(&id).cloned().unwrap_or_default();
                    let text = read(now, id).unwrap();
                    let shown = spans.into_iter().map(move |span| {
                        format!(
                            "{}: {}",
                            file.path,
                            text[span.start as usize..text.len().min(span.end as usize)].replace('\n', ";")
                        )
                    });
                    shown.collect::<Vec<_>>()
                })
                .collect();
            assert_eq!(touched, ["edit.py: b = 2;", "loose.py: l = 1;", "new.py: five = 5;"]);
            assert_eq!(Revision::read(root, "lost").unwrap_err(), "there is no revision `lost`");
            assert!(Revision::read(root, "--all").is_err());
        });
    }

    #[test]
    fn before_the_first_commit_everything_is_new() {
        let folder = Folder::repository(&[("a.py", "a = 1\n")]);
        find(&folder, |root, request, now| {
            let revision = Revision::read(root, "HEAD").unwrap();
            assert!(revision.sources(now, request).files.is_empty());
            assert_eq!(revision.changed_lines(now).by_file.len(), 1);
        });
    }
}
