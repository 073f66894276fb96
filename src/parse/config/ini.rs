//! INI files with sections, and Java's properties. Values are always text.

use super::tree::{assignment, unquoted};
use super::writer::{Writer, place};
use crate::source::Span;

/// Keys of supervisor, tox, pytest and uwsgi whose value is a list of environment variables.
const ENVIRONMENT_KEYS: &[&str] = &["env", "environment", "raw_env", "set_env", "setenv"];

/// Reads `[section]`s of `key = value`.
pub(super) fn read(writer: &mut Writer, span: Span) {
    let mut reader = Ini {
        section: false,
        last: None,
    };
    for (start, line) in lines(writer.text(), span) {
        reader.line(writer, start, line);
    }
    if reader.section {
        writer.leave();
    }
}

/// The lines in `span` and where they start, without their endings.
pub(super) fn lines(text: &str, span: Span) -> impl Iterator<Item = (usize, &str)> {
    let mut start = span.start as usize;
    let text = &text[start..span.end as usize];
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.trim_end())
    })
}

struct Ini {
    /// Whether the writer stands under a section.
    section: bool,
    /// The last key, for the lines that go on with its value.
    last: Option<Key>,
}

#[derive(Clone, Copy)]
struct Key {
    name: crate::facts::Name,
    indent: usize,
    /// The number of its setting, while that is empty.
    empty: Option<usize>,
}

impl Ini {
    fn line(&mut self, writer: &mut Writer, start: usize, line: &str) {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let at = start + indent;
        let Some(first) = content.chars().next() else { return };
        if matches!(first, '#' | ';') {
            writer.comment(place(at, start + line.len()));
            return;
        }
        if let Some(key) = self.last.filter(|key| indent > key.indent) {
            self.continuation(writer, key, at, content);
            return;
        }
        if let Some(name) = content.strip_prefix('[') {
            self.last = None;
            if self.section {
                writer.leave();
            }
            let end = name.find(']').unwrap_or(name.len());
            let section = writer.name(name[..end].trim());
            writer.enter(section);
            self.section = true;
            without_comment(writer, &name[end..], at + 1 + end);
            return;
        }
        let Some((key, value)) = split_key(content) else {
            return;
        };
        let value_start = at + content.len() - value.len();
        let value = without_comment(writer, value, value_start);
        let name = writer.name(key);
        let is_environment = ENVIRONMENT_KEYS.contains(&key);
        let empty = if key == "Environment" && assignment(value.trim_start_matches(['"', '\''])).is_some() {
            writer.enter(name);
            words(writer, value, value_start);
            writer.leave();
            None
        } else if is_environment && assignment(value).is_some() {
            writer.enter(name);
            environment(writer, value, value_start);
            writer.leave();
            None
        } else {
            let scalar = writer.value(unquoted(value));
            let value_span = place(value_start, value_start + value.len());
            let number = writer.setting(name, place(at, at + key.len()), scalar, value_span);
            value.is_empty().then_some(number)
        };
        self.last = Some(Key { name, indent, empty });
    }

    /// A line that goes on with the value of `key`: `KEY = value` or an item.
    fn continuation(&mut self, writer: &mut Writer, key: Key, at: usize, content: &str) {
        if let Some(number) = key.empty {
            writer.remove(number);
            self.last = Some(Key { empty: None, ..key });
        }
        let content = without_comment(writer, content, at);
        writer.enter(key.name);
        match split_key(content).filter(|(inner, _)| super::tree::identifier_length(inner.as_bytes()) == inner.len()) {
            Some((inner, value)) => {
                let value_start = at + content.len() - value.len();
                let value = value.trim_end_matches(',');
                let name = writer.name(inner);
                let scalar = writer.value(unquoted(value));
                let value_span = place(value_start, value_start + value.len());
                writer.setting(name, place(at, at + inner.len()), scalar, value_span);
            }
            None => {
                let scalar = writer.value(unquoted(content));
                writer.item(None, scalar, place(at, at + content.len()));
            }
        }
        writer.leave();
    }
}

/// Splits `key = value` or `key: value`; the value goes to the end of `content`.
fn split_key(content: &str) -> Option<(&str, &str)> {
    let at = content.find(['=', ':'])?;
    let key = content[..at].trim_end();
    let is_key =
        !key.is_empty() && !key.contains(['"', '\'', '(', '{', '<', '[', ',']) && !content[at..].starts_with("://");
    is_key.then(|| (key, content[at + 1..].trim_start()))
}

/// `value` up to the comment behind it, which is noted: a sign behind white space.
fn without_comment<'v>(writer: &mut Writer, value: &'v str, start: usize) -> &'v str {
    let sign = value
        .match_indices(['#', ';'])
        .map(|(at, _)| at)
        .find(|at| *at > 0 && value.as_bytes()[at - 1].is_ascii_whitespace());
    match sign {
        Some(sign) => {
            writer.comment(place(start + sign, start + value.len()));
            value[..sign].trim_end()
        }
        None => value,
    }
}

/// `A="b",C=d`: the environment of a program.
fn environment(writer: &mut Writer, list: &str, start: usize) {
    let mut at = 0;
    while let Some(rest) = list.get(at..) {
        let entry = rest.trim_start_matches([',', ' ', '\t']);
        let entry_start = at + rest.len() - entry.len();
        let Some((key, _)) = assignment(entry) else { return };
        let value_start = entry_start + key.len() + 1;
        let mut quote = None;
        let length = list[value_start..]
            .bytes()
            .position(|byte| match quote {
                Some(open) => {
                    if byte == open {
                        quote = None;
                    }
                    false
                }
                None => {
                    if matches!(byte, b'"' | b'\'') {
                        quote = Some(byte);
                    }
                    byte == b','
                }
            })
            .unwrap_or(list.len() - value_start);
        let value = list[value_start..value_start + length].trim_end();
        let name = writer.name(key);
        let scalar = writer.value(unquoted(value));
        let key_span = place(start + entry_start, start + entry_start + key.len());
        let value_at = start + value_start;
        writer.setting(name, key_span, scalar, place(value_at, value_at + value.len()));
        at = value_start + length + 1;
    }
}

/// `A=b "C=d e"`: the environment of a unit of systemd.
fn words(writer: &mut Writer, list: &str, start: usize) {
    let mut at = 0;
    while let Some(rest) = list.get(at..) {
        let word = rest.trim_start();
        at += rest.len() - word.len();
        let quote = word.chars().next().filter(|first| matches!(first, '"' | '\''));
        let word = &word[usize::from(quote.is_some())..];
        at += usize::from(quote.is_some());
        let is_end = |sign: char| quote.map_or(sign.is_whitespace(), |quote| sign == quote);
        let word = &word[..word.find(is_end).unwrap_or(word.len())];
        let Some((key, value)) = assignment(word) else { return };
        let name = writer.name(key);
        let scalar = writer.value(unquoted(value));
        let key_at = start + at;
        let value_at = key_at + key.len() + 1;
        writer.setting(
            name,
            place(key_at, key_at + key.len()),
            scalar,
            place(value_at, value_at + value.len()),
        );
        at += word.len() + 1;
    }
}

/// Reads Java's properties: `key=value`, `key: value`, `key value`, lines that end in `\` go on.
pub(super) fn read_properties(writer: &mut Writer, span: Span) {
    let text = writer.text();
    let mut taken = span.start as usize;
    for (start, line) in lines(text, span) {
        if start < taken {
            continue;
        }
        let content = line.trim_start();
        let at = start + line.len() - content.len();
        match content.as_bytes() {
            [] => continue,
            [b'#' | b'!', ..] => {
                writer.comment(place(at, start + line.len()));
                continue;
            }
            _ => {}
        }
        let mut end = start + line.len();
        while text.as_bytes()[..end]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count()
            % 2
            == 1
        {
            let Some((next, following)) = lines(text, Span::new(place(end, end).start, span.end)).nth(1) else {
                break;
            };
            end = next + following.len();
            taken = end + 1;
        }
        property(writer, at, end);
    }
}

fn property(writer: &mut Writer, start: usize, end: usize) {
    let content = &writer.text()[start..end];
    let bytes = content.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        match byte {
            b'=' | b':' | b' ' | b'\t' | 0xc => break,
            b'\\' => length += 2,
            _ => length += 1,
        }
    }
    let length = content.floor_char_boundary(length.min(content.len()));
    let (key, behind) = content.split_at(length);
    let behind = behind.trim_start();
    let value = behind.strip_prefix(['=', ':']).unwrap_or(behind).trim_start();
    let value_start = end - value.len();
    let mut segments = key.split('.');
    let own = segments.next_back().unwrap_or(key);
    let mut entered = 0;
    for segment in segments {
        let name = writer.name(segment);
        writer.enter(name);
        entered += 1;
    }
    let name = writer.name(own);
    let scalar = if value.contains('\\') {
        let text = unescaped(value);
        writer.value(&text)
    } else {
        writer.value(value)
    };
    writer.setting(name, place(start, start + key.len()), scalar, place(value_start, end));
    for _ in 0..entered {
        writer.leave();
    }
}

/// The value that a properties file's escapes and continued lines stand for.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escaped) = rest.chars().next() else { break };
        let mut length = escaped.len_utf8();
        match escaped {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\n' | '\r' => length = rest.len() - rest.trim_start().len(),
            'u' => match rest
                .get(1..5)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32)
            {
                Some(point) => {
                    text.push(point);
                    length = 5;
                }
                None => text.push_str("\\u"),
            },
            _ => text.push(escaped),
        }
        rest = &rest[length..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_sections_comments_and_continued_values() {
        check(
            "setup.cfg",
            "; c\ntop = 1\n[tool:pytest] # d\naddopts = -v ; e\nempty =\nurl: http://x/y#z\nwith space = \"q\"\nlist =\n    one\n    two # f\nsetenv =\n    A = b\n    C=d\n[s]\n\tk = v\n\tl = w\nnot a setting\n%(x)s\n",
            r#"
            top = "1" @2:1
            tool:pytest.addopts = "-v" @4:1
            tool:pytest.empty = - @5:1
            tool:pytest.url = "http://x/y#z" @6:1
            tool:pytest.with space = "q" @7:1
            tool:pytest.list = "one" @9:5
            tool:pytest.list = "two" @10:5
            tool:pytest.setenv.A = "b" @12:5
            tool:pytest.setenv.C = "d" @13:5
            s.k = "v" @15:2
            s.l = "w" @16:2
            "#,
        );
        assert_eq!(places("a.ini", "[a]\r\nb = c d ; e\r\n"), ["b|c d"]);
    }

    #[test]
    fn reads_units_of_systemd() {
        check(
            "a.service",
            "[Service]\nEnvironment=\"A=b c\" D=e 'F=\"g\"'\nEnvironment=H=\nEnvironmentFile=-/etc/a.env\n",
            r#"
            Service.Environment.A = "b c" @2:14
            Service.Environment.D = "e" @2:21
            Service.Environment.F = "g" @2:26
            Service.Environment.H = - @3:13
            Service.EnvironmentFile = "-/etc/a.env" @4:1
            "#,
        );
    }

    #[test]
    fn reads_the_environment_of_a_program() {
        check(
            "supervisord.ini",
            "[program:x]\nenvironment=A=\"b,c\",D=e , F='g'\n",
            r#"
            program:x.environment.A = "b,c" @2:13
            program:x.environment.D = "e" @2:21
            program:x.environment.F = "g" @2:27
            "#,
        );
    }

    #[test]
    fn reads_properties() {
        check(
            "application.properties",
            "# c\n! d\nspring.security.enabled=false\na: b\nc d e\nf\\ g = h\\u00e9\\n\ni=one \\\n   two\nj=\nk\n",
            r#"
            spring.security.enabled = "false" @3:1
            a = "b" @4:1
            c = "d e" @5:1
            f\ g = "hé\n" @6:1
            i = "one two" @7:1
            j = - @9:1
            k = - @10:1
            "#,
        );
    }
}
