//! `.conf` files: `key = value` like INI, or the words of directives like `requirepass secret`, `env A=b;`, `location / { … }`.

use super::ini::lines;
use super::tree::{assignment, identifier_length, unquoted};
use super::writer::{Writer, place};
use crate::source::Span;

/// Blocks inside one another beyond this are not looked into.
const DEEPEST: usize = 32;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let start = writer.slice(span).trim_start();
    if start.starts_with("<?xml") || start.starts_with("<!") {
        return;
    }
    let mut reader = Reader {
        blocks: 0,
        section: false,
    };
    for (start, line) in lines(writer.text(), span) {
        reader.line(writer, start, line);
    }
    while reader.blocks > 0 {
        reader.close(writer);
    }
    if reader.section {
        writer.leave();
    }
}

struct Reader {
    /// How many `{` are open; the writer stands under the first [`DEEPEST`] of them.
    blocks: usize,
    /// Whether the writer stands under a `[section]`.
    section: bool,
}

impl Reader {
    fn line(&mut self, writer: &mut Writer, start: usize, line: &str) {
        let mut content = line.trim_start();
        let mut at = start + line.len() - content.len();
        while let Some(rest) = content.strip_prefix('}') {
            self.close(writer);
            content = rest.trim_start_matches([' ', '\t', ',', ';']);
            at = start + line.len() - content.len();
        }
        if content.starts_with(['#', ';']) || content.starts_with("//") {
            writer.comment(place(at, start + line.len()));
            return;
        }
        if content.is_empty() || content.starts_with('<') {
            return;
        }
        if let Some(name) = content.strip_prefix('[').filter(|_| self.blocks == 0) {
            if self.section {
                writer.leave();
            }
            let section = writer.name(name.split(']').next().unwrap_or(name).trim());
            writer.enter(section);
            self.section = true;
            return;
        }
        let sign = content
            .match_indices('#')
            .map(|(at, _)| at)
            .find(|at| content.as_bytes()[at - 1].is_ascii_whitespace());
        if let Some(sign) = sign {
            writer.comment(place(at + sign, at + content.len()));
            content = content[..sign].trim_end();
        }
        let length = key_length(content);
        if length == 0 {
            return;
        }
        let (key, behind) = content.split_at(length);
        if behind.ends_with('{') {
            self.blocks += 1;
            if self.blocks <= DEEPEST {
                let name = writer.name(key);
                writer.enter(name);
            }
            return;
        }
        let closes = behind.ends_with('}') && !behind.contains('{');
        let behind = behind.trim_end_matches(['}', ' ', '\t']).trim_end_matches([';', ',']);
        setting(writer, key, at, behind, at + length);
        if closes {
            self.close(writer);
        }
    }

    fn close(&mut self, writer: &mut Writer) {
        if self.blocks == 0 {
            return;
        }
        if self.blocks <= DEEPEST {
            writer.leave();
        }
        self.blocks -= 1;
    }
}

/// `key = value`, `directive value` or `directive NAME value`; `behind` starts at `behind_start`.
fn setting(writer: &mut Writer, key: &str, at: usize, behind: &str, behind_start: usize) {
    let key_span = place(at, at + key.len());
    let key_name = writer.name(key);
    let words = behind.trim_start();
    let words_start = behind_start + behind.len() - words.len();
    if let Some(value) = words.strip_prefix(['=', ':']) {
        let value = value.trim_start();
        let value_start = behind_start + behind.len() - value.len();
        let scalar = writer.value(unquoted(value));
        writer.setting(
            key_name,
            key_span,
            scalar,
            place(value_start, value_start + value.len()),
        );
        return;
    }
    if words.is_empty() || words.len() == behind.len() {
        return;
    }
    let named = assignment(words).or_else(|| {
        let (name, value) = words.split_once([' ', '\t'])?;
        let plain = name.strip_prefix('$').unwrap_or(name);
        (identifier_length(plain.as_bytes()) == plain.len() && !plain.is_empty()).then_some((name, value.trim_start()))
    });
    match named {
        Some((name, value)) => {
            let value_start = behind_start + behind.len() - value.len();
            writer.enter(key_name);
            let inner = writer.name(name.strip_prefix('$').unwrap_or(name));
            let scalar = writer.value(unquoted(value));
            let name_span = place(words_start, words_start + name.len());
            writer.setting(inner, name_span, scalar, place(value_start, value_start + value.len()));
            writer.leave();
        }
        None => {
            let scalar = writer.value(unquoted(words));
            writer.setting(
                key_name,
                key_span,
                scalar,
                place(words_start, words_start + words.len()),
            );
        }
    }
}

fn key_length(content: &str) -> usize {
    content
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')))
        .unwrap_or(content.len())
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::check;

    #[test]
    fn reads_settings_and_directives() {
        check(
            "app.conf",
            "# c\n[main]\nkey = value # d\nother: \"q\"\nrequirepass s3cret\nenv SKIP_AUTH=true;\nset $flag 1;\nSetEnv A b\nhttp {\n  server {\n    listen 80;\n  }\n  fastcgi_param B c;\n}\nakka { x { y = off } }\nlast 1\n<Directory />\n",
            r#"
            main.key = "value" @3:1
            main.other = "q" @4:1
            main.requirepass = "s3cret" @5:1
            main.env.SKIP_AUTH = "true" @6:5
            main.set.flag = "1" @7:5
            main.SetEnv.A = "b" @8:8
            main.http.server.listen = "80" @11:5
            main.http.fastcgi_param.B = "c" @13:17
            main.akka = "{ x { y = off" @15:1
            main.last = "1" @16:1
            "#,
        );
        check("fonts.conf", "<?xml version=\"1.0\"?>\n<a>\nb c\n</a>", "");
    }
}
