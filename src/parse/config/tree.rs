//! Keeps the path of keys while a reader walks a format that nests, and tells settings from structure.

use super::Format;
use super::writer::{Writer, place};
use crate::deploy::{self, Gives};
use crate::facts::{Name, Range, Scalar};
use crate::source::Span;

/// Mappings and sequences inside one another beyond this are not looked into.
const DEEPEST: usize = 64;

/// Where a walk through mappings and sequences stands.
pub(super) struct Tree<'w, 't> {
    pub(super) writer: &'w mut Writer<'t>,
    frames: Vec<Frame>,
    /// How many levels the walk is below the deepest that is looked into.
    below: usize,
}

/// A scalar as its reader found it.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) scalar: Scalar,
    pub(super) span: Span,
    /// Whether its lines stand in the text as they are, but for indentation.
    pub(super) is_block: bool,
}

/// What the scalars directly in a mapping or sequence are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Values,
    /// Shell commands.
    Commands,
    /// The words of one command, any of which may be a script.
    Arguments,
}

/// A mapping or sequence that is open.
struct Frame {
    is_sequence: bool,
    /// Whether it is an item of a sequence.
    is_item: bool,
    /// Whether the key it belongs to was entered.
    has_key: bool,
    holds: Holds,
    /// Whether the last item was `-c`, behind which a script stands.
    script_follows: bool,
    /// Whether the last item was a flag behind which a list of assignments stands.
    list_follows: bool,
    /// The key whose value comes next.
    key: Option<(Name, Span)>,
    /// The settings that say the name and the value of `{name: …, value: …}`.
    name: Option<usize>,
    value: Option<usize>,
    /// The path of its items.
    items: Option<Range>,
}

impl<'w, 't> Tree<'w, 't> {
    pub(super) fn new(writer: &'w mut Writer<'t>) -> Self {
        Self {
            writer,
            frames: Vec::new(),
            below: 0,
        }
    }

    /// Whether a mapping is open that waits for a key.
    pub(super) fn expects_key(&self) -> bool {
        self.below == 0
            && self
                .frames
                .last()
                .is_some_and(|frame| !frame.is_sequence && frame.key.is_none())
    }

    /// Whether nothing is open.
    pub(super) fn is_at_root(&self) -> bool {
        self.frames.is_empty()
    }

    /// The next value of the open mapping belongs to the key `text`.
    pub(super) fn key(&mut self, text: &str, span: Span) {
        if self.below > 0 {
            return;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some((self.writer.name(text), span));
        }
    }

    pub(super) fn open_mapping(&mut self, at: usize) {
        self.open(false, at);
    }

    pub(super) fn open_sequence(&mut self, at: usize) {
        self.open(true, at);
    }

    /// Opens a sequence whose items are the words of a command, whatever its key.
    pub(super) fn open_arguments(&mut self, at: usize) {
        self.open(true, at);
        if let Some(frame) = self.frames.last_mut() {
            frame.holds = Holds::Arguments;
        }
    }

    fn open(&mut self, is_sequence: bool, at: usize) {
        if self.frames.len() >= DEEPEST {
            if self.below == 0 {
                let message = format!("nested deeper than {DEEPEST} levels: not read there");
                self.writer.problem(message, place(at, at));
            }
            self.below += 1;
            return;
        }
        let mut frame = Frame {
            is_sequence,
            is_item: false,
            has_key: false,
            holds: Holds::Values,
            script_follows: false,
            list_follows: false,
            key: None,
            name: None,
            value: None,
            items: None,
        };
        if let Some(around) = self.frames.last_mut() {
            if let Some((key, _)) = around.key.take() {
                let text = self.writer.name_text(key);
                frame.has_key = true;
                frame.holds = match holds(text) {
                    _ if !is_sequence && text == "scripts" => Holds::Commands,
                    Holds::Values if is_sequence => around.holds,
                    holds if is_sequence => holds,
                    _ => Holds::Values,
                };
                self.writer.enter(key);
            } else if around.is_sequence {
                frame.is_item = true;
                if is_sequence {
                    frame.holds = around.holds;
                }
            }
        }
        self.frames.push(frame);
    }

    /// Closes the innermost mapping or sequence.
    pub(super) fn close(&mut self) {
        if self.below > 0 {
            self.below -= 1;
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        if let (true, Some(name), Some(value)) = (frame.is_item, frame.name, frame.value) {
            self.writer.pair(name, value);
        }
        if frame.has_key {
            self.writer.leave();
        }
    }

    /// Closes whatever is open.
    pub(super) fn close_all(&mut self) {
        self.below = 0;
        while !self.frames.is_empty() {
            self.close();
        }
    }

    /// The value that comes next says nothing here.
    pub(super) fn skip(&mut self) {
        if self.below == 0
            && let Some(frame) = self.frames.last_mut()
        {
            frame.key = None;
        }
    }

    /// A collection that is said elsewhere comes next. It says nothing here, but that a mapping merges it: `<<: *common`.
    pub(super) fn merge(&mut self, span: Span) {
        let key = self.frames.last().and_then(|frame| frame.key);
        if key.is_some_and(|(key, _)| self.writer.name_text(key) == "<<") {
            let scalar = self.writer.value(self.writer.slice(span));
            self.scalar(Value {
                scalar,
                span,
                is_block: false,
            });
        } else {
            self.skip();
        }
    }

    /// A scalar: the value of the last key, or an item.
    pub(super) fn scalar(&mut self, value: Value) {
        if self.below > 0 {
            return;
        }
        let Some(frame) = self.frames.last_mut() else { return };
        let is_text = matches!(value.scalar, Scalar::Text(_));
        if let Some((key, key_span)) = frame.key.take() {
            let is_command = frame.holds != Holds::Values || holds(self.writer.name_text(key)) != Holds::Values;
            let found = is_text && {
                self.writer.enter(key);
                let found = self.read_inside(value, is_command);
                self.writer.leave();
                found
            };
            if !found {
                let number = self.writer.setting(key, key_span, value.scalar, value.span);
                self.remember(key, number, value.scalar);
            }
        } else if frame.is_sequence {
            let holds = frame.holds;
            let is_script = frame.script_follows || holds == Holds::Commands;
            frame.script_follows = holds == Holds::Arguments && is_script_flag(self.writer.slice(value.span));
            // `--set-secrets, "A=b:latest,C=d:latest"`: what the two mean together only the whole command tells.
            let is_of_flag = frame.list_follows;
            frame.list_follows = holds == Holds::Arguments && takes_list(unquoted(self.writer.slice(value.span)));
            if is_text
                && !is_of_flag
                && ((!is_script && self.read_assignment(value)) || self.read_inside(value, holds != Holds::Values))
            {
                return;
            }
            if self.writer.innermost_key().is_some()
                && let Some(frame) = self.frames.last_mut()
            {
                frame.items = Some(self.writer.item(frame.items, value.scalar, value.span));
            }
        }
    }

    /// The value that comes next is a file of `format`; whether any setting came of it. If not, it is still to come.
    pub(super) fn file(&mut self, format: Format, span: Span) -> bool {
        if self.below > 0 {
            return false;
        }
        let key = self.frames.last_mut().and_then(|frame| frame.key.take());
        if let Some((key, _)) = key {
            self.writer.enter(key);
        }
        let found = self.writer.embed(format, span);
        if key.is_some() {
            self.writer.leave();
        }
        if let Some(frame) = self.frames.last_mut().filter(|_| !found) {
            frame.key = key;
        }
        found
    }

    /// Reads a value that is a file or a shell command of its own; whether any setting came of it.
    fn read_inside(&mut self, value: Value, is_command: bool) -> bool {
        if value.is_block
            && let Some(format) = self.writer.innermost_key().and_then(Format::of)
        {
            return self.writer.embed(format, value.span);
        }
        is_command && self.writer.embed(Format::Shell, self.inner(value))
    }

    /// Reads the item `KEY=value` of a list of environment variables.
    fn read_assignment(&mut self, value: Value) -> bool {
        let inner = self.inner(value);
        let written = self.writer.slice(inner);
        let Some((key, text)) = assignment(written) else {
            return false;
        };
        let start = inner.start as usize;
        let at = start + key.len() + 1;
        let key_name = self.writer.name(key);
        let scalar = self.writer.value(unquoted(text));
        self.writer.setting(
            key_name,
            place(start, start + key.len()),
            scalar,
            place(at, at + text.len()),
        );
        true
    }

    /// The text of a value without its quotes.
    fn inner(&self, value: Value) -> Span {
        let written = self.writer.bytes(value.span);
        match (written.first(), written.last()) {
            (Some(b'"' | b'\''), Some(b'"' | b'\'')) if written.len() >= 2 && !value.is_block => {
                Span::new(value.span.start + 1, value.span.end - 1)
            }
            _ => value.span,
        }
    }

    /// Notes the parts of `{name: …, value: …}` in a sequence.
    fn remember(&mut self, key: Name, number: usize, scalar: Scalar) {
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_item) else {
            return;
        };
        match self.writer.name_text(key) {
            "name" | "Name" | "key" | "Key" | "option_name" | "OptionName" if matches!(scalar, Scalar::Text(_)) => {
                frame.name = frame.name.or(Some(number));
            }
            "value" | "Value" => frame.value = Some(number),
            _ => {}
        }
    }
}

/// Whether the word behind this one is a list of assignments.
fn takes_list(flag: &str) -> bool {
    deploy::given_by("", flag).is_some_and(|given| given != Gives::Variable)
}

/// What the value of `key` is in workflow, pipeline, compose and package files.
fn holds(key: &str) -> Holds {
    match key {
        "args" | "command" | "entrypoint" => Holds::Arguments,
        "after_script" | "bash" | "before_install" | "before_script" | "cmd" | "cmds" | "commands" | "inlineScript"
        | "install" | "run" | "script" | "shell" => Holds::Commands,
        _ => Holds::Values,
    }
}

/// Whether a word of a shell's command says that a script follows: `-c`, `-ec`, in quotes perhaps.
pub(super) fn is_script_flag(word: &str) -> bool {
    let flags = unquoted(word)
        .strip_prefix('-')
        .and_then(|flags| flags.strip_suffix('c'));
    flags.is_some_and(|flags| flags.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Splits `KEY=value`, where the key could name an environment variable.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let length = identifier_length(text.as_bytes());
    let value = text.get(length..)?.strip_prefix('=')?;
    (length > 0 && !value.starts_with('=')).then(|| (&text[..length], value))
}

/// How many bytes at the start of `text` are an identifier.
pub(super) fn identifier_length(text: &[u8]) -> usize {
    if text
        .first()
        .is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'_')
    {
        return 0;
    }
    text.iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .unwrap_or(text.len())
}

/// `text` without the one pair of quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let bytes = text.as_bytes();
    match bytes {
        [quote @ (b'"' | b'\''), .., last] if quote == last && !bytes[1..bytes.len() - 1].contains(quote) => {
            &text[1..text.len() - 1]
        }
        _ => text,
    }
}
