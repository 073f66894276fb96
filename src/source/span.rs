//! Places in a file: byte ranges, and the line and column they stand for.

use serde::Serialize;

/// A half-open range of byte offsets into the text of one file.
///
/// Offsets count the bytes of the file as it lies on disk (a byte order mark included), so a span can be read back without
/// knowing how the file was decoded. Files larger than 4 GiB are never read, so 32 bits are enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte behind the range.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to, but not including, `end`.
    #[must_use]
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies wholly inside this range.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The last `length` bytes: the name's token at the end of a dotted expression.
    #[must_use]
    pub fn tail(self, length: usize) -> Self {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        Self {
            start: self.end.saturating_sub(length).max(self.start),
            end: self.end,
        }
    }
}

/// A position as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode code points.
    pub column: u32,
}

/// The line starts of one text, to turn offsets into positions.
///
/// Lines end in LF, CRLF or a lone CR, as in Python and in SARIF viewers.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the line starts of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends_line {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    /// The 0-based index of the line that holds `offset`.
    #[must_use]
    pub fn line(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The byte range of the 0-based line `line` of `text`, its line ending included.
    #[must_use]
    pub fn line_span(&self, line: usize, text: &str) -> Span {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let start = self.starts.get(line).copied().unwrap_or(length);
        let end = self.starts.get(line + 1).copied().unwrap_or(length);
        Span::new(start, end)
    }

    /// Line and column of `offset` in `text`, the text this index was made from.
    #[must_use]
    pub fn position(&self, offset: u32, text: &str) -> Position {
        let line = self.line(offset);
        let start = self.starts.get(line).copied().unwrap_or(0) as usize;
        let before = text.get(start..(offset as usize).min(text.len())).unwrap_or("");
        let column = before.trim_start_matches('\u{feff}').chars().count();
        Position {
            line: count(line + 1),
            column: count(column + 1),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
