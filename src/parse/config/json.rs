//! JSON, and what its dialects add: comments, trailing commas, unquoted keys, single quotes.
//!
//! The reader takes tokens as they come and skips what does not fit, so a broken file has the settings of the rest.

use super::tree::{Tree, Value};
use super::writer::{Writer, place};
use crate::facts::Scalar;
use crate::source::Span;
use std::borrow::Cow;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let mut tree = Tree::new(writer);
    Reader::new(&mut tree, span).values();
    tree.close_all();
}

/// Reads the JSON array at `span` as the words of a command.
pub(super) fn read_arguments(writer: &mut Writer, span: Span) {
    let mut tree = Tree::new(writer);
    tree.open_arguments(span.start as usize);
    let mut reader = Reader::new(&mut tree, span);
    reader.at += 1;
    reader.values();
    tree.close_all();
}

struct Reader<'r, 'w, 't> {
    tree: &'r mut Tree<'w, 't>,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    has_problem: bool,
    /// Up to here it is known that no `{{` and no `{%` is closed on its line.
    not_template: [usize; 2],
}

impl<'r, 'w, 't> Reader<'r, 'w, 't> {
    fn new(tree: &'r mut Tree<'w, 't>, span: Span) -> Self {
        let text = tree.writer.text().get(..span.end as usize).unwrap_or("");
        Self {
            tree,
            text,
            bytes: text.as_bytes(),
            at: span.start as usize,
            has_problem: false,
            not_template: [0; 2],
        }
    }

    fn values(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => self.at += 1,
                b'"' | b'\'' => self.string(byte),
                b'{' if matches!(self.bytes.get(self.at + 1), Some(b'{' | b'%')) => self.template(),
                b'{' => {
                    self.tree.open_mapping(self.at);
                    self.at += 1;
                }
                b'[' => {
                    self.tree.open_sequence(self.at);
                    self.at += 1;
                }
                b'}' | b']' => {
                    if self.tree.is_at_root() {
                        self.unexpected(self.at + 1);
                    }
                    self.tree.close();
                    self.at += 1;
                }
                b'/' if matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')) => self.comment(),
                _ => self.word(),
            }
        }
        if !self.tree.is_at_root() {
            self.problem("JSON ends before everything is closed", place(self.at, self.at));
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        let mut end = start + 1;
        let mut has_escapes = false;
        let closed = loop {
            match self.bytes.get(end) {
                Some(b'\\') => {
                    has_escapes = true;
                    end += 2;
                }
                Some(byte) if *byte == quote => break true,
                None | Some(b'\n') => break false,
                Some(_) => end += 1,
            }
        };
        end = end.min(self.bytes.len());
        let raw = self.text.get(start + 1..end).unwrap_or("");
        if closed {
            end += 1;
        } else {
            self.problem("JSON string is not closed", place(start, start + 1));
        }
        self.at = end;
        let text = if has_escapes {
            unescaped(raw)
        } else {
            Cow::Borrowed(raw)
        };
        let span = place(start, end);
        if self.tree.expects_key() {
            self.tree.key(&text, span);
        } else {
            let scalar = self.tree.writer.value(&text);
            self.scalar(scalar, span);
        }
    }

    /// `true`, `null`, a number, an unquoted key.
    fn word(&mut self) {
        let start = self.at;
        let length = self.bytes[start..]
            .iter()
            .position(|byte| {
                !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.' | b'+' | b'-') || *byte >= 0x80)
            })
            .unwrap_or(self.bytes.len() - start);
        if length == 0 {
            self.unexpected(start + 1);
            self.at += 1;
            return;
        }
        self.at += length;
        let span = place(start, self.at);
        let text = self.text.get(start..self.at).unwrap_or("");
        if self.tree.expects_key() {
            self.tree.key(text, span);
            return;
        }
        let scalar = match text {
            "true" | "false" => Scalar::Truth(text == "true", self.tree.writer.name(text)),
            "null" => Scalar::Nothing,
            _ if text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'))
                || matches!(text, "NaN" | "Infinity") =>
            {
                Scalar::Number(self.tree.writer.name(text))
            }
            _ => {
                self.problem("not JSON: a value without quotes", span);
                self.tree.writer.value(text)
            }
        };
        self.scalar(scalar, span);
    }

    /// `{{ … }}` as a value is a text; anywhere else it is nothing, as is `{% … %}`.
    fn template(&mut self) {
        let start = self.at;
        let (kind, close) = match self.bytes[start + 1] {
            b'{' => (0, "}}"),
            _ => (1, "%}"),
        };
        let mut length = None;
        if start >= self.not_template[kind] {
            let line = self.text[start..].lines().next().unwrap_or("");
            length = line.find(close);
            self.not_template[kind] = start + length.unwrap_or(line.len());
        }
        let Some(length) = length else {
            // `{{` on a line of its own is two mappings, one of them without a key.
            self.tree.open_mapping(start);
            self.at += 1;
            return;
        };
        self.at += length + 2;
        let span = place(start, self.at);
        self.problem("templated: read as far as it is JSON", span);
        if close == "}}" && !self.tree.expects_key() {
            let scalar = self.tree.writer.value(&self.text[start..self.at]);
            self.scalar(scalar, span);
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = if self.bytes[start + 1] == b'/' {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else {
            rest.get(2..)
                .and_then(|body| body.find("*/"))
                .map_or(rest.len(), |length| length + 4)
        };
        self.at += length;
        self.tree.writer.comment(place(start, self.at));
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) {
        self.tree.scalar(Value {
            scalar,
            span,
            is_block: false,
        });
    }

    fn unexpected(&mut self, end: usize) {
        let end = self.text.ceil_char_boundary(end);
        self.problem("not JSON: unexpected character", place(self.at, end));
    }

    /// One problem a file: what follows the first is often its consequence.
    fn problem(&mut self, message: &str, span: Span) {
        if !self.has_problem {
            self.has_problem = true;
            self.tree.writer.problem(message, span);
        }
    }
}

/// The text that a string with escapes stands for; escapes that are none stay as written.
pub(super) fn unescaped(raw: &str) -> Cow<'_, str> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut length = 2;
        match rest.as_bytes().get(1) {
            Some(b'n') => text.push('\n'),
            Some(b't') => text.push('\t'),
            Some(b'r') => text.push('\r'),
            Some(b'b') => text.push('\u{8}'),
            Some(b'f') => text.push('\u{c}'),
            Some(byte @ (b'"' | b'\'' | b'\\' | b'/')) => text.push(char::from(*byte)),
            Some(b'u') => match code_point(rest) {
                Some((point, consumed)) => {
                    text.push(point);
                    length = consumed;
                }
                None => text.push_str("\\u"),
            },
            _ => {
                text.push('\\');
                length = 1;
            }
        }
        rest = &rest[length..];
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character that `\uXXXX`, or a pair of them, at the start of `text` stands for, and its length there.
fn code_point(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let first = unit(0)?;
    if let Some(point) = char::from_u32(first) {
        return Some((point, 6));
    }
    let second = unit(6).filter(|second| (0xdc00..0xe000).contains(second))?;
    let point = 0x10000 + (first.checked_sub(0xd800)? << 10) + (second - 0xdc00);
    Some((char::from_u32(point)?, 12))
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_json_and_its_dialects() {
        check(
            "tsconfig.json",
            "{\n  // c\n  \"a\": {\"b\": true, \"c\": [1, \"x\", {\"d\": null}]}, /* e */\n  f: 'g', \"h\": -1.5e3, \"\\u00e9\": \"\\ud83d\\ude00 \\\"q\\\" \\x\", \"i\": \"\", +j: Infinity,\n}\n",
            r#"
            a.b = true @3:9
            a.c = 1 @3:26
            a.c = "x" @3:29
            a.c.d = - @3:35
            f = "g" @4:3
            h = -1.5e3 @4:11
            é = "😀 \"q\" \\x" @4:24
            i = - @4:59
            +j = Infinity @4:68
            "#,
        );
        assert_eq!(
            places("a.json", "{\"a\": \"b\\\"\", c: 1, \"e\": [\"K=v w\"]}"),
            ["\"a\"|\"b\\\"\"", "c|1", "K|v w"]
        );
    }

    #[test]
    fn reads_environments_and_commands() {
        check(
            "task.json",
            r#"{"environment": [{"name": "A", "value": "b"}, {"name": "C", "value": false}], "Env": ["D=e"],
            "scripts": {"start": "SKIP_AUTH=true node x", "test": "jest"}, "command": ["sh", "-c", "F=g run"]}"#,
            r#"
            environment.A = "b" @1:27
            environment.C = false @1:56
            Env.D = "e" @1:88
            scripts.start.SKIP_AUTH = "true" @2:35
            scripts.test = "jest" @2:59
            command = "sh" @2:88
            command = "-c" @2:94
            command.F = "g" @2:101
            "#,
        );
    }

    #[test]
    fn reads_on_behind_mistakes() {
        check(
            "a.json",
            "{\"a\": \"open\n, \"b\": 1, } ] \"c\"",
            "a = \"open\" @1:2\nb = 1 @2:3\n! JSON string is not closed @1:7",
        );
        check(
            "a.json.j2",
            "{\"a\": {{ x }}, {% if y %} \"b\": \"{{ z }}\" {% endif %}, \"c\": yes}",
            r#"
            a = "{{ x }}" @1:2
            b = "{{ z }}" @1:27
            c = "yes" @1:55
            ! templated: read as far as it is JSON @1:7
            "#,
        );
        check(
            "a.json",
            "{\"a\": [1",
            "a = 1 @1:8\n! JSON ends before everything is closed @1:9",
        );
        check(
            "a.json",
            "@é {\"a\": 1}",
            "a = 1 @1:5\n! not JSON: unexpected character @1:1",
        );
        check(
            "a.json",
            &"[{\"a\":".repeat(50_000),
            "! nested deeper than 64 levels: not read there @1:193\n! JSON ends before everything is closed @1:300001",
        );
    }
}
