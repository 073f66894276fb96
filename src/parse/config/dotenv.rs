//! Dotenv files: `KEY=value` lines as shells, docker, python-dotenv and their kin read them.
//!
//! Values are always text. Quoted ones may go over several lines.

use super::writer::{Writer, place};
use crate::source::Span;
use std::borrow::Cow;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = writer.text();
    let mut reader = Reader {
        writer,
        text: &text[..span.end as usize],
        at: span.start as usize,
        unclosed: [false; 3],
    };
    while reader.at < reader.text.len() {
        reader.line();
    }
}

struct Reader<'w, 't> {
    writer: &'w mut Writer<'t>,
    text: &'t str,
    at: usize,
    /// For each kind of quote whether one was seen that nothing closes: no later one is either.
    unclosed: [bool; 3],
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

impl<'t> Reader<'_, 't> {
    /// Reads the line at `at`, and the further ones that its value takes.
    fn line(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find('\n').unwrap_or(rest.len());
        let line = rest[..length].trim_end();
        self.at = start + length + 1;
        let mut content = line.trim_start();
        if content.starts_with('#') {
            self.writer
                .comment(place(start + line.len() - content.len(), start + line.len()));
            return;
        }
        if let Some(exported) = content
            .strip_prefix("export")
            .filter(|rest| rest.starts_with([' ', '\t']))
        {
            content = exported.trim_start();
        }
        if content.is_empty() || content.starts_with("{%") || content.starts_with("{{") {
            return;
        }
        let key_start = start + line.len() - content.len();
        let key_length = key_length(content);
        let (key, behind) = content.split_at(key_length);
        let separator = behind.trim_start();
        let value = match separator.as_bytes() {
            // A name alone is handed through from outside.
            [] | [b'#', ..] if key_length > 0 => return,
            [b'=', ..] if key_length > 0 => &separator[1..],
            [b':', b' ' | b'\t', ..] if key_length > 0 => &separator[1..],
            _ => {
                self.writer
                    .problem("not KEY=value", place(key_start, start + line.len()));
                return;
            }
        };
        let value = value.trim_start();
        let value_start = start + line.len() - value.len();
        let key_span = place(key_start, key_start + key.len());
        let (text, value_end) = self.value(value, value_start);
        let key = self.writer.name(key);
        let scalar = self.writer.value(&text);
        self.writer
            .setting(key, key_span, scalar, place(value_start, value_end));
    }

    /// The value that starts at `start`, and where it ends; `written` is what its first line has of it.
    fn value(&mut self, written: &'t str, start: usize) -> (Cow<'t, str>, usize) {
        let quoted = QUOTES.iter().position(|quote| written.starts_with(*quote));
        if let Some((text, end)) = quoted.and_then(|quote| self.quoted(quote, start)) {
            return (text, end);
        }
        let sign = written.match_indices('#').map(|(at, _)| at).find(|at| {
            self.writer
                .slice(place(start + at - 1, start + at))
                .starts_with(char::is_whitespace)
        });
        let Some(sign) = sign else {
            return (Cow::Borrowed(written), start + written.len());
        };
        self.writer.comment(place(start + sign, start + written.len()));
        let value = written[..sign].trim_end();
        (Cow::Borrowed(value), start + value.len())
    }

    /// The value in quotes that starts at `start`, if they are closed and only a comment follows; takes the lines it goes over.
    fn quoted(&mut self, quote: usize, start: usize) -> Option<(Cow<'t, str>, usize)> {
        if self.unclosed[quote] {
            return None;
        }
        let bytes = self.text.as_bytes();
        let sign = u8::try_from(QUOTES[quote]).ok()?;
        let has_escapes = sign == b'"';
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                None => {
                    self.unclosed[quote] = true;
                    return None;
                }
                Some(b'\\') if has_escapes => end += 2,
                Some(byte) if *byte == sign => break,
                Some(_) => end += 1,
            }
        }
        let rest = &self.text[end + 1..];
        let length = rest.find('\n').unwrap_or(rest.len());
        let behind = rest[..length].trim();
        if !behind.is_empty() && !behind.starts_with('#') {
            return None;
        }
        if !behind.is_empty() {
            let comment = end + 1 + rest[..length].find('#').unwrap_or(0);
            self.writer.comment(place(comment, comment + behind.len()));
        }
        self.at = end + 1 + length + 1;
        let inner = &self.text[start + 1..end];
        let text = if has_escapes {
            unescaped(inner)
        } else {
            Cow::Borrowed(inner)
        };
        Some((text, end + 1))
    }
}

fn key_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes
        .first()
        .is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'_')
    {
        return 0;
    }
    bytes
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'.' | b'-'))
        .unwrap_or(bytes.len())
}

/// What a value in double quotes stands for.
fn unescaped(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(escaped @ ('"' | '\\' | '$' | '`' | '\'')) => text.push(escaped),
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
            None => text.push('\\'),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_lines_of_key_and_value() {
        check(
            ".env",
            "A=1\nexport B=two words # why\n\n  # c\nC = spaced \nD=\nE=a#b\nF=x=y\nG: colon\nH.dotted-key=1\nNAME_ONLY\nexport I\n",
            r#"
            A = "1" @1:1
            B = "two words" @2:8
            C = "spaced" @5:1
            D = - @6:1
            E = "a#b" @7:1
            F = "x=y" @8:1
            G = "colon" @9:1
            H.dotted-key = "1" @10:1
            "#,
        );
    }

    #[test]
    fn unquotes_values() {
        check(
            "prod.env",
            "A=\"x # y\" # c\nB='a\\n$b'\nC=`it's`\nD=\"l1\\nl2 \\\"q\\\" \\$x \\d\"\nE=\"\"\nF=\"a\"b\nG=\"open\nH=1\nI=${A:-x}\nJ=it's\n",
            r#"
            A = "x # y" @1:1
            B = "a\\n$b" @2:1
            C = "it's" @3:1
            D = "l1\nl2 \"q\" $x \\d" @4:1
            E = - @5:1
            F = "\"a\"b" @6:1
            G = "\"open" @7:1
            H = "1" @8:1
            I = "${A:-x}" @9:1
            J = "it's" @10:1
            "#,
        );
    }

    #[test]
    fn a_quoted_value_goes_over_lines() {
        check(
            ".env",
            "KEY=\"-----BEGIN\nabc\n-----END\" # c\r\nB=1\r\n",
            "KEY = \"-----BEGIN\\nabc\\n-----END\" @1:1\nB = \"1\" @4:1",
        );
        assert_eq!(
            places(".env", "A = \"x\ny\" # c\nB=\nC=d # e"),
            ["A|\"x\ny\"", "B|", "C|d"]
        );
    }

    #[test]
    fn says_what_it_cannot_read() {
        check(
            ".env",
            "\u{feff}A=1\nfoo bar\n{% if x %}\nB={{ b }}\n-x=1\n",
            r#"
            A = "1" @1:1
            B = "{{ b }}" @4:1
            ! not KEY=value @2:1
            ! not KEY=value @5:1
            "#,
        );
    }
}
