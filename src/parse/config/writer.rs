//! Collects what the readers find in one file: settings under the path of keys around them, comments, problems.

use super::{Format, read};
use crate::facts::{FileFacts, Name, Range, Scalar, Setting};
use crate::parse::builder::Builder;
use crate::parse::waiver;
use crate::source::{LineIndex, Span};

/// A value of more bytes than this is no setting that a person wrote.
pub(super) const LONG_VALUE: usize = 4096;
/// What is kept of it: enough to tell a private key from a picture.
pub(super) const KEPT_OF_LONG_VALUE: usize = 64;
/// Files inside files inside a file are read; deeper ones are text.
const DEEPEST_FILE: u32 = 2;
/// A file that is no configuration at all has a problem on each line; a few say so well enough.
const MOST_PROBLEMS: usize = 8;

/// The facts of one file in the making, and the path of keys the reader stands at.
pub(super) struct Writer<'t> {
    text: &'t str,
    builder: Builder,
    comments: Vec<(Span, Name, bool)>,
    path: Vec<Name>,
    /// How many files the one that is read lies in.
    files_around: u32,
}

/// A state of the writer to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    settings: usize,
    comments: usize,
    path: usize,
}

/// The place of a token.
pub(super) fn place(start: usize, end: usize) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}

impl<'t> Writer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            builder: Builder::new(place(0, text.len()).end),
            comments: Vec::new(),
            path: Vec::new(),
            files_around: 0,
        }
    }

    /// The finished facts: settings in the order of their keys, waivers with what they cover.
    pub(super) fn finish(mut self) -> FileFacts {
        self.builder
            .settings()
            .sort_by_key(|setting| (setting.key_span, setting.value_span));
        let text = self.text;
        for (span, content, own_line) in self.comments {
            self.builder.comment(text, span, content, own_line);
        }
        waiver::attach(&mut self.builder, text, |facts, lines| {
            let table = setting_lines(&facts.config, lines, text);
            move |line: usize| table.get(line).copied().flatten()
        });
        self.builder
            .set_lines(text.bytes().filter(|byte| *byte == b'\n').count() + usize::from(!ends_line(text)));
        self.builder.finish()
    }

    /// The text of the file, whose offsets all places are.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The place of the file's text, without a byte order mark.
    pub(super) fn whole(&self) -> Span {
        let start = self.text.len() - self.text.trim_start_matches('\u{feff}').len();
        place(start, self.text.len())
    }

    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub(super) fn bytes(&self, span: Span) -> &'t [u8] {
        self.slice(span).as_bytes()
    }

    pub(super) fn name(&mut self, text: &str) -> Name {
        self.builder.name(kept(text))
    }

    pub(super) fn name_text(&self, name: Name) -> &str {
        self.builder.text(name)
    }

    /// The text of a value, unquoted; an empty one is nothing.
    pub(super) fn value(&mut self, text: &str) -> Scalar {
        if text.is_empty() {
            Scalar::Nothing
        } else {
            Scalar::Text(self.name(text))
        }
    }

    /// What follows stands under `key`, until [`Writer::leave`].
    pub(super) fn enter(&mut self, key: Name) {
        self.path.push(key);
    }

    pub(super) fn leave(&mut self) {
        self.path.pop();
    }

    /// The key that stands directly around what is read.
    pub(super) fn innermost_key(&self) -> Option<&str> {
        self.path.last().map(|key| self.builder.text(*key))
    }

    /// Adds a setting under the current path and gives its number.
    pub(super) fn setting(&mut self, key: Name, key_span: Span, value: Scalar, value_span: Span) -> usize {
        self.path.push(key);
        let path = self.builder.path(&self.path);
        self.path.pop();
        let is_verbatim = self.is_verbatim(value, value_span);
        let settings = self.builder.settings();
        settings.push(Setting {
            path,
            value,
            key_span,
            value_span,
            is_verbatim,
        });
        settings.len() - 1
    }

    /// Adds an item of a sequence, whose key is the innermost of the current path. `path` is what the item before it gave.
    pub(super) fn item(&mut self, path: Option<Range>, value: Scalar, span: Span) -> Range {
        let path = path.unwrap_or_else(|| self.builder.path(&self.path));
        let is_verbatim = self.is_verbatim(value, span);
        self.builder.settings().push(Setting {
            path,
            value,
            key_span: span,
            value_span: span,
            is_verbatim,
        });
        path
    }

    fn is_verbatim(&self, value: Scalar, span: Span) -> bool {
        match value {
            Scalar::Text(text) | Scalar::Number(text) | Scalar::Truth(_, text) => {
                self.slice(span).contains(self.name_text(text))
            }
            Scalar::Nothing => false,
        }
    }

    fn settings(&self) -> &[Setting] {
        &self.builder.facts().config
    }

    /// Turns the settings `name` and `value` of one mapping into one setting that has the first one's text as its key.
    pub(super) fn pair(&mut self, name: usize, value: usize) {
        let (
            Some(Setting {
                value: Scalar::Text(key),
                value_span: key_span,
                ..
            }),
            true,
        ) = (self.settings().get(name).copied(), value < self.settings().len())
        else {
            return;
        };
        self.path.push(key);
        let path = self.builder.path(&self.path);
        self.path.pop();
        let settings = self.builder.settings();
        settings[value].path = path;
        settings[value].key_span = key_span;
        settings.remove(name);
    }

    /// Takes back the setting `number`, the last one or near it.
    pub(super) fn remove(&mut self, number: usize) {
        let settings = self.builder.settings();
        if number < settings.len() {
            settings.remove(number);
        }
    }

    /// Adds a comment; `span` begins with its sign.
    pub(super) fn comment(&mut self, span: Span) {
        let written = self.slice(span);
        let text = match written.strip_prefix("/*") {
            Some(block) => block.strip_suffix("*/").unwrap_or(block),
            None => written.trim_start_matches(|character| written.starts_with(character)),
        };
        let before = self.slice(Span::new(0, span.start)).trim_end_matches([' ', '\t']);
        let own_line = matches!(before, "" | "\u{feff}") || before.ends_with(['\n', '\r']);
        let text = self.name(text.trim());
        self.comments.push((span, text, own_line));
    }

    /// Adds a problem, unless there are many or the last one is the same. A file inside another may be text of any kind, and is
    /// none.
    pub(super) fn problem(&mut self, message: impl Into<String>, span: Span) {
        if self.is_embedded() {
            return;
        }
        let message = message.into();
        let problems = &self.builder.facts().problems;
        let is_known = problems
            .last()
            .is_some_and(|last| last.span == span && last.message == message);
        if problems.len() < MOST_PROBLEMS && !is_known {
            self.builder.problem(message, span);
        }
    }

    /// Reads `span` as a file of its own that stands under the current path; whether any setting came of it.
    pub(super) fn embed(&mut self, format: Format, span: Span) -> bool {
        if self.files_around >= DEEPEST_FILE {
            return false;
        }
        let before = self.settings().len();
        self.files_around += 1;
        read(self, format, self.with_indentation(span));
        self.files_around -= 1;
        self.settings().len() > before
    }

    /// `span` with the white space before it, if that is all its first line has before it.
    pub(super) fn with_indentation(&self, span: Span) -> Span {
        let before = self.slice(Span::new(0, span.start)).trim_end_matches([' ', '\t']);
        if before.is_empty() || before.ends_with('\n') {
            place(before.len(), span.end as usize)
        } else {
            span
        }
    }

    /// Whether the file that is read stands inside another one, indented as that one wants.
    pub(super) fn is_embedded(&self) -> bool {
        self.files_around > 0
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            settings: self.settings().len(),
            comments: self.comments.len(),
            path: self.path.len(),
        }
    }

    /// Forgets what was added since `mark`, problems excepted.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.builder.settings().truncate(mark.settings);
        self.comments.truncate(mark.comments);
        self.path.truncate(mark.path);
    }
}

/// What is kept of a value.
fn kept(text: &str) -> &str {
    if text.len() <= LONG_VALUE {
        text
    } else {
        &text[..text.floor_char_boundary(KEPT_OF_LONG_VALUE)]
    }
}

fn ends_line(text: &str) -> bool {
    text.is_empty() || text.ends_with('\n')
}

/// For each line the lines of the settings that have a part on it.
fn setting_lines(settings: &[Setting], lines: &LineIndex, text: &str) -> Vec<Option<Span>> {
    let mut table: Vec<Option<Span>> = Vec::new();
    for setting in settings {
        let start = setting.key_span.start.min(setting.value_span.start);
        let end = setting.key_span.end.max(setting.value_span.end);
        let (first, last) = (lines.line(start), lines.line(end.saturating_sub(1).max(start)));
        let whole = Span::new(lines.line_span(first, text).start, lines.line_span(last, text).end);
        if table.len() <= last {
            table.resize(last + 1, None);
        }
        for line in &mut table[first..=last] {
            *line = Some(line.map_or(whole, |known| {
                Span::new(known.start.min(whole.start), known.end.max(whole.end))
            }));
        }
    }
    // Other code, such as the key of a mapping, stands for its line; one that ends in `\` goes on in the next.
    table.resize(lines.line(place(0, text.len()).end) + 1, None);
    let mut first = 0;
    for line in 0..table.len() {
        let span = lines.line_span(line, text);
        let content = text.get(span.start as usize..span.end as usize).unwrap_or("").trim();
        if table[line].is_none()
            && !content.is_empty()
            && !content.starts_with(['#', ';'])
            && !content.starts_with("//")
        {
            table[line] = Some(span);
        }
        if !content.ends_with('\\') {
            let group = table[first..=line].iter().flatten();
            let whole = group
                .copied()
                .reduce(|left, right| Span::new(left.start.min(right.start), left.end.max(right.end)));
            if first < line {
                table[first..=line].fill(whole);
            }
            first = line + 1;
        }
    }
    table
}
