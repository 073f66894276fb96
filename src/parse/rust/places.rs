//! From proc-macro2's lines and columns to byte offsets of the file.
//!
//! `Span::byte_range` would do, but it grows a search tree with every question; here a question is one addition, or, in lines
//! that are not plain ASCII, a walk over at most [`STEP`] characters.

use crate::source::Span;
use proc_macro2::LineColumn;
use syn::Ident;

/// Every how many characters the byte offset is kept, in files that are not plain ASCII.
const STEP: usize = 64;

/// Where the lines of a file begin, and which part of the file proc-macro2 was given.
pub(super) struct Places<'a> {
    pub(super) text: &'a str,
    /// Byte offset of each line. Lines end in LF alone, as proc-macro2 counts them.
    lines: Vec<u32>,
    wide: Option<Wide>,
    /// The 0-based line and the column (in characters) at which the part begins.
    base: (usize, usize),
}

/// Character counts, for files that are not plain ASCII.
struct Wide {
    /// Index of each line's first character.
    lines: Vec<u32>,
    /// Byte offset of every [`STEP`]th character.
    marks: Vec<u32>,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| offset(at + 1))).collect();
        Self {
            text,
            lines,
            wide: (!text.is_ascii()).then(|| Wide::new(text)),
            base: (0, 0),
        }
    }

    /// From now on, lines and columns are those of a part of the text that begins at `start`.
    pub(super) fn begin_at(&mut self, start: usize) {
        let line = self.line_of(offset(start));
        let line_start = self.lines.get(line).map_or(0, |start| *start as usize);
        let column = self
            .text
            .get(line_start..start)
            .map_or(0, |before| before.chars().count());
        self.base = (line, column);
    }

    fn line_of(&self, offset: u32) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    pub(super) fn start(&self, span: proc_macro2::Span) -> u32 {
        self.at(span.start())
    }

    pub(super) fn end(&self, span: proc_macro2::Span) -> u32 {
        self.at(span.end())
    }

    pub(super) fn span(&self, span: proc_macro2::Span) -> Span {
        Span::new(self.start(span), self.end(span))
    }

    fn at(&self, place: LineColumn) -> u32 {
        let (first, indent) = self.base;
        let line = first + place.line.saturating_sub(1);
        let column = place.column + if place.line <= 1 { indent } else { 0 };
        let end = offset(self.text.len());
        let Some(start) = self.lines.get(line).copied() else {
            return end;
        };
        let at = match &self.wide {
            Some(wide) if !wide.is_narrow(line, &self.lines) => wide.offset(line, column, self.text),
            _ => start.saturating_add(offset(column)),
        };
        at.min(end)
    }

    /// An identifier's text, without the `r#` of a raw one, and its place.
    pub(super) fn ident(&self, ident: &Ident) -> (&'a str, Span) {
        let start = self.start(ident.span());
        let rest = self.text.get(start as usize..).unwrap_or("");
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        let bytes = rest.as_bytes().get(raw..).unwrap_or_default();
        let length = bytes
            .iter()
            .position(|byte| !super::tokens::is_word(*byte))
            .unwrap_or(bytes.len());
        let text = rest.get(raw..raw + length).unwrap_or("");
        (text, Span::new(start, start + offset(raw + length)))
    }
}

impl Wide {
    fn new(text: &str) -> Self {
        let mut lines = vec![0];
        let mut marks = Vec::with_capacity(text.len() / STEP + 1);
        for (index, (at, sign)) in text.char_indices().enumerate() {
            if index % STEP == 0 {
                marks.push(offset(at));
            }
            if sign == '\n' {
                lines.push(offset(index + 1));
            }
        }
        Self { lines, marks }
    }

    /// Whether each character of a line is one byte.
    fn is_narrow(&self, line: usize, bytes: &[u32]) -> bool {
        match (self.lines.get(line..line + 2), bytes.get(line..line + 2)) {
            (Some([start, end]), Some([first, behind])) => end - start == behind - first,
            _ => false,
        }
    }

    fn offset(&self, line: usize, column: usize, text: &str) -> u32 {
        let index = self.lines.get(line).map_or(0, |first| *first as usize) + column;
        let Some(mark) = self.marks.get(index / STEP) else {
            return offset(text.len());
        };
        let rest = text.get(*mark as usize..).unwrap_or("");
        let inside = rest.char_indices().nth(index % STEP).map_or(rest.len(), |(at, _)| at);
        *mark + offset(inside)
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::Places;
    use proc_macro2::LineColumn;

    #[test]
    fn lines_and_columns_become_bytes() {
        let text = format!("ab\nüü{}x\r\n{}\nz", "é".repeat(100), "y".repeat(3));
        let places = Places::new(&text);
        for (byte, sign) in text.char_indices() {
            let before = &text[..byte];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count();
            let found = places.at(LineColumn { line, column });
            assert_eq!(found as usize, byte, "{sign:?} at {line}:{column}");
        }
        let far = LineColumn { line: 9, column: 9 };
        assert_eq!(places.at(far) as usize, text.len());
    }

    #[test]
    fn a_part_begins_where_it_is_said_to() {
        let text = "a\nüb c\nd";
        let mut places = Places::new(text);
        places.begin_at(4);
        assert_eq!(places.at(LineColumn { line: 1, column: 0 }), 4);
        assert_eq!(places.at(LineColumn { line: 1, column: 2 }), 6);
        assert_eq!(places.at(LineColumn { line: 2, column: 0 }), 8);
    }
}
