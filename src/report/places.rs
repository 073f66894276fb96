//! Where things are: sites as paths, lines and columns, seen from the folder that a format counts from.

use super::{Report, sarif};
use crate::finding::Site;
use crate::source::{FileId, LineIndex, Position, relative};
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::rc::Rc;

/// How many bytes a byte order mark has in UTF-8.
const BYTE_ORDER_MARK: u32 = 3;

/// A site as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where it begins.
    pub(super) start: Position,
    /// Where it ends, exclusive.
    pub(super) end: Position,
}

/// Looks places up, and keeps the texts that it had to read for that.
pub(super) struct Places<'a> {
    report: &'a Report<'a>,
    /// The folder that paths are relative to.
    base: &'a Path,
    texts: RefCell<FxHashMap<FileId, Option<Rc<Text>>>>,
}

/// The text of one file.
pub(super) struct Text {
    pub(super) content: String,
    pub(super) lines: LineIndex,
    line_hashes: OnceCell<Vec<String>>,
}

impl<'a> Places<'a> {
    /// Paths are written as seen from the folder `base`.
    pub(super) fn seen_from(base: &'a Path, report: &'a Report<'a>) -> Self {
        Self {
            report,
            base,
            texts: RefCell::default(),
        }
    }

    /// Paths are written as seen from the repository, or from the root where there is none: what services of repositories expect.
    pub(super) fn seen_from_repository(report: &'a Report<'a>) -> Self {
        let base = report.sources.repository.as_ref().unwrap_or(&report.sources.root);
        Self::seen_from(base, report)
    }

    /// The path of a file of the run.
    pub(super) fn path(&self, file: FileId) -> String {
        self.report.sources.path_from(self.base, file)
    }

    /// A path below the root.
    pub(super) fn path_below_root(&self, path: &str) -> String {
        relative(self.base, &self.report.sources.root.join(path))
    }

    /// Lines and columns of a site; the file's first character if its text is no longer there.
    pub(super) fn place(&self, site: Site) -> Place {
        let first = Position { line: 1, column: 1 };
        match self.text(site.file) {
            Some(text) => Place {
                start: text.lines.position(site.span.start, &text.content),
                end: text.lines.position(site.span.end, &text.content),
            },
            None => Place {
                start: first,
                end: first,
            },
        }
    }

    /// Lines and columns of a site's start and end, in bytes of UTF-8.
    pub(super) fn in_bytes(&self, site: Site) -> ((u32, u32), (u32, u32)) {
        let text = self.text(site.file);
        let position = |offset: u32, known: Position| {
            let start = text.as_ref().map_or(offset, |text| {
                let start = text.lines.line_span(text.lines.line(offset), &text.content).start;
                match text.content.starts_with('\u{feff}') && start == 0 {
                    true => BYTE_ORDER_MARK,
                    false => start,
                }
            });
            (known.line, offset.saturating_sub(start) + 1)
        };
        let place = self.place(site);
        (
            position(site.span.start, place.start),
            position(site.span.end, place.end),
        )
    }

    /// The text of a file, if it can still be read.
    pub(super) fn text(&self, file: FileId) -> Option<Rc<Text>> {
        if let Some(known) = self.texts.borrow().get(&file) {
            return known.clone();
        }
        let text = (self.report.text)(file).map(|content| {
            Rc::new(Text {
                lines: LineIndex::new(&content),
                content,
                line_hashes: OnceCell::new(),
            })
        });
        self.texts.borrow_mut().insert(file, text.clone());
        text
    }
}

impl Text {
    /// The hash by which GitHub follows the 1-based line `line`.
    pub(super) fn line_hash(&self, line: u32) -> Option<&str> {
        let hashes = self.line_hashes.get_or_init(|| sarif::line_hashes(&self.content));
        hashes.get((line as usize).checked_sub(1)?).map(String::as_str)
    }
}
