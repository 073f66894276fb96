//! Fixes as texts: which edits go together, and what the files say once they are made.
//!
//! It knows edits and texts; how a fix is found, and whether it helps, is not its business. Nothing is written here: that is
//! `source`'s. Start with [`compose`].

use crate::finding::{Edit, Site};
use crate::source::{FileId, Span};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The lines shown around a change.
const CONTEXT: usize = 3;

/// Files with the edits of some fixes made.
#[derive(Debug, Default)]
pub struct Composed {
    /// The fixes that were taken, by their place in what was given.
    pub taken: Vec<usize>,
    /// Those that were not, and why.
    pub left: Vec<(usize, Obstacle)>,
    /// The new texts.
    pub texts: BTreeMap<FileId, String>,
    edits: BTreeMap<FileId, BTreeSet<Change>>,
}

/// Why a fix is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// Another one changes the same text.
    Overlap,
    /// The file could not be read any more.
    Syntax,
    /// The finding would still be there.
    Remains,
    /// The file is in an encoding that is not written.
    Encoding,
    /// The changed lines hold a secret, which is not shown.
    Secret,
}

/// An edit in its file. Ordered by place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    span: Span,
    replacement: String,
}

/// Takes as many `fixes` as go together, the first ones first, each with all its edits or not at all. Edits that are the same are
/// made once.
///
/// `text` gives what a file says, or what is in the way of changing it; `parses` tells whether a new text of it can be read as well as
/// the old one.
pub fn compose<'t>(
    fixes: &[&[Edit]],
    text: &dyn Fn(FileId) -> Result<&'t str, Obstacle>,
    parses: &dyn Fn(FileId, &str) -> bool,
) -> Composed {
    let mut composed = Composed::default();
    for (index, fix) in fixes.iter().enumerate() {
        match composed.with(fix, text, parses) {
            Ok((edits, texts)) => {
                composed.edits.extend(edits);
                composed.texts.extend(texts);
                composed.taken.push(index);
            }
            Err(obstacle) => composed.left.push((index, obstacle)),
        }
    }
    composed
}

type Made = (BTreeMap<FileId, BTreeSet<Change>>, BTreeMap<FileId, String>);

impl Composed {
    /// Where the start of a place of the old text lies in the new one.
    #[must_use]
    pub fn moved(&self, site: Site) -> u32 {
        let offset = i64::from(site.span.start);
        let edits = self.edits.get(&site.file).into_iter().flatten();
        let before = edits.take_while(|change| change.span.start < site.span.start);
        let moved = before.fold(offset, |moved, change| {
            let replaced = change.span.end.min(site.span.start) - change.span.start;
            moved + i64::try_from(change.replacement.len()).unwrap_or(0) - i64::from(replaced)
        });
        // What is put in just there stands before it.
        let edits = self.edits.get(&site.file).into_iter().flatten();
        let here = edits.filter(|change| change.span == Span::new(site.span.start, site.span.start));
        let inserted: usize = here.map(|change| change.replacement.len()).sum();
        u32::try_from(moved).unwrap_or(0) + u32::try_from(inserted).unwrap_or(0)
    }

    /// The files that a fix touches, with its edits beside those that were taken.
    fn with<'t>(
        &self,
        fix: &[Edit],
        text: &dyn Fn(FileId) -> Result<&'t str, Obstacle>,
        parses: &dyn Fn(FileId, &str) -> bool,
    ) -> Result<Made, Obstacle> {
        let mut edits: BTreeMap<FileId, BTreeSet<Change>> = BTreeMap::new();
        for edit in fix {
            let of_file = edits
                .entry(edit.site.file)
                .or_insert_with(|| self.edits.get(&edit.site.file).cloned().unwrap_or_default());
            let old = text(edit.site.file)?;
            let change = Change {
                span: edit.site.span,
                replacement: with_line_ends_of(old, &edit.replacement),
            };
            if of_file.contains(&change) {
                continue;
            }
            if of_file.iter().any(|other| overlap(other.span, change.span)) {
                return Err(Obstacle::Overlap);
            }
            of_file.insert(change);
        }
        let mut texts = BTreeMap::new();
        for (file, changes) in &edits {
            let new = changed(text(*file)?, changes).ok_or(Obstacle::Syntax)?;
            if !parses(*file, &new) {
                return Err(Obstacle::Syntax);
            }
            texts.insert(*file, new);
        }
        Ok((edits, texts))
    }
}

/// Whether two edits change the same text. What is put in at one place goes in one behind the other.
fn overlap(left: Span, right: Span) -> bool {
    left.start < right.end && right.start < left.end
}

fn changed(text: &str, changes: &BTreeSet<Change>) -> Option<String> {
    let mut new = String::with_capacity(text.len());
    let mut done = 0;
    for change in changes {
        new.push_str(text.get(done..change.span.start as usize)?);
        new.push_str(&change.replacement);
        done = change.span.end as usize;
    }
    new.push_str(text.get(done..)?);
    Some(new)
}

/// New lines end as those of the file do.
fn with_line_ends_of(text: &str, replacement: &str) -> String {
    let ends = match text.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    };
    replacement.replace('\n', ends)
}

/// What changes in the file at `path`, as `patch` and `git apply` read it, with as many lines around it as show none of the `secret`
/// lines; nothing where what changes is itself one of them.
#[must_use]
pub fn unified_diff(path: &str, old: &str, new: &str, secret: &HashSet<&str>) -> Option<String> {
    let changes = TextDiff::from_lines(old, new);
    let with_context = |lines: usize| {
        changes
            .unified_diff()
            .context_radius(lines)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string()
    };
    let shows_secret = |diff: &String| {
        let lines = diff.lines().filter_map(|line| line.get(1..));
        lines.into_iter().any(|line| secret.contains(line))
    };
    (0..=CONTEXT).rev().map(with_context).find(|diff| !shows_secret(diff))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn edit(start: u32, end: u32, replacement: &str) -> Edit {
        Edit {
            site: site(start, end),
            replacement: replacement.to_owned(),
        }
    }

    fn site(start: u32, end: u32) -> Site {
        Site {
            file: FILE,
            span: Span::new(start, end),
        }
    }

    fn composed(text: &str, fixes: &[Vec<Edit>]) -> Composed {
        let fixes: Vec<&[Edit]> = fixes.iter().map(Vec::as_slice).collect();
        compose(&fixes, &|_| Ok(text), &|_, new| !new.contains('!'))
    }

    #[test]
    fn fixes_are_taken_whole_or_not_at_all() {
        let fixes = [
            vec![edit(0, 1, "A"), edit(4, 5, "E")],
            vec![edit(3, 5, "x"), edit(1, 2, "B")],
            vec![edit(2, 3, "!")],
            vec![edit(4, 5, "E"), edit(5, 5, "F")],
        ];
        let made = composed("abcde", &fixes);
        assert_eq!(made.taken, [0, 3]);
        assert_eq!(made.left, [(1, Obstacle::Overlap), (2, Obstacle::Syntax)]);
        assert_eq!(made.texts[&FILE], "AbcdEF");
    }

    #[test]
    fn what_is_put_in_at_one_place_is_put_in_once_each() {
        let fixes = [
            vec![edit(2, 2, "x\n"), edit(2, 3, "1")],
            vec![edit(2, 2, "y\n"), edit(4, 5, "2")],
            vec![edit(2, 2, "x\n"), edit(5, 6, "3")],
        ];
        let made = composed("a\r\nbcdef", &fixes);
        assert_eq!(made.taken, [0, 1, 2]);
        assert_eq!(made.texts[&FILE], "a\rx\r\ny\r\n1b23ef");
    }

    #[test]
    fn places_are_found_again() {
        let made = composed("abcdef", &[vec![edit(1, 3, "12345"), edit(4, 4, "+")]]);
        assert_eq!(made.texts[&FILE], "a12345d+ef");
        let moved = [0, 1, 3, 4, 5].map(|at| made.moved(site(at, at + 1)));
        assert_eq!(moved, [0, 1, 6, 8, 9]);
    }

    #[test]
    fn a_diff_can_be_applied() {
        let diff = |secret: &[&str]| {
            let secret = secret.iter().copied().collect();
            unified_diff("a.py", "0\n1\n2\n", "0\n1\n3\n", &secret)
        };
        let head = "--- a/a.py\n+++ b/a.py\n";
        assert_eq!(diff(&[]), Some(format!("{head}@@ -1,3 +1,3 @@\n 0\n 1\n-2\n+3\n")));
        assert_eq!(diff(&["0"]), Some(format!("{head}@@ -2,2 +2,2 @@\n 1\n-2\n+3\n")));
        assert_eq!(diff(&["2"]), None);
    }
}
